# %% [markdown]
# # Gates
#
# {{about}}
#
# **After this lesson you can**
#
# - say why a plain recurrent cell is a deep network with one shared matrix, and what that does to its gradient,
# - compute a step of an LSTM by hand, forwards and backwards,
# - say what the forget gate's product does, and what its bias is for,
# - compare a plain cell and an LSTM on a long dependency, with the same budget, and say where the LSTM fails too.
#
# **You need** products of many factors and the shortcut's "1" (lessons 1 and 5 of this unit), and Adam (unit 03).

# %% [markdown]
# ## One matrix, again and again
#
# A [[recurrent network]] reads a sequence step by step. It carries a state $h$ along, and the same weights work at each step. The
# plain one, here with one number instead of a matrix, and without an activation at first:
#
# $$h_t = w\,h_{t-1} + x_t.$$
#
# In this lesson $h_t$ is the state after step $t$. Let $x = (3, 0, 0, 0)$ and $w = 0.5$. Then $h = 3,\ 1.5,\ 0.75,\ 0.375$: the first input fades. How much
# does $h_4$ change if $x_1$ does? By $0.5^3 = 0.125$. It is the chain of lesson 1, with the *same* factor in each layer:
#
# $$\frac{\partial h_t}{\partial x_1} = w^{\,t-1}.$$
#
# **Predict.** After 40 steps, what is left with $w = 0.9$, and with $w = 1.1$? Could the layers differ, so that some factors are
# above 1 and some below?

# %%
import numpy as np

print("w = 0.9:", 0.9**39, "  w = 1.1:", 1.1**39)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $0.9^{39} = 0.016$ and $1.1^{39} = 41$. And no: all factors are the same number. In a deep network they can make up for each other; here one side
# wins.
#
# </details>
#
# With many units there is a matrix in the place of $w$. Here $U$ is that matrix, and the gradient is multiplied by $U^T$ at each step back; with an
# activation, by its slope too:
# $\mathrm{diag}(1 - h_t^2)\,U^T$ for tanh. Slopes are at most 1, so with $U$ orthogonal, which keeps lengths, it can only shrink.
#
# ## A cell that adds
#
# The **[[LSTM]]** (Hochreiter and Schmidhuber, 1997) does what a shortcut does: it *adds*. Its cell $c$ keeps a content:
#
# $$c_t = f_t\,c_{t-1} + i_t\,g_t, \qquad h_t = o_t \tanh c_t. \tag{1}$$
#
# Here $f_t, i_t, o_t$ are numbers between 0 and 1, made by sigmoids from the input and the last $h$; $g_t$ is what could be stored, between
# $-1$ and 1. They are gates: the input gate $i$ lets in, the [[forget gate]] $f$ keeps, the output gate $o$ shows.
#
# One step by hand. In the cell is $c = 2$. The gates are $f = 0.9$, $i = 0.5$, $o = 1$, and $g = 0.4$. Then
#
# $$c = 0.9 \cdot 2 + 0.5 \cdot 0.4 = 2, \qquad h = \tanh 2 = 0.96.$$
#
# And backwards along $c$: by (1), $\partial c_t / \partial c_{t-1} = f_t$, no weight and no slope in it (but for what the gates themselves depend on). Over many steps
#
# $$\frac{\partial c_t}{\partial c_0} = f_1 f_2 \cdots f_t. \tag{2}$$
#
# **Predict.** The sigmoid of $0$ is $0.5$, of $1$ it is $0.73$, of $3$ it is $0.953$. A gate stands at such a value for 40 steps. What is left
# of the content, and of its gradient?

# %%
kept = {score: 1 / (1 + np.exp(-score)) for score in (0.0, 1.0, 3.0, 6.0)}
for score, f in kept.items():
    print(f"score {score}: f = {f:.4f}, after 40 steps {f**40:.2g}")

# %% tags=["draw"]
# The product of the forget gates against the steps
from gdcourse import plots

