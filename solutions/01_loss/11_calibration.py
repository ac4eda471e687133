# %% [markdown]
# # Honest probabilities
#
# {{about}}
#
# **After this lesson you can**
#
# - test whether "0.3" happens three times in ten, by a table and by a picture,
# - say what a dishonest forecast costs, in cross-entropy,
# - mend forecasts that are too bold or too timid with one number, or two,
# - say what weighting the classes does to a model, and what it does not.
#
# **You need** odds and entropy (lesson 4), the penalty of lesson 7, thresholds (lesson 8) and validation sets (lesson
# 10).

# %% [markdown]
# ## A weather man, by hand
#
# On ten days a weather man says "rain with probability $0.9$". It rains on seven of them. On ten other days he says
# $0.1$, and it rains on three. He knows something: he tells the wet days from the dry ones. But he is too bold.
#
# A forecast is [[calibrated]] if, among the cases that get the probability $p$, the share $p$ comes true. His are off
# by $0.2$ on both kinds of days. What does that cost? Lesson 4 set the price of a forecast: $-\log$ of the
# probability that it gave to what happened. On the first ten days he pays, on average,
#
# $$-0.7 \log 0.9 - 0.3 \log 0.1 = 0.765.$$
#
# **Predict.** What would he have paid with the honest $0.7$? And with $\frac12$ on all days: is it better to know and
# be too bold, or to know nothing?

# %%
import numpy as np


def price(said, happens):
    return -happens * np.log(said) - (1 - happens) * np.log(1 - said)


