"""The foot of the window: the weights in use, and how a training stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from digitpad.text import shortened
from digitpad.window.widgets import theme
from digitpad.window.widgets.button import Button

_HEIGHT = 28
_MARGIN = 4  # with the padding of a button, its text is in line with the cards


class Foot(QWidget):
    """Says which weights are in use and how a training stands; a click opens more about them."""

    weights_clicked = Signal()
    training_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.weights, self.training = _FootButton("Weights in use"), _FootButton("Training")
        self.weights.setToolTip("Choose other weights")
        self.training.setToolTip("Open the training panel")
        self.training.hide()
        self.weights.clicked.connect(self.weights_clicked)
        self.training.clicked.connect(self.training_clicked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(_MARGIN, 0, _MARGIN, _MARGIN)
        layout.addWidget(self.weights)
        layout.addStretch()
        layout.addWidget(self.training)

    def show_weights(self, text: str) -> None:
        """Show which weights are in use."""
        self.weights.setText(text)

    def show_training(self, text: str) -> None:
        """Show how a training stands; an empty text shows nothing."""
        self.training.setText(text)
        self.training.setVisible(bool(text))


class _FootButton(Button):
    """A small button whose text is cut where it does not fit."""

    type_size = theme.SMALL

    def __init__(self, accessible_name: str) -> None:
        super().__init__("", kind="quiet")
        self.setAccessibleName(accessible_name)

    def setText(self, text: str) -> None:
        super().setText(text.replace("&", "&&"))
        self.setAccessibleDescription(text)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(64, _HEIGHT)


def weights_name(path: Path, metadata: dict[str, Any]) -> str:
    """What weights are called: by the person, or else by their file."""
    from digitpad.weights_store import bundled_weights  # noqa: PLC0415  # after the first paint

    if isinstance(name := metadata.get("name"), str):
        return shortened(name)
    return "Bundled weights" if path == bundled_weights() else path.stem


def weights_summary(name: str, metadata: dict[str, Any]) -> str:
    """The name of the weights, and their accuracy on MNIST's test set and on unseen writers.

    `metadata` is that of a weights file, of any form.
    """
    facts = [name]
    match metadata:
        case {"metrics": [*metrics]}:
            for metric in metrics:
                match metric:
                    case {"split": "MNIST test", "accuracy": float(accuracy)}:
                        facts.append(f"MNIST test {_percent(accuracy)}")
                    case {"writers": {}, "accuracy": float(accuracy)}:
                        facts.append(f"unseen writers {_percent(accuracy)}")
    # The first writers are those by whom nothing was chosen.
    return " · ".join(facts[:3])


def _percent(accuracy: float) -> str:
    return f"{100 * accuracy:.1f}\N{NO-BREAK SPACE}%"
