# %% [markdown]
# # Newton's method: digits that double
#
# {{about}}
#
# **After this lesson you can**
#
# - do Newton's method by hand in one dimension, and say why its correct digits double,
# - name a case where they do not,
# - derive the step in many dimensions and say why units do not matter to it,
# - explain why it walks to saddles, and damp it so that it goes down.
#
# **You need** Taylor's formula to second order, eigenvalues of a symmetric matrix, and the Hessian (unit 02).

# %% [markdown]
# ## One dimension, by hand
#
# Descent looks at the slope and takes a step whose length you chose. Curvature can choose it for you.
#
# Take $f(x) = x - \ln x$ for $x > 0$. Its slope is $1 - 1/x$, its curvature $1/x^2$, its minimum at $x = 1$. You
# stand at $0.9$. There the slope is $-0.1111$ and the curvature $1.2346$. A parabola with this slope and this
# curvature has its lowest point $0.1111 / 1.2346 = 0.09$ to the right, at $0.99$. Jump there.
#
# At $0.99$ the slope is $-0.0101$ and the curvature $1.0203$. Their quotient is $0.0099$, so the next point is
# $0.9999$. The distance to the minimum was $0.1$, then $0.01$, then $0.0001$.
#
# **Predict.** How many steps from $0.9$ until sixteen decimals are right, all that a float64 has?

# %%
x = 0.9
for t in range(5):
    print(t, f"x = {x:.16f}   distance {abs(x - 1):.1e}")
    x = x - (1 - 1 / x) / (1 / x**2)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Four: $0.1$, $10^{-2}$, $10^{-4}$, $10^{-8}$, $10^{-16}$. Each step *doubles* the number of right digits.
#
# </details>

# %% [markdown]
# In general: near $x$ replace $f$ by the parabola with the same slope $f'(x)$ and the same curvature $f''(x)$, and
# jump to the lowest point of *that*. This is [[Newton's method]]:
#
# $$x \leftarrow x - \frac{f'(x)}{f''(x)}, \qquad \text{here } x \leftarrow x - \Bigl(1 - \frac1x\Bigr) x^2 = 2x - x^2. \tag{1}$$
#
# Put $x = 1 + e$ into the right one: the new distance is $2(1 + e) - (1 + e)^2 - 1 = -e^2$. The error is squared.
#
# Descent multiplies it instead. Near the minimum the slope is about $e$, so a step of rate $\eta$ leaves about $(1 -
# \eta)\,e$: the same number of new digits in each step, not twice as many.

# %%
newton, descent = [0.1], [0.1]  # distances to the minimum, both from x = 0.9
x, lr = 0.9, 0.5
for t in range(25):
    x = x - lr * (1 - 1 / x)
    descent.append(abs(x - 1))
    newton.append(newton[-1] ** 2)

# %% tags=["draw"]
# Right digits against steps
import numpy as np

from gdcourse import plots

at, grid = 0.4, np.linspace(0.15, 1.6, 200)
slope, curved = 1 - 1 / at, 1 / at**2
jump = at - slope / curved
parabola = at - np.log(at) + slope * (grid - at) + curved * (grid - at) ** 2 / 2

fig, (left, right) = plots.figure(2, width=9, height=3.2)
left.plot(
    grid, grid - np.log(grid), color="black", linestyle="-", label="$f(x) = x - \\ln x$"
)
left.plot(grid, parabola, label="the parabola at $x = 0.4$")
left.plot(at, at - np.log(at), "o", color=plots.COLOURS[1], label="you stand here")
left.plot(
    jump,
    np.interp(jump, grid, parabola),
    "v",
    color=plots.COLOURS[2],
    markersize=9,
    label="and jump to here",
)
left.set(xlabel="$x$", ylim=(0.8, 3.2), title="one step")
left.legend(fontsize="small", loc="upper left")
digits = {
    name: -np.log10(np.maximum(e, 1e-17))
    for name, e in (("Newton", newton), ("descent", descent))
}
right.plot(np.minimum(digits["Newton"], 16)[:8], "o-", label="Newton: error squared")
right.plot(digits["descent"], "s--", markersize=4, label="descent, rate 0.5: halved")
right.set(xlabel="step", ylabel="right decimals", title="from $x = 0.9$", ylim=(0, 17))
right.legend(loc="lower right")
plots.show(
    fig,
    alt="Left, the curve x - ln x and a parabola that touches it at 0.4; the lowest point of the "
    "parabola is at 0.64. Right, right decimals against the step. Newton's curve doubles: 1, 2, "
    "4, 8, 16. Descent rises on a straight line to about 8.6 in 25 steps.",
)

