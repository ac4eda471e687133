# %% [markdown]
# # A fair race, three loops, and curvature
#
# {{about}}
#
# **After this lesson you can**
#
# - compare optimizers fairly: equal tuning, several seeds, the spread shown,
# - write the training loops of PyTorch, TensorFlow's tape and Keras, prove that they agree, and find faults,
# - derive Newton's method, Gauss-Newton and L-BFGS, and say where each fails and what it costs.
#
# **You need** lessons 1 and 2 of this unit, cross-entropy from unit 01, and backpropagation from unit 02.

# %% [markdown]
# ## The rules of the race
#
# Which optimizer is best? Most claims compare a tuned favourite with untuned rivals. So fix the rules first:
#
# 1. **Equal budgets.** Each tries the same ten rates, $10^{-3.5}, 10^{-3}, \dots, 10$. All else stays at its customary
#    value: momentum $0.9$, RMSprop's $\rho = 0.9$, Adam's $0.9$ and $0.999$.
# 2. **Equal work.** A run has 600 steps, at one gradient each.
# 3. **One score, named before.** Here: the steps until the height above the minimum is below a target.
# 4. **Tune and race on different seeds.** Eight random starts choose the rate, sixteen *others* race.
# 5. **Show the spread**, and the runs that fail.
#
# Tuning so costs $10 \cdot 8 \cdot 600 = 48{,}000$ gradients per method and surface. There are three: a tilted valley with
# the curvatures $1$ and $100$; Rosenbrock's curved valley; Himmelblau's function, with four minima. All starts run at
# once, as columns of one array.

# %%
import numpy as np

from gdcourse import plots
from gdcourse.functions import himmelblau, quadratic, rosenbrock
from gdcourse.optimizers.numpy import GD, SGD, Adagrad, Adam, AdamW, RMSprop

methods = {
    "GD": GD,
    "momentum": lambda lr: SGD(lr, momentum=0.9),
    "Nesterov": lambda lr: SGD(lr, momentum=0.9, nesterov=True),
    "Adagrad": Adagrad,
    "RMSprop": lambda lr: RMSprop(lr, rho=0.9),
    "Adam": lambda lr: Adam(lr, beta1=0.9, beta2=0.999),
}
banana, grid = rosenbrock(), 10.0 ** np.arange(-3.5, 1.1, 0.5)
surfaces = {  # surface, target height, starts within plus and minus this
    "valley": (quadratic((1.0, 100.0), seed=3), 1e-4, 3.0),
    "Rosenbrock": (banana, 0.1, 1.5),
    "Himmelblau": (himmelblau, 1e-4, 4.5),
}


# %%
def run(surface, rule, x, steps=600):
    """Tracks from the columns of x, (steps + 1, 2, columns). Those that have left for good get no more gradient."""
    x, track = np.array(x), [np.array(x)]  # copies: the rule changes x in place
    for _ in range(steps):
        rule.step([x], [np.where(np.abs(x).max(axis=0) < 50, surface.gradient(x), 0.0)])
        track.append(x.copy())
    return np.array(track)


def steps_needed(surface, target, half, rule, seed, count):
    x = np.random.default_rng(seed).uniform(-half, half, size=(2, count))
    there = (
        surface(np.moveaxis(run(surface, rule, x), 1, 0)) - surface(surface.minima[0])
        <= target
    )
    return np.where(there.any(axis=0), there.argmax(axis=0).astype(float), np.inf)


# %% [markdown]
# **Predict.** Does one method win on all three surfaces? Who is last in the valley?

# %%
scores, rates, raced = {}, {}, {}
for name, case in surfaces.items():
    for method, make in methods.items():
        tries = [
            np.median(steps_needed(*case, make(lr), seed=1, count=8)) for lr in grid
        ]
        scores[name, method], rates[name, method] = min(tries), grid[np.argmin(tries)]
        raced[name, method] = steps_needed(
            *case, make(rates[name, method]), seed=2, count=16
        )

# %% tags=["nbval-ignore-output"]
fig, axes = plots.figure(3, width=9.4, height=3.3, sharey=True)
for ax, name in zip(axes, surfaces, strict=True):
    for i, (method, colour, marker) in enumerate(
        zip(methods, plots.COLOURS, plots.MARKERS, strict=False)
    ):
        dots = np.sort(np.minimum(raced[name, method], 1500))
        ax.plot(
            i + np.linspace(-0.3, 0.3, 16), dots, marker, color=colour, markersize=4
        )
    ax.set(title=name, yscale="log", ylim=(2, 2300), xticks=range(6))
    ax.set_xticklabels(methods, rotation=40, ha="right", fontsize=9)
axes[0].set_yticks([10, 100, 1500], ["10", "100", "never"])
axes[0].set_ylabel("steps to the target, 16 starts")
plots.show(
    fig,
    alt="A dot per start: steps to the target, log scale. Best: Nesterov in the valley, momentum, Nesterov and Adam on "
    "Rosenbrock, GD, Adagrad and Nesterov on Himmelblau. RMSprop often never arrives.",
)
middle = {key: np.median(value) for key, value in raced.items()}
columns = {
    name: [f"{middle[name, m]:g} ({rates[name, m]:.1g})" for m in methods]
    for name in surfaces
}
plots.table({"median steps (rate)": methods} | columns)

# %% [markdown]
# **Answer.** No. In the valley Nesterov needs 24 steps, and GD, the last, over 400. On Himmelblau's function GD is
# *first*, with about a dozen: the curvatures at its minima are alike, and momentum only swings. On Rosenbrock's,
# momentum, Nesterov and Adam need 100 to 150, GD and Adagrad over 300.
#
# Some runs fail at the rate that suited the eight tuning starts: hence rule 4. RMSprop, at a constant rate, jitters
# about the minimum, and may never get as low as the target. On Rosenbrock's function it jumps about until it hits: rule
# 3 has its price.
#
# **Predict.** The valley was tilted. Lay it along the axes. Who gains?

