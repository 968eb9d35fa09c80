"""Pen drawings of 30 writers, recognized by weights that have not learned from these writers."""

import numpy as np

from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights

TABLET = 500  # side of the tablet, in its units


def accuracy(weights, samples):
    recognizer = Recognizer(weights)
    return sum(recognizer.recognize(s.drawing).digit == s.label for s in samples) / len(samples)


def test_weights_from_mnist_alone_recognize_all_writers(pen_samples, seed_weights):
    assert accuracy(seed_weights, pen_samples[::10]) >= 0.955


def test_the_bundled_weights_recognize_unseen_writers(pen_samples):
    unseen = [sample for sample in pen_samples if int(sample.writer) >= 26]
    assert accuracy(bundled_weights(), unseen[::3]) >= 0.99


def test_the_window_gives_the_same_answers(open_window, mouse_on, qtbot, pen_samples, seed_weights):
    window, recognizer = open_window(seed_weights), Recognizer(seed_weights)
    answered = []
    window.canvas.drawing_changed.connect(answered.append)
    differences = 0
    one_by_each_writer = {sample.writer: sample for sample in pen_samples}.values()
    for sample in one_by_each_writer:
        mouse_on(window.canvas).draw(on_the_sheet(sample.drawing))
        qtbot.waitUntil(lambda: answered and answered[-1] == window.canvas.drawing)
        digit = recognizer.recognize(sample.drawing).digit
        differences += window.answer.prediction.digit != digit
        window.canvas.clear()
        qtbot.waitUntil(lambda: window.answer.prediction is None)
    assert len(one_by_each_writer) == 30
    assert differences <= 1  # the mouse rounds the points to pixels of the sheet


def on_the_sheet(drawing):
    """The strokes in canvas units, within the sheet and as large as they were on the tablet."""
    corner = np.concatenate([stroke.xy for stroke in drawing.strokes]).min(axis=0)
    return [((stroke.xy - corner) * 280 / TABLET + 20).tolist() for stroke in drawing.strokes]
