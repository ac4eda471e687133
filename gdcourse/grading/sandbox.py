"""A cell for one process on Linux: namespaces, a file system of its own, limits, no privileges, few system calls.

`enter` is called in a fresh fork, before any student's code. It works as root and as an ordinary user, without Docker, and
needs of the kernel: user namespaces (not for root), mount, pid, network and IPC namespaces, and seccomp. `missing` tries it
and says what a system lacks.
"""

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

NEW_MOUNTS, NEW_NAMES, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NET = (
    0x20000,
    0x4000000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
SET_DEATH_SIGNAL, SET_DUMPABLE, SET_SECCOMP, SET_NO_NEW_PRIVILEGES, FILTER, DETACH = 1, 4, 22, 38, 2, 2
BOX = "/box"  # where student code runs
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
NOBODY = 1_600_000_000  # root's children become this user or one above it: no user that exists


class SandboxError(Exception):
    """The system does not let the process be isolated; the message says which step failed."""


@dataclass(frozen=True)
class Limits:
    """What a student's process may use. seconds of processor time; bytes of memory, of one file, and of all files."""

    cpu: int = 300
    memory: int = 2 << 30
    file_size: int = 16 << 20
    disk: int = 64 << 20
    open_files: int = 128
    threads: int = 64


@dataclass(frozen=True)
class View:
    """What a student's process sees of the file system, beside the system itself. hidden: covered by emptiness."""

    shown: tuple = ()
    hidden: tuple = ()

    @classmethod
    def of_python(cls, hidden=()):
        """Return the view that runs this Python with its packages."""
        inside = {sys.prefix, sys.base_prefix, *(p for p in sys.path if p.endswith(("site-packages", "dist-packages")))}
        return cls(tuple(sorted(os.path.realpath(p) for p in inside)), tuple(os.path.realpath(p) for p in hidden))


def copies():
    """Return where else this package may be installed: a second copy has the same solutions."""
    tops = {sys.prefix, sys.base_prefix, "/usr", "/usr/local"}
    found = {str(p) for top in tops for p in Path(top).glob("lib*/python*/*-packages/gdcourse")}
    return sorted(found | {os.path.join(p, "gdcourse") for p in sys.path if p})


_libc = ctypes.CDLL(None, use_errno=True)


def _call(name, *args):
    """Call a function of the C library; raise `SandboxError` if it fails."""
    words = [
        ctypes.c_char_p(a.encode()) if isinstance(a, str) else ctypes.c_ulong(a) if isinstance(a, int) else a
        for a in args
    ]
    if getattr(_libc, name)(*words) != 0:
        raise SandboxError(f"{name}{args}: {os.strerror(ctypes.get_errno())}")


def die_with_parent():
    """Let the kernel kill this process when the one that started it ends."""
    if sys.platform == "linux":
        _call("prctl", SET_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)


def missing():
    """Return why this system cannot isolate, in a line, or None if it can. Tries it in a child."""
    if sys.platform != "linux":
        return f"isolation needs Linux, this is {sys.platform}"

    def separated():
        separate()
        _in_a_child(lambda: enter(View.of_python(), Limits()))

    try:
        _in_a_child(separated)
    except SandboxError as error:
        return str(error)
    return None


def _in_a_child(work):
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


def separate():
    """Leave the namespaces of the parent. The next fork is the first process of the new ones."""
    apart = NEW_MOUNTS | NEW_NAMES | NEW_IPC | NEW_PIDS | NEW_NET
    if os.geteuid() == 0:
        _call("unshare", apart)
        return
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", NEW_USER | apart)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def below(folder, name):
    """Return the path of a handed-in file in ``folder``; raise `SandboxError` if its name leads out of it."""
    if os.path.isabs(name) or ".." in Path(name).parts or "\0" in name:
        raise SandboxError(f"refused the file name {name!r:.80}")
    return os.path.join(folder, name)


def enter(view, limits, files=None, number=0):
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


def _build(view, limits):
    """Make a file system of the system's folders and the view's, read-only, and an empty box."""
    _call("mount", "none", "/", "none", RECURSIVE | PRIVATE, None)
    new = _mount_point((*SYSTEM, *view.shown))
    _call("mount", "tmpfs", new, "tmpfs", NO_SUID | NO_DEVICES, "size=4m,mode=755")
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
    options = f"size={limits.disk},nr_inodes=4096,mode=1777"
    _call("mount", "tmpfs", new + BOX, "tmpfs", NO_SUID | NO_DEVICES | NO_EXEC, options)
    os.chdir(new)


def _mount_point(shown):
    """Return a folder to build in: a mount there covers what lies below it, so nothing that is to be shown may."""
    for folder in ("/mnt", "/media", "/srv", "/tmp", "/var/tmp"):
        if os.path.isdir(folder) and not any(Path(path).is_relative_to(folder) for path in shown):
            return folder
    raise SandboxError(
        "no folder to build a file system in: Python lies below all of /mnt, /media, /srv, /tmp, /var/tmp"
    )


def _show(path, new):
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
    _call("mount", path, new + path, "none", BIND | RECURSIVE, None)
    kept = _locked_flags(path) | (0 if path.startswith("/dev/") else NO_DEVICES)
    _call("mount", "none", new + path, "none", BIND | REMOUNT | READ_ONLY | NO_SUID | kept, None)


def _hide(path, new):
    """Cover a folder with an empty one, if it can be seen at all."""
    if os.path.isdir(new + path):
        _call("mount", "tmpfs", new + path, "tmpfs", NO_SUID | NO_DEVICES, "size=1m,mode=755")


def _locked_flags(path):
    """Return the flags that the mount of ``path`` has already: in a user namespace they may not be dropped."""
    flags = os.statvfs(path).f_flag
    pairs = ((os.ST_NODEV, NO_DEVICES), (os.ST_NOEXEC, NO_EXEC), (os.ST_NOATIME, 1024), (os.ST_RELATIME, 1 << 21))
    return sum(ours for theirs, ours in pairs if flags & theirs)


def _move_in():
    """Make the new file system the root and forget the old one."""
    with contextlib.suppress(SandboxError):  # inside a container whose own /proc is masked: then there is none here
        _call("mount", "proc", "proc", "proc", NO_SUID | NO_DEVICES | NO_EXEC, None)
    if _libc.syscall(ctypes.c_long(PIVOT_ROOT), b".", b".") != 0:
        raise SandboxError(f"pivot_root: {os.strerror(ctypes.get_errno())}")
    _call("umount2", ".", DETACH)
    _call("mount", "none", "/", "none", BIND | REMOUNT | READ_ONLY | NO_SUID | NO_DEVICES, None)
    os.chdir(BOX)
    tempfile.tempdir = BOX  # the parent may have looked for one already
    os.environ.update(HOME=BOX, TMPDIR=BOX, MPLCONFIGDIR=BOX, USER="student", LOGNAME="student")


def _restrict(limits):
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
    _call("prctl", SET_DUMPABLE, 0, 0, 0, 0)
    _drop_capabilities()
    _call("prctl", SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _filter_system_calls()


def _drop_capabilities():
    """Empty the capability sets: in a user namespace of its own a process has all of them."""
    header = ctypes.create_string_buffer(struct.pack("II", 0x20080522, 0))
    _call("capset", header, ctypes.create_string_buffer(bytes(24)))


ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}.get(os.uname().machine) if hasattr(os, "uname") else None
PIVOT_ROOT = {"aarch64": 41}.get(os.uname().machine, 155) if hasattr(os, "uname") else 155
# New processes and namespaces, other processes, mounts, keys, kernel features with a history of holes, memory outside limits,
# and what one process can tell another by through a file that both may read.
# name: (number on x86_64, on aarch64)
FORBIDDEN = {
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272), "pidfd_getfd": (438, 438),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "kexec_load": (246, 104), "init_module": (175, 105),
    "flock": (73, 32), "inotify_init": (253, None), "inotify_init1": (294, 26), "fanotify_init": (300, 262),
    "syslog": (103, 116), "finit_module": (313, 273), "acct": (163, 89), "swapon": (167, 224), "quotactl": (179, 60),
    "personality": (135, 92),
}  # fmt: skip
# name: (number on x86_64, on aarch64, which argument, its values that are refused): locks, outliving the parent, core dumps
FORBIDDEN_VALUES = {
    "fcntl": (72, 25, 1, (5, 6, 7, 36, 37, 38, 1024, 1025, 1026)),
    "prctl": (157, 167, 0, (SET_DEATH_SIGNAL, SET_DUMPABLE)),
}
SOCKET, UNIX = (41, 198), 1  # other families reach a network, or other machines and processes without one
CLONE, CLONE3 = (56, 220), (435, 435)
CLONE_THREAD = 0x10000
ALLOW, REFUSE, NO_SUCH_CALL, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # verdicts; EPERM and ENOSYS
LOAD, JUMP_EQUAL, JUMP_SET, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06


