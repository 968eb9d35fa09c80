"""The sheet to draw on, with mouse, stylus or finger."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QInputDevice,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QWidget

from digitpad.window.sheet.brush import MAX_WIDTH, MIN_WIDTH, WIDTH, segments
from digitpad.window.sheet.draft import Draft
from digitpad.window.sheet.empty import paint_empty_sheet
from digitpad.window.sheet.eraser import Erasure
from digitpad.window.sheet.history import BLANK, Content, History, new_strokes
from digitpad.window.sheet.input import Input, from_mouse, from_tablet, from_touch
from digitpad.window.sheet.layers import Layers
from digitpad.window.sheet.pens import Action, Pen, adds_ink, decide
from digitpad.window.sheet.picture_view import PictureView
from digitpad.window.sheet.view import View, fitted_view
from digitpad.window.widgets import theme
from digitpad.window.widgets.button import is_focused_by_keyboard, paint_focus_ring

if TYPE_CHECKING:
    from digitpad.ink import Drawing, Stroke
    from digitpad.picture import Picture
    from digitpad.window.sheet.pens import Point

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


class Canvas(QWidget):
    """Takes strokes and keeps them as vectors: x and y from 0 to `SIDE`, y growing downwards.

    Whatever the widget's shape, the square of `SIDE` by `SIDE` canvas units is centred in it and
    as large as fits. Ink beside the square is kept. When the widget changes its shape, the square
    shrinks as far as needed to keep that ink in view, until the sheet is blank again. In place of
    strokes, the sheet may show a picture.
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
        self.erases = False
        """Whether pens erase strokes instead of drawing them."""
        self._pen_width = WIDTH
        self._history = History()
        self._draft: Draft | None = None
        self._erasure: Erasure | None = None
        self._stylus_seen = -inf
        self._shown: tuple[Stroke, ...] = ()  # by the last step
        self._view = View(0, 0, 1.0)
        self._layers: Layers | None = None  # all ink except the draft's open segment
        self._picture_view: PictureView | None = None
        self._change = QTimer(self, singleShot=True, interval=0)
        self._change.timeout.connect(lambda: self.drawing_changed.emit(self.drawing))

    # The drawing

    @property
    def drawing(self) -> Drawing:
        """All strokes, including the unfinished one."""
        # Imports NumPy, which the first paint does without.
        from digitpad.ink import Drawing  # noqa: PLC0415

        draft = (self._draft.stroke(),) if self._draft else ()
        return Drawing((*self._content.strokes, *draft))

    @property
    def picture(self) -> Picture | None:
        """The picture on the sheet, if there is one."""
        return None if self._draft else self._content.picture

    @property
    def is_drawing(self) -> bool:
        """Whether a pen is drawing or erasing."""
        return self._draft is not None or self._erasure is not None

    @property
    def is_blank(self) -> bool:
        return self._content == BLANK and self._draft is None

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo or self.is_drawing

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    @property
    def pen_width(self) -> int:
        """Width of strokes at full pressure, in canvas units. It only concerns their look."""
        return self._pen_width

    @pen_width.setter
    def pen_width(self, width: int) -> None:
        self._pen_width = min(max(width, MIN_WIDTH), MAX_WIDTH)
        self._layers = None
        self.update()

    def undo(self) -> None:
        """Undo the last step. An unfinished stroke is finished first."""
        self._finish()
        self._history.undo()
        self._show()

    def redo(self) -> None:
        """Redo the step that was undone last, unless something was drawn since."""
        self._finish()
        self._history.redo()
        self._show()

    def clear(self) -> None:
        """Start a blank sheet. This can be undone."""
        self._replace(BLANK)

    def show_picture(self, picture: Picture) -> None:
        """Show a picture in place of what is on the sheet. This can be undone."""
        self._replace(Content(picture=picture))

    def show_drawing(self, drawing: Drawing) -> None:
        """Show another drawing in place of what is on the sheet. This can be undone."""
        self._replace(Content(drawing.strokes))

    def _replace(self, content: Content) -> None:
        self._finish()
        if content != self._history.present:
            self._history.step(content)
            self._show()

    @property
    def _content(self) -> Content:
        """What is on the sheet, without the unfinished stroke and what is being erased."""
        return Content(self._erasure.strokes) if self._erasure else self._history.present

    def _show(self) -> None:
        """Show what is on the sheet now."""
        before, self._shown = self._shown, self._content.strokes
        # Strokes that come back may date from when the sheet had another shape.
        back = fitted_view(self.size(), new_strokes(self._shown, before))
        if self.is_blank or back.scale < self._view.scale:
            self._fit()
        elif self._layers:
            self._layers.show(self._shown)
        self.update()
        self._change.start()
        self.history_changed.emit()

    def _fit(self) -> None:
        """Show the square and all ink as large as fits.

        An unfinished stroke delays this: it would tear where the sheet moves under the pen.
        """
        if not self.is_drawing:
            view = fitted_view(self.size(), self._content.strokes)
            if view == self._view and self._layers:
                self._layers.show(self._content.strokes)
                return
            self._view = view
        self._layers = None

    # The stroke that is being drawn, or what is being erased

    def _take(self, given: Input | None) -> None:
        if given is None:
            return
        at_work = self._draft or self._erasure
        pen = at_work.pen if at_work else None
        for action in decide(event=given.event, drawing=pen, stylus_seen=self._stylus_seen):
            point = self._view.to_canvas(given.position, given.pressure)
            match action:
                case Action.START if given.erases or self.erases:
                    self._start_erasing(given.event.pen, point)
                case Action.START:
                    self._start_stroke(given.event.pen, point)
                case Action.EXTEND:
                    self._extend(point)
                case Action.FINISH:
                    self._finish()
                case Action.DISCARD:
                    self._discard()

    def _start_stroke(self, pen: Pen, point: Point) -> None:
        self._draft = Draft(pen, point)
        self.update()
        self._change.start()
        self.history_changed.emit()

    def _start_erasing(self, pen: Pen, point: Point) -> None:
        if self._content.strokes:
            self._erasure = Erasure(pen, point, self._content.strokes)
            self._show()

    def _extend(self, point: Point) -> None:
        if self._erasure:
            before = len(self._erasure.strokes)
            self._erasure.move(point)
            if len(self._erasure.strokes) < before:
                self._show()
        elif self._draft and adds_ink(last=self._draft.last, point=point):
            area, completed = self._draft.add(point)
            if completed and self._layers:
                self._layers.paint([completed])
            wider = (self._pen_width - WIDTH) / 2
            area = area.adjusted(-wider, -wider, wider, wider)
            changed = self._view.to_widget().mapRect(area).toAlignedRect()
            self.update(changed.adjusted(-1, -1, 1, 1))
            self._change.start()

    def _finish(self) -> None:
        """Keep an unfinished stroke, or what is left by the eraser, as a step."""
        if self._draft:
            draft, self._draft = self._draft, None
            self._history.step(self._history.present.with_stroke(draft.stroke()))
            if self._layers:
                self._layers.paint([draft.open_segment()])
                self._layers.keep(self._history.present.strokes)
        elif self._erasure:
            left, self._erasure = Content(self._erasure.strokes), None
            if left != self._history.present:
                self._history.step(left)
        else:
            return
        self._shown = self._history.present.strokes
        self._fit_new_shape()
        self._change.start()
        self.history_changed.emit()

    def _discard(self) -> None:
        self._draft = self._erasure = None
        self._fit_new_shape()
        self._show()

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
            for given in from_touch(event):
                self._take(given)
            return True  # or it comes back as a mouse event and draws twice
        if event.type() in _INTERRUPTIONS:
            self._finish()
        elif event.type() == QEvent.Type.Resize:
            self._fit()
        elif event.type() in _NEW_LOOKS:
            self._layers = None
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._take(from_mouse(event))

    mouseMoveEvent = mouseReleaseEvent = mousePressEvent  # noqa: N815

    def tabletEvent(self, event: QTabletEvent) -> None:
        event.accept()  # or it comes back as a mouse event and draws twice
        self._stylus_seen = monotonic()
        if event.type() == QEvent.Type.TabletPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)  # Qt gives it to mouse and finger only
        self._take(from_tablet(event))

    # The look

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours(self.palette())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(event.rect(), colours.card)
            if self.picture:
                if self._picture_view is None or self._picture_view.picture is not self.picture:
                    self._picture_view = PictureView(self.picture)
                self._picture_view.paint(painter, self.rect())
            elif self.is_blank:
                paint_empty_sheet(painter, self.rect(), self._view, self.font(), colours)
            else:
                painter.drawPixmap(0, 0, self._settled_ink())
            if self._draft:
                painter.save()
                painter.setTransform(self._view.to_widget(), combine=True)
                ink = self.palette().text()
                self._draft.open_segment().paint(painter, ink, self._pen_width)
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

    def _settled_ink(self) -> QPixmap:
        """All ink except the draft's open segment."""
        if self._layers is None:
            self._layers = Layers(
                self.size(),
                self.devicePixelRatioF(),
                self._view.to_widget(),
                self.palette().text(),
                self._pen_width,
            )
            self._layers.show(self._content.strokes)
            if self._draft:
                *completed, _ = segments(self._draft.stroke().points.tolist())
                self._layers.paint(completed)
        return self._layers.ink
