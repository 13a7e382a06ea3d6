"""`make run`, `make test` and `make study` beside an earlier state of this project; the table goes to COMMANDS.md.

usage, in the project: PYTHONPATH=. python benchmarks/commands.py BEFORE [run test study]
BEFORE: a checkout of the earlier state, in which make test has run once

study: notebooks 7 to 9, which compute their studies: before there was `make study` they always did, now they are asked
to. They hold more studies now; those of notebooks 10 and 11, which take most of `make study`, had nothing before them.
Each command starts with no run kept and with its environment in place, one after the other, nothing beside them.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from run import machine

HERE = Path(__file__).parent
PROJECT = HERE.parent
STUDIES = [
    ".venv/bin/python", "-m", "helpers.batch", "sweep", "notebooks/07_does_it_hold.ipynb",
    "notebooks/08_query_strategies.ipynb", "notebooks/09_what_it_saves.ipynb", "--out", "runs/studies",
]  # fmt: skip
COMMANDS = {  # name -> before, now
    "run": (["make", "run"], ["make", "run"]),
    "test": (["make", "test"], ["make", "test"]),
    "study": (STUDIES, [*STUDIES, "-p", "recompute=true"]),
}


def seconds(command, project):
    """How long a command takes in a project; a text if it fails."""
    shutil.rmtree(project / "runs", ignore_errors=True)
    started = time.monotonic()
    done = subprocess.run(command, cwd=project, capture_output=True, check=False)
    return f"{time.monotonic() - started:.0f}" + f", status {done.returncode}" * (done.returncode != 0)


def main(before, *names):
    lines = ["| command | before, s | now, s |", "| --- | ---: | ---: |"]
    for name in names or COMMANDS:
        times = [seconds(*pair) for pair in zip(COMMANDS[name], (Path(before), PROJECT), strict=True)]
        lines.append(f"| {name} | {' | '.join(times)} |")
        print(lines[-1], flush=True)
    commit = subprocess.run(["git", "log", "-1", "--format=%h, %cs"], cwd=before, capture_output=True, text=True)
    about = f"{machine()}. Before: {commit.stdout.strip()}."
    table = "\n".join(lines)
    (HERE / "COMMANDS.md").write_text(f"# What `python benchmarks/commands.py` printed last\n\n{about}\n\n{table}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
