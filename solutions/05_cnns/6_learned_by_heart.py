# %% [markdown]
# # Learned by heart
#
# {{about}}
#
# **After this lesson you can**
#
# - say what a small training loss tells you, and what it does not,
# - say how likely a result is by chance, and how many right answers beat it,
# - train a network on labels without any sense, and say what it learns,
# - watch the gap between training and test grow over the epochs,
# - see a network learn the rule first and the exceptions later.
#
# **You need** the network of lesson 4 of this unit, [[overfitting]] and the [[test set]] (unit 01).

# %% [markdown]
# ## A network trained on nothing
#
# A published tutorial shows how to train a network for images: two convolutions, two poolings, two dense layers. For want of
# data it takes noise. 100 pictures, each pixel a random number, and 100 labels from 0 to 9, at random too. It trains for 10 epochs,
# makes 20 test pictures of the same kind, and never scores them.
#
# Let us finish the run: 30 epochs, and the test at the end. `fit` trains as the tutorial does, by Adam in batches of 32; `right` counts right
# answers.
#
# **Predict.** There is no rule in these data. How many of the 100 training labels does the network get right in the end? How many of the
# 20 test labels?

# %% tags=["setup"]
# Train by Adam in batches of 32, and count right answers
import numpy as np

from gdcourse.losses.numpy import softmax_ce
from gdcourse.models.numpy import cnn
from gdcourse.optimizers.numpy import Adam
from gdcourse.training.numpy import objective, train


def fit(model, X, y, epochs, look=None):
    settings = {"epochs": epochs, "batch_size": 32, "callbacks": [look] if look else []}
    loss = objective(model, softmax_ce)
    return train(loss, model.params, X, y, Adam(1e-3), **settings)


def right(model, X, y):
    return int(np.sum(model.forward(X).argmax(axis=1) == y))


# %%
rng = np.random.default_rng(0)
noise, labels = rng.random((100, 1, 28, 28)), rng.integers(0, 10, 100)
noise_test, labels_test = rng.random((20, 1, 28, 28)), rng.integers(0, 10, 20)

model = cnn(seed=0)
for epochs in (10, 20):  # 10, and then 20 more
    history = fit(model, noise, labels, epochs)
    print(f"loss {history.losses[-1]:.1f}, right: {right(model, noise, labels)} of 100")
right_test = right(model, noise_test, labels_test)
print("test, right:", right_test, "of 20")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# All 100. And one of the test labels, where guessing gets about two. After the tutorial's 10 epochs the loss has begun to fall,
# which looks like progress. It is progress in learning by heart.
#
# </details>
#
# The network has $225{,}034$ weights for 100 labels: room enough to note each picture with its label. To **[[memorise]]** is to be right on
# the samples that were seen, without anything that helps on others.

# %% tags=["check"]
# The tutorial's run to its end
assert sum(p.size for p in model.params) == 225_034
first_losses = 2.303  # log 10, the loss of guessing
assert abs(np.log(10) - first_losses) < 1e-3 and len(noise) == 100
assert right(model, noise, labels) == 100 and history.losses[-1] < 0.5
assert right_test <= 4 and len(labels_test) == 20
print("checked: all labels known by heart, and nothing learned")

# %% [markdown]
# ## Does it beat chance?
#
# Suppose it had been right on $4$ of the $20$, twice what guessing gives. Would that be a success? Ask: **how often does
# guessing do as well or better?**
#
# By hand, with three images. With ten classes a guess is right with the probability $q = 0.1$. Exactly two right: the sequence right,
# right, wrong has the probability $0.1 \cdot 0.1 \cdot 0.9 = 0.009$, and so have the two others with one wrong. Together $0.027$. All
# three right: $0.001$. So two or more: $0.028$.
#
# In general there are $\binom{n}{k}$ sequences of $n$ with $k$ right, each with the probability $q^k (1-q)^{n-k}$. Add up from
# the count that you saw, here $r$ is that count:
#
# $$\text{tail}(r) = \sum_{k = r}^{n} \binom{n}{k}\, q^k\, (1 - q)^{n - k}. \tag{1}$$
#
# How many right answers of 20 does it take before guessing does as well in fewer than 5 of 100 cases?

# %%
from math import comb


def tail(r, n, q):
    return sum(comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(r, n + 1))


