"""The sheet to draw on, with mouse, stylus or finger."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable
from math import ceil, inf
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QEventPoint,
    QInputDevice,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QPointingDevice,
    QTabletEvent,
    QTouchEvent,
    QTransform,
)
from PySide6.QtWidgets import QWidget

from digitpad.window.pad.brush import WIDTH, Run, Trace, runs

if TYPE_CHECKING:
    from digitpad.ink import Drawing, Stroke

# NumPy, and what needs it, is imported when the first stroke is there: it takes about as long to
# import as all that Qt does until the first paint.
# ruff: noqa: PLC0415

SIDE = 280.0
"""Side of the square in the middle of the sheet that is always in view, in canvas units."""

MOST_SHRUNK = 3.0
"""How much smaller than fits the square may be, so that ink beside it is in sight. Ink still
farther off was drawn beyond the sheet's edge."""

HISTORY = 200
"""Steps that can be undone."""

PALM_SECONDS = 0.5
"""For so long after the stylus was last near, a touch is taken for the hand that holds it."""

_HINT = "Draw a digit"
_CORNER = 8.0  # radius of the sheet's corners, in pixels

_Device = QInputDevice.DeviceType
_Pen = tuple[_Device, int]  # the number tells fingers apart
_MOUSE: _Pen = (_Device.Mouse, 0)
_STYLUS: _Pen = (_Device.Stylus, 0)

# These end a stroke as it is: the pen may never be lifted over the sheet.
_INTERRUPTIONS = {
    QEvent.Type.EnabledChange,
    QEvent.Type.FocusOut,
    QEvent.Type.Hide,
    QEvent.Type.UngrabMouse,
    QEvent.Type.WindowDeactivate,
}

# After these, all ink has to be painted anew.
_NEW_LOOKS = {
    QEvent.Type.DevicePixelRatioChange,
    QEvent.Type.PaletteChange,
}


class _Draft:
    """The stroke that is being drawn, by which pen, and its look."""

    def __init__(self, pen: _Pen, x: float, y: float, pressure: float) -> None:
        self.pen = pen
        self.trace = Trace(x, y, pressure)
        self._points = array("d", (x, y, pressure))

    @property
    def last(self) -> tuple[float, ...]:
        return tuple(self._points[-3:])

    def add(self, x: float, y: float, pressure: float) -> tuple[QRectF, Run | None]:
        """What `Trace.add` says."""
        self._points.extend((x, y, pressure))
        return self.trace.add(x, y, pressure)

    def stroke(self) -> Stroke:
        import numpy as np

        from digitpad.ink import Stroke

        return Stroke(np.frombuffer(self._points).reshape(-1, 3))


