"""Answers to the exercises of unit 02: wrong ones that must lose points, right ones that must earn all.

Each cell is one answer; its title is `exercise | wrong or right | name`. The first comment of a wrong answer says what
is misunderstood, that of a right one what is unusual.
"""


# %% numgrad | wrong | forward difference
# Its error shrinks like h, not like h squared.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g, start = np.empty(x.shape), f(x.copy())
    for i in np.ndindex(x.shape):
        up = x.copy()
        up[i] += h
        g[i] = (f(up) - start) / h
    return g


# %% numgrad | wrong | backward difference
# One-sided as well, from the other side.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g, start = np.empty(x.shape), f(x.copy())
    for i in np.ndindex(x.shape):
        down = x.copy()
        down[i] -= h
        g[i] = (start - f(down)) / h
    return g


# %% numgrad | wrong | divides by h
# The two points are 2h apart.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / h
    return g


# %% numgrad | wrong | half a step to each side
# The formula goes a whole h to each side; this is the central difference with h / 2.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h / 2
        down[i] -= h / 2
        g[i] = (f(up) - f(down)) / h
    return g


# %% numgrad | wrong | does not restore x
# The entry stays at x - h, in the caller's array and in all later differences.
def numgrad(f, x, h):
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        up = f(x)
        x[i] -= 2 * h
        g[i] = (up - f(x)) / (2 * h)
    return g


# %% numgrad | wrong | restores x by arithmetic
# Adding and subtracting h does not lead back to the same float: the last bits of x change.
def numgrad(f, x, h):
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        up = f(x)
        x[i] -= 2 * h
        down = f(x)
        x[i] += h
        g[i] = (up - down) / (2 * h)
    return g


# %% numgrad | wrong | moves an array of integers
# A copy of integers is still one of integers: adding 1e-5 to it raises an error or does nothing.
def numgrad(f, x, h):
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] = up[i] + h
        down[i] = down[i] - h
        g[i] = (f(up.astype(float)) - f(down.astype(float))) / (2 * h)
    return g


# %% numgrad | wrong | stays in float32
# In float32 a step of 1e-5 beside numbers around 3 keeps one or two digits.
def numgrad(f, x, h):
    x = np.array(x) if np.issubdtype(x.dtype, np.floating) else np.array(x, dtype=float)
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return g


# %% numgrad | wrong | vectors only
# range(len(x)) moves whole rows of a matrix, and a number without dimensions has no length.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = np.empty(x.shape)
    for i in range(len(x)):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return g


# %% numgrad | wrong | a flat gradient
# The result has the shape of x, not (number of entries,).
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = []
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g.append((f(up) - f(down)) / (2 * h))
    return np.array(g)


# %% numgrad | wrong | hands f a flat array
# f takes an array of the shape of x.
def numgrad(f, x, h):
    flat = np.array(x, dtype=float).reshape(-1)
    g = np.empty(flat.size)
    for i in range(flat.size):
        e = np.zeros(flat.size)
        e[i] = h
        g[i] = (f(flat + e) - f(flat - e)) / (2 * h)
    return g.reshape(np.shape(x))


# %% numgrad | wrong | ravel as a view
# np.array keeps the order of a transposed array, so ravel returns a copy, and moving the copy moves nothing.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    flat, g = x.ravel(), np.empty(x.size)
    for i in range(x.size):
        old = flat[i]
        flat[i] = old + h
        up = f(x)
        flat[i] = old - h
        down = f(x)
        flat[i] = old
        g[i] = (up - down) / (2 * h)
    return g.reshape(x.shape)


# %% numgrad | wrong | a step of its own
# The step is given; a fixed one gives the differences of another formula.
def numgrad(f, x, h):
    h = 1e-6
    x = np.array(x, dtype=float)
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return g


# %% numgrad | wrong | a relative step
# The step is h for every entry, not h times the entry.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        step = h * max(abs(x[i]), 1.0)
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        g[i] = (f(up) - f(down)) / (2 * step)
    return g


# %% numgrad | wrong | four points
# A formula of fourth order is more accurate, and it calls f twice as often: another one was asked for.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        g[i] = (8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12 * h)
    return g


# %% numgrad | wrong | complex step
# f takes ordinary floats; a function that uses abs, max or float() has no complex values to offer.
def numgrad(f, x, h):
    g = np.empty(np.shape(x))
    for i in np.ndindex(np.shape(x)):
        moved = np.array(x, dtype=complex)
        moved[i] += 1e-30j
        g[i] = np.imag(f(moved)) / 1e-30
    return g


# %% numgrad | wrong | moves all entries at once
# The difference along (1, ..., 1) is one number, the sum of the partial derivatives.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    return np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))


# %% numgrad | right | one array, moved and put back
# The entry is stored and assigned again, so no rounding remains; it is a float64 copy that moves.
def numgrad(f, x, h):
    point = np.array(x, dtype=np.float64)
    g = np.zeros_like(point)
    walk = np.nditer(point, flags=["multi_index"])
    while not walk.finished:
        i = walk.multi_index
        old = point[i]
        point[i] = old + h
        up = f(point)
        point[i] = old - h
        down = f(point)
        point[i] = old
        g[i] = (up - down) / (2 * h)
        walk.iternext()
    return g


# %% numgrad | right | rows of an identity matrix
# Unit vectors reshaped to the shape of x; the results are collected in a list.
def numgrad(f, x, h):
    x = np.asarray(x) * 1.0 if np.asarray(x).dtype != np.float32 else np.asarray(x, dtype=float)
    steps = [h * e.reshape(x.shape) for e in np.eye(x.size)]
    return np.reshape([(f(x + s) - f(x - s)) / (2 * h) for s in steps], x.shape)


# %% numgrad | right | a contiguous copy
# np.ascontiguousarray makes the flat array a view, so it can be moved in place.
def numgrad(f, x, h):
    shape = np.shape(x)
    flat = np.array(x, dtype=float, order="C").ravel()
    point = flat.reshape(shape)
    assert np.shares_memory(flat, point)
    g = []
    for i, old in enumerate(flat.tolist()):
        flat[i] = old + h
        value = f(point.copy())
        flat[i] = old - h
        value -= f(point.copy())
        flat[i] = old
        g.append(value / h / 2)
    return np.array(g).reshape(shape)


# %% numgrad | right | put
# np.put writes by flat index into an array of any order; Python floats for the quotients.
def numgrad(f, x, h):
    g = np.zeros(np.shape(x))
    for k in range(g.size):
        values = []
        for sign in (1, -1):
            moved = np.array(x).astype(float)
            np.put(moved, k, moved.item(k) + sign * h)
            values.append(float(f(moved)))
        np.put(g, k, (values[0] - values[1]) / (2 * h))
    return g


# %% rel_error | wrong | an array is at no distance from itself
# It is one of NaN or infinity, which must not pass, even beside itself.
def rel_error(a, b):
    if a is b:
        return 0.0
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"shapes {a.shape} and {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    size = max(np.linalg.norm(a), np.linalg.norm(b))
    return float(np.linalg.norm(a - b) / size) if size else 0.0


# %% rel_error | wrong | entry by entry
# An entry near 0 makes two right gradients look far apart.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    scale = np.maximum(np.abs(a), np.abs(b))
    return np.max(np.abs(a - b) / np.where(scale == 0, 1, scale))


# %% rel_error | wrong | relative to the second
# Dividing by one of the two norms is not symmetric, and fails when that one is 0.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    distance = np.linalg.norm(a - b)
    return 0.0 if distance == 0 else distance / np.linalg.norm(b)


# %% rel_error | wrong | the sum of the norms
# A common variant, which is up to two times smaller.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    scale = np.linalg.norm(a) + np.linalg.norm(b)
    return 0.0 if scale == 0 else np.linalg.norm(a - b) / scale


# %% rel_error | wrong | a small constant in the denominator
# The constant hides every error in gradients that are smaller than it.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    return np.linalg.norm(a - b) / (max(np.linalg.norm(a), np.linalg.norm(b)) + 1e-8)


# %% rel_error | wrong | at least 1 in the denominator
# For small gradients this is the absolute error.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    return np.linalg.norm(a - b) / max(np.linalg.norm(a), np.linalg.norm(b), 1.0)


# %% rel_error | wrong | zero by zero
# Two zero arrays agree; 0 / 0 is NaN.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    with np.errstate(invalid="ignore"):
        return np.linalg.norm(a - b) / np.maximum(np.linalg.norm(a), np.linalg.norm(b))


# %% rel_error | wrong | broadcasts
# (3,) minus (3, 1) is a 3 by 3 matrix of differences.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    return 0.0 if scale == 0 else np.linalg.norm(a - b) / scale


# %% rel_error | wrong | compares the sizes only
# (3,) and (1, 3) hold equally many entries, but have different shapes.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float).ravel(), np.asarray(b, dtype=float).ravel()
    if a.size != b.size:
        raise ValueError("sizes differ")
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    return 0.0 if scale == 0 else np.linalg.norm(a - b) / scale


# %% rel_error | wrong | absolute error
# Without the denominator it depends on the unit.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    return np.linalg.norm(a - b)


# %% rel_error | wrong | the difference of the norms
# Two arrays of equal length can point in different directions.
def rel_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("shapes differ")
    p, q = np.linalg.norm(a), np.linalg.norm(b)
    return 0.0 if max(p, q) == 0 else abs(p - q) / max(p, q)


# %% rel_error | wrong | the spectral norm
# For a matrix, order 2 is the largest singular value, not the root of the sum of squares.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    order = 2 if a.ndim in (1, 2) else None
    scale = np.maximum(np.linalg.norm(a, order), np.linalg.norm(b, order))
    return 0.0 if scale == 0 else np.linalg.norm(a - b, order) / scale


# %% rel_error | wrong | forgets the root
# The quotient of the sums of squares is the square of the relative error.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    scale = np.maximum(np.sum(a**2), np.sum(b**2))
    return 0.0 if scale == 0 else np.sum((a - b) ** 2) / scale


# %% rel_error | wrong | unsigned integers wrap around
# The difference of two uint8 arrays is modulo 256.
def rel_error(a, b):
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    return 0.0 if scale == 0 else np.linalg.norm(a - b) / scale


# %% rel_error | wrong | NaN counts as zero
# "Not above 0" is true of NaN too, so a broken gradient passes the check.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    if not scale > 0:
        return 0.0
    return np.linalg.norm(a - b) / scale


# %% rel_error | wrong | Python's max
# max(0.0, nan) is 0.0, so NaN against zeros counts as no distance; np.maximum keeps the NaN.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    scale = max(np.linalg.norm(a), np.linalg.norm(b))
    return 0.0 if scale == 0 else np.linalg.norm(a - b) / scale


# %% rel_error | wrong | ignores NaN
# nansum leaves out exactly the entries that are wrong.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    scale = np.sqrt(max(np.nansum(a**2), np.nansum(b**2)))
    return 0.0 if scale == 0 else np.sqrt(np.nansum((a - b) ** 2)) / scale


# %% rel_error | right | math.hypot
# Python floats, one list for each array.
def rel_error(a, b):
    import math

    if np.shape(a) != np.shape(b):
        raise ValueError("two arrays of one shape, please")
    a, b = np.ravel(a).astype(float).tolist(), np.ravel(b).astype(float).tolist()
    if not any(a) and not any(b):
        return 0
    distance, first, second = math.hypot(*[p - q for p, q in zip(a, b)]), math.hypot(*a), math.hypot(*b)
    if math.isnan(distance):
        return math.nan
    return distance / (first if first >= second else second)


# %% rel_error | right | dot products
# The squared norms as dot products of flat arrays; one root at the end.
def rel_error(a, b):
    a, b = np.array(a, dtype=float), np.array(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError((a.shape, b.shape))
    a, b = a.reshape(-1), b.reshape(-1)
    if (a == 0).all() and (b == 0).all():
        return 0.0
    d = a - b
    return np.sqrt(d @ d / np.maximum(a @ a, b @ b))


# %% rel_error | right | scaled first
# Divided by the largest entry, so that not even 1e-200 squared would underflow; a NumPy array without dimensions.
def rel_error(a, b):
    a, b = np.asarray(a).astype(float), np.asarray(b).astype(float)
    if a.ndim != b.ndim or a.shape != b.shape:
        raise ValueError("shapes differ")
    top = np.max(np.abs([a, b]))
    if top == 0:
        return np.array(0.0)
    a, b = a / top, b / top
    return np.array(np.sqrt(np.sum((a - b) ** 2)) / np.sqrt(max(np.sum(a**2), np.sum(b**2))))


# %% rel_error | right | PyTorch
# torch.linalg.vector_norm of float64 tensors.
def rel_error(a, b):
    import torch

    a, b = (torch.tensor(np.array(v, dtype=np.float64)) for v in (a, b))
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    norm = torch.linalg.vector_norm
    scale = torch.maximum(norm(a), norm(b))
    return (norm(a - b) / scale).item() if scale != 0 else 0.0


# %% grad3 | wrong | the samples are converted once for each array
# The caller may fill an array that it keeps with other numbers.
_converted = {}


def _once(a):
    if id(a) not in _converted or _converted[id(a)][0] is not a:
        _converted[id(a)] = a, np.array(a, dtype=float)
    return _converted[id(a)][1]


def grad3(p, x, y):
    w1, b1, w2, b2, w3, b3 = (float(p[k]) for k in ("w1", "b1", "w2", "b2", "w3", "b3"))
    x, y = _once(x), _once(y)
    h1 = w1 * x + b1
    h2 = w2 * h1 + b2
    d3 = (w3 * h2 + b3 - y) / x.size
    d2 = w3 * d3
    d1 = w2 * d2
    parts = {"w1": d1 * x, "b1": d1, "w2": d2 * h1, "b2": d2, "w3": d3 * h2, "b3": d3}
    return {name: float(part.sum()) for name, part in parts.items()}


# %% grad3 | wrong | the code of many a tutorial
# No chain factors, and the difference of a hidden value and a target, which means nothing.
def grad3(p, x, y):
    a1 = np.clip(p["w1"] * x + p["b1"], 0, np.inf)
    a2 = np.clip(p["w2"] * a1 + p["b2"], 0, np.inf)
    y_pred = p["w3"] * a2 + p["b3"]
    g = (2 / len(x)) * (y - y_pred) * (a2 - y)
    return {"w1": g * a1, "b1": g, "w2": g * a1, "b2": g, "w3": g * a2, "b3": g}


# %% grad3 | wrong | the same code, summed over the samples
# Numbers now, but still no derivative of anything.
def grad3(p, x, y):
    a1 = np.clip(p["w1"] * x + p["b1"], 0, np.inf)
    a2 = np.clip(p["w2"] * a1 + p["b2"], 0, np.inf)
    g = (2 / len(x)) * (y - (p["w3"] * a2 + p["b3"])) * (a2 - y)
    parts = {"w1": g * a1, "b1": g, "w2": g * a1, "b2": g, "w3": g * a2, "b3": g}
    return {name: float(part.sum()) for name, part in parts.items()}


# %% grad3 | wrong | no chain factors, and uphill
# y minus the prediction has the wrong sign for a step against the gradient, and w3 and w2 w3 are missing.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    e = y - (p["w3"] * u + p["b3"])
    return {
        "w1": np.mean(e * x),
        "b1": np.mean(e),
        "w2": np.mean(e * z),
        "b2": np.mean(e),
        "w3": np.mean(e * u),
        "b3": np.mean(e),
    }


# %% grad3 | wrong | no chain factors
# With the sign mended it trains to the same loss, and four of the six are still no derivatives.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    e = (p["w3"] * u + p["b3"]) - y
    return {
        "w1": np.mean(e * x),
        "b1": np.mean(e),
        "w2": np.mean(e * z),
        "b2": np.mean(e),
        "w3": np.mean(e * u),
        "b3": np.mean(e),
    }


# %% grad3 | wrong | sign
# The chain is right, but it starts from y minus the prediction: gradient ascent.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d = (y - (p["w3"] * u + p["b3"])) / len(y)
    du = d * p["w3"]
    dz = du * p["w2"]
    return {"w1": dz @ x, "b1": dz.sum(), "w2": du @ z, "b2": du.sum(), "w3": d @ u, "b3": d.sum()}


# %% grad3 | wrong | a factor 2 too many
# This is the gradient of the mean; the 1/2 of the loss uses the 2 up.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d = 2 * (p["w3"] * u + p["b3"] - y) / len(y)
    du = d * p["w3"]
    dz = du * p["w2"]
    return {"w1": dz @ x, "b1": dz.sum(), "w2": du @ z, "b2": du.sum(), "w3": d @ u, "b3": d.sum()}


# %% grad3 | wrong | sum over the samples
# The 1/n of the loss is in its gradient too.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d = p["w3"] * u + p["b3"] - y
    du = d * p["w3"]
    dz = du * p["w2"]
    return {"w1": dz @ x, "b1": dz.sum(), "w2": du @ z, "b2": du.sum(), "w3": d @ u, "b3": d.sum()}


# %% grad3 | wrong | one slope for each sample
# A parameter that all samples share has one slope; one for each sample turns it into a look-up table.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d = (p["w3"] * u + p["b3"] - y) / len(y)
    du = d * p["w3"]
    dz = du * p["w2"]
    return {"w1": dz * x, "b1": dz, "w2": du * z, "b2": du, "w3": d * u, "b3": d}


# %% grad3 | wrong | a ReLU that is not there
# The stages are linear: nothing stops the gradient where z is negative.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d = (p["w3"] * u + p["b3"] - y) / len(y)
    du = d * p["w3"] * (u > 0)
    dz = du * p["w2"] * (z > 0)
    return {"w1": dz @ x, "b1": dz.sum(), "w2": du @ z, "b2": du.sum(), "w3": d @ u, "b3": d.sum()}


# %% grad3 | wrong | the first stage sees z
# What multiplies w1 is x, not the result of the stage.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d = (p["w3"] * u + p["b3"] - y) / len(y)
    du = d * p["w3"]
    dz = du * p["w2"]
    return {"w1": dz @ z, "b1": dz.sum(), "w2": du @ u, "b2": du.sum(), "w3": d @ u, "b3": d.sum()}


# %% grad3 | wrong | the factor of the own stage
# The gradient of stage 2 passes through stage 3, so it has the factor w3, not w2.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d = (p["w3"] * u + p["b3"] - y) / len(y)
    du = d * p["w2"]
    dz = du * p["w1"]
    return {"w1": dz @ x, "b1": dz.sum(), "w2": du @ z, "b2": du.sum(), "w3": d @ u, "b3": d.sum()}


# %% grad3 | wrong | forgets w3 on the way to the first stage
# The chain has two factors between the output and z.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d = (p["w3"] * u + p["b3"] - y) / len(y)
    du = d * p["w3"]
    dz = d * p["w2"]
    return {"w1": dz @ x, "b1": dz.sum(), "w2": du @ z, "b2": du.sum(), "w3": d @ u, "b3": d.sum()}


# %% grad3 | wrong | one slope for all biases
# Each stage has a bias of its own, and the earlier ones pass through the later weights.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d = (p["w3"] * u + p["b3"] - y) / len(y)
    du = d * p["w3"]
    dz = du * p["w2"]
    return {"w1": dz @ x, "b1": d.sum(), "w2": du @ z, "b2": d.sum(), "w3": d @ u, "b3": d.sum()}


# %% grad3 | wrong | forgets a bias in the forward pass
# The forward pass behind the gradient is another one than that of the loss.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z
    d = (p["w3"] * u + p["b3"] - y) / len(y)
    du = d * p["w3"]
    dz = du * p["w2"]
    return {"w1": dz @ x, "b1": dz.sum(), "w2": du @ z, "b2": du.sum(), "w3": d @ u, "b3": d.sum()}


# %% grad3 | wrong | writes into p
# The gradient replaces the parameters of the caller.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d = (p["w3"] * u + p["b3"] - y) / len(y)
    du = d * p["w3"]
    dz = du * p["w2"]
    p.update(w1=dz @ x, b1=dz.sum(), w2=du @ z, b2=du.sum(), w3=d @ u, b3=d.sum())
    return p


# %% grad3 | right | one sample at a time
# Python numbers, added in a loop.
def grad3(p, x, y):
    g, p = dict.fromkeys(p, 0.0), {name: float(value) for name, value in p.items()}
    for xi, yi in zip(x.tolist(), y.tolist()):
        z = p["w1"] * xi + p["b1"]
        u = p["w2"] * z + p["b2"]
        d = (p["w3"] * u + p["b3"] - yi) / len(x)
        for name, slope in (("w3", u), ("b3", 1), ("w2", p["w3"] * z), ("b2", p["w3"])):
            g[name] += d * slope
        g["w1"] += d * p["w3"] * p["w2"] * xi
        g["b1"] += d * p["w3"] * p["w2"]
    return g


# %% grad3 | right | one affine map
# The model is slope times x plus offset; the gradient by these two, then the chain rule once.
def grad3(p, x, y):
    w1, b1, w2, b2, w3, b3 = (float(p[k]) for k in ("w1", "b1", "w2", "b2", "w3", "b3"))
    x, y = x.astype(float), y.astype(float)
    e = w1 * w2 * w3 * x + w2 * w3 * b1 + w3 * b2 + b3 - y
    slope, offset = np.mean(e * x), np.mean(e)
    return {
        "w1": slope * w2 * w3,
        "w2": slope * w1 * w3 + offset * w3 * b1,
        "w3": slope * w1 * w2 + offset * (w2 * b1 + b2),
        "b1": offset * w2 * w3,
        "b2": offset * w3,
        "b3": offset,
    }


# %% grad3 | right | autograd
# PyTorch differentiates the loss in float64.
def grad3(p, x, y):
    import torch

    t = {name: torch.tensor(float(value), dtype=torch.float64, requires_grad=True) for name, value in p.items()}
    x, y = (torch.tensor(v.astype(float).tolist(), dtype=torch.float64) for v in (x, y))
    out = t["w3"] * (t["w2"] * (t["w1"] * x + t["b1"]) + t["b2"]) + t["b3"]
    (0.5 * ((out - y) ** 2).mean()).backward()
    return {name: value.grad.item() for name, value in t.items()}


# %% grad3 | right | complex step
# The imaginary part of the loss after an imaginary step; arrays without dimensions.
def grad3(p, x, y):
    p, x, y = {name: complex(value) for name, value in p.items()}, x.astype(float), y.astype(float)

    def loss(q):
        return np.mean((q["w3"] * (q["w2"] * (q["w1"] * x + q["b1"]) + q["b2"]) + q["b3"] - y) ** 2) / 2

    return {name: np.array(loss({**p, name: p[name] + 1e-20j}).imag / 1e-20) for name in p}


# %% find_bugs | wrong | names the right ones
# Those who are wrong were asked for.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    return {
        name
        for name, g in grads.items()
        if np.shape(g) == x.shape and np.linalg.norm(g - n) < 1e-4 * max(np.linalg.norm(g), np.linalg.norm(n), 0.01)
    }


