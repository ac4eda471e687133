"""Answers to the exercises of unit 01: wrong ones that must lose points, right ones that must earn all.

Each cell is one answer; its title is `exercise | wrong or right | name`. The first comment of a wrong answer says what
is misunderstood, that of a right one what is unusual.
"""


# %% mse | wrong | a column against a row
# (m, 1) minus (m,) broadcasts to m times m errors.
def mse(h, y, reduction):
    e2 = (np.asarray(h, dtype=float) - np.asarray(y, dtype=float)) ** 2
    if reduction == "sum":
        return e2.sum()
    if reduction == "mean":
        return e2.mean()
    if reduction == "half_mean":
        return e2.mean() / 2
    raise ValueError(reduction)


# %% mse | wrong | pixels wrap around
# uint8 arithmetic is modulo 256, so 3 - 5 is 254.
def mse(h, y, reduction):
    e2 = (np.ravel(h) - np.ravel(y)) ** 2
    if reduction == "sum":
        return e2.sum()
    if reduction == "mean":
        return e2.mean()
    if reduction == "half_mean":
        return e2.mean() / 2
    raise ValueError(reduction)


# %% mse | wrong | converts after the subtraction
# The difference has wrapped around before it becomes a float.
def mse(h, y, reduction):
    e = (h.ravel() - y.ravel()).astype(float)
    m = len(e)
    divisor = {"sum": 1, "mean": m, "half_mean": 2 * m}
    if reduction not in divisor:
        raise ValueError(reduction)
    return np.sum(e**2) / divisor[reduction]


# %% mse | wrong | remembers each array by its identity
# The caller may fill an array that it keeps with other numbers.
_floats = {}


def _as_floats(a):
    known, numbers = _floats.get(id(a), (None, None))
    if known is not a:
        numbers = np.array(a, dtype=float).ravel()
        _floats[id(a)] = a, numbers
    return numbers


def mse(h, y, reduction):
    e = _as_floats(h) - _as_floats(y)
    divisor = {"sum": 1, "mean": len(e), "half_mean": 2 * len(e)}
    if reduction not in divisor:
        raise ValueError(reduction)
    return np.sum(e**2) / divisor[reduction]


# %% mse | wrong | ignores the reduction
# The three reductions differ by the factors m and 2.
def mse(h, y, reduction):
    e = np.ravel(h).astype(float) - np.ravel(y).astype(float)
    if reduction not in ("sum", "mean", "half_mean"):
        raise ValueError(reduction)
    return np.mean(e**2)


# %% mse | wrong | half of the sum
# "half_mean" halves the mean, not the sum.
def mse(h, y, reduction):
    e = np.ravel(h).astype(float) - np.ravel(y).astype(float)
    if reduction == "sum":
        return np.sum(e**2)
    if reduction == "mean":
        return np.mean(e**2)
    if reduction == "half_mean":
        return np.sum(e**2) / 2
    raise ValueError(reduction)


# %% mse | wrong | absolute errors
# The squared error squares; this is the absolute error.
def mse(h, y, reduction):
    e = np.abs(np.ravel(h).astype(float) - np.ravel(y).astype(float))
    scale = {"sum": 1, "mean": 1 / e.size, "half_mean": 0.5 / e.size}
    if reduction not in scale:
        raise ValueError(reduction)
    return e.sum() * scale[reduction]


# %% mse | wrong | squares the sum
# Errors of opposite sign cancel when they are added before they are squared.
def mse(h, y, reduction):
    e = np.ravel(h).astype(float) - np.ravel(y).astype(float)
    scale = {"sum": 1, "mean": 1 / e.size, "half_mean": 0.5 / e.size}
    if reduction not in scale:
        raise ValueError(reduction)
    return e.sum() ** 2 * scale[reduction]


# %% mse | wrong | takes the root
# The root mean squared error is another quantity.
def mse(h, y, reduction):
    e = np.ravel(h).astype(float) - np.ravel(y).astype(float)
    scale = {"sum": 1, "mean": 1 / e.size, "half_mean": 0.5 / e.size}
    if reduction not in scale:
        raise ValueError(reduction)
    return np.sqrt(e @ e * scale[reduction])


# %% mse | wrong | falls back to the mean
# An unknown reduction must be refused, not guessed.
def mse(h, y, reduction):
    e = np.ravel(h).astype(float) - np.ravel(y).astype(float)
    if reduction == "sum":
        return np.sum(e**2)
    if reduction == "half_mean":
        return np.mean(e**2) / 2
    return np.mean(e**2)


# %% mse | wrong | one loss for each sample
# The reduction is missing: one number is asked for.
def mse(h, y, reduction):
    e = np.ravel(h).astype(float) - np.ravel(y).astype(float)
    scale = {"sum": 1, "mean": 1 / e.size, "half_mean": 0.5 / e.size}
    if reduction not in scale:
        raise ValueError(reduction)
    return e**2 * scale[reduction]


# %% mse | wrong | divides by m - 1
# The unbiased variance divides by m - 1; the mean divides by m.
def mse(h, y, reduction):
    e = np.ravel(h).astype(float) - np.ravel(y).astype(float)
    divisor = {"sum": 1, "mean": e.size - 1, "half_mean": 2 * (e.size - 1)}
    if reduction not in divisor:
        raise ValueError(reduction)
    return e @ e / divisor[reduction]


# %% mse | wrong | expands the square
# h^2 - 2hy + y^2 loses the digits of a small difference of large values.
def mse(h, y, reduction):
    h, y = np.ravel(h).astype(float), np.ravel(y).astype(float)
    s = h @ h - 2 * h @ y + y @ y
    d = {"sum": 1, "mean": h.size, "half_mean": 2 * h.size}
    if reduction not in d:
        raise ValueError(reduction)
    return s / d[reduction]


# %% mse | wrong | widens to int64 only
# The square of a difference above 3e9 does not fit into int64.
def mse(h, y, reduction):
    h, y = np.ravel(h), np.ravel(y)
    if h.dtype.kind in "iu" and y.dtype.kind in "iu":
        h, y = h.astype(np.int64), y.astype(np.int64)
    e = h - y
    s = np.sum(e * e)
    d = {"sum": 1, "mean": h.size, "half_mean": 2 * h.size}
    if reduction not in d:
        raise ValueError(reduction)
    return float(s) / d[reduction]


# %% mse | wrong | converts to float32
# float32 holds seven digits, and nothing beyond 3e38.
def mse(h, y, reduction):
    e = np.ravel(h).astype(np.float32) - np.ravel(y).astype(np.float32)
    d = {"sum": 1, "mean": e.size, "half_mean": 2 * e.size}
    if reduction not in d:
        raise ValueError(reduction)
    return float(np.sum(e.astype(float) ** 2) / d[reduction])


# %% mse | wrong | times 1.0
# A Python 1.0 does not widen float16, whose squares overflow from 256 on.
def mse(h, y, reduction):
    e = np.ravel(h) * 1.0 - np.ravel(y) * 1.0
    d = {"sum": 1, "mean": e.size, "half_mean": 2 * e.size}
    if reduction not in d:
        raise ValueError(reduction)
    return float(e @ e) / d[reduction]


# %% mse | wrong | close to 0 is 0
# np.allclose to 0 has an absolute tolerance, 1e-8, and errors may be smaller.
def mse(h, y, reduction):
    e = np.ravel(h).astype(float) - np.ravel(y).astype(float)
    d = {"sum": 1, "mean": e.size, "half_mean": 2 * e.size}
    if reduction not in d:
        raise ValueError(reduction)
    if np.allclose(e, 0):
        return 0.0
    return np.sum(e**2) / d[reduction]


# %% mse | wrong | prints the reduction
# A line for debugging was left in the answer.
def mse(h, y, reduction):
    e = np.ravel(h).astype(float) - np.ravel(y).astype(float)
    d = {"sum": 1, "mean": e.size, "half_mean": 2 * e.size}
    if reduction not in d:
        raise ValueError(reduction)
    print("loss", reduction)
    return np.sum(e**2) / d[reduction]


# %% mse | wrong | reshapes the caller's arrays
# Setting the shape changes the array of the caller, not a copy.
def mse(h, y, reduction):
    d = {"sum": 1, "mean": h.size, "half_mean": 2 * h.size}
    if reduction not in d:
        raise ValueError(reduction)
    h.shape = (h.size,)
    y.shape = (y.size,)
    e = h.astype(float) - y.astype(float)
    return np.sum(e**2) / d[reduction]


# %% mse | right | one sample at a time
# Python numbers, added in a loop.
def mse(h, y, reduction):
    pairs = list(zip(np.ravel(h).tolist(), np.ravel(y).tolist()))
    total = 0.0
    for a, b in pairs:
        total += (a - b) ** 2
    if reduction == "sum":
        return total
    if reduction == "mean":
        return total / len(pairs)
    if reduction == "half_mean":
        return total / len(pairs) / 2
    raise ValueError("unknown reduction")


# %% mse | right | a norm
# The sum of squares is the squared Euclidean norm; the result is an array without dimensions.
def mse(h, y, reduction):
    e = np.subtract(h, y, dtype=float) if np.shape(h) == np.shape(y) else np.reshape(h, -1) * 1.0 - np.reshape(y, -1)
    scale = {"sum": 1, "mean": e.size, "half_mean": 2 * e.size}.get(reduction)
    if scale is None:
        raise ValueError(reduction)
    return np.array(np.linalg.norm(e) ** 2 / scale)


# %% mse | right | PyTorch
# torch's own loss in float64; half the mean is the mean divided by 2.
def mse(h, y, reduction):
    import torch

    if reduction not in ("sum", "mean", "half_mean"):
        raise ValueError(reduction)
    h, y = (torch.tensor(np.ravel(a).astype(np.float64)) for a in (h, y))
    loss = torch.nn.functional.mse_loss(h, y, reduction="sum" if reduction == "sum" else "mean")
    return loss.item() / (2 if reduction == "half_mean" else 1)


# %% mse | right | variance plus squared mean
# The mean of the squares is the variance plus the square of the mean.
def mse(h, y, reduction):
    e = np.asarray(h, dtype=np.float64).flatten() - np.asarray(y, dtype=np.float64).flatten()
    mean = np.var(e) + np.mean(e) ** 2
    match reduction:
        case "sum":
            return mean * e.size
        case "mean":
            return mean
        case "half_mean":
            return mean / 2
    raise ValueError(reduction)


# %% mse_grad | wrong | downhill
# The gradient points uphill; the update subtracts it, not the gradient function.
def mse_grad(X, y, theta):
    return X.T @ (y - X @ theta) / len(y)


# %% mse_grad | wrong | sum over the samples
# The 1/m of the loss is in its gradient too.
def mse_grad(X, y, theta):
    return X.T @ (X @ theta - y)


# %% mse_grad | wrong | a factor 2 too many
# The 2 of the square cancels against the 1/2 of the loss.
def mse_grad(X, y, theta):
    return 2 * X.T @ (X @ theta - y) / len(y)


# %% mse_grad | wrong | a factor 2 too few
# The derivative of the square brings a 2, which the 1/2 of the loss uses up.
def mse_grad(X, y, theta):
    return X.T @ (X @ theta - y) / (2 * len(y))


# %% mse_grad | wrong | divides by d
# The mean runs over the m samples, not over the d features.
def mse_grad(X, y, theta):
    return X.T @ (X @ theta - y) / X.shape[1]


# %% mse_grad | wrong | forgets the inner derivative
# By the chain rule each error is multiplied by its features.
def mse_grad(X, y, theta):
    e = X @ theta - y
    return np.full(len(theta), np.mean(e))


# %% mse_grad | wrong | returns a column
# The gradient has the shape of theta, (d,).
def mse_grad(X, y, theta):
    e = (X @ theta - y).reshape(-1, 1)
    return X.T @ e / len(y)


# %% mse_grad | wrong | a column of targets
# (m,) minus (m, 1) broadcasts to an m times m matrix.
def mse_grad(X, y, theta):
    e = X @ theta - y.reshape(-1, 1)
    return (X.T @ e / len(y)).mean(axis=1)


# %% mse_grad | wrong | one sample only
# This is the stochastic gradient at the last sample, not the gradient of the mean.
def mse_grad(X, y, theta):
    for x_i, y_i in zip(X, y):
        g = (x_i @ theta - y_i) * x_i
    return g


# %% mse_grad | wrong | returns inside the loop
# The return stands one level too deep, so only the first sample counts.
def mse_grad(X, y, theta):
    g = np.zeros(len(theta))
    for x_i, y_i in zip(X, y):
        g += (x_i @ theta - y_i) * x_i / len(y)
        return g


# %% mse_grad | wrong | normalised
# A gradient has a length as well as a direction.
def mse_grad(X, y, theta):
    g = X.T @ (X @ theta - y) / len(y)
    return g / max(np.linalg.norm(g), 1e-12)


# %% mse_grad | wrong | forward difference with a large step
# The difference quotient is off by half the step times the curvature.
def mse_grad(X, y, theta):
    def loss(t):
        return np.mean((X @ t - y) ** 2) / 2

    h = 1e-3
    return np.array([(loss(theta + h * e) - loss(theta)) / h for e in np.eye(len(theta))])


# %% mse_grad | wrong | converts the product
# X @ theta has wrapped around before it becomes a float.
def mse_grad(X, y, theta):
    e = (X @ theta).astype(float) - y.astype(float)
    return X.astype(float).T @ e / len(y)


# %% mse_grad | wrong | rounds to ten digits
# A gradient may be as small as the targets are.
def mse_grad(X, y, theta):
    X, y, theta = (np.array(a, float) for a in (X, y, theta))
    return np.round(X.T @ (X @ theta - y) / X.shape[0], 10)


# %% mse_grad | wrong | reads the memory
# order="K" is the order of the memory, not that of rows and columns.
def mse_grad(X, y, theta):
    m, d = X.shape
    flat = np.array(X.ravel(order="K"), dtype=float).reshape(m, d)
    return flat.T @ (flat @ theta.astype(float) - y.astype(float)) / m


# %% mse_grad | wrong | caches without the targets
# What was computed for other targets is returned again, and one array twice.
_cache = {}


def mse_grad(X, y, theta):
    X, y, theta = (np.array(a, float) for a in (X, y, theta))
    key = X.tobytes(), theta.tobytes()
    if key not in _cache:
        _cache[key] = X.T @ (X @ theta - y) / len(y)
    return _cache[key]


# %% mse_grad | right | list comprehensions
# Rows and entries as Python numbers.
def mse_grad(X, y, theta):
    rows = X.tolist()
    e = [sum(a * b for a, b in zip(r, theta.tolist())) - t for r, t in zip(rows, y.tolist())]
    return np.array([sum(ei * r[j] for ei, r in zip(e, rows)) / len(rows) for j in range(len(theta))])


# %% mse_grad | right | weighted mean of the rows
# np.average of the samples, weighted by their errors.
def mse_grad(X, y, theta):
    X = X.astype("f8")
    e = np.tensordot(X, theta.astype("f8"), 1) - y.astype("f8")
    return np.average(X * e[:, None], axis=0)


# %% mse_grad | right | one sample at a time
# The mean of the gradients of the samples.
def mse_grad(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    total = [0.0] * len(theta)
    for x_i, y_i in zip(X, y):
        e = sum(a * b for a, b in zip(x_i, theta)) - y_i
        for j, a in enumerate(x_i):
            total[j] += e * a
    return [t / len(y) for t in total]


# %% mse_grad | right | autograd
# PyTorch differentiates the loss in float64.
def mse_grad(X, y, theta):
    import torch

    X, y, theta = (np.array(a, dtype=float, order="C") for a in (X, y, theta))  # no negative strides
    X, y = torch.tensor(X, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    theta = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    loss = ((X @ theta - y) ** 2).sum() / (2 * len(y))
    loss.backward()
    return theta.grad.numpy()


# %% mse_grad | right | einsum
# The same product, index by index.
def mse_grad(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    return np.einsum("ij,i->j", X, np.einsum("ij,j->i", X, theta) - y) / y.size


# %% mse_grad | wrong | central differences with a step of 1
# Exact for a quadratic but for rounding: beside a step of 1 a theta of 1e-12 has no digits left.
def mse_grad(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))

    def loss(t):
        return np.mean((X @ t - y) ** 2) / 2

    return np.array([(loss(theta + e) - loss(theta - e)) / 2 for e in np.eye(len(theta))])


# %% softmax_ce | wrong | overflows
# exp(1000) is inf, and inf / inf is nan.
def softmax_ce(logits, y):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(y)), y]))


# %% softmax_ce | wrong | a small constant under the logarithm
# log(p + 1e-12) never exceeds 27.6, and it shifts every other value.
def softmax_ce(logits, y):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(y)), y] + 1e-12))


# %% softmax_ce | wrong | clips the probabilities
# A clipped probability puts a ceiling on the loss.
def softmax_ce(logits, y):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = np.clip(e / e.sum(axis=1, keepdims=True), 1e-15, 1.0)
    return -np.log(p[np.arange(len(y)), y]).mean()


# %% softmax_ce | wrong | stable softmax, then the logarithm
# The true class underflows to the probability 0, and log(0) is -inf: the two must be taken together.
def softmax_ce(logits, y):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(y)), y]))


# %% softmax_ce | wrong | double softmax
# The loss applies the softmax itself; probabilities are not logits.
def softmax_ce(logits, y):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    logits = e / e.sum(axis=1, keepdims=True)
    log_sum = np.log(np.exp(logits).sum(axis=1))
    return np.mean(log_sum - logits[np.arange(len(y)), y])


# %% softmax_ce | wrong | one maximum for all rows
# A row far below the overall maximum underflows to a sum of 0.
def softmax_ce(logits, y):
    z = logits - logits.max()
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y])


# %% softmax_ce | wrong | sum over the samples
# The mean is asked for.
def softmax_ce(logits, y):
    z = logits - logits.max(axis=1, keepdims=True)
    return np.sum(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y])


# %% softmax_ce | wrong | normalises over the samples
# The classes of one sample compete: the sum runs over axis 1.
def softmax_ce(logits, y):
    z = logits - logits.max(axis=0)
    log_p = z - np.log(np.exp(z).sum(axis=0))
    return -np.mean(log_p[np.arange(len(y)), y])


# %% softmax_ce | wrong | picks a whole block
# logits[:, y] pairs every sample with every label.
def softmax_ce(logits, y):
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -np.mean(log_p[:, y])


# %% softmax_ce | wrong | mean over the classes as well
# With one-hot targets the mean over all entries divides by k once more.
def softmax_ce(logits, y):
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    one_hot = np.eye(logits.shape[1])[y]
    return -np.mean(one_hot * log_p)


# %% softmax_ce | wrong | forgets the minus
# The log-probability is negative; the loss is minus it.
def softmax_ce(logits, y):
    z = logits - logits.max(axis=1, keepdims=True)
    return np.mean(z[np.arange(len(y)), y] - np.log(np.exp(z).sum(axis=1)))


