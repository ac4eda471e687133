# %% [markdown]
# # A rate for each weight
#
# {{about}}
#
# **After this lesson you can**
#
# - compute Adagrad's and RMSprop's steps by hand,
# - say why rare features learn faster with Adagrad,
# - say how fast RMSprop forgets, and what it costs that it forgets at all,
# - recognise the valley in which both lose most of their gain.
#
# **You need** plain descent, noise floors (lesson 2 of this unit) and the idea of a narrow valley (lesson 3).

# %% [markdown]
# ## Rare and common
#
# A model counts words. One word stands in every row, another in every eighth. The weight of the rare word has a
# gradient only where the word stands, so most of its gradients are $0$. Suppose the others are all $2$:
#
# | step | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 |
# |:--|--:|--:|--:|--:|--:|--:|--:|--:|
# | common word | 2 | 2 | 2 | 2 | 2 | 2 | 2 | 2 |
# | rare word | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 2 |
#
# Plain descent moves both by $2\eta$ at step 8, but by then the common weight has gone eight times as far.
# **Adagrad** (Duchi, Hazan and Singer, 2011) gives each weight its own rate. It sums the squares of all its gradients
# so far, and divides by the root:
#
# $$s \leftarrow s + g^2, \qquad w \leftarrow w - \eta\, \frac{g}{\sqrt s + \varepsilon}. \tag{1}$$
#
# The tiny $\varepsilon$ prevents $0/0$. For vectors this holds entry by entry. The common weight's first steps, with
# $\eta = 1$: $2/\sqrt4 = 1$, then $2/\sqrt8 = 0.71$, then $2/\sqrt{12} = 0.58$.
#
# **Predict.** How long is step 8 for the common word, how long for the rare one? And if all gradients were $200$ in
# place of $2$?

# %% tags=["setup"]
# NumPy, and the pictures of the course
import numpy as np

from gdcourse import plots


# %%
def adagrad(g, s, eps=1e-10):
    s = s + g**2
    return g / (np.sqrt(s) + eps), s  # the step for the rate 1, and the new state


gradients = np.array([[2.0, 0.0]] * 7 + [[2.0, 2.0]])
for scale in (1, 100):
    s = np.zeros(2)
    for g in gradients:
        step, s = adagrad(scale * g, s)
    print(f"gradients times {scale}: step 8 is", step.round(3))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $2/\sqrt{32} = 0.354$ for the common word, a full $1$ for the rare one: it has waited, and now it gets all of the
# rate. With $200$ nothing changes. The size of the gradients cancels.
#
# </details>

# %% [markdown]
# How far can a weight go? Let all its gradients that are not zero have one size. With plain descent, $k$ of them go
# as far as $k$ steps. With Adagrad the $i$-th of them has the length $\eta/\sqrt i$, and
#
# $$\frac{1}{\sqrt1} + \frac{1}{\sqrt2} + \dots + \frac{1}{\sqrt k} \approx 2 \sqrt k. \tag{2}$$
#
# **Predict.** A feature is 64 times rarer than another. How much shorter is its way, with plain descent and with
# Adagrad?

# %% tags=["setup"]
# Sparse features: data, runs, and the choice of a rate
shares = np.array([1 / 2, 1 / 16, 1 / 128, 1 / 1024])
share, true = np.repeat(shares, 5), np.tile([1.0, -1.0, 1.0, -1.0, 1.0], 4)
curvature = np.diag(share * (1 - share)) + np.outer(share, share)  # mean of x x^T


def stream(seeds, steps=600):
    """Batches of 32 rows for each step and seed: X (steps, seeds, 32, 20), noise."""
    rngs = [np.random.default_rng(seed) for seed in seeds]
    X = np.stack([rng.random((steps, 32, 20)) < share for rng in rngs], axis=1)
    noise = np.stack([rng.normal(0, 0.5, (steps, 32)) for rng in rngs], axis=1)
    return X.astype(float), noise


def plain(g, s):
    return g, s


