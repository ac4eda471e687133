# %% [markdown]
# # An alarm without examples
#
# {{about}}
#
# **After this lesson you can**
#
# - set a threshold from normal scores alone, and say how many false alarms to expect,
# - train an autoencoder on normal data, and use its error as a score,
# - measure a score by pairs, by ranks and as an area, and say why all three agree,
# - name anomalies that reconstruction does not see.
#
# **You need** the mean squared error and the [[ROC curve]] (unit 01), and networks of dense layers (unit 02).

# %% [markdown]
# ## A threshold, by hand
#
# You want an alarm for what is *not normal*, and you have examples of the normal only. A model gives each sample a **score**, large where
# the sample looks odd. An alarm needs a **threshold**: beyond it, the sample is called an [[anomaly]]. Here are the scores of ten normal samples,
# sorted:
#
# | place | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 |
# |:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
# | score | 0.2 | 0.3 | 0.4 | 0.4 | 0.5 | 0.5 | 0.6 | 0.7 | 0.9 | 1.4 |
#
# Take the smallest score such that a share $q$ of all is at or below it, the [[quantile]] $q$. With $q = 0.9$ that is the score in place 9, so the threshold is $0.9$. One of the ten
# raises an alarm.
#
# **Predict.** Which share of *new* normal samples will raise an alarm, on average over many such sets of ten: less than 10 %, 10 %, or more?

# %%
import numpy as np

rng = np.random.default_rng(0)
for name, draw in {
    "normal": rng.normal,
    "exponential": rng.exponential,
    "heavy tails": rng.standard_cauchy,
}.items():
    ten = np.sort(draw(size=(50_000, 10)), axis=1)
    new = draw(size=50_000)
    print(f"{name:12} {100 * np.mean(new > ten[:, 8]):.1f} % false alarms")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# More: 18 %, whatever the distribution. Put the new score among the ten: it is equally likely to come into each of the 11 places. In two of them it is above the ninth of the old ones:
# $2/11 = 0.18$.
#
# </details>
#
# In general the threshold in place $k$ of $n$ gives the false alarms
#
# $$1 - \frac{k}{n + 1} \tag{1}$$
#
# on average, if the new scores come from where the old ones came from. With $n = 300$ and $k = 285$, that is $q = 0.95$, it is $5.3\,\%$: with enough held-out samples the promise is
# kept. Write it: {{exercise:anomaly_threshold}}.

# %% tags=["check"]
# The quantile by hand, and equation (1) for three distributions
tens = np.array([0.2, 0.3, 0.4, 0.4, 0.5, 0.5, 0.6, 0.7, 0.9, 1.4])
assert np.quantile(tens, 0.9, method="inverted_cdf") == 0.9 == tens[9 - 1]
assert np.sum(tens > 0.9) == 1 and round(2 / 11, 2) == 0.18 and 10 + 1 == 11
rng = np.random.default_rng(1)
for draw in (rng.normal, rng.exponential, rng.standard_cauchy):
    ten = np.sort(draw(size=(100_000, 10)), axis=1)
    assert abs(np.mean(draw(size=100_000) > ten[:, 8]) - 2 / 11) < 0.008
assert round(100 * (1 - 285 / 301), 1) == 5.3 and 285 / 300 == 0.95
print("checked: 2 of 11, whatever the distribution")

# %% [markdown]
# ## A score: what the network cannot rebuild
#
# An **[[autoencoder]]** has to give out what it takes in, through a layer that is too narrow to pass it on. So it learns what the training images have in common. Train it on normal images, and
# the hope is that it rebuilds those well and others badly. The score is the mean squared error of the image.
#
# The digits again. A five is the anomaly, all others are normal: 300 to train, 300 *held out* for the threshold, about 1,000 to test. No five is used before
# the test. `parts(odd, seed)` draws the sets, `fit(X, seed)` trains 64-32-8-32-64 by Adam for 90 epochs.

# %% tags=["setup"]
# Draw the sets, train the autoencoder
from gdcourse.datasets import digits
from gdcourse.losses.numpy import mse
from gdcourse.models.numpy import autoencoder
from gdcourse.optimizers.numpy import Adam
from gdcourse.training.numpy import objective, train

data = digits()


def parts(odd, seed):
    """Return normal images to train, held out, to test, and the odd ones."""
    normal = np.random.default_rng(seed).permutation(np.flatnonzero(data.y != odd))
    groups = normal[:300], normal[300:600], normal[600:], data.y == odd
    return [data.X[rows] for rows in groups]


