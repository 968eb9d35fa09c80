"""Training from the window, with the real trainer."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from itertools import product
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QFileDialog,
    QMenu,
    QMessageBox,
    QPushButton,
    QToolButton,
)

from digitpad.recognizer import Recognizer
from digitpad.training_messages import BatchDone, EpochDone, EpochWeightsWritten, RunStarted
from digitpad.weights_store import (
    bundled_weights,
    describe,
    interrupted_runs,
    kept_weights,
    weights_folder,
)
from digitpad.window.widgets.notice import Notice

CTRL = Qt.KeyboardModifier.ControlModifier
MINUTES_3 = 180_000  # a limit for a test that would fail, in milliseconds
REPOSITORY = Path(__file__).resolve().parents[4]

# What Python finds first as `trainer`. It steps aside for the real one, with fewer digits to draw:
# an epoch of them takes a third of a second.
FEWER_DIGITS = """
import sys
from pathlib import Path
sys.path.remove(str(Path(__file__).parent))
from trainer import __main__, run_data
run_data.SYNTHETIC_IMAGES = 2_000
sys.exit(__main__.main())
"""


# Stand-ins for a training that is quicker than the real one, or waits for the test.
UNTIL = """
import os, time
def until(name):
    path = os.path.join(os.path.dirname(__file__), name)
    while not os.path.exists(path):
        time.sleep(0.01)
"""
OBEYS = "import sys; sys.stdin.readline()\n"
DONE = """
import os, sys
from digitpad.training_messages import *
def tell(message):
    print(to_json(message), flush=True)
(out,) = (a.removeprefix("--out=") for a in sys.argv if a.startswith("--out="))
tell(RunStarted({}, 0, "cpu", 1, 0, 1, 1, 1, "", None))
"""
CHECKPOINT = """
os.makedirs(os.path.dirname(out), exist_ok=True)
open(out + ".checkpoint", "x").close()
"""


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # the batches are too small for two


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Has the window start other code as the trainer."""

    def put(code):
        (tmp_path / "trainer.py").write_text(code)
        paths = os.pathsep.join([str(tmp_path), str(REPOSITORY)])
        monkeypatch.setenv("PYTHONPATH", paths)

    return put


@pytest.fixture
def train(qtbot):
    """Opens the panel of a window and starts a training on synthetic digits in it."""

    def train_(window, epochs):
        qtbot.keyClick(window, Qt.Key.Key_T, CTRL)
        form = window.training.form
        form.recipe.setCurrentText("seed")
        form.epochs.setValue(epochs)
        form.data.setCurrentText("Synthetic digits")
        form.start_button.click()
        return window.training

    return train_


def process_id(training):
    return training.process._process.processId()


def wait_until(qtbot, is_so):
    qtbot.waitUntil(lambda: bool(is_so()), timeout=MINUTES_3)


def entry(menu, words):
    menu.aboutToShow.emit()
    (found,) = (a for a in menu.actions() if a.text().replace("&", "") == words)
    return found


def test_from_the_menu_to_the_weights_and_back(open_window, mouse_on, seven, module, train, qtbot):
    module(FEWER_DIGITS)
    window = open_window(None)
    training = train(window, epochs=5)
    wait_until(qtbot, lambda: training.recognizer)
    assert training.is_running
    assert len(training.chart.rows()) >= 1
    with qtbot.waitSignal(window.answered):
        mouse_on(window.canvas).draw(seven)
    drawing, bundled = window.canvas.drawing, window.answer.prediction
    assert bundled == Recognizer(bundled_weights()).recognize(drawing)
    assert window.training_answer.isVisible()
    assert window.training_answer.prediction == training.recognizer.recognize(drawing) != bundled

    wait_until(qtbot, lambda: not training.is_running)
    wait_until(qtbot, lambda: training.chart.frames_drawn > 1)
    (kept,) = kept_weights()
    assert (kept.recipe, kept.epochs_done, kept.damage) == ("seed", 5, None)
    new = Recognizer(kept.path).recognize(drawing)
    # Nobody knows which are better: the new ones were not measured on MNIST.
    assert (window.answer.prediction, window.training_answer.prediction) == (bundled, new)
    training.panel._end.use_button.click()
    assert window.answer.prediction == new
    assert not window.training_answer.isVisible()
    assert window.close()

    again = open_window(None)
    with qtbot.waitSignal(again.answered):
        mouse_on(again.canvas).draw(seven)
    assert again.answer.prediction == Recognizer(kept.path).recognize(again.canvas.drawing)
    menu = again.weights_menu
    delete = entry(menu, "Delete").menu()
    delete.actions()[0].trigger()
    assert kept_weights() == []
    assert menu.in_use == bundled_weights()
    assert again.answer.prediction == Recognizer(bundled_weights()).recognize(again.canvas.drawing)


