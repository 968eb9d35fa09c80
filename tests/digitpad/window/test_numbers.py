"""Numbers on the sheet: drawn, shown, looked at and corrected."""

import json

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from digitpad.inkfile import read_ink
from digitpad.notebook import notebook_folder
from digitpad.weights_store import bundled_weights
from digitpad.window.widgets.theme import LIGHT

# On a sheet of 280 by 280 canvas units.
ONE = [[(60, 90), (58, 170)]]
TWO = [[(98, 110), (118, 92), (142, 92), (154, 110), (138, 138), (94, 168), (158, 168)]]
FIVE = [[(196, 94), (192, 126), (224, 122), (244, 142), (228, 168), (186, 166)]]
BAR = [[(196, 94), (244, 92)]]


@pytest.fixture
def window(open_window, qtbot):
    window = open_window(bundled_weights())
    qtbot.waitUntil(lambda: window.in_use.recognizer is not None)
    return window


@pytest.fixture
def draw(window, mouse_on, qtbot):
    def draw_(*strokes):
        with qtbot.waitSignal(window.answered):
            mouse_on(window.canvas).draw(strokes)

    return draw_


def answer(window):
    return window.answer.reading.answer


def place_of(window, digit):
    """Where a digit of the number is in the answer."""
    widget, seen = window.answer, []
    for x in range(0, widget.width(), 2):
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(x, widget.height() / 3),
            widget.mapToGlobal(QPointF(x, widget.height() / 3)),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(widget, event)
        if widget.pointed_at is widget.reading.digits[digit]:
            seen.append(x)
    QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))
    return QPoint((seen[0] + seen[-1]) // 2, widget.height() // 3)


def point_at(window, digit):
    place = QPointF(place_of(window, digit))
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        window.answer.mapToGlobal(place),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window.answer, event)


def blue(window):
    """Number of pixels of the sheet in the accent's colour."""
    image = window.canvas.grab().toImage()
    accent = LIGHT.accent.rgb()
    return sum(
        image.pixel(x, y) == accent
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    )


def test_a_number_is_read_while_it_is_drawn(window, draw, qtbot):
    draw(*ONE)
    assert answer(window) == "1"
    draw(*TWO)
    assert answer(window) == "12"
    draw(*FIVE, *BAR)
    assert answer(window) == "125"
    assert window.answer.accessibleDescription().startswith("125, Sure, ")
    with qtbot.waitSignal(window.answered):
        window.canvas.undo()
        window.canvas.undo()
    assert answer(window) == "12"


def test_real_numbers_by_mouse(window, mouse_on, qtbot, data_dir):
    """Numbers of people that were never learned from, replayed point by point."""
    samples = read_ink(data_dir / "unipen" / "numbers.ndjson", lambda *_: None)
    numbers = [s for s in samples if s.split == "choose" and len(s.text or "") <= 5][::6]
    wrong = 0
    for sample in numbers:
        points = [point for stroke in sample.drawing.strokes for point in stroke.xy.tolist()]
        (left, right), (top, bottom) = ((min(v), max(v)) for v in zip(*points, strict=True))
        scale = 220 / max(right - left, bottom - top)
        strokes = [
            [(30 + (x - left) * scale, 60 + (y - top) * scale) for x, y in stroke.xy.tolist()]
            for stroke in sample.drawing.strokes
        ]
        with qtbot.waitSignal(window.answered):
            mouse_on(window.canvas).draw(strokes)
        qtbot.waitUntil(lambda: window.answer.reading is not None)
        wrong += window.answer.reading.text != sample.text
        with qtbot.waitSignal(window.answered):
            window.canvas.clear()
    assert len(numbers) >= 10
    assert wrong <= 1


def test_the_digit_under_the_pointer_shows_its_columns_and_strokes(window, draw):
    draw(*ONE, *TWO, *FIVE, *BAR)
    last = window.net_view.grab().toImage()
    assert window.answer.prediction.digit == 5
    assert "5: 9" in window.columns.accessibleDescription()
    assert blue(window) == 0
    point_at(window, 1)
    assert window.answer.prediction.digit == 2
    assert "2: 9" in window.columns.accessibleDescription()
    assert blue(window) > 20
    assert window.net_view.grab().toImage() != last
    QApplication.sendEvent(window.answer, QEvent(QEvent.Type.Leave))
    assert window.answer.prediction.digit == 5
    assert blue(window) == 0


