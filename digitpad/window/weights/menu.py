"""The Weights menu: chooses, names, imports, exports, reveals and deletes weights files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from digitpad.window.widgets.label import tool_tip

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog

    from digitpad.weights_store import WeightsFile

# The menu imports what fills it when it opens: the first paint needs only its name.
# ruff: noqa: PLC0415

_MAX_LISTED = 12  # files; older ones go to a submenu
_MAX_NAME = 40  # characters
_DASH = "  –  "


class _Deletion(NamedTuple):
    deleted: Path
    date: str


class WeightsMenu(QMenu):
    """Lists the bundled and the kept weights, and what can be done with them.

    It is filled each time it opens.
    """

    chosen = Signal(Path)
    """The person chose the weights in this file."""

    failed = Signal(str)
    """An action failed. Carries the reason, as text for the person."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("&Weights", parent)
        self._in_use: Path | None = None
        self._deletions: list[_Deletion] = []  # the last one is undone first
        self._was_in_use: _Deletion | None = None  # the deletion that put the bundled ones in use
        self._choices = QActionGroup(self)
        self.hand_actions: list[QAction] = []
        """What can be done about the corrections beside the weights."""
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._fill)

    @property
    def in_use(self) -> Path | None:
        """Path of the weights in use."""
        return self._in_use

    @in_use.setter
    def in_use(self, path: Path) -> None:
        self._in_use, self._was_in_use = path, None

    def _fill(self) -> None:
        from digitpad.weights_store import bundled_weights, kept_weights

        self.clear()
        for submenu in self.findChildren(QMenu):
            submenu.deleteLater()
        bundled, kept = bundled_weights(), kept_weights()
        others = {bundled: f"&Bundled{_DASH}{_facts_of(bundled)}"}
        if self.in_use and self.in_use not in [bundled, *(file.path for file in kept)]:
            others[self.in_use] = f"{_short(self.in_use.name)}{_DASH}{_facts_of(self.in_use)}"
        for path, label in others.items():
            self._add_choice(self, path, label)
        self.addSeparator()
        _add_files(self, kept, self.in_use, self._add_kept)
        self.addSeparator()
        if self.hand_actions:
            _add_menu(self, "Your &Hand").addActions(self.hand_actions)
        self.addAction("&Import…", self._ask_for_import)
        usable = [file for file in kept if not file.damage]
        self._add_submenu("&Export", others, usable, self._ask_for_export)
        self._add_submenu("Show in &Folder", others, kept, self._reveal)
        self._add_submenu("&Rename", {}, usable, self._ask_for_name)
        self.addSeparator()
        self._add_submenu("&Delete", {}, kept, self._delete)
        undo = self.addAction("&Undo Delete", self._undo_delete)
        undo.setEnabled(bool(self._deletions))
        if self._deletions:
            undo.setText(f"&Undo Delete of {self._deletions[-1].date}")

    def _add_kept(self, menu: QMenu, file: WeightsFile) -> None:
        action = self._add_choice(menu, file.path, _label(file))
        action.setEnabled(file.damage is None)
        action.setToolTip(tool_tip(file.damage or str(file.path)))

    def _add_choice(self, menu: QMenu, path: Path, label: str) -> QAction:
        action = menu.addAction(label, lambda: self.chosen.emit(path))
        action.setToolTip(tool_tip(str(path)))
        action.setCheckable(True)
        action.setActionGroup(self._choices)
        action.setChecked(path == self.in_use)
        return action

    def _add_submenu(
        self,
        name: str,
        others: Mapping[Path, str],
        kept: Sequence[WeightsFile],
        do: Callable[[Path], None],
    ) -> None:
        """Add a submenu that does something with each of the files."""

        def add(menu: QMenu, path: Path, label: str, tip: str) -> None:
            menu.addAction(label, lambda: do(path)).setToolTip(tool_tip(tip))

        submenu = _add_menu(self, name)
        for path, label in others.items():
            if path.exists():
                add(submenu, path, label, str(path))
        _add_files(
            submenu,
            kept,
            self.in_use,
            lambda menu, file: add(menu, file.path, _label(file), file.damage or str(file.path)),
        )
        submenu.setEnabled(bool(submenu.actions()))

    # Actions

    def _ask_for_import(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = self._dialog("Import Weights")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._import)
        dialog.open()

    def _import(self, name: str) -> None:
        from digitpad.network import WeightsError
        from digitpad.weights_store import install

        try:
            copy = install(Path(name))
        except WeightsError as error:
            self.failed.emit(f"These weights cannot be used, so they were not imported.\n{error}")
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            self.failed.emit(f"{name} could not be imported: {_reason(error)}{place}.")
        else:
            self.chosen.emit(copy)

    def _ask_for_export(self, path: Path) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = self._dialog("Export Weights")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("safetensors")
        dialog.selectFile(path.name)
        dialog.fileSelected.connect(lambda name: self._export(path, name))
        dialog.open()

    def _export(self, path: Path, name: str) -> None:
        from digitpad.weights_store import export

        if not path.exists():
            self.failed.emit(f"{path} no longer exists.")
            return
        try:
            export(path, Path(name))
        except OSError as error:
            self.failed.emit(
                f"The weights could not be exported to {name}: {_reason(error)}. "
                "Choose another place."
            )

    def _ask_for_name(self, path: Path) -> None:
        from digitpad.weights_store import describe
        from digitpad.window.weights.naming import ask_for_name

        try:
            name = describe(path).name or ""
        except OSError:
            name = ""
        ask_for_name(name, self.parentWidget(), lambda new: self._rename(path, new))

    def _rename(self, path: Path, name: str) -> None:
        from digitpad.network import WeightsError
        from digitpad.weights_store import rename

        try:
            rename(path, name)
        except WeightsError as error:
            self.failed.emit(f"These weights cannot be used, so they were not renamed.\n{error}")
        except OSError as error:
            self.failed.emit(f"{path} could not be renamed: {_reason(error)}.")
        else:
            if path == self.in_use:
                self.chosen.emit(path)  # read again, with its new name

    def _dialog(self, title: str) -> QFileDialog:
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(self.parentWidget(), title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilters(["Weights (*.safetensors)", "All files (*)"])
        return dialog

    def _reveal(self, path: Path) -> None:
        from digitpad.window.weights.reveal import reveal

        problem = f"No program that shows folders was found. The weights are in {path}"
        reveal(path, self, lambda: self.failed.emit(problem))

    def _delete(self, path: Path) -> None:
        from digitpad.weights_store import bundled_weights, delete, describe

        try:
            date = _date(describe(path))
            deletion = _Deletion(delete(path), date)
        except OSError as error:
            self.failed.emit(f"{path} could not be deleted: {_reason(error)}.")
            return
        self._deletions.append(deletion)
        if path == self.in_use:
            self.chosen.emit(bundled_weights())
            self._was_in_use = deletion

    def _undo_delete(self) -> None:
        from digitpad.weights_store import restore

        deletion = self._deletions[-1]
        try:
            path = restore(deletion.deleted)
        except OSError as error:
            if not deletion.deleted.exists():
                self._deletions.pop()
            self.failed.emit(f"{deletion.deleted} could not be restored: {_reason(error)}.")
            return
        self._deletions.pop()
        if deletion is self._was_in_use:
            self.chosen.emit(path)


def _add_files(
    menu: QMenu,
    files: Sequence[WeightsFile],
    in_use: Path | None,
    add: Callable[[QMenu, WeightsFile], None],
) -> None:
    """Add the newest files and the one in use; the rest goes to a submenu."""
    rest = [file for file in files[_MAX_LISTED:] if file.path != in_use]
    for file in files:
        if file not in rest:
            add(menu, file)
    if rest:
        more = _add_menu(menu, "&More")
        for file in rest:
            add(more, file)


def _add_menu(menu: QMenu, name: str) -> QMenu:
    submenu = menu.addMenu(name)
    submenu.setToolTipsVisible(True)
    return submenu


def _label(file: WeightsFile) -> str:
    name = [_short(file.name)] if file.name else []
    return _DASH.join([*name, _date(file), _facts(file)])


def _date(file: WeightsFile) -> str:
    from digitpad.window.widgets.text import date_and_time

    return date_and_time(file.created)


def _facts_of(path: Path) -> str:
    from digitpad.weights_store import describe

    try:
        return _facts(describe(path))
    except OSError:
        return "missing"


def _facts(file: WeightsFile) -> str:
    if file.damage:
        return "damaged"
    name = _short(file.recipe or file.path.stem)
    # 0 is the default seed and not worth mentioning.
    facts = [f"{name} (seed {file.seed})" if file.seed else name]
    if file.epochs_done is not None and file.epochs and file.epochs_done < file.epochs:
        facts.append(f"stopped after {file.epochs_done:.1f} of {file.epochs:.0f} epochs")
    if file.accuracy is not None and file.split:
        facts.append(f"{100 * file.accuracy:.2f} % on {_short(file.split)}")
    return " · ".join(facts)


def _short(text: str) -> str:
    """The text in one line that fits a menu."""
    line = " ".join(text.split())
    if len(line) > _MAX_NAME:
        line = line[: _MAX_NAME - 1] + "…"
    return line.replace("&", "&&")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
