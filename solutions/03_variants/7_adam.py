# %% [markdown]
# # Adam: two running means
#
# {{about}}
#
# **After this lesson you can**
#
# - compute Adam's running means by hand, and correct them,
# - predict its first step without computing it,
# - say how much longer than the rate a step can be, and when,
# - build a problem on which Adam walks to the worst point, and repair it.
#
# **You need** momentum (lesson 3 of this unit), RMSprop (lesson 6), the sum of a geometric series.

# %% [markdown]
# ## Means that start too small
#
# Momentum sums past gradients, RMSprop averages their squares. **Adam** (Kingma and Ba, 2015) averages both:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad s \leftarrow \beta_2 s + (1 - \beta_2)\, g^2. \tag{1}$$
#
# Both begin at $0$, and that is a fault. Let every gradient be $4$, and $\beta_1 = 0.9$. The mean should be $4$, but
# $m$ is
#
# | step | $m$ | divided by | gives |
# |--:|--:|--:|--:|
# | 1 | $0.1 \cdot 4 = 0.4$ | $1 - 0.9 = 0.1$ | 4 |
# | 2 | $0.9 \cdot 0.4 + 0.4 = 0.76$ | $1 - 0.9^2 = 0.19$ | 4 |
# | 3 | $0.9 \cdot 0.76 + 0.4 = 1.084$ | $1 - 0.9^3 = 0.271$ | 4 |
#
# Why these divisors? After $t$ steps the gradients have the weights $1 - \beta_1,\ (1 - \beta_1)\beta_1,\ (1 -
# \beta_1)\beta_1^2, \dots$ Their sum is $1 - \beta_1^t$, and the weights of a mean must sum to $1$. To divide by that
# sum is the [[bias correction]]:
#
# $$\hat m = \frac{m}{1 - \beta_1^t}, \qquad \hat s = \frac{s}{1 - \beta_2^t}, \qquad
# w \leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat s} + \varepsilon}, \qquad t = 1, 2, \dots \tag{2}$$
#
# The usual values are $\beta_1 = 0.9$, $\beta_2 = 0.999$ and $\varepsilon = 10^{-8}$. You write this step in
# {{exercise:adam_step}}.

# %% tags=["setup"]
# NumPy, and the pictures of the course
import numpy as np

from gdcourse import plots


# %%
def adam(g, state, beta1=0.9, beta2=0.999, eps=1e-8):
    t, m, s = state
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return m_hat / (s_hat**0.5 + eps), (t, m, s)  # the step for the rate 1


START = (0, 0.0, 0.0)

# %% [markdown]
# ## The first step
#
# **Predict.** Four weights have the gradients $1000$, $-1$, $0.001$ and $0$. The rate is $0.1$. What is the first
# step of each? And without the correction?

# %%
g = np.array([1000.0, -1.0, 0.001, 0.0])
step, (t, m, s) = adam(g, START)
raw = m / np.maximum(s**0.5, 1e-30)  # without the correction
print("step:       ", (-0.1 * step + 0.0).round(4))
print("uncorrected:", (-0.1 * raw + 0.0).round(4))

# %% tags=["draw"]
# Gradients on a log scale, and the steps that they make
names = ["weight 1", "weight 2", "weight 3", "weight 4"]
fig, axes = plots.figure(3, width=9.2, height=2.5, sharey=True)
for ax, values, title, colour in zip(
    axes,
    (g, -0.1 * raw + 0.0, -0.1 * step + 0.0),
    ("gradient, log scale", "step, uncorrected", "step"),
    plots.COLOURS,
    strict=False,
):
    bars = ax.barh(names, values, color=colour, height=0.6)
    ax.bar_label(bars, [f"{round(value, 3):g}" for value in values], padding=4)
    ax.axvline(0, color="black", linewidth=0.8, linestyle="-")
    ax.set(title=title, xlim=(-0.62, 0.62))
