"""Answers to the exercises of unit 00: wrong ones that must lose points, right ones that must earn all.

Each cell is one answer; its title is `exercise | wrong or right | name`. The first comment of a wrong answer says what is
misunderstood, that of a right one what is unusual.
"""


# %% descend | wrong | climbs
# The gradient points uphill; descent goes against it.
def descend(x, lr, steps):
    path = [x]
    for _ in range(steps):
        path.append(path[-1] + lr * 2 * path[-1])
    return path


# %% descend | wrong | forgets the factor 2
# The derivative of x**2 is 2x, not x.
def descend(x, lr, steps):
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - lr * path[-1])
    return path


# %% descend | wrong | steps by the value
# The step uses the slope of f, not its height.
def descend(x, lr, steps):
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - lr * path[-1] ** 2)
    return path


# %% descend | wrong | leaves out the start
# The path begins where you stand.
def descend(x, lr, steps):
    path = []
    for _ in range(steps):
        x = x - lr * 2 * x
        path.append(x)
    return path


# %% descend | wrong | leaves out the end
# `steps` steps visit `steps + 1` points.
def descend(x, lr, steps):
    path = []
    for _ in range(steps):
        path.append(x)
        x = x - lr * 2 * x
    return path


# %% descend | wrong | returns the last point
# The whole path is asked for.
def descend(x, lr, steps):
    for _ in range(steps):
        x = x - lr * 2 * x
    return x


# %% descend | wrong | keeps the first slope
# The slope must be computed anew at each point.
def descend(x, lr, steps):
    slope = 2 * x
    return [x - lr * slope * t for t in range(steps + 1)]


# %% descend | wrong | steps by the sign
# The step shrinks with the slope; it has no fixed length.
def descend(x, lr, steps):
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - lr * np.sign(path[-1]))
    return path


# %% descend | wrong | stays on one side
# Nothing clips the path at the minimum: a large rate crosses it.
def descend(x, lr, steps):
    path = [x]
    for _ in range(steps):
        path.append(path[-1] * max(0.0, 1 - 2 * lr))
    return path


# %% descend | wrong | remembers the last call
# A default argument that is a list is shared by all calls.
def descend(x, lr, steps, path=[]):
    path.append(x)
    for _ in range(steps):
        path.append(path[-1] - lr * 2 * path[-1])
    return path


# %% descend | right | closed form
# Each step multiplies by 1 - 2 lr, so the path is a geometric sequence.
def descend(x, lr, steps):
    return [x * (1 - 2 * lr) ** t for t in range(steps + 1)]


# %% descend | right | recursion
# The path from x is x, then the path from the next point.
def descend(x, lr, steps):
    return [x] if steps == 0 else [x, *descend(x - lr * 2 * x, lr, steps - 1)]


# %% descend | right | an array in place of a list
# An array of the points says the same.
def descend(x, lr, steps):
    return np.cumprod(np.r_[float(x), np.full(steps, 1 - 2 * lr)])


# %% descend | right | accumulate
# A fold over the step numbers, in the standard library's words.
def descend(x, lr, steps):
    from itertools import accumulate

    return list(accumulate(range(steps), lambda p, _: p - lr * 2 * p, initial=x))
