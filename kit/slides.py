"""The slides: a page of reveal.js for each notebook, which opens from disk and loads nothing from elsewhere."""

import math
import re
import shutil
from pathlib import Path

from markupsafe import Markup

from helpers.files import write
from kit.pages import markdown, render
from kit.talk import Talk

VENDOR = Path(__file__).with_name("vendor") / "reveal"
WIDTH, HEIGHT = 1110, 415  # pixels that text of an output may fill on a slide of 1280 by 720
LETTER = 0.61  # its width, of its height
LINE, ROW = 1.25, 2.3  # height of a line of text and of a row of a table, in letters
LINES, MOST = 10, 22  # rows of a table; a longer one is drawn as lines, of which there may be so many
BELOW, TEXT = 65, 62  # pixels that a fourth line of text takes, with what rounding adds; letters in such a line
SMALLEST, LARGEST = 15, 26  # pixels of such letters
SPOT_CHECK = re.compile(r".* of \d+ runs computed again just now")  # for readers, who wonder; not for a room


def build(lessons, folder):
    """Write the slides of all notebooks, and a page that leads to them."""
    shutil.copytree(VENDOR, folder / "reveal")
    for lesson in lessons:
        slides = map(Shown, Talk(lesson).slides)
        write(render("slides.html.j2", lesson=lesson, slides=slides), folder / f"{lesson.name}.html")
    write(render("slides_index.html.j2", lessons=lessons), folder / "index.html")


class Shown:
    """A slide as HTML."""

    def __init__(self, slide):
        self.kind, self.title = slide.kind, markdown(slide.title)
        self.text, self.notes = markdown(slide.text), markdown("\n\n".join(slide.notes))
        self.code = preformatted(slide.code) if slide.code else ""
        self.outputs = shown(slide.outputs, slide.text)


def shown(outputs, text=""):
    """The outputs of a slide, which share its height with the text. Findings in Markdown are that text already."""
    kept = [out for out in outputs if "text/markdown" not in out.get("data", {}) and not SPOT_CHECK.match(text_of(out))]
    room = HEIGHT - BELOW * max(0, math.ceil(len(text) / TEXT) - 3)
    total = sum(height(out) * lines(out) for out in kept) * HEIGHT / room
    return Markup("").join(output(out, total) for out in kept)


def output(out, total):
    """An output of a cell: its picture, its table, or its text. total: height of all on the slide, in letters."""
    data = out.get("data", {})
    if "image/png" in data:
        alt = out.metadata.get("image/png", {}).get("alt", "")
        return Markup('<img src="data:image/png;base64,{}" alt="{}">').format(data["image/png"].strip(), alt)
    if height(out) == ROW:
        pixels = size(text_of(out), total)
        return Markup('<div class="table" style="font-size: {}px">{}</div>').format(pixels, Markup(data["text/html"]))
    return preformatted(text_of(out), total)


def text_of(out):
    return out.get("text", out.get("data", {}).get("text/plain", ""))


def lines(out):
    return len(text_of(out).rstrip().splitlines())


def height(out):
    """Of a line, in letters: more in a table; nothing for a picture, which takes what is left."""
    data = out.get("data", {})
    if "image/png" in data:
        return 0
    return ROW if "text/html" in data and lines(out) <= LINES else LINE


def preformatted(text, total=0):
    """Text in letters that let it fit and can be read from the last row; what is too long for that ends in "…"."""
    most = int(WIDTH / (LETTER * SMALLEST))
    lines = [line if len(line) <= most else line[: most - 1] + "…" for line in text.rstrip().splitlines()]
    text = "\n".join(lines if len(lines) <= MOST else [*lines[: MOST - 1], "…"])
    return Markup('<pre style="font-size: {}px">{}</pre>').format(size(text, max(total, LINE * len(lines))), text)


def size(text, total):
    """Pixels of letters that let a text fit. total: height of it and of what shares the slide, in letters."""
    widest = max(map(len, text.splitlines()), default=1)
    return int(max(SMALLEST, min(LARGEST, WIDTH / (LETTER * max(widest, 1)), HEIGHT / max(total, 1))))
