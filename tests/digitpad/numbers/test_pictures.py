"""Numbers on pictures, read with the bundled weights."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digitpad.inkfile import read_ink
from digitpad.numbers import NumberReader
from digitpad.picture import open_picture
from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights

ONE = [[(50, 0), (48, 100)]]
TWO = [[(10, 25), (35, 2), (65, 2), (80, 25), (60, 60), (5, 98), (85, 98)]]
FIVE = [[(20, 5), (15, 45), (55, 40), (80, 65), (60, 98), (8, 95)], [(22, 5), (80, 2)]]
POINT = [[(0, 94), (5, 98)]]
DASH = [[(0, 50), (45, 52)]]


@pytest.fixture(scope="module")
def reader():
    return NumberReader(Recognizer(bundled_weights()))


def picture(*lines, space=40, box=False):
    """A picture of lines of digits, which are each 100 pixels high."""
    image = Image.new("L", (900, 60 + 180 * len(lines)), 235)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        left, top = 60, 60 + 180 * number
        for digit in line:
            xs = [x for stroke in digit for x, _ in stroke]
            for stroke in digit:
                points = [(x - min(xs) + left, y + top) for x, y in stroke]
                draw.line(points, 40, 9, joint="curve")
                for x, y in points:
                    draw.ellipse((x - 4, y - 4, x + 4, y + 4), 40)
            left += max(xs) - min(xs) + space
    if box:
        draw.rectangle((25, 25, 875, image.height - 25), outline=40, width=4)
    return opened(image)


def opened(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    file.seek(0)
    return open_picture(file)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([(TWO, FIVE, ONE)], "251"),
        ([(FIVE, POINT, TWO)], "5.2"),
        ([(DASH, TWO, ONE)], "-21"),
        ([(TWO, ONE), (FIVE, FIVE)], "21\n55"),
    ],
)
def test_a_line_is_a_number(reader, lines, text):
    reading = reader.read_picture(picture(*lines))
    assert (reading.text, reading.verdict) == (text, "sure")


def test_a_digit_has_its_box_in_pixels_and_no_strokes(reader):
    reading = reader.read_picture(picture((TWO, FIVE)))
    assert [digit.strokes for digit in reading.digits] == [(), ()]
    assert reading.digits[0].box == pytest.approx((60, 60, 140, 160), abs=8)
    assert reading.digits[1].box == pytest.approx((180, 60, 252, 160), abs=8)


def test_the_line_of_a_form(reader):
    assert reader.read_picture(picture((TWO, FIVE, ONE), box=True)).text == "251"


def test_one_digit_is_read_as_before(reader):
    shown = picture((FIVE,))
    reading = reader.read_picture(shown)
    assert reading.single == reader.recognizer.recognize_image(shown.digit)
    assert reading.text == "5"


def test_a_page_full_of_marks_is_one_answer(reader):
    image = Image.new("L", (1000, 1000), 235)
    draw = ImageDraw.Draw(image)
    for number in range(64):
        x, y = 120 * (number % 8) + 40, 120 * (number // 8) + 40
        draw.line([(x, y), (x + 50, y + 60)], 40, 10)
    assert reader.read_picture(opened(image)).single


def test_a_spiral_is_one_component():
    angle = np.linspace(0, 40 * np.pi, 3000)
    x, y = 500 + 3.8 * angle * np.cos(angle), 500 + 3.8 * angle * np.sin(angle)
    image = Image.new("L", (1000, 1000), 235)
    ImageDraw.Draw(image).line(list(zip(x.tolist(), y.tolist(), strict=True)), 40, 6)
    assert len(opened(image).components) == 1


def test_real_numbers_as_pictures(reader, data_dir):
    """Of writers that were never learned from, and with digits that do not touch."""
    samples = read_ink(data_dir / "unipen" / "numbers.ndjson", lambda *_: None)
    numbers = [s for s in samples if s.split == "choose" and len(s.text or "") <= 5][::4]
    wrong = 0
    for sample in numbers:
        points = np.concatenate([stroke.xy for stroke in sample.drawing.strokes])
        low, span = points.min(axis=0), np.ptp(points, axis=0)
        scale = 90 / span[1]
        image = Image.new("L", (int(span[0] * scale) + 80, 170), 230)
        draw = ImageDraw.Draw(image)
        for stroke in sample.drawing.strokes:
            draw.line([tuple(p) for p in ((stroke.xy - low) * scale + 40).tolist()], 50, 6)
        wrong += reader.read_picture(opened(image)).text != sample.text
    assert len(numbers) >= 15
    assert wrong <= len(numbers) / 5
