"""Figures of the same training with several seeds: how much they vary by chance."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Summary:
    """One figure (0–1), such as the accuracy on a split, of one weights file per seed."""

    values: tuple[float, ...]

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)

    @property
    def sd(self) -> float:
        """The sample standard deviation; NaN for a single value."""
        return statistics.stdev(self.values) if self.n > 1 else math.nan

    @property
    def min(self) -> float:
        return min(self.values)

    @property
    def max(self) -> float:
        return max(self.values)


def summarize(metrics: Iterable[Sequence[Mapping[str, Any]]]) -> dict[str, Summary]:
    """Summarize each figure, by its name. `metrics` is from the metadata of each weights file.

    The accuracy on a split has the split's name.
    """
    figures: dict[str, list[float]] = {}
    for of_one_file in metrics:
        for metric in of_one_file:
            for name, value in _figures(metric):
                figures.setdefault(name, []).append(value)
    return {name: Summary(tuple(values)) for name, values in figures.items()}


def _figures(metric: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The figures of one split, with their names: the accuracy, if it has digits, and verdicts."""
    split = metric["split"]
    if "accuracy" in metric:
        yield split, metric["accuracy"]
    if "not_a_digit" in metric:  # older weights files have no verdicts
        sure, not_a_digit = metric["sure"], metric["not_a_digit"]
        yield f"{split}: sure", sure / metric["images"]
        if "sure_correct" in metric:
            yield f"{split}: wrong among sure", (sure - metric["sure_correct"]) / max(1, sure)
        yield f"{split}: not a digit", not_a_digit / metric["images"]


def table(metrics: Mapping[int, Sequence[Mapping[str, Any]]]) -> str:
    """Format the summary of each figure for a terminal. `metrics` is by seed."""
    summaries = summarize(metrics.values())
    width = max(map(len, summaries))
    headings = ["mean", "sd", "min", "max", *(f"seed {seed}" for seed in metrics)]
    lines = [" " * width + "".join(f"{heading:>9}" for heading in headings)]
    for name, summary in summaries.items():
        values = (summary.mean, summary.sd, summary.min, summary.max, *summary.values)
        lines.append(f"{name:<{width}}" + "".join(f"{value:>9.2%}" for value in values))
    return "\n".join(lines)
