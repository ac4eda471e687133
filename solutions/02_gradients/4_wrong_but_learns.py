# %% [markdown]
# # A wrong gradient that learns
#
# {{about}}
#
# **After this lesson you can**
#
# - read a backward pass and find its faults, by shapes and by factors,
# - say why a falling loss does not prove a gradient,
# - measure how wrong a gradient is, as an angle,
# - find out which factor is missing where.
#
# **You need** the three stages of the lesson before this one, the angle between two directions (lesson 1), and how
# NumPy adds arrays of different shapes.

# %% [markdown]
# ## Read this code
#
# A published tutorial announces the three-stage model, and data of the form $y = 2x + 3$ plus noise. Here is its
# program, restated. It puts a ReLU behind the first two stages, and its loss is the mean of the squared errors.

# %%
import numpy as np

x5 = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
y5 = np.array([2.1, 3.2, 4.3, 5.4, 6.5])


def program_gradients(w1, b1, w2, b2, w3, b3):
    a1 = np.maximum(w1 * x5 + b1, 0)
    a2 = np.maximum(w2 * a1 + b2, 0)
    y_hat = w3 * a2 + b3
    same = (2 / 5) * (y5 - y_hat) * (a2 - y5)
    return [same * a1, same, same * a1, same, same * a2, same]


# %% [markdown]
# **Predict.** Each parameter starts as one number, in an array of the shape `(1,)`. Which shape has `b3` after one
# step? And how many faults do you find in the code?

# %%
p = [np.array([v]) for v in (0.5, 0.4, 0.6, 0.2, 0.3, 0.1)]
p = [v - 0.1 * g for v, g in zip(p, program_gradients(*p), strict=True)]
print("shape of b3:", p[5].shape)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# `(5,)`. No sum over the samples was taken. So each "gradient" is five numbers, and broadcasting turns each parameter
# into five: one private set for each sample. The faults, one by one:
#
# - **No sum** over the samples.
# - **No later weights.** `w1` needs $w_3 w_2$, and `w2` needs $w_3$.
# - **The sign.** `y5 - y_hat` is the error turned round.
# - **No switch.** A ReLU stops the gradient where its input is negative.
# - **`(a2 - y5)` belongs to nothing.** A hidden value is compared with the target.
# - **The wrong input.** What comes into the first stage is `x5`, not `a1`.
# - **One expression for all six.** Six partial derivatives are six different things.
# - The data are $1.1 x + 1$ exactly: another line, and no noise.
#
# </details>

# %% tags=["check"]
# Are these faults real?
from gdcourse.gradients import central_difference


def program_forward(p, x=x5):
    w1, b1, w2, b2, w3, b3 = p
    a1 = np.maximum(w1 * x + b1, 0)
    a2 = np.maximum(w2 * a1 + b2, 0)
    return a1, a2, w3 * a2 + b3


def program_loss(p):
    return np.mean((program_forward(p)[2] - y5) ** 2, axis=-1)


first = np.array([0.5, 0.4, 0.6, 0.2, 0.3, 0.1])
true = central_difference(program_loss, first)
for given, t in zip(program_gradients(*first), true, strict=True):
    assert (
        given.shape == (5,)
        and not np.isclose([*given, given.sum()], t, rtol=0.01).any()
    )
assert p[5].shape == (5,) and np.allclose(y5, 1.1 * x5 + 1)
print("checked: none of the six is a derivative, nor is its sum over the samples")

# %% [markdown]
# ## And yet it learns
#
# Let it run for 1000 steps with its own rate, $0.1$, from 200 random starts.
#
# **Predict.** In how many of the 200 runs does the loss end below $0.000001$: in none, in about 60, or in most? (The
# runs are in the folded cell. `program_losses` are their last losses, `solved` the numbers of those below.
# `program_forward`, in the check above, returns `a1`, `a2` and the prediction.)

# %% tags=["setup"]
# Run it from 200 starts at once: six arrays (200, 1), a row per start
p = np.random.default_rng(0).normal(size=(6, 200, 1))
p = list(p)
with np.errstate(all="ignore"):
    for _ in range(1000):
        p = [v - 0.1 * g for v, g in zip(p, program_gradients(*p), strict=True)]
    program_losses = program_loss(p)
