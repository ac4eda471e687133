# %% [markdown]
# # A tape from scratch
#
# {{about}}
#
# **After this lesson you can**
#
# - write a class that records a computation while it runs,
# - walk back over the record, in an order that is always right,
# - say why a plain recursion is right too, and useless,
# - count what a gradient costs, in operations and in memory.
#
# **You need** the gates of lesson 2, and Python classes: what `a * b` calls.

# %% [markdown]
# ## What must be remembered?
#
# In lesson 2 you walked back through a circuit by hand. Now a program is to do it, for any formula:
# [[automatic differentiation]]. Take
#
# $$r = a b, \qquad z = r + a, \qquad J = z \cdot z \qquad \text{with } a = 2,\; b = 3. \tag{1}$$
#
# Here $r$ is a name for the product. Forwards: $r = 6$, $z = 8$, $J = 64$. To walk back, a gate needs two things, and
# both are known while you walk forwards:
#
# - who its **parents** are: the numbers that went in,
# - its own **slope** for each of them.
#
# So let each number remember them. When Python sees `a * b`, it calls `a.__mul__(b)`. There we write them down. All
# these notes together are the [[tape]].

# %%
from itertools import count

clock = count()  # gives 0, 1, 2, ...: each number its place in time


# %%
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.born = data, 0.0, next(clock)
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))


# %%
a, b = Value(2.0), Value(3.0)
r = a * b
z = r + a
J = z * z
for name, v in {"r": r, "z": z, "J": J}.items():
    print(name, v.data, "from", [p.data for p in v.parents], "with slopes", v.slopes)

# %% [markdown]
# ## The walk back
#
# $J$ gets the gradient $1$. Then each number hands to each parent its own gradient, times the slope. Where a number was
# used several times, the parts are added:
#
# $$g_i = \sum_{j \text{ uses } i} g_j \cdot (\text{slope of } j \text{ for } i). \tag{2}$$
#
# One thing needs care. A number may hand on only when its own gradient is complete, so after *all* numbers that use
# it. That is a [[topological order]]. One such order is free: a number is born after its parents. So go from the
# youngest to the oldest.


# %%
def tape_of(end):
    found, seen = [end], {end}
    for v in found:  # the list grows while we walk along it
        new = set(v.parents) - seen
        found += new
        seen |= new
    return sorted(found, key=lambda v: v.born, reverse=True)  # the youngest first


# %%
def backward(end):
    tape = tape_of(end)
    for v in tape:
        v.grad = 0.0
    end.grad = 1.0
    for v in tape:
        for parent, slope in zip(v.parents, v.slopes, strict=True):
            parent.grad += slope * v.grad


# %% [markdown]
# **Predict.** Walk back by hand through (1). Which gradients do $z$, $r$, $b$ and $a$ get? What would $a$ get if `+=`
# were `=`?

# %%
backward(J)
print({name: v.grad for name, v in {"z": z, "r": r, "b": b, "a": a}.items()})

# %% tags=["draw"]
# The circuit, step by step: who has handed on so far
from gdcourse import plots

PLACES = {"a": (0, 0, "a"), "b": (0, 1.4, "b"), "r": (1, 1.1, r"\times")}
PLACES |= {"z": (2, 0.5, "+"), "J": (3, 0.5, r"\times")}
WIRES = [("a", "r"), ("b", "r"), ("r", "z"), ("a", "z"), ("z", "J")]
NAMES = {a: "a", b: "b", r: "r", z: "z", J: "J"}


def picture(step):
    for v in NAMES:
        v.grad = float(v is J)
    order = tape_of(J)
    for v in order[:step]:
        for parent, slope in zip(v.parents, v.slopes, strict=True):
            parent.grad += slope * v.grad
    done = ", ".join(NAMES[v] for v in order[:step]) or "nobody"
    return plots.circuit(
        PLACES,
        WIRES,
        values={NAMES[v]: v.data for v in NAMES},
        grads={NAMES[v]: v.grad for v in NAMES},
        title=f"handed on so far: {done}",
        width=6.5,
        height=3.4,
    )


