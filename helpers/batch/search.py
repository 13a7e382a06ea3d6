"""The index that the site's search looks into: where each word stands, read from the pages themselves."""

import json
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import quote

HEADINGS = ("h1", "h2", "h3", "h4")


@dataclass
class Place:
    """A part of a page. id: where a link to it leads. level: 1 to 4 if a heading starts it, 0 if a cell does."""

    id: str
    level: int
    heading: str
    text: str = ""


def places(html):
    """The parts of a page: a heading and what follows it, and each cell below."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    for place in reader.places:
        place.heading, place.text = " ".join(place.heading.split()), " ".join(place.text.split())
    return [place for place in reader.places if place.heading or place.text]


def index_js(pages):
    """The script that holds the index. pages: triples (URL, title, places)."""
    entries = [
        [f"{url}#{quote(place.id, safe='=')}", title, place.heading, place.text]
        for url, title, found in pages
        for place in found
    ]
    return f"const searchIndex = {json.dumps(entries, separators=(',', ':'))};\n"


class _Reader(HTMLParser):
    """Collects the text by place. Folded answers are left out, so that search gives none away; equations and styles
    have no words.
    """

    def __init__(self):
        super().__init__()
        self.places = [Place("content", 0, "")]
        self._in_heading, self._skipped = False, []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        unsaid = tag in ("math", "style", "script") or (tag == "details" and attributes.get("class") == "answer")
        if unsaid or tag in self._skipped:
            self._skipped.append(tag)
        if self._skipped:
            return
        name = attributes.get("id") or ""
        if tag in HEADINGS and name:
            self.places.append(Place(name, HEADINGS.index(tag) + 1, ""))
            self._in_heading = True
        elif name.startswith("cell-id="):
            self.places.append(Place(name, 0, self.places[-1].heading))
        elif tag == "img":
            self.handle_data(f" {attributes.get('alt') or ''} ")
        elif tag not in ("a", "code", "em", "span", "strong"):
            self.handle_data(" ")

    def handle_endtag(self, tag):
        if self._skipped and self._skipped[-1] == tag:
            self._skipped.pop()
        elif tag in HEADINGS:
            self._in_heading = False

    def handle_data(self, data):
        if self._skipped:
            return
        if self._in_heading:
            self.places[-1].heading += data
        else:
            self.places[-1].text += data
