# %% [markdown]
# # Autograd and GradientTape
#
# {{about}}
#
# **After this lesson you can**
#
# - train one network in NumPy, PyTorch and TensorFlow, with the same loss at each step,
# - use that as a test: where two programs first differ, there is the fault,
# - recognise three traps: a vector loss, a forgotten `zero_grad`, a tape that watched nothing.
#
# **You need** the network of lesson 5, the tape of lesson 7, and what a batch is: some rows of the data, on which one
# step is made.

# %% [markdown]
# ## One step, in three spellings
#
# The network is that of lesson 5, on pictures of handwritten digits: 64 pixels, 32 hidden units, 10 classes. The
# folded cell prepares the data `X` and `y`, the arrays of `first_weights()`, and `ROWS`, the row numbers of 114
# batches. Every version gets the *same* weights and the *same* batches, in float64.

# %% tags=["setup"]
# Digits, first weights, and the batches of two passes
import numpy as np
from sklearn.datasets import load_digits

from gdcourse import plots
from gdcourse.training.batches import batches

digits = load_digits()
X, y = digits.data / 16, digits.target


def first_weights():
    rng = np.random.default_rng(0)
    shapes = (64, 32), (32,), (32, 10), (10,)
    return [
        rng.normal(scale=0.1 if len(s) == 1 else np.sqrt(2 / s[0]), size=s)
        for s in shapes
    ]


rng = np.random.default_rng(0)
ROWS = [rows for _ in range(2) for rows in batches(len(X), 32, rng)]

# %% [markdown]
# By hand, a step is the backward pass of lesson 5, and then $\theta \leftarrow \theta - \eta g$ for each array:


# %%
def loss_and_gradients(params, X, y):
    W1, b1, W2, b2 = params
    Z = X @ W1 + b1
    A = np.maximum(Z, 0)
    S = A @ W2 + b2
    S = S - S.max(axis=1, keepdims=True)
    log_p = S - np.log(np.exp(S).sum(axis=1, keepdims=True))
    at = np.arange(len(y)), y  # the true class of each row
    G_S = np.exp(log_p)
    G_S[at] -= 1
    G_S /= len(y)
    G_Z = (G_S @ W2.T) * (Z > 0)
    return -log_p[at].mean(), [X.T @ G_Z, G_Z.sum(axis=0), A.T @ G_S, G_S.sum(axis=0)]


# %%
def train_numpy(lr=0.1):
    params, losses = first_weights(), []
    for rows in ROWS:
        loss, gradients = loss_and_gradients(params, X[rows], y[rows])
        for p, g in zip(params, gradients, strict=True):
            p -= lr * g
        losses.append(loss)
    return np.array(losses)


by_hand = train_numpy()
print(len(by_hand), "steps, from", by_hand[0].round(4), "to", by_hand[-1].round(4))

# %% [markdown]
# ## In three frameworks
#
# In **PyTorch** a tensor with `requires_grad` is on the tape. `backward()` *adds* to `.grad`, so the step begins by
# clearing it.

# %% tags=["torch"]
import torch


