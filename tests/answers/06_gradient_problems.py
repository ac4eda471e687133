# %% [markdown]
# # Known answers to the exercises of 06_gradient_problems
#
# A cell's title is "exercise | wrong or right | name", its first comment why it is so.

# %% layer_grad_norms | wrong | sum over the samples
# The loss is a mean over the samples; this adds them up.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = taken[-1] @ Ws[-1] - y
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | twice as long
# Differentiates the square and forgets the half.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = 2 * (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = 2 * (delta @ W.T) * s
    return norms[::-1]


# %% layer_grad_norms | wrong | mean over all numbers
# Divides by the number of targets, not of samples.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / np.size(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | activation on the output
# The last layer gets the activation too.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken.pop() - y) / len(y) * slopes.pop()
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | no slopes
# Goes back through the weights alone: the slopes are left out.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T
    return norms[::-1]


# %% layer_grad_norms | wrong | slope of the score
# Puts the score into a formula that wants what the activation gave out.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: z * (1 - z)),
        "tanh": (np.tanh, lambda z: 1 - z**2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | last layer first
# The list is in the order in which the gradients are found.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms


# %% layer_grad_norms | wrong | length of the delta
# Measures the gradient for the scores, not for the weights.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | squares
# The sum of squares without the root.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(np.sum(gradient**2)))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | spectral norm
# The largest stretch of the matrix, not the length of all its entries.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1), 2)))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | squares that vanish
# The plain norm: squares of tiny entries are 0, of huge ones infinite.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(np.linalg.norm(gradient)))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | a ReLU open at zero
# Takes the slope 1 at 0.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z >= 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | the sigmoid's slope for all
# Knows one activation's slope only.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | always a quarter
# Takes the sigmoid's best slope for its slope.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | mean of the entries
# The root of the mean square: large layers look as small ones.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1)) / np.sqrt(gradient.size)))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | single precision
# Calculates in float32 and loses half of the digits.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=np.float32) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=np.float32)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | relative to the last layer
# Divides by the last layer's length.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return [g / (norms[0] or 1) for g in norms[::-1]]


# %% layer_grad_norms | wrong | centred in place
# Subtracts the targets inside the caller's array.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    y -= taken[-1] @ Ws[-1]
    delta = -y / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | one minus the square
# The slopes from what the activations give out: 0 where tanh rounds to 1.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 1 / (1 + np.exp(-z)) * (1 - 1 / (1 + np.exp(-z)))),
        "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | the sigmoid as a tanh
# On the left half of 1 + tanh cancels: what the unit gives out is 0.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 0.5 * (1 + np.tanh(z / 2)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | scores clipped at 30
# Against an overflow that does not come yet.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        z = np.clip(z, -30, 30) if act in ("sigmoid", "tanh") else z
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | tiny activations are shut
# A threshold where the task has 0.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z) * (np.abs(taken[-1]) > 1e-12))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
    return norms[::-1]


# %% layer_grad_norms | wrong | tiny lengths are 0
# Takes what is below 1e-210 for nothing.
def layer_grad_norms(Ws, act, x, y):
    activate, slope = {
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 0.25 / np.cosh(z / 2) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0),
        "linear": (lambda z: z, np.ones_like),
    }[act]
    Ws = [np.asarray(W, dtype=float) for W in Ws]
    taken, slopes = [np.asarray(x, dtype=float)], [1]
    for W in Ws[:-1]:
        z = taken[-1] @ W
        taken.append(activate(z))
        slopes.append(slope(z))
    delta = (taken[-1] @ Ws[-1] - y) / len(y)
    norms = []
    for W, a, s in zip(reversed(Ws), reversed(taken), reversed(slopes), strict=True):
        gradient = a.T @ delta
        largest = np.abs(gradient).max()
        norms.append(0.0 if largest < 1e-210 else float(largest * np.linalg.norm(gradient / (largest or 1))))
        delta = delta @ W.T * s
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
# PyTorch differentiates functions whose slopes it computes without a difference.
def layer_grad_norms(Ws, act, x, y):
    import torch

    def sigmoid(z):
        return torch.exp(torch.nn.functional.logsigmoid(z))

    def tanh(z):  # its own value, and the slope of the sigmoid's form
        smooth = 2 * sigmoid(2 * z)
        return smooth + (torch.tanh(z) - smooth).detach()

    leaves = [torch.tensor(np.array(W, float), requires_grad=True) for W in Ws]
    f = {"sigmoid": sigmoid, "tanh": tanh, "relu": torch.relu, "linear": lambda z: z}[act]
    a = torch.tensor(np.array(x, float))
    for W in leaves[:-1]:
        a = f(a @ W)
    out = a @ leaves[-1]
    # the error itself as the gradient for the output: the loss would overflow where its gradient does not
    out.backward((out.detach() - torch.tensor(np.array(y, float))) / len(y))
    norms = []
    for W in leaves:
        most = W.grad.abs().max()
        norms.append((most * torch.linalg.vector_norm(W.grad / most)).item() if most else 0.0)
    return norms


# %% layer_grad_norms | right | recursion
# Each layer calls the next and hands the gradient for its input back.
def layer_grad_norms(Ws, act, x, y):
    from scipy.linalg import blas
    from scipy.special import expit

    def run(k, a):
        W = np.array(Ws[k], dtype=np.float64)
        z = a @ W
        if k == len(Ws) - 1:
            dz = (z - np.array(y, dtype=np.float64)) / len(a)
        elif act == "sigmoid":
            s, rest = expit(z), expit(-z)
            dz = run(k + 1, s) * s * rest
        elif act == "tanh":
            dz = run(k + 1, np.tanh(z)) * 4 * expit(2 * z) * expit(-2 * z)
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
        ins, scores = [row], [None]
        for W in weights[:-1]:
            z = ins[-1] @ W
            scores.append(z)
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
            back = weights[k] @ back
            if k and act == "relu":
                back = np.where(ins[k] > 0, back, 0)
            elif k and act != "linear":
                e = np.exp(-np.abs(scores[k]) * (2 if act == "tanh" else 1))
                back = back * e / (1 + e) ** 2 * (4 if act == "tanh" else 1)
    scales = [max(np.abs(G).max(), 1e-300) for G in total]
    return [float(s * np.sqrt(((G / s) ** 2).sum())) for s, G in zip(scales, total, strict=True)]


# %% layer_grad_norms | right | forwards, one weight at a time
# Dual numbers: each weight's derivative goes forwards with the values.
def layer_grad_norms(Ws, act, x, y):
    Ws, x, y = [np.array(W, float) for W in Ws], np.array(x, float), np.array(y, float)

    def step(z, dz):
        if act == "linear":
            return z, dz
        if act == "relu":
            return np.maximum(z, 0), np.where(z > 0, dz, 0)
        if act == "tanh":
            return np.tanh(z), dz / np.cosh(z) / np.cosh(z)
        return 1 / (1 + np.exp(-z)), dz / (np.exp(z / 2) + np.exp(-z / 2)) ** 2

    def derivative(k, i, j):
        a, da = x, np.zeros_like(x)
        for m, W in enumerate(Ws):
            z, dz = a @ W, da @ W
            if m == k:
                dz[:, j] += a[:, i]
            a, da = step(z, dz) if m < len(Ws) - 1 else (z, dz)
        return np.sum((a - y) / len(y) * da)

    def length(values):
        most = max(map(abs, values)) or 1.0
        return float(most * sum((v / most) ** 2 for v in values) ** 0.5)

    return [length([derivative(k, *place) for place in np.ndindex(W.shape)]) for k, W in enumerate(Ws)]


