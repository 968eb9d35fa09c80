"""The answers: in words, as a digit with a badge, and as columns."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from digitpad.numbers import Digit, Number, Reading
from digitpad.recognizer import Prediction
from digitpad.window.pad.answer import Answer, TrainingAnswer
from digitpad.window.pad.columns import Columns
from digitpad.window.widgets import theme


@pytest.fixture(params=[theme.LIGHT, theme.DARK], ids=["light", "dark"])
def colours(request):
    return request.param


@pytest.fixture
def answer(qtbot, colours):
    widget = Answer()
    qtbot.addWidget(widget)
    widget.setPalette(theme.palette(colours))
    widget.resize(340, 170)
    return widget


@pytest.fixture
def columns(qtbot, colours):
    widget = Columns()
    qtbot.addWidget(widget)
    widget.setPalette(theme.palette(colours))
    widget.resize(360, 122)
    return widget


def prediction(verdict=None, **given):
    """A Prediction with the probabilities given, as in `prediction(d7=0.9)`.

    The other digits share the rest equally. By default, the verdict is sure or unsure.
    """
    known = {int(name[1]): probability for name, probability in given.items()}
    rest = (1 - sum(known.values())) / (10 - len(known))
    probabilities = tuple(known.get(digit, rest) for digit in range(10))
    verdict = verdict or ("sure" if max(probabilities) >= 0.9 else "unsure")
    looks = 0.1 if verdict == "not a digit" else 1.0
    return Prediction(max(known, key=known.__getitem__), probabilities, looks, verdict)


def reading(*predictions):
    """A Reading with these Predictions for its digits; None without any."""
    image = np.zeros((28, 28), np.uint8)
    digits = [
        Digit(each, (number,), (0, 0, 1, 1), image)
        for number, each in enumerate(predictions)
        if each
    ]
    return Reading((Number(tuple(digits)),)) if digits else None


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (prediction(d7=0.95), "7, Sure, 95.0 %"),
        (prediction(d7=0.5, d1=0.3), "7, Not sure, 50.0 %, or 1: 30.0 %"),
        (prediction(d0=0.6, d9=0.39), "0, Not sure, 60.0 %, or 9: 39.0 %"),
        (prediction(d3=1.0), "3, Sure, 99.9 %"),
        (prediction("not a digit", d4=0.95), "Not a digit I know, Most like 4"),
        (prediction("not a digit", d4=0.12), "Not a digit I know"),
        (None, "The answer appears here while you draw."),
    ],
)
def test_the_answer_says_the_verdict_and_never_100_percent(answer, colours, shown, words):
    answer.set_reading(reading(prediction(d4=0.7)))
    answer.set_reading(reading(shown))
    assert answer.prediction == shown
    assert answer.accessibleDescription().replace("\N{NO-BREAK SPACE}", " ") == words
    assert bool(answer.toolTip()) == (shown is not None)  # what the badge means
    seen = pixels(answer)
    assert (colours.accent.rgb() in seen) == (shown is not None and shown.verdict == "sure")
    is_doubtful = shown is not None and shown.verdict != "sure"
    assert (colours.caution.rgb() in seen) == is_doubtful


def pixels(widget, rows=None):
    image = widget.grab().toImage()
    rows = rows or range(image.height())
    return {image.pixel(x, y) for y in rows for x in range(image.width())}


@pytest.mark.parametrize("size", [(340, 170), (240, 88), (840, 400)])
@pytest.mark.parametrize(
    "shown", [prediction(d4=0.888, d0=0.1), prediction("not a digit", d4=0.888)]
)
def test_no_text_is_cut_off_at_the_side(answer, colours, size, shown):
    answer.resize(*size)
    answer.set_reading(reading(shown))
    image = answer.grab().toImage()
    edge = range(20, image.height() - 20)
    column = {image.pixel(image.width() - 6, y) for y in edge}
    assert column == {colours.card.rgb()}


def heights(columns, colour):
    """Number of pixels of a colour in the middle of each digit's column."""
    image = columns.grab().toImage()
    pitch = image.width() / 10
    return [
        sum(
            image.pixel(round((digit + 0.5) * pitch), y) == colour.rgb()
            for y in range(image.height() - 22)
        )
        for digit in range(10)
    ]


