# %% [markdown]
# # Known answers to the exercises of 06_gradient_problems
#
# A cell's title is "exercise | wrong or right | name", its first comment why it is so.

# %% layer_grad_norms | wrong | sum over the samples
# The loss is a mean over the samples; this adds them up.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = taken[-1] @ Ws[-1] - y
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | twice as long
# Differentiates the square and forgets the half.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = 2 * (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = 2 * (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | mean over all numbers
# Divides by the number of targets, not of samples.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / np.size(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | activation on the output
# The last layer gets the activation too.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws:
        taken.append(activate(taken[-1] @ W))
    out = taken.pop()
    delta = (out - y) / len(y) * slope(out)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | no slopes
# Goes back through the weights alone: the slopes are left out.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T
    return norms[::-1]


# %% layer_grad_norms | wrong | slope of the score
# Puts the score into a formula that wants what the activation gave out.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, scores = [np.asarray(x, dtype=float)], [0.0]
    for W in Ws[:-1]:
        scores.append(taken[-1] @ W)
        taken.append(activate(scores[-1]))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, z in zip(reversed(Ws), reversed(taken), reversed(scores), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(z)
    return norms[::-1]


# %% layer_grad_norms | wrong | last layer first
# The list is in the order in which the gradients are found.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
    return norms


# %% layer_grad_norms | wrong | length of the delta
# Measures the gradient for the scores, not for the weights.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | squares
# The sum of squares without the root.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(np.sum(gradient**2)))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | spectral norm
# The largest stretch of the matrix, not the length of all its entries.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1), 2)))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | squares that vanish
# The plain norm: squares of tiny entries are 0, of huge ones infinite.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(np.linalg.norm(gradient)))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | a ReLU open at zero
# Takes the slope 1 at 0.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a >= 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | the sigmoid's slope for all
# Knows one activation's slope only.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: a * (1 - a)),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | always a quarter
# Takes the sigmoid's best slope for its slope.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: 0.25),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | mean of the entries
# The root of the mean square: large layers look as small ones.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1)) / np.sqrt(gradient.size)))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | single precision
# Calculates in float32 and loses half of the digits.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=np.float32) for W in Ws]
    taken = [np.asarray(x, dtype=np.float32)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | wrong | relative to the last layer
# Divides by the last layer's length.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
    return [g / (norms[0] or 1) for g in norms[::-1]]


# %% layer_grad_norms | wrong | centred in place
# Subtracts the targets inside the caller's array.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
        "linear": (lambda z: z, lambda a: 1),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken = [np.asarray(x, dtype=float)]
    for W in Ws[:-1]:
        taken.append(activate(taken[-1] @ W))
    y -= taken[-1] @ Ws[-1]
    delta = -y / len(y)
    norms = []
    for W, a in zip(reversed(Ws), reversed(taken), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = (delta @ W.T) * slope(a)
    return norms[::-1]


# %% layer_grad_norms | right | hypot
# math.hypot scales by itself, and a slope by name at a time.
def layer_grad_norms(Ws, act, x, y):
    import math

    inputs, slopes = [np.asarray(x, float)], []
    for W in Ws[:-1]:
        z = inputs[-1] @ np.asarray(W, float)
        if act == "sigmoid":
            a = np.exp(-np.logaddexp(0, -z))
            s = a * np.exp(-np.logaddexp(0, z))
        elif act == "tanh":
            a, s = np.tanh(z), 1 / np.cosh(z) ** 2
        elif act == "relu":
            a, s = np.where(z > 0, z, 0.0), np.where(z > 0, 1.0, 0.0)
        else:
            a, s = z, np.ones_like(z)
        inputs.append(a)
        slopes.append(s)
    delta = (inputs[-1] @ np.asarray(Ws[-1], float) - np.asarray(y, float)) / np.shape(x)[0]
    out = [0.0] * len(Ws)
    for k in range(len(Ws) - 1, -1, -1):
        out[k] = math.hypot(*np.einsum("ni,nj->ij", inputs[k], delta).ravel())
        if k:
            delta = slopes[k - 1] * np.einsum("nj,ij->ni", delta, np.asarray(Ws[k], float))
    return out


# %% layer_grad_norms | right | autograd
# PyTorch differentiates; the length is scaled by the largest entry.
def layer_grad_norms(Ws, act, x, y):
    import torch

    leaves = [torch.tensor(np.array(W, float), requires_grad=True) for W in Ws]
    f = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "linear": lambda z: z}[act]
    a = torch.tensor(np.array(x, float))
    for W in leaves[:-1]:
        a = f(a @ W)
    error = a @ leaves[-1] - torch.tensor(np.array(y, float))
    # the error itself as the gradient for the output: the loss would overflow where its gradient does not
    torch.autograd.backward(a @ leaves[-1], error.detach() / len(y))
    out = []
    for W in leaves:
        most = W.grad.abs().max()
        out.append((most * torch.linalg.vector_norm(W.grad / most)).item() if most else 0.0)
    return out


# %% layer_grad_norms | right | recursion
# Each layer calls the next and hands the gradient for its input back.
def layer_grad_norms(Ws, act, x, y):
    from scipy.linalg import blas

    def run(k, a):
        W = np.array(Ws[k], dtype=np.float64)
        z = a @ W
        if k == len(Ws) - 1:
            dz = (z - np.array(y, dtype=np.float64)) / len(a)
        elif act == "sigmoid":
            s = 0.5 * (1 + np.tanh(z / 2))
            dz = run(k + 1, s) * s * (1 - s)
        elif act == "tanh":
            dz = run(k + 1, np.tanh(z)) * (1 - np.tanh(z) ** 2)
        elif act == "relu":
            dz = run(k + 1, np.clip(z, 0, None)) * np.heaviside(z, 0)
        else:
            dz = run(k + 1, z)
        lengths.insert(0, float(blas.dnrm2((a.T @ dz).ravel())))
        return dz @ W.T

    lengths = []
    run(0, np.array(x, dtype=np.float64))
    return lengths


# %% layer_grad_norms | right | sample by sample
# One sample after the other, outer products added up.
def layer_grad_norms(Ws, act, x, y):
    weights = [np.array(W, float) for W in Ws]
    total = [np.zeros_like(W) for W in weights]
    for row, target in zip(np.array(x, float), np.array(y, float), strict=True):
        ins = [row]
        for W in weights[:-1]:
            z = ins[-1] @ W
            ins.append(
                z
                if act == "linear"
                else z * (z > 0)
                if act == "relu"
                else np.tanh(z)
                if act == "tanh"
                else 1 / (1 + np.exp(-z))
            )
        back = ins[-1] @ weights[-1] - target
        for k in range(len(weights))[::-1]:
            total[k] += np.outer(ins[k], back) / len(x)
            a, back = ins[k], weights[k] @ back
            if act == "relu":
                back = np.where(a > 0, back, 0)
            elif act != "linear":
                back = back * (1 - a * a if act == "tanh" else a - a * a)
    scales = [max(np.abs(G).max(), 1e-300) for G in total]
    return [float(s * np.sqrt(((G / s) ** 2).sum())) for s, G in zip(scales, total, strict=True)]


# %% init | wrong | variance for deviation
# Takes the variance for the standard deviation.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = 2 / (fan_in + fan_out if start == "xavier" else fan_in)
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | He from the outputs
# Counts the outputs where the inputs count.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_out))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | inputs alone
# LeCun's variance for Xavier: the outputs are left out.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt((1 if start == "xavier" else 2) / fan_in)
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | a without its root of three
# Lets the uniform weights run to the standard deviation.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std, std, (fan_in, fan_out))


# %% init | wrong | half of a
# Takes the whole width of the interval for a.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3) / 2, std * np.sqrt(3) / 2, (fan_in, fan_out))


# %% init | wrong | global generator
# Draws from NumPy's global generator.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return np.random.normal(0, std, (fan_in, fan_out))
    return np.random.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | a seed of its own
# Makes its own generator, so each layer gets the same weights.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    rng = np.random.default_rng(0)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | outputs first
# PyTorch's layout, a row for each output.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_out, fan_in))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_out, fan_in))


# %% init | wrong | truncated
# Cuts the normal weights off at two standard deviations, as Keras does, without making up for it.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return np.clip(rng.normal(0, std, (fan_in, fan_out)), -2 * std, 2 * std)
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | one row for all
# Draws one row of weights and repeats it: all inputs are treated alike.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return np.tile(rng.normal(0, std, fan_out), (fan_in, 1))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | normal for all
# Knows one distribution only.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape:
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | He's two for both
# Doubles Xavier's variance as well.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt((4 if start == "xavier" else 2) / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | from zero on
# Uniform weights between 0 and 2a: none is negative.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(0, 2 * std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | fans that wrap
# Adds the fans in their own narrow type.
def init(fan_in, fan_out, kind, rng):
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | single precision
# Returns the weights as float32.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out)).astype(np.float32)
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out)).astype(np.float32)


