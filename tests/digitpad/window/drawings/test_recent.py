"""Recent drawings: kept, shown, brought back and deleted, in the window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QListWidget, QPushButton, QTextEdit

from digitpad.ink import Drawing
from digitpad.inkfile import Sample, write_ink
from digitpad.notebook import Notebook, notebook_folder
from digitpad.weights_store import bundled_weights
from digitpad.window.drawings.privacy import PrivacyDialog


@pytest.fixture
def open_pad(open_window, qtbot):
    def open_():
        window = open_window(bundled_weights())
        window.resize(900, 640)
        qtbot.waitUntil(lambda: window.in_and_out.recent is not None)
        return window

    return open_


def entries(window):
    items = window.in_and_out.recent.strip.findChild(QListWidget)
    return [items.item(row).text() for row in range(items.count())]


def draw(window, mouse_on, strokes, qtbot):
    with qtbot.waitSignal(window.answered):
        mouse_on(window.canvas).draw(strokes)
    return window.canvas.drawing


def test_a_cleared_drawing_is_recent_and_comes_back_by_a_click(open_pad, mouse_on, seven, qtbot):
    window = open_pad()
    strip = window.in_and_out.recent.strip
    assert not strip.isVisible()
    drawing = draw(window, mouse_on, seven, qtbot)
    window.canvas.clear()
    assert strip.isVisible()
    assert entries(window) == ["7"]
    items = strip.findChild(QListWidget)
    place = items.visualItemRect(items.item(0)).center()
    qtbot.mouseClick(items.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.canvas.drawing == drawing
    window.canvas.undo()
    assert window.canvas.is_blank


def test_recent_drawings_are_there_at_the_next_start(open_pad, mouse_on, seven, scribble, qtbot):
    window = open_pad()
    first = draw(window, mouse_on, seven, qtbot)
    window.canvas.clear()
    second = draw(window, mouse_on, scribble, qtbot)
    window.close()
    window = open_pad()
    assert window.canvas.is_blank
    assert entries(window) == ["?", "7"]
    kept = Notebook(notebook_folder()).recent()
    assert [(note.drawing, note.answer) for note in kept] == [(second, "?"), (first, "7")]


def test_strokes_are_kept_while_the_next_is_drawn(open_pad, mouse_on, seven, qtbot):
    window = open_pad()
    mouse = mouse_on(window.canvas)
    mouse.stroke(*seven[0])
    finished = window.canvas.drawing
    mouse.press(*seven[1][0])
    qtbot.waitUntil(lambda: Notebook(notebook_folder()).sheet() == finished)
    mouse.release(*seven[1][0])
    qtbot.waitUntil(lambda: Notebook(notebook_folder()).sheet() == window.canvas.drawing)


def test_what_was_left_on_the_sheet_is_there_again(open_pad, as_drawing, seven, qtbot):
    Notebook(notebook_folder()).keep_sheet(as_drawing(seven))
    window = open_pad()
    qtbot.waitUntil(lambda: window.canvas.drawing == as_drawing(seven))
    window.canvas.clear()
    qtbot.waitUntil(lambda: Notebook(notebook_folder()).sheet() == Drawing())


def test_the_strip_leaves_a_low_window_to_the_sheet(open_pad, mouse_on, seven, qtbot):
    window = open_pad()
    draw(window, mouse_on, seven, qtbot)
    window.canvas.clear()
    window.resize(400, 560)
    qtbot.waitUntil(lambda: not window.in_and_out.recent.strip.isVisible())
    window.resize(900, 640)
    qtbot.waitUntil(window.in_and_out.recent.strip.isVisible)


def privacy(window):
    help_menu = window.menuBar().actions()[-1].menu()
    (action,) = (a for a in help_menu.actions() if a.iconText().startswith("Privacy"))
    action.trigger()
    return window.findChild(PrivacyDialog)


def test_privacy_says_where_and_deletes(open_pad, mouse_on, seven, qtbot):
    window = open_pad()
    draw(window, mouse_on, seven, qtbot)
    window.canvas.clear()
    qtbot.waitUntil(lambda: len(Notebook(notebook_folder()).recent()) == 1)
    dialog = privacy(window)
    assert str(notebook_folder()) in dialog.findChild(QTextEdit).toPlainText()
    (delete,) = (b for b in dialog.findChildren(QPushButton) if b.text().startswith("&Delete"))
    delete.click()
    assert entries(window) == ["7"]  # it asks again
    delete.click()
    qtbot.waitUntil(lambda: Notebook(notebook_folder()).recent() == [])
    assert entries(window) == []
    assert not window.in_and_out.recent.strip.isVisible()


def test_a_person_can_turn_keeping_off_and_loses_nothing(
    open_pad, mouse_on, seven, scribble, qtbot
):
    window = open_pad()
    first = draw(window, mouse_on, seven, qtbot)
    window.canvas.clear()
    dialog = privacy(window)
    dialog.keeps.setChecked(False)
    dialog.accept()
    draw(window, mouse_on, scribble, qtbot)
    window.canvas.clear()
    assert entries(window) == ["7"]
    draw(window, mouse_on, scribble, qtbot)
    window.close()
    notebook = Notebook(notebook_folder())
    assert [note.drawing for note in notebook.recent()] == [first]
    assert notebook.sheet() == Drawing()
    assert not privacy(open_pad()).keeps.isChecked()


def test_what_was_left_is_kept_if_the_next_start_names_a_file(
    open_window, as_drawing, seven, scribble, tmp_path, qtbot
):
    Notebook(notebook_folder()).keep_sheet(as_drawing(scribble))
    path = tmp_path / "seven.ndjson"
    write_ink(path, [Sample(as_drawing(seven))])
    window = open_window(bundled_weights())
    window.in_and_out.open([path])
    qtbot.waitUntil(lambda: window.canvas.drawing == as_drawing(seven))
    window.close()
    kept = Notebook(notebook_folder()).recent()
    assert as_drawing(scribble) in [note.drawing for note in kept]


def test_stepping_through_a_file_leaves_the_own_drawings_alone(
    open_pad, mouse_on, as_drawing, seven, tmp_path, qtbot
):
    window = open_pad()
    own = draw(window, mouse_on, seven, qtbot)
    path = tmp_path / "many.ndjson"
    others = [as_drawing([[(x, 20), (x, 200), (200, x)]]) for x in range(20, 80)]
    write_ink(path, [Sample(drawing) for drawing in others])
    window.in_and_out.open([path])
    items = window.in_and_out.recent.strip.findChild(QListWidget)
    items.setFocus()
    for row in range(items.count()):
        items.setCurrentRow(row)
        qtbot.keyClick(items, Qt.Key.Key_Return)
        assert window.canvas.drawing == others[row]
        assert items.currentRow() == row
    window.close()
    assert [note.drawing for note in Notebook(notebook_folder()).recent()] == [own]


def test_a_second_window_leaves_the_sheet_of_the_first_alone(open_pad, mouse_on, seven, qtbot):
    first = open_pad()
    drawing = draw(first, mouse_on, seven, qtbot)
    qtbot.waitUntil(lambda: Notebook(notebook_folder()).sheet() == drawing)
    second = open_pad()
    assert second.canvas.is_blank
    second.close()
    assert Notebook(notebook_folder()).sheet() == drawing


def test_a_stroke_is_kept_that_is_being_drawn_when_the_window_closes(
    open_pad, mouse_on, seven, qtbot
):
    window = open_pad()
    mouse = mouse_on(window.canvas)
    mouse.press(*seven[0][0])
    mouse.move(*seven[0][1])
    drawing = window.canvas.drawing
    window.close()
    qtbot.wait(0)
    mouse.release(*seven[0][1])
    assert [note.drawing for note in Notebook(notebook_folder()).recent()] == [drawing]


def test_a_deletion_that_fails_is_not_called_done(open_pad, monkeypatch, qtbot):
    window = open_pad()
    dialog = privacy(window)

    def fail(_notebook):
        raise OSError("the disk is gone")

    monkeypatch.setattr(Notebook, "delete", fail)
    (delete,) = (b for b in dialog.findChildren(QPushButton) if b.text().startswith("&Delete"))
    delete.click()
    delete.click()
    qtbot.waitUntil(lambda: delete.text() == "Not Deleted")
    assert "the disk is gone" in dialog.findChild(QTextEdit).toPlainText()


def test_a_folder_that_cannot_be_written_is_mentioned_once(open_pad, mouse_on, seven, qtbot):
    notebook_folder().parent.mkdir(parents=True, exist_ok=True)
    notebook_folder().write_text("in the way")
    window = open_pad()
    draw(window, mouse_on, seven, qtbot)
    window.canvas.clear()
    qtbot.waitUntil(lambda: window.notice is not None)
    assert "cannot be kept" in window.notice.text
    window.notice.close()
    draw(window, mouse_on, seven, qtbot)
    window.canvas.clear()
    QApplication.processEvents()
    assert window.notice is None
