# %% [markdown]
# # Beyond images
#
# {{about}}
#
# **After this lesson you can**
#
# - convolve a sequence by hand, causally and with a dilation,
# - say how far back a stack of layers sees, and build one that sees far enough,
# - train a network that reads a text letter by letter,
# - recognise by its loss a network that sees the answer.
#
# **You need** padding (lesson 1 of this unit), and the receptive field (lesson 9).

# %% [markdown]
# ## Eight numbers
#
# Sound, text and measurements come in a row, one after the other. Take eight numbers, and a kernel of two:
#
# $$x = 1, 3, 2, 2, 5, 4, 4, 1 \qquad\text{and}\qquad (-1, 1).$$
#
# At each time the kernel subtracts a number from the next one: it looks for *change*. Where does the result stand? If $y$ at a time
# is to *predict* what comes later, it must not see it. So put the result under the **last** number of its window, and one zero before
# the row, so that there are eight results again. This is a [[causal convolution]]: the result at time $t$ is $x_t - x_{t-1}$. The first is
# $1 - 0 = 1$, where the zero counts as a number; then $3 - 1 = 2$, $2 - 3 = -1$, and so on.

# %%
import numpy as np

x = np.array([1, 3, 2, 2, 5, 4, 4, 1])


def causal(x, w, d):
    before = d * (len(w) - 1)
    padded = np.concatenate([np.zeros(before, int), x])
    return sum(w[p] * padded[p * d : p * d + len(x)] for p in range(len(w)))


print(causal(x, [-1, 1], d=1))

# %% [markdown]
# To compare with what stood *two* places before, you need no longer kernel. Pull its two numbers apart: a **[[dilation]]** $d$ takes
# every $d$-th number, here $x_t - x_{t-2}$ with two zeros before the row. In general, with a kernel $w$ of $k$ numbers,
#
# $$y_t = \sum_{p=0}^{k-1} w_p \; x_{t - (k - 1 - p)\, d}. \tag{1}$$
#
# Here $p$ counts the numbers of the kernel, and here $d$ is the dilation.
#
# **Predict.** Which eight results come out with $d = 2$?

# %%
print(causal(x, [-1, 1], d=2))

# %% tags=["draw"]
# The row with its zeros, and both results
from gdcourse import plots

