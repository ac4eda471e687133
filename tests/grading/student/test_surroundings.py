"""What a test has set is taken over for a block, and given back whatever happens in it."""

import warnings

import numpy as np
import pytest

from gdcourse.grading.limits import MESSAGE, NAME, WARNINGS
from gdcourse.grading.student.surroundings import taken_over
from gdcourse.grading.wire.messages import Around, Filter

ANY = ("builtins", "Warning")


def test_nothing_changes_where_a_test_has_set_nothing():
    before, told = (np.geterr(), warnings.filters), []
    with taken_over(None, told):
        assert (np.geterr(), warnings.filters) == before
    assert told == []


@pytest.mark.parametrize("fails", [False, True])
def test_it_is_given_back(fails):
    before, filters, told = np.geterr(), list(warnings.filters), []
    around = Around({"divide": "raise"}, [Filter("always", None, ANY, None, 0)])
    try:
        with taken_over(around, told):
            assert np.geterr()["divide"] == "raise" and len(warnings.filters) == len(filters) + 1
            warnings.warn("told", stacklevel=1)
            if fails:
                raise KeyError
    except KeyError:
        assert fails
    assert np.geterr() == before and warnings.filters == filters
    assert told == [(["UserWarning", "Warning", "Exception", "BaseException", "object"], "told", "")]


def test_the_first_filter_comes_first_and_means_what_it_says():
    told = []
    some = [Filter("ignore", "A", ANY, "grading", 0), Filter("ignore", "c", ANY, "elsewhere", 0)]
    with taken_over(Around(None, [*some, Filter("always", None, ANY, None, 0)]), told):
        for text in ("ab", "cd"):
            warnings.warn(text, stacklevel=1)
    assert [message for _, message, _ in told] == ["cd"]


def test_a_warning_that_refuses_to_be_printed_is_told_without_words():
    class Hostile(UserWarning):
        printed = 0

        def __str__(self):  # Python itself prints it once, for the filters
            self.printed += 1
            return "" if self.printed == 1 else 1 / 0

    told = []
    with taken_over(Around(None, [Filter("always", None, ANY, None, 0)]), told):
        warnings.warn(Hostile(), stacklevel=1)
        warnings.warn("x" * 2 * MESSAGE, type("N" * 2 * NAME, (UserWarning,), {}), stacklevel=1)
        for _ in range(2 * WARNINGS):
            warnings.warn("more", stacklevel=1)
    assert told[0][0][0] == "Hostile" and told[0][1] == "" and len(told) == WARNINGS
    assert len(told[1][0][0]) == NAME and len(told[1][1]) == MESSAGE
