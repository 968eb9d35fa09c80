"""The images that the Net learns from and is measured on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


class DataError(Exception):
    """The data cannot be used; the message says what is wrong and what to do.

    As all that fails a run, it may be shown in the window: what only helps on the command line,
    such as the name of an option, is a note of the error.
    """


class NoDrawingsError(DataError):
    """An ink file can be read, but has no drawing of those that are wanted."""


class DataMissingError(DataError):
    """There is nothing to train on; the run could do with other data."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Labelled ink images: uint8 [n, 28, 28], and their digits, int64 [n]."""

    name: str
    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, which: slice, name: str) -> Digits:
        """Some of the images, under a name of their own."""
        return Digits(name, self.images[which], self.labels[which])

    @classmethod
    def joined(cls, parts: Iterable[Digits]) -> Digits:
        """All of the parts in one."""
        parts = list(parts)
        return cls(
            " and ".join(part.name for part in parts),
            torch.cat([part.images for part in parts]),
            torch.cat([part.labels for part in parts]),
        )

    def to(self, device: torch.device) -> Digits:
        return Digits(self.name, self.images.to(device), self.labels.to(device))

    def describe(self) -> dict[str, Any]:
        """What a weights file says of the data: its name, number, and the SHA-256 of its bytes."""
        digest = hashlib.sha256(self.images.numpy().tobytes())
        digest.update(self.labels.to(torch.uint8).numpy().tobytes())
        return {"name": self.name, "images": len(self), "sha256": digest.hexdigest()}
