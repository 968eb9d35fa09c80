"""Weights files: kept, listed, copied and deleted, and what can go wrong with them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest

from digitpad.network import WeightsError, read_weights
from digitpad.weights_store import (
    DAYS_TO_UNDO,
    InterruptedRun,
    WeightsFile,
    accuracies,
    bundled_weights,
    checkpoint_file,
    delete,
    describe,
    epoch_weights_file,
    export,
    install,
    interrupted_runs,
    is_better,
    kept_weights,
    new_weights_file,
    restore,
    weights_file,
    weights_folder,
)

resource = pytest.importorskip("resource", reason="limits on files are POSIX's")

WHEN = datetime(2026, 11, 23, 21, 50, 27, tzinfo=UTC)


def files():
    """All that is in the folder of the kept weights."""
    folder = weights_folder()
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@contextmanager
def full_disk():
    """Within this, no file can be longer than 1,000 bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def block_folder():
    """Put a file where the folder of the kept weights should be."""
    weights_folder().parent.mkdir(parents=True)
    weights_folder().write_text("in the way")


# Listing


def test_kept_weights_tell_what_their_metadata_say(keep):
    path = keep("net.safetensors")
    metadata = read_weights(path).metadata
    (test,) = (each for each in metadata["metrics"] if each["split"] == "MNIST test")
    assert kept_weights() == [
        WeightsFile(
            path,
            datetime.fromisoformat(metadata["created"]),
            recipe="pad",
            seed=metadata["seed"],
            epochs_done=metadata["recipe"]["epochs"],
            epochs=metadata["recipe"]["epochs"],
            split="MNIST test",
            accuracy=test["right"] / 10_000,
        )
    ]


def test_the_newest_are_first_whatever_their_names_and_the_zones_of_their_times(keep):
    east = timezone(timedelta(hours=9))
    for name, when in {
        "b": WHEN,
        "a": WHEN - timedelta(days=1),
        "d": (WHEN + timedelta(hours=1)).astimezone(east),
        "c": WHEN + timedelta(hours=2),
    }.items():
        keep(f"{name}.safetensors", created=when.isoformat())
    assert [file.path.stem for file in kept_weights()] == ["c", "d", "b", "a"]


def test_where_a_run_puts_its_weights_they_are_found(keep):
    path = new_weights_file("seed", WHEN)
    keep(path.name)
    assert [file.path for file in kept_weights()] == [path]


def test_the_checkpoint_and_the_weights_of_an_epoch_are_beside_the_weights():
    path = new_weights_file("seed", WHEN)
    assert checkpoint_file(path).parent == epoch_weights_file(path).parent == path.parent
    assert weights_file(checkpoint_file(path)) == path
    assert len({path, checkpoint_file(path), epoch_weights_file(path)}) == 3


def test_the_accuracies_that_tell_how_good_weights_are():
    def metric(split, accuracy):
        return {"split": split, "accuracy": accuracy}

    metrics = [metric("MNIST validation", 1.0), metric("MNIST test", 0.5), metric("ink", 0)]
    assert accuracies({"metrics": metrics}) == {"MNIST test": 0.5, "ink": 0.0}
    for nonsense in (None, 3, ["?"], [{}], [metric(3, 0.5)], [metric("a", "b")], [metric("a", 2)]):
        assert accuracies({"metrics": nonsense}) == {}


@pytest.mark.parametrize(
    ("new", "in_use", "better"),
    [
        ({"a": 0.9}, {"a": 0.8}, True),
        ({"a": 0.9, "b": 0.1}, {"a": 0.8}, True),
        ({"a": 0.9, "b": 0.5}, {"a": 0.8, "b": 0.5}, True),
        ({"a": 0.8}, {"a": 0.8}, False),
        ({"a": 0.7}, {"a": 0.8}, False),
        ({"a": 0.9, "b": 0.4}, {"a": 0.8, "b": 0.5}, False),
        ({"a": 0.9}, {"a": 0.8, "b": 0.5}, False),  # who knows
        ({"a": 0.9}, {}, False),
        ({}, {"a": 0.8}, False),
    ],
)
def test_better_is_what_leaves_no_doubt(new, in_use, better):
    assert is_better(new, in_use) == better


