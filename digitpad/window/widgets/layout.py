"""Arranges widgets: in rows and columns, and below headings that fold."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget


class Fold(QWidget):
    """A heading that shows and hides the content below it. The content starts hidden."""

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
        """Show the content."""
        self._set_open(is_open=True)

    def _toggle(self) -> None:
        self._set_open(is_open=self._content.isHidden())

    def _set_open(self, *, is_open: bool) -> None:
        self._content.setVisible(is_open)
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.heading.setArrowType(arrow)
        self.heading.setAccessibleDescription("Unfolded" if is_open else "Folded")


def row(*widgets: QWidget) -> QWidget:
    """A row of widgets."""
    return _filled(QHBoxLayout(), widgets)


def column(*widgets: QWidget, spacing: int = 4) -> QWidget:
    """A column of widgets, with `spacing` pixels between them."""
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
