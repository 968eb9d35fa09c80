"""Labelled images, and the errors of reading them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from digitpad.verdict import NOT_A_DIGIT

Tick = Callable[[], object]
"""Called after each image that was rendered: thousands of them take a while."""


def ignore() -> None:
    """Do nothing: a Tick."""


class DataError(Exception):
    """The data cannot be used. The message says what is wrong and what to do.

    The window shows the message as well, so hints for the command line only, such as the name of
    an option, are notes of the error.
    """

    has_lines = False
    """Whether the message has several lines."""


class NoDrawingsError(DataError):
    """The ink file can be read, but has no labelled drawing of the wanted writers."""


class DataMissingError(DataError):
    """There are no training images. The run is possible with other data."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Labelled ink images: images, uint8 [n, 28, 28], and labels, int64 [n].

    The labels of outliers are NOT_A_DIGIT.
    """

    name: str
    images: Tensor
    labels: Tensor
    writers: tuple[str | None, ...] | None = None
    """The writer of each image, as far as known; None where no writer is."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def are_outliers(self) -> bool:
        """Whether these are images of what is no digit."""
        return bool((self.labels == NOT_A_DIGIT).all())

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the images' bytes followed by the labels', in hexadecimal.

        Of MNIST's files it is the hash of their contents without the headers.
        """
        digest = hashlib.sha256(self.images.numpy().tobytes())
        digest.update(self.labels.to(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    def part(self, which: slice, name: str) -> Digits:
        """A slice of the images, with a name."""
        writers = self.writers and self.writers[which]
        return Digits(name, self.images[which], self.labels[which], writers)

    @classmethod
    def joined(cls, parts: Iterable[Digits]) -> Digits:
        """All parts, one after the other."""
        parts = list(parts)
        return cls(
            " and ".join(part.name for part in parts),
            torch.cat([part.images for part in parts]),
            torch.cat([part.labels for part in parts]),
        )

    def to(self, device: torch.device) -> Digits:
        return Digits(self.name, self.images.to(device), self.labels.to(device))

    def describe(self) -> dict[str, Any]:
        """An entry of a weights file's `data`, as JSON."""
        return {"name": self.name, "images": len(self), "sha256": self.sha256}
