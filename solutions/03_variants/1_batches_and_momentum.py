# %% [markdown]
# # Batches and momentum
#
# {{about}}
#
# **After this lesson you can**
#
# - show that a mini-batch gradient is right on average, and how noisy it is,
# - compare batch, mini-batch and stochastic descent at equal cost, and predict the noise floor of a rate,
# - derive momentum as a 2 by 2 recurrence, and choose its settings for a condition number,
# - tell the frameworks' two forms of momentum apart,
# - say which minimum a run will reach, and what a saddle costs.
#
# **You need** unit 01 (squared error, its gradient (5), the limit $2/L$) and eigenvectors.

# %% [markdown]
# ## A gradient from fewer rows
#
# The loss of unit 01 is a mean over $n$ rows, so its gradient is a mean of $n$ gradients $g_i$, one per row.
# **Batch** descent (BGD) computes all $n$ for each step. **Stochastic** descent (SGD) draws one row at random and
# uses its $g_i$. **Mini-batch** descent draws $b$ rows, the set $B$, and uses
#
# $$g_B = \frac1b \sum_{i \in B} g_i. \tag{1}$$
#
# If each row is drawn independently, every row with probability $1/n$, then the mean of $g_B$ over all draws is
#
# $$\mathbb{E}[g_B] = \frac1b \sum_{k=1}^{b} \sum_{i=1}^{n} \frac1n\, g_i = \nabla J. \tag{2}$$
#
# Such an estimate is called **unbiased**. It scatters around $\nabla J$. Let $\Sigma$ be the covariance matrix of the
# $g_i$; its trace is their mean squared distance from $\nabla J$. Variances of independent terms add, so
#
# $$\mathbb{E}\,\lVert g_B - \nabla J \rVert^2 = \frac{1}{b^2} \sum_{k=1}^{b} \operatorname{tr} \Sigma
# = \frac{\operatorname{tr} \Sigma}{b}. \tag{3}$$
#
# **Predict.** A batch of 64 costs 64 times as much as one row. By what factor is its gradient closer to the full one?

# %%
import numpy as np

from gdcourse import plots

rng = np.random.default_rng(0)
n, d = 512, 5
X = rng.normal(size=(n, d)) * [1.6, 1.3, 1.0, 0.8, 0.6]
y = X @ [1.0, -2.0, 0.5, 3.0, -1.5] + rng.normal(0, 0.5, n)
H = X.T @ X / n  # the curvature
best = np.linalg.solve(H, X.T @ y / n)

theta = np.zeros(d)
per_row = (X @ theta - y)[:, None] * X  # (n, d): one gradient per row
full = per_row.mean(axis=0)
trace = np.sum(np.var(per_row, axis=0))

# %%
sizes = np.array([1, 4, 16, 64, 256])
bias, scatter = [], []
for b in sizes:
    g = np.array([per_row[rng.integers(n, size=b)].mean(axis=0) for _ in range(4000)])
    bias.append(np.linalg.norm(g.mean(axis=0) - full))
    scatter.append(np.mean(np.sum((g - full) ** 2, axis=1)))

fig, ax = plots.figure(width=5.6)
ax.loglog(sizes, scatter, "o", label="measured, 4000 batches")
ax.loglog(sizes, trace / sizes, label=r"$\operatorname{tr}\,\Sigma\,/\,b$")
ax.set(
    xlabel="batch size $b$",
    ylabel="mean squared distance",
    title="noise of the mini-batch gradient",
)
ax.legend()
plots.show(
    fig,
    alt="Mean squared distance from the full gradient against the batch size, both logarithmic: five measured points "
    "lie on the straight line trace over b.",
)
plots.table(
    {
        "b": sizes,
        "measured": scatter,
        "trace / b": trace / sizes,
        "distance of the mean": bias,
    },
    digits=3,
)

# %% [markdown]
# **Answer.** By $8$. The squared distance falls by 64, the distance itself by its root. This is why small batches
# pay: the cost grows like $b$, the precision only like $\sqrt b$. The last column is the distance of the *average* of
# 4000 batch gradients from $\nabla J$. There is no bias.
#
# You can also deal out all rows, shuffled, in batches: one **epoch**. If the last batch is shorter than the others,
# weight it by its rows. Then the mean over an epoch *is* $\nabla J$, exactly. Unweighted, it is not.

# %%
assert np.allclose(scatter, trace / sizes, rtol=0.1) and len(g) == 4000
assert all(
    error < 3 * np.sqrt(trace / b / 4000) for error, b in zip(bias, sizes, strict=True)
)
assert 6 < np.sqrt(scatter[0] / scatter[3]) < 10  # about 8

from gdcourse.training import batches

dealt = [(len(rows), per_row[rows].mean(axis=0)) for rows in batches(n, 100, rng)]
assert np.allclose(sum(size * g for size, g in dealt) / n, full, rtol=0, atol=1e-12)
assert np.linalg.norm(np.mean([g for _, g in dealt], axis=0) - full) > 0.1

# %% [markdown]
# ## Three ways to spend an epoch
#
# Steps are not a fair measure: a step of BGD touches 512 rows here, a step of SGD one. So count **gradient
# evaluations**, rows touched. One epoch is 512 of them for everyone, and buys 1 step of BGD, 16 steps with $b = 32$,
# or 512 of SGD.
#
# Each method gets the same tuning: the ten rates $1, \frac12, \dots, \frac{1}{512}$, judged by the median **excess
# loss**, $J(\theta) - J(\theta^*)$, over 8 seeds, once after 1 epoch and once after 60. The winner then runs on 8
# *other* seeds. `run` carries all rates and seeds along at once.


