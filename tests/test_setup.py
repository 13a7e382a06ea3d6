"""The set-up of tutorial.py: in projects of their own, with a lock of tiny packages."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
from tiny import texts, write_notebook

from setup import system
from setup.environment import UV, Environment, write

PROJECT = Path(__file__).parents[1]
SUPPORTED = ((3, 11), (3, 14))
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


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    """A folder with all that a tiny project needs."""
    folder = tmp_path_factory.mktemp("wheels")
    pins = [
        line
        for line in (PROJECT / "requirements.txt").read_text().splitlines()
        if line.startswith(("packaging=", "setuptools="))
    ]
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*download, "--dest", folder, UV, *pins], check=True)
    for name in ("tiny_one", "tiny_two", "tiny_test"):
        make_wheel(folder, name, "1", "")
    make_wheel(folder, "tiny_one", "2", "print('broken')\nraise ImportError('no luck')")
    return folder


def make_wheel(folder, name, version, source):
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", source)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.fixture
def project(tmp_path):
    """A project with a path like a user's."""
    folder = tmp_path / "Eigene Übungen" / "tutorial"
    folder.mkdir(parents=True)
    copy_entry(folder)
    pins = [line for line in (PROJECT / "requirements.txt").read_text().splitlines() if line.startswith("packaging=")]
    (folder / "requirements.txt").write_text("\n".join(["tiny-one==1", "tiny-two==1", *pins, ""]))
    (folder / "pyproject.toml").write_text(PYPROJECT)
    for name, text in (("helpers/__init__.py", ""), ("tests/requirements.txt", "tiny-test==1\n")):
        (folder / name).parent.mkdir()
        (folder / name).write_text(text)
    return folder


def copy_entry(folder):
    for name in ("tutorial.py", "Makefile"):
        shutil.copy(PROJECT / name, folder)
    shutil.copytree(PROJECT / "setup", folder / "setup", ignore=shutil.ignore_patterns("__pycache__"))


