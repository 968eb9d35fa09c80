"""Pictures and ink files: opened, pasted, dropped, and drawn over."""

import base64
import io
import os
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QClipboard, QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QProgressDialog, QPushButton

from digitpad.inkfile import Sample, write_ink
from digitpad.picture import open_picture, read_picture
from digitpad.weights_store import bundled_weights
from digitpad.window.drawings.opener import MAX_OPENED

BACKGROUND, INK, INK_GREY = (255, 250, 240), (30, 40, 90), 43


@pytest.fixture
def photo(tmp_path, seven):
    """A picture of a crossed 7, stored on its side as by a telephone."""
    image = Image.new("RGB", (400, 300), BACKGROUND)
    pen = ImageDraw.Draw(image)
    for stroke in seven:
        pen.line([(x + 60, y + 10) for x, y in stroke], INK, width=14)
    path = tmp_path / "seven.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate clockwise to display
    image.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif)
    return path


@pytest.fixture
def pad(open_window, qtbot):
    window = open_window(bundled_weights())
    qtbot.waitUntil(lambda: window.in_and_out.opener is not None)
    return window


@pytest.fixture
def reading(pad, qtbot):
    """A context that waits until what is opened in it has been read."""

    @contextmanager
    def wait():
        seen = []
        for signal in (pad.in_and_out.opener.opened, pad.in_and_out.opener.failed):
            signal.connect(lambda *_: seen.append(True))
        yield
        qtbot.waitUntil(lambda: bool(seen))

    return wait


COPY, MOVE = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction


def drop(window, data, actions=COPY | MOVE):
    """Drop data on the window with Shift held; returns the drop action, None if refused."""
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    entering = QDragEnterEvent(QPoint(50, 50), actions, data, buttons, keys)
    entering.ignore()
    QApplication.sendEvent(window, entering)
    if not entering.isAccepted():
        return None
    dropping = QDropEvent(QPointF(50, 50), actions, data, buttons, keys)
    assert dropping.dropAction() == (MOVE if actions & MOVE else COPY)  # the window changes it
    QApplication.sendEvent(window, dropping)
    return dropping.dropAction()


