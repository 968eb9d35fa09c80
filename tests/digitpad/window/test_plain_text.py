"""Text from files is shown as it is: no HTML, no pictures, and a few lines at most."""

import pytest
from PySide6 import QtGui
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QLabel, QListWidget, QWidget

from digitpad.training.messages import Evaluated, RunEnded
from digitpad.training.run import Exit, RunState
from digitpad.weights_store import bundled_weights, weights_folder
from digitpad.window.training.result_view import ResultView
from digitpad.window.widgets.label import label, message_box, tool_tip

HTML = '<img src="/etc/passwd"><b>bold</b>'
LONG = "x" * 500_000


def shown_as_html(widget):
    """The texts that Qt shows as HTML in a widget, its children and their tool tips."""
    found = []
    for each in [widget, *widget.findChildren(QWidget)]:
        if isinstance(each, QLabel) and each.objectName() != "legend":
            is_rich = each.textFormat() == Qt.TextFormat.RichText
            may_be_rich = each.textFormat() == Qt.TextFormat.AutoText
            if is_rich or (may_be_rich and QtGui.Qt.mightBeRichText(each.text())):
                found.append(each.text())
        found += [tip for tip in tool_tips(each) if QtGui.Qt.mightBeRichText(tip)]
    return [text for text in found if not text.startswith("<qt>")]


def tool_tips(widget):
    yield widget.toolTip()
    yield from (action.toolTip() for action in widget.findChildren(QAction))
    if isinstance(widget, QListWidget):
        yield from (widget.item(row).toolTip() for row in range(widget.count()))
    if isinstance(widget, QComboBox):
        for row in range(widget.count()):
            yield widget.itemData(row, Qt.ItemDataRole.ToolTipRole) or ""


@pytest.fixture
def hostile_weights(write_weights):
    """Kept weights whose metadata are HTML, and very long."""

    def keep(file, **metadata):
        return write_weights(weights_folder() / file, **metadata)

    keep("a & <b>.safetensors", name=HTML, recipe={"name": HTML, "epochs": 3})
    metrics = [{"split": text, "accuracy": 0.5} for text in (HTML, LONG[:300_000])]
    keep("<i>long<i>.safetensors", name=LONG[:300_000], metrics=metrics, created=HTML)
    return keep("<u>in use<u>.safetensors", name=HTML, metrics=metrics, recipe={"name": HTML})


def test_labels_and_tool_tips_show_plain_text(qtbot):
    made = label(HTML)
    qtbot.addWidget(made)
    assert not shown_as_html(made)
    made.setToolTip(tool_tip(HTML))
    assert not shown_as_html(made)
    assert "&lt;img" in made.toolTip()
    assert tool_tip("plain & simple") == "plain & simple"
    box = message_box(made, "digitpad", HTML, HTML)
    assert not shown_as_html(box)


def test_the_window_shows_metadata_as_plain_text_of_a_bearable_length(
    open_window, hostile_weights, qtbot
):
    window = open_window(bundled_weights())
    window.use_weights(hostile_weights)
    window.show_past_trainings()
    window.weights_menu.popup(window.mapToGlobal(window.rect().center()))
    past = window.training.findChild(QListWidget)
    for row in range(past.count()):
        past.setCurrentRow(row)
        assert not shown_as_html(window)
        assert not shown_as_html(window.weights_menu)
    window.weights_menu.close()
    longest = max(len(each.text()) for each in window.findChildren(QLabel))
    assert longest < 2_000
    qtbot.waitUntil(lambda: window.height() < 1_100)


def test_a_split_of_a_training_is_plain_text(qtbot):
    view = ResultView()
    qtbot.addWidget(view)
    evaluated = Evaluated(HTML, "0", 10, 9, None, [[0] * 10] * 10, [])
    state = RunState().after(evaluated).after(RunEnded("failed", HTML))
    view.show_run(state.ended(Exit(code=1)))
    assert HTML in "".join(each.text().replace("\u200b", "") for each in view.findChildren(QLabel))
    assert not shown_as_html(view)
