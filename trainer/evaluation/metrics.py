"""How well predictions fit the labels: accuracy, confusion, calibration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitpad.recognizer import softmax
from digitpad.verdict import Thresholds

BINS = 15
"""Number of bins of confidence for the calibration error."""


@dataclass(frozen=True)
class Evaluation:
    """How the images of one split were predicted."""

    confusion: NDArray[np.int64]
    """[i, j]: number of images of the digit i that were predicted as j."""
    nll: float
    """Mean negative log-likelihood of the labels, in nats."""
    calibration_error: float
    """Expected calibration error (0–1): how far the confidence of predictions is from the accuracy
    of predictions with that confidence."""
    temperature: float
    """Divisor of the logits."""
    nll_without_temperature: float
    calibration_error_without_temperature: float
    sure: int
    """Number of predictions the pad would call sure."""
    sure_correct: int
    """Number of sure predictions that are correct."""

    @property
    def images(self) -> int:
        return int(self.confusion.sum())

    @property
    def correct(self) -> int:
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        return self.correct / self.images

    @property
    def recall(self) -> list[float | None]:
        """For each digit, the share of its images that were predicted correctly; None without
        images."""
        rows = zip(self.confusion.diagonal().tolist(), self.confusion.sum(1).tolist(), strict=True)
        return [correct / images if images else None for correct, images in rows]

    def to_json(self) -> dict[str, Any]:
        return {
            "images": self.images,
            "correct": self.correct,
            "accuracy": self.accuracy,
            "nll": self.nll,
            "calibration_error": self.calibration_error,
            "nll_without_temperature": self.nll_without_temperature,
            "calibration_error_without_temperature": self.calibration_error_without_temperature,
            "sure": self.sure,
            "sure_correct": self.sure_correct,
            "recall": self.recall,
            "confusion": self.confusion.tolist(),
        }

    def headline(self, split: str) -> str:
        return f"{split}: accuracy {self.accuracy:.2%} ({self.correct:,} of {self.images:,})"

    def to_text(self, split: str) -> str:
        """A few lines for a terminal."""
        calibration = f"expected calibration error {self.calibration_error:.2%}"
        lines = [self.headline(split), f"  negative log-likelihood {self.nll:.4f}, {calibration}"]
        if self.temperature != 1:
            nll, error = self.nll_without_temperature, self.calibration_error_without_temperature
            lines.append(f"  without temperature {self.temperature:g}: {nll:.4f}, {error:.2%}")
        lines += [f"  {line}" for line in self._verdicts()]
        lines.append("  digit  recall   predicted as " + "".join(f"{j:>6}" for j in range(10)))
        for digit, recall in enumerate(self.recall):
            counts = "".join(f"{count or '·':>6}" for count in self.confusion[digit].tolist())
            share = "      –" if recall is None else f"{recall:7.2%}"
            lines.append(f"  {digit:>5} {share}                {counts}")
        return "\n".join(lines)

    def _verdicts(self) -> Iterator[str]:
        if self.sure:
            accuracy = f"{self.sure_correct / self.sure:.2%} of them correct"
            yield f"sure: {self.sure / self.images:.2%} of predictions, {accuracy}"
        if unsure := self.images - self.sure:
            yield f"unsure: {unsure:,} predictions, {self.correct - self.sure_correct:,} correct"


def evaluate(
    logits: NDArray[np.float64], labels: NDArray[np.int64], temperature: float
) -> Evaluation:
    """Compare the predictions that logits [n, 10] make at a temperature with labels [n]."""
    probabilities, without = softmax(logits, temperature), softmax(logits, 1.0)
    predicted = logits.argmax(axis=1)
    confidence, is_correct = probabilities.max(axis=1), predicted == labels
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (labels, predicted), 1)
    is_sure = confidence >= Thresholds().sure
    return Evaluation(
        confusion,
        nll=_nll(probabilities, labels),
        calibration_error=calibration_error(confidence, is_correct),
        temperature=temperature,
        nll_without_temperature=_nll(without, labels),
        calibration_error_without_temperature=calibration_error(without.max(axis=1), is_correct),
        sure=int(is_sure.sum()),
        sure_correct=int((is_sure & is_correct).sum()),
    )


def _nll(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    likelihood = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(likelihood, 1e-300)).mean())


def calibration_error(confidence: NDArray[np.float64], is_correct: NDArray[np.bool_]) -> float:
    """The expected calibration error of predictions [n], in 15 equal bins of confidence."""
    bins = reliability(confidence, is_correct)
    return float(np.abs(bins.correct - bins.confidence).sum() / len(confidence))


class Reliability(NamedTuple):
    """Sums over the predictions in each of 15 equal bins of confidence, float64 [15] each."""

    predictions: NDArray[np.float64]
    confidence: NDArray[np.float64]
    correct: NDArray[np.float64]


def reliability(confidence: NDArray[np.float64], is_correct: NDArray[np.bool_]) -> Reliability:
    """Bin predictions [n] by their confidence (0–1); a bin includes its lower edge."""
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    predictions, sum_of_confidence, correct = (
        np.bincount(bins, each, minlength=BINS).astype(np.float64)
        for each in (np.ones(len(bins)), confidence, is_correct)
    )
    return Reliability(predictions, sum_of_confidence, correct)
