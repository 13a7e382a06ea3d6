import base64
import errno
import struct
import zlib
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.colors import to_rgb

from helpers import plots
from helpers.lessons import drawings
from helpers.lessons import figure as figure_module
from helpers.strategies import STRATEGIES
from helpers.studies import plots as study_plots

pytestmark = pytest.mark.filterwarnings("error")

FIT = SimpleNamespace(
    losses=np.array([2.3, 1.1, 0.6]), accuracies=np.array([0.1, 0.5, 0.7, 0.7]), best_step=2, accuracy=0.7
)
PICTURES = np.random.default_rng(0).random((3, 5, 4)) - 0.5
LABELS = [10, 20, 30]
DRAWINGS = np.random.default_rng(0).integers(5, size=(400, 5))
# One call of every figure, and how many of its axes show something.
DOTS = pd.DataFrame({"difference": [1.0, 2.0], "low": [0.5, 1.0], "high": [1.5, 3.0]}, index=["margin", "entropy"])
FIGURES = {
    "images": (lambda: plots.images(PICTURES, ["a", "b", "c"], columns=2), 3),
    "class_shares": (lambda: plots.class_shares({"pool": [0.5, 0.3, 0.2], "test images": [0.4, 0.4, 0.2]}), 1),
    "standard_errors": (lambda: plots.standard_errors(400, 0.9), 1),
    "training_curve": (lambda: plots.training_curve(FIT), 2),
    "confusion": (lambda: plots.confusion(np.array([[5, 1, 0], [0, 7, 0], [2, 0, 9]])), 1),
    "spread": (lambda: plots.spread([0.8, 0.85, 0.8, 0.9], {"the first 400": 0.83}, "accuracy"), 1),
    "confidence_curve": (lambda: plots.confidence_curve(np.array([0.9, 0.2, 0.5])), 1),
    "learning_curves": (
        lambda: plots.learning_curves(LABELS, {"a": [0.1, 0.2, 0.3]}, {"b": [[0.1, 0.3, 0.5], [0.3, 0.3, 0.7]]}),
        1,
    ),
    "auto_labels": (lambda: plots.auto_labels(LABELS, [0.8, 0.9, 0.9], [0, 0.1, 0.2]), 2),
    "image_rows": (lambda: study_plots.image_rows({"a": np.ones((2, 3, 4)), "b": np.ones((1, 3, 4))}), 3),
    "differences": (lambda: study_plots.differences(np.array(LABELS), {"a": np.ones((3, 3)) / 10}, "difference"), 1),
    "dots": (lambda: study_plots.dots({"one world": DOTS, "another": DOTS}, "difference", columns=2), 2),
    "money": (lambda: study_plots.money({"a": (np.arange(1, 4), np.arange(3) / 4)}, 0.4), 1),
    "reliability": (lambda: study_plots.reliability({"a": (np.arange(3) / 4, np.arange(3) / 5)}), 1),
    "paired_dots": (lambda: study_plots.paired_dots(np.array([1.0, 2.0, 4.0]), "difference, in points"), 1),
    "bootstrap": (lambda: study_plots.bootstrap(np.arange(5) / 10, DRAWINGS, "accuracy"), 2),
    "intervals": (lambda: study_plots.intervals({"one run": (0.05,), "many": (0.02, 0.01, 0.03)}, "gain"), 1),
    "loop": (lambda: drawings.loop(np.ones((12, 3, 3)), "1435"), 1),
    "notebook_map": (lambda: drawings.notebook_map(list(drawings.PLACES)), 1),
    "runs": (
        lambda: plots.runs([("a", LABELS, [0.1, 0.2, 0.3]), ("b", LABELS, [0.2, 0.3, 0.4])], "accuracy", "labels"),
        1,
    ),
}


WITHOUT_AXES = ("images", "image_rows", "loop", "notebook_map")


def texts(axis):
    return [text.get_text() for text in axis.texts]


