# %% [markdown]
# # House prices: the scale of the features
#
# {{about}}
#
# **After this lesson you can**
#
# - compute from the data the learning rate above which descent diverges,
# - say why features of different size make descent slow at any safe rate,
# - standardise features, and say which houses may take part in that,
# - turn the trained weights back into euros per square metre,
# - judge a model on houses that it has not seen.
#
# **You need** the two lessons before this one. Where it says "eigenvalue": the factor by which a matrix stretches a
# direction that it does not turn.

# %% [markdown]
# ## One feature, by hand
#
# Three houses have 100, 120 and 140 square metres and cost 250, 300 and 350 thousand euros. The model $\hat y = w x$ is
# exact at $w = 2.5$. Each error is $w x_i - y_i = (w - 2.5)\, x_i$, so "error times input, averaged" is
#
# $$\frac{dJ}{dw} = (w - 2.5) \cdot \overline{x^2}, \qquad
# \overline{x^2} = \tfrac13 (100^2 + 120^2 + 140^2) \approx 14\,667. \tag{1}$$
#
# **Predict.** A learning rate of $0.01$ looks small. Start at $w = 0$. Where are you after one step, and after two?

# %%
import numpy as np

area = np.array([100.0, 120, 140])
price = np.array([250.0, 300, 350])

w = 0.0
for step in range(3):
    print(f"step {step}: w = {w:.1f}")
    w = w - 0.01 * np.mean((w * area - price) * area)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The gradient at $0$ is $-2.5 \cdot 14\,667$, so the first step goes to $366.7$: you wanted $2.5$ thousand euros per
# square metre. The second goes to $-53\,044$. Each step multiplies the distance to $2.5$ by $-145.7$.
#
# </details>

# %% [markdown]
# To see that factor, subtract $2.5$ on both sides of a step:
#
# $$w_{t+1} - 2.5 = (1 - \eta\, \overline{x^2})\,(w_t - 2.5). \tag{2}$$
#
# It must lie between $-1$ and $1$, so $\eta$ must stay below $2/14\,667 \approx 0.000136$. The number
# $\overline{x^2}$ is the second derivative of $J$, its [[curvature]]. An area of a hundred makes a curvature of ten
# thousand.

# %% tags=["check"]
# Equations (1) and (2)
assert list(price) == [250, 300, 350]
assert round(np.mean(area**2)) == 14667 and np.allclose(2.5 * area, price)
factor = 1 - 0.01 * np.mean(area**2)
assert round(factor, 1) == -145.7
assert round(2.5 - 2.5 * factor, 1) == 366.7 and round(2.5 - 2.5 * factor**2) == -53044
assert round(2 / np.mean(area**2), 6) == 0.000136 and np.mean(area) == 120
print("checked: each step multiplies the distance by -145.7")

# %% [markdown]
# ## Two hundred houses
#
# Now four features. The data are invented: a linear rule, plus noise. So a linear model is right here by
# construction, which it seldom is for real prices. A model is of use on houses that it has not seen, so hold 60 back.
# Descent sees the [[training set]] of 140.

# %%
from gdcourse import datasets, plots

houses = datasets.houses()
train, held_out = datasets.split(houses)
X = np.column_stack([np.ones(140), train.X])
y = train.y
columns = dict(zip(houses.features, train.X[:3].T, strict=True))
plots.table(columns | {houses.target: y[:3]}, digits=3)

# %% [markdown]
# With several parameters the curvature depends on the direction. All of it is in the matrix $H = \frac1n X^\top X$,
# and its largest [[eigenvalue]], $L$, is the curvature in the steepest direction. ($L$ is called the [[smoothness]].)
# The argument of (2) holds for each direction that $H$ does not turn, so descent converges from every start if and
# only if
#
# $$0 < \eta < \frac{2}{L}. \tag{3}$$
#
# **Predict.** Run 1000 steps one per cent below this limit, and 1000 steps one per cent above. How do the losses end?

# %%
H = X.T @ X / 140
L = np.linalg.eigvalsh(H)[-1]


def descend(X, rate, steps):
    theta, losses = np.zeros(X.shape[1]), []
    for _ in range(steps):
        e = X @ theta - y
        losses.append(np.mean(e**2) / 2)
        theta = theta - rate * X.T @ e / len(y)
    return theta, losses


