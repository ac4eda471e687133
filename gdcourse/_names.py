"""Which global names a piece of code reads and binds, by Python's own symbol table."""

import ast
import builtins
import symtable

BUILTINS = frozenset(dir(builtins))


def names(code: str | ast.AST) -> tuple[set[str], set[str]]:
    """Return the global names that code, a text or a syntax tree, (reads, binds). Python's own names do not count as read.

    Raises `SyntaxError` for a text that is no Python.
    """
    tree, text = (code, ast.unparse(code)) if isinstance(code, ast.AST) else (ast.parse(code), code)
    tables = [symtable.symtable(text, "<code>", "exec")]
    reads: set[str] = set()
    binds: set[str] = set()
    while tables:
        table = tables.pop()
        for symbol in table.get_symbols():
            if symbol.is_global() or table.get_type() == "module":
                if symbol.is_referenced():
                    reads.add(symbol.get_name())
                if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                    binds.add(symbol.get_name())
        tables += table.get_children()
    # The table does not call `x` in `x += 1` referenced.
    targets = [node.target for node in ast.walk(tree) if isinstance(node, ast.AugAssign)]
    reads |= binds & {target.id for target in targets if isinstance(target, ast.Name)}
    return reads - (BUILTINS - binds), binds