# %%
aligned, laid = (quadratic((1.0, 100.0), seed=None), 1e-4, 3.0), {}
for m in ("GD", "Nesterov", "Adagrad"):
    laid[m] = min(
        np.median(steps_needed(*aligned, methods[m](lr), seed=1, count=8))
        for lr in grid
    )
plots.table(
    {
        "steps": laid,
        "tilted": [scores["valley", m] for m in laid],
        "along the axes": laid.values(),
    }
)

# %% [markdown]
# **Answer.** Adagrad, more than tenfold. It gives each *coordinate* its own rate, which removes the condition number if
# the valley follows the coordinates. GD and Nesterov do not see the axes. So diagonal benchmarks flatter the
# adaptive methods.

# %%
best = {name: min(methods, key=lambda m: middle[name, m]) for name in surfaces}
assert (
    best["valley"] == "Nesterov"
    and middle["valley", "Nesterov"] == 24
    and best["Himmelblau"] == "GD"
)
assert (
    max(methods, key=lambda m: middle["valley", m]) == "GD"
    and 400 < middle["valley", "GD"] < 600
)
quick = [middle["Rosenbrock", m] for m in ("momentum", "Nesterov", "Adam")]
assert 100 < min(quick) and max(quick) < 150 and 8 < middle["Himmelblau", "GD"] < 16
assert min(middle["Rosenbrock", "GD"], middle["Rosenbrock", "Adagrad"]) > 300
assert (
    np.isinf(raced["valley", "RMSprop"]).any()
    and np.isinf(raced["Rosenbrock", "GD"]).any()
)
assert all(grid[0] < rate < grid[-1] for rate in rates.values()) and np.isclose(
    grid[0], 10**-3.5
)  # none at an end
assert (Adam(1).beta1, Adam(1).beta2, methods["RMSprop"](1).rho) == (
    0.9,
    0.999,
    0.9,
) and 10 * 8 * 600 == 48000
assert (
    laid["Adagrad"] < scores["valley", "Adagrad"] / 10
    and abs(laid["GD"] / scores["valley", "GD"] - 1) < 0.1
)

# %% [markdown]
# Now one start on each surface, every method at its tuned rate:

# %%
first = {
    "valley": ([-2.5, 1.0], (-3, 3, -3, 3)),
    "Rosenbrock": ([-1.2, 1.0], (-1.8, 1.8, -0.8, 2.2)),
}
first["Himmelblau"] = [0.0, -1.0], (-5, 5, -5, 5)
tracks = {}
for name, m in rates:
    tracks.setdefault(name, {})[m] = run(
        surfaces[name][0], methods[m](rates[name, m]), first[name][0], 200
    )


def draw(name, step):
    shown = {m: track[: step + 1] for m, track in tracks[name].items()}
    options = {
        "window": first[name][1],
        "minima": surfaces[name][0].minima,
        "title": f"{name}, {step} steps",
    }
    return plots.race(surfaces[name][0], shown, width=9, height=4.2, **options)


plots.show(
    draw("Himmelblau", 60),
    alt="Left, contours and six tracks from one start, which part for three minima; right, heights against steps.",
)
nearest = [
    int(np.linalg.norm(himmelblau.minima - t[30], axis=1).argmin())
    for t in tracks["Himmelblau"].values()
]
plots.table(
    {
        "method": methods,
        "is at step 30 near": [
            f"({a:.1f}, {b:.1f})" for a, b in himmelblau.minima[nearest]
        ],
    }
)
assert (
    len(set(nearest)) == 3
    and himmelblau(tracks["Himmelblau"]["RMSprop"][40:].T).max() > 1
)

# %% [markdown]
# They part for three minima. And RMSprop leaves its minimum again: at rest the mean of its squares fades, and with it
# the brake. Slide through the runs:

# %% tags=["widget"]
plots.slider(
    lambda surface, step: (draw(surface, step), f"Six tracks on {surface} after {step} steps, and their heights."),
    surface=list(surfaces), step=[1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 90, 130, 200],
)  # fmt: skip

# %% [markdown]
# ## The race on a real network
#
# Now a 64-32-10 ReLU network on scikit-learn's digits: 881 images to train, 377 to validate, 539 for the one final test;
# batches of 32, ten epochs. Each method gets nine rates, $10^{-3.5}$ to $10^{0.5}$, and five seeds for each, which set
# weights and batches. Score: the mean validation loss at the end; above $\log 10$, the price of guessing, a rate has
# lost. Eight new seeds race. AdamW joins, with the decay $0.1$. All seeds train at once, along one more axis in front.

# %%
from gdcourse import datasets
from gdcourse.models.numpy import mlp

digits = datasets.digits()
rest, test = datasets.split(digits, test=0.3)
learn, valid = datasets.split(rest, test=0.3, seed=1)


def fresh(seeds, hidden=32):
    """Weights [W1, b1, W2, b2], each (seeds, in, out) or (seeds, 1, out)."""
    nets = [mlp([64, hidden, 10], seed=seed).params for seed in seeds]
    return [
        np.stack([np.atleast_2d(p) for p in arrays])
        for arrays in zip(*nets, strict=True)
    ]


def loss_and_grads(params, X, y):
    """Mean cross-entropy per seed, its gradients, and the labels guessed. X: (seeds, rows, 64), y: (seeds, rows)."""
    W1, b1, W2, b2 = params
    H = np.maximum(X @ W1 + b1, 0)
    Z = H @ W2 + b2
    Z = Z - Z.max(axis=-1, keepdims=True)
    log_p = Z - np.log(np.exp(Z).sum(axis=-1, keepdims=True))
    G = (np.exp(log_p) - np.eye(10)[y]) / y.shape[-1]
    G_A = G @ W2.mT * (H > 0)
    losses = -np.take_along_axis(log_p, y[..., None], -1).mean(axis=(1, 2))
    return (
        losses,
        [X.mT @ G_A, G_A.sum(1, keepdims=True), H.mT @ G, G.sum(1, keepdims=True)],
        Z.argmax(axis=-1),
    )


