"""What the command line does: train, and evaluate."""

from __future__ import annotations

import json
import shlex
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

import digitpad
from digitpad.recipe import RECIPES, Recipe
from digitpad.recognizer import Recognizer, softmax
from digitpad.training_messages import (
    EpochDone,
    EpochWeightsWritten,
    Evaluated,
    RunEnded,
    WeightsWritten,
)
from digitpad.weights_store import checkpoint_file, new_weights_file
from trainer.data.digits import DataError, Digits, NoDrawingsError
from trainer.data.ink import TRAINING_PEN_WIDTHS, load_ink
from trainer.data.mnist import load_mnist, split_validation
from trainer.data.synthetic import synthetic_digits
from trainer.evaluation.calibration import fit_temperature
from trainer.evaluation.examples import examples
from trainer.evaluation.metrics import evaluate as evaluate_logits
from trainer.loop import DivergedError, Run, TrainingError, logits
from trainer.optim import precision
from trainer.run.checkpoint import Checkpoint, check_made_with
from trainer.run.output import (
    EpochWeights,
    check_not_interrupted,
    check_writable,
    keep,
    say_how_to_go_on,
    write,
    write_metrics,
)
from trainer.run.report import Report, say, shell_line
from trainer.run.stop import CANCEL, Stop, stop_requests

SYNTHETIC_IMAGES = 20_000
"""A third of MNIST: drawn in seconds, and enough that an epoch is worth watching. The last tenth is
held out for validation; another tenth, drawn with another seed, is the test set."""


def train(options: Namespace, begun: Checkpoint | None, report: Report) -> int:
    """Train, write the weights, measure what was written, and say so; the exit code.

    After each epoch a checkpoint is written, for the case that the run is interrupted; `begun` is
    the one that it goes on from. When the run is finished and its weights are written, it goes.

    A training can be ended early, after the batch at hand, and leaves then what its
    `trainer.run.stop.Stop` says: SIGINT and SIGTERM leave weights and checkpoint, and the exit code
    is 128 + the signal's number. With `--progress json` standard input is obeyed as well, and the
    exit code is 0: the word `stop` leaves weights, measured as those of a finished run; `cancel`
    leaves nothing; and the end of standard input leaves the checkpoint, because then whoever
    started the run is gone. Before the first batch, and at a second signal, the run ends at once
    and changes nothing. Once all epochs are done, only `cancel` counts, and once the weights are
    written, not that either.

    Raises CheckpointError, DataError, TrainingError and OutputError.
    """
    with EpochWeights(options.epoch_weights) as epoch_weights:
        stop = _train(options, begun, report, epoch_weights)
    report(RunEnded("stopped" if stop else "finished"))
    return stop.exit_code if stop else 0


def _train(
    options: Namespace, begun: Checkpoint | None, report: Report, epoch_weights: EpochWeights
) -> Stop | None:
    """`train` but for its end; why it ended early, if it did."""
    now = datetime.now(UTC)
    recipe = recipe_of(options)
    out = options.out or new_weights_file(recipe.name, now)
    checkpoint = options.resume or checkpoint_file(out)
    check_writable(out)
    if begun is None:
        check_not_interrupted(out, checkpoint)
    with stop_requests(standard_input=options.progress == "json") as requests:
        when = "" if begun else " before the training began"
        try:
            with requests.interrupting():
                run, made_with, held_out = _load(options, recipe, begun)
            when = ""
            metadata = made_with | {
                "threads": torch.get_num_threads(),  # here: a run may go on with other ones
                "metrics": [],
                "command": command_line(options),
                "created": begun.created if begun else now.isoformat(timespec="seconds"),
            }
            so_far = Checkpoint(
                options.arguments, options.folder, made_with, state={}, created=metadata["created"]
            )
            for message in run.train(should_stop=lambda: requests.first is not None):
                metadata |= _done(run)
                reached = None
                if isinstance(message, EpochDone) and message.epoch == run.epochs_done:
                    # Of those that are told again, only the last one: its weights are here.
                    reached = message.epoch
                    keep(checkpoint, replace(so_far, state=run.state()))
                report(message)
                if reached and epoch_weights.write(run.net, metadata):
                    report(EpochWeightsWritten(reached, str(epoch_weights.path)))
        except KeyboardInterrupt:
            return _end_without_weights(requests.first, checkpoint, when, at_once=True)
        except DivergedError:
            checkpoint.unlink(missing_ok=True)  # from there it would go the same way again
            raise
        is_done = run.epochs_done == recipe.epochs
        stop = None if is_done and requests.first != CANCEL else requests.first
        if stop and not stop.weights:
            return _end_without_weights(stop, checkpoint)
        metadata |= _done(run) | {"temperature": _temperature(run)}
        write(out, run.net, metadata, checkpoint)
        if not (stop and stop.checkpoint):
            checkpoint.unlink(missing_ok=True)
    report(WeightsWritten(str(out)))
    _say_what_was_reached(run, out)
    if stop and stop.checkpoint:
        say_how_to_go_on(checkpoint)
        return stop
    # Measured as the pad reads it, from the file. That was written first: whatever goes wrong from
    # here on, the training is not lost.
    splits = (*_to_measure_on(options, run.validation), *held_out)
    metadata["metrics"] = _metrics(Recognizer(out), splits, report)
    write_metrics(out, run.net, metadata)
    return stop