def legend(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


def test_every_figure_is_tested():
    own = {
        name
        for module in (drawings, plots, study_plots)
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__
    }
    assert {name for name in own if not name.startswith("_")} - {"map_in_words"} == set(FIGURES)


@pytest.mark.parametrize(("draw", "n_axes"), FIGURES.values(), ids=FIGURES)
def test_figure_draws_something_without_a_warning_and_is_closed(draw, n_axes):
    before = dict(mpl.rcParams)
    figure = draw()
    figure.canvas.draw()
    assert sum(axis.has_data() for axis in figure.axes) == n_axes
    assert not mpl.pyplot.get_fignums()  # or the notebook would show it a second time
    assert dict(mpl.rcParams) == before  # a reader's own figures keep their style


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in WITHOUT_AXES])
def test_axes_say_what_they_show(name):
    figure = FIGURES[name][0]()
    assert figure.axes[-1].get_xlabel() or figure.get_supxlabel()
    for axis in figure.axes:
        rows = [label.get_text() for label in axis.get_yticklabels()]
        assert figure.get_supylabel() or axis.get_ylabel() or all(row and not row[0].isdigit() for row in rows)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_grid_of_images_takes_any_number(count):
    figure = plots.images(np.zeros((count, 3, 3)), range(count), columns=3)
    assert [axis.get_title() for axis in figure.axes if axis.has_data()] == [str(i) for i in range(count)]


def test_symmetric_images_are_white_at_0():
    figure = plots.images(PICTURES, "abc", symmetric=True)
    for axis in figure.axes[:3]:
        low, high = axis.images[0].get_clim()
        assert -low == high == np.abs(PICTURES).max()


def test_bars_have_the_height_of_their_share_and_stand_side_by_side():
    (axis,) = FIGURES["class_shares"][0]().axes
    assert [bar.get_height() for bar in axis.patches] == [0.5, 0.3, 0.2, 0.4, 0.4, 0.2]
    spans = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in axis.patches)
    assert all(right <= left for (_, right), (left, _) in pairwise(spans))
    assert legend(axis) == ["pool", "test images"]


def test_standard_error_of_400_images_by_hand():
    (axis,) = plots.standard_errors(400, 0.9).axes
    assert texts(axis) == ["400 images: ±2.9 points"]  # 1.96 * sqrt(0.9 * 0.1 / 400) = 0.0294


def test_training_curve_marks_the_step_that_was_kept():
    top, bottom = FIGURES["training_curve"][0]().axes
    assert top.lines[0].get_ydata().tolist() == [2.3, 1.1, 0.6]
    assert bottom.lines[0].get_ydata().tolist() == [0.1, 0.5, 0.7, 0.7]
    assert list(bottom.lines[1].get_xydata()[0]) == [2, 0.7]
    assert texts(bottom) == ["kept: step 2"]


@pytest.mark.parametrize("most", [0.013, 0.16, 1])
def test_percents_stand_where_they_say(most):
    (axis,) = plots.class_shares({"pool": [most, 0.01]}).axes
    places = axis.yaxis.get_majorticklocs()
    written = axis.yaxis.get_major_formatter().format_ticks(places)
    assert [float(text.rstrip("%")) for text in written] == pytest.approx(100 * places)


def test_confusion_shows_every_count_and_colors_the_mistakes_only():
    (axis,) = FIGURES["confusion"][0]().axes
    found = {tuple(map(int, text.get_position())): text.get_text() for text in axis.texts}
    assert found == {(0, 0): "5", (1, 0): "1", (1, 1): "7", (0, 2): "2", (2, 2): "9"}  # (guess, truth)
    assert axis.images[0].get_array().tolist() == [[0, 1, 0], [0, 0, 0], [2, 0, 0]]


def test_confusion_without_a_mistake():
    plots.confusion(np.diag([3, 4])).canvas.draw()


