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


# %% descend | wrong | rests at the minimum
# The path has steps + 1 points, also when nothing moves any more.
def descend(x, lr, steps):
    path = [x]
    for _ in range(steps):
        if path[-1] == 0:
            break
        path.append(path[-1] - lr * 2 * path[-1])
    return path


# %% descend | wrong | stops when the step is small
# A small step is a step: a run with a tiny rate would not move at all.
def descend(x, lr, steps):
    path = [x]
    for _ in range(steps):
        step = lr * 2 * path[-1]
        path.append(path[-1] if abs(step) < 1e-10 else path[-1] - step)
    return path


# %% descend | wrong | a start close to 0 is 0
# What is tiny is not zero: the path from 1e-200 is as long and as steep as any other.
def descend(x, lr, steps):
    path = [0.0 if abs(x) < 1e-15 else x]
    for _ in range(steps):
        path.append(path[-1] - lr * 2 * path[-1])
    return path


# %% descend | wrong | clips what is huge
# A large number is not infinite: nothing limits the points.
def descend(x, lr, steps):
    path = [x]
    for _ in range(steps):
        path.append(max(-1e100, min(1e100, path[-1] - lr * 2 * path[-1])))
    return path


# %% descend | wrong | rounds to whole numbers
# An array of integers cuts off what does not fit into it.
def descend(x, lr, steps):
    path = np.full(steps + 1, x)
    for t in range(steps):
        path[t + 1] = path[t] - lr * 2 * path[t]
    return path


# %% descend | wrong | a difference in place of the slope
# The slope of x**2 is known exactly; a difference quotient cancels far away from 0.
def descend(x, lr, steps):
    path = [x]
    for _ in range(steps):
        now = path[-1]
        path.append(now - lr * ((now + 1e-6) ** 2 - (now - 1e-6) ** 2) / 2e-6)
    return path


# %% descend | right | exact fractions
# Exact arithmetic, rounded to a float once for each point.
def descend(x, lr, steps):
    from fractions import Fraction

    factor, point, path = 1 - 2 * Fraction(lr), Fraction(x), []
    for _ in range(steps + 1):
        path.append(float(point))
        point *= factor
    return path


# %% descend | right | a generator, and a class of its own
# The walk is an iterator that never ends; the list takes what it needs of it.
def descend(x, lr, steps):
    from itertools import islice

    class Walk:
        def __iter__(self):
            point = float(x)
            while True:
                yield point
                point -= lr * (point + point)

    return list(islice(Walk(), steps + 1))


# %% descend | right | an array that cannot be written to
# Nobody has asked for a result that may be changed.
def descend(x, lr, steps):
    path = x * (1.0 - 2 * lr) ** np.arange(steps + 1)
    path.flags.writeable = False
    return path


# %% fate | wrong | the border of the first lesson
# The border depends on the inputs; 1 is that of x**2.
def fate(x, lr):
    return "settles" if lr < 1 else "swings" if lr == 1 else "diverges"


# %% fate | wrong | the sum in place of the mean
# The loss is a mean over the samples, so is its curvature.
def fate(x, lr):
    L = np.sum(np.asarray(x, dtype=float) ** 2)
    return "settles" if lr * L < 2 else "swings" if lr * L == 2 else "diverges"


# %% fate | wrong | the square of the mean
# Inputs of opposite signs do not cancel: each is squared before the mean is taken.
def fate(x, lr):
    L = np.mean(np.asarray(x, dtype=float)) ** 2
    return "settles" if lr * L < 2 else "swings" if lr * L == 2 else "diverges"


# %% fate | wrong | the variance
# The curvature is the mean square around 0, not around the mean.
def fate(x, lr):
    L = np.var(np.asarray(x, dtype=float))
    return "settles" if lr * L < 2 else "swings" if lr * L == 2 else "diverges"


# %% fate | wrong | the mean size
# The slope of the loss holds the input squared, so the size alone is not enough.
def fate(x, lr):
    L = np.mean(np.abs(np.asarray(x, dtype=float)))
    return "settles" if lr * L < 2 else "swings" if lr * L == 2 else "diverges"


# %% fate | wrong | the largest input decides
# All samples share one weight, so their squares are averaged.
def fate(x, lr):
    L = np.max(np.asarray(x, dtype=float) ** 2)
    return "settles" if lr * L < 2 else "swings" if lr * L == 2 else "diverges"


