"""What a notebook shows besides figures and tables: changed parameters, progress, results that it hands over."""

import math
import time
from numbers import Integral, Real

from IPython import get_ipython
from IPython.display import Markdown, display

from helpers.lessons import defaults

# JupyterLab and GitHub show the text beside it; nbval compares both.
MIME = "application/vnd.active-learning.record+json"
MOST_CLASSES = 10  # that are named


def remark(name, parameters):
    """If parameters of the notebook `name` differ from the stored ones, say so once; return those that do. Of a
    reader's own data it says what they are, and what was left out or kept for judging.

    parameters: name -> value, such as the notebook's `globals()`.
    """
    changed = defaults.changed(name, parameters)
    if changed:
        values = ", ".join(f"`{key} = {here!r}` (stored: `{stored!r}`)" for key, (here, stored) in changed.items())
        kept = "" if parameters.get("figures") else " Figures are saved in `runs/figures`."
        text = f"**Changed parameters:** {values}. The text below speaks about the stored outputs, not about these."
        display(Markdown(text + kept))
    if "data_file" in changed:
        display(Markdown(about(parameters["data_file"])))
    return changed


def about(data_file):
    """What a reader's data are, in Markdown."""
    from helpers.data import open_data  # it uses this file

    data = open_data(data_file)
    classes = ", ".join(f"`{name}`" for name in data.classes[:MOST_CLASSES])
    more = ", ..." * (len(data.classes) > MOST_CLASSES)
    images = len(data.shape) == 2
    what = f"images of {data.shape[0]} x {data.shape[1]} pixels" if images else f"rows of {data.shape[0]} features"
    return f"**Your data:** {len(data.x):,} {what}, {data.n_classes} classes: {classes}{more}. {data.note}".rstrip()


def record(**results):
    """Store the results in the cell's output as JSON, for the reports of headless runs, and show their names.

    A value is a finite number, a text, True or False, or a list (or one-dimensional array) of these. A list named
    `labels` is the horizontal axis of the other lists of its length: the report draws them as learning curves.
    Numbers keep 12 significant digits; what comes after depends on the machine.
    Raises ValueError for anything else.
    """
    if not results:
        raise ValueError("record() needs at least one result, such as record(accuracy=0.9).")
    results = {name: _plain(name, value) for name, value in results.items()}
    text = f"Recorded for the reports of headless runs: {', '.join(results)}."
    display({MIME: list(results.items()), "text/plain": text}, raw=True)  # pairs: Jupyter sorts the keys of an object


def recorded(notebook):
    """The results that an executed notebook (an nbformat node) recorded, as a dict. Of two of one name the last.

    Raises ValueError if a cell shows as a record what `record` would not have made.
    """
    results = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            results |= _results(output.get("data", {}).get(MIME, []))
    return results


def _results(pairs):
    """The pairs (name, value) of one output as a dict."""
    if not isinstance(pairs, list) or not all(
        isinstance(p, list) and len(p) == 2 and isinstance(p[0], str) for p in pairs
    ):
        raise ValueError(f"{MIME} holds pairs of a name and a value, as record() makes them, not {pairs!r:.80}.")
    return {name: _plain(name, value) for name, value in pairs}


def _plain(name, value):
    """`value` as JSON knows it."""
    if hasattr(value, "tolist"):  # NumPy's scalars and arrays
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        if any(isinstance(item, (list, tuple)) for item in value):
            raise ValueError(f"record({name}=...): a list may hold no lists.")
        return [_plain(name, item) for item in value]
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real) and math.isfinite(value):
        return float(f"{value:.12g}")
    raise ValueError(
        f"record({name}=...) takes finite numbers, texts, True or False, or a list of these, not {value!r:.80}."
    )


def short(value):
    """A recorded value in one line: six digits of a number, a long list by its ends."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list) and len(value) > 8:
        return f"{short(value[:3])[:-1]}, ..., {short(value[-3:])[1:]} ({len(value)} values)"
    return f"[{', '.join(map(short, value))}]" if isinstance(value, list) else str(value)


WIDTH = 30  # characters
SECONDS = 0.2  # between two drawings


def progress(items, label, total=None):
    """Yield the items one by one; meanwhile a bar counts them under the cell. At the end only `label` is left. Outside
    a notebook nothing is shown.

    label: text. It is also what stands there first, since nbval compares the first drawing with the stored last one.
    total: how many items there will be, if `items` has no length.
    """
    total = len(items) if total is None else total
    handle = display({"text/plain": label}, raw=True, display_id=True) if get_ipython() else None
    drawn = time.monotonic()
    for done, item in enumerate(items):
        if handle and time.monotonic() - drawn > SECONDS:
            bar = "#" * (WIDTH * done // total)
            handle.update({"text/plain": f"{label} [{bar:.<{WIDTH}}] {done} of {total}"}, raw=True)
            drawn = time.monotonic()
        yield item
    if handle:
        handle.update({"text/plain": label}, raw=True)