# Leaving while a training goes on


def question(window):
    """What is asked, and the buttons by their names."""
    (box,) = (box for box in window.findChildren(QMessageBox) if box.isVisible())
    return box, {button.text().replace("&", ""): button for button in box.buttons()}


def test_leave_and_go_on_next_time(open_window, module, train, qtbot, weights):
    module(FEWER_DIGITS)
    window = open_window(weights)
    training = train(window, epochs=60)
    wait_until(qtbot, lambda: training.epoch >= 2)
    pid = process_id(training)
    assert not window.close()
    box, buttons = question(window)
    assert "epoch" in box.informativeText()
    buttons["Go On Next Time"].click()
    assert training.panel._running.headline.text() == "Ending…"
    assert not window.isVisible()
    assert not psutil.pid_exists(pid)
    (run,) = interrupted_runs()
    assert kept_weights() == []

    again = open_window(weights)
    qtbot.waitUntil(lambda: again.notice is not None)
    assert "interrupted" in again.notice.text
    click(again.notice, "Go On")
    training = again.training
    wait_until(qtbot, lambda: training.recognizer)
    epochs_before = training.epoch
    assert epochs_before >= 2
    wait_until(qtbot, lambda: training.epoch > epochs_before)
    epochs = [row[0] for row in training.chart.rows()]
    assert epochs == list(range(1, training.epoch + 1))  # those before the end as well
    training.panel._running.stop_button.click()
    wait_until(qtbot, lambda: not training.is_running)
    (kept,) = kept_weights()
    assert kept.path == run.weights
    assert interrupted_runs() == []


def test_leave_and_throw_away(open_window, module, train, qtbot, weights):
    module(FEWER_DIGITS)
    window = open_window(weights)
    training = train(window, epochs=60)
    wait_until(qtbot, lambda: training.epoch >= 1)
    pid = process_id(training)
    window.close()
    _, buttons = question(window)
    buttons["Throw Away"].click()
    wait_until(qtbot, lambda: not window.isVisible())
    assert not psutil.pid_exists(pid)
    assert list(weights_folder().iterdir()) == []


def test_what_fails_on_leaving_is_told(window, module, train, qtbot, tmp_path):
    module(UNTIL + DONE + OBEYS + "until('go')\nsys.exit('no room')")
    training = train(window, epochs=1)
    wait_until(qtbot, lambda: training.panel._has_course)
    training.panel._running.stop_button.click()
    window.close()
    question(window)[1]["Close Without Measuring"].click()
    (tmp_path / "go").touch()
    wait_until(qtbot, lambda: not training.is_running)
    assert window.isVisible()
    assert "no room" in training.panel._end.sentence.toPlainText()
    assert window.close()


def test_stay(window, module, train, qtbot):
    module(FEWER_DIGITS)
    training = train(window, epochs=60)
    wait_until(qtbot, lambda: training.epoch >= 1)
    window.close()
    _, buttons = question(window)
    buttons["Stay"].click()
    assert window.isVisible()
    assert training.is_running
    qtbot.waitUntil(lambda: not window.findChildren(QMessageBox))
    window.close()  # asks again; and what ends meanwhile needs no answer
    question(window)
    training.process.cancel()
    wait_until(qtbot, lambda: not training.is_running)
    qtbot.waitUntil(lambda: not window.findChildren(QMessageBox))
    assert window.isVisible()


