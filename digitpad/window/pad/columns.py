"""Ten columns: how likely each digit is, for the weights in use and for the Net in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolTip, QVBoxLayout, QWidget

from digitpad.window.pad.words import in_percent
from digitpad.window.widgets import theme
from digitpad.window.widgets.card import Card
from digitpad.window.widgets.label import SecondaryText

if TYPE_CHECKING:
    from digitpad.recognizer import Prediction

TITLE = "How likely is each digit"

_NOTHING = (0.0,) * 10
_TRACE = 0.005  # a smaller probability shows as a trace only
_TRACE_HEIGHT = 3.0  # in pixels
_RADIUS = 5.0
_LABEL = 22  # height of the digits below the columns, in pixels


class Columns(QWidget):
    """Paints a column for each digit, and a thin one beside it for the Net in training."""

    def __init__(self) -> None:
        super().__init__()
        self._prediction: Prediction | None = None
        self._training: Prediction | None = None
        # The heights, 0 to 1, and those that they are easing from.
        self._shown: Sequence[float] = _NOTHING
        self._before: Sequence[float] = _NOTHING
        self._easing = QVariantAnimation(self, startValue=0.0, endValue=1.0)
        self._easing.setDuration(theme.EASE_MS)
        self._easing.valueChanged.connect(self._ease)
        self.setAccessibleName(TITLE)
        self._describe()

    def set_prediction(self, prediction: Prediction | None) -> None:
        """Show a Prediction; None shows empty columns."""
        self._prediction, self._before = prediction, self._shown
        self._describe()
        from PySide6.QtWidgets import QStyle  # noqa: PLC0415  # slow to import

        # A style gives its animations no time where the person asks the system for less motion.
        if self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, self):
            self._easing.stop()
            self._easing.start()
        else:
            self._ease(1.0)

    def set_training(self, prediction: Prediction | None) -> None:
        """Show the Prediction of the Net in training; None shows no column for it."""
        self._training = prediction
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 48)

    def sizeHint(self) -> QSize:
        return QSize(360, 110)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            digit = min(max(int(event.pos().x() * 10 / max(self.width(), 1)), 0), 9)
            QToolTip.showText(event.globalPos(), self._numbers(digit), self)
            return True
        return super().event(event)

    def _ease(self, progress: float) -> None:
        goal = self._prediction.probabilities if self._prediction else _NOTHING
        self._shown = tuple(
            before + (after - before) * progress
            for before, after in zip(self._before, goal, strict=True)
        )
        self.update()

    def _describe(self) -> None:
        if self._prediction:
            numbers = ", ".join(self._numbers(digit) for digit in range(10))
            self.setAccessibleDescription(numbers)
        else:
            self.setAccessibleDescription("")

    def _numbers(self, digit: int) -> str:
        """The probabilities of a digit as text."""
        shown = [
            f"{name}{in_percent(prediction.probabilities[digit])}"
            for name, prediction in (("", self._prediction), ("in training ", self._training))
            if prediction
        ]
        return f"{digit}: {', '.join(shown)}" if shown else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        del event  # the widget is small: it is painted as a whole
        ink = theme.colours(self.palette())
        answer = self._prediction.answer if self._prediction else None
        pitch, height = self.width() / 10, self.height() - _LABEL
        width = min(pitch * 0.52, 44.0)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for digit in range(10):
                middle = (digit + 0.5) * pitch
                track = QRectF(middle - width / 2, 0, width, height)
                _paint_column(painter, track, 1.0, ink.track)
                if self._prediction:
                    colour = ink.accent if digit == answer else ink.secondary
                    _paint_column(painter, track, self._shown[digit], colour)
                if self._training:
                    thin = QRectF(track.right() + 3, 0, max(width / 4, 4.0), height)
                    likely = self._training.probabilities[digit]
                    _paint_column(painter, thin, likely, ink.secondary)
                painter.setFont(theme.font(self.font(), theme.BODY, bold=digit == answer))
                painter.setPen(ink.text)
                label = QRectF(middle - pitch / 2, height, pitch, _LABEL)
                painter.drawText(label, Qt.AlignmentFlag.AlignCenter, str(digit))


class ColumnsCard(Card):
    """The columns below their title and the answer of the Net in training."""

    def __init__(self, columns: Columns, training_answer: QLabel) -> None:
        super().__init__()
        title = QHBoxLayout()
        title.addWidget(SecondaryText(TITLE), 1)
        title.addWidget(training_answer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.MARGIN, theme.SPACE, theme.MARGIN, 8)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(title)
        layout.addWidget(columns, 1)


def _paint_column(painter: QPainter, track: QRectF, probability: float, colour: QColor) -> None:
    """Fill the track from below, by the probability."""
    filled = track.height() * probability if probability >= _TRACE else _TRACE_HEIGHT
    column = QRectF(track)
    column.setTop(track.bottom() - filled)
    radius = min(_RADIUS, column.width() / 2, column.height() / 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(column, radius, radius)
