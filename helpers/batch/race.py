"""A race of strategies from files: on pools that no notebook uses, each file in a process of its own."""

import html
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from helpers.provenance import write
from helpers.studies import compare
from helpers.studies.trials import strategy_trial
from helpers.system import limit_memory

FIRST_POOL = 10_000  # the notebooks' pools are seeds from 0 up
RIVALS = ("random", "margin")
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>The race</title><style>body{{font:1rem/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}}
table{{border-collapse:collapse}}td,th{{padding:.3rem .8rem;text-align:left;border-bottom:1px solid #999}}
:root{{color-scheme:light dark}}</style><h1>The race</h1>
<p>Difference from random labels after {n_labels} labels, in points, on {pools} pools that no notebook uses. A bracket
is a 95% interval; two strategies can't be told apart where the last column says so.</p>
<table><tr><th>place<th>strategy<th>accuracy<th>difference from random<th>maybe as good as the place above</tr>
{rows}</table>{failed}</html>
"""


def race(paths, out, pools, n_labels, seconds, memory, workers):
    """Race `my_strategy` of each file; write race.json, race.csv and race.html into the folder `out`.

    pools: how many, 3 or more. seconds: that one file may take. memory: megabytes that its process may use. A file that
    fails has its sentence there and stops nobody. Returns the table and the sentences. It runs the code of the files.
    """
    settings = {"pools": pools, "n_labels": n_labels, "memory": memory}
    with ThreadPoolExecutor(workers) as threads:
        tasks = [*RIVALS, *map(str, paths)]
        found = dict(zip(tasks, threads.map(lambda one: _in_its_process(one, settings, seconds), tasks), strict=True))
    failed = {name: result for name, result in found.items() if isinstance(result, str)}
    ends = {name: np.array(result) for name, result in found.items() if not isinstance(result, str)}
    if missing := [name for name in RIVALS if name in failed]:
        raise ValueError(f"{missing[0]} could not run: {failed[missing[0]]}")
    table = compare.differences(ends).sort_values("difference", ascending=False)
    apart = {
        below: bool(compare.differences({above: ends[above], below: ends[below]}, rival=above).p.iloc[0] < 0.05)
        for above, below in zip(table.index, table.index[1:], strict=False)
    }
    out = Path(out)
    write(json.dumps({"accuracies": found, "pools": pools, "n_labels": n_labels}, indent=1), out / "race.json")
    write(table.rename_axis("strategy").to_csv(), out / "race.csv")
    write(_page(table, apart, failed, pools, n_labels), out / "race.html")
    return table, failed


def _page(table, apart, failed, pools, n_labels):
    shown = compare.shown(table)
    rows = "\n".join(
        f"<tr><td>{place}<td>{html.escape(_title(name))}<td>{row['mean']}<td>{row.iloc[1]}"
        f"<td>{'' if apart.get(name, True) else 'yes'}</tr>"
        for place, (name, row) in enumerate(shown.iterrows(), start=1)
    )
    items = "".join(f"<li><b>{html.escape(_title(name))}</b>: {html.escape(why)}" for name, why in failed.items())
    failed = f"<h2>Did not finish</h2><ul>{items}</ul>" if items else ""
    return PAGE.format(rows=rows, failed=failed, pools=pools, n_labels=n_labels)


def _title(name):
    return Path(name).stem if name.endswith(".py") else name


def _in_its_process(name, settings, seconds):
    """The accuracies of a strategy or a file's strategy, one a pool; or a sentence that says why there are none."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        command = [sys.executable, "-m", "helpers.batch.race", name, str(answer), json.dumps(settings)]
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=seconds, env=environment, stdin=subprocess.DEVNULL, check=False
            )
        except subprocess.TimeoutExpired:
            return f"it took longer than {seconds:g} seconds."
        if answer.exists():
            return json.loads(answer.read_text(encoding="utf-8"))
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        return lines[-1][:500] if lines else f"its process ended with status {done.returncode}."


def _strategy_of(path):
    space = {"__name__": Path(path).stem, "__file__": path}
    try:
        text = Path(path).read_text(encoding="utf-8")
        exec(compile(text, path, "exec"), space)
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} can't be read: {error}.") from error
    if not callable(space.get("my_strategy")):
        raise ValueError(f"{Path(path).name} defines no function my_strategy.")
    return space["my_strategy"]


def _main(name, answer, settings):
    settings = json.loads(settings)
    if settings["memory"]:
        limit_memory(os.getpid(), settings["memory"] * 2**20)
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (what a strategy prints is nobody's result)
    strategy = name if name in RIVALS else _strategy_of(name)
    ends = []
    for seed in range(FIRST_POOL, FIRST_POOL + settings["pools"]):
        rows = strategy_trial(strategy, seed, n_labels=settings["n_labels"])
        ends.append(rows[-1]["accuracy"])
    write(json.dumps(ends), answer)


if __name__ == "__main__":
    _main(*sys.argv[1:])
