# %% [markdown]
# # How large a step?
#
# {{about}}
#
# **After this lesson you can**
#
# - find the largest stable learning rate by experiment, and by theory where there is one,
# - say what happens at half of it, at it, and beyond it,
# - change the rate from the loss alone so that a bad step never stays: bold driver and backtracking,
# - run a range test, and choose a rate on validation data with several seeds.
#
# **You need** units 01 and 02. Words from there: the curvature of a loss is its matrix of second derivatives $H$, and
# $L$ is its largest eigenvalue.

# %% [markdown]
# ## What a step is worth
#
# Gradient descent has one number that you must choose, the learning rate $\eta$: $x_{t+1} = x_t - \eta\, \nabla
# f(x_t)$. Let the curvature be at most $L$ in size, wherever you go. Such an $f$ is called **$L$-smooth**. Then each
# step obeys the **descent lemma** (Nesterov 2004)
#
# $$f(x_{t+1}) \;\le\; f(x_t) - \eta\,\Bigl(1 - \frac{\eta L}{2}\Bigr)\,\lVert \nabla f(x_t) \rVert^2. \tag{1}$$
#
# The bracket is positive for $0 < \eta < 2/L$: then every step lowers $f$, unless the gradient is zero. On a parabola
# $f = \frac{L}{2} x^2$ you see it exactly. The gradient is $Lx$, so
#
# $$x_{t+1} = (1 - \eta L)\, x_t. \tag{2}$$
#
# Each step multiplies $x$ by one factor. **Predict.** Start at $x = 1$ and take 50 steps at $\eta = 0.5/L$, $1/L$,
# $1.5/L$, $1.9/L$, $2/L$ and $2.1/L$. Which runs change sign at each step? Where does each end?

# %%
import numpy as np

from gdcourse import datasets, plots
from gdcourse.functions import double_well, quadratic, rosenbrock


def descend(gradient, x, lr, steps):
    """Return the steps + 1 points that gradient descent visits."""
    path = [np.asarray(x, dtype=float)]
    for _ in range(steps):
        path.append(path[-1] - lr * gradient(path[-1]))
    return np.array(path)


L = 4.0
bowl = quadratic([1.0, L], seed=1)
shares = [s / 10 for s in range(1, 22)]  # of 1 / L
line = {s: descend(lambda x: L * x, [1.0], s / L, 50)[:, 0] for s in shares}
plane = {s: descend(bowl.gradient, bowl.start, s / L, 50) for s in shares}


# %%
def draw(share):
    fig, (left, right) = plots.figure(2, width=8, height=3.6)
    width = max(1.3, min(6, 1.1 * abs(line[share]).max()))
    x, a = np.linspace(-width, width, 121), np.linspace(-4, 4, 81)
    left.plot(x, L / 2 * x**2, color="0.6", linestyle="-")
    left.plot(line[share], L / 2 * line[share] ** 2, "o-", markersize=4, linewidth=1)
    left.set(xlim=(-width, width), ylim=(-0.1 * width**2, 2.2 * width**2))
    left.set(xlabel="$x$", ylabel="$f$", title="one dimension")
    right.contour(
        a, a, bowl(np.stack(np.meshgrid(a, a))), levels=12, colors="0.7", linewidths=0.8
    )
    right.plot(*plane[share].T, "s-", color=plots.COLOURS[1], markersize=4, linewidth=1)
    right.set(
        xlim=(-4, 4),
        ylim=(-4, 4),
        aspect="equal",
        xlabel="$x_1$",
        ylabel="$x_2$",
        title="two dimensions",
    )
    fig.suptitle(f"learning rate {share:g} / L, 50 steps")
    return fig


# %%
plots.show(
    draw(1.9),
    alt="At 1.9 / L. Left, the points jump from wall to wall of a parabola and come slowly lower. Right, on the "
    "contours of a bowl, the run zigzags across the valley while it moves along it to the centre.",
)
chosen = [0.5, 1.0, 1.5, 1.9, 2.0, 2.1]
columns = {
    "1-D: x after 50": [line[s][-1] for s in chosen],
    "2-D: f after 50": [bowl(plane[s][-1]) for s in chosen],
}
plots.table({"rate · L": chosen, "factor": [1 - s for s in chosen]} | columns)

# %% [markdown]
# **Answer.** Up to $1/L$ nothing changes sign. From $1/L$ to $2/L$ the run **oscillates and converges**: at
# $1.9/L$ it ends at $0.0052$. At $2/L$ it jumps between $1$ and $-1$ for ever. Beyond, it diverges: at $2.1/L$ it
# ends at $117.4$. So "a large rate oscillates" is only half the story. And oscillation needs a gradient: where the
# gradient is zero, the run stands still.
#
# In several dimensions there is one factor $1 - \eta\lambda$ per eigenvalue $\lambda$ of $H$. The run oscillates along
# the *steep* directions, those with $\lambda > 1/\eta$, while it creeps along the flat ones.

# %%
assert (
    round(line[1.9][-1], 4) == 0.0052
    and abs(line[2.0][-1]) == 1
    and round(line[2.1][-1], 1) == 117.4
)
assert np.isclose(line[1.5][-1], 0.5**50, rtol=1e-9)
assert all((line[s][:-1] * line[s][1:] < 0).all() == (s > 1) for s in shares if s != 1)

# %% [markdown]
# Four rates on the bowl, as a film:

