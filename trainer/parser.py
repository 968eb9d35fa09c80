"""The trainer's command line: `train`, which is the default, and other commands."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from digitpad.terminal import CommandParser
from digitpad.training.recipe import RECIPES
from digitpad.training.writers import Writers, parse_writers
from trainer.options import Data, Device, Kind, Progress, TrainOptions, UnipenOptions

_COMMANDS = ("train", "evaluate", "unipen", "anchors", "numbers", "card")
_LARGEST_SEED = 2**32 - 1


def parse(arguments: Sequence[str], folder: Path) -> tuple[ArgumentParser, str, dict[str, Any]]:
    """The parser of the command, its name, and those of its options that were given.

    Relative paths start in `folder`. Raises SystemExit after --help and for wrong usage.
    """
    if not arguments or arguments[0] not in (*_COMMANDS, "-h", "--help"):
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
    parser = CommandParser(
        prog="python -m trainer",
        description="Trains the network of digitpad and evaluates its weights.",
        epilog="Without a command, 'train' runs: 'python -m trainer --epochs 1' trains for one "
        "epoch. 'python -m trainer train --help' lists the options.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary, add_options in (
        ("train", "train the network and write its weights (the default)", _add_train_options),
        ("evaluate", "evaluate a weights file on MNIST's test set", _add_evaluate_options),
        ("unipen", "make ink files to train with from UNIPEN's distribution", _add_unipen_options),
        ("anchors", "cut the digits by which corrections are checked", _add_anchors_options),
        ("numbers", "fit how strokes are put together to numbers", _add_numbers_options),
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
        metavar="LIST",
        help="do not learn from these writers of the ink files, but evaluate on them: their "
        "numbers or names, or the names of splits, such as 26-30,choose. The split 'choose' also "
        "decides the temperature and the thresholds of the verdict",
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
        "digitpad/training/messages.py) and reads commands from standard input. 'stop' saves and "
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
        "--split",
        type=_writers,
        metavar="LIST",
        help="evaluate only on these writers or splits of the ink files, each on its own, such as "
        "26-30,choose",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument(
        "--plot",
        type=_png,
        metavar="FILE.png",
        help="also draw the confusion matrix, the reliability and the worst mistakes",
    )
    _add_data_dir(parser, folder)


def _add_unipen_options(parser: ArgumentParser, folder: Path) -> None:
    parser.description = (
        "Cut drawings from UNIPEN's train_r01_v07, as it can be downloaded from Zenodo (doi "
        "10.5281/zenodo.1195803), and write them as ndjson, with a writer and a split for each. "
        "'train' and 'evaluate' take such a file as --ink."
    )
    parser.add_argument(
        "folder",
        type=folder.joinpath,
        metavar="FOLDER",
        help="the unpacked distribution: the folder that holds data and include, or one above it",
    )
    parser.add_argument(
        "-o", "--out", type=folder.joinpath, metavar="FILE", required=True, help="file to write"
    )
    parser.add_argument(
        "--kind",
        choices=get_args(Kind),
        help="what to cut: digits, letters and signs, or numbers of two to ten digits; "
        f"default: {UnipenOptions.kind}",
    )


def _add_anchors_options(parser: ArgumentParser, folder: Path) -> None:
    parser.description = (
        "Cut anchors from MNIST's training images and from ink files: the digits of other people "
        "by which the window checks what it learns from corrections. The bundled ones are "
        "assets/anchors.npz."
    )
    _add_ink(parser, "cut from", folder)
    _add_holdout(parser, "leave out these writers or splits of the ink files")
    parser.add_argument(
        "-o", "--out", type=folder.joinpath, metavar="FILE", required=True, help="file to write"
    )
    _add_data_dir(parser, folder)


def _add_numbers_options(parser: ArgumentParser, folder: Path) -> None:
    parser.description = (
        "Fit the weights by which digitpad decides which strokes belong to one digit, on digits, "
        "numbers and letters in ink files, and print them. They are in digitpad/numbers/path.py."
    )
    _add_ink(parser, "fit on", folder, required=True)
    _add_holdout(parser, "only count the errors on these writers or splits")


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


def _add_holdout(parser: ArgumentParser, purpose: str) -> None:
    parser.add_argument(
        "--ink-holdout",
        type=_writers,
        metavar="LIST",
        help=f"{purpose}, such as 26-30,choose",
    )


def _add_ink(parser: ArgumentParser, purpose: str, folder: Path, *, required: bool = False) -> None:
    parser.add_argument(
        "--ink",
        type=folder.joinpath,
        metavar="FILE",
        action="append",
        required=required,
        help=f"labelled ink file to {purpose}: UNIPEN or Quick, Draw! ndjson; may be repeated. "
        "Letters and other signs in it are what is not a digit",
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


def _writers(text: str) -> tuple[Writers, ...]:
    try:
        return parse_writers(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
