# %% [markdown]
# # Gauss-Newton: curvature from first derivatives
#
# {{about}}
#
# **After this lesson you can**
#
# - fit a curve by Gauss-Newton, with a pencil and in six lines,
# - say which part of the Hessian it drops, and when that part is small,
# - explain why it can arrive where Newton's method does not, and the other way round,
# - mend both by damping: Levenberg-Marquardt.
#
# **You need** Newton's method (the lesson before this one), products of matrices, and the squared error (unit 01).

# %% [markdown]
# ## A curve through two points
#
# How fast an enzyme works depends on how much it is fed. At the amount $x$ the speed is $x/(w + x)$ of the highest one:
# steep at first, then flat. The number $w$ is the amount that gives half speed. You measure a speed of $\frac13$ at
# $x = 1$, and $\frac12$ at $x = 2$. Which $w$ fits?
#
# Guess $w = 1$. It predicts $\frac12$ and $\frac23$, so both errors are $e = \hat y - y = \frac16$. The slopes of the
# two predictions, by $w$, are $-x/(w + x)^2$: $-\frac14$ and $-\frac29$.
#
# **Pretend that the predictions are straight lines.** After a step $\Delta$ the errors would be
#
# $$\tfrac16 - \tfrac14\Delta \qquad \text{and} \qquad \tfrac16 - \tfrac29\Delta.$$
#
# No $\Delta$ makes both zero. But half the sum of their squares is a parabola in $\Delta$, and it is lowest where its
# slope is zero:
#
# $$-\tfrac14\bigl(\tfrac16 - \tfrac14\Delta\bigr) - \tfrac29\bigl(\tfrac16 - \tfrac29\Delta\bigr) = 0, \qquad
# \Delta = \frac{\frac16\,(\frac14 + \frac29)}{\frac1{16} + \frac4{81}} = 0.703.$$
#
# So go to $w = 1.703$, and pretend again there. This is the method of **Gauss and Newton**: not the loss but the
# *errors* are replaced by something simple.
#
# **Predict.** The right $w$ is $2$, where both errors are $0$. The distance was $1$, then $0.297$. How does it go on:
# divided by three in each step, or faster?

# %%
import numpy as np

from gdcourse import plots

amount, speed = np.array([1.0, 2.0]), np.array([1 / 3, 1 / 2])
w = 1.0
for t in range(5):
    print(f"step {t}: w = {w:.10f}   distance {abs(w - 2):.1e}")
    e = amount / (w + amount) - speed
    slopes = -amount / (w + amount) ** 2
    w = w - (slopes @ e) / (slopes @ slopes)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Faster: $0.3$, $0.025$, $0.0002$, $10^{-8}$. The digits double, as with Newton's method. Yet no second derivative was
# computed.
#
# </details>

# %% [markdown]
# ## Half of the Hessian
#
# Let the loss be $J = \frac12 \sum_i e_i^2$. (A sum this time: a mean would change $g$ and $H$ by one factor, and no
# step.) The $e_i$ are called **residuals**. Differentiate by one parameter:
#
# $$\frac{\partial J}{\partial \theta_j} = \sum_i e_i \frac{\partial e_i}{\partial \theta_j}.$$
#
# Then by another. By the product rule each term gives two:
#
# $$\frac{\partial^2 J}{\partial \theta_j\, \partial \theta_k} =
# \sum_i \frac{\partial e_i}{\partial \theta_j} \frac{\partial e_i}{\partial \theta_k} +
# \sum_i e_i\, \frac{\partial^2 e_i}{\partial \theta_j\, \partial \theta_k}.$$
#
# Put the first derivatives into a matrix $D$, one row per residual, one column per parameter. Here $D$ is called the
# Jacobian. Then
#
# $$g = D^\top e, \qquad H = D^\top D + \text{(errors times second derivatives)}. \tag{1}$$
#
# [[Gauss-Newton]] is Newton's step with the first half alone:
#
# $$\theta \leftarrow \theta - (D^\top D)^{-1} D^\top e. \tag{2}$$
#
# (The matrix must have an inverse: at least as many residuals as parameters, and independent columns.) With one
# parameter that is what you did by hand. The dropped half is small if the *errors* are small, or if the
# predictions bend little. In the example the errors vanish at the minimum, so near it (2) is Newton's step.
#
# And the half that stays has no negative curvature: $u^\top D^\top D\, u = \lVert Du \rVert^2 \ge 0$ in each direction
# $u$. So a step by (2) starts downhill. Newton's need not.