# %% tags=["nbval-ignore-output"]
runs = {f"{s:g} / L": plane[s][:31] for s in (0.5, 1.5, 1.9, 2.1)}
film = plots.race_animation(
    bowl, runs, window=(-4, 4, -4, 4), minima=bowl.minima, frames=31
)
plots.show(
    film,
    alt="Four runs on a bowl, step by step: at 0.5 / L one glides down, at 1.5 / L and 1.9 / L they zigzag to the "
    "centre, and at 2.1 / L one zigzags wider and wider.",
)

# %% [markdown]
# Slide through all rates. Watch for the first zigzag, and for the first run that leaves.


# %% tags=["widget"]
def at(share):
    return draw(
        share
    ), f"Runs at {share:g} / L on a parabola and on a bowl, 50 steps each."


plots.slider(at, share=shares)

# %% [markdown]
# ## The threshold by bisection
#
# Do not take $2/L$ on trust: measure it. Call a run *converged* when 2000 steps shrink the gradient to a millionth.
# Between a rate that converges and one that does not, try the geometric mean, keep the half that holds the threshold,
# and repeat. That is **bisection**. Use three losses: a quadratic; the half-mean squared error of the standardised
# house prices of unit 01; and a logistic regression on 569 real tumours with 30 standardised features, with the L2
# penalty $0.005\,\lVert w \rVert^2$.
#
# For logistic regression the curvature changes with $w$. With $p_i$ the predicted probabilities,
#
# $$H(w) = \frac1m X^\top \mathrm{diag}\bigl(p_i (1 - p_i)\bigr) X + 0.01\, I, \qquad p_i(1 - p_i) \le \tfrac14,
# \tag{3}$$
#
# so $L = \lambda_{\max}(X^\top X / m)/4 + 0.01$ is a bound that holds for every $w$.
#
# **Predict.** Will bisection find $2/L$ for all three?

# %%
from gdcourse.diagnostics import smoothness


def standardised(X):
    return np.column_stack([(X - X.mean(axis=0)) / X.std(axis=0), np.ones(len(X))])


homes, tumours = datasets.houses(), datasets.breast_cancer()
Z, price = standardised(homes.X), homes.y
X, y, decay = standardised(tumours.X), tumours.y, 0.01


def prob(w):
    return 1 / (1 + np.exp(-(X @ w)))


def log_loss(w):
    z = X @ w
    return np.mean(np.logaddexp(0, z) - y * z) + decay * w @ w / 2


def log_grad(w):
    return X.T @ (prob(w) - y) / len(y) + decay * w


def log_hessian(w):
    p = prob(w)
    return (X * (p * (1 - p))[:, None]).T @ X / len(y) + decay * np.eye(len(w))


# %%
def converges(gradient, x, lr, steps=2000):
    first = np.linalg.norm(gradient(x))
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            x = x - lr * gradient(x)
        return bool(np.linalg.norm(gradient(x)) < 1e-6 * first)  # false for NaN


def threshold(gradient, x, low, high, rounds=16):
    for _ in range(rounds):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if converges(gradient, x, middle) else (low, middle)
    return low


steep = quadratic([1.0, 100.0])
H_homes, b_homes = Z.T @ Z / len(price), Z.T @ price / len(price)
w_star = np.zeros(31)
for _ in range(20):  # Newton's method, unit 03
    w_star = w_star - np.linalg.solve(log_hessian(w_star), log_grad(w_star))

# %%
found = {
    "quadratic": threshold(steep.gradient, steep.start, 0.001, 1),
    "houses": threshold(lambda t: H_homes @ t - b_homes, np.zeros(5), 0.01, 10),
    "tumours": threshold(log_grad, np.zeros(31), 0.5, 50),
}
L_global = {
    "quadratic": 100.0,
    "houses": smoothness(Z),
    "tumours": smoothness(X) / 4 + decay,
}
L_end = L_global | {"tumours": np.linalg.eigvalsh(log_hessian(w_star))[-1]}
theory = {
    "2/L": [2 / v for v in L_global.values()],
    "2/L at the minimum": [2 / v for v in L_end.values()],
}
plots.table({"loss": found, "by bisection": found.values()} | theory)

# %% [markdown]
# **Answer.** For the two quadratic losses it does, to within $0.5$ %: $0.0199$ and $1.112$. For the tumours it finds
# $9.02$, fifteen times as much as $2/L = 0.601$. The bound $L$ is a worst case over all $w$. What decides in the end
# is the curvature *at the minimum*, where most $p_i(1-p_i)$ are small, and $2/\lambda_{\max}(H(w^*)) = 9.01$.
#
# So $2/L$ is a **guarantee**, not a cliff: below it the loss falls at each step. Above it the loss may rise and
# still converge. Look beyond $9.01$.

# %%
for name, rate in found.items():
    assert abs(rate * L_end[name] / 2 - 1) < 0.005
assert f"{found['quadratic']:.4f}" == "0.0199" and f"{found['houses']:.3f}" == "1.112"
assert f"{found['tumours']:.2f}" == "9.02" and round(2 / L_end["tumours"], 2) == 9.01
assert (
    round(2 / L_global["tumours"], 3) == 0.601 and round(found["tumours"] / 0.601) == 15
)
assert len(y) == 569 and tumours.X.shape[1] == 30 and decay / 2 == 0.005

