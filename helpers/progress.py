"""A progress bar whose stored output is the same on every run."""

import time

from IPython import get_ipython
from IPython.display import display

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
