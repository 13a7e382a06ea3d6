"""Notebooks without a browser: `python -m helpers.batch run`, `sweep`, `refresh`, `race`. `--help` explains each."""

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path

from helpers import checks
from helpers.batch import cluster, folder, plan, refresh, remote, report, site
from helpers.batch.parameters import Notebook
from helpers.batch.progress import line, progress
from helpers.batch.rows import read_rows

PROJECT = Path(__file__).parents[2]
HOLD_STRATEGIES = (".py", ".ipynb")
MOST_MEMORY = 2**40  # MB
LONGEST = 10_000_000  # seconds, four months; Jupyter fails in a cell on what is much longer
EXAMPLES = """examples:
  python -m helpers.batch sweep notebooks/05_active_learning.ipynb -p seed=0:30 -p batch_size=5,10 --out runs/seeds
  python -m helpers.batch sweep notebooks/05_active_learning.ipynb -f sweep.csv --out runs/seeds --resume
"""


def main(arguments=None):
    """Run the command line; return the exit status: 0, 1 if a run failed, 2 for a bad request, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        if options.workers is not None:
            checks.whole_number("--workers", options.workers, 1)
        if getattr(options, "timeout", None) is not None:
            checks.positive_number("--timeout", options.timeout)
            if options.timeout > LONGEST:
                raise ValueError(f"--timeout takes at most {LONGEST:,} seconds, not {options.timeout:g}.")
        if hasattr(options, "output_limit"):
            checks.positive_number("--output-limit", options.output_limit)
        if options.command is race_files:
            return race_files(options)
        paths = options.notebooks or sorted(PROJECT.glob("notebooks/*.ipynb"))
        return options.command(options, [Notebook(path) for path in paths])
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # of `| head`, say; Python would write into it once more at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"{error}\nWhat was finished is kept; a sweep goes on from there with --resume.", file=sys.stderr)
        return 1


def run(options, notebooks):
    """Each notebook once, with its own parameters."""
    url, local = _destination(options.out)
    runs = plan.plain(notebooks)
    site.check(runs)

    def pages(records):
        return site.of_run(local, notebooks, records, url)

    with folder.opened(local, "run", runs, url=url) as output:
        return _execute(options, notebooks, output, pages)


def sweep(options, notebooks):
    """Each notebook with every combination of parameters."""
    runs = plan.sweep(notebooks, options.parameters, read_rows(options.file) if options.file else plan.NO_FILE)
    url, local = _destination(options.out)
    print(f"{len(runs)} runs into {url or local}")
    if options.dry_run:
        for one in runs:
            print(one.notebook, *(f"{name}={value}" for name, value in one.parameters.items()))
        return 0

    def pages(records):
        return {
            "results.csv": report.results_csv(records),
            "results.parquet": report.results_parquet(records),
            "report.html": report.report_html(records, f"Sweep: {local.name}", url),
        }

    with folder.opened(local, "sweep", runs, options.resume, url) as output:
        return _execute(options, notebooks, output, pages)


def refresh_all(options, notebooks):
    """The committed notebooks, in place."""
    paths = refresh.in_order(notebook.path for notebook in notebooks)
    fresh = refresh.refresh(paths, options.workers or os.cpu_count())
    records = list(progress(fresh, [path.name for path in paths], notebooks))
    for record in records:
        print(line(record))
    return 1 if any(record["error"] for record in records) else 0


def race_files(options):
    """The functions `my_strategy` of Python files against each other."""
    from helpers.batch import race  # with SciPy, a second that no other command has to wait for

    checks.whole_number("--pools", options.pools, 3, 1000)
    checks.whole_number("--labels", options.labels, 20, 2000, step=10)
    checks.whole_number("--memory", options.memory, 0, MOST_MEMORY)
    files = [file for path in options.files for file in _strategies_in(path)]
    if not files:
        raise ValueError(f"There is no Python file or notebook in {options.files[0]}.")
    url, local = _destination(options.out)
    if url:
        raise ValueError(f"--out of a race is the path of a folder, not {url}.")
    print(f"This runs the code of {len(files)} files with your rights: {', '.join(file.name for file in files)}")
    limits = (options.timeout, options.memory, options.workers or os.cpu_count())
    with folder.opened(local, "race", []) as output:
        table, failed, pages = race.race(files, options.pools, options.labels, *limits)
        print(race.compare.shown(table).to_string())
        for name, why in failed.items():
            print(f"{Path(name).name}: {why}")
        output.begin()
        output.put_pages(pages, [])
    print(f"Look at {local / 'race.html'}")
    return 1 if failed else 0


def _strategies_in(path):
    """The files of a folder, or the one at `path`. Raises ValueError for what can't be read or holds no strategy."""
    files = [path]
    try:
        if path.is_dir():
            files = [one for one in sorted(path.iterdir()) if one.suffix in HOLD_STRATEGIES and one.name[0] != "."]
        for file in files:
            if file.suffix not in HOLD_STRATEGIES or not file.is_file():
                what = "is no Python file or notebook. Give files, or a folder with one for each strategy."
                raise ValueError(f"{file} {what}")
            file.open("rb").close()
    except OSError as error:
        raise ValueError(f"{error.filename} can't be read: {error.strerror}.") from error
    return files


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m helpers.batch", description="Notebooks without a browser.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command, name, text, notebooks):
        sub = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        sub.set_defaults(command=command)
        default = " (default: all of the project's)" if notebooks == "*" else ""
        sub.add_argument("notebooks", nargs=notebooks, metavar="NOTEBOOK", help="an .ipynb file" + default)
        sub.add_argument("--workers", type=int, help="how many notebooks at once (default: one a core)")
        return sub

    def add_cluster(sub):
        sub.add_argument("--scheduler", metavar="ADDRESS", help="run on this Dask cluster, not on this machine alone")
        sub.add_argument("--timeout", type=float, metavar="SECONDS", help="end a cell that takes longer")
        limit = "store at most so much of a cell's output (default: 10)"
        sub.add_argument("--output-limit", type=float, default=10.0, metavar="MB", help=limit)

    sub = add(run, "run", "execute notebooks as they are, into one folder", "*")
    sub.add_argument("--out", default=str(PROJECT / "runs/latest"), help="folder or URL (default: runs/latest)")
    add_cluster(sub)
    sub = add(sweep, "sweep", "execute notebooks with every combination of parameters", "+")
    sub.add_argument(
        "-p", "--parameters", action="append", default=[], metavar="NAME=VALUES",
        help="one value, a,b,c or start:stop or start:stop:step (without stop, as in Python)",
    )  # fmt: skip
    sub.add_argument("-f", "--parameters_file", dest="file", metavar="FILE", help=".yaml or .csv, one row a run")
    sub.add_argument("--out", required=True, help="folder, or URL that papermill can write")
    sub.add_argument("--resume", action="store_true", help="run only what is missing, failed or of another version")
    sub.add_argument("--dry-run", action="store_true", help="print the runs and stop")
    add_cluster(sub)
    text = "race the function my_strategy of Python files or notebooks"
    about = f"{text.capitalize()}, on pools that no notebook uses, each file in a process of its own."
    sub = commands.add_parser("race", help=text, description=about)
    sub.set_defaults(command=race_files)
    sub.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a .py or .ipynb file, or a folder of them; executed"
    )
    sub.add_argument("--out", default=str(PROJECT / "runs/race"), help="folder (default: runs/race)")
    sub.add_argument("--pools", type=int, default=10, help="on how many pools (default: 10)")
    sub.add_argument("--labels", type=int, default=400, help="the budget, a multiple of 10 (default: 400)")
    sub.add_argument("--timeout", type=float, default=300.0, metavar="SECONDS", help="for one file (default: 300)")
    sub.add_argument("--memory", type=int, default=4000, metavar="MB", help="for one file; 0: no limit (default: 4000)")
    sub.add_argument("--workers", type=int, help="how many files at once (default: one a core)")
    add(refresh_all, "refresh", "execute the project's notebooks in place and redraw figures/", "*")
    return parser


