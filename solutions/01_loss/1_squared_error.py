# %% [markdown]
# # Squared error
#
# {{about}}
#
# **After this lesson you can**
#
# - say what a loss is, and why errors are squared,
# - derive the gradient of the squared error, and check it by machine,
# - move between sum, mean and half-mean without changing a run,
# - compute from the data the learning rate at which descent diverges,
# - train a linear regression on badly scaled data, and read its weights.
#
# **You need** lesson 1 of unit 00, partial derivatives, matrix products, and the normal distribution. No machine
# learning.

# %% [markdown]
# ## One number to make small
#
# You have $m$ observations. Each pairs a **feature** $x_i$, which you know, with a **target** $y_i$, which you want
# to predict. A **model** turns features into **predictions** $h_i$ by a formula with open **parameters**. The
# simplest is a straight line,
#
# $$h_i = \theta_1 x_i + \theta_2,$$
#
# with the slope $\theta_1$ and the intercept $\theta_2$. The **error** of prediction $i$ is $e_i = h_i - y_i$. To say
# that one line is better than another you need one number for all errors. That number is the **loss**. The squared
# error is
#
# $$S(\theta) = \sum_{i=1}^{m} (h_i - y_i)^2. \tag{1}$$
#
# In a picture, each error is the side of a square, and $S$ is the area of all squares together.
#
# **Predict.** Of the two lines below, the right one has the smallest $S$ of all lines. Does it pass closer to most of
# the points than the left one does?

# %%
import numpy as np

from gdcourse import datasets, plots

few = datasets.line(n=6, slope=0.7, intercept=1.0, noise=0.8)
x6, y6 = few.X[:, 0], few.y
lines = {"a guess": (0.4, 2.2), "the best line": tuple(np.polyfit(x6, y6, 1))}

fig, axes = plots.figure(2, width=7.6, height=3.7, sharey=True)
axes[0].set_ylabel("$y$")
for ax, (name, (slope, intercept)) in zip(axes, lines.items(), strict=True):
    e6 = slope * x6 + intercept - y6
    for x_i, y_i, e_i in zip(x6, y6, e6, strict=True):
        right, up = x_i + abs(e_i), y_i + e_i
        ax.fill(
            [x_i, right, right, x_i],
            [y_i, y_i, up, up],
            color=plots.COLOURS[5],
            alpha=0.35,
            linewidth=0,
        )
        ax.plot(
            [x_i, x_i], [y_i, up], color=plots.COLOURS[6], linestyle="-", linewidth=1
        )
    ax.plot(
        [0, 5],
        [intercept, intercept + 5 * slope],
        color=plots.COLOURS[0],
        linestyle="-",
    )
    ax.plot(x6, y6, "o", color=plots.COLOURS[6], markersize=5)
    ax.set(
        xlabel="$x$",
        title=f"{name}: $S$ = {np.sum(e6**2):.2f}",
        aspect="equal",
        xlim=(-0.3, 5.2),
        ylim=(-0.3, 5.2),
    )

# %%
plots.show(
    fig,
    alt="Six points and a line, twice, with a square on each error. Left, a guess: two large and four small "
    "squares, area 8.59. Right, the best line: six middling squares, area 2.83.",
)
errors = {
    name: slope * x6 + intercept - y6 for name, (slope, intercept) in lines.items()
}
plots.table(
    {"x": x6, "y": y6} | {f"error of {name}": e for name, e in errors.items()}, digits=3
)

# %% [markdown]
# **Answer.** No. The left line passes closer to four of the six points, and still its area is $8.59$ against $2.83$.
# Its two large errors decide. An error of $2$ costs four times as much as an error of $1$, so the square bargains: it
# accepts several middling errors to be rid of a large one.

# %%
guess, fit = errors.values()
assert round(np.sum(guess**2), 2) == 8.59 and round(np.sum(fit**2), 2) == 2.83
assert np.sum(np.abs(guess) < np.abs(fit)) == 4

# %% [markdown]
# ### Why the square?
#
# The square is smooth, it ignores the sign, and it has a reason in probability. Suppose that each target is the
# prediction plus noise from a normal distribution with the standard deviation $\sigma$, independent of the others.
# The density of all targets together, read as a function of $\theta$, is the **likelihood**. It is a product, so its
# logarithm is a sum:
#
# $$\prod_{i=1}^{m} \frac{e^{-(y_i - h_i)^2 / 2\sigma^2}}{\sigma\sqrt{2\pi}}
# \quad\xrightarrow{\;-\log\;}\quad \frac{S(\theta)}{2\sigma^2} + m \log\bigl(\sigma\sqrt{2\pi}\bigr). \tag{2}$$
#
# Only $S$ depends on $\theta$. So the parameters that make the data most likely are those that make $S$ least. If the
# noise is not normal, for example when a few targets are far off, this reason is gone, and another loss may serve you
# better.

# %%
sigma = 0.8
density = {
    k: np.prod(np.exp(-(e**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi)))
    for k, e in errors.items()
}
constant = 6 * np.log(sigma * np.sqrt(2 * np.pi))
for name, e in errors.items():
    assert np.isclose(
        -np.log(density[name]), np.sum(e**2) / (2 * sigma**2) + constant
    )  # equation (2)
