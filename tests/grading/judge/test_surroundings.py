"""What a test sets around a call governs the student's code, and what that warns of comes to where the test looks."""

import sys
import warnings

import numpy as np
import pytest

from gdcourse.grading.judge.cells import run_test
from gdcourse.grading.judge.surroundings import Surroundings, show
from gdcourse.grading.limits import MESSAGE, WARNINGS
from gdcourse.grading.wire.messages import Around, Ending, Filter, Status
from grading.judge.test_remote import reply
from grading.pair import Forger, student

STUDENT = """
import numpy as np
import warnings
class Odd(UserWarning): pass
def log(x): return np.log(x)
def old(x=1): warnings.warn("use new", DeprecationWarning); return x
def odd(): warnings.warn("it is odd", Odd)
def many(n):
    for i in range(n): warnings.warn(f"number {i}")
def each(n):
    for i in range(n):
        warnings.warn(f"number {i}")
        yield i
def modes(): return np.geterr()["divide"], len(warnings.filters)
def quietly():
    try:
        old()
    except DeprecationWarning:
        return "caught"
"""
START = "import warnings\nimport numpy as np\n"
QUIET = {  # the test shows nothing on its error stream, as in stock nbgrader
    "errstate": "with np.errstate(all='ignore'):\n    assert log(0.0) == -np.inf",
    "errstate, by division alone": "with np.errstate(divide='ignore'):\n    assert log(np.zeros(2))[0] == -np.inf",
    "filters": "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    assert log(0.0) == -np.inf",
    "filters of a class": (
        "with warnings.catch_warnings():\n    warnings.simplefilter('ignore', RuntimeWarning)\n    log(0.0)"
    ),
    "filters by words": "with warnings.catch_warnings():\n    warnings.filterwarnings('ignore', 'NUMBER')\n    many(3)",
    "recorded": (
        "with warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')\n    [*map(old, 'ab')]\n"
        "assert [str(w.message) for w in seen] == 2 * ['use new']\n"
        "assert all(issubclass(w.category, DeprecationWarning) for w in seen)"
    ),
    "recorded, with its own class": (
        "with warnings.catch_warnings(record=True) as seen:\n    odd()\nassert seen[0].category is UserWarning"
    ),
    "recorded, of NumPy's": (
        "with warnings.catch_warnings(record=True) as seen:\n    log(0.0)\n"
        "assert 'divide by zero' in str(seen[0].message) and seen[0].category is RuntimeWarning"
    ),
    "nothing was warned of": (
        "with warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')\n    log(1.0)\n"
        "assert seen == []"
    ),
    "a generator": (
        "with warnings.catch_warnings(record=True) as seen:\n    warnings.simplefilter('always')\n    list(each(3))\n"
        "assert len(seen) == 3"
    ),
    "warnings are errors": (
        "with warnings.catch_warnings():\n    warnings.simplefilter('error')\n"
        "    for call in (lambda: log(0.0), old, lambda: many(1)):\n"
        "        try:\n            call()\n        except Warning:\n            continue\n        assert False\n"
        "    assert quietly() == 'caught'"
    ),
    "NumPy raises": (
        "with np.errstate(all='raise'):\n    try:\n        log(0.0)\n    except FloatingPointError:\n        pass\n"
        "    else:\n        assert False"
    ),
    "a helper of a library": "import unittest\nunittest.TestCase().assertWarns(DeprecationWarning, old)",
    "a callback": (
        "with np.errstate(all='ignore'):\n    assert [*map(log, [0.0])] == [-np.inf]\n    np.log(np.zeros(1))"
    ),
}
LOUD = {
    "outside": "with np.errstate(all='ignore'):\n    log(0.0)\nlog(0.0);",
    "no filter": "log(0.0);",
    "a block that shows": "with warnings.catch_warnings():\n    warnings.simplefilter('always')\n    log(0.0)",
    "another class": "with warnings.catch_warnings():\n    warnings.simplefilter('ignore', UserWarning)\n    log(0.0)",
}


@pytest.fixture(autouse=True)
def as_outside_pytest(monkeypatch):
    """Show warnings on the error stream, which pytest keeps to itself, and make no errors of them."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.simplefilter("default")
        monkeypatch.setattr(warnings, "showwarning", lambda *told: sys.stderr.write(warnings.formatwarning(*told[:4])))
        yield


def outputs_of(text):
    with student(STUDENT) as remote:
        outputs, ending = run_test(remote, START + text, "log", 5.0)
    assert ending is Ending.DONE, outputs
    return outputs


@pytest.mark.parametrize("case", QUIET)
def test_what_a_test_sets_holds_in_the_student_s_code(case):
    assert outputs_of(QUIET[case]) == []


@pytest.mark.parametrize("case", LOUD)
def test_what_it_does_not_silence_is_on_its_error_stream(case):
    (told,) = outputs_of(LOUD[case])
    assert told["name"] == "stderr" and told["text"].count("RuntimeWarning: divide by zero") == 1


def test_a_call_leaves_the_student_s_own_setting():
    with student(STUDENT + "np.seterr(all='ignore')\n") as remote:
        modes = remote.get("modes")
        before = modes()
        with np.errstate(divide="raise"), warnings.catch_warnings():
            warnings.simplefilter("error")
            assert modes() == ("raise", before[1] + 1)
        assert modes() == before and before[0] == "ignore"


def test_what_was_set_is_told_as_data():
    with warnings.catch_warnings():
        about = Surroundings()
        assert about.now() is None
        with np.errstate(over="raise", under="call"):
            assert about.now() == Around({"divide": "warn", "over": "raise", "invalid": "warn"}, None)
        warnings.simplefilter("error", ResourceWarning)
        assert about.now() == Around(None, [Filter("error", None, ("builtins", "ResourceWarning"), None, 0)])
        with warnings.catch_warnings():
            warnings.filterwarnings("once", "a.b", module="x")
            assert about.now().filters[0] == Filter("once", "a.b", ("builtins", "Warning"), "x", 0)
            warnings.resetwarnings()
            assert about.now().filters == [Filter("default", None, ("builtins", "Warning"), None, 0)]


def test_no_class_of_the_notebook_is_told():
    kind = type("Mine", (UserWarning,), {"__module__": "__main__"})
    with warnings.catch_warnings():
        about = Surroundings()
        warnings.simplefilter("error", kind)
        assert about.now() == Around(None, [])


def test_only_warnings_come_of_what_student_code_says():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        show([(["SystemExit", "open", "Warning"], "a\x1b[2J" + "b" * 2 * MESSAGE, "")] * (WARNINGS + 5), "<f>")
    assert len(seen) == WARNINGS and {w.category for w in seen} == {Warning}
    assert str(seen[0].message).startswith("a?[2Jb") and len(str(seen[0].message)) == MESSAGE


def test_no_more_come_than_the_limit():
    text = (
        f"with warnings.catch_warnings(record=True) as seen:\n    many({WARNINGS + 5})\nassert len(seen) == {WARNINGS}"
    )
    assert outputs_of(text) == []


def test_a_forged_warning_is_tampering_or_a_warning():
    with Forger() as forger:
        forger.send(reply(1, warned=[(["RuntimeWarning"], "x", "")]))
        assert forger.remote.get("x") == 1
        forger.send(reply(1, status=Status.OK, warned=[5]))
        with pytest.raises(Exception, match="sent what no answer can be"):
            forger.remote.get("x")
