"""Line searches, second-order and proximal methods, against closed forms, SciPy and scikit-learn."""

import numpy as np
import pytest
import scipy.optimize as so
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import Lasso

from gdcourse.optimizers import line_search, proximal, second_order

START = np.array([-1.2, 1.0])


def bowl(rng, d=5):
    """A quadratic as (f, grad, A, its minimum)."""
    B = rng.normal(size=(d, d))
    A, best = B @ B.T + np.eye(d), rng.normal(size=d)
    return lambda x: (x - best) @ A @ (x - best) / 2, lambda x: A @ (x - best), A, best


def saddle(x):
    return x[0] ** 2 / 2 - x[1] ** 2 / 2 + x[1] ** 4 / 4


def saddle_grad(x):
    return np.array([x[0], -x[1] + x[1] ** 3])


def saddle_hess(x):
    return np.diag([1.0, -1 + 3 * x[1] ** 2])


# Bold driver


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6), st.floats(1e-3, 1e3))
def test_bold_driver_never_rises_and_follows_its_rule(seed, lr):
    f, grad, _, _ = bowl(np.random.default_rng(seed))
    path, losses, lrs = line_search.bold_driver(f, grad, np.zeros(5), lr, 40, up=1.1, down=0.5)
    assert path.shape == (41, 5) and (np.diff(losses) <= 0).all()
    np.testing.assert_allclose(losses, [f(x) for x in path], rtol=1e-12)
    np.testing.assert_allclose(lrs[1:] / lrs[:-1], np.where(np.diff(losses) < 0, 1.1, 0.5))
    kept = np.diff(losses) < 0
    for x, there, rate in zip(path[:-1][kept], path[1:][kept], lrs[:-1][kept], strict=True):
        np.testing.assert_allclose(there, x - rate * grad(x), rtol=1e-12, atol=1e-12)


def test_bold_driver_calls_and_converges_from_a_rate_that_diverges():
    rng, calls = np.random.default_rng(0), []
    f, grad, _, best = bowl(rng)
    path, _, _ = line_search.bold_driver(
        lambda x: calls.append("f") or f(x), lambda x: calls.append("g") or grad(x), np.zeros(5), 100.0, 3000
    )
    assert calls.count("f") == 3001 and calls.count("g") <= 3001
    np.testing.assert_allclose(path[-1], best, atol=1e-6)


def test_bold_driver_undoes_a_step_to_nan():
    with np.errstate(all="ignore"):
        path, losses, lrs = line_search.bold_driver(
            lambda x: float(x[0] - np.log(x[0])), lambda x: 1 - 1 / x, np.array([3.0]), 8.0, 200
        )
    assert np.isfinite(losses).all() and lrs[1] == 4.0 and path[1] == 3.0
    assert path[-1][0] == pytest.approx(1.0, abs=1e-6)


# Line searches


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**6), st.floats(0.01, 0.9), st.floats(0.1, 0.9))
def test_armijo_is_the_first_that_holds(seed, c1, shrink):
    rng = np.random.default_rng(seed)
    f, grad, A, _ = bowl(rng)
    x = rng.normal(size=5) * 10
    g = grad(x)
    d = -g + rng.normal(size=5) * 0.1 * np.linalg.norm(g)
    if g @ d >= 0:
        return
    step = line_search.armijo(f, x, g, d, c1=c1, shrink=shrink)
    longest = 2 * (1 - c1) * -(g @ d) / (d @ A @ d)  # where (14) is an equality on a quadratic
    expected = 1.0 if longest >= 1 else shrink ** np.ceil(np.log(longest) / np.log(shrink))
    assert step == pytest.approx(expected, rel=1e-9) or np.isclose(longest, step / shrink, rtol=1e-6)


def test_armijo_gives_zero_when_nothing_falls():
    assert line_search.armijo(lambda x: abs(float(x[0])), np.zeros(1), np.ones(1), -np.ones(1), tries=5) == 0.0


@settings(deadline=None, max_examples=100)
@given(arrays(float, 2, elements=st.floats(-2, 2)))
def test_wolfe_meets_its_conditions(x):
    g = so.rosen_der(x)
    if np.linalg.norm(g) < 1e-3:
        return
    d = -g / np.linalg.norm(g)
    a = line_search.wolfe(so.rosen, so.rosen_der, x, g, d)
    assert so.rosen(x + a * d) <= so.rosen(x) + 1e-4 * a * (g @ d)
    assert so.rosen_der(x + a * d) @ d >= 0.9 * (g @ d)


