"""What the README's commands install: one environment, described in three files that have to agree."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from setup import badges

PROJECT = Path(__file__).parent.parent
PYPROJECT = (PROJECT / "pyproject.toml").read_text()
LOCK = [Requirement(line) for line in (PROJECT / "requirements.txt").read_text().splitlines()]
CONDA = yaml.safe_load((PROJECT / "environment.yml").read_text())["dependencies"]


def test_lock_pins_one_version_of_everything_we_ask_for():
    for wanted in map(Requirement, tomllib.loads(PYPROJECT)["project"]["dependencies"]):
        pins = [pin for pin in LOCK if pin.name == wanted.name]
        assert pins, f"{wanted.name} is not in requirements.txt"
        for pin in pins:
            (version,) = (specifier.version for specifier in pin.specifier)
            assert str(pin.specifier) == f"=={version}"
            assert version in wanted.specifier


@pytest.mark.parametrize("lock", ["requirements.txt", *(f"tests/{p.name}" for p in PROJECT.glob("tests/req*.txt"))])
def test_lock_names_no_index(lock):
    assert not re.search(r"https?:|--index|--find-links|file:|@", (PROJECT / lock).read_text())


def test_every_dependency_has_its_reason():
    inside = re.search(r"^dependencies = \[\n(.*?)^\]", PYPROJECT, flags=re.M | re.S).group(1)
    assert all(re.search(r'",\s+# \w', line) for line in inside.splitlines())


def test_conda_brings_python_and_pip_and_pip_the_lock():
    from_conda = [entry for entry in CONDA if isinstance(entry, str)]
    (from_pip,) = (entry["pip"] for entry in CONDA if isinstance(entry, dict))
    python, pip = from_conda
    assert pip == "pip"
    found = re.fullmatch(r"python=(3\.\d+)", python)  # a range is no version to Binder, which then takes 3.10
    assert found, python
    assert found[1] in SpecifierSet(_requires_python())
    assert from_pip == ["-r requirements.txt", "--editable ."]


def test_pip_section_of_conda_installs_into_an_empty_environment(tmp_path):
    """Resolved for real, against the package index; nothing is installed."""
    (from_pip,) = (entry["pip"] for entry in CONDA if isinstance(entry, dict))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "empty"], check=True)
    options = [word for line in from_pip for word in line.split()]
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "install", "--dry-run", "--python", tmp_path / "empty/bin/python", *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "numpy==" in done.stderr
    assert "active-learning-mnist" in done.stderr


def test_workflows_try_every_system_and_both_ends_of_the_pythons():
    matrix = yaml.safe_load((PROJECT / ".github/workflows/tests.yml").read_text())["jobs"]["tests"]["strategy"][
        "matrix"
    ]
    first, end = (tuple(map(int, version.split("."))) for version in re.findall(r"3\.\d+", _requires_python()))
    assert matrix["python"] == ["{}.{}".format(*first), f"{end[0]}.{end[1] - 1}"]
    assert [name.split("-")[0] for name in matrix["system"]] == ["ubuntu", "windows", "macos"]


def test_codespaces_start_with_a_python_that_works():
    container = json.loads((PROJECT / ".devcontainer/devcontainer.json").read_text())
    image, version = container["image"].split(":")
    assert image == "python"
    assert version in SpecifierSet(_requires_python())
    assert container["onCreateCommand"].split()[:2] == ["python", "tutorial.py"]


README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_badges_start_the_project_that_has_this_address():
    text = badges.with_badges(README.replace("https://codespaces.new/", ""), "ada/Active.Learning-2")
    assert text.startswith(README.split("\n", 1)[0] + "\n\n[![")
    assert "](https://codespaces.new/ada/Active.Learning-2)\n" in text
    opened = re.search(r"https://mybinder.org/v2/gh/ada/Active.Learning-2/HEAD\?urlpath=lab/tree/(\S+)\)\n", text)[1]
    assert (PROJECT / opened).exists()
    assert badges.with_badges(text, "a/fork") == text
    for wrong in ("ada", "ada/b/c", "ada/b)c", "https://github.com/ada/b"):
        with pytest.raises(ValueError, match="OWNER/NAME"):
            badges.with_badges(README, wrong)


def test_the_workflow_of_the_badges_needs_no_set_up(tmp_path):
    """As a runner has it: a checkout, and any Python."""
    shutil.copytree(PROJECT / "setup", tmp_path / "setup", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "README.md").write_text("# Title\n\nText.\n")
    (job,) = yaml.safe_load((PROJECT / ".github/workflows/badges.yml").read_text())["jobs"].values()
    (command,) = (step["run"] for step in job["steps"] if "setup.badges" in step.get("run", ""))
    python = f"{sys.base_prefix}/bin/python3 -E -S"  # no packages
    variables = {**os.environ, "GITHUB_REPOSITORY": "ada/b"}
    subprocess.run(["sh", "-c", command.replace("python3", python)], cwd=tmp_path, env=variables, check=True)
    assert "https://codespaces.new/ada/b)\n" in (tmp_path / "README.md").read_text()


def test_citation_and_changelog_name_the_version():
    version = tomllib.loads(PYPROJECT)["project"]["version"]
    assert str(yaml.safe_load((PROJECT / "CITATION.cff").read_text())["version"]) == version
    assert f"## {version}\n" in (PROJECT / "CHANGELOG.md").read_text()


def _requires_python():
    return tomllib.loads(PYPROJECT)["project"]["requires-python"]
