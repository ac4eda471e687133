"""Update rules on lists of NumPy arrays, changed in place."""

from gdcourse import _check

__all__ = ["GD"]


class GD:
    """Gradient descent, equation (1). lr: the learning rate, a number of at least 0 that may be changed between steps."""

    def __init__(self, lr):
        self.lr = _check.number("lr", lr, least=0)

    def step(self, params, grads):
        """Update in place; params, grads: lists of equal-shaped arrays."""
        _check.paired(params, grads)
        for p, g in zip(params, grads, strict=True):
            p -= self.lr * g
