# %% [markdown]
# # From scores to decisions
#
# {{about}}
#
# **After this lesson you can**
#
# - choose a threshold from what the two kinds of mistakes cost,
# - draw an ROC curve by hand, and read its area as a share of pairs,
# - say why accuracy tells little about a rare class, and what does,
# - test whether "0.3" happens three times in ten,
# - say what weighting the classes does to a model, and what it does not.
#
# **You need** logistic regression and its penalty (the lesson before), and the entropy of a share (lesson 4).

# %% [markdown]
# ## Eight loans
#
# A bank's model gives eight loans these probabilities $p$ of being lost. Afterwards three were ($y = 1$). (Invented.)
#
# | $p$ | 0.8 | 0.6 | 0.5 | 0.3 | 0.2 | 0.15 | 0.08 | 0.05 |
# | :--- | --: | --: | --: | --: | --: | --: | --: | --: |
# | lost | 1 | 0 | 1 | 0 | 0 | 1 | 0 | 0 |
#
# The bank refuses a loan if $p$ reaches a **threshold**. A lost loan that it granted costs $10$. A good one that it refused
# costs $1$.
#
# **Predict.** With the threshold $\frac12$: how many decisions are right, and what do the wrong ones cost? Which threshold
# costs least?

# %%
import numpy as np

p = np.array([0.8, 0.6, 0.5, 0.3, 0.2, 0.15, 0.08, 0.05])
y = np.array([1, 0, 1, 0, 0, 1, 0, 0])


def cost(p, y, threshold):
    refused = p >= threshold
    return 10 * np.sum((y == 1) & ~refused) + np.sum((y == 0) & refused)


