"""Weights files: named, listed, copied, deleted and restored."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier

import pytest

from digitpad.lock import lock_file, locked
from digitpad.network import WeightsError, read_weights
from digitpad.training.history import history_to_metadata
from digitpad.training.messages import EpochDone
from digitpad.weights_store import (
    DAYS_TO_UNDO,
    InterruptedRun,
    WeightsFile,
    bundled_weights,
    checkpoint_file,
    delete,
    describe,
    export,
    install,
    interrupted_runs,
    kept_weights,
    new_weights_file,
    release_name,
    rename,
    restore,
    weights_folder,
)

resource = pytest.importorskip("resource", reason="limits on files are POSIX's")

EPOCH = EpochDone(1, 0.9, 0.95, 0.3, 0.1, 5_000, 0)
WHEN = datetime(2026, 11, 23, 21, 50, 27, tzinfo=UTC)


def files():
    """All files in the folder of the kept weights."""
    folder = weights_folder()
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def at_once(call, n=8):
    """The results of `n` simultaneous calls."""
    barrier = Barrier(n)

    def wait_and_call(_):
        barrier.wait()
        return call()

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(wait_and_call, range(n)))


@contextmanager
def full_disk():
    """Limit the length of written files to 1,000 bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


# Names


def test_runs_that_start_in_the_same_second_get_different_names():
    names = {path.name for path in at_once(lambda: new_weights_file("pad", WHEN))}
    numbers = ["", *(f"-{n}" for n in range(2, 9))]
    assert names == {f"2026-11-23-215027-pad{number}.safetensors" for number in numbers}


def test_name_of_weights_or_of_a_checkpoint_is_not_given_to_a_new_run(keep):
    first = new_weights_file("pad", WHEN)
    lock_file(first).unlink()
    keep(first.name)
    second = new_weights_file("pad", WHEN)
    lock_file(second).unlink()
    keep(checkpoint_file(second).name)
    assert len({first, second, new_weights_file("pad", WHEN)}) == 3


def test_name_is_released_unless_its_run_is_active_or_left_a_file(keep):
    path = new_weights_file("pad", WHEN)
    with locked(path):
        release_name(path)
        assert new_weights_file("pad", WHEN) != path
    for name in (path.name, checkpoint_file(path).name):
        result = keep(name)
        release_name(path)
        assert lock_file(path).exists()
        result.unlink()
    release_name(path)
    assert new_weights_file("pad", WHEN) == path
    release_name(path)
    release_name(path)


# Without a usable folder


@pytest.mark.parametrize("is_blocked", [False, True])
def test_missing_or_blocked_folder_holds_no_weights(is_blocked):
    if is_blocked:
        weights_folder().parent.mkdir(parents=True)
        weights_folder().write_text("in the way")
    assert kept_weights() == interrupted_runs() == []


@pytest.mark.usefixtures("no_home")
def test_without_a_home_folder_nothing_is_listed_and_writing_says_why(tmp_path):
    assert kept_weights() == interrupted_runs() == []
    path = tmp_path / "net.safetensors"
    export(bundled_weights(), path)
    for call in (lambda _: new_weights_file("pad", WHEN), install, delete, restore):
        with pytest.raises(OSError, match="there is no home folder; set HOME"):
            call(path)


# Listing


def test_metadata_of_kept_weights_are_listed(keep):
    path = keep("net.safetensors")
    metadata = read_weights(path).metadata
    (test,) = (each for each in metadata["metrics"] if each["split"] == "MNIST test")
    assert kept_weights() == [
        WeightsFile(
            path,
            datetime.fromisoformat(metadata["created"]),
            recipe=metadata["recipe"]["name"],
            seed=metadata["seed"],
            epochs_done=metadata["recipe"]["epochs"],
            epochs=metadata["recipe"]["epochs"],
            split="MNIST test",
            accuracy=test["accuracy"],
            accuracies=tuple(
                (each["split"], each["accuracy"])
                for each in metadata["metrics"]
                if "accuracy" in each
            ),
        )
    ]