curves = {}
for c in (0.5, 0.95, 1.05):
    curves[f"{c:g} of 9.01"] = [
        log_loss(w)
        for w in descend(log_grad, np.zeros(31), c * 2 / L_end["tumours"], 600)
    ]
plots.table(
    {
        "rate": curves,
        "after 1 step": [c[1] for c in curves.values()],
        "last": [c[-1] for c in curves.values()],
    }
)

# %% [markdown]
# At $0.95$ of the threshold the first step takes the loss from $0.69$ *up* to $1.42$, and the run converges all the
# same. At $1.05$ it ends in a cycle between $0.1050$ and $0.1060$, above the minimum of $0.1004$. It does not fly off,
# because far out the slope of this loss grows slowly. *Quadratics* diverge to infinity.
#
# ### What convergence depends on
#
# "Convergence depends mainly on the learning rate", you may read. It needs more. If $f$ is $L$-smooth and bounded
# below, (1) says for $\eta < 2/L$ that the gradients tend to zero. Where they are zero is a **stationary point**: a
# minimum, local or global, or a saddle. How fast depends on the shape of $f$. For convex $f$ and $\eta \le 1/L$ the excess loss falls
# like $1/t$. It shrinks by a fixed factor per step if
# $\lVert\nabla f\rVert^2 \ge 2\mu\,(f - \min f)$ for some $\mu > 0$, the **Polyak–Łojasiewicz condition** (Karimi
# et al. 2016).

# %%
assert (
    round(log_loss(np.zeros(31)), 2) == 0.69
    and round(curves["0.95 of 9.01"][1], 2) == 1.42
)
assert round(curves["0.95 of 9.01"][-1], 4) == round(log_loss(w_star), 4) == 0.1004
cycle = descend(log_grad, np.zeros(31), 1.05 * 2 / L_end["tumours"], 3001)[-2:]
assert sorted(f"{log_loss(w):.4f}" for w in cycle) == ["0.1050", "0.1060"]

# %% [markdown]
# ## A large rate can jump out of a local minimum
#
# "Too large a rate jumps past the global optimum", says a published tutorial. It can. But a rate knows nothing of local
# and global, and the jump can go the other way. The **double well** $x^4/4 - x^2/2 + 0.1x$ has a local minimum at
# $0.946$ and the global one at $-1.047$.
#
# **Predict.** Start at $2$, on the side of the local minimum. Where does a run end with the rate $0.1$, and where with
# $0.6$?

# %%
wells = {
    rate: descend(double_well.gradient, [2.0], rate, 100)[:, 0] for rate in (0.1, 0.6)
}
x = np.linspace(-2.1, 2.1, 200)
fig, ax = plots.figure(width=5.5)
ax.plot(x, double_well(x[None]), color="0.6", linestyle="-")
for (rate, path), marker in zip(wells.items(), plots.MARKERS, strict=False):
    ax.plot(
        path,
        double_well(path[None]),
        marker=marker,
        markersize=4,
        linewidth=0.8,
        label=f"rate {rate}",
    )
ax.set(xlabel="$x$", ylabel="$f$", title="double well, start at 2")
ax.legend()
plots.show(
    fig,
    alt="A curve with two wells, the left one deeper. From 2, rate 0.1 rolls into the right, shallower well. Rate "
    "0.6 jumps in one step across both to -1.66, back to the hill between, and then rolls into the deeper well.",
)
plots.table(
    {"step": [0, 1, 2, 5, 100]}
    | {f"rate {r}": p[[0, 1, 2, 5, 100]] for r, p in wells.items()}
)

# %% [markdown]
# **Answer.** With $0.1$ it ends in the local minimum. With $0.6$ the first step leaps over both wells, and the run
# ends in the *global* one. Is that a law? No: start at $-2$, on the other side, and the same rate leaps to $1.54$ and
# ends in the *local* one. A large rate helps here and harms there.

# %%
assert np.round(double_well.minima.ravel(), 3).tolist() == [-1.047, 0.946]
assert (
    abs(wells[0.1][-1] - 0.9456) < 1e-3
    and abs(wells[0.6][-1] + 1.0467) < 1e-4
    and round(wells[0.6][1], 2) == -1.66
)
harmed = descend(double_well.gradient, [-2.0], 0.6, 100)[:, 0]
assert round(harmed[1], 2) == 1.54 and abs(harmed[-1] - 0.946) < 1e-3

# %% [markdown]
# ### Outlook: the edge of stability
#
# For a neural network nobody knows $L$, and the curvature moves as you train. Cohen et al. (2021) followed its largest
# eigenvalue, the **sharpness**, under full-batch descent. Do so too: 200 digits, a tanh network with 20 hidden units,
# squared error. `curvature` needs only products $Hv$, here differences of two gradients.
#
# **Predict.** The sharpness starts at $1.3$. At the rate $1$ the limit is $2/\eta = 2$. Where does the sharpness go?

# %%
from gdcourse.diagnostics import curvature
from gdcourse.layers.numpy import Tanh
from gdcourse.models.numpy import mlp

digits = datasets.digits()
pixels = digits.X[:200] - digits.X[:200].mean(axis=0)
one_hot = np.eye(10)[digits.y[:200]]


