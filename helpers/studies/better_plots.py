"""The key figure of notebook 10."""

import numpy as np
from matplotlib.ticker import PercentFormatter

from helpers.lessons.figure import COLORS, look, new_figure
from helpers.studies.stats import mean_interval


def what_saves_labels(labels, curves, reached, target, title=""):
    """Left: mean accuracy along the labels with its 95% interval. Right: the labels that reach the target.

    labels: (n,). curves: name -> (pools, n). reached: name -> (labels, low, high); inf is beyond the largest budget.
    """
    figure, (left, right) = new_figure(11, 4.8, 1, 2, title, width_ratios=(3, 2))
    ends = [one for of_name in reached.values() for one in of_name if np.isfinite(one)]
    most = 1.1 * max(ends, default=labels[-1])
    for i, (name, curve) in enumerate(curves.items()):
        style, points = look("", i), [mean_interval(column) for column in curve.T]
        mean, low, high = np.array(points).T
        left.fill_between(labels, low, high, color=style["color"], alpha=0.2, linewidth=0)
        left.plot(labels, mean, label=name, **style)
        _reach(right, i, name, reached[name], labels[-1], most, style)
    left.axhline(target, color=COLORS[5], linewidth=1)
    left.annotate(f"target {target:.2%}", (labels[0], target), (0, 4), textcoords="offset points")
    left.set(xscale="log", xlabel="labels, logarithmic", ylabel="accuracy on held-out images")
    left.set_xticks(labels, [f"{size:,}" for size in labels], minor=False)
    left.minorticks_off()
    left.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    left.legend(loc="lower right", fontsize=9)
    right.set(xlabel=f"labels for {target:.2%}, with 95% interval", yticks=[])
    right.set(xlim=(0, most), ylim=(len(curves) - 0.4, -0.8))
    return figure


def _reach(axes, i, name, reached, budget, most, style):
    """A row of the right panel."""
    if np.isfinite(reached[0]):
        low, high = min(reached[1], most), min(reached[2], most)
        axes.hlines(i, low, high, color=style["color"], linewidth=2)
        axes.plot([low, high], [i, i], "|", color=style["color"], markersize=12, markeredgewidth=2)
        axes.plot(reached[0], i, style["marker"], color=style["color"], markersize=5)
    beyond = "" if np.isfinite(reached[0]) else f": not within {budget:,}"
    axes.text(0.02 * most, i - 0.28, name + beyond, fontsize=9, va="center")
