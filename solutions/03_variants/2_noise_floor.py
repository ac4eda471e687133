# %% [markdown]
# # The noise floor
#
# {{about}}
#
# **After this lesson you can**
#
# - explain why descent on mini-batches at a fixed rate stops short of the minimum,
# - predict how far above it, from the rate, the noise and the batch size,
# - lower the rate so that it gets there after all,
# - compare batch, mini-batch and stochastic descent at equal cost.
#
# **You need** the lesson before this one: the variance of a mini-batch gradient. And that a random number times $3$
# has $9$ times the variance.

# %% [markdown]
# ## A point that cannot rest
#
# The smallest noisy problem has two rows, $y = -1$ and $y = 1$, and one parameter $w$, the prediction for both. The
# loss $J$ is the mean of $\frac12 (w - y)^2$, which is $\frac12 w^2 + \frac12$. So its minimum is at $w = 0$. A row's
# gradient is $w - y$.
#
# **Stochastic** descent draws one row for each step. With the rate $\eta = 0.5$ the step is $w - 0.5\,(w - y)$: it goes
# half of the way to the $y$ that was drawn.
#
# **Predict.** You stand on the minimum, $w = 0$. Where can you be after one step, after two, after three?

# %%
places = {0.0}
for step in (1, 2, 3):
    places = {w - 0.5 * (w - y) for w in places for y in (-1, 1)}
    print("step", step, sorted(places))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $\pm 0.5$, then at $\pm 0.25$ and $\pm 0.75$, then at the odd eighths from $-7/8$ to $7/8$. The next steps only
# divide this finer. You are thrown off the minimum at once, and no later step ends on it.
#
# </details>

# %% [markdown]
# The place is random, its mean is zero, so its variance is the mean of $w^2$. Call it $c$. One step makes $w/2 + y/2$
# out of $w$. The two terms are independent, and $y$ has the variance $1$:
#
# $$c \leftarrow \tfrac14 c + \tfrac14. \tag{1}$$
#
# From $c = 0$ this gives $0.25$, then $0.3125$, then $0.328$. It settles where (1) changes nothing, at $c = 1/3$. The
# loss above its minimum, the **excess**, is $w^2/2$, so on average it settles at $1/6$ and not at $0$. That is the
# [[noise floor]] of this rate. (In the code all chance comes from `rng`.)

# %% tags=["setup"]
# Imports, and the generator of all chance below
import numpy as np

from gdcourse import plots

rng = np.random.default_rng(0)


# %%
def walk(lr, steps=200, w=3.0):
    path = [w]
    for _ in range(steps):
        y = rng.choice([-1, 1])
        w = w - lr * (w - y)
        path.append(w)
    return np.array(path)


walks = {lr: walk(lr) for lr in (0.5, 0.1, 0.02)}

# %% tags=["draw"]
# Three walks, and where theory says they stay
fig, axes = plots.figure(3, width=9.4, height=3, sharey=True)
for ax, (lr, path), colour in zip(axes, walks.items(), plots.COLOURS, strict=False):
    ax.plot(path, color=colour, linestyle="-", linewidth=1)
    c = lr / (2 - lr)
    ax.axhspan(-(c**0.5), c**0.5, color=colour, alpha=0.2, linewidth=0)
    ax.set(xlabel="step", title=f"rate {lr}")
axes[0].set_ylabel("$w$")
plots.show(
    fig,
    alt="Three walks from 3 to the minimum at 0. At rate 0.5 the walk arrives at once and "
    "jumps about in a wide band; at 0.1 it takes some thirty steps and the band is "
    "narrower; at 0.02 it takes more than a hundred, and the band is narrow.",
)

