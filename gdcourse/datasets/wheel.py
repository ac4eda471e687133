"""Real data that come inside scikit-learn's wheel: no network needed."""

import numpy as np

from gdcourse.datasets.tables import Dataset


def digits(images=False, dtype=float):
    """1797 handwritten digits of 8 by 8 pixels in [0, 1]. X: (1797, 64), or (1797, 1, 8, 8) as images; y in 0 ... 9.

    (Alpaydin and Kaynak 1998, UCI, the test part; pixels 0 to 16 in the source.)
    """
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return as_dataset(X.reshape(-1, 8, 8), y, 16, images, dtype, "the digit shown")


def breast_cancer():
    """569 tumours, 30 measures of their cells. X: (569, 30), y: 1 = malignant (212), 0 = benign.

    (Wolberg, Street and Mangasarian 1995, UCI.) scikit-learn counts the other way round, 1 = benign; here 1 is the rarer
    class, the one to find, as in `spam` and `credit`.
    """
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer()
    return Dataset(table.data, 1 - table.target, tuple(map(str, table.feature_names)), "1 = malignant")


def as_dataset(pixels, labels, white, images, dtype, target):
    """Return a `Dataset` of images scaled by 1 / white. pixels: (n, h, w) -> X: (n, h w), or (n, 1, h, w) if images."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"expected dtype to be a floating-point type, got {np.dtype(dtype)}")
    n, h, w = pixels.shape
    X = np.divide(pixels, white, dtype=np.dtype(dtype))
    names = tuple(f"pixel ({row}, {column})" for row in range(h) for column in range(w))
    return Dataset(X.reshape((n, 1, h, w) if images else (n, h * w)), labels.astype(int), names, target)
