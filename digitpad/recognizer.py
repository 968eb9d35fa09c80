"""Recognizing an ink image: logits, probabilities, prediction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitpad.ink import Drawing, ink_image
from digitpad.network import MEAN, STD, Network, WeightsError, read_weights
from digitpad.verdict import Verdict, energy, thresholds_from_metadata

if TYPE_CHECKING:
    from digitpad.hand.memory import Hand


@dataclass(frozen=True, slots=True)
class Prediction:
    """The most probable digit, the probabilities of the digits 0 to 9, and the verdict."""

    digit: int
    probabilities: tuple[float, ...]
    known: float
    """How much the drawing looks like a digit, 0–1."""
    verdict: Verdict

    @property
    def probability(self) -> float:
        """The probability of `digit`."""
        return self.probabilities[self.digit]

    @property
    def second(self) -> int:
        """The second most probable digit."""
        others = (digit for digit in range(10) if digit != self.digit)
        return max(others, key=self.probabilities.__getitem__)

    @property
    def answer(self) -> int | None:
        """The digit to show; None if the verdict is not a digit."""
        return None if self.verdict == "not a digit" else self.digit

    @property
    def symbol(self) -> str:
        """The answer in one character: the digit, or ? if the verdict is not a digit."""
        return "?" if self.answer is None else str(self.answer)

    @property
    def sure(self) -> bool:
        """Whether the verdict is sure: `digit` can be shown without a question mark."""
        return self.verdict == "sure"


def transform(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Apply the test transform to uint8 images of any shape: / 255, − MEAN, / STD."""
    return ((images * np.float32(1 / 255)) - np.float32(MEAN)) / np.float32(STD)


class Recognizer:
    """Recognizes digits with the weights in one file."""

    def __init__(self, weights: Path) -> None:
        """Read the weights file. Raises WeightsError if it cannot be used."""
        content = read_weights(weights)
        self.metadata = content.metadata
        self.temperature = float(content.metadata.get("temperature", 1.0))
        """Divisor of the logits. Above 1, it lowers the probability of the predicted digit."""
        try:
            self.thresholds = thresholds_from_metadata(content.metadata)
        except ValueError as error:
            raise WeightsError(f"{weights}: {error}") from None
        with np.errstate(over="ignore", invalid="ignore"):
            self._network = Network(content)
            bound = self._network.bound()
        if not math.isfinite(bound):
            raise WeightsError(f"{weights}: the weights are too large; train or choose others")
        self.hand: Hand | None = None
        """What corrections have taught, if anything."""

    def recognize(self, drawing: Drawing) -> Prediction | None:
        """Recognize a drawing. An empty one has no Prediction."""
        return self.recognize_image(ink_image(drawing)) if drawing else None

    def recognize_image(self, image: NDArray[np.uint8]) -> Prediction:
        """Recognize an ink image, uint8 [28, 28]."""
        return self.predictions(image[None])[0]

    def predictions(self, images: NDArray[np.uint8]) -> list[Prediction]:
        """Recognize ink images, uint8 [n, 28, 28], n ≥ 1, as one batch."""
        logits, features = self.outputs(images)
        level = energy(logits)
        if self.hand:
            logits, level = self.hand.adjust(logits, level, features)
        return [self.prediction(*each) for each in zip(logits, level.tolist(), strict=True)]

    def prediction(self, logits: NDArray[np.float64], level: float) -> Prediction:
        """The Prediction for logits [10] and an energy."""
        probabilities = softmax(logits[None], self.temperature)[0]
        highest = float(probabilities.max())
        return Prediction(
            int(probabilities.argmax()),
            tuple(probabilities.tolist()),
            known=self.thresholds.known(level),
            verdict=self.thresholds.verdict(highest, level),
        )

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Compute the logits [n, 10] of ink images, uint8 [n, 28, 28], by the weights alone."""
        return self.outputs(images)[0]

    def outputs(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """The `logits`, and the features that they come from: see `Network.outputs`."""
        logits, features = self._network.outputs(transform(images))
        return logits.astype(np.float64), features


def softmax(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Turn logits [n, 10] into probabilities [n, 10], dividing them by the temperature first."""
    exponentials = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities
