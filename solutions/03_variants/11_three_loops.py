# %% [markdown]
# # Three training loops, one run
#
# {{about}}
#
# **After this lesson you can**
#
# - write a whole training loop in NumPy, PyTorch and TensorFlow, and with Keras' `fit`,
# - prove that they make the same run,
# - find what is missing in a loop that someone has published,
# - say why optimizers of one name differ between frameworks.
#
# **You need** mini-batches and momentum (lessons 1 and 3 of this unit), and backpropagation with matrices (unit 02).

# %% [markdown]
# ## What a whole loop has
#
# Published tutorials show a loop for PyTorch and one for TensorFlow's tape that, as printed, do not run. A whole one
# has seven parts: scaled inputs; a seed; a *new order* in each epoch; the *last short batch* too; the gradient of the
# *mean* loss; the step; and a look at images it has not seen.
#
# By hand first. 70 rows in batches of 32 are three steps per epoch, with 32, 32 and 6 rows. Without the last batch
# six rows are left out, each epoch the same six if the order is fixed.
#
# Here are 1438 digits to learn from, 359 to test, and a network with 64 inputs, 128 hidden units and 10 outputs. The
# folded cell prepares what all loops share: `initial`, the first weights; `plan`, for each of five epochs the list of
# its batches of row numbers; `every_batch`, the same 225 in one list; `test_set`; the rate `LR` and the momentum
# `BETA`; and `network`, which returns the mean loss, the gradients and the guesses. (`means` are the mean losses of
# the epochs.) The loop in NumPy:

# %% tags=["setup"]
# The digits, the first weights, the order of batches, the gradient
import numpy as np

from gdcourse import datasets, plots
from gdcourse.models.numpy import mlp
from gdcourse.training import batches

train_set, test_set = datasets.split(datasets.digits(), test=0.2)
X, y = train_set.X, train_set.y  # pixels are scaled to the range 0 to 1 already
initial = [p.copy() for p in mlp([64, 128, 10], seed=0).params]
rng = np.random.default_rng(0)
plan = [list(batches(len(y), 32, rng)) for _ in range(5)]  # five epochs of index arrays
every_batch = [rows for epoch in plan for rows in epoch]  # all 225, one after the other
LR, BETA = 1 / 8, 7 / 8  # numbers that 32 bits hold


def network(params, X, y):
    """Mean loss, gradients, guesses."""
    W1, b1, W2, b2 = params
    hidden = np.maximum(X @ W1 + b1, 0)
    scores = hidden @ W2 + b2
    scores = scores - scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    delta = (np.exp(log_p) - np.eye(10)[y]) / len(y)
    back = delta @ W2.T * (hidden > 0)
    grads = [X.T @ back, back.sum(axis=0), hidden.T @ delta, delta.sum(axis=0)]
    return -log_p[np.arange(len(y)), y].mean(), grads, scores.argmax(axis=1)


# %%
def loop(plan, X, y):
    params = [p.copy() for p in initial]
    velocity = [np.zeros_like(p) for p in params]
    losses = []
    for epoch in plan:
        for rows in epoch:
            loss, grads, _ = network(params, X[rows], y[rows])
            for p, v, g in zip(params, velocity, grads, strict=True):
                v[:] = BETA * v + g
                p -= LR * v
            losses.append(loss)
    _, _, guesses = network(params, test_set.X, test_set.y)
    return np.array(losses), np.mean(guesses == test_set.y)


# %%
losses, accuracy = loop(plan, X, y)
print(f"{len(losses)} steps, last loss {losses[-1]:.4f}, test accuracy {accuracy:.3f}")

