"""The whole window, used as a person uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QAccessible, QColor, QGuiApplication, QImage, QMouseEvent, QPalette
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget

from digitpad.ink import Drawing, ink_image
from digitpad.recognizer import Recognizer
from digitpad.window.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def button(window: MainWindow, name: str) -> QPushButton:
    (found,) = (b for b in window.findChildren(QPushButton) if b.accessibleName() == name)
    return found


def pixels(image: QImage) -> np.ndarray:
    """Grey values [height, width]."""
    image = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width()].copy()  # a row may end with padding


def test_a_drawn_digit_is_answered(window, mouse, seven, weights, qtbot):
    with qtbot.waitSignal(window.answered):
        mouse.draw(seven)
    drawing = window.canvas.drawing
    assert [len(stroke.points) for stroke in drawing.strokes] == [5, 2]
    assert window.answer.prediction == Recognizer(weights).recognize(drawing)
    shown = pixels(window.net_view.grab().toImage())
    np.testing.assert_array_equal(shown, ink_image(drawing).repeat(4, 0).repeat(4, 1))


def test_the_answer_follows_a_moving_stroke(window, mouse, weights, qtbot):
    recognizer = Recognizer(weights)
    answers = []
    mouse.press(80, 60)
    for x, y in [(180, 60), (150, 140), (120, 220)]:
        with qtbot.waitSignal(window.answered):
            mouse.move(x, y)
        assert window.canvas.is_drawing
        assert window.answer.prediction == recognizer.recognize(window.canvas.drawing)
        answers.append(window.answer.prediction)
    assert len(set(answers)) == 3


def test_moves_that_wait_are_answered_together(window, mouse, qtbot):
    answered = []
    window.answered.connect(lambda: answered.append(len(window.canvas.drawing.strokes[0].points)))
    mouse.press(50, 50)
    qtbot.waitUntil(lambda: answered == [1])
    for x in range(100):
        at = QPointF(100 + x, 100)
        move = QMouseEvent(
            QEvent.Type.MouseMove,
            at,
            window.canvas.mapToGlobal(at),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.postEvent(window.canvas, move)
    qtbot.waitUntil(lambda: len(answered) > 1)
    assert answered == [1, 101]


def test_a_blank_pad_has_no_answer(window):
    assert window.canvas.drawing == Drawing()
    assert window.answer.prediction is None
    assert "appears here" in window.answer.accessibleDescription()
    assert not pixels(window.net_view.grab().toImage()).any()


def test_undo_redo_and_clear_have_keys_and_lose_nothing(window, mouse, seven, weights, qtbot):
    recognizer = Recognizer(weights)
    mouse.draw(seven)
    whole = window.canvas.drawing
    first = Drawing(whole.strokes[:1])

    def press(key: Qt.Key, modifiers=Qt.KeyboardModifier.NoModifier) -> Drawing:
        with qtbot.waitSignal(window.answered):
            qtbot.keyClick(window, key, modifiers)
        assert window.answer.prediction == recognizer.recognize(window.canvas.drawing)
        return window.canvas.drawing

    assert press(Qt.Key.Key_Z, CTRL) == first
    assert press(Qt.Key.Key_Z, CTRL | SHIFT) == whole
    assert press(Qt.Key.Key_Escape) == Drawing()
    assert press(Qt.Key.Key_Z, CTRL) == whole
    assert press(Qt.Key.Key_Y, CTRL) == Drawing()
    assert press(Qt.Key.Key_Z, CTRL) == whole
    assert press(Qt.Key.Key_Z, CTRL) == first
    assert press(Qt.Key.Key_Z, CTRL) == Drawing()


def test_the_buttons_do_what_the_keys_do_and_are_off_when_there_is_nothing_to_do(
    window, mouse, seven, qtbot
):
    def enabled() -> list[bool]:
        return [button(window, name).isEnabled() for name in ("Undo", "Redo", "Clear")]

    def click(name: str) -> None:
        qtbot.mouseClick(button(window, name), Qt.MouseButton.LeftButton)

    assert enabled() == [False, False, False]
    mouse.draw(seven)
    assert enabled() == [True, False, True]
    click("Undo")
    assert enabled() == [True, True, True]
    click("Redo")
    assert len(window.canvas.drawing.strokes) == 2
    click("Clear")
    assert enabled() == [True, False, False]
    assert not window.canvas.drawing
    click("Undo")
    assert len(window.canvas.drawing.strokes) == 2


def test_each_button_names_its_key(window):
    names = {name: button(window, name).toolTip() for name in ("Undo", "Redo", "Clear")}
    assert names == {"Undo": "Undo (Ctrl+Z)", "Redo": "Redo (Ctrl+Shift+Z)", "Clear": "Clear (Esc)"}


def test_the_drawing_and_its_answer_stay_when_the_window_is_resized(window, mouse, seven, qtbot):
    with qtbot.waitSignal(window.answered):
        mouse.draw(seven)
    drawing, prediction = window.canvas.drawing, window.answer.prediction
    before = window.canvas.size()
    window.resize(window.width() - 200, window.height() - 60)
    qtbot.waitUntil(lambda: window.canvas.size() != before)
    assert window.canvas.drawing == drawing
    assert window.answer.prediction == prediction
    ink = window.canvas.grab().toImage().pixelColor(in_canvas(window, mouse, 120, 58))
    assert ink == window.palette().color(QPalette.ColorRole.Text)


def in_canvas(window: MainWindow, mouse, x: float, y: float) -> QPoint:
    return window.canvas.mapFrom(window, mouse.at(x, y))


def test_nothing_is_cut_off_in_the_smallest_window(window, mouse, seven, qtbot):
    mouse.draw(seven)
    window.resize(1, 1)
    qtbot.waitUntil(lambda: window.width() < 700)
    for child in window.centralWidget().findChildren(QWidget):
        assert child.width() >= child.minimumSizeHint().width(), child
        assert child.height() >= max(child.minimumSizeHint().height(), 1), child
        assert child.height() >= child.heightForWidth(child.width()), child
        assert child.parentWidget().rect().contains(child.geometry()), child


# Weights that cannot be used


@pytest.fixture(params=["missing", "empty", "garbage", "cut off"])
def unusable(request: pytest.FixtureRequest, tmp_path: Path, weights: Path) -> Path:
    path = tmp_path / "broken.safetensors"
    match request.param:
        case "empty":
            path.write_bytes(b"")
        case "garbage":
            path.write_bytes(b"\xff" * 5000)
        case "cut off":
            path.write_bytes(weights.read_bytes()[:-1])
    return path


def test_without_usable_weights_the_pad_draws_and_says_what_to_do(
    open_window, mouse_on, unusable, seven, qtbot
):
    window = open_window(unusable)
    qtbot.waitUntil(lambda: window.notice is not None and window.notice.isVisible())
    for words in (str(unusable), "another file", "menu Weights", "menu Training"):
        assert words in window.notice.text
    assert QApplication.activeModalWidget() is None
    with qtbot.waitSignal(window.answered):
        mouse_on(window.canvas).draw(seven)
    assert len(window.canvas.drawing.strokes) == 2
    assert window.answer.prediction is None
    assert window.answer.accessibleDescription() == "No answer without weights."
    assert pixels(window.net_view.grab().toImage()).any()


# The window on the screen


def test_the_window_opens_where_it_was_closed(open_window, weights):
    first = open_window(weights)
    first.setGeometry(40, 50, 640, 500)
    first.close()
    assert open_window(weights).geometry() == first.geometry()


@pytest.mark.parametrize("stored", [b"", b"garbage", "text", 7, [1, 2]])
def test_a_stored_place_that_makes_no_sense_is_ignored(open_window, weights, stored):
    as_new = open_window(weights).size()
    settings().setValue("window/geometry", stored)
    assert open_window(weights).size() == as_new


def test_a_window_that_was_on_a_screen_which_is_gone_comes_back(open_window, weights):
    first = open_window(weights)
    first.move(20_000, 20_000)
    settings().setValue("window/geometry", first.saveGeometry())
    first.close = first.hide  # do not store the place a second time
    screen = QGuiApplication.primaryScreen().availableGeometry()
    assert screen.intersects(open_window(weights).frameGeometry())


def settings() -> QSettings:
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "digitpad", "digitpad")


@pytest.fixture
def set_palette(qapp: QApplication) -> Iterator[Callable[[QPalette], None]]:
    before = qapp.palette()
    yield qapp.setPalette
    qapp.setPalette(before)


def test_a_change_between_light_and_dark_is_followed_at_once(
    window, mouse, seven, set_palette, qtbot
):
    """Ink, sheet, answer and ground have the colours of the palette, also what was drawn before."""
    with qtbot.waitSignal(window.answered):
        mouse.draw(seven)
    for ground, sheet, text in [
        ("#323232", "#242424", "#f0f0f0"),
        ("#efefef", "#ffffff", "#101010"),
    ]:
        palette = QPalette(QColor(ground))
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text):
            palette.setColor(role, QColor(text))
        palette.setColor(QPalette.ColorRole.Base, QColor(sheet))
        palette.setColor(QPalette.ColorRole.Accent, QColor("#00c000"))
        set_palette(palette)
        qtbot.waitUntil(lambda colour=text: window.palette().text().color() == QColor(colour))
        image = window.grab().toImage()
        assert image.pixelColor(mouse.at(120, 58)) == QColor(text)
        assert image.pixelColor(mouse.at(250, 250)) == QColor(sheet)
        answer = window.answer.grab().toImage()
        assert answer.pixelColor(0, answer.height() - 1) == QColor(ground)
        colours = {
            answer.pixel(x, y) for x in range(answer.width()) for y in range(0, answer.height(), 3)
        }
        assert QColor("#00c000").rgb() in colours
        assert QColor(text).rgb() in colours


# For those who use the keyboard or a screen reader


def test_tab_reaches_every_control_in_reading_order(open_window, mouse_on, seven, tmp_path, qtbot):
    window = open_window(tmp_path / "missing")
    qtbot.waitUntil(lambda: window.notice is not None and window.notice.isVisible())
    mouse_on(window.canvas).draw(seven)
    button(window, "Undo").click()  # so that all three buttons are on
    window.canvas.setFocus()
    reached = []
    while window.canvas not in reached:
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        reached.append(window.focusWidget())
    *buttons, text, cross, canvas = reached
    assert buttons == [button(window, name) for name in ("Undo", "Redo", "Clear")]
    assert window.notice.isAncestorOf(text)
    assert cross.accessibleName() == "Close"
    assert canvas is window.canvas


@pytest.mark.parametrize(("key", "name"), [("U", "Undo"), ("R", "Redo"), ("C", "Clear")])
def test_each_button_has_its_letter(window, mouse, seven, qtbot, key, name):
    mouse.draw(seven)
    window.canvas.undo()
    with qtbot.waitSignal(button(window, name).clicked):
        qtbot.keyClick(window, getattr(Qt.Key, f"Key_{key}"), Qt.KeyboardModifier.AltModifier)


def test_a_screen_reader_finds_a_name_for_everything(open_window, tmp_path, qtbot):
    window = open_window(tmp_path / "missing")
    qtbot.waitUntil(lambda: window.notice is not None)
    focusable = [
        widget
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
    ]
    assert len(focusable) == 7
    for widget in (window, window.answer, window.net_view, *focusable):
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface.text(QAccessible.Text.Name), widget


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a screen reader is asked to say: Qt has no way to listen to itself from Python."""
    said = []

    def update(event) -> None:
        if event.type() == QAccessible.Event.Announcement:
            said.append(event.message())

    monkeypatch.setattr(QAccessible, "updateAccessibility", update)
    return said


def test_the_answer_is_announced_when_the_pen_is_lifted_and_not_before(
    window, mouse, announced, qtbot
):
    with qtbot.waitSignal(window.answered):
        mouse.press(80, 60)
    for x in (120, 160, 200):
        with qtbot.waitSignal(window.answered):
            mouse.move(x, 60)
    assert announced == []
    with qtbot.waitSignal(window.answered):
        mouse.release(200, 60)
    digit = window.answer.prediction.digit
    assert [words.split(",")[0] for words in announced] == [str(digit)]
    with qtbot.waitSignal(window.answered):
        qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert announced[1:] == [window.answer.accessibleDescription()]


def test_about_tells_the_facts_of_the_weights(window, weights):
    (help_action,) = (a for a in window.menuBar().actions() if a.text() == "&Help")
    (about,) = help_action.menu().actions()
    about.trigger()
    box = window.findChild(QMessageBox)
    assert box.isVisible()
    for fact in (str(weights), "untrained", "MNIST test: 10.00 % right"):
        assert fact in box.text()
    box.close()


def test_ctrl_q_closes_the_window(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_Q, CTRL)
    assert not window.isVisible()
