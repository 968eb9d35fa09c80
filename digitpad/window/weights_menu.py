"""The menu of the weights that can answer."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from digitpad.models import bundled_weights, weights_folder
from digitpad.own_weights import KeptWeights, kept_weights

_SHOWN = 12  # how many have a place in the menu itself; the older ones are one step further


class WeightsMenu(QMenu):
    """Bundled weights and the user's own, the ones in use marked, and what can be done with them.

    It is made anew each time it opens, so that it shows what is there.
    """

    chosen = Signal(Path)
    """Let these weights answer."""
    import_wanted = Signal()
    export_wanted = Signal()
    """A copy of the weights in use."""
    reveal_wanted = Signal()
    delete_wanted = Signal()
    """Of the weights in use."""
    undo_delete_wanted = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._in_use: Path | None = None
        self._can_undo_delete = False
        self.aboutToShow.connect(self._fill)

    def set_in_use(self, weights: Path) -> None:
        self._in_use = weights

    def set_can_undo_delete(self, can: bool) -> None:  # noqa: FBT001  # as Qt's own setters
        self._can_undo_delete = can

    def _fill(self) -> None:
        self.clear()
        group = QActionGroup(self)
        bundled = bundled_weights()
        self._add_weights(self, group, bundled, "&Bundled")
        try:
            kept = kept_weights()
        except OSError as error:
            kept = []
            sentence = f"{weights_folder()} cannot be read: {error.strerror}"
            self.addAction(sentence).setEnabled(False)
        known = {bundled, *(each.path for each in kept)}
        if self._in_use and self._in_use not in known:
            self._add_weights(self, group, self._in_use, _shown(str(self._in_use)))
        for each in kept[:_SHOWN]:
            self._add_kept(self, group, each)
        if kept[_SHOWN:]:
            older = self.addMenu("&Older")
            for each in kept[_SHOWN:]:
                self._add_kept(older, group, each)
        is_own = self._in_use in known - {bundled}
        self.addSeparator()
        self.addAction("&Import…", self.import_wanted.emit)
        self.addAction("&Export…", self.export_wanted.emit)
        self.addAction("&Show in Folder", self.reveal_wanted.emit)
        self.addSeparator()
        self.addAction("&Delete Those in Use", self.delete_wanted.emit).setEnabled(is_own)
        undo = self.addAction("&Undo Delete", self.undo_delete_wanted.emit)
        undo.setEnabled(self._can_undo_delete)

    def _add_kept(self, menu: QMenu, group: QActionGroup, kept: KeptWeights) -> None:
        action = self._add_weights(menu, group, kept.path, _description(kept))
        if kept.problem:
            action.setEnabled(False)

    def _add_weights(self, menu: QMenu, group: QActionGroup, path: Path, text: str) -> QAction:
        action = menu.addAction(text, partial(self.chosen.emit, path))
        action.setCheckable(True)
        action.setChecked(path == self._in_use)
        group.addAction(action)
        return action


def _description(kept: KeptWeights) -> str:
    words = [f"{kept.created.astimezone():%Y-%m-%d %H:%M}"]
    if kept.problem:
        words += [kept.path.name, "damaged"]
    else:
        words.append(kept.recipe or kept.path.stem)
    if kept.accuracy is not None:
        words.append(f"{100 * kept.accuracy:.2f}\N{NO-BREAK SPACE}% of {kept.split}")
    return _shown(" · ".join(words))


def _shown(text: str) -> str:
    """As a menu's text: with an & of its own, where Qt would underline what follows it."""
    return text.replace("&", "&&")