print("two or more of three:", round(tail(2, 3, 0.1), 3))
for r in (3, 4, 5, 6):
    print(f"{r} or more of 20: {tail(r, 20, 0.1):.3f}")

# %% tags=["draw"]
# How often guessing gets each count right
from gdcourse import plots

fig, ax = plots.figure(width=6.5, height=3.0)
counts = np.arange(10)
exactly = np.array([tail(r, 20, 0.1) - tail(r + 1, 20, 0.1) for r in counts])
bars = ax.bar(counts, exactly, color=plots.COLOURS[0], label="by guessing")
for bar in bars[5:]:
    bar.set(facecolor=plots.COLOURS[1], hatch="//")
bars[5].set_label("5 or more: beats chance")
ax.set(xlabel="right answers of 20", ylabel="probability", xticks=counts)
ax.set_title("ten classes, twenty images")
ax.legend()
plots.show(
    fig,
    alt="Bars for 0 to 9 right answers of 20. The highest, above 0.25, stand at 1 and 2; at "
    "4 there is still about 0.09. The bars from 5 on are hatched and sum to 0.043.",
)

# %% [markdown]
# Four or more come in 13 of 100 cases: no success. Five are needed: 4 of 100. **With 20 test images, a network that doubles the chance
# level cannot be told from a guess.** Of 300, where guessing gets about 30, it takes 40.
#
# And $q = 1/10$ is the level to beat only if all classes are equally frequent. If nine of ten images are of one class, always naming it is
# right in 90 %: the chance level is the share of the most frequent class. {{exercise:beats_chance}} asks for exact tails, and for less than
# 1 of 100.

# %% tags=["check"]
# The tail by hand, by listing all sequences, and by drawing
from itertools import product

assert round(0.1 * 0.1 * 0.9, 3) == 0.009
assert round(3 * 0.009, 3) == 0.027 and round(0.1**3, 3) == 0.001
assert round(tail(2, 3, 0.1), 3) == 0.028
for n, q in ((3, 0.1), (6, 0.3)):
    for r in range(n + 1):
        listed = [s for s in product((0, 1), repeat=n) if sum(s) >= r]
        weights = [q ** sum(s) * (1 - q) ** (n - sum(s)) for s in listed]
        assert np.isclose(sum(weights), tail(r, n, q))
drawn = np.random.default_rng(0).binomial(20, 0.1, 100_000)
assert abs(np.mean(drawn >= 4) - tail(4, 20, 0.1)) < 0.005
assert round(tail(4, 20, 0.1), 2) == 0.13 and round(tail(5, 20, 0.1), 3) == 0.043
assert round(tail(5, 20, 0.1), 2) == 0.04
assert tail(4, 20, 0.1) > 0.05 > tail(5, 20, 0.1)
assert tail(39, 300, 0.1) > 0.05 > tail(40, 300, 0.1)  # 40 of 300
assert 1 - (1 - tail(5, 20, 0.1)) ** 10 > 0.35  # the best of ten: often
assert exactly[1:3].min() > 0.25 and round(exactly[4], 2) == 0.09
assert max(exactly) == max(exactly[1:3])
print("checked: the formula against all sequences, and against 100,000 draws")

# %% [markdown]
# ## The same network, with sense and without
#
# Noise has no rule to find. So take real digits: 300 to train, 300 others to test. Train the same network from the same first weights
# for the same 60 epochs, three times: with the true labels, with random ones, and with 40 % of the labels replaced by random ones. The
# *test* labels are true in all three. (Zhang et al., 2017, did this with large networks and a million images.)

# %%
from gdcourse.datasets import digits

data = digits(images=True)
rows = rng.permutation(len(data.y))[:600]
X, y = data.X[rows[:300]], data.y[rows[:300]]
X_test, y_test = data.X[rows[300:]], data.y[rows[300:]]
given = {"true": y, "40 % random": y.copy(), "random": rng.integers(0, 10, 300)}
redrawn = rng.permutation(300)[:120]
given["40 % random"][redrawn] = rng.integers(0, 10, 120)

# %% [markdown]
# **Predict.** Which of the three does the network know by heart in the end? Which takes longest? How good is each on the test images?

