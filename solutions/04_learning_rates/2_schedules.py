# %% [markdown]
# # Schedules
#
# {{about}}
#
# **After this lesson you can**
#
# - write each common schedule as a function of the step, and say which rate a step really gets,
# - predict where a run stalls when its rate decays too fast,
# - explain what noise demands of a schedule, and compare schedules fairly,
# - use a plateau rule, and say what rules of "good" and "poor" miss,
# - differentiate through training, to tune a learning rate or an L2 weight by descent.
#
# **You need** lesson 1 of this unit, and momentum from unit 03.

# %% [markdown]
# ## A function from the step to the rate
#
# So far the learning rate was one number. A **schedule** gives each step its own:
#
# $$\theta_{t+1} = \theta_t - \eta_t\, \nabla J(\theta_t), \qquad t = 0, 1, 2, \ldots \tag{1}$$
#
# Write it as a pure function $t \mapsto \eta_t$, without memory. Then you can plot it before you train, and resume a
# run at any step. With the base rate $\eta$ and a run of $T$ steps:
#
# | schedule | $\eta_t$ |
# |:---|:---|
# | fixed | $\eta$ |
# | exponential | $\eta\,\gamma^t$ |
# | step | $\eta\,\gamma^{\lfloor t/s \rfloor}$: a drop every $s$ steps |
# | multi-step | a drop at each step of a list |
# | inverse time | $\eta / (1 + kt)$ |
# | polynomial | $\eta\,(1 - t/T)^p$ |
# | cosine | $\frac{1}{2}\eta\,(1 + \cos(\pi t/T))$ |
# | cosine with restarts | the cosine again and again, here each twice as long |
# | warm-up | a line from $0$ to $\eta$, then another schedule |
# | one-cycle | up along a cosine, then down, far below the start |
# | cyclic | a zigzag between two rates |
# | plateau | a drop when the validation loss has stopped falling |
#
# **Predict.** One of the twelve is not a function of $t$. Which?

# %%
import numpy as np

from gdcourse import plots, schedules

T = 100
t = np.arange(T)
flat = np.maximum(
    1 - t / 20, 0.3
)  # an invented validation loss, which stops falling at t = 14
gallery = {
    "fixed": schedules.constant(0.1),
    "exponential": schedules.exponential(0.1, gamma=0.97),
    "step": schedules.step(0.1, gamma=0.5, every=25),
    "multi-step": schedules.multi_step(0.1, gamma=0.2, milestones=[50, 75]),
    "inverse time": schedules.inverse_time(0.1, rate=0.05),
    "polynomial": schedules.polynomial(0.1, steps=T, power=2),
    "cosine": schedules.cosine(0.1, steps=T),
    "restarts": schedules.cosine_restarts(0.1, steps=15, growth=2),
    "warm-up": schedules.warmup(schedules.cosine(0.1, steps=80), steps=20),
    "one-cycle": schedules.one_cycle(0.1, steps=T),
    "cyclic": schedules.cyclic(0.01, 0.1, up=12),
}
rates = {name: schedule(t) for name, schedule in gallery.items()}
rates["plateau"] = np.array(schedules.plateau(flat, 0.1, factor=0.5, patience=19))

# %%
fig, axes = plots.figure(4, 3, width=8.6, height=1.7, sharex=True, sharey=True)
for ax, (name, values) in zip(axes.flat, rates.items(), strict=True):
    ax.step(t, values, where="post", color=plots.COLOURS[0])
    ax.set_title(name, fontsize="medium")
fig.supxlabel("step $t$")
fig.supylabel("rate")
plots.show(
    fig,
    alt="Twelve small curves of the rate over 100 steps, all with the top 0.1: some stay, some fall smoothly or in "
    "stairs, the warm-up and the one-cycle rise first, the cyclic zigzags.",
)
plots.table(
    {"schedule": rates}
    | {f"t = {s}": [v[s] for v in rates.values()] for s in (0, 14, 50, 99)},
    digits=3,
)

# %% [markdown]
# **Answer.** Plateau. It is a function of the whole history of the validation loss.
#
# ## Which rate does a step get?
#
# An off-by-one gives no error here. In the right order you *step with $\eta_t$, then advance*. In PyTorch that means
# `optimizer.step()`, then `scheduler.step()`. Advance first, and all rates come one step early. Keras'
# `PiecewiseConstantDecay` changes one step *after* its boundary.
#
# **Predict.** The rate shall halve at step $3$. Six steps are taken. How many of them have the full rate in the right
# order, when you advance too early, and with the Keras boundary set to $3$?

# %%
halve = schedules.multi_step(0.1, gamma=0.5, milestones=[3])
steps = np.arange(6)
used = {
    "right order": halve(steps),
    "advanced first": halve(steps + 1),
    "Keras, boundary 3": halve(steps - (steps > 0)),
}
fig, ax = plots.figure(height=2.6)
for i, (name, values) in enumerate(used.items()):
    ax.plot(
        steps, values - 0.001 * i, plots.MARKERS[i], color=plots.COLOURS[i], label=name
    )
ax.set(
    xlabel="step $t$",
    ylabel="rate used (slightly shifted)",
    title="one schedule, three ways to be called",
)
ax.legend()
plots.show(
    fig,
    alt="The rates of six steps as markers. In the right order the rate halves at step 3, advanced first at step 2, "
    "with the Keras boundary at step 4.",
)
plots.table({"step": steps} | used)
assert [np.sum(values == 0.1) for values in used.values()] == [3, 2, 4]

