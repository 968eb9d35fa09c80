"""Training from the window: the trainer's process, the panel that shows it, and the Net in it.

What `main_window` is for the pad, this is for training: it puts the widgets together, which do not
know each other, and connects them. `main_window` alone knows this.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPalette
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QMessageBox, QWidget

from digitpad.network import WeightsError, read_weights
from digitpad.recognizer import Recognizer
from digitpad.training_messages import (
    EpochDone,
    EpochWeightsWritten,
    Evaluated,
    Message,
    RunStarted,
    WeightsWritten,
)
from digitpad.weights_store import (
    accuracies,
    bundled_weights,
    checkpoint_file,
    describe,
    epoch_weights_file,
    is_better,
    new_weights_file,
    weights_file,
)
from digitpad.window.training.chart import TrainingChart
from digitpad.window.training.confusion import ConfusionView
from digitpad.window.training.form import TrainingForm, mnist_folder
from digitpad.window.training.panel import TrainingPanel
from digitpad.window.training.process import Outcome, Run, TrainingProcess
from digitpad.window.widgets.colours import tinted

# What leaving would mean.
_KEPT = "What it has learned is kept. If you close now, how well it reads is not measured."
_CAN_GO_ON = "It can go on next time from its last whole epoch, or be thrown away."
_NOTHING_YET = "No epoch of it is done yet: if you leave, nothing is kept."


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
        self._window = parent  # floating, this is a window itself
        self.setAllowedAreas(
            Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea
        )
        self.recognizer: Recognizer | None = None
        """Of the run: what it has come to, while it goes on; its weights, until they are used."""
        self.epoch = 0
        """The last whole one that `recognizer` has learned in."""
        self.process = TrainingProcess(self)
        self.form, self.chart, self.confusion = TrainingForm(), TrainingChart(), ConfusionView()
        self.panel = TrainingPanel(self.form, self.chart, self.confusion)
        self.setWidget(self.panel)
        self._weights: Path | None = None  # of the run that has ended
        self._measured: list[Evaluated] = []
        self._checkpoint: Path | None = None  # of the run that goes on, if an epoch of it is done
        self._epochs_done = 0
        self._in_use: tuple[Path | None, dict[str, float]] = (None, {})
        self.size_to_return_to: QSize | None = None
        """Of the window without this, where it still has the room because it fills its screen."""
        self._extra_width = 0
        self._question: QMessageBox | None = None
        self._closes_at_end = self._owes_weights = self._throws_away = False
        self._connect()
        self._tint_buttons()

    def _connect(self) -> None:
        self.form.start_requested.connect(self._start_as_asked)
        self.form.problem_found.connect(self.panel.show_form)
        self.panel.stop_requested.connect(self.process.stop_early)
        self.panel.cancel_requested.connect(self.process.cancel)
        self.panel.use_weights_requested.connect(self.use_requested)
        self.panel.resume_requested.connect(self.resume)
        self.panel.folder_chosen.connect(self._start_with_folder)
        self.panel.synthetic_requested.connect(self.form.start_with_synthetic)
        self.process.message.connect(self._take)
        self.process.log_line.connect(self.panel.show_log)
        self.process.ended.connect(self._end)
        self.topLevelChanged.connect(self._tint_buttons)  # Qt has just given them new icons

    def _tint_buttons(self) -> None:
        """Draw Qt's buttons to close and to float in the text's colour: they are dark by nature."""
        colour = self.palette().color(QPalette.ColorRole.WindowText)
        for button in self.findChildren(
            QAbstractButton, options=Qt.FindChildOption.FindDirectChildrenOnly
        ):
            button.setIcon(tinted(button.icon(), colour, button.iconSize()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.StyleChange}:
            self._tint_buttons()

    @property
    def is_running(self) -> bool:
        """Whether a training is going on."""
        return self.process.is_running

    def set_in_use(self, weights: Path) -> None:
        """Show that these weights are in use."""
        in_use = accuracies(read_weights(weights).metadata)
        self._in_use = weights, in_use
        is_ours = weights == self._weights
        if self._weights:
            self.panel.show_in_use(None if is_ours else in_use)
        if is_ours:
            self._set_net(None)

    # A run

    def _start_as_asked(self) -> None:
        arguments = self.form.arguments()
        out = new_weights_file(self.form.recipe.currentData(), datetime.now(UTC))
        self._start([*arguments, f"--out={out}"], out)

    def resume(self, checkpoint: Path, *options: str) -> None:
        """Go on with an interrupted training, with other options than before in these. None may be
        going on."""
        self._start([f"--resume={checkpoint}", *options], weights_file(checkpoint))

    def _start_with_folder(self, folder: Path) -> None:
        """Start what lacked its data once more, with MNIST from this folder."""
        if self._checkpoint and self._checkpoint.exists():  # it was to go on
            self.resume(self._checkpoint, f"--data-dir={mnist_folder(folder)}")
        else:
            self.form.start_with_folder(folder)

    def _start(self, arguments: Sequence[str], out: Path) -> None:
        self._checkpoint = checkpoint_file(out)
        self._epochs_done, self._weights, self._measured = 0, None, []
        self._throws_away = self._owes_weights = False
        self._set_net(None)
        self.confusion.clear()
        self.panel.show_starting()
        epoch_weights = epoch_weights_file(out)
        arguments = [*arguments, f"--epoch-weights={epoch_weights}"]
        self.process.start(Run(arguments, self._checkpoint, epoch_weights))

    def _take(self, message: Message) -> None:
        match message:
            case RunStarted():
                self._epochs_done = message.epochs_done
                self.chart.start(
                    message.epochs,
                    message.batches_per_epoch,
                    _line_to_beat(message.data),
                )
            case EpochDone():
                self._epochs_done = message.epoch
            case EpochWeightsWritten():
                with suppress(WeightsError):  # the next epoch's may be better readable
                    self._set_net(Recognizer(Path(message.path)), message.epoch)
            case WeightsWritten() if self._closes_at_end:
                QTimer.singleShot(0, self, self.shut_down)  # not while the process is read
            case Evaluated():
                self._measured.append(message)
                self.confusion.add(message)
        self.chart.add(message)
        if not self._closes_at_end:  # the panel says so, and no more
            self.panel.show_running(message)
        if self._question and self._question.informativeText() != self._what_is_kept():
            self._question.close()
            self._ask()

    def _end(self, outcome: Outcome) -> None:
        if self._question:
            self._question.close()
        if self._throws_away and outcome.checkpoint:  # from before: the run had not begun again
            with suppress(OSError):
                outcome.checkpoint.unlink()
        if self._closes_at_end and (outcome.weights or not self._owes_weights):
            self.may_close.emit()
            return
        self._closes_at_end = False  # the person was told that what was learned is kept
        self._show_end(outcome)
        self.open()
        new = {each.split: each.accuracy for each in self._measured}
        is_ours = self._weights == self._in_use[0]  # they say only now how well they read
        is_to_be = outcome.kind == "finished" and is_better(new, self._in_use[1])
        if self._weights and (is_ours or is_to_be):
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
        self._set_net(net, self._epochs_done)
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

    def _set_net(self, recognizer: Recognizer | None, epoch: int = 0) -> None:
        if recognizer is not self.recognizer:
            self.recognizer, self.epoch = recognizer, epoch
            self.net_changed.emit()

    # Leaving

    def ask_to_close(self) -> None:
        """Ask what is to become of the training that is going on, for the window is to close."""
        if self._closes_at_end or self.process.is_cancelled:
            self._closes_at_end = True  # it will not be long
        elif self._question:
            self._question.raise_()
        else:
            self._ask()

    def _ask(self) -> None:
        self._question = box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("digitpad")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText("A training is going on.")
        kept = self._what_is_kept()
        box.setInformativeText(kept)
        role = QMessageBox.ButtonRole
        default = box.addButton("&Stay", role.RejectRole)
        if kept != _KEPT:
            box.addButton("&Throw Away", role.DestructiveRole).clicked.connect(self._throw_away)
        if kept != _NOTHING_YET:
            words = "&Close Without Measuring" if kept == _KEPT else "&Go On Next Time"
            default = box.addButton(words, role.AcceptRole)
            default.clicked.connect(self._leave)
        box.setDefaultButton(default)
        box.finished.connect(self._forget_question)
        box.open()

    def _what_is_kept(self) -> str:
        """If the training that is going on ended now."""
        if self.process.keeps_weights:
            return _KEPT
        return _CAN_GO_ON if self._checkpoint and self._checkpoint.exists() else _NOTHING_YET

    def shut_down(self) -> None:
        """End a training that is going on, so that what it has learned is not lost; wait for
        that."""
        self._closes_at_end = True
        self.process.shut_down()

    def _leave(self) -> None:
        self._show_ending("Ending…")
        # One that was stopped needs some time for its weights; it tells when they are written.
        self._owes_weights = self.process.keeps_weights and not self.process.has_weights
        if not self._owes_weights:
            self.shut_down()

    def _throw_away(self) -> None:
        self._show_ending("Cancelling…")
        self._throws_away = True
        self.process.cancel()

    def _show_ending(self, headline: str) -> None:
        self._closes_at_end = True
        self.panel.show_ending(headline)
        self.open()

    def _forget_question(self) -> None:
        self._question = None

    # The room beside the pad

    def open(self) -> None:
        """Show it, and give it room beside what is there; the screen's edge is the limit."""
        if not self.isHidden():
            self.raise_()
            return
        window = self._window
        self.size_to_return_to = None
        if not (self._extra_width or self.isFloating() or _fills_its_screen(window)):
            screen = window.screen().availableGeometry()
            frame, content = window.frameGeometry(), window.geometry()
            most = screen.width() - (frame.width() - content.width())
            wanted = min(content.width() + self.sizeHint().width(), most)
            self._extra_width = max(wanted - content.width(), 0)
            window.resize(content.width() + self._extra_width, content.height())
            _keep_on(screen, window)
        self.show()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.hide()
        if self._extra_width:
            size = self._window.normalGeometry().size()
            self.size_to_return_to = size - QSize(self._extra_width, 0)
            self.give_room_back()

    def give_room_back(self) -> None:
        """Once this is closed, make the window narrower again, unless it fills its screen."""
        layout = self._window.layout()
        if layout and self.size_to_return_to and not _fills_its_screen(self._window):
            layout.activate()  # or the window is never narrower than with this
            self._window.resize(self.size_to_return_to)
            self.size_to_return_to, self._extra_width = None, 0

    def sizeHint(self) -> QSize:
        return self.panel.sizeHint().expandedTo(self.minimumSizeHint())


def _line_to_beat(data: str) -> float | None:
    """The accuracy of the bundled weights, if those who learn from these data compare with it."""
    with suppress(FileNotFoundError):
        if data.startswith("MNIST"):
            return describe(bundled_weights()).accuracy
    return None


def _fills_its_screen(window: QWidget) -> bool:
    return window.isMaximized() or window.isFullScreen()


def _keep_on(screen: QRect, window: QWidget) -> None:
    """Move a window that has become wider back onto its screen."""
    beyond = window.frameGeometry().right() - screen.right()
    if beyond > 0:
        window.move(max(window.x() - beyond, screen.left()), window.y())
