"""The environments: .venv, and two that only tests and benchmarks compare with. Set up when missing or out of date.

An environment is ready when its mark says so: where it lies and what was asked for, by content. The mark is written
last, after all that was asked for has been found there and imported, and goes away before anything is changed. So an
interrupted set-up, a moved or copied project and a changed lock are one case: no mark that fits.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from setup import offline, system

UV = "uv==0.13.9"  # installs in seconds what takes pip minutes; it comes from the package index like any other package
MARK = "ready.json"
INSIDE = Path(__file__).with_name("inside.py")
# Libraries that only tests and benchmarks compare with. Apart, because with scikit-learn beside it every
# `import tensorflow` takes a second longer, and modAL fails on scikit-learn 1.8 and newer.
REFERENCES = {"reference": ["scikit-activeml"], "modal": ["modal-python"]}
# JupyterLab asks at its first start whether it may fetch news: a question, and a network, that nobody here needs.
QUIET = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}


class SetUpError(Exception):
    """The set-up can't go on; the text says why, and what to do."""


def set_up(project, test=False, reference=False, again=False, wheels=None):
    """Make the environments ready; return at once where they are.

    test: with what the tests need. reference: also the environments with libraries to compare with. again: from
    scratch. wheels: a folder or address with all packages, to install from without a network; without it the kit's,
    if that lies beside the project.
    """
    project = Path(project).resolve()
    wanted = [Environment(project, test=test)]
    wanted += [Environment(project, name) for name in REFERENCES if reference]
    for lock in (lock for environment in wanted for lock in environment.locks):
        if not (project / lock).exists():
            raise SetUpError(f"This copy of the tutorial has no {lock}, which this needs.")
    if not again and all(environment.is_ready() for environment in wanted):
        return
    try:
        with system.one_at_a_time(project / ".venv.lock", say) as inherited:
            for environment in wanted:
                if again or not environment.is_ready():  # asked again: who held the lock may have done it
                    environment.build(again, offline.source(project, wheels), inherited)
    except OSError as error:
        raise SetUpError(f"The set-up can't write: {error}") from error


def say(text):
    print(text, flush=True)


