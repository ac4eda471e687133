# %% [markdown]
# # One loss, three scales
#
# {{about}}
#
# **After this lesson you can**
#
# - tell the sum, the mean and the half-mean of squared errors apart, and give their gradients,
# - change from one to another without changing a run,
# - say which of them breaks when you collect more data,
# - find a text and its code at odds, by a difference quotient,
# - find two faults that give a wrong loss without any message.
#
# **You need** the lesson before this one: its five flats, its line A, and the gradient "error times input".

# %% [markdown]
# ## Three numbers for one line
#
# Line A of the last lesson, $\hat y = x + 1$, has the errors $0, 0, 0, 0, -5$. Three numbers are in use for them, and
# books and libraries call each of them "the squared error":
#
# | name | loss | on line A |
# | :--- | :--- | ---: |
# | sum | $\sum_i e_i^2$ | $25$ |
# | mean | $\frac1n \sum_i e_i^2$ | $5$ |
# | half-mean, $J$ | $\frac{1}{2n} \sum_i e_i^2$ | $2.5$ |
#
# **Predict.** On line A the half-mean has the gradient $(-1, -5)$ for bias and weight. Which gradients do the others
# have?

# %%
import numpy as np

x = np.array([1.0, 2, 3, 4, 5])
y = np.array([2.0, 3, 4, 5, 11])
X = np.column_stack([np.ones(5), x])
factors = {"sum": 10, "mean": 2, "half-mean": 1}


def gradient(theta):  # of the half-mean
    return X.T @ (X @ theta - y) / 5


line_A = np.array([1.0, 1.0])  # bias, weight
for name, factor in factors.items():
    print(f"{name:10}", factor * gradient(line_A))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The mean is twice the half-mean for every line, so its slopes are twice as steep: $(-2, -10)$. The sum is $2n = 10$
# times the half-mean: $(-10, -50)$.
#
# </details>

# %% [markdown]
# A positive factor turns no gradient, and it makes none zero that was not. So all three have the same best line, and at
# each point they agree on the direction. They differ in one thing, the length of a step:
#
# $$\text{step} = -\,\eta \cdot \text{factor} \cdot \nabla J. \tag{1}$$
#
# ## One rate, three runs
#
# **Predict.** Take one step from line A with the rate $0.1$ on each of the three. Which line does each arrive at? Which
# of the three have a lower $J$ than line A?


# %%
def descend(rate, factor, steps):
    theta, path = line_A, [line_A]
    for _ in range(steps):
        theta = theta - rate * factor * gradient(theta)
        path.append(theta)
    return np.array(path)


def half_mean(theta):
    return np.mean((X @ theta - y) ** 2) / 2