# %% [markdown]
# The band is one standard deviation, $\sqrt c$, on each side; (3) below gives it. A small rate gets closer, and takes
# longer to get there.
#
# ## The floor of any rate
#
# Now in general. Near a minimum, along one direction, let $e$ be the distance from it and $\lambda$ the curvature.
# The full gradient is $\lambda e$, and the mini-batch adds noise $\xi$ with mean zero and variance $\sigma^2 / B$. A
# step is
#
# $$e \leftarrow e - \eta\,(\lambda e + \xi) = (1 - \eta \lambda)\, e - \eta\,\xi. \tag{2}$$
#
# The first term shrinks what is there, the second adds new noise. As in (1), the variance $c$ of $e$ settles where
#
# $$c = (1 - \eta\lambda)^2\, c + \eta^2 \frac{\sigma^2}{B}
# \quad\Rightarrow\quad c = \frac{\eta\, \sigma^2}{\lambda\,(2 - \eta\lambda)\,B}. \tag{3}$$
#
# The excess loss is $\lambda c / 2$. For a small rate $2 - \eta\lambda$ is nearly $2$, so
#
# $$\text{floor} \approx \frac{\eta\, \sigma^2}{4 B}. \tag{4}$$
#
# The curvature has dropped out. So with several parameters you add up: $\sigma^2$ is then the sum of the variances, as
# in the lesson before, taken at the minimum. You compute the floor exactly, from (3), in {{exercise:noise_floor}}.
#
# **Predict.** You halve the rate. What happens to the floor, and what to the time it takes to reach it?


# %%
def floor(lr, B=1, runs=2000, steps=400):
    """Mean excess of many runs, all begun at the minimum."""
    w = np.zeros(runs)
    for _ in range(steps):
        y = rng.choice([-1, 1], size=(B, runs)).mean(axis=0)
        w = w - lr * (w - y)
    return np.mean(w**2) / 2


rates = np.array([0.2, 0.1, 0.05, 0.025])
floors = np.array([floor(lr) for lr in rates])
steps_down = np.log(100) / -np.log(1 - rates)
columns = {"rate": rates, "floor": floors, "theory (4)": rates / 4}
plots.table(columns | {"steps to a 100th": steps_down}, digits=3)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The floor halves, and the way there takes twice as long. Without noise a step multiplies the distance by $1 -
# \eta\lambda$, so to a hundredth of it you need $\log 100 / (-\log(1 - \eta\lambda))$ steps, about $4.6 / (\eta
# \lambda)$.
#
# A batch of $B$ divides the floor by $B$. But it costs $B$ times as much per step.
#
# </details>

# %% tags=["check"]
# The floor of two rows, and equations (1) to (4)
places_two = {(a + b) / 2 for a in (-0.5, 0.5) for b in (-1, 1)}
assert places == {k / 8 for k in (-7, -5, -3, -1, 1, 3, 5, 7)}
first = [0.25, 0.25 / 4 + 0.25, 0.3125 / 4 + 0.25]
assert (
    first[1] == 0.3125
    and round(first[2], 3) == 0.328
    and np.isclose(1 / 3, 1 / 12 + 1 / 4)
)
assert abs(floor(0.5) - 1 / 6) < 0.01 and np.isclose(0.5 / (2 * (2 - 0.5)), 1 / 6)
assert np.allclose(floors, rates / (2 * (2 - rates)), rtol=0.15)
assert np.all(np.abs(floors[:-1] / floors[1:] / 2 - 1) < 0.3) and len(rates) == 4
assert np.isclose(floor(0.1) / floor(0.1, B=8), 8, rtol=0.2) and max(walks) == 0.5
assert np.allclose(steps_down * rates, 4.6, atol=0.6) and round(np.log(100), 1) == 4.6
assert places_two == {-0.75, -0.25, 0.25, 0.75}
later = {0.0}
for _ in range(12):  # no step from the minimum ends on it
    later = {(a + b) / 2 for a in later for b in (-1, 1)}
    assert 0 not in later
tenth, own = np.full(2000, 3.0), np.random.default_rng(1)  # for the last question
behind = []
for _ in range(200):
    tenth = tenth - 0.1 * (tenth - own.choice([-1, 1], size=2000))
    behind.append(tenth)
assert 0.75 < np.mean(abs(np.mean(behind[49:], axis=0)) < abs(tenth)) < 0.85
assert 0.08 / 0.04 == 0.02 / 0.01
assert np.abs(walks[0.5][10:]).max() < 1.01 and np.std(walks[0.02][150:]) < 0.2
assert 20 < np.argmax(walks[0.1] < 0.3) < 45 and np.argmax(walks[0.02] < 0.3) > 90
print("checked: floors and times, against theory and in 2000 runs")

