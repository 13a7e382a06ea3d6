"""The outputs of one cell as they come: streams put together in linear time, and no more stored than a limit allows."""

import json
from itertools import pairwise

from nbformat.v4 import new_output

from helpers.notebook import MIME

LONGEST_ERROR = 20_000  # characters of an error's message, and of a line of its traceback
OVERHEAD = 100  # characters that an output takes in the file besides its content


class Text:
    """What a stream shows in the end: of a line that was overwritten, as a progress bar does, the last version.

    In each line what stands before a carriage return goes, unless the line ends there: the same as nbclient makes of
    it, but in a time that grows with the text and not with the square of a line's length. size: characters.
    """

    def __init__(self):
        self._lines, self._last = [], []  # whole lines; the pieces of the one that is still written
        self._size, self.size = 0, 0  # of the whole lines; of all

    def add(self, piece):
        """`piece` comes next."""
        self._last.append(piece)
        self.size += len(piece)
        if "\n" in piece or "\r" in piece:
            *lines, last = "".join(self._last).split("\n")
            self._lines += [f"{_last_version(line)}\n" for line in lines]
            self._size += sum(map(len, self._lines[len(self._lines) - len(lines) :]))
            self._last = [_last_version(last)]
            self.size = self._size + len(self._last[0])

    def __str__(self):
        return "".join(self._lines) + _last_version("".join(self._last))


def _last_version(line):
    return line[line.rfind("\r", 0, max(0, len(line) - 1)) + 1 :]


class Outputs:
    """The outputs of a cell. limit: characters that are stored; what comes beyond is counted and left out."""

    def __init__(self, limit):
        self._limit = limit
        self.clear()

    def clear(self):
        """The cell has cleared its outputs."""
        self._streams, self._others, self.left_out = {}, 0, 0

    @property
    def size(self):
        """Characters stored so far."""
        return self._others + sum(text.size for _, text in self._streams.values())

    def has(self, stream):
        """Whether something of this stream is there already."""
        return stream in self._streams

    def open(self, stream, node):
        """`node` is the output that holds a stream's text."""
        self._streams[stream] = node, Text()

    def write(self, stream, piece):
        """A piece of text comes on a stream that is there."""
        room = max(0, self._limit - self.size)
        self.left_out += max(0, len(piece) - room)
        self._streams[stream][1].add(piece[:room])

    def take(self, content, instead=False):
        """Whether there is room for the content of a display message, which then counts.

        instead: it takes the place of another, so that it needs no room besides. Neither does a record.
        """
        instead = instead or MIME in content.get("data", {})
        size = len(json.dumps([content.get("data"), content.get("metadata")])) + OVERHEAD
        if size > self._limit - (0 if instead else self.size):
            self.left_out += size
            return False
        self._others += 0 if instead else size
        return True

    def close(self, outputs):
        """Write the texts of the streams into `outputs`, the cell's, and say there what was left out."""
        for node, text in self._streams.values():
            node["text"] = str(text)
        for i, (first, second) in enumerate(pairwise(outputs)):
            if (first.get("name"), second.get("name")) == ("stderr", "stdout"):  # they come in any order
                outputs[i : i + 2] = second, first
        if self.left_out:
            said = (
                f"[Cut: {self.left_out:,} characters are left out, {self._limit:,} are the limit of a cell's output.]\n"
            )
            outputs.append(new_output("stream", name="stderr", text=said))
        self.clear()


def shortened(error):
    """The content of an error message, without the middle of texts that are too long for any reader."""
    return {
        "ename": _short(error["ename"]),
        "evalue": _short(error["evalue"]),
        "traceback": [_short(line) for line in error["traceback"]],
    }


def _short(text):
    if len(text) <= LONGEST_ERROR:
        return text
    half = LONGEST_ERROR // 2
    return f"{text[:half]} [... {len(text) - 2 * half:,} characters ...] {text[-half:]}"
