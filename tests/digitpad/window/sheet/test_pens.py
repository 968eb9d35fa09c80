"""Which pen draws, and what its events do: decided without a window."""

from math import inf

import pytest

from digitpad.window.sheet.pens import (
    PALM_SECONDS,
    Action,
    Device,
    Kind,
    Pen,
    PenEvent,
    adds_ink,
    decide,
)

MOUSE, STYLUS = Pen(Device.MOUSE), Pen(Device.STYLUS)
FINGER, THUMB = Pen(Device.FINGER, 0), Pen(Device.FINGER, 1)
PRESS, MOVE, RELEASE, CANCEL = Kind
START, EXTEND, FINISH, DISCARD = Action
OTHER = False  # a button that neither draws nor erases
NOW = 100.0


@pytest.mark.parametrize(
    ("drawing", "pen", "kind", "draws", "actions"),
    [
        # One pen draws a stroke
        *[(None, pen, PRESS, True, [START]) for pen in (MOUSE, STYLUS, FINGER)],
        *[(pen, pen, MOVE, True, [EXTEND]) for pen in (MOUSE, STYLUS, FINGER)],
        *[(pen, pen, RELEASE, True, [EXTEND, FINISH]) for pen in (MOUSE, FINGER)],
        (STYLUS, STYLUS, RELEASE, True, [FINISH]),  # its last pressure would be none
        # Other buttons and hovering do not draw
        *[(None, pen, PRESS, OTHER, []) for pen in (MOUSE, STYLUS)],
        *[(None, pen, MOVE, OTHER, []) for pen in (MOUSE, STYLUS)],
        *[(None, pen, RELEASE, True, []) for pen in (MOUSE, STYLUS, FINGER)],
        # A second button finishes the stroke
        (MOUSE, MOUSE, PRESS, OTHER, [FINISH]),
        (STYLUS, STYLUS, PRESS, OTHER, [FINISH]),
        (MOUSE, MOUSE, RELEASE, OTHER, []),
        (STYLUS, STYLUS, RELEASE, OTHER, [FINISH]),
        # A lost release does not join two strokes
        *[(pen, pen, PRESS, True, [FINISH, START]) for pen in (MOUSE, STYLUS, FINGER)],
        *[(pen, pen, MOVE, OTHER, [FINISH]) for pen in (MOUSE, STYLUS)],
        # The system takes the fingers back
        (FINGER, FINGER, CANCEL, True, [FINISH]),
        (THUMB, FINGER, CANCEL, True, [FINISH]),
        *[(drawing, FINGER, CANCEL, True, []) for drawing in (None, MOUSE, STYLUS)],
        # A stylus overrides the hand that touched the screen before it
        (FINGER, STYLUS, PRESS, True, [DISCARD, START]),
        (FINGER, STYLUS, PRESS, OTHER, []),
        (FINGER, STYLUS, MOVE, OTHER, []),
        # Otherwise the pen that draws keeps the sheet
        *[
            (drawing, pen, kind, True, [])
            for drawing, pen in [
                (FINGER, THUMB),
                (FINGER, MOUSE),
                (MOUSE, FINGER),
                (MOUSE, STYLUS),
                (STYLUS, FINGER),
                (STYLUS, MOUSE),
            ]
            for kind in (PRESS, MOVE, RELEASE)
        ],
    ],
)
def test_an_event_starts_extends_finishes_or_discards(drawing, pen, kind, draws, actions):
    event = PenEvent(pen, kind, NOW, draws)
    assert decide(event=event, drawing=drawing, stylus_seen=-inf) == tuple(actions)


@pytest.mark.parametrize(
    ("pen", "seconds", "actions"),
    [
        (FINGER, 0.0, []),
        (FINGER, PALM_SECONDS * 0.99, []),
        (FINGER, PALM_SECONDS, [START]),
        (STYLUS, 0.0, [START]),
        (MOUSE, 0.0, [START]),
    ],
)
def test_a_touch_soon_after_the_stylus_is_a_palm(pen, seconds, actions):
    event = PenEvent(pen, PRESS, NOW)
    assert decide(event=event, drawing=None, stylus_seen=NOW - seconds) == tuple(actions)


def test_a_finger_that_draws_is_no_palm_when_the_stylus_comes_near():
    event = PenEvent(FINGER, MOVE, NOW)
    assert decide(event=event, drawing=FINGER, stylus_seen=NOW) == (EXTEND,)


@pytest.mark.parametrize(
    ("point", "adds"),
    [
        ((1, 2, 0.5), False),
        ((1, 2, 0.4), False),
        ((1, 2, 0.6), True),
        ((1.1, 2, 0.1), True),
        ((1, 1.9, 0.1), True),
    ],
)
def test_a_point_in_the_same_place_adds_ink_only_if_pressed_harder(point, adds):
    assert adds_ink(last=(1, 2, 0.5), point=point) == adds