def corrections():
    path = notebook_folder() / "corrections.ndjson"
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def test_a_digit_is_corrected_alone(window, draw, qtbot):
    draw(*ONE, *TWO)
    qtbot.mouseClick(window.answer, Qt.MouseButton.LeftButton, pos=place_of(window, 0))
    assert window.your_hand.row.text == "The 1st digit was a"
    with qtbot.waitSignal(window.your_hand.changed):
        qtbot.keyClick(window.canvas, "7")
    (line,) = corrections()
    assert (line["word"], line["answer"]) == ("7", 1)
    assert len(line["drawing"]) == 1
    assert window.canvas.drawing.strokes[0].xy.tolist()[0][0] == line["drawing"][0][0][0]
    with qtbot.waitSignal(window.your_hand.changed):  # undo takes it back
        window.canvas.undo()
    assert corrections() == []
    assert len(window.canvas.drawing.strokes) == 2


def test_without_a_choice_the_last_digit_is_corrected(window, draw):
    draw(*ONE, *TWO)
    assert window.your_hand.row.text == "The 2nd digit was a"
    draw(*FIVE)
    assert window.your_hand.row.text == "The 3rd digit was a"


def test_what_was_read_as_a_number_can_be_one_digit(window, draw, qtbot):
    draw(*ONE, *TWO)
    beside = QPoint(window.answer.width() - 8, 8)
    qtbot.mouseClick(window.answer, Qt.MouseButton.LeftButton, pos=beside)
    assert window.your_hand.row.text == "The whole was a"
    with qtbot.waitSignal(window.your_hand.changed):
        qtbot.keyClick(window.canvas, "4")
    assert window.answer.reading.single
    assert len(corrections()[0]["drawing"]) == 2
    with qtbot.waitSignal(window.your_hand.changed):
        window.canvas.undo()
    qtbot.waitUntil(lambda: answer(window) == "12")


def test_the_number_is_copied(window, draw, qapp):
    draw(*ONE, *TWO)
    window.in_and_out.copy_answer_action.trigger()
    assert qapp.clipboard().text() == "12"


def test_the_strip_shows_the_number(window, draw, qtbot):
    draw(*ONE, *TWO)
    window.canvas.clear()
    kept = notebook_folder() / "recent.ndjson"
    qtbot.waitUntil(kept.exists)
    record = json.loads(kept.read_text())
    assert record["answer"] == "12"


@pytest.mark.parametrize("size", [(400, 560), (900, 640), (1600, 1000)])
def test_long_numbers_and_several_lines_fit(window, draw, size):
    window.resize(*size)
    small = [[(x / 3, y / 3) for x, y in stroke] for stroke in (*ONE, *TWO, *FIVE, *BAR)]
    rows = [
        [(x + 75 * column, y + 40 * line) for x, y in stroke]
        for line in range(3)
        for column in range(3)
        for stroke in small
    ]
    draw(*rows)
    assert answer(window) == "125125125\n125125125\n125125125"
    image = window.answer.grab().toImage()
    ratio = window.answer.devicePixelRatioF()
    card = LIGHT.card.rgb()
    for x in range(round(30 * ratio), round((window.answer.width() - 30) * ratio), 3):
        assert image.pixel(x, round(5 * ratio)) == card
        assert image.pixel(x, image.height() - round(5 * ratio)) == card
    for y in range(round(20 * ratio), image.height() - round(20 * ratio)):
        assert image.pixel(image.width() - round(6 * ratio), y) == card


def choose(window, qtbot, digit):
    qtbot.mouseClick(window.answer, Qt.MouseButton.LeftButton, pos=place_of(window, digit))


def choose_the_whole(window, qtbot):
    beside = QPoint(window.answer.width() - 8, 8)
    qtbot.mouseClick(window.answer, Qt.MouseButton.LeftButton, pos=beside)


def correct(window, qtbot, key):
    with qtbot.waitSignal(window.your_hand.changed):
        qtbot.keyClick(window.canvas, key)


def first_xs(records):
    return [record["drawing"][0][0][0] for record in records]


def test_a_sheet_that_changes_before_it_is_answered_is_not_corrected(window, draw, qtbot):
    draw(*ONE)
    draw(*TWO)
    correct(window, qtbot, "2")
    draw(*FIVE)
    with qtbot.waitSignal(window.answered):
        window.canvas.undo()
        window.canvas.undo()
        qtbot.keyClick(window.canvas, "7")  # of the 5, which is gone
    qtbot.waitUntil(lambda: corrections() == [])
    assert answer(window) == "12"


def test_after_an_erasure_the_chosen_digit_stays_chosen(window, draw, mouse_on, qtbot):
    draw(*ONE, *TWO, *FIVE)
    choose(window, qtbot, 1)
    window.canvas.erases = True
    mouse = mouse_on(window.canvas)
    with qtbot.waitSignal(window.answered):
        mouse.press(59, 100)
        mouse.move(60, 130)
        mouse.release(60, 130)
    assert len(window.canvas.drawing.strokes) == 2
    assert window.your_hand.row.text == "The 1st digit was a"
    correct(window, qtbot, "7")
    assert first_xs(corrections()) == pytest.approx([TWO[0][0][0]], abs=2)


