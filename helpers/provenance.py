"""What determines a result: code, libraries. And files that are there whole or not at all."""

import ast
import hashlib
import inspect
import os
import pickle
import sys
import textwrap
import time
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from threading import Lock
from types import FunctionType, ModuleType

import cloudpickle

from helpers.system import replace

PACKAGE = Path(__file__).parent
LOADED = time.time()
_one_parser = Lock()  # Python 3.11 can't parse in two threads at once: SystemError, recursion depth mismatch
# Of these tables a trial takes what its code or its setting names; who fingerprints the setting adds that function.
TABLES = {("helpers.strategies", "STRATEGIES"), ("helpers.models", "MODELS")}
LOOKED_UP = TABLES | {("helpers.data", "open_data")}  # the content's hash stands for how a file or a picture is read


def write(content, path):
    """Write a file, text or bytes, that is there whole or not at all. Raises OSError that names it."""
    path = Path(path)
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content if isinstance(content, bytes) else content.encode())
        replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def sha256(content):
    """The SHA-256 of a text or of bytes, hexadecimal."""
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


def check_unchanged():
    """Raise ValueError if a file of `helpers` was changed after this process loaded it: it runs the old code."""
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if name.split(".")[0] == PACKAGE.name and path and Path(path).stat().st_mtime > LOADED:
            raise ValueError(f"{Path(path).name} has changed since it was loaded here. Restart the kernel.")


def code_sha256(folder=PACKAGE, besides=("batch",)):
    """SHA-256 of all code in a folder, without comments and docstrings; not of the rooms `besides`."""
    paths = sorted(path for path in folder.rglob("*.py") if path.relative_to(folder).parts[0] not in besides)
    return sha256("".join(f"{path.relative_to(folder).as_posix()} {_plain(_tree(path))}" for path in paths))


def fingerprint(*functions):
    """SHA-256 of all that the results of functions or classes depend on besides their arguments: their code, that of
    every function, class and constant of `helpers` or of the reader that they use, directly or not, and the versions
    of the libraries that these use. Comments, docstrings and what they don't use don't count.

    Raises ValueError for a function whose source can't be found.
    """
    trail = _Trail()
    for function in functions:
        trail.follow_object(inspect.unwrap(function))
    return sha256(repr([sorted(trail.texts.items()), sorted(versions(trail.libraries).items())]))


def versions(libraries):
    """Import name -> version of installed libraries; those that came with Python or aren't there are left out.

    `tensorflow` may come from the distribution tensorflow or tensorflow_cpu.
    """
    return {name: version(_distributions()[name][0]) for name in libraries if name in _distributions()}


@cache
def _distributions():
    return packages_distributions()


