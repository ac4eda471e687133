"""Recurrent layers on NumPy arrays: forward, and below it backward, derived by hand."""

import numpy as np

from gdcourse import _check
from gdcourse.initializers.numpy import constant, orthogonal, xavier_uniform
from gdcourse.layers import shapes
from gdcourse.layers.numpy import Layer
from gdcourse.recurrent import checks

__all__ = ["LSTM", "RNN"]


class _Recurrent(Layer):
    gates = carried = 1

    def __init__(self, d_in, d, rng, last=False, init=xavier_uniform, recurrent_init=orthogonal, dtype="float64"):
        W = [init((d_in, d), rng, dtype=dtype) for _ in range(self.gates)]
        U = [recurrent_init((d, d), rng, dtype=dtype) for _ in range(self.gates)]
        b = constant((self.gates * d,), dtype=dtype)
        super().__init__([np.concatenate(W, axis=1), np.concatenate(U, axis=1), b])
        self.last = last

    def cell(self, x, state):
        """Return the state after one step. x: (n, d_in), state: as `start` returns it, h first."""
        checks.step(self, x, state)
        return self._step(x, state)[0]

    def _step(self, x, state):
        W, U, b = self.params
        return self._activate(x @ W + state[0] @ U + b, state)

    def _forward(self, x, train):
        shapes.expect(self, x, "n", self.params[0].shape[0], "l")
        states, self.kept = [self.start(len(x))], []
        for t in range(x.shape[-1]):
            state, kept = self._step(x[..., t], states[-1])
            states.append(state)
            self.kept.append(kept)
        self.h = [h for h, *_ in states]
        return self.h[-1] if self.last else np.stack(self.h[1:], axis=-1)

    def _backward(self, dy):
        W, U, _ = self.params
        dW, dU, db = self.grads = [np.zeros_like(p) for p in self.params]
        dx, dstate = np.empty_like(self.x), self.start(len(self.x))
        for t in reversed(range(self.x.shape[-1])):
            dh, *rest = dstate
            if not self.last:
                dh = dh + dy[..., t]
            elif t == self.x.shape[-1] - 1:
                dh = dy
            da, *rest = self._activate_backward(dh, *rest, *self.kept[t])
            dW += self.x[..., t].T @ da
            dU += self.h[t].T @ da
            db += da.sum(axis=0)
            dx[..., t], dstate = da @ W.T, (da @ U.T, *rest)
        return dx


class RNN(_Recurrent):
    """Equation (1). x: (n, d_in, l) -> (n, d, l), or (n, d) if last. params: W (d_in, d), U (d, d), b (d,)."""

    def start(self, n):
        """Return the state before the first step of n sequences: (h,), zeros (n, d)."""
        return (np.zeros((n, self.params[1].shape[0]), self.params[1].dtype),)

    def _activate(self, a, state):
        h = np.tanh(a)
        return (h,), (h,)

    def _activate_backward(self, dh, h):
        return (dh * (1 - h**2),)


class LSTM(_Recurrent):
    """Equation (2). x: (n, d_in, l) -> (n, d, l), or (n, d) if last. params: W (d_in, 4 d), U (d, 4 d), b (4 d,).

    The blocks of 4 d are those of the gates i, f, g, o. forget_bias: where b_f starts.
    """

    gates, carried = 4, 2

    def __init__(
        self, d_in, d, rng, last=False, forget_bias=1.0, init=xavier_uniform, recurrent_init=orthogonal, dtype="float64"
    ):
        super().__init__(d_in, d, rng, last, init, recurrent_init, dtype)
        self.params[2][d : 2 * d] = _check.number("forget_bias", forget_bias)

    def start(self, n):
        """Return the state before the first step of n sequences: (h, c), zeros (n, d)."""
        h = np.zeros((n, self.params[1].shape[0]), self.params[1].dtype)
        return h, h.copy()

    def _activate(self, a, state):
        a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)
        i, f, g, o = _sigmoid(a_i), _sigmoid(a_f), np.tanh(a_g), _sigmoid(a_o)
        c = f * state[1] + i * g
        tanh_c = np.tanh(c)
        return (o * tanh_c, c), (i, f, g, o, state[1], tanh_c)

    def _activate_backward(self, dh, dc, i, f, g, o, before, tanh_c):
        dc = dc + dh * o * (1 - tanh_c**2)
        da = dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g**2), dh * tanh_c * o * (1 - o)
        return np.concatenate(da, axis=1), f * dc


def _sigmoid(a):
    return np.exp(-np.logaddexp(0, -a))
