# %% [markdown]
# # A fair race
#
# {{about}}
#
# **After this lesson you can**
#
# - compare optimizers so that the comparison means something,
# - say what tuning, seeds and stopping do to a ranking,
# - read a tuning curve: how low, and how wide,
# - say which rule to try first, and why.
#
# **You need** all rules of this unit up to AdamW, and a small network with cross-entropy (units 01 and 02).

# %% [markdown]
# ## How to make anything win
#
# Adam against plain descent, one rate for both, on a small network with handwritten digits. Some images were held
# back for such decisions; the loss on them is the **validation** loss. The numbers below are this loss after six
# epochs.
#
# `train(rule, seeds)`, in the folded cell, trains one network of $64$ inputs, $32$ hidden units and $10$ outputs for
# each seed. It returns their validation losses, and the share of test images that they get right.
#
# **Predict.** Which of the two wins at the rate $0.003$? Which at $0.3$?

# %% tags=["setup"]
# The digits, a 64-32-10 network for several seeds at once, and a run
import numpy as np

from gdcourse import datasets, plots
from gdcourse.models.numpy import mlp
from gdcourse.optimizers.numpy import GD, SGD, Adagrad, Adam, AdamW, RMSprop

digits = datasets.digits()
rest, test = datasets.split(digits, test=0.3)
learn, valid = datasets.split(rest, test=0.3, seed=1)


def fresh(seeds):
    """Weights [W1, b1, W2, b2], each with one more axis in front: the seeds."""
    nets = [mlp([64, 32, 10], seed=seed).params for seed in seeds]
    return [np.stack([np.atleast_2d(p) for p in ps]) for ps in zip(*nets, strict=True)]