def train_torch(lr=0.1):
    params = [torch.tensor(p, requires_grad=True) for p in first_weights()]
    W1, b1, W2, b2 = params
    optimizer, losses = torch.optim.SGD(params, lr=lr), []
    for rows in ROWS:
        optimizer.zero_grad()
        S = torch.relu(torch.tensor(X[rows]) @ W1 + b1) @ W2 + b2
        loss = torch.nn.functional.cross_entropy(S, torch.tensor(y[rows]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses)


# %% [markdown]
# In **TensorFlow** the tape is the `with` block. It watches each `tf.Variable`, and `assign_sub` changes one in place.

# %% tags=["tensorflow"]
import tensorflow as tf

entropy = tf.nn.sparse_softmax_cross_entropy_with_logits  # one loss per row


# %% tags=["tensorflow"]
def train_tensorflow(lr=0.1):
    params, losses = [tf.Variable(p) for p in first_weights()], []
    W1, b1, W2, b2 = params
    for rows in ROWS:
        with tf.GradientTape() as tape:
            S = tf.nn.relu(X[rows] @ W1 + b1) @ W2 + b2
            loss = tf.reduce_mean(entropy(y[rows], S))
        for p, g in zip(params, tape.gradient(loss, params), strict=True):
            p.assign_sub(lr * g)
        losses.append(float(loss))
    return np.array(losses)


# %% [markdown]
# **Predict.** Each framework sums in its own order, so each rounds in its own way. After 114 steps, do the losses
# agree to 3 decimals, to 6, or to 12?

# %% tags=["torch", "tensorflow"]
by_torch, by_tensorflow = train_torch(), train_tensorflow()
print("NumPy:     ", by_hand[[0, 56, 113]])
print("PyTorch:   ", by_torch[[0, 56, 113]])
print("TensorFlow:", by_tensorflow[[0, 56, 113]])

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# To 12, at every step. Rounding differs in the sixteenth digit, and this run does not blow it up.
#
# </details>

# %% tags=["check", "torch", "tensorflow"]
# Do the losses agree at each step?
assert len(by_hand) == len(by_torch) == len(by_tensorflow) == 114
assert np.abs(by_torch - by_hand).max() < 1e-12
assert np.abs(by_tensorflow - by_hand).max() < 1e-12
print("checked: 114 losses, equal to 12 decimals in three frameworks")

# %% [markdown]
# That is a sharp test of a port from one framework to another: same weights, same batches, float64, and look at
# every loss. If the *first* loss differs, the forward pass does. If only the second differs, the gradient or the update
# does.
#
# The update is written out in TensorFlow for a reason. Keras' optimizers hold the rate in float32, where $0.1$ is not
# quite $0.1$, and the losses would part.
#
# ## With a model and an optimizer
#
# In daily work you do not handle the arrays. A **model** holds its parameters, and is called like a function. An
# **optimizer** holds the rate, and makes the update. In PyTorch a model is an `nn.Module`, and its optimizer is given
# the parameters once. In Keras the optimizer is given pairs of a gradient and its variable, at each step:

# %% tags=["torch"]
model = torch.nn.Linear(64, 10)  # a Module: X W^T + b
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scores = model(torch.tensor(X[:8]).float())
print("scores", tuple(scores.shape), [tuple(p.shape) for p in model.parameters()])

# %% tags=["tensorflow"]
dense = tf.keras.layers.Dense(10)
keras_optimizer = tf.keras.optimizers.SGD(0.1)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(dense(X[:8]) ** 2)  # any loss will do here
variables = dense.trainable_variables
pairs = zip(tape.gradient(loss, variables), variables, strict=True)
keras_optimizer.apply_gradients(pairs)
print("variables", [tuple(v.shape) for v in variables])

# %% [markdown]
# You write a whole step with them in {{exercise:torch_step}} and {{exercise:tape_step}}.
#
# ## Trap 1: a vector loss
#
# A published tutorial leaves the mean out. Then the loss has one entry for each of the 32 rows. PyTorch refuses to walk
# back from a vector. `tape.gradient` does not: it adds the entries up.
#
# **Predict.** The rate is $0.01$. Which rate does this run really have? And in the last batch of a pass, which has 5
# rows?

# %% tags=["tensorflow"]
params = [tf.Variable(p) for p in first_weights()]
W1, b1, W2, b2 = params
for rows in (ROWS[0], ROWS[56]):
    with tf.GradientTape(persistent=True) as tape:
        vector = entropy(y[rows], tf.nn.relu(X[rows] @ W1 + b1) @ W2 + b2)
        mean = tf.reduce_mean(vector)
    ratio = tape.gradient(vector, b2) / tape.gradient(mean, b2)
    print(len(rows), "rows, ratio of the gradients:", ratio.numpy()[:3].round(6))


# %% tags=["setup"]
# The run with the sum in place of the mean, and two runs with a mean
def train_sum(lr):
    params, losses = first_weights(), []
    for rows in ROWS:
        loss, gradients = loss_and_gradients(params, X[rows], y[rows])
        for p, g in zip(params, gradients, strict=True):
            p -= lr * len(rows) * g
        losses.append(loss)
    return np.array(losses)


runs = {"mean, rate 0.01": train_numpy(0.01), "vector, rate 0.01": train_sum(0.01)}
runs["mean, rate 0.32"] = train_numpy(0.32)

# %% tags=["draw"]
# The three runs
fig = plots.curves(
    runs,
    x=range(1, 115),
    ylabel="loss of the batch",
    title="two passes over the digits",
)
fig.axes[0].legend(loc="center right", bbox_to_anchor=(1, 0.6))
plots.show(
    fig,
    alt="Loss against the step. The mean at the rate 0.01 falls slowly. The vector loss at 0.01 "
    "falls like the mean at 0.32; the two curves nearly cover each other.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $0.32$: the sum of 32 losses has 32 times the gradient of the mean. In the batch of 5 rows it is $0.05$. So the rate
# changes with the batch, and with each change of the batch size. Here the larger rate happens to help. That is how the
# mistake survives.
#
# </details>

# %% tags=["check", "tensorflow"]
# Is the vector's gradient the sum?
for rows in (ROWS[0], ROWS[56]):
    with tf.GradientTape(persistent=True) as tape:
        vector = entropy(y[rows], tf.nn.relu(X[rows] @ W1 + b1) @ W2 + b2)
        mean = tf.reduce_mean(vector)
    for p in params:
        summed, averaged = tape.gradient(vector, p), tape.gradient(mean, p)
        assert np.allclose(summed, len(rows) * averaged, rtol=1e-12, atol=1e-14)
assert [len(ROWS[0]), len(ROWS[56]), len(X)] == [32, 5, 56 * 32 + 5]
print("checked: the gradient of a vector loss is that of its sum")

# %% tags=["check"]
# Do the two curves nearly cover each other, as the picture says?
assert np.allclose(
    runs["vector, rate 0.01"][:57], runs["mean, rate 0.32"][:57], atol=1e-12
)
gap = np.abs(runs["vector, rate 0.01"] - runs["mean, rate 0.32"]).max()
assert gap < 0.3
assert runs["mean, rate 0.01"][50] > 1.5 > runs["mean, rate 0.32"][50]
assert 32 * 0.01 == 0.32 and 5 * 0.01 == 0.05 and 128 / 32 == 4
print("checked: the first 57 losses are equal")

# %% [markdown]
# ## Trap 2: a forgotten `zero_grad`
#
# PyTorch adds to `.grad`, across steps too. That is handy when a batch is split into parts. But forget `zero_grad`, and
# each step uses the sum of *all* gradients so far.
#
# **Predict.** Descend on $\frac12 x^2$ from $x = 1$ with the rate $0.1$. By hand, the first two steps with the line
# forgotten: $1 \to 0.9 \to\ ?$ And what does it do in the long run?

# %%
x, summed, path = 1.0, 0.0, [1.0]
for _ in range(100):
    summed += x  # the slope of x²/2 is x; the sum is never set back
    x -= 0.1 * summed
    path.append(x)
print("steps 0, 1, 2, 3:", np.round(path[:4], 3), " step 100:", round(path[-1], 3))

# %% tags=["draw"]
# With and without the line
steps = np.arange(101)
fig = plots.curves(
    {"with zero_grad": 0.9**steps, "without": path}, ylabel="$x$", width=6.5, height=2.9
)
fig.axes[0].set_ylim(-1.15, 1.9)
plots.show(
    fig,
    alt="x against the step. With zero_grad it falls to 0. Without, it swings between about -1 "
    "and 1, with a period of about 20 steps, and gets no smaller.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The second gradient is $0.9$, the sum $1.9$, and $0.9 - 0.19 = 0.71$. Then it swings, like a pendulum without
# friction: the sum acts as a velocity, and nothing slows it down. On this parabola it swings for ever.
#
# </details>

# %% tags=["check"]
# Does it swing without getting smaller?
assert np.allclose(path[:3], [1, 0.9, 0.71]) and np.isclose(0.9 - 0.1 * 1.9, 0.71)
assert np.isclose(0.1 * 1.9, 0.19)
step = np.array([[1 - 0.1, -0.1], [1, 1]])  # (x, sum) -> the next ones
assert np.allclose(np.abs(np.linalg.eigvals(step)), 1)  # it neither shrinks nor grows
assert 0.99 < np.abs(path[50:]).max() < 1.03
signs = np.flatnonzero(np.diff(np.sign(path)))
assert 9 < np.diff(signs).mean() < 11  # half a period
print("checked: the first steps, and that the swing keeps its size")

# %% tags=["check", "torch"]
# Does PyTorch do the same without zero_grad?
x_t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
sgd, seen = torch.optim.SGD([x_t], lr=0.1), [1.0]
for _ in range(100):
    (x_t**2 / 2).backward()
    sgd.step()
    seen.append(x_t.item())
assert np.allclose(seen, path, rtol=0, atol=1e-12)
print("checked: PyTorch without zero_grad walks the same path")

# %% [markdown]
# ## Trap 3: a tape that watched nothing
#
# **Predict.** What does TensorFlow give as the gradient for a constant? And after an update written as `w = w - 0.1 *
# g`?


# %% tags=["tensorflow"]
def slope_of_square(w):
    with tf.GradientTape() as tape:
        loss = w**2
    return tape.gradient(loss, w)


w = tf.Variable(3.0)
g = slope_of_square(w)
print("variable:", float(g), " constant:", slope_of_square(tf.constant(3.0)))
w = w - 0.1 * g
print("after the update:", slope_of_square(w))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# `None`, twice, and no message. `w - 0.1 * g` is no variable any more, but a tensor that no tape watches.
#
# </details>

# %% [markdown]
# `None` is not zero. It says: from the loss there is no way to this array. It may be a constant, a variable that was
# replaced, a parameter that was never used, or the way may lead through NumPy. So at the first step, assert that no
# gradient is `None`.

# %% tags=["check", "tensorflow"]
# Is it None, and does the right update keep the variable?
assert float(g) == 6 and slope_of_square(tf.constant(3.0)) is None
assert slope_of_square(w) is None
kept = tf.Variable(3.0)
kept.assign_sub(0.1 * slope_of_square(kept))
assert slope_of_square(kept) is not None
print("checked: None for a constant and for a replaced variable")

# %% [markdown]
# ## Summary
#
# - PyTorch's tape is in the tensors, TensorFlow's in the `with` block. Both do what your `Value` does.
# - Same weights, same batches, float64: the same losses, to 12 decimals.
# - A vector loss is differentiated as its sum. The rate is then multiplied by the batch size.
# - `backward()` adds to `.grad`: clear it. `None` means that no way leads there.
#
# ## Common mistakes
#
# - **The loss kept as a tensor**, in a list: each keeps its whole tape alive. Keep `loss.item()`.
# - **`w = w - lr * g` in TensorFlow.** Use `assign_sub`.
# - **`None` skipped without a look.** It hides a part of the model that does not train.
#
# ## Quick questions
#
# 1. Two ports of a model: the first loss is equal, the second is not. Where do you look?
#
#    <details><summary><b>Answer</b></summary>
#
#    At the gradient and the update. The forward pass agrees.
#
#    </details>
# 2. A run with a vector loss works at the batch size 32. You go to 128. What happens to the rate?
#
#    <details><summary><b>Answer</b></summary>
#
#    It is four times as large, and the run may diverge.
#
#    </details>
# 3. When is it useful that PyTorch adds to `.grad`?
#
#    <details><summary><b>Answer</b></summary>
#
#    When a batch does not fit into memory: walk back from its parts, one after the other, then make one step.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that the forgotten `zero_grad` on $\frac12 x^2$ obeys $x_{t+1} = (2 - \eta)\, x_t - x_{t-1}$.
#
# <details><summary><b>Outline</b></summary>
#
# $x_{t+1} - x_t = -\eta\,(\text{sum up to } x_t)$ and $x_t - x_{t-1} = -\eta\,(\text{sum up to } x_{t-1})$. Subtract:
# the sums differ by $x_t$. Try $x_t = \rho^t$: $\rho^2 - (2 - \eta) \rho + 1 = 0$. The product of both roots is $1$,
# and for $\eta < 4$ they are complex, of modulus $1$: no friction. Unit 03 adds friction, and calls it momentum.
#
# </details>

# %% [markdown]
# **Try.** Run `train_torch` with `float32` tensors. By how much do its losses differ from `by_hand`? Is that a fault?
#
# <details><summary><b>Outline</b></summary>
#
# Convert weights and batches with `.float()`. The losses differ in about the seventh digit from the first step on,
# since `float32` keeps no more. It is rounding, and a fault of that size would look the same. So test a port in
# float64, where twelve digits agree.
#
# </details>
#
# ## References
#
# - A. Paszke et al. (2019). PyTorch: an imperative style, high-performance deep learning library. arXiv:1912.01703
# - P. Goyal et al. (2017). Accurate, large minibatch SGD: training ImageNet in 1 hour. arXiv:1706.02677. On rate and
#   batch size.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
