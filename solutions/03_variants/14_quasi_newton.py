# %% [markdown]
# # Quasi-Newton: curvature from the walk
#
# {{about}}
#
# **After this lesson you can**
#
# - read a curvature off two slopes, and use it,
# - derive the BFGS update, and apply it by hand,
# - apply it without its matrix: L-BFGS,
# - say where it wins, and why mini-batches break it.
#
# **You need** Newton's method (lesson 12), products of matrices, and softmax regression (unit 01).

# %% [markdown]
# ## The secant: curvature from two slopes
#
# Newton's method wants $f''$. But if you have walked from one point to another, you know the slope at both. Slope
# difference by distance *is* a curvature.
#
# Take $f(x) = x - \ln x$ again, with the slope $1 - 1/x$. You went from $0.5$, slope $-1$, to $0.8$, slope $-0.25$.
# So the curvature between them is about $(-0.25 + 1) / (0.8 - 0.5) = 2.5$. Newton's step with it:
#
# $$0.8 - \frac{-0.25}{2.5} = 0.9.$$
#
# **Predict.** The secant's next distances to the minimum at $1$ are $0.1, 0.02, \dots$ Newton's are $0.1, 0.01,
# 0.0001, \dots$ Does the number of right digits still double?

# %%
import numpy as np


def slope(x):
    return 1 - 1 / x


old, x = 0.5, 0.8
for t in range(6):
    print(f"{x:.12f}   distance {abs(x - 1):.1e}")
    curvature = (slope(x) - slope(old)) / (x - old)
    old, x = x, x - slope(x) / curvature

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Not quite. Here the new error is the *product* of the last two: $0.5 \cdot 0.2 = 0.1$, then $0.2 \cdot 0.1 = 0.02$,
# then $0.002$. So the digits of the last two add up, like Fibonacci's numbers, and grow by a factor of $1.618$ a
# step. And no second derivative was asked for.
#
# </details>

# %% [markdown]
# ## One direction known
#
# Let $\Delta$ be the last step. Here $r$ is the change of the gradient along it. In one dimension the curvature was
# $r/\Delta$. In many, $r = H\Delta$ on a quadratic: the walk shows what $H$ does along *one* direction. Newton's step
# needs $H^{-1} g$, so read it backwards:
#
# $$H^{-1} r = \Delta. \tag{1}$$
#
# By hand: $H$ has the rows $(4, 1)$ and $(1, 2)$, but you do not know that. A step $\Delta = (1, 0)$ changes the
# gradient by $r = (4, 1)$. Now the gradient is $g = (4, 8)$. What is $H^{-1}g$?
#
# **First**, split off what you know. $g = r + (0, 7)$. For the part $r$ the answer is $\Delta = (1, 0)$. Just so much
# of $r$ was split off that the rest, $(0, 7)$, is at a right angle to $\Delta$.
#
# **Second**, the rest. With no better estimate take the identity, so the answer is $(0, 7)$. But you know something
# about the true answer: it is at a right angle to $r$. (Because $r^\top H^{-1} (0, 7) = \Delta^\top (0, 7) = 0$, by
# (1).) $(0, 7)$ is not: its product with $r$ is $7$. Repair it along $\Delta$: $(0, 7) - \frac74 (1, 0) = (-1.75,
# 7)$. (Along $\Delta$, because then (2) is symmetric, as $H^{-1}$ is.)
#
# Together $(1, 0) + (-1.75, 7) = (-0.75, 7)$. The truth is $(0, 4)$; the identity alone would have said $(4, 8)$.
# Neither number is right, but both are closer, and for $r$ itself the answer is now exact.
#
# The same in letters, with an estimate $A$ of $H^{-1}$ in place of the identity, and $c = 1/(\Delta^\top r)$:
#
# - split: $g = c\,(\Delta^\top g)\, r + Vg$. Here $V$ is the matrix $I - c\, r\Delta^\top$,
# - ask the old $A$ about the rest: $A V g$,
# - repair the answer: subtract $c\,\Delta$ times its product with $r$, which is to multiply by $V^\top$,
# - add the answer that you know, for the part split off: $c\,(\Delta^\top g)\,\Delta$.
#
# $$A_{\text{new}} = V^\top A\, V + c\, \Delta \Delta^\top. \tag{2}$$
#
# This is [[BFGS]] (Broyden, Fletcher, Goldfarb and Shanno, 1970). By its making $A_{\text{new}}\, r = \Delta$. It is
# symmetric. And $-A_{\text{new}}\, g$ points downhill, if $-A$ times any gradient did and
#
# $$\Delta^\top r > 0, \tag{3}$$
#
# since $g^\top A_{\text{new}}\, g = (Vg)^\top A\, (Vg) + c\, (\Delta^\top g)^2$, which is positive then. (3) says
# that the slope along the step has risen: the curvature met was positive.
#
# How long a step? On a quadratic go to the lowest point along the direction: $-g^\top u / (u^\top H u)$ times $u$.
# Here $u$ is the direction $-Ag$, of any length. (This needs $H$ along $u$; a line search does not.) In general one
# tries lengths until the loss has fallen enough and (3) holds. That is a [[line search]]; unit 04 has the details.
#
# **Predict.** A quadratic in three dimensions, with the best length for each step, and $A = I$ to begin with. After
# how many steps is the minimum reached, and what is $A$ then?

