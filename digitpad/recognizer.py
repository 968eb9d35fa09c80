"""From an ink image to the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitpad.ink import Drawing, ink_image
from digitpad.network import MEAN, STD, Network, WeightsError, read_weights

SURE = 0.9
"""The probability from which on a Prediction counts as sure.

How many are, and how many of these are right, is in the model card of the bundled weights.
"""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the Net answers: the likeliest digit, and the probabilities of all ten, 0 to 9."""

    digit: int
    probabilities: tuple[float, ...]

    @property
    def probability(self) -> float:
        """The probability of `digit`."""
        return self.probabilities[self.digit]

    @property
    def sure(self) -> bool:
        """Whether the answer is likely enough to be stated without a question mark."""
        return self.probability >= SURE


def transform(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The test transform of uint8 images of any shape: / 255, − MEAN, / STD."""
    return ((images * np.float32(1 / 255)) - np.float32(MEAN)) / np.float32(STD)


class Recognizer:
    """Answers with the network in one weights file."""

    def __init__(self, weights: Path) -> None:
        """Read the weights file; raises WeightsError if it cannot be used."""
        content = read_weights(weights)
        self.metadata = content.metadata
        self.temperature = float(content.metadata.get("temperature", 1.0))
        """What the logits are divided by: above 1, the answers are less sure than the Net is."""
        with np.errstate(over="ignore", invalid="ignore"):
            self._network = Network(content)
            bound = self._network.bound()
        if not math.isfinite(bound):
            raise WeightsError(f"{weights}: its numbers are too large; train or choose others")

    def recognize(self, drawing: Drawing) -> Prediction | None:
        """The Prediction for a drawing, or None for an empty one."""
        return self.recognize_image(ink_image(drawing)) if drawing else None

    def recognize_image(self, image: NDArray[np.uint8]) -> Prediction:
        """The Prediction for one ink image, uint8 [28, 28]."""
        probabilities = softmax(self.logits(image[None]), self.temperature)[0]
        return Prediction(int(probabilities.argmax()), tuple(probabilities.tolist()))

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The logits [n, 10] for ink images, uint8 [n, 28, 28]."""
        return self._network.logits(transform(images)).astype(np.float64)


def softmax(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """The probabilities [n, 10] for logits [n, 10] divided by the temperature."""
    exponentials = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities
