"""The dock beside the pad, and the room that it takes."""

from itertools import product

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QAbstractButton, QMenu

from digitpad.window.training.placement import place_for

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def open_dock(qtbot):
    """Opens the dock of a window 600 pixels wide, which makes that wider."""

    def open_(window):
        window.resize(600, 560)
        qtbot.keyClick(window, Qt.Key.Key_T, CTRL)
        assert window.width() > 600
        return window.training

    return open_


@pytest.mark.parametrize("state", ["beside", "floating", "maximized"])
def test_the_room_for_the_dock_is_not_remembered(open_window, weights, open_dock, qtbot, state):
    window = open_window(weights)
    dock = open_dock(window)
    if state == "floating":
        dock.setFloating(True)
    elif state == "maximized":
        window.showMaximized()
    assert window.close()
    again = open_window(weights)
    assert again.isMaximized() == (state == "maximized")
    again.showNormal()
    qtbot.waitUntil(lambda: again.width() == 600)


@pytest.mark.parametrize("reopens", [False, True])
def test_a_window_no_longer_maximized_fits_its_content(window, open_dock, qtbot, reopens):
    dock = open_dock(window)
    wide = window.width()
    window.showMaximized()
    dock.close()
    assert window.width() > 600
    if reopens:
        dock.open()
    window.showNormal()
    qtbot.waitUntil(lambda: not window.isMaximized() and window.height() == 560)
    qtbot.waitUntil(lambda: window.width() == (wide if reopens else 600))
    dock.close()
    assert window.width() == 600


def test_ctrl_t_moves_the_focus_to_the_dock_and_then_closes_it(window, open_dock, qtbot):
    dock = open_dock(window)
    assert dock.isAncestorOf(window.focusWidget())
    qtbot.mouseClick(window.answer, Qt.MouseButton.LeftButton)
    assert window.focusWidget() is window.canvas
    qtbot.keyClick(window, Qt.Key.Key_T, CTRL)
    assert dock.isVisible()
    assert dock.isAncestorOf(window.focusWidget())
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_T, CTRL)
    assert not dock.isVisible()
    assert window.focusWidget() is window.canvas
    assert window.width() == 600


def test_the_menu_opens_the_dock_and_never_closes_it(window, person):
    (menu,) = (m for m in window.menuBar().findChildren(QMenu) if m.title() == "&Training")
    train, past = menu.actions()
    for _ in range(2):
        train.trigger()
        assert window.training.isVisible()
    assert train.text().endswith("Ctrl+T")
    past.trigger()
    assert "will be listed here" in person.text(window.training)
    train.trigger()
    assert "Start Training" in person.buttons(window.training)


def test_escape_in_the_dock_leaves_the_drawing_alone(window, mouse, seven, open_dock, qtbot):
    mouse.draw(seven)
    dock = open_dock(window)
    for widget in (dock.panel, dock.form.epochs, dock.form.start_button):
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_Escape)
        assert not window.canvas.is_blank
    qtbot.mouseClick(window.answer, Qt.MouseButton.LeftButton)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.canvas.is_blank


def test_an_open_dock_without_a_run_says_nothing_in_the_foot(window, open_dock):
    open_dock(window)
    assert not window.foot.training.isVisible()


def global_rect(widget):
    return widget.rect().translated(widget.mapToGlobal(QPoint()))


def test_a_floating_dock_leaves_the_answer_free_and_gives_its_room_back(window, open_dock, qtbot):
    dock = open_dock(window)
    wide = window.width()
    dock.setFloating(True)
    qtbot.waitUntil(lambda: window.width() == 600)
    assert not dock.frameGeometry().intersects(global_rect(window.answer))
    dock.setFloating(False)
    qtbot.waitUntil(lambda: window.width() == wide)


PANEL, SCREEN = QSize(420, 600), QRect(0, 0, 1920, 1080)


@pytest.mark.parametrize(
    ("window", "answer", "place"),
    [
        (QRect(100, 50, 900, 640), QRect(600, 80, 380, 200), QRect(1000, 50, 420, 600)),
        (QRect(1000, 50, 900, 640), QRect(1500, 80, 380, 200), QRect(580, 50, 420, 600)),
        (QRect(1000, 900, 900, 160), QRect(1500, 920, 380, 100), QRect(580, 480, 420, 600)),
        (SCREEN, QRect(1500, 80, 400, 300), QRect(1500, 380, 420, 600)),  # maximized: below
        (SCREEN, QRect(1500, 80, 400, 800), QRect(0, 0, 420, 600)),
        (SCREEN, QRect(20, 80, 400, 800), QRect(1500, 0, 420, 600)),
    ],
    ids=["right", "left", "low", "below", "far left", "far right"],
)
def test_places_for_a_floating_panel(window, answer, place):
    assert place_for(PANEL, window, answer, SCREEN) == place
    assert not place.intersects(answer)


@pytest.mark.parametrize(("background", "text"), [("white", "black"), ("black", "white")])
def test_title_bar_buttons_have_the_colour_of_the_text(window, open_dock, background, text):
    dock = open_dock(window)
    for is_floating in (True, False):
        dock.setFloating(is_floating)
        dock.setPalette(QPalette(QColor(background), QColor(background)))
        buttons = dock.findChildren(
            QAbstractButton, options=Qt.FindChildOption.FindDirectChildrenOnly
        )
        assert len(buttons) == 2
        for button in buttons:
            icon = button.icon().pixmap(button.iconSize()).toImage()
            pixels = product(range(icon.width()), range(icon.height()))
            strongest = max((icon.pixelColor(*pixel) for pixel in pixels), key=QColor.alpha)
            assert strongest.alpha() > 128
            assert strongest.name() == QColor(text).name()
