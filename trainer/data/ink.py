"""Drawings in ink files, rendered as images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from digitpad.ink import PEN_WIDTH, ink_image
from digitpad.inkfile import InkFileError, read_ink
from trainer.data.digits import DataError, Digits, NoDrawingsError

TRAINING_PEN_WIDTHS = (2.0, 2.3, 2.6, 2.9, 3.2)
"""Pen widths, in pixels, of training images. They cover most of the stroke widths in MNIST."""


def load_ink(
    path: Path,
    *,
    report: Callable[[str], None],
    only: range | None = None,
    without: range | None = None,
    pen_widths: Sequence[float] = (PEN_WIDTH,),
) -> Digits:
    """Render the labelled drawings of an ink file, each once per pen width.

    `only` and `without` select drawings by the writer's number. Drawings without a label or a
    stroke are skipped. So are unreadable lines, each with a `report`. Raises DataError if the file
    cannot be read, and NoDrawingsError if no drawing is left.
    """
    selection = ""
    if only is not None:
        selection += f", writers {_span(only)}"
    if without is not None:
        selection += f" without writers {_span(without)}"
    try:
        samples = [
            sample
            for sample in read_ink(path, lambda line, reason: report(f"{path}:{line}: {reason}"))
            if sample.drawing
            and sample.label is not None
            and (only is None or _is_of(sample.writer, only))
            and (without is None or not _is_of(sample.writer, without))
        ]
    except InkFileError as error:
        raise DataError(str(error)) from error
    if not samples:
        raise NoDrawingsError(f"{path}{selection}: no drawing is labelled with a digit")
    images = [ink_image(sample.drawing, width) for width in pen_widths for sample in samples]
    labels = [sample.label for _ in pen_widths for sample in samples]
    return Digits(path.name + selection, torch.from_numpy(np.stack(images)), torch.tensor(labels))


def _is_of(writer: str | None, writers: range) -> bool:
    return writer is not None and writer.isdecimal() and int(writer) in writers


def _span(writers: range) -> str:
    return f"{writers[0]}-{writers[-1]}"
