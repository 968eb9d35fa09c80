"""Decides which pen draws and what its events do to the stroke. Pure functions, without Qt.

A pen is whatever can draw: the mouse, the stylus or a finger. One pen draws at a time, and no other
until its stroke has ended.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

PALM_SECONDS = 0.5
"""For this long after the last event of the stylus, a touch counts as the palm of the hand."""

Point = tuple[float, float, float]
"""x and y in canvas units, and pressure from 0 to 1."""


class Device(Enum):
    """Kind of pen."""

    MOUSE = auto()
    STYLUS = auto()
    FINGER = auto()


class Pen(NamedTuple):
    """One pen. `finger` tells the fingers on a touch screen apart."""

    device: Device
    finger: int = 0


class Kind(Enum):
    """Kind of event. `CANCEL` ends the touches of all fingers."""

    PRESS = auto()
    MOVE = auto()
    RELEASE = auto()
    CANCEL = auto()


class PenEvent(NamedTuple):
    """An event of a pen, at a `time` in seconds of a monotonic clock.

    `draws` is true if a mouse button or an end of the stylus that draws or erases was pressed or
    released, or is held during the move. It is always true for a finger.
    """

    pen: Pen
    kind: Kind
    time: float
    draws: bool = True


class Action(Enum):
    """What to do with the stroke."""

    START = auto()
    EXTEND = auto()
    FINISH = auto()
    DISCARD = auto()


def decide(*, event: PenEvent, drawing: Pen | None, stylus_seen: float) -> tuple[Action, ...]:
    """The actions to take on an event, in order; none if it is to be ignored.

    `drawing` is the pen whose stroke is being drawn. `stylus_seen` is the time of the stylus's last
    event, -inf if there was none.
    """
    if event.kind is Kind.PRESS:
        return _decide_press(event, drawing, stylus_seen)
    if event.kind is Kind.CANCEL:
        is_cancelled = drawing is not None and event.pen.device is drawing.device
        return (Action.FINISH,) if is_cancelled else ()
    return _continue(event) if event.pen == drawing else ()


def _decide_press(event: PenEvent, drawing: Pen | None, stylus_seen: float) -> tuple[Action, ...]:
    device = event.pen.device
    ending: tuple[Action, ...] = ()
    if event.pen == drawing:  # a second button, or the release went to another window
        ending = (Action.FINISH,)
    elif drawing and drawing.device is Device.FINGER and device is Device.STYLUS and event.draws:
        ending = (Action.DISCARD,)  # the hand touched the screen before the stylus did
    elif drawing:
        return ()
    is_palm = device is Device.FINGER and event.time - stylus_seen < PALM_SECONDS
    can_start = event.draws and not is_palm
    return (*ending, Action.START) if can_start else ending


def _continue(event: PenEvent) -> tuple[Action, ...]:
    if event.kind is Kind.MOVE:
        return (Action.EXTEND,) if event.draws else (Action.FINISH,)
    if event.pen.device is Device.STYLUS:  # without a last point: a lifted stylus has no pressure
        return (Action.FINISH,)
    return (Action.EXTEND, Action.FINISH) if event.draws else ()


def adds_ink(*, last: Point, point: Point) -> bool:
    """Whether a point after `last` changes how the stroke looks."""
    return point[:2] != last[:2] or point[2] > last[2]