def test_before_the_first_epoch_there_is_nothing_to_go_on_with(window, module, train, qtbot):
    module("import time; time.sleep(600)")
    training = train(window, epochs=60)
    qtbot.waitUntil(lambda: process_id(training) > 0)
    window.close()
    box, buttons = question(window)
    assert set(buttons) == {"Throw Away", "Stay"}
    assert box.defaultButton() is buttons["Stay"]
    box.reject()
    window.quit()
    assert not window.isVisible()


def test_a_training_that_is_being_thrown_away_says_so(window, module, train, qtbot, tmp_path):
    module(UNTIL + OBEYS + "until('go')")
    training = train(window, epochs=60)
    window.close()
    question(window)[1]["Throw Away"].click()
    running = training.panel._running
    assert running.headline.text() == "Cancelling…"
    assert not running.stop_button.isEnabled()
    assert not running.cancel_button.isEnabled()
    window.close()  # is answered already
    assert window.isVisible()
    assert not [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    (tmp_path / "go").touch()
    wait_until(qtbot, lambda: not window.isVisible())


def test_closing_on_a_training_that_is_cancelled_asks_nothing(
    window, module, train, qtbot, tmp_path
):
    module(UNTIL + OBEYS + "until('go')")
    training = train(window, epochs=60)
    training.panel._running.cancel_button.click()
    training.panel._running.really_button.click()
    window.close()
    assert not window.findChildren(QMessageBox)
    (tmp_path / "go").touch()
    wait_until(qtbot, lambda: not window.isVisible())


# Once the weights are kept, they can neither be thrown away nor does the training go on


def test_leave_while_it_is_measured(window, module, train, qtbot, tmp_path):
    """What is asked changes with what would be kept."""
    module(
        UNTIL + DONE + CHECKPOINT + "until('go')\n" + write(bundled_weights()) + "sys.stdin.read()"
    )
    training = train(window, epochs=1)
    wait_until(qtbot, interrupted_runs)
    window.close()
    box, buttons = question(window)
    assert set(buttons) == {"Go On Next Time", "Throw Away", "Stay"}
    assert box.defaultButton() is buttons["Go On Next Time"]
    (tmp_path / "go").touch()
    wait_until(qtbot, kept_weights)
    wait_until(qtbot, lambda: "Throw Away" not in question(window)[1])
    box, buttons = question(window)
    assert set(buttons) == {"Close Without Measuring", "Stay"}
    assert "kept" in box.informativeText()
    pid = process_id(training)
    buttons["Close Without Measuring"].click()
    assert not window.isVisible()
    assert not psutil.pid_exists(pid)
    assert len(kept_weights()) == 1


def test_leave_while_it_stops(window, module, train, qtbot, tmp_path):
    """The window waits for the weights, and not for the measuring."""
    module(UNTIL + DONE + OBEYS + "until('go')\n" + write(bundled_weights()) + "sys.stdin.read()")
    training = train(window, epochs=1)
    wait_until(qtbot, lambda: training.panel._has_course)
    training.panel._running.stop_button.click()
    window.close()
    _, buttons = question(window)
    assert set(buttons) == {"Close Without Measuring", "Stay"}
    buttons["Close Without Measuring"].click()
    assert training.panel._running.headline.text() == "Ending…"
    assert window.isVisible()
    (tmp_path / "go").touch()
    wait_until(qtbot, lambda: not window.isVisible())
    assert len(kept_weights()) == 1


# Interrupted trainings


def click(notice: Notice, text):
    (button,) = (b for b in notice.findChildren(QToolButton) if b.text().replace("&", "") == text)
    button.click()


@pytest.fixture
def interrupted():
    """A checkpoint among the kept weights; what is in it does not matter until somebody goes on."""
    checkpoint = weights_folder() / "2026-11-23-140300-pad.safetensors.checkpoint"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"?")
    return checkpoint


def test_discard_an_interrupted_training_and_have_it_back(open_window, interrupted, weights, qtbot):
    window = open_window(weights)
    qtbot.waitUntil(lambda: window.notice is not None)
    click(window.notice, "Discard")
    assert interrupted_runs() == []
    assert "discarded" in window.notice.text
    click(window.notice, "Undo")
    (run,) = interrupted_runs()
    assert run.checkpoint == interrupted
    assert "interrupted" in window.notice.text