# %% init | wrong | any kind will do
# Whatever is not Xavier is He, and whatever is not normal is uniform.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | made exact
# Rescales the drawn weights to exactly the wanted mean and deviation.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        w = rng.normal(0, 1, (fan_in, fan_out))
        return (w - w.mean()) / (w.std() or 1) * std
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | mirrored
# The second half of the rows is the first with the other sign.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        half = rng.normal(0, std, (-(-fan_in // 2), fan_out))
        return np.concatenate([half, -half])[:fan_in]
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | right | scaled afterwards
# Draws standard numbers and scales them.
def init(fan_in, fan_out, kind, rng):
    variances = {"xavier": 2.0 / (float(fan_in) + float(fan_out)), "he": 2.0 / float(fan_in)}
    shape = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError("no such kind")
    who, how = kind.split("_")
    W = rng.standard_normal(shape) if how == "normal" else (2 * rng.random(shape) - 1) * 3**0.5
    return W * variances[who] ** 0.5


# %% init | right | quantiles
# Uniform numbers through the inverse of the distribution function.
def init(fan_in, fan_out, kind, rng):
    from scipy.special import ndtri

    n, m = int(fan_in), int(fan_out)
    fans = {"xavier_normal": n + m, "xavier_uniform": n + m, "he_normal": n, "he_uniform": n}
    if kind not in fans:
        raise ValueError(kind)
    p = 1 - rng.random((n, m))
    z = ndtri(np.clip(p, 1e-17, 1 - 1e-16)) if kind.endswith("normal") else np.sqrt(12) * (p - 0.5)
    return z * np.sqrt(2 / fans[kind])


