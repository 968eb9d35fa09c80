"""The answer in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digitpad.percent import percent

if TYPE_CHECKING:
    from digitpad.numbers import Reading
    from digitpad.recognizer import Prediction

_RESEMBLANCE = 0.5
"""Probability from which on the most probable digit is named beside "Not a digit"."""

BADGES = {"sure": "Sure", "unsure": "Not sure", "not a digit": "Not a digit I know"}
"""What the badge says for each verdict."""

NUMBER_BADGES = BADGES | {"not a digit": "Not a number I can read"}


def in_words(prediction: Prediction) -> list[str]:
    """The answer in words, for a screen reader."""
    words = [BADGES[prediction.verdict], *likelihood_lines(prediction)]
    return words if prediction.answer is None else [prediction.symbol, *words]


def reading_in_words(reading: Reading) -> list[str]:
    """What was read in words, for a screen reader."""
    if reading.single:
        return in_words(reading.single)
    return [reading.answer, NUMBER_BADGES[reading.verdict], *number_lines(reading)]


def number_lines(reading: Reading) -> list[str]:
    """How likely a number is, and what else it could be."""
    if reading.verdict == "not a digit":
        return []
    likely = [in_percent(reading.probability)]
    if reading.sure:
        return likely
    other, probability = reading.second
    return [*likely, f"or {other}: {in_percent(probability)}"]


def likelihood_lines(prediction: Prediction) -> list[str]:
    """How likely the answer is, and what else it could be."""
    if prediction.verdict == "not a digit":
        resembles_one = prediction.probability >= _RESEMBLANCE
        return [f"Most like {prediction.digit}"] if resembles_one else []
    if prediction.sure:
        return [in_percent(prediction.probability)]
    second = in_percent(prediction.probabilities[prediction.second])
    return [f"{in_percent(prediction.probability)}, or {prediction.second}: {second}"]


def in_percent(probability: float) -> str:
    """A probability in percent, as `digitpad.percent` rounds it."""
    return f"{percent(probability)}\N{NO-BREAK SPACE}%"


def ordinal(number: int) -> str:
    """A place in a row, from 1: "1st", "2nd"."""
    teen = 10 < number % 100 < 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