@pytest.mark.parametrize("content", [b"", b"\xff" * 5000, bundled_weights().read_bytes()[:-1]])
def test_a_damaged_file_is_listed_with_the_reason_and_the_others_all_the_same(keep, content):
    whole, damaged = keep("whole.safetensors"), keep("damaged.safetensors")
    damaged.write_bytes(content)
    os.utime(damaged, (0, WHEN.timestamp() - 60))
    first, second = kept_weights()
    assert (first.path, first.damage) == (whole, None)
    assert (second.path, second.created) == (damaged, WHEN - timedelta(minutes=1))
    assert str(damaged) in second.damage


def test_what_is_not_weights_to_keep_is_not_listed(keep):
    keep("run.epoch.safetensors")
    keep("run.safetensors.checkpoint")
    keep(".run.safetensors.4711")  # what a killed process has left
    keep("deleted/run.safetensors")
    (weights_folder() / "gone.safetensors").symlink_to("nowhere")
    (weights_folder() / "itself.safetensors").symlink_to("itself.safetensors")
    assert kept_weights() == []


def test_where_there_is_no_folder_there_is_nothing():
    assert kept_weights() == interrupted_runs() == []
    block_folder()
    assert kept_weights() == interrupted_runs() == []


def metric(split, accuracy):
    return {"split": split, "accuracy": accuracy}


@pytest.mark.parametrize(
    ("metrics", "split", "accuracy"),
    [
        ([metric("MNIST validation", 0.9), metric("MNIST test", 0.8)], "MNIST test", 0.8),
        ([metric("MNIST test", 0.8), metric("writers", 1)], "MNIST test", 0.8),
        ([metric("MNIST validation", 1)], "MNIST validation", 1.0),
        ([], None, None),
        ([metric("a", 2), metric("b", float("nan")), metric("c", "1"), metric(4, 0.5)], None, None),
        ([None, 3, {}, [], {"split": "a"}], None, None),
        ({"split": "a", "accuracy": 1}, None, None),
    ],
)
def test_the_main_split_is_the_first_that_is_no_validation(keep, metrics, split, accuracy):
    file = describe(keep("net.safetensors", metrics=metrics))
    assert (file.split, file.accuracy) == (split, accuracy)


