"""A race of strategies from files: on pools that no notebook uses, each file in a process of its own."""

import ast
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import nbformat
import numpy as np
import psutil
from tqdm import tqdm

from helpers.batch import report
from helpers.batch.html import environment
from helpers.batch.parameters import UNREADABLE
from helpers.files import write
from helpers.studies import compare, stats
from helpers.studies.trials import strategy_trial
from helpers.system import limit_memory

FIRST_POOL = 10_000  # the notebooks' pools are seeds from 0 up
RIVALS = ("random", "margin")
LAST_WORDS = 4000  # bytes at the end of what a process said that are looked at
KEPT_OF_A_NOTEBOOK = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
WIDTH, HEIGHT = 160, 40  # of a small curve, in pixels


def race(paths, pools, n_labels, seconds, memory, workers):
    """Race `my_strategy` of each file. It runs the code of the files.

    pools: how many, 3 or more. seconds: that one file may take. memory: megabytes that its process may use. A file that
    fails has its sentence and stops nobody. Returns the table, the sentences, and the files to keep, name -> text.
    """
    settings = {"pools": pools, "n_labels": n_labels, "memory": memory}
    tasks = [*RIVALS, *map(str, paths)]
    threads, futures, processes = ThreadPoolExecutor(workers), {}, set()
    try:
        for one in tasks:
            futures[threads.submit(_in_its_process, one, settings, seconds, processes)] = one
        ended = tqdm(as_completed(futures), "the race", len(tasks), unit="file", disable=None)
        found = {futures[future]: future.result() for future in ended}
    finally:
        _stop(threads, futures, processes)
    found = {name: found[name] for name in tasks}
    failed = {name: result for name, result in found.items() if isinstance(result, str)}
    if missing := [name for name in RIVALS if name in failed]:
        raise ValueError(f"{missing[0]} could not run: {failed[missing[0]]}")
    curves = {name: np.array(result) for name, result in found.items() if name not in failed}
    ends = {name: curve[:, -1] for name, curve in curves.items()}
    table = compare.differences(ends).sort_values("difference", ascending=False)
    files = {
        "race.json": json.dumps({"accuracies": found, "pools": pools, "n_labels": n_labels}, indent=1),
        "race.csv": table.rename(index=report.cell).rename_axis("strategy").to_csv(),
        "race.html": _page(table, curves, failed, settings),
    }
    return table, failed, files


def alike(ends):
    """Strategy -> those that it can't be told apart from: the paired t-tests of all pairs, adjusted for their number
    (Holm 1979), at 5 %. ends: strategy -> (pools,).
    """
    pairs = list(combinations(ends, 2))
    p = [stats.paired(ends[a], ends[b]).p for a, b in pairs]
    same = {pair for pair, value in zip(pairs, stats.holm(p), strict=True) if value >= 0.05}
    return {name: [other for other in ends if (name, other) in same or (other, name) in same] for name in ends}


def _page(table, curves, failed, settings):
    similar = alike({name: curve[:, -1] for name, curve in curves.items()})
    bands = compare.bands(curves)
    top = max(np.abs(band).max() for band in bands.values()) or 1
    rows = [
        {
            "name": _title(name),
            "accuracy": row["mean"],
            "difference": row.iloc[1],
            "wins": row["wins"],
            "band": _small_curve(bands[name], top),
            "alike": ", ".join(map(_title, similar[name])) or "none",
        }
        for name, row in compare.shown(table).iterrows()
    ]
    failures = [(_title(name), why) for name, why in failed.items()]
    values = settings | {"rows": rows, "failures": failures, "width": WIDTH, "height": HEIGHT, "points": 100 * top}
    accuracy = f"{curves['random'][:, -1].mean():.2%}"
    return environment().get_template("race.html.j2").render(title="The race", random=accuracy, **values)


def _small_curve(band, top):
    """The mean, and the outline of its interval, as the points of SVG: zero is in the middle, `top` at the edge."""
    x = np.linspace(0, WIDTH, band.shape[1])
    mean, low, high = HEIGHT / 2 * (1 - band / top)
    outline = zip([*x, *x[::-1]], [*low, *high[::-1]], strict=True)
    return [" ".join(f"{a:.1f},{b:.1f}" for a, b in points) for points in (zip(x, mean, strict=True), outline)]


def _title(name):
    return Path(name).stem if name not in RIVALS else name


def _stop(threads, futures, processes):
    """After Ctrl-C no process begins any more, and those that run end."""
    threads.shutdown(wait=False, cancel_futures=True)
    while not all(future.done() for future in futures):
        for process in [*processes]:
            _end(process)
        time.sleep(0.02)


def _in_its_process(name, settings, seconds, processes):
    """The accuracies of a strategy or a file's strategy, (pools, rounds); or a sentence that says why not.

    processes: a set that holds the process as long as it runs.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        answer, said = Path(folder, "answer.json"), Path(folder, "said")
        command = [sys.executable, "-m", "helpers.batch.race", name, str(answer), json.dumps(settings)]
        variables = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        nothing = subprocess.DEVNULL
        with said.open("wb") as file:
            process = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=file, env=variables)
        processes.add(process)
        try:
            status = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return f"it took longer than {seconds:g} seconds."
        finally:
            _end(process)
            processes.discard(process)
        if answer.exists():
            return json.loads(answer.read_text(encoding="utf-8"))
        lines = said.read_bytes()[-LAST_WORDS:].decode(errors="replace").strip().splitlines()
        return lines[-1][:500] if lines else f"its process ended with status {status}."


def _end(process):
    """End a process, if it runs, and those that it has started."""
    if process.poll() is None:
        with suppress(psutil.NoSuchProcess):  # they may end by themselves meanwhile
            for one in psutil.Process(process.pid).children(recursive=True):
                one.kill()
        process.kill()
        process.wait()


def _code_of(path):
    """What is run of a file; of a notebook its imports and definitions."""
    text = Path(path).read_text(encoding="utf-8")
    if Path(path).suffix != ".ipynb":
        return compile(text, path, "exec")
    kept = []
    try:
        cells = nbformat.reads(text, as_version=4).cells
    except UNREADABLE as error:
        raise ValueError(f"{Path(path).name} is no notebook that can be read.") from error
    for cell in cells:
        if cell.cell_type == "code" and "solution" not in cell.metadata.get("tags", []):
            lines = [line for line in cell.source.splitlines() if not line.startswith(("%", "!"))]
            kept += [node for node in ast.parse("\n".join(lines)).body if isinstance(node, KEPT_OF_A_NOTEBOOK)]
    return compile(ast.Module(kept, []), path, "exec")


def _strategy_of(path):
    space = {"__name__": Path(path).stem, "__file__": path}
    try:
        code = _code_of(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} can't be read: {getattr(error, 'strerror', error)}.") from error
    exec(code, space)
    if not callable(space.get("my_strategy")):
        raise ValueError(f"{Path(path).name} defines no function my_strategy.")
    return space["my_strategy"]


def _main(name, answer, settings):
    settings = json.loads(settings)
    if settings["memory"]:
        limit_memory(os.getpid(), settings["memory"] * 2**20)
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (what a strategy prints is nobody's result)
    strategy = name if name in RIVALS else _strategy_of(name)
    pools = range(FIRST_POOL, FIRST_POOL + settings["pools"])
    trials = [strategy_trial(strategy, seed, n_labels=settings["n_labels"]) for seed in pools]
    write(json.dumps([[row["accuracy"] for row in rows] for rows in trials]), answer)


if __name__ == "__main__":
    _main(*sys.argv[1:])
