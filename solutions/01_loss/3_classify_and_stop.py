# %% [markdown]
# # Classify, and know when to stop
#
# {{about}}
#
# **After this lesson you can**
#
# - train a logistic regression by gradient descent and prove that you reached the optimum,
# - judge a classifier of a rare event: log-loss, threshold, ROC curve, calibration,
# - explain why the weights grow for ever on separable data, and what L2 does about it,
# - choose a stopping rule and name the traps that each rule falls into.
#
# **You need** lesson 2: the binary cross-entropy, its gradient $p - y$, and its stable form from logits.

# %% [markdown]
# ## Spam: a model that answers with a probability
#
# The data: 1000 mails, each described by five **features**, counts of telling signs. The **label** $y$ is 1 for spam
# and 0 for an honest mail. You fit the model to a **training set** and judge it on a **test set** that it never saw.
#
# Descent likes features of the same size, so **standardise** them: subtract a column's mean, divide by its standard
# deviation. Both come from the training set *only*. The test set stands for mails that do not exist yet, so nothing may
# be learned from it, not even a mean.

# %%
import numpy as np

from gdcourse import plots
from gdcourse.datasets import credit, spam, split


def design(X, like):
    """X: (n, d) -> (n, d + 1): a column of ones, then the features standardised by the mean and std of ``like``."""
    return np.column_stack(
        [np.ones(len(X)), (X - like.mean(axis=0)) / like.std(axis=0)]
    )


mails, new_mails = split(spam())
X, y = design(mails.X, like=mails.X), mails.y
X_test, y_test = design(new_mails.X, like=mails.X), new_mails.y
assert (
    X.shape == (700, 6)
    and X_test.shape == (300, 6)
    and np.isclose(spam().y.mean(), 0.2)
)
assert np.allclose(X[:, 1:].mean(axis=0), 0) and not np.allclose(
    X_test[:, 1:].mean(axis=0), 0
)

# %% [markdown]
# **Logistic regression** gives a mail with the row $x$ the logit $z = x \cdot w$ and the probability
# $p = 1 / (1 + e^{-z})$ of being spam. The first entry of $x$ is 1, so $w_0$ is the bias. The loss is the mean
# cross-entropy plus a **penalty** on large weights, called **L2**, with a strength $\lambda$ (lambda) that you choose:
#
# $$J(w) = \frac1n \sum_{i=1}^n \bigl[\log(1 + e^{z_i}) - y_i z_i\bigr] + \frac\lambda2 \sum_{j \ge 1} w_j^2. \tag{1}$$
#
# The bias pays nothing: it sets how common spam is, and no share of spam is simpler than another. For the gradient, use
# lesson 2: one sample's cost has the derivative $p_i - y_i$ in $z_i$, and $\partial z_i / \partial w_j = x_{ij}$. So
#
# $$\frac{\partial J}{\partial w_j} = \frac1n \sum_i (p_i - y_i)\, x_{ij} + \lambda w_j, \tag{2}$$
#
# where the last term is missing for $j = 0$. Compare the derivation with differences of $J$.

# %%
from gdcourse.diagnostics import gradient_check
from gdcourse.losses.numpy import bce_with_logits, bce_with_logits_grad, l2, l2_grad


def logistic(lam):
    def loss_and_grad(params, X, y):
        (w,) = params
        z = X @ w
        grad = X.T @ bce_with_logits_grad(z, y)  # (p - y) / n comes from the library
        grad[1:] += lam * l2_grad(w[1:])
        return bce_with_logits(z, y) + lam * l2(w[1:]), [grad]

    return loss_and_grad


objective = logistic(lam=0.01)
somewhere = np.random.default_rng(0).normal(size=6)
report = gradient_check(
    lambda w: objective([w], X, y)[0], lambda w: objective([w], X, y)[1][0], somewhere
)
print(report)
assert report.ok

# %% [markdown]
# The learning rate must stay below $2/L$, where $L$ bounds the curvature. Since $p(1 - p) \le 1/4$, the curvature of
# (1) is at most a quarter of that of the squared error, plus $\lambda$. Here $2/L = 4.2$, so a rate of 1 is safe.
#
# **Predict.** The run starts at $w = 0$. What is the first loss? The signs are exclamation marks, links, words in
# capitals, "free" or "prize", and names of yours. Which weights will be negative?

# %%
from gdcourse.diagnostics import smoothness
from gdcourse.optimizers.numpy import GD
from gdcourse.training.numpy import train

w = np.zeros(6)
watch = {
    "validate": lambda params: bce_with_logits(X_test @ params[0], y_test)
}  # recorded, never used
run = train(objective, [w], X, y, GD(lr=1.0), epochs=1000, **watch)
share_right = np.mean((X_test @ w > 0) == y_test)
plots.table({"sign": ["bias", *mails.features], "weight": w, "odds times": np.exp(w)})

# %% [markdown]
# **Answer.** At $w = 0$ every $p$ is one half, so the first loss is $\log 2 = 0.6931$. It falls to $0.1866$. Only the
# names of people whom you know speak for an honest mail. The **odds** are $p / (1 - p) = e^z$, so one standard
# deviation more of a sign multiplies them by $e^{w_j}$: $3.41$ for exclamation marks, $0.39$ for names. Calling a mail
# spam where $z > 0$ is right for $0.93$ of the test set.