@pytest.mark.parametrize(
    "metadata",
    [
        {"recipe": "pad", "seed": "0", "epochs_done": "60", "created": 7},
        {
            "recipe": {"name": 1, "epochs": 10**400},
            "seed": -1,
            "epochs_done": -1,
            "created": "yesterday",
        },
        {"recipe": {"name": "", "epochs": []}, "epochs_done": float("inf"), "created": None},
        {"recipe": [], "epochs_done": float("nan"), "created": "0001-01-01T00:00:00+14:00"},
        {"recipe": None, "epochs_done": None, "created": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_metadata_of_another_kind_are_passed_over(keep, metadata):
    path = keep("net.safetensors", **{"metrics": None, "seed": None} | metadata)
    os.utime(path, (0, 1_000_000))
    assert describe(path) == WeightsFile(path, datetime.fromtimestamp(1_000_000, UTC))


# Copying


def test_what_is_installed_is_a_copy_and_kept(tmp_path):
    path = tmp_path / "some net.safetensors"
    path.write_bytes(bundled_weights().read_bytes())
    first, second = install(path), install(path)
    path.unlink()
    assert files() == ["some-net-2.safetensors", "some-net.safetensors"]
    assert {file.path for file in kept_weights()} == {first, second}
    for copy in (first, second):
        assert copy.read_bytes() == bundled_weights().read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "run.epoch.safetensors",
        "net.safetensors.checkpoint",
        "without suffix",
        ".safetensors",
        "…",
        "Ziffern-äöü 七.safetensors",
        "七" * 80,
        os.fsdecode(b"\xff.safetensors"),
    ],
)
def test_whatever_its_name_what_is_installed_is_listed(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(bundled_weights().read_bytes())
    copy = install(path)
    assert [file.path for file in kept_weights()] == [copy]
    assert not interrupted_runs()


def test_what_is_kept_already_is_not_installed_again(keep):
    path = keep("net.safetensors")
    assert install(path) == path
    assert files() == ["net.safetensors"]


def test_what_cannot_be_used_is_not_installed(tmp_path):
    path = tmp_path / "net.safetensors"
    with pytest.raises(WeightsError, match="no such file"):
        install(path)
    path.write_bytes(bundled_weights().read_bytes()[:-1])
    with pytest.raises(WeightsError, match="not a complete safetensors file"):
        install(path)
    assert files() == []


def test_where_nothing_can_be_written_nothing_half_is_left():
    weights_folder().mkdir(parents=True)
    with full_disk(), pytest.raises(OSError, match="too large"):
        install(bundled_weights())
    assert files() == []
    weights_folder().rmdir()
    weights_folder().write_text("in the way")
    with pytest.raises(FileExistsError):
        install(bundled_weights())
    assert weights_folder().read_text() == "in the way"


def test_an_export_takes_the_place_of_a_file_as_a_whole_or_not_at_all(keep, tmp_path):
    path, target = keep("net.safetensors"), tmp_path / "exported.safetensors"
    target.write_text("before")
    with full_disk(), pytest.raises(OSError, match="too large"):
        export(path, target)
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]
    export(path, target)
    assert target.read_bytes() == path.read_bytes()


# Deleting


def test_a_deleted_file_comes_back_as_it_was(keep):
    path = keep("net.safetensors")
    before, written = path.read_bytes(), path.stat().st_mtime
    deleted = delete(path)
    assert kept_weights() == []
    assert not path.exists()
    assert restore(deleted) == path
    assert (path.read_bytes(), path.stat().st_mtime) == (before, written)
    assert files() == ["net.safetensors"]


def test_files_of_the_same_name_do_not_meet(keep):
    first = delete(keep("net.safetensors", seed=1))
    second = delete(keep("net.safetensors", seed=2))
    keep("net.safetensors", seed=3)
    seeds = [read_weights(restore(deleted)).metadata["seed"] for deleted in (first, second)]
    assert seeds == [1, 2]
    assert len(kept_weights()) == 3


def test_only_what_is_kept_can_be_deleted(keep):
    with pytest.raises(ValueError, match="is not in"):
        delete(bundled_weights())
    assert bundled_weights().exists()
    with pytest.raises(FileNotFoundError):
        delete(keep("net.safetensors").with_name("other.safetensors"))


def test_a_file_that_cannot_be_deleted_stays(keep):
    path = keep("net.safetensors")
    (weights_folder() / "deleted").write_text("in the way")
    with pytest.raises(OSError, match="deleted"):
        delete(path)
    assert [file.path for file in kept_weights()] == [path]


def test_what_was_deleted_long_ago_is_gone_for_good_some_day(keep):
    today = datetime.now(UTC).date()
    days = [(today - timedelta(days=DAYS_TO_UNDO + days)).isoformat() for days in (-2, 2)]
    for day in days:
        keep(f"deleted/{day}/old.safetensors")
    deleted = delete(keep("net.safetensors"))
    names = [f"deleted/{days[0]}/old.safetensors", str(deleted.relative_to(weights_folder()))]
    assert files() == sorted(names)


# Interrupted runs


def test_interrupted_runs_are_listed_newest_first(keep):
    for name, when in {"old": WHEN - timedelta(days=1), "new": WHEN}.items():
        weights = weights_folder() / f"{name}.safetensors"
        os.utime(keep(checkpoint_file(weights).name), (0, when.timestamp()))
    keep("done.safetensors")
    newest, oldest = interrupted_runs()
    weights = weights_folder() / "new.safetensors"
    assert newest == InterruptedRun(checkpoint_file(weights), weights, WHEN)
    assert oldest.weights.name == "old.safetensors"


def test_an_interrupted_run_that_was_discarded_comes_back_as_it_was(keep):
    keep("run.safetensors.checkpoint")
    (run,) = interrupted_runs()
    deleted = delete(run.checkpoint)
    assert interrupted_runs() == []
    restore(deleted)
    assert interrupted_runs() == [run]
