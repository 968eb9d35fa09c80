"""How a run stands and how it ended, without a process."""

from pathlib import Path

import pytest

from digitpad.training.messages import (
    BatchDone,
    Compared,
    EpochDone,
    EpochWeightsWritten,
    Evaluated,
    RunEnded,
    RunStarted,
    WeightsWritten,
)
from digitpad.training.run import Exit, RunState

CHECKPOINT, WEIGHTS, IN_USE = Path("net.checkpoint"), Path("net.safetensors"), Path("used")
STARTED = RunStarted({}, 0, "cpu", 9, 0, 10, 100, 10, "", None)
RESUMED = RunStarted({}, 0, "cpu", 9, 3, 10, 100, 10, "", None)
SAVED = WeightsWritten(str(WEIGHTS))
EVALUATED = Evaluated("MNIST test", "", 10, 9, None, [[0] * 10] * 10, [])
FINISHED, STOPPED = RunEnded("finished"), RunEnded("stopped")
FAILED = RunEnded("failed", "No room.", command="pip install torch")
NO_DATA = RunEnded("failed", "No MNIST.", data_missing=True)
CLEAN = Exit(checkpoint_exists=True)
FORCED = Exit(code=9, crashed=True, forced=True, checkpoint_exists=True)

AT = f"\nThe weights are in {WEIGHTS}"
WHY = "The training failed: "
NOTHING = " Nothing was kept."
RESUMABLE = "\nYou can resume it from the last finished epoch."


def run(*events):
    """The state after messages, and requests by their names."""
    state = RunState(checkpoint=CHECKPOINT, baseline=IN_USE)
    for event in events:
        state = state.requesting(event) if isinstance(event, str) else state.after(event)
    return state


def batch(epoch, number):
    return BatchDone(epoch, number, 0.9, 0.3, 5_000.0, 9.0)


def epoch(number):
    return EpochDone(number, 0.9, None, 0.3, 0.1, 5_000.0, 9.0)


def crash(number):
    return Exit(code=number, crashed=True, checkpoint_exists=True)


# How it ended

TOO_LATE = ["stop", SAVED, "cancel", STOPPED]
UNRESPONSIVE = "The trainer did not respond and was killed."
OOM = "The training was killed from outside, perhaps because memory ran out."
UNUSABLE = "The training ended, but its weights cannot be used. The weights in use stay.\nShort."
OS_ERROR = Exit(code=1, last_error="OSError: no room", checkpoint_exists=True)
NO_PYTHON = Exit(start_error="No Python.", checkpoint_exists=True)


@pytest.mark.parametrize(
    ("events", "how", "kind", "sentence"),
    [
        ([STARTED, SAVED, FINISHED], CLEAN, "finished", f"Training finished.{AT}"),
        ([STARTED, SAVED, FINISHED], FORCED, "finished", f"Training finished.{AT}"),
        ([STARTED, SAVED, FINISHED], Exit(weights_error="Short."), "failed", UNUSABLE),
        (
            [STARTED, "stop", SAVED, STOPPED],
            CLEAN,
            "stopped",
            f"Training stopped early.{AT}{RESUMABLE}",
        ),
        ([STARTED, *TOO_LATE], CLEAN, "stopped", f"Training stopped early.{AT}{RESUMABLE}"),
        ([STARTED, "close", STOPPED], CLEAN, "stopped", f"Training stopped early.{RESUMABLE}"),
        ([STARTED, "close"], FORCED, "killed", f"{UNRESPONSIVE}{RESUMABLE}"),
        ([STARTED, "stop"], FORCED, "killed", f"{UNRESPONSIVE}{RESUMABLE}"),
        ([STARTED, "cancel", STOPPED], CLEAN, "cancelled", f"Training cancelled.{NOTHING}"),
        ([STARTED, "cancel"], FORCED, "cancelled", f"Training cancelled. {UNRESPONSIVE}{NOTHING}"),
        ([STARTED, SAVED, "cancel"], FORCED, "cancelled", f"Evaluation cancelled.{AT}{RESUMABLE}"),
        (["cancel"], CLEAN, "cancelled", f"Training cancelled.{RESUMABLE}"),
        (["discard"], CLEAN, "cancelled", f"Training cancelled.{NOTHING}"),
        ([STARTED, "stop"], OS_ERROR, "failed", f"{WHY}OSError: no room{RESUMABLE}"),
        ([STARTED, FAILED], CLEAN, "failed", f"{WHY}No room.{RESUMABLE}"),
        ([STARTED, SAVED, FAILED], CLEAN, "failed", f"{WHY}No room.{AT}{RESUMABLE}"),
        ([FAILED], CLEAN, "failed", f"{WHY}No room."),  # it would fail again
        ([RunEnded("failed")], CLEAN, "failed", f"{WHY}the trainer gave no reason."),
        ([NO_DATA], CLEAN, "failed", f"{WHY}No MNIST.{RESUMABLE}"),
        ([NO_DATA], Exit(), "failed", f"{WHY}No MNIST."),
        ([], Exit(code=3), "failed", f"{WHY}exit code 3."),
        ([STARTED], crash(9), "killed", f"{OOM}{RESUMABLE}"),
        ([STARTED], crash(15), "killed", f"The training was ended from outside.{RESUMABLE}"),
        ([STARTED], crash(11), "crashed", f"The training crashed (SIGSEGV).{RESUMABLE}"),
        ([STARTED], crash(-(2**30)), "crashed", f"The training crashed (0xc0000000).{RESUMABLE}"),
        ([], NO_PYTHON, "not started", "The training could not be started: No Python."),
    ],
)
def test_the_outcome(events, how, kind, sentence):
    running = run(*events)
    assert running.outcome is None
    outcome = running.ended(how).outcome
    assert (outcome.kind, outcome.sentence) == (kind, sentence)
    assert outcome.weights == (WEIGHTS if AT in sentence else None)
    assert outcome.checkpoint == (CHECKPOINT if RESUMABLE in sentence else None)
    assert outcome.data_missing == (NO_DATA in events)
    assert outcome.command == (FAILED.command if FAILED in events else None)


