"""What the layers of a model do. Models: of this course (`model.layers`), PyTorch modules, Keras models.

A layer is named by its place and type, "0 Dense", and in Keras by its own name.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from gdcourse import _check
from gdcourse._lazy import need


def layer_grad_norms(model, grads=None):
    """Return layer -> Euclidean norm of the gradient with respect to its parameters, after a backward pass.

    grads: one array per parameter, in the layers' order; None for those that the model keeps, which Keras models do not.
    """
    layers = _parameters(model)
    grads = _kept_gradients(model, layers) if grads is None else list(grads)
    _check.paired([p for params in layers.values() for p in params], grads)
    norms, rest = {}, iter(grads)
    for name, params in layers.items():
        norms[name] = float(np.linalg.norm(_flat([next(rest) for _ in params])))
    return norms


def snapshot(model):
    """Return layer -> (p,) a copy of its parameters, end to end: what `update_ratios` compares."""
    return {name: _flat(params) for name, params in _parameters(model).items()}


def update_ratios(before, after):
    """Return layer -> |after - before| / |before|, of two snapshots; 0 where nothing changed.

    >>> update_ratios({"0 Dense": np.array([3.0, 4.0])}, {"0 Dense": np.array([3.0, 4.5])})
    {'0 Dense': 0.1}
    """
    if list(before) != list(after):
        raise ValueError(f"expected two snapshots of one model, got layers {list(before)} and {list(after)}")
    ratios = {}
    for name in before:
        _check.same_shape(before=before[name], after=after[name])
        change, size = (float(np.linalg.norm(a)) for a in (after[name] - before[name], before[name]))
        ratios[name] = change / size if size else np.inf if change else 0.0
    return ratios


def activations(model, x):
    """Return layer -> its output for the batch x: (n, ...), a NumPy array, with the model in evaluation mode.

    Layers of this course keep what they last saw for their backward pass: look after it, not between forward and backward.
    """
    return {"course": _course_outputs, "torch": _torch_outputs, "keras": _keras_outputs}[_family(model)](model, x)


@dataclass(frozen=True)
class ActivationStatistics:
    """Of one layer over a batch. zero: share of outputs that are 0.  dead: share of units that are 0 on every row."""

    mean: float
    std: float
    zero: float
    dead: float


def activation_statistics(outputs):
    """Return layer -> `ActivationStatistics`. outputs: layer -> (n, ...), as `activations` gives them."""
    found = {}
    for name, a in outputs.items():
        a, dead = np.asarray(a, dtype=float), dead_units(a)
        with np.errstate(all="ignore"):  # an overflowed layer shows as inf or NaN
            found[name] = ActivationStatistics(
                float(a.mean()), float(a.std()), float((a == 0).mean()), float(dead.mean())
            )
    return found


def dead_units(output):
    """Return which units are 0 on every row of a batch, so that behind a ReLU no gradient reaches their weights.

    output: (n, ...) -> (...) of bool: each place in an example's output is a unit.

    >>> dead_units([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]])
    array([ True, False, False])
    """
    a = np.asarray(output)
    if a.ndim < 1 or not a.size:
        raise ValueError(f"expected an output of shape (n, ...) with at least one entry, got {a.shape}")
    return np.all(a == 0, axis=0)


def _family(model):
    """Tell whose model it is by the modules of its classes, which loads no framework."""
    homes = {cls.__module__.split(".")[0] for cls in type(model).__mro__}
    for family in ("torch", "keras"):
        if family in homes:
            return family
    if not isinstance(getattr(model, "layers", None), list | tuple):
        raise TypeError(f"expected a model with layers, a PyTorch module or a Keras model, got {type(model).__name__}")
    return "course"


def _parameters(model):
    """Return layer -> list of its trainable parameters, of the layers that have any."""
    family = _family(model)
    if family == "torch":
        named = {_called(*item): list(item[1].parameters(recurse=False)) for item in model.named_modules()}
        layers = {name: [p for p in params if p.requires_grad] for name, params in named.items()}
    elif family == "keras":
        layers = {layer.name: list(layer.trainable_weights) for layer in model.layers}
    else:
        layers = {_called(i, layer): list(layer.params) for i, layer in enumerate(model.layers)}
    layers = {name: params for name, params in layers.items() if params}
    if not layers:
        raise ValueError("expected a model with parameters, got none: a Keras model has to be built first")
    return layers


def _kept_gradients(model, layers):
    family = _family(model)
    if family == "keras":
        raise ValueError(
            "expected grads beside a Keras model, which keeps none: tape.gradient(loss, model.trainable_weights)"
        )
    if family == "torch":
        kept = [p.grad for params in layers.values() for p in params]
    else:
        kept = [g for layer in model.layers if len(layer.params) for g in layer.grads]
    if all(g is None for g in kept):
        raise ValueError("expected a model with gradients, got none: run a backward pass first")
    return kept


def _course_outputs(model, x):
    outputs = {}
    for i, layer in enumerate(model.layers):
        x = layer.forward(x)
        outputs[_called(i, layer)] = _numpy(x)
    return outputs


def _torch_outputs(model, x):
    torch = need("torch")
    outputs, calls, modes = {}, Counter(), [(module, module.training) for module in model.modules()]

    def keep(name):
        def hook(module, args, output):
            if isinstance(output, torch.Tensor):
                calls[name] += 1
                key = name if calls[name] == 1 else f"{name}, call {calls[name]}"
                outputs[key] = _numpy(output).copy()  # the next layer may overwrite it

        return hook

    leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]
    handles = [module.register_forward_hook(keep(_called(name, module))) for name, module in leaves]
    try:
        model.eval()
        with torch.no_grad():
            model(_like_parameters(torch, model, x))
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training
    return outputs


def _like_parameters(torch, model, x):
    x, p = torch.as_tensor(x), next(model.parameters(), None)
    if p is None:
        return x
    return x.to(p.device, p.dtype if x.is_floating_point() else x.dtype)


def _keras_outputs(model, x):
    need("tensorflow")
    import keras

    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    if isinstance(model, keras.Sequential) and model.built:
        outputs = {}
        for layer in layers:
            x = layer(x, training=False)
            outputs[layer.name] = _numpy(x)
        return outputs
    try:
        probe = keras.Model(model.input, [layer.output for layer in layers])
    except (AttributeError, ValueError) as error:
        raise ValueError(f"expected a built Sequential or functional Keras model, got {model.name}: {error}") from None
    return {layer.name: _numpy(y) for layer, y in zip(layers, probe(x, training=False), strict=True)}


def _called(place, layer):
    return f"{place} {type(layer).__name__}".strip()


def _numpy(a):
    return a.detach().cpu().double().numpy() if hasattr(a, "detach") else np.asarray(a)


def _flat(arrays):
    return np.concatenate([np.array(_numpy(a), dtype=float).ravel() for a in arrays])
