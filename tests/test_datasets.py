"""The data sets have the traits that the lessons lean on, and the same numbers for the same seed."""

import re
import subprocess
import sys
import zlib

import numpy as np
import pytest

from gdcourse import datasets
from gdcourse.diagnostics import smoothness

MAKERS = (datasets.line, datasets.houses, datasets.spam, datasets.credit)
MAKERS += (datasets.blobs, datasets.moons, datasets.spirals)
SUMS = {
    "line": (131.70891297350832, 415.0776717512714),
    "houses": (34718.85638998059, 64205.6800852598),
    "spam": (4525.0, 200.0),
    "credit": (94699.83882460897, 212.0),
}  # of X, of y


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


def test_the_tables_keep_their_numbers():
    """Lessons print results that rest on them."""
    for make in MAKERS[:4]:
        assert (make().X.sum(), make().y.sum()) == pytest.approx(SUMS[make.__name__], rel=1e-13)


@pytest.mark.parametrize("make, classes", [(datasets.blobs, 3), (datasets.moons, 2), (datasets.spirals, 2)])
def test_classes_in_the_plane_are_balanced(make, classes):
    data = make(100)
    counts = np.bincount(data.y)
    assert data.X.shape == (100, 2) and len(counts) == classes and np.ptp(counts) <= 1
    assert not np.array_equal(data.y, np.sort(data.y))


def linear_score(data, C=1e6):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=C, max_iter=5000).fit(data.X, data.y).score(data.X, data.y)


def neighbour_score(data):
    from sklearn.neighbors import KNeighborsClassifier

    train, test = datasets.split(data)
    return KNeighborsClassifier(3).fit(train.X, train.y).score(test.X, test.y)


def test_straight_lines_separate_blobs_but_not_moons_nor_spirals():
    assert linear_score(datasets.blobs()) > 0.97
    assert 0.8 < linear_score(datasets.moons()) < 0.95 < neighbour_score(datasets.moons())
    assert linear_score(datasets.spirals()) < 0.75 and neighbour_score(datasets.spirals()) > 0.95


def test_blobs_have_the_centres_and_the_spread_asked_for():
    data = datasets.blobs(40_000, classes=4, spread=0.5)
    for k, centre in enumerate([(3, 0), (0, 3), (-3, 0), (0, -3)]):
        cloud = data.X[data.y == k]
        assert np.allclose(cloud.mean(0), centre, atol=0.02) and np.allclose(cloud.std(0), 0.5, atol=0.02)


def test_moons_and_spirals_without_noise_lie_on_their_curves():
    data = datasets.moons(noise=0)
    upper, lower = data.X[data.y == 0], data.X[data.y == 1] - (1, 0.5)
    assert np.allclose(np.hypot(*upper.T), 1) and (upper[:, 1] >= 0).all()
    assert np.allclose(np.hypot(*lower.T), 1) and (lower[:, 1] <= 0).all()
    data = datasets.spirals(classes=3, turns=1.5, noise=0)
    radius, angle = np.hypot(*data.X.T), np.arctan2(*data.X.T[::-1])
    turn = angle / (2 * np.pi) - 1.5 * radius - data.y / 3
    assert radius.max() <= 1 and np.allclose(turn, np.round(turn))


def test_digits_are_scaled_and_can_be_images():
    from sklearn.datasets import load_digits

    flat, images = datasets.digits(), datasets.digits(images=True, dtype="float32")
    assert flat.X.shape == (1797, 64) and flat.X.min() == 0 and flat.X.max() == 1 and flat.X.dtype == float
    np.testing.assert_array_equal(flat.X * 16, load_digits().data)
    assert images.X.shape == (1797, 1, 8, 8) and images.X.dtype == np.float32
    np.testing.assert_array_equal(images.X.reshape(1797, 64), flat.X)
    assert flat.features[9] == "pixel (1, 1)" and set(flat.y) == set(range(10))


def test_breast_cancer_counts_the_malignant_as_one():
    data = datasets.breast_cancer()
    assert data.X.shape == (569, 30) and len(data.features) == 30 and data.y.sum() == 212
    radius = data.X[:, data.features.index("mean radius")]
    assert radius[data.y == 1].mean() > radius[data.y == 0].mean()


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
        (lambda: datasets.blobs(classes=1), "classes to be a finite number of at least 2, got 1"),
        (lambda: datasets.blobs(classes=2.5), "classes to be a whole number, got 2.5"),
        (lambda: datasets.blobs(spread=-1), "spread to be a finite number of at least 0, got -1"),
        (lambda: datasets.moons(noise=float("nan")), "noise to be a finite number of at least 0, got nan"),
        (lambda: datasets.spirals(turns=0), "turns to be a finite number above 0, got 0"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_whole_numbers_as_pixels_are_refused():
    with pytest.raises(TypeError, match="dtype to be a floating-point type, got int64"):
        datasets.digits(dtype="int64")


def test_importing_the_datasets_stays_light():
    code = (
        "import sys, gdcourse.datasets;"
        "print(sorted({'pooch', 'requests', 'tqdm', 'sklearn', 'matplotlib', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_course_text_is_plain_sentences_each_once():
    sentences = datasets.course_text().splitlines()
    assert len(set(sentences)) == len(sentences) > 2500
    assert all(re.fullmatch(r"[A-Z][A-Za-z,' -]* [A-Za-z,' -]+[.?!:;]", sentence) for sentence in sentences)


def test_the_course_text_stays_when_lessons_change():
    """Lessons assert what they learn from it. After a new edition, build unit 07 again, then put its sum here."""
    assert zlib.crc32(datasets.course_text().encode()) == 3960750253