class Canvas(QWidget):
    """Takes strokes and keeps them as vectors: x and y from 0 to `SIDE`, y growing downwards.

    Whatever the widget's shape, the square of `SIDE` by `SIDE` canvas units is centred in it and
    as large as fits. Ink beside it is kept as it is. Where the widget gets another shape, the
    square is smaller if need be, so that this ink stays in sight, until the sheet is blank again.
    """

    drawing_changed = Signal(object)
    """The Drawing, with the stroke that is being drawn. At most once per pass of the event loop."""

    history_changed = Signal()
    """Whether there is something to undo, redo or clear may have changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Sheet")
        self.setAccessibleDescription("Draw a digit here with mouse, stylus or finger.")
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(200, 200)
        self.setTabletTracking(True)  # a stylus that hovers is near, too
        self._strokes: tuple[Stroke, ...] = ()
        self._done: deque[tuple[Stroke, ...]] = deque(maxlen=HISTORY)
        self._undone: list[tuple[Stroke, ...]] = []
        self._draft: _Draft | None = None
        self._stylus_seen = -inf
        self._scale = 1.0  # pixels of the widget per canvas unit
        self._middle = QPointF()  # of the square, in the widget's pixels
        self._ink: QPixmap | None = None  # all ink but the open run of the stroke being drawn
        self._change = QTimer(self, singleShot=True, interval=0)
        self._change.timeout.connect(lambda: self.drawing_changed.emit(self.drawing))

    def sizeHint(self) -> QSize:
        return QSize(480, 480)

    # The drawing

    @property
    def drawing(self) -> Drawing:
        """All strokes, and the one that is being drawn, as far as it is."""
        from digitpad.ink import Drawing

        draft = (self._draft.stroke(),) if self._draft else ()
        return Drawing((*self._strokes, *draft))

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke is being drawn now."""
        return self._draft is not None

    @property
    def is_blank(self) -> bool:
        return not self._strokes and not self.is_drawing

    @property
    def can_undo(self) -> bool:
        return bool(self._done) or self.is_drawing

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def undo(self) -> None:
        """Take the last step back; a stroke that is being drawn is ended first."""
        self._lift_pen()
        if self._done:
            self._undone.append(self._strokes)
            self._show(self._done.pop())

    def redo(self) -> None:
        """Do again what was undone last, if nothing else was done since."""
        self._lift_pen()
        if self._undone:
            self._done.append(self._strokes)
            self._show(self._undone.pop())

    def clear(self) -> None:
        """Start a blank sheet. This is a step, too: it can be undone."""
        self._lift_pen()
        if self._strokes:
            self._remember()
            self._show(())

    def _remember(self) -> None:
        self._done.append(self._strokes)
        self._undone.clear()

    def _show(self, strokes: tuple[Stroke, ...]) -> None:
        self._strokes = strokes
        self._ink = None
        if self.is_blank or self._largest_scale() < self._scale:
            self._fit()  # also ink of a time when the sheet had another shape
        self.update()
        self._change.start()
        self.history_changed.emit()

    def _fit(self) -> None:
        """Show the square, and all ink, as large as fits.

        Not while a stroke is being drawn: it would be torn where the sheet moves under the pen.
        """
        self._ink = None
        if self.is_drawing:
            return
        self._middle = QPointF(self.width() / 2, self.height() / 2)
        self._scale = self._largest_scale()

    def _largest_scale(self) -> float:
        """At which the square and all ink are in sight."""
        width, height = max(1, self.width()), max(1, self.height())
        scale = largest = min(width, height) / SIDE
        for stroke in self._strokes:  # not the one being drawn: the pen may be anywhere
            x, y = abs(stroke.xy - SIDE / 2).max(axis=0) + WIDTH / 2
            scale = min(scale, width / 2 / x, height / 2 / y)
        return max(scale, largest / MOST_SHRUNK)

    # The pen: whatever draws, and nothing else until it is lifted

    @property
    def _pen(self) -> _Pen | None:
        return self._draft.pen if self._draft else None

    def _put_down_pen(self, pen: _Pen, position: QPointF, pressure: float = 1.0) -> None:
        self._draft = _Draft(pen, *self._to_canvas(position), pressure)
        self.update()
        self._change.start()
        self.history_changed.emit()

    def _move_pen(self, position: QPointF, pressure: float = 1.0) -> None:
        assert self._draft
        x, y = self._to_canvas(position)
        *last_xy, last_pressure = self._draft.last
        if [x, y] == last_xy and pressure <= last_pressure:
            return
        area, ended = self._draft.add(x, y, pressure)
        if ended and self._ink:
            self._paint_ink(self._ink, [ended])
        self.update(self._to_widget().mapRect(area).toAlignedRect().adjusted(-1, -1, 1, 1))
        self._change.start()

    def _lift_pen(self) -> None:
        """End the stroke that is being drawn, if there is one, and keep it."""
        if not self._draft:
            return
        draft, self._draft = self._draft, None
        self._remember()
        self._strokes = (*self._strokes, draft.stroke())
        if self._ink:
            self._paint_ink(self._ink, [draft.trace.open_run()])
        self._fit_new_shape()
        self._change.start()
        self.history_changed.emit()

    def _drop_stroke(self) -> None:
        """Forget the stroke that is being drawn."""
        self._draft = None
        self._fit_new_shape()
        self._show(self._strokes)

    def _fit_new_shape(self) -> None:
        """If the widget has got another shape while the stroke was drawn, fit it now."""
        if self._middle != QPointF(self.width() / 2, self.height() / 2):
            self._fit()
            self.update()

    # What draws

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent) and event.deviceType() == _Device.TouchScreen:
            self._touch(event)
            return True  # or it comes back as a mouse event, and draws twice
        if event.type() in _INTERRUPTIONS:
            self._lift_pen()
        elif event.type() == QEvent.Type.Resize:
            self._fit()
        elif event.type() in _NEW_LOOKS:
            self._ink = None
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._pen == _MOUSE:  # a second button, or the release went elsewhere
            self._lift_pen()
        if (
            self._pen is None
            and event.button() == Qt.MouseButton.LeftButton
            and event.deviceType() not in {_Device.TouchScreen, _Device.Stylus}
        ):
            self._put_down_pen(_MOUSE, event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pen == _MOUSE:
            self._move_pen(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pen == _MOUSE and event.button() == Qt.MouseButton.LeftButton:
            self._move_pen(event.position())
            self._lift_pen()

    def tabletEvent(self, event: QTabletEvent) -> None:
        event.accept()  # or it comes back as a mouse event, and draws twice
        self._stylus_seen = monotonic()
        if event.type() == QEvent.Type.TabletPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)  # Qt gives it to mouse and finger only
        if event.pointerType() == QPointingDevice.PointerType.Eraser:
            return
        pressure = min(max(event.pressure(), 0.0), 1.0)
        match event.type():
            case QEvent.Type.TabletPress if self._pen == _STYLUS:  # a button on its barrel
                self._lift_pen()
            case QEvent.Type.TabletPress if event.button() == Qt.MouseButton.LeftButton:
                if self._pen and self._pen[0] == _Device.TouchScreen:
                    self._drop_stroke()  # the hand was down before the stylus
                if self._pen is None:
                    self._put_down_pen(_STYLUS, event.position(), pressure)
            case QEvent.Type.TabletMove if self._pen == _STYLUS:
                if event.buttons() & Qt.MouseButton.LeftButton:
                    self._move_pen(event.position(), pressure)
                else:
                    self._lift_pen()
            case QEvent.Type.TabletRelease if self._pen == _STYLUS:
                self._lift_pen()

    def _touch(self, event: QTouchEvent) -> None:
        is_palm = monotonic() - self._stylus_seen < PALM_SECONDS
        for point in event.points():
            finger = _Device.TouchScreen, point.id()
            state = point.state()
            if state == QEventPoint.State.Pressed and self._pen is None and not is_palm:
                self._put_down_pen(finger, point.position())
            elif self._pen == finger and state != QEventPoint.State.Stationary:
                self._move_pen(point.position())
                if state == QEventPoint.State.Released:
                    self._lift_pen()
        if event.type() == QEvent.Type.TouchCancel and self._pen not in {_MOUSE, _STYLUS}:
            self._lift_pen()

    # The look

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self.palette()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(event.rect(), palette.base())
            if self.is_blank:
                self._paint_hint(painter)
            else:
                painter.drawPixmap(0, 0, self._settled_ink())
            if self._draft:
                painter.save()
                painter.setTransform(self._to_widget(), combine=True)
                self._draft.trace.open_run().paint(painter, palette.text())
                painter.restore()
            edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            around = QPainterPath()
            around.addRect(QRectF(self.rect()))
            around.addRoundedRect(edge, _CORNER, _CORNER)
            painter.fillPath(around, palette.window())
            colour = palette.accent() if self.hasFocus() else palette.mid()
            painter.setPen(QPen(colour, 1))
            painter.drawRoundedRect(edge, _CORNER, _CORNER)

    def _paint_hint(self, painter: QPainter) -> None:
        font = self.font()
        font.setPixelSize(max(14, min(self.width(), self.height()) // 16))
        painter.setFont(font)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _HINT)

    def _settled_ink(self) -> QPixmap:
        """The pixmap of all ink but the open run."""
        ink = self._ink
        if ink is None:
            ratio = self.devicePixelRatioF()
            ink = self._ink = QPixmap(ceil(self.width() * ratio), ceil(self.height() * ratio))
            ink.setDevicePixelRatio(ratio)
            ink.fill(Qt.GlobalColor.transparent)
            for stroke in self._strokes:
                self._paint_ink(ink, runs(stroke.points.tolist()))
            if self._draft:
                *settled, _ = runs(self._draft.stroke().points.tolist())
                self._paint_ink(ink, settled)
        return ink

    def _paint_ink(self, ink: QPixmap, painted: Iterable[Run]) -> None:
        with QPainter(ink) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setTransform(self._to_widget())
            for run in painted:
                run.paint(painter, self.palette().text())

    def _to_widget(self) -> QTransform:
        """From canvas units to the widget's pixels."""
        transform = QTransform.fromTranslate(self._middle.x(), self._middle.y())
        return transform.scale(self._scale, self._scale).translate(-SIDE / 2, -SIDE / 2)

    def _to_canvas(self, position: QPointF) -> tuple[float, float]:
        at = self._to_widget().inverted()[0].map(position)
        return at.x(), at.y()