def _say_what_was_reached(run: Run, out: Path) -> None:
    if run.epochs_done < run.recipe.epochs:
        done = f"{run.epochs_done:.2f} of {run.recipe.epochs} epochs"
        say(f"Stopped after {done}; what was reached is in {out}")
    say(f"To draw with these weights: {shell_line('digitpad', '--weights', str(out))}")


def _end_without_weights(
    stop: Stop | None, checkpoint: Path, when: str = "", *, at_once: bool = False
) -> Stop:
    """Say so, and how to go on, if anything is left to go on from."""
    assert stop  # or the run would not end here
    if stop == CANCEL and not at_once:
        checkpoint.unlink(missing_ok=True)
    say(f"Stopped{when}; no weights were written")
    say_how_to_go_on(checkpoint)
    return stop


def evaluate(options: Namespace) -> int:
    """Measure a weights file, print how it reads, and draw that where `--plot` says.

    Raises DataError, OutputError and WeightsError.
    """
    if options.plot:
        check_writable(options.plot, "--plot")
    recognizer = Recognizer(options.weights)
    splits = [load_mnist(options.data_dir, train=False, report=say)]
    splits += [load_ink(path, report=say, only=options.writers) for path in options.ink]
    evaluations, probabilities = [], []
    for split in splits:
        logits = recognizer.logits(split.images.numpy())
        evaluations.append(evaluate_logits(logits, split.labels.numpy(), recognizer.temperature))
        probabilities.append(softmax(logits, recognizer.temperature))
    if options.json:
        content = {
            "weights": str(options.weights),
            "temperature": recognizer.temperature,
            "evaluations": [
                {"split": split.name} | evaluation.to_json()
                for split, evaluation in zip(splits, evaluations, strict=True)
            ],
        }
        print(json.dumps(content))
    else:
        print(
            "\n\n".join(
                evaluation.to_text(split.name)
                for split, evaluation in zip(splits, evaluations, strict=True)
            )
        )
    if options.plot:
        from trainer.evaluation.plot import write_plot  # noqa: PLC0415  # it imports matplotlib

        write_plot(options.plot, list(zip(evaluations, splits, probabilities, strict=True)))
    return 0


def command_line(options: Namespace) -> str:
    """The one that began the run."""
    return shlex.join(["python", "-m", "trainer", *options.arguments])


def _metrics(
    recognizer: Recognizer, splits: Iterable[Digits], report: Report
) -> list[dict[str, Any]]:
    """How the splits are read, as JSON; each is told as soon as it is measured."""
    metrics = []
    for split in splits:
        logits = recognizer.logits(split.images.numpy())
        evaluation = evaluate_logits(logits, split.labels.numpy(), recognizer.temperature)
        say(evaluation.headline(split.name))
        sha256 = split.sha256
        report(
            Evaluated(
                split=split.name,
                images=evaluation.images,
                sha256=sha256,
                correct=evaluation.correct,
                baseline_accuracy=None,
                confusion=evaluation.confusion.tolist(),
                examples=examples(split, logits.argmax(axis=1)),
            )
        )
        metrics.append({"split": split.name, "sha256": sha256} | evaluation.to_json())
    return metrics


