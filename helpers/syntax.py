"""What stands in Python code: definitions, imports, and its text without comments, docstrings and places."""

import ast
from threading import Lock

_one_parser = Lock()  # Python 3.11 can't parse in two threads at once: SystemError, recursion depth mismatch


def imports_of(node):
    """Names that an import statement binds: name -> (module, name in it, or None for the module itself)."""
    if isinstance(node, ast.ImportFrom):
        return {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.split(".")[0]: (alias.name, None) for alias in node.names}
    return {}


def tree_of(path):
    """The syntax tree of a file."""
    return parse(path.read_text(encoding="utf-8"))


def parse(text):
    """The syntax tree of a text."""
    with _one_parser:
        return ast.parse(text)


def contents(path):
    """Of a file: definitions (name -> statement), imports (see `imports_of`), and statements that only have effects."""
    definitions, imports, effects = {}, {}, []
    for node in tree_of(path).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            definitions[node.name] = node
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            imports |= imports_of(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            names = (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
            definitions |= dict.fromkeys(names, node)
        elif not _is_docstring(node):
            effects.append(node)
            for inner in ast.walk(node):
                imports |= imports_of(inner)
    return definitions, imports, effects


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def plain(node):
    """The code of a node as text: the same for every Python, without comments, docstrings and places."""
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return f"{type(node).__name__}({', '.join(f'{name}={plain(value)}' for name, value in fields)})"
    if isinstance(node, list):
        return f"[{', '.join(plain(one) for one in node if not _is_docstring(one))}]"
    return repr(node)
