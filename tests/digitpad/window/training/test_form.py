"""The training form: its options, and the problems that it finds."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea, QWidget

from digitpad.folders import from_home, user_folder
from digitpad.hand.corrections import CorrectionFile, CorrectionRecord, corrections_path
from digitpad.hand.memory import Correction
from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample, write_ink
from digitpad.training.mnist import MNIST_FILES
from digitpad.training.pace import Pace, remember_pace
from digitpad.training.recipe import PAD, PATIENT, RECIPES, SEED
from digitpad.window.training.form import TrainingForm
from digitpad.window.widgets.button import Button


@pytest.fixture
def form(qtbot):
    widget = TrainingForm()
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


@pytest.fixture
def ink_file(tmp_path):
    path = tmp_path / "mine.ndjson"
    write_ink(path, [Sample(Drawing((Stroke.from_xy([0, 5], [0, 9]),)), 7)])
    return path


def correction(n):
    drawing = Drawing((Stroke.from_xy([0, 5 + n], [0, 9]),))
    return CorrectionRecord(Correction(drawing, 7), 1, "Weights", datetime.now(UTC))


def test_ones_own_drawings_are_a_source_and_every_fourth_is_held_out(form, person):
    person.click(form, "Options")
    file = CorrectionFile(corrections_path())
    file.add(*(correction(n) for n in range(3)))
    for more, held_out in ((0, []), (5, ["--ink-holdout=held-out"])):
        file.add(*(correction(3 + n) for n in range(more)))
        form.hide()
        form.show()
        form.recipe.setCurrentIndex(form.recipe.findData(PAD.name))
        (add,) = [b for b in form.findChildren(Button) if f"My Drawings ({3 + more})" in b.text()]
        add.click()
        mine = [f"--ink={file.path}", *held_out]
        assert form.arguments()[-len(mine) :] == mine
    form.writers.setText("26-30")
    assert form.arguments()[-1] == "--ink-holdout=26-30,held-out"


def problem(qtbot, form):
    """What the form says instead of starting."""
    with (
        qtbot.assertNotEmitted(form.start_requested),
        qtbot.waitSignal(form.problem_found) as problem,
    ):
        form.start_button.click()
    (label,) = problem.args
    assert label.isVisible()
    return label.text().replace("\N{ZERO WIDTH SPACE}", "")


def text(form, person):
    return person.text(form).replace("\N{ZERO WIDTH SPACE}", "")


def test_it_says_where_mnist_is_or_goes_and_what_is_measured(form, person, tmp_path, monkeypatch):
    monkeypatch.delenv("DIGITPAD_DATA_DIR", raising=False)
    form.folder.setText(str(tmp_path))
    assert f"will be downloaded (12 MB) to {tmp_path / 'MNIST' / 'raw'}." in text(form, person)
    assert "evaluated on MNIST's test set" in text(form, person)
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in MNIST_FILES:
        (raw / name).touch()
    form.folder.clear()
    form.folder.setText(str(tmp_path))
    assert f"It is in {tmp_path}." in text(form, person)
    form.folder.clear()
    assert f"to {from_home(user_folder('cache') / 'MNIST' / 'raw')}." in text(form, person)
    assert " to ~" in text(form, person)
    form.data.setCurrentText("Synthetic digits")
    assert "downloaded" not in text(form, person)
    assert "evaluated on 2,000 other ones" in text(form, person)


def test_without_torch_it_says_so_before_anything_is_filled_in(qtbot, person, monkeypatch, qapp):
    with monkeypatch.context() as missing:
        missing.setitem(sys.modules, "torch", None)
        form = TrainingForm()
        qtbot.addWidget(form)
        form.show()
        assert "Training needs torch, which is not installed." in text(form, person)
        assert not form.start_button.isEnabled()
        person.click(form, "Copy")
        assert qapp.clipboard().text().startswith(f"{sys.executable} -m pip install ")
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()  # the person installs it in a terminal
    qtbot.waitUntil(other.isActiveWindow)
    form.activateWindow()
    qtbot.waitUntil(form.start_button.isEnabled)
    assert "torch" not in text(form, person)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_defaults_of_each_recipe_can_be_started(qtbot, form, person, recipe):
    form.recipe.setCurrentText(recipe.title)
    assert recipe.description in person.text(form)
    assert form.ink.isEnabled() == bool(recipe.ink_share)
    with qtbot.waitSignal(form.start_requested):
        form.start_button.click()
    assert form.arguments() == [
        *("--recipe", recipe.name),
        *("--epochs", str(recipe.epochs)),
        *("--data", "mnist"),
        *("--seed", "0"),
        *("--device", "auto"),
    ]


def test_all_options_are_passed_to_the_trainer(form, ink_file, home):
    form.epochs.setValue(7)
    form.seed.setValue(5)
    form.device.setCurrentText("Processor (CPU)")
    form.folder.setText("~/digits")
    form.add_ink(ink_file)
    form.add_ink(ink_file)  # counts once
    form.writers.setText(" 26 - 30")
    common = ["--epochs", "7", "--data", "mnist", "--seed", "5", "--device", "cpu"]
    folder = f"--data-dir={home / 'digits'}"
    ink = [f"--ink={ink_file}", "--ink-holdout=26-30"]
    assert form.arguments() == ["--recipe", "pad", *common, folder, *ink]
    form.recipe.setCurrentText(SEED.title)  # it does not learn from ink
    form.epochs.setValue(7)
    assert form.arguments() == ["--recipe", "seed", *common, folder]


@pytest.mark.parametrize(
    ("folder", "text"),
    [
        ("missing", "This folder does not exist."),
        (__file__, "This is not a folder."),
        *[(odd, "folder") for odd in ("~nosuchuser/MNIST", "x" * 300, "\0")],
    ],
)
def test_the_folder_must_exist(qtbot, form, tmp_path, folder, text):
    form.folder.setText(folder)
    assert text in problem(qtbot, form)
    with qtbot.waitSignal(form.start_requested):
        form.start_with_synthetic()
    assert "synthetic" in form.arguments()
    with qtbot.waitSignal(form.start_requested):
        form.start_with_folder(tmp_path / "MNIST" / "raw")
    assert f"--data-dir={tmp_path}" in form.arguments()


def test_a_folder_that_cannot_be_opened_is_a_problem(qtbot, form, tmp_path, monkeypatch):
    def refuse(path, **_):
        raise PermissionError(13, "Permission denied", path)

    form.folder.setText(str(tmp_path))
    monkeypatch.setattr(Path, "is_dir", refuse)  # root may open every folder
    assert "Permission denied" in problem(qtbot, form)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gone.tra", "gone.tra: cannot be read: No such file or directory."),
        (".", ": cannot be read: it is a folder."),
        ("text.txt", "text.txt is neither UNIPEN nor Quick, Draw! ndjson."),
        ("x" * 300, ": cannot be read: File name too long."),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="the words are POSIX's")
def test_ink_that_cannot_be_read_is_a_problem(qtbot, form, person, tmp_path, name, text):
    (tmp_path / "text.txt").write_text("no ink")
    width = form.minimumSizeHint().width()
    form.add_ink(tmp_path / name)
    found = problem(qtbot, form)
    assert text in found
    assert found.endswith("Remove it, or repair the file.")
    assert form.minimumSizeHint().width() == width  # a long name wraps
    form.ink.selectAll()
    person.click(form, "Remove")
    assert text not in person.text(form)
    with qtbot.waitSignal(form.start_requested):
        form.start_button.click()


@pytest.mark.parametrize(
    ("writers", "says"),
    [
        ("30-26", "must have the smaller number first, such as 26-30"),
        ("-", "must be writers or splits, such as 26-30 or 26-30,choose"),
        ("choose,", "must be writers or splits, such as 26-30 or 26-30,choose"),
    ],
)
def test_held_out_writers_must_be_ranges_or_names(qtbot, form, person, ink_file, writers, says):
    assert not form.writers.isEnabled()  # there is no ink yet
    form.add_ink(ink_file)
    form.writers.setText(writers)
    assert problem(qtbot, form) == f"This {says}. Or leave it empty."
    assert form.writers.hasFocus()
    form.writers.setText("26-30, choose")
    assert says not in person.text(form)
    with qtbot.waitSignal(form.start_requested):
        form.start_button.click()


def test_the_wheel_changes_only_the_focused_field(qtbot):
    area, form = QScrollArea(), TrainingForm()
    qtbot.addWidget(area)
    area.setWidget(form)
    area.resize(400, 100)
    with qtbot.waitExposed(area):
        area.show()

    def turn_wheel(field):
        """Turn it one click down, over the field."""
        area.ensureWidgetVisible(field)
        at = field.mapTo(area, field.rect().center())
        QTest.wheelEvent(area.windowHandle(), at, QPoint(0, -120))

    form.start_button.setFocus()
    before = form.arguments()
    for field in (form.recipe, form.epochs, form.data):
        area.verticalScrollBar().setValue(0)
        turn_wheel(field)
        qtbot.waitUntil(lambda: area.verticalScrollBar().value() > 0)
        assert form.arguments() == before
        assert not field.hasFocus()
    epochs = form.epochs.value()
    form.epochs.setFocus()
    turn_wheel(form.epochs)
    qtbot.waitUntil(lambda: form.epochs.value() == epochs - 1)


def test_it_says_how_long_each_recipe_takes_once_a_run_has_shown_it(form, person):
    assert "known after the first training" in person.text(form)
    remember_pace(PAD, "cpu", Pace(5_000, setup_seconds=20, final_seconds=10))
    form.hide()
    form.show()
    assert "About 7 min on this machine" in person.text(form)
    titles = [form.recipe.itemText(index) for index in range(form.recipe.count())]
    assert titles[0] == f"{PAD.title} (about 7 min)"
    assert titles[1] == f"{PATIENT.title} (about 34 min)"
    form.recipe.setCurrentIndex(form.recipe.findData(PATIENT.name))
    assert "About 34 min on this machine" in person.text(form)
    form.epochs.setValue(2)
    assert "About 97 s on this machine" in person.text(form)
    form.device.setCurrentText("NVIDIA GPU (CUDA)")
    assert "known after the first training" in person.text(form)
