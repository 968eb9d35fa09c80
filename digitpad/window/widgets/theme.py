"""The look of the window: its colours, its type scale and its metrics.

No other module names a colour. Widgets read the colours from their palette with `colours`, so that
they follow it when it changes.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtGui import QColor, QFont, QPalette

SPACE = 12
"""Between cards and controls, in pixels."""
MARGIN = 16
"""Around the content of the window and of a card, in pixels."""
CARD_RADIUS = 14.0
BUTTON_RADIUS = 10.0
CONTROL = 36
"""Height of a button, in pixels."""
TOUCH_CONTROL = 44
"""Height of a button for fingers, in pixels."""

SMALL, BODY, TITLE, LARGE = 12, 13, 16, 18
"""Sizes of type, in pixels."""
ANSWER = 132
"""Size of the answer in a window of the default size, in pixels."""

EASE_MS = 80
"""Duration of a transition, in milliseconds."""

SCROLL_BAR = """
QScrollBar:vertical { background: transparent; width: 12px; }
QScrollBar::handle:vertical {
    background: palette(placeholder-text); border-radius: 4px; margin: 2px; min-height: 32px;
}
QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical { height: 0; }
"""
"""Style sheet of a slim scroll bar."""


class Colours(NamedTuple):
    """The colours of a theme."""

    window: QColor
    card: QColor
    line: QColor
    """Of edges."""
    text: QColor
    secondary: QColor
    """Of secondary text: a contrast of at least 4.5:1 (WCAG 2, level AA)."""
    track: QColor
    """Of empty columns, and of a button under the pointer."""
    accent: QColor
    on_accent: QColor
    """Of text on the accent and on the caution colour."""
    caution: QColor
    disabled: QColor
    """Of disabled controls, which can still be read: a contrast of at least 3:1."""


LIGHT = Colours(
    window=QColor("#f4f5f7"),
    card=QColor("#ffffff"),
    line=QColor("#e1e4ea"),
    text=QColor("#15181e"),
    secondary=QColor("#5a6270"),
    track=QColor("#e9ecf1"),
    accent=QColor("#2563eb"),
    on_accent=QColor("#ffffff"),
    caution=QColor("#b45309"),
    disabled=QColor("#868d99"),
)
DARK = Colours(
    window=QColor("#16181c"),
    card=QColor("#1f2227"),
    line=QColor("#30343b"),
    text=QColor("#eceef2"),
    secondary=QColor("#a2a9b5"),
    track=QColor("#2c3037"),
    accent=QColor("#6ea2ff"),
    on_accent=QColor("#0d1524"),
    caution=QColor("#f5b041"),
    disabled=QColor("#7d8490"),
)

_Role = QPalette.ColorRole
# The first role of each colour is where a widget finds it; the others are for Qt's own widgets.
_ROLES: dict[str, tuple[QPalette.ColorRole, ...]] = {
    "window": (_Role.Window,),
    "card": (_Role.Base, _Role.Button, _Role.Light, _Role.ToolTipBase),
    "line": (_Role.Mid,),
    "text": (_Role.WindowText, _Role.Text, _Role.ButtonText, _Role.ToolTipText),
    "secondary": (_Role.PlaceholderText, _Role.Dark),
    "track": (_Role.AlternateBase, _Role.Midlight),
    "accent": (_Role.Accent, _Role.Highlight, _Role.Link, _Role.LinkVisited),
    "on_accent": (_Role.HighlightedText,),
    "caution": (_Role.BrightText,),
}
_TEXTS = _ROLES["text"][:3]


def palette(theme: Colours) -> QPalette:
    """The palette of a theme."""
    made = QPalette()
    for name, roles in _ROLES.items():
        for role in roles:
            made.setColor(role, getattr(theme, name))
    for role in _TEXTS:
        made.setColor(QPalette.ColorGroup.Disabled, role, theme.disabled)
    return made


def colours(of: QPalette) -> Colours:
    """The colours of a widget's palette."""
    disabled = of.color(QPalette.ColorGroup.Disabled, _Role.WindowText)
    active = {name: of.color(QPalette.ColorGroup.Active, r[0]) for name, r in _ROLES.items()}
    return Colours(**active, disabled=disabled)


def font(base: QFont, size: int, *, bold: bool = False) -> QFont:
    """The font at this size in pixels, with digits of equal width: numbers do not jitter."""
    made = QFont(base)
    made.setPixelSize(max(size, 1))
    made.setBold(bold)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made
