# %% [markdown]
# # Backwards through matrices
#
# {{about}}
#
# **After this lesson you can**
#
# - take the gradient of a layer $XW + b$ by hand, for weights, bias and input,
# - walk back through a ReLU and through softmax with cross-entropy,
# - write the backward pass of a network with one hidden layer in six lines,
# - use shapes to find a product, and know when shapes say nothing.
#
# **You need** the stages of lesson 3, products and transposes of matrices, and softmax with cross-entropy (unit 01).

# %% [markdown]
# ## A layer, by hand
#
# A [[layer]] is a stage with many wires. Take three features and two units. Sample, weights and bias are
#
# $$x = (1, 2, -1), \qquad W = \begin{pmatrix} 2 & 0 \\ 1 & -1 \\ 1 & 1 \end{pmatrix}, \qquad b = (0, 1).$$
#
# Each column of $W$ belongs to a unit. The scores are $z = x W + b$:
#
# $$z_1 = 1 \cdot 2 + 2 \cdot 1 - 1 \cdot 1 + 0 = 3, \qquad z_2 = 1 \cdot 0 - 2 \cdot 1 - 1 \cdot 1 + 1 = -2.$$
#
# Suppose that the gradient $\delta = (1, -2)$ arrives at $z$ from behind. Look at one weight: $W_{jk}$ is multiplied
# by $x_j$, and the product goes into $z_k$, nowhere else. So its gradient is $x_j \delta_k$, "what came in, times what
# arrives", as in lesson 3. All six:
#
# $$\begin{pmatrix} 1 \cdot 1 & 1 \cdot (-2) \\ 2 \cdot 1 & 2 \cdot (-2) \\ -1 \cdot 1 & -1 \cdot (-2) \end{pmatrix}
# = \begin{pmatrix} 1 & -2 \\ 2 & -4 \\ -1 & 2 \end{pmatrix}.$$
#
# The bias gets $\delta$ itself, $(1, -2)$. The input $x_j$ forks into both units, so its ways are added. For $x_2$, the
# second row of $W$ counts: $1 \cdot 1 + (-1) \cdot (-2) = 3$.
#
# Now a second sample comes along, $x = (0, 1, 3)$, at whose scores $(2, 1)$ arrives. Both share $W$.
#
# **Predict.** What is the gradient for $W$ of both samples together? Which product of matrices gives it at once?

# %%
import numpy as np

X = np.array([[1.0, 2, -1], [0, 1, 3]])  # one row per sample
W = np.array([[2.0, 0], [1, -1], [1, 1]])
b = np.array([0.0, 1])
G = np.array([[1.0, -2], [2, 1]])  # what arrives, one row per sample

one_by_one = np.outer(X[0], G[0]) + np.outer(X[1], G[1])
print("one sample after the other:", one_by_one.tolist())
print("at once:                   ", (X.T @ G).tolist())
print("for b:", G.sum(axis=0), " for X:", (G @ W.T).tolist())

# %% tags=["draw"]
# The product, with the cells that make one entry shaded
from gdcourse import plots

