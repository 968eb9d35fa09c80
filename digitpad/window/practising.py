"""A practice on the sheet: asks for each digit, corrects it, and says what was learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from digitpad.hand.practice import Practice
from digitpad.window.hand.practice import PracticeRow

if TYPE_CHECKING:
    from digitpad.window.pad.answer import Answer
    from digitpad.window.sheet.canvas import Canvas


class Practising(QObject):
    """One practice. Every digit that is drawn is labelled on the sheet, which teaches it."""

    ended = Signal(object)
    """The practice is over. Carries the `Practised` digits."""

    def __init__(self, parent: QObject, canvas: Canvas, answer: Answer) -> None:
        super().__init__(parent)
        self._canvas, self._answer = canvas, answer
        self._practice = Practice()
        self.row = PracticeRow()
        self.row.next_requested.connect(self._take_drawing)
        self.row.skip_requested.connect(lambda: self._go_on(self._practice.skipped()))
        self.row.end_requested.connect(self._end)
        canvas.clear()
        self._ask()
        self.show()

    def show(self) -> None:
        """Note what is on the sheet."""
        self.row.set_drawn(is_drawn=self._is_drawn)

    @property
    def _is_drawn(self) -> bool:
        """Whether there is a drawing that is answered and has no label, as undo may bring back."""
        canvas = self._canvas
        is_drawing = not canvas.is_blank and canvas.picture is None
        has_label = canvas.label_of(canvas.drawing) != ""
        return is_drawing and not has_label and self._answer.reading is not None

    def _take_drawing(self) -> None:
        reading = self._answer.reading
        if reading is None or not self._is_drawn:
            return
        self._canvas.finish()
        drawing, label = self._canvas.drawing, str(self._practice.digit)
        self._canvas.set_label(label, drawing)
        answer = reading.single.answer if reading.single else None
        self._go_on(self._practice.drawn(drawing, answer))

    def _go_on(self, practice: Practice) -> None:
        self._practice = practice
        self._canvas.clear()
        self._canvas.setFocus()
        if practice.is_done:
            self._end()
        else:
            self._ask()

    def _ask(self) -> None:
        """Ask for the next digit, also on the sheet: the row may be out of view."""
        self.row.show_practice(self._practice)
        self._canvas.invite(f"{self.row.text},\nthen press Enter")

    def _end(self) -> None:
        self._canvas.invite()
        self.ended.emit(self._practice.practised)
