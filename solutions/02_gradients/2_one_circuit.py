# %% [markdown]
# # One circuit, forwards and backwards
#
# {{about}}
#
# **After this lesson you can**
#
# - draw a computation as gates, and run numbers through it by hand,
# - run gradients through it backwards, gate by gate,
# - say what an addition, a multiplication and a maximum do to a gradient,
# - add the gradients up where a value is used twice,
# - write a backward pass from memory.
#
# **You need** the derivative of $x^2/2$ and what a [[partial derivative]] is (the lesson before this one).

# %% [markdown]
# ## Forwards: four gates
#
# A model predicts $\hat y = w x + b$. For one sample its loss is $J = \frac12 (\hat y - y)^2$. Take
# $x = 2$, $w = 3$, $b = -1$ and the target $y = 1$. Compute in steps so small that each does one thing:
#
# - multiply: $r = w x = 6$,
# - add: $\hat y = r + b = 5$,
# - subtract: $e = \hat y - y = 4$,
# - square and halve: $J = e^2 / 2 = 8$.
#
# Here $r$ is only a name for the product. Each step is a [[gate]]: it takes numbers in and passes one number on.
# Drawn with wires, the gates are a **circuit**.

# %%
x, w, b, y = 2.0, 3.0, -1.0, 1.0

r = w * x
y_hat = r + b
e = y_hat - y
J = e**2 / 2
print("r, y_hat, e, J:", r, y_hat, e, J)

# %% tags=["draw"]
# The circuit as a picture
import numpy as np

from gdcourse import plots

NODES = {
    "x": (0, 2, "x"),
    "w": (0, 1, "w"),
    "b": (1, 0, "b"),
    "r": (1, 1.5, r"\times"),
    "y_hat": (2, 1, "+"),
    "y": (2, 0, "y"),
    "e": (3, 0.75, "-"),
    "J": (4, 0.75, r"\frac{1}{2}(\,)^2"),
}
WIRES = [("x", "r"), ("w", "r"), ("r", "y_hat"), ("b", "y_hat")]
WIRES += [("y_hat", "e"), ("y", "e"), ("e", "J")]
values = {"x": x, "w": w, "b": b, "y": y, "r": r, "y_hat": y_hat, "e": e, "J": J}

plots.show(
    plots.circuit(NODES, WIRES, values=values, title="forwards"),
    alt="A circuit: x = 2 and w = 3 enter a multiply gate that gives 6; with b = -1 an "
    "add gate gives 5; minus y = 1 gives 4; half its square gives 8.",
)

# %% [markdown]
# **Predict.** You raise $w$ from $3$ to $3.01$. By about how much does $J$ rise? Follow the nudge through the gates.