def test_a_number_of_one_digit_keeps_its_minus(window, draw, qtbot):
    draw([(60, 130), (90, 131)], [(120, 92), (170, 91), (150, 130), (140, 170)])
    assert answer(window) == "-7"
    assert window.answer.accessibleDescription().startswith("-7, ")
    correct(window, qtbot, "7")
    (line,) = corrections()
    assert len(line["drawing"]) == 1
    assert first_xs([line]) == pytest.approx([120], abs=2)


def test_a_correction_stays_while_more_is_drawn(window, draw, qtbot):
    draw(*ONE)
    correct(window, qtbot, "7")
    draw(*TWO)
    choose(window, qtbot, 0)
    assert window.your_hand.row.text == "The 1st digit was a 7"
    correct(window, qtbot, "7")  # the same again takes it back
    assert corrections() == []
    choose(window, qtbot, 1)
    assert window.your_hand.row.text == "The 2nd digit was a"


def test_a_number_that_is_one_digit_is_copied_and_kept_as_one(window, draw, qtbot, qapp):
    draw(*ONE, *TWO)
    choose_the_whole(window, qtbot)
    correct(window, qtbot, "4")
    qtbot.waitUntil(lambda: window.answer.reading.single is not None)
    shown = answer(window)
    window.in_and_out.copy_answer_action.trigger()
    assert qapp.clipboard().text() == shown
    window.canvas.clear()
    kept = notebook_folder() / "recent.ndjson"
    qtbot.waitUntil(kept.exists)
    assert json.loads(kept.read_text())["answer"] == shown


def test_another_drawing_is_chosen_from_anew(window, draw, qtbot):
    draw(*ONE, *TWO)
    choose(window, qtbot, 0)
    QApplication.sendEvent(window.answer, QEvent(QEvent.Type.Leave))
    with qtbot.waitSignal(window.answered):
        window.canvas.clear()
    draw(*TWO, *FIVE)
    assert window.your_hand.row.text == "The 2nd digit was a"
    choose_the_whole(window, qtbot)
    with qtbot.waitSignal(window.answered):
        window.canvas.clear()
    draw(*ONE, *TWO)
    assert window.your_hand.row.text == "The 2nd digit was a"


def test_the_digit_drawn_last_is_shown_though_a_bar_comes_late(window, draw):
    seven = [[(60, 92), (100, 92), (72, 170)]]
    draw(*seven, *TWO, *FIVE, [(62, 130), (96, 130)])
    assert answer(window) == "725"
    assert window.your_hand.row.text == "The 1st digit was a"


def test_a_digit_is_chosen_by_keyboard(window, draw, qtbot):
    draw(*ONE, *TWO, *FIVE)
    window.answer.setFocus(Qt.FocusReason.TabFocusReason)
    for key, chosen in (
        (Qt.Key.Key_Left, "The 2nd digit"),
        (Qt.Key.Key_Left, "The 1st digit"),
        (Qt.Key.Key_Left, "The 1st digit"),
        (Qt.Key.Key_Right, "The 2nd digit"),
        (Qt.Key.Key_Right, "The 3rd digit"),
        (Qt.Key.Key_Right, "The whole"),
        (Qt.Key.Key_Left, "The 3rd digit"),
        (Qt.Key.Key_Left, "The 2nd digit"),
    ):
        qtbot.keyClick(window.answer, key)
        assert window.your_hand.row.text == f"{chosen} was a"
    with qtbot.waitSignal(window.your_hand.changed):
        qtbot.keyClick(window.answer, "7")
    assert first_xs(corrections()) == pytest.approx([TWO[0][0][0]], abs=2)


def test_the_focus_is_seen_and_only_where_there_is_a_choice(window, draw, qtbot):
    draw(*ONE)
    assert window.answer.focusPolicy() == Qt.FocusPolicy.NoFocus
    draw(*TWO)
    assert window.answer.focusPolicy() == Qt.FocusPolicy.TabFocus
    before = window.answer.grab().toImage()
    for _ in range(40):
        if not window.answer.hasFocus():
            qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    assert window.answer.hasFocus()
    assert window.answer.grab().toImage() != before


def test_a_correction_stays_while_another_digit_is_erased(window, draw, mouse_on, qtbot):
    draw(*ONE, *TWO)
    correct(window, qtbot, "7")
    window.canvas.erases = True
    with qtbot.waitSignal(window.answered):
        mouse_on(window.canvas).draw([[(59, 100), (60, 130)]])
    left = window.canvas.drawing
    assert len(left.strokes) == 1
    assert window.canvas.label_of(left) == "7"
