"""What the command line does: train, and evaluate."""

from __future__ import annotations

import json
import shlex
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

import digitpad
from digitpad.models import new_weights_file
from digitpad.progress import EpochDone, RunEnded, WeightsWritten
from digitpad.recognizer import Recognizer
from trainer.checkpoint import Checkpoint, check_made_with, checkpoint_file, write_checkpoint
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
from trainer.recipe import RECIPES, Recipe
from trainer.report import Report, say
from trainer.stop import stop_requests
from trainer.synthetic import synthetic_digits
from trainer.weights import write_weights

SYNTHETIC_IMAGES = 20_000
"""A third of MNIST: drawn in seconds, and enough that an epoch is worth watching. The last tenth is
held out for validation; another tenth, drawn with another seed, is the test set."""

_ROOM = 1 << 20  # bytes: more than the weights and the checkpoint take


class OutputError(Exception):
    """The weights cannot be written where they should be; the message says what to do."""


def train(options: Namespace, begun: Checkpoint | None, report: Report) -> int:
    """Train, write the weights, measure what was written, and say so; the exit code.

    After each epoch a checkpoint is written, for the case that the run is interrupted; `begun` is
    the one that it goes on from. When the run is finished and its weights are written, it goes.

    SIGINT and SIGTERM end the training after the batch at hand: what was reached is written all
    the same, and the exit code is 128 + the signal's number. A second signal ends at once. With
    `--progress json` a line `stop`, and the end, of standard input are obeyed as well; then the
    exit code is 0. Raises CheckpointError, DataError, TrainingError and OutputError.
    """
    now = datetime.now(UTC)
    recipe = RECIPES[options.recipe]
    if options.epochs is not None:
        recipe = replace(recipe, epochs=options.epochs)
    out = options.out or new_weights_file(recipe.name, now)
    checkpoint = options.resume or checkpoint_file(out)
    _check_writable(out)
    if begun is None and checkpoint.exists():
        raise OutputError(
            f"a training of {out} was interrupted. {_how_to_go_on(checkpoint)}\n"
            f"To start anew, delete {checkpoint}"
        )
    run, made_with = _prepare(options, recipe)
    held_out = _held_out(options)
    if begun:
        check_made_with(checkpoint, begun, made_with)
        run.restore(begun.state)
    with stop_requests(standard_input=options.progress == "json") as stops:
        for message in run.train(should_stop=lambda: bool(stops)):
            if isinstance(message, EpochDone):
                so_far = Checkpoint(options.arguments, options.folder, made_with, run.state())
                _keep(checkpoint, so_far)
            report(message)
    metadata: dict[str, Any] = made_with | {
        "epochs_done": round(run.epochs_done, 3),
        "metrics": [],
        "command": shlex.join(["python", "-m", "trainer", *options.arguments]),
        "created": now.isoformat(timespec="seconds"),
    }
    _write(out, run.net, metadata, checkpoint)
    report(WeightsWritten(str(out)))
    if run.epochs_done < recipe.epochs:
        report(RunEnded("stopped"))
        done = f"{run.epochs_done:.2f} of {recipe.epochs} epochs"
        say(f"Stopped after {done}; what was reached is in {out}")
        if checkpoint.exists():
            say(_how_to_go_on(checkpoint))
        return stops[0]
    checkpoint.unlink(missing_ok=True)
    # Measured as the pad reads it, from the file. That was written first: whatever goes wrong from
    # here on, the training is not lost.
    recognizer = Recognizer(out)
    for split in (*_to_measure_on(options, run.validation), *held_out):
        evaluation = measure(recognizer, split)
        say(evaluation.headline())
        metadata["metrics"].append(evaluation.to_json())
    _write(out, run.net, metadata, checkpoint)
    report(RunEnded("finished"))
    say(f"To draw with these weights: digitpad --weights {shlex.quote(str(out))}")
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


