"""Files that are written whole or not at all, and names that only one process gets."""

from __future__ import annotations

import errno
import glob
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO

_TEMPORARY_SUFFIX = ".tmp"

# A file name may have 255 bytes, and so may a temporary one, which is longer by this suffix and the
# random part.
_LONGEST_PREFIX = 100


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write into a temporary file that takes the place of `path` when the block ends.

    If the block raises, the temporary file is removed, and a file at `path` stays as it was. A
    replaced file passes its permissions on. A link stays a link: the file it points to is replaced.
    Raises OSError if the file cannot be written, or if `path` is a folder, a device or a pipe.
    """
    target = path.resolve()
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    temporary = target.with_name(
        f"{_temporary_prefix(target)}{secrets.token_hex(8)}{_TEMPORARY_SUFFIX}"
    )
    try:
        # "x" never follows a link that somebody put there.
        with temporary.open("xb") as file:
            with suppress(FileNotFoundError):
                temporary.chmod(target.stat().st_mode & 0o777)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files that killed processes left beside `path`.

    Only for whoever holds the lock of `path`: nobody else may be writing it. Raises OSError.
    """
    target = path.resolve()
    for leftover in target.parent.glob(
        f"{glob.escape(_temporary_prefix(target))}*{_TEMPORARY_SUFFIX}"
    ):
        leftover.unlink(missing_ok=True)


def reserve(path: Path) -> Path:
    """Create an empty file at `path`, or at the first numbered name like it that is free.

    Of several processes that ask for the same name, each gets another. Raises OSError.
    """
    for candidate in numbered(path):
        with suppress(FileExistsError):
            candidate.open("xb").close()
            return candidate
    raise AssertionError  # there is always another number


def numbered(path: Path) -> Iterator[Path]:
    """`path`, then the same name with -2, -3 and so on before its suffixes."""
    stem, dot, suffixes = path.name.partition(".")
    others = (path.with_name(f"{stem}-{number}{dot}{suffixes}") for number in count(2))
    return chain([path], others)


def _temporary_prefix(path: Path) -> str:
    return f".{path.name[:_LONGEST_PREFIX]}."
