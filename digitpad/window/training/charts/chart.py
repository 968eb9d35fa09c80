"""The chart of a training run, drawn during the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from digitpad.training.messages import EpochDone, Message
from digitpad.window.training.charts.curves import Curves
from digitpad.window.training.charts.export import ChartExport
from digitpad.window.training.charts.figure import figure
from digitpad.window.training.charts.run_plots import RunPlots

COLUMNS = tuple(field.name for field in fields(EpochDone) if field.name != "seconds_left")
"""The columns of `TrainingChart.rows()`."""

# Drawing takes some milliseconds from the trainer's threads, which wait for one another.
_REDRAW_MS = 500


class TrainingChart(QWidget):
    """Shows the accuracy over the epochs, and below it the loss and the learning rate.

    An earlier run may be behind this one. The chart is drawn at most twice a second, and not while
    it is hidden.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.waits = False
        """Whether drawing waits for the pen: drawing the chart takes as long as a frame of the
        screen, and would delay the answer to the stroke."""
        self._title = ""
        self._plots = RunPlots()
        self._timer = QTimer(self, singleShot=True, interval=_REDRAW_MS)
        self._timer.timeout.connect(self._redraw_or_wait)
        self.export = ChartExport(
            lambda: figure(self._plots.curves, self._title), lambda: [COLUMNS, *self.rows()]
        )
        self.setAccessibleName("Training chart")
        self.addActions(self.export.actions())
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._plots, 1)
        layout.addWidget(self.export)
        self.start(epochs=1, batches_per_epoch=1, baseline_accuracy=None)

    @property
    def frames_drawn(self) -> int:
        """How many times the accuracy plot was painted."""
        return self._plots.frames_drawn

    def start(
        self,
        epochs: int,
        batches_per_epoch: int,
        baseline_accuracy: float | None,
        previous: Sequence[EpochDone] = (),
        title: str = "Training",
    ) -> None:
        """Show a new run.

        `baseline_accuracy` (0–1) is that of the weights in use, on the same validation images.
        `previous` are the epochs of an earlier run. `title` is that of the saved figure.
        """
        self.show_curves(Curves(epochs, batches_per_epoch, baseline_accuracy, previous), title)

    def show_curves(self, curves: Curves, title: str) -> None:
        """Show a run that may have ended. `title` is that of the saved figure."""
        self._plots.curves, self._title = curves, title
        self.export.clear()
        self.redraw()

    def add(self, message: Message) -> None:
        """Draw soon what a BatchDone or EpochDone says; other messages are ignored."""
        is_shown = self._plots.curves.add(message) and self.isVisible()
        if is_shown and not self._timer.isActive():
            self._timer.start()

    def rows(self) -> list[tuple[float | None, ...]]:
        """The finished epochs, with the columns COLUMNS."""
        history = self._plots.curves.history
        return [tuple(getattr(done, name) for name in COLUMNS) for done in history]

    def redraw(self) -> None:
        """Draw now."""
        self._timer.stop()
        self._plots.redraw()
        self.setAccessibleDescription(self._plots.words)

    def _redraw_or_wait(self) -> None:
        if self.waits:
            self._timer.start()
        else:
            self.redraw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.redraw()
