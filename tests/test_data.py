import doctest
import hashlib
import io
import os
import pickle
import re
import struct
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from helpers import data
from helpers.sources import rows

# The original four files, uncompressed (magic number of the IDX format, SHA-256).
IDX = {
    "x_train": (2051, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    "y_train": (2049, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    "x_test": (2051, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    "y_test": (2049, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
}
N_TRAIN, N_TEST, CLASSES, SIZE = 12, 6, 3, (5, 4)


@pytest.fixture(scope="module")
def mnist():
    with np.load(data.MNIST) as file:
        return dict(file)


def arrays(**changes):
    """A small data file's arrays; the first pixel of image i is 10 * i, to know it again. None: missing."""
    x = np.random.default_rng(0).integers(0, 256, (N_TRAIN + N_TEST, *SIZE), dtype=np.uint8)
    x[:, 0, 0] = 10 * np.arange(len(x))
    y = np.arange(len(x)) % CLASSES
    all_of_them = {"x_train": x[:N_TRAIN], "y_train": y[:N_TRAIN], "x_test": x[N_TRAIN:], "y_test": y[N_TRAIN:]}
    return {name: array for name, array in (all_of_them | changes).items() if array is not None}


@pytest.fixture
def saved(tmp_path):
    """Save `arrays(**changes)`; returns the path."""

    def save(**changes):
        np.savez(tmp_path / "own.npz", **arrays(**changes))
        return tmp_path / "own.npz"

    return save


def read(path, n_pool=4, n_stop=2, seed=None):
    return data.load(path, n_pool, n_stop, seed)


# --- MNIST


@pytest.mark.parametrize("name", IDX)
def test_mnist_is_the_original_files_bit_for_bit(mnist, name):
    magic, sha256 = IDX[name]
    array = mnist[name]
    header = struct.pack(f">{1 + array.ndim}I", magic, *array.shape)
    assert hashlib.sha256(header + array.tobytes()).hexdigest() == sha256


def test_credit_stands_beside_it():
    credit = data.MNIST.with_name("MNIST.md").read_text()
    assert all(word in credit for word in ("LeCun", "Cortes", "Burges", "CC BY-SA 3.0"))


def test_default_is_the_article_s_4000_and_400_in_order(mnist):
    loaded = data.load_mnist()
    assert loaded.x_pool.shape == (4000, 28, 28)
    assert np.array_equal(loaded.x_pool, (mnist["x_train"][:4000] / 255).astype(np.float32))
    assert np.array_equal(loaded.y_pool, mnist["y_train"][:4000])
    assert np.array_equal(loaded.x_stop, (mnist["x_test"][:400] / 255).astype(np.float32))
    assert np.array_equal(loaded.y_stop, mnist["y_test"][:400])
    assert np.array_equal(loaded.x_held_out, (mnist["x_test"][400:] / 255).astype(np.float32))
    assert np.array_equal(loaded.y_held_out, mnist["y_test"][400:])
    assert (loaded.n_classes, loaded.n_features) == (10, 784)


def test_images_are_float32_where_tensorflow_reads_them_in_place_and_labels_int32():
    loaded = data.load_mnist(7, 3)
    for x in (loaded.x_pool, loaded.x_stop, loaded.x_held_out):
        assert x.dtype == np.float32
        assert x.flags.c_contiguous
        assert x.ctypes.data % 64 == 0
    assert {y.dtype for y in (loaded.y_pool, loaded.y_stop, loaded.y_held_out)} == {np.dtype(np.int32)}


def test_seed_shuffles_mnist_and_keeps_images_with_their_labels(mnist):
    loaded = data.load_mnist(300, 50, seed=5)
    for x, y, name in ((loaded.x_pool, loaded.y_pool, "train"), (loaded.x_stop, loaded.y_stop, "test")):
        label_of = {image.tobytes(): label for image, label in zip(mnist[f"x_{name}"], mnist[f"y_{name}"], strict=True)}
        pictures = np.rint(x * 255).astype(np.uint8)
        assert [label_of[picture.tobytes()] for picture in pictures] == y.tolist()
    assert not np.array_equal(loaded.y_pool, mnist["y_train"][:300])


def test_empty_data_file_means_mnist_and_a_path_the_file(saved):
    assert data.load("", 5, 2, None).x_pool.shape == (5, 28, 28)
    assert data.load(str(saved()), 5, 2, None).x_pool.shape == (5, *SIZE)
    assert data.load(saved(), 5, 2, None).x_pool.shape == (5, *SIZE)


@pytest.mark.parametrize("wrong", [None, 0, 3, [], b"own.npz", 10**5000], ids=lambda wrong: type(wrong).__name__)
def test_data_file_of_another_type_is_refused_not_taken_for_mnist(wrong):
    with pytest.raises(
        ValueError, match=r"data_file must be the path of an \.npz file or a folder of pictures on this computer, or"
    ):
        data.load(wrong, 5, 2, None)


@pytest.fixture
def another_shipped_file(tmp_path, monkeypatch):
    """Set what stands in for the shipped file, forget that it was checked; returns the list of its hashings."""
    counted = []
    digest = hashlib.file_digest

    def count(*arguments):
        counted.append(arguments)
        return digest(*arguments)

    def set_to(content):
        (tmp_path / "mnist.npz").write_bytes(content)
        monkeypatch.setattr(data, "MNIST", tmp_path / "mnist.npz")
        monkeypatch.setattr(hashlib, "file_digest", count)
        data._open_mnist.cache_clear()
        return counted

    yield set_to
    data._open_mnist.cache_clear()


def test_shipped_file_is_opened_once_per_process(another_shipped_file):
    hashed = another_shipped_file(data.MNIST.read_bytes())
    first, second = data.open_data(""), data.open_data("")
    assert len(hashed) == 1
    assert first is second


def test_damaged_shipped_file_is_refused_every_time(another_shipped_file):
    content = bytearray(data.MNIST.read_bytes())
    content[10] ^= 1  # the time of day in the first header, which nothing but the hash would notice
    another_shipped_file(content)
    for _ in range(2):
        with pytest.raises(ValueError, match="damaged: its SHA-256 is"):
            data.load_mnist(2, 2)


def peak_and_kept(call):
    """Bytes that Python and NumPy held at most while `call` ran, and what they still hold beside its result."""
    tracemalloc.start()
    result = call()
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak, kept, result


def test_mnist_is_in_memory_once_while_it_is_opened(mnist):
    file = sum(array.nbytes for array in mnist.values())
    data._open_mnist.cache_clear()
    peak, kept, _ = peak_and_kept(lambda: data.open_data(""))
    assert kept < file + 2e6  # the order of the rows, as numbers
    assert peak < file + 5e6


# --- The reader's own file


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_own_file_of_another_size_and_number_of_classes(tmp_path, save):
    own = arrays()
    save(tmp_path / "own.npz", **own)
    loaded = read(tmp_path / "own.npz", 7, 2)
    assert np.array_equal(loaded.x_pool, (own["x_train"][:7] / 255).astype(np.float32))
    assert np.array_equal(loaded.x_held_out, (own["x_test"][2:] / 255).astype(np.float32))
    assert np.array_equal(loaded.y_pool, own["y_train"][:7])
    assert np.array_equal(loaded.y_held_out, own["y_test"][2:])
    assert (loaded.n_classes, loaded.n_features) == (CLASSES, 20)


def test_classes_are_those_of_the_whole_file_not_of_the_few_images_asked_for(saved):
    assert read(saved(y_train=np.arange(N_TRAIN) // 4), n_pool=1).n_classes == CLASSES


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8"])
def test_floating_point_images_stay_what_they_are(saved, dtype):
    levels = np.linspace(0, 1, N_TRAIN * 20).reshape(N_TRAIN, *SIZE).astype(dtype)  # both ends are allowed
    loaded = read(saved(x_train=levels, x_test=levels[:N_TEST]), N_TRAIN)
    assert loaded.x_pool.dtype == np.float32
    assert np.array_equal(loaded.x_pool, levels.astype(np.float32))


@pytest.mark.parametrize("dtype", ["i1", "u1", ">i4", "i8", "u8"])
def test_labels_of_any_integer_type(saved, dtype):
    loaded = read(saved(y_train=arrays()["y_train"].astype(dtype)))
    assert loaded.y_pool.dtype == np.int32
    assert loaded.y_pool.tolist() == [0, 1, 2, 0]


def test_a_seed_gives_one_pool_and_another_seed_another(saved):
    first, again, other = (read(saved(), N_TRAIN, N_TEST, seed).x_pool for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(np.sort(first, axis=None), np.sort(other, axis=None))


@pytest.mark.parametrize("seed", [None, 0, 7, np.int64(7)])
def test_no_image_twice_none_between_the_sets_and_each_with_its_label(saved, seed):
    loaded = read(saved(), 9, 4, seed)
    sets = loaded.x_pool, loaded.x_stop, loaded.x_held_out
    train, test, rest = (np.rint(x[:, 0, 0] * 25.5).astype(int) for x in sets)
    assert len(set(train)) == 9
    assert set(train) < set(range(N_TRAIN))
    assert sorted([*test, *rest]) == list(range(N_TRAIN, N_TRAIN + N_TEST))
    for image, label in ((train, loaded.y_pool), (test, loaded.y_stop), (rest, loaded.y_held_out)):
        assert np.array_equal(image % CLASSES, label)


def test_all_test_images_asked_for_leaves_an_empty_rest(saved):
    loaded = read(saved(), N_TRAIN, N_TEST)
    assert loaded.x_held_out.shape == (0, *SIZE)
    assert loaded.y_held_out.shape == (0,)


# --- What is refused


def pixel(value):
    images = np.full((N_TRAIN, *SIZE), 0.5)
    images[3, 2, 1] = value
    return {"x_train": images, "x_test": images[:1].repeat(N_TEST, axis=0)}


def labels(*values):
    return np.array(values * N_TRAIN)[:N_TRAIN]


MISSING = "; a data file holds x_train, y_train, x_test, y_test, or x, y without a test set"
SHAPE = r"x_train must be \(images, height, width\) or \(rows, features\), none of them 0; its shape is "
DTYPE = r"x_train must be uint8 \(0 to 255\) or floating point \(0 to 1\), not "
RANGE = r"images go from 0 to 1 without NaN; x_train does not: there is .* in row 3\."
INTEGERS = "y_train must be a row of integers; it is "
CLASS = "labels must be 0 to k-1, k at least 2, each in y_train; not "
BAD_ARRAYS = {
    "an array missing": ({"y_test": None}, "has no y_test" + MISSING),
    "two arrays missing": ({"x_test": None, "y_test": None}, "has no x_test, y_test" + MISSING),
    "a channel": ({"x_train": np.zeros((N_TRAIN, *SIZE, 1), np.uint8)}, SHAPE + r"\(12, 5, 4, 1\)"),
    "a single number": ({"x_train": np.uint8(0)}, SHAPE + r"\(\)"),
    "no images": ({"x_train": np.zeros((0, *SIZE), np.uint8), "y_train": labels(0, 1)[:0]}, SHAPE + r"\(0, 5, 4\)"),
    "no pixels": ({"x_train": np.zeros((N_TRAIN, 5, 0), np.uint8)}, SHAPE + r"\(12, 5, 0\)"),
    "no test images": (
        {"x_test": np.zeros((0, *SIZE), np.uint8), "y_test": labels(0, 1)[:0]},
        SHAPE.replace("train", "test"),
    ),
    **{
        f"{dtype} images": ({"x_train": np.zeros((N_TRAIN, *SIZE), dtype)}, DTYPE + np.dtype(dtype).name)
        for dtype in ("int32", "uint16", "bool", "complex64")
    },
    "text images": ({"x_train": np.zeros((N_TRAIN, *SIZE), "U3")}, DTYPE),
    **{f"a pixel of {v}": (pixel(v), RANGE) for v in (np.nan, np.inf, -np.inf, 1.001, -1e-6, 255)},
    **{
        f"{dtype} labels": ({"y_train": labels(0, 1).astype(dtype)}, INTEGERS)
        for dtype in ("float32", "bool", "complex64", "U3", "M8[s]", "m8[s]")
    },
    "one-hot labels": ({"y_train": np.eye(N_TRAIN, dtype=int)}, INTEGERS + r"int64 of shape \(12, 12\)"),
    "labels in a column": ({"y_train": labels(0, 1)[:, None]}, INTEGERS + r"int64 of shape \(12, 1\)"),
    "a label too few": ({"y_train": labels(0, 1)[:11]}, "x_train has 12 images, y_train has 11 labels"),
    "a test label too many": ({"y_test": labels(0, 1)[:7]}, "x_test has 6 images, y_test has 7 labels"),
    "labels from 1": ({"y_train": labels(1, 2)}, CLASS + r"\[1, 2\]"),
    "a negative label": ({"y_train": labels(-2, 0, 1)}, CLASS + r"\[-2, 0, 1\]"),
    "one class and unknown ones": ({"y_train": labels(-1, 0)}, CLASS + r"\[-1, 0\]"),
    "a gap": ({"y_train": labels(0, 2)}, CLASS + r"\[0, 2\]"),
    "a huge label": ({"y_train": np.append(labels(0, 1)[1:], 2**40)}, CLASS),
    "one class": ({"y_train": labels(0), "y_test": labels(0)[:N_TEST]}, CLASS + r"\[0\]"),
    "an unknown test label": ({"y_test": labels(0, 3)[:N_TEST]}, "y_test must lie in 0 to 2; it goes from 0 to 3"),
    "a negative test label": ({"y_test": labels(-1, 2)[:N_TEST]}, "y_test must lie in 0 to 2; it goes from -1 to 2"),
    "two types": ({"x_test": np.zeros((N_TEST, *SIZE))}, "must be of one size, and both uint8 or both floating"),
    "two sizes": ({"x_test": np.zeros((N_TEST, 4, 5), np.uint8)}, "x_train and x_test must be of one size"),
}


@pytest.mark.parametrize(("changes", "sentence"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_bad_arrays_each_get_their_sentence(saved, changes, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        read(saved(**changes))
    assert "own.npz" in str(error.value)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"n_pool": 13}, "n_pool must be a whole number, from 1 to 12, not 13"),
        ({"n_pool": 0}, "n_pool must be a whole number, from 1 to 12, not 0"),
        ({"n_pool": 4.0}, "n_pool must be a whole number"),
        ({"n_stop": 7}, "n_stop must be a whole number, from 1 to 6, not 7"),
        ({"n_stop": -1}, "n_stop must be a whole number"),
        ({"seed": -1}, "seed .* must be a whole number, 0 or more, not -1"),
        ({"seed": 0.5}, "seed .* must be a whole number"),
    ],
)
def test_impossible_numbers_get_a_sentence(saved, asked, sentence):
    with pytest.raises(ValueError, match=sentence):
        read(saved(), **asked)


def test_more_images_than_mnist_has():
    with pytest.raises(ValueError, match="n_pool must be a whole number, from 1 to 60000, not 60001"):
        data.load_mnist(60_001)


NO_NPZ = r"own.npz is no complete .npz file of plain arrays, as np.savez writes it \(.+\)\. Objects are not read"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_truncated_anywhere(tmp_path, save):
    path = tmp_path / "own.npz"
    save(path, **arrays())
    content = path.read_bytes()
    for length in [*range(0, len(content), 50), len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=NO_NPZ):
            read(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_flipped_byte_is_noticed_or_changes_nothing(tmp_path, save):
    path = tmp_path / "own.npz"
    save(path, **arrays())
    content, right = path.read_bytes(), read(path, N_TRAIN, N_TEST)
    refused = 0
    for position in range(0, len(content), 7):
        path.write_bytes(content[:position] + bytes([content[position] ^ 0x21]) + content[position + 1 :])
        try:
            loaded = read(path, N_TRAIN, N_TEST)
        except ValueError as error:
            assert "own.npz" in str(error)  # noqa: PT017 (most are refused, but a byte of a date may be anything)
            refused += 1
        else:
            assert all(np.array_equal(getattr(loaded, name), getattr(right, name)) for name in vars(right))
    assert refused > len(content) // 7 // 2


def test_a_flipped_pixel_is_found_by_its_checksum(saved):
    path = saved()
    content = bytearray(path.read_bytes())
    content[content.index(arrays()["x_train"][6].tobytes()) + 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Bad CRC-32 for file 'x_train.npy'"):
        read(path)


class Trap:
    """Unpickling it makes a folder."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def with_member(path, content):
    """A zip whose x_train.npy has this content."""
    np.savez(path, **arrays(x_train=None))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("x_train.npy", content)


def save_npy(path, array):
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=True)


def trap(path):
    return Trap(path.with_name("sprung"))


NO_FILE = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("x_train, y_train\n" * 99),
    "one array": lambda path: save_npy(path, arrays()["x_train"]),
    "a pickle": lambda path: path.write_bytes(pickle.dumps(trap(path))),
    "a pickle in an .npy": lambda path: save_npy(path, np.array([trap(path)], object)),
    "a pickle in an .npz": lambda path: np.savez(path, **arrays(x_train=np.array([trap(path)] * 9))),
    "a pickle as a member": lambda path: with_member(path, pickle.dumps(trap(path))),
    "images of different sizes": lambda path: np.savez(path, **arrays(x_train=np.array([np.eye(2), None], object))),
    "an empty member": lambda path: with_member(path, b""),
    "a member without a header": lambda path: with_member(path, b"pixels"),
    "a header of gigabytes": lambda path: with_member(
        path, b"\x93NUMPY\x02\x00" + struct.pack("<I", 10**8) + bytes(10**6)
    ),
    "a header that claims terabytes": lambda path: with_member(
        path, b"\x93NUMPY\x01\x00\x46\x00{'descr':'|u1','fortran_order':False,'shape':(99999999999999,5,4)}   \n\n"
    ),
}


@pytest.mark.parametrize("make", NO_FILE.values(), ids=NO_FILE)
def test_no_npz_of_plain_arrays_is_refused_and_never_unpickled(tmp_path, make):
    make(tmp_path / "own.npz")
    with pytest.raises(ValueError, match=NO_NPZ):
        read(tmp_path / "own.npz")
    assert not (tmp_path / "sprung").exists()


def test_the_trap_springs_if_unpickled(tmp_path):
    """Or the test above could not fail."""
    pickle.loads(pickle.dumps(Trap(tmp_path / "sprung")))
    assert (tmp_path / "sprung").exists()


def test_zip_of_something_else_lacks_the_arrays(tmp_path):
    with zipfile.ZipFile(tmp_path / "own.npz", "w") as file:
        file.writestr("letter.xml", "<a/>")
    with pytest.raises(ValueError, match=r"has no x_train, y_train, x_test, y_test; a data file holds"):
        read(tmp_path / "own.npz")


def test_unsupported_compression_is_refused(saved):
    """A kind of error of its own: NotImplementedError."""
    path = saved()
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 10] = 99
    path.write_bytes(content)
    with pytest.raises(ValueError, match=NO_NPZ):
        read(path)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file or folder .*own\.npz"):
        read(tmp_path / "own.npz")


# --- Data sets


def test_mnist_as_a_data_set(mnist):
    opened = data.open_data("")
    assert opened.x.shape == (70_000, 28, 28)
    assert (opened.n_classes, opened.shape, opened.max_pool, opened.note) == (10, (28, 28), 50_000, "")
    for seed, n in ((0, 50_000), (3, 7)):
        rows = np.random.default_rng(seed).permutation(50_000)[:n]
        x, y = opened.pool(seed, n)
        assert x.dtype == np.uint8
        assert x.flags.c_contiguous
        assert np.array_equal(x, mnist["x_train"][rows])
        assert np.array_equal(y, mnist["y_train"][rows])
    rows = 50_000 + np.random.default_rng(4).permutation(10_000)
    for asked, x, y in (
        (opened.tuning(4), mnist["x_train"][rows], mnist["y_train"][rows]),
        (opened.judge(), mnist["x_test"], mnist["y_test"]),
    ):
        assert np.array_equal(asked[0], x)
        assert np.array_equal(asked[1], y)


def test_mnist_in_a_file_of_its_own_is_the_same_data(mnist, tmp_path):
    np.savez(tmp_path / "own.npz", **mnist)
    own = data.open_data(tmp_path / "own.npz")
    assert own.sha256 == data.open_data("").sha256
    assert np.array_equal(own.pool(1, 100)[0], data.open_data("").pool(1, 100)[0])


def made(tmp_path, n, k, name="made.npz", **changes):
    """Open a file of n images whose first pixel is their number; k classes, sorted."""
    x = np.random.default_rng(0).random((n, 3, 2))
    x[:, 0, 0] = np.arange(n) / n
    data.save_data(tmp_path / name, **({"x": x, "y": np.arange(n) * k // n} | changes))
    return data.open_data(tmp_path / name)


@pytest.mark.parametrize("k", [2, 3, 26])
def test_without_a_test_set_a_fifth_of_each_class_is_kept_and_it_is_said(tmp_path, k):
    opened = made(tmp_path, 20 * k, k)
    counts = np.bincount(opened.judge()[1], minlength=k)
    assert counts.tolist() == [4] * k
    assert opened.note.startswith(f"There is no test set: {4 * k} of the {20 * k} labeled images are kept for judging")
    pool, tuning = opened.pool(0, opened.max_pool), opened.tuning(0)
    numbers = [np.rint(x[:, 0, 0] * 20 * k).astype(int) for x, _ in (pool, tuning, opened.judge())]
    assert sorted(np.concatenate(numbers)) == list(range(20 * k))
    assert [len(one) for one in numbers[:2]] == [16 * k * 5 // 6, 16 * k - 16 * k * 5 // 6]
    assert set(pool[1]) == set(range(k))
    assert set(tuning[1]) == set(range(k))


def test_what_is_kept_depends_on_the_data_alone(tmp_path):
    first, second = (made(tmp_path, 60, 3, name=name) for name in ("a.npz", "ö b.npz"))
    assert first is not second
    assert np.array_equal(first.test, second.test)
    assert first.sha256 == second.sha256


def test_a_file_sorted_by_class_is_mixed_and_another_keeps_its_order(tmp_path):
    y = np.arange(60) * 3 // 60
    for labels_, kept in ((y, False), (np.random.default_rng(1).permutation(y), True)):
        x = np.random.default_rng(0).random((60, 3, 2))
        opened = made(tmp_path, 60, 3, x=x, y=labels_, x_test=x[:9], y_test=np.arange(9) // 3)
        assert (opened.train.tolist() == list(range(60))) == kept
        loaded = data.load(tmp_path / "made.npz", 10, 3)
        assert set(loaded.y_pool) == {0, 1, 2}
        assert set(loaded.y_stop) == {0, 1, 2}


def content(tmp_path, save=np.savez, **changes):
    save(tmp_path / "own.npz", **arrays(**changes))
    return data.open_data(tmp_path / "own.npz").sha256


def test_the_hash_is_that_of_the_content_not_of_how_it_was_saved(tmp_path):
    own = arrays()
    plain = content(tmp_path)
    assert content(tmp_path, np.savez_compressed) == plain
    assert content(tmp_path, x_train=np.asfortranarray(own["x_train"])) == plain
    assert content(tmp_path, y_train=own["y_train"].astype(">i2")) == plain
    other = own["x_test"].copy()
    other[-1, -1, -1] ^= 1
    assert content(tmp_path, x_test=other) != plain
    assert content(tmp_path, y_test=own["y_test"][::-1]) != plain
    joined = {"x": np.r_[own["x_train"], own["x_test"]], "y": np.r_[own["y_train"], own["y_test"]]}
    np.savez(tmp_path / "own.npz", **joined)
    assert data.open_data(tmp_path / "own.npz").sha256 != plain


def test_features(tmp_path):
    x = np.random.default_rng(0).normal(0, 100, (40, 7))
    opened = made(tmp_path, 40, 2, x=x)
    assert (opened.x.dtype, opened.shape) == (np.float32, (7,))
    assert np.array_equal(opened.x, x.astype(np.float32))
    loaded = data.load(tmp_path / "made.npz", 20, 4)
    assert (loaded.x_pool.shape, loaded.n_features) == ((20, 7), 7)
    assert np.array_equal(loaded.x_pool, opened.x[opened.train[:20]])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
def test_features_that_are_not_finite_are_refused(tmp_path, value):
    x = np.ones((40, 7))
    x[5, 3] = value
    with pytest.raises(ValueError, match=r"made.npz: features must be finite in float32; x does not.* in row 5\."):
        made(tmp_path, 40, 2, x=x)


def test_unknown_labels_are_no_class_judge_nothing_and_stop_an_experiment(tmp_path):
    y = np.arange(60) % 3 - 1
    opened = made(tmp_path, 60, 2, y=y)
    assert opened.n_classes == 2
    assert set(opened.judge()[1]) == {0, 1}
    assert opened.y.tolist() == y.tolist()
    with pytest.raises(ValueError, match="20 of the 60 labels are unknown; an experiment needs all of them"):
        data.load(tmp_path / "made.npz", 5, 2)


def test_all_labels_unknown(tmp_path):
    opened = made(tmp_path, 60, 2, y=None)
    assert (opened.n_classes, len(opened.judge()[0]), opened.note) == (0, 0, "")
    assert len(opened.pool(0, 50)[0]) == 50
    assert made(tmp_path, 60, 2, y=None, classes=["a", "b"]).classes == ("a", "b")


def test_scikit_learn_s_digits(tmp_path, reference):
    """8 x 8 pixels, 1,797 images; their gray levels go from 0 to 16."""
    digits = reference("reference_digits.py")
    with pytest.raises(
        ValueError, match=r"floating-point images go from 0 to 1 without NaN; x does not: there is \d+\.0"
    ):
        data.save_data(tmp_path / "digits.npz", **digits)
    with pytest.warns(UserWarning, match="the largest value of the images is 16"):
        data.save_data(tmp_path / "digits.npz", digits["x"].astype(np.uint8), digits["y"])
    data.save_data(tmp_path / "digits.npz", digits["x"] / 16, digits["y"])
    opened = data.open_data(tmp_path / "digits.npz")
    assert (opened.x.shape, opened.n_classes) == ((1797, 8, 8), 10)
    shares = np.bincount(opened.judge()[1]) / np.bincount(digits["y"])
    assert abs(shares - 0.2).max() < 0.01
    loaded = data.load(tmp_path / "digits.npz", 1000, 300)
    assert loaded.n_features == 64
    assert loaded.note.startswith("There is no test set: 3")


def test_names_of_classes(tmp_path):
    assert made(tmp_path, 60, 3).classes == ("0", "1", "2")
    assert made(tmp_path, 60, 3, classes=["Äpfel", "b c", "d"]).classes == ("Äpfel", "b c", "d")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"classes": ["a"]}, r"classes must be 2 or more names, each once; not \['a'\]"),
        ({"classes": ["a", "a"]}, "classes must be 2 or more names, each once"),
        ({"classes": ["a", "b", "c"]}, "y has no row of class 2 \\(c\\)"),
        ({"y": np.arange(60) % 3, "classes": ["a", "b"]}, "labels must be 0 to k-1"),
        ({"x_test": np.zeros((2, 3, 2))}, "A test set is x_test and y_test: both, or none"),
        ({"x": [[1], [2, 3]]}, "inhomogeneous"),
    ],
)
def test_what_can_not_be_opened_is_not_saved(tmp_path, changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        made(tmp_path, 60, 2, **changes)
    assert list(tmp_path.iterdir()) == []


def test_too_few_images_to_keep_some_for_judging(tmp_path):
    with pytest.raises(ValueError, match="to keep images for judging, one class must have three or more"):
        made(tmp_path, 60, 60)


def test_a_data_file_is_called_npz(tmp_path):
    with pytest.raises(ValueError, match=r"own: the name of a data file ends in \.npz"):
        data.save_data(tmp_path / "own", np.zeros((6, 2)))


def test_the_recipe_where_the_reader_meets_it_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example = doctest.DocTestFinder().find(data.open_data, globs={})[0]
    assert doctest.DocTestRunner().run(example) == (0, len(example.examples))
    assert example.examples


def test_a_changed_file_is_opened_anew_and_an_unchanged_one_once(tmp_path):
    first = made(tmp_path, 60, 3)
    assert data.open_data(tmp_path / "made.npz") is first
    assert made(tmp_path, 90, 3).x.shape == (90, 3, 2)


def test_shared_arrays_can_not_be_changed_by_accident(tmp_path):
    opened = made(tmp_path, 60, 3)
    with pytest.raises(ValueError, match="read-only"):
        opened.x[0] = 1
    opened.pool(0, 5)[0][:] = 1


@pytest.mark.parametrize("brightest", [0, 1, 16])
def test_uint8_images_that_are_nearly_black_get_a_warning_that_names_the_largest_value(tmp_path, brightest):
    x = np.zeros((60, 3, 2), np.uint8)
    x[7, 1, 1] = brightest
    with pytest.warns(UserWarning, match=f"the largest value of the images is {brightest}"):
        made(tmp_path, 60, 3, x=x)


# --- What is no file to read


@pytest.mark.parametrize("address", ["https://example.org/own.npz", "s3://own/own.npz", "file:///own.npz"])
def test_an_address_is_no_path(address):
    with pytest.raises(ValueError, match="Download the data first"):
        data.open_data(address)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_a_fifo_and_a_device_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "own.npz")
    for path in (tmp_path / "own.npz", "/dev/zero"):
        with pytest.raises(ValueError, match="is neither a file nor a folder"):
            data.open_data(path)


def test_a_missing_file_says_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f"There is no file or folder ö.npz in {re.escape(str(tmp_path))}"):
        data.open_data("ö.npz")


@pytest.mark.parametrize(
    "name", ["x" * 300, "own.npz/x.npz", "own\0.npz", "x" * 10**6], ids=["long", "in a file", "zero", "longer"]
)
def test_a_name_that_no_file_can_have(tmp_path, name):
    (tmp_path / "own.npz").write_bytes(b"")
    with pytest.raises(ValueError, match=r"data_file .* can't be read: .+\.") as error:
        data.open_data(f"{tmp_path}/{name}")
    assert len(str(error.value)) < 200


@pytest.mark.usefixtures("unprivileged")
def test_what_may_not_be_read(tmp_path_factory):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "own.npz").touch(mode=0)
        Path(folder, "pictures").mkdir(mode=0)
        with pytest.raises(ValueError, match=r"data_file .*own\.npz' can't be read: Permission denied\."):
            data.open_data(f"{folder}/own.npz")
        with pytest.raises(ValueError, match=r"The folder .*pictures can't be read: Permission denied\."):
            data.open_data(f"{folder}/pictures")


def test_a_file_larger_than_the_limit_is_not_opened(tmp_path):
    with (tmp_path / "own.npz").open("wb") as file:
        file.truncate(rows.MAX_BYTES + 1)
    with pytest.raises(ValueError, match=r"own\.npz has 4\.0 GB; up to 4 GB are read"):
        data.open_data(tmp_path / "own.npz")


def test_home_is_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    made(tmp_path, 60, 3)
    assert data.open_data("~/made.npz").n_classes == 3


def test_arrays_beyond_the_limit_are_not_read(saved, monkeypatch):
    monkeypatch.setattr(rows, "MAX_BYTES", 400)
    with pytest.raises(ValueError, match=r"own.npz has 0\.0 GB of numbers; up to 0 GB are read"):
        read(saved())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_array_that_is_there_twice_is_refused(saved):
    path = saved()
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("x_test.npy", b"")
    with pytest.raises(ValueError, match="holds x_test 2 times; each array must be there once"):
        read(path)


@pytest.mark.parametrize("extra", [b"behind", b"0" * 10**6])
def test_data_behind_an_array_is_noticed_before_it_is_read(tmp_path, extra):
    content = io.BytesIO()
    np.save(content, arrays()["x_train"])
    with_member(tmp_path / "own.npz", content.getvalue() + extra)
    with pytest.raises(ValueError, match=f"x_train.npy claims .* and holds {240 + len(extra)} bytes"):
        read(tmp_path / "own.npz")


def test_a_member_that_inflates_beyond_its_header_s_size_is_refused(tmp_path):
    """The size in the zip's directory is a lie; what it says fits the array."""
    content, path = io.BytesIO(), tmp_path / "own.npz"
    np.save(content, arrays()["x_train"])
    true_size, said = 10**7 + len(content.getvalue()), len(content.getvalue())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x_train.npy", content.getvalue() + bytes(10**7))
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", true_size), struct.pack("<I", said)))
    with zipfile.ZipFile(path, "a") as file:
        for name, array in arrays(x_train=None).items():
            with file.open(f"{name}.npy", "w") as member:
                np.save(member, array)

    def open_it():
        with pytest.raises(ValueError, match=r"Bad CRC-32 for file 'x_train.npy'"):
            data.open_data(path)

    assert peak_and_kept(open_it)[0] < 5e6
