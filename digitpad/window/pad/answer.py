"""The answer: a large digit, the verdict as a badge, and a line on how likely it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from digitpad.percent import percent
from digitpad.window.widgets import theme
from digitpad.window.widgets.card import Card

if TYPE_CHECKING:
    from digitpad.recognizer import Prediction

_HINT = "The answer appears here\nwhile you draw."
_RESEMBLANCE = 0.5
"""Probability from which on the most probable digit is named beside "Not a digit"."""
_BADGES = {"sure": "Sure", "unsure": "Not sure", "not a digit": "Not a digit I know"}
_MEANINGS = {
    "sure": "Very likely: of such answers, the bundled weights get about 2 in 1,000 wrong",
    "unsure": "It looks like a digit, but more than one is likely",
    "not a digit": "It looks like no digit that the weights have learned",
}

_PADDING = 20  # between the edge of the card and its content, in pixels
_BADGE_PADDING, _BADGE_HEIGHT, _LINE = 13, 30, 26


class Answer(Card):
    """Shows a Prediction as a digit, a badge and a line of text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prediction: Prediction | None = None
        self._hint = _HINT
        self.setAccessibleName("Answer")
        self._describe()

    @property
    def prediction(self) -> Prediction | None:
        """The Prediction that is shown."""
        return self._prediction

    def set_prediction(self, prediction: Prediction | None) -> None:
        """Show a Prediction; None shows the hint."""
        self._prediction = prediction
        self.setToolTip(_MEANINGS[prediction.verdict] if prediction else "")
        self._describe()

    def set_hint(self, hint: str = _HINT) -> None:
        """Set the text to show while there is no Prediction."""
        self._hint = hint
        self._describe()

    def announce(self) -> None:
        """Have a screen reader say the answer, once it has finished its present sentence."""
        # Slow to import, and the first paint does not need it.
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent  # noqa: PLC0415

        event = QAccessibleAnnouncementEvent(self, self.accessibleDescription())
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)

    def _describe(self) -> None:
        shown = ", ".join(in_words(self._prediction)) if self._prediction else self._hint
        self.setAccessibleDescription(shown.replace("\n", " "))
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 88)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._prediction:
                self._paint_answer(painter, self._prediction)
            else:
                painter.setFont(theme.font(self.font(), theme.TITLE))
                painter.setPen(theme.colours(self.palette()).secondary)
                centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                inside = self.rect().adjusted(_PADDING, _PADDING, -_PADDING, -_PADDING)
                painter.drawText(inside, centred, self._hint)

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
        lines = _lines(prediction)
        height = _BADGE_HEIGHT + _LINE * len(lines)
        words.setTop(area.center().y() - height / 2)
        colour = ink.accent if is_sure else ink.caution
        self._paint_badge(painter, words, _BADGES[prediction.verdict], colour)
        painter.setFont(theme.font(self.font(), theme.TITLE))
        painter.setPen(ink.text)
        for number, line in enumerate(lines):
            top = words.top() + _BADGE_HEIGHT + number * _LINE
            painter.drawText(QRectF(words.left(), top, words.width(), _LINE), _LEFT_BOTTOM, line)

    def _paint_badge(self, painter: QPainter, area: QRectF, text: str, colour: QColor) -> None:
        font = theme.font(self.font(), theme.TITLE - 1, bold=True)
        width = QFontMetrics(font).horizontalAdvance(text) + 2 * _BADGE_PADDING
        badge = QRectF(area.left(), area.top(), min(width, area.width()), _BADGE_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(badge, _BADGE_HEIGHT / 2, _BADGE_HEIGHT / 2)
        painter.setFont(font)
        painter.setPen(theme.colours(self.palette()).on_accent)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)


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


def in_words(prediction: Prediction) -> list[str]:
    """The answer in words, for a screen reader."""
    words = [_BADGES[prediction.verdict], *_lines(prediction)]
    return words if prediction.answer is None else [prediction.symbol, *words]


def _lines(prediction: Prediction) -> list[str]:
    """How likely the answer is, and what else it could be."""
    if prediction.verdict == "not a digit":
        resembles_one = prediction.probability >= _RESEMBLANCE
        return [f"Most like {prediction.digit}"] if resembles_one else []
    if prediction.sure:
        return [in_percent(prediction.probability)]
    likely = prediction.probabilities
    second = max((d for d in range(10) if d != prediction.digit), key=likely.__getitem__)
    return [f"{in_percent(prediction.probability)}, or {second}: {in_percent(likely[second])}"]


def in_percent(probability: float) -> str:
    """A probability in percent, as `digitpad.percent` rounds it."""
    return f"{percent(probability)}\N{NO-BREAK SPACE}%"
