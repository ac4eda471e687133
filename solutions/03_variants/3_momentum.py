# %% [markdown]
# # Momentum: a ball with friction
#
# {{about}}
#
# **After this lesson you can**
#
# - say why in a narrow valley one rate is too large and too small at once,
# - compute steps with momentum by hand, and write them in three lines,
# - tell too little, enough and too much friction by the path,
# - say by what factor momentum lengthens a step, and what that does to the noise floor.
#
# **You need** the factor $1 - \eta\lambda$ by which one step of descent multiplies the distance $e$ from the minimum,
# where $\lambda$ is the curvature (equation (2) of the lesson before this one), and the sum of a geometric series.

# %% [markdown]
# ## A narrow valley
#
# Two parameters, and a loss that is flat in one direction and steep in the other. With $e_1$ and $e_2$ the distances
# from the minimum,
#
# $$J = \tfrac12\, e_1^2 + \tfrac12 \cdot 25\, e_2^2. \tag{1}$$
#
# The gradient is $(e_1,\; 25\, e_2)$. At the rate $\eta = 0.07$ each step multiplies $e_1$ by $1 - 0.07 = 0.93$, and
# $e_2$ by $1 - 25 \cdot 0.07 = -0.75$: to the other side, three quarters as far.
#
# **Predict.** How much is left of $e_1$ and of $e_2$ after 20 steps? Could a larger rate help?

# %% tags=["setup"]
# NumPy, and the pictures of the course
import numpy as np

from gdcourse import plots

# %%
curvatures = np.array([1.0, 25.0])


def descend(lr, beta, curvature=curvatures, e=(4.0, 1.0), steps=20):
    e, v, path = np.array(e), 0.0, [np.array(e)]
    for _ in range(steps):
        v = beta * v + curvature * e  # with beta = 0 the gradient alone
        e = e - lr * v
        path.append(e)
    return np.array(path)


plain = descend(lr=0.07, beta=0)
print("left after 20 steps:", plain[20] / plain[0])

# %% tags=["draw"]
# The zigzag, and each distance for itself
WINDOW = (-4.5, 4.5, -1.7, 1.7)


def valley(e):
    return (e[0] ** 2 + 25 * e[1] ** 2) / 2


def contours(ax, path, title, colour):
    x, y = np.meshgrid(np.linspace(*WINDOW[:2], 91), np.linspace(*WINDOW[2:], 91))
    levels = 0.25 * 2.0 ** np.arange(9)
    ax.contour(x, y, valley((x, y)), levels=levels, colors="0.8", linewidths=0.8)
    ax.plot(*path.T, "o-", color=colour, markersize=4, linewidth=1.2)
    ax.plot(0, 0, "*", color="black", markerfacecolor="white", markersize=12)
    ax.set(xlabel="$e_1$", ylabel="$e_2$", title=title)


