"""The training loop: the three frameworks make the same run, equal to loops written by hand; and what belongs to it."""

import json
import math
from dataclasses import asdict
from functools import partial

import cases
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdcourse import datasets
from gdcourse.losses import numpy as losses
from gdcourse.training import History, batches, groups, patience, small_decrease, small_gradient, small_step


def loss_and_grad(framework):
    """The half-mean squared error of a linear model: by hand in NumPy, by differentiation elsewhere."""
    if framework == "numpy":

        def by_hand(params, X, y):
            h = X @ params[0]
            return losses.mse(h, y, "half_mean"), [X.T @ losses.mse_grad(h, y, "half_mean")]

        return by_hand
    mse = cases.module("losses", framework).mse
    if framework == "torch":
        return cases.module("gradients", framework).value_and_grad(lambda p, X, y: mse(X @ p[0], y, "half_mean"))
    import tensorflow as tf

    f = lambda p, X, y: mse(tf.linalg.matvec(X, p[0]), y, "half_mean")  # noqa: E731
    return cases.module("gradients", framework).value_and_grad(f)


def run(framework, *, start=None, lr=0.1, **options):
    data = datasets.houses(60)
    X = np.column_stack([np.ones(60), (data.X - data.X.mean(0)) / data.X.std(0)])
    w = cases.variable(framework, np.zeros(5) if start is None else start)
    train, GD = cases.module("training", framework).train, cases.module("optimizers", framework).GD
    X_, y_ = cases.array(framework, X), cases.array(framework, data.y)
    history = train(loss_and_grad(framework), [w], X_, y_, GD(lr), **options)
    return history, cases.to_numpy(w), X, data.y


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@pytest.mark.parametrize("batch_size", [None, 7])
def test_frameworks_make_the_same_run(framework, batch_size):
    ours, w, *_ = run("numpy", epochs=50, batch_size=batch_size, seed=3)
    theirs, v, *_ = run(framework, epochs=50, batch_size=batch_size, seed=3)
    for series in ("losses", "grad_norms", "step_norms"):
        np.testing.assert_allclose(getattr(theirs, series), getattr(ours, series), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(theirs.losses, ours.losses, rtol=1e-12)
    np.testing.assert_allclose(v, w, rtol=1e-12)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_full_batches_reach_least_squares(framework):
    history, w, X, y = run(framework, epochs=2000, lr=0.5, stop=small_gradient(1e-9))
    np.testing.assert_allclose(w, np.linalg.lstsq(X, y, rcond=None)[0], rtol=1e-8)
    assert history.stopped == "small gradient" and len(history) < 2000


def test_history_records_loss_before_and_norms_of_the_step():
    start = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    history, w, X, y = run("numpy", start=start, epochs=1, lr=0.01)
    gradient = X.T @ (X @ start - y) / 60
    assert np.isclose(history.losses[0], np.mean((X @ start - y) ** 2) / 2, rtol=1e-12)
    assert np.isclose(history.grad_norms[0], np.linalg.norm(gradient), rtol=1e-12)
    assert np.isclose(history.step_norms[0], 0.01 * np.linalg.norm(gradient), rtol=1e-12)
    np.testing.assert_allclose(w, start - 0.01 * gradient, rtol=1e-12)


def test_validation_is_recorded_and_patience_stops():
    values = iter([3.0, 2.0, 2.5, 2.25, 1.0])
    history, *_ = run("numpy", epochs=9, validate=lambda _: next(values), stop=patience(2))
    assert history.validation == [3.0, 2.0, 2.5, 2.25] and history.stopped == "patience"


def test_the_seed_alone_decides_the_batches():
    one, two, other = (run("numpy", epochs=3, batch_size=8, seed=seed)[0].losses for seed in (0, 0, 1))
    assert one == two and one != other


@given(st.integers(1, 60), st.data())
def test_batches_cover_every_row_once(n, data):
    size = data.draw(st.integers(1, n))
    parts = list(batches(n, size, np.random.default_rng(0)))
    assert sorted(np.concatenate(parts)) == list(range(n))
    assert all(len(part) == size for part in parts[:-1]) and len(parts) == math.ceil(n / size)


@pytest.mark.parametrize("size", [0, -1, 11])
def test_bad_batch_sizes_are_refused(size):
    with pytest.raises(ValueError, match=f"expected a batch size from 1 to 10 .*, got {size}"):
        list(batches(10, size, np.random.default_rng(0)))


NAN = math.nan
RULES = [
    (small_step(0.1, 2), {"step_norms": [0.5, 0.05, 0.02]}, True),
    (small_step(0.1, 3), {"step_norms": [0.5, 0.05, 0.02]}, False),
    (small_step(0.1), {"step_norms": [NAN]}, False),
    (small_gradient(0.1), {"grad_norms": [0.05]}, True),
    (small_gradient(0.1, 2), {"grad_norms": [0.05]}, False),
    (small_decrease(0.5, 2), {"losses": [4.0, 2.0, 1.75, 1.625]}, True),
    (small_decrease(0.5, 3), {"losses": [4.0, 2.0, 1.75, 1.625]}, False),
    (small_decrease(0.5), {"losses": [1.0, 4.0]}, False),
    (small_decrease(0.5), {"losses": [1.0, NAN]}, False),
    (small_decrease(0.5), {"losses": [1.0]}, False),
    (patience(2), {"validation": [3.0, 2.0, 2.5, 2.25]}, True),
    (patience(3), {"validation": [3.0, 2.0, 2.5, 2.25]}, False),
    (patience(1, tol=0.5), {"validation": [2.0, 1.75]}, True),
    (patience(2), {"validation": [1.0, NAN, NAN]}, True),
    (patience(2), {"validation": [NAN, 3.0, 2.0, 1.0]}, False),
    (patience(2), {"validation": [1.0, 1.0]}, False),
]


@pytest.mark.parametrize("rule, series, stops", RULES)
def test_stopping_rules(rule, series, stops):
    assert rule(History(**series)) is stops


@pytest.mark.parametrize("make", [small_step, small_gradient, small_decrease])
def test_bad_tolerances_are_refused(make):
    with pytest.raises(ValueError, match="expected tol to be a finite number above 0, got 0"):
        make(0)


@pytest.mark.parametrize("make", [small_step, small_gradient, small_decrease])
def test_bad_times_are_refused(make):
    with pytest.raises(ValueError, match="expected times to be a finite number of at least 1, got 0"):
        make(0.1, times=0)


# A small network, 3 inputs, 5 tanh units, 4 classes, on 50 rows: all options at once.


class Network:
    """The protocol of a model: params, forward, backward, grads. The gradient by hand is for NumPy alone."""

    def __init__(self, framework):
        rng = np.random.default_rng(7)
        shapes = (3, 5), (5,), (5, 4), (4,)
        self.framework = framework
        self.params = [cases.variable(framework, rng.normal(size=shape)) for shape in shapes]

    def forward(self, X, train=False):
        self.trained, (W1, b1, W2, b2), self.X = train, self.params, X
        tanh = {"numpy": np.tanh}.get(self.framework) or __import__(self.framework).tanh
        self.a = tanh(X @ W1 + b1)
        return self.a @ W2 + b2

    def backward(self, dy):
        dz = (dy @ self.params[2].T) * (1 - self.a**2)
        self.grads = [self.X.T @ dz, dz.sum(axis=0), self.a.T @ dy, dy.sum(axis=0)]
        return dz @ self.params[0].T


def rows_of_data():
    rng = np.random.default_rng(5)
    return rng.normal(size=(50, 3)), rng.integers(0, 4, 50)


def clip_to(c, grads, eps=0.0):
    """A stand-in for `clip_by_global_norm`, in any framework."""
    norm = math.sqrt(sum(np.sum(cases.to_numpy(g) ** 2) for g in grads))
    return [g * min(1.0, c / (norm + eps)) for g in grads], norm


def fit(framework, **options):
    """Train the network. Returns the history, and the parameters at the end as NumPy arrays."""
    model, (X, y) = Network(framework), (cases.array(framework, a) for a in rows_of_data())
    module = cases.module("training", framework)
    loss_and_grad = module.objective(model, cases.module("losses", framework).softmax_ce)
    loss_and_grad = options.pop("wrap", lambda f: f)(loss_and_grad)
    optimizer = options.pop("optimizer", None) or cases.module("optimizers", framework).GD(options.pop("lr", 0.5))
    history = module.train(loss_and_grad, model.params, X, y, optimizer, **options)
    return history, [cases.to_numpy(p).copy() for p in model.params]


EVERYTHING = {
    "epochs": 12, "batch_size": 6, "seed": 2, "schedule": lambda t: 0.8 / (1 + 0.05 * t), "accumulate": 3,
    "clip": partial(clip_to, 0.25), "weight_decay": 0.03, "decay_biases": False,
    "validate": lambda params: np.sum(cases.to_numpy(params[2]) ** 2), "restore_best": True,
}  # fmt: skip


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_frameworks_make_the_same_run_with_everything_on(framework):
    ours, params = fit("numpy", **EVERYTHING)
    theirs, others = fit(framework, **EVERYTHING)
    for series in ("losses", "grad_norms", "step_norms", "validation"):
        np.testing.assert_allclose(getattr(theirs, series), getattr(ours, series), rtol=1e-12, err_msg=series)
    assert theirs.rates == ours.rates and len(ours.rates) == 12 * 3 and len(ours) == 12
    for p, q in zip(params, others, strict=True):
        np.testing.assert_allclose(q, p, rtol=1e-12, atol=1e-15)


def test_equals_a_loop_written_in_pytorch():
    """Against torch.nn, torch.optim.SGD(weight_decay), clip_grad_norm_ and LambdaLR, the batches alone in common."""
    import torch

    schedule, bound = lambda t: 0.9**t, 0.5
    start = Network("torch").params
    net = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 4)).double()
    with torch.no_grad():
        for p, q in zip(net.parameters(), start, strict=True):
            p.copy_(q.t())
    X, y = (torch.tensor(a) for a in rows_of_data())
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0, weight_decay=0.02)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)
    rng, losses, norms = np.random.default_rng(4), [], []
    for _ in range(10):
        total = 0.0
        for rows in batches(50, 8, rng):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(X[rows]), y[rows])
            loss.backward()
            norms.append(float(torch.nn.utils.clip_grad_norm_(net.parameters(), bound)))
            optimizer.step()
            scheduler.step()
            total += loss.item() * len(rows)
        losses.append(total / 50)
    assert min(norms) < bound < max(norms)
    for framework in cases.FRAMEWORKS:
        clip = partial(clip_to, bound, eps=1e-6)  # the eps of clip_grad_norm_
        options = {"epochs": 10, "batch_size": 8, "seed": 4, "schedule": schedule, "weight_decay": 0.02, "clip": clip}
        history, params = fit(framework, **options)
        np.testing.assert_allclose(history.losses, losses, rtol=1e-12)
        np.testing.assert_allclose(history.grad_norms, norms[6::7], rtol=1e-12)
        for p, q in zip(net.parameters(), params, strict=True):
            np.testing.assert_allclose(q, p.detach().t(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("b, k", [(4, 5), (7, 3), (10, 5), (1, 50), (9, 2)])
def test_accumulated_batches_equal_the_big_batch(framework, b, k):
    """Also where the last group or the last batch in it is short: 50 = 2 * 21 + 8 = 7 * 7 + 1."""
    small, params = fit(framework, epochs=2, batch_size=b, accumulate=k, seed=1)
    big, others = fit(framework, epochs=2, batch_size=b * k, seed=1)
    for series in ("losses", "grad_norms", "step_norms"):
        np.testing.assert_allclose(getattr(small, series), getattr(big, series), rtol=1e-12)
    assert len(small.rates) == len(big.rates) == 2 * math.ceil(50 / (b * k))
    for p, q in zip(params, others, strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-12, atol=1e-15)


@given(st.integers(1, 60), st.integers(1, 70), st.data())
def test_groups_are_the_batches_in_order(n, count, data):
    size = data.draw(st.integers(1, n))
    parts = list(groups(n, size, count, np.random.default_rng(0)))
    flat = [list(rows) for group in parts for rows in group]
    assert flat == [list(rows) for rows in batches(n, size, np.random.default_rng(0))]
    assert all(len(group) == count for group in parts[:-1]) and 1 <= len(parts[-1]) <= count


def test_one_seed_gives_the_three_frameworks_the_same_batches():
    seen = {}
    for framework in cases.FRAMEWORKS:
        seen[framework] = []

        def spy(f, seen=seen[framework]):
            return lambda params, X, y: seen.append(cases.to_numpy(X).tolist()) or f(params, X, y)

        fit(framework, epochs=2, batch_size=8, accumulate=2, seed=11, wrap=spy)
    assert seen["numpy"] == seen["torch"] == seen["tensorflow"] and len(seen["numpy"]) == 14


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_the_first_step_uses_the_schedules_rate_at_0(framework):
    optimizer = cases.module("optimizers", framework).GD(123.0)
    plain, _ = fit(framework, epochs=1, lr=1.0)
    asked = []
    history, _ = fit(
        framework, epochs=3, batch_size=20, optimizer=optimizer, schedule=lambda t: asked.append(t) or 0.5**t
    )
    assert asked == list(range(9)) and history.rates == [0.5**t for t in range(9)] and optimizer.lr == 0.5**8
    halved, _ = fit(framework, epochs=1, schedule=lambda t: [0.5][t])
    assert math.isclose(halved.step_norms[0], 0.5 * plain.step_norms[0], rel_tol=1e-12)


def test_rates_are_those_of_the_optimizer_where_it_has_one():
    class WithoutRate:
        def step(self, params, grads):
            pass

    assert fit("numpy", epochs=2, lr=0.25)[0].rates == [0.25, 0.25]
    assert fit("numpy", epochs=2, optimizer=WithoutRate())[0].rates == []
    with pytest.raises(TypeError, match="with a rate lr for the schedule to set, got WithoutRate"):
        fit("numpy", epochs=2, optimizer=WithoutRate(), schedule=lambda t: 0.1)


@pytest.mark.parametrize("rate, error", [(-0.1, ValueError), (NAN, ValueError)])
def test_a_bad_rate_is_refused_before_its_step(rate, error):
    optimizer = cases.module("optimizers", "numpy").GD(0.5)
    with pytest.raises(error, match=r"expected schedule\(1\) to be a finite number of at least 0"):
        fit("numpy", epochs=3, optimizer=optimizer, schedule=lambda t: [0.25, rate][t])
    assert optimizer.lr == 0.25


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("decay_biases", [True, False])
def test_decay_is_the_gradient_of_the_penalty(framework, decay_biases):
    """One step of plain descent, against lr * lambda * x for the decayed parameters alone."""
    plain, decayed = (
        fit(framework, epochs=1, lr=0.5, weight_decay=lam, decay_biases=decay_biases)[1] for lam in (0.0, 0.25)
    )
    for start, p, q in zip(Network("numpy").params, plain, decayed, strict=True):
        lam = 0.25 if decay_biases or start.ndim > 1 else 0.0
        np.testing.assert_allclose(p - q, 0.5 * lam * start, rtol=1e-9, atol=1e-15)


def test_decay_is_neither_clipped_nor_recorded():
    plain, _ = fit("numpy", epochs=1)
    start = Network("numpy").params
    history, params = fit("numpy", epochs=1, lr=0.5, weight_decay=0.25, clip=partial(clip_to, 1e-9))
    assert history.losses == plain.losses and history.grad_norms == plain.grad_norms
    for p, s in zip(params, start, strict=True):
        np.testing.assert_allclose(p, s * (1 - 0.5 * 0.25), rtol=1e-7)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize(
    "values, best", [([3, 2, 5, 4], 1), ([NAN, 9, NAN, 9], 1), ([1, 2, 3, 4], 0), ([4, 3, 2, 1], 3), ([NAN] * 4, None)]
)
def test_the_best_weights_come_back(framework, values, best):
    seen, given_ = [], iter(map(float, values))
    keep = lambda history, params: seen.append([cases.to_numpy(p).copy() for p in params])  # noqa: E731
    history, params = fit(framework, epochs=4, validate=lambda _: next(given_), restore_best=True, callbacks=[keep])
    assert history.best == best and len(history) == 4
    for p, q in zip(params, seen[-1 if best is None else best], strict=True):
        np.testing.assert_array_equal(p, q)
    assert not np.array_equal(seen[0][0], seen[1][0])


def test_the_best_weights_come_back_after_patience():
    values = [3.0, 1.0, 2.0, 2.5]
    given_ = iter(values)
    history, params = fit(
        "numpy", epochs=9, validate=lambda _: next(given_), stop=patience(2), restore_best=True, batch_size=10
    )
    _, two = fit("numpy", epochs=2, batch_size=10)
    assert history.validation == values and history.stopped == "patience" and history.best == 1
    assert all(np.array_equal(p, q) for p, q in zip(params, two, strict=True))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_callbacks_see_the_history_and_the_params_of_each_epoch(framework):
    seen, order = [], []

    def watch(history, params):
        order.append("watch")
        seen.append((len(history), history.losses[-1], len(history.validation), history.stopped, id(params)))

    given_ = iter([1.0, 2.0, 3.0])
    history, _ = fit(
        framework, epochs=5, validate=lambda _: next(given_), stop=patience(2),
        callbacks=[watch, lambda history, params: order.append("second")],
    )  # fmt: skip
    assert [s[:4] for s in seen] == [
        (e + 1, history.losses[e], e + 1, "patience" if e == 2 else None) for e in range(3)
    ]
    assert order == ["watch", "second"] * 3 and len({s[4] for s in seen}) == 1


# Divergence: a run that leaves the floats, under optimizers that refuse gradients that are not finite.


class Strict:
    """Descent that refuses what is not finite, and says so."""

    def __init__(self, framework, lr):
        self.inner, self.lr = cases.module("optimizers", framework).GD(lr), lr

    def step(self, params, grads):
        if not all(np.isfinite(cases.to_numpy(g)).all() for g in grads):
            raise ValueError("expected finite gradients")
        self.inner.step(params, grads)


def quartic(framework, **options):
    """Descend x^4 from 3 with rate 1, where each step cubes the distance."""
    x = cases.variable(framework, np.array([3.0]))
    X = cases.array(framework, np.zeros((4, 1)))
    slope = lambda params, X, y: (cases.to_numpy(params[0]).copy()[0] ** 4, [4 * params[0] ** 3])  # noqa: E731
    with np.errstate(over="ignore", invalid="ignore"):
        history = cases.module("training", framework).train(slope, [x], X, X, Strict(framework, 1.0), **options)
    return history, float(cases.to_numpy(x)[0])


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_a_diverging_run_goes_on_to_infinity_and_nan(framework):
    history, x = quartic(framework, epochs=20, validate=lambda params: params[0][0])
    assert len(history) == len(history.validation) == 20 and history.stopped is None
    assert history.losses[:2] == [81.0, 105.0**4] and math.inf in history.losses and math.isnan(history.losses[-1])
    assert math.isnan(x) and math.isnan(history.validation[-1])
    firsts = [math.isfinite(loss) for loss in history.losses]
    assert firsts == sorted(firsts, reverse=True)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_a_diverging_run_can_stop_where_it_diverges(framework):
    calls = []
    options = {
        "epochs": 20,
        "on_divergence": "stop",
        "callbacks": [lambda history, params: calls.append(history.stopped)],
    }
    history, x = quartic(framework, validate=lambda params: 1.0 / abs(float(params[0][0])), stop=patience(1), **options)
    assert history.stopped == "diverged" and calls == [None] * (len(history) - 1) + ["diverged"]
    assert history.losses[-1] == math.inf and all(map(math.isfinite, history.losses[:-1]))
    assert math.isnan(history.validation[-1]) and history.step_norms[-1] == 0.0 and math.isfinite(x)
    best, x = quartic(framework, validate=lambda params: abs(float(params[0][0])), restore_best=True, **options)
    assert best.best == 0 and x == 3.0 - 4 * 27


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_alone_can_diverge(framework, bad):
    """The third mini-batch of the second epoch has a finite loss and a bad gradient in its second parameter."""
    calls = iter(range(100))

    def spoil(f):
        def spoilt(params, X, y):
            loss, grads = f(params, X, y)
            return (0.125, [grads[0], grads[1] + bad, *grads[2:]]) if next(calls) == 5 + 2 else (loss, grads)

        return spoilt

    same = {"batch_size": 10, "on_divergence": "stop"}
    history, params = fit(framework, epochs=4, wrap=spoil, optimizer=Strict(framework, 0.5), **same)
    assert history.stopped == "diverged" and len(history) == 2 and history.losses[1] == 0.125
    assert not math.isfinite(history.grad_norms[1]) and len(history.rates) == 7
    assert all(np.isfinite(p).all() for p in params)


def test_an_infinite_loss_alone_stops_or_not():
    spoil = lambda f: lambda params, X, y: (math.inf, f(params, X, y)[1])  # noqa: E731
    start = Network("numpy").params
    history, params = fit("numpy", epochs=3, wrap=spoil, on_divergence="stop")
    assert history.stopped == "diverged" and history.losses == [math.inf]
    assert all(np.array_equal(p, s) for p, s in zip(params, start, strict=True))
    history, params = fit("numpy", epochs=3, wrap=spoil)
    assert history.stopped is None and history.losses == [math.inf] * 3
    assert all(np.array_equal(p, q) for p, q in zip(params, fit("numpy", epochs=3)[1], strict=True))


# Interrupts.


def interrupted_at(call):
    """Return a wrapper that raises KeyboardInterrupt at one call of the function."""
    calls = iter(range(1000))

    def wrap(f):
        def wrapped(*args):
            if next(calls) == call:
                raise KeyboardInterrupt
            return f(*args)

        return wrapped

    return wrap


class HalfAStep:
    """Descent that is interrupted in the middle of its eighth step."""

    lr = 0.5

    def __init__(self, framework):
        self.inner, self.calls = cases.module("optimizers", framework).GD(self.lr), 0

    def step(self, params, grads):
        self.calls += 1
        if self.calls == 8:
            self.inner.step(params[:1], grads[:1])
            raise KeyboardInterrupt
        self.inner.step(params, grads)


WAYS = {
    "loss": lambda framework: {"wrap": interrupted_at(12)},
    "validate": lambda framework: {"validate": interrupted_at(2)(lambda params: 0.0)},
    "step": lambda framework: {"optimizer": HalfAStep(framework)},
}


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("way, epochs", [("loss", 2), ("validate", 2), ("step", 1)])
def test_an_interrupt_leaves_the_last_complete_epoch(framework, way, epochs):
    zero = {"validate": lambda params: 0.0}
    history, params = fit(framework, **{"epochs": 9, "batch_size": 10, **zero, **WAYS[way](framework)})
    expected, others = fit(framework, epochs=epochs, batch_size=10, **zero)
    assert history.stopped == "interrupted"
    assert {**asdict(history), "stopped": None} == asdict(expected)
    assert all(np.array_equal(p, q) for p, q in zip(params, others, strict=True))


def test_an_interrupt_in_a_callback_keeps_that_epoch():
    def interrupt(history, params):
        if len(history) == 2:
            raise KeyboardInterrupt

    history, params = fit("numpy", epochs=9, callbacks=[interrupt])
    assert history.stopped == "interrupted" and history.losses == fit("numpy", epochs=2)[0].losses
    assert all(np.array_equal(p, q) for p, q in zip(params, fit("numpy", epochs=2)[1], strict=True))


def test_an_interrupt_brings_the_best_weights_back():
    values = interrupted_at(3)(iter([2.0, 1.0, 3.0]).__next__)
    history, params = fit("numpy", epochs=9, validate=lambda _: values(), restore_best=True)
    assert history.best == 1 and history.stopped == "interrupted"
    assert all(np.array_equal(p, q) for p, q in zip(params, fit("numpy", epochs=2)[1], strict=True))


# Bad input.

GOOD = {"X": np.ones((4, 2)), "y": np.ones(4), "params": [np.ones(2)], "epochs": 2}
BAD = {
    "rows of y": ({"y": np.ones(3)}, ValueError, "as many rows in y as in X, and at least one, got 4 in X and 3 in y"),
    "no rows": ({"X": np.ones((0, 2)), "y": np.ones(0)}, ValueError, "at least one, got 0 in X and 0 in y"),
    "X a number": ({"X": np.array(1.0)}, TypeError, "expected X to be an array with rows"),
    "params an array": ({"params": np.ones(2)}, TypeError, "expected params to be a list with at least one array, got"),
    "params empty": ({"params": []}, TypeError, "expected params to be a list with at least one array, got list"),
    "params integers": ({"params": [np.ones(2), np.arange(2)]}, TypeError, r"params\[1\] to hold floats, got .*int64"),
    "params numbers": ({"params": [1.0]}, TypeError, r"expected params\[0\] to be of type \w+, got float"),
    "epochs < 0": ({"epochs": -1}, ValueError, "expected epochs to be an integer of at least 0, got -1"),
    "epochs a float": ({"epochs": 2.0}, TypeError, "expected epochs to be an integer, got float"),
    "epochs a bool": ({"epochs": True}, TypeError, "expected epochs to be an integer, got bool"),
    "batch_size 0": (
        {"batch_size": 0},
        ValueError,
        r"batch_size to be an integer from 1 to 4 \(the number of rows\), got 0",
    ),
    "batch_size 5": ({"batch_size": 5}, ValueError, "batch_size to be an integer from 1 to 4"),
    "batch_size 2.0": ({"batch_size": 2.0}, TypeError, "batch_size to be an integer, got float"),
    "accumulate 0": (
        {"batch_size": 2, "accumulate": 0},
        ValueError,
        "accumulate to be an integer of at least 1, got 0",
    ),
    "accumulate all": ({"accumulate": 2}, ValueError, "expected a batch_size with accumulate=2, got None"),
    "decay < 0": ({"weight_decay": -0.1}, ValueError, "weight_decay to be a finite number of at least 0, got -0.1"),
    "decay NaN": ({"weight_decay": NAN}, ValueError, "weight_decay to be a finite number"),
    "on_divergence": ({"on_divergence": "raise"}, ValueError, r"one of \['continue', 'stop'\], got 'raise'"),
    "schedule": ({"schedule": 0.1}, TypeError, "expected schedule to be a function, got float"),
    "clip": ({"clip": 1.0}, TypeError, "expected clip to be a function, got float"),
    "validate": ({"validate": "loss"}, TypeError, "expected validate to be a function, got str"),
    "stop": ({"stop": 3}, TypeError, "expected stop to be a function, got int"),
    "callbacks": (
        {"callbacks": print},
        TypeError,
        "expected callbacks to be a list of functions, got builtin_function",
    ),
    "a callback": ({"callbacks": [print, None]}, TypeError, r"expected callbacks\[1\] to be a function, got NoneType"),
    "best of nothing": ({"restore_best": True}, ValueError, "expected validate with restore_best=True, got None"),
    "optimizer": ({"optimizer": 0.1}, TypeError, r"an optimizer with a method step\(params, grads\), got float"),
    "loss_and_grad": ({"loss_and_grad": None}, TypeError, "expected loss_and_grad to be a function, got NoneType"),
}


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_before_anything_happens(framework, name):
    changes, error, message = BAD[name]
    given_ = {**GOOD, "optimizer": cases.module("optimizers", framework).GD(0.1), **changes}
    for array in ("X", "y"):
        given_[array] = cases.array(framework, given_[array])
    if isinstance(given_["params"], list):
        given_["params"] = [p if isinstance(p, float) else cases.variable(framework, p) for p in given_["params"]]
    called = []
    given_.setdefault("loss_and_grad", lambda *args: called.append(args))
    with pytest.raises(error, match=message):
        cases.module("training", framework).train(**given_)
    assert called == []


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
@pytest.mark.parametrize("grads, message", [([None], "does not depend"), ([1, 2], "1 params and 2 grads")])
def test_bad_gradients_are_refused_and_change_nothing(framework, grads, message):
    w, X = cases.variable(framework, np.ones(2)), cases.array(framework, np.ones((4, 2)))
    grads = [None if g is None else cases.array(framework, np.ones(2)) for g in grads]
    GD = cases.module("optimizers", framework).GD
    with pytest.raises(ValueError, match=message):
        cases.module("training", framework).train(lambda *_: (0.5, grads), [w], X, X, GD(0.1), epochs=1)
    np.testing.assert_array_equal(cases.to_numpy(w), np.ones(2))


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_no_epochs_do_nothing(framework):
    history, params = fit(framework, epochs=0, validate=lambda _: 0.0, restore_best=True)
    assert asdict(history) == asdict(History()) and history.best is None
    assert all(np.array_equal(p, s) for p, s in zip(params, Network("numpy").params, strict=True))


# Models.


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_objective_gives_the_loss_and_its_gradient(framework):
    """Against PyTorch's own network and cross-entropy."""
    import torch

    model, (X, y) = Network(framework), rows_of_data()
    loss_and_grad = cases.module("training", framework).objective(model, cases.module("losses", framework).softmax_ce)
    value, grads = loss_and_grad(model.params, cases.array(framework, X), cases.array(framework, y))
    assert model.trained is True
    W1, b1, W2, b2 = params = [torch.tensor(p, requires_grad=True) for p in Network("numpy").params]
    expected = torch.nn.functional.cross_entropy(torch.tanh(torch.tensor(X) @ W1 + b1) @ W2 + b2, torch.tensor(y))
    expected.backward()
    assert math.isclose(float(value), float(expected.detach()), rel_tol=1e-12)
    for g, p in zip(grads, params, strict=True):
        np.testing.assert_allclose(cases.to_numpy(g), p.grad, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_objective_passes_the_losses_options_on(framework):
    model, (X, _) = Network(framework), rows_of_data()
    y = np.zeros((50, 4))
    objective, mse = cases.module("training", framework).objective, cases.module("losses", framework).mse
    args = model.params, cases.array(framework, X), cases.array(framework, y)
    (mean, grads), (half, halves) = (objective(model, mse, reduction=r)(*args) for r in ("mean", "half_mean"))
    assert math.isclose(float(mean), 2 * float(half), rel_tol=1e-12)
    for g, h in zip(grads, halves, strict=True):
        np.testing.assert_allclose(cases.to_numpy(g), 2 * cases.to_numpy(h), rtol=1e-12)


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_objective_refuses_other_params(framework):
    model, (X, y) = Network(framework), (cases.array(framework, a) for a in rows_of_data())
    loss_and_grad = cases.module("training", framework).objective(model, cases.module("losses", framework).softmax_ce)
    for params in (Network(framework).params, model.params[:3]):
        with pytest.raises(ValueError, match="expected the model's own params"):
            loss_and_grad(params, X, y)


@pytest.mark.parametrize("loss", [lambda h, y: 0.0, partial(losses.mse, reduction="sum"), "mse", math.hypot])
def test_objective_in_numpy_needs_the_gradient_of_the_loss(loss):
    with pytest.raises(TypeError, match=r"expected a loss with its gradient .*_grad in the same module"):
        cases.module("training", "numpy").objective(Network("numpy"), loss)


# The history.


def test_a_history_survives_json():
    history, _ = fit("numpy", epochs=3, validate=lambda params: params[0][0, 0], stop=small_step(1e-9))
    assert History(**json.loads(json.dumps(asdict(history)))) == history


@pytest.mark.parametrize("framework", cases.FRAMEWORKS)
def test_a_history_holds_plain_numbers(framework):
    history, _ = fit(framework, **{**EVERYTHING, "validate": lambda params: params[0][0, 0]})
    series = (history.losses, history.grad_norms, history.step_norms, history.validation, history.rates)
    assert {type(value) for values in series for value in values} == {float}


@pytest.mark.parametrize(
    "values, best", [([], None), ([NAN], None), ([math.inf, NAN], None), ([2.0, NAN, 1.0, 1.0], 2), ([-1.0, 5.0], 0)]
)
def test_the_best_epoch_is_the_first_of_the_lowest(values, best):
    assert History(validation=values).best == best


def test_a_history_plots_itself(tmp_path):
    history, _ = fit("numpy", **EVERYTHING)
    fig = history.plot()
    loss, norm, rate = fig.axes
    lines = {line.get_label(): line.get_xydata() for line in loss.get_lines()}
    np.testing.assert_array_equal(lines["training"], np.column_stack([range(12), history.losses]))
    np.testing.assert_array_equal(lines["validation"], np.column_stack([range(1, 13), history.validation]))
    np.testing.assert_array_equal(lines["best"], [[history.best + 1, min(history.validation)]])
    np.testing.assert_array_equal(norm.get_lines()[0].get_ydata(), history.grad_norms)
    np.testing.assert_array_equal(rate.get_lines()[0].get_ydata(), history.rates)
    assert norm.get_yscale() == "log" and [ax.get_xlabel() for ax in fig.axes] == ["epoch", "epoch", "step"]
    fig.savefig(tmp_path / "history.png")


@pytest.mark.parametrize(
    "history",
    [
        History(),
        History([1.0, math.inf, NAN], [1.0, math.inf, NAN], [0.0] * 3, [NAN] * 3),
        History([1.0], [0.0], [0.0]),
    ],
)
def test_an_odd_history_plots_itself_too(history, tmp_path):
    fig = history.plot(height=2.0)
    assert len(fig.axes) == 2
    fig.savefig(tmp_path / "history.png")


def test_progress_goes_to_stderr(capsys):
    fit("numpy", epochs=2, progress=True)
    out, err = capsys.readouterr()
    assert out == "" and "epoch: 100%" in err
