"""What a person sees of a practice: the row that asks for digits, and what was learned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QMessageBox, QWidget

from digitpad.hand.practice import Practice, Practised, summary
from digitpad.window.widgets.action import action
from digitpad.window.widgets.controls import button
from digitpad.window.widgets.label import SecondaryText, bold, label, message_box

if TYPE_CHECKING:
    from digitpad.hand.memory import Scored


class PracticeRow(QWidget):
    """Asks for a digit, and says how many are left."""

    next_requested = Signal()
    """The digit is drawn."""
    skip_requested = Signal()
    end_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Practice")
        self._wanted = bold(label())
        self._progress = SecondaryText()
        self._next = button("Ne&xt", self.next_requested, kind="primary")
        self._next.setToolTip("The digit is drawn (Enter)")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._wanted, 0, 0, 1, 2)
        layout.addWidget(self._progress, 0, 2, Qt.AlignmentFlag.AlignRight)
        layout.addWidget(self._next, 1, 0)
        layout.addWidget(button("S&kip", self.skip_requested), 1, 1)
        layout.addWidget(button("E&nd Practice", self.end_requested), 1, 2)
        self.next_action = action(self, "Next", self.next_requested.emit, "Return", "Enter")
        """The key Enter. It counts only while the focus is on the pad."""
        self.next_action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    @property
    def text(self) -> str:
        """What the row asks for."""
        return self._wanted.text()

    def show_practice(self, practice: Practice) -> None:
        """Ask for the next digit."""
        article = "an" if practice.digit == 8 else "a"
        self._wanted.setText(f"Draw {article} {practice.digit}")
        self._progress.setText(f"{practice.step + 1} of {practice.steps}")

    def set_drawn(self, *, is_drawn: bool) -> None:
        """Note whether there is a drawing that may be the digit."""
        self._next.setEnabled(is_drawn)
        self.next_action.setEnabled(is_drawn)


def show_summary(
    practised: Sequence[Practised],
    scored: Sequence[Scored],
    show_scorecard: Callable[[], None],
    window: QWidget,
) -> None:
    """Say what a practice has taught. `scored` are all corrections."""
    drawings = [each.drawing for each in practised]
    own = [each for each in scored if each.correction.drawing in drawings]
    title = f"{len(practised)} {'digit' if len(practised) == 1 else 'digits'} practised"
    box = message_box(window, "Practice", title, summary(practised, own))
    scorecard = box.addButton("&Scorecard…", QMessageBox.ButtonRole.ActionRole)
    scorecard.clicked.connect(show_scorecard)
    box.addButton(QMessageBox.StandardButton.Close)
    box.open()
