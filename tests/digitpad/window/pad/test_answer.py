"""The answers, in words and in bars."""

import pytest
from PySide6.QtGui import QColor, QPalette

from digitpad.recognizer import Prediction
from digitpad.window.pad.answer import Answer, TrainingAnswer

BACKGROUND, TEXT, ACCENT = (QColor(name) for name in ("#ffffff", "#000000", "#00c000"))


@pytest.fixture
def answer(qtbot):
    widget = Answer()
    qtbot.addWidget(widget)
    palette = QPalette(BACKGROUND)
    palette.setColor(QPalette.ColorRole.WindowText, TEXT)
    palette.setColor(QPalette.ColorRole.Accent, ACCENT)
    widget.setPalette(palette)
    widget.resize(widget.sizeHint())
    return widget


@pytest.fixture
def training(qtbot, answer):
    """The answer of the Net in training, beside `answer`."""
    widget = TrainingAnswer()
    qtbot.addWidget(widget)
    widget.setPalette(answer.palette())
    widget.resize(widget.sizeHint().width(), answer.height())
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


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (prediction(d7=0.95), "7, Sure, 95.0 %"),
        (prediction(d7=0.5, d1=0.3), "7, Not sure, 50.0 %, Or 1: 30.0 %"),
        (prediction(d0=0.6, d9=0.39), "0, Not sure, 60.0 %, Or 9: 39.0 %"),
        (prediction(d3=1.0), "3, Sure, 99.9 %"),
        (prediction("not a digit", d4=0.95), "Not a digit, Most like 4"),
        (prediction("not a digit", d4=0.12), "Not a digit"),
        (None, "The answer appears here while you draw."),
    ],
)
def test_the_answer_says_the_verdict_and_never_100_percent(answer, shown, words):
    answer.set_prediction(prediction(d4=0.7))
    answer.set_prediction(shown)
    assert answer.prediction == shown
    assert answer.accessibleDescription().replace("\N{NO-BREAK SPACE}", " ") == words
    has_accent = ACCENT.rgb() in colours(answer, range(answer.height()))
    assert has_accent == (shown is not None and shown.verdict != "not a digit")


def colours(answer, rows):
    image = answer.grab().toImage()
    return [image.pixel(x, y) for y in rows for x in range(image.width())]


def row_of(answer, digit):
    """The pixel row through the middle of a digit's bar."""
    head = answer.height() * 0.3
    middle = round(head + (digit + 0.5) * (answer.height() - head) / 10)
    return range(middle, middle + 1)


@pytest.mark.parametrize("digit", range(10))
def test_only_the_answers_bar_has_the_accent_and_its_length_is_the_probability(answer, digit):
    answer.set_prediction(prediction(**{f"d{digit}": 1.0}))
    whole = colours(answer, row_of(answer, digit)).count(ACCENT.rgb())
    answer.set_prediction(prediction(**{f"d{digit}": 0.5}))
    half = colours(answer, row_of(answer, digit)).count(ACCENT.rgb())
    assert half == pytest.approx(whole / 2, rel=0.03)
    for other in set(range(10)) - {digit}:
        assert ACCENT.rgb() not in colours(answer, row_of(answer, other))


@pytest.mark.parametrize("size", ["minimumSizeHint", "sizeHint"])
@pytest.mark.parametrize(
    "shown", [prediction(d4=0.888, d0=0.1), prediction("not a digit", d4=0.888)]
)
def test_no_text_is_cut_off_at_the_side(answer, size, shown):
    answer.resize(getattr(answer, size)())
    answer.set_prediction(shown)
    image = answer.grab().toImage()
    head = range(round(image.height() * 0.3))
    assert {image.pixel(image.width() - 1, y) for y in head} == {BACKGROUND.rgb()}


@pytest.mark.parametrize("digit", range(10))
def test_the_bars_of_the_net_in_training_are_in_line_with_the_answers(answer, training, digit):
    training.set_prediction(prediction(**{f"d{digit}": 1.0}), 3)
    assert training.accessibleDescription().startswith(f"after epoch 3, {digit}, Sure")
    rows = [colours(training, row_of(answer, row)) for row in range(10)]
    painted = {sum(pixel != BACKGROUND.rgb() for pixel in row) for row in rows}
    assert len(painted) == 1  # every row has a track of the same length, full or empty
    dark = [any(QColor(pixel).lightness() < 100 for pixel in row) for row in rows]
    assert dark == [row == digit for row in range(10)]


def test_what_is_not_a_digit_is_not_shown_as_one(answer, training):
    heads = []
    for digit in range(10):
        outlier = prediction("not a digit", **{f"d{digit}": 0.9})
        answer.set_prediction(outlier)
        training.set_prediction(outlier, 3)
        assert training.accessibleDescription() == f"after epoch 3, Not a digit, Most like {digit}"
        heads.append(colours(training, range(round(training.height() * 0.3))))
        assert ACCENT.rgb() not in colours(answer, range(answer.height()))
        bar = colours(training, row_of(answer, digit))
        assert min(QColor(pixel).lightness() for pixel in bar) > 100
    assert all(head == heads[0] for head in heads)  # a question mark, whatever it resembles


def test_the_net_in_training_has_no_answer_for_an_empty_drawing(training):
    training.set_prediction(prediction(d7=0.95), 1)
    training.set_prediction(None, 2)
    assert training.prediction is None
    assert training.accessibleDescription() == "after epoch 2"
