"""Runs started from the window: their state, the Net in training, and the question on closing.

The form, the process and the widgets that show a run know nothing of one another; this module
connects them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from digitpad.network import WeightsError
from digitpad.recognizer import Recognizer
from digitpad.training.messages import (
    EpochDone,
    EpochWeightsWritten,
    Evaluated,
    Message,
    RunStarted,
    WeightsWritten,
)
from digitpad.training.run import Exit, Outcome, RunState
from digitpad.weights_store import kept_weights, new_weights_file, weights_file
from digitpad.window.training.charts.chart import TrainingChart
from digitpad.window.training.charts.confusion import ConfusionView
from digitpad.window.training.charts.figure import run_title
from digitpad.window.training.form import TrainingForm
from digitpad.window.training.panel import TrainingPanel
from digitpad.window.training.problems import mnist_folder
from digitpad.window.training.process import TrainerCommand, TrainingProcess

Kept = Literal["weights", "checkpoint", None]

_CLOSING: dict[Kept, str] = {
    "weights": "The weights are kept. If you close now, they are not evaluated.",
    "checkpoint": "You can resume it next time from its last finished epoch, or discard it.",
    None: "Its first epoch is not finished yet. If you close now, nothing is kept.",
}


class RunControl(QObject):
    """Starts and resumes runs, and acts on how they stand."""

    net_changed = Signal()
    """`recognizer` has changed."""

    use_requested = Signal(Path)
    """Use these weights from now on."""

    may_close = Signal()
    """After `ask_to_close`: the run has ended, and the person wants to leave."""

    attention_wanted = Signal()
    """The panel shows something that the person should see."""

    def __init__(
        self,
        panel: TrainingPanel,
        form: TrainingForm,
        chart: TrainingChart,
        confusion: ConfusionView,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._window = window
        self.process = TrainingProcess(self)
        self.recognizer: Recognizer | None = None
        """During a run, with the weights of its last epoch; then with its weights, until these are
        in use."""
        self.epoch = 0
        """The epoch that the weights of `recognizer` are from."""
        self._panel, self._form, self._chart, self._confusion = panel, form, chart, confusion
        self._in_use: Path | None = None
        self._outcome: Outcome | None = None
        self._previous: Sequence[EpochDone] = ()  # the epochs of the run before
        self._question: _ClosingQuestion | None = None
        form.start_requested.connect(self._start_from_form)
        form.problem_found.connect(panel.show_form)
        form.past_requested.connect(panel.show_past)
        panel.stop_requested.connect(lambda: self.process.request("stop"))
        panel.cancel_requested.connect(lambda: self.process.request("cancel"))
        panel.use_requested.connect(self.use_requested)
        panel.resume_requested.connect(self.resume)
        panel.folder_chosen.connect(self._start_with_folder)
        panel.synthetic_requested.connect(form.start_with_synthetic)
        self.process.state_changed.connect(self._show_run)
        self.process.message_received.connect(self._take_message)
        self.process.log_line.connect(panel.log)

    def set_in_use(self, weights: Path) -> None:
        """Note which weights are in use; the next run is compared with them."""
        self._in_use = weights
        self._panel.set_in_use(weights)
        if self._outcome and weights == self._outcome.weights:
            self._set_net(None)

    # Starting

    def start(self, arguments: Sequence[str], weights: Path) -> None:
        """Start a run that writes `weights`; `arguments` are options of `python -m trainer`."""
        self._outcome = None
        self._set_net(None)
        self._confusion.clear()
        self._panel.clear_log()
        self._previous = next(
            (file.history for file in kept_weights() if file.history and file.path != weights), ()
        )
        self.process.start(TrainerCommand(arguments, weights, baseline=self._in_use))

    def resume(self, checkpoint: Path, *options: str) -> None:
        """Resume an interrupted run; `options` replace those that it was started with."""
        self.start([f"--resume={checkpoint}", *options], weights_file(checkpoint))

    def _start_from_form(self) -> None:
        try:
            weights = new_weights_file(self._form.recipe.currentData(), datetime.now(UTC))
        except OSError as error:
            why = f"cannot write {error.filename}: {error.strerror}." if error.filename else error
            self._show_run(RunState().ended(Exit(start_error=str(why))))
        else:
            self.start([*self._form.arguments(), f"--out={weights}"], weights)

    def _start_with_folder(self, folder: Path) -> None:
        """Repeat the run that lacked its data, with MNIST from this folder."""
        if self._outcome and self._outcome.checkpoint:
            self.resume(self._outcome.checkpoint, f"--data-dir={mnist_folder(folder)}")
        else:
            self._form.start_with_folder(folder)

    # Running and ending

    def _take_message(self, message: Message) -> None:
        match message:
            case RunStarted():
                recipe = str(message.recipe.get("name"))
                self._chart.start(
                    message.epochs,
                    message.batches_per_epoch,
                    message.baseline_accuracy,
                    self._previous,
                    run_title(recipe, message.epochs, message.seed, datetime.now(UTC)),
                )
            case EpochWeightsWritten():
                with suppress(WeightsError):  # the next epoch's may be readable
                    self._set_net(Recognizer(Path(message.path)), message.epoch)
            case WeightsWritten() if self.process.state.closing:
                QTimer.singleShot(0, self, self.shut_down)  # not while the process is being read
            case Evaluated():
                self._confusion.add(message)
        self._chart.add(message)

    def _show_run(self, state: RunState) -> None:
        self._outcome = outcome = state.outcome
        if self._question and (outcome or self._question.kept != self._kept(state)):
            self._question.close()
            if not outcome:
                self._ask(state)
        if state.closes_window:
            self.may_close.emit()
            return
        self._panel.show_run(state)
        if outcome:
            self._end(state, outcome)

    def _end(self, state: RunState, outcome: Outcome) -> None:
        net = None
        if outcome.weights:
            with suppress(WeightsError):
                net = Recognizer(outcome.weights)
        self._set_net(net, int(state.epochs_done))
        self.attention_wanted.emit()
        # Weights that are in use already are read again: their evaluation is in the file now.
        is_used = outcome.weights == self._in_use
        if outcome.weights and (is_used or state.replaces(self._in_use)):
            self.use_requested.emit(outcome.weights)

    def _set_net(self, recognizer: Recognizer | None, epoch: int = 0) -> None:
        if recognizer is not self.recognizer:
            self.recognizer, self.epoch = recognizer, epoch
            self.net_changed.emit()

    # Closing

    def ask_to_close(self) -> None:
        """Ask what to do with the run in progress, because the window is about to close."""
        state = self.process.state
        if state.closing or state.is_cancelled:
            self.process.request("close")  # it will not take long
        elif self._question:
            self._question.raise_()
        else:
            self._ask(state)

    def shut_down(self) -> None:
        """End a run in progress, and wait for its end. What it has saved stays."""
        self.process.request("close")
        self.process.shut_down()

    def _ask(self, state: RunState) -> None:
        self._question = question = _ClosingQuestion(self._kept(state), self._window)
        question.close_chosen.connect(self._close)
        question.discard_chosen.connect(self._discard)
        question.finished.connect(self._forget_question)
        question.open()

    def _kept(self, state: RunState) -> Kept:
        exists = state.checkpoint is not None and state.checkpoint.exists()
        return state.closing_keeps(checkpoint_exists=exists)

    def _close(self) -> None:
        self.process.request("close")
        self.attention_wanted.emit()
        if self.process.state.can_be_ended:
            self.shut_down()

    def _discard(self) -> None:
        self.process.request("discard")
        self.attention_wanted.emit()

    def _forget_question(self) -> None:
        self._question = None


class _ClosingQuestion(QMessageBox):
    """Asks what to do with a run in progress when the window is about to close."""

    close_chosen = Signal()
    discard_chosen = Signal()

    def __init__(self, kept: Kept, parent: QWidget) -> None:
        super().__init__(parent)
        self.kept = kept
        """What is kept of the run if the window closes now."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("digitpad")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setIcon(QMessageBox.Icon.Question)
        self.setText("A training is running.")
        role = QMessageBox.ButtonRole
        default = self.addButton("&Stay", role.RejectRole)
        if kept != "weights":
            discard = self.addButton("&Discard", role.DestructiveRole)
            discard.clicked.connect(self.discard_chosen)
        if kept:
            text = "&Resume Next Time" if kept == "checkpoint" else "&Close Without Evaluating"
            default = self.addButton(text, role.AcceptRole)
            default.clicked.connect(self.close_chosen)
        self.setInformativeText(_CLOSING[kept])
        self.setDefaultButton(default)