# %% fate | wrong | one over L
# Between 1/L and 2/L the weight overshoots, and still comes closer.
def fate(x, lr):
    L = np.mean(np.asarray(x, dtype=float) ** 2)
    return "settles" if lr * L < 1 else "swings" if lr * L == 1 else "diverges"


# %% fate | wrong | the loss without the half
# Half the mean square has the slope mean of error times input, without a factor 2.
def fate(x, lr):
    factor = 1 - 2 * lr * np.mean(np.asarray(x, dtype=float) ** 2)
    return "settles" if abs(factor) < 1 else "swings" if abs(factor) == 1 else "diverges"


# %% fate | wrong | a negative factor never grows
# A factor below -1 throws the weight further away at each step, to the other side.
def fate(x, lr):
    factor = 1 - lr * np.mean(np.asarray(x, dtype=float) ** 2)
    return "settles" if factor < 1 else "swings" if factor == 1 else "diverges"


# %% fate | wrong | crossing is swinging
# A run that crosses its best value at each step may still settle.
def fate(x, lr):
    factor = 1 - lr * np.mean(np.asarray(x, dtype=float) ** 2)
    return "diverges" if abs(factor) > 1 else "swings" if factor < 0 else "settles"


# %% fate | wrong | the border diverges
# Exactly on the border the distance keeps its size.
def fate(x, lr):
    return "settles" if lr * np.mean(np.asarray(x, dtype=float) ** 2) < 2 else "diverges"


# %% fate | wrong | close to the border is on it
# A tenth of a per cent decides: below the border every run settles.
def fate(x, lr):
    factor = 1 - lr * np.mean(np.asarray(x, dtype=float) ** 2)
    if abs(abs(factor) - 1) < 0.01:
        return "swings"
    return "settles" if abs(factor) < 1 else "diverges"


# %% fate | wrong | squares in the type of the inputs
# An integer of 8 bits holds no square above 127: it wraps around.
def fate(x, lr):
    L = np.mean(np.array(x) ** 2)
    return "settles" if lr * L < 2 else "swings" if lr * L == 2 else "diverges"


# %% fate | wrong | single precision
# The square of a small or a large number leaves the range of 32 bits.
def fate(x, lr):
    L = np.mean(np.asarray(x, dtype=np.float32) ** 2)
    return "settles" if lr * L < 2 else "swings" if lr * L == 2 else "diverges"


# %% fate | wrong | one minus tiny
# 1 - 1e-30 is rounded to 1, so a slow run is told to swing.
def fate(x, lr):
    factor = 1 - lr * np.mean(np.asarray(x, dtype=float) ** 2)
    return "settles" if abs(factor) < 1 else "swings" if abs(factor) == 1 else "diverges"


# %% fate | wrong | squares the caller's array
# The inputs belong to the caller and are left as they are.
def fate(x, lr):
    x = np.asarray(x, dtype=float)
    x *= x
    return "settles" if lr * x.mean() < 2 else "swings" if lr * x.mean() == 2 else "diverges"


# %% fate | right | two steps of descent
# Runs the descent on targets of 0 and compares the slope with what it takes.
def fate(x, lr):
    x = [float(number) for number in x]
    taken = lr * sum(number * number for number in x) / len(x)  # of a weight of 1, in one step
    return {-1: "settles", 0: "swings", 1: "diverges"}[int(np.sign(taken - 2))]


# %% fate | right | the root of the mean square
# A norm, and the border for it.
def fate(x, lr):
    size = np.linalg.norm(np.asarray(x, dtype=np.longdouble)) ** 2 / len(x)
    return ("settles", "swings", "diverges")[int(lr * size >= 2) + int(lr * size > 2)]


# %% fate | right | exact fractions
# Exact arithmetic leaves no doubt about the border.
def fate(x, lr):
    from fractions import Fraction

    taken = Fraction(lr) * sum(Fraction(float(number)) ** 2 for number in x) / len(x)
    return "swings" if taken == 2 else "settles" if taken < 2 else "diverges"


# %% fate | right | PyTorch finds the curvature
# The second derivative of the loss, by automatic differentiation.
def fate(x, lr):
    import torch

    inputs = torch.tensor([float(number) for number in x], dtype=torch.float64)
    curvature = torch.autograd.functional.hessian(
        lambda w: torch.mean((w * inputs) ** 2) / 2, torch.tensor(0.0, dtype=torch.float64)
    )
    taken = lr * curvature.item()
    return "diverges" if taken > 2 else "swings" if taken == 2 else "settles"