# %%
def train(rule, seeds, epochs=10):
    """Return the validation losses and the test accuracies at the end, one per seed."""
    params, rngs, n = (
        fresh(seeds),
        [np.random.default_rng(seed) for seed in seeds],
        len(learn.y),
    )
    for _ in range(epochs):
        order = np.stack([rng.permutation(n) for rng in rngs])
        for rows in (order[:, k : k + 32] for k in range(0, n, 32)):
            grads = loss_and_grads(params, learn.X[rows], learn.y[rows])[1]
            rule.step(
                params, [np.nan_to_num(g, posinf=0, neginf=0) for g in grads]
            )  # once not finite, lost
    (loss, *_), (*_, guess) = (
        loss_and_grads(params, s.X[None], np.tile(s.y, (len(seeds), 1)))
        for s in (valid, test)
    )
    return loss, np.mean(guess == test.y, axis=1)


# %% [markdown]
# **Predict.** By how much does the best method beat the worst, once each has its own rate?

# %%
methods["AdamW"] = lambda lr: AdamW(lr, weight_decay=0.1)
net_grid = 10.0 ** np.arange(-3.5, 0.6, 0.5)
with np.errstate(all="ignore"):
    tuning = {
        m: np.array([train(make(lr), range(5))[0].mean() for lr in net_grid])
        for m, make in methods.items()
    }
tuning = {
    m: np.where(losses <= np.log(10), losses, np.nan) for m, losses in tuning.items()
}
choice = {m: net_grid[np.nanargmin(losses)] for m, losses in tuning.items()}
final = {m: train(make(choice[m]), range(5, 13)) for m, make in methods.items()}

# %%
fig, (left, right) = plots.figure(2, width=9.2, height=3.6)
for i, (m, colour, marker) in enumerate(
    zip(methods, plots.COLOURS, plots.MARKERS, strict=True)
):
    left.plot(net_grid, tuning[m], marker=marker, markersize=4, label=m)
    right.plot(
        i + np.linspace(-0.25, 0.25, 8),
        np.sort(final[m][0]),
        marker,
        color=colour,
        markersize=5,
    )
left.set(
    xscale="log",
    xlabel="rate",
    ylabel="validation loss, mean of 5 seeds",
    title="tuning",
    ylim=(0, 2.4),
)
right.set(
    ylim=(0, 0.4), ylabel="validation loss", title="race: 8 other seeds", xticks=[]
)
fig.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=7)
plots.show(
    fig,
    alt="Left, validation loss against the rate: seven valleys of equal depth, about 0.2, at rates from 0.01 to 0.3. "
    "Right, eight dots for each method between 0.17 and 0.32; the seven clouds overlap.",
)
said = [
    [f"{v.mean():.3f} ({v.min():.3f} to {v.max():.3f})" for v in values]
    for values in zip(*final.values(), strict=True)
]
columns = dict(
    zip(
        ("rate", "validation loss (range)", "test accuracy (range)"),
        (choice.values(), *said),
        strict=True,
    )
)
plots.table({"method": methods} | columns, digits=2)

# %% [markdown]
# **Answer.** By less than the seeds differ. All seven end with a validation loss near $0.21$ and a mean test accuracy
# between $95$ and $97\,\%$; their ranges overlap. What differs is the *width* of the valleys: within $30\,\%$ of its
# own best GD has one rate of the grid, the momenta two, the adaptive methods three. They are easier to tune, not better.
#
# And one rate for all, untuned? At $0.01$ RMSprop reaches about $0.2$ and GD stays above $1.5$. At $0.32$ GD has $0.21$,
# and RMSprop is at $2$ or lost. Who picks the rate picks the winner. Choi and others (2019) show how rankings turn
# with the tuning budget.

# %%
assert [len(part.y) for part in (learn, valid, test)] == [
    881,
    377,
    539,
] and np.allclose(net_grid[[0, -1]], [10**-3.5, 10**0.5])
assert all(
    0.195 < loss.mean() < 0.235 and 0.95 < score.mean() < 0.97
    for loss, score in final.values()
)  # 0.21
assert max(loss.min() for loss, _ in final.values()) < min(
    loss.max() for loss, _ in final.values()
)
assert [np.sum(v < (1 + 30 / 100) * np.nanmin(v)) for v in tuning.values()] == [
    1,
    2,
    2,
    3,
    3,
    3,
    3,
]
assert (
    round(net_grid[3], 2) == 0.01
    and round(tuning["RMSprop"][3], 1) == 0.2
    and tuning["GD"][3] > 1.5
)
assert (
    round(net_grid[6], 2) == 0.32
    and round(tuning["GD"][6], 2) == 0.21
    and not tuning["RMSprop"][6] < 2
)

# %% [markdown]
# ## Three loops, one run
#
# Published tutorials show a training loop for PyTorch, one for TensorFlow's tape, and Keras' `fit`. As printed, the
# first two do not run. Here are all three, whole, on 1438 digits, with 359 to test: 64 inputs, 128 hidden units, 10
# outputs, 9,610 parameters. **Whole** means: pixels scaled to $[0, 1]$; a new order in each epoch; the short last batch
# too; the gradient of the *mean*; a seed; a test on unseen images. All get the same weights and batches. The rate
# $1/8$ and the momentum $7/8$ are exact in Keras' 32 bits. First NumPy, as the reference.

# %%
from gdcourse.training import batches

train_set, test_set = datasets.split(digits, test=0.2)
X, y = train_set.X, train_set.y
initial = mlp([64, 128, 10], seed=0).params
rng = np.random.default_rng(0)
plan = [
    list(batches(len(y), 32, rng)) for _ in range(10)
]  # 10 epochs, each a list of index arrays


