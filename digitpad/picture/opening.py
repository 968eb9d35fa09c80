"""Opens a picture and finds the digit on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from digitpad.picture.components import Component, components
from digitpad.picture.decoding import decode
from digitpad.picture.error import PictureError
from digitpad.picture.fitting import fitted
from digitpad.picture.ink import ink_of
from digitpad.picture.parts import digit_alone


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture and the digit on it."""

    grey: NDArray[np.uint8]
    """The picture in grey [h, w], upright, its longer side at most `WORKING_SIDE`."""
    digit: NDArray[np.uint8]
    """The ink image [28, 28]."""
    components: tuple[Component, ...] = ()
    """The connected parts of the ink, from which several digits may be put together."""


def read_picture(source: Path | BinaryIO) -> NDArray[np.uint8]:
    """The digit on a picture as an ink image, uint8 [28, 28].

    Raises PictureError like `open_picture`.
    """
    return open_picture(source).digit


def open_picture(source: Path | BinaryIO) -> Picture:
    """Read a picture, or the first frame of an animation, and find the digit on it.

    Raises PictureError if `source` is not in one of `FORMATS`, is damaged or too large, or shows no
    ink.
    """
    name = source if isinstance(source, Path) else "the picture"
    try:
        grey = decode(source)
        ink = ink_of(grey)
        return Picture(grey.astype(np.uint8), fitted(digit_alone(ink)), components(ink))
    except PictureError as error:
        raise PictureError(f"{name}: {error}") from error


def picture_image(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The digit on a picture, float32 [h, w] from 0 (black) to 255, as an ink image.

    The digit may be darker or lighter than its background. Raises PictureError if there is no ink.
    """
    return fitted(digit_alone(ink_of(grey)))
