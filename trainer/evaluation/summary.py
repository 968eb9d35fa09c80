"""What the same training reached with several seeds: by how much chance alone moves it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Summary:
    """The shares of a split's images, from 0 to 1, that the weights of several seeds read right."""

    accuracies: tuple[float, ...]

    @property
    def n(self) -> int:
        return len(self.accuracies)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.accuracies)

    @property
    def sd(self) -> float:
        """The sample standard deviation; of one value there is none: NaN."""
        return statistics.stdev(self.accuracies) if self.n > 1 else math.nan

    @property
    def min(self) -> float:
        return min(self.accuracies)

    @property
    def max(self) -> float:
        return max(self.accuracies)


def summarize(metrics: Iterable[Sequence[Mapping[str, Any]]]) -> dict[str, Summary]:
    """For each split a Summary, from the `metrics` in the metadata of several weights files."""
    accuracies: dict[str, list[float]] = {}
    for of_one_file in metrics:
        for metric in of_one_file:
            accuracies.setdefault(metric["split"], []).append(metric["accuracy"])
    return {split: Summary(tuple(values)) for split, values in accuracies.items()}


def table(metrics: Mapping[int, Sequence[Mapping[str, Any]]]) -> str:
    """The Summary of each split as lines for a terminal; `metrics` are by seed."""
    summaries = summarize(metrics.values())
    width = max(map(len, summaries))
    heads = ["mean", "sd", "min", "max", *(f"seed {seed}" for seed in metrics)]
    lines = [" " * width + "".join(f"{head:>9}" for head in heads)]
    for split, each in summaries.items():
        values = (each.mean, each.sd, each.min, each.max, *each.accuracies)
        lines.append(f"{split:<{width}}" + "".join(f"{value:>9.2%}" for value in values))
    return "\n".join(lines)
