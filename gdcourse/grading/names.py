"""Which global names a piece of code reads and binds, by Python's own symbol table."""

import ast
import builtins
import symtable

BUILTINS = frozenset(dir(builtins))


def names(code):
    """Return the global names that code, a text or a syntax tree, (reads, binds). Python's own names do not count as read.

    Raises `SyntaxError` for a text that is no Python.
    """
    tree, text = (code, ast.unparse(code)) if isinstance(code, ast.AST) else (ast.parse(code), code)
    reads, binds, tables = set(), set(), [symtable.symtable(text, "<code>", "exec")]
    while tables:
        table = tables.pop()
        for symbol in table.get_symbols():
            if symbol.is_global() or table.get_type() == "module":
                if symbol.is_referenced():
                    reads.add(symbol.get_name())
                if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                    binds.add(symbol.get_name())
        tables += table.get_children()
    changed = {node.target.id for node in ast.walk(tree) if isinstance(node, ast.AugAssign) and _is_name(node.target)}
    return (reads | changed & binds) - (BUILTINS - binds), binds  # the table does not call `x` in `x += 1` referenced


def _is_name(node):
    return isinstance(node, ast.Name)
