"""How well a weights file reads: accuracy, recall and confusion, measured as the pad reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitpad.recognizer import Recognizer
from trainer.data import Digits


@dataclass(frozen=True)
class Evaluation:
    """`confusion[i, j]`: how many images of the digit i were read as j."""

    name: str
    confusion: NDArray[np.int64]

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
            "recall": self.recall,
            "confusion": self.confusion.tolist(),
        }

    def headline(self) -> str:
        return f"{self.name}: {self.accuracy:.2%} right ({self.right:,} of {self.images:,})"

    def to_text(self) -> str:
        """A few lines for a terminal."""
        lines = [
            self.headline(),
            "  digit  recall   read as " + "".join(f"{digit:>6}" for digit in range(10)),
        ]
        for digit, recall in enumerate(self.recall):
            counts = "".join(f"{count or '·':>6}" for count in self.confusion[digit].tolist())
            share = "      –" if recall is None else f"{recall:7.2%}"
            lines.append(f"  {digit:>5} {share}           {counts}")
        return "\n".join(lines)


def measure(recognizer: Recognizer, digits: Digits) -> Evaluation:
    """Read all `digits` as the pad would, and count."""
    read = recognizer.probabilities(digits.images.numpy()).argmax(axis=1)
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (digits.labels.numpy(), read), 1)
    return Evaluation(digits.name, confusion)