for said in (0.9, 0.7, 0.5):
    print(f"says {said}: pays {price(said, 0.7):.3f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $0.611$ with $0.7$, the entropy, which is the least. With $\frac12$ he pays $\log 2 = 0.693$. So here boldness cost
# him more than all that he knew was worth.
#
# </details>

# %% [markdown]
# ## A picture of honesty
#
# In practice few forecasts are equal. So sort the cases into **bins** by $p$, from $0$ to $0.1$, from $0.1$ to $0.2$
# and so on. In each bin compare the mean $p$, what was *said*, with the share that came true, what *happened*.
#
# Real data: pictures of handwritten digits, and the question "is it an eight?". A logistic regression learns from
# half of the pictures, with a tiny, a middle and a strong L2 penalty. The other pictures are halved once more: the
# first part tests the forecasts here, the second waits. (Folded: `scores` holds for each penalty the scores of both
# parts, `is_eight` and `is_eight_test` the answers; `sigmoid` is that of lesson 4.)
#
# **Predict.** A strong penalty keeps weights small. Will its forecasts be too bold or too timid? And with nearly none?

# %% tags=["setup"]
# Eights among the digits, with three penalties
from sklearn.linear_model import LogisticRegression

from gdcourse import datasets, plots

learn, others = datasets.split(datasets.digits(), test=0.5)
valid, test = datasets.split(others, test=0.5, seed=1)


def eights(alpha, **options):
    """Return the fitted model, and its scores on the validation and on the test pictures."""
    C = 1 / (alpha * len(learn.y))
    model = LogisticRegression(C=C, max_iter=100_000, tol=1e-8, **options)
    model.fit(learn.X, learn.y == 8)
    return model.decision_function(valid.X), model.decision_function(test.X)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


penalties = {"tiny": 1e-6, "middle": 1e-3, "strong": 0.1}
scores = {name: eights(alpha) for name, alpha in penalties.items()}
is_eight, is_eight_test = valid.y == 8, test.y == 8


# %%
def reliability(p, y, n=10):
    number = np.minimum((n * p).astype(int), n - 1)  # of the bin, from 0 on
    bins = [number == k for k in range(n) if np.any(number == k)]
    said = np.array([np.mean(p[inside]) for inside in bins])
    happened = np.array([np.mean(y[inside]) for inside in bins])
    share = np.array([np.mean(inside) for inside in bins])
    return said, happened, share


# %%
for name, (z, _) in scores.items():
    said, happened, share = reliability(sigmoid(z), is_eight)
    distance = np.sum(share * np.abs(said - happened))
    print(f"{name:6} penalty: calibration error {distance:.3f}")

# %% tags=["draw"]
# Reliability of the three models
fig, axes = plots.figure(3, width=9.2, height=3.7, sharey=True)
for ax, (name, (z, _)) in zip(axes, scores.items(), strict=True):
    said, happened, share = reliability(sigmoid(z), is_eight)
    ax.plot([0, 1], [0, 1], color="0.5", linestyle=":")
    ax.plot(said, happened, linewidth=1)
    ax.scatter(said, happened, s=15 + 200 * share, zorder=3)
    ax.set(title=f"{name} penalty", xlabel="said: mean $p$", xlim=(-0.04, 1.04))
    ax.set(aspect="equal", ylim=(-0.04, 1.04))
axes[0].set_ylabel("happened: share of eights")
plots.show(
    fig,
    alt="Three reliability diagrams. Tiny penalty: where the model says 0.99, 0.73 are eights. Middle: "
    "the large dots are on the diagonal, at its lower end. Strong: three dots, all below 0.25; where "
    "it says 0.21 all are eights.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Strong: too timid. No forecast exceeds $0.23$, and where it says $0.21$ all are eights. Nearly none: too bold. Where
# it says $0.99$ only $0.73$ are. The middle one is nearest to the diagonal. So the penalty sets the temper of the
# forecasts.
#
# </details>

# %% [markdown]
# Dots are as large as their bins. Small ones wander: a bin of one picture can only say $0$ or $1$. The **calibration
# error** is the mean distance to the diagonal, each bin weighted by its share of the cases. It depends a little on
# the bins.
#
# ## One number, or two
#
# A score $z$ is the logarithm of the odds. Divide all scores by one number $c > 1$, the **temperature**, and the
# forecasts get more timid. For $c = 2$ the odds become their square root. By hand: $p = 0.9$ are the odds $9$ to $1$.
# Their root is $3$ to $1$, so $p = 0.75$. A timid model needs $c < 1$. The order of the cases stays, and with it the
# ROC area.
#
# One number sets how far the forecasts are from $\frac12$. With a second you can also move all scores: $z w + b$.
# That is a logistic regression with a single feature, the score itself (Platt, 1999). The validation pictures fit the
# numbers; the test pictures, which have chosen nothing, judge.
#
# **Predict.** Eights are one picture in ten. Is the temperature enough for the bold model? And for the timid one?


# %%
def cross_entropy(z, y):
    return np.mean(np.logaddexp(0, z) - y * z)


temperatures = np.geomspace(0.05, 20, 200)
chosen, mended = {}, {}
for name, (z_valid, z_test) in scores.items():
    tried = [cross_entropy(z_valid / c, is_eight) for c in temperatures]
    c = temperatures[np.argmin(tried)]
    two = LogisticRegression(C=1e9, tol=1e-10).fit(z_valid.reshape(-1, 1), is_eight)
    w, b = two.coef_[0, 0], two.intercept_[0]
    chosen[name] = (c, w, b)
    mended[name] = {"as it is": z_test, "one": z_test / c, "two": z_test * w + b}

# %%
columns = {"penalty": scores, "c": [c for c, _, _ in chosen.values()]}
for way in ("as it is", "one", "two"):
    losses = [cross_entropy(of[way], is_eight_test) for of in mended.values()]
    columns[f"test loss, {way}"] = losses
plots.table(columns, digits=3)

# %% tags=["draw"]
# Before and after, on the test pictures, in five bins
fig, axes = plots.figure(2, width=7, height=3.9, sharey=True)
for ax, name in zip(axes, ("tiny", "strong"), strict=True):
    ways = (("as it is", "o"), ("one", "^"), ("two", "s"))
    for way, marker in ways:
        p = sigmoid(mended[name][way])
        said, happened, _ = reliability(p, is_eight_test, n=5)
        label = {"one": "one number", "two": "two numbers"}.get(way, way)
        ax.plot(said, happened, marker=marker, markersize=5, label=label)
    ax.plot([0, 1], [0, 1], color="0.5", linestyle=":")
    ax.set(title=f"{name} penalty", xlabel="said: mean $p$", aspect="equal")
    ax.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04))
