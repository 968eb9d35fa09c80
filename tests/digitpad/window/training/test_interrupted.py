"""The offer to resume an interrupted training."""

import os

import pytest

from digitpad.lock import locked
from digitpad.weights_store import interrupted_runs, weights_folder
from digitpad.window.training.interrupted import InterruptedRuns


@pytest.fixture
def checkpoint():
    """A checkpoint among the kept weights; only resuming it shows that it is damaged."""
    path = weights_folder() / "2026-11-23-140300-pad.safetensors.checkpoint"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"?")
    return path


@pytest.fixture
def offered(checkpoint, open_window, weights, person):
    """A window that offers to resume the training."""
    del checkpoint
    window = open_window(weights)
    person.notice(window, "A training was interrupted.")
    return window


def test_a_discarded_training_can_be_restored(offered, checkpoint, person):
    epoch_weights = checkpoint.with_name("2026-11-23-140300-pad.epoch.safetensors")
    epoch_weights.touch()
    person.click(person.notice(offered, "interrupted"), "Discard")
    assert interrupted_runs() == []
    assert not epoch_weights.exists()
    person.click(person.notice(offered, "discarded"), "Undo")
    (run,) = interrupted_runs()
    assert run.checkpoint == checkpoint
    assert person.notice(offered, "A training was interrupted.")


def test_a_training_that_was_resumed_elsewhere_is_not_discarded(offered, checkpoint, person):
    with locked(interrupted_runs()[0].weights):
        person.click(person.notice(offered, "interrupted"), "Discard")
        assert person.notice(offered, "resumed elsewhere")
    assert checkpoint.exists()


def test_a_training_that_cannot_be_resumed_says_why(offered, checkpoint, person):
    person.click(person.notice(offered, "interrupted"), "Resume")
    person.wait(lambda: not offered.training.is_running)
    assert str(checkpoint) in person.text(offered.training.panel)
    assert checkpoint.exists()


def test_a_training_is_resumed_only_after_the_one_in_progress(offered, checkpoint, person):
    training = person.train(offered, "print(*sys.argv, sep='\\n', flush=True); wait_for_command()")
    person.click(person.notice(offered, "interrupted"), "Resume")
    again = person.notice(offered, "when the training in progress has ended")
    person.wait(lambda: "--out=" in person.log(training))
    training.control.process.request("cancel")
    person.wait(lambda: not training.is_running)
    person.click(again, "Resume")
    person.wait(lambda: f"--resume={checkpoint}" in person.log(training).splitlines())
    offered.quit()


def test_a_training_that_another_process_works_on_is_not_offered(checkpoint, qtbot):
    older = checkpoint.with_name("2026-11-22-080000-pad.safetensors.checkpoint")
    older.write_bytes(b"?")
    os.utime(older, (0, 0))
    first, second = interrupted_runs()
    interrupted = InterruptedRuns()
    with locked(first.weights):
        with qtbot.waitSignal(interrupted.resume_requested) as resumed:
            interrupted.notice_wanted.connect(lambda _text, actions: actions[0].trigger())
            interrupted.offer([first, second])
        assert resumed.args == [second]
        with locked(second.weights), qtbot.assertNotEmitted(interrupted.notice_wanted):
            interrupted.offer([first, second])


@pytest.mark.usefixtures("checkpoint")
def test_the_offer_follows_a_problem_at_the_start(open_window, tmp_path, person):
    window = open_window(tmp_path / "missing.safetensors")
    person.notice(window, "missing").close()
    assert person.notice(window, "interrupted")
