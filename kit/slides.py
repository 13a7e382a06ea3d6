"""The slides: a page of reveal.js for each notebook, which opens from disk and loads nothing from elsewhere."""

import shutil
from pathlib import Path

from markupsafe import Markup

from helpers.provenance import write
from kit.pages import markdown, render
from kit.talk import Talk

VENDOR = Path(__file__).with_name("vendor") / "reveal"
WIDTH, HEIGHT = 1110, 430  # pixels that text of an output may fill on a slide of 1280 by 720
LETTER = 0.61  # its width, of its height
LINES, SMALLEST, LARGEST = 16, 15, 26  # of such a text: lines, and pixels of its letters


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
        self.outputs = Markup("").join(map(output, slide.outputs))


def output(out):
    """An output of a cell: its picture, or its text. Findings in Markdown are the slide's text already."""
    data = out.get("data", {})
    text = out.get("text", data.get("text/plain", ""))
    if "image/png" in data:
        alt = out.metadata.get("image/png", {}).get("alt", "")
        return Markup('<img src="data:image/png;base64,{}" alt="{}">').format(data["image/png"].strip(), alt)
    if "text/markdown" in data:
        return Markup("")
    if "text/html" in data and len(text.splitlines()) <= LINES:
        return Markup('<div class="table" style="font-size: {}px">{}</div>').format(
            size(text, 2.3), Markup(data["text/html"])
        )
    return preformatted(text)


def preformatted(text):
    """Text in letters that let it fit and can be read from the last row; what is too long for that ends in "…"."""
    most = int(WIDTH / (LETTER * SMALLEST))
    lines = [line if len(line) <= most else line[: most - 1] + "…" for line in text.rstrip().splitlines()]
    text = "\n".join(lines if len(lines) <= LINES else [*lines[: LINES - 1], "…"])
    return Markup('<pre style="font-size: {}px">{}</pre>').format(size(text, 1.25), text)


def size(text, height):
    """Pixels of letters that let a text fit. height: of a line, in letters."""
    lines = text.rstrip().splitlines()
    widest = max(map(len, lines), default=1)
    return int(max(SMALLEST, min(LARGEST, WIDTH / (LETTER * max(widest, 1)), HEIGHT / (height * max(len(lines), 1)))))
