"""The dock beside the pad with the training panel, and the room that it takes.

`main_window` uses this class only; the runs themselves are in `running`.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QMainWindow, QWidget

from digitpad.recognizer import Recognizer
from digitpad.training.run import RunState
from digitpad.window.training.charts.chart import TrainingChart
from digitpad.window.training.charts.confusion import ConfusionView
from digitpad.window.training.form import TrainingForm
from digitpad.window.training.panel import TrainingPanel
from digitpad.window.training.placement import place_for
from digitpad.window.training.progress_view import status
from digitpad.window.training.running import RunControl
from digitpad.window.widgets.theme import tinted


class TrainingDock(QDockWidget):
    """Holds the training panel.

    Opening it widens the window, and closing it makes the window narrower again. On a screen that
    is too narrow for both, it takes the place of the pad. A run continues while the dock is closed;
    when the run ends, the dock opens if it leaves the pad visible.
    """

    net_changed = Signal()
    """`recognizer` has changed."""

    use_requested = Signal(Path)
    """Use these weights from now on."""

    status_changed = Signal(str)
    """How a run stands, as a line of text; empty if there is none."""

    may_close = Signal()
    """After `ask_to_close`: the run has ended, and the person wants to leave."""

    def __init__(self, parent: QMainWindow, answer: QWidget) -> None:
        """While the dock floats, it does not cover the `answer` if possible."""
        super().__init__("Training", parent)
        self._window = parent  # self.window() is the dock itself while it floats
        self._answer = answer
        self.setAllowedAreas(
            Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea
        )
        self.form, self.chart, self.confusion = TrainingForm(), TrainingChart(), ConfusionView()
        self.panel = TrainingPanel(self.form, self.chart, self.confusion)
        self.setWidget(self.panel)
        self.control = RunControl(self.panel, self.form, self.chart, self.confusion, parent)
        self.control.net_changed.connect(self.net_changed)
        self.control.use_requested.connect(self.use_requested)
        self.control.may_close.connect(self.may_close)
        self.control.process.state_changed.connect(self._show_status)
        self.control.attention_wanted.connect(self._get_attention)
        self.resume = self.control.resume
        self.set_in_use = self.control.set_in_use
        self.ask_to_close = self.control.ask_to_close
        self.shut_down = self.control.shut_down
        self.size_to_return_to: QSize | None = None
        """The size of the window without the dock, if the window still fills its screen."""
        self._extra_width = 0  # that the window has for the dock
        self._width_with_dock = 0  # of the window, before the dock floated
        self.topLevelChanged.connect(self._tint_buttons)  # Qt has just given them new icons
        self.topLevelChanged.connect(self._float_or_return)
        self._tint_buttons()

    @property
    def is_running(self) -> bool:
        """Whether a run is in progress."""
        return self.control.process.is_running

    @property
    def recognizer(self) -> Recognizer | None:
        """The Net in training, or the trained one until it is in use."""
        return self.control.recognizer

    @property
    def epoch(self) -> int:
        """The epoch that the weights of `recognizer` are from."""
        return self.control.epoch

    # Room beside the pad

    def open(self) -> None:
        """Show the dock, and widen the window for it as far as the screen allows."""
        if not self.isHidden():
            self.raise_()
            return
        window = self._window
        self.size_to_return_to = None
        stays = self.isFloating() or _fills_its_screen(window) or not self._fits_beside_the_pad
        if not (self._extra_width or stays):
            screen = window.screen().availableGeometry()
            frame, content = window.frameGeometry(), window.geometry()
            most = screen.width() - (frame.width() - content.width())
            wanted = min(content.width() + self.sizeHint().width(), most)
            self.show()
            if layout := window.layout():
                layout.activate()  # the window is at least as wide as its parts together
            window.resize(max(wanted, window.width()), content.height())
            self._extra_width = window.width() - content.width()
            _keep_on(screen, window)
        self._make_way()
        self.show()

    def _get_attention(self) -> None:
        """Open the dock, unless the person may be drawing where it would go."""
        if self.isFloating() or self._fits_beside_the_pad:
            self.open()

    def _show_status(self, state: RunState) -> None:
        text = status(state) if self.is_running else ""
        if state.outcome and self.isHidden():
            text = "The training has ended"
        self.status_changed.emit(text)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.hide()
        if self._extra_width and not self.isFloating():
            size = self._window.normalGeometry().size()
            self.size_to_return_to = size - QSize(self._extra_width, 0)
            self.give_room_back()

    @property
    def _fits_beside_the_pad(self) -> bool:
        pad = self._window.centralWidget()
        screen = self._window.screen().availableGeometry().width()
        return pad is None or pad.minimumWidth() + self.minimumSizeHint().width() <= screen

    def _make_way(self, *, is_shown: bool = True) -> None:
        """Hide the pad while the dock takes its place."""
        takes_its_place = is_shown and not (self.isFloating() or self._fits_beside_the_pad)
        if pad := self._window.centralWidget():
            pad.setHidden(takes_its_place)

    def _float_or_return(self) -> None:
        """Give the room beside the pad back, or take it again; and leave the answer free."""
        self._make_way()
        window, layout = self._window, self._window.layout()
        if layout and not _fills_its_screen(window):
            layout.activate()  # otherwise the window keeps the minimum width it had with the dock
            if self.isFloating():
                self._width_with_dock = window.width()
                window.resize(window.width() - self._extra_width, window.height())
            else:
                window.resize(max(window.width(), self._width_with_dock), window.height())
        # A person who drags the dock decides where it goes.
        if self.isFloating() and QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton:
            answer = self._answer.rect().translated(self._answer.mapToGlobal(QPoint()))
            screen = self._window.screen().availableGeometry()
            self.setGeometry(place_for(self.size(), self._window.frameGeometry(), answer, screen))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():  # unlike when the window is minimized
            self._make_way(is_shown=False)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_status(self.control.process.state)

    def give_room_back(self) -> None:
        """Make the window of a closed dock narrower again, unless the window fills its screen."""
        layout = self._window.layout()
        if layout and self.size_to_return_to and not _fills_its_screen(self._window):
            layout.activate()  # otherwise the window keeps the minimum width it had with the dock
            self._window.resize(self.size_to_return_to)
            self.size_to_return_to, self._extra_width = None, 0

    def sizeHint(self) -> QSize:
        return self.panel.sizeHint().expandedTo(self.minimumSizeHint())

    # The title bar

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.StyleChange}:
            self._tint_buttons()

    def _tint_buttons(self) -> None:
        """Give Qt's close and float buttons the text's colour: their icons are always dark."""
        colour = self.palette().color(QPalette.ColorRole.WindowText)
        for button in self.findChildren(
            QAbstractButton, options=Qt.FindChildOption.FindDirectChildrenOnly
        ):
            button.setIcon(tinted(button.icon(), colour, button.iconSize()))


def _fills_its_screen(window: QWidget) -> bool:
    return window.isMaximized() or window.isFullScreen()


def _keep_on(screen: QRect, window: QWidget) -> None:
    """Move a window that has become wider back onto its screen."""
    beyond = window.frameGeometry().right() - screen.right()
    if beyond > 0:
        window.move(max(window.x() - beyond, screen.left()), window.y())
