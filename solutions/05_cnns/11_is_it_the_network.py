# %% [markdown]
# # Is it the network?
#
# {{about}}
#
# **After this lesson you can**
#
# - cover an image piece by piece to find what an answer rests on,
# - say what a cover cannot show, and why its colour matters,
# - compare two maps by the rank correlation of their pixels,
# - test whether a map tells of the network at all, by giving the network random weights,
# - name a map that fails this test, and say why.
#
# **You need** input gradients and integrated gradients (the lesson before this one).

# %% [markdown]
# ## Cover it and see
#
# Shares and slopes come from formulas. The plainest way to ask what an answer rests on is an experiment: cover a part of the image, and
# measure how far the score falls. Take a score that you can read, $2 x_1 + 3 x_2$ at $x = (1, 2)$, and cover an input by setting it to
# $0$. The score falls from $8$ by $2$ without $x_1$, and by $6$ without $x_2$.
#
# **Predict.** Now the score is the larger of the two, $\max(x_1, x_2)$, at $x = (1, 1)$. What is lost without $x_1$? Without
# $x_2$?

# %%
print("lost:", max(1, 1) - max(0, 1), "and", max(1, 1) - max(1, 0))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Nothing and nothing. Two witnesses say the same: send one home, and the case stands. Without both it falls. So a map
# of [[occlusion]] can be empty though something in the image carries the answer.
#
# </details>
#
# On an image, a window of $3 \times 3$ walks, and each place gets the score that is lost there. The network is that of lesson 4,
# trained as before.

# %%
import numpy as np

from gdcourse.datasets import digits
from gdcourse.losses.numpy import softmax_ce
from gdcourse.models.numpy import cnn
from gdcourse.optimizers.numpy import Adam
from gdcourse.training.numpy import objective, train

data = digits(images=True)
images, labels = data.X[1297:], data.y[1297:]


# %%
def trained(seed):
    net = cnn((1, 8, 8), padding=1, seed=seed)
    run = {"epochs": 10, "batch_size": 32, "seed": seed}
    loss = objective(net, softmax_ce)
    train(loss, net.params, data.X[:1297], data.y[:1297], Adam(1e-3), **run)
    return net


net = trained(0)


# %%
def occlude(image, target, value):
    full = net.forward(image[None])[0, target]
    lost = np.zeros((6, 6))
    for i, j in np.ndindex(6, 6):
        covered = image.copy()
        covered[:, i : i + 3, j : j + 3] = value
        lost[i, j] = full - net.forward(covered[None])[0, target]
    return lost


three = images[49]
black, white = occlude(three, 3, value=0), occlude(three, 3, value=1)

# %% [markdown]
# **Predict.** A "3" is open on its left side. Cover that side with *black*, then with *white*. Which of the two can show that the
# opening matters?

# %%
closed = three.copy()
closed[:, 3:6, 1:4] = 1  # a white window on the lower left
print("answer:", net.forward(three[None]).argmax(), end=", ")
print("with the left side closed:", net.forward(closed[None]).argmax())

# %% tags=["draw"]
# The three, and what is lost at each place under both covers
from gdcourse import plots

fig, axes = plots.figure(4, width=9.5, height=2.6)
pictures = {"the digit": three[0], "left side closed": closed[0]}
pictures |= {"lost, black cover": black, "lost, white cover": white}
for ax, (name, values) in zip(axes, pictures.items(), strict=True):
    limit = np.abs([black, white]).max()
    scale = ("RdBu_r", -limit, limit) if "lost" in name else ("gray", 0, 1)
    shown = ax.imshow(values, cmap=scale[0], vmin=scale[1], vmax=scale[2])
    ax.set(title=name, xticks=[], yticks=[])
    ax.grid(False)
