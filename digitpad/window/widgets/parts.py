"""Small parts that several widgets are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from math import ceil

from PySide6.QtCore import QDateTime, QEvent, QLocale, QObject, Qt, SignalInstance
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)


class Fold(QWidget):
    """A heading that shows and hides what is below it; at first that is hidden."""

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.heading = QToolButton()
        self.heading.setText(title)
        self.heading.setAutoRaise(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.heading.clicked.connect(self._toggle)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.heading)
        layout.addWidget(content)
        self._set_open(is_open=False)

    def unfold(self) -> None:
        """Show what is below the heading."""
        self._set_open(is_open=True)

    def _toggle(self) -> None:
        self._set_open(is_open=self._content.isHidden())

    def _set_open(self, *, is_open: bool) -> None:
        self._content.setVisible(is_open)
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.heading.setArrowType(arrow)
        self.heading.setAccessibleDescription("Unfolded" if is_open else "Folded")


class Sentence(QTextEdit):
    """Plain text to read and to copy. Unlike a QLabel it also breaks long paths and commands."""

    def __init__(self, accessible_name: str) -> None:
        super().__init__(readOnly=True)
        self.setAccessibleName(accessible_name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        # Until the text is laid out: a window that was made higher for it would stay so.
        self.setFixedHeight(self.fontMetrics().height())
        self.document().documentLayout().documentSizeChanged.connect(
            lambda size: self.setFixedHeight(ceil(size.height()))
        )


class _WheelFilter(QObject):
    """Leaves the wheel to what scrolls, unless the field that it is over has the focus."""

    def eventFilter(self, field: QObject, event: QEvent) -> bool:
        is_passing = (
            event.type() == QEvent.Type.Wheel
            and isinstance(field, QWidget)
            and not field.hasFocus()
        )
        if is_passing:
            event.ignore()
        return is_passing


def choice(items: Iterable[tuple[str, str]] = ()) -> QComboBox:
    """A list to choose from; each item has a text and data."""
    made = QComboBox()
    made.setMinimumContentsLength(8)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for text, data in items:
        made.addItem(text, data)
    _leave_wheel(made)
    return made


def number(low: int, high: int) -> QSpinBox:
    """A field for a whole number."""
    made = QSpinBox()
    made.setRange(low, high)
    _leave_wheel(made)
    return made


def _leave_wheel(field: QWidget) -> None:
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # by default the wheel itself gives it
    field.installEventFilter(_WheelFilter(field))


def button(text: str, do: Callable[[], object] | SignalInstance) -> QPushButton:
    """A button whose `text` may hold a mnemonic."""
    made = QPushButton(text)
    made.setAccessibleName(text.replace("&", ""))
    made.clicked.connect(do)
    return made


def row(*widgets: QWidget) -> QWidget:
    """The widgets beside each other."""
    return _filled(QHBoxLayout(), widgets)


def column(*widgets: QWidget, spacing: int = 4) -> QWidget:
    """The widgets below each other."""
    layout = QVBoxLayout()
    layout.setSpacing(spacing)
    return _filled(layout, widgets)


def _filled(layout: QBoxLayout, widgets: Iterable[QWidget]) -> QWidget:
    holder = QWidget()
    holder.setLayout(layout)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    return holder


def bold(label: QLabel) -> QLabel:
    """The label, in bold plain text."""
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def breakable(text: str) -> str:
    """The text, so that a label can wrap within the names of files, which else would be as wide."""
    return re.sub(r"(_|[^\s_-]{12})(?=\S)", "\\1\N{ZERO WIDTH SPACE}", text)


def date_and_time(when: datetime) -> str:
    """In local time. In English, as the rest of the window."""
    local = QDateTime.fromSecsSinceEpoch(int(when.timestamp()))
    return QLocale.c().toString(local, "d MMM yyyy, HH:mm")


def percent(accuracy: float) -> str:
    """An accuracy from 0 to 1 in words."""
    return f"{accuracy:.2%}".replace("%", "\N{NO-BREAK SPACE}%")
