import gzip
import hashlib
import re
import socket
import struct
from functools import cache

import numpy as np
import pytest
import torch

from digitpad.network import read_weights
from digitpad.training.mnist import MNIST_FILES, has_mnist
from digitpad.weights_store import bundled_weights
from trainer.data import mnist
from trainer.data.digits import DataError, DataMissingError
from trainer.data.mnist import default_data_dir, load_mnist
from trainer.data.torchvision_compat import datasets

IMAGES, LABELS = MNIST_FILES[2:]  # those of the test set are smaller


def idx(array):
    """A uint8 array as the content of an IDX file."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


SHAPES = [(60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,)]
BLANK = {
    name: idx(np.zeros(shape, np.uint8)) for name, shape in zip(MNIST_FILES, SHAPES, strict=True)
}
BLANK_TEST = {name: BLANK[name] for name in (IMAGES, LABELS)}


@cache
def packed(name):
    return gzip.compress(BLANK[name], 1, mtime=0)


@pytest.fixture
def raw(tmp_path):
    """The folder MNIST/raw in `tmp_path`."""
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    return folder


def put(folder, files):
    for name, content in files.items():
        (folder / name).write_bytes(content)


def load_test(data_dir):
    """The test set, and what was reported."""
    reported = []
    return load_mnist(data_dir, train=False, report=reported.append), reported


class TestFiles:
    def test_the_real_files_are_read_without_a_word(self, mnist_dir):
        assert has_mnist(mnist_dir)
        train, test = (
            load_mnist(mnist_dir, train=train, report=pytest.fail) for train in (True, False)
        )
        assert (train.name, train.images.shape) == ("MNIST train", (60_000, 28, 28))
        assert (train.images.dtype, train.labels.dtype) == (torch.uint8, torch.int64)
        assert test.name == "MNIST test"
        assert torch.bincount(test.labels).tolist() == [
            980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
        ]  # fmt: skip
        first, last = mnist.split_validation(train)
        assert (first.name, last.name) == ("MNIST train (first 55,000)", "MNIST validation")
        assert first.labels.equal(train.labels[:55_000])
        assert first.sha256 == read_weights(bundled_weights()).metadata["data"][0]["sha256"]
        assert last.images.equal(train.images[55_000:])

    def test_files_that_are_not_the_original_ones_are_used_with_a_warning(self, tmp_path, raw):
        put(raw, BLANK_TEST)
        digits, reported = load_test(tmp_path)
        assert not digits.images.any()
        assert [re.match(r"Warning: (\S+) is not MNIST", line)[1] for line in reported] == [
            *(str(raw / IMAGES), str(raw / LABELS))
        ]

    @pytest.mark.parametrize("folder", ["MNIST/raw", "."])
    @pytest.mark.parametrize("spell", [str, lambda name: name.replace("-idx", ".idx")])
    @pytest.mark.parametrize(
        ("suffix", "pack"),
        [("", bytes), (".gz", gzip.compress), ("", gzip.compress), (".gz", bytes)],
    )
    def test_near_misses_are_read_in_place(self, tmp_path, raw, folder, spell, suffix, pack):
        put(raw, {IMAGES: BLANK[IMAGES]})
        put(tmp_path / folder, {spell(LABELS) + suffix: pack(idx(np.full(10_000, 7, np.uint8)))})
        before = sorted(tmp_path.rglob("*"))
        assert (load_test(tmp_path)[0].labels == 7).all()
        assert sorted(tmp_path.rglob("*")) == before

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            (IMAGES, b""),
            (IMAGES, b"\0"),
            (IMAGES, b"no IDX file"),
            (IMAGES, BLANK[IMAGES][:-5]),
            (IMAGES, BLANK[IMAGES] + b"\0"),
            (IMAGES, BLANK[LABELS]),
            (IMAGES, b"\0\0\x0a" + BLANK[IMAGES][3:]),  # a type that IDX does not have
            (IMAGES, b"\0\0\x0d" + BLANK[IMAGES][3:]),  # float32
            (IMAGES, BLANK[IMAGES][:3] + b"\x04" + BLANK[IMAGES][4:]),  # four dimensions
            (IMAGES, idx(np.zeros((9_999, 28, 28), np.uint8))),
            (IMAGES, packed(IMAGES)[:-20]),
            (IMAGES, packed(IMAGES)[:9] + b"garbage"),
            (LABELS, b"\x01\x02"),
            (LABELS, BLANK[IMAGES]),
            (LABELS, BLANK[LABELS][:-1] + b"\x0a"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_damaged_files_are_refused_with_advice(self, tmp_path, raw, name, content):
        put(raw, BLANK_TEST | {name: content})
        with pytest.raises(DataError, match="Delete the file") as refused:
            load_test(tmp_path)
        assert str(refused.value).startswith(f"{raw / name} is damaged: ")

    def test_a_data_folder_that_cannot_be_used_is_named(self, tmp_path):
        (tmp_path / "file").touch()
        for train in (True, False):
            with pytest.raises(DataError, match="choose another folder") as refused:
                load_mnist(tmp_path / "file", train=train, report=print)
            assert str(tmp_path / "file") in str(refused.value)
        assert not has_mnist(tmp_path / "file")


@pytest.fixture
def blank_mnist(monkeypatch):
    """Downloads of MNIST must be the blank files, packed."""
    md5 = [(f"{name}.gz", hashlib.md5(packed(name)).hexdigest()) for name in MNIST_FILES]
    monkeypatch.setattr(datasets.MNIST, "resources", md5)


def http(content, *, length=None, status="200 OK"):
    head = f"HTTP/1.0 {status}\r\nContent-Length: {len(content) if length is None else length}"
    return f"{head}\r\n\r\n".encode() + content


def whole(name):
    return http(packed(name.removesuffix(".gz")))


@pytest.mark.usefixtures("blank_mnist")
class TestDownload:
    def test_missing_files_are_downloaded_once(self, tmp_path, serve):
        requested = []
        serve(lambda name: requested.append(name) or whole(name))
        reported = []
        digits = load_mnist(tmp_path, train=True, report=reported.append)
        raw = tmp_path / "MNIST" / "raw"
        assert reported[0] == f"Downloading MNIST to {raw}…"
        assert len(digits) == 60_000
        assert {path.name: path.read_bytes() for path in raw.iterdir()} == BLANK
        assert has_mnist(tmp_path)
        datasets.MNIST.mirrors.clear()
        assert len(load_test(tmp_path)[0]) == 10_000
        assert sorted(set(requested)) == sorted(f"{name}.gz" for name in MNIST_FILES)

    def test_files_that_are_there_stay(self, tmp_path, raw, serve):
        serve(whole)
        variant = idx(np.full(10_000, 5, np.uint8))
        put(raw, {LABELS: variant})
        assert not has_mnist(tmp_path)
        assert (load_test(tmp_path)[0].labels == 5).all()
        assert (raw / LABELS).read_bytes() == variant

    def test_after_a_silent_mirror_the_next_one_is_tried(self, tmp_path, serve, monkeypatch):
        monkeypatch.setattr(mnist, "DOWNLOAD_TIMEOUT", 0.2)
        serve(lambda _name: None)
        serve(whole)
        assert len(load_test(tmp_path)[0]) == 10_000
        assert socket.getdefaulttimeout() is None

    @pytest.mark.parametrize(
        ("reply", "problem"),
        [
            (lambda _name: None, "timed out"),
            (lambda _name: http(packed(IMAGES)[:100], length=len(packed(IMAGES))), ""),
            (lambda name: whole(name)[:100], ""),
            (lambda _name: http(b"", status="404 Not Found"), "Not Found"),
            (lambda _name: http(b"a web page"), "corrupted"),
            (lambda _name: b"no HTTP\r\n\r\n", ""),
            (lambda _name: b"", ""),
            (lambda _name: http(b"", status="301 Moved\r\nLocation: http://[/"), ""),
        ],
        ids=["silent", "cut off", "cut off early", "404", "other", "no HTTP", "closed", "bad link"],
    )
    def test_a_failed_download_says_what_to_do(self, tmp_path, serve, monkeypatch, reply, problem):
        monkeypatch.setattr(mnist, "DOWNLOAD_TIMEOUT", 0.2)
        address = serve(reply)
        with pytest.raises(DataMissingError, match="could not be downloaded") as refused:
            load_mnist(tmp_path, train=True, report=print)
        raw = tmp_path / "MNIST" / "raw"
        assert re.search(f"{address}: .*{problem}", str(refused.value))
        assert f"MNIST is not in {raw}" in str(refused.value)
        assert all(name in str(refused.value) for name in MNIST_FILES)
        assert list(raw.iterdir()) == []
        with pytest.raises(DataError) as refused:
            load_test(tmp_path)
        assert not isinstance(refused.value, DataMissingError)  # synthetic digits are no help here


def test_the_default_folder_is_from_the_environment_or_in_the_cache(monkeypatch, home):
    monkeypatch.delenv("DIGITPAD_DATA_DIR", raising=False)
    assert default_data_dir().is_relative_to(home)
    monkeypatch.setenv("DIGITPAD_DATA_DIR", "elsewhere")
    assert str(default_data_dir()) == "elsewhere"


@pytest.mark.usefixtures("no_home")
def test_without_a_home_folder_another_one_is_asked_for():
    with pytest.raises(DataError, match=r"no home folder .*; choose a folder"):
        default_data_dir()