# %% tags=["draw"]
# The loss of each step, and the mean of each epoch
per_epoch = len(plan[0])
weights = [len(rows) for rows in plan[0]]
means = np.array([np.average(part, weights=weights) for part in np.split(losses, 5)])
fig, ax = plots.figure(width=6.6, height=3.2)
at = np.arange(1, len(losses) + 1)
ax.plot(at, losses, color="0.6", lw=0.8, linestyle="-", label="each step")
ends = per_epoch * np.arange(1, 6)
ax.plot(ends, means, "o-", label="mean of the epoch, as fit reports it")
ax.set(yscale="log", xlabel="step", ylabel="training loss", title="the run")
ax.legend()
plots.show(
    fig,
    alt="Training loss per step, noisy, on a log axis, falling from above 2, with five dots for "
    "the means of the epochs, the first far above the losses at the end of its epoch.",
)

# %% [markdown]
# ## In three frameworks
#
# **Predict.** PyTorch, TensorFlow's tape and Keras' `fit` get the same weights and the same batches. After 225 steps,
# to how many decimals do the losses agree?

# %% tags=["torch"]
import torch
from torch import nn

model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10)).double()
with torch.no_grad():
    for p, value in zip(model.parameters(), initial, strict=True):
        p.copy_(torch.tensor(value.T))  # PyTorch keeps (out, in)
data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y))
loader = torch.utils.data.DataLoader(data, batch_sampler=every_batch)  # our batches
criterion = nn.CrossEntropyLoss()  # from logits; the mean over the rows
optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=BETA)

# %% tags=["torch"]
torch_losses = []
model.train()
for images, labels in loader:  # usual: DataLoader(data, 32, shuffle=True), each epoch
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    torch_losses.append(loss.item())
model.eval()
with torch.no_grad():
    guesses = model(torch.tensor(test_set.X)).argmax(dim=1).numpy()
print("PyTorch test accuracy:", np.mean(guesses == test_set.y).round(3))

# %% tags=["tensorflow"]
import tensorflow as tf

keras = tf.keras


def build():
    entry = keras.Input((64,), dtype="float64")
    hidden = keras.layers.Dense(128, activation="relu", dtype="float64")
    net = keras.Sequential([entry, hidden, keras.layers.Dense(10, dtype="float64")])
    net.set_weights(initial)
    ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    return net, keras.optimizers.SGD(LR, momentum=BETA), ce


# %% tags=["tensorflow"]
tape_model, tape_optimizer, cross_entropy = build()


@tf.function  # compiles the step
def tape_step(images, labels):
    with tf.GradientTape() as tape:
        loss = cross_entropy(labels, tape_model(images, training=True))
    grads = tape.gradient(loss, tape_model.trainable_variables)
    pairs = zip(grads, tape_model.trainable_variables, strict=True)
    tape_optimizer.apply_gradients(pairs)
    return loss


# %% tags=["tensorflow"]
tape_losses = [float(tape_step(X[rows], y[rows])) for rows in every_batch]

# %% tags=["tensorflow"]
fit_model, fit_optimizer, cross_entropy = build()
fit_model.compile(fit_optimizer, loss=cross_entropy, metrics=["accuracy"])
reported = []
for epoch in plan:  # usually one call: fit(X, y, batch_size=32, epochs=5)
    rows = np.concatenate(epoch)
    history = fit_model.fit(X[rows], y[rows], batch_size=32, shuffle=False, verbose=0)
    reported += history.history["loss"]
_, fit_accuracy = fit_model.evaluate(test_set.X, test_set.y, verbose=0)
print("Keras test accuracy:", round(fit_accuracy, 3))

# %% tags=["torch", "tensorflow"]
for name, theirs in (("PyTorch", torch_losses), ("the tape", tape_losses)):
    print(
        f"{name}: largest difference in 225 losses {np.abs(theirs - losses).max():.0e}"
    )
print("fit, loss of each epoch:", np.round(reported, 4))
print("ours, mean of each epoch:", means.round(4))

