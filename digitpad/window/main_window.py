"""The window: puts the widgets together and connects them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QRect, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMainWindow,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from digitpad.window.pad.answer import Answer
from digitpad.window.pad.canvas import Canvas
from digitpad.window.pad.net_view import CAPTION, EXPLANATION, NetView
from digitpad.window.weights.menu import WeightsMenu
from digitpad.window.widgets.secondary_text import explanation

if TYPE_CHECKING:
    from typing import Literal

    import numpy as np
    from numpy.typing import NDArray

    from digitpad.ink import Drawing
    from digitpad.picture import Picture
    from digitpad.recognizer import Prediction, Recognizer
    from digitpad.weights_store import InterruptedRun
    from digitpad.window.pad.answer import TrainingAnswer
    from digitpad.window.pad.picture_sheet import PictureSheet
    from digitpad.window.pad.picture_source import Pictures
    from digitpad.window.training.dock import TrainingDock
    from digitpad.window.training.interrupted import InterruptedRuns
    from digitpad.window.widgets.notice import Notice

    _Topic = Literal["weights", "pictures", "training"]

# What the first paint does not need is imported when it is needed: NumPy alone takes about as long
# as all that Qt does until then.
# ruff: noqa: PLC0415

_GEOMETRY, _WEIGHTS = "window/geometry", "weights/chosen"


class MainWindow(QMainWindow):
    """The pad: the sheet on the left; the answer, what the Net sees, and the buttons on the right.

    The weights are read after the first paint, and not later than the first stroke. Where they
    cannot be used, the window says so, and can be drawn on all the same.
    """

    appeared = Signal()
    """The window is painted for the first time; what need not be there before can come now."""

    answered = Signal()
    """The answer for the drawing as it is now is shown."""

    def __init__(self, weights: Path | None = None) -> None:
        """Without `weights`, those answer that were chosen last, or else the bundled ones."""
        super().__init__()
        self._weights = weights.absolute() if weights else None
        self._recognizer: Recognizer | None = None
        self._image: NDArray[np.uint8] | None = None  # what is answered
        self._has_appeared = False
        # A child, unlike QTimer.singleShot: it ends with the window, should that be closed at once.
        self._appearance = QTimer(self, singleShot=True, interval=0)
        self._appearance.timeout.connect(self.appeared)
        self._has_read_weights = False
        self.setWindowTitle("digitpad")
        self.canvas = Canvas()
        self.answer = Answer()
        self.net_view = NetView()
        self.picture: PictureSheet | None = None
        self.notice: Notice | None = None
        self._notice_about: _Topic | None = None
        self._owes_offer = False  # to go on with a training, when what is more urgent was read
        self.training: TrainingDock | None = None
        self.training_answer: TrainingAnswer | None = None
        self._interrupted_runs: InterruptedRuns | None = None
        self.weights_menu = WeightsMenu(self)
        self.weights_menu.chosen.connect(self.use_weights)
        self.weights_menu.failed.connect(self._show_weights_notice)
        self._undo = self._action("&Undo", self.canvas.undo, "Ctrl+Z")
        self._redo = self._action("&Redo", self.canvas.redo, "Ctrl+Shift+Z", "Ctrl+Y")
        self._clear = self._action("&Clear", self._clear_sheet, "Esc")
        # In the training panel, Esc leaves the drawing alone.
        self._clear.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._fill_menus()
        self._lay_out()
        self.appeared.connect(self._read_weights)
        self.appeared.connect(self._offer_interrupted_run)
        self.appeared.connect(lambda: self.pictures)
        self.canvas.drawing_changed.connect(self._answer_drawing)
        self.canvas.history_changed.connect(self._update_actions)
        self.canvas.history_changed.connect(self._let_chart_wait)
        self._update_actions()
        self.canvas.setFocus()
        self._restore_geometry()

    # Putting together

    def _action(self, text: str, do: Callable[[], object], *shortcuts: str) -> QAction:
        action = QAction(text, self)
        action.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
        action.triggered.connect(do)
        return action

    def _fill_menus(self) -> None:
        quit_action = self._action("&Quit", self.close, "Ctrl+Q")
        quit_action.setMenuRole(QAction.MenuRole.QuitRole)
        # Its entry in the menu only opens the panel, which its key closes as well.
        train = self._action("&Train…\tCtrl+T", self.show_training)
        self.addAction(self._action("Training panel", self._toggle_training, "Ctrl+T"))
        about_action = self._action("&About digitpad", self._show_about)
        about_action.setMenuRole(QAction.MenuRole.AboutRole)
        open_picture = self._action("&Open Picture…", self._ask_for_picture, "Ctrl+O")
        paste_picture = self._action("&Paste Picture", self._paste_picture, "Ctrl+V")
        self.menuBar().addMenu("&File").addActions([open_picture, quit_action])
        self.menuBar().addMenu("&Edit").addActions(
            [self._undo, self._redo, self._clear, paste_picture]
        )
        self.menuBar().addMenu("&Training").addAction(train)
        self.menuBar().addMenu(self.weights_menu)
        self.menuBar().addMenu("&Help").addAction(about_action)

    def _lay_out(self) -> None:
        beside = QVBoxLayout()
        for label in (QLabel(CAPTION, wordWrap=True), explanation(EXPLANATION)):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            beside.addWidget(label)
        beside.addStretch()
        net = QHBoxLayout()
        net.setSpacing(12)
        net.addWidget(self.net_view)
        net.addLayout(beside, 1)

        buttons = QHBoxLayout()
        for action in (self._undo, self._redo, self._clear):
            buttons.addWidget(_button(action))

        side = QVBoxLayout()
        side.setSpacing(16)
        self._answers = QHBoxLayout()
        self._answers.setSpacing(16)
        self._answers.addWidget(self.answer, 1)
        side.addLayout(self._answers, 1)
        side.addLayout(net)
        side.addLayout(buttons)

        central = QWidget()
        central.setAccessibleName("Pad")
        central.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # and so, beside the sheet, is its focus
        central.setFocusProxy(self.canvas)
        self._rows = QVBoxLayout(central)
        self._rows.setContentsMargins(16, 16, 16, 16)
        self._rows.setSpacing(16)
        pad = _Pad(self.canvas, side)
        pad.addAction(self._clear)
        self._rows.addWidget(pad, 1)
        self.setCentralWidget(central)

    def _update_actions(self) -> None:
        self._undo.setEnabled(self.canvas.can_undo)
        self._redo.setEnabled(self.canvas.can_redo)
        self._clear.setEnabled(not self.canvas.is_blank or self.picture is not None)

    def _clear_sheet(self) -> None:
        if self.picture:
            self._close_picture()
            self._answer_drawing(self.canvas.drawing)
        else:
            self.canvas.clear()

    # Answering

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._has_appeared:
            self._has_appeared = True
            self._appearance.start()  # it comes round when all is painted

    def _read_weights(self) -> None:
        if self._has_read_weights:
            return
        self._has_read_weights = True
        from digitpad.network import WeightsError
        from digitpad.weights_store import bundled_weights

        chosen = None if self._weights else _chosen_weights()
        try:
            if chosen:
                self._load_weights(chosen)
                return
        except WeightsError as error:  # once is enough to say so
            _remember_weights(None)
            self._show_weights_notice(
                "The weights that you chose cannot be used any more; the bundled ones answer "
                f"instead.\n{error}"
            )
        try:
            self._load_weights(self._weights or bundled_weights())
        except WeightsError as error:
            self.answer.set_hint("No answer without weights.")
            repair = "start digitpad with another file" if self._weights else "install it again"
            self._show_weights_notice(
                "You can draw, but digitpad cannot answer: its weights file is not usable.\n"
                f"{error}\n"
                f"Choose others in the menu Weights, train some in the menu Training, or {repair}."
            )

    def _load_weights(self, path: Path) -> None:
        """Raises WeightsError; the weights in use stay then."""
        from digitpad.recognizer import Recognizer

        self._recognizer = Recognizer(path)
        self._weights = self.weights_menu.in_use = path
        self._tell_training_what_is_in_use()

    def use_weights(self, path: Path) -> None:
        """Answer with the weights in this file at once, and also after the next start.

        If they cannot be used, a notice says why, and the weights in use stay.
        """
        from digitpad.network import WeightsError
        from digitpad.weights_store import bundled_weights

        self._read_weights()
        try:
            self._load_weights(path)
        except WeightsError as error:
            self._show_weights_notice(
                f"These weights cannot be used, so nothing has changed.\n{error}"
            )
            return
        self._close_notice_about("weights")
        self.answer.set_hint()
        _remember_weights(None if path == bundled_weights() else path)
        self._answer_drawing(self.canvas.drawing)

    def _show_weights_notice(self, text: str) -> None:
        self._show_notice(text, about="weights")

    def _show_notice(self, text: str, actions: Sequence[QAction] = (), *, about: _Topic) -> None:
        """Show a notice, in the place of an earlier one."""
        from digitpad.window.widgets.notice import Notice

        before, self.notice = self.notice, None
        if before:
            self._owes_offer |= self._notice_about == "training" != about
            before.close()
        self._notice_about = about
        self.notice = notice = Notice(text, actions)
        notice.closed.connect(lambda: self._forget_notice(notice))
        self._rows.insertWidget(0, notice)

    def _close_notice_about(self, about: _Topic) -> None:
        """What it says does not hold any more."""
        if self.notice and self._notice_about == about:
            self.notice.close()

    def _forget_notice(self, notice: Notice) -> None:
        if notice is self.notice:  # else another one has taken its place
            self.notice = None
            if self._owes_offer:
                self._offer_interrupted_run()

    def _answer_drawing(self, drawing: Drawing) -> None:
        from digitpad.ink import ink_image

        self._read_weights()
        if drawing:
            self._close_picture()
            self._image = ink_image(drawing)
        else:
            self._image = self.picture.digit if self.picture else None
        self.net_view.set_image(self._image)
        self.answer.set_prediction(self._predict(self._recognizer))
        self._answer_in_training()
        if not self.canvas.is_drawing:  # not at every move: that would be chatter
            self.answer.announce()
        self.answered.emit()

    def _predict(self, recognizer: Recognizer | None) -> Prediction | None:
        if recognizer is None or self._image is None:
            return None
        return recognizer.recognize_image(self._image)

    # Pictures

    @cached_property
    def pictures(self) -> Pictures:
        """Where pictures come from: made when the window has appeared, or when it is needed."""
        from digitpad.window.pad.picture_source import Pictures

        made = Pictures(self)
        made.opened.connect(self._show_picture)
        made.failed.connect(self._show_picture_notice)
        return made

    def _ask_for_picture(self) -> None:
        self.pictures.ask()

    def _paste_picture(self) -> None:
        self.pictures.paste()

    def _show_picture(self, picture: Picture) -> None:
        """Answer what is on a picture, and show it on the sheet until something is drawn.

        The drawing gives way to it, and can be had back by Undo.
        """
        from digitpad.window.pad.picture_sheet import PictureSheet

        self._close_notice_about("pictures")
        self._close_picture()
        self.picture = PictureSheet(picture, self.canvas)
        self.picture.show()
        self._update_actions()
        if self.canvas.is_blank:
            self._answer_drawing(self.canvas.drawing)
        else:
            self.canvas.clear()

    def _close_picture(self) -> None:
        if self.picture:
            self.picture.close()
            self.picture = None
            self._update_actions()

    def _show_picture_notice(self, text: str) -> None:
        self._show_notice(text, about="pictures")

    # Training

    def show_training(self) -> None:
        """Open the panel that starts a training and shows how it goes."""
        training = self._training()
        training.open()
        training.panel.setFocus()

    def _toggle_training(self) -> None:
        """Go to the panel, or where one is in it: close it, and go back to the sheet."""
        focus = QApplication.focusWidget()
        if self.training and focus and self.training.isAncestorOf(focus):
            self.training.close()
            self.canvas.setFocus()
        else:
            self.show_training()

    def _training(self) -> TrainingDock:
        """Made when it is needed first: the chart's library alone takes half a second."""
        if self.training is None:
            from digitpad.window.pad.answer import TrainingAnswer
            from digitpad.window.training.dock import TrainingDock

            self._read_weights()
            self.training_answer = TrainingAnswer()
            self.training_answer.hide()
            self._answers.addWidget(self.training_answer)
            self.training = TrainingDock(self)
            self.training.hide()
            self.training.net_changed.connect(self._answer_in_training)
            self.training.use_requested.connect(self.use_weights)
            self.training.may_close.connect(self.close)
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.training)
            self._tell_training_what_is_in_use()
        return self.training

    def _let_chart_wait(self) -> None:
        """Draw nothing else while a stroke is being drawn."""
        if self.training:
            self.training.chart.waits = self.canvas.is_drawing

    def _tell_training_what_is_in_use(self) -> None:
        if self.training and self._recognizer and self._weights:
            self.training.set_in_use(self._weights)

    def _answer_in_training(self) -> None:
        """Answer with the Net in training as well, if there is one."""
        if self.training and self.training_answer:
            net = self.training.recognizer
            self.training_answer.setVisible(net is not None)
            self.training_answer.set_prediction(
                self._predict(net), self.training.epoch, is_training=self.training.is_running
            )

    def _offer_interrupted_run(self) -> None:
        from digitpad.weights_store import interrupted_runs

        runs = interrupted_runs()
        self._owes_offer = bool(runs and self.notice)
        if not runs or self.notice:  # what the notice says comes first
            return
        from digitpad.window.training.interrupted import InterruptedRuns

        self._interrupted_runs = offer = InterruptedRuns(self)
        offer.notice_wanted.connect(self._show_training_notice)
        offer.resume_requested.connect(self._resume_training)
        offer.offer(runs)

    def _show_training_notice(self, text: str, actions: Sequence[QAction]) -> None:
        self._show_notice(text, actions, about="training")

    def _resume_training(self, run: InterruptedRun) -> None:
        training = self._training()
        if not training.is_running:
            training.resume(run.checkpoint)
        elif self._interrupted_runs:
            self._interrupted_runs.put_off(run)
        self.show_training()

    # The window itself

    def _show_about(self) -> None:
        from PySide6.QtWidgets import QMessageBox

        from digitpad.window.about import about

        self._read_weights()
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("About digitpad")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setIconPixmap(self.windowIcon().pixmap(64))
        metadata = self._recognizer.metadata if self._recognizer else None
        box.setText(about(self._weights, metadata))
        box.open()

    def quit(self) -> None:
        """Close without a question; a training that is going on can go on next time."""
        if self.training:
            self.training.shut_down()
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.training:
            if self.training.is_running:
                event.ignore()
                self.training.ask_to_close()
                return
            self.training.close()  # with the room that it took
        _settings().setValue(_GEOMETRY, self._geometry_without_training())
        super().closeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and self.training:
            # The size comes after the state.
            QTimer.singleShot(0, self.training, self.training.give_room_back)

    def _geometry_without_training(self) -> QByteArray:
        """What to come back to; a maximized window still has the room for the panel."""
        if not (self.training and self.training.size_to_return_to):
            return self.saveGeometry()
        other = QWidget()
        other.setGeometry(QRect(self.normalGeometry().topLeft(), self.training.size_to_return_to))
        other.setWindowState(self.windowState())
        return other.saveGeometry()

    def _restore_geometry(self) -> None:
        # Qt refuses what is not its own, and brings a window back that lies on no screen.
        saved = _settings().value(_GEOMETRY)
        if not (isinstance(saved, QByteArray) and self.restoreGeometry(saved)):
            self.resize(832, 560)


class _Pad(QWidget):
    """The sheet, not wider than high, and at its side the rest."""

    def __init__(self, sheet: QWidget, side: QLayout) -> None:
        super().__init__()
        self._sheet = sheet
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(20)
        row.addWidget(sheet, 2)
        row.addLayout(side, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._sheet.setMaximumWidth(self.height())


def _settings() -> QSettings:
    # A file on every system, so that tests can put it elsewhere.
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "digitpad", "digitpad")


def _chosen_weights() -> Path | None:
    """The weights that the person chose last; None: the bundled ones."""
    stored = _settings().value(_WEIGHTS)
    return Path(stored) if stored and isinstance(stored, str) else None


def _remember_weights(path: Path | None) -> None:
    if path:
        _settings().setValue(_WEIGHTS, str(path.absolute()))
    else:
        _settings().remove(_WEIGHTS)


def _button(action: QAction) -> QPushButton:
    """A button that does what the action does."""
    button = QPushButton(action.text())
    shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    button.setToolTip(f"{action.iconText()} ({shortcut})")
    button.setAccessibleName(action.iconText())
    button.setEnabled(action.isEnabled())
    button.clicked.connect(action.trigger)
    action.enabledChanged.connect(button.setEnabled)
    return button
