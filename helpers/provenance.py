"""What determines a result: code, and the versions of libraries."""

import ast
import hashlib
import inspect
import pickle
import sys
import textwrap
import time
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from types import FunctionType, ModuleType

import cloudpickle

from helpers.files import sha256
from helpers.syntax import contents, imports_of, parse, plain, tree_of

PACKAGE = Path(__file__).parent
LOADED = time.time()
# Of these tables a trial takes what its code or its setting names; who fingerprints the setting adds that function.
TABLES = {("helpers.strategies", "STRATEGIES"), ("helpers.models", "MODELS")}
LOOKED_UP = TABLES | {("helpers.data", "open_data")}  # the content's hash stands for how a file or a picture is read


def check_unchanged():
    """Raise ValueError if a file of `helpers` was changed after this process loaded it: it runs the old code."""
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if name.split(".")[0] == PACKAGE.name and path and Path(path).stat().st_mtime > LOADED:
            raise ValueError(f"{Path(path).name} has changed since it was loaded here. Restart the kernel.")


def code_sha256(folder=PACKAGE, besides=("batch",)):
    """SHA-256 of all code in a folder, without comments and docstrings; not of the rooms `besides`."""
    paths = sorted(path for path in folder.rglob("*.py") if path.relative_to(folder).parts[0] not in besides)
    return sha256("".join(f"{path.relative_to(folder).as_posix()} {plain(tree_of(path))}" for path in paths))


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
            tree = parse(source)
        except SyntaxError:  # a lambda in the middle of an expression
            self.texts[key], names = source, set(thing.__code__.co_names)
        else:
            self.texts[key] = plain(tree)
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            for node in ast.walk(tree):
                for target in imports_of(node).values():
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
        definitions, imports, effects = contents(path)
        self._add(module, "", effects)
        if "." in module:  # importing it runs the files of the packages above it
            self._add(parent := module.rpartition(".")[0], "", contents(_path(parent))[2])
        if name in imports:
            return self.follow(*imports[name])
        for one in [name] if name else definitions:
            if one in definitions and (module, one) not in LOOKED_UP:
                self._add(module, one, [definitions[one]])

    def _add(self, module, name, nodes):
        if (module, name) in self.texts:
            return
        self.texts[module, name] = "".join(map(plain, nodes))
        definitions, imports, _ = contents(_path(module))
        for node in (inner for outer in nodes for inner in ast.walk(outer)):
            for target in imports_of(node).values():
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
        entries = contents(_path(module))[0][table].value
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