def _done(run: Run) -> dict[str, Any]:
    """How far the run has come, and in what time, as JSON."""
    return {"epochs_done": round(run.epochs_done, 3), "seconds": round(run.seconds, 3)}


def _temperature(run: Run) -> float:
    """What the pad divides the logits by: fitted to the validation split, if there is one."""
    if run.validation is None:
        return run.recipe.temperature
    return round(fit_temperature(logits(run.net, run.validation), run.validation.labels), 4)


def recipe_of(options: Namespace) -> Recipe:
    """What the command line says that the run is to be."""
    recipe = RECIPES[options.recipe]
    return recipe if options.epochs is None else replace(recipe, epochs=options.epochs)


def _load(
    options: Namespace, recipe: Recipe, begun: Checkpoint | None
) -> tuple[Run, dict[str, Any], list[Digits]]:
    """The run, where it was left if it has begun; what decides it; and drawings held out."""
    run, made_with = _prepare(options, recipe)
    held_out = _held_out(options)
    if begun:
        check_made_with(options.resume, begun, made_with)
        run.restore(begun.state)
    return run, made_with, held_out


def _prepare(options: Namespace, recipe: Recipe) -> tuple[Run, dict[str, Any]]:
    """The run, and all that decides what it ends with, as JSON."""
    if options.ink and not recipe.ink_share and options.ink_holdout is None:
        raise DataError(
            f"the recipe {recipe.name} does not learn from ink; leave out --ink, or name the "
            "writers to measure on with --ink-holdout"
        )
    training, validation = _training_and_validation(options)
    ink = [
        load_ink(path, report=say, without=options.ink_holdout, pen_widths=TRAINING_PEN_WIDTHS)
        for path in (options.ink if recipe.ink_share else [])
    ]
    if recipe.synthetic_drawings and options.data != "synthetic":
        ink.append(synthetic_digits(recipe.synthetic_drawings, options.seed))
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
        "recipe": recipe.settings(),
        "seed": options.seed,
        "data": [part.describe() for part in (training, *ink)],
        "device": device.type,
        "precision": str(precision(device)).removeprefix("torch."),
        "torch": str(torch.__version__),  # of a class that a checkpoint cannot hold
        "digitpad": digitpad.__version__,
    }


def _training_and_validation(options: Namespace) -> tuple[Digits, Digits | None]:
    if options.data == "synthetic":
        digits = synthetic_digits(SYNTHETIC_IMAGES, seed=0)
        held_out = SYNTHETIC_IMAGES // 10
        split = (
            digits.part(slice(None, -held_out), "synthetic training but validation"),
            digits.part(slice(-held_out, None), "synthetic validation"),
        )
    else:
        digits = load_mnist(options.data_dir, train=True, report=say)
        split = split_validation(digits)
    return (digits, None) if options.final else split


def _to_measure_on(options: Namespace, validation: Digits | None) -> Iterator[Digits]:
    """What a finished run is measured on. Test sets come last, when nothing is left to choose."""
    if validation:
        yield validation
    if options.data == "synthetic":
        yield replace(synthetic_digits(SYNTHETIC_IMAGES // 10, seed=1), name="synthetic test")
    else:
        yield load_mnist(options.data_dir, train=False, report=say)


def _held_out(options: Namespace) -> list[Digits]:
    """The drawings of the writers that are not learned from, in those ink files that have any."""
    if options.ink_holdout is None:
        return []
    found = []
    for path in options.ink:
        with suppress(NoDrawingsError):
            found.append(load_ink(path, report=say, only=options.ink_holdout))
    if not found:
        raise DataError("no ink file has drawings by the writers held out; hold out others or none")
    return found


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError("there is no CUDA GPU that torch can use; train on the CPU")
    return torch.device(name)