def errors(rule, lr, data):
    """w - w*: (steps + 1, seeds, 20), from w = 0."""
    X, noise = data
    w, s, path = np.tile(-true, (X.shape[1], 1)), 0.0, []
    for X_t, noise_t in zip(X, noise, strict=True):
        path.append(w)
        e = np.einsum("sbd,sd->sb", X_t, w) - noise_t
        step, s = rule(np.einsum("sb,sbd->sd", e, X_t) / 32, s)
        w = w - lr * step
    return np.array([*path, w])


def excess(e):
    return np.einsum("...i,ij,...j->...", e, curvature, e) / 2


def tune(rates, score):
    """The rate with the lowest score; a run that diverges loses."""
    with np.errstate(all="ignore"):
        return float(min(rates, key=lambda lr: np.nan_to_num(score(lr), nan=np.inf)))


# %% [markdown]
# The test: 20 features of zeros and ones, invented from a linear model with noise. Five stand in every second row,
# five in every 16th, in every 128th, in every 1024th. Each rule tries ten rates on four seeds and runs on eight
# others, 600 batches of 32 rows. (Folded: `stream` draws the rows, `errors` makes the runs and returns $w - w^*$ at
# each step, `excess` is the loss above the minimum, `tune` picks the rate with the lowest score; `plain` is the rule
# without a state.)

# %%
grid = 2.0 * 0.5 ** np.arange(10)
tuning, final = stream(range(4)), stream(range(10, 18))
rate, last = {}, {}
for name, rule in (("plain", plain), ("Adagrad", adagrad)):
    rate[name] = tune(grid, lambda lr, r=rule: excess(errors(r, lr, tuning)[-1]).mean())
    last[name] = np.abs(errors(rule, rate[name], final))

columns = {"rule": rate, "rate": rate.values()}
for k, row in enumerate((2, 16, 128, 1024)):
    of_group = [e[-1, :, 5 * k : 5 * k + 5].mean() for e in last.values()]
    columns[f"error, 1 in {row}"] = of_group
plots.table(columns, digits=2)

# %% tags=["draw"]
# Errors of the rarest and of the common weights
series = {}
for k, row in ((3, 1024), (0, 2)):
    for name, e in last.items():
        series[f"{name}, 1 row in {row}"] = e[:, :, 5 * k : 5 * k + 5].mean(axis=2).T
