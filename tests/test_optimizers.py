"""The update rules: three frameworks agree, each rule equals an independent one, bad input is refused and changes nothing."""

import inspect
from itertools import pairwise

import cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

# Every rule with the settings of its variants.
RULES = {
    "GD": ("GD", {"lr": 0.05}),
    "SGD": ("SGD", {"lr": 0.05}),
    "momentum": ("SGD", {"lr": 0.02, "momentum": 0.9}),
    "Nesterov": ("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    "Hypergradient": ("Hypergradient", {"lr": 0.01, "beta": 1e-4}),
    "Adagrad": ("Adagrad", {"lr": 0.1}),
    "Adagrad from 0.1": ("Adagrad", {"lr": 0.1, "initial": 0.1, "eps": 1e-7}),
    "RMSprop": ("RMSprop", {"lr": 0.01, "rho": 0.9}),
    "Adadelta": ("Adadelta", {"rho": 0.95}),
    "Adam": ("Adam", {"lr": 0.1}),
    "Adam of short memory": ("Adam", {"lr": 0.1, "beta1": 0.5, "beta2": 0.75}),
    "AMSGrad": ("AMSGrad", {"lr": 0.1, "beta2": 0.9}),
    "AdamW": ("AdamW", {"lr": 0.1, "weight_decay": 0.1}),
    "Nadam": ("Nadam", {"lr": 0.1}),
    "Lion": ("Lion", {"lr": 0.01, "weight_decay": 0.1}),
}
STATES = ("v", "s", "u", "m", "w", "h")


def make(rule, framework):
    name, settings_ = RULES[rule]
    return getattr(cases.module("optimizers", framework), name)(**settings_)


def quadratic(rng):
    """x'Ax / 2 of the two parameters as one vector of ten."""
    B = rng.normal(size=(10, 10))
    A = B @ B.T / 10
    return lambda x: A @ x


def rosenbrock(rng):
    """Rosenbrock's valley in ten dimensions, its gradient scaled down."""

    def gradient(x):
        g = np.zeros_like(x)
        g[:-1] += -4 * x[:-1] * (x[1:] - x[:-1] ** 2) + 0.02 * (x[:-1] - 1)
        g[1:] += 2 * (x[1:] - x[:-1] ** 2)
        return g

    return gradient


def noisy(rng):
    """Sparse noise of sizes from 1e-6 to 1e2, which does not depend on where it is measured."""
    return lambda x: rng.normal(size=10) * 10.0 ** rng.integers(-6, 3, 10) * rng.integers(0, 2, 10)


PROBLEMS = {f.__name__: f for f in (quadratic, rosenbrock, noisy)}


def trajectory(optimizer, framework, problem, steps=50, dtype=np.float64, before=lambda optimizer, t: None):
    """Run from a random start, the parameters of shapes (2, 3) and (4,); return all the points as rows."""
    rng = np.random.default_rng(0)
    gradient, start = PROBLEMS[problem](rng), rng.uniform(-1, 1, size=10).astype(dtype)
    params = [cases.variable(framework, start[:6].reshape(2, 3)), cases.variable(framework, start[6:])]
    points = [start]
    for t in range(steps):
        g = gradient(points[-1]).astype(dtype)
        before(optimizer, t)
        optimizer.step(params, [cases.array(framework, g[:6].reshape(2, 3)), cases.array(framework, g[6:])])
        points.append(np.concatenate([cases.to_numpy(p).ravel() for p in params]))
    return np.array(points)


def halve_the_rate(optimizer, t):
    if t in (10, 20):
        optimizer.lr = optimizer.lr / 2


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_frameworks_agree_over_fifty_steps(rule, problem):
    expected, *others = (
        trajectory(make(rule, f), f, problem, before=halve_the_rate if problem == "quadratic" else lambda o, t: None)
        for f in cases.FRAMEWORKS
    )
    assert np.isfinite(expected).all() and not np.array_equal(expected[0], expected[-1])
    for got in others:
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


PYTORCH = {
    "GD": lambda o, p: o.SGD(p, 0.05),
    "SGD": lambda o, p: o.SGD(p, 0.05),
    "momentum": lambda o, p: o.SGD(p, 0.02, 0.9),
    "Nesterov": lambda o, p: o.SGD(p, 0.02, 0.9, nesterov=True),
    "Adagrad": lambda o, p: o.Adagrad(p, 0.1),
    "Adagrad from 0.1": lambda o, p: o.Adagrad(p, 0.1, initial_accumulator_value=0.1, eps=1e-7),
    "RMSprop": lambda o, p: o.RMSprop(p, 0.01, 0.9),
    "Adadelta": lambda o, p: o.Adadelta(p, rho=0.95),
    "Adam": lambda o, p: o.Adam(p, 0.1),
    "AMSGrad": lambda o, p: o.Adam(p, 0.1, (0.9, 0.9), amsgrad=True),
    "AdamW": lambda o, p: o.AdamW(p, 0.1, weight_decay=0.1),
}


class PyTorch:
    """A built-in optimizer behind our `step`."""

    def __init__(self, make_):
        self.make, self.rule, self.lr = make_, None, None

    def step(self, params, grads):
        import torch

        self.rule = self.rule or self.make(torch.optim, params)
        for p, g in zip(params, grads, strict=True):
            p.grad = g
        self.rule.step()


@pytest.mark.parametrize("rule", PYTORCH)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_equals_pytorch(rule, problem):
    theirs = trajectory(PyTorch(PYTORCH[rule]), "torch", problem)
    ours = trajectory(make(rule, "numpy"), "numpy", problem)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * np.abs(theirs).max())