assert density["the best line"] > density["a guess"]

# %% [markdown]
# ## The gradient, step by step
#
# Write the model as a matrix product. Put the features of observation $i$ into row $i$ of a matrix $X$, and let its
# last column be all ones, so that the intercept is a parameter like any other:
#
# $$h = X\theta, \qquad h_i = \sum_k X_{ik}\,\theta_k.$$
#
# $X$ is the **design matrix**. Take half the mean of the squares (the next section says why) and call it $J$:
#
# $$J(\theta) = \frac{1}{2m} \sum_{i=1}^{m} e_i^2, \qquad e_i = \sum_k X_{ik}\,\theta_k - y_i. \tag{3}$$
#
# Differentiate by one parameter $\theta_j$. In $e_i$ only the term with $k = j$ contains it, so $\partial e_i /
# \partial \theta_j = X_{ij}$. By the chain rule the $2$ of the square comes down and cancels the half:
#
# $$\frac{\partial J}{\partial \theta_j}
# = \frac{1}{2m} \sum_{i=1}^{m} 2 e_i\, \frac{\partial e_i}{\partial \theta_j}
# = \frac{1}{m} \sum_{i=1}^{m} e_i X_{ij}. \tag{4}$$
#
# The sum over $i$ of $X_{ij} e_i$ is entry $j$ of the product $X^\top e$. So the **gradient** $\nabla J$, the vector
# of all partial derivatives, is
#
# $$\nabla J(\theta) = \frac{1}{m} X^\top (X\theta - y). \tag{5}$$
#
# It points where $J$ rises fastest, so descent steps against it, with the learning rate $\eta$ from unit 00:
# $\theta_{t+1} = \theta_t - \eta\, \nabla J(\theta_t)$.
#
# **Predict.** The points below all have $x > 0$ and $y > 0$. At $\theta = (0, 0)$, which sign do the two entries of
# the gradient have?

# %%
from gdcourse.diagnostics import gradient_check

data = datasets.line()  # 50 points around y = 2x + 3
m = len(data.y)
X, y = np.column_stack([data.X, np.ones(m)]), data.y


def J(theta):
    e = X @ theta - y
    return e @ e / (2 * m)


def grad_J(theta):
    return X.T @ (X @ theta - y) / m


start = np.zeros(2)
print(gradient_check(J, grad_J, start))

# %% [markdown]
# **Answer.** Both are negative: $-26.34$ and $-8.30$. The predictions are all $0$, so every error is negative, and
# raising the slope or the intercept lowers the loss. `gradient_check` compares each entry with a difference quotient
# of $J$ itself, so a slip in the derivation would show.
#
# At the minimum the gradient is zero. Its second entry is the mean error, so the errors of the best line sum to zero.
# Setting (5) to zero gives a linear system, the normal equations, that `np.linalg.lstsq` solves. So here you know
# what descent should reach: a slope of $2.105$ and an intercept of $2.757$. The noise keeps them off $2$ and $3$.

# %%
best = np.linalg.lstsq(X, y, rcond=None)[0]
g = grad_J(start)
assert gradient_check(J, grad_J, start).ok and (X > 0).all() and (y > 0).all()
assert round(g[0], 2) == -26.34 and round(g[1], 2) == -8.30
assert np.allclose(grad_J(best), 0, atol=1e-12) and np.isclose(
    np.sum(X @ best - y), 0, atol=1e-12
)
assert round(best[0], 3) == 2.105 and round(best[1], 3) == 2.757

# %% [markdown]
# ### What "(h - y) x" leaves out
#
# You will meet the gradient "error times feature", $(h - y)\,x$, stated for any model $h_\theta$. It holds where the
# prediction is *linear* in $\theta$. In general the chain rule keeps one more factor:
#
# $$\frac{\partial J}{\partial \theta_j}
# = \frac{1}{m} \sum_{i=1}^{m} (h_i - y_i)\, \frac{\partial h_i}{\partial \theta_j}. \tag{6}$$
#
# Take $h_i = e^{\theta_1 x_i + \theta_2}$. Then $\partial h_i / \partial \theta_j = h_i X_{ij}$.
#
# **Predict.** Will the short form pass a gradient check on this model?


# %%
def J_exp(theta):
    return np.mean((np.exp(X @ theta) - y) ** 2) / 2


def short_form(theta):
    return X.T @ (np.exp(X @ theta) - y) / m


def full_form(theta):
    h = np.exp(X @ theta)
    return X.T @ ((h - y) * h) / m


theta = np.array([0.3, 1.5])
print(gradient_check(J_exp, short_form, theta))
assert not gradient_check(J_exp, short_form, theta).ok
assert gradient_check(J_exp, full_form, theta).ok

