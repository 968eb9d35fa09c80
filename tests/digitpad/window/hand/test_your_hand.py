"""What a person says of drawings, in the real window."""

import json
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QListWidget,
    QMessageBox,
    QTableWidget,
)

from digitpad.hand.corrections import CorrectionFile, CorrectionRecord, corrections_path
from digitpad.hand.memory import Correction
from digitpad.notebook import notebook_folder
from digitpad.weights_store import bundled_weights
from digitpad.window.hand.practice import PracticeRow
from digitpad.window.hand.scorecard import Scorecard
from digitpad.window.widgets.button import Button

CTRL = Qt.KeyboardModifier.ControlModifier

# A way of writing a 4 that the bundled weights do not know.
ODD = [
    [(60, 20), (60, 120), (140, 120), (140, 200), (70, 200), (75, 60)],
    [(40, 100), (180, 105)],
]
SEVEN = [[(60, 60), (120, 58), (200, 60), (170, 130), (140, 220)], [(110, 150), (190, 145)]]
TWELVE = [
    [(60, 90), (58, 170)],
    [(98, 110), (118, 92), (142, 92), (154, 110), (138, 138), (94, 168), (158, 168)],
]
FILE = "corrections.ndjson"


def moved(strokes, dx=6, dy=4):
    return [[(x + dx + y // 20, y + dy) for x, y in stroke] for stroke in strokes]


@pytest.fixture
def hand(open_window, mouse_on, qtbot):
    """Opens a window; draws in it, says what it was, and knows what is answered."""
    return Hand(open_window, mouse_on, qtbot)


class Hand:
    def __init__(self, open_window, mouse_on, qtbot):
        self._open_window, self._mouse_on, self._qtbot = open_window, mouse_on, qtbot
        self.open()

    def open(self):
        self.window = self._open_window(bundled_weights())
        self._qtbot.waitUntil(lambda: self.window.in_use.recognizer is not None)

    def draw(self, strokes):
        self.window.canvas.clear()
        with self._qtbot.waitSignal(self.window.answered):
            self._mouse_on(self.window.canvas).draw(strokes)

    def press(self, key, modifiers=Qt.KeyboardModifier.NoModifier):
        with self._qtbot.waitSignal(self.window.your_hand.changed):
            self._qtbot.keyClick(self.window.canvas, key, modifiers)

    @property
    def answer(self):
        return self.window.answer.prediction.answer

    @property
    def text(self):
        return self.window.your_hand.row.text

    def wait(self, condition):
        self._qtbot.waitUntil(condition)


def kept():
    path = notebook_folder() / FILE
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_key_corrects_the_answer_to_this_and_to_the_next_drawing(hand):
    hand.draw(ODD)
    before = hand.answer
    assert before != 4
    hand.press("4")
    assert hand.answer == 4
    assert hand.text.startswith("Noted: 4.")
    hand.draw(moved(ODD))
    assert hand.answer == 4
    (line,) = kept()
    assert (line["word"], line["answer"], line["weights"]) == ("4", before, "Bundled weights")
    assert line["drawing"]
    assert line["when"]


def test_a_tap_can_be_corrected_too(hand, qtbot):
    with qtbot.waitSignal(hand.window.answered):
        qtbot.mouseClick(hand.window.canvas, Qt.MouseButton.LeftButton)
    hand.press("1")
    assert kept()[0]["word"] == "1"


def test_undo_takes_it_back_and_redo_says_it_again(hand):
    hand.draw(ODD)
    before = hand.answer
    hand.press("4")
    hand.press(Qt.Key.Key_Z, CTRL)
    assert hand.answer == before
    assert kept() == []
    assert not hand.window.canvas.is_blank  # the drawing stays
    hand.press(Qt.Key.Key_Y, CTRL)
    assert hand.answer == 4
    assert len(kept()) == 1


def test_what_was_learned_is_there_after_a_restart_and_with_other_weights(hand, seed_weights):
    hand.draw(ODD)
    hand.press("4")
    hand.window.close()
    hand.open()
    hand.wait(lambda: hand.window.in_use.recognizer.hand is not None)
    hand.draw(moved(ODD))
    assert hand.answer == 4
    hand.window.use_weights(seed_weights)
    hand.wait(lambda: hand.window.in_use.recognizer.hand is not None)
    hand.draw(ODD)
    assert hand.answer == 4


def test_a_button_says_it_too_and_the_same_again_takes_it_back(hand, qtbot):
    hand.draw(ODD)
    before = hand.answer
    four = next(b for b in hand.window.your_hand.row.children() if getattr(b, "text", str)() == "4")
    for expected, lines in ((4, 1), (before, 0)):
        with qtbot.waitSignal(hand.window.your_hand.changed):
            qtbot.mouseClick(four, Qt.MouseButton.LeftButton)
        assert hand.answer == expected
        assert len(kept()) == lines
        assert four.isChecked() == (lines == 1)


def test_n_says_that_it_is_no_digit(hand):
    hand.draw(ODD)
    hand.press("N")
    assert hand.answer is None
    assert kept()[0]["word"] == "?"
    assert "Noted: not a digit." in hand.text


def test_saying_something_else_replaces_what_was_said(hand):
    hand.draw(ODD)
    hand.press("4")
    hand.press("8")
    assert hand.answer == 8
    assert [line["word"] for line in kept()] == ["8"]


def test_keys_do_nothing_without_a_drawing_and_letters_go_to_the_form(hand, qtbot):
    row = hand.window.your_hand.row
    assert not any(action.isEnabled() for action in row.actions_on_pad)
    hand.draw(ODD)
    hand.window.show_training()
    form = hand.window.training.form
    form.epochs.setFocus()
    form.epochs.selectAll()
    qtbot.keyClick(form.epochs, "7")
    assert form.epochs.value() == 7
    assert kept() == []


def button_of(widget, words):
    found = widget.findChildren(Button)
    return next(each for each in found if each.text().replace("&", "") == words)


def action(hand, words):
    return next(a for a in hand.window.your_hand.for_menu if words in a.text().replace("&", ""))


def test_learning_can_be_turned_off_and_on(hand):
    hand.draw(ODD)
    before = hand.answer
    hand.press("4")
    action(hand, "Learn").trigger()
    assert hand.answer == before
    hand.window.close()
    hand.open()
    hand.wait(lambda: not action(hand, "Learn").isChecked())
    hand.draw(ODD)
    assert hand.answer == before
    action(hand, "Learn").trigger()
    hand.wait(lambda: hand.answer == 4)


def test_all_can_be_forgotten_with_a_backup(hand, qtbot):
    hand.draw(ODD)
    before = hand.answer
    hand.press("4")
    content = (notebook_folder() / FILE).read_bytes()
    action(hand, "Forget").trigger()
    (box,) = [b for b in hand.window.children() if b.metaObject().className() == "QMessageBox"]
    (forget,) = [b for b in box.buttons() if "Forget" in b.text()]
    with qtbot.waitSignal(hand.window.your_hand.changed):
        forget.click()
    assert hand.answer == before
    (backup,) = notebook_folder().glob("corrections-until-*.ndjson")
    assert backup.read_bytes() == content
    assert kept() == []


def test_a_correction_that_cannot_be_kept_still_teaches(hand):
    (notebook_folder() / FILE).mkdir(parents=True)
    hand.draw(ODD)
    hand.press("4")
    assert hand.answer == 4
    assert "cannot be kept" in hand.text


def test_damaged_lines_stay_and_do_no_harm(hand):
    path = notebook_folder() / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"word": "7"}\nnonsense\n{"word": "3", "drawing": []}\n')
    hand.draw(ODD)
    hand.press("4")
    assert hand.answer == 4
    assert path.read_text().splitlines()[:3] == [
        '{"word": "7"}',
        "nonsense",
        '{"word": "3", "drawing": []}',
    ]


def test_corrections_are_exported_and_imported(hand, tmp_path, choose_file, qtbot):
    hand.draw(ODD)
    before = hand.answer
    hand.press("4")
    exported = tmp_path / "mine.ndjson"
    action(hand, "Export").trigger()
    choose_file(hand.window, exported)
    hand.wait(lambda: "Your corrections are in" in hand.text)
    assert exported.read_bytes() == (notebook_folder() / FILE).read_bytes()
    hand.wait(lambda: hand.window.findChild(QFileDialog) is None)
    with qtbot.waitSignal(hand.window.your_hand.changed):
        hand.window.canvas.undo()
    assert hand.answer == before
    action(hand, "Import").trigger()
    with qtbot.waitSignal(hand.window.your_hand.changed):
        choose_file(hand.window, exported)
    hand.wait(lambda: "1 labelled drawing imported" in hand.text)
    assert hand.answer == 4


def test_an_import_that_fails_says_why(hand, tmp_path, choose_file):
    junk = tmp_path / "junk.ndjson"
    junk.write_text("no ink")
    hand.draw(ODD)
    action(hand, "Import").trigger()
    choose_file(hand.window, junk)
    hand.wait(lambda: "not an ink file" in hand.text)
    assert kept() == []


def test_the_scorecard_counts_what_is_correct_before_and_now(hand):
    hand.draw(ODD)
    hand.press("4")
    hand.draw(SEVEN)
    assert hand.answer == 7
    hand.press("7")
    action(hand, "Scorecard").trigger()
    hand.wait(lambda: hand.window.findChild(Scorecard) is not None)
    card = hand.window.findChild(Scorecard)
    table = card.findChild(QTableWidget)
    rows = [
        [table.item(row, column).text() for column in range(4)] for row in range(table.rowCount())
    ]
    assert rows == [["4", "1", "0", "1"], ["7", "1", "1", "1"], ["All", "2", "1", "2"]]
    card.close()


def test_what_a_drawing_has_taught_can_be_forgotten_in_the_scorecard(hand, qtbot):
    hand.draw(ODD)
    before = hand.answer
    hand.press("4")
    action(hand, "Scorecard").trigger()
    hand.wait(lambda: hand.window.findChild(Scorecard) is not None)
    card = hand.window.findChild(Scorecard)
    pictures = card.findChild(QListWidget)
    assert [pictures.item(n).text() for n in range(pictures.count())] == ["4"]
    (forget,) = [b for b in card.findChildren(Button) if "Forget" in b.text()]
    assert not forget.isEnabled()
    pictures.item(0).setSelected(True)
    with qtbot.waitSignal(hand.window.your_hand.changed):
        qtbot.mouseClick(forget, Qt.MouseButton.LeftButton)
    hand.wait(lambda: pictures.count() == 0)
    assert any("A copy is kept" in label.text() for label in card.findChildren(QLabel))
    card.close()
    assert hand.answer == before
    assert hand.window.canvas.label_of(hand.window.canvas.drawing) == ""
    assert kept() == []
    (backup,) = notebook_folder().glob("corrections-until-*.ndjson")
    assert '"word":"4"' in backup.read_text()


def test_a_practice_asks_for_all_digits_twice_and_says_what_was_learned(hand, qtbot):
    action(hand, "Practice").trigger()
    asked = []
    for step in range(20):
        row = hand.window.findChild(PracticeRow)
        asked.append(row.text)
        if step % 10 == 4:
            hand.draw(moved(ODD, dx=step))
        elif step % 10 == 7:
            hand.draw(moved(SEVEN, dx=step))
        else:
            qtbot.mouseClick(button_of(row, "Skip"), Qt.MouseButton.LeftButton)
            continue
        with qtbot.waitSignal(hand.window.your_hand.changed):
            qtbot.keyClick(hand.window.canvas, Qt.Key.Key_Return)
        assert hand.window.canvas.is_blank
    assert asked == 2 * [f"Draw {'an' if n == 8 else 'a'} {n}" for n in range(10)]
    hand.wait(lambda: hand.window.findChild(QMessageBox) is not None)
    box = hand.window.findChild(QMessageBox)
    first, second, all_of_them = box.informativeText().splitlines()
    assert first.startswith("First round: 1 of 2 correct. 4 was ")
    assert second == "Second round: 2 of 2 correct."
    assert all_of_them.startswith("With what was learned, 4 of 4 are correct")
    box.close()
    assert [line["word"] for line in kept()] == ["4", "7", "4", "7"]
    assert hand.window.findChild(PracticeRow) is None or not hand.window.your_hand.row.isHidden()
    hand.draw(ODD)
    assert hand.answer == 4


def test_undo_during_a_practice_teaches_no_other_digit(hand, qtbot):
    action(hand, "Practice").trigger()
    row = hand.window.findChild(PracticeRow)
    hand.draw(SEVEN)
    for _ in range(7):
        qtbot.mouseClick(button_of(row, "Skip"), Qt.MouseButton.LeftButton)
    hand.draw(SEVEN)
    with qtbot.waitSignal(hand.window.your_hand.changed):
        qtbot.keyClick(hand.window.canvas, Qt.Key.Key_Return)
    qtbot.keyClick(hand.window.canvas, Qt.Key.Key_Z, CTRL)
    assert hand.window.canvas.label_of(hand.window.canvas.drawing) == "7"
    hand.wait(lambda: not button_of(row, "Next").isEnabled())
    qtbot.keyClick(hand.window.canvas, Qt.Key.Key_Return)
    assert row.text == "Draw an 8"
    assert [line["word"] for line in kept()] == ["7"]


def test_a_practice_takes_what_is_drawn_for_one_digit(hand):
    hand.draw(TWELVE)
    assert hand.window.answer.reading.single is None
    hand.window.canvas.clear()
    action(hand, "Practice").trigger()
    hand.draw(TWELVE)
    assert hand.window.answer.reading.single is not None


def test_a_practice_can_be_ended_at_once(hand, qtbot):
    action(hand, "Practice").trigger()
    row = hand.window.findChild(PracticeRow)
    assert not button_of(row, "Next").isEnabled()
    qtbot.mouseClick(button_of(row, "End Practice"), Qt.MouseButton.LeftButton)
    assert hand.window.your_hand.row.isVisible()
    hand.draw(ODD)
    hand.press("4")
    assert hand.answer == 4


def test_corrections_of_another_window_are_learned_when_the_person_comes_back(hand):
    hand.draw(ODD)
    drawing = hand.window.canvas.drawing
    record = CorrectionRecord(Correction(drawing, 4), 7, "Other weights", datetime.now(UTC))
    CorrectionFile(corrections_path()).add(record)
    assert hand.answer != 4
    for state in (Qt.ApplicationState.ApplicationInactive, Qt.ApplicationState.ApplicationActive):
        QApplication.instance().applicationStateChanged.emit(state)
    hand.wait(lambda: hand.answer == 4)


def test_the_scorecard_of_nobody_is_empty(hand):
    action(hand, "Scorecard").trigger()
    hand.wait(lambda: hand.window.findChild(Scorecard) is not None)
    card = hand.window.findChild(Scorecard)
    assert card.findChild(QTableWidget).item(0, 1).text() == "0"
    card.close()