plots.show(
    plots.arrays(
        [("$X^T$", X.T), "@", ("$G$", G), "=", ("gradient for $W$", X.T @ G)],
        marked={
            "$X^T$": [(1, 0), (1, 1)],
            "$G$": [(0, 0), (1, 0)],
            "gradient for $W$": [(1, 0)],
        },
        title="feature 2 meets unit 1: 2 · 1 + 1 · 2 = 4",
        width=5.2,
    ),
    alt="The 3 by 2 matrix of X transposed, times the 2 by 2 matrix G, gives the 3 by 2 gradient "
    "for W. The row 2, 1 and the column 1, 2 are shaded, and the entry 4 that they make.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The second sample adds $0, 0$; $2, 1$; $6, 3$. The sum is the product of $X$, transposed, with what arrives. The
# transpose puts the samples where they are summed over.
#
# </details>

# %% [markdown]
# So for all samples at once, with $Z = X W + b$. Here $Z, G$ are the scores and the gradients that arrive at them, one
# row per sample:
#
# $$\text{for } W:\; X^\top G, \qquad \text{for } b:\; \text{the sum of the rows of } G, \qquad
# \text{for } X:\; G W^\top. \tag{1}$$
#
# The sums come from forks: $W$ is shared by the samples, $b$ is added to each row, and $x_j$ goes to all units. A
# broadcast forwards is a sum backwards.
#
# **A note on books.** Many write one sample as a column, and $z = W a + b$ with a row of $W$ for each unit. Turn it
# over and you have ours: $z^\top = a^\top W^\top + b^\top$. The numbers are the same, the letters $W$ are transposes
# of each other:
#
# | | in many books | here, and in frameworks |
# |:--|:--|:--|
# | forwards | $W a + b$, a column per sample | $X W + b$, a row per sample |
# | shape of $W$ | (units, features) | (features, units) |
# | gradient for $W$ | $\delta\, a^\top$ | $X^\top G$ |
# | passed back | $W^\top \delta$ | $G\, W^\top$ |

# %% tags=["check"]
# Are (1) and the column form right?
from gdcourse.gradients import central_difference


def pull(X, W, b):
    return np.sum((X @ W + b) * G)  # a loss at whose scores G arrives


assert X[0] @ W[:, 0] + b[0] == 3 and X[0] @ W[:, 1] + b[1] == -2
assert np.outer(X[0], G[0]).tolist() == [[1, -2], [2, -4], [-1, 2]]
assert np.outer(X[1], G[1]).tolist() == [[0, 0], [2, 1], [6, 3]]
assert (X.T @ G).tolist() == one_by_one.tolist() == [[1, -2], [4, -3], [5, 5]]
assert np.allclose(central_difference(lambda W: pull(X, W, b), W), X.T @ G)
assert np.allclose(central_difference(lambda b: pull(X, W, b), b), G.sum(axis=0))
assert np.allclose(central_difference(lambda X: pull(X, W, b), X), G @ W.T)
assert (G @ W.T)[0, 1] == 3
a, delta, W_column = X[0][:, None], G[0][:, None], W.T
assert np.array_equal((W_column @ a + b[:, None]).T, X[:1] @ W + b)
assert np.array_equal((delta @ a.T).T, X[:1].T @ G[:1])
assert np.array_equal((W_column.T @ delta).T, G[:1] @ W.T)
print("checked: the three products, against difference quotients; the column form")

# %% [markdown]
# ## Entry by entry: the ReLU
#
# A ReLU has no matrix. Each entry is a switch of its own: $Z = (3, -2)$ gives $A = (3, 0)$. If $(5, 7)$ arrives, then
# $(5, 0)$ gets through. In NumPy: `G * (Z > 0)`. Here $A$ is the [[activation]]: what the ReLU passes on.
#
# ## The end: softmax and cross-entropy
#
# Take three classes, the scores $(\ln 2, 0, 0)$, and the second class as the true one. Their exponentials are $2, 1,
# 1$, with the sum $4$. So the probabilities are $p = (0.5, 0.25, 0.25)$ and $J = -\ln 0.25$. Written with scores,
#
# $$J = -z_y + \ln \sum_k e^{z_k}, \qquad
# \frac{\partial J}{\partial z_k} = \frac{e^{z_k}}{\sum_c e^{z_c}} - [k = y] = p_k - [k = y]. \tag{2}$$
#
# The bracket is $1$ if it is true and $0$ if not. In words: **probabilities, minus 1 at the true class**.
#
# **Predict.** Which gradient arrives at the three scores? And what do its entries add up to?


# %%
def softmax(S):
    S = S - S.max(axis=1, keepdims=True)  # so that nothing overflows
    E = np.exp(S)
    return E / E.sum(axis=1, keepdims=True)


P = softmax(np.array([[np.log(2), 0, 0]]))
print("p:", P[0], " p - [k = y]:", P[0] - [0, 1, 0])

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $(0.5, -0.75, 0.25)$. The sum is $0$: what the true class is to gain, the others are to lose.
#
# </details>


# %% tags=["check"]
# Does (2) hold for these scores?
def entropy_loss(z):
    return -z[1] + np.log(np.sum(np.exp(z)))


z = np.array([np.log(2), 0, 0])
assert np.allclose(P[0], [0.5, 0.25, 0.25]) and np.isclose(
    entropy_loss(z), -np.log(0.25)
)
assert np.allclose(central_difference(entropy_loss, z), [0.5, -0.75, 0.25])
assert np.array_equal(np.array([5, 7]) * (np.array([3, -2]) > 0), [5, 0])
print("checked: probabilities minus 1 at the true class")

# %% [markdown]
# ## The whole network
#
# Put the parts in a row: $Z = X W_1 + b_1$, $A = \max(0, Z)$, $S = A W_2 + b_2$, softmax, and the *mean* cross-entropy
# of $n$ samples. Here $S$ are the scores of the classes. Backwards, each line undoes one line:


# %%
def forward(params, X):
    W1, b1, W2, b2 = params
    Z = X @ W1 + b1
    A = np.maximum(Z, 0)
    S = A @ W2 + b2
    return Z, A, S


# %%
def backward(params, X, y):
    W1, b1, W2, b2 = params
    Z, A, S = forward(params, X)
    G_S = softmax(S)
    G_S[np.arange(len(y)), y] -= 1  # at the true class of each row
    G_S /= len(y)  # the mean
    G_Z = (G_S @ W2.T) * (Z > 0)
    return [X.T @ G_Z, G_Z.sum(axis=0), A.T @ G_S, G_S.sum(axis=0)]


# %% [markdown]
# You write it in {{exercise:mlp_backward}}. **Every gradient has the shape of its array.** So shapes find the
# products. Let there be $n = 5$ samples, $3$ features, $4$ hidden units and $2$ classes. The gradient for $W_2$ must
# be $(4, 2)$. At hand are $A$ with $(5, 4)$ and what arrives at $S$ with $(5, 2)$. One product fits: $A^\top$ times
# the other.
#
# **Predict.** Which shape has what arrives at $A$, and which product of which two arrays has it?

# %%
rng = np.random.default_rng(0)
X, y = rng.normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])
params = [rng.normal(size=s) for s in ((3, 4), (4,), (4, 2), (2,))]
Z, A, S = forward(params, X)
print("X", X.shape, " Z", Z.shape, " A", A.shape, " S", S.shape)
for name, p, g in zip(
    ("W1", "b1", "W2", "b2"), params, backward(params, X, y), strict=True
):
    print(name, p.shape, " its gradient", g.shape)

