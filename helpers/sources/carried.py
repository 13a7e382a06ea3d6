"""Small data sets that the project carries besides MNIST: digits of 8 x 8 pixels, and mails as features."""

import gzip
import sys
from functools import cache
from pathlib import Path

import numpy as np

from helpers.data import DataError, open_data
from helpers.files import sha256
from helpers.sources.arrays import save_data

HELPERS = Path(__file__).parents[1]
# Where they are from: DIGITS.md and SPAM.md beside them.
CARRIED = {
    "digits": "fccb0384e0d8b2b7a55d9fb39c5784dab12abfd799623e8a6877df97cd194df3",
    "spam": "4037fb307b0d8aadab8de30d2bdba17a6263660223a76fb0119a376b99a14829",
}


@cache
def open_carried(name):
    """A data set by its name in CARRIED, as `open_data` gives it. Raises ValueError if its file is damaged."""
    path = HELPERS / f"{name}.npz"
    if (found := sha256(path.read_bytes())) != CARRIED[name]:
        raise DataError(f"{path} is damaged: its SHA-256 is {found}, it should be {CARRIED[name]}. Clone again.")
    return open_data(path)


def pack_digits(source, path):
    """Write scikit-learn's digits.csv.gz, rows of 64 pixels from 0 to 16 and a label, as a data file."""
    with gzip.open(source) as file:
        rows = np.loadtxt(file, delimiter=",")
    save_data(path, np.float32(rows[:, :-1] / 16).reshape(-1, 8, 8), rows[:, -1].astype(np.uint8))


if __name__ == "__main__":
    pack_digits(*sys.argv[1:])
