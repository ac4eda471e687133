# %% [markdown]
# # Check a gradient, then let a tape take it
#
# {{about}}
#
# **After this lesson you can**
#
# - measure a derivative from values of the function, with a step $h$ chosen by reason,
# - check the gradient of a network, find the array that is wrong, and tell a kink from a bug,
# - build a tape that differentiates any formula made of `+`, `*` and ReLU,
# - train one network in three frameworks with the same loss at every step,
# - recognise a vector loss, a forgotten `zero_grad`, and a tape that watched nothing,
# - say why descent on $|x|$ never settles, and which learning rates make it.
#
# **You need** lesson 1 of this unit and softmax cross-entropy from unit 01.

# %% [markdown]
# ## A derivative from two values
#
# An **analytic** gradient comes from a derivation, a **numerical** one from values of $f$ alone. It is slow and
# inexact, but it knows nothing of your derivation, so it can judge it. Three ways, for a small step $h$:
#
# $$\frac{f(x+h) - f(x)}{h}, \qquad \frac{f(x+h) - f(x-h)}{2h}, \qquad \frac{\mathrm{Im}\, f(x + ih)}{h}. \tag{1}$$
#
# They are the **forward difference**, the **central difference** and the **complex step**. Put Taylor's theorem,
# $f(x \pm h) = f \pm h f' + \frac{h^2}{2} f'' \pm \frac{h^3}{6} f''' + \dots$, into (1). The forward difference is
# wrong by about $\frac{h}{2} f''$. In the central one the even terms cancel, which leaves $\frac{h^2}{6} f'''$. With
# $ih$ for $h$ the even terms are real, which leaves $-\frac{h^2}{6} f'''$. This way needs an $f$ that takes complex
# numbers.
#
# That is the **truncation error**. It falls with $h$, as $h^1$ or $h^2$: on log-log axes, lines with the slopes $1$ and
# $2$. But a computer rounds. Let $\varepsilon$ be the gap between $1$ and the next number: about
# $2.2 \cdot 10^{-16}$ in float64 and $1.2 \cdot 10^{-7}$ in float32. Each value of $f$ is off by about
# $\varepsilon |f|$. A difference subtracts two nearly equal values and divides by $h$, so the **rounding error**
# $\varepsilon |f| / h$ *grows* as $h$ falls. Leave out the constants, and the sums are least where
#
# $$h + \frac{\varepsilon}{h} \;\text{ is least: }\; h \approx \varepsilon^{1/2}, \qquad
# h^2 + \frac{\varepsilon}{h} \;\text{ is least: }\; h \approx \varepsilon^{1/3}. \tag{2}$$
#
# The complex step subtracts nothing, so it has no such term.
#
# **Predict.** Below is the error of all three on $f(x) = e^x \sin x$, averaged over 64 points. How many correct digits
# can you get in float64 from each? What happens at $h = 10^{-16}$?

# %%
import numpy as np

from gdcourse import plots
from gdcourse.gradients import central_difference, complex_step


def f(x):
    return np.exp(x) * np.sin(x)


def f_slope(x):
    return np.exp(x) * (np.sin(x) + np.cos(x))


steps = 2.0 ** -np.arange(1, 57)  # powers of two, which both types hold exactly
errors = {}
for kind in (np.float32, np.float64):
    x = (1 + np.arange(64) / 128).astype(kind)
    rows = []
    for h in steps.astype(kind):
        found = (
            (f(x + h) - f(x)) / h,
            (f(x + h) - f(x - h)) / (2 * h),
            f(x + 1j * h).imag / h,
        )
        rows.append([np.mean(np.abs(d / f_slope(x.astype(float)) - 1)) for d in found])
    errors[kind.__name__] = dict(
        zip(("forward", "central", "complex"), np.transpose(rows), strict=True)
    )


# %% tags=["nbval-ignore-output"]
def draw_errors(k):
    """The error curves, with points at h = 2^-k."""
    fig, axes = plots.figure(2, width=8, sharey=True)
    for ax, (kind, curves) in zip(axes, errors.items(), strict=True):
        for (way, error), colour, marker in zip(
            curves.items(), plots.COLOURS, plots.MARKERS, strict=False
        ):
            ax.loglog(steps, error, label=way)
            ax.loglog(steps[k - 1], error[k - 1], marker, color=colour, markersize=8)
        for power in (1 / 2, 1 / 3):
            ax.axvline(
                np.finfo(kind).eps ** power, color="0.5", linestyle=":", linewidth=1
            )
        ax.set(
            xlabel="step $h$",
            title=f"{kind}, points at $h = 2^{{-{k}}}$",
            ylim=(1e-17, 5),
        )
    axes[0].set_ylabel("mean relative error")
    axes[0].legend()
    return fig


plots.show(
    draw_errors(18),
    alt="Error against h, log-log, in float32 and float64. As h falls, the errors of forward and central differences "
    "fall along lines, turn near the dotted lines, and rise to 1. The complex step's falls and stays at rounding.",
)
shown = [4, 8, 12, 18, 26, 40, 53, 54]
columns = {"h": steps[[k - 1 for k in shown]]}
for kind, curves in errors.items():
    columns |= {
        f"{way}, {kind}": error[[k - 1 for k in shown]] for way, error in curves.items()
    }