# %% init | right | columns first
# Draws output by output and turns the array over.
def init(fan_in, fan_out, kind, rng):
    n, m = int(fan_in), int(fan_out)
    match kind:
        case "xavier_normal":
            return rng.normal(scale=(2 / (n + m)) ** 0.5, size=(m, n)).T
        case "he_normal":
            return rng.normal(scale=(2 / n) ** 0.5, size=(m, n)).T
        case "xavier_uniform":
            return rng.uniform(-1, 1, size=(m, n)).T * (6 / (n + m)) ** 0.5
        case "he_uniform":
            return rng.uniform(-1, 1, size=(m, n)).T * (6 / n) ** 0.5
    raise ValueError(kind)


# %% init | right | Box and Muller
# Normal numbers from a random radius and a random angle.
def init(fan_in, fan_out, kind, rng):
    n, m = int(fan_in), int(fan_out)
    names = [f"{who}_{how}" for who in ("xavier", "he") for how in ("normal", "uniform")]
    if kind not in names:
        raise ValueError(f"{kind} is none of {names}")
    std = (2 / (n + m if kind[0] == "x" else n)) ** 0.5
    if names.index(kind) % 2:
        return std * 3**0.5 * (rng.random((n, m)) - 0.5) * 2
    radius = np.sqrt(-2 * np.log1p(-rng.random((n, m))))
    return std * radius * np.cos(2 * np.pi * rng.random((n, m)))
