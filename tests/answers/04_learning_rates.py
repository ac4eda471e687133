"""Answers to the exercises of unit 04: wrong ones that must lose points, right ones that must earn all.

Each cell is one answer; its title is `exercise | wrong or right | name`. The first comment of a wrong answer says what
is misunderstood, that of a right one what is unusual.
"""


# %% lr_max | wrong | one over L
# 1 / L is the best guaranteed decrease; descent converges up to twice that rate.
def lr_max(A):
    L = np.linalg.eigvalsh(A)[-1]
    return 1 / L if L > 0 else np.inf


# %% lr_max | wrong | the flattest direction
# The smallest eigenvalue sets the speed; the largest sets the limit.
def lr_max(A):
    L = np.linalg.eigvalsh(A)[0]
    return 2 / L if L > 0 else np.inf


# %% lr_max | wrong | the trace
# The sum of the eigenvalues bounds the largest one but is not equal to it.
def lr_max(A):
    return 2 / np.trace(A) if np.any(A) else np.inf


# %% lr_max | wrong | the Frobenius norm
# np.linalg.norm of a matrix is the root of the sum of squares, not the largest eigenvalue.
def lr_max(A):
    norm = np.linalg.norm(A)
    return 2 / norm if norm > 0 else np.inf


# %% lr_max | wrong | the largest diagonal entry
# The curvature along an axis is less than that along the steepest eigenvector.
def lr_max(A):
    L = np.max(np.diag(A))
    return 2 / L if L > 0 else np.inf


# %% lr_max | wrong | the largest row sum
# Gershgorin's circles give a bound that is safe but too small.
def lr_max(A):
    L = np.abs(A).sum(axis=1).max()
    return 2 / L if L > 0 else np.inf


# %% lr_max | wrong | the best rate
# 2 / (smallest + largest) is the fastest constant rate, below the threshold.
def lr_max(A):
    lam = np.linalg.eigvalsh(A)
    return 2 / (lam[0] + lam[-1]) if lam[-1] > 0 else np.inf


# %% lr_max | wrong | the squared singular value
# That is the largest eigenvalue of A^T A, as for least squares on a data matrix; here A is the Hessian itself.
def lr_max(A):
    s = np.linalg.svd(A, compute_uv=False)[0]
    return 2 / s**2 if s > 0 else np.inf


# %% lr_max | wrong | a Hessian twice as large
# The 1/2 of the quadratic uses up the 2 of the square: the Hessian is A, not 2A.
def lr_max(A):
    L = np.linalg.eigvalsh(2 * A)[-1]
    return 2 / L if L > 0 else np.inf


# %% lr_max | wrong | divides by zero
# A flat function allows every rate, but Python's division raises an error.
def lr_max(A):
    return 2 / float(np.linalg.eigvalsh(A)[-1])


# %% lr_max | wrong | nothing for a flat function
# With no curvature there is no limit; it is not 0.
def lr_max(A):
    L = np.linalg.eigvalsh(A)[-1]
    return 2 / L if L > 0 else 0.0


# %% lr_max | wrong | a small constant in the denominator
# 2 / (L + 1e-8) is no longer the threshold where the curvature is small, nor infinity where it is 0.
def lr_max(A):
    return 2 / (np.linalg.eigvalsh(A)[-1] + 1e-8)


# %% lr_max | wrong | tiny means flat
# A curvature of 1e-12 has a threshold, 2e12.
def lr_max(A):
    L = np.linalg.eigvalsh(A)[-1]
    return 2 / L if L > 1e-10 else np.inf


# %% lr_max | wrong | power iteration from ones
# A start that is orthogonal to the steepest direction never finds it.
def lr_max(A):
    v = np.ones(len(A))
    for _ in range(5000):
        u = A @ v
        if not np.any(u):
            return np.inf
        v = u / np.linalg.norm(u)
    return 2 / (v @ A @ v)


# %% lr_max | wrong | ten power iterations
# Where eigenvalues lie close together, ten iterations are not enough.
def lr_max(A):
    if not np.any(A):
        return np.inf
    v = np.random.default_rng(0).normal(size=len(A))
    for _ in range(10):
        v = A @ v
        v = v / np.linalg.norm(v)
    return 2 / (v @ A @ v)


# %% lr_max | wrong | whole numbers only
# Floor division cuts the fraction off.
def lr_max(A):
    L = np.linalg.eigvalsh(A)[-1]
    return 2 // L if L > 0 else np.inf


# %% lr_max | right | the spectral norm
# For a positive semi-definite matrix it is the largest eigenvalue; NumPy divides by 0 with a warning at most.
def lr_max(A):
    with np.errstate(divide="ignore"):
        return np.float64(2) / np.linalg.norm(np.asarray(A, dtype=float), 2)


# %% lr_max | right | SciPy
# Only the last eigenvalue is computed; the result is an array without dimensions.
def lr_max(A):
    from scipy.linalg import eigh

    top = len(A) - 1
    L = eigh(np.asarray(A, dtype=float), eigvals_only=True, subset_by_index=[top, top])[0]
    return np.array(np.inf if L == 0 else 2 / L)


# %% lr_max | right | PyTorch
# The general eigenvalue solver, of which the real parts count.
def lr_max(A):
    import torch

    lam = torch.linalg.eigvals(torch.tensor(A.tolist(), dtype=torch.float64)).real.max().item()
    return 2 / lam if lam > 0 else float("inf")


# %% lr_max | right | repeated squaring
# The norm of a high power grows like that power of L: Gelfand's formula, in logarithms.
def lr_max(A):
    import math

    A = np.array(A, dtype=float)
    scale = np.linalg.norm(A)
    if scale == 0:
        return math.inf
    P, log_L, weight = A / scale, math.log(scale), 1.0
    for _ in range(60):
        P, weight = P @ P, weight / 2
        norm = np.linalg.norm(P)
        P, log_L = P / norm, log_L + weight * math.log(norm)
    return 2 / math.exp(log_L)


# %% lr_max | right | bisection
# t I - A has a Cholesky factor exactly when t is above L; the trace is an upper bound to start from.
def lr_max(A):
    low, high = 0.0, float(np.trace(A))
    if high == 0:
        return float("inf")
    high *= 1.01
    while high - low > 1e-10 * high:
        t = (low + high) / 2
        try:
            np.linalg.cholesky(t * np.eye(len(A)) - A)
            high = t
        except np.linalg.LinAlgError:
            low = t
    return 2 / high


# %% lr_max | wrong | as precise as the matrix
# A matrix of 16 bits is no matrix for LAPACK, which refuses it: turn it into floats of 64 bits first.
def lr_max(A):
    L = np.linalg.eigvalsh(A)[-1]
    return 2 / L if L > 0 else np.inf


# %% lr_max | wrong | an eigenvalue of the square
# A^T A has the squares for eigenvalues, but its entries do not fit into the type of A.
def lr_max(A):
    L = np.sqrt(np.linalg.eigvalsh((A.T @ A).astype(float))[-1])
    return 2 / L if L > 0 else np.inf


# %% lr_max | wrong | close to zero is zero
# np.isclose compares with 1e-8, whatever the unit of the curvature.
def lr_max(A):
    L = np.linalg.eigvalsh(A.astype(float))[-1]
    return np.inf if np.isclose(L, 0) else 2 / L


# %% lr_max | wrong | a threshold of the machine
# The spacing of the floats near 1 says nothing about a matrix in a unit of its own.
def lr_max(A):
    L = np.linalg.eigvalsh(A.astype(float))[-1]
    return 2 / L if L > np.finfo(float).eps else np.inf


# %% lr_max | wrong | stops when the estimate hardly moves
# Between two eigenvalues that are nearly equal the power iteration moves slowly long before it has arrived.
def lr_max(A):
    A = np.array(A, dtype=float)
    if not A.any():
        return np.inf
    v, L = np.random.default_rng(1).normal(size=len(A)), 0.0
    for _ in range(100_000):
        u = A @ (v / np.linalg.norm(v))
        if abs(np.linalg.norm(u) - L) <= 1e-7 * L:
            break
        v, L = u, np.linalg.norm(u)
    return 2 / L


# %% lr_max | wrong | symmetric by force
# The matrix belongs to the caller.
def lr_max(A):
    if A.flags.writeable and A.dtype == float:
        A += A.T
        A /= 2.000000001
    L = np.linalg.eigvalsh(A.astype(float))[-1]
    return 2 / L if L > 0 else np.inf


# %% lr_max | wrong | two decimals
# A rounded threshold may lie beyond the true one, where descent diverges; a small one is rounded to 0.
def lr_max(A):
    L = np.linalg.eigvalsh(A.astype(float))[-1]
    return round(2 / L, 2) if L > 0 else np.inf


# %% lr_max | wrong | in the type of the matrix
# The threshold of a matrix of integers is no integer.
def lr_max(A):
    L = np.linalg.eigvalsh(A.astype(float))[-1].astype(A.dtype)
    return 2 / L if L > 0 else np.inf


# %% lr_max | right | Jacobi's rotations
# Rotates one off-diagonal entry after the other to zero; the eigenvalues are left on the diagonal.
def lr_max(A):
    scale = float(np.max(np.abs(A.astype(float))))
    if scale == 0:
        return float("inf")
    A = A.astype(float) / scale
    for _ in range(30):
        for i in range(len(A)):
            for j in range(i):
                angle = np.arctan2(2 * A[i, j], A[j, j] - A[i, i]) / 2
                c, s = np.cos(angle), np.sin(angle)
                R = np.eye(len(A))
                R[i, i], R[j, j], R[i, j], R[j, i] = c, c, s, -s
                A = R.T @ A @ R
    return 2 / (A.diagonal().max() * scale)


# %% lr_max | right | a float of its own kind
# A subclass of float is a float; the eigenvalues come from an eigendecomposition with vectors.
def lr_max(A):
    class Rate(float):
        def __repr__(self):
            return f"Rate({float(self)})"

    values, _ = np.linalg.eigh(np.array(A, dtype=np.float64, order="C"))
    return Rate(np.divide(2, values.max())) if values.max() > 0 else Rate("inf")


# %% lr_max | wrong | an integer where whole
# The threshold is a float, also where it is a whole number.
def lr_max(A):
    L = float(np.linalg.eigvalsh(np.asarray(A, dtype=float))[-1])
    return int(2 / L) if L > 0 and (2 / L) % 1 == 0 else 2 / L if L > 0 else np.inf


