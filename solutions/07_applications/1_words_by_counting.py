# %% [markdown]
# # Counting, by descent
#
# {{about}}
#
# **After this lesson you can**
#
# - count which character follows which, and turn the counts into probabilities,
# - train the same table by gradient descent, and say why both must agree,
# - say what a perplexity of 10 means, and measure it honestly,
# - say what a pair that was never seen does to counting, and to descent.
#
# **You need** the [[softmax]] and the [[cross-entropy]] with its gradient $p - q$ (unit 01), and the largest rate $2/L$ (unit 04).

# %% [markdown]
# ## Six letters, counted
#
# A **[[language model]]** gives a probability to each character that may come next. The simplest one that looks back is a
# **[[bigram]]** model: it looks at the one character before, and at nothing else. Take the text `aababb`. It has five pairs of
# neighbours: `aa`, `ab`, `ba`, `ab`, `bb`. Count them, then divide each row by its sum:
#
# | after | `a` | `b` | sum | share of `a` | share of `b` |
# |:--|--:|--:|--:|--:|--:|
# | `a` | 1 | 2 | 3 | $\frac13$ | $\frac23$ |
# | `b` | 1 | 1 | 2 | $\frac12$ | $\frac12$ |
#
# This is a model, and nothing has descended. Now the same by descent. Give each pair a score, a table $W$ that starts at $0$. The
# row of the character before holds the [[logits|logit]] for the next one, and softmax makes probabilities of them. At first all are
# $\frac12$. The loss of one pair is minus the logarithm of the probability that the model gave to what came.
#
# **Predict.** For one pair, the gradient for its row is $p - q$, where $q$ is 1 at the character that came and else 0. Take the mean over the
# five pairs, and one step with the rate 1. Which scores change, and by how much?


# %%
import numpy as np


def pair_counts(text, chars):
    place = {char: k for k, char in enumerate(chars)}
    at = [place[char] for char in text]
    counts = np.zeros((len(chars), len(chars)))
    np.add.at(counts, (at[:-1], at[1:]), 1)  # row: before, column: next
    return counts