@pytest.mark.parametrize("digit", [0, 4, 9])
def test_only_the_answers_column_has_the_accent_and_its_height_is_the_probability(
    qtbot, columns, colours, digit
):
    found = {}
    for probability in (1.0, 0.5):
        columns.set_prediction(prediction(**{f"d{digit}": probability}))
        goal = 100 * probability
        qtbot.waitUntil(lambda goal=goal: abs(heights(columns, colours.accent)[digit] - goal) < 5)
        found[probability] = heights(columns, colours.accent)
    assert found[0.5][digit] == pytest.approx(found[1.0][digit] / 2, rel=0.1)
    for seen in found.values():
        assert [bool(height) for height in seen] == [other == digit for other in range(10)]


def test_a_small_probability_is_a_trace_and_an_empty_pad_has_none(qtbot, columns, colours):
    columns.set_prediction(prediction(d7=0.999))
    qtbot.waitUntil(lambda: heights(columns, colours.accent)[7] > 95)
    traces = heights(columns, colours.secondary)
    assert all(1 <= trace <= 4 for digit, trace in enumerate(traces) if digit != 7)
    columns.set_prediction(None)
    assert not any(heights(columns, colours.accent) + heights(columns, colours.secondary))


def test_what_is_not_a_digit_has_no_column_in_the_accent(qtbot, columns, colours):
    columns.set_prediction(prediction("not a digit", d4=0.9))
    qtbot.waitUntil(lambda: heights(columns, colours.secondary)[4] > 80)
    assert not any(heights(columns, colours.accent))


def test_the_numbers_are_there_on_hover_and_for_a_screen_reader(columns):
    columns.set_prediction(prediction(d7=0.955))
    columns.set_training(prediction(d7=0.5))
    words = columns.accessibleDescription().replace("\N{NO-BREAK SPACE}", " ")
    assert words.startswith("0: 0.5 %, ")
    assert "7: 95.5 %" in words
    at = QPoint(round(7.5 * columns.width() / 10), 20)
    event = QHelpEvent(QEvent.Type.ToolTip, at, columns.mapToGlobal(at))
    QApplication.sendEvent(columns, event)
    shown = QToolTip.text().replace("\N{NO-BREAK SPACE}", " ")
    assert shown == "7: 95.5 %, in training 50.0 %"
    QToolTip.hideText()


def test_the_net_in_training_has_a_thin_column_beside(columns):
    before = columns.grab().toImage()
    columns.set_training(prediction(d3=1.0))
    after = columns.grab().toImage()
    pitch = before.width() / 10
    changed = {
        int(x / pitch) for x in range(before.width()) if before.pixel(x, 10) != after.pixel(x, 10)
    }
    assert changed == {3}
    columns.set_training(None)
    assert columns.grab().toImage() == before


@pytest.mark.parametrize(
    ("shown", "text", "words"),
    [
        (prediction(d7=0.95), "In training, epoch 3: 7", "after epoch 3, 7, Sure, 95.0 %"),
        (prediction("not a digit", d7=0.9), "In training, epoch 3: ?", "after epoch 3, Not a"),
        (None, "In training, epoch 3", "after epoch 3"),
    ],
)
def test_the_answer_of_the_net_in_training_is_said(qtbot, shown, text, words):
    label = TrainingAnswer()
    qtbot.addWidget(label)
    label.set_prediction(shown, 3)
    assert label.prediction == shown
    assert label.text() == text
    assert label.accessibleDescription().replace("\N{NO-BREAK SPACE}", " ").startswith(words)
    label.set_prediction(shown, 3, is_training=False)
    assert label.text().startswith("Trained")
