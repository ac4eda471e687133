"""Our losses beside those of `torch.nn` and `keras.losses` (penalties: `keras.regularizers`).

The gap is the largest difference of the value or of a slope, in float64 where the row does not say otherwise; equal is 1e-12.
Both sides get the same predictions and labels, Keras the labels first; `x=` or `y=` among a built-in's arguments says what
becomes of predictions or labels before it gets them.
"""

import numpy as np

from gdcourse._lazy import need
from gdcourse.conformance import Row

RNG = np.random.default_rng(0)
H, Z, Y = RNG.normal(size=(6, 3)), RNG.normal(size=6), np.array([0, 1, 1, 0, 1, 0])
DATA = {  # the first arguments of each loss: predictions and, but for a penalty, labels
    "mse": {"h": H, "y": RNG.normal(size=(6, 3))},
    "mae": {"h": H, "y": RNG.normal(size=(6, 3))},
    "huber": {"h": H, "y": RNG.normal(size=(6, 3))},
    "bce": {"p": 1 / (1 + np.exp(-Z)), "y": Y},
    "bce_with_logits": {"z": Z, "y": Y},
    "softmax_ce": {"z": H, "y": np.array([0, 2, 1, 1, 0, 2])},
    "hinge": {"z": Z, "y": 2 * Y - 1},
    "l1": {"w": H},
    "l2": {"w": H},
}


def floats(x, y):
    """Labels as floats."""
    return y.astype(float)


def signs(x, y):
    """The labels 0 and 1 as -1 and +1."""
    return 2.0 * y - 1


def bits(x, y):
    """The labels -1 and +1 as 0 and 1."""
    return (y + 1) / 2


def one_hot(x, y):
    """Row y of the unit matrix for each label y."""
    return np.eye(x.shape[1])[y]


def minus_one(x, y):
    """-1 for every label."""
    return np.full_like(y, -1)


def margins(x, y):
    """Label times score, as PyTorch's tensor."""
    return x.new_tensor(y) * x


def softmax(x, y):
    """PyTorch's probabilities, from logits."""
    return x.softmax(1)


def log_softmax(x, y):
    """The logarithms of PyTorch's probabilities, from logits."""
    return x.log_softmax(1)


F64 = {"dtype": "float64"}
HALF = "no half mean: halve the mean"
FLOAT32 = "Keras' losses compute in float32 unless dtype says otherwise"

