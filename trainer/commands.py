"""What the command line does: train, and evaluate."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from digitpad.models import new_weights_file
from digitpad.recognizer import Recognizer
from trainer.data import (
    TRAINING_PEN_WIDTHS,
    VALIDATION_IMAGES,
    DataError,
    Digits,
    load_ink,
    load_mnist,
)
from trainer.evaluate import measure
from trainer.loop import Run, TrainingError
from trainer.net import Net
from trainer.recipe import RECIPES
from trainer.report import show_progress
from trainer.weights import write_weights


class OutputError(Exception):
    """The weights cannot be written where they should be; the message says what to do."""


def train(options: Namespace, command: str) -> int:
    """Train, write the weights, measure what was written, and say so; the exit code.

    SIGINT and SIGTERM end the training after the batch at hand: what was reached is written all
    the same, and the exit code is 128 + the signal's number. A second signal ends at once.
    `command` is what a person would type to do the same again. Raises DataError, TrainingError and
    OutputError.
    """
    now = datetime.now(UTC)
    recipe = RECIPES[options.recipe]
    if options.epochs is not None:
        recipe = replace(recipe, epochs=options.epochs)
    out = options.out or new_weights_file(recipe.name, now)
    _check_writable(out)
    mnist = load_mnist(options.data_dir, train=True)
    training, validation = mnist, None
    if not options.final:
        training = mnist.part(slice(None, -VALIDATION_IMAGES), "MNIST training but validation")
        validation = mnist.part(slice(-VALIDATION_IMAGES, None), "MNIST validation")
    if options.ink and not recipe.ink_share:
        raise DataError(f"the recipe {recipe.name} does not learn from ink; leave out --ink")
    without, widths = options.ink_holdout, TRAINING_PEN_WIDTHS
    ink = [load_ink(path, without=without, pen_widths=widths) for path in options.ink]
    device = _device(options.device)
    run = Run(
        recipe,
        training,
        validation,
        ink=Digits.joined(ink) if ink else None,
        seed=options.seed,
        device=device,
    )
    with _stop_signals() as received:
        ended = show_progress(run.train(should_stop=lambda: bool(received)))
    metadata: dict[str, Any] = {
        "recipe": asdict(recipe),
        "seed": options.seed,
        "epochs_done": round(ended.epochs_done, 3),
        "data": [part.describe() for part in (training, *ink)],
        "metrics": [],
        "command": command,
        "created": now.isoformat(timespec="seconds"),
        "torch": torch.__version__,
    }
    _write(out, run.net, metadata)
    if received:
        done = f"{ended.epochs_done:.2f} of {recipe.epochs} epochs"
        print(f"Stopped after {done}; what was reached is in {out}", file=sys.stderr)
        return 128 + received[0]
    # Measured as the pad reads it, from the file. That was written first: whatever goes wrong from
    # here on, the training is not lost. The test set is opened now, when nothing is left to choose.
    recognizer = Recognizer(out)
    splits = [] if validation is None else [validation]
    splits.append(load_mnist(options.data_dir, train=False))
    if without is not None:
        splits += [load_ink(path, only=without) for path in options.ink]
    for split in splits:
        evaluation = measure(recognizer, split)
        print(evaluation.headline(), file=sys.stderr)
        metadata["metrics"].append(evaluation.to_json())
    _write(out, run.net, metadata)
    print(
        f"To draw with these weights: digitpad --weights {shlex.quote(str(out))}", file=sys.stderr
    )
    return 0


def evaluate(options: Namespace) -> int:
    """Measure a weights file and print how it reads. Raises DataError and WeightsError."""
    recognizer = Recognizer(options.weights)
    splits = [load_mnist(options.data_dir, train=False)]
    splits += [load_ink(path, only=options.writers) for path in options.ink]
    evaluations = [measure(recognizer, split) for split in splits]
    if options.json:
        content = {
            "weights": str(options.weights),
            "evaluations": [evaluation.to_json() for evaluation in evaluations],
        }
        print(json.dumps(content))
    else:
        print("\n\n".join(evaluation.to_text() for evaluation in evaluations))
    return 0


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError("there is no CUDA GPU that torch can use; try --device cpu")
    return torch.device(name)


def _check_writable(out: Path) -> None:
    """Find out before the training whether its weights can be written after it."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
        if out.is_dir():
            raise IsADirectoryError(0, "it is a folder")
    except OSError as error:
        raise OutputError(
            f"cannot write {out}: {error.strerror}; name another file with --out"
        ) from error


def _write(out: Path, net: Net, metadata: dict[str, Any]) -> None:
    """Write the weights to `out` or, rather than lose them, to the folder for temporary files."""
    try:
        write_weights(out, net, metadata)
    except OSError as error:
        refuge = Path(tempfile.mkdtemp(prefix="digitpad-")) / out.name
        write_weights(refuge, net, metadata)
        raise OutputError(
            f"cannot write {out}: {error.strerror}. The weights are in {refuge} instead; move them "
            "to a safe place"
        ) from error


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """A list that a first SIGINT or SIGTERM is put into; a second one is fatal as ever."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        for each, handler in before.items():
            signal.signal(each, handler)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
