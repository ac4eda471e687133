# %% [markdown]
# # Dropout, and the right moment
#
# {{about}}
#
# **After this lesson you can**
#
# - drop units by hand, and say why what is left is divided by $1 - p$,
# - say what changes between training and evaluation, and find two mistakes there,
# - stop early and really get the best weights back,
# - say how much each of the two helps against wrong labels, with the spread over seeds.
#
# **You need** memorising and the run with wrong labels (the lesson before this one), [[early stopping]] and [[patience|Patience]] (unit 01).

# %% [markdown]
# ## Half of the units, by hand
#
# A network that learns by heart builds on single units: this one knows that picture. **[[Dropout|dropout]]** makes that hard (Srivastava
# et al., 2014). At each step of training, each unit of a layer is struck out with the probability $p$: its activation is set to $0$. No
# unit can count on another one.
#
# Two units with the activations $2$ and $6$, both with the weight $1$ into the next unit, and $p = 0.5$. Here $p$ is the drop rate. There are
# four cases, equally likely. The next unit gets
#
# $$0 + 0 = 0, \qquad 2 + 0 = 2, \qquad 0 + 6 = 6, \qquad 2 + 6 = 8.$$
#
# **Predict.** What is the mean of the four? The next unit is used to what it got without dropout, $8$. By what do you have to divide?

# %%
import numpy as np

a, p = np.array([2.0, 6.0]), 0.5
masks = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
print(
    "struck out:    ", (a * masks).sum(axis=1), "mean", (a * masks).sum(axis=1).mean()
)
scaled = a * masks / (1 - p)
print("divided by 1-p:", scaled.sum(axis=1), "mean", scaled.sum(axis=1).mean())

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The mean is $4$, half of $8$, since half of the units are there. Divide by $1 - p = 0.5$: then the mean is $8$ again.
#
# </details>
#
# In general let $m = 1$ if a unit stays and $0$ if it goes. Its mean is $\mathbb{E}\, m = 1 - p$, so
#
# $$\mathbb{E}\, \frac{a\,m}{1 - p} = a. \tag{1}$$
#
# So in training the layer is right on average, and **in evaluation it does nothing at all**. This form is called *inverted* dropout.
# (The first one did not divide in training, and multiplied by $1 - p$ in evaluation. Both are right. Half of each is wrong, as you will see.)
# Backwards, a struck unit gets no gradient, the others theirs divided by $1 - p$: the same mask. Write it: {{exercise:dropout}}.

# %% tags=["check"]
# The four cases, and the mean over many masks
assert (a * masks).sum(axis=1).tolist() == [0, 2, 6, 8] and scaled.sum(
    axis=1
).mean() == 8
assert (a * masks).sum(axis=1).mean() == 4
many = np.random.default_rng(0).random((200_000, 2)) >= 0.3
assert np.allclose((a * many / 0.7).mean(axis=0), a, atol=0.03)
print("checked: divided by 1 - p, the mean is what it was, for 0.5 and for 0.3")

# %% [markdown]
# ## Where it is needed
#
# Digits again, 300 to train and 300 as the [[validation set]], and 30 % of the labels of *both* are replaced by random ones. All others
# are the test set, with true labels. The network has one hidden layer of 128 units. `sets(seed)` draws the images, `build(seed, layer)` makes the
# network with a layer of your choice behind its hidden units, `fit` trains it by Adam for 60 epochs, `errors` counts wrong answers in per
# cent.

# %% tags=["setup"]
# Draw the three sets, build the network, train it, count its errors
from gdcourse.datasets import digits
from gdcourse.layers.numpy import Dropout, Sequential
from gdcourse.losses.numpy import softmax_ce
from gdcourse.models.numpy import mlp
from gdcourse.optimizers.numpy import Adam
from gdcourse.training.numpy import objective, train

data = digits()


