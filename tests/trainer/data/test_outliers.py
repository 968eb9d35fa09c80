"""What is no digit."""

import numpy as np
import pytest
import torch

from digitpad.ink import ink_image
from digitpad.verdict import NOT_A_DIGIT
from trainer.data.outliers import KINDS, LOOKALIKES, is_outlier, synthetic_outliers
from trainer.data.signs import SIGNS


@pytest.mark.parametrize("text", ["A", "k", "W", "+", "=", "#", "*", "?", "12", "007"])
def test_other_letters_signs_and_numbers_are_outliers(text):
    assert is_outlier(text)


@pytest.mark.parametrize("text", [*sorted(LOOKALIKES), "7", "-", ".", "/", "é", "١٢", "seven", ""])
def test_what_may_look_like_a_digit_is_none(text):
    assert not is_outlier(text)


def test_no_template_is_of_a_letter_that_looks_like_a_digit():
    assert not {name.partition(",")[0].partition(" in ")[0] for name in SIGNS} & LOOKALIKES


def test_the_seed_decides_the_drawings_and_the_number_only_how_many():
    few, more = synthetic_outliers(30, 3), synthetic_outliers(40, 3)
    assert few.images.dtype == torch.uint8
    assert few.are_outliers
    assert few.labels.tolist() == [NOT_A_DIGIT] * 30
    assert few.images.equal(more.images[:30])
    other = synthetic_outliers(30, 4)
    assert (few.images != other.images).any(dim=(1, 2)).float().mean() > 0.9  # dots may agree


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_can_be_chosen_and_always_has_ink(kind):
    images = synthetic_outliers(200, 0, kind).images
    assert (images.amax(dim=(1, 2)) == 255).all()


def test_pairs_are_wider_than_digits():
    generator = np.random.default_rng(0)
    images = np.stack([ink_image(KINDS["pairs"](generator)) for _ in range(100)])
    columns, rows = (images.any(axis=axis).sum(axis=1) for axis in (1, 2))
    assert (columns > rows).mean() > 0.75