# %% [markdown]
# **Answer.** No. It lacks the factor $h_i$, and both entries are far off. The full form (6) passes.
#
# ## Three scales of one loss
#
# The squared error comes in three scales, all called "MSE" somewhere:
#
# | name | loss | gradient |
# |:---|:---|:---|
# | sum | $S = \sum_i e_i^2$ | $2 X^\top e = 2m\, \nabla J$ |
# | mean | $S / m$ | $\frac{2}{m} X^\top e = 2\, \nabla J$ |
# | half-mean | $J = S / (2m)$ | $\frac{1}{m} X^\top e = \nabla J$ |
#
# A constant factor moves no minimum, so all three have the same best parameters. The half is there to cancel the $2$.
# The mean makes the size of the gradient independent of how much data you have: repeat every row, and nothing
# changes.
#
# **Predict.** Run 50 steps from $(0, 0)$ with the learning rate $0.1$ on each of the three. Do they arrive at the
# same place?

# %%
factor = {
    "half-mean": 1,
    "mean": 2,
    "sum": 2 * m,
}  # gradient of each, as a multiple of grad_J


def descend(gradient, theta, lr, steps):
    """Return the steps + 1 points that gradient descent visits."""
    path = [theta]
    for _ in range(steps):
        path.append(path[-1] - lr * gradient(path[-1]))
    return np.array(path)


same_rate = {
    name: descend(lambda t, k=k: k * grad_J(t), start, 0.1, 50)
    for name, k in factor.items()
}


# %%
def heights(t):
    """J at every point of a grid. t: (2, rows, columns) -> (rows, columns)."""
    e = np.tensordot(X, t, axes=1) - y[:, None, None]
    return np.mean(e**2, axis=0) / 2


def contours(tracks, title):
    """Draw the first 12 steps of each track, and the best parameters."""
    shown = {name: track[:13] for name, track in tracks.items()} | {"best": [best]}
    window = (-1.6, 6.9, -0.4, 3.8)
    return plots.paths(
        heights,
        shown,
        window=window,
        xlabel="slope",
        ylabel="intercept",
        title=title,
        height=3.8,
    )


# %%
plots.show(
    contours(
        {name: same_rate[name] for name in ("half-mean", "mean")},
        "one learning rate, 0.1, for two losses",
    ),
    alt="Contours of the loss over slope and intercept, a long narrow valley. The half-mean run enters it at once "
    "and creeps along it; the mean run jumps from wall to wall.",
)
ends = [path[-1] for path in same_rate.values()]
plots.table(
    {
        "loss": factor,
        "slope": [t[0] for t in ends],
        "intercept": [t[1] for t in ends],
        "J": map(J, ends),
    }
)

# %% [markdown]
# **Answer.** No. The gradients differ by the factors $2$ and $2m = 100$, and a step is rate times gradient. After 50
# steps the half-mean run stands at $J = 0.548$, on its way along the valley. The mean run doubles each gradient; it
# still leaps from wall to wall at $J = 2.228$. The sum run has left the page: $J$ is about $10^{200}$.
#
# The loss and the learning rate only act together. Take the rate $0.02$ for the half-mean, and divide it by the
# factor for the other two. Now the three runs are one:

# %%
scaled = {}
for name, k in factor.items():
    scaled[f"{name}, rate {0.02 / k:g}"] = descend(
        lambda t, k=k: k * grad_J(t), start, 0.02 / k, 50
    )
for path in scaled.values():
    assert np.allclose(path, descend(grad_J, start, 0.02, 50), rtol=0, atol=1e-12)

staggered = {
    name: path[i::3] for i, (name, path) in enumerate(scaled.items())
}  # every third point, so that all show
plots.show(
    contours(staggered, "three losses, three rates, one trajectory"),
    alt="The same contours. The points of three runs, of which each shows every third point in turn, lie on one "
    "path from the origin into the valley and along it.",
)
ends = [path[-1] for path in scaled.values()]
plots.table({"loss and rate": scaled, "slope": [t[0] for t in ends], "J": map(J, ends)})

# %%
assert [round(J(same_rate[name][-1]), 3) for name in ("half-mean", "mean")] == [
    0.548,
    2.228,
]
assert round(np.log10(J(same_rate["sum"][-1]))) == 200 and factor["sum"] == 100
for name, scale in {
    "sum": 1,
    "mean": 1 / m,
    "half-mean": 1 / (2 * m),
}.items():  # the table of gradients

    def loss(theta, scale=scale):
        return scale * np.sum((X @ theta - y) ** 2)

    assert gradient_check(loss, lambda t, k=factor[name]: k * grad_J(t), start).ok
twice = np.vstack([X, X]), np.tile(y, 2)
assert np.allclose(twice[0].T @ (twice[0] @ start - twice[1]) / (2 * m), grad_J(start))

# %% [markdown]
# ### When text and code disagree
#
# Published tutorials mix the scales. In one, the text has the loss $\frac{1}{2m} \sum e_i^2$ and the gradient
# $\frac{1}{m} X^\top e$. Its code has the mean and $\frac{2}{m} X^\top e$. Each pair fits together, the direction is
# right, the loss falls, and nothing looks wrong. But the **effective learning rate** is not the one that the text
# names: in the code, a rate of $0.15$ acts like $0.3$.
#
# **Predict.** The text's run with $0.15$ converges. Does the code's?

