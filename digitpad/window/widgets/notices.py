"""Decides which notice is shown: the newest, and an offer when nothing more urgent is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QBoxLayout

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from digitpad.window.widgets.notice import Notice

Topic = Literal["weights", "pictures", "offer"]


class Notices(QObject):
    """Shows one notice at a time, at the top of a layout.

    A new notice replaces the one before. An offer that had to wait for another notice, or was
    replaced by one, is due again when that is closed.
    """

    offer_due = Signal()
    """The notice that an offer had to wait for is closed."""

    def __init__(self, layout: QBoxLayout) -> None:
        super().__init__(layout)
        self._layout = layout
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
        self.current = notice = Notice(text, actions)
        notice.closed.connect(lambda: self._forget(notice))
        self._layout.insertWidget(0, notice)

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
