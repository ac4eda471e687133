"""Augmentation against SciPy's interpolation, NumPy's rolls and quarter turns; bad input refused."""

import numpy as np
import pytest
from scipy import ndimage

from gdcourse.datasets import augment, digits, move


def rng(seed=0):
    return np.random.default_rng(seed)


X = rng(1).normal(size=(6, 2, 9, 8))


@pytest.mark.parametrize("degrees", [0.0, 17.0, -100.0, 360.0])
@pytest.mark.parametrize("rows, columns", [(0, 0), (1.25, -0.5)])
def test_moved_images_are_scipys(degrees, rows, columns):
    a = np.radians(degrees)
    turn = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    middle, step = np.array([4.0, 3.5]), np.array([rows, columns])
    moved = move(X, rows, columns, degrees)
    for image, got in zip(X.reshape(-1, 9, 8), moved.reshape(-1, 9, 8), strict=True):
        padded = np.pad(image, 20)  # SciPy's linear interpolation ends at the border, ours goes over into the zeros
        expected = ndimage.affine_transform(padded, turn, (middle + 20) - turn @ (middle + 20 + step), order=1)
        np.testing.assert_allclose(got, expected[20:29, 20:28], atol=1e-10)


def test_whole_pixels_are_a_roll_with_zeros():
    got = move(X, rows=2, columns=-1)
    expected = np.zeros_like(X)
    expected[:, :, 2:, :-1] = X[:, :, :-2, 1:]
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(move(X), X)


def test_quarter_turns_go_counter_clockwise():
    square = X[..., :8, :]
    for k in range(4):
        np.testing.assert_allclose(move(square, degrees=90 * k), np.rot90(square, k, axes=(2, 3)), atol=1e-12)


def test_each_image_has_its_own_amounts():
    rows, columns, degrees = rng(2).normal(size=(3, 6))
    together = move(X, rows, columns, degrees)
    for i in range(6):
        np.testing.assert_array_equal(move(X[i : i + 1], rows[i], columns[i], degrees[i])[0], together[i])
    np.testing.assert_array_equal(move(X[:, 0], rows, columns, degrees), together[:, 0])


def test_augment_stays_within_its_bounds_and_repeats():
    images = np.zeros((400, 1, 15, 15), np.float32)
    images[:, :, 7, 7] = 1.0
    got = augment(images, rng(3), shift=2.0, degrees=0.0)
    np.testing.assert_array_equal(augment(images, rng(3), shift=2.0, degrees=0.0), got)
    assert got.dtype == np.float32 and got.shape == images.shape
    at = [np.tensordot(got[:, 0], np.arange(15.0), axes=axes) for axes in ((1, 0), (2, 0))]
    places = np.stack([at[0].sum(axis=1), at[1].sum(axis=1)]) - 7
    assert (
        np.abs(places).max() <= 2 + 1e-5 and np.all(places.std(axis=1) > 1) and np.abs(places.mean(axis=1)).max() < 0.3
    )
    line = np.zeros((400, 15, 15))
    line[:, 7, 7:13] = 1.0
    turned = augment(line, rng(4), shift=0.0, degrees=30.0)
    slopes = np.degrees(np.arctan2(7 - turned[:, :, 11].argmax(axis=1), 4))
    assert np.abs(slopes).max() <= 37 and slopes.std() > 12


def test_noise_is_added_to_every_pixel():
    got = augment(np.zeros((50, 10, 10)), rng(5), shift=0, degrees=0, noise=0.1)
    assert abs(got.mean()) < 5 * 0.1 / np.sqrt(5000) and abs(got.std() - 0.1) < 0.005
    np.testing.assert_array_equal(augment(X, rng(5), 0, 0, 0), X)


def test_a_moved_digit_is_still_that_digit():
    """To a classifier that has never seen a moved one: most keep their label when moved a little, few when half turned."""
    from sklearn.svm import SVC

    data = digits(images=True)
    classify = SVC(gamma=0.02 * 16).fit(data.X[:1200].reshape(1200, -1), data.y[:1200])
    X, y = data.X[1200:], data.y[1200:]
    score = {k: classify.score(move(X, degrees=k).reshape(len(X), -1), y) for k in (0, 10, 90)}
    assert score[0] > 0.93 and score[10] > 0.85 and score[90] < 0.4, score


BAD = {
    "flat": (lambda: augment(X.reshape(6, -1), rng()), ValueError, r"\(n, h, w\) or \(n, c, h, w\), got \(6, 144\)"),
    "none": (lambda: move(X[:0]), ValueError, r"got \(0, 2, 9, 8\)"),
    "integers": (lambda: move(X.astype(int)), TypeError, "expected X of floats, got int64"),
    "a seed": (lambda: augment(X, 0), TypeError, r"numpy\.random\.Generator, got int"),
    "shift": (lambda: augment(X, rng(), shift=-1), ValueError, "shift .* at least 0, got -1"),
    "degrees": (lambda: augment(X, rng(), degrees=np.inf), ValueError, "degrees .* got inf"),
    "noise": (lambda: augment(X, rng(), noise=-0.1), ValueError, "noise .* got -0.1"),
    "too few": (
        lambda: move(X, rows=np.zeros(5)),
        ValueError,
        r"rows to be a finite number or 6 of them, got shape \(5,\)",
    ),
    "NaN": (lambda: move(X, degrees=np.nan), ValueError, "degrees to be a finite number"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused(case):
    call, error, message = BAD[case]
    with pytest.raises(error, match=message):
        call()