axes[0].set_ylabel("happened: share of eights")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plots.show(
    fig,
    alt="Two reliability diagrams on the test pictures, each with three lines of up to five dots. "
    "Tiny penalty: the last dot moves from 0.70 as it is to 0.92 with two numbers, near the "
    "diagonal. Strong penalty: as it is, and with one number, no forecast exceeds 0.3; with two "
    "numbers five dots run along the diagonal.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# For the bold model nearly: its loss falls from $0.250$ to $0.157$, with two numbers to $0.140$. For the timid one it
# is not: $0.271$ becomes $0.267$. To reach an eight its scores must rise, not only grow: a score below $0$ times any
# number stays below $0$. Two numbers bring it to $0.151$. The middle model needs neither.
#
# </details>

# %% [markdown]
# For networks the single number is in use, as temperature scaling: Guo and others (2017) found the large image
# networks of their time too bold, and one number enough.
#
# ## What weighting the classes does
#
# Lesson 8 had loans, of which one in nine is lost. A popular remedy for a rare class: multiply the loss of each lost
# loan by $7.8$, the number of good loans per lost one in the training half. (In the other half it is $7.6$. Folded:
# the halves `old` and `new`, the features `X_new`, and `fit`, a logistic regression with a weight for each loan.)
#
# **Predict.** What does that do to the mean $p$, and to the order of the loans?

# %% tags=["setup"]
# Train on five thousand loans, with and without weights on the classes
old, new = datasets.split(datasets.credit(10_000), test=0.5)
mean, std = old.X.mean(axis=0), old.X.std(axis=0)
X_old = np.column_stack([np.ones(5000), (old.X - mean) / std])
X_new = np.column_stack([np.ones(5000), (new.X - mean) / std])


def fit(weight):
    """Descend from zero to the optimum. weight: (5000,), one per loan."""
    w = np.zeros(5)
    for _ in range(1500):
        w = w - 0.7 * X_old.T @ (weight * (sigmoid(X_old @ w) - old.y)) / 5000
    return w


# %%
ratio = np.mean(old.y == 0) / np.mean(old.y == 1)
w_plain = fit(np.ones(5000))
w_weighted = fit(np.where(old.y == 1, ratio, 1.0))
print(f"lost: {np.mean(new.y):.3f}")
print(f"mean p: plain {sigmoid(X_new @ w_plain).mean():.3f}", end=", ")
print(f"weighted {sigmoid(X_new @ w_weighted).mean():.3f}")
print("weights, weighted minus plain:", np.round(w_weighted - w_plain, 2))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The mean $p$ rises to $0.437$ where $0.117$ are lost: calibration is gone. The order stays nearly as it was, as
# almost only the bias has moved, by $\log 7.8 = 2.05$. Subtract that, and you have the plain model back. Here,
# weighting was a threshold in disguise.
#
# </details>

# %% [markdown]
# Why $\log 7.8$? A loan that counts $7.8$ times is like $7.8$ loans: the odds of "lost" are multiplied by that, so
# their logarithm, the score, rises by $\log 7.8$. That is all, because the model is right for these data: they were
# drawn from a logistic model. On the eights, where it is not, weights also change *which* linear model is the best:
# the order of the pictures changes a little. To act on a rare class, choose the threshold, and keep your
# probabilities.

# %% tags=["check"]
# The weather man, the three models, temperatures and class weights
from sklearn.metrics import roc_auc_score

assert [round(price(said, 0.7), 3) for said in (0.9, 0.7, 0.5)] == [0.765, 0.611, 0.693]
assert round(0.9 - 0.7, 9) == round(0.7 - 0.5, 9) == 0.2
assert np.isclose(0.8 / (1 - 0.8) / 4, 1)  # the third question: odds of 1, so one half
assert np.isclose(price(0.9, 0.7), price(0.1, 0.3)) and np.isclose(
    9**0.5 / (1 + 9**0.5), 0.75
)
errors, tables = {}, {}
for name, (z, _) in scores.items():
    said, happened, share = tables[name] = reliability(sigmoid(z), is_eight)
    errors[name] = np.sum(share * np.abs(said - happened))
    assert np.isclose(share.sum(), 1)
assert errors["middle"] < errors["tiny"] < errors["strong"]
assert [round(part[-1], 2) for part in tables["tiny"][:2]] == [0.99, 0.73]
assert [round(part[-1], 2) for part in tables["strong"][:2]] == [0.21, 1]
assert (
    len(tables["strong"][0]) == 3 and 0.22 < sigmoid(scores["strong"][0]).max() < 0.23
)
loss = {
    n: [cross_entropy(z, is_eight_test) for z in of.values()]
    for n, of in mended.items()
}
assert np.round(loss["tiny"], 3).tolist() == [0.25, 0.157, 0.14]
assert np.round(loss["strong"], 3).tolist() == [0.271, 0.267, 0.151]
assert max(loss["middle"]) - min(loss["middle"]) < 0.005
assert chosen["tiny"][0] > 1 > chosen["strong"][0]
assert all(temperatures[0] < c < temperatures[-1] for c, _, _ in chosen.values())
highest = {way: sigmoid(z).max() for way, z in mended["strong"].items()}
assert max(highest["as it is"], highest["one"]) < 0.3 < 0.9 < highest["two"]
ends = [
    reliability(sigmoid(mended["tiny"][w]), is_eight_test, n=5)[1][-1]
    for w in ("as it is", "two")
]
assert np.round(ends, 2).tolist() == [0.70, 0.92]
for name, of in mended.items():  # the order stays
    areas = [roc_auc_score(is_eight_test, z) for z in of.values()]
    assert np.allclose(areas, areas[0])
own = LogisticRegression(C=1 / (1e-6 * len(learn.y)), max_iter=100_000, tol=1e-8)
z_own = own.fit(learn.X, learn.y == 8).decision_function(learn.X)
by_c = [cross_entropy(z_own / c, learn.y == 8) for c in temperatures]
assert round(temperatures[np.argmin(by_c)], 2) == 0.96 and round(min(by_c), 3) == 0.047

mean_p = [sigmoid(X_new @ w).mean() for w in (w_plain, w_weighted)]
assert (
    round(mean_p[1], 3) == 0.437
    and round(new.y.mean(), 3) == 0.117
    and 8.5 < 1 / new.y.mean() < 9
)
assert abs(mean_p[0] - new.y.mean()) < 0.005 and round(np.log(7.8), 2) == 2.05
assert (
    round(ratio, 1) == 7.8
    and round(np.mean(new.y == 0) / np.mean(new.y == 1), 1) == 7.6
)
assert np.allclose(w_weighted - w_plain, [np.log(ratio), 0, 0, 0, 0], atol=0.01)
areas = [roc_auc_score(new.y, X_new @ w) for w in (w_plain, w_weighted)]
assert abs(areas[0] - areas[1]) < 1e-3
balanced = eights(1e-3, class_weight="balanced")[1]
assert np.any(np.argsort(balanced) != np.argsort(scores["middle"][1]))
assert 1e-4 < abs(
    roc_auc_score(is_eight_test, balanced)
    - roc_auc_score(is_eight_test, scores["middle"][1])
)
print("checked: what boldness costs, one and two numbers, and what class weights move")

# %% [markdown]
# ## In three frameworks
#
# Where do the frameworks have such weights? In the loss: `pos_weight` in PyTorch; in Keras a weight for each sample (or
# `class_weight` in `fit`).

# %%
z3, labels = np.array([1.0, -2.0, 0.5]), np.array([1, 1, 0])
weight = np.where(labels == 1, 7.8, 1.0)
print("NumPy:", round(np.mean(weight * (np.logaddexp(0, z3) - labels * z3)), 6))

# %% tags=["torch"]
import torch

loss_t = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(7.8, dtype=torch.float64))
print("PyTorch:", round(loss_t(torch.tensor(z3), torch.tensor(labels * 1.0)).item(), 6))

