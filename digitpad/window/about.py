"""The help page, and the text of the About box."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from digitpad import __version__
from digitpad.folders import assets
from digitpad.text import shortened

_MOST_METRICS = 12


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


def about(weights: Path | None, metadata: dict[str, Any] | None) -> str:
    """Plain text about digitpad and the weights in use.

    `metadata` is the JSON object of the weights file, of any form; None if no weights are in use.
    """
    lines = [f"digitpad {__version__}", "Draw a digit, see the answer.", ""]
    if metadata is None:
        return "\n".join([*lines, "No weights are in use."])
    lines.append(f"Weights: {weights}")
    match metadata:
        case {"recipe": {"name": str(name)}}:
            lines.append(f"Recipe: {shortened(name)}")
    match metadata:
        case {"created": str(created)}:
            lines.append(f"Trained: {shortened(created[:10])}")
    match metadata:
        case {"metrics": [*metrics]}:
            for metric in metrics[:_MOST_METRICS]:
                match metric:
                    case {"split": str(split), "accuracy": float(accuracy)}:
                        lines.append(f"Accuracy on {shortened(split)}: {100 * accuracy:.2f} %")
    return "\n".join(lines)
