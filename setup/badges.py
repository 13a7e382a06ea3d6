"""The badges of README.md that start the project in a browser, once it has an address: `-m setup.badges OWNER/NAME`.

Standard library only: a workflow runs it where nothing is set up.
"""

import re
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BADGES = """\
[![Open in Codespaces](https://github.com/codespaces/badge.svg)](https://codespaces.new/{0})
[![Open in Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/{0}/HEAD?urlpath=lab/tree/notebooks/00_start.ipynb)
"""


def with_badges(text, repository):
    """The README's text with the badges under its title; as it is if they are there already, whosever they are.

    repository: "OWNER/NAME", as GitHub has it. Raises ValueError if it is something else.
    """
    if not re.fullmatch(r"[\w-]+/[\w.-]+", repository, flags=re.ASCII):
        raise ValueError(f"A repository is OWNER/NAME, with letters, digits and - _ . in it, not {repository!r}.")
    if "https://codespaces.new/" in text:
        return text
    title, rest = text.split("\n", 1)
    return f"{title}\n\n{BADGES.format(repository)}{rest}"


def main(repository):
    text = README.read_text(encoding="utf-8")
    README.write_text(with_badges(text, repository), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m setup.badges OWNER/NAME")
    try:
        main(sys.argv[1])
    except ValueError as error:
        sys.exit(str(error))
