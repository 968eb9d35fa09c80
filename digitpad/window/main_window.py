"""The main window: creates the widgets and connects them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from digitpad.window.answering import Answering, Shown
from digitpad.window.foot import Foot, weights_name, weights_summary
from digitpad.window.geometry import restore_geometry, save_geometry
from digitpad.window.in_and_out import InAndOut
from digitpad.window.menus import Menus
from digitpad.window.pad.answer import Answer, TrainingAnswer
from digitpad.window.pad.columns import Columns, ColumnsCard
from digitpad.window.pad.net_view import NetCard, NetView
from digitpad.window.pad.pad import Pad, Parts
from digitpad.window.pad.tools import Tool, Tools
from digitpad.window.sheet.actions import SheetActions
from digitpad.window.sheet.canvas import Canvas
from digitpad.window.sheet.width import PenWidth
from digitpad.window.weights.in_use import WeightsInUse
from digitpad.window.weights.menu import WeightsMenu
from digitpad.window.widgets.notices import Notices
from digitpad.window.widgets.settings import settings_problems
from digitpad.window.widgets.theme import MARGIN
from digitpad.window.your_hand import YourHand

if TYPE_CHECKING:
    from digitpad.ink import Drawing
    from digitpad.numbers import Reading
    from digitpad.picture import Picture
    from digitpad.weights_store import InterruptedRun
    from digitpad.window.training.dock import TrainingDock
    from digitpad.window.training.interrupted import InterruptedRuns
    from digitpad.window.widgets.notice import Notice

# What the first paint does not need is imported when it is needed: NumPy takes as long as all else.
# ruff: noqa: PLC0415


class MainWindow(QMainWindow):
    """The window with the pad, the menus, and the training panel on request.

    The weights are read after the first paint, but before the first answer. If they cannot be used,
    the window says so, and drawing still works.
    """

    appeared = Signal()
    """The window was painted for the first time. Work that can wait starts now."""

    answered = Signal()
    """The answer for the present drawing is shown."""

    def __init__(self, weights: Path | None = None) -> None:
        """Without `weights`, use those that were chosen last, or else the bundled ones."""
        super().__init__()
        self._has_appeared = False
        # Unlike QTimer.singleShot, a child ends with a window that is closed at once.
        self._first_paint = QTimer(self, singleShot=True, interval=0)
        self._first_paint.timeout.connect(self.appeared)
        self.setWindowTitle("digitpad")
        self.canvas = Canvas()
        self.answer, self.training_answer = Answer(), TrainingAnswer()
        self.training_answer.hide()
        self.columns = Columns()
        self.net_view = NetView()
        self.foot = Foot()
        self.training: TrainingDock | None = None
        self._interrupted_runs: InterruptedRuns | None = None
        self.in_use = WeightsInUse(weights, self)
        self.weights_menu = WeightsMenu(self)
        self.sheet_actions = SheetActions(self.canvas)
        shown = Shown(self.answer, self.columns, self.net_view)
        self._answering = Answering(self, self.canvas, shown)
        self._answering.answered.connect(self.answered)
        self._answering.image_changed.connect(self._answer_in_training)
        self.in_and_out = InAndOut(self, self.canvas, self._read)
        self.pen_width = PenWidth(self.canvas)
        self.your_hand = YourHand(self, self.canvas, self.answer)
        self.weights_menu.hand_actions = self.your_hand.for_menu
        self._menus = Menus(self)
        self._lay_out()
        self._connect()
        self.canvas.setFocus()
        restore_geometry(self, QSize(900, 640))

    @property
    def notice(self) -> Notice | None:
        """The notice that is shown."""
        return self._notices.current

    def _lay_out(self) -> None:
        central = QWidget()
        central.setAccessibleName("Pad")
        central.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # a click beside the sheet focuses it
        central.setFocusProxy(self.canvas)
        do = self.sheet_actions
        tools = Tools(
            [
                Tool(do.pen, "pen"),
                Tool(do.eraser, "eraser"),
                self.pen_width,
                Tool(do.undo, "undo", has_text=False),
                Tool(do.redo, "redo", has_text=False),
                Tool(do.clear, "clear"),
            ]
        )
        pad = Pad(
            Parts(
                self.canvas,
                tools,
                self.answer,
                self.your_hand.part,
                ColumnsCard(self.columns, self.training_answer),
                NetCard(self.net_view),
            )
        )
        said = self.your_hand.row.actions_on_pad
        pad.addActions([*do.on_the_pad, *self.pen_width.actions_for_menu, *said])
        self.answer.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.answer.addAction(self.in_and_out.copy_answer_action)
        rows = QVBoxLayout(central)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(pad, 1)
        rows.addLayout(recent := QHBoxLayout())
        recent.setContentsMargins(MARGIN, 0, MARGIN, 4)
        rows.addWidget(self.foot)
        self.appeared.connect(lambda: self.in_and_out.start(recent))

        def sheet() -> QRect:
            place = self.canvas.rect().translated(self.canvas.mapTo(central, QPoint()))
            return place & pad.geometry()

        self._notices = Notices(central, sheet)
        pad.arranged.connect(self._notices.place)
        self.setCentralWidget(central)
        central.setMinimumSize(400, 400)  # what is lower scrolls

    def _connect(self) -> None:
        for do in (self.read_weights, self._offer_interrupted_run):
            self.appeared.connect(do)
        self.in_and_out.failed.connect(partial(self._notices.show, topic="pictures"))
        self.in_and_out.opened.connect(partial(self._notices.close_about, "pictures"))
        self.canvas.drawing_changed.connect(self._answer_drawing)
        self.canvas.history_changed.connect(self._let_chart_wait)
        self.in_use.changed.connect(self._show_in_use)
        self.answered.connect(self.your_hand.show)
        self.your_hand.changed.connect(lambda: self._answer_drawing(self.canvas.drawing))
        self.weights_menu.chosen.connect(self.use_weights)
        for weights in (self.in_use, self.weights_menu):
            weights.failed.connect(partial(self._notices.show, topic="weights"))
        settings_problems().occurred.connect(partial(self._notices.show, topic="settings"))
        self._notices.offer_due.connect(self._offer_interrupted_run)
        self.foot.weights_clicked.connect(self._open_weights_menu)
        self.foot.training_clicked.connect(self.show_training)

    # Answering

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._has_appeared:
            self._has_appeared = True
            self._first_paint.start()  # fires when everything is painted

    def _answer_drawing(self, drawing: Drawing) -> None:
        self.read_weights()
        self._answering.answer(drawing, as_one=self.your_hand.is_practising)

    def _answer_in_training(self) -> None:
        """Show the answer of the Net in training as well, if there is one."""
        if self.training:
            net, image = self.training.recognizer, self._answering.image
            prediction = net.recognize_image(image) if net and image is not None else None
            self.columns.set_training(prediction)
            self.training_answer.setVisible(net is not None)
            self.training_answer.set_prediction(
                prediction, self.training.epoch, is_training=self.training.is_running
            )

    def _read(self, shown: Drawing | Picture) -> Reading | None:
        """What the weights in use read in any drawing or picture."""
        self.read_weights()
        return self._answering.read(shown)

    # Weights

    def read_weights(self) -> None:
        self.in_use.read()
        if self.in_use.recognizer is None:
            self.answer.set_hint("No answer without weights.")
            self.foot.show_weights("No weights in use")

    def use_weights(self, path: Path) -> None:
        """Use these weights from now on. If that is impossible, only show a notice."""
        if self.in_use.use(path):
            self._notices.close_about("weights")
            self.answer.set_hint()
            self._answer_drawing(self.canvas.drawing)

    def _open_weights_menu(self) -> None:
        self.weights_menu.popup(self.foot.weights.mapToGlobal(QPoint()))

    def _show_in_use(self, path: Path) -> None:
        recognizer = self.in_use.recognizer
        metadata = recognizer.metadata if recognizer else {}
        name = weights_name(path, metadata)
        self.foot.show_weights(weights_summary(name, metadata))
        self._answering.use(recognizer)
        self.your_hand.use(recognizer, name)
        self.weights_menu.in_use = path
        if self.training:
            self.training.set_in_use(path)

    # Training

    def show_training(self) -> None:
        """Open the panel that starts a training and shows its progress."""
        training = self._training()
        training.panel.leave_past()
        training.open()
        training.panel.setFocus()

    def show_past_trainings(self) -> None:
        """Open the panel with the list of past trainings."""
        self.show_training()
        self._training().panel.show_past()

    def toggle_training(self) -> None:
        """Go to the panel. If the focus is in it already, close it and return to the sheet."""
        focus = QApplication.focusWidget()
        if self.training and focus and self.training.isAncestorOf(focus):
            self.training.close()
            self.canvas.setFocus()
        else:
            self.show_training()

    def _training(self) -> TrainingDock:
        """The training dock, created on first use: importing pyqtgraph takes half a second."""
        if self.training is None:
            from digitpad.window.training.dock import TrainingDock

            self.read_weights()
            self.training = TrainingDock(self, self.answer)
            self.training.hide()
            self.training.net_changed.connect(self._answer_in_training)
            self.training.use_requested.connect(self.use_weights)
            self.training.may_close.connect(self.close)
            self.training.status_changed.connect(self.foot.show_training)
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.training)
            if self.in_use.recognizer and self.in_use.path:
                self.training.set_in_use(self.in_use.path)
        return self.training

    def _let_chart_wait(self) -> None:
        """Draw nothing else during a stroke."""
        if self.training:
            self.training.chart.waits = self.canvas.is_drawing

    def _offer_interrupted_run(self) -> None:
        from digitpad.weights_store import interrupted_runs

        runs = interrupted_runs()
        if not runs or not self._notices.may_offer():
            return
        if self._interrupted_runs is None:
            from digitpad.window.training.interrupted import InterruptedRuns

            self._interrupted_runs = offer = InterruptedRuns(self)
            offer.notice_wanted.connect(partial(self._notices.show, topic="offer"))
            offer.resume_requested.connect(self._resume_training)
        self._interrupted_runs.offer(runs)

    def _resume_training(self, run: InterruptedRun) -> None:
        training = self._training()
        if not training.is_running:
            training.resume(run.checkpoint)
        elif self._interrupted_runs:
            self._interrupted_runs.put_off(run)
        self.show_training()

    # The window itself

    def quit(self) -> None:
        """Close without asking. An unfinished training can be resumed after the next start."""
        if self.training:
            self.training.shut_down()
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.training:
            if self.training.is_running:
                event.ignore()
                self.training.ask_to_close()
                return
            self.training.close()  # and give back the room that it took
        # A maximized window still includes the panel's room.
        save_geometry(self, self.training.size_to_return_to if self.training else None)
        self.in_and_out.close()
        self.your_hand.close()
        super().closeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        from digitpad.window.latin_keys import action_for

        found = action_for(event, self)
        central = self.centralWidget()
        is_on_pad = central is not None and central.isAncestorOf(self.focusWidget() or self)
        # The training panel has its own undo and clipboard, and letters to write.
        if found and (is_on_pad or found.parent() is self._menus):
            found.trigger()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.in_and_out.fit(self.height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and self.training:
            # The new size follows the new state.
            QTimer.singleShot(0, self.training, self.training.give_room_back)
