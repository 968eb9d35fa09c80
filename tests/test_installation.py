"""Wheels and editable installs contain the programs and find the assets."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

SCRIPT = """
import site, sys
installed, dependencies = sys.argv[1:]
site.addsitedir(installed)  # reads the .pth file of an editable install
sys.path.append(dependencies)  # without its .pth files: digitpad may be installed there too
from digitpad.weights_store import bundled_weights
from digitpad.network import read_weights
read_weights(bundled_weights())
print(bundled_weights())
"""


@pytest.fixture(scope="module")
def pip(repository):
    """Runs pip in the repository, offline."""

    def pip_(*arguments):
        command = [sys.executable, "-m", "pip", *arguments]
        subprocess.run(
            [*command, "--no-deps", "--no-build-isolation", "-q"],
            check=True,
            cwd=repository,
            env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )

    return pip_


def bundled_weights_of(installed):
    """Path of the bundled weights for a Python that sees this installation and the dependencies."""
    dependencies = sysconfig.get_path("purelib")
    command = [sys.executable, "-I", "-S", "-c", SCRIPT, installed, dependencies]
    found = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    return Path(found.stdout.strip())


def test_wheel_has_both_programs_and_the_assets_and_nothing_else(pip, repository, tmp_path):
    pip("wheel", ".", "--wheel-dir", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()
        content.extractall(installed)
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"digitpad", "trainer"}
    assets = [path for path in (repository / "assets").rglob("*") if path.is_file()]
    assert {f"digitpad/{path.relative_to(repository).as_posix()}" for path in assets} <= set(names)
    assert {"trainer/evaluation/model_card.md", "trainer/data/unipen-left-out.tsv"} <= set(names)
    assert bundled_weights_of(installed) == installed / "digitpad" / "assets" / "net.safetensors"


def test_editable_install_finds_the_assets_in_the_repository(pip, repository, tmp_path):
    pip("install", "--editable", ".", "--target", tmp_path)
    assert bundled_weights_of(tmp_path) == repository / "assets" / "net.safetensors"
