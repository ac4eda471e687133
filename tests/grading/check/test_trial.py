"""A failed test cell is tried on, assertion by assertion, and nothing is said that was not found."""

import ast
import contextlib
import signal
import textwrap
import warnings

import matrix
import pytest

from gdcourse.grading.check.trial import broken, whole
from gdcourse.grading.notebooks import grade_id, is_test


def namespace(answer):
    """Return the names that an answer leaves behind; its lines can be shown."""
    made = {"__name__": "__main__"}
    exec(compile(f"import numpy as np\n{textwrap.dedent(answer)}", "<answer>", "exec"), made)
    return made


def told(answer, tests, name="f-visible"):
    return broken(textwrap.dedent(tests), name, namespace(answer))


def test_a_cell_that_holds_breaks_nothing():
    assert told("def f(x): return 2 * x", "assert f(1) == 2, 'f: doubles'\nassert f(0) == 0, 'f: keeps 0'") == []


def test_assertions_behind_a_failed_one_are_tried_and_told_once():
    tests = """
    for x in (1, 2, 3):
        assert f(x) == 2 * x, "f: doubles"
        assert f(x) > 0, "f: is positive"
        if x > 1:
            assert f(-x) < 0, "f: is odd"
    assert f(0) == 0, "f: keeps 0"
    """
    assert told("def f(x): return 7", tests) == ["f: doubles", "f: is odd", "f: keeps 0"]


def test_what_is_made_from_a_failed_statement_is_not_tried():
    tests = """
    a = [0.0]
    y = f(a, 1)
    assert y == 1, "f: gives 1"
    assert a == [1.0], "f: changes its list"
    z = f([5.0], 2)
    assert z == 2, "f: gives 2"
    """
    answer = "def f(a, n):\n    if n == 1:\n        raise KeyError('n')\n    return 7"
    first, second = told(answer, tests)
    assert first.startswith("raised KeyError: 'n', in line 4 of your answer") and "tested for: gives 1" in first
    assert second == "f: gives 2"


def test_numbers_left_by_an_interrupted_loop_are_not_tried():
    tests = """
    for x in (1, 2, 0):
        y = f(x)
    assert y == 0, "f: ends at 0"
    """
    (only,) = told("def f(x): return 1 // x", tests)
    assert only.startswith("raised ZeroDivisionError")


def test_objects_bound_together_with_a_failed_statement_are_not_tried():
    """a.grad is 0 only because the statement that should have filled it ended with an error."""
    tests = """
    a = f(2)
    b = a.twice()
    b.backward()
    assert a.grad == 2, "f: the slope"
    a = f(5)
    assert a.data == 6, "f: another value"
    """
    answer = """
    class f:
        def __init__(self, data): self.data, self.grad = data, 0
        def twice(self): return f(2 * self.data)
        def backward(self): raise RuntimeError("not yet")
    """
    lines = told(answer, tests)
    assert lines[0].startswith("raised RuntimeError: not yet") and lines[1:] == ["f: another value"]


def test_a_helper_that_uses_what_was_lost_is_not_tried():
    tests = """
    seen = []
    def note(x):
        seen.append(x)
        return len(seen)
    note(f(1))
    assert note(2) == 2, "f: two were noted"
    """
    (only,) = told("def f(x): return [][x]", tests)
    assert only.startswith("raised IndexError")


def test_an_exception_behind_a_failed_assertion_may_be_its_consequence():
    tests = "y = f(3)\nassert len(y) == 3, 'f: has length 3'\nassert [y[i] for i in range(3)] == [0, 1, 2], 'f: counts'"
    assert told("def f(n): return [0]", "for _ in (1,):\n" + textwrap.indent(tests, "    ")) == ["f: has length 3"]


def test_after_an_argument_was_changed_only_the_first_failure_counts():
    tests = """
    x = np.array([1.0, 2.0])
    y = f(x)
    assert np.array_equal(x, [1.0, 2.0]), "f: leaves x unchanged"
    assert np.allclose(y, 2 * x), "f: doubles"
    """
    assert told("def f(x):\n    x *= 2\n    return x.copy()", tests) == ["f: leaves x unchanged"]


def test_a_generator_that_changes_its_argument_later_is_noticed():
    tests = """
    x = [1.0]
    for y in f(x):
        assert y == 2, "f: yields 2"
        assert x == [1.0], "f: leaves x unchanged"
    """
    assert told("def f(x):\n    x[0] = 5.0\n    yield 3", tests) == ["f: yields 2"]


def test_an_exception_is_told_with_line_kind_of_input_and_property():
    tests = "x = np.array([[1.0, np.nan]])\ny = f(x, [1, 2], None)\nassert y == 0, 'f: copes with NaN'"
    (only,) = told("def f(x, names, rng):\n    a = 1\n    return names[5]", tests)
    assert only.startswith("raised IndexError: list index out of range, in line 4 of your answer")
    assert "given x: float64 array of shape (1, 2) with NaN or infinity, names: list of length 2, rng: None" in only
    assert only.endswith("tested for: copes with NaN)")


