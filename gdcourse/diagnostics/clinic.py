"""What is wrong with this run? A clinic watches a model while it trains, and says in words what looks wrong."""

import numpy as np

from gdcourse import _check
from gdcourse._lazy import need
from gdcourse.diagnostics.layers import _called, _family, _flat, _numpy, _parameters, snapshot, update_ratios
from gdcourse.diagnostics.rules import RULES, Signal, Watch

KINDS = {
    "relu": "relu", "relu6": "relu", "rectifier": "relu", "sigmoid": "sigmoid", "logsigmoid": "", "tanh": "tanh",
}  # fmt: skip
SLIDES = ("conv", "batchnorm", "groupnorm", "instancenorm")  # behind these the units are the channels, axis 1


class Clinic:
    """Watch a model's training, step by step, and report what looks wrong.

    model: of this course, a PyTorch module (watched through forward hooks), or a Keras model. After every optimizer step,
    and before gradients are set to zero, call `step`; for `fit` of Keras pass `callback(x, y)` to it instead. The run itself
    is not changed. `report` says what the rules of `gdcourse.diagnostics.rules` found, `findings` returns it, and
    `history` is what `dashboard` draws.
    """

    def __init__(self, model):
        self.model, self.family = model, _family(model)
        self.watch, self._seen, self._order, self._hooks = Watch(), {}, {}, []
        self._before = snapshot(model)
        self.watch.grads = {name: [] for name in self._before}
        self.watch.ratios = {name: [] for name in self._before}
        if self.family == "torch":
            self._hook()

    def step(self, loss, *, y=None, grads=None, x=None):
        """Take in one step. loss: its value, one number.  y: (n,) labels, which a double softmax is told by.

        grads: one array per trainable parameter, for models that keep none (Keras).  x: the batch, for Keras models, whose
        layers are asked once more.
        """
        if self.family == "keras":
            if grads is None or x is None:
                raise ValueError(
                    "expected grads and x beside a Keras model, which keeps none: clinic.step(loss, grads=..., x=x)"
                )
            self._see_keras(x)
        elif self.family == "course":
            self._see_course(self.model.layers, "")
        loss = float(_check.scalar("loss", np.asarray(_numpy(loss))))
        after, layers = snapshot(self.model), _parameters(self.model)
        self._gradients(layers, grads)
        for name, ratio in update_ratios(self._before, after).items():
            self.watch.ratios[name].append(ratio)
        if not self.watch.broken:  # afterwards numbers say nothing
            self._signals(y)
            spread = {name: _spread(params, self.family) for name, params in layers.items() if len(params[0].shape) > 1}
            self.watch.spread |= {name: found for name, found in spread.items() if np.isfinite(found[1])}
        self._seen, self._ends = {}, (None, None)
        self._finite(loss, after)
        self.watch.losses.append(loss)
        self._before = after

    def findings(self):
        """Return the list of `Finding`s, alarms first."""
        if not self.watch.steps:
            raise ValueError(
                "expected at least one step, got none: call clinic.step(loss) after each step of the optimizer"
            )
        found = [finding for rule in RULES for finding in rule(self.watch)]
        return sorted(found, key=lambda finding: not finding.alarm)

    def report(self):
        """Return what was found, as text."""
        found = self.findings()
        alarms = sum(finding.alarm for finding in found)
        head = f"{self.watch.steps} steps watched, {alarms or 'nothing'} to worry about."
        return "\n".join([head, *(f"{'!' if f.alarm else '·'} {f.rule}: {f}" for f in found)])

    @property
    def history(self):
        """What `dashboard` draws: loss, gradients per weight, update ratios, and of activations spread, dead and flat ones."""
        w, signals = self.watch, self.watch.signals
        history = {
            "loss": w.losses, "gradient_norms": w.grads, "update_ratios": w.ratios,
            "activation_std": {name: s.std for name, s in signals.items()},
            "dead_units": {name: s.dead for name, s in signals.items() if s.kind == "relu"},
            "flat_outputs": {name: s.flat for name, s in signals.items() if s.kind != "relu"},
        }  # fmt: skip
        return {name: series for name, series in history.items() if series}

    def callback(self, x, y):
        """Return a callback for `fit` of a Keras model. x, y: a batch that it looks at after each step of the optimizer.

        It goes forward and backward through the model once more, in training mode, and sets running statistics and random
        states back, so the run stays as it was.
        """
        need("tensorflow")
        import keras

        clinic = self

        class Look(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                clinic._look(x, y)

        return Look()

    def close(self):
        """Take the hooks out of a PyTorch module."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    # What one step shows

    def _gradients(self, layers, grads):
        if grads is None and self.family == "torch":
            grads = [p.grad for params in layers.values() for p in params]
        elif grads is None:
            grads = [g for layer in self.model.layers if len(layer.params) for g in layer.grads]
        if all(g is None for g in grads):
            raise ValueError("expected gradients, got none: call step after backward, and before they are set to zero")
        rest = iter(grads)
        for name, params in layers.items():
            mine = [g for g in (next(rest) for _ in params) if g is not None]
            with np.errstate(all="ignore"):
                self.watch.grads[name].append(float(np.sqrt(np.mean(_flat(mine) ** 2))) if mine else np.nan)

    def _signals(self, y):
        hidden = max((place for place, (has_params, _) in self._order.values() if has_params), default=-1)
        for name, (kind, axis, arrays) in self._seen.items():
            signal = self.watch.signals.setdefault(name, Signal(kind))
            signal.hidden = self._order[name][0] < hidden
            signal.see(np.concatenate(arrays) if len({a.shape[1:] for a in arrays}) == 1 else arrays[-1], axis)
        inputs, outputs = self._ends
        if inputs is not None:
            self.watch.inputs.append(_sizes(inputs))
        self.watch.outputs.append(_probabilities(outputs, y))

    _ends = (None, None)

    def _keep(self, name, layer_kind, inputs, output, has_params):
        """Take in one layer's pass: name, type in small letters, input and output as arrays."""
        if self._ends[0] is None:
            self._ends = inputs, output
        self._ends = self._ends[0], output
        if has_params:
            self._axis = 1 if layer_kind.startswith(SLIDES) else -1
        self._order.setdefault(name, (len(self._order), (has_params, layer_kind)))
        kind = next((kind for word, kind in KINDS.items() if layer_kind == word), "")
        if kind:
            axis = self._axis if output.ndim > 2 else -1
            self._seen.setdefault(name, (kind, axis, []))[2].append(output)

    _axis = -1

    def _finite(self, loss, after):
        if self.watch.broken:
            return
        step = self.watch.steps
        for name, signal in self.watch.signals.items():
            if not np.isfinite(signal.mean[-1]):
                self.watch.broken = step, f'The output of layer "{name}"'
                return
        bad = [name for name, g in self.watch.grads.items() if np.isinf(g[-1])]
        what = (
            "The loss" if not np.isfinite(loss)
            else f'The gradient of layer "{bad[-1]}"' if bad
            else next((f'A weight of layer "{name}"' for name, w in after.items() if not np.isfinite(w).all()), None)
        )  # fmt: skip
        if what:
            self.watch.broken = step, what

    # How to look at a model of each family

    def _see_course(self, layers, prefix):
        for i, layer in enumerate(layers):
            if hasattr(layer, "layers"):
                self._see_course(layer.layers, f"{prefix}{i}.")
            elif layer.y is not None:
                name = f"{prefix}{_called(i, layer)}"
                self._keep(name, type(layer).__name__.lower(), _numpy(layer.x), _numpy(layer.y), len(layer.params) > 0)

    def _hook(self):
        torch = need("torch")

        def keep(name, has_params):
            def hook(module, args, output):
                if (
                    torch.is_grad_enabled()
                    and isinstance(output, torch.Tensor)
                    and args
                    and isinstance(args[0], torch.Tensor)
                ):
                    x = _numpy(args[0]) if args[0].is_floating_point() else args[0].cpu().numpy()
                    if has_params and args[0].data_ptr() != self._last and self._ends[0] is not None:
                        self._functional(f"input of {name}", x)
                    self._keep(name, type(module).__name__.lower(), x, _numpy(output).copy(), has_params)
                    self._last = output.data_ptr()

            return hook

        self._last = 0
        leaves = [(name, module) for name, module in self.model.named_modules() if not list(module.children())]
        for name, module in leaves:
            has_params = any(True for _ in module.parameters())
            self._hooks.append(module.register_forward_hook(keep(_called(name, module), has_params)))
        self.watch.frozen = tuple(
            _called(name, module)
            for name, module in leaves
            if list(module.parameters()) and not any(p.requires_grad for p in module.parameters())
        )

    def _functional(self, name, a):
        """An activation that is no module shows as what the next layer with weights is given."""
        if np.issubdtype(a.dtype, np.floating) and a.min() == 0 and np.mean(a == 0) > 0.05:
            self._keep(name, "relu", a, a.copy(), False)
        elif np.issubdtype(a.dtype, np.floating) and np.abs(a).max() <= 1:
            self._keep(name, "sigmoid" if a.min() >= 0 else "tanh", a, a.copy(), False)

    def _probe(self):
        """Return (layers, a model that gives the output of each, and the last), made once."""
        if self._probed is None:
            self._probed = self._new_probe()
        return self._probed

    _probed = None

    def _new_probe(self):
        import keras

        model = self.model
        layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
        try:
            inputs = model.inputs[0] if len(model.inputs) == 1 else model.inputs
            return layers, keras.Model(inputs, [layer.output for layer in layers] + [model.outputs[0]])
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                f"expected a built Sequential or functional Keras model, got {model.name}: {error}"
            ) from None

    def _see_keras(self, x):
        kept = [(v, v.numpy()) for v in self.model.non_trainable_variables]
        layers, probe = self._probe()
        *outputs, last = probe(x, training=True)
        self._keep_keras(x, layers, outputs, last)
        for variable, value in kept:
            variable.assign(value)

    def _keep_keras(self, x, layers, outputs, last):
        self.watch.frozen = tuple(layer.name for layer in self.model.layers if layer.weights and not layer.trainable)
        for layer, output in zip(layers, outputs, strict=True):
            activation = getattr(getattr(layer, "activation", None), "__name__", "")
            word, params = type(layer).__name__.lower(), bool(layer.trainable_weights)
            if params:
                self._axis = -1  # in Keras the channels are last
            self._order.setdefault(layer.name, (len(self._order), (params, word)))
            if activation in KINDS or word in KINDS:
                kind = KINDS.get(activation) or KINDS.get(word)
                self._seen.setdefault(layer.name, (kind, -1, []))[2].append(_numpy(output))
        self._ends = np.asarray(x), _numpy(last)

    def _look(self, x, y):
        import tensorflow as tf

        kept = [(v, v.numpy()) for v in self.model.non_trainable_variables]
        layers, probe = self._probe()
        with tf.GradientTape() as tape:
            *outputs, last = probe(x, training=True)
            loss = self.model.compute_loss(x=x, y=y, y_pred=last)
        grads = tape.gradient(loss, self.model.trainable_weights)
        for variable, value in kept:
            variable.assign(value)
        grads = [None if g is None else tf.convert_to_tensor(g) for g in grads]
        self._keep_keras(x, layers, outputs, last)
        seen, self._see_keras = self._see_keras, lambda x: None
        try:
            self.step(loss, y=y, grads=grads, x=x)
        finally:
            self._see_keras = seen


