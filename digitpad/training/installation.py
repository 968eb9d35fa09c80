"""Packages that training needs and drawing does not, and the command that installs them."""

from __future__ import annotations

import os
import shlex
import sys
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

# A checkout that is not installed may lack the last four as well.
_NEEDED = ("torch", "torchvision", "tqdm", "psutil", "filelock", "safetensors", "platformdirs")


def missing_package() -> str | None:
    """The first package that training needs and Python cannot find; None if all are installed."""
    return next((name for name in _NEEDED if find_spec(name) is None), None)


def install_command(extra: Literal["train", "plot"] = "train") -> str:
    """Command for a terminal, in any folder, that installs the packages of an extra."""
    try:
        declared = [each.partition(";") for each in requires("digitpad") or []]
        packages = [package for package, _, marker in declared if f"extra == '{extra}'" in marker]
    except PackageNotFoundError:  # a checkout that is not installed
        packages = ["-e", f"{Path(__file__).parents[2]}[{extra}]"]
    program = f'"{sys.executable}"' if os.name == "nt" else shlex.quote(sys.executable)
    return " ".join([program, "-m", "pip", "install", *(f'"{each}"' for each in packages)])
