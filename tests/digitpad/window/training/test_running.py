"""Training from the window: real runs, and fakes that end in all ways."""

import shlex
import sys

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from digitpad.lock import lock_file
from digitpad.recognizer import Recognizer
from digitpad.weights_store import (
    bundled_weights,
    checkpoint_file,
    interrupted_runs,
    kept_weights,
    weights_folder,
)


def state_of(training):
    return training.control.process.state


# A run from its start to the use of its weights


def test_from_the_form_to_the_weights_and_back(alike, open_window, mouse_on, seven, qtbot, person):
    window = open_window(None)
    training = person.train(window, "real", epochs=5)
    person.wait(lambda: training.recognizer)
    assert training.is_running
    assert training.chart.rows()
    with qtbot.waitSignal(window.answered):
        mouse_on(window.canvas).draw(seven)
    drawing, bundled = window.canvas.drawing, window.answer.prediction
    assert alike(bundled, Recognizer(bundled_weights()).recognize(drawing))
    assert window.training_answer.isVisible()
    in_training = training.recognizer.recognize(drawing)
    assert alike(window.training_answer.prediction, in_training)
    assert not alike(in_training, bundled)

    person.wait(lambda: not training.is_running)
    person.wait(lambda: training.chart.frames_drawn > 1)
    (kept,) = kept_weights()
    assert (kept.recipe, kept.epochs_done, kept.damage) == ("seed", 5, None)
    assert set(weights_folder().iterdir()) == {kept.path, lock_file(kept.path)}
    assert state_of(training).outcome.kind == "finished"
    assert "synthetic test" in person.text(training)
    new = Recognizer(kept.path).recognize(drawing)
    # Nobody knows which are better: there is no MNIST to compare on.
    assert (window.answer.prediction, window.training_answer.prediction) == (bundled, new)
    person.click(training, "Use These Weights")
    assert alike(window.answer.prediction, new)
    assert not window.training_answer.isVisible()


def test_the_net_in_training_is_named_by_its_epoch(window, mouse, qtbot, person):
    code = f"""
start()
tell(EpochDone(1, 0.9, 0.9, 0.3, 0.1, 5_000.0, 1.0))
tell(EpochWeightsWritten(1, {str(bundled_weights())!r}))
tell(EpochDone(2, 0.9, 0.9, 0.3, 0.1, 5_000.0, 1.0))
tell(EpochWeightsWritten(2, "missing, because the disk is full, for instance"))
wait_for_command()
"""
    training = person.train(window, code)
    person.wait(lambda: len(training.chart.rows()) == 2)
    with qtbot.waitSignal(window.answered):
        mouse.stroke((100, 100), (150, 150))
    assert "after epoch 1" in window.training_answer.accessibleDescription()
    window.quit()


def test_the_start_of_a_run_leaves_a_stroke_and_the_focus_alone(window, mouse, qtbot, person):
    training = person.train(window, "wait(); start(); wait_for_command()")
    assert not person.button(training, "Stop Early").isEnabled()  # there is nothing to keep
    mouse.press(100, 100)
    assert window.canvas.hasFocus()
    assert training.chart.waits
    person.let_go()
    person.wait(person.button(training, "Stop Early").isEnabled)
    assert window.canvas.is_drawing
    mouse.release(150, 150)
    assert not training.chart.waits
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.canvas.is_blank
    person.click(training, "Cancel…")
    person.click(training, "Yes, Cancel")
    person.wait(lambda: not training.is_running)
    assert list(weights_folder().iterdir()) == []  # nor is its name taken


# Comparison with the weights in use


def test_better_weights_are_used_as_soon_as_the_run_has_finished(window, weights, person):
    code = r"print(*sys.argv, sep='\n', flush=True); start(0.7); finish('better')"
    training = person.train(window, code)
    person.wait(lambda: not training.is_running)
    (kept,) = kept_weights()
    assert window.weights_menu.in_use == kept.path
    assert not person.button(training, "In Use Now").isEnabled()
    assert f"--compare={weights}" in person.log(training)
    assert "In use 70.00 %" in training.chart.accessibleDescription().replace("\xa0", " ")
    window.use_weights(bundled_weights())
    assert person.button(training, "Use These Weights").isEnabled()
    assert "have changed since the comparison" in person.text(training)


def test_other_weights_wait_for_the_person(window, weights, person):
    training = person.train(window, "start(); finish('worse')")
    person.wait(lambda: not training.is_running)
    assert window.weights_menu.in_use == weights
    assert "Worse than the weights in use" in person.text(training)
    person.click(training, "Use These Weights")
    (kept,) = kept_weights()
    assert window.weights_menu.in_use == kept.path
    assert "In use now. Worse than the weights before" in person.text(training)