# %% [markdown]
# ## Newton's method, and half of it
#
# Real measurements: twelve speeds of an enzyme treated with puromycin (Treloar 1974, printed by Bates and Watts). Now
# the highest speed is unknown too. So $\hat y = y_{\max}\, x/(w + x)$, and $\theta = (y_{\max}, w)$.
#
# **Predict.** Start at $y_{\max} = 200$ and $w = 0.1$. The best fit has about $213$ and $0.064$, so the first is near
# and the second half too large. Which arrives sooner, Newton's method or half of it? (Folded: `newton`, the step with
# the whole $H$.)


# %%
amount = np.repeat([0.02, 0.06, 0.11, 0.22, 0.56, 1.10], 2)
speed = np.array([76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200.0])


# %%
def residuals(theta):
    top, w = theta
    return top * amount / (w + amount) - speed


def jacobian(theta):
    top, w = theta
    return np.stack([amount / (w + amount), -top * amount / (w + amount) ** 2], axis=1)


def gauss_newton(theta):
    e, D = residuals(theta), jacobian(theta)
    return theta - np.linalg.solve(D.T @ D, D.T @ e)


# %% tags=["setup"]
# The dropped half, written out, for Newton's method
def hessian(theta):
    (top, w), e, D = theta, residuals(theta), jacobian(theta)
    mixed = np.sum(e * -amount / (w + amount) ** 2)
    bend = np.sum(e * 2 * top * amount / (w + amount) ** 3)
    return D.T @ D + [[0, mixed], [mixed, bend]]


def newton(theta):
    return theta - np.linalg.solve(hessian(theta), jacobian(theta).T @ residuals(theta))


# %%
start = np.array([200.0, 0.1])
half, whole = [start], [start]
for t in range(6):
    half.append(gauss_newton(half[-1]))
    whole.append(newton(whole[-1]))
columns = {"step": range(7)}
for name, walk in (("half", half), ("whole", whole)):
    columns[f"{name}: y_max"] = [f"{top:.2f}" for top, _ in walk]
    columns[f"{name}: w"] = [f"{w:.4f}" for _, w in walk]
plots.table(columns)

# %% tags=["draw"]
# The fit, and the smallest curvature of both matrices around the start
fig, (left, right) = plots.figure(2, width=9.4, height=3.5)
grid = np.linspace(0, 1.2, 200)
left.plot(amount, speed, "o", color="black", label="measured")
for t, (colour, style) in enumerate(zip(plots.COLOURS, (":", "--", "-"), strict=False)):
    top, w = half[t]
    curve = top * grid / (w + grid)
    left.plot(grid, curve, color=colour, linestyle=style, label=f"step {t}")
left.set(xlabel="amount $x$", ylabel="speed $y$", ylim=(0, 230))
left.set_title("Gauss-Newton's first two steps")
left.legend(loc="lower right")
ws = np.linspace(0.04, 0.12, 300)


def least(matrix):
    return [np.linalg.eigvalsh(matrix(np.array([200.0, w])))[0] for w in ws]


