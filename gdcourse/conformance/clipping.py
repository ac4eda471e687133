"""Our clipping beside `torch.nn.utils` and the arguments of Keras' optimizers.

The gap is the largest difference of an entry of the clipped gradient (for a norm, of the norm), in float64; equal is 1e-12. The
gradient is two arrays, (3, 2) and (4,), of norm 2.1. Keras clips inside a step, so the step of SGD with the rate 1 is compared.
"""

import numpy as np

from gdcourse._lazy import need
from gdcourse.conformance import Row

RNG = np.random.default_rng(1)
GRADS = [RNG.normal(size=(3, 2)), RNG.normal(size=4)]
SGD = {"learning_rate": 1.0}

ROWS = [
    # PyTorch
    Row(("clip_by_value", {"c": 0.5}), "torch", ("clip_grad_value_", {"clip_value": 0.5}), 0),
    Row(("clip_by_norm", {"c": 0.5}), "torch", None, None, "clip_grad_norm_ of one parameter at a time"),
    Row(
        ("clip_by_global_norm", {"c": 0.5}),
        "torch",
        ("clip_grad_norm_", {"max_norm": 0.5}),
        1e-7,
        "PyTorch multiplies by c / (G + 1e-6)",
    ),
    Row(("clip_by_global_norm", {"c": 10.0}), "torch", ("clip_grad_norm_", {"max_norm": 10.0}), 0, "nothing to clip"),
    Row(("global_norm", {}), "torch", ("get_total_norm", {}), 0),
    # Keras
    Row(("clip_by_value", {"c": 0.5}), "keras", ("SGD", {**SGD, "clipvalue": 0.5}), 0),
    Row(("clip_by_norm", {"c": 0.5}), "keras", ("SGD", {**SGD, "clipnorm": 0.5}), 0),
    Row(("clip_by_global_norm", {"c": 0.5}), "keras", ("SGD", {**SGD, "global_clipnorm": 0.5}), 0),
    Row(
        ("clip_by_global_norm", {"c": 0.5}),
        "keras",
        ("SGD", {**SGD, "clipnorm": 0.5}),
        1e-1,
        "clipnorm shortens each array by itself, so the direction of the whole changes",
    ),
    Row(("global_norm", {}), "keras", None, None, "tf.linalg.global_norm"),
]


def measure(row):
    """Clip on both sides of a row and return the largest difference."""
    import gdcourse.clipping.numpy as clipping

    name, arguments = row.ours
    ours = getattr(clipping, name)(GRADS, **arguments)
    ours = ours[0] if name == "clip_by_global_norm" else ours if isinstance(ours, list) else [ours]
    theirs = {"torch": _run_torch, "keras": _run_keras}[row.framework](*row.theirs)
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))


def _run_torch(name, arguments):
    torch = need("torch")
    params = [torch.zeros(g.shape, dtype=torch.float64) for g in GRADS]
    for p, g in zip(params, GRADS, strict=True):
        p.grad = torch.tensor(g)
    if name == "get_total_norm":
        return [torch.nn.utils.get_total_norm([p.grad for p in params], **arguments).numpy()]
    getattr(torch.nn.utils, name)(params, **arguments)
    return [p.grad.numpy() for p in params]


def _run_keras(name, arguments):
    need("tensorflow")
    import keras

    variables = [keras.Variable(np.zeros(g.shape), dtype="float64") for g in GRADS]
    rule = getattr(keras.optimizers, name)(**arguments)
    rule.apply([keras.ops.convert_to_tensor(g) for g in GRADS], variables)
    return [-v.numpy() for v in variables]
