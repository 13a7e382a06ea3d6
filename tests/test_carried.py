"""The data sets that the project carries besides MNIST, and how they were made."""

import gzip
import math

import numpy as np
import pytest

from helpers.data import DataError, open_data
from helpers.sources import carried
from helpers.sources.carried import open_carried, pack_digits
from helpers.sources.mails import FEATURES, body_of, hashed, read_bodies, tf_idf

MAIL = b"Subject: CHEAP pills\nX-Spam-Status: Yes\n\nHello  you,\nbuy <b>pills</b> today!\n"


def test_the_digits_are_what_their_page_says():
    data = open_carried("digits")
    assert data.x.shape == (1797, 8, 8)
    assert set(np.unique(data.x * 16).tolist()) == set(range(17))
    assert np.bincount(data.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_mails_are_what_their_page_says():
    data = open_carried("spam")
    assert data.x.shape == (6046 - 207, FEATURES)
    assert data.classes == ("no spam", "spam")
    assert len(data.x) - len(np.unique(data.x, axis=0)) == 233


def test_a_damaged_file_is_refused(monkeypatch, tmp_path):
    (tmp_path / "digits.npz").write_bytes(b"something else")
    monkeypatch.setattr(carried, "HELPERS", tmp_path)
    with pytest.raises(DataError, match="damaged"):
        open_carried.__wrapped__("digits")


def test_a_mail_is_its_body():
    assert body_of(MAIL) == "Hello you, buy <b>pills</b> today!"
    assert body_of(MAIL.replace(b"\n", b"\r\n")) == body_of(MAIL)
    assert body_of(b"Subject: nothing else\n") == ""


def test_bodies_that_repeat_are_read_once_and_other_files_never(tmp_path):
    for name, mail in {
        "easy-ham-1/1.txt": b"A: b\n\nsee you at noon",
        "easy-ham-1/2.txt": b"A: c\n\nsee you\nat  noon\n",
        "spam-2/1.txt": MAIL,
        "spam-2/1.json": b'{"id": "\n\n1"}',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(mail)
    texts, y = read_bodies(tmp_path)
    assert texts == ["see you at noon", body_of(MAIL)]
    assert y.tolist() == [0, 1]


def test_words_fall_into_buckets_whatever_their_case_and_tags_are_none():
    assert (hashed("Pills PILLS <b>pills</b>") == 3 * hashed("pills")).all()
    assert hashed("pills").sum() == 1
    assert hashed("<table width=100> 12 " + 30 * "x").sum() == 0


def test_tf_idf_is_its_formula():
    counts = np.zeros((3, FEATURES), int)
    counts[:, 0], counts[0, 1], counts[1:, 2] = 1, 3, 1  # everywhere; once in the first; in the others
    rows = tf_idf(counts)
    everywhere, rare = math.log(4 / 4), (1 + math.log(3)) * math.log(4 / 2)
    assert everywhere == 0
    assert rows[0, :3].tolist() == [0, round(255 * rare / rare), 0]
    counts[0, 2] = 1
    a, b = rare, math.log(4 / 4)
    assert tf_idf(counts)[0, :3].tolist() == [0, round(255 * a / math.hypot(a, b)), 0]
    counts[0, 1], counts[1, 3] = 1, 1
    counts[1, 4] = 5
    one, two = math.log(4 / 2), (1 + math.log(5)) * math.log(4 / 2)
    assert tf_idf(counts)[1, 3:5].tolist() == [round(255 * v / math.hypot(one, two)) for v in (one, two)]


def test_digits_are_packed_from_the_file_of_scikit_learn(tmp_path):
    rows = np.zeros((30, 65))
    rows[:, -1] = np.arange(30) % 3
    rows[4, 9] = 16
    with gzip.open(tmp_path / "digits.csv.gz", "wt") as file:
        np.savetxt(file, rows, fmt="%d", delimiter=",")
    pack_digits(tmp_path / "digits.csv.gz", tmp_path / "digits.npz")
    data = open_data(tmp_path / "digits.npz")
    assert data.x.shape == (30, 8, 8)
    assert data.x[4, 1, 1] == 1 == data.x.sum()
    assert data.y.tolist() == [k % 3 for k in range(30)]
