"""The lock of a training run, held while it writes a weights file and its checkpoint.

The operating system releases the lock when the process ends, even if it is killed. The empty lock
file stays, because removing it could let two processes hold the lock on two files of one name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The window needs filelock only if there is a lock file.
# ruff: noqa: PLC0415

# Seconds: long enough to outlast `is_locked`, which holds the lock for a moment.
_TIMEOUT = 2.0


class LockedError(Exception):
    """Another process holds the lock."""


def lock_file(weights: Path) -> Path:
    """Path of the lock file for `weights`: beside the file itself, where a link points to it."""
    weights = Path(os.path.realpath(weights))
    return weights.with_name(f".{weights.name}.lock")


@contextmanager
def locked(weights: Path) -> Iterator[None]:
    """Hold the lock of `weights`; raises LockedError if another process holds it, and OSError."""
    from filelock import FileLock, Timeout

    lock = FileLock(lock_file(weights))
    try:
        lock.acquire(timeout=_TIMEOUT)
    except Timeout:
        raise LockedError(f"another training is writing {weights}") from None
    try:
        yield
    finally:
        lock.release()


def is_locked(weights: Path) -> bool:
    """Whether a run holds the lock of `weights`, or it belongs to another user."""
    from filelock import FileLock

    path = lock_file(weights)
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except OSError:  # filelock.Timeout among them
        return True
