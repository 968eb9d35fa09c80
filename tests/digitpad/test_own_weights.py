"""The user's own weights: listed, installed, copied, put aside and brought back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from digitpad.models import bundled_weights, new_weights_file, weights_folder
from digitpad.network import ARCHITECTURE, METADATA_KEY, TRANSFORM, WeightsError, read_weights
from digitpad.own_weights import (
    copy,
    delete,
    empty_deleted,
    install,
    interrupted_runs,
    kept_weights,
    restore,
)

SEED = Path(__file__).parents[1] / "data" / "seed.safetensors"


def own(name: str, **metadata) -> Path:
    """One of the user's own weights files, that says this of itself."""
    path = weights_folder() / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"architecture": ARCHITECTURE, "transform": TRANSFORM, **metadata}
    save_file(load_file(SEED), path, {METADATA_KEY: json.dumps(whole)})
    return path


def test_without_any_training_there_are_none():
    assert kept_weights() == []
    assert interrupted_runs() == []


def test_the_newest_come_first_with_what_they_say_of_themselves():
    old = own("a", created="2026-01-02T03:04:05+00:00", recipe={"name": "seed"})
    new = own(
        "b",
        created="2026-03-04T05:06:07+00:00",
        recipe={"name": "pad"},
        metrics=[
            {"split": "MNIST validation", "accuracy": 0.98},
            {"split": "MNIST test", "accuracy": 0.99},
        ],
    )
    first, second = kept_weights()
    assert (first.path, first.recipe) == (new, "pad")
    assert (first.split, first.accuracy) == ("MNIST test", 0.99)
    assert first.created == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert (second.path, second.recipe, second.split) == (old, "seed", None)


@pytest.mark.parametrize(
    "metadata",
    [
        {"metrics": None},
        {"metrics": [None, {"split": 1, "accuracy": 0.5}, {"split": "a"}]},
        {"metrics": {"split": "a", "accuracy": 0.5}},
        {"recipe": "pad", "created": 5},
        {"created": "yesterday"},
    ],
)
def test_what_a_file_does_not_say_is_left_open(metadata):
    path = own("a", **metadata)
    (kept,) = kept_weights()
    assert (kept.path, kept.recipe, kept.split, kept.accuracy) == (path, None, None, None)
    assert kept.created.timestamp() == pytest.approx(path.stat().st_mtime)
    assert kept.problem is None


def test_a_damaged_file_is_listed_with_its_problem():
    good, bad = own("good"), own("bad")
    bad.write_bytes(bad.read_bytes()[:1000])
    problems = {kept.path: kept.problem for kept in kept_weights()}
    assert problems[good] is None
    assert str(bad) in problems[bad]


def test_what_is_being_written_or_was_interrupted_is_not_among_them():
    path = own("a")
    (path.parent / f".{path.name}.123").write_bytes(b"half")
    checkpoint = path.parent / "b.safetensors.checkpoint"
    checkpoint.write_bytes(b"")
    assert [kept.path for kept in kept_weights()] == [path]
    assert interrupted_runs() == [checkpoint]


def test_a_file_where_the_folder_should_be_is_no_surprise_but_an_error():
    weights_folder().parent.mkdir(parents=True)
    weights_folder().write_bytes(b"")
    with pytest.raises(OSError, match="weights"):
        kept_weights()


def test_a_training_puts_its_weights_where_they_are_listed():
    path = new_weights_file("pad", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
    assert path.parent == weights_folder()
    assert "2026-03-04" in path.name
    assert "pad" in path.name


def test_installing_copies_and_never_takes_the_place_of_another():
    first, second = install(SEED), install(SEED)
    assert first != second
    assert first.read_bytes() == second.read_bytes() == SEED.read_bytes()
    assert {kept.path for kept in kept_weights()} == {first, second}


def test_a_file_that_cannot_be_used_is_not_installed(tmp_path):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"no weights")
    with pytest.raises(WeightsError, match="bad"):
        install(bad)
    assert kept_weights() == []


def test_a_copy_that_fails_leaves_what_was_there(tmp_path):
    target = tmp_path / "target.safetensors"
    target.write_bytes(b"precious")
    with pytest.raises(OSError, match="missing"):
        copy(tmp_path / "missing", target)
    assert target.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [target]
    copy(SEED, target)
    assert target.read_bytes() == SEED.read_bytes()


def test_what_is_deleted_can_be_brought_back():
    path = install(SEED)
    aside = delete(path)
    assert kept_weights() == []
    assert restore(aside) == path
    assert read_weights(path).metadata == read_weights(SEED).metadata


def test_what_is_brought_back_does_not_take_the_place_of_another():
    path = install(SEED)
    aside = delete(path)
    other = own(path.stem)
    content = other.read_bytes()
    assert restore(aside) != other
    assert other.read_bytes() == content


def test_deleted_files_of_one_name_are_all_kept_until_they_are_removed():
    aside = [delete(install(SEED)) for _ in range(3)]
    assert len(set(aside)) == 3
    assert all(path.exists() for path in aside)
    empty_deleted()
    assert not any(path.exists() for path in aside)
    empty_deleted()  # there is nothing left to remove


def test_only_the_users_own_weights_can_be_deleted(tmp_path):
    elsewhere = copy(SEED, tmp_path / "net.safetensors")
    for path in (bundled_weights(), elsewhere):
        with pytest.raises(ValueError, match="is not in"):
            delete(path)
    assert elsewhere.exists()
    assert bundled_weights().exists()