@pytest.mark.parametrize(
    ("events", "can_be_ended", "closes", "discards"),
    [
        ([STARTED], False, False, False),
        ([STARTED, FAILED], False, False, False),
        ([STARTED, "stop"], False, False, False),
        ([STARTED, "cancel"], False, False, True),
        (["cancel"], False, False, False),  # the checkpoint is that of the interrupted run
        ([STARTED, "cancel", "close"], False, True, True),
        ([STARTED, "discard"], False, True, True),
        (["discard", FAILED], False, True, True),
        ([STARTED, "close"], True, True, False),
        ([STARTED, "stop", "close"], False, False, False),  # the weights were promised
        ([STARTED, "stop", "close", SAVED], True, True, False),
        ([STARTED, "stop", SAVED, "close"], True, True, False),
    ],
)
def test_the_end_of_process_window_and_checkpoint(events, can_be_ended, closes, discards):
    running, ended = run(*events), run(*events).ended(FORCED)
    assert running.can_be_ended == can_be_ended
    assert (running.closes_window, running.discards_checkpoint) == (False, False)
    assert (ended.closes_window, ended.discards_checkpoint) == (closes, discards)
    if running.weights:  # nobody would see that they are damaged
        assert not running.ended(Exit(weights_error="Short.")).closes_window


@pytest.mark.parametrize(
    ("reason", "verdict", "in_use", "replaces"),
    [
        ("finished", "better", IN_USE, True),
        ("finished", "better", Path("chosen meanwhile"), False),
        ("finished", "better", None, False),
        ("finished", "worse", IN_USE, False),
        ("finished", "equal", IN_USE, False),
        ("finished", "unknown", IN_USE, False),
        ("finished", None, IN_USE, False),
        ("stopped", "better", IN_USE, False),
        ("failed", "better", IN_USE, False),
    ],
)
def test_only_better_weights_of_a_finished_run_replace_others(reason, verdict, in_use, replaces):
    compared = [Compared(str(IN_USE), verdict, "")] if verdict else []
    state = run(STARTED, SAVED, EVALUATED, *compared, RunEnded(reason))
    assert not state.replaces(in_use)
    assert state.ended(Exit()).replaces(in_use) == replaces
    assert not state.ended(Exit(weights_error="damaged")).replaces(in_use)


# How it stands


@pytest.mark.parametrize(
    ("events", "phase", "can_stop", "can_cancel", "keeps"),
    [
        ([], "starting", False, True, None),
        ([STARTED], "training", True, True, None),
        ([STARTED, "stop"], "training", False, True, "weights"),
        ([STARTED, "cancel"], "training", False, False, None),
        ([STARTED, "cancel", "stop"], "training", False, False, None),
        ([STARTED, "close"], "training", False, False, None),
        ([STARTED, "discard"], "training", False, False, None),
        ([STARTED, SAVED], "evaluating", False, True, "weights"),
        ([STARTED, "stop", SAVED, EVALUATED], "evaluating", False, True, "weights"),
    ],
)
def test_what_can_be_requested_and_what_closing_keeps(events, phase, can_stop, can_cancel, keeps):
    state = run(*events)
    assert (state.phase, state.can_stop, state.can_cancel) == (phase, can_stop, can_cancel)
    assert state.closing_keeps(checkpoint_exists=False) == keeps
    assert state.closing_keeps(checkpoint_exists=True) == (keeps or "checkpoint")
    for request, is_possible in (("stop", can_stop), ("cancel", can_cancel)):
        assert (state.requesting(request) is state) == (not is_possible)
    ended = state.ended(CLEAN)
    assert ended.phase == "ended"
    for request in ("stop", "cancel", "close", "discard"):
        assert ended.requesting(request) is ended


@pytest.mark.parametrize(
    ("events", "epochs_done"),
    [
        ([], 0),
        ([STARTED], 0),
        ([STARTED, batch(1, 5)], 0.5),
        ([STARTED, batch(1, 10), epoch(1)], 1),
        ([STARTED, epoch(1), EpochWeightsWritten(1, "e"), batch(2, 1)], 1.1),
        ([RESUMED], 3),
        ([RESUMED, epoch(1), epoch(2), epoch(3)], 3),  # reported again
        ([RESUMED, epoch(3), batch(4, 5)], 3.5),
    ],
)
def test_how_many_epochs_are_done(events, epochs_done):
    assert run(*events).epochs_done == pytest.approx(epochs_done)
