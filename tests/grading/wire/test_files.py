"""The kinds of files that go over run nothing when they are read."""

from gdcourse.grading.wire.files import PLAIN, READERS, RUNNERS


def test_no_kind_that_runs_is_plain():
    assert not PLAIN & {
        "",
        ".py",
        ".pyc",
        ".pkl",
        ".pickle",
        ".npy",
        ".npz",
        ".pt",
        ".h5",
        ".ipynb",
        ".so",
        ".sh",
        ".yaml",
        ".zip",
    }
    assert all(kind == kind.lower() and kind.startswith(".") for kind in PLAIN)


def test_what_reads_runs_nothing():
    assert not READERS & RUNNERS