# %% tags=["check", "torch", "tensorflow"]
# Are the four runs one run?
assert np.abs(np.array(torch_losses) - losses).max() < 1e-12
assert np.abs(np.array(tape_losses) - losses).max() < 1e-12
assert (
    np.mean(guesses == test_set.y) == accuracy and abs(fit_accuracy - accuracy) < 1e-6
)
assert np.allclose(reported, means, rtol=1e-5)  # fit reports in 32 bits
assert len(losses) == 225 == 5 * 45 and (len(y), len(test_set.y)) == (1438, 359)
assert initial[0].shape == (64, 128) and initial[2].shape == (128, 10)
assert means[0] > 2 * losses[40:45].mean() and losses[0] > 2
single = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))  # to try
with torch.no_grad():
    for p, value in zip(single.parameters(), initial, strict=True):
        p.copy_(torch.tensor(value.T))
optimizer = torch.optim.SGD(single.parameters(), lr=LR, momentum=BETA)
for images, labels in loader:
    optimizer.zero_grad()
    loss = criterion(single(images.float()), labels)
    loss.backward()
    optimizer.step()
    torch_losses.append(loss.item())
assert 1e-8 < np.abs(np.array(torch_losses[225:]) - losses).max() < 1e-6
print("checked: four loops, one run, to 12 decimals")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# To twelve decimals and more, PyTorch and the tape; what is left is the order in which each adds numbers up. `fit`
# reports one number per epoch, with the precision of 32 bits. And that number is a trap: it is the mean *while* the
# weights move, not the loss of the model at the end of the epoch. So it is too high early on.
#
# </details>

# %% [markdown]
# ## What was missing
#
# Six faults from published code, restated. **Predict.** Which stop with an error, and which run on and teach you
# nothing?
#
# 1. `X, y = load_data()`, where the data come as two pairs, train and test.
# 2. A loop over `train_loader`, which nothing defines.
# 3. One sigmoid output and binary cross-entropy, for the labels $0, \dots, 9$.
# 4. One loss per row, a vector, goes to `tape.gradient`.
# 5. The batches always in the order of the file, which is sorted by label.
# 6. No look at test data.

# %%
w, seen = np.zeros(64), []
for _ in range(6):  # fault 3, with one linear layer
    z = X @ w
    p = 1 / (1 + np.exp(-z))
    seen.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    w -= 0.1 * X.T @ (p - y) / len(y)
guessed = np.mean((X @ w > 0) == y)
print("fault 3, its loss:", np.round(seen, 1), " right:", guessed.round(2))

# %%
by_label = np.argsort(y, kind="stable")
in_order = [np.array_split(by_label, 45)] * 5
print("fault 5, test accuracy:", loop(in_order, X, y)[1].round(2))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# 1 and 2 stop at once: the good kind. 3 runs: for labels above one its loss has no lower end, so it falls and falls,
# while the "model" calls every image a one. 4 runs: the tape sums the vector, so the rate is really 32 times as large
# (unit 02). 5 runs: each digit overwrites the one before, and the network is about as good as a guess. 6 runs, and
# flatters.
#
# </details>

# %% tags=["check"]
# The faults that run on
assert seen[-1] < -30 and np.all(np.diff(seen) < 0) and np.mean((X @ w > 0) == y) < 0.12
assert np.all(X @ w > 0)
assert loop(in_order, X, y)[1] < 0.3 < 0.95 < accuracy
failed = []
for fault in (lambda: ((X, y), (X, y))[0] / 255.0, lambda: list(train_loader)):
    try:
        fault()
    except (TypeError, NameError) as error:
        failed.append(type(error).__name__)
assert failed == ["TypeError", "NameError"] and 70 == 32 + 32 + 6
print("checked: two faults stop, two that run are no better than a guess")