def test_a_training_that_cannot_go_on_says_so(open_window, interrupted, weights, qtbot):
    window = open_window(weights)
    qtbot.waitUntil(lambda: window.notice is not None)
    click(window.notice, "Go On")
    wait_until(qtbot, lambda: not window.training.is_running)
    assert str(interrupted) in window.training.panel._end.sentence.toPlainText()
    assert interrupted.exists()


@pytest.mark.parametrize("answer", ["Go On Next Time", "Throw Away"])
def test_leaving_while_it_is_loading_again_does_what_was_wanted(
    open_window, interrupted, module, qtbot, weights, answer
):
    module("import sys; sys.stdin.read()")
    window = open_window(weights)
    qtbot.waitUntil(lambda: window.notice is not None)
    click(window.notice, "Go On")
    assert window.training.is_running
    window.close()
    box, buttons = question(window)
    assert box.defaultButton() is buttons["Go On Next Time"]
    buttons[answer].click()
    wait_until(qtbot, lambda: not window.isVisible())
    assert interrupted.exists() == (answer == "Go On Next Time")


def test_a_training_can_go_on_only_when_the_other_has_ended(
    open_window, interrupted, module, train, qtbot, weights
):
    module(OBEYS)
    window = open_window(weights)
    qtbot.waitUntil(lambda: window.notice is not None)
    training = train(window, epochs=60)
    pid = process_id(training)
    click(window.notice, "Go On")
    assert process_id(training) == pid
    assert "when the one that goes on now has ended" in window.notice.text
    training.process.cancel()
    wait_until(qtbot, lambda: not training.is_running)
    click(window.notice, "Go On")
    assert f"--resume={interrupted}" in training.process._process.arguments()
    assert window.notice is None
    training.process.cancel()
    wait_until(qtbot, lambda: not training.is_running)


def test_the_beginning_of_a_training_leaves_a_stroke_and_the_focus_alone(
    open_window, mouse_on, module, train, qtbot, tmp_path, weights
):
    module(UNTIL + DONE.replace("tell(Run", "until('go')\ntell(Run") + "sys.stdin.read()")
    window = open_window(weights)
    training = train(window, epochs=60)
    assert not training.panel._running.stop_button.isEnabled()  # there is nothing to keep
    mouse = mouse_on(window.canvas)
    mouse.press(100, 100)
    assert window.canvas.hasFocus()
    (tmp_path / "go").touch()
    wait_until(qtbot, training.panel._running.stop_button.isEnabled)
    assert window.canvas.is_drawing
    mouse.release(150, 150)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.canvas.is_blank
    training.process.cancel()
    wait_until(qtbot, lambda: not training.is_running)
    assert window.canvas.hasFocus()


def test_an_offer_waits_for_what_is_more_urgent(open_window, interrupted, weights, qtbot):
    window = open_window(weights)
    qtbot.waitUntil(lambda: window.notice is not None)
    window.use_weights(interrupted)
    assert "cannot be used" in window.notice.text
    window.pictures.open(interrupted)
    assert "No digit was taken" in window.notice.text
    window.notice.close()
    assert "interrupted" in window.notice.text
    window.notice.close()
    assert window.notice is None
    window.use_weights(interrupted)
    window.use_weights(weights)
    assert window.notice is None  # once declined, it is not made again


@pytest.mark.usefixtures("interrupted")
def test_an_offer_comes_when_bad_news_of_the_start_were_read(open_window, tmp_path, qtbot):
    window = open_window(tmp_path / "missing.safetensors")
    qtbot.waitUntil(lambda: window.notice is not None)
    assert "missing" in window.notice.text
    window.notice.close()
    assert "interrupted" in window.notice.text


def test_discarding_leaves_nothing_of_the_training(open_window, interrupted, weights, qtbot):
    epoch = interrupted.with_name("2026-11-23-140300-pad.epoch.safetensors")
    epoch.touch()
    window = open_window(weights)
    qtbot.waitUntil(lambda: window.notice is not None)
    click(window.notice, "Discard")
    assert not epoch.exists()


