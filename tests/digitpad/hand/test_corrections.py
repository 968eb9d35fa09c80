"""The file of corrections, and what can be wrong with it."""

import json
from datetime import UTC, datetime
from multiprocessing.pool import ThreadPool

import pytest

from digitpad.hand.corrections import HELD_OUT, CorrectionFile, CorrectionRecord
from digitpad.hand.memory import Correction
from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import read_ink

WHEN = datetime(2026, 11, 27, 5, 3, tzinfo=UTC)


def drawing(n):
    return Drawing((Stroke.from_xy([n, n + 9.5], [0, 30]),))


def said(n, label=1):
    return CorrectionRecord(Correction(drawing(n), label), 7, "Bundled weights", WHEN)


@pytest.fixture
def file(tmp_path):
    return CorrectionFile(tmp_path / "notebook" / "corrections.ndjson")


def test_what_was_said_is_read_again(file):
    assert file.read() == []
    file.add(said(1), said(2, None))
    file.add(said(3, 0))
    assert file.read() == [
        Correction(drawing(n), label) for n, label in ((1, 1), (2, None), (3, 0))
    ]
    first = json.loads(file.path.read_text().splitlines()[0])
    assert first["answer"] == 7
    assert first["weights"] == "Bundled weights"
    assert first["when"] == "2026-11-27T05:03:00+00:00"


def test_it_is_an_ink_file_to_train_on(file):
    file.add(said(1, 4), said(2, None))
    digit, none = read_ink(file.path, lambda *_: None)
    assert (digit.label, digit.drawing) == (4, drawing(1))
    assert (none.label, none.text) == (None, "?")


def test_a_drawing_is_in_it_once(file):
    file.add(said(1, 4), said(2, 5))
    file.add(said(1, 9))
    assert [each.label for each in file.read()] == [5, 9]
    file.remove(drawing(2))
    assert [each.label for each in file.read()] == [9]
    file.remove(drawing(7))  # it is not there
    assert len(file.read()) == 1


def test_forgetting_keeps_a_copy(file):
    assert file.forget() is None
    for labels in ([1], [2, 3]):
        file.add(*(said(n, label) for n, label in enumerate(labels)))
        content = file.path.read_bytes()
        assert file.forget().read_bytes() == content
        assert file.read() == []
    assert len(list(file.path.parent.glob("corrections-until-*.ndjson"))) == 2


def test_every_fourth_drawing_of_a_digit_is_held_out_of_trainings(file):
    for n in range(8):
        file.add(said(n, 1), said(100 + n, None))
    file.add(said(200, 2))
    splits = [(each.label, each.split) for each in read_ink(file.path, lambda *_: None)]
    for label, rounds in ((1, 2), (None, 2)):
        found = [split for each, split in splits if each == label]
        assert found == rounds * ["train", "train", "train", HELD_OUT]
    assert splits[-1] == (2, "train")
    assert file.splits() == {"train": 13, HELD_OUT: 4}


def test_no_more_than_a_quarter_is_held_out_if_some_are_taken_back(file):
    file.add(*(said(n) for n in range(4)))
    for n in range(4, 9):
        file.remove(drawing(n - 4 if n < 7 else n - 1))
        file.add(said(n))
        assert file.splits()[HELD_OUT] <= 1


def test_some_can_be_forgotten_with_a_copy(file):
    file.add(*(said(n, n) for n in range(5)))
    backup = file.forget([drawing(1), drawing(3)])
    assert [each.label for each in file.read()] == [0, 2, 4]
    assert [each.label for each in CorrectionFile(backup).read()] == [1, 3]
    assert file.forget([drawing(1)]) is None


def test_it_knows_whether_another_window_wrote_the_file(file):
    file.add(said(1))
    assert not file.is_changed
    other = CorrectionFile(file.path)
    other.add(said(2))
    assert file.is_changed
    file.add(said(3))
    assert file.is_changed  # what the other added is still to be read
    assert len(file.read()) == 3
    assert not file.is_changed


def test_a_truncated_line_is_left_out_and_stays(file):
    file.add(said(1), said(2))
    content = file.path.read_bytes()
    file.path.write_bytes(content[:-30])
    assert [each.drawing for each in file.read()] == [drawing(1)]
    file.add(said(3))
    assert [each.drawing for each in file.read()] == [drawing(1), drawing(3)]
    assert len(file.path.read_bytes().splitlines()) == 3


def test_several_windows_lose_nothing(file):
    with ThreadPool(8) as pool:
        pool.map(lambda n: CorrectionFile(file.path).add(said(n)), range(24))
    assert {each.drawing.strokes[0].xy[0, 0] for each in file.read()} == set(range(24))


def test_ten_thousand_corrections_are_kept(file):
    file.add(*(said(n) for n in range(10_000)))
    file.add(said(9_999, 3), said(10_000))
    assert len(file.read()) == 10_001


def test_a_folder_in_its_place_is_an_error(file):
    file.path.mkdir(parents=True)
    with pytest.raises(OSError, match=r"folder|directory"):
        file.add(said(1))
    with pytest.raises(OSError, match="folder"):
        file.read()