# %% [markdown]
# **Answer.** Three, two and four. Now make the frameworks say so themselves. On the loss $J(x) = -x$ the gradient is
# $-1$, so each step moves $x$ by exactly the rate it used.

# %% tags=["torch"]
from gdcourse.training.torch import (
    train as torch_train,
)  # the library comes first: it names a missing framework
import warnings

import torch
from torch.optim import lr_scheduler as S

warnings.filterwarnings(
    "ignore", "Detected call of"
)  # PyTorch does warn of the wrong order; here it is meant


def torch_rates(make, count=T, early=False):
    """Return the rates that `count` steps used, measured by how far they moved x."""
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer, places = torch.optim.SGD([x], 0.1), [0.0]
    scheduler = make(optimizer)
    for i in range(count):
        x.grad = torch.full_like(x, -1)
        if early or i > 0:
            scheduler.step()
        optimizer.step()
        places.append(x.item())
    return np.diff(places)


for early, name in enumerate(["right order", "advanced first"]):
    assert np.allclose(
        torch_rates(lambda o: S.MultiStepLR(o, [3], 0.5), 6, early),
        used[name],
        rtol=1e-12,
    )

# %% [markdown]
# Every schedule of the gallery that PyTorch has, at every $t$:

# %% tags=["torch"]
theirs = {
    "exponential": lambda o: S.ExponentialLR(o, 0.97),
    "step": lambda o: S.StepLR(o, 25, 0.5),
    "multi-step": lambda o: S.MultiStepLR(o, [50, 75], 0.2),
    "inverse time": lambda o: S.LambdaLR(
        o, lambda t: 1 / (1 + 0.05 * t)
    ),  # no class of its own
    "polynomial": lambda o: S.PolynomialLR(o, T, power=2),
    "cosine": lambda o: S.CosineAnnealingLR(o, T),
    "restarts": lambda o: S.CosineAnnealingWarmRestarts(o, 15, T_mult=2),
    "one-cycle": lambda o: S.OneCycleLR(o, 0.1, T, cycle_momentum=False),
    "cyclic": lambda o: S.CyclicLR(o, 0.01, 0.1, 12, cycle_momentum=False),
}
for name, make in theirs.items():
    assert np.allclose(torch_rates(make), rates[name], rtol=1e-9, atol=1e-14), name
line = torch_rates(
    lambda o: S.LinearLR(o, 1e-9, total_iters=20), 20
)  # it refuses to start from 0
assert np.allclose(line, rates["warm-up"][:20], atol=1e-9)

# %% tags=["tensorflow"]
from gdcourse.training.tensorflow import train as tf_train
import keras
import tensorflow as tf

K = keras.optimizers.schedules
theirs = {
    "exponential": K.ExponentialDecay(0.1, 1, 0.97),
    "step": K.ExponentialDecay(0.1, 25, 0.5, staircase=True),
    "multi-step": K.PiecewiseConstantDecay(
        [49, 74], [0.1, 0.02, 0.004]
    ),  # boundaries one lower
    "inverse time": K.InverseTimeDecay(0.1, 1, 0.05),
    "polynomial": K.PolynomialDecay(0.1, T, 0.0, power=2),
    "cosine": K.CosineDecay(0.1, T),
    "restarts": K.CosineDecayRestarts(0.1, 15, t_mul=2.0, m_mul=1.0),
    "warm-up": K.CosineDecay(0.0, 80, warmup_target=0.1, warmup_steps=20),
}
for name, schedule in theirs.items():
    assert np.allclose(
        [schedule(s) for s in range(T)], rates[name], rtol=0, atol=1e-7
    ), name  # it computes in float32
assert np.allclose(
    [K.PiecewiseConstantDecay([3], [0.1, 0.05])(s) for s in range(6)],
    used["Keras, boundary 3"],
    atol=1e-7,
)

# %% [markdown]
# All agree. Keras has no cyclic and no one-cycle schedule. Two traps remain. PyTorch counts *calls*: a cosine over
# $T$ batches, advanced once per epoch, hardly falls. And after $T$ its cosine climbs again; ours and Keras' stay low.
#
# ## Where exponential decay stalls
#
# On $J(x) = x^2/2$ the gradient is $x$. With $\eta_t = 0.1 \cdot 0.9^t$, from $x_0 = 1$,
#
# $$x_t = \prod_{s=0}^{t-1} \bigl(1 - 0.1 \cdot 0.9^s\bigr). \tag{2}$$
#
# **Predict.** The minimum is at $0$. Where is $x$ after 100 steps, and after 10 000?


# %%
def descend(schedule, steps, x=1.0):
    """Return the points that descent on x^2 / 2 visits."""
    points = [x]
    for s in range(steps):
        points.append(points[-1] - schedule(s) * points[-1])
    return np.array(points)


decay = schedules.exponential(0.1, gamma=0.9)
stalled = descend(decay, 10_000)
print([f"{stalled[s]:.4f}" for s in (10, 100, 10_000)])
assert np.allclose(
    stalled[:101], np.cumprod([1, *(1 - 0.1 * 0.9 ** np.arange(100))]), rtol=1e-12
)  # equation (2)
assert (
    round(stalled[100], 4) == round(stalled[10_000], 4) == 0.3579
    and round(stalled[10_000] ** 2 / 2, 3) == 0.064
)
assert (
    np.isclose(decay(np.arange(10_000)).sum(), 0.1 / (1 - 0.9))
    and round(np.exp(-1), 4) == 0.3679
)

