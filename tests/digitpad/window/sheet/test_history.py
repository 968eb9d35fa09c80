"""How far undo goes back."""

import numpy as np

from digitpad.ink import Stroke
from digitpad.picture import Picture
from digitpad.window.sheet.history import (
    BLANK,
    MOST_PICTURE_BYTES,
    MOST_STEPS,
    Content,
    History,
)


def undone(history):
    n = 0
    while history.can_undo:
        history.undo()
        n += 1
    return n


def test_the_last_thousand_steps_can_be_undone():
    history, content = History(), BLANK
    for n in range(MOST_STEPS + 500):
        content = content.with_stroke(Stroke.from_xy([n, n + 1], [0, 1]))
        history.step(content)
    assert undone(history) == MOST_STEPS
    assert len(history.present.strokes) == 500


def test_pictures_that_undo_brings_back_are_bounded():
    history = History()
    side = 1000
    for _ in range(30):
        grey = np.zeros((side, side), np.uint8)
        history.step(Content(picture=Picture(grey, np.zeros((28, 28), np.uint8))))
        history.step(BLANK)
    pictures = set()
    while history.can_undo:
        history.undo()
        if history.present.picture:
            pictures.add(id(history.present.picture))
    assert 5 <= len(pictures) <= MOST_PICTURE_BYTES // side**2 + 1
