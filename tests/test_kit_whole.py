"""The workshop of the project itself, as its users get it: minutes, so only with `pytest -m long`."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import sync_playwright
from tiny_workshop import PROJECT, kit

from helpers.batch.runner import run_notebook

pytestmark = pytest.mark.long
PYTHON = f"3.{sys.version_info[1]}"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """With the wheels of this system and Python."""
    out = tmp_path_factory.mktemp("teacher") / "Kurs über Labels"
    result = kit(PROJECT, "--platforms", "linux", "--pythons", PYTHON, "--out", out)
    assert result.returncode == 0, result.stdout + result.stderr
    return out


@pytest.fixture(scope="module")
def laptop(workshop, tmp_path_factory):
    """The learner's copy, unpacked from its zip."""
    folder = tmp_path_factory.mktemp("learner") / "Meine Übungen, neu"
    with zipfile.ZipFile(workshop / "learner.zip") as packed:
        packed.extractall(folder)
    return folder / "learner"


def solutions_of(notebook):
    """Number of the exercise -> the code of its solution: cells of code, or blocks in cells of Markdown."""
    found, number = {}, 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        number += "exercise" in tags and cell.cell_type == "markdown"
        if "solution" in tags:
            blocks = (
                [cell.source] if cell.cell_type == "code" else re.findall(r"```python\n(.*?)```", cell.source, re.S)
            )
            found[number] = "\n".join([found.get(number, ""), *blocks])
    return found


@pytest.mark.parametrize("name", ["00_start", "01_data", "05_active_learning"])
def test_a_learner_works_through_a_notebook(workshop, laptop, tmp_path, monkeypatch, name):
    """First as it is, then with the solutions written into the exercises."""
    monkeypatch.setenv("PYTHONPATH", str(laptop))
    path = laptop / "notebooks" / f"{name}.ipynb"
    solutions = solutions_of(nbformat.read(workshop / "solutions/notebooks" / path.name, as_version=4))
    assert solutions

    def run(path):
        options = {"cwd": str(path.parent), "parameters": {"figures": str(tmp_path)}}
        notebook, error = run_notebook(path, **options)
        assert error is None
        return "".join(out.get("text", "") for cell in notebook.cells for out in cell.get("outputs", []))

    assert run(path).count("Not answered yet.") == len(solutions)
    notebook, number = nbformat.read(path, as_version=4), 0
    for cell in notebook.cells:
        exercise = "exercise" in cell.metadata.get("tags", [])
        number += exercise and cell.cell_type == "markdown"
        if exercise and cell.cell_type == "code":
            cell.source += "\n\n" + solutions[number]  # which goes on from what the exercise has computed
    solved = path.with_name(f"{name} gelöst.ipynb")
    nbformat.write(notebook, solved)
    said = run(solved)
    assert said.count("Right.") == said.count("Not answered yet.") == len(solutions)
    assert "Not yet:" not in said


def test_from_the_kit_to_the_first_executed_notebook_without_a_network(workshop, laptop, tmp_path):
    """In an empty environment, and a network namespace without any interface."""
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to make a network namespace")
    shutil.move(workshop / "offline", laptop.parent / "offline")
    alone = ["env", "-i", f"HOME={tmp_path}", "PATH=/usr/sbin:/usr/bin:/bin", "unshare", "-n"]
    python = Path(sys.base_prefix, f"bin/python{PYTHON}")
    try:
        done = subprocess.run(
            [*alone, python, "tutorial.py", "setup"], cwd=laptop, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        run = f"ip link set lo up && exec {python} tutorial.py run notebooks/00_start.ipynb"  # the loopback alone
        done = subprocess.run([*alone, "sh", "-c", run], cwd=laptop, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        shutil.move(laptop.parent / "offline", workshop / "offline")
    executed = nbformat.read(laptop / "runs/latest/00_start.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in executed.cells)


def test_twice_the_same_bytes(workshop, tmp_path):
    assert kit(PROJECT, "--no-wheels", "--out", tmp_path / "again").returncode == 0
    for path in (tmp_path / "again").rglob("*"):
        if path.is_file() and path.name != ".kit.json":
            assert path.read_bytes() == (workshop / path.relative_to(tmp_path / "again")).read_bytes(), path


@pytest.fixture(scope="module")
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 720})
        browser.close()


def test_each_plan_fits_its_hours_and_is_no_shorter_than_four_fifths(workshop, page):
    page.goto((workshop / "guide.html").as_uri())
    found = re.findall(r"It needs (\d+) of (\d+) minutes", page.inner_text("body"))
    assert len(found) == 3
    for needed, given in found:
        assert 0.8 * int(given) <= int(needed) <= int(given)


def test_no_address_of_a_registry_is_in_the_kit(workshop):
    lists = [path for path in (workshop / "offline").rglob("*") if path.suffix != ".whl" and path.is_file()]
    assert [path.name for path in lists] == ["sha256.txt"]
    assert "://" not in lists[0].read_text(encoding="utf-8")