# %%
def excess(theta):
    """(..., d) -> (...): the loss above its minimum."""
    return np.einsum("...i,ij,...j->...", theta - best, H, theta - best) / 2


def run(rates, b, epochs, seed, start=theta, decay=np.inf):
    """Excess after 0, 1, ... epochs, (rates, 8 seeds, epochs + 1). decay: the step by which the rate is halved."""
    rng, t = np.random.default_rng(seed), 0
    rates = np.reshape(rates, (-1, 1, 1)).astype(float)
    theta = np.tile(start, (len(rates), 8, 1))
    record = [excess(theta)]
    for _ in range(epochs):
        rows = rng.integers(n, size=(8, n)) if b < n else np.tile(np.arange(n), (8, 1))
        for k in range(0, n, b):
            X_b, y_b = X[rows[:, k : k + b]], y[rows[:, k : k + b]]
            e = (X_b @ theta[..., None])[..., 0] - y_b
            theta = (
                theta - rates / (1 + t / decay) * (e[..., None, :] @ X_b)[..., 0, :] / b
            )
            t += 1
        record.append(excess(theta))
    return np.stack(record, axis=-1)


# %% [markdown]
# **Predict.** Who leads after one epoch, and who after 60?

# %%
grid = 0.5 ** np.arange(10)
methods = {"batch": n, "mini-batch, b = 32": 32, "stochastic": 1}
tuned = {}
with np.errstate(all="ignore"):  # the largest rates diverge
    for name, b in methods.items():
        middle = np.median(run(grid, b, 60, seed=1), axis=1)
        tuned[name] = [grid[np.nanargmin(middle[:, epoch])] for epoch in (1, 60)]
final = {name: run(tuned[name], b, 60, seed=2) for name, b in methods.items()}
plots.table(
    {"method": methods}
    | {
        f"rate, epoch {e}": [tuned[name][i] for name in methods]
        for i, e in enumerate((1, 60))
    }
    | {
        f"after {e}": [f"{np.median(final[name][i, :, e]):.1e}" for name in methods]
        for i, e in enumerate((1, 60))
    }
)

# %%
long = {name: runs[1] for name, runs in final.items()}  # tuned for 60 epochs
long["stochastic, decaying"] = run([0.0625], 1, 60, seed=2, decay=200)[0]
fig, (left, right) = plots.figure(2, width=9, height=3.8, sharey=True)
for name, runs in long.items():
    per_epoch = n // methods.get(name, 1)
    middle = np.median(runs, axis=0)
    for ax, unit in ((left, 1), (right, per_epoch)):
        at = unit * np.arange(61)
        (line,) = ax.plot(at, middle, label=name)
        ax.fill_between(
            at,
            runs.min(axis=0),
            runs.max(axis=0),
            color=line.get_color(),
            alpha=0.2,
            linewidth=0,
        )
left.set(
    xlabel="epochs (512 rows each)",
    ylabel="excess loss",
    yscale="log",
    ylim=(1e-14, 20),
)
right.set(xlabel="steps", xscale="symlog", xlim=(0, 4e4))
left.legend(
    fontsize="small", title="median and range of 8 seeds", title_fontsize="small"
)
plots.show(
    fig,
    alt="Excess loss on a log scale. Against epochs: batch descent falls on a straight line to 1e-11; stochastic "
    "drops in ten epochs, mini-batch in forty, then both lie flat above 1e-4. Against steps batch is far ahead.",
)
at = [1, 5, 20, 60]
plots.table(
    {"epoch": at}
    | {name: [f"{np.median(r[:, e]):.1e}" for e in at] for name, r in long.items()}
)

# %% [markdown]
# **Answer.** After one epoch the stochastic method, at $5.6 \cdot 10^{-3}$, is 300 times ahead of batch, at $1.8$.
# After 60 epochs batch is at $1.3 \cdot 10^{-11}$, and no other run is below $10^{-5}$.
#
# A published tutorial says: BGD converges slowly, SGD fast. Per row touched, *early*, that is right. Near the minimum
# it is the other way round. BGD is **linear**: it multiplies the excess by a fixed factor each epoch, $0.67$ at the
# end, a straight line on the log scale. SGD at a constant rate stops falling at a **noise floor**. With a falling
# rate it goes on, but slowly, like $1/t$.
#
# On the right, against steps, BGD looks best throughout, but a step of it costs 512 times as much. In seconds,
# mini-batches often win: one large product takes less time than many small ones.

# %%
from gdcourse.diagnostics import convergence_rate

early, late = (
    {name: np.median(runs[i, :, e]) for name, runs in final.items()}
    for i, e in ((0, 1), (1, 60))
)
assert np.isclose(early["stochastic"], 5.6e-3, atol=5e-5) and np.isclose(
    early["batch"], 1.8, atol=0.05
)
assert round(early["batch"] / early["stochastic"], -2) == 300 and np.isclose(
    late["batch"], 1.3e-11, atol=5e-13
)
assert all(runs[:, 60].min() > 1e-5 for name, runs in long.items() if name != "batch")
linear = convergence_rate(long["batch"][0])
assert linear.kind == "linear" and round(linear.rate, 2) == 0.67 and n == 512
fall = np.median(long["stochastic, decaying"], axis=0)
assert 2 < fall[20] / fall[60] < 5  # 1/t would give 3

