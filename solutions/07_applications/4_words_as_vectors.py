# %% [markdown]
# # Vectors instead of rows
#
# {{about}}
#
# **After this lesson you can**
#
# - look a vector up in a table, and say why that is a product with one-hot rows,
# - derive the gradient of the table, and avoid the line of code that loses half of it,
# - build a language model that looks back by several characters without a table of all their combinations,
# - compare it with counting, at equal care, and say which of its neighbours to trust.
#
# **You need** the [[language model]], counting and [[perplexity]] (lesson 1), networks of dense layers and their gradients (unit 02).

# %% [markdown]
# ## A row of a table, and its gradient
#
# Counting ends where tables end. With 36 characters, a table that looks back by one has 36 rows. By four: $36^4 = 1{,}679{,}616$, and most of them are never
# seen. What is missing is *likeness*: what was seen after `cat` should help after `bat`.
#
# So give each character a few numbers, a vector, that are **learned**: its **[[embedding]]**. Characters with similar vectors will be treated alike. All vectors are the
# rows of a table $E$. Here $E$ is for three letters, with two numbers each:
#
# | | first | second |
# |:--|--:|--:|
# | `a` | 1 | 2 |
# | `b` | 0 | 3 |
# | `c` | -1 | 1 |
#
# To read `aba`, take row `a`, row `b`, row `a`. Written [[one-hot]], the text is a matrix $X$ with one 1 in each row, and the product $X E$ does the same: a one in
# place $j$ picks row $j$. A **lookup is a product** that skips the zeros.

# %%
import numpy as np

E = np.array([[1.0, 2.0], [0.0, 3.0], [-1.0, 1.0]])  # a, b, c
at = np.array([0, 1, 0])  # the text aba
X = np.eye(3)[at]
print(X)
print("product:", (X @ E).tolist())
print("lookup: ", E[at].tolist())

# %% [markdown]
# The way back. Behind the lookup some network finds the gradients for the three vectors that it was given. Here $D$ is their matrix, one row for each place in the text:
#
# | place | 1: `a` | 2: `b` | 3: `a` |
# |:--|:-:|:-:|:-:|
# | row of $D$ | $(1, 0)$ | $(0, 2)$ | $(3, 1)$ |
#
# **Predict.** What is the gradient for the table $E$? And what does the line `G[at] += D` make of it?

# %%
D = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
print("product:   ", (X.T @ D).tolist())

G = np.zeros_like(E)
np.add.at(G, at, D)
print("np.add.at: ", G.tolist())

G_lost = np.zeros_like(E)
G_lost[at] += D
print("G[at] += D:", G_lost.tolist())

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The row of `a` was used twice, so both of its gradients count: $(1, 0) + (3, 1) = (4, 1)$. Row `b` gets $(0, 2)$. Row `c` was not used and gets zeros. The
# line `G[at] += D` gives `a` only $(3, 1)$: NumPy reads `G[at]` once, adds, and writes back, and the second write for `a` replaces the first.
#
# </details>
#
# This is the gradient of any dense layer, $\partial J / \partial E = X^T D$, and the transpose of the lookup: what picked rows now *adds to* rows. It is called a **[[scatter-add]]**:
#
# $$\frac{\partial J}{\partial E_j} = \sum_{i:\ \text{place } i \text{ holds } j} D_i. \tag{1}$$
#
# Nothing fails when rows are lost. The loss falls all the same, more slowly.

# %% tags=["check"]
# Lookup, scatter-add, and equation (1) by central differences
assert np.array_equal(X @ E, E[at]) and np.array_equal(X.T @ D, G)
assert G.tolist() == [[4, 1], [0, 2], [0, 0]] and G_lost.tolist()[0] == [3, 1]
assert 36**4 == 1679616
for place in np.ndindex(3, 2):
    h = np.zeros((3, 2))
    h[place] = 1e-5
    loss = [np.sum(np.sin((E + sign * h)[at]) * D) for sign in (1, -1)]
    slope = np.zeros((3, 2))
    np.add.at(slope, at, np.cos(E[at]) * D)
    assert np.isclose((loss[0] - loss[1]) / 2e-5, slope[place], rtol=1e-7, atol=1e-9)
print("checked: a lookup is a product, its gradient a scatter-add")