def _sizes(x):
    """Return the largest and the middle root mean square of the features that are not 0 throughout; integers are indices."""
    x = np.asarray(x)
    if not np.issubdtype(x.dtype, np.floating):
        return 1.0, 1.0
    axes = tuple(range(x.ndim - 1)) if x.ndim < 4 else (0,)
    with np.errstate(all="ignore"):
        rms = np.sqrt(np.mean(np.square(x, dtype=float), axis=axes)).ravel()
    rms = rms[rms > 0]
    return (float(rms.max()), float(np.median(rms))) if rms.size else (0.0, 0.0)


def _probabilities(outputs, y):
    """Return (k, whether every row holds probabilities, their cross-entropy as logits, as probabilities; NaN without y)."""
    if outputs is None or outputs.ndim != 2 or outputs.shape[1] < 2:
        return 0, False, np.nan, np.nan
    a = np.asarray(outputs, dtype=float)
    ok = bool(np.all(a >= 0) and np.allclose(a.sum(axis=1), 1, atol=1e-3))
    labels = None if y is None else np.asarray(_numpy(y))
    if not ok or labels is None or len(labels) != len(a):
        return a.shape[1], ok, np.nan, np.nan
    labels = labels.argmax(axis=1) if labels.ndim == 2 and labels.shape[1] > 1 else labels.reshape(-1).astype(int)
    p = a[np.arange(len(a)), labels]
    as_logits, as_probabilities = np.log(np.exp(a).sum(axis=1)) - p, -np.log(np.maximum(p, 1e-300))
    return a.shape[1], ok, float(as_logits.mean()), float(as_probabilities.mean())


def _spread(params, family):
    """Return how many units a layer has, and the largest difference of two of them over the largest weight."""
    W = np.asarray(_numpy(params[0]), dtype=float)
    units_first = family == "torch" or (family == "course" and W.ndim > 2)
    W = W.reshape(len(W), -1) if units_first else W.reshape(-1, W.shape[-1]).T
    largest = np.abs(W).max()
    if not np.isfinite(largest):
        return len(W), np.nan
    return len(W), float((W.max(axis=0) - W.min(axis=0)).max() / largest) if largest else 0.0