plots.table(columns, digits=2)

# %% [markdown]
# **Answer.** In float64 forward differences give about 8 digits, central ones 11, the complex step all of them.
# In float32 it is 3 or 4 digits, about 5, and all 7. From $h = 2^{-54} \approx 6 \cdot 10^{-17}$ on, $x + h$ *is* $x$
# in float64. The difference is $0$ and the relative error is $1$.
#
# The lowest points lie where (2) puts them, near the dotted lines $\sqrt\varepsilon$ and $\sqrt[3]\varepsilon$: in
# float64 $1.5 \cdot 10^{-8}$ and $6.1 \cdot 10^{-6}$. So check gradients in float64, with central differences.


# %%
double, eps = errors["float64"], {kind: np.finfo(kind).eps for kind in errors}
for kind, curves in errors.items():
    for way, order in (("forward", 1), ("central", 2)):
        assert (
            1 / 8 < steps[np.argmin(curves[way])] / eps[kind] ** (1 / (order + 1)) < 8
        )  # equation (2)
    assert (
        curves["complex"][30:].max() < 3 * eps[kind]
    )  # the floor: rounding of f alone, down to the smallest h
slopes = [
    np.polyfit(np.log(steps[3:9]), np.log(error[3:9]), 1)[0]
    for error in double.values()
]
digits = {
    kind: [-np.log10(curves[way].min()) for way in ("forward", "central")]
    for kind, curves in errors.items()
}
assert np.round(slopes, 1).tolist() == [1, 2, 2] and np.round(
    digits["float64"]
).tolist() == [8, 11]
assert 3 < digits["float32"][0] < 4 and round(digits["float32"][1]) == 5
assert double["forward"][53] == double["central"][53] == 1  # h = 2^-54
assert [f"{e:.1e}" for e in eps.values()] == ["1.2e-07", "2.2e-16"]
assert [f"{eps['float64'] ** (1 / n):.1e}" for n in (2, 3)] == ["1.5e-08", "6.1e-06"]

# %% [markdown]
# Slide $h$ down: each way has its own wall.


# %% tags=["widget"]
def at_step(k):
    values = [f"{way} {error[k - 1]:.1e}" for way, error in double.items()]
    return draw_errors(
        k
    ), f"Error curves with points at h = 2^-{k}; in float64: {values}."


plots.slider(at_step, k=list(range(1, 57)))

# %% [markdown]
# ## Kinks
#
# All of (1) rests on Taylor's theorem, so $f$ must be smooth between the points. At a **kink** the slope jumps.
#
# **Predict.** What do the forward and the central difference say about $|x|$ and about $\mathrm{ReLU}(x) = \max(x, 0)$
# at $x = 0$? And about ReLU at $x = 10^{-6}$, where its slope is $1$?


# %%
def relu(x):
    return np.maximum(x, 0)


h = 6e-6
cases = {
    "abs(x) at 0": (np.abs, 0),
    "ReLU at 0": (relu, 0),
    "ReLU at 1e-6": (relu, 1e-6),
}
cases["sqrt(abs(x)) at 0"] = lambda x: np.sqrt(np.abs(x)), 0
ends = {"forward": (1, 0), "backward": (0, -1), "central": (1, -1)}
measured = {
    case: [(g(x + u * h) - g(x + v * h)) / (h * (u - v)) for u, v in ends.values()]
    for case, (g, x) in cases.items()
}
plots.table({"difference": ends} | measured)
try:
    complex_step(lambda x: np.abs(x).sum(), np.zeros(1))
except TypeError as error:
    print("complex step:", error)

# %% [markdown]
# **Answer.** At $0$ they contradict each other: forward says $1$ for both; central says $0$ for $|x|$ and $0.5$ for
# ReLU. At $10^{-6}$ the kink lies within $h$ of the point, and the central difference, $0.583$, mixes both sides. The
# right gradient fails such a check. Nor does the complex step help: `abs` of a complex number is its length.
#
# A kink is not an infinite slope. At a kink the slopes on either side are finite, and any number between them can
# stand in, as you will see. At the origin of $\sqrt{|x|}$ the slope is infinite: the differences $\pm 408$ grow without
# end as $h$ shrinks.
#
# Check at random points. If an entry fails, shrink $h$ tenfold: a kink moves out of reach, a bug stays.

# %%
assert measured["abs(x) at 0"] == [1, -1, 0] and measured["ReLU at 0"] == [1, 0, 0.5]
assert round(measured["ReLU at 1e-6"][2], 3) == 0.583
assert np.isclose(
    (relu(1e-6 + 6e-7) - relu(1e-6 - 6e-7)) / 1.2e-6, 1
)  # h ten times smaller: the kink is out of reach
assert [round(d) for d in measured["sqrt(abs(x)) at 0"]] == [408, -408, 0]