# %%
H = np.array([[20.0, 4.0, 0.0], [4.0, 5.0, 1.0], [0.0, 1.0, 1.0]])
theta, A = np.array([2.0, -1.0, 3.0]), np.eye(3)
for t in range(3):
    g = H @ theta  # the minimum is at 0
    u = -A @ g
    step = -(g @ u) / (u @ H @ u) * u  # exactly to the lowest point along u
    r = H @ step
    V = np.eye(3) - np.outer(r, step) / (step @ r)
    A = V.T @ A @ V + np.outer(step, step) / (step @ r)
    theta = theta + step
    print(f"step {t + 1}: distance {np.linalg.norm(theta):.1e}")
print("A times H:\n", (A @ H).round(6) + 0.0)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Three steps, one for each dimension, and then $A$ is $H^{-1}$: it has seen three independent directions. The price
# of a step grows like the $d^2$ entries of $A$, and not like the $d^3/3$ of Newton's.
#
# </details>

# %% [markdown]
# ## Without the matrix
#
# For $d$ parameters even $d^2$ numbers may be too many. But (2) only *combines* pairs $(\Delta, r)$. So keep the last
# ten or so pairs, and do not write $A$ down. To get $A_{\text{new}}\, g$, do what you did by hand: split, ask the
# older $A$ about the rest, repair, add:
#
# $$A_{\text{new}}\, g = V^\top \bigl(A\, (V g)\bigr) + c\, \Delta\, (\Delta^\top g). \tag{4}$$
#
# The older $A$ is applied in the same way, with the pair before. That is a recursion. Written as two loops it is
# [[L-BFGS]], L for limited memory (Liu and Nocedal, 1989). A pair costs four products of $d$ numbers, so ten pairs
# cost about $40\,d$ multiplications. (Below, the oldest $A$ is the identity. The library scales it, by
# $\Delta^\top r / (r^\top r)$ of the last pair.)


# %%
def apply_A(g, pairs):
    """A g for the pairs (step, r), oldest first; with none left, A is the identity."""
    if not pairs:
        return g
    (step, r), older = pairs[-1], pairs[:-1]
    c = 1 / (step @ r)
    inner = apply_A(g - c * r * (step @ g), older)  # A (V g)
    return inner - c * step * (r @ inner) + c * step * (step @ g)


# %% [markdown]
# ## Where it wins
#
# **Softmax regression** on the digits: one layer, $650$ parameters, a small L2 penalty, a convex loss. Count what
# costs: gradients over all $1438$ training images. Everyone gets $150$ of them. Descent and momentum on all images, and
# momentum on batches of $32$, get the best of seven rates each: the one whose loss is lowest at the end. The losses
# that the line search computes are *not* counted: about two a step.
#
# (Folded: `X` and `y` are the images and digits, `ALPHA` is the strength of the penalty, `grad` the gradient of the
# loss `J`; `quasi_newton` and `best_of` return the losses after each gradient.)
#
# **Predict.** Who is first at an excess loss (above the minimum) of $0.1$? Who is first at $10^{-6}$?

# %% tags=["setup"]
# The loss, the contestants, and what each gradient costs
from gdcourse import datasets, plots
from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad
from gdcourse.optimizers.second_order import lbfgs
from gdcourse.training import batches

train_set, _ = datasets.split(datasets.digits(), test=0.2)
y = train_set.y
X = np.column_stack([np.ones(len(y)), train_set.X])
BUDGET, ALPHA = 150, 0.001


def J(w, rows=slice(None)):
    return softmax_ce(X[rows] @ w.reshape(65, 10), y[rows]) + ALPHA * w @ w / 2


