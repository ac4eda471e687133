"""Recurrent layers on TensorFlow tensors: forward alone, since a tape derives backward."""

from gdcourse import _check
from gdcourse._lazy import need
from gdcourse.initializers.tensorflow import constant, orthogonal, xavier_uniform
from gdcourse.layers import shapes
from gdcourse.layers.tensorflow import Layer
from gdcourse.recurrent import checks

tf = need("tensorflow")

__all__ = ["LSTM", "RNN"]


class _Recurrent(Layer):
    gates = carried = 1

    def __init__(self, d_in, d, rng, last=False, init=xavier_uniform, recurrent_init=orthogonal, dtype="float64"):
        W = [init((d_in, d), rng, dtype=dtype) for _ in range(self.gates)]
        U = [recurrent_init((d, d), rng, dtype=dtype) for _ in range(self.gates)]
        b = constant((self.gates * d,), dtype=dtype)
        super().__init__([tf.concat(W, axis=1), tf.concat(U, axis=1), b])
        self.last = last

    def cell(self, x, state):
        """Return the state after one step. x: (n, d_in), state: as `start` returns it, h first."""
        checks.step(self, x, state)
        W, U, b = self.params
        return self._activate(x @ W + state[0] @ U + b, state)

    def _forward(self, x, train):
        shapes.expect(self, x, "n", self.params[0].shape[0], "l")
        state, h = self.start(len(x)), []
        for t in range(x.shape[-1]):
            state = self.cell(x[..., t], state)
            h.append(state[0])
        return h[-1] if self.last else tf.stack(h, axis=-1)


class RNN(_Recurrent):
    """Equation (1). x: (n, d_in, l) -> (n, d, l), or (n, d) if last. params: W (d_in, d), U (d, d), b (d,)."""

    def start(self, n):
        """Return the state before the first step of n sequences: (h,), zeros (n, d)."""
        return (tf.zeros((n, self.params[1].shape[0]), self.params[1].dtype),)

    def _activate(self, a, state):
        return (tf.tanh(a),)


class LSTM(_Recurrent):
    """Equation (2). x: (n, d_in, l) -> (n, d, l), or (n, d) if last. params: W (d_in, 4 d), U (d, 4 d), b (4 d,).

    The blocks of 4 d are those of the gates i, f, g, o. forget_bias: where b_f starts.
    """

    gates, carried = 4, 2

    def __init__(
        self, d_in, d, rng, last=False, forget_bias=1.0, init=xavier_uniform, recurrent_init=orthogonal, dtype="float64"
    ):
        super().__init__(d_in, d, rng, last, init, recurrent_init, dtype)
        self.params[2][d : 2 * d].assign(tf.fill((d,), tf.cast(_check.number("forget_bias", forget_bias), dtype)))

    def start(self, n):
        """Return the state before the first step of n sequences: (h, c), zeros (n, d)."""
        h = tf.zeros((n, self.params[1].shape[0]), self.params[1].dtype)
        return h, tf.identity(h)

    def _activate(self, a, state):
        a_i, a_f, a_g, a_o = tf.split(a, 4, axis=1)
        i, f, g, o = tf.sigmoid(a_i), tf.sigmoid(a_f), tf.tanh(a_g), tf.sigmoid(a_o)
        c = f * state[1] + i * g
        return o * tf.tanh(c), c
