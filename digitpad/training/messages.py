"""Messages of a training run, from the trainer to the program that shows its progress.

Each message is written as one line of JSON: an object with the name of the message's class under
`message`, and the fields of the class.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class DataLoading:
    """The data of the run are being downloaded or loaded, which may take a while."""

    what: Literal["downloading", "loading"]
    share: float | None
    """Share (0–1) that is done; None if it is not known."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run has started, after its data were loaded.

    If an interrupted run resumes, `epochs_done` is above 0, and the EpochDone messages of these
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
    """Name of the training images, such as "MNIST train (first 55,000)"."""
    baseline_accuracy: float | None
    """Accuracy (0–1) of the baseline, the weights to compare with, on the validation images. None
    without a baseline or validation images, or if the baseline has learned from these images."""


@dataclass(frozen=True, slots=True)
class BatchDone:
    """More batches of an epoch are done.

    Accuracy (0–1) and loss are those of recent batches: means in which a batch counts for less the
    longer ago it was, with a time constant of a tenth of an epoch.
    """

    epoch: int
    batch: int
    accuracy: float
    loss: float
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    """An epoch is done. Accuracies are 0–1; that on validation images is None if there are none."""

    epoch: int
    train_accuracy: float
    validation_accuracy: float | None
    loss: float
    learning_rate: float
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class EpochWeightsWritten:
    """The weights after `epoch` are in the file `path`.

    The next epoch overwrites the file, and the run deletes it before RunEnded.
    """

    epoch: int
    path: str


@dataclass(frozen=True, slots=True)
class WeightsWritten:
    """The weights are saved in the file `path`. The evaluation follows and adds its metrics."""

    path: str


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The saved weights were evaluated on a split, such as "MNIST test"."""

    split: str
    sha256: str
    """Hash of the split's images and labels, which identifies the split."""
    images: int
    correct: int
    baseline_accuracy: float | None
    """Accuracy (0–1) of the baseline on this split; None if unknown."""
    confusion: list[list[int]]
    """[i][j]: number of images of the digit i that were predicted as j."""
    examples: list[list[Any]]
    """Example images for cells of the confusion matrix: [i, j, the 28×28 bytes in base64]."""

    def __post_init__(self) -> None:
        """Raise ValueError for impossible values, so that no reader has to check them."""
        counts = [count for row in self.confusion for count in row]
        if [len(row) for row in self.confusion] != [10] * 10 or min(counts) < 0:
            raise ValueError("Evaluated.confusion must be 10×10 counts")
        if not 0 <= self.correct <= self.images or self.images == 0:
            raise ValueError(f"Evaluated cannot have {self.correct} of {self.images} correct")
        if any(len(example) != 3 for example in self.examples):
            raise ValueError("Evaluated.examples must be lists [i, j, bytes]")

    @property
    def accuracy(self) -> float:
        """Share of correct predictions, 0–1."""
        return self.correct / self.images


@dataclass(frozen=True, slots=True)
class Compared:
    """The saved weights were compared with the baseline on images that neither has learned from."""

    baseline: str
    """Path of the baseline's weights file."""
    verdict: Literal["better", "worse", "equal", "unknown"]
    """"better" or "worse" if McNemar's test gives p < 0.05, otherwise "equal"; "unknown" if the
    weights cannot be compared."""
    explanation: str
    """Text for people: the figures behind the verdict, or why there is none."""


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run has ended. This is the last message.

    If the run failed, `error` explains the reason and what to do to people who may not know the
    command line.
    """

    reason: Literal["finished", "stopped", "failed"]
    error: str | None = None
    command: str | None = None
    """Command for a terminal that installs missing packages."""
    data_missing: bool = False
    """Whether the run failed for lack of its data, so that other data would help."""


Message = (
    DataLoading
    | RunStarted
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

    Raises ValueError if it contains NaN or infinity, which JSON cannot express.
    """
    return json.dumps({"message": type(message).__name__, **asdict(message)}, allow_nan=False)


def from_json(line: str | bytes) -> Message:
    """The message in a line written by `to_json`; raises ValueError for any other line."""
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
    """Whether a value parsed from JSON matches the type hint of a message's field."""
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
