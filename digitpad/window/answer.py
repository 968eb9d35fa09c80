"""The answer: which digit it is, how sure that is, and how likely each of the ten is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontInfo,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from digitpad.window.colours import faded

if TYPE_CHECKING:
    from digitpad.recognizer import Prediction

_DIGITS = 10
_HINT = "The answer appears here while you draw."
_MOST_GROWTH = 1.75
# Opacities: of an empty bar; of a bar and a number that are not the answer's.
_TRACK, _BAR, _NUMBER = 0.08, 0.35, 0.7

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Answer(QWidget):
    """Shows a Prediction: the digit in large, and under it a bar for each of the ten."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prediction: Prediction | None = None
        self._hint = _HINT
        self.setAccessibleName("Answer")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._describe()

    @property
    def prediction(self) -> Prediction | None:
        """What is shown."""
        return self._prediction

    def set_prediction(self, prediction: Prediction | None) -> None:
        """Show a Prediction, or with None the hint in its place."""
        self._prediction = prediction
        self._describe()

    def set_hint(self, hint: str) -> None:
        """What to say while there is no Prediction."""
        self._hint = hint
        self._describe()

    def announce(self) -> None:
        """Have a screen reader say what is shown, when it has said what it is saying."""
        # Slow to import: the first paint does without.
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent  # noqa: PLC0415

        event = QAccessibleAnnouncementEvent(self, self.accessibleDescription())
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)

    def _describe(self) -> None:
        answer = self._prediction
        words = [str(answer.digit), *_words(answer)] if answer else [self._hint]
        self.setAccessibleDescription(", ".join(words))
        self.update()

    # The look

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        return QSize(18 * line, 24 * line)

    def minimumSizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        return QSize(14 * line, 17 * line)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event  # it is small: all of it is painted each time
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._grown_font())
        head = round(self.height() * 0.3)
        self._paint_head(painter, QRect(0, 0, self.width(), head))
        row = (self.height() - head) / _DIGITS
        for digit in range(_DIGITS):
            self._paint_row(painter, digit, QRectF(0, head + digit * row, self.width(), row))

    def _grown_font(self) -> QFont:
        """The widget's font; larger where there is more room than needed."""
        usual = self.sizeHint()
        growth = min(self.width() / usual.width(), self.height() / usual.height(), _MOST_GROWTH)
        font = self.font()
        font.setPixelSize(round(QFontInfo(font).pixelSize() * max(growth, 1)))
        font.setFeature(QFont.Tag("tnum"), 1)  # digits of one width: the numbers do not jitter
        return font

    def _paint_head(self, painter: QPainter, area: QRect) -> None:
        palette, prediction = self.palette(), self._prediction
        if prediction is None:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            wrapped = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area, wrapped, self._hint)
            return
        text = palette.color(QPalette.ColorRole.WindowText)
        accent = palette.color(QPalette.ColorRole.Accent)
        normal = painter.font()
        large = QFont(normal)
        large.setPixelSize(round(min(area.height() * 0.9, area.width() * 0.4)))
        painter.setFont(large)
        painter.setPen(accent if prediction.sure else text)
        painter.drawText(area, _LEFT, f"{prediction.digit}" + "?" * (not prediction.sure))
        # The words keep their place, whether or not there is a question mark before them.
        area.setLeft(painter.fontMetrics().horizontalAdvance("0?") + normal.pixelSize())
        headline, *more = _words(prediction)
        line = QFontMetrics(normal).height()
        area.setTop(area.center().y() - (1 + len(more)) * line // 2)
        painter.setPen(text)
        painter.setFont(_bold(normal))
        painter.drawText(area, 0, headline)
        painter.setFont(normal)
        painter.drawText(area.adjusted(0, line, 0, 0), 0, "\n".join(more))

    def _paint_row(self, painter: QPainter, digit: int, area: QRectF) -> None:
        palette, prediction = self.palette(), self._prediction
        text = palette.color(QPalette.ColorRole.WindowText)
        is_answer = prediction is not None and digit == prediction.digit
        metrics = painter.fontMetrics()
        bar = area.adjusted(
            2 * metrics.horizontalAdvance("0"), 0, -metrics.horizontalAdvance("000.0 %"), 0
        )
        thickness = min(area.height() * 0.6, metrics.height())
        bar.setTop(bar.center().y() - thickness / 2)
        bar.setHeight(thickness)
        radius = min(thickness / 2, 4.0)

        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(faded(text, _TRACK))
        painter.drawRoundedRect(bar, radius, radius)
        if is_answer:
            painter.setFont(_bold(painter.font()))
        if prediction:
            probability = prediction.probabilities[digit]
            accent = palette.color(QPalette.ColorRole.Accent)
            painter.setBrush(accent if is_answer else faded(text, _BAR))
            bar.setWidth(bar.width() * probability)
            painter.drawRoundedRect(bar, min(radius, bar.width() / 2), radius)
            painter.setPen(text if is_answer else faded(text, _NUMBER))
            painter.drawText(area, _RIGHT, _percent(probability))
        painter.setPen(text)
        painter.drawText(area, _LEFT, str(digit))
        painter.restore()


def _words(prediction: Prediction) -> list[str]:
    """How sure the answer is; if not very, what else it could be."""
    probability = _percent(prediction.probability)
    if prediction.sure:
        return ["Sure", probability]
    chances = prediction.probabilities
    second = max((d for d in range(_DIGITS) if d != prediction.digit), key=chances.__getitem__)
    return ["Not sure", probability, f"Or {second}: {_percent(chances[second])}"]


def _percent(probability: float) -> str:
    """Cut off, not rounded: 100 % would claim a certainty that the Net does not have."""
    return f"{min(int(probability * 1000), 999) / 10:.1f}\N{NO-BREAK SPACE}%"


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold
