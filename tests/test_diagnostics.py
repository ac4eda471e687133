"""Diagnostics against closed forms: gradients, curvature, rates, noise, and what the layers of three frameworks' models do."""

import subprocess
import sys

import cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdcourse.diagnostics import (
    NoiseScale,
    activation_statistics,
    activations,
    convergence_rate,
    curvature,
    dashboard,
    dead_units,
    gradient_check,
    gradient_noise_scale,
    layer_grad_norms,
    noise_scale_of_two,
    power_iteration,
    record,
    relative_error,
    smoothness,
    snapshot,
    update_ratios,
)
from gdcourse.functions import SURFACES, quadratic, saddle

# Gradient check


def f(x):
    return np.sum(x**2 * np.arange(1, x.size + 1).reshape(x.shape))


def right(x):
    return 2 * x * np.arange(1, x.size + 1).reshape(x.shape)


@pytest.mark.parametrize("shape", [(3,), (2, 2)])
def test_a_right_gradient_passes(shape):
    assert gradient_check(f, right, np.random.default_rng(0).normal(size=shape)).ok


@pytest.mark.parametrize("wrong", [lambda x: -right(x), lambda x: right(x) / 2, lambda x: right(x) + 1e-3])
def test_a_wrong_gradient_fails_and_says_so(wrong):
    report = gradient_check(f, wrong, np.array([1.0, -2.0]))
    assert not report.ok and "DISAGREE" in str(report)


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"expected a gradient of shape \(2,\) like x, got \(1,\)"):
        gradient_check(f, lambda x: x[:1], np.ones(2))


def test_relative_error():
    assert relative_error([0, 0], [0, 0]) == 0
    assert relative_error([3, 4], [0, 0]) == 1
    assert np.isclose(relative_error([3, 4], [3, 4.5]), relative_error([3, 4.5], [3, 4]))
    assert np.isnan(relative_error([np.nan], [1.0])) and np.isnan(relative_error([0, 0], [np.nan, 0]))


# Curvature


def test_smoothness_is_the_threshold():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(30, 3)) * [1, 5, 20]
    A, limit = X.T @ X / 30, 2 / smoothness(X)
    assert np.isclose(smoothness(X), np.linalg.eigvalsh(A)[-1], rtol=1e-12)
    for lr, shrinks in ((0.999 * limit, True), (1.001 * limit, False)):
        assert (np.abs(np.linalg.eigvals(np.eye(3) - lr * A)).max() < 1) == shrinks


def test_bad_data_is_refused():
    with pytest.raises(ValueError, match=r"expected X of shape \(m, d\), got \(3,\)"):
        smoothness([1, 2, 3])


# Eigenvalues of a sane size: rotating one of 1e-300 into a matrix leaves nothing of it.
eigenvalues = st.floats(-100, 100).map(lambda value: value if abs(value) > 1e-100 else 0.0)
spectra = st.lists(eigenvalues, min_size=1, max_size=8)


@settings(deadline=None, max_examples=50)
@given(spectra, st.integers(0, 99))
def test_curvature_of_a_matrix_and_of_products_is_the_spectrum(spectrum, seed):
    A = quadratic(spectrum, seed=seed).hessian(np.zeros(len(spectrum)))
    low, high, size = min(spectrum), max(spectrum), max(1e-300, *np.abs(spectrum))
    for found in (curvature(A), curvature(lambda v: A @ v, len(spectrum), seed=seed)):
        np.testing.assert_allclose([found.smallest, found.largest], [low, high], atol=1e-10 * size)
    if low > 1e-9 * size:
        assert np.isclose(curvature(A).condition, high / low, rtol=1e-6)
    elif low < 0:
        assert curvature(A).condition == np.inf


def test_few_products_give_an_interval_inside_the_true_one_and_its_ends_first():
    spectrum = np.concatenate([[0.01], np.linspace(1, 2, 197), [10, 100]])
    A, widths = quadratic(spectrum).hessian(np.zeros(200)), []
    for steps in (2, 5, 10, 25):
        found = curvature(lambda v: A @ v, 200, steps=steps)
        assert 0.01 - 1e-9 <= found.smallest <= found.largest <= 100 + 1e-9
        widths.append(found.largest - found.smallest)
    assert np.all(np.diff(widths) >= -1e-9) and np.isclose(found.largest, 100, rtol=1e-12)


