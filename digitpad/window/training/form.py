"""The form for a new training run."""

from __future__ import annotations

import os.path
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from digitpad.folders import from_home
from digitpad.training.mnist import default_mnist_folder, has_mnist, raw_folder
from digitpad.training.pace import duration, images_per_epoch, remembered_pace
from digitpad.training.recipe import RECIPES, Recipe
from digitpad.window.training.ink_files import InkFiles
from digitpad.window.training.installing import MissingPackages
from digitpad.window.training.problems import (
    folder_problem,
    ink_problem,
    mnist_folder,
    writers_problem,
)
from digitpad.window.widgets.controls import button, choice, number
from digitpad.window.widgets.label import SecondaryText, bold, label
from digitpad.window.widgets.layout import Fold, column, row
from digitpad.window.widgets.text import breakable

_DATA = {"mnist": "MNIST", "synthetic": "Synthetic digits"}
_ABOUT_SYNTHETIC = "Drawn by the trainer. The weights are evaluated on 2,000 other ones."
_DEVICES = {"Fastest available": "auto", "Processor (CPU)": "cpu", "NVIDIA GPU (CUDA)": "cuda"}
_MOST_EPOCHS = 9_999
_LARGEST_SEED = 2**31 - 1


class TrainingForm(QWidget):
    """Asks for the options of a run; the defaults can be started as they are."""

    start_requested = Signal()
    """The options are valid, and `arguments()` has them."""

    past_requested = Signal()
    """The person wants to see past trainings."""

    problem_found = Signal(QWidget)
    """An option is not valid; the label says why."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recipe = choice((recipe.title, name) for name, recipe in RECIPES.items())
        self.epochs = number(1, _MOST_EPOCHS)
        self.data = choice((title, name) for name, title in _DATA.items())
        self._about_recipe, self._about_data = SecondaryText(), SecondaryText()
        self._about_time = SecondaryText()
        self.folder = QLineEdit()
        self.folder.setPlaceholderText("Default")
        self._missing = MissingPackages()
        self._ink_files = InkFiles()
        self.ink = self._ink_files.list
        self.writers = QLineEdit()
        self.writers.setPlaceholderText("None. Example: 26-30,choose")
        self.seed = number(0, _LARGEST_SEED)
        self.device = choice(_DEVICES.items())
        self._folder_problem, self._writers_problem = (bold(label(wraps=True)) for _ in range(2))
        self.recipe.setToolTip("A recipe decides how the Net learns, and so how long it takes")
        self.epochs.setToolTip("An epoch is one pass over all training images")
        self.seed.setToolTip("It starts the random numbers of the training")
        self.start_button = button("&Start Training", self.start, kind="primary")
        self._lay_out()
        self._missing.changed.connect(self._update_start)
        self._update_start()
        for problem in (self._folder_problem, self._writers_problem):
            problem.hide()
        for changed, problem in (
            (self.folder.textChanged, self._folder_problem),
            (self.writers.textChanged, self._writers_problem),
        ):
            changed.connect(problem.hide)
        self.folder.textChanged.connect(self._show_data)
        self.recipe.currentIndexChanged.connect(self._show_recipe)
        self.data.currentIndexChanged.connect(self._show_data)
        self._ink_files.changed.connect(self._update_ink)
        self.epochs.valueChanged.connect(self._show_time)
        self.device.currentIndexChanged.connect(self._show_time)
        self._show_recipe()
        self._show_data()

    # Options

    def arguments(self) -> list[str]:
        """Options of `python -m trainer`."""
        arguments = ["--recipe", self.recipe.currentData(), "--epochs", str(self.epochs.value())]
        arguments += ["--data", self.data.currentData(), "--seed", str(self.seed.value())]
        arguments += ["--device", self.device.currentData()]
        # With =, because a path may start with a dash.
        if folder := self._folder():
            arguments.append(f"--data-dir={folder}")
        arguments += [f"--ink={path}" for path in self._usable_ink()]
        if held_out := ",".join(filter(None, (self._writers(), self._held_out_of_mine()))):
            arguments.append(f"--ink-holdout={held_out}")
        return arguments

    def _folder(self) -> Path | None:
        text = self.folder.text().strip()
        if not text or self.data.currentData() != "mnist":
            return None
        # Path.expanduser raises an error for an unknown user, such as ~nobody.
        return Path(os.path.expanduser(text))  # noqa: PTH111

    def _usable_ink(self) -> list[Path]:
        """The listed ink files, if the recipe learns from ink."""
        return self._ink_files.files() if self._chosen_recipe.ink_share else []

    @property
    def _chosen_recipe(self) -> Recipe:
        return RECIPES[self.recipe.currentData()]

    def _held_out_of_mine(self) -> str:
        return self._ink_files.held_out() if self._usable_ink() else ""

    def _writers(self) -> str:
        return "".join(self.writers.text().split()) if self._usable_ink() else ""

    # Filling in

    def start(self) -> None:
        """Request the start, or show what is wrong and move the focus there."""
        found = [
            (field, shown)
            for field, shown, problem in (
                (self.folder, self._folder_problem, folder_problem(self._folder())),
                (self.ink, self._ink_files.problem, ink_problem(self._usable_ink())),
                (self.writers, self._writers_problem, writers_problem(self._writers())),
            )
            if _show_problem(field, shown, problem)
        ]
        if found:
            field, shown = found[0]
            self._options.unfold()
            self.problem_found.emit(shown)
            field.setFocus()
        else:
            self.start_requested.emit()

    def start_with_folder(self, folder: Path) -> None:
        """Start with MNIST from this folder."""
        self.data.setCurrentIndex(self.data.findData("mnist"))
        self._set_folder(folder)
        self.start()

    def start_with_synthetic(self) -> None:
        """Start with synthetic digits."""
        self.data.setCurrentIndex(self.data.findData("synthetic"))
        self.start()

    def add_ink(self, path: Path) -> None:
        """Add an ink file to learn from."""
        self._ink_files.add(path)

    def _set_folder(self, folder: Path) -> None:
        self.folder.setText(str(mnist_folder(folder)))

    def _update_start(self) -> None:
        self.start_button.setEnabled(self._missing.is_complete)

    def _show_recipe(self) -> None:
        recipe = self._chosen_recipe
        self.epochs.setValue(recipe.epochs)
        self._about_recipe.setText(recipe.description)
        self._update_ink()

    def _show_data(self) -> None:
        is_mnist = self.data.currentData() == "mnist"
        self._about_data.setText(_about_mnist(self._folder()) if is_mnist else _ABOUT_SYNTHETIC)
        self._folder_field.setVisible(is_mnist)
        self._show_time()

    def _show_time(self) -> None:
        time = self._time(self._chosen_recipe, self.epochs.value())
        self._about_time.setText(
            f"About {time} on this machine."
            if time
            else "How long it takes here is known after the first training."
        )
        for index, recipe in enumerate(RECIPES.values()):
            time = self._time(recipe, recipe.epochs)
            self.recipe.setItemText(
                index, f"{recipe.title} (about {time})" if time else recipe.title
            )

    def _time(self, recipe: Recipe, epochs: int) -> str:
        """How long a recipe takes on this machine; empty if that is not known yet."""
        pace = remembered_pace(recipe, self.device.currentData())
        if pace is None:
            return ""
        has_ink = bool(self._ink_files.files()) and recipe.ink_share > 0
        images = images_per_epoch(recipe, self.data.currentData(), ink_files=has_ink)
        return duration(pace.seconds(epochs, images))

    def _update_ink(self) -> None:
        self._ink_files.set_usable(is_usable=self._chosen_recipe.ink_share > 0)
        self.writers.setEnabled(bool(self._usable_ink()))
        self._writers_problem.hide()
        self._show_time()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_data()  # a run may have ended since, and have downloaded MNIST

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, "MNIST Folder", self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self._set_folder(Path(folder)))
        dialog.open()

    # Layout

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(12)
        fields: list[tuple[str, QWidget, list[QWidget]]] = [
            ("Reci&pe", self.recipe, [self._about_recipe]),
            ("Ep&ochs", self.epochs, [self._about_time]),
            ("D&ata", self.data, [self._about_data]),
        ]
        for line, (text, field, below) in enumerate(fields):
            name = _label(text, field)
            name.setFixedHeight(field.sizeHint().height())  # level with the field alone
            grid.addWidget(name, line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(column(field, *below), line, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._missing)
        layout.addLayout(grid)
        layout.addWidget(self._lay_out_options())
        layout.addWidget(self.start_button)
        layout.addWidget(button("Past Trainin&gs…", self.past_requested))

    def _lay_out_options(self) -> QWidget:
        choose = button("Choose…", self._ask_for_folder)
        choose.setAccessibleName("Choose the MNIST folder")
        self._folder_field = column(
            _label("&MNIST folder", self.folder), row(self.folder, choose), self._folder_problem
        )
        content = column(
            self._folder_field,
            column(_label("&Ink files", self.ink), self._ink_files),
            column(
                _label("He&ld-out writers", self.writers),
                self.writers,
                self._writers_problem,
                SecondaryText(
                    "Their drawings are not used for training, only to evaluate the weights."
                ),
            ),
            column(
                _label("Seed", self.seed),
                self.seed,
                SecondaryText("The same seed gives the same result."),
            ),
            column(_label("Device", self.device), self.device),
            spacing=12,
        )
        self._options = Fold("Optio&ns", content)
        return self._options


def _about_mnist(folder: Path | None) -> str:
    """Where MNIST is or goes, and what the weights are evaluated on."""
    try:
        folder = folder or default_mnist_folder()
    except FileNotFoundError:
        place = "Choose a folder for it in the options."
    else:
        place = (
            f"It is in {breakable(from_home(folder))}."
            if has_mnist(folder)
            else f"It will be downloaded (12 MB) to {breakable(from_home(raw_folder(folder)))}."
        )
    return (
        f"60,000 digits by about 250 people. {place} The weights are evaluated on MNIST's test "
        "set: 10,000 digits by 250 others."
    )


def _show_problem(field: QWidget, shown: QLabel, problem: str) -> bool:
    """Show the problem of a field, if there is one. Returns whether there is one."""
    shown.setText(breakable(problem))
    shown.setVisible(bool(problem))
    field.setAccessibleDescription(problem)
    return bool(problem)


def _label(text: str, field: QWidget) -> QLabel:
    """A label for the field; `text` may have a mnemonic."""
    made = label(text)
    made.setBuddy(field)
    field.setAccessibleName(text.replace("&", ""))
    return made
