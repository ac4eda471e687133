# %% [markdown]
# # Half the bits
#
# {{about}}
#
# **After this lesson you can**
#
# - say from their bits what float16 and bfloat16 can hold, and which of the two fails how,
# - compute by hand which parts of a gradient underflow,
# - scale a loss, with a fixed scale or one that finds itself,
# - say when a step is lost in the rounding of the weight, and keep master weights,
# - train one network in three precisions.
#
# **You need** the lesson on numbers in a machine (powers of two, machine epsilon, underflow), and the gradient of softmax with cross-entropy, $p$
# minus one-hot.

# %% [markdown]
# ## Sixteen bits, spent in two ways
#
# Half the bits are half the memory and half the traffic, and some hardware computes faster with them. Sixteen bits can be spent on digits or on range:
#
# | format | sign, power, digits | $\varepsilon$ | largest | smallest |
# |:--|:--|--:|--:|--:|
# | float16 | 1, 5, 10 | $2^{-10} \approx 0.00098$ | $65504$ | $2^{-24} \approx 6 \cdot 10^{-8}$ |
# | [[bfloat16]] | 1, 8, 7 | $2^{-7} \approx 0.0078$ | $3.4 \cdot 10^{38}$ | $9 \cdot 10^{-41}$ |
# | float32 | 1, 8, 23 | $2^{-23} \approx 1.2 \cdot 10^{-7}$ | $3.4 \cdot 10^{38}$ | $1.4 \cdot 10^{-45}$ |
#
# bfloat16 is float32 with the last 16 bits cut off: the same range, two decimal digits. float16 has three digits and a narrow range. By hand, with the
# distance $2^{k-10}$ or $2^{k-7}$ from $2^k$ on: after $1$ comes $1.00098$ in float16, and $1.0078$ in bfloat16. So in bfloat16, $1.003 = 1$.
#
# **Predict.** Count up from $0$ in steps of $1$, rounding after each. Where does the counter stop in float16, and where in bfloat16?

# %%
import numpy as np

from gdcourse.precision.numpy import round_to  # as `nearest` in the last lesson


def count(kind):
    value = np.float32(0)
    while round_to(value + 1, kind) != value:
        value = round_to(value + 1, kind)
    return value


print("float16:", count("float16"), " bfloat16:", count("bfloat16"))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $2^{11} = 2048$ and at $2^8 = 256$. There the distance becomes $2$, and the middle goes to the even one: down, at $2048$ and at $256$.
#
# </details>
#
# ## Gradients that vanish by rounding
#
# In float16 a number below $2^{-25} \approx 3 \cdot 10^{-8}$ becomes $0$. Is that small for a gradient? Detectors and segmenters average their loss over
# many places of a picture, and most say little. With 100,000 places, of which one bears our label, its gradient
# is multiplied by $10^{-5}$. We imitate this with digits, batches of 64, and the loss times $10^{-5}$.
#
# One sample by hand. At the start all ten classes have about $p = 0.1$. So the gradient for the scores is $0.1$ for each wrong class and $-0.9$ for the right
# one, times $10^{-5}/64 = 1.6 \cdot 10^{-7}$:
#
# | | wrong class | right class |
# |:--|--:|--:|
# | exact | $1.6 \cdot 10^{-8}$ | $-1.4 \cdot 10^{-7}$ |
# | in steps of $2^{-24}$ | $0.26$ | $-2.36$ |
# | float16 | $0$ | $-2 \cdot 2^{-24} = -1.2 \cdot 10^{-7}$ |
#
# **Predict.** The ten exact parts add up to $0$: raise the right score, lower the others. What do the rounded ones say? And what will descent do with the
# scores, and with the loss?
#
# In the folded cell `fresh(seed)` draws the weights of a network 64-64-32-10 without biases, and `forward` and `backward` round every result to the format `kind`.

# %% tags=["setup"]
# Digits, first weights, and the passes with every result rounded
from gdcourse import datasets
from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad

