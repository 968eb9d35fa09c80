"""Learning from corrections: a memory of corrected drawings that adjusts the Net's answers.

Each correction pushes the logits of similar drawings away from what the Net answered and towards
what the person said. Drawings are similar if the Net's features of them are. A gate keeps the
answers for other people's digits: see `Learner.add`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitpad.hand.anchors import Anchors, Places, Space, similarity
from digitpad.ink import Drawing, Stroke, ink_image
from digitpad.recognizer import softmax
from digitpad.verdict import NOT_A_DIGIT, energy

if TYPE_CHECKING:
    from digitpad.recognizer import Recognizer

Logits = NDArray[np.float64]

MOST_LESSONS = 500
"""Number of corrections that teach, the latest ones."""

_STRENGTHS = (90.0, 60.0, 40.0, 28.0, 20.0, 14.0)
"""Factors of the pushes; the largest that passes the gate counts."""

_MOST_WORSE, _MOST_LOST = 1, 0.002
"""What passes the gate: that many more errors on anchors, and that much less log-likelihood."""

_FIRST, _FULL = 0.15, 0.35
"""Similarities from which on a drawing becomes a digit, or none, as the corrected one did: a
little, and as much."""


def _variants() -> tuple[NDArray[np.float64], ...]:
    """A drawing as it is, slanted, turned, narrower and wider: as the same hand may draw it."""
    cos, sin = math.cos(0.12), math.sin(0.12)
    matrices = (
        [[1, 0], [0, 1]],
        [[1, 0.15], [0, 1]],
        [[1, -0.15], [0, 1]],
        [[cos, -sin], [sin, cos]],
        [[cos, sin], [-sin, cos]],
        [[0.88, 0], [0, 1]],
        [[1.14, 0], [0, 1]],
    )
    return tuple(np.array(matrix, dtype=np.float64) for matrix in matrices)


_VARIANTS = _variants()


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said that a drawing was."""

    drawing: Drawing
    label: int | None
    """The digit; None for not a digit."""


class Lesson(NamedTuple):
    """A correction, and what it means for the Net."""

    correction: Correction
    places: Places
    """Of the drawing and its variants."""
    push: Logits
    """[10]: added to the logits of a similar drawing."""
    lift: float
    """Added to the energy of a similar drawing, so that it is a digit, or is none."""
    logits: Logits
    """[10]: those of the drawing, by the weights alone."""
    on_anchors: NDArray[np.float32]
    """[m]: the similarity of each anchor of the gate."""

    @property
    def drawing(self) -> Places:
        """The place of the drawing alone, without its variants."""
        return Places(*(tuple(part[:1] for part in parts) for parts in self.places))


class Scored(NamedTuple):
    """A correction, and the answers to its drawing: digits, or None for not a digit."""

    correction: Correction
    before: int | None
    """By the weights alone."""
    now: int | None


