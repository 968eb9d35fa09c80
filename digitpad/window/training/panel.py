"""The training panel: a form, then how the run goes, then how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QGuiApplication,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from digitpad.training_messages import (
    BatchDone,
    EpochDone,
    Evaluated,
    Message,
    RunStarted,
    WeightsWritten,
)
from digitpad.weights_store import is_better
from digitpad.window.training.process import LOG_LINES
from digitpad.window.widgets.controls import button
from digitpad.window.widgets.layout import Fold, row
from digitpad.window.widgets.secondary_text import SecondaryText
from digitpad.window.widgets.text import Sentence, bold, breakable, percent

_BAR_STEPS = 1_000  # of an epoch
_MARGIN = 12
_USE = "U&se These Weights"


class TrainingPanel(QScrollArea):
    """Shows one of three: the form that it is given; how a run goes; how the run ended.

    With the last two it shows the chart, and with the last one the confusion, that it is given. It
    scrolls where there is not room for all.
    """

    stop_requested = Signal()
    cancel_requested = Signal()
    """The person has confirmed it."""
    use_weights_requested = Signal(Path)
    resume_requested = Signal(Path)
    """With the checkpoint to go on from."""
    folder_chosen = Signal(Path)
    """The run lacked its data; train with those in this folder."""
    synthetic_requested = Signal()
    """The run lacked its data; train on synthetic digits."""

    def __init__(self, form: QWidget, chart: QWidget, confusion: QWidget) -> None:
        super().__init__()
        self._form, self._chart, self._confusion = form, chart, confusion
        self._running, self._end = _Running(), _End()
        self._parts = (form, self._running, self._end, chart, confusion)
        self._log = QPlainTextEdit(readOnly=True)
        self._log.setAccessibleName("Log")
        self._log.setTabChangesFocus(True)
        self._log.setMaximumBlockCount(LOG_LINES)
        self._log.setFixedHeight(10 * self.fontMetrics().height())
        self._log_fold = Fold("&Log", self._log)
        self._has_course = False
        self._lay_out()
        self._connect()
        self.show_form()

    # What is shown

    def show_form(self, at: QWidget | None = None) -> None:
        """Ask what the next run is to be like, and scroll to a widget `at` in the form."""
        self._show(self._form)
        if at:  # once it has its place
            QTimer.singleShot(0, at, lambda: self.ensureWidgetVisible(at))

    def show_starting(self) -> None:
        """A run begins; its first message takes some seconds."""
        self._has_course = False
        self._log.clear()
        self._running.begin()
        self._show(self._running)

    def show_running(self, message: Message) -> None:
        """Show what a message says of the run."""
        self._running.take(message)
        if isinstance(message, RunStarted):
            self._has_course = True
            self._show(self._running, self._chart)

    def show_ending(self, headline: str) -> None:
        """The run is about to end, and nothing more can be done about it."""
        self._running.end(headline)

    def show_log(self, line: str) -> None:
        """Add a line of what the trainer says."""
        self._log.appendPlainText(line)

    def show_finished(
        self,
        sentence: str,
        *,
        weights: Path | None = None,
        measured: Sequence[Evaluated] = (),
        in_use: Mapping[str, float] | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        """The run has ended as it should, or as the person wanted.

        `in_use` has the accuracies of the weights in use, from 0 to 1, by split, as far as they are
        known. Without `weights` there is nothing to use; a run with a `checkpoint` can go on.
        """
        self._end.show_sentence(sentence, weights, checkpoint)
        self._end.show_accuracies({each.split: each.accuracy for each in measured}, in_use or {})
        self._show_end(*[self._confusion] if measured else [])

    def show_failed(
        self,
        sentence: str,
        *,
        command: str | None = None,
        data_missing: bool = False,
        weights: Path | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        """The run has failed; `command` is for a terminal and mends it."""
        self._end.show_sentence(sentence, weights, checkpoint)
        self._end.show_remedies(command, data_missing=data_missing)
        self._end.sign.show()
        self._show_end()

    def show_in_use(self, accuracies: Mapping[str, float] | None) -> None:
        """After a run has ended: other weights are in use now, with these accuracies; with None,
        those of the run."""
        self._end.show_in_use(accuracies)

    def _show_end(self, *more: QWidget) -> None:
        self._show(self._end, *[self._chart] if self._has_course else [], *more)
        # A screen reader says it: who waits for the end of a training does something else.
        QAccessible.updateAccessibility(
            QAccessibleEvent(self._end.sentence, QAccessible.Event.Alert)
        )

    def _show(self, *parts: QWidget) -> None:
        # Not focusWidget(): that remembers what was left for the sheet long ago.
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.isAncestorOf(focus)
        for part in self._parts:
            part.setVisible(part in parts)
        self._log_fold.setVisible(self._form not in parts)
        if had_focus:
            # Not to a button that the person does not expect under their fingers.
            self.setFocus()
        self.verticalScrollBar().setValue(0)

    # Putting together

    def _lay_out(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Training")
        self._column = QWidget()
        layout = QVBoxLayout(self._column)
        layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        layout.setSpacing(16)
        for part in self._parts:
            layout.addWidget(part)
        layout.setStretchFactor(self._chart, 1)
        layout.addWidget(self._log_fold)
        layout.addStretch()
        self.setWidget(self._column)

    def _connect(self) -> None:
        self._running.stop_requested.connect(self.stop_requested)
        self._running.cancel_requested.connect(self.cancel_requested)
        self._end.use_requested.connect(self.use_weights_requested)
        self._end.resume_requested.connect(self.resume_requested)
        self._end.again_requested.connect(self.show_form)
        self._end.folder_chosen.connect(self.folder_chosen)
        self._end.synthetic_requested.connect(self.synthetic_requested)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()  # there is no scrolling sideways, so its width is this one's
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:
        # Of what is hidden as well: in a narrow window, it stays as wide as it is during a run.
        widest = max(part.minimumSizeHint().width() for part in self._parts)
        scroll_bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        return QSize(widest + 2 * _MARGIN + scroll_bar, 12 * self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        return QSize(26 * line, 40 * line).expandedTo(self.minimumSizeHint())


class _Running(QWidget):
    """How far the run is, and the buttons to end it."""

    stop_requested = Signal()
    cancel_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.headline = bold(QLabel(wordWrap=True))
        self.details = SecondaryText()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("Training progress")
        self.stop_button = button("&Stop Early", self._stop)
        self.stop_button.setToolTip(
            "End the training and keep what it has learned; it cannot go on then"
        )
        self.cancel_button = button("Ca&ncel…", self._ask)
        self.keep_button = button("&Keep Going", self._keep)
        self.really_button = button("Yes, Ca&ncel", self._cancel)
        self._buttons = row(self.stop_button, self.cancel_button)
        self._question = QWidget()
        question = QVBoxLayout(self._question)
        question.setContentsMargins(0, 0, 0, 0)
        self._what_is_lost = QLabel(wordWrap=True)
        question.addWidget(self._what_is_lost)
        question.addWidget(row(self.keep_button, self.really_button))
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self._question, self._keep)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (self.headline, self.bar, self.details, self._buttons, self._question):
            layout.addWidget(part)
        self.begin()

    def begin(self) -> None:
        self._has_begun = self._is_ending = self._has_weights = False
        self._epochs = self._batches = 1
        self._say("Starting…", "Reading the data; this takes some seconds.")
        self.bar.setRange(0, 0)
        self.stop_button.setEnabled(False)  # there is nothing to keep yet
        self._keep()

    def take(self, message: Message) -> None:
        match message:
            case RunStarted():
                self._has_begun = True
                self._keep()  # what was asked does not hold any more
                self._epochs, self._batches = message.epochs, message.batches_per_epoch
                self.bar.setRange(0, self._epochs * _BAR_STEPS)
                self.stop_button.setEnabled(not self._is_ending)
                self._advance(message.epochs_done)
                images = f"{message.training_images:,} images to learn from"
                epoch = min(message.epochs_done + 1, self._epochs)
                self._say(f"Epoch {epoch} of {self._epochs}", images)
            case BatchDone():
                self._advance(message.epoch - 1 + message.batch / self._batches)
                self._tell(message.epoch, message)
            case EpochDone():
                self._advance(message.epoch)
                self._tell(min(message.epoch + 1, self._epochs), message)
            case WeightsWritten():
                self._is_ending = self._has_weights = True
                self.headline.setText("Measuring…")
                self.details.setText("The weights are safe; now it is seen how well they read.")
                self.stop_button.setEnabled(False)
                self._keep()

    def _advance(self, epochs: float) -> None:
        self.bar.setValue(round(epochs * _BAR_STEPS))

    def _tell(self, epoch: int, message: BatchDone | EpochDone) -> None:
        speed = f"{message.images_per_second:,.0f} images/s"
        self._say(
            f"Epoch {epoch} of {self._epochs}", f"{speed} · {_time(message.seconds_left)} left"
        )

    def _say(self, headline: str, details: str) -> None:
        if not self._is_ending:
            self.headline.setText(headline)
            self.details.setText(details)

    def _stop(self) -> None:
        self._say("Stopping…", "What was learned is kept, and measured.")
        self._is_ending = True
        self.stop_button.setEnabled(False)
        self.stop_requested.emit()

    def _ask(self) -> None:
        if self._has_weights:
            self._what_is_lost.setText("Cancel the measuring? The weights are safe.")
        elif self._has_begun:
            self._what_is_lost.setText("Cancel, and lose what was learned?")
        else:
            self._what_is_lost.setText("Cancel before it begins? Nothing is lost.")
        self._buttons.hide()
        self._question.show()
        self.keep_button.setFocus()

    def _keep(self) -> None:
        self._question.hide()
        self._buttons.show()
        self.cancel_button.setEnabled(True)

    def _cancel(self) -> None:
        self.end("Cancelling…")
        self.cancel_requested.emit()

    def end(self, headline: str) -> None:
        self._keep()
        self._is_ending = False
        self._say(headline, "")
        self._is_ending = True
        self.stop_button.setEnabled(False)
        self.cancel_button.setEnabled(False)


class _End(QWidget):
    """How the run ended, and what can be done now."""

    use_requested = Signal(Path)
    resume_requested = Signal(Path)
    again_requested = Signal()
    folder_chosen = Signal(Path)
    synthetic_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._weights: Path | None = None
        self._checkpoint: Path | None = None
        self._new: Mapping[str, float] = {}
        self._old: Mapping[str, float] = {}
        self.verdict = bold(QLabel(wordWrap=True))
        self.accuracies = QWidget()
        self.sentence = Sentence("How the training ended")
        self.sign = QLabel()
        warning = self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        size = self.style().pixelMetric(QStyle.PixelMetric.PM_LargeIconSize)
        self.sign.setPixmap(warning.pixmap(size))
        self.sign.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.sign.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.command = QLineEdit(readOnly=True)
        self.command.setAccessibleName("Command for a terminal")
        self.use_button = button(_USE, self._use)
        self.resume_button = button("Go &On", self._resume)
        self.resume_button.setToolTip("Go on with this training where it ended")
        self.again_button = button("Train Agai&n", self.again_requested)
        self.folder_button = button("Ch&oose Folder…", self._ask_for_folder)
        self.synthetic_button = button("Train on S&ynthetic Digits", self.synthetic_requested)
        self._command_row = row(self.command, button("Co&py", self._copy))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for part in (
            self.verdict,
            self.accuracies,
            row(self.sign, self.sentence),
            self._command_row,
            self.folder_button,
            self.synthetic_button,
            self.use_button,
            row(self.resume_button, self.again_button),
        ):
            layout.addWidget(part)
        grid = QGridLayout(self.accuracies)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setColumnStretch(0, 1)

    def show_sentence(self, sentence: str, weights: Path | None, checkpoint: Path | None) -> None:
        """The sentence alone, and what can be done with what the run has left."""
        self._weights, self._checkpoint = weights, checkpoint
        self.sentence.setPlainText(sentence)
        self.sign.hide()
        self.use_button.setVisible(weights is not None)
        self.resume_button.setVisible(checkpoint is not None)
        self.show_accuracies({}, {})
        self.show_remedies(None, data_missing=False)

    def show_accuracies(self, new: Mapping[str, float], in_use: Mapping[str, float]) -> None:
        """How well the run's weights read, and those in use: from 0 to 1, by split."""
        self._new = new
        self.show_in_use(in_use)

    def show_in_use(self, accuracies: Mapping[str, float] | None) -> None:
        """Compare with weights that read so well; with None, with the same as before, for those of
        the run are in use."""
        is_ours = accuracies is None
        self._old = self._old if accuracies is None else accuracies
        self.use_button.setText("In Use Now" if is_ours else _USE)
        self.use_button.setEnabled(not is_ours)
        verdict = _verdict(self._new, self._old, "before" if is_ours else "in use")
        self.verdict.setText(f"In use now. {verdict}" if is_ours else verdict)
        self.verdict.setVisible(bool(self._new))
        self.accuracies.setVisible(bool(self._new))
        self._fill_table("Before" if is_ours else "In use")

    def _fill_table(self, heading: str) -> None:
        """A line for each split that either weights were measured on; `heading` is the old ones'"""
        grid = self.accuracies.layout()
        assert isinstance(grid, QGridLayout)
        while item := grid.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        lines = [("Read right", "New", heading)]
        for split in {**self._new, **self._old}:
            new, old = (
                percent(each[split]) if split in each else "–" for each in (self._new, self._old)
            )
            lines.append((breakable(split), new, old))
        for number, texts in enumerate(lines):
            for column, text in enumerate(texts):
                label = SecondaryText(text) if number == 0 else QLabel(text)
                label.setWordWrap(column == 0)
                if column:
                    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
                grid.addWidget(label, number, column)

    def show_remedies(self, command: str | None, *, data_missing: bool) -> None:
        self.command.setText(command or "")
        self.command.setCursorPosition(0)
        self._command_row.setVisible(command is not None)
        self.folder_button.setVisible(data_missing)
        # Other data make another run: one that is to go on needs its own.
        self.synthetic_button.setVisible(data_missing and self._checkpoint is None)

    def _use(self) -> None:
        if self._weights:
            self.use_requested.emit(self._weights)

    def _resume(self) -> None:
        if self._checkpoint:
            self.resume_requested.emit(self._checkpoint)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.command.text())

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, "Folder of MNIST")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self.folder_chosen.emit(Path(folder)))
        dialog.open()


def _verdict(new: Mapping[str, float], old: Mapping[str, float], which: str) -> str:
    """How the new weights compare with the old ones, on the splits that both were measured on."""
    if not old:
        return f"How well the weights {which} read is not known"
    known = [split for split in old if split in new]
    if not known:
        return f"Not to be compared: the weights {which} were measured on other digits"
    ours, theirs = ({split: each[split] for split in known} for each in (new, old))
    if is_better(ours, theirs):
        verdict = "Better than"
    elif is_better(theirs, ours):
        verdict = "Worse than"
    elif ours == theirs:
        verdict = "As good as"
    else:
        verdict = "Partly better, partly worse than"
    where = "" if len(known) == len(old) else ", where both were measured"
    return f"{verdict} the weights {which}{where}"


def _time(seconds: float) -> str:
    """About how long, in the two largest units."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
