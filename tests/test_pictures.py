"""Folders of pictures. The fixtures are made here, and what they must become is worked out without Pillow."""

import io
import os
import struct
import unicodedata
import zlib

import numpy as np
import pytest
from PIL import Image

from helpers import data
from helpers.sources import folder as folders
from helpers.sources import pictures

HALVES = np.repeat(np.array([[40, 200]], np.uint8), 12, axis=0).repeat(6, axis=1)  # 12 x 12: left dark, right bright


def picture(array=HALVES, mode=None):
    image = Image.fromarray(array)
    return image.convert(mode) if mode else image


def fill(folder, classes=("a", "b"), n=5):
    """Save n pictures a class, each of one gray level of its own; returns the folder."""
    for c, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(n):
            picture(np.full((9, 7), (100 + 20 * c + i) % 256, np.uint8)).save(folder / name / f"{i}.png")
    return folder


def one(tmp_path, image, name="x.png", size=12, **options):
    """What becomes of one picture: gray levels as whole numbers."""
    image.save(tmp_path / name, **options)
    return data.open_data(tmp_path, size).x[0].astype(int)


# --- Pictures of every kind


def test_gray_is_as_it_is(tmp_path):
    assert np.array_equal(one(tmp_path, picture()), HALVES)


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "RGBA", "LA"])
def test_every_mode_becomes_gray(tmp_path, mode):
    array = np.where(HALVES > 128, 255, 0).astype(np.uint8)
    assert np.array_equal(one(tmp_path, picture(array, mode)), array)


def test_color_becomes_its_brightness(tmp_path):
    """ITU-R 601: 0.299 red, 0.587 green, 0.114 blue."""
    array = np.zeros((4, 4, 3), np.uint8) + np.array([200, 100, 50], np.uint8)
    assert abs(one(tmp_path, picture(array)) - (0.299 * 200 + 0.587 * 100 + 0.114 * 50)).max() < 1


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg(tmp_path, mode):
    assert abs(one(tmp_path, picture(mode=mode), "x.JPeG", quality=100, subsampling=0) - HALVES).max() < 12


def test_16_bits_are_scaled_not_cut_off(tmp_path):
    array = HALVES.astype(np.uint16) * 257
    assert np.array_equal(one(tmp_path, picture(array)), HALVES)


