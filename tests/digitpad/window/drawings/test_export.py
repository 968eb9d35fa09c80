"""Drawings that leave the window: saved, copied and printed."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from digitpad.inkfile import read_ink
from digitpad.picture import read_picture
from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def pad(open_window, mouse_on, seven, qtbot):
    """A window with a 7 on the sheet."""
    window = open_window(bundled_weights())
    with qtbot.waitSignal(window.answered):
        mouse_on(window.canvas).draw(seven)
    return window


@pytest.fixture
def save(pad, qtbot):
    """Saves the drawing under a path, by the dialog."""

    def save_(path):
        qtbot.keyClick(pad.canvas, Qt.Key.Key_S, CTRL)
        (dialog,) = pad.findChildren(QFileDialog)
        dialog.setDirectory(str(path.parent))
        dialog.selectFile(path.name)
        dialog.accept()

    return save_


def test_an_ink_file_has_the_strokes(pad, save, tmp_path):
    save(tmp_path / "seven.ndjson")
    (sample,) = read_ink(tmp_path / "seven.ndjson", pytest.fail)
    assert (sample.drawing, sample.label) == (pad.canvas.drawing, None)


def test_a_saved_picture_reads_as_the_same_digit(save, tmp_path):
    save(tmp_path / "seven.png")
    image = read_picture(tmp_path / "seven.png")
    assert Recognizer(bundled_weights()).recognize_image(image).digit == 7


def test_an_svg_is_a_drawing(save, tmp_path):
    save(tmp_path / "seven.svg")
    content = (tmp_path / "seven.svg").read_text("utf-8")
    assert content.startswith("<?xml")
    assert content.count("<path") >= 2


@pytest.mark.parametrize("name", ["seven.txt", "no folder/seven.png"])
def test_what_cannot_be_saved_is_said(pad, tmp_path, name, qtbot):
    qtbot.keyClick(pad.canvas, Qt.Key.Key_S, CTRL)
    (dialog,) = pad.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / name))
    assert "was not saved" in pad.notice.text
    assert not (tmp_path / name).exists()


def test_the_picture_and_the_answer_are_copied(pad, qtbot):
    qtbot.keyClick(pad.canvas, Qt.Key.Key_C, CTRL)
    image = QApplication.clipboard().image()
    assert (image.width(), image.height()) == (560, 560)
    assert image.pixelColor(0, 0) == Qt.GlobalColor.white
    qtbot.keyClick(pad.canvas, Qt.Key.Key_C, CTRL | SHIFT)
    assert QApplication.clipboard().text() == "7"


def test_nothing_can_be_saved_from_a_blank_sheet(open_window, weights):
    window = open_window(weights)
    desk = window.in_and_out
    for action in (desk.save_action, desk.print_action, desk.copy_action, desk.copy_answer_action):
        assert not action.isEnabled()


def test_the_sheet_has_a_menu(pad):
    pad.canvas.menu_requested.emit(pad.canvas.mapToGlobal(pad.canvas.rect().center()))
    menus = [menu for menu in pad.findChildren(QMenu) if menu.isVisible()]
    (menu,) = menus
    assert {"Copy Drawing", "Save Drawing", "Print"} <= {a.iconText() for a in menu.actions()}
    menu.close()


def test_a_drawing_is_printed_as_large_as_fits(pad, tmp_path):
    from PySide6.QtPrintSupport import QPrinter  # noqa: PLC0415

    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "seven.pdf"))
    pad.in_and_out.print_drawing(printer, pad.canvas.drawing)
    assert (tmp_path / "seven.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.qt_log_ignore("QPainter::begin", "This plugin does not support")
def test_a_print_that_fails_is_said(pad, tmp_path):
    from PySide6.QtPrintSupport import QPrinter  # noqa: PLC0415

    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "no folder" / "seven.pdf"))
    pad.in_and_out.print_drawing(printer, pad.canvas.drawing)
    assert "was not printed" in pad.notice.text


def test_without_weights_the_clipboard_stays(open_window, mouse_on, seven, tmp_path, qtbot):
    window = open_window(tmp_path / "missing")
    with qtbot.waitSignal(window.answered):
        mouse_on(window.canvas).draw(seven)
    QApplication.clipboard().setText("mine")
    window.in_and_out.copy_answer_action.trigger()
    assert QApplication.clipboard().text() == "mine"
    assert "no answer" in window.notice.text


def test_a_saved_picture_is_black_on_white(save, tmp_path):
    save(tmp_path / "seven.png")
    grey = np.asarray(Image.open(tmp_path / "seven.png").convert("L"))
    assert (grey[0] == 255).all()
    assert grey.min() == 0
