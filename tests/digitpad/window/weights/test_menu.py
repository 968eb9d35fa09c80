"""The menu Weights: the real window, with real files, and with what can be wrong with them."""

from __future__ import annotations

import errno
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from PySide6.QtCore import QProcess, QSettings, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMenu

from digitpad.network import read_weights
from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights, install, kept_weights, weights_folder

NEWEST = datetime(2026, 5, 23, 21, 50, tzinfo=UTC)
# What the menu says of the bundled weights, and of the kept ones, which are copies of them.
(RIGHT,) = (
    metric["right"]
    for metric in read_weights(bundled_weights()).metadata["metrics"]
    if metric["split"] == "MNIST test"
)
PAD = f"pad · {RIGHT / 100:.2f} % of MNIST test"


@pytest.fixture
def opened(qtbot):
    """Opens the menu of a window with the keyboard, and closes it: it stays as it was shown."""

    def open_(window):
        menu = window.weights_menu
        qtbot.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.AltModifier)
        qtbot.waitUntil(menu.isVisible)
        menu.close()
        return menu

    return open_


def texts(menu):
    """What can be chosen in a menu, without the underlined letters."""
    return [action.text().replace("&", "") for action in menu.actions() if action.text()]


def checked(menu):
    return [a.text().replace("&", "") for a in menu.actions() if a.isChecked()]


def dated(menu):
    """Those of the texts that have a date."""
    return [text for text in texts(menu) if " 2026, " in text]


def entry(menu, words):
    (found,) = (a for a in menu.actions() if a.text().replace("&", "").startswith(words))
    return found


def submenu(menu, words) -> QMenu:
    return entry(menu, words).menu()


def date(when):
    """As the menu shows a time in May."""
    local = when.astimezone()
    return f"{local.day} May {local:%Y, %H:%M}"


def keep_runs(keep, number):
    """The files of so many runs, the newest first, one every hour."""
    times = [NEWEST - timedelta(hours=hours) for hours in range(number)]
    return [
        keep(f"{number}.safetensors", created=when.isoformat()) for number, when in enumerate(times)
    ]


def in_use(window):
    """The weights that answer, if answer and menu agree."""
    path = window.weights_menu.in_use
    drawing = window.canvas.drawing
    if drawing:
        assert window.answer.prediction == Recognizer(path).recognize(drawing)
    return path


@pytest.fixture
def drawn(open_window, mouse_on, seven, qtbot):
    """Opens a window, as after a start, and draws in it."""

    def draw(weights: Path | None = None):
        window = open_window(weights)
        with qtbot.waitSignal(window.answered):
            mouse_on(window.canvas).draw(seven)
        return window

    return draw


# What is listed


def test_it_lists_the_bundled_weights_and_the_kept_ones_newest_first(
    keep, open_window, opened, qtbot
):
    window = open_window(None)
    qtbot.waitUntil(lambda: in_use(window) is not None)
    assert texts(opened(window))[1] == "Import…"
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
        f"Bundled  –  {PAD}",
        f"{date(NEWEST)}  –  {PAD}",
        f"{date(NEWEST - timedelta(hours=1))}  –  {PAD}",
        f"{date(NEWEST - timedelta(days=1))}  –  seed (seed 3) · stopped after 7.3 of 20 epochs",
        "Import…",
        "Export",
        "Show in Folder",
        "Delete",
        "Undo Delete",
    ]
    assert checked(menu) == texts(menu)[:1]
    window.use_weights(paths[1])
    menu = opened(window)
    assert checked(menu) == texts(menu)[2:3]


def test_of_many_runs_the_older_ones_are_in_a_menu_of_their_own(keep, open_window, opened):
    window = open_window(None)
    paths = keep_runs(keep, 40)
    for oldest, listed in ((None, 12), (paths[-1], 13)):
        if oldest:
            window.use_weights(oldest)
        menu = opened(window)
        for each in (menu, *(submenu(menu, words) for words in ("Export", "Show", "Delete"))):
            assert len(dated(each)) == listed
            assert len(texts(submenu(each, "More"))) == 40 - listed
    assert date(NEWEST - timedelta(hours=39)) in checked(menu)[0]


def test_menus_that_were_shown_before_are_gone(keep, open_window, opened, qtbot):
    window = open_window(None)
    keep_runs(keep, 13)
    for _ in range(3):
        opened(window)
    # Three with something to do with each file, and in these and the menu itself: More.
    qtbot.waitUntil(lambda: len(window.weights_menu.findChildren(QMenu)) == 7)


def test_weights_that_are_not_kept_are_listed_while_they_are_in_use(weights, window, opened):
    menu = opened(window)
    assert checked(menu) == ["net.safetensors  –  untrained · 10.00 % of MNIST test"]
    entry(menu, "Bundled").trigger()
    assert not any("untrained" in text for text in texts(opened(window)))
    assert weights.exists()


