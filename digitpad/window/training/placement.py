"""Where a floating panel goes."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize


def place_for(panel: QSize, window: QRect, answer: QRect, screen: QRect) -> QRect:
    """Where a floating panel does not cover the answer: beside the window, or else below it.

    All rectangles are in the coordinates of the screen. If there is no such place, the panel goes
    to the edge of the screen that is farthest from the answer.
    """
    height = min(panel.height(), screen.height())
    top = max(screen.top(), min(window.top(), screen.bottom() + 1 - height))
    for left in (window.right() + 1, window.left() - panel.width()):
        place = QRect(left, top, panel.width(), height)
        if screen.contains(place):
            return place
    below = screen.bottom() - answer.bottom()
    left = max(screen.left(), min(answer.left(), screen.right() + 1 - panel.width()))
    if below >= panel.height() // 2:
        return QRect(left, answer.bottom() + 1, panel.width(), min(panel.height(), below))
    is_right = answer.center().x() > screen.center().x()
    left = screen.left() if is_right else screen.right() + 1 - panel.width()
    return QRect(left, top, panel.width(), height)
