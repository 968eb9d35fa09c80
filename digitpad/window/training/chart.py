"""The course of a training run, drawn while it goes on."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QEvent, QIODevice, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from digitpad.files import replacing
from digitpad.training_messages import BatchDone, EpochDone, Message
from digitpad.window.widgets.colours import faded, mixed
from digitpad.window.widgets.text import percent

COLUMNS = tuple(field.name for field in fields(EpochDone) if field.name != "seconds_left")
"""Of `TrainingChart.rows()`."""

# A frame takes some milliseconds from the trainer, whose threads wait for each other.
_REDRAW_MS = 500
_POINTS = 1_500  # of the line through the batches, however long the run is
_UNSETTLED = 0.05  # the share of an epoch until its accuracy so far means something
_SMALLEST_ERROR, _SMALLEST_LOSS = 1e-4, 1e-6

# Where axes are labelled; where there is not room for all, what comes first stays.
_PERCENT_TICKS = (0, 90, 99, 99.9, 50, 95, 99.5, 80, 98, 99.8, 100, 99.95)
_LOSS_TICKS = tuple(
    factor * 10.0**exponent for factor in (1, 3, 5, 2, 4, 7) for exponent in range(2, -7, -1)
)

# Opacities of the axes, the line through the batches, other lines, and the learning rate.
_AXIS, _BATCHES, _LINE, _RATE = 0.15, 0.35, 0.65, 0.2


class TrainingChart(QWidget):
    """Shows accuracy over the epochs, and below it loss and learning rate.

    Accuracies are drawn as −log10(1 − accuracy): from 90 % to 99 % it is as far as from 99 % to
    99.9 %. At most twice a second anything is drawn, and nothing while the chart is hidden.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frames_drawn = 0
        """How many times the accuracies were painted."""
        self.waits = False
        """Whether drawing waits, as it does for the pen: a frame here costs as much time as a
        screen's frame has, and the stroke's own answer would be late."""
        self.setAccessibleName("Training chart")
        self._redrawing = QTimer(self, singleShot=True, interval=_REDRAW_MS)
        self._redrawing.timeout.connect(self._redraw_or_wait)
        self._accuracy, self._loss = _Plot(), _Plot()
        self._loss.setXLink(self._accuracy)
        self._accuracy.scene().sigPrepareForPaint.connect(self._count_frame)
        self._make_lines()
        self._lay_out()
        self._style()
        self.start(epochs=1, batches_per_epoch=1, line_to_beat=None)

    # What is shown

    def start(self, epochs: int, batches_per_epoch: int, line_to_beat: float | None) -> None:
        """Show a new run.

        `line_to_beat` is the accuracy, from 0 to 1, of the bundled weights.
        """
        self._epochs = epochs
        self._batches_per_epoch = batches_per_epoch
        self._line_to_beat = line_to_beat
        self._done: list[EpochDone] = []
        # Of the line through the batches: epochs, accuracies as drawn, losses as drawn.
        self._course: tuple[list[float], list[float], list[float]] = ([], [], [])
        self._say("")
        self.redraw()

    def add(self, message: Message) -> None:
        """Draw, soon, what a message says of the course of the run; others are ignored."""
        match message:
            case BatchDone():
                done = message.batch / self._batches_per_epoch
                if done < _UNSETTLED:
                    return
                self._add_point(message.epoch - 1 + done, message.accuracy, message.loss)
            case EpochDone():
                self._done.append(message)
                self._add_point(message.epoch, message.train_accuracy, message.loss)
                for values in self._course:  # a gap, for the next epoch counts anew
                    values.append(math.nan)
            case _:
                return
        if self.isVisible() and not self._redrawing.isActive():
            self._redrawing.start()

    def rows(self) -> list[tuple[float | None, ...]]:
        """For each epoch that is done, what COLUMNS names."""
        return [tuple(getattr(done, name) for name in COLUMNS) for done in self._done]

    def _add_point(self, epoch: float, accuracy: float, loss: float) -> None:
        epochs = self._course[0]
        # The last point moves on until it is far enough from the one before it.
        is_far = len(epochs) < 2 or not epoch - epochs[-2] < self._epochs / _POINTS
        point = (epoch, _zoomed(accuracy), _log_loss(loss))
        for values, value in zip(self._course, point, strict=True):
            if is_far:
                values.append(value)
            else:
                values[-1] = value

    # Drawing

    def _redraw_or_wait(self) -> None:
        if self.waits:
            self._redrawing.start()
        else:
            self.redraw()

    def redraw(self) -> None:
        """Draw now what was added."""
        self._redrawing.stop()
        batches, accuracies, losses = self._course
        self._batch_accuracy.setData(batches, accuracies, connect="finite")
        self._batch_loss.setData(batches, losses, connect="finite")
        epochs = [done.epoch for done in self._done]
        training = [_zoomed(done.train_accuracy) for done in self._done]
        self._training.setData(epochs, training)
        self._epoch_loss.setData(epochs, [_log_loss(done.loss) for done in self._done])
        validated = self._validated()
        validation = [_zoomed(accuracy) for _, accuracy in validated]
        self._validation.setData([epoch for epoch, _ in validated], validation)
        best = _best(validated)
        self._best.setData(*([best[0]], [_zoomed(best[1])]) if best else ([], []))
        for plot in (self._accuracy, self._loss):
            plot.setXRange(0, self._epochs, padding=0.02)
        self._fit_accuracy(training + validation)
        self._fit_loss()
        self._set_ticks()
        self._write_legends(best)

    def _validated(self) -> list[tuple[int, float]]:
        """The epochs with a validation accuracy, and that."""
        return [
            (done.epoch, done.validation_accuracy)
            for done in self._done
            if done.validation_accuracy is not None
        ]

    def _fit_accuracy(self, of_epochs: list[float]) -> None:
        """Show the accuracies of all epochs, and while there is but one, how it came to them."""
        seen = of_epochs if len(self._done) > 1 else [0.0, *of_epochs, *_finite(self._course[1])]
        low, high = min(seen), max(seen)
        line = self._line_to_beat
        self._to_beat.setVisible(line is not None)
        if line is not None:
            self._to_beat.setValue(_zoomed(line))
            low, high = min(low, _zoomed(line)), max(high, _zoomed(line))
        margin = max(high - low, 0.3) * 0.06
        self._accuracy.setYRange(low - margin, high + margin, padding=0)

    def _fit_loss(self) -> None:
        losses = [_log_loss(done.loss) for done in self._done]
        if len(losses) < 2:
            losses += _finite(self._course[2])
        low, high = min(losses, default=-1.0), max(losses, default=0.0)
        margin = max(high - low, 0.3) * 0.1
        low, high = low - margin, high + margin
        self._loss.setYRange(low, high, padding=0)
        # The learning rate has no axis: its highest value is almost at the top.
        highest = self._highest_rate() or 1
        shares = [done.learning_rate / highest for done in self._done]
        rates = [low + 0.95 * share * (high - low) for share in shares]
        self._rate.setData([done.epoch for done in self._done], rates)
        self._rate.setFillLevel(low)

    def _highest_rate(self) -> float:
        return max((done.learning_rate for done in self._done), default=0.0)

    def _set_ticks(self) -> None:
        line = 1.2 * self.fontMetrics().height()
        percents = [(_zoomed(each / 100), f"{each:g} %") for each in _PERCENT_TICKS]
        losses = [(_log_loss(loss), f"{loss:g}") for loss in _LOSS_TICKS]
        _set_left_ticks(self._accuracy, percents, line)
        _set_left_ticks(self._loss, losses, line)
        most = max(1, self._accuracy.width() // self.fontMetrics().horizontalAdvance("00000"))
        steps = (factor * 10**exponent for exponent in range(9) for factor in (1, 2, 5))
        step = next(step for step in steps if self._epochs / step <= most)
        epochs = range(0, self._epochs + 1, step)
        self._accuracy.getAxis("bottom").setTicks([[(epoch, "") for epoch in epochs]])
        self._loss.getAxis("bottom").setTicks([[(epoch, str(epoch)) for epoch in epochs]])

    def _count_frame(self) -> None:
        self.frames_drawn += 1

    # The look

    def _make_lines(self) -> None:
        """What is drawn, from the back to the front."""
        self._rate = self._loss.plot(antialias=True)
        self._batch_loss = self._loss.plot(antialias=True)
        self._epoch_loss = self._loss.plot(antialias=True, symbol="o", symbolSize=4)
        self._to_beat = pg.InfiniteLine(angle=0)
        self._accuracy.addItem(self._to_beat, ignoreBounds=True)
        self._batch_accuracy = self._accuracy.plot(antialias=True)
        self._training = self._accuracy.plot(antialias=True, symbol="o", symbolSize=4)
        self._validation = self._accuracy.plot(antialias=True, symbol="o", symbolSize=4)
        self._best = self._accuracy.plot(
            antialias=True, pen=None, symbol="o", symbolSize=11, symbolBrush=None
        )

    def _lay_out(self) -> None:
        self._accuracy_legend, self._loss_legend = _legend(), _legend()
        self._picture = QWidget()
        self._picture.setAutoFillBackground(True)
        picture = QVBoxLayout(self._picture)
        picture.setContentsMargins(0, 0, 0, 0)
        picture.setSpacing(4)
        picture.addWidget(self._accuracy_legend)
        picture.addWidget(self._accuracy, 5)
        picture.addWidget(self._loss_legend)
        picture.addWidget(self._loss, 3)

        self._said = QLabel(wordWrap=True)
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        below = QHBoxLayout()
        below.addWidget(self._said, 1)
        below.addWidget(self._save_button(), 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._picture, 1)
        layout.addLayout(below)

    def _save_button(self) -> QPushButton:
        """Opens the menu, which a right click on the chart opens as well."""
        menu = QMenu(self)
        for text, do in (
            ("&Copy Picture", self.copy_picture),
            ("Save &Picture…", self._ask_for_picture),
            ("Save &Numbers…", self._ask_for_numbers),
        ):
            action = QAction(text, self)
            action.triggered.connect(do)
            menu.addAction(action)
            self.addAction(action)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        button = QPushButton("Save")
        button.setFlat(True)
        button.setMenu(menu)
        button.setAccessibleName("Save the chart")
        button.setToolTip("The chart as a picture, or its numbers as a table")
        return button

    def _style(self) -> None:
        """Take all colours from the palette, and all sizes from the font."""
        text = self.palette().color(QPalette.ColorRole.WindowText)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        ground = self.palette().color(QPalette.ColorRole.Window)
        grey = mixed(text, ground, _LINE)
        metrics = self.fontMetrics()
        for plot, lines in ((self._accuracy, 10), (self._loss, 6)):
            plot.resetCachedContent()  # the ground, in the colour of the palette before
            plot.setMinimumHeight(lines * metrics.height())
            plot.getPlotItem().layout.setContentsMargins(0, 0, metrics.averageCharWidth(), 0)
            plot.getAxis("left").setGrid(255)
            plot.getAxis("left").setWidth(metrics.horizontalAdvance("99.95 %00"))
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(pg.mkPen(mixed(text, ground, _AXIS)))
                axis.setStyle(tickLength=0, hideOverlappingLabels=False)
                axis.setZValue(-1)  # its lines behind the curves
                axis.setTextPen(pg.mkPen(grey))
                axis.setTickFont(self.font())
        self._accuracy.getAxis("bottom").setHeight(metrics.height() // 3)
        self._loss.getAxis("bottom").setHeight(2.5 * metrics.height())
        self._loss.getAxis("bottom").setLabel("Epoch")
        self._loss.getAxis("bottom").label.setFont(self.font())
        for line in (self._batch_accuracy, self._batch_loss):
            line.setPen(pg.mkPen(faded(text, _BATCHES)))
        for line, colour in (
            (self._training, grey),
            (self._epoch_loss, grey),
            (self._validation, accent),
        ):
            line.setPen(pg.mkPen(colour, width=2))
            line.setSymbolPen(pg.mkPen(colour))
            line.setSymbolBrush(pg.mkBrush(colour))
        self._best.setSymbolPen(pg.mkPen(accent, width=2))
        self._to_beat.setPen(pg.mkPen(text, style=Qt.PenStyle.DashLine))
        self._rate.setPen(pg.mkPen(faded(accent, 2 * _RATE)))
        self._rate.setFillBrush(pg.mkBrush(faded(accent, _RATE)))
        self._text, self._accent, self._grey = text.name(), accent.name(), grey.name()
        self._pale = mixed(accent, ground, 2 * _RATE).name()

    def _write_legends(self, best: tuple[int, float] | None) -> None:
        last = self._done[-1] if self._done else None
        validation = last.validation_accuracy if last else None
        words = ["Training " + (percent(last.train_accuracy) if last else "accuracy")]
        accuracy = [(self._grey, "●", words[0])]
        if validation is not None or not last:
            words.append(
                "Validation " + ("accuracy" if validation is None else percent(validation))
            )
            accuracy.append((self._accent, "●", words[-1]))
        if best:
            words.append(f"Best {percent(best[1])} in epoch {best[0]}")
            accuracy.append((self._accent, "○", words[-1]))
        if self._line_to_beat is not None:
            words.append(f"Bundled {percent(self._line_to_beat)}")
            accuracy.append((self._text, "╌", words[-1]))
        loss, rate = "Loss", "Learning rate"
        if last:
            loss += f" {last.loss:.3g}"
            rate += f" {last.learning_rate:.2g}, highest {self._highest_rate():.2g}"
        _set_legend(self._accuracy_legend, accuracy)
        _set_legend(self._loss_legend, [(self._grey, "●", loss), (self._pale, "■", rate)])
        epoch = last.epoch if last else 0
        self.setAccessibleDescription(
            ", ".join([f"Epoch {epoch} of {self._epochs}", *words, loss, rate])
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self.redraw)  # when the plots have their sizes

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.FontChange}:
            self._style()
            self.redraw()

    # Taking it elsewhere

    def copy_picture(self) -> None:
        """Put the chart on the clipboard."""
        self.redraw()
        QGuiApplication.clipboard().setPixmap(self._picture.grab())
        self._say("The picture is on the clipboard.")

    def save_picture(self, path: Path) -> None:
        """Write the chart as PNG, and say how that went."""
        self.redraw()
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self._picture.grab().save(buffer, "PNG")
        self._write(path, bytes(buffer.data().data()))

    def save_numbers(self, path: Path) -> None:
        """Write `rows()` as CSV, under their names, and say how that went."""
        text = io.StringIO(newline="")
        csv.writer(text).writerows([COLUMNS, *self.rows()])
        self._write(path, text.getvalue().encode())

    def _write(self, path: Path, content: bytes) -> None:
        try:
            with replacing(path) as file:
                file.write(content)
        except OSError as error:
            self._say(f"{path} cannot be written: {error.strerror}. Save it elsewhere.")
        else:
            self._say(f"Saved as {path.name}.")

    def _ask_for_picture(self) -> None:
        self._ask("Save Picture", "training.png", self.save_picture)

    def _ask_for_numbers(self) -> None:
        self._ask("Save Numbers", "training.csv", self.save_numbers)

    def _ask(self, title: str, name: str, save: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(name.rpartition(".")[2])
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda file: save(Path(file)))
        dialog.open()

    def _say(self, sentence: str) -> None:
        self._said.setText(sentence)


class _Plot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph is not typed
    """A plot to look at: the mouse does nothing with it."""

    def __init__(self) -> None:
        super().__init__(background=None)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.disableAutoRange()

    def sizeHint(self) -> QSize:
        size: QSize = self.minimumSize()
        return size


def _legend() -> QLabel:
    legend = QLabel(wordWrap=True)
    legend.setTextFormat(Qt.TextFormat.RichText)
    legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return legend


def _set_legend(legend: QLabel, entries: Iterable[tuple[str, str, str]]) -> None:
    """Each entry has a colour, a sign in it, and words; lines break at their commas only."""
    legend.setText(
        "&nbsp;&nbsp;&nbsp; ".join(
            f'<span style="color: {colour}">{sign}</span>&nbsp;'
            + words.replace(" ", "&nbsp;").replace(",&nbsp;", ", ")
            for colour, sign, words in entries
        )
    )


def _set_left_ticks(plot: Any, ticks: Iterable[tuple[float, str]], distance: float) -> None:
    """Those of the ticks that are in the plot's range, and `distance` pixels from each other."""
    low, high = plot.viewRange()[1]
    per_pixel = (high - low) / max(1, plot.getViewBox().height())
    chosen: list[tuple[float, str]] = []
    for value, label in ticks:
        is_free = all(abs(value - other) >= distance * per_pixel for other, _ in chosen)
        if low <= value <= high and is_free:
            chosen.append((value, label))
    plot.getAxis("left").setTicks([chosen])


def _best(validated: list[tuple[int, float]]) -> tuple[int, float] | None:
    """The first of the epochs with the highest accuracy."""
    return max(validated, key=lambda each: each[1], default=None)


def _zoomed(accuracy: float) -> float:
    return -math.log10(max(1 - accuracy, _SMALLEST_ERROR))


def _log_loss(loss: float) -> float:
    return math.log10(max(loss, _SMALLEST_LOSS))


def _finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]
