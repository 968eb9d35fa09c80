"""Runs the command that the trainer's command line names."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from digitpad.terminal import say
from digitpad.text import visible
from digitpad.training.installation import install_command
from digitpad.training.messages import RunEnded
from trainer.options import (
    PROCESS_OPTIONS,
    AnchorsOptions,
    EvaluateOptions,
    NumbersOptions,
    TrainOptions,
    UnipenOptions,
)
from trainer.parser import parse

# Commands import torch, which takes a second, and --help does without it.
# ruff: noqa: PLC0415


def run_command(arguments: Sequence[str]) -> int:
    """Parse the arguments and run the command that they name.

    Returns the exit code: 0 if done, 1 if it failed, 2 if an input is missing or unusable, and
    128 + the signal's number if interrupted. Raises SystemExit after --help and for wrong usage.
    """
    parser, command, given = parse(arguments, Path.cwd())
    try:
        from digitpad.network import WeightsError
        from trainer.data.digits import DataError, DataMissingError
        from trainer.evaluation.card import CardError
        from trainer.loop import TrainingError
        from trainer.run.checkpoint import CheckpointError
        from trainer.run.output import OutputError
        from trainer.run.report import REPORTS
    except KeyboardInterrupt:  # nothing has started yet
        return 128 + signal.SIGINT
    report = REPORTS[given.get("progress", TrainOptions.progress) if command == "train" else "none"]
    try:
        if command == "train":
            return _train(given, arguments)
        _run_other(command, parser, given)
    except KeyboardInterrupt:
        report(RunEnded("stopped"))
        say("Interrupted")
        return 128 + signal.SIGINT
    except (CardError, CheckpointError, DataError, WeightsError) as error:
        failure: Exception = error
        code = 2
    except (OutputError, TrainingError) as error:
        failure, code = error, 1
    else:
        return 0
    report(RunEnded("failed", str(failure), data_missing=isinstance(failure, DataMissingError)))
    _say_failure(failure)
    return code


def _run_other(command: str, parser: ArgumentParser, given: dict[str, Any]) -> None:
    match command:
        case "evaluate":
            _evaluate(parser, given)
        case "unipen":
            _cut_unipen(UnipenOptions(**given))
        case "anchors":
            _cut_anchors(AnchorsOptions(**given))
        case "numbers":
            _fit_numbers(NumbersOptions(**given))
        case "card":
            _write_card(given)


def _say_failure(failure: Exception) -> None:
    """Say what failed, and the notes on it."""
    lines = [f"python -m trainer: {failure}"]
    if getattr(failure, "has_lines", False):
        lines = lines[0].split("\n")
    for line in (*lines, *getattr(failure, "__notes__", [])):
        say(line)


def train_options(arguments: Sequence[str], folder: Path) -> TrainOptions:
    """The options of a new run that `arguments` start in `folder`.

    Raises SystemExit for wrong usage, after printing what is wrong.
    """
    parser, _, given = parse(arguments, folder)
    try:
        return TrainOptions(arguments=tuple(arguments), folder=folder, **given)
    except ValueError as error:
        parser.error(str(error))


def _train(given: dict[str, Any], arguments: Sequence[str]) -> int:
    from trainer.run.report import REPORTS
    from trainer.seeds import train_seeds
    from trainer.train import train

    is_new = "resume" not in given
    options = train_options(arguments, Path.cwd()) if is_new else _resumed_options(given)
    if options.background:
        _lower_priority()
    train_once_or_more = train_seeds if options.seeds > 1 else train
    return train_once_or_more(options, REPORTS[options.progress])


def _resumed_options(given: dict[str, Any]) -> TrainOptions:
    """The options of the run that wrote the checkpoint, each replaced by the given one, if any.

    Raises CheckpointError.
    """
    from digitpad.weights_store import weights_file
    from trainer.run.checkpoint import CheckpointError, read_checkpoint

    path = given["resume"]
    checkpoint = read_checkpoint(path)
    try:
        options = vars(train_options(checkpoint.arguments, Path(checkpoint.folder)))
    except SystemExit as error:
        raise CheckpointError(
            f"cannot resume from {path}, because its options are those of another version of this "
            "program; delete it and start a new training"
        ) from error
    kept = {name: value for name, value in options.items() if name not in PROCESS_OPTIONS}
    try:
        return TrainOptions(**kept | {"out": weights_file(path)} | given)
    except ValueError as error:
        raise CheckpointError(f"cannot resume from {path}: {error}") from error


def _evaluate(parser: ArgumentParser, given: dict[str, Any]) -> None:
    from trainer.evaluate import evaluate

    try:
        options = EvaluateOptions(**given)
    except ValueError as error:
        parser.error(str(error))
    if options.plot and find_spec("matplotlib") is None:
        parser.error(f"--plot needs matplotlib. To install it: {install_command('plot')}")
    evaluate(options)


def _cut_unipen(options: UnipenOptions) -> None:
    from digitpad.inkfile import InkFileError, write_ink
    from trainer.data.unipen import KINDS, cut_drawings, summary
    from trainer.run.output import OutputError, check_writable
    from trainer.run.report import say

    check_writable(options.out)
    samples = cut_drawings(options.folder, KINDS[options.kind], report=say)
    try:
        write_ink(options.out, samples)
    except InkFileError as error:
        raise OutputError(str(error)) from error
    print(f"Written: {visible(str(options.out))}", summary(samples), sep="\n")


def _cut_anchors(options: AnchorsOptions) -> None:
    from trainer.data.anchors import write_anchors
    from trainer.run.output import check_writable
    from trainer.run_data import anchor_sources

    check_writable(options.out)
    digits, outliers = anchor_sources(options)
    anchors = write_anchors(options.out, digits, outliers)
    print(f"Written: {visible(str(options.out))}", f"{len(anchors.labels):,} anchors", sep="\n")


def _fit_numbers(options: NumbersOptions) -> None:
    from trainer.numbers import fit

    for line in fit(options):
        print(line, flush=True)


def _write_card(given: dict[str, Any]) -> None:
    from trainer.evaluation.card import write_card

    written = write_card(given["files"])
    print("Written:", *(visible(str(path)) for path in written), sep="\n  ")


def _lower_priority() -> None:
    """Let other processes have the processor first."""
    import psutil

    process = psutil.Process()
    if psutil.WINDOWS:
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        process.nice(max(10, process.nice()))