def numpy_loop(plan, X, y):
    """Return the loss of each step, and the accuracy on training and test images."""
    params, rule, losses = fresh([0], 128), SGD(1 / 8, momentum=7 / 8), []
    for epoch in plan:
        for rows in epoch:
            loss, grads, _ = loss_and_grads(params, X[rows][None], y[rows][None])
            rule.step(params, grads)
            losses.append(loss.item())
    guesses = (
        (loss_and_grads(params, s.X[None], s.y[None])[2], s.y)
        for s in (train_set, test_set)
    )
    return np.array(losses), np.array([np.mean(guess == y) for guess, y in guesses])


steps, accuracy = numpy_loop(plan, X, y)
means = np.array(
    [
        np.average(part, weights=[len(rows) for rows in plan[0]])
        for part in np.split(steps, 10)
    ]
)
print(
    f"NumPy: {len(steps)} steps, last loss {steps[-1]:.4f}, test accuracy {accuracy[1]:.4f}"
)

# %% [markdown]
# **Predict.** After 450 steps in three frameworks, to how many decimals do the losses agree?

# %% tags=["torch"]
from gdcourse.gradients.torch import (
    hessian as torch_hessian,
    jacobian as torch_jacobian,
)  # for later
import torch
from torch import nn

model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10)).double()
with torch.no_grad():
    for p, value in zip(model.parameters(), initial, strict=True):
        p.copy_(torch.tensor(value.T))  # PyTorch keeps (out, in)
data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y))
loader = torch.utils.data.DataLoader(
    data, batch_sampler=sum(plan, [])
)  # usually batch_size=32, shuffle=True
criterion, optimizer = (
    nn.CrossEntropyLoss(),
    torch.optim.SGD(model.parameters(), lr=1 / 8, momentum=7 / 8),
)
torch_losses = []
model.train()
for images, labels in loader:
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    torch_losses.append(loss.item())

model.eval()  # no dropout here, but make it a habit
with torch.no_grad():
    right = model(torch.tensor(test_set.X)).argmax(dim=1).numpy() == test_set.y
assert np.abs(torch_losses - steps).max() < 1e-12 and right.mean() == accuracy[1]

# %% tags=["tensorflow"]
from gdcourse.gradients.tensorflow import (
    hessian as tf_hessian,
    jacobian as tf_jacobian,
)  # these for later
from gdcourse.gradients.tensorflow import value_and_grad as tf_value_and_grad
from gdcourse.losses.tensorflow import softmax_ce as tf_ce
import tensorflow as tf

keras, double = tf.keras, {"dtype": "float64"}


def build():
    """A Keras model with the initial weights, an optimizer, and the loss."""
    layers = (
        keras.layers.Dense(128, activation="relu", **double),
        keras.layers.Dense(10, **double),
    )
    net = keras.Sequential([keras.Input((64,), **double), *layers])
    net.set_weights(initial)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, **double
    )  # the mean over rows
    return net, keras.optimizers.SGD(1 / 8, momentum=7 / 8), cross_entropy


tape_model, optimizer, cross_entropy = build()


@tf.function  # compiles the step
def tape_step(images, labels):
    with tf.GradientTape() as tape:
        loss = cross_entropy(labels, tape_model(images, training=True))
    grads = tape.gradient(loss, tape_model.trainable_variables)
    optimizer.apply_gradients(zip(grads, tape_model.trainable_variables, strict=True))
    return loss


# %% tags=["tensorflow"]
tape_losses = [float(tape_step(X[rows], y[rows])) for epoch in plan for rows in epoch]
right = tape_model(test_set.X, training=False).numpy().argmax(axis=1) == test_set.y
assert np.abs(tape_losses - steps).max() < 1e-12 and right.mean() == accuracy[1]

fit_model, optimizer, cross_entropy = build()
fit_model.compile(optimizer, loss=cross_entropy, metrics=["accuracy"])
reported = []
for epoch in (
    plan
):  # usually one call, fit(X, y, batch_size=32, epochs=10), which shuffles by itself
    rows = np.concatenate(epoch)
    reported += fit_model.fit(
        X[rows], y[rows], batch_size=32, shuffle=False, verbose=0
    ).history["loss"]
_, fit_accuracy = fit_model.evaluate(test_set.X, test_set.y, verbose=0)
assert (
    np.allclose(reported, means, rtol=1e-5) and abs(fit_accuracy - accuracy[1]) < 1e-6
)  # reported in 32 bits
for by_fit, by_tape in zip(
    fit_model.get_weights(), tape_model.get_weights(), strict=True
):
    assert np.allclose(by_fit, by_tape, rtol=0, atol=1e-11)

# %%
fig, ax = plots.figure(width=6)
ax.plot(
    np.arange(1, 451),
    steps,
    color="0.6",
    linewidth=0.7,
    linestyle="-",
    label="each step",
)
ax.plot(
    45 * np.arange(1, 11),
    means,
    "o-",
    markersize=4,
    label="mean of the epoch, as fit reports",
)
ax.set(
    yscale="log",
    xlabel="step",
    ylabel="training loss",
    title="one run, three frameworks",
)
ax.legend(fontsize="small")
plots.show(
    fig,
    alt="Training loss per step, noisy, log axis, from 2.4 to about 0.01, and the epochs' means above it.",
)

# %% [markdown]
# **Answer.** To 12 decimals; the test accuracy is $98.3\,\%$ in all. One trap: the loss that `fit` reports is the mean
# over the epoch, *while* the weights move, not the loss of the model at the end.
#
# ### What was wrong
#
# Faults from published tutorials' code, restated. **Predict.** Which stop with an error, and which run on and teach you
# nothing?
#
# 1. `X, y = load_data()`, for data that come as two pairs, train and test.
# 2. A loop over `train_loader`, which nothing defines.
# 3. Images go into a dense layer unflattened.
# 4. One sigmoid output and binary cross-entropy, for the labels $0, \dots, 9$.
# 5. One loss per row, a vector, goes to `tape.gradient`.
# 6. `for i in range(len(X) // 32)`, always in the same order.
# 7. No look at test data.

