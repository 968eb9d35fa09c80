"""Prints the benchmarks' figures, all or those named; exit code 1 if one is beyond its bound."""

import argparse
import sys

import trainer  # noqa: F401  # before torch, for its settings of the environment
from tests.benchmarks import (
    forward,
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
    parser.add_argument("name", nargs="*", help=f"of {', '.join(BENCHMARKS)}; default: all")
    names = parser.parse_args().name or list(BENCHMARKS)
    if unknown := set(names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    within = True
    for name in names:
        for figure in BENCHMARKS[name]():
            print(figure, flush=True)
            within &= figure.is_within_bound
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
