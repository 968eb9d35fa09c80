"""The command line: opens the window, or recognizes the drawings in files."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import digitpad

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

# Each command imports only what it needs: the window opens sooner, and `recognize` needs no Qt.
# ruff: noqa: PLC0415


def main(argv: Sequence[str] | None = None) -> int:
    """Run digitpad with `argv`, by default the arguments of the process; return the exit code."""
    try:
        words = sys.argv[1:] if argv is None else argv
        if not words:  # saves the import of argparse
            return _open_window(None)
        arguments = _parse(words)
        if arguments.command == "recognize":
            return _recognize(arguments.files, arguments.weights, as_json=arguments.json)
        return _open_window(arguments.weights)
    except KeyboardInterrupt:
        return 130  # the exit code of shells for a process ended by Ctrl-C


def _parse(words: Sequence[str]) -> Namespace:
    parser = _parser()
    # Unlike Path.is_file, os.path.isfile never raises.
    if words[0] != "recognize" and os.path.isfile(words[0]):  # noqa: PTH113
        parser.error(
            "to recognize a picture or an ink file: digitpad recognize FILE, or Ctrl+O in the "
            "window; to use other weights: digitpad --weights FILE"
        )
    return parser.parse_args(words)


def _parser() -> ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(
        prog="digitpad",
        description="Draw a digit, see the answer. Opens the window if no command is given.",
    )
    parser.add_argument("--version", action="version", version=f"digitpad {digitpad.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    recognize = commands.add_parser(
        "recognize",
        help="recognize the drawings in files",
        description="Recognize the drawings in pictures and ink files (UNIPEN or Quick, Draw! "
        "ndjson). Writes one line per drawing: the digit, with a ? if it is unsure, and its "
        "probability, or that it is not a digit; the file, and the index of the drawing in the "
        "file, from 0. Exit code: 0 if everything could be read, 1 if not, 2 for wrong arguments.",
    )
    # Without SUPPRESS, the command's default would override a --weights before the command.
    for each, default in ((parser, None), (recognize, argparse.SUPPRESS)):
        each.add_argument(
            "--weights",
            type=Path,
            default=default,
            metavar="FILE",
            help="weights file to use instead of the bundled one",
        )
    recognize.add_argument("--json", action="store_true", help="write one JSON object per drawing")
    recognize.add_argument("files", nargs="+", metavar="FILE", help="picture or ink file")
    return parser


def _open_window(weights: Path | None) -> int:
    from digitpad.window.app import run

    return run(weights)


def _recognize(files: Sequence[str], weights: Path | None, *, as_json: bool) -> int:
    from digitpad.network import WeightsError
    from digitpad.recognize import recognize
    from digitpad.recognizer import Recognizer
    from digitpad.weights_store import bundled_weights

    try:
        recognizer = Recognizer(weights or bundled_weights())
    except WeightsError as error:
        print(f"digitpad: {error}; use other weights with --weights FILE", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):  # file names need not be valid text
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        is_complete = recognize(files, recognizer, sys.stdout, sys.stderr, as_json=as_json)
        sys.stdout.flush()
    except OSError as error:
        # The reader of the output is gone, or the disk is full. Python would try again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 0
        print(f"digitpad: cannot write the output: {error.strerror}", file=sys.stderr)
        return 1
    return 0 if is_complete else 1


if __name__ == "__main__":
    sys.exit(main())