def net_loss_grad(net, v):
    """Loss and flat gradient of the network at the flat parameters v."""
    for p in net.params:
        p[...] = v[: p.size].reshape(p.shape)
        v = v[p.size :]
    e = net.forward(pixels, train=True) - one_hot
    net.backward(e / len(e))
    return np.sum(e**2) / 2 / len(e), np.concatenate([g.ravel() for g in net.grads])


# %%
def sharpness_run(lr, steps=1500, h=1e-4):
    net, losses, sharpness = mlp([64, 20, 10], activation=Tanh, seed=0), [], []
    v = 0.3 * np.concatenate(
        [p.ravel() for p in net.params]
    )  # a small start, where the loss is flat

    def product(d):
        return (net_loss_grad(net, v + h * d)[1] - net_loss_grad(net, v - h * d)[1]) / (
            2 * h
        )

    for t in range(steps + 1):
        if t % 50 == 0:
            sharpness.append(curvature(product, len(v), steps=15).largest)
        loss, g = net_loss_grad(net, v)
        losses.append(loss)
        v = v - lr * g
    return np.array(losses), np.array(sharpness)


# %%
edge = {lr: sharpness_run(lr) for lr in (0.5, 0.8, 1.0)}
fig, ax = plots.figure(width=6)
for (lr, (_, sharpness)), colour, marker in zip(
    edge.items(), plots.COLOURS, plots.MARKERS, strict=False
):
    ax.plot(
        np.arange(0, 1501, 50),
        sharpness,
        color=colour,
        marker=marker,
        markersize=3,
        label=f"rate {lr}",
    )
    ax.axhline(2 / lr, color=colour, linestyle=":")
ax.set(xlabel="step", ylabel="sharpness", title="dotted: 2 / rate")
ax.legend()
plots.show(
    fig,
    alt="Sharpness against the step. It rises in all three runs. At rates 0.8 and 1 it passes the dotted lines 2.5 and "
    "2, falls back and hovers about them; at rate 0.5 it stays below its line at 4.",
)
rises = [np.sum(np.diff(losses) > 0) for losses, _ in edge.values()]
last = [np.mean(sharpness[-10:]) * lr / 2 for lr, (_, sharpness) in edge.items()]
said = [
    "hundreds" if n > 200 else n for n in rises
]  # rounding errors grow there: no exact count is kept
plots.table(
    {"rate": edge, "sharpness / limit, at the end": last, "rising steps": said},
    digits=1,
)

# %% [markdown]
# **Answer.** It rises past the limit, falls back and hovers about it, within a tenth; so it does at the rate $0.8$,
# with the limit $2.5$. The loss rises at hundreds of the $1500$ steps, and still falls in the long run. At the rate $0.5$ the limit
# $4$ is not reached, and the loss never rises. Cohen et al. saw this in many networks. It is no theorem.

# %%
assert round(edge[0.5][1][0], 1) == 1.3 and rises[0] == 0 and min(rises[1:]) > 200
assert np.allclose(last[1:], 1, atol=0.1) and edge[0.5][1].max() < 4 and 2 / 0.8 == 2.5
assert (
    all(losses[-1] < losses[200] for losses, _ in edge.values())
    and len(edge[1.0][0]) == 1500 + 1
)

# %% [markdown]
# ## "If the loss rises, reduce the rate"
#
# You may not know $L$, but you see the loss. So let it steer the rate. A published tutorial's rule: *for each
# parameter, note the loss, take the gradient, update, note the loss again. If it has risen, lower the rate.* Here it
# is, word for word; it does not say how much lower, so the rate is halved.


# %%
def literal(f, g, x, lr):
    for j in range(len(x)):
        before, moved = f(x), x.copy()
        moved[j] -= lr * g(x)[j]
        if not f(moved) <= before:  # true for NaN
            lr /= 2
        x = moved  # kept, risen or not
    return x, lr


def follow(rule, f, g, x, lr, sweeps=200):
    """Return the losses and the rates of a run."""
    x, record = np.array(x, dtype=float), [(f(np.asarray(x)), lr)]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(sweeps):
            x, lr = rule(f, g, x, lr)
            record.append((f(x), lr))
    return np.array(record).T


# %% [markdown]
# **Predict.** In a tilted valley with the curvatures $1$ and $100$ the limit is $2/L = 0.02$. Start once with the rate
# $1$, once with $0.001$. What goes wrong in each?

# %%
valley = quadratic([1.0, 100.0])
banana = rosenbrock()
cases = {  # f, gradient, start, first rate
    "valley, rate 1": (valley, valley.gradient, valley.start, 1.0),
    "valley, rate 0.001": (valley, valley.gradient, valley.start, 0.001),
    "quartic, rate 0.25": (lambda x: x[0] ** 4 / 4, lambda x: x**3, [3], 0.25),
    "Rosenbrock, rate 0.1": (banana, banana.gradient, [-1.2, 1], 0.1),
}
seen = {name: follow(literal, *case) for name, case in cases.items()}
rows = {
    "": cases,
    "peak of the loss": [np.nanmax(losses) for losses, _ in seen.values()],
}
rows |= {
    "loss at the end": [v[0][-1] for v in seen.values()],
    "rate at the end": [v[1][-1] for v in seen.values()],
}
plots.table(rows)

