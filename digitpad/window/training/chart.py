"""The chart of a training run, drawn during the run."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import fields

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QPalette, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from digitpad.training.messages import BatchDone, EpochDone, Message
from digitpad.window.training.chart_export import ChartExport
from digitpad.window.training.plot import (
    LOSS_TICKS,
    PERCENT_TICKS,
    Plot,
    accuracy_height,
    legend_text,
    loss_height,
    new_legend,
)
from digitpad.window.widgets.text import percent
from digitpad.window.widgets.theme import faded, mixed

COLUMNS = tuple(field.name for field in fields(EpochDone) if field.name != "seconds_left")
"""The columns of `TrainingChart.rows()`."""

# Drawing takes some milliseconds from the trainer's threads, which wait for one another.
_REDRAW_MS = 500
_POINTS = 1_500  # of the curve through the batches, about, however long the run is
_UNSETTLED = 0.05  # share of an epoch before its running accuracy means something

# Opacities.
_BATCHES, _LINE, _LEARNING_RATE = 0.35, 0.65, 0.2


class TrainingChart(QWidget):
    """Shows the accuracy over the epochs, and below it the loss and the learning rate.

    Accuracies are on a logarithmic scale: see `accuracy_height`. The chart is drawn at most twice a
    second, and not while it is hidden.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frames_drawn = 0
        """How many times the accuracy plot was painted."""
        self.waits = False
        """Whether drawing waits for the pen: drawing the chart takes as long as a frame of the
        screen, and would delay the answer to the stroke."""
        self.setAccessibleName("Training chart")
        self._timer = QTimer(self, singleShot=True, interval=_REDRAW_MS)
        self._timer.timeout.connect(self._redraw_or_wait)
        self._accuracy, self._loss = Plot("Accuracy", lines=10), Plot("Loss", lines=6)
        self._loss.setXLink(self._accuracy)
        self._accuracy.scene().sigPrepareForPaint.connect(self._count_frame)
        self._add_curves()
        self._lay_out()
        self._apply_style()
        self.start(epochs=1, batches_per_epoch=1, baseline_accuracy=None)

    # Data

    def start(self, epochs: int, batches_per_epoch: int, baseline_accuracy: float | None) -> None:
        """Show a new run.

        `baseline_accuracy` (0–1) is that of the weights in use, on the same validation images.
        """
        self._epochs = epochs
        self._batches_per_epoch = batches_per_epoch
        self._baseline_accuracy = baseline_accuracy
        self._history: list[EpochDone] = []
        # The curve through the batches: epochs, heights of accuracies, heights of losses.
        self._batches: tuple[list[float], list[float], list[float]] = ([], [], [])
        self.export.clear()
        self.redraw()

    def add(self, message: Message) -> None:
        """Draw soon what a BatchDone or EpochDone says; other messages are ignored."""
        match message:
            case BatchDone():
                done = message.batch / self._batches_per_epoch
                if done < _UNSETTLED:
                    return
                self._add_point(message.epoch - 1 + done, message.accuracy, message.loss)
            case EpochDone():
                self._history.append(message)
                self._add_point(message.epoch, message.train_accuracy, message.loss)
                if self._epochs <= _POINTS:
                    for values in self._batches:  # a gap: each epoch starts its own average
                        values.append(math.nan)
            case _:
                return
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def rows(self) -> list[tuple[float | None, ...]]:
        """The finished epochs, with the columns COLUMNS."""
        return [tuple(getattr(done, name) for name in COLUMNS) for done in self._history]

    def _add_point(self, epoch: float, accuracy: float, loss: float) -> None:
        epochs = self._batches[0]
        # The last point moves until it is far enough from the one before it.
        is_far = len(epochs) < 2 or not epoch - epochs[-2] < self._epochs / _POINTS
        point = (epoch, accuracy_height(accuracy), loss_height(loss))
        for values, value in zip(self._batches, point, strict=True):
            if is_far:
                values.append(value)
            else:
                values[-1] = value

    def _validated(self) -> list[tuple[int, float]]:
        """The epochs with a validation accuracy, each with that accuracy."""
        return [
            (done.epoch, done.validation_accuracy)
            for done in self._history
            if done.validation_accuracy is not None
        ]

    def _best(self) -> tuple[int, float] | None:
        """The first epoch with the highest validation accuracy, and that accuracy."""
        return max(self._validated(), key=lambda each: each[1], default=None)

    def _peak_learning_rate(self) -> float:
        return max((done.learning_rate for done in self._history), default=0.0)

    # Drawing

    def _redraw_or_wait(self) -> None:
        if self.waits:
            self._timer.start()
        else:
            self.redraw()

    def redraw(self) -> None:
        """Draw now."""
        self._timer.stop()
        epochs = [done.epoch for done in self._history]
        training = [accuracy_height(done.train_accuracy) for done in self._history]
        validated = self._validated()
        validation = [accuracy_height(accuracy) for _, accuracy in validated]
        losses = [loss_height(done.loss) for done in self._history]
        best = self._best()
        self._batch_accuracy.setData(*self._batches[:2], connect="finite")
        self._batch_loss.setData(self._batches[0], self._batches[2], connect="finite")
        self._training.setData(epochs, training)
        self._epoch_loss.setData(epochs, losses)
        self._validation.setData([epoch for epoch, _ in validated], validation)
        self._best_epoch.setData(*([best[0]], [accuracy_height(best[1])]) if best else ([], []))
        for plot in (self._accuracy, self._loss):
            plot.setXRange(0, self._epochs, padding=0.02)
        self._fit_accuracy(training + validation)
        self._fit_loss(losses)
        self._set_ticks()
        self._write_legends()

    def _fit_accuracy(self, heights: list[float]) -> None:
        """Show the accuracies of all epochs; with a single one, also those of its batches."""
        if len(self._history) < 2:
            heights = [0.0, *heights, *_finite(self._batches[1])]
        self._baseline.setVisible(self._baseline_accuracy is not None)
        if self._baseline_accuracy is not None:
            self._baseline.setValue(accuracy_height(self._baseline_accuracy))
            heights = [*heights, self._baseline.value()]
        low, high = min(heights), max(heights)
        margin = max(high - low, 0.3) * 0.06
        self._accuracy.setYRange(low - margin, high + margin, padding=0)

    def _fit_loss(self, heights: list[float]) -> None:
        if len(heights) < 2:
            heights = heights + _finite(self._batches[2])
        low, high = min(heights, default=-1.0), max(heights, default=0.0)
        margin = max(high - low, 0.3) * 0.1
        low, high = low - margin, high + margin
        self._loss.setYRange(low, high, padding=0)
        # The learning rate has no axis: its peak is almost at the top.
        peak = self._peak_learning_rate() or 1
        rates = [low + 0.95 * done.learning_rate / peak * (high - low) for done in self._history]
        self._learning_rate.setData([done.epoch for done in self._history], rates)
        self._learning_rate.setFillLevel(low)

    def _set_ticks(self) -> None:
        self._accuracy.label_heights(PERCENT_TICKS)
        self._loss.label_heights(LOSS_TICKS)
        most = max(1, self._accuracy.width() // self.fontMetrics().horizontalAdvance("00000"))
        steps = (factor * 10**power for power in range(9) for factor in (1, 2, 5))
        step = next(step for step in steps if self._epochs / step <= most)
        epochs = range(0, self._epochs + 1, step)
        self._accuracy.getAxis("bottom").setTicks([[(epoch, "") for epoch in epochs]])
        self._loss.getAxis("bottom").setTicks([[(epoch, str(epoch)) for epoch in epochs]])

    def _write_legends(self) -> None:
        last = self._history[-1] if self._history else None
        validation = last.validation_accuracy if last else None
        training = percent(last.train_accuracy) if last else "accuracy"
        accuracy = [(self._grey, "●", f"Training {training}")]
        if not last:
            accuracy.append((self._accent, "●", "Validation accuracy"))
        if validation is not None:
            accuracy.append((self._accent, "●", f"Validation {percent(validation)}"))
        if best := self._best():
            accuracy.append((self._accent, "○", f"Best {percent(best[1])} in epoch {best[0]}"))
        if self._baseline_accuracy is not None:
            accuracy.append((self._text, "╌", f"In use {percent(self._baseline_accuracy)}"))
        loss, rate = "Loss", "Learning rate"
        if last:
            loss += f" {last.loss:.3g}"
            rate += f" {last.learning_rate:.2g}, peak {self._peak_learning_rate():.2g}"
        self._accuracy_legend.setText(legend_text(accuracy))
        self._loss_legend.setText(legend_text([(self._grey, "●", loss), (self._pale, "■", rate)]))
        epoch = f"Epoch {last.epoch if last else 0} of {self._epochs}"
        words = [words for *_, words in accuracy]
        self.setAccessibleDescription(", ".join([epoch, *words, loss, rate]))

    def _count_frame(self) -> None:
        self.frames_drawn += 1

    # Look

    def _add_curves(self) -> None:
        """Add the curves, from the back to the front."""
        dots = {"antialias": True, "symbol": "o", "symbolSize": 4}
        self._learning_rate = self._loss.plot(antialias=True, name="learning rate")
        self._batch_loss = self._loss.plot(antialias=True, name="batches")
        self._epoch_loss = self._loss.plot(**dots, name="epochs")
        self._baseline = pg.InfiniteLine(angle=0, name="in use")
        self._accuracy.addItem(self._baseline, ignoreBounds=True)
        self._batch_accuracy = self._accuracy.plot(antialias=True, name="batches")
        self._training = self._accuracy.plot(**dots, name="training")
        self._validation = self._accuracy.plot(**dots, name="validation")
        self._best_epoch = self._accuracy.plot(
            **dots | {"symbolSize": 11}, pen=None, symbolBrush=None, name="best"
        )

    def _lay_out(self) -> None:
        self._accuracy_legend, self._loss_legend = new_legend(), new_legend()
        self._picture = QWidget()
        self._picture.setAutoFillBackground(True)
        picture = QVBoxLayout(self._picture)
        picture.setContentsMargins(0, 0, 0, 0)
        picture.setSpacing(4)
        picture.addWidget(self._accuracy_legend)
        picture.addWidget(self._accuracy, 5)
        picture.addWidget(self._loss_legend)
        picture.addWidget(self._loss, 3)
        self.export = ChartExport(self.picture, lambda: [COLUMNS, *self.rows()])
        self.addActions(self.export.actions())
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._picture, 1)
        layout.addWidget(self.export)

    def picture(self) -> QPixmap:
        """The chart as it is now, without the Save button."""
        self.redraw()
        return self._picture.grab()

    def _apply_style(self) -> None:
        """Take the colours from the palette and the sizes from the font."""
        palette, metrics = self.palette(), self.fontMetrics()
        self._text = palette.color(QPalette.ColorRole.WindowText)
        self._accent = palette.color(QPalette.ColorRole.Accent)
        background = palette.color(QPalette.ColorRole.Window)
        self._grey = mixed(self._text, background, _LINE)
        self._pale = mixed(self._accent, background, 2 * _LEARNING_RATE)
        self._accuracy.apply_style(palette, self.font())
        self._accuracy.getAxis("bottom").setHeight(metrics.height() // 3)
        self._loss.apply_style(palette, self.font())
        self._loss.getAxis("bottom").setHeight(2.5 * metrics.height())
        self._loss.getAxis("bottom").setLabel("Epoch")
        self._loss.getAxis("bottom").label.setFont(self.font())
        for curve in (self._batch_accuracy, self._batch_loss):
            curve.setPen(pg.mkPen(faded(self._text, _BATCHES)))
        for curve, colour in (
            (self._training, self._grey),
            (self._epoch_loss, self._grey),
            (self._validation, self._accent),
        ):
            curve.setPen(pg.mkPen(colour, width=2))
            curve.setSymbolPen(pg.mkPen(colour))
            curve.setSymbolBrush(pg.mkBrush(colour))
        self._best_epoch.setSymbolPen(pg.mkPen(self._accent, width=2))
        self._baseline.setPen(pg.mkPen(self._text, style=Qt.PenStyle.DashLine))
        self._learning_rate.setPen(pg.mkPen(faded(self._accent, 2 * _LEARNING_RATE)))
        self._learning_rate.setFillBrush(pg.mkBrush(faded(self._accent, _LEARNING_RATE)))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self.redraw)  # when the plots have their sizes

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.FontChange}:
            self._apply_style()
            self.redraw()


def _finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]
