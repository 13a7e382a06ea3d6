"""How long a batch still takes: what each notebook announces at its top, put right by what its runs took."""

import re
from collections import Counter, deque

ANNOUNCED = re.compile(r"^Reading:.* running: (\d+) second", re.M)


def announced(notebook):
    """The seconds that a notebook (an nbformat node) says it runs; None if it says nothing."""
    said = ANNOUNCED.search(notebook.cells[0].source) if notebook.cells else None
    return int(said[1]) if said else None


class Remaining:
    """The time left of runs that start in their order.

    notebooks: of each run, in order. announced: notebook -> seconds; it may lack some. now: seconds on a clock.
    """

    def __init__(self, notebooks, announced, now):
        self._waiting, self._counts = deque(notebooks), Counter(notebooks)
        self._announced, self._now = announced, now
        self._running, self._took = [], {}  # pairs (notebook, start); notebook -> seconds of its runs that ended
        self._parallel = 1

    def seconds(self, notebook, took, running, now):
        """Seconds that are left after a run of `notebook` has ended, which took `took`; `running` others run now."""
        if not self._took:  # as many began with the batch as run now; this one was among them
            self._start(max(1, running if running + 1 < len(self._waiting) else running + 1), self._now)
        while notebook not in [name for name, _ in self._running]:  # it began after the last one had ended
            self._start(1, now - took)
        del self._running[[name for name, _ in self._running].index(notebook)]
        self._took.setdefault(notebook, []).append(took)
        self._start(running - len(self._running), now)
        self._parallel = max(self._parallel, running)
        ages = [(self._expected(name), now - start) for name, start in self._running]
        rest = [max(0.0, expected - age) for expected, age in ages]
        waiting = sum(count * self._expected(name) for name, count in self._counts.items() if count)
        return max([(sum(rest) + waiting) / self._parallel, *rest])

    def _start(self, count, now):
        for _ in range(min(count, len(self._waiting))):
            name = self._waiting.popleft()
            self._counts[name] -= 1
            self._running.append((name, now))

    def _expected(self, notebook):
        if notebook in self._took:
            return _mean(self._took[notebook])
        if notebook in self._announced:
            return self._announced[notebook] * self._slower()
        return _mean([_mean(seconds) for seconds in self._took.values()])

    def _slower(self):
        """How many times as long as announced the runs took."""
        known = [name for name in self._took if name in self._announced]
        if not known:
            return 1
        return sum(_mean(self._took[name]) for name in known) / sum(self._announced[name] for name in known)


def _mean(values):
    return sum(values) / len(values)
