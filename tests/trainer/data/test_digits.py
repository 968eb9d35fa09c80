import gzip
import hashlib
import struct
import threading
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import numpy as np
import pytest
import torch

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample, write_ink
from trainer.data.digits import DataError, Digits
from trainer.data.ink import load_ink
from trainer.data.mnist import MNIST_FILES, default_data_dir, load_mnist
from trainer.data.torchvision_compat import datasets


def idx(array):
    """A uint8 array as the content of an IDX file."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def made_mnist(*, images=60_000, labels=None, test_images=10_000):
    """Four IDX files like MNIST's, of blank images."""
    if labels is None:
        labels = np.arange(60_000) % 10
    arrays = (
        np.zeros((images, 28, 28), np.uint8),
        labels.astype(np.uint8),
        np.zeros((test_images, 28, 28), np.uint8),
        (np.arange(10_000) % 10).astype(np.uint8),
    )
    return {name: idx(array) for name, array in zip(MNIST_FILES, arrays, strict=True)}


def put(data_dir, files):
    raw = data_dir / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in files.items():
        (raw / name).write_bytes(content)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A local server of MNIST's packed files, in place of torchvision's."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    resources = []
    for name, content in made_mnist().items():
        packed = gzip.compress(content, compresslevel=1)
        (folder / f"{name}.gz").write_bytes(packed)
        resources.append((f"{name}.gz", hashlib.md5(packed).hexdigest()))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(datasets.MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    monkeypatch.setattr(datasets.MNIST, "resources", resources)
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


def test_reads_mnist(mnist_dir):
    training, test = load_mnist(mnist_dir, train=True), load_mnist(mnist_dir, train=False)
    assert training.images.shape == (60_000, 28, 28)
    assert training.images.dtype == torch.uint8
    assert (len(test), test.labels.dtype) == (10_000, torch.int64)
    assert torch.bincount(test.labels).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    part = training.part(slice(-5_000, None), "last")
    assert part.images.equal(training.images[55_000:])
    assert (part.name, len(part)) == ("last", 5_000)


def test_describes_the_data_by_number_and_hash(tmp_path):
    put(tmp_path, made_mnist())
    digits = load_mnist(tmp_path, train=True)
    content = made_mnist()
    expected = hashlib.sha256(content[MNIST_FILES[0]][16:] + content[MNIST_FILES[1]][8:])
    assert digits.describe() == {
        "name": "MNIST training",
        "images": 60_000,
        "sha256": expected.hexdigest(),
    }
    assert digits.part(slice(100), "some").describe()["sha256"] != digits.describe()["sha256"]


def test_downloads_what_is_missing(tmp_path, mirror):
    data_dir = tmp_path / "data"
    assert len(load_mnist(data_dir, train=True)) == 60_000
    for name in MNIST_FILES:
        (mirror / f"{name}.gz").unlink()
    assert len(load_mnist(data_dir, train=False)) == 10_000  # from the disk now


def test_a_damaged_download_is_not_taken(tmp_path, mirror):
    (mirror / f"{MNIST_FILES[2]}.gz").write_bytes(b"not what it should be")
    with pytest.raises(DataError, match="could not be downloaded"):
        load_mnist(tmp_path / "data", train=True)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({MNIST_FILES[0]: made_mnist()[MNIST_FILES[0]][:-5]}, "are damaged"),
        ({MNIST_FILES[0]: b""}, "are damaged"),
        ({MNIST_FILES[1]: b"\x01\x02"}, "are damaged"),
        (made_mnist(images=59_999), r"\[59999, 28, 28\] images"),
        (made_mnist(labels=np.arange(60_000) % 11), "the labels go from 0 to 10"),
    ],
    ids=["truncated", "empty", "not IDX", "too few", "label out of range"],
)
def test_damaged_files_are_refused_with_what_to_do(tmp_path, files, says):
    put(tmp_path, made_mnist() | files)
    with pytest.raises(DataError, match=says) as refused:
        load_mnist(tmp_path, train=True)
    assert str(tmp_path) in str(refused.value)
    assert "Delete that folder" in str(refused.value)


def test_the_folder_is_what_the_environment_names_else_the_cache(monkeypatch, home):
    monkeypatch.delenv("DIGITPAD_DATA_DIR", raising=False)
    assert default_data_dir().is_relative_to(home)
    monkeypatch.setenv("DIGITPAD_DATA_DIR", "elsewhere")
    assert str(default_data_dir()) == "elsewhere"


STROKE = Stroke.from_xy([0, 5, 10], [0, 20, 0])


def test_ink_is_read_as_the_net_sees_it(pen_file):
    everybody, held_out = load_ink(pen_file), load_ink(pen_file, only=range(26, 28))
    assert len(everybody) == 7_494
    assert everybody.images.shape == (7_494, 28, 28)
    assert everybody.images.dtype == torch.uint8
    rest = load_ink(pen_file, without=range(26, 28))
    assert (rest.name, held_out.name) == (
        "pendigits-orig.tra without writers 26-27",
        "pendigits-orig.tra, writers 26-27",
    )
    assert len(held_out) > 100
    assert len(held_out) + len(rest) == len(everybody)


def test_ink_is_drawn_at_several_widths_to_learn_from(tmp_path):
    path = tmp_path / "mine.ndjson"
    write_ink(path, [Sample(Drawing((STROKE,)), 7)])
    thin, thick = load_ink(path, pen_widths=(2.0, 3.2)).images.float().sum((1, 2))
    assert thick / thin == pytest.approx(1.6, abs=0.2)


def test_parts_can_be_joined():
    blank = torch.zeros(2, 28, 28, dtype=torch.uint8)
    one, two = (
        Digits(name, blank, torch.tensor([digit] * 2)) for name, digit in (("a", 1), ("b", 2))
    )
    joined = Digits.joined([one, two])
    assert (joined.name, len(joined), joined.labels.tolist()) == ("a and b", 4, [1, 1, 2, 2])


def test_of_ink_only_what_has_a_digit_and_a_stroke_is_used(tmp_path):
    path = tmp_path / "mine.ndjson"
    drawing = Drawing((STROKE,))
    write_ink(path, [Sample(drawing, 7), Sample(drawing), Sample(Drawing(), 3)])
    digits = load_ink(path)
    assert (len(digits), digits.labels.tolist(), digits.name) == (1, [7], "mine.ndjson")


def test_ink_without_a_usable_drawing_is_refused(tmp_path):
    path = tmp_path / "mine.ndjson"
    write_ink(path, [Sample(Drawing((STROKE,)))])
    with pytest.raises(DataError, match="no drawing with a digit for its label"):
        load_ink(path)
    with pytest.raises(DataError, match=r"nowhere\.ndjson"):
        load_ink(tmp_path / "nowhere.ndjson")


def test_lines_of_ink_that_cannot_be_read_are_told(tmp_path, capsys):
    path = tmp_path / "mine.ndjson"
    write_ink(path, [Sample(Drawing((STROKE,)), 7)])
    with path.open("a") as file:
        file.write("no drawing\n")
    assert len(load_ink(path)) == 1
    assert f"{path}:2: " in capsys.readouterr().err
