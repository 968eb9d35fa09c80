"""What a training run is to be like."""

from __future__ import annotations

import os.path
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from digitpad.inkfile import InkFileError, is_ink_file
from digitpad.window.widgets.controls import button, choice, number
from digitpad.window.widgets.layout import Fold, column, row
from digitpad.window.widgets.secondary_text import SecondaryText
from digitpad.window.widgets.text import bold, breakable

# The trainer's recipes, which the window cannot import: the name, the epochs, whether it learns
# from ink, and a word on it.
_RECIPES = {
    "pad": (60, True, "For this pad: learns from MNIST, drawn digits and your ink files."),
    "seed": (20, False, "The paper's recipe: learns from MNIST alone."),
}
_DATA = {
    "mnist": ("MNIST", "Handwriting of 500 people. If missing, 12 MB are downloaded."),
    "synthetic": ("Synthetic digits", "Drawn by the trainer itself: nothing to download."),
}
_DEVICES = {"The fastest there is": "auto", "Processor (CPU)": "cpu", "NVIDIA GPU (CUDA)": "cuda"}
_ABOUT_SEED = "All that is random follows from it."
_MOST_EPOCHS = 9_999
_LARGEST_SEED = 2**31 - 1


class TrainingForm(QWidget):
    """Asks what a training run is to be like; as it stands at first, it can be started."""

    start_requested = Signal()
    """What is wanted makes sense, and `arguments()` says it in the trainer's words."""

    problem_found = Signal(QWidget)
    """It does not make sense; the label says why not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recipe = choice((name, name) for name in _RECIPES)
        self.epochs = number(1, _MOST_EPOCHS)
        self.data = choice((title, name) for name, (title, _) in _DATA.items())
        self._about_recipe, self._about_data = SecondaryText(), SecondaryText()
        self.folder = QLineEdit()
        self.folder.setPlaceholderText("The usual one")
        self.ink = QListWidget()
        self.writers = QLineEdit()
        self.writers.setPlaceholderText("None; 26-30, for instance")
        self.seed = number(0, _LARGEST_SEED)
        self.device = choice(_DEVICES.items())
        self._folder_problem, self._ink_problem, self._writers_problem = (
            bold(QLabel(wordWrap=True)) for _ in range(3)
        )
        self._about_ink = SecondaryText()
        self.start_button = button("&Start Training", self.start)
        self._lay_out()
        for problem in (self._folder_problem, self._ink_problem, self._writers_problem):
            problem.hide()
        for changed, problem in (
            (self.folder.textChanged, self._folder_problem),
            (self.writers.textChanged, self._writers_problem),
        ):
            changed.connect(problem.hide)
        self.recipe.currentIndexChanged.connect(self._take_recipe)
        self.data.currentIndexChanged.connect(self._take_data)
        self.ink.itemSelectionChanged.connect(self._update_ink)
        self._take_recipe()
        self._take_data()

    # What is asked for

    def arguments(self) -> list[str]:
        """Options of `python -m trainer`."""
        arguments = ["--recipe", self.recipe.currentData(), "--epochs", str(self.epochs.value())]
        arguments += ["--data", self.data.currentData(), "--seed", str(self.seed.value())]
        arguments += ["--device", self.device.currentData()]
        # With =, as a path may begin with a dash.
        if folder := self._folder():
            arguments.append(f"--data-dir={folder}")
        arguments += [f"--ink={path}" for path in self._ink_files()]
        if writers := self._writers():
            arguments.append(f"--ink-holdout={writers}")
        return arguments

    def _folder(self) -> Path | None:
        text = self.folder.text().strip()
        if not text or self.data.currentData() != "mnist":
            return None
        # Unlike Path.expanduser, it leaves as it is what it does not know: ~nobody
        return Path(os.path.expanduser(text))  # noqa: PTH111

    def _ink_files(self) -> list[Path]:
        """Those to learn from, if the recipe learns from ink."""
        if not _RECIPES[self.recipe.currentData()][1]:
            return []
        return self._listed_ink()

    def _listed_ink(self) -> list[Path]:
        path = Qt.ItemDataRole.UserRole
        return [Path(self.ink.item(row).data(path)) for row in range(self.ink.count())]

    def _writers(self) -> str:
        return "".join(self.writers.text().split()) if self._ink_files() else ""

    # Filling in

    def start(self) -> None:
        """Ask for the start, or say what is wrong and go there."""
        found = [
            (field, label)
            for field, label, problem in (
                (self.folder, self._folder_problem, _folder_problem(self._folder())),
                (self.ink, self._ink_problem, _ink_problem(self._ink_files())),
                (self.writers, self._writers_problem, _writers_problem(self._writers())),
            )
            if _tell(field, label, problem)
        ]
        if found:
            field, label = found[0]
            self._options.unfold()
            self.problem_found.emit(label)
            field.setFocus()
        else:
            self.start_requested.emit()

    def start_with_folder(self, folder: Path) -> None:
        """Start with MNIST from this folder."""
        self.data.setCurrentIndex(self.data.findData("mnist"))
        self._set_folder(folder)
        self.start()

    def start_with_synthetic(self) -> None:
        """Start with digits that the trainer draws."""
        self.data.setCurrentIndex(self.data.findData("synthetic"))
        self.start()

    def add_ink(self, path: Path) -> None:
        """Learn from this ink file, too."""
        if path not in self._listed_ink():
            item = QListWidgetItem(path.name)
            item.setData(Qt.ItemDataRole.UserRole, str(path))
            item.setToolTip(str(path))
            self.ink.addItem(item)
        self._update_ink()

    def _set_folder(self, folder: Path) -> None:
        self.folder.setText(str(mnist_folder(folder)))

    def _remove_ink(self) -> None:
        for item in self.ink.selectedItems():
            self.ink.takeItem(self.ink.row(item))
        self._update_ink()

    def _take_recipe(self) -> None:
        epochs, _, about = _RECIPES[self.recipe.currentData()]
        self.epochs.setValue(epochs)
        self._about_recipe.setText(about)
        self._update_ink()

    def _take_data(self) -> None:
        name = self.data.currentData()
        self._about_data.setText(_DATA[name][1])
        self._folder_field.setVisible(name == "mnist")

    def _update_ink(self) -> None:
        learns = _RECIPES[self.recipe.currentData()][1]
        self._ink_problem.hide()
        self.ink.setEnabled(learns)
        self._add_button.setEnabled(learns)
        self._remove_button.setEnabled(learns and bool(self.ink.selectedItems()))
        self._about_ink.setText(
            "Your own drawings to learn from: UNIPEN, or Quick, Draw! ndjson."
            if learns
            else f"The recipe {self.recipe.currentData()} does not learn from ink."
        )
        self.writers.setEnabled(bool(self._ink_files()))
        self._writers_problem.hide()

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, "Folder of MNIST", self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self._set_folder(Path(folder)))
        dialog.open()

    def _ask_for_ink(self) -> None:
        dialog = QFileDialog(self, "Ink Files")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self._add_all)
        dialog.open()

    def _add_all(self, files: list[str]) -> None:
        for file in files:
            self.add_ink(Path(file))

    # Putting together

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(12)
        fields: list[tuple[str, QWidget, list[QWidget]]] = [
            ("Reci&pe", self.recipe, [self._about_recipe]),
            ("Ep&ochs", self.epochs, []),
            ("D&ata", self.data, [self._about_data]),
        ]
        for line, (text, field, below) in enumerate(fields):
            label = _label(text, field)
            label.setFixedHeight(field.sizeHint().height())  # beside the field, not what is below
            grid.addWidget(label, line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(column(field, *below), line, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(grid)
        layout.addWidget(self._lay_out_options())
        layout.addWidget(self.start_button)

    def _lay_out_options(self) -> QWidget:
        choose = button("Choose…", self._ask_for_folder)
        choose.setAccessibleName("Choose the MNIST folder")
        self._add_button = button("Add…", self._ask_for_ink)
        self._add_button.setAccessibleName("Add ink files")
        self._remove_button = button("Remove", self._remove_ink)
        self._remove_button.setAccessibleName("Remove the selected ink files")
        self.ink.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.ink.setFixedHeight(4 * self.fontMetrics().height())
        self._folder_field = column(
            _label("&MNIST folder", self.folder), row(self.folder, choose), self._folder_problem
        )
        content = column(
            self._folder_field,
            column(
                _label("&Ink files", self.ink),
                self.ink,
                row(self._add_button, self._remove_button),
                self._ink_problem,
                self._about_ink,
            ),
            column(
                _label("Writers he&ld out", self.writers),
                self.writers,
                self._writers_problem,
                SecondaryText("Their drawings are not learned from, but measured on."),
            ),
            column(_label("Seed", self.seed), self.seed, SecondaryText(_ABOUT_SEED)),
            column(_label("Device", self.device), self.device),
            spacing=12,
        )
        self._options = Fold("Optio&ns", content)
        return self._options


def mnist_folder(chosen: Path) -> Path:
    """The folder that holds MNIST/raw/, which the trainer looks for; people may choose those."""
    if chosen.name == "raw":
        chosen = chosen.parent
    return chosen.parent if chosen.name == "MNIST" else chosen


def _folder_problem(folder: Path | None) -> str:
    try:
        if folder is None or folder.is_dir():
            return ""
        if folder.exists():
            return "This is not a folder. Choose the one that holds MNIST/raw."
    except OSError as error:
        return f"No folder can be opened there: {error.strerror}. Choose another."
    return "There is no such folder. Choose another, or leave it empty."


def _ink_problem(files: list[Path]) -> str:
    problems = []
    for path in files:
        try:
            if not is_ink_file(path):
                problems.append(f"{path.name} is neither UNIPEN nor Quick, Draw! ndjson.")
        except InkFileError as error:
            problems.append(f"{path.name}{str(error).removeprefix(str(path))}.")
    return "\n".join([*problems, "Remove it, or repair the file."]) if problems else ""


def _writers_problem(writers: str) -> str:
    first, _, last = writers.partition("-")
    if not writers or (first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        return ""
    return "Write two numbers with the smaller one first, as 26-30, or leave it empty."


def _tell(field: QWidget, label: QLabel, problem: str) -> bool:
    """Show the problem below the field, if there is one; whether there is."""
    label.setText(breakable(problem))
    label.setVisible(bool(problem))
    field.setAccessibleDescription(problem)
    return bool(problem)


def _label(text: str, field: QWidget) -> QLabel:
    """The field's label, which may hold a mnemonic."""
    label = QLabel(text)
    label.setBuddy(field)
    field.setAccessibleName(text.replace("&", ""))
    return label