# %% [markdown]
# ## The noise floor
#
# Why does SGD stop? Near $\theta^*$, write $g_B = H(\theta - \theta^*) + \xi$, with a noise $\xi$ of mean zero. Along
# an eigenvector of $H$ with eigenvalue $\lambda$, let $e$ be the distance to $\theta^*$ and $s^2$ the variance of the
# noise. A step gives $e \leftarrow (1 - \eta\lambda)\,e - \eta\,\xi$. The variance $v$ of $e$ settles where one step
# does not change it:
#
# $$v = (1 - \eta\lambda)^2 v + \eta^2 s^2 \;\Rightarrow\; v = \frac{\eta s^2}{\lambda (2 - \eta\lambda)}. \tag{4}$$
#
# The excess in this direction is $\lambda v / 2 \approx \eta s^2 / 4$ for a small rate. The sum over the directions
# is
#
# $$\text{floor} \approx \frac{\eta}{4} \cdot \frac{\operatorname{tr} \Sigma^*}{b}, \tag{5}$$
#
# with $\Sigma^*$ the covariance of the $g_i$ at the minimum. The floor is proportional to the rate, and to $1/b$.
#
# **Predict.** You halve the rate. What happens to the floor, and to the time it takes to get there?

# %%
noise = np.trace(np.cov(((X @ best - y)[:, None] * X).T, bias=True))
rates = np.array([0.02, 0.01, 0.005, 0.0025])
settled = run(rates, 1, 75, seed=3, start=best)[:, :, 15:].mean(
    axis=2
)  # (rates, seeds): time averages
floors = settled.mean(axis=1)
plots.table(
    {
        "rate": rates,
        "floor": floors,
        "smallest of 8 seeds": settled.min(axis=1),
        "largest": settled.max(axis=1),
        "equation (5)": rates * noise / 4,
        "ratio to the next": [*(floors[:-1] / floors[1:]), ""],
    },
    digits=3,
)

# %%
falling = run(rates[::3], 1, 60, seed=4)
fig = plots.spread(
    {f"rate {r}": runs for r, runs in zip(rates[::3], falling, strict=True)},
    xlabel="epoch", ylabel="excess loss", title="stochastic descent, constant rate", log=True,
)  # fmt: skip
fig.axes[0].hlines(
    rates[::3] * noise / 4, 0, 60, color="black", linestyle=":", linewidth=1
)
plots.show(
    fig,
    alt="Excess loss against the epoch, log scale, for two rates. Rate 0.02 is down after one epoch and scatters about "
    "a high floor; rate 0.0025 takes about five epochs and scatters about a floor eight times lower. Dotted: theory.",
)
plots.table(
    {
        "rate": rates[::3],
        "epoch 1": falling[:, :, 1].mean(1),
        "epoch 60": falling[:, :, 60].mean(1),
    },
    2,
)

# %% [markdown]
# **Answer.** The floor halves, and the way there takes twice as long. The measured ratios lie within a tenth of $2$,
# and the smaller the rate the closer (5) comes. Eight rows per batch in place of one divide the floor by about $8$,
# as (5) says.
#
# So start large, then lower the rate: unit 04 has the schedules.

# %%
assert np.all(np.abs(floors[:-1] / floors[1:] / 2 - 1) < 1 / 10)
assert np.isclose(floors[-1], rates[-1] * noise / 4, rtol=0.15)
assert np.all(
    settled.min(axis=1)[:-2] > settled.max(axis=1)[2:]
)  # four times the rate: no seed overlaps
eight = run(0.02, 8, 75, seed=3, start=best)[0, :, 15:].mean()
assert 6.5 < floors[0] / eight < 11
assert falling[1, :, 1].mean() > 10 * falling[0, :, 1].mean() and list(rates) == [
    0.02,
    0.01,
    0.005,
    0.0025,
]

# %% [markdown]
# ## Momentum
#
# In a narrow valley plain descent is slow *without* any noise. Polyak (1964) let the point move like a heavy ball. A
# **velocity** $v$ sums the past gradients; each is forgotten by the factor $\beta$, the **momentum**:
#
# $$v_t = \beta v_{t-1} + g_t, \qquad \theta_t = \theta_{t-1} - \eta v_t, \qquad v_0 = 0. \tag{6}$$
#
# As $\eta v_{t-1} = \theta_{t-2} - \theta_{t-1}$, the step is $-\eta g_t + \beta(\theta_{t-1} - \theta_{t-2})$. If
# all gradients were equal, $v$ would grow to $g / (1 - \beta)$: at $\beta = 0.9$, ten times a plain step.
#
# Take a quadratic with curvature $H$ again. Along an eigenvector the gradient is $\lambda e$, so
#
# $$\begin{pmatrix} e_{t+1} \\ e_t \end{pmatrix} =
# \underbrace{\begin{pmatrix} 1 + \beta - \eta\lambda & -\beta \\ 1 & 0 \end{pmatrix}}_{M(\lambda)}
# \begin{pmatrix} e_t \\ e_{t-1} \end{pmatrix}. \tag{7}$$
#
# In the long run each step multiplies the distance by the largest absolute eigenvalue of $M$, its **spectral radius**
# $\rho$. The determinant of $M$ is $\beta$, the product of the two eigenvalues. From the quadratic formula:
#
# - The eigenvalues are complex if $(1 + \beta - \eta\lambda)^2 < 4\beta$. Then both have the absolute value
#   $\sqrt\beta$, *whatever* $\lambda$ is, and the run swings around the minimum.
# - Else they are real, and the larger is above $\sqrt\beta$.
# - The run converges for $0 < \eta\lambda < 2(1 + \beta)$ and $0 \le \beta < 1$. Without momentum this is $\eta <
#   2/L$.
#
# The run as a whole is as slow as its worst direction. The valley below has the curvatures $1$ and $25$.
#
# **Predict.** Where in the plane of $\eta$ and $\beta$ is the fastest point? At $\beta = 0$, or near $\beta = 1$?


