#!/usr/bin/env python3
"""The one entry of the project, the same on Linux, macOS and Windows: `python tutorial.py COMMAND`.

It sets up the environment in .venv where that is missing or out of date, then does in it what is asked. Nothing has to
be activated, and nothing but Python itself is needed. This file and setup/system.py run on older Pythons too, so that
they can say what is wrong there.
"""

import os
import sys

from setup import check, system

PROJECT = os.path.dirname(os.path.abspath(__file__))
COMMANDS = {
    "run": "execute all notebooks; then open runs/latest/index.html",
    "lab": "open the notebooks in JupyterLab; arguments go to JupyterLab",
    "test": "every test; arguments go to pytest",
    "study": "compute the shipped results of the studies again",
    "refresh": "execute the notebooks in place, and draw the figures again",
    "bench": "speed and memory beside other ways to do it: minutes",
    "check": "is everything ready for the workshop? --decode CODE says what a learner's code means",
    "kit": "build the workshop: learner's copies, slides, guide, offline installation",
    "race": "the strategies of a class against each other: race FOLDER",
    "setup": "set up and stop there: --test, --reference, --again",
}
USAGE = "usage: python tutorial.py COMMAND [ARGUMENTS]\n\n" + "".join(
    f"  {name:8} {text}\n" for name, text in COMMANDS.items()
)


def main(arguments):
    """Run one command; return the exit status: 0, 1 if something failed, 2 for a bad request, 130 after Ctrl-C."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(USAGE, end="")
        return 0
    if arguments[0] not in COMMANDS:
        print(f"There is no command {arguments[0]!r}.\n{USAGE}", end="", file=sys.stderr)
        return 2
    supported = system.supported_pythons(PROJECT)
    problem = system.refusal(system.host(), supported)
    if problem:
        other = system.another_python(supported)
        if other:
            return system.run([*other, os.path.abspath(__file__), *arguments])
        if arguments[0] != "check":
            print(problem, file=sys.stderr)
            return 1
    if arguments[0] == "check":
        return check.main(PROJECT, arguments[1:], problem)

    from setup import commands  # only here: it needs a Python that the project supports

    try:
        return commands.main(PROJECT, *arguments)
    except commands.SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. What was not finished is done again by the next command.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # from Python 3.7 on
            stream.reconfigure(errors="replace")  # a console that can't show a letter of a path
    sys.exit(main(sys.argv[1:]))