def test_wolfe_on_a_line_that_falls_for_ever_gives_the_longest_step_tried():
    """The slope never flattens, so every step is too short: 1, 2, 4, 8, and the last that met (14) comes back."""
    x, g = np.zeros(2), np.array([1.0, 2.0])
    assert line_search.wolfe(lambda x: float(g @ x), lambda x: g, x, g, -g, tries=4) == 8.0


# Second order


def test_newton_needs_one_step_on_a_quadratic():
    _, grad, A, best = bowl(np.random.default_rng(1))
    path = second_order.newton(grad, lambda x: A, np.zeros(5), 10, tol=1e-9)
    assert len(path) == 2
    np.testing.assert_allclose(path[1], best, rtol=1e-10)


def test_newton_does_not_see_a_change_of_coordinates():
    rng = np.random.default_rng(2)
    M = rng.normal(size=(2, 2)) + 2 * np.eye(2)  # x = M z
    plain = second_order.newton(so.rosen_der, so.rosen_hess, START, 4)
    turned = second_order.newton(
        lambda z: M.T @ so.rosen_der(M @ z), lambda z: M.T @ so.rosen_hess(M @ z) @ M, np.linalg.solve(M, START), 4
    )
    np.testing.assert_allclose(turned @ M.T, plain, rtol=1e-8)


def test_newton_converges_quadratically():
    path = second_order.newton(lambda x: np.exp(x) - 1, lambda x: np.diag(np.exp(x)), [1.0], 6)
    error = np.abs(path[:, 0])
    np.testing.assert_allclose(error[2:5] / error[1:4] ** 2, 0.5, atol=0.15)  # f''' / (2 f'') = 1/2


def test_newton_goes_to_a_saddle_and_the_trust_region_leaves_it():
    start = np.array([1.0, 0.2])
    newton = second_order.newton(saddle_grad, saddle_hess, start, 50)
    np.testing.assert_allclose(newton[-1], [0, 0], atol=1e-8)
    region = second_order.trust_region(saddle, saddle_grad, saddle_hess, start, 50)
    np.testing.assert_allclose(region[-1], [0, 1], atol=1e-8)
    assert (np.diff([saddle(x) for x in region]) <= 1e-15).all()


def test_damping_is_a_step_of_gradient_descent_in_the_limit():
    step = second_order.newton(so.rosen_der, so.rosen_hess, START, 1, damping=1e8)[1] - START
    np.testing.assert_allclose(step, -so.rosen_der(START) / 1e8, rtol=1e-4)


def test_newton_says_that_a_singular_hessian_needs_damping():
    with pytest.raises(ValueError, match="singular one; damping"):
        second_order.newton(lambda x: np.ones(2), lambda x: np.zeros((2, 2)), START, 1)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**6), st.floats(0.01, 10), st.booleans())
def test_trust_region_step_is_the_best_in_the_ball(seed, radius, hard):
    """Against the conditions that characterise it: (H + lambda I) d = -g, lambda >= 0, complementary, semidefinite."""
    rng = np.random.default_rng(seed)
    B = rng.normal(size=(4, 4))
    H, g = (B + B.T) / 2, rng.normal(size=4)
    if hard:
        lowest = np.linalg.eigh(H)[1][:, 0]
        g -= lowest * (lowest @ g)
    d = second_order.trust_region_step(g, H, radius)
    assert np.linalg.norm(d) <= radius * (1 + 1e-9)
    lam = max(0.0, -d @ (H @ d + g) / (d @ d))
    np.testing.assert_allclose(H @ d + lam * d, -g, atol=1e-6 * (1 + lam))
    assert np.linalg.eigvalsh(H)[0] + lam > -1e-6 * (1 + lam)
    assert lam < 1e-6 or np.linalg.norm(d) == pytest.approx(radius, rel=1e-6)


def test_rosenbrock_by_every_method():
    for path in (
        second_order.trust_region(so.rosen, so.rosen_der, so.rosen_hess, START, 100),
        second_order.lbfgs(so.rosen, so.rosen_der, START, 200),
        second_order.lbfgs(so.rosen, so.rosen_der, START, 300, search="armijo"),
    ):
        np.testing.assert_allclose(path[-1], [1, 1], atol=1e-8)
        assert (np.diff([so.rosen(x) for x in path]) <= 1e-15).all()