class Hand:
    """What lessons have taught. It does not change."""

    def __init__(
        self,
        lessons: Sequence[Lesson],
        strength: float,
        own: NDArray[np.float32],
        space: Space,
        threshold: float,
    ) -> None:
        """`own` [n, n] is the similarity of each lesson's drawing to each lesson.

        `threshold` is the lowest energy of a digit.
        """
        self.lessons, self.own = tuple(lessons), own
        self._space = space
        self._places = Places.joined([lesson.places for lesson in lessons])
        self._pushes = strength * np.stack([lesson.push for lesson in lessons])
        self._lifts = np.array([lesson.lift for lesson in lessons])
        logits = np.stack([lesson.logits for lesson in lessons])
        logits, level = self._adjusted(own, logits, energy(logits))
        labels = [lesson.correction.label for lesson in lessons]
        wanted = np.array([NOT_A_DIGIT if label is None else label for label in labels])
        self.is_learned = _answers(logits, level, threshold) == wanted
        """[n]: whether the answer to each lesson's drawing is now what the person said."""

    def adjust(
        self, logits: Logits, level: Logits, features: NDArray[np.float32]
    ) -> tuple[Logits, Logits]:
        """The logits [n, 10] and energies [n] of drawings with these features, as learned."""
        return self.adjust_at(self._space.place(features), logits, level)

    def adjust_at(self, places: Places, logits: Logits, level: Logits) -> tuple[Logits, Logits]:
        """The same for drawings at these places."""
        return self._adjusted(most_similar(places, self._places), logits, level)

    def with_own(self, lesson: Lesson) -> NDArray[np.float32]:
        """`own` with one more lesson."""
        row = most_similar(lesson.drawing, self._places)
        drawings = Places.joined([each.drawing for each in self.lessons])
        column = most_similar(drawings, lesson.places)
        return np.block([[self.own, column], [row, np.ones((1, 1), np.float32)]])

    def _adjusted(
        self, similar: NDArray[np.float32], logits: Logits, level: Logits
    ) -> tuple[Logits, Logits]:
        return logits + similar @ self._pushes, level + _lifted(similar, self._lifts)