# %% [markdown]
# ## Going deeper: one name, several rules
#
# The loops agree because plain momentum at a constant rate is the same in both. Other optimizers of one name are not:
#
# - **Where $\varepsilon$ stands.** PyTorch has $\sqrt s + \varepsilon$. Keras' Adagrad and RMSprop have $\sqrt{s +
#   \varepsilon}$.
# - **Keras' Adam** corrects its means inside the rate, so that its $\varepsilon$ acts like $\varepsilon/\sqrt{1 -
#   \beta_2^t}$.
# - **The rate** stands inside Keras' velocity (lesson 5).
# - **The start.** Adagrad's $s$ begins at $0$ in PyTorch, at $0.1$ in Keras.
# - **32 bits.** Keras rounds rates and factors, whatever the weights are.
#
# The library measures each case: the largest difference of a weight after 50 steps along random gradients. (A number
# in brackets is an equation in the text of `gdcourse.optimizers`.) You find the arguments that make them equal, or
# that there are none, in {{exercise:conformance}}.

# %%
from gdcourse.conformance import optimizers as conformance
from gdcourse.conformance import table

known = {"SGD", "Adagrad", "RMSprop", "Adam", "AdamW"}
rows = [row for row in conformance.ROWS if row.why and row.framework == "keras"]
rows = [row for row in rows if row.ours[0] in known]
cells = [line.split(" | ") for line in table(rows).splitlines()]
short = [(c[0].split("(")[0], c[3], c[4]) for c in cells]
names = ("ours", "gap", "why")
plots.table(dict(zip(names, zip(*short, strict=True), strict=True)))

# %% tags=["check", "tensorflow"]
# Measure the largest gaps anew; the tests measure every row
for row in rows:
    if row.theirs and row.gap >= 0.1:
        gap = conformance.measure(row)
        assert gap < 1e-12 if row.gap == 0 else abs(np.log10(gap / row.gap)) <= 0.5, row
assert keras.optimizers.Adagrad().initial_accumulator_value == 0.1
print("checked: the largest gaps of the table, measured")

# %% [markdown]
# ## Summary
#
# - A whole loop has seven parts. Look for all of them in a loop that you copy.
# - The same weights and batches make NumPy, PyTorch, the tape and `fit` one run, to twelve decimals.
# - Optimizers of one name may differ: compare a few steps in float64 before you blame the model.
#
# ## Common mistakes
#
# - **No `zero_grad`.** PyTorch adds gradients up.
# - **A vector of losses on the tape.** Take the mean yourself.
# - **`fit`'s loss read as the model's.** Use `evaluate`.
#
# ## Quick questions
#
# 1. Your loss in PyTorch and Keras differs already at step 1. Where do you look?
#
#    <details><summary><b>Answer</b></summary>
#
#    At weights, data and loss. The optimizer has not acted yet.
#
#    </details>
# 2. They agree at step 1, and differ from step 2 on?
#
#    <details><summary><b>Answer</b></summary>
#
#    At the gradient or the optimizer: its rate, its $\varepsilon$, a sum in place of a mean.
#
#    </details>
# 3. Why `model.eval()` before the test?
#
#    <details><summary><b>Answer</b></summary>
#
#    Some layers, such as dropout, act differently in training. Here there are none, but make it a habit.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that no constant $c$ makes $\sqrt s + c$ equal to $\sqrt{s + \varepsilon}$ for all $s \ge 0$, if
# $\varepsilon > 0$.
#
# <details><summary><b>Outline</b></summary>
#
# At $s = 0$ it must be $\sqrt\varepsilon$. For large $s$ the difference $\sqrt{s + \varepsilon} - \sqrt s$ goes to $0$.
#
# </details>

# %% [markdown]
# **Try.** Take float32 in place of float64 in PyTorch. To how many decimals do the losses agree now, at step 1 and at
# step 225?
#
# <details><summary><b>Outline</b></summary>
#
# Replace `.double()` by `.float()`, for the data too. Seven decimals or so at both: the largest of the 225
# differences is about $2 \cdot 10^{-7}$. In this run rounding errors do not pile up.
#
# </details>
#
# ## References
#
# - A. Paszke and others (2019). PyTorch: an imperative style, high-performance deep learning library. arXiv:1912.01703
# - M. Abadi and others (2016). TensorFlow: a system for large-scale machine learning. arXiv:1605.08695
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