# %%
_, below = descend(X, 0.99 * 2 / L, 1000)
_, above = descend(X, 1.01 * 2 / L, 1000)
print(f"2/L = {2 / L:.3g}")
print(f"below: from {below[0]:.3g} to {below[-1]:.3g}, above: to {above[-1]:.3g}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Below, the loss falls from $56\,500$ to $380$. Above, it explodes: the error in the steepest direction grows by two
# per cent a step, and $1.02^{1000}$ is $4 \cdot 10^8$. The limit is $1.14 \cdot 10^{-4}$, and it came from the data
# alone.
#
# </details>

# %% [markdown]
# ## Safe, and slow
#
# The loss of the best linear model is $249$, and the run below the limit has only reached $380$. Why? The same rate
# serves all directions. In the flattest one the curvature is $0.058$, where $L$ is $17\,486$. Their ratio is the
# [[condition number]], here $301\,000$. At a rate that is safe for the steepest direction, the flattest comes closer by
# $1 - 0.99 \cdot 2 \cdot 0.058/L$ a step. To come ten times closer takes about $350\,000$ steps.
#
# You can see it with two parameters, the bias and the weight of the area. Both runs below begin at the same model, with
# the bias 150 and the weight 0:

# %% tags=["draw"]
# The loss over bias and weight, raw and standardised


def valley(ax, column, rate, steps, window):
    """Draw the contours of J over the bias and one weight, and a run from (150, 0)."""
    two = np.column_stack([np.ones(140), column])
    theta, path = np.array([150.0, 0]), [np.array([150.0, 0])]
    for _ in range(steps):
        theta = theta - rate * two.T @ (two @ theta - y) / 140
        path.append(theta)
    grid = np.meshgrid(np.linspace(*window[:2], 121), np.linspace(*window[2:], 121))
    e = grid[0][..., None] + grid[1][..., None] * column - y
    heights = np.mean(e**2, axis=-1) / 2
    levels = heights.min() * np.geomspace(1.02, 60, 12)
    ax.contour(*grid, heights, levels=levels, colors="0.6", linewidths=0.8)
    best = np.linalg.lstsq(two, y, rcond=None)[0]
    ax.plot(*np.transpose(path), "o-", markersize=3, linewidth=1)
    ax.plot(*best, "*", color="black", markersize=11, markerfacecolor="white")
    ax.set(xlabel="bias", xlim=window[:2], ylim=window[2:])
    eigenvalues = np.linalg.eigvalsh(two.T @ two / 140)
    return path[-1], best, eigenvalues[1] / eigenvalues[0]


mean, std = train.X.mean(axis=0), train.X.std(axis=0)
area_raw, area_scaled = train.X[:, 0], (train.X[:, 0] - mean[0]) / std[0]
fig, (left, right) = plots.figure(2, width=8.5, height=3.6)
raw_end = valley(left, area_raw, 1 / 15714, 1000, (-150, 200, 0, 5))
new_end = valley(right, area_scaled, 0.5, 12, (-100, 600, -150, 350))
left.set(ylabel="weight of the area", title="raw: 1000 steps")
right.set(title="standardised: 12 steps")
plots.show(
    fig,
    alt="Contours of the loss over bias and weight of the area. Left, raw: a tilted and very "
    "narrow ellipse; 1000 steps drop into it and hardly move along it towards the star. "
    "Right, standardised: circles; 12 steps lead straight to the star, the best model.",
)

# %% [markdown]
# ## Standardise
#
# The cure is to give all features one scale: [[standardise]] them. Subtract from each column its mean $\bar x_j$ and
# divide by its standard deviation $\sigma_j$ (`mean`, `std`):
#
# $$\tilde x_{ij} = \frac{x_{ij} - \bar x_j}{\sigma_j}. \tag{4}$$
#
# The areas 100, 120 and 140 have the mean $120$. The squared distances from it are $400$, $0$ and $400$, their mean
# is $266.7$, and its root, $16.33$, is the deviation. The areas become $-1.22$, $0$ and $1.22$. (NumPy's `std`
# divides by $n$; PyTorch's by $n - 1$, and gets $20$.)
#
# **Predict.** What is the mean of the squares of a standardised column? So what is $2/L$ for a model with one such
# feature?

# %%
small = (area - area.mean()) / area.std()
print("standardised:", np.round(small, 2), " mean square:", round(np.mean(small**2), 6))

Z = np.column_stack([np.ones(140), (train.X - mean) / std])
eigenvalues = np.linalg.eigvalsh(Z.T @ Z / 140)
print(f"houses: 2/L = {2 / eigenvalues[-1]:.3f}", end=", ")
print(f"condition number {eigenvalues[-1] / eigenvalues[0]:.2f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# The mean of the squares is the variance, and that is now $1$: so $2/L = 2$. Four features that depend on each other (a
# large house has many rooms) share a direction, and $2/L$ is $1.094$. The condition number has shrunk to $7.78$.
#
# </details>

# %% [markdown]
# Take $\bar x_j$ and $\sigma_j$ from the training set **only**, and use them for every house, the held-out ones too:
# {{exercise:standardise}}. Now the rate $0.5$ is safe, and 200 steps do:

# %%
theta, losses = descend(Z, 0.5, 200)
exact = np.linalg.lstsq(Z, y, rcond=None)[0]
print("trained", np.round(theta, 3))
print("lstsq  ", np.round(exact, 3))

# %% tags=["check"]
# Limits, condition numbers, and where the runs end
best_loss = np.mean((Z @ exact - y) ** 2) / 2
assert round(2 / L * 1e4, 2) == 1.14 and round(L) == 17486 and 140 + 60 == 200
assert [round(below[0], -2), round(below[-1]), round(best_loss)] == [56500, 380, 249]
assert 1.02**1000 > 3e8 and round(1.02**1000 / 1e8) == 4 and above[-1] > 1e20
flattest = np.linalg.eigvalsh(H)[0]
assert round(flattest, 3) == 0.058 and round(L / flattest, -3) == 301_000
assert round(np.log(10) / -np.log(1 - 0.99 * 2 * flattest / L), -4) == 350_000
assert round(area.std(), 2) == 16.33 and list(np.round(small, 2)) == [-1.22, 0, 1.22]
assert np.isclose(np.mean(small**2), 1) and round(2 / eigenvalues[-1], 3) == 1.094
assert round(eigenvalues[-1] / eigenvalues[0], 2) == 7.78
assert np.allclose(theta, exact, rtol=0, atol=1e-8)
end, best, kappa = raw_end
assert end[0] - best[0] > 0.95 * (150 - best[0]) and kappa > 200_000
end, best, kappa = new_end
assert np.allclose(end, best, rtol=0.01) and kappa < 1.01
print("checked: the limit 2/L, the two condition numbers, and 200 steps reach lstsq")

# %% [markdown]
# Is it the unit alone? Measure the area in larger units: the canyon opens, but without subtracting the mean it stays a
# canyon. (The slider needs a running kernel.)

# %% tags=["widget", "draw"]
# A slider over the unit of the area


def at(unit):
    fig, ax = plots.figure(width=5.5, height=3.6)
    two = np.column_stack([np.ones(140), area_raw / unit])
    rate = 1 / np.linalg.eigvalsh(two.T @ two / 140)[-1]
    window = (-150, 200, 0, 5 * unit)
    *_, kappa = valley(ax, area_raw / unit, rate, 100, window)
    told = f"100 steps, area in units of {unit} m²: condition number {kappa:,.0f}"
    ax.set(ylabel="weight of the area", title=told)
    return fig, told + "."


plots.slider(at, unit=[1, 3, 10, 30, 100, 300])

# %% [markdown]
# ## Back to square metres
#
# The trained weight of the area is $80.1$: thousand euros per *standard deviation* of the area, which is $33.6$ square
# metres. So one square metre is worth $80.1/33.6 = 2.38$ thousand euros. For the whole model put (4) in and sort:
#
# $$\hat y = b + \sum_j w_j\, \frac{x_j - \bar x_j}{\sigma_j}
# = \underbrace{b - \sum_j \frac{w_j \bar x_j}{\sigma_j}}_{\text{bias}}
# + \sum_j \underbrace{\frac{w_j}{\sigma_j}}_{\text{weight}} x_j. \tag{5}$$

# %%
b, w = theta[0], theta[1:]
w_raw = w / std
b_raw = b - np.sum(w_raw * mean)
truth = [60.0, 2.4, 9.0, -0.8, -3.5]  # the rule that the prices were drawn from
names = ["bias", *houses.features]
plots.table({"": names, "trained": [b_raw, *w_raw], "true rule": truth}, digits=3)

# %% [markdown]
# The bias changes too; forget that, and all prices are off: {{exercise:unscale}}. The prices are noisy, so the area's
# weight misses the true rule by $1\,\%$, and the rooms' by $24\,\%$: large houses have many rooms, so the data tell
# little about rooms alone.
#
# ## Judge on houses not seen
#
# The root of the mean squared error is in thousands of euros again. Compare three predictions for the 60 held-out
# houses: the model; the mean price for everyone; and the model with features that were standardised by the held-out
# set's *own* mean and deviation.
#
# **Predict.** Does the third way matter?

# %%
own = (held_out.X - held_out.X.mean(axis=0)) / held_out.X.std(axis=0)
predictions = {
    "the model": held_out.X @ w_raw + b_raw,
    "the mean price": np.full(60, np.mean(y)),
    "wrong statistics": own @ w + b,
}
for name, y_hat in predictions.items():
    rmse = np.sqrt(np.mean((y_hat - held_out.y) ** 2))
    print(f"{name:17} error {rmse:.1f}, first house {y_hat[0]:.1f}")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Yes. The model errs by $19.9$, the mean price by $92.5$. With the wrong statistics it is $23.1$, and the first house
# costs about $12.6$ less, only because it is listed in other company. A single house could not be priced at all: its
# deviation is $0$.
#
# </details>

# %% tags=["check"]
# Weights per raw unit, and errors on the held-out houses
assert (
    round(w[0], 1) == 80.1 and round(std[0], 1) == 33.6 and round(w_raw[0], 2) == 2.38
)
assert np.allclose([b_raw, *w_raw], np.linalg.lstsq(X, y, rcond=None)[0], atol=1e-6)
assert np.allclose(held_out.X @ w_raw + b_raw, (held_out.X - mean) / std @ w + b)
errors = [np.sqrt(np.mean((p - held_out.y) ** 2)) for p in predictions.values()]
assert [round(error, 1) for error in errors] == [19.9, 92.5, 23.1]
model, _, wrong = predictions.values()
assert round(model[0] - wrong[0], 1) == 12.6 and held_out.X[:1].std() > 0
assert np.all(held_out.X[:1].std(axis=0) == 0)
off = np.abs(np.array([b_raw, *w_raw]) / truth - 1)
assert (round(off[1], 2), round(off[2], 2)) == (0.01, 0.24)
assert round(area.std(ddof=1)) == 20 and round(np.mean((area - 120) ** 2), 1) == 266.7
assert np.corrcoef(train.X.T)[0, 1] > 0.5
print("checked: weights per unit, and three errors on houses not seen")

# %% [markdown]
# ## In three frameworks
#
# The same 200 steps with the built-in loss and the built-in descent. Both losses are the mean, so the rate is $0.25$.

# %% tags=["torch"]
import torch

model_t = torch.nn.Linear(4, 1, dtype=torch.float64)
torch.nn.init.zeros_(model_t.weight), torch.nn.init.zeros_(model_t.bias)
descent = torch.optim.SGD(model_t.parameters(), lr=0.25)
for _ in range(200):
    descent.zero_grad()
    y_hat = model_t(torch.tensor(Z[:, 1:]))[:, 0]  # a column, made flat
    torch.nn.functional.mse_loss(y_hat, torch.tensor(y)).backward()
    descent.step()
print("PyTorch:", np.round(model_t.weight[0].tolist(), 3))

# %% tags=["tensorflow"]
import tensorflow as tf

theta_k = tf.Variable(np.zeros(5))
descent_k = tf.keras.optimizers.SGD(0.25)
for _ in range(200):
    with tf.GradientTape() as tape:
        loss_k = tf.reduce_mean((tf.linalg.matvec(Z, theta_k) - y) ** 2)
    descent_k.apply_gradients([(tape.gradient(loss_k, theta_k), theta_k)])
print("TensorFlow:", np.round(theta_k[1:].numpy(), 3))

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert np.allclose(model_t.weight[0].tolist(), theta[1:], rtol=0, atol=1e-10)
assert np.isclose(model_t.bias.item(), theta[0], rtol=1e-12)
assert np.allclose(theta_k, theta, rtol=0, atol=1e-10)
print("checked: the same parameters after 200 steps in all three")

# %% [markdown]
# ## Summary
#
# - Descent on a squared error converges for $0 < \eta < 2/L$, and $L$ can be computed from the features.
# - The condition number, largest over smallest curvature, says how slow it is at a safe rate.
# - Standardising gives every feature the curvature $1$. Its statistics come from the training set.
# - Trained weights are per standard deviation. Divide them by $\sigma_j$, and correct the bias.
#
# ## Common mistakes
#
# - **"A small rate is safe."** $0.01$ was over 70 times too large for the three houses.
# - **Statistics of all houses.** Then the held-out houses have had a say in the model that they judge.
#
# ## Quick questions
#
# 1. You measure the area in square feet (one square metre is about eleven). What happens to $L$, roughly?
#
#    <details><summary><b>Answer</b></summary>
#
#    The numbers grow by 11, their squares by 121. The area makes nearly all of $L$, so $L$ grows about 121-fold.
#
#    </details>
# 2. All features are standardised, and the rate is $0.5$. Can the run diverge?
#
#    <details><summary><b>Answer</b></summary>
#
#    Yes, if many features tell the same. With ten copies of one column, $L$ is $10$ and the limit $0.2$.
#
#    </details>
# 3. Your features are standardised. What is the bias of the best model?
#
#    <details><summary><b>Answer</b></summary>
#
#    The mean price: all standardised columns have mean $0$, so the errors add up to zero just there.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Let $\theta^*$ be the best parameters. Show that $\nabla J(\theta) = H(\theta - \theta^*)$, and with it
# that a step multiplies the distance along an eigenvector of $H$ with the eigenvalue $\lambda$ by $1 - \eta\lambda$.
#
# <details><summary><b>Outline</b></summary>
#
# $\frac1n X^\top(X\theta - y)$ vanishes at $\theta^*$. Subtract that: $\nabla J = \frac1n X^\top X (\theta -
# \theta^*)$. So a step takes $\theta - \theta^*$ to $(\theta - \theta^*) - \eta H (\theta - \theta^*)$, and along an
# eigenvector $H$ is the number $\lambda$.
#
# </details>
#
# **Try.** Subtract the means but do not divide by the deviations. Then divide but do not subtract. What are $2/L$ and
# the condition number in each case? Which of the two steps helps more here?
#
# <details><summary><b>Outline</b></summary>
#
# With the means subtracted, $2/L = 0.0017$ and the condition number is about $1\,400$. With the deviations divided out,
# they are $0.070$ and $514$. Neither alone is near the $7.78$ of both.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
cases = {"centred": train.X - mean, "divided": train.X / std}
found = {}
for name, columns in cases.items():
    rows = np.column_stack([np.ones(140), columns])
    spectrum = np.linalg.eigvalsh(rows.T @ rows / 140)
    found[name] = 2 / spectrum[-1], spectrum[-1] / spectrum[0]
assert (
    round(found["centred"][0], 4) == 0.0017 and round(found["centred"][1], -2) == 1400
)
assert round(found["divided"][0], 3) == 0.070 and round(found["divided"][1]) == 514
assert round(0.01 / (2 / L)) == 87 and 11**2 == 121
tenfold = np.repeat(Z[:, 1:2], 10, axis=1)
assert np.isclose(np.linalg.eigvalsh(tenfold.T @ tenfold / 140)[-1], 10)
assert 2 / 10 == 0.2 < 0.5 < 2 / eigenvalues[-1] and 2 * 0.25 == 0.5
assert np.isclose(theta[0], np.mean(y))
print("checked: each of the two steps alone")

# %% [markdown]
# ## References
#
# - Y. Nesterov (2004). *Introductory Lectures on Convex Optimization*. Springer. doi:10.1007/978-1-4419-8853-9. Rates
#   of gradient descent, the role of $L$ and of the condition number.
# - C. M. Bishop (2006). *Pattern Recognition and Machine Learning*. Springer. Chapter 3, linear models for regression.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