fig, (left, right) = plots.figure(2, width=9.2, height=3.2)
contours(left, plain, r"descent, $\eta$ = 0.07", plots.COLOURS[0])
right.plot(plain[:, 0], "o-", markersize=4, label="$e_1$, flat")
right.plot(plain[:, 1], "s--", markersize=4, label="$e_2$, steep")
right.set(xlabel="step", title="the two distances", xticks=range(0, 21, 5))
right.legend()
plots.show(
    fig,
    alt="Left, a path that zigzags along a narrow valley and ends far from the star, the "
    "minimum. Right, the steep distance swings and dies out; the flat one falls slowly "
    "and is still near 1 after 20 steps.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $0.93^{20} = 0.23$ of $e_1$, and $0.75^{20} = 0.003$ of $e_2$. The flat direction wants a larger rate. But beyond
# $2/25 = 0.08$ the steep factor is below $-1$, and the run diverges. At $1/13 = 0.077$ both factors have the size
# $0.923$, and $0.20$ of each distance is left: hardly better.
#
# </details>

# %% [markdown]
# One rate, too small for one direction and almost too large for the other. Look at the gradients along the zigzag: in
# the flat direction each says "go on", in the steep one each contradicts the one before. If you *added up* past
# gradients, the first kind would grow, the second kind would cancel.
#
# ## A ball by hand
#
# So give the point a [[velocity]] $v$. Each step keeps the share $\beta$ of it, the [[momentum]], adds the new
# gradient, and moves by the rate times $v$ (Polyak, 1964):
#
# $$v \leftarrow \beta v + g, \qquad \theta \leftarrow \theta - \eta\, v. \tag{2}$$
#
# It is a ball on a spring: $-g$ is the pull towards the minimum ($g$ and $v$ count uphill, hence the minus in the
# move), and friction takes the share $1 - \beta$ of the speed in each step. Take one direction with curvature $1$, so
# $g = e$. Let $\eta = \beta = \frac12$ and start at $e = 4$ without speed:
#
# | step | $g$ | $v = \frac12 v + g$ | $e = e - \frac12 v$ |
# |--:|--:|--:|--:|
# | 1 | 4 | 4 | 2 |
# | 2 | 2 | 4 | 0 |
#
# **Predict.** After two steps you are on the minimum, and the gradient is zero. Go on: where are you after steps 3 to
# 6?

# %%
ball = descend(lr=0.5, beta=0.5, curvature=1.0, e=4.0, steps=8)
print(ball)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It rolls on. Step 3 has $g = 0$, but $v = 2$, so $e = -1$. Then $g = -1$ and $v = 0$: it hangs still for one step,
# at $-1$, and turns back to $-0.5$, then $0$. A zero gradient does not stop a ball.
#
# </details>

# %% tags=["check"]
# The valley and the ball
assert np.allclose(plain[20] / plain[0], [0.93**20, 0.75**20])
assert [round(0.93**20, 2), round(0.75**20, 3)] == [0.23, 0.003]
assert np.allclose(1 - 0.07 * curvatures, [0.93, -0.75]) and 2 / 25 == 0.08
assert abs(plain[20, 0] - 1) < 0.1
assert np.allclose(abs(1 - curvatures / 13), 0.923, atol=5e-4)
assert round(1 / 13, 3) == 0.077 and round((12 / 13) ** 20, 2) == 0.20
assert abs(1 - 25 * 0.081) > 1 and plain.shape == (21, 2)
assert ball.tolist() == [4, 2, 0, -1, -1, -0.5, 0, 0.25, 0.25]
print("checked: the factors of the zigzag, and eight places of the ball")

# %% [markdown]
# ## Too little friction, too much, enough
#
# Below, one ball at $\eta\lambda = 0.1$ with three values of $\beta$. The upper pictures show where it is after each
# step.
#
# **Predict.** Which $\beta$ brings it to the minimum soonest, to stay there: $0.1$, $0.47$ or $0.9$?

# %%
settings = {"much friction": 0.1, "just enough": 0.47, "little friction": 0.9}
balls = {
    name: descend(lr=0.1, beta=beta, curvature=1.0, e=4.0, steps=60)
    for name, beta in settings.items()
}

# %% tags=["draw"]
# Three regimes: places on the parabola above, distance by step below
fig, axes = plots.figure(3, 2, width=9.4, height=2.4, sharex="row", sharey="row")
at = np.linspace(-4.2, 4.2, 100)
for (upper, lower), (name, path), colour in zip(
    axes.T, balls.items(), plots.COLOURS, strict=False
):
    upper.plot(at, at**2 / 2, color="0.6", linestyle="-", linewidth=1)
    upper.scatter(
        path[:31], path[:31] ** 2 / 2, s=46, color=colour, alpha=0.55, edgecolor="black"
    )
    upper.set(title=rf"{name}, $\beta$ = {settings[name]}", xlabel="$e$")
    lower.plot(path, color=colour, linestyle="-")
    lower.axhline(0, color="0.4", linestyle=":", linewidth=1)
    lower.set(xlabel="step")
axes[0, 0].set_ylabel("loss")
axes[1, 0].set_ylabel("$e$")
plots.show(
    fig,
    alt="Three columns. Much friction: balls creep down one side of the parabola, and the "
    "distance falls slowly. Just enough: the distance is gone "
    "after twenty steps, without a swing to the other side. Little: balls on both sides; it swings, ever "
    "less, for sixty steps.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $0.47$: within a hundredth of the start from step 17 on. With $\beta = 0.1$ it creeps, and needs 39 steps. With
# $0.9$ it is at the minimum first, after 5 steps, but rolls through, and needs over 80 to come to rest.
#
# </details>

# %% [markdown]
# Physicists call these overdamped, (nearly) critical and underdamped. The next lesson computes where the border lies.
# But note: it depends on $\eta\lambda$, so on the *curvature*. One $\beta$ may be too little friction for a steep
# direction and enough for a flat one.

# %% tags=["check"]
# When does each ball come to rest?
long = {
    name: descend(lr=0.1, beta=beta, curvature=1.0, e=4.0, steps=200)
    for name, beta in settings.items()
}
rest = {name: 1 + int(np.flatnonzero(abs(e) > 0.04)[-1]) for name, e in long.items()}
assert (
    list(rest.values()) == [39, 17, 81] and np.argmax(long["little friction"] < 0) == 5
)
assert list(settings.values()) == [0.1, 0.47, 0.9] and long["much friction"].min() > 0
assert long["just enough"].min() > -0.001 and long["little friction"].min() < -2
assert (1 - 0.1**0.5) ** 2 < 0.47 < (1 - 0.1**0.5) ** 2 + 0.01  # just beyond critical
alone = descend(lr=0.1, beta=0, curvature=1.0, e=4.0, steps=200)
assert 1 + int(np.flatnonzero(alone > 0.04)[-1]) < rest["little friction"]
for beta, turn, free in ((0.5, 1, 2), (0.9, 2.52, 18)):  # the last question
    e, v = 0.0, 4.0
    while v > 0:
        v = beta * v + e
        e = e - 0.5 * max(v, 0)
    assert np.isclose(-e, turn) and np.isclose(0.5 * 4 * beta / (1 - beta), free)
print("checked: just enough friction rests first, too little crosses first")

# %% [markdown]
# ## What the velocity remembers
#
# If all gradients are equal to $g$, the velocity is
#
# $$v = g\,(1 + \beta + \beta^2 + \dots) = \frac{g}{1 - \beta}. \tag{3}$$
#
# With $\beta = 0.9$ the steps become **ten times** longer. If the gradients alternate, $g, -g, g, \dots$, then
#
# $$v = \pm g\,(1 - \beta + \beta^2 - \dots) = \pm \frac{g}{1 + \beta}, \tag{4}$$
#
# with $\beta = 0.9$ about half as long. This is what the valley needs: long steps where gradients agree, short ones
# where they contradict each other. Below the numbers, back to the valley, 20 steps each. With momentum even the rate
# $0.1$ is stable, at which plain descent diverges. (The next lesson says why.)

# %%
for beta in (0.5, 0.9, 0.99):
    agree, alternate = 0.0, 0.0
    for t in range(2000):
        agree = beta * agree + 1
        alternate = beta * alternate + (-1) ** t
    print(f"beta {beta}: gradients agree {agree:.2f}, alternate {abs(alternate):.2f}")

# %% tags=["draw"]
# Descent and momentum in the valley
runs = {"no momentum": (0.07, 0.0), "momentum 0.5": (0.1, 0.5)}
runs["momentum 0.9"] = (0.1, 0.9)
fig, axes = plots.figure(3, width=9.6, height=3, sharey=True)
for ax, (name, (lr, beta)), colour in zip(
    axes, runs.items(), plots.COLOURS, strict=False
):
    contours(ax, descend(lr, beta), rf"{name}, $\eta$ = {lr}", colour)
for ax in axes[1:]:
    ax.set_ylabel("")
plots.show(
    fig,
    alt="Three paths of 20 steps in the valley. Without momentum a zigzag that ends far "
    "from the star; with 0.5 a wider zigzag that reaches it; with 0.9 a path that "
    "sweeps past the star and is still far away.",
)

# %% [markdown]
# With $0.5$ the run arrives. With $0.9$ it has too little friction to do so in 20 steps. Find a pair that loops
# around the star, and one that leaves.


# %% tags=["widget", "draw"]
# Two sliders over recorded runs
def at_pair(rate, momentum):
    fig, ax = plots.figure(width=5.6, height=3.2)
    path = descend(rate, momentum)
    left_over = np.linalg.norm(path[20]) / np.linalg.norm(path[0])
    inside = path[np.abs(path).max(axis=1) < 20]
    contours(ax, inside, f"after 20 steps {left_over:.2g} is left", plots.COLOURS[0])
    ax.set(xlim=WINDOW[:2], ylim=WINDOW[2:])
    return fig, f"Twenty steps in the valley, rate {rate}, momentum {momentum}."


plots.slider(
    at_pair,
    rate=[0.01, 0.02, 0.04, 0.07, 0.1, 0.11, 0.13, 0.15],
    momentum=[0, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9],
)

# %% [markdown]
# ## The price: noise is remembered too
#
# **Predict.** On a floor of noise (the lesson before) you switch momentum on, from $0$ to $0.9$, and leave the rate
# as it is. What happens to the floor?


# %%
def noise_floor(lr, beta, runs=4000, steps=800):
    rng = np.random.default_rng(0)
    e, v = np.zeros(runs), 0.0
    for _ in range(steps):
        v = beta * v + e + rng.normal(size=runs)
        e = e - lr * v
    return np.mean(e**2) / 2


for lr, beta in ((0.01, 0.0), (0.01, 0.9), (0.001, 0.9)):
    print(f"rate {lr}, momentum {beta}: floor {noise_floor(lr, beta):.5f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It rises tenfold. Noise has no direction, but each piece of it stays in $v$ and moves you $1/(1 - \beta)$ times as
# far in all. So momentum at the rate $\eta$ has the floor of the rate $\eta/(1 - \beta)$. Divide the rate by ten, and
# the old floor is back.
#
# </details>

# %% tags=["check"]
# Equations (3) and (4), the valley, and the floors
for beta, sums in ((0.5, (2, 2 / 3)), (0.9, (10, 0.526)), (0.99, (100, 0.5025))):
    assert np.allclose([1 / (1 - beta), 1 / (1 + beta)], sums, rtol=1e-3)
assert np.isclose(agree, 100, rtol=1e-6) and np.isclose(1 / (1 - 0.8), 5)
assert np.isclose(abs(alternate), 1 / 1.99)
ends = {name: np.linalg.norm(descend(*pair)[20]) for name, pair in runs.items()}
assert abs(1 - 0.1 * 25) > 1  # the rate 0.1 without momentum
assert (
    ends["momentum 0.5"] < 0.02 < 0.5 < min(ends["no momentum"], ends["momentum 0.9"])
)
plain_floor = noise_floor(0.01, 0.0)
assert 9 < noise_floor(0.01, 0.9) / plain_floor < 11
assert 0.85 < noise_floor(0.001, 0.9, steps=4000) / plain_floor < 1.15
print("checked: tenfold where gradients agree, and a tenfold floor")

# %% [markdown]
# So where noise is the trouble, start with momentum $0.9$ from a tenth of the rate that suited plain descent, then
# tune. (The valley above had no noise, and there a larger rate was right.) You write the step in
# {{exercise:momentum_step}}.
#
# ## In three frameworks
#
# Both have momentum in `SGD`. The ball again, from $4$ with $\eta = \beta = \frac12$.

# %% tags=["torch"]
import torch

e_t, ball_t = torch.tensor(4.0, requires_grad=True), [4.0]
optimizer = torch.optim.SGD([e_t], lr=0.5, momentum=0.5)
for _ in range(8):
    optimizer.zero_grad()
    (e_t**2 / 2).backward()
    optimizer.step()
    ball_t.append(e_t.item())
print("PyTorch:", ball_t)

# %% tags=["tensorflow"]
import tensorflow as tf

e_k, ball_k = tf.Variable(4.0), [4.0]
optimizer = tf.keras.optimizers.SGD(0.5, momentum=0.5)
for _ in range(8):
    with tf.GradientTape() as tape:
        J = e_k**2 / 2
    optimizer.apply_gradients([(tape.gradient(J, e_k), e_k)])
    ball_k.append(float(e_k))
print("TensorFlow:", ball_k)

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert ball.tolist() == ball_t == ball_k
print("checked: the same nine places in NumPy, PyTorch and TensorFlow")

# %% [markdown]
# ## Summary
#
# - In a valley the steep direction limits the rate, and the flat one suffers.
# - Momentum keeps a velocity, $v \leftarrow \beta v + g$: a ball on a spring, with the friction $1 - \beta$.
# - Gradients that agree make steps up to $1/(1 - \beta)$ times longer. Noise adds up as well, and so does its floor.
#
# ## Common mistakes
#
# - **Momentum added at the old rate.** With $\beta = 0.9$ the steps become up to ten times longer.
# - **More is better.** With too little friction the ball swings long after plain descent has arrived.
# - **A forgotten velocity.** A new `v = 0` for each batch is plain descent.
#
# ## Quick questions
#
# 1. $\beta = 0.8$ and a constant gradient. How much longer do steps become?
#
#    <details><summary><b>Answer</b></summary>
#
#    Five times: $1/(1 - 0.8)$.
#
#    </details>
# 2. The first step from rest: is it longer than without momentum?
#
#    <details><summary><b>Answer</b></summary>
#
#    No. $v = 0$ at first, so it is $\eta g$. Speed builds up.
#
#    </details>
# 3. The loss of a run with momentum rises for a few steps, then falls. Is something wrong?
#
#    <details><summary><b>Answer</b></summary>
#
#    Not by itself. A ball that rolls through the minimum climbs the other side.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that (2) can be written without a velocity: $\theta_{t+1} = \theta_t - \eta g_t + \beta\,(\theta_t -
# \theta_{t-1})$.
#
# <details><summary><b>Outline</b></summary>
#
# The step before was $\theta_t - \theta_{t-1} = -\eta v_t$. Put $v_{t+1} = \beta v_t + g_t$ into $\theta_{t+1} =
# \theta_t - \eta v_{t+1}$, and replace $-\eta v_t$.
#
# </details>

# %% [markdown]
# **Try.** Start the ball at the minimum with $v = 4$ in place of $0$. How far does it go with $\beta = 0.5$ and with
# $0.9$ before it turns? And if there were no spring, $\lambda = 0$?
#
# <details><summary><b>Outline</b></summary>
#
# Without a spring the steps are $\eta \beta v, \eta \beta^2 v, \dots$ and add up to $\eta v \beta/(1 - \beta)$:
# friction alone stops it. With a spring it turns earlier: for $\eta = \frac12$ at the distances $1$ and $2.52$, in
# place of $2$ and $18$.
#
# </details>
#
# ## References
#
# - B. T. Polyak (1964). Some methods of speeding up the convergence of iteration methods.
#   doi:10.1016/0041-5553(64)90137-5
# - I. Sutskever, J. Martens, G. Dahl, G. Hinton (2013). On the importance of initialization and momentum in deep
#   learning. ICML.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
