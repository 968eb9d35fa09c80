"""The Weights menu in the real window, with real files and all that can be wrong with them."""

import errno
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from PySide6.QtCore import QProcess, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QInputDialog, QMenu

from digitpad.network import read_weights
from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights, install, kept_weights, weights_folder
from digitpad.window.widgets.settings import settings

NEWEST = datetime(2026, 5, 23, 21, 50, tzinfo=UTC)
# How the menu describes the bundled weights, and the kept ones, which are copies of them.
(ACCURACY,) = (
    metric["accuracy"]
    for metric in read_weights(bundled_weights()).metadata["metrics"]
    if metric["split"] == "MNIST test"
)
BUNDLED = f"patient · {100 * ACCURACY:.2f} % on MNIST test"


@pytest.fixture
def opened(qtbot):
    """Opens a window's menu with the keyboard, so that it is filled, and closes it."""

    def open_(window):
        menu = window.weights_menu
        qtbot.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.AltModifier)
        qtbot.waitUntil(menu.isVisible)
        menu.close()
        return menu

    return open_


def text_of(action):
    """The text without its mnemonic."""
    return action.text().replace("&", "")


def texts(menu):
    return [text_of(action) for action in menu.actions() if action.text()]


def checked(menu):
    return [text_of(action) for action in menu.actions() if action.isChecked()]


def dated(menu):
    """The texts that contain a date."""
    return [text for text in texts(menu) if " 2026, " in text]


def entry(menu, words):
    (found,) = (action for action in menu.actions() if text_of(action).startswith(words))
    return found


def submenu(menu, words):
    return entry(menu, words).menu()


def delete(opened, window, when):
    entry(submenu(opened(window), "Delete"), date(when)).trigger()


def date(when):
    """A time in May as the menu shows it."""
    local = when.astimezone()
    return f"{local.day} May {local:%Y, %H:%M}"


def keep_runs(keep, number):
    """Keep the weights of this many runs, one per hour; returns the files, newest first."""
    times = [NEWEST - timedelta(hours=hours) for hours in range(number)]
    return [
        keep(f"{number}.safetensors", created=when.isoformat()) for number, when in enumerate(times)
    ]


def in_use(window):
    """The weights in use, on which answer and menu agree."""
    path = window.weights_menu.in_use
    drawing = window.canvas.drawing
    if drawing:
        assert window.answer.prediction.probabilities == pytest.approx(
            Recognizer(path).recognize(drawing).probabilities, abs=1e-6
        )
    return path


@pytest.fixture
def drawn(open_window, mouse_on, seven, qtbot):
    """Opens a window and draws in it."""

    def draw(weights=None):
        window = open_window(weights)
        with qtbot.waitSignal(window.answered):
            mouse_on(window.canvas).draw(seven)
        return window

    return draw


# The list


def test_the_menu_lists_all_weights_newest_first(keep, open_window, opened, qtbot):
    window = open_window(None)
    qtbot.waitUntil(lambda: in_use(window) is not None)
    assert texts(opened(window))[1:3] == ["Your Hand", "Import…"]
    paths = keep_runs(keep, 2)
    keep(
        "stopped.safetensors",
        created=(NEWEST - timedelta(days=1)).isoformat(),
        recipe={"name": "seed", "epochs": 20},
        epochs_done=7.345,
        seed=3,
        metrics=[],
    )
    menu = opened(window)
    assert texts(menu) == [
        f"Bundled  –  {BUNDLED}",
        f"{date(NEWEST)}  –  {BUNDLED}",
        f"{date(NEWEST - timedelta(hours=1))}  –  {BUNDLED}",
        f"{date(NEWEST - timedelta(days=1))}  –  seed (seed 3) · stopped after 7.3 of 20 epochs",
        "Your Hand",
        "Import…",
        "Export",
        "Show in Folder",
        "Rename",
        "Delete",
        "Undo Delete",
    ]
    assert checked(menu) == texts(menu)[:1]
    window.use_weights(paths[1])
    menu = opened(window)
    assert checked(menu) == texts(menu)[2:3]


