"""Which weights are in use."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def bundled_weights() -> Path:
    """The weights file that comes with digitpad, whether or not it is there.

    An installed wheel carries `assets/` inside the package; in a checkout (and so in an editable
    install) it lies beside the package.
    """
    return assets() / "net.safetensors"


def assets() -> Path:
    """The folder of the files that come with digitpad: the weights and the icon."""
    package = Path(str(files("digitpad")))
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"
