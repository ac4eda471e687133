"""A tape from scratch: numbers that remember how they were made, and reverse mode, equation (6), over that memory."""

import math
from itertools import count

from gdcourse import _check

__all__ = ["Value"]


class Value:
    """A number that records its making. data: the number.  grad: d(output)/d(this), once ``output.backward()`` has run.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> y = (a * b + a**2).tanh()
    >>> y.backward()
    >>> print(f"{y.data:.4f} {a.grad:.4f} {b.grad:.4f}")
    -0.9640 0.0707 0.1413
    """

    __array_ufunc__ = None  # NumPy scalars leave arithmetic with a Value to the Value
    _clock = count()

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = float(_check.number("data", data)), 0.0
        self.parents, self.slopes = parents, slopes  # slopes: d(this)/d(parent), one per parent
        self.born = next(Value._clock)

    def __repr__(self):
        return f"Value({self.data:g}, grad={self.grad:g})"

    # Each operation is one line: the result, then its slope in each argument.

    def __add__(self, other):
        return _apply(lambda a, b: (a + b, 1, 1), self, other)

    def __sub__(self, other):
        return _apply(lambda a, b: (a - b, 1, -1), self, other)

    def __mul__(self, other):
        return _apply(lambda a, b: (a * b, b, a), self, other)

    def __truediv__(self, other):
        return _apply(lambda a, b: (a / b, 1 / b, -a / b / b), self, other)

    def __pow__(self, n):
        n = _check.number("the exponent", n)
        return _apply(lambda a: (math.pow(a, n), n * math.pow(a, n - 1) if n else 0), self)

    def __neg__(self):
        return _apply(lambda a: (-a, -1), self)

    def exp(self):
        """e to the power of this."""
        return _apply(lambda a: (math.exp(a), math.exp(a)), self)

    def log(self):
        """Natural logarithm, of a positive number."""
        return _apply(lambda a: (math.log(a), 1 / a), self)

    def tanh(self):
        """Hyperbolic tangent."""
        return _apply(lambda a: (math.tanh(a), 1 - math.tanh(a) ** 2), self)

    def relu(self):
        """This where positive, else 0; the slope at 0 is 0."""
        return _apply(lambda a: (max(a, 0.0), a > 0), self)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return Value(other) - self

    def __rtruediv__(self, other):
        return Value(other) / self

    def backward(self):
        """Set ``grad`` of everything that this number was made from, equation (6); earlier grads of these are forgotten."""
        tape, found = [self], {self}
        for v in tape:  # grows as parents are found: no recursion, so a chain may be as long as memory
            fresh = [p for p in dict.fromkeys(v.parents) if p not in found]
            tape += fresh
            found.update(fresh)
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(tape, key=lambda v: v.born, reverse=True):  # parents are older than what is made of them
            for parent, slope in zip(v.parents, v.slopes, strict=True):
                parent.grad += slope * v.grad


def _apply(operation, *values):
    values = [v if isinstance(v, Value) else Value(v) for v in values]
    arguments = [v.data for v in values]
    try:
        data, *slopes = operation(*arguments)
        return Value(data, values, slopes)
    except (ArithmeticError, ValueError) as error:
        raise ValueError(f"expected an operation with a finite value and slope, got {error} at {arguments}") from None