digits = datasets.digits(dtype="float32")
X, y = digits.X[:1400], digits.y[:1400]
SHARE, RATE = np.float32(1e-5), 0.02


def fresh(seed):
    rng = np.random.default_rng(seed)
    sizes = ((64, 64), (64, 32), (32, 10))
    return [(rng.normal(size=s) * np.sqrt(2 / s[0])).astype("float32") for s in sizes]


def forward(Ws, x, kind):
    a = [round_to(x, kind)]
    for k, W in enumerate(Ws):
        z = round_to(a[-1] @ W, kind)
        a.append(z if k == 2 else np.maximum(z, 0))
    return a


def backward(Ws, a, delta, kind):
    grads = []
    with np.errstate(all="ignore"):  # infinities are found afterwards
        for W, inputs in zip(Ws[::-1], a[-2::-1], strict=True):
            grads.insert(0, round_to(inputs.T @ delta, kind))
            delta = round_to(delta @ W.T, kind) * (inputs > 0)
    return grads


# %%
def run(kind, scaler, master=True, seed=0, steps=400):
    Ws, rng, losses, scales = fresh(seed), np.random.default_rng(seed), [], []
    for _ in range(steps):
        batch = rng.integers(0, len(X), 64)
        low = [round_to(W, kind) for W in Ws]  # what the network computes with
        a = forward(low, X[batch], kind)
        losses.append(softmax_ce(a[-1], y[batch]))
        delta = scaler.scaled(SHARE * softmax_ce_grad(a[-1], y[batch]))
        grads = backward(low, a, round_to(delta, kind), kind)
        grads = scaler.unscale(grads)  # in float32; None if one is not finite
        scales.append(scaler.scale)
        Ws = step(Ws, grads, kind, master)
    return np.array(losses), np.array(scales), Ws


# %%
def step(Ws, grads, kind, master):
    if grads is None:
        return Ws
    Ws = [W - RATE / SHARE * g for W, g in zip(Ws, grads, strict=True)]
    return Ws if master else [round_to(W, kind) for W in Ws]


# %% [markdown]
# The rate is divided by the share, so in exact arithmetic the share changes nothing. `FixedScale(1)` is no scaling at all:

# %%
from gdcourse.precision.numpy import DynamicScale, FixedScale

runs = {
    "float32": run("float32", FixedScale(1)),
    "float16, not scaled": run("float16", FixedScale(1)),
}
for name, (losses, *_) in runs.items():
    print(f"{name:20} {losses[:5].mean():.2f} at first, {losses[-50:].mean():.2f} late")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# "Raise the right score", and nothing else. Every class is right at times, so all scores are raised, and none is lowered until its $p$ is above
# about $0.2$. The loss ends far *above* its start. Underflow does not only slow a run down: it can change the **direction**.
#
# </details>
#
# Here are the gradients of the weights after 400 good steps: without the factor $10^{-5}$, with it, and with it and a scale.

# %% tags=["draw"]
# The gradients of a trained network against the limits of float16
from gdcourse import plots

Ws = runs["float32"][2]
a = forward(Ws, X[:64], "float32")
late = backward(Ws, a, softmax_ce_grad(a[-1], y[:64]), "float32")
sizes = np.abs(np.concatenate([g.ravel() for g in late]))
sizes = sizes[sizes > 0]
factors = {
    "the loss itself": 1.0,
    "times 1e-5": 1e-5,
    "times 1e-5, scale $2^{20}$": 1e-5 * 2**20,
}
shares = {name: np.mean(c * sizes < 2.0**-25) for name, c in factors.items()}
fig, ax = plots.figure(width=7.5, height=3.2)
for i, (name, c) in enumerate(factors.items()):
    style = {"histtype": "step", "linewidth": 1.8, "linestyle": plots.LINES[i]}
    ax.hist(
        np.log2(c * sizes),
        bins=np.arange(-45, 6),
        label=name,
        color=plots.COLOURS[i],
        **style,
    )
