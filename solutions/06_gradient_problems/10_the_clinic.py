# %% [markdown]
# # The clinic
#
# {{about}}
#
# **After this lesson you can**
#
# - measure a run's vital signs: gradient for each weight, update ratio, spread of activations, dead units,
# - get them from a PyTorch or Keras model without changing it, by hooks,
# - tell eight diseases apart by them, and cure each by one line,
# - say how many samples it takes to call a unit dead.
#
# **You need** vanishing and exploding gradients, clipping and initial weights from this unit; dead ReLUs (unit 02); the update ratio (unit 04).
#
# The eight runs of this lesson are in PyTorch.

# %% [markdown]
# ## Vital signs, by hand
#
# A sick run seldom says more than "the loss does not fall". So look inside. Here are a layer's four weights, their gradient, and one step:
#
# $$w = (3, 0, 4, 0), \qquad g = (0.3, 0, 0, 0.4), \qquad \Delta = (0, 0, 0.005, 0).$$
#
# - **Gradient for each weight**: the root of the mean square, $\sqrt{(0.09 + 0.16)/4} = 0.25$. Not the length, since layers differ in size.
# - **[[Update ratio|update ratio]]**: $|\Delta| / |w| = 0.005/5 = 0.001$.
#
# And of the layer's activations, a ReLU with three units on four samples:
#
# | | unit 1 | unit 2 | unit 3 |
# |:--|--:|--:|--:|
# | sample 1 | $0$ | $2$ | $0$ |
# | sample 2 | $1$ | $0$ | $0$ |
# | sample 3 | $0$ | $3$ | $0$ |
# | sample 4 | $0$ | $2$ | $0$ |
#
# - **Spread**: the standard deviation of all twelve, about $1$. From layer to layer it should stay of one size.
# - **Silent units**: unit 3 is $0$ on every sample. A share of $\frac13$. For sigmoids and tanhs the like is the share of *flat* outputs, where the slope is below
#   5 % of its largest.
#
# Is unit 3 dead? Four samples are few.
#
# **Predict.** A healthy unit fires on 1 % of the samples. How likely is it to be silent on a batch of 64? On 256 samples?

# %%
import numpy as np

for rows in (64, 256, 20 * 64):
    print(f"silent on {rows:4} samples: {0.99**rows:.1g}")

# %% tags=["draw"]
# How long a unit that fires seldom stays silent
from gdcourse import plots

fig, ax = plots.figure(width=6.6, height=2.8)
rows = np.arange(1, 1301)
for rate, marker in ((0.1, "o"), (0.01, "s"), (0.001, "^")):
    ax.plot(
        rows,
        (1 - rate) ** rows,
        marker=marker,
        markevery=200,
        label=f"fires on {rate:.1%}",
    )
