"""The notebooks as lessons: their order, the questions they ask, their minutes, and the links from one to the next.

`python -m helpers.batch refresh` writes minutes and links; the contents of notebook 0 show them.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from IPython.display import Markdown, display

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
START = "00_start"
WORDS_A_MINUTE, SECONDS_A_CODE_LINE, SECONDS_AN_OUTPUT_LINE = 150, 8, 3
EXERCISE = re.compile(r"^\*\*\d\. (?:One change|Look around|Write your own) · (\d+) minutes?\.\*\*", re.M)


@dataclass
class Lesson:
    """A notebook: the name of its file, its first line, and its minutes by count."""

    name: str
    title: str  # "5 · What if the model asks for the labels it needs?"
    reading: int
    exercises: int

    @property
    def number(self):
        return int(self.name[:2])

    @property
    def link(self):
        """A Markdown link of a few words."""
        return f"[{self.number} · {self.name[3:].replace('_', ' ')}]({self.name}.ipynb)"


def lessons(folder=NOTEBOOKS):
    """All notebooks of the folder as `Lesson`s, in order."""
    return [lesson(path.stem, nbformat.read(path, as_version=4)) for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))]


def lesson(name, notebook):
    """A notebook (an nbformat node) as a `Lesson`."""
    return Lesson(name, notebook.cells[0].source.splitlines()[0].removeprefix("# "), *minutes(notebook))


def minutes(notebook):
    """Whole minutes (reading, exercises). Reading is counted: words, lines of code and lines of output outside of
    exercises and solutions. Each exercise announces its own minutes.
    """
    seconds, exercises = 0, 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "exercise" in tags and cell.cell_type == "markdown":
            exercises += sum(map(int, EXERCISE.findall(cell.source)))
        if {"exercise", "solution", "navigation"}.intersection(tags):
            continue
        if cell.cell_type == "markdown":
            seconds += 60 / WORDS_A_MINUTE * len(words(cell.source))
        elif cell.cell_type == "code":
            seconds += SECONDS_A_CODE_LINE * len(lines(cell.source))
            seconds += SECONDS_AN_OUTPUT_LINE * sum(len(lines(text_of(output))) for output in cell.outputs)
    return max(1, round(seconds / 60)), exercises


def words(markdown):
    """What a reader reads: no markup, no targets of links."""
    text = re.sub(r"\]\([^)]*\)|</?[a-z]+>", " ", markdown)
    return [word for word in text.split() if re.search(r"\w", word)]


def lines(text):
    return [line for line in text.splitlines() if line.strip()]


def text_of(output):
    """What an output says to somebody who sees no picture."""
    data = output.get("data", {})
    return output.get("text", data.get("text/markdown", data.get("text/plain", "")))


def dress(notebook, name, folder=NOTEBOOKS):
    """Write the minutes and the links to other lessons into the cells tagged `navigation`, the first and the last."""
    first, last = (notebook.cells[i] for i in (0, -1))
    if not all("navigation" in cell.metadata.get("tags", []) for cell in (first, last)):
        return
    names = sorted(path.stem for path in folder.glob("[0-9][0-9]_*.ipynb"))
    here = names.index(name)
    before, after = (Lesson(other, "", 0, 0).link for other in (names[here - 1], names[(here + 1) % len(names)]))
    links = [f"previous: {before}"] * (here > 1) + [f"[contents]({START}.ipynb)"] * (here > 0)
    links += [f"next: {after}"] * (here + 1 < len(names))
    reading, exercises = minutes(notebook)
    running = re.search(r"^Reading:.* · (running: .*)$", first.source, flags=re.M)[1]
    counted = f"Reading: {in_words(reading)} · exercises: {in_words(exercises)} · {running}"
    first.source = "\n\n".join([first.source.splitlines()[0], counted, " · ".join(links)])
    last.source = " · ".join(links)


def in_words(number):
    return f"{number} minute{'' if number == 1 else 's'}"


def show():
    """Show the table of all lessons, with links and minutes."""
    rows = ["| notebook | question | reading, minutes | exercises, minutes |", "| ---: | --- | ---: | ---: |"]
    for one in lessons():
        if one.name != START:
            question = one.title.split(" · ", 1)[-1]
            rows.append(f"| [{one.number}]({one.name}.ipynb) | {question} | {one.reading} | {one.exercises or ''} |")
    display(Markdown("\n".join(rows)))