# %% [markdown]
# **Answer.** At $0.3579$ both times, and for ever. All rates together sum to $0.1 / (1 - 0.9) = 1$, a finite number,
# and a finite sum of rates covers only a finite way. Since $\log(1 - \eta) \approx -\eta$, the product is close to
# $e^{-1} = 0.3679$. The run *looks* converged: the loss settles, at $0.064$. So the claim that exponential decay
# "improves stability and accuracy" needs a condition: the sum of rates must suffice to arrive. Choose $\gamma$ from
# the length of the run, for example so that the last rate is one hundredth of the first.
#
# The library's `train` takes `schedule=`. The same stall in three frameworks:

# %%
from gdcourse.optimizers.numpy import GD
from gdcourse.training.numpy import train

nothing = np.zeros((1, 1))  # this loss needs no data
x = np.ones(1)
history = train(
    lambda p, X, y: (p[0][0] ** 2 / 2, [p[0]]),
    [x],
    nothing,
    nothing,
    GD(0.1),
    epochs=100,
    schedule=decay,
)
assert np.allclose(x, stalled[100], rtol=1e-12) and np.allclose(
    history.rates, decay(np.arange(100)), rtol=1e-12
)

# %% tags=["torch"]
from gdcourse.gradients.torch import value_and_grad as torch_value_and_grad
from gdcourse.optimizers.torch import GD as TorchGD

loss = torch_value_and_grad(lambda p, X, y: p[0][0] ** 2 / 2)
x_t, empty = torch.ones(1, dtype=torch.float64), torch.zeros(1, 1)
torch_train(loss, [x_t], empty, empty, TorchGD(0.1), epochs=100, schedule=decay)
assert np.allclose(x_t, x, rtol=1e-12)

# %% tags=["tensorflow"]
from gdcourse.gradients.tensorflow import value_and_grad as tf_value_and_grad
from gdcourse.optimizers.tensorflow import GD as TFGD

loss = tf_value_and_grad(lambda p, X, y: p[0][0] ** 2 / 2)
x_f = tf.Variable(np.ones(1))
tf_train(loss, [x_f], nothing, nothing, TFGD(0.1), epochs=100, schedule=decay)
assert np.allclose(x_f, x, rtol=1e-12)

# %% [markdown]
# `history.rates` records the rates that a run *used*. In a published tutorial the text says "we used exponential
# decay"; its code hands the optimizer one fixed rate. One line would have shown it:

# %%
x = np.ones(1)
as_coded = train(
    lambda p, X, y: (p[0][0] ** 2 / 2, [p[0]]),
    [x],
    nothing,
    nothing,
    GD(0.1),
    epochs=100,
)
assert len(set(history.rates)) == 100 and set(as_coded.rates) == {0.1} and x < 1e-4

# %% [markdown]
# ## What noise demands
#
# Without noise a fixed rate would do. A mini-batch gradient has noise: $g_t = x_t + \xi_t$, with $\xi_t$ of mean $0$
# and variance $\sigma^2$. Then one step makes $x_{t+1} = (1 - \eta_t)\,x_t - \eta_t\,\xi_t$. Square, and take the
# mean; the noise is independent of $x_t$, so the cross term vanishes:
#
# $$\mathbb{E}\,x_{t+1}^2 = (1 - \eta_t)^2\, \mathbb{E}\,x_t^2 + \eta_t^2\, \sigma^2. \tag{3}$$
#
# A large rate forgets the start quickly, and takes in much noise. For a fixed rate the two balance at
# $\mathbb{E}\,x^2 = \eta\sigma^2 / (2 - \eta)$, so the loss has the **noise floor**
#
# $$\mathbb{E}\,J = \frac{\eta\,\sigma^2}{2\,(2 - \eta)} \approx \frac{\eta\,\sigma^2}{4}, \tag{4}$$
#
# proportional to the rate when the rate is small.


# %%
def noisy(schedule, steps, seeds):
    """Return the losses, (seeds, steps + 1), of descent from 1 on x^2 / 2 with gradient noise of variance 1."""
    noise = np.stack(
        [np.random.default_rng(seed).normal(size=steps) for seed in seeds], axis=1
    )
    x = np.ones((steps + 1, len(seeds)))
    for s, eta in enumerate(schedule(np.arange(steps))):
        x[s + 1] = x[s] - eta * (x[s] + noise[s])
    return x.T**2 / 2


fixed = [0.4, 0.2, 0.1, 0.05]
floors = [
    noisy(schedules.constant(eta), 4000, range(20))[:, 500:].mean() for eta in fixed
]
theory = [eta / (2 * (2 - eta)) for eta in fixed]
plots.table({"rate": fixed, "measured floor": floors, "equation (4)": theory})
assert np.allclose(floors, theory, rtol=0.06)

# %% [markdown]
# So the rate must fall, to lower the floor, but not too fast, or the run stalls. Robbins and Monro (1951) made it
# exact. Descent with such noise converges if
#
# $$\sum_t \eta_t = \infty \quad \text{and} \quad \sum_t \eta_t^2 < \infty. \tag{5}$$
#
# So any distance is in reach, and all noise together stays bounded. A fixed rate breaks the second, exponential decay
# the first. Inverse time, like $1/t$, keeps both.
#
# **Predict.** Each of the three is tuned for 1 000 steps. Then all run on to 20 000. Which gain from the longer run?
#
# The comparison is fair: 8 trials each, judged on the same 50 tuning seeds, then drawn with 50 fresh ones.