# %%
loaded, failed = ((train_set.X, train_set.y), (test_set.X, test_set.y)), []  # two pairs
for fault in (lambda: loaded[0] / 255.0, lambda: list(train_loader)):
    try:
        fault()
    except (TypeError, NameError) as error:
        failed.append(f"{type(error).__name__}: {error}")
print(*failed, sep="\n")

# %% tags=["tensorflow"]
outputs = keras.layers.Dense(1, activation="sigmoid")(X[:32].reshape(32, 8, 8))
try:
    keras.losses.binary_crossentropy(y[:32], outputs)
except ValueError as error:
    print(f"outputs of shape {outputs.shape}: {type(error).__name__}")
assert outputs.shape == (32, 8, 1)

# %% [markdown]
# Faults 1 to 3 stop at once, the good kind. Fault 5 runs: the tape sums a vector, so the rate $0.01$ is really $0.32$
# (unit 02). Fault 4 is the worst. With $p$ the output, the loss of a row is
#
# $$\ell = -y \log p - (1 - y) \log(1 - p) \;\to\; -\infty \quad \text{as } p \to 1, \text{ if } y > 1. \tag{1}$$
#
# Watch it "train", with one linear layer and the right gradient of (1), $p - y$ times the input. And for fault 6, let the
# file be sorted by label.

# %%
w, seen = np.zeros(64), []
for _ in range(6):
    z = X @ w
    bce = np.mean(
        y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)
    )  # (1), without overflow
    seen.append([bce, np.mean((z > 0) == y)])
    w -= 0.1 * X.T @ (1 / (1 + np.exp(-z)) - y) / len(y)
plots.table(
    {
        "step": range(6),
        "loss (1)": [a for a, _ in seen],
        "right labels": [b for _, b in seen],
    },
    digits=3,
)

tailless, by_label = (
    [np.split(np.arange(44 * 32), 44)] * 10,
    np.argsort(y, kind="stable"),
)
fixed, in_order = (
    numpy_loop(tailless, X[rows], y[rows])[1][1] for rows in (slice(None), by_label)
)
print(
    f"test accuracy: {accuracy[1]:.3f} shuffled; {fixed:.3f} fixed, no tail; {in_order:.3f} sorted by label"
)

# %% [markdown]
# **Answer.** 1, 2 and 3 stop. In 4 the loss falls and falls, while the "model" calls every image a one, right for
# $10\,\%$. In 6, 44 batches of 32 leave out the same 30 rows in every epoch. In random order that does little harm, but
# sorted by label each digit overwrites the last, and the network is no better than a guess. In 7, the training accuracy,
# $99.6\,\%$, flatters. One text adds that its code decays the rate. No line does.

# %%
assert (
    len(steps) == 450 == 10 * 45
    and (len(y), len(test_set.y)) == (1438, 359)
    and 1438 == 44 * 32 + 30
)
assert (
    np.round(100 * accuracy, 1).tolist() == [99.6, 98.3]
    and sum(p.size for p in initial) == 9610
)
assert len(failed) == 2 and seen[-1][0] < -60 and round(seen[-1][1], 2) == 10 / 100
assert in_order < 0.15 and fixed > 0.96 and 0.32 == 32 * 0.01

# %% [markdown]
# ## Newton's method
#
# So far every method saw only slopes. Now use the curvature $H = \nabla^2 f(x)$ too. With $g$ the gradient at $x$,
# Taylor's theorem says
#
# $$f(x + d) \approx f(x) + g^\top d + \tfrac12 d^\top H d. \tag{2}$$
#
# Set the derivative of the right side by $d$ to zero, $g + Hd = 0$, and go there:
#
# $$x \leftarrow x - H^{-1} g. \tag{3}$$
#
# That is **Newton's method**. It has no rate. On a quadratic (2) is exact: one step reaches the minimum.
#
# Now change the units: $x = Az$ with an invertible $A$. By $z$ the gradient is $A^\top g$ and the Hessian $A^\top H A$. The
# step is $-(A^\top H A)^{-1} A^\top g = -A^{-1} H^{-1} g$, and $A$ times it is (3) again. Newton's method is **affine
# invariant**: scales and tilts do not matter. Descent, $-\eta A A^\top g$, depends on them.

# %%
from gdcourse.optimizers.second_order import (
    gauss_newton,
    lbfgs,
    levenberg_marquardt,
    newton,
)

tilted, x0, A = surfaces["valley"][0], banana.start, np.array([[3.0, 1.0], [0.0, 0.2]])
assert np.allclose(
    newton(tilted.gradient, tilted.hessian, [-2.5, 1.0], steps=1)[-1], 0, atol=1e-12
)

in_x = newton(banana.gradient, banana.hessian, x0, steps=5)
z0 = np.linalg.solve(A, x0)
in_z = newton(
    lambda z: A.T @ banana.gradient(A @ z),
    lambda z: A.T @ banana.hessian(A @ z) @ A,
    z0,
    steps=5,
)
assert np.allclose(in_z @ A.T, in_x, rtol=1e-8, atol=1e-8)

# %% [markdown]
# ### It goes to saddles too
#
# "Second-order methods converge faster to the optimum", says a published tutorial. But $g + Hd = 0$ asks for a
# *stationary* point, of any kind. Along an eigenvector with a negative eigenvalue, (3) climbs.
#
# **Predict.** Himmelblau's function has four minima, four saddles and one maximum. Start Newton's method at each of
# 14,641 grid points. What share ends at a minimum?

# %%
side = np.linspace(-5, 5, 121)
square = np.stack(np.meshgrid(side, side)).reshape(2, -1)


def newton_path(x, damped, steps):
    path = [x]
    for _ in range(steps):
        H, g = (
            np.moveaxis(himmelblau.hessian(path[-1]), -1, 0),
            himmelblau.gradient(path[-1]).T,
        )
        if damped:  # lift the smallest eigenvalue to at least 20
            H = H + np.maximum(0, 20 - np.linalg.eigvalsh(H)[:, 0])[
                :, None, None
            ] * np.eye(2)
        path.append(path[-1] - np.linalg.solve(H, g[..., None])[..., 0].T)
    return path


