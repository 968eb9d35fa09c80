"""Prints the benchmarks' figures, all or those named; exit code 1 if one is beyond its bound."""

import argparse
import sys
from pathlib import Path

import trainer  # noqa: F401  # before torch, for its settings of the environment
from tests.benchmarks import (
    forward,
    hand,
    latency,
    photos,
    sheet,
    soak,
    startup,
    training,
    training_window,
)

BENCHMARKS = {
    "startup": startup.run,
    "forward": forward.run,
    "latency": latency.run,
    "sheet": sheet.run,
    "soak": soak.run,
    "training": training.run,
    "training_window": training_window.run,
    "photos": photos.run,
}


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "name", nargs="*", help=f"of {', '.join(BENCHMARKS)}; default: all; or hand FILE.ndjson"
    )
    parser.add_argument("--weights", type=Path, help="for hand")
    arguments = parser.parse_args()
    names = arguments.name or list(BENCHMARKS)
    if names[0] == "hand":
        if len(names) != 2:
            parser.error("hand needs an ink file with writers")
        return _print(hand.run(Path(names[1]), arguments.weights))
    if unknown := set(names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    return _print(figure for name in names for figure in BENCHMARKS[name]())


def _print(figures):
    within = True
    for figure in figures:
        print(figure, flush=True)
        within &= figure.is_within_bound
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