for name, factor in factors.items():
    b, w = descend(0.1, factor, 1)[-1]
    print(f"{name:10} bias {b:.1f}, weight {w:.1f}, J = {half_mean([b, w]):.2f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The half-mean goes from $(1, 1)$ to $(1.1, 1.5)$, and $J$ falls from $2.5$ to $1.43$. The mean goes twice as far, to
# $(1.2, 2)$. The weight is right, but with this bias the line lies too high: $J$ has risen to $3.42$. The sum goes ten
# times as far, to $(2, 6)$, and $J$ is $129.5$.
#
# </details>

# %% [markdown]
# The learning rate alone says nothing. Rate times factor decides, and you can undo the factor: divide the rate by it.
# Then each step is the same arrow as before, so the whole run is the same run.

# %%
same_rate = {name: descend(0.1, f, 12) for name, f in factors.items()}
rescaled = {name: descend(0.1 / f, f, 12) for name, f in factors.items()}
for name in factors:
    print(f"{name:10} rate {0.1 / factors[name]:.2f}, end {rescaled[name][-1]}")

# %% tags=["draw"]
# J along the three runs, with one rate and with three
from gdcourse import plots

fig, axes = plots.figure(2, width=8.5, height=3.4)
titles = ["one rate, 0.1", "rates 0.01, 0.05 and 0.1"]
for ax, runs, title in zip(axes, (same_rate, rescaled), titles, strict=True):
    for (name, run), marker, size in zip(runs.items(), "os^", (12, 8, 4), strict=True):
        heights = [half_mean(theta) for theta in run]
        ax.plot(heights, marker=marker, markersize=size, fillstyle="none", label=name)
    ax.set(xlabel="step", ylabel="half-mean, $J$", title=title)
    ax.legend(loc="upper right")
axes[0].set(yscale="log", ylim=(0.5, 1e5))
plots.show(
    fig,
    alt="The half-mean along 12 steps. Left, one rate: the half-mean's run falls to about "
    "1.3, the mean's rises from step to step, the sum's leaves the picture. Right, with "
    "rescaled rates: the marks of all three runs lie on one falling curve.",
)

# %% tags=["check"]
# Gradients, first steps and equal runs
from gdcourse.gradients import central_difference

losses = {
    "sum": lambda theta: np.sum((X @ theta - y) ** 2),
    "mean": lambda theta: np.mean((X @ theta - y) ** 2),
    "half-mean": half_mean,
}
for name, loss in losses.items():
    assert np.allclose(
        factors[name] * gradient(line_A), central_difference(loss, line_A), atol=1e-6
    )
assert [loss(line_A) for loss in losses.values()] == [25, 5, 2.5]
ends = {"half-mean": (1.1, 1.5, 1.43), "mean": (1.2, 2, 3.42), "sum": (2, 6, 129.5)}
for name, (b, w, J) in ends.items():
    assert np.allclose(same_rate[name][1], (b, w))
    assert round(half_mean(same_rate[name][1]), 2) == J
    assert np.allclose(rescaled[name], same_rate["half-mean"], rtol=0, atol=1e-12)
heights = {n: np.array([half_mean(t) for t in run]) for n, run in same_rate.items()}
assert round(heights["half-mean"][-1], 1) == 1.3 and heights["sum"][4] > 1e5
assert np.all(np.diff(heights["half-mean"]) < 0) and np.all(
    np.diff(heights["mean"]) > 0
)
assert [0.1 / f for f in factors.values()] == [0.01, 0.05, 0.1]
print("checked: three gradients, three first steps, and one run with rescaled rates")

# %% [markdown]
# ## More data, and a run breaks
#
# With the sum, the rate $0.012$ works on the five flats. Now you find five more, just like the first.
#
# **Predict.** You descend on all ten with the rate that worked. What happens with the sum? What would happen with the
# mean?

# %%
X_10, y_10 = np.vstack([X, X]), np.concatenate([y, y])
rates = {"sum": 0.012, "mean": 0.06}  # both work on the five flats

for name, divisor in {"sum": 1, "mean": 10}.items():
    theta = line_A
    for _ in range(100):
        e = X_10 @ theta - y_10
        theta = theta - rates[name] * (2 / divisor) * X_10.T @ e
    print(f"{name:5} J after 100 steps: {half_mean(theta):.3g}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Ten flats add up to twice the sum, so the sum's gradient is twice as long, and the run diverges. The mean, its
# gradient and its run are what they were. That is why the mean is the usual choice: a rate that works goes on working
# when more of the same kind of data come.
#
# </details>

# %% [markdown]
# ## When a text and its code disagree
#
# In one tutorial the text defines half the mean, with the gradient $\frac1n X^\top e$. Its code says
#
# ```python
# loss = np.mean((y_hat - y) ** 2)
# grad = (2 / n) * X.T @ (y_hat - y)
# ```
#
# Each pair is right by itself, and at a small rate both fall. But a rate of $0.1$ from the text acts like $0.2$ in the
# code, and you have seen what that does. The **effective rate** is rate times factor. To find such a fault, compare the
# code's gradient with a difference quotient of the loss *of the text*:

# %%
h = 1e-5
nudge = np.array([0, h])
quotient = (half_mean(line_A + nudge) - half_mean(line_A - nudge)) / (2 * h)
code = (2 / 5) * X.T @ (X @ line_A - y)
print(f"slope of the text's loss in w: {quotient:.4f}, the code's: {code[1]:.4f}")

# %% tags=["check"]
# More data, and the factor 2
for rows in (X, X_10):
    curvature = np.linalg.eigvalsh(2 * rows.T @ rows)[-1]  # of the sum
    assert (0.012 < 2 / curvature) == (len(rows) == 5)
assert 0.06 < 2 / np.linalg.eigvalsh(2 * X_10.T @ X_10 / 10)[-1]
assert np.isclose(
    np.linalg.eigvalsh(2 * X_10.T @ X_10 / 10)[-1],
    np.linalg.eigvalsh(2 * X.T @ X / 5)[-1],
)
assert round(quotient, 4) == -5 and np.allclose(code, 2 * gradient(line_A))
assert np.allclose(descend(0.1, 2, 9), descend(0.2, 1, 9))
print(
    "checked: the sum breaks on more data, and the code's rate acts as twice the text's"
)

# %% [markdown]
# ## Two silent traps
#
# A model often returns its predictions as a column, of shape $(n, 1)$, while the targets have the shape $(n,)$.
#
# **Predict.** Both predictions below are perfect. Which loss does the code print?

# %%
y_hat = np.array([[1.0], [3.0]])  # a column
targets = np.array([1.0, 3.0])
difference = y_hat - targets
print(difference)
print("mean of the squares:", np.mean(difference**2))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It prints $2$. NumPy stretches the column and the row to a 2 by 2 table, in which each prediction meets *each* target.
# Two of the four meetings are off by $2$. PyTorch and TensorFlow stretch in the same way.
#
# </details>

# %% [markdown]
# What does descent learn from such a table? A prediction $\hat y_i$ meets all targets. Write $\bar y$ for their mean:
#
# $$\frac1n \sum_j (\hat y_i - y_j)^2 = (\hat y_i - \bar y)^2 + \frac1n \sum_j (y_j - \bar y)^2. \tag{2}$$
#
# The last term cannot be changed. So the best that every prediction can do is to be the mean. On the five flats, whose
# mean rent is $5$:

# %%
theta, seen = line_A, []
for _ in range(1000):
    table = (X @ theta)[:, None] - y
    seen.append(np.mean(table**2) / 2)
    theta = theta - 0.1 * X.T @ table.mean(axis=1) / 5
print("bias and weight:", np.round(theta, 3), " loss at the end:", round(seen[-1], 3))

# %% tags=["draw"]
# What you see, and what was learned
fig, (left, right) = plots.figure(2, width=8.5)
left.plot(seen[:200])
left.set(xlabel="step", ylabel="loss that you see", title="it falls, and it settles")
left.set_ylim(4.5, 7)
right.plot(x, y, "o", color=plots.COLOURS[6])
right.plot(x, 2 * x - 1, label="right loss", color=plots.COLOURS[0], linestyle="-")
right.plot(
    x, X @ theta, label="stretched table", color=plots.COLOURS[1], linestyle="--"
)
right.set(xlabel="rooms", ylabel="rent", title="what is learned")
right.legend()
plots.show(
    fig,
    alt="Left: the loss from the stretched table falls from 6.5 and settles at 5. Right: the "
    "flats with two lines; the right loss gives line B, the table a level line at 5.",
)

# %% [markdown]
# Nothing looks wrong. **If a model predicts the mean for everyone, look at the shapes first.**
#
# The second trap is in the type. Pixels often come as `uint8`, whole numbers from $0$ to $255$ that wrap around:

# %%
print("3 - 5 =", (np.uint8([3]) - np.uint8([5]))[0])

# %% [markdown]
# So flatten, convert to floats, and only then subtract. That is the exercise {{exercise:mse}}.

# %% tags=["check"]
# The table, its best line, and the wrapped difference
assert np.array_equal(difference, [[0, -2], [2, 0]]) and np.mean(difference**2) == 2
assert np.allclose(theta, [5, 0], atol=1e-4) and np.mean(y) == 5
assert seen[0] == 6.5 and np.isclose(seen[-1], np.var(y) / 2) and np.var(y) == 10
for guess in (0.0, 3.5, 8.0):  # equation (2)
    assert np.isclose(np.mean((guess - y) ** 2), (guess - 5) ** 2 + np.var(y))
assert (np.uint8([3]) - np.uint8([5]))[0] == 254 and np.iinfo(np.uint8).max == 255
print("checked: the stretched table teaches the mean, and uint8 wraps around")

# %% [markdown]
# ## In three frameworks
#
# Which scale do the built-in losses have? Ask them about line A.

# %% tags=["torch"]
import torch

y_t, line_t = torch.tensor(y), torch.tensor(x + 1)
for reduction in ("mean", "sum"):
    loss = torch.nn.MSELoss(reduction=reduction)(line_t, y_t)
    print("PyTorch", reduction, loss.item())

# %% tags=["tensorflow"]
import tensorflow as tf

for reduction in ("sum_over_batch_size", "sum"):
    mse = tf.keras.losses.MeanSquaredError(reduction=reduction, dtype="float64")
    row, column = mse(y, x + 1), mse(y[:, None], x[:, None] + 1)
    print("Keras", reduction, float(row), float(column))

# %% [markdown]
# Both have the mean unless you ask otherwise, so a rate from a text with $\frac{1}{2n}$ must be halved. Keras wants
# the targets first. Its "sum" adds over rows what it has averaged within each row: for five flats in *one* row it is
# $5$, for a column $25$. PyTorch's loss warns when the shapes differ, and Keras' mends them; a difference of your own
# does neither.

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree, and what do they say to a column against a row?
import warnings

assert torch.nn.MSELoss()(line_t, y_t).item() == losses["mean"](line_A) == 5
assert loss.item() == losses["sum"](line_A) == float(column) == 25
assert float(row) == float(tf.keras.losses.MeanSquaredError()(y, x + 1)) == 5
assert float(tf.keras.losses.MeanSquaredError()(y, x[:, None] + 1)) == 5
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    stretched = torch.nn.MSELoss()(line_t[:, None], y_t)
own = tf.reduce_mean((tf.constant(x)[:, None] + 1 - y) ** 2)
assert len(caught) == 1 and stretched.item() == float(own) == 2 * 6.5
print("checked: the frameworks' mean and sum, and which of them notice a column")

# %% [markdown]
# ## Summary
#
# - Sum, mean and half-mean have one minimiser. Their gradients are in the ratio $2n : 2 : 1$.
# - Divide the rate by the factor, and the run stays the same. The sum's factor grows with the data.
# - A loss that falls does not show that text and code agree. A difference quotient of the text's loss does.
# - A column minus a row is a table, and it teaches the mean.
#
# ## Common mistakes
#
# - **Quoting a rate without its loss.** $0.1$ means three different things here.
# - **$(n, 1)$ minus $(n,)$.** Print the shape of the difference once.
# - **Subtracting in `uint8`.** $3 - 5$ becomes $254$.
# - **Halving the sum and calling it the half-mean.** The half-mean divides by $2n$.
#
# ## Quick questions
#
# 1. A text with the half-mean trains at the rate $0.3$ on $100$ samples. Which rate do you give a library that sums?
#
#    <details><summary><b>Answer</b></summary>
#
#    The sum is $2n = 200$ times the half-mean, so $0.3/200 = 0.0015$.
#
#    </details>
# 2. Two runs have the same path, but their losses differ by a factor of $50$. Is that possible?
#
#    <details><summary><b>Answer</b></summary>
#
#    Yes, if the rate of the larger one is that much smaller: the sum on $25$ samples, and the half-mean.
#
#    </details>
# 3. Your model predicts almost the same number for everyone. Name two reasons.
#
#    <details><summary><b>Answer</b></summary>
#
#    A column met a row, or the features tell nothing about the target. The shape of the difference decides.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show (2). Then find the best bias and weight for the stretched table without descending.
#
# <details><summary><b>Outline</b></summary>
#
# Write $\hat y_i - y_j = (\hat y_i - \bar y) - (y_j - \bar y)$ and square. The mixed terms add up to zero over $j$,
# since the deviations from a mean do. By (2) each prediction is best at $\bar y$, and the line $w = 0$, $b = \bar y$
# makes all of them so at once.
#
# </details>
#
# **Try.** Find, to two digits, the largest rate at which the mean still converges on the five flats. Then predict the
# one for the sum and the one for the half-mean, and test them.
#
# <details><summary><b>Outline</b></summary>
#
# A rate of $0.084$ converges with the mean and $0.085$ does not. The half-mean bears twice as much, about $0.169$, the
# sum a fifth, about $0.0169$. The next lesson computes this number from the data.
#
# </details>

# %% tags=["check"]
# The rates of the questions
ends = {rate: half_mean(descend(rate, 2, 3000)[-1]) for rate in (0.084, 0.085)}
assert ends[0.084] < 1.001 and ends[0.085] > 100
assert round(2 * 0.0845, 3) == 0.169 and round(0.0845 / 5, 4) == 0.0169
assert (
    half_mean(descend(0.168, 1, 3000)[-1])
    < 1.001
    < half_mean(descend(0.17, 1, 3000)[-1])
)
assert round(0.3 / (2 * 100), 4) == 0.0015 and 2 * 100 == 200 and 2 * 25 == 50
print("checked: the largest rates of the three scales")

# %% [markdown]
# ## References
#
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning*. Springer. Section 3.1, sum-of-squares error.
# - The NumPy manual, "Broadcasting": how shapes are stretched.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
