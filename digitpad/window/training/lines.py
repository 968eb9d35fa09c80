"""The lines that a trainer prints."""

from __future__ import annotations

LOG_LINES = 200
"""How many lines the log keeps: the last ones."""
LOG_LINE_BYTES = 500

LINE_BYTES = 8 << 20
"""The longest line: an Evaluated with 1,200 images takes 1.3 MB."""


class LineReader:
    """Cuts a stream of bytes into lines, and each line to its first `longest` bytes."""

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
    """The line for the log; of a progress bar, which overwrites itself, the last state."""
    line = line.rstrip().rpartition(b"\r")[2]
    ellipsis = "…" if len(line) > LOG_LINE_BYTES else ""
    return line[:LOG_LINE_BYTES].decode(errors="replace") + ellipsis
