"""A notebook as a talk: which of its cells become slides, and what the speaker says at each.

A slide holds little: a prediction to make, a figure, its finding. The text around it goes into the speaker's notes.
Where a cell has `slideshow` metadata, that decides; elsewhere the tags `predict`, `answer` and `exercise` do, and a
figure that has a finding.
"""

import re
from dataclasses import dataclass, field

from kit.lessons import skipped, tags, unfolded

WORDS = 45  # on a slide, of a text that explains
EXERCISE_WORDS = 32
OWN_SLIDE = ("slide", "subslide")
MATH = re.compile(r"\$\$.*?\$\$", flags=re.S)


@dataclass
class Slide:
    """One slide. kind: its layout. title, text, notes: Markdown. outputs: of a code cell (nbformat)."""

    kind: str
    title: str
    text: str = ""
    outputs: list = field(default_factory=list)
    code: str = ""
    notes: list = field(default_factory=list)


class Talk:
    """Walks through a notebook once; `slides` is the result."""

    def __init__(self, lesson):
        self.heading, self.said, self.exercises = "", [], []
        self.slides = [Slide("title", lesson.title, _goals(lesson.notebook.cells[:3]))]
        for cell in lesson.notebook.cells[1:]:
            self._take(cell)
        if self.exercises:
            self._add("exercises", "\n\n".join(self.exercises), title="Exercises")
        self._finish(lesson)

    def _take(self, cell):
        here, shown = tags(cell), cell.metadata.get("slideshow", {}).get("slide_type", "")
        if "solution" in here or skipped(cell):
            return
        if shown == "notes":
            self.said.append(cell.source)
        elif shown in OWN_SLIDE or (shown == "fragment" and len(self.slides) == 1):
            self._whole(cell)
        elif shown == "fragment":
            self.slides[-1].text += "\n\n" + cell.source if cell.cell_type == "markdown" else ""
            self.slides[-1].outputs += cell.get("outputs", [])
        elif cell.cell_type == "code":
            last, shown = self.slides[-1], [out for out in cell.outputs if not is_progress(out)]
            if last.kind == "answer" and not last.outputs and shown:  # computed there, shown here
                last.outputs, last.text = shown, last.text or _finding(cell)
            elif "answer" in here or _finding(cell):
                self._add("answer", _finding(cell), outputs=shown)
        elif "predict" in here:
            self._add("predict", _prompt(cell.source))
        elif "exercise" in here:
            self.exercises += [_exercise(cell.source)]
            self.said.append(cell.source)
        else:
            self._text(unfolded(cell.source))

    def _whole(self, cell):
        if cell.cell_type == "code" and any(
            {"image/png", "text/html"} & set(out.get("data", {})) for out in cell.outputs
        ):
            self._add("answer", _finding(cell), outputs=cell.outputs)  # what it shows says more than how
        elif cell.cell_type == "code":
            self._add("cell", code=cell.source, outputs=cell.outputs)
        else:
            head, _, rest = cell.source.partition("\n")
            if head.startswith("#"):
                self.heading = head.lstrip("# ")
            self._add("cell", rest if head.startswith("#") else cell.source)

    def _text(self, source):
        """Text between: the first of it is what an answer before it showed; an equation gets a slide; all is said."""
        before, *sections = re.split(r"(?m)^## +", source)
        last = self.slides[-1]
        if last.kind == "answer" and not last.text and not self.said:
            last.text = lead(before)
        self._say(before)
        for section in sections:
            self.heading, _, text = section.partition("\n")
            self._say(text)

    def _say(self, text):
        if text.strip():
            self.said.append(text.strip())
            if MATH.search(text):
                before = MATH.split(text)[0].strip().split("\n\n")[-1]
                self._add("idea", f"{before}\n\n{MATH.search(text)[0]}")

    def _add(self, kind, text="", title=None, **parts):
        self.slides.append(Slide(kind, self.heading if title is None else title, text, notes=self.said, **parts))
        self.said = []

    def _finish(self, lesson):
        """The last slide: what was done, as its own section says it."""
        for cell in reversed(lesson.notebook.cells):
            found = re.search(r"(?ms)^## (In this notebook we)\s+(.*?)(?=\n\n[^-]|\Z)", cell.source)
            if cell.cell_type == "markdown" and found:
                self._add("summary", found[2], title=found[1])
                return


def _goals(cells):
    """What the reader will be able to do, from the cells at the top."""
    text = next((cell.source for cell in cells if "able to" in cell.source), "")
    return "\n".join(line for line in text.splitlines() if re.match(r"- |$|.*able to", line))


def is_progress(out):
    """Whether an output is a progress bar: the one kind that is displayed as plain text alone."""
    return out.output_type == "display_data" and set(out.data) == {"text/plain"}


def lead(text, words=WORDS):
    """The first sentences of a text, one at least, then up to so many words; nothing of a table, a list or code."""
    paragraph = next((one for one in re.split(r"\n\s*\n", text.strip()) if re.match(r"[\w*\"“`]", one)), "")
    if re.match(r"[-*] |\*Predict", paragraph):
        return ""
    sentences, kept = re.split(r"(?<=[.?!:])\s+(?=[A-Z`*\"“])", paragraph), []
    for sentence in sentences:
        if kept and len(" ".join([*kept, sentence]).split()) > words:
            break
        kept.append(sentence)
    while kept and kept[-1].endswith(":"):  # it announces what is not on the slide
        kept.pop()
    return " ".join(kept)


def _prompt(source):
    """What to predict, without the words that say so."""
    prompt = re.sub(r"^\W*Predict first\W*", "", source.strip()).removesuffix("*")
    return prompt[:1].upper() + prompt[1:]


def _exercise(source):
    """Its name and its first sentences."""
    name = re.search(r"\*\*(.+?)\*\*|^#+ (.+)$", source, flags=re.M)
    text = lead(source[name.end() :].strip() if name else source, EXERCISE_WORDS)
    return f"**{name[1] or name[2]}** {text}" if name else text


def _finding(cell):
    """The sentence that a figure's cell states below it."""
    data = [out.get("data", {}) for out in cell.outputs]
    found = [one["text/markdown"] for one in data if "text/markdown" in one]
    return found[-1] if found and any("image/png" in one for one in data) else ""
