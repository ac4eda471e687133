# %% [markdown]
# # Three stages in a row
#
# {{about}}
#
# **After this lesson you can**
#
# - walk back through a model of several stages, by hand and in code,
# - say why the samples' gradients are added for a shared parameter,
# - write the backward pass of a whole data set in six lines,
# - say why different parameters can be one and the same model, and see it in the second derivatives.
#
# **You need** the circuit of the lesson before this one, sums with an index, and the straight line that fits points
# best (unit 01). The word eigenvalue is explained where it is used.

# %% [markdown]
# ## One sample, by hand
#
# Put three straight lines in a row. Each **stage** takes what the stage before it gives:
#
# $$z_1 = w_1 x + b_1, \qquad z_2 = w_2 z_1 + b_2, \qquad \hat y = w_3 z_2 + b_3, \qquad
# J = \tfrac12 (\hat y - y)^2. \tag{1}$$
#
# Take one sample, $x = 2$ with the target $y = 7$, and these parameters:
#
# | stage | weight | bias | comes out |
# |:--|:--|:--|:--|
# | 1 | $w_1 = 1$ | $b_1 = 1$ | $z_1 = 1 \cdot 2 + 1 = 3$ |
# | 2 | $w_2 = 2$ | $b_2 = -4$ | $z_2 = 2 \cdot 3 - 4 = 2$ |
# | 3 | $w_3 = 3$ | $b_3 = 0$ | $\hat y = 3 \cdot 2 + 0 = 6$ |
#
# The error is $6 - 7 = -1$, so $J = 0.5$. Now walk back. Call the gradient that arrives at stage $k$ its $\delta_k$.
# Stage 3 gets $\delta_3 = -1$, the error. What does a stage do with what arrives? It is a multiply gate and an add
# gate, so you know it:
#
# - for its weight: $\delta_k$ times what came *in*,
# - for its bias: $\delta_k$,
# - for the stage before: $\delta_k$ times its *weight*.
#
# **Predict.** Work out on paper what arrives at stages 2 and 1, and the gradients for $w_3$, $w_2$ and $w_1$.

# %%
x, y = 2.0, 7.0
w1, b1, w2, b2, w3, b3 = 1.0, 1.0, 2.0, -4.0, 3.0, 0.0
z1 = w1 * x + b1
z2 = w2 * z1 + b2
y_hat = w3 * z2 + b3

d3 = y_hat - y  # arrives at stage 3
d2 = d3 * w3
d1 = d2 * w2
print("arrives at stage 3, 2, 1:", d3, d2, d1)
print("gradients for w3, w2, w1:", d3 * z2, d2 * z1, d1 * x)

# %% tags=["draw"]
# The three stages as a circuit
from gdcourse import plots

NODES = {"x": (0, 1, "x"), "y": (6, 0, "y")}
WIRES = [("x", "times1")]
for k in (1, 2, 3):
    column = 2 * k - 2
    NODES[f"w_{k}"] = (column, 2, f"w_{k}")
    NODES[f"b_{k}"] = (column + 1, 0, f"b_{k}")
    NODES[f"times{k}"] = (column + 1, 1, r"\times")
    NODES[f"plus{k}"] = (column + 2, 1, "+")
    WIRES += [
        (f"w_{k}", f"times{k}"),
        (f"times{k}", f"plus{k}"),
        (f"b_{k}", f"plus{k}"),
    ]
    WIRES += [(f"plus{k}", f"times{k + 1}" if k < 3 else "minus")]
NODES |= {"minus": (7, 1, "-"), "J": (8, 1, r"\frac{1}{2}(\,)^2")}
WIRES += [("y", "minus"), ("minus", "J")]

