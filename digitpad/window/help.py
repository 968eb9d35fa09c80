"""The help page."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from digitpad.folders import assets


class HelpPage(QDialog):
    """Shows `assets/help.md` beside the window, which can be used at the same time."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Help")
        page = QTextBrowser()
        page.setAccessibleName("Help")
        page.setFrameShape(QTextBrowser.Shape.NoFrame)
        page.setMarkdown((assets() / "help.md").read_text("utf-8"))
        page.document().setDocumentMargin(16)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(page)
        self.resize(560, 640)