# %% [markdown]
# ## Why the digits double
#
# Let $x^*$ be a minimum with $f''(x^*) > 0$, and $e = x - x^*$. Write the slope at $x^*$, which is zero, by Taylor's
# formula around $x$:
#
# $$0 = f'(x^*) = f'(x) - f''(x)\, e + \tfrac12 f'''(c)\, e^2 \quad \text{for some } c \text{ between } x \text{ and } x^*.$$
#
# Divide by $f''(x)$ and solve for $f'(x)/f''(x)$, the length of Newton's step:
#
# $$\frac{f'(x)}{f''(x)} = e - \frac{f'''(c)}{2 f''(x)}\, e^2.$$
#
# The new distance is $e$ minus this. The $e$ cancels:
#
# $$e_{\text{new}} = \frac{f'''(c)}{2 f''(x)}\; e^2. \tag{2}$$
#
# Once $e$ is so small that the factor times $e$ is below one, each step squares the error, up to that factor. This is
# **quadratic convergence**. The proof used three things: a third derivative, a curvature that is not zero, and a
# start near enough.
#
# **Predict.** Drop the second, then the third. What does Newton's method do on $x^4$, whose curvature at the minimum
# is zero? And on $x - \ln x$ from $x = 2.5$?

# %%
x = 1.0
for t in range(4):
    x = x - 4 * x**3 / (12 * x**2)
    print(f"on x^4: {x:.4f}")
print("on x - ln x, from 2.5:", 2 * 2.5 - 2.5**2)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# On $x^4$ the step is $x \leftarrow x - x/3 = \frac23 x$: an error multiplied by $\frac23$, as descent does it on a
# parabola, no doubling. From $2.5$ the first step lands at $-1.25$, where $f$ is not even defined. By (1), $\lvert e
# \rvert < 1$ is needed: the method works from $0 < x < 2$.
#
# </details>

# %% tags=["check"]
# Every number of the first two sections

path = [0.9]
for _ in range(4):
    path.append(2 * path[-1] - path[-1] ** 2)
assert np.allclose(path[:3], [0.9, 0.99, 0.9999]) and abs(path[4] - 1) < 2.3e-16
assert np.allclose(np.abs(np.array(path[:4]) - 1), [0.1, 1e-2, 1e-4, 1e-8], rtol=1e-6)
for v, numbers in ((0.9, [-0.1111, 1.2346, 0.09]), (0.99, [-0.0101, 1.0203, 0.0099])):
    assert np.round([1 - 1 / v, 1 / v**2, -(1 - 1 / v) * v**2], 4).tolist() == numbers
assert np.isclose(jump, 0.64) and at == 0.4
assert np.allclose(np.minimum(digits["Newton"], 16)[:5], [1, 2, 4, 8, 16])
assert round(digits["descent"][25], 1) == 8.6
ratio = np.array(descent[20:]) / np.array(descent[19:-1])
assert np.allclose(ratio, 0.5, atol=1e-3) and 8.4 < digits["descent"][-1] < 8.8
assert np.isclose(x, (2 / 3) ** 4) and 2 * 2.5 - 2.5**2 == -1.25
for start, arrives in ((0.01, True), (1.99, True), (2.0, False), (2.01, False)):
    e = start - 1
    for _ in range(40):
        e = -(min(abs(e), 1e9) ** 2)
    assert (abs(e) < 1e-12) == arrives
print("checked: errors 0.1, 1e-2, 1e-4, 1e-8; two thirds on x^4; the border at x = 2")

