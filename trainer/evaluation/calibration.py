"""Temperature scaling: a divisor of the logits that makes confidence match accuracy."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from digitpad.verdict import Thresholds, energy

_MIN, _MAX = 0.1, 10.0
_BISECTIONS = 50  # of the logarithm's range: to a double's full precision


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Fit the temperature T that minimizes the negative log-likelihood of softmax(logits / T).

    `logits` is [n, 10] and `labels` [n]. The result is 1 if the minimum is not within 0.1–10: for
    example, if every prediction is correct, the loss falls with T without end. After C. Guo et al.,
    “On Calibration of Modern Neural Networks”, 2017.
    """
    logits = logits.double()
    margins = logits - logits.gather(1, labels[:, None])

    def is_too_low(temperature: float) -> bool:
        # The sign of the loss's derivative with respect to 1 / T, in which the loss is convex.
        return bool(((margins / temperature).softmax(dim=1) * margins).sum() > 0)

    if not is_too_low(_MIN) or is_too_low(_MAX):
        return 1.0
    low, high = math.log(_MIN), math.log(_MAX)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if is_too_low(math.exp(middle)):
            low = middle
        else:
            high = middle
    return math.exp(high)


def fit_thresholds(
    logits: NDArray[np.float64],
    labels: NDArray[np.int64],
    outlier_logits: NDArray[np.float64],
    temperature: float,
) -> Thresholds:
    """Placeholder until the part of it is merged."""
    levels = energy(logits)
    threshold = float(np.quantile(levels, 0.008))
    scale = max(float(np.median(levels)) - threshold, 1e-3) / 4.6
    return Thresholds(0.9, round(threshold, 4), round(scale, 4))