def grad(w, rows=slice(None)):
    dz = softmax_ce_grad(X[rows] @ w.reshape(65, 10), y[rows])
    return (X[rows].T @ dz).ravel() + ALPHA * w


def descend(lr, beta, size):
    """Losses after 0, 1, ... BUDGET gradients over all images; a mini-batch is a share of one."""
    w, v, rng, losses = np.zeros(650), np.zeros(650), np.random.default_rng(0), []
    for _ in range(BUDGET):
        losses.append(J(w))
        for rows in batches(len(y), size, rng):
            v = beta * v + grad(w, rows)
            w = w - lr * v
    return np.array([*losses, J(w)])


def best_of(beta, size):
    """The run whose loss is lowest at the end of the budget, and its place among the rates."""
    rates = 4.0 ** np.arange(-4, 3)
    with np.errstate(all="ignore"):
        runs = [descend(lr, beta, size) for lr in rates]
    place = int(
        np.nanargmin([run[-1] if np.isfinite(run[-1]) else np.inf for run in runs])
    )
    return runs[place], place


def quasi_newton(memory=10):
    """Losses of L-BFGS, one for each gradient; the best so far. Asked twice at a point, it pays once."""
    seen, last = [], [None, None]

    def counted(w):
        if last[0] is None or not np.array_equal(w, last[0]):
            seen.append(J(w))
            last[:] = w.copy(), grad(w)
        return last[1]

    lbfgs(J, counted, np.zeros(650), steps=BUDGET, memory=memory, tol=1e-10)
    return np.minimum.accumulate(seen)[: BUDGET + 1]


# %%
runs = {"L-BFGS": quasi_newton()}
places = {}
for name, beta, size in (
    ("descent, all images", 0.0, None),
    ("momentum, all images", 0.9, None),
    ("momentum, batches of 32", 0.9, 32),
):
    runs[name], places[name] = best_of(beta, size)

# %% tags=["draw"]
# Excess loss against gradients
floor = J(lbfgs(J, grad, np.zeros(650), steps=300, tol=1e-10)[-1])  # a longer run
excess = {name: run - floor for name, run in runs.items()}


def first_below(values, level):
    below = np.flatnonzero(values < level)
    return int(below[0]) if len(below) else None


fig, ax = plots.figure(width=6.6, height=3.6)
for name, values in excess.items():
    ax.plot(np.arange(len(values)) + 1, np.maximum(values, 1e-12), label=name)
ax.set(
    xscale="log",
    yscale="log",
    ylim=(1e-9, 5),
    xlabel="gradients over all images, plus 1",
    ylabel="loss above the minimum",
    title="equal budgets, each at its best rate of seven",
)
ax.legend(fontsize="small", loc="lower left")
plots.show(
    fig,
    alt="Loss above the minimum against gradients, both logarithmic. Mini-batches are ahead "
    "for the first three and then fall more slowly. L-BFGS falls steepest and is below 1e-9 "
    "after 95; momentum on all images follows, at 3e-7 after 150; descent ends highest, at 3e-3.",
)
levels = (0.1, 1e-2, 1e-4, 1e-6)
reached = {
    name: [first_below(v, level) or "not in 150" for level in levels]
    for name, v in excess.items()
}
plots.table({"gradients until the excess is below": levels} | reached)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# L-BFGS, both times. To $0.1$ it needs $8$ gradients, mini-batches $13$. To $10^{-6}$ it needs $61$, momentum on all
# images $135$, and the other two do not arrive. It has no rate to find; the others took seven runs each.
#
# But mini-batches got the rate that is best after $150$ gradients. At four times that rate they are at $0.1$ after $3$.
# They stop at their noise, and where data are many and a rough answer will do, as often in deep learning, that is soon
# enough.
#
# </details>

# %% [markdown]
# **Why not both?** Give L-BFGS a fresh mini-batch for each gradient. Then $r$ is the difference of two *batches* more
# than of two points, and (3) breaks. (On one batch it cannot: the loss is convex.) You can count how often:

# %%
rng = np.random.default_rng(0)
start, step = np.zeros(650), -0.1 * grad(np.zeros(650))
draws = [rng.choice(len(y), size=(2, 32), replace=False) for _ in range(400)]
one_batch = [step @ (grad(start + step, a) - grad(start, a)) <= 0 for a, _ in draws]
two_batches = [step @ (grad(start + step, b) - grad(start, a)) <= 0 for a, b in draws]
print(f"(3) is broken by {np.mean(one_batch):.0%} of pairs on one batch,")
print(f"and by {np.mean(two_batches):.0%} of pairs on two")

