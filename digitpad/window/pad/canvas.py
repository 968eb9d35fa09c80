"""The sheet to draw on, with mouse, stylus or finger."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import ceil, inf
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QEventPoint,
    QInputDevice,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPointingDevice,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QWidget

from digitpad.window.pad.brush import Segment, segments
from digitpad.window.pad.draft import Draft
from digitpad.window.pad.pens import Action, Device, Kind, Pen, PenEvent, adds_ink, decide
from digitpad.window.pad.view import View, fitted_view
from digitpad.window.widgets import theme
from digitpad.window.widgets.button import is_focused_by_keyboard, paint_focus_ring

if TYPE_CHECKING:
    from digitpad.ink import Drawing, Stroke

HISTORY = 200
"""Steps that can be undone."""

_HINT = "Draw a digit"
_OTHERWISE = "or drop, paste or open a picture of one"
_GHOST = ((94.0, 72.0), (186.0, 72.0), (132.0, 204.0))  # a 7, in canvas units

# These finish a stroke: its release may never reach the sheet.
_INTERRUPTIONS = {
    QEvent.Type.EnabledChange,
    QEvent.Type.FocusOut,
    QEvent.Type.Hide,
    QEvent.Type.UngrabMouse,
    QEvent.Type.WindowDeactivate,
}

# After these, all ink has to be painted again.
_NEW_LOOKS = {
    QEvent.Type.DevicePixelRatioChange,
    QEvent.Type.PaletteChange,
}

# Other pens' events that come back as mouse events are not the mouse's.
_OTHER_DEVICES = {QInputDevice.DeviceType.TouchScreen, QInputDevice.DeviceType.Stylus}

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


class Canvas(QWidget):
    """Takes strokes and keeps them as vectors: x and y from 0 to `SIDE`, y growing downwards.

    Whatever the widget's shape, the square of `SIDE` by `SIDE` canvas units is centred in it and
    as large as fits. Ink beside the square is kept. When the widget changes its shape, the square
    shrinks as far as needed to keep that ink in view, until the sheet is blank again.
    """

    drawing_changed = Signal(object)
    """The Drawing, with the unfinished stroke. Emitted at most once per pass of the event loop."""

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
        self.setTabletTracking(True)  # a hovering stylus rejects the palm, too
        self._strokes: tuple[Stroke, ...] = ()
        self._undo_stack: deque[tuple[Stroke, ...]] = deque(maxlen=HISTORY)
        self._redo_stack: list[tuple[Stroke, ...]] = []
        self._draft: Draft | None = None
        self._stylus_seen = -inf
        self._view = View(0, 0, 1.0)
        self._ink: QPixmap | None = None  # all ink except the draft's open segment
        self._change = QTimer(self, singleShot=True, interval=0)
        self._change.timeout.connect(lambda: self.drawing_changed.emit(self.drawing))

    def sizeHint(self) -> QSize:
        return QSize(480, 480)

    # The drawing

    @property
    def drawing(self) -> Drawing:
        """All strokes, including the unfinished one."""
        # Imports NumPy, which the first paint does without.
        from digitpad.ink import Drawing  # noqa: PLC0415

        draft = (self._draft.stroke(),) if self._draft else ()
        return Drawing((*self._strokes, *draft))

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke is being drawn."""
        return self._draft is not None

    @property
    def is_blank(self) -> bool:
        return not self._strokes and not self.is_drawing

    @property
    def can_undo(self) -> bool:
        return bool(self._undo_stack) or self.is_drawing

    @property
    def can_redo(self) -> bool:
        return bool(self._redo_stack)

    def undo(self) -> None:
        """Undo the last step. An unfinished stroke is finished first."""
        self._finish_stroke()
        if self._undo_stack:
            self._redo_stack.append(self._strokes)
            self._show(self._undo_stack.pop())

    def redo(self) -> None:
        """Redo the step that was undone last, unless something was drawn since."""
        self._finish_stroke()
        if self._redo_stack:
            self._undo_stack.append(self._strokes)
            self._show(self._redo_stack.pop())

    def clear(self) -> None:
        """Start a blank sheet. This can be undone."""
        self._finish_stroke()
        if self._strokes:
            self._remember()
            self._show(())

    def _remember(self) -> None:
        self._undo_stack.append(self._strokes)
        self._redo_stack.clear()

    def _show(self, strokes: tuple[Stroke, ...]) -> None:
        self._strokes = strokes
        self._ink = None
        # Strokes that come back may date from when the sheet had another shape.
        if self.is_blank or fitted_view(self.size(), strokes).scale < self._view.scale:
            self._fit()
        self.update()
        self._change.start()
        self.history_changed.emit()

    def _fit(self) -> None:
        """Show the square and all ink as large as fits.

        An unfinished stroke delays this: it would tear where the sheet moves under the pen.
        """
        self._ink = None
        if not self.is_drawing:
            self._view = fitted_view(self.size(), self._strokes)

    # The stroke that is being drawn

    def _handle(self, event: PenEvent, position: QPointF, pressure: float = 1.0) -> None:
        drawing = self._draft.pen if self._draft else None
        for action in decide(event=event, drawing=drawing, stylus_seen=self._stylus_seen):
            match action:
                case Action.START:
                    self._start_stroke(event.pen, position, pressure)
                case Action.EXTEND:
                    self._extend_stroke(position, pressure)
                case Action.FINISH:
                    self._finish_stroke()
                case Action.DISCARD:
                    self._discard_stroke()

    def _start_stroke(self, pen: Pen, position: QPointF, pressure: float) -> None:
        self._draft = Draft(pen, self._view.to_canvas(position, pressure))
        self.update()
        self._change.start()
        self.history_changed.emit()

    def _extend_stroke(self, position: QPointF, pressure: float) -> None:
        assert self._draft
        point = self._view.to_canvas(position, pressure)
        if not adds_ink(last=self._draft.last, point=point):
            return
        area, completed = self._draft.add(point)
        if completed and self._ink:
            self._paint_ink(self._ink, [completed])
        changed = self._view.to_widget().mapRect(area).toAlignedRect()
        self.update(changed.adjusted(-1, -1, 1, 1))
        self._change.start()

    def _finish_stroke(self) -> None:
        """Keep the unfinished stroke, if there is one, as a step that can be undone."""
        if not self._draft:
            return
        draft, self._draft = self._draft, None
        self._remember()
        self._strokes = (*self._strokes, draft.stroke())
        if self._ink:
            self._paint_ink(self._ink, [draft.open_segment()])
        self._fit_new_shape()
        self._change.start()
        self.history_changed.emit()

    def _discard_stroke(self) -> None:
        self._draft = None
        self._fit_new_shape()
        self._show(self._strokes)

    def _fit_new_shape(self) -> None:
        """Fit the view, if the widget changed its shape during the stroke."""
        if not self._view.has_size(self.size()):
            self._fit()
            self.update()

    # Events

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QTouchEvent)
            and event.deviceType() == QInputDevice.DeviceType.TouchScreen
        ):
            self._touch(event)
            return True  # or it comes back as a mouse event and draws twice
        if event.type() in _INTERRUPTIONS:
            self._finish_stroke()
        elif event.type() == QEvent.Type.Resize:
            self._fit()
        elif event.type() in _NEW_LOOKS:
            self._ink = None
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._mouse(event, Kind.PRESS, event.button())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse(event, Kind.MOVE, event.buttons())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._mouse(event, Kind.RELEASE, event.button())

    def _mouse(self, event: QMouseEvent, kind: Kind, buttons: Qt.MouseButton) -> None:
        if event.deviceType() not in _OTHER_DEVICES:
            draws = bool(buttons & Qt.MouseButton.LeftButton)
            mouse = PenEvent(Pen(Device.MOUSE), kind, monotonic(), draws)
            self._handle(mouse, event.position())

    def tabletEvent(self, event: QTabletEvent) -> None:
        event.accept()  # or it comes back as a mouse event and draws twice
        kind, now = _TABLET_KINDS[event.type()], monotonic()
        self._stylus_seen = now
        if kind is Kind.PRESS:
            self.setFocus(Qt.FocusReason.MouseFocusReason)  # Qt gives it to mouse and finger only
        is_eraser = event.pointerType() == QPointingDevice.PointerType.Eraser
        pen = Pen(Device.ERASER if is_eraser else Device.STYLUS)
        buttons = event.buttons() if kind is Kind.MOVE else event.button()
        draws = bool(buttons & Qt.MouseButton.LeftButton)
        pressure = min(max(event.pressure(), 0.0), 1.0)
        self._handle(PenEvent(pen, kind, now, draws), event.position(), pressure)

    def _touch(self, event: QTouchEvent) -> None:
        now = monotonic()
        for point in event.points():
            if kind := _TOUCH_KINDS.get(point.state()):  # none for a finger that has not moved
                finger = Pen(Device.FINGER, point.id())
                self._handle(PenEvent(finger, kind, now), point.position())
        if event.type() == QEvent.Type.TouchCancel:
            self._handle(PenEvent(Pen(Device.FINGER), Kind.CANCEL, now), QPointF())

    # The look

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours(self.palette())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(event.rect(), colours.card)
            if self.is_blank:
                self._paint_empty(painter, colours)
            else:
                painter.drawPixmap(0, 0, self._settled_ink())
            if self._draft:
                painter.save()
                painter.setTransform(self._view.to_widget(), combine=True)
                self._draft.open_segment().paint(painter, self.palette().text())
                painter.restore()
            edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            around = QPainterPath()
            around.addRect(QRectF(self.rect()))
            around.addRoundedRect(edge, theme.CARD_RADIUS, theme.CARD_RADIUS)
            painter.fillPath(around, colours.window)
            painter.setPen(QPen(colours.line, 1))
            painter.drawRoundedRect(edge, theme.CARD_RADIUS, theme.CARD_RADIUS)
            if is_focused_by_keyboard(self):
                paint_focus_ring(painter, edge, theme.CARD_RADIUS, colours.accent)

    def _paint_empty(self, painter: QPainter, colours: theme.Colours) -> None:
        """Paint what invites to draw: the ghost of a digit, and a sentence."""
        painter.save()
        painter.setTransform(self._view.to_widget(), combine=True)
        for segment in segments([(x, y, 0.6) for x, y in _GHOST]):
            segment.paint(painter, QBrush(colours.line))
        painter.restore()
        for text, size, top in ((_HINT, theme.LARGE, 0.81), (_OTHERWISE, theme.BODY, 0.87)):
            painter.setFont(theme.font(self.font(), size))
            painter.setPen(colours.secondary)
            line = QRectF(8, self.height() * top, self.width() - 16, 2.5 * size)
            painter.drawText(line, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, text)

    def _settled_ink(self) -> QPixmap:
        """All ink except the draft's open segment."""
        ink = self._ink
        if ink is None:
            ratio = self.devicePixelRatioF()
            ink = self._ink = QPixmap(ceil(self.width() * ratio), ceil(self.height() * ratio))
            ink.setDevicePixelRatio(ratio)
            ink.fill(Qt.GlobalColor.transparent)
            for stroke in self._strokes:
                self._paint_ink(ink, segments(stroke.points.tolist()))
            if self._draft:
                *completed, _ = segments(self._draft.stroke().points.tolist())
                self._paint_ink(ink, completed)
        return ink

    def _paint_ink(self, ink: QPixmap, painted: Iterable[Segment]) -> None:
        with QPainter(ink) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setTransform(self._view.to_widget())
            for segment in painted:
                segment.paint(painter, self.palette().text())
