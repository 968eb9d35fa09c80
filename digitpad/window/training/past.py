"""Past trainings: the kept weights, each with the chart of its training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QListWidget, QVBoxLayout, QWidget

from digitpad.weights_store import WeightsFile, checkpoint_file, kept_weights
from digitpad.window.training.charts.chart import TrainingChart
from digitpad.window.training.charts.curves import Curves
from digitpad.window.training.charts.figure import recipe_title, run_title
from digitpad.window.widgets.controls import button
from digitpad.window.widgets.label import SecondaryText, bold, label
from digitpad.window.widgets.layout import row
from digitpad.window.widgets.text import breakable, date_and_time, percent
from digitpad.window.widgets.theme import SCROLL_BAR

_LINES = 8  # of text; the list scrolls
_MOST_CHARACTERS = 40  # of a name


class PastTrainings(QWidget):
    """Lists the kept weights, newest first, and shows how the training of one of them went."""

    use_requested = Signal(Path)
    resume_requested = Signal(Path)
    """With the checkpoint of a training that was stopped early."""
    back_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._files: Sequence[WeightsFile] = ()
        self._in_use: Path | None = None
        self._is_running = False
        self._list = QListWidget()
        self._list.setAccessibleName("Past trainings")
        self._list.setFixedHeight(_LINES * self.fontMetrics().height())
        self._list.setSpacing(1)
        self._list.verticalScrollBar().setStyleSheet(SCROLL_BAR)
        self._list.currentRowChanged.connect(self._show)
        self._empty = SecondaryText("The weights of your trainings will be listed here.")
        self._facts, self._accuracies = SecondaryText(), label(wraps=True)
        self.chart = TrainingChart()
        self._without_chart = SecondaryText(
            "There is no chart: these weights do not record their training."
        )
        self._use = button("U&se These Weights", self._request_use, kind="primary")
        self._resume = button("Resu&me", self._request_resume)
        self._resume.setToolTip("Resume this training from its last finished epoch")
        self._back = button("&Back", self.back_requested)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for part in (
            bold(label("Past trainings")),
            self._empty,
            self._list,
            self._facts,
            self._accuracies,
            self._use,
            row(self._resume, self._back),
            self.chart,
            self._without_chart,
        ):
            layout.addWidget(part)
        layout.setStretchFactor(self.chart, 1)

    def refresh(self, *, is_running: bool) -> None:
        """Read the kept weights. While a training `is_running`, none can be resumed."""
        chosen = self._chosen
        self._is_running = is_running
        self._files = [file for file in kept_weights() if not file.damage]
        self._list.clear()
        for file in self._files:
            self._list.addItem(_line(file))
        self._empty.setVisible(not self._files)
        self._list.setVisible(bool(self._files))
        paths = [file.path for file in self._files]
        at = paths.index(chosen.path) if chosen and chosen.path in paths else 0
        self._list.setCurrentRow(at if paths else -1)
        self._show()

    def set_in_use(self, weights: Path) -> None:
        """Note which weights are in use."""
        self._in_use = weights
        self._show_buttons()

    @property
    def _chosen(self) -> WeightsFile | None:
        at = self._list.currentRow()
        return self._files[at] if 0 <= at < len(self._files) else None

    def _show(self) -> None:
        file = self._chosen
        history = file.history if file else ()
        for part in (self._facts, self._accuracies):
            part.setVisible(file is not None)
        self.chart.setVisible(bool(history))
        self._without_chart.setVisible(file is not None and not history)
        if file:
            self._facts.setText(breakable(_facts(file)))
            self._accuracies.setText(
                "\n".join(breakable(f"{split}: {percent(a)}") for split, a in file.accuracies)
            )
        if file and history:
            epochs = max(int(file.epochs or 0), len(history))
            curves = Curves(epochs)
            for done in history:
                curves.add(done)
            self.chart.show_curves(curves, run_title(file.recipe, epochs, file.seed, file.created))
        self._show_buttons()

    def _show_buttons(self) -> None:
        file = self._chosen
        is_used = file is not None and file.path == self._in_use
        self._use.setVisible(file is not None)
        self._use.setText("In Use Now" if is_used else "U&se These Weights")
        self._use.setEnabled(not is_used)
        self._resume.setVisible(file is not None and checkpoint_file(file.path).exists())
        self._resume.setEnabled(not self._is_running)

    def _request_use(self) -> None:
        if file := self._chosen:
            self.use_requested.emit(file.path)

    def _request_resume(self) -> None:
        if file := self._chosen:
            self.resume_requested.emit(checkpoint_file(file.path))


def _line(file: WeightsFile) -> str:
    """The file in one line of the list."""
    facts = [_shortened(file.name or recipe_title(file.recipe)), date_and_time(file.created)]
    if file.accuracy is not None:
        facts.append(percent(file.accuracy))
    return " · ".join(facts)


def _facts(file: WeightsFile) -> str:
    facts = [_shortened(recipe_title(file.recipe))]
    if file.seed is not None:
        facts.append(f"seed {file.seed}")
    if file.epochs_done is not None and file.epochs is not None:
        is_whole = file.epochs_done >= file.epochs
        epochs = f"{file.epochs:.0f} epochs"
        facts.append(epochs if is_whole else f"stopped after {file.epochs_done:.1f} of {epochs}")
    return f"{' · '.join(facts)}\n{file.path.name}"


def _shortened(text: str) -> str:
    """One line of a text from a file."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…"
