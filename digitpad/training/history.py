"""The epochs of a run, as the metadata of its weights keep them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from digitpad.training.messages import EpochDone

_COLUMNS = (
    "train_accuracy",
    "validation_accuracy",
    "loss",
    "learning_rate",
    "images_per_second",
)
_DIGITS = 6  # significant ones that are kept


def history_to_metadata(history: Sequence[EpochDone]) -> dict[str, list[float | None]]:
    """The epochs from the first on, as lists of numbers by name."""
    return {name: [_rounded(getattr(done, name)) for done in history] for name in _COLUMNS}


def history_from_metadata(value: Any) -> list[EpochDone]:
    """The epochs in the metadata of a weights file; none if the value is anything else."""
    if not isinstance(value, dict):
        return []
    columns = [value.get(name) for name in _COLUMNS]
    try:
        rows = list(zip(*columns, strict=True))
    except (TypeError, ValueError):
        return []
    history = [_epoch(number, *row) for number, row in enumerate(rows, start=1)]
    return [done for done in history if done] if all(history) else []


def _epoch(
    number: int, train: Any, validation: Any, loss: Any, rate: Any, images_per_second: Any
) -> EpochDone | None:
    is_valid = (
        _is_share(train)
        and (validation is None or _is_share(validation))
        and all(map(_is_positive, (loss, rate, images_per_second)))
    )
    if not is_valid:
        return None
    return EpochDone(number, train, validation, loss, rate, images_per_second, seconds_left=0)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def _is_positive(value: Any) -> bool:
    """Whether it is a finite number that is not negative."""
    return type(value) in {int, float} and 0 <= value < math.inf


def _is_share(value: Any) -> bool:
    return _is_positive(value) and value <= 1