# %%
def radius(lr, beta, curvatures=(1.0, 25.0)):
    """Spectral radius of the worst direction; arrays in, array out."""
    lr, beta = np.broadcast_arrays(lr, beta)
    largest = []
    for c in curvatures:
        M = np.zeros((*lr.shape, 2, 2))
        M[..., 0, 0], M[..., 0, 1], M[..., 1, 0] = 1 + beta - lr * c, -beta, 1
        largest.append(np.abs(np.linalg.eigvals(M)).max(axis=-1))
    return np.max(largest, axis=0)


def contraction(lr, beta, curvatures=(1.0, 25.0), steps=1500, skip=500):
    """Mean factor per step of a run of (6) from e = 1 in each direction, after the first steps."""
    lambdas = np.reshape(curvatures, (-1, 1, 1))
    e = np.ones((len(curvatures), *np.broadcast_shapes(lr.shape, beta.shape)))
    v, growth = np.zeros_like(e), 0
    for t in range(steps):
        v = beta * v + lambdas * e
        e = e - lr * v
        size = np.sqrt(np.sum(e**2 + (lr * v) ** 2, axis=0))
        e, v = e / size, v / size  # keeps the numbers in range; (6) is linear
        growth = growth + np.log(size) * (t >= skip)
    return np.exp(growth / (steps - skip))


# %%
lrs, betas = np.linspace(0.005, 0.16, 32), np.linspace(0, 0.96, 25)
measured = contraction(lrs, betas[:, None])
theory = radius(lrs, betas[:, None])
fig = plots.phase_diagram(
    lrs, betas, np.where(measured > 1, np.nan, measured), theory=radius, levels=(0.7, 0.8, 0.9, 1.0), log="",
    xlabel=r"rate $\eta$", ylabel=r"momentum $\beta$", label="factor per step", title="curvatures 1 and 25: measured",
)  # fmt: skip
ax = fig.axes[0]
ax.get_legend().get_texts()[1].set_text("diverges")
ax.get_legend().set_loc("upper left")
ax.plot(
    1 / 9, 4 / 9, "*", color=plots.COLOURS[1], markeredgecolor="white", markersize=14
)
ax.plot(
    2 / 26, 0.005, "o", color=plots.COLOURS[1], markeredgecolor="white", markersize=8
)
plots.show(
    fig,
    alt="Map of the factor per step over rate and momentum. Theory's contours follow the measured colours. The stable "
    "region widens to the right as momentum grows; the fastest point, a star, is in its middle, near 0.11 and 0.44.",
)
points = {
    "plain, best": (2 / 26, 0.0),
    "momentum, best": (1 / 9, 4 / 9),
    "momentum 0.9": (1 / 9, 0.9),
}
rows = np.array(
    [
        [contraction(np.array([[a]]), np.array([[b]])).item(), radius(a, b)]
        for a, b in points.values()
    ]
)
plots.table(
    {
        "": points,
        "rate": [a for a, _ in points.values()],
        "measured": rows[:, 0],
        "theory": rows[:, 1],
    }
)

# %% [markdown]
# **Answer.** In between: $\eta = 1/9$ and $\beta = 4/9$, the star, with a factor of $2/3$ per step. The dot, the best
# of plain descent, has $0.923$. More momentum than needed is slow too: at $\beta = 0.9$ the factor is $\sqrt{0.9} =
# 0.949$, since the ball swings on and on.
#
# To find the star for curvatures from $\mu$ to $L$, make $\beta$ as small as possible with *both* ends just complex,
# $\sqrt{\eta\mu} = 1 - \sqrt\beta$ and $\sqrt{\eta L} = 1 + \sqrt\beta$. Solve:
#
# $$\eta = \frac{4}{(\sqrt L + \sqrt\mu)^2}, \qquad
# \rho = \sqrt\beta = \frac{\sqrt\kappa - 1}{\sqrt\kappa + 1}, \qquad
# \text{plain: } \eta = \frac{2}{L + \mu}, \quad \rho = \frac{\kappa - 1}{\kappa + 1}. \tag{8}$$
#
# So momentum replaces the condition number $\kappa = L/\mu$ by its root.

# %%
assert np.all(np.abs(measured - theory) < 0.01)
assert np.allclose(rows[:, 1], [24 / 26, 2 / 3, np.sqrt(0.9)], atol=1e-6)
assert (
    round(24 / 26, 3) == 0.923
    and round(np.sqrt(0.9), 3) == 0.949
    and np.allclose(rows[:, 0], rows[:, 1], atol=2e-3)
)
assert theory.min() > 2 / 3 and np.isclose(1 / (1 - 0.9), 10)
edge = 2 * (1 + betas[:, None]) / 25
assert np.array_equal(theory < 1 - 1e-9, lrs < edge - 1e-9)

# %% [markdown]
# The runs themselves, 25 steps each:

# %%
from gdcourse.functions import quadratic

valley = quadratic((1.0, 25.0), seed=3)


def ball(lr, beta, steps=25, nesterov=False, surface=valley):
    """Return the steps + 1 points of equation (6), or of (10) with nesterov=True."""
    path, v = [surface.start], np.zeros(surface.dimension)
    for _ in range(steps):
        g = surface.gradient(path[-1])
        v = beta * v + g
        path.append(path[-1] - lr * (g + beta * v if nesterov else v))
    return np.array(path)


def draw(tracks, title):
    return plots.paths(
        valley, tracks, window=(-4, 4, -6, 6), title=title, width=5.4, height=4.2
    )


