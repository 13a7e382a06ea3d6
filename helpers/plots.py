"""The figures of notebooks 0 to 6: one function, one figure, which it returns. `title` says what is seen.

Those of the studies are in `helpers/studies/plots.py`; what all share is in `helpers/figure.py`.
"""

import numpy as np
from matplotlib.ticker import PercentFormatter

from helpers.lessons.figure import COLORS, LINES, LOOKS, MARKERS, figures_folder, look, new_figure, percents, show

__all__ = ["COLORS", "LINES", "LOOKS", "MARKERS", "figures_folder", "look", "new_figure", "show"]


def images(pictures, titles, columns=10, symmetric=False, title=""):
    """A grid of images (n, height, width), or of features (n, d), each under its title.

    symmetric: red above 0, blue below, white at 0.
    """
    rows = -(-len(pictures) // columns)
    figure, axes = new_figure(1.05 * columns, 1.45 * rows + 0.35 * bool(title), rows, columns, title, squeeze=False)
    limit = np.abs(pictures).max() if symmetric else None
    colors = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit} if symmetric else {"cmap": "gray_r"}
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture, name in zip(axes.flat, pictures, titles, strict=False):
        # Features have no height and width: each becomes a stripe, in their order.
        axis.imshow(np.atleast_2d(picture), aspect="auto" if picture.ndim == 1 else "equal", **colors)
        axis.set_title(name, fontsize=9)
    return figure


def class_shares(shares, xlabel="class", title=""):
    """Bars: the share of each class. shares: name -> (n_classes,) from 0 to 1."""
    figure, axes = new_figure(8, 3.2, title=title)
    width = 0.8 / len(shares)
    for i, (name, share) in enumerate(shares.items()):
        positions = np.arange(len(share)) + width * (i - (len(shares) - 1) / 2)
        axes.bar(positions, share, width * 0.9, label=name, color=COLORS[i], hatch=("", "///", "...")[i])
    axes.set(xlabel=xlabel, ylabel="share of the images", xticks=range(len(share)))
    percents(axes.yaxis)
    axes.grid(axis="x", visible=False)
    axes.legend()
    return figure


def standard_errors(n_stop, accuracy, title=""):
    """How far a measured accuracy strays, against the number of images that it is measured on; `n_stop` is marked."""
    figure, axes = new_figure(8, 3.6, title=title)
    counts = np.geomspace(50, 20_000, 200)
    axes.plot(counts, 1.96 * 100 * np.sqrt(accuracy * (1 - accuracy) / counts), color=COLORS[0])
    here = 1.96 * 100 * np.sqrt(accuracy * (1 - accuracy) / n_stop)
    axes.plot(n_stop, here, MARKERS[0], color=COLORS[1], markersize=10)
    axes.annotate(f"{n_stop} images: ±{here:.1f} points", (n_stop, here), (12, 12), textcoords="offset points")
    axes.set(xscale="log", xlabel="images to measure on", ylabel="95% of measurements\nlie within ± points", ylim=0)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    return figure


def training_curve(fit, title=""):
    """The loss and the accuracy step by step, and the step whose weights `fit` kept. Of the accuracies the ten points
    below the best are drawn, where one can see what the last steps change.
    """
    figure, (top, bottom) = new_figure(8, 5, 2, 1, title, sharex=True)
    top.plot(range(len(fit.losses)), fit.losses, color=COLORS[1], linestyle=LINES[1])
    top.set(ylabel="loss on the\nlabeled images", ylim=0)
    bottom.plot(range(len(fit.accuracies)), fit.accuracies, color=COLORS[0])
    bottom.plot(fit.best_step, fit.accuracy, MARKERS[0], color=COLORS[5], markersize=9)
    bottom.annotate(
        f"kept: step {fit.best_step}", (fit.best_step, fit.accuracy), (0, -34), textcoords="offset points", ha="center"
    )
    bottom.set(xlabel="steps of Adam", ylabel="accuracy on the\nstopping images")
    bottom.set_ylim(fit.accuracy - 0.1, fit.accuracy + 0.01)
    percents(bottom.yaxis)
    return figure


def confusion(counts, title=""):
    """True class by guessed class, (n_classes, n_classes) counts; right guesses lie on the diagonal."""
    figure, axes = new_figure(6, 5.6, title=title)
    mistakes = counts - np.diag(np.diag(counts))
    axes.imshow(mistakes, cmap="Oranges")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            dark = row != column and count > 0.6 * mistakes.max()
            weight = "bold" if row == column else "normal"
            axes.text(column, row, count, ha="center", va="center", color="w" if dark else "k", weight=weight)
    ticks = range(len(counts))
    axes.set(xlabel="the model's guess", ylabel="true class", xticks=ticks, yticks=ticks)
    axes.grid(visible=False)
    return figure


