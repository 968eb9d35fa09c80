"""The best path through the groups of a row: which pieces belong to one digit."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from operator import mul
from typing import NamedTuple

from digitpad.numbers.row import Group, Row
from digitpad.recognizer import Prediction

MAX_ODDS = 4.0
"""Limit of the logarithm of the odds that a group is a digit, in both directions."""


class Features(NamedTuple):
    """What the score of a path is made of: the sum over its groups, boundaries and skips."""

    digit: float = 0.0
    """Number of groups."""
    known: float = 0.0
    """Logarithm of the odds that a group is a digit, by its Prediction's `known`."""
    tall: float = 0.0
    wide: float = 0.0
    loose: float = 0.0
    """A group's `GroupShape`."""
    overlap: float = 0.0
    cut: float = 0.0
    """A boundary's `BoundaryShape`."""
    skip: float = 0.0
    """Number of pieces that belong to no digit."""


# Fitted by `python -m trainer numbers`, which says on what.
WEIGHTS = Features(-3.21, 0.88, 9.05, -2.91, -4.65, -7.98, -3.88, -4.15)

SKIPPED = Features(skip=1.0)


def group_features(row: Row, group: Group, prediction: Prediction) -> Features:
    """The features of a group."""
    limit = 1 / (1 + math.exp(-MAX_ODDS))
    known = min(max(prediction.known, 1 - limit), limit)
    shape = row.shape(group)
    return Features(1.0, math.log(known / (1 - known)), shape.tall, shape.wide, shape.loose)


def boundary_features(row: Row, left: Group, right: Group) -> Features:
    """The features of the boundary between neighbours."""
    shape = row.boundary(left, right)
    return Features(overlap=shape.overlap, cut=float(shape.cut))


class _Path(NamedTuple):
    """A path up to some piece, from its last group back to its first."""

    score: float
    last: Group | None
    before: _Path | None


def best_path(
    row: Row,
    predictions: Mapping[Group, Prediction],
    cost: Callable[[Group], float] = lambda _: 0.0,
) -> list[Group]:
    """The digits of a row, from left to right: the path with the highest score.

    `predictions` has the Prediction for each candidate; `cost` lowers the score of paths with a
    group. Not all pieces are skipped.
    """
    starting: dict[int, list[tuple[Group, float]]] = defaultdict(list)
    for group, prediction in predictions.items():
        score = _score(group_features(row, group, prediction)) - cost(group)
        starting[group.start].append((group, score))
    # How a path goes on depends on its last group only.
    best: list[dict[Group | None, _Path]] = [{} for _ in range(len(row.pieces) + 1)]
    best[0][None] = _Path(0.0, None, None)
    for index in range(len(row.pieces)):
        for path in best[index].values():
            for group, score in starting[index]:
                total = path.score + score
                if path.last:
                    total += _score(boundary_features(row, path.last, group))
                _keep_better(best[group.end], _Path(total, group, path))
            if row.may_skip(index):
                skipped = path._replace(score=path.score + WEIGHTS.skip)
                _keep_better(best[index + 1], skipped)
    whole = max((p for p in best[-1].values() if p.last), key=lambda path: path.score)
    return _groups(whole)


def _score(features: Features) -> float:
    return math.fsum(map(mul, WEIGHTS, features))


def _keep_better(paths: dict[Group | None, _Path], path: _Path) -> None:
    known = paths.get(path.last)
    if known is None or path.score > known.score:
        paths[path.last] = path


def _groups(path: _Path | None) -> list[Group]:
    groups = []
    while path and path.last:
        groups.append(path.last)
        path = path.before
    return groups[::-1]
