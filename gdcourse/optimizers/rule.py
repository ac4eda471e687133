"""What every update rule shares: a hyper-parameter is checked when it is set, a step's arguments before anything changes."""

from gdcourse import _check

BOUNDS = {
    "lr": {"least": 0},
    "momentum": {"least": 0},
    "initial": {"least": 0},
    "eps": {"least": 0},
    "rho": {"least": 0, "below": 1},
    "beta": {"least": 0},
    "beta1": {"least": 0, "below": 1},
    "beta2": {"least": 0, "below": 1},
    "momentum_decay": {"least": 0},
    "weight_decay": {"least": 0},
}


class Rule:
    """Base of the update rules. A framework's file says which arrays it takes, what is finite, and how to make zeros."""

    def __setattr__(self, name, value):
        if name in BOUNDS:
            value = float(_check.number(name, value, **BOUNDS[name]))
        super().__setattr__(name, value)

    def _begin(self, params, grads, *states):
        """Raise on bad arguments before anything changes; make the named states, zeros like params, on the first step."""
        _check.paired(params, grads)
        for i, (p, g) in enumerate(zip(params, grads, strict=True)):
            if not self._changeable(p):
                raise TypeError(f"expected params[{i}] to be {self._expected}, got {_describe(p)}")
            if not isinstance(g, self._arrays) or g.dtype != p.dtype:
                raise TypeError(f"expected grads[{i}] of {_dtype(p)} like params[{i}], got {_describe(g)}")
        if not self._finite(grads):
            bad = [i for i, g in enumerate(grads) if not self._finite([g])]
            raise ValueError(f"expected finite gradients, got NaN or infinity in grads{bad or ''}")
        if states and getattr(self, states[0]) is None:
            for name in states:
                setattr(self, name, [self._zeros(p) for p in params])
        elif states:
            self._same_params(params, getattr(self, states[0]))

    @staticmethod
    def _same_params(params, state):
        if [(tuple(p.shape), p.dtype) for p in params] != [(tuple(a.shape), a.dtype) for a in state]:
            first, now = (", ".join(map(_describe, arrays)) for arrays in (state, params))
            raise ValueError(f"expected params as on the first step, {first}, got {now}")


def _dtype(a):
    dtype = getattr(a, "dtype", "no dtype")
    return getattr(dtype, "name", str(dtype).removeprefix("torch."))


def _describe(a):
    return f"{type(a).__name__} {tuple(a.shape)} of {_dtype(a)}"