def decay():
    """y = a exp(-b t) with noise: residual, Jacobian."""
    t = np.linspace(0, 3, 30)
    y = 2 * np.exp(-1.3 * t) + 0.05 * np.random.default_rng(3).normal(size=30)
    return (
        lambda x: x[0] * np.exp(-x[1] * t) - y,
        lambda x: np.stack([np.exp(-x[1] * t), -x[0] * t * np.exp(-x[1] * t)], axis=1),
    )


@pytest.mark.parametrize("method", ["gauss_newton", "levenberg_marquardt"])
def test_least_squares_equals_scipy(method):
    residual, jacobian = decay()
    expected = so.least_squares(residual, [1.0, 1.0], jacobian, xtol=1e-15, ftol=1e-15, gtol=1e-15).x
    path = getattr(second_order, method)(residual, jacobian, [1.0, 1.0], 100)
    np.testing.assert_allclose(path[-1], expected, rtol=1e-7)


def test_levenberg_marquardt_stays_where_gauss_newton_flies_off():
    residual, jacobian = decay()
    with np.errstate(all="ignore"):
        path = second_order.levenberg_marquardt(residual, jacobian, [0.1, 8.0], 200)
    losses = [np.sum(residual(x) ** 2) for x in path]
    assert (np.diff(losses) <= 0).all() and path[-1][1] == pytest.approx(1.3, abs=0.1)
    wild = second_order.gauss_newton(residual, jacobian, [0.1, 8.0], 1)[1]
    assert wild[1] < -100  # a "decay" that grows like exp(100 t)


def test_linear_least_squares_in_one_step():
    rng = np.random.default_rng(4)
    A, b = rng.normal(size=(20, 3)), rng.normal(size=20)
    path = second_order.gauss_newton(lambda x: A @ x - b, lambda x: A, np.zeros(3), 5, tol=1e-9)
    assert len(path) == 2
    np.testing.assert_allclose(path[1], np.linalg.lstsq(A, b)[0], rtol=1e-10)


def test_two_loops_equal_the_matrix():
    """B from the BFGS update written out: (I - r s y') B (I - r y s') + r s s', r = 1 / s.y."""
    rng = np.random.default_rng(5)
    A = bowl(rng)[2]
    pairs = [(s, A @ s) for s in rng.normal(size=(4, 5))]
    s, y = pairs[-1]
    B = s @ y / (y @ y) * np.eye(5)
    for s, y in pairs:
        V = np.eye(5) - np.outer(y, s) / (s @ y)
        B = V.T @ B @ V + np.outer(s, s) / (s @ y)
    g = rng.normal(size=5)
    np.testing.assert_allclose(second_order.two_loops(g, pairs), B @ g, rtol=1e-10)


def test_lbfgs_in_many_dimensions_as_scipy():
    x0 = np.tile(START, 25)
    path = second_order.lbfgs(so.rosen, so.rosen_der, x0, 500, tol=1e-8)
    theirs = so.minimize(so.rosen, x0, jac=so.rosen_der, method="L-BFGS-B", options={"maxiter": 500})
    assert so.rosen(path[-1]) < 1e-12 and len(path) < 3 * theirs.nit


# Proximal


@given(arrays(float, 6, elements=st.floats(-10, 10)), st.floats(0, 5))
def test_soft_threshold_minimises_its_problem(x, t):
    """|z - x|^2 / 2 + t |z| is smallest at S(x, t): 0 lies in its subdifferential."""
    z = proximal.soft_threshold(x, t)
    at_zero = z == 0
    assert (np.abs(x[at_zero]) <= t).all()
    np.testing.assert_allclose((z - x + t * np.sign(z))[~at_zero], 0, atol=1e-12)


@pytest.mark.parametrize("method, steps", [("ista", 5000), ("fista", 1500)])
def test_lasso_equals_scikit_learn(method, steps):
    rng = np.random.default_rng(6)
    A = rng.normal(size=(40, 10))
    y = A[:, :3] @ [2.0, -1.0, 0.5] + 0.1 * rng.normal(size=40)
    lr, lam = 40 / np.linalg.norm(A, 2) ** 2, 0.1
    path = getattr(proximal, method)(lambda x: A.T @ (A @ x - y) / 40, np.zeros(10), lr, lam, steps)
    expected = Lasso(alpha=lam, fit_intercept=False, tol=1e-14, max_iter=100000).fit(A, y).coef_
    np.testing.assert_allclose(path[-1], expected, atol=1e-8)
    assert (path[-1] == 0).sum() == (expected == 0).sum() > 0


