"""The helpers of test cells, tested: each kind is what it says, and each eye sees what it should and nothing else."""

from math import factorial

import numpy as np
import pytest
from grading.pair import student

from gdcourse import testing
from gdcourse.testing import Callback, is_uniform, orders, same, snapshot


def test_every_type_that_holds_the_values():
    whole = list(testing.of_every_type([[100, 0], [50, 127]]))
    assert whole[0] == [[100, 0], [50, 127]] and type(whole[0][0][0]) is int
    assert [x.dtype.name for x in whole[1:]] == [*testing.INTEGERS, *testing.FLOATS]
    assert all(np.array_equal(x, whole[0]) for x in whole)
    kinds = {x.dtype.name for x in list(testing.of_every_type([-300, 2049]))[1:]}
    assert kinds == {"int16", "int32", "int64", "float32", "float64"}  # float16 holds no 2049
    assert [x.dtype.name for x in list(testing.of_every_type([0.5, -1]))[1:]] == list(testing.FLOATS)
    assert [x.dtype.name for x in list(testing.of_every_type([0.1]))[1:]] == ["float64"]
    assert {x.dtype.name for x in list(testing.of_every_type([2**63 + 1]))[1:]} == {"uint64"}


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (1,), (4, 1)])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int8", "uint8"])
def test_every_layout_is_equal_and_lies_otherwise(shape, dtype):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    by_rows, by_columns, gaps, backwards, frozen = testing.of_every_layout(array)
    for made in (by_rows, by_columns, gaps, backwards, frozen):
        assert np.array_equal(made, array) and made.dtype == array.dtype and not np.shares_memory(made, array)
    assert by_rows.flags.c_contiguous and by_columns.flags.f_contiguous
    assert not frozen.flags.writeable and gaps.flags.writeable
    if shape[-1] > 1:
        assert gaps.strides[-1] == 2 * array.itemsize and backwards.strides[-1] == -array.itemsize
        assert not np.array_equal(gaps.base.ravel()[: array.size], array.ravel())


def test_layouts_of_a_single_number_are_refused():
    with pytest.raises(ValueError, match="at least one dimension"):
        list(testing.of_every_layout(3.0))


def test_every_scale():
    made = dict(testing.of_every_scale([1, -2]))
    assert set(made) == set(testing.SCALES) and made[1e150].tolist() == [1e150, -2e150]


def test_a_special_value_first_in_the_middle_and_last():
    made = list(testing.at_every_place([1, 2, 3, 4, 5], np.nan))
    assert [np.flatnonzero(np.isnan(x)).tolist() for x in made] == [[0], [2], [4]]
    assert len(list(testing.at_every_place([7.0], np.inf))) == 1
    assert len(list(testing.at_every_place(np.ones((2, 3)), np.nan))) == 3


def test_near_the_limits_leaves_each_narrow_type():
    made = {x.dtype.name: x for x in testing.near_the_limits([1, 0.25, 0, 0.5])}
    assert set(made) == {*testing.INTEGERS, "float16", "float32"}
    signed = {x.dtype.name: x for x in testing.near_the_limits([1, 0.25, -1])}
    assert set(signed) == {"int8", "int16", "int32", "int64", "float16", "float32"}
    for x in (*made.values(), *signed.values()):
        wide = x.astype(float)
        assert [int(v) for v in wide] == [int(v) for v in x]
        with np.errstate(all="ignore"):
            assert not np.array_equal((x * x).astype(float), wide * wide)
            if x.dtype.kind == "u" or x.min() < 0:
                assert not np.array_equal((x - x[::-1]).astype(float), wide - wide[::-1])
    assert made["uint64"][0] == 3 * 2**62 and made["float32"][0] == 2.0**127


def test_many_samples_hold_every_one_unequally_often():
    X, y = np.arange(14.0).reshape(7, 2), np.arange(7)
    rows, labels = testing.many(np.random.default_rng(1), X, y)
    assert rows.shape == (testing.MANY, 2) and labels.shape == (testing.MANY,)
    assert np.array_equal(rows, X[labels]) and len(set(np.bincount(labels).tolist())) > 1
    assert all(testing.MANY % size for size in range(2, testing.MANY))


def test_an_answer_that_remembers_arrays_does_not_see_that_they_are_refilled():
    held, results = [], {}

    def by_object(x, y):
        if not any(x is known for known in held):
            held.append(x)
            results[id(x)] = float(x @ y)
        return results[id(x)]

    x, y = np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 6.0])
    assert testing.sees_refilled(lambda x, y: (x - y, "word", {"a": [x]}, {3}), x, y)
    assert not testing.sees_refilled(by_object, x, y)
    assert x.tolist() == [1.0, 2.0, 4.0]


def test_same_sees_every_change():
    def values():
        return {
            "w": np.array([1.0, np.nan, 0.0]),
            "t": (3, [np.float32(2)]),
            "rng": np.random.default_rng(0),
            "s": np.nan,
        }

    before = snapshot(values())
    assert same(values(), before)

    def changed(change):
        new = values()
        change(new)
        return not same(new, before)

    assert changed(lambda v: v["w"].__setitem__(0, np.nextafter(1.0, 2)))
    assert changed(lambda v: v["w"].__setitem__(2, -0.0))
    assert changed(lambda v: v["t"][1].append(1))
    assert changed(lambda v: v["rng"].random())
    assert changed(lambda v: v.update(s=1.0))
    assert changed(lambda v: v.update(w=v["w"].astype("float32")))
    assert changed(lambda v: v.update(w=v["w"][None]))
    assert changed(lambda v: v.update(t=[3, [np.float32(2)]]))
    assert changed(lambda v: v.update(more=1))