# %%
text = descend(grad_J, start, 0.15, 50)
code = descend(lambda t: 2 * grad_J(t), start, 0.15, 50)
check = gradient_check(J, lambda t: 2 * grad_J(t), start)
print(f"as in the text: J = {J(text[-1]):.3f}    as in the code: J = {J(code[-1]):.1e}")
print(f"gradient check: relative error {check.error:.2f}")
assert (
    round(J(text[-1]), 3) == 0.513
    and J(code[-1]) > 1e30
    and round(check.error, 2) == 0.50
)
assert np.allclose(code, descend(grad_J, start, 2 * 0.15, 50))  # it acts like 0.3

# %% [markdown]
# **Answer.** No: $J = 0.513$ against more than $10^{30}$. That a loss falls at some smaller rate proves little. A
# gradient check against the loss *of the text* does see it: a factor of $2$ is a relative error of $0.50$.
#
# ## How large may the rate be?
#
# The runs above had a limit somewhere between $0.15$ and $0.3$. You can compute it. Write (5) at $\theta$ and at the
# best parameters $\theta^*$, where it is zero, and subtract:
#
# $$\nabla J(\theta) = H\,(\theta - \theta^*), \qquad H = \frac{1}{m} X^\top X. \tag{7}$$
#
# $H$ is the matrix of second derivatives of $J$, its **curvature**. One step of descent is then
#
# $$\theta_{t+1} - \theta^* = (I - \eta H)\,(\theta_t - \theta^*). \tag{8}$$
#
# An eigenvector of $H$ is a direction that $H$ only stretches, by a factor $\lambda$, its eigenvalue. Along it, each
# step multiplies the distance by $1 - \eta\lambda$. On the parabola $x^2$ of unit 00 the factor was $1 - 2\eta$: its
# curvature is $2$. Here there is one factor per eigenvalue, and all must lie between $-1$ and $1$. No eigenvalue is
# negative, and none is zero unless a column of $X$ is a combination of the others. So the largest, $L$, decides:
#
# $$0 < \eta < \frac{2}{L}. \tag{9}$$
#
# The smallest decides how long it takes. The ratio $\kappa$ of largest to smallest is the **condition number**: the
# larger, the narrower the valley, and the more steps you need. `smoothness` computes $L$.

# %%
from gdcourse.diagnostics import smoothness

L = smoothness(X)
eigenvalues = np.linalg.eigvalsh(X.T @ X / m)
limit = 2 / L
kappa = eigenvalues[1] / eigenvalues[0]
print(
    f"eigenvalues {np.round(eigenvalues, 4)}, 2/L = {limit:.4f}, condition number {kappa:.1f}"
)

# %% [markdown]
# **Predict.** The table below calls the eigenvector of $L$ *steep* and the other *flat*. What do rates of $0.02$,
# $0.15$ and $0.21$ look like on the contours?

# %%
recorded = {
    r: descend(grad_J, start, r, 30)
    for r in [0.02, 0.05, 0.1, 0.15, 0.18, 0.19, 0.2, 0.203, 0.205, 0.21]
}
plots.show(
    contours(
        {f"rate {r}": recorded[r] for r in (0.02, 0.15, 0.21)},
        "below and above the limit: 12 steps",
    ),
    alt="Three runs. Rate 0.02 glides into the valley, rate 0.15 crosses it a few times and settles in it, rate "
    "0.21 leaps across it, farther at each step.",
)
plots.table(
    {
        "rate": recorded,
        "factor, steep": [1 - r * L for r in recorded],
        "factor, flat": [1 - r * eigenvalues[0] for r in recorded],
        "J after 30 steps": [J(path[-1]) for path in recorded.values()],
    }
)

# %% [markdown]
# **Answer.** With $0.02$ the steep factor is positive: the run glides. With $0.15$ it is $-0.477$: the run crosses
# the valley at each step and soon settles in it: to overshoot is not to diverge. With $0.21$ it is $-1.068$, beyond
# the limit of $0.2031$, and the run leaves. Every run that stays is slow *along* the valley: there the factor is
# never below $0.956$, as $\kappa$ is $45.7$.

# %%
assert round(limit, 4) == 0.2031 and round(kappa, 1) == 45.7
assert (
    round(1 - 0.15 * L, 3) == -0.477
    and round(1 - 0.21 * L, 3) == -1.068
    and 1 - 0.02 * L > 0
)
assert 1 - limit * eigenvalues[0] > 0.956
for r, path in recorded.items():
    power = np.linalg.matrix_power(np.eye(2) - r * X.T @ X / m, 30)
    assert np.allclose(
        path[-1] - best, power @ (start - best), rtol=1e-9
    )  # equation (8)
    far = descend(grad_J, start, r, 3000)[-1]
    assert (J(far) < J(start)) == (r < limit)  # equation (9)

# %% [markdown]
# Move the slider to see the rates between them. The limit lies between the stops $0.203$ and $0.205$. (It needs a
# running kernel: run the cells above first.)

# %% tags=["widget"]
assert 0.203 < limit < 0.205