ax.axvspan(-46, -25, color="0.85")
ax.axvspan(-25, -14, color="0.94")
ax.text(-45.5, 1170, "becomes 0", fontsize=9)
ax.text(-24.7, 1170, "fewer digits", fontsize=9)
ax.set(
    xlabel="power of two of the gradient's modulus",
    ylabel="weights",
    ylim=(0, 1300),
    xlim=(-46, 17),
)
ax.axvline(16, color="black")
ax.text(15.5, 1170, "65504", ha="right", fontsize=9)
ax.set_title("gradients of a network, and what float16 can hold")
ax.legend(loc="center right", fontsize=9)
plots.show(
    fig,
    alt="Three histograms of the same shape over the power of two. The gradients of the loss itself lie almost all inside "
    "the range of float16. Times 1e-5 they are moved to the left, and 43 % lie where numbers become 0. With "
    "the scale they are moved back inside.",
)

# %% [markdown]
# ## Scale the loss
#
# The middle histogram is not too wide, it stands in the wrong place. So move it: multiply the loss by a factor. Here $S$ is this factor, the **scale**. The backward pass is linear in
# the gradient that enters it, so every gradient is multiplied by $S$, and afterwards you divide by it:
#
# $$g = \frac{1}{S}\,\nabla (S\,J). \tag{1}$$
#
# Two details matter. If $S$ is a power of two, it changes only the power: nothing is rounded. And the division is done in **float32**; in
# float16 the small ones would vanish at once. This is [[loss scaling]].
#
# Which $S$? The smallest gradient that counts must come above $2^{-24}$, the largest below $65504$. Here the largest is about $10^{-6}$, so
# anything up to $S = 2^{35}$ will do. Nobody knows the largest in advance, and it changes during a run. **Dynamic** scaling finds out:
#
# - a gradient came out `inf` or `nan`: $S$ was too large. Leave out this step, halve $S$.
# - a number of good steps one after the other: double $S$.
#
# By hand, from $S = 8$, doubling after three good steps:
#
# | step | good | good | overflow | good | good | good |
# |:--|--:|--:|--:|--:|--:|--:|
# | $S$ afterwards | $8$ | $8$ | $4$ | $4$ | $4$ | $8$ |
#
# So $S$ climbs until it overflows now and then, which costs a step each time. You write one such step in {{exercise:loss_scaler_step}}.

# %%
runs["float16, scaled"] = run("float16", DynamicScale(2.0**40, interval=50))
losses, scales, _ = runs["float16, scaled"]
print(
    f"{losses[-50:].mean():.2f} late, scale",
    [f"2^{np.log2(s):.0f}" for s in scales[::57]],
)

# %% tags=["draw"]
# Losses of the three runs, and the dynamic scale
smooth = np.ones(15) / 15
fig, (left, right) = plots.figure(2, width=9.0, height=3.2)
for (name, (losses, *_)), marker in zip(runs.items(), "os^", strict=True):
    left.semilogy(
        np.convolve(losses, smooth, "valid"), marker=marker, markevery=60, label=name
    )
left.set(xlabel="step", title="loss, mean of 15 steps", ylim=(0.3, 20))
left.legend(fontsize=9)
right.plot(np.log2(runs["float16, scaled"][1]))
right.set(xlabel="step", ylabel="power of two", title="the dynamic scale")
plots.show(
    fig,
    alt="Left: the losses of float32 and of scaled float16 fall together below 0.6; that of float16 without a scale rises "
    "above 7. Right: the scale falls from 2^40 in the first steps, then rises and falls by single steps.",
)

# %% tags=["check"]
# The formats, the underflow by hand, and the scaled run
for kind, bits in (("float16", 10), ("bfloat16", 7), ("float32", 23)):
    after = np.float64(1) + 2.0**-bits
    assert round_to(after, kind) == after and round_to(1 + 0.49 * 2.0**-bits, kind) == 1