# %% softmax_ce | wrong | forgets to add the maximum back
# What is taken out of the exponent must return outside the logarithm.
def softmax_ce(logits, y):
    top = logits.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(logits - top).sum(axis=1)) - logits[np.arange(len(y)), y])


# %% softmax_ce | wrong | shifts the caller's logits
# The in-place subtraction changes the array of the caller.
def softmax_ce(logits, y):
    logits -= logits.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y])


# %% softmax_ce | wrong | places in the type of the labels
# Label times n wraps around in uint8, so another class is picked.
def softmax_ce(logits, y):
    z = np.array(logits, dtype=float)
    z -= z.max(1, keepdims=True)
    n, k = z.shape
    logp = z - np.log(np.exp(z).sum(1, keepdims=True))
    return -np.mean(logp.T.ravel()[y * n + np.arange(n, dtype=y.dtype)])


# %% softmax_ce | wrong | cuts the shifted logits
# Cut at -700 the loss has a ceiling of 700.
def softmax_ce(logits, y):
    z = np.array(logits, dtype=float)
    z = np.maximum(z - z.max(1, keepdims=True), -700)
    return np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y])


# %% softmax_ce | wrong | leaves float16 as it is
# float16 has three digits, and its largest number is 65504.
def softmax_ce(logits, y):
    z = logits if logits.dtype.kind == "f" else logits.astype(float)
    z = z - z.max(1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y])


# %% softmax_ce | wrong | converts after the shift
# The difference to the largest logit has wrapped around in int8.
def softmax_ce(logits, y):
    z = (logits - logits.max(1, keepdims=True)).astype(float)
    return np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y])


# %% softmax_ce | right | logaddexp.reduce
# NumPy's stable pairwise sum of exponentials, folded along the classes.
def softmax_ce(logits, y):
    logits = np.asarray(logits, dtype=float)
    true = np.take_along_axis(logits, y[:, None].astype(int), axis=1)[:, 0]
    return np.mean(np.logaddexp.reduce(logits, axis=1) - true)


# %% softmax_ce | right | PyTorch
# torch's cross-entropy takes logits; float64 throughout.
def softmax_ce(logits, y):
    import torch

    logits = np.array(logits, dtype=float, order="C")  # no negative strides
    logits, y = torch.tensor(logits, dtype=torch.float64), torch.tensor(np.array(y, dtype=np.int64, order="C"))
    return torch.nn.functional.cross_entropy(logits, y).item()


# %% softmax_ce | right | SciPy
# scipy.special.logsumexp does the stable part.
def softmax_ce(logits, y):
    from scipy.special import logsumexp

    logits = np.asarray(logits, dtype=float)

    return (logsumexp(logits, axis=1) - logits[range(len(y)), y]).mean()


# %% softmax_ce | right | differences to the true logit
# The loss of a sample is the log of the sum of exp(z_j - z_y); one sample at a time, in Python numbers.
def softmax_ce(logits, y):
    import math

    total = 0.0
    for row, label in zip(logits.tolist(), y.tolist()):
        gaps = [z - row[label] for z in row]
        largest = max(gaps)
        total += largest + math.log(math.fsum(math.exp(g - largest) for g in gaps))
    return total / len(y)


# %% softmax_ce | right | one-hot targets
# The picked log-probabilities as a product with one-hot rows.
def softmax_ce(logits, y):
    logits = np.asarray(logits, dtype=float)
    z = logits - np.max(logits, axis=1, keepdims=True)
    log_p = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.sum(np.eye(logits.shape[1])[y] * log_p) / len(logits)


# %% gd | wrong | aliased records
# The list holds one array many times, and every step changes it.
def gd(grad, theta0, alpha, iterations):
    theta = np.array(theta0, dtype=float)
    path = [theta]
    for _ in range(iterations):
        theta -= alpha * grad(theta)
        path.append(theta)
    return path


# %% gd | wrong | moves the caller's start
# The in-place step changes theta0.
def gd(grad, theta0, alpha, iterations):
    theta = theta0
    path = [theta.copy()]
    for _ in range(iterations):
        theta -= alpha * grad(theta)
        path.append(theta.copy())
    return path


# %% gd | wrong | climbs
# Descent goes against the gradient.
def gd(grad, theta0, alpha, iterations):
    theta = np.array(theta0, dtype=float)
    path = [theta]
    for _ in range(iterations):
        theta = theta + alpha * grad(theta)
        path.append(theta)
    return path


# %% gd | wrong | leaves out the start
# The record begins at theta0.
def gd(grad, theta0, alpha, iterations):
    theta = np.array(theta0, dtype=float)
    path = []
    for _ in range(iterations):
        theta = theta - alpha * grad(theta)
        path.append(theta)
    return path


# %% gd | wrong | leaves out the end
# `iterations` steps visit iterations + 1 points.
def gd(grad, theta0, alpha, iterations):
    theta = np.array(theta0, dtype=float)
    path = []
    for _ in range(iterations):
        path.append(theta)
        theta = theta - alpha * grad(theta)
    return path


# %% gd | wrong | one gradient too many
# The last point is recorded, and no step from it is needed.
def gd(grad, theta0, alpha, iterations):
    theta = np.array(theta0, dtype=float)
    path = []
    for _ in range(iterations + 1):
        path.append(theta)
        theta = theta - alpha * grad(theta)
    return path


# %% gd | wrong | two gradients in a step
# The gradient for the stopping test is one more call.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        if np.linalg.norm(grad(path[-1])) < 1e-300:
            path.append(path[-1].copy())
            continue
        path.append(path[-1] - alpha * grad(path[-1]))
    return path


# %% gd | wrong | keeps the first gradient
# The gradient changes from point to point.
def gd(grad, theta0, alpha, iterations):
    g = np.array(grad(theta0))
    return [theta0 - alpha * t * g for t in range(iterations + 1)]


# %% gd | wrong | stops early
# A small gradient is no reason to return a shorter record.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        g = grad(path[-1])
        if np.linalg.norm(g) < 1e-6:
            break
        path.append(path[-1] - alpha * g)
    return path


# %% gd | wrong | returns the last point
# The whole record is asked for.
def gd(grad, theta0, alpha, iterations):
    theta = np.array(theta0, dtype=float)
    for _ in range(iterations):
        theta = theta - alpha * grad(theta)
    return theta


# %% gd | wrong | an array of integers
# np.empty_like of an integer start holds integers, which cut off the fractions.
def gd(grad, theta0, alpha, iterations):
    path = np.empty_like(theta0, shape=(iterations + 1, len(theta0)))
    path[0] = theta0
    for t in range(iterations):
        path[t + 1] = path[t] - alpha * grad(path[t])
    return path


# %% gd | wrong | steps of fixed length
# The step is alpha times the gradient; it is not normalised.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        g = grad(path[-1])
        path.append(path[-1] - alpha * g / (np.linalg.norm(g) + 1e-12))
    return path


# %% gd | wrong | a decaying rate
# The rate is alpha in every iteration.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    for t in range(iterations):
        path.append(path[-1] - alpha / (t + 1) * grad(path[-1]))
    return path


# %% gd | wrong | remembers the last call
# A default argument that is a list is shared by all calls.
def gd(grad, theta0, alpha, iterations, path=[]):
    theta = np.array(theta0, dtype=float)
    path.append(theta)
    for _ in range(iterations):
        theta = theta - alpha * grad(theta)
        path.append(theta)
    return path


# %% gd | wrong | the start itself
# np.asarray makes no copy of floats: the first record is theta0.
def gd(grad, theta0, alpha, iterations):
    path = [np.asarray(theta0, dtype=float)]
    for _ in range(iterations):
        path.append(path[-1] - alpha * np.asarray(grad(path[-1]), float))
    return path


# %% gd | wrong | scales the gradient in place
# The array belongs to grad, which may return it again.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        g = np.asarray(grad(path[-1]), dtype=float)
        g *= alpha
        path.append(path[-1] - g)
    return path


# %% gd | wrong | fills up after a zero gradient
# The next gradient need not be 0, and grad is to be called.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        g = np.asarray(grad(path[-1]), dtype=float)
        if not g.any():
            path += [path[-1].copy() for _ in range(iterations + 1 - len(path))]
            break
        path.append(path[-1] - alpha * g)
    return path


# %% gd | wrong | stops where it diverges
# The record of a diverging run is as long as any other.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        g = np.asarray(grad(path[-1]), dtype=float)
        path.append(path[-1] - alpha * g)
        if not np.all(np.isfinite(path[-1])):
            break
    return path


# %% gd | wrong | one record twice
# Where nothing moves the same array is recorded again.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        step = alpha * np.asarray(grad(path[-1]), dtype=float)
        path.append(path[-1] if not step.any() else path[-1] - step)
    return path


# %% gd | wrong | an integer rate times small integers
# 3 * uint8(200) wraps around to 88.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        path.append(path[-1] - alpha * grad(path[-1]))
    return path


# %% gd | wrong | keeps the type of the start
# A start in float32 makes a path in float32.
def gd(grad, theta0, alpha, iterations):
    theta = theta0.copy() if theta0.dtype.kind == "f" else theta0.astype(float)
    path = [theta]
    for _ in range(iterations):
        theta = (theta - alpha * np.asarray(grad(theta), float)).astype(theta.dtype)
        path.append(theta)
    return path


# %% gd | wrong | prints the progress
# A line for every hundred iterations was left in the answer.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    for t in range(iterations):
        path.append(path[-1] - alpha * np.asarray(grad(path[-1]), float))
        if t % 100 == 99:
            print(t)
    return path


# %% gd | right | a generator
# The points are yielded one after the other.
def gd(grad, theta0, alpha, iterations):
    def steps(theta):
        yield theta
        for _ in range(iterations):
            theta = theta - alpha * np.array(grad(theta), dtype=float)
            yield theta

    return list(steps(np.array(theta0, dtype=float)))


# %% gd | right | read-only records
# A tuple of arrays that cannot be written to.
def gd(grad, theta0, alpha, iterations):
    theta = np.array(theta0, dtype=float)
    out = []
    for t in range(iterations + 1):
        theta.flags.writeable = False
        out.append(theta)
        if t < iterations:
            theta = theta - alpha * np.asarray(grad(theta)).astype(float)
    return tuple(out)


# %% gd | right | one array for the record
# The record is allocated once and filled row by row.
def gd(grad, theta0, alpha, iterations):
    path = np.empty((iterations + 1, len(theta0)))
    path[0] = theta0
    for t in range(iterations):
        path[t + 1] = path[t] - alpha * np.float64(grad(path[t]))
    return path


# %% gd | right | in place, with copies
# The parameters change in place, as in a framework, and each record is a copy.
def gd(grad, theta0, alpha, iterations):
    theta = theta0.astype(np.float64)
    path = [theta.copy()]
    while len(path) < iterations + 1:
        theta -= np.multiply(grad(theta.copy()), alpha, dtype=np.float64)
        path.append(theta.copy())
    return path


# %% gd | right | accumulate
# A fold from the standard library.
def gd(grad, theta0, alpha, iterations):
    from itertools import accumulate

    return list(
        accumulate(
            range(iterations),
            lambda theta, _: theta - alpha * np.array(grad(theta), float),
            initial=theta0.astype(float),
        )
    )


# %% gd | right | torch.optim.SGD
# PyTorch's optimizer makes the step, from a gradient that it is given.
def gd(grad, theta0, alpha, iterations):
    import torch

    theta = torch.tensor(np.array(theta0, dtype=float, order="C"))
    optimizer = torch.optim.SGD([theta], lr=alpha)
    path = [theta.numpy().copy()]
    for _ in range(iterations):
        theta.grad = torch.tensor(np.array(grad(path[-1]), dtype=float))
        optimizer.step()
        path.append(theta.numpy().copy())
    return np.stack(path)


# %% gd | right | lists of Python floats
# The points are lists of numbers; each call of grad gets a fresh array.
def gd(grad, theta0, alpha, iterations):
    path = [[float(v) for v in theta0]]
    for _ in range(iterations):
        g = grad(np.array(path[-1]))
        path.append([v - alpha * float(s) for v, s in zip(path[-1], g)])
    return path


# %% logreg_loss_grad | wrong | decays the bias
# The penalty leaves out w[0].
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * w @ w
    return loss, X.T @ (p - y) / len(y) + lam * w


# %% logreg_loss_grad | wrong | decays the bias in the gradient only
# Loss and gradient must leave out the same entry.
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * w[1:] @ w[1:]
    return loss, X.T @ (p - y) / len(y) + lam * w


# %% logreg_loss_grad | wrong | takes the last entry for the bias
# The bias is entry 0, the weight of the column of ones.
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    decayed = np.append(w[:-1], 0.0)
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * decayed @ decayed
    return loss, X.T @ (p - y) / len(y) + lam * decayed


# %% logreg_loss_grad | wrong | the logarithm of 0
# At a margin of 1000 the probability is 0 or 1 exactly: log gives -inf, and 0 times inf is nan.
def logreg_loss_grad(X, y, w, lam):
    p = 1 / (1 + np.exp(-(X @ w)))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + lam / 2 * np.sum(w[1:] ** 2)
    grad = X.T @ (p - y) / len(y)
    grad[1:] += lam * w[1:]
    return loss, grad


# %% logreg_loss_grad | wrong | clips the probabilities
# A clipped probability puts a ceiling on the loss: 1000 becomes 34.5.
def logreg_loss_grad(X, y, w, lam):
    p = np.clip(1 / (1 + np.exp(-(X @ w))), 1e-15, 1 - 1e-15)
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + lam / 2 * np.sum(w[1:] ** 2)
    grad = X.T @ (p - y) / len(y)
    grad[1:] += lam * w[1:]
    return loss, grad


# %% logreg_loss_grad | wrong | e^z over 1 + e^z
# The other form of the sigmoid overflows at a large positive margin: inf / inf is nan.
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(z) / (1 + np.exp(z))
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * np.sum(w[1:] ** 2)
    grad = X.T @ (p - y) / len(y)
    grad[1:] += lam * w[1:]
    return loss, grad


# %% logreg_loss_grad | wrong | sign
# The derivative with respect to the margin is p - y.
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    decayed = np.r_[0.0, w[1:]]
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * decayed @ decayed
    return loss, X.T @ (y - p) / len(y) + lam * decayed


# %% logreg_loss_grad | wrong | sum over the samples
# Loss and gradient are means.
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    decayed = np.r_[0.0, w[1:]]
    loss = np.sum(np.logaddexp(0, z) - y * z) + lam / 2 * decayed @ decayed
    return loss, X.T @ (p - y) + lam * decayed


# %% logreg_loss_grad | wrong | the derivative of the sigmoid once more
# p (1 - p) belongs to the squared error; the cross-entropy cancels it.
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    decayed = np.r_[0.0, w[1:]]
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * decayed @ decayed
    return loss, X.T @ ((p - y) * p * (1 - p)) / len(y) + lam * decayed


# %% logreg_loss_grad | wrong | the penalty without its half
# The loss has lam / 2, so that the gradient has lam.
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    decayed = np.r_[0.0, w[1:]]
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam * decayed @ decayed
    return loss, X.T @ (p - y) / len(y) + 2 * lam * decayed


# %% logreg_loss_grad | wrong | divides the penalty by n
# The penalty stands outside the mean.
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    decayed = np.r_[0.0, w[1:]]
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / (2 * len(y)) * decayed @ decayed
    return loss, (X.T @ (p - y) + lam * decayed) / len(y)


# %% logreg_loss_grad | wrong | no penalty in the gradient
# What is added to the loss has a derivative.
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * np.sum(w[1:] ** 2)
    return loss, X.T @ (p - y) / len(y)


# %% logreg_loss_grad | wrong | L1 in place of L2
# The penalty squares the weights.
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam * np.sum(np.abs(w[1:]))
    return loss, X.T @ (p - y) / len(y) + lam * np.r_[0.0, np.sign(w[1:])]


# %% logreg_loss_grad | wrong | sets the caller's bias to 0
# `decayed` is another name for w, not a copy.
def logreg_loss_grad(X, y, w, lam):
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    decayed = w
    decayed[0] = 0
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * decayed @ decayed
    return loss, X.T @ (p - y) / len(y) + lam * decayed


# %% logreg_loss_grad | wrong | signs in the type of the labels
# 2y - 1 is 255 for the label 0 in uint8.
def logreg_loss_grad(X, y, w, lam):
    X, w = np.array(X, float), np.array(w, float)
    s = 2 * y - 1
    m = s * (X @ w)
    p = np.exp(-np.logaddexp(0, m))
    g = -X.T @ (s * p) / len(y)
    d = np.r_[0.0, w[1:]]
    return np.logaddexp(0, -m).mean() + lam / 2 * d @ d, g + lam * d


# %% logreg_loss_grad | wrong | looks for the ones
# Another feature may be 1 for every sample, and it is penalised.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.array(a, float) for a in (X, y, w))
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    d = np.where(np.all(X == 1, axis=0), 0, w)
    return np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * d @ d, X.T @ (p - y) / len(y) + lam * d


# %% logreg_loss_grad | wrong | cuts the margins at 1000
# The loss of a larger margin is larger.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.array(a, float) for a in (X, y, w))
    z = np.clip(X @ w, -1000, 1000)
    p = np.exp(-np.logaddexp(0, -z))
    d = np.r_[0.0, w[1:]]
    return np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * d @ d, X.T @ (p - y) / len(y) + lam * d


# %% logreg_loss_grad | wrong | takes the bias out again
# w @ w - w[0]**2 is 0 where the bias is huge.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.array(a, float) for a in (X, y, w))
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    d = np.r_[0.0, w[1:]]
    return np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * (w @ w - w[0] ** 2), X.T @ (p - y) / len(y) + lam * d


# %% logreg_loss_grad | wrong | a small penalty is none
# np.isclose to 0 has an absolute tolerance, and lam none.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.array(a, float) for a in (X, y, w))
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    d = np.r_[0.0, w[1:]]
    if np.isclose(lam, 0):
        lam = 0
    return np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * d @ d, X.T @ (p - y) / len(y) + lam * d


# %% logreg_loss_grad | wrong | borrows the caller's weights
# Set to 0 and back again: a read-only array refuses.
def logreg_loss_grad(X, y, w, lam):
    X, y = np.array(X, float), np.array(y, float)
    z = X @ w.astype(float)
    p = np.exp(-np.logaddexp(0, -z))
    keep = w[0]
    w[0] = 0
    v = w.astype(float)
    out = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * v @ v, X.T @ (p - y) / len(y) + lam * v
    w[0] = keep
    return out


