# %% [markdown]
# # Schedules are functions
#
# {{about}}
#
# **After this lesson you can**
#
# - write each common schedule as a function of the step,
# - say which rate a step really gets, in PyTorch and in Keras,
# - predict where a run stalls when its rate falls too fast, and say what Robbins and Monro ask of a schedule,
# - write a plateau rule, and say what rules of "good" and "poor" miss.
#
# **You need** the noise floor (the lesson before this one), and that $1 + q + q^2 + \dots = 1/(1 - q)$ for
# $0 < q < 1$. Here $q$ is any such number.

# %% [markdown]
# ## From the step to the rate
#
# A **[[schedule]]** gives each step its own rate, $\eta_0, \eta_1, \eta_2, \dots$. Steps count from $0$. With
# $\eta = 0.8$ for the first:
#
# | step | 0 | 1 | 2 | 3 | 4 |
# |:--|--:|--:|--:|--:|--:|
# | exponential: half each step | 0.8 | 0.4 | 0.2 | 0.1 | 0.05 |
# | step: half every second step | 0.8 | 0.8 | 0.4 | 0.4 | 0.2 |
# | inverse time: $0.8 / (1 + t)$ | 0.8 | 0.4 | 0.267 | 0.2 | 0.16 |
# | cosine: half a wave, 4 steps long | 0.8 | 0.683 | 0.4 | 0.117 | 0 |
# | polynomial: a straight line to 0, 4 steps long | 0.8 | 0.6 | 0.4 | 0.2 | 0 |
#
# Write each as a *pure* function of $t$, without memory. Then you can plot it before you train, and resume a run at any
# step. In the second function here, `np.minimum` keeps the rate at its end after step $T$.

# %% tags=["setup"]
# Imports of the lesson
import numpy as np


# %%
def exponential(lr, gamma, t):
    return lr * gamma**t


def polynomial(lr, power, T, t):
    return lr * (1 - np.minimum(t, T) / T) ** power


t = np.arange(5)
print(exponential(0.8, 0.5, t), polynomial(0.8, 1, 4, t))

# %% [markdown]
# You write the others, and a warm-up, in {{exercise:schedules}}. Here are twelve that you will meet.

# %% tags=["draw"]
# Twelve schedules of the library
from gdcourse import plots, schedules

T = 100
t = np.arange(T)
falling = np.maximum(
    1 - t / 20, 0.3
)  # an invented validation loss that stops falling at 14
gallery = {
    "fixed": schedules.constant(0.1),
    "exponential": schedules.exponential(0.1, gamma=0.97),
    "step": schedules.step(0.1, gamma=0.5, every=25),
    "multi-step": schedules.multi_step(0.1, gamma=0.2, milestones=[50, 75]),
    "inverse time": schedules.inverse_time(0.1, rate=0.05),
    "polynomial": schedules.polynomial(0.1, steps=T, power=2),
    "cosine": schedules.cosine(0.1, steps=T),
    "cosine restarts": schedules.cosine_restarts(0.1, steps=15, growth=2),
    "warm-up, cosine": schedules.warmup(schedules.cosine(0.1, steps=80), steps=20),
    "one-cycle": schedules.one_cycle(0.1, steps=T),
    "cyclic": schedules.cyclic(0.01, 0.1, up=12),
}
rates = {name: schedule(t) for name, schedule in gallery.items()}
rates["plateau"] = np.array(schedules.plateau(falling, 0.1, factor=0.5, patience=19))
fig, axes = plots.figure(4, 3, width=9, height=1.7, sharex=True, sharey=True)
for ax, (name, values) in zip(axes.flat, rates.items(), strict=True):
    ax.step(t, values, where="post", color=plots.COLOURS[0])
    ax.set_title(name, fontsize="medium")
fig.supxlabel("step $t$")
fig.supylabel("rate")
plots.show(
    fig,
    alt="Twelve small curves of the rate over 100 steps, none above 0.1: one stays, most fall, "
    "smoothly or in stairs; warm-up and one-cycle rise first; restarts and cyclic go up again.",
)