# %%
assert round(2 / (smoothness(X) / 4 + 0.01), 1) == 4.2
assert (
    round(run.losses[0], 4) == round(np.log(2), 4) == 0.6931
    and round(run.losses[-1], 4) == 0.1866
)
assert [
    name for name, value in zip(mails.features, w[1:], strict=True) if value < 0
] == ["names of yours"]
assert round(np.exp(w[1]), 2) == 3.41 and round(np.exp(w[5]), 2) == 0.39
assert round(share_right, 2) == 0.93

# %%
fig, (left, right) = plots.figure(2, width=8.5)
left.plot(run.losses[:100], label="training, with penalty")
left.plot(
    np.arange(1, 101), run.validation[:100], label="test"
)  # measured after the step
left.set(xlabel="step", ylabel="loss", title="the descent", ylim=(0, 0.72))
left.legend()
right.barh(
    mails.features, w[1:], color=[plots.COLOURS[int(value < 0)] for value in w[1:]]
)
right.axvline(0, color="0.4", linestyle="-", linewidth=1)
right.invert_yaxis()
right.set(xlabel="weight", title="what speaks for spam")
plots.show(
    fig,
    alt="Left: training and test loss fall together from about 0.69 to 0.19 within 60 of 100 steps. Right: bars of "
    "the five weights; four point to spam, exclamation marks and 'free' or 'prize' most, and names of yours "
    "point to honest mail.",
)
steps = [1, 10, 30, 100, 999]
columns = {
    "training loss": [run.losses[t] for t in steps],
    "test loss": [run.validation[t - 1] for t in steps],
}
plots.table({"step": steps, **columns})

# %% [markdown]
# Is this the optimum, or only where the run ended? The loss (1) is convex (curved upwards everywhere), so a zero
# gradient proves it. A second witness is scikit-learn, by another method. Mind its convention: it minimises $C$ times
# the *sum* of the cross-entropies plus the penalty. Divide by $Cn$ and compare with (1): $C = 1 / (\lambda n)$. Its
# bias is free too.

# %%
from sklearn.linear_model import LogisticRegression

judge = LogisticRegression(C=1 / (0.01 * len(y)), tol=1e-10, max_iter=10_000).fit(
    X[:, 1:], y
)
assert run.grad_norms[-1] < 1e-12
assert np.allclose(w, [*judge.intercept_, *judge.coef_[0]], atol=1e-7)

# %% [markdown]
# ## The same run in three frameworks
#
# Now train on **mini-batches**: each step uses the gradient of 100 rows, and an **epoch** is one pass through all rows
# in a shuffled order. The library shuffles with NumPy and one seed, so every framework sees the same batches.
# NumPy uses the gradient (2) that you derived. PyTorch and TensorFlow get only the loss (1), with their own stable
# cross-entropy from logits, and differentiate it.

# %%
same = {"epochs": 30, "batch_size": 100, "seed": 0}
runs = {"NumPy": train(objective, [np.zeros(6)], X, y, GD(lr=0.5), **same)}

# %% tags=["torch"]
from gdcourse.training.torch import (
    train as torch_train,
)  # says what to install if PyTorch is missing
import torch

from gdcourse import gradients, optimizers


def torch_loss(params, X, y):
    (w,) = params
    cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits(X @ w, y)
    return cross_entropy + 0.01 / 2 * torch.sum(w[1:] ** 2)


rows, labels, start = (
    torch.tensor(X),
    torch.tensor(y, dtype=torch.float64),
    torch.zeros(6, dtype=torch.float64),
)
loss_and_grad = gradients.torch.value_and_grad(torch_loss)
runs["PyTorch"] = torch_train(
    loss_and_grad, [start], rows, labels, optimizers.torch.GD(lr=0.5), **same
)

# %% tags=["tensorflow"]
from gdcourse.training.tensorflow import (
    train as tf_train,
)  # says what to install if TensorFlow is missing
import tensorflow as tf

from gdcourse import gradients, optimizers


def tf_loss(params, X, y):
    (w,) = params
    costs = tf.nn.sigmoid_cross_entropy_with_logits(
        labels=y, logits=tf.linalg.matvec(X, w)
    )
    return tf.reduce_mean(costs) + 0.01 / 2 * tf.reduce_sum(w[1:] ** 2)


rows, labels, start = (
    tf.constant(X),
    tf.constant(y, dtype=tf.float64),
    tf.Variable(np.zeros(6)),
)
loss_and_grad = gradients.tensorflow.value_and_grad(tf_loss)
runs["TensorFlow"] = tf_train(
    loss_and_grad, [start], rows, labels, optimizers.tensorflow.GD(lr=0.5), **same
)

# %%
for name, other in runs.items():
    assert len(other) == 30
    assert np.abs(np.subtract(other.losses, runs["NumPy"].losses)).max() < 1e-12, name
columns = {
    name: [other.losses[t - 1] for t in (1, 2, 10, 30)] for name, other in runs.items()
}
plots.table({"epoch": [1, 2, 10, 30], **columns}, digits=12)

# %% [markdown]
# All losses agree to $10^{-12}$ at every epoch. The frameworks found the gradient (2) for themselves.

# %% [markdown]
# ## Credit: when one class is rare
#
# Ten thousand loans; $y = 1$ means *lost*, not paid back, which happens to about one loan in nine. Half of them train
# the model. No penalty this time: 5000 rows for five weights leave little room to **over-fit**, to learn their
# accidents.
#
# **Predict.** A lazy model grants every loan. For which share of the loans is it right? How much better is a trained
# one?