tracks = {name: ball(lr, beta) for name, (lr, beta) in points.items()}
plots.show(
    draw(tracks, "three runs into one valley"),
    alt="Contours of a narrow valley and three runs. Plain descent zigzags and creeps; the best "
    "momentum zigzags more widely and arrives; momentum 0.9 sweeps far past the minimum.",
)
plots.table(
    {
        "run": tracks,
        "distance after 25": [np.linalg.norm(t[-1]) for t in tracks.values()],
    },
    digits=2,
)

# %% [markdown]
# Move the sliders: find a pair that loops, and one that leaves.

# %% tags=["widget"]
recorded = {
    (r, m): ball(r, m)
    for r in (0.02, 0.04, 0.07, 0.1, 0.11, 0.13, 0.15)
    for m in (0, 0.2, 0.44, 0.7, 0.9)
}


def at(rate, momentum):
    title = f"rate {rate}, momentum {momentum}: factor {radius(rate, momentum):.3f}"
    return draw(
        {"run": recorded[rate, momentum]}, title
    ), f"Twenty-five steps in the valley, {title}."


plots.slider(
    at, rate=sorted({r for r, _ in recorded}), momentum=sorted({m for _, m in recorded})
)

# %% [markdown]
# ## Nesterov's momentum, and the gain measured
#
# Nesterov (1983) takes the gradient not where the ball is but where its velocity is about to carry it:
#
# $$z_t = \theta_t + \beta(\theta_t - \theta_{t-1}), \qquad \theta_{t+1} = z_t - \eta\,\nabla J(z_t). \tag{9}$$
#
# So it brakes before it climbs the far wall. Sutskever and others (2013) brought it to deep learning. Frameworks
# store $z$ and not $\theta$. With $v_t$ from (6), where $g_t = \nabla J(z_{t-1})$, that is
#
# $$z_t = z_{t-1} - \eta\,(g_t + \beta v_t), \qquad \theta_t = z_t + \eta\beta v_t. \tag{10}$$
#
# Along an eigenvector, (9) is (7) with both entries of the first row changed: $(1 + \beta)(1 - \eta\lambda)$ and
# $-\beta(1 - \eta\lambda)$. With $\eta = 1/L$ and $\beta = (\sqrt\kappa - 1)/(\sqrt\kappa + 1)$ the worst radius is
# $1 - 1/\sqrt\kappa$.
#
# **Predict.** $\kappa$ grows from 4 to 1024, by 256. By what factor do the steps grow: for plain descent, for
# momentum?

# %%
kappas = 4.0 ** np.arange(1, 6)
steps = {"plain": [], "heavy ball": [], "Nesterov": []}
for kappa in kappas:
    surface, q = quadratic((1.0, kappa), seed=None), np.sqrt(kappa)
    beta = (q - 1) / (q + 1)
    choices = (
        (2 / (kappa + 1), 0.0, False),
        (4 / (q + 1) ** 2, beta**2, False),
        (1 / kappa, beta, True),
    )
    for name, (lr, m, look) in zip(steps, choices, strict=True):
        far = np.linalg.norm(ball(lr, m, int(12 * kappa) + 100, look, surface), axis=1)
        steps[name].append(1 + np.flatnonzero(far > 1e-8 * far[0])[-1])

fig, ax = plots.figure(width=5.6)
for (name, counts), marker in zip(steps.items(), plots.MARKERS, strict=False):
    ax.loglog(kappas, counts, marker=marker, label=name)
ax.set(
    xlabel=r"condition number $\kappa$",
    ylabel="steps to $10^{-8}$",
    title="each with its own best settings",
)
ax.legend()
plots.show(
    fig,
    alt="Steps against the condition number, both logarithmic: plain descent rises with slope one, heavy ball and "
    "Nesterov with slope about one half.",
)
plots.table({"kappa": kappas, **steps})

# %% [markdown]
# **Answer.** Plain descent needs steps in proportion to $\kappa$. The heavy ball needs $\sqrt\kappa$, and a little
# more as two equal eigenvalues cost an extra factor $t$. At $\kappa = 1024$ it is over 20 times faster than plain
# descent. Nesterov's is a little slower on a quadratic, but its $\sqrt\kappa$ is proved for every smooth, strongly
# convex loss; the heavy ball, tuned by (8), can cycle for ever on some of them (Lessard and others, 2016).
#
# Momentum does not lower a noise floor: at the same $\eta$, it acts like the rate $\eta/(1 - \beta)$.

# %%
slopes = {
    name: np.polyfit(np.log(kappas[2:]), np.log(counts[2:]), 1)[0]
    for name, counts in steps.items()
}
assert abs(slopes["plain"] - 1) < 0.05 and all(
    0.45 < slopes[name] < 0.6 for name in ("heavy ball", "Nesterov")
)
assert (
    kappas[-1] == 1024
    and kappas[-1] / kappas[0] == 256
    and steps["plain"][-1] / steps["heavy ball"][-1] > 20
)
assert steps["Nesterov"][-1] > steps["heavy ball"][-1]

noisy = {}  # 2000 runs on e^2 / 2 with unit noise in the gradient
for beta in (0, 0.9):
    rng, e, v = np.random.default_rng(0), np.zeros(2000), 0
    for _ in range(600):
        v = beta * v + e + rng.normal(size=2000)
        e = e - 0.01 * v
    noisy[beta] = np.mean(e**2) / 2
assert 8 < noisy[0.9] / noisy[0] < 12 and np.isclose(
    noisy[0], 0.01 / 4, rtol=0.1
)  # equation (5)

# %% [markdown]
# ## The same in three frameworks
#
# Equations (6) and (10) on the regression, in mini-batches of 32 for three epochs, against the library's
# `SGD(lr, momentum, nesterov)` and `torch.optim.SGD`:

