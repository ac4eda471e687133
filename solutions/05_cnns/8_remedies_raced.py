# %% [markdown]
# # Remedies, raced
#
# {{about}}
#
# **After this lesson you can**
#
# - build seven remedies against overfitting as switches of one training loop,
# - say what L2 and L1 do to a large weight and to a small one,
# - make more images out of few, and say which of them are lies,
# - compare remedies fairly: the same steps, strengths chosen on validation, five seeds, differences by pairs,
# - say which of them helped here, which did not, and why that depends on the illness.
#
# **You need** dropout and early stopping (the lesson before this one), [[L2]] (unit 01).

# %% [markdown]
# ## Two penalties, by hand
#
# L2 adds $\frac{\alpha}{2} w^2$ to the loss, so $\alpha w$ to the gradient. L1 adds $\alpha |w|$, so $\alpha\, \text{sign}(w)$. Take
# $\alpha = 0.1$, the rate $1$, and two weights on which the loss itself does not depend.
#
# **Predict.** The weights are $2$ and $0.1$. What does one step of each penalty make of them? Which penalty can bring a weight to $0$?

# %%
import numpy as np

w = np.array([2.0, 0.1])
print("L2:", w - 1 * 0.1 * w)
print("L1:", w - 1 * 0.1 * np.sign(w))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# L2: $1.8$ and $0.09$, each a tenth less. L1: $1.9$ and $0$, each $0.1$ less. L2 takes a *share*: large weights lose most, and none gets to
# $0$. L1 takes an *amount*: small weights are gone soon.
#
# </details>
#
# Both hold the weights back, so that it costs something to note a single picture. Biases are left alone.

# %% tags=["check"]
# Both penalties against difference quotients of their formulas
from gdcourse.gradients import central_difference
from gdcourse.losses.numpy import l1, l2

assert np.allclose(w - 0.1 * w, [1.8, 0.09]) and np.allclose(
    w - 0.1 * np.sign(w), [1.9, 0]
)
assert np.allclose(central_difference(l2, w), w, atol=1e-8)
assert np.allclose(central_difference(l1, w), np.sign(w), atol=1e-8)
assert 2 - 1.8 > 0.1 - 0.09 and np.isclose(2 - 1.9, 0.1)
print("checked: shares for L2, amounts for L1")

# %% [markdown]
# ## More images out of few
#
# **[[Augmentation|augmentation]]** changes the images of each batch a little, anew at each step: a digit that is moved by half a pixel is
# the same digit. It tells the network a fact that you know and the data do not show. So it has to *be* a fact.

# %%
from gdcourse.datasets import augment, digits
from gdcourse.datasets.augmentation import move

data = digits(images=True)
six = data.X[6:7]
rng = np.random.default_rng(0)
shifted = augment(six.repeat(6, axis=0), rng, shift=1.0, degrees=0)
turned = move(six, degrees=180)

# %% tags=["draw"]
# One digit, six times moved, once turned
from gdcourse import plots

plots.show(
    plots.image_grid(
        np.concatenate([six, shifted, turned]),
        titles=["as it is", *["moved"] * 6, "turned"],
        marked=[False] * 7 + [True],
        width=8.0,
        height=1.7,
    ),
    alt="A six; six copies of it, each moved by up to one pixel and still a six; and, "
    "framed, the six turned by 180 degrees, which reads as a nine.",
)

# %% [markdown]
# The last one is a lie: turned by half a turn, a 6 is a 9. Moved ones are true, as long as nothing is pushed out of the picture.
#
# ## One loop, seven switches
#
# Every remedy is a switch of one function. A run has 240 steps with 50 images each, by Adam, whatever the switches say. `sets(seed, share)`
# draws up to 400 training images, 200 to validate and the rest to test; a `share` of the first two have random labels, as in the lesson
# before. `build` makes a network with one hidden layer, `snapshot` copies its weights with their validation loss, `put_back` restores
# the best ones.