# %%
old, new = split(credit(10_000), test=0.5)
X_old, X_new = design(old.X, like=old.X), design(new.X, like=old.X)


def fit(loss_and_grad):
    w = np.zeros(5)
    history = train(loss_and_grad, [w], X_old, old.y, GD(lr=0.7), epochs=1500)
    assert history.grad_norms[-1] < 1e-10  # it reached the optimum
    return w


w_plain = fit(logistic(lam=0))
z = X_new @ w_plain
p, lost = 1 / (1 + np.exp(-z)), new.y == 1
lazy, trained = np.mean(~lost), np.mean((p >= 0.5) == lost)
print(
    f"right: lazy {lazy:.3f}, trained {trained:.3f}; the trained model refuses {np.sum(p >= 0.5)} of {len(p)} loans"
)

# %% [markdown]
# **Answer.** The lazy model is right for $0.883$ of the new loans, the trained one for $0.885$. By **accuracy**, the
# share that is right, they hardly differ: a rare class can be ignored at little cost.
#
# The **log-loss**, which is the mean cross-entropy on new data, sees the difference. Which constant $p$ costs least,
# when a share $q$ of the labels is 1? The cost is $-q \log p - (1 - q)\log(1 - p)$. Its derivative vanishes at $p = q$,
# where it is
#
# $$H(q) = -q \log q - (1 - q) \log(1 - q), \tag{3}$$
#
# the **entropy** of the base rate $q$. No model that ignores the features gets below it, so it is the mark to beat.
# Here $H = 0.3605$, and the model reaches $0.3186$: it has learned something.

# %%
assert round(lazy, 3) == 0.883 and round(trained, 3) == 0.885 and np.sum(p >= 0.5) == 39
q = lost.mean()
entropy = -q * np.log(q) - (1 - q) * np.log(1 - q)
constant = {
    c: bce_with_logits(np.full(5000, np.log(c / (1 - c))), new.y)
    for c in (0.05, q, 0.2, 0.5)
}
assert (
    np.isclose(constant[q], entropy)
    and min(constant, key=constant.get) == q
    and 8.5 < 1 / q < 9
)
assert round(entropy, 4) == 0.3605 and round(bce_with_logits(z, new.y), 4) == 0.3186

# %% [markdown]
# ### The threshold is a decision, not a law
#
# The model gives probabilities. You refuse a loan when $p$ reaches a **threshold**, and $1/2$ is just one choice.
# Suppose that a lost loan costs ten times as much as refusing a good one. Granting costs $10p$ on average, refusing
# $1 - p$. So refuse where $10 p \ge 1 - p$, that is from $p = 1/11$ on (Elkan, 2001).
#
# Each threshold gives two rates: the share of the bad loans that you refuse (the **true positive rate**), and the share
# of the good loans that you refuse (the **false positive rate**). The curve of both over all thresholds is the **ROC
# curve** (Fawcett, 2006).

# %%
falling = np.argsort(-p)  # lower the threshold past one loan after the other
true_rate = np.concatenate([[0], np.cumsum(lost[falling]) / lost.sum()])
false_rate = np.concatenate([[0], np.cumsum(~lost[falling]) / (~lost).sum()])


def counts(threshold):
    refused = p >= threshold
    return {
        "lost, refused": np.sum(lost & refused), "lost, granted": np.sum(lost & ~refused),
        "paid, refused": np.sum(~lost & refused), "paid, granted": np.sum(~lost & ~refused),
    }  # fmt: skip


def cost(threshold):
    return 10 * counts(threshold)["lost, granted"] + counts(threshold)["paid, refused"]


# %%
def draw(threshold):
    four = counts(threshold)
    fig, (left, right) = plots.figure(2, width=8.5, height=3.4)
    left.plot(false_rate, true_rate)
    left.plot([0, 1], [0, 1], color="0.6", linestyle=":", linewidth=1)
    left.plot(
        four["paid, refused"] / (~lost).sum(),
        four["lost, refused"] / lost.sum(),
        "s",
        color=plots.COLOURS[1],
    )
    left.set(
        xlabel="false positive rate",
        ylabel="true positive rate",
        title="ROC curve",
        aspect="equal",
    )
    bars = right.barh(
        list(four), list(four.values()), color=[plots.COLOURS[i] for i in (0, 1, 1, 0)]
    )
    right.bar_label(bars, padding=3)
    right.invert_yaxis()
    right.set(
        xlabel="loans (blue: right, orange: wrong)",
        title=f"threshold {threshold:.3f}",
        xlim=(0, 5200),
    )
    return fig


# %%
plots.show(
    draw(1 / 11),
    alt="Left: the ROC curve rises steeply, well above the diagonal; the threshold 1/11 lies at 42 per cent false "
    "and 77 per cent true positives. Right: bars of the four counts: 451 lost and 133 missed, 1865 refused in "
    "vain, 2551 granted well.",
)
tried = [0.5, 0.2, 1 / 11, 0.05]
columns = {name: [counts(t)[name] for t in tried] for name in counts(0.5)}
plots.table({"threshold": tried, **columns, "cost": [cost(t) for t in tried]})

