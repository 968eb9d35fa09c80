"""`python -m trainer`: checks that training is possible here, then runs the command line."""

from __future__ import annotations

import signal

# Until something can answer it, Ctrl-C ends the process at once and in silence.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import sys
from collections.abc import Sequence

from digitpad.terminal import open_closed_streams, say
from digitpad.training.installation import install_command, missing_package
from digitpad.training.messages import RunEnded, to_json


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv`, or that of this process, and return the exit code."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    open_closed_streams()
    arguments = sys.argv[1:] if argv is None else list(argv)
    wants_help = not {"-h", "--help"}.isdisjoint(arguments)
    if not wants_help and (missing := missing_package()):
        return _explain_what_is_missing(missing, arguments)
    from trainer.cli import run_command  # noqa: PLC0415  # it imports what may be missing

    return run_command(arguments)


def _explain_what_is_missing(package: str, arguments: Sequence[str]) -> int:
    problem = (
        f"{package} is not installed. Drawing works without it, but training needs it. "
        "To install it, run this command in a terminal:"
    )
    if not {"json", "--progress=json"}.isdisjoint(arguments):
        print(to_json(RunEnded("failed", problem, command=install_command())))
    say(f"python -m trainer: {problem}")
    say(install_command())
    return 2


if __name__ == "__main__":
    sys.exit(main())