fig = plots.spread(
    series,
    ylabel="mean error of five weights",
    title="rare and common features",
    log=True,
    width=7.4,
    height=3.8,
)
fig.axes[0].set(ylim=(4e-4, 1.5))
fig.axes[0].get_legend().set_loc("lower left")
plots.show(
    fig,
    alt="Error by step, log scale, with bands over seeds. Common weights: it falls at once and "
    "stays low, with Adagrad lower. Rare ones: it falls slowly, with Adagrad farther.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# 64 times with plain descent, $\sqrt{64} = 8$ times with Adagrad. In the run the rarest weights keep an error of
# $0.76$ with plain descent, $0.16$ with Adagrad. Adagrad is better at the common ones, too: its rate falls, and with
# it the floor.
#
# </details>

# %% tags=["check"]
# By hand, equation (2), and the sparse features
assert np.allclose(
    [2 / 8**0.5, 2 / 12**0.5, 2 / 32**0.5], [0.71, 0.58, 0.354], atol=5e-3
)
assert np.allclose(step, [0.354, 1], atol=1e-3) and 200 == 100 * 2
assert np.isclose(np.sum(1 / np.sqrt(np.arange(1, 10_001))), 2 * 100, rtol=0.01)
rare = {name: e[-1, :, 15:].mean() for name, e in last.items()}
common = {name: e[-1, :, :5].mean() for name, e in last.items()}
assert [round(e, 2) for e in rare.values()] == [0.76, 0.16]
assert common["Adagrad"] < 0.6 * common["plain"] and 128 == 1 / shares[2]
assert all(grid[0] > r > grid[-1] for r in rate.values()) and 1024 == 1 / shares[3]
assert last["plain"].shape == (601, 8, 20) and len(final[0]) == 600
print("checked: steps by hand, and rare features nearer with Adagrad")

# %% [markdown]
# ## Forgetting
#
# Adagrad's sum only grows, so its rates only fall. What if the gradients become small, as on a plateau after a steep
# slope? Say $8, 8$, and from then on $1, 1, 1, \dots$ The sum is $64, 128, 129, 130$: the steps are $0.09$ where they
# could be $1$, and shrink on.
#
# **RMSprop** (Tieleman and Hinton, 2012) keeps a running mean in place of the sum:
#
# $$s \leftarrow \beta s + (1 - \beta)\, g^2, \qquad w \leftarrow w - \eta\, \frac{g}{\sqrt s + \varepsilon}. \tag{3}$$
#
# With $\beta = 0.5$: $s = 32, 48, 24.5, 12.75, 6.875, \dots$ on its way down to $1$. A square that is $k$ steps old
# counts $\beta^k$ times as much as the newest, so the memory is about $1/(1 - \beta)$ steps long.
#
# **Predict.** The gradients become 100 times smaller. With $\beta = 0.9$, how many steps until the old $s$ has shrunk
# to the size of the new squares? And when large gradients come back, how many steps until $s$ is large again?


# %%
def rmsprop(g, s, beta=0.9, eps=1e-8):
    s = beta * s + (1 - beta) * g**2
    return g / (np.sqrt(s) + eps), s


s, sizes = 0.0, [100.0] * 50 + [1.0] * 150 + [100.0] * 20
seen = []
for g in sizes:
    step, s = rmsprop(g, s)
    seen.append(s)
print(
    "s at steps 50, 137, 200, 201:", [f"{seen[t - 1]:.3g}" for t in (50, 137, 200, 201)]
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The squares become $10^4$ times smaller, and $0.9^k = 10^{-4}$ at $k = 87$. The way back takes *one* step: the first
# large square is in $s$ at once, with the share $0.1$. RMSprop is quick to slow down and slow to speed up.
#
# </details>

# %% tags=["setup"]
# A target that jumps, while the gradients change their scale
noise = np.random.default_rng(0).normal(0, 0.5, (900, 30))
low = (np.arange(901) >= 300) & (np.arange(901) < 600)
scale, target = np.where(low, 0.1, 10.0), np.where(low, -1.0, 1.0)


def follow(rule, lr, runs):
    """Weights of some of 30 runs: (901, runs)."""
    w, s, path = np.zeros(len(noise[0, runs])), 0.0, []
    for t in range(900):
        path.append(w)
        step, s = rule(scale[t] * (w - target[t] + noise[t, runs]), s)
        w = w - lr * step
    return np.array([*path, w])


def miss(path):
    return np.abs(path - target[:, None]).mean(axis=1)


# %% [markdown]
# The test: a weight follows a target. From step 300 to 600 all gradients are 100 times smaller, and at each change
# the target jumps. Each rule has the best of 16 rates, chosen on 10 runs, shown on 20 others. (Folded: `follow` makes
# the runs, `miss` is the distance from the target.)

# %%
rules = {"plain": plain, "Adagrad": adagrad, "RMSprop": rmsprop}
chased, chosen = {}, {}
for name, rule in rules.items():
    chosen[name] = tune(
        256 * 0.5 ** np.arange(16),
        lambda lr, r=rule: miss(follow(r, lr, slice(10))).mean(),
    )
    chased[name] = follow(rule, chosen[name], slice(10, 30))

# %% tags=["draw"]
# The three rules and the target
fig, ax = plots.figure(width=7.6, height=3.4)
ax.step(
    range(901), target, where="post", color="0.5", linestyle="-", lw=1.2, label="target"
)
for name, path in chased.items():
    ax.plot(path.mean(axis=1), label=f"{name}, rate {chosen[name]:.2g}", linewidth=1.6)
ax.axvspan(300, 600, color="0.94")
ax.set(xlabel="step", ylabel="weight, mean of 20 runs", ylim=(-1.5, 1.5))
ax.set_title("gradients are 100 times smaller in the grey part")
fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=4)
plots.show(
    fig,
    alt="A target that jumps at steps 300 and 600, and three weights. In the grey part plain "
    "descent and Adagrad lag far behind; RMSprop arrives within a hundred steps.",
)

# %% [markdown]
# The price of forgetting: RMSprop comes to no rest. At the minimum only noise is left, and (3) scales it up or down
# until the steps are about as long as the rate. So lower the rate towards the end. You write both rules in
# {{exercise:adagrad_step}} and {{exercise:rmsprop_step}}.

# %% tags=["check"]
# Forgetting by hand, in 87 steps, and behind the target
sums = np.cumsum([64, 64, 1, 1])
assert np.isclose(1 / (1 - 0.99) ** 0.5, 10) and np.isclose(0.01 * 25, 0.25)
assert sums.tolist() == [64, 128, 129, 130] and round(1 / 129**0.5, 2) == 0.09
means, m = [], 0.0
for g in (8, 8, 1, 1, 1):
    m = 0.5 * m + 0.5 * g**2
    means.append(m)
assert means == [32, 48, 24.5, 12.75, 6.875]
assert round(np.log(1e-4) / np.log(0.9)) == 87 and (seen[136] - 1) < 1.2
assert seen[200] > 900 and np.isclose(1 - 0.9, 0.1) and sizes[200] == 100
assert all(256 > r > 256 * 0.5**15 for r in chosen.values())
late = {name: miss(path)[400] for name, path in chased.items()}
assert late["RMSprop"] < 0.2 and min(late["plain"], late["Adagrad"]) > 0.5
assert np.flatnonzero(np.diff(target)).tolist() == [299, 599] and len(target) - 1 == 900
behind = {}
for beta in (0.5, 0.9, 0.99):  # the last question

    def rule(g, s, beta=beta):
        return rmsprop(g, s, beta)

    lr = tune(
        256 * 0.5 ** np.arange(16),
        lambda lr, r=rule: miss(follow(r, lr, slice(10))).mean(),
    )
    behind[beta] = miss(follow(rule, lr, slice(10, 30))).mean()
assert [round(v, 2) for v in behind.values()] == [0.19, 0.25, 0.43]


def at_rest(beta, lr, size, seed, steps=600):
    """Mean distance from the minimum, from 1 away, and mean step over the rate."""
    own, w, s, away, length = np.random.default_rng(seed), np.ones(40), 0.0, 0.0, 0.0
    for _ in range(steps):
        step, s = rmsprop(w + size * own.normal(size=40), s, beta)
        w = w - lr * step
        away, length = away + np.abs(w).mean() / steps, np.abs(step).mean()
    return away, length


for size in (0.001, 1.0, 100.0):  # the steps do not fade with the noise
    assert 0.6 < at_rest(0.9, 0.01, size, 0)[1] < 1.1
steady = []
for beta in (0.5, 0.9, 0.99):
    lr = tune(0.5 ** np.arange(16), lambda lr, b=beta: at_rest(b, lr, 0.5, 0)[0])
    steady.append(at_rest(beta, lr, 0.5, 1)[0])
assert steady == sorted(steady, reverse=True)
print("checked: 87 steps to forget, one to notice")

# %% [markdown]
# ## What a rate per weight cannot do
#
# Take a narrow valley along the axes, with the height $\frac12 w_1^2 + 25 w_2^2$: the curvatures are $1$ and $50$.
# Each weight's gradient is its curvature times its distance, and in (1) and (3) the curvature cancels. Both rules act
# as if the valley were round!
#
# Each rule starts at $1.8$ along the floor and $0.5$ up the wall, and takes 40 steps at the best of 24 rates.
#
# **Predict.** Now turn the valley, start and all, by 45°. Who suffers: plain descent, Adagrad or RMSprop?


# %%
def turned(degrees):
    a = np.radians(degrees)
    Q = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return Q @ np.diag([1.0, 50.0]) @ Q.T, Q @ np.array([1.8, 0.5])


def fall(rule, lr, degrees, steps=40):
    A, w = turned(degrees)
    s, path = np.zeros(2), [w]
    for _ in range(steps):
        step, s = rule(A @ w, s)
        w = w - lr * step
        path.append(w)
    return np.array(path)


# %% tags=["draw"]
# Each rule at its best rate, in valleys of ten angles
def height(path, degrees):
    A, _ = turned(degrees)
    return path[-1] @ A @ path[-1] / 2


fallen = {}
for degrees in range(0, 50, 5):
    fallen[degrees] = {}
    for name, rule in rules.items():
        lr = tune(
            4 * 0.7 ** np.arange(24),
            lambda lr, r=rule, d=degrees: height(fall(r, lr, d), d),
        )
        fallen[degrees][name] = fall(rule, lr, degrees)


def picture(degrees):
    A, _ = turned(degrees)
    return plots.race(
        lambda w: np.sum(w * np.tensordot(A, w, 1), axis=0) / 2,
        fallen[degrees],
        window=(-2.3, 2.3, -2.3, 2.3),
        minima=np.zeros((1, 2)),
        title=f"a valley at {degrees}°",
    )


for degrees, words in (
    (0, "Both adaptive rules fall far below plain descent."),
    (45, "Adagrad ends no lower than plain descent."),
):
    plots.show(
        picture(degrees),
        alt=f"Tracks of three rules in a narrow valley at {degrees} degrees, and their "
        f"heights by step. {words}",
    )

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Both adaptive rules. Plain descent ends at the height $0.11$ however the valley lies: it knows no axes. Adagrad
# falls below $10^{-20}$ along an axis (lower still with rates beyond the grid), and ends at $0.20$ across. RMSprop,
# too, ends over a thousand times higher than before the turn.
#
# </details>

# %% [markdown]
# To divide each coordinate by its own number stretches the plane along the axes. It cannot turn it. Across the axes
# you need a matrix of curvatures (Newton's method, later in this unit). Turn the valley:

# %% tags=["widget", "draw"]
# A slider over the angle
plots.slider(
    lambda degrees: (
        picture(degrees),
        f"Three tracks in a valley at {degrees} degrees.",
    ),
    degrees=list(fallen),
)

# %% tags=["check"]
# Who suffers from the turn?
assert np.allclose(turned(0)[1], [1.8, 0.5]) and np.allclose(
    turned(45)[1] @ turned(45)[1], 1.8**2 + 0.5**2
)
ends = {d: [height(path, d) for path in paths.values()] for d, paths in fallen.items()}
assert all(round(end[0], 2) == 0.11 for end in ends.values())
assert ends[0][1] < 1e-20 and round(ends[45][1], 2) == 0.20
assert height(fall(adagrad, 4 * 0.7**-8, 0), 0) < 1e-100  # beyond the grid
back = [w @ turned(45)[0] @ w / 2 for w in fallen[45]["RMSprop"]]
assert (
    ends[45][2] > 1e3 * ends[0][2]
    and max(back[34:]) > 10 * min(back)
    and ends[0][2] < ends[0][0] / 1000
)
print("checked: plain descent does not see the turn, the other two do")

# %% [markdown]
# ## In three frameworks
#
# Both rules are built in. Two settings must be given: Keras' Adagrad starts from $s = 0.1$, and each framework has
# its own default for $\beta$ and $\varepsilon$ (lesson 11 has the details).

# %%
A, w = turned(30)
ours = {
    "Adagrad": fall(adagrad, 0.125, 30)[-1],
    "RMSprop": fall(rmsprop, 0.125, 30)[-1],
}
print(ours)

# %% tags=["torch"]
import torch

ends_t = {}
for name, more in (("Adagrad", {}), ("RMSprop", {"alpha": 0.9})):
    w_t = torch.tensor(w)
    optimizer = getattr(torch.optim, name)([w_t], lr=0.125, **more)
    for _ in range(40):
        w_t.grad = torch.tensor(A) @ w_t
        optimizer.step()
    ends_t[name] = w_t.numpy()
print(ends_t)

# %% tags=["tensorflow"]
import tensorflow as tf

ends_k = {}
for name, more in (("Adagrad", {"initial_accumulator_value": 0.0}), ("RMSprop", {})):
    w_k = tf.Variable(w)
    optimizer = getattr(tf.keras.optimizers, name)(0.125, epsilon=1e-20, **more)
    for _ in range(40):
        optimizer.apply_gradients([(tf.linalg.matvec(A, w_k), w_k)])
    ends_k[name] = w_k.numpy()
print(ends_k)

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
for name, end in ours.items():
    assert np.allclose(ends_t[name], end, atol=1e-6), name
    assert np.allclose(ends_k[name], end, atol=1e-6), name
assert tf.keras.optimizers.Adagrad().initial_accumulator_value == 0.1
print("checked: Adagrad and RMSprop agree in all three to 1e-6")

# %% [markdown]
# ## Summary
#
# - Adagrad divides by the root of all squares so far. The size of gradients cancels, and what is $k$ times
#   rarer comes $\sqrt k$ times less far in the same time.
# - RMSprop forgets old squares like $\beta^k$. It follows a changing scale and comes to no rest.
# - A rate per weight stretches axes. It does not turn them.
#
# ## Common mistakes
#
# - **The old $s$ in the division.** Then the first step divides by $\varepsilon$.
# - **$\varepsilon$ inside the root by habit.** At $s = 0$, $\varepsilon = 10^{-8}$ the divisor is $10^4$ times larger.
# - **Plain descent's rate.** Here $\eta$ is about the length of a step, not its ratio to the gradient.
#
# ## Quick questions
#
# 1. RMSprop, $\beta = 0.99$, the very first gradient is $5$. How long is the step?
#
#    <details><summary><b>Answer</b></summary>
#
#    $s = 0.01 \cdot 25$, so $5/\sqrt{0.25} = 10$ times the rate.
#
#    </details>
# 2. You multiply the loss by 1000. Which of the three rules makes the same run as before?
#
#    <details><summary><b>Answer</b></summary>
#
#    Adagrad and RMSprop, up to $\varepsilon$. Plain descent needs a rate 1000 times smaller.
#
#    </details>
# 3. A weight has zero gradient for 10,000 steps, then a gradient again. How long is its step with Adagrad?
#
#    <details><summary><b>Answer</b></summary>
#
#    As long as if the pause had not been. Zeros add nothing to $s$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that no step of RMSprop is longer than $\eta/\sqrt{1 - \beta}$ in any weight.
#
# <details><summary><b>Outline</b></summary>
#
# $s \ge (1 - \beta)\, g^2$, since the rest of (3) is not negative. So $|g|/\sqrt s \le 1/\sqrt{1 - \beta}$.
#
# </details>

# %% [markdown]
# **Try.** Run RMSprop with $\beta = 0.5$ and $0.99$ behind the jumping target, each at its best rate. Which one follows
# best, and why?
#
# <details><summary><b>Outline</b></summary>
#
# The shortest memory: the mean distance from the target is $0.19$ with $0.5$, $0.25$ with $0.9$ and $0.43$ with
# $0.99$. Here the scale jumps, and it sees that soonest. Where scale and target rest, the order turns round: with
# $0.5$, $s$ is mostly the newest square itself, and the step keeps little but the sign of a noisy gradient.
#
# </details>
#
# ## References
#
# - J. Duchi, E. Hazan, Y. Singer (2011). Adaptive subgradient methods for online learning and stochastic optimization.
#   *Journal of Machine Learning Research* 12.
# - T. Tieleman, G. Hinton (2012). RMSprop. Lecture 6.5 of *Neural Networks for Machine Learning*, Coursera.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
