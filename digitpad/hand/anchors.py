"""Anchors: digits of other people, by which drawings are compared and learning is checked."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitpad.files import open_regular
from digitpad.folders import assets
from digitpad.network import FEATURES

_MAX_BYTES = 16 << 20  # of a file
_NEIGHBOURS = 5  # the distance to that many anchors is the scale of a place
_SHRINKAGE = 0.15  # of the covariance towards a multiple of the identity
_REACH = 0.35
"""Distance, in scales, at which the similarity has fallen by a factor of e."""

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Anchors:
    """Images, uint8 [n, 28, 28], and their labels, int [n], in random order.

    The label of what is no digit is NOT_A_DIGIT.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


def load_anchors(path: Path | None = None) -> Anchors:
    """Read anchors, by default those that come with digitpad. Raises OSError or ValueError."""
    path = path or assets() / "anchors.npz"
    try:
        with (
            open_regular(path, _MAX_BYTES) as content,
            np.load(content, allow_pickle=False) as file,
        ):
            return Anchors(file["images"], file["labels"].astype(np.int64))
    except (EOFError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} does not hold anchors: {error}") from error


class Places(NamedTuple):
    """Where drawings are among the anchors: coordinates and scales for each kind of feature."""

    coordinates: tuple[Array, ...]
    """[n, d] each."""
    scales: tuple[Array, ...]
    """[n] each: the distance to the nearest anchors."""

    @staticmethod
    def joined(parts: list[Places]) -> Places:
        """The places one after the other."""
        return Places(
            tuple(map(np.concatenate, zip(*(part.coordinates for part in parts), strict=True))),
            tuple(map(np.concatenate, zip(*(part.scales for part in parts), strict=True))),
        )


class Space:
    """The features of a Net, whitened within the digits, so that distances mean the same."""

    def __init__(self, features: Array, labels: NDArray[np.int64]) -> None:
        """`features` [n, 192] and `labels` [n] are those of anchors that are digits."""
        self._whitenings: list[Array] = []
        for part in _parts(features):
            means = np.stack([part[labels == digit].mean(axis=0) for digit in range(10)])
            residuals = (part - means[labels]).astype(np.float64)
            covariance = residuals.T @ residuals / len(part)
            size = len(covariance)
            covariance += _SHRINKAGE * np.trace(covariance) / size * np.eye(size)
            values, vectors = np.linalg.eigh(covariance)
            self._whitenings.append((vectors / np.sqrt(values * size)).astype(np.float32))
        self._anchors = self._coordinates(features)

    def place(self, features: Array) -> Places:
        """The places of drawings with these features [n, 192]."""
        coordinates = self._coordinates(features)
        scales = tuple(
            np.sqrt(np.partition(_squares(own, anchors), _NEIGHBOURS - 1)[:, _NEIGHBOURS - 1])
            for own, anchors in zip(coordinates, self._anchors, strict=True)
        )
        return Places(coordinates, tuple(np.maximum(each, 1e-6) for each in scales))

    def _coordinates(self, features: Array) -> tuple[Array, ...]:
        return tuple(
            part @ whitening
            for part, whitening in zip(_parts(features), self._whitenings, strict=True)
        )


def similarity(some: Places, others: Places) -> Array:
    """How similar each of n drawings is to each of m others: [n, m], from 0 to 1.

    It falls with the distance relative to how dense the anchors are around both. (L. Zelnik-Manor
    and P. Perona, “Self-Tuning Spectral Clustering”, 2004, scale distances in this way.)
    """
    total = np.zeros((len(some.scales[0]), len(others.scales[0])), np.float32)
    for one, other, scale, other_scale in zip(
        some.coordinates, others.coordinates, some.scales, others.scales, strict=True
    ):
        distances = np.sqrt(_squares(one, other) / np.outer(scale, other_scale))
        total += np.exp(-distances / _REACH)
    return total / np.float32(len(some.scales))


def _squares(some: Array, others: Array) -> Array:
    """The squared distances [n, m] between points [n, d] and [m, d]."""
    squares = (some**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * some @ others.T
    positive: Array = np.maximum(squares, np.float32(0))
    return positive


def _parts(features: Array) -> list[Array]:
    return np.split(features, np.cumsum(FEATURES)[:-1].tolist(), axis=1)
