"""Numbers put together from digits of one writer."""

from itertools import islice

import numpy as np

from trainer.data.composed import composed_numbers


def test_numbers_are_of_one_writers_digits(pen_samples):
    found = list(islice(composed_numbers(pen_samples), 50))
    assert {len(sample.text) for sample in found} == {2, 3, 4, 5}
    for sample in found:
        assert sample.text.isdecimal()
        assert len(sample.drawing.strokes) <= 4 * len(sample.text)


def test_the_digits_stand_on_a_line_from_left_to_right(pen_samples):
    for sample in islice(composed_numbers(pen_samples), 50):
        points = np.concatenate([stroke.xy for stroke in sample.drawing.strokes])
        width, height = np.ptp(points, axis=0)
        assert height < width * 3
        first, last = sample.drawing.strokes[0].xy, sample.drawing.strokes[-1].xy
        assert first[:, 0].min() < last[:, 0].max()


def test_the_same_seed_gives_the_same_numbers(pen_samples):
    one, same, other = (
        [sample.text for sample in islice(composed_numbers(pen_samples, seed), 20)]
        for seed in (0, 0, 1)
    )
    assert one == same != other


def test_without_enough_digits_of_a_writer_there_are_none(pen_samples):
    assert list(composed_numbers([])) == []
    assert list(composed_numbers(pen_samples[:19])) == []