axes[0].set_xscale("symlog", linthresh=1e-4)
axes[0].set(xlim=(-1e4, 1e7), xticks=[-1, 0, 1e-3, 1, 1e3])
axes[0].invert_yaxis()
plots.show(
    fig,
    alt="Bars for four weights: gradients of 1000, -1, 0.001 and 0 on a log scale; steps "
    "without correction of 0.316 in size; steps of 0.1 in size, and 0 for the last.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $-0.1$, $0.1$, $-0.1$, and $0$. At $t = 1$ the correction makes $\hat m = g$ and $\hat s = g^2$. So **the first step
# is $-\eta \operatorname{sign}(g)$**, whatever the size of $g$. Without it, it is $(1 - \beta_1)/\sqrt{1 - \beta_2} =
# 3.16$ times as long.
#
# </details>

# %% [markdown]
# So the rate means something simple: about how far each weight may move in one step. That is why one rate, $\eta =
# 0.001$, is the usual first try on very different problems. (Does it do so at every step? Next section.)
#
# And if you leave the correction out for good? With a constant gradient the step is $(1 - 0.9^t)/\sqrt{1 - 0.999^t}$
# times the rate. $m$ is right after tens of steps, $s$ after thousands, and in between the divisor is far too small:

# %% tags=["draw"]
# A constant gradient, with and without the correction
at = np.arange(1, 5001)
ratio = (1 - 0.9**at) / np.sqrt(1 - 0.999**at)
fig, ax = plots.figure(width=6.6, height=2.9)
ax.semilogx(at, ratio, label="uncorrected")
ax.axhline(1, color=plots.COLOURS[1], linestyle="--", label="corrected")
ax.set(xlabel="step", ylabel="step / rate", ylim=(0, 7.5), title="a constant gradient")
ax.legend()
plots.show(
    fig,
    alt="Step over rate by step, log scale. With the correction it is 1 throughout. Without, "
    "it starts at 3.2, rises to 6.6 near step 12, and comes down to 1 after some thousands.",
)

# %% tags=["check"]
# The means by hand, the first step, and the uncorrected run
by_hand = [0.4, 0.76, 1.084]
divisors = [0.1, 0.19, 0.271]
assert np.allclose([1 - 0.9, 1 - 0.9**2, 1 - 0.9**3], divisors)
assert np.allclose(np.divide(by_hand, divisors), 4) and np.isclose(
    0.9 * 0.76 + 0.4, 1.084
)
assert np.allclose(-0.1 * step, [-0.1, 0.1, -0.1, 0], rtol=1e-4)
assert g.tolist() == [1000, -1, 0.001, 0] and 0.999 < 1
assert np.allclose(-10 * -0.1 * raw[:3], [3.16, -3.16, 3.16], atol=0.01)
assert np.allclose(abs(0.1 * raw[:3]), 0.316, atol=5e-4) and round(ratio[0], 1) == 3.2
assert round((1 - 0.9) / (1 - 0.999) ** 0.5, 2) == 3.16
assert round(ratio.max(), 1) == 6.6 and at[ratio.argmax()] == 12 and ratio[-1] < 1.01
print("checked: the corrected means are 4, the first step is the rate")

# %% [markdown]
# ## How long can a step be?
#
# "With Adam no step is longer than the rate", one often hears. It is nearly true while the gradients keep their size.
# But the two means have different memories, ten steps and a thousand.
#
# **Predict.** A weight has zero gradient for 10,000 steps, as the weight of a rare word has. Then its gradient is
# $1$, step after step. How long is its longest step?


# %%
def longest(gradients):
    state, steps = START, []
    for g in gradients:
        step, state = adam(g, state)
        steps.append(abs(step))
    return max(steps)


print("after a long silence: ", longest([0.0] * 10_000 + [1.0] * 30))
print("a hundredfold rise:   ", longest([0.01] * 10_000 + [1.0] * 30))
rise = list(1.11 ** np.arange(200))
print("11 % more every step: ", longest([0.0] * 10_000 + rise))
print(
    "one size, random sign:", longest(np.random.default_rng(0).choice([-1, 1], 10_000))
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $6.6$ times the rate. The correction is long over, so this is the uncorrected start once more: $m$ fills in ten
# steps, $s$ needs a thousand. A hundredfold rise does about the same.
#
# </details>

# %% [markdown]
# The worst of all is a steady rise after the silence: $7.27$ times. The derivation below shows that nothing is worse.
# (The paper's own limit for rare gradients, $3.16$, holds for a single one.) In practice such steps come where a run
# meets a cliff, or a rare word. That is one reason to clip gradients, and to start with a small rate (unit 04).

# %% tags=["check"]
# The longest steps, and the limit that nothing passes
assert round(longest([0.0] * 10_000 + [1.0] * 30), 1) == 6.6
assert 6 < longest([0.01] * 10_000 + [1.0] * 30) < 6.7
limit = (1 - 0.9) / ((1 - 0.999) * (1 - 0.9**2 / 0.999)) ** 0.5
assert (
    round(0.999 / 0.9, 2) == 1.11
    and round(limit, 2) == 7.27
    and 7.26 < longest([0.0] * 10_000 + rise) < limit
)
powers = np.cumsum((0.9**2 / 0.999) ** np.arange(20_000)) ** 0.5
turns = np.arange(1, 20_001)
worst = (1 - 0.9) / (1 - 0.9**turns) * powers
worst *= ((1 - 0.999**turns) / (1 - 0.999)) ** 0.5
assert worst.max() < limit + 1e-9 and worst[0] == 1
rng = np.random.default_rng(1)
tried = [
    longest(rng.normal(size=300) * 10 ** rng.uniform(-3, 3, 300)) for _ in range(50)
]
assert max(tried) < limit
assert np.isclose(longest([0.0] * 10_000 + [1.0]), 3.16, atol=0.01)
print("checked: up to 7.27 times the rate, and no further")

# %% [markdown]
# ## Where Adam goes wrong
#
# A weight must stay between $-1$ and $1$. Its gradient is $101$ once in every $101$ steps, and $-1$ in the other
# $100$. Over such a round the gradients add up to $+1$. So on average the loss rises with $w$, and the best place is
# $-1$. It is as if one rare row pulled strongly one way, and many rows weakly the other. (After Reddi, Kale and
# Kumar, 2018. As their theory asks, there is no momentum, $\beta_1 = 0$, and the rate falls like $1/\sqrt t$: here it
# is $3/\sqrt{1000 + t}$.)
#
# **Predict.** Where does Adam end with $\beta_2 = 0.99$, a memory of about one round? And with $0.999$, ten rounds?


# %%
def slope(t):
    return 101.0 if t % 101 == 0 else -1.0


def walk(beta2, divisor=lambda s, top: s, rounds=1000):
    w, state, top, ends = 0.0, START, 0.0, []
    for t in range(101 * rounds):
        _, state = adam(slope(t), state, beta1=0.0, beta2=beta2)
        top = max(top, state[2])  # the largest s so far
        s_hat = divisor(state[2], top) / (1 - beta2 ** (t + 1))
        w = w - 3 / (1000 + t) ** 0.5 * slope(t) / s_hat**0.5
        w = min(max(w, -1.0), 1.0)
        ends.append(w)
    return np.array(ends[100::101])  # after each round


# %%
walks = {f"Adam, {beta2}": walk(beta2) for beta2 in (0.99, 0.999)}
walks["AMSGrad, 0.99"] = walk(0.99, divisor=lambda s, top: top)
plots.table({"run": walks, "ends at": [path[-1] for path in walks.values()]}, digits=3)


# %% tags=["draw"]
# The weight by round, and the drift by memory
def drift(beta2, largest=False, steps=101):
    """The way of a round over the rate, once s repeats itself from round to round."""
    g = np.array([float(steps)] + [-1.0] * (steps - 1))
    age = (np.arange(steps)[:, None] - np.arange(steps)) % steps
    s = (1 - beta2) / (1 - beta2**steps) * beta2**age @ g**2
    return -np.sum(g / np.sqrt(s.max() if largest else s))


memory = np.geomspace(2, 30_000, 200)
fig, (left, right) = plots.figure(2, width=9, height=3.4)
for (name, path), style in zip(walks.items(), plots.LINES, strict=False):
    left.semilogx(np.arange(1, 1001), path, linestyle=style, label=name)
left.axhline(-1, color="0.4", linestyle=":")
left.set(xlabel="round of 101 steps", ylabel="weight", title="the best place is $-1$")
left.legend(loc="lower left")
right.plot(memory, [drift(1 - 1 / k) for k in memory], label="Adam")
right.plot(memory, [drift(1 - 1 / k, True) for k in memory], label="AMSGrad")
right.axhline(0, color="0.4", linestyle=":")
right.set(xlabel=r"memory $1/(1 - \beta_2)$", ylabel="drift per round / rate")
right.set(xscale="log", title="below 0 is right")
right.set_yscale("symlog", linthresh=0.1)
right.legend(loc="upper right")
plots.show(
    fig,
    alt="Left, the weight by round: both Adam runs go to plus 1, the worst place, AMSGrad "
    "turns and comes near minus 1. Right, drift by memory: Adam's is positive up to some 2500 steps, AMSGrad's "
    "negative throughout.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At $+1$, the worst place, both times. The longer memory only takes longer. (AMSGrad is explained below.)
#
# </details>

# %% [markdown]
# Look at one round. At the large gradient $s$ jumps up, so just this gradient gets the largest divisor. Then $s$
# fades, and the small ones are divided by less and less:
#
# $$\text{drift} = -\eta\, \Bigl( \frac{101}{\sqrt{s_0}} - \sum_{k=1}^{100} \frac{1}{\sqrt{s_k}} \Bigr), \qquad
# s_0 > s_1 > \dots > s_{100}. \tag{3}$$
#
# With equal divisors the large one would win, $101$ to $100$. With these it loses, unless the memory is much longer
# than the round, here from about 2500 steps on. **AMSGrad** divides by the largest $s$ so far, which does not fall.
# In the end all divisors are equal. Its price: one huge gradient slows it for good. In practice, try a longer memory
# first.

# %% tags=["check"]
# The three walks, and the memory at which the drift turns
assert walks["Adam, 0.99"][-1] == walks["Adam, 0.999"][-1] == 1
assert walks["AMSGrad, 0.99"][-1] < -0.9 and sum(slope(t) for t in range(101)) == 1
crossing = np.interp(0, [-drift(1 - 1 / k) for k in memory], memory)
assert drift(1 - 1 / 240_000, steps=1001) > 0 > drift(1 - 1 / 260_000, steps=1001)
assert 250 * 1001 == 250_250 and np.isclose(
    250_000 / 2500, (1001 / 101) ** 2, rtol=0.05
)
assert round(crossing, -2) == 2500 and all(drift(1 - 1 / k, True) < 0 for k in memory)
assert np.isclose(0.1 / (1 + 0.9), 0.1 / 1.9) and 1001 == 1000 + 1
assert [slope(t) for t in range(101)].count(-1.0) == 100 and slope(0) == 101
print("checked: Adam ends at the worst place, AMSGrad near the best")

# %% [markdown]
# ## In three frameworks
#
# Ten steps of `Adam` on $2 w_1^2 + w_2^2/2$. (The betas are numbers that 32 bits hold, as Keras rounds them.)

# %%
w, state = np.array([1.0, -1.0]), START
for _ in range(10):
    step, state = adam(np.array([4.0, 1.0]) * w, state, 0.75, 0.875)
    w = w - 0.125 * step
print("NumPy:", w)

# %% tags=["torch"]
import torch

w_t = torch.tensor([1.0, -1.0], dtype=torch.float64)
optimizer = torch.optim.Adam([w_t], lr=0.125, betas=(0.75, 0.875), eps=1e-8)
for _ in range(10):
    w_t.grad = torch.tensor([4.0, 1.0], dtype=torch.float64) * w_t
    optimizer.step()
print("PyTorch:", w_t.numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

w_k = tf.Variable([1.0, -1.0], dtype=tf.float64)
optimizer = tf.keras.optimizers.Adam(0.125, beta_1=0.75, beta_2=0.875, epsilon=1e-8)
for _ in range(10):
    optimizer.apply_gradients([(np.array([4.0, 1.0]) * w_k, w_k)])
print("TensorFlow:", w_k.numpy())

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert np.allclose(w_t.numpy(), w, atol=1e-12) and np.allclose(
    w_k.numpy(), w, atol=1e-6
)
print("checked: ten steps of Adam, the same in all three")

# %% [markdown]
# ## Summary
#
# - Adam is a running mean of gradients, divided by the root of a running mean of squares, both corrected for their
#   start at 0.
# - The first step is $-\eta \operatorname{sign}(g)$. Later steps can reach $7.27\,\eta$, where gradients rise.
# - With a memory that is short beside the data's rhythm, Adam can follow many small gradients against one large one.
#
# ## Common mistakes
#
# - **$t$ is not stored.** Each step is then corrected as if it were the first.
# - **The corrected means are stored.** Keep $m$ and $s$ as they are, and correct anew each time.
# - **"Adam needs no tuning."** Its rate matters as any other (lesson 10).
#
# ## Quick questions
#
# 1. All gradients are zero for ever. What does Adam do, and what would it do with $\varepsilon = 0$?
#
#    <details><summary><b>Answer</b></summary>
#
#    Nothing: $0/\varepsilon = 0$. With $\varepsilon = 0$ it computes $0/0$.
#
#    </details>
# 2. You multiply the loss by 1000. What changes?
#
#    <details><summary><b>Answer</b></summary>
#
#    Up to $\varepsilon$, nothing: $\hat m$ and $\sqrt{\hat s}$ grow by the same factor.
#
#    </details>
# 3. Which values of $\beta_1$ and $\beta_2$ turn Adam into RMSprop with a correction?
#
#    <details><summary><b>Answer</b></summary>
#
#    $\beta_1 = 0$, and any $\beta_2$.
#
#    </details>
# 4. The gradient is $+1$ and $-1$ in turn, for long. How long are the steps?
#
#    <details><summary><b>Answer</b></summary>
#
#    $\hat s = 1$, and $m$ is $\pm\,0.1/1.9$, so about a twentieth of the rate.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that no step, long after the start, is longer than $\eta\,(1 - \beta_1) / \sqrt{(1 - \beta_2)(1 -
# \beta_1^2/\beta_2)}$, if $\beta_1^2 < \beta_2$.
#
# <details><summary><b>Outline</b></summary>
#
# $|m| \le (1 - \beta_1) \sum_k \beta_1^k |g_{t-k}|$. Write $\beta_1^k = (\beta_1/\sqrt{\beta_2})^k \cdot
# \sqrt{\beta_2}^{\,k}$ and use Cauchy and Schwarz: the sum is at most the root of $\sum_k (\beta_1^2/\beta_2)^k$
# times the root of $\sum_k \beta_2^k g_{t-k}^2$. The second is $\sqrt{s/(1 - \beta_2)}$. Equality needs $g_{t-k}$ to
# grow by $\beta_2/\beta_1 = 1.11$ per step.
#
# </details>

# %% [markdown]
# **Try.** Change the large gradient from $101$ to $1001$, once in $1001$ steps. Which $\beta_2$ is long enough now?
#
# <details><summary><b>Outline</b></summary>
#
# With `drift` adapted: a memory of about $250{,}000$ steps. That is 250 rounds, where it was 25: the memory must grow
# like the square of the round.
#
# </details>
#
# ## References
#
# - D. P. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. arXiv:1412.6980
# - S. J. Reddi, S. Kale, S. Kumar (2018). On the convergence of Adam and beyond. arXiv:1904.09237
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
