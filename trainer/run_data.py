"""The images that a run learns from, and those that its weights are calibrated and evaluated on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from digitpad.training.messages import DataLoading
from digitpad.training.mnist import has_mnist
from trainer.data.digits import DataError, Digits
from trainer.data.ink import TRAINING_PEN_WIDTHS, Ink, load_ink
from trainer.data.mnist import default_data_dir, load_mnist, split_validation
from trainer.data.outliers import synthetic_outliers
from trainer.data.synthetic import synthetic_digits
from trainer.options import AnchorsOptions, EvaluateOptions, TrainOptions
from trainer.run.report import Report, say

SYNTHETIC_IMAGES = 20_000
"""Number of images of `--data synthetic`. A third of MNIST is drawn in seconds, and an epoch of
them is long enough to watch. The last tenth is held out for validation. The test set is another
tenth, drawn with another seed."""

CHOOSE = "choose"
"""The split of ink files by which temperature and thresholds are chosen; other held-out drawings
are only evaluated on."""

_SECONDS_BETWEEN_REPORTS = 0.25

_HELD_OUT_SEED = 2**32  # of synthetic outliers; no run has it


@dataclass(frozen=True)
class RunData:
    """The images of one run."""

    training: Digits
    validation: Digits | None
    """None if the run learns from all images."""
    ink: list[Digits]
    """Drawings to learn from, real and synthetic."""
    outliers: list[Digits]
    """What is no digit, to learn from, real and synthetic."""
    held_out: list[Digits]
    """Drawings by the writers that the run does not learn from, digits and outliers."""
    choose: list[Digits]
    """Those of `held_out` by which temperature and thresholds are chosen."""
    mnist: Digits | None
    """All of MNIST's training images; None if the run does not use MNIST."""

    @property
    def parts(self) -> list[Digits]:
        """Everything that the run learns from."""
        return [self.training, *self.ink, *self.outliers]


@dataclass(frozen=True)
class Calibration:
    """The images that decide the temperature and the thresholds of a run's weights."""

    temperature: Digits | None
    """None if the run held nothing out."""
    digits: Digits
    outliers: Digits


def download_data(options: TrainOptions, report: Report) -> None:
    """Download MNIST if the run needs it and it is missing. Raises DataError."""
    if options.data == "mnist" and not has_mnist(folder := data_dir(options)):
        report(DataLoading("downloading", None))
        load_mnist(folder, train=True, report=say)


