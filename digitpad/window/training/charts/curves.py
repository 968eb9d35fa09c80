"""The values that a chart shows of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from digitpad.training.messages import BatchDone, EpochDone, Message

_POINTS = 1_500  # of a curve, about, however long the run is


class Point(NamedTuple):
    """How well a run did at some point."""

    epoch: float
    accuracy: float
    """On training images, 0–1."""
    loss: float


class Reading(NamedTuple):
    """What the curves show at one epoch."""

    point: Point
    validation: float | None
    """Validation accuracy (0–1) after the nearest epoch; None if there is none."""
    learning_rate: float | None
    """In the nearest epoch; None if that is not finished."""


@dataclass
class Curves:
    """A run so far, and what it is compared with."""

    epochs: int = 1
    batches_per_epoch: int = 1
    baseline_accuracy: float | None = None
    """Accuracy (0–1) of the weights in use, on the same validation images."""
    previous: Sequence[EpochDone] = ()
    """The epochs of an earlier run."""
    history: list[EpochDone] = field(default_factory=list)
    """The finished epochs."""
    training: list[Point] = field(default_factory=list)
    """The curve through the batches. An epoch without batches, such as one before an interruption,
    has its mean."""

    def add(self, message: Message) -> bool:
        """Take in a BatchDone or EpochDone; returns whether the message is one of these."""
        match message:
            case BatchDone():
                epoch = message.epoch - 1 + message.batch / self.batches_per_epoch
                self._add_point(Point(epoch, message.accuracy, message.loss))
            case EpochDone():
                self.history.append(message)
                if not self.training or self.training[-1].epoch <= message.epoch - 1:
                    self._add_point(Point(message.epoch, message.train_accuracy, message.loss))
            case _:
                return False
        return True

    @property
    def validated(self) -> list[tuple[int, float]]:
        """The epochs with a validation accuracy, each with that accuracy."""
        return validated(self.history)

    @property
    def best(self) -> tuple[int, float] | None:
        """The first epoch with the highest validation accuracy, and that accuracy."""
        return max(self.validated, key=lambda each: each[1], default=None)

    @property
    def peak_learning_rate(self) -> float:
        return max((done.learning_rate for done in self.history), default=0.0)

    def at(self, epoch: float) -> Reading | None:
        """The values nearest to an epoch; None if there are none yet."""
        if not self.training:
            return None
        point = min(self.training, key=lambda each: abs(each.epoch - epoch))
        nearest = min(self.history, key=lambda each: abs(each.epoch - point.epoch), default=None)
        if nearest is None or abs(nearest.epoch - point.epoch) > 0.5:
            return Reading(point, None, None)
        return Reading(point, nearest.validation_accuracy, nearest.learning_rate)

    def _add_point(self, point: Point) -> None:
        points = self.training
        # The last point moves until it is far enough from the one before it.
        is_far = len(points) < 2 or point.epoch - points[-2].epoch >= self.epochs / _POINTS
        if is_far:
            points.append(point)
        else:
            points[-1] = point


def validated(history: Sequence[EpochDone]) -> list[tuple[int, float]]:
    """The epochs with a validation accuracy, each with that accuracy."""
    return [
        (done.epoch, done.validation_accuracy)
        for done in history
        if done.validation_accuracy is not None
    ]
