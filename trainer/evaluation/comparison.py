"""Compares new weights with a baseline: the weights in use.

They are compared on MNIST's last 5,000 training images, provided that neither has learned them. A
test set is no place to choose weights, and on images that one of them has learned its accuracy says
little.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from digitpad.network import WeightsError
from digitpad.recognizer import Recognizer
from digitpad.training.messages import Compared
from trainer.data.digits import Digits
from trainer.data.mnist import VALIDATION_IMAGES

IMAGES = "MNIST's last 5,000 training images"
"""Name of the images that weights are compared on, for people."""

SIGNIFICANT = 0.05
"""A difference counts if chance alone would make one as large less often than this."""


class Baseline:
    """The weights that a run is compared with. A file that cannot be read does not end the run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: str | None = None
        """Why the weights cannot be read; None if they can."""
        self.metadata: Mapping[str, Any] = {}
        self._predictions: dict[str, NDArray[np.int64]] = {}  # by the SHA-256 of the images
        try:
            self._recognizer = Recognizer(path)
        except WeightsError as error:
            self.problem = str(error)
        else:
            self.metadata = self._recognizer.metadata

    def predictions(self, split: Digits) -> NDArray[np.int64]:
        """The predicted digits [n] for a split, computed once. Only for weights without problem."""
        sha256 = split.sha256
        if sha256 not in self._predictions:
            self._predictions[sha256] = predictions(self._recognizer, split)
        return self._predictions[sha256]

    def accuracy(self, split: Digits, *, evaluate: bool) -> float | None:
        """Accuracy (0–1) on a split: recorded in the metadata or, if `evaluate`, computed."""
        recorded = recorded_accuracy(self.metadata, split.sha256)
        if recorded is None and evaluate and not self.problem:
            return float((self.predictions(split) == split.labels.numpy()).mean())
        return recorded

    def compare(self, new: Recognizer, mnist: Digits) -> Compared:
        """Compare new weights with these; `mnist` are all 60,000 training images."""
        mnist_sha256 = mnist.sha256
        reason = self.problem or obstacle(new.metadata, self.metadata, mnist_sha256)
        if reason:
            return cannot_compare(self.path, reason)
        images = mnist.part(slice(-VALIDATION_IMAGES, None), IMAGES)
        return compare(
            self.path,
            labels=images.labels.numpy(),
            new=predictions(new, images),
            baseline=self.predictions(images),
        )


def predictions(recognizer: Recognizer, split: Digits) -> NDArray[np.int64]:
    """The predicted digits [n] for a split."""
    predicted: NDArray[np.int64] = recognizer.logits(split.images.numpy()).argmax(axis=1)
    return predicted


def has_learned(metadata: Mapping[str, Any], mnist_sha256: str) -> bool | None:
    """Whether weights with this metadata have learned MNIST's last 5,000 training images.

    `mnist_sha256` is the hash of all 60,000 training images. None if the metadata does not say
    which images the weights have learned.
    """
    match metadata.get("data"):
        case [_, *_] as parts:
            hashes = [part.get("sha256") if isinstance(part, dict) else None for part in parts]
            if mnist_sha256 in hashes:
                return True
            return False if all(isinstance(each, str) for each in hashes) else None
    return None


def has_learned_drawings(metadata: Mapping[str, Any], split: str) -> bool | None:
    """Whether weights with this metadata have learned the held-out drawings of this split.

    The split is named like `Ink.only`: by an ink file and the writers. None if the metadata does
    not say what the weights have learned.
    """
    names = _learned_names(metadata)
    if names is None:
        return None
    file, _, writers = split.rpartition(", ")
    of_file = [name for name in names if name == file or name.startswith(f"{file} without ")]
    return any(
        writers not in name.removeprefix(file).removeprefix(" without ").split(", ")
        for name in of_file
    )


def _learned_names(metadata: Mapping[str, Any]) -> list[str] | None:
    """The names of what weights with this metadata have learned, if it has them."""
    parts = metadata.get("data")
    if not isinstance(parts, list) or not parts:
        return None
    names = [part.get("name") if isinstance(part, dict) else None for part in parts]
    return [str(name) for name in names] if None not in names else None


def recorded_accuracy(metadata: Mapping[str, Any], sha256: str) -> float | None:
    """Accuracy (0–1) that the metadata records for the split with this hash, if any."""
    metrics = metadata.get("metrics")
    for metric in metrics if isinstance(metrics, list) else []:
        match metric:
            case {"sha256": str(found), "accuracy": int() | float() as accuracy}:
                if found == sha256 and 0 <= accuracy <= 1:
                    return float(accuracy)
    return None


def obstacle(new: Mapping[str, Any], baseline: Mapping[str, Any], mnist_sha256: str) -> str | None:
    """Why weights with these metadata cannot be compared; None if they can."""
    for name, metadata in (("these weights", new), ("the weights in use", baseline)):
        learned = has_learned(metadata, mnist_sha256)
        if learned is None:
            return f"it is not known which images {name} have learned from"
        if learned:
            return f"{name} have learned {IMAGES}"
    return None


def compare(
    path: Path,
    *,
    labels: NDArray[np.int64],
    new: NDArray[np.int64],
    baseline: NDArray[np.int64],
) -> Compared:
    """Compare two predictions [n] for the same images by McNemar's test. `path` is the baseline."""
    is_correct, was_correct = new == labels, baseline == labels
    only_new = int((is_correct & ~was_correct).sum())
    only_baseline = int((was_correct & ~is_correct).sum())
    p = mcnemar(only_new, only_baseline)
    verdict: Literal["better", "worse", "equal"] = "equal"
    if p < SIGNIFICANT:
        verdict = "better" if only_new > only_baseline else "worse"
    return Compared(
        str(path),
        verdict,
        f"{_percent(is_correct)} against {_percent(was_correct)} correct on {IMAGES} ({_p(p)})",
    )


def cannot_compare(path: Path, reason: str) -> Compared:
    """The message if weights cannot be compared with the baseline in `path`."""
    return Compared(str(path), "unknown", reason)


def in_words(compared: Compared) -> str:
    """The comparison in a sentence, for a terminal."""
    if compared.verdict == "unknown":
        return f"Cannot compare: {compared.explanation}"
    relations = {"better": "better than", "worse": "worse than", "equal": "equal to"}
    relation = relations[compared.verdict]
    return f"These weights are {relation} {compared.baseline}: {compared.explanation}"


def mcnemar(only_first: int, only_second: int) -> float:
    """The p-value (two-sided) of McNemar's exact test of two classifiers.

    The arguments count the images that only the first and only the second predicts correctly. If
    the classifiers are equally good, each such image is a toss of a fair coin.
    """
    n = only_first + only_second
    outcomes = tail = 1  # number of ways to get k heads in n tosses, and k or fewer, from k = 0
    for k in range(min(only_first, only_second)):
        outcomes = outcomes * (n - k) // (k + 1)
        tail += outcomes
    p: float = 2 * tail / 2**n  # Python divides integers of any size
    return min(1.0, p)


def _percent(correct: NDArray[np.bool_]) -> str:
    return f"{100 * correct.mean():.2f} %"


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"
