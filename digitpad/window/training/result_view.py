"""The result of a run: how it ended, how its weights compare, and what to do next."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from digitpad.training.messages import Evaluated
from digitpad.training.run import Outcome, RunState
from digitpad.window.training.installing import CommandLine
from digitpad.window.widgets.controls import button
from digitpad.window.widgets.label import SecondaryText, bold, label
from digitpad.window.widgets.layout import row
from digitpad.window.widgets.text import Sentence, breakable, percent

_USE = "U&se These Weights"
_VERDICTS = {
    "better": "Better than the weights {}",
    "worse": "Worse than the weights {}",
    "equal": "Equal to the weights {}",
    "unknown": "Cannot compare with the weights {}",
}
_AS_PLANNED = {"finished", "stopped", "cancelled"}


class ResultView(QWidget):
    """Shows how a run ended, and offers what can be done about it."""

    use_requested = Signal(Path)
    resume_requested = Signal(Path)
    """With the checkpoint."""
    again_requested = Signal()
    """The person wants to start another run."""
    folder_chosen = Signal(Path)
    """The run lacked its data, which are in this folder."""
    synthetic_requested = Signal()
    """The run lacked its data; train on synthetic digits."""

    def __init__(self) -> None:
        super().__init__()
        self._state = RunState()
        self._outcome: Outcome | None = None
        self._in_use: Path | None = None
        self._verdict, self._reason = bold(label(wraps=True)), SecondaryText()
        self._accuracies = _AccuracyTable()
        self._sentence = Sentence("How the training ended")
        self._sign = label()
        warning = self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        size = self.style().pixelMetric(QStyle.PixelMetric.PM_LargeIconSize)
        self._sign.setPixmap(warning.pixmap(size))
        self._sign.setAccessibleName("Warning")
        self._sign.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._sign.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._command = CommandLine()
        self._use = button(_USE, self._request_use, kind="primary")
        self._resume = button("Resu&me", self._request_resume)
        self._resume.setToolTip("Resume this training from its last finished epoch")
        self._folder = button("Ch&oose Folder…", self._ask_for_folder)
        self._synthetic = button("Train on S&ynthetic Digits", self.synthetic_requested)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for part in (
            self._verdict,
            self._reason,
            self._accuracies,
            row(self._sign, self._sentence),
            self._command,
            self._folder,
            self._synthetic,
            self._use,
            row(self._resume, button("Train &Again", self.again_requested)),
        ):
            layout.addWidget(part)

    def show_run(self, state: RunState) -> None:
        """Show a run that has ended."""
        outcome = state.outcome
        assert outcome
        self._state, self._outcome = state, outcome
        self._sentence.setPlainText(outcome.sentence)
        self._sign.setVisible(outcome.kind not in _AS_PLANNED)
        self._command.set_command(outcome.command or "")
        self._command.setVisible(outcome.command is not None)
        self._folder.setVisible(outcome.data_missing)
        # A run can be resumed only with its own data.
        self._synthetic.setVisible(outcome.data_missing and outcome.checkpoint is None)
        self._use.setVisible(outcome.weights is not None)
        self._resume.setVisible(outcome.checkpoint is not None)
        self._show_comparison()

    def set_in_use(self, weights: Path) -> None:
        """Note which weights are in use: the comparison holds only for the baseline."""
        self._in_use = weights
        self._show_comparison()

    def announce(self) -> None:
        """Have a screen reader say how the run ended: people do something else meanwhile."""
        QAccessible.updateAccessibility(QAccessibleEvent(self._sentence, QAccessible.Event.Alert))

    def _show_comparison(self) -> None:
        weights = self._outcome.weights if self._outcome else None
        is_used = weights is not None and weights == self._in_use
        self._use.setText("In Use Now" if is_used else _USE)
        self._use.setAccessibleName(self._use.text().replace("&", ""))
        self._use.setEnabled(not is_used)
        headline, reason = _comparison(self._state, self._in_use, is_used=is_used)
        self._verdict.setText(headline)
        self._verdict.setVisible(bool(headline))
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        baseline = "In use" if self._state.baseline == self._in_use else "Before"
        self._accuracies.show_evaluations(self._state.evaluations, baseline)

    def _request_use(self) -> None:
        if self._outcome and self._outcome.weights:
            self.use_requested.emit(self._outcome.weights)

    def _request_resume(self) -> None:
        if self._outcome and self._outcome.checkpoint:
            self.resume_requested.emit(self._outcome.checkpoint)

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, "MNIST Folder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self.folder_chosen.emit(Path(folder)))
        dialog.open()


class _AccuracyTable(QWidget):
    """The accuracy of the new weights and of the baseline, one row per split."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setColumnStretch(0, 1)

    def show_evaluations(self, evaluations: tuple[Evaluated, ...], baseline: str) -> None:
        """`baseline` is the heading of the second column; the table hides if it is empty."""
        self.setVisible(bool(evaluations))
        while item := self._grid.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        rows = [("Accuracy", "New", baseline)]
        for each in evaluations:
            old = "–" if each.baseline_accuracy is None else percent(each.baseline_accuracy)
            rows.append((breakable(each.split), percent(each.accuracy), old))
        for number, texts in enumerate(rows):
            for column, text in enumerate(texts):
                shown = SecondaryText(text) if number == 0 else label(text)
                shown.setWordWrap(column == 0)
                if column:
                    shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
                self._grid.addWidget(shown, number, column)


def _comparison(state: RunState, in_use: Path | None, *, is_used: bool) -> tuple[str, str]:
    """The verdict, worded for the weights now in use, and the reason for it."""
    if state.compared is None:
        return "In use now" if is_used else "", ""
    verdict = _VERDICTS[state.compared.verdict]
    reason = state.compared.explanation
    reason = reason[:1].upper() + reason[1:]
    if is_used:
        return f"In use now. {verdict.format('before')}", reason
    if state.baseline == in_use:
        return verdict.format("in use"), reason
    return (
        "The weights in use have changed since the comparison",
        f"{verdict.format('before')}. {reason}",
    )
