"""The figure of a run, to be saved and copied."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from digitpad.training.recipe import RECIPES
from digitpad.window.training.charts.curves import Curves
from digitpad.window.training.charts.run_plots import RunPlots
from digitpad.window.widgets import theme
from digitpad.window.widgets.label import label
from digitpad.window.widgets.text import date_and_time

SIZE = QSize(900, 640)
"""Size of the figure in units of `SCALE` pixels."""

SCALE = 2

_MARGIN = 32


def figure(curves: Curves, title: str) -> QImage:
    """Draw a run with its title, legends and margins, in the light theme."""
    page = QWidget()
    light = theme.palette(theme.LIGHT._replace(window=theme.LIGHT.card))
    page.setPalette(light)
    heading, plots = label(title), RunPlots()
    heading.setFont(theme.font(page.font(), theme.TITLE, bold=True))
    plots.curves = curves
    layout = QVBoxLayout(page)
    layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
    layout.setSpacing(theme.SPACE)
    layout.addWidget(heading)
    layout.addWidget(plots, 1)
    page.resize(SIZE)
    page.grab()  # the plots have their sizes now
    plots.redraw()
    image = QImage(SIZE * SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SCALE)
    page.render(image, QPoint())
    return image


def run_title(recipe: str | None, epochs: int, seed: int | None, when: datetime) -> str:
    """The title of the figure of a run."""
    facts = [recipe_title(recipe), f"{epochs} epoch{'s' * (epochs != 1)}"]
    if seed is not None:
        facts.append(f"seed {seed}")
    return " · ".join([*facts, date_and_time(when)])


def recipe_title(name: str | None) -> str:
    """How the window calls a recipe; its own name if the window does not know it."""
    if name is None:
        return "Unknown recipe"
    return RECIPES[name].title if name in RECIPES else name