def paste(window, data):
    QApplication.clipboard().setMimeData(data)
    QTest.keyClick(window.canvas, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def file_data(path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def image_data(path):
    data = QMimeData()
    data.setImageData(QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888))
    return data


@pytest.fixture
def shown(pad, grey_of):
    """Finds the pixels of the sheet that show the ink of the photo: their x and y, from 0 to 1."""

    def find():
        grey = grey_of(pad.canvas)
        rows, columns = np.nonzero(np.abs(grey - INK_GREY) <= 6)
        return columns / grey.shape[1], rows / grey.shape[0]

    return find


def test_an_opened_picture_is_answered_and_shown(pad, photo, shown, qtbot, choose_file):
    with qtbot.waitSignal(pad.answered):
        QTest.keyClick(pad.canvas, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        choose_file(pad, photo)
    assert (pad.answer.prediction.digit, pad.answer.prediction.sure) == (7, True)
    np.testing.assert_array_equal(pad.canvas.picture.digit, read_picture(photo))
    x, y = shown()
    assert x.size > 100
    assert (0.2 < x.min() < 0.4, 0.6 < x.max() < 0.8) == (True, True)
    assert np.ptp(x[y < y.min() + 0.02]) > 0.2  # upright: the 7's bar is at the top


@pytest.mark.parametrize("data", [file_data, image_data])
@pytest.mark.parametrize("give", [paste, drop])
def test_a_picture_is_pasted_or_dropped(pad, photo, qtbot, give, data):
    upright = photo.with_name("seven.png")
    Image.open(photo).transpose(Image.Transpose.ROTATE_270).save(upright)
    with qtbot.waitSignal(pad.answered):
        give(pad, data(upright))
    assert pad.canvas.picture is not None
    assert (pad.answer.prediction.digit, pad.answer.prediction.sure) == (7, True)


def test_a_dropped_file_is_copied_not_moved(pad, photo):
    assert drop(pad, file_data(photo), MOVE) is None
    assert drop(pad, file_data(photo)) == COPY


def test_text_or_nothing_is_not_a_picture(reading, pad, photo, monkeypatch):
    with monkeypatch.context() as empty:
        empty.setattr(QClipboard, "mimeData", lambda _self: None)  # as on some platforms
        QTest.keyClick(pad.canvas, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "not a picture" in pad.notice.text
    pad.notice.close()
    text = QMimeData()
    text.setText("7")
    assert drop(pad, text) is None
    paste(pad, text)
    assert "not a picture" in pad.notice.text
    with reading():
        paste(pad, file_data(photo))
    assert pad.canvas.picture is not None
    assert pad.notice is None


def test_undo_brings_back_the_drawing_that_a_picture_replaced(reading, pad, photo, mouse_on, qtbot):
    with qtbot.waitSignal(pad.answered):
        mouse_on(pad.canvas).stroke((140, 40), (141, 140), (140, 240))
    drawing, answer = pad.canvas.drawing, pad.answer.prediction
    assert answer.digit == 1
    with reading():
        pad.in_and_out.open([photo])
    assert not pad.canvas.drawing
    with qtbot.waitSignal(pad.answered):
        QTest.keyClick(pad.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (pad.canvas.drawing, pad.canvas.picture) == (drawing, None)
    assert pad.answer.prediction == answer


@pytest.mark.parametrize("pen", ["mouse", "finger"])
def test_a_stroke_replaces_the_picture(reading, pad, photo, qtbot, pen):
    with reading():
        pad.in_and_out.open([photo])
    handle, at = pad.windowHandle(), pad.canvas.mapTo(pad, QPoint(100, 100))
    screen = QTest.createTouchDevice()
    with qtbot.waitSignal(pad.answered):
        if pen == "mouse":
            QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=at)
        else:
            QTest.touchEvent(handle, screen).press(0, at).commit()
    assert pad.canvas.picture is None
    assert pad.canvas.is_drawing
    if pen == "mouse":
        QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=at)
    else:
        QTest.touchEvent(handle, screen).release(0, at).commit()


def test_escape_removes_the_picture(reading, pad, photo, shown, qtbot):
    with reading():
        pad.in_and_out.open([photo])
    with qtbot.waitSignal(pad.answered):
        QTest.keyClick(pad.canvas, Qt.Key.Key_Escape)
    assert (pad.canvas.picture, pad.answer.prediction) == (None, None)
    assert shown()[0].size == 0


def test_a_picture_replaces_another(reading, pad, photo):
    with reading():
        pad.in_and_out.open([photo])
    before = pad.canvas.picture
    with reading():
        pad.in_and_out.open([photo])
    assert pad.canvas.picture is not before
    pad.canvas.undo()
    assert pad.canvas.picture is before


@pytest.mark.parametrize("step", ["stroke", "clear"])
def test_undo_brings_back_the_picture(pad, photo, mouse_on, shown, qtbot, step):
    with qtbot.waitSignal(pad.answered):
        pad.in_and_out.open([photo])
    picture, answer, seen = pad.canvas.picture, pad.answer.prediction, shown()
    with qtbot.waitSignal(pad.answered):
        if step == "stroke":
            mouse_on(pad.canvas).stroke((140, 40), (141, 140), (140, 240))
        else:
            pad.canvas.clear()
    assert pad.canvas.picture is None
    with qtbot.waitSignal(pad.answered):
        pad.canvas.undo()
    assert (pad.canvas.picture, pad.answer.prediction) == (picture, answer)
    np.testing.assert_array_equal(shown(), seen)


def test_the_eraser_leaves_the_picture_alone(reading, pad, photo, qtbot):
    with reading():
        pad.in_and_out.open([photo])
    picture = pad.canvas.picture
    qtbot.mouseClick(pad.canvas, Qt.MouseButton.RightButton)
    assert pad.canvas.picture is picture


def test_the_picture_fits_the_sheet_when_the_window_grows(reading, pad, photo, shown, qtbot):
    with reading():
        pad.in_and_out.open([photo])
    x, y = shown()
    pad.resize(1000, 700)
    qtbot.waitUntil(lambda: pad.canvas.height() > 500)
    wider, higher = shown()
    assert (np.ptp(wider), np.ptp(higher)) == pytest.approx((np.ptp(x), np.ptp(y)), abs=0.02)


def test_new_weights_answer_the_picture_at_once(pad, photo, weights, qtbot):
    with qtbot.waitSignal(pad.answered):
        pad.in_and_out.open([photo])
    answer = pad.answer.prediction
    pad.use_weights(weights)
    assert pad.answer.prediction not in (None, answer)


def test_an_unreadable_picture_changes_nothing(reading, pad, tmp_path, mouse_on, qtbot):
    with qtbot.waitSignal(pad.answered):
        mouse_on(pad.canvas).stroke((140, 40), (141, 140), (140, 240))
    drawing, answer = pad.canvas.drawing, pad.answer.prediction
    for name, content, reason in (
        ("notes.png", b"no picture", "not a picture that can be read"),
        ("gone.png", None, "No such file"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with reading():
            pad.in_and_out.open([tmp_path / name])
        assert name in pad.notice.text
        assert reason in pad.notice.text
    blank = QMimeData()
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(QColor(*BACKGROUND))
    blank.setImageData(image)
    with reading():
        paste(pad, blank)
    assert "no ink was found" in pad.notice.text
    assert (pad.canvas.drawing, pad.answer.prediction) == (drawing, answer)
    assert pad.canvas.picture is None


# Ink files, several files, and what a browser gives


def test_what_is_beyond_the_limit_and_bad_lines_are_said(reading, pad, tmp_path, as_drawing, seven):
    many, more, broken = (tmp_path / f"{name}.ndjson" for name in ("many", "more", "broken"))
    write_ink(many, [Sample(as_drawing(seven))] * MAX_OPENED)
    write_ink(more, [Sample(as_drawing(seven))])
    broken.write_bytes(b"{\n" * 30 + more.read_bytes())
    with reading():
        pad.in_and_out.open([many, more])
    assert "Only the first 500 drawings" in pad.notice.text
    with reading():
        pad.in_and_out.open([broken])
    assert "30 lines cannot be read" in pad.notice.text
    assert pad.canvas.drawing == as_drawing(seven)


@pytest.fixture
def ink_file(tmp_path, as_drawing, seven, scribble):
    """An ink file with two drawings."""
    path = tmp_path / "two.ndjson"
    write_ink(path, [Sample(as_drawing(strokes)) for strokes in (seven, scribble)])
    return path


def strip(pad):
    return pad.in_and_out.recent.strip


def answers(pad):
    items = strip(pad).findChild(QListWidget)
    return [items.item(row).text() for row in range(items.count())]


def test_an_ink_file_opens_as_a_strip_to_step_through(
    pad, ink_file, as_drawing, seven, scribble, qtbot
):
    pad.resize(900, 640)
    with qtbot.waitSignal(pad.answered):
        paste(pad, file_data(ink_file))
    assert pad.canvas.drawing == as_drawing(seven)
    assert strip(pad).isVisible()
    assert "2 of two.ndjson" in [label.text() for label in strip(pad).findChildren(QLabel)]
    assert answers(pad)[0] == "7"
    items = strip(pad).findChild(QListWidget)
    qtbot.mouseClick(
        items.viewport(),
        Qt.MouseButton.LeftButton,
        pos=items.visualItemRect(items.item(1)).center(),
    )
    assert pad.canvas.drawing == as_drawing(scribble)
    items.setCurrentRow(0)
    qtbot.keyClick(items, Qt.Key.Key_Return)
    assert pad.canvas.drawing == as_drawing(seven)
    pad.canvas.undo()
    assert pad.canvas.drawing == as_drawing(scribble)


def test_several_files_open_together_and_bad_ones_are_named(
    reading, pad, photo, ink_file, tmp_path
):
    notes = tmp_path / "notes.txt"
    notes.write_text("no drawing")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (photo, notes, ink_file)])
    with reading():
        drop(pad, data)
    assert len(answers(pad)) == 3
    assert pad.canvas.picture is not None
    assert "notes.txt" in pad.notice.text


def test_an_ink_file_without_drawings_is_refused(reading, pad, tmp_path):
    path = tmp_path / "empty.ndjson"
    path.write_text('{"drawing": [[["a"]]]}\n')
    with reading():
        pad.in_and_out.open([path])
    assert "line 1" in pad.notice.text
    assert pad.canvas.is_blank


@pytest.mark.parametrize("encoding", ["base64", "percent"])
def test_a_picture_as_an_address_is_opened(pad, photo, encoding, qtbot):
    upright = io.BytesIO()
    Image.open(photo).transpose(Image.Transpose.ROTATE_270).save(upright, "PNG")
    if encoding == "base64":
        address = f"data:image/png;base64,{base64.b64encode(upright.getvalue()).decode()}"
    else:
        address = "data:image/png," + "".join(f"%{byte:02x}" for byte in upright.getvalue())
    data = QMimeData()
    data.setUrls([QUrl(address)])
    with qtbot.waitSignal(pad.answered):
        drop(pad, data)
    assert pad.answer.prediction.digit == 7


def test_the_bytes_of_a_picture_are_opened(pad, photo, qtbot):
    data = QMimeData()
    data.setData("image/jpeg", photo.read_bytes())
    data.setUrls([QUrl("https://example.org/seven.jpg")])
    with qtbot.waitSignal(pad.answered):
        drop(pad, data)
    assert pad.answer.prediction.digit == 7


def test_a_picture_on_the_web_is_to_be_saved_first(pad):
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/seven.jpg")])
    drop(pad, data)
    assert "Save it first" in pad.notice.text


@pytest.mark.skipif(sys.platform != "linux", reason="names are text on other systems")
@pytest.mark.parametrize("host", ["", "localhost"])
def test_a_file_may_have_any_name(pad, photo, host, qtbot):
    odd = Path(os.fsdecode(bytes(photo.parent) + b"/sieben \xff#1.jpg"))
    odd.write_bytes(photo.read_bytes())
    encoded = b"".join(
        bytes([byte]) if chr(byte) in "/abcdefghijklmnopqrstuvwxyz._-" else b"%%%02X" % byte
        for byte in os.fsencode(odd)
    )
    data = QMimeData()
    data.setData("text/uri-list", b"file://" + host.encode() + encoded + b"\r\n")
    with qtbot.waitSignal(pad.answered):
        drop(pad, data)
    assert pad.answer.prediction.digit == 7


def test_the_sheet_shows_that_it_takes_what_is_dragged(pad, photo):
    before, data = pad.canvas.grab().toImage(), file_data(photo)
    entering = QDragEnterEvent(
        QPoint(50, 50), COPY, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(pad, entering)
    assert pad.canvas.grab().toImage() != before
    QApplication.sendEvent(pad, QDragLeaveEvent())
    assert pad.canvas.grab().toImage() == before


def test_what_takes_long_to_open_says_so_and_can_be_cancelled(
    pad, photo, monkeypatch, qtbot, mouse_on, reading
):
    may_read = threading.Event()
    read = []

    def slow(source):
        may_read.wait(timeout=10)  # a thread that waits for ever would outlive a failed test
        read.append(source)
        return open_picture(source)

    monkeypatch.setattr("digitpad.picture.open_picture", slow)
    pad.in_and_out.open(3 * [photo])
    qtbot.waitUntil(lambda: pad.findChild(QProgressDialog).isVisible())
    dialog = pad.findChild(QProgressDialog)
    assert dialog.findChild(QLabel).text() == "Opening 3 files"
    mouse_on(pad.canvas).stroke((140, 40), (141, 140), (140, 240))  # drawing goes on meanwhile
    drawing = pad.canvas.drawing
    qtbot.mouseClick(dialog.findChild(QPushButton), Qt.MouseButton.LeftButton)
    may_read.set()
    with reading():
        pad.in_and_out.open([photo.with_name("missing")])  # read after the other
    assert (pad.canvas.drawing, pad.canvas.picture) == (drawing, None)
    assert read == [photo]  # the others are not read any more
    qtbot.waitUntil(lambda: pad.findChild(QProgressDialog) is None)
