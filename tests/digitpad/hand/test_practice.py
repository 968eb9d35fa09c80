"""Practice: which digit is asked for, and what is said at the end."""

from digitpad.hand.memory import Correction, Scored
from digitpad.hand.practice import Practice, summary
from digitpad.ink import Drawing, Stroke


def drawing(n):
    return Drawing((Stroke.from_xy([n, n + 9.5], [0, 30]),))


def test_the_ten_digits_are_asked_for_twice_in_a_row():
    practice, asked = Practice(), []
    while not practice.is_done:
        asked.append(practice.digit)
        practice = practice.skipped() if practice.digit == 5 else practice.drawn(drawing(1), 1)
    assert asked == [*range(10), *range(10)]
    assert [each.digit for each in practice.practised] == [n for n in asked if n != 5]


def test_the_summary_has_each_round_and_what_was_learned():
    practice = Practice()
    for answer in (0, 7, None, *range(3, 10), 0, 1):
        practice = practice.drawn(drawing(practice.step), answer)
    scored = [
        Scored(Correction(each.drawing, each.digit), each.answer, each.digit)
        for each in practice.practised
    ]
    assert summary(practice.practised, scored).splitlines() == [
        "First round: 8 of 10 correct. 1 was read as 7, 2 was called not a digit.",
        "Second round: 2 of 2 correct.",
        "With what was learned, 12 of 12 are correct; without it, 10.",
    ]


def test_a_round_without_drawings_is_left_out():
    practice = Practice()
    for _ in range(10):
        practice = practice.skipped()
    practice = practice.drawn(drawing(1), 0)
    (each,) = practice.practised
    lines = summary([each], [Scored(Correction(each.drawing, 0), 0, 0)]).splitlines()
    assert lines[0] == "Second round: 1 of 1 correct."
    assert len(lines) == 2
