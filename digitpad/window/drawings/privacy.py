"""Says what is kept and where, and deletes it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from digitpad.notebook import MAX_RECENT, notebook_folder
from digitpad.window.drawings.recent import Recent
from digitpad.window.widgets import theme
from digitpad.window.widgets.controls import button
from digitpad.window.widgets.text import Sentence

_TEXT = (
    "Nothing that you draw leaves this computer.\n\n"
    f"digitpad keeps your last {MAX_RECENT} drawings with their answers, and what is on the sheet, "
    "so that you can go back to them. What you corrected is kept too. Weights ▸ Your Hand ▸ Forget "
    "All forgets it, and leaves a copy, corrections-until-DATE.ndjson, until you delete that file. "
    "All of this is in\n{folder}"
)


class PrivacyDialog(QDialog):
    """Shows what is kept, with a setting that turns keeping off and a button that deletes it."""

    def __init__(self, recent: Recent, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Privacy")
        self._recent = recent
        self._text = text = Sentence("What is kept")
        try:
            text.setPlainText(_TEXT.format(folder=notebook_folder()))
        except OSError as error:
            text.setPlainText(f"Nothing is kept: {error.strerror}.")
        self.keeps = QCheckBox("&Keep my drawings")
        self.keeps.setChecked(recent.keeps)
        self.keeps.toggled.connect(lambda keeps: setattr(recent, "keeps", keeps))
        self._delete = button("&Delete Recent Drawings", self._delete_all)
        self._is_sure = False
        recent.deleted.connect(self._show_deleted)
        close = button("&Close", self.accept, kind="primary")
        buttons = QHBoxLayout()
        buttons.addWidget(self._delete)
        buttons.addStretch()
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*4 * [theme.MARGIN])
        layout.setSpacing(theme.MARGIN)
        layout.addWidget(text)
        layout.addWidget(self.keeps)
        layout.addLayout(buttons)
        self.resize(440, self.sizeHint().height())
        close.setFocus()

    def _delete_all(self) -> None:
        if self._is_sure:
            self._delete.setEnabled(False)
            self._recent.delete()
        else:
            self._is_sure = True
            self._delete.setText("&Delete Them for Good")

    def _show_deleted(self, problem: str) -> None:
        self._delete.setText("Not Deleted" if problem else "Deleted")
        if problem:
            self._text.setPlainText(f"Your drawings could not be deleted: {problem}")