def loss_and_grads(params, X, y):
    """Mean loss per seed, gradients, guesses. X: (seeds, rows, 64), y: (seeds, rows)."""
    W1, b1, W2, b2 = params
    hidden = np.maximum(X @ W1 + b1, 0)
    scores = hidden @ W2 + b2
    scores = scores - scores.max(axis=-1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    delta = (np.exp(log_p) - np.eye(10)[y]) / y.shape[-1]
    back = delta @ W2.mT * (hidden > 0)
    losses = -np.take_along_axis(log_p, y[..., None], -1).mean(axis=(1, 2))
    grads = [X.mT @ back, back.sum(1, keepdims=True)]
    grads += [hidden.mT @ delta, delta.sum(1, keepdims=True)]
    return losses, grads, scores.argmax(axis=-1)


def train(rule, seeds, epochs=6, size=32):
    """Validation losses and test accuracies at the end, one per seed."""
    params, rngs = fresh(seeds), [np.random.default_rng(seed) for seed in seeds]
    with np.errstate(all="ignore"):  # the largest rates diverge
        for _ in range(epochs):
            order = np.stack([rng.permutation(len(learn.y)) for rng in rngs])
            for k in range(0, len(learn.y), size):
                rows = order[:, k : k + size]
                _, grads, _ = loss_and_grads(params, learn.X[rows], learn.y[rows])
                rule.step(params, [np.nan_to_num(g, posinf=0, neginf=0) for g in grads])
        (loss, *_), (*_, guess) = (
            loss_and_grads(params, part.X[None], np.tile(part.y, (len(seeds), 1)))
            for part in (valid, test)
        )
    return loss, np.mean(guess == test.y, axis=1)


# %%
early = {}
for lr in (0.003, 0.3):
    for name, rule in (("plain", GD(lr)), ("Adam", Adam(lr))):
        loss, _ = train(rule, seeds=range(2))
        early[lr, name] = loss.mean()
        print(f"rate {lr}: {name:5} validation loss {loss.mean():.3f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $0.003$ Adam wins, at $0.3$ plain descent, both by far. Adam's steps are about as long as the rate, whatever the
# gradient: $0.3$ is far too long for weights of that size. Plain descent's are the rate times a small gradient: $0.003$
# hardly moves. Whoever picks the rate picks the winner.
#
# </details>

# %% [markdown]
# ## Rules, before the start
#
# 1. **Equal budgets for tuning.** Each method tries the same grid of rates, and its best one must not stand at an end
#    of it. All else is fixed beforehand: momentum $0.9$, RMSprop's $\beta = 0.9$ (in the code `rho`), Adam's $0.9$ and
#    $0.999$, AdamW's decay $0.1$.
# 2. **Equal work.** Six epochs for everyone, one gradient per step.
# 3. **One score, named before.** Here: the mean validation loss at the end.
# 4. **Other seeds.** Three seeds choose the rate; eight others race. Seeds set weights and batches.
# 5. **The spread is shown**, and so is who fails.
# 6. The **test** images are looked at once, at the end.
#
# Seven methods, seven rates from $0.003$ to $3$, three seeds: 147 runs to choose, before the race begins.
#
# **Predict.** Once each has its own rate: is the gap between the best mean and the worst larger than the spread of one
# method's seeds?

# %%
methods = {
    "plain": GD,
    "momentum": lambda lr: SGD(lr, momentum=0.9),
    "Nesterov": lambda lr: SGD(lr, momentum=0.9, nesterov=True),
    "Adagrad": Adagrad,
    "RMSprop": lambda lr: RMSprop(lr, rho=0.9),
    "Adam": Adam,
    "AdamW": lambda lr: AdamW(lr, weight_decay=0.1),
}
grid = 10.0 ** np.arange(-2.5, 0.6, 0.5)

# %%
tuning, chosen, final = {}, {}, {}
for name, make in methods.items():
    losses = np.array([train(make(lr), range(3))[0].mean() for lr in grid])
    tuning[name] = np.where(losses < np.log(10), losses, np.nan)  # worse than guessing
    chosen[name] = grid[np.nanargmin(tuning[name])]
    final[name] = train(make(chosen[name]), range(5, 13))

columns = {"method": methods, "rate": chosen.values()}
for title, k in (("validation loss", 0), ("test accuracy", 1)):
    columns[title] = [f"{v[k].mean():.3f}" for v in final.values()]
    columns[f"its range ({title.split()[0]})"] = [
        f"{v[k].min():.3f} to {v[k].max():.3f}" for v in final.values()
    ]
plots.table(columns, digits=2)

# %% tags=["draw"]
# Tuning curves, and the race
fig, (left, right) = plots.figure(2, width=9.6, height=3.8)
styles = zip(methods, plots.COLOURS, plots.MARKERS, strict=True)
for i, (name, colour, marker) in enumerate(styles):
    left.plot(grid, tuning[name], marker=marker, markersize=4, label=name)
    at = i + np.linspace(-0.25, 0.25, 8)
    right.plot(at, np.sort(final[name][0]), marker, color=colour, markersize=5)
left.set(xscale="log", xlabel="rate", ylabel="validation loss, mean of 3 seeds")
left.set(ylim=(0, 2.4), title="tuning")
right.set(ylim=(0, 0.8), ylabel="validation loss", title="race: 8 other seeds")
right.set_xticks(range(7), list(methods), rotation=35, ha="right")
fig.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=7)
plots.show(
    fig,
    alt="Left, validation loss against the rate for seven methods: valleys of about equal "
    "depth, at rates from 0.01 to 1. Right, eight dots for each method: most between 0.17 and "
    "0.36, one of plain descent at 0.71; the seven clouds overlap.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Than that of three methods, yes; than that of the other four, no. The gap is small: the means lie between $0.21$ and
# $0.30$, six of them between $0.21$ and $0.25$, and all seven ranges overlap. Eight seeds cannot order neighbours, and
# the last place rests on one run: one of plain descent's eight ends at $0.71$. The rate that three seeds chose is too
# large for that seed; at the next smaller one it ends at $0.33$. That is what rule 4 is for. The test accuracies are
# $94$ to $97\,\%$.
#
# </details>

# %% [markdown]
# What differs is the *width* of the valleys on the left. How many rates of the grid come within twice the best loss?
# Plain descent has two; momentum, Nesterov and Adagrad three; RMSprop, Adam and AdamW four. They are easier to tune
# here, not better. Choi and others (2019) show how rankings turn with the tuning budget.

# %% tags=["check"]
# The rules, how close the seven are, the widths, and one epoch
assert early[0.003, "Adam"] < early[0.003, "plain"] / 2
assert not early[0.3, "Adam"] < 2 * early[0.3, "plain"]
assert all(grid[0] < lr < grid[-1] for lr in chosen.values()) and 7 * 7 * 3 == 147
assert (Adam(1).beta1, Adam(1).beta2) == (0.9, 0.999) and len(grid) == 7
assert methods["AdamW"](1.0).weight_decay == 0.1
means = [v[0].mean() for v in final.values()]
assert round(min(means), 2) == 0.21 and round(max(means), 2) == 0.30
scores = [round(100 * v[1].mean()) for v in final.values()]
assert (
    min(scores) == 94
    and max(scores) == 97
    and round(final["plain"][0].max(), 2) == 0.71
)
assert max(v[0].min() for v in final.values()) < min(v[0].max() for v in final.values())
assert np.sum(np.round(means, 2) <= 0.25) == 6  # and no mean is below 0.21, see above
spread = [np.ptp(v[0]) for v in final.values()]
assert np.sum(max(means) - min(means) > np.array(spread)) == 3
by_mean = sorted((v[0] for v in final.values()), key=np.mean)
for a, b in zip(by_mean, by_mean[1:], strict=False):  # within two deviations
    assert b.mean() - a.mean() < 2 * np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 8)
unlucky = final["plain"][0].argmax()
dots = np.concatenate([v[0] for v in final.values()])
assert round(dots.min(), 2) == 0.17 and np.sum(dots > 0.36) == 1
assert np.isclose(min(chosen.values()), 0.01) and np.isclose(max(chosen.values()), 1)
assert max(np.delete(final["plain"][0], unlucky).mean(), *means[1:]) < 0.25
smaller = train(GD(chosen["plain"] / 10**0.5), range(5, 13))[0]
assert round(smaller[unlucky], 2) == 0.33
width = {name: int(np.sum(v < 2 * np.nanmin(v))) for name, v in tuning.items()}
assert list(width.values()) == [2, 3, 3, 3, 4, 4, 4]  # in the order of `methods`
once = {}  # one epoch, by the same rules
for name, make in methods.items():
    tried = [train(make(lr), range(3), epochs=1)[0].mean() for lr in grid]
    once[name] = train(make(grid[np.argmin(tried)]), range(5, 13), epochs=1)[0]
    if name in ("plain", "Adam"):
        where = grid[np.argmin(tried)] / chosen[name]
        assert np.isclose(where, 10**-0.5 if name == "plain" else 10**0.5)
ends = sorted(once, key=lambda name: once[name].mean())
assert (ends[0], ends[-1]) == ("Adam", "plain") and once["Adam"].max() < once[
    "plain"
].min()
assert round(once["Adam"].mean(), 2) == 0.44 and round(once["plain"].mean(), 2) == 1.06
print("checked: equal budgets, and seven ranges that overlap")

# %% [markdown]
# ## Where there is a difference
#
# Choose the problem, and the difference is as large as you like. Two valleys with the curvatures $1$ and $100$, one
# along the axes, one tilted. Eight random starts each; the count is of the steps until half of them are below the
# height $10^{-4}$, each method at the best of eleven rates.
#
# **Predict.** Of plain descent, Nesterov and Adagrad: which gains most from a valley along the axes? Which does not
# notice?

# %%
from gdcourse.functions import quadratic


def steps_needed(surface, rule, most):
    x = np.random.default_rng(1).uniform(-3, 3, size=(2, 8))
    for t in range(most):
        if np.median(surface(x)) < 1e-4:
            return t
        rule.step([x], [np.clip(surface.gradient(x), -1e6, 1e6)])
    return most


# %%
rates = 10.0 ** np.arange(-3, 2.1, 0.5)
valleys = {
    "tilted": quadratic((1, 100), seed=3),
    "along": quadratic((1, 100), seed=None),
}
needed, best_rate = {}, {}
for place, surface in valleys.items():
    for name in ("plain", "Nesterov", "Adagrad"):
        counts = [steps_needed(surface, methods[name](lr), most=600) for lr in rates]
        needed[place, name] = min(counts)
        best_rate[place, name] = rates[np.argmin(counts)]
plots.table({"valley, method": map(", ".join, needed), "steps": needed.values()})

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Adagrad, many times: its rate per weight removes the narrowness if the valley follows the weights. Plain descent and
# Nesterov do not see the axes. So tests on such valleys flatter the adaptive methods. Adagrad does not even have a
# best rate there: it takes $10$ steps at the rate $1$ and $4$ at $100$, the end of the grid. The other best rates lie
# inside.
#
# </details>

# %% tags=["check"]
# Who gains from the axes, and is each best rate inside its grid?
ends = [where for where, lr in best_rate.items() if not rates[0] < lr < rates[-1]]
assert ends == [("along", "Adagrad")] and len(rates) == 11
assert best_rate["along", "Adagrad"] == 100 and needed["along", "Adagrad"] == 4
assert steps_needed(valleys["along"], Adagrad(1.0), 600) == 10
assert needed["along", "Adagrad"] < needed["tilted", "Adagrad"] / 5
for name in ("plain", "Nesterov"):
    assert 0.5 < needed["along", name] / needed["tilted", name] < 2
assert needed["tilted", "Nesterov"] < needed["tilted", "plain"] / 5
print("checked: the axes matter to the rate per weight alone")

# %% [markdown]
# ## Which do I use?
#
# - Begin with **AdamW** or Adam: on this network their valleys, and RMSprop's, were the widest, and a few rates
#   sufficed.
# - **Momentum or Nesterov** where you can afford to tune, as for image models. They keep one more number per weight,
#   Adam two.
# - **Adagrad** for sparse features in a convex problem.
# - Whatever you take: tune the rate, lower it towards the end, and compare by several seeds.
#
# ## In three frameworks
#
# A comparison needs one thing from a framework: the same start for everyone. Build once, copy the weights, train, and
# restore them for the next method. (`fresh` makes the weights of a seed.)

# %%
params = [p[0] for p in fresh([0])]
start = [p.copy() for p in params]
GD(1.0).step(params, [np.ones_like(p) for p in params])  # train here
params = [p.copy() for p in start]

# %% tags=["torch"]
import copy

import torch

net = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
saved = copy.deepcopy(net.state_dict())  # a copy, not the live weights
net(torch.ones(1, 4)).sum().backward()
torch.optim.SGD(net.parameters(), lr=1.0).step()  # train here
net.load_state_dict(saved)

# %% tags=["tensorflow"]
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(2)])
kept = model.get_weights()  # copies
model.trainable_variables[0].assign_add(tf.ones((4, 2)))  # train here
model.set_weights(kept)