# %% [markdown]
# | | rate at step $t$, of $T$ | |
# |:--|:--|:--|
# | exponential | $\eta\, \gamma^t$ | |
# | step | $\eta\, \gamma^{\lfloor t/c \rfloor}$ | a drop every $c$ steps; multi-step: at steps of a list |
# | inverse time | $\eta / (1 + ct)$ | |
# | polynomial | $\eta\, (1 - t/T)^c$ | $c = 1$: a straight line |
# | cosine | $\frac12 \eta\, (1 + \cos(\pi t/T))$ | Loshchilov and Hutter 2017, with restarts too |
# | warm-up | $\eta\, t/T$, then another | $T$: its length. Step 0 stands still; with $t + 1$, as in the exercise, it moves |
# | one-cycle, cyclic | up and down, once or again and again | Smith 2017; Smith and Topin 2018 |
#
# Here $\gamma$ is the factor of a drop, and $c$ is the schedule's own constant. **Predict.** One of the twelve in the picture is *not* a function of $t$.
# Which?

# %%
for name, values in rates.items():
    print(f"{name:16} t = 0, 14, 99:", values[[0, 14, 99]].round(4))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Plateau. It is a function of the whole history of the validation loss; another run has another schedule.
#
# </details>

# %% tags=["check"]
# The table by hand against the functions, and these against the library
t5 = np.arange(5)
assert np.allclose(exponential(0.8, 0.5, t5), [0.8, 0.4, 0.2, 0.1, 0.05])
assert np.allclose(schedules.step(0.8, 0.5, 2)(t5), [0.8, 0.8, 0.4, 0.4, 0.2])
assert np.allclose(
    schedules.inverse_time(0.8, 1)(t5), [0.8, 0.4, 0.267, 0.2, 0.16], atol=5e-4
)
assert np.allclose(schedules.cosine(0.8, 4)(t5), [0.8, 0.683, 0.4, 0.117, 0], atol=5e-4)
assert np.allclose(polynomial(0.8, 1, 4, t5), [0.8, 0.6, 0.4, 0.2, 0])
assert np.allclose(rates["exponential"], exponential(0.1, 0.97, t))
assert np.allclose(rates["polynomial"], polynomial(0.1, 2, T, t))
arc = 0.05 * (1 + np.cos(np.pi * t / T))
arc_80 = 0.05 * (1 + np.cos(np.pi * (t - 20) / 80))
by_formula = {
    "step": 0.1 * 0.5 ** (t // 25),
    "inverse time": 0.1 / (1 + 0.05 * t),
    "cosine": arc,
    "warm-up, cosine": np.where(t < 20, 0.1 * t / 20, arc_80),
}
for name, values in by_formula.items():
    assert np.allclose(rates[name], values, rtol=1e-12), name
assert rates["warm-up, cosine"][0] == 0
assert max(values.max() for values in rates.values()) < 0.1 + 1e-12
falls = [name for name, values in rates.items() if np.all(np.diff(values) <= 0)]
assert len(falls) == 8 and not {"warm-up, cosine", "one-cycle", "cyclic"} & set(falls)
print(
    "checked: five schedules by hand, and the formulas of the table against the library"
)

# %% [markdown]
# ## Fall too fast, and you stall
#
# Descend on $x^2/2$ from $x = 1$, without noise, with the rates $0.1,\ 0.09,\ 0.081, \dots$, each $0.9$ times the one
# before. The slope is $x$, so each step multiplies $x$ by $1 - \eta_t$:
#
# $$x_t = (1 - 0.1)(1 - 0.09)(1 - 0.081) \cdots = \prod_{i < t} \bigl(1 - 0.1 \cdot 0.9^i\bigr). \tag{1}$$
#
# **Predict.** The minimum is at $0$. Where is $x$ after 100 steps, and where after 10 000?


# %%
def descend(rates, x=1.0):
    for lr in rates:
        x = x - lr * x
    return x


for steps in (10, 100, 10_000):
    print(steps, "steps:", round(descend(exponential(0.1, 0.9, np.arange(steps))), 4))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $0.3579$ both times, and it will stay. All rates together are $0.1 + 0.09 + \dots = 0.1 / (1 - 0.9) = 1$: a finite
# sum of rates goes a finite way. (Since $\log(1 - \eta) \approx -\eta$, the product is near $e^{-1} = 0.368$.) And the
# loss, at $0.064$, looks *converged*.
#
# </details>

# %% [markdown]
# So a published tutorial's claim that exponential decay "improves stability and accuracy" needs a condition: the rates
# must suffice to arrive. A fall to a hundredth over $T$ steps has the sum of about $\eta T / 4.6$
# ($4.6$ is $\log 100$): choose $\gamma$ from
# the length of the run, and see that this is several times $1/\lambda$ (here the curvature $\lambda$ is $1$). Where any
# rate stalls you compute in {{exercise:stalls_at}}.
#
# With noise there is the second condition of Robbins and Monro (1951), from unit 03:
#
# $$\sum_t \eta_t = \infty \qquad\text{and}\qquad \sum_t \eta_t^2 < \infty. \tag{2}$$
#
# Exponential decay breaks the first, a fixed rate the second; inverse time keeps both. Look at all three on the noisy
# parabola. Equation (1) of the last lesson gives their mean loss without a random number. Each was tuned for 1000
# steps, then runs on.


# %% tags=["draw"]
# Tuned for 1000 steps, run for 100 000
def mean_loss(rates):
    """The mean loss at every step, from x = 1, with noise of variance 1."""
    square, path = 1.0, [0.5]
    for eta in rates:
        square = (1 - eta) ** 2 * square + eta**2
        path.append(square / 2)
    return np.array(path)


families = {
    "fixed": [schedules.constant(0.25 / 2**k) for k in range(9)],
    "exponential": [schedules.exponential(0.5, 1 - 0.1 / 2**k) for k in range(9)],
    "inverse time": [schedules.inverse_time(0.5, 4 / 2**k) for k in range(9)],
}
tuned, long = {}, {}
for name, tries in families.items():
    ends = [mean_loss(schedule(np.arange(1000)))[-1] for schedule in tries]
    tuned[name] = int(np.argmin(ends))
    long[name] = mean_loss(tries[tuned[name]](np.arange(100_000)))
when = np.unique(np.geomspace(1, 100_000, 60).astype(int))
fig, ax = plots.figure(width=7.5, height=3.3)
for (name, losses), marker in zip(long.items(), plots.MARKERS, strict=False):
    ax.plot(when, losses[when], marker=marker, markevery=6, markersize=5, label=name)
ax.axvline(1000, color="0.5", linewidth=1, linestyle="-")
ax.text(1080, 0.15, "tuned up to here", color="0.3")
ax.set(
    xscale="log",
    yscale="log",
    xlabel="step",
    ylabel="mean loss",
    title="the noisy parabola",
)
ax.legend(loc="lower left")
plots.show(
    fig,
    alt="Mean loss against the step on log scales. All three fall to 0.0012 or less at step 1000. "
    "From there the fixed rate and exponential decay gain little; inverse time goes on falling "
    "along a straight line.",
)

# %% [markdown]
# Only inverse time gains much from the longer run. But a run whose length you know needs no infinite sum. Any schedule
# serves that goes far enough and is low at the end. Find one that ends below $0.001$ after 1000 steps; then spoil it by
# the decay alone. (It needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider to design a schedule with
decays = {
    "none": schedules.constant,
    "cosine": lambda lr: schedules.cosine(lr, steps=1000),
    "inverse time": lambda lr: schedules.inverse_time(lr, rate=lr),
    "fast exponential": lambda lr: schedules.exponential(lr, gamma=0.9),
}


def design(rate, warmup, decay):
    schedule = decays[decay](rate)
    chosen = (schedules.warmup(schedule, warmup) if warmup else schedule)(
        np.arange(1000)
    )
    losses = mean_loss(chosen)
    fig, (left, right) = plots.figure(2, width=8.6, height=2.9)
    left.plot(chosen)
    left.set(xlabel="step", ylabel="rate", title="your schedule")
    right.loglog(np.arange(1, 1002), losses)
    right.set(xlabel="step + 1", ylabel="mean loss", ylim=(1e-4, 2))
    right.set_title(f"it ends at {losses[-1]:.2g}")
    told = f"rate {rate}, {warmup} steps of warm-up, decay: {decay}"
    return fig, f"The rate and the mean loss against the step for {told}."


plots.slider(
    design,
    rate=[0.002, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 1.5],
    warmup=[0, 10, 50, 100, 200],
    decay=list(decays),
)

# %% tags=["check"]
# The stall, the finite sum, the three families
assert np.isclose(descend(exponential(0.1, 0.9, np.arange(100))), 0.3579, atol=5e-5)
assert np.isclose(descend(exponential(0.1, 0.9, np.arange(10_000))), 0.3579, atol=5e-5)
assert np.allclose(exponential(0.1, 0.9, np.arange(3)), [0.1, 0.09, 0.081])
assert np.isclose(exponential(0.1, 0.9, np.arange(1000)).sum(), 0.1 / (1 - 0.9))
for T_run in (300, 1000):
    total = exponential(0.1, 0.01 ** (1 / T_run), np.arange(T_run)).sum()
    assert np.isclose(total, 0.1 * T_run / 4.6, rtol=0.02)
assert round(np.log(100), 1) == 4.6
assert round(np.exp(-1), 3) == 0.368 and round(0.3579**2 / 2, 3) == 0.064
assert all(
    0 < k < 8 for k in tuned.values()
)  # no tuned schedule is at an end of its nine
at_1000 = {name: losses[1000] for name, losses in long.items()}
assert max(at_1000.values()) < 0.0012 and 0.001 > at_1000["inverse time"]
gain = {name: at_1000[name] / losses[-1] for name, losses in long.items()}
assert gain["fixed"] < 1.5 and gain["exponential"] < 1.5 and gain["inverse time"] > 90
assert len(long["fixed"]) == 100_001
assert mean_loss(decays["inverse time"](0.5)(np.arange(1000)))[-1] < 0.001
assert mean_loss(decays["fast exponential"](0.1)(np.arange(1000)))[-1] > 0.001
print("checked: the stall at 0.3579, and who gains from a longer run")

# %% [markdown]
# ## Rules that watch the run
#
# The same tutorial has a "dynamic" rule: *raise the rate when the model performs well, lower it when it performs
# badly*. Take it literally on $x^2/2$: while the loss is above $0.05$, multiply the rate by $0.9$, else by $1.1$. A
# fresh model is bad, so from $x = 1$ with the rate $0.1$ it gets the rates $0.1$, $0.09$, $0.081$, ...: you know where
# that ends. A good one, from $x = 0.3$, is so near $0$ when its rate passes $2/L = 2$ that nobody notices: the rate
# grows far beyond, and when the loss is back above $0.05$, the loss passes $10^{16}$ before the rule has the rate down. The
# *level* of the loss says nothing about the rate. Its *change* does.
#
# The **[[plateau rule]]** asks for the change. It lowers the rate when the validation loss has not improved on its best
# for more than some number of epochs in a row, its *patience*. That is the sign of a floor, and a lower rate lowers the
# floor. (Below, an epoch's mean loss stands for the validation loss.)
#
# **Predict.** The noisy parabola again: 60 epochs of 50 steps, from the rate $0.5$, halved by the rule. Which patience
# ends with the lowest loss: 0, 2, 5 or 20?


# %% tags=["setup"]
# A noisy run of 60 epochs under the plateau rule of the library
def plateau_run(patience, seed):
    """Return the mean loss of the last five epochs, and the last rate."""
    rng, x, lr, losses = np.random.default_rng(seed), 1.0, 0.5, []
    for _ in range(60):
        within = []
        for _ in range(50):
            x = x - lr * (x + rng.normal())
            within.append(x**2 / 2)
        losses.append(np.mean(within))
        lr = schedules.plateau(losses, 0.5, factor=0.5, patience=patience, threshold=0)[
            -1
        ]
    return np.mean(losses[-5:]), lr


# %%
for patience in (0, 2, 5, 20):
    ends = np.array([plateau_run(patience, seed) for seed in range(20)])
    loss, lr = ends[:, 0].mean(), np.median(ends[:, 1])
    print(f"patience {patience:2}: loss {loss:.4f}, last rate {lr:.1e}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $2$. All arrive in the first epoch. With $0$ each unlucky epoch halves the rate, so that it is soon too small to let
# the noise out. With $5$ it has only come down to $0.016$ when the time is up, with $20$ to $0.25$. The rule waits and counts; you write it, with all its
# corners, in {{exercise:plateau}}.
#
# </details>


# %% tags=["check"]
# The literal rule; patience 2
def literal(x, steps=300, lr=0.1):
    losses, used = [], []
    for _ in range(steps):
        used.append(lr)
        x = x - lr * x
        losses.append(x**2 / 2)
        lr = lr * (0.9 if losses[-1] > 0.05 else 1.1)
    return x, np.array(losses), np.array(used)


poor, _, poor_rates = literal(1.0)
assert np.isclose(poor, 0.3579, atol=5e-5) and np.allclose(
    poor_rates[:3], [0.1, 0.09, 0.081]
)
_, good, good_rates = literal(0.3)
passes = int(np.argmax(good_rates > 2))
back = passes + int(np.argmax(good[passes:] > 0.05))
down = back + int(np.argmax(good_rates[back:] < 2))
assert good[0] < 0.05 and good[passes] < 1e-20 and good_rates[back] > 10
assert good[back:down].max() > 1e16
seeds = {
    p: np.array([plateau_run(p, seed) for seed in range(20)]) for p in (0, 2, 5, 20)
}
means = {p: ends[:, 0].mean() for p, ends in seeds.items()}
assert min(means, key=means.get) == 2
last = {p: np.median(ends[:, 1]) for p, ends in seeds.items()}
assert (
    0.5**50 < 1e-15
    and last[0] < 1e-12
    and 1e-4 < last[2] < 1e-3
    and last[20] == 0.25
    and round(last[5], 3) == 0.016
)
print("checked: the literal rule stalls or explodes; patience 2 ends lowest")

# %% [markdown]
# ## In three frameworks
#
# A framework *calls* the schedule for you. When? An off-by-one gives no error here, so measure it. On $J(x) = -x$ the
# slope is $-1$, and each step moves $x$ by just the rate that it used.
#
# **Predict.** The rate $0.1$ shall be halved at step $3$. Six steps are taken, $t = 0, \dots, 5$. How many get the full
# rate: by our function; in PyTorch with `optimizer.step()` before `scheduler.step()`; in PyTorch the other way round;
# in Keras with the boundary $3$?

# %% tags=["torch"]
import warnings

import torch

warnings.filterwarnings("ignore", "Detected call of")  # of the wrong order: meant here


# %% tags=["torch"]
def torch_rates(make, steps, early=False):
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    scheduler, places = make(optimizer), [0.0]
    order = [scheduler, optimizer] if early else [optimizer, scheduler]
    for t in range(steps):
        x.grad = torch.full_like(x, -1)
        for part in order:
            part.step()
        places.append(x.item())
    return np.diff(places)


# %% tags=["torch"]
def halve(optimizer):
    return torch.optim.lr_scheduler.MultiStepLR(optimizer, [3], gamma=0.5)


print("step first:    ", torch_rates(halve, 6))
print("schedule first:", torch_rates(halve, 6, early=True))

# %% tags=["tensorflow"]
import tensorflow as tf

K = tf.keras.optimizers.schedules
keras_halve = K.PiecewiseConstantDecay([3], [0.1, 0.05])
print("Keras:", [round(float(keras_halve(t)), 3) for t in range(6)])

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Three by our function, and in PyTorch in the right order. Two if the schedule advances first: all rates come one step
# early, and the first is lost. Four in Keras, whose boundary is the *last* step with the old rate. Write $2$ there.
#
# </details>

# %% [markdown]
# More traps of this kind. PyTorch counts *calls*: a cosine over all batches that is advanced once an epoch hardly
# falls. After $T$ steps its cosine climbs again; ours and Keras' stay at the end. PyTorch's plateau rule lowers the
# rate after *more* than `patience` bad epochs, Keras' after as many. And a schedule that is written about but not
# passed on does nothing: in a published tutorial the text says "exponential decay", the code gives the optimizer one
# number.

# %% tags=["check", "torch"]
# Nine schedules of PyTorch at every step, and its plateau rule
S = torch.optim.lr_scheduler
assert torch_rates(halve, 6).round(12).tolist() == [0.1, 0.1, 0.1, 0.05, 0.05, 0.05]
assert torch_rates(halve, 6, early=True).round(12).tolist() == [0.1, 0.1, *[0.05] * 4]
theirs = {
    "exponential": lambda o: S.ExponentialLR(o, 0.97),
    "step": lambda o: S.StepLR(o, 25, 0.5),
    "multi-step": lambda o: S.MultiStepLR(o, [50, 75], 0.2),
    "inverse time": lambda o: S.LambdaLR(o, lambda t: 1 / (1 + 0.05 * t)),
    "polynomial": lambda o: S.PolynomialLR(o, T, power=2),
    "cosine": lambda o: S.CosineAnnealingLR(o, T),
    "cosine restarts": lambda o: S.CosineAnnealingWarmRestarts(o, 15, T_mult=2),
    "one-cycle": lambda o: S.OneCycleLR(o, 0.1, T, cycle_momentum=False),
    "cyclic": lambda o: S.CyclicLR(o, 0.01, 0.1, 12, cycle_momentum=False),
}
for name, make in theirs.items():
    assert np.allclose(torch_rates(make, T), rates[name], rtol=1e-9, atol=1e-14), name
climbs = torch_rates(lambda o: S.CosineAnnealingLR(o, 10), 21)
assert np.isclose(climbs[20], 0.1) and schedules.cosine(0.1, 10)(20) < 1e-12
bad = [3.0, 2.0, 2.0, 2.0, 2.0, 2.0]
optimizer = torch.optim.SGD([torch.zeros(1)], 1.0)
rule, seen = S.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, threshold=0), []
for loss in bad:
    rule.step(loss)
    seen.append(optimizer.param_groups[0]["lr"])
assert seen == [1, 1, 1, 1, 0.5, 0.5]
assert seen == schedules.plateau(bad, 1.0, factor=0.5, patience=2, threshold=0)
print("checked: nine schedules of PyTorch equal ours at every step")

# %% tags=["check", "tensorflow"]
# Eight schedules of Keras at every step, and its plateau rule
assert np.allclose([keras_halve(t) for t in range(6)], [0.1] * 4 + [0.05] * 2)
theirs = {
    "exponential": K.ExponentialDecay(0.1, 1, 0.97),
    "step": K.ExponentialDecay(0.1, 25, 0.5, staircase=True),
    "multi-step": K.PiecewiseConstantDecay([49, 74], [0.1, 0.02, 0.004]),
    "inverse time": K.InverseTimeDecay(0.1, 1, 0.05),
    "polynomial": K.PolynomialDecay(0.1, T, 0.0, power=2),
    "cosine": K.CosineDecay(0.1, T),
    "cosine restarts": K.CosineDecayRestarts(0.1, 15, t_mul=2.0, m_mul=1.0),
    "warm-up, cosine": K.CosineDecay(0.0, 80, warmup_target=0.1, warmup_steps=20),
}
for name, schedule in theirs.items():  # Keras computes in float32
    assert np.allclose(
        [schedule(t) for t in range(T)], rates[name], rtol=0, atol=1e-7
    ), name
rule = tf.keras.callbacks.ReduceLROnPlateau(
    "val_loss", factor=0.5, patience=2, min_delta=0, mode="min"
)
model = tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Dense(1)])
model.compile(tf.keras.optimizers.SGD(1.0), loss="mse")
rule.set_model(model)
rule.on_train_begin()
seen = []
for loss in (3.0, 2.0, 2.0, 2.0, 2.0, 2.0):
    rule.on_epoch_end(0, {"val_loss": loss})
    seen.append(float(model.optimizer.learning_rate))
