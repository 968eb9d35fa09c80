"""What can be done with the sheet, as actions for menus, buttons and the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QActionGroup

from digitpad.window.sheet.canvas import Canvas
from digitpad.window.widgets.action import action


class SheetActions(QObject):
    """Undo, redo and clear, and the choice between pen and eraser."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.undo = action(self, "&Undo", canvas.undo, "Ctrl+Z")
        self.redo = action(self, "&Redo", canvas.redo, "Ctrl+Shift+Z", "Ctrl+Y")
        self.clear = action(self, "&Clear", canvas.clear, "Esc")
        self.pen = action(self, "&Pen", lambda: self._choose(erases=False), "P")
        self.eraser = action(self, "&Eraser", lambda: self._choose(erases=True), "E")
        choice = QActionGroup(self)
        for tool in (self.pen, self.eraser):
            tool.setCheckable(True)
            choice.addAction(tool)
        self.pen.setChecked(True)
        self.steps, self.tools = [self.undo, self.redo, self.clear], [self.pen, self.eraser]
        self.on_the_pad = [self.clear, self.pen, self.eraser]
        """The actions whose keys count only while the focus is on the pad: elsewhere, they are
        letters to write, or Esc closes something."""
        for each in self.on_the_pad:
            each.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        canvas.history_changed.connect(self._update)
        self._update()

    def _choose(self, *, erases: bool) -> None:
        self._canvas.erases = erases

    def _update(self) -> None:
        self.undo.setEnabled(self._canvas.can_undo)
        self.redo.setEnabled(self._canvas.can_redo)
        self.clear.setEnabled(not self._canvas.is_blank)
