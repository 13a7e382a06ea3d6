"""The offline installation: which wheels other systems need, fetched, with the list that a set-up checks them by.

uv resolves the lock for a system and Python that needn't be the teacher's. (`pip download --platform` reads the markers
of the machine that it runs on.) `tutorial.py setup` finds the folder beside the learner's, and uses nothing else.
"""

import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from urllib.parse import unquote

from packaging.utils import canonicalize_name, parse_wheel_filename

from kit import KitError
from setup import system
from setup.environment import UV

PLATFORMS = {  # what a teacher types -> what it is, and how uv names it
    "linux": ("Linux x86-64", "x86_64-unknown-linux-gnu"),
    "macos": ("macOS arm64", "aarch64-apple-darwin"),
    "windows": ("Windows x64", "x86_64-pc-windows-msvc"),
}


@dataclass(frozen=True)
class Wheel:
    """One file of the offline installation. size: bytes, 0 if the index doesn't say."""

    name: str
    url: str
    size: int
    sha256: str


def resolve(lock, platforms, pythons):
    """The wheels (sorted, each once) that the lock needs on these platforms (keys of PLATFORMS) and Pythons ("3.12"),
    with those of uv itself. Asks the package index. Raises KitError, with uv's own words."""
    found = {wheel for platform in platforms for python in pythons for wheel in _resolve(lock, platform, python)}
    return sorted(found, key=lambda wheel: wheel.name)


def _resolve(lock, platform, python):
    name, target = PLATFORMS[platform]
    command = [system.executable(sys.prefix, "uv"), "pip", "compile", "--quiet", "--format", "pylock.toml", "--no-deps"]
    command += ["--only-binary", ":all:", "--python-platform", target, "--python-version", python, str(lock), "-"]
    environment = system.clean_environment()
    done = subprocess.run(command, input=UV, capture_output=True, encoding="utf-8", env=environment, check=False)
    if done.returncode:
        raise KitError(
            f"{done.stderr.strip()}\nNo set of wheels was found for {name} with Python {python}."
            " Without a network: --no-wheels builds the rest."
        )
    return [_best(package) for package in tomllib.loads(done.stdout)["packages"]]


def _best(package):
    """Of a package's wheels for one system the one made for it: one that fits everywhere lacks the fast part. Of two
    of these the later build, then the smaller."""

    def rank(wheel):
        _, _, build, tags = parse_wheel_filename(wheel.name)
        return all(tag.platform == "any" for tag in tags), [-number for number in build[:1]], wheel.size

    return min(map(_wheel, package.get("wheels", [])), key=rank)


def _wheel(entry):
    name = unquote(entry["url"].split("#")[0].rsplit("/", 1)[-1])
    return Wheel(name, entry["url"], entry.get("size", 0), entry["hashes"]["sha256"])


def hashes(lock, wheels, platforms, pythons):
    """The text of setup.offline.HASHES: the lines of the lock that have wheels, and uv's, with their hashes."""
    of_package = {}
    for wheel in wheels:
        name, version, _, _ = parse_wheel_filename(wheel.name)
        of_package.setdefault((name, str(version)), []).append(wheel.sha256)
    lines = [f"# {title(platforms, pythons)}"]
    for line in [*lock.read_text(encoding="utf-8").splitlines(), UV]:
        pin = re.match(r"([\w.-]+)==(\S+)", line)
        if pin:
            found = of_package.get((canonicalize_name(pin[1]), pin[2]), [])
            lines += [" ".join([line, *(f"--hash=sha256:{one}" for one in sorted(found))])] if found else []
    return "\n".join(lines) + "\n"


def title(platforms, pythons):
    return f"{', '.join(PLATFORMS[one][0] for one in platforms)}; Python {', '.join(pythons)}"
