# %% [markdown]
# # Babysitting a run
#
# {{about}}
#
# **After this lesson you can**
#
# - test a pipeline before you train it: the loss at the start, twenty samples by heart, the inputs wiped,
# - measure how far a step moves the weights, and say whether that suits the length of the run,
# - read a pair of curves, and name what they cannot tell you,
# - say when to stop worrying.
#
# **You need** cross-entropy and the gap between training and validation loss (unit 01), and the network with one hidden
# layer. Here $r$ is the length of a step in parts of the length of the weights.

# %% [markdown]
# ## Before training: three checks in a minute
#
# A wrong network often learns something, and its loss falls. So begin with checks whose answer you *know*.
#
# **The loss at the start.** A fresh network knows nothing. With ten classes it should give each about $\frac1{10}$, so
# the loss is about $-\log \frac{1}{10} = \log 10 = 2.303$. It may be a little above: the fresh weights favour some
# classes by chance.
#
# **Twenty samples by heart.** Train on twenty samples alone. A network with far more weights than samples can learn
# them by heart, so the loss must go to nearly $0$. If it does not, something is broken between the data and the step.
#
# **The inputs wiped.** Put zeros in place of all inputs. Now the network can learn only how frequent the classes are.
# If your real inputs do no better, they do not reach the network.

# %% tags=["setup"]
# The digits, the network, and training that can be broken in three ways
import numpy as np

from gdcourse import datasets, plots
from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad
from gdcourse.models.numpy import mlp

rest, test = datasets.split(datasets.digits(), test=0.3)
learn, valid = datasets.split(rest, test=0.3, seed=1)
one_hot = np.eye(10)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def by_heart(broken="", steps=300, lr=0.5, seed=0, X=learn.X[:20], y=learn.y[:20]):
    """Train on twenty samples, with one fault or none; return the losses and the net."""
    net, losses = mlp([64, 32, 10], seed=seed), []
    if broken == "labels shuffled":
        y = np.random.default_rng(1).permutation(y)
    if broken == "inputs wiped":
        X = np.zeros_like(X)
    for _ in range(steps):
        z = net.forward(X, train=True)
        if broken == "softmax twice":
            p = softmax(z)
            q = softmax(p)
            losses.append(float(-np.mean(np.log(q[np.arange(20), y]))))
            back = (q - one_hot[y]) / 20
            net.backward(p * (back - np.sum(back * p, axis=1, keepdims=True)))
        else:
            losses.append(float(softmax_ce(z, y)))
            net.backward(softmax_ce_grad(z, y))
        for param, grad in zip(net.params, net.grads, strict=True):
            param -= lr * grad
    return np.array(losses), net


# %%
print(f"expected {np.log(10):.2f}")
for name, scale in {"pixels from 0 to 1": 1, "pixels from 0 to 255": 255}.items():
    fresh = [mlp([64, 32, 10], seed=seed) for seed in range(5)]
    losses = [softmax_ce(net.forward(scale * learn.X), learn.y) for net in fresh]
    print(f"{name:20} loss at the start, five seeds:", np.round(losses, 1))

# %% [markdown]
# The second row is a find: somebody forgot to scale the pixels. No training was needed.
#
# **Predict.** Now the twenty samples. Three faults are built in, one at a time: the labels are shuffled; softmax is
# applied twice; the inputs are wiped, as if they never arrived. Which of the three does "twenty by heart" catch? Which
# losses end below $0.01$? Which above $1$?

# %%
faults = ("", "labels shuffled", "softmax twice", "inputs wiped")
hearts = {name or "no fault": by_heart(name) for name in faults}
for name, (losses, _) in hearts.items():
    print(f"{name:16} loss at step 0, 50, 299:", losses[[0, 50, 299]].round(3))

# %% tags=["draw"]
# Twenty samples by heart
fig, ax = plots.figure(width=7.5, height=3.2)
for (name, (losses, _)), marker in zip(hearts.items(), plots.MARKERS, strict=False):
    ax.plot(losses, marker=marker, markevery=40, markersize=5, label=name)