def _destination(out):
    """The URL that notebooks go to, or "", and the folder for all that stays here."""
    if not remote.is_url(out):
        return "", Path(os.path.realpath(out))  # Path.resolve() raises RuntimeError for links in a circle
    url = out.rstrip("/")
    return url, PROJECT / "runs" / remote.name(url)


def _execute(options, notebooks, output, pages):
    """Execute the runs that are not done; keep each record as it comes, then write the `pages` of all records."""
    if output.url:
        remote.check(output.url)
        remote.send_again(output)
    texts = {notebook.sha256: notebook.text for notebook in notebooks}
    records = dict(output.done)
    if records:
        print(f"{len(records)} of them are there already")
    todo = [one for one in output.runs if one.name not in records]
    out, stage = (output.url, None) if output.url else (str(output.path), str(output.stage))
    limit = int(options.output_limit * 1_000_000)
    arguments = (options.workers, options.scheduler, options.timeout, limit, options.command is sweep)
    interrupted = False

    def kept(fresh):
        for record, running in fresh:
            output.keep(record)
            records[record["name"]] = record
            yield record, running

    try:
        if not todo:
            output.begin()
        with closing(cluster.execute_all(todo, texts, out, stage, output.begin, *arguments)) as fresh:
            for _ in progress(kept(fresh), [one.notebook for one in todo], notebooks):
                pass
    except KeyboardInterrupt:
        interrupted = True
    records = [records[one.name] for one in output.runs if one.name in records]
    failed = [record for record in records if record["error"]]
    if records:
        files = pages(records)
        output.put_pages(files, records)
        for record in records if options.command is run else failed:
            print(line(record))
        print(f"{len(records) - len(failed)} runs ok, {len(failed)} failed. Look at {output.path / list(files)[-1]}")
    if interrupted:
        print(f"Interrupted: {len(output.runs) - len(records)} runs are missing.", file=sys.stderr)
        return 130
    output.end(records)
    return 1 if failed else 0
