"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write into, beside `path`, that takes its place when the block ends.

    If the block raises, what was written is removed, and a file that was at `path` stays as it
    was. Raises OSError if the file cannot be written.
    """
    beside = unfinished(path, os.getpid())
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def unfinished(path: Path, process_id: int) -> Path:
    """The file that `replacing` writes in a process, and that stays if the process is killed."""
    return path.with_name(f".{path.name}.{process_id}")
