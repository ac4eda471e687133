"""The tape against PyTorch's autograd and complex steps: every operation, shared nodes, diamonds, long chains."""

import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdcourse.gradients import Value

numbers = st.floats(-3, 3).filter(lambda a: abs(a) > 1e-3)

BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
UNARY = {
    "neg": operator.neg,
    "exp": lambda a: a.exp(),
    "log": lambda a: (a * a).log(),
    "tanh": lambda a: a.tanh(),
    "relu": lambda a: a.relu(),
    "square": lambda a: a**2,
    "cube": lambda a: a**3,
    "one": lambda a: a**0,
    "inverse": lambda a: a**-1,
    "root": lambda a: (a * a) ** 0.5,
}


def torch_gradients(f, xs):
    import torch

    xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in xs]
    y = f(*xs)
    return y.item(), [g.item() for g in torch.autograd.grad(y, xs, materialize_grads=True)]


def tape_gradients(f, xs):
    xs = [Value(x) for x in xs]
    y = f(*xs)
    y.backward()
    return y.data, [x.grad for x in xs]


def agree(f, xs, rtol=1e-12):
    ours, theirs = tape_gradients(f, xs), torch_gradients(f, xs)
    assert math.isclose(ours[0], theirs[0], rel_tol=rtol, abs_tol=1e-14)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("name", BINARY)
@settings(deadline=None, max_examples=25)
@given(numbers, numbers)
def test_binary_operations(name, a, b):
    agree(BINARY[name], [a, b])


@pytest.mark.parametrize("name", UNARY)
@settings(deadline=None, max_examples=25)
@given(numbers)
def test_unary_operations(name, a):
    agree(UNARY[name], [a])


@pytest.mark.parametrize("name", BINARY)
def test_numbers_on_either_side(name):
    for number in (2, 2.5, np.float64(2.5), np.float32(0.5), np.int64(3)):
        agree(lambda a, number=float(number), op=BINARY[name]: op(op(number, a), number), [1.5])
        ours = tape_gradients(lambda a, number=number, op=BINARY[name]: op(op(number, a), number), [1.5])
        assert ours == tape_gradients(lambda a, n=float(number), op=BINARY[name]: op(op(n, a), n), [1.5])


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_random_graphs(data):
    """Twelve operations on values drawn, with replacement, from all made so far: shared nodes and diamonds abound."""
    safe = {
        name: f for name, f in {**BINARY, **UNARY}.items() if name not in ("/", "inverse", "log", "exp", "root", "cube")
    }
    plan = []
    for made in range(3, 15):
        name = data.draw(st.sampled_from(sorted(safe)))
        plan.append((name, [data.draw(st.integers(0, made - 1)) for _ in range(2 if name in BINARY else 1)]))

    def f(*xs):
        values = list(xs)
        for name, places in plan:
            values.append(safe[name](*(values[i] for i in places)).tanh())
        return sum(values[3:], 0 * xs[0] * xs[1] * xs[2])

    agree(f, data.draw(st.lists(numbers, min_size=3, max_size=3)), rtol=1e-9)


def test_shared_node():
    x = Value(3.0)
    y = x * x + x
    y.backward()
    assert x.grad == 7


def test_diamond():
    """x reaches y by two ways; its slope may be passed on only when both have arrived."""
    x = Value(2.0)
    a = x * x
    b, c = a * 3, a.exp()
    y = b * c
    y.backward()
    assert math.isclose(x.grad, (3 + 3 * 4) * math.exp(4) * 4, rel_tol=1e-14)


def test_deep_diamonds_are_visited_once():
    """Sixty doublings: 2^60 paths, 61 nodes."""
    x = y = Value(1.0)
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


@pytest.mark.parametrize("length", [5_000, 50_000])
def test_a_long_chain_needs_no_recursion(length):
    x = y = Value(1.0)
    for _ in range(length):
        y = y + 0.001 * x if _ % 2 else y * 1.0
    y.backward()
    assert math.isclose(x.grad, 1 + 0.001 * (length // 2), rel_tol=1e-9)


def test_a_neuron_against_the_complex_step():
    from gdcourse.gradients import complex_step

    p = np.array([0.3, -0.7, 0.2])
    _, ours = tape_gradients(lambda w, v, b: ((w * 1.5 + v * -2.0 + b).tanh() - 1) ** 2 / 2, p)
    np.testing.assert_allclose(
        ours, complex_step(lambda p: (np.tanh(p @ [1.5, -2.0, 1.0]) - 1) ** 2 / 2, p), rtol=1e-14
    )


def test_backward_again_gives_the_same():
    x = Value(3.0)
    y = (x * x).tanh()
    y.backward()
    first = x.grad
    y.backward()
    assert x.grad == first


def test_what_the_output_does_not_use_keeps_its_gradient():
    x, other = Value(3.0), Value(1.0)
    unused = x * other
    (x * 2).backward()
    assert x.grad == 2 and other.grad == 0 and unused.grad == 0


def test_slope_of_relu_at_the_kink_is_zero():
    agree(lambda a: a.relu(), [0.0])


def test_gradient_descent_on_the_tape():
    """x <- x - 0.25 dy/dx on (x - 1)^2 halves the distance each step."""
    x = Value(3.0)
    for _ in range(20):
        ((x - 1) ** 2).backward()
        x = Value(x.data - 0.25 * x.grad)
    assert math.isclose(x.data - 1, 2 * 0.5**20, rel_tol=1e-9)


def test_it_prints_its_number():
    assert repr(Value(2)) == "Value(2, grad=0)"


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: Value("2"), TypeError, "expected data to be a number, got str"),
        (lambda: Value(1) + "2", TypeError, "got str"),
        (lambda: Value(1) * np.ones(2), TypeError, "got ndarray"),
        (lambda: np.ones(2) * Value(1), TypeError, "got ndarray"),
        (lambda: Value(float("nan")), ValueError, "finite number, got nan"),
        (lambda: Value(2) ** Value(2), TypeError, "expected the exponent to be a number, got Value"),
        (lambda: Value(0.0).log(), ValueError, r"finite value and slope, got .* at \[0.0\]"),
        (lambda: Value(1) / 0, ValueError, r"finite value and slope, got .* at \[1.0, 0.0\]"),
        (lambda: Value(0.0) ** 0.5, ValueError, r"finite value and slope, got .* at \[0.0\]"),
        (lambda: Value(-8.0) ** (1 / 3), ValueError, r"finite value and slope, got .* at \[-8.0\]"),
        (lambda: Value(1000.0).exp(), ValueError, r"finite value and slope, got .* at \[1000.0\]"),
        (lambda: Value(1e200) * 1e200, ValueError, r"finite value and slope, got .* at \[1e\+200, 1e\+200\]"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
