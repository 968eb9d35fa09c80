"""The lines of ink files: unpacked, in UTF-8, and without line ends."""

from __future__ import annotations

import codecs
import errno
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from digitpad.files import open_regular
from digitpad.inkfile.sample import InkFileError

MAX_BYTES = 2 << 30
"""Maximum size of a file, packed and unpacked."""

MAX_LINE_BYTES = 1 << 23
"""Maximum length of a line: more than 100,000 points of ndjson at full precision."""

Lines = Iterator[tuple[int, bytes]]
OnBadLine = Callable[[int, str], None]
"""Is called with the number of a line that cannot be read, from 1, and the reason."""

MAX_REPORTED = 20
"""Number of bad lines of a file that are reported one by one."""

_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"
_TEXT = re.compile(rb"\S[^\n]*")
_LINE_END = re.compile(rb"\r\n?")


class BadLines:
    """Reports the first bad lines of a file, and then how many more there are."""

    def __init__(self, name: str, report: Callable[[str], None]) -> None:
        self._name, self._report, self._count = name, report, 0

    def __call__(self, line: int, reason: str) -> None:
        self._count += 1
        if self._count <= MAX_REPORTED:
            self._report(f"{self._name}:{line}: {reason}")

    def report_rest(self) -> None:
        """Report how many bad lines were not, if any."""
        if (rest := self._count - MAX_REPORTED) > 0:
            lines = "line" if rest == 1 else "lines"
            self._report(f"{self._name}: {rest:,} more {lines} cannot be read")


def read_lines(path: Path, on_bad_line: OnBadLine) -> Lines:
    """Yield the lines of a file that are neither blank nor too long, stripped, with their numbers.

    Numbers start from 1. Raises InkFileError at the first line if the file cannot be read.
    """
    number, rest, is_skipping = 1, b"", False
    for block in read_blocks(path):
        if is_skipping:
            _, end, block = block.partition(b"\n")  # noqa: PLW2901
            if not end:
                continue
            number, is_skipping = number + 1, False
        text, end, rest = (rest + block).rpartition(b"\n")
        if end:
            yield from _lines_in(text, number, on_bad_line)
            number += text.count(b"\n") + 1
        rest = rest.lstrip()
        if len(rest) > MAX_LINE_BYTES:
            on_bad_line(number, _too_long())
            rest, is_skipping = b"", True
    yield from _lines_in(rest, number, on_bad_line)


def _lines_in(text: bytes, number: int, on_bad_line: OnBadLine) -> Lines:
    last = 0
    for found in _TEXT.finditer(text):
        start, end = found.span()
        number += text.count(b"\n", last, start)
        last = end
        if end - start > MAX_LINE_BYTES:
            on_bad_line(number, _too_long())
        else:
            yield number, found[0].rstrip()


def _too_long() -> str:
    return f"longer than {MAX_LINE_BYTES:,} bytes"


def read_blocks(path: Path) -> Iterator[bytes]:
    """Yield a file in blocks of UTF-8 with the line end \\n. Raises InkFileError."""
    decode: Callable[[bytes], bytes] | None = None
    held = b""
    for block in read_unpacked(path):
        content = block if decode else block.removeprefix(codecs.BOM_UTF8)
        decode = decode or _decoder(content)
        text = held + decode(content)
        held = b"\r" if text.endswith(b"\r") else b""  # a \n may follow
        yield _LINE_END.sub(b"\n", text.removesuffix(b"\r"))
    if held:
        yield b"\n"


def read_unpacked(path: Path) -> Iterator[bytes]:
    """Yield the content of a file in blocks, unpacked if it is packed. Raises InkFileError."""
    total = 0
    try:
        with open_regular(path, MAX_BYTES) as packed:
            is_packed = packed.read(len(_GZIP)) == _GZIP
            packed.seek(0)
            file = gzip.GzipFile(fileobj=packed) if is_packed else packed
            while block := file.read(_BLOCK):
                total += len(block)
                _check_unpacked(total)
                yield block
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InkFileError(f"{path}: cannot be read: damaged gzip ({error})") from error
    except OSError as error:
        raise InkFileError(f"{path}: cannot be read: {error.strerror or error}") from error


def _check_unpacked(total: int) -> None:
    if total > MAX_BYTES:
        raise OSError(errno.EFBIG, f"it unpacks to more than {MAX_BYTES >> 30} GB")


def _decoder(first: bytes) -> Callable[[bytes], bytes]:
    """What turns a file's blocks into UTF-8, by its first block."""
    start, name = first[:4], None
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16"
    elif len(start) == 4 and start[1::2] == b"\0\0" and all(start[::2]):
        name = "utf-16-le"
    elif len(start) == 4 and start[::2] == b"\0\0" and all(start[1::2]):
        name = "utf-16-be"
    if name is None:
        return bytes
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    return lambda block: decoder.decode(block).encode("utf-8", "replace")
