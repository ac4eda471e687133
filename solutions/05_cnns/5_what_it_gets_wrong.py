# %% [markdown]
# # What it gets wrong
#
# {{about}}
#
# **After this lesson you can**
#
# - say which error rates are plausible, from the errors that you counted,
# - look at the worst answers of a network, as pictures,
# - build and read a confusion matrix,
# - say when a class is really harder than the others, and when it had bad luck,
# - say what a random split hides.
#
# **You need** the network of lesson 4 of this unit, and the [[test set]] (unit 01): images that no gradient and no decision
# has seen.

# %% [markdown]
# ## How many errors are how sure?
#
# A network is wrong on $4$ of $100$ test images. On all images that it could be shown it is wrong with some probability $q$,
# which you do not know.
#
# Turn it around. *If* each image is an error with probability $q$, then $n$ of them give about $nq$ errors. Count $1$ for an
# error, else $0$: one image has the variance $q - q^2 = q(1 - q)$, and $n$ independent ones $n$ times as much:
#
# $$\text{errors} \approx n q \;\pm\; 2\sqrt{n q (1 - q)}. \tag{1}$$
#
# Two standard deviations hold about 95 % of the draws. Try two values, with $n = 100$:
#
# - $q = 0.02$: about $2 \pm 2\sqrt{1.96} = 2 \pm 2.8$ errors. Four would be no surprise.
# - $q = 0.15$: about $15 \pm 2\sqrt{12.75} = 15 \pm 7.1$ errors. Four would be a great surprise.
#
# So keep each $q$ for which your count is no surprise. These are the **plausible** rates, an interval (Wilson, 1927).


# %%
import numpy as np


def plausible(errors, n):
    q = np.linspace(0, 1, 100_001)
    kept = q[np.abs(errors - n * q) <= 2 * np.sqrt(n * q * (1 - q))]
    return kept.min(), kept.max()


low, high = plausible(4, 100)
print(f"4 errors of 100: from {low:.1%} to {high:.1%}")

# %% [markdown]
# **Predict.** Another network has *no* error on $80$ images. The usual "rate plus or minus" says $0\,\% \pm 0\,\%$. What do you
# say? Find the largest plausible $q$ by hand: put $0$ errors into (1).

# %%
low_0, high_0 = plausible(0, 80)
print(f"0 errors of 80: from {low_0:.1%} to {high_0:.1%}")

# %% tags=["draw"]
# Which rates a count leaves plausible
from gdcourse import plots

