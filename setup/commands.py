"""What each command of tutorial.py starts, once the environment is ready."""

import argparse
import subprocess
from pathlib import Path

from setup import system
from setup.environment import SetUpError, set_up

__all__ = ["SetUpError", "main"]

MODULES = {
    "run": ["helpers.batch", "run"],
    "refresh": ["helpers.batch", "refresh"],
    "race": ["helpers.batch", "race"],
    "study": ["helpers.studies"],
    "kit": ["kit"],
}


def main(project, command, *arguments):
    """Set up what the command needs, run it, return its exit status; arguments are passed on."""
    project = Path(project)
    if command == "setup":
        return _setup(project, arguments)
    if command == "kit" and not (project / "kit").exists():
        raise SetUpError("This is a learner's copy of the tutorial: it has no kit.")
    set_up(project, test=command in ("test", "bench"), reference=command in ("test", "bench"))
    python = system.executable(project / ".venv", "python")
    environment = {**system.clean_environment(), "PYTHONPATH": str(project)}
    if command in MODULES:
        # -P: a file beside the reader, called random.py say, is not taken for a library.
        return system.run([python, "-P", "-m", *MODULES[command], *arguments], env=environment)
    if command == "lab":
        return system.run([python, "-P", "-m", "jupyterlab", *lab(project), *arguments], env=environment)
    steps = {
        "test": [["-m", "ruff", "check", "."], ["-m", "ruff", "format", "--check", "."], ["-m", "pytest", *arguments]],
        "bench": [["benchmarks/run.py"], ["benchmarks/study.py", "--whole"]],
    }[command]
    *before, last = ([python, *step] for step in steps)
    for step in before:
        status = subprocess.run(step, cwd=project, env=environment, check=False).returncode
        if status:
            return status
    return system.run(last, env=environment, cwd=project)


def lab(project):
    """JupyterLab with the project as its root, so that links between folders work, and the first notebook open."""
    first = min((path.name for path in project.glob("notebooks/*.ipynb")), default="")
    options = [f"--ServerApp.root_dir={project}", f"--LabApp.default_url=/lab/tree/notebooks/{first}"]
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    options += ["--ContentsManager.pre_save_hook=helpers.lessons.stored.before_saving"]
    if system.is_root():
        print("This is root, who may change anything on this machine. That is common in a container, not elsewhere.")
        options += ["--allow-root"]
    if not system.has_browser():
        print("No browser was found: open the last address below yourself. From outside a container it needs")
        print("`tutorial.py lab --ip=0.0.0.0 --port=8888` and the port published.")
    return options


def _setup(project, arguments):
    parser = argparse.ArgumentParser(prog="tutorial.py setup", description="Set up the environment, and stop there.")
    parser.add_argument("--test", action="store_true", help="with what the tests need")
    parser.add_argument("--reference", action="store_true", help="also .venv-reference and .venv-modal")
    parser.add_argument("--again", action="store_true", help="from scratch")
    parser.add_argument("--wheels", metavar="FOLDER", help="install from this folder or address alone")
    options = parser.parse_args(arguments)
    if options.wheels and "://" not in options.wheels and not Path(options.wheels).is_dir():
        parser.error(f"there is no folder {options.wheels}")
    set_up(project, **vars(options))
    return 0
