"""Pages of the kit: templates, and Markdown as HTML with equations as MathML. They load nothing from elsewhere."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import MarkdownWithMath

from helpers.batch.html import Renderer

TEMPLATES = Path(__file__).with_name("templates")


def markdown(source):
    """Markdown as HTML, without links to other pages: a slide or a printed page leads nowhere."""
    return Markup(MarkdownWithMath(renderer=Renderer(pages=(), folder=None, attachments={})).render(source))


def inline(source):
    """A sentence of Markdown as HTML, to stand in one."""
    return Markup(markdown(source).strip().removeprefix("<p>").removesuffix("</p>"))


@cache
def _environment():
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True, autoescape=is_html
    )
    environment.filters |= {"markdown": markdown, "inline": inline}
    environment.globals["asset"] = asset
    return environment


def is_html(template):
    return ".html" in template


def asset(name):
    """The text of a style sheet or a script, to stand in a page."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def render(template, **values):
    """The text of a page."""
    return _environment().get_template(template).render(**values)