# %% [markdown]
# ## A network that looks back by four
#
# Put the vectors of the last four characters side by side, $x = (E_{j_1}, E_{j_2}, E_{j_3}, E_{j_4})$, and let a small network score the next one (Bengio and others, 2003):
#
# $$z = \tanh(x\, W_1 + b_1)\, W_2 + b_2. \tag{2}$$
#
# Softmax makes probabilities of the scores $z$. The same table serves all four places. The way back is that of any network of two layers (unit 02), with (1) at its end:


# %%
def forward(params, before):
    E, W1, b1, W2, b2 = params
    x = E[before].reshape(len(before), -1)  # side by side
    a = np.tanh(x @ W1 + b1)
    z = a @ W2 + b2
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return x, a, e / e.sum(axis=1, keepdims=True)


# %%
def gradients(params, before, after):
    E, W1, b1, W2, b2 = params
    x, a, p = forward(params, before)
    p[np.arange(len(after)), after] -= 1  # p - q
    dz = p / len(after)
    dh = (dz @ W2.T) * (1 - a**2)
    dE, D = np.zeros_like(E), dh @ W1.T
    np.add.at(dE, before, D.reshape(*before.shape, -1))
    return [dE, x.T @ dh, dh.sum(axis=0), a.T @ dz, dz.sum(axis=0)]


# %% [markdown]
# With vectors of 8 numbers and 64 units, that is 4,740 numbers to learn, against a table of $36^4$ rows.
#
# The sentences and the split are those of lesson 1, but **only 300 sentences to train**, about 13,000 characters: most combinations of four do not come up. Both sides get equal care. The
# table of each length is smoothed, with the best of 12 values of $\alpha$ on the validation sentences. The network looks back by four. It has the best of three rates, also on the validation
# sentences, and three seeds. `counted(context)`, `fit(context, lr, seed)` and `perplexity(params, part)` do it; the network trains for 8 epochs by Adam, with a rate that falls to 0 along a straight line.

# %% tags=["setup"]
# The sentences of lesson 1, tables for each length, and the training
from gdcourse.datasets import course_text
from gdcourse.optimizers.numpy import Adam

sentences = course_text().lower().splitlines()
chars = sorted(set("\n".join(sentences)))
number = {char: k for k, char in enumerate(chars)}
order = np.random.default_rng(0).permutation(len(sentences))
eight, nine = int(0.8 * len(order)), int(0.9 * len(order))
parts = {"few": order[:300], "all": order[:eight]}
parts |= {"val": order[eight:nine], "test": order[nine:]}


def windows(part, context):
    """Return what came before each character, (n, context), and the character, (n,)."""
    lines = "\n".join(sentences[i] for i in parts[part])
    at = np.array([number[c] for c in "\n" * context + lines + "\n"])
    rows = np.lib.stride_tricks.sliding_window_view(at, context + 1)
    return rows[:, :-1], rows[:, -1]


places = []  # of the alphas that were chosen


def counted(context, part="few"):
    """Return the test perplexity of the table, with the alpha that validation chooses."""
    power, (before, after) = 36 ** np.arange(context), windows(part, context)
    known, row = np.unique(before @ power, return_inverse=True)
    table = np.zeros((len(known) + 1, 36))  # the last row: what was never seen
    np.add.at(table, (row, after), 1)

    def perplexities(part):
        before, after = windows(part, context)
        row = np.minimum(np.searchsorted(known, before @ power), len(known) - 1)
        rows = table[np.where(known[row] == before @ power, row, -1)]
        seen, sums = rows[np.arange(len(after)), after], rows.sum(axis=1)
        alphas = 10.0 ** np.arange(-4, 1.6, 0.5)
        p = ((seen + alpha) / (sums + 36 * alpha) for alpha in alphas)
        return np.array([np.exp(-np.mean(np.log(each))) for each in p])

    places.append(int(np.argmin(perplexities("val"))))
    return perplexities("test")[places[-1]]


def network(context, seed, d=8, units=64, std=1.0):
    rng = np.random.default_rng(seed)
    E = rng.normal(0, std, (36, d))
    W1 = rng.normal(0, (context * d) ** -0.5, (context * d, units))
    W2 = rng.normal(0, units**-0.5, (units, 36))
    params = [E, W1, np.zeros(units), W2, np.zeros(36)]
    return [p.astype("float32") for p in params]