@pytest.mark.parametrize(
    ("arguments", "is_offered"),
    [
        (["trainer"], True),  # an editor, for instance
        (["-m", "trainer", "card"], True),
        (["-m", "trainer", "--out=other.safetensors"], True),
        (["-m", "trainer"], False),
        (["-m", "trainer", "--resume=2026-11-23-140300-pad.safetensors.checkpoint"], False),
        (["-m", "trainer", "--out=2026-11-23-140300-pad.safetensors", "--seeds=5"], False),
    ],
)
def test_what_may_be_going_on_is_not_offered(
    open_window, interrupted, weights, qtbot, arguments, is_offered
):
    if "--seeds=5" in arguments:
        name = "2026-11-23-140300-pad-seed1.safetensors.checkpoint"
        interrupted = interrupted.rename(interrupted.with_name(name))
    os.utime(interrupted, (9e9, 9e9) if arguments == ["-m", "trainer"] else (0, 0))
    # Whoever reads this process's arguments takes it for one of these.
    sleeper = [sys.executable, "-c", "input()", *arguments]
    with subprocess.Popen(sleeper, stdin=subprocess.PIPE) as process:
        window = open_window(weights)
        qtbot.waitUntil(lambda: window._interrupted_runs is not None)  # it has looked
        assert (window.notice is not None) == is_offered
        process.stdin.close()


def test_the_menu_opens_the_panel_and_never_closes_it(open_window, weights):
    window = open_window(weights)
    (training,) = (m for m in window.menuBar().findChildren(QMenu) if m.title() == "&Training")
    (train,) = training.actions()
    for _ in range(2):
        train.trigger()
        assert window.training.isVisible()
    assert train.text().endswith("Ctrl+T")


def test_a_training_that_goes_on_elsewhere_is_not_offered(
    open_window, module, train, qtbot, weights
):
    module(DONE + CHECKPOINT + "sys.stdin.read()")
    window = open_window(weights)
    training = train(window, epochs=60)
    wait_until(qtbot, interrupted_runs)

    def offer():
        other = open_window(weights)
        qtbot.waitUntil(lambda: other._interrupted_runs is not None)  # it has looked
        return other.notice

    assert offer() is None
    assert training.is_running
    checkpoint = interrupted_runs()[0].checkpoint
    other = checkpoint.with_name("other.safetensors.checkpoint")
    other.touch()  # later than the start of the trainer, but that one says what its files are
    assert "interrupted" in offer().text
    other.unlink()
    window.quit()
    assert "interrupted" in offer().text


# What the new weights are worth


def measured(right):
    return f"""
confusion = [[0] * 10 for _ in range(10)]
confusion[0] = [{right}, {10 - right}] + [0] * 8
tell(Evaluated("MNIST test", "", 10, {right}, None, confusion, []))
tell(RunEnded("finished"))
"""


def write(source):
    return f"""
import shutil
os.makedirs(os.path.dirname(out), exist_ok=True)
shutil.copy({str(source)!r}, out)
tell(WeightsWritten(out))
"""


def test_better_weights_are_in_use_the_moment_the_training_ends(window, module, train, qtbot):
    module(DONE + write(bundled_weights()) + measured(2))  # those in use read a tenth
    training = train(window, epochs=1)
    wait_until(qtbot, lambda: not training.is_running)
    (kept,) = kept_weights()
    assert window.weights_menu.in_use == kept.path
    assert not training.panel._end.use_button.isEnabled()
    window.use_weights(bundled_weights())
    assert training.panel._end.use_button.isEnabled()


@pytest.mark.parametrize(("right", "verdict"), [(0, "Worse"), (1, "As good")])
def test_other_weights_wait_for_the_person(window, module, train, qtbot, weights, right, verdict):
    module(DONE + write(bundled_weights()) + measured(right))
    training = train(window, epochs=1)
    wait_until(qtbot, lambda: not training.is_running)
    assert window.weights_menu.in_use == weights
    assert training.panel._end.verdict.text().startswith(verdict)
    training.panel._end.use_button.click()
    (kept,) = kept_weights()
    assert window.weights_menu.in_use == kept.path