def softmax(W):
    e = np.exp(W - W.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# %%
def descend(counts, lr, steps):
    W, rows = np.zeros(counts.shape), counts.sum(axis=1, keepdims=True)
    for _ in range(steps):
        W -= lr * (rows * softmax(W) - counts) / counts.sum()
    return W


six = pair_counts("aababb", "ab")
print(six)
print(descend(six, lr=1, steps=1))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Three pairs begin with `a`. Their gradients for the score of `a` are $\frac12 - 1$, $\frac12$ and $\frac12$: their sum is $\frac12$, and
# divided by all five pairs it is $0.1$. So the score of `a` after `a` falls by $0.1$, and that of `b` after `a` rises by $0.1$. After `b`
# nothing changes: the probabilities are right already.
#
# </details>
#
# Let it go on:

# %%
counted = six / six.sum(axis=1, keepdims=True)
steps = [0, 1, 10, 30, 100, 300]
for t in steps:
    learned = softmax(descend(six, lr=1, steps=t))
    print(f"{t:3} steps: b after a {learned[0, 1]:.15f}", end="")
    print(f", furthest from counting {np.abs(learned - counted).max():.0e}")

# %% tags=["draw"]
# The distance to the counted table against the steps
from gdcourse import plots

ts = np.arange(0, 85, 2)
gaps = [np.abs(softmax(descend(six, 1, t)) - counted).max() for t in ts]
fig, ax = plots.figure(width=6.6, height=3.0)
ax.semilogy(ts, gaps, marker="o", markevery=5)
ax.set(xlabel="steps", ylabel="distance", title="from the counted table, aababb")
plots.show(
    fig,
    alt="On a logarithmic scale the distance to the counted table falls along a straight "
    "line, from about 0.2 to below 1e-11 at 84 steps.",
)


# %% tags=["widget", "draw"]
# A slider over the steps
def at_step(steps):
    fig, ax = plots.figure(width=5.0, height=2.6)
    for shift, (name, table) in enumerate(
        {"counted": counted, "descent": softmax(descend(six, 1, steps))}.items()
    ):
        hatch = "//" if shift else ""
        ax.bar(np.arange(4) + 0.4 * shift, table.ravel(), 0.38, label=name, hatch=hatch)
    ax.set(xticks=np.arange(4) + 0.2, xticklabels=["aa", "ab", "ba", "bb"])
    ax.set(ylim=(0, 1), ylabel="probability", title=f"after {steps} steps")
    ax.legend(loc="upper right", ncols=2)
    return fig, f"The four probabilities, counted and after {steps} steps."


plots.slider(at_step, steps=[0, 1, 2, 3, 5, 10, 20, 40])

# %% [markdown]
# ## Why both agree
#
# Let $c_{jk}$ be how often character $k$ follows character $j$. Here $c_{jk}$ is a count, $c_j = \sum_k c_{jk}$ the sum of its row, and $n$ the number of all
# pairs. The input is the character before, [[one-hot]]: a row of zeros with one 1. So the product with $W$ only *picks row $j$*, and the model is
# the softmax regression of unit 01. Equal pairs have equal losses, so the mean over the pairs is
#
# $$J(W) = -\frac1n \sum_{j} \sum_{k} c_{jk} \log p_{jk}, \qquad p_{jk} = \frac{e^{W_{jk}}}{\sum_i e^{W_{ji}}}. \tag{1}$$
#
# Each of the $c_j$ pairs that start with $j$ adds $p_{jk}$ to the gradient for $W_{jk}$, and $c_{jk}$ of them take off 1:
#
# $$\frac{\partial J}{\partial W_{jk}} = \frac{c_j\, p_{jk} - c_{jk}}{n}. \tag{2}$$
#
# It is $0$ exactly where $p_{jk} = c_{jk} / c_j$: **the counted table**. And $J$ is [[convex]], so there is no other minimum to end in.
#
# So why descend at all? Because counting ends where tables end: with more context, no table can hold all rows. The gradient does not mind. Write the
# descent: {{exercise:bigram_fit}}.

# %% tags=["check"]
# Six letters: the step, the digits, the gradient by central differences
W1 = descend(six, 1, 1)
assert np.allclose(W1, [[-0.1, 0.1], [0, 0]], rtol=1e-12)
assert six.tolist() == [[1, 2], [1, 1]] and np.allclose(counted[0], [1 / 3, 2 / 3])
assert np.abs(softmax(descend(six, 1, 300)) - counted).max() < 1e-14
assert 0.1 < gaps[0] < 0.2 and gaps[-1] < 1e-11 and np.all(np.diff(gaps) < 0)
assert np.ptp(np.log(np.array(gaps[10:30]) / np.array(gaps[9:29]))) < 0.05  # straight


def loss(W, counts):
    return -np.sum(counts * np.log(softmax(W))) / counts.sum()


W = np.random.default_rng(0).normal(size=(2, 2))
for place in np.ndindex(2, 2):
    moved = np.zeros((2, 2))
    moved[place] = 1e-5
    slope = (loss(W + moved, six) - loss(W - moved, six)) / 2e-5
    p = softmax(W)[place]
    assert np.isclose(slope, (six[place[0]].sum() * p - six[place]) / 5, rtol=1e-7)
print("checked: equation (2) by differences, and the counted table to 14 digits")

# %% [markdown]
# ## A real text, and what 10 means
#
# `course_text()` gives 2764 sentences from the lessons of units 00 to 05, a line each. In small letters they have 36 different characters, space and
# line end among them. Sentences are drawn at random: eight tenths to train, one tenth to validate, one tenth to test. No sentence comes
# twice. `train`, `val` and `test` are their counts of pairs, about 94,000 to train; `order` is the random order of the sentences.

# %% tags=["setup"]
# Split the sentences at random, and count the pairs of each part
from gdcourse.datasets import course_text

sentences = course_text().lower().splitlines()
chars = sorted(set("\n".join(sentences)))
order = np.random.default_rng(0).permutation(len(sentences))
eight, nine = int(0.8 * len(order)), int(0.9 * len(order))
train, val, test = (
    pair_counts("\n".join(sentences[i] for i in part) + "\n", chars)
    for part in (order[:eight], order[eight:nine], order[nine:])
)

# %% [markdown]
# A cross-entropy of $2.3$ says little. Its exponential says more. The **[[perplexity]]** $e^J$ of a model that gives each of $K$ characters the chance
# $1/K$ is $K$. So a perplexity of 10 is as unsure as a fair choice among 10.


# %%
def perplexity(p, counts):
    seen = counts > 0
    with np.errstate(divide="ignore"):  # log(0) is -inf
        return np.exp(-np.sum(counts[seen] * np.log(p[seen])) / counts.sum())


one_row = np.tile(train.sum(axis=0) / train.sum(), (36, 1))  # no look back
print("no look back:", round(perplexity(one_row, test), 2))

# %% [markdown]
# A model that knows how common each character is, but not what came before, is as unsure as a fair choice among 19.
#
# **Predict.** The counted bigram table has a perplexity of about 10 on the text it was counted in. What is it on the test sentences?

# %%
table = train / train.sum(axis=1, keepdims=True)
print("training:", round(perplexity(table, train), 2))
print("test:", perplexity(table, test))
unseen = (train == 0) & (test > 0)
print("test pairs never seen:", int(test[unseen].sum()))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Infinite. A few of the test pairs, 18 of 12,000, were never seen in training. The table gave them the probability 0, and the logarithm of 0 is minus infinity.
# One such pair is enough.
#
# </details>
#
# The oldest remedy is **[[smoothing]]**: pretend that each pair has been seen a little more often, $c_{jk} + \alpha$ times. Here $\alpha$ is that little. How much?
# The validation sentences decide, not the test. Two training texts: all sentences, and only the first 30.


# %%
def smoothed(counts, alpha):
    return (counts + alpha) / (counts + alpha).sum(axis=1, keepdims=True)


alphas = 10.0 ** np.arange(-4, 1.6, 0.5)
few = pair_counts("\n".join(sentences[i] for i in order[:30]), chars)
for name, counts in {"30 sentences": few, "all": train}.items():
    by_alpha = [perplexity(smoothed(counts, alpha), val) for alpha in alphas]
    alpha = alphas[np.argmin(by_alpha)]
    result = perplexity(smoothed(counts, alpha), test)
    print(f"{name}: alpha {alpha:.2g}, test perplexity {result:.2f}")

# %% tags=["draw"]
# Validation perplexity against alpha, and the table itself
fig, (left, right) = plots.figure(2, width=9.4, height=3.8)
for (name, counts), marker in zip(
    {"30 sentences": few, "all": train}.items(), "os", strict=True
):
    values = [perplexity(smoothed(counts, alpha), val) for alpha in alphas]
    left.loglog(alphas, values, marker=marker, label=name)
left.set(xlabel=r"$\alpha$", ylabel="perplexity", title="on the validation sentences")
left.set_yticks([10, 15, 20, 30], labels=["10", "15", "20", "30"])
left.minorticks_off()
left.legend(loc="upper center")
often = np.sort(np.argsort(-train.sum(axis=1))[:20])
names = [{" ": "␣", "\n": "↵"}.get(chars[k], chars[k]) for k in often]
shown = right.imshow(table[np.ix_(often, often)], cmap="Blues", vmin=0, vmax=0.5)
right.set(xticks=range(20), xticklabels=names, yticks=range(20), yticklabels=names)
right.set(xlabel="next", ylabel="after", title="probabilities, the 20 commonest")
right.grid(False)
fig.colorbar(shown, ax=right)
plots.show(
    fig,
    alt="Left: perplexity on the validation sentences against alpha. With 30 sentences it falls "
    "to a minimum near 0.1 and rises again; with all sentences it is flat near 10 and rises "
    "beyond 1. Right: a map of the counted probabilities of the 20 commonest characters; most "
    "cells are pale and a few are dark, such as h after t.",
)

# %% [markdown]
# With much text the choice hardly matters, as long as it is not 0. With little text it matters much.
#
# ## What descent does with a pair never seen
#
# By (2), the gradient for such a pair is $c_j\, p_{jk} / n$: above 0, however small $p_{jk}$. So its score falls for ever, and $p_{jk}$ comes near to 0 and
# never reaches it. Then the minimum lies at infinity. How fast does descent go there?
#
# First the rate. Row $j$ has the gradient of its own softmax times $c_j / n$, a small one if its character is rare. The commonest, the space, limits the rate
# for all. With the rate $2\, n / c_j$ for each row, each descends as if it were alone. That is stable: a softmax has no curvature above $\frac12$.
#
# **Predict.** Descend 100, 300, 1,000 and 3,000 steps, once with one rate for all and once with a rate for each row (`run` does it and keeps the losses). By how much does the gap to the counted table's training loss
# shrink with ten times the steps: to a tenth, or by a fixed number of digits as with six letters?

# %% tags=["setup"]
# Descend on the text, keeping two losses at a few steps
rows, best = train.sum(axis=1, keepdims=True), np.log(perplexity(table, train))


def run(lr):
    """Return {steps: (gap of the training loss, test perplexity)}."""
    W, found = np.zeros((36, 36)), {}
    for t in range(3001):
        if t in (10, 30, 100, 300, 1000, 3000):
            p = softmax(W)
            found[t] = np.log(perplexity(p, train)) - best, perplexity(p, test)
        W -= lr * (rows * softmax(W) - train) / train.sum()
    return found


# %%
found = {"one rate": run(20), "a rate for each row": run(2 * train.sum() / rows)}
for name, values in found.items():
    for t in (100, 300, 1000, 3000):
        print(f"{name}, {t} steps: gap {values[t][0]:.2g}, test {values[t][1]:.2f}")

# %% tags=["draw"]
# The gap against the steps, and its law
zeros = np.sum(rows[:, 0] / train.sum() * (table == 0).sum(axis=1))
ts = np.array(list(found["one rate"]))
fig, ax = plots.figure(width=6.6, height=3.2)
for (name, values), marker in zip(found.items(), "os", strict=True):
    ax.loglog(ts, [v[0] for v in values.values()], marker=marker, label=name)
ax.loglog(ts, zeros / (2 * ts), "k--", label=f"at most {zeros:.1f} / (2 t)")
ax.set(xlabel="steps t", ylabel="gap of the loss", title="to the counted table")
ax.legend(loc="lower left")
plots.show(
    fig,
    alt="The gap of the training loss against the steps, both scales logarithmic. A rate for each row "
    "lies below one rate for all throughout. It runs below the dashed "
    "line and parallel to it, which falls by ten when the steps grow by ten.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# To about a tenth: a minimum at infinity is approached like $1/t$, not by digits. With a rate for each row the gap at 100 steps is about a third of that with one
# rate for all.
#
# </details>
#
# By hand: with a rate for each row, the score of a pair never seen falls by $2p$ a step. So $1/p$ grows by $2$ a step or more, and $p$ is at most $1/(2t)$. On average over the training text
# a row has 12.2 unseen pairs, which cost at most $12.2/(2t)$, the dashed line. Measured is about half of that. (What they lose, the others win, and this pushes them down further.)
#
# And **descent never says never**: stopped at any step, its test perplexity is finite, and soon close to that of the best smoothing. Stopping early *is* a way of smoothing.

# %% tags=["check"]
# Split, perplexities, smoothing, the law of the gap
assert len(sentences) == len(set(sentences)) == 2764 and len(chars) == 36
assert round(train.sum(), -3) == 94_000 and (train + val + test).sum() > 117_000
assert np.isclose(perplexity(np.full((36, 36), 1 / 36), test), 36) and np.isclose(
    np.exp(2.3), 10, rtol=0.01
)
assert round(perplexity(one_row, test)) == 19 and np.isinf(perplexity(table, test))
assert 9.5 < perplexity(table, train) < 10.5 and test[unseen].sum() == 18
assert round(test.sum(), -3) == 12_000
chosen = {}
for name, counts in (("few", few), ("all", train)):
    by_alpha = [perplexity(smoothed(counts, alpha), val) for alpha in alphas]
    chosen[name] = np.argmin(by_alpha)
    assert 0 < chosen[name] < len(alphas) - 1
    if name == "all":
        assert max(by_alpha[: 1 + np.searchsorted(alphas, 0.9)]) / min(by_alpha) < 1.02
        smooth_test = perplexity(smoothed(train, alphas[chosen["all"]]), test)
        assert by_alpha[-1] > 1.02 * min(by_alpha)
    else:
        assert max(by_alpha) > 1.5 * min(by_alpha) and by_alpha[-1] > 1.2 * min(
            by_alpha
        )
        assert 0.02 < alphas[chosen[name]] < 0.5
space, t_row = chars.index(" "), chars.index("t")
assert rows[:, 0].argmax() == space and table[t_row].argmax() == chars.index("h")
for p in softmax(np.random.default_rng(1).normal(size=(200, 36)) * 4):
    assert np.linalg.eigvalsh(np.diag(p) - np.outer(p, p)).max() <= 0.5 + 1e-12
gap = {name: {t: v[0] for t, v in f.items()} for name, f in found.items()}
each, one = gap["a rate for each row"], gap["one rate"]
assert 2.4 < one[100] / each[100] < 3.4 and all(each[t] < one[t] for t in each)
for t in (300, 1000, 3000):
    assert 0.45 < each[t] / (zeros / (2 * t)) < 0.65
assert abs(zeros - 12.2) < 0.06
for f in (each, one):
    assert 0.08 < f[1000] / f[100] < 0.13 and 0.08 < f[3000] / f[300] < 0.13
assert abs(found["a rate for each row"][3000][1] / smooth_test - 1) < 0.01
assert abs(found["a rate for each row"][1000][1] / smooth_test - 1) < 0.01
print("checked: infinite by counting, finite by descent, and a gap that falls like 1/t")

# %% [markdown]
# ## It writes
#
# Draw the next character from the row of the last one, and again. It starts behind a line end, as a sentence does.

# %%
p, rng = smoothed(train, 0.1), np.random.default_rng(1)
k = chars.index("\n")
written = []
for _ in range(240):
    k = rng.choice(36, p=p[k])
    written.append(chars[k])
print("".join(written))

# %% [markdown]
# Lengths of words, `th`, a line end behind a full stop: this is what a view of one character gives.

# %% tags=["check"]
# The model writes with the lengths of words that it read
real = [len(w) for w in " ".join(sentences).split()]
own = [len(w) for w in "".join(written).split()]
assert 2.5 < np.mean(own) < 8 and 4 < np.mean(real) < 7 and len(written) == 240
assert table[chars.index(".")].argmax() in (chars.index("\n"), space)
print("checked: it writes words about as long as those it read")

# %% [markdown]
# ## In three frameworks
#
# The two libraries know nothing of counts. They get one pair after the other, take the row of each, and the mean cross-entropy. Six letters again, at scores that are not 0:

# %%
at = np.array(["ab".index(char) for char in "aababb"])
W = np.array([[0.5, -0.25], [0.0, 1.0]])
grad = (six.sum(axis=1, keepdims=True) * softmax(W) - six) / six.sum()
print("NumPy:     ", grad.ravel())

# %% tags=["torch"]
import torch

W_t = torch.tensor(W, requires_grad=True)
torch.nn.functional.cross_entropy(W_t[at[:-1]], torch.tensor(at[1:])).backward()
print("PyTorch:   ", W_t.grad.numpy().ravel())

# %% tags=["tensorflow"]
import tensorflow as tf

W_k = tf.Variable(W)
with tf.GradientTape() as tape:
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        at[1:], tf.gather(W_k, at[:-1])
    )
    loss_k = tf.reduce_mean(losses)
grad_k = tf.convert_to_tensor(tape.gradient(loss_k, W_k)).numpy()
print("TensorFlow:", grad_k.ravel())

# %% tags=["check", "torch", "tensorflow"]
# The same gradient in all three
assert np.allclose(grad, W_t.grad.numpy(), rtol=1e-12, atol=1e-15)
assert np.allclose(grad, grad_k, rtol=1e-12, atol=1e-15)
print("checked: NumPy by counts, PyTorch and TensorFlow by pairs agree to 1e-12")

# %% [markdown]
# ## Summary
#
# - A bigram model is a softmax regression on one character, one-hot. Its gradient is *expected count minus count*.
# - The minimum is the counted table. With a finite minimum descent reaches it to rounding; with pairs never seen it comes near like $1/t$.
# - Perplexity is the size of a fair choice that is as unsure. Measure it on sentences that trained nothing and chose nothing.
# - Counting needs smoothing. Descent that is stopped has some.
#
# ## Common mistakes
#
# - **Perplexity of the training text.** It has no unseen pairs, by definition.
# - **Leaving unseen pairs out of the test.** Then the worst mistakes of the model do not count.
# - **The same sentence in both parts.**
# - **Choosing $\alpha$ by the test sentences.**
# - **The wrong axis.** Each *row* sums to 1, not the table and not the column.
#
# ## Quick questions
#
# 1. A model gives each character that came the probability $\frac18$. What is its perplexity?
#
#    <details><summary><b>Answer</b></summary>
#
#    8. The loss of each is $\log 8$, so is their mean, and $e^{\log 8} = 8$.
#
#    </details>
# 2. After `q` a text has `u` nine times and nothing else; there are 36 characters, and $\alpha = 0.1$. What is the probability of `u` after `q`?
#
#    <details><summary><b>Answer</b></summary>
#
#    $9.1 / (9 + 3.6) = 0.72$. All the others share the rest.
#
#    </details>
# 3. You write the text twice, one behind the other. How do the counted table and the gradient at $W = 0$ change?
#
#    <details><summary><b>Answer</b></summary>
#
#    Hardly: all counts double (but for the pair at the seam), and so does $n$.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Which loss has its minimum at the *smoothed* table? Write it as (1) plus a penalty.
#
# <details><summary><b>Outline</b></summary>
#
# Put $c_{jk} + \alpha$ in place of $c_{jk}$: the penalty is $-\frac{\alpha}{n} \sum_{j} \sum_{k} \log p_{jk}$. It grows without limit as any probability goes to 0, so
# the minimum is finite.
#
# </details>

# %% [markdown]
# **Try.** Look back by two characters: a table of $36 \cdot 36$ rows. What is its test perplexity, and how many of the test's triples were never seen?
#
# <details><summary><b>Outline</b></summary>
#
# Count triples and choose $\alpha$ anew. The test perplexity falls below 6.5. About one triple in a hundred was never seen; with each character more there are 36 times as many rows.
#
# </details>

# %% tags=["check"]
# The numbers of the questions, and the table of triples
assert np.isclose(np.exp(-np.log(1 / 8)), 8) and round(9.1 / (9 + 3.6), 2) == 0.72


def triples(part):
    text = "\n".join(sentences[i] for i in part) + "\n"
    at = np.array([chars.index(char) for char in text])
    counts = np.zeros((36 * 36, 36))
    np.add.at(counts, (36 * at[:-2] + at[1:-1], at[2:]), 1)
    return counts


three = [triples(part) for part in (order[:eight], order[eight:nine], order[nine:])]
by_alpha = [perplexity(smoothed(three[0], alpha), three[1]) for alpha in alphas]
k = int(np.argmin(by_alpha))
assert 0 < k < len(alphas) - 1
assert 5 < perplexity(smoothed(three[0], alphas[k]), three[2]) < 6.5
assert 0.003 < three[2][three[0] == 0].sum() / three[2].sum() < 0.02
penalty = -np.log(softmax(W)).sum() * 0.1 / 5
whole = -np.sum((six + 0.1) * np.log(softmax(W))) / 5
assert np.isclose(loss(W, six) + penalty, whole)
print("checked: triples, and the penalty of smoothing")

# %% [markdown]
# ## References
#
# - C. E. Shannon (1951). Prediction and entropy of printed English. *Bell System Technical Journal* 30, 50–64.
# - D. Jurafsky, J. H. Martin. *Speech and Language Processing*, chapter "N-gram language models".
# - S. F. Chen, J. Goodman (1999). An empirical study of smoothing techniques for language modeling. *Computer Speech and Language* 13,
#   359–394.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
