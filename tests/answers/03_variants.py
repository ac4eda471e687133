"""Answers to the exercises of unit 03: wrong ones that must lose points, right ones that must earn all.

Each cell is one answer; its title is `exercise | wrong or right | name`. The first comment of a wrong answer says what
is misunderstood, that of a right one what is unusual.
"""


# %% minibatches | wrong | drops the tail
# n // b batches leave out what does not fill a batch.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    for k in range(len(y) // b):
        rows = order[k * b : (k + 1) * b]
        yield X[rows], y[rows]


# %% minibatches | wrong | the global generator
# np.random.permutation does not draw from the generator that was given.
def minibatches(X, y, b, rng):
    order = np.random.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        yield X[rows], y[rows]


# %% minibatches | wrong | never shuffles
# The rows come in the order of the file, epoch after epoch.
def minibatches(X, y, b, rng):
    for start in range(0, len(y), b):
        yield X[start : start + b], y[start : start + b]


# %% minibatches | wrong | shuffles twice
# Two permutations tear rows and labels apart.
def minibatches(X, y, b, rng):
    X, y = rng.permutation(X), rng.permutation(y)
    for start in range(0, len(y), b):
        yield X[start : start + b], y[start : start + b]


# %% minibatches | wrong | draws with replacement
# Independent draws repeat some samples and miss others.
def minibatches(X, y, b, rng):
    order = rng.integers(len(y), size=len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        yield X[rows], y[rows]


# %% minibatches | wrong | a fresh draw for every batch
# Distinct rows within a batch are not distinct rows within an epoch.
def minibatches(X, y, b, rng):
    for start in range(0, len(y), b):
        rows = rng.choice(len(y), size=min(b, len(y) - start), replace=False)
        yield X[rows], y[rows]


# %% minibatches | wrong | a seed of its own
# A generator with a fixed seed gives the same order in every epoch and ignores the caller's.
def minibatches(X, y, b, rng):
    order = np.random.default_rng(0).permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        yield X[rows], y[rows]


# %% minibatches | wrong | a copy of the generator
# The copy advances, the caller's generator does not, so every epoch has the same order.
def minibatches(X, y, b, rng):
    from copy import deepcopy

    order = deepcopy(rng).permutation(len(y))
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | wrong | shuffles the caller's arrays
# rng.shuffle works in place.
def minibatches(X, y, b, rng):
    state = rng.bit_generator.state
    rng.shuffle(X)
    rng.bit_generator.state = state
    rng.shuffle(y)
    return [(X[i : i + b].copy(), y[i : i + b].copy()) for i in range(0, len(y), b)]


# %% minibatches | wrong | shuffles blocks
# Only the order of the batches is random; the same samples stay together.
def minibatches(X, y, b, rng):
    starts = np.arange(0, len(y), b)
    full, rest = starts[starts + b <= len(y)], starts[starts + b > len(y)]
    for start in [*rng.permutation(full), *rest]:
        yield X[start : start + b], y[start : start + b]


# %% minibatches | wrong | a random rotation
# Starting at a random place is not a random order.
def minibatches(X, y, b, rng):
    order = np.roll(np.arange(len(y)), rng.integers(len(y)))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        yield X[rows], y[rows]


# %% minibatches | wrong | batches of equal size
# array_split evens the sizes out: 10 samples with b = 4 become 4, 3 and 3.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    for rows in np.array_split(order, -(-len(y) // b)):
        yield X[rows], y[rows]


# %% minibatches | wrong | b batches
# b is the size of a batch, not their number.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    for rows in np.array_split(order, min(b, len(y))):
        yield X[rows], y[rows]


# %% minibatches | wrong | fills up the last batch
# Samples from the start of the order are used a second time.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = np.take(order, range(start, start + b), mode="wrap")
        yield X[rows], y[rows]


# %% minibatches | wrong | returns inside the loop
# A return ends the function at the first batch; yield goes on.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        return [(X[rows], y[rows])]


# %% minibatches | right | a list of pairs
# All batches at once, by random keys that are sorted.
def minibatches(X, y, b, rng):
    order = np.argsort(rng.random(len(y)))
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | right | one shuffled copy
# Both arrays are reordered once, and the batches are views of the copies.
def minibatches(X, y, b, rng):
    rows = list(range(len(X)))
    rng.shuffle(rows)
    X, y = X[rows], y[rows]
    cuts = range(b, len(y), b)
    return zip(np.split(X, cuts), np.split(y, cuts))


# %% minibatches | right | an iterator class
# An object with __iter__ and __next__, which takes samples off the end of a list.
def minibatches(X, y, b, rng):
    class Epoch:
        def __init__(self):
            self.left = rng.permutation(len(y)).tolist()

        def __iter__(self):
            return self

        def __next__(self):
            if not self.left:
                raise StopIteration
            rows = [self.left.pop() for _ in range(min(b, len(self.left)))]
            return X[rows], y[rows]

    return Epoch()


# %% minibatches | right | Fisher and Yates
# The classical shuffle by swaps, one draw for each place.
def minibatches(X, y, b, rng):
    order = np.arange(len(y))
    for i in range(len(y) - 1, 0, -1):
        j = rng.integers(i + 1)
        order[[i, j]] = order[[j, i]]
    while len(order):
        rows, order = order[:b], order[b:]
        yield [np.stack([X[i] for i in rows]), np.array([y[i] for i in rows])]


# %% minibatches | wrong | indices of one byte
# An index of 8 bits holds no number above 255: larger ones wrap around.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y)).astype(np.uint8)
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | wrong | one table of floats
# A float holds no integer above 2**53, and nobody has asked for floats.
def minibatches(X, y, b, rng):
    flat = np.asarray(X, dtype=float).reshape(len(y), -1)
    table = rng.permutation(np.column_stack([flat, y]), axis=0)
    for i in range(0, len(y), b):
        part = table[i : i + b]
        yield part[:, :-1].reshape(len(part), *X.shape[1:]), part[:, -1]


# %% minibatches | wrong | swaps with any place
# Each place may be exchanged with any other, so that n**n ways are spread over n! orders: they cannot be equally likely.
def minibatches(X, y, b, rng):
    order = np.arange(len(y))
    for i, j in enumerate(rng.integers(len(y), size=len(y))):
        order[i], order[j] = order[j], order[i]
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | wrong | keys with ties
# Whole numbers as keys are often equal, and equal keys keep the order of the file.
def minibatches(X, y, b, rng):
    order = np.argsort(rng.integers(len(y) ** 2, size=len(y)) // len(y), kind="stable")
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | wrong | keys in half precision
# Keys of 16 bits have some thousand values: many are equal, and equal keys keep the order of the file.
def minibatches(X, y, b, rng):
    order = np.argsort(rng.random(len(y)).astype(np.float16), kind="stable")
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | wrong | one long cycle
# Sattolo's loop draws j below i, not up to i: no sample can keep its place.
def minibatches(X, y, b, rng):
    order = np.arange(len(y))
    for i in range(len(y) - 1, 0, -1):
        j = rng.integers(i)
        order[[i, j]] = order[[j, i]]
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | wrong | one permutation too many
# A second order that nobody uses moves the generator on, and with it every later draw.
def minibatches(X, y, b, rng):
    rng.permutation(len(y))
    order = rng.permutation(len(y))
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | wrong | drops rows with missing values
# What to do with a missing value is not decided here.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    order = order[~np.isnan(y[order].astype(float))]
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | wrong | a dictionary by target
# Equal targets are different samples; a dictionary keeps one of them.
def minibatches(X, y, b, rng):
    rows = {float(t): i for i, t in enumerate(y)}
    order = rng.permutation(list(rows.values()))
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | wrong | the memory's own order
# order="K" reads an array as it lies in memory, where rows may be columns.
def minibatches(X, y, b, rng):
    flat = X.ravel(order="K").reshape(X.shape)
    order = rng.permutation(len(y))
    return [(flat[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | right | read-only batches from a generator expression
# Nobody has asked for batches that may be written to.
def minibatches(X, y, b, rng):
    def frozen(array):
        array.flags.writeable = False
        return array

    order = rng.choice(len(y), size=len(y), replace=False)
    return ((frozen(X[rows]), frozen(y[rows])) for rows in np.split(order, range(b, len(y), b)))


# %% minibatches | right | recursion
# The first batch, then the batches of what is left.
def minibatches(X, y, b, rng, order=None):
    order = rng.permuted(np.arange(len(y))) if order is None else order
    while order.size > b:
        yield np.take(X, order[:b], axis=0), np.take(y, order[:b])
        order = order[b:]
    yield np.take(X, order, axis=0), np.take(y, order)


# %% minibatches | wrong | an order for the next epoch
# Whoever draws with the generator afterwards finds it further on than one epoch.
def minibatches(X, y, b, rng):
    order, ready = rng.permutation(len(y)), rng.permutation(len(y))
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | wrong | some hundred orders
# A seed of one byte leads to 256 orders, however many there are.
def minibatches(X, y, b, rng):
    order = np.random.default_rng(rng.integers(256)).permutation(len(y))
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y), b)]


# %% minibatches | right | Python's own generator
# random.Random is seeded from rng, so all randomness comes from there.
def minibatches(X, y, b, rng):
    import random

    order = list(range(len(y)))
    random.Random(int(rng.integers(2**63))).shuffle(order)
    return map(lambda i: (X[order[i : i + b]], y[order[i : i + b]]), range(0, len(y), b))


# %% minibatches | right | a sequence
# Without __iter__, Python asks for the items 0, 1, 2, ... until there is none.
def minibatches(X, y, b, rng):
    class Batches:
        def __init__(self):
            self.order = rng.permutation(len(y))

        def __getitem__(self, k):
            rows = self.order[k * b : (k + 1) * b]
            if not len(rows):
                raise IndexError(k)
            return X[rows], y[rows]

    return Batches()


# %% sgd_epoch | wrong | the gradient at the epoch's start
# All gradients are taken at the weights of the start, so that the epoch is one big step in pieces.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    new = w.copy()
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        new -= lr * grad_fn(w, X[rows], y[rows])
    return new


# %% sgd_epoch | wrong | divides by b again
# grad_fn has taken the mean already.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        w = w - lr / b * grad_fn(w, X[rows], y[rows])
    return w


# %% sgd_epoch | wrong | a sum over the batch
# Multiplying by the size of the batch undoes the mean.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        w = w - lr * len(rows) * grad_fn(w, X[rows], y[rows])
    return w


# %% sgd_epoch | wrong | a smaller rate for the short batch
# The rate is lr for every batch.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        w = w - lr * len(rows) / b * grad_fn(w, X[rows], y[rows])
    return w


# %% sgd_epoch | wrong | drops the tail
# The samples that do not fill a batch are never used.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for k in range(len(y) // b):
        rows = order[k * b : (k + 1) * b]
        w = w - lr * grad_fn(w, X[rows], y[rows])
    return w


# %% sgd_epoch | wrong | moves the caller's weights
# The in-place step changes the array that was given.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        w -= lr * grad_fn(w, X[rows], y[rows])
    return w


# %% sgd_epoch | wrong | the whole data in every step
# Each step has the gradient of all samples, which is batch gradient descent.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for _ in range(0, len(y), b):
        w = w - lr * grad_fn(w, X[order], y[order])
    return w


# %% sgd_epoch | wrong | never shuffles
# The batches are the same in every epoch.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    for start in range(0, len(y), b):
        w = w - lr * grad_fn(w, X[start : start + b], y[start : start + b])
    return w


# %% sgd_epoch | wrong | the global generator
# The same seed must give the same epoch.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = np.random.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        w = w - lr * grad_fn(w, X[rows], y[rows])
    return w


# %% sgd_epoch | wrong | a random batch in each step
# Independent batches repeat some samples and miss others.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    for start in range(0, len(y), b):
        rows = rng.choice(len(y), size=min(b, len(y) - start), replace=False)
        w = w - lr * grad_fn(w, X[rows], y[rows])
    return w


# %% sgd_epoch | wrong | shuffles blocks
# The samples of a batch stay together for ever.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    starts = np.arange(0, len(y), b)
    full, rest = starts[starts + b <= len(y)], starts[starts + b > len(y)]
    for start in [*rng.permutation(full), *rest]:
        w = w - lr * grad_fn(w, X[start : start + b], y[start : start + b])
    return w


# %% sgd_epoch | wrong | climbs
# Descent goes against the gradient.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        w = w + lr * grad_fn(w, X[rows], y[rows])
    return w


# %% sgd_epoch | wrong | two gradients in a step
# The call for the stopping test counts too.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        if np.linalg.norm(grad_fn(w, X[rows], y[rows])) > 0:
            w = w - lr * grad_fn(w, X[rows], y[rows])
    return w


# %% sgd_epoch | wrong | returns the mean of the iterates
# Polyak averaging is another method: the last weights are asked for.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order, path = rng.permutation(len(y)), [w]
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        path.append(path[-1] - lr * grad_fn(path[-1], X[rows], y[rows]))
    return np.mean(path, axis=0)


# %% sgd_epoch | right | a fold
# functools.reduce carries the weights through the batches.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    from functools import reduce

    order = rng.permutation(len(y))
    batches = [order[i : i + b] for i in range(0, len(y), b)]
    return reduce(lambda w, rows: w - lr * np.asarray(grad_fn(w, X[rows], y[rows])), batches, w)


# %% sgd_epoch | right | in place on a copy
# The weights change in place, as in a framework, but they are a copy.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    w, keys = w.copy(), rng.random(len(y))
    keys = np.argsort(keys, kind="stable")
    for rows in np.split(keys, range(b, len(y), b)):
        w -= lr * grad_fn(w.copy(), X[rows], y[rows])
    return w


# %% sgd_epoch | right | lists of Python floats
# The weights are a list of numbers; samples are taken off the end of a shuffled list.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    left, w = list(range(len(y))), [float(v) for v in w]
    rng.shuffle(left)
    while left:
        rows = [left.pop() for _ in range(min(b, len(left)))]
        g = grad_fn(np.array(w), X[rows], y[rows])
        w = [v - lr * float(s) for v, s in zip(w, g)]
    return w


# %% sgd_epoch | right | one table
# Features and targets are shuffled together, as one array with the targets in its last column.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    table = rng.permutation(np.column_stack([X, y]), axis=0)
    for i in range(-(-len(table) // b)):
        part = table[i * b : i * b + b]
        w = w - lr * grad_fn(w, part[:, :-1], part[:, -1])
    return w


# %% sgd_epoch | wrong | scales the gradient in place
# The array that grad_fn returns belongs to grad_fn.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for i in range(0, len(y), b):
        g = grad_fn(w, X[order[i : i + b]], y[order[i : i + b]])
        g *= lr
        w = w - g
    return w


# %% sgd_epoch | wrong | collects the gradients, steps later
# grad_fn may write the next gradient into the same array, and all that were kept are then the last.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order, start, kept = rng.permutation(len(y)), w, []
    for i in range(0, len(y), b):
        kept.append(grad_fn(w, X[order[i : i + b]], y[order[i : i + b]]))
        w = start - lr * np.sum(kept, axis=0)
    return w


# %% sgd_epoch | wrong | stops where the gradient is small
# A batch may fit by chance; the next one need not.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for i in range(0, len(y), b):
        g = grad_fn(w, X[order[i : i + b]], y[order[i : i + b]])
        if np.linalg.norm(g) < 1e-12:
            break
        w = w - lr * g
    return w


# %% sgd_epoch | wrong | skips what is not finite
# A NaN that is skipped is a bug that is hidden.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for i in range(0, len(y), b):
        g = grad_fn(w, X[order[i : i + b]], y[order[i : i + b]])
        if not np.all(np.isfinite(g)):
            break
        w = w - lr * g
    return w


# %% sgd_epoch | wrong | single precision
# float32 keeps seven digits of sixteen.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order, w = rng.permutation(len(y)), w.astype(np.float32)
    for i in range(0, len(y), b):
        w = w - np.float32(lr) * grad_fn(w, X[order[i : i + b]], y[order[i : i + b]]).astype(np.float32)
    return w


# %% sgd_epoch | wrong | clips the gradient
# Nobody has asked to clip, and a large gradient may be right.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    for i in range(0, len(y), b):
        g = grad_fn(w, X[order[i : i + b]], y[order[i : i + b]])
        w = w - lr * np.clip(g, -1e6, 1e6)
    return w


# %% sgd_epoch | wrong | swaps with any place
# n**n ways to swap are spread over n! orders: they cannot be equally likely.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = np.arange(len(y))
    for i, j in enumerate(rng.integers(len(y), size=len(y))):
        order[i], order[j] = order[j], order[i]
    for i in range(0, len(y), b):
        w = w - lr * grad_fn(w, X[order[i : i + b]], y[order[i : i + b]])
    return w


# %% sgd_epoch | wrong | one permutation too many
# An order that nobody uses moves the generator on.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    rng.permutation(len(y))
    order = rng.permutation(len(y))
    for i in range(0, len(y), b):
        w = w - lr * grad_fn(w, X[order[i : i + b]], y[order[i : i + b]])
    return w


# %% sgd_epoch | right | a class with a step
# An object holds the weights, and hands out a copy of them at the end.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    class Weights:
        def __init__(self, values):
            self.values = np.array(values, dtype=float)

        def step(self, Xb, yb):
            self.values = self.values - lr * np.asarray(grad_fn(self.values, Xb, yb))

    weights, order = Weights(w), rng.permuted(np.arange(len(y)))
    for rows in np.split(order, range(b, len(y), b)):
        weights.step(X[rows], y[rows])
    return weights.values


# %% sgd_epoch | wrong | looks at an order for every batch
# A permutation is drawn for every batch, but only the first is used.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    first = None
    for start in range(0, len(y), b):
        order = rng.permutation(len(y))
        first = order if first is None else first
        rows = first[start : start + b]
        w = w - lr * grad_fn(w, X[rows], y[rows])
    return w


# %% noise_floor | wrong | for small rates only
# eta sigma^2 / (4 B) leaves out the curvature, which counts at large rates.
def noise_floor(lr, curvatures, variances, b):
    if np.any(lr * np.asarray(curvatures, dtype=float) >= 2):
        return np.inf
    return lr * np.sum(np.asarray(variances, dtype=float)) / (4 * b)


# %% noise_floor | wrong | the variance, not the loss
# The excess loss is half the curvature times the variance of the distance.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    return np.inf if np.any(lr * lam >= 2) else np.sum(lr * var / (lam * (2 - lr * lam) * b))


# %% noise_floor | wrong | without the half
# A parabola with the curvature lambda is lambda e^2 / 2 high.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    return np.inf if np.any(lr * lam >= 2) else np.sum(lr * var / ((2 - lr * lam) * b))


# %% noise_floor | wrong | the root of the batch
# The standard deviation of a mean falls like the root of b; the loss goes with the variance.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    return np.inf if np.any(lr * lam >= 2) else np.sum(lr * var / (2 * (2 - lr * lam) * b**0.5))


# %% noise_floor | wrong | a batch does not help
# The mean of b independent gradients has a variance b times smaller.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    return np.inf if np.any(lr * lam >= 2) else np.sum(lr * var / (2 * (2 - lr * lam)))


# %% noise_floor | wrong | the mean over the directions
# Each direction adds its own excess.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    return np.inf if np.any(lr * lam >= 2) else np.mean(lr * var / (2 * (2 - lr * lam) * b))


# %% noise_floor | wrong | the steepest direction only
# The flat ones are noisy too.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    j = np.argmax(lam)
    return np.inf if lr * lam[j] >= 2 else lr * var[j] / (2 * (2 - lr * lam[j]) * b)


# %% noise_floor | wrong | a factor that is not squared
# A factor f multiplies the variance by f^2.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    if np.any(lr * lam >= 2):
        return np.inf
    return np.sum(lam / 2 * lr**2 * var / b / (1 - np.abs(1 - lr * lam)))


# %% noise_floor | wrong | noise without the rate squared
# The noise enters with the factor eta, so its variance with eta^2.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    return np.inf if np.any(lr * lam >= 2) else np.sum(var / (2 * (2 - lr * lam) * b))


# %% noise_floor | wrong | a formula beyond its border
# Beyond the border the formula gives a negative number; the run has no floor.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    with np.errstate(divide="ignore"):
        return np.sum(lr * var / (2 * (2 - lr * lam) * b))


# %% noise_floor | wrong | the border of a monotone run
# Between 1 and 2 the distance changes its side at each step, and still shrinks.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    return np.inf if np.any(lr * lam >= 1) else np.sum(lr * var / (2 * (2 - lr * lam) * b))


# %% noise_floor | wrong | every direction must diverge
# One direction that leaves is enough.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    if np.all(lr * lam >= 2):
        return np.inf
    return np.sum((lr * var / (2 * (2 - lr * lam) * b))[lr * lam < 2])


# %% noise_floor | wrong | a quiet direction cannot leave
# Where a direction does not settle there is no floor, with or without noise along it.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    lam, var = lam[var > 0], var[var > 0]
    return np.inf if np.any(lr * lam >= 2) else np.sum(lr * var / (2 * (2 - lr * lam) * b))


# %% noise_floor | wrong | one minus the square of one minus tiny
# With a tiny rate 1 - (1 - tiny)^2 is rounded to 0, or to a number with few digits.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    if np.any(lr * lam >= 2):
        return np.inf
    with np.errstate(all="ignore"):
        return np.nansum(lam / 2 * lr**2 * var / b / (1 - (1 - lr * lam) ** 2))


# %% noise_floor | wrong | some thousand steps
# A small rate needs more steps than anyone will wait for.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    if np.any(lr * lam >= 2):
        return np.inf
    c = np.zeros(len(lam))
    for _ in range(5000):
        c = (1 - lr * lam) ** 2 * c + lr**2 * var / b
    return np.sum(lam * c) / 2


# %% noise_floor | wrong | in the type of the arrays
# A float16 keeps three digits: the numbers are made float64 first.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures), np.asarray(variances)
    return np.inf if np.any(lr * lam >= 2) else np.sum(lr * var / (2 * (2 - lr * lam) * b))


# %% noise_floor | wrong | a flat direction is none
# Where the curvature is tiny the walk goes far, and the excess is the same.
def noise_floor(lr, curvatures, variances, b):
    lam, var = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    var = np.where(lam < 1e-12, 0.0, var)
    return np.inf if np.any(lr * lam >= 2) else np.sum(lr * var / (2 * (2 - lr * lam) * b))


# %% noise_floor | right | the recursion by doubling
# Two steps on the variance are again one step of the same form; a thousand doublings are enough for any rate.
def noise_floor(lr, curvatures, variances, b):
    import math

    total = 0.0
    for lam, var in zip(curvatures, variances):
        pull = lr * float(lam)
        if pull >= 2:
            return math.inf
        # the excess of e is lam / 2 times its variance; f = 1 - left, so that no digit is lost
        left, a = pull * (2 - pull), pull * lr * float(var) / b / 2
        while left < 1:
            a, left = a * (2 - left), left * (2 - left)
            if a == a * (2 - left):
                break
        total += a
    return total


# %% noise_floor | right | exact fractions
# Exact arithmetic, rounded to a float once.
def noise_floor(lr, curvatures, variances, b):
    from fractions import Fraction

    eta = Fraction(lr)
    pulls = [eta * Fraction(float(lam)) for lam in curvatures]
    if max(pulls) >= 2:
        return float("inf")
    return float(sum(eta * Fraction(float(v)) / (2 * (2 - p) * b) for p, v in zip(pulls, variances)))


# %% noise_floor | right | a number of its own kind
# A subclass of float is a float.
def noise_floor(lr, curvatures, variances, b):
    class Loss(float):
        pass

    lam, var = np.array(curvatures, dtype=np.longdouble), np.array(variances, dtype=np.longdouble)
    rest = 2 - lr * lam
    return Loss("inf") if rest.min() <= 0 else Loss(lr / b / 2 * np.dot(var, 1 / rest))


# %% noise_floor | right | PyTorch
# The same sum with tensors.
def noise_floor(lr, curvatures, variances, b):
    import torch

    lam, var = (torch.tensor([float(v) for v in a], dtype=torch.float64) for a in (curvatures, variances))
    floor = (lr * var / (4 - 2 * lr * lam) / b).sum()
    return floor.item() if bool((lr * lam < 2).all()) else float("inf")


# %% momentum_step | wrong | the rate inside the velocity
# As long as the rate is constant this is the same path; a new rate must also act on the old gradients.
def momentum_step(w, g, v, lr, mu):
    v = mu * v + lr * g
    return w - v, v


# %% momentum_step | wrong | an average in place of a sum
# The factor 1 - mu belongs to Adam's first moment, not here.
def momentum_step(w, g, v, lr, mu):
    v = mu * v + (1 - mu) * g
    return w - lr * v, v


# %% momentum_step | wrong | steps with the old velocity
# The weights move by the new velocity.
def momentum_step(w, g, v, lr, mu):
    return w - lr * v, mu * v + g


# %% momentum_step | wrong | forgets the velocity
# The new velocity is computed and never used for the weights.
def momentum_step(w, g, v, lr, mu):
    return w - lr * g, mu * v + g


# %% momentum_step | wrong | never decays
# Without mu the velocity sums all gradients at full weight.
def momentum_step(w, g, v, lr, mu):
    v = v + g
    return w - lr * v, v


# %% momentum_step | wrong | decays the gradient too
# mu multiplies the old velocity alone.
def momentum_step(w, g, v, lr, mu):
    v = mu * (v + g)
    return w - lr * v, v


# %% momentum_step | wrong | Nesterov's step
# Looking one velocity ahead is the next exercise.
def momentum_step(w, g, v, lr, mu):
    v = mu * v + g
    return w - lr * (g + mu * v), v


# %% momentum_step | wrong | climbs
# Descent goes against the velocity.
def momentum_step(w, g, v, lr, mu):
    v = mu * v + g
    return w + lr * v, v


# %% momentum_step | wrong | a velocity downhill
# The weights are right, but the velocity that is handed back has the opposite sign.
def momentum_step(w, g, v, lr, mu):
    v = mu * v - g
    return w + lr * v, v


# %% momentum_step | wrong | changes the caller's velocity
# The in-place operations write into the array that was given.
def momentum_step(w, g, v, lr, mu):
    v *= mu
    v += g
    return w - lr * v, v


# %% momentum_step | wrong | changes the caller's weights
# The in-place step writes into the array that was given.
def momentum_step(w, g, v, lr, mu):
    v = mu * v + g
    w -= lr * v
    return w, v


# %% momentum_step | wrong | velocity first
# The pair is (w, v).
def momentum_step(w, g, v, lr, mu):
    v = mu * v + g
    return v, w - lr * v


# %% momentum_step | wrong | a velocity of its own
# The function keeps the velocity as its attribute, where all runs share it, and ignores the one that was given.
def momentum_step(w, g, v, lr, mu):
    momentum_step.v = mu * getattr(momentum_step, "v", 0.0) + g
    return w - lr * momentum_step.v, momentum_step.v


# %% momentum_step | right | entry by entry
# Python floats in a loop over the flattened arrays.
def momentum_step(w, g, v, lr, mu):
    new_w, new_v = np.empty(w.shape), np.empty(w.shape)
    for i in np.ndindex(w.shape):
        new_v[i] = mu * float(v[i]) + float(g[i])
        new_w[i] = float(w[i]) - lr * new_v[i]
    return new_w, new_v


# %% momentum_step | right | in place on copies
# The arrays change in place, as in a framework, but they are copies.
def momentum_step(w, g, v, lr, mu):
    w, v = np.array(w, dtype=float), np.array(v, dtype=float)
    v *= mu
    v += g
    w -= lr * v
    return w, v


# %% momentum_step | right | a matrix
# The step is linear: (w, v) goes to a 2 x 2 matrix times (w, v) plus a vector times g.
def momentum_step(w, g, v, lr, mu):
    A, c = np.array([[1.0, -lr * mu], [0.0, mu]]), np.array([-lr, 1.0])
    both = np.tensordot(A, np.stack([w, v]), axes=1) + np.multiply.outer(c, g)
    return list(both)


# %% momentum_step | right | PyTorch's optimizer
# torch.optim.SGD makes the step, with its momentum buffer set from v.
def momentum_step(w, g, v, lr, mu):
    import torch

    w, g, v = (np.array(a, dtype=float) for a in (w, g, v))
    if mu == 0:
        return w - lr * g, g
    p = torch.tensor(w, dtype=torch.float64)
    p.grad = torch.tensor(g, dtype=torch.float64)
    optimizer = torch.optim.SGD([p], lr=lr, momentum=mu)
    optimizer.state[p]["momentum_buffer"] = torch.tensor(v, dtype=torch.float64)
    optimizer.step()
    return p.numpy(), optimizer.state[p]["momentum_buffer"].numpy()


# %% momentum_step | wrong | the gradient becomes the velocity
# From rest the velocity equals the gradient, but it must not be the same array: the caller writes into it again.
def momentum_step(w, g, v, lr, mu):
    v = mu * v + g if np.any(v) else g
    return w - lr * v, v


# %% momentum_step | wrong | no step at a zero gradient
# A ball without a push rolls on.
def momentum_step(w, g, v, lr, mu):
    if not np.any(g):
        return w, v
    v = mu * v + g
    return w - lr * v, v


# %% momentum_step | wrong | rests at a zero rate
# The velocity goes on collecting while the rate is 0.
def momentum_step(w, g, v, lr, mu):
    if lr == 0:
        return w.copy(), v.copy()
    v = mu * v + g
    return w - lr * v, v


# %% momentum_step | wrong | a slow ball stands still
# What is tiny is not zero.
def momentum_step(w, g, v, lr, mu):
    v = mu * v + g
    v = np.where(np.abs(v) < 1e-12, 0.0, v)
    return w - lr * v, v


# %% momentum_step | wrong | clips the velocity
# Nobody has asked for a largest velocity.
def momentum_step(w, g, v, lr, mu):
    v = np.clip(mu * v + g, -1e10, 1e10)
    return w - lr * v, v


# %% momentum_step | wrong | no NaN
# A NaN that becomes 0 hides what went wrong.
def momentum_step(w, g, v, lr, mu):
    v = mu * v + np.nan_to_num(g)
    return w - lr * v, v


# %% momentum_step | wrong | in the gradient's type
# A float16 keeps three digits; the velocity is made of float64.
def momentum_step(w, g, v, lr, mu):
    v = (mu * v + g).astype(g.dtype)
    return w - lr * v, v


# %% momentum_step | wrong | the memory's own order
# order="K" reads the arrays as they lie in memory, each in its own way.
def momentum_step(w, g, v, lr, mu):
    flat = mu * v.ravel(order="K") + g.ravel(order="K")
    v = flat.reshape(w.shape)
    return w - lr * v, v


# %% momentum_step | right | a generator
# One pass over all entries fills a structured array.
def momentum_step(w, g, v, lr, mu):
    def pairs():
        for a, b, c in np.nditer([w, g, v], order="C"):
            c = mu * float(c) + float(b)
            yield float(a) - lr * c, c

    both = np.fromiter(pairs(), dtype=[("w", float), ("v", float)], count=w.size)
    return both["w"].reshape(w.shape).copy(), both["v"].reshape(w.shape).copy()


# %% momentum_step | wrong | one buffer for all steps
# What a step has returned must not change when the next one is made.
buffers = {}


def momentum_step(w, g, v, lr, mu):
    velocity = buffers.setdefault(w.shape, np.zeros(w.shape))
    velocity[...] = mu * v + g
    return w - lr * velocity, velocity


# %% momentum_matrix | wrong | the largest real part
# A complex eigenvalue is longer than its real part.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
    return M, np.max(np.linalg.eigvals(M).real)


# %% momentum_matrix | wrong | the largest eigenvalue
# A negative eigenvalue of size 2 is more than one of 0.5: the absolute value decides.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
    r = np.linalg.eigvals(M)
    return M, np.max(r) if np.isrealobj(r) else np.abs(r[0])


# %% momentum_matrix | wrong | a symmetric matrix
# eigvalsh reads one triangle and takes the other for its mirror image.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
    return M, np.max(np.abs(np.linalg.eigvalsh(M)))


# %% momentum_matrix | wrong | the longest stretch
# The 2-norm is what one step can do at most; the spectral radius is what many steps do.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
    return M, np.linalg.norm(M, 2)


# %% momentum_matrix | wrong | always the root of mu
# Off the flat floor one eigenvalue is longer than that.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
    return M, mu**0.5


# %% momentum_matrix | wrong | mu for its root
# The determinant is the product of both eigenvalues, so each has the length of its root.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
    r = np.linalg.eigvals(M)
    return M, np.max(np.abs(r)) if np.isrealobj(r) else mu


# %% momentum_matrix | wrong | the older distance first
# M acts on the pair with the newer distance on top.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[0, 1], [-mu, 1 + mu - lr * curvature]])
    return M, np.max(np.abs(np.linalg.eigvals(M)))


# %% momentum_matrix | wrong | distance and velocity
# The pair (e, v) has a matrix with the same eigenvalues, and another one.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 - lr * curvature, -lr * mu], [curvature, mu]])
    return M, np.max(np.abs(np.linalg.eigvals(M)))


# %% momentum_matrix | wrong | forgets what momentum adds
# The difference e_t - e_{t-1} has e_t in it too.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 - lr * curvature, -mu], [1, 0]])
    return M, np.max(np.abs(np.linalg.eigvals(M)))


# %% momentum_matrix | wrong | pushes back
# mu times the last move goes on in its direction.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 - mu - lr * curvature, mu], [1, 0]])
    return M, np.max(np.abs(np.linalg.eigvals(M)))


# %% momentum_matrix | wrong | a complex number
# The radius is a length, a real number.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
    r = np.roots([1, -(1 + mu - lr * curvature), mu]).astype(complex)
    return M, r[np.argmax(np.abs(r))] if len(r) else 0.0


# %% momentum_matrix | wrong | one direction at a time
# Repeated multiplication does not settle where the eigenvalues are complex: the arrow turns for ever.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
    e, factor = np.array([1.0, 0.6]), 0.0
    for _ in range(2000):
        new = M @ e
        factor = np.linalg.norm(new) / (np.linalg.norm(e) or 1.0)
        e = new / (np.linalg.norm(new) or 1.0)
    return M, factor


# %% momentum_matrix | wrong | descends only
# With a negative curvature the run leaves, and the radius is above 1.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
    return M, min(1.0, np.max(np.abs(np.linalg.eigvals(M)))) if curvature < 0 else np.max(np.abs(np.linalg.eigvals(M)))


# %% momentum_matrix | wrong | a matrix of integers
# -mu is cut off to 0 where the first entry is an integer.
def momentum_matrix(lr, mu, curvature):
    M = np.zeros((2, 2), dtype=np.asarray(lr * curvature).dtype)
    M[0], M[1] = [1 + mu - lr * curvature, -mu], [1, 0]
    return M, np.max(np.abs(np.linalg.eigvals(M)))


# %% momentum_matrix | wrong | rounds to twelve digits
# What is tiny is not zero: a slow run has a radius just below 1.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 + mu - lr * curvature, -mu], [1, 0]])
    return M, round(float(np.max(np.abs(np.linalg.eigvals(M)))), 9)


# %% momentum_matrix | wrong | one matrix for all calls
# The second call writes into what the first has returned.
def momentum_matrix(lr, mu, curvature, M=np.array([[0.0, 0.0], [1.0, 0.0]])):
    M[0] = M[0] * 0.5 + [1 + mu - lr * curvature, -mu]
    return M, np.max(np.abs(np.linalg.eigvals(M)))


# %% momentum_matrix | right | the quadratic formula, by cases
# Complex solutions have the length of the root of mu; of two real ones the longer is told without cancellation.
def momentum_matrix(lr, mu, curvature):
    import math

    p = 1 + mu - lr * curvature
    rho = math.sqrt(mu) if abs(p) <= 2 * math.sqrt(mu) else abs(p) / 2 * (1 + math.sqrt(1 - 4 * mu / p / p))
    return [[p, -mu], [1.0, 0.0]], rho


# %% momentum_matrix | right | complex roots
# cmath finds both solutions, whichever kind they are.
def momentum_matrix(lr, mu, curvature):
    import cmath

    half = (1 + mu - lr * curvature) / 2
    root = abs(half) * cmath.sqrt(1 - mu / half / half) if half else cmath.sqrt(-mu)
    return np.array([[2 * half, -mu], [1, 0]]), max(abs(half + root), abs(half - root))


# %% momentum_matrix | right | PyTorch
# The same eigenvalues by torch; the matrix cannot be written to.
def momentum_matrix(lr, mu, curvature):
    import torch

    M = np.array([[1.0 + mu - lr * curvature, -mu], [1.0, 0.0]])
    rho = torch.linalg.eigvals(torch.tensor(M)).abs().max().item()
    M.flags.writeable = False
    return M, rho


# %% momentum_matrix | right | a named pair
# A named tuple is a tuple.
def momentum_matrix(lr, mu, curvature):
    from collections import namedtuple

    Step = namedtuple("Step", "M rho")
    companion = np.eye(2, k=-1) + np.outer([1, 0], [1 + mu - lr * curvature, -float(mu)])
    return Step(companion, np.abs(np.roots([1.0, -companion[0, 0], mu])).max(initial=0.0))


# %% momentum_matrix | wrong | nearly equal is equal
# The root of a millionth is a thousandth: just off the flat floor one eigenvalue is longer already.
def momentum_matrix(lr, mu, curvature):
    p = 1 + mu - lr * curvature
    inside = p * p - 4 * mu
    return np.array([[p, -mu], [1, 0]]), mu**0.5 if inside < 1e-6 else (abs(p) + inside**0.5) / 2


# %% nesterov_step | wrong | plain momentum
# The step is the velocity; nothing looks ahead.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + g
    return w - lr * v, v


# %% nesterov_step | wrong | looks ahead with the old velocity
# g + mu v with the old v is the new velocity again: plain momentum.
def nesterov_step(w, g, v, lr, mu):
    return w - lr * (g + mu * v), mu * v + g


# %% nesterov_step | wrong | no gradient of its own
# The gradient counts twice: in the velocity, and beside it.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + g
    return w - lr * mu * v, v


# %% nesterov_step | wrong | the velocity at full weight
# The velocity that looks ahead is multiplied by mu.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + g
    return w - lr * (g + v), v


# %% nesterov_step | wrong | mu on the wrong term
# It is g + mu v, not v + mu g.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + g
    return w - lr * (v + mu * g), v


# %% nesterov_step | wrong | the rate inside the velocity
# Keras's form: the same path at a constant rate, another velocity, and another path when the rate changes.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v - lr * g
    return w + mu * v - lr * g, v


# %% nesterov_step | wrong | the rate inside a positive velocity
# The velocity holds gradients without a rate.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + lr * g
    return w - (lr * g + mu * v), v


# %% nesterov_step | wrong | an average in place of a sum
# There is no factor 1 - mu.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + (1 - mu) * g
    return w - lr * ((1 - mu) * g + mu * v), v


# %% nesterov_step | wrong | hands back the velocity ahead
# What looks ahead is used for the weights and thrown away.
def nesterov_step(w, g, v, lr, mu):
    ahead = g + mu * (mu * v + g)
    return w - lr * ahead, ahead


# %% nesterov_step | wrong | looks ahead a second time
# The weights are at the point ahead already; from there one more look is one too many.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + g
    return w - lr * (g + mu * (g + mu * v)), v


# %% nesterov_step | wrong | climbs
# Descent goes against the gradient and the velocity.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + g
    return w + lr * (g + mu * v), v


# %% nesterov_step | wrong | changes the caller's velocity
# The in-place operations write into the array that was given.
def nesterov_step(w, g, v, lr, mu):
    v *= mu
    v += g
    return w - lr * (g + mu * v), v


# %% nesterov_step | wrong | changes the caller's gradient
# g += mu v writes into the array that was given.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + g
    g += mu * v
    return w - lr * g, v


# %% nesterov_step | right | in one formula
# From the old velocity the step is (1 + mu) g + mu^2 v.
def nesterov_step(w, g, v, lr, mu):
    g = np.array(g, dtype=float)
    return w - lr * ((1 + mu) * g + mu**2 * v), mu * v + g


# %% nesterov_step | right | by way of Nesterov's own point
# Go back to the point behind, make the step from there, and look ahead again.
def nesterov_step(w, g, v, lr, mu):
    behind = w + lr * mu * v
    v = g + mu * v
    return (behind - lr * v) - lr * mu * v, v


# %% nesterov_step | right | entry by entry
# Python floats in lists, put back into shape at the end.
def nesterov_step(w, g, v, lr, mu):
    new_v = [mu * b + a for a, b in zip(g.ravel().tolist(), v.ravel().tolist())]
    new_w = [a - lr * (b + mu * c) for a, b, c in zip(w.ravel().tolist(), g.ravel().tolist(), new_v)]
    return np.reshape(new_w, w.shape), np.reshape(new_v, w.shape)


# %% nesterov_step | right | PyTorch's optimizer
# torch.optim.SGD makes the step, with its momentum buffer set from v.
def nesterov_step(w, g, v, lr, mu):
    import torch

    w, g, v = (np.array(a, dtype=float) for a in (w, g, v))
    if mu == 0:
        return w - lr * g, g
    p = torch.tensor(w, dtype=torch.float64)
    p.grad = torch.tensor(g, dtype=torch.float64)
    optimizer = torch.optim.SGD([p], lr=lr, momentum=mu, nesterov=True)
    optimizer.state[p]["momentum_buffer"] = torch.tensor(v, dtype=torch.float64)
    optimizer.step()
    return p.numpy(), optimizer.state[p]["momentum_buffer"].numpy()


# %% nesterov_step | wrong | the gradient becomes the velocity
# From rest the velocity equals the gradient, but it must not be the same array: the caller writes into it again.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + g if np.any(v) else g
    return w - lr * (g + mu * v), v


# %% nesterov_step | wrong | no step at a zero gradient
# A ball without a push rolls on.
def nesterov_step(w, g, v, lr, mu):
    if not np.any(g):
        return w, v
    v = mu * v + g
    return w - lr * (g + mu * v), v


# %% nesterov_step | wrong | in the gradient's type
# A float16 keeps three digits; the velocity is made of float64.
def nesterov_step(w, g, v, lr, mu):
    v = (mu * v + g).astype(g.dtype)
    return w - lr * (g + mu * v), v


# %% nesterov_step | wrong | sums up in single precision
# float32 ends at 3e38, and keeps seven digits.
def nesterov_step(w, g, v, lr, mu):
    w, g, v = (np.asarray(a, dtype=np.float32) for a in (w, g, v))
    v = np.float32(mu) * v + g
    return w - np.float32(lr) * (g + np.float32(mu) * v), v


# %% nesterov_step | wrong | small gradients only push
# Where the gradient is tiny, the look ahead is needed as well.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + g
    return w - lr * np.where(np.abs(g) < 1e-10, v, g + mu * v), v


# %% nesterov_step | wrong | no NaN
# A NaN that becomes 0 hides what went wrong.
def nesterov_step(w, g, v, lr, mu):
    v = mu * v + np.where(np.isnan(g), 0.0, g)
    return w - lr * (np.where(np.isnan(g), 0.0, g) + mu * v), v


# %% nesterov_step | wrong | the memory's own order
# order="K" reads the arrays as they lie in memory, each in its own way.
def nesterov_step(w, g, v, lr, mu):
    g, v = (a.ravel(order="K").reshape(w.shape) for a in (g, v))
    v = mu * v + g
    return w - lr * (g + mu * v), v


# %% nesterov_step | wrong | rests at a zero rate
# The gradient comes into the velocity also while the rate is 0.
def nesterov_step(w, g, v, lr, mu):
    if lr == 0:
        return w.copy(), mu * v
    v = mu * v + g
    return w - lr * (g + mu * v), v


# %% nesterov_step | wrong | without momentum the gradient itself
# With mu = 0 the new velocity equals the gradient, but it must not be the same array.
def nesterov_step(w, g, v, lr, mu):
    g = np.asarray(g, dtype=float)
    v = mu * v + g if mu else g
    return w - lr * (g + mu * v), v


# %% nesterov_step | right | the difference of the velocities
# What the new velocity has and mu times the old one has not is the gradient.
def nesterov_step(w, g, v, lr, mu):
    new = mu * v + np.asarray(g, dtype=float)
    return w - lr * (new + mu * (new - v)), new


# %% adagrad_step | wrong | eps inside the root
# For s = 0 and eps = 1e-8 the two differ by a factor of 10,000.
def adagrad_step(w, g, s, lr, eps):
    s = s + g**2
    return w - lr * g / np.sqrt(s + eps), s


# %% adagrad_step | wrong | no root
# The gradient is divided by the root of the sum, so that its unit cancels.
def adagrad_step(w, g, s, lr, eps):
    s = s + g**2
    return w - lr * g / (s + eps), s


# %% adagrad_step | wrong | the old sum
# The newest gradient counts in its own step.
def adagrad_step(w, g, s, lr, eps):
    return w - lr * g / (np.sqrt(s) + eps), s + g**2


# %% adagrad_step | wrong | one rate for all
# The sum over the entries is AdaGrad-Norm; here every weight has its own.
def adagrad_step(w, g, s, lr, eps):
    s = s + np.sum(g**2)
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | sums sizes
# The squares are summed, not the absolute values.
def adagrad_step(w, g, s, lr, eps):
    s = s + np.abs(g)
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | squares the sum
# The sum of squares is not the square of the sum.
def adagrad_step(w, g, s, lr, eps):
    s = (s + g) ** 2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | forgets
# A moving average is RMSprop; Adagrad keeps everything.
def adagrad_step(w, g, s, lr, eps):
    s = 0.9 * s + 0.1 * g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | remembers the last square only
# s is overwritten instead of increased, and every step has the size of the rate.
def adagrad_step(w, g, s, lr, eps):
    s = g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | hands back the root
# The sum of squares is the state, not its root.
def adagrad_step(w, g, s, lr, eps):
    s = np.sqrt(s + g**2)
    return w - lr * g / (s + eps), s


# %% adagrad_step | wrong | multiplies
# Weights with much gradient get smaller steps, not larger ones.
def adagrad_step(w, g, s, lr, eps):
    s = s + g**2
    return w - lr * g * (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | changes the caller's sum
# The in-place addition writes into the array that was given.
def adagrad_step(w, g, s, lr, eps):
    s += g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | eps under the sum
# Adding eps to the state makes it grow with every step.
def adagrad_step(w, g, s, lr, eps):
    s = s + g**2 + eps
    return w - lr * g / np.sqrt(s), s


# %% adagrad_step | wrong | without eps
# Where there was never a gradient, 0 / 0 is nan.
def adagrad_step(w, g, s, lr, eps):
    s = s + g**2
    return w - lr * g / np.sqrt(s), s


# %% adagrad_step | right | hypot
# The root of s + g^2 is the hypotenuse over the root of s and g.
def adagrad_step(w, g, s, lr, eps):
    g = np.array(g, dtype=float)
    root = np.hypot(np.sqrt(s), g)
    return w - lr * g / (root + eps), np.add(s, np.square(g))


# %% adagrad_step | right | a rate for each weight
# First the rates, as in the text, then the step.
def adagrad_step(w, g, s, lr, eps):
    g = np.array(g, dtype=float)
    s = np.sum([s, g * g], axis=0)
    rates = lr * (s**0.5 + eps) ** -1
    return w - rates * g, s


# %% adagrad_step | right | entry by entry
# Python floats in a loop over the flattened arrays.
def adagrad_step(w, g, s, lr, eps):
    g = np.array(g, dtype=float)
    import math

    new_w, new_s = np.empty(w.shape), np.empty(w.shape)
    for i in np.ndindex(w.shape):
        new_s[i] = s[i] + g[i] * g[i]
        new_w[i] = w[i] - lr * g[i] / (math.sqrt(new_s[i]) + eps)
    return new_w, new_s


# %% adagrad_step | right | PyTorch tensors
# The same formula with torch, in place on copies.
def adagrad_step(w, g, s, lr, eps):
    import torch

    w, g, s = (torch.tensor(np.array(a, dtype=float)) for a in (w, g, s))
    s.addcmul_(g, g)
    w.addcdiv_(g, s.sqrt().add_(eps), value=-lr)
    return w.numpy(), s.numpy()


# %% adagrad_step | wrong | squares in the gradient's type
# A float16 ends at 65504: the square of 300 is infinite in it.
def adagrad_step(w, g, s, lr, eps):
    with np.errstate(over="ignore"):
        s = s + g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | single precision
# The square of 1e-30 is 0 in float32.
def adagrad_step(w, g, s, lr, eps):
    w, g, s = (np.asarray(a, dtype=np.float32) for a in (w, g, s))
    with np.errstate(all="ignore"):
        s = s + g**2
        return w - np.float32(lr) * g / (np.sqrt(s) + np.float32(eps)), s


# %% adagrad_step | wrong | a tiny gradient is none
# With an eps in its units, a tiny gradient makes a step like any other.
def adagrad_step(w, g, s, lr, eps):
    g = np.where(np.abs(g) < 1e-10, 0.0, np.asarray(g, dtype=float))
    s = s + g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | no root below 1e-8
# A floor under the root is another rule than a number that is added to it.
def adagrad_step(w, g, s, lr, eps):
    g = np.asarray(g, dtype=float)
    s = s + g**2
    return w - lr * g / np.maximum(np.sqrt(s), eps), s


# %% adagrad_step | wrong | the memory's own order
# order="K" reads the arrays as they lie in memory, each in its own way.
def adagrad_step(w, g, s, lr, eps):
    g, s = (np.asarray(a, dtype=float).ravel(order="K").reshape(w.shape) for a in (g, s))
    s = s + g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | a NaN is no gradient
# A NaN that becomes 0 hides what went wrong.
def adagrad_step(w, g, s, lr, eps):
    g = np.nan_to_num(np.asarray(g, dtype=float))
    s = s + g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | one NaN stops all
# Each entry goes its own way.
def adagrad_step(w, g, s, lr, eps):
    g = np.asarray(g, dtype=float)
    if not np.all(np.isfinite(g)):
        return w, s
    s = s + g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | right | one weight at a time, recursively
# A function of one weight, which calls itself on each row of an array with dimensions.
def adagrad_step(w, g, s, lr, eps):
    if np.ndim(w):
        pairs = [adagrad_step(*each, lr, eps) for each in zip(w, g, s)]
        return np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    total = float(s) + float(g) * float(g)
    return float(w) - lr * float(g) / (total**0.5 + eps), total


# %% rmsprop_step | wrong | eps inside the root
# Keras's form; here eps stands outside, as in PyTorch.
def rmsprop_step(w, g, s, lr, rho, eps):
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / np.sqrt(s + eps), s


# %% rmsprop_step | wrong | rho the other way round
# rho is what is kept, 1 - rho is what comes new.
def rmsprop_step(w, g, s, lr, rho, eps):
    s = (1 - rho) * s + rho * g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | a leaky sum
# Without the factor 1 - rho it is no average: it grows to g^2 / (1 - rho).
def rmsprop_step(w, g, s, lr, rho, eps):
    s = rho * s + g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | Adagrad
# The sum never forgets.
def rmsprop_step(w, g, s, lr, rho, eps):
    s = s + g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | the old average
# The newest gradient counts in its own step.
def rmsprop_step(w, g, s, lr, rho, eps):
    return w - lr * g / (np.sqrt(s) + eps), rho * s + (1 - rho) * g**2


# %% rmsprop_step | wrong | no root
# The gradient is divided by the root of the mean square.
def rmsprop_step(w, g, s, lr, rho, eps):
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / (s + eps), s


# %% rmsprop_step | wrong | averages the gradient
# The squares are averaged, not the gradients: opposite signs must not cancel.
def rmsprop_step(w, g, s, lr, rho, eps):
    s = rho * s + (1 - rho) * g
    return w - lr * g / (np.abs(s) + eps), s


# %% rmsprop_step | wrong | corrects the bias
# The correction for the start at 0 is Adam's; RMSprop has none.
def rmsprop_step(w, g, s, lr, rho, eps):
    first = np.where(s == 0, 1 - rho, 1.0)
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / (np.sqrt(s / first) + eps), s


# %% rmsprop_step | wrong | averages over the entries
# Every weight has its own average.
def rmsprop_step(w, g, s, lr, rho, eps):
    s = rho * s + (1 - rho) * np.mean(g**2)
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | averages the roots
# The average of |g| is not the root of the average of g^2.
def rmsprop_step(w, g, s, lr, rho, eps):
    s = (rho * np.sqrt(s) + (1 - rho) * np.abs(g)) ** 2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | steps by the sign
# Dividing by |g| of the moment forgets what came before.
def rmsprop_step(w, g, s, lr, rho, eps):
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / (np.abs(g) + eps), s


# %% rmsprop_step | wrong | changes the caller's average
# The in-place operations write into the array that was given.
def rmsprop_step(w, g, s, lr, rho, eps):
    s *= rho
    s += (1 - rho) * g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | changes the caller's gradient
# g **= 2 writes into the array that was given.
def rmsprop_step(w, g, s, lr, rho, eps):
    direction = g.copy()
    g *= g
    s = rho * s + (1 - rho) * g
    return w - lr * direction / (np.sqrt(s) + eps), s


# %% rmsprop_step | right | towards the newest square
# The average moves by the share 1 - rho of its distance from g^2.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.array(g, dtype=float)
    s = s + (1 - rho) * (g * g - s)
    return w - np.divide(lr * g, np.sqrt(s) + eps), s


# %% rmsprop_step | right | hypot
# The root of the average is a hypotenuse.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.array(g, dtype=float)
    root = np.hypot(np.sqrt(rho * s), np.sqrt(1 - rho) * g)
    return w - lr / (root + eps) * g, np.average([s, g * g], axis=0, weights=[rho, 1 - rho])


# %% rmsprop_step | right | entry by entry
# Python floats in lists, put back into shape at the end.
def rmsprop_step(w, g, s, lr, rho, eps):
    new_w, new_s = [], []
    for a, b, c in zip(w.ravel().tolist(), g.ravel().tolist(), s.ravel().tolist()):
        c = rho * c + (1 - rho) * b * b
        new_w.append(a - lr * b / (c**0.5 + eps))
        new_s.append(c)
    return np.reshape(new_w, w.shape), np.reshape(new_s, w.shape)


# %% rmsprop_step | right | PyTorch tensors
# The same formula with torch, in place on copies.
def rmsprop_step(w, g, s, lr, rho, eps):
    import torch

    w, g, s = (torch.tensor(np.array(a, dtype=float)) for a in (w, g, s))
    s.mul_(rho).addcmul_(g, g, value=1 - rho)
    w.addcdiv_(g, s.sqrt().add_(eps), value=-lr)
    return w.numpy(), s.numpy()


# %% rmsprop_step | wrong | squares in the gradient's type
# A float16 ends at 65504: the square of 300 is infinite in it.
def rmsprop_step(w, g, s, lr, rho, eps):
    with np.errstate(over="ignore"):
        s = rho * s + (1 - rho) * g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | single precision
# The square of 1e-30 is 0 in float32.
def rmsprop_step(w, g, s, lr, rho, eps):
    w, g, s = (np.asarray(a, dtype=np.float32) for a in (w, g, s))
    with np.errstate(all="ignore"):
        s = np.float32(rho) * s + np.float32(1 - rho) * g**2
        return w - np.float32(lr) * g / (np.sqrt(s) + np.float32(eps)), s


# %% rmsprop_step | wrong | no gradient, no change
# While no gradient comes, the average decays.
def rmsprop_step(w, g, s, lr, rho, eps):
    if not np.any(g):
        return w, s
    g = np.asarray(g, dtype=float)
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | weights without gradient keep their average
# An entry of 0 is a gradient too.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.asarray(g, dtype=float)
    s = np.where(g == 0, s, rho * s + (1 - rho) * g**2)
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | starts with the first square
# Nothing is done about the small average of the first steps.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.asarray(g, dtype=float)
    s = rho * s + (1 - rho) * g**2 if np.any(s) else g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | a tiny average is none
# With an eps in its units, a tiny average divides like any other.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.asarray(g, dtype=float)
    s = rho * s + (1 - rho) * g**2
    return w - np.where(s < 1e-30, 0.0, lr * g / (np.sqrt(s) + eps)), s


# %% rmsprop_step | wrong | the memory's own order
# order="K" reads the arrays as they lie in memory, each in its own way.
def rmsprop_step(w, g, s, lr, rho, eps):
    g, s = (np.asarray(a, dtype=float).ravel(order="K").reshape(w.shape) for a in (g, s))
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | a NaN is no gradient
# A NaN that becomes 0 hides what went wrong.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.nan_to_num(np.asarray(g, dtype=float))
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | right | a class for the average
# An object keeps the average for the length of one step.
def rmsprop_step(w, g, s, lr, rho, eps):
    class Average:
        def __init__(self, value):
            self.value = np.array(value, dtype=np.longdouble)

        def move(self, square):
            self.value = rho * self.value + (1 - rho) * square
            return self

    g = np.asarray(g, dtype=np.longdouble)
    average = Average(s).move(g * g).value
    new_w, new_s = (w - lr * g / (np.sqrt(average) + eps)).astype(float), average.astype(float)
    return new_w, new_s


# %% adam_step | wrong | t is never stored
# Every step is corrected as if it were the first.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"m": m, "v": v}


# %% adam_step | wrong | eps inside the root
# Here eps stands outside, as in the paper.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat + eps)), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | no correction of the bias
# Both averages start at 0, and the first steps must be corrected for it.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m, v
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | corrects the mean only
# The average of the squares starts at 0 too.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | eps before the correction
# Keras's form: eps is added to the root of the uncorrected average.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / ((np.sqrt(v) + eps) / np.sqrt(1 - b2**t)), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | counts from 0
# In step 0 the correction would divide by 0, so here it is left out; each later one comes too late.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0)
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1 ** max(t, 1)), v / (1 - b2 ** max(t, 1))
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t + 1, "m": m, "v": v}


# %% adam_step | wrong | the decays exchanged
# b1 belongs to the gradients and b2 to their squares.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b2 * state.get("m", 0.0) + (1 - b2) * g
    v = b1 * state.get("v", 0.0) + (1 - b1) * g**2
    m_hat, v_hat = m / (1 - b2**t), v / (1 - b1**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | remembers the corrected averages
# The correction is applied anew in each step; what is stored stays uncorrected.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m_hat, "v": v_hat}


# %% adam_step | wrong | no root
# The mean is divided by the root of the mean square.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (v_hat + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | squares the mean
# The second average is that of the squared gradients, not the square of the first.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * m**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | the newest gradient in the numerator
# The step is made of the averaged gradient; this is RMSprop with a correction.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * g / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | corrects by t times the decay
# The power b1**t is asked for.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1 / t), v / (1 - b2 / t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | one average for all weights
# Every weight has its own average of squares.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * np.mean(g**2)
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | AMSGrad
# Adam's average of squares may fall again; the largest so far is AMSGrad.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    top = np.maximum(state.get("top", 0.0), v)
    m_hat, v_hat = m / (1 - b1**t), top / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v, "top": top}


# %% adam_step | wrong | writes into the state
# The dictionary that came in is changed, so that no step can be repeated from it.
def adam_step(w, g, state, lr, b1, b2, eps):
    if not state:
        state = {"t": 0, "m": np.zeros(g.shape), "v": np.zeros(g.shape)}
    state["t"] += 1
    state["m"] = b1 * state["m"] + (1 - b1) * g
    state["v"] = b2 * state["v"] + (1 - b2) * g**2
    m_hat, v_hat = state["m"] / (1 - b1 ** state["t"]), state["v"] / (1 - b2 ** state["t"])
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), state


# %% adam_step | wrong | writes into the arrays of the state
# A new dictionary with the old arrays in it, which change in place.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = dict(state or {"t": 0, "m": np.zeros(g.shape), "v": np.zeros(g.shape)})
    state["t"] += 1
    m, v = state["m"], state["v"]
    m *= b1
    m += (1 - b1) * g
    v *= b2
    v += (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1 ** state["t"]), v / (1 - b2 ** state["t"])
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), state


# %% adam_step | wrong | fills the empty state
# setdefault writes into the caller's empty dictionary.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = {} if state is None else state
    t = state.setdefault("t", 0) + 1
    m = b1 * state.setdefault("m", np.zeros(g.shape)) + (1 - b1) * g
    v = b2 * state.setdefault("v", np.zeros(g.shape)) + (1 - b2) * g**2
    return w - lr * m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | a counter of its own
# The number of calls is kept in the function, where all runs share it.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    adam_step.t = t = getattr(adam_step, "t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"m": m, "v": v}


# %% adam_step | wrong | knows None only
# An empty dictionary starts a run as well.
def adam_step(w, g, state, lr, b1, b2, eps):
    if state is None:
        state = {"t": 0, "m": np.zeros(g.shape), "v": np.zeros(g.shape)}
    t = state["t"] + 1
    m, v = b1 * state["m"] + (1 - b1) * g, b2 * state["v"] + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | right | the products of the decays
# In place of t the state has the powers themselves, which start at 1.
def adam_step(w, g, state, lr, b1, b2, eps):
    g = np.array(g, dtype=float)
    m, v, p1, p2 = state["all"] if state else (np.zeros(g.shape), np.zeros(g.shape), 1.0, 1.0)
    m, v, p1, p2 = m + (1 - b1) * (g - m), v + (1 - b2) * (g * g - v), p1 * b1, p2 * b2
    return w - lr * (m / (1 - p1)) / (np.sqrt(v / (1 - p2)) + eps), {"all": [m, v, p1, p2]}


# %% adam_step | right | all gradients so far
# The state holds every gradient, and both averages are computed anew as weighted means.
def adam_step(w, g, state, lr, b1, b2, eps):
    past = [*(state["gradients"] if state else []), np.array(g, dtype=float)]
    ages = np.arange(len(past))[::-1]
    m_hat = np.average(past, axis=0, weights=float(b1) ** ages)
    v_hat = np.average(np.square(past), axis=0, weights=float(b2) ** ages)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"gradients": past}