assert seen == [1, 1, 1, 0.5, 0.5, 0.25]
beyond = [float(K.CosineDecay(0.1, 10)(t)) for t in (10, 11, 20, 35)]
assert np.allclose(beyond, 0) and np.allclose(
    schedules.cosine(0.1, 10)(np.array([10, 11, 20, 35])), 0
)
print("checked: eight schedules of Keras equal ours at every step")

# %% [markdown]
# ## Summary
#
# - A schedule is a pure function from the step to the rate. Step with $\eta_t$ first, then advance.
# - A finite sum of rates goes a finite way: $0.1 \cdot 0.9^t$ stalls at $0.3579$ on $x^2/2$.
# - With noise: an infinite sum of rates, a finite sum of squares; or, for a run of known length, far enough and low at
#   the end.
# - A plateau rule lowers the rate when the validation loss stops improving. It looks at the change, not at the level.
#
# ## Common mistakes
#
# - **`scheduler.step()` before `optimizer.step()`.** The first rate is lost.
# - **Epochs for steps.** A schedule that is advanced once an epoch hardly moves.
# - **$\gamma$ copied from another run.** Its length decides: $0.9$ per step is over after 50 steps.
# - **Lowering the rate because the model is poor.** A fresh model is.
#
# ## Quick questions
#
# 1. A run has 300 steps. Which $\gamma$ brings the rate down to a hundredth of the first at the end?
#
#    <details><summary><b>Answer</b></summary>
#
#    $\gamma^{300} = 0.01$, so $\gamma = 0.01^{1/300} = 0.985$.
#
#    </details>
# 2. Does the rate $\eta_t = 1/\sqrt{t + 1}$ meet both conditions of (2)?
#
#    <details><summary><b>Answer</b></summary>
#
#    The first: its sum grows like $2\sqrt t$. Not the second: the squares are $1/(t + 1)$, whose sum has no bound.
#
#    </details>
# 3. You stop a run at step 500 and go on the next day. What do you need to know to give step 500 the right rate?
#
#    <details><summary><b>Answer</b></summary>
#
#    The number $500$. With a plateau rule: its best loss, its count and its rate.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Where does descent on $x^2/2$ from $1$ stall with $\eta_t = \eta\, \gamma^t$, for a small $\eta$? Give a
# formula, and one more term than $e^{-\eta/(1 - \gamma)}$.
#
# <details><summary><b>Outline</b></summary>
#
# $\log x = \sum_t \log(1 - \eta_t)$, and $\log(1 - \eta_t) \approx -\eta_t - \eta_t^2/2$. The sums are
# $\eta/(1 - \gamma)$ and $\eta^2 / (2 (1 - \gamma^2))$. For $0.1$ and $0.9$: $e^{-1 - 0.0263} = 0.3583$, close to
# $0.3579$.
#
# </details>