def test_ista_never_rises_and_fista_is_faster():
    rng = np.random.default_rng(7)
    A, y, lam = rng.normal(size=(30, 60)) * np.geomspace(1, 0.05, 60), rng.normal(size=30), 0.01
    lr = 1 / np.linalg.norm(A, 2) ** 2

    def loss(x):
        return np.sum((A @ x - y) ** 2) / 2 + lam * np.abs(x).sum()

    slow, fast = (
        [loss(x) for x in method(lambda x: A.T @ (A @ x - y), np.zeros(60), lr, lam, 400)]
        for method in (proximal.ista, proximal.fista)
    )
    best = min(loss(x) for x in proximal.fista(lambda x: A.T @ (A @ x - y), np.zeros(60), lr, lam, 20000)[-100:])
    assert (np.diff(slow) <= 1e-12).all()
    assert fast[-1] - best < (slow[-1] - best) / 10
    x_star = proximal.fista(lambda x: A.T @ (A @ x - y), np.zeros(60), lr, lam, 20000)[-1]
    t = np.arange(1, 401)
    assert (
        np.array(fast[1:]) - best <= 2 * (x_star @ x_star) / lr / (t + 1) ** 2 + 1e-12
    ).all()  # Beck & Teboulle, 4.4


def test_without_the_penalty_ista_is_gradient_descent():
    _, grad, A, best = bowl(np.random.default_rng(8))
    path = proximal.ista(grad, np.zeros(5), 0.02, 0.0, 30)
    expected = best - np.linalg.matrix_power(np.eye(5) - 0.02 * A, 30) @ best
    np.testing.assert_allclose(path[-1], expected, rtol=1e-10)


BAD = {
    "integers": (lambda: second_order.newton(np.sin, np.diag, [1, 2], 3), TypeError, "finite floats, got int64"),
    "NaN start": (lambda: proximal.ista(np.sin, [np.nan], 0.1, 1.0, 3), TypeError, "finite floats"),
    "a matrix": (lambda: second_order.newton(np.sin, np.diag, np.ones((2, 2)), 3), ValueError, "to be a vector"),
    "NaN gradient": (
        lambda: second_order.newton(lambda x: x * np.nan, np.diag, [1.0], 3), ValueError, "finite gradient, got .* after 0"),
    "gradient's shape": (lambda: second_order.newton(lambda x: np.ones(3), np.diag, [1.0], 3), ValueError, "equal shapes"),
    "negative damping": (lambda: second_order.newton(np.sin, np.diag, [1.0], 3, -1.0), ValueError, "damping"),
    "no memory": (lambda: second_order.lbfgs(np.sum, np.sin, [1.0], 3, memory=0), ValueError, "memory"),
    "unknown search": (lambda: second_order.lbfgs(np.sum, np.sin, [1.0], 3, search="exact"), ValueError, "'exact'"),
    "uphill": (
        lambda: line_search.armijo(np.sum, np.ones(2), np.ones(2), np.ones(2)), ValueError, r"g . d below 0, got 2"),
    "starts at infinity": (
        lambda: line_search.bold_driver(lambda x: np.inf, np.sin, np.ones(2), 0.1, 3), ValueError, "f at the start"),
    "down above 1": (
        lambda: line_search.bold_driver(np.sum, np.sin, np.ones(2), 0.1, 3, down=1.5), ValueError, "down .* below 1"),
    "negative penalty": (lambda: proximal.fista(np.sin, [1.0], 0.1, -1.0, 3), ValueError, "lam"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused(case):
    run, error, message = BAD[case]
    with pytest.raises(error, match=message):
        run()


def test_the_start_is_left_alone():
    x = START.copy()
    second_order.lbfgs(so.rosen, so.rosen_der, x, 5)
    line_search.bold_driver(so.rosen, so.rosen_der, x, 0.1, 5)
    proximal.fista(so.rosen_der, x, 1e-3, 0.1, 5)
    np.testing.assert_array_equal(x, START)
