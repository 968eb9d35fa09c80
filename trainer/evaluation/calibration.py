"""The temperature: what a Net's logits are divided by, so that it is right as often as it says."""

from __future__ import annotations

import math

from torch import Tensor

_LOWEST, _HIGHEST = 0.1, 10.0
_HALVINGS = 50  # of the logarithm's range: to all digits of a double


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature T at which softmax(`logits` [n, 10] / T) makes `labels` [n] the likeliest.

    It is from 0.1 to 10; and 1, which changes nothing, where the best is none of these. So it is
    where all answers are right: they get the likelier without end as T falls. After C. Guo et al.,
    “On Calibration of Modern Neural Networks”, 2017.
    """
    logits = logits.double()
    ahead = logits - logits.gather(1, labels[:, None])  # of the right digit

    def is_too_low(temperature: float) -> bool:
        # The sign of the slope of the mean negative log-likelihood by 1 / T, where it is convex.
        return bool(((ahead / temperature).softmax(dim=1) * ahead).sum() > 0)

    if not is_too_low(_LOWEST) or is_too_low(_HIGHEST):
        return 1.0
    low, high = math.log(_LOWEST), math.log(_HIGHEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if is_too_low(math.exp(middle)):
            low = middle
        else:
            high = middle
    return math.exp(high)
