"""Checks of what a cell is given, in any framework."""

from gdcourse.layers import shapes


def step(layer, x, state):
    """Raise unless x is (n, d_in) and state is of as many arrays (n, d) as the layer carries."""
    W, U, _ = layer.params
    shapes.expect(layer, x, "n", W.shape[0])
    expected = (len(x), U.shape[0])
    got = [tuple(a.shape) for a in state] if isinstance(state, list | tuple) else type(state).__name__
    if got != [expected] * layer.carried:
        raise ValueError(f"{type(layer).__name__}: expected a state of {layer.carried} x {expected}, got {got}")
