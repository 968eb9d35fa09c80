"""Notices: which one is shown, and how it is closed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTextEdit, QToolButton, QVBoxLayout, QWidget

from digitpad.window.widgets.notice import Notice
from digitpad.window.widgets.notices import Notices


@pytest.fixture
def notices(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    notices = Notices(QVBoxLayout(widget))
    with qtbot.waitExposed(widget):
        widget.show()
    yield notices  # noqa: PT022 (a return would let go of the widget)


@pytest.fixture
def offers(notices):
    """Counts how often an offer that had to wait is due."""
    due = []
    notices.offer_due.connect(lambda: due.append(True))
    return due


def button(notice, text):
    (found,) = (b for b in notice.findChildren(QToolButton) if b.text() == text)
    return found


def texts(notices):
    """The texts of all notices that exist."""
    return [notice.text for notice in notices.parent().parentWidget().findChildren(Notice)]


def test_a_new_notice_replaces_the_one_before(notices, qtbot):
    for text in ("first", "second"):
        notices.show(text, topic="weights")
    qtbot.waitUntil(lambda: texts(notices) == ["second"])
    assert notices.current.isVisible()


@pytest.mark.parametrize("by", ["mouse", "space", "escape"])
def test_a_notice_is_closed_by_its_cross_or_the_keyboard(notices, qtbot, by):
    notices.show("some text", topic="weights")
    qtbot.waitUntil(notices.current.isVisible)
    cross = button(notices.current, "✕")
    cross.setFocus()
    if by == "mouse":
        qtbot.mouseClick(cross, Qt.MouseButton.LeftButton)
    else:
        qtbot.keyClick(cross, Qt.Key.Key_Space if by == "space" else Qt.Key.Key_Escape)
    assert notices.current is None
    qtbot.waitUntil(lambda: texts(notices) == [])


@pytest.mark.parametrize("following", [None, "second"])
def test_an_action_closes_its_notice_and_may_show_the_next(notices, qtbot, following):
    done = []

    def do():
        done.append(True)
        if following:
            notices.show(following, topic="offer")

    action = QAction("Resume")
    action.triggered.connect(do)
    notices.show("A training was interrupted.", [action], topic="offer")
    del action  # the notice keeps it
    qtbot.waitUntil(notices.current.isVisible)
    qtbot.mouseClick(button(notices.current, "Resume"), Qt.MouseButton.LeftButton)
    assert done == [True]
    assert (notices.current.text if notices.current else None) == following


def test_a_notice_is_closed_only_with_its_topic(notices):
    notices.show("some text", topic="weights")
    notices.close_about("pictures")
    assert notices.current.text == "some text"
    notices.close_about("weights")
    assert notices.current is None


def test_an_offer_waits_for_another_notice(notices, offers):
    notices.show("bad news", topic="weights")
    assert not notices.may_offer()
    notices.show("more bad news", topic="pictures")
    assert offers == []
    notices.current.close()
    assert offers == [True]
    assert notices.may_offer()


@pytest.mark.parametrize("topic", ["weights", "offer"])
def test_an_offer_is_due_again_if_another_topic_replaced_it(notices, offers, topic):
    notices.show("an offer", topic="offer")
    notices.show("something else", topic=topic)
    notices.current.close()
    assert offers == [True] * (topic != "offer")


def test_an_offer_that_was_closed_is_not_due_again(notices, offers):
    for topic in ("offer", "weights"):
        notices.show("some text", topic=topic)
        notices.current.close()
    assert offers == []


# In the window


def test_escape_in_a_notice_does_not_clear_the_drawing(window, mouse, qtbot):
    mouse.stroke((100, 100), (150, 150))
    window.weights_menu.failed.emit("some text")
    qtbot.waitUntil(window.notice.isVisible)
    text = window.notice.findChild(QTextEdit)
    text.setFocus()
    qtbot.keyClick(text, Qt.Key.Key_Escape)
    assert window.notice is None
    assert not window.canvas.is_blank
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.canvas.is_blank


def test_a_notice_does_not_enlarge_the_window(window, qtbot):
    window.resize(832, 560)
    narrowest = window.minimumSizeHint().width()
    window.weights_menu.failed.emit(f"/tmp/{'n' * 200}.safetensors: no such file")
    qtbot.waitUntil(window.notice.isVisible)
    assert window.height() == 560
    assert window.minimumSizeHint().width() == narrowest
    assert "n" * 200 in window.notice.findChild(QTextEdit).toPlainText()
