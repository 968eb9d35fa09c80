"""The notebook: what it keeps, and what damage does to it."""

from contextlib import suppress
from datetime import UTC, datetime
from unittest import mock

import pytest

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import read_ink
from digitpad.notebook import MAX_RECENT, Note, Notebook


@pytest.fixture
def notebook(tmp_path):
    return Notebook(tmp_path / "notebook")


def drawing(x):
    return Drawing((Stroke.from_xy([x, x + 10], [0, 20]),))


NOW = datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC)


def test_recent_drawings_come_back_newest_first(notebook, tmp_path):
    notes = [Note(drawing(0), "12", NOW), Note(drawing(1), "?", NOW), Note(drawing(2))]
    for note in notes:
        notebook.add(note)
    again = Notebook(tmp_path / "notebook")
    assert again.recent() == notes[::-1]
    # Each line is ink that can be opened or trained on; the answer is no label.
    samples = list(read_ink(tmp_path / "notebook" / "recent.ndjson", pytest.fail))
    assert [sample.drawing for sample in samples] == [note.drawing for note in notes]
    assert {sample.label for sample in samples} == {None}


def test_only_the_newest_are_kept_and_each_once(notebook):
    for number in range(MAX_RECENT + 5):
        notebook.add(Note(drawing(number)))
    notebook.add(Note(drawing(20), "3"))
    kept = notebook.recent()
    assert len(kept) == MAX_RECENT
    assert kept[0] == Note(drawing(20), "3")
    assert [note.drawing for note in kept].count(drawing(20)) == 1


@pytest.mark.parametrize(
    "damage", [b"\xff\xfe", b"{", b"[]", b'{"drawing": []}', b'{"drawing": [[[1],["a"]]]}']
)
def test_damaged_lines_do_not_hide_others_and_are_kept(notebook, tmp_path, damage):
    notebook.add(Note(drawing(0)))
    path = tmp_path / "notebook" / "recent.ndjson"
    path.write_bytes(path.read_bytes() + damage + b"\n\n")
    notebook.add(Note(drawing(1)))
    assert [note.drawing for note in notebook.recent()] == [drawing(1), drawing(0)]
    assert damage in path.read_bytes()


@pytest.mark.parametrize(
    "extra", ['"answer": ["7"]', '"answer": true', '"when": 7', '"when": "soon"']
)
def test_odd_facts_are_ignored(notebook, tmp_path, extra):
    (tmp_path / "notebook").mkdir()
    line = f'{{"drawing": [[[1, 2], [3, 4]]], {extra}}}\n'
    (tmp_path / "notebook" / "recent.ndjson").write_text(line)
    (note,) = notebook.recent()
    assert (note.answer, note.when) == ("", None)


def test_digits_of_earlier_versions_are_numbers(notebook, tmp_path):
    (tmp_path / "notebook").mkdir()
    line = '{"drawing": [[[1, 2], [3, 4]]], "answer": 7}\n'
    (tmp_path / "notebook" / "recent.ndjson").write_text(line)
    assert [note.answer for note in notebook.recent()] == ["7"]


def test_the_sheet_is_kept_until_it_is_blank(notebook, tmp_path):
    assert notebook.sheet() == Drawing()
    notebook.keep_sheet(drawing(3))
    assert Notebook(tmp_path / "notebook").sheet() == drawing(3)
    notebook.keep_sheet(Drawing())
    assert notebook.sheet() == Drawing()


def test_only_one_window_keeps_the_sheet(notebook, tmp_path):
    other = Notebook(tmp_path / "notebook")
    assert notebook.claim_sheet()
    assert notebook.claim_sheet()
    assert not other.claim_sheet()
    notebook.release_sheet()
    assert other.claim_sheet()
    other.release_sheet()


def test_delete_leaves_nothing(notebook, tmp_path):
    notebook.add(Note(drawing(0)))
    notebook.keep_sheet(drawing(1))
    with (  # as when the process is killed
        suppress(KeyboardInterrupt),
        mock.patch("pathlib.Path.replace", side_effect=KeyboardInterrupt),
        mock.patch("pathlib.Path.unlink"),
    ):
        notebook.keep_sheet(drawing(2))
    assert list((tmp_path / "notebook").glob(".sheet*.tmp"))
    notebook.delete()
    assert not list((tmp_path / "notebook").glob(".*.tmp"))
    assert (notebook.recent(), notebook.sheet()) == ([], Drawing())
    assert not list((tmp_path / "notebook").glob("*.ndjson"))