def test_newest_weights_come_first_in_any_time_zone(keep):
    east = timezone(timedelta(hours=9))
    for name, when in {
        "b": WHEN,
        "a": WHEN - timedelta(days=1),
        "d": (WHEN + timedelta(hours=1)).astimezone(east),
        "c": WHEN + timedelta(hours=2),
    }.items():
        keep(f"{name}.safetensors", created=when.isoformat())
    assert [file.path.stem for file in kept_weights()] == ["c", "d", "b", "a"]


@pytest.mark.parametrize("content", [b"", b"\xff" * 5000, bundled_weights().read_bytes()[:-1]])
def test_damaged_file_is_listed_with_the_reason(keep, content):
    whole, damaged = keep("whole.safetensors"), keep("damaged.safetensors")
    damaged.write_bytes(content)
    os.utime(damaged, (0, WHEN.timestamp() - 60))
    first, second = kept_weights()
    assert (first.path, first.damage) == (whole, None)
    assert (second.path, second.created) == (damaged, WHEN - timedelta(minutes=1))
    assert str(damaged) in second.damage


def test_only_kept_weights_are_listed(keep):
    keep("run.epoch.safetensors")
    keep("run.safetensors.checkpoint")
    keep(".run.safetensors.4711.tmp")
    keep("deleted/run.safetensors")
    new_weights_file("pad", WHEN)
    (weights_folder() / "gone.safetensors").symlink_to("nowhere")
    (weights_folder() / "itself.safetensors").symlink_to("itself.safetensors")
    assert kept_weights() == []


def metric(split, accuracy):
    return {"split": split, "accuracy": accuracy}


@pytest.mark.parametrize(
    ("metrics", "split", "accuracy"),
    [
        ([metric("MNIST validation", 0.9), metric("MNIST test", 0.8)], "MNIST test", 0.8),
        ([metric("MNIST test", 0.8), metric("writers", 1)], "MNIST test", 0.8),
        ([metric("MNIST validation", 1), metric("validation", 0)], "MNIST validation", 1.0),
        ([], None, None),
        ([metric("a", 2), metric("b", float("nan")), metric("c", "1"), metric(4, 0.5)], None, None),
        ([None, 3, {}, [], {"split": "a"}], None, None),
        ({"split": "a", "accuracy": 1}, None, None),
    ],
)
def test_main_split_is_no_validation_split_if_possible(keep, metrics, split, accuracy):
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
def test_malformed_metadata_are_ignored(keep, metadata):
    path = keep("net.safetensors", **{"metrics": None, "seed": None} | metadata)
    os.utime(path, (0, 1_000_000))
    assert describe(path) == WeightsFile(path, datetime.fromtimestamp(1_000_000, UTC))


# Copying


def test_imports_of_the_same_name_are_all_kept(tmp_path):
    path = tmp_path / "some net.safetensors"
    export(bundled_weights(), path)
    copies = at_once(lambda: install(path), 4)
    path.unlink()
    assert install(copies[0]) == copies[0]  # it is kept already
    assert files() == [*(f"some-net-{n}.safetensors" for n in "234"), "some-net.safetensors"]
    assert {file.path for file in kept_weights()} == set(copies)
    assert {copy.read_bytes() for copy in copies} == {bundled_weights().read_bytes()}


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
def test_import_of_any_name_is_listed(tmp_path, name):
    path = tmp_path / name
    export(bundled_weights(), path)
    copy = install(path)
    assert [file.path for file in kept_weights()] == [copy]
    assert not interrupted_runs()


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "no such file"), (b"damaged", "not a complete safetensors file")]
)
def test_unusable_weights_are_not_imported(tmp_path, content, reason):
    path = tmp_path / "net.safetensors"
    if content:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=reason):
        install(path)
    assert files() == []


def test_failed_import_leaves_nothing():
    weights_folder().mkdir(parents=True)
    with full_disk(), pytest.raises(OSError, match="too large"):
        install(bundled_weights())
    assert files() == []


def test_failed_export_leaves_the_old_file(keep, tmp_path):
    path, target = keep("net.safetensors"), tmp_path / "exported.safetensors"
    target.write_text("before")
    with full_disk(), pytest.raises(OSError, match="too large"):
        export(path, target)
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]
    export(path, target)
    assert target.read_bytes() == path.read_bytes()


# Deleting