def test_weights_that_are_chosen_while_they_are_measured_are_in_use_already(
    window, module, train, qtbot, tmp_path
):
    code = write(bundled_weights()) + "until('go')\n" + measured(1)
    module(UNTIL + DONE + code)
    training = train(window, epochs=1)
    wait_until(qtbot, kept_weights)
    (kept,) = kept_weights()
    window.use_weights(kept.path)
    (tmp_path / "go").touch()
    wait_until(qtbot, lambda: not training.is_running)
    assert not training.panel._end.use_button.isEnabled()
    assert not window.training_answer.isVisible()
    assert window.weights_menu.in_use == kept.path


def test_the_net_in_training_is_named_by_the_epoch_that_it_is_of(window, weights, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_T, CTRL)
    training = window.training
    for message in (
        EpochDone(1, 0.9, 0.9, 0.3, 0.1, 5_000.0, 1.0),
        EpochWeightsWritten(1, str(weights)),
        EpochDone(2, 0.9, 0.9, 0.3, 0.1, 5_000.0, 1.0),
        EpochWeightsWritten(2, "nowhere"),  # the disk is full, for instance
    ):
        training.process.message.emit(message)
    with qtbot.waitSignal(window.answered):
        window._answer_drawing(window.canvas.drawing)
    assert "after epoch 1" in window.training_answer.accessibleDescription()


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("MNIST training but validation", describe(bundled_weights()).accuracy),
        ("synthetic training but validation", None),
    ],
)
def test_who_learns_from_mnist_has_a_line_to_beat_also_when_going_on(
    open_window, interrupted, module, qtbot, weights, data, line
):
    module(f"""
import sys
from digitpad.training_messages import *
print(to_json(RunStarted({{}}, 0, "cpu", 9, 3, 1, 1, 1, {data!r}, None)), flush=True)
sys.stdin.read()
""")
    window = open_window(weights)
    qtbot.waitUntil(lambda: window.notice is not None)
    click(window.notice, "Go On")
    wait_until(qtbot, lambda: window.training.panel._has_course)
    assert window.training.chart._line_to_beat == line
    assert interrupted.exists()
    window.quit()


def button_of(widget, words):
    (found,) = (b for b in widget.findChildren(QPushButton) if b.text().replace("&", "") == words)
    return found


# Faults: the person gets a sentence, and keeps the drawing and the weights in use


@pytest.fixture
def fails(window, mouse, seven, train, module, qtbot, weights):
    """Trains with a faulty trainer beside a drawing; the sentence that the person gets."""

    def fails_(code):
        module(code)
        with qtbot.waitSignal(window.answered):
            mouse.draw(seven)
        drawing, answer = window.canvas.drawing, window.answer.prediction
        training = train(window, epochs=1)
        pid = process_id(training)
        wait_until(qtbot, lambda: not training.is_running)
        assert window.canvas.drawing == drawing
        assert window.answer.prediction == answer
        assert window.weights_menu.in_use == weights
        assert not psutil.pid_exists(pid)
        assert training.panel._end.isVisible()
        assert training.panel._end.sign.isVisible()
        assert not window.training_answer.isVisible()
        return training.panel._end.sentence.toPlainText()

    return fails_


def test_killed_in_the_middle(fails):
    assert "killed" in fails(DONE + "os.kill(os.getpid(), 9)")


def test_an_exit_without_a_word(fails):
    assert "exit code 3" in fails(DONE + "os._exit(3)")


def test_a_flood_of_garbage(fails, window):
    flood = "for _ in range(1_600): os.write(1, b'garbage\\n' * 8_192)\n"  # 100 MB
    assert "exit code 3" in fails(DONE + flood + "os._exit(3)")
    assert "garbage" in window.training.panel._log.toPlainText()


