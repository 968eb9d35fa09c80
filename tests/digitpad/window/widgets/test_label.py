"""Secondary text follows the theme."""

import pytest
from PySide6.QtWidgets import QWidget

from digitpad.window.widgets import theme
from digitpad.window.widgets.label import SecondaryText


@pytest.mark.parametrize("themes", [(theme.LIGHT, theme.DARK), (theme.DARK, theme.LIGHT)])
def test_secondary_text_follows_the_theme(qtbot, themes):
    window = QWidget()
    qtbot.addWidget(window)
    label = SecondaryText("secondary")
    label.setParent(window)
    for colours in themes:  # the theme changes while the label exists
        window.setPalette(theme.palette(colours))
        assert label.palette().color(label.foregroundRole()) == colours.secondary
