from dataclasses import replace

import pytest

from digitpad.training.recipe import PAD, SEED
from trainer.optim import augmentation_strength, lr_factor


def test_the_step_schedule_divides_the_learning_rate_by_10_every_15_epochs():
    factors = [lr_factor(SEED, step, 10) for step in (0, 149, 150, 299, 300)]
    assert factors == pytest.approx([1, 1, 0.1, 0.1, 0.01])


@pytest.mark.parametrize(("epochs", "batches"), [(1, 1), (1, 7), (3, 2), (60, 671)])
def test_every_step_of_a_one_cycle_run_learns(epochs, batches):
    recipe = replace(PAD, epochs=epochs)
    factors = [lr_factor(recipe, step, batches) for step in range(epochs * batches)]
    assert min(factors) > 0
    assert max(factors) <= 1


def test_the_one_cycle_schedule_rises_for_a_tenth_of_the_run_and_falls_to_nearly_0():
    recipe = replace(PAD, epochs=10)
    factors = [lr_factor(recipe, step, 100) for step in range(1000)]
    assert factors[:100] == sorted(factors[:100])
    assert factors[100:] == sorted(factors[100:], reverse=True)
    assert factors[0] == pytest.approx(0.005)
    assert factors[99] == pytest.approx(1, abs=0.01)
    assert factors[549] == pytest.approx(0.5, abs=0.01)  # the middle of the descent
    assert factors[-1] < 1e-5


def test_the_augmentation_weakens_over_the_last_fifth_of_a_run():
    recipe = replace(PAD, epochs=10, augmentation_decay=0.75)
    strengths = [augmentation_strength(recipe, epochs) for epochs in (0, 5, 8, 9, 10)]
    assert strengths == pytest.approx([1, 1, 1, 0.625, 0.25])