# %%
families = {
    "fixed": [schedules.constant(0.25 / 2**k) for k in range(8)],
    "exponential": [schedules.exponential(0.5, gamma=1 - 0.1 / 2**k) for k in range(8)],
    "inverse time": [schedules.inverse_time(0.5, rate=2 / 2**k) for k in range(8)],
}
chosen = {}
for name, trials in families.items():
    scores = [
        noisy(schedule, 1000, range(100, 150))[:, -1].mean() for schedule in trials
    ]
    chosen[name] = trials[np.argmin(scores)]
    assert 0 < np.argmin(scores) < 7  # the best is not at an edge of the trials
long = {name: noisy(schedule, 20_000, range(50)) for name, schedule in chosen.items()}

# %%
when = np.unique(np.geomspace(1, 20_000, 80).astype(int))
sampled = {name: runs[:, when] for name, runs in long.items()}
fig = plots.spread(
    sampled,
    x=when,
    quantiles=(0.25, 0.75),
    title="tuned for 1000 steps, run for 20 000",
    log=True,
)
fig.axes[0].set(xscale="log", ylim=(1e-6, 1))
fig.axes[0].axvline(1000, color="0.4", linewidth=1, linestyle="-")
plots.show(
    fig,
    alt="Loss against the step, both on log scales, with bands over 50 seeds. All fall until step 1000. Then the fixed "
    "rate stays on its floor and exponential decay is frozen, while inverse time goes on falling like one over t.",
)
plots.table(
    {"": long}
    | {
        f"step {s}": [runs[:, s].mean() for runs in long.values()]
        for s in (100, 1000, 10_000, 20_000)
    }
)

# %% [markdown]
# **Answer.** Only inverse time. From step 1 000 to 20 000 its mean loss falls by a factor of 24, about like $1/t$:
# the trial that won is $\eta_t = 1/(t + 2)$. The fixed rate stays on its floor. Exponential decay does not move any
# more: from step 10 000 on, not in six decimals. In practice a run has a known length, and any schedule that falls
# far enough *by its end* serves.

# %%
mean = {name: runs.mean(axis=0) for name, runs in long.items()}
del long, sampled  # they fill 24 MB
assert np.isclose(mean["exponential"][10_000], mean["exponential"][20_000], atol=1e-6)
assert 0.3 < mean["fixed"][20_000] / mean["fixed"][1000] < 1.5
assert round(mean["inverse time"][1000] / mean["inverse time"][20_000]) == 24
assert np.allclose(
    chosen["inverse time"](t), 1 / (t + 2)
)  # its squares sum to pi^2 / 6 - 1, its rates to infinity

# %% [markdown]
# ### Design your own
#
# Equation (3) gives the mean loss of any schedule, without a random number. Find one that ends below $0.001$ after
# 1000 steps, then spoil it by the decay alone. (It needs a running kernel.)


# %%
def expected(schedule, steps=1000):
    """The mean loss at steps 0 ... steps by equation (3), from x = 1."""
    second = [1.0]
    for eta in schedule(np.arange(steps)):
        second.append((1 - eta) ** 2 * second[-1] + eta**2)
    return np.array(second) / 2


decays = {
    "none": schedules.constant,
    "cosine": lambda base: schedules.cosine(base, steps=1000),
    "inverse time": lambda base: schedules.inverse_time(base, rate=base),
    "fast exponential": lambda base: schedules.exponential(base, gamma=0.9),
}
assert (
    expected(decays["inverse time"](0.5))[-1]
    < 0.001
    < expected(decays["fast exponential"](0.1))[-1]
)

# %% tags=["widget"]


def design(base, warmup, decay):
    schedule = decays[decay](base)
    schedule = schedules.warmup(schedule, warmup) if warmup else schedule
    losses = expected(schedule)
    fig, (left, right) = plots.figure(2, width=8, height=2.8)
    left.plot(schedule(np.arange(1000)))
    left.set(xlabel="step", ylabel="rate", title="your schedule")
    right.loglog(np.arange(1, 1002), losses)
    right.set(
        xlabel="step + 1",
        ylabel="mean loss",
        title=f"it ends at {losses[-1]:.2g}",
        ylim=(1e-4, 2),
    )
    return (
        fig,
        f"Rate and mean loss for the base rate {base}, {warmup} steps of warm-up, decay {decay}.",
    )


plots.slider(
    design,
    base=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 1.5],
    warmup=[0, 10, 50, 100, 200],
    decay=list(decays),
)

# %% [markdown]
# ## Warm-up and cosine on real digits
#
# Now a real network: 64 pixels, 32 hidden units, 10 digits, momentum $0.9$, 8 epochs. Each schedule gets the same
# budget: 5 base rates, 3 seeds each, judged by the validation loss. The best rate of each then runs on 10 fresh
# seeds. The test set waits.
#
# **Predict.** Will the four differ by more than the spread over seeds?

# %%
from gdcourse import datasets
from gdcourse.losses.numpy import softmax_ce
from gdcourse.models.numpy import mlp
from gdcourse.optimizers.numpy import SGD
from gdcourse.training.numpy import objective