def test_repeated_eigenvalues_end_lanczos_early():
    calls = []
    found = curvature(lambda v: (calls.append(1), np.where(np.arange(100) < 50, 3.0, 7.0) * v)[1], 100)
    assert np.isclose(found.smallest, 3) and np.isclose(found.largest, 7) and len(calls) <= 4
    assert curvature(lambda v: 0 * v, 5).kind == "undecided"


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_curvature_through_hvp(framework):
    """A framework's Hessian-vector product goes in as it is, whatever the shape of x."""
    hvp, values = cases.module("gradients", framework).hvp, np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]])
    c, x = cases.array(framework, values), cases.array(framework, np.zeros((2, 3)))
    total = {"numpy": lambda: np.sum, "torch": lambda: __import__("torch").sum}.get(framework, _tf_sum)()
    found = curvature(lambda v: hvp(lambda x: total(c * x**2) / 2, x, v), (2, 3))
    assert np.isclose(found.smallest, 1, rtol=1e-6) and np.isclose(found.condition, 9, rtol=1e-6)
    value, vector = power_iteration(lambda v: hvp(lambda x: total(c * x**2) / 2, x, v), (2, 3), steps=40)
    assert np.isclose(value, 9, rtol=1e-6) and np.isclose(abs(vector[1, 2]), 1, rtol=1e-6)


def _tf_sum():
    import tensorflow as tf

    return tf.reduce_sum


def test_kinds_of_stationary_points():
    himmelblau = SURFACES["himmelblau"]
    assert all(curvature(himmelblau.hessian(m)).kind == "minimum" for m in himmelblau.minima)
    assert curvature(himmelblau.hessian([-0.270845, -0.923039])).kind == "maximum"
    assert curvature(himmelblau.hessian([0.086678, 2.884255])).kind == "saddle"
    assert curvature(saddle.hessian([0.0, 0.0])).kind == "saddle" and curvature(np.diag([0.0, 1.0])).kind == "undecided"


def test_power_iteration_finds_the_largest_modulus():
    value, v = power_iteration(lambda v: np.array([3.0, -5.0, 1.0]) * v, 3)
    assert np.isclose(value, -5, rtol=1e-12) and np.isclose(abs(v[1]), 1)
    assert power_iteration(lambda v: 0 * v, 3)[0] == 0


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0.1, 50), min_size=2, max_size=5), st.floats(0.05, 0.999))
def test_no_rate_below_the_threshold_raises_a_quadratics_loss(spectrum, share):
    surface = quadratic(spectrum)
    x, lr = surface.start, share * 2 / curvature(surface.hessian(surface.start)).largest
    for _ in range(20):
        x, before = x - lr * surface.gradient(x), surface(x)
        assert surface(x) <= before * (1 + 1e-12) + 1e-300


@pytest.mark.parametrize(
    "H, shape, message",
    [
        (np.ones((2, 3)), None, r"expected H to be a finite \(d, d\) array or a function v -> H v, got shape \(2, 3\)"),
        (np.array([[1.0, np.nan], [0, 1]]), None, "expected H to be a finite"),
        (np.array([[1.0, 2.0], [0.0, 1.0]]), None, "expected a symmetric H, got entries that differ by up to 2"),
        (lambda v: v, None, "expected the shape of v"),
        (lambda v: v[:1], 3, "expected H v to hold 3 finite numbers, got 1"),
        (lambda v: v * np.nan, 3, "expected H v to hold 3 finite numbers"),
    ],
)
def test_bad_hessians_are_refused(H, shape, message):
    with pytest.raises(ValueError, match=message):
        curvature(H, shape)


# Convergence


@settings(deadline=None, max_examples=50)
@given(st.floats(0.3, 0.999), st.floats(1e-3, 1e3))
def test_a_geometric_sequence_is_linear(rho, scale):
    found = convergence_rate(scale * rho ** np.arange(60))
    assert found.kind == "linear" and np.isclose(found.rate, rho, rtol=1e-9)


@settings(deadline=None, max_examples=50)
@given(st.floats(0.2, 4), st.floats(1e-3, 1e3))
def test_a_power_law_is_sublinear(p, scale):
    found = convergence_rate(scale * np.arange(1.0, 400) ** -p)
    assert found.kind == "sublinear" and np.isclose(found.order, p, rtol=0.02)


