# %% [markdown]
# # Stopping early
#
# {{about}}
#
# **After this lesson you can**
#
# - read a training curve and a validation curve side by side,
# - stop by patience, by hand and in code, and keep the best parameters,
# - say which directions descent learns first, with one factor for each,
# - say why the last ones do harm where there is noise,
# - name the L2 penalty that does about the same.
#
# **You need** lesson 3 (curvature, one factor per direction), L2 from lesson 7, mean and variance. Where it says
# "direction": an eigenvector of $H = \frac1n X^\top X$, with the eigenvalue $\lambda$ as its curvature.

# %% [markdown]
# ## A run that learns too much
#
# 60 samples, 40 features. Some features vary much, with a standard deviation of $1$, and some hardly, with $0.03$.
# The targets are linear in them, plus noise with the deviation $1$: invented data, and the model that is fitted is
# the right one. Even so, on average over new samples no prediction can have a mean squared error below $1$, the
# noise.
#
# Besides the training set, `X` and `y`, there is a [[validation set]] of 200 other samples, `X_val` and `y_val`: no
# gradient sees it, only you do.

# %% tags=["setup"]
# Draw training, validation and test samples
import numpy as np

deviations = np.sqrt(np.logspace(0, -3, 40))


def draw_data(seed, noise=1.0):
    """Return (X, y) for training, validation and test: 60, 200 and 2000 samples."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 0.5, 40)
    sets = []
    for n in (60, 200, 2000):
        X = rng.normal(size=(n, 40)) * deviations
        sets.append((X, X @ true + rng.normal(0, noise, n)))
    return sets


(X, y), (X_val, y_val), (X_test, y_test) = draw_data(seed=2)

# %%
w, training, validation = np.zeros(40), [], []
for step in range(3000):
    training.append(np.mean((X @ w - y) ** 2))
    validation.append(np.mean((X_val @ w - y_val) ** 2))
    w = w - 0.3 * X.T @ (X @ w - y) / 60

best = int(np.argmin(validation))
print(f"training:   start {training[0]:.2f}, end {training[-1]:.2f}")
print(f"validation: start {validation[0]:.2f}, end {validation[-1]:.2f}")

# %% [markdown]
# **Predict.** Both [[learning curves|learning curve]] begin high. The training error falls at each step. What does
# the validation error do in between?

# %% tags=["draw"]
# Training and validation error along the run
from gdcourse import plots

fig, ax = plots.figure(width=6.5, height=3.4)
at_steps = np.arange(1, 3001)
ax.plot(at_steps, training, label="training")
ax.plot(at_steps, validation, label="validation")
ax.plot(best + 1, validation[best], "o", color="black", label=f"best: step {best}")
ax.axhline(1, color="0.5", linestyle=":", label="the noise")
ax.set(
    xlabel="step (log scale)", ylabel="mean squared error", xscale="log", ylim=(0, 4)
)
ax.set_title("sixty samples, forty features")
ax.legend(loc="upper right", ncols=2)
plots.show(
    fig,
    alt="The training error falls all the way, below the noise line at 1. The validation error "
    "falls to its lowest point within the first hundred steps and then rises again.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It falls, reaches its lowest value early, and rises for the rest of the run. From there on the model learns more
# noise than rule from its 60 samples: the training error goes far below $1$, the size of the noise. That is
# [[overfitting]].
#
# </details>

# %% [markdown]
# ## Patience
#
# You do not know beforehand where the lowest point will be, and the curve may wobble. [[Patience]] counts the
# [[epochs|epoch]], the passes over the training set, since the last record. (Here each step uses all 60 samples, so
# an epoch is one step.) When they reach a number that you choose, it stops, and you go back to the parameters of the
# record (Prechelt, 1998).
#
# **Predict.** The validation errors are $5, 4, 3, 3.5, 2.9, 3.1, 3.0, 3.3, 2.8$. After which one does patience $2$
# stop? And patience $3$? Which parameters does each hand back?


# %%
def stop_by_patience(errors, patience):
    best = 0
    for t in range(len(errors)):
        if errors[t] < errors[best]:
            best = t
        if t - best == patience:
            return t, best
    return len(errors) - 1, best


# %%
wobbling = [5, 4, 3, 3.5, 2.9, 3.1, 3.0, 3.3, 2.8]
for patience in (1, 2, 3):
    stopped, record = stop_by_patience(wobbling, patience)
    print(f"patience {patience}: after {wobbling[stopped]}", end=", ")
    print(f"hands back the parameters of {wobbling[record]}")

stopped, record = stop_by_patience(validation, 50)
print(f"our run, patience 50: stops at step {stopped}, hands back step {record}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Patience $2$ sees the record $2.9$, then $3.1$ and $3.0$, and stops after the $3.0$. Patience $3$ goes one further,
# to $3.3$. Both hand back the parameters of the $2.9$, and miss the $2.8$ that would have come. Patience $1$ gives up
# at the first wobble, $3.5$.
#
# </details>

# %% [markdown]
# A NaN later on is no record, so patience also ends a run that has broken; a NaN at the very first needs a rule of
# its own: {{exercise:should_stop}}. And the validation set has now taken a decision. To say how good the model is,
# you need a third set, the [[test set]].
#
# ## Which directions are learned first
#
# Why should stopping help at all? Look at one direction with the curvature $\lambda$. Lesson 3 gave the factor by
# which a step multiplies the distance to the best weight $w^*$. From $w = 0$ that distance is $w^*$, so after $t$
# steps
#
# $$w_t = \text{share} \cdot w^*, \qquad \text{share} = 1 - (1 - \eta\lambda)^t. \tag{1}$$
#
# **Predict.** Let $\eta = 0.5$ and $t = 10$. Which share of the way has each of the curvatures $1$, $0.1$ and $0.01$
# covered? Guess, then compute one.

# %%
for t in (10, 100, 1000):
    share = 1 - (1 - 0.5 * np.array([1, 0.1, 0.01])) ** t
    print(f"t = {t:4}: shares {np.round(share, 3)}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $1 - 0.5^{10} = 0.999$, then $1 - 0.95^{10} = 0.401$, and $1 - 0.995^{10} = 0.049$. Steep directions are learned at
# once, flat ones have hardly begun. After 1000 steps all have arrived, or nearly.
#
# </details>

# %% [markdown]
# ## Why the last directions do harm
#
# Why does the validation error *rise*? Steep and flat have a meaning in the data. The curvature $\lambda$ is the mean
# square of the samples along that direction: where it is small, the samples hardly differ, and they tell little. Take
# one feature, with $y_i = w_{\text{true}} x_i + \xi_i$. The best weight for the training data is
#
# $$w^* = \frac{\sum_i x_i y_i}{\sum_i x_i^2} = w_{\text{true}} + \frac{\sum_i x_i \xi_i}{\sum_i x_i^2}. \tag{2}$$
#
# The last term is noise. With $\sum_i x_i^2 = n\lambda$ and noise of variance $\sigma^2$ it has the variance
# $\sigma^2/(n\lambda)$: large where it is flat.
#
# But you judge predictions, not weights. An error $e$ of the weight makes an error $e x$ of a prediction, and on new
# samples the mean of $x^2$ is again about $\lambda$. So multiply the squared errors of weights by $\lambda$. With $n
# = 60$, $\sigma = 1$ and a true weight of $0.5$:
#
# | curvature $\lambda$ | weight at $0$: adds $\lambda\, w_{\text{true}}^2$ | weight at $w^*$: adds $\lambda\, \sigma^2/(n\lambda) = \sigma^2/n$ |
# | ---: | ---: | ---: |
# | $1$ | $0.25$ | $0.017$ |
# | $0.01$ | $0.0025$ | $0.017$ |
#
# **Predict.** You may set each of the two weights to $w^*$ or leave it at $0$. Which do you choose for each?
#
# <details><summary><b>Answer</b></summary>
#
# Steep: take $w^*$, which costs $0.017$ where $0$ costs $0.25$. Flat: leave it at $0$, which costs $0.0025$ where
# $w^*$ costs $0.017$. [[Early stopping|early stopping]] does just that, and in between it takes a part. Every
# direction that is learned to the end costs the same, $\sigma^2/n$; what it brings is less and less. That is why the
# validation error turns.
#
# </details>

# %% [markdown]
# With a share between $0$ and $1$, a direction adds two parts to the error of predictions: what is not yet learned,
# and the noise that is:
#
# $$\lambda\,(1 - \text{share})^2\, w_{\text{true}}^2 + \text{share}^2\, \frac{\sigma^2}{n}. \tag{3}$$
#
# The first falls with each step, the second rises. Where the fall of the first no longer pays for the rise of the
# second, added over all directions, is the time to stop.
#
# ## The same as a penalty
#
# L2 with the strength $\alpha$ also leaves a share of $w^*$ in each direction. Set the gradient along it,
# $\lambda (w - w^*) + \alpha w$, to zero:
#
# $$\text{share} = \frac{\lambda}{\lambda + \alpha}. \tag{4}$$
#
# For a small $\eta\lambda t$ the share (1) is about $\eta\lambda t$, and for a large $\alpha$ the share (4) is about
# $\lambda/\alpha$. They agree if $\alpha = 1/(\eta t)$: **to stop after $t$ steps is much like an L2 penalty of
# $1/(\eta t)$**.

# %% tags=["draw"]
# The two shares against the curvature
curvatures = np.logspace(-3.2, 0, 200)


def shares(t):
    fig, ax = plots.figure(width=6.5, height=3.3)
    ax.plot(
        curvatures, 1 - (1 - 0.5 * curvatures) ** t, label=f"stopped after {t} steps"
    )
    alpha = 1 / (0.5 * t)
    label = rf"L2 with $\alpha$ = {alpha:.3g}"
    ax.plot(curvatures, curvatures / (curvatures + alpha), label=label)
    ax.set(xlabel=r"curvature $\lambda$ (log scale)", xscale="log", ylim=(-0.03, 1.03))
    ax.set(ylabel="share of $w^*$", title="steep directions first, flat ones later")
    ax.legend(loc="upper left")
    return fig


plots.show(
    shares(30),
    alt="Two curves that rise with the curvature. Both are near 0 for flat directions and above "
    "0.9 for the steepest. Stopping after 30 steps rises more sharply than L2 with 0.0667.",
)

# %% [markdown]
# Move the number of steps, and watch the curves walk to the left: one flat direction after the other is let in.


# %% tags=["widget", "draw"]
# A slider over the number of steps
def at(steps):
    return shares(
        steps
    ), f"The share of each direction after {steps} steps, and with L2."


plots.slider(at, steps=[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 3000])

# %% [markdown]
# Does it hold in practice? Ten data sets of the kind above. The step at which to stop and the strength of L2 are both
# chosen on the validation set, from equally many candidates, and judged on 2000 test samples (`compare`, folded).

# %% tags=["setup"]
# Three ways to fit, on one data set
candidates = 60
steps_tried = np.unique(np.round(np.logspace(0, 4, candidates + 15)).astype(int))[
    -candidates:
]
strengths = 1 / (0.3 * steps_tried)


def error(w, data):
    return np.mean((data[0] @ w - data[1]) ** 2)


def compare(seed, noise=1.0):
    """Return test errors (all the way, stopped early, best L2), and the two choices."""
    (X, y), val, test = draw_data(seed, noise)
    H, pull = X.T @ X / 60, X.T @ y / 60
    curvature, directions = np.linalg.eigh(H)
    goal = directions.T @ pull / curvature
    stopped = [
        directions @ ((1 - (1 - 0.3 * curvature) ** t) * goal) for t in steps_tried
    ]
    ridge = [directions @ (curvature / (curvature + a) * goal) for a in strengths]
    t = np.argmin([error(w, val) for w in stopped])
    a = np.argmin([error(w, val) for w in ridge])
    errors = (
        error(directions @ goal, test),
        error(stopped[t], test),
        error(ridge[a], test),
    )
    return errors, (steps_tried[t], strengths[a])


# %%
results = [compare(seed) for seed in range(10)]
errors = np.array([found for found, _ in results])
for name, column in zip(("all the way", "stopped early", "L2"), errors.T, strict=True):
    low, high = column.min(), column.max()
    print(f"{name:13} median {np.median(column):.2f}, from {low:.2f} to {high:.2f}")

# %% [markdown]
# Here stopping takes away half of the error, and it is about as good as L2. But it is no magic. With little noise, or
# many samples for each direction, there is little to gain, and a run that stops early may miss what it had not
# learned yet.

# %% tags=["check"]
# Curves, patience, shares, noise and the comparison
assert np.all(np.diff(training) < 0) and training[-1] < 1 < min(validation)
assert 5 < best < 100 and validation[-1] > 1.5 * validation[best] and deviations[0] == 1
assert round(deviations[-1], 2) == 0.03 and len(y) == 60 and len(y_test) == 2000
assert wobbling[5] == 3.1
assert stop_by_patience(wobbling, 2) == (6, 4) and wobbling[6] == 3.0
assert (
    stop_by_patience(wobbling, 3) == (7, 4)
    and wobbling[7] == 3.3
    and wobbling[4] == 2.9
)
assert (
    stop_by_patience(wobbling, 1) == (3, 2)
    and wobbling[3] == 3.5
    and min(wobbling) == 2.8
)
share = 1 - (1 - 0.5 * np.array([1, 0.1, 0.01])) ** 10
assert np.round(share, 3).tolist() == [0.999, 0.401, 0.049]
assert 1 - 0.5 * 0.1 == 0.95 and 1 - 0.5 * 0.01 == 0.995
assert 1 - (1 - 0.5) ** 30 > 0.9 and 1 / (1 + 1 / (0.5 * 30)) > 0.9
assert min(1 - (1 - 0.5 * np.array([1, 0.1, 0.01])) ** 1000) > 0.99
rng = np.random.default_rng(0)
assert round(1 / 60, 3) == 0.017 and 0.5**2 == 0.25 and np.isclose(0.01 * 0.25, 0.0025)
for lam in (1, 0.01):  # what a weight adds to the error of predictions, at 0 and at w*
    feature = rng.normal(size=(4000, 60)) * lam**0.5
    goals = 0.5 + np.sum(feature * rng.normal(size=(4000, 60)), 1) / np.sum(
        feature**2, 1
    )
    assert np.isclose(lam * np.mean((goals - 0.5) ** 2), 1 / 60, rtol=0.15)
column = rng.normal(size=60)
column *= np.sqrt(0.01 / np.mean(column**2))
noisy = rng.normal(size=(20_000, 60)) @ column / np.sum(column**2)  # equation (2)
assert np.isclose(noisy.var(), 1 / (60 * 0.01), rtol=0.05)
w = np.zeros(40)
for _ in range(30):
    w = w - 0.3 * X.T @ (X @ w - y) / 60
curvature, directions = np.linalg.eigh(X.T @ X / 60)
goal = directions.T @ (X.T @ y / 60) / curvature
assert np.allclose(
    directions.T @ w, (1 - (1 - 0.3 * curvature) ** 30) * goal
)  # equation (1)
ridge = np.linalg.solve(X.T @ X / 60 + 0.1 * np.eye(40), X.T @ y / 60)
assert np.allclose(
    directions.T @ ridge, curvature / (curvature + 0.1) * goal
)  # equation (4)
whole, early, l2 = np.median(errors, axis=0)
assert (
    early < 0.5 * whole
    and abs(early - l2) < 0.05
    and round(1 / (0.5 * 30), 4) == 0.0667
)
assert all(steps_tried[0] < t < steps_tried[-1] for _, (t, _) in results)
assert all(strengths[-1] < a < strengths[0] for _, (_, a) in results)
gains = [np.divide(*compare(seed, noise=0.05)[0][:2]) for seed in range(10)]
assert np.median(gains) < 1.3  # with little noise there is little to gain
print(
    "checked: shares by both formulas, and stopping is as good as L2 on ten data sets"
)

# %% [markdown]
# ## In three frameworks
#
# Keras has patience as a callback. PyTorch has none, so write the eight lines above. (Its `ReduceLROnPlateau` counts
# alike, to lower the rate; it acts one epoch later and has a threshold of its own, set to $0$ here.)

# %%
print("NumPy: stops after index", stop_by_patience(wobbling, 2)[0])

# %% tags=["torch"]
import torch

weight = torch.zeros(1, requires_grad=True)
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
    torch.optim.SGD([weight], lr=1.0), patience=2, threshold=0
)
for t, error_t in enumerate(wobbling):
    plateau.step(error_t)
    if plateau.num_bad_epochs == 2:
        print("PyTorch: two without a record at index", t)
        break

# %% tags=["tensorflow"]
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Input((1,)), tf.keras.layers.Dense(1)])
stopper = tf.keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
stopper.set_model(model)
model.stop_training = False  # as fit does at its start
stopper.on_train_begin()
for index, value in enumerate(wobbling):
    stopper.on_epoch_end(index, {"val_loss": value})
    if model.stop_training:
        break
print("Keras: stops after index", index, "and hands back index", stopper.best_epoch)

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert stop_by_patience(wobbling, 2) == (index, stopper.best_epoch) == (t, 4)
print("checked: the same stop in all three")

# %% [markdown]
# ## Summary
#
# - Training error falls, validation error turns. Patience stops after a while without a record, and hands the record
#   back.
# - After $t$ steps a direction has covered the share $1 - (1 - \eta\lambda)^t$: steep ones first.
# - Flat directions are those about which the data say little: there $w^*$ is mostly noise, and stopping leaves it out.
# - Stopping after $t$ steps is much like L2 with $\alpha = 1/(\eta t)$.
#
# ## Common mistakes
#
# - **Comparing with the last epoch.** Patience compares with the *best* so far.
# - **Handing back the last parameters.** Keep a copy of the best.
# - **Reporting the validation error of the best step.** It was chosen to be low: report the test error.
# - **Counting NaN as a record.**
#
# ## Quick questions
#
# 1. You double the learning rate. By (1), at about which step do you now stop?
#
#    <details><summary><b>Answer</b></summary>
#
#    For small $\eta\lambda$ only the product $\eta t$ counts, so after half as many.
#
#    </details>
# 2. You get ten times as many samples. Does the best time to stop come earlier or later?
#
#    <details><summary><b>Answer</b></summary>
#
#    Later. The cost $\sigma^2/n$ of a direction is a tenth, so flatter ones are worth learning.
#
#    </details>
# 3. All features are standardised and independent of each other, with many samples for each. Does stopping still
#    order the directions?
#
#    <details><summary><b>Answer</b></summary>
#
#    Hardly: all curvatures are then near $1$, and all weights are shrunk by about the same share.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Which share makes (3) smallest? Check that it is near $1$ for the steep direction of the table and small
# for the flat one.
#
# <details><summary><b>Outline</b></summary>
#
# Set the derivative for the share to zero: the best share is $w_{\text{true}}^2 / (w_{\text{true}}^2 +
# \sigma^2/(n\lambda))$. That is $0.25/0.267 = 0.94$ and $0.25/1.92 = 0.13$. Divide by $w_{\text{true}}^2$ and you see
# (4), with $\alpha = \sigma^2/(n w_{\text{true}}^2)$: if all true weights were that large, L2 would be exactly right.
#
# </details>
#
# **Try.** Set the noise to $0.05$ in `draw_data`, then to $3$. When is the best step, and what is gained against the
# run to the end?
#
# <details><summary><b>Outline</b></summary>
#
# With little noise the best step comes after thousands of steps and gains little. With much noise it comes after a
# few, and nearly everything that was learned later was noise.
#
# </details>

# %% tags=["check"]
# The best shares, and when to stop with little and with much noise
best_shares = [0.25 / (0.25 + 1 / (60 * curvature)) for curvature in (1, 0.01)]
assert np.round(best_shares, 2).tolist() == [0.94, 0.13]
assert round(0.25 + 1 / 60, 3) == 0.267 and round(0.25 + 1 / 0.6, 2) == 1.92
times = {noise: [compare(s, noise)[1][0] for s in range(10)] for noise in (0.05, 3.0)}
assert np.median(times[0.05]) > 1000 and np.median(times[3.0]) < 20
print("checked: with more noise the best time to stop comes earlier")

# %% [markdown]
# ## References
#
# - L. Prechelt (1998). Early stopping – but when? In *Neural Networks: Tricks of the Trade*, 55–69. Springer.
#   doi:10.1007/3-540-49430-8_3
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep Learning*. MIT Press. Section 7.8 compares stopping with L2.
# - Y. Yao, L. Rosasco, A. Caponnetto (2007). On early stopping in gradient descent learning. *Constructive
#   Approximation* 26, 289–315. doi:10.1007/s00365-006-0663-2
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