def fit(X, seed):
    model = autoencoder((64, 32, 8), seed=seed)
    loss, options = objective(model, mse), {"batch_size": 50, "seed": seed}
    train(loss, model.params, X, X, Adam(3e-3), epochs=90, **options)
    return model


# %%
def score(model, X):
    return np.mean((model.forward(X) - X) ** 2, axis=1)


seen, held, normal, fives = parts(odd=5, seed=0)
model = fit(seen, seed=0)
threshold = np.quantile(score(model, held), 0.95, method="inverted_cdf")
for name, X in {"new normal images": normal, "fives": fives}.items():
    print(f"{name}: {100 * np.mean(score(model, X) > threshold):.0f} % raise an alarm")

# %% tags=["draw"]
# Images, what is rebuilt, and the scores
from gdcourse import plots

fig = plots.image_grid(
    [
        *np.vstack([normal[:3], fives[:3]]).reshape(-1, 8, 8),
        *model.forward(np.vstack([normal[:3], fives[:3]])).reshape(-1, 8, 8),
    ],
    titles=[*["normal"] * 3, *["a five"] * 3, *["rebuilt"] * 6],
    columns=6,
)
plots.show(
    fig,
    alt="Above three normal digits and three fives, below what the network made of each. The normal ones are rebuilt; "
    "the fives are turned into something else or blurred.",
)
fig, ax = plots.figure(width=7.0, height=3.0)
bins = np.linspace(0, 0.12, 41)
for (name, X), hatch in zip(
    {"normal": normal, "fives": fives}.items(), ("", "//"), strict=True
):
    ax.hist(score(model, X), bins, alpha=0.6, label=name, hatch=hatch)
ax.axvline(threshold, color="black", linestyle="--", label="threshold")
ax.set(xlabel="score", ylabel="images", title="scores of images that trained nothing")
ax.legend(loc="upper right")
plots.show(
    fig,
    alt="Histograms of the scores. Most normal images lie left of the dashed threshold; the fives lie "
    "further right, about half of them beyond it.",
)

# %% [markdown]
# **Predict.** Why hold images out? What if the threshold is the quantile $0.95$ of the *training* scores: does it raise fewer or more false alarms?

# %%
tempting = np.quantile(score(model, seen), 0.95, method="inverted_cdf")
print(f"held out {threshold:.4f}, training {tempting:.4f}")
print(f"{100 * np.mean(score(model, normal) > tempting):.0f} % false alarms")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# About twice as many. The network was fitted to the training images and rebuilds them better than new ones. Their scores are too small, so the threshold is too. Equation (1) needs scores that come from where the new ones come
# from, and these do not.
#
# </details>
#
# ## How good is the score, without a threshold?
#
# Two anomalies with the scores $5$ and $2$, three normal samples with $1$, $2$ and $4$. Take each of the six pairs, one anomaly and one normal: who has the larger score?
#
# | | normal $1$ | normal $2$ | normal $4$ |
# |:--|:-:|:-:|:-:|
# | anomaly $5$ | won | won | won |
# | anomaly $2$ | won | half | lost |
#
# The share of pairs that are won, ties as half, is the **[[AUC]]**: $4.5/6 = 0.75$. A score that knows nothing has $0.5$. The name means *area under the curve*, the ROC curve: slide the threshold down, and go a step up for each
# anomaly that raises an alarm, a step right for each normal one. Under each step right lies a column as high as the share of anomalies that came before, and those are its won pairs.
#
# There is a third way. Sort all scores and number them, $1$ the smallest, equal ones with the mean of their places: $1$, $2.5$, $2.5$, $4$, $5$. An anomaly's rank counts the normal ones below it, *plus* the anomalies up to
# it. So with $m$ anomalies, $n$ normal samples and the sum $R$ of the anomalies' ranks,
#
# $$\text{AUC} = \frac{R - m(m+1)/2}{m\,n}. \tag{2}$$
#
# Here $R$ is $2.5 + 5 = 7.5$, and $m$ is the number of anomalies: $(7.5 - 3)/6 = 0.75$.


# %%
def auc(scores, y):
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    m, n = np.sum(y == 1), np.sum(y == 0)
    return (ranks[y == 1].sum() - m * (m + 1) / 2) / (m * n)


print(auc(np.array([5, 2, 1, 2, 4]), np.array([1, 1, 0, 0, 0])))
y = np.repeat([0, 1], [len(normal), len(fives)])
scores = score(model, np.vstack([normal, fives]))
print("fives:", round(auc(scores, y), 3))