# %% [markdown]
# The threshold $1/11$ costs 3195, a half costs 5615, and granting every loan 5840. Over all thresholds the cheapest is
# less than one per cent cheaper than $1/11$. No search was needed.

# %%
assert (cost(1 / 11), cost(0.5), cost(1.1)) == (3195, 5615, 5840)
assert (
    0.99 * cost(1 / 11)
    < min(cost(t) for t in np.arange(0.01, 0.5, 0.001))
    <= cost(1 / 11)
)

# %% [markdown]
# Move the slider and watch the point travel along the curve. (It needs a running kernel.)


# %% tags=["widget"]
def at(threshold):
    return draw(threshold), f"The ROC curve, threshold {threshold}: " + ", ".join(
        f"{n} {k}" for k, n in counts(threshold).items()
    )


plots.slider(
    at, threshold=[0.02, 0.03, 0.05, 0.07, 0.09, 0.12, 0.15, 0.2, 0.3, 0.4, 0.5]
)

# %% [markdown]
# ### One number for the curve
#
# The **area under the ROC curve** needs no threshold. Pick one bad loan and one good loan at random: the area is the
# probability that the bad one gets the higher $p$. To see why, walk along the curve. Each good loan moves it right by
# one strip, as high as the share of the bad loans that scored higher. The strips together count the pairs in the right
# order.

# %%
from sklearn.metrics import roc_auc_score

pairs = np.mean(p[lost][:, None] > p[~lost])  # every bad loan against every good one
assert np.isclose(pairs, np.trapezoid(true_rate, false_rate), rtol=1e-12)
assert np.isclose(pairs, roc_auc_score(lost, p), rtol=1e-12)
assert round(pairs, 3) == 0.742

# %% [markdown]
# Three ways, one area: $0.742$. Guessing gives a half. The area looks only at the *order* of the scores, so it cannot
# tell you whether a $p$ of $0.3$ means three loans in ten.

# %% [markdown]
# ### Calibration: does 0.3 mean three in ten?
#
# A model is **calibrated** if, among the loans that get the probability $p$, a share $p$ is lost. Check it in bins:
# sort the loans by $p$, cut them into ten equal groups, and plot the share that was lost against the mean $p$ of each.
# In this **reliability diagram** a calibrated model lies on the diagonal.
#
# A popular remedy for a rare class is **class weighting**: multiply the cost of each rare sample, here by $7.8$, the
# number of paid loans per lost one, so that both classes weigh the same.
#
# **Predict.** What will class weighting do to the mean $p$, to the area under the curve, and to the diagram?

# %%
rate = old.y.mean()
ratio = (1 - rate) / rate


def weighted(params, X, y):
    (w,) = params
    z, weight = X @ w, np.where(y == 1, ratio, 1.0)
    return np.mean(weight * (np.logaddexp(0, z) - y * z)), [
        X.T @ (weight * bce_with_logits_grad(z, y))
    ]


w_weighted = fit(weighted)
z_weighted = X_new @ w_weighted
logits = {
    "plain": z,
    "weighted": z_weighted,
    "weighted, shifted back": z_weighted - np.log(ratio),
}
probabilities = {name: 1 / (1 + np.exp(-logit)) for name, logit in logits.items()}
groups = np.array_split(np.argsort(p), 10)
said = {
    name: [values[g].mean() for g in groups] for name, values in probabilities.items()
}
happened = [lost[g].mean() for g in groups]

# %%
fig, ax = plots.figure(width=5.2, height=3.8)
for (name, values), marker, size in zip(said.items(), "os^", (9, 5, 5), strict=True):
    ax.plot(
        values,
        happened,
        marker=marker,
        markersize=size,
        fillstyle="none",
        linewidth=1.2,
        label=name,
    )
ax.plot([0, 0.8], [0, 0.8], color="0.6", linestyle="-", linewidth=1)
ax.set(
    xlabel="mean $p$ of the group",
    ylabel="share that was lost",
    title="reliability",
    xlim=(0, 0.85),
    ylim=(0, 0.6),
)
ax.legend()
plots.show(
    fig,
    alt="Reliability diagram of ten groups. The plain model and the shifted one lie on the diagonal; the weighted "
    "one lies far to the right of it: where it says 0.5 about 0.11 are lost.",
)
plots.table({"group": range(1, 11), "lost": happened, **said}, digits=2)

# %% [markdown]
# **Answer.** The plain model is calibrated: every group is within $0.02$ of the diagonal. On the training set its mean
# $p$ *equals* the base rate, since entry 0 of (2) is the mean of $p - y$ and vanishes at the optimum. The weighted
# model says $0.44$ on average where $0.117$ are lost, and its log-loss of $0.601$ is worse than the entropy. Yet its
# area is the same $0.742$.
#
# The reason: weighting makes bad loans look 7.8 times as common, so it multiplies the odds by 7.8, and moves
# nearly nothing but the bias. Subtract $\log 7.8$ from the logits and you have the plain model back, log-loss $0.3186$
# included. Weighting was a threshold in disguise. Set the threshold, and keep your probabilities.

