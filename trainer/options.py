"""The options of the trainer's commands, typed and checked."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from digitpad.training.recipe import PAD, RECIPES, Recipe
from digitpad.training.writers import Writers

Data = Literal["mnist", "synthetic"]
Device = Literal["auto", "cpu", "cuda"]
Kind = Literal["digits", "letters", "numbers"]
Progress = Literal["bar", "json", "none"]

PROCESS_OPTIONS = frozenset({"resume", "compare", "epoch_weights", "background", "progress"})
"""Options of a process, not of its run: a resumed run does not take them from its checkpoint."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """Options of `python -m trainer train`. Raises ValueError if they contradict each other."""

    recipe: str = PAD.name
    epochs: int | None = None
    """None: as many as the recipe says."""
    seed: int = 0
    seeds: int = 1
    final: bool = False
    ink: tuple[Path, ...] = ()
    ink_holdout: tuple[Writers, ...] = ()
    out: Path | None = None
    """None: a new file in the digitpad data folder."""
    device: Device = "auto"
    data: Data = "mnist"
    data_dir: Path | None = None
    """None: the default folder."""
    resume: Path | None = None
    compare: Path | None = None
    epoch_weights: Path | None = None
    background: bool = False
    progress: Progress = "bar"

    arguments: tuple[str, ...]
    """The command line that started the run."""
    folder: Path
    """The folder in which it was started. Relative paths start there."""

    def __post_init__(self) -> None:
        if self.ink_holdout and not self.ink:
            raise ValueError("--ink-holdout needs --ink")
        if self.seeds > 1 and self.progress == "json":
            raise ValueError("--progress json reports a single run: it cannot be used with --seeds")
        if self.seeds > 1 and self.compare:
            raise ValueError("--compare compares a single run: it cannot be used with --seeds")
        if self.epoch_weights and os.path.realpath(self.epoch_weights) in self._needed_files():
            raise ValueError(
                "--epoch-weights overwrites and deletes its file, so it must not name the weights "
                "file, its checkpoint or the file to compare with"
            )

    @property
    def run_recipe(self) -> Recipe:
        """The recipe, as it is without ink files if there are none, and with the number of epochs
        that was asked for."""
        recipe = RECIPES[self.recipe] if self.ink else RECIPES[self.recipe].without_ink_files()
        return recipe if self.epochs is None else replace(recipe, epochs=self.epochs)

    @property
    def command(self) -> str:
        """The command line that started the run, for a terminal."""
        return shlex.join(["python", "-m", "trainer", *self.arguments])

    def _needed_files(self) -> set[str]:
        # NumPy comes with this module, and --help does without.
        from digitpad.weights_store import checkpoint_file  # noqa: PLC0415

        checkpoint = checkpoint_file(self.out) if self.out else None
        named = (self.out, checkpoint, self.resume, self.compare)
        return {os.path.realpath(path) for path in named if path}


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions:
    """Options of `python -m trainer evaluate`. Raises ValueError if they contradict each other."""

    weights: Path | None = None
    """None: the bundled weights."""
    ink: tuple[Path, ...] = ()
    writers: tuple[Writers, ...] = ()
    json: bool = False
    plot: Path | None = None
    data_dir: Path | None = None
    """None: the default folder."""

    def __post_init__(self) -> None:
        if self.writers and not self.ink:
            raise ValueError("--writers needs --ink")


@dataclass(frozen=True, kw_only=True)
class AnchorsOptions:
    """Options of `python -m trainer anchors`."""

    ink: tuple[Path, ...] = ()
    ink_holdout: tuple[Writers, ...] = ()
    data_dir: Path | None = None
    out: Path


@dataclass(frozen=True, kw_only=True)
class NumbersOptions:
    """Options of `python -m trainer numbers`."""

    ink: tuple[Path, ...]
    ink_holdout: tuple[Writers, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UnipenOptions:
    """Options of `python -m trainer unipen`."""

    folder: Path
    """The UNIPEN distribution, or a folder above it."""
    out: Path
    kind: Kind = "digits"
