"""Cuts `assets/anchors.npz`: digits of other people, by which corrections are checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digitpad.files import replacing
from digitpad.hand.anchors import Anchors
from trainer.data.digits import Digits

DIGITS, OUTLIERS = 2_700, 300
"""Numbers of anchors: enough for a gate of 1,500, and few enough for 600 kB."""


def write_anchors(path: Path, digits: Sequence[Digits], outliers: Sequence[Digits]) -> Anchors:
    """Cut anchors and write them whole or not at all. Raises OSError."""
    anchors = cut_anchors(digits, outliers)
    with replacing(path) as file:
        np.savez_compressed(file, images=anchors.images, labels=anchors.labels.astype(np.int8))
    return anchors


def cut_anchors(digits: Sequence[Digits], outliers: Sequence[Digits], seed: int = 0) -> Anchors:
    """Choose anchors at random, the same number from each source and of each digit.

    Without `outliers`, there are none. A source that is too small gives all it has.
    """
    generator = np.random.default_rng(seed)
    images, labels = [], []
    for sources, total in ((digits, DIGITS), (outliers, OUTLIERS)):
        for source in sources:
            found = source.labels.numpy()
            classes = np.unique(found)
            each = total // len(sources) // len(classes)
            for label in classes:
                at = generator.permutation(np.flatnonzero(found == label))[:each]
                images.append(source.images.numpy()[at])
                labels.append(np.full(len(at), label))
    order = generator.permutation(sum(map(len, labels)))
    return Anchors(np.concatenate(images)[order], np.concatenate(labels)[order].astype(np.int64))
