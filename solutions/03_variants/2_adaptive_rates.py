# %% [markdown]
# # Adaptive rates
#
# {{about}}
#
# **After this lesson you can**
#
# - derive Adagrad's rate for each coordinate, and say why rare features learn faster with it,
# - explain what RMSprop forgets, how fast, and what that costs,
# - derive Adam's bias correction, and predict its first step,
# - build a problem on which Adam walks to the worst point, and repair it,
# - tell decoupled weight decay from an L2 penalty,
# - say where PyTorch, Keras and the papers differ, and how to map one to the other.
#
# **You need** lesson 1 of this unit: mini-batches, momentum, noise floors.

# %% [markdown]
# ## A rate for each coordinate: Adagrad
#
# So far one rate serves all coordinates. Would another be better for each? Let $g_t$ be the gradient of step $t$, that of
# the batch's loss $f_t$ at $w_{t-1}$, and $w^*$ the weights to be reached. Follow the distance of coordinate $j$ from
# there through one step $w_{t,j} = w_{t-1,j} - \eta_j\, g_{t,j}$:
#
# $$(w_{t,j} - w^*_j)^2 = (w_{t-1,j} - w^*_j)^2 - 2 \eta_j\, g_{t,j} (w_{t-1,j} - w^*_j) + \eta_j^2\, g_{t,j}^2. \tag{1}$$
#
# Solve for the middle term and add up $T$ steps. The squared distances cancel, but for the first, $D_j^2$, and the last,
# which is not negative:
#
# $$\sum_{t=1}^{T} g_{t,j} (w_{t-1,j} - w^*_j) \;\le\;
# \frac{D_j^2}{2 \eta_j} + \frac{\eta_j}{2} \sum_{t=1}^{T} g_{t,j}^2. \tag{2}$$
#
# A convex loss lies above its tangents: $f_t(w_{t-1}) - f_t(w^*) \le g_t \cdot (w_{t-1} - w^*)$. So the left sides, added
# over $j$, bound the total excess loss. Make the right side small: its derivative by $\eta_j$ vanishes at
#
# $$\eta_j = \frac{D_j}{\sqrt{\sum_t g_{t,j}^2}}. \tag{3}$$
#
# Each coordinate has a best rate of its own, lower where its gradients are larger or come more often. But nobody knows
# the future gradients, nor $D_j$. **Adagrad** (Duchi, Hazan and Singer, 2011) takes the sum *so far*, and one number
# $\eta$ for all $D_j$:
#
# $$s_t = s_{t-1} + g_t^2, \qquad w_t = w_{t-1} - \eta\, \frac{g_t}{\sqrt{s_t} + \varepsilon}, \qquad s_0 = 0. \tag{4}$$
#
# From here on, squares, roots and quotients of vectors are taken entry by entry. The tiny $\varepsilon$ prevents
# $0/0$.

# %%
import numpy as np

from gdcourse import optimizers, plots


def gd(g):
    return g, ()


def adagrad(g, s=0.0, eps=1e-10):
    """Return the direction, to be multiplied by the rate, and the new state."""
    s = s + g**2
    return g / (np.sqrt(s) + eps), (s,)


def descend(rule, gradient, w, lr, steps, **settings):
    """Return the steps + 1 points. gradient: (t, w) -> array of w's shape, for t = 0, 1, ..."""
    path, state = [w], ()
    for t in range(steps):
        d, state = rule(gradient(t, path[-1]), *state, **settings)
        path.append(path[-1] - lr * d)
    return np.array(path)


def tune(rates, score):
    """Return the rate with the lowest score; a run that diverges loses."""
    with np.errstate(all="ignore"):
        return min(rates, key=lambda lr: np.nan_to_num(score(lr), nan=np.inf))


# %% [markdown]
# A **sparse** feature is zero in most rows, as the count of a rare word is. Then its gradient is zero too: no row, no
# step. Suppose that its other gradients all have the size $g$. After $k$ of them the weight has gone at most $\eta g k$
# with plain descent. With Adagrad the $i$-th step has the length $\eta g / \sqrt{i g^2} = \eta / \sqrt i$, and $k$ of
# them about $2 \eta \sqrt k$.
#
# The problem: $y = X w^*$ plus noise, 20 features of zeros and ones. Five are in every second row, five in every 16th,
# in every 128th, in every 1024th. Batches have 32 rows. Both rules get the same ten rates, judged by the mean excess
# loss of 4 seeds after 600 steps; the figure shows 8 other seeds.
#
# **Predict.** A feature is 64 times rarer than another. How much shorter is its way, with plain descent and with
# Adagrad?

# %%
shares = np.array([1 / 2, 1 / 16, 1 / 128, 1 / 1024])
share, true = np.repeat(shares, 5), np.tile([1.0, -1.0, 1.0, -1.0, 1.0], 4)
curvature = np.diag(share * (1 - share)) + np.outer(share, share)  # the mean of x x^T


def sparse(seed):
    """Return the gradient of fresh batches of 32 rows."""
    rng = np.random.default_rng(seed)

    def gradient(t, w):
        X = (rng.random((32, 20)) < share).astype(float)
        return X.T @ (X @ (w - true) - rng.normal(0, 0.5, 32)) / 32

    return gradient


def errors(rule, lr, seeds):
    """w - w*, (seeds, 601, 20)."""
    return (
        np.array([descend(rule, sparse(seed), np.zeros(20), lr, 600) for seed in seeds])
        - true
    )


