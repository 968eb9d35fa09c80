"""A window, a mouse to draw in it, and the pixels that it shows."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from digitpad.window.main_window import MainWindow


def pytest_collection_modifyitems(items):
    """Ignore the offscreen platform's warnings about what it cannot do."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture(autouse=True)
def _settings_at_home(home):
    # Qt looks up the home folder only once.
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(home))


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
