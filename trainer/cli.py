"""The trainer's command line: `train`, which is the default, `evaluate` and `card`."""

from __future__ import annotations

import signal
import sys
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

from digitpad.recipe import RECIPES
from digitpad.training_messages import RunEnded
from trainer.installation import install_command
from trainer.options import PROCESS_OPTIONS, Data, Device, EvaluateOptions, Progress, TrainOptions

# Commands import torch, which takes a second, and --help does without it.
# ruff: noqa: PLC0415

COMMANDS = ("train", "evaluate", "card")

_LARGEST_SEED = 2**32 - 1


def run_command(arguments: Sequence[str]) -> int:
    """Parse the arguments and run the command that they name.

    Returns the exit code: 0 if done, 1 if it failed, 2 if an input is missing or unusable, and
    128 + the signal's number if interrupted. Raises SystemExit after --help and for wrong usage.
    """
    parser, command, given = _parsed(arguments, Path.cwd())
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
        match command:
            case "evaluate":
                return _evaluate(parser, given)
            case "card":
                return _write_card(given)
        return _train(parser, given, arguments)
    except KeyboardInterrupt:
        report(RunEnded("stopped"))
        print("Interrupted", file=sys.stderr)
        return 128 + signal.SIGINT
    except (CardError, CheckpointError, DataError, WeightsError) as error:
        failure: Exception = error
        code = 2
    except (OutputError, TrainingError) as error:
        failure, code = error, 1
    report(RunEnded("failed", str(failure), data_missing=isinstance(failure, DataMissingError)))
    notes = getattr(failure, "__notes__", [])
    print(f"python -m trainer: {failure}", *notes, sep="\n", file=sys.stderr)
    return code


def train_options(arguments: Sequence[str], folder: Path) -> TrainOptions:
    """The options of a new run that `arguments` start in `folder`.

    Raises SystemExit for wrong usage, after printing what is wrong.
    """
    parser, _, given = _parsed(arguments, folder)
    return _train_options(parser, {"arguments": tuple(arguments), "folder": folder} | given)


def _train(parser: ArgumentParser, given: dict[str, Any], arguments: Sequence[str]) -> int:
    from trainer.run.report import REPORTS
    from trainer.seeds import train_seeds
    from trainer.train import train

    if "resume" in given:
        options = _resumed_options(given)
    else:
        start = {"arguments": tuple(arguments), "folder": Path.cwd()}
        options = _train_options(parser, start | given)
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


def _train_options(parser: ArgumentParser, values: dict[str, Any]) -> TrainOptions:
    try:
        return TrainOptions(**values)
    except ValueError as error:
        parser.error(str(error))


def _evaluate(parser: ArgumentParser, given: dict[str, Any]) -> int:
    from trainer.evaluate import evaluate

    try:
        options = EvaluateOptions(**given)
    except ValueError as error:
        parser.error(str(error))
    if options.plot and find_spec("matplotlib") is None:
        parser.error(f"--plot needs matplotlib. To install it: {install_command('plot')}")
    evaluate(options)
    return 0


def _write_card(given: dict[str, Any]) -> int:
    from trainer.evaluation.card import write_card

    print("Written:", *write_card(given["files"]), sep="\n  ")
    return 0


def _lower_priority() -> None:
    """Let other processes have the processor first."""
    import psutil

    process = psutil.Process()
    if psutil.WINDOWS:
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        process.nice(max(10, process.nice()))


def _parsed(arguments: Sequence[str], folder: Path) -> tuple[ArgumentParser, str, dict[str, Any]]:
    """The parser of the command, its name, and those of its options that were given."""
    if not arguments or arguments[0] not in (*COMMANDS, "-h", "--help"):
        arguments = ["train", *arguments]
    given = vars(_parser(folder).parse_args(arguments))
    parser, command = given.pop("parser"), given.pop("command")
    return (
        parser,
        command,
        {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()},
    )


def _parser(folder: Path) -> ArgumentParser:
    """A parser of command lines whose relative paths start from `folder`."""
    parser = ArgumentParser(
        prog="python -m trainer",
        description="Trains the network of digitpad and evaluates its weights.",
        epilog="Without a command, 'train' runs: 'python -m trainer --epochs 1' trains for one "
        "epoch. 'python -m trainer train --help' lists the options.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary, add_options in (
        ("train", "train the network and write its weights (the default)", _add_train_options),
        ("evaluate", "evaluate a weights file on MNIST's test set", _add_evaluate_options),
        ("card", "write the model card and the README's table", _add_card_options),
    ):
        # Options that are not given have no value: their defaults are those of `trainer.options`.
        command = commands.add_parser(name, help=summary, argument_default=SUPPRESS)
        command.set_defaults(parser=command)
        add_options(command, folder)
    return parser


