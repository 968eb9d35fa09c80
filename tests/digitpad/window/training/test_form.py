"""The training form: what it asks for, and what it does not let pass."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample, write_ink
from digitpad.recipe import RECIPES
from digitpad.window.training.form import TrainingForm
from trainer.cli import train_options


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


def options(form):
    """What the trainer understands."""
    return train_options(form.arguments(), Path.cwd())


def problem(qtbot, form):
    """What the form says, rather than start."""
    with qtbot.assertNotEmitted(form.start_requested), qtbot.waitSignal(form.problem_found) as told:
        form.start_button.click()
    (label,) = told.args
    assert label.isVisible()
    return label.text().replace("\N{ZERO WIDTH SPACE}", "")


def test_as_it_stands_it_can_be_started(qtbot, form):
    with qtbot.waitSignal(form.start_requested):
        form.start_button.click()
    asked = options(form)
    assert (asked.recipe, asked.data, asked.seed, asked.ink) == ("pad", "mnist", 0, ())


def test_it_knows_the_trainers_recipes(form):
    names = [form.recipe.itemData(row) for row in range(form.recipe.count())]
    assert sorted(names) == sorted(RECIPES)
    for name in names:
        form.recipe.setCurrentText(name)
        asked = options(form)
        assert (asked.recipe, asked.epochs) == (name, RECIPES[name].epochs)
        assert form.ink.isEnabled() == bool(RECIPES[name].ink_share)


def test_all_that_can_be_chosen_comes_to_the_trainer(form, ink_file, tmp_path):
    form.epochs.setValue(7)
    form.seed.setValue(5)
    form.device.setCurrentText("Processor (CPU)")
    form.folder.setText(str(tmp_path))
    form.add_ink(ink_file)
    form.add_ink(ink_file)  # once is enough
    form.writers.setText(" 26 - 30")
    asked = options(form)
    assert (asked.epochs, asked.seed, asked.device, asked.data_dir) == (7, 5, "cpu", tmp_path)
    assert (asked.ink, asked.ink_holdout) == ((ink_file,), range(26, 31))
    form.recipe.setCurrentText("seed")  # which learns from no ink
    asked = options(form)
    assert (asked.ink, asked.ink_holdout) == ((), None)


def test_a_folder_that_is_not_there_is_told_before_the_start(qtbot, form, tmp_path):
    (tmp_path / "file").touch()
    for name, says in (("missing", "There is no such folder."), ("file", "This is not a folder.")):
        form.folder.setText(str(tmp_path / name))
        assert problem(qtbot, form).startswith(says)
    with qtbot.waitSignal(form.start_requested):
        form.start_with_synthetic()
    assert options(form).data == "synthetic"
    with qtbot.waitSignal(form.start_requested):
        form.start_with_folder(tmp_path / "MNIST" / "raw")
    assert options(form).data_dir == tmp_path


@pytest.mark.parametrize("folder", ["~nosuchuser/MNIST", "x" * 300, "\0"])
def test_a_folder_that_cannot_be_is_told_as_well(qtbot, form, folder):
    form.folder.setText(folder)
    assert "folder" in problem(qtbot, form)


def test_a_folder_that_cannot_be_looked_into_is_told_as_well(qtbot, form, tmp_path, monkeypatch):
    def refuse(path, **_):
        raise PermissionError(13, "Permission denied", path)

    form.folder.setText(str(tmp_path))
    monkeypatch.setattr(Path, "is_dir", refuse)  # root, who may run this, may look everywhere
    assert "Permission denied" in problem(qtbot, form)


def test_home_is_understood(form, home):
    form.folder.setText("~/digits")
    assert options(form).data_dir == home / "digits"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gone.tra", "gone.tra: cannot be read: No such file or directory."),
        (".", ": cannot be read: not a file."),
        ("text.txt", "text.txt is neither UNIPEN nor Quick, Draw! ndjson."),
        ("x" * 300, ": cannot be read: File name too long."),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="the words are POSIX's")
def test_ink_that_cannot_be_read_is_told_before_the_start(qtbot, form, tmp_path, name, says):
    (tmp_path / "text.txt").write_text("no ink")
    width = form.minimumSizeHint().width()
    form.add_ink(tmp_path / name)
    said = problem(qtbot, form)
    assert says in said
    assert said.endswith("Remove it, or repair the file.")
    assert form.minimumSizeHint().width() == width  # a long name wraps
    form.ink.selectAll()
    form._remove_button.click()
    assert not form._ink_problem.isVisible()
    with qtbot.waitSignal(form.start_requested):
        form.start_button.click()


@pytest.mark.parametrize("writers", ["30-26", "26", "26-x", "-", "a-b"])
def test_writers_that_make_no_sense_are_told_before_the_start(qtbot, form, ink_file, writers):
    assert not form.writers.isEnabled()  # without ink, there are none
    form.add_ink(ink_file)
    form.writers.setText(writers)
    assert problem(qtbot, form).startswith("Write two numbers with the smaller one first")
    assert form.writers.hasFocus()
    form.writers.setText("26-30")
    assert not form._writers_problem.isVisible()
    with qtbot.waitSignal(form.start_requested):
        form.start_button.click()


def test_the_wheel_scrolls_and_changes_only_the_field_that_has_the_focus(qtbot):
    area, form = QScrollArea(), TrainingForm()
    qtbot.addWidget(area)
    area.setWidget(form)
    area.resize(400, 100)
    with qtbot.waitExposed(area):
        area.show()

    def turn_wheel(field):
        """One click down, over the field."""
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
