"""Projects that are set up in seconds: with a lock of tiny packages, or with the environment that runs the tests."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from setup import system
from setup.environment import UV, Environment, write

PROJECT = Path(__file__).parents[1]
LOCK = (PROJECT / "requirements.txt").read_text().splitlines()
PYPROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "tiny-tutorial"
version = "1"
requires-python = ">=3.11,<3.14"
dependencies = ["tiny-one"]
[tool.setuptools]
packages = ["helpers"]
[tool.ruff]
line-length = 120
"""


def pin(name):
    """The lock's line for a package."""
    (line,) = (line for line in LOCK if line.startswith(f"{name}=="))
    return line


def make_wheels(folder):
    """Fill a folder with all that a tiny project needs, uv included."""
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*download, "--dest", folder, UV, pin("packaging"), pin("setuptools")], check=True)
    for name in ("tiny_one", "tiny_two", "tiny_test"):
        make_wheel(folder, name, "1")
    make_wheel(folder, "tiny_one", "2", "raise ImportError('no luck')")
    return folder


def make_wheel(folder, name, version, source=""):
    """A package of one file."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", source)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


def make_project(folder):
    """A tiny project, not yet set up."""
    folder.mkdir(parents=True)
    copy_entry(folder)
    write(folder / "requirements.txt", "\n".join(["tiny-one==1", "tiny-two==1", pin("packaging"), ""]))
    write(folder / "pyproject.toml", PYPROJECT)
    write(folder / "helpers/__init__.py", "")
    write(folder / "tests/requirements.txt", "tiny-test==1\n")
    return folder


def copy_entry(folder):
    """tutorial.py and what belongs to it."""
    for name in ("tutorial.py", "Makefile"):
        shutil.copy(PROJECT / name, folder)
    shutil.copytree(PROJECT / "setup", folder / "setup", ignore=shutil.ignore_patterns("__pycache__"))


def make_ready_project(folder, without=()):
    """The project itself, without notebooks, as if it had been set up there; `without` some installed files."""
    folder.mkdir(parents=True, exist_ok=True)
    copy_entry(folder)
    for name in ("pyproject.toml", "requirements.txt"):
        shutil.copy(PROJECT / name, folder)
    shutil.copytree(PROJECT / "helpers", folder / "helpers", ignore=shutil.ignore_patterns("*.npz", "__pycache__"))
    (folder / "notebooks").mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    site = Path(in_environment(folder, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(("__editable__", *without)):
            (site / entry.name).symlink_to(entry)
    (folder / ".venv/share").symlink_to(Path(sys.prefix) / "share")
    Environment(folder).finish()
    return site


def tutorial(project, *arguments, python=sys.executable, **environment):
    """tutorial.py as a user calls it."""
    command = [python, project / "tutorial.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def set_up(project, wheels, *arguments, **environment):
    """Set a tiny project up, which must succeed; returns what it said."""
    result = tutorial(project, "setup", "--wheels", wheels, *arguments, **environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def in_environment(project, source):
    """What a line of Python prints in the project's environment."""
    python = system.executable(project / ".venv", "python")
    return subprocess.run([python, "-I", "-c", source], capture_output=True, text=True, check=True).stdout.strip()


def installed(project):
    """The names of the packages in the project's environment."""
    names = in_environment(
        project, "from importlib.metadata import distributions; print(*(d.name for d in distributions()))"
    )
    return {name.replace("_", "-") for name in names.split()} - {"pip", "setuptools"}