def tutorial(project, *arguments, python=sys.executable, **environment):
    command = [python, project / "tutorial.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def set_up(project, wheels, *arguments, **environment):
    result = tutorial(project, "setup", "--wheels", wheels, *arguments, **environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def in_environment(project, source):
    python = system.executable(project / ".venv", "python")
    return subprocess.run([python, "-I", "-c", source], capture_output=True, text=True, check=True).stdout.strip()


def installed(project):
    names = "from importlib.metadata import distributions; print(*sorted(d.name for d in distributions()))"
    return {name.replace("_", "-") for name in in_environment(project, names).split()} - {"pip", "setuptools"}


def test_a_set_up_is_done_once_and_again_when_the_content_of_a_lock_changes(project, wheels):
    assert "Setting up .venv" in set_up(project, wheels)
    assert installed(project) == {"tiny-one", "tiny-two", "packaging", "tiny-tutorial", "uv"}
    place = in_environment(project, "import helpers; print(helpers.__file__)")
    assert Path(place) == project / "helpers/__init__.py"

    lock = project / "requirements.txt"
    for file in (lock, project / "pyproject.toml"):
        os.utime(file)  # newer, and the same
    (project / "pyproject.toml").write_text(PYPROJECT.replace("120", "100"))  # installs nothing
    assert set_up(project, wheels) == ""

    lock.write_text(lock.read_text().replace("tiny-two==1\n", ""))
    os.utime(lock, (0, 0))  # other, and older
    assert "up to date" in set_up(project, wheels)
    assert installed(project) == {"tiny-one", "packaging", "tiny-tutorial", "uv"}

    assert "up to date" in set_up(project, wheels, "--test")
    assert "tiny-test" in installed(project)
    assert set_up(project, wheels) == ""
    (project / "tests/requirements.txt").write_text("tiny-two==1\n")
    assert "up to date" in set_up(project, wheels)
    assert installed(project) == {"tiny-one", "tiny-two", "packaging", "tiny-tutorial", "uv"}


def test_a_copied_or_moved_project_sets_up_anew(project, wheels):
    set_up(project, wheels)
    copy = project.with_name("Kopie")
    shutil.copytree(project, copy, symlinks=True)
    moved = project.with_name("verschoben")
    project.rename(moved)
    for place in (copy, moved):
        assert "Setting up .venv" in set_up(place, wheels)
        found = in_environment(place, "import helpers, sys; print(helpers.__file__, sys.prefix, sep='\\n')")
        assert found.splitlines() == [str(place / "helpers/__init__.py"), str(place / ".venv")]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"version": (3, 10)}, "This is Python 3.10.*Install a 64-bit CPython 3.11 to 3.13"),
        ({"version": (3, 14)}, "This is Python 3.14.*Install a 64-bit CPython 3.11 to 3.13"),
        ({"bits": 32}, "32-bit Python.*Install a 64-bit"),
        ({"implementation": "PyPy"}, "PyPy.*Install a 64-bit CPython"),
        ({"free_threaded": True}, "free-threaded.*Install"),
        ({"musl": True}, "musl.*Codespaces or Binder"),
        ({"machine": "riscv64"}, "riscv64.*Codespaces or Binder"),
        ({"platform": "darwin"}, "Intel.*On a Mac with an Apple processor.*Rosetta.*Codespaces or Binder"),
        ({"platform": "win32", "machine": "arm64"}, "Windows on ARM.*Subsystem for Linux.*Codespaces or Binder"),
        ({"platform": "win32", "machine": "x86", "bits": 32}, "32-bit Windows.*Codespaces or Binder"),
    ],
)  # fmt: skip
def test_a_host_without_packages_is_told_what_to_do(changed, words):
    """Simulated: none of these was at hand."""
    linux = system.Host("linux", "x86_64", (3, 12), 64, "CPython", False, False)
    for good in (
        {},
        {"machine": "aarch64"},
        {"platform": "darwin", "machine": "arm64"},
        {"platform": "win32", "machine": "amd64"},
    ):
        assert system.refusal(linux._replace(**good), SUPPORTED) is None
    assert re.search(words, system.refusal(linux._replace(**changed), SUPPORTED), flags=re.S)


def test_the_supported_pythons_are_those_of_the_project():
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["requires-python"]
    first, end = system.supported_pythons(PROJECT)
    assert wanted == f">={first[0]}.{first[1]},<{end[0]}.{end[1]}"
    assert (first, end) == SUPPORTED


def test_make_run(tmp_path):
    """In a project of its own: fails if a notebook fails, keeps what there is, and installs nothing a second time."""
    project = tmp_path
    copy_entry(project)
    for name in ("pyproject.toml", "requirements.txt"):
        shutil.copy(PROJECT / name, project)
    shutil.copytree(PROJECT / "helpers", project / "helpers", ignore=shutil.ignore_patterns("*.npz", "__pycache__"))
    (project / "notebooks").mkdir()
    write_notebook(project / "notebooks/01_good.ipynb", "print(1)")
    write_notebook(project / "notebooks/02_bad.ipynb", "print('before')", "1 / 0")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project / ".venv"], check=True)
    site = Path(in_environment(project, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    (site / "real.pth").write_text(sysconfig.get_path("purelib"))  # as if all had been installed here
    (project / ".venv/share").symlink_to(Path(sys.prefix) / "share")
    environment = Environment(project)
    write(environment.folder / "ready.json", json.dumps(environment._mark_when_ready()))

    def make(*arguments):
        return subprocess.run(["make", *arguments], cwd=project, capture_output=True, text=True, check=False)

    result = make("run")
    assert result.returncode != 0
    assert "Setting up" not in result.stdout
    assert "02_bad" in result.stdout
    assert texts(project / "runs/latest/02_bad.ipynb") == ["before\n"]
    assert texts(project / "runs/latest/01_good.ipynb") == ["1\n"]
    (project / "notebooks/02_bad.ipynb").unlink()
    result = make("run")
    assert result.returncode == 0, result.stderr
    assert "Setting up" not in result.stdout
    assert not (project / "runs/latest/02_bad.ipynb").exists()
