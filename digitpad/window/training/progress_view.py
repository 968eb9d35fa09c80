"""The progress of a run, and the buttons that end it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from digitpad.training.messages import DataLoading, RunStarted
from digitpad.training.pace import duration
from digitpad.training.run import Phase, RunState
from digitpad.window.widgets.controls import button
from digitpad.window.widgets.label import SecondaryText, bold, label
from digitpad.window.widgets.layout import row
from digitpad.window.widgets.progress_bar import ProgressBar
from digitpad.window.widgets.text import percent

_STEPS_PER_EPOCH = 1_000

_QUESTIONS: dict[Phase, str] = {
    "starting": "Cancel before the training starts? Nothing is lost.",
    "training": "Cancel, and lose what the Net has learned?",
    "evaluating": "Cancel the evaluation? The weights are saved.",
}


class ProgressView(QWidget):
    """Shows how far a run is, and asks before it cancels one."""

    stop_requested = Signal()
    cancel_requested = Signal()
    """The person has confirmed it."""

    def __init__(self) -> None:
        super().__init__()
        self._phase: Phase = "starting"
        self._headline = bold(label(wraps=True))
        self._details = SecondaryText()
        self._bar = ProgressBar("Training progress")
        self._stop = button("&Stop Early", self.stop_requested)
        self._stop.setToolTip(
            "End the training now and keep the weights so far. You can resume it later."
        )
        self._cancel = button("Ca&ncel…", self._ask)
        self._keep = button("&Keep Going", self._hide_question)
        self._buttons = row(self._stop, self._cancel)
        self._question = QWidget()
        self._question_text = label(wraps=True)
        question = QVBoxLayout(self._question)
        question.setContentsMargins(0, 0, 0, 0)
        question.addWidget(self._question_text)
        question.addWidget(row(self._keep, button("&Yes, Cancel", self.cancel_requested)))
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self._question, self._hide_question)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (self._headline, self._bar, self._details, self._buttons, self._question):
            layout.addWidget(part)
        self.show_run(RunState())

    def show_run(self, state: RunState) -> None:
        """Show a run that has not ended."""
        headline, details = _texts(state)
        self._headline.setText(headline)
        self._details.setText(details)
        if state.started:
            self._bar.setRange(0, state.started.epochs * _STEPS_PER_EPOCH)
            self._bar.setValue(round(state.epochs_done * _STEPS_PER_EPOCH))
        elif state.loading and state.loading.share is not None:
            self._bar.setRange(0, _STEPS_PER_EPOCH)
            self._bar.setValue(round(state.loading.share * _STEPS_PER_EPOCH))
        else:
            self._bar.setRange(0, 0)  # busy
        self._stop.setEnabled(state.can_stop)
        self._cancel.setEnabled(state.can_cancel)
        if state.phase != self._phase or not state.can_cancel:
            self._hide_question()  # it no longer says what would be lost
        self._phase = state.phase

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._hide_question()

    def _ask(self) -> None:
        self._question_text.setText(_QUESTIONS[self._phase])
        self._buttons.hide()
        self._question.show()
        self._keep.setFocus()

    def _hide_question(self) -> None:
        self._question.hide()
        self._buttons.show()


def status(state: RunState) -> str:
    """How a run stands, in one line; empty when it has ended."""
    if state.phase == "ended":
        return ""
    facts = [f"Training: {_texts(state)[0].lower().rstrip('…')}"]
    if state.phase == "training" and state.accuracy is not None:
        facts.append(f"validation {percent(state.accuracy)}")
    if state.phase == "training" and state.progress:
        facts.append(f"{duration(state.progress.seconds_left)} left")
    return " · ".join(facts)


def _texts(state: RunState) -> tuple[str, str]:
    """The headline, and the secondary text below the bar."""
    if state.is_cancelled:
        return "Cancelling…", ""
    if state.closing:
        return "Closing…", ""
    if state.weights:
        return "Evaluating…", "Weights saved."
    if state.requested == "stop":
        return "Stopping…", "The weights so far are saved and evaluated."
    if state.started:
        epoch = min(int(state.epochs_done) + 1, state.started.epochs)
        return f"Epoch {epoch} of {state.started.epochs}", _speed(state, state.started)
    return "Starting…", _loading(state.loading)


def _loading(loading: DataLoading | None) -> str:
    if loading is None:
        return "Reading the data"
    if loading.what == "downloading":
        return "Downloading MNIST (12 MB)"
    if loading.share is None:
        return "Reading the data"
    return f"Reading the data: {100 * loading.share:.0f}\N{NO-BREAK SPACE}%"


def _speed(state: RunState, started: RunStarted) -> str:
    if state.progress is None:
        return f"{started.training_images:,} training images"
    left = duration(state.progress.seconds_left)
    return f"{state.progress.images_per_second:,.0f} images/s · {left} left"