class _Trail:
    """Walks from a definition to all that it names. texts: where a piece of code stands -> its text."""

    def __init__(self):
        self.texts, self.libraries, self._in_tables = {}, set(), _in_tables()

    def follow_object(self, thing, name=""):
        """A function, class or module by what it is; any other object by its value."""
        home = thing.__name__ if isinstance(thing, ModuleType) else getattr(thing, "__module__", None) or ""
        if isinstance(thing, ModuleType) or (isinstance(thing, (FunctionType, type)) and not _is_readers(home)):
            self.follow(home, None if isinstance(thing, ModuleType) else thing.__qualname__.split(".")[0])
        elif isinstance(thing, type):
            self._follow_class(thing)
        elif isinstance(thing, FunctionType):
            self._follow_readers(thing)
        else:
            self.texts[name] = hashlib.sha256(_bytes(thing)).hexdigest()

    def _follow_class(self, cls):
        """A class of the reader's own, by its parts: a class in a notebook has no source as a whole."""
        key = (cls.__module__, cls.__qualname__)
        if key in self.texts:
            return
        self.texts[key] = "class"
        for base in cls.__bases__:
            self.follow_object(base)
        for name, part in sorted(vars(cls).items()):
            part = getattr(part, "fget", None) or getattr(part, "__func__", part)  # of a property, a static method
            if isinstance(part, (FunctionType, type)) or not name.startswith("__"):
                self.follow_object(part, name=(*key, name))

    def _follow_readers(self, thing):
        """A function that is not in `helpers`: in a notebook, a script or a module of the reader's own."""
        key = (thing.__module__, thing.__qualname__)
        if key in self.texts:
            return
        try:
            source = textwrap.dedent(inspect.getsource(thing))
        except (OSError, TypeError) as error:
            raise ValueError(f"The source of {thing.__qualname__} can't be found: define it in a cell.") from error
        try:
            tree = _parse(source)
        except SyntaxError:  # a lambda in the middle of an expression
            self.texts[key], names = source, set(thing.__code__.co_names)
        else:
            self.texts[key] = _plain(tree)
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            for node in ast.walk(tree):
                for target in _imports(node).values():
                    self.follow(*target)
        known = thing.__globals__ | inspect.getclosurevars(thing).nonlocals
        for name in sorted(names & known.keys()):
            if known[name] is not thing:
                self.follow_object(inspect.unwrap(known[name]), name=(*key, name))
        self.follow_object((thing.__defaults__, thing.__kwdefaults__), name=(*key, "defaults"))

    def follow(self, module, name=None):
        """A name in a module of `helpers`; None: the whole module. Of another module only the library counts."""
        path = _path(module)
        if path is None:
            if module.split(".")[0] not in sys.stdlib_module_names:
                self.libraries.add(module.split(".")[0])
            return
        if name and _path(f"{module}.{name}"):
            return self.follow(f"{module}.{name}")
        definitions, imports, effects = _contents(path)
        self._add(module, "", effects)
        if "." in module:  # importing it runs the files of the packages above it
            self._add(parent := module.rpartition(".")[0], "", _contents(_path(parent))[2])
        if name in imports:
            return self.follow(*imports[name])
        for one in [name] if name else definitions:
            if one in definitions and (module, one) not in LOOKED_UP:
                self._add(module, one, [definitions[one]])

    def _add(self, module, name, nodes):
        if (module, name) in self.texts:
            return
        self.texts[module, name] = "".join(map(_plain, nodes))
        definitions, imports, _ = _contents(_path(module))
        for node in (inner for outer in nodes for inner in ast.walk(outer)):
            for target in _imports(node).values():
                self.follow(*target)
            if isinstance(node, ast.Constant):
                for target in self._in_tables.get(repr(node.value), []):
                    self.follow(*target)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imports:
                self.follow(*_module_in(imports[node.value.id], node.attr))
            elif isinstance(node, ast.Name) and node.id in definitions:
                self.follow(module, node.id)
            elif isinstance(node, ast.Name) and node.id in imports and not _is_module(imports[node.id]):
                self.follow(*imports[node.id])


def _in_tables():
    """What a text may mean: its repr -> (module, function) of each of the TABLES that has such an entry."""
    found = {}
    for module, table in TABLES:
        entries = _contents(_path(module))[0][table].value
        for key, value in zip(entries.keys, entries.values, strict=True):
            found.setdefault(repr(key.value), []).append((module, value.id))
    return found


def _is_readers(module):
    return module.split(".")[0] not in _distributions().keys() | sys.stdlib_module_names | {"helpers"} or (
        module == "__main__"
    )


def _bytes(value):
    try:
        return pickle.dumps(value)
    except (pickle.PicklingError, AttributeError, TypeError):
        return cloudpickle.dumps(value)


def _path(module):
    """The file of a module of `helpers`; None for any other."""
    first, *rest = module.split(".")
    if first != PACKAGE.name:
        return None
    path = PACKAGE.joinpath(*rest)
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def _is_module(target):
    module, name = target
    return name is None or _path(f"{module}.{name}") is not None


def _module_in(target, attribute):
    """Where `attribute` of an imported name stands: in that module, or with the thing itself."""
    module, name = target
    if not _is_module(target):
        return target
    return (module if name is None else f"{module}.{name}"), attribute


def _imports(node):
    """Names that an import statement binds: name -> (module, name in it, or None for the module itself)."""
    if isinstance(node, ast.ImportFrom):
        return {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.split(".")[0]: (alias.name, None) for alias in node.names}
    return {}


def _tree(path):
    return _parse(path.read_text(encoding="utf-8"))


def _parse(text):
    with _one_parser:
        return ast.parse(text)


def _contents(path):
    """Of a file: definitions (name -> statement), imports (see `_imports`), and statements that only have effects."""
    definitions, imports, effects = {}, {}, []
    for node in _tree(path).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            definitions[node.name] = node
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            imports |= _imports(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            names = (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
            definitions |= dict.fromkeys(names, node)
        elif not _is_docstring(node):
            effects.append(node)
            for inner in ast.walk(node):
                imports |= _imports(inner)
    return definitions, imports, effects


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _plain(node):
    """The code of a node as text: the same for every Python, without comments, docstrings and places."""
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return f"{type(node).__name__}({', '.join(f'{name}={_plain(value)}' for name, value in fields)})"
    if isinstance(node, list):
        return f"[{', '.join(_plain(one) for one in node if not _is_docstring(one))}]"
    return repr(node)