solved = np.flatnonzero(program_losses < 1e-6)

# %%
print("not finite:", np.sum(~np.isfinite(program_losses)))
print("below 0.000001:", len(solved))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# In $58$. In $111$ it ends as `inf` or `nan`. Of the other $31$, $11$ are on their way there, and $20$ have stopped
# short.
#
# </details>

# %% [markdown]
# So in more than a quarter of the runs the loss is as good as zero. How can that be? Look at `same`. Where the hidden
# value `a2` is below its target, `(a2 - y5)` is negative, and turns the wrong sign of the error right again: `b3`
# goes the right way. Where `a2` is above, it goes the wrong way, and the run explodes. Where `a2` *equals* its
# target, nothing moves, though the prediction be wrong: those are the $20$.
#
# Is the model good? Ask one of the $58$ for a sixth point. The right answer is $1.1 \cdot 6 + 1 = 7.6$.
#
# **Predict.** What does it answer at $x = 6$?

# %%
lookup = [v[solved[0]] for v in p]  # its parameters: five private sets
print("prediction at 6:", program_forward(lookup, 6.0)[2].round(2))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Five numbers, and none of them is near $7.6$. Each sample has trained its own private model, to its own point.
# Together they are a look-up table: it knows five points. For a sixth there is no rule which entry to take.
#
# </details>

# %% [markdown]
# One line would have stopped this at the first step: `assert gradient.shape == parameter.shape`.

# %% tags=["check"]
# Do the counts hold, and is it a look-up table?
assert len(program_losses) == 200 and len(solved) == 58 and 58 / 200 > 1 / 4
assert np.sum(~np.isfinite(program_losses)) == 111
assert np.sum(program_losses < 0.000001) == 58
with np.errstate(all="ignore"):
    rest = np.isfinite(program_losses) & (program_losses >= 1e-6)
    stopped = rest & (program_losses < 100)
    _, a2, y_hat = program_forward(p)
    idle = np.abs(a2 - y5) < 0.01  # the hidden value has reached the target
    wrong = np.abs(y_hat - y5) > 0.01
assert (rest.sum(), stopped.sum(), np.sum(rest & (program_losses > 1e100))) == (
    31,
    20,
    11,
)
assert np.mean(idle[stopped][wrong[stopped]]) > 0.9
at_six = program_forward(lookup, 6.0)[2]
assert at_six.shape == (5,) and np.isclose(1.1 * 6 + 1, 7.6)
assert np.abs(at_six - 7.6).min() > 1
assert np.allclose(program_forward(lookup)[2], y5, atol=1e-2)
print("checked: the counts, and the look-up table")

# %% [markdown]
# ## The formulas, with the sign mended
#
# The tutorial's text has formulas too, without a ReLU. Each is "error times input", for each stage alike, and the error
# is $y - \hat y$: the sign is turned, so the run climbs. Most readers find that, and turn it back:


# %%
def forward(p, x):
    w1, b1, w2, b2, w3, b3 = p
    z1 = w1 * x + b1
    z2 = w2 * z1 + b2
    return z1, z2, w3 * z2 + b3


def mended(p, x, y):
    z1, z2, y_hat = forward(p, x)
    e = (y_hat - y) / len(x)
    return np.array([e @ x, e.sum(), e @ z1, e.sum(), e @ z2, e.sum()])


# %% [markdown]
# The later weights are still missing, so four of the six are wrong. Run it on the 50 points of the last lesson, from
# 100 random starts, and the right gradient beside it, for 3000 steps each.
#
# **Predict.** How many of the 100 wrong runs come down to the best line, with the rate $0.003$? And with $0.01$?
# (In the code, `floor` is the loss of the best line, `loss` that of any six parameters, on the points `x` and `y`.)

# %% tags=["setup"]
# Both gradients, from 100 starts at once: p has the shape (6, 100)
from gdcourse import datasets, plots