@pytest.mark.parametrize("chosen", ["the new ones", "others"])
def test_a_choice_during_the_run_counts_more_than_the_comparison(window, chosen, person):
    training = person.train(window, "start(); save(); wait(); finish('better')")
    person.wait(kept_weights)
    person.wait(lambda: state_of(training).weights)
    (kept,) = kept_weights()
    choice = kept.path if chosen == "the new ones" else bundled_weights()
    window.use_weights(choice)
    person.let_go()
    person.wait(lambda: not training.is_running)
    assert window.weights_menu.in_use == choice
    assert window.training_answer.isVisible() == (chosen == "others")
    says = "In use now" if chosen == "the new ones" else "have changed since the comparison"
    assert says in person.text(training)


# Closing the window during a run


def questions(window):
    return [box for box in window.findChildren(QMessageBox) if box.isVisible()]


def question(window):
    (box,) = questions(window)
    return box


def test_close_and_resume_next_time(open_window, weights, person):
    window = open_window(weights)
    training = person.train(window, "real", epochs=1_000)
    person.wait(lambda: training.epoch >= 2)
    pid = training.control.process.process_id
    assert not window.close()
    person.click(question(window), "Resume Next Time")
    assert not window.isVisible()
    assert not psutil.pid_exists(pid)
    (run,) = interrupted_runs()
    assert kept_weights() == []

    again = open_window(weights)
    person.click(person.notice(again, "interrupted"), "Resume")
    training = again.training
    person.wait(lambda: training.recognizer)
    epochs_before = training.epoch
    assert epochs_before >= 2
    person.wait(lambda: training.epoch > epochs_before)
    epochs = [row[0] for row in training.chart.rows()]
    assert epochs == list(range(1, training.epoch + 1))  # with those before the interruption
    person.click(training, "Stop Early")
    person.wait(lambda: not training.is_running)
    (kept,) = kept_weights()
    assert kept.path == run.weights
    assert epochs_before < kept.epochs_done < 1_000
    assert interrupted_runs() == []


STARTED = "start(); wait_for_command(); wait();"


@pytest.mark.parametrize(
    ("code", "is_stopped", "answers"),
    [
        ("wait_for_command()", False, ["Stay", "Discard"]),
        (STARTED, False, ["Stay", "Discard"]),
        (f"checkpoint.touch(); {STARTED}", False, ["Resume Next Time", "Discard", "Stay"]),
        (STARTED, True, ["Close Without Evaluating", "Stay"]),
        (f"start(); save(); {STARTED}", False, ["Close Without Evaluating", "Stay"]),
    ],
    ids=["starting", "training", "after an epoch", "stopping", "evaluating"],
)
def test_the_question_on_closing_offers_what_is_possible(window, code, is_stopped, answers, person):
    """The first answer is the default."""
    training = person.train(window, code)
    person.wait(lambda: state_of(training).started or STARTED not in code)
    person.wait(lambda: state_of(training).weights or "save" not in code)
    if is_stopped:
        person.click(training, "Stop Early")
    window.close()
    assert set(person.buttons(question(window))) == set(answers)
    assert question(window).defaultButton() is person.button(question(window), answers[0])
    window.close()  # asks only once
    person.click(question(window), "Stay")
    assert window.isVisible()
    assert training.is_running
    person.wait(lambda: not questions(window))
    window.quit()
    assert not window.isVisible()


def test_the_question_follows_the_run(window, person):
    code = "checkpoint.touch(); start(); wait(); save(); wait_for_command()"
    training = person.train(window, code)
    person.wait(lambda: state_of(training).started)
    window.close()
    assert "Resume Next Time" in person.buttons(question(window))
    person.let_go()
    person.wait(kept_weights)
    person.wait(lambda: "Resume Next Time" not in person.buttons(question(window)))
    pid = training.control.process.process_id
    person.click(question(window), "Close Without Evaluating")
    assert not window.isVisible()
    assert not psutil.pid_exists(pid)
    assert len(kept_weights()) == 1


def test_the_question_disappears_when_the_run_ends(window, person):
    training = person.train(window, "start(); wait()")
    window.close()
    assert questions(window)
    person.let_go()
    person.wait(lambda: not training.is_running)
    person.wait(lambda: not questions(window))
    assert window.isVisible()


@pytest.mark.parametrize(
    ("end", "is_kept"), [("save(); wait_for_command()", True), ("sys.exit('no room')", False)]
)
def test_a_closing_window_waits_for_the_weights_of_a_stopped_run(window, end, is_kept, person):
    training = person.train(window, f"{STARTED} {end}")
    person.wait(lambda: state_of(training).started)
    person.click(training, "Stop Early")
    window.close()
    person.click(question(window), "Close Without Evaluating")
    assert "Closing…" in person.text(training)
    assert window.isVisible()
    person.let_go()
    person.wait(lambda: not training.is_running)
    person.wait(lambda: window.isVisible() != is_kept)
    assert len(kept_weights()) == is_kept
    if not is_kept:
        assert "no room" in person.text(training)
        assert window.close()


