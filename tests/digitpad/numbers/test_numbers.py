"""Numbers: several digits in one drawing, read with the bundled weights."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitpad.hand.anchors import load_anchors
from digitpad.hand.memory import Correction, Learner
from digitpad.ink import Drawing, Stroke, ink_image
from digitpad.inkfile import read_ink
from digitpad.numbers import NumberReader, SingleReader
from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights

ONE = [[(50, 0), (48, 100)]]
TWO = [[(10, 25), (35, 2), (65, 2), (80, 25), (60, 60), (5, 98), (85, 98)]]
FIVE = [[(20, 5), (15, 45), (55, 40), (80, 65), (60, 98), (8, 95)], [(20, 5), (80, 2)]]
SEVEN = [[(5, 5), (85, 3), (60, 45), (40, 100)], [(25, 50), (80, 48)]]


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer(bundled_weights())


@pytest.fixture
def reader(recognizer):
    return NumberReader(recognizer)


def drawing(*strokes):
    return Drawing(tuple(Stroke.from_xy(*zip(*points, strict=True)) for points in strokes))


def row(*digits, space=40, top=0):
    """Digits of strokes side by side, each about 100 high."""
    strokes, left = [], 0
    for digit in digits:
        xs = [x for stroke in digit for x, _ in stroke]
        offset = left - min(xs)
        strokes += [[(x + offset, y + top) for x, y in stroke] for stroke in digit]
        left += max(xs) - min(xs) + space
    return drawing(*strokes)


def joined(*drawings):
    return Drawing(tuple(stroke for each in drawings for stroke in each.strokes))


def side_by_side(samples, space):
    """Real digits side by side, scaled to a height of 100; `space` is between them."""
    strokes, left = [], 0.0
    for sample in samples:
        points = np.concatenate([stroke.xy for stroke in sample.drawing.strokes])
        low, high = points.min(axis=0), points.max(axis=0)
        scale = 100 / (high - low)[1]
        strokes += [
            Stroke.from_xy(*((stroke.xy - low) * scale + [left, 0]).T)
            for stroke in sample.drawing.strokes
        ]
        left += (high - low)[0] * scale + space
    return Drawing(tuple(strokes))


def test_a_number_has_its_digits_with_their_strokes_and_boxes(reader):
    reading = reader.read(row(TWO, FIVE, ONE))
    assert (reading.text, reading.answer, reading.single) == ("251", "251", None)
    assert [digit.strokes for digit in reading.digits] == [(0,), (1, 2), (3,)]
    assert [digit.prediction.digit for digit in reading.digits] == [2, 5, 1]
    left, top, right, bottom = reading.digits[1].box
    assert (left, right) == (120, 192)
    assert (top, bottom) == (2, 98)
    assert reading.probability == pytest.approx(
        np.prod([digit.prediction.probability for digit in reading.digits])
    )
    for digit in reading.digits:
        own = Drawing(tuple(row(TWO, FIVE, ONE).strokes[index] for index in digit.strokes))
        np.testing.assert_array_equal(digit.image, ink_image(own))


def test_an_empty_drawing_has_no_reading(reader, recognizer):
    assert reader.read(Drawing()) is None
    assert SingleReader(recognizer).read(Drawing()) is None


@pytest.mark.parametrize("digit", [ONE, TWO, FIVE, SEVEN])
def test_one_digit_is_read_as_by_the_recognizer(reader, recognizer, digit):
    prediction = recognizer.recognize(drawing(*digit))
    reading = reader.read(drawing(*digit))
    assert reading.single.probabilities == pytest.approx(prediction.probabilities, abs=1e-6)
    assert (reading.text, reading.verdict) == (str(prediction.digit), prediction.verdict)


def test_a_late_bar_belongs_to_its_digit(reader):
    strokes = row(SEVEN, ONE, FIVE).strokes
    late = Drawing((strokes[0], strokes[2], strokes[3], strokes[1], strokes[4]))
    reading = reader.read(late)
    assert reading.text == "715"
    assert [digit.strokes for digit in reading.digits] == [(0, 3), (1,), (2, 4)]


def test_several_lines_are_several_numbers(reader):
    reading = reader.read(joined(row(ONE, TWO), row(SEVEN, top=150), row(FIVE, ONE, top=300)))
    assert reading.text == "12\n7\n51"
    assert [number.text for number in reading.numbers] == ["12", "7", "51"]


def test_two_loops_are_an_8(reader):
    angle = np.linspace(0, 2 * np.pi, 30)
    loops = [
        Stroke.from_xy(50 + 28 * np.sin(angle), middle - 24 * np.cos(angle)) for middle in (24, 73)
    ]
    assert reader.read(Drawing(tuple(loops))).text == "8"


DASH = [[(0, 50), (40, 52)]]
POINT = [[(0, 96), (2, 98)]]
COMMA = [[(6, 92), (8, 100), (0, 118)]]


class TestSigns:
    @pytest.mark.parametrize(
        ("parts", "text"),
        [
            ((DASH, SEVEN), "-7"),
            ((DASH, ONE, TWO), "-12"),
            ((ONE, POINT, TWO, FIVE), "1.25"),
            ((ONE, COMMA, FIVE), "1,5"),
            ((DASH, TWO, POINT, FIVE), "-2.5"),
        ],
    )
    def test_clear_ones_are_read(self, reader, parts, text):
        reading = reader.read(row(*parts))
        assert (reading.text, reading.answer) == (text, text)
        assert len(reading.digits) == len(re.sub(r"\D", "", text))

    @pytest.mark.parametrize(
        ("parts", "digits"),
        [
            ((ONE, POINT, TWO, POINT, FIVE), "125"),  # a date, or a thousand's points
            ((POINT, ONE, TWO), "12"),
            ((ONE, TWO, POINT), "12"),
        ],
    )
    def test_doubtful_ones_are_no_part_of_the_number(self, reader, parts, digits):
        assert reader.read(row(*parts)).text == digits

    def test_the_bar_of_a_5_is_no_minus(self, reader):
        assert reader.read(row(FIVE)).text == "5"


class TestJoined:
    """Digits that one stroke draws."""

    @pytest.fixture
    def line(self):
        (two,), (seven, _) = TWO, SEVEN
        return drawing([*two, *((x + 110, y) for x, y in seven)])

    def test_they_are_cut_and_never_sure(self, reader, line):
        reading = reader.read(line)
        assert reading.text == "27"
        assert [digit.strokes for digit in reading.digits] == [(0,), (0,)]
        assert all(digit.is_joined for digit in reading.digits)
        assert reading.verdict == "unsure"

    def test_a_digit_is_not_cut(self, reader):
        for digit in (ONE, TWO, SEVEN[:1]):
            assert reader.read(drawing(*digit)).single


def sure_digits(pen_samples, recognizer, most=40):
    """Real digits that are read correctly on their own."""
    found = [
        sample
        for sample in pen_samples[:: len(pen_samples) // 150]
        if recognizer.recognize(sample.drawing).sure
        and recognizer.recognize(sample.drawing).digit == sample.label
    ]
    return found[:most]


def test_where_a_number_is_and_how_large_does_not_matter(reader, pen_samples, recognizer):
    samples = sure_digits(pen_samples, recognizer)

    @settings(max_examples=25)
    @given(
        st.lists(st.sampled_from(samples), min_size=2, max_size=4),
        st.floats(-1e4, 1e4),
        st.floats(-1e4, 1e4),
        st.floats(0.01, 100),
    )
    def check(chosen, x, y, scale):
        number = side_by_side(chosen, 30)
        moved = Drawing(tuple(Stroke.from_xy(*(s.xy * scale + [x, y]).T) for s in number.strokes))
        assert reader.read(moved).text == reader.read(number).text

    check()


def test_the_order_of_the_strokes_does_not_matter(reader, pen_samples, recognizer):
    samples = sure_digits(pen_samples, recognizer)

    @settings(max_examples=25)
    @given(st.lists(st.sampled_from(samples), min_size=2, max_size=4), st.randoms())
    def check(chosen, random):
        number = side_by_side(chosen, 30)
        shuffled = random.sample(number.strokes, len(number.strokes))
        assert reader.read(Drawing(tuple(shuffled))).text == reader.read(number).text

    check()


def test_digits_further_apart_are_the_same_number(reader, pen_samples, recognizer):
    samples = sure_digits(pen_samples, recognizer)
    wrong = 0
    for first in range(0, len(samples) - 3, 3):
        chosen = samples[first : first + 3]
        label = "".join(str(sample.label) for sample in chosen)
        for space in (30, 60, 100, 200):
            wrong += reader.read(side_by_side(chosen, space)).text != label
    assert wrong == 0


def test_twenty_digits_in_a_line(reader, pen_samples, recognizer):
    samples = sure_digits(pen_samples, recognizer)[:20]
    label = "".join(str(sample.label) for sample in samples)
    assert reader.read(side_by_side(samples, 30)).text == label


def test_a_reading_stays_while_the_next_digit_begins(reader):
    """What belonged together before a stroke began does so while it moves."""
    whole = row(TWO, SEVEN, ONE, FIVE)
    for number in range(1, len(whole.strokes)):
        before = Drawing(whole.strokes[:number])
        settled = reader.read(before)
        points = whole.strokes[number].points
        for end in range(1, len(points) + 1):
            moving = before.with_stroke(Stroke(points[:end]))
            digits = reader.read(moving, is_moving=True).digits
            kept = [tuple(i for i in digit.strokes if i < number) for digit in digits]
            assert [each for each in kept if each] == [digit.strokes for digit in settled.digits]


def test_what_is_remembered_does_not_change_the_reading(reader, recognizer, pen_samples):
    """Stroke by stroke, with undo, everything is read as by a new reader."""
    number = side_by_side(sure_digits(pen_samples, recognizer)[:4], 25)
    n = len(number.strokes)
    for count in [*range(1, n + 1), *range(n, 0, -1), n]:
        part = Drawing(number.strokes[:count])
        assert reader.read(part).text == NumberReader(recognizer).read(part).text


def test_a_thousand_strokes_are_one_answer(reader, recognizer):
    generator = np.random.default_rng(0)
    scribble = Drawing(
        tuple(Stroke.from_xy(*generator.uniform(0, 1000, (2, 5))) for _ in range(1000))
    )
    reading = reader.read(scribble)
    assert reading.single.verdict == recognizer.recognize(scribble).verdict == "not a digit"


def test_corrections_count_for_the_digits_of_a_number(recognizer):
    """An odd 4 that was corrected is a 4 in a number as well."""
    recognizer = Recognizer(bundled_weights())
    odd = [[(20, 0), (20, 60), (70, 60), (70, 100), (25, 100), (28, 20)], [(5, 45), (95, 48)]]
    reader = NumberReader(recognizer)
    assert reader.read(row(TWO, odd)).text != "24" or not reader.read(row(TWO, odd)).sure
    learner = Learner(recognizer, load_anchors())
    recognizer.hand = learner.add(None, learner.lesson(Correction(drawing(*odd), 4)))
    reading = reader.read(row(TWO, odd))
    assert reading.answer == "24"


class TestUnipen:
    """The numbers of writers that were never learned from, and single digits of such writers."""

    @pytest.fixture
    def numbers(self, data_dir):
        samples = read_ink(data_dir / "unipen" / "numbers.ndjson", lambda *_: None)
        return [sample for sample in samples if sample.split == "choose"]

    def test_at_most_7_of_75_are_wrong(self, reader, numbers):
        assert len(numbers) == 75
        assert sum(reader.read(each.drawing).text != each.text for each in numbers) <= 7

    def test_no_digit_becomes_a_number(self, reader, recognizer, data_dir):
        samples = read_ink(data_dir / "unipen" / "digits.ndjson", lambda *_: None)
        digits = [each for each in samples if each.split == "choose" and each.label is not None][
            ::2
        ]
        alone = sum(recognizer.recognize(each.drawing).digit != each.label for each in digits)
        wrong = sum(reader.read(each.drawing).text != str(each.label) for each in digits)
        assert wrong <= alone + 1
