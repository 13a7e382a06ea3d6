"""Runs in an environment, by its Python: what is missing there, and whether it can be imported.

usage: inside.py missing PATHS LOCK ...    inside.py import JSON PROJECT    inside.py tensorflow    inside.py notebook
"""

import importlib
import json
import sys
from importlib.metadata import distributions, packages_distributions
from pathlib import Path


def normalized(name):
    return name.lower().replace("_", "-").replace(".", "-")


def missing(paths, *locks):
    """Print how many packages the locks ask for on this system, then those that these paths don't hold, one a line."""
    from packaging.requirements import Requirement

    there = {normalized(found.name): found.version for found in distributions(path=json.loads(paths))}
    pins = [Requirement(line) for lock in locks for line in Path(lock).read_text(encoding="utf-8").splitlines() if line]
    pins = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    print(len(pins))
    for pin in pins:
        version = there.get(normalized(pin.name), "")
        if not version or version not in pin.specifier:
            print(f"{pin.name} ({version + ', not ' if version else ''}{pin.specifier})")


def imported(wanted, project):
    """Import what the distributions bring, and the project's own packages, which must be those of this folder.

    Says what it is at before: an import can end the process.
    """
    wanted = json.loads(wanted)
    brings = {}
    for module, names in packages_distributions().items():
        for name in names:
            brings.setdefault(normalized(name), []).append(module)
    for name in wanted["distributions"]:
        for module in brings.get(normalized(name), []):
            print(module, flush=True)
            importlib.import_module(module)
    for package in wanted["packages"]:
        print(package, flush=True)
        place = Path(importlib.import_module(package).__file__)
        if Path(project) not in place.resolve().parents:
            sys.exit(f"{package} is that of another place: {place}")


def tensorflow():
    """Import TensorFlow and let it add."""
    import tensorflow

    if float(tensorflow.reduce_sum(tensorflow.ones((2, 2)))) != 4:
        sys.exit("TensorFlow adds wrongly")
    print(f"{tensorflow.__version__} imports and computes")


def notebook():
    """Run a cell in a kernel, and see that it is this environment's."""
    import nbclient
    from nbformat.v4 import new_code_cell, new_notebook

    cells = new_notebook(cells=[new_code_cell("import sys; print(sys.prefix)")])
    place = nbclient.NotebookClient(cells, kernel_name="python3").execute().cells[0].outputs[0].text.strip()
    if Path(place).resolve() != Path(sys.prefix).resolve():
        sys.exit(f"the kernel python3 is that of {place}, not of {sys.prefix}")
    print("a cell runs")


if __name__ == "__main__":
    command = {"missing": missing, "import": imported, "tensorflow": tensorflow, "notebook": notebook}[sys.argv[1]]
    command(*sys.argv[2:])