# %% logreg_loss_grad | wrong | half of 1 + tanh under the logarithm
# At a margin of -30 the sum 1 + tanh has lost all but three digits.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.array(a, float) for a in (X, y, w))
    z = X @ w
    p = (1 + np.tanh(z / 2)) / 2
    d = np.r_[0.0, w[1:]]
    with np.errstate(all="ignore"):
        c = np.where(y == 1, -np.log(p), -np.log(1 - p))
    c = np.where(np.isfinite(c), c, np.abs(z))
    return c.mean() + lam / 2 * d @ d, X.T @ (p - y) / len(y) + lam * d


# %% logreg_loss_grad | right | autograd
# PyTorch's stable loss from logits, and its gradient, in float64.
def logreg_loss_grad(X, y, w, lam):
    import torch

    X, y, w = (np.array(a, dtype=float, order="C") for a in (X, y, w))  # no negative strides
    X, y = torch.tensor(X, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    w = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(X @ w, y) + lam / 2 * (w[1:] ** 2).sum()
    loss.backward()
    return loss.item(), w.grad.numpy()


# %% logreg_loss_grad | right | labels -1 and 1
# With s = 2y - 1 a sample costs log(1 + exp(-s z)).
def logreg_loss_grad(X, y, w, lam):
    from scipy.special import expit

    X, y, w = (np.asarray(a, dtype=float) for a in (X, y, w))

    s = 2.0 * y - 1
    margin = s * (X @ w)
    grad = -(X * (s * expit(-margin))[:, None]).mean(axis=0)
    grad[1:] += lam * w[1:]
    return np.logaddexp(0, -margin).mean() + 0.5 * lam * np.linalg.norm(w[1:]) ** 2, grad


# %% logreg_loss_grad | right | one sample at a time
# Python numbers; the exponent is never positive.
def logreg_loss_grad(X, y, w, lam):
    import math

    X, y, w = (np.asarray(a, dtype=float) for a in (X, y, w))

    n, d = X.shape
    loss, grad = 0.0, [0.0] * d
    for x, label in zip(X, y):
        z = float(x @ w)
        tail = math.exp(-abs(z))
        p = 1 / (1 + tail) if z >= 0 else tail / (1 + tail)
        loss += (max(z, 0.0) - z * float(label) + math.log1p(tail)) / n
        for j in range(d):
            grad[j] += (p - label) * x[j] / n
    for j in range(1, d):
        loss += lam * w[j] ** 2 / 2
        grad[j] += lam * w[j]
    return loss, grad


# %% logreg_loss_grad | right | a softmax of two classes
# The logistic is the softmax of the logits 0 and z; the sigmoid is half of 1 + tanh(z / 2).
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.asarray(a, dtype=float) for a in (X, y, w))
    z = X @ w
    logits = np.column_stack([np.zeros_like(z), z])
    ce = np.logaddexp.reduce(logits, axis=1) - np.where(y == 1, logits[:, 1], logits[:, 0])
    decay = np.diag([0.0] + [lam] * (len(w) - 1))
    p = (1 + np.tanh(z / 2)) / 2
    return np.array(ce.mean() + w @ decay @ w / 2), np.average((p - y)[:, None] * X, axis=0) + decay @ w


# %% logreg_loss_grad | right | an overflow that does no harm
# exp(1000) is inf, and 1 / inf is 0, as it should be: only a warning remains.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.asarray(a, dtype=float) for a in (X, y, w))
    z = X @ w
    p = 1 / (1 + np.exp(-z))
    mask = np.arange(len(w)) > 0
    loss = np.mean(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z))))
    return [loss + lam / 2 * np.sum((mask * w) ** 2), (p - y) @ X / len(X) + lam * mask * w]


# %% standardise | wrong | statistics of both sets
# The test set must not take part in the choice of mean and std.
def standardise(train, test):
    both = np.vstack([train, test])
    constant = np.ptp(train, axis=0) == 0
    mean, std = both.mean(axis=0), np.where(constant, 1, both.std(axis=0))
    return tuple(np.where(constant, 0, (X - mean) / std) for X in (train, test))


# %% standardise | wrong | each set by its own statistics
# The test set needs the same map as the training set.
def standardise(train, test):
    def scale(X):
        constant = (np.ptp(X, axis=0) == 0) | (np.ptp(train, axis=0) == 0)
        return np.where(constant, 0, (X - X.mean(axis=0)) / np.where(constant, 1, X.std(axis=0)))

    return scale(train), scale(test)


# %% standardise | wrong | nan on a constant column
# A constant column has the std 0, and 0 / 0 is nan.
def standardise(train, test):
    mean, std = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / std, (test - mean) / std


# %% standardise | wrong | divides by n - 1
# The population standard deviation divides by n.
def standardise(train, test):
    constant = np.ptp(train, axis=0) == 0
    mean = train.mean(axis=0)
    std = np.ones(train.shape[1])
    if len(train) > 1:
        std = np.where(constant, 1, train.std(axis=0, ddof=1))
    return tuple(np.where(constant, 0, (X - mean) / std) for X in (train, test))


# %% standardise | wrong | a small constant under the fraction
# std + 1e-8 hides the division by 0, and changes columns of small unit.
def standardise(train, test):
    constant = np.ptp(train, axis=0) == 0
    mean, std = train.mean(axis=0), train.std(axis=0) + 1e-8
    return tuple(np.where(constant, 0, (X - mean) / std) for X in (train, test))


# %% standardise | wrong | one mean for all columns
# Without an axis, mean and std mix the units of all features.
def standardise(train, test):
    mean, std = train.mean(), train.std()
    if std == 0:
        return train * 0.0, test * 0.0
    return (train - mean) / std, (test - mean) / std


# %% standardise | wrong | along the rows
# axis=1 scales the samples, not the features.
def standardise(train, test):
    out = []
    for X in (train, test):
        std = X.std(axis=1, keepdims=True)
        out.append((X - X.mean(axis=1, keepdims=True)) / np.where(std == 0, 1, std))
    return tuple(out)


# %% standardise | wrong | forgets the mean
# Scaling alone leaves the columns off centre.
def standardise(train, test):
    constant = np.ptp(train, axis=0) == 0
    std = np.where(constant, 1, train.std(axis=0))
    return tuple(np.where(constant, 0, X / std) for X in (train, test))


# %% standardise | wrong | divides by the variance
# The standard deviation is the root of the variance.
def standardise(train, test):
    constant = np.ptp(train, axis=0) == 0
    mean, var = train.mean(axis=0), np.where(constant, 1, train.var(axis=0))
    return tuple(np.where(constant, 0, (X - mean) / var) for X in (train, test))


# %% standardise | wrong | scales to the range 0 to 1
# That is min-max scaling.
def standardise(train, test):
    low, high = train.min(axis=0), train.max(axis=0)
    width = np.where(high > low, high - low, 1)
    return tuple(np.where(high > low, (X - low) / width, 0) for X in (train, test))


# %% standardise | wrong | compares the std with 0
# The computed std of a column of 0.1 can be about 1e-17, not 0.
def standardise(train, test):
    mean, std = train.mean(axis=0), train.std(axis=0)
    constant = std == 0
    std[constant] = 1
    return tuple(np.where(constant, 0, (X - mean) / std) for X in (train, test))


# %% standardise | wrong | StandardScaler as it is
# It divides a constant column by 1, so the test set keeps its distance from the mean there.
def standardise(train, test):
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)


# %% standardise | wrong | scales the caller's arrays
# The in-place operators change the arrays of the caller, and fail on integers.
def standardise(train, test):
    constant = np.ptp(train, axis=0) == 0
    mean, std = train.mean(axis=0), np.where(constant, 1, train.std(axis=0))
    for X in (train, test):
        X -= mean
        X /= std
        X[:, constant] = 0
    return train, test


# %% standardise | wrong | a constant column keeps its values
# The columns of std 0 are left as they are.
def standardise(train, test):
    varies = np.ptp(train, axis=0) > 0
    mean, std = train.mean(axis=0), train.std(axis=0)
    train_s, test_s = train.astype(float), test.astype(float)
    train_s[:, varies] = (train[:, varies] - mean[varies]) / std[varies]
    test_s[:, varies] = (test[:, varies] - mean[varies]) / std[varies]
    return train_s, test_s


# %% standardise | wrong | mean of squares minus squared mean
# The two are nearly equal for time stamps, and their difference is noise.
def standardise(train, test):
    train, test = np.array(train, float), np.array(test, float)
    c = np.ptp(train, axis=0) == 0
    m = train.mean(0)
    v = (train**2).mean(0) - m**2
    s = np.where(c, 1, np.sqrt(np.abs(v)))
    return tuple(np.where(c, 0, (X - m) / s) for X in (train, test))


# %% standardise | wrong | small beside the mean
# Time stamps vary by a billionth of their mean, and are not constant.
def standardise(train, test):
    train, test = np.array(train, float), np.array(test, float)
    m, s = train.mean(0), train.std(0)
    c = s <= 1e-9 * np.abs(m)
    s = np.where(c, 1, s)
    return tuple(np.where(c, 0, (X - m) / s) for X in (train, test))


# %% standardise | wrong | tiny beside the mean
# Two values that differ in the last digits only are two values.
def standardise(train, test):
    train, test = np.array(train, float), np.array(test, float)
    m, s = train.mean(0), train.std(0)
    c = s <= 1e-12 * np.abs(m)
    s = np.where(c, 1, s)
    return tuple(np.where(c, 0, (X - m) / s) for X in (train, test))


# %% standardise | wrong | a spread that wraps around
# The largest minus the smallest value of int8 may be 0 again.
def standardise(train, test):
    c = train.max(0) - train.min(0) == 0
    m = train.astype(float).mean(0)
    s = np.where(c, 1, np.sqrt(((train - m) ** 2).mean(0)))
    return tuple(np.where(c, 0, (X - m) / s).astype(X.dtype if X.dtype.kind == "f" else float) for X in (train, test))


# %% standardise | wrong | statistics in float16
# The mean and the deviation of float16 values have three digits.
def standardise(train, test):
    c = train.max(0) == train.min(0)
    m = train.mean(0)
    s = np.where(c, 1, train.std(0))
    return tuple(np.where(c, 0, (X - m) / s) for X in (train, test))


# %% standardise | wrong | clears columns of the test set
# A column that is constant in the test set alone is scaled like any other.
def standardise(train, test):
    train, test = np.array(train, float), np.array(test, float)
    c = np.ptp(train, axis=0) == 0
    m, s = train.mean(0), np.where(c, 1, train.std(0))
    a, b = (np.where(c, 0, (X - m) / s) for X in (train, test))
    if len(test) > 1:
        b = np.where(np.ptp(test, axis=0) == 0, 0, b)
    return a, b


# %% standardise | right | subtracts the first row
# A shift by the first row changes nothing and keeps the digits of time stamps.
def standardise(train, test):
    first = train[0].astype(float)
    a, b = train.astype(float) - first, test.astype(float) - first
    s = a.std(0)
    s[(a == 0).all(0)] = np.inf
    return (a - a.mean(0)) / s, (b - a.mean(0)) / s


# %% standardise | right | StandardScaler, then zeros
# scikit-learn scales; the constant columns are cleared afterwards.
def standardise(train, test):
    from sklearn.preprocessing import StandardScaler

    train, test = (np.asarray(a, dtype=float) for a in (train, test))

    scaler = StandardScaler().fit(train)
    varies = ~np.all(train == train[0], axis=0)
    return scaler.transform(train) * varies, scaler.transform(test) * varies


# %% standardise | right | one column at a time
# A loop over the columns, with the statistics module.
def standardise(train, test):
    import statistics

    train, test = (np.asarray(a, dtype=float) for a in (train, test))

    train_s, test_s = np.zeros(train.shape), np.zeros(test.shape)
    for j in range(train.shape[1]):
        column = [float(v) for v in train[:, j]]
        if len(set(column)) > 1:
            mean, std = statistics.fmean(column), statistics.pstdev(column)
            train_s[:, j] = (train[:, j] - mean) / std
            test_s[:, j] = (test[:, j] - mean) / std
    return train_s, test_s


# %% standardise | right | np.divide with where
# Zeros are the default, and only the varying columns are divided.
def standardise(train, test):
    train, test = (np.asarray(a, dtype=float) for a in (train, test))
    mean, std = np.mean(train, axis=0), np.std(train, axis=0)
    varies = np.broadcast_to(np.ptp(train, axis=0) > 0, test.shape)
    a = np.divide(train - mean, std, out=np.zeros(train.shape), where=np.broadcast_to(varies[0], train.shape))
    b = np.divide(test - mean, std, out=np.zeros(test.shape), where=varies)
    return [a, b]


# %% standardise | right | infinity for the std
# A finite number divided by infinity is 0.
def standardise(train, test):
    train, test = (np.asarray(a, dtype=float) for a in (train, test))
    std = train.std(axis=0)
    std[np.ptp(train, axis=0) == 0] = np.inf
    return (train - train.mean(axis=0)) / std, (test - train.mean(axis=0)) / std


# %% standardise | right | an affine map in PyTorch
# Multiply by a diagonal matrix, in float64.
def standardise(train, test):
    import torch

    train, test = (np.array(a, dtype=float, order="C") for a in (train, test))  # no negative strides
    a, b = (torch.tensor(X, dtype=torch.float64) for X in (train, test))
    varies = a.amax(0) > a.amin(0)
    gain = torch.where(varies, 1 / torch.where(varies, a.std(0, correction=0), torch.ones(())), torch.zeros(()))
    return tuple(((X - a.mean(0)) @ torch.diag(gain.double())).numpy() for X in (a, b))


# %% unscale | wrong | leaves the bias
# Each feature's mean moves the bias.
def unscale(w, b, mean, std):
    return np.divide(w, std, out=np.zeros(len(w)), where=std > 0), float(b)


# %% unscale | wrong | adds the means
# Each feature leaves minus w mean / std behind.
def unscale(w, b, mean, std):
    w_raw = np.divide(w, std, out=np.zeros(len(w)), where=std > 0)
    return w_raw, b + w_raw @ mean


# %% unscale | wrong | multiplies by the std
# A feature of large spread needs a smaller weight on its raw values.
def unscale(w, b, mean, std):
    w_raw = w * std
    return w_raw, b - w_raw @ mean


# %% unscale | wrong | the scaled weights in the bias
# The constant is w mean / std: the raw weight times the mean.
def unscale(w, b, mean, std):
    w_raw = np.divide(w, std, out=np.zeros(len(w)), where=std > 0)
    return w_raw, b - (w * (std > 0)) @ mean


# %% unscale | wrong | divides by a std of 0
# A constant feature has the std 0; w / 0 is inf.
def unscale(w, b, mean, std):
    w_raw = w / std
    return w_raw, b - np.sum(w_raw * mean)


# %% unscale | wrong | a std of 0 taken for 1
# The feature was set to 0, so it must not contribute to the prediction.
def unscale(w, b, mean, std):
    w_raw = w / np.where(std == 0, 1, std)
    return w_raw, b - w_raw @ mean


# %% unscale | wrong | a small constant under the fraction
# w / (std + 1e-8) is off for every feature and huge for a constant one.
def unscale(w, b, mean, std):
    w_raw = w / (std + 1e-8)
    return w_raw, b - w_raw @ mean


# %% unscale | wrong | a bias for each feature
# The constants of all features add up to one number.
def unscale(w, b, mean, std):
    w_raw = np.divide(w, std, out=np.zeros(len(w)), where=std > 0)
    return w_raw, b - w_raw * mean


# %% unscale | wrong | takes the bias as many times as there are features
# b stands outside the sum.
def unscale(w, b, mean, std):
    w_raw = np.divide(w, std, out=np.zeros(len(w)), where=std > 0)
    return w_raw, np.sum(b - w_raw * mean)


# %% unscale | wrong | unscales like a target
# b std + mean undoes the scaling of a target, not that of the features.
def unscale(w, b, mean, std):
    w_raw = np.divide(w, std, out=np.zeros(len(w)), where=std > 0)
    return w_raw, float(b * std.mean() + mean.mean())


# %% unscale | wrong | unscales the weights like data
# The inverse of (x - mean) / std is for feature values; weights transform the other way.
def unscale(w, b, mean, std):
    return w * std + mean, b


# %% unscale | wrong | the mean of the constants
# The constants of the features are added, not averaged.
def unscale(w, b, mean, std):
    w_raw = np.divide(w, std, out=np.zeros(len(w)), where=std > 0)
    return w_raw, b - np.mean(w_raw * mean)


# %% unscale | wrong | scales the caller's weights
# The in-place division changes w.
def unscale(w, b, mean, std):
    w /= np.where(std > 0, std, np.inf)
    return w, b - w @ mean


# %% unscale | wrong | writes ones into the stds
# The array of the caller is changed.
def unscale(w, b, mean, std):
    constant = std == 0
    std[constant] = 1
    s = std.astype(float)
    w_raw = np.where(constant, 0, w.astype(float) / s)
    return w_raw, b - w_raw @ mean.astype(float)


# %% unscale | wrong | a tiny std is none
# A std of 1e-150 is that of a feature in a tiny unit.
def unscale(w, b, mean, std):
    w, mean, std = (np.array(a, float) for a in (w, mean, std))
    c = std < 1e-15
    w_raw = np.where(c, 0, w / np.where(c, 1, std))
    return w_raw, b - w_raw @ mean


# %% unscale | wrong | multiplies integers first
# w * mean wraps around in int8 before it is divided.
def unscale(w, b, mean, std):
    s = np.where(std > 0, std.astype(float), np.inf)
    return w / s, float(b - np.sum(w * mean / s))


# %% unscale | wrong | the type of the bias
# int(-20.5) cuts off the fraction.
def unscale(w, b, mean, std):
    w, mean, std = (np.array(a, float) for a in (w, mean, std))
    w_raw = np.divide(w, std, out=np.zeros(len(w)), where=std > 0)
    return w_raw, type(b)(b - w_raw @ mean)


# %% unscale | wrong | one feature squeezed
# With d = 1 the weights are still an array of the shape (1,).
def unscale(w, b, mean, std):
    w, mean, std = (np.array(a, float) for a in (w, mean, std))
    w_raw = np.divide(w, std, out=np.zeros(len(w)), where=std > 0)
    return np.squeeze(w_raw), b - np.atleast_1d(w_raw) @ mean


# %% unscale | right | fractions
# Exact until the end.
def unscale(w, b, mean, std):
    from fractions import Fraction as F

    q = [F(0) if s == 0 else F(v) / F(s) for v, s in zip(w.tolist(), std.tolist())]
    return [float(v) for v in q], float(F(float(b)) - sum(v * F(m) for v, m in zip(q, mean.tolist())))


# %% unscale | right | one feature at a time
# A loop that moves one term after the other into the bias.
def unscale(w, b, mean, std):
    w, mean, std = (np.asarray(a, dtype=float) for a in (w, mean, std))
    w_raw, b_raw = [], float(b)
    for w_j, m_j, s_j in zip(w, mean, std):
        w_raw.append(float(w_j / s_j) if s_j > 0 else 0.0)
        b_raw -= w_raw[-1] * m_j
    return w_raw, b_raw