def test_no_value_of_an_input_is_told():
    (only,) = told("def f(x, s): raise ValueError", "assert f(123.25, 'secret') == 0, 'f: works'")
    assert "123" not in only and "secret" not in only and "given x: float, s: str" in only


def test_a_helper_of_the_learners_is_not_called_the_answer():
    answer = (
        "exec(compile('def helper(x): return 1 / x', '<another cell>', 'exec'), globals())\ndef f(x): return helper(x)"
    )
    (only,) = told(answer, "assert f(0) == 0, 'f: at 0'")
    assert "in line 1 of your cell" in only


def test_an_assertion_of_the_answers_own_is_an_exception():
    (only,) = told("def f(x):\n    assert x > 0, 'f: doubles'\n    return 2 * x", "assert f(-1) == -2, 'f: odd'")
    assert only.startswith("raised AssertionError: f: doubles, in line 3 of your answer") and "tested for: odd" in only


def test_endless_recursion_is_called_that():
    (only,) = told("def f(x):\n    return f(x)", "assert f(1) == 1, 'f: ends'")
    assert "calls itself without end" in only and "in line 3 of your answer" in only


def test_the_tests_own_names_do_not_reach_the_learners():
    made = namespace("def helper(): return 1\ndef f(): return helper()")
    cell = "def helper(): return 2\nassert f() == 1, 'f: uses its own helper'"
    whole(cell, "f-visible", made)
    assert broken(cell, "f-visible", made) == [] and made["helper"]() == 1


def test_whole_gives_the_value_of_a_last_expression():
    """That is how nbgrader gives part of the points."""
    made = namespace("def f(): return 3")
    assert whole("x = 1\nf() / 2", "f-visible", made) == 1.5 and whole("f();", "f-visible", made) is None
    assert whole("x = f()", "f-visible", made) is None


class Late(BaseException):
    """A known answer that never ends."""


@pytest.fixture
def alarm():
    def ring(*_):
        raise Late

    before = signal.signal(signal.SIGALRM, ring)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def numpy_tests(unit):
    """Yield (answer, test cell) for every known answer of a unit whose exercise needs no framework."""
    cells = [cell for cell in matrix.solved(unit).cells if is_test(cell)]
    for answer in matrix.answers(unit):
        own = [cell for cell in cells if grade_id(cell).startswith(f"{answer.exercise}-")]
        if not any(
            word in text for text in (answer.source, *(c.source for c in own)) for word in ("torch", "tensorflow")
        ):
            yield from ((answer, cell) for cell in own)


class Only(ast.NodeTransformer):
    """Drop every assertion but those with one message."""

    def __init__(self, message):
        self.message = message

    def visit_Assert(self, node):
        kept = isinstance(node.msg, ast.Constant) and node.msg.value == self.message
        return node if kept else ast.copy_location(ast.Pass(), node)

    def visit_FunctionDef(self, node):
        return node


@pytest.mark.parametrize("unit", matrix.units())
@pytest.mark.skipif(not hasattr(signal, "alarm"), reason="no alarms here")
def test_what_is_told_of_known_answers_is_true(unit, alarm):
    """The first line is that of the plain run; each further one fails also where no other assertion stands."""
    warnings.simplefilter("ignore")  # of the answers
    more, known = 0, list(numpy_tests(unit))
    for answer, cell in known[::3]:
        signal.alarm(20)
        with contextlib.suppress(Late):
            more += true_lines(answer, cell)
        signal.alarm(0)
    assert more > 0 or len({answer.exercise for answer, _ in known}) < 3  # a small unit may have no such answer


def true_lines(answer, cell):
    """Return how many lines are told of an answer behind the first one, all of them found true."""
    why = f"{answer.exercise}: {answer.name}"
    first = error_of(lambda: whole(cell.source, grade_id(cell), namespace(answer.source)))
    lines = broken(cell.source, grade_id(cell), namespace(answer.source))
    assert bool(lines) == (first is not None), why
    assert not isinstance(first, AssertionError) or str(first) in lines[0], why
    further = [line for line in lines[1:] if line.startswith(f"{answer.exercise}: ")]
    for line in further:
        tree = ast.fix_missing_locations(Only(line).visit(ast.parse(cell.source)))
        code = compile(tree, "<alone>", "exec")
        assert any(fails_alone(code, answer, line) for _ in range(5)), why  # some answers go through sets, in any order
    return len(further)


def fails_alone(code, answer, line):
    error = error_of(lambda: exec(code, namespace(answer.source)))
    return error is not None and (str(error) == line or not isinstance(error, AssertionError))


def error_of(call):
    """Return the exception that a call ends with, or None."""
    try:
        call()
    except Exception as error:
        return error
