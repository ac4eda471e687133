"""The conformance table: what it calls equal is equal, what it calls a gap is there, and of the size that it says."""

import cases
import numpy as np
import pytest

from gdcourse.optimizers import conformance

PAIRS = [row for row in conformance.ROWS if row.theirs]
NAMES = [conformance.table([row]).replace(" ", "")[:80] for row in PAIRS]


@pytest.mark.parametrize("row", PAIRS, ids=NAMES)
def test_every_row(row):
    gap = conformance.measure(row)
    if row.gap == 0:
        assert gap < 1e-12
    else:
        assert abs(np.log10(gap / row.gap)) <= 0.5, f"measured {gap:.2e}"


def test_every_rule_stands_beside_both_frameworks():
    rules = {(row.ours[0], row.framework) for row in conformance.ROWS}
    assert rules == {(name, f) for name in cases.module("optimizers", "numpy").__all__ for f in ("torch", "keras")}
    for name, framework in rules:
        rows = [row for row in conformance.ROWS if (row.ours[0], row.framework) == (name, framework)]
        if not any(row.gap == 0 for row in rows):
            assert all(row.why for row in rows)


def test_what_has_no_counterpart_has_none():
    import torch

    assert not hasattr(torch.optim, "Lion")
    assert {row.ours[0] for row in conformance.ROWS if row.theirs is None} == {"Lion", "Hypergradient"}


def test_no_constant_is_eps_hat():
    """Keras' first five steps each ask (8) for another eps, eps-hat / sqrt(1 - beta2^t)."""
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    beta1, beta2, eps = 0.5, 0.75, 2.0**-3
    adam = keras.optimizers.Adam(0.125, beta1, beta2, eps)
    w, m, v, needed = keras.Variable([0.0], dtype="float64"), 0.0, 0.0, []
    for t, g in enumerate([1.0, 0.5, 2.0, 1.5, 1.0], 1):
        before = float(w.numpy()[0])
        adam.apply([keras.ops.convert_to_tensor(np.array([g]))], [w])
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        step = before - float(w.numpy()[0])
        needed.append(0.125 * m / (1 - beta1**t) / step - np.sqrt(v / (1 - beta2**t)))
    np.testing.assert_allclose(needed, [eps / np.sqrt(1 - beta2**t) for t in range(1, 6)], rtol=1e-12)
    assert needed[0] == pytest.approx(2 * eps) and needed == sorted(needed, reverse=True)


@pytest.mark.parametrize("scale", np.geomspace(0.5, 4, 8))
def test_the_best_constant_leaves_a_gap(scale):
    row = next(row for row in PAIRS if row.framework == "keras" and row.ours[1].get("eps") is conformance.eps_hat)
    constant = row._replace(ours=(row.ours[0], {**row.ours[1], "eps": scale * conformance.EPS}))
    assert conformance.measure(constant) > 1e-5


def test_float64_as_keras_own_float_mends_the_rate_alone():
    import torch  # noqa: F401, I001  PyTorch first
    import keras

    rate = next(row for row in PAIRS if "rate as a float32" in row.why)
    betas = next(row for row in PAIRS if "0.999" in row.why)
    keras.config.set_floatx("float64")
    try:
        assert conformance.measure(rate) < 1e-12 and conformance.measure(betas) > 1e-6
    finally:
        keras.config.set_floatx("float32")


def test_float64_as_pytorchs_default_mends_nadam():
    import torch

    row = next(row for row in PAIRS if row.ours[0] == "Nadam" and row.framework == "torch")
    torch.set_default_dtype(torch.float64)
    try:
        assert conformance.measure(row) < 1e-12
    finally:
        torch.set_default_dtype(torch.float32)


def test_table_has_a_line_for_every_row():
    lines = conformance.table(conformance.ROWS).splitlines()
    assert len(lines) == len(conformance.ROWS) and all(line.count(" | ") >= 3 for line in lines)
