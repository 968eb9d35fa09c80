"""Controls to choose and to press."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt, SignalInstance
from PySide6.QtWidgets import QComboBox, QSpinBox, QWidget

from digitpad.window.widgets import theme
from digitpad.window.widgets.button import Button, Kind

_Field = TypeVar("_Field", QComboBox, QSpinBox)


class _WheelFilter(QObject):
    """Passes the wheel to the scroll area around a field that does not have the focus."""

    def eventFilter(self, field: QObject, event: QEvent) -> bool:
        is_passing = (
            event.type() == QEvent.Type.Wheel
            and isinstance(field, QWidget)
            and not field.hasFocus()
        )
        if is_passing:
            event.ignore()
        return is_passing


def choice(items: Iterable[tuple[str, str]] = ()) -> QComboBox:
    """A drop-down list. Each item has a text and data."""
    made = QComboBox()
    made.setMinimumContentsLength(8)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for text, data in items:
        made.addItem(text, data)
    return _field(made)


def number(low: int, high: int) -> QSpinBox:
    """A field for an integer from `low` to `high`."""
    made = QSpinBox()
    made.setRange(low, high)
    return _field(made)


def _field(made: _Field) -> _Field:
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # by default, the wheel gives focus
    made.installEventFilter(_WheelFilter(made))
    made.setMinimumHeight(theme.CONTROL)
    return made


def button(text: str, do: Callable[[], object] | SignalInstance, *, kind: Kind = "plain") -> Button:
    """A button. Its text may contain a mnemonic, such as `&Start`."""
    made = Button(text, kind=kind)
    made.clicked.connect(do)
    return made