class Environment:
    """One folder with packages: what it must hold, whether it does, and how it gets it."""

    def __init__(self, project, name="", test=False):
        self.project, self.name, self.inherited = Path(project).resolve(), name, {}
        self.place = os.fsencode(self.project).decode("utf-8", "replace")  # the same text in every locale
        self.folder = self.project / (f".venv-{name}" if name else ".venv")
        self.python = system.executable(self.folder, "python")
        self.locks = [f"tests/requirements-{name}.txt"] if name else ["requirements.txt"]
        if not name and (test or "tests/requirements.txt" in self._mark()["contents"]):
            self.locks.append("tests/requirements.txt")  # once there, they stay

    def is_ready(self):
        return self._mark() == self._mark_when_ready() and self.is_sound()

    def is_sound(self):
        """Whether its Python starts, is one that the project supports, and installs into this folder.

        Without its pyvenv.cfg it is the Python that it was made from, and would install there.
        """
        if self.folder.is_symlink():
            return False
        ask = "import os, sys; print(sys.version_info[1], os.path.samefile(sys.prefix, sys.argv[1]))"
        try:
            done = subprocess.run(
                [self.python, "-I", "-c", ask, self.folder], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return False
        minor, here = done.stdout.split()
        first, end = system.supported_pythons(self.project)
        return first[1] <= int(minor) < end[1] and here == "True"

    def build(self, again, source, inherited):
        """Install what the locks say, no more and no less, from the source (see `offline`) or the package index; what
        is started here holds `inherited`, the lock."""
        self.inherited = inherited
        options, for_pip, for_uv = offline.options(source)
        place = f" from {source}{offline.purpose(source)}" if source else ""
        fresh = again or self._mark().get("place") != self.place or not self.is_sound()
        (self.folder / MARK).unlink(missing_ok=True)
        if fresh:
            say(f"Setting up {self.folder.name}{place}, once ...")
            self._create([*options, *for_pip])
        else:
            say(f"Bringing {self.folder.name} up to date{place} ...")
        self._check_sound()
        uv = system.executable(self.project / ".venv", "uv")
        # --prefix: uv believes what it once heard about a Python of this path, even if it was another one then.
        command = [uv, "pip", "sync", "--prefix", self.folder, "--python", self.python, "--compile-bytecode"]
        command += ["--system-certs"]  # those that the browser trusts, a company's own among them; pip does the same
        own = "" if self.name else f"{UV}\n--editable .\n"
        self._call([*command, *options, *for_uv, *self.locks, *(["-"] if own else [])], own, shown=sys.stderr.isatty())
        self._check_sound()
        self._check_content()
        self.finish()

    def finish(self):
        """Configure what was installed, and say that all is there."""
        if not self.name:
            write(self.folder / "etc/jupyter/labconfig/page_config.json", json.dumps(QUIET))
        write(self.folder / MARK, json.dumps(self._mark_when_ready(), indent=1))

    def _create(self, options):
        if self.folder.is_symlink():  # what it points to is not ours
            self.folder.unlink()
        if self.name:
            python = system.executable(self.project / ".venv", "python")
            self._call([python, "-I", "-m", "venv", "--clear", "--without-pip", self.folder])
            return
        self._call([system.base_python(), "-I", "-m", "venv", "--clear", self.folder])
        self._check_sound()
        pip = [self.python, "-I", "-m", "pip", "--require-virtualenv", "--disable-pip-version-check", "--no-input"]
        self._call([*pip, "install", "--quiet", "--only-binary", ":all:", *options, UV])

    def _check_sound(self):
        if not self.is_sound():
            raise SetUpError(
                f"{self.python} does not belong to {self.folder}, so nothing is installed with it."
                " Run `python tutorial.py setup --again`."
            )

    def missing(self):
        """What of the locks isn't there, and how many packages they ask for on this system."""
        reader = system.executable(self.project / ".venv", "python")  # it has `packaging`
        paths = self._call([self.python, "-I", "-c", "import json, sys; print(json.dumps(sys.path))"])
        number, *missing = self._call([reader, "-I", INSIDE, "missing", paths, *self.locks]).splitlines()
        return missing, int(number)

    def _check_content(self):
        """Stop unless all that was asked for is there and can be imported."""
        missing, _ = self.missing()
        if missing:
            raise SetUpError(f"After its set-up {self.folder.name} lacks {', '.join(missing)}. Run it again.")
        wanted = {"distributions": REFERENCES.get(self.name, []), "packages": []}
        if not self.name:
            described = self._pyproject()
            requirements = described["project"]["dependencies"]
            wanted["distributions"] = [re.match(r"[\w.-]+", requirement).group() for requirement in requirements]
            wanted["packages"] = described["tool"]["setuptools"]["packages"]
        self._call([self.python, "-I", INSIDE, "import", json.dumps(wanted), self.project])

    def _call(self, command, text="", shown=False):
        """Run a command of the set-up; return what it printed. shown: its progress goes to the terminal."""
        pipe = None if shown else subprocess.PIPE
        done = subprocess.run(
            [str(part) for part in command], input=text, stdout=pipe, stderr=pipe, encoding="utf-8", errors="replace",
            cwd=self.project, env=system.clean_environment(), check=False, **self.inherited,
        )  # fmt: skip
        if done.returncode:
            raise SetUpError(self._explained(done.returncode, (done.stdout or "") + (done.stderr or "")))
        return done.stdout

    def _explained(self, status, output):
        """A sentence on why a command of the set-up failed, with its own last words."""
        lines = "\n".join(f"  {line}" for line in output.strip().splitlines()[-12:])
        why = system.explanation(status, output, shutil.disk_usage(self.project).free, self.project)
        return f"{lines}\nThe set-up of {self.folder.name} stopped. {why} The next command sets it up again."

    def _mark(self):
        """What the mark says; nothing if there is none, or if it is damaged."""
        try:
            mark = json.loads((self.folder / MARK).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            mark = None
        whole = isinstance(mark, dict) and isinstance(mark.get("contents"), dict)
        return mark if whole else {"contents": {}}

    def _mark_when_ready(self):
        contents = {lock: hashlib.sha256((self.project / lock).read_bytes()).hexdigest() for lock in self.locks}
        if not self.name:
            described = self._pyproject()
            described["tool"] = described["tool"]["setuptools"]  # the settings of other tools install nothing
            contents["pyproject.toml"] = hashlib.sha256(json.dumps(described).encode()).hexdigest()
        return {"place": self.place, "uv": UV, "contents": contents}

    def _pyproject(self):
        return tomllib.loads((self.project / "pyproject.toml").read_text(encoding="utf-8"))


def write(path, text):
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8")
    system.replace(unfinished, path)
