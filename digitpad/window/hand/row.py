"""The row below the answer, in which the person says what the drawing is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from digitpad.hand import NO_DIGIT_TEXT
from digitpad.window.widgets.action import action
from digitpad.window.widgets.button import Button
from digitpad.window.widgets.label import SecondaryText

_DIGITS = tuple("0123456789")
_PROMPT = "It was a"
_GAP = 4


class CorrectionRow(QWidget):
    """Buttons for the ten digits, and one for what is none; a line says what was learned."""

    chosen = Signal(str)
    """The person says that the drawing is this digit, or `NO_DIGIT_TEXT`."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Correction")
        self._text = SecondaryText(_PROMPT)
        self._text.setAccessibleName("What was learned")
        self.actions_on_pad: list[QAction] = []
        """The keys 0 to 9 and N. They count only while the focus is on the pad."""
        self._buttons: dict[str, Button] = {}
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(_GAP)
        layout.setVerticalSpacing(_GAP)
        layout.addWidget(self._text, 0, 0, 1, 7)
        for column, digit in enumerate(_DIGITS):
            layout.addWidget(self._button(digit, digit, digit), 1, column)
        layout.addWidget(self._button(NO_DIGIT_TEXT, "Not a digit", "N"), 0, 7, 1, 3)
        self._shown: tuple[str, str, bool] | None = None
        self.show_label("", is_possible=False)

    def show_label(self, label: str, what: str = "", *, is_possible: bool) -> None:
        """Show the label of the drawing, or of `what`, and whether it can be changed."""
        if not label:
            self._text.setText(f"{what or 'It'} was a")
        if (label, what, is_possible) == self._shown:  # this is called for each point of a stroke
            return
        if label and what:
            self._text.setText(f"{what} was {_in_words(label)}")
        self._shown = label, what, is_possible
        for name, button in self._buttons.items():
            button.setEnabled(is_possible)
            button.setChecked(name == label)
        for each in self.actions_on_pad:
            each.setEnabled(is_possible)

    def show_message(self, text: str) -> None:
        """Say what was learned, until the drawing changes."""
        self._text.setText(text)

    @property
    def text(self) -> str:
        """What the row says."""
        return self._text.text()

    def _button(self, name: str, text: str, key: str) -> Button:
        made = _SmallButton(text)
        made.setCheckable(True)
        made.setToolTip(f"The drawing is {_in_words(name)} ({key})")
        made.setAccessibleName(f"It was {_in_words(name)}")
        made.clicked.connect(lambda: self.chosen.emit(name))
        do = action(self, f"It Was {_in_words(name)}", lambda: self.chosen.emit(name), key)
        do.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.actions_on_pad.append(do)
        self._buttons[name] = made
        return made


class _SmallButton(Button):
    """A button as narrow as its place."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        hint.setWidth(self.fontMetrics().horizontalAdvance(self.text()) + 2 * _GAP)
        return hint


def _in_words(name: str) -> str:
    if name == NO_DIGIT_TEXT:
        return "not a digit"
    return f"an {name}" if name == "8" else f"a {name}"