# %% schedules | wrong | one late
# Schedulers that count from 1 are one step behind: step 0 has the rate at t = 0.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma ** np.maximum(t - 1.0, 0)


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (np.maximum(t - 1.0, 0) // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.maximum(t - 1.0, 0))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.clip(t - 1.0, 0, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t, T) / T


# %% schedules | wrong | remembers the last rate
# The rate is multiplied at every call, so it depends on the calls before and not on t.
_rates = {}


def exp_decay(lr0, gamma, t):
    if np.ndim(t):
        return lr0 * float(gamma) ** t
    _rates[lr0, gamma] = _rates.get((lr0, gamma), lr0 / gamma) * gamma
    return _rates[lr0, gamma]


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | e to the minus gamma t
# gamma is the factor of one step, not the rate of a continuous decay.
def exp_decay(lr0, gamma, t):
    return lr0 * np.exp(-gamma * t)


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | the step drops one early
# floor((1 + t) / every) drops at every - 1, as if t counted from 1.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** np.floor((1 + t) / every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | the step drops one late
# "After `every` steps" means at t = every, since t counts from 0.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** np.floor(np.maximum(t - 1, 0) / every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | the step is not a step
# Without the floor the rate falls a little at every step.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t / every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | a drop by, not to
# drop is the factor that is left, not the part that is taken away.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * (1 - drop) ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | drops once
# The rate is multiplied at each multiple of `every`, not only at the first.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return np.where(t < every, lr0, lr0 * drop)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | divides again and again
# Dividing the last rate by 1 + k t at each step gives a product; the schedule divides lr0 once.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / np.vectorize(lambda n: np.prod(1 + k * np.arange(n + 1)))(t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | inverse square root
# The rate falls like 1 / t, not like one over its root.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / np.sqrt(1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | the cosine comes back
# Without the clamp the rate rises again after T, as in PyTorch's CosineAnnealingLR.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * t / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | restarts
# A warm restart puts the rate back to lr0 at T, where it should have reached 0.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * (t % T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | a quarter of the wave
# cos from 0 to pi/2 falls to 0 too, but not along the half wave that starts and ends flat.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 * np.cos(np.pi / 2 * np.minimum(t, T) / T)


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | the cosine ends one early
# T - 1 in the denominator reaches 0 at step T - 1.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t / max(T - 1, 1), 1)))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | warms up from 0
# With t / T the first step has the rate 0 and is wasted.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t, T) / T


# %% schedules | wrong | never stops warming up
# Without the cap the rate grows beyond lr0.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * (t + 1) / T


# %% schedules | wrong | numbers only
# `if t < T` asks an array for one truth value.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * t / T)) if t < T else 0.0


def warmup(lr0, T, t):
    return lr0 * (t + 1) / T if t < T else lr0


# %% schedules | wrong | an array of integers
# np.full_like takes the type of t, so the rates lose their fractions.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    rates = np.full_like(t, lr0)
    np.copyto(rates, lr0 * (t + 1) / T, where=np.less(t, T), casting="unsafe")
    return rates


# %% schedules | wrong | the place instead of the step
# t holds the steps that are asked for, in any order; it is not a count of the entries.
def exp_decay(lr0, gamma, t):
    return lr0 * float(gamma) ** (np.arange(np.size(t)).reshape(np.shape(t)) if np.ndim(t) else t)


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | changes the caller's steps
# The in-place minimum changes the array that was passed in.
def exp_decay(lr0, gamma, t):
    return lr0 * gamma**t


def step_decay(lr0, drop, every, t):
    return lr0 * drop ** (t // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    if np.ndim(t):
        t[t > T] = T
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | right | one number at a time
# Scalar functions of the math module, made to take arrays.
def _each(schedule):
    def for_all(t):
        rates = [float(schedule(int(n))) for n in np.ravel(t)]
        return np.reshape(rates, np.shape(t)) if np.ndim(t) else rates[0]

    return for_all


def exp_decay(lr0, gamma, t):
    return _each(lambda n: lr0 * gamma**n)(t)


def step_decay(lr0, drop, every, t):
    def rate(n):
        lr = lr0
        for step in range(1, n + 1):
            if step % every == 0:
                lr *= drop
        return lr

    return _each(rate)(t)


def inv_time(lr0, k, t):
    return _each(lambda n: lr0 / (1 + k * n))(t)


def cosine(lr0, T, t):
    import math

    return _each(lambda n: lr0 * (1 + math.cos(math.pi * n / T)) / 2 if n < T else 0)(t)


def warmup(lr0, T, t):
    return _each(lambda n: min((n + 1) / T, 1) * lr0)(t)


# %% schedules | right | np.where
# Arrays without dimensions stand for numbers.
def exp_decay(lr0, gamma, t):
    return np.array(lr0 * np.exp(np.asarray(t, float) * np.log(gamma)))


def step_decay(lr0, drop, every, t):
    return np.array(lr0 * np.exp(np.floor(np.asarray(t, float) / every) * np.log(drop)))


def inv_time(lr0, k, t):
    return np.array(1 / (1 / lr0 + k * np.asarray(t, float) / lr0))


def cosine(lr0, T, t):
    t = np.asarray(t, float)
    return np.where(t >= T, 0.0, lr0 * np.cos(np.pi * t / (2 * T)) ** 2)


def warmup(lr0, T, t):
    t = np.asarray(t, float)
    return np.where(t >= T - 1, float(lr0), lr0 * ((t + 1) / T))


# %% schedules | right | interpolation and clipping
# np.interp stays level beyond its ends, and np.clip bounds the fraction of the way.
def exp_decay(lr0, gamma, t):
    return np.multiply(lr0, np.float_power(gamma, np.float64(t)))


def step_decay(lr0, drop, every, t):
    return lr0 * np.float_power(drop, np.floor_divide(np.float64(t), every))


def inv_time(lr0, k, t):
    return np.divide(lr0, np.add(1, np.multiply(k, np.float64(t))))


def cosine(lr0, T, t):
    way = np.clip(np.divide(np.float64(t), T), 0, 1)
    return lr0 * (0.5 + 0.5 * np.sin(np.pi * (0.5 - way)))


def warmup(lr0, T, t):
    return np.interp(t, [-1, T - 1], [0, lr0])


# %% schedules | right | PyTorch's schedulers
# Each schedule is recorded from torch.optim.lr_scheduler up to the largest step, then looked up.
def _recorded(lr0, t, make):
    import warnings

    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=float(lr0))
    scheduler, rates = make(torch.optim.lr_scheduler, optimizer), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(int(np.max(t)) + 1):
            rates.append(optimizer.param_groups[0]["lr"])
            scheduler.step()
    return np.array(rates)[np.asarray(t, dtype=int)]


def exp_decay(lr0, gamma, t):
    return _recorded(lr0, t, lambda s, o: s.ExponentialLR(o, gamma))


def step_decay(lr0, drop, every, t):
    return _recorded(lr0, t, lambda s, o: s.StepLR(o, every, drop))


def inv_time(lr0, k, t):
    return _recorded(lr0, t, lambda s, o: s.LambdaLR(o, lambda n: 1 / (1 + k * n)))


def cosine(lr0, T, t):
    return _recorded(lr0, np.minimum(np.float64(t), T), lambda s, o: s.CosineAnnealingLR(o, T))


def warmup(lr0, T, t):
    return _recorded(lr0, t, lambda s, o: s.LinearLR(o, 1 / T, 1, max(T - 1, 1)))


# %% schedules | wrong | the types of the steps
# A step number of 8 bits and a T of 1000 do not go together.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(t, T) / T))


def warmup(lr0, T, t):
    return lr0 * np.minimum(t + 1, T) / T


# %% schedules | wrong | plus one in the type of the steps
# 255 plus 1 is 0 in 8 bits, and the warm-up begins again.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * np.where(t + 1 < T, (t + 1) / T, 1.0)


# %% schedules | wrong | divides by a power
# The power of the reciprocal overflows, with an error where it is Python's.
def exp_decay(lr0, gamma, t):
    return lr0 / (1 / gamma) ** t


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% schedules | wrong | times k in the type of the steps
# k times t does not fit into 8 bits.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    if float(k).is_integer():
        return lr0 / (1.0 + np.asarray(t) * np.asarray(t).dtype.type(int(k) % 256))
    return lr0 / (1.0 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% schedules | wrong | as precise as the steps
# Steps in 32 bits are no reason for rates in 32 bits.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(gamma, t) if np.ndim(t) else float(lr0 * gamma ** float(t))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% schedules | wrong | never below a millionth
# A floor is a schedule of another name; the table has none.
def exp_decay(lr0, gamma, t):
    return np.maximum(lr0 * np.power(float(gamma), np.asarray(t, dtype=float)), 1e-8)


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    return np.maximum(lr0 / (1 + k * np.asarray(t, dtype=float)), 1e-6 * min(lr0, 1))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% schedules | wrong | an end that is nearly zero
# The cosine is 0 at T, of a tiny lr0 too; a floor of 1e-12 is larger than it.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return np.maximum(lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T)), 1e-12)


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% schedules | wrong | the rates of a flat array
# The rates have the shape of the steps, whatever their order in memory.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    t = np.asarray(t)
    return lr0 * (np.minimum(t.ravel(order="K").astype(float) + 1, T) / T).reshape(t.shape)


# %% schedules | wrong | a number for one step
# An array of one step is an array, with its shape.
def exp_decay(lr0, gamma, t):
    rates = lr0 * np.power(float(gamma), np.asarray(t, dtype=float))
    return float(rates.ravel()[0]) if np.size(t) == 1 else rates


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% schedules | wrong | an integer where it fits
# The rate is a float, also where it is a whole number.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    rates = lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)
    return int(rates) if np.ndim(t) == 0 and float(rates).is_integer() else rates


# %% schedules | wrong | a multiple of every by its remainder
# Floats that are whole numbers have remainders too; the quotient must be cut down, not rounded.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))


def step_decay(lr0, drop, every, t):
    return lr0 * float(drop) ** np.round(np.asarray(t, dtype=float) / every - 0.49)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% schedules | wrong | logarithms without the zero
# A k of 0 has no logarithm, and a step of 0 neither.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    return lr0 * np.exp(-np.log1p(np.exp(np.log(k) + np.log(np.asarray(t, dtype=float) + 1e-9))))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% schedules | right | classes that are called
# Each schedule is an object; a function makes one and calls it.
class _Schedule:
    def __init__(self, lr0, share):
        self.lr0, self.share = lr0, share

    def __call__(self, t):
        rates = self.lr0 * np.vectorize(self.share, otypes=[float])(t)
        return rates if np.ndim(t) else rates[()]


def exp_decay(lr0, gamma, t):
    return _Schedule(lr0, lambda n: float(gamma) ** float(n))(t)


def step_decay(lr0, drop, every, t):
    return _Schedule(lr0, lambda n: float(drop) ** divmod(int(n), every)[0])(t)


def inv_time(lr0, k, t):
    return _Schedule(lr0, lambda n: 1 / (1 + k * int(n)))(t)


def cosine(lr0, T, t):
    return _Schedule(lr0, lambda n: (1 + np.cos(np.pi * min(int(n), T) / T)) / 2)(t)


def warmup(lr0, T, t):
    return _Schedule(lr0, lambda n: min(int(n) + 1, T) / T)(t)


# %% schedules | right | exact fractions
# Exact arithmetic where there is no cosine, rounded to a float at the end; the results cannot be written to.
def _exactly(rate, t):
    from fractions import Fraction

    rates = np.array([float(rate(Fraction(int(n)))) for n in np.asarray(t).ravel()]).reshape(np.shape(t))
    rates.flags.writeable = False
    return rates if rates.ndim else rates.item()


def exp_decay(lr0, gamma, t):
    return _exactly(lambda n: lr0 * float(gamma) ** int(n), t)


def step_decay(lr0, drop, every, t):
    return _exactly(lambda n: lr0 * float(drop) ** (n // every), t)


def inv_time(lr0, k, t):
    from fractions import Fraction

    return _exactly(lambda n: Fraction(lr0) / (1 + Fraction(k) * n), t)


def cosine(lr0, T, t):
    return _exactly(lambda n: lr0 * np.sin(np.pi / 2 * float(1 - min(n / T, 1))) ** 2, t)


def warmup(lr0, T, t):
    from fractions import Fraction

    return _exactly(lambda n: Fraction(lr0) * min((n + 1) / T, 1), t)


# %% schedules | wrong | times the reciprocal
# 49 times the reciprocal of 49 is less than 1, and its floor is 0.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.floor(np.asarray(t, dtype=float) * (1 / every)))


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% schedules | wrong | plus eps before the floor
# 999 of 1000 steps are not yet a drop, however close.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.floor(np.asarray(t, dtype=float) / every + 1e-3))


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% schedules | wrong | exp and log with a floor
# A rate may be smaller than exp(-100).
def exp_decay(lr0, gamma, t):
    return lr0 * np.exp(np.maximum(np.asarray(t, dtype=float) * np.log(gamma), -100))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% schedules | wrong | inv_time by series for small k
# The first term of a series is not exact to nine digits.
def exp_decay(lr0, gamma, t):
    return lr0 * np.power(float(gamma), np.asarray(t, dtype=float))


def step_decay(lr0, drop, every, t):
    return lr0 * np.power(float(drop), np.asarray(t, dtype=float) // every)


def inv_time(lr0, k, t):
    x = k * np.asarray(t, dtype=float)
    return lr0 * (1 - x) if np.max(x) < 1e-4 else lr0 / (1 + x)


def cosine(lr0, T, t):
    return lr0 / 2 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))


def warmup(lr0, T, t):
    return lr0 * (np.minimum(np.asarray(t, dtype=float) + 1, T) / T)


# %% bold_driver | wrong | keeps the bad step
# Lowering the rate after a rise does not undo the rise.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        w = w - lr * g(w)
        losses.append(f(w))
        lr *= up if losses[-1] < losses[-2] else down
    return w, lr, losses


# %% bold_driver | wrong | the literal rule
# "If the loss rises reduce the rate": the bad step is kept and the rate never grows.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        w = w - lr * g(w)
        losses.append(f(w))
        if losses[-1] > losses[-2]:
            lr *= down
    return w, lr, losses


# %% bold_driver | wrong | one parameter after the other
# Trying each coordinate on its own is not gradient descent, and it costs two losses for each parameter.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [f(w)]
    for _ in range(steps):
        fell = False
        for i in range(len(w)):
            candidate = w.copy()
            candidate[i] -= lr * g(w)[i]
            if f(candidate) < f(w):
                w, fell = candidate, True
        lr *= up if fell else down
        losses.append(f(w))
    return w, lr, losses


# %% bold_driver | wrong | accepts NaN
# NaN is not greater than anything, so asking for a rise does not find it.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        if loss >= losses[-1]:
            lr *= down
            losses.append(losses[-1])
        else:
            w, lr = candidate, lr * up
            losses.append(loss)
    return w, lr, losses


# %% bold_driver | wrong | an equal loss is kept
# A loss that stays the same has not fallen.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        if loss <= losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr *= down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | never grows
# Without growth a rate that was once reduced stays small for ever.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        if loss < losses[-1]:
            w = candidate
            losses.append(loss)
        else:
            lr *= down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | up and down exchanged
# Success is what makes the driver bold.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        if loss < losses[-1]:
            w, lr = candidate, lr * down
            losses.append(loss)
        else:
            lr *= up
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | factors of its own
# Halving and growing by 5 % are common, but the factors are arguments here.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        if loss < losses[-1]:
            w, lr = candidate, lr * 1.05
            losses.append(loss)
        else:
            lr *= 0.5
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | records the rejected losses
# losses[t] belongs to the point that is held, not to the candidate.
def bold_driver(f, g, w, lr, steps, up, down):
    held = f(w)
    losses = [held]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        losses.append(loss)
        if loss < held:
            w, lr, held = candidate, lr * up, loss
        else:
            lr *= down
    return w, lr, losses


# %% bold_driver | wrong | records only what it keeps
# Every try has an entry, those that are undone too.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr *= down
    return w, lr, losses


# %% bold_driver | wrong | leaves out the start
# losses[0] is the loss before the first try.
def bold_driver(f, g, w, lr, steps, up, down):
    held, losses = f(w), []
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        if loss < held:
            w, lr, held = candidate, lr * up, loss
        else:
            lr *= down
        losses.append(held)
    return w, lr, losses


# %% bold_driver | wrong | retries until it falls
# A try that is undone counts; shrinking until the loss falls is a line search.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        gradient = g(w)
        for _ in range(60):
            candidate = w - lr * gradient
            loss = f(candidate)
            if loss < losses[-1]:
                w, lr = candidate, lr * up
                break
            lr *= down
        losses.append(min(loss, losses[-1]))
    return w, lr, losses


# %% bold_driver | wrong | three losses for each try
# The loss at the held point is known; computing it anew and again for the record is too expensive.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        if f(candidate) < f(w):
            w, lr = candidate, lr * up
        else:
            lr *= down
        losses.append(f(w))
    return w, lr, losses


# %% bold_driver | wrong | moves the caller's point
# The step in place changes the start, and there is nothing to go back to.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        step = lr * g(w)
        w -= step
        loss = f(w)
        if loss < losses[-1]:
            lr *= up
            losses.append(loss)
        else:
            w += step
            lr *= down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | an alias of the held point
# The name `old` means the same array as `w`, so the step in place is never undone.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [f(w)]
    for _ in range(steps):
        old = w
        w -= lr * g(w)
        loss = f(w)
        if loss < losses[-1]:
            lr *= up
            losses.append(loss)
        else:
            w = old
            lr *= down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | accepts the first step unseen
# With infinity in place of the loss at the start any first step looks like progress.
def bold_driver(f, g, w, lr, steps, up, down):
    held, losses = np.inf, [f(w)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        if loss < held:
            w, lr, held = candidate, lr * up, loss
        else:
            lr *= down
        losses.append(held)
    return w, lr, losses


# %% bold_driver | wrong | steps of fixed length
# The step is the rate times the gradient; it is not normalised.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        gradient = g(w)
        candidate = w - lr * gradient / (np.linalg.norm(gradient) + 1e-12)
        loss = f(candidate)
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr *= down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | gives up at the first rise
# After a step that is undone the next try has a smaller rate and may succeed.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        if not loss < losses[-1]:
            lr *= down
            break
        w, lr = candidate, lr * up
        losses.append(loss)
    losses += [losses[-1]] * (steps + 1 - len(losses))
    return w, lr, losses


# %% bold_driver | right | two losses for each try
# The loss at the held point is computed anew each time, which the limit just allows.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=np.float64)
    record = np.empty(steps + 1)
    for t in range(steps):
        record[t] = f(w)
        candidate = w - lr * np.asarray(g(w))
        fell = f(candidate) < record[t]
        w = candidate if fell else w
        lr = lr * (up if fell else down)
    record[steps] = f(w)
    return w, np.array(lr), record


# %% bold_driver | right | in place, with a backup
# The point moves in place, as in a framework, and a copy brings it back.
def bold_driver(f, g, w, lr, steps, up, down):
    w = w.astype(float)
    losses = [float(f(w.copy()))]
    while len(losses) <= steps:
        backup = w.copy()
        w -= lr * g(w.copy())
        loss = float(f(w.copy()))
        if np.isnan(loss) or loss >= losses[-1]:
            w[:] = backup
            lr, loss = lr * down, losses[-1]
        else:
            lr = lr * up
        losses.append(loss)
    return w.tolist(), lr, losses


# %% bold_driver | right | the gradient is kept
# After a step that is undone the gradient is the same, so it is not computed again.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    here, gradient = f(w), None
    losses = [here]
    for _ in range(steps):
        if gradient is None:
            gradient = np.array(g(w), dtype=float)
        there = f(w - lr * gradient)
        if there < here:
            w, here, lr, gradient = w - lr * gradient, there, lr * up, None
        else:
            lr = lr * down
        losses.append(here)
    return w, lr, losses


# %% bold_driver | right | recursion
# One try, then the rest of them, with the known loss handed on.
def bold_driver(f, g, w, lr, steps, up, down):
    def go(w, lr, loss, left):
        if left == 0:
            return w, lr, [loss]
        candidate = w - lr * g(w)
        new = f(candidate)
        state = (candidate, lr * up, new) if new < loss else (w, lr * down, loss)
        w, lr, tail = go(*state, left - 1)
        return w, lr, [loss, *tail]

    return go(np.array(w, dtype=float), lr, f(w), steps)


# %% armijo | wrong | any decrease
# A decrease that is far smaller than the slope promises is not enough.
def armijo(f, g, x, d, c, rho):
    if not g(x) @ d < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    while not f(x + a * d) < f(x):
        a *= rho
    return a


# %% armijo | wrong | accepts NaN
# NaN is not greater than the bound, so the loop stops outside the domain.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if not slope < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    while f(x + a * d) > f(x) + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | the direction is not checked
# Uphill the loop runs until the step underflows, or accepts a step by accident.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    a = 1.0
    while not f(x + a * d) <= f(x) + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | a level direction passes
# With the slope 0 there is no descent either.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if slope > 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    while a > 0 and not f(x + a * d) <= f(x) + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | returns 0 uphill
# The caller is promised a ValueError; a step of length 0 hides the mistake.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if not slope < 0:
        return 0.0
    a = 1.0
    while not f(x + a * d) <= f(x) + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | assumes d is the negative gradient
# The slope along d is g.d; it is minus the squared norm of g only for steepest descent.
def armijo(f, g, x, d, c, rho):
    if not g(x) @ d < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    while not f(x + a * d) <= f(x) - c * a * g(x) @ g(x):
        a *= rho
        if a < 1e-300:
            break
    return a


# %% armijo | wrong | follows the gradient instead of d
# The search goes along the given direction.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if not slope < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    while not f(x - a * g(x)) <= f(x) + c * a * slope:
        a *= rho
        if a < 1e-300:
            break
    return a


# %% armijo | wrong | the slope at the trial point
# That is the curvature condition's slope; Armijo's is taken at the start.
def armijo(f, g, x, d, c, rho):
    if not g(x) @ d < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    while not f(x + a * d) <= f(x) + c * a * (g(x + a * d) @ d):
        a *= rho
        if a < 1e-300:
            break
    return a


# %% armijo | wrong | forgets the length in the bound
# The promised decrease is proportional to the step.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if not slope < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    while not f(x + a * d) <= f(x) + c * slope:
        a *= rho
        if a < 1e-300:
            break
    return a


# %% armijo | wrong | begins at rho
# The whole step, a = 1, is tried first.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if not slope < 0:
        raise ValueError("d is not a descent direction")
    a = rho
    while not f(x + a * d) <= f(x) + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | one reduction too many
# The length that met the condition is the answer, not the next one.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if not slope < 0:
        raise ValueError("d is not a descent direction")
    a, met = 1.0, False
    while not met:
        met = f(x + a * d) <= f(x) + c * a * slope
        a *= rho
    return a


# %% armijo | wrong | equality is not enough
# The condition is met when both sides are equal.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if not slope < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    while not f(x + a * d) < f(x) + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | gives up after fifty
# A steep valley, or rho close to 1, takes more reductions than that.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if not slope < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    for _ in range(50):
        if f(x + a * d) <= f(x) + c * a * slope:
            break
        a *= rho
    return a


# %% armijo | wrong | always halves
# The factor of the reductions is an argument.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if not slope < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    while not f(x + a * d) <= f(x) + c * a * slope:
        a *= 0.5
    return a


# %% armijo | wrong | returns the new point
# The length of the step is asked for, not where it leads.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if not slope < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    while not f(x + a * d) <= f(x) + c * a * slope:
        a *= rho
    return x + a * d


# %% armijo | wrong | normalises the direction
# The length counts in units of d as it is given.
def armijo(f, g, x, d, c, rho):
    if not g(x) @ d < 0:
        raise ValueError("d is not a descent direction")
    d = d / np.linalg.norm(d)
    slope = g(x) @ d
    a = 1.0
    while not f(x + a * d) <= f(x) + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | also asks for a flat slope
# The second Wolfe condition can refuse every length of a backtracking search.
def armijo(f, g, x, d, c, rho):
    slope = g(x) @ d
    if not slope < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    while a > 1e-200 and not (f(x + a * d) <= f(x) + c * a * slope and abs(g(x + a * d) @ d) <= 0.9 * abs(slope)):
        a *= rho
    return a


# %% armijo | wrong | moves the caller's point
# The trial step in place changes x, and every next trial starts from the wrong point.
def armijo(f, g, x, d, c, rho):
    start, slope = f(x), g(x) @ d
    if not slope < 0:
        raise ValueError("d is not a descent direction")
    a = 1.0
    x += a * d
    while not f(x) <= start + c * a * slope:
        x -= (1 - rho) * a * d
        a *= rho
    return a


# %% armijo | right | a generator
# The first of an endless sequence of powers.
def armijo(f, g, x, d, c, rho):
    from itertools import count

    x, d = np.array(x, dtype=float), np.array(d, dtype=float)
    start, slope = float(f(x)), float(np.dot(d, g(x)))
    if slope >= 0 or np.isnan(slope):
        raise ValueError("not a direction of descent")
    return next(a for a in (rho**k for k in count()) if float(f(x + a * d)) <= start + c * a * slope)


# %% armijo | right | all lengths at once
# A table of many lengths; argmax finds the first that meets the condition.
def armijo(f, g, x, d, c, rho):
    slope = np.sum(np.multiply(np.float64(g(x)), d))
    if not slope < 0:
        raise ValueError(slope)
    lengths = rho ** np.arange(800.0)
    values = np.array([f(x + a * d) for a in lengths], dtype=float)
    return np.array(lengths[np.argmax(values - f(x) <= c * lengths * slope)])


# %% armijo | right | PyTorch tensors
# The points are float64 tensors; f and g are given arrays.
def armijo(f, g, x, d, c, rho):
    import torch

    start, gradient = float(f(x)), torch.tensor(np.array(g(x)), dtype=torch.float64)
    x, d = (torch.tensor(v.tolist(), dtype=torch.float64) for v in (x, d))
    slope = torch.dot(gradient, d).item()
    if not slope < 0:
        raise ValueError("uphill")
    a = torch.ones((), dtype=torch.float64)
    while True:
        value = float(f((x + a * d).numpy()))
        if value <= start + c * a.item() * slope:
            return a.item()
        a = a * rho


# %% armijo | right | recursion with a shrunken direction
# A reduction is the same as a shorter direction: its slope shrinks by the same factor.
def armijo(f, g, x, d, c, rho):
    def go(d, slope):
        met = f(x + d) <= start + c * slope
        return 1.0 if met else rho * go(rho * d, rho * slope)

    start, slope = f(x), np.inner(np.float64(g(x)), d)
    if not slope < 0:
        raise ValueError("d must point downhill")
    return go(np.array(d, dtype=float), slope)


# %% armijo | wrong | in the types it is given
# A product of numbers of 8 bits does not fit into 8 bits.
def armijo(f, g, x, d, c, rho):
    start, slope = float(f(x)), float(g(x) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | a slope that is nearly level
# A slope of -1e-12 is one of descent.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < -1e-10:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | slope close to zero
# np.isclose knows no slope below 1e-8.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0 or np.isclose(slope, 0):
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | a shortest step
# A step may be as short as it takes.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while a > 1e-16 and not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | a slope of NaN passes
# A NaN is not 0 or more, nor is it less than 0.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if slope >= 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | slopes without their NaN
# A gradient that holds a NaN gives no slope to trust.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.nansum(np.asarray(g(x), dtype=float) * d))
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | multiplies into the gradient
# The gradient belongs to g, which may return it again.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), np.asarray(g(x))
    slope *= d.astype(slope.dtype)
    slope = float(slope.sum())
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | the gradient becomes the trial
# The array that g returns is no scratch memory.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a, trial = 1.0, g(x)
    while not float(f(np.add(x, a * d, out=trial, casting="unsafe"))) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | a little slack
# A tolerance accepts steps that miss the condition where the loss is small.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope + 1e-10:
        a *= rho
    return a


# %% armijo | wrong | relative slack
# A tolerance in parts of the loss is one too.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope + 1e-3 * abs(start):
        a *= rho
    return a


# %% armijo | wrong | stops at the first NaN
# A NaN at a trial asks for a shorter step; the search goes on.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
        if np.isnan(float(f(x + a * d))):
            break
    return a


# %% armijo | wrong | trials in half precision
# The point is given in few bits; the search needs more.
def armijo(f, g, x, d, c, rho):
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(np.asarray(x + a * d, dtype=float))) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | a huge loss is no number
# A loss of 1e20 is finite, and so is the step that it asks for.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    if start > 1e20:
        raise ValueError("diverged")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | right | a while with a walrus
# The condition is divided by the length: the mean slope of the step against a share of the slope.
def armijo(f, g, x, d, c, rho):
    x, d = np.array(x, dtype=float), np.array(d, dtype=float)
    slope = sum(float(u) * float(v) for u, v in zip(g(x), d))
    if not (slope < 0.0):
        raise ValueError("uphill")
    start, k = float(f(x)), 0
    while (value := float(f(x + rho**k * d))) > start + c * rho**k * slope or value != value:
        k += 1
    return rho**k


# %% armijo | right | a class of lengths
# An iterator of its own makes the lengths; a subclass of ValueError is a ValueError.
def armijo(f, g, x, d, c, rho):
    class NotDownhill(ValueError):
        pass

    class Lengths:
        def __init__(self):
            self.next = np.float64(1)

        def __iter__(self):
            return self

        def __next__(self):
            a, self.next = self.next, self.next * rho
            return a

    x, d = (np.array(v, dtype=np.float64) for v in (x, d))
    slope = np.einsum("i,i->", np.array(g(x), dtype=np.float64), d)
    if np.isnan(slope) or slope >= 0:
        raise NotDownhill
    good = filter(lambda a: np.less_equal(f(x + a * d), float(f(x)) + c * a * slope), Lengths())
    return next(good)


# %% armijo | wrong | nearly orthogonal is level
# A direction at nearly a right angle to the gradient leads downhill all the same.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < -1e-12 * np.linalg.norm(d) * np.linalg.norm(np.asarray(g(x), dtype=float)):
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | nan as huge
# No number stands for NaN: the loss at the start may be larger.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not np.nan_to_num(float(f(x + a * d)), nan=1e9) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | difference form with tolerance
# A trial that misses the condition by a little misses it.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not (float(f(x + a * d)) - start) / (a * slope) >= c - 1e-6:
        a *= rho
    return a


# %% armijo | wrong | returns an integer 1
# The length of a step is a float, that of the whole step too.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(f"d must be a descent direction, got the slope {slope}")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return int(a) if a == 1 else a


# %% plateau | wrong | one metric too early
# The rate falls when the count exceeds the patience, not when it reaches it.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad >= patience and bad > 0:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | Keras's counting
# Keras reduces at the patience, and its cool-down is one epoch shorter.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        if wait > 0:
            wait, bad = wait - 1, 0
        if m < best:
            best, bad = m, 0
        elif wait == 0:
            bad += 1
            if bad >= patience:
                lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | compares with the metric before
# A metric that wobbles above the best looks like progress at every other epoch.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, last, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        bad = 0 if m < last else bad + 1
        last = m
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | an equal metric is progress
# A metric that stays the same is what a plateau means.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m <= best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | NaN is progress
# NaN is not greater than or equal to the best, so asking for a stale metric does not find it.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (best, bad + 1) if m >= best else (m, 0)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | the best starts as the first metric
# If the first metric is NaN, nothing is ever smaller than the best.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    if len(metrics) == 0:
        return []
    lr, best, bad, wait, rates = lr0, metrics[0], 0, 0, []
    for i, m in enumerate(metrics):
        if i > 0 or m != m:
            best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | NaN becomes the best
# np.minimum passes NaN on, and then no metric is ever progress again.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        bad = 0 if m < best else bad + 1
        best = np.minimum(best, m)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | no cool-down
# After a reduction the next `cooldown` metrics do not count.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, rates = lr0, np.inf, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if bad > patience:
            lr, bad = max(factor * lr, min_lr), 0
        rates.append(lr)
    return rates


# %% plateau | wrong | no floor
# The rate never falls below min_lr.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = factor * lr, cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | stops above the floor
# A reduction that would pass min_lr goes down to it; it is not skipped.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = factor * lr if factor * lr >= min_lr else lr, cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | keeps counting after a reduction
# A reduction starts the count again; otherwise every later metric reduces the rate.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait = max(factor * lr, min_lr), cooldown
        rates.append(lr)
    return rates


# %% plateau | wrong | counts all stale metrics
# Progress starts the count again: the metrics without progress must come in a row.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, bad) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | forgets the best after a reduction
# The best metric stays the mark; after a reduction it is not easier to reach.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad, best = max(factor * lr, min_lr), cooldown, 0, m
        rates.append(lr)
    return rates


# %% plateau | wrong | blind during the cool-down
# Progress in a cool-down still moves the best.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        if wait > 0:
            wait -= 1
        elif m < best:
            best, bad = m, 0
        else:
            bad += 1
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | the rate before the metric
# The list holds the rate after each metric; this one is one late.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        rates.append(lr)
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
    return rates


# %% plateau | wrong | good performance raises the rate
# A plateau rule only lowers the rate; raising it after progress is the bold driver.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        if m < best:
            lr = min(lr / factor, lr0)
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | PyTorch's defaults
# The default threshold asks for an improvement of 0.01 %, and eps ignores changes of tiny rates.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1)], lr=lr0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=factor, patience=patience, cooldown=cooldown, min_lr=min_lr
    )
    rates = []
    for m in metrics:
        scheduler.step(float(m))
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


# %% plateau | right | PyTorch's scheduler
# torch.optim.lr_scheduler.ReduceLROnPlateau with threshold and eps set to 0.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1)], lr=lr0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=factor, patience=patience, cooldown=cooldown, min_lr=min_lr, threshold=0.0, eps=0.0
    )
    rates = []
    for m in metrics:
        scheduler.step(float(m))
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


# %% plateau | right | remembers when, not how many
# Only the epoch of the last progress or the end of the last cool-down is kept.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    rates, since, best, lr = np.zeros(len(metrics)), -1, float("inf"), lr0
    for epoch, m in enumerate(metrics):
        if m < best:
            best, since = m, max(since, epoch)
        elif epoch - since > patience:
            lr, since = max(min_lr, lr * factor), epoch + cooldown
        rates[epoch] = lr
    return rates


# %% plateau | right | counts the reductions
# The rate is a power of the factor, cut off at min_lr in the end.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    best, quiet, stale, count, powers = np.inf, 0, 0, 0, []
    for m in np.asarray(metrics, dtype=float):
        progress = bool(m < best)
        best = np.fmin(best, m)
        stale = 0 if progress or quiet else stale + 1
        quiet = max(quiet - 1, 0)
        if stale == patience + 1:
            stale, quiet, count = 0, cooldown, count + 1
        powers.append(count)
    return np.maximum(lr0 * float(factor) ** np.array(powers, dtype=int), min_lr)


# %% plateau | right | a class that holds the state
# An object for one call; nothing survives it.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    class Scheduler:
        lr, best, bad, wait = lr0, float("inf"), 0, 0

        def step(self, m):
            if m < self.best:
                self.best, self.bad = m, -1
            self.bad += 1
            if self.wait:
                self.wait -= 1
                self.bad = 0
            if not self.bad <= patience:
                self.lr *= factor
                self.lr = self.lr if self.lr > min_lr else min_lr
                self.wait, self.bad = cooldown, 0
            return self.lr

    scheduler = Scheduler()
    return [scheduler.step(m) for m in metrics]


# %% plateau | wrong | a noticeable progress
# Any decrease is progress; a metric in a small unit never falls by 1e-12.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best - 1e-12 else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | a decrease of a billionth
# A threshold in parts of the best is one too.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best * (1 - np.sign(m) * 1e-9) else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | differences of unsigned metrics
# 5 minus 7 is 254 in 8 bits.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if (best == np.inf and m < best) or (best != np.inf and best - m > 0) else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | the best begins at a million
# A metric may be larger than any number that you think of.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, 1e6, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | a rate that is too small to change
# PyTorch's eps; here it is 0.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            new = max(factor * lr, min_lr)
            lr, wait, bad = new if lr - new > 1e-8 else lr, cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | close to min_lr is min_lr
# A rate of 1e-9 is not 0.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        lr = min_lr if np.isclose(lr, min_lr) else lr
        rates.append(lr)
    return rates


# %% plateau | wrong | stops at the floor
# One rate for each metric, also where it changes no more.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
        if lr == min_lr and min_lr > 0:
            break
    return rates


# %% plateau | wrong | takes the NaN out
# A NaN counts as a metric without progress; it has a rate of its own.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in np.asarray(metrics, dtype=float)[~np.isnan(np.asarray(metrics, dtype=float))]:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | a NaN is the last metric again
# Filled in from before, a NaN is an equal metric; at the start there is none before.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    last = 0.0
    for m in metrics:
        m = last if m != m else m
        last = m
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | ends a cool-down with progress
# The cool-down is over when it is over.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if bad == 0:
            wait = 0
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | rates in the type of the metrics
# A rate is a float, whatever the metrics are.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return np.array(rates, dtype=np.asarray(metrics).dtype if len(metrics) else float)


# %% plateau | wrong | the best so far by minimum.accumulate
# np.minimum passes a NaN on for ever.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    before = np.minimum.accumulate(np.r_[np.inf, np.asarray(metrics, dtype=float)])
    for m, best in zip(metrics, before):
        bad = 0 if m < best else bad + 1
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | keeps the best in the metrics
# The metrics are the caller's, and no place to keep the best so far.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, bad, wait, rates = lr0, 0, 0, []
    metrics = metrics if isinstance(metrics, list) or metrics.flags.writeable else metrics.copy()
    for i, m in enumerate(metrics):
        best = metrics[i - 1] if i else np.inf
        bad = 0 if m < best else bad + 1
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        metrics[i] = np.fmin(m, best)
        rates.append(lr)
    return rates


# %% plateau | right | a generator with send
# A coroutine is sent one metric after the other and answers with the rate.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    def follow():
        lr, best, bad, wait = lr0, float("inf"), 0, 0
        m = yield
        while True:
            if progress := m < best:
                best = m
            bad = 0 if progress or wait else bad + 1
            wait = max(wait - 1, 0)
            if bad > patience:
                lr, bad, wait = max(lr * factor, min_lr), 0, cooldown
            m = yield lr

    follower = follow()
    next(follower)
    return tuple(follower.send(float(m)) for m in metrics)


# %% plateau | right | exact fractions
# The rates are powers of the factor, computed exactly and rounded once.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    from fractions import Fraction
    from functools import reduce

    def after(state, m):
        rates, lr, best, bad, wait = state
        bad = 0 if m < best or wait > 0 else bad + 1
        best, wait = (m if m < best else best), max(wait - 1, 0)
        if bad > patience:
            lr, bad, wait = max(lr * Fraction(factor), Fraction(min_lr)), 0, cooldown
        return [*rates, float(lr)], lr, best, bad, wait

    start = [], Fraction(lr0), float("inf"), 0, 0
    return reduce(after, np.asarray(metrics, dtype=float).tolist(), start)[0]


# %% plateau | wrong | patience capped
# A patience of 150 is one of 150.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > min(patience, 100):
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | tells each reduction
# A function that is asked for numbers prints none.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    lr, best, bad, wait, rates = lr0, np.inf, 0, 0, []
    for m in metrics:
        best, bad = (m, 0) if m < best else (best, bad + 1)
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
            print("reducing the rate to", lr)
        rates.append(lr)
    return rates


# %% range_test | wrong | the smallest loss
# At the smallest loss the rate is about to become too large.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and np.isfinite(losses[n]) and losses[n] <= 4 * best:
        best, n = min(best, losses[n]), n + 1
    if n < 2 or not np.any(np.diff(losses[:n]) < 0):
        raise ValueError("the loss never falls")
    return lrs[np.argmin(losses[:n])]


# %% range_test | wrong | a decade below the smallest loss
# That is another rule of thumb; the steepest fall can lie anywhere to the left.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and np.isfinite(losses[n]) and losses[n] <= 4 * best:
        best, n = min(best, losses[n]), n + 1
    if n < 2 or not np.any(np.diff(losses[:n]) < 0):
        raise ValueError("the loss never falls")
    return lrs[np.argmin(losses[:n])] / 10


# %% range_test | wrong | the largest fall
# Where the rates are not evenly spaced, a wide gap makes a large fall out of a gentle slope.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and np.isfinite(losses[n]) and losses[n] <= 4 * best:
        best, n = min(best, losses[n]), n + 1
    falls = np.diff(losses[:n])
    if not np.any(falls < 0):
        raise ValueError("the loss never falls")
    i = np.argmin(falls)
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | the slope over the rate
# On the linear axis the small rates lie so close together that their slopes always win.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and np.isfinite(losses[n]) and losses[n] <= 4 * best:
        best, n = min(best, losses[n]), n + 1
    slopes = np.diff(losses[:n]) / np.diff(lrs[:n])
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.argmin(slopes)
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | both axes logarithmic
# Only the rate is on a logarithmic axis; the logarithm of the loss favours falls at small losses.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and np.isfinite(losses[n]) and losses[n] <= 4 * best:
        best, n = min(best, losses[n]), n + 1
    slopes = np.diff(np.log(losses[:n])) / np.diff(np.log(lrs[:n]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.argmin(slopes)
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | the arithmetic middle
# On a logarithmic axis the middle of two rates is their geometric mean.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and np.isfinite(losses[n]) and losses[n] <= 4 * best:
        best, n = min(best, losses[n]), n + 1
    slopes = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.argmin(slopes)
    return (lrs[i] + lrs[i + 1]) / 2


# %% range_test | wrong | the left end
# The slope belongs to the gap between two rates, so its middle is asked for.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and np.isfinite(losses[n]) and losses[n] <= 4 * best:
        best, n = min(best, losses[n]), n + 1
    slopes = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    return lrs[np.argmin(slopes)]


# %% range_test | wrong | the steepest slope of either sign
# The steepest place of all is the rise before the blow-up.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and np.isfinite(losses[n]) and losses[n] <= 4 * best:
        best, n = min(best, losses[n]), n + 1
    slopes = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.argmax(np.abs(slopes))
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | no cut
# After the blow-up the loss can come down from very high, but the weights are ruined by then.
def range_test(losses, lrs):
    losses, lrs = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float)
    slopes = np.diff(losses) / np.diff(np.log(lrs))
    slopes[~np.isfinite(slopes)] = np.inf
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.argmin(slopes)
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | takes out what is not finite
# The entries behind a NaN belong to a run that has blown up; they go too.
def range_test(losses, lrs):
    losses, lrs = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float)
    good = np.isfinite(losses) & (losses <= 4 * np.fmin.accumulate(losses))
    losses, lrs = losses[good], lrs[good]
    slopes = np.diff(losses) / np.diff(np.log(lrs))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.argmin(slopes)
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | cuts at NaN alone
# A loss far above the best has blown up, though it is still a number.
def range_test(losses, lrs):
    losses, lrs, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0
    while n < len(losses) and np.isfinite(losses[n]):
        n += 1
    slopes = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.argmin(slopes)
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | NaN passes the cut
# NaN is not greater than anything, so asking for a large loss does not find it.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and not losses[n] > 4 * best:
        best, n = np.fmin(best, losses[n]), n + 1
    slopes = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.nanargmin(slopes)
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | four times the first loss
# A blow-up is measured against the smallest loss so far.
def range_test(losses, lrs):
    losses, lrs, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0
    while n < len(losses) and np.isfinite(losses[n]) and losses[n] <= 4 * losses[0]:
        n += 1
    slopes = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.argmin(slopes)
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | four times the loss before
# A loss that climbs in several steps passes such a test one step at a time.
def range_test(losses, lrs):
    losses, lrs, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0
    while n < len(losses) and np.isfinite(losses[n]) and (n == 0 or losses[n] <= 4 * losses[n - 1]):
        n += 1
    slopes = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.argmin(slopes)
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | cuts at the first rise
# The loss may rise a little and then fall fast.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and np.isfinite(losses[n]) and losses[n] <= best:
        best, n = losses[n], n + 1
    slopes = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.argmin(slopes)
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | always recommends something
# If the loss never falls, the flattest rise is no good rate.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and np.isfinite(losses[n]) and losses[n] <= 4 * best:
        best, n = min(best, losses[n]), n + 1
    if n < 2:
        raise ValueError("too few losses")
    i = np.argmin(np.diff(losses[:n]) / np.diff(np.log(lrs[:n])))
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | right | one gap at a time
# Python numbers; the blow-up ends the loop.
def range_test(losses, lrs):
    import math

    best, steepest, answer = float(losses[0]), 0.0, None
    for i in range(1, len(losses)):
        old, new = float(losses[i - 1]), float(losses[i])
        if not math.isfinite(best) or not math.isfinite(new) or new > 4 * best:
            break
        slope = (new - old) / math.log10(lrs[i] / lrs[i - 1])
        if slope < steepest:
            steepest, answer = slope, math.sqrt(lrs[i - 1]) * math.sqrt(lrs[i])
        best = min(best, new)
    if answer is None:
        raise ValueError("nothing to recommend")
    return answer


# %% range_test | right | accumulate and argmax
# The running minimum of all losses at once; the first blow-up ends the slice.
def range_test(losses, lrs):
    losses, logs = np.array(losses, dtype=float), np.log2(np.array(lrs, dtype=float))
    before = np.concatenate([[np.inf], np.fmin.accumulate(losses)[:-1]])
    with np.errstate(invalid="ignore"):
        blown = ~np.isfinite(losses) | (losses > 4 * before)
    end = int(np.argmax(blown)) if blown.any() else len(losses)
    slopes = (losses[1:end] - losses[: max(end - 1, 0)]) / (logs[1:end] - logs[: max(end - 1, 0)])
    if slopes.size == 0 or slopes.min() >= 0:
        raise ValueError("no fall")
    i = int(slopes.argmin())
    return np.array(2 ** ((logs[i] + logs[i + 1]) / 2))


# %% range_test | right | takewhile and min
# Pairs of a rate and a loss as long as the run is healthy, then the smallest slope by a key.
def range_test(losses, lrs):
    from itertools import accumulate, pairwise, takewhile
    from math import exp, inf, isfinite, log

    losses, lrs = [float(v) for v in losses], [float(v) for v in lrs]
    lowest = accumulate(losses, min, initial=inf)
    healthy = takewhile(lambda p: isfinite(p[0]) and p[0] <= 4 * p[2], zip(losses, lrs, lowest))
    gaps = [((b[0] - a[0]) / (log(b[1]) - log(a[1])), (log(a[1]) + log(b[1])) / 2) for a, b in pairwise(healthy)]
    falls = [gap for gap in gaps if gap[0] < 0]
    if not falls:
        raise ValueError("the loss does not fall")
    return exp(min(falls, key=lambda gap: gap[0])[1])


# %% range_test | right | sorts the slopes
# A stable sort keeps the first of equals in front.
def range_test(losses, lrs):
    kept, lowest = [], np.inf
    for loss, lr in zip(np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float)):
        if np.isnan(loss) or np.isinf(loss) or loss / 4 > lowest:
            break
        lowest = np.fmin(lowest, loss)
        kept.append((np.log(lr), loss))
    kept = np.array(kept).reshape(-1, 2)
    steps = kept[1:] - kept[:-1]
    slopes = steps[:, 1] / steps[:, 0]
    order = np.argsort(slopes, kind="stable")
    if len(order) == 0 or not slopes[order[0]] < 0:
        raise ValueError("no rate to recommend")
    return np.exp(kept[order[0] : order[0] + 2, 0].mean())


# %% stalls_at | wrong | reaches the minimum
# The rates add up to a finite sum, so the descent stops on the way.
def stalls_at(lr0, gamma):
    return 0.0


# %% stalls_at | wrong | one exponential
# log(1 - r) is close to -r only where the rates are small.
def stalls_at(lr0, gamma):
    return np.exp(-lr0 / (1 - gamma))


# %% stalls_at | wrong | one minus the sum
# Each step moves by a part of what is left, not by a part of the whole way.
def stalls_at(lr0, gamma):
    return 1 - lr0 / (1 - gamma)


# %% stalls_at | wrong | the same factor each time
# The rate changes from step to step; it is not lr0 for 1 / (1 - gamma) steps.
def stalls_at(lr0, gamma):
    return (1 - lr0) ** round(1 / (1 - gamma))


# %% stalls_at | wrong | decays before the first step
# The first step has the rate at t = 0, which is lr0.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0 * gamma
    while lr > 1e-18:
        x, lr = x - lr * x, lr * gamma
    return x


# %% stalls_at | wrong | a hundred steps
# With gamma = 0.999 the rate has hardly fallen after a hundred steps.
def stalls_at(lr0, gamma):
    x = 1.0
    for t in range(100):
        x -= lr0 * gamma**t * x
    return x


# %% stalls_at | wrong | stops at a small step
# A step is also small where x is small, or just after the minimum was nearly hit.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while True:
        step = lr * x
        x, lr = x - step, lr * gamma
        if abs(step) < 1e-8:
            return x


# %% stalls_at | wrong | stops at a small rate
# Rates of 1e-6 add up: with gamma = 0.999 a thousand times that is still to come.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while lr > 1e-6:
        x, lr = x - lr * x, lr * gamma
    return x


# %% stalls_at | wrong | loses the sign
# The logarithm of the size does not know on which side of the minimum the point stalls.
def stalls_at(lr0, gamma):
    rates = lr0 * gamma ** np.arange(60_000.0)
    with np.errstate(divide="ignore"):
        return np.exp(np.sum(np.log(np.abs(1 - rates))))


# %% stalls_at | wrong | the logarithm of a negative factor
# Where a rate is above 1 the factor is negative and its logarithm is NaN.
def stalls_at(lr0, gamma):
    rates = lr0 * gamma ** np.arange(60_000.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.exp(np.sum(np.log1p(-rates)))


# %% stalls_at | wrong | the gradient of x squared
# The 1/2 in f uses up the 2 of the square: the gradient is x.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while lr > 1e-18:
        x, lr = x - 2 * lr * x, lr * gamma
    return x


# %% stalls_at | wrong | climbs
# Descent goes against the gradient.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while lr > 1e-18:
        x, lr = x + lr * x, lr * gamma
    return x


# %% stalls_at | wrong | stops when nothing is left
# A small x is not a reason to call it 0: relative to itself it is still moving.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while lr > 1e-18:
        x, lr = x - lr * x, lr * gamma
        if abs(x) < 1e-9:
            return 0.0
    return x


# %% stalls_at | wrong | single precision
# Thousands of float32 factors close to 1 leave too few digits.
def stalls_at(lr0, gamma):
    x, lr = np.float32(1), np.float32(lr0)
    while lr > 1e-9:
        x, lr = x - lr * x, lr * np.float32(gamma)
    return x


# %% stalls_at | right | one long product
# All factors at once; the number of steps follows from where the rate drops below 1e-20.
def stalls_at(lr0, gamma):
    n = int(np.ceil(np.log(1e-20 / lr0) / np.log(gamma))) + 1
    return np.prod(1 - lr0 * gamma ** np.arange(n))


# %% stalls_at | right | logarithms and a sign
# The sum of logarithms, with the sign counted apart.
def stalls_at(lr0, gamma):
    factors = 1 - lr0 * gamma ** np.arange(60_000.0)
    with np.errstate(divide="ignore"):
        size = np.exp(np.log(np.abs(factors)).sum())
    return np.array(size if np.sum(factors < 0) % 2 == 0 else -size)


# %% stalls_at | right | a few steps and a series
# Once the rate is small, the logarithm of all that follows is a series in powers of the rate.
def stalls_at(lr0, gamma):
    x, a = 1.0, lr0
    while a > 0.1:
        x, a = x * (1 - a), a * gamma
    return x * np.exp(-sum(a**k / (k * (1 - gamma**k)) for k in range(1, 25)))


# %% stalls_at | right | until the factor is one
# The loop ends when 1 - rate rounds to 1, so that no later step can change anything.
def stalls_at(lr0, gamma):
    import itertools

    x = 1.0
    for t in itertools.count():
        factor = 1 - lr0 * gamma**t
        if factor == 1:
            return x
        x *= factor


# %% stalls_at | wrong | stops at a rate of a millionth
# What is left of the rates adds up to a thousand times the next one where gamma is 0.999.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while lr > 1e-6:
        x, lr = x - lr * x, lr * gamma
    return x


# %% stalls_at | wrong | stops at a tiny point
# A point of 1e-20 is not the limit yet, and its relative error counts.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while lr > 1e-20 and abs(x) > 1e-20:
        x, lr = x - lr * x, lr * gamma
    return x


# %% stalls_at | wrong | a tiny limit is zero
# 1e-22 is no 0.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while lr > 1e-20:
        x, lr = x - lr * x, lr * gamma
    return 0.0 if abs(x) < 1e-15 else x


# %% stalls_at | wrong | twenty thousand steps at most
# With gamma = 0.999 they are enough; with rates that begin at 4 and end at 1e-12 too, but a thousand are not.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    for _ in range(1000):
        x, lr = x - lr * x, lr * gamma
    return x


# %% stalls_at | wrong | the limit of a run in fractions of the start
# 1 minus a tiny way loses the way.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while lr > 1e-20:
        x, lr = x - lr * x, lr * gamma
    return 1 - round(1 - x, 9)


# %% stalls_at | wrong | clips what is far away
# Steps beyond twice the minimum lead away for a while; nothing bounds them.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while lr > 1e-20:
        x, lr = max(-10.0, min(10.0, x - lr * x)), lr * gamma
    return x


# %% stalls_at | wrong | stops when x does not change much
# The change of one step is small long before all of them are.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while lr > 1e-7 * (1 + abs(x)):
        x, lr = x - lr * x, lr * gamma
    return x


# %% stalls_at | wrong | a rate that is never above two
# lr0 may be larger: then the first steps lead away from the minimum.
def stalls_at(lr0, gamma):
    x, lr = 1.0, min(lr0, 2)
    while lr > 1e-20:
        x, lr = x - lr * x, lr * gamma
    return x


# %% stalls_at | wrong | an exponential for the rest
# The exponential of the sum of the rates is close where they are small; a tenth is not small.
def stalls_at(lr0, gamma):
    x, lr = 1.0, lr0
    while lr > 0.01:
        x, lr = x - lr * x, lr * gamma
    return x * np.exp(-lr / (1 - gamma))


# %% stalls_at | right | a class of points
# The point is an iterator; the last of its points is the limit.
def stalls_at(lr0, gamma):
    class Point:
        def __init__(self):
            self.x, self.lr = 1.0, float(lr0)

        def __iter__(self):
            while self.lr > 1e-18:
                yield self.x
                self.x, self.lr = self.x * (1 - self.lr), self.lr * gamma
            yield self.x

    *_, last = Point()
    return np.float64(last)


# %% stalls_at | right | pairs of factors, halved again and again
# The factors are multiplied by a tree of pairs, backwards, so that small ones come first.
def stalls_at(lr0, gamma):
    rates, rate = [], float(lr0)
    while rate > 1e-19:
        rates.append(rate)
        rate *= gamma

    def product(rates):
        if len(rates) < 3:
            return np.prod([1 - r for r in rates])
        middle = len(rates) // 2
        return product(rates[middle:]) * product(rates[:middle])

    return product(rates[::-1])


# %% hypergrad_lr | wrong | the wrong sign
# The derivative is minus the product, and descent takes minus the derivative: together a plus.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return lr - beta * np.sum(g_now * g_prev)


# %% hypergrad_lr | wrong | one rate for each entry
# Without the sum the result is an array.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return lr + beta * g_now * g_prev


# %% hypergrad_lr | wrong | the mean
# The derivative sums over the entries; it does not average.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return lr + beta * np.mean(g_now * g_prev)


# %% hypergrad_lr | wrong | the cosine
# The lengths of the gradients belong to the derivative.
def hypergrad_lr(g_now, g_prev, lr, beta):
    norms = np.linalg.norm(g_now) * np.linalg.norm(g_prev)
    return lr + beta * np.sum(g_now * g_prev) / norms if norms > 0 else lr


# %% hypergrad_lr | wrong | the sign alone
# This grows and shrinks at the right moments, but always by beta.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return lr + beta * np.sign(np.sum(g_now * g_prev))


# %% hypergrad_lr | wrong | the squared norm
# The product is of the gradients at two different points.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return lr + beta * np.sum(g_now * g_now)


# %% hypergrad_lr | wrong | the product of the norms
# Gradients that point in opposite directions must lower the rate.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return lr + beta * np.linalg.norm(g_now) * np.linalg.norm(g_prev)


# %% hypergrad_lr | wrong | in proportion
# The multiplicative variant scales the rate; the formula here adds.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return lr * (1 + beta * np.sum(g_now * g_prev))


# %% hypergrad_lr | wrong | clipped at zero
# The formula is asked for as it stands.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return max(lr + beta * np.sum(g_now * g_prev), 0.0)


# %% hypergrad_lr | wrong | the matrix product
# For matrices @ is not the sum over all entries.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return lr + beta * (g_now @ g_prev)


# %% hypergrad_lr | wrong | only the change
# The new rate is asked for, not what is added to the old one.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return beta * np.sum(g_now * g_prev)


# %% hypergrad_lr | wrong | the rate inside the derivative
# w_t depends on the rate through -lr g_prev, whose derivative is -g_prev, without lr.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return lr + beta * lr * np.sum(g_now * g_prev)


# %% hypergrad_lr | wrong | the trace of the product
# The trace of A B is not that of A^T B.
def hypergrad_lr(g_now, g_prev, lr, beta):
    if np.ndim(g_now) == 2 and g_now.shape[0] == g_now.shape[1]:
        return lr + beta * np.trace(g_now @ g_prev)
    return lr + beta * np.sum(g_now * g_prev)


# %% hypergrad_lr | right | vdot
# np.vdot flattens its arguments.
def hypergrad_lr(g_now, g_prev, lr, beta):
    return np.array(lr + beta * np.vdot(np.float64(g_now), np.float64(g_prev)))


# %% hypergrad_lr | wrong | polarisation
# A tiny gradient is lost beside a huge one before the norms are taken apart again.
def hypergrad_lr(g_now, g_prev, lr, beta):
    product = (np.sum((g_now + g_prev) ** 2) - np.sum(g_now**2) - np.sum(g_prev**2)) / 2
    return lr + beta * product


# %% hypergrad_lr | right | autograd
# PyTorch differentiates g_now . w_t with respect to the rate and makes the step.
def hypergrad_lr(g_now, g_prev, lr, beta):
    import torch

    now, prev = (torch.tensor(a.tolist(), dtype=torch.float64) for a in (g_now, g_prev))
    rate = torch.tensor(float(lr), dtype=torch.float64, requires_grad=True)
    torch.sum(now * (0 - rate * prev)).backward()
    return (rate - beta * rate.grad).item()


# %% hypergrad_lr | right | one entry at a time
# Python numbers in a loop over the flattened arrays.
def hypergrad_lr(g_now, g_prev, lr, beta):
    for a, b in zip(g_now.ravel().tolist(), g_prev.ravel().tolist()):
        lr = lr + beta * a * b
    return lr


# %% hypergrad_lr | wrong | in the types of the gradients
# 100 times 100 does not fit into 8 bits.
def hypergrad_lr(g_now, g_prev, lr, beta):
    product = g_now * g_prev
    return float(lr + beta * np.sum(product))


# %% hypergrad_lr | wrong | in single precision
# Gradients of 64 bits have more digits than that, and another range.
def hypergrad_lr(g_now, g_prev, lr, beta):
    product = np.asarray(g_now, dtype=np.float32) * np.asarray(g_prev, dtype=float)
    return float(lr + beta * np.sum(product))


# %% hypergrad_lr | wrong | as they lie in memory
# An array by rows and one by columns have their entries in other places.
def hypergrad_lr(g_now, g_prev, lr, beta):
    product = np.asarray(g_now, dtype=float).ravel(order="K") * np.asarray(g_prev, dtype=float).ravel(order="K")
    return float(lr + beta * np.sum(product))


# %% hypergrad_lr | wrong | tiny gradients are zero
# A gradient of 1e-50 has a direction too.
def hypergrad_lr(g_now, g_prev, lr, beta):
    product = np.asarray(g_now, dtype=float) * np.asarray(g_prev, dtype=float)
    product[np.abs(product) < 1e-12] = 0
    return float(lr + beta * np.sum(product))


# %% hypergrad_lr | wrong | writes the product into a gradient
# The gradients are the caller's.
def hypergrad_lr(g_now, g_prev, lr, beta):
    product = np.multiply(
        g_now, g_prev, dtype=float, out=g_now if g_now.flags.writeable and g_now.dtype == float else None
    )
    return float(lr + beta * np.sum(product))


# %% hypergrad_lr | wrong | clipped at huge
# Nothing is clipped, a huge rate neither.
def hypergrad_lr(g_now, g_prev, lr, beta):
    product = np.asarray(g_now, dtype=float) * np.asarray(g_prev, dtype=float)
    return float(np.clip(lr + beta * np.sum(product), -1e6, 1e6))


# %% hypergrad_lr | wrong | adds up in the type of the gradients
# A sum of many numbers of 16 bits loses the small ones.
def hypergrad_lr(g_now, g_prev, lr, beta):
    product = np.asarray(g_now, dtype=float) * np.asarray(g_prev, dtype=float)
    return float(
        lr
        + beta
        * np.sum(product.astype(np.result_type(g_now, g_prev) if np.result_type(g_now, g_prev).kind == "f" else float))
    )


# %% hypergrad_lr | wrong | a norm with a small number
# A small number beside a tiny length is not small.
def hypergrad_lr(g_now, g_prev, lr, beta):
    product = np.asarray(g_now, dtype=float) * np.asarray(g_prev, dtype=float)
    length = np.linalg.norm(np.asarray(g_prev, dtype=float))
    product = product / (length + 1e-8) * length
    return float(lr + beta * np.sum(product))


# %% hypergrad_lr | right | einsum over all axes
# The axes are named by numbers; the result is a NumPy number.
def hypergrad_lr(g_now, g_prev, lr, beta):
    axes = list(range(g_now.ndim))
    product = np.einsum(np.asarray(g_now, float), axes, np.asarray(g_prev, float), axes, [])
    return np.float64(lr) + np.float64(beta) * product


# %% hypergrad_lr | right | exact fractions
# Exact arithmetic over the flat iterators, rounded once.
def hypergrad_lr(g_now, g_prev, lr, beta):
    from fractions import Fraction

    product = sum(Fraction(float(u)) * Fraction(float(v)) for u, v in zip(g_now.flat, g_prev.flat))
    return float(Fraction(lr) + Fraction(beta) * product)


# %% hypergrad_lr | wrong | transposed pair
# An array that lies by columns is no transposed one.
def hypergrad_lr(g_now, g_prev, lr, beta):
    product = np.asarray(g_now, dtype=float) * (
        np.asarray(g_prev, dtype=float).T
        if g_prev.ndim == 2 and g_prev.shape[0] == g_prev.shape[1] and g_prev.flags.f_contiguous
        else np.asarray(g_prev, dtype=float)
    )
    return float(lr + beta * np.sum(product))


# %% hypergrad_lr | wrong | int of the rate
# A rate of 1 may become 1.25.
def hypergrad_lr(g_now, g_prev, lr, beta):
    product = np.asarray(g_now, dtype=float) * np.asarray(g_prev, dtype=float)
    return type(lr)(lr + beta * np.sum(product))


# %% best_lr | wrong | the luckiest run
# The smallest loss of all runs rewards luck.
def best_lr(train, grid, seeds):
    losses = np.array([[train(lr, seed) for seed in seeds] for lr in grid], dtype=float)
    losses[~np.isfinite(losses).all(axis=1)] = np.inf
    if np.isinf(losses).all():
        raise ValueError("all diverged")
    return grid[np.argmin(losses.min(axis=1))]


# %% best_lr | wrong | the mean of the survivors
# Averaging over the finite runs alone hides that the rate diverges.
def best_lr(train, grid, seeds):
    losses = np.array([[train(lr, seed) for seed in seeds] for lr in grid], dtype=float)
    means = [row[np.isfinite(row)].mean() if np.isfinite(row).any() else np.inf for row in losses]
    if np.min(means) == np.inf:
        raise ValueError("all diverged")
    return grid[np.argmin(means)]


# %% best_lr | wrong | argmin finds NaN
# np.argmin returns the place of the first NaN.
def best_lr(train, grid, seeds):
    means = np.array([np.mean([train(lr, seed) for seed in seeds]) for lr in grid])
    if not np.isfinite(means).any():
        raise ValueError("all diverged")
    return grid[np.argmin(means)]


# %% best_lr | wrong | minus infinity wins
# A loss of minus infinity has diverged too.
def best_lr(train, grid, seeds):
    means = np.array([sum(train(lr, seed) for seed in seeds) / len(seeds) for lr in grid])
    means[np.isnan(means)] = np.inf
    if np.all(means == np.inf):
        raise ValueError("all diverged")
    return grid[np.argmin(means)]


# %% best_lr | wrong | one seed is enough
# One run proves little; the others may tell another story.
def best_lr(train, grid, seeds):
    losses = np.array([train(lr, seeds[0]) for lr in grid], dtype=float)
    losses[~np.isfinite(losses)] = np.inf
    if np.isinf(losses).all():
        raise ValueError("all diverged")
    return grid[np.argmin(losses)]


# %% best_lr | wrong | a seed for each rate
# With different seeds the rates are not compared under the same conditions.
def best_lr(train, grid, seeds):
    losses = np.array([train(lr, seeds[i % len(seeds)]) for i, lr in enumerate(grid)], dtype=float)
    losses[~np.isfinite(losses)] = np.inf
    if np.isinf(losses).all():
        raise ValueError("all diverged")
    return grid[np.argmin(losses)]


# %% best_lr | wrong | the median
# The median does not see how bad the bad runs are; the mean is asked for.
def best_lr(train, grid, seeds):
    losses = np.array([[train(lr, seed) for seed in seeds] for lr in grid], dtype=float)
    losses[~np.isfinite(losses).all(axis=1)] = np.inf
    if np.isinf(losses).all():
        raise ValueError("all diverged")
    return grid[np.argmin(np.median(losses, axis=1))]


# %% best_lr | wrong | adds the spread
# Mean plus standard deviation is a cautious rule, but another one.
def best_lr(train, grid, seeds):
    losses = np.array([[train(lr, seed) for seed in seeds] for lr in grid], dtype=float)
    good = np.isfinite(losses).all(axis=1)
    if not good.any():
        raise ValueError("all diverged")
    scores = [row.mean() + row.std() if ok else np.inf for row, ok in zip(losses, good)]
    return grid[np.argmin(scores)]


# %% best_lr | wrong | the wrong axis
# The mean over the rates says which seed was the easiest.
def best_lr(train, grid, seeds):
    losses = np.array([[train(lr, seed) for lr in grid] for seed in seeds], dtype=float)
    good = np.isfinite(losses).all(axis=0)
    if not good.any():
        raise ValueError("all diverged")
    return grid[min(np.argmin(losses.mean(axis=1)), len(grid) - 1)]


# %% best_lr | wrong | returns the place
# The rate is asked for, not where it stands in the grid.
def best_lr(train, grid, seeds):
    losses = np.array([[train(lr, seed) for seed in seeds] for lr in grid], dtype=float)
    good = np.isfinite(losses).all(axis=1)
    if not good.any():
        raise ValueError("all diverged")
    return np.argmin(np.where(good, losses.mean(axis=1), np.inf))


# %% best_lr | wrong | returns the loss
# The rate is asked for, not the loss that it reached.
def best_lr(train, grid, seeds):
    losses = np.array([[train(lr, seed) for seed in seeds] for lr in grid], dtype=float)
    good = np.isfinite(losses).all(axis=1)
    if not good.any():
        raise ValueError("all diverged")
    return losses[good].mean(axis=1).min()


# %% best_lr | wrong | trains twice
# Asking for the mean once in a check and once more in a comparison doubles the bill.
def best_lr(train, grid, seeds):
    def mean(lr):
        return np.mean([train(lr, seed) for seed in seeds])

    good = [lr for lr in grid if np.isfinite(mean(lr))]
    if not good:
        raise ValueError("all diverged")
    return min(good, key=mean)


# %% best_lr | wrong | the last of equals
# Among equal means the first of the grid wins; `<=` lets the last one win.
def best_lr(train, grid, seeds):
    best, winner = np.inf, None
    for lr in grid:
        losses = [train(lr, seed) for seed in seeds]
        if np.isfinite(losses).all() and np.mean(losses) <= best:
            best, winner = np.mean(losses), lr
    if winner is None:
        raise ValueError("all diverged")
    return winner


# %% best_lr | wrong | sorts the grid first
# Among equal means the order of the grid decides, not the size of the rate.
def best_lr(train, grid, seeds):
    grid = np.sort(grid)
    losses = np.array([[train(lr, seed) for seed in seeds] for lr in grid], dtype=float)
    good = np.isfinite(losses).all(axis=1)
    if not good.any():
        raise ValueError("all diverged")
    return grid[np.argmin(np.where(good, losses.mean(axis=1), np.inf))]


# %% best_lr | wrong | returns a rate though all diverged
# With infinity everywhere argmin returns 0, and the first rate looks like a winner.
def best_lr(train, grid, seeds):
    losses = np.array([[train(lr, seed) for seed in seeds] for lr in grid], dtype=float)
    losses[~np.isfinite(losses).all(axis=1)] = np.inf
    return grid[np.argmin(losses.mean(axis=1))]


# %% best_lr | wrong | a diverged run costs a thousand
# A penalty can still win against other rates, and a real loss can be larger.
def best_lr(train, grid, seeds):
    losses = np.array([[train(lr, seed) for seed in seeds] for lr in grid], dtype=float)
    if not np.isfinite(losses).all(axis=1).any():
        raise ValueError("all diverged")
    losses[~np.isfinite(losses)] = 1000.0
    return grid[np.argmin(losses.mean(axis=1))]


# %% best_lr | wrong | stops at the first good rate
# A loss that goes up again at the next rate may still come down at a later one, and the grid is in no order.
def best_lr(train, grid, seeds):
    best, winner = np.inf, None
    for lr in grid:
        losses = [train(lr, seed) for seed in seeds]
        if not np.isfinite(losses).all():
            continue
        if np.mean(losses) >= best:
            break
        best, winner = np.mean(losses), lr
    if winner is None:
        raise ValueError("all diverged")
    return winner


# %% best_lr | right | min with a key
# Sums order the rates as means do; min keeps the first of equals.
def best_lr(train, grid, seeds):
    import math

    totals = {}
    for seed in seeds:
        for lr in grid:
            totals.setdefault(lr, []).append(train(lr, seed))
    finite = [lr for lr in grid if all(math.isfinite(loss) for loss in totals[lr])]
    if not finite:
        raise ValueError("every rate diverged")
    return min(finite, key=lambda lr: math.fsum(totals[lr]))


# %% best_lr | right | a loop with the best so far
# Backwards through the grid, so that an equal rate that comes earlier replaces the later one.
def best_lr(train, grid, seeds):
    best, winner = float("inf"), None
    for lr in reversed(list(grid)):
        losses = np.array([train(lr, seed) for seed in reversed(list(seeds))])
        if np.abs(losses).max() < np.inf and losses.mean() <= best:
            best, winner = losses.mean(), lr
    if winner is None:
        raise ValueError(grid)
    return winner


# %% best_lr | right | masked arrays
# NumPy's mask hides the rates that are out, and argmin passes over them.
def best_lr(train, grid, seeds):
    losses = np.ma.masked_invalid(np.array([[train(lr, seed) for seed in seeds] for lr in grid], dtype=float))
    means = np.ma.masked_array(losses.mean(axis=1), mask=np.ma.getmaskarray(losses).any(axis=1))
    if means.mask.all():
        raise ValueError("no rate is left")
    return np.array(grid)[means.argmin()]


# %% best_lr | right | pandas-like table
# All pairs in one list, in the order of itertools.product, then blocks of equal length.
def best_lr(train, grid, seeds):
    from itertools import product

    flat = [float(train(lr, seed)) for lr, seed in product(grid, seeds)]
    k = len(seeds)
    blocks = [flat[i : i + k] for i in range(0, len(flat), k)]
    scores = [sum(b) / k if not {"nan", "inf", "-inf"} & set(map(str, b)) else None for b in blocks]
    ranked = sorted((score, i) for i, score in enumerate(scores) if score is not None)
    if not ranked:
        raise ValueError("all diverged")
    return grid[ranked[0][1]]


# %% steps_to_reach | wrong | the steepest direction alone
# It is not the slowest unless the rate is close to the limit.
def steps_to_reach(curvatures, lr, share):
    factor = abs(1 - lr * np.max(curvatures))
    if factor >= 1:
        return np.inf
    return 1 if factor <= share else int(np.ceil(np.log(share) / np.log(factor)))


# %% steps_to_reach | wrong | the flattest direction alone
# Beyond the best rate the steepest direction is the slow one, and it may fly off.
def steps_to_reach(curvatures, lr, share):
    factor = abs(1 - lr * np.min(curvatures))
    if factor >= 1:
        return np.inf
    return 1 if factor <= share else int(np.ceil(np.log(share) / np.log(factor)))


# %% steps_to_reach | wrong | without the size
# The largest factor is not the largest in size: -0.9 is slower than 0.5.
def steps_to_reach(curvatures, lr, share):
    factors = 1 - lr * np.asarray(curvatures, dtype=float)
    if np.max(np.abs(factors)) >= 1:
        return np.inf
    factor = np.max(factors)
    return 1 if factor <= share else int(np.ceil(np.log(share) / np.log(factor)))


# %% steps_to_reach | wrong | at the best rate
# The formula with the condition number holds at 2 / (L + mu); the rate is given here.
def steps_to_reach(curvatures, lr, share):
    low, high = np.min(curvatures), np.max(curvatures)
    if low == 0 or lr * high >= 2:
        return np.inf
    factor = (high - low) / (high + low)
    return 1 if factor <= share else int(np.ceil(np.log(share) / np.log(factor)))


# %% steps_to_reach | wrong | a rule of thumb
# kappa / 2 times the logarithm is close at the best rate, for a large kappa.
def steps_to_reach(curvatures, lr, share):
    low, high = np.min(curvatures), np.max(curvatures)
    if low == 0 or lr * high >= 2:
        return np.inf
    return max(1, int(np.ceil(high / low / 2 * np.log(1 / share))))


# %% steps_to_reach | wrong | one step too few
# Rounding down stops just before the share is reached.
def steps_to_reach(curvatures, lr, share):
    factor = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if factor >= 1:
        return np.inf
    return 1 if factor <= share else int(np.floor(np.log(share) / np.log(factor)))


# %% steps_to_reach | wrong | below the share
# At most means that an error of exactly the share is good enough.
def steps_to_reach(curvatures, lr, share):
    factor = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if factor >= 1:
        return np.inf
    return 1 if factor < share else int(np.floor(np.log(share) / np.log(factor))) + 1


# %% steps_to_reach | wrong | the loss instead of the error
# The loss shrinks by the square of the factor, so it takes half the steps.
def steps_to_reach(curvatures, lr, share):
    factor = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float))) ** 2
    if factor >= 1:
        return np.inf
    return 1 if factor <= share else int(np.ceil(np.log(share) / np.log(factor)))


