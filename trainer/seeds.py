"""Trains with several seeds, one after another."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digitpad.network import WeightsError, read_weights
from digitpad.weights_store import checkpoint_file, new_weights_file
from trainer.evaluation.summary import table
from trainer.run.checkpoint import Checkpoint, CheckpointError
from trainer.run.output import OutputError, check_not_interrupted
from trainer.run.report import Report, say
from trainer.train import command_line, recipe_of, train


def train_seeds(options: Namespace, begun: Checkpoint | None, report: Report) -> int:
    """Train with each seed, then print what they reached; the exit code.

    The weights of the first seed go to `--out`, those of the seed 1 to the same name with `-seed1`.
    Where the same command has written a seed's weights before, these count, so that a command which
    was interrupted goes on. Raises what `trainer.train.train` raises.
    """
    seeds = range(options.seed, options.seed + options.seeds)
    out = options.out or new_weights_file(options.recipe, datetime.now(UTC))
    at = None
    if begun:
        at = begun.made_with["seed"]
        if at not in seeds:
            raise CheckpointError(
                f"{options.resume} is of another run: its seed is {at}. "
                "Leave out --seed and --seeds"
            )
        out = _without_seed(out, at, seeds)
    files = {seed: _with_seed(out, seed, seeds) for seed in seeds}
    for seed, file in files.items():
        if seed != at:
            check_not_interrupted(file, checkpoint_file(file))
    command, recipe = command_line(options), recipe_of(options).settings()
    metrics = {}
    for seed, file in files.items():
        if seed == at or not _metrics(file, seed, command, recipe):
            say(f"Seed {seed}")
            resume = options.resume if seed == at else None
            its_options = vars(options) | {"seed": seed, "out": file, "resume": resume}
            if code := train(Namespace(**its_options), begun if seed == at else None, report):
                return code
        else:
            say(f"Seed {seed}: the same command has written {file} before")
        metrics[seed] = _metrics(file, seed, command, recipe)
        if not metrics[seed]:
            raise OutputError(f"{file} lacks how well it reads; make room, then start again")
    print(table(metrics))
    return 0


def _with_seed(out: Path, seed: int, seeds: range) -> Path:
    return out if seed == seeds[0] else out.with_stem(f"{out.stem}-seed{seed}")


def _without_seed(file: Path, seed: int, seeds: range) -> Path:
    return file if seed == seeds[0] else file.with_stem(file.stem.removesuffix(f"-seed{seed}"))


def _metrics(file: Path, seed: int, command: str, recipe: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of a finished training with `seed` by `command`; none where `file` is not its, or
    where the recipe was another one then."""
    try:
        metadata = read_weights(file).metadata
    except WeightsError:
        return []
    made_with = [metadata.get(name) for name in ("command", "seed", "recipe")]
    is_its = made_with == [command, seed, recipe]
    found: list[dict[str, Any]] = metadata.get("metrics", []) if is_its else []
    return found
