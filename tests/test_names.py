"""Names that code reads and binds, against what running it needs and leaves behind."""

import ast

import pytest

from gdcourse._names import names


@pytest.mark.parametrize(
    "code, reads, binds",
    [
        ("x = a + 1", {"a"}, {"x"}),
        ("x += a", {"a", "x"}, {"x"}),
        ("import numpy as np\nfrom os import path", set(), {"np", "path"}),
        ("def f(x, y=b):\n    z = x + g\n    return lambda w: w + z + h", {"b", "g", "h"}, {"f"}),
        (
            "class C(base):\n    k = outer\n    def m(self): return self.n + C.k + other",
            {"base", "outer", "other", "C"},
            {"C"},
        ),
        ("[i * k for i in items]", {"k", "items"}, set()),
        ("for i in range(3):\n    print(len(s))", {"s"}, {"i"}),
        ("def f():\n    global counter\n    counter = start", {"start"}, {"counter", "f"}),
        ("sum = 3\nprint(sum)", {"sum"}, {"sum"}),
        ("a.grad = 1\nb[0] = c", {"a", "b", "c"}, set()),
        ("(y := z)", {"z"}, {"y"}),
        ("try:\n    pass\nexcept E as e:\n    pass\nwith c as d:\n    pass", {"E", "c"}, {"e", "d"}),
    ],
)
def test_names(code, reads, binds):
    assert names(code) == (reads, binds) == names(ast.parse(code))


def test_what_is_no_python_is_refused():
    with pytest.raises(SyntaxError):
        names("def f(:")
