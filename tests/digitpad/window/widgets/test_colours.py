"""Colours that can be read."""

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from digitpad.window.widgets.colours import red_green_blue
from digitpad.window.widgets.secondary_text import explanation

LIGHT, DARK = QPalette(QColor(239, 239, 239)), QPalette(QColor(45, 45, 45))


def luminance(colour):
    """From 0 to 1, as WCAG 2 defines it."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in red_green_blue(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palettes", [(LIGHT, DARK), (DARK, LIGHT)])
def test_an_explanation_is_faint_but_can_be_read_whatever_the_theme(qtbot, palettes):
    window = QWidget()
    qtbot.addWidget(window)
    label = explanation("beside the point")
    label.setParent(window)
    for palette in palettes:  # the theme changes while it is shown
        window.setPalette(palette)
        ground, text = (
            luminance(window.palette().color(role))
            for role in (QPalette.ColorRole.Window, QPalette.ColorRole.WindowText)
        )
        its = luminance(label.palette().color(label.foregroundRole()))
        assert min(ground, text) < its < max(ground, text)
        darker, lighter = sorted([ground, its])
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5  # WCAG 2, level AA
