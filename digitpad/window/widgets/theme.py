"""The look of the window: its colours, its type scale and its metrics.

No other module names a colour. Widgets read the colours from their palette with `colours`, so that
they follow it when it changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFont, QPainter, QPalette

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon

SPACE = 12
"""Between cards and controls, in pixels."""
MARGIN = 16
"""Around the content of the window and of a card, in pixels."""
CARD_RADIUS = 14.0
BUTTON_RADIUS = 10.0
CONTROL = 36
"""Height of a button, in pixels."""

SMALL, BODY, TITLE, LARGE = 12, 13, 16, 18
"""Sizes of type, in pixels."""

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


def faded(colour: QColor, opacity: float) -> QColor:
    """The colour with this opacity, from 0 to 1."""
    made = QColor(colour)
    made.setAlphaF(opacity)
    return made


def mixed(colour: QColor, background: QColor, opacity: float) -> QColor:
    """The opaque colour that `faded(colour, opacity)` looks like on the background."""
    parts = zip(_red_green_blue(colour), _red_green_blue(background), strict=True)
    return QColor.fromRgbF(*(opacity * above + (1 - opacity) * below for above, below in parts))


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of two opaque colours, from 1 to 21 (WCAG 2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def tinted(icon: QIcon, colour: QColor, size: QSize) -> QIcon:
    """The shape of the icon in an opaque colour."""
    from PySide6.QtGui import QIcon  # noqa: PLC0415  # the first paint does not need it

    pixmap = icon.pixmap(size)
    painter = QPainter(pixmap)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(pixmap.rect(), QColor(colour.rgb()))
    painter.end()
    return QIcon(pixmap)


def _luminance(colour: QColor) -> float:
    """The relative luminance, from 0 to 1 (WCAG 2)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _red_green_blue(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _red_green_blue(colour: QColor) -> tuple[float, float, float]:
    return colour.redF(), colour.greenF(), colour.blueF()