ax.axvline(64, color="black", linewidth=1)
ax.axvline(1280, color="black", linewidth=1)
ax.text(75, 0.93, "one batch of 64", fontsize=9)
ax.text(1270, 0.93, "20 batches", fontsize=9, ha="right")
ax.set(
    xlabel="samples", ylabel="chance to be silent on all", title="silent is not dead"
)
ax.legend(loc="upper center")
plots.show(
    fig,
    alt="The chance of being silent against the number of samples, for units that fire on 10 %, 1 % and 0.1 % of them. "
    "At 64 samples it is near 0, one half, and near 1; at 1280 samples only the rarest of the three may still be silent.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $0.99^{64} = 0.53$: rather likely. On 256 samples $0.08$, on twenty batches $3 \cdot 10^{-6}$.
#
# </details>
#
# So `gdcourse.diagnostics` calls units dead only after 20 steps and 256 samples without a sign of life, and sounds an alarm only if that is half of a layer. Such
# thresholds are a choice, and every alarm states its own.
#
# ## Looking in, by a hook
#
# How do you see the activations of a model that you did not write? PyTorch calls a **[[hook]]** after a module has run, with its inputs and its output:

# %% tags=["torch"]
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
seen = {}


def keep(module, inputs, output):
    seen["hidden"] = output.detach()


# %% tags=["torch"]
handle = model[1].register_forward_hook(keep)
model(torch.randn(256, 64))
handle.remove()
print("silent units:", (seen["hidden"] == 0).all(dim=0).sum().item(), "of 32")

# %% [markdown]
# `Clinic(model)` sets such hooks on every layer. You call `clinic.step(loss)` after each step of the optimizer. Then `clinic.history` has the signs,
# `dashboard(clinic.history)` draws them, and `clinic.report()` says in words what looks wrong.
#
# ## First ward
#
# All patients learn the digits, with two hidden layers or ten, momentum $0.9$, batches of 64, 100 steps. Each differs from a healthy run **in one line**. The folded cell
# has `train`, which makes a run from its options, and the patients. (Do not open it yet: it names the diseases.) The candidates:
#
# 1. the rate is too small
# 2. the network ends in a softmax, and the loss takes another one
# 3. ten layers of sigmoids
# 4. one batch was corrupted: its pixels are 300 times too large
# 5. the optimizer was not given the first layer
# 6. ten layers with initial weights that are too large
# 7. tanh units with initial weights that are too large
# 8. pixels from 0 to 255 in place of 0 to 1

# %% tags=["setup", "torch"]
# Training under the eyes of a clinic, and the eight patients
from types import SimpleNamespace

from gdcourse import datasets
from gdcourse.diagnostics import Clinic

digits = datasets.digits(dtype="float32")
X, y = torch.tensor(digits.X), torch.tensor(digits.y)
cross_entropy = nn.functional.cross_entropy
DEEP, FLAT = (64, *[32] * 10, 10), (64, 64, 32, 10)


def he(w):
    nn.init.kaiming_normal_(w)


def normal(std):
    return lambda w: nn.init.normal_(w, 0, std)


def train(
    sizes=FLAT,
    activation=nn.ReLU,
    init=he,
    rate=0.03,
    pixels=1.0,
    last=(),
    first=0,
    bad=1.0,
    clip=None,
    watch=True,
):
    torch.manual_seed(0)
    rng, layers, losses = np.random.default_rng(0), [], []
    for a, b in zip(sizes[:-2], sizes[1:-1], strict=True):
        layers += [nn.Linear(a, b), activation()]
    model = nn.Sequential(*layers, nn.Linear(*sizes[-2:]), *last)
    linear = [m for m in model if isinstance(m, nn.Linear)]
    for m in linear:
        init(m.weight)
        nn.init.zeros_(m.bias)
    known = [p for m in linear[first:] for p in m.parameters()]
    velocity = [torch.zeros_like(p) for p in known]
    clinic = Clinic(model) if watch else SimpleNamespace()
    for t in range(100):
        batch = torch.tensor(rng.integers(0, 1400, 64))
        model.zero_grad()
        z = model(pixels * (bad if t == 20 else 1.0) * X[batch])
        loss = cross_entropy(z, y[batch])
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        with torch.no_grad():
            for p, v in zip(known, velocity, strict=True):
                v.mul_(0.9).add_(p.grad)
                p -= rate * v
        losses.append(loss.item())
        if watch:
            clinic.step(loss, y=y[batch])
        if not np.isfinite(losses[-1]):
            break
    if watch:
        clinic.close()
    with torch.no_grad():
        answers = model(pixels * X[1400:]).argmax(1)
    clinic.right = (answers == y[1400:]).float().mean().item()
    clinic.late = np.mean(losses[-20:])
    return clinic


patients = {
    "A": {"rate": 3e-6},
    "B": {"bad": 300.0},
    "C": {"sizes": DEEP, "activation": nn.Sigmoid},
    "D": {"last": (nn.Softmax(dim=1),)},
    "E": {"sizes": DEEP, "init": normal(0.8)},
    "F": {"first": 1},
    "G": {"activation": nn.Tanh, "init": normal(2.0)},
    "H": {"pixels": 255.0},
}
clinics = {"healthy": train()}


LIMITS = (0.03, 1e5), (1e-11, 1e3), (1e-8, 10), (1e-3, 1e4), (0, 1)
TICKS = (0.1, 10, 1e3), (1e-9, 1e-5, 0.1), (1e-7, 1e-4, 0.1), (0.01, 1, 100), (0, 1)


def spread(name):
    return clinics[name].history["activation_std"]


def quiet(name):
    """The share of dead units of each ReLU, of flat outputs of each other activation."""
    history = clinics[name].history
    return history.get("dead_units") or history["flat_outputs"]


def ward(names):
    """One row of five small panels for each run: early layers dark, late ones light."""
    import matplotlib as mpl

    titles = (
        "loss",
        "gradient for each weight",
        "update ratio",
        "spread of activations",
        "dead or flat",
    )
    fig, axes = plots.figure(5, len(names), width=11.0, height=1.55, squeeze=False)
    for row, name in zip(axes, names, strict=True):
        watch = clinics[name].watch
        signs = {"": watch.losses}, watch.grads, watch.ratios, spread(name), quiet(name)
        for ax, series, limits, ticks in zip(row, signs, LIMITS, TICKS, strict=True):
            shades = mpl.colormaps["cividis"](np.linspace(0, 0.85, len(series)))
            for shade, values in zip(shades, series.values(), strict=True):
                v = np.where(np.isfinite(values), values, np.nan)
                v = np.clip(v, *limits)  # zeros are drawn at the lower edge
                mark = "." if len(v) < 9 else None
                ax.plot(v, color=shade, linestyle="-", linewidth=1.2, marker=mark)
            if ax is row[4]:
                ax.set_ylim(-0.05, 1.05)
            else:
                ax.set_yscale("log")
                ax.set_ylim(limits[0] * 0.6, limits[1] * 1.6)
            ax.set(xlim=(-3, 103), xticks=(0, 50, 100), yticks=ticks)
            ax.minorticks_off()
            ax.tick_params(labelsize=7, labelbottom=name == names[-1])
        row[0].set_ylabel(name, rotation=0, fontsize=13, ha="right", va="center")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize=9)
    for ax in axes[-1]:
        ax.set_xlabel("step", fontsize=8)
    return fig