def downs(x):
    """How many curvatures are negative: 0 at a minimum, 1 at a saddle, 2 at a maximum."""
    return np.sum(
        np.linalg.eigvalsh(np.moveaxis(himmelblau.hessian(x), -1, 0)) < 0, axis=1
    )


found = {
    name: newton_path(square, name != "Newton", 60)[-1]
    for name in ("Newton", "damped Newton")
}
shares = {
    name: np.bincount(downs(x), minlength=3) / len(x.T) for name, x in found.items()
}

# %%
start = np.array([[-1.0], [0.0]])
routes = {
    name: np.array(newton_path(start, name != "Newton", 8))[:, :, 0] for name in found
}
fig = plots.paths(
    himmelblau, routes, window=(-5, 5, -5, 5), width=5.6, height=4.6, levels=14
)
ax = fig.axes[0]
where = downs(found["Newton"]).reshape(121, 121)
ax.contourf(
    side,
    side,
    where,
    levels=[-0.5, 0.5, 1.5, 2.5],
    colors=["white", "#fbe3b5", "#b9b9b9"],
    zorder=0,
)
ax.plot(
    *himmelblau.minima.T, "*", color="black", markerfacecolor="white", markersize=12
)
ax.set_title(
    "white: Newton ends at a minimum;\nyellow: at a saddle; grey: at the maximum"
)
plots.show(
    fig,
    alt="Contours, coloured by where Newton's method ends: white corners lead to minima, yellow bands to saddles, a grey "
    "patch in the centre to the maximum. From (-1, 0) Newton climbs to it; damped Newton descends.",
)
plots.table({"ends at": ["minimum", "saddle", "maximum"], **shares}, digits=2)

# %% [markdown]
# **Answer.** $58\,\%$. From $36\,\%$ of the starts it ends at a saddle, from $6\,\%$ at the maximum. The gradient is
# zero there, which a stopping rule takes for success.
#
# **Damped Newton** lifts all eigenvalues of $H$ above zero:
#
# $$x \leftarrow x - (H + \lambda I)^{-1} g, \qquad \lambda > -\lambda_{\min}(H). \tag{4}$$
#
# Along an eigenvector with eigenvalue $h$ it divides by $h + \lambda > 0$: downhill. With a large $\lambda$ it is a
# gradient step of rate $1/\lambda$. Here every start then ends at a minimum; in general add a line search (unit 04). To
# learn what you have found, look at $H$'s eigenvalues: all positive, minimum; all negative, maximum; both signs,
# saddle; else undecided.

# %%
assert (
    np.round(100 * shares["Newton"]).tolist() == [58, 36, 6]
    and shares["damped Newton"][0] == 1
)
assert (
    all(np.abs(himmelblau.gradient(x)).max() < 1e-8 for x in found.values())
    and 121**2 == 14641
)
assert [downs(route[-1:].T)[0] for route in routes.values()] == [2, 0]

# %% [markdown]
# ## Gauss-Newton: curvature from slopes
#
# Often $f = \frac12 \lVert r(x) \rVert^2$, with **residuals** $r$, such as prediction minus data. Row $i$ of the
# **Jacobian** $J$ is the gradient of $r_i$. By the product rule
#
# $$g = J^\top r, \qquad H = J^\top J + \sum_i r_i \nabla^2 r_i. \tag{5}$$
#
# **Gauss-Newton** drops the sum. It needs no second derivatives, and $J^\top J$ has no negative eigenvalue.
# Rosenbrock's function has this form, with $r = \sqrt2\,(10(x_2 - x_1^2),\; 1 - x_1)$, which is zero at the minimum:


# %%
def residuals(x):
    return [2**0.5 * 10 * (x[1] - x[0] ** 2), 2**0.5 * (1 - x[0])]


def jacobian(x):
    return 2**0.5 * np.array([[-20 * x[0], 10.0], [-1.0, 0.0]])


routes = {
    "GD, rate 0.001": run(banana, GD(10**-3), x0, 40),
    "Newton": newton(banana.gradient, banana.hessian, x0, steps=40),
    "Gauss-Newton": gauss_newton(
        lambda x: np.array(residuals(x)), jacobian, x0, steps=40
    ),
    "L-BFGS (below)": lbfgs(banana, banana.gradient, x0, steps=40),
}
plots.show(
    plots.race(
        banana,
        routes,
        window=(-1.8, 1.8, -4.2, 2.2),
        minima=banana.minima,
        title="Rosenbrock's function",
    ),
    alt="A curved valley: GD creeps, L-BFGS follows the bend, Newton and Gauss-Newton leap and are down in 7 and 2 steps.",
)
highest = {name: banana(route.T).max() for name, route in routes.items()}
plots.table(
    {
        "method": routes,
        "steps": [len(r) - 1 for r in routes.values()],
        "highest": highest.values(),
    },
    3,
)

# %% [markdown]
# Gauss-Newton needs 2 steps. On the way it leaps to a height above $2300$, Newton's method to one above $1400$.
#
# But what if residuals stay large? Take $r = (x + 1,\; c x^2 + x - 1)$. At $x = 0$ the gradient is
# $0$, $J^\top J = 2$, and the dropped term is $r_2 \cdot 2c = -2c$. So $H = 2 - 2c$: a minimum for every $c < 1$. Near it $g \approx
# Hx$, and Gauss-Newton does
#
# $$x \leftarrow x - \frac{H}{J^\top J}\, x = x - (1 - c)\, x = c\,x. \tag{6}$$
#
# **Predict.** What happens for $c = -0.5$, and for $c = -2$?


# %%
def bent(c):
    return lambda x: np.array([x[0] + 1, c * x[0] ** 2 + x[0] - 1]), lambda x: np.array(
        [[1.0], [2 * c * x[0] + 1]]
    )


