"""Our rounding and loss scaling beside PyTorch's and Keras'.

`round_to` runs on float64 numbers of both signs, of modulus from `smallest=`, 1e-37, to 1e40; the gap is the largest relative
difference. The scales see nine steps, of which the third and the fourth overflow, and step a weight along what they unscaled;
the gap is the largest difference of log2 S, or of the weight, after any step. `overflow=False` lets all of them be good.
"""

import numpy as np

from gdcourse._lazy import need
from gdcourse.conformance import Row

OURS, TORCH, KERAS = {"scale": 8.0, "interval": 3}, {"init_scale": 8.0, "growth_interval": 3}, {"initial_scale": 8.0}
GRADS = [1.0, -2.0, np.inf, np.nan, 0.5, 0.25, 1.0, 2.0, -1.0]

ROWS = [
    Row(("round_to", {"kind": "float16"}), "torch", ("to", {"dtype": "float16"}), 0),
    Row(("round_to", {"kind": "bfloat16"}), "torch", ("to", {"dtype": "bfloat16"}), 0),
    Row(("round_to", {"kind": "float32"}), "torch", ("to", {"dtype": "float32"}), 0),
    Row(("round_to", {"kind": "bfloat16", "smallest": 1e-46}), "torch", ("to", {"dtype": "bfloat16"}), 0),
    Row(("DynamicScale", OURS), "torch", ("GradScaler", TORCH), 0),
    Row(("DynamicScale", {}), "torch", ("GradScaler", {}), 0, "its defaults are ours"),
    Row(
        ("DynamicScale", {**OURS, "growth": 4.0, "backoff": 0.25}),
        "torch",
        ("GradScaler", {**TORCH, "growth_factor": 4.0, "backoff_factor": 0.25}),
        0,
    ),
    Row(("FixedScale", {"scale": 8.0}), "torch", None, None, "GradScaler asks for a growth_factor above 1"),
    Row(("MasterWeights", {}), "torch", None, None, "autocast leaves the weights in float32 and rounds on the way in"),
    Row(("round_to", {"kind": "float16"}), "keras", ("cast", {"dtype": "float16"}), 0),
    Row(("round_to", {"kind": "bfloat16"}), "keras", ("cast", {"dtype": "bfloat16"}), 0),
    Row(("round_to", {"kind": "float32"}), "keras", ("cast", {"dtype": "float32"}), 0),
    Row(
        ("round_to", {"kind": "bfloat16", "smallest": 1e-46}),
        "keras",
        ("cast", {"dtype": "bfloat16"}),
        1,
        "TensorFlow takes float32 numbers below the smallest normal one for 0",
    ),
    Row(("DynamicScale", OURS), "keras", ("LossScaleOptimizer", {**KERAS, "dynamic_growth_steps": 3}), 0),
    Row(("DynamicScale", {}), "keras", ("LossScaleOptimizer", {}), 1, "it starts at 2^15"),
    Row(("FixedScale", {"scale": 8.0, "overflow": False}), "keras", ("SGD", {"loss_scale_factor": 8.0}), 0),
    Row(("MasterWeights", {}), "keras", None, None, "the mixed_float16 policy leaves the weights in float32"),
]


def measure(row):
    """Run both sides of a row and return the gap between them."""
    name, arguments = row.ours
    if name == "round_to":
        x = np.geomspace(arguments.get("smallest", 1e-37), 1e40, 2000) * (-1.0) ** np.arange(2000)
        ours, theirs = _ours().round_to(x, arguments["kind"]), CASTS[row.framework](x, row.theirs[1]["dtype"])
        unequal = ours != theirs
        return float(np.abs(theirs[unequal] / ours[unequal] - 1).max(initial=0))
    grads = [g for g in GRADS if np.isfinite(g)] if arguments.get("overflow") is False else GRADS
    scaler = getattr(_ours(), name)(**{k: v for k, v in arguments.items() if k != "overflow"})
    return float(np.abs(np.array(_run(scaler, grads)) - STEPS[row.framework](*row.theirs, grads)).max())


def _ours():
    import gdcourse.precision.numpy as precision

    return precision


def _run(scaler, grads):
    """Return (log2 S, weight) after each step."""
    w, found = 0.0, []
    for g in grads:
        grad = scaler.unscale([scaler.scaled(np.array([g]))])
        w = w if grad is None else w - float(grad[0][0])
        found.append((np.log2(scaler.scale), w))
    return found


def _torch_cast(x, dtype):
    torch = need("torch")
    return torch.tensor(x).to(getattr(torch, dtype)).double().numpy()


def _keras_cast(x, dtype):
    need("tensorflow")
    from keras import ops

    return np.asarray(ops.cast(ops.cast(x, dtype), "float64"))


def _torch_steps(name, arguments, grads):
    torch = need("torch")
    scaler, w = getattr(torch.amp, name)("cpu", **arguments), torch.zeros(1, requires_grad=True)
    sgd, found = torch.optim.SGD([w], 1.0), []
    for g in grads:
        sgd.zero_grad()
        scaler.scale((g * w).sum()).backward()
        scaler.step(sgd)
        scaler.update()
        found.append((np.log2(scaler.get_scale()), float(w.detach())))
    return found


def _keras_steps(name, arguments, grads):
    need("tensorflow")
    import keras

    dynamic = name == "LossScaleOptimizer"
    inner = keras.optimizers.SGD(1.0, **({} if dynamic else arguments))
    optimizer = keras.optimizers.LossScaleOptimizer(inner, **arguments) if dynamic else inner
    w, found = keras.Variable([0.0]), []
    optimizer.build([w])
    for g in grads:
        scale = float(optimizer.dynamic_scale.numpy()) if dynamic else inner.loss_scale_factor
        optimizer.apply([keras.ops.convert_to_tensor(np.array([scale * g], np.float32))], [w])
        scale = float(optimizer.dynamic_scale.numpy()) if dynamic else inner.loss_scale_factor
        found.append((np.log2(scale), float(w.numpy()[0])))
    return found


CASTS = {"torch": _torch_cast, "keras": _keras_cast}
STEPS = {"torch": _torch_steps, "keras": _keras_steps}