rest, test_set = datasets.split(datasets.digits(), test=0.25)
train_set, val_set = datasets.split(rest, test=0.3, seed=1)
N = 8 * -(-len(train_set.y) // 32)  # steps in 8 epochs with batches of 32


def fit(schedule, seed):
    model, settings = (
        mlp((64, 32, 10), seed=seed),
        {"epochs": 8, "batch_size": 32, "seed": seed},
    )
    train(
        objective(model, softmax_ce),
        model.params,
        *train_set[:2],
        SGD(0.1, 0.9),
        schedule=schedule,
        **settings,
    )
    return model


def val_loss(model):
    return softmax_ce(model.forward(val_set.X), val_set.y)


# %%
makers = {
    "fixed": schedules.constant,
    "exponential": lambda r: schedules.exponential(
        r, 0.01 ** (1 / N)
    ),  # down to one hundredth
    "cosine": lambda r: schedules.cosine(r, N),
    "warm-up + cosine": lambda r: schedules.warmup(
        schedules.cosine(r, N - N // 10), N // 10
    ),
}
bases = [0.02, 0.05, 0.1, 0.2, 0.4]
trials = {
    name: np.array([[val_loss(fit(make(r), seed)) for seed in range(3)] for r in bases])
    for name, make in makers.items()
}
picked = {
    name: bases[np.argmin(scores.mean(axis=1))] for name, scores in trials.items()
}
final = {
    name: [fit(makers[name](r), seed) for seed in range(10, 20)]
    for name, r in picked.items()
}
fresh = {
    name: np.array([val_loss(model) for model in models])
    for name, models in final.items()
}

# %%
fig, (left, right) = plots.figure(2, width=8.6, height=3.2)
for i, (name, scores) in enumerate(trials.items()):
    left.semilogy(range(5), scores.mean(axis=1), marker=plots.MARKERS[i], label=name)
    right.plot(
        fresh[name], np.full(10, i), plots.MARKERS[i], color=plots.COLOURS[i], alpha=0.6
    )
    right.plot(fresh[name].mean(), i, "|", color="black", markersize=22)
left.set(xlabel="base rate", ylabel="validation loss", title="tuning: mean of 3 seeds")
left.set(
    xticks=range(5),
    xticklabels=bases,
    yticks=[0.2, 0.4, 0.8],
    yticklabels=[0.2, 0.4, 0.8],
)
left.minorticks_off()
left.legend()
right.set(
    xlabel="validation loss",
    title="10 fresh seeds, mean: |",
    yticks=range(4),
    yticklabels=fresh,
)
right.invert_yaxis()
plots.show(
    fig,
    alt="Left: validation loss against the base rate; the fixed rate is best at a small one, the others later; "
    "the fixed rate fails at 0.4. Right: ten seeds per schedule; the clouds overlap, the cosines' lie lower.",
)
columns = {"mean": np.mean, "lowest": np.min, "highest": np.max}
plots.table(
    {"": picked, "base rate": picked.values()}
    | {k: [f(v) for v in fresh.values()] for k, f in columns.items()},
    digits=3,
)

# %% [markdown]
# **Answer.** Hardly. The three that decay let the base rate be larger. Cosine beats the fixed rate on average,
# $0.159$ against $0.171$, and on 8 of the 10 seeds; but the clouds overlap, and a single run of each could have told
# you the reverse. Exponential decay is no better than a fixed rate, and warm-up adds nothing here: $0.160$. Warm-up
# was made for runs that break in their first steps, as with large batches (Goyal et al. 2017).
#
# Cosine, the lowest mean, alone meets the test set, once:

# %%
winner = min(fresh, key=lambda name: fresh[name].mean())
errors = [
    np.mean(model.forward(test_set.X).argmax(axis=1) != test_set.y)
    for model in final[winner]
]
print(
    f"{winner}: test error {np.mean(errors):.1%}, from {min(errors):.1%} to {max(errors):.1%} over 10 seeds"
)
assert winner == "cosine" and [round(v.mean(), 3) for v in fresh.values()] == [
    0.171,
    0.177,
    0.159,
    0.160,
]
assert (
    fresh["cosine"].max() > fresh["fixed"].min()
    and np.sum(fresh["cosine"] < fresh["fixed"]) == 8
)

# %% [markdown]
# ## Rules that look at the model
#
# A published tutorial has a "dynamic" rule: *raise the rate when the model performs well, lower it when it performs
# badly*. Take it literally, on $x^2/2$: bad means a loss above $0.05$; bad multiplies the rate by $0.9$, good by
# $1.1$.
#
# **Predict.** What does a fresh model get, that starts from $x = 1$ with the rate $0.1$?


# %%
def literal(x, steps, lr=0.1):
    """Return (losses, rates) of the literal rule."""
    losses, used = [], []
    for _ in range(steps):
        used.append(lr)
        x = x - lr * x
        losses.append(x**2 / 2)
        lr *= 0.9 if losses[-1] > 0.05 else 1.1
    return np.array(losses), np.array(used)


poor, poor_rates = literal(1.0, 300)
good, good_rates = literal(0.3, 300)
assert np.allclose(poor, stalled[1:301] ** 2 / 2) and np.allclose(
    poor_rates, decay(np.arange(300))
)
assert (
    round(np.sqrt(2 * poor[-1]), 4) == 0.3579
    and good_rates.max() > 2
    and good.max() > 1e17
    and good[0] < 0.05
)

# %% [markdown]
# **Answer.** The stall of equation (2), to the last digit. A fresh model *is* poor. So the rule lowers the rate at
# every step, just when large steps are needed, and the model stays poor at $0.3579$. A good model, from $x = 0.3$,
# fares worse: its rate grows past $2/L = 2$, and the loss explodes, to more than $10^{17}$, until the rule lowers the
# rate again.
#
# The *level* of the loss says nothing about the rate; its *change* does. The bold driver of the last lesson raises
# after a step that lowered the training loss, and undoes one that did not. The **plateau rule** lowers the rate when
# the validation loss has not improved for a while, its `patience`: the sign of a noise floor, which a lower rate
# lowers, by (4). Take the noisy parabola, with 60 epochs of 50 steps.
#
# **Predict.** Which patience ends with the lowest loss: 0, 2, 5 or 10?


# %%
def plateau_run(patience, seed, epochs=60):
    """Return (loss of each epoch, rate of each epoch)."""
    rng, x, lr, epoch_losses, used = np.random.default_rng(seed), 1.0, 0.5, [], []
    for _ in range(epochs):
        used.append(lr)
        within = []
        for _ in range(50):
            x -= lr * (x + rng.normal())
            within.append(x**2 / 2)
        epoch_losses.append(np.mean(within))
        lr = schedules.plateau(epoch_losses, 0.5, factor=0.5, patience=patience)[-1]
    return epoch_losses, used


by_patience = {
    p: np.array([plateau_run(p, seed) for seed in range(10)]) for p in (0, 2, 5, 10)
}

# %%
fig, (left, right) = plots.figure(2, width=8.6)
left.semilogy(good, label="starts good")
left.semilogy(poor, label="starts poor")
left.set(
    xlabel="step",
    ylabel="loss",
    title="raise if good, lower if bad",
    ylim=(1e-30, 1e30),
)
left.legend()
for p, runs in by_patience.items():
    right.semilogy(np.median(runs[:, 1], axis=0), label=f"patience {p}")
right.set(
    xlabel="epoch",
    ylabel="rate (median of 10 seeds)",
    title="plateau rule",
    ylim=(1e-7, 1),
)
right.legend()
plots.show(
    fig,
    alt="Left: by the literal rule the poor start lies flat, and the good start swings over dozens of powers "
    "of ten. Right: by the plateau rule the rate falls in stairs, faster the smaller the patience.",
)
ends = {p: runs[:, 0, -5:].mean() for p, runs in by_patience.items()}
spans = [
    f"{runs[:, 1, -1].min():.2g} to {runs[:, 1, -1].max():.2g}"
    for runs in by_patience.values()
]
plots.table(
    {
        "patience": ends,
        "mean loss, last 5 epochs": ends.values(),
        "last rates of 10 seeds": spans,
    }
)

# %% [markdown]
# **Answer.** $2$. With $0$ every unlucky epoch halves the rate, and the run freezes. With $10$ it is still on a high
# floor at the end. And the rule has an off-by-one of its own:

# %%
assert min(ends, key=ends.get) == 2
metrics = [3.0, 2.0, 2.0, 2.0, 2.0, 2.0]
ours = schedules.plateau(metrics, 1.0, factor=0.5, patience=2, threshold=0)
assert ours == [1, 1, 1, 1, 0.5, 0.5]  # after the third bad epoch

# %% tags=["torch"]
optimizer = torch.optim.SGD([torch.zeros(1)], 1.0)
scheduler = S.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, threshold=0)
for metric, rate in zip(metrics, ours, strict=True):
    scheduler.step(metric)
    assert optimizer.param_groups[0]["lr"] == rate

# %% tags=["tensorflow"]
callback = keras.callbacks.ReduceLROnPlateau(
    "val_loss", factor=0.5, patience=2, min_delta=0, mode="min"
)
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(1.0), loss="mse")
callback.set_model(model)
callback.on_train_begin()
for metric, rate in zip(metrics, [1, 1, 1, 0.5, 0.5, 0.25], strict=True):
    callback.on_epoch_end(0, {"val_loss": metric})
    assert (
        float(model.optimizer.learning_rate) == rate
    )  # after the second: patience p is PyTorch's p - 1