def test_a_trainer_that_hangs_and_ignores_terminate(
    window, mouse, seven, module, train, qtbot, weights
):
    hangs = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    module(hangs + DONE + "while True: time.sleep(9)")
    training = train(window, epochs=1)
    wait_until(qtbot, lambda: training.panel._has_course)
    pid = process_id(training)
    training.process._grace = 100  # ms: how long it may take to obey
    training.panel._running.cancel_button.click()
    training.panel._running.really_button.click()
    with qtbot.waitSignal(window.answered):
        mouse.draw(seven)
    wait_until(qtbot, lambda: not training.is_running)
    assert not psutil.pid_exists(pid)
    assert "cancelled" in training.panel._end.sentence.toPlainText()
    assert window.weights_menu.in_use == weights
    assert window.answer.prediction == Recognizer(weights).recognize(window.canvas.drawing)
    assert not window.canvas.is_blank


def test_without_torch_the_panel_has_the_command_to_copy(fails, window, qapp):
    assert "torch is not installed" in fails(
        "import sys; sys.modules['torch'] = None" + FEWER_DIGITS
    )
    end = window.training.panel._end
    assert end.command.isVisible()
    button_of(end, "Copy").click()
    assert qapp.clipboard().text().startswith(f"{shlex.quote(sys.executable)} -m pip install")


def test_weights_that_are_truncated_before_they_are_loaded(fails):
    code = DONE + write(bundled_weights()) + "os.truncate(out, 1000)" + measured(9)
    assert "cannot be used" in fails(code)


def test_a_data_folder_that_cannot_be_written(fails):
    # Nobody, not even root, writes where a file is in the place of the folder.
    weights_folder().parent.mkdir(parents=True, exist_ok=True)
    weights_folder().write_bytes(b"")
    assert "cannot write" in fails(FEWER_DIGITS)


def test_a_full_data_folder(fails):
    pytest.importorskip("resource", reason="limits on files are POSIX's")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
    assert "Make room" in fails(limit + FEWER_DIGITS)
    assert kept_weights() == []


def test_without_mnist_synthetic_digits_are_one_click_away(
    window, module, qtbot, tmp_path, monkeypatch
):
    module(FEWER_DIGITS)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # no network
    monkeypatch.setenv("DIGITPAD_DATA_DIR", str(empty))
    qtbot.keyClick(window, Qt.Key.Key_T, CTRL)
    form = window.training.form
    form.recipe.setCurrentText("seed")
    form.epochs.setValue(1)
    form.start_button.click()
    wait_until(qtbot, lambda: not window.training.is_running)
    end = window.training.panel._end
    assert str(empty) in end.sentence.toPlainText()
    assert end.folder_button.isVisible()
    end.synthetic_button.click()
    assert window.training.is_running
    wait_until(qtbot, lambda: not window.training.is_running)
    assert len(kept_weights()) == 1


def test_a_folder_with_mnist_is_chosen_and_trained_with(window, module, qtbot, tmp_path):
    module(
        """
import sys
if not any(a.startswith("--data-dir=") for a in sys.argv):
    sys.exit("MNIST is missing; or train with --data synthetic")
"""
        + DONE
        + write(bundled_weights())
        + measured(0)
    )
    qtbot.keyClick(window, Qt.Key.Key_T, CTRL)
    window.training.form.start_button.click()
    wait_until(qtbot, lambda: not window.training.is_running)
    window.training.panel._end.folder_button.click()
    (dialog,) = window.findChildren(QFileDialog)
    (tmp_path / "data").mkdir()
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile(str(tmp_path / "data"))
    dialog.accept()
    assert f"--data-dir={tmp_path / 'data'}" in window.training.process._process.arguments()
    wait_until(qtbot, lambda: not window.training.is_running)
    assert len(kept_weights()) == 1


# The panel beside the pad


def open_panel(window, qtbot):
    """Where there is room for it; what is added to the window's width."""
    window.resize(600, 500)
    qtbot.keyClick(window, Qt.Key.Key_T, CTRL)
    assert window.width() > 600
    return window.training


@pytest.mark.parametrize("state", ["beside", "floating", "maximized"])
def test_the_room_for_the_panel_is_not_kept(open_window, weights, qtbot, state):
    window = open_window(weights)
    training = open_panel(window, qtbot)
    if state == "floating":
        training.setFloating(True)
    elif state == "maximized":
        window.showMaximized()
    assert window.close()
    again = open_window(weights)
    assert again.isMaximized() == (state == "maximized")
    again.showNormal()
    qtbot.waitUntil(lambda: again.width() == 600)