# %%
assert (
    np.abs(np.subtract(said["plain"], happened)).max() < 0.02 and round(ratio, 1) == 7.8
)
assert np.isclose((1 / (1 + np.exp(-X_old @ w_plain))).mean(), rate, rtol=1e-9)
assert np.allclose(w_weighted - w_plain, [np.log(ratio), 0, 0, 0, 0], atol=0.01)
assert round(probabilities["weighted"].mean(), 2) == 0.44 and round(q, 3) == 0.117
assert (
    round(bce_with_logits(z_weighted, new.y), 3) == 0.601
    and round(roc_auc_score(lost, z_weighted), 3) == 0.742
)
assert round(bce_with_logits(logits["weighted, shifted back"], new.y), 4) == 0.3186
assert 0.45 < said["weighted"][6] < 0.55 and round(happened[6], 2) == 0.11
assert abs(lost[abs(p - 0.3) < 0.05].mean() - 0.3) < 0.05

# %% [markdown]
# ## Separable data: no minimum to find
#
# Sometimes a straight line parts the two classes without a mistake: the data are **separable**. Then some $w$ gives
# each point a logit of the right sign. Double that $w$: every logit doubles, every $p$ comes closer to its label, the
# loss falls. So without a penalty no $w$ is best.
#
# **Predict.** Descent from $w = 0$ at a constant rate: does the length $\lVert w \rVert$ grow like $t$, like
# $\sqrt t$ or like $\log t$?

# %%
rng = np.random.default_rng(37)
side = np.repeat([-1, 1], 10)
points = rng.normal(0, 0.8, (20, 2)) + side[:, None] * np.array([1.5, 1.0])
label = (side + 1) // 2


def plain_or_decayed(lam):
    def loss_and_grad(params, X, y):  # no bias here: the clouds lie on both sides of 0
        (w,) = params
        return bce_with_logits(X @ w, y) + lam * l2(w), [
            X.T @ bce_with_logits_grad(X @ w, y) + lam * l2_grad(w)
        ]

    return loss_and_grad


times = np.array([1, 3, 10, 30, 100, 300, 1000, 3000, 10_000])
tracks = {}
for lam in (0, 0.01):
    w, tracks[lam] = np.zeros(2), []
    for more in np.diff(times, prepend=0):
        train(plain_or_decayed(lam), [w], points, label, GD(lr=1.0), epochs=more)
        tracks[lam].append(w.copy())
norms = {lam: np.linalg.norm(track, axis=1) for lam, track in tracks.items()}

# %% [markdown]
# The theory says more. The direction of $w$ tends to the one of largest **margin**: the line that keeps the widest
# distance $m$ to the nearest point. And the length grows by $\log(10) / m$ per factor of ten in $t$, in the end (Soudry
# and others, 2018). In the plane you can find $m$ by turning a unit vector.

# %%
angles = np.radians(np.arange(-90, 180, 0.01))
margins = ((side[:, None] * points) @ np.stack([np.cos(angles), np.sin(angles)])).min(
    axis=0
)
m, best_angle = margins.max(), np.degrees(angles[margins.argmax()])
direction = np.degrees([np.arctan2(w[1], w[0]) for w in tracks[0]])

# %%
fig, (left, right) = plots.figure(2, width=8.5)
for (lam, values), marker in zip(norms.items(), "os", strict=True):
    left.semilogx(
        times, values, marker=marker, markersize=4, label=rf"$\lambda = {lam}$"
    )
left.set(
    xlabel="step $t$ (log scale)", ylabel=r"length of $w$", title="how far it goes"
)
left.legend()
for value, marker, colour in ((0, "o", 0), (1, "^", 1)):
    right.plot(
        *points[label == value].T,
        marker,
        color=plots.COLOURS[colour],
        label=f"label {value}",
    )
for angle, style, name in (
    (direction[0], ":", "$t = 1$"),
    (best_angle, "-", "largest margin"),
):
    across = np.radians(angle + 90)
    line = np.outer([np.cos(across), np.sin(across)], [-3, 3])
    right.plot(*line, color="0.3", linestyle=style, linewidth=1.2, label=name)
right.set(
    xlabel="$x_1$",
    ylabel="$x_2$",
    title="both lines part the classes",
    xlim=(-4.2, 5.8),
    ylim=(-2.9, 2.9),
)
right.set_aspect("equal")
right.legend(fontsize=8, loc="lower right")
plots.show(
    fig,
    alt="Left: the length of w against log t. Without a penalty it is close to a straight line and reaches 8.8 at "
    "step 10000; with lambda 0.01 it is flat from step 300 on, at 2.73. Right: two clouds of ten points and two "
    "lines that separate them.",
)

# %%
pick = [0, 2, 4, 6, 8]
columns = {
    "length": norms[0][pick],
    "angle": direction[pick],
    "length, lambda 0.01": norms[0.01][pick],
}
plots.table({"t": times[pick], **columns})

# %% [markdown]
# **Answer.** Like $\log t$. Each factor of ten adds a little more than the one before: $1.79$, $2.36$, $2.67$. The
# limit is $\log(10)/m = 2.92$. The direction turns from $37$ to $33$ degrees, on its slow way to the $29$ of the
# largest margin. With $\lambda = 0.01$ the length settles. Without L2 the run ends when you stop it, and so *you*
# choose the size of the weights.

# %%
assert (
    margins.max() > 0 and round(np.log(10) / m, 2) == 2.92 and round(best_angle) == 29
)
assert list(np.round(np.diff(norms[0][[2, 4, 6, 8]]), 2)) == [1.79, 2.36, 2.67]
assert np.corrcoef(np.log(times[2:]), norms[0][2:])[0, 1] > 0.99
assert np.round(direction[[2, 8]]).tolist() == [37, 33]
assert np.ptp(norms[0.01][-3:]) < 1e-6 and list(tracks) == [0, 0.01]

