# %% [markdown]
# # What accuracy hides
#
# {{about}}
#
# **After this lesson you can**
#
# - find the small change of an input that raises the loss most, by hand and for a network,
# - strengthen it by several steps with a projection,
# - train a network against such changes, and say what that buys and what it does not,
# - tell apart how well a network does on average and at worst.
#
# **You need** the backward pass of a network with one hidden layer (unit 02), here one step further, to its inputs.

# %% [markdown]
# ## The worst small step, by hand
#
# A linear score $z = w^\top x$ with $w = (2, -1, 0.5)$. You may change each pixel of $x$ by at most $\varepsilon = 0.1$. Here $\varepsilon$ is the largest change of a pixel, in this lesson. Which change $\Delta$ raises $z$ most?
#
# The score changes by $2 \Delta_1 - \Delta_2 + 0.5 \Delta_3$. Each pixel does its best by itself: go up where the weight is positive, down where it is negative, all the way. That gives $0.2 + 0.1 + 0.05 = 0.35$:
#
# $$\max_{|\Delta_j| \le \varepsilon} w^\top \Delta = \varepsilon \sum_j |w_j|, \qquad \text{at } \Delta = \varepsilon \operatorname{sign}(w). \tag{1}$$
#
# For a network the loss is linear only nearby. So take its slope for the input in the place of $w$. This is the [[fast gradient sign method]] (Goodfellow, Shlens and Szegedy, 2015):
#
# $$x' = x + \varepsilon \operatorname{sign}\bigl(\nabla_x J(x)\bigr), \quad \text{kept in the range of the pixels.} \tag{2}$$
#
# It is one step *up* on the inputs, with the weights held. You write it in {{exercise:fgsm}}.
#
# **Why it works.** Random signs add up like a walk: with 64 weights of size 1 the score moves by about $\sqrt{64}\,\varepsilon = 8\,\varepsilon$. Chosen signs add up straight: $64\,\varepsilon$. The more pixels, the larger the gap.

# %% tags=["setup"]
# Digits, initial weights, and how often a network is right
import numpy as np

from gdcourse.datasets import digits

data = digits()
order = np.random.default_rng(1).permutation(len(data.X))
train, test = order[:1200], order[1200:]
onehot = np.eye(10)[data.y]
X_test, Y_test = data.X[test], onehot[test]


def initial(seed):
    rng = np.random.default_rng(seed)
    W = rng.normal(0, np.sqrt(2 / 64), (64, 64))
    V = rng.normal(0, np.sqrt(2 / 74), (64, 10))
    return [W, np.zeros(64), V, np.zeros(10)]


def predict(params, X):
    W, b, V, c = params
    return (np.maximum(X @ W + b, 0) @ V + c).argmax(axis=1)


def accuracy(params, X):
    return np.mean(predict(params, X) == Y_test.argmax(axis=1))


# %% [markdown]
# ## A network on digits
#
# Digits of 8 by 8 pixels from 0 to 1, 64 hidden units, 1200 to train and 597 to test. The backward pass that you know ends at the first weights. One product more, and it reaches the pixels.


# %%
def backward(params, X, Y):
    W, b, V, c = params
    a = np.maximum(X @ W + b, 0)
    z = a @ V + c
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    delta = p - Y
    back = delta @ V.T * (a > 0)
    grads = [X.T @ back, back.sum(axis=0), a.T @ delta, delta.sum(axis=0)]
    return [g / len(X) for g in grads], back @ W.T  # the last: for the pixels


def fgsm(params, X, Y, eps):
    slope = backward(params, X, Y)[1]
    return np.clip(X + eps * np.sign(slope), 0, 1)


# %%
def fit(seed, attack=None, eps=0.1, epochs=40, lr=0.3):
    params, rng = initial(seed), np.random.default_rng(seed + 50)
    for _ in range(epochs):
        for batch in np.array_split(rng.permutation(train), 37):
            X, Y = data.X[batch], onehot[batch]
            if attack is not None:
                X = attack(params, X, Y, eps)
            grads = backward(params, X, Y)[0]
            params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params


plain = fit(0)
print(f"accuracy on test digits: {accuracy(plain, X_test):.2f}")