# %% tags=["draw"]
# The way there and the way back, each array as large as its shape
from matplotlib.patches import Rectangle

fig, ax = plots.figure(width=9, height=4.1)
flow = [
    ("$X$", (5, 3)),
    ("$Z$", (5, 4)),
    ("$A$", (5, 4)),
    ("$S$", (5, 2)),
    ("$J$", (1, 1)),
]
steps = [(r"$X W_1 + b_1$", r"$G W_1^\top$"), ("ReLU", "mask")]
steps += [(r"$A W_2 + b_2$", r"$G W_2^\top$"), ("softmax, mean", r"$(P - Y)/n$")]
for k, (name, (rows, columns)) in enumerate(flow):
    for top, colour, text in (
        (2.2, plots.COLOURS[0], name),
        (0, plots.COLOURS[1], f"at {name}"),
    ):
        box = (3 * k - columns / 8, top - rows / 8), columns / 4, rows / 4
        ax.add_patch(
            Rectangle(*box, facecolor="white", edgecolor=colour, linewidth=1.8)
        )
        shape = f"({rows}, {columns})" if rows > 1 else "one number"
        ax.text(3 * k, top + 0.72, f"{text}  {shape}", ha="center")
for k, (there, back) in enumerate(steps):
    for height, ends, text in ((2.2, (0.7, 2.3), there), (0, (2.3, 0.7), back)):
        arrow = {"arrowstyle": "-|>", "color": "0.35"}
        ax.annotate(
            "", (3 * k + ends[1], height), (3 * k + ends[0], height), arrowprops=arrow
        )
        ax.text(3 * k + 1.5, height - 0.12, text, ha="center", va="top", fontsize=9)