for threshold in (0.9, 0.5, 0.3, 0.1, 0.0):
    right = np.sum((p >= threshold) == (y == 1))
    print(f"threshold {threshold}: right {right} of 8, cost {cost(p, y, threshold)}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $\frac12$ the bank refuses three and grants the lost loan with $0.15$: six are right, and the cost is $10 + 1 = 11$. At
# $0.1$ only five are right, but the cost is $3$, the least of all thresholds. To be right often is not to be cheap.
#
# </details>

# %% [markdown]
# You could have known without trying. A loan that is lost with probability $p$ costs $10p$ on average if granted, and
# $1 - p$ if refused. So refuse where $10 p \ge 1 - p$, that is from $p = \frac1{11} \approx 0.09$ on. In general, with
# $C_1$ for a missed 1 and $C_0$ for a false alarm (Elkan, 2001):
#
# $$\text{threshold} = \frac{C_0}{C_0 + C_1}. \tag{1}$$
#
# It holds if the $p$ are honest probabilities. Where you doubt that, search: {{exercise:best_threshold}}.
#
# ## All thresholds in one curve
#
# Walk down the table from the left. A loan that was lost takes you a third up, one of three. A good loan takes you a fifth
# to the right. Up is the [[true positive rate]], right the [[false positive rate]], and the path is the [[ROC curve]]
# (Fawcett, 2006).
#
# **Predict.** Pick a lost and a good loan at random. In how many of the $3 \cdot 5$ pairs has the lost one the larger $p$?
# What has that to do with the area under the path?

# %%
pairs = p[y == 1][:, None] > p[y == 0]
print(pairs.astype(int))
print("pairs in order:", pairs.sum(), "of", pairs.size, "=", round(pairs.mean(), 4))

# %% tags=["draw"]
# The path of the eight loans
from gdcourse import plots


def roc(p, y):
    """Return false and true positive rates, as the threshold falls past one loan after the other."""
    falling = np.argsort(-p, kind="stable")
    true = np.append(0, np.cumsum(y[falling] == 1) / np.sum(y == 1))
    false = np.append(0, np.cumsum(y[falling] == 0) / np.sum(y == 0))
    return false, true


fig, ax = plots.figure(width=4.6, height=3.6)
false_rate, true_rate = roc(p, y)
ax.plot(false_rate, true_rate, "o-")
ax.fill_between(false_rate, true_rate, color=plots.COLOURS[5], alpha=0.3, step="post")
ax.plot([0, 1], [0, 1], color="0.5", linestyle=":")
ax.set(xlabel="false positive rate", ylabel="true positive rate", aspect="equal")
ax.set_title("area 11/15")
plots.show(
    fig,
    alt="A staircase from (0, 0) to (1, 1) in three steps up and five to the right, above "
    "the diagonal; the area under it is shaded.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The loan with $0.8$ beats all five good ones, $0.5$ beats four, $0.15$ beats two: $11$ of $15$, or $0.7333$. Each step to
# the right is one good loan, as high as the share of lost loans above it. So the strips add up the pairs in order: the area
# *is* that share.
#
# </details>

# %% [markdown]
# The area sees the order and nothing else. Square all $p$, and it stays. Guessing gives about $\frac12$.
#
# ## Ten thousand loans
#
# Now loans with four features, of which about one in nine is lost. They are drawn from a logistic model, so a logistic
# regression is exactly right here: keep that in mind. Half of them train, the other half judge.

# %% tags=["setup"]
# Train on five thousand loans, with and without weights on the classes
from gdcourse import datasets
from gdcourse.losses.numpy import bce_with_logits

old, new = datasets.split(datasets.credit(10_000), test=0.5)
mean, std = old.X.mean(axis=0), old.X.std(axis=0)
X_old = np.column_stack([np.ones(5000), (old.X - mean) / std])
X_new = np.column_stack([np.ones(5000), (new.X - mean) / std])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def fit(weight):
    """Descend from zero to the optimum. weight: (5000,), one per loan."""
    w = np.zeros(5)
    for _ in range(1500):
        w = w - 0.7 * X_old.T @ (weight * (sigmoid(X_old @ w) - old.y)) / 5000
    assert np.abs(X_old.T @ (weight * (sigmoid(X_old @ w) - old.y)) / 5000).max() < 1e-9
    return w


ratio = np.mean(old.y == 0) / np.mean(old.y == 1)
w_plain, w_weighted = fit(np.ones(5000)), fit(np.where(old.y == 1, ratio, 1.0))

# %%
p_new = sigmoid(X_new @ w_plain)
lost = new.y == 1
q = np.mean(lost)
entropy = -q * np.log(q) - (1 - q) * np.log(1 - q)
print(
    f"right: grant all {1 - q:.3f}, model at 1/2 {np.mean((p_new >= 0.5) == lost):.3f}"
)
print(f"loss: always say {q:.3f} {entropy:.4f}, model", end=" ")
print(round(-np.mean(np.log(np.where(lost, p_new, 1 - p_new))), 4))
for threshold in (2, 1 / 2, 1 / 11):
    print(f"threshold {threshold:.2f}: cost {cost(p_new, new.y, threshold)}")

# %% [markdown]
# By accuracy the model hardly beats granting every loan: $0.885$ against $0.883$. A rare class can be ignored at little
# cost. Cross-entropy sees what it has learned: $0.3186$, against the entropy $0.3605$ of a constant forecast. And the
# threshold $\frac1{11}$ turns that into money: $3195$, where $\frac12$ costs $5615$ and granting all $5840$.
#
# Move the threshold along the curve. (The slider needs a running kernel.)

# %% tags=["draw"]
# The curve of the ten thousand loans, and four counts
false_rate, true_rate = roc(p_new, new.y)


def at_threshold(threshold):
    refused = p_new >= threshold
    kinds = {
        "lost, refused: right": np.sum(lost & refused),
        "lost, granted: costs 10": np.sum(lost & ~refused),
        "paid, refused: costs 1": np.sum(~lost & refused),
        "paid, granted: right": np.sum(~lost & ~refused),
    }
    fig, (left, right) = plots.figure(2, width=9, height=3.2)
    left.plot(false_rate, true_rate)
    left.plot([0, 1], [0, 1], color="0.5", linestyle=":")
    point = refused[~lost].mean(), refused[lost].mean()
    left.plot(*point, "s", color=plots.COLOURS[1], markersize=9)
    left.set(xlabel="false positive rate", ylabel="true positive rate", aspect="equal")
    colours, hatches = [plots.COLOURS[i] for i in (0, 1, 1, 0)], ("", "//", "//", "")
    bars = right.barh(
        list(kinds), list(kinds.values()), color=colours, edgecolor="white"
    )
    for bar, hatch in zip(bars, hatches, strict=True):
        bar.set_hatch(hatch)
    right.bar_label(bars, padding=3)
    right.invert_yaxis()
    total = cost(p_new, new.y, threshold)
    right.set(
        xlabel="loans", title=f"threshold {threshold:.3f}: cost {total}", xlim=(0, 5400)
    )
    return fig, kinds, point


fig, kinds, point = at_threshold(1 / 11)
plots.show(
    fig,
    alt="Left: the ROC curve above the diagonal, with the threshold 1/11 at 42 per cent false "
    "and 77 per cent true positives. Right: 451 lost loans refused and 133 granted, 1865 "
    "good loans refused and 2551 granted.",
)

# %% tags=["widget", "draw"]
# A slider over the threshold


def at(threshold):
    fig, kinds, _ = at_threshold(threshold)
    told = ", ".join(f"{count} {name}" for name, count in kinds.items())
    return fig, f"The ROC curve with the threshold {threshold}: {told}."


plots.slider(at, threshold=[0.02, 0.05, 0.07, 0.09, 0.12, 0.15, 0.2, 0.3, 0.4, 0.5])

# %% tags=["check"]
# Costs, areas and counts
from sklearn.metrics import roc_auc_score

tried = {t: cost(p, y, t) for t in (0.9, 0.5, 0.3, 0.1, 0.0)}
assert tried == {0.9: 30, 0.5: 11, 0.3: 12, 0.1: 3, 0.0: 5}
assert (
    min(cost(p, y, t) for t in np.linspace(0, 1, 1001)) == 3
    and round(1 / 11, 2) == 0.09
)
assert np.sum((p >= 0.5) == y) == 6 and np.sum((p >= 0.1) == y) == 5
assert list(p) == [0.8, 0.6, 0.5, 0.3, 0.2, 0.15, 0.08, 0.05]
assert pairs.sum() == 11 and round(11 / 15, 4) == 0.7333
area = np.sum(np.diff(roc(p, y)[0]) * roc(p, y)[1][1:])
assert np.isclose(area, pairs.mean()) and np.isclose(roc_auc_score(y, p**2), area)
assert round(1 - q, 3) == 0.883 and round(np.mean((p_new >= 0.5) == lost), 3) == 0.885
assert round(entropy, 4) == 0.3605 and 8.5 < 1 / q < 9
assert round(bce_with_logits(X_new @ w_plain, new.y), 4) == 0.3186
costs = [cost(p_new, new.y, t) for t in (2, 1 / 2, 1 / 11)]
assert costs == [5840, 5615, 3195] and list(kinds.values()) == [451, 133, 1865, 2551]
assert min(cost(p_new, new.y, t) for t in np.arange(0.01, 0.5, 0.001)) > 0.99 * 3195
assert np.round(point, 2).tolist() == [0.42, 0.77]
print("checked: costs, counts, and the area as a share of pairs")

# %% [markdown]
# ## Does 0.3 happen three times in ten?
#
# Equation (1) trusts the probabilities. A forecast is [[calibrated]] if, among the cases that get $p$, the share $p$ comes
# true. The test: sort the cases into bins by $p$, and compare the mean $p$ of each bin with the share that came true. Our
# loans cannot fail it badly, they came from the model. So take real data: pictures of digits, "is it an eight?", with a
# weak, a middle and a strong penalty.
#
# **Predict.** A strong penalty keeps weights small. Will its forecasts be too bold or too timid? And without a penalty?

# %% tags=["setup"]
# Eights among the digits, with three penalties
from sklearn.linear_model import LogisticRegression

learn, test = datasets.split(datasets.digits(), test=0.5)
is_eight = test.y == 8


def eights(alpha, **options):
    C = 1 / (alpha * len(learn.y))
    model = LogisticRegression(C=C, max_iter=100_000, tol=1e-8, **options)
    return model.fit(learn.X, learn.y == 8).predict_proba(test.X)[:, 1]


forecasts = {alpha: eights(alpha) for alpha in (1e-6, 1e-3, 0.1)}


# %%
def reliability(p, y):
    number = np.minimum((10 * p).astype(int), 9)  # of the bin, 0 to 9
    bins = [number == k for k in range(10) if np.any(number == k)]
    said = np.array([np.mean(p[inside]) for inside in bins])
    happened = np.array([np.mean(y[inside]) for inside in bins])
    share = np.array([np.mean(inside) for inside in bins])
    return said, happened, share


# %%
for alpha, forecast in forecasts.items():
    said, happened, share = reliability(forecast, is_eight)
    distance = np.sum(share * np.abs(said - happened))
    print(f"alpha {alpha:g}: calibration error {distance:.3f}")

# %% tags=["draw"]
# Reliability of the loans and of the eights
fig, axes = plots.figure(4, width=10, height=2.9, sharey=True)
drawn = {"loans": (p_new, lost)}
names = ("tiny", "middle", "strong")
for name, forecast in zip(names, forecasts.values(), strict=True):
    drawn[f"eights, {name} penalty"] = forecast, is_eight
for ax, (name, (forecast, came_true)) in zip(axes, drawn.items(), strict=True):
    said, happened, share = reliability(forecast, came_true)
    ax.plot([0, 1], [0, 1], color="0.5", linestyle=":")
    ax.plot(said, happened, linewidth=1)
    ax.scatter(said, happened, s=15 + 200 * share, zorder=3)
    ax.set(title=name, xlabel="mean $p$ of the bin", aspect="equal", xlim=(0, 1))
axes[0].set_ylabel("share that came true")
plots.show(
    fig,
    alt="Four reliability diagrams. The loans' large dots lie on the diagonal, three small ones "
    "far from it. Eights with a tiny penalty: where the model says 0.99, 0.75 are eights. With "
    "the middle one the dots are near the diagonal. With the strong one, where it says 0.21 all "
    "are eights.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Strong: too timid. No forecast exceeds $0.3$, and where it says $0.21$ all are eights. Nearly none: too bold. Where it
# says $0.99$ only $0.75$ are. The middle one is close to the diagonal. So the penalty sets the temper of the forecasts, and
# a held-out set can choose it.
#
# </details>

# %% [markdown]
# Dots are as large as their bins. Small ones wander: a bin of one loan can only say $0$ or $1$. The **calibration error** is
# the mean distance to the diagonal, each bin weighted by its share of the cases.
#
# ## What weighting the classes does
#
# A popular remedy for a rare class: multiply the loss of each lost loan by $7.8$, the number of good loans per lost one.
#
# **Predict.** What does that do to the mean $p$, and to the order of the loans?

# %%
p_weighted = sigmoid(X_new @ w_weighted)
print(
    f"mean p: plain {p_new.mean():.3f}, weighted {p_weighted.mean():.3f}, true {q:.3f}"
)
print("weights, weighted minus plain:", np.round(w_weighted - w_plain, 2))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The mean $p$ rises to $0.437$ where $0.117$ are lost: calibration is gone. The order stays, as almost only the bias has
# moved, by $\log 7.8 = 2.05$. Subtract that, and you have the plain model back. Here, weighting was a threshold in disguise.
#
# </details>

# %% [markdown]
# That is so because the model is right for these data. On the eights, where it is not, weights also change *which* linear
# model is the best: the order of the pictures changes a little. So weight if you want another fit, and check what you get.
# To act on a rare class, choose the threshold, and keep your probabilities.

# %% tags=["check"]
# Calibration, and class weights on both data sets
errors = {}
for alpha, forecast in forecasts.items():
    said, happened, share = reliability(forecast, is_eight)
    errors[alpha] = np.sum(share * np.abs(said - happened))
    assert np.isclose(share.sum(), 1)
    if alpha == 1e-6:
        assert round(said[-1], 2) == 0.99 and round(happened[-1], 2) == 0.75
    if alpha == 0.1:
        assert round(said[-1], 2) == 0.21 and happened[-1] == 1 and forecast.max() < 0.3
assert errors[1e-3] < 0.02 < min(errors[1e-6], errors[0.1])
said, happened, share = reliability(p_new, lost)
assert np.sum(share * np.abs(said - happened)) < 0.01
assert np.sum(share[-3:]) * 5000 < 20 and np.abs(said - happened)[:6].max() < 0.05
assert (
    round(p_weighted.mean(), 3) == 0.437
    and round(q, 3) == 0.117
    and round(ratio, 1) == 7.8
)
assert np.allclose(w_weighted - w_plain, [np.log(ratio), 0, 0, 0, 0], atol=0.01)
assert round(np.log(ratio), 2) == 2.05
areas = [roc_auc_score(new.y, f) for f in (p_new, p_weighted)]
assert np.round(areas, 3).tolist() == [0.742, 0.742]
balanced = eights(1e-3, class_weight="balanced")
assert np.any(np.argsort(balanced) != np.argsort(forecasts[1e-3]))
assert 1e-4 < abs(
    roc_auc_score(is_eight, balanced) - roc_auc_score(is_eight, forecasts[1e-3])
)
print("checked: who is calibrated, and what class weights move")

# %% [markdown]
# ## In three frameworks
#
# Where do the frameworks have such weights? In the loss: `pos_weight` in PyTorch; in Keras a weight for each sample (or
# `class_weight` in `fit`). None of these losses has a threshold. Keras' binary accuracy has one, $0.5$.

# %%
z, labels = np.array([1.0, -2.0, 0.5]), np.array([1, 1, 0])
weight = np.where(labels == 1, 7.8, 1.0)
print("NumPy:", round(np.mean(weight * (np.logaddexp(0, z) - labels * z)), 6))

# %% tags=["torch"]
import torch

loss_t = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(7.8, dtype=torch.float64))
print("PyTorch:", round(loss_t(torch.tensor(z), torch.tensor(labels * 1.0)).item(), 6))

# %% tags=["tensorflow"]
import tensorflow as tf

loss_k = tf.keras.losses.BinaryCrossentropy(from_logits=True, dtype="float64")
value_k = loss_k(labels[:, None], z[:, None], sample_weight=weight)
print("Keras:", round(float(value_k), 6))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
by_hand = np.mean(weight * (np.logaddexp(0, z) - labels * z))
value_t = loss_t(torch.tensor(z), torch.tensor(labels * 1.0)).item()
assert np.allclose([value_t, float(value_k)], by_hand, rtol=1e-12)
print("checked: the same weighted loss in all three")

# %% [markdown]
# ## Summary
#
# - A threshold follows from costs: $C_0/(C_0 + C_1)$, if the probabilities are honest.
# - The area under the ROC curve is the share of pairs in the right order. It says nothing about calibration.
# - With a rare class compare cross-entropy with the entropy of the share, not accuracy with $1$.
# - Class weights move the bias and spoil the calibration. If the model is not right for the data, they also change the fit.
#
# ## Common mistakes
#
# - **$\frac12$ as a law of nature.** It is right if both mistakes cost the same.
# - **A threshold chosen on the test set.** A set that took a decision is no longer unseen.
# - **"$99\,\%$ accuracy" for an event in a hundred.** Saying "never" has that too.
#
# ## Quick questions
#
# 1. A false alarm costs as much as nine missed cases. From which $p$ on do you raise the alarm?
#
#    <details><summary><b>Answer</b></summary>
#
#    $9/(9 + 1) = 0.9$.
#
#    </details>
# 2. All forecasts are $0.117$, the true share. Is that calibrated? What is the ROC area?
#
#    <details><summary><b>Answer</b></summary>
#
#    It is calibrated, and useless: all pairs are tied. A tie counts half, so the area is $\frac12$.
#
#    </details>
# 3. You multiply all scores by $3$. What changes: the order, the area, the calibration?
#
#    <details><summary><b>Answer</b></summary>
#
#    The calibration alone. The forecasts become bolder.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Class weights $7.8$ and $1$. Show that, if the true odds are $e^z$, the weighted loss is smallest where the
# model says the odds $7.8\, e^z$.
#
# <details><summary><b>Outline</b></summary>
#
# At one $x$ with the true share $q$ the mean price is $-7.8\, q \log p - (1 - q) \log(1 - p)$. Its derivative vanishes where
# $7.8\, q (1 - p) = (1 - q)\, p$, so $p/(1 - p) = 7.8\, q/(1 - q)$.
#
# </details>
#
# **Try.** Divide the scores of the boldest eights-model by a number above $1$ before the sigmoid. Which one makes its
# cross-entropy on the test pictures smallest? (This is called temperature scaling. On which set should you choose it?)
#
# <details><summary><b>Outline</b></summary>
#
# Recover the scores as $\log(p/(1 - p))$. About $2.5$ is best, and the loss falls from $0.21$ to $0.14$. Order and area stay.
# Choose the number on a set that is neither for training nor for the final judgement.
#
# </details>

# %% tags=["check"]
# Temperature scaling of the bold model
z_bold = np.log(forecasts[1e-6] / (1 - forecasts[1e-6]))
by_heat = {h: bce_with_logits(z_bold / h, is_eight * 1) for h in np.arange(1, 12, 0.5)}
best_heat = min(by_heat, key=by_heat.get)
assert best_heat == 2.5 and round(by_heat[1.0], 2) == 0.21
assert round(by_heat[2.5], 2) == 0.14
assert np.isclose(roc_auc_score([0, 1, 0], [0.117] * 3), 0.5) and 9 / (9 + 1) == 0.9
print("checked: a temperature above 1 mends the bold model")

# %% [markdown]
# ## References
#
# - C. Elkan (2001). The foundations of cost-sensitive learning. *IJCAI*, 973–978.
# - T. Fawcett (2006). An introduction to ROC analysis. *Pattern Recognition Letters* 27(8), 861–874.
#   doi:10.1016/j.patrec.2005.10.010
# - C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger (2017). On calibration of modern neural networks. *ICML*. arXiv:1706.04599
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