def test_deleted_files_of_the_same_name_are_restored_unchanged(keep):
    contents, deleted = [], []
    for seed in (1, 2):
        path = keep("net.safetensors", seed=seed)
        contents.append((path.read_bytes(), path.stat().st_mtime))
        deleted.append(delete(path))
    assert kept_weights() == []
    first, second = map(restore, deleted)
    assert first == path
    assert [(each.read_bytes(), each.stat().st_mtime) for each in (first, second)] == contents
    assert files() == ["net-2.safetensors", "net.safetensors"]


def test_only_kept_files_can_be_deleted(keep):
    with pytest.raises(ValueError, match="is not in"):
        delete(bundled_weights())
    assert bundled_weights().exists()
    with pytest.raises(FileNotFoundError):
        delete(keep("net.safetensors").with_name("other.safetensors"))
    assert files() == ["net.safetensors"]


def test_file_that_cannot_be_deleted_stays(keep):
    path = keep("net.safetensors")
    (weights_folder() / "deleted").write_text("in the way")
    with pytest.raises(OSError, match="deleted"):
        delete(path)
    assert [file.path for file in kept_weights()] == [path]


def test_only_what_delete_moved_long_ago_is_removed_for_good(keep):
    today = datetime.now(UTC).date()
    old, recent = ((today - timedelta(days=DAYS_TO_UNDO + days)).isoformat() for days in (1, -1))
    kept = [recent, "1-my-notes", "2020-13-45", "20200101", "2020-W01-1", "2020-01-01 notes"]
    for name in [old, "2020-01-01", *kept]:
        keep(f"deleted/{name}/net.safetensors")
    keep("deleted/2020-01-02")  # a file
    deleted = delete(keep("net.safetensors"))
    assert files() == sorted(
        [
            "deleted/2020-01-02",
            str(deleted.relative_to(weights_folder())),
            *(f"deleted/{name}/net.safetensors" for name in kept),
        ]
    )


def test_the_checkpoint_of_a_run_is_deleted_and_restored_with_its_weights(keep):
    weights = keep("net.safetensors")
    keep(checkpoint_file(weights).name)
    deleted = delete(weights)
    assert [name for name in files() if not name.startswith("deleted/")] == []
    assert restore(deleted) == weights
    assert files() == ["net.safetensors", "net.safetensors.checkpoint"]


# Names that people give


def test_a_name_is_kept_in_the_file(keep):
    path = keep("net.safetensors", history=history_to_metadata([EPOCH]))
    before = read_weights(path)
    rename(path, "  My\nbest  ")
    (listed,) = kept_weights()
    assert listed.name == "My best"
    assert listed.history == (EPOCH,)
    after = read_weights(path)
    assert after.metadata == before.metadata | {"name": "My best"}
    assert all((after.tensors[name] == before.tensors[name]).all() for name in before.tensors)
    rename(path, " ")
    assert read_weights(path).metadata == before.metadata


def test_weights_that_cannot_be_read_or_written_keep_their_name(keep):
    damaged = weights_folder() / "damaged.safetensors"
    path = keep("net.safetensors")
    rename(path, "old")
    damaged.write_bytes(b"garbage")
    with pytest.raises(WeightsError, match="not a complete"):
        rename(damaged, "new")
    with full_disk(), pytest.raises(OSError, match="large"):
        rename(path, "new")
    assert describe(path).name == "old"
    assert files() == ["damaged.safetensors", "net.safetensors"]


# Interrupted runs


def test_a_run_that_was_stopped_early_and_has_weights_is_not_interrupted(keep):
    keep(checkpoint_file(keep("net.safetensors")).name)
    assert interrupted_runs() == []


def test_interrupted_runs_are_listed_newest_first(keep):
    for name, when in {"old": WHEN - timedelta(days=1), "new": WHEN}.items():
        weights = weights_folder() / f"{name}.safetensors"
        os.utime(keep(checkpoint_file(weights).name), (0, when.timestamp()))
    keep("done.safetensors")
    newest, oldest = interrupted_runs()
    weights = weights_folder() / "new.safetensors"
    assert newest == InterruptedRun(checkpoint_file(weights), weights, WHEN)
    assert oldest.weights.name == "old.safetensors"
