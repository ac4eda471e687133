# %% [markdown]
# # When the network is slow
#
# {{about}}
#
# **After this lesson you can**
#
# - say how late a gradient may be for a given rate, and derive the limit,
# - talk less with local steps, and say what they cost,
# - send less with compression, and repair it with error feedback,
# - predict how many workers pay, and up to where a larger batch allows a larger rate.
#
# **You need** the [[all-reduce]] and its bytes (lesson 1), and the limit $2/\lambda$ of the rate on a curvature $\lambda$ (unit 04).

# %% [markdown]
# ## Do not wait: late gradients
#
# A worker that does not wait for the others steps with a **[[stale gradient]]**, one that was taken some steps ago. Descend $J = x^2/2$ from
# $x = 1$ with the rate 0.5. Its gradient is $x$. With a delay of one step, $x_{t+1} = x_t - 0.5\,x_{t-1}$, and the first step takes the only gradient there is:
#
# | $t$ | 0 | 1 | 2 | 3 | 4 | 5 |
# |:--|--:|--:|--:|--:|--:|--:|
# | no delay | 1 | 0.5 | 0.25 | 0.125 | 0.0625 | 0.03125 |
# | delay 1 | 1 | 0.5 | 0 | -0.25 | -0.25 | -0.125 |
#
# **Predict.** Without delay every rate below 2 descends. Up to which rate does it with a delay of 1? And of 2?

# %%
import numpy as np

from gdcourse.distributed.numpy import StaleGD

rates = np.arange(0.005, 2.2, 0.005)  # all of them in one array

# %%


def largest_stable(delay, steps=3000):
    x, rule, sizes = [np.ones(len(rates))], StaleGD(1.0, delay), []
    for _ in range(steps):
        rule.step(x, [rates * x[0]])
        sizes.append(np.abs(x[0]))
        x[0] = np.clip(x[0], -1e9, 1e9)
    return rates[np.max(sizes[-50:], axis=0) < 0.5].max()


measured = [largest_stable(delay) for delay in range(6)]
print("delay 0, 1, 2:", np.round(measured[:3], 2))

# %% tags=["draw"]
# The measured limits on the line of theory
from gdcourse import plots