# %% [markdown]
# ## Many dimensions
#
# With the gradient $g$ and the Hessian $H$ at $\theta$, Taylor's formula for a step $\Delta$ is
#
# $$J(\theta + \Delta) \approx J(\theta) + g^\top \Delta + \tfrac12 \Delta^\top H \Delta. \tag{3}$$
#
# The right side is flat where $g + H\Delta = 0$. So solve this system of equations, and step:
#
# $$\theta \leftarrow \theta - H^{-1} g. \tag{4}$$
#
# On a quadratic (3) is exact, so one step arrives, however narrow the valley. In the eigenvectors of $H$ you see
# why: descent multiplies all components of the gradient by one $\eta$; Newton divides each by its own curvature.
#
# **Units do not matter.** Measure the parameters in other units, $\theta = A\phi$ with an invertible matrix $A$. In
# $\phi$ the gradient is $A^\top g$ and the Hessian $A^\top H A$. The step is $-(A^\top H A)^{-1} A^\top g = -A^{-1}
# H^{-1} g$. Multiply by $A$ to see it in $\theta$: it is (4) again. Descent becomes $-\eta A A^\top g$, another
# direction. Here $\phi$ is only another name for the parameters.
#
# **Predict.** The exercise that belongs here is {{exercise:newton_step}}. For $d$ parameters, how does its work grow
# with $d$?


# %%
def newton_step(theta, g, H):
    return theta - np.linalg.solve(H, g)


H = np.array([[25.0, 12.0], [12.0, 10.0]])  # a tilted valley
minimum = np.array([3.0, -2.0])
theta = np.array([10.0, 10.0])
print(newton_step(theta, H @ (theta - minimum), H))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $H$ has $d^2$ entries. To solve the system takes about $d^3 / 3$ multiplications. For $d = 100$ that is nothing. For
# a small network of $64$ inputs, $128$ hidden units and $10$ outputs, with $9610$ parameters, $H$ fills $739$
# megabytes. For $25$ million it would fill $5$ petabytes. The next two lessons take less.
#
# </details>

# %% [markdown]
# ## It walks to saddles
#
# "Second-order methods converge faster to the optimum", says a published tutorial. Look at (4) again: it asks for a
# place where the gradient is zero. *Any* such place. Along an eigenvector with a negative curvature, dividing by it
# turns the step uphill.
#
# Himmelblau's function has four minima, four saddles and one maximum. Start Newton's method from a grid of $121
# \times 121$ points. (Folded: `square` holds the points, `walk` makes the steps, `kind` counts the negative
# curvatures.)
#
# **Predict.** What share of the starts ends at a minimum?

# %% tags=["setup"]
# Newton's method from all starts at once, and a damped version
from gdcourse.functions import himmelblau

side = np.linspace(-5, 5, 121)
square = np.stack(np.meshgrid(side, side)).reshape(2, -1)


def curvatures(points):
    """(2, n) -> the Hessians (n, 2, 2) and their eigenvalues (n, 2), ascending."""
    hessians = np.moveaxis(himmelblau.hessian(points), -1, 0)
    return hessians, np.linalg.eigvalsh(hessians)


def walk(points, floor=None, steps=60):
    """Newton's steps; floor: lift all eigenvalues so that the least is at least this."""
    track = [points]
    for _ in range(steps):
        hessians, eigenvalues = curvatures(track[-1])
        if floor is not None:
            lift = np.maximum(0, floor - eigenvalues[:, 0])
            hessians = hessians + lift[:, None, None] * np.eye(2)
        g = himmelblau.gradient(track[-1]).T
        track.append(track[-1] - np.linalg.solve(hessians, g[:, :, None])[:, :, 0].T)
    return np.array(track)


def kind(points):
    """How many curvatures are negative: 0 at a minimum, 1 at a saddle, 2 at a maximum."""
    return np.sum(curvatures(points)[1] < 0, axis=1)


# %%
plain = kind(walk(square)[-1])
damped = kind(walk(square, floor=20)[-1])
for name, found in (("Newton", plain), ("damped", damped)):
    shares = [round(100 * np.mean(found == k)) for k in (0, 1, 2)]
    print(f"{name:8} minimum, saddle, maximum: {shares} %")

