# %% [markdown]
# # Squared error
#
# {{about}}
#
# **After this lesson you can**
#
# - turn all errors of a model into one number, by hand,
# - say what squaring does to small and to large errors,
# - derive the gradient, "error times input", and write it as a matrix product,
# - descend to the best line, and know that you have arrived,
# - say which factor is missing when the model is not linear.
#
# **You need** the lesson on your first descent, [[partial derivative]]s, the [[chain rule]] for one variable, and the
# product of two matrices. No machine learning.

# %% [markdown]
# ## Five flats, two lines
#
# You want to predict the rent of a flat from its number of rooms. Here are five flats, with rents in hundreds of euros.
# (They are invented, so that the numbers stay small.)
#
# | rooms, $x$ | 1 | 2 | 3 | 4 | 5 |
# | :--- | --: | --: | --: | --: | --: |
# | rent, $y$ | 2 | 3 | 4 | 5 | 11 |
#
# What you know, the rooms, is the [[feature]]. What you want to predict, the rent, is the [[target]]. A model turns one
# into the other by a formula with open numbers, its [[parameter]]s. The simplest is a straight line,
# $\hat y = w x + b$, with a weight $w$ and a bias $b$. Two candidates:
#
# - line A: $\hat y = x + 1$,
# - line B: $\hat y = 2x - 1$.
#
# The **error** of flat $i$ is prediction minus target, $e_i = \hat y_i - y_i$.
#
# **Predict.** Line A is exact for four of the five flats, line B for one. Add up the absolute errors of each line, then
# the squares of the errors. Which line wins?

# %%
import numpy as np

x = np.array([1.0, 2, 3, 4, 5])
y = np.array([2.0, 3, 4, 5, 11])

for name, y_hat in {"A": x + 1, "B": 2 * x - 1}.items():
    e = y_hat - y
    print("line", name, "errors", e)
    print("   absolute", np.sum(np.abs(e)), "  squared", np.sum(e**2))

# %% tags=["draw"]
# Each error as the side of a square
from gdcourse import plots