def at(rate):
    alt = f"Twelve steps with learning rate {rate} on the contours of the loss."
    return contours(
        {"run": recorded[rate]}, f"rate {rate}: steep factor {1 - rate * L:.3f}"
    ), alt


plots.slider(at, rate=list(recorded))

# %% [markdown]
# ## The same in three frameworks
#
# The library has the loss in all three scales, and the training loop. In NumPy you supply the gradient: `mse_grad` is
# the derivative by the predictions, $(h - y)/m$, and the factor $X^\top$ is yours. `train` changes the parameters in
# place. An **epoch** is one pass over the data, here one step. It records the loss before each step, the length of
# the gradient, and whatever `validate` measures after the step: here the slope.

# %%
from gdcourse.losses.numpy import mse, mse_grad
from gdcourse.optimizers.numpy import GD
from gdcourse.training.numpy import train


def loss_and_grad(params, X, y):
    h = X @ params[0]
    return mse(h, y, "half_mean"), [X.T @ mse_grad(h, y, "half_mean")]


theta = np.zeros(2)
history = train(
    loss_and_grad,
    [theta],
    X,
    y,
    GD(0.1),
    epochs=50,
    validate=lambda params: params[0][0],
)
assert np.allclose(theta, same_rate["half-mean"][-1], rtol=1e-12)
assert np.allclose(
    history.losses, [J(t) for t in same_rate["half-mean"][:-1]], rtol=1e-12
)


def assert_same_run(other, end):
    for record in ("losses", "grad_norms", "validation"):
        assert np.allclose(
            getattr(other, record), getattr(history, record), rtol=1e-12, atol=0
        )
    assert np.allclose(end, theta, rtol=1e-12, atol=0)


# %% [markdown]
# PyTorch and TensorFlow differentiate for you: `value_and_grad` returns the loss and its gradient. Only the loss is
# written.

# %% tags=["torch"]
from gdcourse.gradients.torch import value_and_grad as torch_value_and_grad
from gdcourse.losses.torch import mse as torch_mse
from gdcourse.optimizers.torch import GD as TorchGD
from gdcourse.training.torch import train as torch_train
import torch


def torch_loss(params, X, y):
    return torch_mse(X @ params[0], y, "half_mean")


Xt, yt = torch.from_numpy(X), torch.from_numpy(y)
theta_t = torch.zeros(2, dtype=torch.float64)
value, (gradient,) = torch_value_and_grad(torch_loss)([theta_t], Xt, yt)
assert np.isclose(value, J(start), rtol=1e-12) and np.allclose(
    gradient, grad_J(start), rtol=1e-12
)

# %% tags=["torch"]
run = torch_train(
    torch_value_and_grad(torch_loss),
    [theta_t],
    Xt,
    yt,
    TorchGD(0.1),
    epochs=50,
    validate=lambda params: params[0][0],
)
assert_same_run(run, theta_t.numpy())
built_in = torch.nn.functional.mse_loss(Xt @ theta_t, yt)
assert np.isclose(built_in, mse(X @ theta, y, "mean"), rtol=1e-12)

# %% tags=["tensorflow"]
from gdcourse.gradients.tensorflow import value_and_grad as tf_value_and_grad
from gdcourse.losses.tensorflow import mse as tf_mse
from gdcourse.optimizers.tensorflow import GD as TFGD
from gdcourse.training.tensorflow import train as tf_train
import tensorflow as tf


def tf_loss(params, X, y):
    return tf_mse(tf.linalg.matvec(X, params[0]), y, "half_mean")


theta_f = tf.Variable(np.zeros(2))
value, (gradient,) = tf_value_and_grad(tf_loss)([theta_f], X, y)
assert np.isclose(value, J(start), rtol=1e-12) and np.allclose(
    gradient, grad_J(start), rtol=1e-12
)

# %% tags=["tensorflow"]
run = tf_train(
    tf_value_and_grad(tf_loss),
    [theta_f],
    X,
    y,
    TFGD(0.1),
    epochs=50,
    validate=lambda params: params[0][0],
)
assert_same_run(run, theta_f.numpy())
assert tf.keras.losses.MeanSquaredError()(y, X @ theta).dtype == tf.float32
built_in = tf.keras.losses.MeanSquaredError(dtype="float64")(
    y, X @ theta
)  # the targets come first
assert np.isclose(built_in, mse(X @ theta, y, "mean"), rtol=1e-12)

# %% [markdown]
# The three agree to $10^{-12}$ on loss, gradient and 50 steps. Both built-in losses are the *mean*: with them, a rate
# from a text that uses $1/(2m)$ must be halved. Keras wants the targets first, and computes in 32 bits unless you say
# `float64`.
#
# ## Two silent traps
#
# **Predict.** A model often returns a column. If `h` has the shape `(50, 1)` and `y` the shape `(50,)`, which shape
# has their difference?

# %%
column = (X @ best)[:, None]
print("shape of h - y:", (column - y).shape)
print(
    f"mean of its squares: {np.mean((column - y) ** 2):.2f}, the right one: {mse(X @ best, y):.2f}"
)