def _prepare(options: Namespace, recipe: Recipe) -> tuple[Run, dict[str, Any]]:
    """The run, and all that decides what it ends with, as JSON."""
    if options.ink and not recipe.ink_share:
        raise DataError(f"the recipe {recipe.name} does not learn from ink; leave out --ink")
    training, validation = _training_and_validation(options)
    ink = [
        load_ink(path, without=options.ink_holdout, pen_widths=TRAINING_PEN_WIDTHS)
        for path in options.ink
    ]
    if recipe.synthetic and options.data != "synthetic":
        ink.append(synthetic_digits(recipe.synthetic, options.seed))
    device = _device(options.device)
    run = Run(
        recipe,
        training,
        validation,
        ink=Digits.joined(ink) if ink else None,
        seed=options.seed,
        device=device,
    )
    return run, {
        "recipe": asdict(recipe),
        "seed": options.seed,
        "data": [part.describe() for part in (training, *ink)],
        "device": device.type,
        "torch": str(torch.__version__),  # of a class that a checkpoint cannot hold
        "digitpad": digitpad.__version__,
    }


def _training_and_validation(options: Namespace) -> tuple[Digits, Digits | None]:
    if options.data == "synthetic":
        digits, name = synthetic_digits(SYNTHETIC_IMAGES, seed=0), "synthetic"
        held_out = SYNTHETIC_IMAGES // 10
    else:
        digits, name = load_mnist(options.data_dir, train=True), "MNIST"
        held_out = VALIDATION_IMAGES
    if options.final:
        return digits, None
    return (
        digits.part(slice(None, -held_out), f"{name} training but validation"),
        digits.part(slice(-held_out, None), f"{name} validation"),
    )


def _to_measure_on(options: Namespace, validation: Digits | None) -> Iterator[Digits]:
    """What a finished run is measured on. Test sets come last, when nothing is left to choose."""
    if validation:
        yield validation
    if options.data == "synthetic":
        yield synthetic_digits(SYNTHETIC_IMAGES // 10, seed=1)
    else:
        yield load_mnist(options.data_dir, train=False)


def _held_out(options: Namespace) -> list[Digits]:
    """The drawings of the writers that are not learned from, in those ink files that have any."""
    if options.ink_holdout is None:
        return []
    found = []
    for path in options.ink:
        with suppress(DataError):  # the file was read before, so what it lacks is these writers
            found.append(load_ink(path, only=options.ink_holdout))
    if not found:
        raise DataError("no ink file has drawings by the writers of --ink-holdout; leave it out")
    return found


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
        with tempfile.TemporaryFile(dir=out.parent) as file:
            file.write(bytes(_ROOM))
        if out.is_dir():
            raise IsADirectoryError(0, "it is a folder")
    except OSError as error:
        raise OutputError(
            f"cannot write {out}: {error.strerror}; make room, or name another file with --out"
        ) from error


def _keep(path: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint. If that fails, the training goes on: so far nothing is lost."""
    try:
        write_checkpoint(path, checkpoint)
    except OSError as error:
        done = f"epoch {checkpoint.state['epochs_done']:.0f}"
        say(f"cannot write {path}: {error.strerror}; an interruption will lose {done}. Make room")


def _write(out: Path, net: Net, metadata: dict[str, Any], checkpoint: Path) -> None:
    """Write the weights to `out` or, rather than lose them, to the folder for temporary files."""
    try:
        write_weights(out, net, metadata)
    except OSError as error:
        problem = f"cannot write {out}: {error.strerror}"
        try:
            refuge = Path(tempfile.mkdtemp(prefix="digitpad-")) / out.name
            write_weights(refuge, net, metadata)
        except OSError:
            go_on = _how_to_go_on(checkpoint) if checkpoint.exists() else "Start again"
            raise OutputError(f"{problem}, nor any other file. Make room. {go_on}") from error
        raise OutputError(
            f"{problem}. The weights are in {refuge} instead; move them to a safe place"
        ) from error


def _how_to_go_on(checkpoint: Path) -> str:
    return "Go on with: " + shlex.join(["python", "-m", "trainer", "--resume", str(checkpoint)])
