"""What a notebook may write so that nbconvert would fail or never end: equations and colored text, as HTML."""

import re
from html import escape

from latex2mathml import converter
from nbconvert.filters import ansi2html, strip_ansi

MOST_COLORS = 1000  # in one piece: nbconvert's time grows with the square of their number
RESET = re.compile(r"(?<=\x1b\[0m)|(?<=\x1b\[m)")  # behind these nothing depends on what was before


def convert(equation, display="inline"):
    """An equation in LaTeX as MathML; one that can't be read as it is written."""
    try:
        return converter.convert(equation, display=display)
    except Exception:  # of many kinds, and some are those of bugs
        return f"<code>{escape(equation)}</code>"


def colored(text):
    """Text with ANSI's colors as HTML, in a time that grows with its length; without colors where they are too many."""
    pieces = RESET.split(text)
    return "".join(ansi2html(one if one.count("\x1b[") <= MOST_COLORS else strip_ansi(one)) for one in pieces)
