"""Runs in an environment, by its Python: what is missing there, and whether it can be imported.

usage: inside.py missing SITE_PACKAGES LOCK ...    inside.py import JSON
"""

import importlib
import json
import sys
from importlib.metadata import distributions, packages_distributions
from pathlib import Path


def normalized(name):
    return name.lower().replace("_", "-").replace(".", "-")


def missing(site, *locks):
    """Print what the locks ask for on this system and the folder doesn't hold, one a line."""
    from packaging.requirements import Requirement

    there = {normalized(found.name): found.version for found in distributions(path=[site])}
    for lock in locks:
        for pin in map(Requirement, Path(lock).read_text(encoding="utf-8").split("\n")[:-1]):
            if pin.marker is None or pin.marker.evaluate():
                version = there.get(normalized(pin.name), "missing")
                if version == "missing" or version not in pin.specifier:
                    print(f"{pin.name} ({version}, not {pin.specifier})")


def imported(wanted):
    """Import what the distributions bring, and the project's own packages, which must be those of this folder.

    Says what it is at before: an import can end the process.
    """
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
        if Path(wanted["project"]) not in place.resolve().parents:
            sys.exit(f"{package} is that of another place: {place}")


if __name__ == "__main__":
    if sys.argv[1] == "missing":
        missing(*sys.argv[2:])
    else:
        imported(json.loads(sys.argv[2]))