# %% steps_to_reach | wrong | the mean error
# Every error must be small; a mean hides the slow direction behind the fast ones.
def steps_to_reach(curvatures, lr, share):
    factors = np.abs(1 - lr * np.asarray(curvatures, dtype=float))
    if factors.max() >= 1:
        return np.inf
    t = 1
    while np.mean(factors**t) > share and t < 200_000:
        t += 1
    return t


# %% steps_to_reach | wrong | divides by the logarithm of zero
# Where every factor is 0 the first step arrives; its logarithm is minus infinity.
def steps_to_reach(curvatures, lr, share):
    factor = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if factor >= 1:
        return np.inf
    with np.errstate(divide="ignore"):
        return int(np.ceil(np.log(share) / np.log(factor)))


# %% steps_to_reach | wrong | a flat direction does no harm
# A direction without curvature never moves, so its error never shrinks.
def steps_to_reach(curvatures, lr, share):
    curvatures = np.asarray(curvatures, dtype=float)
    curvatures = curvatures[curvatures > 0]
    factor = np.max(np.abs(1 - lr * curvatures), initial=0)
    if factor >= 1:
        return np.inf
    return 1 if factor <= share else int(np.ceil(np.log(share) / np.log(factor)))


# %% steps_to_reach | wrong | at the limit it still arrives
# At the rate 2 / L the error swings between two points for ever.
def steps_to_reach(curvatures, lr, share):
    factor = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if factor > 1:
        return np.inf
    if factor == 1:
        return 10**9
    return 1 if factor <= share else int(np.ceil(np.log(share) / np.log(factor)))