# %% tags=["check"]
# The secant, BFGS by hand, the recursion, and the race
from gdcourse.optimizers.second_order import two_loops

distances = [0.5, 0.2]
assert BUDGET == 150 and np.isclose(0.1**2, 0.01)  # Newton squares its distance
for _ in range(4):
    distances.append(distances[-1] * distances[-2])
old, x = 0.5, 0.8
for wanted in distances[2:]:
    old, x = x, x - slope(x) * (x - old) / (slope(x) - slope(old))
    assert np.isclose(abs(x - 1), wanted, rtol=1e-3)
assert np.allclose(distances[2:5], [0.1, 0.02, 0.002]) and np.isclose(slope(0.8), -0.25)
assert np.isclose((-0.25 + 1) / (0.8 - 0.5), 2.5) and np.isclose(0.8 + 0.25 / 2.5, 0.9)
assert round((1 + 5**0.5) / 2, 3) == 1.618
assert np.allclose(A @ H, np.eye(3), atol=1e-8) and np.linalg.norm(theta) < 1e-8

pairs = [(s, H @ s) for s in np.random.default_rng(1).normal(size=(2, 3))]
dense = np.eye(3)
for s, r in pairs:
    V = np.eye(3) - np.outer(r, s) / (s @ r)
    dense = V.T @ dense @ V + np.outer(s, s) / (s @ r)
v = np.array([1.0, 2.0, 3.0])
assert np.allclose(apply_A(v, pairs), dense @ v) and np.allclose(
    dense @ pairs[1][1], pairs[1][0]
)
scaled = [(s, r) for s, r in pairs]
assert np.allclose(
    two_loops(scaled[-1][1], scaled), scaled[-1][0]
)  # the library's keeps (1) too

assert all(0 < place < 6 for place in places.values())  # best rates inside their grid
assert (
    len(y) == 1438
    and X.shape[1] * 10 == 650
    and all(len(run) <= BUDGET + 1 == 151 for run in runs.values())
)
needed = {
    name: [first_below(v, level) for level in (0.1, 1e-6)] for name, v in excess.items()
}
assert needed["L-BFGS"] == [8, 61] and needed["momentum, batches of 32"] == [13, None]
assert needed["momentum, all images"] == [33, 135]
assert needed["descent, all images"] == [32, None]
assert first_below(excess["L-BFGS"], 1e-9) == 95
assert np.isclose(excess["momentum, all images"][-1], 3e-7, rtol=0.05)
ahead = excess["momentum, batches of 32"] < excess["L-BFGS"][: BUDGET + 1]
assert np.flatnonzero(ahead).tolist() == [1, 2, 3]
highest = max(excess, key=lambda name: excess[name][-1])
assert highest == "descent, all images" and round(excess[highest][-1], 3) == 0.003
assert places["momentum, batches of 32"] == 1  # so its rate is 4 ** -3
assert first_below(descend(4.0**-2, 0.9, 32) - floor, 0.1) == 3
looked_up = []
path = lbfgs(lambda w: looked_up.append(w) or J(w), grad, np.zeros(650), steps=BUDGET)
assert 2 <= len(looked_up) / (len(path) - 1) < 2.2
by_memory = {m: first_below(quasi_newton(m) - floor, 1e-6) for m in (1, 3, 10, 30)}
assert np.allclose(list(by_memory.values()), [80, 73, 61, 47], atol=2, rtol=0)
assert not any(one_batch) and np.mean(two_batches) > 0.2

H2, known, change = np.array([[4.0, 1.0], [1.0, 2.0]]), np.array([1.0, 0.0]), [4, 1]
assert np.allclose(H2 @ known, change) and np.allclose(
    np.linalg.solve(H2, [4, 8]), [0, 4]
)
V = np.eye(2) - np.outer(change, known) / (known @ change)
assert np.allclose(V @ [4, 8], [0, 7]) and np.allclose(V.T @ [0, 7], [-7 / 4, 7])
once = V.T @ V + np.outer(known, known) / (known @ change)
assert np.allclose(once @ [4, 8], [-0.75, 7]) and np.allclose(once @ change, known)
assert np.all(np.abs(once @ [4, 8] - [0, 4]) < np.abs(np.subtract([4, 8], [0, 4])))
assert np.isclose(change @ np.linalg.solve(H2, [0, 7]), 0) and -1.75 == -7 / 4
print("checked: secant, BFGS by hand, the recursion, the race at equal budgets")