def test_same_looks_into_tensors():
    torch = pytest.importorskip("torch")
    x = torch.tensor([1.0, float("nan")])
    before = snapshot(x)
    assert same(x, before)
    assert not same(x.requires_grad_(), before)
    x = before.clone()
    x[0] = 2
    assert not same(x, before)


def test_a_callback_tells_what_became_of_what_it_returned():
    constant = np.array([1.0, 2.0])
    grad = Callback(lambda w: constant)
    w = np.zeros(2)
    w -= 0.1 * grad(w)
    assert grad.untouched() and same(grad.calls, [(np.zeros(2),)])
    grad(w).__imul__(0.5)
    assert not grad.untouched() and len(grad.calls) == 2


def test_a_fair_shuffle_passes_and_careless_ones_do_not():
    rng = np.random.default_rng(0)
    n, draws = 4, 6000

    def swaps_anywhere():  # each entry with any other: not uniform
        order = list(range(n))
        for i in range(n):
            j = rng.integers(n)
            order[i], order[j] = order[j], order[i]
        return order

    def sorts_by_few_bytes():  # ties stay in order
        return np.argsort(rng.integers(0, 16, n), kind="stable")

    def cyclic():  # Sattolo's: only cycles
        order = list(range(n))
        for i in reversed(range(1, n)):
            j = rng.integers(i)
            order[i], order[j] = order[j], order[i]
        return order

    assert is_uniform(orders(lambda: rng.permutation(n), n, draws))
    assert is_uniform(orders(lambda: np.argsort(rng.random(n)), n, draws))
    for careless in (swaps_anywhere, sorts_by_few_bytes, cyclic):
        assert not is_uniform(orders(careless, n, draws)), careless.__name__


def test_the_rate_of_false_alarms_is_as_stated():
    """Of 4,000 fair tests at a rate of 5 %, about 200 are refused; 5 standard deviations are 69."""
    counts = np.random.default_rng(1).multinomial(120, [1 / 6] * 6, size=4000)
    refused = sum(not is_uniform(each, false_alarm=0.05) for each in counts)
    assert abs(refused - 200) < 69


def test_too_few_draws_are_refused():
    with pytest.raises(ValueError, match="10 draws for each"):
        is_uniform([9] * factorial(3))


def test_arrays_apart():
    a, b = np.zeros(4), np.zeros(4)
    assert testing.apart(a, b) and testing.apart([a, (b, 3)], {"c": np.zeros(4)}) and testing.apart(a)
    assert not testing.apart(a, a[1:]) and not testing.apart([a, b, a]) and not testing.apart({"a": a}, (b, [a]))


def test_what_is_printed_in_a_block():
    print("before")
    with testing.printing() as told:
        assert told() == ""
        print("within")
    assert told() == "within\n"


ANSWER = """
import numpy as np

def descend(grad, x, steps):
    path = [x.copy()]
    for _ in range(steps):
        path.append(path[-1] - 0.5 * grad(path[-1]))
    return path
def keeps_the_start(grad, x, steps): return [x, *descend(grad, x, steps)[1:]]
def records_one_array(grad, x, steps):
    x, path = x.copy(), []
    for _ in range(steps + 1):
        path.append(x)
    return path
def scales_the_gradient(grad, x, steps):
    x = x.copy()
    for _ in range(steps):
        g = grad(x)
        g *= 0.5
        x -= g
    return [x]
def takes_it_for_its_velocity(grad, x, steps):
    x, v = x.copy(), grad(x)
    for _ in range(steps):
        v += 1
    return [x - v]
def returns_the_gradient(grad, x, steps): return [grad(x)]
def chatters(grad, x, steps):
    print("step")
    return descend(grad, x, steps)
state = np.zeros(2)
def hands_out_its_state(grad, x, steps): return [state]
"""
EYES = {  # name of an answer -> does it leave gradients alone, does it return new arrays, is it silent?
    "descend": (True, True, True),
    "keeps_the_start": (True, False, True),
    "records_one_array": (True, False, True),
    "scales_the_gradient": (False, True, True),
    "takes_it_for_its_velocity": (False, True, True),
    "returns_the_gradient": (True, False, True),
    "hands_out_its_state": (True, False, True),
    "chatters": (True, True, False),
}


def _looked_at(function):
    """What the eyes of `testing` see of an answer, called twice."""
    constant, start = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    grad = Callback(lambda w: constant)
    with testing.printing() as told:
        paths = function(grad, start, 3), function(grad, start, 3)
    return grad.untouched(), testing.apart(*paths, start, constant), told() == ""


@pytest.mark.parametrize("name", EYES)
def test_eyes_see_the_same_with_the_answer_at_hand_and_in_another_process(name):
    answer = {}
    exec(ANSWER, answer)
    assert _looked_at(answer[name]) == EYES[name]
    with student(ANSWER) as remote:
        remote.shows = True
        assert _looked_at(remote.get(name)) == EYES[name]


def test_inputs_are_drawn_for_one_submission(monkeypatch):
    first = testing.drawn("gd").normal(size=3)
    assert np.array_equal(first, testing.drawn("gd").normal(size=3))
    assert not np.array_equal(first, testing.drawn("mse").normal(size=3))
    monkeypatch.setenv(testing.SEED, str(2**63 - 1))
    assert not np.array_equal(first, testing.drawn("gd").normal(size=3))