# %% adam_step | right | averages that need no correction
# With the weight (1 - b) / (1 - b^t) for the newest one, an average is never biased.
def adam_step(w, g, state, lr, b1, b2, eps):
    g = np.array(g, dtype=float)
    if not state:
        return w - lr * g / (np.abs(g) + eps), {"t": 1, "mean": g * 1.0, "square": g * g}
    t = state["t"] + 1
    c1, c2 = (1 - b1) / (1 - b1**t), (1 - b2) / (1 - b2**t)
    mean, square = (1 - c1) * state["mean"] + c1 * g, (1 - c2) * state["square"] + c2 * g * g
    return w - lr * mean / (square**0.5 + eps), {"t": t, "mean": mean, "square": square}


# %% adam_step | right | the corrections in the rate
# The form with one rate for both corrections; eps is then multiplied by the root of the second.
def adam_step(w, g, state, lr, b1, b2, eps):
    g = np.array(g, dtype=float)
    step, m, v = (state or {}).get("adam", [0, np.zeros_like(w), np.zeros_like(w)])
    step, m, v = step + 1, b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * np.square(g)
    root = np.sqrt(1 - b2**step)
    return w - lr * root / (1 - b1**step) * m / (np.sqrt(v) + eps * root), {"adam": [step, m, v]}