# %% [markdown]
# ## One number for "how wrong"
#
# Let $a$ be the given gradient and $b$ the measured one. You can compare them entry by entry, or as a whole:
#
# $$\text{element-wise: } \max_i \frac{|a_i - b_i|}{\max(|a_i|, |b_i|)}, \qquad
# \text{norm-wise: } \frac{\lVert a - b \rVert}{\max(\lVert a \rVert, \lVert b \rVert)}. \tag{3}$$
#
# **Predict.** In "tiny entry" below, the given gradient is right, and its second entry is $10^{-10}$. In "tiny block"
# the second entry has the wrong sign. Which measure raises the alarm on which?


# %%
def element_wise(a, b):
    return np.max(np.abs(a - b) / np.maximum(np.abs(a), np.abs(b)))


def norm_wise(a, b):
    return np.linalg.norm(a - b) / max(np.linalg.norm(a), np.linalg.norm(b))


tiny_entry = central_difference(
    lambda x: np.exp(x[0]) + 1e-10 * x[1], np.array([1.0, 1.0])
)
tiny_block = central_difference(
    lambda x: 1000 * x[0] ** 2 + 1e-4 * x[1] ** 2, np.array([1.0, 1.0])
)
pairs = {"tiny entry, right": (np.array([np.e, 1e-10]), tiny_entry)}
pairs["tiny block, wrong sign"] = (np.array([2000, -2e-4]), tiny_block)
wise = {name: (element_wise(*pair), norm_wise(*pair)) for name, pair in pairs.items()}
plots.table(
    {
        "": wise,
        "element-wise": [e for e, _ in wise.values()],
        "norm-wise": [n for _, n in wise.values()],
    }
)

# %% [markdown]
# **Answer.** Element-wise cries wolf on the first: the entry is so small that its difference is rounding. Norm-wise
# sleeps through the second: the large entry hides the small one. So take the norm-wise error of *each parameter array
# by itself*: entries of one array tend to be of one size. In float64 with central differences, below $10^{-7}$ is
# normal, and above $10^{-4}$ is a bug or a kink.

# %%
assert wise["tiny entry, right"][0] > 0.1 and wise["tiny entry, right"][1] < 1e-9
assert (
    wise["tiny block, wrong sign"][0] > 1.9 and wise["tiny block, wrong sign"][1] < 1e-6
)

# %% [markdown]
# ## The check as a habit
#
# Now a network with two layers, on scikit-learn's digits: 64 pixels, 32 hidden units, 10 classes. For a batch $X$ with
# $n$ rows and one-hot labels $Y$ it computes
#
# $$A = X W_1 + b_1, \quad H = \max(A, 0), \quad Z = H W_2 + b_2, \quad P = \mathrm{softmax}(Z), \tag{4}$$
#
# and the loss is the mean cross-entropy. Backwards, by the chain rule from lesson 1 and $p - y$ from unit 01, with
# $G_M$ for the gradient with respect to $M$ and $\odot$ for the product entry by entry:
#
# $$G_Z = \tfrac1n (P - Y), \quad G_{W_2} = H^\top G_Z, \quad G_H = G_Z W_2^\top, \quad
# G_A = G_H \odot [A > 0], \quad G_{W_1} = X^\top G_A. \tag{5}$$
#
# The gradient of a bias is the sum over the rows of $G_Z$ or $G_A$. A published tutorial's code forgets a factor of the
# chain. Plant such a bug here: leave out the mask $[A > 0]$.

# %%
from sklearn.datasets import load_digits

from gdcourse.diagnostics import gradient_check
from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad
from gdcourse.training.batches import batches

digits = load_digits()
X, y = digits.data / 16, digits.target
NAMES = ["W1", "b1", "W2", "b2"]


def network(seed=0):
    """Fresh parameters [W1, b1, W2, b2]; the biases are not zero, to stay off the kinks."""
    rng = np.random.default_rng(seed)
    shapes = (64, 32), (32,), (32, 10), (10,)
    return [
        rng.normal(scale=0.1 if len(s) == 1 else np.sqrt(2 / s[0]), size=s)
        for s in shapes
    ]


# %%
def loss_and_grad(params, X, y, mask=True):
    """Equations (4) and (5). mask=False plants the bug."""
    W1, b1, W2, b2 = params
    A = X @ W1 + b1
    H = np.maximum(A, 0)
    Z = H @ W2 + b2
    G_Z = softmax_ce_grad(Z, y)  # (P - Y) / n
    G_A = G_Z @ W2.T
    if mask:
        G_A = G_A * (A > 0)
    return softmax_ce(Z, y), [X.T @ G_A, G_A.sum(axis=0), H.T @ G_Z, G_Z.sum(axis=0)]


def check_each(mask, params, X, y):
    """Return the gradient_check of each parameter array by itself."""

    def run(p, i):
        return loss_and_grad([*params[:i], p, *params[i + 1 :]], X, y, mask)

    parts = [
        (lambda p, i=i: run(p, i)[0], lambda p, i=i: run(p, i)[1][i], params[i])
        for i in range(4)
    ]
    return {
        name: gradient_check(*part) for name, part in zip(NAMES, parts, strict=True)
    }


def rounded(error):
    return f"{error:.2f}" if error > 1e-7 else "below 1e-7"


# %% [markdown]
# **Predict.** Which of the four arrays fail the check? If you train with the bug, does the network learn?

