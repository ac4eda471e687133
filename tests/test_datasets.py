"""The data sets have the traits that the lessons lean on, and the same numbers for the same seed."""

import numpy as np
import pytest

from gdcourse import datasets
from gdcourse.diagnostics import smoothness

MAKERS = (datasets.line, datasets.houses, datasets.spam, datasets.credit)


@pytest.mark.parametrize("make", MAKERS)
def test_shapes_names_and_seed(make):
    data, again, other = make(80), make(80), make(80, seed=1)
    assert data.X.shape == (80, len(data.features)) and data.y.shape == (80,) and data.X.dtype == float
    assert np.array_equal(data.X, again.X) and np.array_equal(data.y, again.y)
    assert not np.array_equal(data.X, other.X)


def test_line_has_the_slope_and_intercept_it_was_asked_for():
    data = datasets.line(20_000, slope=-1.5, intercept=4.0)
    assert np.allclose(np.polyfit(data.X[:, 0], data.y, 1), [-1.5, 4.0], atol=0.05)


def test_houses_need_scaling():
    data = datasets.houses()
    assert 2 / smoothness(np.column_stack([np.ones(200), data.X])) < 2e-4
    assert 2 / smoothness((data.X - data.X.mean(0)) / data.X.std(0)) > 0.5


def test_spam_has_exactly_its_share():
    assert datasets.spam(500, share=0.3).y.sum() == 150


def test_credit_is_imbalanced_and_no_line_separates_it():
    from sklearn.linear_model import LogisticRegression

    data = datasets.credit()
    assert 0.08 < data.y.mean() < 0.13
    scaled = (data.X - data.X.mean(0)) / data.X.std(0)
    assert LogisticRegression(C=1e6, max_iter=1000).fit(scaled, data.y).score(scaled, data.y) < 0.95


def test_split_is_a_partition():
    data = datasets.houses(50)
    train, test = datasets.split(data, test=0.3, seed=2)
    assert len(train.y) == 35 and len(test.y) == 15
    assert sorted([*train.y, *test.y]) == sorted(data.y)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: datasets.houses(0), "n to be a finite number of at least 1, got 0"),
        (lambda: datasets.houses(2.5), "whole number of rows, got 2.5"),
        (lambda: datasets.spam(share=1.5), "between 0 and 1, got 1.5"),
        (lambda: datasets.split(datasets.houses(), test=1), "between 0 and 1, got 1"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