plots.show(
    picture(5),
    alt="The circuit of r = ab, z = r + a and J = z z, with the values 2, 3, 6, 8, 64. Below "
    "them the gradients 64 at a, 32 at b, 16 at r and z, 1 at J.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $z$ is used twice in $z \cdot z$, so it gets $8 + 8 = 16$. Add passes $16$ on to $r$ and to $a$. The product hands $b$
# the gradient $16 \cdot 2 = 32$, and $a$ another $16 \cdot 3 = 48$. So $a$ gets $16 + 48 = 64$. With `=` the $z$ would
# keep one $8$, and $a$ the last part alone, $8 \cdot 3 = 24$.
#
# </details>

# %% [markdown]
# Step through it. (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the steps of the walk back
plots.slider(
    lambda step: (
        picture(step),
        f"After {step} numbers have handed on their gradient.",
    ),
    step=list(range(6)),
)

# %% tags=["check"]
# Are the gradients right, here and for other formulas?
import numpy as np

from gdcourse.gradients import central_difference
from gdcourse.gradients.tape import Value as LibraryValue

backward(J)
assert [v.grad for v in (z, r, b, a)] == [16, 16, 32, 64]
assert [v.data for v in (r, z, J)] == [6, 8, 64]


def diamond(a, b):
    c = a * b + a
    return c * c * b + c + a


for formula, inputs in (
    (diamond, (1.5, -0.7)),
    (lambda a, b: a * b * a + a * a, (0.2, 3.0)),
):
    ours, theirs = [Value(v) for v in inputs], [LibraryValue(v) for v in inputs]
    backward(formula(*ours))
    formula(*theirs).backward()
    assert np.allclose([v.grad for v in ours], [v.grad for v in theirs], rtol=1e-12)
    measured = central_difference(
        lambda v, g=formula: g(*map(Value, v)).data, np.array(inputs)
    )
    assert np.allclose([v.grad for v in ours], measured, rtol=1e-7)
for v in tape_of(J):  # each after all that use it
    place = {w: k for k, w in enumerate(tape_of(J))}
    assert all(place[p] > place[v] for p in v.parents)
print("checked: three formulas, against the library and difference quotients")

# %% [markdown]
# ## Why not simply recurse?
#
# Shorter code comes to mind: hand on at once whatever arrives.


# %%
calls = 0


def recurse(v, arriving):
    global calls
    calls += 1
    v.grad += arriving
    for parent, slope in zip(v.parents, v.slopes, strict=True):
        recurse(parent, slope * arriving)


# %% [markdown]
# It is right: it follows each way from the end to a number and adds them up.
#
# **Predict.** Let `v = v + v`, twenty times in a row. How many numbers are on the tape? How often is `recurse` called?

# %%
start = v = Value(1.0)
for _ in range(20):
    v = v + v
recurse(v, 1.0)
print(
    "gradient:", start.grad, " calls:", calls, " numbers on the tape:", len(tape_of(v))
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $21$ numbers, and $2^{21} - 1 = 2\,097\,151$ calls. Each number has two ways to the one before it, so there are
# $2^{20}$ ways to the start. With a hundred steps it would never end. `backward` visits each number once.
#
# </details>

# %% [markdown]
# It fails in another way too: Python lets a function call itself about a thousand times deep, and a training step may
# be deeper. `tape_of` uses a list, so a chain of 5,000 numbers is no trouble. You write your own engine, with ReLU,
# in {{exercise:Value}}.

# %% tags=["check"]
# The count of calls, a chain of 5,000, and a hundred doublings
assert calls == 2**21 - 1 == 2_097_151 and len(tape_of(v)) == 21
assert start.grad == 2**20
long = x = Value(1.0)
for _ in range(5000):
    long = long + x
backward(long)
assert x.grad == 5001 and len(tape_of(long)) > 5000
try:
    recurse(long, 1.0)
    raise SystemExit("Python recursed 5000 deep")
except RecursionError:
    pass
many = x = Value(1.0)
for _ in range(100):
    many = many + many
backward(many)
assert x.grad == 2.0**100
print("checked: calls, and chains on which the recursion fails")

# %% [markdown]
# ## What a gradient costs
#
# "Gradients are expensive", you may read. Count. Take a chain of 100 stages, each $w$ times what comes, plus $b$. It
# has 200 parameters.
#
# **Predict.** Forwards it takes 200 operations. How many multiplications does `backward` make? And how many operations
# does it take to measure all 200 derivatives by central differences?

# %%
rng = np.random.default_rng(0)
parameters = [Value(p) for p in rng.normal(size=200)]
v = Value(1.0)
for w, b in zip(parameters[:100], parameters[100:], strict=True):
    v = w * v + b

operations = sum(len(u.parents) > 0 for u in tape_of(v))
handed_on = sum(len(u.parents) for u in tape_of(v))
print("forwards:", operations, " backwards:", handed_on)
print("central differences:", 2 * len(parameters) * operations)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $400$ backwards, one for each parent of each gate. Differences take two forward passes for each of the 200 parameters:
# $80\,000$.
#
# </details>

# %% tags=["draw"]
# Both costs against the number of parameters
stages = np.array([1, 3, 10, 30, 100, 300])
fig = plots.curves(
    {
        "value alone": 2 * stages,
        "value and gradient": 6 * stages,
        "value and central differences": 2 * stages + 8 * stages**2,
    },
    x=2 * stages,
    xlabel="parameters",
    ylabel="operations",
    title="the cost of all derivatives",
    log=True,
)
fig.axes[0].set_xscale("log")
plots.show(
    fig,
    alt="Operations against parameters, both axes logarithmic. Value, and value with gradient, "
    "are parallel lines a factor 3 apart; central differences rise twice as steeply.",
)

# %% [markdown]
# A gate has at most two parents. So value and gradient together cost at most three values, **however many parameters
# there are**. This is the [[cheap-gradient principle]] (Baur and Strassen, 1983; Griewank and Walther, 2008).
#
# The price is memory. The tape keeps each number until the walk back has used it: here 401. In a network these are
# the [[activations|activation]] of all layers, for each sample of the batch. That is what fills a graphics card in
# training.

# %% tags=["check"]
# Do the counts hold, and are the 200 derivatives right?
assert operations == 200 and handed_on == 400 and 2 * 200 * 200 == 80_000
assert len(tape_of(v)) == 401
backward(v)


def chain(p):
    value = 1.0
    for w, b in zip(p[:100], p[100:], strict=True):
        value = w * value + b
    return value


measured = central_difference(chain, np.array([p.data for p in parameters]))
assert np.allclose([p.grad for p in parameters], measured, rtol=1e-6, atol=1e-8)
print("checked: the counts, and all 200 derivatives")

# %% [markdown]
# ## In three frameworks
#
# PyTorch keeps its notes in the results: `grad_fn` is the gate that made a tensor. TensorFlow writes them into the
# tape, and only while its `with` block runs.

# %% tags=["torch"]
import torch

a_t, b_t = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (2, 3))
z_t = a_t * b_t + a_t
J_t = z_t * z_t
J_t.backward()
print("PyTorch:", a_t.grad.item(), b_t.grad.item(), " made by", J_t.grad_fn.name())
print("its parents:", [parent.name() for parent, _ in J_t.grad_fn.next_functions])

# %% tags=["tensorflow"]
import tensorflow as tf

a_k, b_k = (tf.Variable(v, dtype=tf.float64) for v in (2, 3))
with tf.GradientTape() as tape:
    z_k = a_k * b_k + a_k
    J_k = z_k * z_k
grads_k = [float(g) for g in tape.gradient(J_k, [a_k, b_k])]
print("TensorFlow:", *grads_k, " watched:", len(tape.watched_variables()), "variables")

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
backward(J)
assert [a_t.grad.item(), b_t.grad.item()] == grads_k == [64, 32]
assert J.parents[0].grad == 16 and a.grad == 64
assert [p.name() for p, _ in J_t.grad_fn.next_functions] == ["AddBackward0"] * 2
print("checked: our tape, PyTorch and TensorFlow give 64 and 32")

# %% [markdown]
# ## Going deeper: the other direction
#
# You can also carry derivatives *forwards*: along with each number, how fast it changes with one chosen input. This
# is **forward mode**. It needs no tape, and one pass gives the derivatives of *all* results for *one* input. The walk
# back, **reverse mode**, gives those of *one* result for *all* inputs. A loss is one number of very many parameters,
# so learning uses reverse mode.
#
# ## Summary
#
# - A tape records parents and slopes while the computation runs.
# - Backwards, visit each number once, after all that use it. The order of birth, turned round, is such an order.
# - Add with `+=`: a number may be used more than once.
# - Value and gradient cost at most about three values, for any number of parameters. The price is memory.
#
# ## Common mistakes
#
# - **`=` for `+=`.** It is right until a number is used twice.
# - **Handing on too early.** A number whose gradient is not complete passes on too little.
# - **Old gradients.** Set them to zero before the walk. PyTorch leaves that to you.
# - **Slopes taken too late.** The slope of $z \cdot z$ is that of the forward pass. Store it there.
#
# ## Quick questions
#
# 1. `d = c + a` and `c = a * b`. Which comes first on the walk back from `d`: `a` or `c`?
#
#    <details><summary><b>Answer</b></summary>
#
#    `c`. It uses `a`, so `a` is complete only after it.
#
#    </details>
# 2. You call `backward(J)` twice. Why does the second call give the same gradients?
#
#    <details><summary><b>Answer</b></summary>
#
#    It begins by setting the gradients on its tape to zero.
#
#    </details>
# 3. A network has a million parameters. A loss takes one second. How long does the gradient take, about, and how long
#    central differences?
#
#    <details><summary><b>Answer</b></summary>
#
#    Two seconds more, against two million seconds, which is 23 days.
#
#    </details>
# 4. A function has one input and a thousand results. Forward mode or reverse mode?
#
#    <details><summary><b>Answer</b></summary>
#
#    Forward mode: one pass. Reverse mode takes a thousand.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that `recurse` and `backward` give the same: write $g_a$ for (1) as a sum over all ways from $J$ to
# $a$, a product of slopes for each.
#
# <details><summary><b>Outline</b></summary>
#
# $z$ is used twice by $J$, with the slope $8$ each. From $z$ there are two ways to $a$: directly, with the slope $1$,
# and by $r$, with $1 \cdot 3$. So there are four ways: $8 + 8 + 8 \cdot 3 + 8 \cdot 3 = 64$. `backward` collects $8 +
# 8$ first, and multiplies once: $16 \cdot (1 + 3)$. It is the same sum with brackets.
#
# </details>

# %% [markdown]
# **Try.** Give `Value` a method `tanh`, and a subtraction. Check them with `central_difference`.
#
# <details><summary><b>Outline</b></summary>
#
# `tanh` has one parent and the slope $1 - \tanh^2$ of its own result. `__sub__` is `__add__` with the slopes $1$ and
# $-1$.
#
# </details>
#
# ## References
#
# - W. Baur, V. Strassen (1983). The complexity of partial derivatives. *Theoretical Computer Science* 22, 317–330.
#   doi:10.1016/0304-3975(83)90110-X
# - A. Griewank, A. Walther (2008). *Evaluating Derivatives*, 2nd edition. SIAM. doi:10.1137/1.9780898717761
# - A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind (2018). Automatic differentiation in machine learning:
#   a survey. *JMLR* 18. arXiv:1502.05767
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