ax.set(
    yscale="log",
    xlabel="step",
    ylabel="loss",
    title="twenty samples by heart",
    ylim=(1e-3, 4),
)
ax.legend(loc="lower left")
plots.show(
    fig,
    alt="Loss against the step, log scale. Without a fault and with shuffled labels the loss falls "
    "below 0.01. With softmax twice it levels off at 1.51, with the inputs wiped at 1.93.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The last two. Softmax twice cannot go below $1.46$ (unit 01) and stands at $1.51$. Without inputs the loss stays at
# $1.93$, that of guessing by the frequency of the twenty labels. Shuffled labels pass! A network can learn wrong
# answers by heart as well. They show on *validation* data, where the network does no better than guessing. A check
# catches what it was made for.
#
# </details>

# %% tags=["check"]
# The three checks in numbers
assert round(np.log(10), 3) == 2.303 and round(np.log(10), 2) == 2.3
starts = {
    scale: [
        softmax_ce(mlp([64, 32, 10], seed=s).forward(scale * learn.X), learn.y)
        for s in range(5)
    ]
    for scale in (1, 255)
}
assert 2.3 < min(starts[1]) and max(starts[1]) < 2.7 and min(starts[255]) > 100
ends = {name: losses[-1] for name, (losses, _) in hearts.items()}
assert ends["no fault"] < 0.01 and ends["labels shuffled"] < 0.01
assert (
    round(ends["softmax twice"], 2) == 1.51 and round(ends["inputs wiped"], 2) == 1.93
)
assert round(np.log(1 + 9 / np.e), 2) == 1.46 < ends["softmax twice"]
share = np.bincount(learn.y[:20]) / 20
guess = -np.sum(share[share > 0] * np.log(share[share > 0]))
assert abs(guess - ends["inputs wiped"]) < 0.02
z = hearts["labels shuffled"][1].forward(valid.X)
assert np.mean(z.argmax(axis=1) == valid.y) < 0.1 and softmax_ce(z, valid.y) > np.log(
    10
)
print("checked: what each of the three checks finds, and what it does not")

# %% [markdown]
# ## During training: how far does a step move the weights?
#
# Let a layer's weights have the length $5$ and a step the length $0.005$. The **[[update ratio]]** is
# $r = 0.005 / 5 = 0.001$: a step moves the weights by a thousandth of their length. Then 140 such steps move them by at
# most $14$ %. In small networks like ours useful weights lie about as far from the start as the start is long (in very
# wide ones nearer). Steps partly cancel. So
#
# $$r \times \text{number of steps} \quad \text{should come out near 1, or above.} \tag{1}$$
#
# A common rule of thumb says $r \approx 10^{-3}$ (CS231n). By (1) that suits runs of thousands of steps.

# %% tags=["setup"]
# 140 steps: all update ratios, the way from the start, the loss
from gdcourse.diagnostics import snapshot, update_ratios
from gdcourse.optimizers.numpy import GD, Adam
from gdcourse.training.numpy import objective, train


def ratios(lr, seed=0, hidden=32):
    net, rng, found = mlp([64, hidden, 10], seed=seed), np.random.default_rng(seed), []
    start = snapshot(net)
    for _ in range(140):
        rows = rng.choice(len(learn.y), 64, replace=False)
        before = snapshot(net)
        _, grads = objective(net, softmax_ce)(net.params, learn.X[rows], learn.y[rows])
        GD(lr).step(net.params, grads)
        found.append(update_ratios(before, snapshot(net))["0 Dense"])
    moved = update_ratios(start, snapshot(net))["0 Dense"]
    return np.array(found), moved, float(softmax_ce(net.forward(valid.X), valid.y))


# %% [markdown]
# **Predict.** The run has 140 steps. Which ratio will the *best* rate have: about $10^{-4}$, $10^{-3}$, $10^{-2}$ or
# $10^{-1}$?

# %%
for lr in (0.003, 0.03, 0.3, 1.0, 3.0):
    found, moved, loss = ratios(lr)
    told = f"ratio at the first step {found[0]:.4f}, later {np.median(found):.4f}"
    print(f"rate {lr:<5} {told}, from the start {moved:.2f}, validation {loss:.2f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The rates $0.3$ and $1$ end lowest, with ratios between $0.01$ and $0.05$: $140 \cdot 0.01 = 1.4$. At the end the
# weights stand $0.68$ of their length from the start at the rate $0.3$, and $1.08$ at $1$. At $0.003$ the ratio is
# $0.0002$, and they have hardly left. At $3$ the first step moves them by 27 %; soon the units are dead, and nothing
# moves.
#
# </details>

# %% [markdown]
# Look at the ratio per *layer*. If one layer's is a hundred times another's, one of them is not learning or is being
# torn apart. It comes from factors that multiply from
# layer to layer.
#
# ## Reading the curves
#
# Six runs on the digits, training and validation loss after each epoch. A is by Adam with the rate $0.03$, the others
# by gradient descent.
#
# **Predict.** Match the panels with the causes: the rate is too small; about right; too large; far too large; 100
# images, some with wrong labels; the validation images were not scaled like the others.


# %% tags=["draw"]
# Six runs
def curves(lr, epochs=30, images=881, wrong=0.0, scale=1.0, optimizer=GD, seed=0):
    net, X, y = mlp([64, 32, 10], seed=seed), learn.X[:images], learn.y[:images].copy()
    rng = np.random.default_rng(0)
    flip = rng.random(images) < wrong
    y[flip] = rng.integers(0, 10, np.sum(flip))
    kept = []

    def after_epoch(history, params):
        losses = (
            softmax_ce(net.forward(X), y),
            softmax_ce(net.forward(scale * valid.X), valid.y),
        )
        kept.append([float(loss) for loss in losses])

    run = objective(net, softmax_ce), net.params, X, y, optimizer(lr)
    train(*run, epochs=epochs, batch_size=64, seed=seed, callbacks=[after_epoch])
    return np.array(kept).T


runs = {
    "A": curves(0.03, images=100, wrong=0.2, optimizer=Adam),
    "B": curves(1.5),
    "C": curves(0.3, scale=16.0),
    "D": curves(0.003),
    "E": curves(5.0),
    "F": curves(0.3),
}
fig, axes = plots.figure(3, 2, width=9.2, height=2.5, sharex=True, sharey=True)
for ax, (name, (training, validation)) in zip(axes.flat, runs.items(), strict=True):
    ax.plot(np.arange(1, 31), training, label="training")
    ax.plot(np.arange(1, 31), validation, label="validation")
    ax.set_title(name)
    ax.set_ylim(0, 3)
fig.supxlabel("epoch")
fig.supylabel("loss")
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
plots.show(
    fig,
    alt="Six panels of two losses over 30 epochs. A: training falls to 0.16, validation falls, then "
    "rises. B: both jump up and down. C: training falls to near 0, validation is far above it "
    "from the first epoch. D: both fall slowly, from 2.3 to 2.1. E: both stay at 2.3 from the second epoch on. F: both "
    "fall fast and come to rest close together.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# D is too small: still falling at the end, and hardly begun. F is about right. B is too large: it jumps. E is far too
# large: the units died in the first steps, and it guesses. A learns its 100 images by heart, wrong labels and all:
# validation turns while training goes on to fall. C is the unscaled validation set: the gap is there from the *first*
# epoch, before anything could be learnt by heart.
#
# </details>

# %% [markdown]
# | what you see | what it often is | what to try first |
# |:--|:--|:--|
# | NaN or infinity | a step far too long, a $\log 0$ | a tenth of the rate; look at the inputs |
# | stands at the loss of guessing | dead units, inputs or labels that do not arrive | the three checks; the update ratio |
# | jumps | the rate is too large | a lower rate, or one that falls |
# | still falling at the end | too short, or too small a rate | raise the rate; more epochs |
# | validation turns up, training falls | [[overfitting]] | stop there; more data; a penalty |
# | a gap from the start | the two sets are treated differently | compare their means, scales, labels |
# | both at rest, close together | it has learnt what this model can | a larger model, better features |
#
# The curves do not tell everything. C looks like overfitting to anyone who sees only its end. You put curves into
# such boxes in {{exercise:diagnose_run}}.
#
# ## When to stop worrying
#
# Real curves wobble. Before you chase a difference, measure what chance does. Run F with five seeds, and look at the
# last ten epochs of each.

# %%
seeds = [curves(0.3, seed=seed)[1] for seed in range(5)]
ends = np.array([validation[-1] for validation in seeds])
wobble = np.mean([np.std(validation[-10:]) for validation in seeds])
print("last validation losses:", ends.round(3), " wobble of one run:", round(wobble, 3))

# %% [markdown]
# A run wobbles by about $0.008$ from epoch to epoch, and the five seeds end between $0.183$ and $0.227$. So a change
# that brings $0.01$ in one run has brought nothing yet. Stop worrying when
#
# - the three checks pass, and the loss is clearly below that of guessing and of a simple model,
# - no layer's update ratio is a hundred times another's, and none grows,
# - the validation loss has come to rest, and the run does about as well with another seed.

# %% tags=["check"]
# Update ratios, the six panels, and the spread over seeds
steps = {lr: ratios(lr) for lr in (0.003, 0.03, 0.3, 1.0, 3.0)}
best = sorted(steps, key=lambda lr: steps[lr][2])[:2]
assert sorted(best) == [0.3, 1.0] and steps[0.003][1] < 0.05
assert [f"{steps[lr][1]:.2f}" for lr in (0.3, 1.0)] == ["0.68", "1.08"]
assert all(0.01 <= np.median(steps[lr][0]) <= 0.05 for lr in best)
assert (
    round(np.median(steps[0.003][0]), 4) == 0.0002
    and round(steps[3.0][0][0], 2) == 0.27
)
assert (
    np.median(steps[3.0][0]) == 0
    and 0.005 / 5 == 0.001
    and round(140 * 0.001, 2) == 0.14
)
assert round(140 * 0.01, 1) == 1.4 and len(steps[0.3][0]) == 140
wide = ratios(0.3, hidden=1024)
assert wide[1] < 0.1 and wide[2] < steps[0.3][2] and steps[0.3][0].sum() > steps[0.3][1]
A, B, C, D, E, F = (runs[name] for name in "ABCDEF")
assert (
    np.all(np.diff(D[0]) < 0) and round(D[0, -1], 1) == 2.1 and round(D[0, 0], 1) == 2.3
)
assert F[0, -1] < 0.1 and F[1, -1] - F[0, -1] < 0.15 and np.ptp(F[1, -10:]) < 0.05
assert np.all(np.sum(np.diff(B) > 0.3, axis=1) >= 4)
assert np.all(abs(E[:, 1:] - np.log(10)) < 0.15) and np.median(ratios(5.0)[0]) == 0
assert np.all(np.diff(D[1]) < 0) and D[1].round(1)[[0, -1]].tolist() == [2.3, 2.1]
assert round(A[0, -1], 2) == 0.16 and A[1, -1] > 1.3 * A[1].min() and A[1].argmin() < 20
assert np.all(C[1] > C[0] + 0.45) and np.allclose(C[0], F[0])
assert [f"{v:.3f}" for v in (ends.min(), ends.max())] == ["0.183", "0.227"]
assert round(wobble, 3) == 0.008 < 0.01
print("checked: the ratios, what the six panels show, and the spread over seeds")

# %% [markdown]
# ## In three frameworks
#
# The update ratio is three lines anywhere: copy the weights, step, compare. Here for one layer and one batch of digits.

# %%
X, y = learn.X[:64], learn.y[:64]
W = np.random.default_rng(0).normal(0, 0.1, (64, 10))
step = 0.1 * X.T @ (softmax(X @ W) - one_hot[y]) / 64
print("NumPy:     ", np.linalg.norm(step) / np.linalg.norm(W))

# %% tags=["torch"]
import torch

W_t = torch.tensor(W, requires_grad=True)
optimizer = torch.optim.SGD([W_t], lr=0.1)
torch.nn.functional.cross_entropy(torch.tensor(X) @ W_t, torch.tensor(y)).backward()
before = W_t.detach().clone()
optimizer.step()
torch_ratio = ((W_t.detach() - before).norm() / before.norm()).item()
print("PyTorch:   ", torch_ratio)

# %% tags=["tensorflow"]
import tensorflow as tf

W_k = tf.Variable(W)
with tf.GradientTape() as tape:
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(y, X @ W_k)
    loss = tf.reduce_mean(each)
before = tf.identity(W_k)
W_k.assign_sub(0.1 * tape.gradient(loss, W_k))
tf_ratio = float(tf.norm(W_k - before) / tf.norm(before))
print("TensorFlow:", tf_ratio)

# %% tags=["check", "torch", "tensorflow"]
# Do the three measure the same?
assert np.allclose(
    np.linalg.norm(step) / np.linalg.norm(W), [torch_ratio, tf_ratio], rtol=1e-9
)
print("checked: one ratio in NumPy, PyTorch and TensorFlow")

# %% [markdown]
# ## Summary
#
# - Before training: the loss at the start, twenty samples by heart, the inputs wiped.
# - During it: the update ratio times the number of steps says how far the weights can go.
# - The curves name the box; a second look names the cause. A gap from the first epoch is no overfitting.
# - Differences smaller than those between seeds are no differences yet.
#
# ## Common mistakes
#
# - **"The loss falls, so the code is right."** Wrong code learns too.
# - **A rule of thumb for $r$ without the length of the run.** $10^{-3}$ is too little for 140 steps.
# - **A cure before a diagnosis.** A penalty does not mend unscaled validation data.
# - **Staring at one run.** Let a second seed tell you what chance does.
#
# ## Quick questions
#
# 1. A network for 1000 classes starts with the loss $6.9$. Is that alarming?
#
#    <details><summary><b>Answer</b></summary>
#
#    No: $\log 1000 = 6.91$.
#
#    </details>
# 2. Validation is *better* than training from the first epoch on. Name two harmless reasons.
#
#    <details><summary><b>Answer</b></summary>
#
#    The training loss is averaged over the epoch, while the network was still worse. Or something makes only training
#    harder, such as dropout or altered images. (A leak of labels is the harmful one.)
#
#    </details>
# 3. The update ratio of the last layer is $10^{-2}$, that of the first $10^{-6}$. What do you conclude?
#
#    <details><summary><b>Answer</b></summary>
#
#    The first layer stands still: in 1000 steps it moves by at most a thousandth. Raising the rate would tear the last
#    one. Better first weights, or a rate for each layer, are the remedies to look for.
#
#    </details>
# 4. Twenty samples cannot be learnt by heart: the loss stands at $0.4$. What do you look at?
#
#    <details><summary><b>Answer</b></summary>
#
#    Two equal inputs with different labels, a penalty or dropout that is still on, too small a rate, too few weights.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** With the inputs wiped, the network is a vector of scores, the same for all samples. Show that the lowest
# cross-entropy is the entropy of the frequencies of the labels. Which frequencies make it $\log 10$?
#
# <details><summary><b>Outline</b></summary>
#
# With the frequencies $q_k$ the loss is $-\sum_k q_k \log p_k$, the cross-entropy of unit 01. It is the entropy of $q$
# plus $\operatorname{KL}(q, p) \ge 0$, so it is lowest at $p = q$. It is $\log 10$ if all ten are equally frequent.
#
# </details>

# %% [markdown]
# **Try.** Build a fault of your own into `by_heart`: the last layer's gradient with the wrong sign, or a rate of
# $0.001$. Which of the three checks finds it? Then find a fault that none of them does.
#
# <details><summary><b>Outline</b></summary>
#
# With the wrong sign the loss climbs, beyond $100$; a small rate is still on its way after 300 steps. "Twenty by heart"
# finds both. The checks miss what does no harm to twenty samples: shuffled labels, a test set that leaks into training,
# images mirrored by mistake.
#
# </details>

# %% tags=["check"]
# The quick and the open questions
assert (
    round(np.log(1000), 1) == 6.9
    and round(np.log(1000), 2) == 6.91
    and 1000 * 1e-6 == 0.001
)
slow = by_heart(lr=0.001)[0]
assert 0.4 > by_heart()[0][-1] and slow[-1] > 2 and np.all(np.diff(slow) < 0)
net, climb = mlp([64, 32, 10], seed=0), []
for _ in range(300):
    z = net.forward(learn.X[:20], train=True)
    climb.append(softmax_ce(z, learn.y[:20]))
    net.backward(softmax_ce_grad(z, learn.y[:20]))
    for param, grad, sign in zip(net.params, net.grads, (1, 1, -1, -1), strict=True):
        param -= 0.5 * sign * grad
assert climb[-1] > 100 and len(climb) == len(slow)
mirrored = learn.X[:20].reshape(20, 8, 8)[:, :, ::-1].reshape(20, 64)
leaky = {"X": test.X[:20], "y": test.y[:20]}  # test images among those to learn from
assert max(by_heart(X=mirrored)[0][-1], by_heart(**leaky)[0][-1]) < 0.01
print("checked: 1000 classes, a rate too small, a wrong sign, and faults that pass")

# %% [markdown]
# ## References
#
# - A. Karpathy (2019). *A recipe for training neural networks*. karpathy.github.io
# - Stanford CS231n, course notes, *Neural networks part 3: learning and evaluation* (sanity checks, the ratio of updates)
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep Learning*, chapter 11, Practical methodology. MIT Press.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