# %% [markdown]
# Adagrad and its kin are called adaptive too. They look at past gradients per coordinate, not at "the complexity of
# the model and the data", as you may read.
#
# ## The gradient of the loss by the rate
#
# The rate is a number, and the loss after a step depends on it smoothly. So differentiate. With $\theta_t =
# \theta_{t-1} - \eta\, g_{t-1}$ and $g_t = \nabla J(\theta_t)$, the chain rule gives the **hypergradient**
#
# $$\frac{\partial J(\theta_t)}{\partial \eta}
# = g_t \cdot \frac{\partial \theta_t}{\partial \eta} = -\, g_t \cdot g_{t-1},
# \qquad \eta_{t} = \eta_{t-1} + \beta\, g_t \cdot g_{t-1}. \tag{6}$$
#
# Two gradients in a row that agree raise the rate; two that oppose each other, an overshoot, lower it. (Baydin et al.
# 2018.)
#
# **Predict.** Softmax regression on the digits, 200 full-batch steps, five starting rates from $0.001$ to $10$. Will
# (6) with $\beta = 1$ make the start irrelevant?

# %%
from gdcourse.losses.numpy import softmax_ce_grad
from gdcourse.optimizers.numpy import Hypergradient

A = np.column_stack([train_set.X, np.ones(len(train_set.y))])


def softmax_loss(params, X, y):
    z = X @ params[0]
    return softmax_ce(z, y), [X.T @ softmax_ce_grad(z, y)]


def regress(lr, beta, epochs=200):
    W = np.zeros((65, 10))
    return train(
        softmax_loss, [W], A, train_set.y, Hypergradient(lr, beta), epochs=epochs
    ), W


def after_step(eta):
    return softmax_loss([-eta * g0], A, train_set.y)  # the first step from W = 0


