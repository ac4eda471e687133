"""A cell for one process on Linux: namespaces, a file system of its own, limits, no privileges, few system calls.

`enter` is called in a fresh fork, before any student's code. It works as root and as an ordinary user, without Docker, and
needs of the kernel: user namespaces (not for root), mount, pid, network and IPC namespaces, and seccomp. `missing` tries it
and says what a system lacks.
"""

import contextlib
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gdcourse.grading.limits import ROOT_BYTES, Limits
from gdcourse.grading.student.kernel import (
    BIND,
    DETACH,
    NEW_IPC,
    NEW_MOUNTS,
    NEW_NAMES,
    NEW_NET,
    NEW_PIDS,
    NEW_USER,
    NO_DEVICES,
    NO_EXEC,
    NO_SUID,
    PRIVATE,
    READ_ONLY,
    RECURSIVE,
    REMOUNT,
    SET_DUMPABLE,
    SET_NO_NEW_PRIVILEGES,
    SandboxError,
    call,
    die_with_parent,
    drop_capabilities,
    pivot_root,
)
from gdcourse.grading.student.seccomp import filter_system_calls

BOX = "/box"  # where student code runs
LIBRARIES = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/lib", "/lib32", "/lib64")
SYSTEM = (*LIBRARIES, "/usr/share/fonts", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime")
OF_PYTHON = ("lib", "lib64", "share", "pyvenv.cfg")  # below its prefix; its programs and settings are of no use there
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
NOBODY = 1_600_000_000  # root's children become this user or one above it: no user that exists


@dataclass(frozen=True)
class View:
    """What a student's process sees of the file system, beside the system itself. hidden: covered by emptiness."""

    shown: tuple = ()
    hidden: tuple = ()

    @classmethod
    def of_python(cls, hidden: Iterable[str] = ()) -> "View":
        """Return the view that runs this Python with its packages."""
        prefixes = {sys.prefix, sys.base_prefix} - {"/usr", "/usr/local"}
        inside = {f"{prefix}/{name}" for prefix in prefixes for name in OF_PYTHON}
        inside |= {p for p in sys.path if p.endswith(("site-packages", "dist-packages"))}
        return cls(tuple(sorted(os.path.realpath(p) for p in inside)), tuple(os.path.realpath(p) for p in hidden))


def copies() -> list[str]:
    """Return where else this package may be installed: a second copy has the same solutions."""
    tops = {sys.prefix, sys.base_prefix, "/usr", "/usr/local"}
    found = {str(p) for top in tops for p in Path(top).glob("lib*/python*/*-packages/gdcourse")}
    return sorted(found | {os.path.join(p, "gdcourse") for p in sys.path if p})


def settings_folders() -> list[str]:
    """Return the folders with settings of this machine that lie within what is shown."""
    return [os.path.join(top, "etc") for top in sorted({sys.prefix, sys.base_prefix, "/usr", "/usr/local"})]


def missing() -> str | None:
    """Return why this system cannot isolate, in a line, or None if it can. Tries it in a child."""
    if sys.platform != "linux":
        return f"isolation needs Linux, this is {sys.platform}"

    def separated() -> None:
        separate()
        _in_a_child(lambda: enter(View.of_python(), Limits()))

    try:
        _in_a_child(separated)
    except SandboxError as error:
        return str(error)
    return None


def _in_a_child(work: Callable[[], None]) -> None:
    """Do ``work`` in a fork; raise `SandboxError` with what goes wrong there."""
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            work()
        except BaseException as error:
            os.write(writer, f"{error}".encode()[:500])
        os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as told:
        why = told.read()
    os.waitpid(pid, 0)
    if why:
        raise SandboxError(why)


def separate() -> None:
    """Leave the namespaces of the parent. The next fork is the first process of the new ones."""
    apart = NEW_MOUNTS | NEW_NAMES | NEW_IPC | NEW_PIDS | NEW_NET
    if os.geteuid() == 0:
        call("unshare", apart)
        return
    uid, gid = os.getuid(), os.getgid()
    call("unshare", NEW_USER | apart)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def below(folder: str, name: str) -> str:
    """Return the path of a handed-in file in ``folder``; raise `SandboxError` if its name leads out of it."""
    if os.path.isabs(name) or ".." in Path(name).parts or "\0" in name:
        raise SandboxError(f"refused the file name {name!r:.80}")
    return os.path.join(folder, name)


def enter(view: View, limits: Limits, files: Mapping[str, bytes] | None = None, number: int = 0) -> None:
    """Close this process in, for good. files: name -> bytes, put into `BOX`, where the process finds itself.

    number: root's children that run at the same time need different ones, since a user's processes are counted together.
    """
    root = os.getuid() == 0
    _build(view, limits)
    _move_in()
    for name, content in (files or {}).items():
        path = Path(below(BOX, name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if root:
        user = NOBODY + number
        for path in Path(BOX).rglob("*"):
            os.chown(path, user, user)
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    _restrict(limits)


def _build(view: View, limits: Limits) -> None:
    """Make a file system of the system's folders and the view's, read-only, and an empty box."""
    call("mount", "none", "/", "none", RECURSIVE | PRIVATE, None)
    new = _mount_point((*SYSTEM, *view.shown))
    call("mount", "tmpfs", new, "tmpfs", NO_SUID | NO_DEVICES, f"size={ROOT_BYTES},mode=755")
    for path in sorted([*SYSTEM, *view.shown, *DEVICES, *view.hidden], key=len):  # a folder before what lies in it
        if path in view.hidden:
            _hide(path, new)
        else:
            _show(path, new)
    Path(new, "etc").mkdir(exist_ok=True)
    Path(new, "etc/passwd").write_text(f"student:x:{os.getuid()}:{os.getgid()}::{BOX}:/bin/false\n")
    for folder in ("proc", BOX[1:]):
        Path(new, folder).mkdir(exist_ok=True)
    if not Path(new, "tmp").exists():  # else Python itself lies below it
        Path(new, "tmp").symlink_to(BOX)
    options = f"size={limits.disk},nr_inodes={limits.files},mode=1777"
    call("mount", "tmpfs", new + BOX, "tmpfs", NO_SUID | NO_DEVICES | NO_EXEC, options)
    os.chdir(new)


def _mount_point(shown: Iterable[str]) -> str:
    """Return a folder to build in: a mount there covers what lies below it, so nothing that is to be shown may."""
    for folder in ("/mnt", "/media", "/srv", "/tmp", "/var/tmp"):
        if os.path.isdir(folder) and not any(Path(path).is_relative_to(folder) for path in shown):
            return folder
    raise SandboxError(
        "no folder to build a file system in: Python lies below all of /mnt, /media, /srv, /tmp, /var/tmp"
    )


def _show(path: str, new: str) -> None:
    """Bind a file or folder of the system, read-only, at the same place below ``new``."""
    if not os.path.lexists(path) or os.path.lexists(new + path):
        return
    os.makedirs(os.path.dirname(new + path), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), new + path)
        return
    if os.path.isdir(path):
        os.makedirs(new + path)
    else:
        Path(new + path).touch()
    call("mount", path, new + path, "none", BIND | RECURSIVE, None)
    kept = _locked_flags(path) | (0 if path.startswith("/dev/") else NO_DEVICES)
    call("mount", "none", new + path, "none", BIND | REMOUNT | READ_ONLY | NO_SUID | kept, None)


def _hide(path: str, new: str) -> None:
    """Cover a folder with an empty one, if it can be seen at all."""
    if os.path.isdir(new + path):
        call("mount", "tmpfs", new + path, "tmpfs", NO_SUID | NO_DEVICES, f"size={ROOT_BYTES},mode=755")


def _locked_flags(path: str) -> int:
    """Return the flags that the mount of ``path`` has already: in a user namespace they may not be dropped."""
    flags = os.statvfs(path).f_flag
    pairs = ((os.ST_NODEV, NO_DEVICES), (os.ST_NOEXEC, NO_EXEC), (os.ST_NOATIME, 1024), (os.ST_RELATIME, 1 << 21))
    return sum(ours for theirs, ours in pairs if flags & theirs)


def _move_in() -> None:
    """Make the new file system the root and forget the old one."""
    for options in ("subset=pid,hidepid=2", None):  # processes only, and of those its own; Linux before 5.8 shows all
        with contextlib.suppress(SandboxError):  # inside a container whose own /proc is masked: then there is none here
            call("mount", "proc", "proc", "proc", NO_SUID | NO_DEVICES | NO_EXEC, options)
            break
    pivot_root()
    call("umount2", ".", DETACH)
    call("mount", "none", "/", "none", BIND | REMOUNT | READ_ONLY | NO_SUID | NO_DEVICES, None)
    os.chdir(BOX)
    tempfile.tempdir = BOX  # the parent may have looked for one already
    os.environ.update(HOME=BOX, TMPDIR=BOX, MPLCONFIGDIR=BOX, USER="student", LOGNAME="student")


def _restrict(limits: Limits) -> None:
    """Set the limits, drop what privileges are left, and filter system calls."""
    in_use = (
        int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        if Path("/proc/self").exists()
        else 0
    )
    for what, value in (
        (resource.RLIMIT_AS, in_use + limits.memory if in_use else resource.RLIM_INFINITY),
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_FSIZE, limits.file_size),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_NPROC, limits.threads),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        _, most = resource.getrlimit(what)  # what the grader itself is limited to cannot be raised
        value = (
            value if most == resource.RLIM_INFINITY else most if value == resource.RLIM_INFINITY else min(value, most)
        )
        resource.setrlimit(what, (value, value))
    die_with_parent()  # again: a change of user forgets it
    call("prctl", SET_DUMPABLE, 0, 0, 0, 0)
    drop_capabilities()
    call("prctl", SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    filter_system_calls()
