r"""Test surfaces with gradient, Hessian and minima, all by hand, in NumPy.

A point is a column: x is (d, ...), one coordinate per row, and trailing axes hold many points at once, so that a grid
(2, 121, 121) gives the heights (121, 121) of a contour plot. A function of one variable has d = 1; it also takes one number.

    quadratic         1/2 (x - c)^T A (x - c),  A = Q diag(spectrum) Q^T, Q a seeded rotation              (1)
    saddle            x^2 - y^2, unbounded below                                                          (2)
    bounded_saddle    x^2 - y^2 + y^4/2, minima at (0, -1) and (0, 1), the saddle between them            (3)
    double_well       x^4/4 - x^2/2 + x/10, a local minimum at 0.9456 and the global one at -1.0467       (4)
    absolute          |x|, with a kink at its minimum, where 0 is the subgradient given                   (5)
    rosenbrock        sum_i 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, a curved valley                        (6)
    beale             (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2, flat with a cliff    (7)
    himmelblau        (x^2 + y - 11)^2 + (x + y^2 - 7)^2, four minima of equal height                     (8)
    rastrigin         sum_i x_i^2 + 10 (1 - cos(2 pi x_i)), a local minimum near every whole number       (9)

(6) is Rosenbrock 1960 (doi:10.1093/comjnl/3.3.175), (7) Beale 1958, both with the starting points of Moré, Garbow &
Hillstrom 1981 (doi:10.1145/355934.355936); (8) is Himmelblau 1972, (9) Rastrigin 1974.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gdcourse import _check

__all__ = [
    "SURFACES", "Surface", "absolute", "beale", "bounded_saddle", "double_well", "himmelblau", "quadratic",
    "rastrigin", "rosenbrock", "saddle",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Surface:
    """A function to descend; calling it gives its value.

    minima: (k, d), the lowest first; of `rastrigin` only the global one.  window: (left, right) per coordinate, one after
    the other, as a plot wants them.  start: (d,), a customary first point.  smooth: False where there is a kink.

    >>> print(himmelblau([3.0, 2.0]), himmelblau.gradient([0.0, 0.0]), himmelblau.minima[0])
    0.0 [-14. -22.] [3. 2.]
    """

    name: str
    minima: np.ndarray
    window: tuple[float, ...]
    start: np.ndarray
    _value: Callable = field(repr=False)
    _gradient: Callable = field(repr=False)
    _hessian: Callable = field(repr=False)
    smooth: bool = True

    @property
    def dimension(self):
        """The number d of coordinates."""
        return len(self.start)

    def value(self, x):
        """Height at x: (d, ...) -> (...)."""
        return self._value(self._points(x))

    __call__ = value

    def gradient(self, x):
        """Slope at x: (d, ...) -> (d, ...); at a kink, 0."""
        points = self._points(x)
        return _fill(self._gradient(points), points).reshape(np.shape(x))

    def hessian(self, x):
        """Curvature at x: (d, ...) -> (d, d, ...)."""
        points = self._points(x)
        return np.stack([_fill(row, points) for row in self._hessian(points)])

    def _points(self, x):
        x = np.asarray(x)
        if x.dtype.kind not in "fciu":  # complex too, so that a complex step can go through
            raise TypeError(f"expected x to hold numbers, got {x.dtype}")
        points = x[None] if x.ndim == 0 else x
        if len(points) != self.dimension:
            raise ValueError(f"expected x of shape ({self.dimension}, ...) for {self.name}, got {x.shape}")
        return points if points.dtype.kind in "fc" else points.astype(float)


def _fill(rows, points):
    """Stack d rows, some of them constants, into the shape of the points."""
    return np.stack([np.broadcast_to(np.asarray(row, points.dtype), points.shape[1:]) for row in rows])


def quadratic(spectrum=(1.0, 10.0), *, seed=0, centre=None):
    """Equation (1). spectrum: (d,) eigenvalues of A.  seed: of the rotation, None for none.  centre: (d,), 0 if None.

    >>> print(np.linalg.eigvalsh(quadratic([1.0, 100.0]).hessian([0.0, 0.0])).round(10))
    [  1. 100.]
    """
    spectrum = np.asarray(spectrum, dtype=float)
    if spectrum.ndim != 1 or not spectrum.size or not np.isfinite(spectrum).all():
        raise ValueError(f"expected spectrum to be a list of finite numbers, got {spectrum.tolist()}")
    c = np.zeros_like(spectrum) if centre is None else np.array(centre, dtype=float)
    _check.same_shape(spectrum=spectrum, centre=c)
    d = len(spectrum)
    Q = np.eye(d) if seed is None else _rotation(d, seed)
    A = (Q * spectrum) @ Q.T
    A = (A + A.T) / 2  # symmetric to the last digit

    def shift(x):
        return x - c.reshape(-1, *[1] * (x.ndim - 1))

    return Surface(
        "quadratic",
        minima=c[None] if (spectrum > 0).all() else np.empty((0, d)),
        window=tuple(float(edge) for m in c for edge in (m - 3, m + 3)),
        start=c + 2 * Q.sum(axis=1),  # equally far out along each eigenvector
        _value=lambda x: np.sum(shift(x) * np.tensordot(A, shift(x), 1), axis=0) / 2,
        _gradient=lambda x: np.tensordot(A, shift(x), 1),
        _hessian=lambda x: A,
    )


def _rotation(d, seed):
    Q, R = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    Q *= np.sign(np.diag(R))  # uniform over the orthogonal matrices (Mezzadri 2007, arXiv:math-ph/0609050)
    Q[:, 0] *= np.sign(np.linalg.det(Q))  # and of these, a rotation
    return Q


def _surface(name, *, minima, window, start, value, gradient, hessian, smooth=True):
    """A surface whose value, gradient and Hessian are functions of the coordinates, one argument each."""
    parts = [lambda p, part=part: part(*p) for part in (value, gradient, hessian)]
    return Surface(name, np.array(minima, dtype=float).reshape(-1, len(start)), window, np.array(start), *parts, smooth)


saddle = _surface(
    "saddle",
    minima=[],
    window=(-2.0, 2.0, -2.0, 2.0),
    start=[1.5, 0.001],
    value=lambda x, y: x**2 - y**2,
    gradient=lambda x, y: (2 * x, -2 * y),
    hessian=lambda x, y: ((2, 0), (0, -2)),
)

bounded_saddle = _surface(
    "bounded saddle",
    minima=[[0.0, -1.0], [0.0, 1.0]],
    window=(-2.0, 2.0, -1.75, 1.75),
    start=[1.5, 0.001],
    value=lambda x, y: x**2 - y**2 + y**4 / 2,
    gradient=lambda x, y: (2 * x, 2 * y**3 - 2 * y),
    hessian=lambda x, y: ((2, 0), (0, 6 * y**2 - 2)),
)

double_well = _surface(
    "double well",
    minima=[[-1.0466805318046023], [0.9456492739235914]],
    window=(-1.75, 1.75),
    start=[1.5],
    value=lambda x: x**4 / 4 - x**2 / 2 + x / 10,
    gradient=lambda x: (x**3 - x + 0.1,),
    hessian=lambda x: ((3 * x**2 - 1,),),
)

absolute = _surface(
    "absolute",
    minima=[[0.0]],
    window=(-2.0, 2.0),
    start=[1.5],
    value=lambda x: np.abs(x),
    gradient=lambda x: (np.sign(x),),
    hessian=lambda x: ((0,),),
    smooth=False,
)


def rosenbrock(d=2):
    """Equation (6) in d dimensions, at least 2. The global minimum is (1, ..., 1).

    >>> print(rosenbrock()([1.0, 2.0]), rosenbrock(3).gradient([0.0, 0.0, 1.0]))
    100.0 [ -2.  -2. 200.]
    """
    _dimension(d, 2)

    def value(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2, axis=0)

    def gradient(x):
        g, rise = np.zeros_like(x), x[1:] - x[:-1] ** 2
        g[:-1] = -400 * x[:-1] * rise - 2 * (1 - x[:-1])
        g[1:] += 200 * rise
        return g

    def hessian(x):
        H, i = np.zeros((d, *x.shape), x.dtype), np.arange(d - 1)
        H[i, i] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
        H[i + 1, i + 1] += 200
        H[i, i + 1] = H[i + 1, i] = -400 * x[:-1]
        return H

    window = tuple(edge for k in range(d) for edge in ((-1.0, 3.0) if k % 2 else (-2.0, 2.0)))
    start = np.where(np.arange(d) % 2, 1.0, -1.2)
    return Surface("rosenbrock", np.ones((1, d)), window, start, value, gradient, hessian)


BEALE = (1.5, 2.25, 2.625)  # the residuals are BEALE[k - 1] - x + x y^k for k = 1, 2, 3


def _beale_gradient(x, y):
    r = [(k, a - x + x * y**k) for k, a in enumerate(BEALE, 1)]
    return sum(2 * r_k * (y**k - 1) for k, r_k in r), sum(2 * r_k * k * x * y ** (k - 1) for k, r_k in r)


def _beale_hessian(x, y):
    xx = xy = yy = 0
    for k, a in enumerate(BEALE, 1):
        r, r_x, r_y = a - x + x * y**k, y**k - 1, k * x * y ** (k - 1)
        xx += 2 * r_x * r_x
        xy += 2 * (r_x * r_y + r * k * y ** (k - 1))
        yy += 2 * (r_y * r_y + r * k * (k - 1) * x * y ** max(k - 2, 0))
    return (xx, xy), (xy, yy)


beale = _surface(
    "beale",
    minima=[[3.0, 0.5]],
    window=(-4.5, 4.5, -4.5, 4.5),
    start=[1.0, 1.0],
    value=lambda x, y: sum((a - x + x * y**k) ** 2 for k, a in enumerate(BEALE, 1)),
    gradient=_beale_gradient,
    hessian=_beale_hessian,
)


def _himmelblau_gradient(x, y):
    a, b = x**2 + y - 11, x + y**2 - 7
    return 4 * a * x + 2 * b, 2 * a + 4 * b * y


himmelblau = _surface(
    "himmelblau",
    minima=[
        [3.0, 2.0],
        [-2.8051180869527449, 3.1313125182505730],
        [-3.7793102533777469, -3.2831859912861694],
        [3.5844283403304917, -1.8481265269644036],
    ],
    window=(-5.0, 5.0, -5.0, 5.0),
    start=[0.0, 0.0],
    value=lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    gradient=_himmelblau_gradient,
    hessian=lambda x, y: ((12 * x**2 + 4 * y - 42, 4 * (x + y)), (4 * (x + y), 12 * y**2 + 4 * x - 26)),
)


def rastrigin(d=2):
    """Equation (9) in d dimensions. The global minimum is the origin.

    >>> print(rastrigin()([0.0, 0.0]), rastrigin()([1.0, 1.0]))
    0.0 2.0
    """
    _dimension(d, 1)
    w = 2 * np.pi
    return Surface(
        "rastrigin",
        minima=np.zeros((1, d)),
        window=(-5.12, 5.12) * d,
        start=np.full(d, 3.6),
        _value=lambda x: np.sum(x**2 + 10 * (1 - np.cos(w * x)), axis=0),
        _gradient=lambda x: 2 * x + 10 * w * np.sin(w * x),
        _hessian=lambda x: np.eye(d).reshape(d, d, *[1] * (x.ndim - 1)) * (2 + 10 * w**2 * np.cos(w * x)),
    )


def _dimension(d, least):
    if isinstance(d, bool) or not isinstance(d, int | np.integer):
        raise TypeError(f"expected d to be a whole number, got {type(d).__name__}")
    _check.number("d", int(d), least=least)


SURFACES = {
    surface.name: surface
    for surface in (
        quadratic(), saddle, bounded_saddle, double_well, absolute, rosenbrock(), beale, himmelblau, rastrigin(),
    )
}  # fmt: skip
