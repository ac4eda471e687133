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
# - say when a threshold found on some loans is of use on others.
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
# The bank refuses a loan if $p$ reaches a **threshold**. A lost loan that it granted costs $10$. A good one that it
# refused costs $1$.
#
# **Predict.** With the threshold $\frac12$: how many decisions are right, and what do the wrong ones cost? Which
# threshold costs least?

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
# At $\frac12$ the bank refuses three and grants the lost loan with $0.15$: six are right, and the cost is $10 + 1 =
# 11$. At $0.1$ only five are right, but the cost is $3$, the least of all thresholds. To be right often is not to be
# cheap.
#
# </details>

# %% [markdown]
# You could have known without trying. A loan that is lost with probability $p$ costs $10p$ on average if granted, and
# $1 - p$ if refused. So refuse where $10 p \ge 1 - p$, that is from $p = \frac1{11} \approx 0.09$ on. In general, with
# $C_1$ for a missed 1 and $C_0$ for a false alarm (Elkan, 2001):
#
# $$\text{threshold} = \frac{C_0}{C_0 + C_1}. \tag{1}$$
#
# It holds if the $p$ are honest probabilities: of the loans with $p = 0.3$, three in ten are lost. Lesson 11 tests
# that. Where you doubt it, search for the threshold: {{exercise:best_threshold}}.
#
# ## All thresholds in one curve
#
# Walk down the table from the left. A loan that was lost takes you a third up, one of three. A good loan takes you a
# fifth to the right. Up is the [[true positive rate]], right the [[false positive rate]]. The path is the
# [[ROC curve]], the "receiver operating characteristic": its name comes from radar, where a receiver should tell
# planes from noise (Fawcett, 2006).
#
# **Predict.** Pick a lost and a good loan at random. In how many of the $3 \cdot 5$ pairs has the lost one the larger
# $p$? What has that to do with the area under the path?

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
# The loan with $0.8$ beats all five good ones, $0.5$ beats four, $0.15$ beats two: $11$ of $15$, or $0.7333$. Each
# step to the right is one good loan, as high as the share of lost loans above it. So the strips add up the pairs in
# order: the area *is* that share.
#
# </details>

# %% [markdown]
# The area sees the order and nothing else. Square all $p$, and it stays. Guessing gives about $\frac12$. Two loans
# with the same $p$ are a tie, which counts half.
#
# ## Ten thousand loans
#
# Now loans with four features, of which about one in nine is lost. They are drawn from a logistic model, so a
# logistic regression is exactly right here: keep that in mind. Half of them train, the other half, `new` with the
# features `X_new`, judge.

# %% tags=["setup"]
# Train on five thousand loans
from gdcourse import datasets
from gdcourse.losses.numpy import bce_with_logits

old, new = datasets.split(datasets.credit(10_000), test=0.5)
mean, std = old.X.mean(axis=0), old.X.std(axis=0)
X_old = np.column_stack([np.ones(5000), (old.X - mean) / std])
X_new = np.column_stack([np.ones(5000), (new.X - mean) / std])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


w_loans = np.zeros(5)
for _ in range(1500):  # descend to the optimum
    w_loans = w_loans - 0.7 * X_old.T @ (sigmoid(X_old @ w_loans) - old.y) / 5000

# %%
p_new = sigmoid(X_new @ w_loans)
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
assert round(bce_with_logits(X_new @ w_loans, new.y), 4) == 0.3186
costs = [cost(p_new, new.y, t) for t in (2, 1 / 2, 1 / 11)]
assert costs == [5840, 5615, 3195] and list(kinds.values()) == [451, 133, 1865, 2551]
assert min(cost(p_new, new.y, t) for t in np.arange(0.01, 0.5, 0.001)) > 0.99 * 3195
assert np.round(point, 2).tolist() == [0.42, 0.77]
print("checked: costs, counts, and the area as a share of pairs")

# %% [markdown]
# ## In three frameworks
#
# A loss has no threshold. Keras' accuracy has one, $0.5$, unless you say otherwise; PyTorch has no accuracy, so you
# write the comparison. At the threshold $\frac1{11}$:

