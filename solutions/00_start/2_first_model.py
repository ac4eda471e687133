# %% [markdown]
# # A first model
#
# {{about}}
#
# **After this lesson you can**
#
# - name the parts of every training run: samples, model, parameter, loss, gradient, step,
# - work out a loss and its slope by hand, for one weight and two samples,
# - train that model, and say where it ends and why the loss is not zero there,
# - tell from the inputs which learning rates settle.
#
# **You need** the lesson before this one, and the [[chain rule]] for a square: the derivative of $(wx - y)^2$ for $w$ is
# $2(wx - y)\,x$. In code, NumPy arrays: `w * x` multiplies each number of the array `x` by `w`.

# %% [markdown]
# ## Two parcels and one price
#
# A parcel of $1$ kg costs $3$ euros to send, one of $2$ kg costs $4$ euros. You guess that the price is proportional to
# the mass. Which price per kilogram fits best? In the words of machine learning:
#
# - Each parcel is a [[sample]]: an input $x$, its mass, and a [[target]] $y$, its price.
# - The guess is a [[model]]: $\hat y = w x$ predicts a price $\hat y$ from a mass.
# - The number $w$ is its [[parameter]]. To find a good one is the [[training]].
#
# Start with $w = 1$. Then the predictions are $1$ and $2$. Both are too small by $2$. One number says how bad that is, the
# [[loss]]. Ours is half the mean of the squared errors:
#
# $$J = \tfrac12 \cdot \tfrac{(-2)^2 + (-2)^2}{2} = 2.$$

# %%
import numpy as np

x = np.array([1.0, 2.0])  # kg
y = np.array([3.0, 4.0])  # euros


def loss(w):
    errors = w * x - y
    return np.mean(errors**2) / 2


for w in (1.0, 1.01, 2.0, 3.0):
    print(f"w = {w}: predictions {w * x}, loss {loss(w):.4f}")

# %% [markdown]
# The parcels are what they are, so the loss depends on $w$ alone. It is a curve over $w$, and training is a walk on that
# curve. Each $w$ is a line on the left, and *one* point on the right.

# %% tags=["draw"]
# Three weights: lines on the left, points of the loss on the right
from gdcourse import plots

GRID = np.linspace(-0.2, 4.6, 121)


def draw(weights, title):
    fig, (left, right) = plots.figure(2)
    mass = np.array([0, 2.6])
    right.plot(GRID, [loss(w) for w in GRID], color="0.6", linestyle="-")
    for i, w in enumerate(weights):
        colour, beside = plots.COLOURS[i], x + 0.04 * (i - 1)
        left.plot(mass, w * mass, color=colour, linestyle="-", linewidth=1.2)
        left.vlines(beside, w * x, y, color=colour, linestyle=":", linewidth=2)
        left.text(2.65, w * 2.6, f"$w={w:.3g}$", color=colour, va="center")
        right.plot(w, loss(w), "osD"[i], color=colour, markersize=8)
        right.text(w, loss(w) + 0.5, f"$w={w:.3g}$", color=colour, ha="center")
    left.plot(x, y, "*", color="black", markersize=13)
    left.set(
        xlabel="mass $x$ in kg",
        ylabel="price in euros",
        title="what the model predicts",
    )
    left.set(xlim=(0, 3.4), ylim=(-0.5, 11))
    right.set(xlabel="weight $w$", ylabel="loss $J(w)$", title="how bad that is")
    fig.suptitle(title)
    return fig


plots.show(
    draw([1.0, 2.2, 4.0], "two parcels (stars), three weights, their errors (dotted)"),
    alt="Left: the two parcels as stars at (1, 3) and (2, 4), and three lines through 0. That of w = 1 lies below both, "
    "that of w = 4 above both, that of w = 2.2 between them. Right: the loss over w, a parabola that is lowest near 2.2.",
)

# %% [markdown]
# Train it by hand first: move $w$ until the loss is as small as you can get it. (The slider needs a running kernel.)


# %% tags=["widget", "draw"]
# A slider over the weight
def at(w):
    said = f"With w = {w:g} the model predicts {w * x[0]:g} and {w * x[1]:g} euros; the loss is {loss(w):.3g}."
    return draw([w], said), said


plots.slider(at, w=[round(w, 1) for w in np.arange(0, 4.55, 0.1)])

