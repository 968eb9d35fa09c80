"""The answer: the digit, the verdict on it, and the probability of each of the ten digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from digitpad.percent import percent
from digitpad.window.widgets.colours import faded, secondary_colour

if TYPE_CHECKING:
    from digitpad.recognizer import Prediction

_DIGITS = 10
_HEAD = 0.3  # fraction of the height above the bars
_HINT = "The answer appears here while you draw."
_MAX_GROWTH = 1.75
_RESEMBLANCE = (
    0.5  # probability from which on the most probable digit is named beside "Not a digit"
)
# Opacities: of an empty bar; of the bar and the number of a digit that is not the answer; of the
# answer's bar in TrainingAnswer, which leaves the accent colour to Answer.
_TRACK, _BAR, _NUMBER, _TRAINING_BAR = 0.08, 0.35, 0.7, 0.75

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Answer(QWidget):
    """Shows a Prediction: a large digit, and below it a bar for each of the ten digits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prediction: Prediction | None = None
        self._hint = _HINT
        self.setAccessibleName("Answer")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._describe()

    @property
    def prediction(self) -> Prediction | None:
        """The Prediction that is shown."""
        return self._prediction

    def set_prediction(self, prediction: Prediction | None) -> None:
        """Show a Prediction; None shows the hint."""
        self._prediction = prediction
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
        answer = self._prediction
        words = _words(answer) if answer else [self._hint]
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
        del event  # the widget is small: it is painted as a whole
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self._scaled_font())
            head, rows = _split(self.rect())
            self._paint_head(painter, head)
            for digit, row in enumerate(rows):
                self._paint_row(painter, digit, row)

    def _scaled_font(self) -> QFont:
        """The widget's font, enlarged if there is more room than needed."""
        hint = self.sizeHint()
        growth = min(self.width() / hint.width(), self.height() / hint.height(), _MAX_GROWTH)
        font = self.font()
        font.setPixelSize(round(QFontInfo(font).pixelSize() * max(growth, 1)))
        font.setFeature(QFont.Tag("tnum"), 1)  # digits of equal width: numbers do not jitter
        return font

    def _paint_head(self, painter: QPainter, area: QRect) -> None:
        palette, prediction = self.palette(), self._prediction
        if prediction is None:
            painter.setPen(secondary_colour(palette))
            wrapped = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area, wrapped, self._hint)
            return
        text = palette.color(QPalette.ColorRole.WindowText)
        accent = palette.color(QPalette.ColorRole.Accent)
        normal = painter.font()
        large = QFont(normal)
        large.setPixelSize(round(min(area.height() * 0.9, area.width() * 0.4)))
        painter.setFont(large)
        colours = {"sure": accent, "unsure": text, "not a digit": secondary_colour(palette)}
        painter.setPen(colours[prediction.verdict])
        painter.drawText(area, _LEFT, _symbol(prediction))
        # The words stay in place, with a digit, a question mark or both before them.
        area.setLeft(painter.fontMetrics().horizontalAdvance("0?") + normal.pixelSize())
        headline, *more = _verdict(prediction)
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
        is_answer = prediction is not None and digit == _answer(prediction)
        metrics = painter.fontMetrics()
        bar = area.adjusted(
            2 * metrics.horizontalAdvance("0"), 0, -metrics.horizontalAdvance("000.0 %"), 0
        )
        thickness = min(area.height() * 0.6, metrics.height())
        accent = palette.color(QPalette.ColorRole.Accent)
        probability = prediction.probabilities[digit] if prediction else 0.0
        colour = accent if is_answer else faded(text, _BAR)

        painter.save()
        _paint_bar(painter, bar, thickness, probability, colour, faded(text, _TRACK))
        if is_answer:
            painter.setFont(_bold(painter.font()))
        if prediction:
            painter.setPen(text if is_answer else faded(text, _NUMBER))
            painter.drawText(area, _RIGHT, _percent(probability))
        painter.setPen(text)
        painter.drawText(area, _LEFT, str(digit))
        painter.restore()