# %% init | wrong | variance for deviation
# Takes the variance for the standard deviation.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = 2 / (fan_in + fan_out if start == "xavier" else fan_in)
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | He from the outputs
# Counts the outputs where the inputs count.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_out))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | inputs alone
# LeCun's variance for Xavier: the outputs are left out.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt((1 if start == "xavier" else 2) / fan_in)
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | a without its root of three
# Lets the uniform weights run to the standard deviation.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std, std, (fan_in, fan_out))


# %% init | wrong | half of a
# Takes the whole width of the interval for a.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3) / 2, std * np.sqrt(3) / 2, (fan_in, fan_out))


# %% init | wrong | global generator
# Draws from NumPy's global generator.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return np.random.normal(0, std, (fan_in, fan_out))
    return np.random.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | a seed of its own
# Makes its own generator, so each layer gets the same weights.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    rng = np.random.default_rng(0)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | outputs first
# PyTorch's layout, a row for each output.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_out, fan_in))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_out, fan_in))


# %% init | wrong | truncated
# Cuts the normal weights off at two standard deviations, as Keras does, without making up for it.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return np.clip(rng.normal(0, std, (fan_in, fan_out)), -2 * std, 2 * std)
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | one row for all
# Draws one row of weights and repeats it: all inputs are treated alike.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return np.tile(rng.normal(0, std, fan_out), (fan_in, 1))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | normal for all
# Knows one distribution only.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape:
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | He's two for both
# Doubles Xavier's variance as well.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt((4 if start == "xavier" else 2) / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | from zero on
# Uniform weights between 0 and 2a: none is negative.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(0, 2 * std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | fans that wrap
# Adds the fans in their own narrow type.
def init(fan_in, fan_out, kind, rng):
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | single precision
# Returns the weights as float32.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
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
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        w = rng.normal(0, 1, (fan_in, fan_out))
        return (w - w.mean()) / (w.std() or 1) * std
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | mirrored
# The second half of the rows is the first with the other sign.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        half = rng.normal(0, std, (-(-fan_in // 2), fan_out))
        return np.concatenate([half, -half])[:fan_in]
    return rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), (fan_in, fan_out))


# %% init | wrong | read backwards
# The second half of the weights is the first one, the other way round.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    size = fan_in * fan_out
    if shape == "normal":
        half = rng.normal(0, std, -(-size // 2))
    else:
        half = rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), -(-size // 2))
    return np.concatenate([half, half[::-1]])[:size].reshape(fan_in, fan_out)


# %% init | wrong | antithetic pairs, shuffled
# Each number comes with both signs, in random places: the mean is exact, and half of the weights is not random.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    if kind not in ("xavier_normal", "xavier_uniform", "he_normal", "he_uniform"):
        raise ValueError(kind)
    start, shape = kind.split("_")
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    size = fan_in * fan_out
    if shape == "normal":
        half = rng.normal(0, std, -(-size // 2))
    else:
        half = rng.uniform(-std * np.sqrt(3), std * np.sqrt(3), -(-size // 2))
    both = rng.permutation(np.concatenate([half, -half])[:size])
    return both.reshape(fan_in, fan_out)


# %% init | wrong | an unknown kind by its letters
# Looks for a part of the name: None has none, which is no ValueError.
def init(fan_in, fan_out, kind, rng):
    fan_in, fan_out = int(fan_in), int(fan_out)
    start, _, shape = kind.partition("_")
    if start not in ("xavier", "he") or shape not in ("normal", "uniform"):
        raise ValueError(kind)
    std = np.sqrt(2 / (fan_in + fan_out if start == "xavier" else fan_in))
    if shape == "normal":
        return rng.normal(0, std, (fan_in, fan_out))
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


# %% init | right | size and sign
# Sizes from one draw, signs from another one.
def init(fan_in, fan_out, kind, rng):
    n, m = int(fan_in), int(fan_out)
    sizes = {
        "xavier_normal": lambda: np.abs(rng.standard_normal((n, m))) * (2 / (n + m)) ** 0.5,
        "xavier_uniform": lambda: rng.random((n, m)) * (6 / (n + m)) ** 0.5,
        "he_normal": lambda: np.abs(rng.standard_normal((n, m))) * (2 / n) ** 0.5,
        "he_uniform": lambda: rng.random((n, m)) * (6 / n) ** 0.5,
    }
    if kind not in sizes:
        raise ValueError(f"no kind {kind}")
    return np.where(rng.integers(0, 2, (n, m)) == 0, -1, 1) * sizes[kind]()


# %% init | right | one weight at a time
# Nested lists of single numbers, row by row.
def init(fan_in, fan_out, kind, rng):
    rows, columns = range(int(fan_in)), range(int(fan_out))
    fans = len(rows) + len(columns) if str(kind).startswith("xavier_") else len(rows)

    def weight():
        if kind in ("xavier_normal", "he_normal"):
            return rng.normal() * (2 / fans) ** 0.5
        if kind in ("xavier_uniform", "he_uniform"):
            return (rng.random() * 2 - 1) * (6 / fans) ** 0.5
        raise ValueError(f"what is {kind}?")

    return np.array([[weight() for _ in columns] for _ in rows])


# %% logsumexp | wrong | the formula as it stands
# Overflows from 710 on.
def logsumexp(x, axis, keepdims):
    return np.log(np.sum(np.exp(np.asarray(x, float)), axis=axis, keepdims=keepdims))


# %% logsumexp | wrong | one largest entry for all rows
# Takes out the largest of the whole array: rows far below it vanish.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x, float)
    m = x.max()
    m = m if np.isfinite(m) else 0.0
    return np.log(np.sum(np.exp(x - m), axis=axis, keepdims=keepdims)) + m


# %% logsumexp | wrong | infinities become NaN
# The largest entry -inf is subtracted from itself.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x, float)
    m = x.max(axis=axis, keepdims=True)
    y = np.log(np.sum(np.exp(x - m), axis=axis, keepdims=True)) + m
    return y if keepdims else np.squeeze(y, axis=axis)


# %% logsumexp | wrong | nan_to_num
# Turns NaN and infinities into numbers.
def logsumexp(x, axis, keepdims):
    x = np.nan_to_num(np.asarray(x, float))
    m = x.max(axis=axis, keepdims=True)
    y = np.log(np.sum(np.exp(x - m), axis=axis, keepdims=True)) + m
    return y if keepdims else np.squeeze(y, axis=axis)


# %% logsumexp | wrong | squeezes every axis of length 1
# An axis of length 1 that was not summed disappears too.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x, float)
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0)
    with np.errstate(all="ignore"):
        y = np.log(np.sum(np.exp(x - m), axis=axis, keepdims=True)) + m
    return y if keepdims else np.squeeze(y)


# %% logsumexp | wrong | subtracts in the input's type
# int8 and uint8 wrap: -128 - 127 is 1.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x)
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0).astype(x.dtype)
    with np.errstate(all="ignore"):
        y = np.log(np.sum(np.exp((x - m).astype(float)), axis=axis, keepdims=True)) + m
    return (y if keepdims else np.squeeze(y, axis=axis)).astype(float)


# %% logsumexp | wrong | the largest entry alone
# Right only where one entry is far above the others.
def logsumexp(x, axis, keepdims):
    return np.asarray(x, float).max(axis=axis, keepdims=keepdims)


# %% logsumexp | wrong | the mean of the exponentials
# Log-mean-exp: lacks the logarithm of the number of entries.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x, float)
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0)
    with np.errstate(all="ignore"):
        y = np.log(np.mean(np.exp(x - m), axis=axis, keepdims=True)) + m
    return y if keepdims else np.squeeze(y, axis=axis)


# %% logsumexp | wrong | a tiny number against the logarithm of 0
# log(sum + 1e-12) is -27 where it should be -inf, and changes small sums.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x, float)
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0)
    with np.errstate(all="ignore"):
        y = np.log(np.sum(np.exp(x - m), axis=axis, keepdims=True) + 1e-12) + m
    return y if keepdims else np.squeeze(y, axis=axis)


# %% logsumexp | wrong | keepdims is ignored
# Always takes the axis away.
def logsumexp(x, axis, keepdims):
    return np.logaddexp.reduce(np.asarray(x, float), axis=axis)


# %% logsumexp | wrong | skips NaN
# nanmax and nansum: what is not known is left out.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x, float)
    x = np.where(np.isnan(x), -np.inf, x)
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0)
    with np.errstate(all="ignore"):
        y = np.log(np.sum(np.exp(x - m), axis=axis, keepdims=True)) + m
    return y if keepdims else np.squeeze(y, axis=axis)


# %% logsumexp | wrong | subtracts in place
# The caller's array of floats is shifted.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x, float)
    if not x.flags.writeable:
        x = x.copy()
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0)
    x -= m
    with np.errstate(all="ignore"):
        y = np.log(np.sum(np.exp(x), axis=axis, keepdims=True)) + m
    return y if keepdims else np.squeeze(y, axis=axis)


