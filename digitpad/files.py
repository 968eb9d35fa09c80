"""Files that are written whole or not at all, and names that only one process gets."""

from __future__ import annotations

import errno
import glob
import os
import secrets
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_RANDOM_BYTES = 8

# File systems limit a name to 255 bytes. A temporary name holds at most this many of the original.
_PREFIX_BYTES = 100


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Write into a temporary file that replaces `path` when the block ends.

    A `durable` file is on the disk before it replaces the other, and so survives a power failure.
    If the block raises, the temporary file is removed and `path` stays as it was. A replaced file
    keeps its permissions. A symbolic link stays a link: the file it points to is replaced. Raises
    OSError if the file cannot be written, or if `path` is a folder, a device or a pipe.
    """
    target = Path(os.path.realpath(path))
    permissions = _permissions(target)
    remove_leftovers(target)
    temporary, file = _temporary(target)
    try:
        with file:
            if permissions is not None:
                temporary.chmod(permissions)
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
            if fcntl:  # while it is held, so that no other process takes it for a leftover
                temporary.replace(target)
        if not fcntl:  # Windows moves no open file
            temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def check_space(path: Path, size: int) -> None:
    """Raise OSError unless a file of `size` bytes can be written in place of `path`."""
    temporary, file = _temporary(Path(os.path.realpath(path)))
    try:
        with file:
            file.write(bytes(size))
    finally:
        temporary.unlink(missing_ok=True)


def open_regular(path: Path, most_bytes: int) -> BinaryIO:
    """Open a regular file, or a link to one, for reading.

    Raises OSError for anything else, since a pipe or a device may block or have no end, and for a
    file of more than `most_bytes`.
    """
    _check_regular(path.stat(), path)
    # What takes the file's place now must not block either.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    try:
        found = os.fstat(descriptor)
        _check_regular(found, path)
        _check_size(found.st_size, most_bytes, path)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files of `replacing(path)` that killed processes left behind.

    Those that cannot be removed stay.
    """
    target = Path(os.path.realpath(path))
    prefix = glob.escape(_temporary_prefix(target))
    for leftover in target.parent.glob(f"{prefix}{'[0-9a-f]' * (2 * _RANDOM_BYTES)}.tmp"):
        with suppress(OSError):
            _remove_unless_held(leftover)


def _remove_unless_held(leftover: Path) -> None:
    """Remove a temporary file that no process is writing. Raises OSError."""
    if not stat.S_ISREG(leftover.lstat().st_mode):
        return  # somebody planted it
    if fcntl is None:
        leftover.unlink()  # Windows refuses that while a process has it open
        return
    with open_regular(leftover, sys.maxsize) as file:
        if _hold(file, waits=False):
            leftover.unlink()


def _temporary(target: Path) -> tuple[Path, BinaryIO]:
    """A new temporary file for `target`, which no other process takes for a leftover."""
    while True:
        temporary = target.with_name(
            f"{_temporary_prefix(target)}{secrets.token_hex(_RANDOM_BYTES)}.tmp"
        )
        # "x" fails where "w" would follow a link that somebody planted under this name.
        file = temporary.open("xb")
        _hold(file, waits=True)
        if temporary.exists():
            return temporary, file
        file.close()  # it was taken for a leftover before it was held


def _hold(file: BinaryIO, *, waits: bool) -> bool:
    """Lock the file until it is closed; False if it is locked by another process.

    Windows needs no lock: it does not let a file be removed while a process has it open.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except OSError:  # it is locked, or the file system has no locks
        return False
    return True


def create(path: Path) -> bool:
    """Create an empty file at `path`; False if something is there already. Raises OSError."""
    try:
        path.open("xb").close()
    except FileExistsError:
        return False
    return True


def reserve(path: Path) -> Path:
    """Create an empty file at `path`, or else at the first free numbered name like it.

    If several processes ask for the same name at once, each gets a different one. Raises OSError.
    """
    return next(candidate for candidate in numbered(path) if create(candidate))


def numbered(path: Path) -> Iterator[Path]:
    """`path`, then the same name with -2, -3 and so on before its suffixes, without end."""
    stem, dot, suffixes = path.name.partition(".")
    others = (path.with_name(f"{stem}-{number}{dot}{suffixes}") for number in count(2))
    return chain([path], others)


def _permissions(target: Path) -> int | None:
    """The permissions of the file `target`, None if there is no such file; raises OSError."""
    try:
        found = target.stat()
    except FileNotFoundError:
        return None
    _check_regular(found, target)
    return found.st_mode & 0o777


def _check_regular(found: os.stat_result, path: Path) -> None:
    """Raise OSError unless this is a regular file."""
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))


def _check_size(size: int, most: int, path: Path) -> None:
    if size > most:
        limit = f"{most >> 20:,} MB" if most >> 20 else f"{most:,} bytes"
        raise OSError(errno.EFBIG, f"it is larger than {limit}", str(path))


def _temporary_prefix(path: Path) -> str:
    """The start of the temporary names for `path`, and of no other file in its folder."""
    name = os.fsencode(path.name)
    readable = name[:_PREFIX_BYTES].decode(errors="ignore")
    return f".{readable}.{zlib.crc32(name):08x}."