@pytest.mark.parametrize("kappa", [2.0, 10.0, 100.0])
def test_descent_on_a_quadratic_contracts_as_equation_1_says(kappa):
    surface = quadratic([1.0, kappa])
    x, distances, lr = surface.start, [], 2 / (1 + kappa)
    for _ in range(200):
        distances.append(np.linalg.norm(x))
        x = x - lr * surface.gradient(x)
    found = convergence_rate(distances)
    assert found.kind == "linear" and np.isclose(found.rate, (kappa - 1) / (kappa + 1), rtol=1e-9)
    assert np.isclose(convergence_rate(np.square(distances)).rate, found.rate**2, rtol=1e-9)


def test_descent_on_a_quartic_is_sublinear():
    """On x^4/4 the distance falls like (2 lr t)^(-1/2), so the loss like t^-2."""
    x, distances = 1.0, []
    for _ in range(4000):
        distances.append(x)
        x -= 0.1 * x**3
    found = convergence_rate(distances)
    assert found.kind == "sublinear" and np.isclose(found.order, 0.5, rtol=0.01)
    assert np.isclose(convergence_rate(np.array(distances) ** 4 / 4).order, 2, rtol=0.01)


def test_a_stalled_or_rising_run_does_not_converge():
    x, distances = 1.0, []
    for t in range(200):
        distances.append(x)
        x -= 0.1 * 0.9**t * x
    assert convergence_rate(distances).kind == "none" and round(x, 4) == 0.3579
    rising = convergence_rate(1.1 ** np.arange(40.0))
    assert rising.kind == "none" and "does not fall: each step multiplies it by 1.1" in str(rising)


def test_rounding_at_the_end_is_left_out():
    errors = 0.5 ** np.arange(100.0)
    errors[60:] = 1e-17 * np.random.default_rng(0).uniform(size=40)
    assert np.isclose(convergence_rate(errors).rate, 0.5, rtol=1e-9) and convergence_rate(errors).steps[1] < 60
    assert convergence_rate(errors, floor=1e-6).steps[1] == 19


def test_noise_does_not_hide_the_law():
    rng, t = np.random.default_rng(1), np.arange(1.0, 300)
    shake = np.exp(0.05 * rng.normal(size=t.size))
    assert convergence_rate(shake * 0.97**t).kind == "linear" and convergence_rate(shake / t).kind == "sublinear"


@pytest.mark.parametrize(
    "errors, options, message",
    [
        ([1.0, 0.5, -0.1, 0.2], {}, "at least 0, got -0.1 at place 2"),
        ([1.0, np.nan], {}, "got nan at place 1"),
        ([], {}, r"got shape \(0,\)"),
        (np.ones((3, 2)), {}, r"got shape \(3, 2\)"),
        ([1.0, 0.5, 0.25], {}, "at least 4 errors above the floor in the tail, got 1 of 3"),
        (0.5 ** np.arange(20), {"tail": 1.5}, "a share of at most 1, got 1.5"),
        (0.5 ** np.arange(20), {"floor": -1}, "floor to be a finite number of at least 0"),
    ],
)
def test_bad_errors_are_refused(errors, options, message):
    with pytest.raises(ValueError, match=message):
        convergence_rate(errors, **options)


# Gradient noise


def test_per_example_noise_is_the_trace_of_the_covariance():
    G = np.random.default_rng(2).normal(size=(50, 2, 3))
    found, flat = gradient_noise_scale(G), G.reshape(50, 6)
    assert np.isclose(found.noise, np.trace(np.cov(flat.T)), rtol=1e-12)
    assert np.isclose(found.signal, np.sum(flat.mean(0) ** 2) - found.noise / 50, rtol=1e-12)


def test_noise_scale_of_a_known_gaussian():
    """Both estimates are unbiased: their means over 4000 draws are within 4 standard errors of the truth."""
    rng, mean, std = np.random.default_rng(3), np.array([1.0, -2.0, 0.5]), np.array([3.0, 1.0, 2.0])
    found = [gradient_noise_scale(mean + std * rng.normal(size=(16, 3))) for _ in range(4000)]
    for name, truth in (("noise", 14.0), ("signal", 5.25)):
        values = np.array([getattr(scale, name) for scale in found])
        assert abs(values.mean() - truth) < 4 * values.std() / np.sqrt(4000)
    many = gradient_noise_scale(mean + std * rng.normal(size=(200_000, 3)))
    assert np.isclose(many.scale, 14 / 5.25, rtol=0.02)


def test_two_batch_sizes_solve_for_noise_and_signal():
    """Exact expectations in, exact truth out."""
    found = noise_scale_of_two((8, 5.25 + 14 / 8), (64, 5.25 + 14 / 64))
    assert np.isclose(found.noise, 14) and np.isclose(found.signal, 5.25) and np.isclose(found.scale, 14 / 5.25)


def test_no_signal_means_an_infinite_scale():
    assert gradient_noise_scale([[1.0], [-1.0]]).scale == np.inf
    assert NoiseScale(1.0, -0.5).scale == np.inf


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: gradient_noise_scale([1.0, 2.0]), r"shape \(n, ...\) with n of at least 2, got \(2,\)"),
        (lambda: gradient_noise_scale([[1.0, 2.0]]), r"got \(1, 2\)"),
        (lambda: gradient_noise_scale([[1.0], [np.nan]]), r"\|G_b\|\^2 to be a finite number"),
        (lambda: noise_scale_of_two((8, 1.0), (8, 1.0)), "the smaller first, got 8 and 8"),
        (lambda: noise_scale_of_two((1, -1.0), (8, 1.0)), r"\|G_b\|\^2 to be a finite number of at least 0"),
    ],
)
def test_bad_gradients_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Layers: one small network, 3 -> 4 -> ReLU -> 2, three ways. The third unit is dead.

rng = np.random.default_rng(4)
W1, b1, W2, b2 = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(4, 2)), rng.normal(size=2)
b1[2] = -100.0
X = rng.normal(size=(10, 3))
HIDDEN = np.maximum(X @ W1 + b1, 0)
GRADS = [rng.normal(size=a.shape) for a in (W1, b1, W2, b2)]
NORMS = [np.sqrt(np.sum(GRADS[i] ** 2) + np.sum(GRADS[i + 1] ** 2)) for i in (0, 2)]


class Affine:
    def __init__(self, W, b):
        self.params, self.grads = [W.copy(), b.copy()], []

    def forward(self, x):
        return x @ self.params[0] + self.params[1]


class Rectifier:
    params, grads = (), ()

    def forward(self, x):
        return np.maximum(x, 0)


class Network:
    def __init__(self):
        self.layers = [Affine(W1, b1), Rectifier(), Affine(W2, b2)]


def course_model():
    model = Network()
    model.layers[0].grads, model.layers[2].grads = GRADS[:2], GRADS[2:]
    return model, ["0 Affine", "1 Rectifier", "2 Affine"]


def torch_model():
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(inplace=True), torch.nn.Linear(4, 2)).double()
    for p, a, g in zip(
        model.parameters(), (W1.T, b1, W2.T, b2), (GRADS[0].T, GRADS[1], GRADS[2].T, GRADS[3]), strict=True
    ):
        p.data, p.grad = torch.tensor(a), torch.tensor(g)
    return model, ["0 Linear", "1 ReLU", "2 Linear"]


def keras_model():
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    layers = [keras.layers.Dense(4), keras.layers.ReLU(), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.set_weights([W1, b1, W2, b2])
    return model, [layer.name for layer in model.layers]


MODELS = {"course": course_model, "torch": torch_model, "keras": keras_model}
DIGITS = {"course": 1e-12, "torch": 1e-12, "keras": 1e-5}  # Keras layers are float32


@pytest.mark.parametrize("family", MODELS)
def test_activations(family):
    model, names = MODELS[family]()
    outputs = activations(model, X)
    assert list(outputs) == names
    for a, expected in zip(outputs.values(), (X @ W1 + b1, HIDDEN, HIDDEN @ W2 + b2), strict=True):
        np.testing.assert_allclose(a, expected, rtol=DIGITS[family], atol=DIGITS[family])


@pytest.mark.parametrize("family", MODELS)
def test_activation_statistics(family):
    model, names = MODELS[family]()
    found = activation_statistics(activations(model, X))[names[1]]
    expected = [HIDDEN.mean(), HIDDEN.std(), (HIDDEN == 0).mean(), (HIDDEN == 0).all(axis=0).mean()]
    np.testing.assert_allclose([found.mean, found.std, found.zero, found.dead], expected, rtol=1e-5)
    assert dead_units(activations(model, X)[names[1]])[2]


@pytest.mark.parametrize("family", MODELS)
def test_layer_grad_norms(family):
    model, names = MODELS[family]()
    found = layer_grad_norms(model, GRADS if family == "keras" else None)
    assert list(found) == [names[0], names[2]]
    np.testing.assert_allclose(list(found.values()), NORMS, rtol=1e-12)


def test_given_gradients_win():
    model, names = course_model()
    found = layer_grad_norms(model, [2 * g for g in GRADS])
    np.testing.assert_allclose([found[names[0]], found[names[2]]], 2 * np.array(NORMS), rtol=1e-12)


def test_keras_gradients_from_a_tape():
    import tensorflow as tf

    model, names = keras_model()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(X))
    found = layer_grad_norms(model, tape.gradient(loss, model.trainable_weights))
    assert np.isclose(found[names[2]], np.sqrt(2 * np.sum(HIDDEN.sum(0) ** 2) + 2 * 10**2), rtol=1e-5)


