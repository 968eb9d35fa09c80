"""What the sheet shows: ink, a picture, or an empty page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from digitpad.window.sheet.layers import Layers
from digitpad.window.sheet.page import paint_edge, paint_empty_page, paint_invitation
from digitpad.window.sheet.view import View, fitted_view
from digitpad.window.widgets.brush import WIDTH, Segment, segments
from digitpad.window.widgets.theme import colours

if TYPE_CHECKING:
    from digitpad.ink import Stroke
    from digitpad.picture import Picture
    from digitpad.window.sheet.draft import Draft
    from digitpad.window.sheet.history import Content
    from digitpad.window.sheet.picture_view import PictureView


class Painting:
    """Paints a sheet, and keeps the ink that it has painted."""

    def __init__(self, sheet: QWidget) -> None:
        self._sheet = sheet
        self.view = View(0, 0, 1.0)
        self.pen_width = WIDTH
        self.tinted: tuple[int, ...] = ()
        """Indices of strokes that are painted in colour."""
        self.invitation = ""
        """What a blank sheet asks for; empty for any digit."""
        self._layers: Layers | None = None  # all ink except the draft's open segment
        self._picture_view: PictureView | None = None

    def fit(self, strokes: tuple[Stroke, ...]) -> None:
        """Show these strokes in a view in which they are as large as fits."""
        view = fitted_view(self._sheet.size(), strokes)
        if view == self.view:
            self.show(strokes)
        else:
            self.view = view
            self.forget()

    def forget(self) -> None:
        """Paint all ink anew the next time, because its look or the view has changed."""
        self._layers = None

    def show(self, strokes: tuple[Stroke, ...]) -> None:
        """Show other strokes than before."""
        if self._layers:
            self._layers.show(strokes)

    def add(self, completed: Segment) -> None:
        """Add a segment that the draft has completed."""
        if self._layers:
            self._layers.paint([completed])

    def finish(self, last: Segment, strokes: tuple[Stroke, ...]) -> None:
        """Add the last segment of the draft, which is the last of these strokes now."""
        if self._layers:
            self._layers.paint([last])
            self._layers.keep(strokes)

    def paint(
        self, painter: QPainter, content: Content, draft: Draft | None, *, ringed: bool
    ) -> None:
        """Paint the sheet; the draft takes the place of a picture."""
        area, ink = self._sheet.rect(), colours(self._sheet.palette())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.card)
        painter.drawRect(area)  # fillRect takes milliseconds to find what its arguments mean
        if content.picture and not draft:
            self._view_of(content.picture).paint(painter, area)
        elif content.strokes or draft:
            painter.drawPixmap(0, 0, self._settled(content.strokes, draft).ink)
            self._paint_tinted(painter, content.strokes)
        else:
            font = self._sheet.font()
            if self.invitation:
                paint_invitation(painter, area, self.invitation, font, ink)
            else:
                paint_empty_page(painter, area, self.view, font, ink)
        if draft:
            painter.save()
            painter.setTransform(self.view.to_widget(), combine=True)
            draft.open_segment().paint(painter, ink.text, self.pen_width)
            painter.restore()
        paint_edge(painter, area, ink, ringed=ringed)

    def _paint_tinted(self, painter: QPainter, strokes: tuple[Stroke, ...]) -> None:
        painter.save()
        painter.setTransform(self.view.to_widget(), combine=True)
        for index in self.tinted:
            if index < len(strokes):
                for segment in segments(strokes[index].points.tolist()):
                    segment.paint(painter, colours(self._sheet.palette()).accent, self.pen_width)
        painter.restore()

    def _view_of(self, picture: Picture) -> PictureView:
        from digitpad.window.sheet.picture_view import PictureView  # noqa: PLC0415

        if self._picture_view is None or self._picture_view.picture is not picture:
            self._picture_view = PictureView(picture)
        return self._picture_view

    def _settled(self, strokes: tuple[Stroke, ...], draft: Draft | None) -> Layers:
        """All ink except the draft's open segment."""
        if self._layers is None:
            self._layers = Layers(
                self._sheet.size(),
                self._sheet.devicePixelRatioF(),
                self.view.to_widget(),
                colours(self._sheet.palette()).text,
                self.pen_width,
            )
            self._layers.show(strokes)
            if draft:
                *completed, _ = segments(draft.stroke().points.tolist())
                self._layers.paint(completed)
        return self._layers
