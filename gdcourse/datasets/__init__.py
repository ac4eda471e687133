"""Data as NumPy arrays, the same on every machine: each function returns a `Dataset`, and `split` holds rows out.

- `tables`: invented rows with the traits that matter for gradient descent: `line`, `houses`, `spam`, `credit`.
- `points`: classes in the plane, for pictures of boundaries: `blobs`, `moons`, `spirals`.
- `wheel`: real data that scikit-learn's wheel carries, so without a download: `digits`, `breast_cancer`.
- `text`: sentences of this course's own lessons, to learn words from: `course_text`.
- `augmentation`: more images from those at hand: `augment`, `move`.
- `images`: real data that are downloaded once, checked and kept: `mnist`, `fashion_mnist`, by way of `download`, and
  `read_idx` for the format they come in.

>>> data = line(3, noise=0)
>>> print(data.X.shape, data.y - (2 * data.X[:, 0] + 3))
(3, 1) [0. 0. 0.]
"""

from gdcourse.datasets.augmentation import augment, move
from gdcourse.datasets.images import FASHION, fashion_mnist, mnist, read_idx
from gdcourse.datasets.points import blobs, moons, spirals
from gdcourse.datasets.tables import Dataset, credit, houses, line, spam, split
from gdcourse.datasets.text import course_text
from gdcourse.datasets.wheel import breast_cancer, digits

__all__ = [
    "FASHION",
    "Dataset",
    "augment",
    "blobs",
    "breast_cancer",
    "course_text",
    "credit",
    "digits",
    "fashion_mnist",
]
__all__ += ["houses", "line", "mnist", "moons", "move", "read_idx", "spam", "spirals", "split"]