@pytest.mark.parametrize("shape", [(24, 24), (36, 48), (6, 6), (120, 12), (3000, 3000)])
@pytest.mark.parametrize("name", ["x.png", "x.jpg"])
def test_any_size_is_stretched_to_one(tmp_path, shape, name):
    height, width = shape
    array = np.repeat(np.array([[40, 200]], np.uint8), height, axis=0).repeat(width // 2, axis=1)
    got = one(tmp_path, picture(array), name)
    assert got.shape == (12, 12)
    assert abs(got[:, [0, 1, 2, -3, -2, -1]] - HALVES[:, [0, 1, 2, -3, -2, -1]]).max() < 12


def test_shrinking_takes_the_mean(tmp_path):
    board = np.indices((120, 120)).sum(axis=0) % 2 * 255
    assert abs(one(tmp_path, picture(board.astype(np.uint8))) - 127.5).max() < 10


# The eight ways that a camera can be held: what has to be done to the stored picture.
TURNS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("name", ["x.png", "x.jpg"])
def test_turned_as_exif_says(tmp_path, orientation, name):
    stored = np.zeros((16, 16), np.uint8)
    stored[:8, :8], stored[:8, 8:] = 250, 120
    exif = Image.Exif()
    exif[0x0112] = orientation
    got = one(tmp_path, picture(stored), name, size=16, exif=exif)
    assert abs(got - TURNS[orientation](stored).astype(int)).max() < 20


def ink(level, opaque):
    """Gray and alpha: the left half has this level, opaque; the right half is transparent."""
    array = np.zeros((12, 12, 2), np.uint8)
    array[:, :6] = level, opaque
    return Image.fromarray(array)


@pytest.mark.parametrize(("level", "behind"), [(0, 255), (90, 255), (180, 0), (255, 0)])
def test_transparent_pictures_lie_on_what_they_stand_out_from(tmp_path, level, behind):
    got = one(tmp_path, ink(level, 255))
    assert np.array_equal(got, np.repeat([[level] * 6 + [behind] * 6], 12, axis=0))
    note = f"Transparent pictures (1) lie on {'white' if behind else 'black'}."
    assert note in data.open_data(tmp_path, 12).note


def test_half_transparent(tmp_path):
    assert abs(one(tmp_path, ink(0, 128))[:, :6] - 127).max() <= 1


def test_all_transparent_pictures_of_a_folder_lie_on_the_same(tmp_path):
    for i, level in enumerate((0, 10, 20, 200)):
        ink(level, 255).save(tmp_path / f"{i}.png")
    picture().save(tmp_path / "4.png")
    x = data.open_data(tmp_path, 12).x
    assert x[:4, 0, -1].tolist() == [255] * 4
    assert np.array_equal(x[4], HALVES)


def test_transparent_colors_of_a_palette_and_of_a_gray_picture(tmp_path):
    array = np.where(HALVES > 128, 1, 0).astype(np.uint8)
    palette = Image.fromarray(array)
    palette = palette.convert("P")
    palette.putpalette([0, 0, 0, 9, 9, 9])
    for image, clear in ((palette, 1), (picture(), 200)):
        got = one(tmp_path, image, transparency=clear)
        assert (got[:, 6:] == 255).all()
        assert (got[:, :6] < 50).all()


def test_opaque_rgba_is_not_called_transparent(tmp_path):
    one(tmp_path, picture(mode="RGBA"))
    assert data.open_data(tmp_path, 12).note == ""


# --- Folders


def test_one_sub_folder_a_class(tmp_path):
    opened = data.open_data(fill(tmp_path, ("Äpfel", "b c", "Zug"), n=10), 8)
    assert opened.x.shape == (30, 8, 8)
    assert opened.x.dtype == np.uint8
    assert opened.classes == ("Zug", "b c", "Äpfel")
    assert [opened.ids[i] for i in (0, 10, 29)] == ["Zug/0.png", "b c/0.png", "Äpfel/9.png"]
    levels = {"Äpfel": 100, "b c": 120, "Zug": 140}
    expected = [levels[opened.classes[label]] + i % 10 for i, label in enumerate(opened.y)]
    assert opened.x[:, 3, 3].tolist() == expected
    assert opened.note.startswith("There is no test set: 6 of the 30 labeled images are kept for judging")
    loaded = data.load(tmp_path, 9, 3)
    assert loaded.n_features == 28 * 28
    assert data.load(tmp_path, 9, 3, size=8).n_features == 64
    assert set(loaded.y_pool) == {0, 1, 2}


@pytest.mark.parametrize("k", [2, 26])
def test_any_number_of_classes(tmp_path, k):
    opened = data.open_data(fill(tmp_path, [f"{chr(97 + i)}" for i in range(k)], n=5), 4)
    assert opened.n_classes == k
    assert set(opened.judge()[1]) == set(range(k))


def test_no_sub_folder_no_label(tmp_path):
    for i in range(12):
        picture().save(tmp_path / f"{i}.png")
    opened = data.open_data(tmp_path)
    assert opened.x.shape == (12, 28, 28)
    assert set(opened.y) == {-1}
    assert opened.ids == tuple(f"{i}.png" for i in range(12))  # 2 before 10
    with pytest.raises(ValueError, match="12 of the 12 labels are unknown; an experiment needs all of them"):
        data.load(tmp_path, 5, 2)


def test_pictures_outside_of_the_classes_are_unlabeled(tmp_path):
    picture().save(fill(tmp_path) / "later.png")
    opened = data.open_data(tmp_path)
    assert opened.ids[0] == "later.png"
    assert opened.y.tolist() == [-1] + [0] * 5 + [1] * 5


def test_train_and_test(tmp_path):
    fill(tmp_path / "train", ("a", "b"), 6)
    fill(tmp_path / "test", ("a", "b"), 2)
    opened = data.open_data(tmp_path)
    assert opened.note == ""
    assert opened.judge()[1].tolist() == [0, 0, 1, 1]
    assert {opened.ids[i] for i in opened.test} == {"test/a/0.png", "test/a/1.png", "test/b/0.png", "test/b/1.png"}
    assert len(opened.train) == 12


def test_train_and_test_can_be_names_of_classes(tmp_path):
    assert data.open_data(fill(tmp_path, ("train", "test"))).classes == ("test", "train")


def test_hidden_files_and_folders_are_no_pictures(tmp_path):
    fill(tmp_path, ("a", "b", ".ipynb_checkpoints"))
    (tmp_path / "a" / "._0.png").write_bytes(b"what macOS leaves on foreign disks")
    (tmp_path / "a" / ".DS_Store").write_bytes(b"\0")
    opened = data.open_data(tmp_path)
    assert (opened.n_classes, len(opened.x), opened.broken) == (2, 10, ())
    assert "left out" not in opened.note.lower()


def test_other_files_are_counted_and_empty_sub_folders_named(tmp_path):
    fill(tmp_path)
    for name in ("a/x.gif", "b/y.gif", "notes.txt", "b/README"):
        (tmp_path / name).write_text("no picture")
    (tmp_path / "c ö").mkdir()
    opened = data.open_data(tmp_path)
    assert "neither .png nor .jpg are left out: 1 without a suffix, 2 .gif, 1 .txt." in opened.note
    assert "Sub-folders without a picture are no class: c ö." in opened.note
    assert opened.n_classes == 2


def test_order_and_names_are_those_of_every_system(tmp_path):
    """macOS may hand out decomposed names, and no system promises an order."""
    for form in ("NFC", "NFD"):
        for i in (10, 9, 1):
            name = unicodedata.normalize(form, f"Käse {i}.png")
            picture().save(fill(tmp_path / form, (unicodedata.normalize(form, "Ü"), "U", "V"), 3) / name)
    composed, decomposed = (data.open_data(tmp_path / form) for form in ("NFC", "NFD"))
    assert composed.ids == decomposed.ids
    assert composed.ids[:4] == ("Käse 1.png", "Käse 9.png", "Käse 10.png", "U/0.png")
    assert composed.classes == decomposed.classes
    assert composed.sha256 == decomposed.sha256


def test_a_name_that_is_no_text(tmp_path):
    fill(tmp_path)
    try:
        os.rename(tmp_path / "a" / "0.png", os.fsencode(tmp_path / "a") + b"/\xff.png")
    except OSError:
        pytest.skip("this system allows no such name")
    ids = data.open_data(tmp_path).ids
    assert "\n".join(ids).encode()
    assert len(set(ids)) == 10


def test_the_content_is_hashed_not_the_names(tmp_path):
    first = data.open_data(fill(tmp_path / "one")).sha256
    fill(tmp_path / "two", ("x", "y"))
    assert data.open_data(tmp_path / "two").sha256 == first
    assert data.open_data(tmp_path / "two", 12).sha256 != first
    picture().save(tmp_path / "two" / "x" / "0.png")
    assert data.open_data(tmp_path / "two").sha256 != first


def test_read_once_for_each_size_until_something_changes(tmp_path):
    fill(tmp_path)
    first, small = data.open_data(tmp_path), data.open_data(tmp_path, 8)
    assert data.open_data(tmp_path) is first
    assert data.open_data(f"{tmp_path}/") is first
    assert small.shape == (8, 8)
    picture().save(tmp_path / "a" / "new.png")
    assert len(data.open_data(tmp_path).x) == 11


# --- Broken pictures


def png(chunks):
    """A PNG file of these chunks: (name, content)."""
    parts = (
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in [*chunks, (b"IEND", b"")]
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def header(width, height):
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)


def saved(image, suffix):
    content = io.BytesIO()
    image.save(content, suffix)
    return content.getvalue()


NOISE = picture(np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8))
BROKEN = {
    "empty.png": (b"", "neither PNG nor JPEG"),
    "text.png": (b"not a picture" * 9, "neither PNG nor JPEG"),
    "gif.png": (saved(NOISE, "GIF"), "neither PNG nor JPEG"),
    "half.png": (saved(NOISE, "PNG")[:900], "truncated"),
    "half.jpg": (saved(NOISE, "JPEG")[:900], "truncated"),
    "bomb.png": (png([header(50_000, 50_000), (b"IDAT", zlib.compress(bytes(9)))]), "more than 89 million pixels"),
    "large.png": (png([header(10_000, 10_000), (b"IDAT", zlib.compress(bytes(9)))]), "more than 89 million pixels"),
    "no pixels.png": (png([header(0, 0), (b"IDAT", zlib.compress(b""))]), ""),
    "no data.png": (png([header(9, 9)]), ""),
    "long text.png": (png([header(9, 9), (b"zTXt", b"a\0\0" + zlib.compress(bytes(9 * 10**6)))]), ""),
}


