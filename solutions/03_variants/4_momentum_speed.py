# %% [markdown]
# # How fast is momentum?
#
# {{about}}
#
# **After this lesson you can**
#
# - solve momentum along one direction: two factors per step in place of one,
# - say when a run swings, and how fast it dies out,
# - find the best rate and momentum for a range of curvatures,
# - explain why momentum replaces the condition number by its root.
#
# **You need** the lesson before this one; the quadratic formula; complex numbers as arrows (to multiply is to turn and
# to stretch); eigenvalues of a $2 \times 2$ matrix.

# %% [markdown]
# ## A run with two factors
#
# Along one direction with curvature $\lambda$, let $e_t$ be the distance from the minimum. The last lesson's question
# gave momentum without a velocity:
#
# $$e_{t+1} = e_t - \eta\lambda\, e_t + \beta\,(e_t - e_{t-1}). \tag{1}$$
#
# With $\eta = \beta = \frac12$ and $\lambda = 1$ this is $e_{t+1} = e_t - \frac12 e_{t-1}$. From $4$ and $2$ it gives
# $0, -1, -1, -\frac12, 0, \frac14, \frac14$: the ball of the last lesson.
#
# Plain descent multiplies $e$ by one factor per step. Is there such a factor here? Try $e_t = r^t$. Here $r$ is the
# factor, still unknown. Put it in and divide by $r^{t-1}$:
#
# $$r^2 = r - \tfrac12 \quad\Rightarrow\quad r = \tfrac12 \pm \tfrac12 \sqrt{-1}. \tag{2}$$
#
# A complex factor! As an arrow it has the length $\sqrt{1/2} = 0.707$ and the angle $45°$. To multiply by it is to
# shrink by $0.707$ and to turn by $45°$.
#
# But distances are real. Both factors of (2) solve (1), so their sum does too: $r^t + \bar r^t$. Here $\bar r$ is the
# mirror image $\frac12 - \frac12\sqrt{-1}$. In such a sum the imaginary parts cancel, and twice the real part is
# left, $2 \operatorname{Re} r^t$. Our run began with $4$ and $2$. $\operatorname{Re} r^t$ begins with $1$ and
# $\frac12$. So it is four times as large,
#
# $$e_t = 4 \operatorname{Re} r^t,$$
#
# for two distances fix all later ones, by (1). You see the shadow of a turning arrow.
#
# **Predict.** After how many steps has the arrow turned once around, and how short is it then?

# %%
import numpy as np

from gdcourse import plots

r = 0.5 + 0.5j  # Python writes j for the root of -1
arrow = 4 * r ** np.arange(9)
print("length:", abs(r), " angle:", np.degrees(np.angle(r)))
print("real parts:", arrow.real)

# %% tags=["draw"]
# The turning arrow, and its shadow
fig, (left, right) = plots.figure(
    2, width=9, height=3.6, sharey=True, width_ratios=[1, 1.3]
)
fine = 4 * r ** np.linspace(0, 8, 200)
left.plot(fine.imag, fine.real, color="0.7", linestyle="-", linewidth=1)
left.plot(arrow.imag, arrow.real, "o", color=plots.COLOURS[0])
for t, point in enumerate(arrow[:6]):
    left.annotate(
        "",
        (point.imag, point.real),
        (0, 0),
        arrowprops={"arrowstyle": "->", "color": "0.45"},
    )
    left.annotate(
        f"$t$ = {t}",
        (point.imag, point.real),
        (16 * point.imag / abs(point), 13 * point.real / abs(point)),
        textcoords="offset points",
        ha="right" if point.imag < -1e-9 else "left",
        va="center",
    )
