"""`tutorial.py check`: what a learner runs the day before, and the code that tells the teacher what it found.

It never fails a set-up that works: what isn't done in time is LATE, which is no failure. It starts on old Pythons too.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

from setup import code, system

CHECKS = ("Python", "memory", "disk", "environment", "packages", "TensorFlow", "notebook", "JupyterLab")
SECONDS = 28  # for all of it, once the environment is set up
MEMORY, DISK, DISK_LATER = 2 * 2**30, 4e9, 0.5e9  # less fails for certain: .venv has 2.3 GB, and uv's cache the same
AGAIN = "Run `python tutorial.py setup --again`."


def main(project, arguments, problem=None):
    """Print a line for each check and the code; return 0, 1 if one failed, 2 for a bad request.

    problem: why this Python can't set up the project, if it can't.
    """
    parser = argparse.ArgumentParser(prog="tutorial.py check", description="Is everything ready for the workshop?")
    parser.add_argument("--decode", metavar="CODE", help="say what a learner's code means")
    options = parser.parse_args(arguments)
    if options.decode:
        return _decode(project, options.decode)
    return Check(project).run(problem)


class Check:
    def __init__(self, project):
        self.project, self.states = str(project), {}
        self.end = time.monotonic() + SECONDS
        self.python = system.executable(os.path.join(self.project, ".venv"), "python")

    def say(self, name, fault, text, remedy=""):
        """One line; the first word that is said of a check counts."""
        if name not in self.states:
            self.states[name] = state = "FAIL" if fault else "OK"
            print("{:5} {:12} {} {}".format(state, name, text, remedy if fault else "").rstrip(), flush=True)

    def run(self, problem):
        memory, disk = system.memory(), shutil.disk_usage(self.project).free
        self.say("Python", problem, problem or "{}.{}, 64 bits".format(*sys.version_info[:2]))
        few = memory and memory < MEMORY
        self.say(
            "memory", few, f"{memory / 2**30:.1f} GB", "The notebooks need 2 GB: use another computer. " + system.ONLINE
        )
        there = os.path.exists(os.path.join(self.project, ".venv", "ready.json"))
        little = disk < (DISK_LATER if there else DISK)
        self.say(
            "disk", little, f"{disk / 1e9:.1f} GB free", "Make room: the set-up takes 4 GB, later 0.5 GB are enough."
        )
        if not problem and not (little and not there) and self.environment():
            self.packages()
            self.trials()
        for name in CHECKS:
            if name not in self.states:
                print(f"-     {name:12} not reached")
        states = [self.states.get(name, "-") for name in CHECKS]
        print(
            "\nYour code for the teacher: "
            + code.encode(system.host(), memory, disk, system.digest(self.project), states)
        )
        return 1 if "FAIL" in states else 0

    def environment(self):
        from setup import environment  # only here: it needs a Python that the project supports

        fresh = not environment.Environment(self.project).is_ready()
        try:
            environment.set_up(self.project)
        except environment.SetUpError as error:
            *details, sentence = str(error).splitlines()
            print(*details, sep="\n")
            self.say("environment", True, sentence)
            return False
        self.say("environment", False, "ready in .venv")
        if fresh:  # which takes minutes
            self.end = time.monotonic() + SECONDS
        return True

    def packages(self):
        from setup.environment import Environment

        missing, number = Environment(self.project).missing()
        self.say("packages", missing, ", ".join(missing) or f"all {number} as locked", AGAIN)

    def trials(self):
        """TensorFlow, a notebook cell and JupyterLab at the same time, so that all end in time."""
        runtime = tempfile.mkdtemp()  # where JupyterLab writes its address, and how its page looks
        pages = os.path.join(runtime, "pages")
        inside = [self.python, "-I", os.path.join(self.project, "setup", "inside.py")]
        lab = [self.python, "-P", "-m", "jupyterlab", "--no-browser", "--allow-root"]
        processes = [
            self.start([*inside, "tensorflow"]),
            self.start([*inside, "notebook"]),
            self.start(
                [*lab, "--ServerApp.root_dir=" + self.project],
                JUPYTER_RUNTIME_DIR=runtime,
                JUPYTERLAB_WORKSPACES_DIR=pages,
            ),
        ]
        try:
            self.trial("TensorFlow", processes[0])
            self.trial("notebook", processes[1])
            address = self.server(processes[2], runtime)
            if address:
                processes += self.browser(address, pages)
        finally:
            for process in processes:
                process.kill()
                process.communicate()
            shutil.rmtree(runtime, ignore_errors=True)

    def start(self, command, **variables):
        variables = dict(system.clean_environment(), TF_CPP_MIN_LOG_LEVEL="3", **variables)
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=variables,
            encoding="utf-8", errors="replace", cwd=self.project,
        )  # fmt: skip

    def trial(self, name, process):
        try:
            output, _ = process.communicate(timeout=max(0, self.end - time.monotonic()))
        except subprocess.TimeoutExpired:
            return self.late(name)
        words = output.strip().splitlines() or [f"ended with {process.returncode}"]
        self.say(name, process.returncode, words[-1], system.import_remedy(process.returncode, output) or AGAIN)

    def server(self, process, runtime):
        """Wait until JupyterLab answers; its address then."""
        while time.monotonic() < self.end:
            if process.poll() is not None:
                lines = process.communicate()[0].strip().splitlines()
                return self.say("JupyterLab", True, "ended at its start: " + (lines or ["without a word"])[-1], AGAIN)
            address = self.answers(runtime)
            if address:
                return address
            time.sleep(0.1)
        return self.late("JupyterLab")

    def browser(self, address, pages):
        """Let the browser open JupyterLab, whose page saves how it looks once it is drawn. The process that asks."""
        if not system.has_browser():
            words = "answers; there is no browser here: open the address that `tutorial.py lab` prints"
            self.say("JupyterLab", False, words)
            return []
        # In a process of its own: a browser for terminals would wait for keys. No pipe: the browser would hold it.
        command = [sys.executable, "-m", "webbrowser", "-t", address.replace("lab?", "lab/workspaces/check?")]
        nothing = subprocess.DEVNULL
        opener = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing)
        while time.monotonic() < self.end:
            if os.path.isdir(pages) and os.listdir(pages):
                self.say("JupyterLab", False, "opens in the browser; that page can be closed")
                return [opener]
            time.sleep(0.1)
        self.late("JupyterLab", "answers, but no browser has shown it: open the address that `tutorial.py lab` prints")
        return [opener]

    def answers(self, runtime):
        files = [name for name in os.listdir(runtime) if name.startswith("jpserver-") and name.endswith(".json")]
        try:
            with open(os.path.join(runtime, files[0]), encoding="utf-8") as file:
                server = json.load(file)
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy on the way to this machine
            address = server["url"] + "lab?token=" + server["token"]
            with direct.open(address, timeout=5) as answer:
                return address if b"jupyter" in answer.read().lower() else None
        except (IndexError, ValueError, OSError):  # not there yet, half written, not listening yet
            return None

    def late(self, name, words=f"not done in {SECONDS} s; that is no failure: run the check again"):
        self.states[name] = "LATE"
        print(f"LATE  {name:12} {words}", flush=True)


def _decode(project, text):
    try:
        found = code.decode(text)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print("{platform} {machine}, Python 3.{python}, {memory} GB of memory, {disk} GB free".format(**found))
    same = found["lock"] == int(system.digest(project)[:2], 16)
    print(
        "packages: "
        + ("those of this folder" if same else "OTHER versions than in this folder: another copy of the tutorial")
    )
    for place, name in enumerate(CHECKS):
        print("{:5} {}".format(found["checks"][place], name))
    return 0