# %% tags=["draw"]
# Where each start ends, and two routes
start = np.array([[-1.0], [0.0]])
routes = {
    "Newton": walk(start, steps=8)[:, :, 0],
    "damped": walk(start, floor=20, steps=8)[:, :, 0],
}
fig = plots.paths(
    himmelblau, routes, window=(-5, 5, -5, 5), width=6, height=4.8, levels=14
)
ax = fig.axes[0]
shades = ["white", "#fbe3b5", "#b9b9b9"]
ax.contourf(
    side,
    side,
    plain.reshape(121, 121),
    levels=[-0.5, 0.5, 1.5, 2.5],
    colors=shades,
    zorder=0,
)
ax.plot(
    *himmelblau.minima.T, "*", color="black", markerfacecolor="white", markersize=13
)
ax.set_title(
    "Newton ends at: a minimum (white), a saddle (yellow), the maximum (grey)",
    fontsize="medium",
)
plots.show(
    fig,
    alt="Contours with four stars at the minima. White areas around them lead to a minimum, "
    "yellow bands between them to a saddle, a grey patch in the centre to the maximum. From "
    "(-1, 0) Newton climbs to the maximum, the damped route goes down to a minimum.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $58\,\%$. From $36\,\%$ it ends at a saddle, from $6\,\%$ at the maximum. The gradient is zero there, and a stopping
# rule that looks at the gradient takes it for success.
#
# </details>

# %% [markdown]
# **Damping** mends it. Add a number $c$ to all eigenvalues, so that none is negative:
#
# $$\theta \leftarrow \theta - (H + cI)^{-1} g, \qquad c > -\lambda_{\min}(H). \tag{5}$$
#
# Now each component of the gradient is divided by a positive number: the step goes downhill. With a huge $c$ it is a
# small step of descent, of rate $1/c$; with $c = 0$ it is Newton's. The run above takes the least $c$ that lifts all
# eigenvalues to $20$. Why $20$? At the four minima they are $25.7$ and more: near them nothing is added, and the
# digits still double. Elsewhere no number is divided by less than $20$, so no step is longer than a twentieth of the
# gradient. All starts end at a minimum. That is no law: a damped step can still be too long, and then one shortens it
# until the loss falls.
#
# To learn what you have found, look at the eigenvalues of $H$: {{exercise:classify_stationary}}.

# %% tags=["check"]
# The shares, the routes, the quadratic and the units
assert [round(100 * np.mean(plain == k)) for k in (0, 1, 2)] == [58, 36, 6]
assert np.all(damped == 0) and len(plain) == 121**2
tracks = {floor: walk(square, floor) for floor in (20, 1, 0.01)}
left = {
    f: np.abs(himmelblau.gradient(t[-1])).max(axis=0) > 1e-6 for f, t in tracks.items()
}
assert not left[20].any() and not left[1].any() and 0 < np.sum(left[0.01]) < 20
assert all(np.all(kind(track[-1]) == 0) for track in tracks.values())
strides = {f: np.linalg.norm(np.diff(t, axis=0), axis=1) for f, t in tracks.items()}
assert round(strides[1].max(), -2) == 1000
assert round(np.median(strides[0.01][0]), -1) == 490
slopes = np.linalg.norm(himmelblau.gradient(square), axis=0)
assert np.all(strides[20][0] <= slopes / 20 + 1e-9)
at_minima = curvatures(himmelblau.minima.T)
assert round(at_minima[1].min(), 1) == 25.7 > 20
assert np.abs(himmelblau.gradient(walk(square)[-1])).max() < 1e-8
ends = {name: kind(route[-1][:, None])[0] for name, route in routes.items()}
assert ends == {"Newton": 2, "damped": 0}
assert np.allclose(newton_step(theta, H @ (theta - minimum), H), minimum)
assert 64 * 128 + 128 + 128 * 10 + 10 == 9610
assert round(9610**2 * 8 / 1e6) == 739 and round((25 * 10**6) ** 2 * 8 / 1e15) == 5
A = np.array([[3.0, 1.0], [0.0, 0.2]])
g, curved = (
    himmelblau.gradient(np.array([1.0, 2.0])),
    himmelblau.hessian(np.array([1.0, 2.0])),
)
in_phi = np.linalg.solve(A.T @ curved @ A, A.T @ g)
assert np.allclose(A @ in_phi, np.linalg.solve(curved, g))
assert not np.allclose(
    A @ A.T @ g / np.linalg.norm(A @ A.T @ g), g / np.linalg.norm(g), atol=0.1
)
print(
    "checked: 58, 36 and 6 % of 14,641 starts; one step on a quadratic; units do not matter"
)

# %% [markdown]
# ## In three frameworks
#
# One step on Rosenbrock's function from $(-1.2, 1)$. PyTorch and TensorFlow differentiate twice.

# %%
from gdcourse.functions import rosenbrock

banana, theta = rosenbrock(), np.array([-1.2, 1.0])
ours = newton_step(theta, banana.gradient(theta), banana.hessian(theta))
print("NumPy:     ", ours)

# %% tags=["torch"]
import torch

theta_t = torch.tensor(theta, requires_grad=True)


def banana_t(v):
    return 100 * (v[1] - v[0] ** 2) ** 2 + (1 - v[0]) ** 2


(g_t,) = torch.autograd.grad(banana_t(theta_t), theta_t)
H_t = torch.autograd.functional.hessian(banana_t, theta_t)
torch_step = (theta_t - torch.linalg.solve(H_t, g_t)).detach()
print("PyTorch:   ", torch_step.numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

theta_k = tf.Variable(theta)
with tf.GradientTape() as outer:
    with tf.GradientTape() as inner:
        value = 100 * (theta_k[1] - theta_k[0] ** 2) ** 2 + (1 - theta_k[0]) ** 2
    g_k = inner.gradient(value, theta_k)
H_k = outer.jacobian(g_k, theta_k)
tf_step = theta_k - tf.linalg.solve(H_k, g_k[:, None])[:, 0]
print("TensorFlow:", tf_step.numpy())

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert (
    theta.tolist() == [-1.2, 1.0]
    and np.allclose(torch_step, ours, rtol=1e-12)
    and np.allclose(tf_step, ours, rtol=1e-12)
)
print("checked: one Newton step, the same in three frameworks")

# %% [markdown]
# ## Summary
#
# - Newton's method jumps to the lowest point of the local parabola. It has no rate.
# - Near a minimum with positive curvature the error is squared: right digits double.
# - One step solves a quadratic, and units do not matter.
# - It seeks zero gradients of any kind. Damping makes the step go down.
#
# ## Common mistakes
#
# - **Inverting $H$.** Solve the system: it is cheaper and more accurate.
# - **Taking a small gradient for a minimum.** Look at the eigenvalues.
# - **Trusting it far from the minimum.** The parabola fits nearby, not everywhere.
#
# ## Quick questions
#
# 1. The error is $10^{-3}$ and the factor in (2) is about $1$. What is it after two steps?
#
#    <details><summary><b>Answer</b></summary>
#
#    $10^{-12}$: squared twice.
#
#    </details>
# 2. $f(x) = 3x^2 - 12x$, start at $100$. Where is Newton's method after one step?
#
#    <details><summary><b>Answer</b></summary>
#
#    At $x = 2$, the minimum: $f$ is a parabola.
#
#    </details>
# 3. At a point the curvatures are $4$ and $-1$, the gradient is $(4, 1)$ in these directions. In which component does
#    Newton's step climb?
#
#    <details><summary><b>Answer</b></summary>
#
#    The step is $(-1, +1)$. In the second component it goes *with* the gradient: it climbs. With $c = 2$ in (5) it is
#    $(-\frac46, -1)$, downhill in both.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** The square root of $a$ without a root: minimise $f(x) = x^3/3 - a x$ over $x > 0$ by (1). Which rule do
# you get, and what is $e_{\text{new}}$?
#
# <details><summary><b>Outline</b></summary>
#
# $f' = x^2 - a$ and $f'' = 2x$, so $x \leftarrow x - (x^2 - a)/(2x) = \frac12 (x + a/x)$, a rule that is thousands of
# years old. With $x = \sqrt a + e$ it gives $e_{\text{new}} = e^2 / (2x)$.
#
# </details>

# %% [markdown]
# **Try.** In `walk`, lower the floor from $20$ to $1$ and to $0.01$. Do all starts still end at a minimum? How far do
# the first steps go?
#
# <details><summary><b>Outline</b></summary>
#
# With $1$ all do, though one step is nearly a thousand units long. With $0.01$ half of the first steps are longer
# than $490$ units, and after 60 steps a few starts are still on their way back: far out the function is a bowl, so
# `kind` counts them as minima. Look at the gradient, too.
#
# </details>

# %% [markdown]
# ## References
#
# - J. Nocedal, S. J. Wright (2006). *Numerical Optimization*, chapter 3. Springer. doi:10.1007/978-0-387-40065-5
# - Y. Dauphin and others (2014). Identifying and attacking the saddle point problem in high-dimensional non-convex
#   optimization. arXiv:1406.2572
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