# %%
said, new = {}, {}  # after each epoch: the answers on X, and the share right on X_test
for name, target in given.items():
    model, said[name], new[name] = cnn((1, 8, 8), padding=1, seed=0), [], []

    def look(history, params, model=model, name=name):
        said[name].append(model.forward(X).argmax(axis=1))
        new[name].append(right(model, X_test, y_test) / 300)

    fit(model, X, target, 60, look)

# %%
known = {name: np.mean(said[name] == given[name], axis=1) for name in given}
for name in given:
    print(
        f"{name:11}  training {known[name][-1]:.0%}, test {new[name][-1]:.0%}", end=""
    )
    print(f", 90 % known after epoch {np.argmax(known[name] >= 0.9) + 1}")

# %% tags=["draw"]
# Training and test over the epochs
fig, axes = plots.figure(2, width=9.0, height=3.2, sharey=True)
epochs_axis = np.arange(1, 61)
for values, ax in zip((known, new), axes, strict=True):
    for i, name in enumerate(given):
        style = {"marker": plots.MARKERS[i], "markevery": 6, "markersize": 4}
        ax.plot(epochs_axis, 100 * np.array(values[name]), label=name, **style)
axes[0].set(title="training images", ylabel="right, in %", xlabel="epoch")
axes[1].set(title="test images", xlabel="epoch", ylim=(0, 104))
axes[1].axhline(10, color="0.4", linestyle=":")
axes[1].text(30, 3, "chance: 10 %", fontsize=10)
axes[0].legend(title="labels", loc="lower right")
plots.show(
    fig,
    alt="Left, training accuracy: with true labels it is at 100 % within 15 epochs, with "
    "40 % random and with random labels it rises slowly and ends near 100 %. Right, test: true stays above 90 %, "
    "40 % random rises and then falls, random stays near the chance level of 10 %.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It knows all three. With true labels it takes a few epochs, with random ones far more. On the test images: more than 90 % with
# true labels, and little above 10 % with random ones.
#
# </details>
#
# The **[[generalisation gap]]** is the difference between training and test. Here it ends at a few per cent with true labels, and at more
# than 80 with random ones. **The training accuracy is the same**, and so are the weights' number, their start and the optimizer. The
# difference is in the data: whether what holds for some images holds for others. What the training loss does say: the descent works. And its
# *speed* hints. Sense is learned faster, since each image helps with others.
#
# But look: with random labels 42 of 300 test images are right, and formula (1) gives that 2 of 100. Did it learn something? (1) takes the
# answers for *independent*. They are not. Images of one digit look alike and get the same answer, so luck comes in heaps. Play it with the simplest
# learner by heart, which gives each test image the label of the nearest training image:

# %%
distances = np.sum((X_test[:, None] - X) ** 2, axis=(2, 3, 4))
nearest = np.argmin(distances, axis=1)  # for each test image: which training image
games = [np.sum(rng.integers(0, 10, 300)[nearest] == y_test) for _ in range(2000)]
print(f"42 or more right: by (1) {tail(42, 300, 0.1):.0%}", end="")
print(f", in the games {np.mean(np.array(games) >= 42):.0%}")
print(
    "in the game with the labels of our run:",
    np.sum(given["random"][nearest] == y_test),
)

# %% [markdown]
# In the games 42 are nothing rare, and with the labels of our run there are 43: the luck is in the labels. **A tail is as good as its
# assumption**: for (1), that each answer is a draw of its own.

# %% tags=["check"]
# What the three runs have in common, and what not
ends = {name: (known[name][-1], new[name][-1]) for name in given}
assert all(k > 0.97 for k, _ in ends.values()) and ends["true"][0] == 1
assert ends["true"][1] > 0.9 and 0.04 < ends["random"][1] < 0.16
got = round(300 * ends["random"][1])
assert abs(got - 42) <= 3 and round(tail(42, 300, 0.1), 2) == 0.02
assert 0.06 < np.mean(np.array(games) >= 42) < 0.11 and abs(np.mean(games) - 30) < 1
assert np.std(games) > 1.4 * (300 * 0.1 * 0.9) ** 0.5
assert np.sum(given["random"][nearest] == y_test) == 43
when = {name: np.argmax(known[name] >= 0.9) + 1 for name in given}
assert when["true"] < 15 and min(when["40 % random"], when["random"]) > 25
assert known["true"][14] >= 0.99 and min(new["true"][14:]) > 0.9
assert ends["true"][0] - ends["true"][1] < 0.08
assert 0.8 < ends["random"][0] - ends["random"][1] < 0.95
assert len(y) == len(y_test) == 300 and len(said["true"]) == 60
assert np.mean(np.array(new["random"])[10:]) < 0.2 > max(new["random"][10:])
print("checked: all three known by heart, one of them with sense")

# %% [markdown]
# ## First the rule, then the exceptions
#
# Look at the run with 40 % random labels. Its test curve rises, then falls, while the training curve only rises. Why?
#
# Some training images carry a wrong label. Ask of those: does the network say the *true* digit, which it was never told, or the wrong label
# that it was given?
#
# **Predict.** Draw the two curves over the epochs.

# %%
target = given["40 % random"]
false = target != y  # a random label is right by luck in one of ten cases
answers = np.array(said["40 % random"])
says_true = np.mean(answers[:, false] == y[false], axis=1)
says_given = np.mean(answers[:, false] == target[false], axis=1)
peak = int(np.argmax(new["40 % random"]))
print(f"{false.sum()} wrong labels; the test is best after epoch {peak + 1}:")
for epoch in (peak, 59):
    print(
        f"epoch {epoch + 1}: true {says_true[epoch]:.0%}, given {says_given[epoch]:.0%}"
    )

# %% tags=["draw"]
# What the network says to wrongly labelled images
fig, ax = plots.figure(width=6.5, height=3.2)
lines = {"the true digit": says_true, "the wrong label it was given": says_given}
for i, (name, values) in enumerate(lines.items()):
    style = {"marker": plots.MARKERS[i], "markevery": 6, "markersize": 5}
    ax.plot(epochs_axis, 100 * values, label=name, **style)
ax.axvline(peak + 1, color="0.4", linestyle=":", label="test is best")
ax.set(xlabel="epoch", ylabel="of these images, in %", ylim=(0, 104))
ax.set_title("training images with a wrong label: what the network says")
ax.legend(loc="center right")
plots.show(
    fig,
    alt="Two curves that cross. The share of true digits rises to above 75 % and falls to "
    "near 0; the share of given wrong labels is low at first and rises to nearly 100 %. The "
    "test is best before they cross.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At first it *corrects* most of the wrong labels: what it has learned from the other images is stronger. Later it learns the exceptions by
# heart, one by one. The test is best before that.
#
# </details>
#
# Why in this order? The gradient is a mean over images. What many images ask for adds up; what single ones ask for points in many
# directions, and mostly cancels. Once the many are satisfied, their gradients are small, and those of the exceptions are left (Arpit et
# al., 2017, on larger networks). So there is a good moment to stop, and the *training* loss does not show it.

# %% tags=["check"]
# The crossing, and where the test is best
assert 90 <= false.sum() <= 120 and 5 <= peak <= 35
assert says_true[peak] > 0.6 and says_given[peak] < 0.25
assert says_true[-1] < 0.1 and says_given[-1] > 0.9
ahead = says_true > says_given  # a few epochs after the start, and up to the crossing
assert ahead[5 : peak + 1].all() and not ahead[-10:].any()
drop = new["40 % random"][peak] - new["40 % random"][-1]
assert drop > 0.05 and says_true.max() > 0.75
print("checked: the true digits first, the wrong labels later")

# %% [markdown]
# ## In three frameworks
#
# Not only our library can do it. 100 pictures of noise with 64 pixels, random labels, one hidden layer of 256 units, 200 steps of plain
# descent with all pictures at once:

# %%
from gdcourse.models.numpy import mlp
from gdcourse.optimizers.numpy import GD

flat, targets = rng.normal(size=(100, 64)), rng.integers(0, 10, 100)
ours = mlp((64, 256, 10), seed=0)
loss = objective(ours, softmax_ce)
train(loss, ours.params, flat, targets, GD(0.5), epochs=200)
print("NumPy:  ", right(ours, flat, targets), "of 100")

# %% tags=["torch"]
import torch
from torch import nn

torch.manual_seed(0)
theirs = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10)).double()
inputs, wanted = torch.from_numpy(flat), torch.from_numpy(targets)
for _ in range(200):
    theirs.zero_grad()
    nn.functional.cross_entropy(theirs(inputs), wanted).backward()
    with torch.no_grad():
        for p in theirs.parameters():
            p -= 0.5 * p.grad