def excess(e):
    return np.einsum("...i,ij,...j->...", e, curvature, e) / 2


# %%
grid, rules, rate, runs = (
    2.0 * 0.5 ** np.arange(10),
    {"plain": gd, "Adagrad": adagrad},
    {},
    {},
)
for name, rule in rules.items():
    rate[name] = tune(
        grid, lambda lr, rule=rule: excess(errors(rule, lr, range(4))[:, -1]).mean()
    )
    runs[name] = errors(rule, rate[name], range(10, 18))

# %%
groups = {
    name: np.abs(e).reshape(8, 601, 4, 5).mean(axis=-1) for name, e in runs.items()
}
series = {
    f"{name}, 1 row in {row}": e[:, :, k]
    for k, row in ((3, 1024), (0, 2))
    for name, e in groups.items()
}
fig = plots.spread(
    series,
    ylabel="mean error of five weights",
    title="rare and common features",
    log=True,
    height=3.6,
)
fig.axes[0].set_ylim(2e-4, 2)
plots.show(
    fig,
    alt="Error by step, log scale, with bands over seeds. Common weights: it falls at once, then lies flat, lower with "
    "Adagrad. Rare ones: it falls slowly, with Adagrad about twice as far.",
)
plots.table(
    {
        "rule": rules,
        "rate": rate.values(),
        "excess loss": [excess(e[:, -1]).mean() for e in runs.values()],
    }
    | {
        f"error, 1 in {round(1 / p)}": [e[:, -1, k].mean() for e in groups.values()]
        for k, p in enumerate(shares)
    },
    digits=2,
)

# %% [markdown]
# **Answer.** 64 times with plain descent, 8 times with Adagrad. In the run, plain descent has a rate that suits
# the common features; the rarest keep an error of $0.74$; with Adagrad it is $0.40$. Adagrad is better for the common
# ones as well, $0.011$ against $0.036$: there its rate falls, and the noise floor of lesson 1 with it.

# %%
last = {name: e[:, -1].mean(axis=0) for name, e in groups.items()}
assert (
    [round(e[3], 2) for e in last.values()] == [0.74, 0.40]
    and shares[3] == 1 / 1024
    and shares[2] == 1 / 128
)
assert [round(e[0], 3) for e in last.values()] == [0.036, 0.011] and runs[
    "plain"
].shape[1] == 600 + 1
assert all(grid[0] > r > grid[-1] for r in rate.values())
assert np.isclose(
    np.sum(1 / np.sqrt(np.arange(1, 10_001))), 2 * np.sqrt(10_000), rtol=0.01
)  # about 2 sqrt(k)

# %% [markdown]
# ## Forget: RMSprop
#
# Adagrad's sum only grows, so its rates only fall, even if the gradients become smaller later. **RMSprop** (Tieleman and
# Hinton, 2012) keeps a **running mean** in place of the sum. With $0 \le \rho < 1$,
#
# $$s_t = \rho\, s_{t-1} + (1 - \rho)\, g_t^2 = (1 - \rho) \sum_{k=1}^{t} \rho^{\,t-k} g_k^2, \qquad
# w_t = w_{t-1} - \eta\, \frac{g_t}{\sqrt{s_t} + \varepsilon}. \tag{5}$$
#
# A square that is $k$ steps old counts $\rho^k$ times as much as the newest: the memory is about $1/(1 - \rho)$ steps
# long. And as $s_t \ge (1 - \rho) g_t^2$, no step is longer than $\eta / \sqrt{1 - \rho}$, whatever comes.
#
# A weight follows a target: the loss of step $t$ is $c_t (w - a_t)^2 / 2$, and the gradient has noise. From
# step 300 to 600 the scale $c_t$ is 0.1, before and after it is 10. At each change the target jumps between 1 and $-1$.
# Each rule has the best of 12 rates, chosen on 10 runs and shown on 20 others.
#
# **Predict.** The gradients become 100 times smaller. After how many steps has RMSprop with $\rho = 0.9$ forgotten the
# large ones? And how long does it take to notice when they are back?


# %%
def rmsprop(g, s=0.0, rho=0.99, eps=1e-8):
    s = rho * s + (1 - rho) * g**2
    return g / (np.sqrt(s) + eps), (s,)


noise = np.random.default_rng(0).normal(0, 0.5, (900, 30))
low = (np.arange(901) >= 300) & (np.arange(901) < 600)
scale, target = np.where(low, 0.1, 10.0), np.where(low, -1.0, 1.0)


def follow(rule, lr, runs, **settings):
    """Weights of some of 30 runs, (901, runs), and how far they are from the target on average, (901,)."""
    gradient = lambda t, w: scale[t] * (w - target[t] + noise[t, runs])  # noqa: E731
    path = descend(rule, gradient, np.zeros(len(noise[0, runs])), lr, 900, **settings)
    return path, np.abs(path - target[:, None]).mean(axis=1)


contest = {
    "plain": (gd, {}),
    "Adagrad": (adagrad, {}),
    "RMSprop 0.9": (rmsprop, {"rho": 0.9}),
}
chased = {}
for name, (rule, settings) in contest.items():
    best = tune(
        16 * 0.5 ** np.arange(12),
        lambda lr, r=rule, s=settings: follow(r, lr, slice(10), **s)[1].mean(),
    )
    chased[name] = best, *follow(rule, best, slice(10, 30), **settings)