def _add_train_options(parser: ArgumentParser, folder: Path) -> None:
    parser.description = (
        "Train the network and write its weights. Ctrl-C stops the training early and saves the "
        "weights so far."
    )
    parser.add_argument("--recipe", choices=sorted(RECIPES), help=f"default: {TrainOptions.recipe}")
    parser.add_argument(
        "--epochs", type=_positive, metavar="N", help="default: the number that the recipe sets"
    )
    parser.add_argument(
        "--seed",
        type=_seed,
        metavar="N",
        help=f"the same seed repeats the run; default: {TrainOptions.seed}",
    )
    parser.add_argument(
        "--seeds",
        type=_positive,
        metavar="N",
        help="train N times, with the seeds from --seed upwards, and print the mean and standard "
        "deviation of the accuracies. The names of all files but the first get '-seed1' and so on. "
        "With --out, weights that the same command has finished before are not trained again",
    )
    parser.add_argument(
        "--final", action="store_true", help="train on all images and hold none out for validation"
    )
    _add_ink(parser, "learn from", folder)
    parser.add_argument(
        "--ink-holdout",
        type=_writers,
        metavar="A-B",
        help="do not learn from writers A to B of the ink files, but evaluate on them",
    )
    parser.add_argument(
        "--out",
        type=folder.joinpath,
        metavar="FILE",
        help="weights file to write; default: a new one in your digitpad data folder",
    )
    parser.add_argument(
        "--resume",
        type=folder.joinpath,
        metavar="CHECKPOINT",
        help="resume an interrupted training; it ends with the same weights as an uninterrupted "
        "one. The checkpoint is FILE.checkpoint beside the weights file, and is written after each "
        "epoch. It restores all options except --compare, --epoch-weights, --background and "
        "--progress; an option that is given again replaces the restored one",
    )
    parser.add_argument(
        "--compare",
        type=Path.cwd().joinpath,
        metavar="FILE",
        help="weights file to compare the new weights with, on MNIST's last 5,000 training images",
    )
    parser.add_argument(
        "--epoch-weights",
        type=Path.cwd().joinpath,
        metavar="FILE",
        help="write the weights to FILE after each epoch; it is deleted when the training ends",
    )
    parser.add_argument(
        "--background", action="store_true", help="let other programs have the processor first"
    )
    parser.add_argument(
        "--progress",
        choices=get_args(Progress),
        help="'json' is for programs: it writes one message per line on standard output (see "
        "digitpad/training_messages.py) and reads commands from standard input. 'stop' saves and "
        "evaluates the weights so far, 'cancel' discards them. At the end of standard input the "
        "training ends without weights but keeps its checkpoint; "
        f"default: {TrainOptions.progress}",
    )
    parser.add_argument(
        "--device",
        choices=get_args(Device),
        help=f"'auto' uses a GPU if there is one; default: {TrainOptions.device}",
    )
    parser.add_argument(
        "--data",
        choices=get_args(Data),
        help="'synthetic' trains on digits that the trainer draws, without a download; "
        f"default: {TrainOptions.data}",
    )
    _add_data_dir(parser, folder)


def _add_evaluate_options(parser: ArgumentParser, folder: Path) -> None:
    parser.description = "Evaluate a weights file on MNIST's test set and on ink files."
    parser.add_argument(
        "--weights",
        type=folder.joinpath,
        metavar="FILE",
        help="default: the weights that come with digitpad",
    )
    _add_ink(parser, "evaluate on", folder)
    parser.add_argument(
        "--writers",
        type=_writers,
        metavar="A-B",
        help="evaluate only on the drawings of writers A to B of the ink files",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument(
        "--plot",
        type=_png,
        metavar="FILE.png",
        help="also draw the confusion matrix, the reliability and the worst mistakes",
    )
    _add_data_dir(parser, folder)


def _add_card_options(parser: ArgumentParser, folder: Path) -> None:
    parser.description = (
        "Write assets/MODEL_CARD.md and the README's table, in a checkout, from the metadata of "
        "the bundled weights and of other weights files. The text of the card is in "
        "trainer/evaluation/model_card.md."
    )
    parser.add_argument(
        "files",
        type=folder.joinpath,
        nargs="*",
        metavar="FILE",
        default=[],
        help="weights files of other runs; default: the runs in assets/runs.json",
    )


def _add_data_dir(parser: ArgumentParser, folder: Path) -> None:
    parser.add_argument(
        "--data-dir",
        type=folder.joinpath,
        metavar="DIR",
        help="folder that holds MNIST/raw; MNIST is downloaded to it if it is missing; "
        "default: DIGITPAD_DATA_DIR, or else your cache folder",
    )


def _add_ink(parser: ArgumentParser, purpose: str, folder: Path) -> None:
    parser.add_argument(
        "--ink",
        type=folder.joinpath,
        metavar="FILE",
        action="append",
        help=f"labelled ink file to {purpose}: UNIPEN or Quick, Draw! ndjson; may be repeated",
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"must be an integer ≥ 1, not {text!r}")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_SEED:
        raise ArgumentTypeError(f"must be an integer from 0 to {_LARGEST_SEED:,}, not {text!r}")
    return int(text)


def _png(text: str) -> Path:
    if Path(text).suffix.lower() != ".png":
        raise ArgumentTypeError(f"must end in .png, not {text!r}")
    return Path(text)


def _writers(text: str) -> range:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        raise ArgumentTypeError(f"must be a range such as 26-30, not {text!r}")
    return range(int(first), int(last) + 1)
