"""The main states of the window, compared with stored pictures.

They are in `look/`, in light and dark. With `--update-pictures`, pytest stores new ones; look at
them before you commit them.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QFont, QFontDatabase, QImage

from digitpad.training.messages import (
    BatchDone,
    Compared,
    EpochDone,
    Evaluated,
    RunEnded,
    RunStarted,
    WeightsWritten,
)
from digitpad.training.run import Exit, RunState
from digitpad.weights_store import bundled_weights
from digitpad.window.training.progress_view import status
from digitpad.window.widgets import theme
from digitpad.window.widgets.settings import settings

LOOK = Path(__file__).parent / "look"
BLOCK = 4  # pixels; differences are averaged over blocks, in which letters may differ a little
TOLERANCE = 24  # of a block's mean, in grey values from 0 to 255
THEMES = pytest.mark.parametrize("appearance", ["light", "dark"])


@pytest.fixture(scope="module")
def font(qapp):
    """A font that is the same on every machine; without hinting, so are its letters, nearly."""
    before = qapp.font()
    added = [QFontDatabase.addApplicationFont(str(path)) for path in sorted(LOOK.glob("*.ttf"))]
    (family,) = set(QFontDatabase.applicationFontFamilies(added[0]))
    made = QFont(family)
    made.setPixelSize(12)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    qapp.setFont(made)
    yield
    qapp.setFont(before)


@pytest.fixture
def pad(qapp, font, open_window, appearance):  # noqa: ARG001
    """A window with the bundled weights in the default size."""
    palette = qapp.palette()
    settings().setValue("window/appearance", appearance.capitalize())
    window = open_window(bundled_weights())
    window.resize(832, 560)
    yield window
    window.close()
    qapp.setPalette(palette)


@pytest.fixture
def looks_as_stored(qtbot, request, appearance, tmp_path):
    """Compares a window with the stored picture of this name, or stores a new one."""

    def compare(window, name):
        stored = LOOK / f"{name}-{appearance}.png"
        if request.config.getoption("update_pictures"):
            seen = []

            def stands_still():
                seen.append(pixels(window))
                return len(seen) > 20 and all(np.array_equal(seen[-1], each) for each in seen[-20:])

            qtbot.waitUntil(stands_still)
            picture = Image.fromarray(seen[-1]).quantize(256, Image.Quantize.MAXCOVERAGE)
            picture.save(stored, optimize=True)
            return
        expected = np.asarray(Image.open(stored).convert("RGB"))
        try:
            qtbot.waitUntil(lambda: difference(pixels(window), expected) <= TOLERANCE)
        except qtbot.TimeoutError:
            found = tmp_path / stored.name
            Image.fromarray(pixels(window)).save(found)
            found_difference = difference(pixels(window), expected)
            pytest.fail(f"{found} differs from {stored} by {found_difference:.0f}")

    return compare


def pixels(window):
    """The picture of a window, uint8 [height, width, 3]."""
    image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def difference(one, other):
    """The largest difference of two pictures in a block; infinite if their sizes differ."""
    if one.shape != other.shape:
        return float("inf")
    height, width = (side // BLOCK * BLOCK for side in one.shape[:2])
    apart = np.abs(one.astype(np.float64) - other)[:height, :width]
    blocks = apart.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    return blocks.mean(axis=(1, 3)).max()


def draw(window, mouse_on, strokes, qtbot):
    with qtbot.waitSignal(window.answered):
        mouse_on(window.canvas).draw(strokes)


DRAWINGS = {
    "sure": [[(60, 60), (120, 58), (200, 60), (170, 130), (140, 220)], [(110, 150), (190, 145)]],
    "unsure": [[(124, 76), (154, 61), (170, 60), (160, 140), (140, 220)]],
    "not-a-digit": [[(40 + 200 * (i % 2), 40 + 20 * i) for i in range(11)]],
}


@THEMES
def test_empty(pad, looks_as_stored):
    looks_as_stored(pad, "empty")


@THEMES
@pytest.mark.parametrize("name", list(DRAWINGS))
def test_answers(pad, looks_as_stored, mouse_on, qtbot, name):
    draw(pad, mouse_on, DRAWINGS[name], qtbot)
    assert pad.answer.prediction.verdict == name.replace("-", " ")
    looks_as_stored(pad, name)


@THEMES
def test_corrected(pad, looks_as_stored, mouse_on, qtbot):
    draw(pad, mouse_on, DRAWINGS["not-a-digit"], qtbot)
    for key in ("8", "3"):
        with qtbot.waitSignal(pad.your_hand.changed):
            qtbot.keyClick(pad.canvas, key)
    looks_as_stored(pad, "corrected")


@THEMES
def test_narrow(pad, looks_as_stored, mouse_on, qtbot):
    pad.resize(400, 560)
    draw(pad, mouse_on, DRAWINGS["sure"], qtbot)
    looks_as_stored(pad, "narrow")


@THEMES
def test_picture(pad, looks_as_stored, qtbot):
    with qtbot.waitSignal(pad.answered):
        pad.in_and_out.open([LOOK / "photo.jpg"])
    looks_as_stored(pad, "picture")


@THEMES
def test_notice(pad, looks_as_stored, mouse_on, qtbot):
    draw(pad, mouse_on, DRAWINGS["sure"], qtbot)
    pad.weights_menu.failed.emit("notes.txt: not a weights file.")
    looks_as_stored(pad, "notice")


STARTED = RunStarted({"name": "pad"}, 0, "cpu", 20, 0, 100, 73_333, 5_000, "MNIST", 0.995)
EPOCHS = [
    EpochDone(1, 0.85, 0.988, 0.5, 0.1, 5_000, 400),
    EpochDone(2, 0.95, 0.992, 0.17, 0.2, 5_000, 380),
    EpochDone(3, 0.955, 0.993, 0.15, 0.2, 5_000, 360),
]


@pytest.fixture
def training(pad, mouse_on, qtbot):
    """The window with the panel of a training after three epochs."""
    draw(pad, mouse_on, DRAWINGS["sure"], qtbot)
    pad.show_training()
    pad.resize(1320, 640)
    chart = pad.training.chart
    chart.start(20, 100, 0.995)
    for epoch in EPOCHS:
        for batch in (25, 50, 75, 100):
            accuracy = epoch.train_accuracy - (100 - batch) / 2_000
            chart.add(BatchDone(epoch.epoch, batch, accuracy, epoch.loss, 5_000, 400))
        chart.add(epoch)
    return pad


def after(*messages):
    state = RunState()
    for message in messages:
        state = state.after(message)
    return state


@THEMES
def test_training(training, looks_as_stored):
    state = after(STARTED, *EPOCHS)
    training.training.panel.show_run(state)
    training.foot.show_training(status(state))
    looks_as_stored(training, "training")


@THEMES
def test_finished(training, looks_as_stored):
    confusion = [[490 if row == column else row % 2 for column in range(10)] for row in range(10)]
    evaluated = Evaluated("MNIST test", "", 10_000, 9_950, 0.995, confusion, [])
    state = after(
        STARTED,
        *EPOCHS,
        WeightsWritten("net.safetensors"),
        evaluated,
        Compared("the weights in use", "equal", "99.50 % against 99.54 %"),
        RunEnded("finished"),
    )
    training.training.confusion.add(evaluated)
    training.training.panel.show_run(state.ended(Exit()))
    looks_as_stored(training, "finished")


# The test itself


@pytest.mark.parametrize("appearance", ["light"])
def test_a_shifted_layout_is_found(pad, mouse_on, qtbot):
    draw(pad, mouse_on, DRAWINGS["sure"], qtbot)
    seen = pixels(pad)
    for axis in (0, 1):
        assert difference(seen, np.roll(seen, 8, axis)) > TOLERANCE


@pytest.mark.parametrize("appearance", ["light"])
def test_another_accent_is_found(pad, mouse_on, qtbot, qapp):
    draw(pad, mouse_on, DRAWINGS["sure"], qtbot)
    qtbot.waitUntil(lambda: difference(pixels(pad), pixels(pad)) == 0)
    before = pixels(pad)
    violet = theme.LIGHT._replace(accent=theme.LIGHT.accent.lighter(130))
    qapp.setPalette(theme.palette(violet))
    qtbot.waitUntil(lambda: difference(pixels(pad), before) > TOLERANCE)
