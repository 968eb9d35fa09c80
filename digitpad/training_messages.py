"""The messages of a training run, from the trainer to whoever shows its progress.

As text each of them is one line of JSON: an object with the class's name as `message`, and its
fields.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class RunStarted:
    """First of all messages, unless the run fails before: what will be done.

    `epochs_done` is not 0 where a run goes on that was interrupted. The EpochDone of those epochs
    follow at once, as they were told before.
    """

    recipe: dict[str, Any]
    seed: int
    device: str
    epochs: int
    epochs_done: int
    batches_per_epoch: int
    training_images: int
    validation_images: int
    data: str
    """The name of the images to learn from, for instance "MNIST training"."""


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
class EpochWeightsWritten:
    """What the run has come to after `epoch` can be read from the weights file `path`, for a look
    at it: the next epoch overwrites it, and the run deletes it before RunEnded."""

    epoch: int
    path: str


@dataclass(frozen=True, slots=True)
class WeightsWritten:
    """The weights are safe in the file `path`. How well they read is added to it until RunEnded."""

    path: str


@dataclass(frozen=True, slots=True)
class Measured:
    """How the weights that were written read one split, for instance "MNIST test"."""

    split: str
    images: int
    right: int
    confusion: list[list[int]]
    """[i][j]: how many images of the digit i were read as j."""
    examples: list[list[Any]]
    """Some images of each cell of the confusion: [i, j, the 28×28 bytes in base64]."""

    def __post_init__(self) -> None:
        """Raises ValueError for what cannot be: whoever shows it need not look again."""
        counts = [count for row in self.confusion for count in row]
        if [len(row) for row in self.confusion] != [10] * 10 or min(counts) < 0:
            raise ValueError("Measured has no 10×10 counts for its confusion")
        if not 0 <= self.right <= self.images or self.images == 0:
            raise ValueError(f"Measured has {self.right} right of {self.images} images")
        if any(len(example) != 3 for example in self.examples):
            raise ValueError("Measured has other examples than [i, j, bytes]")

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        return self.right / self.images


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Last of all messages. Where the run failed, `error` says why, and what to do: to people who
    may never have seen the command line."""

    reason: Literal["finished", "stopped", "failed"]
    error: str | None = None
    command: str | None = None
    """For a terminal: it installs what the run lacks."""
    data_missing: bool = False
    """Whether the run lacks its data, and could do with others."""


Message = (
    RunStarted | BatchDone | EpochDone | EpochWeightsWritten | WeightsWritten | Measured | RunEnded
)

_CLASSES = {each.__name__: each for each in get_args(Message)}


def to_json(message: Message) -> str:
    """The message as one line of JSON, without the line's end.

    Raises ValueError if a number in it is not finite: JSON has no name for those.
    """
    return json.dumps({"message": type(message).__name__, **asdict(message)}, allow_nan=False)


def from_json(line: str | bytes) -> Message:
    """The message that `to_json` made the line of; raises ValueError for any other line."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a line of JSON: {error}") from None
    name = content.pop("message", None) if isinstance(content, dict) else None
    message_class = _CLASSES.get(name) if isinstance(name, str) else None
    if message_class is None:
        raise ValueError(f"not a message of a training run: {line!r:.80}")
    fields = get_type_hints(message_class)
    if different := fields.keys() ^ content.keys():
        raise ValueError(f"{name} does not have just its fields: {', '.join(sorted(different))}")
    for field, hint in fields.items():
        if not _fits(content[field], hint):
            raise ValueError(f"{name} has {content[field]!r:.80} for its {field}")
    message: Message = message_class(**content)
    return message


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value from JSON is of the type that a message's field has."""
    if isinstance(hint, UnionType):
        return any(_fits(value, each) for each in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is list:
        (item,) = get_args(hint)
        return isinstance(value, list) and all(_fits(each, item) for each in value)
    if hint is Any:
        return True
    if hint is float:
        return type(value) in (int, float) and abs(value) < math.inf
    return type(value) is (get_origin(hint) or hint)
