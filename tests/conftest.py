"""What all tests share: the data, and a home folder of their own."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import digitpad  # noqa: F401  # before NumPy: it says how many threads that may use

# isort: split
import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from safetensors.numpy import save_file

from digitpad.network import METADATA_KEY, read_weights
from digitpad.weights_store import bundled_weights, weights_folder

# Before any test imports Qt, and for the processes that tests start as well.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# What a shell starts in the background ignores Ctrl-C, and so would all processes of the tests.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A deadline is a timing assertion: it would fail on a busy machine.
settings.register_profile("digitpad", deadline=None)
settings.load_profile("digitpad")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home folder: no test sees the settings, weights or logs of another, or of a user."""
    folder = tmp_path_factory.mktemp("home")
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(folder))
    for variable, name in {
        "XDG_CONFIG_HOME": ".config",
        "XDG_DATA_HOME": ".local/share",
        "XDG_STATE_HOME": ".local/state",
        "XDG_CACHE_HOME": ".cache",
        "APPDATA": "AppData/Roaming",
        "LOCALAPPDATA": "AppData/Local",
    }.items():
        (folder / name).mkdir(parents=True)
        monkeypatch.setenv(variable, str(folder / name))
    return folder


@pytest.fixture
def keep() -> Callable[..., Path]:
    """Puts the bundled weights among the kept ones, with a name and some metadata of their own."""

    def keep_(name: str, **metadata: object) -> Path:
        bundled = read_weights(bundled_weights())
        path = weights_folder() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(bundled.metadata | metadata)
        save_file(bundled.tensors, path, {METADATA_KEY: content})
        return path

    return keep_


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real handwriting; see its README.md."""
    return _present(
        Path(os.environ.get("DIGITPAD_DATA_DIR", REPOSITORY.parent / "shared" / "data")).absolute()
    )


@pytest.fixture(scope="session")
def pen_file(data_dir: Path) -> Path:
    """7,494 pen drawings of 30 writers, as UNIPEN text."""
    return _present(data_dir / "pen" / "pendigits-orig.tra")


@pytest.fixture(scope="session")
def mnist_dir(data_dir: Path) -> Path:
    """`data_dir` with all of MNIST in it, so that nobody downloads it there."""
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            _present(data_dir / "MNIST" / "raw" / f"{part}-{kind}-ubyte")
    return data_dir


@pytest.fixture(scope="session")
def mnist_test(data_dir: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """MNIST's test images, uint8 [10000, 28, 28], and labels, uint8 [10000]. Read-only."""
    raw = data_dir / "MNIST" / "raw"
    images = _present(raw / "t10k-images-idx3-ubyte").read_bytes()
    labels = _present(raw / "t10k-labels-idx1-ubyte").read_bytes()
    return (
        np.frombuffer(images, np.uint8, offset=16).reshape(10000, 28, 28),
        np.frombuffer(labels, np.uint8, offset=8),
    )


def _present(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is missing; set DIGITPAD_DATA_DIR to the folder of the data")
    return path