def sums(betas, values):
    """The running mean of a sequence written out: (1 - beta) times the sum of beta^(t - i) values_i."""
    t = len(values)
    return (1 - betas) * sum(betas ** (t - 1 - i) * v for i, v in enumerate(values))


def nadam(gs):
    mu = 0.9 * (1 - 0.5 * 0.96 ** (0.004 * np.arange(1, len(gs) + 2)))
    m, v = sums(0.9, gs), sums(0.999, [g * g for g in gs]) / (1 - 0.999 ** len(gs))
    m_hat = mu[-1] * m / (1 - np.prod(mu)) + (1 - mu[-2]) * gs[-1] / (1 - np.prod(mu[:-1]))
    return 0.1 * m_hat / (np.sqrt(v) + 1e-8)


RESTATED = {  # the step as a function of all gradients so far and of the point, with no state
    "Lion": lambda gs, x: 0.01 * (np.sign(0.9 * sums(0.99, gs[:-1]) + 0.1 * gs[-1]) + 0.1 * x),
    "Nadam": lambda gs, x: nadam(gs),
    "Hypergradient": lambda gs, x: (0.01 + 1e-4 * sum(a @ b for a, b in pairwise(gs))) * gs[-1],
    "momentum": lambda gs, x: 0.02 * sum(0.9 ** (len(gs) - 1 - i) * g for i, g in enumerate(gs)),
    "Adam": lambda gs, x: 0.1 * sums(0.9, gs) / (1 - 0.9 ** len(gs))
    / (np.sqrt(sums(0.999, [g * g for g in gs]) / (1 - 0.999 ** len(gs))) + 1e-8),
}  # fmt: skip


