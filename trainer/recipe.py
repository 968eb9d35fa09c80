"""Recipes: everything that decides a training run, by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """Adam, cross entropy, and a learning rate that steps down every `step_epochs` epochs."""

    name: str
    epochs: int
    batch_size: int
    learning_rate: float
    step_epochs: int
    step_factor: float
    dropout: float


SEED = Recipe(
    name="seed",
    epochs=20,
    batch_size=64,
    learning_rate=1e-3,
    step_epochs=15,
    step_factor=0.1,
    dropout=0.1,
)
"""The paper's recipe to the letter; its augmentation is `trainer.transforms.augment_seed`."""

RECIPES = {recipe.name: recipe for recipe in (SEED,)}
