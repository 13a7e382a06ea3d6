import hashlib
import os
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from helpers import data

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
    return data.load_npz(path, n_pool, n_stop, seed)


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


@pytest.mark.parametrize("wrong", [None, 0, 3, [], b"own.npz"])
def test_data_file_of_another_type_is_refused_not_taken_for_mnist(wrong):
    with pytest.raises(ValueError, match=r"data_file must be the path of an \.npz file"):
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
        data._check_mnist.cache_clear()
        return counted

    yield set_to
    data._check_mnist.cache_clear()


def test_shipped_file_is_hashed_once_per_process(another_shipped_file):
    hashed = another_shipped_file(data.MNIST.read_bytes())
    for _ in range(2):
        data.load_mnist(2, 2)
    assert len(hashed) == 1


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


def test_hashing_holds_no_copy_of_the_file():
    data._check_mnist.cache_clear()
    peak, _, _ = peak_and_kept(data._check_mnist)
    assert peak < 1e6  # the file has 11.5 MB


def test_what_was_not_asked_for_is_not_kept(mnist):
    file = sum(array.nbytes for array in mnist.values())
    peak, kept, loaded = peak_and_kept(lambda: data.load_mnist(4000, 400))
    ours = sum(array.nbytes for array in vars(loaded).values() if isinstance(array, np.ndarray))
    assert kept < ours + 1e6  # not the file's arrays, 55 MB
    assert peak < file + ours + 20e6  # these once, and the pick that is being scaled (7.5 MB)


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
    loaded = read(saved(x_train=levels), N_TRAIN)
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
    return {"x_train": images}


def labels(*values):
    return np.array(values * N_TRAIN)[:N_TRAIN]


MISSING = "no x_test, y_test; a data file holds x_train, y_train, x_test, y_test"
SHAPE = r"x_train must be \(images, height, width\), none of them 0; its shape is "
DTYPE = r"x_train must be uint8 \(0 to 255\) or floating point \(0 to 1\), not "
RANGE = "images go from 0 to 1 without NaN; x_train does not"
INTEGERS = "y_train must be a row of integers; it is "
CLASS = "labels must be 0 to k-1, k at least 2, each in y_train; not "
BAD_ARRAYS = {
    "two arrays missing": ({"x_test": None, "y_test": None}, MISSING),
    "rows of pixels": ({"x_train": np.zeros((N_TRAIN, 20), np.uint8)}, SHAPE + r"\(12, 20\)"),
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
    "a negative label": ({"y_train": labels(-1, 0, 1)}, CLASS + r"\[-1, 0, 1\]"),
    "a gap": ({"y_train": labels(0, 2)}, CLASS + r"\[0, 2\]"),
    "a huge label": ({"y_train": np.append(labels(0, 1)[1:], 2**40)}, CLASS),
    "one class": ({"y_train": labels(0), "y_test": labels(0)[:N_TEST]}, CLASS + r"\[0\]"),
    "an unknown test label": ({"y_test": labels(0, 3)[:N_TEST]}, "y_test must lie in 0 to 2; it goes from 0 to 3"),
    "a negative test label": ({"y_test": labels(-1, 2)[:N_TEST]}, "y_test must lie in 0 to 2; it goes from -1 to 2"),
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
    "a folder": lambda path: path.mkdir(),
    "a pickle": lambda path: path.write_bytes(pickle.dumps(trap(path))),
    "a pickle in an .npy": lambda path: save_npy(path, np.array([trap(path)], object)),
    "a pickle in an .npz": lambda path: np.savez(path, **arrays(x_train=np.array([trap(path)] * 9))),
    "a pickle as a member": lambda path: with_member(path, pickle.dumps(trap(path))),
    "images of different sizes": lambda path: np.savez(path, **arrays(x_train=np.array([np.eye(2), None], object))),
    "an empty member": lambda path: with_member(path, b""),
    "a member without a header": lambda path: with_member(path, b"pixels"),
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
    with pytest.raises(FileNotFoundError, match=r"There is no file .*own\.npz"):
        read(tmp_path / "own.npz")
