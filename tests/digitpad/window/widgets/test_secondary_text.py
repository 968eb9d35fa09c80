"""Secondary text stays readable."""

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from digitpad.window.widgets.colours import contrast
from digitpad.window.widgets.secondary_text import SecondaryText

LIGHT, DARK = QPalette(QColor(239, 239, 239)), QPalette(QColor(45, 45, 45))


def test_contrast_is_that_of_wcag():
    white, black, red = (QColor(name) for name in ("white", "black", "red"))
    assert contrast(white, white) == 1
    assert contrast(white, black) == contrast(black, white) == pytest.approx(21)
    assert contrast(white, red) == pytest.approx(4.0, abs=0.005)


@pytest.mark.parametrize("palettes", [(LIGHT, DARK), (DARK, LIGHT)])
def test_secondary_text_is_paler_but_readable_in_any_theme(qtbot, palettes):
    window = QWidget()
    qtbot.addWidget(window)
    label = SecondaryText("secondary")
    label.setParent(window)
    for palette in palettes:  # the theme changes while the label exists
        window.setPalette(palette)
        background, text = palette.window().color(), palette.windowText().color()
        secondary = label.palette().color(label.foregroundRole())
        assert 4.5 <= contrast(secondary, background) < contrast(text, background)  # level AA
