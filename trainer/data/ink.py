"""Drawings of ink files, as images to learn from or to evaluate on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from digitpad.ink import PEN_WIDTH, ink_image
from digitpad.inkfile import InkFileError, read_ink
from trainer.data.digits import DataError, Digits, NoDrawingsError
from trainer.run.report import say

TRAINING_PEN_WIDTHS = (2.0, 2.3, 2.6, 2.9, 3.2)
"""Widths, in pixels, at which drawings are rendered to learn from: most of MNIST's own spread."""


def load_ink(
    path: Path,
    *,
    only: range | None = None,
    without: range | None = None,
    pen_widths: Sequence[float] = (PEN_WIDTH,),
) -> Digits:
    """The labelled drawings of an ink file as the Net sees them, drawn at each of `pen_widths`.

    Of all writers, or only of some, or without some. Drawings without a label or a stroke are left
    out; lines that cannot be read as well, each with a word on standard error. Raises DataError if
    the file cannot be read, NoDrawingsError if nothing is left.
    """
    name = path.name
    if only is not None:
        name += f", writers {_span(only)}"
    if without is not None:
        name += f" without writers {_span(without)}"
    try:
        samples = [
            sample
            for sample in read_ink(path, lambda line, reason: say(f"{path}:{line}: {reason}"))
            if sample.drawing
            and sample.label is not None
            and (only is None or _is_of(sample.writer, only))
            and (without is None or not _is_of(sample.writer, without))
        ]
    except InkFileError as error:
        raise DataError(str(error)) from error
    if not samples:
        raise NoDrawingsError(f"{path}: there is no drawing with a digit for its label in {name}")
    images = [ink_image(sample.drawing, width) for width in pen_widths for sample in samples]
    labels = [sample.label for _ in pen_widths for sample in samples]
    return Digits(name, torch.from_numpy(np.stack(images)), torch.tensor(labels))


def _is_of(writer: str | None, writers: range) -> bool:
    return writer is not None and writer.isdecimal() and int(writer) in writers


def _span(writers: range) -> str:
    return f"{writers[0]}-{writers[-1]}"