# %%
fig, (left, right) = plots.figure(2, width=8.6, height=3.4)
left.step(
    range(901),
    target,
    color="0.5",
    linestyle="-",
    where="post",
    linewidth=1,
    label="target",
)
for name, (best, path, _) in chased.items():
    left.plot(path.mean(axis=1), label=name, linewidth=1.2)
    gs = scale[:900, None] * (path[:-1] - target[:900, None] + noise[:, 10:])
    factor = np.median(np.abs(np.diff(path, axis=0) / gs), axis=1)
    right.semilogy(factor, label=rf"{name}, $\eta$ = {best:.3g}")
left.set(
    xlabel="step",
    ylabel="weight, mean of 20 runs",
    ylim=(-1.7, 1.7),
    title="a target that jumps",
)
right.set(
    xlabel="step",
    ylabel="step / gradient",
    ylim=(8e-3, 90),
    title="the rate in effect, median of 20 runs",
)
left.legend(fontsize="x-small", loc="lower left")
right.legend(fontsize="x-small", loc="upper left")
plots.show(
    fig,
    alt="Left, a target that jumps at steps 300 and 600: in between, Adagrad and plain descent lag far behind, RMSprop "
    "arrives within a hundred steps. Right, the rate in effect: Adagrad's falls, RMSprop's rises a hundredfold and drops.",
)
at = [299, 400, 599, 650, 899]
plots.table(
    {"step": at} | {f"mean error, {name}": e[at] for name, (_, _, e) in chased.items()},
    digits=2,
)

# %% [markdown]
# **Answer.** The squares become $10^4$ times smaller, and $0.9^k = 10^{-4}$ at $k = 87$. The way back takes one step:
# the first large square is in $s$ at once. RMSprop is quick to slow down and slow to speed up.
# At step 400 its mean error is $0.10$, plain descent's $1.01$, Adagrad's $0.82$.
#
# The price: RMSprop comes to no rest. In $g / \sqrt s$ the size of the gradient cancels, near the minimum too, so
# the steps do not shrink. Lower the rate towards the end (unit 04).
#
# **Adadelta** (Zeiler, 2012) looks at the units. A weight in metres needs steps in metres, but $\eta\, g / \sqrt s$
# is a pure number. So it replaces $\eta$ by the root of a running mean of its own past steps:
#
# $$d_t = g_t \sqrt{u_{t-1} + \varepsilon} \,/\, \sqrt{s_t + \varepsilon}, \qquad
# u_t = \rho\, u_{t-1} + (1 - \rho)\, d_t^2, \qquad w_t = w_{t-1} - d_t. \tag{6}$$
#
# The first step then has its size from $\varepsilon$: about $\sqrt{\varepsilon / (1 - \rho)}$, or $0.0032$ by PyTorch's
# defaults. So frameworks put a rate in front after all.


# %%
def adadelta(g, s=0.0, u=0.0, rho=0.9, eps=1e-6):
    s = rho * s + (1 - rho) * g**2
    d = g * np.sqrt(u + eps) / np.sqrt(s + eps)
    return d, (s, rho * u + (1 - rho) * d**2)


assert (
    np.isclose(adadelta(5.0)[0], np.sqrt(1e-6 / 0.1), rtol=1e-4)
    and round(np.sqrt(1e-6 / 0.1), 4) == 0.0032
)
assert round(np.log(1e-4) / np.log(0.9)) == 87 and np.isclose(100.0**2, 1e4)
assert [round(e[400], 2) for _, _, e in chased.values()] == [1.01, 0.82, 0.10]
assert np.abs(np.diff(chased["RMSprop 0.9"][1], axis=0)).max() <= chased["RMSprop 0.9"][
    0
] / np.sqrt(1 - 0.9)
assert (
    list(np.flatnonzero(np.diff(scale))) == [299, 599]
    and scale[0] == scale[600] == 10
    and scale[300] == 0.1
)

# %% [markdown]
# ## What a rate per coordinate cannot do
#
# Take a quadratic whose axes are the coordinates. Then $g_j = \lambda_j e_j$, with the curvature $\lambda_j$ and the
# distance $e_j$, and in (4) and (5) the constant $\lambda_j$ cancels: both rules act as if every curvature were 1. The
# condition number is gone. And if the valley lies across the axes?
#
# **Predict.** The valley has the curvatures 1 and 50. Turn it by 45°. Who suffers?


# %%
def valley(degrees):
    """Return the Hessian of a valley along the direction, and a start."""
    a = np.radians(degrees)
    Q = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return Q @ np.diag([1.0, 50.0]) @ Q.T, Q @ np.array([1.8, 0.5])


def fall(degrees):
    """Return each rule's points, 41 of them, with the rate of 20 that ends lowest."""
    A, start = valley(degrees)
    tracks = {}
    for name, (rule, settings) in contest.items():
        go = lambda lr, r=rule, s=settings: descend(  # noqa: E731
            r, lambda t, w: A @ w, start, lr, 40, **s
        )
        tracks[name] = go(
            tune(
                2 * 0.7 ** np.arange(20), lambda lr, go=go: go(lr)[-1] @ A @ go(lr)[-1]
            )
        )
    return tracks


# %%
fallen = {degrees: fall(degrees) for degrees in range(0, 50, 5)}