# %% [markdown]
# **Answer.** There are three faults.
#
# - *The bad step is kept.* From the rate $1$ the loss climbs from $202$ beyond $10^{12}$ before the rate is low
#   enough, and 200 sweeps do not make up for it. On Rosenbrock's function the loss becomes NaN. The rate then falls
#   below $10^{-100}$ for nothing: no rate repairs a NaN.
# - *The rate never grows.* From $0.001$ the loss stands at $1.39$ after 200 sweeps. On the quartic $x^4/4$ the steep
#   start forces the rate down to $0.125$, and there it stays on the flat floor.
# - *It is not gradient descent.* It moves one parameter at a time. For a million parameters, one sweep takes millions
#   of passes over the data.
#
# ### The bold driver
#
# Mend the first two. Move all parameters at once. If the loss fell, keep the step and be bolder, $\eta \leftarrow
# 1.05\,\eta$. If not, **go back** and be careful, $\eta \leftarrow \eta/2$ (Vogl et al. 1988; Battiti 1989, who named
# it):
#
# $$(x, \eta) \leftarrow \begin{cases} (x - \eta g,\; 1.05\,\eta) & \text{if } f(x - \eta g) < f(x),\\
# (x,\; \eta / 2) & \text{else.}\end{cases} \tag{4}$$
#
# The loss that you hold can never rise, and NaN counts as "else".

# %%
valley_fast, lost = seen["valley, rate 1"][0], seen["Rosenbrock, rate 0.1"]
assert round(valley_fast[0]) == 202 < valley_fast[-1] and valley_fast.max() > 1e12
assert 2 / 100 == 0.02 and np.isnan(lost[0][-1]) and lost[1][-1] < 1e-100
assert (
    round(seen["valley, rate 0.001"][0][-1], 2) == 1.39
    and seen["quartic, rate 0.25"][1][-1] == 0.125
)

# %%
from gdcourse.optimizers.line_search import armijo, bold_driver


def bold(f, g, x, lr, up=1.05, down=0.5):
    there = x - lr * g(x)
    return (there, up * lr) if f(there) < f(x) else (x, down * lr)


better = {name: follow(bold, *case) for name, case in cases.items()}
assert all(np.all(np.diff(losses) <= 0) for losses, _ in better.values())
assert all(
    run[0][-1] < seen[name][0][-1] / 100
    for name, run in better.items()
    if "Rosenbrock" not in name
)

# %% tags=["nbval-ignore-output"]
rates = {
    "literal rule": seen["valley, rate 1"][1][:121],
    "bold driver": better["valley, rate 1"][1][:121],
}
plots.show(
    plots.curves(
        rates,
        xlabel="sweep or try",
        ylabel="rate",
        log=True,
        title="valley, first rate 1",
    ),
    alt="The rate against the step on a log axis. The literal rule's drops within a few steps to 0.016 and stays. The "
    "bold driver's drops as fast, then moves like a saw about 0.02.",
)
ends = {
    f"{name}, loss": [run[0][-1] for run in runs.values()]
    for name, runs in (("literal", seen), ("bold", better))
}
plots.table({"after 200 sweeps or tries": cases} | ends)

# %% [markdown]
# The teeth of the saw are rejected tries: the bold driver grows until it fails. In the valley its rate hovers about the
# limit $0.02$, which nobody told it.
#
# Compare losses on the same data: on different mini-batches they differ by chance.
#
# ### Backtracking
#
# The bold driver takes any decrease, however slight. **Backtracking** (Armijo 1966) asks for a decrease in proportion
# to the slope. Try $a$, $a/2$, $a/4$, ... until
#
# $$f(x - a g) \le f(x) - c\, a\, \lVert g \rVert^2, \qquad c = 10^{-4}. \tag{5}$$
#
# By (1) each $a \le 2(1 - c)/L$ will do, so the search ends. Start it at twice the last step, so that it can grow.
#
# ### A fair race
#
# To compare the rules, count **work**. A loss is one forward pass and costs 1. A gradient at the same point adds a
# backward pass, about twice as dear: 2 more. Nothing is paid for twice. Each rule gets the same nine first rates from
# $10^{-3}$ to $10$, the same three random starts and the same budget.


# %%
class Counted:
    """A loss and its gradient that count the work done on them."""

    def __init__(self, f, g):
        self._f, self._g, self.forward, self.backward = f, g, set(), set()

    def f(self, x):
        self.forward.add(x.tobytes())
        return self._f(x)

    def g(self, x):
        self.forward.add(x.tobytes())
        self.backward.add(x.tobytes())
        return self._g(x)

    @property
    def cost(self):
        return len(self.forward) + 2 * len(self.backward)


# %%
def fixed(f, g, x, lr):
    return x - lr * g(x), lr


def backtrack(f, g, x, lr):
    slope = g(x)
    step = armijo(f, x, slope, -slope, step=2 * lr, c1=1e-4)
    return x - step * slope, step or lr / 2


def work(rule, f, g, target, x, lr, budget):
    """Work until f <= target; infinite if the budget is spent or the run has diverged."""
    count = Counted(f, g)
    with np.errstate(over="ignore", invalid="ignore"):
        while count.cost <= budget and np.isfinite(height := f(x)):
            if height <= target:
                return count.cost
            x, lr = rule(count.f, count.g, x, lr)
    return np.inf