left.set(xlabel="imaginary part", ylabel="real part", title="the arrow $4r^t$")
left.set(xlim=(-1.8, 3.4), ylim=(-1.5, 4.6), aspect="equal")
right.plot(np.linspace(0, 8, 200), fine.real, color="0.7", linestyle="-", linewidth=1)
right.plot(arrow.real, "o", color=plots.COLOURS[0])
right.set(xlabel="step $t$", title="what you see: $e_t$")
plots.show(
    fig,
    alt="Left, a spiral that begins at height 4 and winds into the origin, with an arrow "
    "for each of the first six steps, 45 degrees apart. Right, the heights of its points "
    "against the step: 4, 2, 0, -1, -1, -0.5, 0, a dying swing.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# After 8 steps, $8 \cdot 45° = 360°$, with the length $0.707^8 = 1/16$ of the start. And $4/16 = 0.25$ is where the
# ball is.
#
# </details>

# %% [markdown]
# ## A flat floor
#
# In general (1) gives the equation
#
# $$r^2 - (1 + \beta - \eta\lambda)\, r + \beta = 0. \tag{3}$$
#
# It has two solutions. Their product is $\beta$, the last coefficient. So there are two cases:
#
# - They are complex. Then they are mirror images, of equal length, and the length must be $\sqrt\beta$. The run swings,
#   and shrinks by $\sqrt\beta$ per step, **whatever the curvature is**.
# - They are real. Then one is longer than $\sqrt\beta$ (or both just equal), and that one decides in the long run.
#
# The border is where the root vanishes, $(1 + \beta - \eta\lambda)^2 = 4\beta$. That is at
#
# $$\eta\lambda = (1 - \sqrt\beta)^2 \quad \text{and at} \quad \eta\lambda = (1 + \sqrt\beta)^2. \tag{4}$$
#
# **Predict.** Take $\beta = 0.81$. What is the factor per step at $\eta\lambda = 0.5$, at $2$ and at $3$? Without
# momentum it would be $0.5$, $1$ and $2$.


# %%
def factor(pull, beta):  # pull: rate times curvature
    return max(abs(np.roots([1, -(1 + beta - pull), beta])))


for pull in (0.5, 2, 3):
    print(
        f"pull {pull}: plain {factor(pull, 0):.3f}, momentum {factor(pull, 0.81):.3f}"
    )

# %% tags=["draw"]
# The factor against rate times curvature
pulls = np.linspace(0, 4, 801)
fig, ax = plots.figure(width=7, height=3.8)
for beta in (0, 0.25, 0.81):
    factors = [factor(pull, beta) for pull in pulls]
    ax.plot(pulls, factors, linewidth=2, label=rf"$\beta$ = {beta}")
ax.axhspan(1, 1.3, color="0.9")
ax.text(0.06, 1.13, "diverges", color="0.3")
ax.set(xlabel=r"$\eta\lambda$", ylabel="factor per step", ylim=(0, 1.3))
ax.set_title("momentum makes the floor flat")
ax.legend(loc="lower right")
plots.show(
    fig,
    alt="Factor per step against eta lambda. Without momentum a V with its tip at 1, above "
    "one beyond 2. With beta 0.25 a flat floor at height 0.5 from 0.25 to 2.25; with "
    "0.81 at 0.9 from 0.01 to 3.61. All begin at height 1.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# $0.9$ at all three. From $0.01$ to $3.61$ the factor is $\sqrt{0.81}$.
#
# </details>

# %% [markdown]
# Plain descent has a V: superb at *one* curvature, $\lambda = 1/\eta$, and poor at others. Momentum trades the tip
# for a flat floor: nowhere as good as the tip, but equally good over a wide range. It also stays stable up to
# $\eta\lambda = 2(1 + \beta)$ in place of $2$. (There the larger solution of (3) is $-1$.)

# %% tags=["check"]
# The arrow, the two cases and their borders
assert arrow.real.round(12).tolist() == [4, 2, 0, -1, -1, -0.5, 0, 0.25, 0.25]
assert np.isclose(abs(r), 0.707, atol=2e-4) and np.isclose(np.degrees(np.angle(r)), 45)
assert np.isclose(abs(r) ** 8, 1 / 16) and 8 * 45 == 360 and 4 / 16 == 0.25
assert np.allclose([factor(pull, 0.81) for pull in (0.5, 2, 3)], 0.9)
assert np.allclose([factor(pull, 0) for pull in (0.5, 2, 3)], [0.5, 1, 2])
assert factor(1, 0) == 0 and factor(1.99, 0) < 1 < factor(2.01, 0)
assert np.allclose([factor(0, beta) for beta in (0, 0.25, 0.81)], 1)
for beta, low, high in ((0.81, 0.01, 3.61), (0.25, 0.25, 2.25)):
    inside = [factor(pull, beta) for pull in np.linspace(low, high, 50)]
    assert np.allclose(inside, beta**0.5, atol=1e-6)
    assert min(factor(low - 0.005, beta), factor(high + 0.1, beta)) > beta**0.5 + 1e-3
    edge = 2 * (1 + beta)
    assert factor(edge - 0.01, beta) < 1 < factor(edge + 0.01, beta)
    assert np.isclose(np.roots([1, -(1 + beta - edge), beta]).min(), -1)
print("checked: flat floors at the root of beta, and their ends")

# %% [markdown]
# ## The best setting
#
# A loss has curvatures from $\mu$ to $L$. Put them all on the flat floor, with the smallest $\beta$ that can do it.
# Then both ends of the floor are in use, and (4) says $\eta\mu = (1 - \sqrt\beta)^2$ and $\eta L = (1 +
# \sqrt\beta)^2$.
#
# For $\mu = 1$ and $L = 25$, take roots: $\sqrt\eta = 1 - \sqrt\beta$ and $5\sqrt\eta = 1 + \sqrt\beta$. Add them:
# $6\sqrt\eta = 2$. So $\eta = 1/9$, and $\sqrt\beta = 2/3$. In general, with the [[condition number]] $\kappa = L/\mu$,
#
# $$\eta = \frac{4}{(\sqrt L + \sqrt\mu)^2}, \qquad
# \text{factor} = \sqrt\beta = \frac{\sqrt\kappa - 1}{\sqrt\kappa + 1}. \tag{5}$$
#
# Plain descent does best where $|1 - \eta\mu| = |1 - \eta L|$, at $\eta = 2/(L + \mu)$. Its factor is $(\kappa -
# 1)/(\kappa + 1)$: the same formula without roots. For our valley $24/26 = 0.923$ against $2/3$.
#
# **Predict.** How many steps does each need to get a million times closer?

# %%
for name, rho in (("plain", 24 / 26), ("momentum", 2 / 3)):
    print(f"{name}: {np.log(1e-6) / np.log(rho):.0f} steps")

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# About 173 and 34, by the factor alone. Counted, a run with momentum takes 44. At an end of the floor the two factors
# are equal, and then the distance falls like $t\rho^t$, with $\rho$ for that factor: a little slower than $\rho^t$.
# (Try: $e_t = t r^t$ solves (1) where (3) has one solution only.)
#
# </details>

# %% [markdown]
# ## A matrix, and a map
#
# Write (1) for the pair of the last two distances, and the two factors are the eigenvalues of a matrix:
#
# $$\begin{pmatrix} e_{t+1} \\ e_t \end{pmatrix} =
# \underbrace{\begin{pmatrix} 1 + \beta - \eta\lambda & -\beta \\ 1 & 0 \end{pmatrix}}_{M}
# \begin{pmatrix} e_t \\ e_{t-1} \end{pmatrix}. \tag{6}$$
#
# The largest absolute eigenvalue of $M$ is its [[spectral radius]]. A whole run is as slow as its worst direction.
# The map shows measured runs in the valley; the white lines are the spectral radii.
# You write $M$ and its spectral radius in {{exercise:momentum_matrix}}.


# %%
def radius(lr, beta, curvatures=(1.0, 25.0)):
    worst = 0.0
    for curvature in curvatures:
        M = np.array([[1 + beta - lr * curvature, -beta], [1, 0]])
        worst = max(worst, max(abs(np.linalg.eigvals(M))))
    return worst


print(
    "at the best setting:", radius(1 / 9, 4 / 9), " with beta 0.9:", radius(1 / 9, 0.9)
)

# %% tags=["draw"]
# The map: measured factors, and theory on top
lrs, betas = np.linspace(0.005, 0.16, 32), np.linspace(0, 0.96, 25)
theory = np.vectorize(radius)


def measured(lr, beta, steps=900, skip=300):
    """Mean factor per step after the first 300, over the whole grid at once."""
    lam = np.reshape([1.0, 25.0], (2, 1, 1))
    e = np.ones((2, *np.broadcast_shapes(lr.shape, beta.shape)))
    v, growth = np.zeros_like(e), 0
    for t in range(steps):
        v = beta * v + lam * e
        e = e - lr * v
        size = np.sqrt(np.sum(e**2 + (lr * v) ** 2, axis=0))
        e, v = e / size, v / size  # keeps the numbers in range: the rule is linear
        growth = growth + np.log(size) * (t >= skip)
    return np.exp(growth / (steps - skip))


seen = measured(lrs, betas[:, None])
fig = plots.phase_diagram(
    lrs,
    betas,
    np.where(seen > 1, np.nan, seen),
    theory=theory,
    levels=(0.7, 0.8, 0.9),
    log="",
    xlabel=r"rate $\eta$",
    ylabel=r"momentum $\beta$",
    label="factor per step",
    title="curvatures 1 and 25: measured, and theory in white",
    width=7.4,
    height=4.4,
)
ax = fig.axes[0]
texts = ax.get_legend().get_texts()
texts[0].set_text("theory: 0.7, 0.8, 0.9")
texts[1].set_text("diverges")
ax.get_legend().set_loc("upper left")
star = {"color": plots.COLOURS[1], "markeredgecolor": "white"}
ax.plot(1 / 9, 4 / 9, "*", markersize=17, **star)
ax.plot(2 / 26, 0.005, "o", markersize=9, clip_on=False, **star)
plots.show(
    fig,
    alt="Map of the factor per step over rate and momentum. Contours of theory follow the "
    "measured colours. The stable region widens to the right as momentum grows. The "
    "fastest point, a star, lies at its right edge, near 0.11 and 0.44; a dot at the "
    "bottom, near 0.077, is the best without momentum.",
)

# %% [markdown]
# Watch the two eigenvalues of $M$ while $\eta\lambda$ grows: real, complex on a circle, real again. (The sliders need a
# running kernel.)


# %% tags=["widget", "draw"]
# Two sliders: the eigenvalues in the complex plane
def at_pull(pull, beta):
    both = np.roots([1, -(1 + beta - pull), beta])
    fig, ax = plots.figure(width=4.6, height=4.2)
    turn = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
    ax.plot(turn.real, turn.imag, color="0.4", linestyle="-", linewidth=1)
    ax.plot(*(beta**0.5 * np.array([turn.real, turn.imag])), color="0.6", linestyle=":")
    ax.plot(both.real, both.imag, "o", markersize=10, color=plots.COLOURS[1])
    title = f"eta lambda = {pull}, beta = {beta}: factor {max(abs(both)):.3f}"
    ax.set(xlim=(-2, 1.3), ylim=(-1.4, 1.4), xlabel="real", aspect="equal", title=title)
    return fig, f"Two eigenvalues beside the unit circle, {title}."


plots.slider(
    at_pull,
    pull=[0.01, 0.05, 0.2, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4],
    beta=[0, 0.25, 0.5, 0.81],
)

# %% [markdown]
# ## The root of the condition number
#
# **Predict.** $\kappa$ grows from 4 to 1024, by 256. By what factor do the steps to a millionth grow, for plain
# descent and for momentum, each at its best setting?


# %%
def steps_needed(lr, beta, kappa):
    lam, e, v = np.array([1.0, kappa]), np.ones(2), np.zeros(2)
    for t in range(100_000):
        if np.linalg.norm(e) < 1e-6 * np.sqrt(2):
            return t
        v = beta * v + lam * e
        e = e - lr * v


kappas = np.array([4, 16, 64, 256, 1024])
q = np.sqrt(kappas)
best_momentum = zip(4 / (q + 1) ** 2, ((q - 1) / (q + 1)) ** 2, kappas, strict=True)
plain = [steps_needed(2 / (kappa + 1), 0.0, kappa) for kappa in kappas]
heavy = [steps_needed(*setting) for setting in best_momentum]
plots.table({"condition number": kappas, "plain": plain, "momentum": heavy})

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Plain descent by about 250, like $\kappa$. Momentum by about 20, near $\sqrt{256} = 16$. The rest is the $t$ in $t
# \rho^t$.
#
# </details>

# %% tags=["check"]
# The best setting, the map, and the two powers of kappa
grid = theory(lrs, betas[:, None])
assert np.all(np.abs(seen - grid) < 0.01) and grid.min() > 2 / 3
assert np.isclose(radius(1 / 9, 4 / 9), 2 / 3, atol=1e-6)
assert np.isclose(radius(2 / 26, 0), 24 / 26) and round(24 / 26, 3) == 0.923
assert np.isclose(radius(1 / 9, 0.9), 0.9**0.5) and abs(2 / 26 - 0.077) < 1e-3
tries = [
    radius(a, b) for a in np.linspace(0.09, 0.13, 41) for b in np.linspace(0.3, 0.6, 41)
]
assert min(tries) > 2 / 3  # no better setting around it
assert [round(np.log(1e-6) / np.log(rho)) for rho in (24 / 26, 2 / 3)] == [173, 34]
assert (steps_needed(2 / 26, 0, 25), steps_needed(1 / 9, 4 / 9, 25)) == (173, 44)
once, pull = 0.6, (1 - 0.6) ** 2  # equal factors 0.6: t r^t solves (1)
double = np.arange(12) * once ** np.arange(12)
assert np.allclose(
    double[2:], (1 + once**2 - pull) * double[1:-1] - once**2 * double[:-2]
)
assert round(((1 + 0.9**0.5) / (1 - 0.9**0.5)) ** 2, -1) == 1440
assert round(min(radius(lr, 0.9) for lr in lrs), 3) == 0.949
assert min(radius(lr, 0) for lr in lrs) >= 24 / 26  # none better without momentum
assert round(1 / 9, 2) == 0.11 and round(4 / 9, 2) == 0.44
assert round(plain[-1] / plain[0], -1) == 250 and 16 < heavy[-1] / heavy[0] < 24
assert kappas[-1] / kappas[0] == 256 and kappas[-1] == 1024 and 256**0.5 == 16
print("checked: theory within 0.01 of the runs, and kappa becomes its root")

# %% [markdown]
# At $\kappa = 1024$ momentum is over 20 times faster. That is its gift. But (5) needs $\mu$ and $L$, which you seldom
# know. So one takes $\beta = 0.9$ and tunes $\eta$. That is best for $\kappa$ near $1440$. In our valley it is too
# much: at any rate $0.949$ or more, and plain descent has $0.923$.
#
# ## In three frameworks
#
# The spectral radius of (6) at the best setting, for the steep direction:

# %%
M = np.array([[1 + 4 / 9 - 25 / 9, -4 / 9], [1, 0]])
print("NumPy:", max(abs(np.linalg.eigvals(M))))

# %% tags=["torch"]
import torch

radius_t = torch.linalg.eigvals(torch.tensor(M)).abs().max().item()
print("PyTorch:", radius_t)

# %% tags=["tensorflow"]
import tensorflow as tf

radius_k = float(tf.reduce_max(tf.abs(tf.linalg.eigvals(M))))
print("TensorFlow:", radius_k)

# %% tags=["check", "torch", "tensorflow"]
# Do the three agree?
assert np.allclose(
    [radius_t, radius_k, max(abs(np.linalg.eigvals(M)))], 2 / 3, atol=1e-6
)
assert plain[-1] / heavy[-1] > 20
assert (
    abs(0.99**0.5 - (1 - 1 / 200)) < 1e-4
    and abs((1 - 1 / 200) ** 200 - np.exp(-1)) < 0.01
)
assert round(81 / 121, 2) == 0.67 and round(0.9**0.5, 2) == 0.95
wide = [lr for lr in np.linspace(0.001, 0.16, 320) if radius(lr, 0.9) < 0.949 + 0.01]
narrow = [
    lr for lr in np.linspace(0.001, 0.16, 320) if radius(lr, 4 / 9) < 2 / 3 + 0.01
]
assert len(wide) > 20 * max(1, len(narrow))
print("checked: three times 2/3")

# %% [markdown]
# ## Summary
#
# - Along one direction, momentum has two factors per step, the solutions of (3), with the product $\beta$.
# - Complex: it swings and shrinks by $\sqrt\beta$, whatever the curvature. Real: slower than that.
# - The best setting puts all curvatures on the flat floor. $\kappa$ becomes $\sqrt\kappa$.
#
# ## Common mistakes
#
# - **$\beta$ for $\sqrt\beta$.** At $\beta = 0.9$ a swing shrinks by $0.95$ per step, not by $0.9$.
# - **The bare rate limit $2/L$.** With momentum it is $2(1 + \beta)/L$.
# - **"Swinging means a rate too large."** With much momentum it swings at small rates too.
#
# ## Quick questions
#
# 1. $\beta = 0.99$. How many steps until a swing has shrunk to about a third?
#
#    <details><summary><b>Answer</b></summary>
#
#    About 200: the factor is $\sqrt{0.99}$, near $1 - 1/200$, and $(1 - 1/200)^{200}$ is about $1/e$.
#
#    </details>
# 2. $\mu = 1$ and $L = 100$. Best $\beta$?
#
#    <details><summary><b>Answer</b></summary>
#
#    $\sqrt\beta = 9/11$, so $\beta = 81/121$, about $0.67$.
#
#    </details>
# 3. All curvatures are equal. Does momentum help?
#
#    <details><summary><b>Answer</b></summary>
#
#    No. $\kappa = 1$, and plain descent with $\eta = 1/\lambda$ arrives in one step.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** Show that the run converges exactly for $0 < \eta\lambda < 2(1 + \beta)$, if $0 \le \beta < 1$.
#
# <details><summary><b>Outline</b></summary>
#
# Complex solutions have length $\sqrt\beta < 1$. Real ones leave the range from $-1$ to $1$ where one of them is $1$ or
# $-1$. Put $r = 1$ into (3): $\eta\lambda = 0$. Put $r = -1$: $\eta\lambda = 2(1 + \beta)$.
#
# </details>

# %% [markdown]
# **Try.** Fix $\beta = 0.9$ and plot the factor in the valley against $\eta$. How wide is the range of rates within
# $0.01$ of the best? Compare with $\beta = 4/9$.
#
# <details><summary><b>Outline</b></summary>
#
# With $0.9$ the floor, at $0.949$, covers both curvatures for a whole range of rates: slower, but easy to tune. At
# $4/9$ it is one point.
#
# </details>
#
# ## References
#
# - B. T. Polyak (1964). Some methods of speeding up the convergence of iteration methods.
#   doi:10.1016/0041-5553(64)90137-5
# - G. Goh (2017). Why momentum really works. *Distill*. doi:10.23915/distill.00006
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