# %%
from gdcourse.losses.numpy import mse, mse_grad
from gdcourse.optimizers.numpy import SGD
from gdcourse.training.numpy import train


def loss_and_grad(params, X, y):
    h = X @ params[0]
    return mse(h, y, "half_mean"), [X.T @ mse_grad(h, y, "half_mean")]


ends = {}
for nesterov in (False, True):
    ends[nesterov] = np.zeros(d)
    train(
        loss_and_grad,
        [ends[nesterov]],
        X,
        y,
        SGD(0.05, 0.9, nesterov),
        epochs=3,
        batch_size=32,
        seed=0,
    )

    z, v, rng = np.zeros(d), np.zeros(d), np.random.default_rng(0)
    for rows in (rows for _ in range(3) for rows in batches(n, 32, rng)):
        g = X[rows].T @ (X[rows] @ z - y[rows]) / len(rows)
        v = 0.9 * v + g
        z = z - 0.05 * (g + 0.9 * v if nesterov else v)
    assert np.allclose(z, ends[nesterov], rtol=1e-12, atol=0)

# %% tags=["torch"]
from gdcourse.gradients.torch import value_and_grad as torch_value_and_grad
from gdcourse.losses.torch import mse as torch_mse
from gdcourse.optimizers.torch import SGD as TorchSGD
from gdcourse.training.torch import train as torch_train
import torch

Xt, yt = torch.from_numpy(X), torch.from_numpy(y)
torch_loss = torch_value_and_grad(
    lambda params, X, y: torch_mse(X @ params[0], y, "half_mean")
)
for nesterov, end in ends.items():
    w = torch.zeros(d, dtype=torch.float64)
    torch_train(
        torch_loss,
        [w],
        Xt,
        yt,
        TorchSGD(0.05, 0.9, nesterov),
        epochs=3,
        batch_size=32,
        seed=0,
    )
    assert np.allclose(w, end, rtol=1e-12, atol=0)

    w = torch.zeros(d, dtype=torch.float64, requires_grad=True)
    built_in, rng = (
        torch.optim.SGD([w], lr=0.05, momentum=0.9, nesterov=nesterov),
        np.random.default_rng(0),
    )
    for rows in (rows for _ in range(3) for rows in batches(n, 32, rng)):
        built_in.zero_grad()
        (torch.mean((Xt[rows] @ w - yt[rows]) ** 2) / 2).backward()
        built_in.step()
    assert np.allclose(w.detach(), end, rtol=1e-12, atol=0)

# %% tags=["tensorflow"]
from gdcourse.gradients.tensorflow import value_and_grad as tf_value_and_grad
from gdcourse.losses.tensorflow import mse as tf_mse
from gdcourse.optimizers.tensorflow import SGD as TFSGD
from gdcourse.training.tensorflow import train as tf_train
import tensorflow as tf

tf_loss = tf_value_and_grad(
    lambda params, X, y: tf_mse(tf.linalg.matvec(X, params[0]), y, "half_mean")
)
for nesterov, end in ends.items():
    w = tf.Variable(np.zeros(d))
    tf_train(
        tf_loss, [w], X, y, TFSGD(0.05, 0.9, nesterov), epochs=3, batch_size=32, seed=0
    )
    assert np.allclose(w, end, rtol=1e-12, atol=0)

# %% [markdown]
# ### Where the rate goes
#
# PyTorch keeps the velocity (6) and multiplies it by the rate of the moment. Keras puts the rate *inside* the
# velocity:
#
# $$u_t = \beta u_{t-1} - \eta_t g_t, \qquad \theta_t = \theta_{t-1} + u_t. \tag{11}$$
#
# At a constant rate $u_t = -\eta v_t$, and the two are the same. So a test at a constant rate cannot tell them apart.
#
# **Predict.** At step 20 a schedule cuts the rate to a sixteenth. What does each form do at the next step?


# %%
def momentum_run(rate, inside, beta=0.75, steps=40):
    """Points of (6), or of (11) with inside=True, on the full batch. rate(t) for t = 0, 1, ..."""
    path, v = [np.zeros(d)], np.zeros(d)
    for t in range(steps):
        g = H @ (path[-1] - best)
        v = beta * v - rate(t) * g if inside else beta * v + g
        path.append(path[-1] + v if inside else path[-1] - rate(t) * v)
    return np.array(path)


def cut(t):
    return 1 / 32 if t < 20 else 1 / 512


forms = {
    "PyTorch: rate outside": momentum_run(cut, False),
    "Keras: rate inside": momentum_run(cut, True),
}
strides = {
    name: np.linalg.norm(np.diff(path, axis=0), axis=1) for name, path in forms.items()
}
plots.show(
    plots.curves(
        strides,
        ylabel="length of the step",
        title="the rate is cut at step 20",
        log=True,
    ),
    alt="Length of the steps, log scale. The forms coincide up to step 19. Then PyTorch's falls sixteenfold at once, "
    "while Keras' glides down over some ten steps.",
)
at = [18, 19, 20, 22, 30]
plots.table(
    {"step": at} | {name: stride[at] for name, stride in strides.items()}, digits=3
)

# %% [markdown]
# **Answer.** PyTorch's form brakes at once: its whole velocity is rescaled. In Keras' form the old gradients keep the
# rate of their day, and the run coasts on. A schedule tuned in one acts differently in the
# other. (Keras rounds rates to 32 bits; these are exact.)

