"""How well a weights file reads: accuracy, confusion and calibration, measured as the pad reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitpad.recognizer import SURE, Recognizer
from trainer.data.digits import Digits

BINS = 15


@dataclass(frozen=True)
class Evaluation:
    """How the images of one split were read."""

    name: str
    confusion: NDArray[np.int64]
    """[i, j]: how many images of the digit i were read as j."""
    nll: float
    """Mean negative log-likelihood of the right digit, in nats."""
    calibration_error: float
    """Expected calibration error: by how much, from 0 to 1, the probability of an answer differs
    from the share of answers with such a probability that are right."""
    temperature: float
    """What the weights' logits were divided by."""
    nll_without_temperature: float
    calibration_error_without_temperature: float
    sure: int
    """How many of the answers the pad would give as sure."""
    sure_right: int
    """How many of these are right."""

    @property
    def images(self) -> int:
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        return self.right / self.images

    @property
    def recall(self) -> list[float | None]:
        """For each digit, the share of its images that were read right; None if it has none."""
        rows = zip(self.confusion.diagonal().tolist(), self.confusion.sum(1).tolist(), strict=True)
        return [right / images if images else None for right, images in rows]

    def to_json(self) -> dict[str, Any]:
        return {
            "split": self.name,
            "images": self.images,
            "right": self.right,
            "accuracy": self.accuracy,
            "nll": self.nll,
            "calibration_error": self.calibration_error,
            "nll_without_temperature": self.nll_without_temperature,
            "calibration_error_without_temperature": self.calibration_error_without_temperature,
            "sure": self.sure,
            "sure_right": self.sure_right,
            "recall": self.recall,
            "confusion": self.confusion.tolist(),
        }

    def headline(self) -> str:
        return f"{self.name}: {self.accuracy:.2%} right ({self.right:,} of {self.images:,})"

    def to_text(self) -> str:
        """A few lines for a terminal."""
        calibration = f"expected calibration error {self.calibration_error:.2%}"
        lines = [self.headline(), f"  negative log-likelihood {self.nll:.4f}, {calibration}"]
        if self.temperature != 1:
            nll, error = self.nll_without_temperature, self.calibration_error_without_temperature
            lines.append(f"  without the temperature {self.temperature:g}: {nll:.4f}, {error:.2%}")
        lines += [f"  {line}" for line in self._sureness()]
        lines.append("  digit  recall   read as " + "".join(f"{digit:>6}" for digit in range(10)))
        for digit, recall in enumerate(self.recall):
            counts = "".join(f"{count or '·':>6}" for count in self.confusion[digit].tolist())
            share = "      –" if recall is None else f"{recall:7.2%}"
            lines.append(f"  {digit:>5} {share}           {counts}")
        return "\n".join(lines)

    def _sureness(self) -> Iterator[str]:
        if self.sure:
            of_these = f"{self.sure_right / self.sure:.2%} of these answers right"
            yield f"sure of {self.sure / self.images:.2%}: {of_these}"
        if unsure := self.images - self.sure:
            yield f"not sure of {unsure:,}: {self.right - self.sure_right:,} of these right"


def measure(recognizer: Recognizer, digits: Digits) -> Evaluation:
    """Read all `digits` as the pad would, and count."""
    probabilities = recognizer.probabilities(digits.images.numpy())
    labels, read = digits.labels.numpy(), probabilities.argmax(axis=1)
    confidence, is_right = probabilities.max(axis=1), read == labels
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (labels, read), 1)
    # The softmax of logits / T, to the power of T, is that of the logits but for a factor.
    without = (probabilities / confidence[:, None]) ** recognizer.temperature
    without /= without.sum(axis=1, keepdims=True)
    is_sure = confidence >= SURE
    return Evaluation(
        digits.name,
        confusion,
        nll=_nll(probabilities, labels),
        calibration_error=calibration_error(confidence, is_right),
        temperature=recognizer.temperature,
        nll_without_temperature=_nll(without, labels),
        calibration_error_without_temperature=calibration_error(without.max(axis=1), is_right),
        sure=int(is_sure.sum()),
        sure_right=int((is_sure & is_right).sum()),
    )


def _nll(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    likelihood = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(likelihood, 1e-300)).mean())


def calibration_error(confidence: NDArray[np.float64], is_right: NDArray[np.bool_]) -> float:
    """The expected calibration error of answers [n] of some confidence, in 15 equal bins."""
    bins = reliability(confidence, is_right)
    return float(np.abs(bins.right - bins.confidence).sum() / len(confidence))


class Reliability(NamedTuple):
    """Sums over the answers in each of 15 equal bins of confidence, float64 [15] each."""

    answers: NDArray[np.float64]
    confidence: NDArray[np.float64]
    right: NDArray[np.float64]


def reliability(confidence: NDArray[np.float64], is_right: NDArray[np.bool_]) -> Reliability:
    """The answers [n] by their confidence, from 0 to 1; a bin has its lower edge."""
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    answers, sum_of_confidence, right = (
        np.bincount(bins, each, minlength=BINS).astype(np.float64)
        for each in (np.ones(len(bins)), confidence, is_right)
    )
    return Reliability(answers, sum_of_confidence, right)