def test_each_broken_picture_is_named_and_the_rest_used(tmp_path, recwarn):
    fill(tmp_path)
    for name, (content, _) in BROKEN.items():
        (tmp_path / "a" / name).write_bytes(content)
    opened = data.open_data(tmp_path)
    assert len(opened.x) == len(opened.y) == len(opened.ids) == 10
    assert opened.x[:, 3, 3].tolist() == [100, 101, 102, 103, 104, 120, 121, 122, 123, 124]
    problems = dict(opened.broken)
    assert problems.keys() == {f"a/{name}" for name in BROKEN}
    for name, (_, reason) in BROKEN.items():
        assert reason in problems[f"a/{name}"]
        assert problems[f"a/{name}"]
        assert f"a/{name} ({problems[f'a/{name}']})" in opened.note
    assert str(tmp_path) not in opened.note
    assert not recwarn.list


def test_more_than_can_be_read_in_a_sentence(tmp_path):
    fill(tmp_path)
    for i in range(30):
        (tmp_path / f"{i}.png").write_bytes(b"")
    opened = data.open_data(tmp_path)
    assert len(opened.broken) == 30
    assert "; and 10 more, all of them in `broken`." in opened.note


def test_damaged_in_any_place(tmp_path):
    """A flipped byte breaks a picture or changes it; it never stops the reading."""
    rng = np.random.default_rng(0)
    for suffix in ("PNG", "JPEG"):
        content = saved(NOISE, suffix)
        for i in range(150):
            damaged = bytearray(content)
            for place in rng.integers(0, len(content) if i % 2 else 200, 3):
                damaged[place] = rng.integers(256)
            (tmp_path / f"{suffix} {i}.{suffix}").write_bytes(damaged)
    picture().save(tmp_path / "right.png")
    opened = data.open_data(tmp_path, 12)
    assert len(opened.x) + len(opened.broken) == 301
    assert len(opened.broken) > 20
    assert np.array_equal(opened.x[opened.ids.index("right.png")], HALVES)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_a_fifo_and_a_link_to_nothing_are_broken_and_nobody_waits(tmp_path):
    fill(tmp_path)
    os.mkfifo(tmp_path / "a" / "fifo.png")
    os.symlink("/dev/zero", tmp_path / "a" / "zero.png")
    os.symlink(tmp_path / "gone", tmp_path / "a" / "link.png")
    opened = data.open_data(tmp_path)
    assert dict(opened.broken).keys() == {"a/fifo.png", "a/link.png", "a/zero.png"}
    assert dict(opened.broken)["a/link.png"] == "No such file or directory"
    assert len(opened.x) == 10


