"""Our layers beside those of `torch.nn` and `keras.layers`.

The gap is the largest difference of an entry of y, in float64: evaluation, for batch norm after two batches of training. Equal
is 1e-12. Both sides get the same weights and x, in their own order:

    ours      x (n, c, h, w)    dense W (in, out)    kernel K (out, in, kh, kw)
    PyTorch   the same          W^T                  K
    Keras     x (n, h, w, c)    W                    K.transpose(2, 3, 1, 0)

`x=` gives x another shape than `SHAPES` does; `pad=(before, after)` first puts zeros around our x, along the axes that a window
slides over.
"""

import inspect

import numpy as np

from gdcourse._lazy import need
from gdcourse.conformance import Row

IMAGE, SEQUENCE, TABLE = (2, 3, 6, 6), (2, 3, 8), (8, 4)
SHAPES = {"Conv1d": SEQUENCE, "Conv2d": IMAGE, "MaxPool": IMAGE, "AvgPool": IMAGE, "Flatten": IMAGE}  # others: TABLE

DENSE = {"d_in": 4, "d_out": 3}
CONV = {"c_in": 3, "c_out": 4, "size": 3}
EVEN = {**CONV, "size": 2}
TORCH_CONV = {"in_channels": 3, "out_channels": 4, "kernel_size": 3}
TORCH_EVEN = {**TORCH_CONV, "kernel_size": 2}
KERAS_CONV = {"filters": 4, "kernel_size": 3}
KERAS_EVEN = {**KERAS_CONV, "kernel_size": 2}
SAME, POOL = {"padding": "same"}, {"size": 3, "stride": 2}
TORCH_POOL, KERAS_POOL = {"kernel_size": 3, "stride": 2}, {"pool_size": 3, "strides": 2}
ODD = (2, 3, 7, 7)

PADS_WITH_ZEROS = "PyTorch counts its zeros in the mean"
BIASED = "Keras' running variance divides by m, not by m - 1"
NO_RESIDUAL = "x + f(x), written out"
MASKS = "other masks in training"
GROUPS = {"groups": 2, "c": 4}

