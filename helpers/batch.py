"""Notebooks without a browser. `python -m helpers.batch --help` explains."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from tqdm import tqdm

from helpers import refresh, report
from helpers.cluster import execute_all
from helpers.runner import Run, parameter_names, write

PROJECT = Path(__file__).parents[1]


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m helpers.batch", description="Notebooks without a browser.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, text in [
        ("run", run, "execute notebooks into a folder, with a page that lists them"),
        ("refresh", refresh_all, "execute the project's notebooks in place and redraw their figures"),
    ]:
        sub = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        sub.set_defaults(command=command)
        sub.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK", help="default: all in notebooks/")
        sub.add_argument("--workers", type=int, default=os.cpu_count(), help="how many at once (default: one a core)")
        if name == "run":
            sub.add_argument("--out", type=Path, default=PROJECT / "runs/latest", help="default: runs/latest")
    options = parser.parse_args(arguments)
    try:
        options.notebooks = [_notebook(path) for path in options.notebooks or sorted(PROJECT.glob("notebooks/*.ipynb"))]
        return options.command(options)
    except ValueError as error:
        parser.exit(2, f"{error}\n")
    except KeyboardInterrupt:
        parser.exit(130, "Interrupted. What was finished is kept.\n")


def run(options):
    """Execute each notebook once with its own parameters."""
    sources = {path: path.read_text(encoding="utf-8") for path in options.notebooks}
    runs = [
        Run(path.stem, path.name, source, figures="figures" if "figures" in parameter_names(path) else None)
        for path, source in sources.items()
    ]
    _empty(options.out)
    records = sorted(
        _progress(execute_all(runs, options.out, options.workers), len(runs)), key=lambda record: record["name"]
    )
    index = options.out / "index.html"
    write(report.index_html(records, "Active learning on MNIST: executed notebooks"), index)
    return _summary(records, f"Look at {index}")


def refresh_all(options):
    """Execute the committed notebooks where they are."""
    records = list(_progress(refresh.refresh(options.notebooks, options.workers), len(options.notebooks)))
    return _summary(records, "Look at git status.")


def _notebook(path):
    if path.suffix != ".ipynb" or not path.is_file():
        raise ValueError(f"{path} is no notebook: the path of an .ipynb file is needed.")
    return path


def _empty(out):
    """Remove what an earlier run left in `out`; refuse a folder that is something else."""
    if out.exists() and any(out.iterdir()) and not (out / "index.html").exists():
        raise ValueError(f"{out} is not empty and not from an earlier run. Choose another --out.")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)


def _progress(records, total):
    """Pass records on while a bar shows how many are done; a line for each where the output is no terminal."""
    terminal = sys.stderr.isatty()
    with tqdm(total=total, unit="notebook", disable=not terminal) as bar:
        for done, record in enumerate(records, start=1):
            bar.update()
            bar.set_postfix_str(record["name"])
            if not terminal:
                print(f"[{done}/{total}] {_line(record)}", file=sys.stderr, flush=True)
            yield record


def _line(record):
    error = record["error"]
    return f"{record['name']:24} {record['seconds']:6.1f} s  " + (
        f"failed at {error['where']}: {error['what']}" if error else "ok"
    )


def _summary(records, where):
    """A line a notebook, and where to look; returns the exit status."""
    for record in records:
        print(_line(record))
    print(where)
    return 1 if any(record["error"] for record in records) else 0


if __name__ == "__main__":
    sys.exit(main())