try:
    mse(column, y)
except ValueError as error:
    print("the library:", error)

# %% tags=["torch"]
assert (torch.from_numpy(column) - torch.from_numpy(y)).shape == (50, 50)

# %% tags=["tensorflow"]
assert (tf.constant(column) - tf.constant(y)).shape == (50, 50)

# %% [markdown]
# **Answer.** A 50 by 50 matrix: NumPy stretches both, and so do PyTorch and TensorFlow. Each prediction meets each
# target. The loss of the best line comes out as $19.81$ in place of $0.99$, without any message. What is worse, you
# can train on it:

# %%
from gdcourse.gradients.numpy import value_and_grad  # differentiates numerically


def wrong(params):
    return np.mean(((X @ params[0])[:, None] - y) ** 2) / 2


lost = descend(lambda t: value_and_grad(wrong)([t])[1][0], start, 0.1, 1000)
# %%
fig, (left, right) = plots.figure(2, width=8)
left.plot([wrong([t]) for t in lost[:201]])
left.set(xlabel="step", ylabel="loss that you see", title="it falls and settles")
right.plot(X[:, 0], y, ".", color="0.6")
for t, name in ((best, "right loss"), (lost[-1], "broadcast loss")):
    right.plot([0, 5], [t[1], 5 * t[0] + t[1]], label=name)
right.set(xlabel="$x$", ylabel="$y$", title="what is learned")
right.legend()
plots.show(
    fig,
    alt="Left: the broadcast loss falls quickly, then settles. Right: the points with two lines; the right loss "
    "gives the rising line through them, the broadcast loss a flat line at their mean.",
)
plots.table(
    {
        "loss": ["right", "broadcast"],
        "slope": [best[0], lost[-1][0]],
        "intercept": [best[1], lost[-1][1]],
    },
    digits=3,
)

# %% [markdown]
# The run converges, to a slope of $0$ and the intercept $8.30$, the mean of all targets. A prediction that is
# compared with *every* target can do no better. If a model predicts the mean for everyone, look at the shapes first.
#
# The second trap is in the type. Pixels often come as `uint8`, whole numbers from 0 to 255 that wrap around:

# %%
print("3 - 5 =", (np.uint8([3]) - np.uint8([5]))[0], "in uint8")
assert (np.uint8([3]) - np.uint8([5]))[0] == 254 and np.iinfo(np.uint8).max == 255
assert mse(np.uint8([3]), np.uint8([5])) == 4  # the library converts first
assert (column - y).shape == (50, 50)
assert (
    round(np.mean((column - y) ** 2), 2) == 19.81 and round(mse(X @ best, y), 2) == 0.99
)
assert (
    np.allclose(lost[-1], [0, np.mean(y)], atol=1e-4) and round(np.mean(y), 2) == 8.30
)
assert round(wrong([lost[-1]]), 1) == round(np.var(y) / 2, 1) == 5.2

# %% [markdown]
# ## House prices
#
# Now several features at once. The data are invented: 200 houses, with prices in thousands of euros. A model is of
# use on houses that it has not seen, so hold some back. Descent sees the **training set** of 140. The 60 **held-out**
# houses only judge the result.

# %%
houses = datasets.houses()
train_set, test_set = datasets.split(houses)
columns = dict(zip(houses.features, train_set.X[:3].T, strict=True))
plots.table(columns | {houses.target: train_set.y[:3]}, digits=3)

raw = np.column_stack([train_set.X, np.ones(140)])
price = train_set.y

# %% [markdown]
# **Predict.** On the line, any rate below $0.2$ was safe. Here you play safe and take $0.01$, for 1000 steps. What is
# the loss at the end?


# %%
def fit_line(X, y, lr, steps):
    """Return (parameters, losses) of descent on the half-mean squared error, overflow allowed."""
    theta, losses = np.zeros(X.shape[1]), []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            e = X @ theta - y
            losses.append(e @ e / (2 * len(y)))
            theta = theta - lr * (X.T @ e / len(y))
    return theta, np.array(losses)


theta, losses = fit_line(raw, price, lr=0.01, steps=1000)
print(
    "loss before the steps 0, 1, 2, 67 and 68:",
    [f"{losses[t]:.1e}" for t in (0, 1, 2, 67, 68)],
)
print("after 1000 steps:", theta)

# %% [markdown]
# **Answer.** There is none. The loss grows about $30\,000$-fold per step, is `inf` from step 68 on, and the
# parameters end as `nan`, "not a number", from `inf - inf`. Equation (9) tells you why. An area near 120 makes
# entries near $120^2$ in $H$, so the curvature is huge:

# %%
L_raw = smoothness(raw)
kappa_raw = np.linalg.cond(raw.T @ raw)
print(f"2/L = {2 / L_raw:.3g}, condition number {kappa_raw:,.0f}")
_, below = fit_line(raw, price, 0.99 * 2 / L_raw, 1000)
_, above = fit_line(raw, price, 1.01 * 2 / L_raw, 1000)
plots.table(
    {
        "rate, as a share of 2/L": [0.99, 1.01],
        "loss at step 0": [below[0], above[0]],
        "loss at step 999": [below[-1], above[-1]],
    }
)

