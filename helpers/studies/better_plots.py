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
    for i, (name, curve) in enumerate(curves.items()):
        style, ends = look("", i), [mean_interval(column) for column in curve.T]
        mean, low, high = np.array(ends).T
        left.fill_between(labels, low, high, color=style["color"], alpha=0.2, linewidth=0)
        left.plot(labels, mean, label=name, **style)
        _reach(right, i, name, reached[name], labels[-1], style)
    left.axhline(target, color=COLORS[5], linewidth=1)
    left.set(xscale="log", xlabel="labels", ylabel="accuracy on images that decide nothing")
    left.set_xticks(labels, [f"{size:,}" for size in labels], minor=False)
    left.minorticks_off()
    left.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    left.legend(loc="lower right", fontsize=9)
    right.set(xlabel=f"labels for {target:.2%}", yticks=range(len(curves)), yticklabels=[""] * len(curves))
    right.set(xlim=(0, 1.25 * labels[-1]), ylim=(len(curves) - 0.4, -0.8))
    return figure


def _reach(axes, i, name, reached, most, style):
    """A row of the right panel."""
    ends = [min(one, 1.2 * most) for one in reached]
    axes.hlines(i, ends[1], ends[2], color=style["color"], linewidth=3)
    if np.isfinite(reached[0]):
        axes.plot(ends[0], i, style["marker"], color=style["color"], markersize=8)
    beyond = "" if np.isfinite(reached[0]) else f": not within {most:,}"
    axes.text(0.02 * most, i - 0.28, name + beyond, fontsize=9, va="center")
