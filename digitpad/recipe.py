"""Recipes: everything that decides a training run, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that varies between recipes. The Net learns by cross entropy, and where it has a teacher
    by that one's answers as well."""

    name: str
    epochs: int
    batch_size: int
    optimizer: Literal["adam", "sgd"]
    """Adam, or stochastic gradient descent with a Nesterov momentum of 0.9."""
    learning_rate: float
    """The Net's highest one."""
    weight_decay: float
    """Of the layers' weights; their biases, and batch norm, have none."""
    schedule: Literal["step", "one cycle"]
    """A tenth of it after every 15 epochs; or up for a tenth of the run, then down to zero along a
    cosine."""
    augmentation: Literal["seed", "pad"]
    """Which one of `trainer.transforms`."""
    ease: float
    """By how much the augmentation weakens over the last fifth of the run, as a share of its
    strength."""
    dropout: float
    teacher: bool
    """Whether a wider net learns beside the Net, and teaches it: `trainer.teacher`."""
    average: float
    """Decay, per step, of the moving average of the weights that the run ends with; 0: the last."""
    ink_share: float
    """The share of each batch that is drawings: those of the ink files, and synthetic ones."""
    synthetic: int
    """How many synthetic drawings there are."""


SEED = Recipe(
    name="seed",
    epochs=20,
    batch_size=64,
    optimizer="adam",
    learning_rate=1e-3,
    weight_decay=0.0,
    schedule="step",
    augmentation="seed",
    ease=0.0,
    dropout=0.1,
    teacher=False,
    average=0.0,
    ink_share=0.0,
    synthetic=0,
)
"""The paper's recipe to the letter."""

PAD = Recipe(
    name="pad",
    epochs=60,
    batch_size=128,
    optimizer="sgd",
    learning_rate=0.2,
    weight_decay=1e-3,
    schedule="one cycle",
    augmentation="pad",
    ease=0.75,
    dropout=0.0,
    teacher=True,
    average=0.999,
    ink_share=0.3,
    synthetic=15_000,
)
"""For the pad: it also learns from drawings, and from every sample in ever new shapes."""

RECIPES = {recipe.name: recipe for recipe in (PAD, SEED)}
