"""Numbers that form a table, as a notebook shows them: styled for readers, and as text, which nbval compares."""

import hashlib

import pandas as pd
from IPython.display import display

STYLES = [
    {"selector": "th, td", "props": "text-align: right; padding: 0.2em 0.8em;"},
    {"selector": "th.row_heading", "props": "text-align: left;"},
]


def by_row(rows, columns):
    """A table (DataFrame) from the name of each row -> its values under the `columns`, a list of names."""
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def table(columns, rows=None, formats="{}"):
    """Show a table. columns: name -> its values, or a DataFrame. rows: their names.

    formats: how values are written, such as "{:.2%}": one for all columns, or column -> format. A missing value is
    written as nothing.
    """
    frame = pd.DataFrame(columns, index=rows)
    written = frame.astype(object)
    for column in frame:
        form = formats if isinstance(formats, str) else formats.get(column, "{}")
        written[column] = ["" if pd.isna(value) else form.format(value) for value in frame[column]]
    text = written.to_string()
    uuid = hashlib.sha256(text.encode()).hexdigest()[:8]  # of its style sheet: the same table gives the same HTML
    styled = written.style.format(escape="html").format_index(escape="html").format_index(escape="html", axis=1)
    html = styled.set_table_styles(STYLES).to_html(table_uuid=uuid)
    display({"text/plain": text, "text/html": f" \n{html}"}, raw=True)  # the blank: see `Picture`
