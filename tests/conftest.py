"""Fixtures for all tests: real handwriting, weights files and a fresh home folder."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import digitpad  # noqa: F401  # before NumPy: it limits the number of BLAS threads

# isort: split
import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from safetensors.numpy import save_file

from digitpad.ink import Drawing, Stroke, ink_image
from digitpad.inkfile import Sample, read_ink
from digitpad.network import METADATA_KEY, read_weights
from digitpad.recognizer import Prediction, Recognizer
from digitpad.verdict import Thresholds, energy
from digitpad.weights_store import bundled_weights, weights_folder

REPOSITORY = Path(__file__).resolve().parents[1]

Points = list[list[tuple[int, int]]]

# Set before any test imports Qt, and inherited by the processes that tests start.
if os.environ.get("QT_QPA_PLATFORM", "offscreen") == "offscreen":
    # By default, the offscreen platform's screen is too small for the pad and the training panel.
    screen = REPOSITORY / "tests" / "data" / "screen.json"
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screen}"
# These processes must import this checkout, whichever one is installed.
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
)

# A shell lets its background jobs ignore Ctrl-C, and processes of the tests would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A deadline would fail on a busy machine.
settings.register_profile("digitpad", deadline=None)
settings.load_profile("digitpad")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-pictures", action="store_true", help="store new pictures of the window"
    )


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home folder, without settings, weights or logs."""
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


@pytest.fixture(scope="session")
def alike() -> Callable[[Prediction | None, Prediction | None], bool]:
    """Whether two Predictions are the same up to the last bits, in which batches differ."""

    def compare(one: Prediction | None, other: Prediction | None) -> bool:
        if one is None or other is None:
            return one is other
        is_near = np.allclose(one.probabilities, other.probabilities, atol=1e-6)
        return is_near and (one.digit, one.verdict) == (other.digit, other.verdict)

    return compare


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home folder, as in a container with an arbitrary user ID."""
    pwd = pytest.importorskip("pwd")

    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for variable in list(os.environ):
        if variable in {"HOME", "DIGITPAD_DATA_DIR"} or variable.startswith("XDG_"):
            monkeypatch.delenv(variable)


@pytest.fixture(scope="session")
def write_weights() -> Callable[..., Path]:
    """Writes a copy of the bundled weights to a path, with more metadata."""

    def write(path: Path, **metadata: object) -> Path:
        bundled = read_weights(bundled_weights())
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(bundled.metadata | metadata)
        save_file(bundled.tensors, path, {METADATA_KEY: content})
        return path

    return write


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory, write_weights: Callable[..., Path]) -> Path:
    """A weights file whose probabilities differ from those of the bundled weights."""
    return write_weights(
        tmp_path_factory.mktemp("weights") / "net.safetensors",
        temperature=3.0,
        recipe={"name": "other"},
        metrics=[{"split": "MNIST test", "accuracy": 0.1}],
    )


@pytest.fixture(scope="session")
def seven() -> Points:
    """The points of the strokes of a crossed 7, in canvas units."""
    return [[(60, 60), (120, 58), (200, 60), (170, 130), (140, 220)], [(110, 150), (190, 145)]]


@pytest.fixture(scope="session")
def scribble() -> Points:
    """The points of a zigzag, in canvas units."""
    return [[(40 + 200 * (i % 2), 40 + 20 * i) for i in range(11)]]


@pytest.fixture(scope="session")
def as_drawing() -> Callable[[Points], Drawing]:
    """Makes a drawing of the points of its strokes."""
    return lambda strokes: Drawing(
        tuple(Stroke.from_xy(*zip(*points, strict=True)) for points in strokes)
    )


@pytest.fixture(scope="session")
def judging_weights(
    tmp_path_factory: pytest.TempPathFactory,
    write_weights: Callable[..., Path],
    as_drawing: Callable[[Points], Drawing],
    seven: Points,
    scribble: Points,
) -> Path:
    """A weights file whose thresholds make `seven` a digit, and `scribble` none."""
    images = [ink_image(as_drawing(strokes)) for strokes in (seven, scribble)]
    digit, outlier = energy(Recognizer(bundled_weights()).logits(np.stack(images)))
    return write_weights(
        tmp_path_factory.mktemp("weights") / "judging.safetensors",
        verdict=Thresholds(energy=(digit + outlier) / 2).to_metadata(),
    )


@pytest.fixture
def keep(write_weights: Callable[..., Path]) -> Callable[..., Path]:
    """Adds a copy of the bundled weights to the kept ones, under a name and with more metadata."""
    return lambda name, **metadata: write_weights(weights_folder() / name, **metadata)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def seed_weights() -> Path:
    """Weights trained by the recipe `seed`."""
    return REPOSITORY / "tests" / "data" / "seed.safetensors"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real handwriting; its README.md describes it."""
    return _present(
        Path(os.environ.get("DIGITPAD_DATA_DIR", REPOSITORY.parent / "shared" / "data")).absolute()
    )


@pytest.fixture(scope="session")
def cases(data_dir: Path) -> Path:
    """Folder of small inputs that were once read wrong."""
    return _present(data_dir.parent / "cases")


@pytest.fixture(scope="session")
def pen_file(data_dir: Path) -> Path:
    """7,494 pen drawings of 30 writers, as UNIPEN text."""
    return _present(data_dir / "pen" / "pendigits-orig.tra")


@pytest.fixture(scope="session")
def pen_samples(pen_file: Path) -> list[Sample]:
    """The drawings of `pen_file`, with their labels and writers."""
    return list(read_ink(pen_file, on_bad_line=pytest.fail))


@pytest.fixture(scope="session")
def unipen_dir(data_dir: Path) -> Path:
    """Folder of digits, letters and numbers cut from UNIPEN, and of a sample of UNIPEN itself."""
    return _present(data_dir / "unipen")


@pytest.fixture(scope="session")
def mnist_dir(data_dir: Path) -> Path:
    """`data_dir`, if all of MNIST is in it: no test downloads it."""
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
