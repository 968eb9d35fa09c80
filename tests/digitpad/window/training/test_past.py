"""Past trainings, in the real window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget

from digitpad.training.history import history_to_metadata
from digitpad.training.messages import EpochDone
from digitpad.weights_store import checkpoint_file, weights_folder
from digitpad.window.training.charts.chart import TrainingChart

EPOCHS = [EpochDone(n, 1 - 0.1 / n, 1 - 0.05 / n, 1 / n, 0.1, 5_000, 0) for n in (1, 2, 3)]
STOPPED = {
    "created": "2026-05-23T12:00:00+00:00",
    "history": history_to_metadata(EPOCHS),
    "recipe": {"name": "pad", "epochs": 26},
    "epochs_done": 3.4,
    "seed": 7,
    "metrics": [
        {"split": "MNIST validation", "accuracy": 0.98},
        {"split": "MNIST test", "accuracy": 0.9876},
    ],
}


@pytest.fixture
def past(open_window, keep, person):
    """Opens the list of past trainings; the window and the list."""
    keep("old.safetensors", created="2026-05-22T12:00:00+00:00")
    keep("stopped.safetensors", **STOPPED)
    window = open_window(None)
    window.show_training()
    person.click(window.training, "Past Trainings…")
    return window, listed(window)


def listed(window):
    (found,) = (
        each
        for each in window.training.findChildren(QListWidget)
        if each.accessibleName() == "Past trainings"
    )
    return found


def chart(window):
    return [each for each in window.training.findChildren(TrainingChart) if each.isVisible()]


def test_each_is_listed_with_its_figures_and_its_chart(past, person):
    window, listed = past
    texts = [listed.item(row).text() for row in range(listed.count())]
    assert [text.split(" · ")[0] for text in texts] == ["For this pad", "For this pad, patiently"]
    assert "23 May 2026" in texts[0]
    assert texts[0].endswith("98.76\N{NO-BREAK SPACE}%")
    shown = person.text(window.training)
    for words in ("stopped after 3.4 of 26 epochs", "seed 7", "MNIST validation: 98.00 %"):
        assert words in shown
    (its_chart,) = chart(window)
    assert its_chart.rows() == [
        (n, pytest.approx(1 - 0.1 / n), pytest.approx(1 - 0.05 / n), pytest.approx(1 / n), 0.1, 5e3)
        for n in (1, 2, 3)
    ]
    listed.setCurrentRow(1)
    assert chart(window) == []
    assert "There is no chart" in person.text(window.training)


def test_one_can_be_used(past, person, qtbot):
    window, listed = past
    qtbot.keyClick(listed, Qt.Key.Key_Down)
    person.click(window.training, "Use These Weights")
    assert window.weights_menu.in_use.name == "old.safetensors"
    assert not person.button(window.training, "In Use Now").isEnabled()


def test_one_that_was_stopped_can_be_resumed(past, person):
    window, _ = past
    assert "Resume" not in person.buttons(window.training)
    person.click(window.training, "Back")
    file = weights_folder() / "stopped.safetensors"
    checkpoint_file(file).write_bytes(b"")
    person.click(window.training, "Past Trainings…")
    person.use_trainer("print(*sys.argv, flush=True); start(); wait_for_command()")
    person.click(window.training, "Resume")
    person.wait(lambda: f"--resume={checkpoint_file(file)}" in person.log(window.training))
    assert window.training.is_running
    # The others can be looked at meanwhile.
    window.training.panel.show_past()
    assert not person.button(window.training, "Resume").isEnabled()
    person.click(window.training, "Back")
    person.wait(lambda: "Stop Early" in person.buttons(window.training))
    window.quit()


def test_before_the_first_training_the_list_says_so(window, person):
    window.show_training()
    person.click(window.training, "Past Trainings…")
    assert "will be listed here" in person.text(window.training)
    person.click(window.training, "Back")
    assert "Start Training" in person.buttons(window.training)


def test_its_texts_are_plain(open_window, keep, person):
    name = "<img src='x.png'>" + "W" * 500
    keep("1.safetensors", recipe={"name": name, "epochs": 1}, metrics=[])
    keep("2.safetensors", metrics=[{"split": "<b>bold</b>", "accuracy": 1}])
    window = open_window(None)
    window.show_training()
    person.click(window.training, "Past Trainings…")
    for row in range(2):
        listed(window).setCurrentRow(row)
        text = person.text(window.training)
        assert "<img src" in text or "<b>bold</b>: 100.00 %" in text