def test_a_maximized_window_gives_the_room_back_when_it_becomes_smaller(window, qtbot):
    training = open_panel(window, qtbot)
    window.showMaximized()
    training.close()
    assert window.width() > 600
    window.showNormal()
    qtbot.waitUntil(lambda: window.width() == 600)
    assert window.height() == 500


def test_the_room_of_a_panel_that_is_open_again_is_not_given_back(window, qtbot):
    training = open_panel(window, qtbot)
    width = window.width()
    window.showMaximized()
    training.close()
    training.open()
    window.showNormal()
    qtbot.waitUntil(lambda: not window.isMaximized() and window.height() == 500)
    assert window.width() == width
    training.close()
    assert window.width() == 600


def test_ctrl_t_goes_to_the_panel_and_closes_it_from_there(window, qtbot):
    training = open_panel(window, qtbot)
    assert training.isAncestorOf(window.focusWidget())
    qtbot.mouseClick(window.answer, Qt.MouseButton.LeftButton)
    assert window.focusWidget() is window.canvas
    qtbot.keyClick(window, Qt.Key.Key_T, CTRL)
    assert training.isVisible()
    assert training.isAncestorOf(window.focusWidget())
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_T, CTRL)
    assert not training.isVisible()
    assert window.focusWidget() is window.canvas
    assert window.width() == 600


@pytest.mark.parametrize(("ground", "text"), [("white", "black"), ("black", "white")])
def test_the_buttons_of_the_panel_can_be_seen(window, qtbot, ground, text):
    training = open_panel(window, qtbot)
    for is_floating in (True, False):
        training.setFloating(is_floating)
        training.setPalette(QPalette(QColor(ground), QColor(ground)))
        buttons = training.findChildren(
            QAbstractButton, options=Qt.FindChildOption.FindDirectChildrenOnly
        )
        assert len(buttons) == 2
        for button in buttons:
            icon = button.icon().pixmap(button.iconSize()).toImage()
            pixels = product(range(icon.width()), range(icon.height()))
            strongest = max((icon.pixelColor(*pixel) for pixel in pixels), key=QColor.alpha)
            assert strongest.alpha() > 128
            assert strongest.name() == QColor(text).name()


def test_esc_in_the_panel_leaves_the_drawing_alone(window, mouse, seven, qtbot):
    mouse.draw(seven)
    form = open_panel(window, qtbot).form
    for widget in (window.training.panel, form.epochs, form.start_button):
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_Escape)
        assert not window.canvas.is_blank
    qtbot.mouseClick(window.net_view, Qt.MouseButton.LeftButton)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.canvas.is_blank


def test_esc_at_the_question_whether_to_cancel_keeps_going(
    window, mouse, seven, module, train, qtbot
):
    mouse.draw(seven)
    module(OBEYS)
    running = train(window, epochs=60).panel._running
    running.cancel_button.click()
    assert running.keep_button.isVisible()
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not running.keep_button.isVisible()
    assert running.cancel_button.isVisible()
    assert window.training.is_running
    assert not window.canvas.is_blank
    window.quit()


def test_the_chart_waits_for_the_pen(open_window, qtbot):
    window = open_window(None)
    qtbot.keyClick(window, Qt.Key.Key_T, CTRL)
    chart = window.training.chart
    window.training.process.message.emit(
        RunStarted({"name": "pad"}, 0, "cpu", 1, 0, 10, 100, 20, "", None)
    )
    wait_until(qtbot, lambda: chart.frames_drawn)
    qtbot.mousePress(window.canvas, Qt.MouseButton.LeftButton)
    with qtbot.waitSignals([chart._redrawing.timeout] * 2):
        chart.add(BatchDone(1, 5, 0.9, 0.3, 5_000.0, 1.0))
    assert chart._batch_accuracy.getData()[0] is None
    qtbot.mouseRelease(window.canvas, Qt.MouseButton.LeftButton)
    wait_until(qtbot, lambda: chart._batch_accuracy.getData()[0] is not None)
