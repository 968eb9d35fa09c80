"""Text to read: widgets that show it, and functions that format it."""

from __future__ import annotations

import re
from datetime import datetime
from math import ceil

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QTextOption
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit


class Sentence(QTextEdit):
    """Plain text to read and to copy. Unlike QLabel, it breaks long paths and commands."""

    cut_changed = Signal()
    """`is_cut` may have changed."""

    def __init__(self, accessible_name: str, max_lines: int | None = None) -> None:
        super().__init__(readOnly=True)
        self._max_lines = max_lines
        self.is_cut = False
        """Whether the text has more than `max_lines` lines, and only the first ones are shown."""
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
        # Until the text is laid out: a window that grows for a taller widget does not shrink again.
        self.setFixedHeight(self.fontMetrics().height())
        self.document().documentLayout().documentSizeChanged.connect(
            lambda size: self._fit(ceil(size.height()))
        )

    def _fit(self, height: int) -> None:
        most = height
        if self._max_lines:
            most = self._max_lines * ceil(QFontMetricsF(self.font()).lineSpacing())
        self.is_cut = height > most
        self.setFixedHeight(min(height, most))
        self.cut_changed.emit()


def breakable(text: str) -> str:
    """The text with break opportunities, so that a label can wrap long file names."""
    return re.sub(r"([_/\\]|[^\s_/\\-]{16})(?=\S)", "\\1\N{ZERO WIDTH SPACE}", text)


def date_and_time(when: datetime) -> str:
    """Date and time in the local time zone, in English like the rest of the window."""
    local = QDateTime.fromSecsSinceEpoch(int(when.timestamp()))
    return QLocale.c().toString(local, "d MMM yyyy, HH:mm")


def percent(accuracy: float) -> str:
    """An accuracy from 0 to 1 as a percentage."""
    return f"{accuracy:.2%}".replace("%", "\N{NO-BREAK SPACE}%")