ROWS = [
    # PyTorch
    Row(("Dense", DENSE), "torch", ("Linear", {"in_features": 4, "out_features": 3}), 0, "its weight is W^T"),
    Row(("Conv1d", CONV), "torch", ("Conv1d", TORCH_CONV), 0),
    Row(("Conv2d", CONV), "torch", ("Conv2d", TORCH_CONV), 0),
    Row(
        ("Conv2d", {**CONV, "stride": 2, "padding": 1}),
        "torch",
        ("Conv2d", {**TORCH_CONV, "stride": 2, "padding": 1}),
        0,
    ),
    Row(("Conv2d", {**CONV, "padding": 1}), "torch", ("Conv2d", {**TORCH_CONV, **SAME}), 0, "k // 2 for odd k"),
    Row(
        ("Conv2d", {**EVEN, "pad": (0, 1)}),
        "torch",
        ("Conv2d", {**TORCH_EVEN, **SAME}),
        0,
        "for even k one zero more at the end",
    ),
    Row(
        ("Conv2d", {**CONV, "stride": 2, "pad": (0, 1)}),
        "torch",
        None,
        None,
        'Conv2d refuses padding="same" with a stride: torch.nn.functional.pad before it',
    ),
    Row(("Conv1d", {**CONV, "dilation": 2}), "torch", ("Conv1d", {**TORCH_CONV, "dilation": 2}), 0),
    Row(
        ("Conv1d", {**CONV, "dilation": 2, "padding": "causal"}),
        "torch",
        ("Conv1d", {**TORCH_CONV, "dilation": 2, "padding": "same"}),
        10,
        'no causal padding: torch.nn.functional.pad before it; "same" puts half of the zeros at the end',
    ),
    Row(
        ("Conv2d", {**CONV, "stride": 2, "dilation": 2}),
        "torch",
        ("Conv2d", {**TORCH_CONV, "stride": 2, "dilation": 2}),
        0,
    ),
    Row(("MaxPool", {"size": 2}), "torch", ("MaxPool2d", {"kernel_size": 2}), 0),
    Row(
        ("MaxPool", {**POOL, "pad": (1, 1)}),
        "torch",
        ("MaxPool2d", {**TORCH_POOL, "padding": 1}),
        1,
        "PyTorch pads with -infinity: a zero could be the largest",
    ),
    Row(("AvgPool", {"size": 2}), "torch", ("AvgPool2d", {"kernel_size": 2}), 0),
    Row(
        ("AvgPool", {**POOL, "pad": (1, 1)}),
        "torch",
        ("AvgPool2d", {**TORCH_POOL, "padding": 1}),
        0,
        PADS_WITH_ZEROS,
    ),
    Row(
        ("AvgPool", {**POOL, "pad": (1, 1)}),
        "torch",
        ("AvgPool2d", {**TORCH_POOL, "padding": 1, "count_include_pad": False}),
        1,
        "told not to count its zeros",
    ),
    Row(("Flatten", {}), "torch", ("Flatten", {}), 0),
    Row(("Embedding", {"count": 5, "d": 2}), "torch", ("Embedding", {"num_embeddings": 5, "embedding_dim": 2}), 0),
    Row(("ReLU", {}), "torch", ("ReLU", {}), 0),
    Row(("LeakyReLU", {"slope": 0.01}), "torch", ("LeakyReLU", {}), 0),
    Row(("Sigmoid", {}), "torch", ("Sigmoid", {}), 0),
    Row(("Tanh", {}), "torch", ("Tanh", {}), 0),
    Row(("Softmax", {}), "torch", ("Softmax", {"dim": -1}), 0),
    Row(("GELU", {}), "torch", ("GELU", {}), 0),
    Row(("GELU", {"approximate": True}), "torch", ("GELU", {"approximate": "tanh"}), 0),
    Row(("GELU", {"approximate": True}), "torch", ("GELU", {}), 1e-3, "the tanh is an approximation"),
    Row(("Dropout", {"p": 0.25}), "torch", ("Dropout", {"p": 0.25}), 0, "p is dropped; other masks in training"),
    Row(("Dropout", {"p": 0.25, "per": "channel", "x": IMAGE}), "torch", ("Dropout2d", {"p": 0.25}), 0, MASKS),
    Row(("Dropout", {"p": 0.25, "per": "example"}), "torch", None, None, "StochasticDepth is torchvision's"),
    Row(("GaussianDropout", {"p": 0.25}), "torch", None, None, "x times normal noise, written out"),
    Row(("BatchNorm", {"c": 4}), "torch", ("BatchNorm1d", {"num_features": 4}), 0),
    Row(("BatchNorm", {"c": 3, "x": IMAGE}), "torch", ("BatchNorm2d", {"num_features": 3}), 0),
    Row(("LayerNorm", {"d": 4}), "torch", ("LayerNorm", {"normalized_shape": 4}), 0),
    Row(("GroupNorm", GROUPS), "torch", ("GroupNorm", {"num_groups": 2, "num_channels": 4}), 0),
    Row(
        ("GroupNorm", {"groups": 3, "c": 3, "x": IMAGE}),
        "torch",
        ("InstanceNorm2d", {"num_features": 3, "affine": True}),
        0,
        "a group for each channel; without affine it has no gamma and beta",
    ),
    Row(("Residual", {}), "torch", None, None, NO_RESIDUAL),
    # Keras
    Row(("Dense", DENSE), "keras", ("Dense", {"units": 3}), 0),
    Row(("Conv1d", CONV), "keras", ("Conv1D", KERAS_CONV), 0),
    Row(
        ("Conv1d", {**CONV, "pad": (2, 0)}),
        "keras",
        ("Conv1D", {**KERAS_CONV, "padding": "causal"}),
        0,
        "k - 1 zeros before the first entry, none after the last",
    ),
    Row(
        ("Conv1d", {**CONV, "padding": "causal", "dilation": 2}),
        "keras",
        ("Conv1D", {**KERAS_CONV, "padding": "causal", "dilation_rate": 2}),
        0,
        "d (k - 1) zeros before the first entry",
    ),
    Row(("Conv2d", CONV), "keras", ("Conv2D", KERAS_CONV), 0),
    Row(("Conv2d", {**CONV, "dilation": 2}), "keras", ("Conv2D", {**KERAS_CONV, "dilation_rate": 2}), 0),
    Row(
        ("Conv2d", {**CONV, "stride": 2, "dilation": 2}),
        "keras",
        None,
        None,
        "Conv2D refuses strides together with dilation_rate",
    ),
    Row(("Conv2d", {**CONV, "padding": 1}), "keras", ("Conv2D", {**KERAS_CONV, **SAME}), 0, "k // 2 for odd k"),
    Row(
        ("Conv2d", {**EVEN, "pad": (0, 1)}),
        "keras",
        ("Conv2D", {**KERAS_EVEN, **SAME}),
        0,
        "for even k one zero more at the end",
    ),
    Row(
        ("Conv2d", {**CONV, "stride": 2, "padding": 1, "x": ODD}),
        "keras",
        ("Conv2D", {**KERAS_CONV, "strides": 2, **SAME}),
        0,
        "for odd k and an odd size",
    ),
    Row(
        ("Conv2d", {**CONV, "stride": 2, "padding": 1}),
        "keras",
        ("Conv2D", {**KERAS_CONV, "strides": 2, **SAME}),
        10,
        "for an even size the one zero is at the end, and every window starts one later",
    ),
    Row(
        ("Conv2d", {**CONV, "stride": 2, "pad": (0, 1)}),
        "keras",
        ("Conv2D", {**KERAS_CONV, "strides": 2, **SAME}),
        0,
        "max(k - s, 0) zeros where s divides the size, the odd one at the end",
    ),
    Row(("MaxPool", {"size": 2}), "keras", ("MaxPooling2D", {}), 0),
    Row(("AvgPool", {"size": 2}), "keras", ("AveragePooling2D", {"pool_size": 2}), 0),
    Row(
        ("AvgPool", {**POOL, "pad": (1, 1), "x": ODD}),
        "keras",
        ("AveragePooling2D", {**KERAS_POOL, **SAME}),
        1,
        "Keras does not count its zeros in the mean",
    ),
    Row(("Flatten", {}), "keras", ("Flatten", {}), 10, "the channels run fastest: permute the rows of the next W"),
    Row(("Flatten", {"x": TABLE}), "keras", ("Flatten", {}), 0),
    Row(("Embedding", {"count": 5, "d": 2}), "keras", ("Embedding", {"input_dim": 5, "output_dim": 2}), 0),
    Row(("ReLU", {}), "keras", ("ReLU", {}), 0),
    Row(("LeakyReLU", {"slope": 0.25}), "keras", ("LeakyReLU", {"negative_slope": 0.25}), 0),
    Row(("LeakyReLU", {"slope": 0.01}), "keras", ("LeakyReLU", {}), 1, "its default slope is 0.3"),
    Row(("Sigmoid", {}), "keras", ("Activation", {"activation": "sigmoid"}), 0),
    Row(("Tanh", {}), "keras", ("Activation", {"activation": "tanh"}), 0),
    Row(("Softmax", {}), "keras", ("Softmax", {}), 0),
    Row(("GELU", {}), "keras", ("Activation", {"activation": "gelu"}), 1e-8, "Keras rounds the root of 2 to float32"),
    Row(("Dropout", {"p": 0.25}), "keras", ("Dropout", {"rate": 0.25}), 0, "rate is dropped; other masks in training"),
    Row(
        ("Dropout", {"p": 0.25, "per": "channel", "x": IMAGE}), "keras", ("SpatialDropout2D", {"rate": 0.25}), 0, MASKS
    ),
    Row(
        ("Dropout", {"p": 0.25, "per": "example"}), "keras", None, None, "noise_shape=(None, 1) of Dropout, written out"
    ),
    Row(("GaussianDropout", {"p": 0.25}), "keras", ("GaussianDropout", {"rate": 0.25}), 0, "other noise in training"),
    Row(
        ("BatchNorm", {"c": 4, "momentum": 0.25}),
        "keras",
        ("BatchNormalization", {"momentum": 0.75, "epsilon": 1e-5}),
        1e-1,
        BIASED,
    ),
    Row(
        ("BatchNorm", {"c": 4, "momentum": 0.25, "x": (1000, 4)}),
        "keras",
        ("BatchNormalization", {"momentum": 0.75, "epsilon": 1e-5}),
        1e-3,
        "the divisor hardly matters for large m; its momentum is 1 - ours",
    ),
    Row(
        ("BatchNorm", {"c": 4, "momentum": 0.25, "x": (1000, 4)}),
        "keras",
        ("BatchNormalization", {"momentum": 0.25, "epsilon": 1e-5}),
        1,
        "its momentum is what stays of the running mean, ours what is new",
    ),
    Row(
        ("BatchNorm", {"c": 4, "momentum": 0.01, "eps": 1e-3}),
        "keras",
        ("BatchNormalization", {}),
        1e-2,
        "its defaults, in our terms",
    ),
    Row(("BatchNorm", {"c": 4}), "keras", ("BatchNormalization", {}), 1e-1, "0.1 of the batch for its 0.01"),
    Row(("LayerNorm", {"d": 4, "eps": 1e-3}), "keras", ("LayerNormalization", {}), 0),
    Row(("LayerNorm", {"d": 4}), "keras", ("LayerNormalization", {}), 1e-4, "its default eps is 1e-3"),
    Row(("GroupNorm", {**GROUPS, "eps": 1e-3}), "keras", ("GroupNormalization", {"groups": 2}), 0),
    Row(("GroupNorm", GROUPS), "keras", ("GroupNormalization", {"groups": 2}), 1e-3, "its default eps is 1e-3"),
    Row(
        ("GroupNorm", {"groups": 1, "c": 3, "eps": 1e-3, "x": IMAGE}),
        "keras",
        ("LayerNormalization", {}),
        1,
        "of an image it takes the channels of each position alone",
    ),
    Row(("Residual", {}), "keras", None, None, NO_RESIDUAL),
]