values = {
    "x": x,
    "y": y,
    "w_1": w1,
    "b_1": b1,
    "w_2": w2,
    "b_2": b2,
    "w_3": w3,
    "b_3": b3,
}
values |= {"times1": w1 * x, "plus1": z1, "times2": w2 * z1, "plus2": z2}
values |= {
    "times3": w3 * z2,
    "plus3": y_hat,
    "minus": y_hat - y,
    "J": (y_hat - y) ** 2 / 2,
}
grads = {"J": 1, "minus": d3, "y": -d3, "x": d1 * w1}
for k, d, into in ((1, d1, x), (2, d2, z1), (3, d3, z2)):
    grads |= {f"times{k}": d, f"plus{k}": d, f"b_{k}": d, f"w_{k}": d * into}
plots.show(
    plots.circuit(
        NODES,
        WIRES,
        values=values,
        grads=grads,
        title="three stages",
        width=10,
        height=4,
    ),
    alt="A chain of a multiply and an add gate per stage. Values from the left: 2, 3, 2, 6, "
    "error -1. Gradients from the right: -1 in stage 3, -3 in stage 2, -6 in stage 1; "
    "-2 at w3, -9 at w2, -12 at w1.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# | stage | arrives | for the weight | for the bias | passed back |
# |:--|:--|:--|:--|:--|
# | 3 | $-1$ | $-1 \cdot 2 = -2$ | $-1$ | $-1 \cdot 3 = -3$ |
# | 2 | $-3$ | $-3 \cdot 3 = -9$ | $-3$ | $-3 \cdot 2 = -6$ |
# | 1 | $-6$ | $-6 \cdot 2 = -12$ | $-6$ | |
#
# Multiply the way to $w_1$ out: $-12 = (\hat y - y)\, w_3 w_2\, x$. The weights of all *later* stages are in it.
#
# </details>

# %% tags=["check"]
# Are the six gradients right?
import numpy as np

from gdcourse.gradients import central_difference


def loss_of_one(p):
    return (p[4] * (p[2] * (p[0] * x + p[1]) + p[3]) + p[5] - y) ** 2 / 2


six = np.array([w1, b1, w2, b2, w3, b3])
by_hand = [d1 * x, d1, d2 * z1, d2, d3 * z2, d3]
assert by_hand == [-12, -6, -9, -3, -2, -1] and [z1, z2, y_hat] == [3, 2, 6]
assert np.allclose(central_difference(loss_of_one, six), by_hand, atol=1e-7)
assert loss_of_one(six) == 0.5 and d1 * x == (y_hat - y) * w3 * w2 * x
print("checked: all six gradients equal difference quotients")

# %% [markdown]
# ## Many samples, shared parameters
#
# Now take $n$ samples, and $J = \frac{1}{2n} \sum_i (\hat y_i - y_i)^2$. All samples share the same six numbers. So the
# wire of $w_1$ forks into $n$ wires, one for each sample, and **where a wire forks, the gradients are added**. Each
# sample has its own $\delta$, and the mean brings the factor $1/n$:
#
# $$\delta_{3i} = \tfrac1n (\hat y_i - y_i), \qquad \delta_{2i} = w_3\, \delta_{3i}, \qquad
# \delta_{1i} = w_2\, \delta_{2i}, \tag{2}$$
#
# $$\frac{\partial J}{\partial w_3} = \sum_i \delta_{3i}\, z_{2i}, \qquad
# \frac{\partial J}{\partial w_2} = \sum_i \delta_{2i}\, z_{1i}, \qquad
# \frac{\partial J}{\partial w_1} = \sum_i \delta_{1i}\, x_i, \qquad
# \frac{\partial J}{\partial b_k} = \sum_i \delta_{ki}. \tag{3}$$
#
# In NumPy, `x` holds all samples, and `d1 @ x` multiplies and adds up. Read `backward` twice, then write it on paper:


# %%
def forward(p, x):
    w1, b1, w2, b2, w3, b3 = p
    z1 = w1 * x + b1
    z2 = w2 * z1 + b2
    return z1, z2, w3 * z2 + b3


def backward(p, x, y):
    w1, b1, w2, b2, w3, b3 = p
    z1, z2, y_hat = forward(p, x)
    d3 = (y_hat - y) / len(x)
    d2 = w3 * d3
    d1 = w2 * d2
    return np.array([d1 @ x, d1.sum(), d2 @ z1, d2.sum(), d3 @ z2, d3.sum()])


# %% [markdown]
# You write your own in {{exercise:grad3}}. Train it on 50 points around the line $2x + 3$. The points are invented: a
# line with noise, so a line is the right model for them.

# %%
from gdcourse import datasets

data = datasets.line()
x, y = data.X[:, 0], data.y
hand = np.array([1.0, 1, 2, -4, 3, 0])  # the six numbers from above


def loss(p):
    return np.mean((forward(p, x)[2] - y) ** 2) / 2


# %% [markdown]
# **Predict.** The run starts from the six numbers above. Which line does it find, exactly $2x + 3$? And do you expect
# $w_1 = 2$ in the end?


# %%
def descend(p, lr=0.002, steps=5000):
    path = [p]
    for _ in range(steps):
        p = p - lr * backward(p, x, y)
        path.append(p)
    return np.array(path)


path = descend(hand)
z1, z2, y_hat = forward(path[-1], np.array([0, 1]))
print("parameters:", path[-1].round(2))
print(f"the line: {y_hat[1] - y_hat[0]:.4f} x + {y_hat[0]:.4f}")


# %% tags=["draw"]
# The run: the line at some steps, and the loss
losses = np.array([loss(p) for p in path[:301]])
slope, offset = np.polyfit(x, y, 1)
floor = np.mean((slope * x + offset - y) ** 2) / 2  # no line has a lower loss


ends_x = np.array([x.min(), x.max()])


def story(step):
    fig, (left, right) = plots.figure(2, width=8.5, height=3.2)
    left.plot(x, y, ".", color="0.6", label="the points")
    for k, t in enumerate(dict.fromkeys((0, step))):
        left.plot(
            ends_x,
            forward(path[t], ends_x)[2],
            color=plots.COLOURS[k],
            label=f"step {t}",
        )
    left.set(xlabel="$x$", ylabel="$y$", title="the line", ylim=(-8, 18))
    left.legend(loc="lower right", fontsize=9)
    right.plot(losses, label="loss")
    right.axhline(floor, color="0.4", linestyle=":", label="loss of the best line")
    right.plot(step, losses[step], "o", color=plots.COLOURS[1], markersize=8)
    right.set(xlabel="step", ylabel="$J$", yscale="log", title="the loss")
    right.legend(fontsize=9)
    return fig


plots.show(
    story(300),
    alt="Left: 50 points that rise, a first line that is too steep, and the line at "
    "step 300 through the points. Right: the loss falls from 17.7 to its floor near 0.5.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It finds $2.1047 x + 2.7575$, the best line through *these* points. The noise has moved it away from $2x + 3$. And
# $w_1$ ends at $0.32$: nothing in the loss asks for $w_1 = 2$. Only the three weights together make the slope.
#
# </details>

# %% tags=["check"]
# Is the backward pass right, and the line the best one?
for start in (hand, path[-1], *np.random.default_rng(0).normal(size=(20, 6))):
    assert np.allclose(
        central_difference(loss, start), backward(start, x, y), atol=1e-6
    )
assert np.isclose(y_hat[1] - y_hat[0], slope) and np.isclose(y_hat[0], offset)
assert [round(slope, 4), round(offset, 4)] == [2.1047, 2.7575] and len(x) == 50
assert round(path[-1][0], 2) == 0.32 and round(losses[0], 1) == 17.7
assert floor < losses[300] < floor + 1e-5 and round(floor, 1) == 0.5
assert 6 > slope and forward(hand, x[:1])[2] < 6 * x[0] + offset
print("checked: the backward pass, at 22 places; the run ends at the best line")

# %% [markdown]
# Slide through the run. (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the steps
plots.slider(
    lambda step: (story(step), f"At step {step} the loss is {losses[step]:.3f}."),
    step=[0, 1, 2, 5, 10, 20, 30, 40, 50, 75, 100, 150, 200, 300],
)

# %% [markdown]
# ## Six numbers, one line
#
# **Predict.** Start from three other places. Do the runs find the same line? The same parameters?

# %%
starts = {
    "the one above": hand,
    "all weights 1": np.array([1.0, 0, 1, 0, 1, 0]),
    "two signs turned": np.array([-1.0, 0, -1, 0, 1, 0]),
    "somewhere": np.array([0.5, -1, 2, 0.3, 0.6, 1]),
}
ends = {name: descend(p)[-1] for name, p in starts.items()}
for name, (w1, b1, w2, b2, w3, b3) in ends.items():
    print(f"{name}: w1 {w1:.2f}, w2 {w2:.2f}, w3 {w3:.2f}, product {w1 * w2 * w3:.4f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The same line, from four different sets of parameters. Two of them differ in two signs, and no data can tell which is
# right.
#
# </details>

# %% [markdown]
# Multiply (1) out, and you see why:
#
# $$\hat y = \underbrace{w_3 w_2 w_1}_{\text{slope}}\, x + \underbrace{w_3 (w_2 b_1 + b_2) + b_3}_{\text{offset}}. \tag{4}$$
#
# Without a ReLU between them, three lines in a row are one line. Such a model is a [[deep linear network]]. It has
# six parameters, and they act through two numbers. Double $w_1$ and $b_1$, halve $w_2$: it is the same model. So do
# not read a meaning into one weight.
#
# You can see the two numbers in the second derivatives. The [[Hessian]] is the table of all of them, here 6 by 6. Its
# [[eigenvectors|eigenvector]] are directions that it only stretches. The factor, the [[eigenvalue]], is the curvature
# of $J$ in that direction.
#
# **Predict.** At the minimum, how many of the six curvatures are zero?

# %%
from gdcourse.gradients.numpy import hessian

for name, p in ends.items():
    print(name, np.linalg.eigvalsh(hessian(loss, p)).round(3) + 0.0)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Four. A small nudge of the six parameters changes slope and offset by two numbers. Of six independent nudges, four
# can be chosen so that neither changes. Along these $J$ stays level, the curvature is $0$. The number of the others,
# $2$, is the **rank** of the Hessian.
#
# </details>

# %% tags=["check"]
# One line, equal models, rank 2
for p in ends.values():
    at_0, at_1 = forward(p, np.array([0.0, 1.0]))[2]
    assert np.isclose(at_1 - at_0, slope, rtol=1e-4) and np.isclose(
        at_0, offset, rtol=1e-4
    )
    curvatures = np.linalg.eigvalsh(hessian(loss, p))
    assert (np.abs(curvatures[:4]) < 1e-3).all() and (curvatures[4:] > 1).all()
    twin = p * [2, 2, 0.5, 1, 1, 1]
    assert np.allclose(forward(twin, x)[2], forward(p, x)[2])
plain, turned = ends["all weights 1"], ends["two signs turned"]
assert np.allclose(turned, plain * [-1, -1, -1, 1, 1, 1])
assert len({tuple(p.round(2)) for p in ends.values()}) == 4
zeros = descend(np.zeros(6))  # a quick question
assert (zeros[:, :5] == 0).all() and np.isclose(zeros[-1][5], y.mean(), rtol=1e-3)
small = descend(np.full(6, 0.01), steps=450)  # the last open question
assert np.isclose(small[0][4] * small[0][2], 0.0001) and small[0][0] == 0.01
assert round(small[250][0], 2) == 0.02 and round(small[450][0], 2) == 0.73
assert small[250][5] > 3 and small[250][4] > 0.2
calm = descend(hand, lr=2e-5, steps=50_000)[-1]  # the first one
assert abs(calm[2] ** 2 - calm[0] ** 2 - calm[1] ** 2 - 2) < 1e-3
print("checked: four ends are one line, and the Hessian has rank 2 at each")

# %% [markdown]
# ## In three frameworks
#
# You write the forward pass. PyTorch and TensorFlow walk back.

# %% tags=["torch"]
import torch

p_t = torch.tensor(hand, requires_grad=True)
x_t, y_t = torch.tensor(x), torch.tensor(y)
J_t = ((forward(p_t, x_t)[2] - y_t) ** 2).mean() / 2
J_t.backward()
print("PyTorch:", p_t.grad.numpy().round(3))

# %% tags=["tensorflow"]
import tensorflow as tf

p_k = tf.Variable(hand)
with tf.GradientTape() as tape:
    J_k = tf.reduce_mean((forward(tf.unstack(p_k), x)[2] - y) ** 2) / 2
grad_k = tape.gradient(J_k, p_k).numpy()
print("TensorFlow:", grad_k.round(3))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert np.allclose(backward(hand, x, y), p_t.grad, rtol=1e-12)
assert np.allclose(backward(hand, x, y), grad_k, rtol=1e-12)
print("checked: NumPy by hand, PyTorch and TensorFlow agree to 12 digits")

# %% [markdown]
# ## Summary
#
# - A stage passes back what arrives, times its weight. Its weight gets what arrives, times what came in.
# - A parameter that all samples share gets the sum of their gradients.
# - The gradient for an early weight holds the weights of all later stages.
# - Three linear stages are one line: four of six curvatures are zero at the minimum.
#
# ## Common mistakes
#
# - **"Error times input" for every stage.** That is right for the last one. Earlier ones need the later weights.
# - **$y - \hat y$ in the backward pass.** The sign is turned, and the run climbs.
# - **No sum over the samples.** Then each parameter gets $n$ gradients in place of one.
#
# ## Quick questions
#
# 1. Add a fourth stage. Which factors does the gradient for $w_1$ have?
#
#    <details><summary><b>Answer</b></summary>
#
#    Error, $w_4$, $w_3$, $w_2$, and $x$.
#
#    </details>
# 2. $w_2 = 0$. Which gradients are zero for sure?
#
#    <details><summary><b>Answer</b></summary>
#
#    Those for $w_1$ and $b_1$: nothing gets back through stage 2. The one for $w_2$ itself need not be zero.
#
#    </details>
# 3. All six parameters start at $0$. Which of them ever move?
#
#    <details><summary><b>Answer</b></summary>
#
#    Only $b_3$. Each other gradient has a factor that is zero, a weight or a value, and it stays so. $b_3$ learns the
#    mean of $y$, and the rest never learns anything.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Let the learning rate be so small that squares of it do not count. Show that training does not change
# $w_2^2 - w_1^2 - b_1^2$.
#
# <details><summary><b>Outline</b></summary>
#
# A step changes $w_2^2$ by $-2 \eta\, w_2 \sum_i \delta_{2i} z_{1i} = -2 \eta \sum_i \delta_{1i} z_{1i}$. It changes
# $w_1^2 + b_1^2$ by $-2 \eta\, (w_1 \sum_i \delta_{1i} x_i + b_1 \sum_i \delta_{1i})$. The bracket is $\sum_i
# \delta_{1i} z_{1i}$ again. The two changes are equal, so the difference stays. Where a run ends depends on where it
# starts.
#
# </details>

# %% [markdown]
# **Try.** Start all six at $0.01$. Print $w_1$, $w_3$ and $b_3$ at steps $0$, $250$ and $450$. Who waits for whom?
#
# <details><summary><b>Outline</b></summary>
#
# $b_3$ moves at once, since its slope is $1$. The gradient for $w_1$ has the factors $w_3 w_2$, about $0.0001$. So
# $w_1$ still stands at $0.02$ after $250$ steps. The later stages grow first and open the way, and by step $450$ it
# is at $0.73$. The start lies near the point where all are zero, at which (question 3) five of the six never move.
#
# </details>
#
# ## References
#
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). Learning representations by back-propagating errors.
#   *Nature* 323, 533–536. doi:10.1038/323533a0
# - A. M. Saxe, J. L. McClelland, S. Ganguli (2014). Exact solutions to the nonlinear dynamics of learning in deep
#   linear neural networks. arXiv:1312.6120
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
