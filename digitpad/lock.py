"""The lock of a training run: it says that a weights file and its checkpoint are in use.

The operating system releases a lock when its process ends, however that ends. The empty lock file
stays: if it were removed, two processes could hold the lock on two files of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The window asks `lock_file` for a name at its start, and seldom for more.
# ruff: noqa: PLC0415

# Whoever asks `is_locked` holds the lock for a moment.
_TIMEOUT = 2.0


class LockedError(Exception):
    """Another process holds the lock."""


def lock_file(weights: Path) -> Path:
    """The file that is locked while a run writes `weights` and its checkpoint."""
    return weights.with_name(f".{weights.name}.lock")


@contextmanager
def locked(weights: Path) -> Iterator[None]:
    """Hold the lock of `weights`; raises LockedError if another process does, and OSError."""
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
    """Whether a run holds the lock of `weights`."""
    from filelock import FileLock, Timeout

    path = lock_file(weights)
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
