# %% [markdown]
# # One network, three times
#
# {{about}}
#
# **After this lesson you can**
#
# - say in which order each framework keeps pixels and weights, and what goes wrong where the orders meet,
# - copy the weights of a network from one framework to another,
# - say what "same" padding does with an even kernel or a stride, and why two frameworks differ,
# - train the same network in NumPy, PyTorch and Keras, and see equal curves,
# - recognise a loss that a second softmax holds up.
#
# **You need** many maps and pooling (lesson 2 of this unit), softmax and cross-entropy (unit 01).

# %% [markdown]
# ## Two orders for the same numbers
#
# A picture with two channels of $2 \times 2$ pixels has eight numbers. PyTorch and our library keep the channels
# apart: first all of channel 0, then all of channel 1. That is the order (channels, rows, columns). Keras keeps the numbers of one
# *pixel* together: (rows, columns, channels).
#
# **Predict.** The channels are $\begin{pmatrix} 1&2\\ 3&4 \end{pmatrix}$ and $\begin{pmatrix} 5&6\\ 7&8 \end{pmatrix}$.
# A flatten layer puts them in a row. Which row does each order give?

# %%
import numpy as np

picture = np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
print("channels first:", picture.ravel())
print("channels last: ", picture.transpose(1, 2, 0).ravel())

# %% tags=["draw"]
# The two channels, and the two rows that they become
from gdcourse import plots

