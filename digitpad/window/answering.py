"""Answers what is on the sheet, while it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from digitpad.ink import Drawing
    from digitpad.numbers import NumberReader, Reading
    from digitpad.picture import Picture
    from digitpad.recognizer import Recognizer
    from digitpad.window.pad.answer import Answer
    from digitpad.window.pad.columns import Columns
    from digitpad.window.pad.net_view import NetView
    from digitpad.window.sheet.canvas import Canvas

# NumPy takes as long to import as all that the first paint needs.
# ruff: noqa: PLC0415


class Shown(NamedTuple):
    """The widgets that show the answer."""

    answer: Answer
    columns: Columns
    net_view: NetView


class Answering(QObject):
    """Reads the sheet with the weights in use, and shows what was read.

    Of several digits, the columns and the Net's view show the one that is chosen in the answer.
    """

    answered = Signal()
    """The answer for the present drawing is shown."""

    image_changed = Signal()

    def __init__(self, parent: QObject, canvas: Canvas, shown: Shown) -> None:
        super().__init__(parent)
        self._canvas, self._shown = canvas, shown
        self._reader: NumberReader | None = None
        self._answered: tuple[Drawing | Picture | None, Reading | None] = None, None
        self.image: NDArray[np.uint8] | None = None
        """The ink image of the chosen digit, or of the drawing without weights."""
        shown.answer.choice_changed.connect(self._show_choice)

    def use(self, recognizer: Recognizer | None) -> None:
        """Answer with these weights from now on."""
        from digitpad.numbers import NumberReader

        self._reader = NumberReader(recognizer) if recognizer else None
        self._answered = None, None

    def answer(self, drawing: Drawing, *, as_one: bool) -> None:
        """Show the answer for the drawing on the sheet or its picture, perhaps as one digit."""
        from digitpad.numbers import SingleReader

        reading, picture = None, self._canvas.picture
        if self._reader and picture and not drawing:
            reading = self._reader.read_picture(picture)
        elif self._reader and (as_one or self._canvas.label_of(drawing)):  # as the person says
            reading = SingleReader(self._reader.recognizer).read(drawing)
        elif self._reader:
            reading = self._reader.read(drawing, is_moving=self._canvas.is_adding_ink)
        self._answered = picture if picture and not drawing else drawing, reading
        self._shown.answer.set_reading(reading)
        if reading:
            self._show_choice()
        else:
            self._show_without_answer(drawing)
        if not self._canvas.is_drawing:  # a screen reader could not keep up with every move
            self._shown.answer.announce()
        self.answered.emit()

    def read(self, shown: Drawing | Picture) -> Reading | None:
        """Read any drawing or picture; None without weights, or without ink.

        What is shown was read already, and the person may have said that it is one digit.
        """
        from digitpad.ink import Drawing
        from digitpad.numbers import NumberReader

        answered, reading = self._answered
        if shown is answered or (isinstance(shown, Drawing) and shown == answered):
            return reading
        if self._reader is None:
            return None
        reader = NumberReader(self._reader.recognizer)  # leaves what the other one remembers
        return reader.read(shown) if isinstance(shown, Drawing) else reader.read_picture(shown)

    def _show_choice(self) -> None:
        from digitpad.numbers import SingleReader

        answer = self._shown.answer
        digit = answer.digit
        if answer.is_whole and self._reader and answer.reading:
            reading = SingleReader(self._reader.recognizer).read(answer.reading.drawing)
            digit = reading.digits[0] if reading else digit
        if digit:
            self._show_image(digit.image)
            self._shown.columns.set_prediction(digit.prediction)
        self._canvas.tint(answer.pointed_at.strokes if answer.pointed_at else ())

    def _show_without_answer(self, drawing: Drawing) -> None:
        from digitpad.ink import ink_image

        picture = self._canvas.picture
        if drawing:
            self._show_image(ink_image(drawing))
        else:
            self._show_image(picture.digit if picture else None)
        self._shown.columns.set_prediction(None)
        self._canvas.tint(())

    def _show_image(self, image: NDArray[np.uint8] | None) -> None:
        self.image = image
        self._shown.net_view.set_image(image)
        self.image_changed.emit()