def load_run_data(options: TrainOptions, report: Report) -> RunData:
    """Load what a run with these options needs before its first epoch. Raises DataError.

    `report` is told now and then how much is done.
    """
    recipe = options.run_recipe
    if options.ink and not recipe.ink_share and not options.ink_holdout:
        error = DataError(
            f"the recipe {recipe.name} does not learn from ink; leave the ink files out"
        )
        error.add_note("With --ink-holdout, they can be used for the evaluation.")
        raise error
    # Before a download, or thousands of digits are drawn: what the person gave may be wrong.
    files = [load_ink(path, report=say) for path in options.ink]
    learned = _not_held_out(files, options) if recipe.ink_share else []
    if options.data == "synthetic":
        mnist, digits, split = None, synthetic_digits(SYNTHETIC_IMAGES, seed=0), _split_synthetic
    else:
        mnist = digits = load_mnist(data_dir(options), train=True, report=say)
        split = split_validation
    training, validation = (digits, None) if options.final else split(digits)
    drawings = recipe.synthetic_drawings if options.data != "synthetic" else 0
    n_outliers = recipe.synthetic_outliers
    if options.data == "synthetic":
        n_outliers = min(n_outliers, SYNTHETIC_IMAGES // 2)
    tick = _Rendering(_images(learned) + drawings + n_outliers, report)
    ink = [each.render_digits(TRAINING_PEN_WIDTHS, tick=tick) for each in learned]
    outliers = [each.render_outliers(TRAINING_PEN_WIDTHS, tick=tick) for each in learned]
    if drawings:
        ink.append(synthetic_digits(drawings, options.seed, tick=tick))
    if n_outliers:
        outliers.append(synthetic_outliers(n_outliers, options.seed, tick=tick))
    held_out = _held_out(files, options)
    return RunData(
        training,
        validation,
        [part for part in ink if part],
        [part for part in outliers if part],
        [part for _, part in held_out],
        [part for writers, part in held_out if writers == CHOOSE],
        mnist,
    )


def calibration(data: RunData) -> Calibration:
    """What decides the temperature and the thresholds of a run's weights: what it held out.

    The thresholds are for drawings, so held-out drawings decide them if there are any. A run that
    held nothing out has its thresholds from images that it has learned: the Net is so small that it
    knows others nearly as well.
    """
    digits = [part for part in data.choose if not part.are_outliers]
    outliers = [part for part in data.choose if part.are_outliers]
    held_out = [part for part in (data.validation, *digits) if part]
    learned = data.training.part(slice(5_000), data.training.name)
    return Calibration(
        Digits.joined(held_out) if held_out else None,
        Digits.joined(digits or [data.validation or learned]),
        Digits.joined(outliers or [synthetic_outliers(SYNTHETIC_IMAGES // 10, _HELD_OUT_SEED)]),
    )


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
    yield from outlier_splits()


def outlier_splits() -> Iterator[Digits]:
    """Synthetic outliers to evaluate weights on: they are the same for all runs, which have not
    learned them."""
    for kind in ("pairs", "scribbles"):
        outliers = synthetic_outliers(SYNTHETIC_IMAGES // 20, _HELD_OUT_SEED + 1, kind)
        yield replace(outliers, name=f"synthetic {kind}")


def ink_splits(options: EvaluateOptions) -> Iterator[Digits]:
    """The drawings to evaluate weights on: digits, and what is none. Raises DataError."""
    n = 0
    for path in options.ink:
        ink = load_ink(path, report=say)
        for part in map(ink.only, options.writers) if options.writers else [ink]:
            for digits in filter(None, (part.render_digits(), part.render_outliers())):
                n += 1
                yield digits
    if options.ink and not n:
        raise DataError("no ink file has drawings by these writers or splits")


def anchor_sources(options: AnchorsOptions) -> tuple[list[Digits], list[Digits]]:
    """What to cut anchors from: digits and outliers that the bundled weights have learned too.

    Raises DataError.
    """
    folder = options.data_dir or default_data_dir()
    training, _ = split_validation(load_mnist(folder, train=True, report=say))
    inks = [load_ink(path, report=say).without(options.ink_holdout) for path in options.ink]
    digits = [each.render_digits() for each in inks]
    outliers = [each.render_outliers() for each in inks]
    return [training, *filter(None, digits)], [each for each in outliers if each]


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


class _Rendering:
    """Reports now and then how many of the images are rendered."""

    def __init__(self, images: int, report: Report) -> None:
        self._images, self._report = images, report
        self._rendered = 0
        self._reported = time.monotonic()

    def __call__(self) -> None:
        self._rendered += 1
        now = time.monotonic()
        if now - self._reported >= _SECONDS_BETWEEN_REPORTS:
            self._reported = now
            self._report(DataLoading("loading", min(self._rendered / self._images, 1.0)))


def _images(files: list[Ink]) -> int:
    """Number of images to learn from in ink files."""
    return sum(len(TRAINING_PEN_WIDTHS) * len(each.digits) + len(each.outliers) for each in files)


def _not_held_out(files: list[Ink], options: TrainOptions) -> list[Ink]:
    """The drawings in ink files by the writers that are not held out."""
    rest = [ink.without(options.ink_holdout) for ink in files]
    for before, ink in zip(files, rest, strict=True):
        if not ink.digits and not ink.outliers:
            raise DataError(
                f"{before.name}: all writers are held out; hold out fewer, or leave the file out"
            )
    return rest


def _held_out(files: list[Ink], options: TrainOptions) -> list[tuple[str, Digits]]:
    """The held-out drawings, by the item of `--ink-holdout` that holds them out."""
    found = [
        (writers.text, digits)
        for writers in options.ink_holdout
        for part in (ink.only(writers) for ink in files)
        for digits in (part.render_digits(), part.render_outliers())
        if digits
    ]
    if options.ink_holdout and not found:
        raise DataError(
            "no ink file has drawings by the writers to hold out; hold out other writers, or none"
        )
    return found