ax.set(
    xlim=(-1.2, 13.2),
    ylim=(-0.9, 3.3),
    title="above: values, to the right    below: gradients, to the left",
)
ax.axis("off")
plots.show(
    fig,
    alt="Boxes for X (5, 3), Z (5, 4), A (5, 4), S (5, 2) and the number J, with arrows to the right. Below, boxes "
    "of the same shapes for the gradients, with arrows to the left.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# It has the shape of $A$, $(5, 4)$. What arrives at $S$ is $(5, 2)$, and $W_2$ is $(4, 2)$. So it is the first times
# $W_2^\top$, as (1) says.
#
# </details>

# %% [markdown]
# **Predict.** Now let all sizes be $3$: three samples, features, units, classes. Someone forgets the transposes and
# writes `X @ G_Z` and `A @ G_S`. Does Python complain?


# %%
def careless(params, X, y):
    W1, b1, W2, b2 = params
    Z, A, S = forward(params, X)
    G_S = (softmax(S) - np.eye(S.shape[1])[y]) / len(y)
    G_Z = (G_S @ W2.T) * (Z > 0)
    return [X @ G_Z, G_Z.sum(axis=0), A @ G_S, G_S.sum(axis=0)]


# %%
square = [rng.normal(size=s) for s in ((3, 3), (3,), (3, 3), (3,))]
X3, y3 = rng.normal(size=(3, 3)), np.array([0, 2, 1])
for name, right, wrong in zip(
    ("W1", "b1", "W2", "b2"),
    backward(square, X3, y3),
    careless(square, X3, y3),
    strict=True,
):
    print(
        name,
        "same shape:",
        right.shape == wrong.shape,
        " same:",
        np.allclose(right, wrong),
    )

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Not a word: every shape is right, and both weight gradients are wrong. Try a backward pass with sizes that all differ.
# Then a forgotten transpose is an error. And shapes never check a factor: compare with difference quotients too.
#
# </details>


# %% tags=["check"]
# Is the backward pass right, and the careless one not?
def network_loss(params, X, y):
    S = forward(params, X)[2]
    top = S.max(axis=1)
    log_sum = top + np.log(np.exp(S - top[:, None]).sum(axis=1))
    return np.mean(log_sum - S[np.arange(len(y)), y])


def numeric(params, X, y):
    def moved(i, p):
        return network_loss([*params[:i], p, *params[i + 1 :]], X, y)

    return [
        central_difference(lambda p, i=i: moved(i, p), p) for i, p in enumerate(params)
    ]


for these, inputs, labels in ((params, X, y), (square, X3, y3)):
    pairs = zip(
        backward(these, inputs, labels), numeric(these, inputs, labels), strict=True
    )
    assert all(np.allclose(g, m, atol=1e-8) for g, m in pairs)
wrong = zip(careless(square, X3, y3), numeric(square, X3, y3), strict=True)
assert [np.allclose(g, m, atol=1e-8) for g, m in wrong] == [False, True, False, True]
assert all(
    g.shape == p.shape for g, p in zip(backward(params, X, y), params, strict=True)
)
try:
    careless(params, X, y)
    raise SystemExit("the shapes fit, though they should not")
except ValueError:
    pass
twice = backward(params, np.tile(X, (2, 1)), np.tile(y, 2))  # a quick question
assert all(
    np.allclose(g, t) for g, t in zip(backward(params, X, y), twice, strict=True)
)
print("checked: all entries of all four gradients, for two sets of sizes")

# %% [markdown]
# **What it costs.** Forwards a layer is one product, $XW$. Backwards it is two of the same size, $X^\top G$ and
# $G W^\top$. So the way back costs about twice the way there, however many parameters there are.

# %% [markdown]
# ## In three frameworks
#
# Same arrays, same four gradients. See the last lines too: PyTorch's layer keeps its weights as (units, features) and
# computes $X W^\top + b$, the one of Keras as (features, units).

# %% tags=["torch"]
import torch

W1, b1, W2, b2 = params_t = [torch.tensor(p, requires_grad=True) for p in params]
S_t = torch.relu(torch.tensor(X) @ W1 + b1) @ W2 + b2
torch.nn.functional.cross_entropy(S_t, torch.tensor(y)).backward()
print("PyTorch, for b2:", params_t[3].grad.numpy().round(4))
print("weights of Linear(3, 4):", tuple(torch.nn.Linear(3, 4).weight.shape))

# %% tags=["tensorflow"]
import tensorflow as tf

W1, b1, W2, b2 = params_k = [tf.Variable(p) for p in params]
with tf.GradientTape() as tape:
    S_k = tf.nn.relu(X @ W1 + b1) @ W2 + b2
    J_k = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, S_k))