rows = np.stack([causal(x, [-1, 1], d) for d in (1, 2)])
plots.show(
    plots.arrays(
        [("two zeros, then x", np.concatenate([[0, 0], x])[None]), "→"]
        + [("rows: dilation 1, dilation 2", rows)],
        marked={
            "two zeros, then x": [(0, 4), (0, 6)],
            "rows: dilation 1, dilation 2": [(1, 4)],
        },
    ),
    alt="Two zeros and the eight numbers in a row, and two rows of results. The numbers 2 "
    "and 5, two places apart, are shaded, and so is their difference 3 in the row of "
    "dilation 2.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $1, 3, 1, -1, 3, 2, -1, -3$.
#
# </details>

# %% [markdown]
# ## How far back it sees
#
# A network predicts what it can from what it sees. By the formula of lesson 9, with strides of $1$ the jump stays $1$, and a layer
# reaches back $(k - 1)\, d$ places. Layers add up:
#
# $$r = 1 + (k - 1)\,(d_1 + d_2 + \dots). \tag{2}$$
#
# Here $r$ is the receptive field.
#
# **Predict.** Four layers with $k = 2$. How many numbers does the last result see with dilations $1, 1, 1, 1$? With $1, 2, 4, 8$? How
# many layers see 1,000 numbers, each way?

# %%
for dilations in ([1, 1, 1, 1], [1, 2, 4, 8]):
    print(dilations, "sees", 1 + sum(dilations))
print("doubling, ten layers:", 1 + sum(2**k for k in range(10)))

# %% tags=["draw"]
# Which numbers reach the last result, with both kinds of dilations
fig, axes = plots.figure(2, width=9.0, height=2.8, sharey=True)
for ax, dilations in zip(axes, ([1, 1, 1, 1], [1, 2, 4, 8]), strict=True):
    reached = {15}
    for layer in range(4, 0, -1):
        d = dilations[layer - 1]
        for t in reached:
            ax.plot([t, t], [layer, layer - 1], "-", color="0.5", linewidth=0.8)
            ax.plot([t, t - d], [layer, layer - 1], "-", color="0.5", linewidth=0.8)
        reached |= {t - d for t in reached}
        ax.plot(
            sorted(reached), [layer - 1] * len(reached), "o", color=plots.COLOURS[0]
        )
    ax.plot([15], [4], "s", color=plots.COLOURS[1])
    ax.set(xlabel="time", title=f"dilations {dilations}: {len(reached)} numbers")
    ax.set(xticks=range(0, 16, 3), yticks=range(5))
axes[0].set_ylabel("layer")
plots.show(
    fig,
    alt="Two trees from one result in layer 4 down to the input. With dilations of 1 it "
    "reaches the last five numbers; with 1, 2, 4, 8 it reaches all sixteen.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $5$ and $16$, with as many weights and as many multiplications. To see 1,000 numbers takes 999 layers without dilation, and ten with
# doubling: $1024$ numbers.
#
# </details>
#
# Doubling dilations made a network speak (WaveNet, van den Oord et al. 2016). The field is a hard
# border. See it on a signal that we make: random signs, to be repeated with a delay of $8$.


# %%
from gdcourse.initializers.numpy import he_normal
from gdcourse.layers.numpy import Conv1d, ReLU, Sequential


def network(dilations, c_in, width, c_out, seed):
    rng, layers = np.random.default_rng(seed), []
    past = {"size": 2, "rng": rng, "padding": "causal", "init": he_normal}
    for d in dilations:
        layers += [Conv1d(c_in, width, dilation=d, dtype="float32", **past), ReLU()]
        c_in = width
    return Sequential(*layers, Conv1d(c_in, c_out, 1, rng, dtype="float32"))


# %% [markdown]
# The loss is the cross-entropy of each place, averaged over places. So the channels become the last axis, and go back for the
# gradient.

# %%
from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad


def loss_per_place(net, encode):
    def loss_and_grad(params, X, y):
        scores = net.forward(encode(X), train=True).transpose(0, 2, 1)
        flat, wanted = scores.reshape(-1, scores.shape[2]), y.ravel()
        d = softmax_ce_grad(flat, wanted).reshape(scores.shape)
        net.backward(d.transpose(0, 2, 1).astype("float32"))
        return softmax_ce(flat, wanted), net.grads

    return loss_and_grad


# %%
from gdcourse.optimizers.numpy import Adam
from gdcourse.training.numpy import train

signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(128, 64))
echo = (np.roll(signs, 8, axis=1) > 0).astype(int)


def signs_in(X):
    return X[:, None].astype("float32")


# %%
heard = {}
for dilations in ((1, 1, 1, 1), (1, 2, 4, 8)):
    net = network(dilations, 1, 8, 2, seed=0)
    loss = loss_per_place(net, signs_in)
    run = {"epochs": 60, "batch_size": 16}
    train(loss, net.params, signs[:64], echo[:64], Adam(1e-2), **run)
    answers = net.forward(signs_in(signs[64:])).argmax(axis=1)[:, 16:]
    heard[dilations] = np.mean(answers == echo[64:, 16:])
    print(dilations, "right:", f"{heard[dilations]:.1f}")

# %% [markdown]
# With a field of $5$ the network guesses for ever, right half of the time. Nothing that it is told about the echo reaches it.

# %% tags=["check"]
# Both rows, the fields by gradient, and the echo
from gdcourse.layers.field import receptive_field

assert causal(x, [-1, 1], 1).tolist() == [1, 2, -1, 0, 3, -1, 0, -3]
assert causal(x, [-1, 1], 2).tolist() == [1, 3, 1, -1, 3, 2, -1, -3]
assert 1 + sum(2**k for k in range(10)) == 1024 > 1000 and 1 + 999 == 1000
assert abs(heard[1, 1, 1, 1] - 0.5) < 0.05 and heard[1, 2, 4, 8] == 1
for d in (1, 2):
    layer = Conv1d(1, 1, 2, np.random.default_rng(0), padding="causal", dilation=d)
    layer.params[0][...] = [-1, 1]
    assert layer.forward(x[None, None].astype(float)).ravel().tolist() == list(
        rows[d - 1]
    )
for dilations, size in (((1, 1, 1, 1), 5), ((1, 2, 4, 8), 16)):
    net = network(dilations, 1, 8, 1, seed=0)
    hit = np.zeros(32, bool)
    for draw in np.random.default_rng(1).normal(size=(20, 1, 1, 32)).astype("float32"):
        one = np.zeros_like(net.forward(draw))
        one[0, 0, 20] = 1
        hit |= net.backward(one)[0, 0] != 0
    assert np.flatnonzero(hit).tolist() == list(range(21 - size, 21))
    assert receptive_field(net).size == (size,) and size == 1 + sum(dilations)
a, b = (network(d, 29, 32, 29, 0) for d in ((1, 1, 1, 1), (1, 2, 4, 8)))
assert [p.shape for p in a.params] == [p.shape for p in b.params]
print("checked: both fields by gradient; a field of 5 cannot hear an echo after 8")

# %% [markdown]
# ## A text, letter by letter
#
# Now real data that every Python has: the names of characters, such as LEFTWARDS ARROW or WHITE SCISSORS. We take them from Unicode 3.2, which
# no version of Python changes. We shuffle 1,887 of them, join them by full stops, and cut the text into rows of 64 letters. The network sees a row up to a letter and says which
# letter comes next: $29$ classes.

# %%
from unicodedata import ucd_3_2_0 as unicode

alphabet = " -.ABCDEFGHIJKLMNOPQRSTUVWXYZ"
names = [unicode.name(chr(c), "?") for c in range(0x2190, 0x2C00)]
names = [name for name in names if set(name) <= set(alphabet)]

# %%
order = np.random.default_rng(0).permutation(len(names))
text = "".join(names[i] + "." for i in order)
letters = np.array([alphabet.index(letter) for letter in text])
table = letters[: len(text) // 64 * 64].reshape(-1, 64)
known, new = table[:-100], table[-100:]
print(
    len(names), "names,", len(known), "rows to learn from. The text begins:", text[:40]
)


# %%
def one_hot(X):
    return np.eye(29, dtype="float32")[X].transpose(0, 2, 1)


def read(net, seed):
    loss, run = loss_per_place(net, one_hot), {"batch_size": 16, "seed": seed}
    train(loss, net.params, known[:, :-1], known[:, 1:], Adam(1e-2), epochs=8, **run)
    return loss(net.params, new[:, :-1], new[:, 1:])[0]


# %% [markdown]
# **Predict.** The two networks have the same number of weights. One sees $5$ letters, the other $16$. Which has the lower loss on new rows?

# %% tags=["nbval-ignore-output"]
losses = {}
for dilations in ((1, 1, 1, 1), (1, 2, 4, 8)):
    nets = [network(dilations, 29, 32, 29, seed) for seed in (0, 1)]
    losses[dilations] = [read(net, seed) for seed, net in enumerate(nets)]
    print(dilations, "loss on new rows:", np.round(losses[dilations], 2))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The one that sees $5$: about $1.19$ against $1.25$, with both seeds. For comparison: counting which letter follows which gives $2.3$, and
# counting what follows each pair of letters gives $1.5$. So five letters tell much more than two. Letters farther back tell little that this
# network could learn from this text, and it has to learn to ignore them.
#
# </details>
#
# A field that is too small makes a task impossible. A larger one makes it possible, no more.
#
# ## A network that sees the answer
#
# Only the windows change: a kernel of $3$ with one zero on each side, "same" padding as for images.
#
# **Predict.** What will the loss on new rows be?

# %%
rng, layers, channels = np.random.default_rng(0), [], 29
for _ in range(4):
    layers += [Conv1d(channels, 32, 3, rng, padding=1, dtype="float32"), ReLU()]
    channels = 32
peeking = Sequential(*layers, Conv1d(32, 29, 1, rng, dtype="float32"))
peeked = read(peeking, seed=0)
print("loss on new rows below 0.2:", peeked < 0.2)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Near zero, on rows that it never saw. It has not learned to read. At each place it sees the next letter, its answer, and copies it. Used to write,
# where the next letter does not exist yet, it knows nothing.
#
# </details>
#
# A loss that is too good is a symptom. A test finds the cause at once: change the input at one place, and look which results *before* it change.

# %% tags=["check"]
# Text, losses, counted tables, and the test for a look ahead
assert unicode.unidata_version == "3.2.0"
assert len(names) == 1887 and len(alphabet) == 29 and len(new) == 100 < 200
assert "WHITE SCISSORS" in names and "LEFTWARDS ARROW" in names
ends = {dilations: np.mean(values) for dilations, values in losses.items()}
assert max(losses[1, 1, 1, 1]) < min(losses[1, 2, 4, 8]) and peeked < 0.2
assert abs(ends[1, 1, 1, 1] - 1.19) < 0.04 and abs(ends[1, 2, 4, 8] - 1.25) < 0.04
pairs = np.ones((29, 29))
np.add.at(pairs, (known[:, :-1], known[:, 1:]), 1)
triples = np.full((29, 29, 29), 0.1)
np.add.at(triples, (known[:, :-2], known[:, 1:-1], known[:, 2:]), 1)
chance2 = pairs / pairs.sum(axis=1, keepdims=True)
chance3 = triples / triples.sum(axis=2, keepdims=True)
assert round(-np.log(chance2[new[:, :-1], new[:, 1:]]).mean(), 1) == 2.3
counted = -np.log(chance3[new[:, :-2], new[:, 1:-1], new[:, 2:]]).mean()
assert round(counted, 1) == 1.5
row = new[:1, :-1].copy()
changed = row.copy()
changed[0, 40] = (row[0, 40] + 1) % 29
for net, first in ((nets[0], 40), (peeking, 36)):
    moved = (net.forward(one_hot(row)) != net.forward(one_hot(changed)))[0].any(axis=0)
    assert np.flatnonzero(moved)[0] == first
print("checked: five letters beat sixteen here; only the leak looks ahead")

# %% [markdown]
# ## In three frameworks
#
# Causal and dilated: Keras knows the word, as we do. In PyTorch you put the zeros there yourself.

# %%
layer = Conv1d(1, 1, 2, rng, padding="causal", dilation=2)
layer.params[0][...] = [-1, 1]
print("NumPy:  ", layer.forward(x[None, None].astype(float)).ravel())

# %% tags=["torch"]
import torch

x_t = torch.tensor(x, dtype=torch.float64)[None, None]
w_t = torch.tensor([-1.0, 1.0], dtype=torch.float64)[None, None]
y_t = torch.conv1d(torch.nn.functional.pad(x_t, (2, 0)), w_t, dilation=2)
print("PyTorch:", y_t.numpy().ravel())

# %% tags=["tensorflow"]
import keras

how = {"padding": "causal", "dilation_rate": 2, "dtype": "float64"}
layer_k = keras.layers.Conv1D(1, 2, use_bias=False, **how)
layer_k.build((None, 8, 1))
layer_k.set_weights([np.array([-1.0, 1.0])[:, None, None]])
y_k = layer_k(x[None, :, None].astype(float)).numpy().ravel()
print("Keras:  ", y_k)

# %% tags=["check", "torch", "tensorflow"]
# The same eight numbers in all three
assert y_t.numpy().ravel().tolist() == y_k.tolist() == causal(x, [-1, 1], 2).tolist()
print("checked: NumPy, PyTorch and Keras give the same causal, dilated convolution")

# %% [markdown]
# ## Summary
#
# - A causal convolution sees what was, not what comes: zeros before the row, the result under the last number of the window.
# - Dilations that double reach back twice as far with each layer, with no more weights.
# - What lies outside the field cannot be learned. What lies inside need not help.
# - A loss that is too good is a symptom: look for a way from the answer to the input.
#
# ## Common mistakes
#
# - **"Same" padding for a forecast**: the answer is in the window, and the loss is too good.
# - **Zeros on the wrong side**: $d\,(k - 1)$ of them, all before the row.
# - **A field larger than needed, trusted to help.** Compare with a smaller one.
#
# ## Quick questions
#
# 1. Kernel 3, dilations $1, 2, 4$. How many numbers does a result see?
#
#    <details><summary><b>Answer</b></summary>
#
#    $1 + 2 \cdot 7 = 15$.
#
#    </details>
# 2. One layer, kernel 2, dilation 8, causal. Which numbers does the result at time $t$ see?
#
#    <details><summary><b>Answer</b></summary>
#
#    $x_t$ and $x_{t-8}$, and nothing between.
#
#    </details>
# 3. You forecast tomorrow's demand, and the loss on new days is almost zero. What do you do first?
#
#    <details><summary><b>Answer</b></summary>
#
#    Change one day of the input and look whether results before it change.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** How many layers with kernel $k$ and doubling dilations $1, 2, 4, \dots$ are needed to see $T$ places? Compare with
# dilation $1$.
#
# <details><summary><b>Outline</b></summary>
#
# With $c$ layers the dilations add up to $2^c - 1$, so $r = 1 + (k - 1)(2^c - 1)$. You need $2^c \ge 1 + (T - 1)/(k - 1)$: a
# logarithm of $T$. With dilation $1$ it is $c \ge (T - 1)/(k - 1)$.
#
# </details>

# %% [markdown]
# **Try.** Train both networks three times as long. Does the one that sees more catch up? Then let it write: begin with a full stop, draw the
# next letter from its probabilities, append it, and go on for 200 letters.
#
# <details><summary><b>Outline</b></summary>
#
# In our runs with 24 epochs both got better, and the gap stayed. To write, give the network its last 16 letters each time, take the scores of
# the last place, and draw by their softmax. Whole words come out, such as ARROW and WITH.
#
# </details>
#
# ## References
#
# - A. van den Oord and others (2016). WaveNet: a generative model for raw audio. arXiv:1609.03499
# - F. Yu, V. Koltun (2016). Multi-scale context aggregation by dilated convolutions. *ICLR*. arXiv:1511.07122
# - S. Bai, J. Z. Kolter, V. Koltun (2018). An empirical evaluation of generic convolutional and recurrent networks for sequence
#   modeling. arXiv:1803.01271
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