fig, ax = plots.figure(width=6.5, height=3.3)
rates = np.linspace(0, 0.16, 300)
spread = 2 * np.sqrt(100 * rates * (1 - rates))
ax.fill_between(100 * rates, 100 * rates - spread, 100 * rates + spread, alpha=0.2)
ax.plot(100 * rates, 100 * rates, label=r"expected, $nq$, and two deviations around it")
ax.hlines(4, 0, 16, color="0.4", linestyle=":")
ax.plot(100 * np.array([low, high]), [4, 4], "s-", color=plots.COLOURS[1], linewidth=3)
ax.text(10.6, 1.8, "4 errors seen", fontsize=10)
ax.set(xlabel="true error rate $q$ in %", ylabel="errors of 100 images")
ax.set(ylim=(-1, 24), xlim=(0, 16), title="the rates that 4 errors leave plausible")
ax.legend(loc="upper left")
plots.show(
    fig,
    alt="A band around a rising line: the errors that each true rate would give in 100 "
    "images. A level line at 4 errors lies in the band from a rate of about 1.5 to 10 %.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $80\,q \le 2\sqrt{80\, q (1 - q)}$. Square and divide by $80\,q$: $80\,q \le 4 (1 - q)$, so $q \le 4/84 = 4.8\,\%$. Not one
# error in $80$ images, and still the rate may be nearly 5 %. The $4$ of $100$ leave 1.5 % to 10 %: not the same distance
# up and down.
#
# </details>
#
# The interval holds the true $q$ in about 95 of 100 draws.

# %% tags=["check"]
# The interval by hand, and how often it holds the true rate, exactly
from math import comb

assert np.allclose([low, high], [0.0154, 0.1], atol=1e-4)  # 1.5 % and 10 %
assert (
    low_0 == 0 and round(high_0, 3) == 0.048 and np.isclose(high_0, 4 / 84, atol=1e-5)
)
assert round(100 * 0.02 * 0.98, 2) == 1.96 and round(2 * 1.96**0.5, 1) == 2.8
assert round(100 * 0.15 * 0.85, 2) == 12.75 and round(2 * 12.75**0.5, 1) == 7.1
assert 2 + 2.8 > 4 and 15 - 7.1 > 4


def holds(q, n):
    """The probability that the interval of a draw of n images holds q."""
    counts = np.arange(n + 1)
    inside = np.abs(counts - n * q) <= 2 * np.sqrt(n * q * (1 - q))
    return sum(comb(n, int(c)) * q**c * (1 - q) ** (n - c) for c in counts[inside])


covered = np.array([holds(q, 80) for q in np.linspace(0.01, 0.5, 200)])
assert 0.94 < covered.mean() < 0.97 and covered.min() > 0.85
assert np.mean(covered > 0.92) > 0.9  # about 95 of 100, rarely much less
print("checked: by hand, and the interval holds the true rate in about 95 % of draws")

# %% [markdown]
# ## The images, by one argument
#
# `DATA` says which images are used: here scikit-learn's digits, which need no download, and all numbers below are theirs. With
# `"mnist"` or `"fashion_mnist"` and *Run All*, 11 or 31 MB are downloaded once, checked and kept, and training takes some minutes. `load`
# shuffles the digits and cuts them: $1000$ to train, the rest to test.

# %%
from gdcourse import datasets

DATA = "digits"  # or "mnist", or "fashion_mnist"

# %% tags=["setup"]
# Load the images to train and to test, and their labels


def load(name):
    if name != "digits":
        get = getattr(datasets, name)
        seen, new = (get(part, n=4000, images=True) for part in ("train", "test"))
        return seen.X, seen.y, new.X, new.y
    data = datasets.digits(images=True)
    rows = np.random.default_rng(0).permutation(len(data.y))
    X, y = data.X[rows], data.y[rows]
    return X[:1000], y[:1000], X[1000:], y[1000:]


# %%
X, y, X_test, y_test = load(DATA)
print(f"used: {DATA}, {len(X)} images to train, {len(X_test)} to test,", X.shape[1:])

# %% [markdown]
# The network of lesson 4, trained from three [[seeds|seed]]: other first weights, and another order of the same images.
# (Write such a training from its parts: {{exercise:train_mlp}}.)

# %%
from gdcourse.losses.numpy import softmax_ce
from gdcourse.models.numpy import cnn
from gdcourse.optimizers.numpy import Adam
from gdcourse.training.numpy import objective, train


def fit(X, y, seed):
    small = X.shape[-1] < 28
    model = cnn(X.shape[1:], padding=1 if small else 0, seed=seed)
    settings = {"epochs": 15 if small else 3, "batch_size": 32, "seed": seed}
    train(objective(model, softmax_ce), model.params, X, y, Adam(1e-3), **settings)
    return model


# %%
all_scores = [fit(X, y, seed).forward(X_test) for seed in range(3)]
wrong = [scores.argmax(axis=1) != y_test for scores in all_scores]
for seed in range(3):
    errors = int(wrong[seed].sum())
    low, high = plausible(errors, len(y_test))
    print(f"seed {seed}: {errors} errors, plausible {low:.1%} to {high:.1%}")

# %% [markdown]
# A little over 1 % of errors. But a difference such as $10$ against $13$ says nothing: each count lies far inside the other's
# interval.
#
# ## Look at the worst
#
# A rate is one number for hundreds of pictures. Look at them. The *worst* answers are those with the largest
# loss: the network gave the right class a tiny probability. Here are those of the first network.

# %%
scores = all_scores[0]
p = np.exp(scores - scores.max(axis=1, keepdims=True))
p = p / p.sum(axis=1, keepdims=True)
answers = p.argmax(axis=1)
loss = -np.log(p[np.arange(len(y_test)), y_test])
worst = np.argsort(-loss)[:8]
for i in worst[:3]:
    print(f"a {y_test[i]}: it said {answers[i]}, {p[i].max():.0%} sure")

# %% tags=["draw"]
# The eight worst answers as pictures
fig = plots.image_grid(
    X_test[worst],
    titles=[f"a {y_test[i]}: said {answers[i]}\n{p[i].max():.0%} sure" for i in worst],
    columns=4,
    title="the eight worst answers",
    width=6.5,
    height=2.1,
)
plots.show(
    fig,
    alt="Eight pictures, blurred and ambiguous, each with what it is, what the network "
    "said, and how sure it was: all eight answers are wrong.",
)

# %% [markdown]
# Half of its wrong answers are more than 60 % sure, the worst one more than 90 %. Being sure is no proof of being right.
#
# Would you have read them? A picture that is hard for you too asks for *better pictures*. A plain one asks for *more data or a
# better network*. And at times a label is wrong: then the test set needs work.

# %% tags=["check"]
# The three networks and the worst answers
if DATA == "digits":
    counts = [int(w.sum()) for w in wrong]
    assert (len(y), len(y_test)) == (1000, 797) and all(8 <= c <= 18 for c in counts)
    assert all(0.01 <= c / 797 < 0.02 for c in counts)  # a little over 1 %
    low_10, high_10 = plausible(10, 797)
    low_13, high_13 = plausible(13, 797)
    assert low_10 < 13 / 797 < high_10 and low_13 < 10 / 797 < high_13
    sure = p.max(axis=1)[wrong[0]]
    assert sure.min() < 0.45 and np.median(sure) > 0.6 and p.max(axis=1)[worst[0]] > 0.9
    assert y_test[worst[0]] == 9 and answers[worst[0]] == 5
assert np.all(answers[worst] != y_test[worst]) and np.all(np.diff(loss[worst]) <= 0)
print("checked: the counts, and that the worst answers are wrong and some of them sure")

# %% [markdown]
# ## Which for which: the confusion matrix
#
# A **[[confusion matrix]]** has one row for each true class and one column for each answer. It counts. By hand, with six
# images of three classes:
#
# | true | 0 | 0 | 1 | 1 | 1 | 2 |
# |:--|--:|--:|--:|--:|--:|--:|
# | answer | 0 | 1 | 1 | 1 | 2 | 2 |
#
# **Predict.** Write down its three rows. Where do the right answers stand? What is the sum of a row, and what that of a column?


# %%
def confusion(true, answers, classes):
    table = np.zeros((classes, classes), int)
    for t, a in zip(true, answers, strict=True):
        table[t, a] += 1
    return table


print(confusion([0, 0, 1, 1, 1, 2], [0, 1, 1, 1, 2, 2], 3))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $1, 1, 0$, then $0, 2, 1$, then $0, 0, 1$. Right answers stand on the diagonal: $4$ of $6$. A row sums to the images of the
# class, a column to the answers with that class.
#
# </details>

# %%
table = confusion(y_test, answers, 10)

# %% tags=["draw"]
# The confusion matrix of the network
fig, ax = plots.figure(width=5.2, height=4.4)
mistakes = table - np.diag(np.diag(table))
ax.imshow(mistakes, cmap="Oranges", vmin=0, vmax=2 * max(1, mistakes.max()))
for i, j in np.ndindex(table.shape):
    if table[i, j]:
        weight = "normal" if i == j else "bold"
        ax.text(j, i, table[i, j], ha="center", va="center", fontweight=weight)
ax.set(xticks=range(10), yticks=range(10), xlabel="answer", ylabel="true class")
ax.set_title("right answers on the diagonal, mistakes in bold")
ax.grid(False)
plots.show(
    fig,
    alt="A table of ten by ten. The diagonal holds about 80 in each place. Off it there "
    "are a dozen mistakes, in bold, none of them more than three times in one place.",
)

# %% tags=["check"]
# The matrix by hand and by counting
by_hand = confusion([0, 0, 1, 1, 1, 2], [0, 1, 1, 1, 2, 2], 3)
assert by_hand.tolist() == [[1, 1, 0], [0, 2, 1], [0, 0, 1]]
assert np.trace(by_hand) == 4 and by_hand.sum() == 6
assert table.sum(axis=1).tolist() == np.bincount(y_test, minlength=10).tolist()
assert table.sum() - np.trace(table) == wrong[0].sum()
if DATA == "digits":
    assert mistakes.max() <= 3 and 9 <= mistakes.sum() <= 18
    assert np.all(np.abs(table.sum(axis=1) - 80) <= 15)
print("checked: rows sum to the classes, and all that is off the diagonal is wrong")

# %% [markdown]
# ## Is the worst class the hardest?
#
# Count the errors of each class, with their plausible rates.

# %% tags=["draw"]
# Errors by class, each with its plausible rates
per_class = np.bincount(y_test[wrong[0]], minlength=10)
sizes = np.bincount(y_test, minlength=10)
ranges = np.array([plausible(e, n) for e, n in zip(per_class, sizes, strict=True)])
fig, ax = plots.figure(width=6.5, height=3.2)
ax.vlines(range(10), *(100 * ranges.T), linewidth=3, alpha=0.5, label="plausible rates")
ax.plot(100 * per_class / sizes, "o", color=plots.COLOURS[1], label="errors seen")
overall = 100 * wrong[0].mean()
ax.axhline(overall, color="0.3", linestyle=":", label="all classes together")
ax.set(xlabel="true class", ylabel="error rate in %", xticks=range(10))
ax.set_ylim(-0.5, 1.3 * 100 * ranges.max())
ax.set_title("ten classes, and how little we know about each")
ax.legend(ncols=3, loc="upper center")
plots.show(
    fig,
    alt="For each class a dot, the error rate seen, from 0 to about 6 %, and a long bar, "
    "the plausible rates. The line of the common rate crosses all bars but that of the 8.",
)

# %% [markdown]
# Five of the $13$ errors are eights. The bar of the 8 is the only one that the common rate misses. Is the 8 hard? You picked
# it *because* it stands out, and among ten classes one often does. So let chance play: strike as many test images at
# random, whatever their class, and note the largest count of a class.
#
# **Predict.** The largest counts of the three networks are $5$, $3$ and $3$. In how many of $2000$ such games does some class get as many?


# %%
def as_bad(mask, rng):
    seen = np.bincount(y_test[mask]).max()
    games = 0
    for _ in range(2000):
        struck = rng.choice(y_test, size=mask.sum(), replace=False)
        games += np.bincount(struck).max() >= seen
    return int(seen), games / 2000


# %%
rng = np.random.default_rng(0)
chance = [as_bad(mask, rng) for mask in wrong]
chance.append(as_bad(np.any(wrong, axis=0), rng))
for name, (seen, share) in zip(
    ["first", "second", "third", "any"], chance, strict=True
):
    print(f"wrong in the {name:6} network: largest {seen}, by chance in {share:.0%}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# In about $6$ of $100$ games, in more than half, and in nearly nine of ten.
#
# </details>
#
# The last line puts the three together: of the images that some network gets wrong, six are eights. Chance does that in a fifth
# of the games. The 8 may well be harder; these data do not say so. To know, *name it now, and test it on new images*.

# %%
times = np.sum(wrong, axis=0)  # by how many of the three networks
print("wrong in one, two, all three:", np.bincount(times, minlength=4)[1:])

# %% [markdown]
# Few images are wrong in all three: there it is the *image*. Most are wrong in one only: that was the *seed*.

# %% tags=["check"]
# What the counts of classes say, and do not say
if DATA == "digits":
    assert [seen for seen, _ in chance] == [5, 3, 3, 6] and wrong[0].sum() == 13
    assert np.allclose([c for _, c in chance], [0.06, 0.6, 0.88, 0.2], atol=0.03)
    apart = (100 * ranges[:, 0] > overall) | (overall > 100 * ranges[:, 1])
    assert np.flatnonzero(apart).tolist() == [8] and per_class[8] == 5
    assert 5 < (100 * per_class / sizes).max() < 7 and per_class.min() == 0
    assert np.bincount(y_test[times > 0])[8] == 6 and chance[1][1] > 0.5
    assert 1 <= np.sum(times == 3) < np.sum(times == 2) < np.sum(times == 1)
print("checked: chance makes a class look as bad, often enough")

# %% [markdown]
# ## What a random split hides
#
# We shuffled before we cut. Thirteen people wrote these digits, says their description. Shuffled, each of them is
# likely to stand on both sides: the network is tested on hands that it has seen. Cut the file as it is instead: train on the
# first $1000$ rows, test on the rest.
#
# **Predict.** The same network, the same number of images. More errors than before, or as many?

# %%
data = datasets.digits(images=True)
model = fit(data.X[:1000], data.y[:1000], seed=0)
in_order = model.forward(data.X[1000:]).argmax(axis=1) != data.y[1000:]
print(f"cut in the file's order: {in_order.sum()} errors of {len(in_order)}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# More than twice as many, and outside the interval of the shuffled run. The file does not say who wrote what, but it looks as if
# hands lie together in it.
#
# </details>
#
# No interval warns of this. Formula (1) says what *chance* can do when test images are drawn like those you care about.
# **Split along the line that the use will cross**: new people, new days, new machines.

# %% tags=["check"]
# The file's order against the shuffled split
from sklearn.datasets import load_digits

assert "different 13 to the test set" in " ".join(load_digits().DESCR.split())
low_2, high_2 = plausible(int(in_order.sum()), len(in_order))
assert len(in_order) == 797 and 25 <= in_order.sum() <= 45
if DATA == "digits":
    assert in_order.sum() > 2 * wrong[0].sum()
    assert low_2 > plausible(int(wrong[0].sum()), 797)[1]
print("checked: in the file's order more than twice as many errors")

# %% [markdown]
# ## In three frameworks
#
# None of the three needs the loop: number the cells of the table, and count the numbers.

# %%
cells = np.bincount(10 * y_test + answers, minlength=100).reshape(10, 10)
print("NumPy:     ", cells[8])

# %% tags=["torch"]
import torch

true_t, answers_t = torch.from_numpy(y_test), torch.from_numpy(answers)
cells_t = torch.bincount(10 * true_t + answers_t, minlength=100).reshape(10, 10)
print("PyTorch:   ", cells_t[8].numpy())

# %% tags=["tensorflow"]
import tensorflow as tf

cells_k = tf.math.confusion_matrix(y_test, answers, num_classes=10)
print("TensorFlow:", cells_k[8].numpy())

# %% tags=["check", "torch", "tensorflow"]
# Three times the same table
assert cells.tolist() == table.tolist()
assert cells_t.tolist() == table.tolist() and cells_k.numpy().tolist() == table.tolist()
print("checked: loop, NumPy, PyTorch and TensorFlow count the same")

# %% [markdown]
# ## Summary
#
# - A count of errors leaves an interval of plausible rates: all $q$ for which the count is within $2\sqrt{nq(1-q)}$ of $nq$.
# - Look at the worst answers: hard, not learned, or wrongly labelled?
# - A confusion matrix says which class is taken for which. State what its rows are.
# - Some class is always the worst. Ask how bad the worst would be by chance.
# - Uncertainty has three sources: the test images, the seed, and whether the test is like the use. An interval covers the first.
#
# ## Common mistakes
#
# - **"No errors, so the rate is 0."** Of $80$ images, up to 4.8 % is plausible.
# - **Comparing two networks by one run each.** The seed alone moves the count.
# - **Picking the worst class, and then testing it as if you had named it before.**
# - **A shuffled split for data that come in groups**: people, days, films.
# - **Rows and columns of the matrix swapped.**
#
# ## Quick questions
#
# 1. $0$ errors in $396$ images. Which rate is the largest plausible one?
#
#    <details><summary><b>Answer</b></summary>
#
#    $4/(396 + 4) = 1\,\%$.
#
#    </details>
# 2. How many more test images do you need to make the interval half as wide?
#
#    <details><summary><b>Answer</b></summary>
#
#    About four times as many in all: the deviation of the rate is $\sqrt{q(1 - q)/n}$.
#
#    </details>
# 3. A column of the confusion matrix sums to much more than its row. What does the network do?
#
#    <details><summary><b>Answer</b></summary>
#
#    It gives that answer too often: more often than the class occurs.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Square $|\text{errors} - nq| \le 2\sqrt{nq(1-q)}$ and solve for $q$. Which two ends do you get for no errors, and
# for nothing but errors?
#
# <details><summary><b>Outline</b></summary>
#
# A quadratic in $q$: $(n + 4)\,q^2 - 2(\text{errors} + 2)\,q + \text{errors}^2/n \le 0$. Its middle is $(\text{errors} + 2)/(n + 4)$: as if
# you had seen two more errors and two more right answers. No errors: $0$ to $4/(n + 4)$. Only errors: $n/(n + 4)$ to $1$.
#
# </details>

# %% [markdown]
# **Try.** Turn the cut in the file's order round: train on the last $1000$ rows, test on the first $797$. Then put `"fashion_mnist"`
# into `DATA`. Which classes are confused there? (Their names are in `datasets.FASHION`.)
#
# <details><summary><b>Outline</b></summary>
#
# Turned round it has still more errors than the shuffled split. For Fashion-MNIST look at the shirt's row first: which garments
# have its outline?
#
# </details>

# %% tags=["check"]
# The closed form, and the first question
for errors_seen, n in [(0, 80), (4, 100), (13, 797), (80, 80), (0, 396)]:
    roots = np.roots([n + 4, -2 * (errors_seen + 2), errors_seen**2 / n])
    assert np.allclose(np.sort(roots.real), plausible(errors_seen, n), atol=2e-5)
assert round(plausible(0, 396)[1], 4) == 0.01 and round(
    plausible(80, 80)[0], 4
) == round(80 / 84, 4)
assert 1797 - 797 == 1000 and len(data.y) == 1797
print("checked: the quadratic's roots are the ends of the interval")

# %% [markdown]
# ## References
#
# - E. B. Wilson (1927). Probable inference, the law of succession, and statistical inference. *Journal of the American
#   Statistical Association* 22, 209–212. doi:10.1080/01621459.1927.10502953
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). Gradient-based learning applied to document recognition.
#   *Proceedings of the IEEE* 86, 2278–2324. doi:10.1109/5.726791
# - H. Xiao, K. Rasul, R. Vollgraf (2017). Fashion-MNIST: a novel image dataset for benchmarking machine learning
#   algorithms. arXiv:1708.07747
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
