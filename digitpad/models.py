"""Where weights files are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def bundled_weights() -> Path:
    """The weights file that comes with digitpad, whether or not it is there."""
    return assets() / "net.safetensors"


def new_weights_file(recipe: str, when: datetime) -> Path:
    """Where a training run puts its weights unless told otherwise: in the user's data folder."""
    import platformdirs  # noqa: PLC0415  # the window needs no time for it before it opens

    folder = platformdirs.user_data_path("digitpad", appauthor=False) / "weights"
    return folder / f"{when:%Y-%m-%d-%H%M%S}-{recipe}.safetensors"


def assets() -> Path:
    """The folder of the files that come with digitpad: the weights and the icon.

    An installed wheel carries it inside the package; in a checkout, and so in an editable install,
    it lies beside the package.
    """
    package = Path(__file__).parent
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"
