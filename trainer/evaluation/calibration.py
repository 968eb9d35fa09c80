"""Calibration: the temperature, and the thresholds of the verdict.

The temperature is a divisor of the logits that makes confidence match accuracy.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from digitpad.recognizer import softmax
from digitpad.verdict import Thresholds, energy

_MIN, _MAX = 0.1, 10.0
_BISECTIONS = 50  # of the logarithm's range: to a double's full precision

# Share of outliers to call not a digit, at the cost of these shares of the digits.
_REJECTED = 0.99
_LEAST_LOST, _MOST_LOST = 0.003, 0.008
# Share of sure digits that may be wrong. A few hundred digits say little about so small a share,
# and a few wrong labels would leave nothing sure, so the threshold stays in a range.
_MOST_WRONG = 0.0025
_SURE = np.arange(7_000, 9_501) / 10_000


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
    """Fit the thresholds of the verdict to digits and outliers that were not learned.

    `logits` is [n, 10] with n > 0, `labels` [n] and `outlier_logits` [m, 10]. The thresholds are
    rounded to 4 decimals, in the direction that keeps their limits.
    """
    energies = energy(logits)
    least, most = (_at_most_below(energies, share) for share in (_LEAST_LOST, _MOST_LOST))
    lowest = most
    if len(outlier_logits):
        lowest = min(max(float(np.quantile(energy(outlier_logits), _REJECTED)), least), most)
    lowest = math.floor(lowest * 10_000) / 10_000
    is_digit = energies >= lowest
    sure = _sure(
        softmax(logits[is_digit], temperature).max(axis=1),
        logits[is_digit].argmax(axis=1) == labels[is_digit],
    )
    # The logistic function of log 99 is 0.99.
    scale = (float(np.median(energies)) - lowest) / math.log(99)
    return Thresholds(sure, lowest, max(round(scale, 4), 0.0001))


def _at_most_below(energies: NDArray[np.float64], share: float) -> float:
    """The highest energy that at most this share of energies [n] is below."""
    return float(np.quantile(energies, share, method="lower"))


def _sure(confidence: NDArray[np.float64], is_correct: NDArray[np.bool_]) -> float:
    """The lowest probability from which on few enough predictions [n] are wrong, 0.7–0.95."""
    n_sure, n_wrong = _at_least(_SURE, confidence), _at_least(_SURE, confidence[~is_correct])
    few_enough = _SURE[n_wrong <= _MOST_WRONG * n_sure]
    return float(few_enough[0] if len(few_enough) else _SURE[-1])


def _at_least(limits: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each limit, how many values are at least as high."""
    return len(values) - np.searchsorted(np.sort(values), limits)
