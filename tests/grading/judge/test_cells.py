"""A test cell runs in a namespace of its own, and passes only by running to its end."""

import pytest

from gdcourse.grading.judge.cells import run_test
from gdcourse.grading.limits import TEXT
from gdcourse.grading.wire.messages import Ending
from grading.pair import student

STUDENT = """
def double(x): return 2 * x
def wrong(x): return x
def own(x): raise AssertionError("double: twice")
def fail(x): raise ValueError("no")
def slow(x):
    import time
    time.sleep(60)
def leave(x):
    import os
    os._exit(0)
def hide(x):
    print("said")
    return 2 * x
async def later(x): return 2 * x
helper = 3
"""


CASES = {
    "passes": ('assert double(2) == 4, "double: twice"', Ending.DONE, None),
    "breaks a property": ('assert wrong(2) == 4, "wrong: twice"', Ending.BROKEN, "wrong: twice"),
    "the student's own assertion": ("double_ = own(2)", Ending.RAISED, "double: twice"),
    "raises": ("fail(2)", Ending.RAISED, "no"),
    "no such name": ("nothing(2)", Ending.RAISED, "name 'nothing' is not defined"),
    "is too slow": ("slow(2)", Ending.LATE, "double: no answer within 0.5 seconds"),
    "dies": ("leave(2)", Ending.DIED, "the student's process ended"),
    "a coroutine, awaited": ("assert await later(2) == 4", Ending.DONE, None),
    "a coroutine, ignored": ("later(2)", Ending.RAISED, "a coroutine came where a value was expected"),
    "a coroutine, kept": ("try:\n    x = [later(1)]\nexcept Exception:\n    pass", Ending.RAISED, "a coroutine came"),
    "a broken cell": ("assert (", Ending.RAISED, "was never closed"),
    "leaves itself": ("raise SystemExit", Ending.RAISED, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_how_a_cell_ends(case):
    source, expected, told = CASES[case]
    with student(STUDENT, call_limit=0.5) as remote:
        if case == "leaves itself":
            with pytest.raises(SystemExit):
                run_test(remote, source, "double-hidden", 5.0)
            return
        outputs, ending = run_test(remote, source, "double-hidden", 5.0)
    errors = [o for o in outputs if o["output_type"] == "error"]
    assert ending is expected and len(errors) == (told is not None)
    assert told is None or told in errors[0]["evalue"]


def test_a_failure_that_a_test_catches_still_counts():
    """A test that expects an exception is not passed by one that took too long, or died."""
    source = "try:\n    slow(1)\nexcept Exception:\n    pass"
    with student(STUDENT, call_limit=0.3) as remote:
        outputs, ending = run_test(remote, source, "slow-hidden", 5.0)
    assert ending is Ending.LATE and outputs[-1]["ename"] == "TimeLimitError"


def test_a_cell_shows_its_value_and_what_both_sides_printed():
    source = "import sys\nprint('judge')\nprint('w', file=sys.stderr)\nhide(2)\n1 + 1"
    with student(STUDENT) as remote:
        outputs, ending = run_test(remote, source, "hide-visible", 5.0)
    assert ending is Ending.DONE
    assert {o["name"]: o["text"] for o in outputs if o["output_type"] == "stream"} == {
        "stdout": "judge\nsaid\n",
        "stderr": "w\n",
    }
    assert outputs[-1]["data"] == {"text/plain": "2"}


@pytest.mark.parametrize("last", ["1 + 1;", "x = 2", "None", ""])
def test_a_cell_without_a_value_shows_none(last):
    with student("") as remote:
        assert run_test(remote, f"y = 1\n{last}", "a-visible", 5.0) == ([], Ending.DONE)


def test_each_cell_starts_anew():
    with student(STUDENT) as remote:
        run_test(remote, "mine = 1\nimport numpy as helper", "a-visible", 5.0)
        _, ending = run_test(remote, "mine", "b-visible", 5.0)
        assert ending is Ending.RAISED
        assert run_test(remote, "assert helper == 3, 'c: kept'", "c-visible", 5.0) == ([], Ending.DONE)


def test_a_cell_that_computes_too_long_itself_is_ended(monkeypatch):
    monkeypatch.setattr("gdcourse.grading.judge.cells.GRACE", 0.1)
    with student("") as remote:
        outputs, ending = run_test(remote, "while True:\n    pass", "loop-hidden", 0.2)
        assert ending is Ending.LATE and outputs[-1]["evalue"] == "loop: the test took too long"
        assert remote.ended == "loop: the test took too long"


def test_the_line_of_a_test_that_failed_is_shown():
    with student(STUDENT) as remote:
        outputs, _ = run_test(remote, "a = 1\nassert wrong(a) == 2, 'wrong: twice'", "wrong-visible", 5.0)
        assert outputs[-1]["traceback"] == [
            "line 2: assert wrong(a) == 2, 'wrong: twice'",
            "AssertionError: wrong: twice",
        ]
        outputs, _ = run_test(remote, "fail(1)", "fail-visible", 5.0)
        assert "in the student's code:" in outputs[-1]["traceback"]


def test_a_cell_may_look_at_what_an_answer_prints():
    source = (
        "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as told:\n    hide(2)\n"
        "assert told.getvalue() == 'said\\n', 'hide: says so'"
    )
    with student(STUDENT) as remote:
        assert run_test(remote, source, "hide-hidden", 5.0) == ([], Ending.DONE)


def test_an_assertion_of_the_student_s_is_not_shown_as_a_property():
    """It could say what an assertion of the test says, and so choose the feedback."""
    with student(STUDENT) as remote:
        outputs, ending = run_test(remote, "own(2)\nassert False, 'double: twice'", "double-hidden", 5.0)
        assert ending is Ending.RAISED
        assert (outputs[-1]["ename"], outputs[-1]["evalue"]) == ("StudentError", "AssertionError: double: twice")
        caught = "try:\n    own(2)\nexcept AssertionError:\n    pass"
        assert run_test(remote, caught, "double-hidden", 5.0) == ([], Ending.DONE)


@pytest.mark.parametrize("last", ["assert False, repr(big())", "big()", "print(big())"])
def test_what_a_test_shows_of_a_huge_value_is_cut(last):
    with student("def big(): return bytes(20 << 20)") as remote:
        outputs, _ = run_test(remote, last, "big-visible", 5.0)
        assert len(str(outputs)) < 2 * TEXT and "output cut" in str(outputs)