def _filter_system_calls():
    """Install a BPF program that refuses what `FORBIDDEN` lists, and every new process that is not a thread."""
    if ARCHITECTURE is None:
        return  # no table for this processor: namespaces, limits and RLIMIT_NPROC remain
    arm = ARCHITECTURE != 0xC000003E
    program = [(LOAD, 0, 0, 4), (JUMP_EQUAL, 1, 0, ARCHITECTURE), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    if not arm:
        program += [(JUMP_AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, REFUSE)]  # the x32 numbers
    for numbers in FORBIDDEN.values():
        if numbers[arm] is not None:
            program += [(JUMP_EQUAL, 0, 1, numbers[arm]), (RETURN, 0, 0, REFUSE)]
    for *numbers, which, values in FORBIDDEN_VALUES.values():
        refusals = [line for value in values for line in ((JUMP_EQUAL, 0, 1, value), (RETURN, 0, 0, REFUSE))]
        program += [(JUMP_EQUAL, 0, len(refusals) + 2, numbers[arm]), (LOAD, 0, 0, 16 + 8 * which), *refusals]
        program += [(LOAD, 0, 0, 0)]
    program += [
        (JUMP_EQUAL, 0, 4, SOCKET[arm]),
        (LOAD, 0, 0, 16),
        (JUMP_EQUAL, 1, 0, UNIX),
        (RETURN, 0, 0, REFUSE),
        (LOAD, 0, 0, 0),
    ]
    program += [(JUMP_EQUAL, 0, 1, CLONE3[arm]), (RETURN, 0, 0, NO_SUCH_CALL)]  # then the C library uses clone
    program += [
        (JUMP_EQUAL, 0, 3, CLONE[arm]),
        (LOAD, 0, 0, 16),
        (JUMP_SET, 1, 0, CLONE_THREAD),
        (RETURN, 0, 0, REFUSE),
    ]
    program += [(RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    _call("prctl", SET_SECCOMP, FILTER, ctypes.byref(Program(len(program), ctypes.addressof(code))), 0, 0)
