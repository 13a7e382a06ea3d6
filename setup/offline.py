"""Where packages come from if not from the index: a folder, or the teacher's laptop, as `tutorial.py kit` leaves it."""

from pathlib import Path
from urllib.parse import urlsplit

HASHES = "sha256.txt"  # what the folder is for, in its first line, and the hash of every package: written last


def source(project, asked):
    """The folder (whole path) or address to install from: as asked, or the one that the kit put beside the learner's
    copy; None: the package index."""
    if asked and "://" in str(asked):
        return str(asked).rstrip("/") + "/"
    if asked:
        return Path(asked).resolve()
    beside = project.parent / "offline" / "wheels"
    return beside if (beside / HASHES).is_file() else None


def options(source):
    """Options that send pip and uv to the source and nowhere else; then those for pip, and those for uv, alone."""
    if source is None:
        return [], [], []
    # A folder as an address, in which no comma stands: uv takes what is before and after one for two places.
    here = ["--no-index", "--find-links", source if isinstance(source, str) else source.as_uri()]
    if isinstance(source, str):
        return here, ["--trusted-host", urlsplit(source).netloc], ["--constraint", source + HASHES]
    return here, [], ["--constraint", source / HASHES] if (source / HASHES).exists() else []


def purpose(source):
    """What a folder says it is for, such as " (Linux x86-64; Python 3.12)"; nothing where it doesn't say."""
    if isinstance(source, str) or not (source / HASHES).exists():
        return ""
    with open(source / HASHES, encoding="utf-8") as file:
        return f" ({file.readline().lstrip('# ').rstrip()})"
