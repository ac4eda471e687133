"""Our recurrent layers beside those of `torch.nn` and `keras.layers`.

The gap is the largest difference of an entry of y, all h_t or with last=True h_l alone, in float64. Equal is 1e-12. Both sides
get the same weights and sequences, in their own order:

    ours      x (n, d_in, l)    W (d_in, 4 d)    U (d, 4 d)    b (4 d,)
    PyTorch   x (n, l, d_in)    W^T              U^T           b and 0, its two biases
    Keras     x (n, l, d_in)    W                U             b

A row with `fresh=` compares what the layers start with instead: "forget_bias", the mean of b_f over 64 cells (of PyTorch's two
biases the sum), or "orthogonal", how far U_i^T U_i of the first block is from the identity.
"""

import numpy as np

from gdcourse._lazy import need
from gdcourse.conformance import Row

OURS, TORCH = {"d_in": 3, "d": 2}, {"input_size": 3, "hidden_size": 2, "batch_first": True}
KERAS, ALL = {"units": 2}, {"units": 2, "return_sequences": True}
FRESH, TORCH_FRESH, KERAS_FRESH = {"d_in": 3, "d": 64}, {**TORCH, "hidden_size": 64}, {"units": 64}

ROWS = [
    Row(("RNN", OURS), "torch", ("RNN", TORCH), 0, "it returns (y, h_l)"),
    Row(("RNN", OURS), "torch", ("RNN", {**TORCH, "nonlinearity": "relu"}), 1, "ReLU for tanh"),
    Row(("LSTM", OURS), "torch", ("LSTM", TORCH), 0, "the same order of gates; it returns (y, (h_l, c_l))"),
    Row(
        ("LSTM", {**FRESH, "fresh": "forget_bias"}),
        "torch",
        ("LSTM", TORCH_FRESH),
        1,
        "all its parameters start from U[-1 / sqrt(d), 1 / sqrt(d)]",
    ),
    Row(("LSTM", {**FRESH, "fresh": "orthogonal"}), "torch", ("LSTM", TORCH_FRESH), 1, "the same"),
    Row(("RNN", OURS), "keras", ("SimpleRNN", ALL), 0),
    Row(("RNN", {**OURS, "last": True}), "keras", ("SimpleRNN", KERAS), 0),
    Row(("RNN", {**FRESH, "fresh": "orthogonal"}), "keras", ("SimpleRNN", KERAS_FRESH), 0),
    Row(("LSTM", OURS), "keras", ("LSTM", ALL), 0, "its gates i, f, c, o are ours"),
    Row(("LSTM", {**OURS, "last": True}), "keras", ("LSTM", KERAS), 0),
    Row(("LSTM", {**FRESH, "fresh": "forget_bias"}), "keras", ("LSTM", KERAS_FRESH), 0, "unit_forget_bias=True"),
    Row(
        ("LSTM", {**FRESH, "fresh": "forget_bias", "forget_bias": 0.0}),
        "keras",
        ("LSTM", {**KERAS_FRESH, "unit_forget_bias": False}),
        0,
    ),
    Row(
        ("LSTM", {**FRESH, "fresh": "orthogonal"}),
        "keras",
        ("LSTM", KERAS_FRESH),
        1,
        "U has orthonormal rows as one (d, 4 d) matrix, so no block of it is orthogonal",
    ),
]


def measure(row):
    """Run both sides of a row and return the largest difference of an entry of y, or of what they start with."""
    rng, (name, arguments) = np.random.default_rng(0), row.ours
    fresh = arguments.get("fresh")
    layer = _ours(name, {k: v for k, v in arguments.items() if k != "fresh"}, rng, fresh is None)
    theirs = {"torch": _torch, "keras": _keras}[row.framework](*row.theirs, None if fresh else layer.params)
    if fresh:
        ours = layer.params[1:]
        return float(abs(START[fresh](*ours) - START[fresh](*theirs)))
    x = rng.normal(size=(4, 3, 6))
    return float(np.abs(layer.forward(x) - theirs(x)).max())


def _block(a):
    """Return the first (d, d) block of U: (d, 4 d)."""
    return a[:, : len(a)]


START = {
    "forget_bias": lambda U, b: b[len(U) : 2 * len(U)].mean(),
    "orthogonal": lambda U, b: np.abs(_block(U).T @ _block(U) - np.eye(len(U))).max(),
}


def _ours(name, arguments, rng, random):
    import gdcourse.recurrent.numpy as layers

    layer = getattr(layers, name)(**arguments, rng=rng)
    for p in layer.params if random else []:
        p[...] = rng.normal(0, 0.5, p.shape)
    return layer


def _torch(name, arguments, params):
    """Return PyTorch's layer with our weights as a function of x, or the U and b that it starts with."""
    torch = need("torch")
    torch.manual_seed(0)
    layer = getattr(torch.nn, name)(**arguments).double()
    if params is None:
        _, U, *biases = (p.detach().numpy() for p in layer.parameters())
        return U.T, sum(biases)
    W, U, b = params
    with torch.no_grad():
        for theirs, p in zip(layer.parameters(), (W.T, U.T, b, 0 * b), strict=True):
            theirs.copy_(torch.tensor(p))
    return lambda x: layer(torch.tensor(x).transpose(1, 2))[0].transpose(1, 2).detach().numpy()


def _keras(name, arguments, params):
    need("tensorflow")
    import keras

    layer = getattr(keras.layers, name)(**arguments, dtype="float64", seed=0)
    layer.build((None, 6, 3))
    if params is None:
        return layer.get_weights()[1:]
    layer.set_weights(params)

    def forward(x):
        y = np.asarray(layer(x.transpose(0, 2, 1)))
        return y.transpose(0, 2, 1) if y.ndim == 3 else y

    return forward