def measure(row):
    """Run both sides of a row and return the largest difference of an entry of y."""
    rng = np.random.default_rng(0)
    name, arguments = row.ours
    shape = arguments.get("x", SHAPES.get(name, TABLE))
    xs = [rng.integers(0, 5, shape) if name == "Embedding" else 2 * rng.normal(size=shape) - 1 for _ in range(3)]
    layer = _ours(name, {k: v for k, v in arguments.items() if k not in ("x", "pad")}, rng)
    y = _run(layer.forward, [_padded(x, arguments.get("pad", (0, 0))) for x in xs], name == "BatchNorm")
    theirs = {"torch": _torch, "keras": _keras}[row.framework](*row.theirs, layer.params, shape)
    return float(np.abs(y - _run(theirs, xs, name == "BatchNorm")).max())


def _run(forward, xs, train):
    """Return y for the last x, in evaluation, after training on the others if asked to."""
    *earlier, last = xs
    for x in earlier if train else []:
        forward(x, True)
    return forward(last, False)


def _padded(x, pad):
    return np.pad(x, [(0, 0), (0, 0), *[pad] * (x.ndim - 2)]) if any(pad) else x


def _ours(name, arguments, rng):
    """Make our layer, with random numbers in all its parameters."""
    import gdcourse.layers.numpy as layers

    make = getattr(layers, name)
    layer = make(**arguments, **{"rng": rng} if "rng" in inspect.signature(make).parameters else {})
    for p in layer.params:
        p[...] = rng.normal(0, 0.2, p.shape)
    return layer


def _torch(name, arguments, params, shape):
    """Return PyTorch's layer with our weights as a function of (x, train)."""
    torch = need("torch")
    layer = getattr(torch.nn, name)(**arguments).double()
    with torch.no_grad():
        for theirs, p in zip(layer.parameters(), params, strict=True):
            theirs.copy_(torch.tensor(p.T if name == "Linear" else p))
    return lambda x, train: layer.train(train)(torch.tensor(x)).detach().numpy()


def _keras(name, arguments, params, shape):
    """Return Keras' layer with our weights as a function of (x, train), x with its channels where ours are."""
    need("tensorflow")
    import keras

    layer = getattr(keras.layers, name)(**arguments, dtype="float64")
    layer.build((None, *shape[2:], shape[1]))
    for theirs, p in zip(layer.trainable_variables, params, strict=True):
        theirs.assign(p.transpose(*range(2, p.ndim), 1, 0) if p.ndim > 2 else p)

    def forward(x, train):
        y = np.asarray(layer(np.moveaxis(x, 1, -1), training=train))
        return np.moveaxis(y, -1, 1) if y.ndim == x.ndim else y

    return forward
