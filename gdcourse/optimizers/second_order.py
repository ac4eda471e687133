"""Methods that know the curvature, on one NumPy vector x: (d,). Each returns its path, (steps made + 1, d).

grad: x -> (d,); hess: x -> (d, d); residual: x -> (n,); jacobian: x -> (n, d). All stop early where the gradient is
shorter than ``tol``.
"""

import numpy as np

from gdcourse import _check
from gdcourse.optimizers import line_search


def newton(grad, hess, x, steps, damping=0.0, tol=1e-12):
    """Equation (16); damping: lambda. Where H is not positive definite it may climb, towards a saddle or a maximum.

    >>> newton(lambda x: 4 * x, lambda x: 4 * np.eye(2), [3.0, 1.0], steps=1)[-1].tolist()
    [0.0, 0.0]
    """
    _check.number("damping", damping, least=0)
    return _descend(grad, x, steps, tol, lambda x, g: x - _solve(hess(x) + damping * np.eye(len(x)), g))


def trust_region(f, grad, hess, x, steps, radius=1.0, largest=100.0, tol=1e-12):
    """Equation (17): never climbs, and leaves a saddle along the direction in which f bends down."""
    _check.number("radius", radius, above=0)

    def step(x, g):
        nonlocal radius
        H = hess(x)
        d = trust_region_step(g, H, radius)
        predicted = -(g @ d + d @ H @ d / 2)
        ratio = (f(x) - f(x + d)) / predicted
        if not ratio >= 0.25:  # true for NaN
            radius *= 0.25
        elif ratio > 0.75 and np.linalg.norm(d) > 0.99 * radius:
            radius = min(2 * radius, largest)
        return x + d if ratio > 0 else x

    return _descend(grad, x, steps, tol, step)


def trust_region_step(g, H, radius):
    """The d with |d| <= radius that minimises g . d + d . H d / 2, from the eigenvectors of H, by bisection for lambda."""
    h, Q = np.linalg.eigh(H)
    g = Q.T @ g

    def d(lam):
        return -g / (h + lam)

    if h[0] > 0 and np.linalg.norm(d(0.0)) <= radius:
        return Q @ d(0.0)
    low = max(0.0, -h[0])
    high = low + np.linalg.norm(g) / radius  # there |d| <= radius
    flat = h + low <= 1e-14 * max(1.0, np.abs(h).max())
    rest = np.where(flat, 0.0, -g / np.where(flat, 1.0, h + low))
    if np.linalg.norm(g[flat]) <= 1e-14 * np.linalg.norm(g) and np.linalg.norm(rest) <= radius:  # the hard case
        rest[0] = np.sqrt(radius**2 - rest @ rest)
        return Q @ rest
    for _ in range(200):
        lam = (low + high) / 2
        low, high = (lam, high) if np.linalg.norm(d(lam)) > radius else (low, lam)
    return Q @ d(high)


def gauss_newton(residual, jacobian, x, steps, tol=1e-12):
    """Equation (18), each step a linear least-squares problem."""
    return _descend(
        lambda x: jacobian(x).T @ residual(x), x, steps, tol,
        lambda x, g: x - np.linalg.lstsq(jacobian(x), residual(x))[0],
    )  # fmt: skip


def levenberg_marquardt(residual, jacobian, x, steps, damping=1e-3, up=10.0, down=0.1, tol=1e-12):
    """Equation (19); damping: the first lambda, times ``down`` after a step that is kept, ``up`` after one that is not."""
    for name, value in (("damping", damping), ("up", up), ("down", down)):
        _check.number(name, value, above=0)

    def step(x, g):
        nonlocal damping
        r, J = residual(x), jacobian(x)
        A = J.T @ J
        there = x - _solve(A + damping * np.diag(np.diag(A)), g)
        better = np.sum(residual(there) ** 2) < r @ r
        damping *= down if better else up
        return there if better else x

    return _descend(lambda x: jacobian(x).T @ residual(x), x, steps, tol, step)


def lbfgs(f, grad, x, steps, memory=10, search="wolfe", tol=1e-12):
    """Equation (20) from the last ``memory`` pairs; search: "wolfe" or "armijo"."""
    _check.number("memory", memory, least=1)
    _check.one_of("search", search, ("wolfe", "armijo"))
    pairs, last = [], None

    def step(x, g):
        nonlocal last
        if last is not None:
            s, y = x - last[0], g - last[1]
            if s @ y > 1e-12 * (y @ y):  # else B would not be positive definite
                pairs[:] = [*pairs, (s, y)][-memory:]
        last = x, g
        d = -two_loops(g, pairs)
        far = line_search.wolfe(f, grad, x, g, d) if search == "wolfe" else line_search.armijo(f, x, g, d)
        return x + far * d

    return _descend(grad, x, steps, tol, step)


def two_loops(g, pairs):
    """B g of equation (20), without B. pairs: (s, y), oldest first; with none, g scaled to length at most 1."""
    if not pairs:
        return g / max(1.0, np.linalg.norm(g))
    q, alphas = g.copy(), []
    for s, y in reversed(pairs):
        alphas.append(s @ q / (s @ y))
        q -= alphas[-1] * y
    s, y = pairs[-1]
    q *= s @ y / (y @ y)
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        q += (alpha - y @ q / (s @ y)) * s
    return q


def _descend(grad, x, steps, tol, step):
    """Repeat ``x = step(x, grad(x))``; the path."""
    path = [line_search._point(x)]
    if path[0].ndim != 1:
        raise ValueError(f"expected x to be a vector, got the shape {path[0].shape}")
    _check.number("steps", steps, least=0)
    for _ in range(steps):
        g = np.asarray(grad(path[-1]))
        _check.same_shape(x=path[-1], gradient=g)
        if not np.isfinite(g).all():
            raise ValueError(f"expected a finite gradient, got {g} after {len(path) - 1} steps")
        if np.linalg.norm(g) < tol:
            break
        path.append(step(path[-1], g))
    return np.array(path)


def _solve(A, b):
    try:
        return np.linalg.solve(A, b)
    except np.linalg.LinAlgError:
        raise ValueError(
            "expected a matrix that can be inverted, got a singular one; damping makes it regular"
        ) from None