@pytest.mark.parametrize("rule", RESTATED)
def test_equals_the_rule_without_state(rule):
    got = trajectory(make(rule, "numpy"), "numpy", "quadratic")
    gradient, x, gs = quadratic(np.random.default_rng(0)), got[0], []
    for point in got[1:]:
        gs.append(gradient(x))
        x = x - RESTATED[rule](gs, x)
        np.testing.assert_allclose(point, x, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_gradient_descent_follows_the_closed_form(framework):
    """On a quadratic each step multiplies the distance to the minimum by I - lr A."""
    rng = np.random.default_rng(0)
    B = rng.normal(size=(4, 4))
    A, start, lr = B @ B.T, rng.normal(size=4), 0.05
    w, optimizer = cases.variable(framework, start), cases.module("optimizers", framework).GD(lr)
    for _ in range(50):
        optimizer.step([w], [cases.array(framework, A @ cases.to_numpy(w))])
    expected = np.linalg.matrix_power(np.eye(4) - lr * A, 50) @ start
    np.testing.assert_allclose(cases.to_numpy(w), expected, rtol=1e-12)


@pytest.mark.parametrize("momentum, nesterov", [(0.5, False), (0.9, False), (0.9, True)])
def test_momentum_contracts_by_the_spectral_radius(momentum, nesterov):
    """In one dimension with curvature a, (x, v) is multiplied by a matrix whose largest eigenvalue is the rate."""
    lr, a, mu = 0.1, 2.0, momentum
    reach = (a + mu * a, mu * mu) if nesterov else (a, mu)  # of the step, in x and v
    step = np.array([[1 - lr * reach[0], -lr * reach[1]], [a, mu]])
    x = np.array([1.0])
    optimizer = cases.module("optimizers", "numpy").SGD(lr, momentum, nesterov)
    for _ in range(200):
        optimizer.step([x], [a * x])
    np.testing.assert_allclose(x[0], (np.linalg.matrix_power(step, 200) @ [1.0, 0.0])[0], rtol=1e-9, atol=1e-300)
    assert abs(np.log(abs(x[0])) / 200 - np.log(np.abs(np.linalg.eigvals(step)).max())) < 0.02


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_momentum_that_changes_during_a_run_equals_pytorch(framework):
    """At momentum 0 no velocity is made; one that is there stays as it was, and PyTorch does the same."""
    import torch

    momenta, gs = [0.0, 0.0, 0.9, 0.5, 0.0, 0.0, 0.9], np.random.default_rng(0).normal(size=(7, 3))
    w, ours = cases.variable(framework, np.ones(3)), cases.module("optimizers", framework).SGD(0.1)
    p = torch.ones(3, dtype=torch.float64)
    theirs = torch.optim.SGD([p], 0.1)
    for momentum, g in zip(momenta, gs, strict=True):
        ours.momentum = theirs.param_groups[0]["momentum"] = momentum
        p.grad = torch.tensor(g)
        theirs.step()
        ours.step([w], [cases.array(framework, g)])
        np.testing.assert_allclose(cases.to_numpy(w), p, rtol=1e-14)
        assert (ours.v is None) == (theirs.state[p].get("momentum_buffer") is None)


finite = st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3)


@settings(deadline=None, max_examples=50)
@given(arrays(float, 4, elements=finite), st.floats(1e-4, 1.0), st.floats(0.0, 0.99), st.floats(0.0, 0.9999))
def test_first_step_of_adam_is_the_rate_times_the_sign(g, lr, beta1, beta2):
    for name in ("Adam", "AMSGrad", "AdamW"):
        x = np.zeros(4)
        getattr(cases.module("optimizers", "numpy"), name)(lr, beta1, beta2, eps=0).step([x], [g])
        np.testing.assert_allclose(x, -lr * np.sign(g), rtol=1e-9)


@settings(deadline=None, max_examples=100)
@given(
    arrays(float, (3, 3), elements=st.floats(-3, 3)), arrays(float, 3, elements=st.floats(-10, 10)), st.floats(0, 0.999)
)
def test_any_rate_below_two_over_l_never_raises_a_quadratic(B, x, part):
    A = B @ B.T + 1e-3 * np.eye(3)
    optimizer = cases.module("optimizers", "numpy").GD(part * 2 / np.linalg.eigvalsh(A)[-1])
    losses = [x @ A @ x]
    for _ in range(10):
        optimizer.step([x], [A @ x])
        losses.append(x @ A @ x)
    assert (np.diff(losses) <= 1e-12 * losses[0]).all()


def test_a_rate_above_two_over_l_raises_it():
    x, optimizer = np.array([1.0, 0.0]), cases.module("optimizers", "numpy").GD(1.01)
    for _ in range(50):
        optimizer.step([x], [2 * x])
    assert abs(x[0]) == pytest.approx(1.02**50, rel=1e-12)


def test_the_counter_example_of_reddi_et_al():
    """Gradients C, -1, -1 in turn on [-1, 1]: the sum is positive, so -1 is best. Adam goes to +1, AMSGrad to -1."""
    rules, ends = cases.module("optimizers", "numpy"), {}
    for name in ("Adam", "AMSGrad"):
        x, optimizer = np.array([0.0]), getattr(rules, name)(0.01, 0.0, 1 / (1 + 3**2), 0)
        for t in range(3000):
            optimizer.lr = 0.5 / np.sqrt(t + 1)
            optimizer.step([x], [np.array([3.0 if t % 3 == 0 else -1.0])])
            np.clip(x, -1, 1, out=x)
        ends[name] = x[0]
    assert ends["Adam"] > 0.9 and ends["AMSGrad"] < -0.9


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(framework, rule, dtype):
    optimizer = make(rule, framework)
    points = trajectory(optimizer, framework, "quadratic", steps=3, dtype=dtype)
    assert points.dtype == dtype
    for state in arrays_of(optimizer).values():
        assert all(a.dtype == dtype for a in state)


