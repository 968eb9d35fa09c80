"""What goes onto the sheet and comes from it: files, the clipboard, paper and the notebook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QBoxLayout, QMenu, QWidget

from digitpad.window.sheet.canvas import Canvas
from digitpad.window.widgets.action import action

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

    from digitpad.ink import Drawing
    from digitpad.numbers import Reading
    from digitpad.picture import Picture
    from digitpad.window.drawings.opener import Opener
    from digitpad.window.drawings.recent import Recent

# What the first paint does not need is imported when it is needed.
# ruff: noqa: PLC0415


class InAndOut(QObject):
    """Connects the sheet with files, the clipboard, the printer and the notebook."""

    failed = Signal(str)
    """Something could not be opened, saved or kept. Carries the reason, as text for the person."""

    opened = Signal()
    """Something from outside is on the sheet."""

    def __init__(
        self,
        window: QWidget,
        canvas: Canvas,
        read: Callable[[Drawing | Picture], Reading | None],
    ) -> None:
        super().__init__(window)
        self._window, self._canvas, self._read = window, canvas, read
        self.opener: Opener | None = None
        self.recent: Recent | None = None
        self._waiting: Sequence[Path] = ()
        self._shown: Drawing | None = None  # the last drawing that came from a file or the strip
        self.open_action = action(self, "&Open…", self._ask, "Ctrl+O")
        self.save_action = action(self, "&Save Drawing…", self._ask_where_to_save, "Ctrl+S")
        self.print_action = action(self, "&Print…", self._ask_for_printer, "Ctrl+Shift+P")
        self.copy_action = action(self, "C&opy Drawing", self._copy, "Ctrl+C")
        self.copy_answer_action = action(self, "Copy &Answer", self._copy_answer, "Ctrl+Shift+C")
        self.paste_action = action(self, "&Paste", self._paste, "Ctrl+V")
        canvas.history_changed.connect(self._update_actions)
        canvas.menu_requested.connect(self._show_menu)
        self._update_actions()

    def start(self, layout: QBoxLayout) -> None:
        """Begin with what the first paint did without. The recent drawings go into a layout."""
        from digitpad.window.drawings.opener import Opener
        from digitpad.window.drawings.recent import Recent

        self.opener = Opener(self._window)
        self.opener.opened.connect(self._show_opened)
        self.opener.failed.connect(self.failed)
        self.opener.drag_changed.connect(self._canvas.set_drop_target)
        self.recent = Recent(self)
        self.recent.failed.connect(self.failed)
        self.recent.chosen.connect(self._show)
        layout.addWidget(self.recent.strip)
        self.recent.fit(self._window.height())
        left = self.recent.open()
        if left and not self._waiting and self._canvas.is_blank:
            self._canvas.show_drawing(left)
        elif left:
            self._keep(left)
        if self._waiting:
            self.opener.open(*self._waiting)
        self._canvas.replaced.connect(self._keep)
        self._canvas.history_changed.connect(self._keep_sheet)
        self._keep_sheet()

    def open(self, files: Sequence[Path]) -> None:
        """Open pictures and ink files, now or when the window has appeared."""
        if self.opener:
            self.opener.open(*files)
        else:
            self._waiting = files

    def fit(self, height: int) -> None:
        """Fit into a window of another height."""
        if self.recent:
            self.recent.fit(height)

    def close(self) -> None:
        """Keep what is on the sheet, and wait until it is written."""
        if self.opener:
            self.opener.close()
        if self.recent:
            from digitpad.ink import Drawing

            self._canvas.finish()
            if self._canvas.drawing:
                self._keep(self._canvas.drawing)
            self.recent.keep_sheet(Drawing())
            self.recent.close()

    # In

    def _ask(self) -> None:
        if self.opener:
            self.opener.ask()

    def _paste(self) -> None:
        if self.opener:
            self.opener.paste()

    def _show_opened(self, name: str, found: Sequence[Drawing | Picture]) -> None:
        from digitpad.ink import Drawing
        from digitpad.window.drawings.opener import MAX_OPENED
        from digitpad.window.drawings.strip import Item
        from digitpad.window.sheet.placing import on_sheet

        self.opened.emit()
        found = [on_sheet(each) if isinstance(each, Drawing) else each for each in found]
        if len(found) > 1 and self.recent:
            items = [Item(each, _text(self._read(each))) for each in found]
            many = f"the first {MAX_OPENED}" if len(found) == MAX_OPENED else str(len(found))
            self.recent.show_opened(f"{many} of {name}", items)
        self._show(found[0])

    def _show(self, shown: Drawing | Picture) -> None:
        from digitpad.ink import Drawing

        if isinstance(shown, Drawing):
            self._canvas.show_drawing(shown)
            self._shown = shown
        else:
            self._canvas.show_picture(shown)

    def _keep(self, drawing: Drawing) -> None:
        # What came from a file or the strip is there already, unless it was changed.
        if self.recent and drawing != self._shown:
            self.recent.keep(drawing, _text(self._read(drawing)))

    def _keep_sheet(self) -> None:
        if self.recent and not self._canvas.is_drawing:
            self.recent.keep_sheet(self._canvas.drawing)

    # Out

    def _update_actions(self) -> None:
        for each in (self.save_action, self.print_action, self.copy_action):
            each.setEnabled(not self._canvas.is_blank and self._canvas.picture is None)
        self.copy_answer_action.setEnabled(not self._canvas.is_blank)

    def _show_menu(self, position: QPoint) -> None:
        menu = QMenu(self._window)
        menu.addActions([self.copy_action, self.copy_answer_action, self.paste_action])
        menu.addSeparator()
        menu.addActions([self.open_action, self.save_action, self.print_action])
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(position)

    def _ask_where_to_save(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        from digitpad.window.drawings.export import FILTERS

        dialog = QFileDialog(self._window, "Save Drawing")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(FILTERS))
        dialog.setDefaultSuffix("png")
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix(FILTERS[chosen].removeprefix("."))
        )
        dialog.selectFile("drawing")
        drawing = self._canvas.drawing  # as it was when the person asked
        dialog.fileSelected.connect(lambda name: self._save(drawing, Path(name)))
        dialog.open()

    def _save(self, drawing: Drawing, path: Path) -> None:
        from digitpad.inkfile import InkFileError
        from digitpad.window.drawings.export import save

        try:
            save(drawing, path, self._canvas.pen_width)
        except (OSError, InkFileError) as error:
            reason = (
                f"{error.strerror}. Choose another place." if isinstance(error, OSError) else error
            )
            self.failed.emit(f"The drawing was not saved.\n{reason}")

    def _copy(self) -> None:
        from digitpad.window.drawings.export import picture_of

        picture = picture_of(self._canvas.drawing, self._canvas.pen_width)
        QGuiApplication.clipboard().setImage(picture)

    def _copy_answer(self) -> None:
        reading = self._read(self._canvas.picture or self._canvas.drawing)
        if reading:
            QGuiApplication.clipboard().setText(reading.answer)
        else:
            self.failed.emit("There is no answer to copy without weights.")

    def _ask_for_printer(self) -> None:
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        drawing = self._canvas.drawing
        dialog.accepted.connect(lambda: self.print_drawing(printer, drawing))
        dialog.show()

    def print_drawing(self, printer: QPrinter, drawing: Drawing) -> None:
        """Print the drawing, as large as fits on the page."""
        from PySide6.QtGui import QPainter

        from digitpad.window.drawings.export import paint

        painter = QPainter()
        if not painter.begin(printer):
            self.failed.emit("The drawing was not printed. Choose another printer or another file.")
            return
        area = printer.pageLayout().paintRectPixels(printer.resolution()).toRectF()
        area.moveTo(0, 0)
        paint(drawing, painter, area, self._canvas.pen_width)
        painter.end()

    @property
    def for_menu(self) -> list[QAction]:
        """The actions of the File menu."""
        return [self.open_action, self.save_action, self.print_action]

    @property
    def for_edit_menu(self) -> list[QAction]:
        return [self.copy_action, self.copy_answer_action, self.paste_action]


def _text(reading: Reading | None) -> str:
    """The answer on one line, if there is one."""
    return reading.answer.replace("\n", " / ") if reading else ""