fig.colorbar(shown, ax=list(axes), shrink=0.8)
plots.show(
    fig,
    alt="A handwritten three, and the same with a white square on its left. Two maps of "
    "what is lost: black covers lose most on a stroke in the right half, white covers "
    "lose most on the left, where the three is open.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Only white. Black on black changes nothing. With the left side closed, the network answers $8$: the empty place was a reason
# for "3", as much as the ink.
#
# </details>
#
# So an occlusion map depends on *what you cover with*, and on the window's size. And the network never saw covered images in
# training: some of the fall may be surprise. Say with each map how it was made.

# %% tags=["check"]
# Occlusion by hand and by the library, and what text and picture say
from gdcourse.attribution.numpy import occlusion

lost = occlusion(net, three[None], 3, size=3, value=1.0)
assert np.allclose(lost[0], white, atol=1e-10)
assert np.allclose(occlusion(net, three[None], 3, 3)[0], black, atol=1e-10)
assert max(1, 1) - max(0, 1) == 0 and max(1, 1) - max(0, 0) == 1
assert 2 * 1 + 3 * 2 == 8 and 8 - 3 * 2 == 2 and 8 - 2 * 1 == 6
assert net.forward(three[None]).argmax() == labels[49] == 3
assert net.forward(closed[None]).argmax() == 8
assert np.unravel_index(black.argmax(), (6, 6))[1] >= 3
assert np.unravel_index(white.argmax(), (6, 6))[1] <= 2
assert not occlusion(net, np.zeros((1, 1, 8, 8)), 3, 3).any()
print("checked: the loops equal the library; a closed three is taken for an eight")

# %% [markdown]
# ## Two networks, one map?
#
# A map looks convincing: the strokes of the digit light up. But do they light up because the *network* uses them, or because the *image*
# has them? There is a test that needs no eye (Adebayo et al. 2018): put random weights into the network, which then knows nothing. **A map
# that does not change when the weights do tells nothing of the weights.**
#
# Here is the trap in numbers. Two linear scores have the weights $(1, 2, 3, -1)$ and $(-2, 1, -1, 2)$. The image is
# $x = (0, 1, 4, 9)$. The integrated gradients from black are weight times pixel. As a picture you show how *strong* each share is,
# without its sign.
#
# **Predict.** Order the pixels by the strength of their shares, once for each score. How much do the two orders differ?

# %%
x = np.array([0, 1, 4, 9])
first, second = np.array([1, 2, 3, -1]), np.array([-2, 1, -1, 2])
for weights in (first, second):
    print(
        "shares:", weights * x, " order by strength:", np.argsort(np.abs(weights * x))
    )


# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The shares are $0, 2, 12, -9$ and $0, 1, -4, 18$. Only the two strongest change places. The weights have little in common; the factor $x$ has
# ordered the pixels.
#
# </details>
#
# To compare two maps of a digit in one number, put ranks in the place of values, $1$ for the smallest, and correlate the ranks. This is
# the [[rank correlation]]: $1$ for one order, $-1$ for opposite orders, about $0$ for orders that have nothing to do with each other.
#
# Now on digits. Three networks: ours, a second one that was trained from another start, and one with random weights. Both trained ones know
# digits, so their maps should be alike; the random one's should not.

# %%
from gdcourse import attribution

networks = {
    "ours": net,
    "other": trained(1),
    "random": cnn((1, 8, 8), padding=1, seed=5),
}
batch, classes = images[:100], labels[:100]
maps = {}
for name, model in networks.items():
    slopes = attribution.numpy.input_gradient(model, batch, classes)
    shares = attribution.numpy.integrated_gradients(model, batch, classes, steps=20)
    covers = attribution.numpy.occlusion(model, batch, classes, size=3)
    maps[name] = {"|slopes|": abs(slopes), "|shares|": abs(shares)}
    maps[name] |= {"shares": shares, "occlusion": covers}

# %%
from scipy.stats import spearmanr


def alike(some, others):
    pairs = zip(some, others, strict=True)
    return np.mean([spearmanr(a.ravel(), b.ravel())[0] for a, b in pairs])


# %% [markdown]
# `|slopes|` and `|shares|` are without the sign, as most pictures show them; `shares` and `occlusion` keep it.
#
# **Predict.** Which of the four maps stays nearly the same under random weights?

# %%
similar = {kind: {} for kind in maps["ours"]}
for kind in similar:
    for name in ("other", "random"):
        similar[kind][name] = alike(maps["ours"][kind], maps[name][kind])
    print(f"{kind:10}", {name: f"{value:.1f}" for name, value in similar[kind].items()})

# %% tags=["draw"]
# The same maps of one digit, from the three networks
shown_kinds = ["|slopes|", "|shares|", "shares", "occlusion"]
fig, axes = plots.figure(4, 3, width=7.0, height=1.75)
for row, name in zip(axes, networks, strict=True):
    for ax, kind in zip(row, shown_kinds, strict=True):
        values = maps[name][kind][49].reshape(-1, 6 if kind == "occlusion" else 8)
        top = np.abs(values).max()
        signed = "|" not in kind
        colours = "RdBu_r" if signed else "viridis"
        ax.imshow(values, cmap=colours, vmin=-top if signed else 0, vmax=top)
        ax.set(xticks=[], yticks=[], title=kind if name == "ours" else "")
        ax.grid(False)
    row[0].set_ylabel(name)
plots.show(
    fig,
    alt="Maps of one three in three rows: our network, another trained one, a random one. "
    "The strengths of the shares show the strokes of the three in all rows, even for "
    "random weights. Shares with their sign and occlusion differ in the last row.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The strengths of the shares: about $0.9$ with the random network. The network that knows nothing lights up the same
# strokes. With their sign, the shares have about $0.0$ in common with the random ones, and $0.6$ with those of the other trained network.
# Occlusion goes from more than $0.7$ to $0.0$: it passes best here.
#
# </details>
#
# Why? The share has the factor $x_i - 0$. Black pixels get exactly $0$ from every network, and bright ones much. Compare the map with the *image
# itself*: the rank correlation is about $0.9$ too. A map that you can draw without the network is no explanation of the network. The sign is
# where the weights speak.

# %% [markdown]
# ## What the test shows, and what it does not
#
# - A map that **fails** tells of the image. Do not use it to explain an answer.
# - A map that **passes** depends on the weights. That it tells *the reason* for an answer is not shown.
# - The slopes pass, but those of two trained networks have little in common ($0.4$): a slope at one point is noisy.
# - Compare with something: another start, random weights, the image alone. One map alone cannot be wrong.

# %% tags=["check"]
# The order by hand, the table, and the image as a map
assert (first * x).tolist() == [0, 2, 12, -9] and (second * x).tolist() == [
    0,
    1,
    -4,
    18,
]
assert np.argsort(np.abs(first * x)).tolist() == [0, 1, 3, 2]
assert np.argsort(np.abs(second * x)).tolist() == [0, 1, 2, 3]
near = {kind: {k: round(v, 1) for k, v in row.items()} for kind, row in similar.items()}
assert near["|shares|"]["random"] == 0.9 and abs(near["shares"]["random"]) == 0.0
assert near["shares"]["other"] == 0.6 and abs(near["occlusion"]["random"]) == 0.0
assert similar["occlusion"]["other"] > 0.7
assert near["|slopes|"]["other"] == 0.4 and near["|slopes|"]["random"] < 0.3
plain = alike(maps["ours"]["|shares|"], batch)
assert round(plain, 1) == 0.9
for seed in (6, 7):
    model = cnn((1, 8, 8), padding=1, seed=seed)
    again = attribution.numpy.integrated_gradients(model, batch, classes, steps=20)
    assert alike(maps["ours"]["|shares|"], abs(again)) > 0.85
    assert abs(alike(maps["ours"]["shares"], again)) < 0.2
opposite = spearmanr([1, 2, 3], [9, 4, 1])[0]
assert np.isclose(opposite, -1) and np.isclose(spearmanr([1, 2, 3], [1, 10, 11])[0], 1)
print("checked: strengths of shares fail the test with three random networks")

# %% [markdown]
# ## In three frameworks
#
# Occlusion needs no gradient, only a network that answers. The same weights, so the same map.

# %%
lost = attribution.numpy.occlusion(net, three[None], 3, size=3, value=1.0)
print("NumPy:     ", np.round(lost[0, 3, :3], 4))

# %% tags=["torch"]
import torch

from gdcourse import models

net_t = models.torch.cnn((1, 8, 8), padding=1)
with torch.no_grad():
    for p_t, p in zip(net_t.params, net.params, strict=True):
        p_t.copy_(torch.tensor(p))
three_t = torch.tensor(three[None])
lost_t = attribution.torch.occlusion(net_t, three_t, 3, size=3, value=1.0).numpy()
print("PyTorch:   ", np.round(lost_t[0, 3, :3], 4))

# %% tags=["tensorflow"]
import tensorflow as tf

from gdcourse import models

net_k = models.tensorflow.cnn((1, 8, 8), padding=1)
for p_k, p in zip(net_k.params, net.params, strict=True):
    p_k.assign(p)
three_k = tf.constant(three[None])
lost_k = attribution.tensorflow.occlusion(net_k, three_k, 3, size=3, value=1.0)
print("TensorFlow:", np.round(lost_k[0, 3, :3], 4))

# %% tags=["check", "torch", "tensorflow"]
# All three frameworks
assert np.allclose(lost_t, lost, atol=1e-10) and np.allclose(lost_k, lost, atol=1e-10)
print("checked: NumPy, PyTorch and TensorFlow give the same occlusion map")

# %% [markdown]
# ## Summary
#
# - Occlusion measures what an answer rests on. It misses what is said twice, and what has the colour of the cover.
# - The test: maps of a network with random weights. What stays the same tells of the image.
# - Strengths of shares from a black baseline fail it: the factor $x_i$ draws the digit. Their signs pass, and so does occlusion.
#
# ## Common mistakes
#
# - **"It looks at the digit, so it is right"**: so does a map of a network that knows nothing.
# - **Dropping the sign** to get a cleaner picture.
# - **A map without its cover**: say the window's size and what it was filled with.
# - **One digit as evidence.** Compare over many, in a number.
#
# ## Quick questions
#
# 1. An occlusion map is $0$ everywhere on an image that is all black, with black covers. Does nothing in the image matter?
#
#    <details><summary><b>Answer</b></summary>
#
#    You cannot tell. The covers changed nothing, so nothing was measured.
#
#    </details>
# 2. A covered window *raises* the score. What does that say?
#
#    <details><summary><b>Answer</b></summary>
#
#    What stood there spoke against this class.
#
#    </details>
# 3. A map passes the test with random weights. Is it a good explanation?
#
#    <details><summary><b>Answer</b></summary>
#
#    Not shown. Noise that depends on the weights passes too.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that for a linear score, occlusion of one input with the baseline's value loses exactly its share of the integrated
# gradients. Then find a score where the two differ.
#
# <details><summary><b>Outline</b></summary>
#
# Without input $i$ a linear score loses $w_i (x_i - b_i)$, where here $b_i$ is the baseline's value; its slope is $w_i$ all the way, so that
# is the share. For $x_1 x_2$ at $(1, 1)$ each cover loses $1$, but the shares are $\frac12$ each: occlusion counts the score twice.
#
# </details>

# %% [markdown]
# **Try.** Plant a reason that you know: in the training digits from 5 to 9, make the pixel in the lower left corner white, and train a network
# for "5 or more". Which maps find the pixel? How often is the network right where the pixel is planted on the *other* digits?
#
# <details><summary><b>Outline</b></summary>
#
# Count over 100 digits how often the corner is the strongest pixel of a map, for this network and for one that was trained without the
# plant. A test whose answer is known tells more than a picture that looks plausible.
#
# </details>
#
# ## References
#
# - M. D. Zeiler, R. Fergus (2014). Visualizing and understanding convolutional networks. *ECCV*. arXiv:1311.2901
# - J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim (2018). Sanity checks for saliency maps. *NeurIPS*.
#   arXiv:1810.03292
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
