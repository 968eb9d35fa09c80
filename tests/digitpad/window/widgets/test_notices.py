"""Notices: which one is shown, and how it is closed."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMessageBox, QPushButton, QTextEdit, QWidget

from digitpad.window.widgets.notice import Notice
from digitpad.window.widgets.notices import Notices


@pytest.fixture
def notices(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(400, 400)
    notices = Notices(widget, widget.rect)
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
    (found,) = (b for b in notice.findChildren(QPushButton) if b.text() == text)
    return found


def texts(notices):
    """The texts of all notices that exist."""
    return [notice.text for notice in notices.parent().findChildren(Notice)]


def test_a_new_notice_replaces_the_one_before(notices, qtbot):
    for text in ("first", "second"):
        notices.show(text, topic="weights")
    qtbot.waitUntil(lambda: texts(notices) == ["second"])
    assert notices.current.isVisible()


@pytest.mark.parametrize("by", ["mouse", "space", "escape"])
def test_a_notice_is_closed_by_its_cross_or_the_keyboard(notices, qtbot, by):
    notices.show("some text", topic="weights")
    qtbot.waitUntil(notices.current.isVisible)
    cross = button(notices.current, "Close")
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


@pytest.mark.parametrize("size", [(400, 560), (832, 560), (1920, 1000)])
@pytest.mark.parametrize("length", [10, 2000])
def test_a_notice_floats_over_the_foot_of_the_sheet(window, qtbot, size, length):
    window.resize(*size)
    before = window.canvas.geometry()
    window.weights_menu.failed.emit(f"/tmp/{'n' * length}.safetensors: no such file")
    notice = window.notice
    qtbot.waitUntil(notice.isVisible)
    assert (window.width(), window.height()) == size
    assert window.canvas.geometry() == before
    assert window.centralWidget().rect().contains(notice.geometry())
    sheet = window.canvas.rect().translated(window.canvas.mapTo(notice.parentWidget(), QPoint()))
    assert 0 < sheet.bottom() - notice.geometry().bottom() < 20
    text = notice.findChild(QTextEdit)
    assert text.height() <= 3.5 * text.fontMetrics().lineSpacing()
    assert button(notice, "&More").isVisible() == (length > 10)


def test_more_shows_the_whole_text_as_plain_text(window, qtbot):
    text = "<b>" + 300 * "word " + "</b>"
    window.weights_menu.failed.emit(text)
    qtbot.waitUntil(window.notice.isVisible)
    qtbot.mouseClick(button(window.notice, "&More"), Qt.MouseButton.LeftButton)
    box = window.findChild(QMessageBox)
    assert box.isVisible()
    assert (box.text(), box.textFormat()) == (text, Qt.TextFormat.PlainText)
    box.close()
    assert window.notice.text == text