# %%
reports = {mask: check_each(mask, network(), X[:8], y[:8]) for mask in (True, False)}
found = [
    [rounded(report.error) for report in checked.values()]
    for checked in reports.values()
]
plots.table(
    {"array": NAMES, "error with mask": found[0], "error without mask": found[1]}
)


def train(mask, seed, epochs=10, lr=0.1):
    """Return the accuracy on the last 500 digits after training on the others."""
    params, rng = network(seed), np.random.default_rng(seed)
    for _ in range(epochs):
        for rows in batches(1297, 32, rng):
            for p, g in zip(
                params, loss_and_grad(params, X[rows], y[rows], mask)[1], strict=True
            ):
                p -= lr * g
    W1, b1, W2, b2 = params
    return np.mean((relu(X[1297:] @ W1 + b1) @ W2 + b2).argmax(axis=1) == y[1297:])


accuracy = {mask: [train(mask, seed) for seed in range(5)] for mask in (True, False)}
plots.table(
    {"seed": range(5), "with mask": accuracy[True], "without mask": accuracy[False]},
    digits=3,
)

# %% [markdown]
# **Answer.** $W_1$ and $b_1$ fail, $W_2$ and $b_2$ pass: the fault lies between $G_Z$ and $G_A$. And the wrong network
# learns. Over five seeds it reads $88.3\,\%$ of the held-out digits correctly, the right one $88.8\,\%$. A falling loss
# proves nothing about a gradient: so it was with the three-stage model of lesson 1 when only its sign was mended.
#
# The check takes $2 \cdot 2410 = 4820$ losses, two per parameter. Run it once after each change of a backward pass.
#
# **A right gradient that fails.** Start with zero biases and let one picture be blank. Then every $A$ in its row is
# exactly $0$, on the kink, and the entries of $b_1$ come out wrong:

# %%
params = network()
params[1][:] = 0
blank = X[:8] * (np.arange(8) > 0)[:, None]  # the first picture is all zeros
on_kink, off_kink = (
    check_each(True, start, blank, y[:8])["b1"] for start in (params, network())
)
print(
    "error of b1 with zero biases:",
    rounded(on_kink.error),
    " with others:",
    rounded(off_kink.error),
)

# %%
assert (
    all(report.ok and report.error < 1e-7 for report in reports[True].values())
    and off_kink.error < 1e-7
)
assert [name for name, report in reports[False].items() if not report.ok] == [
    "W1",
    "b1",
]
assert 2 * sum(p.size for p in network()) == 2 * 2410 == 4820
assert [round(100 * np.mean(rates), 1) for rates in accuracy.values()] == [88.8, 88.3]
assert round(on_kink.error, 2) == 0.50 and off_kink.ok

# %% [markdown]
# ## A tape from scratch
#
# Every step of (5) follows one rule, so a program can do it. Record each operation as it happens: its result, its
# **parents** (the numbers that went in), and its slope in each parent. This record is the **tape**.
#
# Let $v_1, \dots, v_N$ be all numbers in the order of their making, and $L = v_N$. Write $\bar v_i$ for
# $\partial L / \partial v_i$, the **gradient** of $v_i$. The chain rule sums over all uses of $v_i$:
#
# $$\bar v_N = 1, \qquad \bar v_i = \sum_{j \text{ uses } i} \bar v_j\, \frac{\partial v_j}{\partial v_i}. \tag{6}$$
#
# Going from the last number to the first is **reverse mode**. One pass gives the derivative by *every* input, for a
# small multiple of the cost of $L$ (Griewank & Walther 2008).


# %%
class Value:
    """A number that remembers its parents and its slope in each of them."""

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))


# %% [markdown]
# Equation (6) needs $\bar v_j$ complete before $v_j$ passes anything on. So visit each number after all that use it:
# a **topological order**, backwards. The function below lists parents first. It keeps its own stack, because Python
# allows a function to call itself only about a thousand times.


# %%
def parents_first(end):
    """Return all numbers that end was made from, each after its parents, and end last."""
    order, seen, stack = [], set(), [(end, False)]
    while stack:
        v, parents_done = stack.pop()
        if parents_done:
            order.append(v)
        elif v not in seen:
            seen.add(v)
            stack += [(v, True), *((p, False) for p in v.parents)]
    return order


def backward(end):
    """Equation (6). Yields after each number, so that you can watch."""
    order = parents_first(end)
    for v in order:
        v.grad = 0.0
    end.grad = 1.0
    for v in reversed(order):
        for parent, slope in zip(v.parents, v.slopes, strict=True):
            parent.grad += slope * v.grad  # += : a parent may have other children
        yield v


# %% [markdown]
# **Predict.** Let $a = 2$, $b = 3$, $c = ab$, $d = c + a$, $e = \mathrm{ReLU}(d)$ and $L = e^2$. The number $a$ is used
# twice. What is $\bar a$? What would it be if `+=` were `=`?