def test_spread_stacks_equal_accuracies():
    (axis,) = FIGURES["spread"][0]().axes
    assert axis.lines[0].get_xydata().tolist() == [[0.8, 0], [0.8, 1], [0.85, 0], [0.9, 0]]
    assert legend(axis) == ["4 repeats", "their mean: 83.75%", "the first 400: 83.00%"]


def test_confidence_curve_is_sorted():
    (axis,) = FIGURES["confidence_curve"][0]().axes
    assert axis.lines[0].get_ydata().tolist() == [0.2, 0.5, 0.9]


def test_bootstrap_draws_each_pool_as_often_as_the_drawing_holds_it_and_95_percent_of_the_means():
    values = np.arange(5) / 10
    top, bottom = FIGURES["bootstrap"][0]().axes
    for dots, picks in zip(top.collections, [range(5), *DRAWINGS[:3]], strict=True):
        assert (dots.get_sizes() / 25).tolist() == np.bincount(picks, minlength=5).tolist()
    means = values[DRAWINGS].mean(axis=1)
    assert [line.get_xdata()[0] for line in top.lines] == pytest.approx([0.2, *means[:3]])
    (bar,) = [drawn for drawn in bottom.collections if hasattr(drawn, "get_segments")]
    low, high = bar.get_segments()[0][:, 0]
    assert np.mean((means >= low) & (means <= high)) == pytest.approx(0.95, abs=0.02)


def test_learning_curves_by_hand():
    (axis,) = FIGURES["learning_curves"][0]().axes
    assert list(axis.lines[0].get_ydata()) == [0.1, 0.2, 0.3]
    assert axis.lines[1].get_ydata() == pytest.approx([0.2, 0.3, 0.6])  # the mean of the two runs
    (band,) = [drawn for drawn in axis.collections if isinstance(drawn, FillBetweenPolyCollection)]
    corners = band.get_paths()[0].vertices
    half = np.sqrt(0.02)  # the standard deviation of 0.1 and 0.3, and of 0.5 and 0.7
    at_30 = corners[corners[:, 0] == 30, 1]
    assert (at_30.min(), at_30.max()) == pytest.approx((0.6 - half, 0.6 + half))
    at_20 = corners[corners[:, 0] == 20, 1]
    assert at_20 == pytest.approx(0.3)
    assert legend(axis) == ["a: one run", "b: mean of 2 runs ± standard deviation"]


def test_many_bands_are_left_out_instead_of_merging_into_gray():
    bands = {name: np.random.default_rng(0).random((3, 3)) for name in "abcd"}
    (axis,) = plots.learning_curves(LABELS, {}, bands).axes
    assert len(axis.lines) == 4
    assert not [drawn for drawn in axis.collections if isinstance(drawn, FillBetweenPolyCollection)]


def test_each_difference_has_a_panel_with_its_band_and_the_others_thin():
    rows = {name: (np.arange(3) * k, np.arange(3) * k - 1, np.arange(3) * k + 1) for k, name in enumerate("abcd")}
    figure = study_plots.differences(np.array(LABELS), rows, "difference")
    assert [axis.get_title() for axis in figure.axes] == [*"abcd"]
    for axis, (mean, _, _) in zip(figure.axes, rows.values(), strict=True):
        (band,) = [drawn for drawn in axis.collections if isinstance(drawn, FillBetweenPolyCollection)]
        (own,) = [line for line in axis.lines if line.get_linewidth() == 2]
        assert list(own.get_ydata()) == list(100 * mean)
        assert band.get_facecolor()[0][:3] == pytest.approx(to_rgb(own.get_color()))
        assert len(axis.lines) == 6  # four thin, its own, and zero