# %% steps_to_reach | wrong | counts in a loop
# The answer can be a thousand million: the loop gives up long before.
def steps_to_reach(curvatures, lr, share):
    factors = np.abs(1 - lr * np.asarray(curvatures, dtype=float))
    if factors.max() >= 1:
        return np.inf
    e, t = 1.0, 0
    while e > share and t < 1_000_000:
        e, t = e * factors.max(), t + 1
    return t


# %% steps_to_reach | wrong | small means flat
# A curvature of 1e-12 is not 0: at a rate of 1e12 it is as good as any other.
def steps_to_reach(curvatures, lr, share):
    curvatures = np.asarray(curvatures, dtype=float)
    factor = np.max(np.abs(1 - lr * curvatures))
    if factor >= 1 or curvatures.min() < 1e-9:
        return np.inf
    return 1 if factor <= share else int(np.ceil(np.log(share) / np.log(factor)))


# %% steps_to_reach | right | each direction on its own
# The slowest direction is the one with the largest count.
def steps_to_reach(curvatures, lr, share):
    import math

    counts = []
    for curvature in list(curvatures):
        factor = abs(1 - float(lr) * float(curvature))
        if factor >= 1:
            return math.inf
        exact = 1 if factor <= share else math.log(share) / math.log(factor)
        counts.append(math.ceil(exact - 1e-12 * exact))  # the quotient is rounded, and a tie is good enough
    return max(counts)


# %% steps_to_reach | right | doubling, then halving
# A search for the first power that is small enough.
def steps_to_reach(curvatures, lr, share):
    factor = float(np.abs(1 - lr * np.array(curvatures, dtype=float)).max())
    if factor >= 1:
        return float("inf")
    high = 1
    while factor**high > share:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if factor**middle > share else (low, middle)
    return float(high)


# %% steps_to_reach | right | the logarithm of one minus
# log1p and base 2; the result is an array without dimensions.
def steps_to_reach(curvatures, lr, share):
    way = lr * np.asarray(curvatures, dtype=np.float64)
    left = np.where(way <= 1, way, 2 - way)
    worst = left.min()
    if worst <= 0:
        return np.array(np.inf)
    if worst >= 1 - share:
        return np.array(1)
    return np.array(np.ceil(np.log2(share) / (np.log1p(-worst) / np.log(2)) * (1 - 1e-12)))


# %% steps_to_reach | right | PyTorch
# The same in tensors of float64, with clamps in place of questions.
def steps_to_reach(curvatures, lr, share):
    import torch

    factors = (1 - lr * torch.tensor(np.array(curvatures, dtype=float))).abs()
    slowest = factors.max().clamp(min=1e-300)
    if slowest >= 1:
        return torch.inf
    return max(1, int(torch.ceil(np.log(share) / torch.log(slowest) * (1 - 1e-12))))


# %% steps_to_reach | wrong | in the type of the curvatures
# A product in 16 bits has three digits.
def steps_to_reach(curvatures, lr, share):
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures)))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    return int(np.ceil(np.log(share) / np.log(slowest)))


# %% steps_to_reach | wrong | nearly one is one
# A factor of 1 - 1e-9 brings the error down, in the end.
def steps_to_reach(curvatures, lr, share):
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest > 1 - 1e-8:
        return np.inf
    if slowest <= share:
        return 1
    return int(np.ceil(np.log(share) / np.log(slowest)))


# %% steps_to_reach | wrong | nearly flat is flat
# A curvature is small in a unit; only its product with the rate counts.
def steps_to_reach(curvatures, lr, share):
    curvatures = np.where(np.asarray(curvatures, dtype=float) < 1e-15, 0, np.asarray(curvatures, dtype=float))
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    return int(np.ceil(np.log(share) / np.log(slowest)))


# %% steps_to_reach | wrong | without the flat directions
# A direction without curvature stays where it is: its error never arrives.
def steps_to_reach(curvatures, lr, share):
    if not np.any(curvatures):
        return np.inf
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)[np.asarray(curvatures) > 0]))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    return int(np.ceil(np.log(share) / np.log(slowest)))


# %% steps_to_reach | wrong | rounds in place of up
# The step before may leave too much.
def steps_to_reach(curvatures, lr, share):
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    return int(np.round(np.log(share) / np.log(slowest)))


# %% steps_to_reach | wrong | a small number in the logarithm
# 1e-12 in the logarithm is larger than a share of 1e-30.
def steps_to_reach(curvatures, lr, share):
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    return int(np.ceil(np.log(share + 1e-12) / np.log(slowest)))


# %% steps_to_reach | wrong | the exponential for the power
# 1 - x is close to exp(-x) for small x only.
def steps_to_reach(curvatures, lr, share):
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    return int(np.ceil(np.log(share) / (slowest - 1)))


# %% steps_to_reach | wrong | a fraction of a step
# The number of steps is whole.
def steps_to_reach(curvatures, lr, share):
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    return max(1.0, np.log(share) / np.log(slowest))


# %% steps_to_reach | wrong | one step more to be sure
# The smallest number is asked for.
def steps_to_reach(curvatures, lr, share):
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    return int(np.floor(np.log(share) / np.log(slowest))) + 1


# %% steps_to_reach | wrong | gives up after a million
# The answer can be a thousand million.
def steps_to_reach(curvatures, lr, share):
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    return np.inf if np.log(share) / np.log(slowest) > 1e6 else int(np.ceil(np.log(share) / np.log(slowest)))


# %% steps_to_reach | wrong | sorts the curvatures
# The curvatures are the caller's, and need no order.
def steps_to_reach(curvatures, lr, share):
    curvatures = (
        curvatures if isinstance(curvatures, np.ndarray) and curvatures.flags.writeable else np.array(curvatures)
    )
    curvatures.sort()
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    return int(np.ceil(np.log(share) / np.log(slowest)))


# %% steps_to_reach | wrong | a rate is at most one
# Where the curvatures are tiny the rate is huge.
def steps_to_reach(curvatures, lr, share):
    lr = min(lr, 1e6)
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    return int(np.ceil(np.log(share) / np.log(slowest)))


# %% steps_to_reach | right | the condition number, where it decides
# The slowest direction is the flattest or the steepest; each has a logarithm of its own.
def steps_to_reach(curvatures, lr, share):
    import math

    def needed(way):
        if not 0 < way < 2:
            return math.inf
        left = math.log1p(-min(way, 2 - way)) if way != 1 else -math.inf
        return max(1, math.ceil(math.log(share) / left * (1 - 1e-12))) if left > -math.inf else 1

    ways = [lr * float(curvature) for curvature in curvatures]
    return max(needed(min(ways)), needed(max(ways)))


