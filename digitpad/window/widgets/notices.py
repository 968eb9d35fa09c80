"""Decides which notice is shown: the newest, and an offer when nothing more urgent is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEvent, QObject, QRect, Signal
from PySide6.QtWidgets import QWidget

from digitpad.window.widgets.theme import SPACE

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from digitpad.window.widgets.notice import Notice

Topic = Literal["weights", "pictures", "settings", "offer"]

_MIN_WIDTH, _MAX_WIDTH = 340, 560  # in pixels; where the area is narrower, the host's width counts


class Notices(QObject):
    """Shows one notice at a time. It floats at the foot of an area of a widget.

    A new notice replaces the one before. An offer that had to wait for another notice, or was
    replaced by one, is due again when that is closed.
    """

    offer_due = Signal()
    """The notice that an offer had to wait for is closed."""

    def __init__(self, host: QWidget, area: Callable[[], QRect]) -> None:
        """`area` is asked for its present place in `host`."""
        super().__init__(host)
        self._host, self._area = host, area
        self._topic: Topic | None = None
        self._owes_offer = False
        self.current: Notice | None = None
        """The notice that is shown."""

    def show(self, text: str, actions: Sequence[QAction] = (), *, topic: Topic) -> None:
        """Show a notice in place of the present one."""
        # The first paint does not need it.
        from digitpad.window.widgets.notice import Notice  # noqa: PLC0415

        before, self.current = self.current, None
        if before:
            self._owes_offer |= self._topic == "offer" != topic
            before.close()
        self._topic = topic
        self.current = notice = Notice(text, actions, self._host)
        notice.closed.connect(lambda: self._forget(notice))
        notice.installEventFilter(self)
        self.place()
        notice.show()

    def place(self) -> None:
        """Put the notice in its place, after the area or the notice has changed its size."""
        if self.current:
            area = self._area()
            if area.width() < _MIN_WIDTH:
                area.setLeft(self._host.rect().left())
                area.setRight(self._host.rect().right())
            area.adjust(SPACE, SPACE, -SPACE, -SPACE)
            width = min(area.width(), _MAX_WIDTH)
            place = QRect(0, 0, width, self.current.sizeHint().height())
            place.moveCenter(area.center())
            place.moveBottom(area.bottom())
            self.current.setGeometry(place)
            self.current.raise_()

    def eventFilter(self, notice: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and notice is self.current:
            self.place()
        return False

    def close_about(self, topic: Topic) -> None:
        """Close the notice about this topic, if it is shown, because it no longer applies."""
        if self.current and self._topic == topic:
            self.current.close()

    def may_offer(self) -> bool:
        """Whether an offer can be shown now. If not, `offer_due` follows when it can."""
        self._owes_offer = self.current is not None
        return not self._owes_offer

    def _forget(self, notice: Notice) -> None:
        if notice is not self.current:  # it was replaced
            return
        self.current = None
        if self._owes_offer:
            self._owes_offer = False
            self.offer_due.emit()
