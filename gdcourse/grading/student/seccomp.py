"""The filter of system calls that a process for student code puts on before it runs any."""

import ctypes
import os
import struct

from gdcourse.grading.student.kernel import FILTER, SET_DEATH_SIGNAL, SET_DUMPABLE, SET_SECCOMP, call

ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}.get(os.uname().machine) if hasattr(os, "uname") else None


# New processes and namespaces, other processes, mounts, keys, kernel features with a history of holes, memory outside limits,
# what one process can tell another by through a file that both may read, its part of the page cache, and counters of the whole
# machine; the processor and its turns on it.
# name: (number on x86_64, on aarch64)
FORBIDDEN: dict[str, tuple[int, int | None]] = {
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
    "personality": (135, 92), "mincore": (27, 232), "fadvise64": (221, 223), "readahead": (187, 213), "cachestat": (451, 451),
    "process_madvise": (440, 440), "io_setup": (206, 0), "io_destroy": (207, 1), "io_submit": (209, 2), "io_cancel": (210, 3),
    "io_getevents": (208, 4), "io_pgetevents": (333, 292), "sync": (162, 81), "syncfs": (306, 267),
    "sync_file_range": (277, 84), "splice": (275, 76), "tee": (276, 77), "vmsplice": (278, 75), "sysinfo": (99, 179),
    "move_pages": (279, 239), "migrate_pages": (256, 238), "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274), "setpriority": (141, 140), "ioprio_set": (251, 30),
}  # fmt: skip


# name: (number on x86_64, on aarch64, which argument, its values that are refused): locks, outliving the parent, core dumps,
# the page cache
FORBIDDEN_VALUES: dict[str, tuple[int, int, int, tuple[int, ...]]] = {
    "fcntl": (72, 25, 1, (5, 6, 7, 36, 37, 38, 1024, 1025, 1026)),
    "prctl": (157, 167, 0, (SET_DEATH_SIGNAL, SET_DUMPABLE)),
    "madvise": (28, 233, 2, (3, 9, 20, 21, 22, 23, 25, 100, 101)),  # all that fetches, drops or gathers pages of a file
}
UNKNOWN = {
    "clone3": (435, 435),
    "preadv2": (327, 286),
    "pwritev2": (328, 287),
}  # the C library has others in their place
SOCKET, UNIX = (41, 198), 1  # other families reach a network, or other machines and processes without one
CLONE = (56, 220)
CLONE_THREAD = 0x10000
ALLOW, REFUSE, NO_SUCH_CALL, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # verdicts; EPERM and ENOSYS
LOAD, JUMP_EQUAL, JUMP_SET, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06


def filter_system_calls() -> None:
    """Install a BPF program that refuses what `FORBIDDEN` lists, and every new process that is not a thread."""
    if ARCHITECTURE is None:
        return  # no table for this processor: namespaces, limits and RLIMIT_NPROC remain
    arm = ARCHITECTURE != 0xC000003E
    program: list[tuple[int, int, int, int]] = [
        (LOAD, 0, 0, 4),
        (JUMP_EQUAL, 1, 0, ARCHITECTURE),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, 0),
    ]
    if not arm:
        program += [(JUMP_AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, REFUSE)]  # the x32 numbers
    for either in FORBIDDEN.values():
        if (number := either[arm]) is not None:
            program += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE)]
    for on_intel, on_arm, which, values in FORBIDDEN_VALUES.values():
        refusals = [line for value in values for line in ((JUMP_EQUAL, 0, 1, value), (RETURN, 0, 0, REFUSE))]
        program += [
            (JUMP_EQUAL, 0, len(refusals) + 2, on_arm if arm else on_intel),
            (LOAD, 0, 0, 16 + 8 * which),
            *refusals,
        ]
        program += [(LOAD, 0, 0, 0)]
    program += [
        (JUMP_EQUAL, 0, 4, SOCKET[arm]),
        (LOAD, 0, 0, 16),
        (JUMP_EQUAL, 1, 0, UNIX),
        (RETURN, 0, 0, REFUSE),
        (LOAD, 0, 0, 0),
    ]
    for numbers in UNKNOWN.values():
        program += [(JUMP_EQUAL, 0, 1, numbers[arm]), (RETURN, 0, 0, NO_SUCH_CALL)]
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

    call("prctl", SET_SECCOMP, FILTER, ctypes.byref(Program(len(program), ctypes.addressof(code))), 0, 0)
