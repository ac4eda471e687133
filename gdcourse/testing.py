"""What the test cells of many exercises share: one input in every kind, and eyes for what an answer should leave alone.

    for x in of_every_type([100, 50, 0]):      lists, and arrays of each type that holds these numbers
    for x in of_every_layout(X):               arrays equal to X that lie in memory in other ways
    for c, x in of_every_scale(X):             X times 1e-150, 1e-12, 1, 1e12, 1e150
    for x in at_every_place(X, np.nan):        X with a NaN first, in the middle, last
    for x in near_the_limits([1, 0, -0.5]):    in each narrow type, so large that their differences and products leave it
    sees_refilled(f, X, y)                     f looks at what the caller's arrays hold now, not at what they held before
    X, y = many(rng, X, y)                     2053 samples of these: some there often, more than any block or buffer holds
    before = snapshot(x); ...; same(x, before)
    grad = Callback(lambda w: constant)        remembers its calls; untouched(): what it returned was left alone
    apart(result, x)                           no array of the one lies where an array of the other does
    with printing() as told: f(x)              told(): what the answer has printed
    is_uniform(orders(draw, 4, 5000))          a fair shuffle is refused once in a million
    rng = drawn("gd")                          NumPy's generator for hidden inputs that no other submission gets

Test cells import this module where they run, in the judge; student code cannot see it there.
"""

import copy
import io
import os
from contextlib import contextmanager, redirect_stdout
from itertools import permutations

import numpy as np

INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
FLOATS = ("float16", "float32", "float64")
SCALES = (1e-150, 1e-12, 1.0, 1e12, 1e150)
MANY = 2053  # samples: a prime, so that no size of a block divides it, and above 512, 1000, 1024, 1500 and 2000
FALSE_ALARM = 1e-6
SEED = "GDCOURSE_SEED"  # in the judge's environment while it marks a submission
LEAST_EXPECTED = 10  # per outcome: below that, the chi-square distribution is no good approximation


def of_every_type(values):
    """Yield ``values`` as (nested) lists of Python numbers, then as an array of each NumPy type that holds them exactly."""
    exact = np.asarray(values)
    yield exact.tolist()
    for kind in INTEGERS + FLOATS:
        with np.errstate(all="ignore"):
            array = exact.astype(kind)
        if array.tolist() == exact.tolist():
            yield array


def of_every_layout(array):
    """Yield arrays equal to ``array``: stored by rows, by columns, with gaps, backwards, and one that cannot be written to."""
    array = np.asarray(array)
    if not array.ndim:
        raise ValueError("expected an array of at least one dimension, got a single number")
    yield np.array(array, order="C")
    yield np.array(array, order="F")
    wide = np.repeat(array, 2, axis=-1)
    wide[..., 1::2] += np.ones((), array.dtype)  # in the gaps lies something else
    yield wide[..., ::2]
    yield np.flip(np.flip(array).copy())
    frozen = np.array(array, order="C")
    frozen.flags.writeable = False
    yield frozen


def of_every_scale(values, scales=SCALES):
    """Yield (scale, values times scale)."""
    for scale in scales:
        yield scale, np.asarray(values, dtype=float) * scale


