"""Recipes: everything that decides a training run, by name.

The trainer follows them and the training form shows them, so this module imports nothing but the
standard library.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The settings of a training run. The Net learns by cross entropy, and from a teacher's answers
    as well if there is one."""

    name: str
    title: str
    """What the window calls the recipe."""
    description: str
    """One sentence for the training form."""
    epochs: int
    batch_size: int
    optimizer: Literal["adam", "sgd"]
    """Adam, or SGD with a Nesterov momentum of 0.9."""
    learning_rate: float
    """The Net's peak learning rate."""
    weight_decay: float
    """Applied to the weights of layers, not to biases or batch norm."""
    schedule: Literal["step", "one cycle"]
    """Divide the learning rate by 10 every 15 epochs; or warm up for a tenth of the run, then decay
    to zero along a cosine."""
    augmentation: Literal["seed", "pad"]
    """A key of `trainer.transforms.AUGMENTATIONS`."""
    augmentation_decay: float
    """The share of its strength that the augmentation loses over the last fifth of the run."""
    dropout: float
    teacher: bool
    """Whether a wider net learns beside the Net and teaches it: `trainer.teacher`."""
    ema_decay: float
    """Decay per step of the exponential moving average of the weights; 0 turns the EMA off."""
    ink_share: float
    """The share of each batch that is drawings, from ink files and synthetic ones; 0: no ink."""
    synthetic_drawings: int
    """How many synthetic drawings are made."""
    temperature: float
    """What the logits are divided by if the run holds out no images to fit a temperature on."""

    def settings(self) -> dict[str, Any]:
        """All that decides a run, as JSON: without the title and the description."""
        settings = asdict(self)
        del settings["title"], settings["description"]
        return settings


SEED = Recipe(
    name="seed",
    title="The paper's recipe",
    description="Learns from MNIST only, as in the paper.",
    epochs=20,
    batch_size=64,
    optimizer="adam",
    learning_rate=1e-3,
    weight_decay=0.0,
    schedule="step",
    augmentation="seed",
    augmentation_decay=0.0,
    dropout=0.1,
    teacher=False,
    ema_decay=0.0,
    ink_share=0.0,
    synthetic_drawings=0,
    temperature=1.0,
)
"""The paper's recipe to the letter."""

PAD = Recipe(
    name="pad",
    title="For this pad",
    description="Learns from MNIST, synthetic digits and your ink files, each augmented anew.",
    epochs=60,
    batch_size=128,
    optimizer="sgd",
    learning_rate=0.2,
    weight_decay=1e-3,
    schedule="one cycle",
    augmentation="pad",
    augmentation_decay=0.75,
    dropout=0.0,
    teacher=True,
    ema_decay=0.999,
    ink_share=0.3,
    synthetic_drawings=15_000,
    # Fitted on MNIST's last 5,000 training images by a run with seed 0 that held out those and the
    # writers 21–30.
    temperature=1.1471,
)
"""The default: also learns from drawings, and from every image in ever new shapes."""

RECIPES = {recipe.name: recipe for recipe in (PAD, SEED)}