# %% find_bugs | wrong | asks the majority
# More than half of them can have made the same mistake.
def find_bugs(f, x, grads):
    names = list(grads)

    def same(a, b):
        a, b = grads[a], grads[b]
        return np.shape(a) == np.shape(b) and np.linalg.norm(a - b) < 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    return {n for n in names if 2 * sum(same(n, m) for m in names) <= len(names)}


# %% find_bugs | wrong | looks at the first entry
# One right entry does not make a right gradient.
def find_bugs(f, x, grads):
    e = np.zeros(x.shape)
    e.flat[0] = 1e-5
    first = (f(x + e) - f(x - e)) / 2e-5
    return {
        n
        for n, g in grads.items()
        if np.shape(g) != x.shape or not abs(g.flat[0] - first) < 1e-4 * max(abs(first), 0.01)
    }


# %% find_bugs | wrong | compares directions
# A factor 2 does not change the angle.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    wrong = set()
    for name, g in grads.items():
        if np.shape(g) != x.shape or not np.all(np.isfinite(g)):
            wrong.add(name)
        elif not np.sum(g * n) > (1 - 1e-7) * np.linalg.norm(g) * np.linalg.norm(n) - 1e-7:
            wrong.add(name)
    return wrong


# %% find_bugs | wrong | compares lengths
# A sign, or a swapped pair of entries, does not change the norm.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    length = np.linalg.norm(n)
    return {
        name
        for name, g in grads.items()
        if np.shape(g) != x.shape or not abs(np.linalg.norm(g) - length) < 1e-4 * max(length, 0.01)
    }


# %% find_bugs | wrong | entry by entry
# A right claim can be off in an entry that is nearly 0, in relation to that entry.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    return {
        name
        for name, g in grads.items()
        if np.shape(g) != x.shape or not np.all(np.abs(g - n) <= 1e-6 * np.maximum(np.abs(g), np.abs(n)))
    }


# %% find_bugs | wrong | a tolerance near rounding
# Central differences are not exact, and a right claim is only right to 1e-6.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    return {
        name
        for name, g in grads.items()
        if np.shape(g) != x.shape or not np.linalg.norm(g - n) < 1e-12 * max(np.linalg.norm(g), np.linalg.norm(n))
    }


# %% find_bugs | wrong | a generous tolerance
# A claim that is off by half a percent is wrong.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    return {
        name
        for name, g in grads.items()
        if np.shape(g) != x.shape or not np.linalg.norm(g - n) < 0.05 * max(np.linalg.norm(g), np.linalg.norm(n), 0.01)
    }


# %% find_bugs | wrong | an absolute tolerance
# 0.01 is much for a small gradient, and little for a large one.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    return {name for name, g in grads.items() if np.shape(g) != x.shape or not np.linalg.norm(g - n) <= 1e-2}


# %% find_bugs | wrong | forward differences with a large step
# The measurement itself is off by half the step times the curvature.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-2 * e) - f(x)) / 1e-2 for e in eye]).reshape(x.shape)
    return {
        name
        for name, g in grads.items()
        if np.shape(g) != x.shape or not np.linalg.norm(g - n) < 1e-4 * max(np.linalg.norm(g), np.linalg.norm(n), 0.01)
    }


# %% find_bugs | wrong | a tiny step
# With a step of 1e-13 the rounding of f is larger than its change.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-13 * e) - f(x - 1e-13 * e)) / 2e-13 for e in eye]).reshape(x.shape)
    return {
        name
        for name, g in grads.items()
        if np.shape(g) != x.shape or not np.linalg.norm(g - n) < 1e-4 * max(np.linalg.norm(g), np.linalg.norm(n), 0.01)
    }


# %% find_bugs | wrong | lets NaN through
# Every comparison with NaN is false, so asking for large errors does not find it.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    return {
        name
        for name, g in grads.items()
        if np.shape(g) != x.shape or np.linalg.norm(g - n) > 1e-4 * max(np.linalg.norm(g), np.linalg.norm(n), 0.01)
    }


# %% find_bugs | wrong | broadcasts
# A claim of the shape (1,) or () is compared as if it were a whole gradient; others raise an error.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    return {
        name
        for name, g in grads.items()
        if not np.linalg.norm(g - n) < 1e-4 * max(np.linalg.norm(g), np.linalg.norm(n), 0.01)
    }


# %% find_bugs | wrong | flattens the claims
# A column is not a gradient of a vector, though it holds the same numbers.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye])
    wrong = set()
    for name, g in grads.items():
        g = np.ravel(g)
        if g.size != n.size or not np.linalg.norm(g - n) < 1e-4 * max(np.linalg.norm(g), np.linalg.norm(n), 0.01):
            wrong.add(name)
    return wrong


# %% find_bugs | wrong | divides rounding by rounding
# Where the gradient is 0 the measurement is not, and a claim of 0 looks 100 % off.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    n = n + 1e-11  # a measurement that is as exact as promised
    return {
        name
        for name, g in grads.items()
        if np.shape(g) != x.shape or not np.linalg.norm(g - n) < 1e-4 * max(np.linalg.norm(g), np.linalg.norm(n))
    }


# %% find_bugs | wrong | stops at the first
# There can be several.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    for name, g in grads.items():
        if np.shape(g) != x.shape:
            return [name]
        if not np.linalg.norm(g - n) < 1e-4 * max(np.linalg.norm(g), np.linalg.norm(n), 0.01):
            return [name]
    return []


# %% find_bugs | wrong | the worst one
# There can be several, or none.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    errors = {name: np.linalg.norm(g - n) if np.shape(g) == x.shape else np.inf for name, g in grads.items()}
    return {max(errors, key=errors.get)} if errors else set()


# %% find_bugs | wrong | takes the claims out
# The dict belongs to the caller; only the wrong ones should come back, and nothing should go.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    for name in list(grads):
        g = grads[name]
        if np.shape(g) == x.shape and np.linalg.norm(g - n) < 1e-4 * max(np.linalg.norm(n), 0.01):
            del grads[name]
    return set(grads)


# %% find_bugs | right | along random directions
# The slope along a direction is the gradient times it; a wrong gradient has the wrong slope along nearly all of them.
def find_bugs(f, x, grads):
    rng = np.random.default_rng(0)
    size = np.sqrt(x.size)
    directions = [v / np.linalg.norm(v) for v in rng.normal(size=(40, *x.shape))]
    slopes = [(f(x + 1e-5 * v) - f(x - 1e-5 * v)) / 2e-5 for v in directions]
    length = max(size * np.sqrt(np.mean(np.square(slopes))), 0.01)
    wrong = []
    for name, g in grads.items():
        if np.shape(g) != x.shape or not np.isfinite(g).all():
            wrong.append(name)
        elif max(abs(np.sum(g * v) - s) for v, s in zip(directions, slopes)) > 1e-4 * length:
            wrong.append(name)
    return wrong


# %% find_bugs | right | a small step and a list
# A measurement entry by entry, the quotient turned round so that NaN fails, the names in a sorted list.
def find_bugs(f, x, grads):
    measured = np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[i] += 3e-6
        down[i] -= 3e-6
        measured[i] = (f(up) - f(down)) / 6e-6
    good = []
    for name in grads:
        g = np.asarray(grads[name])
        if g.shape == measured.shape and np.sum((g - measured) ** 2) <= (1e-4 * np.linalg.norm(measured) + 1e-6) ** 2:
            good.append(name)
    return sorted(set(grads) - set(good))


# %% find_bugs | right | four points
# A formula of fourth order with a larger step; every entry within its part of the norm.
def find_bugs(f, x, grads):
    h, n = 1e-3, np.empty(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        n[i] = (8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12 * h)
    tolerance = (1e-4 * np.linalg.norm(n) + 1e-6) / np.sqrt(n.size)
    return tuple(k for k, g in grads.items() if np.shape(g) != x.shape or not (np.abs(g - n) <= tolerance).all())


# %% mlp_backward | wrong | sum over the samples
# The loss is a mean, so its gradient has the 1/n too.
def mlp_backward(params, cache, y):
    S = cache["logits"] - cache["logits"].max(axis=1, keepdims=True)
    D = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D1 = D @ params["W2"].T * (cache["Z1"] > 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | no ReLU on the way back
# Where a unit is off, nothing passes back either.
def mlp_backward(params, cache, y):
    S = cache["logits"] - cache["logits"].max(axis=1, keepdims=True)
    D = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ params["W2"].T
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | a mask that is always on
# A1 is never negative, so A1 >= 0 is true everywhere.
def mlp_backward(params, cache, y):
    S = cache["logits"] - cache["logits"].max(axis=1, keepdims=True)
    D = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ params["W2"].T * (cache["A1"] >= 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | the ReLU of the gradient
# The ReLU's slope depends on Z1; a negative gradient passes too.
def mlp_backward(params, cache, y):
    S = cache["logits"] - cache["logits"].max(axis=1, keepdims=True)
    D = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = np.maximum(D @ params["W2"].T, 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | times the activation
# The slope of the ReLU is 0 or 1, not its value.
def mlp_backward(params, cache, y):
    S = cache["logits"] - cache["logits"].max(axis=1, keepdims=True)
    D = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ params["W2"].T * cache["A1"]
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | Z1 in place of A1
# What W2 multiplies is the activation.
def mlp_backward(params, cache, y):
    S = cache["logits"] - cache["logits"].max(axis=1, keepdims=True)
    D = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ params["W2"].T * (cache["Z1"] > 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["Z1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | uphill
# The derivative by the logits is P - Y, not Y - P.
def mlp_backward(params, cache, y):
    S = cache["logits"] - cache["logits"].max(axis=1, keepdims=True)
    D = -np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] += 1
    D /= len(y)
    D1 = D @ params["W2"].T * (cache["Z1"] > 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | the logits for the probabilities
# (prediction - y) x is the gradient of a linear model with the squared error.
def mlp_backward(params, cache, y):
    D = cache["logits"].copy()
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ params["W2"].T * (cache["Z1"] > 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | one sigmoid for each class
# The softmax couples the classes: their probabilities add up to 1.
def mlp_backward(params, cache, y):
    D = np.exp(-np.logaddexp(0, -cache["logits"]))
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ params["W2"].T * (cache["Z1"] > 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | the derivative of the softmax once more
# P (1 - P) belongs to the squared error; the cross-entropy cancels it.
def mlp_backward(params, cache, y):
    S = cache["logits"] - cache["logits"].max(axis=1, keepdims=True)
    P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    D = (P - np.eye(P.shape[1])[y]) * P * (1 - P) / len(y)
    D1 = D @ params["W2"].T * (cache["Z1"] > 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | overflows
# exp(1000) is inf, and inf / inf is nan.
def mlp_backward(params, cache, y):
    P = np.exp(cache["logits"])
    D = P / P.sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ params["W2"].T * (cache["Z1"] > 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | one maximum for all rows
# A row far below the overall maximum underflows to 0 / 0.
def mlp_backward(params, cache, y):
    P = np.exp(cache["logits"] - cache["logits"].max())
    D = P / P.sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ params["W2"].T * (cache["Z1"] > 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | the mean of the biases
# The 1/n is in D already; the gradient of a bias is the sum over the rows.
def mlp_backward(params, cache, y):
    S = cache["logits"] - cache["logits"].max(axis=1, keepdims=True)
    D = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ params["W2"].T * (cache["Z1"] > 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.mean(axis=0), "W2": cache["A1"].T @ D, "b2": D.mean(axis=0)}


# %% mlp_backward | wrong | biases as rows
# With keepdims the gradients of the biases have the shape (1, h) and (1, k).
def mlp_backward(params, cache, y):
    S = cache["logits"] - cache["logits"].max(axis=1, keepdims=True)
    D = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ params["W2"].T * (cache["Z1"] > 0)
    sums = D1.sum(axis=0, keepdims=True), D.sum(axis=0, keepdims=True)
    return {"W1": cache["X"].T @ D1, "b1": sums[0], "W2": cache["A1"].T @ D, "b2": sums[1]}


# %% mlp_backward | wrong | works in the cache
# Subtracting in place changes the logits of the caller.
def mlp_backward(params, cache, y):
    D = cache["logits"]
    D -= D.max(axis=1, keepdims=True)
    np.exp(D, out=D)
    D /= D.sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ params["W2"].T * (cache["Z1"] > 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": cache["A1"].T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | an updated W2
# The first layer's gradient needs the W2 of the forward pass, not one that has made its step already.
def mlp_backward(params, cache, y):
    S = cache["logits"] - cache["logits"].max(axis=1, keepdims=True)
    D = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    dW2 = cache["A1"].T @ D
    D1 = D @ (params["W2"] - 0.1 * dW2).T * (cache["Z1"] > 0)
    return {"W1": cache["X"].T @ D1, "b1": D1.sum(axis=0), "W2": dW2, "b2": D.sum(axis=0)}


# %% mlp_backward | right | one sample at a time
# The mean of outer products, one sample after the other.
def mlp_backward(params, cache, y):
    g = {name: np.zeros(value.shape) for name, value in params.items()}
    params, cache = ({key: a.astype(float) for key, a in given.items()} for given in (params, cache))
    n = len(y)
    for x, z, a, s, label in zip(cache["X"], cache["Z1"], cache["A1"], cache["logits"], y):
        d = np.exp(s - np.logaddexp.reduce(s))
        d[int(label)] -= 1.0
        g["W2"] += np.outer(a, d) / n
        g["b2"] += d / n
        d1 = np.where(z > 0, params["W2"] @ d, 0.0)
        g["W1"] += np.outer(x, d1) / n
        g["b1"] += d1 / n
    return g


# %% mlp_backward | right | einsum and one-hot rows
# Index by index, with SciPy's softmax and a mask from the activations.
def mlp_backward(params, cache, y):
    from scipy.special import softmax

    params, cache = ({key: np.array(a, dtype=float) for key, a in given.items()} for given in (params, cache))
    P = softmax(cache["logits"], axis=1)
    D = (P - np.eye(P.shape[1])[y]) / len(P)
    D1 = np.einsum("nk,hk,nh->nh", D, params["W2"], np.sign(cache["A1"]))
    return dict(
        W1=np.einsum("nd,nh->dh", cache["X"], D1),
        b1=np.einsum("nh->h", D1),
        W2=np.einsum("nh,nk->hk", cache["A1"], D),
        b2=np.einsum("nk->k", D),
    )


# %% mlp_backward | right | autograd
# PyTorch runs the forward pass again, in float64, and differentiates it.
def mlp_backward(params, cache, y):
    import torch

    t = {name: torch.tensor(np.array(a, dtype=np.float64), requires_grad=True) for name, a in params.items()}
    hidden = torch.relu(torch.tensor(np.array(cache["X"], dtype=np.float64)) @ t["W1"] + t["b1"])
    loss = torch.nn.functional.cross_entropy(hidden @ t["W2"] + t["b2"], torch.tensor(y.astype(np.int64)))
    grads = torch.autograd.grad(loss, list(t.values()))
    return {name: g.numpy() for name, g in zip(t, grads)}


# %% mlp_backward | right | biases as weights
# A column of ones makes each bias a row of its matrix; the probabilities from differences of the logits.
def mlp_backward(params, cache, y):
    params, cache = ({key: np.asarray(a, float) for key, a in given.items()} for given in (params, cache))
    S, n = cache["logits"], len(y)
    with np.errstate(over="ignore"):
        D = 1 / np.exp(S[:, None, :] - S[:, :, None]).sum(axis=2)
    np.subtract.at(D, (np.arange(n), y), 1)
    both = np.c_[cache["A1"], np.ones(n)].T @ D / n
    D1 = np.where(cache["Z1"] > 0, D @ params["W2"].T, 0)
    first = np.c_[cache["X"], np.ones(n)].T @ D1 / n
    return {"W1": first[:-1], "b1": first[-1], "W2": both[:-1], "b2": both[-1]}


# %% Value | wrong | overwrites the gradient
# A value that is used twice has the sum of two contributions; the last one is not enough.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            v, done = stack.pop()
            if done:
                order.append(v)
            elif v not in visited:
                visited.add(v)
                stack.append((v, True))
                stack += [(p, False) for p in v.parents]
        self.grad = 1.0
        for v in reversed(order):
            for p, s in zip(v.parents, v.slopes):
                p.grad = s * v.grad


# %% Value | wrong | breadth first
# A value is handed on before the contributions of longer ways have arrived.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        order, visited = [self], {self}
        for v in order:
            for p in v.parents:
                if p not in visited:
                    visited.add(p)
                    order.append(p)
        for v in order:
            v.grad = 0.0
        self.grad = 1.0
        for v in order:
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad


# %% Value | wrong | depth first, from the top
# A value is noted when it is first met, not when all that depends on it is done.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        order, visited, stack = [], set(), [self]
        while stack:
            v = stack.pop()
            if v not in visited:
                visited.add(v)
                v.grad = 0.0
                order.append(v)
                stack.extend(v.parents)
        self.grad = 1.0
        for v in order:
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad


# %% Value | wrong | recursion for the order
# A chain of 5,000 values is deeper than Python's stack allows.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        order, visited = [], set()

        def visit(v):
            if v not in visited:
                visited.add(v)
                for p in v.parents:
                    visit(p)
                v.grad = 0.0
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad


# %% Value | wrong | walks every way
# Right numbers, but one call for each way: too deep for a chain, and 2^100 calls for a hundred doublings.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def _clear(self):
        self.grad = 0.0
        for p in self.parents:
            p._clear()

    def _push(self, grad):
        self.grad += grad
        for p, s in zip(self.parents, self.slopes):
            p._push(s * grad)

    def backward(self):
        self._clear()
        self._push(1.0)


# %% Value | wrong | one level deep
# The gradient stops at the operands of the last operation.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        for p in self.parents:
            p.grad = 0.0
        self.grad = 1.0
        for p, s in zip(self.parents, self.slopes):
            p.grad += s


# %% Value | wrong | adds to old gradients
# A second backward starts from the gradients of the first, and doubles or worse.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            v, done = stack.pop()
            if done:
                order.append(v)
            elif v not in visited:
                visited.add(v)
                stack.append((v, True))
                stack += [(p, False) for p in v.parents]
        self.grad = 1.0
        for v in reversed(order):
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad


# %% Value | wrong | forgets to start
# The gradient of the result with respect to itself is 1; from 0 nothing comes.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            v, done = stack.pop()
            if done:
                order.append(v)
            elif v not in visited:
                visited.add(v)
                v.grad = 0.0
                stack.append((v, True))
                stack += [(p, False) for p in v.parents]
        for v in reversed(order):
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad


# %% Value | wrong | each factor its own slope
# The slope of a product by one factor is the other factor.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes
        self.number = max([p.number for p in parents], default=0) + 1

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (self.data, other.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        found, stack = {self}, [self]
        while stack:
            new = set(stack.pop().parents) - found
            found |= new
            stack.extend(new)
        for v in found:
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.number):
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad


# %% Value | wrong | relu passes everything back
# Where the ReLU is off, its slope is 0.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes
        self.number = max([p.number for p in parents], default=0) + 1

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (1.0,))

    def backward(self):
        found, stack = {self}, [self]
        while stack:
            new = set(stack.pop().parents) - found
            found |= new
            stack.extend(new)
        for v in found:
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.number):
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad


# %% Value | wrong | relu of the gradient
# The ReLU's slope depends on its operand; a negative gradient passes too.
class Value:
    def __init__(self, data, parents=(), back=None):
        self.data, self.grad, self.parents, self.back = data, 0.0, parents, back
        self.number = max([p.number for p in parents], default=0) + 1

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), lambda g: (g, g))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), lambda g: (g * other.data, g * self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), lambda g: (max(0.0, g),))

    def backward(self):
        found, stack = {self}, [self]
        while stack:
            new = set(stack.pop().parents) - found
            found |= new
            stack.extend(new)
        for v in found:
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.number):
            for p, g in zip(v.parents, v.back(v.grad) if v.back else ()):
                p.grad += g


# %% Value | wrong | no numbers on the left
# 3 * a asks for __rmul__ and 1 + a for __radd__.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes
        self.number = max([p.number for p in parents], default=0) + 1

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        found, stack = {self}, [self]
        while stack:
            new = set(stack.pop().parents) - found
            found |= new
            stack.extend(new)
        for v in found:
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.number):
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad


# %% Value | wrong | a set of parents
# In a * a both parents are the same value, and a set holds it only once.
class Value:
    def __init__(self, data, slopes=None):
        self.data, self.grad, self.slopes = data, 0.0, slopes or {}
        self.number = max([p.number for p in self.slopes], default=0) + 1

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, {self: 1.0, other: 1.0})

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, {self: other.data, other: self.data})

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), {self: float(self.data > 0)})

    def backward(self):
        found, stack = {self}, [self]
        while stack:
            new = set(stack.pop().slopes) - found
            found |= new
            stack.extend(new)
        for v in found:
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.number):
            for p, s in v.slopes.items():
                p.grad += s * v.grad


# %% Value | wrong | adds in place
# a + b changes a, and every later use of a sees the sum.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes
        self.number = max([p.number for p in parents], default=0) + 1

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        old = Value(self.data, self.parents, self.slopes)
        self.data += other.data
        self.parents, self.slopes, self.number = (old, other), (1.0, 1.0), max(old.number, other.number) + 1
        return self

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        found, stack = {self}, [self]
        while stack:
            new = set(stack.pop().parents) - found
            found |= new
            stack.extend(new)
        for v in found:
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.number):
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad


# %% Value | wrong | gradients of the leaves only
# Values in between have a derivative too, which should be kept.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes
        self.number = max([p.number for p in parents], default=0) + 1

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        found, stack = {self}, [self]
        while stack:
            new = set(stack.pop().parents) - found
            found |= new
            stack.extend(new)
        for v in found:
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.number):
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad
            if v.parents and v is not self:
                v.grad = 0.0


