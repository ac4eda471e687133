# %% [markdown]
# # Nesterov, and where the rate goes
#
# {{about}}
#
# **After this lesson you can**
#
# - compute Nesterov's steps by hand, and say what they do better than a ball,
# - show that they add friction exactly where it is steep,
# - write them in the form that the frameworks use,
# - name a function on which well-tuned momentum goes round for ever,
# - tell PyTorch's momentum from Keras', which differ as soon as the rate changes.
#
# **You need** the two lessons before this one: the ball, its two factors per step, the best setting.

# %% [markdown]
# ## Look before you roll
#
# A ball finds out that the ground rises when it is already climbing. Nesterov (1983) first lets the velocity carry the
# point on, to $z$, and takes the gradient *there*:
#
# $$z = \theta_t + \beta\,(\theta_t - \theta_{t-1}), \qquad \theta_{t+1} = z - \eta\, g(z). \tag{1}$$
#
# The same run as before: curvature $1$, $\eta = \beta = \frac12$, from $4$ at rest. The ball went
# $4, 2, 0, -1, -1, \dots$
#
# | step | $z$ | $g(z) = z$ | $\theta = z - \frac12 g$ |
# |--:|--:|--:|--:|
# | 1 | $4$ | $4$ | $2$ |
# | 2 | $2 + \frac12(2 - 4) = 1$ | $1$ | $0.5$ |
#
# **Predict.** Compute steps 3 and 4. Does it overshoot as far as the ball?

# %% tags=["setup"]
# NumPy, and the pictures of the course
import numpy as np

from gdcourse import plots


# %%
def nesterov(lr, beta, gradient, theta, steps):
    path = [theta, theta]  # two equal points: at rest
    for _ in range(steps):
        z = path[-1] + beta * (path[-1] - path[-2])
        path.append(z - lr * gradient(z))
    return np.array(path[1:])


def heavy_ball(lr, beta, gradient, theta, steps):
    path = [theta, theta]
    for _ in range(steps):
        drift = beta * (path[-1] - path[-2])
        path.append(path[-1] + drift - lr * gradient(path[-1]))
    return np.array(path[1:])


# %%
def pull(e):
    return 1.0 * e  # curvature 1


print("ball:    ", heavy_ball(0.5, 0.5, pull, 4.0, 6))
print("Nesterov:", nesterov(0.5, 0.5, pull, 4.0, 6).round(3))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $z = 0.5 + \frac12(0.5 - 2) = -0.25$ gives $-0.125$, then $z = -0.4375$ gives $-0.21875$. It overshoots to about
# $-0.22$, the ball to $-1$.
#
# </details>

# %% [markdown]
# ## Friction where it is steep
#
# Put $g(z) = \lambda z$ into (1) and measure from the minimum: $e_{t+1} = (1 - \eta\lambda)\,\bigl(e_t + \beta\,(e_t -
# e_{t-1})\bigr)$. Multiply out:
#
# $$e_{t+1} = e_t - \eta\lambda\, e_t + \beta\,(1 - \eta\lambda)\,(e_t - e_{t-1}). \tag{2}$$
#
# Compare with the ball's $e_t - \eta\lambda\,e_t + \beta\,(e_t - e_{t-1})$. **On a parabola, Nesterov's method *is*
# the ball, with $\beta\,(1 - \eta\lambda)$ in place of $\beta$.** Where it is flat, $\eta\lambda$ is near $0$, and it
# keeps the full momentum. Where it is steep it keeps little. That is what the ball could not do: one $\beta$ for all
# directions.
#
# **Predict.** Take $\beta = 0.81$ and $\eta\lambda = 0.5$. The ball shrinks by $\sqrt{0.81} = 0.9$ per step. And
# Nesterov's run? And at $\eta\lambda = 1$?


# %%
def factor(pull, beta):  # solutions of r^2 - (1 + beta - pull) r + beta = 0
    return max(abs(np.roots([1, -(1 + beta - pull), beta])))


for pull_now in (0.5, 1.0):
    ball = factor(pull_now, 0.81)
    ahead = factor(pull_now, 0.81 * (1 - pull_now))
    print(f"eta lambda {pull_now}: ball {ball:.3f}, Nesterov {ahead:.3f}")