two_rows = np.stack([picture.ravel(), picture.transpose(1, 2, 0).ravel()])
plots.show(
    plots.arrays(
        [("channel 0", picture[0]), " ", ("channel 1", picture[1]), "→"]
        + [("first row: channels first, second: last", two_rows)],
        marked={
            "channel 0": [(0, 1)],
            "first row: channels first, second: last": [(0, 1), (1, 2)],
        },
    ),
    alt="Two channels of 2 by 2 pixels, 1 to 4 and 5 to 8, and two rows of eight: 1 2 3 4 "
    "5 6 7 8, and 1 5 2 6 3 7 4 8. The pixel 2 is shaded: it is in place 1 of the first "
    "row and in place 2 of the second.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $1, 2, 3, 4, 5, 6, 7, 8$ and $1, 5, 2, 6, 3, 7, 4, 8$.
#
# </details>
#
# Convolutions do not mind: their weights say which channel they belong to, and are turned with the pixels. The trap is the *dense
# layer behind the flatten*. It has one row of weights for each place in the flattened row. Copy its matrix as it is, and
# each weight meets a wrong pixel. All shapes fit. Nothing complains.
#
# The remedy: number the places in one order, turn them as the pixels are turned, and read off where each weight has to
# go. That is `order`.

# %%
w = np.arange(8) * 10
first, last = picture.ravel(), picture.transpose(1, 2, 0).ravel()
order = np.arange(8).reshape(2, 2, 2).transpose(1, 2, 0).ravel()
print(
    "right:", w @ first, " copied as it is:", w @ last, " reordered:", w[order] @ last
)

# %% tags=["check"]
# Both orders and the remedy
assert first.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
assert last.tolist() == [1, 5, 2, 6, 3, 7, 4, 8]
assert two_rows.tolist() == [first.tolist(), last.tolist()]
assert w @ first == w[order] @ last != w @ last
print("checked: the reordered weights give the same product")

# %% [markdown]
# ## "Same" is not the same
#
# "Same" padding puts in as many zeros as make the output as large as the input, divided by the stride. For an odd
# kernel and stride $1$, that is $(k - 1)/2$ on each side, in every framework. (PyTorch knows the word as well, for
# stride $1$ only.) Otherwise the number of zeros may be odd, and one side gets one more.
#
# Take the row $1, 2, \dots, 8$, a kernel of three ones, and stride $2$. The output has $4$ numbers. Keras asks: how
# many zeros do I need at least? The last window begins at place $6$, at the number $7$, and needs one zero behind. In
# PyTorch you write `padding=1`: one zero on each side.
#
# **Predict.** What are the four sums in Keras, and in PyTorch?

# %%
signal = np.arange(1, 9)
for name, zeros in {"Keras": (0, 1), "PyTorch": (1, 1)}.items():
    padded = np.pad(signal, zeros)
    starts = range(0, len(padded) - 2, 2)
    print(f"{name:8}", [int(padded[s : s + 3].sum()) for s in starts])

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Keras: $1+2+3 = 6$, then $12$, $18$, and $7 + 8 + 0 = 15$. PyTorch: $0+1+2 = 3$, then $9$, $15$, $21$. The same number of
# outputs, other windows: PyTorch's are one pixel to the left.
#
# </details>
#
# To carry such a layer over, pad by hand: `ZeroPadding2D` in Keras before a layer with padding `"valid"`, or
# `torch.nn.functional.pad`, which takes each side on its own.

# %% tags=["check", "torch", "tensorflow"]
# The two frameworks themselves, and the way from one to the other
import keras
import torch

ones = np.ones((3, 1, 1))
conv_k = keras.layers.Conv1D(1, 3, strides=2, padding="same", use_bias=False)
conv_k.build((None, 8, 1))
conv_k.set_weights([ones])
sums_k = conv_k(signal[None, :, None].astype("float32")).numpy().ravel()
row = torch.tensor(signal, dtype=torch.float32)[None, None]
kernel = torch.ones(1, 1, 3)
sums_t = torch.nn.functional.conv1d(row, kernel, stride=2, padding=1).ravel()
by_hand = torch.nn.functional.pad(row, (0, 1))
assert sums_k.tolist() == [6, 12, 18, 15] and sums_t.tolist() == [3, 9, 15, 21]
again = torch.nn.functional.conv1d(by_hand, kernel, stride=2).ravel()
assert again.tolist() == sums_k.tolist()
print("checked: Keras and PyTorch differ as shown, and padding by hand mends it")

# %% [markdown]
# ## The network
#
# Two convolutions with 32 and 64 kernels of $3 \times 3$, each with ReLU and pooling in windows of $2 \times 2$; then 128
# units, ReLU, and 10 scores, one for each digit. Our pictures are scikit-learn's digits, $8 \times 8$, so a padding of $1$
# keeps the maps from vanishing. After two poolings, $64$ maps of $2 \times 2$ are left, $256$ numbers.

# %%
from gdcourse.models.numpy import cnn

ours = cnn((1, 8, 8), padding=1, seed=0)
for p in ours.params:
    print(p.shape)

# %% tags=["torch"]
from torch import nn

theirs = nn.Sequential(
    *[nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
    *[nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
    *[nn.Flatten(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)],
).double()
with torch.no_grad():
    for p, ours_p in zip(theirs.parameters(), ours.params, strict=True):
        p.copy_(torch.from_numpy(ours_p.T if ours_p.ndim == 2 else ours_p))
print(sum(p.numel() for p in theirs.parameters()), "weights and biases")

# %% [markdown]
# PyTorch keeps the matrix of a dense layer as (out, in), ours is (in, out): hence the transpose. Convolutions and the
# flatten agree. Keras agrees about dense layers, but keeps kernels as (rows, columns, channels, maps), and its flatten runs
# in the other order.

# %% tags=["tensorflow"]
keras.config.set_dtype_policy("float64")
L = keras.layers
third = keras.Sequential(
    [keras.Input((8, 8, 1))]
    + [L.Conv2D(32, 3, padding="same", activation="relu"), L.MaxPooling2D()]
    + [L.Conv2D(64, 3, padding="same", activation="relu"), L.MaxPooling2D()]
    + [L.Flatten(), L.Dense(128, activation="relu"), L.Dense(10)]
)


# %% tags=["tensorflow"]
def to_keras(params):
    K1, b1, K2, b2, W3, b3, W4, b4 = params
    order = np.arange(256).reshape(64, 2, 2).transpose(1, 2, 0).ravel()
    kernels = [K.transpose(2, 3, 1, 0) for K in (K1, K2)]
    return [kernels[0], b1, kernels[1], b2, W3[order], b3, W4, b4]


# %%
from gdcourse.datasets import digits

data = digits(images=True)
images, labels = data.X[:480], data.y[:480]
right = ours.forward(images[:100])
print("NumPy:", right[0, :3])

# %% tags=["tensorflow"]
third.set_weights(to_keras(ours.params))
pixels_last = images.transpose(0, 2, 3, 1)
print("Keras:", third(pixels_last[:1]).numpy()[0, :3])

# %% tags=["check", "torch", "tensorflow"]
# Equal scores, and equal gradients of the loss
from gdcourse.losses.numpy import softmax_ce
from gdcourse.training.numpy import objective

with torch.no_grad():
    scores_t = theirs(torch.from_numpy(images[:100])).numpy()
scores_k = third(pixels_last[:100]).numpy()
assert np.allclose(scores_t, right, rtol=0, atol=1e-12)
assert np.allclose(scores_k, right, rtol=0, atol=1e-12)
loss, grads = objective(ours, softmax_ce)(ours.params, images[:100], labels[:100])
loss_t = nn.functional.cross_entropy(
    theirs(torch.from_numpy(images[:100])), torch.from_numpy(labels[:100])
)
loss_t.backward()
for p, g in zip(theirs.parameters(), grads, strict=True):
    assert np.allclose(p.grad.numpy(), g.T if g.ndim == 2 else g, rtol=0, atol=1e-12)
assert np.isclose(loss_t.item(), loss, rtol=1e-12)
print("checked: three times the same scores, and the same gradients")

# %% [markdown]
# ## In three frameworks: one curve
#
# Now let all three learn: descent at the rate $0.1$, $45$ batches of 32, the same batches in the same order. If
# weights, losses and gradients agree, so do the curves, up to rounding. Keras' distance is larger: it keeps the rate in
# float32, and hands the loss back in it.

# %%
from gdcourse.losses.numpy import softmax_ce
from gdcourse.optimizers.numpy import GD
from gdcourse.training.numpy import objective

batches = [slice(32 * t, 32 * t + 32) for t in range(15)] * 3
loss_and_grad, optimizer = objective(ours, softmax_ce), GD(0.1)
curve = []
for rows in batches:
    loss, grads = loss_and_grad(ours.params, images[rows], labels[rows])
    optimizer.step(ours.params, grads)
    curve.append(loss)
print("NumPy:  ", np.round(curve[::15], 6))

# %% tags=["torch"]
optimizer_t = torch.optim.SGD(theirs.parameters(), lr=0.1)
curve_t = []
for rows in batches:
    optimizer_t.zero_grad()
    scores = theirs(torch.from_numpy(images[rows]))
    loss_t = nn.functional.cross_entropy(scores, torch.from_numpy(labels[rows]))
    loss_t.backward()
    optimizer_t.step()
    curve_t.append(loss_t.item())
print("PyTorch:", np.round(curve_t[::15], 6))

# %% tags=["tensorflow"]
third.compile(
    keras.optimizers.SGD(0.1),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    run_eagerly=True,
)
curve_k = []
for rows in batches:
    third.reset_metrics()  # else Keras returns the mean over all batches so far
    curve_k.append(third.train_on_batch(pixels_last[rows], labels[rows]))
print("Keras:  ", np.round(np.array(curve_k[::15], float), 6))

# %% tags=["draw", "torch", "tensorflow"]
# Three curves that lie on each other, and how far they are apart
fig, (left, right_ax) = plots.figure(2, width=9.0, height=3.0)
for name, values, mark in zip(
    ("NumPy", "PyTorch", "Keras"), (curve, curve_t, curve_k), "os^", strict=True
):
    size = 9 - 2 * "os^".index(mark)
    left.plot(values, marker=mark, markersize=size, markevery=3, label=name)
left.set(xlabel="step", ylabel="loss of the batch", title="one curve, three times")
left.legend()
for name, values in {"PyTorch": curve_t, "Keras": curve_k}.items():
    apart = np.abs(np.array(values, float) - curve)
    right_ax.plot(np.maximum(apart, 1e-17), marker="o", markersize=3, label=name)
right_ax.set(yscale="log", xlabel="step", title="distance to NumPy's")
right_ax.legend()
plots.show(
    fig,
    alt="Left, the three losses over 45 steps lie on each other and fall. Right, their "
    "distances on a log axis: PyTorch below 1e-12, Keras below 1e-5.",
)

# %% tags=["check", "torch", "tensorflow"]
# The three curves
apart_t = np.abs(np.array(curve_t) - curve).max()
apart_k = np.abs(np.array(curve_k, float) - curve).max()
assert optimizer.lr == 0.1 and len(images) == 480 and 64 * 2 * 2 == 256
assert [p.shape for p in ours.params][4:6] == [(256, 128), (128,)]
assert all(np.float32(loss) == loss for loss in curve_k)  # handed back in float32
assert apart_t < 1e-12 and apart_k < 1e-5 and len(curve) == 45
assert np.mean(curve[-5:]) < np.mean(curve[:5])
print("checked: PyTorch within 1e-12 of NumPy, Keras within 1e-5: its rate is float32")

# %% [markdown]
# ## A copy that fits and knows nothing
#
# The network has learned from 480 digits. On the next 300 it is right in three of four cases.
#
# **Predict.** Copy it to Keras, but leave `order` out: `W3` for `W3[order]`. How often is the copy right?

# %% tags=["tensorflow"]
new_images, new_labels = data.X[480:780], data.y[480:780]
wrong_weights = to_keras(ours.params)
wrong_weights[4] = ours.params[4]
accuracy = {"network": np.mean(ours.forward(new_images).argmax(axis=1) == new_labels)}
for name, weights in {"copy": to_keras(ours.params), "wrong": wrong_weights}.items():
    third.set_weights(weights)
    answers = third(new_images.transpose(0, 2, 3, 1)).numpy().argmax(axis=1)
    accuracy[name] = np.mean(answers == new_labels)
print({name: f"{value:.0%}" for name, value in accuracy.items()})

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# In 8 % of the cases: it guesses. All shapes fit, no error is raised, and what was learned is gone. A copy is checked by
# its *scores*, never by its shapes.
#
# </details>

# %% tags=["check", "tensorflow"]
# The right and the wrong copy
assert accuracy["network"] == accuracy["copy"] and round(accuracy["copy"], 2) == 0.74
assert f"{accuracy['wrong']:.0%}" == "8%" and len(new_labels) == 300
print("checked: the right copy knows as much, the wrong one guesses")

# %% [markdown]
# ## A floor at 1.4612
#
# A published tutorial ends this network in a softmax, and then tells the loss that it gets logits. The softmax runs twice. What
# is the best that such a network can do?
#
# The first softmax makes ten numbers between $0$ and $1$. At best, $1$ for the right class and $0$ for the others. The second softmax
# takes these for scores. Its probability for the right class is
#
# $$p = \frac{e^1}{e^1 + 9\, e^0} = \frac{e}{e + 9} = 0.232, \qquad -\log p = \log\!\left(1 + \frac{9}{e}\right) = 1.4612.
# \tag{1}$$
#
# However sure the network is, the loss says $1.46$. It does not stop learning, since the right class still has the
# lowest loss, but it pushes with small gradients, and its loss tells you little.
#
# **Predict.** A network that guesses has the loss $\log 10 = 2.30$. With two softmaxes, what is the loss of a network that is
# sure of the *wrong* class?

# %%
for name, sure_of in {"sure and right": 0, "sure and wrong": 1}.items():
    scores = np.zeros(10)
    scores[sure_of] = 1.0  # what the first softmax gives; the right class is 0
    print(name, round(float(np.log(np.exp(scores).sum()) - scores[0]), 4))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $\log(e + 9) = 2.4612$: just $1$ more. The whole range of the loss, from perfect to hopeless, is $1$ wide.
#
# </details>
#
# Keras notices the mistake in some cases: a `Dense` layer with `activation="softmax"` keeps its logits, and the loss uses these,
# with a warning. `tf.nn.softmax` or a copy of the output hides them. PyTorch's `cross_entropy` always takes logits.

# %% tags=["check"]
# The floor and the ceiling, and a search for something lower
floor, ceiling = np.log(1 + 9 / np.e), np.log(np.e + 9)
assert round(floor, 4) == 1.4612 and round(ceiling, 4) == 2.4612
assert round(floor, 2) == 1.46 < 1.47  # just above the floor: the third question
assert np.isclose(ceiling - floor, 1) and round(np.e / (np.e + 9), 3) == 0.232
rng = np.random.default_rng(0)
found = []
for scale in (1, 10, 100):
    z = rng.normal(size=(20_000, 10)) * scale
    q = np.exp(z - z.max(axis=1, keepdims=True))
    q /= q.sum(axis=1, keepdims=True)
    twice = np.log(np.exp(q).sum(axis=1)) - q[:, 0]
    found += [twice.min(), twice.max()]
assert min(found) >= floor - 1e-12 and max(found) <= ceiling + 1e-12
assert round(np.log(10), 2) == 2.30 and round(np.log(10) - floor, 2) == 0.84
print("checked: 60,000 random scores, none below the floor or above the ceiling")

# %% [markdown]
# Carry the weights of a Keras network to PyTorch in {{exercise:copy_weights}}.
#
# ## Summary
#
# - PyTorch: (channels, rows, columns). Keras: (rows, columns, channels). Behind a flatten, the dense weights must be reordered.
# - "Same" padding agrees for odd kernels and stride 1. Elsewhere Keras puts the odd zero behind.
# - A copy is right when the scores agree. Then gradients and curves agree too.
# - A second softmax holds the loss between $1.4612$ and $2.4612$.
#
# ## Common mistakes
#
# - **Trusting shapes.** Wrongly ordered weights fit as well as right ones.
# - **`reshape` where `transpose` belongs.** It changes shapes, not the order of the numbers.
# - **Forgetting the transpose of `nn.Linear`.** With as many outputs as inputs, nothing complains.
# - **A softmax before a loss that takes logits.**
#
# ## Quick questions
#
# 1. A dense layer follows *global* pooling, which leaves one number for each map. Does it need reordering?
#
#    <details><summary><b>Answer</b></summary>
#
#    No. With one pixel left, both orders are the order of the channels.
#
#    </details>
# 2. A kernel of $2 \times 2$, stride $1$, "same". On which side does Keras put the zeros?
#
#    <details><summary><b>Answer</b></summary>
#
#    One zero is needed in each direction. It goes behind: below and to the right.
#
#    </details>
# 3. A loss falls to $1.47$ on ten classes and stays, while the accuracy is $99\,\%$. What do you look for?
#
#    <details><summary><b>Answer</b></summary>
#
#    A softmax too many: the loss stands just above its floor.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Find the floor for $K$ classes. What happens as $K$ grows, compared with the loss of guessing?
#
# <details><summary><b>Outline</b></summary>
#
# $\log(1 + (K - 1)/e)$, by the same steps. Guessing has $\log K$. For large $K$ the floor is close to $\log K - 1$:
# about $1$ below guessing ($0.84$ for ten classes).
#
# </details>

# %% [markdown]
# **Try.** Train with the double softmax for the same 45 steps, then look at the accuracy beside the right network's. Raise
# its rate until it keeps up. Why does a larger rate help?
#
# <details><summary><b>Outline</b></summary>
#
# Backwards, the second softmax hands back differences that are at most about $1$, and the first one multiplies them by
# $p(1 - p)$, which is small where the network is sure. A larger rate makes up for a part of it.
#
# </details>
#
# ## References
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). Gradient-based learning applied to document recognition.
#   *Proceedings of the IEEE* 86, 2278–2324. doi:10.1109/5.726791
# - V. Dumoulin, F. Visin (2016). A guide to convolution arithmetic for deep learning. arXiv:1603.07285
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
