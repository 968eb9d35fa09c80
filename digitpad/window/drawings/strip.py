"""A strip of small drawings, to step through and to bring back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QIcon,
    QImage,
    QKeySequence,
    QPainter,
    QPixmap,
    QShortcut,
    QTransform,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QWidget,
)

from digitpad.ink import Drawing
from digitpad.window.widgets import theme
from digitpad.window.widgets.brush import WIDTH, segments
from digitpad.window.widgets.button import Button
from digitpad.window.widgets.card import Card
from digitpad.window.widgets.label import SecondaryText, tool_tip

if TYPE_CHECKING:
    from digitpad.picture import Picture

_SIDE = 32  # of a small drawing, in pixels
_HEIGHT = 52


class Item(NamedTuple):
    """A drawing or a picture, and the answer for it as text."""

    shown: Drawing | Picture
    answer: str
    tip: str = ""


class Strip(Card):
    """Shows small drawings with their answers in a row that scrolls."""

    chosen = Signal(object)
    """A Drawing or a Picture was clicked, or Enter was pressed on it."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._items: list[Item] = []
        self._title = SecondaryText()
        self._title.setWordWrap(False)
        self._list = QListWidget()
        self._list.setAccessibleName("Drawings")
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setFlow(QListView.Flow.LeftToRight)
        self._list.setIconSize(QSize(_SIDE, _SIDE))
        self._list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setSpacing(2)
        self._list.itemClicked.connect(self._choose)
        # Not itemActivated: that comes with a double click, too, after the first click.
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            shortcut = QShortcut(QKeySequence(key), self._list)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(self._choose_current)
        self._close = Button("Close", "close", kind="quiet")
        self._close.is_compact = True
        self._close.setToolTip("Close")
        self._close.clicked.connect(self.closed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.MARGIN, 4, 6, 4)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._title)
        layout.addWidget(self._list, 1)
        layout.addWidget(self._close)
        self.setFixedHeight(_HEIGHT)

    def show_items(self, title: str, items: Sequence[Item], *, can_close: bool) -> None:
        """Show these items, the first one on the left. The current one and the view stay."""
        icons = {id(item.shown): self._list.item(n).icon() for n, item in enumerate(self._items)}
        row, place = self._list.currentRow(), self._list.horizontalScrollBar().value()
        current = self._items[row].shown if row >= 0 else None
        self._items = list(items)
        self._title.setText(title)
        self._close.setVisible(can_close)
        self._list.clear()
        colours = theme.colours(self.palette())
        for number, item in enumerate(self._items, 1):
            icon = icons.get(id(item.shown)) or QIcon(_small(item.shown, self, colours.text))
            entry = QListWidgetItem(icon, item.answer)
            what = item.answer or "no answer"
            entry.setData(Qt.ItemDataRole.AccessibleTextRole, f"Drawing {number}: {what}")
            entry.setToolTip(tool_tip(item.tip))
            self._list.addItem(entry)
            if item.shown is current:
                self._list.setCurrentItem(entry)
        self._list.horizontalScrollBar().setValue(place)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            ink = theme.colours(self.palette()).text
            for row, item in enumerate(self._items):
                self._list.item(row).setIcon(QIcon(_small(item.shown, self, ink)))

    def _choose_current(self) -> None:
        if entry := self._list.currentItem():
            self._choose(entry)

    def _choose(self, entry: QListWidgetItem) -> None:
        self.chosen.emit(self._items[self._list.row(entry)].shown)


def _small(shown: Drawing | Picture, widget: QWidget, ink: QColor) -> QPixmap:
    """A small picture of a drawing or a picture."""
    ratio = widget.devicePixelRatioF()
    pixmap = QPixmap(QSize(_SIDE, _SIDE) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if isinstance(shown, Drawing):
            painter.setTransform(fitting(shown, _SIDE))
            for stroke in shown.strokes:
                for segment in segments(stroke.points.tolist()):
                    segment.paint(painter, ink, 2 * WIDTH)
        else:
            height, width = shown.grey.shape
            grey = QImage.Format.Format_Grayscale8
            image = QImage(shown.grey.tobytes(), width, height, width, grey)
            size = image.size().scaled(_SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(QPoint(), size)
            place.moveCenter(QRect(0, 0, _SIDE, _SIDE).center())
            painter.drawImage(place, image)
    return pixmap


def fitting(drawing: Drawing, side: float) -> QTransform:
    """The transform from canvas units to a square in which the whole drawing fits."""
    import numpy as np  # noqa: PLC0415  # the first paint does not need it

    points = np.concatenate([stroke.xy for stroke in drawing.strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    reach = max(float((high - low).max()), 1.0) + 4 * WIDTH
    middle = (low + high) / 2
    made = QTransform.fromTranslate(side / 2, side / 2).scale(side / reach, side / reach)
    return made.translate(-float(middle[0]), -float(middle[1]))
