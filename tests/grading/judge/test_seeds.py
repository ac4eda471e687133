"""The student's random generators follow those that a test sets, and never lead them."""

import random

import numpy as np
import pytest

from gdcourse.grading.judge.cells import run_test
from gdcourse.grading.judge.seeds import Seeds
from gdcourse.grading.wire.messages import Ending
from grading.pair import student

STUDENT = """
import random
import numpy as np
def draw(n): return np.random.rand(n)
def roll(): return random.random()
def leave(): np.random.seed(5); random.seed(5)
"""
PASSING = {
    "as if it were drawn here": "np.random.seed(3)\nassert np.array_equal(draw(4), np.random.RandomState(3).rand(4))",
    "the same again": "np.random.seed(3)\na = draw(4)\nnp.random.seed(3)\nassert np.array_equal(a, draw(4))",
    "goes on from call to call": "np.random.seed(3)\na = [*draw(2), *draw(2)]\nassert a == [*np.random.RandomState(3).rand(4)]",
    "Python's own": "import random\nrandom.seed(1)\na = roll()\nassert a == random.Random(1).random() != roll()",
    "by a state": "s = np.random.get_state()\na = draw(2)\nnp.random.set_state(s)\nassert list(a) == list(draw(2))",
}


@pytest.mark.parametrize("case", PASSING)
def test_a_seed_of_a_test_holds_over_there(case):
    with student(STUDENT) as remote:
        for _ in range(2):
            outputs, ending = run_test(remote, f"import numpy as np\n{PASSING[case]}", "draw", 5.0)
            assert ending is Ending.DONE, outputs


def test_the_student_sets_no_generator_of_the_judge():
    source = (
        "import numpy as np\nnp.random.seed(3)\nleave()\nassert np.random.rand() == np.random.RandomState(3).rand()"
    )
    with student(STUDENT) as remote:
        outputs, ending = run_test(remote, source, "draw", 5.0)
        assert ending is Ending.DONE, outputs


def test_what_was_set_is_told_once():
    seeds = Seeds()
    assert seeds.changed() == {}
    before = random.getstate()
    random.seed(12345)
    assert set(seeds.changed()) == {"python"} and seeds.changed() == {}
    np.random.rand()
    assert set(seeds.changed()) == {"numpy"}
    with seeds.watching():
        random.seed(12345)
        assert {"python", "numpy"} <= set(seeds.changed()) and seeds.changed() == {}
    random.setstate(before)