# %% tags=["tensorflow"]
import tensorflow as tf

loss_k = tf.keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")
value_k = loss_k(labels[:, None], z3[:, None], sample_weight=weight)
print("Keras:", round(float(value_k), 6))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
by_hand = np.mean(weight * (np.logaddexp(0, z3) - labels * z3))
value_t = loss_t(torch.tensor(z3), torch.tensor(labels * 1.0)).item()
assert np.allclose([value_t, float(value_k)], by_hand, rtol=1e-12)
print("checked: the same weighted loss in all three")

# %% [markdown]
# ## Summary
#
# - Calibrated: of the cases that get $p$, the share $p$ comes true. A reliability diagram shows it, bin by bin.
# - A weak penalty can make forecasts too bold, a strong one too timid. One number or two, fitted on a validation set,
#   mend that and leave the order.
# - Class weights spoil the calibration. If the model is right for the data, they move the bias and little else.
#
# ## Common mistakes
#
# - **Right often, so honest.** The share of right answers says nothing about $0.9$ against $0.7$.
# - **A temperature chosen on the training set.** There a bold model looks honest.
# - **Probabilities read off a model with class weights.** They answer for another share of ones.
#
# ## Quick questions
#
# 1. All forecasts are $0.117$, the true share. Is that calibrated? Is it of use?
#
#    <details><summary><b>Answer</b></summary>
#
#    It is calibrated, and useless to choose between cases: all are tied.
#
#    </details>
# 2. You multiply all scores by $3$. What changes: the order, the ROC area, the calibration?
#
#    <details><summary><b>Answer</b></summary>
#
#    The calibration alone. The forecasts become bolder.
#
#    </details>
# 3. A model with the class weights $4$ and $1$ says $p = 0.8$. What does it say without the weights, if it is right
#    for the data?
#
#    <details><summary><b>Answer</b></summary>
#
#    The odds $4$ to $1$, divided by $4$: $1$ to $1$, so $p = 0.5$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Class weights $7.8$ and $1$. Show that, if the true odds are $e^z$, the weighted loss is smallest where
# the model says the odds $7.8\, e^z$.
#
# <details><summary><b>Outline</b></summary>
#
# At one $x$ with the true share $q$ the mean price is $-7.8\, q \log p - (1 - q) \log(1 - p)$. Its derivative
# vanishes where $7.8\, q (1 - p) = (1 - q)\, p$, so $p/(1 - p) = 7.8\, q/(1 - q)$.
#
# </details>
#
# **Try.** Choose the temperature of the bold model on the pictures that it has learned from. What comes out, and why?
#
# <details><summary><b>Outline</b></summary>
#
# It comes out at $0.96$: there the model looks honest, with a loss of $0.047$. It has fitted these very pictures. On
# others it is too bold.
#
# </details>

# %% [markdown]
# ## References
#
# - C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger (2017). On calibration of modern neural networks. *ICML*.
#   arXiv:1706.04599
# - J. C. Platt (1999). Probabilistic outputs for support vector machines and comparisons to regularized likelihood
#   methods. In *Advances in Large Margin Classifiers*, 61–74. MIT Press.
# - M. H. DeGroot, S. E. Fienberg (1983). The comparison and evaluation of forecasters. *The Statistician* 32, 12–22.
#   doi:10.2307/2987588
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
