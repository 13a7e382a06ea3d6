"""The form in which the notebooks are kept: the one that JupyterLab gives them when it saves, without what differs from
one machine to the next. So a reader who only looks has nothing changed.
"""

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def in_kept_form(notebook):
    """Change a notebook, an nbformat node, into that form: no times, no versions, no state of widgets."""
    for key in ("papermill", "widgets", "signature"):
        notebook.metadata.pop(key, None)
    notebook.metadata.kernelspec = dict(KERNEL)
    _forget_version(notebook)
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            cell.metadata.collapsed = True  # JupyterLab notes it twice


def before_saving(model, **_):
    """JupyterLab calls this with all that it is about to save (a dict): it notes the exact version of Python."""
    if model["type"] == "notebook":
        _forget_version(model["content"])


def _forget_version(notebook):
    notebook["metadata"].get("language_info", {}).pop("version", None)