# %% [markdown]
# ## In three frameworks
#
# PyTorch has L-BFGS built in; it asks for the loss through a function, as it may need several in one step. For
# TensorFlow, hand its gradients to ours.

# %%
ours = lbfgs(J, grad, np.zeros(650), steps=200, tol=1e-9)[-1]
print(f"NumPy:      {J(ours):.10f}")

# %% tags=["torch"]
import torch

w = torch.zeros((65, 10), dtype=torch.float64, requires_grad=True)
X_t, y_t = torch.tensor(X), torch.tensor(y)
optimizer = torch.optim.LBFGS(
    [w], max_iter=300, line_search_fn="strong_wolfe", tolerance_change=0
)


def closure():
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(X_t @ w, y_t) + ALPHA * (w**2).sum() / 2
    loss.backward()
    return loss


# %% tags=["torch"]
optimizer.step(closure)
by_torch = w.detach().numpy().ravel()
print(f"PyTorch:    {J(by_torch):.10f}")

# %% tags=["tensorflow"]
import tensorflow as tf


def tf_grad(w):
    w = tf.Variable(w)
    with tf.GradientTape() as tape:
        z = X @ tf.reshape(w, (65, 10))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(y, z)
        loss = tf.reduce_mean(ce) + ALPHA * tf.reduce_sum(w**2) / 2
    return tape.gradient(loss, w).numpy()


by_tf = lbfgs(J, tf_grad, np.zeros(650), steps=200, tol=1e-9)[-1]
print(f"TensorFlow: {J(by_tf):.10f}")

# %% tags=["check", "torch", "tensorflow"]
# The same minimum?
assert abs(J(by_torch) - J(ours)) < 1e-9 and abs(J(by_tf) - J(ours)) < 1e-9
print("checked: one minimum, found in three frameworks")

# %% [markdown]
# ## Summary
#
# - Two slopes give a curvature. BFGS collects such pairs into an estimate of $H^{-1}$; L-BFGS keeps the pairs and no
#   matrix.
# - With exact gradients it beats descent and momentum here, and has no rate to tune. With a fresh mini-batch for each
#   gradient (3) breaks.
#
# ## Common mistakes
#
# - **Comparing by steps.** A step of L-BFGS may ask for several gradients. Count gradients, each point once.
# - **A new batch between the two gradients of a pair.** Take both on the same rows.
#
# ## Quick questions
#
# 1. Gradients $3$ at $x = 1$ and $5$ at $x = 2$. Where does the secant step lead?
#
#    <details><summary><b>Answer</b></summary>
#
#    Curvature $2$, so $2 - 5/2 = -0.5$.
#
#    </details>
# 2. Why does L-BFGS skip a pair with $\Delta^\top r \le 0$?
#
#    <details><summary><b>Answer</b></summary>
#
#    It shows a negative curvature. $A$ would no longer be positive, and $-Ag$ might climb.
#
#    </details>
# 3. The numbers by hand again: what is $A_{\text{new}}\, (4, 1)$?
#
#    <details><summary><b>Answer</b></summary>
#
#    $(1, 0)$: that is $r$ itself, nothing is left to ask the old $A$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** The secant on $x - \ln x$: show that the new error is minus the product of the last two.
#
# <details><summary><b>Outline</b></summary>
#
# With points $a$ and $x$: the curvature is $(1/a - 1/x)/(x - a) = 1/(ax)$. The step leads to $x - (1 - 1/x)\,ax = x +
# a - ax$, and $1 - (x + a - ax) = (1 - x)(1 - a)$.
#
# </details>

# %% [markdown]
# **Try.** Give `quasi_newton` a memory of $1$, $3$, $10$ and $30$. How many gradients until $10^{-6}$? What does more
# memory cost?
#
# <details><summary><b>Outline</b></summary>
#
# `first_below(quasi_newton(memory=3) - floor, 1e-6)`. It is about $80$, $73$, $61$ and $47$: here more memory is better
# each time, even after ten. (Rounding differs between processors, and may move a count by one.) Each pair costs four
# more products of $d$ numbers a step, little beside a gradient over all images.
#
# </details>

# %% [markdown]
# ## References
#
# - J. Nocedal, S. J. Wright (2006). *Numerical Optimization*, chapters 6 and 7. Springer. doi:10.1007/978-0-387-40065-5
# - D. C. Liu, J. Nocedal (1989). On the limited memory BFGS method for large scale optimization. *Mathematical
#   Programming* 45. doi:10.1007/BF01589116
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
