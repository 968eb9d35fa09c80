"""Pictures on the sheet: opened, pasted, dropped, and drawn over."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QClipboard, QColor, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from digitpad.picture import read_picture
from digitpad.weights_store import bundled_weights

PAPER, INK, INK_GREY = (255, 250, 240), (30, 40, 90), 43


@pytest.fixture
def photo(tmp_path, seven):
    """A picture of a crossed 7, lying on its side as a telephone stores it."""
    image = Image.new("RGB", (400, 300), PAPER)
    pen = ImageDraw.Draw(image)
    for stroke in seven:
        pen.line([(x + 60, y + 10) for x, y in stroke], INK, width=14)
    path = tmp_path / "seven.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    image.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif)
    return path


@pytest.fixture
def pad(open_window):
    return open_window(bundled_weights())


COPY, MOVE = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction


def dropped(window, data, actions=COPY | MOVE):
    """Drag this onto the window, with Shift; what becomes of the original. None: it is refused."""
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    entering = QDragEnterEvent(QPoint(50, 50), actions, data, buttons, keys)
    entering.ignore()
    QApplication.sendEvent(window, entering)
    if not entering.isAccepted():
        return None
    dropping = QDropEvent(QPointF(50, 50), actions, data, buttons, keys)
    assert dropping.dropAction() == (MOVE if actions & MOVE else COPY)  # if nobody says otherwise
    QApplication.sendEvent(window, dropping)
    return dropping.dropAction()


def pasted(window, data):
    QApplication.clipboard().setMimeData(data)
    QTest.keyClick(window.canvas, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def of_file(path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def of_image(path):
    data = QMimeData()
    data.setImageData(QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888))
    return data


def shows(window, colour):
    """Where on the sheet, from 0 to 1, this grey is seen: x, y of each pixel."""
    image = window.canvas.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    grey = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    rows, columns = np.nonzero(np.abs(grey[:, : image.width()].astype(int) - colour) <= 6)
    return columns / image.width(), rows / image.height()


def test_an_opened_picture_is_answered_and_shown(pad, photo, qtbot):
    with qtbot.waitSignal(pad.answered):
        QTest.keyClick(pad.canvas, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        (dialog,) = pad.findChildren(QFileDialog)
        dialog.setDirectory(str(photo.parent))
        dialog.selectFile(str(photo))
        dialog.accept()
    assert (pad.answer.prediction.digit, pad.answer.prediction.sure) == (7, True)
    np.testing.assert_array_equal(pad.picture.digit, read_picture(photo))
    x, y = shows(pad, INK_GREY)
    assert x.size > 100
    assert (0.2 < x.min() < 0.4, 0.6 < x.max() < 0.8) == (True, True)
    assert np.ptp(x[y < y.min() + 0.02]) > 0.2  # it is upright: the 7's bar is on top


@pytest.mark.parametrize("data", [of_file, of_image])
@pytest.mark.parametrize("given", [pasted, dropped])
def test_a_picture_is_pasted_or_dropped(pad, photo, given, data):
    upright = photo.with_name("seven.png")
    Image.open(photo).transpose(Image.Transpose.ROTATE_270).save(upright)
    given(pad, data(upright))
    assert pad.picture is not None
    assert (pad.answer.prediction.digit, pad.answer.prediction.sure) == (7, True)


def test_a_file_that_is_dropped_stays_where_it_is(pad, photo):
    assert dropped(pad, of_file(photo), MOVE) is None
    assert dropped(pad, of_file(photo)) == COPY


def test_an_empty_clipboard_has_no_picture(pad, monkeypatch):
    monkeypatch.setattr(QClipboard, "mimeData", lambda _self: None)  # as some platforms have it
    QTest.keyClick(pad.canvas, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "not a picture" in pad.notice.text


def test_text_is_no_picture(pad, photo):
    text = QMimeData()
    text.setText("7")
    assert dropped(pad, text) is None
    pasted(pad, text)
    assert "not a picture" in pad.notice.text
    pasted(pad, of_file(photo))
    assert pad.picture is not None
    assert pad.notice is None


def test_a_drawing_gives_way_and_can_be_had_back(pad, photo, mouse_on, qtbot):
    with qtbot.waitSignal(pad.answered):
        mouse_on(pad.canvas).stroke((140, 40), (141, 140), (140, 240))
    drawing, answer = pad.canvas.drawing, pad.answer.prediction
    assert answer.digit == 1
    pad.pictures.open(photo)
    assert pad.canvas.is_blank
    with qtbot.waitSignal(pad.answered):
        QTest.keyClick(pad.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (pad.canvas.drawing, pad.picture) == (drawing, None)
    assert pad.answer.prediction == answer


def test_what_is_drawn_takes_the_place_of_the_picture(pad, photo, mouse_on, qtbot):
    pad.pictures.open(photo)
    mouse = mouse_on(pad.canvas)
    with qtbot.waitSignal(pad.answered):
        mouse.press(140, 40)
    assert pad.picture is None
    assert pad.canvas.is_drawing
    mouse.release(140, 240)


def test_a_finger_draws_through_the_picture(pad, photo, qtbot):
    pad.pictures.open(photo)
    device = QTest.createTouchDevice()
    handle, at = pad.windowHandle(), pad.canvas.mapTo(pad, QPoint(100, 100))
    with qtbot.waitSignal(pad.answered):
        QTest.touchEvent(handle, device).press(0, at).commit()
    assert pad.canvas.is_drawing
    assert pad.picture is None
    QTest.touchEvent(handle, device).release(0, at).commit()


def test_escape_takes_the_picture_away(pad, photo, qtbot):
    pad.pictures.open(photo)
    with qtbot.waitSignal(pad.answered):
        QTest.keyClick(pad.canvas, Qt.Key.Key_Escape)
    assert (pad.picture, pad.answer.prediction) == (None, None)
    assert shows(pad, INK_GREY)[0].size == 0


def test_one_picture_takes_the_place_of_another(pad, photo, qtbot):
    pad.pictures.open(photo)
    before = pad.picture
    with qtbot.waitSignal(before.destroyed):
        pad.pictures.open(photo)
    assert pad.picture is not before


def test_the_picture_fits_the_sheet_when_the_window_grows(pad, photo, qtbot):
    pad.pictures.open(photo)
    pad.resize(1000, 700)
    qtbot.waitUntil(lambda: pad.picture.geometry() == pad.canvas.rect())
    assert pad.canvas.height() > 560


def test_other_weights_answer_the_picture_at_once(pad, photo, weights):
    pad.pictures.open(photo)
    answer = pad.answer.prediction
    pad.use_weights(weights)
    assert pad.answer.prediction not in (None, answer)


def test_an_unreadable_picture_changes_nothing(pad, tmp_path, mouse_on, qtbot):
    with qtbot.waitSignal(pad.answered):
        mouse_on(pad.canvas).stroke((140, 40), (141, 140), (140, 240))
    drawing, answer = pad.canvas.drawing, pad.answer.prediction
    for name, content, reason in (
        ("notes.png", b"no picture", "not a picture that can be read"),
        ("gone.png", None, "No such file"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        pad.pictures.open(tmp_path / name)
        assert name in pad.notice.text
        assert reason in pad.notice.text
    blank = QMimeData()
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(QColor(*PAPER))
    blank.setImageData(image)
    pasted(pad, blank)
    assert "no ink was found" in pad.notice.text
    assert (pad.canvas.drawing, pad.answer.prediction) == (drawing, answer)
    assert pad.picture is None
