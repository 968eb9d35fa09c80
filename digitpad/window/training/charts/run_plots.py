"""The plots of a run: accuracies above, loss and learning rate below."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from digitpad.window.training.charts.curves import Curves, validated
from digitpad.window.training.charts.plot import (
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

# Opacities.
_PREVIOUS, _LINE, _LEARNING_RATE = 0.25, 0.65, 0.2


class RunPlots(QWidget):
    """Draws the curves of a run, with legends.

    Accuracies are on a logarithmic scale: see `accuracy_height`. While the mouse is over a plot,
    the legends have the values at its pointer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.frames_drawn = 0
        """How many times the accuracy plot was painted."""
        self.curves = Curves()
        """What is shown after the next `redraw`."""
        self.words = ""
        """The legends as text."""
        self._pointed_at: float | None = None  # the epoch at the pointer
        self.setAutoFillBackground(True)
        self.setMouseTracking(True)
        self._accuracy, self._loss = Plot("Accuracy", lines=12), Plot("Loss", lines=6)
        self._loss.setXLink(self._accuracy)
        self._accuracy.scene().sigPrepareForPaint.connect(self._count_frame)
        self._add_curves()
        self._accuracy_legend, self._loss_legend = new_legend(), new_legend()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._accuracy_legend)
        layout.addWidget(self._accuracy, 5)
        layout.addWidget(self._loss_legend)
        layout.addWidget(self._loss, 3)
        self._apply_style()

    # Drawing

    def redraw(self) -> None:
        """Draw now."""
        curves = self.curves
        epochs = [point.epoch for point in curves.training]
        self._training.setData(epochs, [accuracy_height(p.accuracy) for p in curves.training])
        self._training_loss.setData(epochs, [loss_height(p.loss) for p in curves.training])
        _show(self._validation, curves.validated)
        _show(self._best_epoch, [curves.best] if curves.best else [])
        _show(self._previous, self._previous_accuracies())
        for plot in (self._accuracy, self._loss):
            plot.setXRange(0, curves.epochs, padding=0.02)
        self._fit_accuracy()
        self._fit_loss()
        self._set_ticks()
        self._write_legends()

    def _previous_accuracies(self) -> list[tuple[int, float]]:
        """The validation accuracies of the earlier run, or else those on its training images."""
        previous = self.curves.previous
        return validated(previous) or [(done.epoch, done.train_accuracy) for done in previous]

    def _fit_accuracy(self) -> None:
        """Show the accuracies of all epochs; with a single one, also those of its batches."""
        curves = self.curves
        shown = [done.train_accuracy for done in curves.history]
        shown += [accuracy for _, accuracy in [*curves.validated, *self._previous_accuracies()]]
        if len(curves.history) < 2:
            shown += [0.0, *(point.accuracy for point in curves.training)]
        self._baseline.setVisible(curves.baseline_accuracy is not None)
        if curves.baseline_accuracy is not None:
            self._baseline.setValue(accuracy_height(curves.baseline_accuracy))
            shown.append(curves.baseline_accuracy)
        low, high = accuracy_height(min(shown)), accuracy_height(max(shown))
        margin = max(high - low, 0.3) * 0.06
        self._accuracy.setYRange(low - margin, high + margin, padding=0)

    def _fit_loss(self) -> None:
        curves = self.curves
        losses = [done.loss for done in curves.history]
        if len(losses) < 2:
            losses += [point.loss for point in curves.training]
        low = loss_height(min(losses, default=0.1))
        high = loss_height(max(losses, default=1.0))
        margin = max(high - low, 0.3) * 0.1
        low, high = low - margin, high + margin
        self._loss.setYRange(low, high, padding=0)
        # The learning rate has no axis: its peak is almost at the top.
        peak = curves.peak_learning_rate or 1
        rates = [low + 0.95 * done.learning_rate / peak * (high - low) for done in curves.history]
        self._learning_rate.setData([done.epoch for done in curves.history], rates)
        self._learning_rate.setFillLevel(low)

    def _set_ticks(self) -> None:
        self._accuracy.label_heights(PERCENT_TICKS)
        self._loss.label_heights(LOSS_TICKS)
        most = max(1, self._accuracy.width() // self.fontMetrics().horizontalAdvance("00000"))
        steps = (factor * 10**power for power in range(9) for factor in (1, 2, 5))
        step = next(step for step in steps if self.curves.epochs / step <= most)
        epochs = range(0, self.curves.epochs + 1, step)
        self._accuracy.getAxis("bottom").setTicks([[(epoch, "") for epoch in epochs]])
        self._loss.getAxis("bottom").setTicks([[(epoch, str(epoch)) for epoch in epochs]])

    def _write_legends(self) -> None:
        curves = self.curves
        done = len(curves.history)
        pointed_at = None if self._pointed_at is None else curves.at(self._pointed_at)
        shown = pointed_at or (curves.at(curves.training[-1].epoch) if curves.training else None)
        is_pointed_at = pointed_at is not None
        for line in self._pointer_lines:
            line.setVisible(is_pointed_at)
            line.setValue(pointed_at.point.epoch if pointed_at else 0)
        last = curves.validated[-1][1] if curves.validated else None
        validation = pointed_at.validation if pointed_at else last
        accuracy = [
            (self._grey, "●", f"Training {percent(shown.point.accuracy) if shown else ''}".strip()),
        ]
        if validation is not None or not done:
            text = "Validation" if validation is None else f"Validation {percent(validation)}"
            accuracy.append((self._accent, "●", text))
        if curves.best:
            epoch, best = curves.best
            accuracy.append((self._accent, "○", f"Best {percent(best)} in epoch {epoch}"))
        if curves.baseline_accuracy is not None:
            accuracy.append((self._text, "╌", f"In use {percent(curves.baseline_accuracy)}"))
        if previous := self._previous_accuracies():
            accuracy.append((self._pale_grey, "●", f"Previous run {percent(previous[-1][1])}"))
        loss, rate = "Loss", "Learning rate"
        if shown:
            loss += f" {shown.point.loss:.3g}"
        now = pointed_at.learning_rate if pointed_at else self._last_learning_rate()
        if now is not None:
            rate += f" {now:.2g}, peak {curves.peak_learning_rate:.2g}"
        epoch_text = f"Epoch {pointed_at.point.epoch:.1f}: " if pointed_at else ""
        self._accuracy_legend.setText(epoch_text + legend_text(accuracy))
        self._loss_legend.setText(legend_text([(self._grey, "●", loss), (self._pale, "■", rate)]))
        words = [words for *_, words in accuracy]
        self.words = ", ".join([f"Epoch {done} of {curves.epochs}", *words, loss, rate])

    def _last_learning_rate(self) -> float | None:
        return self.curves.history[-1].learning_rate if self.curves.history else None

    def _count_frame(self) -> None:
        self.frames_drawn += 1

    # The pointer

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._point_at(self._epoch_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)

    def _epoch_at(self, position: QPointF) -> float | None:
        """The epoch at a position; None beside the plots."""
        for plot in (self._accuracy, self._loss):
            if plot.geometry().contains(position.toPoint()):
                inside = plot.mapToScene(plot.mapFromParent(position.toPoint()))
                return float(plot.getViewBox().mapSceneToView(inside).x())
        return None

    def _point_at(self, epoch: float | None) -> None:
        if epoch != self._pointed_at:
            self._pointed_at = epoch
            self._write_legends()

    # Look

    def _add_curves(self) -> None:
        """Add the curves, from the back to the front."""
        dots = {"antialias": True, "symbol": "o", "symbolSize": 4}
        self._learning_rate = self._loss.plot(antialias=True, name="learning rate")
        self._training_loss = self._loss.plot(antialias=True, name="training")
        self._previous = self._accuracy.plot(antialias=True, name="previous")
        self._baseline = pg.InfiniteLine(angle=0, name="in use")
        self._accuracy.addItem(self._baseline, ignoreBounds=True)
        self._training = self._accuracy.plot(antialias=True, name="training")
        self._validation = self._accuracy.plot(**dots, name="validation")
        self._best_epoch = self._accuracy.plot(
            **dots | {"symbolSize": 11}, pen=None, symbolBrush=None, name="best"
        )
        self._pointer_lines = [pg.InfiniteLine(angle=90, name="pointer") for _ in range(2)]
        for plot, line in zip((self._accuracy, self._loss), self._pointer_lines, strict=True):
            plot.addItem(line, ignoreBounds=True)

    def _apply_style(self) -> None:
        """Take the colours from the palette and the sizes from the font."""
        palette, metrics = self.palette(), self.fontMetrics()
        self._text = palette.color(QPalette.ColorRole.WindowText)
        self._accent = palette.color(QPalette.ColorRole.Accent)
        background = palette.color(QPalette.ColorRole.Window)
        self._grey = mixed(self._text, background, _LINE)
        self._pale_grey = mixed(self._text, background, _PREVIOUS)
        self._pale = mixed(self._accent, background, 2 * _LEARNING_RATE)
        self._accuracy.apply_style(palette, self.font())
        self._accuracy.getAxis("bottom").setHeight(metrics.height() // 3)
        self._loss.apply_style(palette, self.font())
        self._loss.getAxis("bottom").setHeight(2.5 * metrics.height())
        self._loss.getAxis("bottom").setLabel("Epoch")
        self._loss.getAxis("bottom").label.setFont(self.font())
        for curve, colour in (
            (self._training, self._grey),
            (self._training_loss, self._grey),
            (self._validation, self._accent),
            (self._previous, self._pale_grey),
        ):
            curve.setPen(pg.mkPen(colour, width=2))
            curve.setSymbolPen(pg.mkPen(colour))
            curve.setSymbolBrush(pg.mkBrush(colour))
        self._best_epoch.setSymbolPen(pg.mkPen(self._accent, width=2))
        self._baseline.setPen(pg.mkPen(self._text, style=Qt.PenStyle.DashLine))
        self._learning_rate.setPen(pg.mkPen(faded(self._accent, 2 * _LEARNING_RATE)))
        self._learning_rate.setFillBrush(pg.mkBrush(faded(self._accent, _LEARNING_RATE)))
        for line in self._pointer_lines:
            line.setPen(pg.mkPen(self._pale_grey))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self.redraw)  # when the plots have their sizes

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.FontChange}:
            self._apply_style()
            self.redraw()


def _show(curve: pg.PlotDataItem, accuracies: Sequence[tuple[int, float]]) -> None:
    """Show the accuracies of these epochs as a curve."""
    epochs = [epoch for epoch, _ in accuracies]
    curve.setData(epochs, [accuracy_height(accuracy) for _, accuracy in accuracies])