def arrays_of(optimizer):
    """The state as NumPy arrays, by name."""
    found = {name: getattr(optimizer, name, None) for name in STATES}
    return {name: [cases.to_numpy(a).copy() for a in state] for name, state in found.items() if state is not None}


def numbers_of(optimizer):
    return {name: value for name, value in vars(optimizer).items() if isinstance(value, int | float)}


@pytest.mark.parametrize("rule", RULES)
def test_large_arrays_equal_small_ones(rule):
    """NumPy works in blocks; neither they nor a Fortran order or a view shows."""
    rng = np.random.default_rng(0)
    start, gs = rng.normal(size=(140, 1000)), rng.normal(size=(3, 140, 1000))
    whole, turned, view, rows = (
        start.copy(),
        np.asfortranarray(start),
        np.repeat(start, 2, 1)[:, ::2],
        list(start.copy()),
    )
    for params in ([whole], [turned], [view], rows):
        optimizer = make(rule, "numpy")
        for g in gs:
            optimizer.step(params, [g] if len(params) == 1 else list(g))
    for other in (turned, view, np.array(rows)):
        np.testing.assert_allclose(whole, other, rtol=1e-11, atol=1e-11)  # a dot product sums in another order
    assert not np.array_equal(whole, start)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_gradients_are_left_alone_and_not_kept(framework):
    """A caller may use its gradient arrays again, and finds in them what it wrote."""
    for rule in RULES:
        w, g = cases.variable(framework, np.ones(3)), cases.variable(framework, np.array([1.0, 2.0, 3.0]))
        optimizer = make(rule, framework)
        optimizer.step([w], [g])
        np.testing.assert_array_equal(cases.to_numpy(g), [1, 2, 3])
        before = arrays_of(optimizer)
        g.assign([9.0, 9.0, 9.0]) if framework == "tensorflow" else g.fill_(9) if framework == "torch" else g.fill(9)
        for name, state in arrays_of(optimizer).items():
            np.testing.assert_array_equal(state, before[name])


def test_pytorch_leaves_are_updated_without_a_graph():
    import torch

    for rule in RULES:
        w = torch.ones(3, dtype=torch.float64, requires_grad=True)
        optimizer = make(rule, "torch")
        for _ in range(2):
            (g,) = torch.autograd.grad((w**3).sum(), [w])
            optimizer.step([w], [g])
        assert w.is_leaf and w.grad_fn is None and w[0] < 1
        assert not any(a.requires_grad for name in STATES for a in getattr(optimizer, name, None) or [])


def test_keras_variables_can_be_changed():
    import torch  # noqa: F401, I001  PyTorch first
    import keras
    import tensorflow as tf

    for rule in RULES:
        w = keras.Variable(np.ones(3), dtype="float64")
        make(rule, "tensorflow").step([w], [tf.ones(3, tf.float64)])
        assert w.numpy()[0] < 1


SETTINGS = ("lr", "momentum", "initial", "eps", "rho", "beta", "beta1", "beta2", "momentum_decay", "weight_decay")


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "value, error", [(-0.1, ValueError), (float("nan"), ValueError), ("0.1", TypeError), (None, TypeError)]
)
def test_bad_settings_are_refused(framework, rule, value, error):
    """When made and when changed later; the old value stays."""
    optimizer = make(rule, framework)
    for name in inspect.signature(type(optimizer)).parameters:
        if name == "nesterov":
            continue
        with pytest.raises(error, match=f"expected {name} to be a"):
            type(optimizer)(**{"lr": 0.1, **RULES[rule][1], name: value})
        old = getattr(optimizer, name)
        with pytest.raises(error, match=f"expected {name} to be a"):
            setattr(optimizer, name, value)
        assert getattr(optimizer, name) == old and name in SETTINGS


def test_decay_rates_of_one_are_refused():
    """A beta of 1 never learns, and divides by 1 - beta^t = 0."""
    rules = cases.module("optimizers", "numpy")
    for make_ in (lambda: rules.Adam(0.1, 1.0), lambda: rules.Adam(0.1, 0.9, 1.0), lambda: rules.RMSprop(0.1, 1.5)):
        with pytest.raises(ValueError, match="of at least 0 and below 1, got 1"):
            make_()


def test_rates_from_numpy_keep_float32():
    w = np.ones(3, np.float32)
    rule = cases.module("optimizers", "numpy").Adam(np.float64(0.1))
    rule.lr = np.float32(0.5)
    rule.step([w], [w])
    assert type(rule.lr) is float and w.dtype == np.float32


NAN = float("nan")
BAD = {
    "no gradients": (lambda v, a: ([v([1.0, 2.0])], []), TypeError, "grads to be a list with at least one"),
    "not a list": (lambda v, a: (v([1.0, 2.0]), [a([1.0, 2.0])]), TypeError, "params to be a list"),
    "two for one": (lambda v, a: ([v([1.0])], [a([1.0])] * 2), ValueError, "1 params and 2 grads"),
    "shapes": (lambda v, a: ([v([1.0, 2.0])], [a([1.0] * 3)]), ValueError, r"grads\[0\] of shape \(2,\).*got \(3,\)"),
    "would broadcast": (lambda v, a: ([v([1.0, 2.0])], [a([1.0])]), ValueError, r"shape \(2,\).*got \(1,\)"),
    "None": (lambda v, a: ([v([1.0])], [None]), ValueError, r"the loss does not depend on params\[0\]"),
    "a number": (lambda v, a: ([v([1.0])], [1.0]), TypeError, "expected arrays at place 0"),
    "integers": (lambda v, a: ([v([1, 2])], [a([1.0, 2.0])]), TypeError, r"params\[0\] to be .*floats, got .* of int64"),
    "integer gradient": (lambda v, a: ([v([1.0])], [a([1])]), TypeError, r"grads\[0\] of .*float64 like params\[0\]"),
    "float32 gradient": (
        lambda v, a: ([v([1.0])], [a(np.ones(1, np.float32))]), TypeError, r"grads\[0\] of .*float64.*float32"),
    "NaN": (lambda v, a: ([v([1.0]), v([2.0])], [a([1.0]), a([NAN])]), ValueError, r"NaN or infinity in grads\[1\]"),
    "infinity": (lambda v, a: ([v([1.0, 1.0])], [a([np.inf, -np.inf])]), ValueError, r"infinity in grads\[0\]"),
    "NaN in the last": (
        lambda v, a: ([v([[1.0] * 3] * 2), v([1.0] * 4)], [a([[1.0] * 3] * 2), a([1.0, 1.0, 1.0, NAN])]),
        ValueError, r"infinity in grads\[1\]"),
    "another number": (lambda v, a: ([v([1.0])], [a([1.0])]), ValueError, r"params as on the first step, \w+ \(2, 3\)"),
    "another shape": (
        lambda v, a: ([v([[1.0] * 2] * 3), v([1.0] * 4)], [a([[1.0] * 2] * 3), a([1.0] * 4)]),
        ValueError, r"got \w+ \(3, 2\) of"),
    "another dtype": (
        lambda v, a: ([v(np.ones((2, 3), np.float32)), v(np.ones(4, np.float32))],
                      [a(np.ones((2, 3), np.float32)), a(np.ones(4, np.float32))]),
        ValueError, "float32"),
}  # fmt: skip


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("rule", RULES)
def test_bad_arguments_are_refused_and_change_nothing(framework, rule):
    for case, (arguments, error, message) in BAD.items():
        if case.startswith("another") and rule in ("GD", "SGD"):
            continue  # it has no state that could be out of step
        optimizer = make(rule, framework)
        trajectory(optimizer, framework, "quadratic", steps=2)
        params, grads = arguments(
            lambda values: cases.variable(framework, np.array(values)),
            lambda values: cases.array(framework, np.array(values)),
        )
        state, numbers = arrays_of(optimizer), numbers_of(optimizer)
        points = [cases.to_numpy(p).copy() for p in params]
        with pytest.raises(error, match=message):
            optimizer.step(params, grads)
        assert [np.array_equal(cases.to_numpy(p), q) for p, q in zip(params, points, strict=True)] == [True] * len(
            points
        )
        assert numbers_of(optimizer) == numbers
        for name, now in arrays_of(optimizer).items():
            assert all(np.array_equal(a, b) for a, b in zip(now, state[name], strict=True))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_a_refused_first_step_makes_no_state(framework):
    optimizer = make("Adam", framework)
    with pytest.raises(ValueError, match="finite gradients"):
        optimizer.step([cases.variable(framework, np.ones(2))], [cases.array(framework, np.array([1.0, NAN]))])
    assert optimizer.m is None and optimizer.t == 0
    optimizer.step([cases.variable(framework, np.ones(1))], [cases.array(framework, np.ones(1))])


