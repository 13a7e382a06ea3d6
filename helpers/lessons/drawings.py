"""The two drawings of notebook 0: the loop of active learning, and the map of the notebooks."""

from matplotlib.patches import FancyBboxPatch

from helpers.lessons.figure import COLORS, new_figure

BLUE, ORANGE, GREEN, PINK = COLORS[:4]

# Where a notebook stands on the map (column, row), and what it builds on.
PLACES = {
    "01_data": (0, 0),
    "02_baseline": (1, 0),
    "03_kmeans_centroids": (1, 1),
    "04_random_labeling": (2, 0),
    "05_active_learning": (3, 0),
    "06_auto_labeling": (4, 0),
    "07_does_it_hold": (3, 1),
    "08_query_strategies": (3, 2),
    "09_what_it_saves": (4, 2),
    "10_better_models": (3, 3),
    "11_other_worlds": (4, 3),
}
BUILDS_ON = [(1, 2), (1, 3), (2, 4), (4, 5), (5, 6), (5, 7), (7, 8), (8, 9), (8, 10), (10, 11)]
PARTS = {1: ("1 to 6: the article, step by step", BLUE), 7: ("7 to 9: does it hold, and what is it worth?", GREEN)}
PARTS |= {10: ("10 and 11: better models, other data", PINK)}  # number of the first notebook -> the part


def loop(pictures, names, title=""):
    """Pool, model, query, human and labels, and what goes from one to the next.

    pictures: (12, height, width), eight in the pool and four with a label; names: the labels of these four.
    """
    figure, axes = _canvas(9, 4.1, title, (0.1, 8.8), (0, 3.6))
    _box(axes, (1.25, 2.85), 2.1, 1.35, "pool", "images without a label", BLUE)
    _box(axes, (4.5, 2.85), 1.8, 1.35, "model", "learns from the labels,\ngives each image\nprobabilities", GREEN)
    _box(axes, (7.7, 2.85), 1.9, 1.35, "query", "which images\nwould help most?", ORANGE)
    _box(axes, (7.7, 0.75), 1.9, 1.35, "human", "looks, and names\nthe class", PINK)
    _box(axes, (4.5, 0.75), 2.1, 1.35, "labels", "images with a label", COLORS[5])
    for start, end, text, where in (
        ((2.35, 2.85), (3.55, 2.85), "1 · predict", (2.95, 2.95)),
        ((5.45, 2.85), (6.7, 2.85), "2 · choose", (6.07, 2.95)),
        ((7.7, 2.12), (7.7, 1.48), "3 · ask", (8.1, 1.8)),
        ((6.7, 0.75), (5.6, 0.75), "4 · label", (6.15, 0.85)),
        ((4.5, 1.48), (4.5, 2.12), "5 · fit", (4.85, 1.8)),
    ):
        _arrow(axes, start, end)
        axes.text(*where, text, ha="center", va="bottom" if start[1] == end[1] else "center", fontsize=11)
    for i in range(4):
        for j in range(2):
            _picture(axes, pictures[4 * j + i], (0.56 + 0.46 * i, 2.86 - 0.4 * j))
        _picture(axes, pictures[8 + i], (3.81 + 0.46 * i, 0.68))
        axes.text(3.81 + 0.46 * i, 0.3, names[i], ha="center", va="center", fontweight="bold")
    return figure


def notebook_map(names, title=""):
    """The notebooks of PLACES that are among `names`, each with an arrow to what builds on it."""
    there = {int(name[:2]): place for name, place in PLACES.items() if name in names}
    rows = max(row for _, row in there.values())
    figure, axes = _canvas(9, 0.95 * rows + 1.2, title, (-0.5, 4.5), (-rows - 0.4, 0.4))
    for name in names:
        number, words = int(name[:2]), name[3:].replace("_", " ")
        if number in there:
            color = PARTS[max(first for first in PARTS if first <= number)][1]
            _box(axes, (there[number][0], -there[number][1]), 0.84, 0.6, str(number), words, color)
    for before, after in BUILDS_ON:
        if before in there and after in there:
            (x, y), (to_x, to_y) = there[before], there[after]
            if y == to_y:
                _arrow(axes, (x + 0.44, -y), (to_x - 0.44, -y))
            else:
                _arrow(axes, (x, -y - 0.32), (to_x, -to_y + 0.32) if x == to_x else (to_x - 0.44, -to_y))
    for i, (first, (words, color)) in enumerate(PARTS.items()):
        if first in there:
            axes.text(-0.4, -2 - 0.25 * i, words, color=color, va="center", fontweight="bold")
    return figure


def map_in_words(names):
    """The arrows of `notebook_map` for those who don't see it."""
    numbers = {int(name[:2]) for name in names if name in PLACES}
    arrows = [f"{after} on {before}" for before, after in BUILDS_ON if {before, after} <= numbers]
    return f"What builds on what: {', '.join(arrows)}."


def _canvas(width, height, title, xlim, ylim):
    figure, axes = new_figure(width, height, title=title)
    axes.set(xlim=xlim, ylim=ylim)
    axes.set_axis_off()
    return figure, axes


def _box(axes, center, width, height, name, words, color):
    """A box around `center` with its name and some words."""
    corner, top = (center[0] - width / 2, center[1] - height / 2), center[1] + height / 2
    style = {"boxstyle": "round,pad=0,rounding_size=0.08", "facecolor": "white", "edgecolor": color, "linewidth": 2}
    axes.add_patch(FancyBboxPatch(corner, width, height, **style))
    axes.text(center[0], top - 0.06, name, ha="center", va="top", fontweight="bold", color=color, fontsize=12)
    axes.text(center[0], top - 0.3, words, ha="center", va="top", fontsize=9.5, linespacing=1.3)


def _arrow(axes, start, end):
    arrow = {
        "arrowstyle": "-|>",
        "mutation_scale": 16,
        "linewidth": 1.6,
        "color": "#444444",
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", end, start, arrowprops=arrow)


def _picture(axes, picture, center, size=0.36):
    x, y = center
    extent = (x - size / 2, x + size / 2, y - size / 2, y + size / 2)
    axes.imshow(picture, cmap="gray_r", extent=extent, aspect="auto", zorder=3)