def turned(degrees):
    A, start = valley(degrees)
    return plots.race(
        lambda w: np.sum(w * np.tensordot(A, w, 1), axis=0) / 2, fallen[degrees], window=(-2.3, 2.3, -2.3, 2.3),
        minima=np.zeros((1, 2)), title=f"a valley at {degrees}°",
    )  # fmt: skip


for degrees, words in (
    (0, "Both adaptive rules fall steeply."),
    (45, "All three creep along the valley floor."),
):
    plots.show(
        turned(degrees),
        alt=f"Tracks in a narrow valley at {degrees}°, and their height by step. {words}",
    )
final = {
    d: [t[-1] @ valley(d)[0] @ t[-1] / 2 for t in tracks.values()]
    for d, tracks in fallen.items()
}
at = (0, 10, 45)
plots.table(
    {"rule": contest} | {f"height at {d}°": [f"{h:.1e}" for h in final[d]] for d in at}
)

# %% [markdown]
# **Answer.** Both adaptive rules. Plain descent ends at the height $0.17$ however the valley lies: it knows no axes.
# Adagrad falls below $10^{-40}$ along an axis; at 45° it ends at $0.20$, above plain descent. To divide each coordinate
# by a number of its own stretches the plane along the axes, and never turns it. Across the axes a curvature matrix is
# needed (lesson 3). RMSprop comes lower, and is thrown back near the end: no rest. Turn the valley:

# %% tags=["widget"]
plots.slider(
    lambda degrees: (
        turned(degrees),
        f"Three tracks in a valley at {degrees} degrees.",
    ),
    degrees=list(fallen),
)

# %%
assert (
    all(round(h[0], 2) == 0.17 for h in final.values())
    and final[0][1] < 1e-40
    and round(final[45][1], 2) == 0.20
)
assert final[45][2] > 1e8 * final[0][2]
for rule in (adagrad, rmsprop):
    there, like_1 = (
        descend(rule, lambda t, w, c=c: c * w, np.ones(2), 0.1, 40, eps=0)
        for c in (np.array([1, 50]), 1.0)
    )
    assert np.allclose(there, like_1)  # curvature cancels

# %% [markdown]
# ## Both at once: Adam
#
# **Adam** (Kingma and Ba, 2015) joins the two ideas: a running mean $m$ of the gradients, as momentum, and one of their
# squares, $v$, as in RMSprop. Both start at $0$, so at first both are too small. By how much? Suppose that all gradients
# have the same mean, $\mathbb{E}\, g_k = \bar g$. As in (5),
#
# $$\mathbb{E}\, m_t = (1 - \beta_1) \sum_{k=1}^{t} \beta_1^{\,t-k}\, \bar g = (1 - \beta_1^t)\, \bar g, \tag{7}$$
#
# by the sum of a geometric series. So divide by $1 - \beta_1^t$, and $v$ by $1 - \beta_2^t$. This is the **bias
# correction**:
#
# $$m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t, \quad v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2, \quad
# w_t = w_{t-1} - \eta\, \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} + \varepsilon}. \tag{8}$$
#
# The usual values are $\beta_1 = 0.9$, $\beta_2 = 0.999$ and $\varepsilon = 10^{-8}$.
#
# **Predict.** Four weights have the gradients $1000$, $-1$, $0.001$ and $0$. What is Adam's first step for each? And
# without the correction?


# %%
def adam(g, t=0, m=0.0, v=0.0, beta1=0.9, beta2=0.999, eps=1e-8):
    t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return m_hat / (np.sqrt(v_hat) + eps), (t, m, v)


g = np.array([1000.0, -1.0, 0.001, 0.0])
d, (_, m, v) = adam(g)
raw = np.divide(m, np.sqrt(v), out=np.zeros(4), where=v > 0)
parts = {
    "$g$": g,
    r"$\sqrt{v_1}$": np.sqrt(v),
    "uncorrected step": -0.1 * raw + 0.0,
    "step": -0.1 * d + 0.0,
}
plots.show(
    plots.step_anatomy(
        parts, names=list("abcd"), title=r"Adam's first step, $\eta$ = 0.1", width=9
    ),
    alt="Bars for four weights: gradient, root of the mean square, uncorrected step and step. The gradients differ "
    "by powers of ten, the steps are 0.1 in size or zero; uncorrected they would be 0.316.",
)
plots.table({"weight": "abcd"} | parts, digits=3)

# %% [markdown]
# **Answer.** Minus the rate, plus the rate, minus the rate, and nothing. After one step $m / (1 - \beta_1) = g$ and
# $v / (1 - \beta_2) = g^2$, so the first step is $-\eta \operatorname{sign}(g)$, whatever the size of $g$. Without
# the correction it is $(1 - \beta_1) / \sqrt{1 - \beta_2} = 3.16$ times as long.
#
# **Predict.** Is that the worst? Let the gradient be constant. How long is the uncorrected step as time goes on?

# %%
t = np.arange(1, 5001)
ratio = (1 - 0.9**t) / np.sqrt(1 - 0.999**t)
fig, ax = plots.figure(height=2.8)
ax.semilogx(t, ratio, label="uncorrected")
ax.axhline(1, color=plots.COLOURS[1], linestyle="--", label="corrected")
ax.set(xlabel="step", ylabel="step / rate", ylim=(0, 7), title="a constant gradient")
ax.legend()
plots.show(
    fig,
    alt="Step over rate, by step on a log scale. With the correction it is 1 throughout. Without, it starts at 3.2, rises "
    "to 6.6 near step 12, and comes down to 1 after some thousands.",
)
plots.table(
    {
        "step": (at := [1, 12, 100, 1000, 5000]),
        "uncorrected / rate": ratio[np.array(at) - 1],
    },
    digits=3,
)