class TrainingAnswer(QWidget):
    """Shows the answer of a Net in training: slim bars in line with those of Answer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prediction: Prediction | None = None
        self.setAccessibleName("Answer of the Net in training")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.set_prediction(None, 0)

    @property
    def prediction(self) -> Prediction | None:
        """The Prediction that is shown."""
        return self._prediction

    def set_prediction(
        self, prediction: Prediction | None, epoch: int, *, is_training: bool = True
    ) -> None:
        """Show the Prediction of the Net after this epoch; None for an empty drawing."""
        self._prediction, self._epoch = prediction, epoch
        self._heading = "In training" if is_training else "Trained"
        words = [f"after epoch {epoch}"]
        if prediction:
            words += _words(prediction)
        self.setAccessibleDescription(", ".join(words))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("In training") + 2, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            head, rows = _split(self.rect())
            text = self.palette().color(QPalette.ColorRole.WindowText)
            secondary = secondary_colour(self.palette())
            line = self.fontMetrics().height()
            painter.setPen(secondary)
            # The digit, the line above it and the line below it are centred in the head together.
            size = max(round(min((head.height() - 2 * line) * 0.9, head.width() * 0.8)), 1)
            height = round(1.1 * size)
            middle = QRect(0, head.center().y() - height // 2, head.width(), height)
            above, below = middle.translated(0, -line), middle.translated(0, line)
            painter.drawText(above, Qt.AlignmentFlag.AlignTop, self._heading)
            painter.drawText(below, Qt.AlignmentFlag.AlignBottom, f"epoch {self._epoch}")
            prediction = self._prediction
            if prediction:
                digit = QFont(painter.font())
                digit.setPixelSize(size)
                painter.save()
                painter.setFont(digit)
                painter.setPen(secondary if _answer(prediction) is None else text)
                painter.drawText(middle, _LEFT, _symbol(prediction))
                painter.restore()
            for row_digit, row in enumerate(rows):
                probability = prediction.probabilities[row_digit] if prediction else 0.0
                is_answer = prediction is not None and row_digit == _answer(prediction)
                colour = faded(text, _TRAINING_BAR if is_answer else _BAR)
                thickness = min(row.height() * 0.35, line * 0.6)
                _paint_bar(painter, row, thickness, probability, colour, faded(text, _TRACK))


def _split(area: QRect) -> tuple[QRect, list[QRectF]]:
    """The area of the large digit and those of the ten rows below it."""
    head = round(area.height() * _HEAD)
    row = (area.height() - head) / _DIGITS
    rows = [QRectF(0, head + digit * row, area.width(), row) for digit in range(_DIGITS)]
    return QRect(0, 0, area.width(), head), rows


def _paint_bar(
    painter: QPainter,
    area: QRectF,
    thickness: float,
    probability: float,
    colour: QColor,
    track: QColor,
) -> None:
    """Paint a bar in the middle of `area`, filled from the left by `probability`."""
    bar = QRectF(area.left(), area.center().y() - thickness / 2, area.width(), thickness)
    radius = min(thickness / 2, 4.0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(track)
    painter.drawRoundedRect(bar, radius, radius)
    painter.setBrush(colour)
    bar.setWidth(bar.width() * probability)
    painter.drawRoundedRect(bar, min(radius, bar.width() / 2), radius)


def _answer(prediction: Prediction) -> int | None:
    """The digit to show as the answer; None for what is not a digit."""
    return None if prediction.verdict == "not a digit" else prediction.digit


def _symbol(prediction: Prediction) -> str:
    """The answer in one or two characters."""
    digit = prediction.digit
    return {"sure": f"{digit}", "unsure": f"{digit}?", "not a digit": "?"}[prediction.verdict]


def _words(prediction: Prediction) -> list[str]:
    """The answer in words, for a screen reader."""
    answer, verdict = _answer(prediction), _verdict(prediction)
    return verdict if answer is None else [str(answer), *verdict]


def _verdict(prediction: Prediction) -> list[str]:
    """The verdict, and below it the probability, or what else it could be, or both."""
    probability = _percent(prediction.probability)
    if prediction.verdict == "not a digit":
        resembles_one = prediction.probability >= _RESEMBLANCE
        return ["Not a digit", *([f"Most like {prediction.digit}"] if resembles_one else [])]
    if prediction.sure:
        return ["Sure", probability]
    likely = prediction.probabilities
    second = max((d for d in range(_DIGITS) if d != prediction.digit), key=likely.__getitem__)
    return ["Not sure", probability, f"Or {second}: {_percent(likely[second])}"]


def _percent(probability: float) -> str:
    return f"{percent(probability)}\N{NO-BREAK SPACE}%"


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold
