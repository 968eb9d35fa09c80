"""The notice, in the window that shows it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton

from digitpad.window.notice import Notice


def button(notice, text):
    (found,) = (b for b in notice.findChildren(QToolButton) if b.text() == text)
    return found


def notices(window):
    return window.findChildren(Notice)


def test_a_new_notice_takes_the_place_of_the_one_before(window, qtbot):
    for text in ("first", "second"):
        window._show_notice(text)
    qtbot.waitUntil(lambda: [notice.text for notice in notices(window)] == ["second"])
    assert window.notice.isVisible()


def test_a_notice_is_closed_by_its_cross_or_the_keyboard(window, qtbot):
    for press in (
        lambda cross: qtbot.mouseClick(cross, Qt.MouseButton.LeftButton),
        lambda cross: qtbot.keyClick(cross, Qt.Key.Key_Space),
    ):
        window._show_notice("some text")
        qtbot.waitUntil(window.notice.isVisible)
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
    window._show_notice("A training was interrupted.", actions)
    del actions  # the notice keeps them
    qtbot.waitUntil(window.notice.isVisible)
    qtbot.mouseClick(button(window.notice, "Discard"), Qt.MouseButton.LeftButton)
    assert done == ["Discard"]
    assert window.notice is None


def test_an_action_of_a_notice_can_show_the_next_one(window, qtbot):
    action = QAction("Try again")
    action.triggered.connect(lambda: window._show_notice("second"))
    window._show_notice("first", [action])
    qtbot.waitUntil(window.notice.isVisible)
    qtbot.mouseClick(button(window.notice, "Try again"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [notice.text for notice in notices(window)] == ["second"])
    assert window.notice.text == "second"
