"""The messages of a training run, from the trainer to whoever shows its progress.

As text, each message is one line of JSON: an object with the name of its class as `message`, and
its fields.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The first message, unless the run fails before it: what the run will do.

    Where an interrupted run resumes, `epochs_done` is above 0, and the EpochDone messages of those
    epochs follow at once.
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
    """The name of the training images, for instance "MNIST train (first 55,000)"."""
    baseline_accuracy: float | None
    """Accuracy (0–1) on the validation images of the weights that the run is compared with. None
    without such weights or validation images, and where the weights have learned those images."""


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
    """An epoch is done. Accuracies are 0–1; validation is None where no images are held out."""

    epoch: int
    train_accuracy: float
    validation_accuracy: float | None
    loss: float
    learning_rate: float
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class EpochWeightsWritten:
    """The weights after `epoch` are in the file `path`. The next epoch overwrites it, and the run
    deletes it before RunEnded."""

    epoch: int
    path: str


@dataclass(frozen=True, slots=True)
class WeightsWritten:
    """The weights are saved in the file `path`. Evaluation follows, and adds its metrics to it."""

    path: str


@dataclass(frozen=True, slots=True)
class Evaluated:
    """How the saved weights did on one split, for instance "MNIST test"."""

    split: str
    sha256: str
    """Of the split's images and labels: two splits are the same if their hashes are."""
    images: int
    correct: int
    baseline_accuracy: float | None
    """Accuracy (0–1) on this split of the weights that the run is compared with, if known."""
    confusion: list[list[int]]
    """[i][j]: how many images of the digit i were predicted as j."""
    examples: list[list[Any]]
    """Some images of each cell of the confusion matrix: [i, j, the 28×28 bytes in base64]."""

    def __post_init__(self) -> None:
        """Raises ValueError for impossible values, so that no reader has to check them again."""
        counts = [count for row in self.confusion for count in row]
        if [len(row) for row in self.confusion] != [10] * 10 or min(counts) < 0:
            raise ValueError("the confusion of Evaluated must be 10×10 counts")
        if not 0 <= self.correct <= self.images or self.images == 0:
            raise ValueError(f"Evaluated has {self.correct} correct of {self.images} images")
        if any(len(example) != 3 for example in self.examples):
            raise ValueError("each example of Evaluated must be [i, j, bytes]")

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        return self.correct / self.images


@dataclass(frozen=True, slots=True)
class Compared:
    """How the saved weights compare with `baseline`, on images that neither has learned from."""

    baseline: str
    """The weights file compared with."""
    verdict: Literal["better", "worse", "equal", "unknown"]
    """"better" or "worse" if the difference is significant (p < 0.05 in McNemar's test)."""
    explanation: str
    """For people: the figures behind the verdict, or why there is none."""


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The last message. If the run failed, `error` says why and what to do, in words for people who
    may never have seen the command line."""

    reason: Literal["finished", "stopped", "failed"]
    error: str | None = None
    command: str | None = None
    """A command for a terminal that installs what the run lacks."""
    data_missing: bool = False
    """Whether the run lacks its data, and could use other data."""


Message = (
    RunStarted
    | BatchDone
    | EpochDone
    | EpochWeightsWritten
    | WeightsWritten
    | Evaluated
    | Compared
    | RunEnded
)

_CLASSES = {each.__name__: each for each in get_args(Message)}


def to_json(message: Message) -> str:
    """The message as one line of JSON, without the newline.

    Raises ValueError if it holds NaN or an infinite number, which JSON cannot express.
    """
    return json.dumps({"message": type(message).__name__, **asdict(message)}, allow_nan=False)


def from_json(line: str | bytes) -> Message:
    """The message that `to_json` wrote as `line`; raises ValueError for any other line."""
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
        raise ValueError(f"{name} has missing or unknown fields: {', '.join(sorted(different))}")
    for field, hint in fields.items():
        if not _has_type(content[field], hint):
            raise ValueError(f"{name}.{field} cannot be {content[field]!r:.80}")
    message: Message = message_class(**content)
    return message


def _has_type(value: Any, hint: Any) -> bool:
    """Whether a value parsed from JSON has the type of a message's field."""
    if isinstance(hint, UnionType):
        return any(_has_type(value, each) for each in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is list:
        (item,) = get_args(hint)
        return isinstance(value, list) and all(_has_type(each, item) for each in value)
    if hint is Any:
        return True
    if hint is float:
        return type(value) in (int, float) and abs(value) < math.inf
    return type(value) is (get_origin(hint) or hint)
