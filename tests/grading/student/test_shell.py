"""Cells run as IPython runs them, without a kernel; what they write goes into memory."""

import os

import pytest

from gdcourse.grading.limits import TEXT

COLOURED = "\x1b["


def in_a_fork(work):
    """Do ``work`` in a fork, whose streams it may replace; return what it returns, a text.

    It holds no other file open, however many the tests before it left open.
    """
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        told = b"nothing"
        os.closerange(3, writer)
        os.closerange(writer + 1, os.sysconf("SC_OPEN_MAX"))
        try:
            told = work().encode()
        except BaseException as error:
            told = repr(error).encode()
        finally:
            os.write(writer, told)
            os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as file:
        told = file.read()
    os.waitpid(pid, 0)
    return told


def test_a_stream_gives_what_was_written_since_the_last_time():
    def work():
        from gdcourse.grading.student.shell import Stream

        stream = Stream("stdout", 1)
        print("one", flush=True)
        first = stream.drain()
        os.write(1, b"raw \xff\n")  # as from C code
        second = stream.drain()
        print("y" * (3 * TEXT), flush=True)
        third = stream.drain()
        return repr([first, second, len(third) - TEXT, third[-15:], stream.drain()])

    assert in_a_fork(work) == repr(["one\n", "raw \ufffd\n", 16, "... output cut\n", ""])


@pytest.mark.parametrize(
    "source, expected",
    [
        ("1 + 1", [("execute_result", "2")]),
        ("1 + 1;", []),
        ("x = 3", []),
        ("print('a'); 5", [("stream", "a\n"), ("execute_result", "5")]),
        ("import sys; print('w', file=sys.stderr)", [("stream", "w\n")]),
        ("display(7)", [("display_data", "7")]),
        ("%matplotlib inline\n4", [("execute_result", "4")]),
        ("def broken(:", [("error", "SyntaxError")]),
        ("raise ValueError('no')", [("error", "ValueError")]),
        ("print('lost'); display('x', clear=True)", [("display_data", "'x'")]),
    ],
)
def test_a_cell_gives_a_notebooks_outputs(source, expected):
    def work():
        from gdcourse.grading.student.shell import Shell, Stream

        shell = Shell.started((Stream("stdout", 1), Stream("stderr", 2)))
        outputs, count = shell.outputs_of(source)
        told = [o.get("text") or o.get("ename") or o["data"]["text/plain"] for o in outputs]
        assert count == 1 and not any(COLOURED in "".join(o.get("traceback", ())) for o in outputs)
        return repr(list(zip([o["output_type"] for o in outputs], told, strict=True)))

    assert in_a_fork(work) == repr(expected)


@pytest.mark.parametrize("source", ["import sys; sys.exit(2)", "exit()", "raise SystemExit"])
def test_leaving_ends_the_cell_and_not_the_shell(source):
    def work():
        from gdcourse.grading.student.shell import Shell, Stream

        shell = Shell.started((Stream("stdout", 1), Stream("stderr", 2)))
        (error, *_), _ = shell.outputs_of(source)
        (after,), _ = shell.outputs_of("1 + 1")
        return repr([error["ename"], after["data"]["text/plain"]])

    assert in_a_fork(work) == repr(["SystemExit", "2"])


def test_cells_share_what_they_define_and_no_history_is_kept():
    def work():
        from gdcourse.grading.student.shell import Shell, Stream

        shell = Shell.started((Stream("stdout", 1), Stream("stderr", 2)))
        shell.outputs_of("a = 3")
        outputs, count = shell.outputs_of("a + 1")
        return repr([outputs[0]["data"]["text/plain"], count, shell.ip.history_manager.enabled])

    assert in_a_fork(work) == repr(["4", 2, False])