@pytest.mark.parametrize(
    "draw",
    [
        lambda names: plots.learning_curves(LABELS, dict.fromkeys(names, LABELS)),
        lambda names: study_plots.money({name: (np.arange(1, 4), np.arange(3)) for name in names}, 0.5),
        lambda names: study_plots.differences(np.array(LABELS), dict.fromkeys(names, np.ones((3, 3))), "difference"),
    ],
)
def test_a_strategy_looks_the_same_in_every_figure_and_whatever_stands_beside_it(draw):
    def looks(*names):
        lines = [line for axis in draw(names).axes for line in axis.lines]
        return {
            line.get_label().split(":")[0]: (line.get_color(), line.get_linestyle(), line.get_marker())
            for line in lines
        }

    alone, third = looks("margin"), looks("random", "entropy", "margin")
    assert alone["margin"] == third["margin"] == ("#009E73", "-.", "^")
    assert len({third[name] for name in ("random", "entropy", "margin")}) == 3


def test_every_strategy_has_a_look_of_its_own():
    own = plots.LOOKS
    for part in zip(*own.values(), strict=True):
        assert len(set(part)) == len(own)
    assert set(STRATEGIES) <= set(plots.LOOKS)


def test_learning_curves_are_told_apart_without_color():
    names = "abcdefg"
    (axis,) = plots.learning_curves(LABELS, {name: LABELS for name in names[:6]}, marked={"g": (20, 0.5)}).axes
    looks = [
        (line.get_color(), line.get_linestyle() + str(line._dash_pattern), line.get_marker()) for line in axis.lines
    ]
    assert all(len(set(look)) == len(names) for look in zip(*looks, strict=True))
    assert axis.lines[6].get_xydata().tolist() == [[20, 0.5]]


def test_auto_labels_shows_accuracy_above_and_wrong_labels_below():
    top, bottom = FIGURES["auto_labels"][0]().axes
    assert list(top.lines[0].get_ydata()) == [0.8, 0.9, 0.9]
    assert list(bottom.lines[0].get_ydata()) == [0, 0.1, 0.2]


def test_runs_draws_each_run_and_the_mean_of_its_group():
    curves = [("a", LABELS, [0, 0, 0]), ("a", LABELS, [1, 1, 1]), ("b", [10, 20], [5, 5]), ("b", [10, 30], [6, 6])]
    (axis,) = plots.runs(curves, "accuracy", "labels").axes
    assert [list(line.get_ydata()) for line in axis.lines] == [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [5, 5], [6, 6]]
    assert legend(axis) == ["a (2)"]  # the runs of b have no common axis, so no mean


