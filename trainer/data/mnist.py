"""MNIST: read from its four files, which are downloaded if they are missing."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import shutil
import socket
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import torch
from torch import Tensor

from digitpad.files import open_regular, replacing
from digitpad.text import visible
from digitpad.training.mnist import (
    MNIST_FILES,
    default_mnist_folder,
    find_mnist_file,
    raw_folder,
)
from trainer.data.digits import DataError, DataMissingError, Digits

MNIST_SHA256 = dict(
    zip(
        MNIST_FILES,
        (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        strict=True,
    )
)
"""SHA-256 of MNIST's files as distributed by LeCun, Cortes and Burges, unpacked."""

_MAX_BYTES = 64 << 20  # of a file, packed or not; the training images take 47 MB

VALIDATION_IMAGES = 5_000
"""Size of the validation split: the last of MNIST's training images."""

DOWNLOAD_TIMEOUT = 30.0
"""Seconds to wait for a server that sends nothing."""


def default_data_dir() -> Path:
    """`default_mnist_folder`; raises DataError if there is none."""
    try:
        return default_mnist_folder()
    except FileNotFoundError as error:
        failure = DataError("there is no home folder to keep MNIST in; choose a folder for it")
        failure.add_note("--data-dir or DIGITPAD_DATA_DIR names the folder.")
        raise failure from error


def load_mnist(data_dir: Path, *, train: bool, report: Callable[[str], None]) -> Digits:
    """MNIST's 60,000 training images or its 10,000 test images.

    The files may be in `data_dir` or its folder MNIST/raw, packed or not. Missing ones are
    downloaded to MNIST/raw, which is reported. For training images, the test files must be there
    too, because a run ends with an evaluation on them. Files that differ from MNIST as distributed
    are reported but used.

    Raises DataError if a file is damaged, or cannot be read or written. If files are missing and
    cannot be downloaded, raises DataMissingError for training images and DataError for test images.
    """
    part, n = ("train", 60_000) if train else ("t10k", 10_000)
    images_file, labels_file = f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"
    needed = MNIST_FILES if train else (images_file, labels_file)
    try:
        paths = {name: path for name in needed if (path := find_mnist_file(data_dir, name))}
        if missing := [name for name in needed if name not in paths]:
            paths |= _download(data_dir, missing, train=train, report=report)
        images = _read(paths[images_file], images_file, (n, 28, 28), report)
        labels = _read(paths[labels_file], labels_file, (n,), report).long()
    except OSError as error:
        place = error.filename or raw_folder(data_dir)
        raise DataError(
            f"cannot load MNIST: {place}: {error.strerror or error}."
            " Correct this, or choose another folder"
        ) from error
    if labels.max() > 9:
        raise _damaged(paths[labels_file], "it has labels above 9")
    return Digits("MNIST train" if train else "MNIST test", images, labels)


def split_validation(digits: Digits) -> tuple[Digits, Digits]:
    """Split MNIST's training images into the first 55,000 and the last 5,000, for validation."""
    return (
        digits.part(slice(None, -VALIDATION_IMAGES), "MNIST train (first 55,000)"),
        digits.part(slice(-VALIDATION_IMAGES, None), "MNIST validation"),
    )


def _read(path: Path, name: str, shape: tuple[int, ...], report: Callable[[str], None]) -> Tensor:
    """Read the MNIST file `name`, which must hold a uint8 tensor of a given shape, from `path`.

    The IDX format: two zero bytes, 8 for uint8, the number of dimensions, each dimension as a
    big-endian uint32, the values.
    """
    with open_regular(path, _MAX_BYTES) as file:
        content = file.read()
    try:
        if content.startswith(b"\x1f\x8b"):  # by content: browsers unpack files and keep the name
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
                content = packed.read(_MAX_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, str(error)) from error
    header = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    if not content.startswith(header):
        raise _damaged(path, f"it is not an IDX file of {' × '.join(map(str, shape))} bytes")
    if len(content) != len(header) + math.prod(shape):
        raise _damaged(path, f"it has {len(content):,} bytes")
    if hashlib.sha256(content).hexdigest() != MNIST_SHA256[name]:
        report(
            f"Warning: {path} is not MNIST as distributed. Unless you want to use a variant of"
            " MNIST, delete the file, and the next run downloads it again."
        )
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)[len(header) :].reshape(shape)


def _damaged(path: Path, problem: str) -> DataError:
    return DataError(
        f"{path} is damaged: {problem}. Delete the file, and the next run downloads it again"
    )


def _download(
    data_dir: Path, names: list[str], *, train: bool, report: Callable[[str], None]
) -> dict[str, Path]:
    """Download and unpack MNIST files, each of them whole or not at all."""
    from trainer.data.torchvision_compat import datasets  # noqa: PLC0415  # slow to import

    raw, md5, downloaded = raw_folder(data_dir), dict(datasets.MNIST.resources), {}
    report(f"Downloading MNIST to {raw}…")
    raw.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="digitpad-") as temporary, _socket_timeout():
        for name in names:
            packed, problems = f"{name}.gz", []
            for mirror in datasets.MNIST.mirrors:
                try:
                    datasets.utils.download_url(mirror + packed, temporary, packed, md5[packed])
                    break
                except (OSError, HTTPException, RuntimeError, ValueError) as error:
                    problems.append(f"{mirror}: {_reason(error)}")
            else:
                raise _missing(raw, names, problems, train=train)
            downloaded[name] = raw / name
            with gzip.open(Path(temporary, packed)) as content, replacing(raw / name) as file:
                shutil.copyfileobj(content, file)
    return downloaded


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", error)  # that of a URLError is shorter
    return str(reason) or type(reason).__name__


@contextmanager
def _socket_timeout() -> Iterator[None]:
    """Set the timeout of new sockets: torchvision's download has no option for it."""
    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(previous)


def _missing(raw: Path, names: list[str], problems: list[str], *, train: bool) -> DataError:
    error = (DataMissingError if train else DataError)(
        f"MNIST is not in {visible(str(raw))} and could not be downloaded:\n"
        + "".join(f"    {visible(problem)}\n" for problem in problems)
        + "Connect to the internet and try again, put these files there, packed or not:\n"
        + "".join(f"    {name}\n" for name in names)
        + "or choose another folder, which holds them or has them in MNIST/raw."
    )
    error.has_lines = True
    error.add_note("--data-dir or DIGITPAD_DATA_DIR names another folder.")
    if train:
        error.add_note("--data synthetic trains on digits that the trainer draws itself.")
    return error
