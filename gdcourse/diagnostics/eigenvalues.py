"""How curved is the loss, and how large may the learning rate be?"""

from dataclasses import dataclass

import numpy as np

from gdcourse import _check


def smoothness(X):
    """Return L, the largest eigenvalue of X^T X / m: the curvature of the half-mean squared error of X: (m, d).

    Gradient descent on that loss converges for learning rates below 2 / L and diverges above (Nesterov 2004, 2.1.5).
    """
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"expected X of shape (m, d), got {X.shape}")
    return float(np.linalg.norm(X, 2) ** 2 / len(X))


@dataclass(frozen=True)
class Curvature:
    """The extreme eigenvalues of a Hessian. Within 1e-12 of 0, relative to the larger modulus, they count as 0."""

    smallest: float
    largest: float

    @property
    def condition(self):
        """kappa of equation (1), infinite unless both eigenvalues are positive."""
        return self.largest / self.smallest if self._sign(self.smallest) > 0 else np.inf

    @property
    def kind(self):
        """What a stationary point with this Hessian is: "minimum", "maximum", "saddle", or "undecided" where one is 0."""
        signs = self._sign(self.smallest), self._sign(self.largest)
        return {(1, 1): "minimum", (-1, -1): "maximum", (-1, 1): "saddle"}.get(signs, "undecided")

    def _sign(self, value):
        size = max(abs(self.smallest), abs(self.largest))
        return int(np.sign(value)) if abs(value) > 1e-12 * size else 0


def curvature(H, shape=None, *, steps=50, seed=0):
    """Return the `Curvature` of H: a symmetric (d, d) array, or a function v -> H v, v and H v of the given shape.

    For a function, ``steps`` products with it, or d if that is fewer, go into equation (2): with d of them the eigenvalues
    are exact, with fewer the interval found lies inside the true one. seed: of the first direction.

    >>> print(curvature(np.diag([1.0, 5.0])).condition, curvature(lambda v: v * [1.0, 5.0], 2).kind)
    5.0 minimum
    """
    if callable(H):
        eigenvalues = _lanczos(_product(H, shape), int(np.prod(shape)), steps, seed)
    else:
        eigenvalues = np.linalg.eigvalsh(_symmetric(H))
    return Curvature(float(eigenvalues[0]), float(eigenvalues[-1]))


def power_iteration(H, shape, *, steps=100, seed=0):
    """Return (eigenvalue of largest modulus, its unit vector) of H, a function v -> H v. v, H v: of the given shape.

    The error falls by the ratio of the two largest moduli each step; the eigenvalue's by its square.
    """
    product = _product(H, shape)
    v = _direction(int(np.prod(shape)), seed)
    for _ in range(steps):
        Hv = product(v)
        if not Hv.any():
            return 0.0, v.reshape(shape)
        v = Hv / np.linalg.norm(Hv)
    return float(v @ product(v)), v.reshape(shape)


def _lanczos(product, d, steps, seed):
    _check.number("steps", steps, least=1)
    Q, alpha, beta, size = _direction(d, seed)[None], [], [], 0.0
    for _ in range(min(int(steps), d)):
        w = product(Q[-1])
        size = max(size, np.linalg.norm(w))
        alpha.append(Q[-1] @ w)
        for _ in range(2):  # once leaves rounding errors that grow into copies of eigenvalues
            w = w - Q.T @ (Q @ w)
        beta.append(np.linalg.norm(w))
        if beta[-1] <= 1e-14 * d * size:  # H maps the span of Q into itself: nothing more to find
            break
        Q = np.vstack([Q, w / beta[-1]])
    k = len(alpha) - 1
    return np.linalg.eigvalsh(np.diag(alpha) + np.diag(beta[:k], 1) + np.diag(beta[:k], -1))


def _direction(d, seed):
    v = np.random.default_rng(seed).normal(size=d)
    return v / np.linalg.norm(v)


def _product(H, shape):
    """Return H as a function of flat NumPy vectors."""
    if shape is None or 0 in np.atleast_1d(shape):
        raise ValueError(f"expected the shape of v beside a function v -> H v, got {shape}")

    def product(v):
        Hv = H(v.reshape(shape))
        Hv = np.asarray(Hv.detach().cpu() if hasattr(Hv, "detach") else Hv, dtype=float).ravel()
        if Hv.shape != v.shape or not np.isfinite(Hv).all():
            raise ValueError(f"expected H v to hold {v.size} finite numbers, got {Hv.size}: {Hv[:5]}")
        return Hv

    return product


def _symmetric(H):
    H = np.asarray(H, dtype=float)
    if H.ndim != 2 or H.shape[0] != H.shape[1] or not H.size or not np.isfinite(H).all():
        raise ValueError(f"expected H to be a finite (d, d) array or a function v -> H v, got shape {H.shape}")
    if np.abs(H - H.T).max() > 1e-6 * np.abs(H).max():
        raise ValueError(f"expected a symmetric H, got entries that differ by up to {np.abs(H - H.T).max():g}")
    return (H + H.T) / 2
