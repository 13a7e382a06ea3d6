"""An executed notebook as HTML, complete in itself: no server, no network, nothing loaded from elsewhere."""

import base64
import mimetypes
import re
import warnings
from functools import cache
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote, unquote

from jinja2 import Environment, FileSystemLoader, pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from helpers.batch.markup import colored, convert

HERE = Path(__file__).with_name("templates")
TEMPLATES = FileSystemLoader(HERE)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\([^)]*\)")


class Renderer(IPythonRenderer):
    """nbconvert's Markdown, with equations as MathML, which browsers draw by themselves.

    pages: names of the notebooks that have a page beside this one; folder: that of the notebook, for its pictures.
    """

    def __init__(self, pages, folder, attachments):
        super().__init__(escape=False, attachments=attachments)
        self.pages, self.folder = pages, folder

    def block_math(self, body):
        return f'<div class="wide">{convert(body, display="block")}</div>'

    def inline_math(self, body):
        return convert(body)

    def latex_environment(self, name, body):
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    def heading(self, text, level, **attributes):
        """Its id is the one that it has in JupyterLab, so that links to it work in both."""
        name = unescape(re.sub(r"<[^>]+>", "", text)).strip().replace(" ", "-")
        return f'<h{level} id="{escape(name)}">{text}</h{level}>\n'

    def link(self, text, url, title=None):
        """A link to a notebook leads to its page, one to the README to the cover. Where there is none, only text."""
        if not re.match(r"[a-z]+:|#", url):
            path, mark, place = url.partition("#")
            name = "index" if path == "../README.md" else unquote(path).removesuffix(".ipynb")
            if name not in self.pages:
                return text
            url = f"{quote(name)}.html{mark}{place}"
        return super().link(text, url, title)

    def image(self, text, url, title=None):
        """A picture beside the notebook is put into the page; if it is not there, its text stands for it."""
        if not re.match(r"[a-z]+:", url):
            path = Path(self.folder or "", unquote(url))
            if not self.folder or not path.is_file():
                return f"<em>{text}</em>"
            url = f"data:{mimetypes.guess_type(path)[0]};base64,{base64.b64encode(path.read_bytes()).decode()}"
        return super().image(text, url, title)

    def table(self, text):
        return f'<div class="wide"><table>\n{text}</table></div>\n'


class CellsExporter(HTMLExporter):
    """nbconvert's cells as our pages show them."""

    @pass_context
    def markdown2html(self, context, source):
        resources, attachments = context["resources"], context.get("cell", {}).get("attachments", {})
        renderer = Renderer(resources["pages"], resources["folder"], attachments)
        return MarkdownWithMath(renderer=renderer).render(source)


@cache
def _exporter():
    return CellsExporter(extra_loaders=[TEMPLATES], template_file="cells.html.j2", filters={"ansi2html": colored})


@cache
def environment():
    """Where the templates of whole pages are; `asset` puts a style sheet or a script into a page."""
    jinja = Environment(loader=TEMPLATES, autoescape=True)
    jinja.globals["asset"] = asset
    return jinja


def asset(name):
    """The text of a style sheet or a script."""
    return (HERE / name).read_text(encoding="utf-8")


def cells_html(notebook, pages=(), folder=None):
    """The cells of an executed notebook (an nbformat node) as HTML; `pages` and `folder` as in `Renderer`."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your element with mimetype")  # what only JupyterLab can show is left out
        return _exporter().from_notebook_node(notebook, {"pages": pages, "folder": folder})[0]


def notebook_html(notebook, name):
    """An executed notebook as the text of a page that opens alone."""
    return environment().get_template("alone.html.j2").render(title=name, cells=cells_html(for_reading(notebook)))


def for_reading(notebook):
    """A copy without what makes sense only where the notebook is executed: the links to other notebooks at its top and
    end, which pages have themselves; the folder for figures, which is one of this machine; papermill's notes.
    """
    notebook = notebook.copy()
    notebook.cells = [
        cell.copy() for cell in notebook.cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])
    ]
    markdown = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell in markdown[:1] + markdown[-1:]:
        cell.source = _without_navigation(cell.source)
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = re.sub(r"(?m)^figures = .*\n?", "", cell.source)
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip() not in ("", "# Parameters")]
    return notebook


def _without_navigation(source):
    """Drop the lines that hold links only, and the links in the line of minutes."""
    lines = []
    for line in source.split("\n"):
        if line.startswith("Reading:"):
            parts = re.split(r" · (?![^\[]*\])", line)
            line = " · ".join(part for part in parts if not LINK.search(part))
        elif LINK.search(line) and not re.sub(
            r"\b(previous|contents|next)\b|[\W_]", "", LINK.sub("", line), flags=re.I
        ):
            continue
        lines.append(line)
    return "\n".join(lines)