# %%
a, b = Value(2.0), Value(3.0)
c = a * b
d = c + a
e = d.relu()
L = e * e
nodes = {"a": a, "b": b, "c = ab": c, "d = c + a": d, "e = ReLU(d)": e, "L = e²": L}
place = {a: (0, 0), b: (0, 1), c: (1, 1), d: (2, 0.5), e: (3, 0.5), L: (4, 0.5)}
frames = []  # (done so far, gradients) after each step of backward
for v in backward(L):
    done = [*frames[-1][0], v] if frames else [v]
    frames.append((done, {node: node.grad for node in nodes.values()}))


# %%
def draw_graph(step):
    done, grads = frames[step - 1]
    fig, ax = plots.figure(width=8, height=2.8)
    for name, v in nodes.items():
        for parent in v.parents:
            ax.annotate(
                "",
                place[v],
                place[parent],
                arrowprops={"arrowstyle": "->", "shrinkA": 38, "shrinkB": 38},
            )
        colour = "#ffe3b0" if v is done[-1] else "#cfe6f5" if v in done else "white"
        text, box = (
            f"{name}\nvalue {v.data:g}\ngradient {grads[v]:g}",
            {"boxstyle": "round", "facecolor": colour},
        )
        ax.text(*place[v], text, ha="center", va="center", fontsize=9, bbox=box)
    ax.set(
        xlim=(-0.5, 4.5),
        ylim=(-0.4, 1.4),
        title=f"step {step} of backward: the orange number passes on",
    )
    ax.axis("off")
    return fig


plots.show(
    draw_graph(6),
    alt="Graph: a and b lead to c, c and a to d, d to e, e to L. Gradients L 1, e d c 16, b 32, a 64.",
)
plots.table(
    {
        "number": nodes,
        "value": [v.data for v in nodes.values()],
        "gradient": [v.grad for v in nodes.values()],
    }
)

# %% [markdown]
# **Answer.** $\bar a = 64$: it gets $16$ from $d$ and $16 \cdot 3 = 48$ from $c$. With `=`, the later one would win and
# the other be lost. Slide through the steps of `backward`:


# %% tags=["widget"]
def at_backward(step):
    grads = ", ".join(f"{name} {frames[step - 1][1][v]:g}" for name, v in nodes.items())
    return draw_graph(
        step
    ), f"The graph after step {step} of backward. Gradients so far: {grads}."


plots.slider(at_backward, step=list(range(1, len(frames) + 1)))

# %% [markdown]
# The library's `Value` has more operations. Any tape must pass three tests: shared
# numbers, a diamond (two paths that part and meet again), and a chain of 5,000 numbers.

# %%
from gdcourse.gradients.tape import Value as LibraryValue


def formula(a, b):
    u = a * a + b
    return (u + u.relu() * b + a) * u


def chain(a, b):
    for _ in range(2500):
        a = a + b * a
    return a


for function, inputs in (
    (formula, (1.5, -0.7)),
    (formula, (0.2, -0.7)),
    (chain, (1.0, 1e-4)),
):
    ours, theirs = [Value(x) for x in inputs], [LibraryValue(x) for x in inputs]
    list(backward(function(*ours)))
    function(*theirs).backward()
    assert np.allclose([v.grad for v in ours], [v.grad for v in theirs], rtol=1e-12)
    measured = central_difference(
        lambda x, g=function: g(*map(Value, x)).data, np.array(inputs)
    )
    assert np.allclose([v.grad for v in ours], measured, rtol=1e-4)
assert [v.grad for v in nodes.values()] == [64, 32, 16, 16, 16, 1] and len(
    parents_first(chain(*ours))
) > 5000

# %% [markdown]
# ### The tapes of PyTorch and TensorFlow
#
# Both do what you built, on arrays. PyTorch records whatever stems from a tensor with `requires_grad`, and
# `backward()` *adds* to `.grad`. TensorFlow records inside `with tf.GradientTape()`, and watches every `tf.Variable`.

# %% tags=["torch"]
from gdcourse.gradients.torch import value_and_grad as torch_value_and_grad
import torch

a, b = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (2.0, 3.0))
L_torch = torch.relu(a * b + a) ** 2
L_torch.backward()
assert (L_torch.item(), a.grad.item(), b.grad.item()) == (64, 64, 32)
assert torch_value_and_grad(lambda p: torch.relu(p[0] * p[1] + p[0]) ** 2)([2.0, 3.0])[
    1
] == [64, 32]  # the library

# %% tags=["tensorflow"]
from gdcourse.gradients.tensorflow import value_and_grad as tf_value_and_grad
import tensorflow as tf

a, b = tf.Variable(2.0, dtype=tf.float64), tf.Variable(3.0, dtype=tf.float64)
with tf.GradientTape() as tape:
    L_tf = tf.nn.relu(a * b + a) ** 2
assert [float(value) for value in (L_tf, *tape.gradient(L_tf, [a, b]))] == [64, 64, 32]

# %% [markdown]
# ## One network, three frameworks
#
# Train the network of (4) in each framework: same weights, same batches of 32, rate $0.1$, two **epochs**, which are
# passes over all rows. The 1797 digits make 56 full batches and one of 5. The loop is the same; only `step` differs. It
# takes one batch, changes the parameters, and returns the loss.
#
# **Predict.** Rounding differs between the frameworks. After 114 steps, do the losses agree to 3 digits, 6, or 12?