def test_metadata_from_elsewhere_are_shown_in_one_line_as_they_are(keep, open_window, opened):
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


def test_a_damaged_file_cannot_be_chosen_but_deleted(keep, open_window, opened):
    keep_runs(keep, 2)[1].write_bytes(b"garbage")
    window = open_window(None)
    menu = opened(window)
    (text,) = (text for text in dated(menu) if text.endswith("damaged"))
    damaged = entry(menu, text)
    assert not damaged.isEnabled()
    assert "not a complete safetensors file" in damaged.toolTip()
    assert menu.toolTipsVisible()
    entry(submenu(menu, "Delete"), text).trigger()
    assert not any("damaged" in text for text in texts(opened(window)))


# Choosing


def test_the_chosen_weights_answer_at_once_and_after_the_next_start(drawn, weights, opened):
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


def test_weights_from_the_command_line_are_for_one_session(drawn, weights, keep):
    (chosen,) = keep_runs(keep, 1)
    drawn().use_weights(chosen)
    assert in_use(drawn(weights)) == weights
    assert in_use(drawn()) == chosen


def test_weights_from_the_command_line_are_known_by_any_path(drawn, keep, opened, monkeypatch):
    (path,) = keep_runs(keep, 1)
    monkeypatch.chdir(path.parent)
    window = drawn(Path(path.name))
    assert in_use(window) == path
    assert len(dated(opened(window))) == 1
    entry(submenu(window.weights_menu, "Delete"), date(NEWEST)).trigger()
    assert in_use(window) == bundled_weights()


@pytest.mark.parametrize("fault", ["missing", "cut off", "a folder"])
def test_chosen_weights_that_have_gone_bad_are_told_once(drawn, keep, fault):
    (path,) = keep_runs(keep, 1)
    drawn().use_weights(path)
    if fault == "cut off":
        os.truncate(path, 1000)
    else:
        path.unlink()
    if fault == "a folder":
        path.mkdir()
    window = drawn()
    assert in_use(window) == bundled_weights()
    assert "the bundled ones answer instead" in window.notice.text
    assert str(path) in window.notice.text
    window.close()
    assert drawn().notice is None


@pytest.mark.parametrize("stored", [b"garbage", 7, ["a", "b"], ""])
def test_a_stored_choice_that_makes_no_sense_is_ignored(drawn, stored):
    settings = QSettings(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, "digitpad", "digitpad"
    )
    settings.setValue("weights/chosen", stored)
    assert in_use(drawn()) == bundled_weights()


def test_weights_that_went_bad_while_the_menu_was_open_change_nothing(drawn, keep, opened):
    good, bad = keep_runs(keep, 2)
    window = drawn()
    window.use_weights(good)
    menu = opened(window)
    os.truncate(bad, 1000)
    entry(menu, date(NEWEST - timedelta(hours=1))).trigger()
    assert in_use(window) == good
    assert str(bad) in window.notice.text
    assert checked(opened(window)) == [f"{date(NEWEST)}  –  {PAD}"]
    window.close()
    assert in_use(drawn()) == good


def test_a_notice_about_weights_goes_when_others_answer(drawn, tmp_path, opened, qtbot):
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


def test_a_notice_about_something_else_stays_when_others_answer(drawn, weights):
    window = drawn()
    window._show_notice("something else", about="training")
    window.use_weights(weights)
    assert window.notice.text == "something else"


# Deleting


def test_deleted_weights_come_back_and_answer_again(drawn, keep, opened):
    first, second = keep_runs(keep, 2)
    window = drawn()
    window.use_weights(first)
    for when in (NEWEST, NEWEST - timedelta(hours=1)):
        entry(submenu(opened(window), "Delete"), date(when)).trigger()
        assert in_use(window) == bundled_weights()
    menu = opened(window)
    assert len(dated(menu)) == 1  # what can be undone
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
def test_weights_that_come_back_do_not_replace_a_later_choice(drawn, keep, opened, later):
    """Not even a later choice of the bundled ones, by way of others."""
    first, second = keep_runs(keep, 2)
    window = drawn()
    window.use_weights(first)
    entry(submenu(opened(window), "Delete"), date(NEWEST)).trigger()
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
    entry(submenu(opened(window), "Delete"), date(NEWEST)).trigger()
    assert f"{path} could not be deleted" in window.notice.text
    assert in_use(window) == path


def test_what_cannot_be_brought_back_is_told(drawn, keep, opened):
    (path,) = keep_runs(keep, 1)
    window = drawn()
    entry(submenu(opened(window), "Delete"), date(NEWEST)).trigger()
    (deleted,) = (weights_folder() / "deleted").rglob(path.name)
    deleted.unlink()
    entry(opened(window), "Undo Delete").trigger()
    assert f"{deleted} could not be brought back" in window.notice.text
    assert not entry(opened(window), "Undo Delete").isEnabled()


