"""How far to go, from the values of f: bold driver, Armijo's backtracking, Wolfe's conditions. One NumPy array x.

f: array -> number. A value of NaN or infinity counts as too far.
"""

import numpy as np

from gdcourse import _check


def bold_driver(f, grad, x, lr, steps, up=1.05, down=0.5):
    """Gradient descent that keeps a step only if f falls, equation (13). grad: array -> x's shape.

    Returns (path, losses, lrs), each steps + 1 long: where it stood after each try, f there, and the rate to try next.

    >>> path, losses, lrs = bold_driver(lambda x: float(x @ x), lambda x: 2 * x, np.array([1.0]), lr=2.0, steps=3)
    >>> [float(loss) for loss in losses], [float(lr) for lr in lrs]
    ([1.0, 1.0, 1.0, 0.0], [2.0, 1.0, 0.5, 0.525])
    """
    x = _point(x)
    _check.number("lr", lr, above=0)
    _check.number("up", up, least=1)
    _check.number("down", down, above=0, below=1)
    path, losses, lrs, g = [x], [_start(f, x)], [lr], grad(x)
    for _ in range(steps):
        there = x - lr * g
        loss = f(there)
        if loss < losses[-1]:  # false for NaN
            x, g, lr = there, grad(there), lr * up
        else:
            loss, lr = losses[-1], lr * down
        path.append(x)
        losses.append(loss)
        lrs.append(lr)
    return np.array(path), np.array(losses), np.array(lrs)


def armijo(f, x, g, d, step=1.0, c1=1e-4, shrink=0.5, tries=60):
    """The first of step, shrink * step, ... that meets equation (14); 0.0 if none of ``tries`` does.

    g: the gradient at x; d: the direction, with g . d < 0.
    """
    x, slope, fx = _downhill(f, x, g, d, c1)
    _check.number("step", step, above=0)
    _check.number("shrink", shrink, above=0, below=1)
    for _ in range(tries):
        if f(x + step * d) <= fx + c1 * step * slope:
            return step
        step *= shrink
    return 0.0


def wolfe(f, grad, x, g, d, c1=1e-4, c2=0.9, tries=60):
    """A step that meets equation (15), by doubling and then bisection; the last one that met (14) if none of ``tries`` does.

    While (14) fails the step is too long, while only the slope fails it is too short (Lewis & Overton 2013).
    """
    x, slope, fx = _downhill(f, x, g, d, c1)
    _check.number("c2", c2, above=c1, below=1)
    short, long, step = 0.0, np.inf, 1.0
    for _ in range(tries):
        if not f(x + step * d) <= fx + c1 * step * slope:
            long = step
        elif np.vdot(grad(x + step * d), d) < c2 * slope:
            short = step
        else:
            return step
        step = 2 * short if long == np.inf else (short + long) / 2
    return short


def _downhill(f, x, g, d, c1):
    x, slope = _point(x), float(np.vdot(g, d))
    _check.number("c1", c1, above=0, below=1)
    _check.same_shape(x=x, g=np.asarray(g), d=np.asarray(d))
    if not slope < 0:
        raise ValueError(f"expected a direction with g . d below 0, got {slope:g}")
    return x, slope, _start(f, x)


def _start(f, x):
    return _check.number("f at the start", f(x))


def _point(x):
    x = np.array(x)
    if not np.issubdtype(x.dtype, np.floating) or not np.isfinite(x).all():
        raise TypeError(f"expected x to be an array of finite floats, got {x.dtype}: {x.ravel()[:5]}")
    return x
