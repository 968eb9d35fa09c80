"""The training panel: what it shows of a run in each state."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractButton, QLabel, QProgressBar, QWidget

from digitpad.training.messages import (
    BatchDone,
    Compared,
    DataLoading,
    EpochDone,
    EpochWeightsWritten,
    Evaluated,
    RunEnded,
    RunStarted,
    WeightsWritten,
)
from digitpad.training.run import Exit, RunState
from digitpad.weights_store import weights_folder
from digitpad.window.training.charts.chart import TrainingChart
from digitpad.window.training.charts.confusion import ConfusionView
from digitpad.window.training.form import TrainingForm
from digitpad.window.training.panel import TrainingPanel
from digitpad.window.widgets.layout import Fold
from digitpad.window.widgets.text import Sentence

WEIGHTS, IN_USE, OTHER = Path("net.safetensors"), Path("used.safetensors"), Path("other")
CHECKPOINT = Path("net.safetensors.checkpoint")
STARTED = RunStarted({"name": "pad"}, 0, "cpu", 3, 0, 10, 1_000, 20, "", None)
SAVED = WeightsWritten(str(WEIGHTS))
LONG_NAME = "a_file_of_drawings_with_a_long_name.ndjson, writers 26-30"


def evaluated(split="MNIST test", baseline=None):
    confusion = [[50 if row == column else 5 for column in range(10)] for row in range(10)]
    return Evaluated(split, "", 1_000, 500, baseline, confusion, [])


def run(*events, how=None):
    """The state after messages, requests by their names, and an Exit."""
    state = RunState(checkpoint=CHECKPOINT, baseline=IN_USE)
    for event in events:
        state = state.requesting(event) if isinstance(event, str) else state.after(event)
    return state.ended(how) if how else state


FINISHED = run(STARTED, SAVED, RunEnded("finished"), how=Exit())
FAILED = run(RunEnded("failed", "It failed."), how=Exit())
NO_DATA = run(RunEnded("failed", "No MNIST.", data_missing=True), how=Exit())
NO_TORCH = run(RunEnded("failed", "No torch.", command="/some/where/pip install it"), how=Exit())


def finished(*messages, split=LONG_NAME):
    """A state with all that a result can have."""
    return run(
        STARTED,
        SAVED,
        evaluated(baseline=0.4),
        evaluated(split),
        *messages,
        how=Exit(forced=True, checkpoint_exists=True),
    )


@pytest.fixture
def panel(qtbot):
    widget = TrainingPanel(TrainingForm(), TrainingChart(), ConfusionView())
    qtbot.addWidget(widget)
    widget.set_in_use(IN_USE)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


# Progress


@pytest.mark.parametrize(
    ("events", "text", "progress"),
    [
        ([], "Starting… Reading the data", None),
        ([DataLoading("downloading", None)], "Starting… Downloading MNIST (12 MB)", None),
        ([DataLoading("loading", 0.25)], "Starting… Reading the data: 25 %", 0.25),
        ([STARTED], "Epoch 1 of 3 1,000 training images", 0),
        ([STARTED, BatchDone(1, 5, 0.9, 0.5, 8e3, 0.4)], "1 of 3 8,000 images/s · 0 s left", 1 / 6),
        ([STARTED, BatchDone(2, 10, 0.9, 0.5, 9e3, 99)], "of 3 9,000 images/s · 99 s left", 2 / 3),
        ([STARTED, EpochDone(1, 0.9, 0.9, 0.5, 0.1, 7e3, 101)], "Epoch 2 of 3 7,000", 1 / 3),
        ([STARTED, EpochDone(1, 0.9, 0.9, 0.5, 0.1, 7e3, 3_540)], "59 min left", 1 / 3),
        ([STARTED, EpochDone(3, 0.9, 0.9, 0.5, 0.1, 7e3, 7_500)], "Epoch 3 of 3 7,000", 1),
        ([STARTED, BatchDone(1, 5, 0.9, 0.5, 8e3, 7_500)], "2 h 5 min left", 1 / 6),
        ([STARTED, EpochWeightsWritten(1, "e")], "Epoch 1 of 3", 0),
        ([STARTED, "stop", BatchDone(1, 5, 0.9, 0.5, 8e3, 9)], "Stopping…", 1 / 6),
        ([STARTED, "stop", SAVED], "Evaluating… Weights saved.", 0),
        ([STARTED, SAVED, evaluated()], "Evaluating… Weights saved.", 0),
        ([STARTED, "cancel"], "Cancelling…", 0),
        ([STARTED, "close"], "Closing…", 0),
        ([STARTED, "discard"], "Cancelling…", 0),
    ],
)
def test_the_progress_of_a_run(panel, person, events, text, progress):
    state = run(*events)
    panel.show_run(state)
    assert text in person.text(panel)
    bar = panel.findChild(QProgressBar)
    shown = None if bar.maximum() == 0 else bar.value() / bar.maximum()
    assert shown == (progress if progress is None else pytest.approx(progress, abs=0.001))
    assert person.button(panel, "Stop Early").isEnabled() == state.can_stop
    assert person.button(panel, "Cancel…").isEnabled() == state.can_cancel
    assert panel.findChild(TrainingChart).isVisible() == (STARTED in events)


@pytest.mark.parametrize(
    ("events", "next_event", "question"),
    [
        ([], STARTED, "Nothing is lost."),
        ([STARTED], SAVED, "lose what the Net has learned?"),
        ([STARTED, SAVED], "cancel", "The weights are saved."),
    ],
)
def test_cancel_says_what_would_be_lost(qtbot, panel, person, events, next_event, question):
    panel.show_run(run(*events))
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Escape):
        person.click(panel, "Cancel…")
        assert question in person.text(panel)
        panel.show_run(run(*events))
        qtbot.keyClick(person.button(panel, "Keep Going"), key)
        assert question not in person.text(panel)
    person.click(panel, "Cancel…")
    panel.show_run(run(*events, next_event))  # the question no longer holds
    assert question not in person.text(panel)
    panel.show_run(run(*events))
    person.click(panel, "Cancel…")
    with qtbot.waitSignal(panel.cancel_requested):
        person.click(panel, "Yes, Cancel")


def test_the_log_is_folded_and_keeps_the_last_lines(qtbot, panel, person):
    (fold,) = [each for each in panel.findChildren(Fold) if "Log" in each.heading.text()]
    assert not fold.isVisible()  # there is no run yet
    panel.show_run(run())
    panel.log("of the run before")
    panel.clear_log()
    for number in range(300):
        panel.log(f"line {number}")
    assert person.log(panel).splitlines() == [f"line {number}" for number in range(100, 300)]
    heights = [fold.height()]
    for _ in range(2):
        qtbot.mouseClick(fold.heading, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: fold.height() != heights[-1])
        heights.append(fold.height())
    assert heights[0] == heights[2] < heights[1]


# Result


def compared(verdict):
    return [Compared(str(IN_USE), verdict, "99 % against 98 %.")]


@pytest.mark.parametrize(
    ("messages", "in_use", "text"),
    [
        (compared("better"), IN_USE, "Better than the weights in use 99 % against 98 %."),
        (compared("worse"), IN_USE, "Worse than the weights in use 99 %"),
        (compared("equal"), IN_USE, "Equal to the weights in use 99 %"),
        (compared("unknown"), IN_USE, "Cannot compare with the weights in use 99 %"),
        (compared("better"), WEIGHTS, "In use now. Better than the weights before 99 %"),
        (
            compared("better"),
            OTHER,
            "changed since the comparison Better than the weights before. 99 % against 98 %.",
        ),
        ([], IN_USE, "Accuracy New In use"),
        ([], WEIGHTS, "In use now Accuracy New Before"),
        ([], OTHER, "Accuracy New Before"),
    ],
)
def test_the_comparison_holds_only_for_the_baseline(qtbot, panel, person, messages, in_use, text):
    panel.set_in_use(IN_USE)
    panel.show_run(finished(*messages))
    panel.set_in_use(in_use)
    for shown in (text, "MNIST test 50.00 % 40.00 %", f"{LONG_NAME} 50.00 % –"):
        qtbot.waitUntil(lambda shown=shown: shown in person.text(panel))
    use = "In Use Now" if in_use == WEIGHTS else "Use These Weights"
    assert person.button(panel, use).isEnabled() == (in_use != WEIGHTS)


def test_what_can_be_done_with_a_result(qtbot, panel, person):
    panel.show_run(finished())
    with qtbot.waitSignal(panel.use_requested) as used:
        person.click(panel, "Use These Weights")
    assert used.args == [WEIGHTS]
    with qtbot.waitSignal(panel.resume_requested) as resumed:
        person.click(panel, "Resume")
    assert resumed.args == [CHECKPOINT]
    person.click(panel, "Train Again")
    assert panel.findChild(TrainingForm).isVisible()


@pytest.mark.parametrize(("state", "warns"), [(FINISHED, False), (FAILED, True)])
def test_only_a_failure_has_a_warning_sign(panel, state, warns):
    panel.show_run(state)
    signs = [each for each in panel.findChildren(QLabel) if each.accessibleName() == "Warning"]
    assert [sign.isVisible() for sign in signs] == [warns]


# Room and keys


def everything(window, person):
    """Show all that the panel can show, one after the other."""
    window.show_training()
    panel = window.training.panel
    person.click(panel, "Options")
    window.training.confusion.add(evaluated())
    window.training.chart.add(EpochDone(1, 0.9876, 0.9876, 0.5, 0.00123, 8e3, 9))  # long legends
    yield panel
    panel.show_run(run(STARTED))
    yield panel
    person.click(panel, "Cancel…")
    yield panel
    for state in (finished(*compared("better")), NO_DATA, NO_TORCH, finished(split="W" * 99)):
        panel.show_run(state)
        yield panel


def test_in_the_smallest_window_nothing_is_cut_off(qtbot, window, person):
    widths = []
    for panel in everything(window, person):
        window.resize(1, 1)
        qtbot.waitUntil(lambda panel=panel: panel.widget().width() == panel.viewport().width())
        qtbot.waitUntil(lambda panel=panel: cut_off(panel) == [])
        widths.append(panel.minimumSizeHint().width())
    assert len(set(widths)) == 1  # the window does not grow with the run


def cut_off(panel):
    """The visible texts and buttons that are cut off."""
    kinds = (QLabel, QAbstractButton, Sentence)
    parts = [part for kind in kinds for part in panel.widget().findChildren(kind)]
    return [part for part in parts if part.isVisible() and not is_whole(part, panel.viewport())]


def is_whole(part, viewport):
    left = part.mapTo(viewport, QPoint()).x()
    fits = left >= 0 and left + part.width() <= viewport.width()
    return fits and part.minimumSizeHint().width() <= part.width()


def test_all_visible_mnemonics_differ(open_window, weights, person):
    checkpoint = weights_folder() / "2026-11-23-140300-pad.safetensors.checkpoint"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"?")
    window = open_window(weights)
    person.notice(window, "interrupted")  # it has buttons, too
    for _panel in everything(window, person):
        keys = mnemonics(window)
        assert len(keys) > 6  # the menus have as many
        assert sorted(keys) == sorted(set(keys))


def mnemonics(window):
    """The keys that act together with Alt."""
    shown = [each for each in window.findChildren(QWidget) if each.isVisible()]
    texts = [each.text() for each in shown if isinstance(each, QAbstractButton)]
    texts += [each.text() for each in shown if isinstance(each, QLabel) and each.buddy()]
    texts += [action.text() for action in window.menuBar().actions()]
    return [key for text in texts if (key := QKeySequence.mnemonic(text).toString())]


@pytest.mark.parametrize("way", ["synthetic", "start"])
def test_a_problem_in_the_form_is_scrolled_to(qtbot, window, person, tmp_path, way):
    window.show_training()
    panel, form = window.training.panel, window.training.form
    form.add_ink(tmp_path / "gone.tra")
    window.resize(1, 1)
    if way == "synthetic":
        panel.show_run(NO_DATA)
        person.click(panel, "Train on Synthetic Digits")
    else:
        form.start_button.click()
    assert not window.training.is_running

    def visible_problem():
        problems = [each for each in form.findChildren(QLabel) if "gone.tra" in each.text()]
        return problems and problems[0].visibleRegion().boundingRect() == problems[0].rect()

    qtbot.waitUntil(visible_problem)
    assert "gone.tra: cannot be read" in form.ink.accessibleDescription()