# %% [markdown]
# ## When to stop
#
# Gradient descent has no last step. Four rules are in use:
#
# | rule | stop when | what it measures |
# |---|---|---|
# | small step | the step is shorter than `tol` | $\eta \lVert g \rVert$ |
# | small decrease | the loss changes by less than `tol` | about $\eta \lVert g \rVert^2$ |
# | small gradient | the gradient $g$ is shorter than `tol` | $\lVert g \rVert$ |
# | patience | the validation loss has set no new record for $k$ epochs | success on unseen data |
#
# The **validation loss** is the loss on a third set of rows, held out for decisions such as this one. The test set must
# not be used: a set that took a decision is no longer unseen.
#
# Here $\eta$ is the learning rate: a step is $-\eta g$, and for a small $\eta$ the slope along it gives the decrease.
# The first two rules measure the learning rate as much as the place. And the decrease is of *second* order: with
# $\eta = 1$ and a `tol` of $0.001$ it fires where the gradient is still about $0.03$, thirty times `tol`.
#
# "Stop when the loss no longer falls noticeably" is a published tutorial's rule: small decrease. Put all four to the
# test, with a `tol` of $0.001$ and $k = 20$. A healthy run comes first, then six traps. Where the loss is a mere
# function, without rows, patience watches that function.

# %%
from gdcourse.training import patience, small_decrease, small_gradient, small_step

rules = [small_step(0.001), small_decrease(0.001), small_gradient(0.001)]
rules.append(patience(20, tol=1e-9))  # rounding sets no record
check = spam(seed=1)  # a validation set of fresh mails
X_check = design(check.X, like=mails.X)
lowest = run.losses[-1]


def on_spam(lr, batch_size=None):
    return {
        "loss_and_grad": objective, "X": X, "y": y, "start": np.zeros(6), "lr": lr, "batch_size": batch_size,
        "validate": lambda params: bce_with_logits(X_check @ params[0], check.y),
        "gap": lambda w: objective([w], X, y)[0] - lowest,
    }  # fmt: skip


def on_function(f, slope, start, lr, lowest):
    return {
        "loss_and_grad": lambda params, X, y: (f(params[0]), [slope(params[0])]),
        "X": np.zeros((1, 1)), "y": np.zeros(1), "start": np.array(start), "lr": lr,
        "validate": lambda params: f(params[0]), "gap": lambda w: f(w) - lowest,
    }  # fmt: skip


# %% [markdown]
# The traps. **Plateau:** one weight, squared error of a sigmoid against the target $0.9$, from far out where the
# sigmoid is flat. **Saddle:** $x^2 - y^2 + y^4/4$ has its minima of $-1$ at $y = \pm\sqrt 2$, but at $(0, 0)$ the
# gradient vanishes too: a valley in $x$, a ridge in $y$. The run starts at $y = 10^{-8}$. **Tiny rate:** spam with a
# rate of $0.001$. **Noise:** spam in mini-batches of 20. **NaN:** $x^4$ with a rate that diverges. **Over-fitting:** 60
# training rows with 40 features, of which three matter. Its gap is the excess of the *validation* loss over its best.


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_slope(w):
    return 2 * (sigmoid(w) - 0.9) * sigmoid(w) * (1 - sigmoid(w))


rng = np.random.default_rng(0)
F = rng.normal(size=(1060, 40))
seen = (rng.uniform(size=1060) < sigmoid(1.5 * F[:, :3].sum(axis=1))).astype(int)
few = {
    "loss_and_grad": plain_or_decayed(0), "X": F[:60], "y": seen[:60],
    "validate": lambda params: bce_with_logits(F[60:] @ params[0], seen[60:]),
}  # fmt: skip
few_best = min(
    train(params=[np.zeros(40)], optimizer=GD(lr=0.3), epochs=400, **few).validation
)
few.update(start=np.zeros(40), lr=0.3, gap=lambda w: few["validate"]([w]) - few_best)


# %%
def saddle(v):
    return v[0] ** 2 - v[1] ** 2 + v[1] ** 4 / 4


def saddle_slope(v):
    return np.array([2 * v[0], v[1] ** 3 - 2 * v[1]])


traps = {
    "healthy": on_spam(lr=1.0),
    "plateau": on_function(
        lambda w: np.sum((sigmoid(w) - 0.9) ** 2),
        sigmoid_slope,
        [-6.0],
        lr=1.0,
        lowest=0,
    ),
    "saddle": on_function(saddle, saddle_slope, [1, 1e-8], lr=0.1, lowest=-1),
    "tiny rate": on_spam(lr=0.001),
    "noise": on_spam(lr=1.0, batch_size=20),
    "NaN": on_function(
        lambda w: np.sum(w**4), lambda w: 4 * w**3, [3.0], lr=1.0, lowest=0
    ),
    "over-fitting": few,
}

# %% [markdown]
# **Predict.** Before you run the next cell, fill in a table of your own: seven runs, four rules. Which rule stops
# where?