# %% tags=["draw"]
# The ROC curve of the fives, and of five scores by hand
fig, axes = plots.figure(2, width=8.4, height=3.4)
examples = {
    "by hand": (np.array([5, 2, 1, 2, 4]), np.array([1, 1, 0, 0, 0])),
    "fives": (scores, y),
}
areas = {}
for ax, (name, (s, label)) in zip(axes, examples.items(), strict=True):
    levels = np.r_[np.inf, np.unique(s)[::-1]]
    right = np.array([np.mean(s[label == 0] >= level) for level in levels])
    up = np.array([np.mean(s[label == 1] >= level) for level in levels])
    areas[name] = np.trapezoid(up, right)
    ax.plot(right, up, marker="o" if name == "by hand" else "")
    ax.plot([0, 1], [0, 1], "k--", linewidth=1)
    ax.set(title=f"{name}: area {areas[name]:.2f}", xlabel="share of normal alarmed")
    ax.set_ylabel("share of anomalies")
plots.show(
    fig,
    alt="Two ROC curves above the diagonal. By hand: four straight pieces, one of them slanted "
    "where two scores are tied. Fives: a curve that rises steeply to the upper left corner.",
)

# %% [markdown]
# Ties make a slanted piece, under which lies half a cell. Write it for any scores: {{exercise:auc}}.


# %% tags=["check"]
# Thresholds, false alarms, and the AUC in three ways
def pairs(s, label):
    a, b = s[label == 1][:, None], s[label == 0][None]
    return np.mean((a > b) + 0.5 * (a == b))


for name, (s, label) in examples.items():
    assert np.isclose(auc(s, label), pairs(s, label), rtol=1e-12)
    assert np.isclose(auc(s, label), areas[name], rtol=1e-12)
assert auc(*examples["by hand"]) == 0.75 == 4.5 / 6 == (7.5 - 3) / (2 * 3)
assert 2.5 + 5 == 7.5 and 2 * 3 / 2 == 3 and (len(seen), len(held)) == (300, 300)
assert 950 < len(normal) < 1050 and model.params[0].shape == (64, 32)
assert np.mean(score(model, normal) > threshold) < 0.12 and tempting < threshold
assert (
    1.5
    < np.mean(score(model, normal) > tempting)
    / np.mean(score(model, normal) > threshold)
    < 3
)
assert np.mean(score(model, fives) > threshold) > 0.4 and auc(scores, y) > 0.9
print("checked: pairs, ranks and area agree; the threshold holds on new images")

# %% [markdown]
# ## What reconstruction misses
#
# Now let another digit be the anomaly, and train anew, three seeds each. And one more image: a **blank** one, all pixels 0. No digit looks like that.
#
# **Predict.** Which is easier to find, a five among the rest or a three? And does the blank image raise an alarm?

# %%
found, blank = {5: [], 3: []}, []
for odd, results in found.items():
    for seed in range(3):
        seen, held, normal, strange = parts(odd, seed)
        model = fit(seen, seed)
        limit = np.quantile(score(model, held), 0.95, method="inverted_cdf")
        y = np.repeat([0, 1], [len(normal), len(strange)])
        area = auc(score(model, np.vstack([normal, strange])), y)
        results.append((area, np.mean(score(model, strange) > limit)))
        blank.append(np.mean(score(model, normal) < score(model, np.zeros((1, 64)))))
    for area, share in results:
        print(f"{odd}: AUC {area:.2f}, {100 * share:.0f} % found")
print(f"normal images below the blank one: {100 * max(blank):.0f} % at most")


# %% tags=["widget", "draw"]
# A slider over the threshold of the last network
def at_quantile(q):
    limit = np.quantile(score(model, held), q, method="inverted_cdf")
    fig, ax = plots.figure(width=5.6, height=2.6)
    shares = [np.mean(score(model, X) > limit) for X in (normal, strange)]
    ax.barh(["normal", "threes"], shares, color=plots.COLOURS[:2])
    ax.set(xlim=(0, 1), xlabel="share that raises an alarm", title=f"q = {q}")
    return fig, f"Shares of alarms at the quantile {q}."


plots.slider(at_quantile, q=[0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99])

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# About half of the fives are found, and less than a fifth of the threes: a network that can draw eights and nines can nearly draw a three. And the blank image raises no alarm: its score is *smaller* than those of more
# than four fifths of the normal images. It is unlike all that was seen, and easy to rebuild.
#
# </details>
#
# The error measures how hard an image is *to rebuild*, not how rare it is. It misses what is **made of familiar parts**, and what is **simple**. So look at anomalies of the kind that you fear before you trust the alarm. What is
# simple, an extra rule can catch: a threshold on the other side as well.

# %% tags=["check"]
# Fives against threes, and the blank image
assert max(blank) < 0.2
assert 0.4 < np.mean([share for _, share in found[5]]) < 0.6
for five, three in zip(found[5], found[3], strict=True):
    assert five[0] > three[0] and five[1] > three[1] and three[1] < 0.2
