"""The help page, and that it names the shortcuts that there are."""

import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTextBrowser

from digitpad.folders import assets
from digitpad.window.about import HelpPage


def test_f1_opens_the_page(window, qtbot):
    qtbot.keyClick(window.canvas, Qt.Key.Key_F1)
    page = window.findChild(HelpPage)
    assert page.isVisible()
    qtbot.keyClick(window.canvas, Qt.Key.Key_F1)
    assert window.findChildren(HelpPage) == [page]
    text = page.findChild(QTextBrowser).toPlainText()
    for words in ("Not a digit I know", "recipe", "seed", "Ctrl+T"):
        assert words in text
    page.close()


def test_the_page_names_every_shortcut_and_no_other(window):
    there_are = {
        sequence.toString()
        for action in window.findChildren(QAction)
        for sequence in action.shortcuts()
    }
    rows = re.findall(r"^\| (.*?) \|", (assets() / "help.md").read_text("utf-8"), re.MULTILINE)
    named = {key for row in rows[1:] for key in re.split(", | and ", row)}
    assert named - there_are == set()
    assert there_are - named == {"Ctrl+Y", "Ctrl+Q"}  # another key for redo; known everywhere
