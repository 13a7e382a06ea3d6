"""An executed notebook as one HTML page that opens from disk, with no server and no network."""

import re
from functools import cache
from pathlib import Path

from jinja2 import FileSystemLoader, pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TEMPLATES = FileSystemLoader(Path(__file__).with_name("templates"))


class Renderer(IPythonRenderer):
    """nbconvert's Markdown, with equations as MathML, which browsers draw by themselves, and links to HTML."""

    def block_math(self, body):
        return convert(body, display="block")

    def inline_math(self, body):
        return convert(body)

    def latex_environment(self, name, body):
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    def link(self, text, url, title=None):
        """A link to another notebook leads to the page beside this one, one to the README to the list of pages."""
        if not re.match(r"[a-z]+:", url):
            url = re.sub(r"\.ipynb(?=#|$)", ".html", url).replace("../README.md", "index.html")
        return super().link(text, url, title)


class OfflineExporter(HTMLExporter):
    """nbconvert's HTML, complete in one file."""

    @pass_context
    def markdown2html(self, context, source):
        cell = context.get("cell", {})
        renderer = Renderer(escape=False, attachments=cell.get("attachments", {}))
        return MarkdownWithMath(renderer=renderer).render(source)


@cache
def _exporter():
    return OfflineExporter(extra_loaders=[TEMPLATES], template_file="notebook.html.j2")


def notebook_html(notebook, name):
    """An executed notebook (an nbformat node) as the text of a page that loads nothing else."""
    return _exporter().from_notebook_node(notebook, {"metadata": {"name": name}})[0]
