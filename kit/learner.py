"""The learner's copies, without solutions and outputs, and the solutions, apart: folders and zips."""

import re
import shutil
import zipfile
from urllib.parse import unquote

import nbformat

from helpers.files import write
from kit import KitError
from kit.pages import render

# What the notebooks and the set-up need; the rest comes along where a link leads to it.
NEEDED = ("helpers", "setup", "results", "tutorial.py", "start.cmd", "start.command")
NEEDED += ("requirements.txt", "pyproject.toml", "LICENSE")
STARTED = (".py", ".command")  # files that the learner's system may start
LINK = re.compile(r"""\]\(([^)\s]+)|(?:href|src)="([^"]+)\"""")


def build(project, lessons, folder, solutions):
    """Write the copies and all they need into `folder`, a new one. Raises KitError for a link that leads nowhere."""
    for name in NEEDED:
        if (project / name).is_dir():
            shutil.copytree(project / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        elif (project / name).exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(project / name, folder / name)
    for lesson in lessons:
        write(nbformat.writes(lesson.copy(solutions)) + "\n", folder / "notebooks" / lesson.path.name)
    write(render("README.md.j2", lessons=lessons, solutions=solutions), folder / "README.md")
    if not solutions:
        write(render("predictions.html.j2", lessons=lessons), folder / "predictions.html")
    follow_links(project, folder)


def follow_links(project, folder):
    """Copy what pages of the folder link to, and what that links to, from the project."""
    todo = [path for path in sorted(folder.rglob("*")) if path.suffix in (".md", ".ipynb")]
    for page in todo:
        for target in links(page):
            path = (page.parent / target).resolve()
            if path.exists():
                continue
            here = path.relative_to(folder.resolve()) if path.is_relative_to(folder.resolve()) else None
            if here is None or not (project / here).exists():
                raise KitError(f"{page.relative_to(folder)} links to {target}, which does not exist.")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(project / here, path)
            todo += [path] if path.suffix in (".md", ".ipynb") else []


def links(page):
    """Where a page's links lead inside the folder: relative paths, without what stands behind a #."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        cells = nbformat.reads(text, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    targets = (unquote(one or two).split("#")[0] for one, two in LINK.findall(text))
    return sorted({target for target in targets if target and not re.match(r"[a-z]+:", target)})


def zip_folder(folder, path):
    """A zip that depends on the files' names and bytes alone: fixed times and modes, sorted."""
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            entry = zipfile.ZipInfo(f"{folder.name}/{file.relative_to(folder).as_posix()}")
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED  # 3: Unix, which has modes
            entry.external_attr = (0o100755 if file.suffix in STARTED else 0o100644) << 16
            packed.writestr(entry, file.read_bytes())