# %% tags=["draw", "torch"]
# The signs of a healthy run
plots.show(
    ward(["healthy"]),
    alt="Five small panels for a healthy run. The loss falls from 2.4 to about 0.1. The gradients of the three layers lie within a factor of "
    "ten of each other, update ratios are near 0.01, the spread of activations stays near 1, and few units are silent.",
)

# %% [markdown]
# That is health: layers side by side in each panel (early ones dark, late ones light), the loss falling. What lies beyond a panel is drawn at its edge, so a $0$ at the lower one.
# The last panel shows for a ReLU the share of units that were silent for 20 steps, so it begins after 20; for sigmoids and tanhs the share of flat outputs.
#
# **Predict.** Now four sick ones, A to D. Which of the eight candidates is each? Note for each run the *one* panel that decides.

# %% tags=["draw", "torch"]
# The first four patients
clinics |= {name: train(**patients[name]) for name in "ABCD"}
plots.show(
    ward("ABCD"),
    alt="Four rows of five panels. A: the loss is flat, update ratios are near 1e-6. B: at step 20 the loss jumps above 10, and "
    "20 steps later all units of a layer count as dead. C: the loss is flat, and the gradients of the layers are spread over more than five powers of ten. "
    "D: all panels look healthy, but the loss stays above 1.46.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# - **A is 1**, the rate. Gradients, spread and units are healthy; only the *update ratio* is not: a millionth of the weights in a step.
# - **B is 4**, the corrupted batch. All is well until step 20. One huge gradient throws the weights far off, and then *dead units* do the rest: what does not fire gets no gradient, and
#   cannot come back.
# - **C is 3**, sigmoids. Look at the *gradients*: the dark lines lie five powers of ten below the light ones. The loss shows what A's shows!
# - **D is 2**, softmax twice. Every inner sign is healthy, and the *loss* hardly falls: with ten classes it cannot get below $\log(1 + 9/e) = 1.4612$ (unit 01).
#
# </details>
#
# What do the clinic's rules say?

# %% tags=["torch"]
for name in "ABCD":
    print(name, "-", clinics[name].findings()[0].says)

# %% [markdown]
# And the cures, one line each. B's is clipping: it does not remove the bad batch, but its gradient is then no longer than the threshold.

# %% tags=["torch"]
cures = {
    "A": {"rate": 0.03},
    "B": {"clip": 1.0},
    "C": {"activation": nn.ReLU},
    "D": {"last": ()},
}


def cured(name):
    sick, after = clinics[name], train(**patients[name] | cures[name], watch=False)
    print(f"{name}: loss {sick.late:.2f} -> {after.late:.2f}, right {after.right:.0%}")
    return after


healed = {name: cured(name) for name in cures}

# %% tags=["check", "torch"]
# The signs by hand, and what decided in the first ward
from gdcourse.diagnostics import dead_units, update_ratios

w, g = np.array([3.0, 0, 4, 0]), np.array([0.3, 0, 0, 0.4])
assert np.isclose(np.sqrt(np.mean(g**2)), 0.25) and round(0.3**2, 2) == 0.09
assert round(0.4**2, 2) == 0.16 and np.linalg.norm(w) == 5
assert np.isclose(update_ratios({"": w}, {"": w + [0, 0, 0.005, 0]})[""], 0.001)
a = np.array([[0, 2, 0], [1, 0, 0], [0, 3, 0], [0, 2, 0]])
assert round(a.std(), 1) == 1.0 and dead_units(a).tolist() == [False, False, True]
assert round(0.99**64, 2) == 0.53 and round(0.99**256, 2) == 0.08
assert f"{0.99**1280:.0e}" == "3e-06" and 20 * 64 == 1280 and 0.999**1280 > 0.2 > 0.001
assert 0.9**64 < 0.01 and 0.999**64 > 0.9 and 0.99**1280 < 0.1 / 100
import gdcourse.diagnostics.rules as rules

assert (rules.DEAD_STEPS, rules.DEAD_ROWS, rules.DEAD_SHARE, rules.FLAT) == (
    20,
    256,
    0.5,
    0.05,
)
late = {name: run.late for name, run in clinics.items()}
well = clinics["healthy"].watch
assert not clinics["healthy"].findings() and late["healthy"] < 0.2
assert round(well.losses[0], 1) == 2.4 and clinics["healthy"].right > 0.8


def median(series):
    return np.array([np.median(v) for v in series.values()])


assert np.ptp(np.log10(median(well.grads))) < 1 and len(well.grads) == 3
assert np.all((median(well.ratios) > 0.002) & (median(well.ratios) < 0.05))
sizes = median(spread("healthy"))
assert (
    np.all((sizes > 0.3) & (sizes < 4))
    and max(map(np.nanmax, quiet("healthy").values())) < 0.5
)
A, B, C, D = (clinics[name].watch for name in "ABCD")
assert (
    np.all(median(A.ratios) < 1e-5) and abs(np.mean(A.losses[:20]) - late["A"]) < 0.05
)
assert np.ptp(np.log10(median(A.grads))) < 1
assert max(B.losses[20:30]) > 10 > 2.5 > max(B.losses[:20]) > 2 > max(B.losses[15:20])
assert max(v[60] for v in quiet("B").values()) == 1 and len(B.losses) == 100
assert np.ptp(np.log10(median(C.grads))) > 5 and late["C"] > 2.2
assert np.all(np.diff(np.log10(median(C.grads)))[:8] > 0)
assert round(np.log(1 + 9 / np.e), 4) == 1.4612 < min(D.losses) and late["D"] > 1.46
assert np.ptp(np.log10(median(D.grads))) < 1.2
wanted = {
    "A": "rate too small",
    "B": "dead units",
    "C": "vanishing gradients",
    "D": "double softmax",
}
for name, rule in wanted.items():
    assert clinics[name].findings()[0].rule == rule
    assert healed[name].late < 0.75 * late[name]
    assert healed[name].right > 0.4 > 0.3
print("checked: the signs by hand, and four patients, their findings and their cures")

# %% [markdown]
# ## Second ward
#
# **Predict.** Four candidates are left: 5, 6, 7 and 8. Which is which?

# %% tags=["draw", "torch"]
# The other four patients
clinics |= {name: train(**patients[name]) for name in "EFGH"}
plots.show(
    ward("EFGH"),
    alt="Four rows of five panels. E: a few points only; the loss begins above 10,000 and the spread of activations grows from layer to layer. F: "
    "one of the three layers has a gradient but no update ratio, and the loss falls. G: most outputs are flat from the first step, and the loss falls "
    "slowly. H: the loss begins above 100, soon all units of a layer count as dead, and the gradient of the first layers is gone.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# - **E is 6**, exploding. After a few steps the loss is no number any more, and the run ends. What is left to see is the start: the *spread* grows by a factor of about three in
#   each layer.
# - **F is 5**, the forgotten layer. A gradient without an *update*. And the loss falls! The other layers learn with random features, so nobody looks.
# - **G is 7**, saturated tanhs: *flat* outputs from the first step. The gradients are not tiny: the weights are too large for that.
# - **H is 8**, the pixels. The *loss at the start* is hundreds in place of $\log 10 = 2.3$. The first steps are huge, and all units of a layer die.
#
# </details>

# %% tags=["torch"]
cures |= {"E": {"init": he}, "F": {"first": 0}, "H": {"pixels": 1.0}}
cures["G"] = {"init": nn.init.xavier_normal_}
for name in "EFGH":
    print(name, "-", [finding.rule for finding in clinics[name].findings()])
    healed[name] = cured(name)

# %% [markdown]
# H has two findings. **One disease, several symptoms**: the pixels are the cause, dead units what they did. Treat what comes first, in the order of the computation: inputs, start,
# rate, then the rest. And where numbers are no longer finite, only the *first* such place means anything; what was measured before still
# counts, so E has two findings too. A full entry gives threshold, source and a cure to try:

# %% tags=["torch"]
print(clinics["H"].report())

# %% tags=["check", "torch"]
# What decided in the second ward
late |= {name: clinics[name].late for name in "EFGH"}
E, F, G, H = (clinics[name].watch for name in "EFGH")
assert E.losses[0] > 10_000 and np.isnan(late["E"])
assert 2 <= np.isfinite(E.losses).sum() <= 5
growth = np.diff(np.log([values[0] for values in spread("E").values()]))
assert len(growth) == 9 and 2 < np.exp(np.mean(growth)) < 4.5 and np.all(growth > 0)
silent = [name for name, v in F.ratios.items() if max(v) == 0]
assert silent == list(F.ratios)[:1] and np.median(F.grads[silent[0]]) > 1e-4
assert late["F"] < 0.75 and F.losses[0] > 2
assert all(v[0] > 0.5 for v in quiet("G").values()) and late["G"] > 0.3
assert np.all(median(G.grads) > 1e-3) and late["G"] < G.losses[0]
assert patients["H"]["pixels"] == 255 and patients["B"]["bad"] == 300
assert H.losses[0] > 100 and max(v[40] for v in quiet("H").values()) == 1
assert round(np.log(10), 1) == 2.3 and np.median(H.grads["0 Linear"][-50:]) == 0
rules_of = {name: [f.rule for f in clinics[name].findings()] for name in "EFGH"}
assert rules_of["E"] == ["overflow", "exploding"] and rules_of["F"] == ["frozen layer"]
assert rules_of["G"][0] == "saturated units"
assert rules_of["H"] == ["unscaled inputs", "dead units"]
assert "rate" not in patients["C"] and cures["A"] == {"rate": 0.03}
for name in "EFGH":
    now = healed[name].late
    assert now < 1.5 and (np.isnan(late[name]) or now < 0.75 * late[name])
print("checked: four more patients, their findings and their cures")

# %% [markdown]
# ## In three frameworks
#
# The clinic takes models of this course, PyTorch modules and Keras models. Keras has no hooks; `clinic.callback(x, y)` goes with `fit` and asks the layers for their outputs on a
# batch. One disease in all three: first biases of $-20$, so that every hidden unit is dead.

# %%
from gdcourse.datasets import digits as load
from gdcourse.diagnostics import Clinic
from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad
from gdcourse.models.numpy import mlp

data = load(dtype="float32")
net = mlp((64, 32, 10), dtype="float32")
net.params[1][...] = -20

# %%
watch = Clinic(net)
for _ in range(20):
    z = net.forward(data.X[:64], train=True)
    net.backward(softmax_ce_grad(z, data.y[:64]))
    for p, grad in zip(net.params, net.grads, strict=True):
        p -= 0.1 * grad
    watch.step(softmax_ce(z, data.y[:64]))
print("NumPy:  ", watch.findings()[0].says)

# %% tags=["torch"]
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
nn.init.constant_(model[0].bias, -20)
watch_t = Clinic(model)
for _ in range(20):
    model.zero_grad()
    loss = cross_entropy(model(X[:64]), y[:64])
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= 0.1 * p.grad
    watch_t.step(loss)
print("PyTorch:", watch_t.findings()[0].says)

# %% tags=["tensorflow"]
import keras

low = keras.initializers.Constant(-20)
layers = [keras.layers.Dense(32, "relu", bias_initializer=low), keras.layers.Dense(10)]
model_k = keras.Sequential([keras.Input((64,)), *layers])
loss_k = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model_k.compile(keras.optimizers.SGD(0.1), loss_k, run_eagerly=True)
watch_k, first = Clinic(model_k), (data.X[:64], data.y[:64])
model_k.fit(
    *first, batch_size=64, epochs=20, verbose=0, callbacks=[watch_k.callback(*first)]
)
print("Keras:  ", watch_k.findings()[0].says)

# %% tags=["check", "torch", "tensorflow"]
# The same finding in all three
for clinic in (watch, watch_t, watch_k):
    finding = clinic.findings()[0]
    assert (
        finding.rule == "dead units" and finding.since == 0 and "100%" in finding.says
    )
assert net.params[1].min() == -20
print("checked: the clinic finds the dead units in NumPy, PyTorch and Keras")

# %% [markdown]
# ## Summary
#
# - Five signs: loss, gradient for each weight, update ratio, spread of activations, dead or flat units; layer by layer.
# - Equal losses may hide different diseases, and a falling loss may hide one.
# - One cause has several symptoms. Treat the first in the order of the computation.
# - Silent is not dead: count samples. Each alarm states its threshold.
#
# ## Common mistakes
#
# - **Trying rates** when the loss is flat. C already has the rate that cures A.
# - **Gradient lengths compared between layers of different size.**
# - **Looking after `zero_grad`**, or through `model.eval()`: then you measure something else.
# - **Forgotten hooks.** They run, and hold memory, until they are removed.
#
# ## Quick questions
#
# 1. A layer's gradient is healthy, its update ratio is exactly $0$. What is wrong?
#
#    <details><summary><b>Answer</b></summary>
#
#    The optimizer does not have its parameters, or its rate for them is $0$.
#
#    </details>
# 2. 60 % of a layer's ReLUs are silent on one batch of 32. Is the layer dying?
#
#    <details><summary><b>Answer</b></summary>
#
#    You cannot know. A unit that fires on 2 % of the samples is silent on such a batch with the chance $0.98^{32} = 0.52$.
#
#    </details>
# 3. The first loss on ten classes is $480$. Which signs do you look at first?
#
#    <details><summary><b>Answer</b></summary>
#
#    Inputs and initial weights: before the first step no rate can have moved it from about $2.3$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Ten layers of 32 ReLUs, weights of the standard deviation $0.8$. By which factor does the spread grow in each layer? Compare with E.
#
# <details><summary><b>Outline</b></summary>
#
# The gain is $0.8\,\sqrt{32} = 4.5$, and ReLU halves the mean square: $4.5/\sqrt2 = 3.2$ for each layer.
#
# </details>

# %% [markdown]
# **Try.** Make a ninth patient: all weights $0$, with tanh units (`init=nn.init.zeros_`). Guess its signs before you look. Which rule finds it?
#
# <details><summary><b>Outline</b></summary>
#
# All units of a layer are alike, and stay so (unit 02): "units that are alike". The loss stays near $2.3$.
#
# </details>

# %% tags=["check", "torch"]
# The questions, and the ninth patient
assert round(0.98**32, 2) == 0.52 and round(0.8 * 32**0.5, 1) == 4.5
assert round(0.8 * 32**0.5 / 2**0.5, 1) == 3.2 and 60 / 100 > 2 / 100 and 480 > 2.3
assert abs(np.exp(np.mean(growth)) - 3.2) < 1
ninth = train(activation=nn.Tanh, init=nn.init.zeros_)
assert "units that are alike" in [finding.rule for finding in ninth.findings()]
assert abs(ninth.late - 2.3) < 0.05
print("checked: the answers to the questions, and the ninth patient")

# %% [markdown]
# ## References
#
# - X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural networks. *AISTATS*.
# - R. Pascanu, T. Mikolov, Y. Bengio (2013). On the difficulty of training recurrent neural networks. *ICML*. arXiv:1211.5063
# - CS231n, Stanford. Course notes, neural networks 3: babysitting the learning process.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