# %%
def training_loop(step, epochs=2):
    """Call step(rows) for each batch; return the losses."""
    rng = np.random.default_rng(0)
    return np.array(
        [step(rows) for _ in range(epochs) for rows in batches(len(X), 32, rng)]
    )


def numpy_step(params, lr=0.1, total=False):
    """A step of descent by equation (5). total=True descends on the sum over the batch in place of the mean."""

    def step(rows):
        loss, grads = loss_and_grad(params, X[rows], y[rows])
        for p, g in zip(params, grads, strict=True):
            p -= lr * g * (len(rows) if total else 1)
        return loss

    return step


by_hand = training_loop(numpy_step(network()))

# %% tags=["torch"]
weights_t = [torch.tensor(p, requires_grad=True) for p in network()]
X_t, y_t = torch.tensor(X), torch.tensor(y)
optimizer = torch.optim.SGD(weights_t, lr=0.1)


def torch_loss(params, X, y, reduction="mean"):
    W1, b1, W2, b2 = params
    return torch.nn.functional.cross_entropy(
        torch.relu(X @ W1 + b1) @ W2 + b2, y, reduction=reduction
    )


def torch_step(rows):
    optimizer.zero_grad()
    loss = torch_loss(weights_t, X_t[rows], y_t[rows])
    loss.backward()
    optimizer.step()
    return loss.item()


by_torch = training_loop(torch_step)
plots.table(
    {
        "step": [1, 57, 114],
        "NumPy": by_hand[[0, 56, 113]],
        "PyTorch": by_torch[[0, 56, 113]],
    },
    digits=10,
)
assert len(by_hand) == 114 and np.abs(by_torch - by_hand).max() < 1e-12

# %% tags=["tensorflow"]
weights_f = [tf.Variable(p) for p in network()]


def tf_losses(params, X, y):
    """One loss per row."""
    W1, b1, W2, b2 = params
    return tf.nn.sparse_softmax_cross_entropy_with_logits(
        y, tf.nn.relu(X @ W1 + b1) @ W2 + b2
    )


def tf_step(rows):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf_losses(weights_f, X[rows], y[rows]))
    for p, g in zip(weights_f, tape.gradient(loss, weights_f), strict=True):
        p.assign_sub(0.1 * g)
    return float(loss)


by_tf = training_loop(tf_step)
plots.table(
    {
        "step": [1, 57, 114],
        "NumPy": by_hand[[0, 56, 113]],
        "TensorFlow": by_tf[[0, 56, 113]],
    },
    digits=10,
)
assert np.abs(by_tf - by_hand).max() < 1e-12

# %% [markdown]
# **Answer.** To 12 decimals, at every step. The frameworks do the same sums in another order, and this run does not
# amplify the difference. That is the sharpest test of a port: same weights, same batches, float64, every loss. If the
# first loss differs, look at the model; if the second does, at the gradient.
#
# The update is written out in TensorFlow for a reason: Keras optimizers hold the rate in float32, where $0.1$ is
# not $0.1$, and the runs would part.
#
# ## Three traps
#
# ### A vector loss
#
# Leave out `reduce_mean`, as a published tutorial's code does, and the loss is a vector with one entry per row.
# `tape.gradient` does not complain. It adds the entries up.
#
# **Predict.** The rate is $0.01$ and the batch has 32 rows. Which rate has the run really? And for the last batch of an
# epoch?

# %%
runs = {
    "mean, rate 0.01": training_loop(numpy_step(network(), 0.01)),
    "vector, rate 0.01": training_loop(numpy_step(network(), 0.01, total=True)),
    "mean, rate 0.32": training_loop(numpy_step(network(), 0.32)),
}
fig = plots.curves(
    runs,
    x=range(1, 115),
    ylabel="mean loss of the batch",
    title="two epochs on the digits",
)
plots.show(
    fig,
    alt="Loss per step: slow for the mean at rate 0.01; the vector run falls like the mean at 0.32.",
)
shown = np.array([1, 20, 56, 57, 58, 114])
plots.table({"step": shown, **{name: run[shown - 1] for name, run in runs.items()}})

# %% tags=["tensorflow"]
with tf.GradientTape(persistent=True) as tape:
    vector = tf_losses(weights_f, X[:32], y[:32])
    mean = tf.reduce_mean(vector)
for g_vector, g_mean in zip(
    tape.gradient(vector, weights_f), tape.gradient(mean, weights_f), strict=True
):
    assert np.allclose(g_vector, 32 * g_mean, rtol=1e-12, atol=1e-15)

# %% tags=["torch"]
total, mean = (
    torch_loss(weights_t, X_t[:32], y_t[:32], reduction)
    for reduction in ("sum", "mean")
)
for g_sum, g_mean in zip(
    torch.autograd.grad(total, weights_t),
    torch.autograd.grad(mean, weights_t),
    strict=True,
):
    assert np.allclose(g_sum, 32 * g_mean, rtol=1e-12, atol=1e-15)
try:
    torch_loss(weights_t, X_t[:32], y_t[:32], "none").backward()
except RuntimeError as error:
    print("PyTorch, given a vector:", error)

