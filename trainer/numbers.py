"""The command `numbers`: fits the score by which strokes are put together to digits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from digitpad.inkfile import Sample
from digitpad.numbers import NumberReader
from digitpad.numbers.path import SKIPPED, Features, boundary_features, group_features
from digitpad.numbers.row import Group, Row
from digitpad.recognizer import Prediction, Recognizer
from digitpad.weights_store import bundled_weights
from trainer.data.composed import composed_numbers
from trainer.data.digits import DataError
from trainer.data.ink import load_ink
from trainer.options import NumbersOptions
from trainer.run.report import say

MAX_PIECES = 8
"""Maximum number of pieces of a row that is fitted on: all its paths are listed."""

COMPOSED, HELD_OUT = 4_000, 1_000
"""How many composed numbers to fit on, and to check on."""

MAX_OF_A_KIND = 8_000
"""Maximum number of digits, and of outliers, to fit on."""

# How much a drawing of each kind counts in the fit.
_IMPORTANCE = {"numbers": 3.0, "composed numbers": 1.0, "digits": 2.0, "outliers": 0.5}

_DECAY = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """The ways to read a drawing."""

    features: NDArray[np.float64]
    """The `Features` [n, 8] of each path."""
    is_correct: NDArray[np.bool_]
    """Which paths [n] are correct."""
    importance: float


def fit(options: NumbersOptions) -> Iterator[str]:
    """Fit the weights of the score on ink files, and yield lines of text with them.

    Further lines say how many of the held-out drawings are misread with the weights in use. Raises
    DataError.
    """
    reader = NumberReader(Recognizer(bundled_weights()))
    inks = [load_ink(path, report=say) for path in options.ink]
    drawings = [sample for ink in inks for sample in (*ink.digits, *ink.outliers)]
    held_out = [s for s in drawings if any(w.include(s) for w in options.ink_holdout)]
    held = {id(sample) for sample in held_out}
    kinds = _by_kind([s for s in drawings if id(s) not in held], COMPOSED)
    examples = [
        found
        for kind, samples in kinds.items()
        for sample in samples
        if (found := example(reader, sample, _IMPORTANCE[kind]))
    ]
    if not examples:
        raise DataError("the ink files have nothing to fit on: numbers and digits are needed")
    fields = zip(Features._fields, fitted(examples), strict=True)
    yield "Fitted: " + ", ".join(f"{name} {weight:.2f}" for name, weight in fields)
    for kind, samples in _by_kind(held_out, HELD_OUT).items():
        if not samples:
            continue
        wrong = sum(not _is_correct(reader, sample) for sample in samples)
        yield f"Held out, {kind}: {wrong:,} of {len(samples):,} misread"


def _by_kind(samples: Sequence[Sample], composed: int) -> dict[str, list[Sample]]:
    """Samples by their kinds, with as many composed numbers more; at random, but repeatable."""
    order = np.random.default_rng(0).permutation(len(samples))
    shuffled = [samples[index] for index in order]
    digits = [sample for sample in shuffled if sample.label is not None]
    return {
        "numbers": [s for s in shuffled if s.label is None and _text(s)],
        "composed numbers": list(islice(composed_numbers(digits), composed)),
        "digits": digits[:MAX_OF_A_KIND],
        "outliers": [s for s in shuffled if _text(s) is None][:MAX_OF_A_KIND],
    }


def _is_correct(reader: NumberReader, sample: Sample) -> bool:
    """Whether a drawing is read as it was meant; what is no digit, not as a sure number."""
    reading = reader.read(sample.drawing)
    if reading is None:
        return False
    text = _text(sample)
    return not (reading.single is None and reading.sure) if text is None else reading.text == text


def example(reader: NumberReader, sample: Sample, importance: float) -> Example | None:
    """A sample as an example; None if it shows nothing, or has too many pieces.

    What is not a digit is correct as one group, so that a letter does not become a number.
    """
    row, guesses = reader.candidates(sample.drawing)
    predictions = {group: guess.prediction for group, guess in guesses.items()}
    if len(row.pieces) > MAX_PIECES:
        return None
    text = _text(sample)
    features, is_correct = [], []
    for groups in _paths(row, predictions, 0):
        if not groups:
            continue
        features.append(_features(row, groups, predictions))
        read = "".join(str(predictions[group].digit) for group in groups)
        is_correct.append(len(groups) == 1 if text is None else read == text)
    if all(is_correct) or not any(is_correct):
        return None
    return Example(np.array(features), np.array(is_correct), importance)


def _text(sample: Sample) -> str | None:
    """The digits that were meant; None for what is not a digit."""
    if sample.label is not None:
        return str(sample.label)
    return sample.text if sample.text and sample.text.isdecimal() else None


def _paths(row: Row, groups: Mapping[Group, Prediction], start: int) -> Iterator[tuple[Group, ...]]:
    """All paths from piece `start` on."""
    if start == len(row.pieces):
        yield ()
        return
    for group in groups:
        if group.start == start:
            for rest in _paths(row, groups, group.end):
                yield (group, *rest)
    if row.may_skip(start):
        yield from _paths(row, groups, start + 1)


def _features(
    row: Row, path: Sequence[Group], predictions: Mapping[Group, Prediction]
) -> NDArray[np.float64]:
    parts: list[ArrayLike] = [group_features(row, group, predictions[group]) for group in path]
    parts += [boundary_features(row, *pair) for pair in pairwise(path)]
    skipped = len(row.pieces) - sum(group.end - group.start for group in path)
    parts.append(np.multiply(SKIPPED, skipped))
    total: NDArray[np.float64] = np.sum(np.array(parts), axis=0)
    return total


def fitted(examples: Sequence[Example]) -> Features:
    """The weights with the highest likelihood of the correct paths, all together."""
    sizes = [len(each.features) for each in examples]
    of = torch.repeat_interleave(torch.arange(len(examples)), torch.tensor(sizes))
    features = torch.from_numpy(np.concatenate([each.features for each in examples]))
    is_correct = torch.from_numpy(np.concatenate([each.is_correct for each in examples]))
    importance = torch.tensor([each.importance for each in examples], dtype=torch.float64)
    weights = torch.zeros(features.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=500, line_search_fn="strong_wolfe")

    def total(scores: torch.Tensor, owners: torch.Tensor) -> torch.Tensor:
        """The logarithm of the sum of exponentials for each example [n]."""
        highest = torch.full((len(examples),), -torch.inf, dtype=torch.float64)
        highest = highest.scatter_reduce(0, owners, scores.detach(), "amax")
        sums = torch.zeros(len(examples), dtype=torch.float64)
        return highest + sums.scatter_add(0, owners, (scores - highest[owners]).exp()).log()

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scores = features @ weights
        lost = total(scores, of) - total(scores[is_correct], of[is_correct])
        value = (importance * lost).sum() / importance.sum() + _DECAY * weights.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return Features(*weights.tolist())
