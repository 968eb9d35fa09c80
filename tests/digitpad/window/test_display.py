"""What is said where no window can open, and where settings cannot be kept."""

import os
import subprocess
import sys

import pytest

from digitpad.window.display import debian_package
from digitpad.window.widgets.settings import keep_setting, settings, settings_problems

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")


@linux
def test_without_a_display_there_is_a_sentence_and_no_core_dump():
    env = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    done = subprocess.run(
        [sys.executable, "-m", "digitpad"],
        env=env | {"QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "no display" in line or "sudo apt install" in line


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libxcb-icccm.so.4", "libxcb-icccm4"),
        ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
        ("libX11.so.6", "libx11-6"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ],
)
def test_the_package_of_a_library(library, package):
    assert debian_package(library) == package


def test_settings_that_cannot_be_kept_are_mentioned_once(qapp):
    del qapp
    settings_problems.cache_clear()
    told = []
    settings_problems().occurred.connect(told.append)
    place = settings().fileName()
    os.makedirs(place, exist_ok=True)  # noqa: PTH103  # a folder in its place
    for width in (3, 4):
        keep_setting("pen/width", width)
    assert len(told) == 1
    assert place in told[0]