def test_a_large_file_is_broken(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_FILE", 400)
    fill(tmp_path)
    NOISE.save(tmp_path / "a" / "noise.png")
    assert dict(data.open_data(tmp_path).broken) == {"a/noise.png": "no file of up to 0 MB"}


def test_a_class_without_a_whole_picture_is_no_class(tmp_path):
    fill(tmp_path, ("a", "b", "c"))
    for path in (tmp_path / "b").iterdir():
        path.write_bytes(b"")
    opened = data.open_data(tmp_path)
    assert opened.classes == ("a", "c")
    assert "Sub-folders without a picture are no class: b." in opened.note


def broken_folder(folder):
    (folder / "a").mkdir()
    (folder / "a" / "x.png").write_bytes(b"")


def nested(folder):
    fill(folder / "a" / "deep")


def lacking(folder):
    fill(folder / "train")
    fill(folder / "test", ("a", "b", "c"))


def outside(folder):
    fill(folder / "train")
    picture().save(fill(folder / "test") / "x.png")


def beside(folder):
    fill(folder / "train")
    picture().save(fill(folder / "test").parent / "x.png")


def dark(folder):
    fill(folder, ("a",))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: None, r"holds no picture\. Allowed are \.png, \.jpg, \.jpeg, one sub-folder a class, or none"),
        (lambda folder: (folder / "x.gif").write_text(""), "holds no picture"),
        (broken_folder, r"no picture can be read\. Left out, because they can't be read: a/x.png \(neither PNG nor"),
        (nested, "a/deep is a folder in a class. Allowed are pictures in sub-folders"),
        (lambda folder: fill(folder, ("a",)), "all labeled pictures are in one sub-folder, a. A sub-folder is a class"),
        (lacking, "train has no picture of the class c, test has"),
        (outside, "test/x.png lies outside of a class"),
        (beside, "pictures lie beside train and test"),
        (lambda folder: fill(folder, ("a", "b"), 2), "to keep images for judging, one class must have three or more"),
    ],
)
def test_folders_that_can_not_be_used_get_a_sentence(tmp_path, make, sentence):
    make(tmp_path)
    with pytest.raises(ValueError, match=sentence):
        data.open_data(tmp_path)


def test_limits_are_stated(tmp_path, monkeypatch):
    fill(tmp_path)
    with pytest.raises(ValueError, match="size must be a whole number, from 1 to 1024, not 0"):
        data.open_data(tmp_path, 0)
    monkeypatch.setattr(folders, "MAX_PICTURES", 4)
    with pytest.raises(ValueError, match="holds more than 4 files; up to so many are read"):
        data.open_data(tmp_path)
    monkeypatch.setattr(folders, "MAX_PICTURES", 8)
    with pytest.raises(ValueError, match="holds more than 8 pictures; up to so many are read"):
        data.open_data(tmp_path)


def test_nearly_black_pictures_get_a_warning(tmp_path):
    for i in range(3):
        picture(np.full((9, 9), i, np.uint8)).save(tmp_path / f"{i}.png")
    with pytest.warns(UserWarning, match="the largest value of the images is 2"):
        data.open_data(tmp_path)


def test_interrupted_in_the_middle_nothing_goes_on(tmp_path, monkeypatch):
    for i in range(300):
        picture().save(tmp_path / f"{i}.png")
    read, seen = pictures._read, []

    def interrupt(path, size):
        seen.append(path)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return read(path, size)

    monkeypatch.setattr(pictures, "_read", interrupt)
    with pytest.raises(KeyboardInterrupt):
        data.open_data(tmp_path)
    assert len(seen) < 250