# %%
print("NumPy:  ", np.mean((p_new >= 1 / 11) == lost))

# %% tags=["torch"]
import torch

z_t = torch.tensor(X_new @ w_loans)
right_t = ((torch.sigmoid(z_t) >= 1 / 11) == torch.tensor(lost)).double().mean().item()
print("PyTorch:", right_t)

# %% tags=["tensorflow"]
import tensorflow as tf

right_k = tf.keras.metrics.BinaryAccuracy(threshold=1 / 11)(lost, p_new)
print("Keras:  ", round(float(right_k), 4))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
right = np.mean((p_new >= 1 / 11) == lost)
assert np.isclose(right_t, right) and abs(float(right_k) - right) < 1e-3
assert tf.keras.metrics.BinaryAccuracy().threshold == 0.5
print("checked: the same share of right decisions in all three")

# %% [markdown]
# ## Summary
#
# - A threshold follows from costs: $C_0/(C_0 + C_1)$, if the probabilities are honest.
# - The area under the ROC curve is the share of pairs in the right order. It does not see the probabilities themselves.
# - With a rare class compare cross-entropy with the entropy of the share, not accuracy with $1$.
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
# 2. All forecasts are $0.117$, the true share. What is the ROC area?
#
#    <details><summary><b>Answer</b></summary>
#
#    All pairs are tied. A tie counts half, so the area is $\frac12$.
#
#    </details>
# 3. You multiply all scores $z$ by $3$. What changes: the order, the area, the cost at the threshold $\frac1{11}$?
#
#    <details><summary><b>Answer</b></summary>
#
#    Order and area stay. The probabilities move away from $\frac12$, so other loans reach $\frac1{11}$: the cost
#    changes.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** A third choice: an officer looks at the loan, for $0.5$, and finds out. For which $p$ is that the
# cheapest?
#
# <details><summary><b>Outline</b></summary>
#
# Granting costs $10p$, refusing $1 - p$, looking $0.5$. Looking is cheapest where both others cost more: $10p > 0.5$
# and $1 - p > 0.5$, so for $0.05 < p < 0.5$.
#
# </details>
#
# **Try.** With the model's $p$, find the best threshold on the training half by trying many of them, and use it on the
# other half. Then do the same with only the first 50 loans to choose from, and with the next 50. How stable is it?
#
# <details><summary><b>Outline</b></summary>
#
# `min(np.arange(0.001, 1, 0.001), key=lambda t: cost(p_old, old.y, t))`, with `p_old = sigmoid(X_old @ w_loans)`.
# From the 5000 it comes out near $\frac1{11}$. From 50 loans, of which five or so are lost, it may land far away: one
# loan can move it. Then trust (1) more than the search.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert np.isclose(roc_auc_score([0, 1, 0], [0.117] * 3), 0.5) and 9 / (9 + 1) == 0.9
p_old = sigmoid(X_old @ w_loans)
tries = np.arange(0.001, 1, 0.001)
found = min(tries, key=lambda t: cost(p_old, old.y, t))
assert abs(found - 1 / 11) < 0.03
few = [
    min(tries, key=lambda t: cost(p_old[k : k + 50], old.y[k : k + 50], t))
    for k in range(0, 1000, 50)
]
assert max(few) > 2 * found and min(few) < found / 1.5
z_new = 3 * X_new @ w_loans
assert cost(sigmoid(z_new), new.y, 1 / 11) != cost(p_new, new.y, 1 / 11)
assert np.isclose(roc_auc_score(new.y, z_new), roc_auc_score(new.y, p_new))
print("checked: a threshold from many loans is stable, one from fifty is not")

# %% [markdown]
# ## References
#
# - C. Elkan (2001). The foundations of cost-sensitive learning. *IJCAI*, 973–978.
# - T. Fawcett (2006). An introduction to ROC analysis. *Pattern Recognition Letters* 27(8), 861–874.
#   doi:10.1016/j.patrec.2005.10.010
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
