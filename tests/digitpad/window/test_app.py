"""The application as a process, from start to end."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from digitpad.inkfile import Sample, write_ink
from digitpad.window.errors import log_file

# Opens the window with `run` and in it runs the generator `play(window)`. When that yields a
# condition, the event loop runs until the condition is met. The return value is printed.
PLAYER = """
import json, sys, threading
from pathlib import Path
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, qWarning
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from digitpad.window import app

class Window(app.MainWindow):
    def showEvent(self, event):
        super().showEvent(event)
        self.steps, self.condition = play(self), lambda: True
        self.timer = QTimer(self, interval=5)
        self.timer.timeout.connect(self.resume)
        self.timer.start()

    def resume(self):
        if self.condition():
            try:
                self.condition = next(self.steps)
            except StopIteration as end:
                print(json.dumps(end.value), flush=True)
                self.timer.stop()
                self.close()

def draw(window):
    for kind, x in ((QTest.mousePress, 50), (QTest.mouseRelease, 80)):
        kind(window.canvas, Qt.MouseButton.LeftButton, pos=QPointF(x, x).toPoint())

def boxes():
    shown = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    return [box for box in shown if isinstance(box, QMessageBox)]
"""


def play(script, weights, **environment):
    """The return value of `play` and standard error. Fails unless the window ends normally."""
    with start(script, weights, **environment) as process:
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return json.loads(out), errors


@contextmanager
def start(script, weights, **environment):
    run = "app.MainWindow = Window\nsys.exit(app.run(*map(Path, sys.argv[1:])))"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{PLAYER}\n{script}\n{run}", *filter(None, [weights])],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_first_paint_and_answer_import_only_what_they_need(weights):
    script = """
painted = Window.paintEvent
def paintEvent(window, event):
    window.loaded = getattr(window, "loaded", None) or set(sys.modules)
    painted(window, event)
Window.paintEvent = paintEvent

def play(window):
    yield lambda: hasattr(window, "loaded")
    draw(window)
    yield lambda: window.answer.prediction
    return sorted(window.loaded), sorted(sys.modules)
"""
    (at_first_paint, at_answer), _ = play(script, weights)
    assert {"torch", "torchvision", "trainer", "pyqtgraph", "PIL"}.isdisjoint(at_answer)
    late = {"numpy", "safetensors", "platformdirs", "digitpad.weights_store", "logging.handlers"}
    assert late.isdisjoint(at_first_paint)
    assert "numpy" in at_answer


def test_qt_compresses_no_pen_events_and_its_messages_are_logged(weights):
    script = """
def play(window):
    qWarning("made up")
    attributes = Qt.ApplicationAttribute
    return [
        QApplication.testAttribute(attributes.AA_CompressHighFrequencyEvents),
        QApplication.testAttribute(attributes.AA_CompressTabletEvents),
    ]
    yield
"""
    compresses, errors = play(script, weights)
    assert compresses == [False, False]
    assert "made up" in log_file().read_text("utf-8")
    assert "made up" in errors


def test_uncaught_exceptions_are_shown_one_at_a_time_and_logged(weights):
    script = """
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

def fail(where):
    raise ValueError(where)

class PaintFailure(QWidget):
    def paintEvent(self, event):
        with QPainter(self):
            self.hide()
            fail("paint")

def fail_in_slots():
    for where in ("slot", "slot", "another slot"):  # of these, only the first is shown
        QTimer.singleShot(0, lambda where=where: fail(where))

def play(window):
    shown = []
    for number, provoke in enumerate((
        fail_in_slots,
        PaintFailure(window).show,
        threading.Thread(target=lambda: fail("thread")).start,
    ), start=1):
        draw(window)
        provoke()
        yield boxes
        (box,) = boxes()
        shown.append((box.text(), box.informativeText(), box.detailedText(), box.isModal()))
        box.close()
        yield lambda: window.answer.prediction and len(window.canvas.drawing.strokes) == number
    return shown
"""
    shown, errors = play(script, weights)
    log = log_file().read_text("utf-8")
    for where, (text, hint, details, is_modal) in zip(
        ("slot", "paint", "thread"), shown, strict=True
    ):
        assert not is_modal
        assert text == "Something went wrong in digitpad."
        assert str(log_file()) in hint
        for place in (details, errors, log):
            assert "in fail" in place
            assert f"ValueError: {where}\n" in place
    assert log.count("ValueError: slot") == 2
    assert log.count("ValueError: another slot") == 1


ANSWER_AND_FAIL = """
def play(window):
    draw(window)
    yield lambda: window.answer.prediction
    QTimer.singleShot(0, lambda: 1 / 0)
    yield boxes
    return boxes()[0].informativeText()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ there")