@pytest.mark.parametrize("family", MODELS)
def test_update_ratios_of_a_gradient_step(family):
    """After w -= lr g the ratio is lr |g| / |w|."""
    model, names = MODELS[family]()
    before = snapshot(model)
    if family == "course":
        for layer in model.layers:
            for p, g in zip(layer.params, layer.grads, strict=True):
                p -= 0.01 * g
    elif family == "torch":
        import torch

        torch.optim.SGD(model.parameters(), 0.01).step()
    else:
        model.set_weights([w - 0.01 * g for w, g in zip((W1, b1, W2, b2), GRADS, strict=True)])
    found = update_ratios(before, snapshot(model))
    sizes = [np.sqrt(np.sum(W**2) + np.sum(b**2)) for W, b in ((W1, b1), (W2, b2))]
    for name, norm, size in zip((names[0], names[2]), NORMS, sizes, strict=True):
        assert np.isclose(found[name], 0.01 * norm / size, rtol=1e-3 if family == "keras" else 1e-10)


def test_update_ratio_of_zero_weights():
    zero, one = {"a": np.zeros(2)}, {"a": np.ones(2)}
    assert update_ratios(zero, zero) == {"a": 0.0} and update_ratios(zero, one) == {"a": np.inf}


def test_looking_leaves_a_torch_model_as_it_was():
    """No hook stays, the mode of each module comes back, batch normalisation's running statistics do not move."""
    import torch

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5)).train()
    model[2].eval()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    first = activations(model, X)
    np.testing.assert_array_equal(activations(model, X)["2 Dropout"], first["2 Dropout"])
    assert not any(module._forward_hooks for module in model.modules())
    assert [module.training for module in model] == [True, True, False] and model.training
    assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())
    with pytest.raises(RuntimeError):
        activations(model, X[:, :2])
    assert not any(module._forward_hooks for module in model.modules()) and model.training


