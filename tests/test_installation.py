"""What an installation holds: the assets come along, and the pad finds them."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

WHERE = """
import site, sys
installed, dependencies = sys.argv[1:]
site.addsitedir(installed)  # reads its .pth files, as an editable install has one
sys.path.append(dependencies)  # without its own: this digitpad may be installed there too
from digitpad.weights_store import bundled_weights
from digitpad.network import read_weights
read_weights(bundled_weights())
print(bundled_weights())
"""


def pip(*arguments):
    command = [sys.executable, "-m", "pip", *arguments, "--no-deps", "--no-build-isolation", "-q"]
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


def weights_found_by(installed):
    """What a Python that sees this installation, and the dependencies, takes for the weights."""
    dependencies = sysconfig.get_path("purelib")
    command = [sys.executable, "-I", "-S", "-c", WHERE, installed, dependencies]
    found = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    return Path(found.stdout.strip())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", ".", "--wheel-dir", folder)
    (path,) = folder.glob("*.whl")
    return path


def test_a_wheel_carries_the_assets_inside_digitpad(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()
        content.extractall(tmp_path)
    assets = {path.name for path in (ROOT / "assets").iterdir()}
    assert {f"digitpad/assets/{name}" for name in assets} <= set(names)
    assert weights_found_by(tmp_path) == tmp_path / "digitpad" / "assets" / "net.safetensors"


def test_a_wheel_has_the_two_programs_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as content:
        top = {name.split("/")[0] for name in content.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"digitpad", "trainer"}


def test_an_editable_install_finds_the_assets_beside_the_package(tmp_path):
    pip("install", "--editable", ".", "--target", tmp_path)
    assert weights_found_by(tmp_path) == ROOT / "assets" / "net.safetensors"