def test_finished_strokes_survive_a_kill_in_the_middle_of_the_next(weights):
    script = """
def play(window):
    yield lambda: window.in_and_out.recent
    draw(window)
    QTest.mousePress(window.canvas, Qt.MouseButton.LeftButton, pos=QPointF(90, 40).toPoint())
    QTest.mouseMove(window.canvas, QPointF(90, 80).toPoint())
    from digitpad.notebook import Notebook, notebook_folder
    yield lambda: Notebook(notebook_folder()).sheet()
    print("drawing", window.canvas.is_drawing, flush=True)
    yield lambda: False
"""
    with start(script, weights) as process:
        assert process.stdout.readline() == "drawing True\n"
        process.kill()
        process.wait()
    script = """
def play(window):
    yield lambda: window.canvas.drawing
    yield lambda: window.answer.prediction
    return [stroke.points.tolist() for stroke in window.canvas.drawing.strokes]
"""
    strokes, _ = play(script, weights)
    assert len(strokes) == 1


def test_the_window_opens_with_files(weights, tmp_path, as_drawing, seven):
    path = tmp_path / "seven.ndjson"
    write_ink(path, [Sample(as_drawing(seven))])
    script = f"""
app.MainWindow = Window
from functools import partial
app.run = partial(app.run, files=[Path({str(path)!r})])

def play(window):
    yield lambda: window.answer.prediction
    return [stroke.xy.tolist() for stroke in window.canvas.drawing.strokes]
"""
    strokes, _ = play(script, weights)
    assert strokes == [[list(point) for point in stroke] for stroke in seven]


UNKNOWN_USER = """
import pwd

def unknown(uid):
    raise KeyError(uid)

pwd.getpwuid = unknown  # as for the arbitrary user ID of a container
"""


@pytest.mark.skipif(os.name != "posix", reason="the home folder comes from the system there")
@pytest.mark.parametrize("has_home", [True, False])
def test_exceptions_are_shown_if_the_log_cannot_be_written(monkeypatch, has_home):
    if has_home:
        log_file().parent.parent.mkdir(parents=True, exist_ok=True)
        log_file().parent.write_text("in the way")
        place = str(log_file().parent)
    else:
        place = "there is no home folder"
        for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            monkeypatch.delenv(name)
    hint, errors = play(UNKNOWN_USER + ANSWER_AND_FAIL, None)
    assert hint.endswith("please report it with the details below.") != has_home
    assert "ZeroDivisionError" in errors
    assert "Cannot write a log: " in errors
    assert place in errors


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself a Ctrl-C there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_closes_the_window_without_a_traceback(weights, number):
    script = """
def play(window):
    yield lambda: window.answer.isVisible()
    window.timer.stop()  # from now on, nothing wakes Python
    print("ready", flush=True)
    yield
"""
    with start(script, weights) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out == ""
    assert "Traceback" not in errors


def test_ink_is_sharp_after_a_move_to_another_screen(weights, tmp_path):
    """The window moves from a normal screen to one with twice the pixels, and back."""
    screens = [
        {"name": name, "x": x, "y": 0, "width": 2000, "height": 2000, "logicalDpi": 96, "dpr": 1}
        for name, x in (("normal", 0), ("fine", 2000))
    ]
    config = tmp_path / "screens.json"
    config.write_text(json.dumps({"screens": screens}))
    script = """
from PySide6.QtGui import QImage

def edge(canvas):
    # Width in pixels of the left edge of a vertical stroke, from white to black.
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    row = [image.pixelColor(x, image.height() // 2).value() for x in range(5, image.width() - 5)]
    start = next(i for i, grey in enumerate(row) if grey < 250)
    return next(i for i, grey in enumerate(row[start:]) if grey < 40)

def play(window):
    for kind, y in ((QTest.mousePress, 100), (QTest.mouseMove, 300), (QTest.mouseRelease, 300)):
        button = () if kind is QTest.mouseMove else (Qt.MouseButton.LeftButton,)
        kind(window.canvas, *button, pos=QPointF(200, y).toPoint())
    seen = []
    for x, ratio in ((0, 1), (2100, 2), (0, 1)):
        window.move(x, 0)
        yield lambda: window.devicePixelRatioF() == ratio
        seen.append((ratio, edge(window.canvas)))
    return seen
"""
    edges, _ = play(
        script,
        weights,
        QT_QPA_PLATFORM=f"offscreen:configfile={config}",
        QT_SCREEN_SCALE_FACTORS="normal=1;fine=2",
    )
    assert [ratio for ratio, _ in edges] == [1, 2, 1]
    assert all(width <= 1 for _, width in edges), edges


def test_on_a_narrow_screen_the_training_panel_takes_the_place_of_the_pad(weights, tmp_path):
    screen = {"name": "narrow", "x": 0, "y": 0, "width": 640, "height": 900, "logicalDpi": 96}
    config = tmp_path / "screens.json"
    config.write_text(json.dumps({"screens": [screen | {"dpr": 1}]}))
    script = """
def seen(window):
    dock = window.training
    return [window.width(), window.canvas.isVisible(), dock.isVisible(), dock.width()]

def play(window):
    yield lambda: window.answer.isVisible()
    width = window.width()
    window.toggle_training()
    yield lambda: window.training.width() == width
    beside = seen(window)
    window.toggle_training()
    yield window.canvas.isVisible
    closed = seen(window)
    return width, beside, closed
"""
    environment = {"QT_QPA_PLATFORM": f"offscreen:configfile={config}"}
    (width, beside, closed), _ = play(script, weights, **environment)
    assert width < 640
    assert beside == [width, False, True, width]
    assert closed[:3] == [width, True, False]