def spread(accuracies, marked, xlabel, title=""):
    """Every repeat as a dot, their mean as a line. marked: name -> one accuracy to mark."""
    figure, axes = new_figure(8, 2.9, title=title)
    order = np.sort(accuracies)
    heights = np.zeros(len(order))
    for i in range(1, len(order)):  # dots with the same value are stacked
        heights[i] = heights[i - 1] + 1 if np.isclose(order[i], order[i - 1]) else 0
    axes.plot(order, heights, MARKERS[0], color=COLORS[0], label=f"{len(order)} repeats")
    axes.axvline(order.mean(), color=COLORS[0], linestyle=LINES[1], label=f"their mean: {order.mean():.2%}")
    for i, (name, accuracy) in enumerate(marked.items()):
        axes.plot(accuracy, -1, MARKERS[i + 3], color=COLORS[i + 1], markersize=10, label=f"{name}: {accuracy:.2%}")
    axes.set(xlabel=xlabel, yticks=[], ylim=(-2, heights.max() + 1.5))
    percents(axes.xaxis)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def confidence_curve(confidence, title=""):
    """The confidence of every unlabeled image, least confident first."""
    figure, axes = new_figure(8, 3.4, title=title)
    axes.plot(np.sort(confidence), color=COLORS[0])
    axes.set(xlabel="unlabeled images, least confident first", ylabel="confidence", ylim=(0, 1.02))
    percents(axes.yaxis)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    return figure


def learning_curves(labels, curves, bands=None, marked=None, ylabel="accuracy on the stopping images", title=""):
    """Accuracy against labels. labels: (rounds,). curves: name -> (rounds,). bands: name -> (repeats, rounds), drawn as
    mean and, up to three of them, standard deviation. marked: name -> (labels, accuracy), a point.
    """
    figure, axes = new_figure(8, 4.6, title=title)
    bands, marked = bands or {}, marked or {}
    for i, (name, values) in enumerate((curves | bands).items()):
        style, text = look(name, i) | {"markevery": max(1, len(labels) // 10)}, f"{name}: one run"
        if name in bands:
            text = f"{name}: mean of {len(values)} runs"
            values, deviation = np.mean(values, axis=0), np.std(values, axis=0, ddof=1)
            if len(bands) <= 3:  # more would merge into gray
                text += " ± standard deviation"
                band = {"color": style["color"], "alpha": 0.2, "linewidth": 0}
                axes.fill_between(labels, values - deviation, values + deviation, **band)
        axes.plot(labels, values, label=text, **style)
    for i, (name, point) in enumerate(marked.items(), len(curves) + len(bands)):
        axes.plot(*point, label=name, markersize=10, **look(name, i) | {"linestyle": "none"})
    axes.set(xlabel="labels", ylabel=ylabel)
    percents(axes.yaxis)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(loc="lower right")
    return figure


def auto_labels(labels, accuracies, wrong, title=""):
    """Auto-labeling as it goes: the accuracy above, below it the share of auto-labels that are wrong."""
    figure, (top, bottom) = new_figure(8, 5, 2, 1, title, sharex=True)
    top.plot(labels, accuracies, color=COLORS[0])
    top.set(ylabel="accuracy on the\nstopping images", ylim=(min(accuracies) - 0.02, max(accuracies) + 0.02))
    bottom.plot(labels, wrong, color=COLORS[1], linestyle=LINES[1])
    bottom.set(xlabel="labels, by hand and by the model", ylabel="wrong among\nthe auto-labels", ylim=0)
    for axis in (top, bottom):
        axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    bottom.xaxis.set_major_formatter("{x:,.0f}")
    return figure


def runs(curves, ylabel, xlabel):
    """Every run a thin line, the mean of each group a thick one. curves: list of (group, labels, values), one a run."""
    figure, axes = new_figure(8, 4)
    groups = list(dict.fromkeys(group for group, _, _ in curves))
    for i, name in enumerate(groups):
        color, line = COLORS[i % len(COLORS)], LINES[i % len(LINES)]
        of_group = [(tuple(labels), values) for group, labels, values in curves if group == name]
        for labels, values in of_group:
            axes.plot(labels, values, color=color, linewidth=0.8, alpha=min(1, 3 / len(of_group)))
        if len({labels for labels, _ in of_group}) == 1:
            mean = np.mean([values for _, values in of_group], axis=0)
            axes.plot(of_group[0][0], mean, color=color, linestyle=line, label=f"{name or 'mean'} ({len(of_group)})")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if len(groups) <= 12:
        axes.legend()
    return figure