fig, ax = plots.figure(width=6.6, height=3.2)
for (score, f), marker in zip(kept.items(), "so^d", strict=True):
    steps = np.arange(61)
    ax.semilogy(steps, f**steps, marker=marker, markevery=10, label=f"score {score:g}")
ax.set(xlabel="steps", ylabel="left of the content", ylim=(1e-12, 3))
ax.set(title="a forget gate that stands still")
ax.legend(loc="lower left")
plots.show(
    fig,
    alt="Four falling straight lines on a logarithmic scale against the steps. With the score 0 the "
    "content is below 1e-12 after 40 steps, with 1 near 1e-6, with 3 above 0.1, and with 6 it "
    "hardly falls.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $0.5^{40}$ is $10^{-12}$, $0.73^{40}$ is $4 \cdot 10^{-6}$, and $0.953^{40}$ is $0.14$.
#
# </details>
#
# So **an LSTM does not hold by itself: it holds if its forget gates are near 1.** Nobody knows that before training, so one starts them there, by
# their bias. With the bias 0 they all begin at about $0.5$, and the gradient that could open them does not arrive. Gers and others
# (2000) added the forget gate; Jozefowicz and others (2015) found that a bias of 1 makes a large difference, and it is the usual
# start today.

# %% tags=["check"]
# The numbers by hand, and one step of the library's cell
from gdcourse.recurrent.numpy import LSTM, RNN

h, faded = 0, []
for x in (3, 0, 0, 0):
    h = 0.5 * h + x
    faded.append(h)
assert faded == [3, 1.5, 0.75, 0.375] and 0.5**3 == 0.125
assert round(0.9**39, 3) == 0.016 and round(1.1**39) == 41
assert 0.9 * 2 + 0.5 * 0.4 == 2 and round(np.tanh(2), 2) == 0.96
assert [round(f, 3) for f in kept.values()][:3] == [0.5, 0.731, 0.953]
assert round(kept[1.0], 2) == 0.73 and f"{kept[1.0] ** 40:.0e}" == "4e-06"
assert 0.9e-12 < 0.5**40 < 1e-12 and round(kept[3.0] ** 40, 2) == 0.14
assert kept[6.0] ** 60 > 0.8 and np.all(np.array(list(kept.values())) ** 60 < 1)
cell = LSTM(1, 1, np.random.default_rng(0))
cell.params[0][:], cell.params[1][:] = 0, 0
cell.params[2][:] = [0, np.log(9), np.arctanh(0.4), 50]  # i, f, g, o
h_1, c_1 = cell.cell(np.zeros((1, 1)), (np.zeros((1, 1)), np.full((1, 1), 2.0)))
assert np.isclose(c_1[0, 0], 2) and np.isclose(h_1[0, 0], np.tanh(2))
print("checked: fading, the cell's step by hand, and the forget gate's powers")

# %% [markdown]
# ## A long dependency
#
# The task is made for this lesson: 40 steps, at each a random number between $-1$ and 1. The first one is marked, by a second input that is 1 there
# and 0 afterwards. At the end the *first* number is asked for; the 39 others are noise to be ignored.
#
# Four cells of 12 units, each with three seeds and the rates $0.0005$, $0.0025$, $0.0125$ and $0.0625$: 300 steps of Adam on fresh batches of 32, with gradients
# clipped to the length 1 (next lesson). $U$ starts orthogonal, block by block. `fit(cell, forget_bias=...)` returns what is *forgotten* at the end: the mean square error divided by
# the variance of the number, averaged over the last 20 steps, so 1 is as good as saying 0 each time. It also returns how long the
# gradient for the state is, at the first step of training, step by step back.
#
# **Predict.** Order the four by what they forget: the plain cell, and the LSTM with the forget bias 0, 1 and 3.

# %% tags=["setup"]
# Train many cells at once: axis 0 runs over seeds and rates
T, D, RATES = 40, 12, 0.0005 * 5.0 ** np.arange(4)


def start(kind, seed, **options):
    """Return W, U, b of a cell of the library, and w, b of the number that is read."""
    rng = np.random.default_rng(seed)
    cell = kind(2, D, rng, dtype="float32", **options).params
    return [*cell, rng.normal(0, D**-0.5, (D, 1)).astype("float32"), np.zeros(1, "f")]


def batch(rngs, n=32):
    numbers = np.array([rng.uniform(-1, 1, (n, T)) for rng in rngs], "float32")
    marks = np.zeros_like(numbers)
    marks[:, :, 0] = 1
    return np.stack([numbers, marks], axis=-1), numbers[:, :, 0]


def forwards(params, x):
    """Return the prediction and, for each step, what the way back needs."""
    W, U, b, w, last = params
    lstm = W.shape[-1] == 4 * D
    half = np.repeat([0.5, 0.5, 1, 0.5], D).astype("float32") if lstm else 1
    h = c = np.zeros((*x.shape[:2], D), x.dtype)
    kept = []
    for t in range(T):
        before, tanh = (h, c), np.tanh(half * (x[:, :, t] @ W + h @ U + b))
        gates = half * tanh + (1 - half)  # a sigmoid is a half plus half a tanh
        if lstm:
            i, f, g, o = np.split(gates, 4, axis=-1)
            c = f * c + i * g
            h = o * np.tanh(c)
        else:
            h = gates
        kept.append((before, tanh, gates, c))
    return (h @ w + last)[..., 0], h, half, kept


def loss_and_grads(params, x, y):
    """Return the loss of each run, its gradients, and the state's, step by step back."""
    W, U, b, w, _ = params
    y_hat, h, half, kept = forwards(params, x)
    dy = (2 / y.shape[1] * (y_hat - y))[..., None]
    dh, dc, lengths = dy @ w.swapaxes(1, 2), np.zeros_like(h), []
    dw, (dW, dU, db) = h.swapaxes(1, 2) @ dy, map(np.zeros_like, (W, U, b))
    for t in range(T - 1, -1, -1):
        (h, before), tanh, gates, c = kept[t]
        dgates = dh
        if W.shape[-1] == 4 * D:
            i, f, g, o = np.split(gates, 4, axis=-1)
            shown = np.tanh(c)
            dc = dc + dh * o * (1 - shown**2)
            lengths.append(np.sqrt(np.sum(dc**2, axis=(1, 2))))
            dgates = np.concatenate([dc * g, dc * before, dc * i, dh * shown], axis=-1)
            dc = dc * f
        else:
            lengths.append(np.sqrt(np.sum(dh**2, axis=(1, 2))))
        da = dgates * (1 - tanh**2) * half**2
        dW += x[:, :, t].swapaxes(1, 2) @ da
        dU += h.swapaxes(1, 2) @ da
        db += da.sum(axis=1, keepdims=True)
        dh = da @ U.swapaxes(1, 2)
    grads = [dW, dU, db, dw, dy.sum(axis=1, keepdims=True)]
    return np.mean((y_hat - y) ** 2, axis=1), grads, np.array(lengths)


def stacked(kind, seeds, copies, **options):
    starts = [start(kind, s, **options) for s in seeds for _ in range(copies)]
    params = [np.stack(p) for p in zip(*starts, strict=True)]
    return [p if p.ndim == 3 else p[:, None] for p in params]


def fit(kind, seeds=(0, 1, 2), rates=RATES, **options):
    params = stacked(kind, seeds, len(rates), **options)
    eta = np.tile(rates, len(seeds)).astype("float32")[:, None, None]
    m, v = ([np.zeros_like(p) for p in params] for _ in range(2))
    rngs, losses = [np.random.default_rng([s, 1]) for s in seeds], []
    for t in range(1, 301):
        x, y = (np.repeat(a, len(rates), axis=0) for a in batch(rngs))
        loss, grads, lengths = loss_and_grads(params, x, y)
        first = lengths if t == 1 else first
        losses.append(loss)
        norm = np.sqrt(sum(np.sum(g**2, axis=(1, 2)) for g in grads))
        shorter = np.minimum(1, 1 / np.maximum(norm, 1e-30))[:, None, None]
        for p, g, m_p, v_p in zip(params, grads, m, v, strict=True):
            g = g * shorter
            m_p += 0.1 * (g - m_p)
            v_p += 0.001 * (g * g - v_p)
            p -= eta * m_p / (1 - 0.9**t) / (np.sqrt(v_p / (1 - 0.999**t)) + 1e-8)
    forgotten = 3 * np.mean(losses[-20:], axis=0)  # the variance is 1/3
    return forgotten.reshape(len(seeds), -1), first[:, :: len(rates)].mean(axis=1)


# %%
runs = {"plain": fit(RNN)}
for bias in (0.0, 1.0, 3.0):
    runs[f"LSTM, bias {bias:g}"] = fit(LSTM, forget_bias=bias)
forgotten = {}
for name, (table, back) in runs.items():
    best = table.mean(axis=0).argmin()
    forgotten[name] = table[:, best]
    said = f"best rate {RATES[best]:.4f}, forgotten {np.round(table[:, best], 2)}"
    print(f"{name:12} {said}, gradient 39 steps back {back[-1] / back[0]:.0e}")

# %% tags=["draw"]
# What is forgotten, and the gradient at the start of training
fig, axes = plots.figure(2, width=9.2, height=3.4)
for (name, (table, back)), marker, line in zip(
    runs.items(), "so^d", plots.LINES, strict=False
):
    style = {"marker": marker, "linestyle": line}
    axes[0].semilogy(back / back[0], markevery=8, label=name, **style)
    axes[1].loglog(RATES, table.mean(axis=0), **style)
axes[0].set(xlabel="steps back", title="gradient for the state, before training")
axes[0].legend(loc="lower left")
axes[1].axhline(1, color="black", linestyle=":", linewidth=1)
axes[1].set(xlabel="rate", ylabel="forgotten (1: all)", xticks=RATES)
axes[1].set_xticklabels([f"{rate:g}" for rate in RATES])
axes[1].minorticks_off()
axes[1].set(title="after training, mean of three seeds")
plots.show(
    fig,
    alt="Left: the length of the gradient against the steps back. That of the LSTM with the bias 0 "
    "falls furthest, that with the bias 3 ends above its beginning. Right: what is forgotten against the "
    "rate. The LSTM with the bias 0 forgets all at each rate. The others are best at a rate inside the "
    "grid: the plain cell above 0.1, the biases 1 and 3 below 0.05.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The LSTM with the bias 0 is worst, worse than the plain cell: it forgets all, at each rate. Then the plain cell, which on some seeds keeps much and on others little.
# The biases 1 and 3 keep nearly all, each at its best rate, and are about equal.
#
# </details>
#
# The left picture says it before training: from which cell does a gradient come back at all? With the bias 0, some millionths of it. With the bias 3,
# it is even larger than at the end. So it is **not the gates that help, but gates that begin open.** (Of the plain cell, a gradient of about a hundredth
# comes back: $U$ is [[orthogonal]]. With smaller weights it would be far less.)
# (For the three cells that learn, the best rate lies inside the grid. With the bias 0 there is none: whichever rate comes out first, it forgets all.)
#
# **Where the LSTM fails too.** Gates are products again, of factors below 1. At 40 steps the bias 1 suffices; the longer the sequence, the larger
# the bias must be: a gate at $f$ forgets within about $1/(1-f)$ steps, 4 at the bias 1, 21 at the bias 3. And a gate that stands wide open forgets
# nothing, even where it should. Nor does (2) hold against *explosion*: the gates depend on $h$ by weights, and that way goes through $U$ as before. So
# recurrent networks are trained with clipped gradients.
#
# (One bit, $+1$ or $-1$, is an easier thing to keep. A tanh neuron with $w > 1$ has two resting points, one above and one below 0: a plain cell can
# latch into one. A number in between it cannot hold that way.)

# %% tags=["check"]
# The comparison, and the way back by differences
plain, closed, one, three = forgotten.values()
assert runs["LSTM, bias 0"][0].min() > 0.9 and closed.mean() > 2 * plain.mean()
assert plain.mean() > 0.1 and one.max() < 0.05 and three.max() < 0.05
assert max(one.mean(), three.mean()) < plain.mean() / 3
assert np.ptp(plain) > 3 * max(np.ptp(one), np.ptp(three))
for name in ("plain", "LSTM, bias 1", "LSTM, bias 3"):
    assert 0 < runs[name][0].mean(axis=0).argmin() < len(RATES) - 1
left = [back[-1] / back[0] for _, back in runs.values()]
assert (
    left[1] < 1e-5 < left[0] < 0.05 < 1 < left[3] < 50 and left[1] < left[0] < left[2]
)
assert T == 40 and D == 12 and np.allclose(RATES, [0.0005, 0.0025, 0.0125, 0.0625])
assert 300 > 32 and round(1 / (1 - kept[1.0])) == 4 and round(1 / (1 - kept[3.0])) == 21
h = 0.01
for _ in range(200):
    h = np.tanh(1.5 * h)
assert h > 0.5  # w > 1: rests above 0, and below it from the other side
x, y = batch([np.random.default_rng(0)])
assert np.isclose(np.var(batch([np.random.default_rng(0)] * 300)[1]), 1 / 3, atol=0.02)
x, y = x.astype("float64"), y.astype("float64")
for kind in (RNN, LSTM):
    params = [p.astype("float64") for p in stacked(kind, [0], 1)]
    own = kind(2, D, np.random.default_rng(0), last=True, dtype="float32")
    states = own.forward(x[0].astype("float32").transpose(0, 2, 1))
    assert np.allclose(states @ params[3][0], forwards(params, x)[0].T, atol=1e-5)
    _, grads, _ = loss_and_grads(params, x, y)
    for p, g in zip(params, grads, strict=True):
        u = np.random.default_rng(1).normal(size=p.shape)
        ends = []
        for step in (1e-5, -1e-5):
            p += step * u
            ends.append(loss_and_grads(params, x, y)[0][0])
            p -= step * u
        assert np.isclose(
            (ends[0] - ends[1]) / 2e-5, np.sum(g * u), rtol=1e-4, atol=1e-8
        )
print("checked: bias 0 forgets all, bias 1 and 3 little; gradients by differences")

# %% [markdown]
# ## In three frameworks
#
# The library's `LSTM` holds $W$, $U$ and $b$ with the gates in the order $i, f, g, o$. PyTorch's has the same order, the matrices
# transposed, and *two* biases that are added; it starts all of them near 0, the forget gate too. Keras has our order and starts the forget
# bias at 1 (`unit_forget_bias`). PyTorch and Keras take sequences as samples, steps, features; the library as samples, features, steps.

# %%
rng = np.random.default_rng(0)
ours = LSTM(2, 3, rng, last=True)
x = rng.normal(size=(4, 2, 10))
print("NumPy:  ", ours.forward(x)[0], "forget bias", ours.params[2][3:6])

# %% tags=["torch"]
import torch

torch.manual_seed(0)
lstm_t = torch.nn.LSTM(2, 3, batch_first=True, dtype=torch.float64)
bias_t = (lstm_t.bias_ih_l0 + lstm_t.bias_hh_l0)[3:6].detach().numpy()
W, U, b = map(torch.tensor, ours.params)
weights = (W.T, U.T, b, 0 * b)
with torch.no_grad():
    for p, value in zip(lstm_t.parameters(), weights, strict=True):
        p.copy_(value)
    h_t = lstm_t(torch.tensor(x).transpose(1, 2))[0][:, -1].numpy()
print("PyTorch:", h_t[0], "forget bias of its own:", np.round(bias_t, 2))

# %% tags=["tensorflow"]
import keras

lstm_k = keras.layers.LSTM(3, dtype="float64", seed=0)
lstm_k.build((None, 10, 2))
bias_k = lstm_k.get_weights()[2][3:6]
lstm_k.set_weights(ours.params)
h_k = lstm_k(x.transpose(0, 2, 1)).numpy()
print("Keras:  ", h_k[0], "forget bias of its own:", bias_k)

# %% tags=["check", "torch", "tensorflow"]
# The same cell in all three, and three starts of the forget bias
assert np.allclose(ours.forward(x), h_t) and np.allclose(ours.forward(x), h_k)
assert np.all(ours.params[2][3:6] == 1) and np.all(bias_k == 1)
assert np.all(np.abs(bias_t) < 2 / np.sqrt(3)) and len({*bias_t}) == 3
print(
    "checked: equal states; the forget bias starts at 1 here and in Keras, not in PyTorch"
)

# %% [markdown]
# ## Summary
#
# - A plain recurrent cell multiplies the gradient by the same matrix at each step: it vanishes or explodes like a power.
# - An LSTM's cell adds, and its gradient along the cell is the product of the forget gates.
# - That product is near 1 only if the gates are: start the forget bias at 1, or higher for long sequences.
#
# ## Common mistakes
#
# - **"An LSTM has no vanishing gradient."** With the forget bias 0 it forgot more than the plain cell here.
# - **PyTorch's start** taken for Keras': its forget bias is near 0.
# - **Weights copied from one framework to another** without a look at the order of gates and the two biases.
# - **No clipping.** The way through $U$ still explodes.
#
# ## Quick questions
#
# 1. $f = 0.9$ at each step. After how many steps is less than half of the content left?
#
#    <details><summary><b>Answer</b></summary>
#
#    Seven: $0.9^7 = 0.478$, and $0.9^6 = 0.53$.
#
#    </details>
# 2. How many parameters has an LSTM of 12 units with 2 inputs, and a plain cell?
#
#    <details><summary><b>Answer</b></summary>
#
#    $4 \cdot (2 \cdot 12 + 12 \cdot 12 + 12) = 720$; a quarter, $180$.
#
#    </details>
# 3. Which gate has to be shut for the noise not to reach the cell?
#
#    <details><summary><b>Answer</b></summary>
#
#    The input gate, $i$: nearly 0 at all steps but the first.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** To keep half of a content over 1000 steps, how near to 1 must $f$ be, and which score is that?
#
# <details><summary><b>Outline</b></summary>
#
# $f = 2^{-1/1000} = 0.99931$. The score is $\ln\frac{f}{1-f} = 7.3$. That far out the sigmoid is flat: such a gate learns slowly to
# shut.
#
# </details>

# %% [markdown]
# **Try.** Set $T$ to 60 in the folded cell, and run the four again. Which of them still remember?
#
# <details><summary><b>Outline</b></summary>
#
# Within the same 300 steps, mostly that with the bias 3 alone. By (2) the bias 1 keeps $0.73^{60}$, a hundred-millionth.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
assert round(0.9**7, 3) == 0.478 and round(0.9**6, 2) == 0.53
sizes = [sum(p.size for p in kind(2, 12, rng).params) for kind in (LSTM, RNN)]
assert sizes == [720, 180] and 4 * (2 * 12 + 12 * 12 + 12) == 720
f = 2 ** (-1 / 1000)
assert round(f, 5) == 0.99931 and round(np.log(f / (1 - f)), 1) == 7.3
assert 0.5e-8 < 0.73**60 < 2e-8
print("checked: the answers to the questions")

# %% [markdown]
# ## References
#
# - S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. *Neural Computation* 9, 1735–1780. doi:10.1162/neco.1997.9.8.1735
# - F. Gers, J. Schmidhuber, F. Cummins (2000). Learning to forget: continual prediction with LSTM. *Neural Computation* 12,
#   2451–2471. doi:10.1162/089976600300015015
# - R. Jozefowicz, W. Zaremba, I. Sutskever (2015). An empirical exploration of recurrent network architectures. *ICML*.
# - Y. Bengio, P. Simard, P. Frasconi (1994). Learning long-term dependencies with gradient descent is difficult. *IEEE
#   Transactions on Neural Networks* 5, 157–166. doi:10.1109/72.279181
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
