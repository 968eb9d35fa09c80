"""Training from the window: the trainer's process, the panel that shows it, and the Net in it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDockWidget, QMessageBox, QWidget

from digitpad.models import (
    bundled_weights,
    checkpoint_file,
    describe,
    epoch_weights_file,
    is_better,
    new_weights_file,
    weights_file,
)
from digitpad.network import WeightsError
from digitpad.progress import EpochDone, EpochWeightsWritten, Measured, Message, RunStarted
from digitpad.recognizer import Recognizer
from digitpad.window.confusion_view import ConfusionView
from digitpad.window.training_chart import TrainingChart
from digitpad.window.training_form import TrainingForm
from digitpad.window.training_panel import TrainingPanel
from digitpad.window.training_process import Outcome, Run, TrainingProcess


class TrainingDock(QDockWidget):
    """Starts a training, shows how it goes, and has the Net that it has come to so far.

    It makes its window wider when it opens, and narrower again when it is closed. A training goes
    on while it is closed; at the training's end it opens again.
    """

    net_changed = Signal()
    """`recognizer` is another one now."""

    use_requested = Signal(Path)
    """These weights are to answer from now on."""

    may_close = Signal()
    """After `ask_to_close`: no training is going on any more, and the person wants to leave."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Training", parent)
        self.setAllowedAreas(
            Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea
        )
        self.recognizer: Recognizer | None = None
        """Of the run: what it has come to, while it goes on; its weights, until they are used."""
        self.epoch = 0
        """The last epoch of the run that is done."""
        self.process = TrainingProcess(self)
        self.form, self.chart, self.confusion = TrainingForm(), TrainingChart(), ConfusionView()
        self.panel = TrainingPanel(self.form, self.chart, self.confusion)
        self.setWidget(self.panel)
        self._weights: Path | None = None  # of the run that has ended
        self._measured: list[Measured] = []
        self._line_to_beat: float | None = None
        self._in_use: tuple[Path | None, dict[str, float]] = (None, {})
        self._wider_by = 0
        self._question: QMessageBox | None = None
        self._closes_at_end = False
        self._connect()

    def _connect(self) -> None:
        self.form.start_requested.connect(self._start_as_asked)
        self.form.problem_found.connect(self.panel.show_form)
        self.panel.stop_requested.connect(self.process.stop_early)
        self.panel.cancel_requested.connect(self.process.cancel)
        self.panel.use_weights_requested.connect(self.use_requested)
        self.panel.resume_requested.connect(self.resume)
        self.panel.folder_chosen.connect(self.form.start_with_folder)
        self.panel.synthetic_requested.connect(self.form.start_with_synthetic)
        self.process.message.connect(self._take)
        self.process.log_line.connect(self.panel.show_log)
        self.process.ended.connect(self._end)

    @property
    def is_running(self) -> bool:
        """Whether a training is going on."""
        return self.process.is_running

    def set_in_use(self, weights: Path, accuracies: dict[str, float]) -> None:
        """Say which weights answer, and how well they read: from 0 to 1, by split."""
        self._in_use = weights, accuracies
        is_ours = weights == self._weights
        if self._weights:
            self.panel.show_in_use(None if is_ours else accuracies)
        if is_ours:
            self._set_net(None)

    # A run

    def _start_as_asked(self) -> None:
        arguments = self.form.arguments()
        out = new_weights_file(self.form.recipe.currentData(), datetime.now(UTC))
        is_mnist = self.form.data.currentData() == "mnist"
        self._start([*arguments, f"--out={out}"], out, beats_bundled=is_mnist)

    def resume(self, checkpoint: Path) -> None:
        """Go on with an interrupted training, unless another one is going on."""
        if not self.is_running:
            self._start([f"--resume={checkpoint}"], weights_file(checkpoint), beats_bundled=False)

    def _start(self, arguments: Sequence[str], out: Path, *, beats_bundled: bool) -> None:
        self._line_to_beat = None
        if beats_bundled:
            with suppress(FileNotFoundError):
                self._line_to_beat = describe(bundled_weights()).accuracy
        self.epoch, self._weights, self._measured = 0, None, []
        self._set_net(None)
        self.confusion.clear()
        self.panel.show_starting()
        epoch_weights = epoch_weights_file(out)
        arguments = [*arguments, f"--epoch-weights={epoch_weights}"]
        self.process.start(Run(arguments, checkpoint_file(out), epoch_weights))

    def _take(self, message: Message) -> None:
        match message:
            case RunStarted():
                self.epoch = message.epochs_done
                self.chart.start(
                    message.epochs,
                    message.epochs_done,
                    message.batches_per_epoch,
                    self._line_to_beat,
                )
            case EpochDone():
                self.epoch = message.epoch
            case EpochWeightsWritten():
                with suppress(WeightsError):  # the next epoch's may be better readable
                    self._set_net(Recognizer(Path(message.path)))
            case Measured():
                self._measured.append(message)
                self.confusion.add(message)
        self.chart.add(message)
        self.panel.show_running(message)

    def _end(self, outcome: Outcome) -> None:
        if self._question:
            self._question.close()
        if self._closes_at_end:
            self.may_close.emit()
            return
        self._show_end(outcome)
        self.open()
        new = {each.split: each.accuracy for each in self._measured}
        if self._weights and outcome.kind == "finished" and is_better(new, self._in_use[1]):
            self.use_requested.emit(self._weights)

    def _show_end(self, outcome: Outcome) -> None:
        net = None
        if outcome.weights:
            try:
                net = Recognizer(outcome.weights)
            except WeightsError as error:
                self._set_net(None)
                self.panel.show_failed(
                    "The training has ended, but its weights cannot be used; those in use stay."
                    f"\n{error}",
                    checkpoint=outcome.checkpoint,
                )
                return
            self._weights = outcome.weights
        self._set_net(net)
        if outcome.kind in {"finished", "stopped", "cancelled"}:
            self.panel.show_finished(
                outcome.sentence,
                weights=outcome.weights,
                measured=self._measured,
                in_use=self._in_use[1],
                checkpoint=outcome.checkpoint,
            )
        else:
            self.panel.show_failed(
                outcome.sentence,
                command=outcome.command,
                data_missing=outcome.data_missing,
                weights=outcome.weights,
                checkpoint=outcome.checkpoint,
            )

    def _set_net(self, recognizer: Recognizer | None) -> None:
        if recognizer is not self.recognizer:
            self.recognizer = recognizer
            self.net_changed.emit()

    # Leaving

    def ask_to_close(self) -> None:
        """Ask what is to become of the training that is going on, for the window is to close."""
        if self._question:
            self._question.raise_()
            return
        self._question = box = QMessageBox(self.window())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("digitpad")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText("A training is going on.")
        role = QMessageBox.ButtonRole
        if self.epoch:
            box.setInformativeText(
                f"It can go on next time from epoch {self.epoch}, or be thrown away."
            )
            later = box.addButton("&Go On Next Time", role.AcceptRole)
            later.clicked.connect(self._leave)
            box.setDefaultButton(later)
        else:
            box.setInformativeText("No epoch of it is done yet: if you leave, nothing is kept.")
        box.addButton("&Throw Away", role.DestructiveRole).clicked.connect(self._throw_away)
        stay = box.addButton("&Stay", role.RejectRole)
        if not self.epoch:
            box.setDefaultButton(stay)
        box.finished.connect(self._forget_question)
        box.open()

    def shut_down(self) -> None:
        """End a training that is going on, so that it can go on next time; wait for that."""
        self._closes_at_end = True
        self.process.shut_down()

    def _leave(self) -> None:
        self.shut_down()

    def _throw_away(self) -> None:
        self._closes_at_end = True
        self.process.cancel()

    def _forget_question(self) -> None:
        self._question = None

    # The room beside the pad

    def open(self) -> None:
        """Show it, and give it room beside what is there; the screen's edge is the limit."""
        if not self.isHidden():
            self.raise_()
            return
        window = self.window()
        if not (self.isFloating() or window.isMaximized() or window.isFullScreen()):
            screen = window.screen().availableGeometry()
            frame, content = window.frameGeometry(), window.geometry()
            most = screen.width() - (frame.width() - content.width())
            wanted = min(content.width() + self.sizeHint().width(), most)
            self._wider_by = max(wanted - content.width(), 0)
            window.resize(content.width() + self._wider_by, content.height())
            _keep_on(screen, window)
        self.show()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        window = self.window()
        if not (window.isMaximized() or window.isFullScreen()):
            window.resize(window.width() - self._wider_by, window.height())
        self._wider_by = 0

    def sizeHint(self) -> QSize:
        return self.panel.sizeHint().expandedTo(self.minimumSizeHint())


def _keep_on(screen: QRect, window: QWidget) -> None:
    """Move a window that has become wider back onto its screen."""
    beyond = window.frameGeometry().right() - screen.right()
    if beyond > 0:
        window.move(max(window.x() - beyond, screen.left()), window.y())