assert [round(2.0**-10, 5), round(2.0**-7, 4), f"{2.0**-23:.1e}"] == [
    0.00098,
    0.0078,
    "1.2e-07",
]
assert round(1 + 2.0**-10, 5) == 1.00098 and round(1 + 2.0**-7, 4) == 1.0078
assert round_to(1.003, "bfloat16") == 1 and round_to(65504.0, "float16") == 65504
assert np.isinf(round_to(65520.0, "float16")) and round_to(2.0**-24, "float16") > 0
assert f"{2.0**-24:.0e}" == "6e-08" and round_to(2.0**-25, "float16") == 0
assert f"{2.0**-25:.0e}" == "3e-08" and round_to(2.0**-25 * 1.01, "float16") == 2.0**-24
largest = (2 - 2.0**-7) * 2.0**127
assert f"{largest:.1e}" == "3.4e+38" and round_to(largest, "bfloat16") == largest
assert f"{2.0**-133:.0e}" == "9e-41" and round_to(2.0**-133, "bfloat16") > 0
assert (
    f"{2.0**-149:.1e}" == "1.4e-45"
    and 2.0**-149 == np.finfo("float32").smallest_subnormal
)
cut = np.float32(np.pi).view(np.uint32) & np.uint32(0xFFFF0000)
assert round_to(np.float32(np.pi), "bfloat16") == cut.view(np.float32)  # here down
assert count("float16") == 2048 == 2**11 and count("bfloat16") == 256 == 2**8
unit = 1e-5 / 64
assert f"{unit:.1e}" == "1.6e-07" and f"{0.1 * unit:.1e}" == "1.6e-08"
assert 1e5 == 100000 and f"{-0.9 * unit:.1e}" == "-1.4e-07"
assert [round(q * unit * 2**24, 2) for q in (0.1, -0.9)] == [0.26, -2.36]
assert round_to(0.1 * unit, "float16") == 0
assert (
    round_to(-0.9 * unit, "float16") == -2 * 2.0**-24
    and f"{-(2.0**-23):.1e}" == "-1.2e-07"
)
assert round_to(0.19 * unit, "float16") == 0 < round_to(0.2 * unit, "float16")
ends = {name: losses[-50:].mean() for name, (losses, *_) in runs.items()}
first = runs["float16, not scaled"][0][:5].mean()
assert ends["float16, not scaled"] > 2 * first and ends["float16, not scaled"] > 7
assert ends["float32"] < 0.55 and abs(ends["float16, scaled"] - ends["float32"]) < 0.02
for seed in (1, 2):  # no luck of one seed
    bad, good = (run("float16", FixedScale(s), seed=seed)[0] for s in (1, 2.0**20))
    assert bad[-50:].mean() > 2 * bad[:5].mean() > 8 * good[-50:].mean() - 1
assert abs(shares["times 1e-5"] - 0.43) < 0.03 and shares["the loss itself"] < 0.001
assert shares["times 1e-5, scale $2^{20}$"] < 0.001 and sizes.max() < 1
assert 3e-7 < 1e-5 * sizes.max() < 3e-6 and 1e-6 * 2**35 < 65504 < 1e-6 * 2**36
scales = np.log2(runs["float16, scaled"][1])
assert scales[0] == 39 and scales[15] < 36 and np.all(np.abs(np.diff(scales)) <= 1)
assert np.any(np.diff(scales[20:]) > 0) and np.any(np.diff(scales[20:]) < 0)
hand = DynamicScale(8.0, interval=3)
seen = []
for g in (1, 1, np.inf, 1, 1, 1):
    hand.unscale([np.array([float(g)])])
    seen.append(hand.scale)
assert seen == [8, 8, 4, 4, 4, 8] and hand.skipped == 1
print(
    "checked: the formats, an underflow that turns the gradient, and the scale that mends it"
)

