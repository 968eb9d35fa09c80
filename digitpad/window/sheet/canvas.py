"""The sheet to draw on, with mouse, stylus or finger."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QTabletEvent,
)
from PySide6.QtWidgets import QWidget

from digitpad.window.sheet import input as pen_input
from digitpad.window.sheet.draft import Draft
from digitpad.window.sheet.eraser import Erasure
from digitpad.window.sheet.history import BLANK, Content, History, drawing_of, new_strokes
from digitpad.window.sheet.input import INTERRUPTIONS, Input
from digitpad.window.sheet.painting import Painting
from digitpad.window.sheet.pens import Action, Pen, adds_ink, decide
from digitpad.window.sheet.view import fitted_view
from digitpad.window.widgets.brush import MAX_WIDTH, MIN_WIDTH, WIDTH
from digitpad.window.widgets.button import is_focused_by_keyboard

if TYPE_CHECKING:
    from collections.abc import Callable

    from digitpad.ink import Drawing, Stroke
    from digitpad.picture import Picture
    from digitpad.window.sheet.pens import Point


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

    label_changed = Signal(object, str)
    """The person has said what this Drawing, or this part of it, is: see `set_label`."""

    replaced = Signal(object)
    """This Drawing was on the sheet, and something else or nothing is now."""

    menu_requested = Signal(QPoint)
    """The person wants a menu here, in coordinates of the screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Sheet")
        self.setAccessibleDescription("Draw a digit or a number here with mouse, stylus or finger.")
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(200, 200)
        self.setTabletTracking(True)  # a hovering stylus rejects the palm, too
        # The right button erases while it is held, and asks for a menu only when it is released.
        QGuiApplication.styleHints().setContextMenuTrigger(Qt.ContextMenuTrigger.Release)
        self.erases = False
        """Whether pens erase strokes instead of drawing them."""
        self._history = History()
        self._draft: Draft | None = None
        self._erasure: Erasure | None = None
        self._has_erased = False  # by the last movement of the eraser
        self._is_drop_target = False
        self._stylus_seen = -inf
        self._shown: tuple[Stroke, ...] = ()  # by the last step
        self._painting = Painting(self)
        self._change = QTimer(self, singleShot=True, interval=0)
        self._change.timeout.connect(lambda: self.drawing_changed.emit(self.drawing))

    # The drawing

    @property
    def drawing(self) -> Drawing:
        """All strokes, including the unfinished one."""
        content = self._content
        return (content.with_stroke(self._draft.stroke()) if self._draft else content).drawing

    @property
    def picture(self) -> Picture | None:
        """The picture on the sheet, if there is one."""
        return None if self._draft else self._content.picture

    @property
    def is_drawing(self) -> bool:
        """Whether a pen is drawing or erasing."""
        return self._draft is not None or self._erasure is not None

    @property
    def is_adding_ink(self) -> bool:
        """Whether the last stroke of the drawing is unfinished."""
        return self._draft is not None

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
        return self._painting.pen_width

    @pen_width.setter
    def pen_width(self, width: int) -> None:
        self._painting.pen_width = min(max(width, MIN_WIDTH), MAX_WIDTH)
        self._painting.forget()
        self.update()

    def undo(self) -> None:
        """Undo the last step. An unfinished stroke is finished first."""
        self.finish()
        self._go(self._history.undo)

    def redo(self) -> None:
        """Redo the step that was undone last, unless something was drawn since."""
        self.finish()
        self._go(self._history.redo)

    def set_label(self, label: str, drawing: Drawing) -> None:
        """Note what the person says that strokes of the sheet are. It can be undone.

        The label is a digit, or ? for none; empty takes back what was said.
        """
        self.finish()
        if drawing and label != self.label_of(drawing):
            step = self._content.with_label(drawing.strokes, label)
            self._go(lambda: self._history.step(step))

    def _go(self, step: Callable[[], None]) -> None:
        """Take a step in the history."""
        before = self._history.present
        step()
        after = self._history.present
        self._show()
        if before.strokes == after.strokes:
            for strokes in {each for each, _ in before.labels ^ after.labels}:
                self.label_changed.emit(drawing_of(strokes), after.label_of(strokes))

    def label_of(self, drawing: Drawing) -> str:
        """What the person said that the drawing, or a part of it, is; empty for nothing."""
        return "" if self.is_drawing else self._content.label_of(drawing.strokes)

    def invite(self, text: str = "") -> None:
        """Ask for something while the sheet is blank; without a text, for any digit."""
        self._painting.invitation = text
        self.update()

    def tint(self, strokes: tuple[int, ...]) -> None:
        """Show the strokes with these indices in colour."""
        if strokes != self._painting.tinted:
            self._painting.tinted = strokes
            self.update()

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
        self.finish()
        if content != self._history.present:
            before = self.drawing
            self._history.step(content)
            self._show()
            if before:
                self.replaced.emit(before)

    @property
    def _content(self) -> Content:
        """What is on the sheet, without the unfinished stroke and what is being erased."""
        return Content(self._erasure.strokes) if self._erasure else self._history.present

    def _show(self) -> None:
        """Show what is on the sheet now."""
        before, self._shown = self._shown, self._content.strokes
        # Strokes that come back may date from when the sheet had another shape.
        back = fitted_view(self.size(), new_strokes(self._shown, before))
        if self.is_blank or back.scale < self._painting.view.scale:
            self._fit()
        else:
            self._painting.show(self._shown)
        self.update()
        self._change.start()
        self.history_changed.emit()

    def _fit(self) -> None:
        """Show the square and all ink as large as fits.

        An unfinished stroke delays this: it would tear where the sheet moves under the pen.
        """
        if self.is_drawing:
            self._painting.forget()
        else:
            self._painting.fit(self._content.strokes)

    # The stroke that is being drawn, or what is being erased

    def _take(self, given: Input | None) -> None:
        if given is None:
            return
        at_work = self._draft or self._erasure
        pen = at_work.pen if at_work else None
        for action in decide(event=given.event, drawing=pen, stylus_seen=self._stylus_seen):
            point = self._painting.view.to_canvas(given.position, given.pressure)
            match action:
                case Action.START if given.erases or self.erases:
                    self._start_erasing(given.event.pen, point)
                case Action.START:
                    self._start_stroke(given.event.pen, point)
                case Action.EXTEND:
                    self._extend(point)
                case Action.FINISH:
                    self.finish()
                case Action.DISCARD:
                    self._discard()

    def _start_stroke(self, pen: Pen, point: Point) -> None:
        self._draft = Draft(pen, point)
        self.update()
        self._change.start()
        self.history_changed.emit()

    def _start_erasing(self, pen: Pen, point: Point) -> None:
        self._has_erased = False
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
            if completed:
                self._painting.add(completed)
            wider = (self.pen_width - WIDTH) / 2
            area = area.adjusted(-wider, -wider, wider, wider)
            changed = self._painting.view.to_widget().mapRect(area).toAlignedRect()
            self.update(changed.adjusted(-1, -1, 1, 1))
            self._change.start()

    def finish(self) -> None:
        """Keep an unfinished stroke, or what is left by the eraser, as a step."""
        if self._draft:
            draft, self._draft = self._draft, None
            self._history.step(self._history.present.with_stroke(draft.stroke()))
            self._painting.finish(draft.open_segment(), self._history.present.strokes)
        elif self._erasure:
            left = self._history.present.keeping(self._erasure.strokes)
            self._erasure = None
            self._has_erased = left != self._history.present
            if self._has_erased:
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
        """Fit the view, if the widget changed its shape during the stroke or the sheet is blank."""
        if self.is_blank or not self._painting.view.has_size(self.size()):
            self._fit()
            self.update()

    # Events

    def event(self, event: QEvent) -> bool:
        if pen_input.is_from_fingers(event):
            for given in pen_input.from_touch(event):
                self._take(given)
            return True  # or it comes back as a mouse event and draws twice
        if event.type() in INTERRUPTIONS:
            self.finish()
        elif event.type() == QEvent.Type.Resize:
            self._fit()
        elif event.type() in {QEvent.Type.DevicePixelRatioChange, QEvent.Type.PaletteChange}:
            self._painting.forget()  # all ink has to be painted again
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._take(pen_input.from_mouse(event))

    mouseMoveEvent = mouseReleaseEvent = mousePressEvent  # noqa: N815

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # The right button erases; where it touches nothing, it asks for the menu.
        if event.reason() != QContextMenuEvent.Reason.Mouse or not self._has_erased:
            self.menu_requested.emit(event.globalPos())
        self._has_erased = False

    def set_drop_target(self, is_target: bool) -> None:  # noqa: FBT001
        """Show that the sheet takes what is dragged over it, or no longer."""
        self._is_drop_target = is_target
        self.update()

    def tabletEvent(self, event: QTabletEvent) -> None:
        event.accept()  # or it comes back as a mouse event and draws twice
        self._stylus_seen = monotonic()
        if event.type() == QEvent.Type.TabletPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)  # Qt gives it to mouse and finger only
        self._take(pen_input.from_tablet(event))

    def paintEvent(self, event: QPaintEvent) -> None:
        del event  # the painter is clipped to what has changed
        ringed = self._is_drop_target or is_focused_by_keyboard(self)
        with QPainter(self) as painter:
            self._painting.paint(painter, self._content, self._draft, ringed=ringed)
