"""The images that a run learns from, and those that its weights are evaluated on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from trainer.data.digits import DataError, Digits, NoDrawingsError
from trainer.data.ink import TRAINING_PEN_WIDTHS, load_ink
from trainer.data.mnist import default_data_dir, has_mnist, load_mnist, split_validation
from trainer.data.synthetic import synthetic_digits
from trainer.options import EvaluateOptions, TrainOptions
from trainer.run.report import say

SYNTHETIC_IMAGES = 20_000
"""Number of images of `--data synthetic`. A third of MNIST is drawn in seconds, and an epoch of
them is long enough to watch. The last tenth is held out for validation. The test set is another
tenth, drawn with another seed."""


@dataclass(frozen=True)
class RunData:
    """The images of one run."""

    training: Digits
    validation: Digits | None
    """None if the run learns from all images."""
    ink: list[Digits]
    """Drawings to learn from, real and synthetic."""
    held_out: list[Digits]
    """Drawings by the writers that the run does not learn from."""
    mnist: Digits | None
    """All of MNIST's training images; None if the run does not use MNIST."""

    @property
    def parts(self) -> list[Digits]:
        """Everything that the run learns from."""
        return [self.training, *self.ink]


def load_run_data(options: TrainOptions) -> RunData:
    """Load what a run with these options needs before its first epoch. Raises DataError."""
    recipe = options.run_recipe
    if options.ink and not recipe.ink_share and options.ink_holdout is None:
        error = DataError(
            f"the recipe {recipe.name} does not learn from ink; leave the ink files out"
        )
        error.add_note("With --ink-holdout, they can be used for the evaluation.")
        raise error
    if options.data == "synthetic":
        mnist, digits, split = None, synthetic_digits(SYNTHETIC_IMAGES, seed=0), _split_synthetic
    else:
        mnist = digits = load_mnist(data_dir(options), train=True, report=say)
        split = split_validation
    training, validation = (digits, None) if options.final else split(digits)
    ink = [
        load_ink(path, report=say, without=options.ink_holdout, pen_widths=TRAINING_PEN_WIDTHS)
        for path in (options.ink if recipe.ink_share else ())
    ]
    if recipe.synthetic_drawings and options.data != "synthetic":
        ink.append(synthetic_digits(recipe.synthetic_drawings, options.seed))
    return RunData(training, validation, ink, _held_out(options), mnist)


def _split_synthetic(digits: Digits) -> tuple[Digits, Digits]:
    """Split synthetic digits into the first nine tenths and the last tenth, for validation."""
    first = len(digits) * 9 // 10
    return (
        digits.part(slice(None, first), f"synthetic train (first {first:,})"),
        digits.part(slice(first, None), "synthetic validation"),
    )


def splits_to_evaluate(options: TrainOptions, data: RunData) -> Iterator[Digits]:
    """The images to evaluate the weights of a run on. The test set is loaded only now, when
    no choice can depend on it. Raises DataError."""
    if data.validation:
        yield data.validation
    if options.data == "synthetic":
        yield replace(synthetic_digits(SYNTHETIC_IMAGES // 10, seed=1), name="synthetic test")
    else:
        yield load_mnist(data_dir(options), train=False, report=say)
    yield from data.held_out


def load_mnist_if_present(options: TrainOptions) -> Digits:
    """MNIST's training images, without a download. Raises DataError if they are not there."""
    folder = data_dir(options)
    if not has_mnist(folder):
        raise DataError(f"MNIST is not in {folder}")
    return load_mnist(folder, train=True, report=say)


def data_dir(options: TrainOptions | EvaluateOptions) -> Path:
    """The folder that holds MNIST. Raises DataError if there is no home folder to find it in."""
    if options.data_dir:
        return options.data_dir
    default = default_data_dir()
    return options.folder / default if isinstance(options, TrainOptions) else default


def _held_out(options: TrainOptions) -> list[Digits]:
    """The drawings by held-out writers, from those ink files that have any."""
    if options.ink_holdout is None:
        return []
    found = []
    for path in options.ink:
        with suppress(NoDrawingsError):
            found.append(load_ink(path, report=say, only=options.ink_holdout))
    if not found:
        raise DataError(
            "no ink file has drawings by the writers to hold out; hold out other writers, or none"
        )
    return found
