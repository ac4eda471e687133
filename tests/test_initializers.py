"""Initial weights: the same in our three, distributed as the formulas and the built-ins say, bad input refused."""

import math

import cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gdcourse.initializers import fans
from gdcourse.initializers import numpy as initializers

# The variance of each, from fan_in and fan_out; a name ends in its distribution.
VARIANCES = {
    "xavier": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "he": lambda fan_in, fan_out: 2 / fan_in,
    "lecun": lambda fan_in, fan_out: 1 / fan_in,
}
SCALED = [f"{scheme}_{law}" for scheme in VARIANCES for law in ("normal", "uniform")]
NAMES = [*SCALED, "normal", "orthogonal", "constant"]
SHAPES = {"dense": (300, 200), "conv": (40, 60, 5, 5)}


def rng(seed=0):
    return np.random.default_rng(seed)


def variance(name, shape):
    return VARIANCES[name.split("_")[0]](*fans(shape))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_seed_gives_the_same_weights_in_all_frameworks(name, framework, dtype):
    for shape in ((3, 4), (4, 3), (5, 2, 3), (4, 3, 2, 2)):
        ours, other = rng(7), rng(7)
        expected = getattr(initializers, name)(shape, ours, dtype=dtype)
        got = cases.to_numpy(getattr(cases.module("initializers", framework), name)(shape, other, dtype=dtype))
        assert got.dtype == expected.dtype == dtype and got.shape == shape
        assert np.array_equal(got, expected)
        assert ours.random() == other.random()


@pytest.mark.parametrize(
    "shape, expected",
    [((784, 128), (784, 128)), ((64, 32, 3, 3), (288, 576)), ((8, 4, 5), (20, 40)), ((1, 1), (1, 1))],
)
def test_fans(shape, expected):
    assert fans(shape) == expected


def test_fans_are_those_of_the_builtins():
    """PyTorch's dense weights are (out, in), Keras' kernels (kh, kw, in, out): the fans are the same numbers."""
    import torch
    from keras.src.initializers.random_initializers import compute_fans
    from torch.nn.init import _calculate_fan_in_and_fan_out as torch_fans

    assert fans((7, 5)) == torch_fans(torch.empty(5, 7)) == compute_fans((7, 5))
    assert fans((4, 3, 5, 2)) == torch_fans(torch.empty(4, 3, 5, 2)) == compute_fans((5, 2, 3, 4))


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize("kind", SHAPES)
def test_distribution_is_the_formula(name, kind):
    """Kolmogorov-Smirnov against the exact distribution, and the variance within 5 of its standard errors."""
    shape = SHAPES[kind]
    w = np.ravel(getattr(initializers, name)(shape, rng(1)))
    s = math.sqrt(variance(name, shape))
    exact = stats.norm(0, s) if name.endswith("normal") else stats.uniform(-s * math.sqrt(3), 2 * s * math.sqrt(3))
    assert stats.kstest(w, exact.cdf).pvalue > 0.001
    error = math.sqrt((exact.stats(moments="k") + 2) / w.size)
    assert abs(np.mean(w**2) / s**2 - 1) < 5 * error


def torch_twin(name, shape):
    """Return PyTorch's weights for our shape: its dense weights are transposed."""
    import torch
    from torch.nn import init

    torch.manual_seed(0)
    w = torch.empty(shape[::-1] if len(shape) == 2 else shape, dtype=torch.float64)
    scheme, law = name.split("_")
    if scheme == "xavier":
        return getattr(init, f"xavier_{law}_")(w)
    return getattr(init, f"kaiming_{law}_")(w, nonlinearity="relu" if scheme == "he" else "linear")


def keras_twin(name, shape):
    """Return Keras' weights for our shape: its kernels are (kh, kw, in, out)."""
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    scheme, law = name.split("_")
    called = {"xavier": "Glorot", "he": "He", "lecun": "Lecun"}[scheme] + law.capitalize()
    shape = shape if len(shape) == 2 else (*shape[2:], shape[1], shape[0])
    return np.asarray(getattr(keras.initializers, called)(seed=3)(shape, dtype="float64"))


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize("kind", SHAPES)
def test_against_pytorch(name, kind):
    ours = np.ravel(getattr(initializers, name)(SHAPES[kind], rng(2)))
    assert stats.ks_2samp(ours, np.ravel(torch_twin(name, SHAPES[kind]))).pvalue > 0.001


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize("kind", SHAPES)
def test_against_keras(name, kind):
    """Uniform: the same distribution. Normal: the same variance, but truncated, which the test must see."""
    shape = SHAPES[kind]
    ours, theirs = np.ravel(getattr(initializers, name)(shape, rng(3))), np.ravel(keras_twin(name, shape))
    s = math.sqrt(variance(name, shape))
    assert abs(np.var(theirs) / s**2 - 1) < 0.03
    if name.endswith("uniform"):
        assert stats.ks_2samp(ours, theirs).pvalue > 0.001
        return
    assert stats.ks_2samp(ours, theirs).pvalue < 1e-6
    bound = 2 / 0.87962566103423978  # in units of s: two of the standard deviations before truncation
    assert np.max(np.abs(theirs)) <= bound * s * (1 + 1e-6)
    assert abs(np.mean(np.abs(ours) > bound * s) - 0.023) < 0.002


