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
SECONDS = 27  # for what runs in the environment; all else takes two or three
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

        try:
            environment.set_up(self.project)
        except environment.SetUpError as error:
            *details, sentence = str(error).splitlines()
            print(*details, sep="\n")
            self.say("environment", True, sentence)
            return False
        self.say("environment", False, "ready in .venv")
        return True

    def packages(self):
        from setup.environment import Environment

        missing, number = Environment(self.project).missing()
        self.say("packages", missing, ", ".join(missing) or f"all {number} as locked", AGAIN)

    def trials(self):
        """TensorFlow, a notebook cell and JupyterLab at the same time, so that all end in time."""
        end = time.monotonic() + SECONDS
        runtime = tempfile.mkdtemp()  # where JupyterLab writes its address
        inside = [self.python, "-I", os.path.join(self.project, "setup", "inside.py")]
        lab = [self.python, "-P", "-m", "jupyterlab", "--no-browser", "--allow-root"]
        processes = [
            self.start([*inside, "tensorflow"]),
            self.start([*inside, "notebook"]),
            self.start([*lab, "--ServerApp.root_dir=" + self.project], JUPYTER_RUNTIME_DIR=runtime),
        ]
        try:
            self.trial("TensorFlow", processes[0], end)
            self.trial("notebook", processes[1], end)
            self.server(processes[2], runtime, end)
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

    def trial(self, name, process, end):
        try:
            output, _ = process.communicate(timeout=max(0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            return self.late(name)
        words = output.strip().splitlines() or [f"ended with {process.returncode}"]
        self.say(name, process.returncode, words[-1], system.import_remedy(process.returncode, output) or AGAIN)

    def server(self, process, runtime, end):
        """Wait until JupyterLab answers."""
        name = "JupyterLab"
        while time.monotonic() < end:
            if process.poll() is not None:
                lines = process.communicate()[0].strip().splitlines()
                return self.say(name, True, "ended at its start: " + (lines or ["without a word"])[-1], AGAIN)
            if self.answers(runtime):
                return self.say(
                    name,
                    False,
                    "answers; "
                    + (
                        "`tutorial.py lab` opens it"
                        if system.has_browser()
                        else "there is no browser here: open the address that `tutorial.py lab` prints"
                    ),
                )
            time.sleep(0.1)
        return self.late(name)

    def answers(self, runtime):
        files = [name for name in os.listdir(runtime) if name.startswith("jpserver-") and name.endswith(".json")]
        try:
            with open(os.path.join(runtime, files[0]), encoding="utf-8") as file:
                server = json.load(file)
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy on the way to this machine
            with direct.open(server["url"] + "lab?token=" + server["token"], timeout=5) as answer:
                return b"jupyter" in answer.read().lower()
        except (IndexError, ValueError, OSError):  # not there yet, half written, not listening yet
            return False

    def late(self, name):
        self.states[name] = "LATE"
        print(f"LATE  {name:12} not done in {SECONDS} s; that is no failure: run the check again", flush=True)


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
