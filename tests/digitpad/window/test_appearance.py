"""Light and dark: as the system says, or as the person chose."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu

from digitpad.window.widgets import theme
from digitpad.window.widgets.settings import settings


def choose(window, name):
    (menu,) = (m for m in window.menuBar().findChildren(QMenu) if m.title() == "&Appearance")
    (action,) = (a for a in menu.actions() if a.iconText() == name)
    action.trigger()
    return [a.iconText() for a in menu.actions() if a.isChecked()]


@pytest.fixture
def wait_for(qtbot):
    """Waits until a window has the colours: Qt tells windows of a new palette later."""
    return lambda window, colours: qtbot.waitUntil(
        lambda: theme.colours(window.palette()) == colours
    )


@pytest.fixture(autouse=True)
def _palette(qapp):
    before = qapp.palette()
    yield
    qapp.setPalette(before)


@pytest.fixture
def system(monkeypatch):
    """Sets what the system says."""

    def set_(scheme):
        hints = QApplication.styleHints()
        monkeypatch.setattr(type(hints), "colorScheme", lambda _: scheme)
        hints.colorSchemeChanged.emit(scheme)

    return set_


@pytest.mark.parametrize(("name", "colours"), [("Dark", theme.DARK), ("Light", theme.LIGHT)])
def test_the_choice_counts_and_is_remembered(open_window, weights, system, wait_for, name, colours):
    window = open_window(weights)
    assert choose(window, name) == [name]
    wait_for(window, colours)
    for scheme in (Qt.ColorScheme.Light, Qt.ColorScheme.Dark, Qt.ColorScheme.Unknown):
        system(scheme)
        assert theme.colours(QApplication.palette()) == colours
    window.close()
    again = open_window(weights)
    wait_for(again, colours)
    pixel = again.canvas.grab().toImage().pixelColor(40, 40)
    assert pixel == colours.card


def test_the_system_is_followed_and_is_light_where_it_says_nothing(
    open_window, weights, system, wait_for
):
    window = open_window(weights)
    assert choose(window, "System") == ["System"]
    for scheme, colours in (
        (Qt.ColorScheme.Dark, theme.DARK),
        (Qt.ColorScheme.Light, theme.LIGHT),
        (Qt.ColorScheme.Dark, theme.DARK),
        (Qt.ColorScheme.Unknown, theme.LIGHT),
    ):
        system(scheme)
        wait_for(window, colours)


@pytest.mark.parametrize("stored", ["", "Purple", b"\x00", 7])
def test_an_invalid_stored_choice_counts_as_system(open_window, weights, stored):
    settings().setValue("window/appearance", stored)
    window = open_window(weights)
    assert theme.colours(window.palette()) in (theme.LIGHT, theme.DARK)
    assert choose(window, "System") == ["System"]
