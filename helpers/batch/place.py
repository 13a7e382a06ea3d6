"""Where a run works: a folder that looks like the output, from which its files are moved there when all are whole."""

import html
import json
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from papermill.translators import PythonTranslator


@contextmanager
def workplace(stage):
    """A folder for one run: it stays in the stage if all goes well."""
    if stage is None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            place = Path(folder).resolve() / ".part-run"
            place.mkdir()
            yield place
        return
    place = Path(tempfile.mkdtemp(dir=stage, prefix="run-"))
    try:
        yield place
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def with_final_paths(node, place, out, stage):
    """A notebook or a record with the paths that its files will have.

    A path may stand there as it is, or escaped in some way, if it holds quotes or umlauts. So only the part of it that
    no escaping changes is looked for: the stage is left out of the path.
    """
    return json.loads(_text(json.dumps(node, ensure_ascii=False), place, out, stage), object_hook=type(node))


def _text(text, place, out, stage):
    if stage:
        return re.sub(rf"[\\/]+{re.escape(place.parent.name)}[\\/]+{re.escape(place.name)}", "", text)
    for escaped in (PythonTranslator.translate_str, repr, html.escape, str):
        text = text.replace(json.dumps(escaped(str(place)).strip("\"'"), ensure_ascii=False)[1:-1], out)
    return text


def files(place, run):
    """The files of a run that lie in its workplace, name -> bytes."""
    figures = [path for path in (place / run.figures).rglob("*") if path.is_file()] if run.figures else []
    paths = [place / f"{run.name}.ipynb", place / f"{run.name}.html", *figures]
    return {path.relative_to(place).as_posix(): path.stat().st_size for path in paths}
