"""Speed of a training step: images per second, and its share of the speed of a matrix product."""

import statistics
import time
from dataclasses import dataclass, replace

import torch
from torch.utils.flop_counter import FlopCounterMode

from digitpad.training.messages import EpochDone
from digitpad.training.recipe import PAD
from trainer.data.synthetic import synthetic_digits
from trainer.loop import Run
from trainer.net import Net
from trainer.teacher import Teacher

EPOCHS = 7  # of some seconds each; the first is not counted
IMAGES = 6_000
SIZE = 1_024  # of the square matrices
SECONDS = 0.15  # of products after each epoch
SHARE = 0.45
"""The least share allowed."""


@dataclass(frozen=True)
class Speed:
    """The speed of a training step, in images per second and relative to a matrix product.

    Only convolutions count as the step's floating-point operations.
    """

    what: str
    images_per_second: float
    share: float

    @property
    def is_within_bound(self):
        return self.share >= SHARE

    def __str__(self):
        verdict = "ok" if self.is_within_bound else "BELOW"
        return (
            f"{self.what}: {self.images_per_second:,.0f} images/s, {self.share:.0%} of a float32 "
            f"matrix product's speed (≥ {SHARE:.0%}: {verdict})"
        )


def run():
    digits = synthetic_digits(IMAGES, seed=0)
    for teacher in (False, True):
        recipe = replace(PAD, epochs=EPOCHS, teacher=teacher)
        for threads in (1, 2):
            yield _speed(recipe, digits, threads)


def _speed(recipe, digits, threads):
    torch.set_num_threads(threads)
    training = Run(
        recipe, digits, None, ink=digits, outliers=digits, seed=0, device=torch.device("cpu")
    )
    operations = _operations(recipe) / recipe.batch_size
    speeds, shares = [], []
    for message in training.train(lambda: False):
        if isinstance(message, EpochDone):
            speeds.append(message.images_per_second)
            shares.append(message.images_per_second * operations / _matrix_product_speed())
    nets = "with a teacher" if recipe.teacher else "without a teacher"
    what = f"a training step {nets}, {threads} thread{'s' if threads > 1 else ''}"
    return Speed(what, statistics.median(speeds[1:]), statistics.median(shares[1:]))


def _operations(recipe):
    """Floating-point operations of the convolutions in a step, forward and backward."""
    operations = _convolutions(Net(), recipe.batch_size + recipe.outliers)
    return operations + (_convolutions(Teacher(), recipe.batch_size) if recipe.teacher else 0)


def _convolutions(net, images):
    x = torch.randn(images, 1, 28, 28)
    with FlopCounterMode(display=False) as counter:
        net(x).sum().backward()
    counts = counter.get_flop_counts()["Global"]
    return sum(count for operator, count in counts.items() if "convolution" in str(operator))


def _matrix_product_speed():
    """Floating-point operations per second of a matrix product, the best of some."""
    a, b = torch.randn(2, SIZE, SIZE)
    best, end = float("inf"), time.perf_counter() + SECONDS
    while (started := time.perf_counter()) < end:
        a @ b
        best = min(best, time.perf_counter() - started)
    return 2 * SIZE**3 / best