def test_older_runs_are_in_submenus(keep, open_window, opened, qtbot):
    window = open_window(None)
    paths = keep_runs(keep, 40)
    for oldest, listed in ((None, 12), (paths[-1], 13)):
        if oldest:
            window.use_weights(oldest)
        menu = opened(window)
        for each in (
            menu,
            *(submenu(menu, words) for words in ("Export", "Show", "Rename", "Delete")),
        ):
            assert len(dated(each)) == listed
            assert len(texts(submenu(each, "More"))) == 40 - listed
    assert date(NEWEST - timedelta(hours=39)) in checked(menu)[0]
    # Your Hand; Export, Show in Folder, Rename, Delete; and More in each of these four and in the
    # menu itself.
    qtbot.waitUntil(lambda: len(menu.findChildren(QMenu)) == 10)


def test_other_weights_are_listed_while_they_are_in_use(weights, window, opened):
    menu = opened(window)
    assert checked(menu) == ["net.safetensors  –  other · 10.00 % on MNIST test"]
    entry(menu, "Bundled").trigger()
    assert not any("other ·" in text for text in texts(opened(window)))
    assert weights.exists()


def test_any_metadata_is_shown_literally_in_one_short_line(keep, open_window, opened):
    keep("1.safetensors", recipe={"name": "a && b\n\tc"}, metrics=[])
    keep("2.safetensors", recipe={"name": "x" * 500}, metrics=[])
    keep("3.safetensors", recipe={"name": "\ud800"}, metrics=[], created="0001-01-01T00:00Z")
    window = open_window(None)
    menu = opened(window)
    _, first, second, third = [a.text() for a in menu.actions() if " – " in a.text()]
    assert first.endswith("  –  a &&&& b c")
    assert second.endswith("x…")
    assert len(second) < 70
    assert third.startswith(("1 Jan 0001, ", "31 Dec "))


def rename_to(name, window, opened, words, qtbot):
    """Rename the weights whose entry starts with these words."""
    entry(submenu(opened(window), "Rename"), words).trigger()
    dialog = window.findChild(QInputDialog)
    dialog.setTextValue(name)
    dialog.accept()
    qtbot.waitUntil(lambda: window.findChild(QInputDialog) is None)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def test_a_name_is_shown_in_the_menu_and_below_the_sheet(keep, open_window, opened, qtbot):
    window = open_window(None)
    (path,) = keep_runs(keep, 1)
    window.use_weights(path)
    rename_to("My best", window, opened, date(NEWEST), qtbot)
    named = f"My best  –  {date(NEWEST)}  –  {BUNDLED}"
    assert checked(opened(window)) == [named]
    assert window.foot.weights.accessibleDescription().startswith("My best · ")
    rename_to("", window, opened, named, qtbot)
    assert checked(opened(window)) == [f"{date(NEWEST)}  –  {BUNDLED}"]
    assert window.foot.weights.accessibleDescription().startswith("0 · ")


def test_weights_that_cannot_be_renamed_are_a_notice(keep, open_window, opened, qtbot):
    window = open_window(None)
    (path,) = keep_runs(keep, 1)
    content = path.read_bytes()
    entry(submenu(opened(window), "Rename"), date(NEWEST)).trigger()
    path.write_bytes(content[:100])  # meanwhile
    window.findChild(QInputDialog).accept()
    qtbot.waitUntil(lambda: window.notice is not None)
    assert "so they were not renamed" in window.notice.text


def test_a_damaged_file_can_be_deleted_but_not_chosen_or_exported(keep, open_window, opened):
    keep_runs(keep, 2)[1].write_bytes(b"garbage")
    window = open_window(None)
    menu = opened(window)
    (text,) = (text for text in dated(menu) if text.endswith("damaged"))
    damaged = entry(menu, text)
    assert not damaged.isEnabled()
    assert "not a complete safetensors file" in damaged.toolTip()
    assert menu.toolTipsVisible()
    assert len(dated(submenu(menu, "Export"))) == 1
    assert len(dated(submenu(menu, "Show in Folder"))) == 2
    entry(submenu(menu, "Delete"), text).trigger()
    assert not any("damaged" in text for text in texts(opened(window)))


# Choosing


def test_chosen_weights_answer_at_once_and_after_the_next_start(drawn, weights, opened):
    install(weights)
    window = drawn()
    drawing, before = window.canvas.drawing, window.answer.prediction
    assert in_use(window) == bundled_weights()
    (chosen,) = kept_weights()
    entry(opened(window), dated(opened(window))[0]).trigger()
    assert in_use(window) == chosen.path
    assert window.answer.prediction != before
    assert window.canvas.drawing == drawing
    assert window.notice is None
    window.close()

    again = drawn()
    assert in_use(again) == chosen.path
    entry(opened(again), "Bundled").trigger()
    again.close()
    assert in_use(drawn()) == bundled_weights()


