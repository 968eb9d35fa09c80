"""The whole window, used as a person uses it."""

from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QColor, QMouseEvent, QPalette
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget

from digitpad.ink import Drawing, ink_image
from digitpad.recognizer import Recognizer
from digitpad.window.widgets.settings import settings

CTRL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


def button(window, name):
    (found,) = (b for b in window.findChildren(QPushButton) if b.accessibleName() == name)
    return found


def net_view_within_its_box(window, grey_of):
    area = window.net_view.area
    inset = area.width() // 5
    area = area.adjusted(inset, inset, -inset, -inset)
    return grey_of(window.net_view)[area.top() : area.bottom(), area.left() : area.right()]


# Drawing and answering


def test_a_drawn_digit_is_answered(alike, window, mouse, seven, weights, grey_of, qtbot):
    with qtbot.waitSignal(window.answered):
        mouse.draw(seven)
    drawing = window.canvas.drawing
    assert [len(stroke.points) for stroke in drawing.strokes] == [5, 2]
    assert alike(window.answer.prediction, Recognizer(weights).recognize(drawing))
    zoom = window.net_view.area.width() // 28
    assert zoom >= 2
    area = window.net_view.area
    shown = grey_of(window.net_view)[area.top() : area.bottom() + 1, area.left() : area.right() + 1]
    # The corners are round, and the dotted box covers some of the pixels' edges.
    middle = shown[zoom // 2 :: zoom, zoom // 2 :: zoom]
    np.testing.assert_array_equal(middle[1:-1, 1:-1], ink_image(drawing)[1:-1, 1:-1])


def test_the_answer_follows_a_moving_stroke(alike, window, mouse, weights, qtbot):
    recognizer = Recognizer(weights)
    answers = []
    mouse.press(80, 60)
    for x, y in [(180, 60), (150, 140), (120, 220)]:
        with qtbot.waitSignal(window.answered):
            mouse.move(x, y)
        assert window.canvas.is_drawing
        assert alike(window.answer.prediction, recognizer.recognize(window.canvas.drawing))
        answers.append(window.answer.prediction)
    assert len(set(answers)) == 3


@pytest.mark.parametrize("ink", ["seven", "scribble"])
def test_a_digit_is_told_from_what_is_none(
    open_window, mouse_on, judging_weights, announced, request, qtbot, ink
):
    window = open_window(judging_weights)
    with qtbot.waitSignal(window.answered):
        mouse_on(window.canvas).draw(request.getfixturevalue(ink))
    prediction = window.answer.prediction
    known = Recognizer(judging_weights).recognize(window.canvas.drawing).known
    assert prediction.known == pytest.approx(known, abs=1e-6)
    if ink == "seven":
        assert prediction.verdict == "sure"
        assert announced[-1].startswith("7, Sure, ")
    else:
        assert prediction.verdict == "not a digit"
        assert announced[-1] == window.answer.accessibleDescription()
        assert announced[-1].startswith("Not a digit")


def test_pending_moves_are_answered_together(window, mouse, qtbot):
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
            NONE,
        )
        QApplication.postEvent(window.canvas, move)
    qtbot.waitUntil(lambda: len(answered) > 1)
    assert answered == [1, 101]


@pytest.mark.parametrize("is_cleared", [False, True])
def test_a_blank_pad_has_no_answer(window, mouse, seven, grey_of, qtbot, is_cleared):
    if is_cleared:
        mouse.draw(seven)
        window.canvas.clear()
        qtbot.waitUntil(lambda: window.answer.prediction is None)
    assert window.canvas.drawing == Drawing()
    assert window.answer.prediction is None
    assert "appears here" in window.answer.accessibleDescription()
    assert len(np.unique(net_view_within_its_box(window, grey_of))) == 1


@pytest.mark.parametrize("by", ["key", "button"])
def test_undo_redo_and_clear_lose_nothing(alike, window, mouse, seven, weights, qtbot, by):
    recognizer = Recognizer(weights)
    keys = {
        "Undo": (Qt.Key.Key_Z, CTRL),
        "Redo": (Qt.Key.Key_Z, CTRL | SHIFT),
        "Clear": (Qt.Key.Key_Escape, NONE),
    }
    names = {name: button(window, name).toolTip() for name in keys}
    assert names == {"Undo": "Undo (Ctrl+Z)", "Redo": "Redo (Ctrl+Shift+Z)", "Clear": "Clear (Esc)"}

    def state(action):
        with qtbot.waitSignal(window.answered):
            if by == "key":
                qtbot.keyClick(window, *keys[action])
            else:
                qtbot.mouseClick(button(window, action), Qt.MouseButton.LeftButton)
        assert alike(window.answer.prediction, recognizer.recognize(window.canvas.drawing))
        return window.canvas.drawing, [button(window, name).isEnabled() for name in keys]

    assert [button(window, name).isEnabled() for name in keys] == [False, False, False]
    mouse.draw(seven)
    whole = window.canvas.drawing
    first = Drawing(whole.strokes[:1])
    assert state("Undo") == (first, [True, True, True])
    assert state("Redo") == (whole, [True, False, True])
    assert state("Clear") == (Drawing(), [True, False, False])
    assert state("Undo") == (whole, [True, True, True])
    assert state("Undo") == (first, [True, True, True])
    assert state("Undo") == (Drawing(), [False, True, False])
    with qtbot.waitSignal(window.answered):
        qtbot.keyClick(window, Qt.Key.Key_Y, CTRL)
    assert window.canvas.drawing == first


def test_drawing_works_without_weights(open_window, mouse_on, seven, grey_of, qtbot, tmp_path):
    missing = tmp_path / "missing.safetensors"
    window = open_window(missing)
    qtbot.waitUntil(lambda: window.notice is not None and window.notice.isVisible())
    for words in (str(missing), "another file", "Weights menu", "Training menu"):
        assert words in window.notice.text
    assert QApplication.activeModalWidget() is None
    with qtbot.waitSignal(window.answered):
        mouse_on(window.canvas).draw(seven)
    assert len(window.canvas.drawing.strokes) == 2
    assert window.answer.prediction is None
    assert window.answer.accessibleDescription() == "No answer without weights."
    assert len(np.unique(net_view_within_its_box(window, grey_of))) > 1


# Size, place and colours


@pytest.mark.parametrize(
    "size", [(1, 1), (759, 560), (760, 560), (832, 560), (900, 430), (1920, 1080)]
)
def test_nothing_is_cut_off(window, mouse, seven, qtbot, size):
    mouse.draw(seven)
    window.resize(*size)
    qtbot.waitUntil(lambda: window.width() == max(size[0], 400))
    assert window.canvas.width() == window.canvas.height() >= 240
    board = window.canvas.parentWidget()
    shown = [child for child in board.findChildren(QWidget) if child.isVisible()]
    assert {window.canvas, window.answer, window.columns, window.net_view} <= set(shown)
    for child in shown:
        assert child.width() >= child.minimumSizeHint().width(), child
        assert child.height() >= max(child.minimumSizeHint().height(), 1), child
        if not child.layout():
            assert child.height() >= child.heightForWidth(child.width()), child
        assert child.parentWidget().rect().contains(child.geometry()), child
    # The board scrolls up and down only, and not at all where everything fits.
    view = board.parentWidget()
    qtbot.waitUntil(lambda: board.width() == view.width())
    assert (board.height() == view.height()) == (window.width() >= 760 and window.height() >= 500)


def test_the_sheet_and_the_answer_are_in_view_together(window):
    window.resize(400, 560)
    view = window.canvas.parentWidget().parentWidget()
    for part in (window.canvas, window.answer):
        place = part.rect().translated(part.mapTo(view, QPoint()))
        assert view.rect().contains(place)


def test_the_window_opens_where_it_was_closed(open_window, weights):
    first = open_window(weights)
    first.setGeometry(40, 50, 640, 500)
    first.close()
    assert open_window(weights).geometry() == first.geometry()


def test_a_window_fits_a_small_screen(window):
    """Such as one of 1920×1080 pixels at a scale of 200 %."""
    window.resize(960, 490)
    assert window.height() == 490
    assert window.canvas.height() >= 320
    board = window.canvas.parentWidget()
    assert board.height() == board.parentWidget().height()  # nothing to scroll