# %% [markdown]
# Slide the rate. Which one would you take for 50 steps, which for 200? (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the rate
slid = {lr: walk(lr) for lr in (1.5, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)}


def at_rate(rate):
    fig = plots.curves({f"rate {rate}": slid[rate]}, ylabel="$w$", title=f"rate {rate}")
    fig.axes[0].set_ylim(-3.2, 3.2)
    return fig, f"A walk of 200 steps from 3 at the rate {rate}."


plots.slider(at_rate, rate=list(slid))

# %% [markdown]
# ## A falling rate gets there
#
# So begin with a large rate and lower it. How fast? Take $\eta_t = 1/t$ for the steps $t = 1, 2, 3, \dots$ on the two
# rows. The first step has the rate $1$ and lands on $y_1$. The second has $\frac12$ and lands halfway between $y_1$ and
# $y_2$.
#
# **Predict.** The third has the rate $\frac13$. Where does it land?

# %%
ys = np.array([1, -1, -1, 1, 1, 1])
w = 3.0
for t, y in enumerate(ys, start=1):
    w = w - (w - y) / t
    print(f"after step {t}: w = {w:.4f}, mean of the rows so far {ys[:t].mean():.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# On the mean of $y_1$, $y_2$ and $y_3$. In general $w_{t-1} - \frac1t(w_{t-1} - y_t) = \frac{(t - 1)\,w_{t-1} +
# y_t}{t}$ is the mean of the first $t$ values, if $w_{t-1}$ is that of the first $t - 1$.
#
# </details>

# %% [markdown]
# A mean of $t$ draws has the variance $1/t$, so the excess is $1/(2t)$ on average. No floor, but slow: a tenth of the
# excess takes ten times the steps. Robbins and Monro (1951) gave the two conditions that proofs still use:
#
# $$\sum_t \eta_t = \infty, \qquad \sum_t \eta_t^2 < \infty. \tag{5}$$
#
# With a finite sum of the rates you may stop short of the minimum, however many steps you take. With a finite sum of
# squares the noise that is added fades. $1/t$ satisfies both; a fixed rate fails the second.
#
# ## Three ways to spend an epoch
#
# A published tutorial says that batch descent is slow and stochastic descent fast. Is it so? The problem: 512 rows and
# 5 parameters, invented from a linear model, with noise. An epoch, 512 row gradients, buys one step with all rows,
# 16 steps with $B = 32$, or 512 steps with $B = 1$.
#
# A fourth method, stochastic with a falling rate, divides its rate by $1 + {}$the epochs so far. Each tries the same
# twelve rates, $1, \frac12, \frac14, \dots$, once for the best excess after 1 epoch and once for 40. Eight seeds
# choose the rate, eight others race. (Folded: `run` returns the excess after each epoch, for all rates and seeds at
# once.)
#
# **Predict.** Who leads after one epoch, and who after 40?

# %% tags=["setup"]
# The rows, and a run of all rates and seeds at once
n, d = 512, 5
data = np.random.default_rng(0)
X = data.normal(size=(n, d)) * [1.6, 1.3, 1.0, 0.8, 0.6]
y = X @ [1.0, -2.0, 0.5, 3.0, -1.5] + data.normal(0, 0.5, n)
H = X.T @ X / n
best = np.linalg.solve(H, X.T @ y / n)


def excess(theta):
    """(..., d) -> (...): the loss above its minimum."""
    return np.einsum("...i,ij,...j->...", theta - best, H, theta - best) / 2


def run(rates, B, seed, epochs=40, falling=False):
    """Excess after 0, 1, ... epochs: (rates, 8 seeds, epochs + 1)."""
    rng, t = np.random.default_rng(seed), 0
    rates = np.reshape(rates, (-1, 1, 1)).astype(float)
    theta = np.zeros((len(rates), 8, d))
    record = [excess(theta)]
    for _ in range(epochs):
        rows = rng.integers(n, size=(8, n)) if B < n else np.tile(np.arange(n), (8, 1))
        for k in range(0, n, B):
            X_b, y_b = X[rows[:, k : k + B]], y[rows[:, k : k + B]]
            e = np.einsum("sbd,rsd->rsb", X_b, theta) - y_b
            now = rates / (1 + t * B / n) if falling else rates
            theta = theta - now * np.einsum("rsb,sbd->rsd", e, X_b) / B
            t += 1
        record.append(excess(theta))
    return np.stack(record, axis=-1)


# %%
methods = {"batch": (512, False), "B = 32": (32, False)}
methods |= {"stochastic": (1, False), "stochastic, falling": (1, True)}
grid = 0.5 ** np.arange(12)
tuned, medians, raced = {}, {}, {}
with np.errstate(all="ignore"):  # the largest rates diverge
    for name, (B, falling) in methods.items():
        middle = np.median(run(grid, B, seed=1, falling=falling), axis=1)
        tuned[name] = [grid[np.nanargmin(middle[:, epoch])] for epoch in (1, 40)]
        raced[name] = run(tuned[name], B, seed=2, falling=falling)
        medians[name] = np.median(raced[name], axis=1)
columns = {"method": methods, "rate, 1 epoch": [a for a, _ in tuned.values()]}
columns["excess after 1"] = [f"{m[0, 1]:.1e}" for m in medians.values()]
columns["rate, 40 epochs"] = [b for _, b in tuned.values()]
columns["after 40"] = [f"{m[1, 40]:.1e}" for m in medians.values()]
plots.table(columns)

# %% tags=["draw"]
# Excess by epoch, each method at its rate for 40 epochs
shown = {name: runs[1] for name, runs in raced.items()}
fig = plots.spread(
    shown,
    middle="median",
    xlabel="epochs of 512 rows each",
    ylabel="excess loss",
    title="each at its best rate for 40 epochs",
    log=True,
    width=7.4,
    height=4,
)
fig.axes[0].set_ylim(1e-9, 20)
plots.show(
    fig,
    alt="Excess loss by epoch, log scale, with bands over seeds. Batch descent falls on a "
    "straight line below 1e-7. Batches of 32 and stochastic descent fall together and stay above 1e-5; "
    "with a falling rate stochastic descent is below both, still falling slowly.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# After one epoch the stochastic methods lead, by a factor of some hundreds over batch descent, which has made a single
# step. After 40 epochs batch descent is far below all others, below $10^{-7}$.
#
# So the tutorial is right early, per row touched. Near the minimum it is the other way round: batch descent
# multiplies its excess by a fixed factor per epoch, the straight line, while the others stand on their floors, or
# fall like $1/t$. Two curves coincide: 32 times the rows at 32 times the rate have the same $\eta/B$, so the same
# floor and the same way.
#
# </details>

# %% tags=["check"]
# Who leads when, and who has a floor?
from gdcourse.diagnostics import convergence_rate

many = np.random.default_rng(1).choice([-1, 1], size=(4000, 100)).mean(axis=1)
assert np.isclose(np.mean(many**2) / 2, 1 / (2 * 100), rtol=0.1)
early = {name: m[0, 1] for name, m in medians.items()}
late = {name: m[1, 40] for name, m in medians.items()}
assert (n, d, 512 // 32, len(grid)) == (512, 5, 16, 12)
assert all(grid[0] > r > grid[-1] for pair in tuned.values() for r in pair)
assert 100 < early["batch"] / early["stochastic"] < 900
assert early["stochastic, falling"] < 0.01 and late["batch"] < 1e-7
assert all(shown[name][:, 40].min() > 1e-5 for name in methods if name != "batch")
assert convergence_rate(shown["batch"][0]).kind == "linear"
fall = medians["stochastic, falling"][1]
assert tuned["B = 32"][1] == 32 * tuned["stochastic"][1]
apart = medians["B = 32"][1] / medians["stochastic"][1]
assert 0.8 < apart.min() and apart.max() < 1.25
assert 2 < fall[10] / fall[40] < 8 and fall[40] < medians["stochastic"][1, 40]
flat = medians["B = 32"][1]
assert flat[20:30].mean() < 3 * flat[30:].mean()
print("checked: stochastic leads early, batch late, and only batch is linear")

# %% [markdown]
# Which matters to you? Training of a network mostly ends long before an excess of $10^{-7}$. So its early part
# counts, and the floor is why one lowers the rate at the end (unit 04).
#
# ## In three frameworks
#
# The rate $1/t$, as a schedule, on the six rows from above. All must end at their mean.

# %% tags=["torch"]
import torch

w_t = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([w_t], lr=1.0)
falling = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: 1 / (t + 1))
for y_t in torch.tensor(ys):
    optimizer.zero_grad()
    ((w_t - y_t) ** 2 / 2).backward()
    optimizer.step()
    falling.step()
print("PyTorch:", w_t.item())

# %% tags=["tensorflow"]
import tensorflow as tf

w_k = tf.Variable(3.0, dtype=tf.float64)
falling = tf.keras.optimizers.schedules.InverseTimeDecay(1.0, 1, 1.0)
optimizer = tf.keras.optimizers.SGD(falling)
for y_k in ys:
    with tf.GradientTape() as tape:
        J = (w_k - y_k) ** 2 / 2
    optimizer.apply_gradients([(tape.gradient(J, w_k), w_k)])
print("TensorFlow:", round(float(w_k), 6))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert np.isclose(w, ys.mean(), rtol=1e-12) and np.isclose(w_t.item(), w, rtol=1e-12)
assert np.isclose(float(w_k), w, rtol=1e-6)  # Keras keeps rates in 32 bits
print("checked: all three end at the mean of the six rows")

# %% [markdown]
# ## Summary
#
# - At a fixed rate, descent on mini-batches ends on a floor of about $\eta \sigma^2 / (4B)$.
# - Half the rate: half the floor, twice the way. $\eta_t = 1/t$ has no floor; here the excess falls like $1/t$, in
#   flatter directions more slowly.
# - Per row touched, small batches lead early, the full batch late.
#
# ## Common mistakes
#
# - **"It has converged."** A flat curve may be the floor. Lower the rate: if the loss drops, it was.
# - **Comparing per step.** A step of batch descent here costs as much as 512 stochastic ones.
# - **Too fast a decay from the first step.** It stops a run that is not yet near the minimum.
#
# ## Quick questions
#
# 1. Your loss is flat at $0.08$ above its minimum with $\eta = 0.04$. Which floor do you expect with $\eta = 0.01$?
#
#    <details><summary><b>Answer</b></summary>
#
#    About $0.02$, a quarter.
#
#    </details>
# 2. The same run with batches of 32 in place of 8?
#
#    <details><summary><b>Answer</b></summary>
#
#    A quarter as well, at four times the price per step.
#
#    </details>
# 3. Which floor has a model that fits every row exactly?
#
#    <details><summary><b>Answer</b></summary>
#
#    None. At the minimum every row's gradient is zero, so $\sigma^2 = 0$ there.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** On the two rows with $\eta = 0.5$, show that after many steps $w$ is spread evenly over the whole range
# from $-1$ to $1$. Which variance has that, and does it fit?
#
# <details><summary><b>Outline</b></summary>
#
# $w$ is $\frac12 y_t + \frac14 y_{t-1} + \frac18 y_{t-2} + \dots$ with random signs. After $t$ steps from $0$ these are
# the $2^t$ odd multiples of $2^{-t}$ between $-1$ and $1$, all equally likely. The variance of an even spread is
# $2^2/12 = 1/3$, as (1) says.
#
# </details>

# %% [markdown]
# **Try.** Average the places of a walk at the rate $0.1$ from step 50 on, and compare the mean with the last place.
# Which is closer to the minimum?
#
# <details><summary><b>Outline</b></summary>
#
# The mean, in about four of five runs: averaging does what a falling rate does. Polyak and Juditsky (1992) made a
# method of it.
#
# </details>
#
# ## References
#
# - H. Robbins, S. Monro (1951). A stochastic approximation method. *Annals of Mathematical Statistics* 22.
#   doi:10.1214/aoms/1177729586
# - B. T. Polyak, A. B. Juditsky (1992). Acceleration of stochastic approximation by averaging. *SIAM Journal on Control
#   and Optimization* 30. doi:10.1137/0330046
# - L. Bottou, F. E. Curtis, J. Nocedal (2018). Optimization methods for large-scale machine learning.
#   doi:10.1137/16M1080173
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
