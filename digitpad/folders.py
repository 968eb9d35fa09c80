"""The user's own folders, and the one that comes with digitpad."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path
from typing import Literal


def user_folder(kind: Literal["data", "log", "cache"]) -> Path:
    """Path of the folder for digitpad's data, logs or downloads; it need not exist.

    Raises FileNotFoundError if the user has no home folder.
    """
    import platformdirs  # noqa: PLC0415  # the window's first paint does not need it

    folders = platformdirs.PlatformDirs("digitpad", appauthor=False)
    with suppress(RuntimeError):
        folder: Path = getattr(folders, f"user_{kind}_path")
        if folder.is_absolute():  # without a home, older versions of platformdirs return "~/…"
            return folder
    raise FileNotFoundError(errno.ENOENT, "there is no home folder; set HOME to one")


def from_home(path: Path) -> str:
    """The path for people: with ~ for the user's home folder."""
    with suppress(RuntimeError, ValueError):
        return str(Path("~") / path.relative_to(Path.home()))
    return str(path)


def assets() -> Path:
    """Path of the folder with the bundled weights, the icons and the help page.

    In an installed wheel it is inside the package; in a checkout or an editable install, beside it.
    """
    package = Path(__file__).parent
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"
