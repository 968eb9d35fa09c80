"""The weights in use: read after the first paint, and remembered for the next start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from digitpad.window.widgets.settings import keep_setting, settings

if TYPE_CHECKING:
    from digitpad.recognizer import Recognizer

# Reading weights needs NumPy, which takes about as long to import as all that Qt does until the
# first paint.
# ruff: noqa: PLC0415

_CHOICE = "weights/chosen"


class WeightsInUse(QObject):
    """The weights that answer: those named at the start, those chosen last, or the bundled ones."""

    changed = Signal(Path)
    """The weights in this file are in use now."""

    failed = Signal(str)
    """Weights cannot be used. Carries the reason, as text for the person."""

    def __init__(self, path: Path | None, parent: QObject) -> None:
        super().__init__(parent)
        self.path = path.absolute() if path else None
        """Path of the weights file; None until `read`, unless the file was named at the start."""
        self.recognizer: Recognizer | None = None
        """Recognizer with the weights; None until `read`, and if no weights can be used."""
        self._is_read = False

    def read(self) -> None:
        """Read the weights, the first time this is called.

        If the weights chosen last can no longer be used, the bundled ones replace them. A file
        named at the start is not replaced.
        """
        if self._is_read:
            return
        self._is_read = True
        from digitpad.network import WeightsError
        from digitpad.weights_store import bundled_weights

        problem = None
        if not self.path and (chosen := _chosen_weights()):
            try:
                self._load(chosen)
            except WeightsError as error:
                _remember(None)  # so that this is reported only once
                problem = (
                    "The weights that you chose can no longer be used. The bundled weights are in "
                    f"use instead.\n{error}"
                )
            else:
                return
        try:
            self._load(self.path or bundled_weights())
        except WeightsError as error:
            repair = "start digitpad with another file" if self.path else "reinstall digitpad"
            problem = (
                "You can draw, but digitpad cannot answer: its weights file cannot be used.\n"
                f"{error}\n"
                "Choose other weights in the Weights menu, train new ones in the Training menu, or "
                f"{repair}."
            )
        if problem:
            self.failed.emit(problem)

    def use(self, path: Path) -> bool:
        """Use the weights in this file from now on, also after the next start.

        Returns whether they can be used. If not, nothing changes.
        """
        from digitpad.network import WeightsError
        from digitpad.weights_store import bundled_weights

        self.read()
        try:
            self._load(path)
        except WeightsError as error:
            self.failed.emit(f"These weights cannot be used, so nothing has changed.\n{error}")
            return False
        _remember(None if path == bundled_weights() else path)
        return True

    def _load(self, path: Path) -> None:
        from digitpad.recognizer import Recognizer

        self.recognizer = Recognizer(path)
        self.path = path
        self.changed.emit(path)


def _chosen_weights() -> Path | None:
    """The weights chosen last; None for the bundled ones."""
    stored = settings().value(_CHOICE)
    return Path(stored) if stored and isinstance(stored, str) else None


def _remember(path: Path | None) -> None:
    keep_setting(_CHOICE, str(path.absolute()) if path else None)