# %% [markdown]
# ## The slope of the loss
#
# At $w = 1$, nudge $w$ up to $1.01$. The predictions rise by $0.01$ and by $0.02$: by $x$ times the nudge. Half a square
# $\frac12(\hat y - y)^2$ changes by its error times that. Both errors are $-2$, so the two halves change by about $-0.02$ and
# $-0.04$, and their mean by about $-0.03$. That is $-3$ for each unit of $w$. In general:
#
# $$\frac{dJ}{dw} = \text{mean of } (\hat y - y)\, x. \tag{1}$$
#
# **Predict.** What is the slope at $w = 3$? Which way will descent go from there?


# %%
def slope(w):
    errors = w * x - y
    return np.mean(errors * x)


for w in (1.0, 2.0, 3.0):
    print(f"w = {w}: slope {slope(w):.2f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The predictions are $3$ and $6$, the errors $0$ and $2$. So the slope is $(0 \cdot 1 + 2 \cdot 2)/2 = 2$. It is positive,
# so descent makes $w$ smaller. The first parcel is right already and has no say.
#
# </details>

# %% tags=["check"]
# Are the losses and slopes right?
assert loss(1.0) == 2 and np.allclose(1.0 * x - y, [-2, -2])
assert np.isclose(1.01 - 1.0, 0.01) and np.allclose(0.01 * x, [0.01, 0.02])
halves = (1.01 * x - y) ** 2 / 2 - (1.0 * x - y) ** 2 / 2
assert np.allclose(halves, [-0.02, -0.04], atol=3e-4)
assert np.isclose(loss(1.01) - loss(1.0), -0.03, atol=2e-4)
for w in np.linspace(-2, 5, 15):
    assert np.isclose(slope(w), (loss(w + 1e-4) - loss(w - 1e-4)) / 2e-4)
assert (slope(1.0), slope(3.0)) == (-3, 2)
assert (
    (1.0 * x < y).all()
    and (4.0 * x > y).all()
    and 2.2 * x[0] < y[0]
    and 2.2 * x[1] > y[1]
)
assert abs(GRID[np.argmin([loss(w) for w in GRID])] - 2.2) < 0.05
print("checked: equation (1) against difference quotients, and the numbers by hand")

# %% [markdown]
# ## Train it
#
# Now the loop of the last lesson, with $w$ in place of $x$. Each step here looks at all samples once. One pass over all
# samples is called an [[epoch]].
#
# **Predict.** Will the loss come down to $0$?

# %%
w, lr = 1.0, 0.2
path = [w]
for epoch in range(8):
    w = w - lr * slope(w)
    path.append(w)
    print(f"epoch {epoch + 1}: w = {w:.4f}, loss = {loss(w):.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# No. It comes down to $0.2$, at $w = 2.2$ euros per kilogram. There the predictions are $2.2$ and $4.4$: one too small by
# $0.8$, one too large by $0.4$. No single $w$ fits both, since $3$ and $4$ are not proportional to $1$ and $2$. Descent has
# done its work; it is the *model* that cannot do better.
#
# </details>

# %% tags=["draw"]
# The walk of the weight, and the learning curve
fig, (left, right) = plots.figure(2)
left.plot(GRID, [loss(w) for w in GRID], color="0.6", linestyle="-")
left.plot(path, [loss(w) for w in path], "o-", markersize=5, linewidth=1)
left.set(
    xlabel="weight $w$",
    ylabel="loss $J(w)$",
    title="the walk",
    xlim=(0.5, 3.9),
    ylim=(0, 3),
)
right.plot([loss(w) for w in path], "o-", markersize=5, linewidth=1)
right.axhline(0.2, color="0.4", linestyle=":", linewidth=1.5)
right.text(8, 0.3, "the least possible, 0.2", ha="right", color="0.3")
right.set(xlabel="epoch", ylabel="loss", title="the learning curve", ylim=(0, 2.1))
plots.show(
    fig,
    alt="Left: the loss over w, with the nine weights of the run going down its left side to the bottom at 2.2. "
    "Right: the loss against the epoch; it falls from 2 and flattens out at 0.2, not at 0.",
)

# %% [markdown]
# ## The same factor again
#
# Look at the distances from $2.2$: at $w = 1$ it is $1.2$, then $0.6$, then $0.3$. Each step halves it. Here is why. Put
# the parcels into (1):
#
# $$\frac{dJ}{dw} = \frac{(w - 3) \cdot 1 + (2w - 4) \cdot 2}{2} = 2.5\, w - 5.5 = 2.5\,(w - 2.2).$$
#
# It is a straight line in $w$, so the loss is a parabola. A step takes away $\eta$ times that, so it multiplies the distance
# by $1 - 2.5\,\eta$. For $\eta = 0.2$ that is $0.5$. And the $2.5$ is the mean of the squared inputs,
# $(1^2 + 2^2)/2$. For any samples:
#
# $$w_{t+1} - w^\star = (1 - \eta L)\,(w_t - w^\star), \qquad L = \text{mean of } x^2, \tag{2}$$
#
# where $w^\star$ is the best weight. So the run settles for $0 < \eta < 2/L$, here below $0.8$. The targets do not matter:
# they decide where $w^\star$ is, not how fast you come there.
#
# **Predict.** You write the same masses in grams: $1000$ and $2000$. You keep $\eta = 0.2$. What happens?


# %%
def final_loss(x, lr, steps=5, w=0.0):
    for t in range(steps):
        w = w - lr * np.mean((w * x - y) * x)
    return np.mean((w * x - y) ** 2) / 2


print(f"in kg,    rate 0.2:  loss {final_loss(x, 0.2):.3g}")
print(f"in grams, rate 0.2:  loss {final_loss(1000 * x, 0.2):.3g}")
print(f"in grams, rate 2e-7: loss {final_loss(1000 * x, 2e-7):.3g}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It diverges: five steps take the loss above $10^{57}$. Inputs that are $1000$ times as large make $L$ a million times as
# large. So the rate must be a million times as small; with $2 \cdot 10^{-7}$ you get, step for step, the losses of before.
# The parcels did not change, only their unit. That is why inputs are scaled before training (unit 01).
#
# </details>

# %% tags=["check"]
# Do the numbers of the run, the factor and the grams hold?
assert np.allclose(np.array(path[:3]) - 2.2, [-1.2, -0.6, -0.3])
assert np.allclose(np.array(path) - 2.2, -1.2 * 0.5 ** np.arange(9))
assert np.isclose(loss(2.2), 0.2) and abs(loss(path[-1]) - 0.2) < 1e-4
assert np.allclose(2.2 * x, [2.2, 4.4]) and np.allclose(2.2 * x - y, [-0.8, 0.4])
for w in (-1.0, 0.0, 2.0, 7.0):
    assert np.isclose(slope(w), 2.5 * w - 5.5) and np.isclose(
        2.5 * w - 5.5, 2.5 * (w - 2.2)
    )
L = np.mean(x**2)
assert L == 2.5 and np.isclose(2 / L, 0.8) and np.isclose(1 - L * 0.2, 0.5)
for rate, settles in ((0.79, True), (0.81, False)):
    assert (final_loss(x, rate, steps=900) < 0.2001) == settles
grams = 1000 * x
assert np.allclose(grams, [1000, 2000]) and np.mean(grams**2) == 2.5e6
assert 1e57 < final_loss(grams, 0.2) < 1e59
for steps in range(9):
    assert np.isclose(final_loss(grams, 2e-7, steps), final_loss(x, 0.2, steps))
rng = np.random.default_rng(0)
for case in range(20):  # equation (2) for any samples
    xs, ys, rate, w0 = (
        rng.normal(size=7),
        rng.normal(size=7),
        rng.uniform(0, 3),
        rng.normal(),
    )
    best = np.sum(xs * ys) / np.sum(xs**2)
    after = w0 - rate * np.mean((w0 * xs - ys) * xs)
    assert np.isclose(after - best, (1 - rate * np.mean(xs**2)) * (w0 - best))
print("checked: the run, equation (2) for random samples, and kilograms against grams")

# %% [markdown]
# In the exercises you tell from the inputs and a rate how a run will end: {{exercise:fate}}. In a network with millions of
# parameters the loop stays the same. The slopes are many, together they are the [[gradient]], and the loss is no parabola any more.

# %% [markdown]
# ## In three frameworks
#
# You write the prediction and the loss. The framework finds the slope, and an [[optimizer]] takes the step.

# %% tags=["torch"]
import torch

x_t, y_t = torch.tensor(x), torch.tensor(y)
w_t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([w_t], lr=0.2)
for epoch in range(8):
    optimizer.zero_grad()  # forget the last slope: PyTorch adds to it
    J = torch.mean((w_t * x_t - y_t) ** 2) / 2
    J.backward()  # the slope
    optimizer.step()  # the step
print(f"PyTorch: w = {w_t.item():.4f}")

# %% tags=["tensorflow"]
import tensorflow as tf

w_k = tf.Variable(1.0, dtype=tf.float64)
optimizer = tf.keras.optimizers.SGD(learning_rate=0.2)
for epoch in range(8):
    with tf.GradientTape() as tape:
        J = tf.reduce_mean((w_k * x - y) ** 2) / 2
    slope_k = tape.gradient(J, w_k)  # the slope
    optimizer.apply_gradients([(slope_k, w_k)])  # the step
print(f"Keras:   w = {float(w_k):.4f}")

# %% tags=["check", "torch", "tensorflow"]
# Do the three end at the same weight?
assert np.isclose(w_t.item(), path[-1], rtol=1e-12)
assert np.isclose(float(w_k), path[-1], rtol=1e-7)  # Keras keeps the rate in float32
print("checked: NumPy, PyTorch and Keras end at the same weight")

# %% [markdown]
# ## Summary
#
# - A model turns inputs into predictions; its parameters are numbers that training sets.
# - The loss says with one number how bad the predictions are. Training is descent on the loss, as a function of the parameters.
# - For $\hat y = w x$ and half the mean square, the slope is the mean of $(\hat y - y)\,x$, and each step multiplies the
#   distance to the best weight by $1 - \eta L$, with $L$ the mean of $x^2$.
# - The loss need not end at $0$. It ends at the least that the model can do.
#
# ## Common mistakes
#
# - **Judging a rate without the inputs.** The same rate settles in kilograms and diverges in grams.
# - **Blaming descent for the model.** A loss that stays above $0$ may be the best there is.
# - **In PyTorch, leaving out `zero_grad`.** Each slope would be added to those before.
#
# ## Quick questions
#
# 1. What does the trained model predict for a parcel of $3$ kg? And what would you expect a post office to ask?
#
#    <details><summary><b>Answer</b></summary>
#
#    It predicts $6.6$ euros. From $3$ and $4$ euros one would rather expect $5$. A small loss on the samples says little
#    about inputs that lie outside of them.
#
#    </details>
# 2. Which rate brings you to $w^\star$ in one step?
#
#    <details><summary><b>Answer</b></summary>
#
#    The one whose factor is $0$: $\eta = 1/L = 0.4$.
#
#    </details>
# 3. The slope is $0$. Are all predictions right?
#
#    <details><summary><b>Answer</b></summary>
#
#    Not always. At $w = 2.2$ the errors $-0.8$ and $0.4$, times their inputs $1$ and $2$, cancel.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Leave out the half: let the loss be the mean of the squared errors. What becomes of the slope, of $w^\star$ and
# of the rates that settle?
#
# <details><summary><b>Outline</b></summary>
#
# All slopes double. They are zero at the same place, so $w^\star$ stays. The factor is $1 - 2\eta L$ now, so the
# run settles for $\eta < 1/L$: half of before. A loss and a rate belong together.
#
# </details>

# %% [markdown]
# **Try.** Give the model a fixed fee: $\hat y = w x + b$. The slope for $b$ is the mean of the errors. Start both at $0$ and
# update both in each step. How small does the loss get, and with which fee?
#
# <details><summary><b>Outline</b></summary>
#
# ```python
# w = b = 0.0
# for epoch in range(1000):
#     errors = w * x + b - y
#     w, b = w - 0.2 * np.mean(errors * x), b - 0.2 * np.mean(errors)
# ```
#
# Now the loss comes down to $0$: the fee is $2$ euros, and each kilogram costs $1$ euro. The model can do it. But it takes
# far more steps. Unit 04 tells why.
#
# </details>

# %% tags=["check"]
# Do the answers to the questions hold?
assert np.isclose(2.2 * 3, 6.6) and np.isclose(1 / L, 0.4)
assert np.isclose(1.0 - 0.4 * slope(1.0), 2.2) and np.isclose(-0.8 * 1 + 0.4 * 2, 0)
w = b = 0.0
losses = []
for epoch in range(1000):
    errors = w * x + b - y
    losses.append(np.mean(errors**2) / 2)
    w, b = w - 0.2 * np.mean(errors * x), b - 0.2 * np.mean(errors)
assert np.allclose([w, b], [1, 2], atol=1e-6) and losses[-1] < 1e-12
above = [value - 0.2 for value in map(loss, path)]
assert (
    np.argmax(np.array(above) < 1e-3) == 6 and np.argmax(np.array(losses) < 1e-3) > 60
)
w0, doubled = 5.0, [w - 0.1 * 2 * slope(w) for w in (5.0, 2.2)]
assert np.allclose(doubled, [2.2 + (1 - 2 * 0.1 * L) * (w0 - 2.2), 2.2])
print("checked: the quick questions and both outlines")

# %% [markdown]
# ## References
#
# - A.-M. Legendre (1805). *Nouvelles méthodes pour la détermination des orbites des comètes*. Its appendix introduces the
#   method of least squares, the loss of this lesson.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