def test_colors_differ_in_brightness_too():
    """Printed in gray: relative luminance (WCAG 2.2) of any two of the first three differs."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    luminance = sorted(float(np.array(to_rgb(color)) ** 2.2 @ weights) for color in plots.COLORS[:3])
    assert min(np.diff(luminance)) > 0.02


# --- show


@pytest.fixture
def shown(monkeypatch):
    """What was displayed, as a notebook stores it: pairs of data by type and metadata."""
    displayed = []

    def display(thing, metadata=None, raw=False):
        if raw:
            displayed.append((thing, metadata))
        elif hasattr(thing, "_ipython_display_"):
            thing._ipython_display_()
        else:
            displayed.append(({"text/markdown": thing.data}, metadata))

    monkeypatch.setattr(figure_module, "display", display)
    return displayed


def test_key_figure_is_shown_with_its_finding_as_alt_text_and_below(shown, tmp_path):
    plots.show(plots.standard_errors(400, 0.9), "It falls.", tmp_path, "errors")
    (picture, metadata), (below, _) = shown
    assert metadata == {"image/png": {"alt": "It falls.", "width": 800, "height": 360}}
    assert below == {"text/markdown": "**It falls.**"}
    width, height = struct.unpack(">2I", picture["image/png"][16:24])
    assert (width, height) == (1600, 720)  # twice what it takes on the page: sharp


def test_figure_is_an_image_with_alt_text_where_html_is_shown(shown):
    plots.show(plots.standard_errors(400, 0.9), 'It "falls" < 1.')
    ((picture, _),) = shown
    image = ElementTree.fromstring(picture["text/html"].removesuffix(">") + "/>")
    assert (image.tag, image.get("alt"), image.get("width"), image.get("height")) == (
        "img",
        'It "falls" < 1.',
        "800",
        "360",
    )
    assert image.get("src") == "data:image/png;base64," + base64.b64encode(picture["image/png"]).decode()


def test_other_figure_is_not_saved_and_has_nothing_below(shown, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plots.show(plots.standard_errors(400, 0.9), "It falls.")
    ((picture, metadata),) = shown
    assert picture["text/plain"] == metadata["image/png"]["alt"] == "It falls."
    assert not list(tmp_path.iterdir())


def test_figure_that_nobody_describes_is_described_by_its_titles(shown):
    for figure in (plots.standard_errors(400, 0.9, "Errors"), plots.images(PICTURES, ["a\nb", "c", "d"])):
        figure._ipython_display_()
    assert [metadata["image/png"]["alt"] for _, metadata in shown] == ["Errors", "a b, c, d"]


@pytest.mark.parametrize("draw", [draw for draw, _ in FIGURES.values()], ids=FIGURES)
def test_show_saves_the_same_bytes_again_and_nothing_else(shown, tmp_path, draw):
    saved = []
    for _ in range(2):
        plots.show(draw(), "finding", tmp_path, "figure")
        saved.append((tmp_path / "figure.png").read_bytes())
    assert saved[0] == saved[1]
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]


def test_saved_file_is_a_whole_png_that_names_no_version(shown, tmp_path):
    plots.show(plots.standard_errors(400, 0.9), "finding", tmp_path, "figure")
    content, kinds, start = (tmp_path / "figure.png").read_bytes(), [], 8
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    while start < len(content):
        length, kind = struct.unpack(">I4s", content[start : start + 8])
        checksum = struct.unpack(">I", content[start + 8 + length : start + 12 + length])[0]
        assert zlib.crc32(content[start + 4 : start + 8 + length]) == checksum
        kinds.append(kind)
        start += length + 12
    assert kinds[-1] == b"IEND"
    assert b"tEXt" not in kinds


def test_figure_that_cannot_be_saved_leaves_the_old_one(shown, tmp_path, monkeypatch):
    (tmp_path / "figure.png").write_bytes(b"old")

    def on_a_full_disk(path, content):
        with open(path, "wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", on_a_full_disk)
    with pytest.raises(OSError, match="No space left"):
        plots.show(plots.standard_errors(400, 0.9), "finding", tmp_path, "figure")
    assert (tmp_path / "figure.png").read_bytes() == b"old"
    assert shown == []


# --- figures_folder


def test_figures_folder_is_made(tmp_path):
    assert plots.figures_folder(str(tmp_path / "new/figures")) == tmp_path / "new/figures"
    assert (tmp_path / "new/figures").is_dir()


def test_empty_figures_folder_is_the_project_s_wherever_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = plots.figures_folder("")
    assert folder.is_absolute()
    assert (folder.parent / "pyproject.toml").exists()
    assert not list(tmp_path.iterdir())
    assert folder.name == "figures"


def test_figures_of_changed_parameters_go_elsewhere_but_where_the_reader_says(tmp_path, monkeypatch):
    monkeypatch.setattr(figure_module, "PROJECT", tmp_path)
    changed = {"seed": (1, None)}
    assert plots.figures_folder("", changed) == tmp_path / "runs/figures"
    assert plots.figures_folder(str(tmp_path / "mine"), changed) == tmp_path / "mine"


@pytest.mark.parametrize("wrong", [3, ["figures"], True])
def test_figures_folder_must_be_a_path(wrong):
    with pytest.raises(ValueError, match="figures must be the path of a folder"):
        plots.figures_folder(wrong)


def test_features_are_drawn_as_stripes():
    figure = plots.images(np.arange(12.0).reshape(2, 6), ["a", "b"], columns=2)
    for axes, row in zip(figure.axes, np.arange(12.0).reshape(2, 6), strict=True):
        assert np.array_equal(axes.images[0].get_array(), [row])
        assert axes.get_aspect() == "auto"