# %%
rng = np.random.default_rng(0)
problems = {  # loss, gradient, target, starts, budget
    "quadratic": (
        valley,
        valley.gradient,
        1e-6,
        [2 * rng.normal(size=2) for _ in range(3)],
        3000,
    ),
    "Rosenbrock": (
        banana,
        banana.gradient,
        0.1,
        [banana.start + 0.2 * rng.normal(size=2) for _ in range(3)],
        6000,
    ),
    "tumours": (
        log_loss,
        log_grad,
        log_loss(w_star) + 1e-4,
        [0.5 * rng.normal(size=31) for _ in range(3)],
        1500,
    ),
}
first_rates = 10.0 ** np.arange(-3, 1.5, 0.5)
rules = {
    "fixed": fixed,
    "literal": literal,
    "bold driver": bold,
    "backtracking": backtrack,
}
result = {
    (problem, name): np.array(
        [
            [work(rule, f, g, target, x, lr, budget) for x in points]
            for lr in first_rates
        ]
    )
    for problem, (f, g, target, points, budget) in problems.items()
    for name, rule in rules.items()
}

# %% [markdown]
# **Predict.** Which rule needs least work at its best first rate? Which needs the rate least?

# %%
fig, axes = plots.figure(3, width=9, height=3.4, sharey=True)
for ax, problem in zip(axes, problems, strict=True):
    for name, colour, dash, marker in zip(
        rules, plots.COLOURS, plots.LINES, plots.MARKERS, strict=False
    ):
        style = {
            "color": colour,
            "linestyle": dash,
            "marker": marker,
            "markersize": 4,
            "linewidth": 0.8,
        }
        shown = np.where(
            np.isfinite(result[problem, name]), result[problem, name], np.nan
        )
        ax.plot(first_rates, shown, label=[name, "", ""], **style)
    ax.set(xscale="log", yscale="log", xlabel="first rate", title=problem)
axes[0].set_ylabel("work to the target")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
plots.show(
    fig,
    alt="Work against the first rate, three problems, three starts. A fixed rate and the literal rule have few points. "
    "Bold driver and backtracking have one at every rate, nearly level but for a few lucky dips; on the tumours the "
    "bold driver's work falls as the first rate grows.",
)

# %% tags=["nbval-ignore-output"]
solved = {key: np.isfinite(values).all(axis=1) for key, values in result.items()}
median = {key: np.median(values, axis=1) for key, values in result.items()}
best = {key: int(values.argmin()) for key, values in median.items()}
said = [f"{result[k][i].min():g} to {result[k][i].max():g}" for k, i in best.items()]
columns = {"problem": [p for p, _ in result], "rule": [r for _, r in result]}
columns |= {"rates that reach it, of 9": [s.sum() for s in solved.values()]}
columns |= {
    "best rate": [first_rates[i] for i in best.values()],
    "work there, 3 starts": said,
}
plots.table(columns, digits=3)

# %% [markdown]
# **Answer.** Bold driver and backtracking reach the target from all nine first rates and all starts. A fixed rate
# does so from one, two and three of the nine; the literal rule from two, none and none. On the quadratic the bold
# driver, at its best first rate, needs less than half the work of the best fixed rate. On the other two a fixed rate,
# once tuned, needs about as much as they do. What the two rules save there is the tuning, which is most of the bill.
#
# By the median of all runs, the bold driver is ahead on the first two problems. On the tumours it
# is backtracking, which doubles a rate that is too small where the bold driver adds $5$ %.

# %%
counts = {key: int(s.sum()) for key, s in solved.items()}
assert [[counts[p, rule] for p in problems] for rule in rules] == [
    [1, 2, 3],
    [2, 0, 0],
    [9] * 3,
    [9] * 3,
]
least = {key: values.min() for key, values in median.items()}
assert (
    least["quadratic", "bold driver"] < 0.5 * least["quadratic", "fixed"]
    and len(first_rates) == 9
)
for problem, rule in (
    (p, r) for p in ("Rosenbrock", "tumours") for r in ("bold driver", "backtracking")
):
    assert 0.6 < least[problem, "fixed"] / least[problem, rule] < 1.4
lower = [
    np.median(result[p, "bold driver"]) < np.median(result[p, "backtracking"])
    for p in problems
]
assert lower == [True, True, False] and round(1.05 - 1, 2) == 5 / 100

# %% [markdown]
# ### The same in PyTorch and TensorFlow
#
# The bold driver on the tumours, 60 tries from the rate $10$: the three runs agree, rejected steps and all.

# %%
_, numpy_losses, numpy_rates = bold_driver(
    log_loss, log_grad, np.zeros(31), 10.0, 60
)  # the library's


def drive(value_and_grad, w, lr=10.0, tries=60):
    """The bold driver (4) for any framework. value_and_grad: [w] -> (loss, [gradient])."""
    loss, (g,) = value_and_grad([w])
    losses, rates = [float(loss)], [lr]
    for _ in range(tries):
        there = w - lr * g
        new, (new_g,) = value_and_grad([there])
        accepted = bool(new < loss)
        w, loss, g = (there, new, new_g) if accepted else (w, loss, g)
        lr *= 1.05 if accepted else 0.5
        losses.append(float(loss))
        rates.append(lr)
    return losses, rates


def assert_same(losses, rates):
    assert np.allclose(losses, numpy_losses, rtol=0, atol=1e-12) and np.allclose(
        rates, numpy_rates, rtol=1e-12
    )


assert_same(*drive(lambda w: (log_loss(w[0]), [log_grad(w[0])]), np.zeros(31)))
assert 0 < np.sum(np.diff(numpy_rates) < 0) < 60  # some are rejected