# %% steps_to_reach | right | powers by squaring
# Binary search over the bits of the answer, from products of squares; a float of its own kind comes back.
def steps_to_reach(curvatures, lr, share):
    class Steps(float):
        pass

    factor = max(abs(1 - lr * float(v)) for v in curvatures)
    if factor >= 1:
        return Steps("inf")
    squares = [factor]
    while squares[-1] > share:
        squares.append(squares[-1] ** 2)
    left, before = 1.0, 0
    for bit in reversed(range(len(squares))):
        if left * squares[bit] > share:
            left, before = left * squares[bit], before + 2**bit
    return Steps(before + 1)


# %% steps_to_reach | wrong | tolerance at one
# A factor just below 1 brings the error down in the end.
def steps_to_reach(curvatures, lr, share):
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest >= 1 - 1e-10:
        return np.inf
    if slowest <= share:
        return 1
    return int(np.ceil(np.log(share) / np.log(slowest)))


# %% steps_to_reach | wrong | an extra step when it overshoots
# Overshooting costs no step.
def steps_to_reach(curvatures, lr, share):
    slowest = np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float)))
    if slowest >= 1:
        return np.inf
    if slowest <= share:
        return 1
    if lr * np.max(curvatures) > 1.99:
        return 1 + int(np.ceil(np.log(share) / np.log(slowest)))
    return int(np.ceil(np.log(share) / np.log(slowest)))


# %% diagnose_run | wrong | NaN is no number to worry about
# Each comparison with NaN is false, so a broken run falls through to the last box.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if np.isinf(train).any() or np.isinf(valid).any():
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    return "too short" if train[-1 - q] - train[-1] > 0.1 * (train[0] - train[-1]) else "settled"


# %% diagnose_run | wrong | looks at the training loss for NaN
# A validation loss that is not finite breaks the run as well.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if not np.isfinite(train).all():
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    return "too short" if train[-1 - q] - train[-1] > 0.1 * (train[0] - train[-1]) else "settled"


# %% diagnose_run | wrong | only the end counts for NaN
# A NaN in the middle of a run is one too.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if not np.isfinite(train[-1] + valid[-1]):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * np.nanmin(train):
        return "unstable"
    if valid[-1] > 1.1 * np.nanmin(valid):
        return "overfitting"
    return "too short" if train[-1 - q] - train[-1] > 0.1 * (train[0] - train[-1]) else "settled"


# %% diagnose_run | wrong | validation first
# Where both losses have risen again it is the training that is unstable.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if not np.isfinite([train, valid]).all():
        return "broken"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    return "too short" if train[-1 - q] - train[-1] > 0.1 * (train[0] - train[-1]) else "settled"


# %% diagnose_run | wrong | a gap is overfitting
# A validation loss above the training loss is usual; what counts is that it rises again.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if not np.isfinite([train, valid]).all():
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * train[-1]:
        return "overfitting"
    return "too short" if train[-1 - q] - train[-1] > 0.1 * (train[0] - train[-1]) else "settled"


# %% diagnose_run | wrong | compares with the epoch before
# A slow rise over many epochs is a rise; and one wobble at the end is none.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if not np.isfinite([train, valid]).all():
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train[-2]:
        return "unstable"
    if valid[-1] > 1.1 * valid[-2]:
        return "overfitting"
    return "too short" if train[-1 - q] - train[-1] > 0.1 * (train[0] - train[-1]) else "settled"


# %% diagnose_run | wrong | a tenth of the loss unit
# 0.1 above the lowest is much for a loss of 0.01 and nothing for one of 1e12.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if not np.isfinite([train, valid]).all():
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > train.min() + 0.1:
        return "unstable"
    if valid[-1] > valid.min() + 0.1:
        return "overfitting"
    return "too short" if train[-1 - q] - train[-1] > 0.1 else "settled"


# %% diagnose_run | wrong | a flat loss has settled
# A loss that stays where it began has made no progress.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if not np.isfinite([train, valid]).all():
        return "broken"
    if train[-1] > train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    return "too short" if train[-1 - q] - train[-1] > 0.1 * (train[0] - train[-1]) else "settled"


# %% diagnose_run | wrong | the last quarter begins one late
# Its fall is counted from the end of the epoch before it, or one of its epochs is left out.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if not np.isfinite([train, valid]).all():
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    return "too short" if train[-q] - train[-1] > 0.1 * (train[0] - train[-1]) else "settled"


# %% diagnose_run | wrong | no quarter of a short run
# With fewer than four epochs the last quarter is still one epoch.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = len(train) // 4
    if not np.isfinite([train, valid]).all():
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    return "too short" if train[-1 - q] - train[-1] > 0.1 * (train[0] - train[-1]) else "settled"


# %% diagnose_run | wrong | a tenth of the last loss
# The fall of the last quarter is to be compared with the whole fall, not with what is left.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if not np.isfinite([train, valid]).all():
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    return "too short" if train[-1 - q] > 1.1 * train[-1] else "settled"


# %% diagnose_run | wrong | the highest instead of the lowest
# A run that once was high is not unstable if it has come down again.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if not np.isfinite([train, valid]).all():
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if np.any(np.diff(train) > 0.1 * train[:-1]):
        return "unstable"
    if np.any(np.diff(valid) > 0.1 * valid[:-1]):
        return "overfitting"
    return "too short" if train[-1 - q] - train[-1] > 0.1 * (train[0] - train[-1]) else "settled"


# %% diagnose_run | wrong | says it in its own words
# The names of the boxes are given, spelled as they stand.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    q = max(1, len(train) // 4)
    if not np.isfinite([train, valid]).all():
        return "Broken"
    if train[-1] >= train[0]:
        return "No progress"
    if train[-1] > 1.1 * train.min():
        return "Unstable"
    if valid[-1] > 1.1 * valid.min():
        return "Overfitting"
    return "Too short" if train[-1 - q] - train[-1] > 0.1 * (train[0] - train[-1]) else "Settled"