def test_named_weights_are_for_one_session(drawn, weights, keep, opened, monkeypatch):
    (chosen,) = keep_runs(keep, 1)
    drawn().use_weights(chosen)
    assert in_use(drawn(weights)) == weights
    assert in_use(drawn()) == chosen
    monkeypatch.chdir(chosen.parent)
    window = drawn(Path(chosen.name))  # the menu knows them by any path
    assert in_use(window) == chosen
    assert len(dated(opened(window))) == 1
    delete(opened, window, NEWEST)
    assert in_use(window) == bundled_weights()


def test_chosen_weights_that_became_unusable_are_reported_once(drawn, keep):
    (path,) = keep_runs(keep, 1)
    drawn().use_weights(path)
    os.truncate(path, 1000)
    window = drawn()
    assert in_use(window) == bundled_weights()
    assert "bundled weights are in use instead" in window.notice.text
    assert str(path) in window.notice.text
    window.close()
    assert drawn().notice is None


@pytest.mark.parametrize("stored", [b"garbage", 7, ["a", "b"], ""])
def test_an_invalid_stored_choice_is_ignored(drawn, stored):
    settings().setValue("weights/chosen", stored)
    assert in_use(drawn()) == bundled_weights()


def test_weights_damaged_while_the_menu_is_open_change_nothing(drawn, keep, opened):
    good, bad = keep_runs(keep, 2)
    window = drawn()
    window.use_weights(good)
    menu = opened(window)
    os.truncate(bad, 1000)
    entry(menu, date(NEWEST - timedelta(hours=1))).trigger()
    assert in_use(window) == good
    assert str(bad) in window.notice.text
    assert checked(opened(window)) == [f"{date(NEWEST)}  –  {BUNDLED}"]
    window.close()
    assert in_use(drawn()) == good


def test_a_notice_about_weights_is_closed_when_others_are_chosen(drawn, tmp_path, opened, qtbot):
    window = drawn(tmp_path / "missing")
    assert window.notice is not None
    assert window.answer.prediction is None
    assert checked(opened(window)) == []
    assert [text.split()[0] for text in texts(submenu(window.weights_menu, "Export"))] == [
        "Bundled"
    ]
    entry(window.weights_menu, "Bundled").trigger()
    assert in_use(window) == bundled_weights()
    assert window.notice is None
    with qtbot.waitSignal(window.answered):
        window.canvas.clear()
    assert "appears here" in window.answer.accessibleDescription()


# Deleting


def test_restored_weights_are_in_use_again(drawn, keep, opened):
    first, second = keep_runs(keep, 2)
    window = drawn()
    window.use_weights(first)
    for when in (NEWEST, NEWEST - timedelta(hours=1)):
        delete(opened, window, when)
        assert in_use(window) == bundled_weights()
    menu = opened(window)
    assert len(dated(menu)) == 1  # in the text of Undo
    assert not entry(menu, "Delete").isEnabled()
    entry(menu, f"Undo Delete of {date(NEWEST - timedelta(hours=1))}").trigger()
    assert second.exists()
    assert in_use(window) == bundled_weights()
    entry(opened(window), f"Undo Delete of {date(NEWEST)}").trigger()
    assert in_use(window) == first
    menu = opened(window)
    assert len(dated(menu)) == 2
    assert not entry(menu, "Undo Delete").isEnabled()
    window.close()
    assert in_use(drawn()) == first


@pytest.mark.parametrize("later", ["other", "bundled"])
def test_restored_weights_do_not_replace_a_later_choice(drawn, keep, opened, later):
    first, second = keep_runs(keep, 2)
    window = drawn()
    window.use_weights(first)
    delete(opened, window, NEWEST)
    window.use_weights(second)
    if later == "bundled":
        window.use_weights(bundled_weights())
    chosen = in_use(window)
    entry(opened(window), "Undo Delete").trigger()
    assert first.exists()
    assert in_use(window) == chosen