# %% tags=["torch"]
from gdcourse.gradients.torch import value_and_grad as torch_value_and_grad
from gdcourse.losses.torch import bce_with_logits as torch_bce
import torch

Xt, yt = torch.tensor(X), torch.tensor(y, dtype=torch.float64)


def torch_loss(params):
    return torch_bce(Xt @ params[0], yt) + decay * params[0] @ params[0] / 2


assert_same(
    *drive(torch_value_and_grad(torch_loss), torch.zeros(31, dtype=torch.float64))
)

# %% tags=["tensorflow"]
from gdcourse.gradients.tensorflow import value_and_grad as tf_value_and_grad
from gdcourse.losses.tensorflow import bce_with_logits as tf_bce
import tensorflow as tf

Xf, yf = tf.constant(X), tf.constant(y, dtype=tf.float64)


def tf_loss(params):
    return (
        tf_bce(tf.linalg.matvec(Xf, params[0]), yf)
        + decay * tf.reduce_sum(params[0] ** 2) / 2
    )


assert_same(*drive(tf_value_and_grad(tf_loss), tf.zeros(31, dtype=tf.float64)))

# %% [markdown]
# ## The range test
#
# With mini-batches, the loss of a step is noisy. The **range test** (Smith 2017) costs one short run: raise the rate
# exponentially from batch to batch, from far too small to far too large, and record the loss. Smooth it with a running
# mean,
#
# $$m_t = \beta\, m_{t-1} + (1 - \beta)\,\ell_t, \qquad \hat m_t = \frac{m_t}{1 - \beta^{t}}, \qquad m_0 = 0, \tag{6}$$
#
# with $t = 1, 2, \dots$ and $\beta = 9/10$; the division undoes the pull of $m_0 = 0$. At the lowest point the loss is
# about to turn, so a common rule takes a **tenth** of the rate there. The model is a 64-32-10 ReLU network on the
# digits: 881 images to train, 377 to validate, 539 put aside as the test set. **Predict.** Do five seeds agree?

# %%
from gdcourse.losses.numpy import softmax_ce
from gdcourse.optimizers.numpy import GD
from gdcourse.training.numpy import objective, train

rest, test = datasets.split(digits, test=0.3)
learn, valid = datasets.split(rest, test=0.3, seed=1)


def range_test(seed, sweep):
    """Return the loss of each mini-batch of 64 images, before the step with that rate."""
    net, rng, losses = mlp([64, 32, 10], seed=seed), np.random.default_rng(seed), []
    for lr in sweep:
        rows = rng.choice(len(learn.y), 64, replace=False)
        loss, grads = objective(net, softmax_ce)(
            net.params, learn.X[rows], learn.y[rows]
        )
        losses.append(loss)
        GD(lr).step(net.params, grads)
    return np.array(losses)


def smooth(losses, beta=0.9):
    mean, out = 0.0, []
    for t, loss in enumerate(losses, 1):
        mean = beta * mean + (1 - beta) * loss
        out.append(mean / (1 - beta**t))
    return np.array(out)


# %%
sweep = np.geomspace(1e-4, 10, 200)
raw = [range_test(seed, sweep) for seed in range(5)]
smoothed = [smooth(losses) for losses in raw]
lowest = np.array([sweep[losses.argmin()] for losses in smoothed])
fig = plots.spread(
    {"each batch": raw, "smoothed": smoothed},
    x=sweep,
    xlabel="learning rate",
    title="range test",
)
fig.axes[0].set(xscale="log", ylim=(0, 5))
plots.show(
    fig,
    alt="Loss against the rate on a log axis, mean and range of five seeds. It is flat near 2.4 up to rate 0.01, falls "
    "to about 1 at rate 0.7, then shoots up. The smoothed curve is calm, and turns a little later.",
)
plots.table(
    {"seed": range(5), "rate at the lowest loss": lowest, "a tenth of it": lowest / 10},
    digits=2,
)

# %% [markdown]
# **Answer.** Roughly: a tenth lies between $0.074$ and $0.099$. Smoothing (6) lags, so the curve turns a little late,
# and the test sees only a few early steps. It gives you the *order of magnitude*, no more.

# %%
assert [len(part.y) for part in (learn, valid, test)] == [881, 377, 539]
assert f"{lowest.min() / 10:.3f}" == "0.074" and f"{lowest.max() / 10:.3f}" == "0.099"

# %% [markdown]
# ## Tuning honestly
#
# Choose among the eight rates $10^{-2.5}, 10^{-2}, \dots, 10$ by these rules.
#
# - Score each rate on the **validation set**. The test set stays shut until the end.
# - Run **several seeds** per rate, here five. Compare means, and show the range.
# - A run that ends in NaN, or worse than guessing ($\log 10$), has **lost**: its loss counts as infinite. Dropping
#   it from the mean would flatter its rate.

# %%
grid, seeds = 10.0 ** np.arange(-2.5, 1.1, 0.5), range(5)


def trained(lr, seed):
    net = mlp([64, 32, 10], seed=seed)
    run = {"epochs": 10, "batch_size": 64, "seed": seed, "on_divergence": "stop"}
    with np.errstate(over="ignore", invalid="ignore"):
        train(objective(net, softmax_ce), net.params, learn.X, learn.y, GD(lr), **run)
    return net


