"""Images that show how a split was predicted."""

from __future__ import annotations

from base64 import b64encode

import numpy as np
from numpy.typing import NDArray

from trainer.data.digits import Digits

_PER_CELL = 12


def examples(digits: Digits, predicted: NDArray[np.int64]) -> list[list[int | str]]:
    """The first 12 images of each cell [i, j] of the confusion matrix.

    `predicted` [n] are the predictions for `digits`. The form is that of
    `digitpad.training.messages.Evaluated`.
    """
    cells = digits.labels.numpy() * 10 + predicted
    return [
        [int(cell) // 10, int(cell) % 10, b64encode(digits.images[n].numpy().tobytes()).decode()]
        for cell in np.unique(cells)
        for n in np.flatnonzero(cells == cell)[:_PER_CELL].tolist()
    ]
