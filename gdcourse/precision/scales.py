"""How a scale changes, and checks, in any framework."""

from numbers import Integral

from gdcourse import _check

KINDS = ("bfloat16", "float16", "float32")


def kind(value):
    """Return value if it names a format of table (1), else raise."""
    _check.one_of("kind", value, KINDS)
    return value


def floats(name, arrays):
    """Return a list of float arrays, at least one, or raise."""
    if not isinstance(arrays, list | tuple) or not arrays:
        raise TypeError(f"expected {name} to be a list with at least one array, got {type(arrays).__name__}")
    for i, a in enumerate(arrays):
        if "float" not in str(getattr(a, "dtype", "")):
            raise TypeError(
                f"expected {name}[{i}] to be an array of floats, got {getattr(a, 'dtype', type(a).__name__)}"
            )
    return list(arrays)


class Scale:
    """What the two share. A framework's file adds `_wide`, which casts to float32 at least, and `_finite`."""

    def __init__(self, scale):
        self.scale, self.skipped = float(_check.number("scale", scale, above=0)), 0

    def scaled(self, a):
        """Return a, a loss or a gradient of it, times the scale."""
        return a * self.scale

    def unscale(self, grads):
        """Return the gradients over the scale, in float32 at least; None if one is not finite: leave this step out.

        `skipped` counts the steps that were left out.
        """
        wide = [self._wide(g) for g in floats("grads", grads)]
        finite = all(map(self._finite, wide))
        grads = [g / self.scale for g in wide] if finite else None
        self.skipped += not finite
        self._update(finite)
        return grads

    def _update(self, finite):
        pass


class Dynamic(Scale):
    """Equation (3)."""

    def __init__(self, scale, growth, backoff, interval):
        super().__init__(scale)
        self.growth = _check.number("growth", growth, least=1)
        self.backoff = _check.number("backoff", backoff, above=0, below=1)
        if isinstance(interval, bool) or not isinstance(interval, Integral) or interval < 1:
            raise ValueError(f"expected interval to be an integer of at least 1, got {interval!r}")
        self.interval, self.good = int(interval), 0

    def _update(self, finite):
        self.good = self.good + 1 if finite else 0
        if not finite:
            self.scale *= self.backoff
        elif self.good == self.interval:
            self.scale, self.good = self.scale * self.growth, 0