@pytest.mark.parametrize("way", ["Discard", "Cancel…"])
def test_a_window_that_closes_on_a_cancelled_run_asks_nothing_more(window, way, person):
    training = person.train(window, "start(); checkpoint.touch(); wait_for_command(); wait()")
    person.wait(lambda: state_of(training).started)
    if way == "Discard":
        window.close()
        person.click(question(window), "Discard")
    else:
        person.click(training, "Cancel…")
        person.click(training, "Yes, Cancel")
    assert "Cancelling…" in person.text(training)
    assert not person.button(training, "Stop Early").isEnabled()
    assert not person.button(training, "Cancel…").isEnabled()
    window.close()
    assert window.isVisible()
    assert not questions(window)
    person.let_go()
    person.wait(lambda: not window.isVisible())
    assert list(weights_folder().iterdir()) == []


@pytest.mark.parametrize("answer", ["Resume Next Time", "Discard"])
def test_closing_while_an_interrupted_run_is_loaded_does_what_was_chosen(window, answer, person):
    checkpoint = weights_folder() / "2026-11-23-140300-pad.safetensors.checkpoint"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"?")
    person.use_trainer("sys.stdin.read()")
    window.show_training()
    window.training.resume(checkpoint)
    window.close()
    person.click(question(window), answer)
    person.wait(lambda: not window.isVisible())
    assert checkpoint.exists() == (answer == "Resume Next Time")


# Faults: the person gets a sentence, and keeps the drawing and the weights in use


@pytest.fixture
def fail(window, mouse, seven, qtbot, weights, person):
    """Trains with a faulty trainer beside a drawing; the text that the person sees then."""

    def fail_(code, setup=""):
        with qtbot.waitSignal(window.answered):
            mouse.draw(seven)
        drawing, answer = window.canvas.drawing, window.answer.prediction
        training = person.train(window, code, setup=setup)
        person.wait(lambda: not training.is_running)
        assert window.canvas.drawing == drawing
        assert window.answer.prediction == answer
        assert window.weights_menu.in_use == weights
        assert not window.training_answer.isVisible()
        return person.text(training.panel)

    return fail_


def test_damaged_weights_are_not_used(fail):
    assert "cannot be used" in fail("start(); finish('better'); os.truncate(out, 1_000)")


def test_without_torch_the_panel_has_the_command_to_copy(fail, window, qapp, person):
    text = fail("real", setup="import sys; sys.modules['torch'] = None\n")
    assert "torch is not installed" in text
    person.click(window.training, "Copy")
    assert qapp.clipboard().text().startswith(f"{shlex.quote(sys.executable)} -m pip install")


def test_a_data_folder_that_cannot_be_made(fail):
    # Not even root makes a folder where a file is.
    weights_folder().parent.mkdir(parents=True, exist_ok=True)
    weights_folder().write_bytes(b"")
    assert f"cannot write {weights_folder()}: File exists." in fail("")


# Missing data


def test_without_mnist_synthetic_digits_are_one_click_away(window, tmp_path, monkeypatch, person):
    person.use_trainer("real")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # no network
    monkeypatch.setenv("DIGITPAD_DATA_DIR", str(tmp_path / "empty"))
    window.show_training()
    training, form = window.training, window.training.form
    form.recipe.setCurrentIndex(form.recipe.findData("seed"))
    form.epochs.setValue(1)
    form.start_button.click()
    person.wait(lambda: not training.is_running)
    assert str(tmp_path / "empty") in person.text(training.panel)
    assert "--" not in person.text(training.panel)  # no options: people see no command line
    assert person.button(training, "Choose Folder…").isVisible()
    person.use_trainer("print(*sys.argv, flush=True); start(); finish('equal')")
    person.click(training, "Train on Synthetic Digits")
    person.wait(lambda: not training.is_running)
    assert "--data synthetic" in person.log(training)
    assert len(kept_weights()) == 1


@pytest.mark.parametrize("resumes", [False, True])
def test_the_run_is_repeated_with_a_chosen_folder(window, choose_file, tmp_path, resumes, person):
    person.use_trainer("""
print(*sys.argv, sep="\\n", flush=True)
if any(a.startswith("--data-dir=") for a in sys.argv):
    start(); finish("worse"); checkpoint.unlink(missing_ok=True)
else:
    tell(RunEnded("failed", "MNIST is missing.", data_missing=True))
""")
    window.show_training()
    training = window.training
    if resumes:
        checkpoint = checkpoint_file(weights_folder() / "net.safetensors")
        checkpoint.parent.mkdir(parents=True)
        checkpoint.touch()
        training.resume(checkpoint)
    else:
        training.form.start_button.click()
    person.wait(lambda: not training.is_running)
    # An interrupted run can only be resumed with its own data.
    assert ("Train on Synthetic Digits" in person.buttons(training)) != resumes
    assert ("Resume" in person.buttons(training)) == resumes
    person.click(training, "Choose Folder…")
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    choose_file(window, tmp_path / "MNIST" / "raw")
    person.wait(lambda: not training.is_running)
    assert f"--data-dir={tmp_path}" in person.log(training).splitlines()
    assert ("--resume=" in person.log(training)) == resumes
    assert len(kept_weights()) == 1
    assert lock_file(kept_weights()[0].path).exists()  # the name stays taken