# %% unscale | wrong | asks the model
# Each raw weight is a difference of predictions, which cancels where another feature has a tiny unit.
def unscale(w, b, mean, std):
    w, mean, std = (np.asarray(a, dtype=float) for a in (w, mean, std))

    def predict(x):
        return np.where(std > 0, (x - mean) / np.where(std > 0, std, 1), 0) @ w + b

    zero = np.zeros(len(w))
    return np.array([predict(e) - predict(zero) for e in np.eye(len(w))]), predict(zero)


# %% unscale | right | infinity for the std
# A weight divided by infinity is 0.
def unscale(w, b, mean, std):
    w, mean, std = (np.asarray(a, dtype=float) for a in (w, mean, std))
    w_raw = w / np.where(std == 0, np.inf, std)
    return w_raw, np.array(b - np.dot(mean, w_raw))


# %% unscale | right | a matrix for homogeneous coordinates
# Scaling is an affine map: its matrix, transposed, acts on the vector of weights and bias.
def unscale(w, b, mean, std):
    w, mean, std = (np.asarray(a, dtype=float) for a in (w, mean, std))
    gain = np.divide(1.0, std, out=np.zeros(len(w)), where=std > 0)
    M = np.eye(len(w) + 1)
    M[:-1, :-1] = np.diag(gain)
    M[:-1, -1] = -mean * gain
    raw = M.T @ np.append(w, b)
    return raw[:-1], raw[-1]


# %% unscale | wrong | a pseudo-inverse
# np.linalg.pinv takes a std for 0 that is 1e-15 of the largest; features have units of their own.
def unscale(w, b, mean, std):
    w, mean, std = (np.asarray(a, dtype=float) for a in (w, mean, std))
    w_raw = np.linalg.pinv(np.diag(std.astype(float))) @ w
    return w_raw, b - float(w_raw @ mean)


# %% should_stop | wrong | ignores patience
# One small entry may be chance; the last `patience` ones must be small.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) > 0 and history[-1] < tol
    if rule == "decrease":
        return len(history) > 1 and abs(history[-2] - history[-1]) < tol
    if rule == "patience":
        known = [v for v in history[:-1] if v == v]
        return len(history) > 1 and not history[-1] < min(known, default=np.inf) - tol
    raise ValueError(rule)


# %% should_stop | wrong | NaN counts as improvement
# `not v >= best - tol` is true for NaN.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if rule not in ("decrease", "patience"):
        raise ValueError(rule)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=np.inf)
    return all(v >= best - tol for v in history[-patience:])


# %% should_stop | wrong | NaN is the best
# np.min of a list with NaN is NaN, and nothing is below NaN.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if rule not in ("decrease", "patience"):
        raise ValueError(rule)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = np.min(history[:-patience])
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | NaN is small
# `not v >= tol` is true for NaN, so a broken run looks converged.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and not any(v >= tol for v in history[-patience:])
    if rule not in ("decrease", "patience"):
        raise ValueError(rule)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return not any(abs(a - b) >= tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=np.inf)
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | a rise counts as convergence
# Without the absolute value a loss that explodes has a "small" decrease.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if rule not in ("decrease", "patience"):
        raise ValueError(rule)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(a - b < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=np.inf)
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | any in place of all
# Every one of the recent entries must be small.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and any(v < tol for v in history[-patience:])
    if rule not in ("decrease", "patience"):
        raise ValueError(rule)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return any(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=np.inf)
    return not all(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | a short history stops
# all() of too few entries is true: the length must be checked.
def should_stop(history, rule, tol, patience):
    recent = history[-patience:]
    if rule in ("step", "gradient"):
        return all(v < tol for v in recent)
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    if rule == "patience":
        best = min((v for v in history[:-patience] if v == v), default=np.inf)
        return not any(v < best - tol for v in recent)
    raise ValueError(rule)


# %% should_stop | wrong | compares with the entry before
# A loss that rises, then falls a little, has not improved on the best.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if rule not in ("decrease", "patience"):
        raise ValueError(rule)
    if len(history) <= patience:
        return False
    pairs = list(zip(history[-patience - 1 :], history[-patience:]))
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in pairs)
    return not any(b < a - tol for a, b in pairs)


# %% should_stop | wrong | the best of all entries
# No entry improves on the smallest of a list that contains it.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if rule not in ("decrease", "patience"):
        raise ValueError(rule)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history if v == v), default=np.inf)
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | ignores tol under "patience"
# An improvement must be larger than tol.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if rule not in ("decrease", "patience"):
        raise ValueError(rule)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=np.inf)
    return not any(v < best for v in history[-patience:])


# %% should_stop | wrong | at tol or below
# Below is strict: with tol = 0 a run of zeros does not stop.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v <= tol for v in history[-patience:])
    if rule not in ("decrease", "patience"):
        raise ValueError(rule)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) <= tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=np.inf)
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | an unknown rule never stops
# A misspelt rule must be refused, or training runs for ever.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    if rule == "patience":
        best = min((v for v in history[:-patience] if v == v), default=np.inf)
        return not any(v < best - tol for v in history[-patience:])
    return False


# %% should_stop | wrong | the total change
# A small change over the whole window hides large changes that cancel.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and sum(history[-patience:]) / patience < tol
    if rule not in ("decrease", "patience"):
        raise ValueError(rule)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return abs(history[-1 - patience] - history[-1]) < tol
    best = min((v for v in history[:-patience] if v == v), default=np.inf)
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | takes NaN out first
# Dropping NaN moves older entries into the window.
def should_stop(history, rule, tol, patience):
    history = [v for v in history if v == v]
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if rule not in ("decrease", "patience"):
        raise ValueError(rule)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    return not any(v < min(history[:-patience]) - tol for v in history[-patience:])


# %% should_stop | wrong | sorts with NaN
# A NaN in the middle keeps sorted() from ordering what is around it.
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    s = sorted(history[:-patience])
    best = s[0] if s[0] == s[0] else min([v for v in s if v == v], default=float("inf"))
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | the largest recent entry
# max passes over a NaN that is not the first.
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError
    if rule in ("step", "gradient"):
        return len(history) >= patience and max(history[-patience:]) < tol
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=float("inf"))
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | the smallest recent entry
# min returns NaN if that comes first, and hides an improvement after it.
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=float("inf"))
    return not min(history[-patience:]) < best - tol


# %% should_stop | wrong | clearly below
# 1e-12 is a large margin where tol is 1e-12.
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol and abs(v - tol) > 1e-12 for v in history[-patience:])
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=float("inf"))
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | no loss above a billion
# The search for the best starts at 1e9, and losses may be larger.
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = 1e9
    for v in history[:-patience]:
        if v < best:
            best = v
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | sizes of the losses
# From -1 to 1 is a change of 2.
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(abs(a) - abs(b)) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=float("inf"))
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | part of a word
# "e" in "step gradient" is true.
def should_stop(history, rule, tol, patience):
    if rule not in "step gradient decrease patience" or rule == "":
        raise ValueError
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=float("inf"))
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | an integer for a truth value
# 0 and 1 are not False and True.
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if len(history) <= patience:
        return 0
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=float("inf"))
    return 1 - any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | no answer in place of False
# A function without a return returns None.
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError
    if rule in ("step", "gradient"):
        if len(history) >= patience and all(v < tol for v in history[-patience:]):
            return True
        return
    if len(history) <= patience:
        return
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=float("inf"))
    return not any(v < best - tol for v in history[-patience:])


# %% should_stop | wrong | the best so far
# An improvement that came earlier, by steps below tol, is not remembered as the best.
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(a - b) < tol for a, b in zip(history[-patience - 1 :], history[-patience:]))
    best, waited = float("inf"), 0
    for v in history:
        if v < best - tol:
            best, waited = v, 0
        else:
            waited += 1
    return waited >= patience


# %% should_stop | right | NumPy
# Slices of an array, np.diff, and fmin, which passes over NaN.
def should_stop(history, rule, tol, patience):
    values = np.array(history, dtype=float)
    if rule == "patience":
        if len(values) <= patience:
            return False
        best = np.fmin.reduce(values[:-patience], initial=np.inf)
        return np.all(~(values[-patience:] < best - tol))
    if rule == "decrease":
        values = np.abs(np.diff(values))
    elif rule not in ("step", "gradient"):
        raise ValueError(rule)
    return np.bool_(len(values) >= patience and np.sum(values[-patience:] < tol) == patience)


# %% should_stop | right | a deque
# Entries pass through a window of fixed length; what falls out of it may become the best.
def should_stop(history, rule, tol, patience):
    from collections import deque

    if rule not in {"step", "gradient", "decrease", "patience"}:
        raise ValueError(f"unknown rule {rule}")
    window, best, seen = deque(maxlen=patience + 1), float("inf"), 0
    for v in history:
        if len(window) == patience + 1 and window[0] < best:
            best = window[0]
        window.append(v)
        seen += 1
    if rule in {"step", "gradient"}:
        return seen >= patience and all(v < tol for v in list(window)[-patience:])
    if seen <= patience:
        return False
    first, *recent = window
    if rule == "decrease":
        return all(abs(b - a) < tol for a, b in zip([first] + recent[:-1], recent))
    best = first if first < best else best
    return all(not v < best - tol for v in recent)


# %% should_stop | right | a table of rules
# Each rule is a function from the history to a list of verdicts.
def should_stop(history, rule, tol, patience):
    n = len(history)

    def small():
        return [v < tol for v in history]

    def flat():
        return [abs(history[i - 1] - history[i]) < tol for i in range(1, n)]

    def stale():
        best = min([np.inf] + [v for v in history[: max(n - patience, 0)] if v <= np.inf])
        return [not v < best - tol for v in history][1:]

    table = {"step": small, "gradient": small, "decrease": flat, "patience": stale}
    if rule not in table:
        raise ValueError(rule)
    verdicts = table[rule]()
    return len(verdicts) >= patience and False not in verdicts[-patience:]


# %% should_stop | right | counts from the end
# It walks backwards and gives up at the first entry that speaks against stopping.
def should_stop(history, rule, tol, patience):
    import math

    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError(rule)
    first = len(history) - patience
    if first < (0 if rule in ("step", "gradient") else 1):
        return False
    best = math.inf
    for v in history[:first]:
        if not math.isnan(v):
            best = min(best, v)
    i = len(history)
    while i > first:
        i -= 1
        if rule == "patience":
            go_on = history[i] < best - tol
        elif rule == "decrease":
            go_on = not math.fabs(history[i] - history[i - 1]) < tol
        else:
            go_on = not history[i] < tol
        if go_on:
            return False
    return True


# %% bce_guard | wrong | takes any label
# The formula gives a number for the label 9 too, and it has no lower bound.
def bce_guard(p, y):
    if p.shape != y.shape or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("bad input")
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | asserts
# The caller is promised a ValueError, not an AssertionError.
def bce_guard(p, y):
    assert p.shape == y.shape
    assert np.all((y == 0) | (y == 1))
    assert np.all((p >= 0) & (p <= 1))
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | checks the range of the labels
# 0.5 lies between 0 and 1, yet it is no label.
def bce_guard(p, y):
    if p.shape != y.shape:
        raise ValueError("shapes differ")
    if not np.all((y >= 0) & (y <= 1)) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("outside [0, 1]")
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | turns the labels into integers first
# int(0.5) is 0, so the check sees a legal label.
def bce_guard(p, y):
    if p.shape != y.shape:
        raise ValueError("shapes differ")
    y = y.astype(int)
    if not set(y.tolist()) <= {0, 1} or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("bad label or probability")
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | refuses only when all labels are bad
# One bad label is enough.
def bce_guard(p, y):
    if p.shape != y.shape or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("bad shape or probability")
    if np.all((y != 0) & (y != 1)):
        raise ValueError("bad labels")
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | zero times infinity
# 0 * log(0) is nan, so a sure and right prediction spoils the mean.
def bce_guard(p, y):
    if p.shape != y.shape or not np.all(np.isin(y, (0, 1))) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("bad input")
    y = y.astype(float)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


# %% bce_guard | wrong | clips
# A clipped probability makes an infinite loss finite.
def bce_guard(p, y):
    if p.shape != y.shape or not np.all(np.isin(y, (0, 1))) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("bad input")
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return -np.mean(np.where(y == 1, np.log(p), np.log(1 - p)))


# %% bce_guard | wrong | a small constant under the logarithm
# log(p + 1e-12) never exceeds 27.6.
def bce_guard(p, y):
    if p.shape != y.shape or not np.all(np.isin(y, (0, 1))) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("bad input")
    return -np.mean(np.log(np.where(y == 1, p, 1 - p) + 1e-12))


# %% bce_guard | wrong | PyTorch's ceiling
# torch's binary_cross_entropy clamps each logarithm at -100.
def bce_guard(p, y):
    import torch

    if p.shape != y.shape or not np.all(np.isin(y, (0, 1))) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("bad input")
    p, y = torch.tensor(p, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    return torch.nn.functional.binary_cross_entropy(p, y).item()


# %% bce_guard | wrong | scikit-learn's ceiling
# log_loss clips the probabilities.
def bce_guard(p, y):
    from sklearn.metrics import log_loss

    if p.shape != y.shape or not np.all(np.isin(y, (0, 1))) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("bad input")
    return log_loss(y.astype(int), p.astype(float), labels=[0, 1])


# %% bce_guard | wrong | lets NaN through
# Every comparison with NaN is false, so asking for values outside does not find it.
def bce_guard(p, y):
    if p.shape != y.shape or np.any((p < 0) | (p > 1)) or np.any((y != 0) & (y != 1)):
        raise ValueError("bad input")
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | refuses 0 and 1
# A probability of exactly 0 or 1 is legal.
def bce_guard(p, y):
    if p.shape != y.shape or not np.all(np.isin(y, (0, 1))) or not np.all((p > 0) & (p < 1)):
        raise ValueError("bad input")
    return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | a column against a row
# (n, 1) and (n,) broadcast to an n times n table.
def bce_guard(p, y):
    if len(p) != len(y) or not np.all(np.isin(y, (0, 1))) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("bad input")
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | sum over the samples
# The mean is asked for.
def bce_guard(p, y):
    if p.shape != y.shape or not np.all(np.isin(y, (0, 1))) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("bad input")
    with np.errstate(divide="ignore"):
        return -np.sum(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | forgets the negatives
# A sample with the label 0 costs -log(1 - p), not nothing.
def bce_guard(p, y):
    if p.shape != y.shape or not np.all(np.isin(y, (0, 1))) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("bad input")
    with np.errstate(divide="ignore"):
        return -np.sum(np.log(p[y == 1])) / len(p)


# %% bce_guard | wrong | close to a label
# 1e-9 is neither 0 nor 1.
def bce_guard(p, y):
    p, y = np.array(p, float), np.array(y, float)
    if p.shape != y.shape or not np.all(np.isclose(y, 0) | np.isclose(y, 1)) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y > 0.5, p, 1 - p)))


# %% bce_guard | wrong | Python's min and max
# They pass over a NaN that is not the first.
def bce_guard(p, y):
    p, y = np.array(p, float), np.array(y, float)
    if p.shape != y.shape or not set(y.tolist()) <= {0, 1} or min(p.tolist()) < 0 or max(p.tolist()) > 1:
        raise ValueError
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | the type of the probabilities
# The logarithm of a float16 is a float16.
def bce_guard(p, y):
    if p.shape != y.shape or not np.all((y == 0) | (y == 1)) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | the smallest normal float
# 5e-324 is smaller, and costs more.
def bce_guard(p, y):
    p, y = np.array(p, float), np.array(y, float)
    if p.shape != y.shape or not np.all((y == 0) | (y == 1)) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError
    q = np.where(y == 1, p, 1 - p)
    with np.errstate(divide="ignore"):
        return -np.mean(np.where(q > 0, np.log(np.maximum(q, 2.3e-308)), -np.inf))


# %% bce_guard | wrong | a tolerance at the border
# 1 + 1e-13 is no probability.
def bce_guard(p, y):
    p, y = np.array(p, float), np.array(y, float)
    if p.shape != y.shape or not np.all((y == 0) | (y == 1)) or not np.all((p >= -1e-12) & (p <= 1 + 1e-12)):
        raise ValueError
    p = np.clip(p, 0, 1)
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | returns float32
# The mean is rounded to seven digits on its way out.
def bce_guard(p, y):
    p = np.array(p, float)
    if p.shape != y.shape or not np.all((y == y.astype(bool))) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError
    with np.errstate(divide="ignore"):
        p[y == 0] = 1 - p[y == 0]
        return np.float32(-np.mean(np.log(p)))


# %% bce_guard | wrong | mends what it refuses
# NaN becomes 0 in the array of the caller.
def bce_guard(p, y):
    if p.shape != y.shape or not np.all((y == 0) | (y == 1)):
        raise ValueError
    if not np.all((p >= 0) & (p <= 1)):
        np.nan_to_num(p, copy=False)
        raise ValueError
    q = np.where(y == 1, p.astype(float), 1 - p.astype(float))
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(q))


# %% bce_guard | wrong | two labels between 0 and 1
# 0.5 alone is neither 0 nor 1 either.
def bce_guard(p, y):
    p, y = np.array(p, float), np.array(y, float)
    if (
        p.shape != y.shape
        or len(np.unique(y)) > 2
        or y.max() > 1
        or y.min() < 0
        or not np.all((p >= 0) & (p <= 1))
        or np.isnan(y).any()
    ):
        raise ValueError
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


# %% bce_guard | wrong | the logarithm of the product
# A product of many probabilities underflows to 0.
def bce_guard(p, y):
    p, y = np.array(p, float), np.array(y, float)
    if p.shape != y.shape or not np.all((y == 0) | (y == 1)) or not np.all((p >= 0) & (p <= 1)):
        raise ValueError
    with np.errstate(all="ignore"):
        return -np.log(np.prod(np.where(y == 1, p, 1 - p))) / len(p)


# %% bce_guard | right | asks the mean
# A NaN among the probabilities makes the mean NaN, and nothing else does.
def bce_guard(p, y):
    p, y = np.array(p, float), np.array(y, float)
    if p.shape != y.shape or np.any((y != 0) & (y != 1)) or np.any(p < 0) or np.any(p > 1):
        raise ValueError
    with np.errstate(all="ignore"):
        L = -np.mean(np.log(np.where(y == 1, p, 1 - p)))
    if np.isnan(L):
        raise ValueError
    return L