# %% [markdown]
# **Answer.** It grows to $6.6$ times the rate at step 12, as $m$ settles in tens of steps and $v$ in thousands, and is
# still $1.26$ times at step 1000.
#
# As sizes cancel, no step is much longer than the rate. So one rate serves many problems; but near a minimum it must
# fall, as with RMSprop.

# %%
assert np.allclose(-0.1 * adam(g)[0], [-0.1, 0.1, -0.1, 0], rtol=1e-4) and g[0] == 1000
assert round(0.1 / np.sqrt(0.001), 2) == 3.16 and np.isclose(raw[0], 3.16, atol=0.01)
assert (
    round(ratio.max(), 1) == 6.6
    and t[ratio.argmax()] == 12
    and round(ratio[1000 - 1], 2) == 1.26
)
assert (
    round(ratio.max() / ratio[0], 1) == 2.1 and round(ratio[-1] / ratio[0], 2) == 0.32
)  # t never stored

# %% [markdown]
# ## Where Adam goes wrong
#
# A weight must stay within $[-1, 1]$. The loss of step $t$ is a line: its slope is $101$ once in every $101$ steps, and
# $-1$ in the other $100$. Over such a round the slopes sum to $+1$, so the average loss *rises* with $w$, and the best
# point is $-1$. It is as if one rare row had a large gradient, and many rows small ones against it. The rate falls like
# $1 / \sqrt t$, as theory asks for. (After Reddi, Kale and Kumar, 2018.)
#
# **Predict.** Where does Adam end with $\beta_1 = 0$ (no momentum) and $\beta_2 = 0.99$? With a longer memory, $0.999$?


# %%
def amsgrad(g, t=0, m=0.0, v=0.0, top=0.0, beta1=0.9, beta2=0.999, eps=1e-8):
    t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    top = np.maximum(top, v)
    return m / (1 - beta1**t) / (np.sqrt(top / (1 - beta2**t)) + eps), (t, m, v, top)


def slope(t):
    return 101.0 if t % 101 == 0 else -1.0


def walk(rule, lr, rounds=1000, **settings):
    """The weight after each round of 101 steps."""
    w, state, ends = 0.0, (), []
    for t in range(101 * rounds):
        d, state = rule(slope(t), *state, **settings)
        w = min(max(w - lr / np.sqrt(1000 + t) * d, -1.0), 1.0)
        if t % 101 == 100:
            ends.append(w)
    return np.array(ends)


# %%
def drift(beta2, largest=False):
    """The way of a round over the rate, once v repeats itself from round to round; largest: with AMSGrad's v."""
    g = np.array([slope(k) for k in range(101)])
    age = (np.arange(101)[:, None] - np.arange(101)) % 101
    v = (
        (1 - beta2) / (1 - beta2**101) * beta2**age @ g**2
    )  # (101,): after each step of the round
    return -np.sum(g / np.sqrt(v.max() if largest else v))


walks = {
    f"Adam, {beta2}": walk(adam, 3, beta1=0, beta2=beta2) for beta2 in (0.99, 0.999)
}
walks |= {
    "AMSGrad, 0.99": walk(amsgrad, 3, beta1=0, beta2=0.99),
    "plain": walk(gd, 0.3),
}
memory = np.geomspace(2, 30_000, 200)

# %%
fig, (left, right) = plots.figure(2, width=8.6, height=3.4)
for name, path in walks.items():
    left.semilogx(np.arange(1, 1001), path, label=name)
left.axhline(-1, color="0.4", linestyle=":")
left.set(xlabel="round of 101 steps", ylabel="weight", title="the best point is $-1$")
left.legend(fontsize="small")
right.plot(memory, [drift(1 - 1 / k) for k in memory], label="Adam")
right.plot(memory, [drift(1 - 1 / k, True) for k in memory], label="AMSGrad")
right.axhline(0, color="0.4", linestyle=":")
right.set(
    xlabel=r"memory $1 / (1 - \beta_2)$",
    xscale="log",
    ylabel="drift per round / rate",
    title="below 0 is right",
)
right.set_yscale("symlog", linthresh=0.1)
right.legend(fontsize="small")
plots.show(
    fig,
    alt="Left, the weight by round: Adam goes to plus 1, the worst point, AMSGrad and plain descent towards minus 1. "
    "Right, the drift by memory: Adam's is positive up to some 2500 steps, AMSGrad's negative throughout.",
)
plots.table(
    {"run": walks}
    | {f"round {r}": [path[r - 1] for path in walks.values()] for r in (1, 100, 1000)},
    digits=3,
)

