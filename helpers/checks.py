"""Bad input gets a sentence: what was wrong, and what is allowed."""

import sys
import tempfile
from numbers import Integral, Real
from pathlib import Path


def shown(value):
    """`value` as a sentence shows it: its first 80 characters."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no number of so many digits
        return f"a number of more than {sys.get_int_max_str_digits():,} digits"
    return text if len(text) <= 80 else f"{text[:77]}..."


def whole_number(name, value, low, high=None, step=1):
    """Return `value` as an int; raise ValueError if it is no whole number from `low` to `high` (None: no limit), or no
    multiple of `step`.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or value < low or (high is not None and value > high) or value % step:
        allowed = f"{low} or more" if high is None else f"from {low} to {high}"
        allowed += f", a multiple of {step}" if step > 1 else ""
        raise ValueError(f"{name} must be a whole number, {allowed}, not {shown(value)}.")
    return int(value)


def positive_number(name, value):
    """Return `value` as a float, or raise ValueError if it is not a finite number above 0."""
    try:
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else None
    except OverflowError:  # a whole number of more than 308 digits
        number = None
    if number is None or not 0 < number < float("inf"):
        raise ValueError(f"{name} must be a number above 0, not {shown(value)}.")
    return number


def share(name, value):
    """Return `value` as a float, or raise ValueError if it is not a number between 0 and 1, both excluded."""
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 < value < 1:
        raise ValueError(f"{name} must be a number between 0 and 1, not {shown(value)}.")
    return float(value)


def seed_or_none(value):
    """Return `value`, or raise ValueError if it is neither None nor a whole number from 0 up."""
    return value if value is None else whole_number("seed (if not None)", value, 0)


def budget(n_pool, batch_size, rounds):
    """Return how many labels `rounds` batches cost; raise ValueError if the pool has fewer than that."""
    whole_number("batch_size", batch_size, 1, n_pool)
    whole_number("rounds", rounds, 1)
    if batch_size * rounds > n_pool:
        raise ValueError(
            f"rounds must be from 1 to {n_pool // batch_size}, not {shown(rounds)}: "
            f"each takes batch_size = {batch_size} of the {n_pool} images."
        )
    return batch_size * rounds


def folder(name, path):
    """Create the folder if it is missing and return its path; raise ValueError if it can't be one, or if no file can be
    written there.
    """
    if not isinstance(path, (str, Path)) or not str(path):
        raise ValueError(f"{name} must be the path of a folder, not {shown(path)}.")
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"x")  # a full disk takes names, but no content
    except OSError as error:
        raise ValueError(
            f"{name} must be a folder that can be written; {str(path)!r} can't: {error.strerror}."
        ) from error
    return Path(path)
