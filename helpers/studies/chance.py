"""What a p-value is, and what Holm's method makes of several, as a picture."""

import numpy as np

from helpers.lessons.figure import COLORS, look, new_figure

SMALLEST = 1e-15  # p-values below are drawn there: 0 has no place on the axis


def by_chance(points, tries=10_000, seed=0):
    """Mean differences that chance alone gives, (tries,): if nothing differed, each of the differences `points`,
    (pools,), might as well have had the other sign.
    """
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (tries, len(points)))
    return signs @ points / len(points)


def p_values(means, observed, alone, adjusted, title=""):
    """Left: what chance gives, and in color what is as far from 0 as the observed mean. Right: the p-value of each
    strategy, and the adjusted one where it leads to.

    means: as `by_chance` gives them, in points. alone, adjusted: strategy -> p-value.
    """
    figure, (left, right) = new_figure(10, 3.6, 1, 2, title, width_ratios=(3, 4))
    alone, adjusted = ({name: max(p, SMALLEST) for name, p in of.items()} for of in (alone, adjusted))
    far, most = abs(observed), 1.05 * max(np.abs(means).max(), abs(observed), 0.01)
    edges = np.unique([*np.linspace(-most, -far, 12), *np.linspace(-far, far, 40), *np.linspace(far, most, 12)])
    counts, _ = np.histogram(means, edges)
    middles, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    colors = np.where(np.abs(middles) > far, COLORS[1], "#b0b0b0")
    left.bar(middles, counts / widths, widths, color=colors)
    left.axvline(observed, color=COLORS[5], linewidth=1)
    left.annotate("observed", (observed, 1), (4, -12), xycoords=("data", "axes fraction"), textcoords="offset points")
    left.set(xlabel="mean difference by chance, in points", yticks=[])
    for i, name in enumerate(alone):
        style = look(name, i)
        right.annotate("", (adjusted[name], i), (alone[name], i), arrowprops={"arrowstyle": "->", "color": "#888888"})
        right.plot(alone[name], i, "o", color=style["color"], markerfacecolor="white", markersize=8)
        right.plot(adjusted[name], i, "o", color=style["color"], markersize=8)
        right.text(1.6 * adjusted[name], i, f"times {adjusted[name] / alone[name]:.3g}", va="center", fontsize=9)
    right.axvline(0.05, color=COLORS[5], linewidth=1)
    right.annotate("0.05", (0.05, 1), (4, -12), xycoords=("data", "axes fraction"), textcoords="offset points")
    right.set(xscale="log", yticks=range(len(alone)), yticklabels=alone, ylim=(len(alone) - 0.5, -0.8))
    right.set(xlabel="p-value: alone (open), adjusted (filled)", xlim=(min(alone.values()) / 3, 3))
    return figure