# %% [markdown]
# **Answer.** $0.32$: the gradient of the sum is 32 times that of the mean. The batch of 5 gets $0.05$, so the rate
# changes with the batch, and with every change of the batch size. Here the larger rate happens to help, which is how
# the mistake survives. PyTorch refuses a vector, but not its `.sum()`.

# %%
assert np.allclose(
    runs["vector, rate 0.01"][:57], runs["mean, rate 0.32"][:57], rtol=0, atol=1e-12
)
assert len(X) == 1797 == 56 * 32 + 5 and 32 * 0.01 == 0.32 and 5 * 0.01 == 0.05

# %% [markdown]
# ### A forgotten `zero_grad`
#
# PyTorch's `backward()` adds to `.grad`, also across steps. That is useful when you split a batch into parts. If you
# forget `optimizer.zero_grad()`, each step uses the sum of all gradients so
# far.
#
# **Predict.** Descend on $\frac12 x^2$ from $1$ with the rate $0.1$. What does the run with the forgotten line do?

# %%
remembered, forgotten, grad = [1.0], [1.0], 0.0
for _ in range(100):
    remembered.append(remembered[-1] - 0.1 * remembered[-1])
    grad += forgotten[-1]  # never set back to zero
    forgotten.append(forgotten[-1] - 0.1 * grad)
fig = plots.curves(
    {"with zero_grad": remembered, "without": forgotten},
    ylabel="$x$",
    width=6,
    height=2.8,
)
fig.axes[0].set_ylim(-1.1, 1.9)
plots.show(fig, alt="x against the step. With zero_grad it falls smoothly to 0; without, it swings between -1 and 1 "
           "with a period of about 20 steps and never settles.")  # fmt: skip
shown = [0, 10, 20, 50, 100]
plots.table(
    {
        "step": shown,
        "with": np.take(remembered, shown),
        "without": np.take(forgotten, shown),
    }
)
assert max(np.abs(forgotten[50:])) > 0.99 and remembered[-1] < 1e-4

# %% tags=["torch"]
x_t = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
sgd, seen = torch.optim.SGD([x_t], lr=0.1), [1.0]
for _ in range(100):
    (x_t**2 / 2).backward()  # sgd.zero_grad() is missing
    sgd.step()
    seen.append(x_t.item())
assert np.allclose(seen, forgotten, rtol=0, atol=1e-12)

# %% [markdown]
# **Answer.** It swings for ever, like a pendulum without friction. The sum of the gradients acts as a velocity, and
# nothing slows it down.
#
# ### A tape that watched nothing
#
# **Predict.** What does TensorFlow return as the gradient with respect to a constant? And what after an update written
# as `w = w - 0.1 * g`?


# %% tags=["tensorflow"]
def slope_of_square(w):
    with tf.GradientTape() as tape:
        loss = w**2
    return tape.gradient(loss, w)


w = tf.Variable(3.0)
g = slope_of_square(w)
print(
    "constant:",
    slope_of_square(tf.constant(3.0)),
    "  after w = w - 0.1 * g:",
    slope_of_square(w - 0.1 * g),
)
w.assign_sub(0.1 * g)  # the right update keeps the variable
assert g == 6 and slope_of_square(w) is not None
assert (
    slope_of_square(tf.constant(3.0)) is None and slope_of_square(w - 0.1 * g) is None
)

# %% tags=["torch"]
used, unused = (torch.tensor(3.0, requires_grad=True) for _ in range(2))
(used**2).backward()
assert used.grad == 6 and unused.grad is None
assert not (torch.tensor(3.0) ** 2).requires_grad  # backward() on it is an error

# %% [markdown]
# **Answer.** `None`, in both cases, without a message. `None` is not zero: the tape knows no path from the loss to this
# array. It is a constant, a replaced variable, or a parameter never used, or the path goes through NumPy. At the first
# step, assert that no gradient is `None`. PyTorch raises an error only if there is no path at all.
#
# ## Descent on a kink
#
# What should a tape say at the kink of $|x|$? A number $s$ is a **subgradient** of a convex $f$ at $x$ if the line with
# slope $s$ through the point stays below the graph:
#
# $$f(y) \ge f(x) + s\,(y - x) \quad \text{for all } y. \tag{7}$$
#
# Where $f$ is smooth there is one, the derivative. At the kink of $|x|$ every $s$ from $-1$ to $1$ will do. PyTorch and
# TensorFlow pick $0$ there, for ReLU too. That matters little. But a step always has
# the length $\eta$, however close to the minimum you are.
#
# A published tutorial recommends gradient clipping and dynamic learning rates for such functions. **Clipping** limits
# the size of a gradient, here to $[-c, c]$.
#
# **Predict.** Start at $1.05$ with the rate $0.3$. Which of these converge to $0$: the constant rate; the same with
# clipping at $c = 1$; the rate $0.3 \cdot 0.5^t$; the rate $0.3 / (t + 1)$?


# %%
def descend(rate, c=np.inf, x=1.05, steps=1000):
    path = [x]
    for t in range(steps):
        path.append(path[-1] - rate(t) * np.clip(np.sign(path[-1]), -c, c))
    return np.array(path)


