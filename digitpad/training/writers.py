"""Some of the writers of ink files, by number, by name or by split: "26-30,choose"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digitpad.inkfile import Sample


@dataclass(frozen=True, slots=True)
class Writers:
    """One item of a list of writers: a range of numbers, a writer's name or the name of a split."""

    text: str
    numbers: range | None = None

    def include(self, sample: Sample) -> bool:
        """Whether the writer of the drawing, or its split, is meant."""
        if self.numbers is None:
            return self.text in (sample.writer, sample.split)
        writer = sample.writer
        return writer is not None and writer.isdecimal() and int(writer) in self.numbers

    def __str__(self) -> str:
        return f"writers {self.text}" if self.numbers else self.text


def parse_writers(text: str) -> tuple[Writers, ...]:
    """The items of a list such as "26-30,choose". Raises ValueError with a sentence for people."""
    return tuple(_parse(item.strip()) for item in text.split(","))


def _parse(item: str) -> Writers:
    first, dash, last = (part.strip() for part in item.partition("-"))
    if not item or item == "-":
        raise ValueError("must be writers or splits, such as 26-30 or 26-30,choose")
    if not (first.isdecimal() and (last.isdecimal() or not dash)):
        return Writers(item)
    numbers = range(int(first), int(last or first) + 1)
    if not numbers:
        raise ValueError(f"must have the smaller number first, such as {last}-{first}")
    return Writers(f"{first}{dash}{last}", numbers)