# %%
def follow(trap, stop=None):
    """Train for 400 epochs, or until ``stop`` fires. Returns the history, and how far above the best it ended."""
    settings = {
        key: value for key, value in trap.items() if key not in ("start", "lr", "gap")
    }
    w = trap["start"].copy()
    with np.errstate(over="ignore", invalid="ignore"):  # one of the runs diverges
        history = train(
            params=[w], optimizer=GD(trap["lr"]), epochs=400, stop=stop, **settings
        )
        return history, trap["gap"](w)


long = {name: follow(trap)[0] for name, trap in traps.items()}
ended = {
    name: {rule.__name__: follow(trap, rule) for rule in rules}
    for name, trap in traps.items()
}


def cell(history, gap):
    return f"{len(history)}: {gap:.5f}" if history.stopped else f"runs on: {gap:.5f}"


columns = {
    rule.__name__: [cell(*ended[name][rule.__name__]) for name in traps]
    for rule in rules
}
plots.table({"epoch: gap": traps, **columns})

# %% [markdown]
# Each cell says at which epoch the rule fired, and the gap: how far above the best the run ended, within 400 epochs.

# %%
titles = ["plateau", "saddle", "tiny rate", "noise", "NaN", "over-fitting"]
fig, axes = plots.figure(3, 2, width=9.5, height=2.6)
for ax, name in zip(axes.flat, titles, strict=True):
    series = "validation" if name == "over-fitting" else "losses"
    ax.plot(
        np.arange(1, 401),
        getattr(long[name], series),
        color="0.5",
        linestyle="-",
        linewidth=1.2,
    )
    for rule, colour, marker, size in zip(
        rules, plots.COLOURS, plots.MARKERS, (11, 8, 5, 8), strict=False
    ):
        history, _ = ended[name][rule.__name__]
        if history.stopped:
            end = len(history), getattr(history, series)[-1]
            ax.plot(*end, marker, color=colour, markersize=size, label=rule.__name__)
    ax.set(title=name, xlabel="epoch", ylabel="loss", xscale="log", xlim=(0.9, 450))
axes[1, 1].set(yscale="log", ylim=(1, 1e60))
axes[1, 2].set(ylabel="validation loss")
fig.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside lower center", ncols=4)
plots.show(
    fig,
    alt="Six loss curves with a mark where each rule stops. Plateau: small decrease stops at once, far above the "
    "bottom. Saddle: three rules stop on the flat part at 0, patience at -1. Tiny rate: small step and small decrease "
    "stop at once. Noise: small decrease stops at epoch 3. NaN: the curve leaves the picture after four epochs. "
    "Over-fitting: the validation loss turns up at epoch 14, patience stops at 34.",
)

# %% [markdown]
# **Answer.** The tutorial's rule, small decrease, fires too early in four runs, by luck in one, and too late in one.
#
# - **Healthy:** small decrease stops at epoch 24 with a gap of $0.01$. The other two go on to epoch 131 and $0.00002$.
#   At a rate of 1 the step *is* the gradient, so these two agree.
# - **Plateau:** it stops at epoch 2 with nothing learned. The gradient there is $0.0044$, more than `tol`, so small
#   gradient goes on and is right. But further out, from $w = -8$, the gradient starts at $0.0006$ and fools it too.
# - **Saddle:** three rules stop 1 above the minimum. A small gradient says **stationary**: level, no more. That is
#   all that theory promises: with a rate below $2/L$ and a loss bounded below, the gradient tends to 0 (Nesterov,
#   2004). In many dimensions saddles are thought to be the more common trap than bad minima (Dauphin and others, 2014).
#   A look at the curvature tells them apart: in the direction $y$ it is $-2$.
# - **Tiny rate:** small step stops after 1 epoch, small decrease after 2. They measured $\eta$. Small gradient did not.
# - **Noise:** the gradient of 20 mails is not 0 at the minimum for all, so two rules never fire. Small decrease fires
#   when two epochs happen to agree: at epoch 3, with a `tol` of $0.0001$ at 21, with $0.00001$ at 162. A lottery.
# - **NaN:** no rule says "converged". Patience gives up, since NaN sets no record.
# - **Over-fitting:** the training loss sees nothing. After 400 epochs the validation loss is $0.5$ above its best.
#   Patience stops at epoch 34, 20 epochs after the best one, and only $0.02$ above it.

# %%
stops = {
    name: {rule: len(h) if h.stopped else None for rule, (h, _) in row.items()}
    for name, row in ended.items()
}
gaps = {
    name: {rule: gap for rule, (_, gap) in row.items()} for name, row in ended.items()
}
assert stops["healthy"] == {
    "small step": 131,
    "small decrease": 24,
    "small gradient": 131,
    "patience": None,
}
assert (
    round(gaps["healthy"]["small decrease"], 2) == 0.01
    and round(gaps["healthy"]["small gradient"], 5) == 0.00002
)
assert (
    stops["plateau"]["small decrease"] == 2
    and stops["plateau"]["small gradient"] == 374
)
assert (
    round(long["plateau"].grad_norms[1], 4) == 0.0044
    and round(-sigmoid_slope(-8.0), 4) == 0.0006
)
assert np.isclose(sigmoid(np.log(9)), 0.9) and np.isclose(saddle([0, np.sqrt(2)]), -1)
assert all(
    round(gap, 2) == 1 for rule, gap in gaps["saddle"].items() if rule != "patience"
)
assert (stops["tiny rate"]["small step"], stops["tiny rate"]["small decrease"]) == (
    1,
    2,
)
assert (
    stops["tiny rate"]["small gradient"] is None and traps["tiny rate"]["lr"] == 0.001
)
assert list(stops["noise"].values())[:3] == [None, 3, None]
assert [
    len(follow(traps["noise"], small_decrease(tol))[0]) for tol in (0.0001, 0.00001)
] == [21, 162]
assert list(stops["NaN"].values()) == [None, None, None, 21] and np.isnan(
    gaps["NaN"]["patience"]
)
assert (
    round(gaps["over-fitting"]["small gradient"], 1) == 0.5
    and np.argmin(long["over-fitting"].validation) + 1 == 14
)
assert (
    stops["over-fitting"]["patience"] == 34
    and round(gaps["over-fitting"]["patience"], 2) == 0.02
)
slow, eta = (
    long["tiny rate"],
    0.001,
)  # step = eta |g|, and the decrease is eta |g|^2 to first order
assert np.allclose(slow.step_norms, eta * np.array(slow.grad_norms))
assert np.allclose(
    -np.diff(slow.losses), eta * np.square(slow.grad_norms[:-1]), rtol=0.01
)
assert round(np.sqrt(0.001), 2) == 0.03  # where eta = 1 and the decrease is tol

