# %% [markdown]
# # Where it fits, and where not
#
# {{about}}
#
# **After this lesson you can**
#
# - name the two things that a convolution believes about data,
# - show by hand what a shift and what a shuffle do to it, and to a dense layer,
# - measure how much a shift costs a network, and say why it costs anything,
# - test whether data are right for a convolution, with equal budgets and several seeds,
# - say why the columns of a table are not.
#
# **You need** few weights used everywhere (lesson 1 of this unit), and pooling (lesson 2).

# %% [markdown]
# ## Two beliefs
#
# A convolution is a dense layer with rules (lesson 1): its windows are small, and all of them share their weights. So it believes two things
# about data: **what is near belongs together**, and **a pattern means the same wherever it stands**. Such a belief is called an
# [[inductive bias]]. Where it is true it saves data. Where it is false it costs.
#
# By hand: two rows hold the pattern $1, 2, 1$ in two places,
#
# $$0, 1, 2, 1, 0, 0 \qquad\text{and}\qquad 0, 0, 0, 1, 2, 1.$$
#
# The kernel $(1, 2, 1)$ walks over each, and the largest answer is kept. Both give $1 \cdot 1 + 2 \cdot 2 + 1 \cdot 1 = 6$. A dense layer with the weights
# $(0, 1, 2, 1, 0, 0)$ gives $6$ for the first row, but $2 \cdot 0 + 1 \cdot 1 = 1$ for the second: it knows the pattern in one place.
#
# Now shuffle both rows in the same way: take their numbers in the order $0, 3, 1, 4, 2, 5$.
#
# **Predict.** What are the largest answers of the kernel now? And what does the dense layer give for the first row, if its weights are shuffled too?

# %%
import numpy as np

rows = np.array([[0, 1, 2, 1, 0, 0], [0, 0, 0, 1, 2, 1]])
order = [0, 3, 1, 4, 2, 5]
weights = np.array([0, 1, 2, 1, 0, 0])
for row in rows:
    kept = [np.correlate(r, [1, 2, 1], "valid").max() for r in (row, row[order])]
    print("row:", row, " shuffled:", row[order], " largest answers:", *kept)
print("dense, as it is and shuffled:", rows @ weights, rows[:, order] @ weights[order])

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $4$ and $4$: no window holds the pattern any more. The dense layer gives $6$ as before, since each weight has moved with its number.
#
# </details>
#
# So a convolution gains from shifts, and loses by a shuffle. For a dense layer it is the other way round. Both can be measured.

# %% tags=["draw"]
# Both rows, as they are and shuffled, with the best window shaded
from gdcourse import plots


def best(row):
    first = int(np.correlate(row, [1, 2, 1], "valid").argmax())
    return [first, first + 1, first + 2]


both = {"as they are": rows, "shuffled": rows[:, order]}
plots.show(
    plots.arrays(
        [("as they are", rows), "→", ("shuffled", rows[:, order])],
        marked={
            name: [(i, j) for i in range(2) for j in best(values[i])]
            for name, values in both.items()
        },
    ),
    alt="The two rows before and after the shuffle. Before, the shaded best windows hold 1 "
    "2 1 in both rows; after it, they hold 0 2 0.",
)

# %% tags=["check"]
# All answers by hand, and the windows of the picture
assert [np.correlate(r, [1, 2, 1], "valid").max() for r in rows] == [6, 6]
assert [np.correlate(r[order], [1, 2, 1], "valid").max() for r in rows] == [4, 4]
assert (
    rows.dot(weights).tolist() == [6, 1] == rows[:, order].dot(weights[order]).tolist()
)
assert [row[best(row)].tolist() for row in rows] == [[1, 2, 1]] * 2
assert [row[best(row)].tolist() for row in rows[:, order]] == [[0, 2, 0]] * 2
print("checked: a shift keeps the kernel's answer, a shuffle keeps the dense one")

# %% [markdown]
# ## Two networks with equal budgets
#
# One has convolutions, the other is dense. Both have about 6,000 weights, learn from the same 1,297 digits for 8 epochs, at the same rate, with five seeds.
# (For both, the rate $0.01$ was the best of $0.001$, $0.003$, $0.01$ and $0.03$, with three seeds on 1,000 digits.)

# %%
from gdcourse.initializers.numpy import he_normal
from gdcourse.layers.numpy import Conv2d, Dense, Flatten, MaxPool, ReLU, Sequential


def local(rng):
    how = {"padding": 1, "init": he_normal, "dtype": "float32"}
    first = [Conv2d(1, 16, 3, rng, **how), ReLU(), MaxPool(2)]
    second = [Conv2d(16, 32, 3, rng, **how), ReLU(), MaxPool(2)]
    return Sequential(*first, *second, Flatten(), Dense(128, 10, rng, dtype="float32"))


def dense(rng):
    first = Dense(64, 80, rng, he_normal, "float32")
    return Sequential(Flatten(), first, ReLU(), Dense(80, 10, rng, dtype="float32"))


