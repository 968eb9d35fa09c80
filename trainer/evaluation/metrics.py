"""How well predictions fit the labels: accuracy, confusion, calibration, verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitpad.recognizer import softmax
from digitpad.verdict import Thresholds, energy
from trainer.data.digits import Digits

BINS = 15
"""Number of bins of confidence for the calibration error."""

ENOUGH_DIGITS = 20
"""A writer with fewer digits has no accuracy worth a comparison."""


@dataclass(frozen=True)
class WriterAccuracies:
    """How well the writers of a split were read, of those with at least 20 digits."""

    writers: int
    """Their number, above 0."""
    worst: str
    """The writer with the lowest accuracy."""
    worst_accuracy: float
    """0–1."""
    below_95: int
    """Number of writers with an accuracy below 95 %."""

    def to_text(self) -> str:
        return (
            f"writers: {self.writers} with at least {ENOUGH_DIGITS} digits, the worst "
            f"{self.worst} at {self.worst_accuracy:.2%}, {self.below_95} below 95%"
        )


@dataclass(frozen=True)
class Evaluation:
    """How the digits of one split were predicted."""

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
    unsure: int
    unsure_correct: int
    writers: WriterAccuracies | None
    """None if no writer is known to have enough digits."""

    @property
    def not_a_digit(self) -> int:
        """Number of digits the pad would call not a digit."""
        return self.images - self.sure - self.unsure

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
            "unsure": self.unsure,
            "not_a_digit": self.not_a_digit,
            **({"writers": asdict(self.writers)} if self.writers else {}),
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
        lines += [f"  {line}" for line in self.verdicts()]
        if self.writers:
            lines.append(f"  {self.writers.to_text()}")
        lines.append("  digit  recall   predicted as " + "".join(f"{j:>6}" for j in range(10)))
        for digit, recall in enumerate(self.recall):
            counts = "".join(f"{count or '·':>6}" for count in self.confusion[digit].tolist())
            share = "      –" if recall is None else f"{recall:7.2%}"
            lines.append(f"  {digit:>5} {share}                {counts}")
        return "\n".join(lines)

    def verdicts(self) -> Iterator[str]:
        """How many predictions have each verdict, and are correct."""
        if self.sure:
            accuracy = f"{self.sure_correct / self.sure:.2%} of them correct"
            yield f"sure: {self.sure / self.images:.2%} of predictions, {accuracy}"
        if self.unsure:
            yield f"unsure: {self.unsure:,} predictions, {self.unsure_correct:,} correct"
        if self.not_a_digit:
            yield f"not a digit: {self.not_a_digit:,} ({self.not_a_digit / self.images:.2%})"


@dataclass(frozen=True)
class OutlierEvaluation:
    """The verdicts on the images of one split, none of which is a digit."""

    images: int
    sure: int
    """Number of images the pad would call a sure digit."""
    unsure: int

    @property
    def not_a_digit(self) -> int:
        """Number of images the pad would call not a digit, as they are."""
        return self.images - self.sure - self.unsure

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"not_a_digit": self.not_a_digit}

    def headline(self, split: str) -> str:
        shares = (each / self.images for each in (self.not_a_digit, self.unsure, self.sure))
        return "{}: not a digit {:.2%}, unsure {:.2%}, sure {:.2%} (of {:,})".format(
            split, *shares, self.images
        )

    def to_text(self, split: str) -> str:
        """A line for a terminal."""
        return self.headline(split)


def evaluate_split(
    split: Digits, logits: NDArray[np.float64], temperature: float, thresholds: Thresholds
) -> Evaluation | OutlierEvaluation:
    """Evaluate the logits [n, 10] of a split of digits, or of outliers."""
    if split.are_outliers:
        return evaluate_outliers(logits, temperature, thresholds)
    return evaluate(logits, split.labels.numpy(), temperature, thresholds, split.writers)


def evaluate_outliers(
    logits: NDArray[np.float64], temperature: float, thresholds: Thresholds
) -> OutlierEvaluation:
    """Count the verdicts on outliers with logits [n, 10] at a temperature."""
    found = verdicts(logits, temperature, thresholds)
    return OutlierEvaluation(
        len(logits), int((found == "sure").sum()), int((found == "unsure").sum())
    )


def evaluate(
    logits: NDArray[np.float64],
    labels: NDArray[np.int64],
    temperature: float,
    thresholds: Thresholds,
    writers: Sequence[str | None] | None = None,
) -> Evaluation:
    """Compare the predictions that logits [n, 10] make at a temperature with labels [n].

    `writers` are those of the images, as far as known.
    """
    probabilities, without = softmax(logits, temperature), softmax(logits, 1.0)
    predicted = logits.argmax(axis=1)
    confidence, is_correct = probabilities.max(axis=1), predicted == labels
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (labels, predicted), 1)
    found = verdicts(logits, temperature, thresholds)
    is_sure, is_unsure = found == "sure", found == "unsure"
    return Evaluation(
        confusion,
        nll=_nll(probabilities, labels),
        calibration_error=calibration_error(confidence, is_correct),
        temperature=temperature,
        nll_without_temperature=_nll(without, labels),
        calibration_error_without_temperature=calibration_error(without.max(axis=1), is_correct),
        sure=int(is_sure.sum()),
        sure_correct=int((is_sure & is_correct).sum()),
        unsure=int(is_unsure.sum()),
        unsure_correct=int((is_unsure & is_correct).sum()),
        writers=writer_accuracies(writers, is_correct) if writers else None,
    )


def writer_accuracies(
    writers: Sequence[str | None], is_correct: NDArray[np.bool_]
) -> WriterAccuracies | None:
    """The accuracies of the writers with at least 20 digits; None if there are none.

    `writers` and `is_correct` are [n], for each digit.
    """
    digits: dict[str, list[bool]] = {}
    for writer, correct in zip(writers, is_correct.tolist(), strict=True):
        if writer is not None:
            digits.setdefault(writer, []).append(correct)
    accuracies = {
        writer: sum(each) / len(each)
        for writer, each in digits.items()
        if len(each) >= ENOUGH_DIGITS
    }
    if not accuracies:
        return None
    worst = min(accuracies, key=accuracies.__getitem__)
    below = sum(accuracy < 0.95 for accuracy in accuracies.values())
    return WriterAccuracies(len(accuracies), worst, accuracies[worst], below)


def verdicts(
    logits: NDArray[np.float64], temperature: float, thresholds: Thresholds
) -> NDArray[np.str_]:
    """The verdicts [n] on images with logits [n, 10] at a temperature."""
    confidence = softmax(logits, temperature).max(axis=1)
    return np.array(list(map(thresholds.verdict, confidence, energy(logits))))


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
