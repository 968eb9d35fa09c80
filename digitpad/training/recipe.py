"""Recipes: named sets of everything that determines a training run.

The trainer and the window's training form both read them, so this module imports only the standard
library.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The settings of a training run.

    The Net learns by cross entropy and, with a teacher, also from the teacher's predictions.
    """

    name: str
    title: str
    """Name of the recipe in the window."""
    description: str
    """Sentence about the recipe in the training form."""
    epochs: int
    batch_size: int
    optimizer: Literal["adam", "sgd"]
    """Adam, or SGD with Nesterov momentum 0.9."""
    learning_rate: float
    """Peak learning rate of the Net."""
    weight_decay: float
    """Weight decay of the layers' weights; biases and batch norm have none."""
    schedule: Literal["step", "one cycle"]
    """Division of the learning rate by 10 every 15 epochs; or warm-up for a tenth of the run, then
    cosine decay to zero."""
    augmentation: Literal["seed", "pad"]
    """Key of `trainer.transforms.AUGMENTATIONS`."""
    augmentation_decay: float
    """Share of its strength that the augmentation loses over the last fifth of the run."""
    dropout: float
    teacher: bool
    """Whether a wider net is trained along with the Net and teaches it: `trainer.teacher`."""
    ema_decay: float
    """Decay per step of the exponential moving average (EMA) of the weights; 0 for no EMA."""
    ink_share: float
    """Share of each batch that is drawings, from ink files and synthetic; 0 for MNIST only."""
    synthetic_share: float
    """The same for a run without ink files."""
    synthetic_drawings: int
    """Number of synthetic drawings."""
    outliers: int
    """Number of outliers beside each batch, which the Net learns to answer flatly: letters in ink
    files, and synthetic ones. After D. Hendrycks et al., “Deep Anomaly Detection with Outlier
    Exposure”, 2019."""
    outlier_weight: float
    """Weight in the loss of the outliers' cross entropy with equal probabilities."""
    synthetic_outliers: int
    """Number of synthetic outliers."""
    temperature: float
    """Divisor of the logits for a run without held-out images to fit a temperature on."""

    def without_ink_files(self) -> Recipe:
        """The recipe for a run whose drawings are all synthetic."""
        return replace(self, ink_share=self.synthetic_share)

    def settings(self) -> dict[str, Any]:
        """The settings as a JSON object, without the title and the description."""
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
    synthetic_share=0.0,
    synthetic_drawings=0,
    outliers=0,
    outlier_weight=0.0,
    synthetic_outliers=0,
    temperature=1.0,
)
"""The recipe of the paper, unchanged."""

PAD = Recipe(
    name="pad",
    title="For this pad",
    description="Learns from MNIST, synthetic digits and your ink files, with strong augmentation.",
    epochs=26,
    batch_size=128,
    optimizer="sgd",
    learning_rate=0.2,
    weight_decay=1e-3,
    schedule="one cycle",
    augmentation="pad",
    augmentation_decay=0.75,
    dropout=0.0,
    teacher=False,
    ema_decay=0.999,
    ink_share=0.44,
    synthetic_share=0.25,
    synthetic_drawings=30_000,
    outliers=32,
    outlier_weight=0.12,
    synthetic_outliers=15_000,
    # Fitted on MNIST's last 5,000 training images and UNIPEN's `choose` writers, with seed 0.
    temperature=0.7991,
)
"""The default: also learns from drawings, and augments every image anew in each epoch."""

PATIENT = replace(
    PAD,
    name="patient",
    title="For this pad, patiently",
    description="As “For this pad”, with a teacher and more than twice as many epochs.",
    epochs=60,
    teacher=True,
    temperature=1.0609,  # fitted as that of `PAD`
)
"""The recipe of the bundled weights."""

RECIPES = {recipe.name: recipe for recipe in (PAD, PATIENT, SEED)}
