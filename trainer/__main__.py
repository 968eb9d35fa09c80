"""`python -m trainer`: checks that training is possible here, then runs the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from digitpad.training.installation import install_command, missing_package
from digitpad.training.messages import RunEnded, to_json


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv`, or that of this process, and return the exit code."""
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
    print(f"python -m trainer: {problem}\n{install_command()}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