# %% tags=["setup"]
# Draw the sets, build the network, count errors
from gdcourse.layers.numpy import Dropout, Sequential
from gdcourse.losses.numpy import softmax_ce
from gdcourse.models.numpy import mlp
from gdcourse.optimizers.numpy import Adam
from gdcourse.training.numpy import objective


def sets(seed, share):
    """Return (X, y) to train, to validate (with random labels both) and to test."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(data.y))
    X, y = data.X[rows], data.y[rows]
    labels, replaced = y.copy(), np.flatnonzero(rng.random(600) < share)
    labels[replaced] = rng.integers(0, 10, len(replaced))
    return (X[:400], labels[:400]), (X[400:600], labels[400:600]), (X[600:], y[600:])


def build(seed, width, drop, rng):
    dense, relu, last = mlp((64, width, 10), seed=seed).layers
    return Sequential(dense, relu, *([Dropout(drop, rng)] if drop else []), last)


def flat(X):
    return X.reshape(len(X), 64)


def gradients(model, X, y):
    return objective(model, softmax_ce)(model.params, flat(X), y)[1]


def errors(model, X, y):
    return 100 * np.mean(model.forward(flat(X)).argmax(axis=1) != y)


def snapshot(model, X, y):
    """Return the loss on X, y, and a copy of the weights."""
    return softmax_ce(model.forward(flat(X)), y), [p.copy() for p in model.params]


def put_back(model, kept):
    """Give the model the weights of the snapshot with the lowest loss, if there are any."""
    if kept:
        _, best = min(kept, key=lambda pair: pair[0])
        for p, value in zip(model.params, best, strict=True):
            p[...] = value


# %%
def penalised(grads, params, l2, l1):
    return [
        g + l2 * p + l1 * np.sign(p) if p.ndim > 1 else g
        for g, p in zip(grads, params, strict=True)
    ]


# %%
OFF = {"images": 200, "width": 64, "l2": 0, "l1": 0, "drop": 0, "shift": 0}
OFF |= {"stop": False, "lr": 0.005}


# %%
def run(seed, share, steps=240, **switches):
    on = OFF | switches
    (X, y), held, test = sets(seed, share)
    X, y = X[: on["images"]], y[: on["images"]]
    rng, kept = np.random.default_rng(seed), []
    model, optimizer = build(seed, on["width"], on["drop"], rng), Adam(on["lr"])
    for step in range(steps):
        rows = rng.integers(0, len(X), 50)
        batch = augment(X[rows], rng, on["shift"], 0) if on["shift"] else X[rows]
        grads = gradients(model, batch, y[rows])
        optimizer.step(model.params, penalised(grads, model.params, on["l2"], on["l1"]))
        if on["stop"] and step % 8 == 7:
            kept.append(snapshot(model, *held))
    put_back(model, kept)
    return [errors(model, *pair) for pair in ((X, y), held, test)]


# %% [markdown]
# ## The rules of the race
#
# - The *plain* run has no switch on. A remedy counts by its difference to the plain run, seed by seed: the same images, the same first
#   weights.
# - A switch with a strength gets three tries. The one with the fewest *validation* errors, on average over the seeds, runs on the test images.
# - The plain run deserves tries too. So one more way only changes the learning rate.


# %%
WAYS = {
    "plain": [{}],
    "twice the images": [{"images": 400}],
    "smaller network": [{"width": width} for width in (8, 16, 32)],
    "L2": [{"l2": alpha} for alpha in (0.005, 0.02, 0.06)],
    "L1": [{"l1": alpha} for alpha in (0.001, 0.003, 0.006)],
    "dropout": [{"drop": p} for p in (0.3, 0.6, 0.8)],
    "early stopping": [{"stop": True}],
    "augmentation": [{"shift": pixels} for pixels in (0.3, 0.6, 1.0)],
    "smaller rate": [{"lr": lr} for lr in (0.0006, 0.00125, 0.0025)],
}


# %%
def race(share):
    result = {}
    for way, tries in WAYS.items():
        found = [[run(seed, share, **switch) for seed in range(5)] for switch in tries]
        seen, validation, test = np.moveaxis(np.array(found), -1, 0)  # (tries, seeds)
        best = validation.mean(axis=1).argmin()
        result[way] = tries[best], seen[best], test[best]
    return result


# %% [markdown]
# ## Few images, true labels
#
# 200 training images, all labels true. The plain run learns them all and gets about 7 % of the test images wrong: [[overfitting]], by the gap.
#
# **Predict.** Which of the remedies help, on all five seeds?

# %%
few = race(share=0.0)

# %% tags=["setup"]
# A table, and a picture of the differences by pairs


def show_race(result, title, alt):
    plain = result["plain"][-1]
    fig, ax = plots.figure(width=7.5, height=3.6)
    names = list(result)[::-1]
    for i, name in enumerate(names):
        switch, _, test = result[name]
        colour = plots.COLOURS[1 if np.all(test < plain) else 0]
        ax.plot(test - plain, [i] * 5, "o", color=colour, alpha=0.6)
        said = ", ".join(f"{key} {value}" for key, value in switch.items())
        ax.text(6.3, i, f"{test.mean():.1f} %   {said}", va="center", fontsize=9)
    ax.axvline(0, color="0.3", linestyle=":")
    ax.set(yticks=range(len(names)), yticklabels=names, xlim=(-14, 13))
    ax.set(xlabel="difference to the plain run in % of the test images, seed by seed")
    ax.set(xticks=range(-12, 7, 3))
    ax.set_title(f"{title}   (right: mean test errors and the strength chosen)")
    ax.grid(axis="x")
    plots.show(fig, alt=alt)


# %% tags=["draw"]
# The race with true labels
show_race(
    few,
    "few images, true labels",
    alt="Differences to the plain run on five seeds for each way. Twice the images lie below zero on "
    "all five, by about 2; all other remedies lie around zero, and a smaller network above it.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# One: more images. All others are within about 1 % of the plain run, some a little better, some a little worse, none on all five seeds.
#
# </details>
#
# Why? All that the network learned by heart is *true*. It is wrong where it has not seen enough shapes, and holding weights back shows it no
# new ones. **A gap between training and test is no proof that a restraint will help.**

# %% tags=["check"]
# What helped with few images
mean = {name: test.mean() for name, (*_, test) in few.items()}
better = {name: int(np.sum(test < few["plain"][2])) for name, (*_, test) in few.items()}
assert np.all(few["plain"][1] < 0.6) and mean["plain"] - few["plain"][1].mean() > 5
assert (
    round(mean["plain"]) == 7
    and run.__defaults__ == (240,)
    and better["twice the images"] == 5
)
assert [name for name, count in better.items() if count == 5] == ["twice the images"]
assert 1.2 < mean["plain"] - mean["twice the images"] < 3
others = set(few) - {"plain", "twice the images"}
assert all(abs(mean[name] - mean["plain"]) < 1.1 for name in others)
assert mean["smaller network"] > mean["plain"]
assert sets(0, 0.0)[0][0].shape == (400, 1, 8, 8) and len(sets(0, 0.0)[1][1]) == 200
print("checked: with true labels only more images helped on all seeds")

# %% [markdown]
# ## Wrong labels
#
# Now 30 % of the training and validation labels are random. The plain run gets more than 20 % of the test images wrong.
#
# **Predict.** Which help now? Which helps most? And where does the smaller rate end, which is no remedy at all?

# %%
wrong = race(share=0.3)

# %% tags=["draw"]
# The race with wrong labels
show_race(
    wrong,
    "30 % random labels",
    alt="Differences to the plain run on five seeds for each way: all dots of all ways lie below "
    "zero. Twice the images, augmentation, dropout and the smaller rate lie about 8 below, "
    "the smaller network least far.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# All of them, on all five seeds. Most helps to have twice the images, though as many of *their* labels are wrong. And the smaller rate is as
# good as the best restraints.
#
# </details>
#
# Here the network learned lies by heart, and each of the switches keeps it from that. A smaller rate does too: in 240 small steps it
# does not get so far, which is early stopping by another name (unit 01). **So compare a remedy with a *tuned* plain run.** Against the plain
# run at the large rate, each looks like a wonder. Against the smaller rate none is better on all five seeds, not even twice the images.
#
# Five better results of five happen by chance in $0.5^5 = 0.03$ of the cases (lesson 6), and with seven remedies one such result proves little. Here
# the dots are far from zero. For small differences, run more seeds.

# %% tags=["check"]
# What helped with wrong labels, and against a tuned rate
mean_2 = {name: test.mean() for name, (*_, test) in wrong.items()}
gain = {name: test - wrong["plain"][2] for name, (*_, test) in wrong.items()}
noisy = np.mean([np.mean(sets(s, 0.3)[0][1] != sets(s, 0)[0][1]) for s in range(9)])
assert abs(noisy - 0.9 * 0.3) < 0.02  # one random label in ten is true by luck
assert mean_2["plain"] > 20 and round(0.5**5, 2) == 0.03
assert all(np.all(gain[name] < 0) for name in gain if name != "plain")
assert min(mean_2, key=mean_2.get) == "twice the images"
tuned = wrong["smaller rate"][2]
clearly = [name for name, (*_, test) in wrong.items() if np.all(test < tuned)]
assert clearly == []  # not even twice the images
assert abs(mean_2["smaller rate"] - mean_2["dropout"]) < 2.5
chosen = {name: WAYS[name].index(switch) for name, (switch, *_) in wrong.items()}
assert all(
    chosen[name] == 1 for name in WAYS if len(WAYS[name]) == 3
)  # no end of a grid
print("checked: all remedies beat the plain run on five seeds, few beat a tuned rate")

# %% [markdown]
# ## All at once
#
# **Predict.** Weak L2, weak dropout, small shifts and early stopping *together*: do their gains add up? And twice the images *with* the
# smaller rate?

# %%
TOGETHER = {
    "four restraints": {"l2": 0.003, "drop": 0.3, "shift": 0.3, "stop": True},
    "twice the images, smaller rate": {"images": 400, "lr": 0.00125},
}
together = {}
for name, switches in TOGETHER.items():
    together[name] = np.array([run(seed, 0.3, **switches)[2] for seed in range(5)])
    low, high, middle = (f(together[name]) for f in (min, max, np.mean))
    print(f"{name}: {low:.0f} to {high:.0f} %, mean {middle:.0f} %")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The four do not add up. They get to about 14 %, a little below the best of them alone: each cures the same illness. More images and the
# smaller rate get to about 12 %: they are cures of two kinds, one brings knowledge, the other keeps lies out.
#
# </details>
#
# ## In three frameworks
#
# The switches have other names, and one has another size. PyTorch's `weight_decay` is our $\alpha$: it adds $\alpha w$ to the gradient.
# Keras' `L2(c)` adds $c\, w^2$ to the loss, without the half, so $2 c w$ to the gradient: for the same penalty take $c = \alpha/2$. Here $c$ is
# the number that Keras is given. For $w = 2$ and $\alpha = 0.1$ the gradient is $0.2$:

# %%
alpha = 0.1
print("NumPy:  ", alpha * 2.0)

# %% tags=["torch"]
import torch

w_t = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
w_t.grad = torch.zeros_like(w_t)  # the loss itself does not depend on it
torch.optim.SGD([w_t], lr=1.0, weight_decay=alpha).step()
print("PyTorch:", round(2.0 - w_t.item(), 6))

# %% tags=["tensorflow"]
import keras
import tensorflow as tf

w_k = tf.Variable(2.0, dtype="float64")
slopes = {}
for c in (alpha / 2, alpha):
    with tf.GradientTape() as tape:
        penalty = keras.regularizers.L2(c)(w_k)
    slopes[c] = float(tape.gradient(penalty, w_k))
    print(f"Keras, L2({c:g}): {slopes[c]:.6f}")

# %% tags=["check", "torch", "tensorflow"]
# The same penalty in all three, with half of alpha for Keras
assert np.isclose(2.0 - w_t.item(), 0.2) and np.isclose(alpha * 2.0, 0.2)
assert np.isclose(slopes[0.05], 0.2) and np.isclose(slopes[0.1], 0.4)
print("checked: PyTorch takes alpha, Keras half of it")

# %% [markdown]
# ## Summary
#
# - Seven remedies are seven switches of one loop: rows, units, a term in the gradient, a mask, the weights that are kept, the images.
# - With few images and true labels only more images helped here. With wrong labels everything helped that keeps the network from learning
#   by heart.
# - Compare with the same steps, with strengths chosen on validation, by pairs, over seeds, and against a *tuned* plain run.
# - Restraints against the same illness do not add up. More images and a restraint did.
#
# ## Common mistakes
#
# - **A remedy for each gap.** Ask first what the network learned by heart: truth or lies?
# - **A tuned remedy against an untuned plain run.**
# - **The strength chosen on the test images.**
# - **Augmentation that changes the label**, as half a turn does with a 6.
# - **Twice the images and twice the steps**: which of the two helped?
# - **Keras' `L2(alpha)` for $\frac{\alpha}{2} w^2$.** It is twice as strong.
#
# ## Quick questions
#
# 1. Your network has 0 % training errors and 20 % test errors. All labels were checked twice. What do you try first?
#
#    <details><summary><b>Answer</b></summary>
#
#    More images, real or by augmentation that is true. A restraint may help, but here it did not.
#
#    </details>
# 2. The best strength of your three is the largest one. What now?
#
#    <details><summary><b>Answer</b></summary>
#
#    Try larger ones: the best may lie beyond.
#
#    </details>
# 3. Which of the switches work on chest X-rays, where left and right matter: shift by a pixel, mirror image, turn by 2 degrees?
#
#    <details><summary><b>Answer</b></summary>
#
#    Shift and the small turn. A mirror image puts the heart on the wrong side.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** A weight on which the loss does not depend starts at $w$. What is left of it after $t$ steps of descent with L2, and with L1?
#
# <details><summary><b>Outline</b></summary>
#
# L2: $(1 - \eta\alpha)^t\, w$, never quite $0$. L1: it moves by $\eta\alpha$ each step, so it arrives near $0$ after $|w|/(\eta\alpha)$ steps,
# and then jumps to and fro across it, by $\eta\alpha$: the plain step with the sign cannot rest there.
#
# </details>

# %% [markdown]
# **Try.** Give the two situations four times as many steps. Which ways get worse with wrong labels, and which stay? Then give the
# network only 50 images with true labels. Does augmentation help there?
#
# <details><summary><b>Outline</b></summary>
#
# `run(seed, 0.3, steps=1000)`. The plain run and the smaller rate go on to learn the wrong labels, and dropout gets worse too. Early stopping
# and L2 hold. With fewer images each new shape counts for more; count seeds before you believe it.
#
# </details>

# %% tags=["check"]
# All at once, the open question
restrained = [
    mean_2[name] for name in ("L2", "early stopping", "dropout", "augmentation")
]
four, two = (runs.mean() for runs in together.values())
assert 12.5 < four < 15.5 and four < min(restrained) + 0.5  # about 14
assert mean_2["plain"] - four < 0.6 * sum(mean_2["plain"] - r for r in restrained)
assert 10.5 < two < 13.5 and two < min(four, mean_2["twice the images"])  # about 12
w_l2, w_l1 = 1.0, 1.0
for _ in range(200):
    w_l2, w_l1 = w_l2 - 0.1 * 0.1 * w_l2, w_l1 - 0.1 * 0.1 * np.sign(w_l1)
assert np.isclose(w_l2, 0.99**200) and w_l2 > 0 and abs(w_l1) <= 0.0101
print("checked: restraints do not add up, images and a rate do; and L1 at 0")

# %% [markdown]
# ## References
#
# - A. Krogh, J. A. Hertz (1992). A simple weight decay can improve generalization. *Advances in Neural Information Processing
#   Systems* 4.
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov (2014). Dropout: a simple way to prevent neural
#   networks from overfitting. *Journal of Machine Learning Research* 15, 1929–1958.
# - C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals (2017). Understanding deep learning requires rethinking
#   generalization. *ICLR*. arXiv:1611.03530
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