# %% [markdown]
# **Predict.** The network is right on 97 of 100 test digits. Change each pixel by $0.1$, a tenth of the range. How many are right with random signs, and how many with the signs of (2)?

# %%
eps = 0.1
signs = np.random.default_rng(0).choice([-1, 1], X_test.shape)
random = np.clip(X_test + eps * signs, 0, 1)
chosen = fgsm(plain, X_test, Y_test, eps)
print(f"random signs: {accuracy(plain, random):.2f}")
print(f"chosen signs: {accuracy(plain, chosen):.2f}")

# %% tags=["draw"]
# Digits that were right and are wrong now
from gdcourse import plots

labels = Y_test.argmax(axis=1)
fooled = np.flatnonzero(
    (predict(plain, X_test) == labels) & (predict(plain, chosen) != labels)
)[:5]
shown = np.concatenate([X_test[fooled], chosen[fooled]]).reshape(-1, 8, 8)
titles = [f"{k}: right" for k in labels[fooled]] + [
    f"taken for {k}" for k in predict(plain, chosen)[fooled]
]
plots.show(
    plots.image_grid(
        shown, titles=titles, columns=5, title="above as they are, below changed by 0.1"
    ),
    alt="Five digits above, each recognised, and the same five below with each pixel changed by at most 0.1: still easy to read, and each taken for another digit.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Random signs cost less than three points of a hundred. Chosen signs cost more than thirty: only about half of the digits are still right. The digits look nearly the same to you.
#
# </details>

# %% tags=["check"]
# The case by hand, the slope for the pixels, and the two losses
from gdcourse.gradients import central_difference

w = np.array([2, -1, 0.5])
assert np.isclose(w @ (0.1 * np.sign(w)), 0.35) and np.sqrt(64) == 8
for change in np.random.default_rng(0).uniform(-0.1, 0.1, (200, 3)):
    assert w @ change <= 0.35


def loss_of(x):
    W, b, V, c = plain
    z = np.maximum(x @ W + b, 0) @ V + c
    return np.log(np.exp(z - z.max()).sum()) + z.max() - z[labels[0]]


by_steps = central_difference(loss_of, X_test[0])
assert np.allclose(by_steps, backward(plain, X_test[:1], Y_test[:1])[1][0], atol=1e-6)
clean = accuracy(plain, X_test)
assert clean > 0.95 and clean - accuracy(plain, random) < 0.03 and len(test) == 597
assert len(train) == 1200
assert clean - accuracy(plain, chosen) > 10 * (clean - accuracy(plain, random))
assert 0.4 < accuracy(plain, chosen) < 0.65 and clean - accuracy(plain, chosen) > 0.3
assert np.abs(chosen - X_test).max() <= 0.1 + 1e-12 and len(fooled) == 5
print(
    "checked: the slope for the pixels, and chosen signs that cost ten times what random ones do"
)

# %% [markdown]
# ## Several steps, and back into the box
#
# One long step trusts the slope at its start. [[Projected gradient descent|projected gradient descent]] (Madry and others, 2018), here upwards, takes many short ones, and after each returns to the box of changes that are allowed:
#
# $$x \leftarrow \operatorname{clip}\bigl(x + \eta \operatorname{sign}(\nabla_x J(x)),\; x_0 - \varepsilon,\; x_0 + \varepsilon\bigr). \tag{3}$$
#
# Clipping each pixel *is* the projection: the nearest point of a box.


# %%
def pgd(params, X, Y, eps, steps=20):
    start, step = X, 2.5 * eps / steps
    for _ in range(steps):
        slope = backward(params, X, Y)[1]
        X = np.clip(X + step * np.sign(slope), start - eps, start + eps)
        X = np.clip(X, 0, 1)
    return X


# %% [markdown]
# **Adversarial training** is one line of `fit`: replace each batch by its changed copy, made against the weights of this moment, and descend on that. It lowers the loss of the *worst* nearby input in the place of the input itself.
#
# **Predict.** Train with the changes of (2) at $\varepsilon = 0.1$. What happens to the accuracy on clean digits, at $\varepsilon = 0.1$, and at twice that?

# %%
hardened = [fit(seed, fgsm) for seed in range(3)]
plains = [plain, fit(1), fit(2)]
sizes = (0.0, 0.05, 0.1, 0.15, 0.2)


def under(networks, attack):
    return np.array(
        [[accuracy(p, attack(p, X_test, Y_test, e)) for e in sizes] for p in networks]
    )


results = {"plain": under(plains, pgd), "hardened": under(hardened, pgd)}
for name, table in results.items():
    print(f"{name:8} eps 0, 0.1, 0.2:", table.mean(axis=0)[[0, 2, 4]].round(2))

# %% tags=["draw"]
# Accuracy against the size of the change
fig, ax = plots.figure(height=3.6)
for (name, table), marker in zip(results.items(), "os", strict=True):
    middle = table.mean(axis=0)
    bars = [middle - table.min(axis=0), table.max(axis=0) - middle]
    ax.errorbar(sizes, middle, bars, fmt=marker + "-", capsize=3, label=name)
ax.set(
    xlabel=r"$\varepsilon$: largest change of a pixel",
    ylabel="accuracy under attack",
    ylim=(0, 1.02),
)
ax.legend()
plots.show(
    fig,
    alt="Accuracy against the size of the change, three seeds each. Both networks begin near 0.97. The plain one falls to about a half at 0.1 and nearly 0 at 0.2; the hardened one to more than 0.7 and to less than 0.4.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Clean digits: no more than two points of a hundred between the two. At $0.1$ the plain network is right on about half, the hardened one on more than seven in ten. At $0.2$, for which it was not trained, more than half of its digits are wrong too.
#
# </details>
#
# Two networks with nearly the same accuracy on the test set differ by more than twenty points here. That is what accuracy hides: it is a mean over inputs as they come, and says nothing of the worst input nearby. And even the hardened figure is an upper bound: it holds against this attack. A stronger one may do more harm.

# %% tags=["check"]
# Are these comparisons true, for each seed?
a, h = results["plain"], results["hardened"]
assert np.abs(a[:, 0].mean() - h[:, 0].mean()) < 0.02 and a[:, 0].min() > 0.95
assert abs(a[:, 0].mean() - 0.97) < 0.02 and abs(h[:, 0].mean() - 0.97) < 0.02
assert np.all(h[:, 0] > 0.94) and 0.4 < a[:, 2].mean() < 0.6 and a[:, 4].mean() < 0.05
assert h[:, 2].mean() > 0.7 and np.all(h[:, 2] - a[:, 2] > 0.15)
assert h[:, 2].mean() - a[:, 2].mean() > 0.2 and h[:, 4].mean() < 0.4
for networks, by_pgd in ((plains, a), (hardened, h)):
    assert np.all(under(networks, fgsm).mean(axis=0) >= by_pgd.mean(axis=0) - 0.005)
x = pgd(plain, X_test, Y_test, 0.1)
assert np.abs(x - X_test).max() <= 0.1 + 1e-12 and x.min() >= 0 and x.max() <= 1
print(
    "checked: equal on clean digits, far apart under attack, and several steps harm more"
)

# %% [markdown]
# Move $\varepsilon$, and watch one digit. (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the size of the change


def at(eps):
    x = pgd(plain, X_test[fooled[:1]], Y_test[fooled[:1]], eps)
    told = f"eps = {eps:g}: a {labels[fooled[0]]}, taken for {predict(plain, x)[0]}"
    return plots.image_grid(x.reshape(1, 8, 8), title=told, columns=1), told + "."


plots.slider(at, eps=[0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3])

# %% [markdown]
# ## In three frameworks
#
# The slope for the input: mark the input as what is to be differentiated, in the place of the weights.

# %% tags=["torch"]
import torch

few = slice(0, 20)
W_t, b_t, V_t, c_t = (torch.tensor(p) for p in plain)
x_t = torch.tensor(X_test[few], requires_grad=True)
scores_t = torch.relu(x_t @ W_t + b_t) @ V_t + c_t
loss_t = torch.nn.functional.cross_entropy(
    scores_t, torch.tensor(labels[few]), reduction="sum"
)
loss_t.backward()
changed_t = (x_t.detach() + 0.1 * torch.sign(x_t.grad)).clamp(0, 1)

# %% tags=["tensorflow"]
import tensorflow as tf

x_k = tf.constant(X_test[few])
with tf.GradientTape() as tape:
    tape.watch(x_k)
    scores_k = tf.nn.relu(x_k @ plain[0] + plain[1]) @ plain[2] + plain[3]
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels[few], scores_k)
slope_k = tape.gradient(losses, x_k)
changed_k = tf.clip_by_value(x_k + 0.1 * tf.sign(slope_k), 0, 1)

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
slope = backward(plain, X_test[few], Y_test[few])[1]
for found in (x_t.grad.numpy(), slope_k.numpy()):
    assert np.allclose(found, slope, rtol=1e-9, atol=1e-14)
sure = np.abs(slope) > 1e-12
for found in (changed_t.numpy(), changed_k.numpy()):
    assert np.allclose(found[sure], chosen[few][sure], rtol=1e-12)
print(
    "checked: the slopes for the pixels and the changed digits are the same in all three"
)

# %% [markdown]
# ## Summary
#
# - The worst small change of an input follows the signs of the loss's slope for it. Many small changes add up straight.
# - Several steps with a projection find worse ones. Training on them helps against changes of that size.
# - Accuracy is a mean over inputs as they come. How a network does at worst must be measured by itself, and an attack gives an upper bound only.
#
# ## Common mistakes
#
# - **The slope for the weights.** An attack holds the weights and moves the input.
# - **Downhill.** The attacker adds the slope's sign.
# - **Random noise as a test.** It says almost nothing about chosen changes.
# - **Safe against one step.** Measure against several, and against sizes that training has not seen.
#
# ## Quick questions
#
# 1. $w = (3, -4)$ and $\varepsilon = 0.5$. By how much can the score $w^\top x$ rise?
#
#    <details><summary><b>Answer</b></summary>
#
#    $0.5 \cdot (3 + 4) = 3.5$.
#
#    </details>
# 2. A pixel is $0.95$, its slope positive, $\varepsilon = 0.1$. What is it after (2)?
#
#    <details><summary><b>Answer</b></summary>
#
#    $1$: it is kept in the range.
#
#    </details>
# 3. Why does clipping each pixel give the nearest point of the box?
#
#    <details><summary><b>Answer</b></summary>
#
#    The squared distance is a sum over pixels, and each pixel's part is smallest at the nearest end of its own interval.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** The change may have the *length* $\varepsilon$ in the place of a largest entry. Which change raises $w^\top x$ most, and by how much?
#
# <details><summary><b>Outline</b></summary>
#
# By the inequality of Cauchy and Schwarz, $w^\top \Delta \le \lVert w \rVert \lVert \Delta \rVert$, with equality along $w$. So $\Delta = \varepsilon\, w / \lVert w \rVert$, and the rise is $\varepsilon \lVert w \rVert$.
#
# </details>

# %% [markdown]
# **Try.** Make changes against one network, and show them to another with another seed. How many still fool it?
#
# <details><summary><b>Outline</b></summary>
#
# Call `fgsm(plains[0], ...)` and measure `accuracy(plains[1], ...)`. Some of the harm goes over: both networks have learned from the same digits.
#
# </details>

# %% tags=["check"]
# The numbers of the questions, and what goes over to another network
assert 0.5 * (3 + 4) == 3.5 and min(0.95 + 0.1, 1) == 1
assert accuracy(plains[1], chosen) < accuracy(plains[1], random) - 0.02
print(
    "checked: a rise of 3.5, a pixel at its end, and changes that fool another network too"
)

# %% [markdown]
# ## References
#
# - I. J. Goodfellow, J. Shlens, C. Szegedy (2015). Explaining and harnessing adversarial examples. *ICLR*. arXiv:1412.6572
# - A. Madry, A. Makelov, L. Schmidt, D. Tsipras, A. Vladu (2018). Towards deep learning models resistant to adversarial attacks. *ICLR*. arXiv:1706.06083
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
