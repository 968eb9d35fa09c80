"""A window, a mouse to draw in it, the pixels that it shows, and trainers for it to start."""

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QPlainTextEdit

from digitpad.weights_store import bundled_weights
from digitpad.window.main_window import MainWindow
from digitpad.window.widgets.notice import Notice
from digitpad.window.widgets.text import Sentence


def pytest_collection_modifyitems(items):
    """Ignore the offscreen platform's warnings about what it cannot do."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture(autouse=True)
def _settings_at_home(home):
    # Qt looks up the home folder only once.
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(home))


@pytest.fixture(scope="session", autouse=True)
def _clipboard(qapp):
    yield
    # Qt lets data of a test's own go only after Python has ended, which crashes.
    qapp.clipboard().clear()


@pytest.fixture
def open_window(qtbot):
    """Opens a window and waits until it is exposed."""

    def open_(weights):
        window = MainWindow(weights)
        qtbot.addWidget(window)
        with qtbot.waitExposed(window):
            window.show()
        return window

    return open_


@pytest.fixture
def window(open_window, weights):
    return open_window(weights)


@pytest.fixture
def choose_file():
    """Chooses a file or a folder in the open dialog of a window."""

    def choose(window, path):
        (dialog,) = window.findChildren(QFileDialog)
        dialog.setDirectory(str(path.parent))
        dialog.selectFile(str(path))
        dialog.accept()

    return choose


@pytest.fixture
def grey_of():
    """Grabs a widget: the grey values of its pixels, from 0 to 255, [height, width]."""

    def grab(widget):
        image = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        return rows[:, : image.width()].astype(np.int64)  # a row may end with padding

    return grab


class Mouse:
    """A mouse that draws on a canvas, in canvas units, by events of the window system."""

    def __init__(self, canvas):
        self._canvas = canvas

    def at(self, x, y):
        """Position in the canvas's window of a point in canvas units."""
        canvas = self._canvas
        scale = min(canvas.width(), canvas.height()) / 280
        centre = QPointF(canvas.width(), canvas.height()) / 2
        inside = centre + QPointF(x - 140, y - 140) * scale
        return canvas.mapTo(canvas.window(), inside.toPoint())

    def press(self, x, y, button=Qt.MouseButton.LeftButton):
        QTest.mousePress(self._handle, button, pos=self.at(x, y))

    def move(self, x, y):
        QTest.mouseMove(self._handle, self.at(x, y))

    def release(self, x, y, button=Qt.MouseButton.LeftButton):
        QTest.mouseRelease(self._handle, button, pos=self.at(x, y))

    def stroke(self, *points):
        self.press(*points[0])
        for point in points[1:]:
            self.move(*point)
        self.release(*points[-1])

    def draw(self, strokes):
        for points in strokes:
            self.stroke(*points)

    @property
    def _handle(self):
        return self._canvas.window().windowHandle()


@pytest.fixture
def mouse_on():
    """Makes a mouse for a canvas."""
    return Mouse


@pytest.fixture
def mouse(window):
    return Mouse(window.canvas)


# Python finds this first as the module `trainer`. It steps aside for the real one, with fewer
# digits to draw: an epoch of them takes a tenth of a second.
REAL = """
import sys
from contextlib import suppress
from pathlib import Path
sys.path.remove(str(Path(__file__).parent))
from trainer import __main__
with suppress(ImportError):  # a test hides torch
    from trainer import run_data
    run_data.SYNTHETIC_IMAGES = 1_000
sys.exit(__main__.main())
"""

# What fakes start with.
FAKE = f"""
import os, shutil, signal, subprocess, sys, time
from pathlib import Path
from digitpad.training.messages import *

(file,) = (a.partition("=")[2] for a in sys.argv if a.startswith(("--out=", "--resume=")))
out = Path(file.removesuffix(".checkpoint"))
checkpoint = Path(f"{{out}}.checkpoint")
out.parent.mkdir(parents=True, exist_ok=True)

def tell(message):
    print(to_json(message), flush=True)

def start(accuracy=None):
    tell(RunStarted({{}}, 0, "cpu", 1, 0, 1, 1, 1, "", accuracy))

def save():
    shutil.copy({str(bundled_weights())!r}, out)
    tell(WeightsWritten(str(out)))

def evaluate(verdict=None):
    confusion = [[0] * 10 for _ in range(10)]
    confusion[0] = [9, 1] + [0] * 8
    tell(Evaluated("MNIST test", "", 10, 9, 0.8, confusion, []))
    if verdict:
        tell(Compared("the weights in use", verdict, "90 % against 80 %"))

def finish(verdict):
    save()
    evaluate(verdict)
    tell(RunEnded("finished"))

def wait():
    while not Path(__file__).with_name("go").exists():
        time.sleep(0.01)

def wait_for_command():
    return sys.stdin.readline().strip()
"""


class Person:
    """What a person at the window sees and does, and the trainer that the window starts."""

    def __init__(self, qtbot, modules):
        self._qtbot, self._modules = qtbot, modules

    def use_trainer(self, code, setup=""):
        """Have the window start the "real" trainer after some `setup`, or else a fake: `code` with
        what FAKE defines."""
        code = setup + REAL if code == "real" else FAKE + code
        (self._modules / "trainer.py").write_text(code)

    def let_go(self):
        """End the fake's `wait`."""
        (self._modules / "go").touch()

    def train(self, window, code, epochs=1, setup=""):
        """Start a training on synthetic digits in the panel; the dock."""
        self.use_trainer(code, setup)
        self._qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
        form = window.training.form
        form.recipe.setCurrentIndex(form.recipe.findData("seed"))
        form.epochs.setValue(epochs)
        form.data.setCurrentText("Synthetic digits")
        form.start_button.click()
        return window.training

    def button(self, widget, text):
        """The visible button with this text."""
        found = self.buttons(widget)
        assert text in found, f"there is no button {text!r} among {list(found)}"
        return found[text]

    def buttons(self, widget):
        """The visible buttons by their texts."""
        found = [each for each in widget.findChildren(QAbstractButton) if each.isVisible()]
        return {each.text().replace("&", ""): each for each in found}

    def click(self, widget, text):
        self.button(widget, text).click()

    def text(self, widget):
        """All visible text, without what only concerns line breaks."""
        labels = [each.text() for each in widget.findChildren(QLabel) if each.isVisible()]
        sentences = [each for each in widget.findChildren(Sentence) if each.isVisible()]
        text = " ".join([*labels, *(each.toPlainText() for each in sentences)])
        return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{ZERO WIDTH SPACE}", "")

    def log(self, training):
        """The trainer's output, folded or not."""
        return training.findChild(QPlainTextEdit).toPlainText()

    def notice(self, window, text):
        """The notice, once there is one with this text."""
        self.wait(lambda: text in "".join(each.text for each in self.notices(window)))
        (notice,) = self.notices(window)
        return notice

    def notices(self, window):
        return [each for each in window.findChildren(Notice) if each.isVisible()]

    def wait(self, condition):
        """Wait for a condition, for minutes if the machine is busy."""
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=180_000)


@pytest.fixture
def person(qtbot, tmp_path, monkeypatch, repository):
    modules = tmp_path / "modules"
    modules.mkdir()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(modules), str(repository)]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # the batches are too small for two threads
    return Person(qtbot, modules)
