"""HTML that opens from disk, with no server and no network: executed notebooks, and the page that lists them."""

import re

from jinja2 import DictLoader, Environment, pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from helpers.record import short

# nbconvert's own page, without the scripts that it would fetch, and with the alternative text of a figure.
OFFLINE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block data_png -%}
<div class="jp-RenderedImage jp-OutputArea-output {{ extra_class }}">
<img src="data:image/png;base64,{{ output.data['image/png'] | escape_html }}"
     alt="{{ (output | get_metadata('alt', 'image/png') or '') | escape_html }}">
</div>
{%- endblock -%}
{%- block data_latex -%}{{ output.data['text/latex'] | markdown2html }}{%- endblock -%}
"""

INDEX = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
table { border-collapse: collapse; margin: 1rem 0 2rem; }
th, td { padding: .3rem .9rem; border-bottom: 1px solid #ccc; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.failed { color: #a40000; font-weight: bold; }
</style>
<h1>{{ title }}</h1>
<table>
<tr><th>Notebook</th><th>Status</th><th>Seconds</th></tr>
{%- for r in records %}
<tr><td><a href="{{ r.name }}.html">{{ r.name }}</a></td>
<td>{% if r.error %}<a class="failed" href="{{ r.name }}.html#cell-id={{ r.error.cell_id }}">failed</a>
{{ r.error.where }}: {{ r.error.what }}{% else %}ok{% endif %}</td>
<td class="number">{{ "%.1f" % r.seconds }}</td></tr>
{%- endfor %}
</table>
<h2>Results</h2>
<table>
<tr><th>Notebook</th><th>Result</th><th>Value</th></tr>
{%- for r in records %}{% for name, value in r.results.items() %}
<tr><td>{{ r.name if loop.first }}</td><td>{{ name }}</td><td class="number">{{ short(value) }}</td></tr>
{%- endfor %}{% endfor %}
</table>
</html>
"""


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

    def __init__(self):
        super().__init__(extra_loaders=[DictLoader({"offline.html.j2": OFFLINE})], template_file="offline.html.j2")

    @pass_context
    def markdown2html(self, context, source):
        cell = context.get("cell", {})
        renderer = Renderer(escape=False, attachments=cell.get("attachments", {}))
        return MarkdownWithMath(renderer=renderer).render(source)


def notebook_html(notebook, name):
    """An executed notebook (an nbformat node) as one HTML page that loads nothing else."""
    return OfflineExporter().from_notebook_node(notebook, {"metadata": {"name": name}})[0]


def index_html(records, title):
    """The page that lists executed notebooks, their results and what failed."""
    return Environment(autoescape=True).from_string(INDEX).render(records=records, title=title, short=short)