data = datasets.line()
x, y = data.X[:, 0], data.y
slope, offset = np.polyfit(x, y, 1)
floor = np.mean((slope * x + offset - y) ** 2) / 2
starts = np.random.default_rng(1).normal(size=(6, 100))


def loss(p):
    return np.mean((forward(np.asarray(p)[..., None], x)[2] - y) ** 2, axis=-1) / 2


def many(p, with_weights):
    w1, b1, w2, b2, w3, b3 = p[..., None]
    z1, z2, y_hat = forward(p[..., None], x)
    d3 = (y_hat - y) / len(x)
    d2 = w3 * d3 if with_weights else d3
    d1 = w2 * d2 if with_weights else d3
    return np.sum([d1 * x, d1, d2 * z1, d2, d3 * z2, d3], axis=-1)


def run(with_weights, lr, p=starts, steps=3000, sign=1):
    path = [p]
    with np.errstate(all="ignore"):
        for _ in range(steps):
            path.append(path[-1] - sign * lr * many(path[-1], with_weights))
    return np.array(path)


# %%
for lr in (0.003, 0.01):
    for name, with_weights in (("right", True), ("wrong", False)):
        end = loss(run(with_weights, lr)[-1])
        print(f"rate {lr}, {name}: {np.sum(end < floor + 0.0001)} of 100 arrive")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $94$ with the small rate, $64$ with the larger one. The other $36$ end in `nan`. The right gradient brings all $100$
# home with both.
#
# </details>

# %% [markdown]
# So a wrong gradient passes for right, as long as the rate is small. How wrong is it? Take the **angle** to the right
# one:
#
# $$\cos\varphi = \frac{g_{\text{wrong}} \cdot g_{\text{right}}}{|g_{\text{wrong}}|\,|g_{\text{right}}|}. \tag{1}$$
#
# Below $90°$, a short step still goes down, since the rate of change is a cosine (lesson 1). Above $90°$ it goes up.

# %% tags=["draw"]
# Losses and angles of the first twelve wrong runs
path = run(False, 0.003)
losses = np.array([loss(p) for p in path])
kept = np.unique(np.geomspace(1, 3001, 90).round().astype(int)) - 1


def angle(a, b):
    cosine = np.sum(a * b, axis=0)
    cosine /= np.linalg.norm(a, axis=0) * np.linalg.norm(b, axis=0)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


angles = np.array([angle(many(path[t], False), many(path[t], True)) for t in kept])


def story(step):
    fig, axes = plots.figure(3, width=9.6, height=3.5)
    for ax, values in zip(axes, (losses[kept], angles), strict=False):
        ax.plot(kept + 1, values[:, 1:12], color="0.75", linestyle="-", linewidth=0.8)
        ax.plot(kept + 1, values[:, 0], color=plots.COLOURS[0], linestyle="-")
        at = values[list(kept).index(step), 0]
        ax.plot(step + 1, at, "o", color=plots.COLOURS[1], markersize=8)
        ax.set(xscale="log", xlabel="step + 1")
    axes[0].axhline(floor, color="black", linestyle=":")
    axes[0].set(yscale="log", ylabel="$J$", title="losses fall to the floor")
    axes[1].axhline(90, color="black", linestyle="--")
    axes[1].set(ylabel="degrees", title="angle to the gradient", ylim=(-5, 185))
    axes[1].text(60, 96, "uphill above", fontsize=9)
    axes[2].plot(x, y, ".", color="0.6")
    ends = np.array([0, 5])
    axes[2].plot(ends, forward(path[step][:, 0], ends)[2], color=plots.COLOURS[0])
    axes[2].set(xlabel="$x$", ylabel="$y$", title=f"run 0, step {step}", ylim=(-8, 16))
    return fig


plots.show(
    story(0),
    alt="Twelve runs with the wrong gradient, run 0 in blue. Left: all losses come down close to "
    "the floor. Middle: the angle to the right gradient starts between 10 and 156 degrees and "
    "ends between 1 and 21. Right: at step 0 the line of run 0 is far off the points.",
)