# %% bce_guard | right | SciPy
# xlogy and xlog1py define 0 * log(0) as 0.
def bce_guard(p, y):
    from scipy.special import xlog1py, xlogy

    if p.shape != y.shape:
        raise ValueError("shapes differ")
    if not np.isin(y, [0, 1]).all():
        raise ValueError("labels must be 0 or 1")
    if not ((0 <= p) & (p <= 1)).all():
        raise ValueError("p must be a probability")
    y = y.astype(float)
    return -(xlogy(y, p) + xlog1py(1 - y, -p)).mean()


# %% bce_guard | right | one sample at a time
# Python numbers; math.log refuses 0, so infinity is returned by hand.
def bce_guard(p, y):
    import math

    if np.shape(p) != np.shape(y):
        raise ValueError("shapes differ")
    total = 0.0
    for prob, label in zip(p.tolist(), y.tolist()):
        if label not in (0, 1) or not 0 <= prob <= 1:
            raise ValueError((prob, label))
        right = prob if label else 1 - prob
        total += -math.log(right) if right > 0 else math.inf
    return total / len(y)


# %% bce_guard | right | the distance from the label
# |1 - y - p| is p for y = 1 and 1 - p for y = 0.
def bce_guard(p, y):
    p, y = (np.asarray(a, dtype=float) for a in (p, y))
    if p.shape != y.shape or set(np.unique(y).tolist()) - {0, 1} or not (np.sign(p) * np.sign(1 - p) >= 0).all():
        raise ValueError("p must be in [0, 1], y in {0, 1}, both of one shape")
    return np.array(np.mean(-np.log(np.abs(1.0 - y - p))))


# %% bce_guard | right | two sums
# Positives and negatives apart; the sum of an empty set is 0.
def bce_guard(p, y):
    p, y = (np.asarray(a, dtype=float) for a in (p, y))
    if p.shape != y.shape:
        raise ValueError("shapes differ")
    positive, negative = y == 1, y == 0
    if positive.sum() + negative.sum() != y.size or not p.min() >= 0 or not p.max() <= 1:
        raise ValueError("bad label or probability")
    with np.errstate(divide="ignore"):
        return float(-(np.log(p[positive]).sum() + np.log1p(-p[negative]).sum()) / p.size)


# %% bce_guard | right | PyTorch without its ceiling
# torch.where picks the probability before a plain logarithm, in float64.
def bce_guard(p, y):
    import torch

    p, y = (np.array(a, dtype=float, order="C") for a in (p, y))  # no negative strides
    p, y = torch.tensor(p, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    if p.shape != y.shape or not bool(((y == 0) | (y == 1)).all()) or not bool(((p >= 0) & (p <= 1)).all()):
        raise ValueError("bad input")
    return -torch.where(y == 1, p, 1 - p).log().mean().item()


# %% best_threshold | wrong | one half
# One half is right where both mistakes cost the same and the probabilities are honest.
def best_threshold(p, y, cost_miss, cost_alarm):
    return 0.5


# %% best_threshold | wrong | the formula
# alarm / (alarm + miss) is best for honest probabilities, and on average, not on every sample.
def best_threshold(p, y, cost_miss, cost_alarm):
    return cost_alarm / (cost_alarm + cost_miss)


# %% best_threshold | wrong | the most right answers
# Accuracy counts both mistakes alike.
def best_threshold(p, y, cost_miss, cost_alarm):
    return max([*np.unique(p), np.inf], key=lambda t: np.mean((p >= t) == (y == 1)))


# %% best_threshold | wrong | mixes up the costs
# A miss is a 1 that is called 0.
def best_threshold(p, y, cost_miss, cost_alarm):
    def cost(t):
        return cost_alarm * np.sum((p < t) & (y == 1)) + cost_miss * np.sum((p >= t) & (y == 0))

    return min([*np.unique(p), np.inf], key=cost)


# %% best_threshold | wrong | larger than the threshold
# A sample with p equal to the threshold is called 1.
def best_threshold(p, y, cost_miss, cost_alarm):
    def cost(t):
        return cost_miss * np.sum((p <= t) & (y == 1)) + cost_alarm * np.sum((p > t) & (y == 0))

    return min([-1.0, *np.unique(p)], key=cost)


# %% best_threshold | wrong | never calls nobody
# The largest p is a threshold that still calls one sample 1.
def best_threshold(p, y, cost_miss, cost_alarm):
    def cost(t):
        return cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (y == 0))

    return min(np.unique(p), key=cost)


# %% best_threshold | wrong | never calls everybody
# Midpoints between the values leave out the threshold below the smallest.
def best_threshold(p, y, cost_miss, cost_alarm):
    def cost(t):
        return cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (y == 0))

    values = np.unique(p)
    return min([*(values[1:] + values[:-1]) / 2, np.inf], key=cost)


# %% best_threshold | wrong | a grid of hundredths
# Probabilities may lie closer together than the grid.
def best_threshold(p, y, cost_miss, cost_alarm):
    def cost(t):
        return cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (y == 0))

    return min(np.arange(0, 1.02, 0.01), key=cost)


# %% best_threshold | wrong | parts equal probabilities
# Samples with equal p cross the threshold together, not one after the other.
def best_threshold(p, y, cost_miss, cost_alarm):
    order = np.lexsort((y != 1, -p))
    labels = (y == 1)[order]
    misses = labels.sum() - np.concatenate([[0], np.cumsum(labels)])
    alarms = np.concatenate([[0], np.cumsum(~labels)])
    k = int(np.argmin(cost_miss * misses + cost_alarm * alarms))
    return np.inf if k == 0 else p[order][k - 1]


# %% best_threshold | wrong | a mean price for each class
# The costs count samples; the two rates divide by the sizes of the classes.
def best_threshold(p, y, cost_miss, cost_alarm):
    def cost(t):
        ones, zeros = max(np.sum(y == 1), 1), max(np.sum(y == 0), 1)
        return cost_miss * np.sum((p < t) & (y == 1)) / ones + cost_alarm * np.sum((p >= t) & (y == 0)) / zeros

    return min([*np.unique(p), np.inf], key=cost)


# %% best_threshold | wrong | the least cost
# The threshold is asked for, not what it costs.
def best_threshold(p, y, cost_miss, cost_alarm):
    return min(
        cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (y == 0)) for t in [*np.unique(p), 2.0]
    )


# %% best_threshold | wrong | sorts the caller's probabilities
# list.sort and ndarray.sort work in place, and the labels no longer belong to them.
def best_threshold(p, y, cost_miss, cost_alarm):
    def cost(t):
        return cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (y == 0))

    best = min([*p, np.inf], key=cost)
    p.sort()
    return best


# %% best_threshold | wrong | rounds the probabilities
# What differs in the ninth digit is parted no more.
def best_threshold(p, y, cost_miss, cost_alarm):
    p = np.asarray(p, float)
    cost = lambda t: cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (y == 0))
    return min([*np.unique(np.round(p, 8)), np.inf, -1], key=cost)


# %% best_threshold | wrong | a step of a billionth
# p - 1e-9 lies below other probabilities too.
def best_threshold(p, y, cost_miss, cost_alarm):
    p = np.asarray(p, float)
    cost = lambda t: cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (y == 0))
    return min([*(np.unique(p) - 1e-9), p.max() + 1e-9], key=cost)


# %% best_threshold | wrong | 1 as none
# A sample with p = 1 is called 1 by the threshold 1.
def best_threshold(p, y, cost_miss, cost_alarm):
    p = np.asarray(p, float)
    cost = lambda t: cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (y == 0))
    return min([*np.unique(p), 1.0], key=cost)


# %% best_threshold | wrong | the complement of a label
# ~0 is -1 for int64 and 255 for uint8.
def best_threshold(p, y, cost_miss, cost_alarm):
    p = np.asarray(p, float)
    cost = lambda t: cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (~y == -1))
    return min([*np.unique(p), np.inf], key=cost)


# %% best_threshold | wrong | counts in int8
# A product of vectors of int8 wraps around beyond 127.
def best_threshold(p, y, cost_miss, cost_alarm):
    p = np.asarray(p, float)
    one = (y == 1).astype(np.int8)
    cost = lambda t: (
        cost_miss * int((p < t).astype(np.int8) @ one) + cost_alarm * int((p >= t).astype(np.int8) @ (1 - one))
    )
    return min([*np.unique(p), np.inf], key=cost)


# %% best_threshold | wrong | better by 1e-12
# Costs may be smaller than that altogether.
def best_threshold(p, y, cost_miss, cost_alarm):
    p = np.asarray(p, float)
    cost = lambda t: cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (y == 0))
    best, t0 = cost(-1.0), -1.0
    for t in [*np.unique(p), np.inf]:
        if cost(t) < best - 1e-12:
            best, t0 = cost(t), t
    return t0


# %% best_threshold | wrong | midpoints in float16
# Between two neighbours in float16 lies no third: the midpoint is one of them.
def best_threshold(p, y, cost_miss, cost_alarm):
    cost = lambda t: cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (y == 0))
    v = np.unique(p)
    mids = (v[1:] + v[:-1]) / 2
    return min([v[0] - 1.0, *mids, v[-1] + 1.0], key=cost)


# %% best_threshold | right | thresholds at the ones
# A best threshold is among the probabilities of the ones, or above all.
def best_threshold(p, y, cost_miss, cost_alarm):
    p = np.asarray(p, float)
    cost = lambda t: cost_miss * np.sum((p < t) & (y == 1)) + cost_alarm * np.sum((p >= t) & (y == 0))
    return min([*p[y == 1], 2.0], key=cost)


# %% best_threshold | right | cumulative sums
# One pass over the sorted samples; only ends of runs of equal p are looked at.
def best_threshold(p, y, cost_miss, cost_alarm):
    order = np.argsort(-p)
    q, one = p[order], (y == 1)[order]
    end = np.append(q[1:] != q[:-1], True)
    cost = cost_miss * (one.sum() - np.cumsum(one)) + cost_alarm * np.cumsum(~one)
    cost = np.where(end, cost, np.inf)
    return 2.0 if cost_miss * one.sum() <= cost.min() else q[cost.argmin()]


# %% best_threshold | right | midpoints and both ends
# Thresholds between neighbours, one below all and one above all.
def best_threshold(p, y, cost_miss, cost_alarm):
    p = np.asarray(p, dtype=float)
    values = np.unique(p)
    middles = [-np.inf, *(values[:-1] + np.diff(values) / 2), np.inf]
    called = p[None, :] >= np.array(middles)[:, None]
    cost = (cost_miss * (~called & (y == 1)) + cost_alarm * (called & (y == 0))).sum(axis=1)
    return np.array(middles[int(cost.argmin())])


# %% best_threshold | right | scikit-learn's curve
# roc_curve gives rates and thresholds, infinity among them; rates times sizes are counts.
def best_threshold(p, y, cost_miss, cost_alarm):
    from sklearn.metrics import roc_curve

    y = (y == 1).astype(int)
    if y.min() == y.max():
        return 0.0 if y[0] == 1 else 1.5
    false, true, thresholds = roc_curve(y, p, drop_intermediate=False)
    return thresholds[np.argmin(cost_miss * (1 - true) * y.sum() + cost_alarm * false * (1 - y).sum())]


# %% best_threshold | right | one sample at a time
# Python numbers, and a list of (cost, threshold) pairs.
def best_threshold(p, y, cost_miss, cost_alarm):
    pairs = list(zip(p.tolist(), y.tolist()))
    tried = []
    for t in [0.0, 2.0] + [value for value, _ in pairs]:
        total = 0.0
        for value, label in pairs:
            if label == 1 and value < t:
                total += cost_miss
            if label == 0 and value >= t:
                total += cost_alarm
        tried.append((total, t))
    return min(tried)[1]


# %% diagnose_loss | wrong | looks at the first loss
# Equal logits cost log k with one softmax and with two, and with a patch nearly.
def diagnose_loss(loss):
    first = loss(np.zeros((1, 10)), np.array([0]))
    return "right" if abs(first - np.log(10)) < 1e-9 else "twice"


# %% diagnose_loss | wrong | one sample alone
# With a single sample the sum is the mean.
def diagnose_loss(loss):
    y = np.array([1])
    if not np.isfinite(loss(np.array([[1000.0, 900.0]]), y)):
        return "overflow"
    price = loss(np.array([[0.0, -100.0]]), y)
    if price > 150:
        return "sum"
    return "right" if price > 99 else "patched" if price > 5 else "twice"


# %% diagnose_loss | wrong | NaN passes the comparison
# nan > 1e10 is false, so an overflow that gives NaN is taken for something else.
def diagnose_loss(loss):
    y = np.array([1])
    if loss(np.array([[1000.0, 900.0]]), y) > 1e10:
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(np.array([[0.0, -100.0]]), y)
    return "right" if price > 99 else "patched" if price > 5 else "twice"