# %% [markdown]
# **Answer.** At $+1$, the worst point, both times; the longer memory only takes longer. Look at one round, once $v$
# repeats itself. At the large gradient $v$ jumps up, so just this gradient gets the largest divisor. Then $v$ decays, and
# the small ones are divided by less and less:
#
# $$\text{drift} = -\eta\, \Bigl( \frac{101}{\sqrt{v_0}} - \sum_{k=1}^{100} \frac{1}{\sqrt{v_k}} \Bigr), \qquad
# v_0 > v_1 > \dots > v_{100}. \tag{9}$$
#
# With equal divisors the large one would win, $101$ to $100$. With these it loses, unless the memory is far
# longer than the round: here, from about 2500 steps on. And for every $\beta_2 < 1$ there is a round long enough.
#
# **AMSGrad** divides by the largest $v$ so far, which never falls. In the end all divisors are equal, and the drift has
# the right sign for every $\beta_2$. Its price: one huge gradient slows it for ever. In practice, try a longer memory
# first.

# %%
assert walks["Adam, 0.99"][-1] == walks["Adam, 0.999"][-1] == 1
assert walks["AMSGrad, 0.99"][-1] < -0.9 and walks["plain"][-1] < -0.9
assert sum(slope(t) for t in range(101)) == 101 - 100 == 1
crossing = np.interp(0, [-drift(1 - 1 / k) for k in memory], memory)
assert round(crossing, -2) == 2500 and all(drift(1 - 1 / k, True) < 0 for k in memory)
assert walk(adam, 3, beta2=0.99)[-1] > 0.99  # with the usual beta_1 as well

# %% [markdown]
# ## Weight decay: Adam and AdamW
#
# To keep weights small, add the penalty $\frac12 \lambda \lVert w \rVert^2$ to the loss (unit 01). Its gradient is
# $\lambda w$, and a step of plain descent becomes
#
# $$w - \eta\, (g + \lambda w) = (1 - \eta\lambda)\, w - \eta\, g. \tag{10}$$
#
# So the penalty is the same as **weight decay**, a factor below 1 in every step. For Adam the two part. With
# the penalty *in the gradient*, Adam divides it by $\sqrt{\hat v}$ with all the rest. **AdamW** (Loshchilov and Hutter,
# 2019) decays outside, **decoupled** from the division, where $d_t$ is Adam's direction from $g$ alone:
#
# $$w_t = (1 - \eta\lambda)\, w_{t-1} - \eta\, d_t. \tag{11}$$
#
# **Predict.** Three weights have gradients of pure noise, with the standard deviations $10$, $1$ and $0.1$. All start at 1. With
# $\lambda = 0.1$ and $\eta = 0.01$, which of them decay, and how fast?


# %%
sigma = np.array([10, 1, 0.1])


def fade(l2, decay, lr=0.01):
    """Weights of 200 runs, (1001, 200, 3), that have only noise for gradients."""
    rng, w, state = np.random.default_rng(0), [np.ones((200, 3))], ()
    for _ in range(1000):
        d, state = adam(sigma * rng.normal(size=(200, 3)) + l2 * w[-1], *state)
        w.append((1 - lr * decay) * w[-1] - lr * d)
    return np.array(w)


faded, t = {"Adam with L2": fade(0.1, 0), "AdamW": fade(0, 0.1)}, np.arange(1001)
fig, axes = plots.figure(2, width=8.6, sharey=True)
for ax, (name, w), divisor in zip(
    axes, faded.items(), (sigma, np.ones(3)), strict=True
):
    for k in range(3):
        ax.plot(
            w[:, :, k].mean(axis=1),
            color=plots.COLOURS[k],
            linestyle=plots.LINES[k],
            label=f"noise {sigma[k]:g}",
        )
        ax.plot(
            t,
            (1 - 0.01 * 0.1 / divisor[k]) ** t,
            color="black",
            linestyle=":",
            label="theory" if k == 2 else None,
        )
    ax.set(xlabel="step", title=name)
axes[0].set(ylabel="weight, mean of 200 runs")
axes[1].legend(fontsize="small")
plots.show(
    fig,
    alt="Mean weight by step for three sizes of noise. With L2 in Adam's gradient the weight with large noise hardly "
    "decays, that with small noise is gone after 500 steps. With AdamW all three fall together, as theory says.",
)
ends = {name: w[-1].mean(axis=0) for name, w in faded.items()}
plots.table({"noise": sigma} | ends, digits=2)

# %% [markdown]
# **Answer.** With L2 the divisor $\sqrt{\hat v}$ is about the noise $\sigma$, so the factor per step is
# $1 - \eta\lambda / \sigma$. The noisiest weight still has $0.88$ after 1000 steps, the quietest is at $0.00$. The
# noisier a weight, the less of the penalty it feels. AdamW treats all alike: about $0.37$, that is
# $(1 - \eta\lambda)^{1000}$.
#
# `weight_decay` in PyTorch's `Adam` is the L2 penalty; in Keras' `Adam` it is the decoupled decay.

# %%
assert (
    np.round(ends["Adam with L2"][[0, 2]], 2).tolist() == [0.88, 0.00]
    and np.std(ends["AdamW"]) < 0.02
)
assert round((1 - 0.01 * 0.1) ** 1000, 2) == 0.37 and np.allclose(
    ends["AdamW"], 0.37, atol=0.03
)
theory = (1 - 0.01 * 0.1 / sigma) ** 1000
assert np.allclose(ends["Adam with L2"], theory, atol=0.06)

# %% [markdown]
# ## The same in three frameworks
#
# Our equations (4) to (6), (8), (11) and AMSGrad against the library and the built-ins: 50 steps into the valley at 30°.

