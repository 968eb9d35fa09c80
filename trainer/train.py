"""The command `train`: one run, from its data to its evaluated weights."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

import digitpad
from digitpad.recognizer import Recognizer
from digitpad.training.history import history_to_metadata
from digitpad.training.messages import (
    Compared,
    EpochDone,
    EpochWeightsWritten,
    Evaluated,
    RunEnded,
    RunStarted,
    WeightsWritten,
)
from trainer.data.digits import DataError, Digits
from trainer.evaluation.calibration import fit_temperature, fit_thresholds
from trainer.evaluation.comparison import (
    Baseline,
    cannot_compare,
    has_learned,
    has_learned_drawings,
    in_words,
)
from trainer.evaluation.examples import examples
from trainer.evaluation.metrics import Evaluation, evaluate_split
from trainer.loop import DivergedError, Run, TrainingError, logits
from trainer.optim import precision
from trainer.options import TrainOptions
from trainer.run.checkpoint import (
    Checkpoint,
    check_provenance,
    check_state,
    damaged,
    read_checkpoint,
)
from trainer.run.clock import Clock
from trainer.run.output import (
    Outputs,
    new_weights,
    run_outputs,
    save_checkpoint,
    save_metrics,
    save_weights,
    say_how_to_resume,
)
from trainer.run.report import Report, say, shell_line
from trainer.run.stop import CANCEL, Stop, StopRequests, stop_requests
from trainer.run_data import (
    Calibration,
    RunData,
    calibration,
    download_data,
    load_mnist_if_present,
    load_run_data,
    splits_to_evaluate,
)


def train(options: TrainOptions, report: Report) -> int:
    """Train, save the weights, evaluate them, and return the exit code.

    After each epoch a checkpoint is written, from which an interrupted run resumes. It is deleted
    once the run is finished and its weights are saved.

    A run can be stopped after the current batch; its `trainer.run.stop.Stop` says what it keeps.
    SIGINT and SIGTERM keep the weights so far and the checkpoint, and the exit code is 128 + the
    signal's number. With `--progress json` the run also obeys standard input, with the exit code 0:
    `stop` keeps the checkpoint and the weights so far, which are evaluated; `cancel` keeps nothing;
    and the end of standard input, when the program that started the run has ended, keeps the
    checkpoint. Before the first batch, and at a second signal, the run ends at once and changes
    nothing. After the last epoch only `cancel` counts, until the weights are saved.

    Raises CheckpointError, DataError, TrainingError and OutputError.
    """
    with ExitStack() as stack:
        weights = options.out or stack.enter_context(new_weights(options.recipe))
        outputs = stack.enter_context(
            run_outputs(weights, resume=options.resume, epoch_weights=options.epoch_weights)
        )
        stop = _train(options, outputs, report)
    report(RunEnded("stopped" if stop else "finished"))
    return stop.exit_code if stop else 0


@dataclass(frozen=True)
class _Start:
    """Everything that a run starts with."""

    run: Run
    clock: Clock
    data: RunData
    checkpoint: Checkpoint
    """Without a state."""
    metadata: dict[str, Any]
    """Of the weights, as far as it is known."""
    baseline: Baseline | None
    baseline_accuracy: float | None
    """Accuracy (0–1) of the baseline on the validation images."""


def _train(options: TrainOptions, outputs: Outputs, report: Report) -> Stop | None:
    """Train, save and evaluate the weights. Returns what stopped the run early, if anything did."""
    checkpoint = read_checkpoint(options.resume) if options.resume else None
    with stop_requests(standard_input=options.progress == "json") as requests:
        try:
            with requests.interrupting():
                start = _prepare(options, checkpoint, report)
        except KeyboardInterrupt:
            assert requests.first  # nothing else raises KeyboardInterrupt
            say("Stopped before the training began; no weights were written")
            return requests.first
        run = start.run
        try:
            _train_epochs(start, outputs, requests, report)
        except KeyboardInterrupt:
            assert requests.first
            say("Stopped; no weights were written")
            say_how_to_resume(outputs.checkpoint)
            return requests.first
        except DivergedError:
            outputs.checkpoint.unlink(missing_ok=True)  # the run would diverge again from there
            raise
        start.clock.end_training()
        is_finished = run.epochs_done == run.recipe.epochs
        stop = None if is_finished and requests.first != CANCEL else requests.first
        if stop and not stop.weights:
            _end_without_weights(stop, outputs.checkpoint)
            return stop
        metadata = start.metadata | _progress(run) | _calibrate(run, calibration(start.data))
        save_weights(outputs, run.net, metadata)
        if not (stop and stop.checkpoint):
            outputs.checkpoint.unlink(missing_ok=True)
    report(WeightsWritten(str(outputs.weights)))
    _say_what_was_saved(run, outputs.weights)
    if stop and stop.checkpoint:
        say_how_to_resume(outputs.checkpoint)
    if stop is None or stop.evaluation:
        _evaluate_and_compare(options, start, outputs, metadata, report)
        start.clock.end()
    return stop


def _prepare(options: TrainOptions, resumed: Checkpoint | None, report: Report) -> _Start:
    """Load the data and set up the run. Raises CheckpointError, DataError and TrainingError."""
    download_data(options, report)
    started = time.monotonic()
    data = load_run_data(options, report)
    device = _device(options.device)
    run = Run(
        options.run_recipe,
        data.training,
        data.validation,
        ink=Digits.joined(data.ink) if data.ink else None,
        outliers=Digits.joined(data.outliers) if data.outliers else None,
        seed=options.seed,
        device=device,
    )
    provenance = {
        "recipe": run.recipe.settings(),
        "seed": options.seed,
        "data": [part.describe() for part in data.parts],
        "device": device.type,
        "precision": str(precision(device)).removeprefix("torch."),
        "torch": str(torch.__version__),  # a checkpoint cannot hold its class
        "digitpad": digitpad.__version__,
    }
    if resumed:
        assert options.resume
        check_provenance(options.resume, resumed, provenance)
        _restore(run, resumed.state, options.resume)
    created = resumed.created if resumed else datetime.now(UTC).isoformat(timespec="seconds")
    baseline = Baseline(options.compare) if options.compare else None
    return _Start(
        run,
        Clock(run, device.type, started),
        data,
        Checkpoint(list(options.arguments), str(options.folder), provenance, {}, created),
        metadata=provenance
        | {
            "threads": torch.get_num_threads(),  # not provenance: a run may resume with others
            "metrics": [],
            "command": options.command,
            "created": created,
        },
        baseline=baseline,
        baseline_accuracy=_baseline_accuracy(baseline, data, data.validation),
    )


def _restore(run: Run, state: dict[str, Any], path: Path) -> None:
    """Resume from a state. Raises CheckpointError if it is not one of such a run."""
    try:
        check_state(state, run.state())
        run.restore(state)
    except Exception as error:  # torch may raise anything for a state that it did not make
        raise damaged(path) from error


def _train_epochs(start: _Start, outputs: Outputs, requests: StopRequests, report: Report) -> None:
    """Train until the run is finished or asked to stop, and write what each epoch leaves."""
    run = start.run
    for message in run.train(should_stop=lambda: requests.first is not None):
        if isinstance(message, RunStarted):
            report(replace(message, baseline_accuracy=start.baseline_accuracy))
            continue
        # A resumed run reports earlier epochs again; it only has the weights of the last of them.
        has_weights = isinstance(message, EpochDone) and message.epoch == run.epochs_done
        if has_weights:
            save_checkpoint(outputs.checkpoint, replace(start.checkpoint, state=run.state()))
        report(start.clock.with_end(message))
        if has_weights and outputs.epoch_weights.write(run.net, start.metadata | _progress(run)):
            path = str(outputs.epoch_weights.path)
            report(EpochWeightsWritten(int(run.epochs_done), path))


def _end_without_weights(stop: Stop, checkpoint: Path) -> None:
    say("Stopped; no weights were written")
    if stop == CANCEL:
        checkpoint.unlink(missing_ok=True)
    else:
        say_how_to_resume(checkpoint)


def _say_what_was_saved(run: Run, weights: Path) -> None:
    if run.epochs_done < run.recipe.epochs:
        done = f"{run.epochs_done:.2f} of {run.recipe.epochs} epochs"
        say(f"Stopped after {done}; the weights so far are in {weights}")
    say(f"To draw with these weights: {shell_line('digitpad', '--weights', str(weights))}")


def _evaluate_and_compare(
    options: TrainOptions,
    start: _Start,
    outputs: Outputs,
    metadata: dict[str, Any],
    report: Report,
) -> None:
    """Evaluate the saved weights, add the metrics to their file, and compare them.

    They are evaluated as they are used: from the file. It is complete already, whatever fails now.
    """
    recognizer = Recognizer(outputs.weights)
    metrics = _evaluate(options, start, recognizer, report)
    save_metrics(outputs.weights, start.run.net, metadata | {"metrics": metrics})
    if start.baseline:
        compared = _compare(options, start.data.mnist, recognizer, start.baseline)
        say(in_words(compared))
        report(compared)


def _evaluate(
    options: TrainOptions, start: _Start, recognizer: Recognizer, report: Report
) -> list[dict[str, Any]]:
    """Evaluate weights on each split and report it; the metrics as JSON.

    The messages are about digits: what the weights make of outliers is only in the metrics.
    """
    metrics = []
    for split in splits_to_evaluate(options, start.data):
        split_logits = recognizer.logits(split.images.numpy())
        evaluation = evaluate_split(
            split, split_logits, recognizer.temperature, recognizer.thresholds
        )
        sha256 = split.sha256
        say(evaluation.headline(split.name))
        if isinstance(evaluation, Evaluation):
            report(
                Evaluated(
                    split=split.name,
                    sha256=sha256,
                    images=evaluation.images,
                    correct=evaluation.correct,
                    baseline_accuracy=_baseline_accuracy(start.baseline, start.data, split),
                    confusion=evaluation.confusion.tolist(),
                    examples=examples(split, split_logits.argmax(axis=1)),
                )
            )
        metrics.append({"split": split.name, "sha256": sha256} | evaluation.to_json())
    return metrics


def _baseline_accuracy(
    baseline: Baseline | None, data: RunData, split: Digits | None
) -> float | None:
    """Accuracy (0–1) of the baseline on a split; None if it is not known or may not count.

    Unless it is recorded, it is computed for images that the baseline has not learned.
    """
    if baseline is None or split is None:
        return None
    is_unseen = data.mnist is not None
    if split in data.held_out:
        is_unseen = has_learned_drawings(baseline.metadata, split.name) is False
    elif data.mnist and split is data.validation:
        is_unseen = has_learned(baseline.metadata, data.mnist.sha256) is False
    return baseline.accuracy(split, evaluate=is_unseen)


def _compare(
    options: TrainOptions, mnist: Digits | None, new: Recognizer, baseline: Baseline
) -> Compared:
    """Compare new weights with the baseline on MNIST, also after a run on other images."""
    try:
        return baseline.compare(new, mnist or load_mnist_if_present(options))
    except DataError as error:
        return cannot_compare(baseline.path, str(error))


def _progress(run: Run) -> dict[str, Any]:
    """How much of the run is done, as JSON."""
    return {
        "epochs_done": round(run.epochs_done, 3),
        "seconds": round(run.seconds, 3),
        "history": history_to_metadata(run.history),
    }


def _calibrate(run: Run, images: Calibration) -> dict[str, Any]:
    """The temperature and the thresholds of the verdict, as metadata."""
    temperature = run.recipe.temperature
    if images.temperature:
        fitted = fit_temperature(logits(run.net, images.temperature), images.temperature.labels)
        temperature = round(fitted, 4)
    thresholds = fit_thresholds(
        logits(run.net, images.digits).double().numpy(),
        images.digits.labels.numpy(),
        logits(run.net, images.outliers).double().numpy(),
        temperature,
    )
    return {"temperature": temperature, "verdict": thresholds.to_metadata()}


def _device(name: str) -> torch.device:
    """The device that `--device` names. Raises TrainingError if there is no such device."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError("PyTorch finds no CUDA GPU here; train on the CPU")
    return torch.device(name)
