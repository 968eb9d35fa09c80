"""Weights are chosen in the menu, and stay chosen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from safetensors.numpy import load_file, save_file

from digitpad.models import bundled_weights, weights_folder
from digitpad.network import ARCHITECTURE, METADATA_KEY, TRANSFORM
from digitpad.own_weights import install, kept_weights
from digitpad.recognizer import Recognizer
from digitpad.window.notice import Notice


@pytest.fixture
def start(qtbot, open_window):
    """Opens the window as a start of the program does, and waits for the menu."""

    def start_(weights: Path | None = None):
        window = open_window(weights)
        qtbot.waitUntil(lambda: window.weights_menu is not None)
        return window

    return start_


@pytest.fixture
def own(weights):
    """Weights of the user's own, which read otherwise than the bundled ones."""
    return install(weights)


def opened(window):
    """The menu's entries, as it shows them when it opens."""
    window.weights_menu.aboutToShow.emit()
    return {action.text().replace("&", ""): action for action in window.weights_menu.actions()}


def in_use(window):
    return [text for text, action in opened(window).items() if action.isChecked()]


def choose(window, *words):
    (action,) = [a for text, a in opened(window).items() if all(word in text for word in words)]
    action.trigger()


def answers_with(window, weights: Path) -> bool:
    expected = Recognizer(weights).recognize(window.canvas.drawing)
    return window.answer.prediction == expected


def test_at_first_the_bundled_ones_are_in_use(start):
    window = start()
    assert in_use(window) == ["Bundled"]


def test_chosen_weights_answer_at_once_and_after_the_next_start(start, own, mouse_on, seven):
    window = start()
    mouse_on(window.canvas).draw(seven)
    drawing = window.canvas.drawing
    assert answers_with(window, bundled_weights())
    choose(window, "untrained", "10.00\N{NO-BREAK SPACE}% of MNIST test")
    assert answers_with(window, own)
    assert not answers_with(window, bundled_weights())
    assert window.canvas.drawing == drawing
    window.close()
    again = start()
    assert "untrained" in in_use(again)[0]
    mouse_on(again.canvas).draw(seven)
    assert answers_with(again, own)
    choose(again, "Bundled")
    again.close()
    assert in_use(start()) == ["Bundled"]


def test_weights_named_at_the_start_answer_and_are_not_remembered(start, weights):
    window = start(weights)
    assert in_use(window) == [str(weights)]
    window.close()
    assert in_use(start()) == ["Bundled"]


@pytest.mark.parametrize("damage", [lambda p: p.unlink(), lambda p: p.write_bytes(b"half")])
def test_chosen_weights_that_have_gone_bad_give_way_to_the_bundled_ones(start, own, damage):
    window = start()
    choose(window, "untrained")
    window.close()
    damage(own)
    again = start()
    assert in_use(again) == ["Bundled"]
    assert str(own) in again.notice.text
    assert "come with digitpad" in again.notice.text
    again.close()
    assert start().notice is None  # it is said once


def test_damaged_weights_are_listed_but_cannot_be_chosen(start, own):
    window = start()
    own.write_bytes(own.read_bytes()[:500])
    (damaged,) = [action for text, action in opened(window).items() if "damaged" in text]
    assert not damaged.isEnabled()


def test_weights_that_go_bad_while_the_menu_is_open_change_nothing(start, own, mouse_on, seven):
    window = start()
    mouse_on(window.canvas).draw(seven)
    (action,) = [action for text, action in opened(window).items() if "untrained" in text]
    own.write_bytes(b"half")
    action.trigger()
    assert "nothing has changed" in window.notice.text
    assert answers_with(window, bundled_weights())
    assert in_use(window) == ["Bundled"]


def test_deleted_weights_give_way_to_the_bundled_ones_and_come_back(start, own, mouse_on, seven):
    window = start()
    mouse_on(window.canvas).draw(seven)
    assert not opened(window)["Delete Those in Use"].isEnabled()
    choose(window, "untrained")
    choose(window, "Delete Those in Use")
    assert kept_weights() == []
    assert in_use(window) == ["Bundled"]
    assert answers_with(window, bundled_weights())
    choose(window, "Undo Delete")
    assert own.exists()
    assert answers_with(window, own)
    assert not opened(window)["Undo Delete"].isEnabled()


def test_many_weights_leave_the_menu_short(start, own):
    for _ in range(20):
        install(own)
    window = start()
    entries = opened(window)
    assert len(entries) < 25
    assert len(entries["Older"].menu().actions()) == 21 - 12


def accept(window, path: Path) -> None:
    (dialog,) = [each for each in window.findChildren(QFileDialog) if each.isVisible()]
    dialog.selectFile(str(path))
    dialog.accept()


def test_imported_weights_answer_and_exported_ones_are_the_same(start, weights, tmp_path):
    window = start()
    choose(window, "Import…")
    accept(window, weights)
    assert "untrained" in in_use(window)[0]
    (kept,) = kept_weights()
    assert kept.path.read_bytes() == weights.read_bytes()
    choose(window, "Export…")
    target = tmp_path / "mine.safetensors"
    accept(window, target)
    assert target.read_bytes() == weights.read_bytes()


def test_a_file_that_is_no_weights_is_not_imported(start, tmp_path):
    window = start()
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"no weights")
    choose(window, "Import…")
    accept(window, bad)
    assert str(bad) in window.notice.text
    assert in_use(window) == ["Bundled"]
    assert not weights_folder().exists()


def test_a_name_with_an_ampersand_is_shown_whole(start, weights):
    path = weights_folder() / "a.safetensors"
    path.parent.mkdir(parents=True)
    said = {"architecture": ARCHITECTURE, "transform": TRANSFORM, "recipe": {"name": "R&D"}}
    save_file(load_file(weights), path, {METADATA_KEY: json.dumps(said)})
    window = start()
    window.weights_menu.aboutToShow.emit()
    assert any("R&&D" in action.text() for action in window.weights_menu.actions())


def test_a_new_notice_takes_the_place_of_the_last_and_can_be_closed(start, own, qtbot):
    window = start()
    for name in ("first", "second"):
        window.use_weights(own.with_name(name))
    qtbot.waitUntil(lambda: len(window.findChildren(Notice)) == 1)
    assert "second" in window.notice.text
    qtbot.waitUntil(window.notice.isVisible)
    window.notice.close_button.click()
    assert not window.notice.isVisible()