assert all(area > 0.5 for area, _ in found[3])
print("checked: half of the fives, few threes, and no alarm for a blank image")

# %% [markdown]
# ## In three frameworks
#
# From one seed, the library starts all three autoencoders with the same weights. So their scores are the same, before any training:

# %%
images = data.X[:3]
scores_n = score(autoencoder((64, 32, 8), seed=1), images)
print("NumPy:     ", scores_n)

# %% tags=["torch"]
import torch

from gdcourse.models import torch as models_torch

X_t = torch.tensor(images)
out_t = models_torch.autoencoder((64, 32, 8), seed=1).forward(X_t)
scores_t = ((out_t - X_t) ** 2).mean(dim=1).detach().numpy()
print("PyTorch:   ", scores_t)

# %% tags=["tensorflow"]
import tensorflow as tf

from gdcourse.models import tensorflow as models_tf

out_k = models_tf.autoencoder((64, 32, 8), seed=1).forward(tf.constant(images))
scores_k = tf.reduce_mean((out_k - images) ** 2, axis=1).numpy()
print("TensorFlow:", scores_k)

# %% tags=["check", "torch", "tensorflow"]
# The same scores in all three
assert np.allclose(scores_n, scores_t, rtol=1e-12)
assert np.allclose(scores_n, scores_k, rtol=1e-12)
print("checked: three frameworks, the same scores to 1e-12")

# %% [markdown]
# ## Summary
#
# - A threshold in place $k$ of $n$ *held-out* normal scores raises $1 - k/(n+1)$ false alarms on average, whatever the distribution.
# - The AUC is the share of pairs (anomaly, normal) in the right order: by pairs, by ranks, or as the area under the ROC curve.
# - An autoencoder's error finds what it cannot rebuild. It misses what is simple, and what is made of parts that it knows.
#
# ## Common mistakes
#
# - **A threshold from training scores.** It raises more alarms than promised.
# - **A threshold chosen on the test's anomalies.** Then the result is what you chose it to be.
# - **"Gradient descent detects anomalies"**, a published tutorial says. Descent trains the score; the threshold, the split and the test are yours.
# - **Accuracy.** With one anomaly in a thousand, *no alarm at all* is right in 99.9 %.
#
# ## Quick questions
#
# 1. The threshold is the largest of 99 held-out scores. What share of new normal samples raises an alarm, on average?
#
#    <details><summary><b>Answer</b></summary>
#
#    $1 - 99/100 = 1\,\%$.
#
#    </details>
# 2. All scores are equal. What is the AUC?
#
#    <details><summary><b>Answer</b></summary>
#
#    Each pair is a tie: $0.5$.
#
#    </details>
# 3. You take the logarithm of all scores. How does the AUC change, and how does the share of alarms at the quantile $0.95$?
#
#    <details><summary><b>Answer</b></summary>
#
#    Neither changes: both depend on the order alone.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that (2) is the share of won pairs when no two scores are equal.
#
# <details><summary><b>Outline</b></summary>
#
# The rank of the anomaly that is the $j$-th smallest of the $m$ is $j$ plus the number of normal samples below it. Summed over $j$: $R = m(m+1)/2$ plus all won pairs.
#
# </details>

# %% [markdown]
# **Try.** Change the code's width from 8 to 2 and to 32. Which is best for the fives? For which images does a wide code make the score worse?
#
# <details><summary><b>Outline</b></summary>
#
# A wide code rebuilds everything better, odd images too. A narrow one rebuilds even the normal ones badly. What is best depends on the anomaly.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert round(1 - 99 / 100, 2) == 0.01 and round(100 * (1 - 1 / 1000), 1) == 99.9
assert auc(np.ones(5), np.array([1, 1, 0, 0, 0])) == 0.5
assert np.isclose(
    auc(np.log(scores), np.repeat([0, 1], [len(scores) - 182, 182])), areas["fives"]
)
print("checked: one in a hundred, ties, and what depends on the order alone")

# %% [markdown]
# ## References
#
# - J. A. Hanley, B. J. McNeil (1982). The meaning and use of the area under a receiver operating characteristic (ROC) curve.
#   *Radiology* 143, 29–36. doi:10.1148/radiology.143.1.7063747
# - V. Vovk, A. Gammerman, G. Shafer (2005). *Algorithmic Learning in a Random World*. Springer.
# - L. Ruff and others (2021). A unifying review of deep and shallow anomaly detection. *Proceedings of the IEEE* 109, 756–795. arXiv:2009.11732
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
