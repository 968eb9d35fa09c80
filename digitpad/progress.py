"""The messages of a training run, from the trainer to whoever shows its progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RunStarted:
    """First of all messages: what will be done."""

    recipe: dict[str, Any]
    seed: int
    device: str
    epochs: int
    batches_per_epoch: int
    training_images: int
    validation_images: int


@dataclass(frozen=True, slots=True)
class BatchDone:
    """Some batches of an epoch are done; accuracy (0–1) and loss are this epoch's so far."""

    epoch: int
    batch: int
    accuracy: float
    loss: float
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    """An epoch is done. Accuracies are from 0 to 1; validation is None where none is held out."""

    epoch: int
    train_accuracy: float
    validation_accuracy: float | None
    loss: float
    learning_rate: float
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Last of all messages: how far the run came, and whether it was asked to stop."""

    epochs_done: float
    stopped: bool


Message = RunStarted | BatchDone | EpochDone | RunEnded