far = {
    f"Gauss-Newton, c = {c}": np.abs(gauss_newton(*bent(c), [0.01], steps=25)[:, 0])
    for c in (-0.5, -2)
}
far["Levenberg-Marquardt, c = -2"] = np.abs(
    levenberg_marquardt(*bent(-2), [0.01], steps=25)[:, 0]
)
plots.show(
    plots.curves(far, ylabel="distance to the minimum", log=True, width=6),
    alt="Distance, log scale: Gauss-Newton falls for c = -0.5, rises for c = -2; Levenberg-Marquardt falls for c = -2.",
)
factors = {
    c: abs(gauss_newton(*bent(c), [1e-5], steps=1)[1, 0]) / 1e-5
    for c in (-3, -2, -0.5, 0.5)
}
print(
    "c and the measured factor per step:",
    {c: f"{factor:.2f}" for c, factor in factors.items()},
)

# %% [markdown]
# **Answer.** For $c = -0.5$ the distance halves with each step. For $c = -2$ it doubles: Gauss-Newton leaves a perfectly
# good minimum. The dropped term must be small beside $J^\top J$. **Levenberg-Marquardt** solves with
# $J^\top J + \lambda \operatorname{diag}(J^\top J)$, raises $\lambda$ when $f$ would rise, and lowers it when $f$ falls. So it
# never climbs.
#
# PyTorch and TensorFlow give $H$ and $J$ without a derivation:

# %%
assert (
    np.allclose(list(factors.values()), [abs(c) for c in factors], rtol=1e-3)
    and len(routes["Gauss-Newton"]) == 3
)
halved, doubled, safe = far.values()
assert (
    halved[-1] < 1e-8
    and doubled[10:].min() > 0.01
    and safe[-1] < 1e-4
    and -0.5 in factors
)
assert 2300 > highest["Newton"] > 1400 and highest["Gauss-Newton"] > 2300


def half_squares(x):
    return (
        sum(r**2 for r in residuals(x)) / 2
    )  # Rosenbrock's function, in any framework


# %% tags=["torch"]
point = torch.tensor(x0)
assert np.allclose(torch_hessian(half_squares, point), banana.hessian(x0), rtol=1e-12)
assert np.allclose(
    torch_jacobian(lambda x: torch.stack(residuals(x)), point), jacobian(x0), rtol=1e-12
)

# %% tags=["tensorflow"]
point = tf.constant(x0)
assert np.allclose(tf_hessian(half_squares, point), banana.hessian(x0), rtol=1e-12)
assert np.allclose(
    tf_jacobian(lambda x: tf.stack(residuals(x)), point), jacobian(x0), rtol=1e-12
)

# %% [markdown]
# ## The price, and L-BFGS
#
# With $d$ parameters, $H$ has $d^2$ entries. A product $Hv$ costs two gradients, as a difference of both, so all of $H$
# costs $2d$. Solving takes about $d^3/3$ multiplications. **Predict.** Our little network has 9,610 parameters. How much
# memory does its Hessian fill in float64? And for 25 million?

# %% tags=["nbval-ignore-output"]
from timeit import repeat

for d in (200, 400, 800):
    M = np.random.default_rng(0).normal(size=(d, d))
    print(
        f"{d} unknowns: {min(repeat('np.linalg.solve(M, M[0])', number=1, repeat=5, globals=globals())):.1g} s"
    )
assert round(9610**2 * 8 / 1e6) == 739 and round((25 * 10**6) ** 2 * 8 / 1e15) == 5

# %% [markdown]
# **Answer.** 739 MB, and 5 petabytes. And twice the unknowns take up to eight times as long.
#
# So take less. For successive points let $s = x_t - x_{t-1}$ and $y = g_t - g_{t-1}$. On a quadratic $y = Hs$: each step
# shows what $H$ does along $s$. **BFGS** estimates $H^{-1}$ by a $B$ with $By = s$ for the newest pair. $-Bg$ goes downhill
# as long as
#
# $$s^\top y > 0. \tag{7}$$
#
# **L-BFGS** (L for limited memory; Liu & Nocedal 1989) keeps the last ten or so pairs, and gets $Bg$ from them with about
# $40\,d$ multiplications. A line search provides (7): it goes on until the slope has flattened.
#
# The contest: **softmax regression**, one layer, on the digits: 650 parameters, the penalty $0.0005\,\lVert w \rVert^2$,
# a convex loss. Count gradients over all training images: an epoch of mini-batches is one, a step of Newton's 1301.
# Descent and momentum get the best of seven rates.

# %%
from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad

D = np.column_stack([X, np.ones(len(y))])


def f(w, rows=slice(None)):
    return softmax_ce(D[rows] @ w.reshape(65, 10), y[rows]) + 0.0005 * w @ w


def grad(w, rows=slice(None)):
    return (
        D[rows].T @ softmax_ce_grad(D[rows] @ w.reshape(65, 10), y[rows])
    ).ravel() + 0.001 * w


def hess(w, h=1e-5):
    return np.stack(
        [(grad(w + h * e) - grad(w - h * e)) / (2 * h) for e in np.eye(650)]
    )


def descend(lr, passes, beta, size):
    w, v, record, rng = np.zeros(650), 0, [np.zeros(650)], np.random.default_rng(0)
    for _ in range(passes):
        for rows in batches(len(y), size, rng):
            v = beta * v + grad(w, rows)
            w = w - lr * v
        record.append(w)
    return record


def best_of(*arguments):
    with np.errstate(all="ignore"):
        return min(
            (descend(lr, *arguments) for lr in 10.0 ** np.arange(-2.5, 0.6, 0.5)),
            key=lambda r: f(r[-1]),
        )


# %%
visited = {"GD": best_of(200, 0, None), "momentum, batches of 32": best_of(40, 0.9, 32)}
spent = {name: list(range(len(path))) for name, path in visited.items()}
asked = {}  # each point where L-BFGS takes a gradient -> how many came before