stays = least(lambda theta: jacobian(theta).T @ jacobian(theta))
right.plot(ws, stays, linestyle="-", label="$D^T D$")
right.plot(ws, least(hessian), linestyle="--", label="$H$")
right.axhline(0, color="0.6", linewidth=1, linestyle="-")
at_start = np.linalg.eigvalsh(hessian(start))[0]
right.plot(0.1, at_start, "s", color=plots.COLOURS[1], label="the start")
right.set(xlabel="$w$, at $y_{max} = 200$", ylabel="smallest curvature")
right.set_title("one half stays positive")
right.legend(loc="lower left")
plots.show(
    fig,
    alt="Left, twelve measurements on a curve that rises and levels off, and three fits: the "
    "first too low on the left, the next two close. Right, the smallest eigenvalue against "
    "w: of D'D above zero throughout; of H almost zero at the start, w = 0.1, and below zero "
    "to the right of it.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Half of it: after five steps it stands at $212.68$ and $0.0641$, the published fit. Newton's method is thrown to
# $-182$ in its first step and does not return. At the start a curvature of $H$ is almost zero, and dividing by it makes
# a huge step. The dropped half is what brought it there.
#
# </details>

# %% [markdown]
# And descent? The curvatures at the minimum are $2.3$ and four million, since $y_{\max}$ and $w$ have such different
# units. With its best rate it would need six million steps to come a thousand times closer.
#
# ## Where it fails
#
# If the errors stay large at the minimum, what was dropped counts. Two residuals of one number:
# $e = (x + 1,\; q x^2 + x - 1)$. Here $q$ is a number that bends the second.
#
# At $x = 0$ the residuals are $1$ and $-1$, their slopes $1$ and $1$. So $g = 1 - 1 = 0$ and $D^\top D = 2$. The
# dropped half is the error $-1$ times the second derivative $2q$. So $H = 2 - 2q$: for each $q < 1$ this is a
# minimum. Close to it $g \approx Hx$, and (2) does
#
# $$x \leftarrow x - \frac{2 - 2q}{2}\, x = q\, x. \tag{3}$$
#
# **Predict.** What happens for $q = 0$, for $q = -0.5$, and for $q = -2$?


# %%
def bent(x, q):
    e = np.array([x + 1, q * x**2 + x - 1])
    D = np.array([1.0, 2 * q * x + 1])
    return x - (D @ e) / (D @ D)


for q in (0, -0.5, -2):
    walk = [1e-4]
    for _ in range(6):
        walk.append(bent(walk[-1], q))
    print(f"q = {q:4}: ", *(f"{x:.1e}" for x in walk))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $q = 0$: nothing was dropped, one step arrives. $q = -0.5$: the distance halves in each step. $q = -2$: it doubles.
# Gauss-Newton *leaves* a perfectly good minimum. There $H = 6$, and (2) divides by $2$: its steps are three times too
# long. Newton's method divides by $6$ and arrives.
#
# </details>

# %% [markdown]
# ## Damping
#
# The direction was downhill, the step too long. So do as in the last lesson and add something to the diagonal.
# **Levenberg-Marquardt** multiplies each entry of the diagonal by $1 + c$, so that a parameter's unit does not
# matter. It tries the step. If the loss falls, the step is kept and $c$ divided by ten: closer to Gauss-Newton. If
# not, the step is taken back and $c$ multiplied by ten: shorter.


# %%
def levenberg_marquardt(theta, residuals, jacobian, steps, c=1.0):
    for _ in range(steps):
        e, D = residuals(theta), jacobian(theta)
        A = D.T @ D
        tried = theta - np.linalg.solve(A + c * np.diag(np.diag(A)), D.T @ e)
        better = np.sum(residuals(tried) ** 2) < np.sum(e**2)
        theta, c = (tried, c / 10) if better else (theta, 10 * c)
    return theta


# %% [markdown]
# How many of 54 starts, $y_{\max}$ from $50$ to $400$ and $w$ from $0.01$ to $2$, does each method bring to the
# enzyme's best fit in 100 steps? (Folded: `repeated` repeats a step, `arrive` counts.)

# %% tags=["setup"]
# All starts, and who arrives
best = np.array([212.68370, 0.0641212])
tops, halves = (
    (50.0, 100, 150, 200, 300, 400),
    (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2),
)
starts = [np.array([top, w]) for top in tops for w in halves]


def repeated(step):
    def run(theta):
        for _ in range(100):
            if not np.all(np.abs(theta) < 1e6):
                break  # gone for good
            theta = step(theta)
        return theta

    return run


def arrive(run):
    return sum(np.allclose(run(start), best, rtol=1e-3, atol=0) for start in starts)


# %%
arrived = {
    "Newton": arrive(repeated(newton)),
    "Gauss-Newton": arrive(repeated(gauss_newton)),
    "Levenberg-Marquardt": arrive(
        lambda theta: levenberg_marquardt(theta, residuals, jacobian, 100)
    ),
}
print(arrived)

# %% [markdown]
# Levenberg-Marquardt keeps a step only if the loss falls, so it is not thrown away. The one start that it misses has
# stopped in another minimum, at a negative $w$, which means nothing for an enzyme. And where Gauss-Newton left
# the minimum, at $x = 10^{-4}$ for $q = -2$, it walks in.

# %% tags=["check"]
# The curve by hand, the enzyme, the three factors, and the starts
from gdcourse.optimizers import second_order

X2, Y2 = np.array([1.0, 2.0]), np.array([1 / 3, 1 / 2])
w, distances = 1.0, [1.0]
assert np.allclose(X2 / (1 + X2) - Y2, 1 / 6)
assert np.allclose(-X2 / (1 + X2) ** 2, [-1 / 4, -2 / 9])
for _ in range(4):
    e, d = X2 / (w + X2) - Y2, -X2 / (w + X2) ** 2
    w = w - (d @ e) / (d @ d)
    distances.append(abs(w - 2))
assert np.isclose((1 / 4 + 2 / 9) / 6 / (1 / 16 + 4 / 81), 0.703, atol=5e-4)
assert np.allclose(distances[1:4], [0.297, 0.0254, 0.000185], rtol=5e-3)
assert distances[4] < 1.1e-8 and round(2 - distances[1], 3) == 1.703
assert round(distances[2], 3) == 0.025 and round(distances[3], 4) == 0.0002
assert round(best[0]) == 213 and round(best[1], 3) == 0.064

for theta in (start, best):  # the derivatives against differences
    for column in range(2):
        h = 1e-6 * np.eye(2)[column] * np.maximum(1, theta)
        width, points = 2 * h[column], (theta + h, theta - h)
        e_ahead, e_behind = map(residuals, points)
        g_ahead, g_behind = (jacobian(p).T @ residuals(p) for p in points)
        slope = (e_ahead - e_behind) / width
        assert np.allclose(jacobian(theta)[:, column], slope, rtol=1e-5)
        curved = (g_ahead - g_behind) / width
        assert np.allclose(hessian(theta)[:, column], curved, rtol=1e-3, atol=0.05)
assert (round(half[5][0], 2), round(half[5][1], 4)) == (212.68, 0.0641)
assert round(whole[1][0]) == -182
assert all(np.abs(p - best).max() > 1 for p in whole[1:])
assert np.abs(repeated(newton)(start)).max() > 1e6  # nor does it return in 100 steps
flat, steep = np.linalg.eigvalsh(hessian(best))
assert round(flat, 1) == 2.3 and 3.9e6 < steep < 4.1e6
needed = np.log(1e-3) / np.log((steep - flat) / (steep + flat))
assert 5.9e6 < needed < 6.1e6
assert min(stays) > 0 and 0 < at_start < 0.3
assert np.linalg.eigvalsh(hessian(np.array([200.0, 0.11])))[0] < 0
for q in (0, -0.5, -2):
    assert np.isclose(bent(1e-6, q), q * 1e-6, rtol=1e-4, atol=1e-11)
x = 1e-4  # Newton's method for q = -2: g = D e, and H = D D + 2 q e
for _ in range(2):
    e, d = np.array([x + 1, -2 * x**2 + x - 1]), np.array([1, -4 * x + 1])
    x = x - (d @ e) / (d @ d - 4 * e[1])
assert abs(x) < 1e-12
damped = levenberg_marquardt(
    np.array([1e-4]),
    lambda x: np.array([x[0] + 1, -2 * x[0] ** 2 + x[0] - 1]),
    lambda x: np.array([[1.0], [-4 * x[0] + 1]]),
    steps=100,
)
assert abs(damped[0]) < 1e-6
away = [1e-4]
for _ in range(30):
    away.append(bent(away[-1], -2))
assert min(map(abs, away[-20:])) > 0.01
assert list(arrived.values()) == [14, 25, 53] and len(starts) == 54
missed = levenberg_marquardt(np.array([50.0, 0.3]), residuals, jacobian, 100)
assert missed[1] < 0 and np.linalg.eigvalsh(hessian(missed))[0] > 0
assert np.abs(jacobian(missed).T @ residuals(missed)).max() < 0.1
kept, speed[11] = speed[11], 0  # the spoilt measurement of the last question
walk = [start]
for _ in range(25):
    walk.append(gauss_newton(walk[-1]))
settled = levenberg_marquardt(start, residuals, jacobian, 100)
assert np.abs(np.diff([w for _, w in walk[-5:]])).min() > 0.005 and walk[-1][1] < 0
assert (round(settled[0]), round(settled[1], 3)) == (159, 0.028)
speed[11] = kept
print("checked: steps by hand, the published fit, and 14, 25 and 53 of 54 starts")

# %% [markdown]
# ## In three frameworks
#
# PyTorch and TensorFlow make the Jacobian themselves. One step of (2) from the same start:

# %%
print("NumPy:     ", gauss_newton(start))

# %% tags=["torch"]
import torch

amount_t, speed_t = torch.tensor(amount), torch.tensor(speed)
theta_t = torch.tensor(start)


def residuals_t(theta):
    return theta[0] * amount_t / (theta[1] + amount_t) - speed_t


D_t = torch.func.jacrev(residuals_t)(theta_t)
step_t = theta_t - torch.linalg.solve(D_t.T @ D_t, D_t.T @ residuals_t(theta_t))
print("PyTorch:   ", step_t.numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

theta_k = tf.Variable(start)
with tf.GradientTape() as tape:
    e_k = theta_k[0] * amount / (theta_k[1] + amount) - speed
D_k = tape.jacobian(e_k, theta_k)
g_k = tf.linalg.matvec(D_k, e_k, transpose_a=True)
step_k = theta_k - tf.linalg.solve(tf.transpose(D_k) @ D_k, g_k[:, None])[:, 0]
print("TensorFlow:", step_k.numpy())

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree, and the library?
assert np.allclose(step_t, gauss_newton(start), rtol=1e-9)
assert np.allclose(step_k, gauss_newton(start), rtol=1e-9)
library = second_order.gauss_newton(residuals, jacobian, start, steps=1)[-1]
assert np.allclose(library, gauss_newton(start), rtol=1e-9)
print("checked: one Gauss-Newton step, the same in all three and in the library")

# %% [markdown]
# ## Summary
#
# - Replace the errors by straight lines, and solve for the step: $D^\top D\, \Delta = -D^\top e$.
# - What is dropped is errors times second derivatives: small where the fit is good. What stays has no negative
#   curvature.
# - Where errors stay large it can leave a minimum. Damping that grows when the loss would rise mends it.
#
# ## Common mistakes
#
# - **Gauss-Newton on a bad fit.** Look at the errors at the minimum: are they small, or do the predictions bend little?
# - **A fixed damping.** Too small, it does not help; too large, it is slow descent. Let it follow the loss.
#
# ## Quick questions
#
# 1. For linear regression, what does Gauss-Newton drop?
#
#    <details><summary><b>Answer</b></summary>
#
#    Nothing: the predictions are linear, so their second derivatives are $0$. One step solves it.
#
#    </details>
# 2. One residual, $e = x^2 - 2$. What is Gauss-Newton's step?
#
#    <details><summary><b>Answer</b></summary>
#
#    $D = 2x$, so $x - 2x(x^2 - 2)/(4x^2) = x - (x^2 - 2)/(2x)$: Newton's step for the *root* of $e$.
#
#    </details>
# 3. Levenberg-Marquardt has $c = 10^6$. What does its step look like?
#
#    <details><summary><b>Answer</b></summary>
#
#    About $-g_j$ divided by $c$ times the diagonal entry of $D^\top D$: descent with a tiny rate for each parameter.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that (2) does not mind units: with $\theta = A\phi$ and an invertible matrix $A$, it makes the same
# step. Here $\phi$ is another name for the parameters.
#
# <details><summary><b>Outline</b></summary>
#
# By the chain rule the Jacobian by $\phi$ is $DA$. The step is
# $-(A^\top D^\top D A)^{-1} A^\top D^\top e = -A^{-1} (D^\top D)^{-1} D^\top e$. Multiply by $A$.
#
# </details>

# %% [markdown]
# **Try.** Spoil one measurement: set `speed[11] = 0`. Where does `gauss_newton` go now from the same start, and where
# `levenberg_marquardt`?
#
# <details><summary><b>Outline</b></summary>
#
# Gauss-Newton does not come to rest in 25 steps: it jumps to and fro at negative $w$. Levenberg-Marquardt settles at
# $(159, 0.028)$, a minimum that this one measurement has pulled far from $(213, 0.064)$.
#
# </details>

# %% [markdown]
# ## References
#
# - D. M. Bates, D. G. Watts (1988). *Nonlinear Regression Analysis and Its Applications*. Wiley.
#   doi:10.1002/9780470316757
# - J. Nocedal, S. J. Wright (2006). *Numerical Optimization*, chapter 10. Springer. doi:10.1007/978-0-387-40065-5
# - D. W. Marquardt (1963). An algorithm for least-squares estimation of nonlinear parameters. *Journal of the SIAM* 11.
#   doi:10.1137/0111030
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