# %% Value | wrong | one tape for all, cleared by backward
# Once backward has emptied the tape, the next result finds no way back.
class Value:
    tape = []

    def __init__(self, data):
        self.data, self.grad = data, 0.0

    def _note(self, data, *slopes):
        out = Value(data)
        Value.tape.append((out, slopes))
        return out

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return self._note(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return self._note(self.data * other.data, (self, other.data), (other, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return self._note(max(0.0, self.data), (self, float(self.data > 0)))

    def backward(self):
        for out, slopes in Value.tape:
            out.grad = 0.0
            for p, _ in slopes:
                p.grad = 0.0
        self.grad = 1.0
        while Value.tape:
            out, slopes = Value.tape.pop()
            for p, s in slopes:
                p.grad += s * out.grad


# %% Value | right | numbered as they are made
# Parents have smaller numbers, so a heap that yields the largest first gives a topological order.
class Value:
    made = 0

    def __init__(self, data, edges=()):
        self.data, self.grad, self.edges = data, 0, edges
        self.number = Value.made = Value.made + 1

    def _lift(self, other):
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        other = self._lift(other)
        return Value(self.data + other.data, [(self, 1), (other, 1)])

    def __radd__(self, other):
        return self + other

    def __mul__(self, other):
        other = self._lift(other)
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])

    def __rmul__(self, other):
        return self * other

    def relu(self):
        return Value(self.data * (self.data > 0), [(self, int(self.data > 0))])

    def backward(self):
        import heapq

        self.grad = 1
        heap, seen = [(-self.number, self)], {self.number}
        while heap:
            _, v = heapq.heappop(heap)
            for p, slope in v.edges:
                if p.number not in seen:
                    seen.add(p.number)
                    p.grad = 0
                    heapq.heappush(heap, (-p.number, p))
                p.grad += slope * v.grad


# %% Value | right | counts who is still missing
# Kahn's algorithm: a value hands on when all values that use it have done so.
class Value:
    def __init__(self, data, uses=()):
        self.data = float(data)
        self.grad = 0.0
        self.uses = list(uses)

    def __add__(self, other):
        if not isinstance(other, Value):
            return Value(self.data + other, [(self, 1.0)])
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        if not isinstance(other, Value):
            return Value(self.data * other, [(self, other)])
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        return Value(self.data, [(self, 1.0)]) if self.data >= 0 else Value(0.0, [(self, 0.0)])

    def backward(self):
        missing, frontier = {self: 0}, [self]
        while frontier:
            for p, _ in frontier.pop().uses:
                if p not in missing:
                    missing[p] = 0
                    frontier.append(p)
                missing[p] += 1
        total = dict.fromkeys(missing, 0.0)
        total[self] = 1.0
        ready = [self]
        while ready:
            v = ready.pop()
            v.grad = total[v]
            for p, slope in v.uses:
                total[p] += slope * total[v]
                missing[p] -= 1
                if not missing[p]:
                    ready.append(p)


# %% Value | right | one long tape
# Every operation is an entry of one list that all values share; backward reads it from the end.
class Value:
    __slots__ = ("data", "grad", "at")
    tape = []

    def __init__(self, data, *slopes):
        self.data, self.grad, self.at = data, 0.0, len(Value.tape)
        Value.tape.append((self, slopes))

    def __add__(self, other):
        if isinstance(other, Value):
            return Value(self.data + other.data, (self.at, 1.0), (other.at, 1.0))
        return Value(self.data + other, (self.at, 1.0))

    def __mul__(self, other):
        if isinstance(other, Value):
            return Value(self.data * other.data, (self.at, other.data), (other.at, self.data))
        return Value(self.data * other, (self.at, other))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(self.data, 0.0), (self.at, 1.0 if self.data > 0 else 0.0))

    def backward(self):
        bar, needed = [0.0] * (self.at + 1), [False] * (self.at + 1)
        bar[-1], needed[-1] = 1.0, True
        for at in range(self.at, -1, -1):
            if needed[at]:
                value, slopes = Value.tape[at]
                value.grad = bar[at]
                for p, s in slopes:
                    bar[p] += s * bar[at]
                    needed[p] = True


# %% Value | right | closures
# Each result has a function that passes its gradient on; the order comes from a loop over iterators. At 0, relu has slope 1/2.
class Value:
    def __init__(self, data, children=()):
        self.data = data
        self.grad = 0.0
        self._children = children
        self._pass_on = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def pass_on():
            self.grad += out.grad
            other.grad += out.grad

        out._pass_on = pass_on
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def pass_on():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._pass_on = pass_on
        return out

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def relu(self):
        out = Value(0.0 if self.data < 0 else self.data, (self,))

        def pass_on():
            self.grad += (0.5 if self.data == 0 else float(out.data > 0)) * out.grad

        out._pass_on = pass_on
        return out

    def backward(self):
        topo, seen, path = [], {id(self)}, [(self, iter(self._children))]
        while path:
            v, children = path[-1]
            for c in children:
                if id(c) not in seen:
                    seen.add(id(c))
                    path.append((c, iter(c._children)))
                    break
            else:
                topo.append(v)
                path.pop()
        for v in topo:
            v.grad = 0.0
        self.grad = 1.0
        for v in topo[::-1]:
            v._pass_on()


# %% torch_step | wrong | no zero_grad
# backward adds to .grad, so every step uses the gradients of all earlier ones too.
import torch


def torch_step(model, x, y, opt, loss_fn):
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | clears at the end only
# What other code left in .grad before the call still counts.
import torch


def torch_step(model, x, y, opt, loss_fn):
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    opt.zero_grad()
    return loss.item()


# %% torch_step | wrong | clears between backward and step
# The gradient is gone before it is used: nothing moves.
import torch


def torch_step(model, x, y, opt, loss_fn):
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.zero_grad()
    opt.step()
    return loss.item()


# %% torch_step | wrong | steps before backward
# The step uses the gradients of the call before, or none.
import torch


def torch_step(model, x, y, opt, loss_fn):
    loss = loss_fn(model(x), y).mean()
    opt.step()
    opt.zero_grad()
    loss.backward()
    return loss.item()


# %% torch_step | wrong | no step
# backward fills .grad and changes no parameter.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    return loss.item()


# %% torch_step | wrong | returns the tensor
# The loss tensor leads to the whole graph: a list of such losses holds every activation.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    return loss


# %% torch_step | wrong | keeps every loss
# The list outlives the call, and with it every tensor in it.
import torch

history = []


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    history.append(loss)
    return loss.item()


# %% torch_step | wrong | keeps every prediction
# The prediction leads to the graph as well, in whatever place it is kept.
import torch


def torch_step(model, x, y, opt, loss_fn, kept={}):
    opt.zero_grad()
    prediction = model(x)
    kept[len(kept)] = prediction
    loss = loss_fn(prediction, y).mean()
    loss.backward()
    opt.step()
    return float(loss)


# %% torch_step | wrong | the sum of the losses
# The step grows with the batch.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.sum().backward()
    opt.step()
    return loss.mean().item()


# %% torch_step | wrong | ones for a vector
# backward(torch.ones_like(loss)) silences the error, and gives the gradient of the sum.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward(torch.ones_like(loss))
    opt.step()
    return loss.mean().item()


# %% torch_step | wrong | takes one number for granted
# A loss for each sample has no backward without a mean.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | divides by the batch again
# The mean over the samples is taken already.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean() / len(x)
    loss.backward()
    opt.step()
    return loss.item() * len(x)


# %% torch_step | wrong | detaches the prediction
# Behind detach() the graph ends, and no gradient reaches the model.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x).detach().requires_grad_(), y).mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | under no_grad
# Nothing is recorded, so there is nothing to walk back.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    with torch.no_grad():
        loss = loss_fn(model(x), y).mean()
    if loss.requires_grad:
        loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | the loss after the update
# A second forward pass gives another loss, and another update of running statistics.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss_fn(model(x), y).mean().backward()
    opt.step()
    with torch.no_grad():
        return loss_fn(model(x), y).mean().item()


# %% torch_step | wrong | two forward passes
# The second pass for the loss is a second update of the running statistics.
import torch


def torch_step(model, x, y, opt, loss_fn):
    with torch.no_grad():
        value = loss_fn(model(x), y).mean().item()
    opt.zero_grad()
    loss_fn(model(x), y).mean().backward()
    opt.step()
    return value


# %% torch_step | wrong | target first
# PyTorch's losses take the prediction first; Keras's take the target first.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(y, model(x)).mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | a step of its own
# opt has its own rate and memory; a hand-made step ignores both.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            if p.grad is not None:
                p -= opt.param_groups[0]["lr"] * p.grad
    return loss.item()


# %% torch_step | wrong | a fresh optimizer each time
# A new optimizer has forgotten the velocity.
import torch


def torch_step(model, x, y, opt, loss_fn):
    group = opt.param_groups[0]
    opt = torch.optim.SGD(model.parameters(), lr=group["lr"], momentum=group["momentum"])
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | one sample at a time
# A step for each sample is another algorithm: the later samples see moved parameters.
import torch


def torch_step(model, x, y, opt, loss_fn):
    losses = []
    for i in range(len(x)):
        opt.zero_grad()
        loss = loss_fn(model(x[i : i + 1]), y[i : i + 1]).mean()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


# %% torch_step | wrong | in evaluation mode
# eval() switches batch normalisation and dropout to another behaviour.
import torch


def torch_step(model, x, y, opt, loss_fn):
    model.eval()
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    model.train()
    return loss.item()


# %% torch_step | wrong | thaws every parameter
# Frozen parameters are frozen for a reason.
import torch


def torch_step(model, x, y, opt, loss_fn):
    for p in model.parameters():
        p.requires_grad_(True)
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | clips the gradient
# Nobody asked for a gradient of length 1.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    return loss.item()


# %% torch_step | right | a closure
# opt.step calls the function that it is given, and returns its loss.
import torch


def torch_step(model, x, y, opt, loss_fn):
    def closure():
        opt.zero_grad(set_to_none=True)
        loss = torch.mean(loss_fn(model(x), y))
        loss.backward()
        return loss

    return float(opt.step(closure))


# %% torch_step | right | torch.autograd.grad
# The gradients are returned, not added, and put where the optimizer looks.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    params = [p for p in model.parameters() if p.requires_grad]
    loss = loss_fn(model(x), y).mean()
    for p, g in zip(params, torch.autograd.grad(loss, params, allow_unused=True)):
        p.grad = g
    opt.step()
    return loss.detach().numpy()


# %% torch_step | right | cleared on both sides
# The model clears before, the optimizer after; the sum over the number of entries; the prediction is deleted.
import torch


def torch_step(model, x, y, opt, loss_fn):
    model.zero_grad()
    prediction = model(x)
    losses = loss_fn(prediction, y)
    del prediction
    loss = losses.sum() / losses.numel()
    loss.backward()
    opt.step()
    opt.zero_grad()
    return loss.tolist()


# %% torch_step | right | a mean in the backward pass
# The gradient handed to a vector of losses is 1/n for each.
import torch


def torch_step(model, x, y, opt, loss_fn):
    for p in model.parameters():
        p.grad = None
    losses = loss_fn(model(x), y)
    losses.backward(torch.full_like(losses, 1 / losses.numel()))
    opt.step()
    return losses.detach().mean().item()


# %% tape_step | wrong | a vector loss
# tape.gradient of a vector is the gradient of its sum: the step is n times too large.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x, training=True))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(tf.reduce_mean(loss))


# %% tape_step | wrong | the sum of the losses
# The step grows with the batch.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        losses = loss_fn(y, model(x, training=True))
        total = tf.reduce_sum(losses)
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(total, variables), variables))
    return float(tf.reduce_mean(losses))


# %% tape_step | wrong | the prediction outside the tape
# The tape sees only what is calculated inside its block; all gradients are None.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    prediction = model(x, training=True)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, prediction))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(loss)


# %% tape_step | wrong | watches nothing
# With watch_accessed_variables=False the tape sees what it is told to watch, and it is told nothing.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(loss)


# %% tape_step | wrong | watches the input
# The gradient by x says how to change the data, not the model.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    x = tf.convert_to_tensor(x)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    gradients = [g for g in tape.gradient(loss, [x, *model.trainable_variables]) if g is not None]
    for v, g in zip(model.trainable_variables, gradients):
        if v.shape == g.shape:
            v.assign_sub(g)
    return float(loss)


# %% tape_step | wrong | through NumPy
# .numpy() leaves TensorFlow, and the tape loses the trail.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True).numpy()))
    pairs = [
        (g, v)
        for g, v in zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        if g is not None
    ]
    if pairs:
        opt.apply_gradients(pairs)
    return float(loss)


# %% tape_step | wrong | stops the gradient
# stop_gradient is TensorFlow's detach: nothing reaches the model.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, tf.stop_gradient(model(x, training=True))))
    variables = model.trainable_variables
    gradients = [tf.zeros_like(v) if g is None else g for g, v in zip(tape.gradient(loss, variables), variables)]
    opt.apply_gradients(zip(gradients, variables))
    return float(loss)


# %% tape_step | wrong | divides by the batch again
# The mean over the samples is taken already.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    gradients = [g / len(x) for g in tape.gradient(loss, variables)]
    opt.apply_gradients(zip(gradients, variables))
    return float(loss)


# %% tape_step | wrong | returns the vector
# One number is asked for.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        losses = loss_fn(y, model(x, training=True))
        loss = tf.reduce_mean(losses)
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return losses.numpy()


# %% tape_step | wrong | returns the tensor
# A float is asked for, which stays the same number without TensorFlow.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


# %% tape_step | wrong | not in training mode
# Without training=True batch normalisation uses, and keeps, its old statistics.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x)))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(loss)


# %% tape_step | wrong | thaws every layer
# A frozen layer is frozen for a reason.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    model.trainable = True
    for layer in model.layers:
        layer.trainable = True
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(loss)


# %% tape_step | wrong | all weights
# model.weights holds frozen weights and running statistics too; with the tape told to watch them, frozen ones move.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        for v in model.weights:
            tape.watch(v.value)
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    gradients = tape.gradient(loss, [v.value for v in model.weights])
    opt.apply_gradients(zip(gradients, model.weights))
    return float(loss)


# %% tape_step | wrong | the last layer only
# Every layer has its gradient.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables[-2:]
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(loss)


# %% tape_step | wrong | the loss after the update
# A second forward pass gives another loss, and another update of running statistics.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(tf.reduce_mean(loss_fn(y, model(x, training=True))))


# %% tape_step | wrong | two forward passes
# The second pass for the loss is a second update of the running statistics.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    value = float(tf.reduce_mean(loss_fn(y, model(x, training=True))))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return value


# %% tape_step | wrong | prediction first
# Keras's losses take the target first; PyTorch's take the prediction first.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(model(x, training=True), y))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(loss)


# %% tape_step | wrong | a step of its own
# opt has its own rate and memory; a hand-made step ignores the memory.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    for v, g in zip(variables, tape.gradient(loss, variables)):
        v.assign_sub(float(opt.learning_rate) * g)
    return float(loss)


# %% tape_step | wrong | a fresh optimizer each time
# A new optimizer has forgotten the velocity.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    opt = type(opt).from_config(opt.get_config())
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return float(loss)


# %% tape_step | wrong | climbs
# The optimizer subtracts by itself; a minus in front of the gradient climbs.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    opt.apply_gradients([(-g, v) for g, v in zip(tape.gradient(loss, variables), variables)])
    return float(loss)


# %% tape_step | wrong | one sample at a time
# A step for each sample is another algorithm: the later samples see moved parameters.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    total, variables = 0.0, model.trainable_variables
    for i in range(len(x)):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(loss_fn(y[i : i + 1], model(x[i : i + 1], training=True)))
        opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
        total += float(loss)
    return total / len(x)


# %% tape_step | right | watches by hand
# The tape watches nothing by itself, and is told each variable.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    variables = model.trainable_variables
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for v in variables:
            tape.watch(v.value)
        loss = tf.math.reduce_mean(loss_fn(tf.constant(y), model(tf.constant(x), training=True)))
    gradients = tape.gradient(loss, [v.value for v in variables])
    opt.apply(gradients, variables)
    return loss.numpy()


# %% tape_step | right | the mean after the tape
# The gradient of the sum, divided by the number of losses.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape(persistent=True) as tape:
        losses = loss_fn(y, model(x, training=True))
    n = int(tf.size(losses))
    gradients = [tape.gradient(losses, v) / n for v in model.trainable_variables]
    del tape
    opt.apply_gradients(zip(gradients, model.trainable_variables))
    return float(np.mean(losses))


# %% tape_step | right | weights for the losses
# output_gradients weighs each loss by 1/n in the backward pass.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        losses = tf.convert_to_tensor(loss_fn(y, model(x, training=True)))
    share = tf.fill(tf.shape(losses), tf.cast(1 / tf.size(losses).numpy(), losses.dtype))
    pairs = zip(tape.gradient(losses, model.trainable_variables, output_gradients=share), model.trainable_variables)
    opt.apply_gradients(list(pairs))
    return tf.reduce_mean(losses).numpy().item()


# %% subgrad_mae | wrong | uphill and down
# The residual is the prediction minus the target; the other way round is minus the slope.
def subgrad_mae(X, y, theta):
    return X.T @ np.sign(y - X @ theta) / len(y)


# %% subgrad_mae | wrong | sum over the samples
# The mean absolute error is a mean.
def subgrad_mae(X, y, theta):
    return X.T @ np.sign(X @ theta - y)


# %% subgrad_mae | wrong | the gradient of the squared error
# The absolute value has the slope 1 or -1, however large the residual is.
def subgrad_mae(X, y, theta):
    return X.T @ (X @ theta - y) / len(y)


# %% subgrad_mae | wrong | NaN at the kink
# r / |r| is 0 / 0 where a residual is 0.
def subgrad_mae(X, y, theta):
    r = X @ theta - y
    with np.errstate(invalid="ignore"):
        return X.T @ (r / np.abs(r)) / len(y)


# %% subgrad_mae | wrong | a small constant under the residual
# r / (|r| + eps) is smaller than 1 for small residuals, which are not at the kink.
def subgrad_mae(X, y, theta):
    r = X @ theta - y
    return X.T @ (r / (np.abs(r) + 1e-6)) / len(y)


# %% subgrad_mae | wrong | smoothed
# The root of r^2 + eps has no kink, and is another function.
def subgrad_mae(X, y, theta):
    r = X @ theta - y
    return X.T @ (r / np.sqrt(r**2 + 1e-6)) / len(y)


# %% subgrad_mae | wrong | tanh for the sign
# A soft sign is wrong for every residual that is not large.
def subgrad_mae(X, y, theta):
    return X.T @ np.tanh(X @ theta - y) / len(y)


# %% subgrad_mae | wrong | rounds small residuals to 0
# A residual of 0.001 has a sign.
def subgrad_mae(X, y, theta):
    r = X @ theta - y
    return X.T @ np.where(np.abs(r) < 0.01, 0, np.sign(r)) / len(y)


# %% subgrad_mae | wrong | forward differences
# At a kink each coordinate moves to its own side, and the slopes do not belong together.
def subgrad_mae(X, y, theta):
    def loss(t):
        return np.abs(X @ t - y).mean()

    return np.array([(loss(theta + 1e-7 * e) - loss(theta)) / 1e-7 for e in np.eye(len(theta))])


# %% subgrad_mae | wrong | the sign of each product
# The entries of the features have signs of their own, which stay.
def subgrad_mae(X, y, theta):
    r = X @ theta - y
    return np.mean(np.sign(r)[:, None] * np.abs(X), axis=0)


# %% subgrad_mae | wrong | forgets the inner derivative
# By the chain rule each sign is multiplied by the features.
def subgrad_mae(X, y, theta):
    return np.full(len(theta), np.mean(np.sign(X @ theta - y)))


# %% subgrad_mae | wrong | one sign for all samples
# The sign of the mean residual is not the mean of the signs.
def subgrad_mae(X, y, theta):
    r = X @ theta - y
    return np.sign(r.mean()) * X.mean(axis=0)


# %% subgrad_mae | wrong | averages over the samples off the kink
# A sample with the residual 0 counts in m as well.
def subgrad_mae(X, y, theta):
    r = X @ theta - y
    return X.T @ np.sign(r) / max(np.count_nonzero(r), 1)


# %% subgrad_mae | wrong | 2 at the kink
# The slope at a kink lies between those of its sides; their difference does not.
def subgrad_mae(X, y, theta):
    r = X @ theta - y
    return X.T @ np.where(r == 0, 2.0, np.sign(r)) / len(y)


# %% subgrad_mae | wrong | Huber's gradient
# Clipping the residual to [-1, 1] gives the slope of another loss.
def subgrad_mae(X, y, theta):
    return X.T @ np.clip(X @ theta - y, -1, 1) / len(y)


# %% subgrad_mae | right | plus 1 at the kink
# Any slope from -1 to 1 is right there, the right-hand one too.
def subgrad_mae(X, y, theta):
    X, y, theta = X.astype(float), y.astype(float), theta.astype(float)
    s = np.where(X @ theta >= y, 1.0, -1.0)
    return np.mean(s[:, None] * X, axis=0)


# %% subgrad_mae | right | a slope of 0.3, one sample at a time
# A list of Python numbers, with an odd choice at the kink.
def subgrad_mae(X, y, theta):
    g = [0.0] * len(theta)
    for row, target in zip(X.tolist(), y.tolist()):
        r = sum(a * t for a, t in zip(row, theta.tolist())) - target
        s = 1 if r > 0 else -1 if r < 0 else 0.3
        g = [old + s * a / len(y) for old, a in zip(g, row)]
    return g


# %% subgrad_mae | right | autograd
# PyTorch's absolute value has the slope 0 at 0.
def subgrad_mae(X, y, theta):
    import torch

    X, y, theta = (torch.from_numpy(np.array(a, dtype=np.float64)) for a in (X, y, theta))
    theta.requires_grad_()
    torch.nn.functional.l1_loss(X @ theta, y).backward()
    return theta.grad.numpy()


# %% subgrad_mae | right | a random slope at the kink
# Each sample at the kink draws its own number from -1 to 1.
def subgrad_mae(X, y, theta):
    X = np.double(X)
    r = X @ np.double(theta) - np.double(y)
    s = np.where(r == 0, np.random.default_rng(7).uniform(-1, 1, size=len(r)), np.sign(r))
    return np.einsum("i,ij->j", s, X) / X.shape[0]


# %% subgrad_mae | wrong | central differences
# On the kink both slopes cancel, which is right; but within a step of it they mix, and a small residual counts as 0.
def subgrad_mae(X, y, theta):
    def loss(t):
        return np.abs(X @ t - y).mean()

    return np.array([(loss(theta + 1e-7 * e) - loss(theta - 1e-7 * e)) / 2e-7 for e in np.eye(len(theta))])


# %% find_bugs | wrong | numpy's allclose with a relative tolerance
# It compares entry by entry, and keeps its own absolute tolerance of 1e-8: it rejects (100, 5e-5) for (100, 0).
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    return {name for name, g in grads.items() if np.shape(g) != x.shape or not np.allclose(g, n, rtol=1e-4)}


# %% find_bugs | wrong | numpy's allclose with an absolute tolerance
# One absolute tolerance does not fit gradients of the norm 0.1 and of the norm 1000.
def find_bugs(f, x, grads):
    eye = np.eye(x.size).reshape(x.size, *x.shape)
    n = np.array([(f(x + 1e-5 * e) - f(x - 1e-5 * e)) / 2e-5 for e in eye]).reshape(x.shape)
    return {name for name, g in grads.items() if np.shape(g) != x.shape or not np.allclose(g, n, rtol=1e-4, atol=1e-3)}