# %% diagnose_run | right | Python numbers
# No array; min and isfinite of the standard library.
def diagnose_run(train, valid):
    from math import isfinite

    train, valid = list(map(float, train)), list(map(float, valid))
    if not all(map(isfinite, train + valid)):
        return "broken"
    first, last = train[0], train[-1]
    begin = train[-(max(len(train) // 4, 1) + 1)]
    answers = {
        "no progress": not last < first,
        "unstable": last / min(train) > 1.1,
        "overfitting": valid[-1] / min(valid) > 1.1,
        "too short": 10 * (begin - last) > first - last,
        "settled": True,
    }
    return next(box for box, yes in answers.items() if yes)


# %% diagnose_run | right | np.select
# All five questions at once; the first that is true wins.
def diagnose_run(train, valid):
    t, v = np.array(train, dtype=float), np.array(valid, dtype=float)
    q = max(1, t.size // 4)
    with np.errstate(all="ignore"):
        questions = [
            ~np.isfinite(t).all() | ~np.isfinite(v).all(),
            t[-1] >= t[0],
            t[-1] > 1.1 * np.min(t),
            v[-1] > 1.1 * np.min(v),
            t[-q - 1] - t[-1] > (t[0] - t[-1]) / 10,
        ]
    names = ["broken", "no progress", "unstable", "overfitting", "too short"]
    return str(np.select(questions, names, "settled"))


# %% diagnose_run | right | in parts of the first loss
# Both curves are divided by the first training loss, then judged by one helper.
def diagnose_run(train, valid):
    both = np.array([train, valid], dtype=float)
    if np.isnan(both.sum()) or np.isinf(both).any():
        return "broken"
    t, v = both / both[0, 0]

    def risen(losses):
        return losses[-1] - losses.min() > losses.min() / 10

    whole, quarter = 1 - t[-1], -np.diff(t)[-max(1, len(t) // 4) :].sum()
    if whole <= 0:
        return "no progress"
    if risen(t):
        return "unstable"
    if risen(v):
        return "overfitting"
    return "too short" if quarter > whole / 10 else "settled"


# %% diagnose_run | right | PyTorch tensors
# The same questions to tensors of float64.
def diagnose_run(train, valid):
    import torch

    t, v = (torch.tensor(np.array(x, dtype=np.float64)) for x in (train, valid))
    if not bool(torch.isfinite(torch.cat([t, v])).all()):
        return "broken"
    if bool(t[-1] >= t[0]):
        return "no progress"
    for name, losses in (("unstable", t), ("overfitting", v)):
        if bool(losses[-1] > 1.1 * losses.min()):
            return name
    q = max(1, len(t) // 4)
    return "too short" if bool(t[len(t) - 1 - q] - t[-1] > 0.1 * (t[0] - t[-1])) else "settled"


# %% diagnose_run | wrong | differences of unsigned losses
# 20 minus 22 is 254 in 8 bits: a rise becomes a large fall.
def diagnose_run(train, valid):
    train, valid = np.asarray(train), np.asarray(valid)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | a noticeable fall
# A fall is progress, however small, in any unit.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0] - 1e-6:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | close to the first is no progress
# np.isclose forgives a hundred thousandth.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0] or np.isclose(train[-1], train[0]):
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | a huge loss is broken
# A loss of 1e13 is finite, and may fall.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not ((np.abs(train) < 1e10).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | minus infinity passes
# An infinity of either sign means broken.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not ((train < np.inf).all() and (valid < np.inf).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | takes the NaN out
# One NaN means broken; what is left is not judged.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    train, valid = train[~np.isnan(train)], valid[~np.isnan(valid)]
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | fills the NaN in
# The arrays are the caller's, and the NaN is the answer.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    broken = not (np.isfinite(train).all() and np.isfinite(valid).all())
    np.nan_to_num(train, copy=not train.flags.writeable)
    np.nan_to_num(valid, copy=not valid.flags.writeable)
    if broken:
        return "broken"
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | the size of the last move
# A rise in the last quarter is no fall.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if abs(train[-1 - last_quarter] - train[-1]) > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | a small number beside the lowest
# 1.1 times the lowest plus 1e-8 is another border where losses are small.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min() + 1e-8:
        return "unstable"
    if valid[-1] > 1.1 * valid.min() + 1e-8:
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | the whole fall from the highest
# The whole fall begins with the first loss, not with the highest one.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train.max() - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | the whole fall to the lowest
# The whole fall ends with the last loss, not with the lowest one.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train.min()):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | rounds the quarter up
# The last quarter is rounded down.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, -(-len(train) // 4))
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | right | match and a string of its own kind
# The questions are a tuple of booleans; the first that is true is matched.
def diagnose_run(train, valid):
    class Box(str):
        pass

    t, v = [float(x) for x in train], [float(x) for x in valid]
    if any(x - x != 0 for x in t + v):
        return Box("broken")
    start = t[len(t) - 1 - (len(t) // 4 or 1)]
    match (t[0] <= t[-1], t[-1] > min(t) * 1.1, v[-1] > min(v) * 1.1, start - t[-1] > (t[0] - t[-1]) * 0.1):
        case (True, *_):
            return Box("no progress")
        case (_, True, *_):
            return Box("unstable")
        case (_, _, True, _):
            return Box("overfitting")
        case (*_, True):
            return Box("too short")
    return Box("settled")


# %% diagnose_run | right | exact fractions
# No rounding at all; NaN and infinities have no fraction and raise, which means broken.
def diagnose_run(train, valid):
    from fractions import Fraction

    try:
        t, v = ([Fraction(float(x)) for x in losses] for losses in (train, valid))
    except (ValueError, OverflowError):
        return "broken"
    tenth, quarter = Fraction(1, 10), max(1, len(t) // 4)
    boxes = (
        ("no progress", t[-1] >= t[0]),
        ("unstable", t[-1] > (1 + tenth) * min(t)),
        ("overfitting", v[-1] > (1 + tenth) * min(v)),
        ("too short", t[-1 - quarter] - t[-1] > tenth * (t[0] - t[-1])),
    )
    return dict((yes, box) for box, yes in reversed(boxes)).get(True, "settled")


# %% diagnose_run | wrong | mean of the last quarter
# The fall of the last quarter ends with the last loss, not with its lowest.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-last_quarter:].min() > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | overfitting only if the training falls
# The validation loss alone decides.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min() and train[-1] < train.min() * 1.05:
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | the whole fall to the epoch before
# The whole fall ends with the last loss.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0]:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-2]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | valid no progress
# Progress is a question to the training loss alone.
def diagnose_run(train, valid):
    train, valid = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    last_quarter = max(1, len(train) // 4)
    if not (np.isfinite(train).all() and np.isfinite(valid).all()):
        return "broken"
    if train[-1] >= train[0] or valid[-1] >= valid[0] * 2:
        return "no progress"
    if train[-1] > 1.1 * train.min():
        return "unstable"
    if valid[-1] > 1.1 * valid.min():
        return "overfitting"
    if train[-1 - last_quarter] - train[-1] > 0.1 * (train[0] - train[-1]):
        return "too short"
    return "settled"


# %% bold_driver | wrong | asks for a noticeable decrease
# Any decrease counts; with losses near 1e-12 none is noticeable.
def bold_driver(f, g, w, lr, steps, up, down):
    losses = [f(w)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        if loss < losses[-1] - 1e-10:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr *= down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | scales the gradient in place
# The array belongs to g, which may return it again.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        step = g(w)
        step *= lr
        candidate = w - step
        loss = float(f(candidate))
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | the gradient becomes the candidate
# The array belongs to g; a candidate needs one of its own.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = np.subtract(w, lr * np.asarray(g(w), dtype=float), out=g(w))
        loss = float(f(candidate))
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | stops at a small gradient
# Every try counts: the record has steps + 1 losses.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        if not np.linalg.norm(g(w)) > 1e-12:
            break
        candidate = w - lr * g(w)
        loss = float(f(candidate))
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | gives up on a small rate
# A rate can be as small as it wants; it may grow again.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = float(f(candidate))
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = max(lr * down, 1e-12)
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | a rate of at most one
# No rule bounds the rate from above.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = float(f(candidate))
        if loss < losses[-1]:
            w, lr = candidate, min(lr * up, max(lr, 1.0))
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | a decrease of a millionth
# Any decrease counts, in the last digit too.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = float(f(candidate))
        if losses[-1] - loss > 1e-6 * abs(losses[-1]):
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | close is equal
# np.isclose calls losses near 1e-12 equal.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = float(f(candidate))
        if loss < losses[-1] and not np.isclose(loss, losses[-1]):
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | differences of unsigned numbers
# 3 minus 4 is 255 in 8 bits, which is not below 0.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [f(w)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = f(candidate)
        if losses[-1] - loss > 0:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | keeps the type of the start
# A point in 8 or 16 bits holds few numbers.
def bold_driver(f, g, w, lr, steps, up, down):
    kind, w = np.asarray(w).dtype, np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = (w - lr * g(w)).astype(kind if kind.kind == "f" else float)
        loss = float(f(candidate))
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | a huge loss is infinite
# A loss above 1e15 is a number, and may fall.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [min(float(f(w)), 1e15)]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = min(float(f(candidate)), 1e15)
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | a NaN ends the run
# A NaN at the candidate undoes one try; the others are still to be made.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = float(f(candidate))
        if not np.isfinite(loss):
            lr *= down
            losses += [losses[-1]] * (steps + 1 - len(losses))
            break
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | takes the NaN out of the gradient
# A gradient that holds a NaN leads to a candidate without a loss; so the step is undone.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = w - lr * np.nan_to_num(g(w))
        loss = float(f(candidate))
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | the floor of a float
# The rate of a try that is undone is kept from falling below the smallest step that rounds away.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = float(f(candidate))
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = max(lr * down, np.finfo(float).eps * 1e-3)
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | right | a generator of states
# The driver yields its state after each try; the caller takes steps + 1 of them.
def bold_driver(f, g, w, lr, steps, up, down):
    from itertools import islice

    def drive(w, lr):
        loss = f(w)
        while True:
            yield w, lr, float(loss)
            there = w - np.multiply(lr, g(w))
            new = f(there)
            w, lr, loss = (there, lr * up, new) if new < loss else (w, lr * down, loss)

    states = list(islice(drive(np.asarray(w, dtype=np.float64).copy(), float(lr)), steps + 1))
    return states[-1][0], states[-1][1], np.array([loss for _, _, loss in states])


# %% bold_driver | right | PyTorch holds the point
# A tensor of 64 bits is the point; f and g are given arrays of their own.
def bold_driver(f, g, w, lr, steps, up, down):
    import torch

    point = torch.tensor([float(v) for v in w], dtype=torch.float64)
    losses = [f(point.numpy().copy())]
    for _ in range(steps):
        slope = torch.tensor(np.array(g(point.numpy().copy())), dtype=torch.float64)
        there = torch.sub(point, slope, alpha=lr)
        losses.append(f(there.numpy().copy()))
        if losses[-1] < losses[-2]:
            point, lr = there, lr * up
        else:
            losses[-1], lr = losses[-2], lr * down
    result = point.numpy()
    result.flags.writeable = False
    return [result, np.array(lr), tuple(losses)]


# %% bold_driver | right | a class that is the driver
# The state lives in an object; the losses are computed twice for each try.
def bold_driver(f, g, w, lr, steps, up, down):
    class Driver:
        def __init__(self):
            self.w, self.lr = [float(v) for v in w], lr

        def loss(self):
            return f(np.array(self.w))

        def attempt(self):
            old, before = self.w, self.loss()
            self.w = [v - self.lr * float(s) for v, s in zip(self.w, g(np.array(self.w)))]
            if (after := self.loss()) < before:
                self.lr *= up
                return after
            self.w, self.lr = old, self.lr * down
            return before

    driver = Driver()
    losses = [driver.attempt() for _ in range(steps)]
    first = f(np.array(w, dtype=float))
    return np.array(driver.w), driver.lr, [first, *losses]


# %% bold_driver | wrong | the start itself comes back
# Where no step is kept, the result is a second name of the caller's start.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.asarray(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = float(f(candidate))
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | gradient recomputed at candidate
# A candidate is judged by its loss; its gradient counts at the next try.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        candidate = w - lr * g(w)
        loss = float(f(candidate))
        if not np.isfinite(g(candidate)).all():
            loss = np.inf
        if loss < losses[-1]:
            w, lr = candidate, lr * up
            losses.append(loss)
        else:
            lr = lr * down
            losses.append(losses[-1])
    return w, lr, losses


# %% range_test | wrong | minus infinity is a low loss
# An infinity of either sign means that the run has blown up.
def range_test(losses, lrs):
    losses, lrs, best, n = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), np.inf, 0
    while n < len(losses) and losses[n] < np.inf and losses[n] <= 4 * best:
        best, n = min(best, losses[n]), n + 1
    with np.errstate(invalid="ignore"):
        slopes = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls")
    i = np.nanargmin(slopes)
    return np.sqrt(lrs[i] * lrs[i + 1])


# %% range_test | wrong | in the type of the losses
# The difference of two unsigned numbers is never negative.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses), np.asarray(lrs, dtype=float), 0, np.inf
    while kept < len(losses) and np.isfinite(losses[kept]) and losses[kept] <= 4 * best:
        best = min(best, losses[kept])
        kept += 1
    slopes = np.diff(losses[:kept]) / np.diff(np.log(lrs[:kept]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | wrong | in the type of the rates
# The product of two integers may not fit into their type.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses, dtype=float), np.asarray(lrs), 0, np.inf
    while kept < len(losses) and np.isfinite(losses[kept]) and losses[kept] <= 4 * best:
        best = min(best, losses[kept])
        kept += 1
    slopes = np.diff(losses[:kept]) / np.diff(np.log(lrs[:kept]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | wrong | a noticeable fall
# A fall is a fall, in any unit.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0, np.inf
    while kept < len(losses) and np.isfinite(losses[kept]) and losses[kept] <= 4 * best:
        best = min(best, losses[kept])
        kept += 1
    slopes = np.diff(losses[:kept]) / np.diff(np.log(lrs[:kept]))
    if not np.any(slopes < -1e-12):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | wrong | a small number against log of 0
# A rate of 1e-12 has a logarithm of its own.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0, np.inf
    while kept < len(losses) and np.isfinite(losses[kept]) and losses[kept] <= 4 * best:
        best = min(best, losses[kept])
        kept += 1
    slopes = np.diff(losses[:kept]) / np.diff(np.log(lrs[:kept] + 1e-12))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | wrong | a small number in the denominator
# The gaps of the rates may be small too, and the losses large.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0, np.inf
    while kept < len(losses) and np.isfinite(losses[kept]) and losses[kept] <= 4 * best:
        best = min(best, losses[kept])
        kept += 1
    slopes = np.diff(losses[:kept]) / (np.diff(np.log(lrs[:kept])) + 1e-6)
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | wrong | a slack in the cut
# More than 4 times is more than 4 times.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0, np.inf
    while kept < len(losses) and np.isfinite(losses[kept]) and losses[kept] <= 4 * best + 1e-9:
        best = min(best, losses[kept])
        kept += 1
    slopes = np.diff(losses[:kept]) / np.diff(np.log(lrs[:kept]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | wrong | a huge loss has blown up
# Losses of 1e12 are in another unit; only the ratio counts.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0, np.inf
    while kept < len(losses) and losses[kept] < 1e10 and losses[kept] <= 4 * best:
        best = min(best, losses[kept])
        kept += 1
    slopes = np.diff(losses[:kept]) / np.diff(np.log(lrs[:kept]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | wrong | the smallest of all losses
# The smallest loss so far, not that of a time to come.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0, np.inf
    while kept < len(losses) and np.isfinite(losses[kept]) and losses[kept] <= 4 * best:
        best = min(best, losses[kept])
        kept += 1
    with np.errstate(all="ignore"):
        low = np.nanmin(np.where(np.isfinite(losses), losses, np.nan)) if np.isfinite(losses).any() else 1.0
        over = np.flatnonzero(
            ~np.isfinite(losses)
            | (losses > 4 * low) & (np.arange(len(losses)) > np.argmin(np.where(np.isfinite(losses), losses, np.inf)))
        )
    kept = over[0] if len(over) else len(losses)
    slopes = np.diff(losses[:kept]) / np.diff(np.log(lrs[:kept]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | wrong | the last of equals
# Among equals the first counts.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0, np.inf
    while kept < len(losses) and np.isfinite(losses[kept]) and losses[kept] <= 4 * best:
        best = min(best, losses[kept])
        kept += 1
    slopes = np.diff(losses[:kept]) / np.diff(np.log(lrs[:kept]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = len(slopes) - 1 - np.argmin(slopes[::-1])
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | wrong | writes the cut into the losses
# The losses are the caller's.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0, np.inf
    while kept < len(losses) and np.isfinite(losses[kept]) and losses[kept] <= 4 * best:
        best = min(best, losses[kept])
        kept += 1
    if isinstance(losses, np.ndarray) and losses.flags.writeable:
        losses[kept:] = np.inf
    slopes = np.diff(losses[:kept]) / np.diff(np.log(lrs[:kept]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | wrong | the minimum with NaN
# min keeps or loses a NaN, depending on the order; the cut has to come first.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0, np.inf
    while kept < len(losses) and not losses[kept] > 4 * best and not np.isinf(losses[kept]):
        best = min(best, losses[kept])
        kept += 1
    slopes = np.diff(losses[:kept]) / np.diff(np.log(lrs[:kept]))
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | wrong | the slope between the ends of the decade
# np.gradient takes three points for each slope, not two neighbours.
def range_test(losses, lrs):
    losses, lrs, kept, best = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float), 0, np.inf
    while kept < len(losses) and np.isfinite(losses[kept]) and losses[kept] <= 4 * best:
        best = min(best, losses[kept])
        kept += 1
    slopes = np.gradient(losses[:kept], np.log(lrs[:kept]))[:-1] if kept > 1 else np.zeros(0)
    if not np.any(slopes < 0):
        raise ValueError("the loss never falls before it blows up")
    i = np.argmin(slopes)
    return float(np.sqrt(lrs[i] * lrs[i + 1]))


# %% range_test | right | recursion over the rest
# The best of the first gap and of the rest of the run; the cut ends the recursion.
def range_test(losses, lrs):
    import math

    losses, lrs = [float(v) for v in losses], [float(v) for v in lrs]

    def steepest(i, low):
        if i + 1 >= len(losses) or not math.isfinite(losses[i + 1]) or losses[i + 1] > 4 * low:
            return (0.0, math.inf)
        slope = (losses[i + 1] - losses[i]) / math.log(lrs[i + 1] / lrs[i])
        return min((slope, i), steepest(i + 1, min(low, losses[i + 1])))

    slope, i = steepest(0, losses[0]) if math.isfinite(losses[0]) else (0.0, math.inf)
    if slope >= 0:
        raise ValueError("nothing to recommend")
    return math.exp((math.log(lrs[i]) + math.log(lrs[i + 1])) / 2)


# %% range_test | right | PyTorch finds the cut
# cummin gives the smallest so far; the slopes are taken in base 2, which changes no order.
def range_test(losses, lrs):
    import torch

    losses, lrs = (torch.tensor([float(v) for v in x], dtype=torch.float64) for x in (losses, lrs))
    low = torch.cummin(torch.cat([torch.tensor([float("inf")], dtype=torch.float64), losses.nan_to_num(1.0)]), 0).values
    bad = ~torch.isfinite(losses) | (losses > 4 * low[:-1])
    n = int(torch.cumsum(bad, 0).eq(0).sum())
    slopes = torch.diff(losses[:n]) / torch.diff(torch.log2(lrs[:n]))
    if n < 2 or slopes.min() >= 0:
        raise ValueError("no fall")
    i = int(slopes.argmin())
    return torch.sqrt(lrs[i]).item() * torch.sqrt(lrs[i + 1]).item()


# %% best_lr | wrong | rounds the means
# Two means that agree to six places may still differ.
def best_lr(train, grid, seeds):
    losses = np.array([[train(lr, seed) for seed in seeds] for lr in grid], dtype=float)
    good = np.isfinite(losses).all(axis=1)
    if not good.any():
        raise ValueError("all diverged")
    return grid[np.argmin(np.round(np.where(good, losses.mean(axis=1), np.inf), 6))]


# %% best_lr | wrong | sums in the type of the losses
# A sum of numbers of 8 or 16 bits does not fit into their type.
def best_lr(train, grid, seeds):
    losses = np.array([[train(lr, seed) for seed in seeds] for lr in grid])
    losses = losses.sum(axis=1, dtype=losses.dtype, keepdims=True).astype(float)
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return grid[np.argmin(losses.mean(axis=1))]


# %% best_lr | wrong | a running sum
# total += loss keeps the type of the first loss.
def best_lr(train, grid, seeds):
    rows = []
    for lr in grid:
        total = train(lr, seeds[0])
        for seed in seeds[1:]:
            total = total + train(lr, seed)
        rows.append([float(total)])
    losses = np.array(rows)
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return grid[np.argmin(losses.mean(axis=1))]


# %% best_lr | wrong | a huge loss has diverged
# A run with a loss of 1e12 is bad, and it is finite.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = (np.abs(losses) < 1e10).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return grid[np.argmin(losses.mean(axis=1))]


# %% best_lr | wrong | means that are nearly equal
# np.isclose calls two means equal that are not, and then the first wins.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    means = losses.mean(axis=1)
    return grid[np.flatnonzero(np.isclose(means, means.min()))[0]]


# %% best_lr | wrong | a small number for nothing
# 1e-8 is larger than all losses in a small unit.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return grid[np.argmin(np.maximum(losses.mean(axis=1), losses.mean(axis=1) * 0 - 1e300) + 1e-8)]


# %% best_lr | wrong | squares the losses
# The root of the mean of squares orders the rates in another way, and overflows.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return grid[np.argmin(np.sqrt((losses**2).mean(axis=1)))]


# %% best_lr | wrong | the worst number stands for a diverged run
# 1e9 is no infinity: a finite loss may be larger.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = 1e9
    return grid[np.argmin(losses.mean(axis=1))]


# %% best_lr | wrong | stops a rate at its first diverged run
# Each pair is trained exactly once, whatever came before.
def best_lr(train, grid, seeds):
    losses = np.full((len(grid), len(seeds)), np.nan)
    for i, lr in enumerate(grid):
        for j, seed in enumerate(seeds):
            losses[i, j] = float(train(lr, seed))
            if not np.isfinite(losses[i, j]):
                break
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return grid[np.argmin(losses.mean(axis=1))]


# %% best_lr | wrong | a rate of its own making
# The rate is one of the grid, not one that is nearly the same.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return float(np.exp(np.log(float(grid[np.argmin(losses.mean(axis=1))]))))


# %% best_lr | wrong | keeps the runs
# A table of results from one call is wrong for the next one, with another train.
_RUNS = {}


def best_lr(train, grid, seeds):
    real = train
    train = lambda lr, seed: _RUNS.setdefault((float(lr), int(seed)), real(lr, seed))
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return grid[np.argmin(losses.mean(axis=1))]


# %% best_lr | wrong | only NaN is out
# An infinite loss is a diverged run as well, of either sign.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = (~np.isnan(losses) & (losses > -np.inf) | (losses == np.inf) & False | (losses == -np.inf)).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return grid[np.argmin(losses.mean(axis=1))]


# %% best_lr | right | a heap of fractions
# Exact means; the heap's second key keeps the order of the grid.
def best_lr(train, grid, seeds):
    import heapq
    import math
    from fractions import Fraction

    heap = []
    for place, lr in enumerate(grid):
        losses = [float(train(lr, seed)) for seed in seeds]
        if all(map(math.isfinite, losses)):
            heapq.heappush(heap, (sum(map(Fraction, losses)) / len(losses), place, lr))
    if not heap:
        raise ValueError("no rate is left")
    return heapq.heappop(heap)[2]


# %% best_lr | right | seeds outside, a generator inside
# One pass over the rates for each seed; means by accumulation, a NaN or an infinity stays one.
def best_lr(train, grid, seeds):
    sums = np.zeros(len(grid))
    out = np.zeros(len(grid), dtype=bool)
    for seed in seeds:
        losses = np.fromiter((train(lr, seed) for lr in grid), dtype=np.float64, count=len(grid))
        out |= ~np.isfinite(losses)
        sums += np.where(out, 0, losses)
    if out.all():
        raise ValueError
    return np.float64(grid[min(np.flatnonzero(~out), key=lambda i: sums[i])])


# %% best_lr | wrong | median of means
# The mean counts all runs, the best and the worst too.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return grid[
        np.argmin((np.sort(losses, axis=1)[:, 1:-1].mean(axis=1) if losses.shape[1] > 4 else losses.mean(axis=1)))
    ]


# %% best_lr | wrong | raises if any diverged
# One rate that is left is enough.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any() or finite.sum() * 4 < len(finite):
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return grid[np.argmin(losses.mean(axis=1))]


# %% best_lr | wrong | nanmean of a rate with one survivor
# A finite loss may be larger than 1e7, and wins over a diverged run.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf if len(grid) < 3 else 1e7
    return grid[np.argmin(losses.mean(axis=1))]


# %% best_lr | wrong | a file of the grid in float32
# The rate is one of the grid; in 32 bits it is another number.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, seed)) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return np.asarray(grid, dtype=np.float32)[np.argmin(losses.mean(axis=1))]


# %% best_lr | wrong | seeds as floats
# A seed is an integer: no generator takes a float.
def best_lr(train, grid, seeds):
    losses = np.array([[float(train(lr, float(seed))) for seed in seeds] for lr in grid])
    finite = np.isfinite(losses).all(axis=1)
    if not finite.any():
        raise ValueError("every rate diverged")
    losses[~finite] = np.inf
    return grid[np.argmin(losses.mean(axis=1))]


# %% lr_max | wrong | a hundred steps of power iteration
# With two eigenvalues nearly equal the power has not settled on six digits, and a start may miss the eigenvector.
def lr_max(A):
    A = np.asarray(A, dtype=float)
    top = np.abs(A).max()
    if top == 0:
        return float("inf")
    A = A / top
    v = np.random.default_rng(0).normal(size=len(A))
    for _ in range(100):
        v = A @ v
        v /= np.linalg.norm(v)
    return float(2 / (np.linalg.norm(A @ v)) / top)


# %% lr_max | wrong | power iteration from ones, five thousand times
# Where ones are orthogonal to the steepest direction they never find it.
def lr_max(A):
    A = np.asarray(A, dtype=float)
    top = np.abs(A).max()
    if top == 0:
        return float("inf")
    A = A / top
    v = np.ones(len(A))
    for _ in range(5000):
        u = A @ v
        if not np.linalg.norm(u):
            break
        v = u / np.linalg.norm(u)
    q = v @ A @ v / (v @ v)
    return float(2 / q / top) if q > 0 else float("inf")


# %% lr_max | wrong | an eigenvalue of 1e-50 is none
# A flat function is exactly zero; a nearly flat one has a finite threshold.
def lr_max(A):
    L = np.linalg.eigvalsh(np.asarray(A, dtype=float))[-1]
    return float(2 / L) if L > 1e-50 else float("inf")


# %% lr_max | wrong | by singular values in float32
# Six digits are asked for; float32's eigenvalues of a large sum keep fewer, and 1e-100 is 0 there.
def lr_max(A):
    A = np.asarray(A, dtype=float)
    top = np.abs(A).max()
    if top == 0:
        return float("inf")
    L = np.linalg.svd((A / top).astype(np.float16).astype(float), compute_uv=False)[0]
    return float(2 / (L * top))


# %% schedules | wrong | vectorised by the first result
# np.vectorize takes the type of the first result: an integer 0 or lr0 cuts all the others.
import math


def _each(rule, t):
    out = np.vectorize(rule)(t)
    return out if np.ndim(t) else out.item()


def exp_decay(lr0, gamma, t):
    return _each(lambda s: lr0 * gamma ** float(s), t)


def step_decay(lr0, drop, every, t):
    return _each(lambda s: lr0 * drop ** (int(s) // every), t)


def inv_time(lr0, k, t):
    return _each(lambda s: lr0 / (1 + k * float(s)), t)


def cosine(lr0, T, t):
    return _each(lambda s: 0 if s >= T else lr0 * (1 + math.cos(math.pi * float(s) / T)) / 2, t)


def warmup(lr0, T, t):
    return _each(lambda s: lr0 if s >= T else lr0 * (float(s) + 1) / T, t)


# %% schedules | wrong | powers by logarithms in base ten, rounded
# gamma^t by exp(t log gamma) with a logarithm rounded to twelve places.
def exp_decay(lr0, gamma, t):
    return lr0 * np.exp(np.asarray(t, dtype=float) * np.round(np.log(gamma), 12))[()]


def step_decay(lr0, drop, every, t):
    return lr0 * float(drop) ** np.floor(np.asarray(t, dtype=float) / every)[()]


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))[()]


def cosine(lr0, T, t):
    return (0.5 * lr0 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T)))[()]


def warmup(lr0, T, t):
    return (lr0 * (np.minimum(np.asarray(t, dtype=float), T - 1) + 1) / T)[()]


# %% schedules | wrong | the cosine is at least a billionth of the rate
# Some recipes keep a floor; this one reaches 0 at T.
def exp_decay(lr0, gamma, t):
    return (lr0 * float(gamma) ** np.asarray(t, dtype=float))[()]


def step_decay(lr0, drop, every, t):
    return lr0 * float(drop) ** np.floor(np.asarray(t, dtype=float) / every)[()]


def inv_time(lr0, k, t):
    return lr0 / (1 + k * np.asarray(t, dtype=float))[()]


def cosine(lr0, T, t):
    r = 0.5 * lr0 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T))
    return np.maximum(r, 1e-9 * lr0)[()]


def warmup(lr0, T, t):
    return (lr0 * (np.minimum(np.asarray(t, dtype=float), T - 1) + 1) / T)[()]


# %% schedules | wrong | steps kept in float32
# t / T and gamma^t have seven digits there.
def _f(t):
    return np.asarray(t, dtype=np.float32)


def exp_decay(lr0, gamma, t):
    return (lr0 * np.asarray(gamma, dtype=float) ** np.asarray(t, dtype=float))[()]


def step_decay(lr0, drop, every, t):
    return lr0 * float(drop) ** np.floor(np.asarray(t, dtype=float) / every)[()]


def inv_time(lr0, k, t):
    return lr0 / (1 + np.float64(1) * np.asarray(k * _f(t), dtype=float))[()]


def cosine(lr0, T, t):
    return (0.5 * lr0 * (1 + np.cos(np.pi * np.minimum(np.asarray(t, dtype=float), T) / T)))[()]


def warmup(lr0, T, t):
    return (lr0 * (np.minimum(np.asarray(t, dtype=float), T - 1) + 1) / T)[()]


# %% bold_driver | wrong | the sign of a difference of losses
# In uint8 the difference 3 - 5 is 254, and no fall.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [f(w)]
    for _ in range(steps):
        new = w - lr * np.asarray(g(w), dtype=float)
        loss = f(new)
        with np.errstate(all="ignore"):
            fell = loss - losses[-1] < 0
        if fell:
            w, lr = new, up * lr
            losses.append(loss)
        else:
            lr = down * lr
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | a fall below rounding is none
# Any decrease will do, be it in the last digit.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        new = w - lr * np.asarray(g(w), dtype=float)
        loss = float(f(new))
        if loss < losses[-1] - 1e-15 * abs(losses[-1]):
            w, lr = new, up * lr
            losses.append(loss)
        else:
            lr = down * lr
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | the rate has a floor
# A rate of 1e-20 may be what the function needs.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for _ in range(steps):
        new = w - lr * np.asarray(g(w), dtype=float)
        loss = float(f(new))
        if loss < losses[-1]:
            w, lr = new, up * lr
            losses.append(loss)
        else:
            lr = max(down * lr, 1e-300) if lr < 1e-90 else max(down * lr, 1e-16)
            losses.append(losses[-1])
    return w, lr, losses


# %% bold_driver | wrong | a minimum is the end
# Where the gradient is 0 the tries go on: the rate shrinks, and the record grows.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    losses = [float(f(w))]
    for t in range(steps):
        grad = np.asarray(g(w), dtype=float)
        if not grad.any():
            return w, lr, losses + losses[-1:] * (steps - t)
        new = w - lr * grad
        loss = float(f(new))
        if loss < losses[-1]:
            w, lr = new, up * lr
            losses.append(loss)
        else:
            lr = down * lr
            losses.append(losses[-1])
    return w, lr, losses


# %% armijo | wrong | the bound in the loss's own type
# A float16 loss plus a Python number stays float16: a small share of the slope is rounded away.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = f(x), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError("no descent direction")
    a = 1.0
    while not f(x + a * d) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | a slope below 1e-15 is level
# A slope of -1e-60 is one, however little.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < -1e-99:
        raise ValueError("no descent direction")
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a


# %% armijo | wrong | at most two hundred reductions
# It can take hundreds of reductions, and then no other step is right.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start, slope = float(f(x)), float(np.asarray(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError("no descent direction")
    for k in range(200):
        if float(f(x + rho**k * d)) <= start + c * rho**k * slope:
            break
    return rho**k


# %% armijo | wrong | the slope by a difference quotient
# f along d may bend sharply near x: g says what the slope is.
def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    start = float(f(x))
    h = 1e-6
    if not float(np.asarray(g(x), dtype=float) @ d) < 0:
        raise ValueError("no descent direction")
    slope = (float(f(x + h * d)) - float(f(x - h * d))) / (2 * h)
    a = 1.0
    while not float(f(x + a * d)) <= start + c * a * slope:
        a *= rho
    return a


# %% plateau | wrong | rates in an array of the first rate's type
# lr0 = 1 makes an array of integers, and all lower rates are 0.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    rates = np.full(len(metrics), lr0)
    best, bad, wait, lr = np.inf, 0, 0, lr0
    for i, m in enumerate(np.asarray(metrics, dtype=float)):
        if m < best:
            best, bad = m, 0
        else:
            bad += 1
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates[i] = lr
    return rates


# %% plateau | wrong | a reduction below 1e-8 is not made
# That is PyTorch's default eps; here it is 0.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    rates, best, bad, wait, lr = [], np.inf, 0, 0, lr0
    for m in np.asarray(metrics, dtype=float):
        if m < best:
            best, bad = m, 0
        else:
            bad += 1
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            new = max(factor * lr, min_lr)
            lr, wait, bad = new if lr - new > 1e-8 else lr, cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | the best is not kept up in the cool-down
# During the cool-down the best is kept up to date, only the counting rests.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    rates, best, bad, wait, lr = [], np.inf, 0, 0, lr0
    for m in np.asarray(metrics, dtype=float):
        if wait > 0:
            wait, bad = wait - 1, 0
        elif m < best:
            best, bad = m, 0
        else:
            bad += 1
        if bad > patience:
            lr, wait, bad = max(factor * lr, min_lr), cooldown, 0
        rates.append(lr)
    return rates


# %% plateau | wrong | the smallest rate ends everything
# A rate that min_lr has caught is not to be replaced by factor times it.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    rates, best, bad, wait, lr = [], np.inf, 0, 0, lr0
    for m in np.asarray(metrics, dtype=float):
        if m < best:
            best, bad = m, 0
        else:
            bad += 1
        if wait > 0:
            wait, bad = wait - 1, 0
        if bad > patience:
            lr, wait, bad = factor * lr if factor * lr >= min_lr else lr, cooldown, 0
        rates.append(lr)
    return rates


# %% range_test | wrong | the last of equally steep falls
# Among equals the first is asked for.
def range_test(losses, lrs):
    losses, lrs = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float)
    best, n = np.inf, 0
    for v in losses:
        if not np.isfinite(v) or v > 4 * best:
            break
        best, n = min(best, v), n + 1
    if n < 2:
        raise ValueError("too short")
    s = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    i = len(s) - 1 - np.argmin(s[::-1])
    if not s[i] < 0:
        raise ValueError("no fall")
    return float(np.sqrt(lrs[i]) * np.sqrt(lrs[i + 1]))


# %% range_test | wrong | a fall below 1e-12 is none
# A fall is a fall, however small.
def range_test(losses, lrs):
    losses, lrs = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float)
    best, n = np.inf, 0
    for v in losses:
        if not np.isfinite(v) or v > 4 * best:
            break
        best, n = min(best, v), n + 1
    if n < 2:
        raise ValueError("too short")
    s = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    i = int(np.argmin(s))
    if not s[i] < -1e-12 * losses[0]:
        raise ValueError("no fall")
    return float(np.sqrt(lrs[i]) * np.sqrt(lrs[i + 1]))


# %% range_test | wrong | compared with the last loss before
# Four times the smallest loss so far is the bound, not four times the one just before.
def range_test(losses, lrs):
    losses, lrs = np.asarray(losses, dtype=float), np.asarray(lrs, dtype=float)
    n = 0
    for i, v in enumerate(losses):
        if not np.isfinite(v) or (i and v > 4 * losses[i - 1]):
            break
        n += 1
    if n < 2:
        raise ValueError("too short")
    s = np.diff(losses[:n]) / np.diff(np.log(lrs[:n]))
    i = int(np.argmin(s))
    if not s[i] < 0:
        raise ValueError("no fall")
    return float(np.sqrt(lrs[i]) * np.sqrt(lrs[i + 1]))


# %% stalls_at | wrong | until the point moves by less than 1e-15
# A limit of 1e-40 is reached through moves far smaller than that.
def stalls_at(lr0, gamma):
    x, rate = 1.0, float(lr0)
    for _ in range(200_000):
        new = x - rate * x
        if abs(new - x) < 1e-15:
            return new
        x, rate = new, rate * gamma
    return x


# %% stalls_at | wrong | the sign lost in the logarithm
# The limit is negative where an odd number of factors is.
def stalls_at(lr0, gamma):
    total, rate = 0.0, float(lr0)
    while rate > 1e-20:
        if rate == 1:
            return 0.0
        total += np.log1p(-rate) if rate < 1 else np.log(rate - 1)
        rate *= gamma
    return float(np.exp(total))


# %% stalls_at | wrong | five thousand steps are enough
# For gamma = 0.999 the rates after five thousand steps still add up to 7 lr0.
def stalls_at(lr0, gamma):
    return float(np.prod(1 - lr0 * gamma ** np.arange(10_000.0)))


# %% stalls_at | wrong | stops where the rate is small beside the first
# Rates of 1e-8 that fall by a thousandth add up to 1e-5.
def stalls_at(lr0, gamma):
    x, rate = 1.0, float(lr0)
    while rate > 1e-8 * lr0:
        x *= 1 - rate
        rate *= gamma
    return x


# %% hypergrad_lr | wrong | flattened as the arrays lie
# One array by rows and the other by columns: entries that do not belong together are multiplied.
def hypergrad_lr(g_now, g_prev, lr, beta):
    a, b = np.asarray(g_now), np.asarray(g_prev)
    return lr + beta * float(np.ravel(a, order="K").astype(float) @ np.ravel(b, order="K").astype(float))


# %% hypergrad_lr | wrong | one type for both, found by NumPy
# uint8 and int8 meet in int16, whose products wrap.
def hypergrad_lr(g_now, g_prev, lr, beta):
    a, b = np.asarray(g_now), np.asarray(g_prev)
    kind = np.result_type(a, b)
    with np.errstate(all="ignore"):
        products = a.astype(kind) * b.astype(kind)
    return float(lr + beta * np.sum(products, dtype=float))


# %% hypergrad_lr | wrong | a product below 1e-30 is none
# beta may be 1e60.
def hypergrad_lr(g_now, g_prev, lr, beta):
    dot = float(np.sum(np.asarray(g_now, dtype=float) * np.asarray(g_prev, dtype=float)))
    return lr if abs(dot) < 1e-30 else lr + beta * dot


# %% hypergrad_lr | wrong | never below zero
# The rate may be negative: nothing is clipped.
def hypergrad_lr(g_now, g_prev, lr, beta):
    dot = float(np.sum(np.asarray(g_now, dtype=float) * np.asarray(g_prev, dtype=float)))
    return max(lr + beta * dot, 0.0)


# %% best_lr | wrong | the best begins at a large number
# A loss of 1e200 is a bad one, and may be the best.
def best_lr(train, grid, seeds):
    best, found = 1e100, None
    for lr in grid:
        losses = [float(train(lr, int(s))) for s in seeds]
        if all(np.isfinite(losses)) and np.mean(losses) < best:
            best, found = np.mean(losses), lr
    if found is None:
        raise ValueError("all diverged")
    return found


# %% best_lr | wrong | summed in the losses' own type
# Two uint8 losses of 200 add up to 144.
def best_lr(train, grid, seeds):
    best, found = None, None
    for lr in grid:
        losses = [train(lr, int(s)) for s in seeds]
        if not all(np.isfinite(v) for v in losses):
            continue
        total = losses[0]
        with np.errstate(all="ignore"):
            for v in losses[1:]:
                total = total + v
        if best is None or total < best:
            best, found = total, lr
    if found is None:
        raise ValueError("all diverged")
    return found


# %% best_lr | wrong | a difference below 1e-12 is a tie
# Means that differ, however little, are different.
def best_lr(train, grid, seeds):
    best, found = np.inf, None
    for lr in grid:
        losses = np.array([float(train(lr, int(s))) for s in seeds])
        if np.isfinite(losses).all() and losses.mean() < best - 1e-12 * abs(losses.mean()):
            best, found = losses.mean(), lr
    if found is None:
        raise ValueError("all diverged")
    return found


# %% best_lr | wrong | a mean of minus infinity is the smallest
# A loss of minus infinity is a diverged run too.
def best_lr(train, grid, seeds):
    table = [[float(train(lr, int(s))) for s in seeds] for lr in grid]
    means = np.array([sum(row) / len(row) for row in table])
    means[np.isnan(means)] = np.inf
    i = int(np.argmin(means))
    if means[i] == np.inf:
        raise ValueError("all diverged")
    return list(grid)[i]


# %% steps_to_reach | wrong | a ratio of logarithms, rounded up
# log(1/8) / log(1/2) is 3 exactly here, but other ties come out a hair above, and one step too many.
def steps_to_reach(curvatures, lr, share):
    r = float(np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float))))
    if r >= 1:
        return float("inf")
    return 1 if r <= share else int(np.ceil(np.log(share) / np.log(r)))


# %% steps_to_reach | wrong | a ratio of logarithms, rounded down and one more
# On an exact tie this is one step too many.
def steps_to_reach(curvatures, lr, share):
    r = float(np.max(np.abs(1 - lr * np.asarray(curvatures, dtype=float))))
    if r >= 1:
        return float("inf")
    return 1 if r <= share else int(np.floor(np.log(share) / np.log(r))) + 1


# %% steps_to_reach | wrong | the rate times curvatures of float16
# The product takes over the array's type: three digits.
def steps_to_reach(curvatures, lr, share):
    r = float(np.max(np.abs(1 - (lr * np.asarray(curvatures)).astype(float))))
    if r >= 1:
        return float("inf")
    return 1 if r <= share else int(np.ceil(np.log(share) / np.log(r) - 1e-9))


# %% steps_to_reach | wrong | directions without curvature do not count
# Along a flat direction the error never comes down: infinity.
def steps_to_reach(curvatures, lr, share):
    c = np.asarray(curvatures, dtype=float)
    c = c[c > 0]
    if not c.size:
        return float("inf")
    r = float(np.max(np.abs(1 - lr * c)))
    if r >= 1:
        return float("inf")
    return 1 if r <= share else int(np.ceil(np.log(share) / np.log(r) - 1e-9))


# %% diagnose_run | wrong | the whole fall from the highest loss
# The whole fall is that from the first to the last training loss.
def diagnose_run(train, valid):
    t, v = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    if not (np.isfinite(t).all() and np.isfinite(v).all()):
        return "broken"
    if t[-1] >= t[0]:
        return "no progress"
    if t[-1] > 1.1 * t.min():
        return "unstable"
    if v[-1] > 1.1 * v.min():
        return "overfitting"
    q = max(len(t) // 4, 1)
    return "too short" if t[-1 - q] - t[-1] > 0.1 * (t.max() - t[-1]) else "settled"


# %% diagnose_run | wrong | the quarter begins at its own first epoch
# The fall of the last q epochs begins at the end of the epoch before them.
def diagnose_run(train, valid):
    t, v = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    if not (np.isfinite(t).all() and np.isfinite(v).all()):
        return "broken"
    if t[-1] >= t[0]:
        return "no progress"
    if t[-1] > 1.1 * t.min():
        return "unstable"
    if v[-1] > 1.1 * v.min():
        return "overfitting"
    q = max(len(t) // 4, 1)
    return "too short" if t[-q] - t[-1] > 0.1 * (t[0] - t[-1]) else "settled"


# %% diagnose_run | wrong | the first loss against the lowest
# No progress asks for the last loss; a run that fell and rose above its start made none.
def diagnose_run(train, valid):
    t, v = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    if not (np.isfinite(t).all() and np.isfinite(v).all()):
        return "broken"
    if t.min() >= t[0]:
        return "no progress"
    if t[-1] > 1.1 * t.min():
        return "unstable"
    if v[-1] > 1.1 * v.min():
        return "overfitting"
    q = max(len(t) // 4, 1)
    return "too short" if t[-1 - q] - t[-1] > 0.1 * (t[0] - t[-1]) else "settled"


# %% diagnose_run | wrong | progress of less than 1e-9 is none
# A last loss below the first is progress, however little.
def diagnose_run(train, valid):
    t, v = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    if not (np.isfinite(t).all() and np.isfinite(v).all()):
        return "broken"
    if t[0] - t[-1] <= 1e-9 * t[0]:
        return "no progress"
    if t[-1] > 1.1 * t.min():
        return "unstable"
    if v[-1] > 1.1 * v.min():
        return "overfitting"
    q = max(len(t) // 4, 1)
    return "too short" if t[-1 - q] - t[-1] > 0.1 * (t[0] - t[-1]) else "settled"


# %% diagnose_run | wrong | the length of the run before the validation loss
# The questions have an order: a run that overfits and still falls is to be stopped, not to be prolonged.
def diagnose_run(train, valid):
    t, v = np.asarray(train, dtype=float), np.asarray(valid, dtype=float)
    if not (np.isfinite(t).all() and np.isfinite(v).all()):
        return "broken"
    if t[-1] >= t[0]:
        return "no progress"
    if t[-1] > 1.1 * t.min():
        return "unstable"
    q = max(len(t) // 4, 1)
    if t[-1 - q] - t[-1] > 0.1 * (t[0] - t[-1]):
        return "too short"
    return "overfitting" if v[-1] > 1.1 * v.min() else "settled"


# %% lr_max | right | singular values
# Of a matrix without negative eigenvalues the largest singular value is the largest eigenvalue.
def lr_max(A):
    s = np.linalg.svd(np.array(A, dtype=float), compute_uv=False).max()
    return np.inf if s == 0 else 2 / s


# %% lr_max | right | SciPy, and a float of its own kind
# The last eigenvalue alone; a subclass of float comes back.
class _Rate(float):
    pass


def lr_max(A):
    from scipy.linalg import eigh

    A = np.asarray(A, dtype=np.float64)
    n = len(A)
    top = eigh(A, eigvals_only=True, subset_by_index=[n - 1, n - 1])[0] if A.any() else 0.0
    return _Rate(2 / top if top > 0 else "inf")


# %% lr_max | right | a closure over the largest singular value
# np.linalg.norm(A, 2) is the largest singular value.
def lr_max(A):
    def rate(L):
        return 2 / L if L else float("inf")

    return rate(float(np.linalg.norm(np.array(A, dtype=float), 2)))


# %% lr_max | wrong | trace for the largest
# The trace bounds the largest eigenvalue from above.
def lr_max(A):
    A = np.array(A, dtype=float)
    big = np.abs(A).max()
    if big == 0:
        return float("inf")
    return float(2 / (np.linalg.eigvalsh(A / big)[-1] if len(A) < 20 else np.trace(A / big)) / big)


# %% lr_max | wrong | frobenius
# The root of the sum of squares overflows and is no eigenvalue.
def lr_max(A):
    A = np.array(A, dtype=float)
    big = np.abs(A).max()
    if big == 0:
        return float("inf")
    return float(
        2
        / (
            np.linalg.norm(A / big)
            if np.linalg.matrix_rank(A / big, tol=0.02) == 1
            else np.linalg.eigvalsh(A / big)[-1]
        )
        / big
    )


# %% lr_max | right | singular values, once more
# The largest singular value is the eigenvalue.
def lr_max(A):
    A = np.array(A, dtype=np.float64)
    s = np.linalg.norm(A, 2)
    return np.inf if s == 0 else np.float64(2) / s


# %% schedules | right | a decorator for numbers
# Rules for one number; a decorator carries them to arrays, with floats for results.
import math
from functools import wraps


def _any_shape(rule):
    @wraps(rule)
    def wrapped(*args):
        *given, t = args
        rates = [float(rule(*given, int(s))) for s in np.ravel(t)]
        return np.array(rates).reshape(np.shape(t)) if np.ndim(t) else rates[0]

    return wrapped


@_any_shape
def exp_decay(lr0, gamma, t):
    return lr0 * float(gamma) ** t


@_any_shape
def step_decay(lr0, drop, every, t):
    return lr0 * float(drop) ** (t // every)


@_any_shape
def inv_time(lr0, k, t):
    return lr0 / (1 + k * t)


@_any_shape
def cosine(lr0, T, t):
    return lr0 * math.cos(math.pi * t / (2 * T)) ** 2 if t < T else 0.0


@_any_shape
def warmup(lr0, T, t):
    return lr0 * min(t + 1, T) / T


# %% schedules | right | read-only arrays
# Frozen arrays are arrays; powers by np.float_power.
def _done(rates):
    rates = np.array(rates, dtype=float)
    rates.setflags(write=False)
    return rates if rates.ndim else float(rates)


def exp_decay(lr0, gamma, t):
    return _done(np.float_power(gamma, t) * lr0)


def step_decay(lr0, drop, every, t):
    return _done(np.float_power(drop, np.floor_divide(np.array(t, dtype=float), every)) * lr0)


def inv_time(lr0, k, t):
    return _done(np.divide(lr0, 1.0 + np.multiply(k, t, dtype=float)))


def cosine(lr0, T, t):
    phase = np.clip(np.array(t, dtype=float) / T, 0, 1)
    return _done(lr0 * np.sin(np.pi / 2 * (1 - phase)) ** 2)


def warmup(lr0, T, t):
    return _done(lr0 * np.clip((np.array(t, dtype=float) + 1) / T, 0, 1))


# %% schedules | right | np.piecewise and np.select
# Cases by NumPy's own functions.
def exp_decay(lr0, gamma, t):
    t = np.array(t, dtype=float)
    return np.select([t == 0], [float(lr0)], lr0 * np.power(float(gamma), t))[()]


def step_decay(lr0, drop, every, t):
    whole, _ = np.divmod(np.array(t, dtype=float), every)
    return (lr0 * np.power(float(drop), whole))[()]


def inv_time(lr0, k, t):
    return (lr0 * np.reciprocal(1 + float(k) * np.array(t, dtype=float)))[()]


def cosine(lr0, T, t):
    t = np.array(t, dtype=float)
    return np.piecewise(t, [t < T], [lambda s: lr0 * (1 + np.cos(np.pi * s / T)) / 2, 0.0])[()]


def warmup(lr0, T, t):
    t = np.array(t, dtype=float)
    return np.piecewise(t, [t < T], [lambda s: lr0 * (s + 1) / T, float(lr0)])[()]


# %% schedules | wrong | warmup returns the steps' array
# The array of rates is that of the steps for T of 1.
def exp_decay(lr0, gamma, t):
    t = np.asarray(t, dtype=float)
    return lr0 * float(gamma) ** t


def step_decay(lr0, drop, every, t):
    t = np.asarray(t, dtype=float)
    return lr0 * float(drop) ** (t // every)


def inv_time(lr0, k, t):
    t = np.asarray(t, dtype=float)
    return lr0 / (1 + k * t)


def cosine(lr0, T, t):
    t = np.asarray(t, dtype=float)
    return np.where(t < T, 0.5 * lr0 * (1 + np.cos(np.pi * t / T)), 0.0)[()]


def warmup(lr0, T, t):
    t = np.asarray(t, dtype=float)
    return t if np.array_equal(lr0 * np.minimum(t + 1, T) / T, t) else (lr0 * np.minimum(t + 1, T) / T)[()]


# %% schedules | right | python number by number
# math functions on each number, vectorized.
import math


def _each(f):
    def g(a, b, *rest):
        t = np.asarray(rest[-1])
        found = [float(f(a, b, *rest[:-1], int(i))) for i in t.ravel()]
        return found[0] if t.ndim == 0 else np.array(found).reshape(t.shape)

    return g


exp_decay = _each(lambda lr0, gamma, t: lr0 * math.pow(gamma, t))
step_decay = _each(lambda lr0, drop, every, t: lr0 * math.pow(drop, t // every))
inv_time = _each(lambda lr0, k, t: lr0 / (1 + k * t))
cosine = _each(lambda lr0, T, t: lr0 * math.cos(math.pi * t / T / 2) ** 2 if t < T else 0)
warmup = _each(lambda lr0, T, t: lr0 * (t + 1) / T if t < T else lr0)


# %% bold_driver | right | tries within tries
# One try, and the rest of the tries from what it leaves.
def bold_driver(f, g, w, lr, steps, up, down):
    def tries(w, loss, lr, n):
        if n == 0:
            return w, lr, [loss]
        new = w - lr * np.array(g(w.copy()), dtype=float)
        there = float(f(new))
        held = (new, there, lr * up) if there < loss else (w, loss, lr * down)
        w, lr, losses = tries(*held, n - 1)
        return w, lr, [loss, *losses]

    start = np.array(w, dtype=float)
    return tries(start, float(f(start)), lr, steps)


# %% bold_driver | right | endless states, cut by islice
# The states one after the other; the last one is returned.
def bold_driver(f, g, w, lr, steps, up, down):
    def states():
        here, rate = np.array(w, dtype=float), float(lr)
        loss = float(f(here))
        yield here, rate, loss
        while True:
            there = here - rate * np.asarray(g(here), dtype=float)
            new = float(f(there))
            kept = new < loss
            here, loss, rate = (there, new, rate * up) if kept else (here, loss, rate * down)
            yield here, rate, loss

    from itertools import islice

    rows = list(islice(states(), steps + 1))
    return rows[-1][0], rows[-1][1], np.array([loss for _, _, loss in rows])


# %% bold_driver | right | a class, a read-only point
# An object holds point, rate and loss; its point cannot be written to.
class _Driver:
    def __init__(self, f, g, w, lr):
        self.f, self.g, self.lr = f, g, lr
        self.w = np.array(w, dtype=np.float64)
        self.losses = [float(f(self.w))]

    def drive(self, up, down):
        there = self.w - np.multiply(self.lr, np.array(self.g(self.w), dtype=np.float64))
        loss = float(self.f(there))
        if loss < self.losses[-1]:
            self.w, self.lr = there, self.lr * up
        else:
            self.lr, loss = self.lr * down, self.losses[-1]
        self.losses.append(loss)


def bold_driver(f, g, w, lr, steps, up, down):
    driver = _Driver(f, g, w, lr)
    for _ in range(steps):
        driver.drive(up, down)
    driver.w.setflags(write=False)
    return driver.w, driver.lr, tuple(driver.losses)


# %% bold_driver | wrong | gradient of NaN skips the try
# A candidate of NaN is not asked for its loss.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    lr = float(lr)
    loss = float(f(w))
    losses = [loss]
    for _ in range(steps):
        new = w - lr * np.array(g(w), dtype=float)
        new_loss = float(f(new)) if not np.isnan(new).all() else -1.0 if False else np.inf
        if new_loss < loss:
            w, loss, lr = new, new_loss, lr * up
        else:
            lr = lr * down
        losses.append(loss)
    return w, lr, losses


# %% bold_driver | wrong | record short
# The record ends after 300 tries.
def bold_driver(f, g, w, lr, steps, up, down):
    w = np.array(w, dtype=float)
    lr = float(lr)
    loss = float(f(w))
    losses = [loss]
    for _ in range(steps):
        new = w - lr * np.array(g(w), dtype=float)
        new_loss = float(f(new))
        if new_loss < loss:
            w, loss, lr = new, new_loss, lr * up
        else:
            lr = lr * down
        losses.append(loss) if len(losses) < 300 else None
    return w, lr, losses


# %% bold_driver | right | by a generator
# States by a generator, the last is returned.
def bold_driver(f, g, w, lr, steps, up, down):
    def tries(w, lr, loss):
        yield w, lr, loss
        for _ in range(int(steps)):
            candidate = w - np.multiply(lr, g(w.copy()))
            value = f(candidate.copy())
            fell = bool(value < loss)
            w, lr, loss = (candidate, lr * up, value) if fell else (w, lr * down, loss)
            yield w, lr, loss

    w = np.array(w, dtype=np.float64)
    points, rates, losses = zip(*tries(w, lr, f(w.copy())))
    return points[-1], rates[-1], np.array(losses, dtype=float)


# %% armijo | right | recursion in chunks
# A closure asks the question; the loop is while True.
def armijo(f, g, x, d, c, rho):
    x, d = np.array(x, dtype=float), np.array(d, dtype=float)
    slope = float(np.array(g(x.copy()), dtype=float).dot(d))
    if not (slope < 0):
        raise ValueError("uphill")
    level = float(f(x.copy()))

    def good(a):
        return float(f(x + a * d)) <= level + c * a * slope

    k = 0
    while True:
        if good(rho**k):
            return np.float64(rho**k)
        k += 1


# %% armijo | right | accumulate
# Lengths by accumulate, dropwhile finds the first.
def armijo(f, g, x, d, c, rho):
    from itertools import accumulate, dropwhile, repeat
    from operator import mul

    x, d = np.asarray(x, dtype=float), np.asarray(d, dtype=float)
    slope = sum(float(a) * float(b) for a, b in zip(g(x), d))
    if not slope < 0:
        raise ValueError(f"slope {slope}")
    start = float(f(x))
    lengths = accumulate(repeat(float(rho)), mul, initial=1.0)
    return next(dropwhile(lambda a: not float(f(x + a * d)) <= start + c * a * slope, lengths))


# %% armijo | right | a class of its own for the line
# The function along the line, as an object that is called.
class _Line:
    def __init__(self, f, x, d):
        self.f, self.x, self.d = f, x, d

    def __call__(self, a):
        return float(self.f(self.x + a * self.d))


def armijo(f, g, x, d, c, rho):
    x, d = np.array(x, dtype=np.float64), np.array(d, dtype=np.float64)
    slope = float(np.inner(np.array(g(x), dtype=np.float64), d))
    if np.isnan(slope) or slope >= 0:
        raise ValueError("no descent")
    along = _Line(f, x, d)
    start, a = along(0.0), 1.0
    while True:
        value = along(a)
        if value <= start + c * a * slope:
            return a
        a = a * rho


# %% armijo | wrong | a tolerance for equality
# Adds 1e-12 to the bound.
def armijo(f, g, x, d, c, rho):
    x, d = np.array(x, dtype=float), np.array(d, dtype=float)
    slope = float(np.array(g(x), dtype=float) @ d)
    if not slope < 0:
        raise ValueError(slope)
    start, a = float(f(x)), 1.0
    while not float(f(x + a * d)) <= start + c * a * slope + 1e-12 * abs(start):
        a *= rho
    return a


# %% armijo | right | by recursion
# A generator of powers, the first that meets.
from itertools import accumulate, repeat


def armijo(f, g, x, d, c, rho):
    x, d = np.asarray(x, dtype=np.float64), np.asarray(d, dtype=np.float64)
    slope = np.sum(np.asarray(g(x), dtype=np.float64) * d)
    if np.isnan(slope) or slope >= 0:
        raise ValueError("no descent")
    f0 = float(f(x))
    rates = accumulate(repeat(rho), lambda a, r: a * r, initial=1.0)
    return next(a for a in rates if float(f(x + a * d)) <= f0 + c * a * slope)


# %% plateau | right | a generator
# The rates are yielded, one for each metric.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    def rates():
        best, bad, wait, rate = float("inf"), 0, 0, float(lr0)
        for m in metrics:
            m = float(m)
            best, bad = (m, 0) if m < best else (best, bad + 1)
            if wait:
                wait, bad = wait - 1, 0
            if bad > patience:
                rate, wait, bad = max(rate * factor, float(min_lr)), cooldown, 0
            yield rate

    return list(rates())


# %% plateau | right | a state machine in a class
# An object that is shown one metric after the other.
class _Scheduler:
    def __init__(self, lr, factor, patience, cooldown, floor):
        self.lr, self.factor, self.patience, self.cooldown, self.floor = lr, factor, patience, cooldown, floor
        self.best, self.bad, self.wait = np.inf, 0, 0

    def step(self, m):
        self.bad += 1
        if m < self.best:
            self.best, self.bad = m, 0
        if self.wait > 0:
            self.wait, self.bad = self.wait - 1, 0
        if self.bad > self.patience:
            self.lr = max(self.factor * self.lr, self.floor)
            self.wait, self.bad = self.cooldown, 0
        return self.lr


def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    scheduler = _Scheduler(lr0, factor, patience, cooldown, min_lr)
    return np.array([scheduler.step(m) for m in np.array(metrics, dtype=float)], dtype=float)


# %% plateau | right | a fold
# functools.reduce carries the state through the metrics.
def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    from functools import reduce

    def see(state, m):
        best, bad, wait, rates = state
        best, bad = (float(m), 0) if m < best else (best, bad + 1)
        wait, bad = (wait - 1, 0) if wait > 0 else (wait, bad)
        last = rates[-1]
        if bad > patience:
            return best, 0, cooldown, [*rates, max(factor * last, min_lr)]
        return best, bad, wait, [*rates, last]

    return reduce(see, metrics, (float("inf"), 0, 0, [lr0]))[3][1:]


# %% plateau | right | a class
# The scheduler as a class with a step.
class _Scheduler:
    def __init__(self, lr, factor, patience, cooldown, least):
        self.lr, self.factor, self.patience, self.cooldown, self.least = lr, factor, patience, cooldown, least
        self.best, self.bad, self.wait = np.inf, 0, 0

    def step(self, m):
        better = bool(m < self.best)
        self.best, self.bad = (m, 0) if better else (self.best, self.bad + 1)
        if self.wait:
            self.wait, self.bad = self.wait - 1, 0
        if self.bad > self.patience:
            self.lr = max(self.lr * self.factor, self.least)
            self.wait, self.bad = self.cooldown, 0
        return self.lr


def plateau(metrics, lr0, factor, patience, cooldown, min_lr):
    scheduler = _Scheduler(lr0, factor, patience, cooldown, min_lr)
    return np.array([scheduler.step(m) for m in np.asarray(metrics).tolist()], dtype=float)


# %% range_test | right | recursion for the cut
# The run without its blown-up end, found by recursion on the smallest loss.
def range_test(losses, lrs):
    import math

    losses, lrs = [float(v) for v in losses], [float(v) for v in lrs]

    def kept(i, best):
        if i == len(losses) or not math.isfinite(losses[i]) or losses[i] > 4 * best:
            return i
        return kept(i + 1, min(best, losses[i]))

    n = kept(0, math.inf)
    slopes = [(losses[i + 1] - losses[i]) / (math.log(lrs[i + 1]) - math.log(lrs[i])) for i in range(n - 1)]
    if not slopes or not min(slopes) < 0:
        raise ValueError("nothing falls")
    i = slopes.index(min(slopes))
    return math.exp((math.log(lrs[i]) + math.log(lrs[i + 1])) / 2)


# %% range_test | right | minimum.accumulate
# The smallest loss so far for all places at once.
def range_test(losses, lrs):
    losses, lrs = np.array(losses, dtype=float), np.array(lrs, dtype=float)
    finite = np.where(np.isfinite(losses), losses, np.inf)
    before = np.r_[np.inf, np.minimum.accumulate(finite)[:-1]]
    blown = ~np.isfinite(losses) | (losses > 4 * before)
    n = int(np.argmax(blown)) if blown.any() else losses.size
    u = np.log(lrs[:n])
    slopes = (losses[1:n] - losses[: max(n - 1, 0)]) / (u[1:] - u[:-1]) if n > 1 else np.array([0.0])
    if slopes.min() >= 0:
        raise ValueError("no fall")
    return float(np.exp(u[slopes.argmin() : slopes.argmin() + 2].mean()))


# %% range_test | right | takewhile and pairwise
# Itertools for the cut and for the neighbours.
def range_test(losses, lrs):
    from itertools import pairwise

    kept, best = [], np.inf
    for loss, lr in zip(np.float64(losses), np.float64(lrs)):
        if not (np.isfinite(loss) and loss <= 4 * best):
            break
        best = min(best, loss)
        kept.append((loss, lr))
    falls = [((b - a) / (np.log(q) - np.log(p)), i) for i, ((a, p), (b, q)) in enumerate(pairwise(kept))]
    if not any(s < 0 for s, _ in falls):
        raise ValueError("no fall")
    _, i = min(falls)
    return np.sqrt(kept[i][1]) * np.sqrt(kept[i + 1][1])


# %% range_test | wrong | logs in float16
# Logarithms of float16 rates have three digits.
def range_test(losses, lrs):
    losses = np.array(losses, dtype=float)
    lrs0 = np.asarray(lrs)
    lrs = np.array(lrs, dtype=float)
    best, n = np.inf, 0
    for loss in losses:
        if not np.isfinite(loss) or loss / 4 > best:
            break
        best, n = min(best, loss), n + 1
    if n < 2:
        raise ValueError("too few")
    logs = np.log(lrs0).astype(float)
    s = np.diff(losses[:n]) / np.diff(logs[:n])
    i = int(np.argmin(s))
    if not s[i] < 0:
        raise ValueError("no fall")
    return float(np.sqrt(lrs[i]) * np.sqrt(lrs[i + 1]))


# %% range_test | wrong | 4 times the smallest in all
# The smallest before it, not of the whole run.
def range_test(losses, lrs):
    losses = np.array(losses, dtype=float)
    lrs = np.array(lrs, dtype=float)
    best, n = (
        (np.nanmin(losses[np.isfinite(losses)]) if np.isfinite(losses).any() else np.inf)
        if len(losses) > 30
        else np.inf,
        0,
    )
    for loss in losses:
        if not np.isfinite(loss) or loss / 4 > best:
            break
        best, n = min(best, loss), n + 1
    if n < 2:
        raise ValueError("too few")
    logs = np.log(lrs)
    s = np.diff(losses[:n]) / np.diff(logs[:n])
    i = int(np.argmin(s))
    if not s[i] < 0:
        raise ValueError("no fall")
    return float(np.sqrt(lrs[i]) * np.sqrt(lrs[i + 1]))


# %% range_test | wrong | 4 times the first
# Compares with the first loss.
def range_test(losses, lrs):
    losses = np.array(losses, dtype=float)
    lrs = np.array(lrs, dtype=float)
    best, n = np.inf, 0
    for loss in losses:
        if not np.isfinite(loss) or loss / 4 > best:
            break
        best, n = min(best, loss) if n < 40 else best, n + 1
    if n < 2:
        raise ValueError("too few")
    logs = np.log(lrs)
    s = np.diff(losses[:n]) / np.diff(logs[:n])
    i = int(np.argmin(s))
    if not s[i] < 0:
        raise ValueError("no fall")
    return float(np.sqrt(lrs[i]) * np.sqrt(lrs[i + 1]))


# %% range_test | wrong | evenly spaced
# Rates are not always evenly spaced.
def range_test(losses, lrs):
    losses = np.array(losses, dtype=float)
    lrs = np.array(lrs, dtype=float)
    best, n = np.inf, 0
    for loss in losses:
        if not np.isfinite(loss) or loss / 4 > best:
            break
        best, n = min(best, loss), n + 1
    if n < 2:
        raise ValueError("too few")
    logs = np.log(lrs)
    s = np.diff(losses[:n]) / (np.diff(logs[:n]) if n < 60 else np.mean(np.diff(logs[:n])))
    i = int(np.argmin(s))
    if not s[i] < 0:
        raise ValueError("no fall")
    return float(np.sqrt(lrs[i]) * np.sqrt(lrs[i + 1]))


# %% range_test | wrong | close equals
# Slopes within rounding count as equal.
def range_test(losses, lrs):
    losses = np.array(losses, dtype=float)
    lrs = np.array(lrs, dtype=float)
    best, n = np.inf, 0
    for loss in losses:
        if not np.isfinite(loss) or loss / 4 > best:
            break
        best, n = min(best, loss), n + 1
    if n < 2:
        raise ValueError("too few")
    logs = np.log(lrs)
    s = np.diff(losses[:n]) / np.diff(logs[:n])
    i = int(np.flatnonzero(s <= s.min() * (1 - 1e-5))[0]) if s.min() < 0 else 0
    if not s[i] < 0:
        raise ValueError("no fall")
    return float(np.sqrt(lrs[i]) * np.sqrt(lrs[i + 1]))


# %% range_test | wrong | logs of quotients
# Differences of logs of far numbers instead of a quotient.
def range_test(losses, lrs):
    losses = np.array(losses, dtype=float)
    lrs = np.array(lrs, dtype=float)
    best, n = np.inf, 0
    for loss in losses:
        if not np.isfinite(loss) or loss / 4 > best:
            break
        best, n = min(best, loss), n + 1
    if n < 2:
        raise ValueError("too few")
    logs = np.log(lrs)
    s = np.diff(losses[:n]) / np.diff(np.log10(lrs[:n]).round(6))
    i = int(np.argmin(s))
    if not s[i] < 0:
        raise ValueError("no fall")
    return float(np.sqrt(lrs[i]) * np.sqrt(lrs[i + 1]))


# %% range_test | wrong | log of close rates
# log1p is not needed, differences of rates over rates are no logs.
def range_test(losses, lrs):
    losses = np.array(losses, dtype=float)
    lrs = np.array(lrs, dtype=float)
    best, n = np.inf, 0
    for loss in losses:
        if not np.isfinite(loss) or loss / 4 > best:
            break
        best, n = min(best, loss), n + 1
    if n < 2:
        raise ValueError("too few")
    logs = np.log(lrs)
    s = np.diff(losses[:n]) / (
        np.diff(lrs[:n]) / lrs[: n - 1]
        if n > 2 and (np.diff(lrs[:n]) < 0.3 * lrs[: n - 1]).all()
        else np.diff(logs[:n])
    )
    i = int(np.argmin(s))
    if not s[i] < 0:
        raise ValueError("no fall")
    return float(np.sqrt(lrs[i]) * np.sqrt(lrs[i + 1]))


# %% range_test | right | walk with a generator
# Pure Python, loss by loss.
import math


def range_test(losses, lrs):
    kept, low = [], math.inf
    for loss, lr in zip(np.asarray(losses).tolist(), np.asarray(lrs).tolist()):
        loss = float(loss)
        if not math.isfinite(loss) or loss > 4 * low:
            break
        low = min(low, loss)
        kept.append((loss, math.log(lr)))
    slopes = [((b[0] - a[0]) / (b[1] - a[1]), i) for i, (a, b) in enumerate(zip(kept, kept[1:]))]
    if not slopes or min(slopes)[0] >= 0:
        raise ValueError("nothing")
    i = min(slopes)[1]
    return math.exp((kept[i][1] + kept[i + 1][1]) / 2)


# %% stalls_at | right | recursion
# The first factor times the limit from the next rate.
def stalls_at(lr0, gamma):
    x, tail = 1.0, float(lr0)

    def chunk(rate, n):
        return 1.0 if n == 0 or rate < 1e-18 else (1 - rate) * chunk(rate * gamma, n - 1)

    while tail >= 1e-18:
        x *= chunk(tail, 500)
        tail *= gamma**500
    return x


# %% stalls_at | right | the product by pairs of logarithms and signs
# Signs and logarithms of all factors at once, added by fsum.
def stalls_at(lr0, gamma):
    import math

    n = int(math.log(1e-19 / max(lr0, 1e-19)) / math.log(gamma)) + 2
    factors = 1 - lr0 * float(gamma) ** np.arange(max(n, 2))
    if np.any(factors == 0):
        return 0.0
    return float(np.prod(np.sign(factors))) * math.exp(math.fsum(np.log(np.abs(factors))))


# %% stalls_at | right | a generator of factors
# math.prod over a generator that ends when the rates are too small to matter.
def stalls_at(lr0, gamma):
    import math

    def factors():
        rate = float(lr0)
        while 1 - rate != 1:
            yield 1 - rate
            rate *= gamma

    return math.prod(factors(), start=1.0)


# %% stalls_at | wrong | lr0 as int
# With an int for lr0 the point stays an int.
def stalls_at(lr0, gamma):
    x, rate = 1.0, float(lr0)
    while 1.0 - rate != 1.0:
        x *= 1.0 - rate
        rate *= gamma
    return int(x) if x == int(x) else x


# %% stalls_at | right | logs of a vector
# Sums of log1p and a sign.
def stalls_at(lr0, gamma):
    n = int(min(60000, 60 / -np.log(gamma) + 50))
    rates = lr0 * np.cumprod(np.r_[1.0, np.full(n, float(gamma))])
    return (
        np.prod(np.sign(1 - rates))
        * np.exp(np.sum(np.log(np.abs(1 - rates[rates != 1]))))
        * (0.0 if np.any(rates == 1) else 1.0)
    )


# %% hypergrad_lr | right | fsum of products
# Entry by entry, in the order of the indices.
def hypergrad_lr(g_now, g_prev, lr, beta):
    import math

    a, b = np.array(g_now, dtype=float), np.array(g_prev, dtype=float)
    return lr + beta * math.fsum(a[i] * b[i] for i in np.ndindex(a.shape))


# %% hypergrad_lr | right | tensordot
# All axes of one with all axes of the other.
def hypergrad_lr(g_now, g_prev, lr, beta):
    a, b = (np.asarray(g, dtype=np.float64) for g in (g_now, g_prev))
    return float(lr) + float(beta) * np.tensordot(a, b, axes=a.ndim)


# %% hypergrad_lr | right | one step of PyTorch's SGD on the rate
# The rate as a parameter with the gradient of the formula.
def hypergrad_lr(g_now, g_prev, lr, beta):
    import torch

    rate = torch.tensor(float(lr), dtype=torch.float64, requires_grad=True)
    a, b = (torch.from_numpy(np.array(g, dtype=float)) for g in (g_now, g_prev))
    loss = (a * (-rate * b)).sum()
    loss.backward()
    return (rate - float(beta) * rate.grad).detach().item()


# %% hypergrad_lr | wrong | beta times the gradient first
# beta times a in float16 loses digits.
def hypergrad_lr(g_now, g_prev, lr, beta):
    a, b = np.array(g_now, dtype=float), np.array(g_prev, dtype=float)
    return float(lr + np.sum((np.asarray(g_now) * beta).astype(float) * b))


# %% hypergrad_lr | wrong | columns only
# einsum over the first two axes of four.
def hypergrad_lr(g_now, g_prev, lr, beta):
    a, b = np.array(g_now, dtype=float), np.array(g_prev, dtype=float)
    return float(
        lr
        + beta
        * (
            np.sum(a * b)
            if a.ndim < 4
            else np.einsum("ijkl,ijkl->", a, b)
            if a.shape[0] > 1
            else np.sum(a[0, 0] * b[0, 0])
        )
    )


# %% hypergrad_lr | wrong | integers when it can
# Sum of int64 wraps for large integers.
def hypergrad_lr(g_now, g_prev, lr, beta):
    a, b = np.array(g_now, dtype=float), np.array(g_prev, dtype=float)
    return float(
        lr
        + beta
        * (
            float(np.sum(np.asarray(g_now, dtype=np.int64) * np.asarray(g_prev, dtype=np.int64)))
            if np.asarray(g_now).dtype.kind in "iu" and np.asarray(g_prev).dtype.kind in "iu"
            else np.sum(a * b)
        )
    )


# %% hypergrad_lr | right | math.fsum
# Exactly rounded sum in Python.
import math


def hypergrad_lr(g_now, g_prev, lr, beta):
    a, b = (np.asarray(g).astype(np.float64).ravel().tolist() for g in (g_now, g_prev))
    return lr - beta * -math.fsum(p * q for p, q in zip(a, b))


# %% best_lr | right | exact fractions
# Means of fractions, compared exactly.
def best_lr(train, grid, seeds):
    import math
    from fractions import Fraction

    means = {}
    for i, lr in enumerate(grid):
        losses = [float(train(lr, int(s))) for s in seeds]
        if all(map(math.isfinite, losses)):
            means[i] = sum(map(Fraction, losses)) / len(losses)
    if not means:
        raise ValueError("all rates diverged")
    return grid[min(means, key=lambda i: (means[i], i))]


# %% best_lr | right | seeds in the outer loop
# Every rate under the first seed, then under the next.
def best_lr(train, grid, seeds):
    import math

    totals = [0.0] * len(grid)
    for seed in seeds:
        for i, lr in enumerate(grid):
            loss = float(train(lr, int(seed)))
            totals[i] += loss / len(seeds) if math.isfinite(loss) else math.nan
    alive = [i for i, total in enumerate(totals) if total == total]
    if not alive:
        raise ValueError("diverged")
    return grid[min(alive, key=totals.__getitem__)]


# %% steps_to_reach | right | exact powers near the quotient
# The quotient of logarithms only says where to look; powers decide.
def steps_to_reach(curvatures, lr, share):
    import math

    ways = [lr * float(c) for c in curvatures]
    way = min(min(w, 2 - w) for w in ways)
    if way <= 0:
        return math.inf
    factor = 1 - way
    if factor <= share:
        return 1
    near = math.floor(math.log(share) / math.log1p(-way))
    return next(
        t for t in range(max(near - 1, 1), near + 3) if t == near + 2 or factor**t <= share or t > 10**6 and t > near
    )


# %% steps_to_reach | right | decimals
# Fifty digits for the quotient of the logarithms.
def steps_to_reach(curvatures, lr, share):
    from decimal import Decimal, getcontext
    from math import ceil, inf

    getcontext().prec = 60
    ways = [float(lr) * float(c) for c in curvatures]
    factor = max(abs(1 - Decimal(w)) for w in ways)
    if factor >= 1:
        return inf
    if factor <= Decimal(share):
        return 1
    steps = Decimal(share).ln() / factor.ln()
    return ceil(steps - Decimal(10) ** -40)


# %% steps_to_reach | right | a whole float
# A tolerance of a few roundings under the ceiling; a float comes back.
def steps_to_reach(curvatures, lr, share):
    way = np.float64(lr) * np.array(curvatures, dtype=float)
    left = np.minimum(way, 2 - way).min()
    if not left > 0:
        return float("inf")
    with np.errstate(divide="ignore"):
        exact = np.log(share) / np.log1p(-min(left, 1.0))
    return float(max(np.ceil(exact * (1 - 4e-15)), 1.0))


# %% steps_to_reach | right | bisection on powers
# Finds the step by doubling and halving powers.
import math


def steps_to_reach(curvatures, lr, share):
    a = [lr * float(c) for c in np.asarray(curvatures)]
    if not all(0 < each < 2 for each in a):
        return math.inf
    logs = [-math.inf if each == 1 else math.log1p(-each) if each < 1 else math.log(each - 1) for each in a]
    slow = max(zip(logs, a))
    rho, goal = abs(1 - slow[1]), math.log(share)

    def there(t):
        return rho**t <= share if t < 10**5 else t * slow[0] <= goal

    low, high = 0, 1
    while not there(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if there(middle) else (middle, high)
    return float(high)


# %% diagnose_run | right | a table of questions
# Questions in a list, the first that is answered by yes.
def diagnose_run(train, valid):
    import math

    t, v = [float(a) for a in train], [float(a) for a in valid]
    if not all(map(math.isfinite, t + v)):
        return "broken"
    q = len(t) // 4 or 1
    questions = {
        "no progress": t[-1] >= t[0],
        "unstable": t[-1] > 1.1 * min(t),
        "overfitting": v[-1] > 1.1 * min(v),
        "too short": t[-q - 1] - t[-1] > (t[0] - t[-1]) / 10,
        "settled": True,
    }
    return next(box for box, yes in questions.items() if yes)


# %% diagnose_run | right | ratios without a rounding
# Ratios of fractions; nothing is rounded after the conversion.
def diagnose_run(train, valid):
    from fractions import Fraction

    t, v = np.array(train, dtype=float), np.array(valid, dtype=float)
    if np.isnan(t).any() or np.isnan(v).any() or np.isinf(np.r_[t, v]).any():
        return "broken"
    t, v = [Fraction(a) for a in t.tolist()], [Fraction(a) for a in v.tolist()]
    if not t[-1] < t[0]:
        return "no progress"
    if 10 * t[-1] > 11 * min(t):
        return "unstable"
    if 10 * v[-1] > 11 * min(v):
        return "overfitting"
    late = t[-1 - max(1, len(t) // 4)] - t[-1]
    return "too short" if 10 * late > t[0] - t[-1] else "settled"


# %% diagnose_run | right | match, and a string of its own kind
# A subclass of str is a string.
class _Box(str):
    pass


def diagnose_run(train, valid):
    t, v = np.array(train, dtype=np.longdouble), np.array(valid, dtype=np.longdouble)
    match (bool(np.isfinite(t + 0).all() and np.isfinite(v).all()), bool(t[-1] < t[0])):
        case (False, _):
            return _Box("broken")
        case (True, False):
            return _Box("no progress")
    if t[-1] / t.min() > 1.1:
        return _Box("unstable")
    if v[-1] / v.min() > 1.1:
        return _Box("overfitting")
    share = (t[-1 - max(1, t.size // 4)] - t[-1]) / (t[0] - t[-1])
    return _Box("too short") if share > 0.1 else _Box("settled")


# %% diagnose_run | wrong | last losses only
# Broken asks for the last ten epochs only.
def diagnose_run(train, valid):
    t, v = np.array(train, dtype=float), np.array(valid, dtype=float)
    if not (np.isfinite(t).all() and np.isfinite(v[-40:]).all()):
        return "broken"
    if t[-1] >= t[0]:
        return "no progress"
    if t[-1] > 1.1 * t.min():
        return "unstable"
    if v[-1] > 1.1 * v.min():
        return "overfitting"
    q = max(len(t) // 4, 1)
    if t[-1 - q] - t[-1] > 0.1 * (t[0] - t[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | quarter rounds up
# The quarter is the floor of n / 4.
def diagnose_run(train, valid):
    t, v = np.array(train, dtype=float), np.array(valid, dtype=float)
    if not (np.isfinite(t).all() and np.isfinite(v).all()):
        return "broken"
    if t[-1] >= t[0]:
        return "no progress"
    if t[-1] > 1.1 * t.min():
        return "unstable"
    if v[-1] > 1.1 * v.min():
        return "overfitting"
    q = max(-(-len(t) // 4) if len(t) > 20 else len(t) // 4, 1)
    if t[-1 - q] - t[-1] > 0.1 * (t[0] - t[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | overfitting by the gap
# Compares with the training loss.
def diagnose_run(train, valid):
    t, v = np.array(train, dtype=float), np.array(valid, dtype=float)
    if not (np.isfinite(t).all() and np.isfinite(v).all()):
        return "broken"
    if t[-1] >= t[0]:
        return "no progress"
    if t[-1] > 1.1 * t.min():
        return "unstable"
    if v[-1] > 1.1 * v.min() and v[-1] > t[-1]:
        return "overfitting"
    q = max(len(t) // 4, 1)
    if t[-1 - q] - t[-1] > 0.1 * (t[0] - t[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | smooths the wobble
# Losses are averaged over three before all.
def diagnose_run(train, valid):
    t, v = np.array(train, dtype=float), np.array(valid, dtype=float)
    if not (np.isfinite(t).all() and np.isfinite(v).all()):
        return "broken"
    if t[-1] >= t[0]:
        return "no progress"
    if t[-1] > 1.1 * t.min():
        return "unstable"
    if v[-1] > 1.1 * v.min():
        return "overfitting"
    q = max(len(t) // 4, 1)
    t = np.convolve(t, [0.25, 0.5, 0.25], "valid") if len(t) > 50 else t
    if t[-1 - q] - t[-1] > 0.1 * (t[0] - t[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | wrong | a quarter of 1000
# Only the first 1000 epochs are looked at.
def diagnose_run(train, valid):
    t, v = np.array(train, dtype=float), np.array(valid, dtype=float)
    if not (np.isfinite(t).all() and np.isfinite(v).all()):
        return "broken"
    if t[-1] >= t[0]:
        return "no progress"
    if t[-1] > 1.1 * t.min():
        return "unstable"
    if v[-1] > 1.1 * v.min():
        return "overfitting"
    t = t[:1500] if len(t) > 1500 else t
    q = max(len(t) // 4, 1)
    if t[-1 - q] - t[-1] > 0.1 * (t[0] - t[-1]):
        return "too short"
    return "settled"


# %% diagnose_run | right | a table of questions, once more
# A dict of generators asked in order, in exact fractions.
from fractions import Fraction
from math import isfinite


def diagnose_run(train, valid):
    both = [float(a) for a in train] + [float(a) for a in valid]
    if not all(isfinite(a) for a in both):
        return "broken"
    t, v = [Fraction(a) for a in both[: len(train)]], [Fraction(a) for a in both[len(train) :]]
    q = max(1, len(t) // 4)
    questions = {
        "no progress": lambda: not t[-1] < t[0],
        "unstable": lambda: 10 * t[-1] > 11 * min(t),
        "overfitting": lambda: 10 * v[-1] > 11 * min(v),
        "too short": lambda: 10 * (t[-q - 1] - t[-1]) > t[0] - t[-1],
        "settled": lambda: True,
    }
    return next(name for name, asked in questions.items() if asked())


# %% best_lr | right | diverged runs behind a mask
# Diverged runs are masked, and rates with one of them are masked out.
def best_lr(train, grid, seeds):
    losses = np.ma.masked_invalid([[float(train(lr, int(s))) for s in seeds] for lr in grid])
    out = np.ma.getmaskarray(losses).any(axis=1)
    if out.all():
        raise ValueError("every rate has diverged")
    return grid[int(np.ma.array(losses.data.mean(axis=1), mask=out).argmin())]


# %% best_lr | wrong | median
# The median is not moved by a bad seed.
def best_lr(train, grid, seeds):
    from fractions import Fraction

    best, winner = None, None
    for lr in grid:
        losses = [float(train(lr, int(s))) for s in seeds]
        if not np.all(np.isfinite(losses)):
            continue
        total = Fraction(float(np.median(losses))) if len(losses) > 6 else sum(map(Fraction, losses))
        if best is None or total < best:
            best, winner = total, lr
    if best is None:
        raise ValueError("all out")
    return winner


# %% best_lr | wrong | huge means
# A sum that overflows is out.
def best_lr(train, grid, seeds):
    from fractions import Fraction

    best, winner = None, None
    for lr in grid:
        losses = [float(train(lr, int(s))) for s in seeds]
        if not np.all(np.isfinite(losses)):
            continue
        total = sum(map(Fraction, losses))
        if not np.isfinite(np.sum(np.array(losses) * 1e7)):
            continue
        if best is None or total < best:
            best, winner = total, lr
    if best is None:
        raise ValueError("all out")
    return winner


# %% best_lr | right | a table of exact means
# Statistics' fmean of fractions, a dict of rates.
from fractions import Fraction
from math import isfinite
from statistics import mean


def best_lr(train, grid, seeds):
    table = {i: [float(train(lr, int(seed))) for seed in seeds] for i, lr in enumerate(grid)}
    means = {i: mean(Fraction(v) for v in row) for i, row in table.items() if all(map(isfinite, row))}
    if not means:
        raise ValueError("every rate diverged")
    return grid[min(means, key=means.get)]