# %% [markdown]
# ## Steps that are lost
#
# bfloat16 needs no scale. It has another trouble. Let a weight be $w = 0.5$ and each step $-0.001$. From $0.5$ down, the next number of bfloat16
# is $0.25 + 0.25\,(1 - 2^{-7}) \approx 0.49805$, at the distance $0.00195$. Half of it is $0.00098$.
#
# **Predict.** After 100 steps of $-0.001$, exactly $w = 0.4$. What is it in bfloat16, rounded after each step? And with steps of $-0.0009$, where $0.41$ is right?

# %%
for change in (0.001, 0.0009):
    w, master = np.float32(0.5), np.float32(0.5)
    for _ in range(100):
        w = round_to(w - np.float32(change), "bfloat16")
        master = master - np.float32(change)
    print(
        f"{change}: {w:.4f}, rounded at the end only {round_to(master, 'bfloat16'):.4f}"
    )

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $0.001$ is just above half a distance, so each step becomes $0.00195$, and $w$ ends near $0.3$. $0.0009$ is just below: $w$ stays
# at $0.5$. Neither is what the optimizer asked for.
#
# </details>
#
# A step is lost where it is smaller than half a distance at the weight,
#
# $$\eta\,|g| < \tfrac12\,2^{k - r}, \quad \text{with } 2^k \le |w| < 2^{k+1}, \tag{2}$$
#
# where here $r$ is the number of bits for digits, as in the last lesson (from exactly $2^k$ towards $0$, half of that). In bfloat16 half a distance is between
# $\frac{1}{512}$ and $\frac{1}{256}$ of the weight, and a usual [[update ratio]] is a thousandth! So keep the weights in float32, step *there*, and round a copy for the network to compute with:
#
# $$W \leftarrow W - \eta\,g, \qquad w = \text{round}(W). \tag{3}$$
#
# These are [[master weights]]; in the second column above, they end at $0.4$ and $0.41$. That is what `master` does in `step`. (Without a
# second copy: round *at random*, so that the mean is right. See "Try".)

# %%
runs["float16, scaled, no master"] = run("float16", DynamicScale(interval=100), False)
runs["bfloat16"] = run("bfloat16", FixedScale(1))
runs["bfloat16, no master"] = run("bfloat16", FixedScale(1), False)
for name, (losses, *_) in runs.items():
    print(f"{name:28}{losses[-50:].mean():.3f}")

# %% tags=["draw"]
# The same run in three precisions
fig, ax = plots.figure(width=7.5, height=3.6)
for (name, (losses, *_)), marker in zip(runs.items(), plots.MARKERS, strict=False):
    ax.semilogy(
        np.convolve(losses, smooth, "valid"),
        marker=marker,
        markevery=(25, 60),
        ms=5,
        label=name,
    )
ax.set(xlabel="step", ylabel="loss, mean of 15 steps", ylim=(0.3, 20), xlim=(0, 640))
ax.set(title="one network, one seed, three precisions", xticks=range(0, 401, 100))
ax.legend(loc="upper right", fontsize=9)
plots.show(
    fig,
    alt="Losses of six runs over 400 steps. Four lie on top of each other and fall below 0.6: float32, scaled float16 with and without "
    "master weights, and bfloat16 with them. bfloat16 without master weights stays above 0.7. float16 without a scale rises above 7.",
)

# %% [markdown]
# With range or a scale, and with master weights, 16 bits train as well as 32 here. Without master weights bfloat16 is far behind; float16, with three more bits, loses little
# *at this rate*.
#
# Master weights cost four bytes a weight. The activations and the traffic are halved all the same. Long sums, too, are best kept in float32: remember the counter.

# %% tags=["check"]
# Lost steps by hand, and the six runs
assert np.isclose(0.25 + 0.25 * (1 - 2.0**-7), 0.49805, atol=5e-6)
assert round_to(0.49805, "bfloat16") < 0.5 and round(2.0**-9, 5) == 0.00195
assert round(2.0**-10, 5) == 0.00098
found = {}
for change in (0.001, 0.0009):
    w = master = np.float32(0.5)
    for _ in range(100):
        w = round_to(w - np.float32(change), "bfloat16")
        master -= np.float32(change)
    found[change] = float(w), float(round_to(master, "bfloat16"))
