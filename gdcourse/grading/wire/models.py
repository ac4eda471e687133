"""PyTorch and Keras models, optimizers and losses, handed from a test to a student's function and brought up to date after it.

The judge's object cannot be called from another process, since automatic differentiation ends at its border. So the student's
function gets a copy, and afterwards the state of the copy comes back as arrays: parameters, buffers, gradients, the optimizer's
accumulators. The copy is made from what the judge sends (a pickle for PyTorch, configurations for Keras); what comes back is
plain data.
"""

import io
import json
import pickle
import sys
from typing import Any


class StateError(Exception):
    """The copy of a model or an optimizer has become one that the original cannot follow."""


def is_framework_object(value: object) -> bool:
    """Must ``value`` cross as a copy with a state? Models, layers, losses, metrics and optimizers do."""
    return bool(_torch(value) or _keras(value))


def _torch(value: object) -> bool:
    torch: Any = sys.modules.get("torch")
    return torch is not None and isinstance(value, (torch.nn.Module, torch.optim.Optimizer))


def _keras(value: object) -> bool:
    keras: Any = sys.modules.get("keras")
    if keras is None:
        return False
    return isinstance(value, (keras.Layer, keras.optimizers.Optimizer, keras.losses.Loss, keras.metrics.Metric))


def pack(objects: list[Any], codec: Any) -> list[Any]:
    """Return plain data from which `unpack` makes copies of ``objects``, which share their parameters as the originals do."""
    ours = [o for o in objects if _torch(o)]
    blob = io.BytesIO()
    if ours:
        pickle.dump(ours, blob)
    grads = [[codec.encode(p.grad) for p in _parameters(o)] for o in ours]
    kinds = ["torch" if _torch(o) else "keras" for o in objects]
    return [kinds, blob.getvalue(), grads, _keras_configs([o for o in objects if _keras(o)], codec)]


def unpack(data: list[Any], codec: Any) -> list[Any]:
    """Return the copies, in order. Only a student's process does this, with what the judge sends."""
    kinds, blob, grads, configs = data
    ours = pickle.loads(blob) if blob else []
    for copy, values in zip(ours, grads, strict=True):
        for p, grad in zip(_parameters(copy), values, strict=True):
            p.grad = codec.decode(grad)
    theirs = _keras_copies(configs, codec) if configs else []
    sources = {"torch": iter(ours), "keras": iter(theirs)}
    return [next(sources[kind]) for kind in kinds]


def state(value: Any, others: list[Any], codec: Any) -> Any:
    """Return what a call may have changed in a copy, as plain data. others: the objects that were handed over with it."""
    if not _torch(value):
        return _keras_state(value, others, codec)
    kept = value.state_dict()
    if not hasattr(value, "modules"):
        return codec.encode({"state": kept["state"], "groups": kept["param_groups"]})
    flags = [[m.training for m in value.modules()], [p.requires_grad for p in value.parameters()]]
    return codec.encode({"state": dict(kept), "grads": [p.grad for p in _parameters(value)], "flags": flags})


def update(value: Any, changed: Any, others: list[Any]) -> None:
    """Bring the judge's object up to date with the decoded state of its copy; raise `StateError` if it does not fit."""
    try:
        _update_torch(value, changed) if _torch(value) else _update_keras(value, changed, others)
    except Exception as error:
        raise StateError(f"the state of a {type(value).__name__} does not fit: {type(error).__name__}") from None


def _parameters(value: Any) -> list[Any]:
    return list(value.parameters()) if hasattr(value, "parameters") else []