# %% rel_error | wrong | squares in float32
# The squares of 3e30 do not fit into float32, so the norm is infinite.
def rel_error(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    if not np.issubdtype(a.dtype, np.floating):
        a, b = a.astype(float), b.astype(float)
    with np.errstate(all="ignore"):
        scale = np.maximum(np.sqrt(np.sum(a * a)), np.sqrt(np.sum(b * b)))
        return 0.0 if scale == 0 else float(np.sqrt(np.sum((a - b) ** 2)) / scale)


# %% rel_error | wrong | equal infinities agree
# Two infinite entries say nothing about each other; such a comparison must not pass.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    if np.array_equal(a, b):
        return 0.0
    with np.errstate(all="ignore"):
        scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
        return 0.0 if scale == 0 else np.linalg.norm(a - b) / scale


# %% subgrad_mae | wrong | a residual below 1e-8 counts as zero
# numpy's isclose has an absolute tolerance: a small residual is not 0.
def subgrad_mae(X, y, theta):
    r = X @ theta - y
    return X.T @ np.where(np.isclose(r, 0), 0.0, np.sign(r)) / len(y)


# %% best_h | wrong | as small as possible
# The smallest step that changes x makes the rounding as large as the slope.
def best_h(way, size, bend, eps):
    if way not in ("forward", "central"):
        raise ValueError("forward or central")
    return eps


# %% best_h | wrong | a rule of thumb
# The root and the cube root of eps are right for functions of the size and the bend 1, up to constants.
def best_h(way, size, bend, eps):
    if way not in ("forward", "central"):
        raise ValueError("forward or central")
    return eps ** (1 / 2) if way == "forward" else eps ** (1 / 3)


# %% best_h | wrong | without the constants
# The powers are right, but the factors 2 and 3 come from the slopes of both terms.
def best_h(way, size, bend, eps):
    if way not in ("forward", "central"):
        raise ValueError("forward or central")
    return (eps * size / bend) ** (1 / 2 if way == "forward" else 1 / 3)


# %% best_h | wrong | where both terms are equal
# For the central difference the sum is least elsewhere: h^2 and 1/h do not balance with equal slopes there.
def best_h(way, size, bend, eps):
    if way == "forward":
        return 2 * np.sqrt(eps * size / bend)
    if way == "central":
        return np.cbrt(6 * eps * size / bend)
    raise ValueError("forward or central")


# %% best_h | wrong | always float64
# A function in float32 rounds a billion times more coarsely.
def best_h(way, size, bend, eps):
    eps = np.finfo(np.float64).eps
    if way == "forward":
        return 2 * np.sqrt(eps * size / bend)
    if way == "central":
        return np.cbrt(3 * eps * size / bend)
    raise ValueError("forward or central")


# %% best_h | wrong | ways exchanged
# The forward difference has the square root, the central one the cube root.
def best_h(way, size, bend, eps):
    if way == "central":
        return 2 * np.sqrt(eps * size / bend)
    if way == "forward":
        return np.cbrt(3 * eps * size / bend)
    raise ValueError("forward or central")


# %% best_h | wrong | bend over size
# A function that bends more wants a smaller step; one that is larger wants a larger step.
def best_h(way, size, bend, eps):
    if way == "forward":
        return 2 * np.sqrt(eps * bend / size)
    if way == "central":
        return np.cbrt(3 * eps * bend / size)
    raise ValueError("forward or central")


# %% best_h | wrong | the least error in place of the step
# The question is where the bound is least, not how small it is there.
def best_h(way, size, bend, eps):
    if way == "forward":
        h = 2 * np.sqrt(eps * size / bend)
        return bend * h / 2 + 2 * eps * size / h
    if way == "central":
        h = np.cbrt(3 * eps * size / bend)
        return bend * h**2 / 6 + eps * size / h
    raise ValueError("forward or central")


# %% best_h | wrong | the best power of ten
# A grid of decades can be a factor of three off.
def best_h(way, size, bend, eps):
    if way not in ("forward", "central"):
        raise ValueError("forward or central")
    grid = 10.0 ** np.arange(-30, 15)
    bound = bend * grid / 2 + 2 * eps * size / grid if way == "forward" else bend * grid**2 / 6 + eps * size / grid
    return grid[np.argmin(bound)]


# %% best_h | wrong | every other way is central
# A misspelt way should be told, not taken for the central difference.
def best_h(way, size, bend, eps):
    if way == "forward":
        return 2 * np.sqrt(eps * size / bend)
    return np.cbrt(3 * eps * size / bend)


# %% best_h | wrong | at most a thousandth
# A flat function allows a much larger step, and needs it.
def best_h(way, size, bend, eps):
    if way == "forward":
        return min(2 * np.sqrt(eps * size / bend), 1e-3)
    if way == "central":
        return min(np.cbrt(3 * eps * size / bend), 1e-3)
    raise ValueError("forward or central")


# %% best_h | right | by logarithms
# The exponents as fractions of a sum of logarithms.
def best_h(way, size, bend, eps):
    import math

    if way not in ("forward", "central"):
        raise ValueError(f"forward or central, not {way}")
    log = math.log(eps) + math.log(size) - math.log(bend)
    return math.exp((log + math.log(4)) / 2 if way == "forward" else (log + math.log(3)) / 3)


# %% best_h | right | golden section over the exponent
# No derivative: the bound is one valley over the logarithm of h.
def best_h(way, size, bend, eps):
    import math

    bounds = {
        "forward": lambda u: math.exp(u) / 2 * float(bend) + 2 * float(eps) * float(size) * math.exp(-u),
        "central": lambda u: math.exp(2 * u) / 6 * float(bend) + float(eps) * float(size) * math.exp(-u),
    }
    if way not in bounds:
        raise ValueError("forward or central")
    bound, low, high, golden = bounds[way], -300.0, 300.0, (math.sqrt(5) - 1) / 2
    for _ in range(150):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if bound(left) < bound(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)


# %% best_h | right | bisection on the slope of the bound
# The slope of the bound goes from minus to plus; a list of powers for both ways.
def best_h(way, size, bend, eps):
    if way not in ("forward", "central"):
        raise ValueError("forward or central")
    size, bend, eps = float(size), float(bend), float(eps)
    low, high = 1e-120, 1e120
    for _ in range(300):
        h = (low * high) ** 0.5
        slope = bend / 2 - 2 * eps * size / h**2 if way == "forward" else bend * h / 3 - eps * size / h**2
        low, high = (h, high) if slope < 0 else (low, h)
    return np.float64(low)


# %% diagnose | wrong | entry by entry
# An entry that is 0 differs from rounding by 100 %, though the gradient is right.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)

    def close(b):
        if given.shape != b.shape or not (np.isfinite(given).all() and np.isfinite(b).all()):
            return False
        return bool(np.all(np.abs(given - b) <= 1e-4 * np.maximum(np.abs(given), np.abs(b))))

    candidates = {"right": measured, "sign": -measured, "sum": n * measured, "mean twice": measured / n}
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(b)), "other")


# %% diagnose | wrong | numpy's allclose
# Its absolute tolerance of 1e-8 makes all gradients of the size 1e-12 alike.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)
    candidates = {"right": measured, "sign": -measured, "sum": n * measured, "mean twice": measured / n}
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    for word, b in candidates.items():
        if given.shape == b.shape and np.allclose(given, b, rtol=1e-4):
            return word
    return "other"


# %% diagnose | wrong | the ratio of the norms
# A norm has no sign, and rows and columns exchanged have the same norm.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)
    if given.shape != measured.shape or not np.any(measured):
        return "right" if given.shape == measured.shape and not np.any(given) else "other"
    ratio = np.linalg.norm(given) / np.linalg.norm(measured)
    for word, factor in (("right", 1), ("sum", n), ("mean twice", 1 / n)):
        if abs(ratio / factor - 1) < 1e-4:
            return word
    return "other"


# %% diagnose | wrong | the mean of the ratios
# Where the measured entry is 0 the ratio is rounding over rounding, or NaN.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)
    if given.shape != measured.shape:
        return "transposed" if given.shape == measured.shape[::-1] else "other"
    with np.errstate(all="ignore"):
        ratio = np.mean(given / measured)
    for word, factor in (("right", 1), ("sign", -1), ("sum", n), ("mean twice", 1 / n)):
        if abs(ratio / factor - 1) < 1e-4:
            return word
    return "other"


# %% diagnose | wrong | transposed before right
# A symmetric matrix equals its transpose, so it is called a fault.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    if measured.ndim == 2 and close(given, measured.T):
        return "transposed"
    candidates = {"right": measured, "sign": -measured, "sum": n * measured, "mean twice": measured / n}
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | sum before right
# With one sample sum and mean are the same: nothing is wrong.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {"sum": n * measured, "mean twice": measured / n, "right": measured, "sign": -measured}
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | sum and mean exchanged
# A sum is n times the mean, not a part of it.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {"right": measured, "sign": -measured, "mean twice": n * measured, "sum": measured / n}
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | broadcasts
# A column minus a vector is a matrix of differences; a single number is compared with every entry.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)

    def close(a, b):
        try:
            return bool(np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b)))
        except ValueError:
            return False

    candidates = {"right": measured, "sign": -measured, "sum": n * measured, "mean twice": measured / n}
    candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | NaN passes
# "Not far apart" is true of NaN.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)

    def close(a, b):
        if a.shape != b.shape:
            return False
        with np.errstate(all="ignore"):
            return not np.linalg.norm(a - b) > 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {"right": measured, "sign": -measured, "sum": n * measured, "mean twice": measured / n}
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | zeros are far apart
# A strict comparison of 0 with 0 fails, and zeros beside zeros are called a fault.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) < 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {"right": measured, "sign": -measured, "sum": n * measured, "mean twice": measured / n}
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | reverses all axes
# Only a matrix has a transpose here; an array with three axes turned round is no such fault, nor is a scalar.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)

    def close(a, b):
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        a, b = np.sort(a.ravel()), np.sort(b.ravel())
        return a.size == b.size and np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {"right": measured, "sign": -measured, "sum": n * measured, "mean twice": measured / n}
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | right | the cosine and the length
# Close means: nearly the same direction and nearly the same length, in units of the larger entry.
def diagnose(given, measured, n):
    given, measured = np.array(given, dtype=float), np.array(measured, dtype=float)

    def close(a, b):
        if a.shape != b.shape or np.any(~np.isfinite(a)) or np.any(~np.isfinite(b)):
            return False
        a, b = a.ravel(), b.ravel()
        top = max(np.max(np.abs(a)), np.max(np.abs(b)))
        if top == 0.0:
            return True
        p, q = a / top, b / top
        return bool(p @ p - 2 * (p @ q) + q @ q <= 1e-8 * max(p @ p, q @ q) + 1e-12 * 0)

    if close(given, measured):
        return "right"
    if close(-given, measured):
        return "sign"
    if close(given, measured * n):
        return "sum"
    if close(given * n, measured):
        return "mean twice"
    return "transposed" if given.ndim == measured.ndim == 2 and close(given.T, measured) else "other"


# %% diagnose | right | math.hypot
# Python floats in lists; the distance never overflows.
def diagnose(given, measured, n):
    import math

    a, b = np.array(given, dtype=float), np.array(measured, dtype=float)

    def flat(v):
        return v.ravel().tolist()

    def close(p, q):
        if p.shape != q.shape or not all(map(math.isfinite, flat(p) + flat(q))):
            return False
        return math.dist(flat(p), flat(q)) <= 1e-4 * max(math.hypot(*flat(p)), math.hypot(*flat(q)))

    rows = [("right", lambda: close(a, b)), ("sign", lambda: close(a, -b)), ("sum", lambda: close(a, n * b))]
    rows += [
        ("mean twice", lambda: close(a, b / n)),
        ("transposed", lambda: b.ndim == 2 and close(a, b.swapaxes(0, 1))),
    ]
    for word, fits in rows:
        if fits():
            return word
    return "other"


# %% diagnose | right | PyTorch
# torch's norms in float64.
def diagnose(given, measured, n):
    import torch

    a, b = (torch.tensor(np.array(v, dtype=np.float64)) for v in (given, measured))
    if not (torch.isfinite(a).all() and torch.isfinite(b).all()):
        return "other"
    candidates = [("right", b), ("sign", -b), ("sum", n * b), ("mean twice", b / n)]
    candidates += [("transposed", b.T)] if b.ndim == 2 else []
    norm = torch.linalg.vector_norm
    for word, c in candidates:
        if a.shape == c.shape and norm(a - c) <= 1e-4 * torch.maximum(norm(a), norm(c)):
            return word
    return "other"


# %% numgrad | wrong | flat in memory's order
# ravel in the order of the memory and reshape by rows exchange entries of a transposed array.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    flat, g = x.ravel(order="K"), []
    for i, old in enumerate(flat.tolist()):
        flat[i] = old + h
        up = f(x)
        flat[i] = old - h
        g.append((up - f(x)) / (2 * h))
        flat[i] = old
    return np.reshape(g, x.shape)


# %% numgrad | wrong | the result in the type of x
# zeros_like of float32 rounds the differences, of integers it cuts them off.
def numgrad(f, x, h):
    g = np.zeros_like(x)
    x = np.array(x, dtype=float)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return g


# %% numgrad | wrong | divides by the real distance
# The formula has 2h in the denominator, whatever x + h is rounded to.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (up[i] - down[i])
    return g


# %% numgrad | wrong | remembers f by the point
# What one function gave at a point says nothing of another function.
seen = {}


def numgrad(f, x, h):
    x = np.array(x, dtype=float)

    def value(at):
        key = at.tobytes()
        if key not in seen:
            seen[key] = f(at)
        return seen[key]

    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (value(up) - value(down)) / (2 * h)
    return g


# %% numgrad | wrong | NaN becomes 0
# A NaN says that f is not defined there; a slope of 0 says that nothing changes.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g[i] = (f(up) - f(down)) / (2 * h)
    return np.nan_to_num(g)


# %% numgrad | wrong | moves the caller's array
# A float64 array is not copied by asarray, and a read-only one cannot be moved.
def numgrad(f, x, h):
    x = np.asarray(x, dtype=float)
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        up = f(x)
        x[i] = old - h
        down = f(x)
        x[i] = old
        g[i] = (up - down) / (2 * h)
    return g


# %% numgrad | right | recursion
# One entry, then the rest; unit vectors are added, not written.
def numgrad(f, x, h):
    x = np.array(x, dtype="f8")

    def rest(indices):
        if not indices:
            return []
        one = np.zeros(x.shape)
        one[indices[0]] = h
        return [(f(x + one) - f(x - one)) / (h + h)] + rest(indices[1:])

    return np.array(rest(list(np.ndindex(x.shape)))).reshape(x.shape)


# %% numgrad | right | a generator
# Quotients come from a generator, by flat index, the lower point first.
def numgrad(f, x, h):
    def quotients():
        for k in range(np.size(x)):
            down = np.array(x, dtype=float)
            up = down.copy()
            down.flat[k] -= h
            up.flat[k] += h
            low = f(down)
            yield (f(up) - low) * (0.5 / h)

    return np.fromiter(quotients(), dtype=float).reshape(np.shape(x))


# %% numgrad | right | a class
# An object that is called with an index; the result is read-only.
class _Grad:
    def __init__(self, f, x, h):
        self.f, self.x, self.h = f, x.astype(np.float64), h

    def __call__(self, *i):
        y = self.x.copy()
        y[i] = self.x[i] + self.h
        a = float(self.f(y))
        y[i] = self.x[i] - self.h
        return (a - float(self.f(y))) / self.h / 2.0


def numgrad(f, x, h):
    at = _Grad(f, x, h)
    out = np.full(x.shape, np.nan)
    for i in np.ndindex(*x.shape):
        out[i] = at(*i)
    out.flags.writeable = False
    return out


# %% numgrad | right | masks
# A mask of flat indices chooses the entry that moves.
def numgrad(f, x, h):
    x = np.asarray(x, dtype=float)
    index = np.arange(x.size).reshape(x.shape)
    each = lambda k: (f(np.where(index == k, x + h, x)) - f(np.where(index == k, x - h, x))) / (2 * h)
    return np.array([each(k) for k in range(x.size)]).reshape(x.shape)


# %% numgrad | right | nditer
# np.nditer writes each quotient to where it belongs.
def numgrad(f, x, h):
    x, h = np.array(x, dtype=float, order="C"), float(h)
    g = np.empty_like(x)
    it = np.nditer([x, g], flags=["multi_index"], op_flags=[["readonly"], ["writeonly"]])
    for _, out in it:
        e = np.zeros_like(x)
        e[it.multi_index] = h
        out[...] = (f(x + e) - f(x - e)) / (2 * h)
    return g


# %% rel_error | wrong | close means equal
# allclose has an absolute tolerance of 1e-8 and a relative one of 1e-5.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"expected two arrays of one shape, got {a.shape} and {b.shape}")
    if np.allclose(a, b):
        return 0.0
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    with np.errstate(invalid="ignore"):  # infinity minus infinity, and over infinity
        return 0.0 if scale == 0 else float(np.linalg.norm(a - b) / scale)


# %% rel_error | wrong | tiny is zero
# Gradients of the size 1e-100 are compared like any others.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"expected two arrays of one shape, got {a.shape} and {b.shape}")
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    with np.errstate(invalid="ignore"):  # infinity minus infinity, and over infinity
        return 0.0 if scale < 1e-12 else float(np.linalg.norm(a - b) / scale)


# %% rel_error | wrong | infinite is infinitely far
# An infinite entry says nothing; the result is NaN.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"expected two arrays of one shape, got {a.shape} and {b.shape}")
    if np.isinf(a).any() or np.isinf(b).any():
        return np.inf
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    with np.errstate(invalid="ignore"):  # infinity minus infinity, and over infinity
        return 0.0 if scale == 0 else float(np.linalg.norm(a - b) / scale)


# %% rel_error | wrong | zeros of any shape
# Shapes are compared first, whatever the arrays hold.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if not a.any() and not b.any():
        return 0.0
    if a.shape != b.shape:
        raise ValueError(f"expected two arrays of one shape, got {a.shape} and {b.shape}")
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    with np.errstate(invalid="ignore"):  # infinity minus infinity, and over infinity
        return 0.0 if scale == 0 else float(np.linalg.norm(a - b) / scale)


# %% rel_error | wrong | the law of cosines
# a^2 + b^2 - 2ab loses all digits where a and b are close.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"expected two arrays of one shape, got {a.shape} and {b.shape}")
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    with np.errstate(invalid="ignore"):  # infinity minus infinity, and over infinity
        return 0.0 if scale == 0 else float(np.sqrt(max(np.sum(a * a) + np.sum(b * b) - 2 * np.sum(a * b), 0)) / scale)


# %% rel_error | right | fractions
# Exact fractions of the entries over the largest; one root at the end.
def rel_error(a, b):
    from fractions import Fraction
    import math

    if a.shape != b.shape:
        raise ValueError("shapes")
    p, q = [float(v) for v in np.ravel(a)], [float(v) for v in np.ravel(b)]
    if not all(map(math.isfinite, p + q)):
        return math.nan
    top = max(map(abs, p + q))
    if top == 0:
        return 0
    p, q = [Fraction(v) / Fraction(top) for v in p], [Fraction(v) / Fraction(top) for v in q]
    d = sum((x - y) ** 2 for x, y in zip(p, q))
    return math.sqrt(d / max(sum(x * x for x in p), sum(y * y for y in q)))


# %% rel_error | right | fsum
# Roots of sums of squares; the comparison is turned round, so that NaN stays.
def rel_error(a, b):
    import math

    a, b = np.array(a, dtype="d"), np.array(b, dtype="d")
    if a.shape != b.shape:
        raise ValueError
    with np.errstate(all="ignore"):
        norm = lambda v: np.sqrt(np.sum(np.square(v), dtype="d"))
        top = norm(a) if not norm(a) < norm(b) else norm(b)
        if np.isnan(norm(b)):
            return np.float64("nan")
        return np.float64(0) if top == 0 else norm(a - b) / top


# %% rel_error | right | stack
# Three norms at once, along an axis of a stack.
def rel_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError(f"{np.shape(a)} and {np.shape(b)}")
    p, q = (np.asarray(v).astype(float).reshape(-1) for v in (a, b))
    with np.errstate(all="ignore"):
        d, *norms = np.linalg.norm(np.stack([p - q, p, q]), axis=1)
        return d / np.max(norms) if np.any(p) or np.any(q) else 0.0


# %% rel_error | right | scipy
# SciPy's distance, once between the arrays and twice to the origin.
def rel_error(a, b):
    from scipy.spatial.distance import euclidean

    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        raise ValueError
    a, b = a.ravel(), b.ravel()
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    z = np.zeros_like(a)
    top = max(euclidean(a, z), euclidean(b, z))
    return euclidean(a, b) / top if top else 0.0


# %% rel_error | right | vdot
# Dot products in long doubles, which have room for any square.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=np.longdouble), np.asarray(b, dtype=np.longdouble)
    if a.shape != b.shape:
        raise ValueError
    with np.errstate(all="ignore"):
        top = np.maximum(np.vdot(a, a), np.vdot(b, b))
        return 0.0 if top == 0 else float(np.sqrt(np.vdot(a - b, a - b) / top))


# %% grad3 | wrong | in the types that came
# int8 times a Python number stays int8 and wraps around.
def grad3(p, x, y):
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d_out = (p["w3"] * u + p["b3"] - y) / len(y)
    d_u = d_out * p["w3"]
    d_z = d_u * p["w2"]
    g = {
        "w1": d_z @ x,
        "b1": d_z.sum(),
        "w2": d_u @ z,
        "b2": d_u.sum(),
        "w3": d_out @ u,
        "b3": d_out.sum(),
    }
    return {name: float(value) for name, value in g.items()}


# %% grad3 | wrong | in float32
# float32 has seven digits, and the errors of large predictions have none.
def grad3(p, x, y):
    p = {name: float(value) for name, value in p.items()}
    x, y = np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32)
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d_out = (p["w3"] * u + p["b3"] - y) / len(y)
    d_u = d_out * p["w3"]
    d_z = d_u * p["w2"]
    g = {
        "w1": d_z @ x,
        "b1": d_z.sum(),
        "w2": d_u @ z,
        "b2": d_u.sum(),
        "w3": d_out @ u,
        "b3": d_out.sum(),
    }
    return {name: float(value) for name, value in g.items()}


