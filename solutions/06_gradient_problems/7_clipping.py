# %% [markdown]
# # Clipping
#
# {{about}}
#
# **After this lesson you can**
#
# - clip a gradient by value, by the norm of each array and by the global norm, and say which keeps the direction,
# - say what a cliff is, and show what clipping does at one,
# - choose the threshold from the norms that a run has seen,
# - name four things that clipping cannot do, and one that it spoils.
#
# **You need** the exploding gradient and the chain of sigmoids (lesson 1 of this unit), and the Huber loss (unit 01) for the
# last section.

# %% [markdown]
# ## Three ways to shorten a gradient
#
# A model has two arrays of parameters, and this is the gradient: $(6, 8)$ for the first, $(24)$ for the second. **[[Gradient
# clipping|gradient clipping]]** with the threshold $C = 6.5$:
#
# | | first array | second array | what is done |
# |:--|:--|:--|:--|
# | by value | $(6, 6.5)$ | $(6.5)$ | each entry cut to $[-6.5, 6.5]$ |
# | by norm, each array | $(3.9, 5.2)$ | $(6.5)$ | the lengths are $10$ and $24$: times $0.65$, times $0.27$ |
# | by global norm | $(1.5, 2)$ | $(6)$ | the length of all is $\sqrt{36 + 64 + 576} = 26$: times $\frac14$ |
#
# The [[global norm]] takes all entries as one vector $g$, and
#
# $$g \leftarrow g \cdot \min\!\Bigl(1,\ \frac{C}{\|g\|}\Bigr). \tag{1}$$
#
# **Predict.** Which of the three keep the direction of the whole gradient? Which turns it most?

# %%
import numpy as np
from gdcourse.clipping.numpy import clip_by_global_norm, clip_by_norm, clip_by_value

g = [np.array([6.0, 8]), np.array([24.0])]


def angle(clipped):
    a, b = np.concatenate(g), np.concatenate(clipped)
    return np.degrees(np.arccos(min(1, a @ b / np.linalg.norm(a) / np.linalg.norm(b))))


# %%
clipped = {
    "value": clip_by_value(g, 6.5),
    "norm": clip_by_norm(g, 6.5),
    "global norm": clip_by_global_norm(g, 6.5)[0],
}
for name, arrays in clipped.items():
    print(f"by {name:12}{np.concatenate(arrays)}  {angle(arrays):.0f} degrees")

# %% tags=["draw"]
# The gradient and the three clipped ones as arrows
from gdcourse import plots

fig, ax = plots.figure(width=6.6, height=3.4)
arrows = {"the gradient": g, **{f"by {n}": a for n, a in clipped.items()}}
for (name, (first, second)), style in zip(
    arrows.items(), ("-", "--", "-.", "-"), strict=True
):
    x, y = np.linalg.norm(first), second[0]
    colour = plots.COLOURS[list(arrows).index(name)]
    width = 4 if "global" in name else 2
    ax.plot([0, x], [0, y], style, color=colour, linewidth=width, label=name)
    ax.plot(x, y, "o", color=colour)