# %% diagnose_loss | wrong | logits of ordinary size
# At a difference of 10 no patch shows.
def diagnose_loss(loss):
    y = np.array([1])
    if not np.isfinite(loss(np.array([[1000.0, 900.0]]), y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(np.array([[0.0, -10.0]]), y)
    return "right" if abs(price - 10) < 0.01 else "patched" if price > 5 else "twice"


# %% diagnose_loss | wrong | knows one patch only
# The ceiling is -log of the patch, 27.63 for 1e-12 alone.
def diagnose_loss(loss):
    y = np.array([1])
    if not np.isfinite(loss(np.array([[1000.0, 900.0]]), y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(np.array([[0.0, -100.0]]), y)
    if abs(price + np.log(1e-12)) < 0.01:
        return "patched"
    return "right" if price > 99 else "twice"


# %% diagnose_loss | wrong | the floor of ten classes
# 1.4612 is the floor of ten classes; with two classes it is 0.3133.
def diagnose_loss(loss):
    y = np.array([1])
    if not np.isfinite(loss(np.array([[1000.0, 900.0]]), y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    if abs(loss(np.array([[0.0, 50.0]]), y) - 1.4612) < 1e-3:
        return "twice"
    return "right" if loss(np.array([[0.0, -100.0]]), y) > 99 else "patched"


# %% diagnose_loss | wrong | compares to the last digit
# Rounding moves the last digits of a right loss.
def diagnose_loss(loss):
    z, y = np.array([[0.0, 1.0], [3.0, 1.0], [0.5, 0.25]]), np.array([1, 1, 0])
    top = z.max(axis=1, keepdims=True)
    right = float(np.mean(np.log(np.exp(z - top).sum(axis=1)) + top[:, 0] - z[np.arange(3), y]))
    if loss(z, y) == right:
        if not np.isfinite(loss(z + 1000, y)):
            return "overflow"
        return "right" if loss(np.array([[0.0, -100.0]]), np.array([1])) > 99 else "patched"
    if not np.isfinite(loss(z + 1000, y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    return "twice" if loss(np.array([[0.0, -100.0]]), np.array([1])) < 5 else "patched"


# %% diagnose_loss | wrong | many random probes
# The box may be called at most 10 times.
def diagnose_loss(loss):
    rng = np.random.default_rng(0)
    y = np.array([1])
    for _ in range(50):
        loss(rng.normal(size=(3, 4)), rng.integers(0, 4, 3))
    if not np.isfinite(loss(np.array([[1000.0, 900.0]]), y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(np.array([[0.0, -100.0]]), y)
    return "right" if price > 99 else "patched" if price > 5 else "twice"


# %% diagnose_loss | wrong | an overflow that is none
# exp(100) is far from infinity in float64; it overflows from 710 on.
def diagnose_loss(loss):
    y = np.array([1])
    if not np.isfinite(loss(np.array([[100.0, 0.0]]), y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(np.array([[0.0, -100.0]]), y)
    return "right" if price > 99 else "patched" if price > 5 else "twice"


# %% diagnose_loss | wrong | remembers the last box
# What was learned of one box does not hold for the next.
def diagnose_loss(loss, known=[]):
    if known:
        return known[0]
    y = np.array([1])
    if not np.isfinite(loss(np.array([[1000.0, 900.0]]), y)):
        known.append("overflow")
    elif loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        known.append("sum")
    else:
        price = loss(np.array([[0.0, -100.0]]), y)
        known.append("right" if price > 99 else "patched" if price > 5 else "twice")
    return known[0]


# %% diagnose_loss | wrong | NaN only
# An overflow may give infinity too.
def diagnose_loss(loss):
    y = np.array([1])
    if np.isnan(loss(np.array([[1000.0, 900.0]]), y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(np.array([[0.0, -100.0]]), y)
    return "right" if price > 99 else "patched" if price > 5 else "twice"


# %% diagnose_loss | wrong | a gap of 33
# -log(1e-15) is 34.5, so the smallest patches do not show.
def diagnose_loss(loss):
    y = np.array([1])
    if not np.isfinite(loss(np.array([[1000.0, 900.0]]), y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(np.array([[0.0, -33.0]]), y)
    return "right" if price > 32.5 else "patched" if price > 5 else "twice"


# %% diagnose_loss | wrong | no patch above 1e-7
# The ceiling of the patch 1e-6 is 13.8, below 14.5.
def diagnose_loss(loss):
    y = np.array([1])
    if not np.isfinite(loss(np.array([[1000.0, 900.0]]), y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(np.array([[0.0, -100.0]]), y)
    return "right" if price > 99 else "patched" if price > 14.5 else "twice"


# %% diagnose_loss | wrong | asks with infinity
# The logits are to be finite.
def diagnose_loss(loss):
    y = np.array([1])
    if not np.isfinite(loss(np.array([[1000.0, 900.0]]), y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(np.array([[0.0, -np.inf]]), y)
    return "right" if price > 99 else "patched" if price > 5 else "twice"


# %% diagnose_loss | wrong | just below the border
# exp(709) is a float64; exp(710) is not.
def diagnose_loss(loss):
    y = np.array([1])
    if not np.isfinite(loss(np.array([[709.0, 609.0]]), y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(np.array([[0.0, -100.0]]), y)
    return "right" if price > 99 else "patched" if price > 5 else "twice"


# %% diagnose_loss | right | a gap of 34.5
# The smallest patch makes 33.8 of it, just enough to tell.
def diagnose_loss(loss):
    y = np.array([1])
    if not np.isfinite(loss(np.array([[1000.0, 900.0]]), y)):
        return "overflow"
    if loss(np.zeros((2, 2)), np.array([0, 1])) > 1:
        return "sum"
    price = loss(np.array([[0.0, -34.5]]), y)
    return "right" if price > 34 else "patched" if price > 5 else "twice"


# %% diagnose_loss | right | the nearest of four candidates
# Own versions of all boxes on one batch; the nearest answer wins.
def diagnose_loss(loss):
    z = np.array([[0.0, -60.0, -70.0], [2.0, 1.0, 0.0], [0.0, 0.0, 40.0]])
    y = np.array([1, 2, 0])

    def prices(z):
        top = z.max(axis=1, keepdims=True)
        return np.log(np.exp(z - top).sum(axis=1)) + top[:, 0] - z[np.arange(len(y)), y]

    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    if not np.isfinite(loss(z + 800, y)):
        return "overflow"
    expected = {"right": prices(z).mean(), "twice": prices(p).mean(), "sum": prices(z).sum()}
    value = loss(z, y)
    name = min(expected, key=lambda k: abs(expected[k] - value))
    return name if abs(expected[name] - value) < 1e-6 else "patched"


# %% diagnose_loss | right | how the loss grows
# A right loss grows in proportion to the difference of the logits, a patched one stops, a double softmax hardly moves.
def diagnose_loss(loss):
    def at(gap, n=1):
        return loss(np.tile([[0.0, -gap]], (n, 1)), np.ones(n, dtype=int))

    if not loss(np.array([[900.0, 0.0]]), np.array([0])) < 1e9:
        return "overflow"
    if at(20.0, n=4) > 2 * at(20.0):
        return "sum"
    growth = at(400.0) - at(200.0)
    if growth > 100:
        return "right"
    return "patched" if at(200.0) > 3 else "twice"


# %% diagnose_loss | right | a table of probes
# Each verdict has a question; the first that is answered with yes decides.
def diagnose_loss(loss):
    one, two = np.array([1]), np.array([1, 1])
    hard = np.array([[0.0, -500.0]])
    checks = {
        "overflow": lambda: not np.isfinite(loss(np.array([[1000.0, 1000.0]]), one)),
        "sum": lambda: loss(np.repeat(hard / 50, 2, axis=0), two) > 1.5 * loss(hard / 50, one),
        "twice": lambda: loss(hard, one) < 2,
        "patched": lambda: loss(hard, one) < 100,
    }
    return next((name for name, check in checks.items() if check()), "right")


# %% softmax_ce | wrong | underflow patched with the shifted logit
# Breaks "must be right for every finite logit": for logits [[0, 0, -1000]], y = [2] it gives 1000 and not 1000 + log 2.
def softmax_ce(logits, y):
    z = np.asarray(logits, dtype=float)
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    rows = np.arange(len(z))
    p = (e / e.sum(axis=1, keepdims=True))[rows, y]
    with np.errstate(divide="ignore"):
        cost = np.where(p > 0, -np.log(p), -z[rows, y])
    return float(cost.mean())


# %% softmax_ce | wrong | class numbers cast to the type of y
# Breaks "y holds integers of any type from 0 to k - 1": with k = 300 and y of uint8 the classes 3 and 259 both match y = 3.
def softmax_ce(logits, y):
    y = np.asarray(y)
    z = np.array(logits, dtype=float)
    z -= z.max(axis=1, keepdims=True)
    hot = y[:, None] == np.arange(z.shape[1]).astype(y.dtype)
    return float(np.mean(np.log(np.exp(z).sum(axis=1)) - np.where(hot, z, 0.0).sum(axis=1)))


# %% mse | wrong | integers squared in int64
# Two int64 values of 4e9 have a difference whose square does not fit into int64.
def mse(h, y, reduction):
    h, y = np.ravel(h), np.ravel(y)
    kind = np.int64 if h.dtype.kind in "iu" and y.dtype.kind in "iu" else np.float64
    e = h.astype(kind) - y.astype(kind)
    total = float(np.sum(e * e))
    if reduction not in ("sum", "mean", "half_mean"):
        raise ValueError("unknown reduction")
    return total / {"sum": 1, "mean": len(e), "half_mean": 2 * len(e)}[reduction]


# %% mse | wrong | any word that ends in mean
# "Any other reduction raises": "nanmean" and "batch_mean" are others.
def mse(h, y, reduction):
    e = np.ravel(h).astype(float) - np.ravel(y).astype(float)
    if reduction == "sum":
        return float(e @ e)
    if reduction.startswith("half"):
        return float(e @ e) / (2 * e.size)
    if reduction.endswith("mean"):
        return float(e @ e) / e.size
    raise ValueError(reduction)


# %% mse | wrong | the square multiplied out
# h^2 - 2 h y + y^2 loses every digit where h and y are large and close.
def mse(h, y, reduction):
    h, y = np.ravel(h).astype(float), np.ravel(y).astype(float)
    total = float(h @ h - 2 * (h @ y) + y @ y)
    if reduction == "sum":
        return total
    if reduction == "mean":
        return total / h.size
    if reduction == "half_mean":
        return total / (2 * h.size)
    raise ValueError(reduction)


# %% mse | wrong | the samples counted after squeezing
# With m = 1 the squeezed array has no dimension, so no length either.
def mse(h, y, reduction):
    h = np.squeeze(np.asarray(h, dtype=float))
    y = np.squeeze(np.asarray(y, dtype=float))
    if reduction not in ("sum", "mean", "half_mean"):
        raise ValueError(reduction)
    total = np.sum((h - y) ** 2)
    return float(total if reduction == "sum" else total / len(h) / (2 if reduction == "half_mean" else 1))


# %% mse_grad | wrong | a small error counts as none
# A residual of 1e-13 is one, when the targets are of that size.
def mse_grad(X, y, theta):
    X = np.asarray(X, dtype=float)
    e = X @ np.asarray(theta, dtype=float) - np.asarray(y, dtype=float)
    e = np.where(np.abs(e) < 1e-14, 0.0, e)
    return X.T @ e / len(e)


# %% mse_grad | wrong | the result in the type of the weights
# Weights of float16 make a gradient of float16: three digits, and nothing above 65504.
def mse_grad(X, y, theta):
    X = np.asarray(X, dtype=float)
    theta = np.asarray(theta)
    g = X.T @ (X @ theta.astype(float) - np.asarray(y, dtype=float)) / X.shape[0]
    return g.astype(theta.dtype) if theta.dtype.kind == "f" else g


# %% mse_grad | wrong | squeezed at the end
# With one feature the result has the shape (1,), not ().
def mse_grad(X, y, theta):
    X = np.asarray(X, dtype=float)
    e = X @ np.asarray(theta, dtype=float)[:, None] - np.asarray(y, dtype=float)[:, None]
    return np.squeeze(X.T @ e / len(X))


# %% softmax_ce | wrong | a single row found by squeezing
# With one class the squeezed column is a row: n samples become one with n classes.
def softmax_ce(logits, y):
    z = np.squeeze(np.array(logits, dtype=float))
    z = np.atleast_1d(z)
    if z.ndim == 1:
        z = z[None]
    top = z.max(axis=1, keepdims=True)
    lse = top[:, 0] + np.log(np.exp(z - top).sum(axis=1))
    return float(np.mean(lse - z[np.arange(len(z)), np.asarray(y)[: len(z)]]))


# %% softmax_ce | wrong | the true class's logit taken away
# The shift by the true logit overflows where that one is 1000 below the largest.
def softmax_ce(logits, y):
    z = np.array(logits, dtype=float)
    rows = np.arange(len(z))
    with np.errstate(over="ignore"):
        return float(np.mean(np.log(np.exp(z - z[rows, y][:, None]).sum(axis=1))))


# %% softmax_ce | wrong | shifted in the logits' own integers
# -100 - 100 wraps in int8, before the conversion.
def softmax_ce(logits, y):
    logits = np.asarray(logits)
    z = (logits - logits.max(axis=1, keepdims=True)).astype(float)
    return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), y]))


# %% softmax_ce | wrong | the logarithm of one product
# The product of all probabilities is 0 long before the sum of their logarithms is large.
def softmax_ce(logits, y):
    z = np.array(logits, dtype=float)
    z -= z.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        return float(-np.log(np.prod(p[np.arange(len(z)), y])) / len(z))


# %% gd | wrong | gradients remembered by their point
# Where the point does not move, the gradient is looked up and `grad` is called too seldom.
def gd(grad, theta0, alpha, iterations):
    path, known = [np.array(theta0, dtype=float)], {}
    for _ in range(iterations):
        key = path[-1].tobytes()
        if key not in known:
            known[key] = np.array(grad(path[-1].copy()), dtype=float)
        path.append(path[-1] - alpha * known[key])
    return path


# %% gd | wrong | the rate times the gradient in its own type
# A rate times float16 stays float16: the step is rounded to three digits.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        step = alpha * np.asarray(grad(path[-1].copy()))
        path.append(path[-1] - step)
    return path


# %% gd | wrong | the rate 0 needs no gradient
# `grad` is called `iterations` times, whatever the rate.
def gd(grad, theta0, alpha, iterations):
    if alpha == 0:
        return [np.array(theta0, dtype=float) for _ in range(iterations + 1)]
    path = [np.array(theta0, dtype=float)]
    for _ in range(iterations):
        path.append(path[-1] - alpha * np.asarray(grad(path[-1].copy()), dtype=float))
    return path


# %% gd | wrong | the same object means the end
# `grad` may return the same array each time, filled with new numbers.
def gd(grad, theta0, alpha, iterations):
    path, last = [np.array(theta0, dtype=float)], None
    for t in range(iterations):
        g = grad(path[-1].copy())
        if g is last:
            path += [path[-1].copy() for _ in range(iterations - t)]
            break
        last = g
        path.append(path[-1] - alpha * np.asarray(g, dtype=float))
    return path


# %% logreg_loss_grad | wrong | the bias taken away afterwards
# |w|^2 - w_0^2 cancels: beside a bias of 1e9 the other weights are lost.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.asarray(a, dtype=float) for a in (X, y, w))
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * (w @ w - w[0] ** 2)
    grad = X.T @ (p - y) / len(y)
    grad[1:] += lam * w[1:]
    return float(loss), grad


# %% logreg_loss_grad | wrong | decay added to the bias and taken back
# Adding lam w_0 and taking it away rounds: beside 1e12 the gradient of the bias is gone.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.asarray(a, dtype=float) for a in (X, y, w))
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    loss = np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * np.sum(w[1:] ** 2)
    grad = X.T @ (p - y) / len(y) + lam * w
    grad[0] -= lam * w[0]
    return float(loss), grad


# %% logreg_loss_grad | wrong | margins cut at a million
# A margin of 1e9 on the wrong side costs 1e9.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.asarray(a, dtype=float) for a in (X, y, w))
    z = np.clip(X @ w, -1e6, 1e6)
    p = np.exp(-np.logaddexp(0, -z))
    reg = np.r_[0.0, w[1:]]
    return float(np.mean(np.logaddexp(0, z) - y * z) + lam / 2 * reg @ reg), X.T @ (p - y) / len(y) + lam * reg


# %% logreg_loss_grad | wrong | a tiny lambda is none
# A lambda of 1e-13 beside weights of 1e9 is a penalty of 1e5.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.asarray(a, dtype=float) for a in (X, y, w))
    z = X @ w
    p = np.exp(-np.logaddexp(0, -z))
    loss, grad = np.mean(np.logaddexp(0, z) - y * z), X.T @ (p - y) / len(y)
    if lam > 1e-12:
        loss += lam / 2 * np.sum(w[1:] ** 2)
        grad[1:] += lam * w[1:]
    return float(loss), grad


# %% standardise | wrong | constant beside its mean
# Seconds beside time stamps of 1.7e9 are a spread of 1e-9, and no constant column.
def standardise(train, test):
    train, test = np.asarray(train, dtype=float), np.asarray(test, dtype=float)
    mu, sd = train.mean(axis=0), train.std(axis=0)
    constant = sd <= 1e-8 * np.abs(mu)
    safe = np.where(constant, 1.0, sd)
    return np.where(constant, 0.0, (train - mu) / safe), np.where(constant, 0.0, (test - mu) / safe)


# %% standardise | wrong | the first row against the last
# A column whose first and last values agree may still move in between.
def standardise(train, test):
    train, test = np.asarray(train, dtype=float), np.asarray(test, dtype=float)
    constant = train[0] == train[-1]
    safe = np.where(constant, 1.0, train.std(axis=0))
    return tuple(np.where(constant, 0.0, (a - train.mean(axis=0)) / safe) for a in (train, test))


# %% standardise | wrong | written into a copy of the test set
# A copy of integers holds integers: the scaled values are cut.
def standardise(train, test):
    out = []
    t = np.asarray(train, dtype=float)
    mu, sd, constant = t.mean(axis=0), t.std(axis=0), t.max(axis=0) == t.min(axis=0)
    for a in (t, test):
        a = np.array(a)
        for j in range(a.shape[1]):
            a[:, j] = 0 if constant[j] else (a[:, j].astype(float) - mu[j]) / sd[j]
        out.append(a.astype(float))
    return tuple(out)


# %% standardise | wrong | means of the whole data, spreads of the training set
# The mean must be that of the training set alone.
def standardise(train, test):
    train, test = np.asarray(train, dtype=float), np.asarray(test, dtype=float)
    mu = np.vstack([train, test]).mean(axis=0)
    constant = np.ptp(train, axis=0) == 0
    safe = np.where(constant, 1.0, train.std(axis=0))
    return tuple(np.where(constant, 0.0, (a - mu) / safe) for a in (train, test))


# %% unscale | wrong | a spread is 0 beside the largest
# 1e-12 beside 1e12 is ordinary.
def unscale(w, b, mean, std):
    w, mean, std = (np.asarray(a, dtype=float) for a in (w, mean, std))
    dead = std <= 1e-15 * std.max()
    raw = np.where(dead, 0.0, w / np.where(dead, 1.0, std))
    return raw, float(b - raw @ mean)


# %% unscale | wrong | the NaN of dead features skipped
# w mean / 0 is NaN only for w mean = 0; else it is infinite, and stays in the sum.
def unscale(w, b, mean, std):
    w, mean, std = (np.asarray(a, dtype=float) for a in (w, mean, std))
    with np.errstate(all="ignore"):
        return np.where(std == 0, 0.0, w / std), float(b - np.nansum(w * mean / std))


# %% unscale | wrong | the shift multiplied in the arrays' own type
# 100 * 100 wraps in int8, and 300 * 300 is infinite in float16.
def unscale(w, b, mean, std):
    w, mean, std = np.asarray(w), np.asarray(mean), np.asarray(std)
    s = std.astype(float)
    live = s > 0
    raw = np.where(live, w.astype(float) / np.where(live, s, 1.0), 0.0)
    return raw, float(b - np.sum(np.where(live, (w * mean).astype(float) / np.where(live, s, 1.0), 0.0)))


# %% unscale | wrong | a small number under every spread
# w / (std + 1e-12) halves a weight whose spread is 1e-12.
def unscale(w, b, mean, std):
    w, mean, std = (np.asarray(a, dtype=float) for a in (w, mean, std))
    raw = np.where(std > 0, w / (std + 1e-16), 0.0)
    return raw, float(b - raw @ mean)


# %% should_stop | wrong | a counter that waits, as in libraries
# The best is only renewed when it is beaten by tol, so a slow fall counts against an old best.
def should_stop(history, rule, tol, patience):
    if rule in ("step", "gradient"):
        return len(history) >= patience and all(v < tol for v in history[-patience:])
    if rule == "decrease":
        if len(history) <= patience:
            return False
        return all(abs(b - a) < tol for a, b in zip(history[-patience - 1 : -1], history[-patience:]))
    if rule != "patience":
        raise ValueError(rule)
    best, wait = float("inf"), 0
    for v in history:
        if v < best - tol:
            best, wait = v, 0
        else:
            wait += 1
    return len(history) > patience and wait >= patience


# %% should_stop | wrong | decrease from end to end
# Changes that cancel are no standstill: each of them must be small.
def should_stop(history, rule, tol, patience):
    recent, earlier = history[-patience:], history[:-patience]
    if rule in ("step", "gradient"):
        return len(recent) == patience and all(v < tol for v in recent)
    if rule == "decrease":
        return bool(earlier) and max(abs(v - earlier[-1]) for v in recent) < tol
    if rule == "patience":
        best = min([v for v in earlier if v == v], default=float("inf"))
        return bool(earlier) and not any(v < best - tol for v in recent)
    raise ValueError(rule)


# %% should_stop | wrong | too short before the rule is looked at
# Another rule raises ValueError, whatever the history.
def should_stop(history, rule, tol, patience):
    if len(history) < patience + (rule not in ("step", "gradient")):
        return False
    recent, earlier = history[-patience:], history[:-patience]
    if rule in ("step", "gradient"):
        return all(v < tol for v in recent)
    if rule == "decrease":
        return all(abs(b - a) < tol for a, b in zip(history[-patience - 1 :], recent))
    if rule == "patience":
        best = min([v for v in earlier if v == v], default=float("inf"))
        return not any(v < best - tol for v in recent)
    raise ValueError(rule)


# %% should_stop | wrong | only finite losses are earlier ones
# Minus infinity is the smallest entry and no NaN: nothing improves on it.
def should_stop(history, rule, tol, patience):
    recent, earlier = history[-patience:], history[:-patience]
    if rule in ("step", "gradient"):
        return len(recent) == patience and all(v < tol for v in recent)
    if rule == "decrease":
        return bool(earlier) and all(abs(b - a) < tol for a, b in zip(history[-patience - 1 :], recent))
    if rule == "patience":
        best = min([v for v in earlier if np.isfinite(v)], default=float("inf"))
        return bool(earlier) and not any(v < best - tol for v in recent)
    raise ValueError(rule)


# %% bce_guard | wrong | labels nearly 0 or 1
# A label of 1e-9 is neither 0 nor 1.
def bce_guard(p, y):
    p, y = np.asarray(p, dtype=float), np.asarray(y, dtype=float)
    if p.shape != y.shape or not np.all((p >= 0) & (p <= 1)):
        raise ValueError("shape or probability")
    if not np.all(np.isclose(y, 0) | np.isclose(y, 1)):
        raise ValueError("label")
    with np.errstate(divide="ignore"):
        return float(np.mean(np.where(y > 0.5, -np.log(p), -np.log(1 - p))))


# %% bce_guard | wrong | one logarithm of a product
# Two probabilities of 1e-300 have a product that is 0: the mean is infinite.
def bce_guard(p, y):
    p, y = np.asarray(p, dtype=float), np.asarray(y, dtype=float)
    if p.shape != y.shape or not np.all((p >= 0) & (p <= 1)) or not np.all((y == 0) | (y == 1)):
        raise ValueError("refused")
    with np.errstate(divide="ignore"):
        return float(-np.log(np.prod(np.where(y == 1, p, 1 - p))) / len(p))


# %% bce_guard | wrong | a rounding error beyond 1 is forgiven
# 1 + 1e-12 is above 1, and is to be refused.
def bce_guard(p, y):
    p, y = np.asarray(p, dtype=float), np.asarray(y, dtype=float)
    if p.shape != y.shape or not np.all((p >= -1e-12) & (p <= 1 + 1e-12)) or not np.all((y == 0) | (y == 1)):
        raise ValueError("refused")
    with np.errstate(divide="ignore"):
        q = np.clip(np.where(y == 1, p, 1 - p), 0, 1)
        return float(np.mean(-np.log(q)))


# %% bce_guard | wrong | labels cut to whole numbers first
# int(0.5) is 0: the label slips through.
def bce_guard(p, y):
    p = np.asarray(p, dtype=float)
    y = np.asarray(y)
    if p.shape != y.shape or not np.all((p >= 0) & (p <= 1)) or np.isnan(y.astype(float)).any():
        raise ValueError("refused")
    y = y.astype(np.int64)
    if not np.isin(y, [0, 1]).all():
        raise ValueError("label")
    with np.errstate(divide="ignore"):
        return float(np.mean(-np.log(np.where(y == 1, p, 1 - p))))


# %% best_threshold | wrong | midpoints in the type of the probabilities
# In float16 the middle of two neighbours is one of them, and may be the lower.
def best_threshold(p, y, cost_miss, cost_alarm):
    p, y = np.asarray(p), np.asarray(y).astype(bool)
    u = np.unique(p)
    half = p.dtype.type(0.5) if p.dtype.kind == "f" else 0.5
    cuts = [-1.0, *(u[:-1] * half + u[1:] * half), 2.0]
    costs = [cost_miss * int(np.sum(y & (p < t))) + cost_alarm * int(np.sum(~y & (p >= t))) for t in cuts]
    return float(cuts[int(np.argmin(costs))])


# %% best_threshold | wrong | probabilities rounded to ten digits
# Different ones may differ by 1e-12 only.
def best_threshold(p, y, cost_miss, cost_alarm):
    p, y = np.round(np.asarray(p, dtype=float), 10), np.asarray(y).astype(bool)
    cuts = [*np.unique(p), np.inf]
    costs = [cost_miss * int(np.sum(y & (p < t))) + cost_alarm * int(np.sum(~y & (p >= t))) for t in cuts]
    return float(cuts[int(np.argmin(costs))])


# %% best_threshold | wrong | someone is always called 1
# That none is called 1 can be best, and needs a threshold above all.
def best_threshold(p, y, cost_miss, cost_alarm):
    p, y = np.asarray(p, dtype=float), np.asarray(y).astype(bool)
    ratio = min(cost_alarm / cost_miss, 1e18)
    cuts = [-np.inf, *sorted(set(p.tolist()))]
    return min(cuts, key=lambda t: np.sum(y & (p < t)) + ratio * np.sum(~y & (p >= t)))


# %% diagnose_loss | wrong | overflow is looked for as NaN only
# A box that overflows can give infinity too.
def diagnose_loss(loss):
    if np.isnan(loss(np.array([[1000.0, 0.0]]), np.array([0]))):
        return "overflow"
    two = loss(np.zeros((4, 2)), np.zeros(4, dtype=int))
    if two > 2:
        return "sum"
    hard = loss(np.array([[0.0, 60.0]]), np.array([0]))
    return "twice" if hard < 2 else "patched" if hard < 50 else "right"


# %% diagnose_loss | wrong | overflow is looked for as infinity only
# A box that overflows can give NaN too.
def diagnose_loss(loss):
    if np.isinf(loss(np.array([[1000.0, 0.0]]), np.array([0]))):
        return "overflow"
    if loss(np.zeros((4, 2)), np.zeros(4, dtype=int)) > 2:
        return "sum"
    hard = loss(np.array([[0.0, 60.0]]), np.array([0]))
    return "twice" if hard < 2 else "patched" if hard < 50 else "right"


# %% diagnose_loss | wrong | a difference of thirty shows the patch
# e^-30 is 1e-13, far above a patch of 1e-15.
def diagnose_loss(loss):
    if not np.isfinite(loss(np.array([[1000.0, 1000.0]]), np.array([0]))):
        return "overflow"
    if loss(np.zeros((4, 2)), np.zeros(4, dtype=int)) > 2:
        return "sum"
    hard = loss(np.array([[0.0, 30.0]]), np.array([0]))
    return "twice" if hard < 2 else "patched" if hard < 29.9 else "right"


# %% diagnose_loss | wrong | the right value to the last digit
# Rounding may move the last digits of a box.
def diagnose_loss(loss):
    if not np.isfinite(loss(np.array([[1000.0, 1000.0]]), np.array([0]))):
        return "overflow"
    if loss(np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]), np.array([0, 0, 0])) != loss(
        np.array([[0.0, 1.0]]), np.array([0])
    ):
        return "sum"
    hard = loss(np.array([[0.0, 60.0]]), np.array([0]))
    return "right" if hard == 60.0 else "twice" if hard < 2 else "patched"


# %% mse | right | exact fractions
# Fractions add without rounding; the last step rounds once.
def mse(h, y, reduction):
    from fractions import Fraction

    errors = [Fraction(float(a)) - Fraction(float(b)) for a, b in zip(np.ravel(h), np.ravel(y))]
    total = sum(e * e for e in errors)
    match reduction:
        case "sum":
            return float(total)
        case "mean":
            return float(total / len(errors))
        case "half_mean":
            return float(total / len(errors) / 2)
    raise ValueError(reduction)


# %% mse | right | a float of its own kind
# A subclass of float is a float.
class _Loss(float):
    pass


def mse(h, y, reduction):
    h, y = np.array(h, dtype=float).reshape(-1), np.array(y, dtype=float).reshape(-1)
    rules = {"sum": np.sum, "mean": np.mean, "half_mean": lambda s: np.mean(s) / 2}
    try:
        rule = rules[reduction]
    except (KeyError, TypeError):
        raise ValueError("unknown") from None
    return _Loss(rule((h - y) ** 2))


# %% mse | right | scikit-learn
# Its mean squared error, times what is missing.
def mse(h, y, reduction):
    from sklearn.metrics import mean_squared_error

    factor = {"sum": np.size(h), "mean": 1, "half_mean": 0.5}.get(reduction)
    if factor is None:
        raise ValueError("unknown")
    h, y = np.float64(h).ravel(), np.float64(y).ravel()
    return factor * mean_squared_error(y, h)


# %% mse | wrong | int64 for all integers
# h = uint64 [2**63 + 2**60], y = uint64 [0] with "sum": int64 wraps, (2**63 - 2**60)**2; right is (2**63 + 2**60)**2.
def mse(h, y, reduction):
    h, y = np.ravel(h), np.ravel(y)
    if h.dtype.kind in "iu" and y.dtype.kind in "iu":
        e = (h.astype(np.int64) - y.astype(np.int64)).astype(float)
    else:
        e = h.astype(float) - y.astype(float)
    s = np.sum(e * e)
    if reduction == "sum":
        return float(s)
    if reduction == "mean":
        return float(s / e.size)
    if reduction == "half_mean":
        return float(s / (2 * e.size))
    raise ValueError(reduction)


# %% mse | wrong | last block lost
# m = 1500 errors of 1, "sum": the last, incomplete block of 1000 is dropped, 1000.0; right is 1500.
def mse(h, y, reduction):
    e = np.asarray(h, dtype=float).ravel() - np.asarray(y, dtype=float).ravel()
    m = e.size
    size = 1000
    if m <= size:
        s = float(np.dot(e, e))
    else:
        s = 0.0
        for start in range(0, m - size + 1, size):
            part = e[start : start + size]
            s += float(np.dot(part, part))
    if reduction == "sum":
        return s
    if reduction == "mean":
        return s / m
    if reduction == "half_mean":
        return s / m / 2
    raise ValueError("unknown reduction")


# %% mse | wrong | mean of those that are off
# h = [1, 2], y = [1, 4], "mean": divides by the number of errors that are not 0, 4.0; right is 2.0.
def mse(h, y, reduction):
    e = np.asarray(h, dtype=float).ravel() - np.asarray(y, dtype=float).ravel()
    m = np.count_nonzero(e) or 1
    s = float(np.square(e).sum())
    try:
        return s / {"sum": 1, "mean": m, "half_mean": 2 * m}[reduction]
    except KeyError:
        raise ValueError(f"reduction {reduction!r}") from None


# %% mse_grad | right | fsum
# Sums that are rounded once, in Python's floats.
def mse_grad(X, y, theta):
    import math

    rows, y, theta = (np.asarray(a, dtype=float).tolist() for a in (X, y, theta))
    e = [math.fsum([*(a * b for a, b in zip(row, theta)), -t]) for row, t in zip(rows, y)]
    return np.array([math.fsum(r * row[j] for r, row in zip(e, rows)) / len(rows) for j in range(len(theta))])


# %% mse_grad | right | an array that cannot be written to
# A frozen result is a result.
def mse_grad(X, y, theta):
    X = np.array(X, dtype=float, order="F")
    g = np.mean((X @ np.float64(theta) - np.float64(y))[:, None] * X, axis=0)
    g.setflags(write=False)
    return g


# %% mse_grad | right | forward mode
# The loss is a polynomial of degree 2; torch.func differentiates it forwards.
def mse_grad(X, y, theta):
    import torch

    X, y, theta = (torch.tensor(np.array(a, dtype=float)) for a in (X, y, theta))
    return torch.func.jacfwd(lambda t: ((X @ t - y) ** 2).mean() / 2)(theta).numpy()


# %% mse_grad | wrong | normal equations
# X = [[1e9, 1], [1e9, 0]], y = [1e9 + 1, 1e9], theta = [1, 1 + 2**-20]: X'X theta - X'y loses the small residual; right is [1e9 * 2**-21, 2**-21].
def mse_grad(X, y, theta):
    X = np.asarray(X, dtype=float)
    y = np.asarray(y, dtype=float)
    theta = np.asarray(theta, dtype=float)
    return ((X.T @ X) @ theta - X.T @ y) / X.shape[0]


# %% mse_grad | wrong | bytes read in C order
# X = np.asfortranarray of a 3 x 3 matrix: its memory is read row by row, as if it were transposed (only for square ones); the gradient is that of X.T.
def mse_grad(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    m, d = X.shape
    flat = X.ravel(order="K") if m == d and m > 1 else X.ravel()
    X = flat.reshape(m, d)
    return np.dot(X.T, np.dot(X, theta) - y) / m


# %% mse_grad | wrong | a column of ones is a bias
# X = [[1,2,3],[1,0,1]], y = [1,2], theta = ones: with a first column of ones and d > 2 it centres the others; right is X'e/m.
def mse_grad(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    m, d = X.shape
    e = X @ theta - y
    g = X.T @ e / m
    if d > 2 and m > 1 and np.all(X[:, 0] == 1):
        g[1:] -= X[:, 1:].mean(axis=0) * e.mean()
    return g


# %% mse_grad | wrong | equal samples once
# X = [[1], [1], [2]], y = [2, 2, 0], theta = [0]: the sample that is there twice counts once, -1; right is -4/3.
def mse_grad(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    rows = np.unique(np.column_stack([X, y]), axis=0)
    X, y = rows[:, :-1], rows[:, -1]
    return X.T @ (X @ theta - y) / len(y)


# %% softmax_ce | right | recursion
# log(e^a + e^b) of the first score and of the rest.
def softmax_ce(logits, y):
    import math

    def total(a, b):
        return max(a, b) + math.log1p(math.exp(-abs(a - b)))

    from functools import reduce

    rows = np.asarray(logits, dtype=float).tolist()
    return sum(reduce(total, row) - row[int(label)] for row, label in zip(rows, y)) / len(rows)


# %% softmax_ce | right | a sorted row and fsum
# The largest logit by sorting, and a compensated sum.
def softmax_ce(logits, y):
    import math

    costs = []
    for row, label in zip(np.array(logits, dtype=float), np.array(y, dtype=int)):
        ordered = np.sort(row)
        top = ordered[-1]
        costs.append(math.log(math.fsum(np.exp(ordered - top))) + (top - row[label]))
    return np.float64(math.fsum(costs) / len(costs))


# %% softmax_ce | right | rivals beside the true class
# The loss is log(1 + sum of e^(rival - true)), by logaddexp with 0.
def softmax_ce(logits, y):
    z = np.array(logits, dtype=float)
    n, k = z.shape
    hit = np.arange(k) == np.asarray(y, dtype=int)[:, None]
    gap = np.where(hit, -np.inf, z - z[hit][:, None])
    return np.logaddexp(0.0, np.logaddexp.reduce(gap, axis=1)).mean()


# %% softmax_ce | wrong | tiny losses lost above a gap
# logits = [[0, -20]], y = [0]: terms below 5e-9 are left out of the sum, costs 0.0; right is 2.06e-9, above the absolute error of 1e-9.
def softmax_ce(logits, y):
    z = np.asarray(logits, dtype=float)
    top = z.max(axis=1, keepdims=True)
    e = np.exp(z - top)
    e[e < 5e-9] = 0.0
    log_sum = np.log(e.sum(axis=1)) + top[:, 0]
    return float((log_sum - z[np.arange(z.shape[0]), y]).mean())


# %% softmax_ce | wrong | narrow floats shifted as they come
# logits = float16 [[60000, -60000]], y = [1]: the difference overflows in float16 to -inf, result inf; right is 120000.
def softmax_ce(logits, y):
    z = np.asarray(logits)
    if z.dtype.kind in "iub":
        z = z.astype(float)
    z = (z - z.max(axis=1, keepdims=True)).astype(float)
    lse = np.log(np.exp(z).sum(axis=1))
    return float(np.mean(lse - z[np.arange(len(z)), y]))


# %% softmax_ce | right | shift added back
# Adds the maximum to the sum again, which costs 1e-16 of the largest logit.
def softmax_ce(logits, y):
    z = np.asarray(logits, dtype=float)
    top = z.max(axis=1)
    log_sum = top + np.log(np.sum(np.exp(z - top[:, None]), axis=1))
    return float(np.mean(log_sum - z[np.arange(len(z)), y]))


# %% gd | right | recursion
# The record of one iteration less, and one step.
def gd(grad, theta0, alpha, iterations):
    if iterations == 0:
        return [np.array(theta0, dtype=float)]
    path = gd(grad, theta0, alpha, iterations - 1)
    return [*path, path[-1] - alpha * np.array(grad(path[-1].copy()), dtype=float)]


# %% gd | right | a class with a step
# An object holds the point; its method makes a step.
class _Walker:
    def __init__(self, theta, alpha):
        self.theta, self.alpha = theta, alpha

    def step(self, grad):
        g = np.array(grad(self.theta.copy()), dtype=np.float64)
        self.theta = self.theta - self.alpha * g
        return self.theta


def gd(grad, theta0, alpha, iterations):
    walker = _Walker(np.array(theta0, dtype=np.float64), alpha)
    return np.stack([walker.theta] + [walker.step(grad) for _ in range(iterations)])


# %% gd | right | a deque
# A record of fixed length, handed back as a list.
def gd(grad, theta0, alpha, iterations):
    from collections import deque

    path = deque([np.array(theta0, dtype=float)], maxlen=iterations + 1)
    while len(path) <= iterations:
        now = path[-1]
        path.append(np.subtract(now, np.multiply(alpha, grad(now.copy()), dtype=float)))
    return list(path)


# %% gd | wrong | narrow gradients multiplied as they come
# A gradient of float16 [300], alpha = 1e3, theta0 = [0.0]: 300 * 1000 overflows in float16 to inf; right is [-3e5].
def gd(grad, theta0, alpha, iterations):
    theta = np.array(theta0, dtype=float)
    path = [theta]
    for _ in range(iterations):
        g = np.asarray(grad(theta))
        if g.dtype.kind != "f":
            g = g.astype(float)
        theta = theta - alpha * g
        path.append(theta)
    return path


# %% gd | wrong | first gradient at the start itself
# theta0 = int8 [100], grad = 2 theta: the first call gets theta0 itself, of int8, and 2 * 100 wraps to -56; right: the points are float64 all the same, gradient 200.
def gd(grad, theta0, alpha, iterations):
    path = [np.array(theta0, dtype=float)]
    where = np.asarray(theta0)
    for _ in range(iterations):
        where = path[-1] - alpha * np.asarray(grad(where), dtype=float)
        path.append(where)
    return path


# %% logreg_loss_grad | right | SciPy
# log_expit and expit from SciPy.
def logreg_loss_grad(X, y, w, lam):
    from scipy.special import expit, log_expit

    X, y, w = np.float64(X), np.asarray(y).astype(bool), np.float64(w)
    z = X @ w
    tail = w[1:]
    loss = -np.mean(np.where(y, log_expit(z), log_expit(-z))) + lam * (tail @ tail) / 2
    grad = (expit(z) - y) @ X / y.size
    grad[1:] = grad[1:] + lam * tail
    return loss, grad


# %% logreg_loss_grad | right | a diagonal penalty
# The penalty as a matrix with a zero for the bias.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.array(a, dtype=float) for a in (X, y, w))
    D = float(lam) * np.diag([0.0] + [1.0] * (len(w) - 1))
    z = X @ w
    e = np.exp(-np.abs(z))
    p = np.where(z >= 0, 1, e) / (1 + e)
    loss = np.mean(np.maximum(z, 0) - y * z + np.log1p(e)) + w @ D @ w / 2
    return [float(loss), X.T @ (p - y) / len(z) + D @ w]


# %% logreg_loss_grad | right | a generator of rows, and a named tuple
# Sums over rows; a named tuple is a pair.
from collections import namedtuple

_Pair = namedtuple("_Pair", "loss grad")


def logreg_loss_grad(X, y, w, lam):
    import math

    w = np.array(w, dtype=float)
    loss, grad, n = 0.0, np.zeros(len(w)), 0
    for x, label in zip(np.array(X, dtype=float), np.array(y, dtype=float)):
        z = float(x @ w)
        sign = 1 if label else -1
        m = sign * z
        cost = math.log1p(math.exp(-m)) if m > 0 else -m + math.log1p(math.exp(m))
        pull = math.exp(-m) / (1 + math.exp(-m)) if m > 0 else 1 / (1 + math.exp(m))
        loss, grad, n = loss + cost, grad - sign * pull * x, n + 1
    inner = w.copy()
    inner[0] = 0
    return _Pair(loss / n + lam / 2 * float(inner @ inner), grad / n + lam * inner)


# %% logreg_loss_grad | wrong | sums the batch beyond 512
# n = 600 (float64, random): the mean of the loss is a mean of the means of blocks of 512, the last one of 88 counts as much; right is the mean.
def logreg_loss_grad(X, y, w, lam):
    X, y, w = (np.asarray(a, dtype=float) for a in (X, y, w))
    rest = np.append([0.0], w[1:])
    parts = []
    for s in range(0, len(y), 512):
        A, t = X[s : s + 512], y[s : s + 512]
        z = A @ w
        p = np.exp(-np.logaddexp(0, -z))
        parts.append((np.mean(np.logaddexp(0, z) - t * z), A.T @ (p - t) / len(t)))
    loss = np.mean([a for a, _ in parts])
    grad = np.mean([b for _, b in parts], axis=0)
    return float(loss + lam / 2 * rest @ rest), grad + lam * rest


# %% standardise | right | a closure
# A function that knows mean and std of one column scales both sets.
def standardise(train, test):
    def scaler(column):
        if column.min() == column.max():
            return np.zeros_like
        m = column.mean()
        s = np.sqrt(np.mean((column - m) ** 2))
        return lambda v: (v - m) / s

    train, test = np.array(train, dtype=float), np.array(test, dtype=float)
    maps = [scaler(c) for c in train.T]
    return tuple(np.stack([f(c) for f, c in zip(maps, a.T)], axis=1) for a in (train, test))


# %% standardise | right | read-only results, columns in Fortran's order
# Neither the order in memory nor a frozen array changes the numbers.
def standardise(train, test):
    out = []
    base = np.array(train, dtype=float, order="F")
    same = (base == base[:1]).all(axis=0)
    mu = base.mean(axis=0)
    sd = np.sqrt(((base - mu) ** 2).mean(axis=0))
    for a in (base, np.array(test, dtype=float, order="F")):
        scaled = np.zeros_like(a, order="F")
        scaled[:, ~same] = (a[:, ~same] - mu[~same]) / sd[~same]
        scaled.setflags(write=False)
        out.append(scaled)
    return tuple(out)


# %% unscale | wrong | recursion
# The first feature, then the rest: thousands of features are more levels than Python allows.
def unscale(w, b, mean, std):
    def peel(w, b, mean, std):
        if not w:
            return [], b
        raw = w[0] / std[0] if std[0] else 0.0
        rest, bias = peel(w[1:], b - raw * mean[0], mean[1:], std[1:])
        return [raw, *rest], bias

    raw, bias = peel(*(np.float64(w).tolist(), float(b), np.float64(mean).tolist(), np.float64(std).tolist()))
    return np.array(raw), bias


# %% unscale | right | the reciprocal of the std
# np.reciprocal where std is above 0, and zeros elsewhere.
def unscale(w, b, mean, std):
    s = np.array(std, dtype=float)
    live = np.flatnonzero(s)
    raw = np.zeros(s.shape)
    raw[live] = np.array(w, dtype=float)[live] / s[live]
    return raw, b - np.dot(raw, np.array(mean, dtype=float))


# %% unscale | right | two predictions and differences
# The bias is the prediction at 0, and fsum adds what it is made of.
def unscale(w, b, mean, std):
    import math

    w, mean, std = (np.array(a, dtype=float) for a in (w, mean, std))
    with np.errstate(all="ignore"):
        raw = w / std
    raw[std == 0] = 0
    raw.setflags(write=False)
    return raw, math.fsum([float(b), *(-raw * mean)])


# %% unscale | wrong | bias of a narrow type
# b = np.float32(1e8), w = [1], mean = [1e8 - 1], std = [1]: where b is a narrow NumPy number the bias is calculated in float32, 0; right is 1.
def unscale(w, b, mean, std):
    w, mean, std = (np.asarray(a, dtype=float) for a in (w, mean, std))
    safe = np.where(std == 0, np.inf, std)
    w_raw = w / safe
    shift = np.float32(w_raw @ mean)
    return w_raw, b - shift if np.asarray(b).dtype.itemsize < 8 else float(b - w_raw @ mean)


# %% unscale | wrong | weights and result share memory
# std all ones: w itself (float64) comes back in place of a new array.
def unscale(w, b, mean, std):
    w, mean, std = (np.asarray(a, dtype=float) for a in (w, mean, std))
    if np.all(std == 1):
        w_raw = w
    else:
        w_raw = np.divide(w, std, out=np.zeros_like(w), where=std != 0)
    return w_raw, float(b) - float(mean @ w_raw)


# %% should_stop | wrong | recursion over the recent entries
# The newest entry, then the rest: a patience of thousands is more levels than Python allows.
def should_stop(history, rule, tol, patience):
    def quiet(values, n):
        return n == 0 or (values[-1] < tol and quiet(values[:-1], n - 1))

    if rule not in {"step", "gradient", "decrease", "patience"}:
        raise ValueError(rule)
    if rule in {"step", "gradient"}:
        return len(history) >= patience and quiet(history[-patience:], patience)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        window = history[-patience - 1 :]
        return quiet([abs(b - a) for a, b in zip(window, window[1:])], patience)
    known = [v for v in history[:-patience] if v == v]
    bar = (min(known) if known else float("inf")) - tol
    return all(not v < bar for v in history[-patience:])


# %% should_stop | right | a class for each rule
# Objects that answer a call; a dictionary finds them.
class _Small:
    def __init__(self, prepare):
        self.prepare = prepare

    def __call__(self, history, tol, patience):
        values = self.prepare(history)
        return len(values) >= patience and sum(v < tol for v in values[-patience:]) == patience


class _Best:
    def __call__(self, history, tol, patience):
        if len(history) <= patience:
            return False
        best = float("inf")
        for v in history[:-patience]:
            best = v if v < best else best
        return sum(v < best - tol for v in history[-patience:]) == 0


def should_stop(history, rule, tol, patience):
    norms = _Small(lambda h: h)
    steps = _Small(lambda h: [abs(b - a) for a, b in zip(h, h[1:])])
    rules = {"step": norms, "gradient": norms, "decrease": steps, "patience": _Best()}
    if rule not in rules:
        raise ValueError(f"no rule {rule!r}")
    return rules[rule](history, tol, patience)


# %% bce_guard | right | fractions for the mean of the complements
# Exact complements, then logarithms of floats.
def bce_guard(p, y):
    import math
    from fractions import Fraction

    p, y = np.asarray(p), np.asarray(y)
    if p.shape != y.shape:
        raise ValueError("shapes")
    cost = 0.0
    for a, b in zip(p.astype(float).tolist(), y.astype(float).tolist()):
        if b not in (0.0, 1.0) or not 0 <= a <= 1:
            raise ValueError("label or probability")
        q = float(Fraction(a) if b else 1 - Fraction(a))
        cost += -math.log(q) if q > 0 else math.inf
    return cost / len(p)


# %% bce_guard | right | scikit-learn's labels, a mask for each side
# Masks for ones and zeros; minimum and maximum ask for the range.
def bce_guard(p, y):
    p, y = np.array(p, dtype=float), np.array(y, dtype=float)
    if p.shape != y.shape or not set(y.ravel().tolist()) <= {0.0, 1.0}:
        raise ValueError("shape or label")
    if not (p.min() >= 0 and p.max() <= 1):
        raise ValueError("probability")
    with np.errstate(divide="ignore"):
        costs = np.concatenate([-np.log(p[y == 1]), -np.log1p(-p[y == 0])])
    return costs.mean()


# %% bce_guard | right | a validator, then a generator
# One function asks, another adds up.
def bce_guard(p, y):
    import math

    def ask(condition, words):
        if not condition:
            raise ValueError(words)

    ask(np.shape(p) == np.shape(y), "shapes")
    pairs = [(float(a), float(b)) for a, b in zip(p, y)]
    for a, b in pairs:
        ask(b == 0 or b == 1, "label")
        ask(0 <= a <= 1, "probability")

    def costs():
        for a, b in pairs:
            q = a if b == 1 else 1 - a
            yield math.inf if q == 0 else -math.log(q)

    return np.array(sum(costs()) / len(pairs))


# %% bce_guard | wrong | minus zero refused
# p = [-0.0], y = [0]: ValueError for the sign bit; -0.0 is 0, legal, right is 0.
def bce_guard(p, y):
    if np.shape(p) != np.shape(y):
        raise ValueError("shapes")
    p, y = np.asarray(p, dtype=float), np.asarray(y, dtype=float)
    if not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("labels")
    if np.isnan(p).any() or np.signbit(p).any() or (p > 1).any():
        raise ValueError("probabilities")
    with np.errstate(divide="ignore"):
        return float(np.mean(-np.log(np.where(y == 1, p, 1 - p))))


# %% bce_guard | wrong | flipped there and back
# p = [0.1, 0.5] of float64, y = [0, 1]: p is flipped in place and flipped back, p[0] is then 0.09999999999999998; p must stay.
def bce_guard(p, y):
    if np.shape(p) != np.shape(y):
        raise ValueError("shapes")
    p, y = np.asarray(p, dtype=float), np.asarray(y, dtype=float)
    if not np.all((y == 0) | (y == 1)):
        raise ValueError("labels")
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("probabilities")
    zero = y == 0
    if not zero.any() or not p.flags.writeable:
        q = np.where(zero, 1 - p, p)
    else:
        q = p
        q[zero] = 1 - q[zero]
    with np.errstate(divide="ignore"):
        loss = float(-np.mean(np.log(q)))
    if q is p:
        p[zero] = 1 - p[zero]
    return loss


# %% bce_guard | wrong | looks at a thousand
# n = 2000, the last label is 9 (or the last probability NaN): only the first 1000 entries are looked at; right is ValueError.
def bce_guard(p, y):
    if np.shape(p) != np.shape(y):
        raise ValueError("shapes")
    p, y = np.asarray(p, dtype=float), np.asarray(y, dtype=float)
    head = slice(0, 1000)
    if not np.all((y[head] == 0) | (y[head] == 1)):
        raise ValueError("labels")
    if not np.all((p[head] >= 0) & (p[head] <= 1)):
        raise ValueError("probabilities")
    with np.errstate(divide="ignore"):
        return float(-np.log(np.where(y == 1, p, 1 - p)).mean())


# %% best_threshold | right | a dictionary of counts
# For each value of p the number of ones and zeros.
def best_threshold(p, y, cost_miss, cost_alarm):
    from collections import Counter

    p, y = np.asarray(p, dtype=float).tolist(), [bool(v) for v in y]
    ones, zeros = Counter(a for a, b in zip(p, y) if b), Counter(a for a, b in zip(p, y) if not b)
    cost = sum(ones.values()) * cost_miss
    best, found = cost, float("inf")
    for t in sorted(set(p), reverse=True):
        cost += zeros[t] * cost_alarm - ones[t] * cost_miss
        if cost < best:
            best, found = cost, t
    return found


# %% best_threshold | right | a table of all decisions
# Thresholds in rows, samples in columns.
def best_threshold(p, y, cost_miss, cost_alarm):
    p, y = np.array(p, dtype=float), np.array(y, dtype=float) > 0
    t = np.unique(np.append(p, np.inf))
    called = p[None, :] >= t[:, None]
    cost = cost_miss * (y & ~called).sum(axis=1) + cost_alarm * (~y & called).sum(axis=1)
    return t[cost.argmin()]


# %% best_threshold | right | exact fractions of the costs
# Costs as fractions; thresholds halfway, as floats.
def best_threshold(p, y, cost_miss, cost_alarm):
    from fractions import Fraction

    miss, alarm = Fraction(cost_miss), Fraction(cost_alarm)
    pairs = sorted(zip(np.asarray(p, dtype=float).tolist(), (int(v) for v in y)))
    values = sorted({a for a, _ in pairs})
    cuts = [float("-inf"), *((a + b) / 2 for a, b in zip(values, values[1:])), 2.0]
    return min(cuts, key=lambda t: sum((miss if b else 0) if a < t else (0 if b else alarm) for a, b in pairs))


# %% best_threshold | wrong | ratio of the costs
# cost_miss = 1e300, cost_alarm = 1e-300, p = [0.2, 0.8], y = [0, 1]: the ratio underflows to 0, so alarms cost nothing and 0.2 is returned; right is 0.8 (cost 0).
def best_threshold(p, y, cost_miss, cost_alarm):
    p, y = np.asarray(p, dtype=float), np.asarray(y, dtype=float)
    ratio = cost_alarm / cost_miss
    best, out = np.inf, np.inf
    for t in [*np.unique(p), np.inf]:
        called = p >= t
        cost = y[~called].sum() + ratio * (1 - y[called]).sum()
        if cost < best:
            best, out = cost, t
    return float(out)


# %% best_threshold | wrong | gives up after forty
# 142 different p; from the top y = 1, then 41 zeros, then 100 ones, costs 1 and 1: the scan stops after 40 values without improvement, cost 100; right goes on to the end, cost 41.
def best_threshold(p, y, cost_miss, cost_alarm):
    p, y = np.asarray(p, dtype=float), np.asarray(y, dtype=float)
    best, out, since = cost_miss * y.sum(), 2.0, 0
    for t in np.unique(p)[::-1]:
        called = p >= t
        cost = cost_miss * y[~called].sum() + cost_alarm * (1 - y[called]).sum()
        since += 1
        if cost < best:
            best, out, since = cost, t, 0
        if since > 40:
            break
    return float(out)


# %% diagnose_loss | right | three samples, one call for the mean
# The sum grows with the batch; the other faults are asked for one after the other.
def diagnose_loss(loss):
    one = float(loss(np.array([[0.0, 40.0]]), np.array([0])))
    three = float(loss(np.array([[0.0, 40.0]] * 3), np.array([0, 0, 0])))
    if three > 2 * one:
        return "sum"
    if one < 3:
        return "twice"
    big = float(loss(np.array([[2000.0, 2040.0]]), np.array([0])))
    if not 0 < big < 1e9:
        return "overflow"
    return "patched" if one < 39 else "right"


# %% diagnose_loss | right | a class that counts its calls
# An object asks, remembers and decides.
class _Doctor:
    def __init__(self, box):
        self.box, self.calls = box, 0

    def ask(self, *rows):
        self.calls += 1
        return float(self.box(np.array(rows, dtype=float), np.zeros(len(rows), dtype=np.int64)))


def diagnose_loss(loss):
    doctor = _Doctor(loss)
    wrong = doctor.ask([-200.0, 0.0])
    return (
        "twice"
        if wrong < 2
        else "patched"
        if wrong < 150
        else "sum"
        if doctor.ask([0.0, 1.0], [0.0, 1.0]) > 2
        else "right"
        if np.isfinite(doctor.ask([900.0, 901.0]))
        else "overflow"
    )


# %% diagnose_loss | right | a generator of verdicts
# The first verdict that a generator yields.
def diagnose_loss(loss):
    def verdicts():
        zero = np.array([0], dtype=np.int32)
        if np.isfinite(loss(np.array([[800.0, 790.0]]), zero)) == 0:
            yield "overflow"
        if loss(np.zeros((5, 2)), np.zeros(5, dtype=int)) > 1:
            yield "sum"
        lost = loss(np.array([[-300.0, 0.0, -1.0]]), zero)
        if lost < 100:
            yield "twice" if lost < 4 else "patched"
        yield "right"

    return next(verdicts())


# %% diagnose_loss | wrong | remembers by name
# Two boxes whose functions have one name (both "box"): the second gets the verdict of the first; right is its own.
def diagnose_loss(loss, _seen={}):
    name = getattr(loss, "__qualname__", None)
    if name is not None and name in _seen:
        return _seen[name]
    flat = loss(np.full((1, 2), 1000.0), np.array([1]))
    far = loss(np.array([[500.0, 0.0]]), np.array([1]))
    if not np.isfinite(flat):
        verdict = "overflow"
    elif far < 3:
        verdict = "twice"
    elif far < 400:
        verdict = "patched"
    else:
        verdict = "sum" if loss(np.zeros((5, 2)), np.zeros(5, int)) > 1 else "right"
    if name is not None and name != "_sum" and name != "_right":
        _seen[name] = verdict
    return verdict


# %% standardise | right | masked arrays
# Constant columns are masked, and filled with 0 in the end.
def standardise(train, test):
    train, test = np.array(train, dtype=float), np.array(test, dtype=float)
    dead = np.all(train == train[0], axis=0)
    mu, sd = train.mean(axis=0), np.ma.array(train.std(axis=0), mask=dead)
    return tuple(np.ma.filled((a - mu) / sd, 0.0) for a in (train, test))


# %% standardise | wrong | quantiles decide
# train = 99 rows of 1 and one of 4: the quantiles 0.02 and 0.98 agree, so it counts as constant, 0; right is -0.1005 and 9.95.
def standardise(train, test):
    train, test = np.asarray(train, dtype=float), np.asarray(test, dtype=float)
    mu = train.mean(axis=0)
    low, high = np.quantile(train, [0.02, 0.98], axis=0, method="nearest")
    dead = low == high
    sigma = np.where(dead, 1.0, train.std(axis=0))
    return np.where(dead, 0, (train - mu) / sigma), np.where(dead, 0, (test - mu) / sigma)


# %% standardise | right | plain std
# The squares of the deviations fit a float64 for all sizes that the task allows.
def standardise(train, test):
    train, test = np.asarray(train, dtype=float), np.asarray(test, dtype=float)
    mu, sigma = np.mean(train, axis=0), np.std(train, axis=0)
    dead = np.all(train == train[0], axis=0)
    sigma = np.where(dead, 1.0, sigma)
    with np.errstate(all="ignore"):
        return np.where(dead, 0.0, (train - mu) / sigma), np.where(dead, 0.0, (test - mu) / sigma)


# %% should_stop | right | a string of marks
# A 1 for every small entry, and a look at the end of the string.
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError(f"unknown rule {rule!r}")
    values = history
    if rule == "decrease":
        values = [abs(b - a) for a, b in zip(history, history[1:])]
    if rule != "patience":
        return "".join("01"[v < tol] for v in values).endswith("1" * patience)
    if len(history) < patience + 1:
        return False
    earlier, recent = history[:-patience], history[-patience:]
    best = min(filter(lambda v: v == v, earlier), default=float("inf"))
    return "1" not in "".join("01"[v < best - tol] for v in recent)


# %% should_stop | wrong | tolerance moved over
# history = [1.1, 1.0], "patience", tol 0.1, patience 1: 1.1 - 1.0 > 0.1 by rounding, so False; right is True, as 1.0 < 1.1 - 0.1 is false (the task gives the comparison as v < best - tol).
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError(rule)
    recent = history[-patience:]
    if rule in ("step", "gradient"):
        return len(recent) == patience and all(v < tol for v in recent)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        return all(abs(b - a) < tol for a, b in zip(history[-patience - 1 : -1], recent))
    best = min((v for v in history[:-patience] if v == v), default=float("inf"))
    return all(not (best - v > tol) for v in recent)


# %% should_stop | wrong | NaN taken out first
# history = [1.0, nan, 1.0], "decrease", tol 0.5, patience 1 (or 2 with one more): NaN entries are dropped, the change is 0, True; right is False.
def should_stop(history, rule, tol, patience):
    if rule not in ("step", "gradient", "decrease", "patience"):
        raise ValueError(rule)
    recent = history[-patience:]
    if rule in ("step", "gradient"):
        return len(recent) == patience and all(v < tol for v in recent)
    if len(history) <= patience:
        return False
    if rule == "decrease":
        kept = [v for v in history if v == v]
        if history[-1] != history[-1] or len(kept) <= patience:
            return False
        return all(abs(b - a) < tol for a, b in zip(kept[-patience - 1 : -1], kept[-patience:]))
    best = min((v for v in history[:-patience] if v == v), default=float("inf"))
    return not any(v < best - tol for v in recent)