assert abs(found[0.001][0] - 0.3) < 0.01 and abs(found[0.001][1] - 0.4) < 0.001
assert found[0.0009][0] == 0.5 and abs(found[0.0009][1] - 0.41) < 0.001
assert round(0.5 - 100 * 0.0009, 2) == 0.41 and round(0.5 - 100 * 0.001, 2) == 0.4
v = 2.0 ** np.random.default_rng(0).uniform(-3, 3, 999)
v = round_to(v, "bfloat16")
assert np.all(round_to(v * (1 + 1 / 520), "bfloat16") == v)
assert np.all(round_to(v * (1 + 1 / 250), "bfloat16") > v)
assert round_to(0.5 + 2.0**-9, "bfloat16") == 0.5  # 1/256 of it, half a distance
assert round_to(1 - 2.0**-8, "bfloat16") < 1 == round_to(1 - 2.0**-9, "bfloat16")
ends = {name: losses[-50:].mean() for name, (losses, *_) in runs.items()}
same = ("float32", "float16, scaled", "float16, scaled, no master", "bfloat16")
assert max(ends[n] for n in same) - min(ends[n] for n in same) < 0.02
assert max(ends[n] for n in same) < 0.6 and 0.7 < ends["bfloat16, no master"] < 1
for seed in (1, 2):
    kept, lost = (run("bfloat16", FixedScale(1), m, seed)[0] for m in (True, False))
    assert lost[-50:].mean() > 1.3 * kept[-50:].mean()
print("checked: lost steps, and bfloat16 without master weights behind on three seeds")

# %% [markdown]
# ## In three frameworks
#
# PyTorch's `GradScaler` and Keras' `LossScaleOptimizer` do the same, and both keep float32 weights: PyTorch rounds copies inside `torch.autocast`, Keras by the policy
# `mixed_float16`. They differ in their first scale, $2^{16}$ and $2^{15}$; both double after 2000 good steps. Here are six gradients, doubling after three:

# %%
parts = [1.0, 2.0, np.inf, 0.5, 1.0, -1.0]
ours = DynamicScale(8.0, interval=3)
seen = []
for g in parts:
    ours.unscale([np.array([8 * g])])
    seen.append(ours.scale)
print("NumPy:  ", seen)

# %% tags=["torch"]
import torch

scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=3)
w_t = torch.zeros(1, requires_grad=True)
sgd, seen_t = torch.optim.SGD([w_t], lr=1.0), []
for g in parts:
    sgd.zero_grad()
    scaler.scale(g * w_t.sum()).backward()
    scaler.step(sgd)  # leaves the step out if a gradient is not finite
    scaler.update()
    seen_t.append(scaler.get_scale())
print("PyTorch:", seen_t, " weight", w_t.item())

# %% tags=["tensorflow"]
import keras

sgd_k = keras.optimizers.SGD(1.0)
scaler_k = keras.optimizers.LossScaleOptimizer(sgd_k, 8.0, dynamic_growth_steps=3)
w_k, seen_k = keras.Variable([0.0]), []
scaler_k.build([w_k])
for g in parts:
    scaled = keras.ops.convert_to_tensor([g]) * scaler_k.dynamic_scale
    scaler_k.apply([scaled], [w_k])
    seen_k.append(float(scaler_k.dynamic_scale.numpy()))
print("Keras:  ", seen_k, " weight", float(w_k.numpy()[0]))