# %% [markdown]
# Run 0 begins at $156°$. It goes *uphill*, and its loss rises for $6$ steps before it falls. Why does it arrive all the
# same? The entries for $w_3$ and $b_3$ are right, and they drag the rest along. And *if* a wrong run comes to rest, it
# rests at the best line (the question to derive shows it). Whether it comes to rest is luck.
#
# **"The loss went down" does not prove that a gradient is right.**

# %% tags=["check"]
# Do the counts, the angles and the rises hold?
counts, lost = {}, {}
for lr in (0.003, 0.01):
    for with_weights in (True, False):
        end = loss(run(with_weights, lr)[-1])
        counts[lr, with_weights] = np.sum(end < floor + 0.0001)
        lost[lr, with_weights] = np.sum(~np.isfinite(end))
assert counts[0.003, True] == counts[0.01, True] == 100 and len(path) == 1 + 3000
assert counts[0.003, False] == 94 and counts[0.01, False] == 64
assert lost[0.003, False] == 0 and lost[0.01, False] == 36
assert round(angles[0, 0]) == 156 and np.sum(np.diff(losses[:, 0]) > 1e-9) == 6
assert round(angles[0, :12].min()) > 10 and round(angles[0, :12].max()) == 156
assert (
    angles[-1, :12].min() > 1
    and angles[-1, :12].max() < 21
    and (losses[-1, :12] < floor + 0.0001).all()
)
one = starts[:, 0]
assert np.allclose(many(starts, False)[:, 0], mended(one, x, y))
assert np.allclose(many(starts, True)[:, 0], central_difference(loss, one), rtol=1e-5)
# the open question
uphill = run(False, 0.003, steps=1000, sign=-1)[-1]
with np.errstate(all="ignore"):
    down = loss(uphill) < 1
    assert np.sum(down) == 5 and np.sum(~(loss(uphill) < 1e12)) == 95
assert (uphill[2, down] * uphill[4, down] < 0).all()
print("checked: counts at two rates, the first angle, the six rises")

# %% [markdown]
# Slide through run 0. (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the steps of run 0
plots.slider(
    lambda step: (story(step), f"Run 0 at step {step}: loss {losses[step, 0]:.3f}."),
    step=kept[::4].tolist(),
)

# %% [markdown]
# ## The missing factor, by its name
#
# One cheap measurement finds the fault. Nudge each parameter a little up and down, as in lesson 1, and see how $J$
# changes. That gives the right gradient without any derivation. Divide it by the given one.
#
# **Predict.** At $w_1 = 0.5$, $b_1 = -1$, $w_2 = 2$, $b_2 = 0.3$, $w_3 = 0.6$, $b_3 = 1$, which six ratios do you
# expect?