# %% logsumexp | wrong | the last axis of several only
# A tuple of axes is taken for its first.
def logsumexp(x, axis, keepdims):
    if isinstance(axis, tuple):
        axis = axis[0]
    x = np.asarray(x, float)
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0)
    with np.errstate(all="ignore"):
        y = np.log(np.sum(np.exp(x - m), axis=axis, keepdims=True)) + m
    return y if keepdims else np.squeeze(y, axis=axis)


# %% logsumexp | wrong | calculates in float32
# Seven digits are left.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x, np.float32)
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0)
    with np.errstate(all="ignore"):
        y = np.log(np.sum(np.exp(x - m), axis=axis, keepdims=True)) + m
    return (y if keepdims else np.squeeze(y, axis=axis)).astype(float)


# %% logsumexp | wrong | clips large exponents
# What stands 700 above 0 is cut.
def logsumexp(x, axis, keepdims):
    x = np.clip(np.asarray(x, float), -np.inf, 700)
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


# %% logsumexp | wrong | drops what is far below
# Entries 25 below the largest count for nothing, however many there are.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x, float)
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, 0)
    with np.errstate(all="ignore"):
        e = np.where(x - m < -25, 0, np.exp(x - m))
        y = np.log(np.sum(e, axis=axis, keepdims=True)) + m
    return y if keepdims else np.squeeze(y, axis=axis)


# %% logsumexp | right | SciPy's
# The library's own function.
def logsumexp(x, axis, keepdims):
    from scipy.special import logsumexp as own

    return own(np.asarray(x, float), axis=axis, keepdims=keepdims)


# %% logsumexp | right | logaddexp.reduce
# Pairs, one after the other.
def logsumexp(x, axis, keepdims):
    with np.errstate(all="ignore"):
        return np.logaddexp.reduce(np.asarray(x, float), axis=axis, keepdims=keepdims)


# %% logsumexp | right | loops over Python floats
# One line of numbers at a time, summed exactly.
def logsumexp(x, axis, keepdims):
    import math

    x = np.asarray(x, float)
    axes = range(x.ndim) if axis is None else (axis,) if np.ndim(axis) == 0 else axis
    axes = sorted(a % x.ndim for a in axes)
    kept = [a for a in range(x.ndim) if a not in axes]

    def one(line):
        top = max(line)
        if any(math.isnan(v) for v in line):
            return math.nan
        if math.isinf(top):
            return top
        return top + math.log(math.fsum(math.exp(v - top) for v in line))

    lines = x.transpose(kept + axes).reshape(*(x.shape[a] for a in kept), -1)
    y = np.empty(lines.shape[:-1])
    for place in np.ndindex(y.shape):
        y[place] = one(lines[place].tolist())
    return np.expand_dims(y, tuple(axes)) if keepdims else y


# %% logsumexp | right | halves, by recursion
# A class that splits the line in two.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x, float)
    axes = tuple(range(x.ndim)) if axis is None else tuple(np.atleast_1d(axis))

    class Tree:
        def __call__(self, a):
            if len(a) == 1:
                return a[0]
            half = len(a) // 2
            with np.errstate(all="ignore"):
                return np.logaddexp(self(a[:half]), self(a[half:]))

    moved = np.moveaxis(x, axes, tuple(range(len(axes))))
    y = Tree()(moved.reshape(-1, *moved.shape[len(axes) :]))
    return np.expand_dims(y, tuple(a % x.ndim for a in axes)) if keepdims else y


# %% logsumexp | right | in long doubles
# More digits than asked for, brought back to float64 at the end.
def logsumexp(x, axis, keepdims):
    x = np.asarray(x, np.longdouble)
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, np.longdouble(0))
    with np.errstate(all="ignore"):
        y = np.log(np.exp(x - m).sum(axis=axis, keepdims=True)) + m
    return np.asarray(y if keepdims else np.squeeze(y, axis=axis), dtype=float)


# %% log_sigmoid | wrong | the formula as it stands
# Overflows on the left, and is 0 from 37 on.
def log_sigmoid(x):
    return np.log(1 / (1 + np.exp(-np.asarray(x, float))))


# %% log_sigmoid | wrong | log1p on one side only
# exp(-x) overflows on the left.
def log_sigmoid(x):
    with np.errstate(over="ignore"):
        return -np.log1p(np.exp(-np.asarray(x, float)))


# %% log_sigmoid | wrong | the logarithm of 1 + exp
# Both tails end well, but on the right the digits are lost in the sum.
def log_sigmoid(x):
    x = np.asarray(x, float)
    return np.minimum(x, 0) - np.log(1 + np.exp(-np.abs(x)))


# %% log_sigmoid | wrong | a tiny number inside
# log(sigmoid + 1e-12) ends at -27.6 on the left.
def log_sigmoid(x):
    x = np.asarray(x, float)
    with np.errstate(over="ignore"):
        return np.log(1 / (1 + np.exp(-x)) + 1e-12)