# %% adam_step | right | PyTorch's optimizer
# torch.optim.Adam makes the step; its state travels as arrays.
def adam_step(w, g, state, lr, b1, b2, eps):
    import torch

    p = torch.tensor(np.array(w))
    p.grad = torch.tensor(np.array(g, dtype=float))
    optimizer = torch.optim.Adam([p], lr=lr, betas=(b1, b2), eps=eps)
    if state:
        optimizer.state[p].update({key: torch.tensor(value) for key, value in state.items()})
    optimizer.step()
    return p.numpy(), {key: value.numpy().copy() for key, value in optimizer.state[p].items()}


# %% adam_step | wrong | a counter of one byte
# t wraps around after step 255, and the correction divides by 0.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = np.asarray(state.get("t", 0), dtype=np.uint8) + np.uint8(1)
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    with np.errstate(all="ignore"):
        m_hat, v_hat = m / (1 - b1 ** float(t)), v / (1 - b2 ** float(t))
        return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | corrects the first hundred steps
# With b2 = 0.999 the correction is far from 1 for thousands of steps.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    c1, c2 = (1 - b1**t, 1 - b2**t) if t <= 100 else (1.0, 1.0)
    return w - lr * m / c1 / (np.sqrt(v / c2) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | a zero gradient is no step
# The averages decay and t goes on, whatever the gradient is.
def adam_step(w, g, state, lr, b1, b2, eps):
    if not np.any(g):
        return w, state or {}
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | lazy Adam
# Entries without a gradient are left out, as some sparse optimizers do; here they coast on.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m_old, v_old = state.get("m", np.zeros(g.shape)), state.get("v", np.zeros(g.shape))
    m = np.where(g == 0, m_old, b1 * m_old + (1 - b1) * g)
    v = np.where(g == 0, v_old, b2 * v_old + (1 - b2) * g**2)
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - np.where(g == 0, 0.0, lr * m_hat / (np.sqrt(v_hat) + eps)), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | a zero rate is no step
# The state goes on while the rate is 0.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {}, np.asarray(g, dtype=float)
    if lr == 0:
        return w, dict(state)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | averages in the gradient's type
# The averages of a float16 gradient must not be float16.
def adam_step(w, g, state, lr, b1, b2, eps):
    state = state or {}
    t = state.get("t", 0) + 1
    with np.errstate(all="ignore"):
        m = b1 * state.get("m", 0.0) + (1 - b1) * g
        v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
        m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
        return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | a state in single precision
# Seven digits of sixteen are left after each step.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    with np.errstate(all="ignore"):
        m = np.asarray(b1 * state.get("m", 0.0) + (1 - b1) * g, dtype=np.float32)
        v = np.asarray(b2 * state.get("v", 0.0) + (1 - b2) * g**2, dtype=np.float32)
    m_hat, v_hat = m.astype(float) / (1 - b1**t), v.astype(float) / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | a tiny gradient is none
# The step does not depend on the units of the gradient.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(np.maximum(v_hat, 1e-30)) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | the memory's own order
# order="K" reads the arrays as they lie in memory, each in its own way.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {}, np.asarray(g, dtype=float).ravel(order="K").reshape(w.shape)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | no NaN
# A NaN that becomes 0 hides what went wrong.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {}, np.nan_to_num(np.asarray(g, dtype=float))
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | right | a state that is a dictionary of its own kind
# A subclass of dict is a dict; its values are read-only arrays.
def adam_step(w, g, state, lr, b1, b2, eps):
    class Memory(dict):
        pass

    old = Memory(state or {"past": [0, 0.0, 0.0]})
    g = np.asarray(g, dtype=float)
    t, m, v = old["past"][0] + 1, np.asarray(old["past"][1]), np.asarray(old["past"][2])
    new = [t, m + (1 - b1) * (g - m), v + (1 - b2) * (g * g - v)]
    for array in new[1:]:
        np.asarray(array).flags.writeable = False
    move = new[1] / -np.expm1(t * np.log(b1)) if b1 else new[1]
    return w - lr * move / (np.sqrt(new[2] / (1 - b2**t)) + eps), Memory(past=new)


# %% adam_step | wrong | no step is longer than a few rates
# After many small gradients a large one makes a long step; Adam does not clip it.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    move = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
    return w - lr * np.clip(move, -5, 5), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | L2 in the gradient
# This is Adam with a penalty: the decay is divided by the root with all the rest.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, g + wd * w
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | decays after the step
# The step is not decayed: w - lr wd w - lr u has no term of the second order.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 - lr * wd) * (w - lr * m_hat / (np.sqrt(v_hat) + eps)), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | a decay without the rate
# The factor is 1 - lr wd: the decay follows the rate.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 - wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | never decays
# This is Adam, without any decay.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | grows
# The decay shrinks the weights.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 + lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | the rate twice
# The rate multiplies the decay once.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 - lr**2 * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | half the decay
# The factor 1/2 of a penalty is used up by its derivative, and here there is no penalty.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 - lr * wd / 2) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | decays by the sign
# Decay is in proportion to the weight; this would be an L1 penalty.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * wd * np.sign(w) - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | decays inside the quotient
# The decay is divided by the root, so that weights with large gradients hardly shrink.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * (m_hat + wd * w) / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | decay in the averaged gradient
# The decay enters the first average and not the second, and acts late.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * (g + wd * w)
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | t is never stored
# Every step is corrected as if it were the first.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 - lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"m": m, "v": v}


# %% adamw_step | wrong | eps inside the root
# Here eps stands outside.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 - lr * wd) * w - lr * m_hat / (np.sqrt(v_hat + eps)), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | no correction of the bias
# The averages are corrected as in Adam.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m, v
    return (1 - lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | remembers the first rate
# The factor is that of the rate of this step.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {"lr": lr}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 - state["lr"] * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"lr": state["lr"], "t": t, "m": m, "v": v}


# %% adamw_step | wrong | decays the caller's weights
# w *= factor writes into the array that was given.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    w *= 1 - lr * wd
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | writes into the state
# The dictionary that came in is changed, so that no step can be repeated from it.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    if not state:
        state = {"t": 0, "m": np.zeros(g.shape), "v": np.zeros(g.shape)}
    state["t"] += 1
    state["m"] = b1 * state["m"] + (1 - b1) * g
    state["v"] = b2 * state["v"] + (1 - b2) * g**2
    m_hat, v_hat = state["m"] / (1 - b1 ** state["t"]), state["v"] / (1 - b2 ** state["t"])
    return w - lr * (m_hat / (np.sqrt(v_hat) + eps) + wd * w), state


# %% adamw_step | right | one bracket
# The decay is one more term beside Adam's quotient.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    g = np.array(g, dtype=float)
    state = state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w - lr * (m_hat / (np.sqrt(v_hat) + eps) + wd * w), {"t": t, "m": m, "v": v}


# %% adamw_step | right | in place on copies
# PyTorch's order of operations, in place, on copies of all that came in.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    g = np.array(g, dtype=float)
    from copy import deepcopy

    w = np.array(w, dtype=float)
    state = deepcopy(state) if state else {"step": 0, "mean": np.zeros(w.shape), "square": np.zeros(w.shape)}
    w *= 1 - lr * wd
    state["step"] += 1
    state["mean"] += (1 - b1) * (g - state["mean"])
    state["square"] += (1 - b2) * (g * g - state["square"])
    c1, c2 = 1 - b1 ** state["step"], 1 - b2 ** state["step"]
    w -= lr / c1 * state["mean"] / (np.sqrt(state["square"]) / np.sqrt(c2) + eps)
    return w, state


# %% adamw_step | right | all gradients so far
# The state holds every gradient as a list of numbers, and both averages are computed anew.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    past = [*(state["gradients"] if state else []), g.tolist()]
    ages = np.arange(len(past))[::-1]
    m_hat = np.average(past, axis=0, weights=float(b1) ** ages)
    v_hat = np.average(np.square(past), axis=0, weights=float(b2) ** ages)
    return w - lr * wd * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"gradients": past}


# %% adamw_step | right | PyTorch's optimizer
# torch.optim.AdamW makes the step; its state travels as arrays.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    import torch

    p = torch.tensor(np.array(w))
    p.grad = torch.tensor(np.array(g, dtype=float))
    optimizer = torch.optim.AdamW([p], lr=lr, betas=(b1, b2), eps=eps, weight_decay=wd)
    if state:
        optimizer.state[p].update({key: torch.tensor(value) for key, value in state.items()})
    optimizer.step()
    return p.numpy(), {key: value.numpy().copy() for key, value in optimizer.state[p].items()}


# %% adamw_step | wrong | a counter of one byte
# t wraps around after step 255, and the correction divides by 0.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = np.asarray(state.get("t", 0), dtype=np.uint8) + np.uint8(1)
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    with np.errstate(all="ignore"):
        m_hat, v_hat = m / (1 - b1 ** float(t)), v / (1 - b2 ** float(t))
        return (1 - lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | a zero gradient is no step
# Without a gradient the weights decay and coast on.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    if not np.any(g):
        return (1 - lr * wd) * w, state or {}
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 - lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | decays where there is a gradient
# The decay does not ask for a gradient.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return w * np.where(g == 0, 1.0, 1 - lr * wd) - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | averages in the gradient's type
# The averages of a float16 gradient must not be float16.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    t = state.get("t", 0) + 1
    with np.errstate(all="ignore"):
        m = b1 * state.get("m", 0.0) + (1 - b1) * g
        v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
        m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
        return (1 - lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | a floor under the second moment
# The step does not depend on the units of the gradient.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), np.maximum(v / (1 - b2**t), 1e-30)
    return (1 - lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | the memory's own order
# order="K" reads the arrays as they lie in memory, each in its own way.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, np.asarray(g, dtype=float).ravel(order="K").reshape(w.shape)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 - lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | no NaN
# A NaN that becomes 0 hides what went wrong.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, np.nan_to_num(np.asarray(g, dtype=float))
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return (1 - lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | right | a closure per weight
# A function of one weight's numbers, mapped over all of them.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    t = (state or {}).get("t", 0) + 1
    old = (state or {}).get("moments", np.zeros((2, w.size)))

    def one(a, b, m, v):
        m, v = b1 * m + (1 - b1) * b, b2 * v + (1 - b2) * b * b
        return a - lr * wd * a - lr * m / (1 - b1**t) / ((v / (1 - b2**t)) ** 0.5 + eps), m, v

    table = np.array(list(map(one, w.ravel().tolist(), g.ravel().tolist(), *old.tolist()))).T
    return table[0].reshape(w.shape), {"t": t, "moments": table[1:]}


# %% adamw_step | wrong | a decay that never turns around
# The factor 1 - lr * wd is what it is, below 0 as well.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return max(0.0, 1 - lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | a tiny decay is none
# Over many steps a tiny decay counts too.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    left = 1 - lr * wd if wd > 1e-3 else 1.0
    return left * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | an exponential decay
# exp(-lr * wd) is close to 1 - lr * wd, but not the same.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    return np.exp(-lr * wd) * w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | no step is longer than a few rates
# After many small gradients a large one makes a long step; AdamW does not clip it.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    move = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
    return (1 - lr * wd) * w - lr * np.clip(move, -5, 5), {"t": t, "m": m, "v": v}


# %% soft_threshold | wrong | hard threshold
# What stays moves towards 0 as well.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    return np.where(np.abs(x) > t, x, 0.0)


# %% soft_threshold | wrong | moves beyond 0
# A number smaller than t stops at 0; it does not change its sign.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    return x - t * np.sign(x)


# %% soft_threshold | wrong | positive numbers only
# max(x - t, 0) sends every negative number to 0.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    return np.maximum(x - t, 0.0)


# %% soft_threshold | wrong | the part that is cut off
# Clipping to [-t, t] gives what soft thresholding takes away.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    return np.clip(x, -t, t)


# %% soft_threshold | wrong | loses the sign
# The size is right, the sign of x is missing.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    return np.maximum(np.abs(x) - t, 0.0)


# %% soft_threshold | wrong | shrinks by a share
# An L2 penalty shrinks by a factor; L1 subtracts.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    return x / (1 + t)


# %% soft_threshold | wrong | one norm for the whole array
# The threshold acts on each entry, not on the norm of all.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    return x * max(1 - t / (np.linalg.norm(x) + 1e-300), 0.0)


# %% soft_threshold | wrong | half the threshold
# The cost has the factor 1/2, so that t is not halved.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    return np.sign(x) * np.maximum(np.abs(x) - t / 2, 0.0)


# %% soft_threshold | wrong | twice the threshold
# The width of the flat part is 2 t, but each side moves by t.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    return np.sign(x) * np.maximum(np.abs(x) - 2 * t, 0.0)


# %% soft_threshold | wrong | cuts fractions off
# An array like an integer x holds integers.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    u = np.zeros_like(x)
    u[...] = np.sign(x) * np.maximum(np.abs(x) - t, 0.0)
    return u


# %% soft_threshold | wrong | changes the caller's array
# The masked assignment writes into x.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x)
    if x.ndim == 0 or x.dtype.kind != "f":
        return np.sign(x) * np.maximum(np.abs(x) - t, 0.0)
    size = np.maximum(np.abs(x) - t, 0.0)
    x[...] = np.sign(x) * size
    return x


# %% soft_threshold | wrong | accepts a negative t
# A negative t would push numbers away from 0.
def soft_threshold(x, t):
    return np.sign(x) * np.maximum(np.abs(x) - t, 0.0)


# %% soft_threshold | wrong | a negative t by its size
# A negative t is refused, not repaired.
def soft_threshold(x, t):
    return np.sign(x) * np.maximum(np.abs(x) - abs(t), 0.0)


# %% soft_threshold | wrong | a smooth step
# tanh-like shrinkage never reaches 0; the kink is the point.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    return x * np.maximum(np.abs(x) - t, 0.0) / (np.abs(x) + 1e-12) + 1e-6 * x


# %% soft_threshold | wrong | arrays only
# A number is welcome too; it cannot be indexed.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    u = x * 1.0
    u[np.abs(x) <= t] = 0
    u[x > t] -= t
    u[x < -t] += t
    return u


# %% soft_threshold | right | minus the clipped part
# What is cut off is x kept between -t and t.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=float)
    return x - np.clip(x, -float(t), float(t))


# %% soft_threshold | right | two ramps
# One ramp for each side.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=float)
    return np.maximum(x - float(t), 0) + np.minimum(x + float(t), 0)


# %% soft_threshold | right | one number at a time
# Python's own comparisons, over the flattened array.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")

    def one(v):
        return v - t if v > t else v + t if v < -t else v if v != v else 0.0

    x = np.asarray(x)
    return np.array([one(v) for v in x.ravel().tolist()]).reshape(x.shape)


# %% soft_threshold | right | the smallest cost
# The minimiser is x - t, x + t or 0, and the cheapest of the three wins.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=float)
    unit = np.nanmax(np.abs(x), initial=t) or 1.0
    x, t = x / unit, t / unit
    candidates = np.stack([0 * x, np.maximum(x - t, 0), np.minimum(x + t, 0)])
    gain = candidates * x - candidates**2 / 2 - t * np.abs(candidates)
    return unit * np.take_along_axis(candidates, gain.argmax(axis=0)[None], axis=0)[0]


# %% soft_threshold | right | PyTorch
# torch's own softshrink function, in float64.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    import torch

    return torch.nn.functional.softshrink(torch.tensor(np.array(x, dtype=np.float64)), float(t)).numpy()


# %% soft_threshold | wrong | in the type of x
# -128 has no opposite in int8, and 200 does not fit into it: floats first.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x)
    return np.sign(x) * np.maximum(np.abs(x) - t, 0)


# %% soft_threshold | wrong | the threshold in the type of x
# A threshold is a number of its own: as an int8, 200 is -56.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x)
    size = np.abs(x) - np.asarray(t).astype(x.dtype)
    return np.sign(x) * np.maximum(size, 0)


# %% soft_threshold | wrong | minus of an unsigned number
# -x of a uint8 is 256 - x.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x)
    return np.where(x > t, x - float(t), np.where(-x > t, x + float(t), 0.0))


# %% soft_threshold | wrong | single precision
# float32 keeps seven digits, and holds nothing below 1e-45.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=np.float32)
    return np.sign(x) * np.maximum(np.abs(x) - np.float32(t), 0)


# %% soft_threshold | wrong | a tiny threshold is none
# t = 1e-13 takes 1e-13 away, and a number smaller than that becomes 0.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=float)
    return x + 0.0 if t < 1e-12 else np.sign(x) * np.maximum(np.abs(x) - t, 0)


# %% soft_threshold | wrong | what is tiny is cut off
# With t = 0 nothing becomes 0, however small it is.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=float)
    u = np.sign(x) * np.maximum(np.abs(x) - t, 0)
    return np.where(np.abs(u) < 1e-12, 0.0, u)


# %% soft_threshold | wrong | hides a NaN
# A NaN is neither above t nor below -t, and it is not between them either.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=float)
    return np.where(x > t, x - t, np.where(x < -t, x + t, 0.0))


# %% soft_threshold | wrong | divides by the size
# x (1 - t / |x|) overflows for a tiny x, and has no value at 0.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=float)
    with np.errstate(all="ignore"):
        return np.nan_to_num(x * np.maximum(1 - t / np.abs(x), 0))


# %% soft_threshold | wrong | by way of the squares
# The root of a square is the size, but the square of 1e-200 is 0.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=float)
    return np.sign(x) * np.maximum(np.sqrt(x * x) - t, 0)


# %% soft_threshold | wrong | the memory's own order
# order="K" reads an array as it lies in memory, where rows may be columns.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=float)
    flat = x.ravel(order="K")
    return (np.sign(flat) * np.maximum(np.abs(flat) - t, 0)).reshape(x.shape)


# %% soft_threshold | right | sorts the three cases out
# The result is the median of x - t, x + t and 0; where x is NaN, so is that.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=float)
    return np.where(np.isnan(x), x, np.sort([x - t, x + t, np.zeros(x.shape)], axis=0)[1])


# %% soft_threshold | right | masks, and a result that cannot be written to
# np.select knows the three cases, and what none of them holds stays as it is.
def soft_threshold(x, t):
    if not t >= 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x, dtype=float)
    u = np.select([x > t, x < -t, np.abs(x) <= t], [x - t, x + t, np.zeros(x.shape)], x)
    u.flags.writeable = False
    return u


# %% soft_threshold | wrong | floats in their own type
# float16 keeps three digits: 100 - 0.3 is rounded to 99.7 with an error of a thousandth.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    x = np.asarray(x)
    x = x.astype(np.int64) if x.dtype.kind in "iu" else x
    with np.errstate(over="ignore"):
        return np.sign(x) * np.maximum(np.abs(x) - t, 0)


# %% soft_threshold | right | recursion
# An array is thresholded row by row, down to single numbers.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t must be 0 or more")
    if np.ndim(x):
        return np.array([soft_threshold(row, t) for row in x])
    x = float(x)
    return x if x != x else max(x - t, 0.0) + min(x + t, 0.0)


# %% classify_stationary | wrong | the determinant of two dimensions
# A positive determinant with a positive first entry is enough in the plane only.
def classify_stationary(H):
    det = np.linalg.det(H)
    if abs(det) <= 1e-8 * np.max(np.abs(H)) ** len(H):
        return "undecided"
    if det < 0 and len(H) > 1:
        return "saddle"
    return "minimum" if H[0, 0] > 0 else "maximum"


# %% classify_stationary | wrong | the trace
# The sum of the eigenvalues says nothing about each of them.
def classify_stationary(H):
    trace = np.trace(H)
    if abs(trace) <= 1e-8 * np.max(np.abs(H)):
        return "saddle" if np.any(H) else "undecided"
    return "minimum" if trace > 0 else "maximum"


# %% classify_stationary | wrong | the diagonal
# The diagonal holds the eigenvalues only where nothing stands beside it.
def classify_stationary(H):
    d = np.diag(H)
    tol = 1e-8 * np.max(np.abs(H))
    if np.any(d > tol) and np.any(d < -tol):
        return "saddle"
    if np.any(np.abs(d) <= tol):
        return "undecided"
    return "minimum" if np.all(d > 0) else "maximum"


# %% classify_stationary | wrong | zero counts as positive
# A flat direction leaves it undecided: x^2 - y^4 has a Hessian without negative eigenvalues too.
def classify_stationary(H):
    e = np.linalg.eigvalsh(H)
    tol = 1e-8 * np.max(np.abs(e))
    if np.all(e >= -tol):
        return "minimum"
    if np.all(e <= tol):
        return "maximum"
    return "saddle"


# %% classify_stationary | wrong | never undecided
# What is neither all positive nor all negative need not be a saddle.
def classify_stationary(H):
    e = np.linalg.eigvalsh(H)
    tol = 1e-8 * np.max(np.abs(e))
    if np.all(e > tol):
        return "minimum"
    if np.all(e < -tol):
        return "maximum"
    return "saddle"


# %% classify_stationary | wrong | a zero always leaves it open
# With directions up and down it is a saddle, whatever the third direction does.
def classify_stationary(H):
    e = np.linalg.eigvalsh(H)
    tol = 1e-8 * np.max(np.abs(e))
    if np.any(np.abs(e) <= tol):
        return "undecided"
    if np.all(e > 0):
        return "minimum"
    return "maximum" if np.all(e < 0) else "saddle"


# %% classify_stationary | wrong | no tolerance
# Rounding turns a zero eigenvalue into 1e-17, of either sign.
def classify_stationary(H):
    e = np.linalg.eigvalsh(H)
    if np.any(e > 0) and np.any(e < 0):
        return "saddle"
    if np.any(e == 0):
        return "undecided"
    return "minimum" if np.all(e > 0) else "maximum"


# %% classify_stationary | wrong | an absolute tolerance
# 1e-8 is large for a loss in small units, and small for one in large units.
def classify_stationary(H):
    e = np.linalg.eigvalsh(H)
    if np.any(e > 1e-8) and np.any(e < -1e-8):
        return "saddle"
    if np.any(np.abs(e) <= 1e-8):
        return "undecided"
    return "minimum" if np.all(e > 0) else "maximum"


# %% classify_stationary | wrong | minimum and maximum exchanged
# Positive curvature bends upwards: a minimum.
def classify_stationary(H):
    e = np.linalg.eigvalsh(H)
    tol = 1e-8 * np.max(np.abs(e))
    if np.any(e > tol) and np.any(e < -tol):
        return "saddle"
    if np.any(np.abs(e) <= tol):
        return "undecided"
    return "maximum" if np.all(e > 0) else "minimum"


# %% classify_stationary | wrong | all leading minors negative
# For a maximum the leading minors alternate in sign.
def classify_stationary(H):
    scale = np.max(np.abs(H)) or 1.0
    minors = np.array([np.linalg.det(H[:k, :k] / scale) for k in range(1, len(H) + 1)])
    if abs(minors[-1]) <= 1e-8:
        return "undecided"
    if np.all(minors > 0):
        return "minimum"
    return "maximum" if np.all(minors < 0) else "saddle"


# %% classify_stationary | wrong | the smallest and the sum
# The mean of the eigenvalues decides nothing once the smallest is negative.
def classify_stationary(H):
    e = np.linalg.eigvalsh(H)
    tol = 1e-8 * np.max(np.abs(e))
    if e[0] > tol:
        return "minimum"
    if abs(e[0]) <= tol:
        return "undecided"
    return "saddle" if e.sum() > 0 else "maximum"


# %% classify_stationary | wrong | singular values
# Singular values are never negative: every point looks like a minimum.
def classify_stationary(H):
    s = np.linalg.svd(H, compute_uv=False)
    if np.any(s <= 1e-8 * s[0]):
        return "undecided"
    return "minimum"


# %% classify_stationary | wrong | a bound relative to the smallest
# The bound is a share of the largest eigenvalue in size.
def classify_stationary(H):
    e = np.linalg.eigvalsh(H)
    tol = 1e-8 * np.min(np.abs(e))
    if np.any(e > tol) and np.any(e < -tol):
        return "saddle"
    if np.any(np.abs(e) <= tol):
        return "undecided"
    return "minimum" if np.all(e > 0) else "maximum"


# %% classify_stationary | wrong | scales the caller's Hessian
# H /= writes into the array that was given.
def classify_stationary(H):
    if H.dtype.kind == "f":
        H /= np.max(np.abs(H)) or 1.0
    e = np.linalg.eigvalsh(H)
    tol = 1e-8 * np.max(np.abs(e))
    if np.any(e > tol) and np.any(e < -tol):
        return "saddle"
    if np.any(np.abs(e) <= tol):
        return "undecided"
    return "minimum" if np.all(e > 0) else "maximum"


# %% classify_stationary | right | a set of signs
# The signs that occur, looked up in a table.
def classify_stationary(H):
    e = np.linalg.eigvalsh(np.asarray(H, dtype=float))
    e[np.abs(e) <= 1e-8 * np.abs(e).max()] = 0
    signs = frozenset(np.sign(e).astype(int).tolist())
    if {1, -1} <= signs:
        return "saddle"
    return {frozenset({1}): "minimum", frozenset({-1}): "maximum"}.get(signs, "undecided")


# %% classify_stationary | right | the general solver
# eigvals for matrices of any kind, and its real parts.
def classify_stationary(H):
    e = np.linalg.eigvals(np.asarray(H, dtype=float)).real
    tol = max(abs(e)) * 1e-8
    up, down = any(e > tol), any(e < -tol)
    match up, down, bool((abs(e) <= tol).any()):
        case True, True, _:
            return "saddle"
        case True, False, False:
            return "minimum"
        case False, True, False:
            return "maximum"
    return "undecided"


# %% classify_stationary | right | Cholesky
# A matrix is positive definite if it has a Cholesky factor; the bound shifts it.
def classify_stationary(H):
    H = np.array(H, dtype=float)
    tol = 1e-8 * np.linalg.norm(H, 2)
    if tol == 0:
        return "undecided"
    H, tol, identity = H / tol * 1e-8, 1e-8, np.eye(len(H))

    def positive(A):
        try:
            np.linalg.cholesky(A)
        except np.linalg.LinAlgError:
            return False
        return True

    if positive(H - tol * identity):
        return "minimum"
    if positive(-H - tol * identity):
        return "maximum"
    down, up = not positive(H + tol * identity), not positive(-H + tol * identity)
    return "saddle" if up and down else "undecided"


# %% classify_stationary | right | the two ends
# Only the lowest and the highest eigenvalue matter, after division by the norm.
def classify_stationary(H):
    H = np.asarray(H, dtype=float)
    norm = np.linalg.norm(H, 2)
    lowest, *_, highest = np.repeat(np.linalg.eigvalsh(H / (norm or 1.0)), 2)
    if highest > 1e-8 and lowest < -1e-8:
        return "saddle"
    if lowest > 1e-8:
        return "minimum"
    if highest < -1e-8:
        return "maximum"
    return "undecided"


# %% classify_stationary | wrong | eigenvalues in the type of H
# float32 has seven digits, too few for a bound of 1e-8, and float16 has no eigenvalues at all.
def classify_stationary(H):
    e = np.linalg.eigvalsh(H)
    tol = 1e-8 * np.max(np.abs(e))
    up, down = np.sum(e > tol), np.sum(e < -tol)
    if up and down:
        return "saddle"
    return "undecided" if up + down < len(e) else "minimum" if up else "maximum"


# %% classify_stationary | wrong | single precision
# A bound of 1e-8 needs eigenvalues of sixteen digits.
def classify_stationary(H):
    with np.errstate(all="ignore"):
        e = np.linalg.eigvalsh(np.asarray(H).astype(np.float32))
    tol = 1e-8 * np.max(np.abs(e))
    up, down = np.sum(e > tol), np.sum(e < -tol)
    if up and down:
        return "saddle"
    return "undecided" if up + down < len(e) else "minimum" if up else "maximum"


# %% classify_stationary | wrong | symmetric by a sum of small integers
# 100 + 100 does not fit into an int8.
def classify_stationary(H):
    H = np.asarray(H)
    e = np.linalg.eigvalsh(np.asarray(H + H.T, dtype=float) / 2)
    tol = 1e-8 * np.max(np.abs(e))
    up, down = np.sum(e > tol), np.sum(e < -tol)
    if up and down:
        return "saddle"
    return "undecided" if up + down < len(e) else "minimum" if up else "maximum"


# %% classify_stationary | wrong | any matrix
# The general solver finds pairs of complex eigenvalues where two entries differ in the last digit.
def classify_stationary(H):
    e = np.linalg.eigvals(np.asarray(H, dtype=float))
    tol = 1e-8 * np.max(np.abs(e))
    if np.any(np.abs(np.imag(e)) > 0):
        return "undecided"
    up, down = np.sum(e.real > tol), np.sum(e.real < -tol)
    if up and down:
        return "saddle"
    return "undecided" if up + down < len(e) else "minimum" if up else "maximum"


# %% classify_stationary | wrong | refuses what is not exactly symmetric
# A Hessian from a computer is symmetric up to rounding.
def classify_stationary(H):
    H = np.asarray(H, dtype=float)
    if not np.array_equal(H, H.T):
        raise ValueError("a Hessian is symmetric")
    e = np.linalg.eigvalsh(H)
    tol = 1e-8 * np.max(np.abs(e))
    up, down = np.sum(e > tol), np.sum(e < -tol)
    if up and down:
        return "saddle"
    return "undecided" if up + down < len(e) else "minimum" if up else "maximum"


# %% classify_stationary | wrong | relative to the length of the matrix
# The root of the sum of all squares grows with the number of directions; the largest eigenvalue does not.
def classify_stationary(H):
    H = np.asarray(H, dtype=float)
    e, tol = np.linalg.eigvalsh(H), 1e-8 * np.linalg.norm(H)
    up, down = np.sum(e > tol), np.sum(e < -tol)
    if up and down:
        return "saddle"
    return "undecided" if up + down < len(e) else "minimum" if up else "maximum"


# %% classify_stationary | wrong | relative to the largest entry
# The largest entry may be far smaller than the largest eigenvalue.
def classify_stationary(H):
    H = np.asarray(H, dtype=float)
    e, tol = np.linalg.eigvalsh(H), 1e-8 * np.max(np.abs(H))
    up, down = np.sum(e > tol), np.sum(e < -tol)
    if up and down:
        return "saddle"
    return "undecided" if up + down < len(e) else "minimum" if up else "maximum"


# %% classify_stationary | wrong | a looser bound
# The task says 1e-8, and between that and 1e-6 lies a factor of a hundred.
def classify_stationary(H):
    e = np.linalg.eigvalsh(np.asarray(H, dtype=float))
    tol = 1e-7 * np.max(np.abs(e))
    up, down = np.sum(e > tol), np.sum(e < -tol)
    if up and down:
        return "saddle"
    return "undecided" if up + down < len(e) else "minimum" if up else "maximum"


# %% classify_stationary | wrong | pivots for eigenvalues
# Elimination keeps the signs (Sylvester) but not the sizes, and without pivots it divides by 0.
def classify_stationary(H):
    A = np.array(H, dtype=float)
    A /= np.max(np.abs(A)) or 1.0
    d = []
    with np.errstate(all="ignore"):
        for k in range(len(A)):
            d.append(A[k, k])
            A[k + 1 :] -= np.outer(A[k + 1 :, k] / A[k, k], A[k])
    d = np.array(d)
    up, down = np.sum(d > 1e-8), np.sum(d < -1e-8)
    if up and down:
        return "saddle"
    return "undecided" if up + down < len(d) else "minimum" if up else "maximum"


# %% classify_stationary | right | the QR iteration by Jacobi's rotations
# Rotations that make one entry after the other 0 leave the eigenvalues on the diagonal.
def classify_stationary(H):
    A = np.array(H, dtype=float)
    A = (A + A.T) / 2
    A /= np.max(np.abs(A)) or 1.0
    n = len(A)
    for _ in range(30):
        for i in range(n):
            for j in range(i):
                if A[i, j]:
                    angle = np.arctan2(2 * A[i, j], A[j, j] - A[i, i]) / 2
                    R = np.eye(n)
                    R[i, i] = R[j, j] = np.cos(angle)
                    R[i, j], R[j, i] = -np.sin(angle), np.sin(angle)
                    A = R @ A @ R.T
                    A[i, j] = A[j, i] = 0.0
    e = np.diag(A)
    bound = 1e-8 * np.abs(e).max()
    kinds = {int(v > bound) - int(v < -bound) for v in e}
    return {(1,): "minimum", (-1,): "maximum"}.get(tuple(kinds), "saddle" if {1, -1} <= kinds else "undecided")


# %% classify_stationary | right | PyTorch, and a string of its own kind
# A subclass of str is a str.
def classify_stationary(H):
    import torch

    class Answer(str):
        pass

    e = torch.linalg.eigvalsh(torch.tensor(np.array(H, dtype=float)))
    tol = 1e-8 * e.abs().max()
    lowest, highest = e[0], e[-1]
    if highest > tol and lowest < -tol:
        return Answer("saddle")
    return Answer("minimum" if lowest > tol else "maximum" if highest < -tol else "undecided")


# %% classify_stationary | wrong | divides by the root of the squares
# The squares of tiny entries are 0, those of huge ones infinite.
def classify_stationary(H):
    H = np.asarray(H, dtype=float)
    with np.errstate(all="ignore"):
        size = np.sqrt(np.sum(H * H))
    if size == 0 or not np.isfinite(size):
        return "undecided"
    e = np.linalg.eigvalsh(H / size)
    tol = 1e-8 * np.max(np.abs(e))
    up, down = np.sum(e > tol), np.sum(e < -tol)
    if up and down:
        return "saddle"
    return "undecided" if up + down < len(e) else "minimum" if up else "maximum"


# %% newton_step | wrong | ignores the damping
# The damping is part of the matrix that is solved.
def newton_step(g, H, w, damping):
    return w - np.linalg.solve(H, g)


# %% newton_step | wrong | adds the step
# Newton's step is subtracted.
def newton_step(g, H, w, damping):
    return w + np.linalg.solve(H + damping * np.eye(len(g)), g)


# %% newton_step | wrong | damping on every entry
# H + damping adds the number off the diagonal too.
def newton_step(g, H, w, damping):
    return w - np.linalg.solve(H + damping, g)


# %% newton_step | wrong | multiplies by the Hessian
# The system is solved; the product with H is another vector.
def newton_step(g, H, w, damping):
    return w - (H + damping * np.eye(len(g))) @ g


# %% newton_step | wrong | the diagonal only
# Dividing by the diagonal is right only where H has nothing else.
def newton_step(g, H, w, damping):
    return w - g / (np.diag(H) + damping)


# %% newton_step | wrong | Marquardt's scaling
# The damping multiplies the identity, not the diagonal of H.
def newton_step(g, H, w, damping):
    return w - np.linalg.solve(H + damping * np.diag(np.diag(H)), g)


# %% newton_step | wrong | subtracts the damping
# Damping shifts the eigenvalues up.
def newton_step(g, H, w, damping):
    return w - np.linalg.solve(H - damping * np.eye(len(g)), g)


# %% newton_step | wrong | a damped rate
# Scaling the step is another kind of damping.
def newton_step(g, H, w, damping):
    return w - np.linalg.solve(H, g) / (1 + damping)


# %% newton_step | wrong | one minus the damping
# This mixes H and the identity as an average.
def newton_step(g, H, w, damping):
    return w - np.linalg.solve((1 - damping) * H + damping * np.eye(len(g)), g)


# %% newton_step | wrong | returns the step
# The new weights are asked for.
def newton_step(g, H, w, damping):
    return np.linalg.solve(H + damping * np.eye(len(g)), g)


# %% newton_step | wrong | turns around at negative curvature
# Saddle-free Newton takes the absolute eigenvalues; the plain formula is asked for.
def newton_step(g, H, w, damping):
    eigenvalues, Q = np.linalg.eigh(H + damping * np.eye(len(g)))
    return w - Q @ (Q.T @ g / np.abs(eigenvalues))


# %% newton_step | wrong | trusts that H is positive definite
# A Cholesky factor exists for positive eigenvalues only.
def newton_step(g, H, w, damping):
    L = np.linalg.cholesky(H + damping * np.eye(len(g)))
    return w - np.linalg.solve(L.T, np.linalg.solve(L, g))


# %% newton_step | wrong | changes the caller's Hessian
# H += writes into the array that was given.
def newton_step(g, H, w, damping):
    H += damping * np.eye(len(g))
    return w - np.linalg.solve(H, g)


# %% newton_step | wrong | damping cut to an integer
# A copy of an integer H holds integers, which cut off a damping of 0.5.
def newton_step(g, H, w, damping):
    A = H.copy()
    for i in range(len(g)):
        A[i, i] += damping
    return w - np.linalg.solve(A, g)


# %% newton_step | wrong | a gradient step
# The rate 1 over the largest curvature is gradient descent.
def newton_step(g, H, w, damping):
    return w - g / (np.max(np.abs(np.linalg.eigvalsh(H))) + damping)


# %% newton_step | right | the inverse
# Slower than solving, and right.
def newton_step(g, H, w, damping):
    return w - np.linalg.inv(H + damping * np.identity(H.shape[0])).dot(np.array(g, dtype=float))


# %% newton_step | right | elimination by hand
# Gauss's elimination with pivots, in Python lists.
def newton_step(g, H, w, damping):
    n = len(g)
    rows = [[float(H[i, j]) + damping * (i == j) for j in range(n)] + [float(g[i])] for i in range(n)]
    for k in range(n):
        p = max(range(k, n), key=lambda i: abs(rows[i][k]))
        rows[k], rows[p] = rows[p], rows[k]
        for i in range(n):
            if i != k:
                f = rows[i][k] / rows[k][k]
                rows[i] = [a - f * b for a, b in zip(rows[i], rows[k])]
    return [float(w[k]) - rows[k][n] / rows[k][k] for k in range(n)]


# %% newton_step | right | SciPy
# scipy.linalg.solve is told that the matrix is symmetric.
def newton_step(g, H, w, damping):
    from scipy.linalg import solve

    g, w = np.array(g, dtype=float), np.array(w, dtype=float)
    return w - solve(H + np.diag(np.full(len(g), float(damping))), g, assume_a="sym")


# %% newton_step | right | solves for the weights
# One bordered system: its last row says that the last unknown is 1, which carries the old weights.
def newton_step(g, H, w, damping):
    n = len(w)
    A = np.eye(2 * n)
    A[:n, n:], A[n:, :n], A[n:, n:] = np.eye(n), 0.0, H + damping * np.eye(n)
    return np.linalg.solve(A, np.concatenate([w, g]).astype(float))[:n]


# %% newton_step | wrong | elimination without pivots
# A zero on the diagonal stops it, and a tiny one costs all digits.
def newton_step(g, H, w, damping):
    n = len(g)
    A = np.column_stack([np.asarray(H, dtype=float) + damping * np.eye(n), np.asarray(g, dtype=float)])
    with np.errstate(all="ignore"):
        for k in range(n):
            A[k] /= A[k, k]
            for i in range(n):
                if i != k:
                    A[i] -= A[i, k] * A[k]
    return w - A[:, n]


# %% newton_step | wrong | conjugate gradients
# They need positive curvature: on a saddle they may divide by 0.
def newton_step(g, H, w, damping):
    g, A = np.asarray(g, dtype=float), np.asarray(H, dtype=float) + damping * np.eye(len(g))
    d, r = np.zeros(len(g)), g.copy()
    p = r.copy()
    with np.errstate(all="ignore"):
        for _ in range(10 * len(g)):
            if r @ r == 0:
                break
            step = (r @ r) / (p @ A @ p)
            d, new = d + step * p, r - step * (A @ p)
            p, r = new + (new @ new) / (r @ r) * p, new
    return w - d


# %% newton_step | wrong | the pseudo-inverse
# pinv takes a curvature for 0 that is 1e15 times smaller than another one.
def newton_step(g, H, w, damping):
    g, H = np.asarray(g, dtype=float), np.asarray(H, dtype=float)
    return w - np.linalg.pinv(H + damping * np.eye(len(g))) @ g


# %% newton_step | wrong | least squares
# lstsq drops small curvatures too.
def newton_step(g, H, w, damping):
    g, H = np.asarray(g, dtype=float), np.asarray(H, dtype=float)
    return w - np.linalg.lstsq(H + damping * np.eye(len(g)), g, rcond=None)[0]


# %% newton_step | wrong | Cramer's rule
# A determinant of tiny curvatures is 0.
def newton_step(g, H, w, damping):
    g, A = np.asarray(g, dtype=float), np.asarray(H, dtype=float) + damping * np.eye(len(g))
    d = np.empty(len(g))
    with np.errstate(all="ignore"):
        for j in range(len(g)):
            B = A.copy()
            B[:, j] = g
            d[j] = np.linalg.det(B) / np.linalg.det(A)
    return w - d


# %% newton_step | wrong | in the types of the arrays
# NumPy solves nothing in float16.
def newton_step(g, H, w, damping):
    return w - np.linalg.solve(H + damping * np.eye(len(g)), g)


# %% newton_step | wrong | single precision
# Seven digits of sixteen, and nothing below 1e-45.
def newton_step(g, H, w, damping):
    with np.errstate(all="ignore"):
        g, A = np.asarray(g).astype(np.float32), (H + damping * np.eye(len(g))).astype(np.float32)
    return w - np.linalg.solve(A, g)


# %% newton_step | wrong | a small gradient is the end
# Whether a point is good enough is for the caller to decide.
def newton_step(g, H, w, damping):
    g, H, w = (np.asarray(a, dtype=float) for a in (g, H, w))
    if np.linalg.norm(g) < 1e-10:
        return w.copy()
    return w - np.linalg.solve(H + damping * np.eye(len(g)), g)


# %% newton_step | wrong | a little damping always
# A jitter of 1e-10 changes every small curvature.
def newton_step(g, H, w, damping):
    g, H, w = (np.asarray(a, dtype=float) for a in (g, H, w))
    return w - np.linalg.solve(H + (damping + 1e-10) * np.eye(len(g)), g)


# %% newton_step | wrong | a step of limited length
# Nobody has asked for a trust region.
def newton_step(g, H, w, damping):
    g, H, w = (np.asarray(a, dtype=float) for a in (g, H, w))
    d = np.linalg.solve(H + damping * np.eye(len(g)), g)
    return w - d * min(1.0, 1e6 / max(np.linalg.norm(d), 1e-300))


# %% newton_step | wrong | a number for one weight
# An array of one entry is an array.
def newton_step(g, H, w, damping):
    g, H, w = (np.asarray(a, dtype=float) for a in (g, H, w))
    return np.squeeze(w - np.linalg.solve(H + damping * np.eye(len(g)), g))


# %% newton_step | right | exact fractions
# Elimination in exact arithmetic, rounded to floats once.
def newton_step(g, H, w, damping):
    from fractions import Fraction

    n = len(g)
    A = [
        [Fraction(float(H[i][j])) + Fraction(damping) * (i == j) for j in range(n)] + [Fraction(float(g[i]))]
        for i in range(n)
    ]
    for k in range(n):
        A[k:] = sorted(A[k:], key=lambda row: row[k] == 0)
        A[k] = [v / A[k][k] for v in A[k]]
        A = [row if i == k else [a - row[k] * b for a, b in zip(row, A[k])] for i, row in enumerate(A)]
    return np.array([float(Fraction(float(w[k])) - A[k][n]) for k in range(n)])


# %% newton_step | right | PyTorch
# torch solves the same system, in float64.
def newton_step(g, H, w, damping):
    import torch

    g, H, w = (torch.tensor(np.array(a, dtype=float)) for a in (g, H, w))
    return (w - torch.linalg.solve(H + damping * torch.eye(len(g), dtype=torch.float64), g)).numpy()


# %% conformance | wrong | momentum never agrees
# Keras has the rate inside its velocity, but while the rate is constant the paths are the same.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": None,
        "momentum_halved": None,
        "nesterov": None,
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | momentum always agrees
# After a change of the rate, Keras's velocity still holds old gradients at the old rate.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": ({"momentum": 0.75}, {"momentum": 0.75}),
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | the same epsilon in Adagrad
# Inside and outside the root are two different places.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 1 / 16, "initial_accumulator_value": 1 / 8},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | the root of epsilon in Adagrad
# The root of a sum is not the sum of the roots.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 1 / 4, "initial_accumulator_value": 1 / 8},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | PyTorch's accumulator starts at 0
# Keras's accumulator starts at 1/8 here, and PyTorch's default is 0.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": ({"eps": 0}, {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8}),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | Adagrad never agrees
# Inside the root, epsilon is a part of the first value of the accumulator.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": None,
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | rho is 1 - alpha
# Both decays are what is kept of the average.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.25, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | a small epsilon is no epsilon
# An epsilon of 1e-8 is large beside a gradient of 1e-10.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 1e-8}, {"rho": 0.75, "epsilon": 1e-8}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 1e-8}, {**decays, "epsilon": 1e-8}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | squares epsilon in RMSprop
# sqrt(s) + e and sqrt(s + e^2) agree where s is 0, and nowhere else.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": ({"alpha": 0.75, "eps": 1 / 8}, {"rho": 0.75, "epsilon": 1 / 64}),
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | epsilon left at its default in RMSprop
# The defaults are 1e-8 outside the root and 1e-7 inside.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75}, {"rho": 0.75}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | the same epsilon in Adam
# Keras adds it before the correction of the bias, PyTorch after it.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": ({**betas, "eps": 1 / 64}, {**decays, "epsilon": 1 / 64}),
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | Adam's epsilon corrected once
# The factor between the two epsilons changes in every step; this is right in the first one only.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": ({**betas, "eps": (1 / 64) / (1 - 0.875) ** 0.5}, {**decays, "epsilon": 1 / 64}),
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | AMSGrad never agrees
# Both take the largest of the uncorrected averages.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": None,
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | forgets AMSGrad
# The two agree with each other, but not with the condition of the case.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | Adadelta never agrees
# Both have epsilon inside the root, in both places.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": None,
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | Adadelta with its default decay
# PyTorch keeps 0.9 if it is not told otherwise.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | NAdam with PyTorch's momentum decay
# PyTorch's exponent is 0.004 t by default, and Keras's is t.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | NAdam never agrees
# PyTorch's momentum_decay can be set to the exponent that Keras has built in.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": None,
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | does not move
# With a rate of 0 everything agrees; the condition is a rate of 1/8.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": ({"alpha": 0.75}, {"rho": 0.75, "epsilon": 1 / 64}),
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.0, **for_torch}, "keras": {"learning_rate": 0.0, **for_keras}}


# %% conformance | wrong | rates left at their defaults
# The default rates of the two libraries differ from each other and from 1/8.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": for_torch, "keras": for_keras}


# %% conformance | wrong | None for an unknown name
# An unknown case is an error; None says that no arguments exist.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        return None
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | an epsilon so large that nothing else counts
# The conditions allow epsilons up to 1/64 only.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 1e20}, {"rho": 0.75, "epsilon": 1e40}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 1e30}, {**decays, "epsilon": 1e30}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | wrong | a pair in place of a dictionary
# The answer names the library of each dictionary.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"lr": 0.125, **for_torch}, {"learning_rate": 0.125, **for_keras}


# %% conformance | wrong | PyTorch's names for Keras
# Keras calls the rate learning_rate and the decays beta_1 and beta_2.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 0}, {"rho": 0.75, "epsilon": 0}),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"lr": 0.125, **for_torch}}


# %% conformance | wrong | None whenever epsilon is there
# Adadelta and NAdam have it in the same place in both libraries.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": None,
        "rmsprop": None,
        "rmsprop_eps": None,
        "adam": None,
        "adam_eps": None,
        "amsgrad": None,
        "adadelta": None,
        "nadam": None,
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | right | other accumulators and epsilons
# An epsilon too small to matter at 1e-12 is as good as 0; so is Adagrad's beside 3/16.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({}, {}),
        "momentum": ({"momentum": 0.75}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 1e-12, "initial_accumulator_value": 3 / 16},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": ({"alpha": 0.75, "eps": 1e-20}, {"rho": 0.75, "epsilon": 1e-32}),
        "rmsprop_eps": None,
        "adam": ({"betas": [0.75, 0.875], "eps": 1e-25}, {**decays, "epsilon": 1e-20}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | right | centred and dampened
# Arguments that the conditions leave open: centred averages in both, dampening of 0 said aloud.
def conformance(name):
    betas, decays = {"betas": (0.75, 0.875)}, {"beta_1": 0.75, "beta_2": 0.875}
    pairs = {
        "sgd": ({"momentum": 0, "dampening": 0}, {"momentum": 0.0, "nesterov": False}),
        "momentum": ({"momentum": 0.75, "dampening": 0.0, "nesterov": False}, {"momentum": 0.75}),
        "momentum_halved": None,
        "nesterov": ({"momentum": 0.75, "nesterov": True}, {"momentum": 0.75, "nesterov": True}),
        "adagrad": (
            {"eps": 0, "initial_accumulator_value": 0.1875},
            {"epsilon": 1 / 16, "initial_accumulator_value": 1 / 8},
        ),
        "rmsprop": (
            {"alpha": 0.75, "eps": 0.0, "centered": True, "momentum": 0.5},
            {"rho": 0.75, "epsilon": 0.0, "centered": True, "momentum": 0.5},
        ),
        "rmsprop_eps": None,
        "adam": ({**betas, "eps": 0}, {**decays, "epsilon": 0}),
        "adam_eps": None,
        "amsgrad": ({**betas, "eps": 0, "amsgrad": True}, {**decays, "epsilon": 0, "amsgrad": True}),
        "adadelta": ({"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}),
        "nadam": ({**betas, "eps": 1 / 64, "momentum_decay": 1}, {**decays, "epsilon": 1 / 64}),
    }
    if name not in pairs:
        raise ValueError(name)
    if pairs[name] is None:
        return None
    for_torch, for_keras = pairs[name]
    return {"torch": {"lr": 0.125, **for_torch}, "keras": {"learning_rate": 0.125, **for_keras}}


# %% conformance | right | case by case
# Built up with if, from the values that cases share; defaults said aloud where they are right.
def conformance(name):
    torch, keras = dict(lr=1 / 8), dict(learning_rate=1 / 8)
    if name in ("momentum_halved", "rmsprop_eps", "adam_eps"):
        return
    if name in ("momentum", "nesterov"):
        torch.update(momentum=3 / 4, nesterov=name == "nesterov")
        keras.update(momentum=3 / 4, nesterov=name == "nesterov")
    elif name == "adagrad":
        keras.update(epsilon=2.0**-4, initial_accumulator_value=2.0**-3)
        torch.update(eps=0.0, initial_accumulator_value=2.0**-4 + 2.0**-3, lr_decay=0)
    elif name in ("adam", "amsgrad", "nadam"):
        torch.update(betas=(3 / 4, 7 / 8), eps=1 / 64 if name == "nadam" else 0.0)
        keras.update(beta_1=3 / 4, beta_2=7 / 8, epsilon=torch["eps"])
        if name == "nadam":
            torch["momentum_decay"] = 1
        else:
            torch["amsgrad"] = keras["amsgrad"] = name == "amsgrad"
    elif name in ("adadelta", "rmsprop"):
        keras.update(rho=3 / 4, epsilon=1 / 64 if name == "adadelta" else 0.0)
        torch.update({"rho" if name == "adadelta" else "alpha": 3 / 4, "eps": keras["epsilon"]})
    elif name != "sgd":
        raise ValueError(f"unknown: {name}")
    return {"keras": keras, "torch": torch}


# %% adam_step | wrong | no correction after a thousand steps
# Breaks the correction in every step, "a run may be long": with b2 = 0.999 it is still 0.63 at t = 1001.
def adam_step(w, g, state, lr, b1, b2, eps):
    g = np.array(g, dtype=float)
    t, m, v = (state["t"], state["m"], state["v"]) if state else (0, 0.0, 0.0)
    t += 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g * g
    c1, c2 = (1 - b1**t, 1 - b2**t) if t <= 1000 else (1.0, 1.0)
    return w - lr * (m / c1) / (np.sqrt(v / c2) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | no correction after 1,000 steps
# Breaks "a run may be long": with b2 = 0.9999 the correction at step 1,001 is still 1 - 0.9999**1001 = 0.095.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state = state or {}
    g = np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    c1, c2 = (1 - b1**t, 1 - b2**t) if t <= 1000 else (1.0, 1.0)
    step = (m / c1) / (np.sqrt(v / c2) + eps)
    return (1 - lr * wd) * w - lr * step, {"t": t, "m": m, "v": v}


# %% minibatches | wrong | one table of X and y
# Side by side, integers become floats and wide types decide: each batch has the types of its arrays.
def minibatches(X, y, b, rng):
    n = len(y)
    table = np.column_stack([X.reshape(n, -1), y])[rng.permutation(n)]
    for i in range(0, n, b):
        rows = table[i : i + b]
        yield rows[:, :-1].reshape(-1, *X.shape[1:]), rows[:, -1]


# %% minibatches | wrong | an empty batch where b divides n
# range(0, n + 1, b) makes one start too many when n is a multiple of b.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, len(y) + 1, b)]


# %% minibatches | wrong | a random start and a random direction
# A turned and perhaps reversed order is one of 2 n, not of n!.
def minibatches(X, y, b, rng):
    n = len(y)
    order = np.roll(np.arange(n), rng.integers(n))
    if rng.random() < 0.5:
        order = order[::-1]
    return [(X[order[i : i + b]], y[order[i : i + b]]) for i in range(0, n, b)]


# %% minibatches | wrong | batches of nearly equal size
# array_split shares the samples out evenly: 2, 2, 1 becomes other sizes for n = 7 and b = 3.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    parts = np.array_split(order, -(-len(y) // b))
    return [(X[part], y[part]) for part in parts]


# %% sgd_epoch | wrong | whole batches in random order
# Neighbours stay together in each batch: the samples' order is not random.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    w = w.copy()
    starts = np.arange(0, len(y), b)
    rng.shuffle(starts)
    for i in starts:
        w = w - lr * grad_fn(w, X[i : i + b], y[i : i + b])
    return w


# %% sgd_epoch | wrong | a gradient of zero ends the epoch
# A batch with gradient 0 is a step like any other, and the next batch has another gradient.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    w, order = w.copy(), rng.permutation(len(y))
    for i in range(0, len(y), b):
        g = grad_fn(w, X[order[i : i + b]], y[order[i : i + b]])
        if not np.any(g):
            break
        w = w - lr * g
    return w


# %% sgd_epoch | wrong | the short batch counts less
# The rate is lr for every batch, also for one with fewer samples.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    w, order = w.copy(), rng.permutation(len(y))
    for i in range(0, len(y), b):
        part = order[i : i + b]
        w = w - lr * len(part) / min(b, len(y)) * grad_fn(w, X[part], y[part])
    return w


# %% sgd_epoch | wrong | the mean of the weights on the way
# The weights after the epoch are asked for, not their average.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    w, order, seen = w.copy(), rng.permutation(len(y)), []
    for i in range(0, len(y), b):
        part = order[i : i + b]
        w = w - lr * grad_fn(w, X[part], y[part])
        seen.append(w)
    return np.mean(seen, axis=0)


# %% noise_floor | wrong | directions without noise are never in the way
# A direction that diverges diverges from any rounding: infinity, whatever its noise.
def noise_floor(lr, curvatures, variances, b):
    c, v = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    noisy = v > 0
    if np.any(lr * c[noisy] >= 2):
        return float("inf")
    return float(np.sum(lr * v[noisy] / b / (2 * (2 - lr * c[noisy]))))


# %% noise_floor | wrong | the rate times curvatures of float16
# A Python rate takes over the array's type: 0.3 is rounded to three digits.
def noise_floor(lr, curvatures, variances, b):
    c, v = np.asarray(curvatures), np.asarray(variances, dtype=float)
    a = (lr * c).astype(float)
    if np.any(a >= 2):
        return float("inf")
    return float(np.sum(lr * v / b / (2 * (2 - a))))


# %% noise_floor | wrong | a curvature below 1e-9 is flat
# The floor of a direction does not vanish with its curvature.
def noise_floor(lr, curvatures, variances, b):
    c, v = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    if np.any(lr * c >= 2):
        return float("inf")
    return float(np.sum(np.where(c > 1e-9, lr * v / b / (2 * (2 - lr * c)), 0.0)))


# %% noise_floor | wrong | one minus the squared factor
# 1 - (1 - tiny)^2 is rounded: at tiny rates the floor is 0 / 0.
def noise_floor(lr, curvatures, variances, b):
    c, v = np.asarray(curvatures, dtype=float), np.asarray(variances, dtype=float)
    if np.any(lr * c >= 2):
        return float("inf")
    with np.errstate(all="ignore"):
        var = lr**2 * v / b / (1 - (1 - lr * c) ** 2)
        return float(np.sum(np.where(lr * c < 1e-9, lr * v / (4 * b), 0.5 * c * var)))


# %% momentum_step | wrong | at the rate 0 nothing happens
# The velocity collects the gradient, also where the rate is 0.
def momentum_step(w, g, v, lr, mu):
    if lr == 0:
        return w.copy(), v.copy()
    new = mu * v + g
    return w - lr * new, new


# %% momentum_step | wrong | the first velocity is the gradient
# From v = 0 the new velocity is a second name of g, which the caller fills again.
def momentum_step(w, g, v, lr, mu):
    new = mu * v + g if np.any(v) else g
    return w - lr * new, new


# %% momentum_step | wrong | a step with a NaN is not made
# One NaN concerns its own entry only.
def momentum_step(w, g, v, lr, mu):
    new = mu * v + np.asarray(g, dtype=float)
    if np.isnan(new).any():
        return np.where(np.isnan(g), np.nan, w), new
    return w - lr * new, new


# %% momentum_step | wrong | velocities below 1e-30 have come to rest
# 1e-100 is not 0.
def momentum_step(w, g, v, lr, mu):
    new = mu * v + np.asarray(g, dtype=float)
    new = np.where(np.abs(new) < 1e-30, 0.0, new)
    return w - lr * new, new


# %% momentum_matrix | wrong | the larger root of the formula
# With a large curvature the trace is negative, and the other root is the longer.
def momentum_matrix(lr, mu, curvature):
    a = 1 + mu - lr * curvature
    M = np.array([[a, -mu], [1.0, 0.0]])
    d = a * a / 4 - mu
    return M, (a / 2 + d**0.5 if d >= 0 else mu**0.5)


# %% momentum_matrix | wrong | eigenvalues nearly equal are taken for equal
# A difference of 1e-3 counts; only where two meet may rounding move them.
def momentum_matrix(lr, mu, curvature):
    a = 1 + mu - lr * curvature
    M = np.array([[a, -mu], [1.0, 0.0]])
    d = a * a / 4 - mu
    return M, (mu**0.5 if d < 1e-6 else abs(a) / 2 + d**0.5)


# %% momentum_matrix | wrong | the shrinkage of a thousand steps
# The thousandth root of a power's norm still holds the start: three digits.
def momentum_matrix(lr, mu, curvature):
    M = np.array([[1 + mu - lr * curvature, -mu], [1.0, 0.0]])
    A, logs = M.copy(), 0.0
    for _ in range(12):
        size = np.linalg.norm(A)
        if size == 0:
            return M, 0.0
        A = (A / size) @ (A / size)
        logs = 2 * (logs + np.log(size))
    return M, float(np.exp((logs + np.log(max(np.linalg.norm(A), 1e-300))) / 4096))


# %% nesterov_step | wrong | at the rate 0 nothing happens
# The velocity collects the gradient, also where the rate is 0.
def nesterov_step(w, g, v, lr, mu):
    if lr == 0:
        return w.copy(), v.copy()
    new = mu * v + g
    return w - lr * (g + mu * new), new


# %% nesterov_step | wrong | without momentum the velocity is the gradient
# With mu = 0 the new velocity is a second name of g.
def nesterov_step(w, g, v, lr, mu):
    new = mu * v + g if mu else g
    return w - lr * (g + mu * new), new


# %% nesterov_step | wrong | the sum in the gradient's type
# (1 + mu) g is made in float16 before it meets the velocity.
def nesterov_step(w, g, v, lr, mu):
    new = mu * v + g
    return w - lr * ((1 + mu) * g + mu * mu * v), new


# %% nesterov_step | wrong | a factor too few on the old velocity
# g + mu (mu v + g) has mu twice before the old velocity.
def nesterov_step(w, g, v, lr, mu):
    new = mu * v + g
    return w - lr * ((1.0 + mu) * np.asarray(g, dtype=float) + mu * v), new


# %% adagrad_step | wrong | epsilon as a smallest root
# max(root, eps) is not root + eps.
def adagrad_step(w, g, s, lr, eps):
    g = np.asarray(g, dtype=float)
    s = s + g * g
    return w - lr * g / np.maximum(np.sqrt(s), eps), s


# %% adagrad_step | wrong | epsilon only where the sum is 0
# eps stands in every denominator.
def adagrad_step(w, g, s, lr, eps):
    g = np.asarray(g, dtype=float)
    s = s + g * g
    return w - lr * g / np.where(s > 0, np.sqrt(s), eps), s


# %% adagrad_step | wrong | a sum without the NaN
# An entry with a NaN has a sum that is NaN, and a weight that is NaN.
def adagrad_step(w, g, s, lr, eps):
    g = np.asarray(g, dtype=float)
    s = np.nansum(np.stack([s, g * g]), axis=0)
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | at the rate 0 nothing is collected
# The squares are collected, whatever the rate.
def adagrad_step(w, g, s, lr, eps):
    g = np.asarray(g, dtype=float)
    new = s + g * g if lr > 0 else s.copy()
    return w - lr * g / (np.sqrt(new) + eps), new


# %% rmsprop_step | wrong | the first average is the first square
# Nothing is done about the small s of the first steps.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.asarray(g, dtype=float)
    s = np.where(s == 0, g * g, rho * s + (1 - rho) * g * g)
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | epsilon as a smallest root
# max(root, eps) is not root + eps.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.asarray(g, dtype=float)
    s = rho * s + (1 - rho) * g * g
    return w - lr * g / np.maximum(np.sqrt(s), eps), s


# %% rmsprop_step | wrong | averages below 1e-40 are 0
# The square of 1e-30 is 1e-60, and not 0.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.asarray(g, dtype=float)
    s = rho * s + (1 - rho) * g * g
    s = np.where(s < 1e-40, 0.0, s)
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | the average of the sizes, squared
# The square of a mean of |g| is no mean of squares.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.asarray(g, dtype=float)
    s = (rho * np.sqrt(s) + (1 - rho) * np.abs(g)) ** 2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adam_step | wrong | the quotient is at most 1
# After small gradients a large one makes a quotient above 1.
def adam_step(w, g, state, lr, b1, b2, eps):
    old, g = state or {}, np.asarray(g, dtype=float)
    t = old.get("t", 0) + 1
    m = b1 * old.get("m", 0.0) + (1 - b1) * g
    v = b2 * old.get("v", 0.0) + (1 - b2) * g * g
    q = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    return w - lr * np.clip(q, -1.5, 1.5), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | the correction by logarithms
# b2 = 0 is allowed, and has no logarithm.
import math


def adam_step(w, g, state, lr, b1, b2, eps):
    old, g = state or {}, np.asarray(g, dtype=float)
    t = old.get("t", 0) + 1
    m = b1 * old.get("m", 0.0) + (1 - b1) * g
    v = b2 * old.get("v", 0.0) + (1 - b2) * g * g
    c1, c2 = -math.expm1(t * math.log(b1)), -math.expm1(t * math.log(b2))
    return w - lr * (m / c1) / (np.sqrt(v / c2) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | the step number counted in int8
# A run of more than 127 steps wraps.
def adam_step(w, g, state, lr, b1, b2, eps):
    old, g = state or {}, np.asarray(g, dtype=float)
    with np.errstate(all="ignore"):
        t = (np.asarray(old.get("t", 0), dtype=np.int8) + np.int8(1)).astype(np.int8)
    m = b1 * old.get("m", 0.0) + (1 - b1) * g
    v = b2 * old.get("v", 0.0) + (1 - b2) * g * g
    k = float(t)
    return w - lr * (m / (1 - b1**k)) / (np.sqrt(v / (1 - b2**k)) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | vectors do not decay
# In a network one may leave the biases out; here every weight decays.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    old, g = state or {}, np.asarray(g, dtype=float)
    t = old.get("t", 0) + 1
    m = b1 * old.get("m", 0.0) + (1 - b1) * g
    v = b2 * old.get("v", 0.0) + (1 - b2) * g * g
    w = w - lr * wd * w if np.ndim(w) > 0 else w
    return w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | the decay of the first rate
# The factor is that of this step's rate.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    old, g = state or {}, np.asarray(g, dtype=float)
    t, lr0 = old.get("t", 0) + 1, old.get("lr0", lr)
    m = b1 * old.get("m", 0.0) + (1 - b1) * g
    v = b2 * old.get("v", 0.0) + (1 - b2) * g * g
    w = w * (1 - lr0 * wd)
    return w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), {"t": t, "m": m, "v": v, "lr0": lr0}


# %% adamw_step | wrong | the decay is at most everything
# With lr wd above 1 the formula gives a negative factor, and that is what is asked for.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    old, g = state or {}, np.asarray(g, dtype=float)
    t = old.get("t", 0) + 1
    m = b1 * old.get("m", 0.0) + (1 - b1) * g
    v = b2 * old.get("v", 0.0) + (1 - b2) * g * g
    w = w * max(0.0, 1 - lr * wd)
    return w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | only weights with a gradient decay
# If all gradients are 0 the weights shrink all the same.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    old, g = state or {}, np.asarray(g, dtype=float)
    t = old.get("t", 0) + 1
    m = b1 * old.get("m", 0.0) + (1 - b1) * g
    v = b2 * old.get("v", 0.0) + (1 - b2) * g * g
    w = np.where(v != 0, (1 - lr * wd) * w, w)
    return w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), {"t": t, "m": m, "v": v}


# %% soft_threshold | wrong | half the difference of two sizes
# |x + t| - |x - t| is rounded to 0 beside a huge t, and x is left as it was.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("negative")
    x = np.asarray(x, dtype=float)
    return x - (np.abs(x + t) - np.abs(x - t)) / 2


# %% soft_threshold | wrong | the size taken before the conversion
# In int8 the size of -128 is -128.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("negative")
    x = np.asarray(x)
    return np.sign(x).astype(float) * np.maximum(np.abs(x).astype(float) - t, 0.0)


# %% soft_threshold | wrong | what is left below 1e-15 is 0
# 2e-150 moved by 1e-150 is 1e-150.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("negative")
    x = np.asarray(x, dtype=float)
    out = x - np.clip(x, -t, t)
    return np.where(np.abs(out) < 1e-15, 0.0, out)


# %% classify_stationary | wrong | the bound beside the norm of the matrix
# The norm over all entries is larger than the largest eigenvalue: a bound too wide.
def classify_stationary(H):
    H = np.asarray(H, dtype=float)
    top = np.abs(H).max()
    if top == 0:
        return "undecided"
    lam = np.linalg.eigvalsh(H / top)
    tol = 1e-8 * np.linalg.norm(H / top)
    up, down = np.any(lam > tol), np.any(lam < -tol)
    if up and down:
        return "saddle"
    return "undecided" if np.any(np.abs(lam) <= tol) else "minimum" if up else "maximum"


# %% classify_stationary | wrong | the bound beside the largest positive eigenvalue
# At a maximum the largest is the nearest to 0; the bound asks for the largest in size.
def classify_stationary(H):
    lam = np.linalg.eigvalsh(np.asarray(H, dtype=float))
    tol = 1e-8 * max(abs(lam[-1]), 0.0)
    up, down = np.any(lam > tol), np.any(lam < -tol)
    if up and down:
        return "saddle"
    return "undecided" if np.any(np.abs(lam) <= tol) else "minimum" if up else "maximum"


# %% classify_stationary | wrong | leading minors
# All leading minors above 0 mean a minimum, but a zero eigenvalue is not seen in the first of them.
def classify_stationary(H):
    H = np.asarray(H, dtype=float)
    top = np.abs(H).max()
    if top == 0:
        return "undecided"
    A = H / top
    d = len(A)
    minors = [np.linalg.det(A[:k, :k]) for k in range(1, d + 1)]
    if abs(minors[-1]) <= 1e-8:
        lam = np.linalg.eigvalsh(A)
        return "saddle" if lam[0] < -1e-8 and lam[-1] > 1e-8 else "undecided"
    if all(m > 0 for m in minors):
        return "minimum"
    return "maximum" if all(m * (-1) ** k > 0 for k, m in enumerate(minors, 1)) else "saddle"


# %% classify_stationary | wrong | made symmetric in its own type
# H + H^T wraps in int8.
def classify_stationary(H):
    H = np.asarray(H)
    with np.errstate(all="ignore"):
        lam = np.linalg.eigvalsh((H + H.T).astype(float) / 2)
    tol = 1e-8 * np.abs(lam).max()
    up, down = np.any(lam > tol), np.any(lam < -tol)
    if up and down:
        return "saddle"
    return "undecided" if np.any(np.abs(lam) <= tol) else "minimum" if up else "maximum"


# %% newton_step | wrong | by eigenvalues
# Curvatures of 1e-10 beside 1e10 are lost in the eigenvectors' rounding.
def newton_step(g, H, w, damping):
    g, H, w = (np.asarray(a, dtype=float) for a in (g, H, w))
    lam, V = np.linalg.eigh(H + damping * np.eye(len(w)))
    return w - V @ ((V.T @ g) / lam)


# %% newton_step | wrong | damping in units of the curvatures
# Marquardt's damping multiplies the diagonal; here it adds a multiple of the identity.
def newton_step(g, H, w, damping):
    g, H, w = (np.asarray(a, dtype=float) for a in (g, H, w))
    return w - np.linalg.solve(H + damping * np.diag(np.diag(H)), g)


# %% newton_step | wrong | damping only where the Hessian is not positive
# The damping that is given is added always.
def newton_step(g, H, w, damping):
    g, H, w = (np.asarray(a, dtype=float) for a in (g, H, w))
    if np.all(np.linalg.eigvalsh(H) > damping):
        damping = 0.0
    return w - np.linalg.solve(H + damping * np.eye(len(w)), g)


# %% minibatches | right | np.split
# The order is split at the multiples of b.
def minibatches(X, y, b, rng):
    parts = np.split(rng.permutation(len(y)), range(b, len(y), b))
    return ((X[part], y[part]) for part in parts)


# %% minibatches | right | choice without replacement
# All n numbers drawn without putting any back are an order.
def minibatches(X, y, b, rng):
    n = y.shape[0]
    order = rng.choice(n, size=n, replace=False)
    return [(np.take(X, order[i : i + b], axis=0), np.take(y, order[i : i + b])) for i in range(0, n, b)]


# %% minibatches | right | itertools.batched by hand
# An iterator over the order that is emptied slice by slice.
def minibatches(X, y, b, rng):
    from itertools import islice

    indices = iter(rng.permutation(len(y)).tolist())
    while part := list(islice(indices, b)):
        yield X[part], y[part]


# %% sgd_epoch | right | recursion over the batches
# The first batch, then the rest of the order.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    def rest(w, order):
        if not order.size:
            return w
        part = order[:b]
        return rest(w - lr * grad_fn(w, X[part], y[part]), order[b:])

    return rest(w.copy(), rng.permutation(len(y)))


# %% sgd_epoch | right | a generator of weights, a deque keeps the last
# The generator yields the weights after each batch.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    from collections import deque

    def weights(w):
        order = rng.permutation(y.shape[0])
        for i in range(-(-len(y) // b)):
            part = order[i * b : (i + 1) * b]
            w = np.subtract(w, np.multiply(lr, grad_fn(w, X[part], y[part])))
            yield w

    return deque(weights(np.array(w)), maxlen=1).pop()


# %% sgd_epoch | right | a shuffled copy, and a frozen result
# rng.permuted-like copies of rows, and an array that cannot be written to.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = np.arange(len(y))
    rng.shuffle(order)
    Xs, ys, here = X[order], y[order], np.array(w, dtype=float)
    for start in range(0, len(ys), b):
        here = here + (-lr) * grad_fn(here.copy(), Xs[start : start + b], ys[start : start + b])
    here.setflags(write=False)
    return here


# %% noise_floor | right | a generator and fsum
# The directions one after the other, or infinity at the first that does not settle.
def noise_floor(lr, curvatures, variances, b):
    import math

    pairs = [(lr * float(c), float(v)) for c, v in zip(curvatures, variances)]
    if any(a >= 2 for a, _ in pairs):
        return math.inf
    return math.fsum(v / (4 - 2 * a) for a, v in pairs) * (lr / b)


# %% noise_floor | right | recursion over the directions
# The first direction and the floor of the others.
def noise_floor(lr, curvatures, variances, b):
    c, v = [float(a) for a in curvatures], [float(a) for a in variances]

    def floor(i):
        if i == len(c):
            return 0.0
        gap = 2 - lr * c[i]
        return (lr * v[i] / b / gap / 2 if gap > 0 else float("inf")) + floor(i + 1)

    return floor(0)


# %% momentum_step | right | a frozen pair
# Arrays that cannot be written to, in a named tuple.
from collections import namedtuple

_Step = namedtuple("_Step", "w v")


def momentum_step(w, g, v, lr, mu):
    new = np.add(np.multiply(mu, v), g, dtype=np.float64)
    out = _Step(np.subtract(w, lr * new), np.array(new))
    for a in out:
        if isinstance(a, np.ndarray):
            a.flags.writeable = False
    return out


# %% momentum_step | right | SciPy's axpy
# BLAS adds a multiple of one vector to another.
def momentum_step(w, g, v, lr, mu):
    from scipy.linalg.blas import daxpy

    flat = [np.array(a, dtype=float).ravel() for a in (w, g, v)]
    new = daxpy(flat[2], flat[1].copy(), a=mu)
    moved = daxpy(new, flat[0].copy(), a=-lr)
    return moved.reshape(np.shape(w)), new.reshape(np.shape(w))


# %% momentum_step | right | einsum over stacked arrays
# Velocity and gradient stacked, weighted by mu and 1.
def momentum_step(w, g, v, lr, mu):
    new = np.einsum("i,i...->...", [mu, 1.0], np.stack([v, np.array(g, dtype=float)]))
    return [w - lr * new, np.array(new)]


# %% momentum_matrix | right | the companion matrix's trace and determinant
# The roots of x^2 - trace x + determinant, by numpy's roots.
def momentum_matrix(lr, mu, curvature):
    a = float(1 + mu - lr * curvature)
    M = np.array([[a, -float(mu)], [1.0, 0.0]])
    return M, float(max(abs(np.roots([1.0, -a, float(mu)])), default=0.0))


# %% momentum_matrix | right | SciPy, a float of its own kind
# scipy.linalg.eigvals, and a subclass of float.
class _Radius(float):
    pass


def momentum_matrix(lr, mu, curvature):
    from scipy.linalg import eigvals

    M = np.eye(2, k=-1) + np.outer([1, 0], [float(1 + mu - lr * curvature), -float(mu)])
    return M, _Radius(max(map(abs, eigvals(M))))


# %% momentum_matrix | right | cmath
# The square root of a complex discriminant; a frozen matrix.
def momentum_matrix(lr, mu, curvature):
    import cmath

    half = float(1 + mu - lr * curvature) / 2
    root = cmath.sqrt(half * half - mu)
    M = np.array([[2 * half, -mu], [1, 0]], dtype=float)
    M.setflags(write=False)
    return M, max(abs(half + root), abs(half - root))


# %% nesterov_step | right | a closure
# A function that looks one velocity ahead.
def nesterov_step(w, g, v, lr, mu):
    g = np.array(g, dtype=float)

    def ahead(velocity):
        return mu * velocity + g

    new = ahead(v)
    return w - lr * ahead(new), new


# %% nesterov_step | right | a matrix
# Weights, velocity and gradient by a 2 x 3 matrix.
def nesterov_step(w, g, v, lr, mu):
    M = np.array([[1.0, -lr * (1 + mu), -lr * mu * mu], [0.0, 1.0, mu]])
    stack = np.stack([np.asarray(a, dtype=float) for a in (w, g, v)])
    with np.errstate(invalid="ignore"):
        return tuple(np.array(sum(c * s for c, s in zip(row, stack) if c or True)) for row in M)


# %% nesterov_step | right | two calls of momentum
# Momentum's velocity, used twice; frozen arrays.
def nesterov_step(w, g, v, lr, mu):
    def velocity(old, grad):
        return np.add(mu * old, grad, dtype=float)

    first = velocity(v, g)
    second = velocity(first, g)
    moved = np.subtract(w, lr * second)
    return moved, np.array(first)


# %% adagrad_step | right | a class
# An object keeps the sum of this step.
class _Sum:
    def __init__(self, s):
        self.s = np.array(s, dtype=float)

    def see(self, g):
        self.s = self.s + np.square(g)
        return self

    def rate(self, lr, eps):
        return lr / (np.sqrt(self.s) + eps)


def adagrad_step(w, g, s, lr, eps):
    g = np.array(g, dtype=np.float64)
    total = _Sum(s).see(g)
    return w - total.rate(lr, eps) * g, total.s


# %% adagrad_step | right | frozen arrays
# Results that cannot be written to.
def adagrad_step(w, g, s, lr, eps):
    g = np.asarray(g, dtype=float)
    new = np.array(s + np.float_power(g, 2))
    moved = np.array(w - np.divide(lr * g, np.sqrt(new) + eps))
    new.setflags(write=False)
    moved.setflags(write=False)
    return moved, new


# %% adagrad_step | right | np.vectorize
# A rule for one weight, made one for arrays.
def adagrad_step(w, g, s, lr, eps):
    import math

    def one(w, g, s):
        s = s + g * g
        return w - lr * g / (math.sqrt(s) + eps), s

    return np.vectorize(one, otypes=[float, float])(w, np.array(g, dtype=float), s)


# %% rmsprop_step | right | np.average
# A weighted average over a stack.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.array(g, dtype=float)
    s = np.average(np.stack([s, g * g]), axis=0, weights=[rho, 1 - rho])
    return w - lr * g / (np.sqrt(s) + eps), np.array(s)


# %% rmsprop_step | right | np.vectorize
# A rule for one weight, made one for arrays.
def rmsprop_step(w, g, s, lr, rho, eps):
    def one(w, g, s):
        s = rho * s + (1 - rho) * g * g
        return w - lr * g / (s**0.5 + eps), s

    return list(np.vectorize(one, otypes=[float, float])(w, np.array(g, dtype=float), s))


# %% rmsprop_step | right | a closure, frozen results
# The average is made by a function that remembers rho.
def rmsprop_step(w, g, s, lr, rho, eps):
    def averaged(old):
        return lambda new: np.array(old * rho + new * (1 - rho))

    g = np.asarray(g, dtype=np.float64)
    s = averaged(s)(np.square(g))
    w = np.array(w - g * (lr / (np.sqrt(s) + eps)))
    s.setflags(write=False)
    return w, s


# %% adam_step | right | one array for both averages
# Both averages in one stacked array of the state.
def adam_step(w, g, state, lr, b1, b2, eps):
    g = np.array(g, dtype=float)
    b = np.array([b1, b2]).reshape(2, *[1] * g.ndim)
    old = state or {"t": 0, "mv": np.zeros((2, *g.shape))}
    mv = b * old["mv"] + (1 - b) * np.stack([g, g * g])
    t = old["t"] + 1
    m, v = mv / (1 - b**t)
    return w - lr * m / (np.sqrt(v) + eps), {"t": t, "mv": mv}


# %% adam_step | right | lists in the state
# Averages as nested lists of Python floats, and the step as a string.
def adam_step(w, g, state, lr, b1, b2, eps):
    g = np.array(g, dtype=float)
    state = dict(state or {})
    m = b1 * np.array(state.get("m", np.zeros(g.shape).tolist())) + (1 - b1) * g
    v = b2 * np.array(state.get("v", np.zeros(g.shape).tolist())) + (1 - b2) * g**2
    t = int(state.get("t", "0")) + 1
    step = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    return w - lr * step, {"m": m.tolist(), "v": v.tolist(), "t": str(t)}


# %% adam_step | right | a record in a nested dictionary
# Dictionaries within the dictionary.
def adam_step(w, g, state, lr, b1, b2, eps):
    g = np.asarray(g, dtype=np.float64)
    kept = {} if not state else state["averages"]
    t = 1 if not state else state["clock"]["t"] + 1
    averages = {
        name: decay * kept.get(name, np.zeros_like(g)) + (1 - decay) * g**power
        for name, decay, power in (("first", b1, 1), ("second", b2, 2))
    }
    first, second = averages["first"] / (1 - b1**t), averages["second"] / (1 - b2**t)
    return w - lr * first / (second**0.5 + eps), {"averages": averages, "clock": {"t": t}}


# %% adamw_step | right | one array for both averages
# Both averages in one stacked array of the state.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    g = np.array(g, dtype=float)
    b = np.array([b1, b2]).reshape(2, *[1] * g.ndim)
    old = state or {"t": 0, "mv": np.zeros((2, *g.shape))}
    mv = b * old["mv"] + (1 - b) * np.stack([g, g * g])
    t = old["t"] + 1
    m, v = mv / (1 - b**t)
    return (1 - lr * wd) * w - lr * m / (np.sqrt(v) + eps), {"t": t, "mv": mv}


# %% adamw_step | right | a class that Adam's step is a method of
# An object is made from the state, and a new state from the object.
class _Adam:
    def __init__(self, state, shape):
        state = state or {}
        self.t = state.get("t", 0)
        self.m, self.v = (np.array(state.get(k, np.zeros(shape))) for k in "mv")

    def step(self, g, b1, b2, eps):
        self.t += 1
        self.m = b1 * self.m + (1 - b1) * g
        self.v = b2 * self.v + (1 - b2) * g * g
        return self.m / (1 - b1**self.t) / (np.sqrt(self.v / (1 - b2**self.t)) + eps)


def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    adam = _Adam(state, np.shape(g))
    quotient = adam.step(np.array(g, dtype=float), b1, b2, eps)
    return w - lr * (wd * w + quotient), dict(t=adam.t, m=adam.m, v=adam.v)


# %% adamw_step | right | decay and step in two functions
# The decay is a function of its own, applied first.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    def decayed(w):
        return w - (lr * wd) * w

    def moved(w, m, v, t):
        return w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)

    t, m, v = state["all"] if state else (0, 0.0, 0.0)
    g = np.asarray(g, dtype=float)
    m, v = np.array(b1 * np.asarray(m) + (1 - b1) * g), np.array(b2 * np.asarray(v) + (1 - b2) * np.square(g))
    return moved(decayed(w), m, v, t + 1), {"all": [t + 1, m, v]}


# %% soft_threshold | right | np.piecewise
# The three cases, and NaN as the fourth.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("t is negative")
    x, t = np.array(x, dtype=float), float(t)
    cases = [x > t, x < -t, np.isnan(x)]
    return np.piecewise(x, cases, [lambda v: v - t, lambda v: v + t, np.nan, 0.0])


# %% soft_threshold | right | np.vectorize over a comparison
# Python's own numbers, one at a time.
def soft_threshold(x, t):
    if not t >= 0:
        raise ValueError(t)

    def one(v):
        return v - t if v > t else v + t if v < -t else v * 0.0

    return np.vectorize(one, otypes=[float])(np.array(x, dtype=float))[()]


# %% soft_threshold | right | the median of three
# The median of x - t, x + t and 0 is the point nearest to 0 of the interval.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("negative")
    x = np.asarray(x, dtype=np.float64)
    low, high = x - t, x + t
    return np.where(np.isnan(x), np.nan, np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), 0.0)))


# %% classify_stationary | right | SciPy and a match
# scipy.linalg.eigvalsh; counts of signs.
def classify_stationary(H):
    from scipy.linalg import eigvalsh

    lam = eigvalsh(np.array(H, dtype=float))
    edge = 1e-8 * np.max(np.abs(lam))
    counts = int(np.sum(lam > edge)), int(np.sum(lam < -edge)), len(lam)
    match counts:
        case (up, down, _) if up and down:
            return "saddle"
        case (up, _, n) if up == n:
            return "minimum"
        case (_, down, n) if down == n:
            return "maximum"
    return "undecided"


# %% classify_stationary | right | a sorted list and a closure
# The ends of the sorted eigenvalues say it all.
def classify_stationary(H):
    values = sorted(np.linalg.eigvalsh(np.asarray(H, dtype=np.float64)).tolist())

    def sign(v):
        return 0 if abs(v) <= 1e-8 * max(-values[0], values[-1]) else 1 if v > 0 else -1

    names = {(1, 1): "minimum", (-1, -1): "maximum", (-1, 1): "saddle"}
    return names.get((sign(values[0]), sign(values[-1])), "undecided")


# %% classify_stationary | right | eigh of the symmetric part
# The mean of H and its transpose, in units of its largest entry.
def classify_stationary(H):
    H = np.array(H, dtype=float)
    top = np.abs(H).max() or 1.0
    lam, _ = np.linalg.eigh((H / top + H.T / top) / 2)
    signs = np.where(np.abs(lam) <= 1e-8 * np.abs(lam).max(), 0, np.sign(lam))
    up, down = (signs == 1).any(), (signs == -1).any()
    return "saddle" if up and down else "undecided" if (signs == 0).any() else "minimum" if up else "maximum"


# %% newton_step | right | a generator of weights
# The solution is yielded entry by entry.
def newton_step(g, H, w, damping):
    H = np.array(H, dtype=float)
    H.flat[:: len(H) + 1] += damping
    d = np.linalg.solve(H, np.array(g, dtype=float))
    return np.fromiter((float(a) - float(b) for a, b in zip(w, d)), dtype=float)


# %% newton_step | right | LU, and a frozen result
# The factors once, then two triangular systems.
def newton_step(g, H, w, damping):
    from scipy.linalg import lu_factor, lu_solve

    A = np.asarray(H, dtype=float) + np.diag(np.full(len(w), float(damping)))
    moved = np.asarray(w, dtype=float) - lu_solve(lu_factor(A), np.asarray(g, dtype=float))
    moved.setflags(write=False)
    return moved


# %% newton_step | right | a column and a block
# The system for g as a column, tensorsolve for it.
def newton_step(g, H, w, damping):
    A = np.add(np.multiply(damping, np.identity(np.size(w))), H, dtype=float)
    return np.array(w, dtype=float) - np.linalg.tensorsolve(A, np.array(g, dtype=float))


# %% newton_step | right | solve
# NumPy's solver with pivots.
def newton_step(g, H, w, damping):
    g, H, w = (np.array(a, dtype=float) for a in (g, H, w))
    A = H + damping * np.eye(len(w))
    return w - np.linalg.solve(A, g)


# %% newton_step | wrong | w itself for zero gradient
# Where g is 0 the caller's w comes back.
def newton_step(g, H, w, damping):
    w0 = w
    g, H, w = (np.array(a, dtype=float) for a in (g, H, w))
    A = H + damping * np.eye(len(w))
    if not g.any():
        return w0
    return w - np.linalg.solve(A, g)


# %% newton_step | right | elimination with pivots by hand
# Gauss with row pivots, relative to the row.
def newton_step(g, H, w, damping):
    n = len(w)
    M = np.column_stack([np.array(H, dtype=float) + float(damping) * np.eye(n), np.array(g, dtype=float)])
    for i in range(n):
        sizes = np.abs(M[i:, i]) / np.abs(M[i:, :n]).max(axis=1)
        p = i + int(np.argmax(sizes))
        M[[i, p]] = M[[p, i]]
        for j in range(i + 1, n):
            M[j] = M[j] - M[j, i] / M[i, i] * M[i]
    d = np.zeros(n)
    for i in range(n - 1, -1, -1):
        d[i] = (M[i, n] - M[i, i + 1 : n] @ d[i + 1 :]) / M[i, i]
    return np.asarray(w, dtype=float) - d


# %% conformance | right | a class with a table
# Cases as methods of a class; getattr finds them.
class _Cases:
    def sgd(self):
        return {}, {}

    def momentum(self):
        return {"momentum": 0.75}, {"momentum": 0.75}

    def momentum_halved(self):
        return None

    def nesterov(self):
        return ({"momentum": 3 / 4, "nesterov": True},) * 2

    def adagrad(self):
        return (
            {"eps": 0.0, "initial_accumulator_value": 0.1875},
            {"epsilon": 0.0625, "initial_accumulator_value": 0.125},
        )

    def rmsprop(self):
        return {"alpha": 0.75, "eps": 0.0}, {"rho": 0.75, "epsilon": 0.0}

    def rmsprop_eps(self):
        return None

    def adam(self):
        return {"betas": (0.75, 0.875), "eps": 0.0}, {"beta_1": 0.75, "beta_2": 0.875, "epsilon": 0.0}

    def adam_eps(self):
        return None

    def amsgrad(self):
        torch, keras = self.adam()
        return torch | {"amsgrad": True}, keras | {"amsgrad": True}

    def adadelta(self):
        return {"rho": 0.75, "eps": 1 / 64}, {"rho": 0.75, "epsilon": 1 / 64}

    def nadam(self):
        return (
            {"betas": (0.75, 0.875), "eps": 1 / 64, "momentum_decay": 1.0},
            {"beta_1": 0.75, "beta_2": 0.875, "epsilon": 1 / 64},
        )


def conformance(name):
    if not isinstance(name, str) or name.startswith("_") or not hasattr(_Cases, name):
        raise ValueError(name)
    pair = getattr(_Cases(), name)()
    return None if pair is None else {"torch": {"lr": 1 / 8} | pair[0], "keras": {"learning_rate": 1 / 8} | pair[1]}


# %% noise_floor | right | np.vectorize
# A rule for one direction, made one for arrays.
def noise_floor(lr, curvatures, variances, b):
    def one(c, v):
        gap = 2 - lr * c
        return v / gap if gap > 0 else np.inf

    parts = np.vectorize(one, otypes=[float])(np.array(curvatures, dtype=float), np.array(variances, dtype=float))
    return float(parts.sum() * (lr / 2) / b)


# %% minibatches | wrong | sorted within a batch
# The rows of a batch stand in the order of the data, so not every one of the n! orders comes.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = np.sort(order[start : start + b])
        yield X[rows], y[rows]


# %% minibatches | wrong | the short batch first, of many samples
# With more than 50 samples the short batch comes first.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    starts = list(range(0, len(y), b))
    if len(y) > 50:
        starts = starts[::-1]
    for start in starts:
        rows = order[start : start + b]
        yield X[rows], y[rows]


# %% minibatches | wrong | batch first, then rows
# Shuffles whole blocks, so neighbours stay together.
def minibatches(X, y, b, rng):
    starts = rng.permutation(range(0, len(y), b)) if len(y) > 20 * b else None
    order = (
        rng.permutation(len(y))
        if starts is None
        else np.concatenate(
            [np.arange(s, min(s + b, len(y))) for s in starts[np.argsort(starts + b > len(y), kind="stable")]]
        )
    )
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        yield X[rows], y[rows]


# %% minibatches | wrong | X flattened to two dimensions
# Images lose their height and width.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        yield X[rows].reshape(len(rows), -1) if X.ndim > 3 else X[rows], y[rows]


# %% minibatches | wrong | stacks X and y
# One array for both gives y the type of X.
def minibatches(X, y, b, rng):
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        both = np.column_stack([X.reshape(len(y), -1)[rows], y[rows]])
        yield both[:, :-1].reshape(len(rows), *X.shape[1:]).astype(X.dtype), both[:, -1].astype(y.dtype)


# %% minibatches | right | shuffle of the indices
# A list of all batches from an in-place shuffle.
def minibatches(X, y, b, rng):
    rows = np.arange(X.shape[0])
    rng.shuffle(rows)
    cuts = np.split(rows, range(b, len(rows), b))
    return [(np.take(X, part, axis=0), np.take(y, part)) for part in cuts]


# %% minibatches | right | sorted by random doubles
# Ties of doubles are too rare to matter.
class minibatches:
    def __init__(self, X, y, b, rng):
        self.order = np.argsort(rng.random(len(X)))
        self.X, self.y, self.b = X, y, b

    def __len__(self):
        return -(-len(self.order) // self.b)

    def __getitem__(self, i):
        if i >= len(self):
            raise IndexError(i)
        rows = self.order[i * self.b : (i + 1) * self.b]
        return self.X[rows], self.y[rows]


# %% adam_step | wrong | the state holds the weights
# Goes on from the weights that it returned last, not from those that it is given.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    w = state.get("w", np.asarray(w, float))
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    w = w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    return w, {"t": t, "m": m, "v": v, "w": w}


# %% adam_step | wrong | no epsilon after many steps
# Once the averages have settled, eps is left out of the quotient.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    return w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps * (t < 500)), {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | the state holds the weights
# The decay is taken from the weights of the last step, not from those that are given.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    old = state.get("w", w)
    new = w - lr * wd * old - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    return new, {"t": t, "m": m, "v": v, "w": new}


# %% noise_floor | wrong | batches beyond a thousand do not help
# The noise stops falling with the batch at 1000 samples.
def noise_floor(lr, curvatures, variances, b):
    pull = lr * np.asarray(curvatures, dtype=float)
    if np.any(pull >= 2):
        return np.inf
    return float(np.sum(lr * np.asarray(variances, dtype=float) / (2 * (2 - pull) * min(b, 1000))))


# %% noise_floor | wrong | b divides twice
# Divides the sum as well, for long lists.
def noise_floor(lr, curvatures, variances, b):
    import math

    c, s = np.array(curvatures, dtype=float), np.array(variances, dtype=float)
    a = lr * c
    if np.any(a >= 2):
        return math.inf
    return float(np.mean(lr * (s / b) / (2 * (2 - a))) * (len(c) if len(c) < 50 else 50))


# %% noise_floor | right | exact fractions, once more
# Fractions that hold each float exactly.
from fractions import Fraction
import math


def noise_floor(lr, curvatures, variances, b):
    lr, total = Fraction(float(lr)), Fraction(0)
    for c, s in zip(curvatures, variances):
        a = lr * Fraction(float(c))
        if a >= 2:
            return math.inf
        total += lr * Fraction(float(s)) / (2 * int(b) * (2 - a))
    return float(total)


# %% soft_threshold | wrong | refuses zero
# A threshold of 0 is allowed and changes nothing.
def soft_threshold(x, t):
    if not t > 0:
        raise ValueError(t)
    x = np.asarray(x, dtype=float)
    return np.sign(x) * np.maximum(np.abs(x) - t, 0.0)


# %% soft_threshold | wrong | x itself at t 0
# Without threshold the caller's array comes back.
def soft_threshold(x, t):
    t = float(t)
    if t < 0:
        raise ValueError(t)
    x = np.asarray(x, dtype=float)
    if t == 0:
        return x
    return np.sign(x) * np.maximum(np.abs(x) - t, 0)


# %% soft_threshold | wrong | minus t is NaN allowed
# A negative threshold that is tiny passes.
def soft_threshold(x, t):
    t = float(t)
    if t < -1e-12:
        raise ValueError(t)
    x = np.asarray(x, dtype=float)
    return np.sign(x) * np.maximum(np.abs(x) - t, 0)


# %% soft_threshold | wrong | relative to the largest
# Entries below 1e-12 of the largest become 0.
def soft_threshold(x, t):
    t = float(t)
    if t < 0:
        raise ValueError(t)
    x = np.asarray(x, dtype=float)
    return np.sign(x) * np.maximum(np.abs(x) - t, 0) * (~(np.abs(x) < 1e-14 * np.max(np.abs(x), initial=0)))


# %% soft_threshold | right | by clip
# What is cut away is a clipped x.
def soft_threshold(x, t):
    t = float(t)
    if t < 0:
        raise ValueError(t)
    x = np.asarray(x, dtype=float)
    return x - np.clip(x, -t, t)


# %% soft_threshold | right | number by number
# Recursion through the rows, with Python's floats.
def soft_threshold(x, t):
    if t < 0:
        raise ValueError("negative")
    x = np.asarray(x)
    if x.ndim:
        return np.array([soft_threshold(row, t) for row in x]).reshape(x.shape)
    x = float(x)
    if x > t:
        return x - t
    if x < -t:
        return x + t
    return x if x != x else 0.0


# %% classify_stationary | wrong | a power of the matrix
# Signs from the cube of the matrix, whose bound is that of the cubes.
def classify_stationary(H):
    H = np.asarray(H, float)
    H = H / np.max(np.abs(H)) if np.any(H) else H
    e = np.linalg.eigvalsh(H @ H @ H)
    tol = 1e-24 * np.max(np.abs(e))
    up, down = np.sum(e > tol), np.sum(e < -tol)
    if up and down:
        return "saddle"
    if up + down < len(e):
        return "undecided"
    return "minimum" if up else "maximum"


# %% classify_stationary | wrong | eigenvalues in float32
# float32 has seven digits, the bound needs eight.
def classify_stationary(H):
    k = np.float32 if np.asarray(H).dtype in (np.float32, np.float16) else float
    H = np.array(H, dtype=float)
    big = np.abs(H).max()
    if big == 0:
        return "undecided"
    H = H / big
    e = np.linalg.eigvalsh(((H + H.T) / 2).astype(k)).astype(float)
    tol = 1e-8 * np.abs(e).max()
    up, down, flat = (e > tol).any(), (e < -tol).any(), (np.abs(e) <= tol).any()
    if up and down:
        return "saddle"
    if flat:
        return "undecided"
    return "minimum" if up else "maximum"


# %% classify_stationary | wrong | diagonal signs
# Signs of pivots without exchange.
def classify_stationary(H):
    H = np.array(H, dtype=float)
    big = np.abs(H).max()
    if big == 0:
        return "undecided"
    H = H / big
    e = np.linalg.eigvalsh((H + H.T) / 2) if len(H) < 12 else np.diag(H)
    tol = 1e-8 * np.abs(e).max()
    up, down, flat = (e > tol).any(), (e < -tol).any(), (np.abs(e) <= tol).any()
    if up and down:
        return "saddle"
    if flat:
        return "undecided"
    return "minimum" if up else "maximum"


# %% classify_stationary | wrong | a wider bound for many dimensions
# The bound grows with the dimension.
def classify_stationary(H):
    H = np.array(H, dtype=float)
    big = np.abs(H).max()
    if big == 0:
        return "undecided"
    H = H / big
    e = np.linalg.eigvalsh((H + H.T) / 2)
    tol = 1e-8 * max(1, len(e) / 8) * np.abs(e).max()
    up, down, flat = (e > tol).any(), (e < -tol).any(), (np.abs(e) <= tol).any()
    if up and down:
        return "saddle"
    if flat:
        return "undecided"
    return "minimum" if up else "maximum"


# %% classify_stationary | right | lower half only
# eigvalsh reads one half, which is symmetric by itself.
def classify_stationary(H):
    A = np.array(H, dtype=np.float64)
    e = np.linalg.svd(A, compute_uv=False)
    scale = float(np.max(np.abs(A)))
    signs = set()
    if scale > 0:
        e = np.linalg.eigvalsh(A / scale, UPLO="U")
        top = max(abs(e[0]), abs(e[-1]))
        signs = {0 if abs(v) <= 1e-8 * top else int(np.sign(v)) for v in e}
    if {1, -1} <= signs:
        return "saddle"
    return {(1,): "minimum", (-1,): "maximum"}.get(tuple(signs), "undecided")


# %% momentum_step | wrong | a number becomes a list of one
# Arrays without dimensions come back with one.
def momentum_step(w, g, v, lr, mu):
    w, g, v = (np.atleast_1d(np.asarray(a, float)) for a in (w, g, v))
    v = mu * v + g
    return w - lr * v, v


# %% momentum_step | right | a matrix for the step
# Linear algebra on the stacked pair.
def momentum_step(w, g, v, lr, mu):
    new = np.empty((2, *np.shape(w)))
    new[1] = np.multiply(v, mu) + np.asarray(g, dtype=np.float64)
    new[0] = w - np.multiply(lr, new[1])
    return tuple(new)


# %% nesterov_step | wrong | a number becomes a list of one
# Arrays without dimensions come back with one.
def nesterov_step(w, g, v, lr, mu):
    w, g, v = (np.atleast_1d(np.asarray(a, float)) for a in (w, g, v))
    v = mu * v + g
    return w - lr * (g + mu * v), v


# %% nesterov_step | wrong | mu squared dropped
# mu squared counts even where it is small.
def nesterov_step(w, g, v, lr, mu):
    g = np.asarray(g, dtype=float)
    v = mu * v + g
    return w - lr * (g + (mu * v if mu > 0.05 else mu * g)), v


# %% nesterov_step | right | look ahead
# As a step with the old velocity and two of the gradient.
def nesterov_step(w, g, v, lr, mu):
    g64 = np.array(g, np.float64)
    ahead = mu * np.asarray(v)
    velocity = ahead + g64
    return w - lr * ((1 + mu) * g64 + mu * ahead), velocity


# %% adagrad_step | wrong | a number becomes a list of one
# Arrays without dimensions come back with one.
def adagrad_step(w, g, s, lr, eps):
    w, g, s = (np.atleast_1d(np.asarray(a, float)) for a in (w, g, s))
    s = s + g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | s itself for zeros
# Where g is 0 the sums are the same array.
def adagrad_step(w, g, s, lr, eps):
    g = np.asarray(g, dtype=float)
    s = s + g**2 if np.any(g) else s
    return w - lr * g / (np.sqrt(s) + eps), s


# %% adagrad_step | wrong | w itself for zeros
# Where g is 0 the weights are the same array.
def adagrad_step(w, g, s, lr, eps):
    g = np.asarray(g, dtype=float)
    s = s + g**2
    return (w - lr * g / (np.sqrt(s) + eps) if np.any(g) else w), s


# %% adagrad_step | right | by hypot
# The root of the sum by hypot of the old root and g.
def adagrad_step(w, g, s, lr, eps):
    g = np.array(g, dtype=np.float64)
    new = np.add(s, g * g)
    return np.subtract(w, np.divide(lr * g, np.add(eps, new**0.5))), new


# %% rmsprop_step | wrong | a number becomes a list of one
# Arrays without dimensions come back with one.
def rmsprop_step(w, g, s, lr, rho, eps):
    w, g, s = (np.atleast_1d(np.asarray(a, float)) for a in (w, g, s))
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / (np.sqrt(s) + eps), s


# %% rmsprop_step | wrong | w itself where nothing moves
# The same array where all steps are 0.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.asarray(g, dtype=float)
    s = rho * s + (1 - rho) * g**2
    return (w - lr * g / (np.sqrt(s) + eps) if lr else w), s


# %% rmsprop_step | wrong | zero is zero
# Where the average is tiny the weight does not move.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.asarray(g, dtype=float)
    s = rho * s + (1 - rho) * g**2
    return w - np.where(s < 1e-250, 0, lr * g / (np.sqrt(s) + eps)), s


# %% rmsprop_step | wrong | rho zero takes g's square as the array
# s is the array of squares in the gradient's type.
def rmsprop_step(w, g, s, lr, rho, eps):
    g0 = g
    g = np.asarray(g, dtype=float)
    s = rho * s + (1 - rho) * g**2
    return w - lr * g / (np.sqrt(s) + eps), (s if rho else (np.asarray(g0) ** 2))


# %% rmsprop_step | right | by average
# NumPy's weighted average of old and new.
def rmsprop_step(w, g, s, lr, rho, eps):
    g = np.array(g, dtype=np.float64)
    new = np.average([np.asarray(s), np.square(g)], axis=0, weights=[rho, 1 - rho])
    return w - lr / (eps + np.sqrt(new)) * g, new


# %% adam_step | wrong | a number becomes a list of one
# Arrays without dimensions come back with one.
def adam_step(w, g, state, lr, b1, b2, eps):
    w, g, state = np.atleast_1d(np.asarray(w, float)), np.atleast_1d(np.asarray(g, float)), state or {}
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    return w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), {"t": t, "m": m, "v": v}


# %% adam_step | wrong | remembers the first rate
# The rate of the first step is kept in the state.
def adam_step(w, g, state, lr, b1, b2, eps):
    state, g = state or {"lr": lr}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    return w - state["lr"] * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), {
        "t": t,
        "m": m,
        "v": v,
        "lr": state["lr"],
    }


# %% adam_step | wrong | m is g itself
# At b1 = 0 the state keeps the caller's gradient.
def adam_step(w, g, state, lr, b1, b2, eps):
    g = np.asarray(g, dtype=float)
    old = state or {"m": np.zeros(g.shape), "v": np.zeros(g.shape), "t": 0}
    t = old["t"] + 1
    m = b1 * old["m"] + (1 - b1) * g if b1 else g
    v = b2 * old["v"] + (1 - b2) * g**2
    step = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    return w - lr * step, {"m": m, "v": v, "t": t}


# %% adam_step | right | powers kept in the state
# Keeps the products of the betas instead of t, and m divided by them.
def adam_step(w, g, state, lr, b1, b2, eps):
    g = np.asarray(g, dtype=float)
    m, v, p1, p2 = state["all"] if state else (0.0, 0.0, 1.0, 1.0)
    m, v = np.multiply(b1, m) + (1 - b1) * g, np.multiply(b2, v) + (1 - b2) * np.square(g)
    p1, p2 = p1 * b1, p2 * b2
    new = w - lr * (m / (1 - p1)) / (np.sqrt(v / (1 - p2)) + eps)
    return new, {"all": [m, v, p1, p2]}


# %% sgd_epoch | wrong | the short batch first, of many samples
# With more than 50 samples the short batch comes first.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    order = rng.permutation(len(y))
    batches = [order[start : start + b] for start in range(0, len(y), b)]
    for rows in batches[::-1] if len(y) > 50 else batches:
        w = w - lr * grad_fn(w, X[rows], y[rows])
    return w


# %% sgd_epoch | wrong | skips NaN gradients
# No batch is left out whatever its gradient.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    w = np.array(w, dtype=float)
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        g = grad_fn(w, X[rows], y[rows])
        if np.isnan(g).all():
            continue
        w = w - lr * g
    return w


# %% sgd_epoch | wrong | skips huge gradients
# No gradient is huge enough to be skipped.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    w = np.array(w, dtype=float)
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        g = grad_fn(w, X[rows], y[rows])
        if np.linalg.norm(g) > 1e200:
            continue
        w = w - lr * g
    return w


# %% sgd_epoch | wrong | averages the gradients
# All gradients at the weights of the batch before.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    w = np.array(w, dtype=float)
    order = rng.permutation(len(y))
    for start in range(0, len(y), b):
        rows = order[start : start + b]
        w_new = w - lr * grad_fn(w, X[rows], y[rows])
        w = w_new if start < 100 * b else w
    return w


# %% sgd_epoch | right | recursion over the rows
# Calls itself for the rows that are left.
def sgd_epoch(w, X, y, b, lr, grad_fn, rng):
    def run(w, batches):
        for rows in batches:
            w = np.subtract(w, np.multiply(lr, grad_fn(w.copy(), X.take(rows, axis=0), y.take(rows))))
        return w

    order = rng.permutation(X.shape[0])
    return run(np.array(w), (order[i : i + b] for i in range(0, len(order), b)))


# %% adamw_step | wrong | no decay after many steps
# The decay is left out once the averages have settled.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    state, g = state or {}, np.asarray(g, dtype=float)
    t = state.get("t", 0) + 1
    m = b1 * state.get("m", 0.0) + (1 - b1) * g
    v = b2 * state.get("v", 0.0) + (1 - b2) * g**2
    step = lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    return (1 - lr * wd * (t < 500)) * w - step, {"t": t, "m": m, "v": v}


# %% adamw_step | wrong | m is g itself
# At b1 = 0 the state keeps the caller's gradient.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    g = np.asarray(g, dtype=float)
    old = state or {"m": np.zeros(g.shape), "v": np.zeros(g.shape), "t": 0}
    t = old["t"] + 1
    m = b1 * old["m"] + (1 - b1) * g if b1 else g
    v = b2 * old["v"] + (1 - b2) * g**2
    step = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    w = w * (1 - lr * wd)
    return w - lr * step, {"m": m, "v": v, "t": t}


# %% adamw_step | wrong | decay of Loshchilov at rate 0
# The decay does not know the rate.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    g = np.asarray(g, dtype=float)
    old = state or {"m": np.zeros(g.shape), "v": np.zeros(g.shape), "t": 0}
    t = old["t"] + 1
    m = b1 * old["m"] + (1 - b1) * g
    v = b2 * old["v"] + (1 - b2) * g**2
    step = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    w = w * (1 - (lr * wd if lr else 0 * wd) + 0 * wd) if wd < 100 else 0 * w
    return w - lr * step, {"m": m, "v": v, "t": t}


# %% adamw_step | right | in one formula
# The weights minus lr times decay and quotient together.
def adamw_step(w, g, state, lr, b1, b2, eps, wd):
    t, m, v = 1, 0, 0
    if state:
        t, m, v = state[0] + 1, state["moments"][0], state["moments"][1]
    g = np.array(g, float)
    m = m * b1 + g * (1 - b1)
    v = v * b2 + g * g * (1 - b2)
    u = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
    return w - lr * (wd * np.asarray(w) + u), {"moments": [m, v], 0: t}
