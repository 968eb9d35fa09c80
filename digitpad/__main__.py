"""The command line: opens the window, or recognizes the drawings in files."""

from __future__ import annotations

import signal

# Until something can answer it, Ctrl-C ends the process at once and in silence.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import digitpad

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from digitpad.recognizer import Recognizer

# Each command imports only what it needs: the window opens sooner, and `recognize` needs no Qt.
# ruff: noqa: PLC0415


def main(argv: Sequence[str] | None = None) -> int:
    """Run digitpad with `argv`, by default the arguments of the process; return the exit code."""
    try:
        words = list(sys.argv[1:] if argv is None else argv)
        if not words:  # saves the import of argparse
            return _open_window(None, ())
        if (rest := _after_command(words)) is not None:
            arguments = _recognize_parser().parse_args(rest)
            return _recognize(
                arguments.files,
                arguments.weights,
                arguments.hand,
                as_json=arguments.json,
                single=arguments.single,
            )
        parser = _window_parser()
        arguments = parser.parse_intermixed_args(words)
        for file in arguments.files:
            if not os.path.exists(file):  # noqa: PTH110  # unlike Path.exists, it never raises
                parser.error(f"{file}: there is no such file and no such command")
        return _open_window(arguments.weights, [Path(file) for file in arguments.files])
    except KeyboardInterrupt:
        return 130  # the exit code of shells for a process ended by Ctrl-C


def _after_command(words: list[str]) -> list[str] | None:
    """The arguments of the command `recognize`; None if there is another or no command.

    Before the command, there may be weights.
    """
    before = 2 if words[0] == "--weights" else int(words[0].startswith("--weights="))
    if words[before : before + 1] != ["recognize"]:
        return None
    return [*words[:before], *words[before + 1 :]]


def _window_parser() -> ArgumentParser:
    from digitpad.terminal import CommandParser

    parser = CommandParser(
        prog="digitpad",
        description="Draw a digit, see the answer. Opens the window.",
        epilog="To recognize the drawings in files without a window: digitpad recognize --help",
    )
    parser.add_argument("--version", action="version", version=f"digitpad {digitpad.__version__}")
    _add_weights(parser)
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="picture or ink file to open in the window"
    )
    return parser


def _recognize_parser() -> ArgumentParser:
    from digitpad.terminal import CommandParser

    parser = CommandParser(
        prog="digitpad recognize",
        description="Recognize the drawings in pictures and ink files (UNIPEN or Quick, Draw! "
        "ndjson). Writes one line per drawing: the digit or number, with a ? if it is unsure, and "
        "its probability, or that it is not a digit; the file, and the index of the drawing in the "
        "file, from 0. Exit code: 0 if everything could be read, 1 if not, 2 for wrong arguments.",
    )
    _add_weights(parser)
    parser.add_argument(
        "--hand",
        type=Path,
        metavar="FILE",
        help="learn first from the labelled drawings in this ink file, such as those that the "
        "window keeps when you correct its answers",
    )
    parser.add_argument(
        "--single", action="store_true", help="take each drawing for one digit, never for a number"
    )
    parser.add_argument("--json", action="store_true", help="write one JSON object per drawing")
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="picture or ink file; - for standard input"
    )
    return parser


def _add_weights(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="weights file to use instead of the bundled one",
    )


def _open_window(weights: Path | None, files: Sequence[Path]) -> int:
    from digitpad.window.app import run

    return run(weights, files)


def _recognize(
    files: Sequence[str],
    weights: Path | None,
    hand: Path | None,
    *,
    as_json: bool,
    single: bool,
) -> int:
    from digitpad.network import WeightsError
    from digitpad.recognize import recognize
    from digitpad.recognizer import Recognizer
    from digitpad.terminal import lead_nowhere, open_closed_streams, say
    from digitpad.weights_store import bundled_weights

    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    open_closed_streams()
    if sys.stdout is None:
        say("digitpad: cannot write the output: standard output is closed")
        return 1
    try:
        recognizer = Recognizer(weights or bundled_weights())
    except WeightsError as error:
        say(f"digitpad: {error}; use other weights with --weights FILE")
        return 2
    if hand and not _learn(recognizer, hand):
        return 2
    try:
        is_complete = recognize(files, recognizer, sys.stdout, say, as_json=as_json, single=single)
        sys.stdout.flush()
    except OSError as error:
        # The reader of the output is gone, or the disk is full. Python would try again at exit.
        lead_nowhere(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return 0
        say(f"digitpad: cannot write the output: {error.strerror}")
        return 1
    return 0 if is_complete else 1


def _learn(recognizer: Recognizer, path: Path) -> bool:
    """Learn from the labelled drawings in an ink file; whether there are any."""
    from digitpad.hand.anchors import load_anchors
    from digitpad.hand.corrections import correction_of
    from digitpad.hand.memory import Learner
    from digitpad.inkfile import BadLines, InkFileError, read_ink
    from digitpad.terminal import say

    bad_lines = BadLines(str(path), say)
    try:
        samples = read_ink(path, bad_lines)
        corrections = [found for each in samples if (found := correction_of(each))]
    except InkFileError as error:
        say(f"digitpad: {error}; name another file with --hand")
        return False
    bad_lines.report_rest()
    if not corrections:
        say(f"digitpad: {path}: no drawing is labelled with a digit")
        return False
    learner = Learner(recognizer, load_anchors())
    recognizer.hand = learner.learn(map(learner.lesson, corrections))
    return True


if __name__ == "__main__":
    sys.exit(main())