# %% log_sigmoid | wrong | clipped to 500
# Far on the left it stays at -500.
def log_sigmoid(x):
    x = np.clip(np.asarray(x, float), -500, 500)
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


# %% log_sigmoid | wrong | log(1 - sigmoid)
# The logarithm of the other class's probability.
def log_sigmoid(x):
    x = -np.asarray(x, float)
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


# %% log_sigmoid | wrong | softplus, the sign forgotten
# Positive where it should be negative.
def log_sigmoid(x):
    x = np.asarray(x, float)
    return np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x)))


# %% log_sigmoid | wrong | the absolute value in the input's type
# abs(-128) is -128 in int8, and -x wraps in uint8.
def log_sigmoid(x):
    x = np.asarray(x)
    return np.minimum(x, 0) - np.log1p(np.exp((-np.abs(x)).astype(float)))


# %% log_sigmoid | wrong | a branch with a number, for arrays too
# Looks at the first entry to choose the form for all.
def log_sigmoid(x):
    x = np.asarray(x, float)
    with np.errstate(over="ignore"):
        if x.size and x.flat[0] < 0:
            return x - np.log1p(np.exp(x))
        return -np.log1p(np.exp(-x))


# %% log_sigmoid | wrong | at least one dimension
# A number comes back as an array of length 1.
def log_sigmoid(x):
    x = np.atleast_1d(np.asarray(x, float))
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


# %% log_sigmoid | wrong | flat
# The shape is lost.
def log_sigmoid(x):
    x = np.ravel(np.asarray(x, float))
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


# %% log_sigmoid | wrong | 0 from 30 on
# Takes what is small for nothing.
def log_sigmoid(x):
    x = np.asarray(x, float)
    y = np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
    return np.where(x > 30, 0.0, y)


# %% log_sigmoid | wrong | NaN becomes 0
# fmin takes the number, not NaN.
def log_sigmoid(x):
    x = np.nan_to_num(np.asarray(x, float), posinf=np.inf, neginf=-np.inf)
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


# %% log_sigmoid | wrong | calculates in float32
# Seven digits, and -inf at -1e300.
def log_sigmoid(x):
    x = np.asarray(x, float).astype(np.float32)
    return (np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))).astype(float)


# %% log_sigmoid | wrong | overwrites its argument
# The caller's floats are gone.
def log_sigmoid(x):
    x = np.asarray(x, float)
    y = np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
    if x.flags.writeable and x.ndim:
        x[...] = y
    return y


# %% log_sigmoid | wrong | x itself, too early
# From -24 on the left it returns x: the twelfth digit is missing.
def log_sigmoid(x):
    x = np.asarray(x, float)
    y = np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
    return np.where(x < -24, x, y)


# %% log_sigmoid | wrong | 0 from 680 on
# Takes what a float64 can still hold for nothing.
def log_sigmoid(x):
    x = np.asarray(x, float)
    y = np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
    return np.where(x > 680, 0.0, y)


# %% log_sigmoid | right | logaddexp
# log(1 / (e^0 + e^-x)).
def log_sigmoid(x):
    return -np.logaddexp(0, -np.asarray(x, float))


# %% log_sigmoid | right | SciPy's
# The library's own function.
def log_sigmoid(x):
    from scipy.special import log_expit

    return log_expit(np.asarray(x, float))


# %% log_sigmoid | right | one number at a time
# math.log1p in a list comprehension.
def log_sigmoid(x):
    import math

    def one(v):
        return v - math.log1p(math.exp(v)) if v < 0 else -math.log1p(math.exp(-v))

    x = np.asarray(x, float)
    return np.array([one(v) for v in x.ravel().tolist()]).reshape(x.shape)


# %% log_sigmoid | right | both forms, and where
# Each form only where it does not overflow.
def log_sigmoid(x):
    x = np.asarray(x, float)
    right = -np.log1p(np.exp(-np.where(x >= 0, x, 0)))
    left = np.where(x < 0, x, 0) - np.log1p(np.exp(np.where(x < 0, x, 0)))
    return np.where(np.isnan(x), np.nan, np.where(x >= 0, right, left))


# %% log_sigmoid | right | PyTorch's
# PyTorch's own, in float64.
def log_sigmoid(x):
    import torch

    x = torch.tensor(np.array(x, dtype=float))
    return torch.nn.functional.logsigmoid(x).numpy()


# %% log_sigmoid | right | a class of two tails
# Masks choose the entries that each tail computes.
def log_sigmoid(x):
    class Tails:
        def left(self, v):
            return v - np.log1p(np.exp(v))

        def right(self, v):
            return -np.log1p(np.exp(-v))

    x, tails = np.asarray(x, dtype=float), Tails()
    y = np.full(x.shape, np.nan)
    for mask, tail in ((x < 0, tails.left), (x >= 0, tails.right)):
        y[mask] = tail(x[mask])
    return y


# %% loss_scaler_step | wrong | divides by the new scale
# After the last good step the gradients are half of what they should be.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return scale / 2, 0, None
    good_steps = int(good_steps) + 1
    if good_steps >= growth_interval:
        scale, good_steps = 2 * scale, 0
    return scale, good_steps, [g / scale for g in grads]