# %%
same = [momentum_run(lambda t: 1 / 32, inside) for inside in (False, True)]
assert np.allclose(*same, rtol=0, atol=1e-12)  # a constant rate hides it
outside, inside = strides.values()
assert (
    np.allclose(outside[:20], inside[:20])
    and outside[19] / outside[20] > 15
    and inside[19] / inside[20] < 1.5
)

# %% tags=["torch"]
w = torch.zeros(d, dtype=torch.float64)
built_in = torch.optim.SGD([w], lr=1.0, momentum=0.75)
for t in range(40):
    built_in.param_groups[0]["lr"] = cut(t)
    w.grad = torch.from_numpy(H @ (w.numpy() - best))
    built_in.step()
assert np.allclose(w, forms["PyTorch: rate outside"][-1], rtol=0, atol=1e-12)

# %% tags=["tensorflow"]
w = tf.Variable(np.zeros(d))
built_in = tf.keras.optimizers.SGD(1.0, momentum=0.75)
for t in range(40):
    built_in.learning_rate = cut(t)
    built_in.apply_gradients([(tf.constant(H @ (w.numpy() - best)), w)])
assert np.allclose(w, forms["Keras: rate inside"][-1], rtol=0, atol=1e-12)

# %% [markdown]
# ## Which minimum?
#
# So far there was one minimum. Take $f(x) = x^4/4 - x^2/2 + x/10$. It has two: a **local** one at $0.946$, lowest
# only among its neighbours, and the **global** one at $-1.047$. Between them is a hill, with its top at $0.101$.
#
# Two published rules: if a function is smooth near its global minimum, descent converges to it quickly; and too large
# a rate jumps past the global optimum.
#
# **Predict.** Where do you end from $1.5$ with the rate $0.2$? From $1.9$, with $0.2$ and with $0.6$?

# %%
from gdcourse.functions import double_well


def settle(x, rate, steps=600):
    """Where descent ends, arrays in and out; nan where it does not settle."""
    with np.errstate(all="ignore"):
        for _ in range(steps):
            x = x - rate * double_well.gradient(x[None])[0]
        moving = np.abs(double_well.gradient(x[None])[0]) > 1e-6
    return np.where(moving | ~np.isfinite(x), np.nan, x)


starts, rates = np.linspace(-2, 2, 161), np.linspace(0.02, 1.3, 65)
ends_at = settle(*np.meshgrid(starts, rates))
fig = plots.phase_diagram(
    starts, rates, ends_at, log="", xlabel="start", ylabel=r"rate $\eta$", label="end",
    title="where descent ends", width=6,
)  # fmt: skip
fig.axes[0].get_legend().get_texts()[0].set_text("does not settle")
plots.show(
    fig,
    alt="Basin map over start and rate. At small rates the border stands at the hill top, 0.1. From rate 0.3 up "
    "far starts jump across, in wedges; above 0.87 only the local minimum is reached, above 1.19 nothing settles.",
)
cases = np.array([(1.5, 0.2), (0.2, 0.2), (1.9, 0.2), (1.9, 0.6), (-1.5, 1.0)])
found = settle(*cases.T)
plots.table(
    {
        "start": cases[:, 0],
        "rate": cases[:, 1],
        "end": found,
        "f": double_well.value(found[None]),
    }
)

# %% [markdown]
# **Answer.** From $1.5$ at $0.946$, where $f = -0.153$, though $f = -0.352$ at the global minimum. The function is a
# polynomial, as smooth as can be: smoothness brings you to a point of zero gradient, nothing more. What does promise
# the global minimum is **convexity** (no hill between any two points), or the Polyak-Łojasiewicz condition: the
# squared gradient is at least a multiple of the excess.
#
# From $1.9$ the small rate ends in the local minimum; $0.6$ jumps across into the global one. On a quadratic, a rate
# below $2/L$ converges, however often it overshoots; beyond, it diverges. With several minima a large rate may help
# or harm: a minimum with curvature $c$ holds a run only if $\eta < 2/c$. Here that is $0.875$ for the sharper, global
# one and $1.189$ for the local one. Between them a run settles only in the worse.

# %%
low, local = double_well.minima[:, 0]
assert (
    round(local, 3) == 0.946
    and round(low, 3) == -1.047
    and abs(double_well.gradient(0.101)) < 1e-4
)
assert np.allclose(found[:4], [local, local, local, low])
heights = double_well(np.array([[local, low]]))
assert [round(h, 3) for h in heights] == [-0.153, -0.352]
limits = [2 / double_well.hessian(x).item() for x in (low, local)]
assert [round(limit, 3) for limit in limits] == [0.875, 1.189]
between = ends_at[(rates > limits[0]) & (rates < limits[1])]
assert np.allclose(
    between[np.isfinite(between) & ~np.isclose(between, low, atol=1e-3)],
    local,
    atol=1e-3,
)
assert (
    abs(1 - 1.9) ** 50 < 0.01 and (1 - 2.1) ** 50 > 100
)  # on x^2 / 2, L = 1: below and above 2/L

# %% [markdown]
# ### Saddles
#
# Are local minima the main trouble? A point of zero gradient is a minimum only if *all* curvatures
# are positive. With both signs it is a **saddle**. As a toy, draw random symmetric matrices as Hessians:

# %%
shares = {}
for size in range(1, 7):
    A = np.random.default_rng(0).normal(size=(20_000, size, size))
    shares[size] = np.mean(np.linalg.eigvalsh(A + A.transpose(0, 2, 1))[:, 0] > 0)
plots.table(
    {"dimension": shares, "share with all curvatures positive": shares.values()},
    digits=2,
)