MODELS = {"line A: area 25": lambda x: x + 1, "line B: area 10": lambda x: 2 * x - 1}
fig = plots.fits(
    x,
    y,
    MODELS,
    errors="squares",
    xlabel="rooms",
    ylabel="rent",
    window=(0, 10.5, 0, 12),
    height=4.4,
)
plots.show(
    fig,
    alt="Five points and a line, twice, with a square on each error. Line A meets four "
    "points and has one square of area 25. Line B has squares of area 1, 1, 4 and 4.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It depends. By absolute errors A wins, with $5$ against $6$. By squares B wins, with $10$ against $25$: an error of
# $5$ costs $25$ times as much as an error of $1$.
#
# </details>

# %% [markdown]
# One number for all errors is called a [[loss]], and the loss decides which model is good. **The square bargains**: it
# accepts several small errors to be rid of a large one. B is the best of all lines by squares. Absolute errors put up
# with the large one, and A is their best line.
#
# Which do you want? Look at the last flat. If its $11$ is a slip of the pen for $6$, it is an [[outlier]], and the
# square has fallen for it. If such flats exist, and one large error hurts you more than several small ones, choose
# the square. It is also smooth, where $|e|$ has a kink.
#
# From here on the loss is half the mean of the squares. (Why half, and why the mean: the next lesson.)
#
# $$J = \frac{1}{2n} \sum_{i=1}^{n} e_i^2, \qquad J_A = \frac{25}{10} = 2.5, \qquad J_B = \frac{10}{10} = 1. \tag{1}$$

# %% tags=["check"]
# Is each line the best by its own loss?
from itertools import combinations

ones = np.ones(5)
least_squares = np.linalg.lstsq(np.column_stack([ones, x]), y, rcond=None)[0]
assert np.allclose(least_squares, [-1, 2])
through_two = [
    np.polyfit(x[[i, j]], y[[i, j]], 1) for i, j in combinations(range(5), 2)
]  # a best line by absolute errors goes through two of the points
least = min(np.sum(np.abs(np.polyval(line, x) - y)) for line in through_two)
assert np.isclose(least, 5) and np.sum(np.abs(x + 1 - y)) == 5
assert np.sum(np.abs(2 * x - 1 - y)) == 6
assert np.sum((x + 1 - y) ** 2) == 25 and np.sum((2 * x - 1 - y) ** 2) == 10
assert 25 / 10 == 2.5 and sorted((2 * x - 1 - y) ** 2) == [0, 1, 1, 4, 4]
print("checked: A is the best line by absolute errors, B by squares")

# %% [markdown]
# ## Every error is a spring
#
# Hang the line up: at each flat, a spring pulls it straight up or down towards the point. A spring that is stretched by
# $e$ pulls with the force $e$, and it stores the energy $e^2/2$. So $J$ is the mean energy of the springs, and the line
# wants to move where the energy falls.

# %% tags=["draw"]
# Each error as a spring
fig = plots.fits(
    x,
    y,
    {"line A: one spring pulls": MODELS["line A: area 25"]}
    | {"line B: in balance": MODELS["line B: area 10"]},
    errors="springs",
    xlabel="rooms",
    ylabel="rent",
    window=(0.4, 6, 0, 12),
)
plots.show(
    fig,
    alt="The same two lines with springs to the points. On line A one spring, at five "
    "rooms, is stretched by 5. On line B there are four, stretched by 1, 1, 2 and 2.",
)

# %% [markdown]
# **Predict.** Stand on line A and raise $w$ from $1$ to $1.01$. Which springs change? By about how much does $J$
# change?


# %%
def J(b, w):
    e = w * x + b - y
    return np.mean(e**2) / 2


print(f"change of J: {J(1, 1.01) - J(1, 1):.5f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At five rooms the line rises by $0.05$. The spring there relaxes, and its energy falls by about $5 \cdot 0.05 = 0.25$.
# The other four were slack, and to stretch a slack spring by a little costs only the square of a little. The mean over
# five flats falls by about $0.25/5 = 0.05$. That is $-5$ for each unit of $w$. (Exactly, $J$ changes by $-0.04945$.)
#
# </details>

# %% [markdown]
# Now for any line. By the chain rule, the $2$ of each square comes down and cancels the half:
#
# $$\frac{\partial J}{\partial w} = \frac{1}{2n} \sum_i 2 e_i \frac{\partial e_i}{\partial w}. \tag{2}$$
#
# The error is $e_i = w x_i + b - y_i$. If $w$ rises by $1$, it rises by $x_i$. If $b$ rises by $1$, it rises by $1$. So
#
# $$\frac{\partial J}{\partial b} = \frac{1}{n} \sum_i e_i, \qquad
# \frac{\partial J}{\partial w} = \frac{1}{n} \sum_i e_i x_i. \tag{3}$$
#
# **Error times input, averaged.** The input that belongs to $b$ is the number $1$. In the picture, the first sum is the
# pull on the line, with the sign turned. The second is the pull times its lever, which turns the line.
#
# **Predict.** Work out both sums for line B, from its errors $-1, 0, 1, 2, -2$.


# %%
def gradient(b, w):
    e = w * x + b - y
    return np.array([np.mean(e), np.mean(e * x)])


print("line A:", gradient(1, 1), "  line B:", gradient(-1, 2))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The errors add up to $0$. Times the inputs they are $-1, 0, 3, 8, -10$, and these add up to $0$ too. The springs are
# in balance, so no small move lowers $J$. On line A the gradient is $(-1, -5)$: raise $b$ a little, and $w$ more.
#
# </details>

# %% [markdown]
# ## Descend
#
# Begin on line A and step against the [[gradient]], with the learning rate $\eta = 0.1$.

# %%
b, w = 1.0, 1.0
path = [(b, w)]
for step in range(1000):
    grad_b, grad_w = gradient(b, w)
    b, w = b - 0.1 * grad_b, w - 0.1 * grad_w
    path.append((b, w))

for t in (0, 1, 10, 100, 1000):
    print(f"step {t:4}: b {path[t][0]:6.3f}  w {path[t][1]:.3f}  J {J(*path[t]):.4f}")

# %% [markdown]
# The first step, by hand: $b = 1 + 0.1 \cdot 1 = 1.1$ and $w = 1 + 0.1 \cdot 5 = 1.5$. It gains more than half of what
# can be gained. The rest is slow, and unit 04 says why. The run ends on line B, where both sums vanish.
#
# Move the slider through the steps. (It needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the steps of the run


def at(step):
    b, w = path[step]
    told = f"step {step}: b = {b:.3f}, w = {w:.3f}, J = {J(b, w):.4f}"
    fig = plots.fits(
        x, y, {told: lambda x: w * x + b}, errors="springs", window=(0.4, 6, 0, 12)
    )
    return fig, f"The line and its springs at {told}."


plots.slider(at, step=[0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000])

# %% tags=["check"]
# Gradient, first step and end of the run
from gdcourse.gradients import central_difference

for line in ([1.0, 1.0], [-1.0, 2.0], [4.0, 0.3]):
    by_steps = central_difference(lambda v: J(*v), np.array(line))
    assert np.allclose(gradient(*line), by_steps, atol=1e-8)
assert list(gradient(1, 1)) == [-1, -5] and list(gradient(-1, 2)) == [0, 0]
assert round(J(1, 1.01) - J(1, 1), 5) == -0.04945
assert np.isclose(0.25 / 5, 0.05) and 5 * 0.05 == 0.25
assert np.allclose(path[1], (1 + 0.1 * 1, 1 + 0.1 * 5))
assert np.allclose(path[1], (1.1, 1.5)) and np.allclose(path[-1], (-1, 2), atol=1e-6)
assert J(*path[0]) - J(*path[1]) > 0.5 * (J(*path[0]) - 1) and J(*path[100]) > 1.01
print("checked: the gradient by difference quotients, and the run ends on line B")

# %% [markdown]
# ## The same with matrices
#
# Put a column of ones before the feature, and both parameters become alike: $\hat y = X\theta$ with $\theta = (b, w)$.
# Row $i$ of $X$ is $(1, x_i)$. The sums in (3) run over the rows, so they are the entries of $X^\top e$:
#
# $$\nabla J = \frac{1}{n} X^\top (X\theta - y). \tag{4}$$
#
# Count the shapes: $X^\top$ is 2 by 5 and $e$ has 5 entries, so the gradient has 2, one for each parameter.

# %%
X = np.column_stack([np.ones(5), x])
theta = np.array([1.0, 1.0])
print("gradient on line A:", X.T @ (X @ theta - y) / 5)

# %% [markdown]
# Where it is zero, (4) is a system of linear equations. `np.linalg.lstsq` solves it without descending, so here you can
# check where a run should end. Write gradient and loop yourself: {{exercise:mse_grad}}, {{exercise:gd}}.
#
# ## What "error times input" leaves out
#
# A published tutorial gives $(\hat y - y)\,x$ as the gradient for *any* model. In (3) the factor $x_i$ was the slope of
# the prediction, and another model has another slope:
#
# $$\frac{\partial J}{\partial w} = \frac{1}{n} \sum_i e_i\, \frac{\partial \hat y_i}{\partial w}. \tag{5}$$
#
# **Predict.** One sample, $x = 2$ and $y = 1$, and the model $\hat y = e^{wx}$ at $w = 0.5$. The prediction is $2.718$.
# By which factor is the short form wrong?


# %%
def J_exp(w):
    return (np.exp(w * 2) - 1) ** 2 / 2


slope = (J_exp(0.5 + 1e-6) - J_exp(0.5 - 1e-6)) / 2e-6
print(f"short form {(np.exp(1) - 1) * 2:.3f}, slope of the loss {slope:.3f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The slope of the prediction is $x e^{wx} = x \hat y$, not $x$. So the factor $\hat y = 2.718$ is missing: $3.437$ in
# place of $9.342$. Lesson 4 meets "error times input" again, in a model that is not linear. There another loss makes
# the extra factor cancel.
#
# </details>

# %% tags=["check"]
# The short form and the full one
assert round(np.exp(1), 3) == 2.718 and round((np.exp(1) - 1) * 2, 3) == 3.437
assert round((np.exp(1) - 1) * 2 * np.exp(1), 3) == round(slope, 3) == 9.342
assert np.allclose(X.T @ (X @ theta - y) / 5, [-1, -5]) and 0.5 * 2 == 1
print("checked: the slope of a prediction is not always its input")

# %% [markdown]
# ## In three frameworks
#
# PyTorch and TensorFlow differentiate for you. Only the loss is written.

# %% tags=["torch"]
import torch

theta_t = torch.ones(2, dtype=torch.float64, requires_grad=True)
loss = torch.mean((torch.tensor(X) @ theta_t - torch.tensor(y)) ** 2) / 2
loss.backward()
print("PyTorch:", loss.item(), theta_t.grad.numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

theta_k = tf.Variable(np.ones(2))
with tf.GradientTape() as tape:
    loss_k = tf.reduce_mean((tf.linalg.matvec(X, theta_k) - y) ** 2) / 2
grad_k = tape.gradient(loss_k, theta_k)
print("TensorFlow:", float(loss_k), grad_k.numpy())

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
by_hand = X.T @ (X @ theta - y) / 5
assert loss.item() == float(loss_k) == J(1, 1) == 2.5
assert np.allclose(theta_t.grad, by_hand, rtol=1e-12, atol=0)
assert np.allclose(grad_k, by_hand, rtol=1e-12, atol=0)
print("checked: NumPy by hand, PyTorch and TensorFlow give the same gradient")

# %% [markdown]
# ## Summary
#
# - A loss turns all errors into one number, and so decides which model is good.
# - The square bargains: several small errors for a large one. An outlier can drag it along.
# - The gradient is error times input, averaged: $\frac1n X^\top(X\theta - y)$. At the best line the errors balance.
# - For other models, the input gives way to the slope of the prediction.
#
# ## Common mistakes
#
# - **$y - \hat y$ in the gradient.** The square hides the sign of the error, the gradient does not: you climb.
# - **Error without input.** $\frac1n \sum_i e_i$ is the entry of the bias alone.
# - **No $1/n$.** The direction is right, the step is $n$ times too long.
#
# ## Quick questions
#
# 1. All errors double. What happens to $J$ and to its gradient?
#
#    <details><summary><b>Answer</b></summary>
#
#    $J$ becomes four times as large, the gradient twice as large.
#
#    </details>
# 2. The model has only a bias, $\hat y = b$. Which $b$ is best for the five flats?
#
#    <details><summary><b>Answer</b></summary>
#
#    The errors must add up to zero, so $b$ is the mean rent, $5$.
#
#    </details>
# 3. The gradient is $(0, 0)$ and $J$ is $1$. Is something wrong?
#
#    <details><summary><b>Answer</b></summary>
#
#    No. Line B is such a case. No line meets all five flats, so some error must remain.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Why the square? Suppose that each rent is the prediction plus noise from a normal distribution with the
# standard deviation $1$, independent of the others. A target with the error $e$ then has the density
# $e^{-e^2/2} / \sqrt{2\pi}$. Show that the line of least squares makes all five rents together most likely. How many
# times as likely does line B make them as line A?
#
# <details><summary><b>Outline</b></summary>
#
# Multiply the densities and take minus the logarithm: $\frac12 \sum_i e_i^2$ plus a number that no line changes. So
# the smallest sum has the largest density, and the ratio is $e^{(25 - 10)/2} \approx 1808$. If the noise is not
# normal, this reason for the square is gone.
#
# </details>

# %% tags=["check"]
# The ratio of the two densities, and the lines of the next question
density = {}
for name, y_hat in {"A": x + 1, "B": 2 * x - 1}.items():
    e = y_hat - y
    density[name] = np.prod(np.exp(-(e**2) / 2) / np.sqrt(2 * np.pi))
    assert np.isclose(
        -np.log(density[name]), np.sum(e**2) / 2 + 5 * np.log(np.sqrt(2 * np.pi))
    )
y_penthouse = np.array([2.0, 3, 4, 5, 111])
assert np.allclose(np.polyfit(x, y_penthouse, 1), [22, -41])
assert np.allclose(22 * x - 41 - y_penthouse, [-21, 0, 21, 42, -42])
sums = [
    np.sum(
        np.abs(
            np.polyval(np.polyfit(x[[i, j]], y_penthouse[[i, j]], 1), x) - y_penthouse
        )
    )
    for i, j in combinations(range(5), 2)
]
assert np.isclose(min(sums), 105) and np.sum(np.abs(x + 1 - y_penthouse)) == 105
assert round(density["B"] / density["A"]) == round(np.exp(7.5)) == 1808
print("checked: under normal noise line B makes the data 1808 times as likely")

# %% [markdown]
# **Try.** Change the last rent from $11$ to $111$ and descend again. Where does the best line go? How many of the five
# flats does it fit? Then search for the line with the smallest sum of absolute errors.
#
# <details><summary><b>Outline</b></summary>
#
# The best line by squares becomes $\hat y = 22x - 41$. Its springs balance, but it meets the second flat alone and
# misses the others by $21$ or more. By absolute errors line A is still best, though its sum has grown to $105$.
#
# </details>
#
# ## References
#
# - A.-M. Legendre (1805). *Nouvelles méthodes pour la détermination des orbites des comètes*. Didot, Paris. Its
#   appendix introduces least squares.
# - C. F. Gauss (1809). *Theoria motus corporum coelestium*. Perthes & Besser, Hamburg. Least squares from normal
#   errors.
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning*. Springer. Chapter 3, linear models for regression.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