right_t = int((theirs(inputs).argmax(dim=1) == wanted).sum())
print("PyTorch:", right_t, "of 100")

# %% tags=["tensorflow"]
import keras
import tensorflow as tf

keras.utils.set_random_seed(0)
hidden = keras.layers.Dense(256, activation="relu")
third = keras.Sequential([keras.Input((64,)), hidden, keras.layers.Dense(10)])
ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
for _ in range(200):
    with tf.GradientTape() as tape:
        value = ce(targets, third(flat))
    for p, g in zip(third.weights, tape.gradient(value, third.weights), strict=True):
        p.assign_sub(0.5 * g)
right_k = int((third(flat).numpy().argmax(axis=1) == targets).sum())
print("Keras:  ", right_k, "of 100")

# %% tags=["check", "torch", "tensorflow"]
# All three know all labels
assert right(ours, flat, targets) == right_t == right_k == 100 and len(targets) == 100
assert flat.shape == (100, 64) and ours.params[0].shape == (64, 256)
assert sum(p.size for p in ours.params) == 19_210
print("checked: 100 of 100 in each framework")

# %% [markdown]
# ## Summary
#
# - A network with enough weights learns random labels by heart, and its training loss looks like success.
# - The generalisation gap is between training and test. Only data that were not seen show it.
# - A result beats chance if guessing rarely does as well: add up the binomial tail, if the answers are independent. The level to
#   beat is the share of the most frequent class.
# - With some wrong labels the rule is learned first, the exceptions later: the test gets better, then worse.
#
# ## Common mistakes
#
# - **"The loss falls, so it learns something useful."** It falls on noise.
# - **Test data that are never scored**, as in that tutorial.
# - **"20 %, twice chance"**, from $20$ images.
# - **10 % as the chance level** where one class makes up most of the images.
# - **Answers taken for independent** that are not.
#
# ## Quick questions
#
# 1. A network has a training accuracy of 100 %. What do you know about its test accuracy?
#
#    <details><summary><b>Answer</b></summary>
#
#    Nothing yet. Here it was above 90 % in one run and below 20 % in another.
#
#    </details>
# 2. Of 5 images of two equally frequent classes, all are named rightly. Does that beat chance?
#
#    <details><summary><b>Answer</b></summary>
#
#    The tail is $0.5^5 = 0.031$: chance does it in 3 of 100 cases. Below 5, but not by much.
#
#    </details>
# 3. Your training labels are shuffled by accident. Which curve tells you?
#
#    <details><summary><b>Answer</b></summary>
#
#    The test (or validation) curve: it stays near the chance level. The training curve only rises more slowly.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** The chance level with $q = 0.1$ and $n$ images: about how many right answers above $0.1\,n$ does it take to beat it, for large
# $n$? Use the deviation $\sqrt{n q (1 - q)}$ of lesson 5, and that a normal variable is above $1.64$ deviations in 5 of 100 cases.
#
# <details><summary><b>Outline</b></summary>
#
# $1.64\sqrt{0.09\,n} \approx 0.49\sqrt{n}$. For $n = 300$: $8.5$ above $30$, so $39$ or $40$. The exact answer is $40$.
#
# </details>

# %% [markdown]
# **Try.** Halve the number of maps and units until the network can no longer learn the 300 random labels in 60 epochs. Does this smaller
# network still learn the true ones?
#
# <details><summary><b>Outline</b></summary>
#
# Build it from `gdcourse.layers.numpy`, as `cnn` is. Somewhere on the way down it still fits the true labels and no longer the random
# ones: a rule needs less room than a list.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert round(0.5**5, 3) == 0.031 and round(1.64 * 0.09**0.5, 2) == 0.49
assert round(0.492 * 300**0.5, 1) == 8.5
assert 38.5 <= 30 + 8.5 <= 40
print("checked: 0.031, and 8.5 right answers above 30")

# %% [markdown]
# ## References
#
# - C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals (2017). Understanding deep learning requires rethinking
#   generalization. *ICLR*. arXiv:1611.03530
# - D. Arpit et al. (2017). A closer look at memorization in deep networks. *ICML*. arXiv:1706.05394
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
