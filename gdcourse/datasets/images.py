"""MNIST and Fashion-MNIST: downloaded once, checked, kept; and the format they come in.

An idx file (LeCun, Cortes and Burges, the MNIST database) is, high byte first,

    0  0  type  d  |  n_1  n_2 ... n_d, 4 bytes each  |  n_1 n_2 ... n_d numbers of that type

and its magic number is the first four bytes: 2051 = 0x0803 for images (unsigned bytes in 3 dimensions), 2049 = 0x0801 for
labels. Compressed with gzip, the format does not change.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from gdcourse import _check
from gdcourse.datasets.download import fetch
from gdcourse.datasets.wheel import as_dataset

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
SPLITS = {"train": "train", "test": "t10k"}
FASHION = "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"


def mnist(split="train", *, n=None, images=False, dtype=float):
    """Handwritten digits of 28 by 28 pixels in [0, 1] (LeCun, Cortes and Burges): 60 000 to train, 10 000 to test.

    X: (n, 784), or (n, 1, 28, 28) as images; y: (n,) in 0 ... 9. n: take the first n rows, all if None. As float64 the
    training images fill 376 MB, as dtype="float32" half of that. Downloads 11 MB on first use; see `download.fetch`.
    """
    return _load("mnist", split, n, images, dtype, "the digit shown")


def fashion_mnist(split="train", *, n=None, images=False, dtype=float):
    """Clothes of 28 by 28 pixels in [0, 1] (Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747); sizes as in `mnist`.

    X: (n, 784), or (n, 1, 28, 28) as images; y: (n,) in 0 ... 9, whose names are in `FASHION`. n: take the first n rows,
    all if None. Downloads 31 MB on first use; see `download.fetch`.
    """
    return _load("fashion_mnist", split, n, images, dtype, "the garment shown, named by FASHION")


def _load(name, split, n, images, dtype, target):
    _check.one_of("split", split, SPLITS)
    paths = fetch(name, SPLITS[split])
    pixels, labels = (read_idx(path) for path in paths)
    if pixels.ndim != 3 or labels.shape != pixels.shape[:1]:
        raise ValueError(f"expected images (n, h, w) and labels (n,), got {pixels.shape} and {labels.shape} in {paths}")
    n = len(pixels) if n is None else _check.number("n", n, least=1)
    if n != int(n) or n > len(pixels):
        raise ValueError(f"expected n to be a whole number of rows, at most {len(pixels)}, got {n}")
    return as_dataset(pixels[: int(n)], labels[: int(n)], 255, images, dtype, target)


def read_idx(path):
    """Return the array in an idx file, plain or compressed with gzip. A file that is not whole raises a `ValueError`."""
    data = Path(path).read_bytes()
    try:
        return parse_idx(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    except (ValueError, EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{path} is not a whole idx file: {error}. Delete it and fetch it again.") from error


def parse_idx(data):
    """Return the array that the bytes of an idx file describe.

    >>> print(parse_idx(bytes([0, 0, 8, 2,  0, 0, 0, 2,  0, 0, 0, 3,  1, 2, 3, 4, 5, 6])))
    [[1 2 3]
     [4 5 6]]
    """
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in TYPES:
        raise ValueError(f"expected a magic number 0 0 type dimensions, got {list(data[:4])}")
    kind, start = np.dtype(TYPES[data[2]]), 4 + 4 * data[3]
    if len(data) < start:
        raise ValueError(f"expected {data[3]} dimensions of 4 bytes after the magic number, got {len(data) - 4} bytes")
    shape = [int.from_bytes(data[i : i + 4], "big") for i in range(4, start, 4)]
    if len(data) - start != math.prod(shape) * kind.itemsize:
        expected = f"{math.prod(shape) * kind.itemsize} bytes of data for the shape {tuple(shape)}"
        raise ValueError(f"expected {expected}, got {len(data) - start}")
    return np.frombuffer(data, kind, offset=start).reshape(shape).astype(kind.newbyteorder("="))