paths = {
    "constant 0.3": descend(lambda t: 0.3),
    "constant, clipped at 1": descend(lambda t: 0.3, c=1),
    "$0.3 \\cdot 0.5^t$": descend(lambda t: 0.3 * 0.5**t),
    "$0.3 / (t + 1)$": descend(lambda t: 0.3 / (t + 1)),
}

# %%
fig, (left, right) = plots.figure(2, width=8.4)
line = np.linspace(-1, 1, 3)
left.plot(line, np.abs(line), color="black", linestyle="-", linewidth=2)
for s in (-1, -0.5, 0, 0.6, 1):
    left.plot(line, s * line, color=plots.COLOURS[0], linestyle="--", linewidth=1)
left.set(xlabel="$x$", title="$|x|$ and lines below it", ylim=(-1, 1))
for name, path in paths.items():
    right.plot(path[:41], label=name)
right.set(xlabel="step", ylabel="$x$", title="descent on $|x|$ from 1.05")
right.legend(fontsize=8)
plots.show(
    fig,
    alt="Left: |x| above five lines through 0. Right: the constant rate swings about 0, clipped or not; the halving one "
    "stops at 0.45; 0.3 / (t + 1) settles at 0.",
)
plots.table(
    {"rate": paths}
    | {
        f"distance at step {t}": [abs(p[t]) for p in paths.values()]
        for t in (10, 100, 1000)
    }
)

# %% [markdown]
# **Answer.** Only the last. The constant rate swings between $0.15$ and $-0.15$ for ever. Clipping at $1$ changes
# nothing, as the slope is never larger; a smaller $c$ is just a smaller rate. The rate $0.3 \cdot 0.5^t$ can cover only
# $0.3 + 0.15 + \dots = 0.6$ in all, so it stops at $0.45$: it vanishes too fast. The rate must vanish, and yet be able
# to go any distance:
#
# $$\eta_t \to 0, \qquad \sum_t \eta_t = \infty. \tag{8}$$
#
# Then the best loss so far converges to the minimum, on every convex function that has one and has bounded slopes
# (Shor 1985). "Dynamic" alone is not enough. Nor does clipping heal a gradient that has already overflowed: `inf` times $1/\infty$ is `nan`.

# %%
constant, clipped, halved, harmonic = paths.values()
assert constant[0] == 1.05 and np.array_equal(constant, clipped)
assert np.allclose(constant[3::2], 0.15) and np.allclose(constant[4::2], -0.15)
assert np.isclose(halved[-1], 0.45) and np.isclose(
    sum(0.3 * 0.5**t for t in range(100)), 0.6
)
assert abs(harmonic[-1]) < 3e-4
assert np.allclose(descend(lambda t: 0.3, c=0.5), descend(lambda t: 0.15))
overflowed = np.array([np.inf, 1.0, 1.0])
with np.errstate(invalid="ignore"):
    shortened = overflowed * (1 / np.linalg.norm(overflowed))  # clipping to norm 1
assert (
    np.isnan(shortened[0])
    and (shortened[1:] == 0).all()
    and np.isnan(np.clip(np.nan, -1, 1))
)

# %% tags=["torch"]
kink = torch.zeros(2, dtype=torch.float64, requires_grad=True)
(kink[0].abs() + torch.relu(kink[1])).backward()
assert kink.grad.tolist() == [0, 0]

# %% tags=["tensorflow"]
value, (slopes,) = tf_value_and_grad(lambda p: tf.abs(p[0][0]) + tf.nn.relu(p[0][1]))(
    [np.zeros(2)]
)
assert slopes.numpy().tolist() == [0, 0]

# %% [markdown]
# ## Summary
#
# - The best steps are $\sqrt\varepsilon$ forward, $\sqrt[3]\varepsilon$ central. The complex step: any tiny one.
# - Compare norm-wise, array by array, in float64. Kinks make right gradients fail.
# - A falling loss proves nothing about a gradient. A check names the wrong array.
# - A tape records parents and slopes. Backward visits each number after all that use it, and adds.
# - The same weights and batches give the same losses in all three frameworks, to 12 decimals.
# - At a kink a constant rate swings for ever. Let the rate vanish, with an infinite sum.
#
# ## Common mistakes
#
# - **$h$ as small as possible.** The difference is then rounding, or $0$.
# - **Checking in float32, or with forward differences.** Three to five digits are left, or eight in place of eleven.
# - **One relative error for the whole network.** A large array hides a small one.
# - **`=` for `+=` in a backward pass.** It is right until a number is used twice.
# - **A vector given to a tape.** The rate is multiplied by the batch size.
# - **`None` taken for zero.** Skipping such gradients hides a model that does not train.
#
# ## References
#
# - W. Squire, G. Trapp (1998). Using complex variables to estimate derivatives of real functions. *SIAM Review* 40(1),
#   110–112. doi:10.1137/S003614459631241X
# - A. Griewank, A. Walther (2008). *Evaluating Derivatives*, 2nd edition. SIAM. doi:10.1137/1.9780898717761
# - P. Goyal et al. (2017). Accurate, large minibatch SGD: training ImageNet in 1 hour. arXiv:1706.02677
# - N. Z. Shor (1985). *Minimization Methods for Non-Differentiable Functions*. Springer.
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