def test_weights_that_cannot_be_deleted_stay_in_use(drawn, keep, opened):
    (path,) = keep_runs(keep, 1)
    (weights_folder() / "deleted").write_text("in the way")
    window = drawn()
    window.use_weights(path)
    delete(opened, window, NEWEST)
    assert f"{path} could not be deleted" in window.notice.text
    assert in_use(window) == path


def test_restoring_can_be_tried_again_unless_the_file_is_gone(drawn, keep, opened, monkeypatch):
    (path,) = keep_runs(keep, 1)
    window = drawn()
    delete(opened, window, NEWEST)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", Mock(side_effect=OSError(errno.EIO, "Input/output error")))
        entry(opened(window), "Undo Delete").trigger()
    assert "Input/output error" in window.notice.text
    assert not path.exists()
    assert entry(opened(window), "Undo Delete").isEnabled()
    (deleted,) = (weights_folder() / "deleted").rglob(path.name)
    deleted.unlink()
    entry(opened(window), "Undo Delete").trigger()
    assert f"{deleted} could not be restored" in window.notice.text
    assert not entry(opened(window), "Undo Delete").isEnabled()


# Import, Export, Show in Folder


def test_imported_weights_are_kept_and_in_use(drawn, weights, opened, choose_file, tmp_path):
    path = tmp_path / "from a friend.safetensors"
    path.write_bytes(weights.read_bytes())
    window = drawn()
    entry(opened(window), "Import").trigger()
    choose_file(window, path)
    path.unlink()
    assert in_use(window).parent == weights_folder()
    assert in_use(window).read_bytes() == weights.read_bytes()
    window.close()
    assert in_use(drawn()).read_bytes() == weights.read_bytes()


@pytest.mark.parametrize("fault", ["damaged file", "no folder"])
def test_a_failed_import_says_why(drawn, weights, opened, choose_file, tmp_path, fault):
    path = tmp_path / "mine.safetensors"
    if fault == "damaged file":
        path.write_bytes(weights.read_bytes()[:-1])
        reason = f"{path}: not a complete safetensors file"
    else:
        path.write_bytes(weights.read_bytes())
        weights_folder().parent.mkdir(parents=True)
        weights_folder().write_text("in the way")
        reason = f"{path} could not be imported: File exists ({weights_folder()})."
    window = drawn()
    entry(opened(window), "Import").trigger()
    choose_file(window, path)
    assert reason in window.notice.text
    assert in_use(window) == bundled_weights()
    assert kept_weights() == []


@pytest.mark.parametrize("which", ["kept", "bundled", "in use only"])
def test_any_weights_can_be_exported(drawn, keep, weights, opened, choose_file, tmp_path, which):
    (kept,) = keep_runs(keep, 1)
    path, words = {
        "kept": (kept, date(NEWEST)),
        "bundled": (bundled_weights(), "Bundled"),
        "in use only": (weights, weights.name),
    }[which]
    window = drawn(weights)
    entry(submenu(opened(window), "Export"), words).trigger()
    choose_file(window, tmp_path / "mine")
    exported = tmp_path / "mine.safetensors"
    assert exported.read_bytes() == path.read_bytes()
    assert in_use(window) == weights


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("gone", "{path} no longer exists."),
        ("unwritable", "The weights could not be exported to {target}: No such file or"),
    ],
)
def test_a_failed_export_says_why(keep, drawn, opened, choose_file, tmp_path, fault, text):
    (path,) = keep_runs(keep, 1)
    window, target = drawn(), tmp_path / "mine.safetensors"
    export = entry(submenu(opened(window), "Export"), date(NEWEST))
    if fault == "gone":
        path.unlink()
    else:
        target.symlink_to("missing/folder")
    export.trigger()
    choose_file(window, target)
    assert window.notice.text.startswith(text.format(path=path, target=target))
    assert not target.exists()


def test_without_a_file_manager_a_notice_has_the_path(open_window, keep, opened, monkeypatch):
    (path,) = keep_runs(keep, 1)
    window = open_window(None)
    monkeypatch.setattr(sys, "platform", "darwin")  # whose program is the simplest to replace
    monkeypatch.setattr(QProcess, "startDetached", lambda *_: (False, 0))
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: False)
    entry(submenu(opened(window), "Show in Folder"), date(NEWEST)).trigger()
    assert window.notice.text.endswith(f"was found. The weights are in {path}")
