"""The training panel, told of runs by real messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QWidget

from digitpad.training_messages import (
    BatchDone,
    EpochDone,
    EpochWeightsWritten,
    Evaluated,
    RunStarted,
    WeightsWritten,
)
from digitpad.weights_store import weights_folder
from digitpad.window.training.chart import TrainingChart
from digitpad.window.training.confusion import ConfusionView
from digitpad.window.training.form import TrainingForm
from digitpad.window.training.panel import TrainingPanel
from digitpad.window.training.process import Outcome
from digitpad.window.widgets.text import Sentence

STARTED = RunStarted({"name": "pad"}, 0, "cpu", 3, 0, 10, 1_000, 20, "", None)
WEIGHTS = Path("net.safetensors")
A, B = "MNIST test", "a_file_of_drawings_with_a_long_name.ndjson, writers 26-30"


@pytest.fixture
def panel(qtbot):
    widget = TrainingPanel(TrainingForm(), TrainingChart(), ConfusionView())
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def measured(split=A, right=100):
    confusion = [[100 if row == column else 0 for column in range(10)] for row in range(10)]
    return Evaluated(split, "", 1_000, right, None, confusion, [])


def button(widget, text):
    buttons = [each for each in widget.findChildren(QPushButton) if each.isVisibleTo(widget)]
    (found,) = [each for each in buttons if each.text().replace("&", "") == text]
    return found


def words(widget):
    said = [each.text() for each in widget.findChildren(QLabel) if each.isVisibleTo(widget)]
    said += [
        each.toPlainText() for each in widget.findChildren(Sentence) if each.isVisibleTo(widget)
    ]
    return " ".join(said).replace("\N{NO-BREAK SPACE}", " ").replace("\N{ZERO WIDTH SPACE}", "")


def finish(panel, measured_, in_use):
    panel.show_finished("It is finished.", weights=WEIGHTS, measured=measured_, in_use=in_use)


# How a run goes


def test_a_run_is_shown_while_it_goes_on(qtbot, panel):
    panel.show_starting()
    assert "Starting…" in words(panel)
    panel.show_running(STARTED)
    assert "Epoch 1 of 3 1,000 images to learn from" in words(panel)
    assert panel._chart.isVisible()
    panel.show_running(BatchDone(1, 5, 0.9, 0.5, 8000.0, 61.0))
    assert "Epoch 1 of 3 8,000 images/s · 61 s left" in words(panel)
    assert panel._running.bar.value() / panel._running.bar.maximum() == pytest.approx(1 / 6)
    panel.show_running(EpochDone(1, 0.9, 0.9, 0.5, 0.005, 7500.0, 40.0))
    assert "Epoch 2 of 3 7,500 images/s · 40 s left" in words(panel)
    panel.show_running(EpochWeightsWritten(1, "look"))
    with qtbot.waitSignal(panel.stop_requested):
        button(panel, "Stop Early").click()
    assert "Stopping…" in words(panel)
    panel.show_running(BatchDone(2, 5, 0.9, 0.5, 8000.0, 61.0))
    assert "Stopping…" in words(panel)  # rather than of one batch more
    panel.show_running(WeightsWritten("there"))
    assert "Measuring…" in words(panel)


@pytest.mark.parametrize(
    ("seconds", "left"),
    [(0.4, "0 s"), (99, "99 s"), (101, "2 min"), (3_540, "59 min"), (3_600 * 2 + 300, "2 h 5 min")],
)
def test_the_time_left_is_told_in_its_largest_units(panel, seconds, left):
    panel.show_running(STARTED)
    panel.show_running(BatchDone(1, 5, 0.9, 0.5, 8000.0, seconds))
    assert f"· {left} left" in words(panel)


def test_what_a_cancel_would_lose_is_said_first(panel):
    panel.show_starting()
    assert not panel._running.stop_button.isEnabled()  # there is nothing to keep yet
    for message, lost in (
        (None, "Nothing is lost."),
        (STARTED, "lose what was learned?"),
        (WeightsWritten("there"), "The weights are safe."),
    ):
        if message:
            panel.show_running(message)
        button(panel, "Cancel…").click()
        assert lost in words(panel)
        button(panel, "Keep Going").click()
        assert lost not in words(panel)
    panel.show_starting()
    button(panel, "Cancel…").click()
    panel.show_running(STARTED)
    assert "Nothing is lost." not in words(panel)


def test_the_log_is_behind_a_fold_and_begins_anew_with_each_run(qtbot, panel):
    assert not panel._log_fold.isVisible()  # there is no run yet
    panel.show_starting()
    panel.show_log("of before")
    panel.show_starting()
    for number in range(300):
        panel.show_log(f"line {number}")
    assert not panel._log.isVisible()
    qtbot.mouseClick(panel._log_fold.heading, Qt.MouseButton.LeftButton)
    assert panel._log.isVisible()
    lines = panel._log.toPlainText().splitlines()
    assert lines == [f"line {number}" for number in range(100, 300)]  # the last ones
    qtbot.mouseClick(panel._log_fold.heading, Qt.MouseButton.LeftButton)
    assert not panel._log.isVisible()


# How it ended


@pytest.mark.parametrize(
    ("new", "in_use", "verdict"),
    [
        ({A: 0.5}, {A: 0.4}, "Better than the weights in use"),
        ({A: 0.5, B: 0.4}, {A: 0.4, B: 0.4}, "Better than the weights in use"),
        ({A: 0.3}, {A: 0.4}, "Worse than the weights in use"),
        ({A: 0.4, B: 0.9}, {A: 0.4}, "As good as the weights in use"),
        (
            {A: 0.5, B: 0.3},
            {A: 0.4, B: 0.4},
            "Partly better, partly worse than the weights in use",
        ),
        ({A: 0.5}, {A: 0.4, B: 0.4}, "Better than the weights in use, where both were measured"),
        (
            {"synthetic test": 0.5},
            {A: 0.4},
            "Not to be compared: the weights in use were measured on other digits",
        ),
        ({A: 0.5}, {}, "How well the weights in use read is not known"),
    ],
)
def test_the_verdict_compares_what_both_were_measured_on(panel, new, in_use, verdict):
    finish(panel, [measured(split, round(new[split] * 1_000)) for split in new], in_use)
    assert panel._end.verdict.text() == verdict
    assert panel._end.verdict.isVisible()
    for split in new.keys() | in_use.keys():
        both = [f"{each[split]:.2%}" if split in each else "–" for each in (new, in_use)]
        assert " ".join([split, *both]).replace("%", " %") in words(panel)


def test_nothing_is_compared_where_nothing_was_measured(panel):
    panel.show_finished("It was stopped.", weights=WEIGHTS, in_use={A: 0.5})
    assert not panel._end.verdict.isVisible()
    assert not panel._end.accuracies.isVisible()
    assert button(panel, "Use These Weights").isEnabled()


def test_weights_that_are_used_are_compared_with_those_before(qtbot, panel):
    finish(panel, [measured(A, 500)], {A: 0.4})
    with qtbot.waitSignal(panel.use_weights_requested) as used:
        button(panel, "Use These Weights").click()
    assert used.args == [WEIGHTS]
    panel.show_in_use(None)
    assert panel._end.verdict.text() == "In use now. Better than the weights before"
    table = "Read right New Before MNIST test 50.00 % 40.00 %"
    qtbot.waitUntil(lambda: table in words(panel))
    assert not button(panel, "In Use Now").isEnabled()
    panel.show_in_use({A: 0.6})  # others again
    assert panel._end.verdict.text() == "Worse than the weights in use"
    table = "Read right New In use MNIST test 50.00 % 60.00 %"
    qtbot.waitUntil(lambda: table in words(panel))
    assert button(panel, "Use These Weights").isEnabled()


def test_missing_data_can_be_replaced_by_synthetic_digits(qtbot, panel):
    panel.show_failed("MNIST is not in /somewhere.", data_missing=True)
    assert "MNIST is not in /somewhere." in words(panel)
    with qtbot.waitSignal(panel.synthetic_requested):
        button(panel, "Train on Synthetic Digits").click()


# In the window


@pytest.fixture
def training(window, monkeypatch):
    """Of a window, open; what it starts is noted, and not started."""
    window.show_training()
    dock = window.training
    dock.started = []
    monkeypatch.setattr(dock.process, "start", dock.started.append)
    return dock


def show_all_of_an_end(training, split=B):
    """As much as there can be."""
    panel = training.panel
    panel.show_starting()
    for message in (STARTED, EpochDone(1, 0.98, 0.98, 0.3, 0.00321, 8e3, 9.0), measured(split)):
        training._take(message)
    panel.show_finished(
        "It was stopped.\nIts weights are in /some/where/that/is/far/away/net.safetensors",
        weights=WEIGHTS,
        measured=[measured(), measured(split)],
        in_use={A: 0.5, split: 0.4},
        checkpoint=Path("net.checkpoint"),
    )


def test_in_the_smallest_window_nothing_of_the_panel_is_cut_off(qtbot, window, training):
    panel = training.panel

    def is_whole(part):
        left = part.mapTo(panel.viewport(), QPoint()).x()
        fits = left >= 0 and left + part.width() <= panel.viewport().width()
        return fits and part.minimumSizeHint().width() <= part.width()

    def cut_off():
        kinds = (QLabel, QAbstractButton, Sentence)
        parts = [part for kind in kinds for part in panel.widget().findChildren(kind)]
        return [part for part in parts if part.isVisible() and not is_whole(part)]

    def show_failure():
        command = "/some/where/python -m pip install something"
        panel.show_failed("torch is not installed.", command=command, data_missing=True)

    training.form._options.unfold()
    widths = set()
    for show in (
        panel.show_form,
        lambda: training._take(STARTED),
        panel._running._ask,
        lambda: show_all_of_an_end(training),
        show_failure,
    ):
        window.resize(1, 1)
        show()
        qtbot.waitUntil(lambda: panel.widget().width() == panel.viewport().width())
        qtbot.waitUntil(lambda: cut_off() == [])
        widths.add(panel.minimumSizeHint().width())
    assert len(widths) == 1  # the window does not get wider when a run ends
    show_all_of_an_end(training, split="W" * 99)  # unless it must
    qtbot.waitUntil(lambda: panel.widget().width() == panel.viewport().width())
    qtbot.waitUntil(lambda: cut_off() == [])


def test_a_run_that_goes_on_needs_its_own_data(training, tmp_path):
    checkpoint = tmp_path / "net.safetensors.checkpoint"
    checkpoint.touch()
    training.resume(checkpoint)
    training._end(Outcome("failed", "No MNIST.", checkpoint=checkpoint, data_missing=True))
    end = training.panel._end
    assert end.folder_button.isVisible()
    assert end.resume_button.isVisible()
    assert not end.synthetic_button.isVisible()
    end.folder_chosen.emit(tmp_path / "MNIST" / "raw")
    *_, run = training.started
    assert run.checkpoint == checkpoint
    assert list(run.arguments[:2]) == [f"--resume={checkpoint}", f"--data-dir={tmp_path}"]


@pytest.mark.parametrize("way", ["synthetic", "folder"])
def test_a_problem_in_the_hidden_form_is_shown(qtbot, window, training, tmp_path, way):
    training.form.add_ink(tmp_path / "gone.tra")
    training.panel.show_failed("MNIST is not there.", data_missing=True)
    window.resize(1, 1)
    if way == "synthetic":
        button(training.panel, "Train on Synthetic Digits").click()
    else:
        training.panel._end.folder_chosen.emit(tmp_path)
    assert training.started == []
    problem = training.form._ink_problem
    qtbot.waitUntil(lambda: problem.isVisible() and not problem.visibleRegion().isEmpty())
    assert "gone.tra: cannot be read" in training.form.ink.accessibleDescription()
    assert not training.panel._end.isVisible()


def test_the_form_is_scrolled_to_its_problem(qtbot, panel, tmp_path):
    form = panel._form
    form.problem_found.connect(panel.show_form)
    panel.resize(300, 200)
    form.add_ink(tmp_path / "gone.tra")
    form.start()
    problem = form._ink_problem
    qtbot.waitUntil(lambda: problem.visibleRegion().boundingRect() == problem.rect())


def mnemonics(window):
    """The keys that act together with Alt."""
    shown = [each for each in window.findChildren(QWidget) if each.isVisible()]
    texts = [each.text() for each in shown if isinstance(each, QAbstractButton)]
    texts += [each.text() for each in shown if isinstance(each, QLabel) and each.buddy()]
    texts += [action.text() for action in window.menuBar().actions()]
    return [key for text in texts if (key := QKeySequence.mnemonic(text).toString())]


def test_no_two_mnemonics_that_are_visible_at_once_are_the_same(
    open_window, weights, qtbot, monkeypatch
):
    # Whatever else trains on this machine.
    monkeypatch.setattr("digitpad.window.training.interrupted._may_be_going_on", lambda _run: False)
    checkpoint = weights_folder() / "2026-11-23-140300-pad.safetensors.checkpoint"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"?")
    window = open_window(weights)
    qtbot.waitUntil(lambda: window.notice is not None)  # it has buttons, too
    window.show_training()
    training = window.training
    training.form._options.unfold()
    panel = training.panel
    for show in (
        panel.show_form,
        lambda: training._take(STARTED),
        panel._running._ask,
        lambda: show_all_of_an_end(training),
        lambda: panel.show_failed("!", data_missing=True),
        lambda: panel.show_failed("!", command="!", weights=WEIGHTS),
    ):
        show()
        keys = mnemonics(window)
        assert len(keys) > 8  # the menus and the pad have as many
        assert sorted(keys) == sorted(set(keys))
