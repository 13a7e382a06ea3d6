"""What all figures share: their style, one look per strategy, and how a notebook shows and keeps them."""

import base64
import io
from html import escape
from pathlib import Path

import matplotlib.pyplot as plt
from IPython.display import Markdown, display
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from helpers import checks
from helpers.files import write

PROJECT = Path(__file__).parents[2]
DPI = 100
SHARP = 2  # times as many pixels are stored as a figure takes on the page: high-density screens show them

# Okabe and Ito's colors, told apart by the color-blind; every line has a style and a marker of its own as well.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000", "#E69F00")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)), (0, (3, 1, 1, 1)))
MARKERS = "osD^vxP"

# Color, line and marker of a strategy, the same in every figure.
LOOKS = {
    "random": ("#000000", "--", "o"),
    "random, one batch": ("#E69F00", (0, (1, 1)), "X"),
    "least confident": ("#0072B2", "-", "s"),
    "margin": ("#009E73", "-.", "^"),
    "entropy": ("#D55E00", ":", "v"),
    "DBAL": ("#CC79A7", (0, (5, 1)), "D"),
    "k-means": ("#8C564B", (0, (2, 2)), "p"),
    "DBAL of 200": ("#7F7F7F", (0, (4, 1, 1, 1)), "d"),
    "random of small margins": ("#BCBD22", (0, (2, 1)), "h"),
    "committee": ("#56B4E9", (0, (3, 1, 1, 1)), "P"),
    "vote margin": ("#6699CC", (0, (6, 2)), "8"),
    "PowerBALD": ("#AA4499", (0, (1, 2)), "*"),
    "BADGE": ("#B22222", (0, (6, 1, 1, 1)), ">"),
    "k-center": ("#332288", (0, (3, 2, 1, 2)), "x"),
    "MaxHerding": ("#44AA99", (0, (8, 2)), "<"),
    "UHerding": ("#882255", (0, (4, 1)), "H"),
    "TypiClust": ("#DDCC77", (0, (1, 1, 3, 1)), "+"),
}
STYLE = {
    "figure.constrained_layout.use": True,
    "figure.dpi": DPI,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}


class Picture(Figure):
    """A figure that a notebook shows sharp and with `alt`, the text for those who don't see it; empty: its title."""

    alt = ""

    def _ipython_display_(self):
        png, alt = png_of(self), self.alt or title_of(self)
        width, height = (round(DPI * inches) for inches in self.get_size_inches())
        source = base64.b64encode(png).decode()
        # JupyterLab shows an image without its alt text, but HTML with it. Others take the image. Of a folded output it
        # shows the first line, which must not tell the finding: so that is a blank.
        html = f' \n<img alt="{escape(alt)}" width="{width}" height="{height}" src="data:image/png;base64,{source}">'
        about = {"image/png": {"alt": alt, "width": width, "height": height}}
        display({"image/png": png, "text/html": html, "text/plain": alt}, metadata=about, raw=True)


def png_of(figure):
    """The figure as the bytes of a PNG file. It has 256 colors, which is enough for ours and a third of the size."""
    whole, small = io.BytesIO(), io.BytesIO()
    figure.savefig(whole, format="png", dpi=SHARP * DPI)
    few = Image.open(whole).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(small, format="PNG", optimize=True)
    return small.getvalue()


def title_of(figure):
    """The title of a figure, or else those of its parts, in one line."""
    parts = [figure.get_suptitle(), *(axis.get_title("left") or axis.get_title() for axis in figure.axes)]
    return ", ".join(part.replace("\n", " ") for part in parts if part)


def new_figure(width, height, rows=1, columns=1, title="", **options):
    """Figure and axes in our style, width and height in inches; closed, so that the notebook shows it once."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(rows, columns, figsize=(width, height), FigureClass=Picture, **options)
        if title:
            figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        plt.close(figure)
    return figure, axes


def look(name, position=0):
    """Color, line style and marker as options of `plot`: those of the strategy `name`, or of what else comes at
    `position`, from 0 up.
    """
    other = tuple(styles[position % len(styles)] for styles in (COLORS, LINES, MARKERS))
    color, line, marker = LOOKS.get(name, other)
    return {"color": color, "linestyle": line, "marker": marker, "linewidth": 2}


def percents(axis):
    """Write the ticks of an axis (`axes.xaxis`, `axes.yaxis`), shares from 0 to 1, as percents: 2% and 4%, or 2.5%, but
    never 2.5% as 2%.
    """
    axis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10]))
    axis.set_major_formatter(lambda share, _: f"{100 * share:.6g}%")


def figures_folder(figures, changed=()):
    """The folder to save figures in, made if it is missing. "" is the project's own, whose figures are those of the
    stored parameters; with `changed` parameters it is runs/figures.
    """
    own = PROJECT / ("runs/figures" if changed else "figures")
    return checks.folder("figures", figures or str(own))


def show(figure, finding, folder=None, name=""):
    """Show the figure with `finding`, a sentence, as its alt text. A key figure is also saved, as folder/name.png, and
    the finding stands below it.
    """
    figure.alt = finding
    if folder:
        write(png_of(figure), folder / f"{name}.png")
    display(figure)
    if folder:
        display(Markdown(f"**{finding}**"))