@pytest.mark.parametrize("stored", [b"", b"garbage", "text", 7, [1, 2]])
def test_an_invalid_stored_geometry_is_ignored(open_window, weights, stored):
    default = open_window(weights).size()
    settings().setValue("window/geometry", stored)
    assert open_window(weights).size() == default


@pytest.mark.parametrize(
    "theme", [("#323232", "#242424", "#f0f0f0"), ("#efefef", "#ffffff", "#101010")]
)
def test_a_new_palette_repaints_earlier_ink(window, mouse, seven, qapp, qtbot, request, theme):
    background, sheet, text = theme
    with qtbot.waitSignal(window.answered):
        mouse.draw(seven)
    palette = QPalette(QColor(background))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text):
        palette.setColor(role, QColor(text))
    palette.setColor(QPalette.ColorRole.Base, QColor(sheet))
    palette.setColor(QPalette.ColorRole.Accent, QColor("#00c000"))
    window.grab()  # the ink is painted in the old colours
    request.addfinalizer(partial(qapp.setPalette, qapp.palette()))
    qapp.setPalette(palette)
    qtbot.waitUntil(lambda: window.palette().text().color() == QColor(text))
    image = window.grab().toImage()
    assert image.pixelColor(mouse.at(120, 58)) == QColor(text)
    assert image.pixelColor(mouse.at(250, 250)) == QColor(sheet)
    answer = window.answer.grab().toImage()
    assert answer.pixelColor(0, answer.height() - 1) == QColor(background)
    colours = {
        answer.pixel(x, y) for x in range(answer.width()) for y in range(0, answer.height(), 3)
    }
    assert {QColor("#00c000").rgb(), QColor(text).rgb()} <= colours


# Keyboard and screen reader


def test_tab_reaches_every_control_in_reading_order(open_window, mouse_on, seven, tmp_path, qtbot):
    window = open_window(tmp_path / "missing")
    qtbot.waitUntil(lambda: window.notice is not None and window.notice.isVisible())
    mouse_on(window.canvas).draw(seven)
    button(window, "Undo").click()  # enables all three buttons
    window.canvas.setFocus()
    reached = []
    while window.canvas not in reached:
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        reached.append(window.focusWidget())
    pen, eraser, width, *buttons, weights, text, more, cross, canvas = reached
    assert [pen, eraser] == [button(window, name) for name in ("Pen", "Eraser")]
    assert width.accessibleName() == "Pen width"
    assert buttons == [button(window, name) for name in ("Undo", "Redo", "Clear")]
    assert weights is window.foot.weights
    assert window.notice.isAncestorOf(text)
    assert more.accessibleName() == "More"
    assert cross.accessibleName() == "Close"
    assert canvas is window.canvas
    for widget in (window, window.answer, window.net_view, window.centralWidget(), *reached):
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface.text(QAccessible.Text.Name), widget


@pytest.fixture
def announced(monkeypatch):
    """The announcements to a screen reader."""
    announcements = []  # Qt cannot report them to Python otherwise

    def update(event):
        if event.type() == QAccessible.Event.Announcement:
            announcements.append(event.message())

    monkeypatch.setattr(QAccessible, "updateAccessibility", update)
    return announcements


def test_the_answer_is_announced_only_when_the_pen_is_lifted(window, mouse, announced, qtbot):
    with qtbot.waitSignal(window.answered):
        mouse.press(80, 60)
    for x in (120, 160, 200):
        with qtbot.waitSignal(window.answered):
            mouse.move(x, 60)
    assert announced == []
    with qtbot.waitSignal(window.answered):
        mouse.release(200, 60)
    assert announced == [window.answer.accessibleDescription()]
    assert window.answer.prediction
    with qtbot.waitSignal(window.answered):
        qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert announced[1:] == [window.answer.accessibleDescription()]


def test_about_describes_the_weights_in_use(window, weights):
    (help_action,) = (a for a in window.menuBar().actions() if a.text() == "&Help")
    (about,) = (a for a in help_action.menu().actions() if a.iconText() == "About digitpad")
    about.trigger()
    box = window.findChild(QMessageBox)
    assert box.isVisible()
    for fact in (str(weights), "other", "10.00 %"):
        assert fact in box.text()
    box.close()


def test_ctrl_q_closes_the_window(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_Q, CTRL)
    assert not window.isVisible()