# %% tags=["check", "torch", "tensorflow"]
# Are saved weights copies that a run cannot change?
with torch.no_grad():
    net[0].weight += 1
assert not torch.equal(net.state_dict()["0.weight"], saved["0.weight"])
assert torch.equal(net.state_dict()["0.weight"], saved["0.weight"] + 1)
assert np.array_equal(params[0], fresh([0])[0][0]) and params[0] is not start[0]
assert np.array_equal(model.get_weights()[0], kept[0])
print("checked: the saved weights are copies in both")

# %% [markdown]
# ## Summary
#
# - Name budget, work, score and seeds before the race. Show the spread.
# - Tuned equally, seven methods come close together on the digits, and eight seeds cannot order neighbours. What
#   differs is how wide their range of good rates is.
# - A valley along the axes flatters a rate per weight.
#
# ## Common mistakes
#
# - **A tuned favourite against untuned rivals.**
# - **A best rate at the end of the grid.** Then it is not the best. Widen the grid.
# - **Seeds reused.** Who is tuned and judged on the same seeds is judged too well.
#
# ## Quick questions
#
# 1. A paper tunes its own method over 50 settings and takes the rivals' defaults. What do you know?
#
#    <details><summary><b>Answer</b></summary>
#
#    That 50 tries beat one. Nothing about the method.
#
#    </details>
# 2. Two methods differ by a hundredth in loss; seeds of one differ by a tenth. What do you say?
#
#    <details><summary><b>Answer</b></summary>
#
#    That this comparison cannot tell them apart. Run more seeds, or give up the claim.
#
#    </details>
# 3. Why must the test images not choose the rate?
#
#    <details><summary><b>Answer</b></summary>
#
#    The best of many tries on them is lucky there. The number would be too good.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Eight seeds of one method have the standard deviation $\sigma$. How large is the standard deviation of
# the difference of two such means, and which difference would convince you?
#
# <details><summary><b>Outline</b></summary>
#
# The mean of eight has $\sigma/\sqrt8$, a difference of two such means $\sigma\sqrt{2/8} = \sigma/2$. Twice that, one
# whole $\sigma$, is a common line.
#
# </details>

# %% [markdown]
# **Try.** Race for one epoch in place of six, with the same rules. Do the ranges still overlap?
#
# <details><summary><b>Outline</b></summary>
#
# Tune anew for one epoch: Adam's best rate is now larger, plain descent's smaller. Adam is first with $0.44$, plain
# descent last with $1.06$, and each run of Adam ends below each of plain descent. The budget is part of the question.
#
# </details>
#
# ## References
#
# - D. Choi and others (2019). On empirical comparisons of optimizers for deep learning. arXiv:1910.05446
# - R. M. Schmidt, F. Schneider, P. Hennig (2021). Descending through a crowded valley: benchmarking deep learning
#   optimizers. arXiv:2007.01547
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