delays = np.arange(6)
theory = 2 * np.sin(np.pi / (2 * (2 * delays + 1)))
fig, ax = plots.figure(width=6.0, height=3.0)
ax.plot(delays, theory, label="theory, equation (1)")
ax.plot(delays, measured, "o", color=plots.COLOURS[1], label="measured")
ax.set(xlabel="delay in steps", ylabel="rate times curvature", ylim=(0, 2.2))
ax.set(title="the largest rate that still descends")
ax.legend()
plots.show(
    fig,
    alt="The largest stable rate times curvature against the delay: 2 without delay, 1 for one step, "
    "0.62 for two, falling on to 0.28 for five. The measured marks lie on the line of theory.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Up to 1 with a delay of 1, and up to 0.618 with a delay of 2.
#
# </details>
#
# Why? Try $x_t = z^t$ in $x_{t+1} = x_t - \eta x_{t-\tau}$. Here $\tau$ is the delay and $z$ is a complex number. That gives $z^{\tau+1} - z^\tau + \eta = 0$, or
# $\eta = z^\tau (1 - z)$. Descent ends where a root reaches the unit circle, $z = e^{i\varphi}$. There $|1 - z| = 2 \sin(\varphi/2)$, and the right side must be real and above 0.
# Its angle is $\tau\varphi + (\varphi - \pi)/2$; that is 0 for $\varphi = \pi/(2\tau + 1)$. So with curvature $\lambda$ (Levin and May, 1976)
#
# $$\eta\lambda < 2 \sin \frac{\pi}{2(2\tau + 1)}. \tag{1}$$
#
# For long delays this is about $\pi/(2\tau)$: **twice the delay, half the rate.** In the exercises: {{exercise:stale_gd}}.

# %% tags=["check"]
# Theory, measured limits and the table
assert np.abs(theory - measured).max() < 0.012
assert np.allclose(theory[:3], [2, 1, 0.618], atol=1e-3) and round(theory[5], 2) == 0.28
assert (
    round(theory[2], 2) == 0.62
    and abs(np.pi / 80 / (2 * np.sin(np.pi / 162)) - 1) < 0.02
)
for tau in range(1, 6):  # the roots of the polynomial, on both sides of the limit
    for share, stable in ((0.99, True), (1.01, False)):
        poly = np.array([1, -1, *[0] * (tau - 1), share * theory[tau]])
        assert (np.abs(np.roots(poly)).max() < 1) == stable
tables = []
for tau in (0, 1):
    x, rule, row = [np.array([1.0])], StaleGD(0.5, tau), [1.0]
    for _ in range(5):
        rule.step(x, [x[0].copy()])
        row.append(float(x[0][0]))
    tables.append(row)
assert tables[0] == [1, 0.5, 0.25, 0.125, 0.0625, 0.03125]
assert tables[1] == [1, 0.5, 0, -0.25, -0.25, -0.125]
print("checked: the limit 2, 1, 0.618 of theory, roots and runs")

# %% [markdown]
# ## Talk less: local steps
#
# **[[Local SGD|local SGD]]** lets each worker take $c$ steps alone, then all take the mean of their *parameters* (Stich, 2019). Two
# workers have different data: one's loss is $\frac12 w^2$, the other's $\frac12 \cdot 4\,(w - 1)^2$. The mean of both is least at $w = 0.8$, where the
# gradients $w$ and $4(w - 1)$ cancel.
#
# **Predict.** The rate is 0.1. Where does the mean settle with $c = 1$, $10$ and $1000$ local steps?


# %%
def settles(local, lr=0.1, rounds=200):
    w = 0.0
    for _ in range(rounds):
        one = two = w
        for _ in range(local):
            one -= lr * one
            two -= lr * 4 * (two - 1)
        w = (one + two) / 2
    return w


for local in (1, 10, 1000):
    print(f"{local} local steps: settles at {settles(local):.3f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# At 0.8, 0.604 and 0.5. With many local steps each worker reaches its own minimum, 0 and 1, and the mean of these is 0.5: the curvatures are lost.
#
# </details>
#
# If all shards look alike, as after a good shuffle, local steps are nearly free. A smaller rate helps as well: with 0.01, ten local steps settle at 0.778.

# %% tags=["check"]
# Where local steps settle, by the formula and by the library
from gdcourse.distributed.numpy import LocalSGD

for local, lr in ((1, 0.1), (10, 0.1), (1000, 0.1), (10, 0.01)):
    q1, q2 = (1 - lr) ** local, (1 - 4 * lr) ** local
    fixed = (1 - q2) / (2 - q1 - q2)
    assert np.isclose(settles(local, lr, 2000 if local < 1000 else 5), fixed, atol=1e-6)
assert np.allclose([settles(1), settles(10)], [0.8, 0.604], atol=6e-4)
assert (
    round(settles(10, 0.01, 2000), 3) == 0.778
    and abs(settles(1000, 0.1, 5) - 0.5) < 1e-9
)
pair, rule = [[np.zeros(1)], [np.zeros(1)]], LocalSGD(0.1, every=10)
for _ in range(2000):
    rule.step(pair, [[pair[0][0].copy()], [4 * (pair[1][0] - 1)]])
assert np.isclose(pair[0][0][0], settles(10), atol=1e-9) and rule.means == 200
print("checked: 0.8, 0.604 and 0.5")

# %% [markdown]
# ## Send less: compression, and what it forgets
#
# **Top-k** sends the $k$ entries of largest size, the rest as 0. Two workers have the gradients
#
# $$g_1 = (10,\ w - 1), \qquad g_2 = (-10,\ w - 1).$$
#
# The first entries cancel in the mean; the second pulls a parameter $w$ from 0 to 1. Each sends its largest entry alone.
#
# **Predict.** Where does $w$ end? Then each worker remembers what it did not send, and adds it to its next gradient. Where does $w$ end now?

# %%
from gdcourse.distributed.numpy import ErrorFeedback, Sign, TopK


def descend(compress_1, compress_2, steps=400, lr=0.05):
    w = 0.0
    for _ in range(steps):
        sent_1 = compress_1(np.array([10.0, w - 1]))
        sent_2 = compress_2(np.array([-10.0, w - 1]))
        w -= lr * (sent_1 + sent_2)[1] / 2
    return w


# %%
one, two = ErrorFeedback(TopK(1)), ErrorFeedback(TopK(1))
forgets = descend(TopK(1), TopK(1))
remembers = descend(lambda g: one.send([g])[0], lambda g: two.send([g])[0])
print(f"forgets: {forgets:.2f}   remembers: near 1: {abs(remembers - 1) < 0.5}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Without memory $w$ stays at 0 for ever: the 10 always wins, and what it wins cancels. With memory the small entry adds up until it is the larger one, and is sent. $w$
# ends near 1, and swings about it by at most about the rate times what is remembered.
#
# </details>
#
# This is **[[error feedback]]** (Karimireddy and others, 2019). With the memory $e$ and a compressor $C(\cdot)$:
#
# $$\text{send } C(g + e), \qquad e \leftarrow g + e - C(g + e). \tag{2}$$
#
# All that was sent, plus the memory, is the sum of all gradients.
#
# Now on digits. Four workers, each with other digits, and 640 weights. Each sends 6 entries with their places, 72 bytes; or signs and one size, 88 bytes; in place of 5,120 bytes.

# %%
from gdcourse.datasets import digits
from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad

X, y = (part[:1600] for part in digits()[:2])
parts = np.array_split(np.argsort(y, kind="stable"), 4)


def train(senders, steps=300, lr=0.5):
    w, losses = np.zeros((64, 10)), []
    for _ in range(steps):
        grads = [X[p].T @ softmax_ce_grad(X[p] @ w, y[p]) for p in parts]
        arrived = [send([g])[0] for send, g in zip(senders, grads, strict=True)]
        w = w - lr * sum(arrived) / 4
        losses.append(softmax_ce(X @ w, y))
    return losses


# %%
curves = {"all sent": train([lambda gs: gs] * 4)}
for name, rule in {"top-6": TopK(6), "sign": Sign()}.items():
    curves[name] = train([lambda gs, rule=rule: [rule(gs[0])]] * 4)
    curves[f"{name}, feedback"] = train([ErrorFeedback(rule).send for _ in parts])
for name, losses in curves.items():
    told = "still above 1" if losses[-1] > 1 else "down to about 0.2"
    print(f"{name:16} {told}")

# %% tags=["draw"]
# Five curves of the loss
fig, ax = plots.figure(width=6.6, height=3.4)
for name, losses in curves.items():
    ax.plot(losses, label=name)
ax.set(
    yscale="log",
    xlabel="step",
    ylabel="loss",
    title="four workers, each with other digits",
)
ax.legend(fontsize="small")
plots.show(
    fig,
    alt="The loss over 300 steps. Top-6 and sign without feedback stay above 1; with feedback both follow "
    "the curve of the full gradient down to about 0.2.",
)

# %% [markdown]
# With feedback both compressors follow the full gradient to 0.2. Without it they are still above 1, at the same bytes.

# %% tags=["check"]
# Stuck without memory, not with it; and bytes
assert forgets == 0 and abs(remembers - 1) < 0.8
ends = {name: losses[-1] for name, losses in curves.items()}
assert ends["top-6"] > 1 and ends["sign"] > 1 and abs(ends["all sent"] - 0.2) < 0.02
assert all(abs(ends[f"{n}, feedback"] - 0.2) < 0.02 for n in ("top-6", "sign"))
a = np.ones((64, 10))
assert (a.size, a.nbytes, TopK(6).bytes(a), Sign().bytes(a)) == (640, 5120, 72, 88)
assert len(curves["sign"]) == 300
memory, given, got = ErrorFeedback(TopK(1)), 0, 0
for g in np.random.default_rng(0).normal(size=(50, 4)):
    given, got = given + g, got + memory.send([g])[0]
assert np.allclose(got + memory.memory[0], given, rtol=1e-12, atol=1e-12)
print("checked: compression gets stuck, error feedback repairs it")

# %% [markdown]
# ## How many workers pay
#
# A step on $N$ workers takes the time to compute, plus $2(N-1)$ messages, plus the bytes of the ring. Here $c$ is the seconds to compute on one, $h$ is the latency of a message, and $d/v$
# is the seconds to send the whole gradient:
#
# $$\frac{c}{N} + 2(N-1)\,h + 2\,\frac{N-1}{N} \cdot \frac{d}{v}. \tag{3}$$
#
# Take $c = 1$ s, a gradient of 100 MB, $h = 50$ microseconds and 1.25 GB a second. Then plan:

# %%
from gdcourse.distributed.numpy import cost_model

N = np.arange(1, 1025)
network = {"compute": 1.0, "latency": 50e-6, "bandwidth": 1.25e9}
faster = 1 / cost_model(N, size=100e6, **network).total
faster_1 = 1 / cost_model(N, size=1e6, **network).total  # sends one in a hundred
print("best number, all sent:  ", N[faster.argmax()], faster.max().round(1))
print("best number, 1 % sent:  ", N[faster_1.argmax()], faster_1.max().round(1))
print("all 1,024 workers:      ", faster[-1].round(1), faster_1[-1].round(1))

# %% tags=["draw"]
# How much faster, against the number of workers
fig, ax = plots.figure(width=6.4, height=3.2)
ax.plot(N, N, color="black", linestyle=":", label="as many times as workers")
ax.plot(N, faster, label="all of the gradient sent")
ax.plot(N, faster_1, label="one in a hundred sent")
ax.set(xscale="log", yscale="log", xlabel="workers $N$", ylabel="times faster")
ax.set(ylim=(0.8, 200), title="what equation (3) predicts")
ax.legend()
plots.show(
    fig,
    alt="Times faster against the workers, both on log scales. Sending all, it flattens near 5.6 at 92 "
    "workers and falls to 3.8 at 1024; sending one in a hundred it peaks at 46.5 with 100 workers.",
)

# %% [markdown]
# With everything sent, 92 workers are 5.6 times faster than one, and 1,024 only 3.8 times: the network is the limit. With 1 % sent it is 46.5 times, with 100 workers.
#
# Is the model true? Measure its constants with two real processes on this machine, predict a step, and measure that:

# %% tags=["setup"]
# The script that measures: constants first, then a whole step
MEASURE = """
import json, time
import torch
import torch.distributed as dist

def seconds(do, times):
    took = []
    for _ in range(times):
        dist.barrier()
        began = time.perf_counter()
        do()
        took.append(time.perf_counter() - began)
    return sorted(took)[times // 2]

dist.init_process_group("gloo")
X, g = torch.ones(6000, 400), torch.zeros(400, 500)
small, large = torch.zeros(1), torch.zeros(2_000_000)
half = X[:3000]
rank = dist.get_rank()
found = {
    "compute": seconds(lambda: X.T @ (X @ g) if rank == 0 else None, 7),
    "small": seconds(lambda: dist.all_reduce(small), 100),
    "large": seconds(lambda: dist.all_reduce(large), 7),
    "step": seconds(lambda: dist.all_reduce(half.T @ (half @ g)), 7),
}
if rank == 0:
    print(json.dumps(found))
dist.destroy_process_group()
"""

# %% tags=["torch"]
import json
import os
import tempfile
from pathlib import Path

import torch  # the two processes need it

from gdcourse.distributed.launch import launch

# %% tags=["torch"]
with tempfile.TemporaryDirectory() as folder:
    (Path(folder) / "measure.py").write_text(MEASURE)
    said = launch(Path(folder) / "measure.py", 2)[0]
took = json.loads(said.strip().splitlines()[-1])
h, v = took["small"] / 2, 8e6 / took["large"]  # 8 MB were sent
constants = {"compute": took["compute"], "size": 8e5, "latency": h, "bandwidth": v}
cost = cost_model(2, **constants)
cores = min(2, os.cpu_count())  # with one core the two take turns

# %% tags=["draw", "torch"]
# Prediction and measurement, in milliseconds, side by side
predicted = took["compute"] / cores + cost.latency + cost.transfer
fig, ax = plots.figure(width=4.6, height=2.6)
bars = ax.barh(["measured", "predicted"], [1e3 * took["step"], 1e3 * predicted])
ax.bar_label(bars, fmt="%.0f ms", padding=3)
ax.set(
    xlabel="milliseconds",
    title="one step, two processes",
    xlim=(0, 1300 * max(took["step"], predicted)),
)
plots.show(
    fig,
    alt="Two bars: the measured and the predicted milliseconds of one step on two processes of the machine "
    "that ran this notebook.",
)

# %% [markdown]
# These bars are of the machine that ran this notebook, and change from run to run: a busy machine makes a process wait before it may send. The model knows nothing of that. Measure before you buy.

# %% tags=["check", "torch"]
# The plan; and of the measurement only that it is one
assert (N[faster.argmax()], round(faster.max(), 1)) == (92, 5.6)
assert (N[faster_1.argmax()], round(faster_1.max(), 1)) == (100, 46.5)
assert (
    round(faster[-1], 1) == 3.8 and N[-1] == 1024 and faster_1[-1] < faster_1.max() / 2
)
assert network["bandwidth"] == 1.25e9 and network["latency"] * 1e6 == 50
assert all(value > 0 for value in took.values()) and predicted > 0
print("checked: the plan, and two processes were measured")

# %% [markdown]
# ## More workers, larger batch, larger rate: up to a point
#
# With $N$ workers the batch is $N$ times as large. The noise of its mean gradient has a variance $N$ times smaller, so a larger rate is allowed. The rule of thumb is **[[linear scaling]]**: $N$ times
# the batch, $N$ times the rate (Goyal and others, 2017, with a warm-up). For a quadratic bowl no run is needed. Let $a = (1 - \eta\lambda)^2$. Along a curvature $\lambda$, the mean square distance $s$ obeys
#
# $$s \leftarrow a\, s + \eta^2 \frac{\sigma^2}{B}, \tag{4}$$
#
# with $\sigma^2$ the variance of one sample's gradient. Take a hundred curvatures, $1, \frac12, \frac13, \ldots$, each with $\sigma^2 = \lambda$. Which rate reaches 5 % of the first loss soonest? `soonest(B)` tries 400 rates.
#
# From batch 1 to 2 the steps halve. Do they from 1,024 to 2,048?

# %% tags=["setup"]
# The fewest steps to 5 % of the loss, and the rate for it
curvatures = 1 / np.arange(1, 101.0)
tried = np.geomspace(1e-3, 1.99, 400)


def loss_after(t, lr, B):
    a = (1 - lr * curvatures) ** 2
    left = a**t + lr**2 * curvatures / B * (1 - a**t) / (1 - a)
    return np.sum(curvatures * left) / np.sum(curvatures)


def steps_to(lr, B, most=4096):
    low, high = 0, most
    if loss_after(most, lr, B) > 0.05:
        return np.inf
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (middle, high) if loss_after(middle, lr, B) > 0.05 else (low, middle)
        )
    return high


def soonest(B):
    steps = [steps_to(lr, B) for lr in tried]
    return min(steps), tried[np.argmin(steps)]


# %%
batches = 2 ** np.arange(0, 13)
need, best = np.transpose([soonest(B) for B in batches])
for B in (1, 2, 4, 1024, 2048):
    at = list(batches).index(B)
    print(f"batch {B:4}: {need[at]:5.0f} steps")

# %% tags=["draw"]
# Steps and best rate against the batch
fig, (left, right) = plots.figure(columns=2, width=8.0, height=3.2)
left.plot(batches, need, "o-", label="fewest steps")
left.plot(batches, need[0] / batches, label="half for twice the batch")
right.plot(batches, best, "o-", label="best rate")
right.plot(batches, best[0] * batches, label="linear scaling")
right.axhline(2, color="black", linestyle=":", label="2 / largest curvature")
for ax in (left, right):
    ax.set(xscale="log", yscale="log", xlabel="batch size")
    ax.legend(fontsize="small")
left.set(ylim=(10, 2000), title="steps to 5 % of the loss")
right.set(ylim=(0.05, 4), title="rate")
plots.show(
    fig,
    alt="Left: the fewest steps halve with each doubling of the batch at first, and are flat near 25 for "
    "large batches. Right: the best rate grows linearly up to a batch of about 8, then bends and stays below 2.",
)

# %% [markdown]
# No. From 1 to 8 both lines hold within a fifth: 8 times the batch, about 7 times the rate, a seventh of the steps. Beyond about 16 the limit $2/\lambda$ of the largest curvature holds the rate down, and from 1,024 to 2,048 hardly a step is
# saved: the samples are wasted. Where this begins, the *gradient noise scale* tells, the variance of one sample's gradient over the gradient's square (McCandlish and others, 2018).

# %% tags=["check"]
# Linear at first, flat at last, and no best rate at the end of the grid
assert np.all((best > tried[0]) & (best < tried[-1])) and len(tried) == 400
assert 1.8 < need[0] / need[1] < 2.1 and 1.8 < best[1] / best[0] < 2.1
assert batches[3] == 8 and 6.4 < need[0] / need[3] < 8 and 6.4 < best[3] / best[0] < 8
assert need[10] - need[11] <= 2 and batches[10] == 1024 and batches[11] == 2048
assert (
    23 <= need[-1] <= 27
    and best[-1] < 2
    and need[0] / need[5] < 26
    and batches[5] == 32
)
assert (
    best[4] < 13 * best[0]
    and batches[4] == 16
    and abs(loss_after(0, 0.1, 1) - 1) < 1e-12
)
print("checked: linear scaling holds for small batches and ends")

# %% [markdown]
# ## In three frameworks
#
# Top-k with its memory, one round each.

# %%
g, e = np.array([3.0, -5.0, 0.5]), np.array([0.0, 0.0, 6.0])
memory = ErrorFeedback(TopK(1))
memory.memory = [e]
print("NumPy:     ", memory.send([g])[0], memory.memory[0])

# %% tags=["torch"]
wanted = torch.tensor(g + e)
at = torch.topk(wanted.abs(), 1).indices
sent = torch.zeros_like(wanted)
sent[at] = wanted[at]
print("PyTorch:   ", sent.numpy(), (wanted - sent).numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

wanted_k = tf.constant(g + e)
at_k = tf.math.top_k(tf.abs(wanted_k), 1).indices
sent_k = tf.scatter_nd(at_k[:, None], tf.gather(wanted_k, at_k), wanted_k.shape)
print("TensorFlow:", sent_k.numpy(), (wanted_k - sent_k).numpy())

# %% tags=["check", "torch", "tensorflow"]
# The same entry is sent in all three, and the same is kept
assert sent.tolist() == sent_k.numpy().tolist() == [0, 0, 6.5]
assert memory.memory[0].tolist() == (wanted - sent).tolist() == [3, -5, 0]
print("checked: NumPy, PyTorch and TensorFlow send and keep the same")

# %% [markdown]
# ## Summary
#
# - A gradient that is late by $\tau$ steps lowers the limit of the rate to about $\pi/(2\tau)$.
# - Local steps save messages, and settle elsewhere if the workers' data differ.
# - Compression without memory may stop for ever. Error feedback sends all.
# - A cost model says how many workers pay. Beyond, more are slower. Linear scaling ends where noise is no longer the limit.
#
# ## Common mistakes
#
# - **A rate tuned without delay, used with one.** It may diverge at once.
# - **The memory scaled by a rate that changes.** Feed the feedback with steps, rate times gradient.
#
# ## Quick questions
#
# 1. The largest curvature is 5 and gradients are two steps late. Below which rate must you stay?
#
#    <details><summary><b>Answer</b></summary>
#
#    $0.618/5 = 0.124$, rounded.
#
#    </details>
# 2. The memory is $(0, 2)$, the gradient $(3, 2)$. What does top-1 send, and keep?
#
#    <details><summary><b>Answer</b></summary>
#
#    The sum is $(3, 4)$: it sends $(0, 4)$ and keeps $(3, 0)$.
#
#    </details>
# 3. You double the workers, and the steps needed fall by a tenth. What is wrong?
#
#    <details><summary><b>Answer</b></summary>
#
#    Nothing: noise is the limit no more.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Find where local steps settle, for curvatures 1 and 4 as above.
#
# <details><summary><b>Outline</b></summary>
#
# After $c$ local steps worker 1 is at $q_1 w$ with $q_1 = (1 - \eta)^c$, worker 2 at $1 + q_2 (w - 1)$ with $q_2 = (1 - 4\eta)^c$. The mean equals $w$ for
# $w = (1 - q_2)/(2 - q_1 - q_2)$. For small $\eta c$ that is $4/5$.
#
# </details>

# %% [markdown]
# **Try.** Run `StaleGD(1.0, 1)` on $x^2/2$ from 1. When does its path repeat?
#
# <details><summary><b>Outline</b></summary>
#
# $1, 0, -1, -1, 0, 1, 1, \ldots$: exactly on the limit it neither shrinks nor grows, and repeats after 6 steps.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert round(theory[2] / 5, 3) == 0.124
memory = ErrorFeedback(TopK(1))
memory.memory = [np.array([0.0, 2.0])]
assert memory.send([np.array([3.0, 2.0])])[0].tolist() == [0, 4]
assert memory.memory[0].tolist() == [3, 0] and np.isclose(
    settles(1, 1e-3, 20000), 4 / 5
)
x, rule, path = [np.array([1.0])], StaleGD(1.0, 1), [1.0]
for _ in range(6):
    rule.step(x, [x[0].copy()])
    path.append(float(x[0][0]))
assert path == [1, 0, -1, -1, 0, 1, 1]
print("checked: the numbers of the questions")

# %% [markdown]
# ## References
#
# - S. A. Levin, R. M. May (1976). A note on difference-delay equations. *Theoretical Population Biology* 9, 178–187.
# - P. Goyal and others (2017). Accurate, large minibatch SGD: training ImageNet in 1 hour. arXiv:1706.02677
# - S. McCandlish and others (2018). An empirical model of large-batch training. arXiv:1812.06162
# - S. U. Stich (2019). Local SGD converges fast and communicates little. arXiv:1805.09767
# - S. P. Karimireddy and others (2019). Error feedback fixes SignSGD and other gradient compression schemes. arXiv:1901.09847
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
