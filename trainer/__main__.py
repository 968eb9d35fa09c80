"""The trainer's command line: `python -m trainer` and `python -m trainer evaluate`."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from digitpad.models import bundled_weights
from digitpad.network import WeightsError
from trainer import commands
from trainer.commands import OutputError
from trainer.data import DataError, default_data_dir
from trainer.loop import TrainingError
from trainer.recipe import PAD, RECIPES


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 failed, 2 usage or data missing, 128 + a signal."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    is_evaluate = arguments[:1] == ["evaluate"]
    parser = _evaluate_parser() if is_evaluate else _train_parser()
    options = parser.parse_args(arguments[1:] if is_evaluate else arguments)
    try:
        if is_evaluate:
            return commands.evaluate(options)
        return commands.train(options, shlex.join(["python", "-m", "trainer", *arguments]))
    except (DataError, WeightsError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    except (TrainingError, OutputError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1


def _train_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainer",
        description="Train the Net and write its weights. Ctrl-C ends the training early and "
        "keeps what was reached.",
        epilog="'python -m trainer evaluate' measures a weights file; it has its own --help.",
    )
    parser.add_argument(
        "--recipe", choices=sorted(RECIPES), default=PAD.name, help="default: %(default)s"
    )
    parser.add_argument(
        "--epochs", type=_positive, metavar="N", help="instead of the recipe's own number"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--final",
        action="store_true",
        help="train on all images, with none held out for validation",
    )
    _add_ink(parser, "to learn from")
    parser.add_argument(
        "--ink-holdout",
        type=_writers,
        metavar="A-B",
        help="do not learn from the ink files' writers A to B, but measure on them",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the weights file to write; default: a new one in your digitpad data folder",
    )
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    _add_data_dir(parser)
    return parser


def _evaluate_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
    _add_ink(parser, "to measure on")
    parser.add_argument(
        "--writers",
        type=_writers,
        metavar="A-B",
        help="of the ink files only the drawings of writers A to B",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    _add_data_dir(parser)
    return parser


def _add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        default=default_data_dir(),
        help="holds MNIST/raw, and is where MNIST is downloaded to; "
        "default: DIGITPAD_DATA_DIR, else %(default)s",
    )


def _add_ink(parser: argparse.ArgumentParser, purpose: str) -> None:
    parser.add_argument(
        "--ink",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help=f"a labelled ink file {purpose}, UNIPEN or Quick, Draw! ndjson; may be repeated",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _writers(text: str) -> range:
    first, _, last = text.partition("-")
    writers = range(int(first), int(last or first) + 1)
    if not writers:
        raise ValueError
    return writers


if __name__ == "__main__":
    sys.exit(main())
