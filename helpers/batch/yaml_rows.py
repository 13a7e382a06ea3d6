"""A list of mappings in YAML, read event by event: nothing is built before it is counted.

Words and numbers mean what they do in YAML 1.2. PyYAML follows 1.1, where `1:30` is 90, `010` is 8 and `no` is False.
"""

import re
from dataclasses import dataclass, field

import yaml

MOST_VALUES = 10_000  # in one row
DEEPEST = 20  # lists and mappings in each other
SHAPE = "must be a list with one mapping a run, such as - {seed: 1, batch_size: 5}"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where it is there: ten times as fast
PLAIN = [  # what a word without quotes means; any other is a text
    (re.compile(r"(~|null|Null|NULL)?"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?(0|[1-9][0-9]{0,999})"), int),
    (re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
]


def read(path, text):
    """Yield (line, name -> value) for each item of the list. Raises ValueError for any other YAML, with the line."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.line = event.start_mark.line + 1
            yield from builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else builder.line
        raise ValueError(
            f"{path}, line {line}: this is no YAML: {getattr(error, 'problem', None) or error}."
        ) from error
    except _Refused as error:
        raise ValueError(f"{path}, line {builder.line}: {error}.") from error


class _Refused(Exception):
    """What is wrong in the line that is being read."""


@dataclass
class _Open:
    """A list or a mapping whose end has not come yet.

    anchor: the name that `&name` gives it. size: values in it so far, counting those of aliases. key: that of the next
    value. merged: what `<<` takes over.
    """

    value: list | dict
    anchor: str | None
    line: int
    size: int = 1
    key: str | None = None
    merged: dict = field(default_factory=dict)


class _Builder:
    """Makes rows of events. `stack` holds what is open; its first is the list of rows, which keeps none of them."""

    def __init__(self):
        self.line, self.stack, self.anchors, self.documents = 0, [], {}, 0

    def take(self, event):
        """Yield (line, row) if this event ends a row."""
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _Refused("a second document starts; a file holds one")
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self.stack.pop()
            if self.stack:
                value = done.merged | done.value if isinstance(done.value, dict) else done.value
                yield from self._put(value, done.size, done.anchor, done.line)
        elif isinstance(event, yaml.NodeEvent):
            if getattr(event, "tag", None):
                raise _Refused(f"tags are not read, so not {event.tag}")
            if not self.stack and not isinstance(event, yaml.SequenceStartEvent):
                raise _Refused(f"the file {SHAPE}")
            if isinstance(event, yaml.CollectionStartEvent):
                self._open(event)
            elif isinstance(event, yaml.ScalarEvent):
                yield from self._scalar(event)
            elif event.anchor in self.anchors:
                yield from self._put(*self.anchors[event.anchor], None, self.line)
            else:
                raise _Refused(f"*{event.anchor} names nothing that ended before it")

    def _open(self, event):
        if len(self.stack) >= DEEPEST:
            raise _Refused(f"these are more than {DEEPEST} lists and mappings in each other")
        if self.stack and self._waits_for_key():
            raise _Refused("the name of a parameter must be a text")
        value = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        self.stack.append(_Open(value, event.anchor, self.line))

    def _waits_for_key(self):
        return isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _scalar(self, event):
        plain = event.implicit[0]
        value = _meaning(event.value) if plain else event.value
        if not self._waits_for_key():
            yield from self._put(value, 1, event.anchor, self.line)
        elif not isinstance(value, str):
            raise _Refused(f"the name of a parameter must be a text, not {event.value or value}")
        elif value in self.stack[-1].value:
            raise _Refused(f"{value} is there twice")
        else:
            self.stack[-1].key = value

    def _put(self, value, size, anchor, line):
        """A value that has ended goes into what is open."""
        into = self.stack[-1]
        if anchor:
            self.anchors[anchor] = value, size
        if len(self.stack) == 1:
            if not isinstance(value, dict):
                raise _Refused(f"the file {SHAPE}")
            yield line, value
            return
        into.size += size
        if into.size > MOST_VALUES:
            raise _Refused(f"a row has more than {MOST_VALUES:,} values")
        if isinstance(into.value, list):
            into.value.append(value)
            return
        key, into.key = into.key, None
        if key != "<<":
            into.value[key] = value
        elif isinstance(value, dict):
            into.merged = value | into.merged
        else:
            raise _Refused("<< takes a mapping")


def _meaning(text):
    """What a word without quotes means."""
    return next((convert(text) for pattern, convert in PLAIN if pattern.fullmatch(text)), text)