def test_what_cannot_be_changed_in_place_is_refused():
    fixed = np.ones(2)
    fixed.flags.writeable = False
    with pytest.raises(TypeError, match="a writeable NumPy array of floats"):
        make("Adam", "numpy").step([np.ones(2), fixed], [np.ones(2), np.ones(2)])
    with pytest.raises(TypeError, match=r"expected params\[0\] to be a TensorFlow variable"):
        make("Adam", "tensorflow").step(
            [cases.array("tensorflow", np.ones(2))], [cases.array("tensorflow", np.ones(2))]
        )


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("other", cases.FRAMEWORKS)
def test_gradients_of_another_framework_are_refused(framework, other):
    """NumPy's ``p -= tensor`` would make a new p and leave the parameter as it was."""
    w, optimizer = cases.variable(framework, np.ones(3)), make("momentum", framework)
    if other != framework:
        with pytest.raises(TypeError, match=r"grads\[0\] of float64 like params\[0\]"):
            optimizer.step([w], [cases.array(other, np.ones(3))])
        assert optimizer.v is None
    np.testing.assert_array_equal(cases.to_numpy(w), np.ones(3))


def test_sparse_gradients_are_refused():
    """A row gradient of TensorFlow; ``tf.convert_to_tensor`` makes it dense."""
    import tensorflow as tf

    w = tf.Variable(np.ones((3, 2)))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(w, [1]))
    g = tape.gradient(loss, w)
    with pytest.raises(TypeError, match="got IndexedSlices"):
        make("Adam", "tensorflow").step([w], [g])
    make("Adam", "tensorflow").step([w], [tf.convert_to_tensor(g)])
    np.testing.assert_allclose(w, [[1, 1], [0.9, 0.9], [1, 1]], rtol=1e-6)


def test_large_finite_gradients_pass():
    """Their sum overflows, they do not."""
    for framework in cases.FRAMEWORKS:
        w = cases.variable(framework, np.ones(3))
        make("GD", framework).step([w], [cases.array(framework, np.full(3, 1e308))])
        assert np.isfinite(cases.to_numpy(w)).all()


def test_hypergradient_keeps_its_rate_at_zero_or_above_and_comes_back():
    optimizer, w = cases.module("optimizers", "numpy").Hypergradient(0.1, 1.0), np.zeros(1)
    rates = []
    for g in (1.0, -1.0, -1.0, -1.0):
        optimizer.step([w], [np.array([g])])
        rates.append(optimizer.lr)
    assert rates == [0.1, 0.0, 1.0, 2.0]


def test_hypergradient_refuses_a_rate_that_overflows():
    optimizer, w = cases.module("optimizers", "numpy").Hypergradient(0.1, 1e300), np.zeros(1)
    optimizer.step([w], [np.array([1e5])])
    before = w.copy()
    with pytest.raises(ValueError, match="expected lr to be a finite number"):
        optimizer.step([w], [np.array([1e5])])
    assert optimizer.lr == 0.1 and w == before and optimizer.h[0] == 1e5


@pytest.mark.parametrize("rule", RULES)
def test_cuda_gives_the_cpus_numbers(rule):
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    runs = []
    for device in ("cpu", "cuda"):
        torch.manual_seed(0)
        params = [torch.randn(shape, dtype=torch.float64).to(device) for shape in ((2, 3), (4,))]
        optimizer = make(rule, "torch")
        for _ in range(50):
            optimizer.step(params, [torch.sin(3 * p) for p in params])
        runs.append(torch.cat([p.cpu().ravel() for p in params]))
    np.testing.assert_allclose(runs[1], runs[0], rtol=1e-9, atol=1e-12)