# %%
nudged = 0.5 * (3.01 * x + b - y) ** 2
print(f"J at w = 3.01: {nudged:.4f}, rise per unit of w: {(nudged - J) / 0.01:.2f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The product rises by $0.01 \cdot x = 0.02$. Sum and difference pass that on unchanged: $e$ rises by $0.02$. At
# $e = 4$ the last gate has the slope $4$, so $J$ rises by about $4 \cdot 0.02 = 0.08$. That is $8$ for each unit
# of $w$. (The exact rise is $0.0802$. The rest shrinks with the square of the nudge.)
#
# </details>

# %% [markdown]
# ## Backwards: each gate multiplies by its own slope
#
# You just used the [[chain rule]]: the slopes along the way are multiplied. Now do it once for *all* inputs. Begin at
# the end and ask at each wire: if this number rises by a little, by what factor does $J$ rise? That factor is the
# gradient of $J$ for the wire. Write it below the wire.
#
# At the end it is $1$: $J$ rises as fast as $J$. Then, gate by gate, to the left:
#
# $$\text{gradient for an input of the gate} = \text{gradient for its output} \times
# \text{the gate's own slope}. \tag{1}$$
#
# The gate's own slope is its derivative for that input. To know it, the gate needs the numbers that came in, and
# nothing else of the circuit. It knows neither the loss nor the model.
#
# | gate | its own slopes |
# |:--|:--|
# | half the square, $e^2/2$ | $e$ |
# | subtract, $\hat y - y$ | $1$ for $\hat y$, and $-1$ for $y$ |
# | add, $r + b$ | $1$ and $1$ |
# | multiply, $w x$ | $x$ for $w$, and $w$ for $x$: the *other* input |
#
# **Predict.** Which gradients arrive at $e$, $b$, $w$ and $x$? Work them out on paper.

# %%
grad_J = 1.0
grad_e = grad_J * e
grad_y_hat = grad_e * 1
grad_y = grad_e * -1
grad_r = grad_y_hat * 1
grad_b = grad_y_hat * 1
grad_w = grad_r * x
grad_x = grad_r * w
print("e, b, w, x:", grad_e, grad_b, grad_w, grad_x)

# %% tags=["draw"]
# The same circuit with its gradients
grads = {"J": grad_J, "e": grad_e, "y_hat": grad_y_hat, "y": grad_y, "r": grad_r}
grads |= {"b": grad_b, "w": grad_w, "x": grad_x}
plots.show(
    plots.circuit(NODES, WIRES, values=values, grads=grads, title="and backwards"),
    alt="The same circuit with a gradient below each value: 1 at J, then 4 at the "
    "difference, the sum, the product and b, -4 at y, 8 at w and 12 at x.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The last gate multiplies by $e = 4$. Subtract and add pass that on: $4$ at $\hat y$, at $r$ and at $b$, but $-4$
# at $y$. The multiply gate hands $w$ the gradient $4 \cdot x = 8$, and $x$ the gradient $4 \cdot w = 12$.
#
# </details>

# %% [markdown]
# One walk to the right, one walk to the left, and you have the gradient for every input at once. This is
# [[backpropagation]] (Rumelhart, Hinton and Williams, 1986). Written out for $w$, equation (1) is the chain rule:
#
# $$\frac{\partial J}{\partial w} = \frac{\partial J}{\partial e} \cdot \frac{\partial e}{\partial \hat y} \cdot
# \frac{\partial \hat y}{\partial r} \cdot \frac{\partial r}{\partial w} = e \cdot 1 \cdot 1 \cdot x = 8. \tag{2}$$
#
# **Units are a check.** Let $x$ be in metres and $y$ in euros. Then $w$ is in euros per metre and $J$ in euros
# squared. So $\partial J / \partial w$ is in euros squared, divided by euros per metre: euros times metres. And
# $e\,x$ is. If you had written $e\,w$, the units would have told you.

# %% tags=["check"]
# Are the four gradients right?
from gdcourse.gradients import central_difference


def loss(v):
    return 0.5 * (v[0] * v[1] + v[2] - v[3]) ** 2


numeric = central_difference(loss, np.array([x, w, b, y]))
assert np.allclose(numeric, [grad_x, grad_w, grad_b, grad_y], atol=1e-8)
assert [grad_e, grad_b, grad_w, grad_x, grad_y] == [4, 4, 8, 12, -4]
assert (
    round(nudged - J, 4) == 0.0802 and 0.01 * x == 0.02 and round(4 * 0.02, 2) == 0.08
)
assert [r, y_hat, e, J] == [6, 5, 4, 8] and round(w + 0.01, 2) == 3.01
print("checked: all four gradients equal difference quotients")

# %% [markdown]
# Move $w$. Where do all gradients vanish, and what is special there? (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over w
recorded = {}
for value in np.arange(-1, 4.5, 0.5):
    error = value * x + b - y
    new = {
        "w": value,
        "r": value * x,
        "y_hat": error + y,
        "e": error,
        "J": error**2 / 2,
    }
    back = dict.fromkeys(("e", "y_hat", "r", "b"), error) | {"J": 1, "y": -error}
    recorded[value] = values | new, back | {"w": error * x, "x": error * value}


def at(w):
    new, back = recorded[w]
    told = f"w = {w:g}: J = {new['J']:g}, and the gradient for w is {back['w']:g}"
    return plots.circuit(NODES, WIRES, values=new, grads=back, title=told), told + "."


plots.slider(at, w=list(recorded))

# %% [markdown]
# ## What gates do to a gradient
#
# Once you see these three, you can read most circuits without a formula:
#
# - **Add** hands the same gradient to each input. It is a distributor.
# - **Multiply** hands each input the gradient times the *other* input. A large input makes a large gradient for its
#   partner. That is why features with large numbers make large gradients for their weights.
# - **Max** hands the whole gradient to the larger input and $0$ to the other. It is a switch. The [[ReLU]],
#   $\max(0, z)$, is one: it passes the gradient where $z > 0$ and stops it where $z < 0$.
#
# Put a ReLU behind the sum of our circuit: $\hat y = \max(0, z)$ with $z = r + b$.
#
# **Predict.** With $b = -1$, what are the gradients for $w$ and $b$ now? And with $b = -7$?


# %%
def with_relu(b):
    z = w * x + b
    y_hat = max(0.0, z)
    grad_y_hat = y_hat - y
    grad_z = grad_y_hat if z > 0 else 0.0  # the switch
    return y_hat, grad_z * x, grad_z


for b_try in (-1.0, -7.0):
    print(f"b = {b_try:g}: y_hat, gradients for w and b:", with_relu(b_try))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# With $b = -1$ the score is $z = 5$, the switch is open, and nothing changes: $8$ and $4$. With $b = -7$ the score is
# $-1$, the switch is shut, and both are $0$. The prediction is $0$, the target is $1$, so there *is* an error. But no
# gradient comes through, and neither $w$ nor $b$ will learn from this sample. Unit 06 comes back to such
# [[dead units|dead unit]].
#
# </details>

# %% tags=["check"]
# Does the switch do what the text says?
assert with_relu(-1.0) == (5.0, 8.0, 4.0) and with_relu(-7.0) == (0.0, 0.0, 0.0)
for b_try in (-1.0, -7.0):
    by_steps = central_difference(
        lambda v: (max(0.0, v[0] * x + v[1]) - y) ** 2 / 2, np.array([w, b_try])
    )
    assert np.allclose(by_steps, with_relu(b_try)[1:], atol=1e-8)
edges = [(max(0.0, v * x - 7) - y) * (v * x - 7 > 0) for v in (-5, 0, 3.4, 3.5, 4)]
assert edges == [0] * 5  # the second open question
print("checked: the open and the shut switch, against difference quotients")

# %% [markdown]
# ## A value used twice
#
# Add a penalty for a large weight: $J = \frac12 e^2 + \frac{\alpha}{2} w^2$ with $\alpha = 1$. Now $w$ goes two ways:
# into the product, and into the penalty.
#
# A nudge of $w$ reaches $J$ on both ways, and the two rises add up. So **where a wire forks, the gradients that come
# back are added**:
#
# $$\frac{\partial J}{\partial w} = e\,x + \alpha w. \tag{3}$$
#
# **Predict.** Which number is that here?

# %%
alpha = 1.0
grad_w = 0.0
grad_w += grad_r * x  # one way: through the product
grad_w += alpha * w  # the other: through the penalty
print("gradient for w:", grad_w)

# %% tags=["draw"]
# The circuit with a fork
FORK = {**NODES, "penalty": (2, 2.4, r"\frac{1}{2}(\,)^2"), "sum": (5, 1.4, "+")}
FORK["r"], FORK["x"], FORK["w"] = (1, 1.2, r"\times"), (0, 0.6, "x"), (0, 2, "w")
fork_wires = [*WIRES, ("w", "penalty"), ("penalty", "sum"), ("J", "sum")]
fork_values = values | {"penalty": alpha * w**2 / 2, "sum": J + alpha * w**2 / 2}
plots.show(
    plots.circuit(
        FORK,
        fork_wires,
        values=fork_values,
        grads={**grads, "w": grad_w, "penalty": 1, "sum": 1},
        title="the wire of w forks: 8 + 3 = 11",
    ),
    alt="The circuit with a second wire from w to half its square, 4.5, which is added to "
    "8 for a loss of 12.5. The gradient below w is 11, the sum of 8 and 3.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $8 + 3 = 11$. Note the code: it starts at $0$ and uses `+=`. Had it used `=`, the second way would have
# overwritten the first, and the result would be $3$.
#
# </details>

# %% tags=["check"]
# Do the two ways add up?
penalised = central_difference(
    lambda v: (v[0] * x + b - y) ** 2 / 2 + alpha * v[0] ** 2 / 2, np.array([w])
)
assert grad_w == 11 and np.isclose(penalised[0], 11)
assert fork_values["penalty"] == 4.5 and fork_values["sum"] == 12.5
print("checked: the two ways add up to 11")

# %% [markdown]
# ## The backward pass, to write from memory
#
# Forward keeps what backward will need. Backward reads the same lines from the last to the first. Read it twice, then
# close it and write it on paper.


# %%
def forward(w, b, x, y, alpha):
    e = w * x + b - y
    J = e**2 / 2 + alpha * w**2 / 2
    return J, (w, x, e)


def backward(cache, alpha):
    w, x, e = cache
    grad_w = e * x + alpha * w  # the fork: two terms
    grad_b = e
    return grad_w, grad_b


J, cache = forward(w, b, x, y, alpha)
print("J:", J, " gradients for w, b:", backward(cache, alpha))

# %% [markdown]
# In the exercises you build a small engine that does this for any circuit: {{exercise:Value}}.

# %% [markdown]
# ## In three frameworks
#
# PyTorch and TensorFlow record the gates while the forward pass runs, then walk back for you.

# %% tags=["torch"]
import torch

w_t, b_t = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (w, b))
J_t = (w_t * x + b_t - y) ** 2 / 2 + alpha * w_t**2 / 2
J_t.backward()
print("PyTorch:", w_t.grad.item(), b_t.grad.item())

# %% tags=["tensorflow"]
import tensorflow as tf

w_k, b_k = tf.Variable(w, dtype=tf.float64), tf.Variable(b, dtype=tf.float64)
with tf.GradientTape() as tape:
    J_k = (w_k * x + b_k - y) ** 2 / 2 + alpha * w_k**2 / 2
grads_k = [float(g) for g in tape.gradient(J_k, [w_k, b_k])]
print("TensorFlow:", *grads_k)

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert backward(cache, alpha) == (w_t.grad.item(), b_t.grad.item()) == tuple(grads_k)
assert backward(cache, alpha) == (11, 4)
print("checked: NumPy by hand, PyTorch and TensorFlow give the same 11 and 4")

# %% [markdown]
# ## Summary
#
# - A circuit of gates computes forwards. Backwards, each gate multiplies the gradient that arrives by its own slope.
# - A gate needs its own inputs and nothing else. That is why any circuit can be differentiated.
# - Add distributes, multiply swaps, max switches. Where a wire forks, gradients are added.
#
# ## Common mistakes
#
# - **Overwriting at a fork.** `grad = ...` where `grad += ...` belongs loses all ways but the last.
# - **The own input in place of the other.** For $w x$ the slope for $w$ is $x$.
# - **Old numbers.** Local slopes belong to the forward pass. Change a parameter, and the pass must run again.
#
# ## Quick questions
#
# 1. An add gate has three inputs. The gradient $5$ arrives. What does each input get?
#
#    <details><summary><b>Answer</b></summary>
#
#    Each gets $5$. Add does not share out: a nudge of any input moves the sum as much.
#
#    </details>
# 2. A multiply gate has the inputs $4$ and $0$, and $7$ arrives. What do they get?
#
#    <details><summary><b>Answer</b></summary>
#
#    The $4$ gets $7 \cdot 0 = 0$, and the $0$ gets $7 \cdot 4 = 28$.
#
#    </details>
# 3. A weight is used in three places. From there $1$, $-2$ and $4$ come back. What is its gradient?
#
#    <details><summary><b>Answer</b></summary>
#
#    Their sum, $3$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Two gates in a row: $\hat y = w_2 \max(0, w_1 x)$ and $J = \frac12 (\hat y - y)^2$. Find the gradient for
# $w_1$ by walking back.
#
# <details><summary><b>Outline</b></summary>
#
# From the end: $e = \hat y - y$. Multiply gives the ReLU's output the gradient $e\,w_2$. The switch lets it through
# if $w_1 x > 0$. Multiply gives $w_1$ that times $x$. So it is $e\,w_2\,x$ where $w_1 x > 0$, else $0$.
#
# </details>

# %% [markdown]
# **Try.** Set $w = 1$ in the first circuit. All gradients are zero, the one for $y$ too. Find a second $w$ for which
# that holds, or say why there is none. Then take the circuit with the ReLU and $b = -7$: where are the gradients for
# $w$ and $b$ zero, and where *all* of them?
#
# <details><summary><b>Outline</b></summary>
#
# All gradients carry the factor $e = 2w - 2$, and it is zero at $w = 1$ alone. With the ReLU and $b = -7$ the
# gradients for $w$ and $b$ are zero for each $w < 3.5$, since the switch is shut. But the error is $-1$ there, so $y$
# has the gradient $1$. All are zero at $w = 4$ alone.
#
# </details>
#
# ## References
#
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). Learning representations by back-propagating errors.
#   *Nature* 323, 533–536. doi:10.1038/323533a0
# - A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind (2018). Automatic differentiation in machine learning:
#   a survey. *JMLR* 18. arXiv:1502.05767
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