def test_nested_and_repeated_torch_modules():
    import torch

    class Twice(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.act, self.body = torch.nn.ReLU(), torch.nn.Sequential(torch.nn.Linear(3, 3))

        def forward(self, x):
            return self.act(self.body(self.act(x)))

    outputs = activations(Twice(), torch.tensor(X))
    assert list(outputs) == ["act ReLU", "body.0 Linear", "act ReLU, call 2"]
    np.testing.assert_allclose(outputs["act ReLU"], np.maximum(X, 0), rtol=1e-6)
    assert list(snapshot(Twice())) == ["body.0 Linear"] and list(snapshot(torch.nn.Linear(2, 1))) == ["Linear"]


def test_torch_modules_without_parameters_or_with_other_outputs():
    """Without parameters there is no type to turn x into; a recurrent layer returns a pair, which is left out."""
    import torch

    class Recurrent(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.gru, self.head = torch.nn.GRU(3, 2), torch.nn.Linear(2, 1)

        def forward(self, x):
            return self.head(self.gru(x)[0])

    bare = activations(torch.nn.Sequential(torch.nn.ReLU()), torch.tensor(X))
    np.testing.assert_array_equal(bare["0 ReLU"], np.maximum(X, 0))
    assert list(activations(Recurrent(), torch.tensor(X))) == ["head Linear"]


def test_keras_models_of_all_kinds():
    """Functional, with a branch; and layers that a second model has borrowed. Dropout is off in both."""
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4, activation="relu", name="hidden")(inputs)
    shaken = keras.layers.Dropout(0.5, name="shaken")(hidden)
    model = keras.Model(inputs, keras.layers.Concatenate(name="both")([shaken, inputs]))
    model.set_weights([W1, b1])
    outputs = activations(model, X)
    assert list(outputs) == ["hidden", "shaken", "both"]
    np.testing.assert_allclose(outputs["both"], np.hstack([HIDDEN, X]), rtol=1e-5, atol=1e-5)
    borrowed = keras.Sequential([keras.Input((3,)), model.get_layer("hidden"), model.get_layer("shaken")])
    np.testing.assert_allclose(activations(borrowed, X)["shaken"], HIDDEN, rtol=1e-5, atol=1e-5)


def test_frozen_torch_parameters_are_left_out():
    model, names = torch_model()
    model[0].requires_grad_(False)
    assert list(layer_grad_norms(model)) == [names[2]]


def test_dead_units_of_a_convolution_and_of_a_vector():
    a = np.zeros((4, 2, 3))
    a[1, 0, 2] = 1.0
    np.testing.assert_array_equal(dead_units(a), [[True, True, False], [True, True, True]])
    assert dead_units(np.array([0.0, 0.0])) and not dead_units(np.array([0.0, 1.0]))


def test_an_overflowed_layer_shows():
    found = activation_statistics({"a": np.array([[1.0, np.inf]])})["a"]
    assert found.mean == np.inf and np.isnan(found.std)


def unbuilt():
    import keras

    return keras.Sequential([keras.layers.Dense(2)])


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: activations(object(), X), TypeError, "a PyTorch module or a Keras model, got object"),
        (lambda: snapshot(type("Empty", (), {"layers": []})()), ValueError, "expected a model with parameters"),
        (lambda: layer_grad_norms(Network()), ValueError, "run a backward pass first"),
        (lambda: layer_grad_norms(course_model()[0], GRADS[:3]), ValueError, "4 params and 3 grads"),
        (lambda: layer_grad_norms(keras_model()[0]), ValueError, "expected grads beside a Keras model"),
        (lambda: activations(unbuilt(), X), ValueError, "expected a built Sequential or functional Keras model"),
        (lambda: update_ratios({"a": np.ones(2)}, {"b": np.ones(2)}), ValueError, "two snapshots of one model"),
        (lambda: update_ratios({"a": np.ones(2)}, {"a": np.ones(3)}), ValueError, "expected equal shapes"),
        (lambda: dead_units([]), ValueError, "at least one entry"),
    ],
)
def test_bad_models_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_torch_model_loads_no_other_framework():
    code = (
        "import sys, torch; from gdcourse.diagnostics import activations, snapshot;"
        "m = torch.nn.Linear(2, 1); activations(m, torch.ones(3, 2)); snapshot(m);"
        "print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Dashboard


def run():
    history = {"loss": [1.0, 0.5, 0.2]}
    for t in range(3):
        record(
            history,
            gradient_norms={f"{i} Dense": 10.0 ** -(i + t) for i in range(15)},
            update_ratios={"0 Dense": 1e-3, "1 Dense": 2e-3},
            dead_units={"0 ReLU": 0.5},
            activation_std={"0 ReLU": 0.0},
        )
    return history


def test_record_collects_by_layer():
    history = run()
    assert (
        history["update_ratios"] == {"0 Dense": [1e-3] * 3, "1 Dense": [2e-3] * 3}
        and len(history["gradient_norms"]) == 15
    )


def test_dashboard_has_one_panel_per_measurement_and_one_line_per_layer():
    fig = dashboard(run(), title="a run")
    panels = {ax.get_title(): ax for ax in fig.axes}
    assert list(panels) == ["loss", "gradient norm", "update / weight", "spread of activations", "share of dead units"]
    assert len(panels["gradient norm"].lines) == 15 and panels["gradient norm"].get_yscale() == "log"
    assert panels["spread of activations"].get_yscale() == "linear"  # nothing positive to show on a logarithmic one
    np.testing.assert_allclose(panels["gradient norm"].lines[2].get_ydata(), [1e-2, 1e-3, 1e-4])
    assert fig.get_suptitle() == "a run"


def test_dashboard_can_be_shown():
    from gdcourse.plots.notebook import _picture

    html = _picture(dashboard(run()), "Gradient norms fall with depth in every step.")["text/html"]
    assert html.startswith('<img alt="Gradient norms fall')


@pytest.mark.parametrize("history, got", [({}, "nothing"), ({"grads": {}}, "'grads'")])
def test_dashboard_refuses_what_it_does_not_know(history, got):
    with pytest.raises(ValueError, match=f"expected a history of loss, .* got {got}"):
        dashboard(history)
