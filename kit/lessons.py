"""A notebook as the kit reads it: by the tags of its cells. Every other part is made from this."""

import re
import sys
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

from helpers.lessons.contents import EXERCISE, minutes
from kit import KitError

NUMBERED = "[0-9][0-9]_*.ipynb"


# Also taken from learners where it shares a cell with other text, instead of having a tagged one of its own.
FOLDED_SOLUTION = re.compile(r"<details>\s*<summary>Solution.*?</details>\n*", flags=re.S)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def skipped(cell):
    """Whether the slides leave a cell out."""
    return cell.metadata.get("slideshow", {}).get("slide_type") == "skip"


def unfolded(text):
    """Markdown without the marks that fold a part of it away, and without that part's head."""
    return re.sub(r"<summary>.*?</summary>|</?details>", "", text, flags=re.S).strip()


@dataclass
class Lesson:
    """One notebook of the project."""

    path: Path

    @cached_property
    def notebook(self):
        return nbformat.read(self.path, as_version=4)

    @property
    def name(self):
        return self.path.stem

    @cached_property
    def title(self):
        """As its first line has it: "5 · What if the model asks for the labels it needs?"."""
        return self.notebook.cells[0].source.splitlines()[0].removeprefix("# ")

    @property
    def reading(self):
        """Minutes, by count."""
        return minutes(self.notebook)[0]

    @property
    def exercise_minutes(self):
        """Minutes that each exercise announces, in order."""
        return [int(found[1]) for cell in self.tagged("exercise") for found in EXERCISE.finditer(cell.source)]

    def tagged(self, tag, cell_type="markdown"):
        return [cell for cell in self.notebook.cells if tag in tags(cell) and cell.cell_type == cell_type]

    @property
    def predictions(self):
        """Pairs of Markdown: what to predict, and what the notebook says once the answer is out."""
        cells = self.notebook.cells
        for cell in self.tagged("predict"):
            after = cells[cells.index(cell) + 1 :]
            answer = next(i for i, one in enumerate(after) if "answer" in tags(one))
            told = next((one.source for one in after[answer:] if one.cell_type == "markdown"), "")
            folded = re.search(r"<details>.*?</details>", told, flags=re.S)
            yield cell.source, unfolded(folded[0] if folded else told.split("\n\n")[0])

    def copy(self, solutions):
        """The notebook for learners, without outputs; or the one with solutions, as it stands in the project."""
        copy = deepcopy(self.notebook)
        if not solutions:
            copy.cells = [cell for cell in copy.cells if "solution" not in tags(cell)]
        for cell in copy.cells:
            if not solutions and cell.cell_type == "markdown":
                cell.source = FOLDED_SOLUTION.sub("", cell.source)
            if cell.cell_type == "code":
                cell.execution_count = None
                cell.outputs = cell.outputs if solutions else []
        return copy

    def untagged(self):
        """Numbers of cells that hold a solution and are not tagged so."""
        cells = enumerate(self.notebook.cells)
        return [n for n, cell in cells if "solution" not in tags(cell) and FOLDED_SOLUTION.search(cell.source)]

    def problems(self):
        """Sentences on what keeps the kit from telling an exercise from its solution, or a prompt from its answer."""
        waiting, asked = None, False
        for number, cell in enumerate(self.notebook.cells):
            here, where = tags(cell), f"{self.path.name}, cell {number}"
            if "solution" not in here and "<summary>Solution" in FOLDED_SOLUTION.sub("", cell.source):
                yield f"{where}: a solution is not closed by </details>; learners would get it."
            if "predict" in here:
                if waiting is not None:
                    yield f"{self.path.name}, cell {waiting}: no cell tagged `answer` follows this prediction."
                waiting, asked = number, True
            elif "answer" in here:
                if not asked:
                    yield f"{where}: an answer to no prediction."
                elif waiting is not None and skipped(cell) and not skipped(self.notebook.cells[waiting]):
                    yield f"{where}: the slides ask for this prediction, and skip its answer."
                waiting = None
        if waiting is not None:
            yield f"{self.path.name}, cell {waiting}: no cell tagged `answer` follows this prediction."


def lessons(project):
    """All notebooks of a project, in order. Raises KitError where their tags would give a wrong kit."""
    found = [Lesson(path) for path in sorted((project / "notebooks").glob(NUMBERED))]
    problems = [problem for lesson in found for problem in lesson.problems()]
    if problems:
        raise KitError("The kit can't be built:\n" + "\n".join(f"  {problem}" for problem in problems))
    for lesson in found:
        if lesson.untagged():
            cells = ", ".join(map(str, lesson.untagged()))
            print(f"{lesson.path.name}: solutions without their tag are taken out of cells {cells}.", file=sys.stderr)
    return found
