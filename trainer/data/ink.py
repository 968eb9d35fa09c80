"""Drawings in ink files, rendered as images: digits, and outliers such as letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from digitpad.ink import PEN_WIDTH, ink_image
from digitpad.inkfile import BadLines, InkFileError, Sample, read_ink
from digitpad.training.writers import Writers
from digitpad.verdict import NOT_A_DIGIT
from trainer.data.digits import (
    DataError,
    Digits,
    NoDrawingsError,
    Tick,
    ignore,
)
from trainer.data.outliers import is_outlier

TRAINING_PEN_WIDTHS = (2.0, 2.3, 2.6, 2.9, 3.2)
"""Pen widths, in pixels, of training images. They cover most of the stroke widths in MNIST."""


@dataclass(frozen=True)
class Ink:
    """Labelled drawings of an ink file: digits and outliers, which are no digits."""

    name: str
    digits: tuple[Sample, ...]
    outliers: tuple[Sample, ...]

    def only(self, writers: Writers) -> Ink:
        """The drawings by these writers."""
        return self._filtered(f"{self.name}, {writers}", writers.include)

    def without(self, writers: Sequence[Writers]) -> Ink:
        """The drawings by all others. The name lists those writers that the file has."""
        samples = self.digits + self.outliers
        present = [each for each in writers if any(map(each.include, samples))]
        if not present:
            return self
        name = f"{self.name} without {', '.join(map(str, present))}"
        return self._filtered(name, lambda sample: not any(w.include(sample) for w in present))

    def _filtered(self, name: str, keep: Callable[[Sample], bool]) -> Ink:
        return Ink(name, tuple(filter(keep, self.digits)), tuple(filter(keep, self.outliers)))

    def render_digits(
        self, pen_widths: Sequence[float] = (PEN_WIDTH,), *, tick: Tick = ignore
    ) -> Digits | None:
        """Each digit, once per pen width, with its writers; None if there are none."""
        if not self.digits:
            return None
        images = [_rendered(each, width, tick) for width in pen_widths for each in self.digits]
        labels = [each.label for _ in pen_widths for each in self.digits]
        writers = tuple(each.writer for _ in pen_widths for each in self.digits)
        return Digits(
            self.name, torch.from_numpy(np.stack(images)), torch.tensor(labels), writers=writers
        )

    def render_outliers(
        self, pen_widths: Sequence[float] = (PEN_WIDTH,), *, tick: Tick = ignore
    ) -> Digits | None:
        """Each outlier once, with the pen widths in turn; None if there are none."""
        if not self.outliers:
            return None
        images = [
            _rendered(each, pen_widths[i % len(pen_widths)], tick)
            for i, each in enumerate(self.outliers)
        ]
        return Digits(
            f"{self.name}: outliers",
            torch.from_numpy(np.stack(images)),
            torch.full((len(images),), NOT_A_DIGIT),
        )


def _rendered(sample: Sample, pen_width: float, tick: Tick) -> NDArray[np.uint8]:
    image = ink_image(sample.drawing, pen_width)
    tick()
    return image


def load_ink(path: Path, *, report: Callable[[str], None]) -> Ink:
    """Read the labelled drawings of an ink file.

    Drawings without a stroke or a label are skipped, and so are letters that look like digits
    (`is_outlier`). So are unreadable lines, each with a `report`. Raises DataError if the file
    cannot be read, and NoDrawingsError if no drawing is left.
    """
    digits, outliers = [], []
    try:
        bad_lines = BadLines(str(path), report)
        for sample in read_ink(path, bad_lines):
            if not sample.drawing:
                continue
            if sample.label is not None:
                digits.append(sample)
            elif sample.text is not None and is_outlier(sample.text):
                outliers.append(sample)
    except InkFileError as error:
        raise DataError(str(error)) from error
    bad_lines.report_rest()
    if not digits and not outliers:
        raise NoDrawingsError(f"{path}: no drawing is labelled with a digit, a letter or a sign")
    return Ink(path.name, tuple(digits), tuple(outliers))
