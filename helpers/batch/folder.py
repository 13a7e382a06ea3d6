"""The folder that a batch of runs leaves. Only what earlier batches wrote there is ever replaced or removed."""

import json
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from helpers import system
from helpers.batch import lock, marker, records
from helpers.batch.runner import versions
from helpers.files import write

ENDINGS = (".ipynb", ".html", ".json")  # of the files that every run has


@contextmanager
def opened(path, kind, runs, resume=False, url=""):
    """The `Output` folder at `path` for these `Run`s, held against other processes. Nothing in it is replaced before
    its `begin`.

    kind: a key of `marker.PAGES`. resume: go on with what is there. url: where notebooks go if not into the folder.
    Raises ValueError if something else is there, such as files of others or runs with other parameters, or if another
    process is writing there, or if nothing can be written there.
    """
    path = Path(path)
    marker.read(path)  # no lock is left in a folder of others
    created = not path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{path} can't be made: {error.strerror}. Choose another --out.") from error
    try:
        with lock.held(path) as (stage, left):
            yield Output(path, stage, left, kind, runs, resume, url)
    finally:
        if created:
            with suppress(OSError):  # it is not empty
                path.rmdir()


class Output:
    """An output folder that this process holds.

    runs: the `Run`s it is for. done: name -> record of those that need not run again. unsent: records of runs that went
    well and could not be written to the URL. stage: the folder where workers
    leave what `keep` then moves into its place.
    """

    def __init__(self, path, stage, left, kind, runs, resume, url):
        self.path, self.stage, self.kind, self.runs, self.url = path, stage, kind, runs, url
        self._asked = {run.name: {"notebook": run.notebook, "parameters": run.parameters} for run in runs}
        self._ours, self._earlier, self.done, self.unsent = set(marker.PAGES[kind]), {}, {}, []
        if earlier := marker.read(path):
            self._ours |= {*earlier["files"], *(f"{name}{ending}" for name in earlier["runs"] for ending in ENDINGS)}
            self._complete(earlier, left)
            self._check(earlier, resume)
            self._take_over(earlier, runs if resume else [])
        for name in (f"{name}{ending}" for name in self._asked for ending in ENDINGS):
            if name not in self._ours and os.path.lexists(path / name):
                raise ValueError(f"{path / name} is not from an earlier batch. Move it, or choose another --out.")
        self._ours |= {f"{name}{ending}" for name in self._asked for ending in ENDINGS}

    def begin(self):
        """From here on the folder is this batch's. What earlier ones left stays until it is replaced, or to `end`."""
        self._store(self._earlier)

    def keep(self, record):
        """Move the files of a run into their place, then its record: from now on it counts as finished."""
        staged, text = record.pop("staged", None), record.pop("text", None)
        if staged:
            return self._install(self.stage / staged, record)
        kept = self._keep_text(text, record) if text else ""
        try:
            self.put(json.dumps(record, indent=1), f"{record['name']}.json")
        except OSError as error:
            raise OSError(f"{error}{kept}") from error

    def _keep_text(self, text, record):
        """Keep an executed notebook that could not be written to the URL or by its worker; return where, a sentence."""
        name = f"{record['name']}.ipynb"
        path, files = self.path / name, {name: len(text.encode())}
        try:
            self.put(text, name)
        except OSError:  # then where temporary files go
            path, files = Path(tempfile.mkdtemp(prefix="kept-"), path.name), {}
            write(text, path)
        kept = f". The executed notebook is kept: {path}"
        what = f"nothing written to {self.url or self.path}"
        own = record["error"] or {"cell_id": "", "where": "the end", "what": what}
        record |= {"error": own | {"what": f"{own['what']}. {record['unsent']}{kept}"}, "files": files}
        return kept

    def put(self, content, name):
        """Write a file of the folder, text or bytes, that is there whole or not at all."""
        write(content, self.stage / name)
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        system.replace(self.stage / name, self.path / name)

    def put_pages(self, pages, of_runs):
        """Write the pages about all runs, name -> text or bytes; a run's own page that is replaced stays ours."""
        for record in of_runs:
            if replaced := record["files"].keys() & pages.keys():
                record["files"] |= {name: len(pages[name].encode()) for name in replaced}
                self.put(json.dumps(record, indent=1), f"{record['name']}.json")
        for name, page in pages.items():
            self.put(page, name)

    def end(self, of_runs):
        """Remove what earlier batches left and the records of all runs don't list."""
        kept = {name: size for record in of_runs for name, size in records.files(record).items()}
        for name, size in self._earlier.items():
            if name not in kept:
                self._remove(name, size)
        self._store(kept if self.kind == "run" else {})  # in a sweep the names say whose a file is

    def _check(self, earlier, resume):
        if earlier["kind"] != self.kind:
            raise ValueError(f"{self.path} holds a {earlier['kind']}, not a {self.kind}. Choose another --out.")
        if self.kind != "sweep":
            return
        if (earlier["runs"], earlier["url"]) != (json.loads(json.dumps(self._asked)), self.url):
            raise ValueError(
                f"{self.path} holds runs with other notebooks or parameters, or for another URL. Choose another --out."
            )
        if not resume:
            raise ValueError(
                f"{self.path} holds these runs already. Add --resume to complete them, or choose another --out."
            )

    def _complete(self, earlier, left):
        """Move what a process that was killed had finished from the stages that it left."""
        for stage in left:
            for path in sorted(stage.glob(lock.FINISHED)):
                staged = stage / path.relative_to(stage).parts[0]
                record = records.read(path)
                name = path.relative_to(staged).as_posix()
                if record and f"{record['name']}.json" == name and record["name"] in earlier["runs"]:
                    self._install(staged, record)

    def _take_over(self, earlier, runs):
        """Sort what is there: records of finished `runs`, and files that go at the end."""
        found = {name: records.read(self.path / f"{name}.json") for name in earlier["runs"]}
        files = {name: records.files(record) for name, record in found.items() if record}
        self._ours |= {name for of_run in files.values() for name in of_run}
        self.done = {run.name: found[run.name] for run in runs if self._is_good(found[run.name], run)}
        self.unsent = [found[run.name] for run in runs if self._is_unsent(found[run.name], run)]
        self._earlier = dict(earlier["files"])
        for name in files.keys() - self.done.keys():
            self._earlier |= files[name]

    def _is_good(self, record, run):
        asked = {"name": run.name, "sha256": run.sha256, "versions": versions(), "error": None}
        if record is None or any(record[key] != value for key, value in asked.items()):
            return False
        return bool(self.url) or all((self.path / name).is_file() for name in (f"{run.name}.ipynb", f"{run.name}.html"))

    def _is_unsent(self, record, run):
        if record is None or "unsent" not in record or record["error"]["where"] != "the end":
            return False
        return self._is_good(record | {"error": None}, run) and (self.path / f"{run.name}.ipynb").is_file()

    def _install(self, staged, record):
        taken = [name for name in record["files"] if (staged / name).exists() and not self._may_write(name, record)]
        if taken:
            what = f"{self.path / taken[0]} is not from an earlier batch: move it"
            record["error"] = record["error"] or {"cell_id": "", "where": "the end", "what": what}
            record["files"] = {name: size for name, size in record["files"].items() if name not in taken}
            write(json.dumps(record, indent=1), staged / f"{record['name']}.json")
        for name in records.files(record):
            if (staged / name).exists():  # else a process that was killed has moved it
                (self.path / name).parent.mkdir(parents=True, exist_ok=True)
                system.replace(staged / name, self.path / name)
        self._ours |= record["files"].keys()
        shutil.rmtree(staged, ignore_errors=True)

    def _may_write(self, name, record):
        folder, _, run = record["name"].rpartition("/")
        own = f"figures/{run}/" if folder else None  # in a sweep each run has one
        return name in self._ours or (own and name.startswith(own)) or not os.path.lexists(self.path / name)

    def _remove(self, name, size):
        path, folder = self.path / name, self.path.resolve()
        same = path.is_file() and not path.is_symlink() and (size is None or path.stat().st_size == size)
        if same and path.parent.resolve().is_relative_to(folder):  # a link may lead elsewhere
            path.unlink()
            with suppress(OSError):  # it is not empty
                while path.parent != self.path:
                    path = path.parent
                    path.rmdir()

    def _store(self, files):
        self.put(marker.text(kind=self.kind, url=self.url, files=files, runs=self._asked), marker.NAME)