# %% fate | right | a string of its own kind
# A subclass of str is a str.
def fate(x, lr):
    class Fate(str):
        pass

    L = np.dot(x := np.asarray(x, dtype=float), x) / x.size
    return Fate("settles" if lr < 2 / L else "swings" if lr == 2 / L else "diverges")


# %% descend | wrong | points in an array of the type of the start
# An integer start makes an array of integers, and every later point is cut to a whole number.
def descend(x, lr, steps):
    path = np.empty(steps + 1, dtype=np.asarray(x).dtype)
    path[0] = x
    for t in range(steps):
        path[t + 1] = path[t] - 2 * lr * path[t]
    return path


# %% descend | wrong | slope by a difference quotient of fixed width
# The width 1e-6 is lost beside a large start and is large beside a tiny one; the derivative is known exactly.
def descend(x, lr, steps):
    path = [float(x)]
    for _ in range(steps):
        here = path[-1]
        slope = ((here + 1e-6) ** 2 - here**2) / 1e-6
        path.append(here - lr * slope)
    return path


# %% descend | wrong | a rate above 1 is cut to 1
# The rate is the caller's, from 0 to 2; above 1 the points grow, and that is what happens.
def descend(x, lr, steps):
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - min(lr, 1) * 2 * path[-1])
    return path


# %% descend | wrong | stops when two points are equal
# Where the point no longer moves, as with the rate 0, steps are still steps and belong to the list.
def descend(x, lr, steps):
    path = [x]
    for _ in range(steps):
        new = path[-1] - 2 * lr * path[-1]
        if new == path[-1]:
            break
        path.append(new)
    return path


# %% fate | wrong | the factor without its size
# A factor of -1.5 is below 1, but its size is not.
def fate(x, lr):
    factor = 1 - lr * np.mean(np.asarray(x, dtype=float) ** 2)
    return "swings" if abs(factor) == 1 else "settles" if factor < 1 else "diverges"


# %% fate | wrong | the border within one percent
# A rate half a percent below the border still settles.
def fate(x, lr):
    c = lr * np.mean(np.square(np.asarray(x, dtype=float)))
    return "swings" if np.isclose(c, 2, rtol=1e-2) else "settles" if c < 2 else "diverges"


# %% fate | wrong | the mean in the inputs' own float type
# float16 ends at 65504: the square of 300 is infinite there.
def fate(x, lr):
    x = np.asarray(x)
    x = x if x.dtype.kind == "f" else x.astype(float)
    c = lr * np.mean(x * x)
    return "settles" if c < 2 else "swings" if c == 2 else "diverges"


# %% descend | right | complex numbers
# Real numbers are complex ones; their real parts come back.
def descend(x, lr, steps):
    z, path = complex(x), []
    for _ in range(steps + 1):
        path.append(z.real)
        z -= lr * (2 * z)
    return path


# %% descend | right | a matrix of steps
# Each step is a product with 1 - 2 lr; cumprod makes them all.
def descend(x, lr, steps):
    return np.cumprod(np.r_[float(x), np.full(steps, 1 - 2.0 * lr)]).tolist()


# %% fate | right | a closure
# The question is asked by a function that remembers the mean square.
def fate(x, lr):
    def border():
        values = [float(v) for v in x]
        return 2 * len(values) / sum(v * v for v in values)

    edge = border()
    return "swings" if lr == edge else ("settles", "diverges")[lr > edge]


# %% fate | right | statistics
# The mean of Python's own module for statistics.
def fate(x, lr):
    from statistics import fmean

    c = lr * fmean(float(v) ** 2 for v in x)
    return {-1: "settles", 0: "swings", 1: "diverges"}[(c > 2) - (c < 2)]


# %% fate | right | a dot product in long double
# More digits than needed; comparisons of the product with 2.
def fate(x, lr):
    v = np.array(x, dtype=np.longdouble)
    c = float(np.dot(v, v) / v.size) * lr
    return "settles" if c < 2 else "diverges" if c > 2 else "swings"


# %% descend | right | a deque
# The last point is the right end of a deque.
def descend(x, lr, steps):
    from collections import deque

    path = deque([x])
    for _ in range(steps):
        path.append(path[-1] - lr * (path[-1] + path[-1]))
    return list(path)