def test_what_could_not_be_brought_back_can_be_tried_again(drawn, keep, opened, monkeypatch):
    (path,) = keep_runs(keep, 1)
    window = drawn()
    entry(submenu(opened(window), "Delete"), date(NEWEST)).trigger()
    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", Mock(side_effect=OSError(errno.EIO, "Input/output error")))
        entry(opened(window), "Undo Delete").trigger()
    assert "Input/output error" in window.notice.text
    assert not path.exists()
    entry(opened(window), "Undo Delete").trigger()
    assert path.exists()


# Importing, exporting, looking


def give(window, path):
    """Name a file in the dialog that is open."""
    (dialog,) = window.findChildren(QFileDialog)
    dialog.setDirectory(str(path.parent))
    dialog.selectFile(str(path))
    dialog.accept()


def test_imported_weights_answer_and_are_kept(drawn, weights, opened, tmp_path):
    path = tmp_path / "from a friend.safetensors"
    path.write_bytes(weights.read_bytes())
    window = drawn()
    entry(opened(window), "Import").trigger()
    give(window, path)
    path.unlink()
    assert in_use(window).parent == weights_folder()
    assert in_use(window).read_bytes() == weights.read_bytes()
    window.close()
    assert in_use(drawn()).read_bytes() == weights.read_bytes()


def test_a_bad_file_is_not_imported(drawn, weights, opened, tmp_path):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(weights.read_bytes()[:-1])
    window = drawn()
    entry(opened(window), "Import").trigger()
    give(window, path)
    assert f"{path}: not a complete safetensors file" in window.notice.text
    assert in_use(window) == bundled_weights()
    assert kept_weights() == []


def test_where_nothing_can_be_kept_nothing_is_imported(drawn, weights, opened):
    weights_folder().parent.mkdir(parents=True)
    weights_folder().write_text("in the way")
    window = drawn()
    entry(opened(window), "Import").trigger()
    give(window, weights)
    assert f"{weights} could not be imported" in window.notice.text
    assert str(weights_folder()) in window.notice.text
    assert in_use(window) == bundled_weights()


@pytest.mark.parametrize("which", ["kept", "bundled", "in use from elsewhere"])
def test_any_weights_can_be_exported(drawn, keep, weights, opened, tmp_path, which):
    (kept,) = keep_runs(keep, 1)
    path, words = {
        "kept": (kept, date(NEWEST)),
        "bundled": (bundled_weights(), "Bundled"),
        "in use from elsewhere": (weights, weights.name),
    }[which]
    window = drawn(weights)
    entry(submenu(opened(window), "Export"), words).trigger()
    give(window, tmp_path / "mine")
    exported = tmp_path / "mine.safetensors"
    assert exported.read_bytes() == path.read_bytes()
    assert in_use(window) == weights


def test_damaged_weights_are_not_exported(keep, open_window, opened):
    keep_runs(keep, 1)[0].write_bytes(b"garbage")
    window = open_window(None)
    assert dated(submenu(opened(window), "Export")) == []
    assert len(dated(submenu(window.weights_menu, "Show in Folder"))) == 1


def test_weights_that_are_gone_are_not_exported(keep, drawn, opened, tmp_path):
    (kept,) = keep_runs(keep, 1)
    window = drawn()
    export = entry(submenu(opened(window), "Export"), date(NEWEST))
    kept.unlink()
    export.trigger()
    give(window, tmp_path / "mine")
    assert window.notice.text == f"{kept} is not there any more."
    assert list(tmp_path.glob("mine*")) == []


def test_an_export_that_cannot_be_written_is_told(drawn, opened, tmp_path):
    resource = pytest.importorskip("resource", reason="limits on files are POSIX's")
    window = drawn()
    entry(submenu(opened(window), "Export"), "Bundled").trigger()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        give(window, tmp_path / "mine")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    target = tmp_path / "mine.safetensors"
    assert f"could not be exported to {target}: File too large" in window.notice.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_is_shown_where_it_lies(open_window, keep, opened, monkeypatch, is_there):
    """Here by the program of macOS."""
    (path,) = keep_runs(keep, 1)
    window, started = open_window(None), []

    def start(*command):
        started.append(command)
        return is_there, 0

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(QProcess, "startDetached", start)
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: False)
    entry(submenu(opened(window), "Show in Folder"), date(NEWEST)).trigger()
    assert started == [("open", ["-R", str(path)])]
    assert (window.notice is None) == is_there
    if not is_there:
        assert f"No program here shows folders. The weights are in {path}" in window.notice.text