def _update_torch(value: Any, changed: Any) -> None:
    if "groups" in changed:
        value.load_state_dict({"state": changed["state"], "param_groups": changed["groups"]})
        return
    for name, tensor in value.state_dict(keep_vars=True).items():
        tensor.data = tensor.data.to(changed["state"][name].dtype)  # load_state_dict would keep the old one
    value.load_state_dict(changed["state"])
    for p, grad in zip(value.parameters(), changed["grads"], strict=True):
        if grad is not None and grad.shape != p.shape:
            raise ValueError("a gradient of another shape")
        p.grad = grad
    training, requires_grad = changed["flags"]
    for module, flag in zip(value.modules(), training, strict=True):
        module.training = flag is True
    for p, flag in zip(value.parameters(), requires_grad, strict=True):
        p.requires_grad_(flag is True)


def _keras_configs(objects: list[Any], codec: Any) -> list[Any]:
    """Return [number, configuration, variables, places] of each; no configuration if a copy is there from an earlier call."""
    keras: Any = sys.modules.get("keras")
    configs: list[str | None] = [json.dumps(keras.saving.serialize_keras_object(o)) for o in objects]
    known = [codec.copied.get(id(o), (None, None, None)) for o in objects]
    if any(before != now for (_, before, _), now in zip(known, configs, strict=True)):
        first = 1 + max((number for number, *_ in codec.copied.values()), default=-1)
        known = [(first + i, config, o) for i, (config, o) in enumerate(zip(configs, objects, strict=True))]
        codec.copied.update({id(o): each for each, o in zip(known, objects, strict=True)})
    else:
        configs = [None] * len(objects)
    models = _models(objects)
    states = [_keras_variables(o, models, codec) for o in objects]
    return [[number, config, *state] for (number, *_), config, state in zip(known, configs, states, strict=True)]


def _keras_variables(value: Any, models: list[Any], codec: Any) -> list[Any]:
    if not hasattr(value, "_trainable_variables") or hasattr(value, "weights"):
        return [[codec.encode(w) for w in value.get_weights()] if hasattr(value, "get_weights") else [], None]
    return _optimizer_state(value, models, codec)


def _optimizer_state(optimizer: Any, models: list[Any], codec: Any) -> list[Any]:
    """Return its variables and the places of what it trains among the models' weights, or None if it has none yet."""
    if not optimizer.built:
        return [[], None]
    places = [
        next([m, w] for m, model in enumerate(models) for w, v in enumerate(model.weights) if v is trained)
        for trained in optimizer._trainable_variables
    ]
    return [[codec.encode(v.numpy()) for v in optimizer.variables], places]


def _keras_copies(configs: list[Any], codec: Any) -> list[Any]:
    import keras

    for number, config, *_ in configs:
        if config is not None:
            codec.copied[number] = keras.saving.deserialize_keras_object(json.loads(config), safe_mode=False)
    copies = [codec.copied[number] for number, *_ in configs]
    models = _models(copies)
    for copy, (*_, values, places) in zip(copies, configs, strict=True):
        values = [codec.decode(v) for v in values]
        if places is not None:
            _build(copy, values, places, models)
        elif values:
            copy.set_weights(values)
    return copies


def _build(optimizer: Any, values: list[Any], places: list[Any], models: list[Any]) -> None:
    """Give an optimizer its variables: those of the weights in ``places``, with their values."""
    if not optimizer.built:
        optimizer.build([models[m].weights[w] for m, w in places])
    for variable, value in zip(optimizer.variables, values, strict=True):
        variable.assign(value)


def _keras_state(value: Any, others: list[Any], codec: Any) -> Any:
    if hasattr(value, "get_weights"):
        return codec.encode({"weights": value.get_weights()})
    if not hasattr(value, "_trainable_variables"):
        return codec.encode({})
    variables, places = _optimizer_state(value, _models(others), codec)
    return codec.encode({"variables": [codec.decode(v) for v in variables], "places": places})


def _update_keras(value: Any, changed: Any, others: list[Any]) -> None:
    if "weights" in changed:
        value.set_weights(changed["weights"])
    elif changed.get("places") is not None:
        _build(value, changed["variables"], changed["places"], _models(others))


def _models(objects: list[Any]) -> list[Any]:
    return [o for o in objects if _keras(o) and hasattr(o, "weights")]