ax.set(xlabel="length of the first array", ylabel="second array", xlim=(0, 22))
ax.set(title="C = 6.5", ylim=(0, 26))
ax.legend(loc="center right")
plots.show(
    fig,
    alt="Four lines from the origin, drawn by the length of the first array and the second "
    "array. That of the gradient is the longest; that of the global norm lies on it and is "
    "shorter; that by value is turned most.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Only the global norm keeps it, since all entries are multiplied by the same number. By value turns it by 31 degrees, by norm by 22
# (which keeps the direction within each array).
#
# </details>
#
# You write the last of the three in {{exercise:clip_by_global_norm}}, for arrays whose squares no `float64` can hold, too.

# %% tags=["check"]
# The table by hand, and the angles
first, second = (np.array([arrays[i] for arrays in clipped.values()]) for i in (0, 1))
assert np.allclose(first, [[6, 6.5], [3.9, 5.2], [1.5, 2]]) and 6.5 / 10 == 0.65
assert np.allclose(second.ravel(), [6.5, 6.5, 6]) and round(6.5 / 24, 2) == 0.27
assert np.sqrt(36 + 64 + 576) == 26 and 6.5 / 26 == 1 / 4 and np.hypot(6, 8) == 10
angles = [angle(arrays) for arrays in clipped.values()]
assert [round(a) for a in angles] == [31, 22, 0]
print("checked: three ways to clip by hand; only the global norm keeps the direction")

# %% [markdown]
# ## A cliff
#
# The chain of lesson 1 again, now as one neuron that feeds itself: $a \leftarrow$ sigmoid of $w a + b$, 50 times, from $0.5$. The *same* $w$ and $b$
# at each step. Its last value is to be $y = 0.7$:
#
# $$J(w, b) = (a_{50} - 0.7)^2. \tag{2}$$
#
# Pascanu, Mikolov and Bengio (2013) drew this loss. Where $w$ is above 4, the neuron has two resting points, one high and one low. A hair's
# breadth in $b$ decides which of them it ends in, so the loss jumps, and the gradient on the jump is a product of 50 factors
# above 1.


# %%
def loss_and_grad(w, b, steps=50):
    a = [0.5 + 0 * w]
    for _ in range(steps):
        a.append(1 / (1 + np.exp(-(w * a[-1] + b))))
    delta, gw, gb = 2 * (a[-1] - 0.7), 0, 0
    for k in range(steps, 0, -1):
        delta = delta * a[k] * (1 - a[k])
        gw, gb = gw + delta * a[k - 1], gb + delta
        delta = delta * w
    return (a[-1] - 0.7) ** 2, gw, gb


# %%
for b in (-2.49, -2.5, -2.51):
    J, gw, gb = loss_and_grad(5.0, b)
    print(f"b = {b:5.2f}: loss {J:.3f}, length of the gradient {np.hypot(gw, gb):.2g}")

# %% [markdown]
# Descend from $w = 5$, $b = -2$ with the rate 1, unclipped and with $C = 0.3$.
#
# **Predict.** A step lands on the cliff, and the gradient there has the length $6.5$. Where does each of the two go?


# %%
def descend(w, b, lr, C=np.inf, steps=300):
    path, norms = [(w, b)], []
    for _ in range(steps):
        _, gw, gb = loss_and_grad(w, b)
        norms.append(np.hypot(gw, gb))
        factor = np.minimum(1, C / np.maximum(norms[-1], 1e-300))
        w, b = w - lr * factor * gw, b - lr * factor * gb
        path.append((w, b))
    return np.array(path), np.array(norms)


# %%
free, free_norms = descend(5.0, -2.0, lr=1)
held, held_norms = descend(5.0, -2.0, lr=1, C=0.3)
for name, path in {"unclipped": free, "clipped": held}.items():
    w, b = path[-1]
    print(
        f"{name:9}: ends at w = {w:.2f}, b = {b:.2f}, loss {loss_and_grad(w, b)[0]:.4f}"
    )

# %% tags=["draw"]
# Both ways on the map of the loss, and the norms that they met
fig, axes = plots.figure(2, width=9.2, height=3.8)
ws, bs = np.meshgrid(np.linspace(2, 8, 241), np.linspace(-4, 4.5, 341))
surface = loss_and_grad(ws, bs)[0]
levels = np.linspace(0, 0.3, 13)
axes[0].contourf(ws, bs, surface, levels, cmap="Greys", alpha=0.6, extend="max")
for path, name, mark, colour in (
    (free, "unclipped", "s", plots.COLOURS[1]),
    (held, "clipped", "o", plots.COLOURS[0]),
):
    axes[0].plot(*path.T, mark, markersize=3, linestyle="-", color=colour, label=name)
axes[0].plot(5, -2, "*", color="black", markersize=12, label="start")
axes[0].set(xlabel="w", ylabel="b", title="loss (darker: larger)")
axes[0].legend(loc="upper left")
axes[1].semilogy(free_norms[:60] + 1e-6, "s-", markersize=3, color=plots.COLOURS[1])
axes[1].semilogy(held_norms[:60], "o-", markersize=3, color=plots.COLOURS[0])
axes[1].axhline(0.3, color="black", linestyle=":")
axes[1].set(xlabel="step", title="length of the gradient, before clipping")
axes[1].text(59, 0.34, "C", ha="right")
plots.show(
    fig,
    alt="Left: the loss over w and b, with an edge that runs down to the right. Both ways start at "
    "w 5, b -2 and walk along the edge; the unclipped one jumps in one step to w 6.8, b 3.8 and "
    "stays there, the clipped one goes on down the valley to w 3.5. Right: the length of the gradient, "
    "mostly near 0.1, with a peak of 6.5 at step 24, after which the unclipped one is nearly 0.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Unclipped, one step of the length $6.5$ throws it far away, to $w = 6.8$, $b = 3.8$. There the neuron is saturated, the gradient vanishes, and it
# stays, at the loss $0.09$. Clipped, the step is $0.3$ long, in the same direction, and the descent goes on down the valley.
#
# </details>
#
# Why may one shorten it? The gradient describes the loss *nearby*. On the cliff, nearby is very near: its length says nothing about how far that slope
# goes on.

# %% tags=["check"]
# The cliff and the two ways
h = 1e-6
for w, b in ((5.0, -2.0), (4.2, -2.05), (3.5, -1.6)):
    J, gw, gb = loss_and_grad(w, b)
    by_w = (loss_and_grad(w + h, b)[0] - loss_and_grad(w - h, b)[0]) / (2 * h)
    by_b = (loss_and_grad(w, b + h)[0] - loss_and_grad(w, b - h)[0]) / (2 * h)
    assert np.allclose([gw, gb], [by_w, by_b], rtol=1e-4)
assert np.hypot(*loss_and_grad(5.0, -2.5)[1:]) > 1e4
assert max(np.hypot(*loss_and_grad(5.0, b)[1:]) for b in (-2.49, -2.51)) < 1


def chain_end(w, b, a=0.5):
    for _ in range(50):
        a = 1 / (1 + np.exp(-(w * a + b)))
    return a


assert chain_end(5, -2.49) > 0.6 and chain_end(5, -2.51) < 0.4
assert np.isclose(loss_and_grad(5.0, -2.0)[0], (chain_end(5, -2) - 0.7) ** 2)
assert np.allclose(free[0], [5, -2]) and free_norms.argmax() == 24
assert 0.01 < np.median(held_norms[:60]) < 0.2 and abs(free_norms.max() - 6.5) < 0.1
assert np.allclose(free[25], [6.8, 3.8], atol=0.1) and free_norms[25:].max() < 1e-2
assert np.allclose(free[-1], free[25], atol=0.1)
assert round(loss_and_grad(*free[-1])[0], 2) == 0.09
assert loss_and_grad(*held[-1])[0] < 1e-3 and abs(held[-1][0] - 3.5) < 0.3
assert np.linalg.norm(np.diff(held, axis=0), axis=1).max() < 0.3 + 1e-9
print("checked: the gradient by differences, and where both ways end")

# %% [markdown]
# ## Many starts, and the threshold
#
# One start is luck. So 100 of them, with $w$ between 4 and 6 and $b$ a little above the cliff; five rates, five thresholds, 300 steps each. Counted is
# who comes below a loss of $0.001$.

# %%
rng = np.random.default_rng(0)
w0 = rng.uniform(4, 6, 100) + np.zeros((5, 5, 1))  # rates x thresholds x starts
b0 = -w0 / 2 + rng.uniform(0.2, 0.8, 100)
rates, thresholds = np.array([0.1, 0.3, 1, 3, 10]), np.array([np.inf, 3, 1, 0.3, 0.1])
with np.errstate(over="ignore"):
    path, _ = descend(w0, b0, rates[:, None, None], thresholds[:, None])
share = np.mean(loss_and_grad(*path[-1])[0] < 0.001, axis=2)
print("per cent that arrive; C = ", thresholds)
for lr, line in zip(rates, 100 * share, strict=True):
    print(f"rate {lr:4}:", *[f"{s:4.0f}" for s in line])

# %% [markdown]
# Unclipped, the best rate gets about 85 of 100 there. With the right $C$ all arrive, at rates over a factor of ten. Too large a $C$ does not hold; too
# small a one makes steps too short for the budget.
#
# How to choose it: **look at the norms.** Record them for a while without clipping ($C = \infty$):

# %%
_, norms = descend(w0[0, 0], b0[0, 0], lr=1, steps=50)
for q in (0.5, 0.9, 0.99, 1):
    print(f"{100 * q:3.0f} % of the norms are below {np.quantile(norms, q):.2g}")
print(f"mean {norms.mean():.2g}")

# %% [markdown]
# Half of the norms are below $0.07$, and a few are huge. Those few make the mean, so go by the *median*. From 2 to 10 times the median all
# starts arrive at this rate. (The authors recommend half to ten times the average norm.) And what counts is the length of the step, rate times $C$: at the
# rate 10, $C = 1$ is too large.

# %% tags=["check"]
# The table and the norms
assert abs(share[:, 0].max() - 0.85) < 0.07 and 0 < share[:, 0].argmax() < 4
assert (share[1:4, 3] >= 0.98).all() and rates[3] / rates[1] == 10
assert w0.shape[-1] == 100 and path.shape[0] == 301
assert share[0, 4] < share[0, 2] and share[4, 2] < 0.95 and share[4, 3] >= 0.98
assert share[2, 1] < 0.95 and share[3, 1] < 0.95  # too large a threshold does not hold
median = np.median(norms)
assert abs(median - 0.07) < 0.01 and norms.max() > 1e2 and norms.mean() > 5 * median
for many in (2, 5, 10):
    end = descend(w0[0, 0], b0[0, 0], 1, many * median)[0][-1]
    assert np.mean(loss_and_grad(*end)[0] < 0.001) >= 0.98
print("checked: with the right threshold all arrive; unclipped 85 of 100 at best")

# %% [markdown]
# ## What it cannot do
#
# **Lengthen.** The factor in (1) is at most 1. A gradient of $10^{-30}$ stays one: against vanishing, clipping does nothing.
#
# **Undo an overflow.** A published tutorial recommends clipping against overflow.
#
# **Predict.** The gradient $(\infty, 1, 1)$ is clipped to the global norm 1 by formula (1). What comes out? And by value, at 1?

# %%
g = np.array([np.inf, 1.0, 1.0])
with np.errstate(invalid="ignore"):
    print("global norm:", g * min(1, 1 / np.linalg.norm(g)))
print("by value:   ", np.clip(g, -1, 1), " and of NaN:", np.clip(np.nan, -1, 1))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $(\mathrm{NaN}, 0, 0)$: the norm is infinite, the factor is 0, and $\infty \cdot 0$ is not a number. One step, and a parameter is NaN.
# By value it is $(1, 1, 1)$.
#
# </details>
#
# By value does make numbers out of infinities. But the run then goes on with a gradient of which one entry is made up, and nobody is told. (And NaN
# stays NaN.) Rather find where it overflowed, and skip that step: the library's functions raise an error, and PyTorch's does if you
# say `error_if_nonfinite=True`. What clipping can do is *earlier*: short steps keep the *next* forward pass in range.
#
# **Mend a wrong gradient.** A wrong sign stays wrong, only shorter.
#
# ## What it spoils
#
# Clip the gradient of *each sample*, and their mean is no longer the gradient. Four samples, with the gradients $-1, -1, -1, 9$: the mean is
# $1.5$. Clipped at 1 they are $-1, -1, -1, 1$, with the mean $-0.5$. The other direction!
#
# So descent ends elsewhere. Let the targets be $0, 0, 0, 8$ and the loss $\frac12 (w - y)^2$: it ends at the mean, 2. With clipping at 1 the
# gradients balance where $3w = 1$, at $w = \frac13$. That is the minimum of the Huber loss, not of yours. It may be what you want, against
# [[outliers|outlier]]. And it is the same with mini-batches, less strongly: a clipped mean over a small batch leans towards the
# typical sample.

# %%
y, w = np.array([0, 0, 0, 8.0]), {"free": 1.0, "clipped": 1.0}
for _ in range(500):
    w["free"] -= 0.1 * np.mean(w["free"] - y)
    w["clipped"] -= 0.1 * np.mean(np.clip(w["clipped"] - y, -1, 1))
print(w)

# %% tags=["check"]
# Infinity, NaN, and the clipped mean
with np.errstate(invalid="ignore"):
    spoiled = g * min(1, 1 / np.linalg.norm(g))
assert np.isnan(spoiled[0]) and spoiled[1:].tolist() == [0, 0]
assert np.clip(g, -1, 1).tolist() == [1, 1, 1] and np.isnan(np.clip(np.nan, -1, 1))
assert clip_by_global_norm([np.array([1e-30])], 1.0)[0][0][0] == 1e-30
raised = 0
for way in (clip_by_value, clip_by_norm, clip_by_global_norm):
    try:
        way([g], 1.0)
    except ValueError:
        raised += 1
assert raised == 3
single = np.array([-1, -1, -1, 9])
assert single.mean() == 1.5 and np.clip(single, -1, 1).mean() == -0.5
assert np.isclose(w["free"], 2) and np.isclose(w["clipped"], 1 / 3)
print(
    "checked: no clipping mends an infinity honestly, and the clipped mean ends at 1/3"
)

# %% [markdown]
# ## In three frameworks
#
# `torch.nn.utils.clip_grad_norm_` is the global norm; it divides by the norm plus $10^{-6}$. Keras' optimizers take `clipvalue`, `clipnorm` (each array
# by itself!) and `global_clipnorm`. A step of gradient descent with the rate 1 from 0 shows the clipped gradient.

# %%
arrays = [np.array([6.0, 8]), np.array([24.0])]
print("NumPy:  ", *clip_by_global_norm(arrays, 6.5)[0])

# %% tags=["torch"]
import torch

params = [torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True)]
for p, g_p in zip(params, arrays, strict=True):
    p.grad = torch.tensor(g_p, dtype=torch.float32)
norm_t = torch.nn.utils.clip_grad_norm_(params, 6.5)
print("PyTorch:", *[p.grad.numpy() for p in params], "norm before:", norm_t.item())

# %% tags=["tensorflow"]
import keras

steps_k = {}
for name in ("clipnorm", "global_clipnorm"):
    variables = [keras.Variable(np.zeros(2)), keras.Variable(np.zeros(1))]
    keras.optimizers.SGD(1.0, **{name: 6.5}).apply(arrays, variables)
    steps_k[name] = [-v.numpy() for v in variables]
    print(f"Keras, {name}:", *steps_k[name])

# %% tags=["check", "torch", "tensorflow"]
# The same global norm in all three, and clipnorm is another thing
expected = clip_by_global_norm(arrays, 6.5)[0]
for p, k, e in zip(params, steps_k["global_clipnorm"], expected, strict=True):
    assert np.allclose(p.grad.numpy(), e, rtol=1e-6) and np.allclose(k, e, rtol=1e-6)
for k, e in zip(steps_k["clipnorm"], clip_by_norm(arrays, 6.5), strict=True):
    assert np.allclose(k, e, rtol=1e-6)
assert norm_t.item() == 26 and 10**-6 == 1e-6
params[0].grad = torch.tensor([float("inf"), 1.0])
try:
    torch.nn.utils.clip_grad_norm_(params, 6.5, error_if_nonfinite=True)
except RuntimeError:
    refused = True
assert refused and torch.isinf(params[0].grad[0])
torch.nn.utils.clip_grad_norm_(params, 6.5)
assert torch.isnan(params[0].grad[0])
print("checked: all three agree; Keras' clipnorm is per array; PyTorch passes NaN on")

# %% [markdown]
# ## Summary
#
# - By global norm keeps the direction of the whole, by norm that of each array, by value of none.
# - At a cliff the gradient's direction is right and its length is not. Clipping keeps the step short, and more starts arrive.
# - Take the threshold from the norms seen: somewhat above their median. What counts is rate times threshold.
# - It does not lengthen, does not undo an overflow, does not mend a wrong gradient, and clipped means are biased.
#
# ## Common mistakes
#
# - **Clipping before `backward`, or after `step`.** It belongs between the two.
# - **`clipnorm` for the global norm** in Keras.
# - **A threshold that is met at each step.** Then you descend with steps of fixed length, and the rate of your schedule means another thing.
# - **Clipping scaled gradients.** With loss scaling, divide first, then clip.
#
# ## Quick questions
#
# 1. The gradient is $(3, 4)$ and $C = 10$. What comes out, by global norm?
#
#    <details><summary><b>Answer</b></summary>
#
#    $(3, 4)$: its length is $5$, so the factor is 1.
#
#    </details>
# 2. A model of 100 arrays, each with a gradient of the length 1. Clip with $C = 1$, each array by itself and globally. How long is
#    the step?
#
#    <details><summary><b>Answer</b></summary>
#
#    By itself: nothing is clipped, $\sqrt{100} = 10$. Globally: $1$.
#
#    </details>
# 3. Which of the three ways depends on how you divide the parameters into arrays?
#
#    <details><summary><b>Answer</b></summary>
#
#    Only that by the norm of each array.
#
#    </details>
# 4. Adam divides by the root of the running squares. Is clipping superfluous with it?
#
#    <details><summary><b>Answer</b></summary>
#
#    No. One huge gradient makes a step of limited length, but it stays in the running squares, and the steps after it are tiny for a long time.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that (1) gives the vector nearest to $g$ among all that are at most $C$ long.
#
# <details><summary><b>Outline</b></summary>
#
# Let $\|g\| > C$ and $\|v\| \le C$. Then $\|g - v\| \ge \|g\| - \|v\| \ge \|g\| - C$, and the clipped vector reaches just that. Clipping by
# value is the nearest in a cube instead of a ball.
#
# </details>

# %% [markdown]
# **Try.** Let `descend` *skip* a step whose norm is above $C$, instead of clipping it. Why does that not work on the cliff?
#
# <details><summary><b>Outline</b></summary>
#
# Without noise the next gradient is the same, so it is skipped too, for ever. With mini-batches the next one differs, and skipping can work.
#
# </details>

# %% tags=["check"]
# A short gradient, a hundred arrays, Adam, the nearest vector
assert clip_by_global_norm([np.array([3.0, 4])], 10.0)[0][0].tolist() == [3, 4]
hundred = [np.array([1.0])] * 100
assert (
    np.linalg.norm(np.concatenate(clip_by_norm(hundred, 1.0))) == 10
    and 3**2 + 4**2 == 5**2
)
assert np.isclose(
    np.linalg.norm(np.concatenate(clip_by_global_norm(hundred, 1.0)[0])), 1
)
s, steps_after = 1.0, []
for gradient in (1e3, *[1.0] * 500):
    s = 0.999 * s + 0.001 * gradient**2
    steps_after.append(gradient / np.sqrt(s))
assert steps_after[500] < 0.1  # 500 steps later still below a tenth of the usual step
points = np.random.default_rng(1).normal(size=(1000, 3))
points *= 6.5 / np.maximum(6.5, np.linalg.norm(points, axis=1, keepdims=True))
nearest = np.linalg.norm(np.array([6, 8, 24]) - points, axis=1).min()
assert nearest >= np.linalg.norm(np.array([6, 8, 24]) * 0.75) - 1e-9
print("checked: the answers to the questions")

# %% [markdown]
# ## References
#
# - R. Pascanu, T. Mikolov, Y. Bengio (2013). On the difficulty of training recurrent neural networks. *ICML*. arXiv:1211.5063
# - J. Zhang, T. He, S. Sra, A. Jadbabaie (2020). Why gradient clipping accelerates training: a theoretical justification for adaptivity.
#   *ICLR*. arXiv:1905.11881
# - X. Chen, S. Z. Wu, M. Hong (2020). Understanding gradient clipping in private SGD: a geometric perspective. *NeurIPS*.
#   arXiv:2006.15429
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