grads_k = tape.gradient(J_k, params_k)
print("TensorFlow, for b2:", grads_k[3].numpy().round(4))
dense = tf.keras.layers.Dense(4)
dense.build((None, 3))
print("weights of Dense(4):", tuple(dense.kernel.shape))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
for g, p_t, g_k in zip(backward(params, X, y), params_t, grads_k, strict=True):
    assert np.allclose(g, p_t.grad, rtol=1e-12) and np.allclose(g, g_k, rtol=1e-12)
assert torch.nn.Linear(3, 4).weight.shape == (4, 3) and dense.kernel.shape == (3, 4)
print("checked: all entries of the four gradients agree to 12 digits")

# %% [markdown]
# ## Summary
#
# - For $XW + b$: the weights get $X^\top G$, the bias the sum of the rows of $G$, the input $G W^\top$.
# - A ReLU masks, entry by entry. Softmax with cross-entropy gives probabilities minus 1 at the true class, over $n$.
# - Every gradient has the shape of its array. Choose sizes that all differ, then shapes catch a forgotten transpose.
# - The way back costs about twice the way there.
#
# ## Common mistakes
#
# - **The mean for the sum in a bias.** The $1/n$ is in what arrives. The bias adds the rows up.
# - **The mask of the wrong array.** It is $Z > 0$, of the layer that you walk back through.
# - **$1/n$ twice, or not at all.** Double each sample: the gradient of a mean must not change.
# - **A test with a square network.** Shapes then agree with everything.
#
# ## Quick questions
#
# 1. $X$ is $(8, 20)$ and $W$ is $(20, 6)$. Which shape has what arrives at the scores, and what do you multiply for
#    $W$?
#
#    <details><summary><b>Answer</b></summary>
#
#    $(8, 6)$. $X^\top$ with $(20, 8)$ times it is $(20, 6)$.
#
#    </details>
# 2. Every sample is there twice. What happens to the gradient of the mean loss?
#
#    <details><summary><b>Answer</b></summary>
#
#    Nothing. Each row counts half, and there are twice as many.
#
#    </details>
# 3. A hidden unit has a negative score for each sample of the batch. Which gradients are zero?
#
#    <details><summary><b>Answer</b></summary>
#
#    Its column of $W_1$ and its entry of $b_1$, since the mask stops them. Its row of $W_2$ too, since its $A$ is $0$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Write out $J = \sum_{ik} G_{ik} (XW)_{ik}$ with all indices and differentiate by $W_{jk}$. Find
# $X^\top G$ in what you get.
#
# <details><summary><b>Outline</b></summary>
#
# $(XW)_{ik} = \sum_j X_{ij} W_{jk}$. So $W_{jk}$ stands in $J$ once for each $i$, with the factor $G_{ik} X_{ij}$,
# and the derivative is $\sum_i X_{ij} G_{ik}$. A product of matrices sums over the second index of the left one, so
# transpose it.
#
# </details>

# %% [markdown]
# **Try.** Leave the mask `(Z > 0)` out of `backward`. Which of the four gradients are still right? Guess, then compare
# each with `numeric(params, X, y)` from the folded cell.
#
# <details><summary><b>Outline</b></summary>
#
# Those for $W_2$ and $b_2$: they do not pass the ReLU. The other two are wrong. So the fault lies between the two
# layers. The next lesson finds faults in this way.
#
# </details>
#
# ## References
#
# - M. A. Nielsen (2015). *Neural Networks and Deep Learning*, chapter 2. Determination Press. In the column form.
# - I. Goodfellow, Y. Bengio, A. Courville (2016). *Deep Learning*, section 6.5. MIT Press.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
