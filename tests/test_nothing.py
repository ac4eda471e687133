"""An answer that solves nothing earns no hidden point, in any unit: a property that holds of it tests nothing."""

import ast

import matrix
import pytest
from matrix import Answer

from gdcourse.grading.notebooks import exercise_names, grade_id

NOTHING = {  # what each function of an answer does, and each method of a class but __init__
    "0.0": "return 0.0",
    "None": "return None",
    "an empty list": "return []",
    "its first argument": "return {first}",
    "a copy of its first argument": "import copy; return copy.copy({first})",
    "its arguments": "return {all}",
    "raises": "raise NotImplementedError",
    "raises ValueError": "raise ValueError",
    "zeros": "return _zeros({solved}, {all})",  # in the form of the right answer, which leaves the arguments alone
}
ZEROS = '''
def _zeros(solved, *args):
    """Return what solved returns, with 0 in the place of every number; its arguments are copies."""
    import copy
    kept = {id(a): a for a in args if callable(a) and not hasattr(a, "parameters") and not hasattr(a, "weights")}
    return _nothing(solved(*copy.deepcopy(args, kept)))

def _nothing(value):
    if isinstance(value, dict):
        return {key: _nothing(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(map(_nothing, value))
    if hasattr(value, "__next__"):
        return map(_nothing, value)
    if callable(value):
        return lambda *args: _nothing(value(*args))
    return "" if isinstance(value, str) else value if value is None else value * 0
'''
ALLOWED = {}  # (test, what the answer does): why it may earn the test's points


def nothing(source, does):
    """Return the solution with all its functions emptied: they do ``does``, a line in which {first} and {all} are arguments."""
    tree = ast.parse(source)
    before = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            if "{solved}" in does:
                before.append(ast.unparse(node).replace(f"def {node.name}(", f"def _solved_{node.name}("))
            node.body = _body(node, does)
        elif isinstance(node, ast.ClassDef):
            for method in (m for m in node.body if isinstance(m, ast.FunctionDef) and m.name != "__init__"):
                method.body = _body(method, does if "{solved}" not in does else NOTHING["0.0"])
    return "\n\n".join([ast.unparse(tree), *before, ZEROS])


def _body(node, does):
    names = [arg.arg for arg in node.args.args]
    return ast.parse(does.format(first=names[0], all=", ".join(names), solved=f"_solved_{node.name}")).body


@pytest.fixture(scope="module", params=matrix.units())
def marked(request, tmp_path_factory):
    """Grade for each kind of nothing a student who does it in every exercise; return [(what it does, outcome)]."""
    unit = request.param
    sources = {
        grade_id(c): c.source for c in matrix.solved(unit).cells if grade_id(c) in exercise_names(matrix.solved(unit))
    }
    rows = [
        {name: Answer(unit, name, "wrong", told, "", nothing(source, does)) for name, source in sources.items()}
        for told, does in NOTHING.items()
    ]
    _, *graded = matrix.marks(unit, tmp_path_factory.mktemp("nothing"), rows)
    return list(zip(NOTHING, (outcome for _, outcome in graded), strict=True))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_earns_no_hidden_point(marked):
    earned = {
        (test["name"], does)
        for does, outcome in marked
        for test in outcome.tests
        if test["score"] and not test["name"].endswith("-visible")
    }
    assert sorted(earned - set(ALLOWED)) == []


def test_what_solves_nothing_is_made_of_the_solution():
    source = "import math\n\ndef f(x, y):\n    return x + y\n"
    answer = {}
    for told, does in NOTHING.items():
        exec(nothing(source, does), space := {})
        answer[told] = space["f"]
    assert answer["0.0"](2, 3) == 0.0 and answer["its first argument"](2, 3) == 2 and answer["zeros"](2, 3) == 0
    assert answer["its arguments"](2, 3) == (2, 3)
    with pytest.raises(NotImplementedError):
        answer["raises"](2, 3)