g0 = softmax_loss([np.zeros((65, 10))], A, train_set.y)[1][0]
quotient = (after_step(0.1 + 1e-5)[0] - after_step(0.1 - 1e-5)[0]) / 2e-5
assert np.isclose(
    -np.sum(after_step(0.1)[1][0] * g0), quotient, rtol=1e-8
)  # equation (6)

# %%
starts = [0.001, 0.01, 0.1, 1.0, 10.0]
runs = {beta: [regress(lr, beta)[0] for lr in starts] for beta in (0, 0.1, 1, 10)}
fig, (left, right) = plots.figure(2, width=8.6)
for lr, run in zip(starts, runs[1], strict=True):
    left.semilogy(run.rates, label=f"from {lr:g}")
for beta, group in runs.items():
    right.semilogx(
        starts,
        [run.losses[-1] for run in group],
        marker="o",
        label=rf"$\beta$ = {beta:g}",
    )
left.set(xlabel="step", ylabel="rate", title=r"the rate learns, $\beta$ = 1")
right.set(xlabel="starting rate", ylabel="training loss at the end", title="200 steps")
left.legend()
right.legend()
plots.show(
    fig,
    alt="Left: rates that start from 0.001 to 1 rise within a few steps and join near 2; one falls from 10. Right: the "
    "last loss against the starting rate; without hypergradient it falls steeply, with it the lines are much flatter.",
)
plots.table(
    {"starting rate": starts}
    | {f"loss, beta = {b}": [r.losses[-1] for r in g] for b, g in runs.items()}
)

# %% [markdown]
# **Answer.** For the low ones. From $1$ and below, without it ($\beta = 0$) the losses end between $2.263$ and
# $0.191$; with it, between $0.134$ and $0.136$. But the choice has moved, not gone: the end depends on $\beta$ now.
# And $\beta$ is no pure number: scale the loss by $c$, and the product of gradients grows by $c^2$. The fixed rate
# $10$ ends at $0.040$, about as low as the best of the $\beta$. You gain robustness against a bad start, not a better
# end. The three frameworks agree:

# %%
ends = {
    beta: [round(run.losses[-1], 3) for run in group] for beta, group in runs.items()
}
assert (ends[0][0], ends[0][3], ends[0][4]) == (2.263, 0.191, 0.040)
assert min(ends[1][:4]) == 0.134 and max(ends[1][:4]) == 0.136
reference, W_end = regress(0.01, 0.1, epochs=20)

# %% tags=["torch"]
from gdcourse.losses.torch import softmax_ce as torch_ce
from gdcourse.optimizers.torch import Hypergradient as TorchHypergradient

W_t, data_t = (
    torch.zeros(65, 10, dtype=torch.float64),
    (torch.from_numpy(A), torch.from_numpy(train_set.y)),
)
loss = torch_value_and_grad(lambda p, X, y: torch_ce(X @ p[0], y))
run = torch_train(loss, [W_t], *data_t, TorchHypergradient(0.01, 0.1), epochs=20)
assert np.allclose(run.rates, reference.rates, rtol=1e-11) and np.allclose(
    W_t, W_end, rtol=1e-11, atol=1e-13
)

# %% tags=["tensorflow"]
from gdcourse.losses.tensorflow import softmax_ce as tf_ce
from gdcourse.optimizers.tensorflow import Hypergradient as TFHypergradient

W_f = tf.Variable(np.zeros((65, 10)))
loss = tf_value_and_grad(lambda p, X, y: tf_ce(X @ p[0], y))
run = tf_train(loss, [W_f], A, train_set.y, TFHypergradient(0.01, 0.1), epochs=20)
assert np.allclose(run.rates, reference.rates, rtol=1e-11) and np.allclose(
    W_f, W_end, rtol=1e-11, atol=1e-13
)

# %% [markdown]
# ## Through the whole run: the L2 weight
#
# A penalty $\frac{1}{2}\lambda \lVert w \rVert^2$ on the training loss must be judged on validation data: on the
# training data, $\lambda = 0$ always wins. Train for $T$ steps with $\lambda = e^a$, so that it stays positive, and
# call the validation loss of the result $V(a)$. Differentiate every step by $a$: with $H$ and $c$ of the training
# set, and $u_t = \partial w_t / \partial a$,
#
# $$w_{t+1} = w_t - \eta\,(H w_t - c + \lambda w_t), \qquad
# u_{t+1} = u_t - \eta\,(H u_t + \lambda u_t + \lambda w_t). \tag{7}$$
#
# At the end, $V'(a) = \nabla V \cdot u_T$. This is the **unrolled gradient**, carried forward. Maclaurin et al.
# (2015) do it in reverse, as `backward()` does, which suits many hyper-parameters at once.
#
# **Predict.** 40 noisy observations of 30 features. Will 40 steps of descent on $a$ match a grid of 91 values?

# %%
rng = np.random.default_rng(0)
w_true = 0.5 * rng.normal(size=30)
X_fit, X_val = rng.normal(size=(40, 30)), rng.normal(size=(200, 30))
y_fit, y_val = (X @ w_true + 2 * rng.normal(size=len(X)) for X in (X_fit, X_val))
H, c = X_fit.T @ X_fit / 40, X_fit.T @ y_fit / 40


def unroll(a, steps=200, eta=0.1):
    """Return (V(a), V'(a)) by equation (7)."""
    w, u, lam = np.zeros(30), np.zeros(30), np.exp(a)
    for _ in range(steps):
        w, u = w - eta * (H @ w - c + lam * w), u - eta * (H @ u + lam * u + lam * w)
    e = X_val @ w - y_val
    return e @ e / 400, (X_val @ u) @ e / 200


