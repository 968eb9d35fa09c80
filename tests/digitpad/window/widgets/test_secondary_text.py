"""Secondary text stays readable."""

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from digitpad.window.widgets.colours import red_green_blue
from digitpad.window.widgets.secondary_text import SecondaryText

LIGHT, DARK = QPalette(QColor(239, 239, 239)), QPalette(QColor(45, 45, 45))


def luminance(colour):
    """Relative luminance from 0 to 1, as WCAG 2 defines it."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in red_green_blue(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palettes", [(LIGHT, DARK), (DARK, LIGHT)])
def test_secondary_text_is_paler_but_readable_in_any_theme(qtbot, palettes):
    window = QWidget()
    qtbot.addWidget(window)
    label = SecondaryText("secondary")
    label.setParent(window)
    for palette in palettes:  # the theme changes while the label exists
        window.setPalette(palette)
        background, text = (
            luminance(window.palette().color(role))
            for role in (QPalette.ColorRole.Window, QPalette.ColorRole.WindowText)
        )
        secondary = luminance(label.palette().color(label.foregroundRole()))
        assert min(background, text) < secondary < max(background, text)
        darker, lighter = sorted([background, secondary])
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5  # WCAG 2, level AA
