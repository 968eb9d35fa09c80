"""The answer: a large digit or number, the verdict as a badge, and how likely it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from digitpad.window.pad.glyphs import place
from digitpad.window.pad.words import (
    BADGES,
    NUMBER_BADGES,
    in_words,
    likelihood_lines,
    number_lines,
    ordinal,
    reading_in_words,
)
from digitpad.window.widgets import theme
from digitpad.window.widgets.button import is_focused_by_keyboard, paint_focus_ring
from digitpad.window.widgets.card import Card

if TYPE_CHECKING:
    from digitpad.numbers import Digit, Reading
    from digitpad.recognizer import Prediction

_HINT = "The answer appears here\nwhile you draw."
_CHOOSING = (
    "Click a digit to look at it or to correct it; "
    "click next to them to treat the whole as one digit"
)
_MEANINGS = {
    "sure": "Very likely: of such answers, the bundled weights get about 2 in 1,000 wrong",
    "unsure": "It looks like a digit, but more than one is likely",
    "not a digit": "It looks like no digit that the weights have learned",
}

_PADDING = 20  # between the edge of the card and its content, in pixels
_BADGE_PADDING, _BADGE_HEIGHT, _LINE = 13, 30, 26


class Answer(Card):
    """Shows a Reading as a digit or a number, a badge and a line of text.

    One digit of a number is chosen: the one under the pointer, or else the one that was clicked, or
    else the one that was drawn last. A click beside them chooses the whole, as one digit. With the
    focus, the arrow keys choose.
    """

    choice_changed = Signal()
    """Another digit is chosen, by the person."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading: Reading | None = None
        self._hovered: int | None = None
        self._clicked: int | None = None
        self._is_whole = False
        self._hint = _HINT
        self.setAccessibleName("Answer")
        self.setMouseTracking(True)
        self._describe()

    @property
    def reading(self) -> Reading | None:
        """What is shown."""
        return self._reading

    @property
    def prediction(self) -> Prediction | None:
        """The Prediction for the chosen digit."""
        return self.digit.prediction if self.digit else None

    @property
    def digit(self) -> Digit | None:
        """The chosen digit."""
        if self._reading is None:
            return None
        return self.pointed_at or max(self._reading.digits, key=_last_stroke)

    @property
    def pointed_at(self) -> Digit | None:
        """The chosen digit, if it was the person who chose it among several."""
        index = self._clicked if self._hovered is None else self._hovered
        if self._reading is None or self._reading.single or index is None:
            return None
        return self._reading.digits[index]

    @property
    def is_whole(self) -> bool:
        """Whether the person has chosen the whole number, as one digit."""
        return self._is_whole and self._hovered is None

    @property
    def what_is_chosen(self) -> str:
        """What is chosen of several digits, such as "The 2nd digit"; empty if there is only one."""
        if self._reading is None or self._reading.single or self.digit is None:
            return ""
        if self.is_whole:
            return "The whole"
        return f"The {ordinal(1 + self._reading.digits.index(self.digit))} digit"

    def set_reading(self, reading: Reading | None) -> None:
        """Show a Reading; None shows the hint."""
        before, self._reading = self._reading, reading
        self._hovered = _same_digit(before, self._hovered, reading)
        self._clicked = _same_digit(before, self._clicked, reading)
        is_same = before is not None and reading is not None and before.drawing == reading.drawing
        self._is_whole &= is_same
        tip = _MEANINGS[reading.verdict] if reading else ""
        self.setToolTip(f"{tip}.\n{_CHOOSING}" if reading and not reading.single else tip)
        can_choose = reading is not None and reading.single is None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if can_choose else Qt.FocusPolicy.NoFocus)
        self._describe()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or self._reading is None or self._reading.single or self.digit is None:
            super().keyPressEvent(event)
            return
        digits = self._reading.digits
        present = len(digits) if self.is_whole else digits.index(self.digit)
        chosen = min(max(present + step, 0), len(digits))  # the whole comes after the last digit
        is_whole = chosen == len(digits)
        self._choose(None, None if is_whole else chosen, is_whole=is_whole)
        symbol = "" if is_whole else f", {digits[chosen].prediction.symbol}"
        self._say(f"{self.what_is_chosen}{symbol}")

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._choose(None, self._clicked, is_whole=self._is_whole)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._choose(self._digit_at(event.position()), self._clicked, is_whole=self._is_whole)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            digit = self._digit_at(event.position())
            self._choose(digit, digit, is_whole=digit is None)

    def _digit_at(self, position: QPointF) -> int | None:
        if self._reading is None or self._reading.single:
            return None
        _, glyphs = place(self._reading, self._number_area(), self.font())
        return next((each.digit for each in glyphs if each.area.contains(position)), None)

    def _choose(self, hovered: int | None, clicked: int | None, *, is_whole: bool) -> None:
        if (hovered, clicked, is_whole) != (self._hovered, self._clicked, self._is_whole):
            self._hovered, self._clicked, self._is_whole = hovered, clicked, is_whole
            self.choice_changed.emit()
            self.update()

    def set_hint(self, hint: str = _HINT) -> None:
        """Set the text to show while there is no Prediction."""
        self._hint = hint
        self._describe()

    def announce(self) -> None:
        """Have a screen reader say the answer, once it has finished its present sentence."""
        self._say(self.accessibleDescription())

    def _say(self, text: str) -> None:
        # Slow to import, and the first paint does not need it.
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent  # noqa: PLC0415

        event = QAccessibleAnnouncementEvent(self, text)
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)

    def _describe(self) -> None:
        shown = ", ".join(reading_in_words(self._reading)) if self._reading else self._hint
        self.setAccessibleDescription(shown.replace("\n", " "))
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 88)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._reading and self._reading.single:
                self._paint_answer(painter, self._reading.single)
            elif self._reading:
                self._paint_number(painter, self._reading)
            else:
                painter.setFont(theme.font(self.font(), theme.TITLE))
                painter.setPen(theme.colours(self.palette()).secondary)
                centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                inside = self.rect().adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING)
                painter.drawText(inside, centred, self._hint)
            if is_focused_by_keyboard(self):
                edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
                accent = theme.colours(self.palette()).accent
                paint_focus_ring(painter, edge, theme.CARD_RADIUS, accent)

    def _paint_answer(self, painter: QPainter, prediction: Prediction) -> None:
        ink = theme.colours(self.palette())
        area = QRectF(self.rect()).adjusted(_PADDING, 0, -_PADDING, 0)
        # As the cards grow with the window, so does the digit.
        digit = theme.font(self.font(), round(min(area.height() * 0.72, area.width() * 0.42)))
        painter.setFont(digit)
        is_sure = prediction.verdict == "sure"
        painter.setPen(ink.accent if is_sure else ink.text)
        if prediction.verdict == "not a digit":
            painter.setPen(ink.secondary)
        metrics = QFontMetrics(digit)
        painter.drawText(area, _LEFT, prediction.symbol)
        # The words stay in place whatever the digit.
        words = area.adjusted(metrics.horizontalAdvance("0") * 1.35, 0, 0, 0)
        lines = likelihood_lines(prediction)
        height = _BADGE_HEIGHT + _LINE * len(lines)
        words.setTop(area.center().y() - height / 2)
        colour = ink.accent if is_sure else ink.caution
        self._paint_badge(painter, words, BADGES[prediction.verdict], colour)
        painter.setFont(theme.font(self.font(), theme.TITLE))
        painter.setPen(ink.text)
        for number, line in enumerate(lines):
            top = words.top() + _BADGE_HEIGHT + number * _LINE
            painter.drawText(QRectF(words.left(), top, words.width(), _LINE), _LEFT_BOTTOM, line)

    def _number_area(self) -> QRectF:
        """Where a number of several digits is."""
        area = QRectF(self.rect()).adjusted(_PADDING, 8, -_PADDING, -8)
        area.setBottom(area.bottom() - _BADGE_HEIGHT - 4)
        return area

    def _paint_number(self, painter: QPainter, reading: Reading) -> None:
        ink, area = theme.colours(self.palette()), self._number_area()
        font, glyphs = place(reading, area, self.font())
        painter.setFont(font)
        for glyph in glyphs:
            verdict = reading.verdict
            digit = None
            if glyph.digit is not None:
                digit = reading.digits[glyph.digit]
                verdict = digit.prediction.verdict
            painter.setPen(ink.accent if verdict == "sure" else ink.text)
            if verdict == "not a digit":
                painter.setPen(ink.secondary)
            painter.drawText(glyph.area, Qt.AlignmentFlag.AlignCenter, glyph.text)
            if self.is_whole or (digit is not None and digit is self.pointed_at):
                mark = QRectF(glyph.area.left(), glyph.area.bottom() - 3, glyph.area.width(), 3)
                painter.fillRect(mark.adjusted(2, 0, -2, 0), ink.accent)
        words = QRectF(area.left(), area.bottom() + 4, area.width(), _BADGE_HEIGHT)
        colour = ink.accent if reading.sure else ink.caution
        badge = self._paint_badge(painter, words, NUMBER_BADGES[reading.verdict], colour)
        painter.setFont(theme.font(self.font(), theme.TITLE))
        painter.setPen(ink.text)
        words.setLeft(badge.right() + _BADGE_PADDING)
        painter.drawText(words, _LEFT, ", ".join(number_lines(reading)))

    def _paint_badge(self, painter: QPainter, area: QRectF, text: str, colour: QColor) -> QRectF:
        """Paint a badge at the top left of an area; returns its place."""
        font = theme.font(self.font(), theme.TITLE - 1, bold=True)
        width = QFontMetrics(font).horizontalAdvance(text) + 2 * _BADGE_PADDING
        badge = QRectF(area.left(), area.top(), min(width, area.width()), _BADGE_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(badge, _BADGE_HEIGHT / 2, _BADGE_HEIGHT / 2)
        painter.setFont(font)
        painter.setPen(theme.colours(self.palette()).on_accent)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
        return badge


def _last_stroke(digit: Digit) -> int:
    return max(digit.strokes, default=-1)


def _same_digit(before: Reading | None, index: int | None, after: Reading | None) -> int | None:
    """The index of a digit in the next reading, if that has a digit of the same strokes."""
    if before is None or index is None or after is None or after.single:
        return None
    if not before.drawing and not after.drawing:  # pictures, which have no strokes
        return index if index < len(after.digits) else None
    strokes = before.drawing_of(before.digits[index])
    found = [k for k, digit in enumerate(after.digits) if after.drawing_of(digit) == strokes]
    return found[0] if found else None


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_LEFT_BOTTOM = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom


class TrainingAnswer(QLabel):
    """Says in one line what the Net in training answers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prediction: Prediction | None = None
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAccessibleName("Answer of the Net in training")
        self.set_prediction(None, 0)

    @property
    def prediction(self) -> Prediction | None:
        """The Prediction that is shown."""
        return self._prediction

    def set_prediction(
        self, prediction: Prediction | None, epoch: int, *, is_training: bool = True
    ) -> None:
        """Show the Prediction of the Net after this epoch; None for an empty drawing."""
        self._prediction = prediction
        heading = f"In training, epoch {epoch}" if is_training else "Trained"
        self.setText(f"{heading}: {prediction.symbol}" if prediction else heading)
        words = [f"after epoch {epoch}", *(in_words(prediction) if prediction else [])]
        self.setAccessibleDescription(", ".join(words))
