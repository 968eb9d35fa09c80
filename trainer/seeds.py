"""Trains with several seeds, one after another: `--seeds`."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from digitpad.network import WeightsError, read_weights
from trainer.evaluation.summary import table
from trainer.options import TrainOptions
from trainer.run.checkpoint import CheckpointError, read_checkpoint
from trainer.run.output import OutputError, check_available, new_weights
from trainer.run.report import Report, say
from trainer.train import train


def train_seeds(options: TrainOptions, report: Report) -> int:
    """Train with each seed, print a table of their metrics, and return the exit code.

    The weights of the first seed go to `--out`, those of seed 1 to the same name with `-seed1`, and
    so on. Finished weights of the same command are not trained again, so that an interrupted
    command can be repeated. Raises what `trainer.train.train` raises.
    """
    with ExitStack() as stack:
        out = options.out or stack.enter_context(new_weights(options.recipe))
        return _train_seeds(options, out, report)


def _train_seeds(options: TrainOptions, out: Path, report: Report) -> int:
    seeds = range(options.seed, options.seed + options.seeds)
    resumed = _resumed_seed(options.resume, seeds)
    if resumed is not None:
        out = _first_file(out, resumed, seeds)
    files = {seed: _file(out, seed, seeds) for seed in seeds}
    for seed, file in files.items():
        if seed != resumed:
            check_available(file)
    metrics = {}
    for seed, file in files.items():
        if seed != resumed and _metrics(file, seed, options):
            say(f"Seed {seed}: already in {file}")
        else:
            say(f"Seed {seed}")
            resume = options.resume if seed == resumed else None
            if code := train(replace(options, seed=seed, out=file, resume=resume), report):
                return code
        metrics[seed] = _metrics(file, seed, options)
        if not metrics[seed]:
            raise OutputError(f"{file} has no metrics. Free some space, then start again")
    print(table(metrics))
    return 0


def _resumed_seed(checkpoint: Path | None, seeds: range) -> int | None:
    """The seed of the run that is resumed, if any. Raises CheckpointError."""
    if checkpoint is None:
        return None
    seed = read_checkpoint(checkpoint).provenance["seed"]
    if seed not in seeds:
        raise CheckpointError(
            f"{checkpoint} is of a run with the seed {seed}; leave out --seed and --seeds"
        )
    return int(seed)


def _file(out: Path, seed: int, seeds: range) -> Path:
    return out if seed == seeds[0] else out.with_stem(f"{out.stem}-seed{seed}")


def _first_file(file: Path, seed: int, seeds: range) -> Path:
    """The weights file of the first seed; `file` is that of `seed`."""
    return file if seed == seeds[0] else file.with_stem(file.stem.removesuffix(f"-seed{seed}"))


def _metrics(file: Path, seed: int, options: TrainOptions) -> list[dict[str, Any]]:
    """The metrics in `file`; empty unless the same command and recipe trained it with `seed`."""
    try:
        metadata = read_weights(file).metadata
    except WeightsError:
        return []
    expected = [options.command, seed, options.run_recipe.settings()]
    if [metadata.get(name) for name in ("command", "seed", "recipe")] != expected:
        return []
    metrics: list[dict[str, Any]] = metadata.get("metrics", [])
    return metrics