# %%
A, start = valley(30)
ends, by_rate = (
    {},
    {
        "Adagrad": adagrad,
        "RMSprop": rmsprop,
        "Adadelta": adadelta,
        "Adam": adam,
        "AMSGrad": amsgrad,
    },
)
for name, rule in by_rate.items():
    ends[name] = descend(rule, lambda t, w: A @ w, start, 0.125, 50)[-1]
w, state = start, ()
for _ in range(50):
    d, state = adam(A @ w, *state)
    w = (1 - 0.125 * 0.25) * w - 0.125 * d
ends["AdamW"] = w


def same(name, w):
    return np.allclose(w, ends[name], rtol=1e-11, atol=1e-13)


arguments = {name: {"lr": 0.125} for name in ends} | {
    "AdamW": {"lr": 0.125, "weight_decay": 0.25}
}
for name in ends:
    w, rule = start.copy(), getattr(optimizers.numpy, name)(**arguments[name])
    for _ in range(50):
        rule.step([w], [A @ w])
    assert same(name, w), name

# %% tags=["torch"]
ours = optimizers.torch  # the library comes first: it names a missing framework
import torch

A_t = torch.from_numpy(A)
for name in ends:
    w, rule = torch.tensor(start), getattr(ours, name)(**arguments[name])
    for _ in range(50):
        rule.step([w], [A_t @ w])
    assert same(name, w), name

    w, options = torch.tensor(start), {"amsgrad": True} if name == "AMSGrad" else {}
    built_in = getattr(torch.optim, name.replace("AMSGrad", "Adam"))(
        [w], **arguments[name], **options
    )
    for _ in range(50):
        w.grad = A_t @ w
        built_in.step()
    assert same(name, w), name

# %% tags=["tensorflow"]
ours = optimizers.tensorflow
import tensorflow as tf

for name in ends:
    w, rule = tf.Variable(start), getattr(ours, name)(**arguments[name])
    for _ in range(50):
        rule.step([w], [tf.linalg.matvec(A, w)])
    assert same(name, w), name

pair = []
for rule in (tf.keras.optimizers.Adam, tf.keras.optimizers.AdamW):
    w, built_in = tf.Variable(start), rule(0.125, weight_decay=0.25)
    for _ in range(50):
        built_in.apply_gradients([(tf.linalg.matvec(A, w), w)])
    pair.append(w.numpy())
assert np.array_equal(*pair)  # Keras' Adam decays as AdamW does

# %% [markdown]
# PyTorch's built-ins *are* these equations. Keras' were not asked to be equal, for good reason.
#
# ## One name, several rules
#
# Five differences, read from the sources:
#
# 1. **Where $\varepsilon$ stands.** (4), (5), (8) and PyTorch have $\sqrt{s} + \varepsilon$. Keras' Adagrad and RMSprop
#    have $\sqrt{s + \varepsilon}$.
# 2. **$\hat\varepsilon$.** Keras' Adam moves both corrections into the rate and adds its
#    $\varepsilon$ to the root of the *uncorrected* $v$:
#
#    $$\eta\, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \cdot \frac{m_t}{\sqrt{v_t} + \varepsilon}
#    = \eta\, \frac{\hat m_t}{\sqrt{\hat v_t} + \varepsilon / \sqrt{1 - \beta_2^t}}. \tag{12}$$
#
# 3. **Where the rate stands.** Keras' SGD has it inside the velocity (lesson 1).
# 4. **The initial accumulator.** Adagrad starts from $s_0 = 0$ in PyTorch, from $0.1$ in Keras. Set it.
# 5. **float32 hyper-parameters.** Keras rounds rates and some factors to 32 bits, whatever the weights are. $0.1$ is then
#    off by $1.5 \cdot 10^{-8}$ of itself; $0.125$ is exact.
#
# **Predict.** Give each form $\varepsilon = 10^{-7}$ and a steady gradient. Below which gradient is the step less
# than half the rate?

# %%
eps, g = 1e-7, np.geomspace(1e-9, 1e-1, 300)
forms = {
    r"$\varepsilon$ outside the root": g / (g + eps),
    r"$\hat\varepsilon$, step 1": g / (g + eps / np.sqrt(1 - 0.999)),
    r"$\varepsilon$ inside the root": g / np.sqrt(g**2 + eps),
}
fig, ax = plots.figure(height=2.9)
for name, step in forms.items():
    ax.semilogx(g, step, label=name)
ax.axhline(0.5, color="0.4", linestyle=":")
ax.set(
    xlabel="size of the gradient",
    ylabel="step / rate",
    title=r"three divisors, one $\varepsilon = 10^{-7}$",
)
ax.legend(loc="upper left", fontsize="small")
plots.show(
    fig,
    alt="Step over rate against the gradient's size, log scale: three S curves from 0 to 1. Half is reached at 1e-7 with "
    "epsilon outside, at 3e-6 in Keras' first step of Adam, at 2e-4 with epsilon inside the root.",
)
half = [np.interp(0.5, step, g) for step in forms.values()]
plots.table({"divisor": forms, "half the rate at": half}, digits=2)

# %% [markdown]
# **Answer.** Below $10^{-7}$ outside the root, $3.2 \cdot 10^{-6}$ for $\hat\varepsilon$ at step 1, $1.8 \cdot 10^{-4}$
# inside. A weight with gradients near $10^{-5}$ moves at full rate in one, and hardly moves in the other.
#
# Here is the library's table of such cases. The gap is the largest difference of a weight after 50 steps along random
# gradients. `halving` is a schedule, `eps_hat` the changing $\varepsilon$ of (12). Nadam and
# Lion have no section here; there (11) is the library's number.