# %%
p = np.array([0.5, -1.0, 2.0, 0.3, 0.6, 1.0])
for name, nudge in zip(("w1", "b1", "w2", "b2", "w3", "b3"), np.eye(6), strict=True):
    h = 1e-5
    measured = (loss(p + h * nudge) - loss(p - h * nudge)) / (2 * h)
    print(f"{name}: {measured / (mended(p, x, y) @ nudge):.3f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $1.2$ for $w_1$ and $b_1$, which is $w_3 w_2$. $0.6$ for $w_2$ and $b_2$, which is $w_3$. And $1$ for $w_3$ and $b_3$.
# The ratio is the missing factor.
#
# </details>

# %% tags=["check"]
# Are the ratios the missing factors?
ratios = central_difference(loss, p) / mended(p, x, y)
assert np.allclose(ratios, [1.2, 1.2, 0.6, 0.6, 1, 1], rtol=1e-5)
assert p[4] * p[2] == 1.2 and p[4] == 0.6
print("checked: the ratios are w3 w2, w3 and 1")

# %% [markdown]
# Such a check takes minutes. Lesson 6 makes a habit of it, and says how small the nudge should be.

# %% [markdown]
# ## In three frameworks
#
# What should the program have computed? Walk back from its loss, with a switch at each ReLU. PyTorch and TensorFlow
# agree. (`first` are the six numbers from the beginning.)


# %%
def program_backward(p):
    w1, b1, w2, b2, w3, b3 = p
    a1, a2, y_hat = program_forward(p)
    d3 = 2 / 5 * (y_hat - y5)  # the mean of squares: a factor 2
    d2 = w3 * d3 * (a2 > 0)  # the switch
    d1 = w2 * d2 * (a1 > 0)
    return np.array([d1 @ x5, d1.sum(), d2 @ a1, d2.sum(), d3 @ a2, d3.sum()])


print("NumPy:", program_backward(first).round(4))

# %% tags=["torch"]
import torch

w1, b1, w2, b2, w3, b3 = p_t = [torch.tensor(v, requires_grad=True) for v in first]
a1 = torch.relu(w1 * torch.tensor(x5) + b1)
J_t = ((w3 * torch.relu(w2 * a1 + b2) + b3 - torch.tensor(y5)) ** 2).mean()
J_t.backward()
print("PyTorch:", np.round([v.grad for v in p_t], 4))

# %% tags=["tensorflow"]
import tensorflow as tf

w1, b1, w2, b2, w3, b3 = p_k = [tf.Variable(v) for v in first]
with tf.GradientTape() as tape:
    a1 = tf.nn.relu(w1 * x5 + b1)
    J_k = tf.reduce_mean((w3 * tf.nn.relu(w2 * a1 + b2) + b3 - y5) ** 2)
grads_k = tape.gradient(J_k, p_k)
print("TensorFlow:", np.round(grads_k, 4))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree, and with difference quotients?
assert np.allclose(program_backward(first), [v.grad for v in p_t], rtol=1e-12)
assert np.allclose(program_backward(first), grads_k, rtol=1e-12)
print("checked: by hand, PyTorch and TensorFlow agree to 12 digits")

# %% [markdown]
# ## Summary
#
# - A gradient has the shape of its parameter. Assert it.
# - A wrong gradient can train to the same loss, or to zero loss without learning anything.
# - Below $90°$ to the right one, a short step goes down. That is all that a falling loss says.
# - Measure one entry by a nudge. The ratio to the given one names the missing factor.
#
# ## Common mistakes
#
# - **No sum over the samples.** Broadcasting hides it.
# - **Later weights left out.** The last stage is right all the same, and carries the run.
# - **Two forward passes, typed twice.** The tutorial prints its loss from a second one, in which `b2` is missing. Write
#   one function, and use it for both.
# - **"It trains, so it is right."**
#
# ## Quick questions
#
# 1. A given gradient is at $60°$ to the right one. Does a short enough step against it lower the loss?
#
#    <details><summary><b>Answer</b></summary>
#
#    Yes. The rate is $-|\nabla J| \cos 60°$, half of the steepest.
#
#    </details>
# 2. Someone's gradient is exactly twice the right one. Which angle is that, and what is wrong with the run?
#
#    <details><summary><b>Answer</b></summary>
#
#    The angle is $0°$. The run is one with twice the rate. It may diverge where the right one does not.
#
#    </details>
# 3. The ratio of measured to given is $-1$ in each entry. What happened?
#
#    <details><summary><b>Answer</b></summary>
#
#    The sign is turned: $y - \hat y$ in place of $\hat y - y$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show: where all six entries of `mended` vanish, the line is the best one.
#
# <details><summary><b>Outline</b></summary>
#
# The entry for $b_1$ says that the errors add up to $0$, the one for $w_1$ that they do so weighted by $x$. The
# slopes of $J$ in the slope and the offset of the line are just these two sums over $n$. $J$ is a bowl in these two
# numbers, so where both vanish it is lowest.
#
# </details>

# %% [markdown]
# **Try.** Run the formulas with the sign as printed, uphill: `run(False, 0.003, sign=-1, steps=1000)`. A few of the 100
# runs come down all the same. Look at their $w_2$ and $w_3$. Why do they?
#
# <details><summary><b>Outline</b></summary>
#
# Five do. In each of them $w_2$ and $w_3$ end with opposite signs, so $w_3 w_2 < 0$. In the entries of $w_1$ and $b_1$
# this missing factor turns the sign once more: there two faults make a step down. The other runs explode.
#
# </details>
#
# ## References
#
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). Learning representations by back-propagating errors.
#   *Nature* 323, 533–536. doi:10.1038/323533a0
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