# %% [markdown]
# The limit is $1.14 \cdot 10^{-4}$: your "safe" rate was 87 times too large. One per cent below the limit the loss
# falls, one per cent above it explodes. But a smaller rate is no cure. The condition number is about $301\,000$. Just
# below the limit, the flattest direction needs about $350\,000$ steps to come ten times closer.

# %%
assert np.isinf(losses[68]) and np.isfinite(losses[67]) and np.isnan(theta).all()
assert round(losses[2] / losses[1], -3) == 30_000 and np.isclose(
    losses[2] / losses[1], (1 - 0.01 * L_raw) ** 2, rtol=1e-3
)
assert len(train_set.y) == 140 and abs(train_set.X[:, 0].mean() - 120) < 3
assert round(2 / L_raw * 1e4, 2) == 1.14 and round(0.01 / (2 / L_raw)) == 87
assert below[-1] < below[0] and above[-1] > 1e20 and limit > 0.2
assert round(kappa_raw, -3) == 301_000
assert round(np.log(10) / -np.log(1 - 0.99 * 2 / kappa_raw), -4) == 350_000

# %% [markdown]
# ### Standardise
#
# The cure is to give all features one scale. Subtract from each column its mean $\mu_j$, and divide by its standard
# deviation $\sigma_j$:
#
# $$z_{ij} = \frac{x_{ij} - \mu_j}{\sigma_j}. \tag{10}$$
#
# Take $\mu$ and $\sigma$ from the *training set only*, and use them for every house, also the held-out ones.

# %%
mean, std = train_set.X.mean(axis=0), train_set.X.std(axis=0)
Z = np.column_stack([(train_set.X - mean) / std, np.ones(140)])
kappa = np.linalg.cond(Z.T @ Z)
print(f"2/L = {2 / smoothness(Z):.3f}, condition number {kappa:.2f}")

# %% [markdown]
# **Predict.** $2/L$ has grown to $1.094$, and $\kappa$ has shrunk to $7.78$. With the rate $0.5$, will 200 steps do?

# %%
theta, fast = fit_line(Z, price, 0.5, 200)
_, slow = fit_line(Z, price, 0.01, 1000)
exact = np.linalg.lstsq(Z, price, rcond=None)[0]
floor = np.mean((Z @ exact - price) ** 2) / 2

# %%
runs = {
    "standardised, 0.5": fast[:100],
    "standardised, 0.01": slow,
    "raw, 0.99 · 2/L": below,
    "raw, 0.01": losses[:4],
}
excess = {name: run - floor for name, run in runs.items()}
fig = plots.curves(
    excess,
    ylabel="loss above the minimum",
    title="houses: raw and standardised",
    log=True,
)
fig.axes[0].set_ylim(1e-9, 1e12)
plots.show(
    fig,
    alt="Loss above the minimum against the step, log scale. Raw with rate 0.01 shoots up at once; raw just below "
    "the limit falls, then lies flat; standardised with 0.01 falls steadily; standardised with 0.5 plunges.",
)
plots.table(
    {
        "run": excess,
        "steps": map(len, excess.values()),
        "loss above the minimum": [e[-1] for e in excess.values()],
    }
)

# %% [markdown]
# **Answer.** Yes: to nine decimals the parameters are those of `np.linalg.lstsq`, which solves the system directly.
# The rate $0.01$, hopeless on raw features, now converges too, though 50 times slower than need be. The bias is the
# mean price, $320.8$: the standardised columns have mean zero, so the weights only say how far a house is from it.

# %%
assert round(2 / smoothness(Z), 3) == 1.094 and round(kappa, 2) == 7.78
assert np.allclose(theta, exact, rtol=0, atol=1e-9)
assert slow[-1] < below[-1] and np.allclose(
    fit_line(Z, price, 0.01, 10_000)[0], exact, atol=1e-7
)
assert np.isclose(theta[-1], np.mean(price)) and round(theta[-1], 1) == 320.8

# %% [markdown]
# The same run in PyTorch and TensorFlow, with the losses from above:

# %% tags=["torch"]
theta_t = torch.zeros(5, dtype=torch.float64)
houses_t = torch.from_numpy(Z), torch.from_numpy(price)
torch_train(
    torch_value_and_grad(torch_loss), [theta_t], *houses_t, TorchGD(0.5), epochs=200
)
assert np.allclose(theta_t, theta, rtol=1e-12, atol=0)

# %% tags=["tensorflow"]
theta_f = tf.Variable(np.zeros(5))
tf_train(tf_value_and_grad(tf_loss), [theta_f], Z, price, TFGD(0.5), epochs=200)
assert np.allclose(theta_f, theta, rtol=1e-12, atol=0)

# %% [markdown]
# ### Back to square metres
#
# The weights $w_j$ and the bias $b$ that you trained belong to $z$, not to square metres. Put (10) into the model and
# sort:
#
# $$h = \sum_j w_j\, \frac{x_j - \mu_j}{\sigma_j} + b
# = \sum_j \underbrace{\frac{w_j}{\sigma_j}}_{\text{weight of } x_j} x_j
# \;+\; \underbrace{b - \sum_j \frac{w_j \mu_j}{\sigma_j}}_{\text{bias}}. \tag{11}$$