def score(net, data):
    loss = softmax_ce(net.forward(data.X, train=False), data.y)
    return loss if loss <= np.log(10) else np.inf  # NaN loses too


# %%
nets = [[trained(lr, seed) for seed in seeds] for lr in grid]
scores = np.array([[score(net, valid) for net in row] for row in nets])
mean = scores.mean(axis=1)

fig = plots.spread(
    {"validation loss": scores.T},
    x=grid,
    xlabel="learning rate",
    log=True,
    title="digits, 10 epochs",
)
fig.axes[0].set(xscale="log", xlim=(0.002, 15))
plots.show(
    fig,
    alt="Mean and range of the validation loss against the rate. It falls from 2.2 to 0.26 at rate 0.32, where the "
    "band is thin; at rate 1 the mean is 0.28 and the band reaches from 0.21 to 0.42. Beyond, the curve ends: lost.",
)
ranges = [f"{row.min():.3f} to {row.max():.3f}" for row in scores]
plots.table(
    {"rate": grid, "mean": mean, "range": ranges, "lost": np.isinf(scores).sum(axis=1)},
    digits=3,
)

# %% [markdown]
# **Predict.** Suppose that you had run one seed only. Would you have chosen the same rate?

# %%
choice = int(mean.argmin())
by_seed = grid[scores.argmin(axis=0)]
test_accuracy = {
    lr: [
        np.mean(net.forward(test.X, train=False).argmax(axis=1) == test.y)
        for net in row
    ]
    for lr, row in zip(grid[4:6], nets[4:6], strict=True)
}  # once, at the end; the second rate only to show what the other choice would have cost
plots.table({"seed": seeds, "the rate it would choose": by_seed}, digits=2)
spread = [f"{min(a):.3f} to {max(a):.3f}" for a in test_accuracy.values()]
plots.table(
    {
        "rate": test_accuracy,
        "test accuracy": map(np.mean, test_accuracy.values()),
        "range": spread,
    },
    digits=3,
)

# %% [markdown]
# **Answer.** Four seeds of five would have chosen the rate $1$. The best single run of the grid, with a loss of
# $0.208$, is there, and so is one of $0.423$. The means, $0.262$ against $0.276$, speak for $0.32$, with a range
# from $0.257$ to $0.266$. Five seeds do not separate the means, but $0.32$ is *as good and steadier*. On the test set
# it has $0.954$ against $0.948$. The range test's tenth was too small for 10 epochs.
# A best rate at an end of the grid would call for a wider grid.

# %%
assert (
    round(grid[choice], 2) == 0.32
    and np.sum(by_seed == 1) == 4
    and 0 < choice < len(grid) - 1
)
assert [round(v, 3) for v in mean[4:6]] == [0.262, 0.276] and np.isinf(mean[6:]).all()
assert [f"{v:.3f}" for v in (scores[5].min(), scores[5].max())] == ["0.208", "0.423"]
assert scores[5].min() == scores.min()
assert [f"{v:.3f}" for v in (scores[4].min(), scores[4].max())] == ["0.257", "0.266"]
assert [round(np.mean(a), 3) for a in test_accuracy.values()] == [0.954, 0.948]

# %% [markdown]
# ## Summary
#
# - On a quadratic, $\eta < 1/L$ glides, $1/L < \eta < 2/L$ oscillates and converges, $\eta > 2/L$ diverges. On other
#   $L$-smooth losses, $\eta < 2/L$ guarantees that each step lowers the loss.
# - Beyond $2/L$: convergence, a cycle, a jump to another minimum, or divergence.
# - Steer by the loss with a rule that takes bad steps back: bold driver or backtracking.
# - Range test for the order of magnitude; then a grid, several seeds, validation means, the test set once.
#
# ## Common mistakes
#
# - **Keeping the bad step.** Lower the rate *and* go back.
# - **A rate that only falls.** One steep stretch slows all the rest.
# - **Comparing losses with `if new > old: reject`.** NaN passes. Ask `new < old`.
# - **Comparing losses on different mini-batches.** Chance decides.
# - **Counting steps, not work.** A line search pays for its tries.
# - **Choosing by one seed, or dropping the diverged runs.** Both favour the rate that gambles.
#
# ## References
#
# - L. Armijo (1966). Minimization of functions having Lipschitz continuous first partial derivatives. *Pacific Journal
#   of Mathematics* 16(1), 1–3. doi:10.2140/pjm.1966.16.1
# - R. Battiti (1989). Accelerated backpropagation learning: two optimization methods. *Complex Systems* 3, 331–342.
# - J. M. Cohen et al. (2021). Gradient descent on neural networks typically occurs
#   at the edge of stability. *ICLR 2021*. arXiv:2103.00065
# - H. Karimi, J. Nutini, M. Schmidt (2016). Linear convergence of gradient and proximal-gradient methods under the
#   Polyak–Łojasiewicz condition. *ECML PKDD 2016*. arXiv:1608.04636
# - Y. Nesterov (2004). *Introductory Lectures on Convex Optimization*. Springer. doi:10.1007/978-1-4419-8853-9
# - L. N. Smith (2017). Cyclical learning rates for training neural networks. *WACV 2017*. arXiv:1506.01186
# - T. P. Vogl et al. (1988). Accelerating the convergence of the
#   back-propagation method. *Biological Cybernetics* 59, 257–263. doi:10.1007/BF00332914
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
