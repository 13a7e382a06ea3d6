"""The workshop, built from the notebooks: `python tutorial.py kit`. `--help` explains the options."""

import argparse
import shutil
import sys
from pathlib import Path

from helpers.files import write
from kit import KitError, dist, download, guide, learner, measure, offline, serve, slides
from kit.lessons import lessons
from kit.pages import render
from setup.offline import HASHES

PROJECT = Path(__file__).parents[1]
LOCK = PROJECT / "requirements.txt"
PARTS = ("learner", "learner.zip", "solutions", "solutions.zip", "slides", "guide.html", "index.html")
MEASURED = PROJECT / "runs" / "kit" / "seconds.json"
PYTHONS = ("3.11", "3.12", "3.13")
PLACES = {"wheels": "offline/wheels"}


def main(arguments=None):
    """Run the command line; return the exit status: 0, 1 if the kit can't be built, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        if options.serve is not None:
            serve.serve(options.out, options.serve, options.also)
            return 0
        build(options)
    except (KitError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. What is there is whole; the same command goes on.", file=sys.stderr)
        return 130
    return 0


def build(options):
    """All parts into `options.out`; the wheels last, since they take longest."""
    wheels = _resolved(options) if options.wheels else []
    found = lessons(PROJECT)
    guide.check(found)
    with dist.staging(options.out, PARTS) as part:
        for name, solutions in (("learner", False), ("solutions", True)):
            learner.build(PROJECT, found, part / name, solutions)
            learner.zip_folder(part / name, part / f"{name}.zip")
        slides.build(found, part / "slides")
        seconds = measure.seconds(found, part / "learner", MEASURED)
        write(guide.build(found, seconds), part / "guide.html")
        write(render("index.html.j2"), part / "index.html")
    print(f"{options.out}: {', '.join(PARTS)}")
    if options.wheels:
        folder = options.out / PLACES["wheels"]
        download.download(wheels, folder)
        write(offline.hashes(LOCK, wheels, options.platforms, options.pythons), folder / HASHES)
        print(f"{folder}: {len(wheels)} wheels, every hash checked")


def _resolved(options):
    """The wheels, after a word on their size. Raises KitError if they don't fit on the disk."""
    title = offline.title(options.platforms, options.pythons)
    print(f"With wheels for {title}: about 500 MB for each system and Python. --no-wheels leaves them out.", flush=True)
    wheels = offline.resolve(LOCK, options.platforms, options.pythons)
    folder = options.out / PLACES["wheels"]
    missing = sum(wheel.size for wheel in wheels if not (folder / wheel.name).exists())
    print(f"{len(wheels)} wheels, {sum(w.size for w in wheels) / 1e6:.0f} MB, {missing / 1e6:.0f} MB of it to fetch")
    options.out.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(options.out).free
    if free < 1.05 * missing:
        raise KitError(f"Only {free / 1e6:.0f} MB are free in {options.out}.")
    return wheels


def _parser():
    parser = argparse.ArgumentParser(prog="tutorial.py kit", description="Build the workshop from the notebooks.")
    parser.add_argument("--out", type=Path, default=PROJECT / "dist", help="folder to leave it in (default: dist)")
    parser.add_argument("--no-wheels", dest="wheels", action="store_false", help="without the offline installation")
    parser.add_argument(
        "--platforms", nargs="+", choices=offline.PLATFORMS, default=list(offline.PLATFORMS), metavar="SYSTEM",
        help=f"of the offline installation: {', '.join(offline.PLATFORMS)} (default: all)",
    )  # fmt: skip
    parser.add_argument(
        "--pythons", nargs="+", choices=PYTHONS, default=["3.12"], metavar="VERSION",
        help=f"of the offline installation: {', '.join(PYTHONS)} (default: 3.12)",
    )  # fmt: skip
    parser.add_argument(
        "--serve", nargs="?", const="", metavar="ADDRESS",
        help="build nothing, but hand out learner.zip and the offline installation in the local network until Ctrl-C;"
        " at 127.0.0.1 for this machine alone",
    )  # fmt: skip
    parser.add_argument(
        "--also", nargs="+", default=[], metavar="PART", help="hand out more with --serve, such as solutions.zip"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