# %%
w, b = theta[:-1], theta[-1]
w_raw = w / std
b_raw = b - np.sum(w * mean / std)

X_test = test_set.X
Z_test = (X_test - mean) / std
assert np.allclose(X_test @ w_raw + b_raw, Z_test @ w + b)  # equal on houses never seen
assert np.allclose(
    [*w_raw, b_raw], np.linalg.lstsq(raw, price, rcond=None)[0], atol=1e-7
)
truth = [2.4, 9.0, -0.8, -3.5, 60.0]  # what the generator used
plots.table(
    {
        "": [*houses.features, "bias"],
        "trained": [*w, b],
        "per raw unit": [*w_raw, b_raw],
        "truth": truth,
    }
)

# %% [markdown]
# Now a weight reads in plain units. A square metre adds $2.38$ thousand euros, and a kilometre from the centre takes
# off $3.55$. These come from 140 noisy prices, so they miss the truth of the generator by a little.
#
# ### Judge on houses not seen
#
# A loss of squares has squared units. Its root, the **root mean squared error** (RMSE), is in thousands of euros.
# Compare three things on the held-out houses: the model; the mean price for everyone; and the model fed with features
# that were standardised by the held-out set's *own* mean and deviation.
#
# **Predict.** Does the third way matter?

# %%
own = (X_test - X_test.mean(axis=0)) / X_test.std(axis=0)
predictions = {
    "the model": Z_test @ w + b,
    "the mean price for everyone": np.full(60, np.mean(price)),
    "the model, wrong statistics": own @ w + b,
}
rmse = {name: np.sqrt(mse(h, test_set.y)) for name, h in predictions.items()}
plots.table(
    {
        "held-out houses": rmse,
        "RMSE": rmse.values(),
        "first house": [h[0] for h in predictions.values()],
    }
)

# %% [markdown]
# **Answer.** Yes. The model errs by $19.9$ thousand euros, the mean price by $92.5$. With the wrong statistics it is
# $23.1$, and the first house costs $12.6$ thousand less, only because it is listed in other company. A single house
# could not be priced at all: its deviation is $0$.
#
# The generator's noise has the deviation $25$, so $19.9$ is also a little lucky; on the training set it is $22.3$.
# Statistics of *both* sets together would be a subtler fault: then the held-out houses have had a say in the model
# that they judge.

# %%
assert round(w_raw[0], 2) == 2.38 and round(w_raw[3], 2) == -3.55
assert [round(value, 1) for value in rmse.values()] == [19.9, 92.5, 23.1]
assert (
    round(
        predictions["the model"][0] - predictions["the model, wrong statistics"][0], 1
    )
    == 12.6
)
assert round(np.sqrt(mse(Z @ theta, price)), 1) == 22.3
assert np.all(X_test[:1].std(axis=0) == 0)

# %% [markdown]
# ## Summary
#
# - A loss turns all errors into one number. Under normal noise, the least squared error belongs to the most likely
#   parameters.
# - $\nabla J = \frac{1}{m} X^\top (X\theta - y)$ for $J = \frac{1}{2m}\lVert X\theta - y \rVert^2$. For a model that
#   is not linear in $\theta$, each error is multiplied by $\partial h_i / \partial \theta_j$.
# - Sum, mean and half-mean have one minimiser. Their gradients are in the ratio $2m : 2 : 1$; divide the rate
#   accordingly.
# - Descent converges for $0 < \eta < 2/L$. The condition number says how slowly.
# - Standardise with the training set's statistics; then turn the weights back with (11).
#
# ## Common mistakes
#
# - **`(n, 1)` minus `(n,)`.** You get an $n$ by $n$ matrix, and a model that predicts the mean.
# - **Subtracting in `uint8`.** $3 - 5$ becomes $254$. Convert to float first.
# - **`y - h` in the gradient.** The square hides the sign, the gradient does not: you climb.
# - **Sum for mean, or a factor $2$ too many.** The direction is right, the effective rate is not.
# - **Statistics of both sets, or of each set by its own.** Use the training set's for all.
# - **Dividing by a deviation of $0$.** A constant column tells nothing: make it $0$.
# - **Turning back the weights and not the bias.** The bias changes too, by $-\sum_j w_j \mu_j / \sigma_j$.
#
# ## References
#
# - A.-M. Legendre (1805). *Nouvelles méthodes pour la détermination des orbites des comètes*. Didot, Paris. Its
#   appendix introduces least squares.
# - C. F. Gauss (1809). *Theoria motus corporum coelestium*. Perthes & Besser, Hamburg. Least squares from normal
#   errors.
# - Y. Nesterov (2004). *Introductory Lectures on Convex Optimization*. Springer. doi:10.1007/978-1-4419-8853-9. Rates
#   of gradient descent, the role of $L$ and of the condition number.
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning*. Springer. Chapter 3, linear models for
#   regression.
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
