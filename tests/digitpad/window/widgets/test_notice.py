"""The notice, in the window that shows it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton

from digitpad.window.widgets.notice import Notice


def button(notice, text):
    (found,) = (b for b in notice.findChildren(QToolButton) if b.text() == text)
    return found


def notices(window):
    return window.findChildren(Notice)


def test_a_new_notice_takes_the_place_of_the_one_before(window, qtbot):
    for text in ("first", "second"):
        window._show_notice(text, about="weights")
    qtbot.waitUntil(lambda: [notice.text for notice in notices(window)] == ["second"])
    assert window.notice.isVisible()


def test_a_notice_is_closed_by_its_cross_or_the_keyboard(window, qtbot):
    for press in (
        lambda cross: qtbot.mouseClick(cross, Qt.MouseButton.LeftButton),
        lambda cross: qtbot.keyClick(cross, Qt.Key.Key_Space),
        lambda cross: qtbot.keyClick(cross, Qt.Key.Key_Escape),
    ):
        window._show_notice("some text", about="weights")
        qtbot.waitUntil(window.notice.isVisible)
        button(window.notice, "✕").setFocus()
        press(button(window.notice, "✕"))
        assert window.notice is None
        qtbot.waitUntil(lambda: notices(window) == [])


def test_an_action_of_a_notice_is_done_and_answers_it(window, qtbot):
    done = []

    def action(text):
        made = QAction(text)
        made.triggered.connect(lambda: done.append(text))
        return made

    actions = [action("Resume"), action("Discard")]
    window._show_notice("A training was interrupted.", actions, about="training")
    del actions  # the notice keeps them
    qtbot.waitUntil(window.notice.isVisible)
    qtbot.mouseClick(button(window.notice, "Discard"), Qt.MouseButton.LeftButton)
    assert done == ["Discard"]
    assert window.notice is None


def test_an_action_of_a_notice_can_show_the_next_one(window, qtbot):
    action = QAction("Try again")
    action.triggered.connect(lambda: window._show_notice("second", about="weights"))
    window._show_notice("first", [action], about="weights")
    qtbot.waitUntil(window.notice.isVisible)
    qtbot.mouseClick(button(window.notice, "Try again"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [notice.text for notice in notices(window)] == ["second"])
    assert window.notice.text == "second"


def test_escape_in_a_notice_leaves_the_drawing_alone(window, mouse, qtbot):
    mouse.stroke((100, 100), (150, 150))
    window._show_notice("some text", about="weights")
    qtbot.waitUntil(window.notice.isVisible)
    window.notice._text.setFocus()
    qtbot.keyClick(window.notice._text, Qt.Key.Key_Escape)
    assert window.notice is None
    assert not window.canvas.is_blank
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.canvas.is_blank


def test_a_notice_does_not_make_the_window_higher_than_it_needs(window, qtbot):
    window.resize(832, 560)
    window._show_notice("A line.", about="weights")
    qtbot.waitUntil(window.notice.isVisible)
    assert window.height() == 560


def test_a_long_name_does_not_make_the_window_wider(window, qtbot):
    before = window.minimumSizeHint().width()
    window._show_notice(f"/tmp/{'n' * 200}.safetensors: there is no such file", about="weights")
    qtbot.waitUntil(window.notice.isVisible)
    assert window.minimumSizeHint().width() == before
    assert "n" * 200 in window.notice.text
