"""The trainer's command line: `python -m trainer`, and with `evaluate` or `card` after it."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path

from digitpad.training_messages import RunEnded, to_json


def _installation() -> str:
    """The command that installs what training needs and drawing does not, wherever it is run."""
    try:
        declared = [each.partition(";") for each in requires("digitpad") or []]
        needed = [need for need, _, marker in declared if "extra == 'train'" in marker]
    except PackageNotFoundError:  # a checkout that is not installed: it needs all
        needed = ["-e", f"{Path(__file__).parents[1]}[train]"]
    program = f'"{sys.executable}"' if os.name == "nt" else shlex.quote(sys.executable)
    return " ".join([program, "-m", "pip", "install", *(f'"{need}"' for need in needed)])


# In a checkout that is not installed at all, psutil and the like may be missing as well.
_NEEDED = ("torch", "torchvision", "tqdm", "psutil", "safetensors", "platformdirs")
if _missing := [name for name in _NEEDED if find_spec(name) is None]:
    _why = (
        f"{_missing[0]} is not installed. Drawing does without it, but training needs it. "
        "This installs it, in a terminal:"
    )
    # There is no parser yet: it needs torch itself.
    if not {"json", "--progress=json"}.isdisjoint(sys.argv):
        print(to_json(RunEnded("failed", _why, command=_installation())))
    print(f"python -m trainer: {_why}\n{_installation()}", file=sys.stderr)
    sys.exit(2)
try:
    import psutil

    from digitpad.network import WeightsError
    from digitpad.recipe import PAD, RECIPES
    from digitpad.weights_store import bundled_weights, checkpoint_file, weights_file
    from trainer import train as commands
    from trainer.data.digits import DataError, DataMissingError
    from trainer.data.mnist import default_data_dir
    from trainer.evaluation.card import CardError, write_card
    from trainer.loop import TrainingError
    from trainer.run.checkpoint import (
        Checkpoint,
        CheckpointError,
        read_checkpoint,
    )
    from trainer.run.output import OutputError
    from trainer.run.report import REPORTS, Report
    from trainer.seeds import train_seeds
except KeyboardInterrupt:  # torch takes a second to import, and whoever sees a slip is faster
    sys.exit(128 + signal.SIGINT)


_LARGEST_SEED = 2**32 - 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 usage or data missing, 128 + a signal."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    command = arguments[0] if arguments and arguments[0] in ("evaluate", "card") else "train"
    if command == "train":
        parser, rest = _train_parser(Path.cwd()), arguments
    else:
        parser = _evaluate_parser() if command == "evaluate" else _card_parser()
        rest = arguments[1:]
    options = parser.parse_args(rest)
    report = REPORTS[options.progress]
    try:
        if command == "evaluate":
            return _evaluate(parser, options)
        if command == "card":
            print("Written:", *write_card(options.files), sep="\n  ")
            return 0
        return _train(parser, options, arguments, report)
    except KeyboardInterrupt:
        report(RunEnded("stopped"))
        print("Stopped at once", file=sys.stderr)
        return 128 + signal.SIGINT
    except (CardError, CheckpointError, DataError, WeightsError) as error:
        failure: Exception = error
        code = 2
    except (OutputError, TrainingError) as error:
        failure, code = error, 1
    lacks_data = isinstance(failure, DataMissingError)
    report(RunEnded("failed", str(failure), data_missing=lacks_data))
    notes = getattr(failure, "__notes__", [])
    print(f"{parser.prog}: {failure}", *notes, sep="\n", file=sys.stderr)
    return code


def _evaluate(parser: ArgumentParser, options: Namespace) -> int:
    if options.writers and not options.ink:
        parser.error("--writers is about the drawings of --ink")
    if options.plot and find_spec("matplotlib") is None:
        parser.error(f"matplotlib is not installed; --plot needs: {_installation()}")
    return commands.evaluate(options)


def _train(parser: ArgumentParser, options: Namespace, arguments: list[str], report: Report) -> int:
    options.arguments, options.folder = arguments, str(Path.cwd())
    begun = None
    if options.resume:
        begun = read_checkpoint(options.resume)
        options = parser.parse_args(arguments, _begun_options(options.resume, begun))
    _check(parser, options)
    if options.background:
        _step_back()
    if options.seeds > 1:
        return train_seeds(options, begun, report)
    return commands.train(options, begun, report)


def _begun_options(path: Path, begun: Checkpoint) -> Namespace:
    """What the run with the checkpoint `path` was begun with."""
    options = _train_parser(Path(begun.folder)).parse_args(begun.arguments)
    options.arguments, options.folder = begun.arguments, begun.folder
    options.out = weights_file(path)
    del options.progress, options.epoch_weights, options.background  # of that process, not the run
    return options


def _check(parser: ArgumentParser, options: Namespace) -> None:
    """Exit with 2 where options do not go together."""
    if options.ink_holdout and not options.ink:
        parser.error("--ink-holdout is about the writers of --ink")
    if options.seeds > 1 and options.progress == "json":
        parser.error("--progress json tells of one run: not together with --seeds")
    if options.out and options.epoch_weights:
        out = options.out.absolute()
        if options.epoch_weights.absolute() in {out, checkpoint_file(out)}:
            parser.error("--epoch-weights names a file that the run needs; it goes in the end")


def _step_back() -> None:
    """Let other processes have the processor first."""
    process = psutil.Process()
    if psutil.WINDOWS:
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        process.nice(max(10, process.nice()))


def _train_parser(folder: Path) -> ArgumentParser:
    """Relative paths start from `folder`."""
    parser = ArgumentParser(
        prog="python -m trainer",
        description="Train the Net and write its weights. Ctrl-C ends the training early and "
        "keeps what was reached.",
        epilog="'python -m trainer evaluate' measures a weights file, and 'python -m trainer card' "
        "writes the model card; both have their own --help.",
    )
    parser.add_argument(
        "--recipe", choices=sorted(RECIPES), default=PAD.name, help="default: %(default)s"
    )
    parser.add_argument(
        "--epochs", type=_positive, metavar="N", help="instead of the recipe's own number"
    )
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--seeds",
        type=_positive,
        default=1,
        metavar="N",
        help="train N times, with the seeds from --seed on, and print mean and standard deviation "
        "of what they reach. All but the first write to names with '-seed1' and so on. Where --out "
        "says so, what the same command has finished before is not trained again",
    )
    parser.add_argument(
        "--final",
        action="store_true",
        help="train on all images, with none held out for validation",
    )
    _add_ink(parser, "to learn from", folder)
    parser.add_argument(
        "--ink-holdout",
        type=_writers,
        metavar="A-B",
        help="do not learn from the ink files' writers A to B, but measure on them",
    )
    parser.add_argument(
        "--out",
        type=folder.joinpath,
        metavar="FILE",
        help="the weights file to write; default: a new one in your digitpad data folder",
    )
    parser.add_argument(
        "--resume",
        type=folder.joinpath,
        metavar="CHECKPOINT",
        help="go on with a training that was interrupted, and end with the same weights as if it "
        "had not been. Until a training is finished, its checkpoint is beside the weights file, "
        "named FILE.checkpoint; it is written after each epoch. It knows all options but the "
        "three below",
    )
    parser.add_argument(
        "--epoch-weights",
        type=Path.cwd().joinpath,
        metavar="FILE",
        help="after each epoch write its weights there, for a look at them; when the run ends, "
        "FILE is deleted",
    )
    parser.add_argument("--compare", type=Path.cwd().joinpath, metavar="FILE")
    parser.add_argument(
        "--background",
        action="store_true",
        help="leave the processor to other programs where they need it",
    )
    parser.add_argument(
        "--progress",
        choices=sorted(REPORTS),
        default="bar",
        help="'json' is for programs: a message per line on standard output (see "
        "digitpad/training_messages.py). A line on standard input ends the training early: 'stop' "
        "writes and measures what was reached, 'cancel' writes nothing. The end of standard input, also "
        "where it is empty from the start, writes nothing either, but keeps the checkpoint; "
        "default: %(default)s",
    )
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument(
        "--data",
        choices=["mnist", "synthetic"],
        default="mnist",
        help="'synthetic' are digits that the trainer draws itself: no download; "
        "default: %(default)s",
    )
    _add_data_dir(parser, folder)
    return parser


def _evaluate_parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m trainer evaluate",
        description="Measure a weights file on MNIST's test set and on ink files.",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        default=bundled_weights(),
        help="default: the weights that come with digitpad",
    )
    _add_ink(parser, "to measure on", Path())
    parser.add_argument(
        "--writers",
        type=_writers,
        metavar="A-B",
        help="of the ink files only the drawings of writers A to B",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.add_argument(
        "--plot",
        type=_png,
        metavar="FILE.png",
        help="draw a picture as well: confusion, reliability, and the worst mistakes",
    )
    _add_data_dir(parser, Path())
    parser.set_defaults(progress="none")
    return parser


def _card_parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m trainer card",
        description="Write assets/MODEL_CARD.md and the README's table, in a checkout, from what "
        "the bundled weights and others say of themselves. The card's prose is in "
        "trainer/evaluation/model_card.md.",
    )
    parser.add_argument(
        "files",
        type=Path,
        nargs="*",
        metavar="FILE",
        help="the weights files of other runs, of the same recipe or of others; default: the runs "
        "of last time, which are in assets/runs.json",
    )
    parser.set_defaults(progress="none")
    return parser


def _add_data_dir(parser: ArgumentParser, folder: Path) -> None:
    parser.add_argument(
        "--data-dir",
        type=folder.joinpath,
        metavar="DIR",
        default=folder / default_data_dir(),
        help="holds MNIST/raw, and is where MNIST is downloaded to; "
        "default: DIGITPAD_DATA_DIR, else %(default)s",
    )


def _add_ink(parser: ArgumentParser, purpose: str, folder: Path) -> None:
    parser.add_argument(
        "--ink",
        type=folder.joinpath,
        metavar="FILE",
        action="append",
        default=[],
        help=f"a labelled ink file {purpose}, UNIPEN or Quick, Draw! ndjson; may be repeated",
    )


def _positive(text: str) -> int:
    return _whole(text, lowest=1)


def _whole(text: str, lowest: int = 0) -> int:
    if not text.isdecimal() or int(text) < lowest:
        raise ArgumentTypeError(f"a whole number from {lowest} on, not {text!r}")
    return int(text)


def _seed(text: str) -> int:
    if (seed := _whole(text)) > _LARGEST_SEED:
        raise ArgumentTypeError(f"a seed is at most {_LARGEST_SEED:,}, not {seed:,}")
    return seed


def _png(text: str) -> Path:
    if Path(text).suffix.lower() != ".png":
        raise ArgumentTypeError(f"the picture is a PNG: its name must end in .png, not {text!r}")
    return Path(text)


def _writers(text: str) -> range:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        raise ArgumentTypeError(f"two numbers with the smaller one first, as 26-30, not {text!r}")
    return range(int(first), int(last) + 1)


if __name__ == "__main__":
    sys.exit(main())
