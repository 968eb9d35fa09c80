"""The verdict on a drawing: a sure digit, an unsure one, or not a digit.

The Net gives ten probabilities that add up to 1, whatever it sees. What is no digit shows in the
energy of its logits: training teaches it to answer outliers with small, flat logits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["sure", "unsure", "not a digit"]

NOT_A_DIGIT = -1
"""The label of an image or a drawing of what is no digit, such as a letter or a scribble."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What separates the verdicts. Weights bring their own; the defaults are for those without."""

    sure: float = 0.9
    """The lowest probability of a sure digit, 0–1."""
    energy: float = -math.inf
    """The lowest energy of a digit. With −infinity, everything is a digit."""
    scale: float = 1.0
    """How far the energy must be above or below its threshold to be 73 % certain, above 0."""

    def known(self, energy: float) -> float:
        """How much a drawing looks like a digit, 0–1: 0.5 or more from the threshold on."""
        return 0.5 + 0.5 * math.tanh((energy - self.energy) / (2 * self.scale))

    def verdict(self, probability: float, energy: float) -> Verdict:
        """The verdict on a drawing whose most probable digit has this probability."""
        if energy < self.energy:
            return "not a digit"
        return "sure" if probability >= self.sure else "unsure"

    def to_metadata(self) -> dict[str, Any]:
        """The thresholds as the `verdict` of a weights file's metadata."""
        return {"sure": self.sure, "known": {"energy": self.energy, "scale": self.scale}}


def thresholds_from_metadata(metadata: Mapping[str, Any]) -> Thresholds:
    """The thresholds in the metadata of a weights file, or the defaults where it has none.

    Raises ValueError if they are not numbers in their range.
    """
    if "verdict" not in metadata:
        return Thresholds()
    match metadata["verdict"]:
        case {
            "sure": int() | float() as sure,
            "known": {"energy": int() | float() as energy, "scale": int() | float() as scale},
        } if 0 <= sure <= 1 and abs(energy) < math.inf and 0 < scale < math.inf:
            return Thresholds(float(sure), float(energy), float(scale))
    raise ValueError(
        "the metadata's verdict must have sure (0–1), and known with energy and scale (above 0), "
        f"not {metadata['verdict']!r:.80}"
    )


def energy(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The energy [n] of logits [n, 10]: the logarithm of the sum of their exponentials.

    It is high for what looks like the digits of the training. (W. Liu et al., “Energy-based
    Out-of-distribution Detection”, 2020, define it with the opposite sign.)
    """
    highest = logits.max(axis=1)
    total: NDArray[np.float64] = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    return total
