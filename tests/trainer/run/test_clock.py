"""How long a run takes: what the trainer says, and what it remembers."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from digitpad.training.messages import BatchDone, EpochDone
from digitpad.training.pace import IMAGES, Pace, images_per_epoch, remember_pace, remembered_pace
from digitpad.training.recipe import PAD, SEED
from trainer import run_data
from trainer.data.digits import Digits
from trainer.data.mnist import VALIDATION_IMAGES
from trainer.loop import Run
from trainer.run.clock import Clock
from trainer.transforms import AUGMENTATIONS, augment_seed

SYNTHETIC = ["--data", "synthetic", "--recipe", "seed", "--epochs", "1"]


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless a test sets `now`."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def train(clock, blobs, monkeypatch):
    """Runs the recipe `seed`; gives its estimates of the time left, each with the truth."""

    def train_(epochs, *, seconds_per_epoch, evaluation):
        def slow(*arguments):
            clock.now += seconds_per_epoch / 10  # batches
            return augment_seed(*arguments)

        monkeypatch.setitem(AUGMENTATIONS, "seed", slow)
        run = Run(replace(SEED, epochs=epochs), blobs, None, seed=0, device=torch.device("cpu"))
        timer = Clock(run, "cpu", clock.now - 20)
        end = clock.now + epochs * seconds_per_epoch + evaluation
        estimates = [
            (message.seconds_left, end - clock.now)
            for message in map(timer.with_end, run.train(lambda: False))
            if isinstance(message, BatchDone | EpochDone)
        ]
        timer.end_training()
        clock.now += evaluation
        timer.end()
        return estimates

    return train_


def test_the_pace_of_a_run_is_remembered(train):
    train(2, seconds_per_epoch=64, evaluation=9)
    expected = Pace(pytest.approx(10), pytest.approx(20), pytest.approx(9))  # of 640 images
    assert remembered_pace(SEED, "cpu") == expected


def test_the_time_left_includes_the_evaluation(train):
    remember_pace(SEED, "cpu", Pace(1e4, 1, 30))
    for left, truth in train(3, seconds_per_epoch=50, evaluation=30):
        assert left == pytest.approx(truth)


def test_a_run_says_how_long_it_takes_if_an_earlier_one_shows_it(run_here):
    _, _, err = run_here(*SYNTHETIC, "--out", "first")
    assert "on this machine" not in err  # it ended before it could be estimated
    remember_pace(SEED, "cpu", replace(remembered_pace(SEED, "cpu"), images_per_second=5.0))
    _, _, err = run_here(*SYNTHETIC, "--out", "second")
    assert "About 3 min on this machine" in err  # for 900 images


def test_a_run_that_none_shows_says_it_after_some_seconds(train, capsys):
    train(10, seconds_per_epoch=60, evaluation=36)
    assert capsys.readouterr().err.count("About 10 min on this machine\n") == 1


def test_the_form_knows_how_many_images_an_epoch_has(blobs):
    assert IMAGES == {
        "mnist": 60_000 - VALIDATION_IMAGES,
        "synthetic": run_data.SYNTHETIC_IMAGES * 9 // 10,
    }
    recipe = replace(PAD, epochs=1)
    many = Digits.joined([blobs] * 29).part(slice(IMAGES["synthetic"]), "many")
    run = Run(recipe, many, None, ink=blobs, seed=0, device=torch.device("cpu"))
    expected = images_per_epoch(PAD, "synthetic", ink_files=True)
    assert run.images_per_epoch == pytest.approx(expected, rel=0.01)
