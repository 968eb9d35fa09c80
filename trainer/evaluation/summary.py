"""Accuracies of the same training with several seeds: how much they vary by chance."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Summary:
    """The accuracies (0–1) on one split, of one weights file per seed."""

    accuracies: tuple[float, ...]

    @property
    def n(self) -> int:
        return len(self.accuracies)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.accuracies)

    @property
    def sd(self) -> float:
        """The sample standard deviation; NaN for a single value."""
        return statistics.stdev(self.accuracies) if self.n > 1 else math.nan

    @property
    def min(self) -> float:
        return min(self.accuracies)

    @property
    def max(self) -> float:
        return max(self.accuracies)


def summarize(metrics: Iterable[Sequence[Mapping[str, Any]]]) -> dict[str, Summary]:
    """Summarize each split. `metrics` is from the metadata of each weights file."""
    accuracies: dict[str, list[float]] = {}
    for of_one_file in metrics:
        for metric in of_one_file:
            accuracies.setdefault(metric["split"], []).append(metric["accuracy"])
    return {split: Summary(tuple(values)) for split, values in accuracies.items()}


def table(metrics: Mapping[int, Sequence[Mapping[str, Any]]]) -> str:
    """Format the summary of each split for a terminal. `metrics` is by seed."""
    summaries = summarize(metrics.values())
    width = max(map(len, summaries))
    headings = ["mean", "sd", "min", "max", *(f"seed {seed}" for seed in metrics)]
    lines = [" " * width + "".join(f"{heading:>9}" for heading in headings)]
    for split, summary in summaries.items():
        values = (summary.mean, summary.sd, summary.min, summary.max, *summary.accuracies)
        lines.append(f"{split:<{width}}" + "".join(f"{value:>9.2%}" for value in values))
    return "\n".join(lines)
