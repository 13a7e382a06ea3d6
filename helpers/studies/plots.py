"""The figures of the studies, notebooks 7 to 9: one function, one figure, which it returns."""

import numpy as np

from helpers.lessons.figure import COLORS, MARKERS, look, new_figure, percents
from helpers.studies.stats import mean_interval


def image_rows(rows, title=""):
    """One row of images per name. rows: name -> (n, height, width)."""
    columns = max(map(len, rows.values()))
    figure, axes = new_figure(0.75 * columns + 1.6, 0.85 * len(rows) + 0.3, len(rows), columns, title, squeeze=False)
    for (name, pictures), row in zip(rows.items(), axes, strict=True):
        for axis in row:
            axis.set_axis_off()
        for axis, picture in zip(row, pictures, strict=False):
            axis.imshow(picture, cmap="gray_r")
        row[0].text(-0.3, 0.5, name, ha="right", va="center", transform=row[0].transAxes)
    return figure


def differences(labels, rows, ylabel, title=""):
    """Differences along the labels, in points: a panel for each name with its band, the others thin behind it.

    labels: (n,). rows: name -> (mean, low, high), (n,) each.
    """
    columns = min(3, len(rows))
    height = 2.4 * -(-len(rows) // columns) + 0.6
    figure, axes = new_figure(
        9, height, -(-len(rows) // columns), columns, title, squeeze=False, sharex=True, sharey=True
    )
    for axis in axes.flat[len(rows) :]:
        axis.remove()
    for i, (axis, (name, (mean, low, high))) in enumerate(zip(axes.flat, rows.items(), strict=False)):
        style = look(name, i)
        for other, _, _ in rows.values():
            axis.plot(labels, 100 * other, color="#BBBBBB", linewidth=0.8)
        axis.fill_between(labels, 100 * low, 100 * high, color=style["color"], alpha=0.25, linewidth=0)
        axis.plot(labels, 100 * mean, label=name, markevery=max(1, len(labels) // 8), **style)
        axis.axhline(0, color=COLORS[5], linewidth=1)
        axis.set_title(name, fontsize=11)
        axis.tick_params(labelbottom=i + columns >= len(rows))
        axis.set_xlabel("labels" if i + columns >= len(rows) else "")
    figure.supylabel(ylabel, fontsize=11)
    return figure


def money(curves, target, title=""):
    """Accuracy against money spent; the target as a line. curves: name -> (money, accuracy), (n,) each."""
    figure, axes = new_figure(8, 4.6, title=title)
    for i, (name, (spent, accuracies)) in enumerate(curves.items()):
        axes.plot(spent, accuracies, label=name, markevery=max(1, len(accuracies) // 8), **look(name, i))
    axes.axhline(target, color=COLORS[5], linewidth=1)
    first = min(min(spent) for spent, _ in curves.values())
    axes.annotate(f"target {target:.0%}", (first, target), (0, 4), textcoords="offset points")
    shortest = min(max(spent) for spent, _ in curves.values())
    axes.set(xlabel="money spent on labels, waiting and computing", ylabel="accuracy on held-out images")
    axes.set_xlim(0.95 * first, 1.6 * shortest)  # where all ways can be compared, and a look beyond
    percents(axes.yaxis)
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.legend(loc="lower right")
    return figure


def reliability(curves, title=""):
    """Share of right guesses against confidence; honest confidence lies on the diagonal. curves: name -> (confidence,
    right), (bins,) each.
    """
    figure, axes = new_figure(5.5, 5.3, title=title)
    axes.plot([0, 1], [0, 1], color=COLORS[5], linewidth=1, label="honest")
    for i, (name, (confidence, right)) in enumerate(curves.items()):
        axes.plot(confidence, right, label=name, **look(name, i))
    axes.set(xlabel="confidence", ylabel="share of right guesses", xlim=(0, 1.02), ylim=(0, 1.02))
    percents(axes.xaxis)
    percents(axes.yaxis)
    axes.legend(loc="upper left")
    return figure


def intervals(rows, xlabel, title=""):
    """Mean and 95% interval of each row, in points, with a line at no difference. rows: name -> (mean, low, high), or
    (mean,) for a single run, which has no interval.
    """
    figure, axes = new_figure(8, 0.5 * len(rows) + 1.5, title=title)
    for i, (mean, *ends) in enumerate(rows.values()):
        style = {
            "color": COLORS[0] if ends else COLORS[1],
            "marker": MARKERS[0] if ends else MARKERS[3],
            "markersize": 8,
        }
        axes.plot(100 * mean, i, linestyle="none", **style)
        if ends:
            axes.hlines(i, 100 * ends[0], 100 * ends[1], color=COLORS[0])
    axes.axvline(0, color=COLORS[5], linewidth=1)
    axes.set(xlabel=xlabel, yticks=range(len(rows)), yticklabels=rows, ylim=(len(rows) - 0.5, -0.5))
    return figure


def paired_dots(points, xlabel, title="Each dot is one pool"):
    """The difference on each pool as a dot, their mean with its 95% interval below. points: (pools,)."""
    mean, low, high = mean_interval(points)
    figure, axes = new_figure(8, 2.2, title=title)
    axes.plot(points, np.full(len(points), 1.0), "o", color=COLORS[0], alpha=0.6)
    axes.hlines(0, low, high, color=COLORS[1], linewidth=3)
    axes.plot(mean, 0, "D", color=COLORS[1], markersize=8)
    axes.axvline(0, color=COLORS[5], linewidth=1)
    axes.set(xlabel=xlabel, yticks=[0, 1], yticklabels=["mean, 95% interval", "pools"], ylim=(-0.7, 1.7))
    return figure


def bootstrap(values, drawings, xlabel, title=""):
    """How a bootstrap draws: the values that there are, the first three drawings of them, and the means of all.

    values: (pools,) shares. drawings: (many, pools) which pools each drawing holds. A dot is larger the more often its
    pool was drawn; a diamond is the mean. Below, the bar holds 95% of the means.
    """
    figure, (top, bottom) = new_figure(8, 4.2, 2, 1, title, sharex=True, height_ratios=(3, 2))
    rows = {"the pools": np.arange(len(values))} | {f"drawing {i + 1}": drawings[i] for i in range(3)}
    for i, picks in enumerate(rows.values()):
        times = np.bincount(picks, minlength=len(values))
        top.scatter(values, np.full(len(values), i), 25 * times, color=COLORS[0], alpha=0.4, linewidth=0)
        top.plot(values[picks].mean(), i, "D", color=COLORS[1], markersize=8)
    top.set(yticks=range(len(rows)), yticklabels=rows, ylim=(len(rows) - 0.5, -0.5))
    means = values[drawings].mean(axis=1)
    heights, *_ = bottom.hist(means, bins=30, color=COLORS[1], alpha=0.4)
    bottom.hlines(-0.08 * max(heights), *np.quantile(means, [0.025, 0.975]), color=COLORS[1], linewidth=3)
    bottom.set(xlabel=xlabel, ylabel=f"the means of\n{len(means):,} drawings", yticks=[])
    percents(bottom.xaxis)
    return figure


def dots(panels, xlabel, title="", columns=3):
    """A panel for each name of `panels`: a dot and its 95% interval for each strategy, a line at no difference.
    All panels have the same scale.

    panels: name -> a table with a row a strategy and the columns difference, low, high, in points.
    """
    rows, shared = -(-len(panels) // columns), {"sharex": True, "sharey": True}
    figure, axes = new_figure(9.5, 2.3 * rows + 0.6, rows, columns, title, squeeze=False, **shared)
    for axis, (name, table) in zip(axes.flat, panels.items(), strict=False):
        for i, (strategy, row) in enumerate(table.iterrows()):
            style = look(strategy, i)
            axis.hlines(i, row.low, row.high, color=style["color"], linewidth=2)
            axis.plot(row.difference, i, linestyle="none", marker=style["marker"], color=style["color"], markersize=8)
        axis.axvline(0, color=COLORS[5], linewidth=1)
        axis.set_title(name, fontsize=11)
        axis.set(yticks=range(len(table)), yticklabels=table.index, ylim=(len(table) - 0.5, -0.5))
    for axis in axes.flat[len(panels) :]:
        axis.remove()
    figure.supxlabel(xlabel, fontsize=11)
    return figure
