"""Opens the window, waits, and prints what it shows as JSON: run by `tests.hostile`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QMenu, QWidget

from digitpad.window.main_window import MainWindow


def wait(milliseconds):
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def is_html(widget):
    """Whether Qt shows a text of the widget, or one of its tool tips, as HTML."""
    texts = [widget.toolTip()]
    if isinstance(widget, QLabel) and widget.textFormat() == Qt.TextFormat.AutoText:
        texts.append(widget.text())
    if isinstance(widget, QListWidget):
        texts += [widget.item(row).toolTip() for row in range(widget.count())]
    if isinstance(widget, QMenu):
        texts += [action.toolTip() for action in widget.actions()]
    return any(GuiQt.mightBeRichText(text) and not text.startswith("<qt>") for text in texts)


def look(weights, files):
    app = QApplication([])
    app.setOrganizationName("digitpad")
    app.setApplicationName("digitpad")
    window = MainWindow(weights)
    window.show()
    window.in_and_out.open(files)
    wait(2500)
    window.show_past_trainings()
    window.weights_menu.popup(window.mapToGlobal(window.rect().center()))
    wait(500)
    widgets = [window, *window.findChildren(QWidget)]
    shown = {
        "height": window.height(),
        "menu": window.weights_menu.width(),
        "html": sum(map(is_html, widgets)),
        "notice": window.notice.text if window.notice else "",
        "answer": getattr(window.answer.prediction, "answer", None),
    }
    print(json.dumps(shown), flush=True)  # noqa: T201
    window.weights_menu.close()
    window.close()


look(Path(sys.argv[1]) if sys.argv[1] else None, [Path(each) for each in sys.argv[2:]])