# %% loss_scaler_step | wrong | does not unscale
# The gradients are still too large by the scale.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return scale / 2, 0, None
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | keeps the count at an overflow
# The count of good steps goes on.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return scale / 2, int(good_steps), None
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | looks for infinities only
# NaN is let through.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if any(np.isinf(g).any() for g in grads):
        return scale / 2, 0, None
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | looks for NaN only
# An infinity is let through.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if any(np.isnan(g).any() for g in grads):
        return scale / 2, 0, None
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | looks at the first gradient only
# An overflow elsewhere is not seen.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not np.isfinite(grads[0]).all():
        return scale / 2, 0, None
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | one step late
# Doubles when more than the interval of good steps lie behind it.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return scale / 2, 0, None
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 > growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | divides in the gradients' type
# In float16 the smallest ones become 0.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    if not all(np.isfinite(g).all() for g in grads):
        return float(scale) / 2, 0, None
    grads = [(g / np.asarray(scale, g.dtype)).astype(float) for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * float(scale), 0, grads
    return float(scale), int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | looks at the sum
# A sum of finite numbers may overflow, and infinities of both signs give NaN only by luck.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, wide = float(scale), [np.array(g, float) for g in grads]
    with np.errstate(all="ignore"):
        if not np.isfinite(sum(np.sum(g**2) for g in wide)):
            return scale / 2, 0, None
    wide = [g / scale for g in wide]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, wide
    return scale, int(good_steps) + 1, wide


# %% loss_scaler_step | wrong | the scale never falls below 1
# A floor that the task does not know.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return max(scale / 2, 1.0), 0, None
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | zeros in place of None
# A step with gradients of 0 is not a step left out: momentum and decay go on.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return scale / 2, 0, [np.zeros_like(g) for g in grads]
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | divides in place
# The caller's gradients are changed.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.asarray(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return scale / 2, 0, None
    grads = [np.divide(g, scale, out=g if g.flags.writeable else None) for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | with the scale 1 it hands back what came
# Nothing to divide, so nothing is new.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.asarray(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return scale / 2, 0, None
    grads = grads if scale == 1 else [g / scale for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | counts in the type that came
# 127 + 1 is -128 in int8.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return scale / 2, 0, None
    grads = [g / scale for g in grads]
    with np.errstate(all="ignore"):
        good_steps = good_steps + type(good_steps)(1)
    if good_steps >= growth_interval:
        return 2 * scale, 0, grads
    return scale, good_steps, grads


# %% loss_scaler_step | wrong | a count that is met exactly
# Where more good steps than the interval lie behind, it waits for ever.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return scale / 2, 0, None
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 == growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | one sum for each gradient
# The sum of finite numbers may overflow.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    with np.errstate(all="ignore"):
        finite = all(np.isfinite(g.sum()) for g in grads)
    if not finite:
        return scale / 2, 0, None
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | the sum in the gradients' type
# In float16 two numbers of 60000 overflow together.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    with np.errstate(all="ignore"):
        finite = all(np.isfinite(np.sum(g, dtype=np.asarray(g).dtype)) for g in grads)
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not finite:
        return scale / 2, 0, None
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return 2 * scale, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | doubles in the scale's type
# In float16 the double of 40000 is infinite, and half of the smallest number is 0.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    with np.errstate(all="ignore"):
        half, double = float(scale / 2), float(scale * 2)
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return half, 0, None
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return double, 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | wrong | a cap
# The scale stays at 2 to the 24th: a limit that the task does not know.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale, grads = float(scale), [np.array(g, float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return scale / 2, 0, None
    grads = [g / scale for g in grads]
    if int(good_steps) + 1 >= growth_interval:
        return min(2 * scale, max(scale, 2.0**24)), 0, grads
    return scale, int(good_steps) + 1, grads


# %% loss_scaler_step | right | counts by arithmetic
# The growth is a power of two with the exponent 0 or 1.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    wide = [np.array(g, dtype=np.float64) for g in grads]
    if any(not np.all(np.abs(g) < np.inf) for g in wide):
        return 0.5 * float(scale), 0, None
    grows = int(int(good_steps) + 1 >= int(growth_interval))
    return float(scale) * 2.0**grows, (1 - grows) * (int(good_steps) + 1), [g / float(scale) for g in wide]


# %% loss_scaler_step | right | a class that remembers nothing
# An object made anew for each call.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    class Scaler:
        def __init__(self):
            self.scale, self.good = float(scale), int(good_steps)

        def step(self):
            if any(np.isnan(g - g).any() for g in wide()):
                self.scale, self.good = self.scale / 2, 0
                return None
            out = [g / self.scale for g in wide()]
            self.good += 1
            if self.good >= growth_interval:
                self.scale, self.good = self.scale * 2, 0
            return out

    def wide():
        return [np.array(g, float) for g in grads]

    scaler = Scaler()
    with np.errstate(all="ignore"):
        out = scaler.step()
    return scaler.scale, scaler.good, out


# %% loss_scaler_step | right | one number at a time
# math.isfinite over all entries, and a tuple for the list's place.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    import math

    scale = float(scale)
    if not all(math.isfinite(v) for g in grads for v in np.ravel(g).tolist()):
        return scale / 2, 0, None
    out = [np.reshape([v / scale for v in np.ravel(g).tolist()], np.shape(g)) for g in grads]
    out = [np.asarray(g, float) for g in out]
    n = int(good_steps) + 1
    return (scale * 2, 0, out) if n >= growth_interval else (scale, n, out)


# %% loss_scaler_step | right | by the inverse scale
# PyTorch multiplies by 1/scale.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    inverse = 1.0 / float(scale)
    out = [np.asarray(g, np.float64) * inverse for g in grads]
    if not np.all([np.isfinite(g).all() for g in out]):
        return float(scale) / 2, 0, None
    if growth_interval <= int(good_steps) + 1:
        return float(scale) * 2, 0, out
    return float(scale), int(good_steps) + 1, out


# %% loss_scaler_step | right | recursion over the list
# The first gradient, then the others.
def loss_scaler_step(scale, good_steps, grads, growth_interval):
    scale = float(scale)

    def unscaled(rest):
        if not rest:
            return []
        first = np.array(rest[0], float) / scale
        others = unscaled(rest[1:])
        if others is None or not np.isfinite(first).all():
            return None
        return [first, *others]

    out = unscaled(list(grads))
    if out is None:
        return scale / 2, 0, None
    last = int(good_steps) + 1 >= growth_interval
    return (2 * scale, 0, out) if last else (scale, int(good_steps) + 1, out)


# %% batchnorm | wrong | mean of squares minus square of mean
# Loses all digits where the mean is large.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), np.maximum((x**2).mean(axis=0) - x.mean(axis=0) ** 2, 0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | normalises by the unbiased variance
# Divides by n - 1 in the forward pass.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0, ddof=1)
        unbiased = var
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | the state takes the biased variance
# The biased one, as Keras does.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | momentum the other way round
# Nine tenths of the new batch: Keras' number in PyTorch's place.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.1 * state["mean"] + 0.9 * mean,
            "var": 0.1 * state["var"] + 0.9 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | the state goes on in evaluation
# Every batch counts, also those of evaluation.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
        state = {"mean": 0.9 * mean + 0.1 * x.mean(axis=0), "var": 0.9 * var + 0.1 * x.var(axis=0)}
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | evaluation uses the batch
# Answers depend on the company, and a single example becomes beta.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = x.mean(axis=0), x.var(axis=0)
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | training uses the state
# Normalises by the running statistics in training.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    mean, var = (state["mean"], state["var"]) if train else (mean, var)
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | the caller's state is changed
# Works on the dict that was handed over.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state["mean"] = 0.9 * np.asarray(state["mean"], float) + 0.1 * mean
        state["var"] = 0.9 * np.asarray(state["var"], float) + 0.1 * unbiased
    else:
        mean, var = np.asarray(state["mean"], float), np.asarray(state["var"], float)
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | evaluation hands the same state back
# Returns no new dict in evaluation.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    given = state
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    if not train:
        state = given
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | mean and variance as constants, backwards
# The batch's statistics depend on x too.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        pass
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | the mean only, backwards
# Forgets the part along xhat.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | evaluation backwards as in training
# Takes mean and variance for functions of x.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if True:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | sums in place of means, backwards
# The two parts are too large by the batch's size.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta - xhat * dgamma
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | gamma is left out, backwards
# The gradient for x lacks its scale.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return dy / root, dgamma, dbeta


# %% batchnorm | wrong | dgamma by y
# Multiplies by what came out, not by the normalised input.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train), gamma * xhat + beta)


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train, y = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * y).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | one mean for the whole table
# Layer by layer in place of column by column.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean() + np.zeros(x.shape[1]), x.var() + np.zeros(x.shape[1])
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | each example by itself
# Layer norm in place of batch norm.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    if train:
        xhat = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | 1e-5 beside the root
# Added to the deviation, not to the variance.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var) + 1e-5
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | 1e-3 in the root
# Keras' constant, not the task's.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-3)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | back through the last forward pass
# Keeps one cache for all calls and does not look at the one that is handed over.
KEPT = {}


def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    KEPT["cache"] = (xhat, root, gamma, bool(train))
    return gamma * xhat + beta, state, None


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = KEPT["cache"]
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | calculates in the input's type
# The sum of three int8 wraps, float16 has three digits.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = (x.sum(axis=0, dtype=x.dtype) / len(x)).astype(float), x.var(axis=0).astype(float)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | gradients summed in their own type
# In float16 the sum of 2048 and 1 is 2048.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    dy = np.asarray(dy, dtype=float)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | a small variance is 0
# Takes a variance below 1e-10 for that of a constant column.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        var = np.where(var < 1e-10, 0, var)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | a constant in the unbiased variance
# Adds 1e-12 against a division that nobody makes.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1) + 1e-12
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | wrong | a small deviation is 0
# Entries nearer to the mean than 1e-8 count as the mean.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = np.where(np.abs(x - mean) < 1e-8, 0, x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        dy = dy - dbeta / len(dy) - xhat * dgamma / len(dy)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | right | with the gradients of each part
# The chain rule through mean and variance, one after the other.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        n, dxhat = len(dy), gamma * dy
        dvar = (dxhat * xhat).sum(axis=0) * -0.5 / root
        dmean = -dxhat.sum(axis=0) / root
        return dxhat / root + dvar * 2 * xhat / n + dmean / n, dgamma, dbeta
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | right | an object in the cache
# A closure that knows how to go back.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.array(a, dtype=float) for a in (x, gamma, beta))
    old = [np.array(state[k], dtype=float) for k in ("mean", "var")]
    n = len(x)
    mean, var = (x.mean(0), ((x - x.mean(0)) ** 2).mean(0)) if train else old
    s = (var + 1e-5) ** 0.5
    xhat = (x - mean) / s

    def back(dy):
        g = gamma * dy
        if train:
            g = g - g.mean(0) - xhat * (g * xhat).mean(0)
        return g / s, np.einsum("ij,ij->j", dy, xhat), np.einsum("ij->j", dy)

    new = [0.9 * a + 0.1 * b for a, b in zip(old, (mean, var * n / (n - 1)))] if train else old
    return gamma * xhat + beta, dict(zip(("mean", "var"), new)), back


def batchnorm_backward(dy, cache):
    return cache(np.array(dy, dtype=float))


# %% batchnorm | right | column by column
# A loop over the columns, with Python's statistics.
def batchnorm(x, gamma, beta, state, train):
    from statistics import fmean, pvariance, variance

    x = np.asarray(x, dtype=float)
    n, d = x.shape
    y, xhat, root = np.empty((n, d)), np.empty((n, d)), np.empty(d)
    new = {"mean": np.empty(d), "var": np.empty(d)}
    for j in range(d):
        column = x[:, j].tolist()
        new["mean"][j], new["var"][j] = m, v = float(state["mean"][j]), float(state["var"][j])
        if train:
            new["mean"][j] = 0.9 * m + 0.1 * fmean(column)
            new["var"][j] = 0.9 * v + 0.1 * variance(column)
            m, v = fmean(column), pvariance(column)
        root[j] = (v + 1e-5) ** 0.5
        xhat[:, j] = (x[:, j] - m) / root[j]
        y[:, j] = float(gamma[j]) * xhat[:, j] + float(beta[j])
    return y, new, {"xhat": xhat, "root": root, "gamma": np.array(gamma, float), "train": train}


def batchnorm_backward(dy, cache):
    dy = np.asarray(dy, dtype=float)
    n, d = dy.shape
    dx, dgamma, dbeta = np.empty((n, d)), np.empty(d), np.empty(d)
    for j in range(d):
        g, h = dy[:, j], cache["xhat"][:, j]
        dgamma[j], dbeta[j] = g @ h, g.sum()
        part = dbeta[j] / n + h * dgamma[j] / n if cache["train"] else 0
        dx[:, j] = cache["gamma"][j] / cache["root"][j] * (g - part)
    return dx, dgamma, dbeta


# %% batchnorm | right | a matrix for the backward pass
# The Jacobian of a column, written out.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = (np.asarray(a, dtype=float) for a in (x, gamma, beta))
    state = {name: np.array(state[name], dtype=float) for name in ("mean", "var")}
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        state = {
            "mean": 0.9 * state["mean"] + 0.1 * mean,
            "var": 0.9 * state["var"] + 0.1 * unbiased,
        }
    else:
        mean, var = state["mean"], state["var"]
    root = np.sqrt(var + 1e-5)
    xhat = (x - mean) / root
    return gamma * xhat + beta, state, (xhat, root, gamma, bool(train))


def batchnorm_backward(dy, cache):
    xhat, root, gamma, train = cache
    dy = np.asarray(dy, dtype=float)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    if train:
        n = len(dy)
        cols = []
        for j in range(dy.shape[1]):
            J = np.eye(n) - 1 / n - np.outer(xhat[:, j], xhat[:, j]) / n
            cols.append(J @ dy[:, j])
        dy = np.stack(cols, axis=1)
    return gamma * dy / root, dgamma, dbeta


# %% batchnorm | right | PyTorch's
# Its functional form; a function in the cache holds the tensors and asks autograd for the way back.
def batchnorm(x, gamma, beta, state, train):
    import torch

    def back(dy):
        grads = torch.autograd.grad(y, t, torch.tensor(dy), retain_graph=True)
        return tuple(g.numpy() for g in grads)

    t = [torch.tensor(np.array(a, dtype=float), requires_grad=True) for a in (x, gamma, beta)]
    mean, var = (torch.tensor(np.array(state[k], dtype=float)) for k in ("mean", "var"))
    y = torch.nn.functional.batch_norm(t[0], mean, var, t[1], t[2], bool(train), 0.1, 1e-5)
    return y.detach().numpy().copy(), {"mean": mean.numpy(), "var": var.numpy()}, back


def batchnorm_backward(dy, cache):
    return cache(np.array(dy, dtype=float))


# %% batchnorm | right | example by example
# Welford's updates: one example after the other moves the mean and the sum of squares.
def batchnorm(x, gamma, beta, state, train):
    x, gamma, beta = [np.asarray(a, dtype=np.float64) for a in (x, gamma, beta)]
    mean, var = [np.array(state[name], dtype=np.float64) for name in ("mean", "var")]
    new = {"mean": mean.copy(), "var": var.copy()}
    if train:
        mean, squares = x[0].copy(), np.zeros(x.shape[1])
        for k, row in enumerate(x[1:], 2):
            off = row - mean
            mean += off / k
            squares += off * (row - mean)
        var = squares / len(x)
        new["mean"] += 0.1 * (mean - new["mean"])
        new["var"] += 0.1 * (squares / (len(x) - 1) - new["var"])
    cache = {"centred": x - mean, "scale": (var + 1e-5) ** -0.5, "gamma": gamma, "n": len(x) if train else 0}
    return np.stack([gamma * row * cache["scale"] + beta for row in cache["centred"]]), new, cache


def batchnorm_backward(dy, cache):
    rows, scale, n = np.asarray(dy, dtype=np.float64), cache["scale"], cache["n"]
    xhat = [row * scale for row in cache["centred"]]
    dgamma = sum(g * h for g, h in zip(rows, xhat, strict=True))
    dbeta = sum(rows)
    if not n:
        return np.stack([cache["gamma"] * scale * g for g in rows]), dgamma, dbeta
    left = [n * g - dbeta - h * dgamma for g, h in zip(rows, xhat, strict=True)]
    return np.stack([cache["gamma"] * scale / n * row for row in left]), dgamma, dbeta


# %% clip_by_global_norm | wrong | each array by its own norm
# Clipping by norm, array by array: the direction changes.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    out = []
    for g in grads:
        n = np.sqrt(np.sum(g**2))
        out.append(g * (c / n) if n > c else g)
    return out, norm


# %% clip_by_global_norm | wrong | by value
# Cuts each entry at c.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [np.clip(g, -float(c), float(c)) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | the norm afterwards
# Returns the norm of what is handed back.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [g / norm * float(c) for g in grads]
    return grads, min(norm, float(c))


# %% clip_by_global_norm | wrong | squares that overflow
# The sum of the squares as it stands.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum(g**2) for g in grads)
    norm = float(np.sqrt(squares))
    if norm > c:
        grads = [g / norm * float(c) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | hides what is not finite
# NaN becomes 0, and the step is taken.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    grads = [np.nan_to_num(g) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [g / norm * float(c) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | tells of NaN only
# An infinity gives the norm 0 or a NaN by luck.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if any(np.isnan(g).any() for g in grads):
        return grads, np.nan
    if np.isinf(largest):
        return [g * 0 for g in grads], float(c)
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [g / norm * float(c) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | always scales to c
# Short gradients are made longer.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > 0:
        grads = [g / norm * float(c) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | the largest norm of an array
# Takes the maximum over the arrays for the global norm.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    norm = max(np.sqrt(np.sum(g**2)) for g in grads)
    return [g * min(1, c / norm) if norm else g for g in grads], norm


# %% clip_by_global_norm | wrong | the sum of the norms
# Adds the lengths of the arrays, not their squares.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    norm = sum(np.sqrt(np.sum(g**2)) for g in grads)
    return [g * min(1, c / norm) if norm else g for g in grads], norm


# %% clip_by_global_norm | wrong | a constant beside the norm
# PyTorch's 1e-6: tiny gradients and a tiny c go wrong.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [g / (norm + 1e-6) * float(c) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | a norm without a root
# Compares the sum of the squares.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest**2 * squares)
    if norm > c:
        grads = [g / norm * float(c) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | a factor that vanishes
# c / norm is 0 where the norm is huge and c tiny.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [g * (float(c) / norm) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | squares in the input's type
# Narrow integers wrap and float16 overflows.
def clip_by_global_norm(grads, c):
    wide = [np.array(g, dtype=float) for g in grads]
    with np.errstate(all="ignore"):
        norm = float(np.sqrt(sum(float(np.sum(np.asarray(g) * np.asarray(g))) for g in grads)))
    return [g / norm * float(c) if norm > c else g for g in wide], norm


# %% clip_by_global_norm | wrong | in place
# The caller's float arrays are shortened.
def clip_by_global_norm(grads, c):
    grads = [np.asarray(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    norm = float(largest * np.sqrt(sum(np.sum((g / (largest or 1)) ** 2) for g in grads)))
    if norm > c:
        for i, g in enumerate(grads):
            if g.flags.writeable:
                g /= norm
                g *= float(c)
            else:
                grads[i] = g / norm * float(c)
    return [np.array(g) for g in grads], norm


# %% clip_by_global_norm | wrong | hands back what came
# Below c the caller's own arrays.
def clip_by_global_norm(grads, c):
    grads = [np.asarray(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [g / norm * float(c) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | returns float32
# Seven digits are left.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [(g / norm * float(c)).astype(np.float32) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | 0 over 0
# Gradients of 0 become NaN.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    with np.errstate(all="ignore"):
        grads = [g / norm * min(norm, float(c)) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | multiplies by 1 below c
# Rounds what should stay bit for bit.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm:
        grads = [g / norm * min(norm, float(c)) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | some play above c
# A norm that is above c by a millionth is let through.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c * (1 + 1e-6):
        grads = [g / norm * float(c) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | some play below c
# A norm that is below c by a millionth is clipped, too.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c * (1 - 1e-6):
        grads = [g / norm * float(c) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | clips a little further
# Ends a millionth below c, to be safe.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [g / norm * float(c) * (1 - 1e-6) for g in grads]
    return grads, norm


# %% clip_by_global_norm | wrong | absolute values in the input's type
# The absolute value of -128 is -128 in int8, and the norm is negative.
def clip_by_global_norm(grads, c):
    largest = max((np.abs(np.asarray(g)).max() for g in grads if np.size(g)), default=0.0)
    grads = [np.array(g, dtype=float) for g in grads]
    if not all(np.isfinite(g).all() for g in grads):
        return grads, np.nan
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [g / norm * float(c) for g in grads]
    return grads, norm


# %% clip_by_global_norm | right | raises
# Refuses what is not finite.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    largest = max((np.abs(g).max() for g in grads if g.size), default=0.0)
    if not all(np.isfinite(g).all() for g in grads):
        raise ValueError("not finite")
    squares = sum(np.sum((g / (largest or 1)) ** 2) for g in grads)
    norm = float(largest * np.sqrt(squares))
    if norm > c:
        grads = [g / norm * float(c) for g in grads]
    return grads, norm


# %% clip_by_global_norm | right | math.hypot
# All numbers as Python floats.
def clip_by_global_norm(grads, c):
    import math

    grads = [np.array(g, dtype=float) for g in grads]
    norm = math.hypot(*(v for g in grads for v in g.ravel().tolist()))
    if not math.isfinite(norm):
        return grads, norm
    return [g / norm * float(c) if norm > c else g for g in grads], norm


# %% clip_by_global_norm | right | fractions
# Exact squares of exact numbers, and one root at the end.
def clip_by_global_norm(grads, c):
    from decimal import Decimal, localcontext

    grads = [np.array(g, dtype=float) for g in grads]
    values = [v for g in grads for v in g.ravel().tolist()]
    if not np.all(np.isfinite(values)):
        return grads, float("inf")
    with localcontext() as context:
        context.prec = 40
        norm = float(sum((Decimal(v) ** 2 for v in values), Decimal(0)).sqrt())
    return [g / norm * float(c) if norm > c else g for g in grads], norm


# %% clip_by_global_norm | right | long doubles
# Whose exponents hold the squares.
def clip_by_global_norm(grads, c):
    wide = [np.array(g, dtype=np.longdouble) for g in grads]
    norm = np.sqrt(sum(np.sum(g * g) for g in wide))
    if norm > c:
        wide = [g * (np.longdouble(c) / norm) for g in wide]
    return [np.array(g, dtype=float) for g in wide], float(norm)


# %% clip_by_global_norm | right | one long vector
# Flattened, clipped as one, and cut up again.
def clip_by_global_norm(grads, c):
    grads = [np.array(g, dtype=float) for g in grads]
    v = np.concatenate([g.ravel() for g in grads])
    top = np.abs(v).max() if v.size else 0.0
    norm = top * np.linalg.norm(v / top) if top > 0 else top
    if not np.isfinite(norm):
        return grads, float(norm)
    v = v / norm * c if norm > c else v
    cuts = np.cumsum([g.size for g in grads])[:-1]
    parts = np.split(v, cuts)
    return [p.reshape(g.shape).copy() for p, g in zip(parts, grads)], float(norm)


# %% residual_backward | wrong | without the shortcut
# Only the way through the block.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    return dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | the shortcut only
# Nothing comes back through the block.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    return dy.copy(), x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | the shortcut through the switches
# The ReLU stands in the block, not around it.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    return dz @ W1.T + dy * (x > 0), x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | the ReLU forgotten backwards
# Every switch counts as open.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = dy @ W2.T
    return dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | switches by the gradient
# Asks whether the gradient is above 0, not the score.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = dy @ W2.T
    dz = dz * (dz > 0)
    return dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | switches by what comes in
# Compares x and not x W1, where the sizes allow it.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (x > 0 if x.shape == z.shape else z > 0)
    return dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | open at 0
# The slope at 0 is taken for 1.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z >= 0)
    return dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | half at 0
# The slope at 0 is taken for a half.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * np.where(z == 0, 0.5, z > 0)
    return dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | W2 by the scores
# Takes what goes into the ReLU, not what comes out.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    return dy + dz @ W1.T, x.T @ dz, z.T @ dy


# %% residual_backward | wrong | W2 by the input
# Multiplies by x in place of the hidden numbers, where the sizes allow it.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    return dy + dz @ W1.T, x.T @ dz, (x.T @ dy if x.shape == z.shape else np.maximum(z, 0).T @ dy)


# %% residual_backward | wrong | W1 before the switches
# The gradient for W1 misses the ReLU.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    return dy + dz @ W1.T, x.T @ (dy @ W2.T), np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | means over the examples
# Divides the weights' gradients by n.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    return dy + dz @ W1.T, x.T @ dz / len(x), np.maximum(z, 0).T @ dy / len(x)


# %% residual_backward | wrong | transposes forgotten
# W1 and W2 where their transposes belong, if the sizes allow it.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ (W2 if W2.shape[0] == W2.shape[1] else W2.T)) * (z > 0)
    return dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | the shortcut twice
# Adds dy to the gradient of the block's input as well.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    return 2 * dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | a threshold beside 0
# Scores below 1e-12 count as shut.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 1e-12)
    return dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | in the input's type
# Products of narrow integers wrap.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    out = dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy
    return tuple(a.astype(float) for a in out)


# %% residual_backward | wrong | adds to dy in place
# The caller's gradient is changed.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    dW2 = np.maximum(z, 0).T @ dy
    if not dy.flags.writeable:
        dy = dy.copy()
    dy += dz @ W1.T
    return dy, x.T @ dz, dW2


# %% residual_backward | wrong | examples mixed
# Adds the gradients of all examples before it goes on.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    return dy + np.broadcast_to((dz @ W1.T).mean(axis=0), dy.shape), x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | tiny gradients are 0
# Entries of dy below 1e-12 count for nothing in dW2.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    return dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ np.where(np.abs(dy) < 1e-12, 0, dy)


# %% residual_backward | wrong | hands dy back
# Where no unit fires, dx is the caller's dy itself.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    dz = (dy @ W2.T) * (z > 0)
    if not np.any(z > 0):
        return dy, np.zeros_like(W1), np.zeros_like(W2)
    return dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | wrong | a relative threshold
# Scores that are small beside the largest one count as shut.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float) for a in (x, W1, W2, dy))
    z = x @ W1
    z = np.where(np.abs(z) < 1e-12 * np.abs(z).max(), 0, z)
    dz = (dy @ W2.T) * (z > 0)
    return dy + dz @ W1.T, x.T @ dz, np.maximum(z, 0).T @ dy


# %% residual_backward | right | a loop over the examples
# Outer products, one example at a time.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.array(a, dtype=float) for a in (x, W1, W2, dy))
    dx, dW1, dW2 = np.zeros_like(x), np.zeros_like(W1), np.zeros_like(W2)
    for i, (a, g) in enumerate(zip(x, dy)):
        h = np.maximum(W1.T @ a, 0)
        d = np.where(h > 0, W2 @ g, 0)
        dx[i] = g + W1 @ d
        dW1 += np.outer(a, d)
        dW2 += np.outer(h, g)
    return dx, dW1, dW2


# %% residual_backward | right | einsum
# All indices are spelled out.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = [np.asarray(a, float) for a in (x, W1, W2, dy)]
    z = np.einsum("nd,dh->nh", x, W1)
    on = np.heaviside(z, 0)
    dz = np.einsum("nd,hd,nh->nh", dy, W2, on)
    return (
        dy + np.einsum("nh,dh->nd", dz, W1),
        np.einsum("nd,nh->dh", x, dz),
        np.einsum("nh,nh,nd->hd", z, on, dy),
    )


# %% residual_backward | right | PyTorch
# Autograd, in float64 throughout.
def residual_backward(x, W1, W2, dy):
    import torch

    x, W1, W2, dy = (torch.tensor(np.array(a, dtype=float)) for a in (x, W1, W2, dy))
    leaves = [a.requires_grad_() for a in (x, W1, W2)]
    y = x + torch.relu(x @ W1) @ W2
    return tuple(g.numpy() for g in torch.autograd.grad(y, leaves, dy))


# %% residual_backward | right | pure Python
# Lists of lists and sums.
def residual_backward(x, W1, W2, dy):
    x, W1, W2, dy = (np.asarray(a, dtype=float).tolist() for a in (x, W1, W2, dy))
    n, d, h = len(x), len(W1), len(W2)

    def product(A, B):
        return [[sum(a * b for a, b in zip(row, column)) for column in zip(*B)] for row in A]

    def turned(A):
        return [list(row) for row in zip(*A)]

    z = product(x, W1)
    dz = product(dy, turned(W2))
    dz = [[g if s > 0 else 0.0 for g, s in zip(*rows)] for rows in zip(dz, z)]
    hidden = [[max(s, 0.0) for s in row] for row in z]
    back = product(dz, turned(W1))
    dx = [[a + b for a, b in zip(*rows)] for rows in zip(dy, back)]
    return np.array(dx), np.array(product(turned(x), dz)), np.array(product(turned(hidden), dy))


# %% residual_backward | right | a block as an object
# A class with a forward and a backward pass.
class _Block:
    def __init__(self, W1, W2):
        self.W1, self.W2 = W1, W2

    def forward(self, x):
        self.x, self.hidden = x, np.clip(x @ self.W1, 0, None)
        return x + self.hidden @ self.W2

    def backward(self, dy):
        dz = np.where(self.hidden > 0, dy @ self.W2.T, 0)
        return dz @ self.W1.T + dy, self.x.T @ dz, self.hidden.T @ dy


def residual_backward(x, W1, W2, dy):
    block = _Block(np.array(W1, float), np.array(W2, float))
    block.forward(np.array(x, float))
    return block.backward(np.array(dy, float))
