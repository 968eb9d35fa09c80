"""Where weights files are."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from pathlib import Path

import platformdirs


def bundled_weights() -> Path:
    """The weights file that comes with digitpad, whether or not it is there.

    An installed wheel carries `assets/` inside the package; in a checkout (and so in an editable
    install) it lies beside the package.
    """
    return assets() / "net.safetensors"


def new_weights_file(recipe: str, when: datetime) -> Path:
    """Where a training run puts its weights unless told otherwise: in the user's data folder."""
    folder = platformdirs.user_data_path("digitpad", appauthor=False) / "weights"
    return folder / f"{when:%Y-%m-%d-%H%M%S}-{recipe}.safetensors"


def assets() -> Path:
    """The folder of the files that come with digitpad: the weights and the icon."""
    package = Path(str(files("digitpad")))
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"