def fit(context, lr, seed, part="few", epochs=8, size=256, **start):
    params, (before, after) = network(context, seed, **start), windows(part, context)
    rng, adam, batches = np.random.default_rng(seed), Adam(lr), len(after) // size
    for epoch in range(epochs):
        shuffled = rng.permutation(len(after))
        for t in range(batches):
            rows = shuffled[t * size : (t + 1) * size]
            adam.lr = lr * (1 - (epoch * batches + t) / (epochs * batches))
            adam.step(params, gradients(params, before[rows], after[rows]))
    return params


def perplexity(params, part):
    before, after = windows(part, params[1].shape[0] // params[0].shape[1])
    p = forward(params, before)[2][np.arange(len(after)), after]
    return float(np.exp(-np.mean(np.log(p))))


# %%
rates = [0.01, 0.03, 0.1]
first = [fit(4, lr, seed=0) for lr in rates]
tried = [perplexity(params, "val") for params in first]
lr = rates[np.argmin(tried)]
for rate, value in zip(rates, tried, strict=True):
    print(f"rate {rate}: validation {value:.2f}")

# %% [markdown]
# **Predict.** Look back by 1, 2, 3, 4 characters. Which way does the test perplexity of the table go? Where is that of the network, which looks back by 4?

# %%
tables = {context: counted(context) for context in (1, 2, 3, 4)}
models = [first[np.argmin(tried)], fit(4, lr, seed=1), fit(4, lr, seed=2)]
nets = [perplexity(params, "test") for params in models]
for context, value in tables.items():
    print(f"back by {context}: table {value:.2f}")
print("back by 4: network", ", ".join(f"{value:.2f}" for value in nets))

# %% tags=["draw"]
# Test perplexity against the characters looked back by
from gdcourse import plots

fig, ax = plots.figure(width=6.6, height=3.2)
ax.plot(list(tables), list(tables.values()), "s--", label="counted table, smoothed")
ax.plot([4] * 3, nets, "o", color=plots.COLOURS[1], label="network, three seeds")
ax.set(xticks=[1, 2, 3, 4], xlabel="characters looked back by", ylabel="perplexity")
ax.set(title="on the test sentences, trained on 300")
ax.legend(loc="upper center")
plots.show(
    fig,
    alt="Test perplexity against how far each model looks back. The table starts near 10.5, falls "
    "to 6.9 at three characters and rises to 9.3 at four. The three marks of the network at four "
    "lie close together near 6.6.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The table falls to 6.9 and rises again: its rows run empty. The network looks back by four and is at about 6.6: below the best table, far below the table of four, and farther below the bigram table, 10.5, with every seed.
#
# </details>
#
# And a warning. Now take *all* 2,211 training sentences, and the same network:

# %%
table_all = counted(3, "all")
print(f"table of 3: {table_all:.2f}")
full = fit(4, lr, seed=0, part="all", epochs=2)
print(f"network:    {perplexity(full, 'test'):.2f}")

# %% [markdown]
# With much text the plain table of three beats this small network, which read the text twice. So count first: **a baseline is not beaten before it is measured.**

# %% tags=["check"]
# The rate inside its grid, tables and networks
assert 0 < np.argmin(tried) < len(rates) - 1 and len(rates) == 3
assert sum(p.size for p in network(4, 0)) == 4740
assert len(sentences) == 2764 and eight == 2211 and len(parts["few"]) == 300
assert round(len(windows("few", 4)[1]), -3) == 13_000
assert len(places) == 5 and all(0 < place < 11 for place in places)
assert len(10.0 ** np.arange(-4, 1.6, 0.5)) == 12
assert round(tables[1], 1) == 10.5 and round(tables[3], 1) == 6.9
assert round(tables[4], 1) == 9.3 and min(tables.values()) == tables[3]
assert abs(np.mean(nets) - 6.6) < 0.2 and np.ptp(nets) < 0.4
assert max(nets) < tables[3] - 0.1 and max(nets) < 0.7 * min(tables[1], tables[4] + 2)
assert table_all < perplexity(full, "test") - 0.3
print("checked: the network wins with little text, the table of three with much")

# %% [markdown]
# ## Who is near whom
#
# What has the table $E$ learned? The **cosine** of two vectors is their inner product divided by their lengths: 1 for the same direction, 0 for none in common. Random vectors of 8
# numbers have cosines around 0.
#
# **Predict.** The network was never told what a vowel is. Which characters will be near `a`? And which near the full stop?


# %%
def cosines(E):
    U = E / np.linalg.norm(E, axis=1, keepdims=True)
    return U @ U.T


C = cosines(full[0])
for char in ". ae":
    nearest = np.argsort(-C[number[char]])[1:4]
    print(repr(char), "->", [chars[k] for k in nearest])

# %% tags=["draw"]
# A map of the cosines, characters in groups
groups = {"vowels": "aeiou", "marks": ".:;?", "gaps": " \n", "others": "tnsrlhdcm"}
shown = [number[c] for group in groups.values() for c in group]
names = [{" ": "␣", "\n": "↵"}.get(chars[k], chars[k]) for k in shown]
fig, ax = plots.figure(width=5.6, height=4.6)
ax.imshow(C[np.ix_(shown, shown)], cmap="RdBu", vmin=-1, vmax=1)
ax.set(xticks=range(len(shown)), xticklabels=names)
ax.set(
    yticks=range(len(shown)),
    yticklabels=names,
    title="cosines: blue 1, white 0, red -1",
)
for edge in np.cumsum([len(group) for group in groups.values()])[:-1]:
    ax.axhline(edge - 0.5, color="black", linewidth=0.8)
    ax.axvline(edge - 0.5, color="black", linewidth=0.8)
ax.grid(False)
plots.show(
    fig,
    alt="A map of the cosines between vectors, grouped. The block of the marks . : ; ? is dark blue, "
    "as is that of space and line end; the block of the vowels is mostly pale blue, and between vowels "
    "and the other letters pale red prevails.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Marks that end something are near each other, and so are space and line end. Vowels have a cosine of about 0.3 with each other on average, and slightly below 0 with common consonants. They are alike because
# the *same things follow them*: that is all the network saw.
#
# </details>
#
# Two cautions. A vector says how a character was used **in this text**, nothing more. And a vector that was hardly ever used is nearly its random start: do not trust the neighbours
# of what is rare. Words work the same way as characters; there are more of them, so most are rare.

# %% tags=["check"]
# Neighbours: marks, gaps, vowels; and random vectors
V, W = [number[c] for c in "aeiou"], [number[c] for c in "tnsrlhdcm"]
pairs_of = np.triu_indices(5, 1)
assert 0.15 < C[np.ix_(V, V)][pairs_of].mean() < 0.55
assert -0.25 < C[np.ix_(V, W)].mean() < 0.02
few = cosines(models[0][0])
assert few[np.ix_(V, V)][pairs_of].mean() > few[np.ix_(V, W)].mean() + 0.2
marks = [number[c] for c in ".:;?"]
assert (
    C[np.ix_(marks, marks)].min() > 0.2
    and chars[np.argsort(-C[number["."]])[1]] in ":;?"
)
assert chars[np.argsort(-C[number[" "]])[1]] == "\n"
random = cosines(np.random.default_rng(0).normal(size=(500, 8)))
assert abs(random[np.triu_indices(500, 1)].mean()) < 0.02
print("checked: marks, gaps and vowels have found each other")

# %% [markdown]
# ## In three frameworks
#
# PyTorch and TensorFlow have lookups of their own, and add up repeated rows by themselves. The network (2) at its trained weights, five windows of text, and the first numbers of the gradient for the row of `e`:

# %%
before, after = (part[:5] for part in windows("test", 4))
double = [p.astype(float) for p in full]
grad = gradients(double, before, after)[0]
print("NumPy:     ", grad[number["e"]][:3])

# %% tags=["torch"]
import torch

E_t, W1, b1, W2, b2 = (torch.tensor(p, requires_grad=True) for p in double)
x = E_t[torch.tensor(before)].reshape(5, -1)
z = torch.tanh(x @ W1 + b1) @ W2 + b2
torch.nn.functional.cross_entropy(z, torch.tensor(after)).backward()
print("PyTorch:   ", E_t.grad[number["e"]][:3].numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

E_k, W1, b1, W2, b2 = (tf.Variable(p) for p in double)
with tf.GradientTape() as tape:
    x = tf.reshape(tf.gather(E_k, before), (5, -1))
    z = tf.tanh(x @ W1 + b1) @ W2 + b2
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(after, z)
    loss_k = tf.reduce_mean(losses)
slices = tape.gradient(loss_k, E_k)
grad_k = tf.convert_to_tensor(slices).numpy()
print("TensorFlow:", grad_k[number["e"]][:3], type(slices).__name__)

# %% [markdown]
# TensorFlow hands back `IndexedSlices`: only the rows that were used, one for each use. With a million words that saves much.

# %% tags=["check", "torch", "tensorflow"]
# The same gradient in all three, and how it is kept
assert np.allclose(grad, E_t.grad.numpy(), rtol=1e-9, atol=1e-14)
assert np.allclose(grad, grad_k, rtol=1e-9, atol=1e-14)
assert type(slices).__name__ == "IndexedSlices" and slices.values.shape[0] == 20
assert len(np.unique(before)) < 20 and np.abs(grad[number["e"]]).max() > 0
print("checked: one gradient for the table in three frameworks")

# %% [markdown]
# ## Summary
#
# - An embedding is a row of a table that is learned. Looking it up is the product with a one-hot row.
# - Its gradient is a scatter-add: every use of a row adds to it, and unused rows get zero.
# - With vectors, a look back by four costs 4,740 numbers instead of 1.7 million rows. It pays where a table's rows run empty.
# - What is used alike becomes alike. Rare rows keep their random start.
#
# ## Common mistakes
#
# - **`G[at] += D`.** It loses all but the last of the gradients for a row that is used twice.
# - **One-hot rows multiplied out.** Right, and 36 times the work here. With the vocabulary of a language it does not fit into memory.
# - **A network compared with an untuned table**, or with one that is not smoothed.
# - **Neighbours told as meaning.** Count first how often each was seen.
#
# ## Quick questions
#
# 1. The text is `abcab` and all rows of $D$ are $(1, 1)$. What is the gradient for the row of `b`?
#
#    <details><summary><b>Answer</b></summary>
#
#    `b` is used twice: $(2, 2)$.
#
#    </details>
# 2. A vocabulary has 10,000 words, and vectors of 50 numbers. How many numbers does the table hold, and how many of its rows have a gradient that is not zero after a batch of 32 windows of 4 words, at most?
#
#    <details><summary><b>Answer</b></summary>
#
#    $500{,}000$ numbers, and at most $32 \cdot 4 = 128$ rows.
#
#    </details>
# 3. You look back by five instead of four. How many numbers more has the network, and how many times more rows the table?
#
#    <details><summary><b>Answer</b></summary>
#
#    The first dense layer gets 8 more rows of 64: 512 numbers. The table gets 36 times as many rows.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Two characters have always been followed by the same things, equally often, and they come equally often in front of each. Must their vectors be the same?
#
# <details><summary><b>Outline</b></summary>
#
# No. Only the products with $W_1$ matter: if a direction of vectors has no effect on them, it is free, and keeps its start. With 8 numbers and 64 units in each place few directions are free, but vectors may also
# differ and give nearly the same probabilities.
#
# </details>

# %% [markdown]
# **Try.** Let all vectors start at 0.01 times a normal number instead of 1 times (`fit(4, lr, 0, std=0.01)`). What happens to the validation perplexity after the same 8 epochs, and why?
#
# <details><summary><b>Outline</b></summary>
#
# At first all characters look alike to such a network, so it can learn how common each character is and little more. The vectors have to move apart before the context can help. Look at the perplexity after each epoch, and try a higher rate as well.
#
# </details>
#
# **Write it.** A table of vectors that was trained on a large text can be the first layer of a model for a small task, and be held still
# there while the rest learns. In PyTorch that takes more than one flag: {{exercise:freeze}}.

# %% tags=["check"]
# The numbers of the questions
assert 0.005 < network(4, 0, std=0.01)[0].std() < 0.02  # of the start that is tried
G = np.zeros((3, 2))
np.add.at(G, [0, 1, 2, 0, 1], np.ones((5, 2)))
assert G[1].tolist() == [2, 2] and 10_000 * 50 == 500_000 and 32 * 4 == 128
sizes = [sum(p.size for p in network(c, 0)) for c in (4, 5)]
assert sizes[1] - sizes[0] == 512 == 8 * 64 and round(36**4 / 1e6, 1) == 1.7
print("checked: the numbers of the questions")

# %% [markdown]
# ## References
#
# - Y. Bengio, R. Ducharme, P. Vincent, C. Jauvin (2003). A neural probabilistic language model. *Journal of Machine Learning Research* 3, 1137–1155.
# - T. Mikolov, K. Chen, G. Corrado, J. Dean (2013). Efficient estimation of word representations in vector space. arXiv:1301.3781
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
