"""Images to show how a split was read."""

from __future__ import annotations

from base64 import b64encode

import numpy as np
from numpy.typing import NDArray

from digitpad.recognizer import Recognizer
from trainer.data.digits import Digits

_PER_CELL = 12


class RememberingRecognizer(Recognizer):
    """Remembers what it read last, so that nothing is read twice."""

    remembered: NDArray[np.float64]
    """The probabilities [n, 10] for the images last read."""

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        self.remembered = super().probabilities(images)
        return self.remembered


def examples(digits: Digits, read: NDArray[np.int64]) -> list[list[int | str]]:
    """The first 12 images of each cell [i, j] of the confusion, as
    `digitpad.training_messages.Measured` has them; `read` [n] are the digits that the images were taken for."""
    cells = digits.labels.numpy() * 10 + read
    return [
        [int(cell) // 10, int(cell) % 10, b64encode(digits.images[n].numpy().tobytes()).decode()]
        for cell in np.unique(cells)
        for n in np.flatnonzero(cells == cell)[:_PER_CELL].tolist()
    ]
