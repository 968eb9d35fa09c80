"""The dock beside the pad with the training panel, and the room that it takes.

`main_window` uses this class only; the runs themselves are in `running`.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPalette
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QWidget

from digitpad.recognizer import Recognizer
from digitpad.window.training.charts.chart import TrainingChart
from digitpad.window.training.charts.confusion import ConfusionView
from digitpad.window.training.form import TrainingForm
from digitpad.window.training.panel import TrainingPanel
from digitpad.window.training.progress_view import status
from digitpad.window.training.running import RunControl
from digitpad.window.widgets.theme import tinted


class TrainingDock(QDockWidget):
    """Holds the training panel.

    Opening it widens the window, and closing it makes the window narrower again. A run continues
    while the dock is closed; when the run ends, the dock opens.
    """

    net_changed = Signal()
    """`recognizer` has changed."""

    use_requested = Signal(Path)
    """Use these weights from now on."""

    status_changed = Signal(str)
    """How a run stands, as a line of text; empty if there is none."""

    may_close = Signal()
    """After `ask_to_close`: the run has ended, and the person wants to leave."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Training", parent)
        self._window = parent  # self.window() is the dock itself while it floats
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
        self.control.process.state_changed.connect(
            lambda state: self.status_changed.emit(status(state))
        )
        self.control.attention_wanted.connect(self.open)
        self.resume = self.control.resume
        self.set_in_use = self.control.set_in_use
        self.ask_to_close = self.control.ask_to_close
        self.shut_down = self.control.shut_down
        self.size_to_return_to: QSize | None = None
        """The size of the window without the dock, if the window still fills its screen."""
        self._extra_width = 0
        self.topLevelChanged.connect(self._tint_buttons)  # Qt has just given them new icons
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
        if not (self._extra_width or self.isFloating() or _fills_its_screen(window)):
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
        self.show()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.hide()
        if self._extra_width:
            size = self._window.normalGeometry().size()
            self.size_to_return_to = size - QSize(self._extra_width, 0)
            self.give_room_back()

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