def at_every_place(values, special):
    """Yield copies of ``values`` with ``special`` in the place of the first, the middle and the last entry."""
    size = np.size(values)
    for place in sorted({0, size // 2, size - 1}):
        changed = np.array(values, dtype=np.result_type(np.asarray(values), special))
        changed.flat[place] = special
        yield changed


def near_the_limits(values):
    """Yield ``values`` times a large number, as an array of each type of integers, of float16 and of float32.

    values: multiples of 1/4 from -1 to 1. The number is so large that differences, sums or products of the result leave its
    type; unsigned types are left out where a value is negative. ``x.astype(float)`` holds the same numbers, exactly.
    """
    values = np.asarray(values, dtype=float)
    for kind in INTEGERS:
        bits = np.iinfo(kind).bits
        if kind[0] == "i" or values.min() >= 0:
            yield (values * (1 if kind[0] == "i" else 3) * 2.0 ** (bits - 2)).astype(kind)
    for kind in FLOATS[:2]:
        yield (values * 2.0 ** (np.finfo(kind).maxexp - 1)).astype(kind)


def many(rng, *arrays, samples=MANY):
    """Return arrays of as many samples, drawn from those of ``arrays`` along their first axis, the same ones from each.

    An answer that looks at the first thousand, loses the last block, or counts equal samples once, is wrong about them.
    """
    chosen = rng.integers(len(arrays[0]), size=samples)
    return tuple(np.asarray(array)[chosen] for array in arrays)


def sees_refilled(function, *args):
    """Does an answer look at what each array holds now, which the caller has refilled, backwards, since the last call?

    An answer that keeps results by the identity of an array, or for arrays that it has met, gives what was right before.
    """
    given = snapshot(args)
    function(*given)
    for array in _arrays(given):
        array[...] = np.flip(array).copy()
        if not _alike(function(*given), function(*snapshot(given))):
            return False
    return True


def _alike(value, other):
    """Are these results equal but for rounding?"""
    if isinstance(value, dict):
        return list(value) == list(other) and all(_alike(value[key], other[key]) for key in value)
    if isinstance(value, list | tuple):
        return len(value) == len(other) and all(map(_alike, value, other))
    if isinstance(value, np.ndarray | np.number | float | complex):
        return bool(np.allclose(value, other, rtol=1e-9, atol=0, equal_nan=True))
    return value == other


def drawn(name=""):
    """Return NumPy's generator of random numbers for one submission: the same whenever that is marked, another for each other.

    So an input that leaks helps nobody, nor its own author in a second try. Outside of grading the seed is 0. name: of the
    test, so that two tests draw different numbers.
    """
    return np.random.default_rng([int(os.environ.get(SEED, 0)), *name.encode()])


def snapshot(value):
    """Return a copy of arrays, tensors, generators or containers of them, for `same`."""
    return copy.deepcopy(value)


def same(value, before):
    """Is ``value`` still what its snapshot was, bit for bit? A NaN is the same as itself, 0.0 and -0.0 are not."""
    if type(value) is not type(before):
        return False
    if isinstance(value, np.random.Generator):
        return same(value.bit_generator.state, before.bit_generator.state)
    if hasattr(value, "detach") or hasattr(value, "numpy"):  # of PyTorch or TensorFlow
        flags = [(getattr(v, "requires_grad", None), v.dtype, v.shape) for v in (value, before)]
        return flags[0] == flags[1] and same(_numbers(value), _numbers(before))
    if isinstance(value, np.ndarray | np.generic):
        return (value.dtype, value.shape, value.tobytes()) == (before.dtype, before.shape, before.tobytes())
    if isinstance(value, dict):
        return list(value) == list(before) and all(same(value[key], before[key]) for key in value)
    if isinstance(value, list | tuple):
        return len(value) == len(before) and all(map(same, value, before))
    if isinstance(value, float):
        return same(np.float64(value), np.float64(before))
    return value == before


def _numbers(tensor):
    return (tensor.detach() if hasattr(tensor, "detach") else tensor).numpy()


class Callback:
    """A function to hand to an answer. calls: the arguments of each call, as they were then.

    untouched(): does all that it has returned still hold what it held? An answer that scales a gradient in place, or takes it
    for its velocity, changes what the function may want to return again. Seen in arrays, and in those of a tuple or list.
    """

    overwritten = False  # the judge says so, since its arrays are others than the answer's

    def __init__(self, function):
        self.function, self.calls, self._returned = function, [], []

    def __call__(self, *args):
        self.calls.append(snapshot(args))
        value = self.function(*args)
        if not any(value is known for known, _ in self._returned):
            self._returned.append((value, snapshot(value)))
        return value

    def untouched(self):
        return not self.overwritten and all(same(value, before) for value, before in self._returned)


def apart(*values):
    """Do no two of these (arrays, or lists, tuples and dicts of them) share memory? Nor two arrays within one of them.

    apart(*path): each record is an array of its own.  apart(theta0, path[0]): the first record is no second name of the start.
    In the judge, what an answer returns is the argument itself, or the same array as before, where it is over there; a part of
    an array, such as a row or a transpose, looks like a copy.
    """
    arrays = [each for value in values for each in _arrays(value)]
    return not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def _arrays(value):
    if isinstance(value, list | tuple):
        return [array for item in value for array in _arrays(item)]
    if isinstance(value, dict):
        return _arrays(list(value.values()))
    return [value] if isinstance(value, np.ndarray) else []


@contextmanager
def printing():
    """Give a function that tells what has been printed since the block began, by answers and by the test itself."""
    with redirect_stdout(io.StringIO()) as stream:
        yield stream.getvalue


def orders(draw, n, draws):
    """Return how often each of the n! orders of 0, ..., n - 1 comes from ``draws`` calls of draw(), which returns one."""
    counts = dict.fromkeys(permutations(range(n)), 0)
    for _ in range(draws):
        counts[tuple(int(i) for i in draw())] += 1
    return list(counts.values())


def is_uniform(counts, false_alarm=FALSE_ALARM):
    """Could these counts come from equally likely outcomes? Pearson's chi-square test.

    false_alarm: the probability with which outcomes that are equally likely are refused.
    """
    counts = np.asarray(counts, dtype=float)
    expected = counts.mean() if counts.size else 0.0
    if counts.size < 2 or expected < LEAST_EXPECTED:
        raise ValueError(f"expected at least 2 outcomes and {LEAST_EXPECTED} draws for each, got {counts.tolist()}")
    from scipy.special import chdtrc

    return bool(chdtrc(counts.size - 1, np.sum((counts - expected) ** 2) / expected) >= false_alarm)