for a in (-6.0, -3.0, 0.0, 1.0):
    quotient = (unroll(a + 1e-5)[0] - unroll(a - 1e-5)[0]) / 2e-5
    assert np.isclose(unroll(a)[1], quotient, rtol=1e-7)

# %% [markdown]
# The frameworks go backward through all 200 steps by themselves:

# %% tags=["torch"]
H_t, c_t, X_t, y_t = map(torch.from_numpy, (H, c, X_val, y_val))
a_t = torch.tensor(-3.0, dtype=torch.float64, requires_grad=True)
w = torch.zeros(30, dtype=torch.float64)
for _ in range(200):
    w = w - 0.1 * (H_t @ w - c_t + torch.exp(a_t) * w)
V = ((X_t @ w - y_t) ** 2).sum() / 400
V.backward()
assert np.allclose([V.item(), a_t.grad], unroll(-3.0), rtol=1e-12)

# %% tags=["tensorflow"]
a_f = tf.Variable(-3.0, dtype=tf.float64)
with tf.GradientTape() as tape:
    w = tf.zeros(30, tf.float64)
    for _ in range(200):
        w = w - 0.1 * (tf.linalg.matvec(H, w) - c + tf.exp(a_f) * w)
    V = tf.reduce_sum((tf.linalg.matvec(X_val, w) - y_val) ** 2) / 400
assert np.allclose([V, tape.gradient(V, a_f)], unroll(-3.0), rtol=1e-12)

# %%
grid = np.linspace(-7, 2, 91)
V_grid = np.array([unroll(a)[0] for a in grid])
track = [-4.0]
for _ in range(40):
    track.append(track[-1] - 0.5 * unroll(track[-1])[1])
V_track = np.array([unroll(a)[0] for a in track])

fig, ax = plots.figure(height=3.2)
ax.plot(grid, V_grid, label="grid of 91 values")
ax.plot(
    track, V_track, "o-", color=plots.COLOURS[1], markersize=4, label="descent on $a$"
)
ax.set(
    xlabel=r"$a = \log \lambda$",
    ylabel="validation loss $V$",
    title="the L2 weight, by grid and by gradient",
)
ax.legend()
plots.show(
    fig,
    alt="The validation loss against log lambda is a valley with its floor near -1.1. The descent starts at "
    "-4 on the left slope and comes to rest on the floor.",
)
best = np.argmin(V_grid)
plots.table(
    {
        "": ["grid", "descent"],
        "a": [grid[best], track[-1]],
        "V": [V_grid[best], V_track[-1]],
        "runs": [91, 41],
    }
)

# %% [markdown]
# **Answer.** Yes: both find $a = -1.1$ and $V = 3.157$, against $4.39$ with next to no penalty ($a = -7$). For one
# hyper-parameter a coarse grid is simpler. Descent pays when there are many. Keep its limits in mind:
#
# - It needs a *differentiable* hyper-parameter. The number of layers or the batch size has no gradient. "Gradient
#   descent tunes hyper-parameters" holds with this proviso.
# - $V$ is now trained on, so it is too optimistic. Report a test set.

# %%
assert (
    round(grid[best], 1) == round(track[-1], 1) == -1.1
    and round(V_grid[0], 2) == 4.39
    and grid[0] == -7
)
assert round(V_grid[best], 3) == round(V_track[-1], 3) == 3.157

# %% [markdown]
# ## Summary
#
# - A schedule is a pure function $t \mapsto \eta_t$. Step with $\eta_t$ first, then advance; log the rates used.
# - $0.1 \cdot 0.9^t$ stalls at $0.3579$ on $x^2/2$: a finite sum of rates goes a finite way.
# - A fixed rate has a noise floor near $\eta\sigma^2/4$. In noise: infinite sum of rates, finite sum of squares.
# - Let the rate fall far by the end of the run. Tune each schedule equally; show the seeds.
# - The hypergradient is $-g_t \cdot g_{t-1}$; the unrolled gradient carries $\partial w / \partial a$ through all
#   steps.
#
# ## Common mistakes
#
# - **`scheduler.step()` before `optimizer.step()`.** The first rate is lost, all come one step early.
# - **Steps taken for epochs.** The schedule hardly moves.
# - **$\gamma$ copied from another run.** Its length decides; $0.9$ per step is over in 50 steps.
# - **Lowering the rate because the model is poor.** A fresh model always is.
# - **Choosing $\lambda$ on the training loss.** It always says: less.
#
# ## References
#
# - H. Robbins, S. Monro (1951). A stochastic approximation method. *Annals of Mathematical Statistics* 22, 400-407.
#   doi:10.1214/aoms/1177729586.
# - L. N. Smith (2017). Cyclical learning rates for training neural networks. arXiv:1506.01186.
# - I. Loshchilov, F. Hutter (2017). SGDR: stochastic gradient descent with warm restarts. arXiv:1608.03983.
# - P. Goyal et al. (2017). Accurate, large minibatch SGD: training ImageNet in 1 hour. arXiv:1706.02677.
# - L. N. Smith, N. Topin (2018). Super-convergence. arXiv:1708.07120. One-cycle.
# - A. G. Baydin et al. (2018). Online learning rate adaptation with hypergradient descent. arXiv:1703.04782.
# - D. Maclaurin, D. Duvenaud, R. P. Adams (2015). Gradient-based hyperparameter optimization through reversible
#   learning. arXiv:1502.03492.
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 900 MB.*
