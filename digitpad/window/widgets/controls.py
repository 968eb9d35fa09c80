"""Controls to choose and to press."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, Qt, SignalInstance
from PySide6.QtWidgets import QComboBox, QPushButton, QSpinBox, QWidget


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
    _leave_wheel(made)
    return made


def number(low: int, high: int) -> QSpinBox:
    """A field for an integer from `low` to `high`."""
    made = QSpinBox()
    made.setRange(low, high)
    _leave_wheel(made)
    return made


def _leave_wheel(field: QWidget) -> None:
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # by default, the wheel gives focus
    field.installEventFilter(_WheelFilter(field))


def button(text: str, do: Callable[[], object] | SignalInstance) -> QPushButton:
    """A button. Its text may contain a mnemonic, such as `&Start`."""
    made = QPushButton(text)
    made.setAccessibleName(text.replace("&", ""))
    made.clicked.connect(do)
    return made
