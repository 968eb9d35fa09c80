"""What the answer says and shows."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QPalette

from digitpad.recognizer import Prediction
from digitpad.window.pad.answer import Answer, TrainingAnswer

GROUND, TEXT, ACCENT = (QColor(name) for name in ("#ffffff", "#000000", "#00c000"))


@pytest.fixture
def answer(qtbot):
    widget = Answer()
    qtbot.addWidget(widget)
    palette = QPalette(GROUND)
    palette.setColor(QPalette.ColorRole.WindowText, TEXT)
    palette.setColor(QPalette.ColorRole.Accent, ACCENT)
    widget.setPalette(palette)
    widget.resize(widget.sizeHint())
    return widget


def prediction(**likely: float) -> Prediction:
    """What is not given is shared among the other digits: `prediction(d7=0.9)`."""
    given = {int(name[1]): probability for name, probability in likely.items()}
    rest = (1 - sum(given.values())) / (10 - len(given))
    probabilities = tuple(given.get(digit, rest) for digit in range(10))
    return Prediction(max(given, key=given.__getitem__), probabilities)


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (prediction(d7=0.95), "7, Sure, 95.0 %"),
        (prediction(d7=0.5, d1=0.3), "7, Not sure, 50.0 %, Or 1: 30.0 %"),
        (prediction(d0=0.6, d9=0.39), "0, Not sure, 60.0 %, Or 9: 39.0 %"),
        (prediction(d3=1.0), "3, Sure, 99.9 %"),
        (prediction(d3=0.99999), "3, Sure, 99.9 %"),
    ],
)
def test_the_answer_in_words_says_how_sure_it_is_and_never_100_percent(answer, shown, words):
    answer.set_prediction(shown)
    assert answer.prediction == shown
    assert answer.accessibleDescription().replace("\N{NO-BREAK SPACE}", " ") == words


def test_without_a_prediction_there_is_a_hint_and_no_answer(answer):
    answer.set_prediction(prediction(d7=0.95))
    answer.set_prediction(None)
    assert answer.prediction is None
    assert answer.accessibleDescription() == "The answer appears here while you draw."
    assert ACCENT.rgb() not in colours(answer, range(answer.height()))


def colours(answer: Answer, rows: range) -> list[int]:
    image = answer.grab().toImage()
    return [image.pixel(x, y) for y in rows for x in range(image.width())]


@pytest.mark.parametrize("digit", range(10))
def test_the_answers_bar_alone_has_the_accent_and_is_as_long_as_the_answer_is_likely(answer, digit):
    answer.set_prediction(prediction(**{f"d{digit}": 1.0}))
    whole = colours(answer, row_of(answer, digit)).count(ACCENT.rgb())
    answer.set_prediction(prediction(**{f"d{digit}": 0.5}))
    half = colours(answer, row_of(answer, digit)).count(ACCENT.rgb())
    assert half == pytest.approx(whole / 2, rel=0.03)
    for other in set(range(10)) - {digit}:
        assert ACCENT.rgb() not in colours(answer, row_of(answer, other))


def row_of(answer: Answer, digit: int) -> range:
    """The pixel row through the middle of a digit's bar."""
    head = answer.height() * 0.3
    middle = round(head + (digit + 0.5) * (answer.height() - head) / 10)
    return range(middle, middle + 1)


@pytest.mark.parametrize("size", ["minimumSizeHint", "sizeHint"])
def test_no_text_is_cut_off_at_the_side(answer, size):
    answer.resize(getattr(answer, size)())
    answer.set_prediction(prediction(d4=0.888, d0=0.1))
    image = answer.grab().toImage()
    edge = [image.pixelColor(image.width() - 1, y) for y in range(image.height())]
    assert all(colour == GROUND for colour in edge[: round(image.height() * 0.3)])


def test_the_net_in_training_answers_beside_in_bars_of_the_same_height(qtbot, answer):
    training = TrainingAnswer()
    qtbot.addWidget(training)
    training.setPalette(answer.palette())
    training.resize(training.sizeHint().width(), answer.height())
    for digit in range(10):
        training.set_prediction(prediction(**{f"d{digit}": 1.0}), 3)
        assert training.accessibleDescription().startswith(f"after epoch 3, {digit}, Sure")
        inked = {
            row: sum(GROUND.rgb() != pixel for pixel in colours(training, row_of(answer, row)))
            for row in range(10)
        }
        assert len(set(inked.values())) == 1  # each row has its track, the full one as well
        dark = {
            row: sum(QColor(pixel).lightness() < 100 for pixel in colours(training, at))
            for row, at in ((row, row_of(answer, row)) for row in range(10))
        }
        assert [row for row, count in dark.items() if count] == [digit]


def test_the_net_in_training_has_no_answer_for_an_empty_drawing(qtbot):
    training = TrainingAnswer()
    qtbot.addWidget(training)
    training.set_prediction(prediction(d7=0.95), 1)
    training.set_prediction(None, 2)
    assert training.prediction is None
    assert training.accessibleDescription() == "after epoch 2"
