"""What Qt's events say about pens."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from time import monotonic
from typing import NamedTuple, TypeGuard

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import (
    QEventPoint,
    QInputDevice,
    QMouseEvent,
    QPointingDevice,
    QTabletEvent,
    QTouchEvent,
)

from digitpad.window.sheet.pens import Device, Kind, Pen, PenEvent

INTERRUPTIONS = {
    QEvent.Type.EnabledChange,
    QEvent.Type.FocusOut,
    QEvent.Type.Hide,
    QEvent.Type.UngrabMouse,
    QEvent.Type.WindowDeactivate,
}
"""Events that finish a stroke: its release may never come."""

# Other pens' events that come back as mouse events are not the mouse's.
_OTHER_DEVICES = {QInputDevice.DeviceType.TouchScreen, QInputDevice.DeviceType.Stylus}

_LEFT, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton

_MOUSE_KINDS = {
    QEvent.Type.MouseButtonPress: Kind.PRESS,
    QEvent.Type.MouseButtonDblClick: Kind.PRESS,
    QEvent.Type.MouseMove: Kind.MOVE,
    QEvent.Type.MouseButtonRelease: Kind.RELEASE,
}
_TABLET_KINDS = {
    QEvent.Type.TabletPress: Kind.PRESS,
    QEvent.Type.TabletMove: Kind.MOVE,
    QEvent.Type.TabletRelease: Kind.RELEASE,
}
_TOUCH_KINDS = {
    QEventPoint.State.Pressed: Kind.PRESS,
    QEventPoint.State.Updated: Kind.MOVE,
    QEventPoint.State.Released: Kind.RELEASE,
}


class Input(NamedTuple):
    """An event of a pen, and where and how hard it presses the sheet."""

    event: PenEvent
    position: QPointF
    pressure: float = 1.0
    erases: bool = False
    """Whether this end or this button erases, whatever tool is chosen."""


def from_mouse(event: QMouseEvent) -> Input | None:
    """The input of the mouse; None if the event was made from that of another pen."""
    if event.deviceType() in _OTHER_DEVICES:
        return None
    kind = _MOUSE_KINDS[event.type()]
    button = event.button()
    if kind is Kind.MOVE:
        draws = bool(event.buttons() & (_LEFT | _RIGHT))
    else:
        # A second button only ends a stroke.
        is_alone = kind is Kind.RELEASE or event.buttons() == button
        draws = is_alone and button in {_LEFT, _RIGHT}
    mouse = PenEvent(Pen(Device.MOUSE), kind, monotonic(), draws)
    return Input(mouse, event.position(), erases=button == _RIGHT)


def from_tablet(event: QTabletEvent) -> Input:
    """The input of the stylus."""
    kind = _TABLET_KINDS[event.type()]
    buttons = event.buttons() if kind is Kind.MOVE else event.button()
    stylus = PenEvent(Pen(Device.STYLUS), kind, monotonic(), draws=bool(buttons & _LEFT))
    pressure = event.pressure() if isfinite(event.pressure()) else 1.0  # a driver may report NaN
    erases = event.pointerType() == QPointingDevice.PointerType.Eraser
    return Input(stylus, event.position(), min(max(pressure, 0.0), 1.0), erases)


def is_from_fingers(event: QEvent) -> TypeGuard[QTouchEvent]:
    """Whether fingers touch the screen; on a touchpad they move the mouse."""
    screen = QInputDevice.DeviceType.TouchScreen
    return isinstance(event, QTouchEvent) and event.deviceType() == screen


def from_touch(event: QTouchEvent) -> Iterator[Input]:
    """The input of each finger that has moved."""
    now = monotonic()
    for point in event.points():
        if kind := _TOUCH_KINDS.get(point.state()):  # none for a finger that has not moved
            finger = Pen(Device.FINGER, point.id())
            yield Input(PenEvent(finger, kind, now), point.position())
    if event.type() == QEvent.Type.TouchCancel:
        yield Input(PenEvent(Pen(Device.FINGER), Kind.CANCEL, now), QPointF())