# %%
from gdcourse.losses.numpy import softmax_ce
from gdcourse.optimizers.numpy import Adam
from gdcourse.training.numpy import objective, train


def trained(make, X, y, seed):
    net = make(np.random.default_rng(seed))
    loss, run = objective(net, softmax_ce), {"batch_size": 32, "seed": seed}
    train(loss, net.params, X, y, Adam(0.01), epochs=8, **run)
    return net


def right(net, X, y):
    return np.mean(net.forward(X).argmax(axis=1) == y)


# %% [markdown]
# ## Moved by one pixel
#
# All digits stand in the middle of their pictures. Train on them as they are. Then move each *new* digit by one pixel to the left, or to the right, and
# ask again.
#
# **Predict.** As they are, about nineteen of twenty are right. After the move, with convolutions: as many, seven of ten, or one of ten? And for the dense network?

# %%
from gdcourse.datasets import digits
from gdcourse.datasets.augmentation import move

data = digits(images=True, dtype="float32")
X, y, X_new, y_new = data.X[:1297], data.y[:1297], data.X[1297:], data.y[1297:]
shifts = {name: move(X_new, columns=by) for name, by in (("left", -1), ("right", 1))}
shares = {}
for make in (local, dense):
    nets = [trained(make, X, y, seed) for seed in range(5)]
    for name, images in {"as they are": X_new, **shifts}.items():
        shares[make, name] = [right(net, images, y_new) for net in nets]
        print(f"{make.__name__:6} {name:12} {np.mean(shares[make, name]):.2f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# With convolutions about seven of ten, in the dense network about half. The convolutions keep more, and far from all. Their maps move with the digit
# ([[equivariance]]), but the dense layer behind the flatten has learned each feature *in its place*.
#
# </details>
#
# So "a convolutional network does not care where things are" is wrong as it stands. What does not care is an answer that forgets the place, like the largest over the whole row
# in the first section. If digits may stand anywhere, show them anywhere in training, too.

# %% [markdown]
# ## Shuffled pixels
#
# Now shuffle the 64 pixels of all digits, training and new, with *one* permutation. Nothing is lost: whoever knows the permutation can undo it. But
# neighbours are no neighbours any more.
#
# **Predict.** On digits as they are, the convolutions lead by about three in a hundred. What happens to their lead? And to the dense network?

# %%
places = np.random.default_rng(0).permutation(64)
shuffled = data.X.reshape(-1, 64)[:, places].reshape(-1, 1, 8, 8)
for make in (local, dense):
    nets = [trained(make, shuffled[:1297], y, seed) for seed in range(5)]
    shares[make, "shuffled"] = [right(net, shuffled[1297:], y_new) for net in nets]
    print(f"{make.__name__:6} shuffled     {np.mean(shares[make, 'shuffled']):.2f}")

# %% tags=["draw"]
# Five seeds of each network on digits as they are, moved and shuffled
fig, ax = plots.figure(width=8.0, height=3.2)
cases = ["as they are", "left", "right", "shuffled"]
for make, mark, up in ((local, "o", -0.12), (dense, "s", 0.12)):
    for row, name in enumerate(cases):
        values = shares[make, name]
        label = {local: "convolutions", dense: "dense"}[make] if row == 0 else None
        colour = plots.COLOURS[0 if make is local else 1]
        at = [row + up] * 5
        ax.plot(
            values, at, mark, color=colour, linestyle="none", alpha=0.7, label=label
        )
ax.set(
    yticks=range(4),
    yticklabels=["as they are", "moved left", "moved right", "shuffled"],
)
ax.set(xlabel="share of new digits that are right, five seeds", xlim=(0.3, 1))
ax.invert_yaxis()
ax.legend(loc="lower left")
plots.show(
    fig,
    alt="Five points for each of two networks in four cases. As they are, the convolutions "
    "lead a little; moved by a pixel, both fall far, and the convolutions are clearly "
    "ahead; on shuffled digits both are about the same.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It is gone. The dense network stays where it was, up to the spread of its seeds: it never knew which pixels are neighbours. Why do the convolutions still get
# so many right? Windows that hold random pixels are features too, and a dense layer follows.
#
# </details>
#
# Real data come shuffled more often than you think. The columns of a table, age, income, height, have no order: swap two, and it is the same table. No pattern of neighbours
# repeats further right. Before you convolve, ask two questions: **would the data mean the same after a shift? Would they mean the same after a shuffle?**
#
# | data | same after a shift | same after a shuffle | convolve |
# |:--|:--|:--|:--|
# | photographs, sound, text | nearly | no | yes |
# | columns of a table | no | yes, with the names | no |
# | a set of points, a bag of words | no order | yes | no |
# | a board of chess | no: the edge matters | no | with care |

# %% tags=["check"]
# Equal budgets, and each claim on five seeds
sizes = [
    sum(p.size for p in make(np.random.default_rng(0)).params)
    for make in (local, dense)
]
assert all(abs(size - 6000) < 100 for size in sizes) and len(X) == 1297
means = {key: np.mean(values) for key, values in shares.items()}
assert 0.015 < means[local, "as they are"] - means[dense, "as they are"] < 0.05
assert means[local, "as they are"] > 0.93
for name in ("left", "right"):
    assert 0.6 < means[local, name] < 0.8 and 0.4 < means[dense, name] < 0.6
    assert means[local, name] - means[dense, name] > 0.1
    assert min(shares[local, name]) > max(shares[dense, name])
assert means[local, "as they are"] - means[local, "shuffled"] > 0.015
assert abs(means[local, "shuffled"] - means[dense, "shuffled"]) < 0.02
assert abs(means[dense, "as they are"] - means[dense, "shuffled"]) < 0.02
assert min(min(values) for values in shares.values()) > 0.3
rates = (0.001, 0.003, 0.01, 0.03)
assert 0.01 in rates[1:-1] and len(X) > 1000
net, moved = (dense(np.random.default_rng(3)) for _ in range(2))
moved.params[0][...] = net.params[0][places]
assert np.allclose(net.forward(X), moved.forward(shuffled[:1297]), atol=1e-5)
print("checked: shifts favour the convolutions, a shuffle takes their lead away")

# %% [markdown]
# ## In three frameworks
#
# A dense layer does not care about a shuffle, in any framework: shuffle the pixels and the rows of its matrix in the same way, and its scores stay.

# %%
W = np.random.default_rng(0).normal(size=(64, 3))
pixels = data.X[:1].reshape(1, 64).astype(float)
print("NumPy:  ", pixels[:, places] @ W[places])

# %% tags=["torch"]
import torch

layer_t = torch.nn.Linear(64, 3, bias=False, dtype=torch.float64)
with torch.no_grad():
    layer_t.weight.copy_(torch.tensor(W[places].T))  # (out, in)
    scores_t = layer_t(torch.tensor(pixels[:, places])).numpy()
print("PyTorch:", scores_t)

# %% tags=["tensorflow"]
import keras

layer_k = keras.layers.Dense(3, use_bias=False, dtype="float64")
layer_k.build((None, 64))
layer_k.set_weights([W[places]])
scores_k = layer_k(pixels[:, places]).numpy()
print("Keras:  ", scores_k)

# %% tags=["check", "torch", "tensorflow"]
# The scores of the digit that is not shuffled
assert np.allclose(pixels @ W, scores_t) and np.allclose(pixels @ W, scores_k)
print(
    "checked: shuffled pixels and shuffled weights give the scores of neither shuffled"
)

# %% [markdown]
# ## Summary
#
# - A convolution believes in neighbours, and that a pattern means the same everywhere.
# - A shift moves its maps. Whether the answer stays depends on what follows them.
# - A shuffle of pixels takes its lead away, and does nothing to a dense network.
# - Convolve where a shift keeps the meaning and a shuffle destroys it.
#
# ## Common mistakes
#
# - **"Convolutional networks are invariant to shifts."** Their maps are equivariant; a dense layer behind them is not invariant.
# - **Convolving over the columns of a table**, because it comes as an array.
# - **Comparing networks of different sizes**, or one seed of each.
#
# ## Quick questions
#
# 1. A table has the temperature of each hour of a day in 24 columns. Convolve over them?
#
#    <details><summary><b>Answer</b></summary>
#
#    Yes: these columns are a time series. Neighbours belong together, and a warm spell means much the same at ten as at eleven.
#
#    </details>
# 2. Would a network with convolutions of $1 \times 1$ alone mind the shuffle?
#
#    <details><summary><b>Answer</b></summary>
#
#    Not before its first pooling in windows: such a kernel sees one pixel and has no neighbours.
#
#    </details>
# 3. Each digit is shuffled by its *own* random permutation. What can a network still use?
#
#    <details><summary><b>Answer</b></summary>
#
#    How many pixels are how bright. Their places tell nothing any more.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that the largest answer of a kernel over a whole row does not change when a pattern moves, as long as its window and the kernel's overlap with it
# stay inside the row and the rest is $0$.
#
# <details><summary><b>Outline</b></summary>
#
# The move takes each window's answer to another place. The same answers stand there in another order, and windows of zeros answer $0$. The largest of
# the same numbers is the same.
#
# </details>

# %% [markdown]
# **Try.** Replace the last pooling of `local` by one over all that is left, `MaxPool(4)`, and the dense layer by one with 32 inputs. Compare the four cases again. What do you gain, and
# what does it cost?
#
# <details><summary><b>Outline</b></summary>
#
# Compare means over the same five seeds. Its answer forgets where in the map a feature stood, but two poolings in windows and the border of the picture still
# know.
#
# </details>
#
# ## References
#
# - T. M. Mitchell (1980). The need for biases in learning generalizations. Technical report CBM-TR-117, Rutgers University.
# - S. Bai, J. Z. Kolter, V. Koltun (2018). An empirical evaluation of generic convolutional and recurrent networks for sequence
#   modeling. arXiv:1803.01271 (their "P-MNIST" shuffles pixels in this way)
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