# %% [markdown]
# Half in one dimension, $3\,\%$ in three, none of 20,000 in six. A network's Hessian is not such a draw, but Dauphin
# and others (2014) report the same trend: in many dimensions, saddles and plateaus are the usual obstacle.
#
# **Predict.** $x^2 - y^2 + y^4/2$ has a saddle at $(0, 0)$. Start at $(1.5, 0.001)$, or exactly at $y = 0$. Who gets
# away?

# %%
from gdcourse.functions import bounded_saddle


def leave(y0, beta=0.0, noise=0.0, steps=400):
    """Return the track from (1.5, y0) at rate 0.1, and the first step with |y| > 0.5 (None: never)."""
    rng, path, v = np.random.default_rng(0), [np.array([1.5, y0])], 0
    for _ in range(steps):
        v = beta * v + bounded_saddle.gradient(path[-1]) + noise * rng.normal(size=2)
        path.append(path[-1] - 0.1 * v)
    gone = np.flatnonzero(np.abs(np.array(path)[:, 1]) > 0.5)
    return np.array(path), int(gone[0]) if gone.size else None


plans = {
    "plain": (0.001,),
    "momentum 0.9": (0.001, 0.9),
    "plain, y = 0": (0.0,),
    "noisy, y = 0": (0.0, 0.0, 0.001),
}
escapes = {name: leave(*plan) for name, plan in plans.items()}
plots.show(
    plots.race(
        bounded_saddle, {name: path[:80] for name, (path, _) in escapes.items()}, window=(-2, 2, -1.75, 1.75),
        minima=bounded_saddle.minima, title="past a saddle",
    ),
    alt="Left, contours with a saddle between two minima, and four tracks. Right, height by step: all fall to the "
    "saddle's height and wait; momentum leaves first, plain and noisy later, the run with y = 0 never.",
)  # fmt: skip
plots.table(
    {"run": escapes, "leaves at step": [str(step) for _, step in escapes.values()]}
)

# %% [markdown]
# **Answer.** Plain descent needs 35 steps to leave, momentum 17. With $y = 0$ exactly, the gradient never points
# sideways, and the run ends on the saddle. The noise of mini-batches, even a little, is enough to push it off.
#
# ## Two claims to put right
#
# - *"Adam and RMSprop use momentum."* Adam averages gradients; RMSprop as published does not. It only divides by
#   their size. Test: after one gradient, feed zeros. Whatever moves on has momentum.
# - *"A zero gradient makes the run oscillate."* It makes it stand still. Plain descent changes sides along directions
#   with $\eta\lambda > 1$; momentum does so when the eigenvalues of $M$ are complex.

# %%
from gdcourse.optimizers.numpy import GD, Adam, RMSprop

moved = {}
for rule in (GD(0.1), SGD(0.1, momentum=0.9), RMSprop(0.1), Adam(0.1)):
    w, name = np.array([1.0]), type(rule).__name__
    rule.step([w], [np.array([1.0])])
    after = w.copy()
    rule.step([w], [np.array([0.0])])
    moved[name] = bool(w != after)
print("moves on a zero gradient:", moved)
assert moved == {"GD": False, "SGD": True, "RMSprop": False, "Adam": True}

swings = ball(1.5 / 25, 0.0) @ np.linalg.eigh(valley.hessian(valley.start))[1]
assert np.all(swings[:-1, 1] * swings[1:, 1] < 0) and np.all(
    swings[:-1, 0] * swings[1:, 0] > 0
)  # steep, flat
assert [escapes[name][1] for name in ("plain", "momentum 0.9", "plain, y = 0")] == [
    35,
    17,
    None,
]
assert escapes["noisy, y = 0"][1] < 80 and np.allclose(
    escapes["plain, y = 0"][0][-1], 0
)
assert (
    shares[1] > 0.49
    and round(shares[3], 2) == 0.03
    and shares[6] == 0
    and len(A) == 20_000
)

# %% [markdown]
# ## Summary
#
# - A mini-batch gradient is unbiased; its variance falls like $1/b$.
# - Per row touched, small batches lead early. At a constant rate they stop at a floor of about
#   $\eta \operatorname{tr}\Sigma^* / (4b)$. Batch descent is linear all the way.
# - Momentum is a 2 by 2 matrix per eigenvalue. Its best settings replace $\kappa$ by $\sqrt\kappa$.
# - Nesterov's form takes the gradient ahead. Frameworks store the point ahead, (10).
# - Start and rate choose the minimum. Saddles delay; noise and momentum help.
#
# ## Common mistakes
#
# - **Comparing methods per step.** Count rows touched, and tune each method.
# - **Adding momentum at the old rate.** At $\beta = 0.9$ the steps become up to ten times longer, the floor too.
# - **The rate inside the velocity, unnoticed.** Compare implementations under a changing rate.
#
# ## References
#
# - B. T. Polyak (1964). Some methods of speeding up the convergence of iteration methods.
#   doi:10.1016/0041-5553(64)90137-5
# - Y. Nesterov (1983). A method for solving the convex programming problem with convergence rate $O(1/k^2)$. *Soviet
#   Mathematics Doklady* 27.
# - I. Sutskever, J. Martens, G. Dahl, G. Hinton (2013). On the importance of initialization and momentum in deep
#   learning. ICML.
# - Y. Dauphin and others (2014). Identifying and attacking the saddle point problem in high-dimensional non-convex
#   optimization. arXiv:1406.2572
# - L. Lessard, B. Recht, A. Packard (2016). Analysis and design of optimization algorithms via integral quadratic
#   constraints. doi:10.1137/15M1009597
# - L. Bottou, F. E. Curtis, J. Nocedal (2018). Optimization methods for large-scale machine learning.
#   doi:10.1137/16M1080173
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
