"""The training panel: a form, then the progress of a run, then its result."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QPlainTextEdit,
    QScrollArea,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from digitpad.training.lines import LOG_LINES
from digitpad.training.run import RunState
from digitpad.window.training.past import PastTrainings
from digitpad.window.training.progress_view import ProgressView
from digitpad.window.training.result_view import ResultView
from digitpad.window.widgets.layout import Fold
from digitpad.window.widgets.theme import SCROLL_BAR

_MARGIN = 12
_LEAST_WIDTH = 420  # in pixels


class TrainingPanel(QScrollArea):
    """Shows the form, the progress of a run, its result, or past trainings.

    Progress and result come with the chart, and the result with the confusion matrix. The panel
    scrolls if it is too small.
    """

    stop_requested = Signal()
    cancel_requested = Signal()
    """The person has confirmed it."""
    use_requested = Signal(Path)
    resume_requested = Signal(Path)
    """With the checkpoint."""
    folder_chosen = Signal(Path)
    """The run lacked its data, which are in this folder."""
    synthetic_requested = Signal()
    """The run lacked its data; train on synthetic digits."""

    def __init__(self, form: QWidget, chart: QWidget, confusion: QWidget) -> None:
        super().__init__()
        self._form, self._chart, self._confusion = form, chart, confusion
        self._progress, self._result, self._past = ProgressView(), ResultView(), PastTrainings()
        self._parts = (form, self._progress, self._result, chart, confusion, self._past)
        self._shown: tuple[QWidget, ...] = ()
        self._behind: tuple[QWidget, ...] = ()  # what past trainings hide
        self._is_running = False
        self._log = QPlainTextEdit(readOnly=True)
        self._log.setAccessibleName("Log")
        self._log.setTabChangesFocus(True)
        self._log.setMaximumBlockCount(LOG_LINES)
        self._log.setFixedHeight(10 * self.fontMetrics().height())
        self._log_fold = Fold("&Log", self._log)
        self._lay_out()
        self._connect()
        self.show_form()

    def show_form(self, at: QWidget | None = None) -> None:
        """Show the form, and scroll to a widget `at` in it."""
        self._show(self._form)
        if at:  # when it has its place
            QTimer.singleShot(0, at, lambda: self.ensureWidgetVisible(at))

    def show_run(self, state: RunState) -> None:
        """Show how a run stands, or how it ended. Past trainings stay in front of a running one."""
        was_running, self._is_running = self._is_running, state.phase != "ended"
        chart = [self._chart] if state.started else []
        if state.phase == "ended":
            self._result.show_run(state)
            self._show(self._result, *chart, *[self._confusion] if state.evaluations else [])
            self._result.announce()
            return
        self._progress.show_run(state)
        if was_running and self._past in self._shown:
            self._behind = (self._progress, *chart)
        else:
            self._show(self._progress, *chart)

    def show_past(self) -> None:
        """Show past trainings, and what is shown now when the person goes back."""
        self._past.refresh(is_running=self._is_running)
        if self._past not in self._shown:
            self._behind = self._shown
            self._show(self._past)

    def leave_past(self) -> None:
        """Go back from past trainings to what was shown before."""
        if self._past in self._shown:
            self._show(*self._behind)

    def set_in_use(self, weights: Path) -> None:
        """Note which weights are in use."""
        self._result.set_in_use(weights)
        self._past.set_in_use(weights)

    def log(self, line: str) -> None:
        """Add a line of the trainer's output."""
        self._log.appendPlainText(line)

    def clear_log(self) -> None:
        self._log.clear()

    def _show(self, *parts: QWidget) -> None:
        if parts == self._shown:
            return
        self._shown = parts
        # self.focusWidget() would also name a widget that has lost the focus to the sheet.
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.isAncestorOf(focus)
        for part in self._parts:
            part.setVisible(part in parts)
        self._log_fold.setVisible(not {self._form, self._past}.intersection(parts))
        if had_focus:
            # Not a button: the person may be about to press a key.
            self.setFocus()
        self.verticalScrollBar().setValue(0)

    def _lay_out(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setStyleSheet(SCROLL_BAR)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Training")
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        layout.setSpacing(16)
        for part in self._parts:
            layout.addWidget(part)
        layout.setStretchFactor(self._chart, 1)
        layout.setStretchFactor(self._past, 1)
        layout.addWidget(self._log_fold)
        layout.addStretch()
        self.setWidget(column)

    def _connect(self) -> None:
        self._progress.stop_requested.connect(self.stop_requested)
        self._progress.cancel_requested.connect(self.cancel_requested)
        self._result.use_requested.connect(self.use_requested)
        self._result.resume_requested.connect(self.resume_requested)
        self._result.again_requested.connect(self.show_form)
        self._result.folder_chosen.connect(self.folder_chosen)
        self._result.synthetic_requested.connect(self.synthetic_requested)
        self._past.use_requested.connect(self.use_requested)
        self._past.resume_requested.connect(self.resume_requested)
        self._past.back_requested.connect(self.leave_past)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()  # the panel must be as wide as its parts: only the height scrolls
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:
        # With the hidden parts, so that the panel keeps its width from the form to the result.
        widest = max(part.minimumSizeHint().width() for part in self._parts)
        scroll_bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        width = max(widest + 2 * _MARGIN + scroll_bar, _LEAST_WIDTH)
        return QSize(width, 12 * self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        return QSize(26 * line, 40 * line).expandedTo(self.minimumSizeHint())
