"""What corrections teach: people who correct their first drawings, and the errors in their others.

With `--weights`, these have not met the writers of the file: the anchors are MNIST and the pen
digits of writers 1–25, and the bounds are those of the README. The bundled weights have met the
split `train`: the people are those of `choose`, and no error may be added.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitpad.hand.anchors import load_anchors
from digitpad.hand.memory import Correction, Learner
from digitpad.ink import ink_image
from digitpad.inkfile import read_ink
from digitpad.recognizer import Recognizer
from digitpad.training.writers import parse_writers
from digitpad.verdict import energy
from digitpad.weights_store import bundled_weights
from trainer.data.anchors import cut_anchors
from trainer.data.ink import load_ink
from trainer.data.mnist import default_data_dir, load_mnist, split_validation

LEAST = 40  # drawings of a person
OTHERS = 0.05  # points of accuracy that others may lose


@dataclass(frozen=True)
class Taught:
    """What one way of teaching did."""

    what: str
    before: int
    after: int
    drawings: int
    corrections: float
    """Per person."""
    lost: float
    """By others, in points of accuracy."""
    slowest: float
    """Seconds after a correction."""
    bound: float
    """On the errors after, relative to those before."""

    @property
    def is_within_bound(self):
        return self.after <= self.bound * self.before and self.lost <= OTHERS

    def __str__(self):
        verdict = "ok" if self.is_within_bound else "ABOVE"
        return (
            f"{self.what}: {self.after} errors against {self.before} of {self.drawings:,} "
            f"({self.after / self.before - 1:+.0%}, ≤ {self.bound - 1:+.0%}; others lose "
            f"{self.lost:+.3f} points, ≤ {OTHERS}: {verdict}); {self.corrections:.1f} corrections "
            f"per person, {1e3 * self.slowest:.0f} ms at most for one"
        )


def run(file, weights):
    recognizer = Recognizer(weights or bundled_weights())
    samples = [s for s in read_ink(file, print) if s.label is not None and s.drawing]
    if weights is None:
        samples = [sample for sample in samples if sample.split == "choose"]
    people = {}
    for sample in samples:
        people.setdefault(sample.writer, []).append(sample)
    halves = [
        (drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :])
        for drawn in people.values()
        if len(drawn) >= LEAST
    ]
    learner = Learner(recognizer, load_anchors() if weights is None else _unseen_anchors())
    seconds = [_Drawings(recognizer, second) for _, second in halves]
    for what, bound in (("corrections only", 0.7), ("everything labelled", 0.55)):
        yield _teach(
            what,
            recognizer,
            learner,
            [first for first, _ in halves],
            seconds,
            1.0 if weights is None else bound,
        )


class _Drawings:
    """Drawings, and what the weights make of them."""

    def __init__(self, recognizer, samples):
        images = np.stack([ink_image(sample.drawing) for sample in samples])
        self.labels = np.array([sample.label for sample in samples])
        self.logits, self.features = recognizer.outputs(images)

    def errors(self, hand):
        logits = self.logits
        if hand:
            logits, _ = hand.adjust(logits, energy(logits), self.features)
        return int((logits.argmax(axis=1) != self.labels).sum())


def _teach(what, recognizer, learner, firsts, seconds, bound):
    before = sum(second.errors(None) for second in seconds)
    after = corrections = 0
    lost, slowest = [], 0.0
    for first, own in zip(firsts, seconds, strict=True):
        hand = None
        for sample in first:
            recognizer.hand = hand
            is_wrong = recognizer.recognize(sample.drawing).digit != sample.label
            recognizer.hand = None
            if is_wrong or what == "everything labelled":
                started = time.perf_counter()
                lesson = learner.lesson(Correction(sample.drawing, sample.label))
                hand = learner.add(hand, lesson)
                slowest = max(slowest, time.perf_counter() - started)
                corrections += 1
        after += own.errors(hand)
        others = [second for second in seconds if second is not own]
        n = sum(len(second.labels) for second in others)
        change = sum(second.errors(hand) - second.errors(None) for second in others)
        lost.append(100 * change / n if hand else 0.0)
    drawings = sum(len(second.labels) for second in seconds)
    per_person = corrections / len(seconds)
    return Taught(what, before, after, drawings, per_person, np.mean(lost), slowest, bound)


def _unseen_anchors():
    folder = default_data_dir()
    training, _ = split_validation(load_mnist(folder, train=True, report=print))
    pen = load_ink(Path(folder) / "pen" / "pendigits-orig.tra", report=print)
    pen = pen.without(parse_writers("26-30"))
    return cut_anchors([training, pen.render_digits()], [])