# %% tags=["draw"]
# Factors against rate times curvature, and both paths in a valley
pulls = np.linspace(0, 4, 601)
fig, (left, right) = plots.figure(2, width=9.4, height=3.5)
left.plot(pulls, [factor(p, 0.81) for p in pulls], label="ball")
left.plot(pulls, [factor(p, 0.81 * (1 - p)) for p in pulls], label="Nesterov")
left.axhspan(1, 1.2, color="0.9")
left.set(xlabel=r"$\eta\lambda$", ylabel="factor per step", ylim=(0, 1.2))
left.set_title(r"$\beta$ = 0.81")
left.legend(loc="lower right")

curvatures, start = np.array([1.0, 25.0]), np.array([4.0, 1.0])
runs = {
    name: rule(0.03, 0.81, lambda e: curvatures * e, start, 30)
    for name, rule in (("ball", heavy_ball), ("Nesterov", nesterov))
}
for (name, path), marker in zip(runs.items(), "os", strict=True):
    right.plot(path[:, 1], marker=marker, markersize=4, label=name)
right.set(xlabel="step", ylabel="$e_2$", title="steep direction, rate 0.03")
right.legend()
plots.show(
    fig,
    alt="Left, factor per step: the ball has a flat floor at 0.9 up to 3.6; Nesterov's falls "
    "to 0 at one, rises, and leaves the stable range near 1.4. Right, the steep "
    "distance by step: the ball swings for thirty steps, Nesterov's is still after ten.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $\sqrt{0.81 \cdot 0.5} = 0.636$. At $\eta\lambda = 1$ no momentum is left, and one step lands on the minimum: $0$.
#
# </details>

# %% [markdown]
# The price is on the left too: beyond $\eta\lambda = 1$ the momentum turns negative, and soon the run diverges.
# Where? As in the last lesson, where a factor is $-1$. Here $r$ is a factor per step, $r^2 - (1 + \beta -
# \eta\lambda)\, r + \beta = 0$. Put in $r = -1$, and $\beta(1 - \eta\lambda)$ in place of $\beta$:
#
# $$1 + (1 + \beta(1 - \eta\lambda) - \eta\lambda) + \beta(1 - \eta\lambda) = 0 \quad\Rightarrow\quad
# \eta\lambda = \frac{2 + 2\beta}{1 + 2\beta} = 1 + \frac{1}{1 + 2\beta},$$
#
# here $1.38$. The ball held until $2(1 + \beta) = 3.62$. So with Nesterov a rate near $1/L$ is the rule.

# %% tags=["check"]
# By hand, equation (2), and the ends of the stable ranges
by_hand = [4, 2, 0.5, -0.125, -0.21875]
ball_run = heavy_ball(0.5, 0.5, pull, 4.0, 6)
assert nesterov(0.5, 0.5, pull, 4.0, 4).tolist() == by_hand
assert ball_run.tolist() == [4, 2, 0, -1, -1, -0.5, 0]
assert (-0.25, -0.4375) == (0.5 + (0.5 - 2) / 2, -0.125 + (-0.125 - 0.5) / 2)
overshoot = nesterov(0.5, 0.5, pull, 4.0, 40).min()
assert -0.24 < overshoot < -0.2 and np.isclose(-0.22, by_hand[-1], atol=0.002)
for lam in (0.2, 1.0, 1.7):
    both = (
        nesterov(0.5, 0.5, lambda e, lam=lam: lam * e, 4.0, 30),
        heavy_ball(0.5, 0.5 * (1 - 0.5 * lam), lambda e, lam=lam: lam * e, 4.0, 30),
    )
    assert np.allclose(
        *both, rtol=0, atol=1e-12
    )  # the same run, not only the same factor
assert np.isclose(factor(0.5, 0.81), 0.9) and factor(1.0, 0.0) == 0
assert round(factor(0.5, 0.81 * 0.5), 3) == 0.636 == round((0.81 * 0.5) ** 0.5, 3)
edge = 1 + 1 / (1 + 2 * 0.81)
assert np.allclose([factor(p, 0.81) for p in (0.1, 3.6)], 0.9) and round(edge, 1) == 1.4
assert round(edge, 2) == 1.38 and round(2 * (1 + 0.81), 2) == 3.62
assert factor(edge - 0.01, 0.81 * (0.01 - edge + 1)) < 1
assert factor(edge + 0.01, 0.81 * (1 - edge - 0.01)) > 1 > factor(3.61, 0.81)
assert (
    np.abs(runs["Nesterov"][10:, 1]).max() < 0.01 < np.abs(runs["ball"][20:, 1]).max()
)
print("checked: on a parabola Nesterov is a ball with less momentum where it is steep")

# %% [markdown]
# ## The form in the frameworks
#
# (1) wants the gradient at $z$, but a framework has one set of weights. So it stores $z$ and not $\theta$. With the
# velocity as before,
#
# $$v \leftarrow \beta v + g(z), \qquad z \leftarrow z - \eta\,\bigl(g(z) + \beta v\bigr). \tag{3}$$
#
# The new gradient counts once for the step and once in the look ahead. These $z$ are the $z$ of (1); you derive it at
# the end. You write (3) in {{exercise:nesterov_step}}.


# %%
def stored(lr, beta, gradient, z, steps):
    v, path = 0.0, []
    for _ in range(steps):
        g = gradient(z)
        v = beta * v + g
        z = z - lr * (g + beta * v)
        path.append(z + lr * beta * v)  # back to theta
    return np.array(path)


print(stored(0.5, 0.5, pull, 4.0, 6).round(3))

# %% [markdown]
# ## A ball that never arrives
#
# The best setting of the last lesson was derived on parabolas. Is it safe elsewhere? Lessard, Recht and Packard
# (2016) found a loss, convex and with curvatures between $1$ and $25$, that has a soft stretch in a steep slope. Its
# gradient:


# %%
def gradient(x):
    if x < 1:
        return 25 * x
    if x < 2:
        return x + 24
    return 25 * x - 24


# %% [markdown]
# **Predict.** It has one minimum, at $0$. Start at $3.3$ with the best setting for the curvatures $1$ to $25$, $\eta
# = 1/9$ and $\beta = 4/9$. What will momentum do? What will Nesterov's method do, with $\eta = 1/25$ and $\beta =
# 2/3$?

# %%
ball = heavy_ball(1 / 9, 4 / 9, gradient, 3.3, 300)
ahead = nesterov(1 / 25, 2 / 3, gradient, 3.3, 300)
print("ball, last six:", ball[-6:].round(4))
print("Nesterov, last:", ahead[-1])

# %% tags=["draw"]
# The loss with the three places of the cycle, and both runs
xs = np.linspace(-2.6, 3.5, 600)
loss = np.cumsum([gradient(x) for x in xs]) * (xs[1] - xs[0])
loss -= loss.min()
fig, (left, right) = plots.figure(2, width=9.2, height=3.3)
left.plot(xs, loss, color="0.5", linestyle="-")
left.axvspan(1, 2, color="0.93")
left.plot(ball[-3:], np.interp(ball[-3:], xs, loss), "o", color=plots.COLOURS[0], ms=10)
left.set(xlabel="$x$", ylabel="loss", title="three places, for ever", ylim=(-4, 110))
right.plot(ball[:40], marker="o", markersize=4, label="ball")
right.plot(ahead[:40], marker="s", markersize=4, label="Nesterov")
right.set(xlabel="step", ylabel="$x$", title="from 3.3", ylim=(-3.6, 5.4))
right.legend(loc="upper right")
plots.show(
    fig,
    alt="Left, a loss like a parabola, with its soft stretch between 1 and 2 shaded, and "
    "three dots: at -1.8, 0.65 and 2.1. Right, the ball goes round these three; "
    "Nesterov's run comes to rest at 0.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The ball goes round three places for ever: $2.12$, $0.65$ and $-1.80$. Nesterov's run ends at $0$.
#
# </details>

# %% [markdown]
# Nesterov's method has a proof: with $\eta = 1/L$ and $\beta = (\sqrt\kappa - 1)/(\sqrt\kappa + 1)$ the excess falls
# at least like $(1 - 1/\sqrt\kappa)^t$ on **every** loss with curvatures between $\mu > 0$ and $L$, up to a constant
# (Nesterov, 2004). The ball tuned as above has none, as you see. At the rate $1/25$ it arrives here too.

# %% tags=["check"]
# The stored form, the cycle, and the way out
assert np.allclose(
    stored(0.5, 0.5, pull, 4.0, 30), nesterov(0.5, 0.5, pull, 4.0, 30)[1:]
)
cycle = heavy_ball(1 / 9, 4 / 9, gradient, 3.3, 3000)
assert np.allclose(cycle[-3:], cycle[-6:-3], atol=1e-9)
assert sorted(cycle[-3:].round(2)) == [-1.80, 0.65, 2.12] and np.ptp(cycle[-3:]) > 3
assert (
    abs(ahead[-1]) < 1e-12 and abs(nesterov(1 / 25, 0.0, gradient, 3.3, 300)[-1]) < 1e-9
)
assert np.allclose(sorted(cycle[-3:]), [-1.8, 0.65, 2.1], atol=0.02)
tried = np.linspace(-4, 4, 401)
finals = [heavy_ball(1 / 9, 4 / 9, gradient, x, 400)[-1] for x in tried]
caught = np.abs(finals) > 1e-3
assert 0.1 < caught.mean() < 0.15 and np.sum(np.diff(caught.astype(int)) == 1) == 5
assert np.isclose(np.abs(tried[caught]).min(), 1, atol=0.05)
assert not caught[tried > 3.5].any() and caught[np.isclose(tried, 3.3)].all()
slopes = np.diff([gradient(x) for x in xs]) / np.diff(xs)
assert 1 - 1e-6 < slopes.min() and slopes.max() < 25 + 1e-6 and gradient(0.0) == 0
assert abs(heavy_ball(1 / 25, 4 / 9, gradient, 3.3, 3000)[-1]) < 1e-9
print("checked: the ball repeats three places, Nesterov and plain descent arrive")

# %% [markdown]
# ## Where the rate goes
#
# There is a second way to write a ball, with the rate *inside* the velocity. Here $v'$ is this other velocity:
#
# $$v' \leftarrow \beta v' - \eta\, g, \qquad \theta \leftarrow \theta + v'. \tag{4}$$
#
# PyTorch has the rate outside, Keras inside. At a constant rate $v' = -\eta v$, and both make the same run. Now let the
# rate change. Two steps by hand: both gradients are $1$, $\beta = \frac12$, the rate is $1$ and then $0.1$.
#
# - Outside: $v = 1$, step $1$. Then $v = 1.5$, step $0.1 \cdot 1.5 = 0.15$.
# - Inside: $v' = -1$, step $1$. Then $v' = -0.5 - 0.1 = -0.6$, step $0.6$.
#
# **Predict.** In the valley of curvatures $1$ and $25$ (`curvatures`), at step 20 of a run, the rate is cut to a
# sixteenth. What does the length of the steps do, in each form?


# %%
def strides(rate, inside, beta=0.75, steps=40):
    e, v, lengths = np.array([4.0, 1.0]), np.zeros(2), []
    for t in range(steps):
        g = curvatures * e
        v = beta * v - rate(t) * g if inside else beta * v + g
        step = v if inside else -rate(t) * v
        e = e + step
        lengths.append(np.linalg.norm(step))
    return np.array(lengths)


def cut(t):
    return 1 / 32 if t < 20 else 1 / 512


# %% tags=["draw"]
# The length of the steps in both forms
outside, inside = strides(cut, False), strides(cut, True)
fig = plots.curves(
    {"outside: PyTorch": outside, "inside: Keras": inside},
    ylabel="length of the step",
    title="the rate is cut to a sixteenth at step 20",
    log=True,
)
plots.show(
    fig,
    alt="Length of the steps, log scale. Both forms coincide up to step 19. Then the outside "
    "form drops at once, more than tenfold; the inside form glides down over seven steps.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# With the rate outside, the whole velocity is rescaled, and the run brakes at once. Inside, old gradients keep the
# rate of their day, and it coasts on. So a schedule tuned in one framework acts differently in the other.
#
# </details>

# %% [markdown]
# ## In three frameworks
#
# Both have Nesterov's method as `nesterov=True`, in the form (3), each with its own place for the rate. Under the
# same cut PyTorch must end where the outside form ends, Keras where the inside form does.


# %%
def ends(inside):
    z, v = np.array([4.0, 1.0]), np.zeros(2)
    for t in range(40):
        g, lr = curvatures * z, cut(t)
        if inside:
            v = 0.75 * v - lr * g
            z = z + 0.75 * v - lr * g
        else:
            v = 0.75 * v + g
            z = z - lr * (0.75 * v + g)
    return z


print("outside:", ends(False), " inside:", ends(True))

# %% tags=["torch"]
import torch

e_t = torch.tensor([4.0, 1.0], dtype=torch.float64)
optimizer = torch.optim.SGD([e_t], lr=1.0, momentum=0.75, nesterov=True)
for t in range(40):
    optimizer.param_groups[0]["lr"] = cut(t)
    e_t.grad = torch.tensor(curvatures) * e_t
    optimizer.step()
print("PyTorch:", e_t.tolist())

# %% tags=["tensorflow"]
import tensorflow as tf

e_k = tf.Variable(np.array([4.0, 1.0]))
optimizer = tf.keras.optimizers.SGD(1.0, momentum=0.75, nesterov=True)
for t in range(40):
    optimizer.learning_rate = cut(t)
    optimizer.apply_gradients([(curvatures * e_k, e_k)])
print("Keras:", e_k.numpy())

# %% tags=["check", "torch", "tensorflow"]
# Which form has which framework?
assert np.allclose(e_t, ends(False), atol=1e-12) and np.allclose(
    e_k, ends(True), atol=1e-12
)
assert np.linalg.norm(ends(False) - ends(True)) > 1e-3 * np.linalg.norm(ends(True))
steady = [strides(lambda t: 1 / 32, form) for form in (False, True)]
assert np.allclose(*steady, rtol=1e-9)  # a constant rate hides the difference
assert np.all(np.diff(inside[19:27]) < 0) and inside[27] > inside[26]
assert np.allclose(outside[:20], inside[:20]) and outside[19] / outside[20] > 10
assert inside[19] / inside[20] < 2 and 0.1 * 1.5 == 0.15000000000000002
assert np.isclose(0.5 + 0.1, 0.6) and np.isclose(0.1 * 1.5, 0.15)
print(
    "checked: nesterov=True is (3), in PyTorch with the rate outside, in Keras inside"
)

# %% [markdown]
# ## Summary
#
# - Nesterov takes the gradient where the velocity leads. On a parabola that is a ball with the momentum
#   $\beta(1 - \eta\lambda)$: more friction where it is steep.
# - It has a proof for all losses with curvatures between $\mu > 0$ and $L$. On one of them the ball goes round for
#   ever.
# - With the rate inside the velocity, old steps keep their old rate. A constant rate hides this.
#
# ## Common mistakes
#
# - **The old velocity in the look ahead.** (3) uses the new one, in which $g$ already is.
# - **The ball's rate for Nesterov.** Its limit is lower: for $\beta = 0.81$ it is $1.38/L$, not $3.62/L$.
# - **A test at a constant rate.** It cannot tell (2) of momentum and (4) apart.
#
# ## Quick questions
#
# 1. The first step from rest: how long is (3)'s, compared with the ball's?
#
#    <details><summary><b>Answer</b></summary>
#
#    $(1 + \beta)$ times: $v = g$, so the step is $\eta(g + \beta g)$. It includes the look ahead.
#
#    </details>
# 2. In a direction without any curvature, $\lambda = 0$, what is different between the ball and Nesterov?
#
#    <details><summary><b>Answer</b></summary>
#
#    Nothing: $\beta(1 - 0) = \beta$.
#
#    </details>
# 3. You halve the rate in the middle of a run in Keras. When is the step half as long?
#
#    <details><summary><b>Answer</b></summary>
#
#    Not at once. The old part of the velocity must fade first: with $\beta = 0.9$ that takes tens of steps.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that the $z$ of (3) is the $z$ of (1).
#
# <details><summary><b>Outline</b></summary>
#
# Let $\theta = z + \eta\beta v$. After (3), $\theta_{new} = z - \eta g - \eta\beta v + \eta\beta v = z - \eta g$, as
# in (1). The difference of two such points is $-\eta v$, so $z = \theta - \eta\beta v$ is $\theta$ plus $\beta$ times
# the last difference.
#
# </details>

# %% [markdown]
# **Try.** From which starts between $-4$ and $4$ does the ball fall into the cycle of three?
#
# <details><summary><b>Outline</b></summary>
#
# Try a few hundred. Those near the minimum never leave the steep part, where it is a parabola, and arrive. About one
# start in eight ends in the cycle. They lie in five ranges, the nearest around $1$, and $3.3$ is in the last.
#
# </details>
#
# ## References
#
# - Y. Nesterov (1983). A method for solving the convex programming problem with convergence rate $O(1/k^2)$. *Soviet
#   Mathematics Doklady* 27.
# - Y. Nesterov (2004). *Introductory Lectures on Convex Optimization*. Kluwer.
# - I. Sutskever, J. Martens, G. Dahl, G. Hinton (2013). On the importance of initialization and momentum in deep
#   learning. ICML.
# - L. Lessard, B. Recht, A. Packard (2016). Analysis and design of optimization algorithms via integral quadratic
#   constraints. *SIAM Journal on Optimization* 26. doi:10.1137/15M1009597
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