# %% [markdown]
# ### A loop that takes NaN for success
#
# With NaN both `<` and `>=` are false. So a rule must ask "is it small?", and never "is it not large?". The loop below
# asks the wrong way round.
#
# **Predict.** It minimises $x^4$ from $x = 3$ with the rate 1. When does it stop, and what does it report?


# %%
def descend_until_flat(x, lr, tol=1e-3):
    before, now, steps = np.inf, x**4, 0
    while abs(before - now) >= tol:  # goes on while the change is large
        x = x - lr * 4 * x**3
        before, now, steps = now, x**4, steps + 1
    return f"converged after {steps} steps, loss {now}"


with np.errstate(over="ignore", invalid="ignore"):
    said_so = descend_until_flat(np.float64(3), lr=1.0)
print(said_so)
assert said_so.startswith("converged") and said_so.endswith("inf")

# %% [markdown]
# **Answer.** The loss overflows to infinity, twice. Infinity minus infinity is NaN, NaN ends the loop, and it reports
# success.
#
# What to use, then:
#
# 1. Always: a limit on the epochs, a check that the loss is finite, a look at the curve.
# 2. To find a minimum with full gradients: small gradient, several times in a row. Where every curvature is at least
#    $\mu > 0$, the gap is at most $\lVert g \rVert^2 / 2\mu$. Elsewhere, look at the curvature.
# 3. To predict new data: patience on a validation set (Prechelt, 1998), and a copy of the weights at each record.
# 4. With mini-batches: average over epochs, and lower the rate before you stop. Unit 04 shows how.

# %% [markdown]
# ## Summary
#
# - Logistic regression is a linear logit with cross-entropy. Its gradient is the mean of $(p - y)\,x$, plus $\lambda w$
#   for all weights but the bias. NumPy, PyTorch and TensorFlow agree, and scikit-learn finds the same optimum.
# - With a rare class, accuracy says little. Compare the log-loss with the entropy of the base rate, the order with the
#   ROC area, the probabilities with a reliability diagram. Take the threshold from the costs.
# - Class weighting moves the bias and spoils the calibration. The order stays.
# - Separable data have no minimum without L2: the length of $w$ grows like $\log t$, its direction settles.
# - Small step and small decrease measure the rate. Small gradient finds stationary points. Patience watches unseen
#   data.
#
# ## Common mistakes
#
# - **Decaying the bias.** The penalty leaves $w_0$ alone, in the loss *and* in the gradient.
# - **$\log 0$.** At a logit of 1000 the probability rounds to 1, and $\log(1 - p)$ is infinite. Use the form from
#   logits.
# - **A second $p(1 - p)$.** The derivative in $z$ is $p - y$ already.
# - **Statistics of both sets.** Mean and standard deviation come from the training set, and the test set uses them too.
# - **Dividing by 0.** A constant column has the standard deviation 0. Set it to 0 instead.
# - **$C = 1/\lambda$.** scikit-learn sums over the samples: $C = 1/(\lambda n)$.
# - **Counting NaN as improvement**, or as a small change.
# - **Ignoring patience.** One small step, or one bad epoch, proves nothing.
# - **Comparing with the last epoch.** Patience compares with the *best* so far.
# - **A signed decrease.** A loss that rises by 5 has not converged: take the absolute value.
#
# ## References
#
# - Y. Dauphin and others (2014). Identifying and attacking the saddle
#   point problem in high-dimensional non-convex optimization. *NeurIPS*. arXiv:1406.2572.
# - C. Elkan (2001). The foundations of cost-sensitive learning. *IJCAI*, 973–978.
# - T. Fawcett (2006). An introduction to ROC analysis. doi:10.1016/j.patrec.2005.10.010.
# - Y. Nesterov (2004). *Introductory Lectures on Convex Optimization*. Springer. doi:10.1007/978-1-4419-8853-9.
# - L. Prechelt (1998). Early stopping – but when? In *Neural Networks: Tricks of the Trade*, 55–69. Springer.
#   doi:10.1007/3-540-49430-8_3.
# - D. Soudry and others (2018). The implicit bias of gradient descent on
#   separable data. *JMLR* 19(70), 1–57. arXiv:1710.10345.
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
