"""Our initial weights beside those of `torch.nn.init` and `keras.initializers`.

The gap is the largest difference of the two distribution functions (Kolmogorov and Smirnov's statistic) among 60 000 weights of
each side, of a dense layer or of a kernel, whichever is larger. Equal is below 0.0113: of two samples from one distribution one
pair in a thousand is further apart. Each side gets the weight's shape in its own order: ours, (in, out) and (out, in, kh, kw);
PyTorch's, (out, in) and (out, in, kh, kw); Keras', (in, out) and (kh, kw, in, out).
"""

import numpy as np

from gdcourse._lazy import need
from gdcourse.conformance import Row

DENSE, KERNEL = (300, 200), (40, 60, 5, 5)
EQUAL = 0.0113

PLAIN = {"distribution": "untruncated_normal"}
CUT = "Keras redraws beyond two standard deviations and widens, so that the variance is the same"

ROWS = [
    # PyTorch
    Row(("constant", {"value": 0.5}), "torch", ("constant_", {"val": 0.5}), 0),
    Row(("normal", {"std": 0.05}), "torch", ("normal_", {"std": 0.05}), 0, "its default std is 1"),
    Row(
        ("normal", {"std": 0.05}),
        "torch",
        ("trunc_normal_", {"std": 0.05}),
        0,
        "cut off at -2 and 2, not at two standard deviations",
    ),
    Row(
        ("normal", {"std": 0.05}),
        "torch",
        ("trunc_normal_", {"std": 0.05, "a": -0.1, "b": 0.1}),
        1e-2,
        "cut off at two standard deviations, and not widened: 0.77 of the variance",
    ),
    Row(("lecun_normal", {}), "torch", ("kaiming_normal_", {"nonlinearity": "linear"}), 0),
    Row(("lecun_uniform", {}), "torch", ("kaiming_uniform_", {"nonlinearity": "linear"}), 0),
    Row(
        ("lecun_uniform", {}),
        "torch",
        ("kaiming_uniform_", {"a": 5**0.5}),
        1e-1,
        "the default of Linear and Conv2d: a third of the variance, 1 / (3 fan_in)",
    ),
    Row(("he_normal", {}), "torch", ("kaiming_normal_", {"nonlinearity": "relu"}), 0),
    Row(("he_normal", {}), "torch", ("kaiming_normal_", {}), 0, "leaky_relu of slope 0 is relu"),
    Row(
        ("he_normal", {}),
        "torch",
        ("kaiming_normal_", {"mode": "fan_out", "nonlinearity": "relu"}),
        1e-1,
        "with fan_out for fan_in; the same happens to a dense weight that is not transposed",
    ),
    Row(("he_uniform", {}), "torch", ("kaiming_uniform_", {"nonlinearity": "relu"}), 0),
    Row(("xavier_normal", {"gain": 1.5}), "torch", ("xavier_normal_", {"gain": 1.5}), 0),
    Row(("xavier_uniform", {"gain": 1.5}), "torch", ("xavier_uniform_", {"gain": 1.5}), 0),
    Row(("orthogonal", {"gain": 1.5}), "torch", ("orthogonal_", {"gain": 1.5}), 0),
    # Keras
    Row(("constant", {"value": 0.5}), "keras", ("Constant", {"value": 0.5}), 0),
    Row(("normal", {"std": 0.05}), "keras", ("RandomNormal", {"stddev": 0.05}), 0),
    Row(
        ("normal", {"std": 0.05}),
        "keras",
        ("TruncatedNormal", {"stddev": 0.05}),
        1e-2,
        "cut off at two standard deviations, and not widened: 0.77 of the variance",
    ),
    Row(("lecun_normal", {}), "keras", ("LecunNormal", {}), 1e-2, CUT),
    Row(("lecun_normal", {}), "keras", ("VarianceScaling", {"scale": 1.0, "mode": "fan_in", **PLAIN}), 0),
    Row(("lecun_uniform", {}), "keras", ("LecunUniform", {}), 0),
    Row(("he_normal", {}), "keras", ("HeNormal", {}), 1e-2, CUT),
    Row(("he_normal", {}), "keras", ("VarianceScaling", {"scale": 2.0, "mode": "fan_in", **PLAIN}), 0),
    Row(("he_uniform", {}), "keras", ("HeUniform", {}), 0),
    Row(("xavier_normal", {}), "keras", ("GlorotNormal", {}), 1e-2, CUT),
    Row(("xavier_normal", {}), "keras", ("VarianceScaling", {"scale": 1.0, "mode": "fan_avg", **PLAIN}), 0),
    Row(("xavier_uniform", {}), "keras", ("GlorotUniform", {}), 0, "the default of Dense and Conv2D"),
    Row(
        ("xavier_uniform", {"gain": 1.5}),
        "keras",
        ("VarianceScaling", {"scale": 2.25, "mode": "fan_avg", "distribution": "uniform"}),
        0,
        "scale is gain^2",
    ),
    Row(("orthogonal", {"gain": 1.5}), "keras", ("Orthogonal", {"gain": 1.5}), 0),
]


def measure(row):
    """Draw both sides' weights for each of the two shapes and return the larger distance of their distributions."""
    import gdcourse.initializers.numpy as initializers

    name, arguments = row.ours
    draw = {"torch": _draw_torch, "keras": _draw_keras}[row.framework]
    rng = np.random.default_rng(0)
    return max(
        distance(getattr(initializers, name)(shape, rng, **arguments), draw(*row.theirs, shape))
        for shape in (DENSE, KERNEL)
    )


def distance(a, b):
    """Return the largest difference of the distribution functions of two samples.

    >>> distance([1, 2, 3, 4], [3, 4, 5, 6])
    0.5
    """
    a, b = np.sort(np.ravel(a)), np.sort(np.ravel(b))
    at = np.concatenate([a, b])
    below = [np.searchsorted(sample, at, side="right") / sample.size for sample in (a, b)]
    return float(np.abs(below[0] - below[1]).max())


def _draw_torch(name, arguments, shape):
    torch = need("torch")
    w = torch.empty(shape[::-1] if len(shape) == 2 else shape, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    rest = arguments if name == "constant_" else {**arguments, "generator": generator}
    return getattr(torch.nn.init, name)(w, **rest).numpy()


def _draw_keras(name, arguments, shape):
    need("tensorflow")
    import keras

    order = shape if len(shape) == 2 else (*shape[2:], shape[1], shape[0])
    rest = arguments if name == "Constant" else {**arguments, "seed": 0}
    return np.asarray(getattr(keras.initializers, name)(**rest)(order, dtype="float64"))
