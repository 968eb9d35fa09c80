"""Arranges the pad: the sheet on the left; the answer, the Net's view and the buttons beside it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from digitpad.window.pad.net_view import CAPTION, EXPLANATION
from digitpad.window.widgets.secondary_text import SecondaryText


class Pad(QWidget):
    """Shows the sheet, at most as wide as high, and what belongs to its drawing."""

    def __init__(
        self,
        sheet: QWidget,
        answers: Iterable[QWidget],
        net_view: QWidget,
        actions: Iterable[QAction],
    ) -> None:
        super().__init__()
        self._sheet = sheet
        caption = QVBoxLayout()
        for label in (QLabel(CAPTION, wordWrap=True), SecondaryText(EXPLANATION)):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            caption.addWidget(label)
        caption.addStretch()
        net = QHBoxLayout()
        net.setSpacing(12)
        net.addWidget(net_view)
        net.addLayout(caption, 1)

        buttons = QHBoxLayout()
        for action in actions:
            buttons.addWidget(_button(action))

        side = QVBoxLayout()
        side.setSpacing(16)
        beside = QHBoxLayout()
        beside.setSpacing(16)
        for answer in answers:
            beside.addWidget(answer)
        side.addLayout(beside, 1)
        side.addLayout(net)
        side.addLayout(buttons)

        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(20)
        row.addWidget(sheet, 2)
        row.addLayout(side, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._sheet.setMaximumWidth(self.height())


def _button(action: QAction) -> QPushButton:
    """A button that triggers the action."""
    button = QPushButton(action.text())
    shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    button.setToolTip(f"{action.iconText()} ({shortcut})")
    button.setAccessibleName(action.iconText())
    button.setEnabled(action.isEnabled())
    button.clicked.connect(action.trigger)
    action.enabledChanged.connect(button.setEnabled)
    return button