def test_the_defaults_of_pytorch_and_keras():
    """What the docstring says of `torch.nn.Linear` and of Keras' `Dense`."""
    import torch  # noqa: I001  PyTorch first
    import keras

    torch.manual_seed(0)
    layer = torch.nn.Linear(400, 300)
    assert abs(layer.weight.var() * 400 - 1 / 3) < 0.01 and layer.weight.abs().max() <= 1 / 20
    assert 0 < layer.bias.abs().max() <= 1 / 20
    dense = keras.layers.Dense(300)
    assert isinstance(dense.kernel_initializer, keras.initializers.GlorotUniform)
    assert isinstance(dense.bias_initializer, keras.initializers.Zeros)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 7), min_size=2, max_size=4), st.integers(0, 99), st.floats(0.1, 3))
def test_orthogonal_has_orthonormal_rows_or_columns(shape, seed, gain):
    w = initializers.orthogonal(shape, rng(seed), gain=gain).reshape(shape[0], -1) / gain
    gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(gram, np.eye(min(w.shape)), atol=1e-12)


def test_orthogonal_is_uniform():
    """By symmetry each entry of a uniform 3 x 3 orthogonal matrix is uniform in [-1, 1]; without the signs it is not."""
    generator = rng(4)
    w = np.array([initializers.orthogonal((3, 3), generator) for _ in range(4000)])
    for i, j in np.ndindex(3, 3):
        assert stats.kstest(w[:, i, j], stats.uniform(-1, 2).cdf).pvalue > 0.001
    raw = np.array([np.linalg.qr(generator.standard_normal((3, 3)))[0] for _ in range(4000)])
    assert stats.kstest(raw[:, 0, 0], stats.uniform(-1, 2).cdf).pvalue < 1e-6


def test_normal_constant_and_gain():
    w = initializers.normal((200, 200), rng(5), std=0.3)
    assert stats.kstest(np.ravel(w), stats.norm(0, 0.3).cdf).pvalue > 0.001
    assert np.array_equal(initializers.constant((2, 3), value=0.5), np.full((2, 3), 0.5))
    assert np.array_equal(initializers.constant((4,), rng()), np.zeros(4))
    for name in ("xavier_normal", "xavier_uniform", "orthogonal"):
        plain, scaled = (getattr(initializers, name)((3, 4), rng(6), gain=gain) for gain in (1.0, 2.0))
        assert np.array_equal(scaled, 2 * plain)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize(
    "name, args, error, message",
    [
        ("he_normal", ((3, 4), 0), TypeError, "numpy.random.Generator, got int"),
        ("he_normal", ((3, 4), None), TypeError, "numpy.random.Generator, got NoneType"),
        ("he_normal", ((3,), "rng"), ValueError, r"\(in, out\) or \(out, in, kh, kw\), got \(3,\)"),
        ("lecun_uniform", ((3, 0), "rng"), ValueError, r"positive integers, got \(3, 0\)"),
        ("xavier_normal", ((3, 2.5), "rng"), ValueError, r"positive integers, got \(3, 2.5\)"),
        ("orthogonal", (5, "rng"), ValueError, "positive integers, got 5"),
        ("orthogonal", ((5,), "rng"), ValueError, r"got \(5,\)"),
        ("constant", ((2, -1),), ValueError, r"got \(2, -1\)"),
        ("normal", ((3, 4), "rng", -1.0), ValueError, "std to be a finite number of at least 0, got -1.0"),
        ("xavier_uniform", ((3, 4), "rng", math.nan), ValueError, "gain to be a finite number above 0, got nan"),
        ("he_uniform", ((3, 4), "rng", "int64"), ValueError, r"dtype to be one of .*, got 'int64'"),
    ],
)
def test_bad_input_is_refused_and_draws_nothing(framework, name, args, error, message):
    generator = rng(0)
    args = [generator if a == "rng" else a for a in args]
    with pytest.raises(error, match=message):
        getattr(cases.module("initializers", framework), name)(*args)
    assert generator.random() == rng(0).random()