# %%
from gdcourse.conformance import optimizers as conformance
from gdcourse.conformance import table

rows = [row for row in conformance.ROWS if row.why]
cells = [line.split(" | ") for row in rows for line in table([row]).splitlines()]
plots.table(
    dict(
        zip(
            ("ours", "beside", "theirs", "gap", "why"),
            zip(*cells, strict=True),
            strict=True,
        )
    )
)
print(
    "and equal as they stand:",
    *sorted({f"{r.framework}.{r.theirs[0]}" for r in conformance.ROWS if not r.why}),
)

# %% [markdown]
# Measure each row, also those not shown:


# %%
def check(framework):
    """Measure every row of a framework that has the rule: equal to 1e-12, or a gap of the stated power of ten."""
    rows = [
        row for row in conformance.ROWS if row.framework == framework and row.theirs
    ]
    for row in rows:
        gap = conformance.measure(row)
        assert gap < 1e-12 if row.gap == 0 else abs(np.log10(gap / row.gap)) <= 0.5, row
    print(framework, len(rows), "rows measured")


# %% tags=["torch"]
check("torch")

# %% tags=["tensorflow"]
check("keras")

# %% [markdown]
# ### From one to the other, or not at all
#
# - **$\varepsilon$ inside, Adagrad.** Start PyTorch from $s_0 + \varepsilon$ with `eps=0`. Both stand in one root, and
#   the sum keeps everything.
# - **$\varepsilon$ inside, RMSprop.** Equal at $0$ only. $\sqrt s + \varepsilon' = \sqrt{s + \varepsilon}$ asks for
#   $\varepsilon' = \sqrt\varepsilon$ at $s = 0$, and for $\varepsilon' \to 0$ as $s$ grows: no number does both.
# - **$\hat\varepsilon$ in Adam, AMSGrad, AdamW.** Equal at $0$, or with `eps` set to $\varepsilon / \sqrt{1 - \beta_2^t}$
#   before each step. That changes with $t$, so no constant does it.
# - **The rate in the velocity.** Equal at a constant rate. If $\eta$ becomes $\eta'$, the first gradient moves the second
#   step by $\beta\eta'\, g$ in PyTorch and by $\beta\eta\, g$ in Keras. No argument undoes that.
# - **float32.** Take numbers that 32 bits hold, as $0.125$ or $0.75$, or live with the gap.

# %%
assert np.allclose(half, [1e-7, 3.2e-6, 1.8e-4], rtol=0.02) and np.isclose(
    1 / np.sqrt(1 - 0.999), 32, atol=0.5
)
assert 1e-5 / np.sqrt(1e-10 + eps) < 0.04 and 1e-5 / (1e-5 + eps) > 0.98
assert (
    round(abs(float(np.float32(0.1)) / 0.1 - 1), 9) == 1.5e-8
    and np.float32(0.125) == 0.125
)

t, b1, b2, m, v = 3, 0.5, 0.75, 0.3, 0.2  # equation (12)
left_side = np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + 0.1)
assert np.isclose(
    left_side, m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + 0.1 / np.sqrt(1 - b2**t))
)

# %% [markdown]
# ## Summary
#
# - Adagrad: the best rate of each coordinate, from the squares so far. A feature $k$ times rarer is $\sqrt k$ times
#   slower.
# - RMSprop forgets old squares at the pace $\rho^t$. It follows a changing scale and never comes to rest.
# - A rate per coordinate stretches axes; it does not turn them.
# - Adam = momentum + RMSprop + bias correction. Its first step is $-\eta \operatorname{sign}(g)$.
# - With a short memory Adam follows the many against the large. AMSGrad, or a longer memory, repairs it.
# - An L2 penalty in Adam's gradient is divided away; AdamW's decay is not.
# - The same name is not the same rule: compare a few steps in float64 before you blame the model.
#
# ## Common mistakes
#
# - **$t$ never stored.** Each step is corrected as if it were the first: the steps grow twofold, then shrink to a third.
# - **Corrected averages stored.** Store $m$ and $v$ as they are; correct anew each time.
# - **$\varepsilon$ inside the root by habit.** At $s = 0$ and $\varepsilon = 10^{-8}$ the divisor is $10^4$ times larger.
# - **The old $s$ in the division.** Then the first step divides by $\varepsilon$.
# - **A decay in the averaged gradient.** AdamW's stands outside; so does Keras' `weight_decay`, but not that of
#   PyTorch's `Adam`.
#
# ## References
#
# - J. Duchi, E. Hazan, Y. Singer (2011). Adaptive subgradient methods for online learning and stochastic optimization.
#   *Journal of Machine Learning Research* 12.
# - T. Tieleman, G. Hinton (2012). RMSprop. Lecture 6.5 of *Neural Networks for Machine Learning*, Coursera.
# - M. D. Zeiler (2012). ADADELTA: an adaptive learning rate method. arXiv:1212.5701
# - D. P. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. arXiv:1412.6980
# - S. J. Reddi, S. Kale, S. Kumar (2018). On the convergence of Adam and beyond. arXiv:1904.09237
# - I. Loshchilov, F. Hutter (2019). Decoupled weight decay regularization. arXiv:1711.05101
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
