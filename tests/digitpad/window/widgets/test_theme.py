"""Every text of both themes can be read."""

import re

import pytest
from PySide6.QtGui import QColor, QPalette

from digitpad.window.widgets import theme
from digitpad.window.widgets.theme import contrast, mixed
from tests.conftest import REPOSITORY

THEMES = pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])


def test_contrast_is_that_of_wcag():
    white, black, red = (QColor(name) for name in ("white", "black", "red"))
    assert contrast(white, white) == 1
    assert contrast(white, black) == contrast(black, white) == pytest.approx(21)
    assert contrast(white, red) == pytest.approx(4.0, abs=0.005)


@THEMES
def test_text_has_a_contrast_of_level_aa(colours):
    for background in (colours.window, colours.card):
        for text in (colours.text, colours.secondary, colours.accent):
            assert contrast(text, background) >= 4.5
        assert contrast(colours.disabled, background) >= 3
    for badge in (colours.accent, colours.caution):
        assert contrast(colours.on_accent, badge) >= 4.5
    assert contrast(colours.text, mixed(colours.text, colours.card, 0.16)) >= 4.5  # pressed
    assert contrast(colours.accent, mixed(colours.accent, colours.card, 0.15)) >= 3  # an icon


@pytest.mark.usefixtures("qapp")
@THEMES
def test_a_palette_carries_its_theme(colours):
    assert theme.colours(theme.palette(colours)) == colours
    assert theme.palette(colours).color(QPalette.ColorRole.Highlight) == colours.accent


def test_no_other_module_names_a_colour():
    """A name such as "#2563eb", or one of Qt's colours that is not black, white or transparent."""
    window = REPOSITORY / "digitpad" / "window"
    named = re.compile(r"[\"']#[0-9a-fA-F]{3,8}[\"']|GlobalColor\.(?!black|white|transparent)\w+")
    found = {
        str(path.relative_to(window)): named.findall(path.read_text("utf-8"))
        for path in window.rglob("*.py")
        if path.name != "theme.py"
    }
    assert {path: names for path, names in found.items() if names} == {}
