"""The teacher's guide: plans, minutes, and for each notebook what goes wrong and what to ask then.

Minutes come from the notebooks and from a measurement; `guide.toml` holds only what notebooks don't say.
"""

import math
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from kit import KitError
from kit.pages import render
from kit.talk import Talk

SOURCE = Path(__file__).with_name("guide.toml")
SHARE = 0.1  # of the minutes of talk and exercises, as a buffer
EXPLAINED = re.compile(r"\*\*[A-C]\b")  # how a notebook's answer begins that says what is behind the wrong ones
SLOWER = 2  # how much slower than this machine the plans let a learner's be


@dataclass
class Row:
    """One part of a plan, in minutes."""

    what: str
    talk: int = 0
    exercise: int = 0
    waiting: int = 0
    buffer: int = 0
    start: int = 0

    @property
    def minutes(self):
        return self.talk + self.exercise + self.waiting + self.buffer


def build(lessons, seconds):
    """The guide as a page. seconds: name of a lesson -> how long it ran."""
    said = source()
    talks = {lesson.name: len(Talk(lesson).slides) for lesson in lessons}  # a minute each
    return render(
        "guide.html.j2", lessons=lessons, seconds=seconds, talks=talks, source=said, slower=SLOWER,
        plans=[(plan, rows(plan, lessons, talks, seconds)) for plan in said["plans"]], clock=clock, matching=matching,
        by_name={lesson.name: lesson for lesson in lessons},
    )  # fmt: skip


def check(lessons):
    """Raise KitError if the source does not fit the notebooks any more."""
    stale = list(problems(lessons, source()))
    if stale:
        raise KitError("kit/guide.toml does not fit the notebooks:\n" + "\n".join(f"  {one}" for one in stale))


def source():
    """What guide.toml says."""
    return tomllib.loads(SOURCE.read_text(encoding="utf-8"))


def rows(plan, lessons, talks, seconds):
    """The parts of a plan with their minutes."""
    by_name, found, start = {lesson.name: lesson for lesson in lessons}, [], 0
    for part in plan["parts"]:
        if "lesson" in part:
            lesson = by_name[part["lesson"]]
            row = Row(lesson.title, part.get("talk", talks[lesson.name]))
            wanted = part.get("exercises", [])
            row.exercise = sum(m for number, m in enumerate(lesson.exercise_minutes, start=1) if number in wanted)
            row.waiting = math.ceil(SLOWER * seconds[lesson.name] / 60) if row.exercise else 0
            row.buffer = math.ceil(SHARE * (row.talk + row.exercise))
            if row.exercise:
                row.what += f" — exercise {' and '.join(map(str, part['exercises']))}"
        else:
            row = Row(part["what"], part["minutes"])
        row.start = start
        start += row.minutes
        found.append(row)
    return found


def matching(entries, source):
    """The entry that is about an exercise or a prediction, by its words; or None."""
    text = " ".join(source.split()).lower()
    return next((entry for entry in entries if entry["about"].lower() in text), None)


def problems(lessons, said):
    """Sentences on notebooks and exercises without an entry, and on entries without these."""
    for lesson in lessons:
        about = said["lessons"].get(lesson.name)
        if about is None:
            yield f"nothing about {lesson.name}"
            continue
        yield from unmatched(lesson.name, about["exercises"], [cell.source for cell in lesson.tagged("exercise")])
        asked = {prompt: EXPLAINED.match(told) for prompt, told in lesson.predictions}
        yield from unmatched(lesson.name, about.get("predictions", []), asked, [p for p in asked if not asked[p]])
    by_name = {lesson.name: lesson for lesson in lessons}
    yield from (f"{name} is no notebook" for name in said["lessons"] if name not in by_name)
    for plan in said["plans"]:
        placed = sorted(part["lesson"] for part in [*plan["parts"], *plan["reading"]] if "lesson" in part)
        if placed != sorted(by_name):
            yield f"{plan['name']}: each notebook once, as a part or as reading, not {', '.join(placed)}"
    for part in (part for plan in said["plans"] for part in plan["parts"] if "lesson" in part):
        lesson = by_name.get(part["lesson"])
        announced = lesson.exercise_minutes if lesson else []
        if lesson is None or (announced and max(part.get("exercises", [0])) > len(announced)):
            yield f"a plan has {part}, which is not there or announces no minutes"


def unmatched(name, entries, sources, needed=None):
    """Sentences on exercises or predictions of a lesson (those `needed`, or all) without an entry, and on entries that
    are about none."""
    used = {source: matching(entries, source) for source in sources}
    yield from (f"{name}: no entry for {s[:70]!r}" for s in (sources if needed is None else needed) if used[s] is None)
    yield from (f"{name}: {one['about']!r} is about nothing" for one in entries if one not in used.values())


def clock(minutes):
    return f"{minutes // 60}:{minutes % 60:02}"