def sets(seed):
    """Return (X, y) to train, to validate (with wrong labels both) and to test."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(data.y))
    X, y = data.X[rows], data.y[rows]
    replaced = np.flatnonzero(rng.random(600) < 0.3)
    labels = y.copy()
    labels[replaced] = rng.integers(0, 10, len(replaced))
    return (X[:300], labels[:300]), (X[300:600], labels[300:600]), (X[600:], y[600:])


def build(seed, layer=None):
    dense, relu, last = mlp((64, 128, 10), seed=seed).layers
    return Sequential(dense, relu, *([layer] if layer else []), last)


def fit(model, X, y, seed, epochs=60, **options):
    loss, steps = objective(model, softmax_ce), {"batch_size": 50, "seed": seed}
    return train(
        loss, model.params, X, y, Adam(3e-3), epochs=epochs, **steps, **options
    )


def errors(scores, y):
    return 100 * np.mean(scores.argmax(axis=1) != y)


# %%
(X, y), (X_val, y_val), (X_test, y_test) = sets(seed=0)
plain, dropped = build(0), build(0, Dropout(0.5, np.random.default_rng(0)))
for name, model in {"without": plain, "with dropout": dropped}.items():
    fit(model, X, y, seed=0)
    train_errors = errors(model.forward(X), y)
    print(f"{name:12}  training {train_errors:.0f} % wrong", end="")
    print(f", test {errors(model.forward(X_test), y_test):.0f} %")

# %% [markdown]
# With dropout the network knows less of its training labels, more than a quarter of which are wrong, and more of the digits.
#
# ## Wrong: on in evaluation
#
# In the library, as in PyTorch and Keras, a layer is told whether this is training. It is easy to forget to say that it is over.
#
# **Predict.** Leave dropout on, and ask the trained network ten times about the same test images. What happens to its errors?

# %%
left_on = [errors(dropped.forward(X_test, train=True), y_test) for _ in range(10)]
print("off:", round(errors(dropped.forward(X_test), y_test), 1))
print("on: ", np.round(left_on, 1))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Each time other answers, and each time more errors: every answer is given by a random half of the network.
#
# </details>
#
# ## Wrong: not divided
#
# Now a layer that strikes out and does not divide in training, and is rightly off in evaluation.
#
# **Predict.** In evaluation all units are there. By what factor are the scores larger than those it was trained with? What does that do to the
# answers, and to how sure they are?


# %%
class Unscaled(Dropout):
    def _forward(self, x, train):
        return super()._forward(x, train) * (1 - self.p if train else 1)

    def _backward(self, dy):
        return super()._backward(dy) * (1 - self.p)


# %%
unscaled = build(0, Unscaled(0.5, np.random.default_rng(0)))
fit(unscaled, X, y, seed=0)
for name, model in {"divided": dropped, "not divided": unscaled}.items():
    in_training = [model.forward(X_test, train=True) for _ in range(100)]
    ratio = np.std(model.forward(X_test)) / np.std(np.mean(in_training, axis=0))
    wrong = errors(model.forward(X_test), y_test)
    print(f"{name:12} scores {ratio:.2f} times as large, {wrong:.0f} % wrong")

# %% tags=["draw"]
# One score under many masks, and in evaluation
from gdcourse import plots

fig, axes = plots.figure(2, width=8.5, height=3.0)
places = {}
for ax, (name, model) in zip(
    axes, {"divided": dropped, "not divided": unscaled}.items(), strict=True
):
    image, answer = X_test[:1], model.forward(X_test[:1]).argmax()
    under = [model.forward(image, train=True)[0, answer] for _ in range(2000)]
    places[name] = np.mean(under), model.forward(image)[0, answer]
    ax.hist(under, bins=40, color=plots.COLOURS[5], label="in training")
    ax.axvline(np.mean(under), color=plots.COLOURS[0], label="their mean")
    style = {"color": plots.COLOURS[1], "linestyle": "--", "linewidth": 2.5}
    ax.axvline(places[name][1], **style, label="in evaluation")
    ax.set(title=name, xlabel="score of the answer", ylabel="masks", ylim=(0, 260))
    ax.legend(ncols=1)
plots.show(
    fig,
    alt="Two histograms of one score under 2000 random masks. Divided by 1 - p, the score in "
    "evaluation lies at their mean. Not divided, it lies at about twice the mean.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Twice as large. The largest of ten scores stays the largest when all are doubled (but for the biases), so the *answers* hardly
# change. What changes is how sure they are: each is given as if there were twice the evidence.
#
# </details>
#
# **A mistake that the accuracy does not show.** It shows in what uses the probabilities: the loss, a threshold, and below, the moment to
# stop.

# %% tags=["check"]
# Both mistakes, on the first seed
assert plain.params[0].shape == (64, 128)
right_errors = errors(dropped.forward(X_test), y_test)
assert errors(plain.forward(X_test), y_test) - right_errors > 4
assert errors(dropped.forward(X), y) > errors(plain.forward(X), y)
assert min(left_on) > right_errors and len(set(left_on)) > 3
for model, factor in ((dropped, 1), (unscaled, 2)):
    once = np.mean([model.forward(X_test, train=True) for _ in range(100)], axis=0)
    assert abs(np.std(model.forward(X_test)) / np.std(once) - factor) < 0.15
assert abs(places["divided"][1] / places["divided"][0] - 1) < 0.1
assert abs(places["not divided"][1] / places["not divided"][0] - 2) < 0.25
assert errors(unscaled.forward(X_test), y_test) < errors(plain.forward(X_test), y_test)
truth = data.y[np.random.default_rng(0).permutation(len(data.y))][:300]
assert 0.25 < np.mean(y != truth) < 0.3
print("checked: on in evaluation costs answers, not divided doubles the scores")

# %% [markdown]
# ## The best weights, really
#
# The other remedy: stop before the wrong labels are learned. The validation loss says when. Then you have to go *back*, and here
# is a trap. The loop below keeps the best weights in two ways. (Patience would end it sooner. It goes on to show what comes.)


# %%
model, optimizer, lowest = build(0), Adam(3e-3), np.inf
loss, validation, test = objective(model, softmax_ce), [], []
for epoch in range(60):
    train(loss, model.params, X, y, optimizer, epochs=1, batch_size=50, seed=epoch)
    validation.append(softmax_ce(model.forward(X_val), y_val))
    test.append(errors(model.forward(X_test), y_test))
    if validation[-1] < lowest:
        lowest, best = validation[-1], epoch
        kept = list(model.params)
        copied = [p.copy() for p in model.params]

# %% [markdown]
# **Predict.** Put `kept` back into the network, then `copied`. How many test errors does each leave, the fewest or those of the end?

# %%
print(f"after epoch {best + 1}: {test[best]:.1f} %, at the end: {test[-1]:.1f} %")
back = {}
for name, weights in {"kept": kept, "copied": copied}.items():
    for p, best_p in zip(model.params, weights, strict=True):
        p[...] = best_p
    back[name] = errors(model.forward(X_test), y_test)
    print(f"{name} put back: {back[name]:.1f} %")

# %% tags=["draw"]
# Validation loss and test errors over the epochs
fig, axes = plots.figure(2, width=8.5, height=3.0)
for ax, values, what in zip(
    axes, (validation, test), ("validation loss", "test errors in %"), strict=True
):
    ax.plot(np.arange(1, 61), values)
    ax.plot(best + 1, values[best], "o", color=plots.COLOURS[1], label="best weights")
    ax.plot(60, values[-1], "s", color="black", label="last weights")
    ax.set(xlabel="epoch", title=what)
    ax.legend(loc="upper center")
plots.show(
    fig,
    alt="The validation loss falls, is lowest near epoch 10, and rises to the end. The test "
    "errors fall below 15 % and rise again to about 20 %; they are near their lowest where the "
    "validation loss is lowest.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# `kept` gives those of the end. `list` copies the *list*; the arrays in it are the network's own, and the optimizer went on changing them. Only
# `copied` holds the numbers of the best epoch.
#
# </details>
#
# Note that the validation labels are as wrong as the training labels, and the moment is found all the same: wrong labels raise the
# loss at every epoch, but no network can learn *those* wrong labels from the training set. With patience, and for any model:
# {{exercise:early_stop_fit}}.

# %% tags=["check"]
# What was put back
assert np.isclose(back["kept"], test[-1]) and np.isclose(back["copied"], test[best])
assert test[best] < test[-1] - 3 and 4 <= best <= 16 and test[best] < 15
assert validation[-1] > validation[best] and abs(test[-1] - 20) < 3
assert test[best] - min(test) < 3 and all(
    k is p for k, p in zip(kept, model.params, strict=True)
)
print("checked: a list of arrays is no copy of their numbers")

# %% [markdown]
# ## Five seeds
#
# One run is luck. So five seeds: each draws other images, other wrong labels and other first weights, and all ways get the same ones. Each
# has 60 epochs, and the best weights by the validation loss are used where it says "stopped".


# %%
def run(seed, kind):
    seen, held, new = sets(seed)
    model = build(seed, kind and kind(0.5, np.random.default_rng(seed)))
    by_epoch = []

    def held_loss(params):
        return softmax_ce(model.forward(held[0]), held[1])

    def look(history, params):
        by_epoch.append(errors(model.forward(new[0]), new[1]))

    history = fit(model, *seen, seed, validate=held_loss, callbacks=[look])
    return by_epoch[-1], by_epoch[history.best]


# %%
found = {}
for way, kind in {"plain": None, "dropout": Dropout, "not divided": Unscaled}.items():
    runs = [run(seed, kind) for seed in range(5)]
    found[way], found[f"{way}, stopped"] = zip(*runs, strict=True)

# %% tags=["draw"]
# Test errors of five seeds for each way
fig, ax = plots.figure(width=7.0, height=3.2)
for i, (name, values) in enumerate(found.items()):
    mark = "s" if "stopped" in name else "o"
    colour = plots.COLOURS[1] if "stopped" in name else plots.COLOURS[0]
    ax.plot(values, [i] * 5, mark, color=colour, alpha=0.6)
    ax.plot(np.mean(values), i, "|", color="black", markersize=20, markeredgewidth=2)
ax.set(yticks=range(len(found)), yticklabels=list(found), xlabel="test errors in %")
ax.set(title="five seeds each; the bar is their mean", xlim=(9, 28.2))
ax.invert_yaxis()
for i, values in enumerate(found.values()):
    said = f"{min(values):.0f} to {max(values):.0f}, mean {np.mean(values):.0f}"
    ax.text(28, i, said, va="center", ha="right", fontsize=9)
plots.show(
    fig,
    alt="Test errors of five seeds for six ways. Plain is worst, about 21 %; plain stopped, "
    "dropout and dropout stopped lie between 10 and 16 %; undivided dropout is as good at the end, and "
    "much worse when it is stopped by its validation loss.",
)

# %% [markdown]
# Against wrong labels each of the two helps, on each of the five seeds, and by about a third of the errors. Together they gain little more
# than one alone: they cure the same illness. And the undivided layer, harmless by its accuracy, ruins the stopping: with doubled scores its validation
# loss rises as soon as the network is sure, and it is stopped too early.

# %% tags=["check"]
# The five seeds, way by way
means = {name: np.mean(values) for name, values in found.items()}
plain_runs = np.array(found["plain"])
for name in ("plain, stopped", "dropout", "dropout, stopped"):
    assert np.all(np.array(found[name]) < plain_runs)
    assert 0.5 < means[name] / means["plain"] < 0.75
    assert 10 < min(found[name]) and max(found[name]) < 16.5
assert means["dropout, stopped"] < min(means["dropout"], means["plain, stopped"])
assert min(means["dropout"], means["plain, stopped"]) - means["dropout, stopped"] < 3
assert abs(means["not divided"] - means["dropout"]) < 3
assert means["not divided, stopped"] > means["dropout, stopped"] + 3
assert abs(means["plain"] - 21) < 2
print("checked: both remedies on all five seeds")

# %% [markdown]
# ## In three frameworks
#
# A layer of ones through dropout with $p = 0.5$: in training zeros and twos, in evaluation ones. PyTorch is told by `model.train()` and
# `model.eval()`. Keras does it in `fit` and `predict`; in a call you say `training=`.

# %%
ones, rng = np.ones((4, 6)), np.random.default_rng(0)
layer = Dropout(0.5, rng)
values = set(layer.forward(ones, train=True).ravel().tolist())
print("NumPy:  ", values, set(layer.forward(ones).ravel().tolist()))

# %% tags=["torch"]
import torch

torch.manual_seed(0)
layer_t = torch.nn.Dropout(0.5)
values_t = set(layer_t.train()(torch.ones(4, 6)).numpy().ravel().tolist())
print(
    "PyTorch:", values_t, set(layer_t.eval()(torch.ones(4, 6)).numpy().ravel().tolist())
)

# %% tags=["tensorflow"]
import keras

layer_k = keras.layers.Dropout(0.5, seed=0)
values_k = set(layer_k(np.ones((4, 6)), training=True).numpy().ravel().tolist())
print("Keras:  ", values_k, set(layer_k(np.ones((4, 6))).numpy().ravel().tolist()))

# %% tags=["check", "torch", "tensorflow"]
# Zeros and twos in all three, and ones in evaluation
assert values == values_t == values_k == {0.0, 2.0}
assert np.all(layer.forward(ones) == 1) and np.all(layer_k(ones).numpy() == 1)
assert torch.all(layer_t.eval()(torch.ones(4, 6)) == 1)
print("checked: all three divide in training, and do nothing in evaluation")

# %% [markdown]
# ## Summary
#
# - Dropout strikes out units in training and divides the rest by $1 - p$. In evaluation it does nothing.
# - Left on in evaluation, it costs right answers. Not divided, it costs honest probabilities.
# - Early stopping needs *copies* of the best weights.
# - Against wrong labels both help, and about as much.
#
# ## Common mistakes
#
# - **No `model.eval()`**, or `train=True` in evaluation.
# - **No division by $1 - p$**, or a division in both places.
# - **One mask for the whole batch.** Then the noise does not average out over the batch.
# - **`best = model.params`**: that is no copy, and `list(...)` is none either.
# - **Stopping by the test set.** Its errors are then too good to be true.
#
# ## Quick questions
#
# 1. $p = 0.2$ and an activation of $4$. Which values can it take in training?
#
#    <details><summary><b>Answer</b></summary>
#
#    $0$, or $4/0.8 = 5$. The mean is $0.2 \cdot 0 + 0.8 \cdot 5 = 4$.
#
#    </details>
# 2. The training loss with dropout is higher than the validation loss. Is that a mistake?
#
#    <details><summary><b>Answer</b></summary>
#
#    No. In training a part of the network is missing, in validation it is whole.
#
#    </details>
# 3. You restore the best weights and go on training with Adam. What was not restored?
#
#    <details><summary><b>Answer</b></summary>
#
#    Adam's running means. They are those of the last epoch.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** What is the variance of $a\,m/(1 - p)$? Check it with the four sums $0, 4, 12, 16$ above.
#
# <details><summary><b>Outline</b></summary>
#
# $m$ has the variance $p(1-p)$, so it is $a^2\, p/(1 - p)$. With $p = 0.5$: $4 + 36 = 40$ for the sum. The four sums have the mean $8$
# and the squared distances $64, 16, 16, 64$, on average $40$.
#
# </details>

# %% [markdown]
# **Try.** Write a dropout layer with one mask for the whole batch, and run the five seeds. Then compare how much the mean score of a batch
# varies from mask to mask, with one mask and with a mask for each image.
#
# <details><summary><b>Outline</b></summary>
#
# Here the errors hardly change. But with one mask the mean over a batch of $B$ images varies as much as for one image, and with masks of their own
# less, by up to $\sqrt{B}$.
#
# </details>

# %% tags=["check"]
# The first question, the variance, and one mask for a batch
sums = scaled.sum(axis=1)
assert sums.tolist() == [0, 4, 12, 16] and np.var(sums) == 40 == np.sum(a**2)
assert 4 / 0.8 == 5 and 0.2 * 0 + 0.8 * 5 == 4
shared, own = rng.random((4000, 1)) >= 0.5, rng.random((4000, 50)) >= 0.5
means_own = (2.0 * own).mean(axis=1)
assert abs(np.std(2.0 * shared) / np.std(means_own) / 50**0.5 - 1) < 0.1
print("checked: variance 40, and one mask keeps the noise of one image")

# %% [markdown]
# ## References
#
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov (2014). Dropout: a simple way to prevent neural
#   networks from overfitting. *Journal of Machine Learning Research* 15, 1929–1958.
# - L. Prechelt (1998). Early stopping – but when? In *Neural Networks: Tricks of the Trade*. Springer.
#   doi:10.1007/3-540-49430-8_3
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