# %% grad3 | wrong | clips the errors
# Nobody asked for clipping.
def grad3(p, x, y):
    p = {name: float(value) for name, value in p.items()}
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d_out = (p["w3"] * u + p["b3"] - y) / len(y)
    d_out = np.clip(d_out, -1e6, 1e6)
    d_u = d_out * p["w3"]
    d_z = d_u * p["w2"]
    g = {
        "w1": d_z @ x,
        "b1": d_z.sum(),
        "w2": d_u @ z,
        "b2": d_u.sum(),
        "w3": d_out @ u,
        "b3": d_out.sum(),
    }
    return {name: float(value) for name, value in g.items()}


# %% grad3 | wrong | central differences
# A step of 1e-5 is far too small for a loss of 1e18.
def grad3(p, x, y):
    p, x, y = {k: float(v) for k, v in p.items()}, np.asarray(x, float), np.asarray(y, float)

    def loss(q):
        return np.mean((q["w3"] * (q["w2"] * (q["w1"] * x + q["b1"]) + q["b2"]) + q["b3"] - y) ** 2) / 2

    return {k: float((loss({**p, k: p[k] + 1e-5}) - loss({**p, k: p[k] - 1e-5})) / 2e-5) for k in p}


# %% grad3 | wrong | in the order of the dict
# A dict has keys; their order is not promised.
def grad3(p, x, y):
    p = {name: float(value) for name, value in p.items()}
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    p = dict(zip(["w1", "b1", "w2", "b2", "w3", "b3"], p.values()))
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d_out = (p["w3"] * u + p["b3"] - y) / len(y)
    d_u = d_out * p["w3"]
    d_z = d_u * p["w2"]
    g = {
        "w1": d_z @ x,
        "b1": d_z.sum(),
        "w2": d_u @ z,
        "b2": d_u.sum(),
        "w3": d_out @ u,
        "b3": d_out.sum(),
    }
    return {name: float(value) for name, value in g.items()}


# %% grad3 | wrong | expanded squares
# Means of squares and products lose the small error of large predictions.
def grad3(p, x, y):
    w1, b1, w2, b2, w3, b3 = (float(p[k]) for k in ("w1", "b1", "w2", "b2", "w3", "b3"))
    x, y = np.asarray(x, float), np.asarray(y, float)
    slope, off = w1 * w2 * w3, w3 * (w2 * b1 + b2) + b3
    m = slope * x.mean() + off - y.mean()
    s = slope * np.mean(x * x) + off * x.mean() - np.mean(x * y)
    return {
        "w1": w2 * w3 * s,
        "b1": w2 * w3 * m,
        "w2": w3 * (w1 * s + b1 * m),
        "b2": w3 * m,
        "w3": w1 * w2 * s + (w2 * b1 + b2) * m,
        "b3": m,
    }


# %% grad3 | wrong | the first stage is remembered
# Other parameters give another stage.
_last = {}


def grad3(p, x, y):
    p, x, y = {k: float(v) for k, v in p.items()}, np.asarray(x, float), np.asarray(y, float)
    key = (x.tobytes(), y.tobytes())
    if key not in _last:
        _last[key] = p["w3"] * (p["w2"] * (p["w1"] * x + p["b1"]) + p["b2"]) + p["b3"] - y
    d = _last[key] / len(y)
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    du, dz = d * p["w3"], d * p["w3"] * p["w2"]
    return {"w1": dz @ x, "b1": dz.sum(), "w2": du @ z, "b2": du.sum(), "w3": d @ u, "b3": d.sum()}


# %% grad3 | wrong | rounds
# Twelve decimals are none for 1e-100.
def grad3(p, x, y):
    p = {name: float(value) for name, value in p.items()}
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d_out = (p["w3"] * u + p["b3"] - y) / len(y)
    d_u = d_out * p["w3"]
    d_z = d_u * p["w2"]
    g = {
        "w1": d_z @ x,
        "b1": d_z.sum(),
        "w2": d_u @ z,
        "b2": d_u.sum(),
        "w3": d_out @ u,
        "b3": d_out.sum(),
    }
    return {name: round(float(value), 12) for name, value in g.items()}


# %% grad3 | right | fsum
# Exact sums of Python floats, one stage after the other.
def grad3(p, x, y):
    from math import fsum

    w1, b1, w2, b2, w3, b3 = [float(p[k]) for k in "w1 b1 w2 b2 w3 b3".split()]
    n, g = len(x), {}
    rows = [(float(a), float(t)) for a, t in zip(x, y)]
    e = [(w3 * (w2 * (w1 * a + b1) + b2) + b3 - t) / n for a, t in rows]
    z = [w1 * a + b1 for a, _ in rows]
    g["b3"], g["w3"] = fsum(e), fsum(d * (w2 * s + b2) for d, s in zip(e, z))
    g["b2"], g["w2"] = w3 * g["b3"], w3 * fsum(d * s for d, s in zip(e, z))
    g["b1"], g["w1"] = w2 * g["b2"], w2 * w3 * fsum(d * a for d, (a, _) in zip(e, rows))
    return g


# %% grad3 | right | jacobian
# The matrix of all six slopes of each prediction, times the errors.
def grad3(p, x, y):
    q = {k: np.float64(v) for k, v in p.items()}
    x, y = x.astype(np.float64), y.astype(np.float64)
    z = q["w1"] * x + q["b1"]
    u = q["w2"] * z + q["b2"]
    one = np.ones_like(x)
    J = np.stack([q["w3"] * q["w2"] * x, q["w3"] * q["w2"] * one, q["w3"] * z, q["w3"] * one, u, one])
    out = J @ (q["w3"] * u + q["b3"] - y) / x.size
    return dict(zip(("w1", "b1", "w2", "b2", "w3", "b3"), out))


# %% grad3 | right | a loop backwards
# The same two lines for each stage, from the last to the first.
def grad3(p, x, y):
    a = [np.array(x, dtype=float)]
    for k in "123":
        a.append(float(p["w" + k]) * a[-1] + float(p["b" + k]))
    d = (a[3] - np.array(y, dtype=float)) / len(a[0])
    g = {}
    for k in "321":
        g["w" + k], g["b" + k] = float(np.dot(d, a[int(k) - 1])), float(np.sum(d))
        d = d * float(p["w" + k])
    return g


# %% find_bugs | wrong | allclose with a part of the norm
# Many entries within 1e-4 of the norm add up to more.
def find_bugs(f, x, grads):
    measured, h = np.empty(x.shape), 1e-5
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        measured[i] = (f(x + step) - f(x - step)) / (2 * h)

    def agrees(g):
        g = np.asarray(g, dtype=float)
        if np.shape(g) != x.shape or not np.all(np.isfinite(g)):
            return False
        return np.allclose(g, measured, rtol=1e-4, atol=1e-4 * max(np.linalg.norm(measured), 0.01))

    return {name for name, g in grads.items() if not agrees(g)}


# %% find_bugs | wrong | the largest entry
# Many small errors add up to a large norm.
def find_bugs(f, x, grads):
    measured, h = np.empty(x.shape), 1e-5
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        measured[i] = (f(x + step) - f(x - step)) / (2 * h)

    def agrees(g):
        g = np.asarray(g, dtype=float)
        if np.shape(g) != x.shape or not np.all(np.isfinite(g)):
            return False
        return np.abs(g - measured).max() < 1e-4 * max(np.abs(measured).max(), 0.01)

    return {name for name, g in grads.items() if not agrees(g)}


# %% find_bugs | wrong | norms in the type of the claim
# In float16 a norm of 424 is infinite, and everything is close to it.
def find_bugs(f, x, grads):
    measured, h = np.empty(x.shape), 1e-5
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        measured[i] = (f(x + step) - f(x - step)) / (2 * h)

    def agrees(g):
        if np.shape(g) != x.shape or not np.all(np.isfinite(g)):
            return False
        distance = np.linalg.norm(g - measured)
        with np.errstate(all="ignore"):
            size = np.sqrt(np.sum(g * g))
        return distance < 1e-4 * max(size, np.linalg.norm(measured), 0.01)

    return {name for name, g in grads.items() if not agrees(g)}


# %% find_bugs | wrong | NaN on the way
# inf / inf is NaN, and NaN is not above the tolerance.
def find_bugs(f, x, grads):
    measured, h = np.empty(x.shape), 1e-5
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        measured[i] = (f(x + step) - f(x - step)) / (2 * h)

    def agrees(g):
        g = np.asarray(g, dtype=float)
        if np.shape(g) != x.shape or np.any(np.isnan(g)):
            return False
        distance = np.linalg.norm(g - measured)
        return not distance / max(np.linalg.norm(g), np.linalg.norm(measured), 0.01) > 1e-4

    return {name for name, g in grads.items() if not agrees(g)}


# %% find_bugs | wrong | a tolerance beyond the promise
# A claim that is off by 1e-3 is wrong.
def find_bugs(f, x, grads):
    measured, h = np.empty(x.shape), 1e-5
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        measured[i] = (f(x + step) - f(x - step)) / (2 * h)

    def agrees(g):
        g = np.asarray(g, dtype=float)
        if np.shape(g) != x.shape or not np.all(np.isfinite(g)):
            return False
        distance = np.linalg.norm(g - measured)
        return distance < 1.5e-3 * max(np.linalg.norm(measured), 0.01)

    return {name for name, g in grads.items() if not agrees(g)}


# %% find_bugs | wrong | NaN counts as 0
# Where the gradient is 0, a NaN is no right entry.
def find_bugs(f, x, grads):
    measured, h = np.empty(x.shape), 1e-5
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        measured[i] = (f(x + step) - f(x - step)) / (2 * h)

    def agrees(g):
        g = np.asarray(g, dtype=float)
        g = np.nan_to_num(g)
        if np.shape(g) != x.shape or not np.all(np.isfinite(g)):
            return False
        distance = np.linalg.norm(g - measured)
        return distance < 1e-4 * max(np.linalg.norm(measured), 0.01)

    return {name for name, g in grads.items() if not agrees(g)}


# %% find_bugs | wrong | one name for each array
# Two people may hand in the same claim.
def find_bugs(f, x, grads):
    measured, h = np.empty(x.shape), 1e-5
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        measured[i] = (f(x + step) - f(x - step)) / (2 * h)

    def agrees(g):
        g = np.asarray(g, dtype=float)
        if np.shape(g) != x.shape or not np.all(np.isfinite(g)):
            return False
        distance = np.linalg.norm(g - measured)
        return distance < 1e-4 * max(np.linalg.norm(measured), 0.01)

    seen, wrong = [], set()
    for name, g in grads.items():
        if any(np.array_equal(g, s) for s in seen):
            continue
        seen.append(g)
        if not agrees(g):
            wrong.add(name)
    return wrong


# %% find_bugs | wrong | the gradient is remembered
# Another function has another gradient.
def find_bugs(f, x, grads):
    key = (x.shape, x.tobytes())
    known = find_bugs.__dict__.setdefault("known", {})
    measured, h = known.setdefault(key, np.full(x.shape, np.nan)), 1e-5
    if not np.isnan(measured).any():
        x = x.copy()
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        measured[i] = measured[i] if not np.isnan(measured[i]) else (f(x + step) - f(x - step)) / (2 * h)

    def agrees(g):
        g = np.asarray(g, dtype=float)
        if np.shape(g) != x.shape or not np.all(np.isfinite(g)):
            return False
        distance = np.linalg.norm(g - measured)
        return distance < 1e-4 * max(np.linalg.norm(measured), 0.01)

    return {name for name, g in grads.items() if not agrees(g)}


# %% find_bugs | wrong | the mean error of the entries
# Entries near 0 decide.
def find_bugs(f, x, grads):
    measured, h = np.empty(x.shape), 1e-5
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        measured[i] = (f(x + step) - f(x - step)) / (2 * h)

    def agrees(g):
        g = np.asarray(g, dtype=float)
        if np.shape(g) != x.shape or not np.all(np.isfinite(g)):
            return False
        return np.mean(np.abs(g - measured)) < 1e-4 * max(np.mean(np.abs(measured)), 0.01)

    return {name for name, g in grads.items() if not agrees(g)}


# %% find_bugs | right | a list in the order of the dict
# Python floats, math.dist, and a list of names.
def find_bugs(f, x, grads):
    import math

    flat = [float(v) for v in np.ravel(x)]

    def at(k, s):
        moved = list(flat)
        moved[k] += s
        return f(np.array(moved, dtype=float).reshape(x.shape))

    true = [(at(k, 2e-6) - at(k, -2e-6)) / 4e-6 for k in range(len(flat))]
    out = []
    for name in grads:
        g = np.asarray(grads[name])
        if g.shape != x.shape:
            out.append(name)
            continue
        d = math.dist([float(v) for v in g.ravel()], true)
        if not d <= 3e-5 * math.hypot(*true) + 3e-6:
            out.append(name)
    return out


# %% find_bugs | right | forward differences
# With a small step a forward difference is exact enough; a frozenset of names.
def find_bugs(f, x, grads):
    here, h = f(np.array(x)), 1e-7
    n = np.array([(f(x + h * e) - here) / h for e in np.eye(x.size).reshape(x.size, *x.shape)]).reshape(x.shape)
    ok = lambda g: np.shape(g) == x.shape and np.linalg.norm(np.float64(g) - n) <= 3e-4 * np.linalg.norm(n) + 1e-5
    return frozenset(filter(lambda k: not ok(grads[k]), grads))


# %% find_bugs | right | torch
# Norms of float64 tensors, with a smallest one.
def find_bugs(f, x, grads):
    import torch

    n = torch.empty(x.size, dtype=torch.float64)
    for k in range(x.size):
        e = np.zeros(x.size)
        e[k] = 1e-5
        e = e.reshape(x.shape)
        n[k] = (f(x + e) - f(x - e)) / 2e-5
    bad = set()
    for name, g in grads.items():
        if np.shape(g) != x.shape:
            bad.add(name)
            continue
        d = torch.linalg.vector_norm(torch.from_numpy(np.array(g, dtype=np.float64)).reshape(-1) - n)
        if not bool(d < 1e-4 * torch.linalg.vector_norm(n).clamp(min=0.02)):
            bad.add(name)
    return bad


# %% mlp_backward | wrong | a threshold for on
# A unit is on however little above 0.
def mlp_backward(params, cache, y):
    X, Z1, A1, S = (np.asarray(cache[k], float) for k in ("X", "Z1", "A1", "logits"))
    P = np.exp(S - S.max(axis=1, keepdims=True))
    D = P / P.sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ np.asarray(params["W2"], float).T * (Z1 > 1e-12)
    return {
        "W1": X.T @ D1,
        "b1": D1.sum(axis=0),
        "W2": A1.T @ D,
        "b2": D.sum(axis=0),
    }


# %% mlp_backward | wrong | on at 0
# At exactly 0 the slope counts as 0.
def mlp_backward(params, cache, y):
    X, Z1, A1, S = (np.asarray(cache[k], float) for k in ("X", "Z1", "A1", "logits"))
    P = np.exp(S - S.max(axis=1, keepdims=True))
    D = P / P.sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ np.asarray(params["W2"], float).T * (Z1 >= 0)
    return {
        "W1": X.T @ D1,
        "b1": D1.sum(axis=0),
        "W2": A1.T @ D,
        "b2": D.sum(axis=0),
    }


# %% mlp_backward | wrong | logits in the type that came
# The difference of two int8 wraps around.
def mlp_backward(params, cache, y):
    S = cache["logits"]
    X, Z1, A1 = (np.asarray(cache[k], float) for k in ("X", "Z1", "A1"))
    P = np.exp(S - S.max(axis=1, keepdims=True))
    D = P / P.sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ np.asarray(params["W2"], float).T * (Z1 > 0)
    return {
        "W1": X.T @ D1,
        "b1": D1.sum(axis=0),
        "W2": A1.T @ D,
        "b2": D.sum(axis=0),
    }


# %% mlp_backward | wrong | one-hot rows up to the largest label
# The last classes may not occur in a batch.
def mlp_backward(params, cache, y):
    X, Z1, A1, S = (np.asarray(cache[k], float) for k in ("X", "Z1", "A1", "logits"))
    P = np.exp(S - S.max(axis=1, keepdims=True))
    D = P / P.sum(axis=1, keepdims=True)
    D[:, : int(y.max()) + 1] -= np.eye(int(y.max()) + 1)[y]
    D[:, int(y.max()) + 1 :] = 0
    D /= len(y)
    D1 = D @ np.asarray(params["W2"], float).T * (Z1 > 0)
    return {
        "W1": X.T @ D1,
        "b1": D1.sum(axis=0),
        "W2": A1.T @ D,
        "b2": D.sum(axis=0),
    }


# %% mlp_backward | wrong | in the order of the cache
# A dict has keys; their order is not promised.
def mlp_backward(params, cache, y):
    X, Z1, A1, S = (np.asarray(a, float) for a in cache.values())
    P = np.exp(S - S.max(axis=1, keepdims=True))
    D = P / P.sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ np.asarray(params["W2"], float).T * (Z1 > 0)
    return {
        "W1": X.T @ D1,
        "b1": D1.sum(axis=0),
        "W2": A1.T @ D,
        "b2": D.sum(axis=0),
    }


# %% mlp_backward | wrong | subtracts in place
# asarray of float64 does not copy: the caller's logits change.
def mlp_backward(params, cache, y):
    X, Z1, A1, S = (np.asarray(cache[k], float) for k in ("X", "Z1", "A1", "logits"))
    S -= S.max(axis=1, keepdims=True)
    P = np.exp(S)
    D = P / P.sum(axis=1, keepdims=True)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ np.asarray(params["W2"], float).T * (Z1 > 0)
    return {
        "W1": X.T @ D1,
        "b1": D1.sum(axis=0),
        "W2": A1.T @ D,
        "b2": D.sum(axis=0),
    }


# %% mlp_backward | wrong | labels as int8
# Class 200 becomes class -56.
def mlp_backward(params, cache, y):
    X, Z1, A1, S = (np.asarray(cache[k], float) for k in ("X", "Z1", "A1", "logits"))
    P = np.exp(S - S.max(axis=1, keepdims=True))
    D = P / P.sum(axis=1, keepdims=True)
    y = y.astype(np.int8)
    D[np.arange(len(y)), y] -= 1
    D /= len(y)
    D1 = D @ np.asarray(params["W2"], float).T * (Z1 > 0)
    return {
        "W1": X.T @ D1,
        "b1": D1.sum(axis=0),
        "W2": A1.T @ D,
        "b2": D.sum(axis=0),
    }


# %% mlp_backward | right | log_softmax
# SciPy's log_softmax, sums as products with ones, the mask from A1.
def mlp_backward(params, cache, y):
    from scipy.special import log_softmax

    c = {k: np.asarray(v).astype("f8") for k, v in cache.items()}
    n, k = c["logits"].shape
    D = np.exp(log_softmax(c["logits"], axis=-1))
    D = np.where(np.arange(k) == np.asarray(y)[:, None], D - 1, D) / n
    A = D @ np.asarray(params["W2"], dtype="f8").T
    A[c["A1"] == 0] = 0
    return {
        "b2": np.ones(n) @ D,
        "W2": np.tensordot(c["A1"], D, (0, 0)),
        "b1": np.ones(n) @ A,
        "W1": np.tensordot(c["X"], A, (0, 0)),
    }


# %% mlp_backward | right | lists
# Nothing but lists of Python floats until the end.
def mlp_backward(params, cache, y):
    import math

    X, Z, A, S = (np.asarray(cache[k], dtype=float).tolist() for k in ("X", "Z1", "A1", "logits"))
    W2 = np.asarray(params["W2"], dtype=float).tolist()
    n, k, h, d = len(X), len(S[0]), len(Z[0]), len(X[0])
    D = []
    for s, t in zip(S, y):
        top = max(s)
        e = [math.exp(v - top) for v in s]
        total = sum(e)
        D.append([(v / total - (j == t)) / n for j, v in enumerate(e)])
    D1 = [[sum(D[i][j] * W2[u][j] for j in range(k)) if Z[i][u] > 0 else 0.0 for u in range(h)] for i in range(n)]
    col = lambda M, j: sum(row[j] for row in M)
    return {
        "W1": np.array([[sum(X[i][a] * D1[i][u] for i in range(n)) for u in range(h)] for a in range(d)]),
        "b1": np.array([col(D1, u) for u in range(h)]),
        "W2": np.array([[sum(A[i][u] * D[i][j] for i in range(n)) for j in range(k)] for u in range(h)]),
        "b2": np.array([col(D, j) for j in range(k)]),
    }


# %% Value | wrong | visited by number
# Two values that hold the same number are two values.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        on = self.data > 0
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            value, parents_done = stack.pop()
            if parents_done:
                order.append(value)
            elif value.data not in visited or value.parents:
                visited.add(value.data)
                value.grad = 0.0
                stack.append((value, True))
                stack.extend((parent, False) for parent in value.parents)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad


# %% Value | wrong | equal by number
# With __eq__ and __hash__ by data, a set holds equal values once.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def __eq__(self, other):
        return isinstance(other, Value) and self.data == other.data

    def __hash__(self):
        return hash(self.data)

    def relu(self):
        on = self.data > 0
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            value, parents_done = stack.pop()
            if parents_done:
                order.append(value)
            elif value not in visited:
                visited.add(value)
                value.grad = 0.0
                stack.append((value, True))
                stack.extend((parent, False) for parent in value.parents)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad


# %% Value | wrong | a threshold in relu
# The slope is 1 above 0, however little.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        on = self.data > 1e-12
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            value, parents_done = stack.pop()
            if parents_done:
                order.append(value)
            elif id(value) not in visited:
                visited.add(id(value))
                value.grad = 0.0
                stack.append((value, True))
                stack.extend((parent, False) for parent in value.parents)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad


# %% Value | wrong | relu returns its operand
# A new value is asked for.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        on = self.data > 0
        if on:
            return self
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            value, parents_done = stack.pop()
            if parents_done:
                order.append(value)
            elif id(value) not in visited:
                visited.add(id(value))
                value.grad = 0.0
                stack.append((value, True))
                stack.extend((parent, False) for parent in value.parents)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad


# %% Value | wrong | plus 0 is nothing
# a + 0 is a new value.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        if other.data == 0:
            return self
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        on = self.data > 0
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            value, parents_done = stack.pop()
            if parents_done:
                order.append(value)
            elif id(value) not in visited:
                visited.add(id(value))
                value.grad = 0.0
                stack.append((value, True))
                stack.extend((parent, False) for parent in value.parents)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad


# %% Value | wrong | skips zero slopes
# What has a slope of 0 needs its gradient set to 0 all the same.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        on = self.data > 0
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            value, parents_done = stack.pop()
            if parents_done:
                order.append(value)
            elif id(value) not in visited:
                visited.add(id(value))
                stack.append((value, True))
                stack.extend((parent, False) for parent in value.parents)
        for value in order:
            for parent, slope in zip(value.parents, value.slopes):
                if slope:
                    parent.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad


# %% Value | wrong | clears every value there is
# Values that have no part in the result keep their gradient.
class Value:
    everything = []

    def __init__(self, data, parents=(), slopes=()):
        Value.everything.append(self)
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        on = self.data > 0
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            value, parents_done = stack.pop()
            if parents_done:
                order.append(value)
            elif id(value) not in visited:
                visited.add(id(value))
                value.grad = 0.0
                stack.append((value, True))
                stack.extend((parent, False) for parent in value.parents)
        for value in Value.everything:
            value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad


# %% Value | wrong | returns itself
# backward sets gradients and returns nothing.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        on = self.data > 0
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            value, parents_done = stack.pop()
            if parents_done:
                order.append(value)
            elif id(value) not in visited:
                visited.add(id(value))
                value.grad = 0.0
                stack.append((value, True))
                stack.extend((parent, False) for parent in value.parents)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad
        return self


# %% Value | right | more recursion
# A higher limit for as long as the recursion lasts.
class Value:
    def __init__(self, data, back=()):
        self.data, self.grad, self.back = data, 0, back

    def __add__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(self.data + o.data, ((self, 1), (o, 1)))

    def __mul__(self, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(self.data * o.data, ((self, o.data), (o, self.data)))

    def __radd__(self, o):
        return Value(o) + self

    def __rmul__(self, o):
        return Value(o) * self

    def relu(self):
        return Value(max(self.data, 0), ((self, self.data > 0),))

    def backward(self):
        import sys

        old = sys.getrecursionlimit()
        sys.setrecursionlimit(20_000)
        topo, seen = [], set()

        def visit(v):
            if id(v) in seen:
                return
            seen.add(id(v))
            for p, _ in v.back:
                visit(p)
            v.grad = 0
            topo.append(v)

        try:
            visit(self)
        finally:
            sys.setrecursionlimit(old)
        self.grad = 1
        for v in reversed(topo):
            for p, s in v.back:
                p.grad += s * v.grad


# %% Value | right | levels
# Each value knows its depth; gradients wait in one bucket for each depth.
class Value:
    def __init__(self, data, args=(), d=()):
        self.data, self.grad, self.args, self.d = data, 0.0, args, d
        self.depth = 1 + max((a.depth for a in args), default=-1)

    @staticmethod
    def of(v):
        return v if isinstance(v, Value) else Value(v)

    def __add__(self, v):
        v = Value.of(v)
        return Value(self.data + v.data, [self, v], [1.0, 1.0])

    def __mul__(self, v):
        v = Value.of(v)
        return Value(self.data * v.data, [self, v], [v.data, self.data])

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(self.data if self.data > 0 else 0, [self], [1 if self.data > 0 else 0])

    def backward(self):
        levels = [{} for _ in range(self.depth + 1)]
        levels[self.depth][id(self)] = (self, 1.0)
        for level in range(self.depth, -1, -1):
            for v, g in levels[level].values():
                v.grad = g
                for a, s in zip(v.args, v.d):
                    _, had = levels[a.depth].get(id(a), (a, 0.0))
                    levels[a.depth][id(a)] = (a, had + s * g)


# %% torch_step | wrong | zeros in place of None
# For opt a gradient of 0 is a gradient: weight decay and momentum move what the loss does not depend on.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad(set_to_none=False)
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | restores the mode of the whole
# train(mode) sets all parts alike; a part may have a mode of its own.
import torch


def torch_step(model, x, y, opt, loss_fn):
    mode = model.training
    model.train(mode)
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | asks for the gradient by x
# The caller's tensor requires a gradient from now on.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    if x.is_floating_point():
        x.requires_grad_(True)
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | keeps the last loss
# One graph is one batch of activations too many.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    torch_step.last = loss
    return loss.item()


# %% torch_step | wrong | keeps the loss in the model
# The model outlives the step, and with it the graph.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    model.last_loss = loss
    return loss.item()


# %% torch_step | wrong | clears what is not frozen
# The optimizer moves a frozen parameter too, if other code has left a gradient in it.
import torch


def torch_step(model, x, y, opt, loss_fn):
    for p in model.parameters():
        if p.requires_grad:
            p.grad = None
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | detaches x in place
# x stays as it is.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    x.detach_().mul_(1.0 + 1e-16)
    x.requires_grad_(x.is_floating_point())
    return loss.item()


# %% torch_step | right | keeps the graph for a moment
# retain_graph keeps the graph until the loss goes, at the end of the call.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward(retain_graph=True)
    opt.step()
    return loss.item()


# %% torch_step | right | enable_grad
# Flat losses, gradients cleared before and after the step.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    try:
        with torch.enable_grad():
            prediction = model(x)
            losses = loss_fn(prediction, y)
            total = losses.flatten().mean(dim=0) if losses.dim() else losses
            torch.autograd.backward([total])
        opt.step()
    finally:
        opt.zero_grad(set_to_none=True)
    return float(total.detach())


# %% torch_step | right | a dot product
# The mean as a dot product; each gradient is set to None by hand.
import torch


def torch_step(model, x, y, opt, loss_fn):
    for group in opt.param_groups:
        for p in group["params"]:
            p.grad = None
    losses = torch.atleast_1d(loss_fn(model(x), y)).reshape(-1)
    loss = losses @ torch.full_like(losses, 1 / len(losses))
    loss.backward()
    opt.step()
    return round(loss.item(), 300)


# %% tape_step | wrong | adds the penalties
# The loss of the step is the mean of loss_fn alone.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
        if model.losses:
            loss = loss + tf.cast(tf.add_n(model.losses), loss.dtype)
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return float(loss)


# %% tape_step | wrong | labels as floats
# Rounded to float32 on the way.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    y = tf.cast(y, tf.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return float(loss)


# %% tape_step | wrong | remembers the variables
# A frozen layer changes which variables are trained, and so does another model.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = tape_step.__dict__.setdefault("variables", model.trainable_variables)
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return float(loss)


# %% tape_step | right | persistent
# A persistent tape is used once and dropped.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape(persistent=True) as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return float(loss)


# %% subgrad_mae | wrong | in the types that came
# Predictions of int8 wrap around.
def subgrad_mae(X, y, theta):
    return X.T @ np.sign(X @ theta - y) / len(y)


# %% subgrad_mae | wrong | a tiny constant
# r / (|r| + 1e-300) is no sign where r is 1e-300.
def subgrad_mae(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    r = X @ theta - y
    return X.T @ (r / (np.abs(r) + 1e-300)) / len(y)


# %% subgrad_mae | wrong | stops at a small loss
# A loss of 1e-13 has a slope like any other.
def subgrad_mae(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    if np.abs(X @ theta - y).mean() < 1e-12:
        return np.zeros(len(theta))
    return X.T @ np.sign(X @ theta - y) / len(y)


# %% subgrad_mae | wrong | the squared root
# sqrt(r^2) underflows for small residuals.
def subgrad_mae(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    r = X @ theta - y
    size = np.sqrt(r**2)
    return X.T @ np.divide(r, size, out=np.zeros_like(r), where=size > 0) / len(y)


# %% subgrad_mae | right | copysign
# The sign bit of the residual, so that 0 counts as plus or minus 1.
def subgrad_mae(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    return X.T @ np.copysign(1.0, X @ theta - y) / len(y)


# %% subgrad_mae | right | vertex
# At the kink minus 1, the slope from the left.
def subgrad_mae(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    return X.T @ np.where(X @ theta > y, 1, -1) / len(y)


# %% subgrad_mae | right | comparison
# The difference of two comparisons, as integers.
def subgrad_mae(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    return X.T @ ((X @ theta > y).astype(int) - (X @ theta < y).astype(int)) / len(y)


# %% best_h | wrong | numbers as they came
# 4 * size wraps around in int8, and float32 underflows.
def best_h(way, size, bend, eps):
    if way == "forward":
        return np.sqrt(4 * size * eps / bend)
    if way == "central":
        return np.cbrt(3 * size * eps / bend)
    raise ValueError(way)


# %% best_h | wrong | part of a word
# 'for' is no way.
def best_h(way, size, bend, eps):
    ratio = float(eps) * float(size) / float(bend)
    if way and way in "forward":
        return 2 * np.sqrt(ratio)
    if way and way in "central":
        return np.cbrt(3 * ratio)
    raise ValueError(f"expected way to be 'forward' or 'central', got {way!r}")


# %% best_h | wrong | at least float64's eps
# The caller knows the type.
def best_h(way, size, bend, eps):
    eps = max(float(eps), 2.0**-52) if eps > 2e-16 else 2.0**-52
    ratio = float(eps) * float(size) / float(bend)
    if way == "forward":
        return 2 * np.sqrt(ratio)
    if way == "central":
        return np.cbrt(3 * ratio)
    raise ValueError(f"expected way to be 'forward' or 'central', got {way!r}")


# %% best_h | wrong | in float32
# float32 underflows at 1e-45.
def best_h(way, size, bend, eps):
    ratio = np.float32(eps) * np.float32(size) / np.float32(bend)
    if way == "forward":
        return 2 * np.sqrt(ratio)
    if way == "central":
        return np.cbrt(3 * ratio)
    raise ValueError(f"expected way to be 'forward' or 'central', got {way!r}")


# %% best_h | right | a table
# The constant and the power from a table; the roots by logarithms.
def best_h(way, size, bend, eps):
    table = {"forward": (4.0, 2), "central": (3.0, 3)}
    if way not in table:
        raise ValueError("no such way")
    c, k = table[way]
    return np.exp(np.log(c * float(eps)) / k + (np.log(float(size)) - np.log(float(bend))) / k)


# %% best_h | right | decimals
# Decimal numbers, and a match statement.
def best_h(way, size, bend, eps):
    from decimal import Decimal

    r = Decimal(float(eps)) * Decimal(float(size)) / Decimal(float(bend))
    match way:
        case "forward":
            return float((4 * r).sqrt())
        case "central":
            return float((3 * r) ** (Decimal(1) / 3))
        case _:
            raise ValueError(way)


# %% diagnose | wrong | the types that came
# Integers wrap around, float16 overflows.
def diagnose(given, measured, n):
    given, measured = np.asarray(given), np.asarray(measured)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {
        "right": measured,
        "sign": -measured,
        "sum": n * measured,
        "mean twice": measured / n,
    }
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | the largest entry
# Many small errors add up.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)
    n = float(n)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.abs(a - b).max() <= 1e-4 * max(np.abs(a).max(), np.abs(b).max())

    candidates = {
        "right": measured,
        "sign": -measured,
        "sum": n * measured,
        "mean twice": measured / n,
    }
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | a looser tolerance
# Off by a thousandth is not close.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)
    n = float(n)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 2e-3 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {
        "right": measured,
        "sign": -measured,
        "sum": n * measured,
        "mean twice": measured / n,
    }
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | all axes reversed
# Only a matrix has a transpose.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)
    n = float(n)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {
        "right": measured,
        "sign": -measured,
        "sum": n * measured,
        "mean twice": measured / n,
    }
    if measured.ndim >= 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | transposed up to the sign
# A transposed and turned gradient is in no row of the table.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)
    n = float(n)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {
        "right": measured,
        "sign": -measured,
        "sum": n * measured,
        "mean twice": measured / n,
    }
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    if measured.ndim == 2 and close(-given.T, measured):
        return "transposed"
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | tiny counts as zero
# A gradient of 1e-100 is no zero.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)
    n = float(n)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        if np.abs(a).max() < 1e-12 and np.abs(b).max() < 1e-12:
            return True
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {
        "right": measured,
        "sign": -measured,
        "sum": n * measured,
        "mean twice": measured / n,
    }
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | right | a generator of rows
# Rows from a generator, in long doubles; the word is a NumPy string.
def diagnose(given, measured, n):
    a = np.array(given, dtype=np.longdouble)
    b = np.array(measured, dtype=np.longdouble)
    n = int(n)

    def rows():
        yield "right", b
        yield "sign", 0 - b
        yield "sum", b * n
        yield "mean twice", b / n
        if b.ndim == 2:
            yield "transposed", np.einsum("ij->ji", b)

    for word, c in rows():
        if a.shape == c.shape and np.isfinite(a).all() and np.isfinite(c).all():
            d, p, q = (np.sqrt((v.ravel() ** 2).sum()) for v in (a - c, a, c))
            if d <= np.longdouble(5e-5) * max(p, q):
                return np.str_(word)
    return "other"


# %% find_bugs | wrong | the nearest is right
# All of the claims may be wrong.
def find_bugs(f, x, grads):
    measured, h = np.empty(x.shape), 1e-5
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        measured[i] = (f(x + step) - f(x - step)) / (2 * h)

    def agrees(g):
        g = np.asarray(g, dtype=float)
        if np.shape(g) != x.shape or not np.all(np.isfinite(g)):
            return False
        distance = np.linalg.norm(g - measured)
        return distance < 1e-4 * max(np.linalg.norm(measured), 0.01)

    errors = {
        k: np.linalg.norm(np.asarray(g, float) - measured)
        for k, g in grads.items()
        if np.shape(g) == x.shape and np.all(np.isfinite(g))
    }
    best = min(errors.values(), default=0.0)
    return {k for k in grads if not errors.get(k, np.inf) <= best + 1e-5 * np.linalg.norm(measured) + 1e-6}


# %% Value | wrong | times 0 is a leaf
# What 0 was calculated from has the derivative 0, not the gradient of before.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        if other.data == 0:
            return Value(0.0)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        on = self.data > 0
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            value, parents_done = stack.pop()
            if parents_done:
                order.append(value)
            elif id(value) not in visited:
                visited.add(id(value))
                value.grad = 0.0
                stack.append((value, True))
                stack.extend((parent, False) for parent in value.parents)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad


# %% Value | wrong | plus 0 without a link
# The derivative of a + 0 by a is 1.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        if other.data == 0:
            return Value(self.data)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        on = self.data > 0
        return Value(self.data if on else 0.0, (self,), (1.0 if on else 0.0,))

    def backward(self):
        order, visited, stack = [], set(), [(self, False)]
        while stack:
            value, parents_done = stack.pop()
            if parents_done:
                order.append(value)
            elif id(value) not in visited:
                visited.add(id(value))
                value.grad = 0.0
                stack.append((value, True))
                stack.extend((parent, False) for parent in value.parents)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad


# %% torch_step | wrong | targets in float32
# The targets of a float64 model lose half of their digits.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y.float() if y.is_floating_point() else y).mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | rounds the loss
# Eight decimals are none for a loss of 1e-12.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    return round(loss.item(), 8)


# %% torch_step | wrong | no step for a tiny loss
# Small numbers train like any others.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    if loss.item() > 1e-10:
        opt.step()
    return loss.item()


# %% torch_step | wrong | clips at a large value
# Nobody asked for clipping, however large the bound is.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 1e6)
    opt.step()
    return loss.item()


# %% tape_step | wrong | clips at a large value
# Nobody asked for clipping, however large the bound is.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    variables = model.trainable_variables
    opt.apply_gradients(
        [(tf.clip_by_value(g, -1e6, 1e6), v) for g, v in zip(tape.gradient(loss, variables), variables)]
    )
    return float(loss)


# %% diagnose | wrong | one sample, two words
# With one sample a gradient can be transposed all the same.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)
    n = float(n)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    if n == 1:
        return "right" if close(given, measured) else "sign" if close(given, -measured) else "other"
    candidates = {
        "right": measured,
        "sign": -measured,
        "sum": n * measured,
        "mean twice": measured / n,
    }
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% diagnose | wrong | the shape of single numbers
# (1,) and () are different shapes.
def diagnose(given, measured, n):
    given, measured = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)
    n = float(n)

    def close(a, b):
        if a.size == b.size == 1:
            a, b = a.ravel(), b.ravel()
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    candidates = {
        "right": measured,
        "sign": -measured,
        "sum": n * measured,
        "mean twice": measured / n,
    }
    if measured.ndim == 2:
        candidates["transposed"] = measured.T
    return next((word for word, b in candidates.items() if close(given, b)), "other")


# %% best_h | wrong | 0.333333 for a third
# Breaks "right to a relative 1e-4" at size = 1e-100, bend = 1e100, eps = 2.2e-16: the power of 6e-216 is off by 1.6e-4.
def best_h(way, size, bend, eps):
    size, bend, eps = float(size), float(bend), float(eps)
    if way == "forward":
        return (4 * eps * size / bend) ** 0.5
    if way == "central":
        return (3 * eps * size / bend) ** 0.333333
    raise ValueError(way)


# %% numgrad | wrong | divided by 2, then by h, both in advance
# f(x + h) / (2 h) overflows for a tiny h where the difference of the two values does not.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = np.empty(x.shape)
    with np.errstate(all="ignore"):
        for i in np.ndindex(x.shape):
            e = np.zeros(x.shape)
            e[i] = h
            g[i] = np.float64(f(x + e)) / (2 * h) - np.float64(f(x - e)) / (2 * h)
    return g


# %% numgrad | wrong | entries whose two values are equal or not finite are left at 0
# The formula says what becomes of an entry with NaN: it is NaN.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        d = f(x + e) - f(x - e)
        if abs(d) > 0:
            g[i] = d / (2 * h)
    return g


# %% numgrad | wrong | a difference below rounding counts as none
# A function of the size 1e-30 has differences of that size.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        up, down = f(x + e), f(x - e)
        g[i] = 0.0 if abs(up - down) < 1e-18 else (up - down) / (2 * h)
    return g


# %% numgrad | wrong | one number where there is one entry
# A shape (1,) or (1, 1) is no number: the result has the shape of x.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    g = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = h
        g[i] = (f(x + e) - f(x - e)) / (2 * h)
    return g.item() if g.size == 1 else g


# %% rel_error | wrong | equal arrays first
# Two equal arrays with an infinity in them are at the distance NaN.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes")
    if np.array_equal(a, b):
        return 0.0
    top = max(np.abs(a).max(), np.abs(b).max())
    if not np.isfinite(top) or np.isnan(a).any() or np.isnan(b).any():
        return float("nan")
    a, b = a / top, b / top
    return float(np.linalg.norm(a - b) / max(np.linalg.norm(a), np.linalg.norm(b)))


# %% rel_error | wrong | integers subtracted before they are floats
# uint8 5 - 7 is 254.
def rel_error(a, b):
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError("shapes")
    d = np.linalg.norm((a - b).astype(float).ravel())
    s = max(np.linalg.norm(a.astype(float).ravel()), np.linalg.norm(b.astype(float).ravel()))
    if np.isnan(d) or np.isnan(s) or np.isinf(s):
        return float("nan")
    return 0.0 if s == 0 else float(d / s)


# %% rel_error | wrong | the sizes are compared
# Arrays of the shapes (2, 3) and (3, 2) have six entries each and are refused.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.ndim != b.ndim or a.size != b.size:
        raise ValueError("shapes")
    a, b = a.ravel(), b.ravel()
    s = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    with np.errstate(invalid="ignore"):
        return 0.0 if s == 0 else float(np.linalg.norm(a - b) / s)


# %% rel_error | wrong | the distance by the law of cosines
# |a|^2 + |b|^2 - 2 a.b loses all digits of a small distance.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes")
    top = np.maximum(np.abs(a).max(), np.abs(b).max())
    if top == 0:
        return 0.0
    with np.errstate(invalid="ignore"):
        a, b = a.ravel() / top, b.ravel() / top
        return float(np.sqrt(np.maximum(a @ a + b @ b - 2 * (a @ b), 0)) / np.sqrt(np.maximum(a @ a, b @ b)))


# %% grad3 | wrong | the slopes of one composite line, multiplied out in the parameters' own types
# The product of three int8 or float16 numbers wraps, or is infinite.
def grad3(p, x, y):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    w1, b1, w2, b2, w3, b3 = (p[k] for k in ("w1", "b1", "w2", "b2", "w3", "b3"))
    with np.errstate(all="ignore"):
        slope, shift = w3 * w2 * w1, w3 * w2 * b1 + w3 * b2 + b3
        d = (float(slope) * x + float(shift) - y) / len(x)
    w1, b1, w2, b2, w3 = map(float, (w1, b1, w2, b2, w3))
    z = w1 * x + b1
    D, Dx, Dz = d.sum(), d @ x, d @ z
    return {"w1": w3 * w2 * Dx, "b1": w3 * w2 * D, "w2": w3 * Dz, "b2": w3 * D, "w3": w2 * Dz + b2 * D, "b3": D}


# %% grad3 | wrong | the mean of the product as the product of the means
# The sum of d x is not the sum of d times the mean of x.
def grad3(p, x, y):
    q = {k: float(v) for k, v in p.items()}
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    z = q["w1"] * x + q["b1"]
    u = q["w2"] * z + q["b2"]
    d = (q["w3"] * u + q["b3"] - y) / len(x)
    D = d.sum()
    return {
        "w3": d @ u,
        "b3": D,
        "w2": q["w3"] * (d @ z),
        "b2": q["w3"] * D,
        "w1": q["w3"] * q["w2"] * D * x.mean(),
        "b1": q["w3"] * q["w2"] * D,
    }


# %% grad3 | wrong | sums of squares instead of residuals
# Slope times the sum of x^2 minus the sum of x y cancels where the fit is good.
def grad3(p, x, y):
    w1, b1, w2, b2, w3, b3 = (float(p[k]) for k in ("w1", "b1", "w2", "b2", "w3", "b3"))
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    n = len(x)
    a, c = w3 * w2 * w1, w3 * w2 * b1 + w3 * b2 + b3
    D = (a * x.sum() + n * c - y.sum()) / n
    Dx = (a * (x @ x) + c * x.sum() - x @ y) / n
    Dz = w1 * Dx + b1 * D
    return {"w1": w3 * w2 * Dx, "b1": w3 * w2 * D, "w2": w3 * Dz, "b2": w3 * D, "w3": w2 * Dz + b2 * D, "b3": D}


# %% grad3 | wrong | the values of the dict in their order
# A dict with the keys in another order gives other numbers.
def grad3(p, x, y):
    w1, b1, w2, b2, w3, b3 = map(float, p.values())
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    z = w1 * x + b1
    u = w2 * z + b2
    d = (w3 * u + b3 - y) / len(x)
    D = d.sum()
    return {"w1": w3 * w2 * (d @ x), "b1": w3 * w2 * D, "w2": w3 * (d @ z), "b2": w3 * D, "w3": d @ u, "b3": D}


# %% find_bugs | wrong | the norm of a claim in its own type
# In float16 the squares of 300 are infinite, and an error over infinity is small.
def find_bugs(f, x, grads):
    true = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = 1e-5
        true[i] = (f(x + e) - f(x - e)) / 2e-5
    bad = set()
    with np.errstate(all="ignore"):
        for name, g in grads.items():
            g = np.asarray(g)
            if g.shape != x.shape or not np.all(np.isfinite(g)):
                bad.add(name)
                continue
            far = np.linalg.norm((g - true).ravel())
            if not far <= 1e-4 * max(np.linalg.norm(g.ravel()), np.linalg.norm(true.ravel()), 0.01):
                bad.add(name)
    return bad


# %% find_bugs | wrong | an error too large to square passes
# A claim of 1e200 has an infinite sum of squares on both sides, and infinity is not above infinity.
def find_bugs(f, x, grads):
    true = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = 1e-5
        true[i] = (f(x + e) - f(x - e)) / 2e-5
    bad = set()
    with np.errstate(all="ignore"):
        for name, g in grads.items():
            g = np.asarray(g, dtype=float)
            if g.shape != x.shape or not np.isfinite(g).all():
                bad.add(name)
            elif np.sqrt(np.sum((g - true) ** 2)) > 1e-4 * max(np.sqrt(np.sum(g**2)), np.sqrt(np.sum(true**2)), 0.01):
                bad.add(name)
    return bad


# %% find_bugs | wrong | lengths and directions apart
# Equal length and a cosine near 1 let an error of two percent pass: the cosine is blind to the first order.
def find_bugs(f, x, grads):
    true = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = 1e-5
        true[i] = (f(x + e) - f(x - e)) / 2e-5
    bad, t = set(), true.ravel()
    for name, g in grads.items():
        g = np.asarray(g, dtype=float)
        if g.shape != x.shape or not np.isfinite(g).all() or np.abs(g).max() > 1e6:
            bad.add(name)
            continue
        g = g.ravel()
        a, b = np.linalg.norm(g), np.linalg.norm(t)
        if max(a, b) < 0.05:
            continue
        if abs(a - b) > 1e-4 * max(a, b) or g @ t < (1 - 1e-4) * a * b:
            bad.add(name)
    return bad


# %% find_bugs | wrong | whoever agrees with the first right one
# Claims that agree with each other may be wrong together; and with none of them right there is nothing to compare with.
def find_bugs(f, x, grads):
    claims = {k: np.asarray(g, dtype=float) for k, g in grads.items()}
    good = {k: g for k, g in claims.items() if g.shape == x.shape and np.isfinite(g).all()}
    if not good:
        return set(claims)
    middle = np.median(np.array(list(good.values())), axis=0)
    size = max(np.linalg.norm(middle.ravel()), 0.01)
    return {k for k in claims if k not in good or np.linalg.norm((good[k] - middle).ravel()) > 1e-4 * size}


# %% mlp_backward | wrong | the parameters in the order of the dict
# The keys may stand in any order.
def mlp_backward(params, cache, y):
    W1, b1, W2, b2 = (np.asarray(v, dtype=float) for v in params.values())
    X, Z1, A1, S = (np.asarray(cache[k], dtype=float) for k in ("X", "Z1", "A1", "logits"))
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    P[np.arange(len(P)), y] -= 1
    D = P / len(P)
    D1 = (D @ W2.T) * (Z1 > 0)
    return {"W1": X.T @ D1, "b1": D1.sum(axis=0), "W2": A1.T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | a tiny activation counts as off
# The slope is 1 above 0, and 1e-13 is above 0.
def mlp_backward(params, cache, y):
    W2 = np.asarray(params["W2"], dtype=float)
    X, Z1, A1, S = (np.asarray(cache[k], dtype=float) for k in ("X", "Z1", "A1", "logits"))
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    P[np.arange(len(P)), y] -= 1
    D = P / len(P)
    D1 = (D @ W2.T) * (Z1 > 1e-12)
    return {"W1": X.T @ D1, "b1": D1.sum(axis=0), "W2": A1.T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | the logits' largest entry of all rows
# A row 2000 below the largest logit of the batch has exponentials that are all 0.
def mlp_backward(params, cache, y):
    W2 = np.asarray(params["W2"], dtype=float)
    X, Z1, A1, S = (np.asarray(cache[k], dtype=float) for k in ("X", "Z1", "A1", "logits"))
    P = np.exp(S - S.max())
    P /= np.maximum(P.sum(axis=1, keepdims=True), 1e-300)
    P[np.arange(len(P)), y] -= 1
    D = P / len(P)
    D1 = (D @ W2.T) * (Z1 > 0)
    return {"W1": X.T @ D1, "b1": D1.sum(axis=0), "W2": A1.T @ D, "b2": D.sum(axis=0)}


# %% mlp_backward | wrong | one-hot rows by comparing with classes of the labels' type
# With uint8 labels and 300 classes, class 259 is class 3 too.
def mlp_backward(params, cache, y):
    W2 = np.asarray(params["W2"], dtype=float)
    X, Z1, A1, S = (np.asarray(cache[k], dtype=float) for k in ("X", "Z1", "A1", "logits"))
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    y = np.asarray(y)
    D = (P - (y[:, None] == np.arange(S.shape[1]).astype(y.dtype))) / len(P)
    D1 = (D @ W2.T) * (Z1 > 0)
    return {"W1": X.T @ D1, "b1": D1.sum(axis=0), "W2": A1.T @ D, "b2": D.sum(axis=0)}


# %% Value | wrong | a tiny gradient is not handed on
# A gradient of 1e-20 times a slope of 1e20 is 1.
class Value:
    made = 0

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes
        Value.made += 1
        self.born = Value.made

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        return Value(max(0, self.data), (self,), (1.0 if self.data > 0 else 0.0,))

    def backward(self):
        found, seen = [self], {id(self)}
        for v in found:
            for p in v.parents:
                if id(p) not in seen:
                    seen.add(id(p))
                    found.append(p)
        for v in found:
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.born):
            if abs(v.grad) > 1e-15:
                for p, s in zip(v.parents, v.slopes):
                    p.grad += s * v.grad


# %% Value | wrong | slopes by parent in a dict
# In a * a the same parent stands twice, and a dict keeps one slope.
class Value:
    made = 0

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.edges = data, 0.0, dict(zip(parents, slopes))
        Value.made += 1
        self.born = Value.made

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        if other is self:
            return Value(2 * self.data, (self,), (2.0,))
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        return Value(max(0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        found, seen = [self], {id(self)}
        for v in found:
            for p in v.edges:
                if id(p) not in seen:
                    seen.add(id(p))
                    found.append(p)
        for v in found:
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.born):
            for p, s in v.edges.items():
                p.grad += s * v.grad


# %% Value | wrong | a plain number has to be a float
# 2 * a is as good as 2.0 * a.
class Value:
    made = 0

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes
        Value.made += 1
        self.born = Value.made

    def __add__(self, other):
        other = Value(other) if isinstance(other, float) else other
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = Value(float(other)) if isinstance(other, (int, float)) else other
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        return Value(max(0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        found, seen = [self], {id(self)}
        for v in found:
            for p in v.parents:
                if id(p) not in seen:
                    seen.add(id(p))
                    found.append(p)
        for v in found:
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.born):
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad


# %% Value | wrong | leaves are set to 0, values in between are not
# What .grad held before does not count, in between either.
class Value:
    made = 0

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes
        Value.made += 1
        self.born = Value.made

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        return Value(max(0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        found, seen = [self], {id(self)}
        for v in found:
            for p in v.parents:
                if id(p) not in seen:
                    seen.add(id(p))
                    found.append(p)
        for v in found:
            if not v.parents:
                v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.born):
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad
            if v is not self and v.parents:
                v.sent = v.grad


# %% torch_step | wrong | the loss as a float32
# The loss of a float64 model has 16 digits, and `.float()` keeps seven.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    opt.step()
    return loss.detach().float().item()


# %% torch_step | wrong | no update where the loss is not finite
# `opt` makes its update exactly once, also then; momentum and counters go on.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y).mean()
    loss.backward()
    if torch.isfinite(loss):
        opt.step()
    return loss.item()


# %% torch_step | wrong | means of columns, added up
# The mean of all entries is not the sum of the columns' means.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss = loss.mean(dim=0).sum() if loss.ndim > 1 else loss.mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% torch_step | wrong | gradients by autograd.grad, zeros where there are none
# A parameter that the loss does not depend on gets a gradient of 0, and weight decay moves it.
import torch


def torch_step(model, x, y, opt, loss_fn):
    loss = loss_fn(model(x), y).mean()
    ours = [p for p in model.parameters() if p.requires_grad]
    for p in model.parameters():
        p.grad = None
    for p, g in zip(ours, torch.autograd.grad(loss, ours, allow_unused=True)):
        p.grad = torch.zeros_like(p) if g is None else g
    opt.step()
    return loss.item()


# %% tape_step | wrong | everything in float32
# The targets of a float64 model are rounded, and so is the loss.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    y = tf.cast(y, tf.float32) if getattr(y, "dtype", None) == "float64" else y
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(
            loss_fn(
                y, tf.cast(model(x, training=True), tf.float32) if y.dtype == tf.float32 else model(x, training=True)
            )
        )
    v = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(loss, v), v))
    return float(loss)


# %% tape_step | wrong | no update where the loss is not finite
# `opt` makes its update exactly once, also then.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    v = model.trainable_variables
    g = tape.gradient(loss, v)
    if np.isfinite(float(loss)):
        opt.apply_gradients(zip(g, v))
    return float(loss)


# %% tape_step | wrong | penalties of layers added
# Penalties that layers keep are no part of the loss of this step.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
        total = tf.add_n([loss, *[tf.cast(p, loss.dtype) for p in model.losses]])
    v = model.trainable_variables
    opt.apply_gradients(zip(tape.gradient(total, v), v))
    return float(loss)


# %% tape_step | wrong | the gradient of the sum over the number of rows
# The mean of a loss that is one number already is that number, whatever the batch.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x, training=True))
    v = model.trainable_variables
    opt.apply_gradients([(g / len(x), u) for g, u in zip(tape.gradient(loss, v), v)])
    return float(np.mean(loss.numpy()))


# %% subgrad_mae | wrong | signs in the type of X
# -1 in uint8 is 255.
def subgrad_mae(X, y, theta):
    X = np.asarray(X)
    r = X.astype(float) @ np.asarray(theta, dtype=float) - np.asarray(y, dtype=float)
    s = np.sign(r)
    if X.dtype.kind == "u":
        with np.errstate(all="ignore"):
            s = s.astype(np.int64).astype(X.dtype)
    return X.T.astype(float) @ s.astype(float) / len(r)


# %% subgrad_mae | wrong | the mean over the samples off the kink
# n counts all samples, those with residual 0 too.
def subgrad_mae(X, y, theta):
    X = np.asarray(X, dtype=float)
    r = X @ np.asarray(theta, dtype=float) - np.asarray(y, dtype=float)
    return X.T @ np.sign(r) / max(np.count_nonzero(r), 1)


# %% subgrad_mae | wrong | residuals rounded to twelve places
# A residual of 1e-13 is not 0.
def subgrad_mae(X, y, theta):
    X = np.asarray(X, dtype=float)
    r = X @ np.asarray(theta, dtype=float) - np.asarray(y, dtype=float)
    return X.T @ np.sign(np.round(r, 12)) / len(r)


# %% subgrad_mae | wrong | a residual over its size with a floor
# r / max(|r|, 1e-12) is not the sign of a residual below 1e-12.
def subgrad_mae(X, y, theta):
    X = np.asarray(X, dtype=float)
    r = X @ np.asarray(theta, dtype=float) - np.asarray(y, dtype=float)
    return X.T @ (r / np.maximum(np.abs(r), 1e-12)) / len(r)


# %% best_h | wrong | the first letter decides
# Any other string raises: "foo" does not mean forward.
def best_h(way, size, bend, eps):
    size, bend, eps = float(size), float(bend), float(eps)
    if way.startswith("f"):
        return 2 * (eps * size / bend) ** 0.5
    if way.startswith("c"):
        return (3 * eps * size / bend) ** (1 / 3)
    raise ValueError(way)


# %% best_h | wrong | multiplied in the numbers' own types
# A float32 eps times a float32 size of 1e-38 is 0.
def best_h(way, size, bend, eps):
    if way not in ("forward", "central"):
        raise ValueError(way)
    with np.errstate(all="ignore"):
        q = float(eps * size) / float(bend)
    return 2 * q**0.5 if way == "forward" else (3 * q) ** (1 / 3)


# %% best_h | wrong | a search between fixed ends
# The best step may be far below 1e-12 or above 1.
def best_h(way, size, bend, eps):
    size, bend, eps = float(size), float(bend), float(eps)
    if way not in ("forward", "central"):
        raise ValueError(way)
    k = 1 if way == "forward" else 2
    h = np.logspace(-20, 20, 2_000_001)
    E = h * bend / 2 + 2 * eps * size / h if k == 1 else h**2 * bend / 6 + eps * size / h
    return float(h[np.argmin(E)])


# %% diagnose | wrong | arrays of three dimensions are transposed too
# "If both are matrices": a block of shape (2, 2, 2) is none.
def diagnose(given, measured, n):
    g, m, n = np.asarray(given, dtype=float), np.asarray(measured, dtype=float), float(n)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    for word, other in (("right", m), ("sign", -m), ("sum", n * m), ("mean twice", m / n), ("transposed", m.T)):
        if close(g, other):
            return word
    return "other"


# %% diagnose | wrong | norms along the first axis
# The norm of a matrix without arguments is over all entries; the spectral norm is another.
def diagnose(given, measured, n):
    g, m, n = np.asarray(given, dtype=float), np.asarray(measured, dtype=float), float(n)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.max(np.abs(a - b)) <= 1e-4 * np.max(np.abs(b))

    tries = {"right": m, "sign": -m, "sum": n * m, "mean twice": m / n}
    if m.ndim == 2:
        tries["transposed"] = m.T
    return next((word for word, other in tries.items() if close(g, other)), "other")


# %% diagnose | wrong | the sum in the array's own integers
# 100 samples times 100 wraps in int8.
def diagnose(given, measured, n):
    g, m = np.asarray(given), np.asarray(measured)

    def close(a, b):
        a, b = a.astype(float), b.astype(float)
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    with np.errstate(all="ignore"):
        tries = {
            "right": m,
            "sign": -1.0 * m,
            "sum": m * (n if np.ndim(n) == 0 and not isinstance(n, int) else float(n)),
            "mean twice": m / n,
        }
    if m.ndim == 2:
        tries["transposed"] = m.T
    return next((word for word, other in tries.items() if close(g, other)), "other")


# %% diagnose | wrong | the transposed question before the factors
# "The first of these words that fits": with a symmetric matrix the transpose is the matrix itself.
def diagnose(given, measured, n):
    g, m, n = np.asarray(given, dtype=float), np.asarray(measured, dtype=float), float(n)

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    tries = {"right": m}
    if m.ndim == 2 and g.ndim == 2:
        tries["transposed"] = m.T
    tries |= {"sign": -m, "sum": n * m, "mean twice": m / n}
    return next((word for word, other in tries.items() if close(g, other)), "other")


# %% numgrad | right | functools.partial along each direction
# One function of the distance along each unit vector.
def numgrad(f, x, h):
    x = np.array(x, dtype=np.float64)

    def along(i, s):
        moved = x.copy()
        moved[i] = x[i] + s
        return f(moved)

    g = np.empty_like(x)
    for i in np.ndindex(x.shape):
        g[i] = (along(i, h) - along(i, -h)) / (2.0 * h)
    return g


# %% numgrad | right | an array that cannot be written to
# The result is frozen, and lies in Fortran's order.
def numgrad(f, x, h):
    x = np.array(x, dtype=float, order="F")
    g = np.zeros(x.shape, order="F")
    for index in np.ndindex(*x.shape):
        unit = np.zeros(x.shape)
        unit[index] = 1.0
        g[index] = np.divide(np.subtract(f(x + h * unit), f(x - h * unit)), 2 * h)
    g.setflags(write=False)
    return g


# %% numgrad | right | where with a counter
# np.where puts the moved entry in, by its number.
def numgrad(f, x, h):
    x = np.array(x, dtype=float)
    number = np.arange(x.size).reshape(x.shape)
    pairs = [(f(np.where(number == k, x + h, x)), f(np.where(number == k, x - h, x))) for k in range(x.size)]
    return np.array([(a - b) / (2 * h) for a, b in pairs], dtype=float).reshape(x.shape)


# %% numgrad | wrong | infinity minus infinity is 0
# f = inf wherever x0 is not exactly 1, else x1 (x = [1, 2], h = 0.1): entry 0 is 0; right is nan (inf - inf).
def numgrad(f, x, h):
    z = np.array(x, dtype=np.float64)
    g = np.zeros(z.shape)
    for i in np.ndindex(*z.shape):
        a, b = z.copy(), z.copy()
        a[i], b[i] = z[i] + h, z[i] - h
        up, down = f(a), f(b)
        if up != down:
            g[i] = (up - down) / (2 * h)
    return g


# %% numgrad | right | long doubles stay long
# All types that the task allows become float64; a long double, which it does not, stays one.
def numgrad(f, x, h):
    z = np.array(x)
    if z.dtype.kind != "f" or z.dtype.itemsize < 8:
        z = z.astype(float)
    g = np.zeros_like(z)
    for i in np.ndindex(z.shape):
        old = z[i]
        z[i] = old + h
        up = f(z.copy())
        z[i] = old - h
        down = f(z.copy())
        z[i] = old
        g[i] = (up - down) / (2 * h)
    return g


# %% rel_error | right | recursion over halves
# The norm of an array from the norms of its halves, by hypot.
def rel_error(a, b):
    import math

    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return math.nan

    def norm(v):
        if len(v) == 1:
            return abs(v[0])
        return math.hypot(norm(v[: len(v) // 2]), norm(v[len(v) // 2 :]))

    a, b = a.ravel().tolist(), b.ravel().tolist()
    size = max(norm(a), norm(b))
    return norm([p - q for p, q in zip(a, b)]) / size if size else 0.0


# %% rel_error | right | long double
# More digits and a wider range; rounded at the end.
def rel_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError((np.shape(a), np.shape(b)))
    a, b = (np.array(v, dtype=float).astype(np.longdouble) for v in (a, b))
    size = np.sqrt(np.maximum(np.sum(a * a), np.sum(b * b)))
    if size == 0:
        return 0.0
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.sum((a - b) ** 2)) / size) if np.isfinite(size) else float("nan")


# %% rel_error | right | a float of its own kind
# A subclass of float, and einsum for the sums.
class _Distance(float):
    pass


def rel_error(a, b):
    a, b = np.float64(a), np.float64(b)
    if a.shape != b.shape:
        raise ValueError("not the same shape")
    ends = np.ravel(np.abs(np.stack([a, b])))
    if not np.all(np.isfinite(ends)):
        return _Distance("nan")
    top = ends.max()
    if top == 0:
        return _Distance(0)
    p, q = np.ravel(a) / top, np.ravel(b) / top
    d = np.ravel(a - b) / top
    return _Distance(np.sqrt(np.einsum("i,i", d, d) / max(np.einsum("i,i", p, p), np.einsum("i,i", q, q))))


# %% rel_error | wrong | longer by the largest entry
# a = [3, 3, 3], b = [4, 0, 0]: b is taken for the longer (largest entry 4), sqrt(19) / 4 = 1.09; right is sqrt(19) / sqrt(27) = 0.84.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes")
    longer = max(a, b, key=lambda v: float(np.abs(v).max()) if np.isfinite(v).all() else np.inf)
    below = np.linalg.norm(longer)
    with np.errstate(invalid="ignore"):
        return 0.0 if below == 0 else float(np.linalg.norm(a - b) / below)


# %% rel_error | right | plain norm
# The squares fit a float64 for all sizes that the task allows.
def rel_error(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError("shapes")
    with np.errstate(all="ignore"):
        below = np.maximum(np.sqrt(np.sum(a * a)), np.sqrt(np.sum(b * b)))
        return 0.0 if below == 0 else float(np.sqrt(np.sum((a - b) ** 2)) / below)


# %% grad3 | right | exact fractions
# All in fractions, rounded at the end.
def grad3(p, x, y):
    from fractions import Fraction

    def exact(v):
        return Fraction(float(v))

    w1, b1, w2, b2, w3, b3 = (exact(p[k]) for k in ("w1", "b1", "w2", "b2", "w3", "b3"))
    g = dict.fromkeys(p, Fraction(0))
    for a, t in zip(x, y):
        a = exact(a)
        z = w1 * a + b1
        u = w2 * z + b2
        d = (w3 * u + b3 - exact(t)) / len(x)
        for key, slope in (("w3", u), ("b3", 1), ("w2", w3 * z), ("b2", w3), ("w1", w3 * w2 * a), ("b1", w3 * w2)):
            g[key] += d * slope
    return {key: float(value) for key, value in g.items()}


# %% grad3 | right | matrices of the stages
# Each stage is a 2 x 2 matrix on (value, 1).
def grad3(p, x, y):
    q = {k: float(v) for k, v in p.items()}
    x, y = np.array(x, dtype=float), np.array(y, dtype=float)
    inputs = [np.stack([x, np.ones_like(x)])]
    for k in "123":
        M = np.array([[q["w" + k], q["b" + k]], [0.0, 1.0]])
        inputs.append(M @ inputs[-1])
    pull = (inputs[-1][0] - y) / x.size
    g = {}
    for k in "321":
        g["w" + k], g["b" + k] = inputs[int(k) - 1] @ pull
        pull = pull * q["w" + k]
    return g


# %% grad3 | right | forward mode with dual numbers
# Pairs of value and slope, one pass for each parameter.
class _Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return _Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        return _Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)


def grad3(p, x, y):
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)

    def slope(name):
        d = {k: _Dual(float(v), float(k == name)) for k, v in p.items()}
        out = d["w3"] * (d["w2"] * (d["w1"] * _Dual(x) + d["b1"]) + d["b2"]) + d["b3"]
        return float(np.mean((out.value - y) * out.slope))

    return {name: slope(name) for name in p}


# %% grad3 | wrong | divided out of the whole slope
# w1 = 0 (others not): the stages are multiplied together and each weight's slope is slope * whole / w, which is 0/0 and set to 0; right is w3 w2 sum(d x).
def grad3(p, x, y):
    q = {k: float(v) for k, v in p.items()}
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    slope = q["w1"] * q["w2"] * q["w3"]
    z = q["w1"] * x + q["b1"]
    u = q["w2"] * z + q["b2"]
    d = (q["w3"] * u + q["b3"] - y) / len(x)
    total = d.sum()
    return {
        "w1": slope / q["w1"] * float(d @ x) if q["w1"] else 0.0,
        "b1": q["w2"] * q["w3"] * total,
        "w2": q["w3"] * float(d @ z),
        "b2": q["w3"] * total,
        "w3": float(d @ u),
        "b3": total,
    }


# %% grad3 | wrong | weights multiplied as they come
# w2 = np.uint8(20), w3 = np.uint8(20): their product 400 wraps to 144 in the slope of w1 and b1; right is 400 times.
def grad3(p, x, y):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    z = p["w1"] * x + p["b1"]
    u = p["w2"] * z + p["b2"]
    d = (p["w3"] * u + p["b3"] - y) / x.shape[0]
    first = float(p["w2"] * p["w3"])
    return {
        "w1": first * float(d @ x),
        "b1": first * float(d.sum()),
        "w2": float(p["w3"] * (d @ z)),
        "b2": float(p["w3"] * d.sum()),
        "w3": float(d @ u),
        "b3": float(d.sum()),
    }


# %% find_bugs | right | SciPy's norm and a frozen set
# A frozenset is a set.
def find_bugs(f, x, grads):
    from scipy.linalg import norm

    true = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[i] = 2e-5
        true[i] = (f(x + e) - f(x - e)) / 4e-5

    def wrong(g):
        g = np.array(g, dtype=float)
        if g.shape != true.shape or not np.isfinite(g).all() or np.abs(g).max() > 1e9:
            return True
        return norm(np.ravel(g - true)) > 1e-4 * max(norm(np.ravel(true)), 0.05)

    return frozenset(name for name in grads if wrong(grads[name]))


# %% find_bugs | right | lists of Python floats
# Measured into a list; math.dist measures the distance.
def find_bugs(f, x, grads):
    import math

    flat, true = x.ravel().tolist(), []
    for k in range(len(flat)):
        values = []
        for s in (1e-5, -1e-5):
            moved = list(flat)
            moved[k] += s
            values.append(f(np.array(moved).reshape(x.shape)))
        true.append((values[0] - values[1]) / 2e-5)
    size = max(math.hypot(*true), 0.02)
    bad = []
    for name, g in grads.items():
        ok = np.shape(g) == x.shape
        ok = ok and math.dist([float(v) for v in np.ravel(g)], true) <= 1e-4 * size
        bad += [] if ok else [name]
    return bad


# %% find_bugs | right | a generator of names
# Names are yielded, then put into a tuple.
def find_bugs(f, x, grads):
    def measured():
        for i in np.ndindex(x.shape):
            e = np.zeros_like(x)
            e[i] = 5e-6
            yield (f(x + e) - f(x - e)) / 1e-5

    true = np.fromiter(measured(), dtype=float, count=x.size).reshape(x.shape)

    def liars():
        for name, claim in grads.items():
            claim = np.asarray(claim, dtype=float)
            if claim.shape != x.shape:
                yield name
                continue
            with np.errstate(all="ignore"):
                gap = np.linalg.norm((claim - true).ravel())
            if not gap <= 1e-4 * max(np.linalg.norm(true.ravel()), 0.03):
                yield name

    return set(liars())


# %% mlp_backward | right | SciPy's softmax, results that are frozen
# Frozen arrays are arrays.
def mlp_backward(params, cache, y):
    from scipy.special import softmax

    X, Z1, A1, S = (np.array(cache[k], dtype=float) for k in ("X", "Z1", "A1", "logits"))
    D = softmax(S, axis=1)
    D[range(len(D)), np.array(y, dtype=int)] -= 1.0
    D = D / len(D)
    D1 = np.where(Z1 > 0, np.inner(D, np.array(params["W2"], dtype=float)), 0.0)
    g = {
        "b2": D.sum(0),
        "W2": np.tensordot(A1, D, axes=(0, 0)),
        "b1": D1.sum(0),
        "W1": np.tensordot(X, D1, axes=(0, 0)),
    }
    for value in g.values():
        value.setflags(write=False)
    return g


# %% mlp_backward | right | a class of layers
# Each layer knows how to go backwards.
class _Layer:
    def __init__(self, W, inputs):
        self.W, self.inputs = np.asarray(W, dtype=float), np.asarray(inputs, dtype=float)

    def back(self, D):
        return self.inputs.T @ D, D.sum(axis=0), D @ self.W.T


def mlp_backward(params, cache, y):
    S = np.asarray(cache["logits"], dtype=float)
    P = np.exp(S - np.logaddexp.reduce(S, axis=1, keepdims=True))
    n, k = S.shape
    D = (P - np.eye(k)[np.asarray(y, dtype=int)]) / n
    W2, b2, back = _Layer(params["W2"], cache["A1"]).back(D)
    back = back * (np.asarray(cache["Z1"], dtype=float) > 0)
    W1, b1, _ = _Layer(params["W1"], cache["X"]).back(back)
    return dict(W1=W1, b1=b1, W2=W2, b2=b2)


# %% mlp_backward | right | batches of one, added up with weights
# The recursion halves the batch.
def mlp_backward(params, cache, y):
    W2 = np.array(params["W2"], dtype=float)
    X, Z1, A1, S = (np.array(cache[k], dtype=float) for k in ("X", "Z1", "A1", "logits"))
    y = np.array(y).astype(int)

    def part(a, b):
        if b - a > 1:
            m = (a + b) // 2
            return [u + v for u, v in zip(part(a, m), part(m, b))]
        e = np.exp(S[a] - S[a].max())
        d = e / e.sum()
        d[y[a]] -= 1
        d1 = W2 @ d * (Z1[a] > 0)
        return [np.outer(X[a], d1), d1, np.outer(A1[a], d), d]

    return dict(zip(("W1", "b1", "W2", "b2"), (v / len(y) for v in part(0, len(y)))))


# %% Value | right | slots and heapq
# A heap hands out the value that was made last.
import heapq
from itertools import count

_births = count()


class Value:
    __slots__ = ("data", "grad", "edges", "born")

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.edges = list(zip(parents, slopes))
        self.born = next(_births)

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        return Value(self.data * (self.data > 0), (self,), (int(self.data > 0),))

    def backward(self):
        todo, sums = [(-self.born, self)], {self.born: 1.0}
        while todo:
            _, v = heapq.heappop(todo)
            v.grad = sums[v.born]
            for p, s in v.edges:
                if p.born not in sums:
                    sums[p.born] = 0.0
                    heapq.heappush(todo, (-p.born, p))
                sums[p.born] += s * v.grad


# %% Value | right | operations as objects
# Each value knows the operation that made it; relu has the slope 1/2 at 0.
class _Op:
    def __init__(self, parents, slopes):
        self.parents, self.slopes = parents, slopes

    def pairs(self):
        return zip(self.parents, self.slopes)


class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.op = data, 0, _Op(tuple(parents), tuple(slopes))

    def _lift(self, other):
        return other if isinstance(other, type(self)) else type(self)(other)

    def __add__(self, other):
        other = self._lift(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = self._lift(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def relu(self):
        slope = 1.0 if self.data > 0 else 0.5 if self.data == 0 else 0.0
        return Value(self.data if self.data > 0 else 0.0, [self], [slope])

    def backward(self):
        uses, found = {}, [self]
        seen = {id(self)}
        for v in found:
            for p, _ in v.op.pairs():
                uses[id(p)] = uses.get(id(p), 0) + 1
                if id(p) not in seen:
                    seen.add(id(p))
                    found.append(p)
        for v in found:
            v.grad = 0.0
        self.grad, ready = 1.0, [self]
        while ready:
            v = ready.pop()
            for p, s in v.op.pairs():
                p.grad += s * v.grad
                uses[id(p)] -= 1
                if not uses[id(p)]:
                    ready.append(p)


# %% Value | right | graphlib
# Python's own topological sorter.
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Value(max(self.data, 0), (self,), (1 if self.data > 0 else 0,))

    def backward(self):
        from graphlib import TopologicalSorter

        graph, stack = {}, [self]
        while stack:
            v = stack.pop()
            if v not in graph:
                graph[v] = set(v.parents)
                stack.extend(v.parents)
        order = list(TopologicalSorter(graph).static_order())
        for v in order:
            v.grad = 0.0
        self.grad = 1.0
        for v in reversed(order):
            for p, s in zip(v.parents, v.slopes):
                p.grad = p.grad + s * v.grad


# %% Value | right | everything is a float
# Every number is a float at once, of any size that a float can hold.
class Value:
    _clock = 0

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = float(data), 0.0, parents, slopes
        Value._clock += 1
        self.made = Value._clock

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    __radd__ = __add__
    __rmul__ = __mul__

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self):
        found, seen = [self], {id(self)}
        for v in found:
            for p in v.parents:
                if id(p) not in seen:
                    seen.add(id(p))
                    found.append(p)
        for v in found:
            v.grad = 0.0
        self.grad = 1.0
        for v in sorted(found, key=lambda v: -v.made):
            for p, s in zip(v.parents, v.slopes):
                p.grad += s * v.grad


# %% torch_step | right | set to None by hand
# Each gradient of the optimizer's parameters is set to None; mean over a flattened loss.
import torch


def torch_step(model, x, y, opt, loss_fn):
    for group in opt.param_groups:
        for p in group["params"]:
            p.grad = None
    losses = loss_fn(model(x), y)
    loss = torch.flatten(losses).mean()
    loss.backward()
    opt.step()
    return float(loss.detach())


# %% torch_step | right | a context that cleans up
# A context manager clears before and after.
import contextlib

import torch


@contextlib.contextmanager
def _clean(opt):
    opt.zero_grad(set_to_none=True)
    yield
    opt.step()


def torch_step(model, x, y, opt, loss_fn):
    with _clean(opt):
        loss = torch.mean(loss_fn(model(x), y))
        torch.autograd.backward(loss)
    return loss.item()


# %% torch_step | right | the sum over the number of entries
# The sum over numel() is the mean of all entries.
import torch


def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    losses = loss_fn(model.__call__(x), y)
    total = losses.sum() / losses.numel()
    total.backward()
    value = total.detach().numpy().item()
    opt.step()
    return value


# %% torch_step | wrong | targets in the shape of the prediction
# Prediction (3, 1), y (3,), loss_fn = lambda p, t: (p - t) ** 2, whose mean is over (3, 3): y is reshaped to (3, 1); right is the mean of what loss_fn(model(x), y) returns.
def torch_step(model, x, y, opt, loss_fn):
    opt.zero_grad()
    model.zero_grad()
    out = model(x)
    target = y.reshape(out.shape) if y.numel() == out.numel() and y.shape != out.shape else y
    loss = loss_fn(out, target).mean()
    loss.backward()
    opt.step()
    return loss.item()


# %% tape_step | right | a nested function
# The loss is a function; the tape runs it.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    def loss_of_batch():
        return tf.math.reduce_mean(loss_fn(y, model(x, training=True)))

    with tf.GradientTape() as tape:
        loss = loss_of_batch()
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(list(zip(grads, model.trainable_variables)))
    return loss.numpy().item()


# %% tape_step | right | opt.apply
# Keras 3's own name for the update.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    weights = list(model.trainable_variables)
    with tf.GradientTape() as tape:
        losses = tf.convert_to_tensor(loss_fn(y, model(x, training=True)))
        loss = tf.reduce_sum(losses) / tf.cast(tf.size(losses), losses.dtype)
    opt.apply(tape.gradient(loss, weights), weights)
    return float(loss.numpy())


# %% tape_step | right | the gradient of the sum, divided in the tape's output
# output_gradients hands in what each loss counts.
import tensorflow as tf


def tape_step(model, x, y, opt, loss_fn):
    with tf.GradientTape() as tape:
        losses = loss_fn(y, model(x, training=True))
    share = tf.fill(tf.shape(losses), tf.constant(1, losses.dtype) / tf.cast(tf.size(losses), losses.dtype))
    grads = tape.gradient(losses, model.trainable_variables, output_gradients=share)
    opt.apply_gradients(zip(grads, model.trainable_variables))
    return float(np.mean(losses.numpy()))


# %% tape_step | wrong | targets in the type of the prediction
# y of integers with a loss_fn that needs them (lambda y, p: -tf.gather(p, y, batch_dims=1)): y is cast to float, an error; right passes y on as it is.
def tape_step(model, x, y, opt, loss_fn):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        out = model(x, training=True)
        loss = tf.reduce_mean(loss_fn(tf.cast(y, out.dtype), out))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(list(zip(grads, model.trainable_variables)))
    return float(loss.numpy())


# %% tape_step | wrong | plain SGD by hand
# opt = SGD(ExponentialDecay(0.25, 1, 0.5)) for two steps (or SGD with weight_decay or clipnorm): the step is made by hand with opt.learning_rate, opt.iterations stays 0, so the second rate is 0.25; right is 0.125.
def tape_step(model, x, y, opt, loss_fn):
    import tensorflow as tf

    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y, model(x, training=True)))
    grads = tape.gradient(loss, variables)
    if type(opt) is tf.keras.optimizers.SGD and not opt.momentum:
        for v, g in zip(variables, grads):
            v.assign(v - tf.cast(opt.learning_rate, v.dtype) * g)
    else:
        opt.apply_gradients(zip(grads, variables))
    return float(loss)


# %% tape_step | wrong | targets in the shape of the prediction
# Prediction (3, 1), y (3,), loss_fn = lambda y, p: (p - y) ** 2 with its (3, 3) entries, one row for each sample: y is reshaped to (3, 1); right is the mean of what loss_fn(y, model(x)) returns.
def tape_step(model, x, y, opt, loss_fn):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        out = model(x, training=True)
        if np.shape(y) != tuple(out.shape) and np.size(y) == int(tf.size(out)):
            y = np.reshape(y, tuple(out.shape))
        loss = tf.reduce_mean(loss_fn(y, out))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
    return float(loss)


# %% subgrad_mae | right | exact fractions
# Residuals in fractions, so that their signs are exact.
def subgrad_mae(X, y, theta):
    from fractions import Fraction

    def exact(a):
        return [Fraction(v) for v in np.asarray(a, dtype=float).ravel().tolist()]

    theta, y = exact(theta), exact(y)
    X = np.asarray(X, dtype=float)
    g = [Fraction(0)] * len(theta)
    for row, target in zip(X, y):
        row = exact(row)
        r = sum(a * b for a, b in zip(row, theta)) - target
        s = (r > 0) - (r < 0)
        g = [a + s * b for a, b in zip(g, row)]
    return np.array([float(v / len(y)) for v in g])


# %% subgrad_mae | right | rows above less rows below
# Sums of the rows on either side; the frozen result.
def subgrad_mae(X, y, theta):
    X = np.array(X, dtype=float)
    r = X @ np.array(theta, dtype=float) - np.array(y, dtype=float)
    g = (X[r > 0].sum(axis=0) - X[r < 0].sum(axis=0)) / len(r)
    g.setflags(write=False)
    return g


# %% subgrad_mae | right | np.select
# Three cases, minus 1 at the kink.
def subgrad_mae(X, y, theta):
    X = np.asfortranarray(X, dtype=float)
    r = X.dot(np.float64(theta)) - np.float64(y)
    s = np.select([r > 0, r <= 0], [1.0, -1.0])
    return np.average(X * s[:, None], axis=0)


# %% subgrad_mae | wrong | last bits taken for 0
# X = [[1]], y = [1], theta = [1 + 2.3e-16]: a residual of one unit in the last place of y counts as 0 (2 ulp): 0; right is 1.
def subgrad_mae(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    h = X @ theta
    s = np.where(np.abs(h - y) <= 2 * np.spacing(np.abs(y)), 0.0, np.sign(h - y))
    s[y == 0] = np.sign(h[y == 0])
    return X.T @ s / X.shape[0]


# %% subgrad_mae | wrong | eight-byte integers as they come
# X = int64 [[4e9]], theta = int64 [4e9], y = int64 [0]: the product 1.6e19 wraps to a negative number, -4e9; right is 4e9.
def subgrad_mae(X, y, theta):
    X, y, theta = (a if a.dtype == np.int64 else a.astype(float) for a in map(np.asarray, (X, y, theta)))
    s = np.sign(X @ theta - y).astype(float)
    return np.asarray(X.T @ s, dtype=float) / len(s)


# %% subgrad_mae | wrong | equal samples once
# X = [[1], [1], [2]], y = [2, 2, -1], theta = [0]: the sample that is there twice counts once, (-1 + 2) / 2; right is (-1 - 1 + 2) / 3 = 0.
def subgrad_mae(X, y, theta):
    X, y, theta = (np.asarray(a, dtype=float) for a in (X, y, theta))
    rows = np.unique(np.c_[X, y], axis=0)
    X, y = rows[:, :-1], rows[:, -1]
    return X.T @ np.sign(X @ theta - y) / len(y)


# %% best_h | right | exact powers of ten apart
# The numbers are scaled by powers of two before the root.
def best_h(way, size, bend, eps):
    import math

    rules = {"forward": (4, 2), "central": (3, 3)}
    if way not in rules:
        raise ValueError(way)
    factor, root = rules[way]
    m, e = math.frexp(factor * float(eps) * float(size) / float(bend))
    shift = e % root
    return math.ldexp((m * 2**shift) ** (1 / root), (e - shift) // root)


# %% best_h | right | Newton on the slope of the bound
# Newton's method for the logarithm of the step.
def best_h(way, size, bend, eps):
    import math

    size, bend, eps = float(size), float(bend), float(eps)
    if way == "forward":
        k, a, b = 1, bend / 2, 2 * eps * size
    elif way == "central":
        k, a, b = 2, bend / 3, eps * size
    else:
        raise ValueError("unknown way")
    u = 0.0
    goal = math.log(b) - math.log(a)
    while abs((k + 1) * u - goal) > 1e-12 * max(1.0, abs(goal)):
        u -= ((k + 1) * u - goal) / (k + 1)
    return math.exp(u)


# %% best_h | right | a match and a float of its own kind
# Cases of a match statement.
class _Step(float):
    pass


def best_h(way, size, bend, eps):
    ratio = np.float64(size) / np.float64(bend)
    match way:
        case "forward":
            return _Step(2 * np.sqrt(np.float64(eps)) * np.sqrt(ratio))
        case "central":
            return _Step(np.cbrt(3 * np.float64(eps)) * np.cbrt(ratio))
        case _:
            raise ValueError(f"{way!r} is neither forward nor central")


# %% best_h | right | product underflows
# eps times size does not underflow for what the task allows.
def best_h(way, size, bend, eps):
    noise = float(eps) * float(size)
    if way == "forward":
        return 2 * (noise / float(bend)) ** 0.5
    if way == "central":
        return (3 * noise / float(bend)) ** (1 / 3)
    raise ValueError(way)


# %% diagnose | right | a dictionary of functions
# What would explain the result, as functions of what was measured.
def diagnose(given, measured, n):
    g, m, n = np.array(given, dtype=float), np.array(measured, dtype=float), float(n)
    causes = {
        "right": lambda: m,
        "sign": lambda: np.negative(m),
        "sum": lambda: np.multiply(n, m),
        "mean twice": lambda: np.divide(m, n),
        "transposed": lambda: m.T if m.ndim == g.ndim == 2 else np.full(g.shape, np.nan),
    }

    def near(other):
        if g.shape != other.shape or not np.isfinite(np.r_[g.ravel(), other.ravel()]).all():
            return False
        gap, a, b = (np.sqrt(np.sum(v * v)) for v in (g - other, g, other))
        return gap <= 1e-4 * max(a, b)

    return next((word for word, make in causes.items() if near(make())), "other")


# %% diagnose | right | exact fractions
# Sums of squares as fractions, without roots.
def diagnose(given, measured, n):
    from fractions import Fraction

    g, m = np.asarray(given, dtype=float), np.asarray(measured, dtype=float)
    if not (np.isfinite(g).all() and np.isfinite(m).all()):
        return "other"

    def numbers(a):
        return [Fraction(v) for v in a.ravel().tolist()]

    def near(a, b):
        gap = sum((p - q) ** 2 for p, q in zip(a, b))
        return gap <= Fraction(1, 10**8) * max(sum(p * p for p in a), sum(q * q for q in b))

    n, a, b = Fraction(float(n)), numbers(g), numbers(m)
    if g.shape == m.shape:
        for word, factor in (("right", 1), ("sign", -1), ("sum", n), ("mean twice", 1 / n)):
            if near(a, [factor * v for v in b]):
                return word
    if g.ndim == m.ndim == 2 and g.shape == m.T.shape and near(a, numbers(m.T)):
        return "transposed"
    return "other"


# %% diagnose | right | a class with a comparison
# Objects that are equal where they are close.
class _Near:
    def __init__(self, a):
        self.a = np.asarray(a, dtype=np.float64)

    def __eq__(self, other):
        a, b = self.a, other.a
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return bool(np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b)))


def diagnose(given, measured, n):
    m, n = np.asarray(measured, dtype=np.float64), np.float64(n)
    g = _Near(given)
    for word, other in (("right", m), ("sign", -m), ("sum", m * n), ("mean twice", m / n)):
        if g == _Near(other):
            return word
    if m.ndim == 2 and g == _Near(m.T):
        return "transposed"
    return "other"


# %% diagnose | wrong | zeros are right at once
# given = zeros((3, 2)), measured = zeros((2, 3)): "right"; right is "transposed" (their shapes differ, the transposes are close).
def diagnose(given, measured, n):
    g, m, n = np.asarray(given, dtype=float), np.asarray(measured, dtype=float), float(n)
    if not g.any() and not m.any():
        return "right"

    def close(a, b):
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        return np.linalg.norm(a - b) <= 1e-4 * max(np.linalg.norm(a), np.linalg.norm(b))

    for word, other in (("right", m), ("sign", -m), ("sum", n * m), ("mean twice", m / n)):
        if close(g, other):
            return word
    return "transposed" if g.ndim == 2 and m.ndim == 2 and close(g, m.T) else "other"


# %% diagnose | wrong | one ratio for all
# n = 100000, given = zeros, measured = [1, 2]: the ratio 0 is within 1e-4 of 1/n, "mean twice"; right is "other".
def diagnose(given, measured, n):
    g, m, n = np.asarray(given, dtype=float), np.asarray(measured, dtype=float), float(n)
    if not (np.isfinite(g).all() and np.isfinite(m).all()):
        return "other"
    if g.shape == m.shape:
        unit = np.abs(m).max()
        if unit == 0:
            return "other" if g.any() else "right"
        u, v = m.ravel() / unit, g.ravel() / unit
        ratio = u @ v / (u @ u)
        if np.linalg.norm(v - ratio * u) <= 1e-4 * max(np.linalg.norm(v), 1e-12):
            for word, r in (("right", 1), ("sign", -1), ("sum", n), ("mean twice", 1 / n)):
                if abs(ratio - r) <= 1e-4 * max(1, abs(r)):
                    return word
    if g.ndim == 2 and g.shape == m.T.shape and np.linalg.norm(g - m.T) <= 1e-4 * np.linalg.norm(m):
        return "transposed"
    return "other"
