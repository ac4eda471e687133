"""What a student reads of a hidden test is its property and nothing else."""

import json

import nbformat
import pytest

from gdcourse.grading.plugins.feedback import HideHiddenTests, messages, visible_part

SOURCE = """\
# Hidden tests of `f`: 2 points.
### BEGIN HIDDEN TESTS
secret = 42
assert f(secret) == 43, "f: adds one"
### END HIDDEN TESTS"""


def hide(ename, evalue):
    error = nbformat.v4.new_output("error", ename=ename, evalue=evalue, traceback=["line 3: secret = 42"])
    printed = nbformat.v4.new_output("stream", name="stdout", text="called with 42")
    cell = nbformat.v4.new_code_cell(SOURCE, outputs=[printed, error])
    hidden, _ = HideHiddenTests().preprocess_cell(cell, {}, 0)
    return hidden


def test_the_property_is_named():
    cell = hide("AssertionError", "f: adds one")
    assert cell.outputs[0].evalue == "f: adds one" and len(cell.outputs) == 1


@pytest.mark.parametrize(
    "ename, evalue, told",
    [
        ("ValueError", "got 42", "your code raised this error"),
        ("KeyError", "", "your code raised this error"),
        ("Wombat", "42", "your code raised this error"),
        ("AssertionError", "42 != 43", "a hidden test, or an assertion of your own, does not hold"),
        ("AssertionError", "", "a hidden test, or an assertion of your own, does not hold"),
        ("TimeLimitError", "f: no answer within 42 seconds", "your code took too long here and was stopped"),
        ("ProcessDiedError", "f: 42", "the process that ran your code ended here"),
        ("NotRun", "42", "the tests did not get here"),
    ],
)
def test_what_student_code_says_is_not_passed_on_but_how_it_ended(ename, evalue, told):
    (output,) = hide(ename, evalue).outputs
    assert output.evalue == told and output.ename == ("Error" if ename == "Wombat" else ename)


@pytest.mark.parametrize("ename, evalue", [("AssertionError", "f: adds one"), ("ValueError", "got 42")])
def test_no_trace_of_the_hidden_test_is_left(ename, evalue):
    cell = hide(ename, evalue)
    assert "42" not in cell.source + json.dumps(cell.outputs)


def test_visible_part_and_messages():
    assert visible_part(SOURCE) == "# Hidden tests of `f`: 2 points."
    assert messages(SOURCE) == {"f: adds one"}


def test_visible_tests_are_left_alone():
    cell = nbformat.v4.new_code_cell("assert f(1) == 2, 'f: adds one'")
    before = cell.source
    hidden, _ = HideHiddenTests().preprocess_cell(cell, {}, 0)
    assert hidden.source == before