class Learner:
    """Learns from corrections for one set of weights."""

    def __init__(self, recognizer: Recognizer, anchors: Anchors) -> None:
        """Half of the anchors' digits define what is similar; all the others are the gate."""
        self.recognizer = recognizer
        """The recognizer to learn for."""
        logits, features = recognizer.outputs(anchors.images)
        digits = np.flatnonzero(anchors.labels != NOT_A_DIGIT)
        known = digits[: len(digits) // 2]
        self._space = Space(features[known], anchors.labels[known])
        gate = np.setdiff1d(np.arange(len(anchors.labels)), known)
        self._gate_places = self._space.place(features[gate])
        self._gate_logits, self._gate_labels = logits[gate], anchors.labels[gate]
        self._gate_energy = energy(self._gate_logits)
        self._errors, self._likelihood = self._at_gate(self._gate_logits, self._gate_energy)

    def lesson(self, correction: Correction) -> Lesson:
        """Prepare a lesson. Raises ValueError if the drawing has no strokes."""
        if not correction.drawing:
            raise ValueError("a correction needs a drawing")
        images = np.stack([ink_image(_changed(correction.drawing, each)) for each in _VARIANTS])
        logits, features = self.recognizer.outputs(images)
        places = self._space.place(features)
        thresholds, level = self.recognizer.thresholds, float(energy(logits[:1])[0])
        push, lift = np.zeros(10), 0.0
        if correction.label is None:
            lift = min(0.0, thresholds.energy - thresholds.scale - level)
        else:
            push = -softmax(logits[:1], self.recognizer.temperature)[0]
            push[correction.label] += 1
            lift = max(0.0, thresholds.energy + thresholds.scale - level)
        lift = lift if math.isfinite(lift) else 0.0
        on_anchors = most_similar(self._gate_places, places)[:, 0]
        return Lesson(correction, places, push, lift, logits[0], on_anchors)

    def learn(self, lessons: Iterable[Lesson]) -> Hand | None:
        """What these lessons teach, one after the other; None if that is nothing."""
        hand = None
        for lesson in lessons:
            hand = self.add(hand, lesson)
        return hand

    def add(self, before: Hand | None, lesson: Lesson) -> Hand | None:
        """What is known after one more lesson; `before` if it would harm.

        The gate: of the anchors that do not define what is similar, at most one more is wrong than
        by the weights alone, and the mean log-likelihood of the digits among them falls by at most
        0.002. No earlier correction may become wrong. The oldest of too many lessons is forgotten.
        """
        lessons, own = [lesson], np.ones((1, 1), np.float32)
        if before:
            lessons, own = [*before.lessons, lesson], before.with_own(lesson)
        surplus = max(0, len(lessons) - MOST_LESSONS)
        lessons, own = lessons[surplus:], own[surplus:, surplus:]
        strength = self._strength(lessons)
        if strength is None and lesson.lift and lesson.correction.label is not None:
            lessons[-1] = lesson._replace(lift=0.0)  # it may still tell one digit from another
            strength = self._strength(lessons)
        if strength is None:
            return before
        after = Hand(lessons, strength, own, self._space, self.recognizer.thresholds.energy)
        if before and (before.is_learned[surplus:] & ~after.is_learned[:-1]).any():
            return before
        return after

    def scored(self, lessons: Sequence[Lesson], hand: Hand | None) -> list[Scored]:
        """How the drawings of lessons are answered by the weights alone, and with `hand`."""
        logits = np.stack([lesson.logits for lesson in lessons])
        adjusted, level = logits, energy(logits)
        threshold = self.recognizer.thresholds.energy
        before = _answers(logits, level, threshold)
        if hand:
            places = Places.joined([lesson.drawing for lesson in lessons])
            adjusted, level = hand.adjust_at(places, logits, level)
        now = _answers(adjusted, level, threshold)
        return [
            Scored(lesson.correction, _digit(one), _digit(other))
            for lesson, one, other in zip(lessons, before.tolist(), now.tolist(), strict=True)
        ]

    def _strength(self, lessons: Sequence[Lesson]) -> float | None:
        """The largest strength with which the lessons pass the gate."""
        similar = np.stack([lesson.on_anchors for lesson in lessons], axis=1)
        pushed = similar @ np.stack([lesson.push for lesson in lessons])
        level = self._gate_energy + _lifted(similar, np.array([each.lift for each in lessons]))
        for strength in _STRENGTHS:
            errors, likelihood = self._at_gate(self._gate_logits + strength * pushed, level)
            is_harmless = likelihood >= self._likelihood - _MOST_LOST
            if errors <= self._errors + _MOST_WORSE and is_harmless:
                return strength
        return None

    def _at_gate(self, logits: Logits, level: Logits) -> tuple[int, float]:
        """The errors on the anchors of the gate, and the mean log-likelihood of its digits."""
        labels, is_digit = self._gate_labels, self._gate_labels != NOT_A_DIGIT
        answers = _answers(logits, level, self.recognizer.thresholds.energy)
        errors = int((answers != labels).sum())
        probabilities = softmax(logits[is_digit], self.recognizer.temperature)
        chosen = probabilities[np.arange(is_digit.sum()), labels[is_digit]]
        return errors, float(np.log(np.maximum(chosen, 1e-12)).mean())


def _answers(logits: Logits, level: Logits, threshold: float) -> NDArray[np.int64]:
    """The digits answered [n]; NOT_A_DIGIT for an energy below the threshold."""
    return np.where(level >= threshold, logits.argmax(axis=1), NOT_A_DIGIT)


def _digit(label: int) -> int | None:
    return None if label == NOT_A_DIGIT else label


def _changed(drawing: Drawing, matrix: NDArray[np.float64]) -> Drawing:
    return Drawing(tuple(Stroke.from_xy(*(stroke.xy @ matrix.T).T) for stroke in drawing.strokes))


def most_similar(places: Places, lessons: Places) -> NDArray[np.float32]:
    """The similarity [n, lessons] of drawings to the most similar variant of each lesson."""
    similar = similarity(places, lessons)
    most: NDArray[np.float32] = similar.reshape(len(similar), -1, len(_VARIANTS)).max(axis=2)
    return most


def _lifted(similar: NDArray[np.float32], lifts: Logits) -> Logits:
    """The lift [n] of drawings: that of the most similar lesson, the less similar the smaller."""
    nearest = similar.argmax(axis=1)
    highest = similar[np.arange(len(similar)), nearest]
    share = np.clip((highest - _FIRST) / (_FULL - _FIRST), 0, 1)
    lifted: Logits = share * lifts[nearest]
    return lifted