ROWS = [
    # PyTorch
    Row(("mse", {"reduction": "mean"}), "torch", ("MSELoss", {}), 0, "over every element"),
    Row(("mse", {"reduction": "sum"}), "torch", ("MSELoss", {"reduction": "sum"}), 0),
    Row(("mse", {"reduction": "half_mean"}), "torch", None, None, HALF),
    Row(("mae", {}), "torch", ("L1Loss", {}), 0),
    Row(("huber", {"delta": 0.5}), "torch", ("HuberLoss", {"delta": 0.5}), 0),
    Row(("huber", {"delta": 0.5}), "torch", ("SmoothL1Loss", {"beta": 0.5}), 1, "(3) divided by beta"),
    Row(("huber", {"delta": 1.0}), "torch", ("SmoothL1Loss", {"beta": 1.0}), 0),
    Row(("bce", {}), "torch", ("BCELoss", {"y": floats}), 0, "refuses integer labels"),
    Row(
        ("bce", {"p": [0.0], "y": [1]}),
        "torch",
        ("BCELoss", {"y": floats}),
        np.inf,
        "PyTorch holds log p at -100 or above: 100 for our infinity",
    ),
    Row(("bce_with_logits", {}), "torch", ("BCEWithLogitsLoss", {"y": floats}), 0),
    Row(("bce_with_logits", {}), "torch", ("SoftMarginLoss", {"y": signs}), 0, "the same loss for labels -1 and +1"),
    Row(("softmax_ce", {}), "torch", ("CrossEntropyLoss", {}), 0),
    Row(("softmax_ce", {}), "torch", ("CrossEntropyLoss", {"y": one_hot}), 0, "labels as probabilities"),
    Row(("softmax_ce", {}), "torch", ("CrossEntropyLoss", {"x": softmax}), 1e-1, "softmax is taken twice"),
    Row(("softmax_ce", {}), "torch", ("NLLLoss", {"x": log_softmax}), 0),
    Row(
        ("softmax_ce", {}),
        "torch",
        ("KLDivLoss", {"reduction": "batchmean", "x": log_softmax, "y": one_hot}),
        0,
        "the entropy of a one-hot label is 0",
    ),
    Row(
        ("softmax_ce", {}),
        "torch",
        ("KLDivLoss", {"reduction": "mean", "x": log_softmax, "y": one_hot}),
        1,
        "its mean is over the k classes too",
    ),
    Row(
        ("hinge", {}),
        "torch",
        ("HingeEmbeddingLoss", {"x": margins, "y": minus_one}),
        0,
        "of margins, with the label -1 for each",
    ),
    Row(("hinge", {}), "torch", ("HingeEmbeddingLoss", {"y": floats}), 1, "x for the label 1, max(0, 1 - x) for -1"),
    Row(("l1", {}), "torch", None, None, "to be added to the loss by hand"),
    Row(("l2", {}), "torch", None, None, "weight_decay of the optimizers adds its gradient"),
    # Keras
    Row(("mse", {"reduction": "mean"}), "keras", ("MeanSquaredError", F64), 0),
    Row(("mse", {"reduction": "mean"}), "keras", ("MeanSquaredError", {}), 1e-7, FLOAT32),
    Row(
        ("mse", {"reduction": "sum"}),
        "keras",
        ("MeanSquaredError", {"reduction": "sum", **F64}),
        10,
        "a sum over rows of means over the last axis",
    ),
    Row(
        ("mse", {"reduction": "sum", "h": [[1.0], [3.0]], "y": [[0.0], [1.0]]}),
        "keras",
        ("MeanSquaredError", {"reduction": "sum", **F64}),
        0,
        "equal for one output per row",
    ),
    Row(("mse", {"reduction": "half_mean"}), "keras", None, None, HALF),
    Row(("mae", {}), "keras", ("MeanAbsoluteError", F64), 0),
    Row(("huber", {"delta": 0.5}), "keras", ("Huber", {"delta": 0.5, **F64}), 0),
    Row(("bce", {}), "keras", ("BinaryCrossentropy", F64), 0),
    Row(
        ("bce", {"p": [1e-8], "y": [1]}),
        "keras",
        ("BinaryCrossentropy", F64),
        1e8,
        "Keras clips p to [1e-7, 1 - 1e-7], where the slope is 0",
    ),
    Row(("bce_with_logits", {}), "keras", ("BinaryCrossentropy", {"from_logits": True, **F64}), 0),
    Row(
        ("bce_with_logits", {}),
        "keras",
        ("BinaryCrossentropy", F64),
        10,
        "takes probabilities unless from_logits says otherwise",
    ),
    Row(("softmax_ce", {}), "keras", ("SparseCategoricalCrossentropy", {"from_logits": True, **F64}), 0),
    Row(
        ("softmax_ce", {}),
        "keras",
        ("CategoricalCrossentropy", {"from_logits": True, "y": one_hot, **F64}),
        0,
        "labels as probabilities",
    ),
    Row(
        ("softmax_ce", {}),
        "keras",
        ("SparseCategoricalCrossentropy", F64),
        10,
        "takes probabilities unless from_logits says otherwise",
    ),
    Row(("hinge", {}), "keras", ("Hinge", F64), 0),
    Row(("hinge", {}), "keras", ("Hinge", {"y": bits, **F64}), 0, "takes the labels 0 and 1 for -1 and +1"),
    Row(("l1", {}), "keras", ("L1", {"l1": 1.0}), 0),
    Row(("l2", {}), "keras", ("L2", {"l2": 0.5}), 0, "without the 1/2 of (9)"),
    Row(("l2", {}), "keras", ("L2", {"l2": 1.0}), 10, "without the 1/2 of (9)"),
]


def measure(row):
    """Run both sides of a row and return the largest difference of the value or of a slope."""
    import gdcourse.losses.numpy as losses

    name, arguments = row.ours
    arguments = {k: np.asarray(v) if k in DATA[name] else v for k, v in {**DATA[name], **arguments}.items()}
    ours = getattr(losses, name)(**arguments), getattr(losses, f"{name}_grad")(**arguments)
    x, y = (*(arguments[k] for k in DATA[name]), None)[:2]
    theirs = {"torch": _run_torch, "keras": _run_keras}[row.framework](*row.theirs, x, y)
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))


def _inputs(arguments, x, y):
    """Return the predictions and labels that the built-in gets, and its other arguments."""
    rest = {k: v for k, v in arguments.items() if k not in ("x", "y")}
    return *(arguments[k](x, y) if k in arguments else v for k, v in (("x", x), ("y", y))), rest


def _run_torch(name, arguments, x, y):
    torch = need("torch")
    x = torch.tensor(x, requires_grad=True)
    h, y, rest = _inputs(arguments, x, y)
    value = getattr(torch.nn, name)(**rest)(h, torch.tensor(y))
    return value.detach().numpy(), torch.autograd.grad(value, x)[0].numpy()


def _run_keras(name, arguments, x, y):
    tf = need("tensorflow")
    import keras

    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        h, y, rest = _inputs(arguments, tf.convert_to_tensor(x), y)
        make = getattr(keras.losses if name in dir(keras.losses) else keras.regularizers, name)
        value = make(**rest)(*(h,) if y is None else (y, h))
    return value.numpy(), tape.gradient(value, x).numpy()
