"""The lines that a trainer prints."""

from __future__ import annotations

LOG_LINES = 200
"""Number of lines that the log keeps."""

LOG_LINE_BYTES = 500
"""Number of bytes of a line that the log shows."""

LINE_BYTES = 8 << 20
"""Maximum length of a line: an Evaluated with 1,200 images takes 1.3 MB."""


class LineReader:
    """Splits a stream of bytes into lines, and cuts off each line after `longest` bytes."""

    def __init__(self, longest: int = LINE_BYTES) -> None:
        self._longest = longest
        self._unfinished = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that end in this chunk, without their line breaks."""
        first, *others = chunk.split(b"\n")
        self._unfinished += first[: self._longest - len(self._unfinished)]
        if not others:
            return []
        *whole, last = others
        if len(chunk) > self._longest:
            whole = [line[: self._longest] for line in whole]
        lines = [bytes(self._unfinished), *whole]
        self._unfinished = bytearray(last[: self._longest])
        return lines


def log_text(line: bytes) -> str:
    """The text of a line for the log. A progress bar overwrites itself: its last state counts."""
    line = line.rstrip().rpartition(b"\r")[2]
    ellipsis = "…" if len(line) > LOG_LINE_BYTES else ""
    return line[:LOG_LINE_BYTES].decode(errors="replace") + ellipsis