# %% [markdown]
# **Try.** In the slider take inverse time with the rate $1.5$, without warm-up, and then with 200 steps of it. Why does
# it harm? And with cosine? Then try the rate $0.002$ with each decay.
#
# <details><summary><b>Outline</b></summary>
#
# There is no danger at this start: at $1.5$ the factor is $-0.5$, and the run forgets the start at once. A warm-up does
# harm only by leaving fewer steps for what follows: the loss ends at $0.00063$ in place of $0.0005$. The cosine is 1000
# steps long: begun at step 200 it never gets to $0$, and the loss ends at $0.04$ in place of $0.0046$. At $0.002$ each
# decay makes it worse: the rates no longer suffice to arrive.
#
# </details>

# %% tags=["check"]
# The quick and the open questions
assert round(0.01 ** (1 / 300), 3) == 0.985 and 0.9**50 < 0.006
rough = 0.1**2 / (2 * (1 - 0.9**2))
assert round(rough, 4) == 0.0263 and round(np.exp(-1 - rough), 4) == 0.3583
roots = 1 / np.sqrt(np.arange(1, 100_001))
assert 0.99 < roots.sum() / (2 * np.sqrt(100_000)) < 1.01
small = {
    name: mean_loss(make(0.002)(np.arange(1000)))[-1] for name, make in decays.items()
}
assert min(small, key=small.get) == "none"
ends = {}
for name in ("inverse time", "cosine"):
    late = schedules.warmup(decays[name](1.5), 200)
    ends[name] = [mean_loss(f(np.arange(1000)))[-1] for f in (decays[name](1.5), late)]
assert [f"{v:.2g}" for v in ends["inverse time"]] == ["0.0005", "0.00063"]
assert [f"{v:.2g}" for v in ends["cosine"]] == ["0.0046", "0.04"] and late(999) > 0.1
print("checked: the decay of 300 steps, one more term, and decay of a small rate")

# %% [markdown]
# ## References
#
# - H. Robbins, S. Monro (1951). A stochastic approximation method. *Annals of Mathematical Statistics* 22, 400–407.
#   doi:10.1214/aoms/1177729586
# - I. Loshchilov, F. Hutter (2017). SGDR: stochastic gradient descent with warm restarts. *ICLR 2017*. arXiv:1608.03983
# - L. N. Smith (2017). Cyclical learning rates for training neural networks. *WACV 2017*. arXiv:1506.01186
# - L. N. Smith, N. Topin (2018). Super-convergence: very fast training of neural networks using large learning rates.
#   arXiv:1708.07120
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
