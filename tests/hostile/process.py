"""Runs a process and measures it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1 << 20

_MEASURED = """
import json, resource, subprocess, sys
try:
    done = subprocess.run({command!r}, input=None, timeout={seconds}, env={env!r}, cwd={folder!r},
                          stdin=subprocess.DEVNULL, capture_output=True)
    out, err, code = done.stdout, done.stderr, done.returncode
except subprocess.TimeoutExpired as late:
    out, err, code = late.stdout or b"", late.stderr or b"", None
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, out.decode("latin-1")[-200_000:], err.decode("latin-1")[-200_000:],
                  used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
"""


@dataclass(frozen=True)
class Done:
    """How a process ended. The code is None if it did not end in time."""

    code: int | None
    out: str
    err: str
    seconds: float
    """Processor time."""
    memory: int
    """Most bytes that it took at once."""


def run(folder: Path, *words: str | Path, seconds: float = 20, home: Path | None = None) -> Done:
    """Run a command of this Python in a folder, which is also its home, for at most `seconds`."""
    return execute([sys.executable, *map(str, words)], folder, seconds, home)


def execute(command: list[str], folder: Path, seconds: float, home: Path | None = None) -> Done:
    """The same for any command."""
    home = home or folder / "home"
    home.mkdir(exist_ok=True)
    kept = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
    env = kept | {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "QT_QPA_PLATFORM": "offscreen",
        "OMP_NUM_THREADS": "1",
    }
    code = _MEASURED.format(command=command, seconds=seconds, env=env, folder=str(folder))
    measured = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    return Done(*json.loads(measured.stdout))