# %% tags=["check", "torch", "tensorflow"]
# One rule, three times; and the first scales
assert seen == seen_t == seen_k == [8, 8, 4, 4, 4, 8]
assert w_t.item() == float(w_k.numpy()[0]) == -sum(g for g in parts if np.isfinite(g))
assert torch.amp.GradScaler("cpu").get_scale() == 2**16
assert (
    keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()).initial_scale == 2**15
)
assert torch.amp.GradScaler("cpu").get_growth_interval() == 2000
assert (
    keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()).dynamic_growth_steps
    == 2000
)
print("checked: the same scales and the same weight in all three")

# %% [markdown]
# ## Summary
#
# - float16: three digits, and a range that gradients leave. bfloat16: float32's range, two digits.
# - Small parts of a gradient become $0$ in float16, and what is left may point elsewhere. A scaled loss moves them back.
# - A dynamic scale is halved at an overflow, and the step left out; it is doubled after many good ones.
# - A step below half a distance is lost. Master weights in float32 collect such steps.
#
# ## Common mistakes
#
# - **Clipping before unscaling**: the norm is then $S$ times too large.
# - **Dividing by the scale in float16.** What was saved underflows again.
# - **Stepping with an infinite gradient.** Leave the step out, and do not let it into Adam's means.
#
# ## Quick questions
#
# 1. What is $1000 + 1$ in bfloat16?
#
#    <details><summary><b>Answer</b></summary>
#
#    $1000$: from $512$ on the distance is $2^{9-7} = 4$.
#
#    </details>
# 2. A scaler has $S = 2^{16}$, and one gradient is `nan` at *every* step, from a $0/0$ in the model. What happens?
#
#    <details><summary><b>Answer</b></summary>
#
#    $S$ is halved each time, and no step is ever taken. If a scale falls without end, the fault is not the scale.
#
#    </details>
# 3. Which of the two formats needs a scale, and which needs master weights more?
#
#    <details><summary><b>Answer</b></summary>
#
#    float16 the scale, bfloat16 the master weights.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** An overflow comes about once in every 2000 steps, when $S$ has just been doubled. Which share of steps does dynamic scaling lose in the long run? And if it doubled
# after every 20?
#
# <details><summary><b>Outline</b></summary>
#
# One in 2001, about $0.05$ %; one in 21, about $5$ %.
#
# </details>

# %% [markdown]
# **Try.** Write `round_at_random(x, rng)` for bfloat16: the next number below or above, with the chances that make the mean $x$. Take 100 steps of $-0.0009$ from $0.5$, a thousand
# times. What are mean and spread?
#
# <details><summary><b>Outline</b></summary>
#
# The mean is $0.41$, as it should be; single runs spread by about $0.01$. It is noise of mean $0$ in place of an error that always has the same sign.
#
# </details>

# %% tags=["check"]
# The questions, and rounding at random
assert round_to(1001.0, "bfloat16") == 1000 and 2 ** (9 - 7) == 4 and 2**9 == 512
assert round(100 / 2001, 2) == 0.05 and round(100 / 21) == 5 and 2**16 > 0
rng, w = np.random.default_rng(0), np.full(1000, 0.5)
for _ in range(100):
    w = w - 0.0009
    gap = 2.0 ** (np.frexp(w)[1] - 1 - 7)
    below = np.floor(w / gap) * gap
    w = below + gap * (rng.random(1000) < (w - below) / gap)
assert abs(w.mean() - 0.41) < 0.001 and 0.005 < w.std() < 0.02 and np.std(w) > 0.01 / 2
print("checked: the answers to the questions, and the mean of random rounding")

# %% [markdown]
# ## References
#
# - P. Micikevicius, S. Narang, J. Alben, G. Diamos, E. Elsen et al. (2018). Mixed precision training. *ICLR*. arXiv:1710.03740
# - D. Kalamkar, D. Mudigere, N. Mellempudi, D. Das et al. (2019). A study of bfloat16 for deep learning training. arXiv:1905.12322
# - S. Gupta, A. Agrawal, K. Gopalakrishnan, P. Narayanan (2015). Deep learning with limited numerical precision. *ICML*. arXiv:1502.02551
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