def counted(w):
    asked.setdefault(w.tobytes(), len(asked))
    return grad(w)


visited["L-BFGS"] = lbfgs(f, counted, np.zeros(650), steps=200, tol=1e-9)
spent["L-BFGS"] = [asked[w.tobytes()] for w in visited["L-BFGS"]]
visited["Newton"] = newton(grad, hess, np.zeros(650), steps=6)
spent["Newton"] = [1301 * t for t in range(7)]
optimum = f(visited["Newton"][-1])
excess = {
    name: np.array([f(w) for w in path]) - optimum for name, path in visited.items()
}

# %%
fig, (left, right) = plots.figure(2, width=9, height=3.6, sharey=True)
for name, values in excess.items():
    left.plot(np.maximum(values, 1e-13), label=name)
    right.plot(1 + np.array(spent[name]), np.maximum(values, 1e-13))
left.set(
    xlabel="step (momentum: epoch)",
    ylabel="excess loss",
    yscale="log",
    ylim=(1e-9, 5),
    xlim=(0, 120),
)
right.set(xlabel="1 + gradients over all images", xscale="log")
left.legend(fontsize="small")
plots.show(
    fig,
    alt="Excess loss, log scale. By steps Newton drops at once, L-BFGS on a line, GD creeps. By gradients momentum leads "
    "at first and flattens near 0.002, L-BFGS overtakes it, and Newton comes last, beyond 1000.",
)
levels, price = (0.1, 0.01, 1e-6), {}
for name in excess:
    price[name] = [
        next(
            (n for n, e in zip(spent[name], excess[name], strict=True) if e < level),
            "never",
        )
        for level in levels
    ]
plots.table({"gradients to an excess below": levels} | price)

# %% [markdown]
# **Predict.** Now give L-BFGS a fresh mini-batch of 32 for each gradient. What happens to (7)?

# %%
(w_old, w_new), rng = visited["L-BFGS"][60:62], np.random.default_rng(0)
s, pairs = (
    w_new - w_old,
    [rng.choice(len(y), size=(2, 32), replace=False) for _ in range(400)],
)
same = np.mean([s @ (grad(w_new, one) - grad(w_old, one)) <= 0 for one, _ in pairs])
other = np.mean([s @ (grad(w_new, two) - grad(w_old, one)) <= 0 for one, two in pairs])
print(
    f"share of 400 pairs that break (7): {same:.2f} with one batch for both, {other:.2f} with two"
)

# %% [markdown]
# **Answer.** Half of the pairs break it, though the loss is convex: $y$ is now the difference of two *batches*, not of two
# points. With one batch at both ends (7) holds, for a second gradient.
#
# And the contest? By steps, Newton is far ahead: 5 bring it below $10^{-6}$. By gradients it is last, with over 6000. L-BFGS
# needs about 60; GD and momentum never get there. But to $0.1$ the mini-batches are first, in 2 epochs. Deep learning
# lives there: large data, low accuracy, noise.
#
# PyTorch has L-BFGS built in. For TensorFlow's gradients, take the library's:

# %%
assert (
    price["Newton"][2] == 5 * 1301 > 6000
    and 1301 == 1 + 2 * 650
    and price["GD"][2] == "never"
)
assert (
    50 < price["L-BFGS"][2] < 70
    and price["momentum, batches of 32"][::2] == [2, "never"]
    and price["L-BFGS"][0] > 2
)
assert same == 0 and 0.4 < other < 0.6 and 0.0005 == 0.001 / 2

# %% tags=["torch"]
weights = torch.zeros((65, 10), dtype=torch.float64, requires_grad=True)
built_in = torch.optim.LBFGS(
    [weights], max_iter=200, line_search_fn="strong_wolfe", tolerance_change=0
)


def closure():  # it may ask for several losses in one step
    built_in.zero_grad()
    loss = (
        criterion(torch.tensor(D) @ weights, torch.tensor(y))
        + 0.0005 * (weights**2).sum()
    )
    loss.backward()
    return loss


built_in.step(closure)
assert abs(f(weights.detach().numpy().ravel()) - optimum) < 1e-9


# %% tags=["tensorflow"]
tf_grad = tf_value_and_grad(
    lambda p: (
        tf_ce(D @ tf.reshape(p[0], (65, 10)), y) + 0.0005 * tf.reduce_sum(p[0] ** 2)
    )
)
found = lbfgs(f, lambda w: tf_grad([w])[1][0].numpy(), np.zeros(650), steps=150)
assert abs(f(found[-1]) - optimum) < 1e-9

# %% [markdown]
# ## Summary
#
# - A race needs equal budgets, other seeds than the tuning, and the spread. Then seven methods tie on the digits.
# - The same weights and batches make three frameworks' losses equal to 12 decimals.
# - Newton's step ignores scales and tilts, goes to any stationary point, and costs $d^2$ memory and $d^3$ work.
# - Gauss-Newton drops a term that must be small. L-BFGS learns curvature from successive gradients, without noise.
#
# ## Common mistakes
#
# - **Tail dropped, no shuffle, rows and labels shuffled apart.** Batches cover all rows, in one order for both.
# - **All gradients of an epoch at its start**, or the mean divided by $b$ once more.
# - **`H + damping`** adds to every entry, not to the diagonal.
# - **Adding Newton's step, or multiplying by $H$.** Solve $Hd = g$ and subtract.
# - **Determinant, trace or diagonal in place of the eigenvalues.** None tells a saddle from a minimum.
# - **Zero counted as positive.** $x^2 - y^4$ has no negative eigenvalue at $0$, and no minimum.
#
# ## References
#
# - D. C. Liu, J. Nocedal (1989). On the limited memory BFGS method for large scale optimization. doi:10.1007/BF01589116
# - D. Choi and others (2019). On empirical comparisons of optimizers for deep learning. arXiv:1910.05446
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
