"""The menu of the weights: which of them answer, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog

    from digitpad.models import WeightsFile

# What fills the menu is imported when it opens: the first paint needs no more than its name.
# ruff: noqa: PLC0415

_AT_ONCE = 12  # files that are listed before the rest goes into a menu of its own
_LONGEST = 40  # letters of a name


class _Deletion(NamedTuple):
    deleted: Path
    date: str
    was_in_use: bool


class WeightsMenu(QMenu):
    """Lists the bundled weights and the kept ones; imports, exports, deletes.

    Whenever it opens, it is filled with what is there then.
    """

    chosen = Signal(Path)
    """The weights in this file are to answer."""

    failed = Signal(str)
    """What the person asked for could not be done; the text says why."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("&Weights", parent)
        self.in_use: Path | None = None
        """The file of the weights that answer."""
        self._deletions: list[_Deletion] = []  # the last one is undone first
        self._choices = QActionGroup(self)
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        from digitpad.models import bundled_weights, kept_weights

        self.clear()
        for submenu in self.findChildren(QMenu):
            submenu.deleteLater()
        bundled, kept = bundled_weights(), kept_weights()
        self._add_choice(self, bundled, f"&Bundled{_DASH}{_facts_of(bundled)}")
        if self.in_use and self.in_use not in [bundled, *(file.path for file in kept)]:
            name = f"{_short(self.in_use.name)}{_DASH}{_facts_of(self.in_use)}"
            self._add_choice(self, self.in_use, name)
        self.addSeparator()
        self._add_files(self, kept, self._add_kept)
        self.addSeparator()
        self.addAction("&Import…", self._ask_what_to_import)
        self.addAction("&Export…", self._ask_where_to_export).setEnabled(self.in_use is not None)
        self.addAction("Show &Folder", self._show_folder)
        self.addSeparator()
        delete = self._add_menu(self, "&Delete")
        delete.setEnabled(bool(kept))
        self._add_files(delete, kept, self._add_deletion)
        undo = self.addAction("&Undo Delete", self._undo_delete)
        undo.setEnabled(bool(self._deletions))
        if self._deletions:
            undo.setText(f"&Undo Delete of {self._deletions[-1].date}")

    def _add_files(
        self, menu: QMenu, files: Sequence[WeightsFile], add: Callable[[QMenu, WeightsFile], None]
    ) -> None:
        """The newest files and the one in use; the rest in a menu of its own."""
        rest = [file for file in files[_AT_ONCE:] if file.path != self.in_use]
        for file in files:
            if file not in rest:
                add(menu, file)
        if rest:
            more = self._add_menu(menu, "&More")
            for file in rest:
                add(more, file)

    def _add_kept(self, menu: QMenu, file: WeightsFile) -> None:
        action = self._add_choice(menu, file.path, _label(file))
        action.setEnabled(file.damage is None)
        action.setToolTip(file.damage or str(file.path))

    def _add_deletion(self, menu: QMenu, file: WeightsFile) -> None:
        action = menu.addAction(_label(file), lambda: self._delete(file))
        action.setToolTip(file.damage or str(file.path))

    def _add_choice(self, menu: QMenu, path: Path, label: str) -> QAction:
        action = menu.addAction(label, lambda: self.chosen.emit(path))
        action.setToolTip(str(path))
        action.setCheckable(True)
        action.setActionGroup(self._choices)
        action.setChecked(path == self.in_use)
        return action

    def _add_menu(self, menu: QMenu, name: str) -> QMenu:
        submenu = menu.addMenu(name)
        submenu.setToolTipsVisible(True)
        return submenu

    # What the actions do

    def _ask_what_to_import(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = self._dialog("Import Weights")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._import)
        dialog.open()

    def _import(self, name: str) -> None:
        from digitpad.models import install, weights_folder
        from digitpad.network import WeightsError

        try:
            copy = install(Path(name))
        except WeightsError as error:
            self.failed.emit(f"These weights cannot be used, and are not imported.\n{error}")
        except OSError as error:
            self.failed.emit(
                f"{name} could not be imported, because nothing can be written to "
                f"{weights_folder()}: {_reason(error)}."
            )
        else:
            self.chosen.emit(copy)

    def _ask_where_to_export(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = self._dialog("Export Weights")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("safetensors")
        if self.in_use:
            dialog.selectFile(self.in_use.name)
        dialog.fileSelected.connect(self._export)
        dialog.open()

    def _export(self, name: str) -> None:
        from digitpad.models import export

        if self.in_use is None:
            return
        try:
            export(self.in_use, Path(name))
        except OSError as error:
            self.failed.emit(
                f"The weights could not be exported to {name}: {_reason(error)}. "
                "Export them to another place."
            )

    def _dialog(self, title: str) -> QFileDialog:
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(self.parentWidget(), title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilters(["Weights (*.safetensors)", "All files (*)"])
        return dialog

    def _show_folder(self) -> None:
        from PySide6.QtCore import QUrl
        from PySide6.QtGui import QDesktopServices

        from digitpad.models import weights_folder

        folder = weights_folder()
        with suppress(OSError):  # then there is nothing to show
            folder.mkdir(parents=True, exist_ok=True)
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.failed.emit(f"No program here shows folders. The weights are in {folder}")

    def _delete(self, file: WeightsFile) -> None:
        from digitpad.models import bundled_weights, delete

        try:
            deleted = delete(file.path)
        except OSError as error:
            self.failed.emit(f"{file.path} could not be deleted: {_reason(error)}.")
            return
        was_in_use = file.path == self.in_use
        self._deletions.append(_Deletion(deleted, _date(file), was_in_use))
        if was_in_use:
            self.chosen.emit(bundled_weights())

    def _undo_delete(self) -> None:
        from digitpad.models import restore

        deletion = self._deletions.pop()
        try:
            path = restore(deletion.deleted)
        except OSError as error:
            self.failed.emit(f"{deletion.deleted} could not be brought back: {_reason(error)}.")
            return
        if deletion.was_in_use:
            self.chosen.emit(path)


_DASH = "  –  "


def _label(file: WeightsFile) -> str:
    return f"{_date(file)}{_DASH}{_facts(file)}"


def _date(file: WeightsFile) -> str:
    from digitpad.window.parts import date_and_time

    return date_and_time(file.created)


def _facts_of(path: Path) -> str:
    from digitpad.models import describe

    try:
        return _facts(describe(path))
    except FileNotFoundError:
        return "missing"


def _facts(file: WeightsFile) -> str:
    if file.damage:
        return "damaged"
    facts = [_short(file.recipe or file.path.stem)]
    if file.epochs_done is not None and file.epochs and file.epochs_done < file.epochs:
        facts.append(f"stopped after {file.epochs_done:.1f} of {file.epochs:.0f} epochs")
    if file.accuracy is not None and file.split:
        facts.append(f"{100 * file.accuracy:.2f} % of {_short(file.split)}")
    return " · ".join(facts)


def _short(text: str) -> str:
    """Text from a file, or a file's name, as a menu can show it."""
    line = " ".join(text.split())
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 1] + "…"
    return line.replace("&", "&&")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
