"""The epochs of a run in the metadata of its weights."""

import json
from dataclasses import replace

import pytest

from digitpad.training.history import history_from_metadata, history_to_metadata
from digitpad.training.messages import EpochDone

EPOCHS = [
    EpochDone(1, 0.9123456, None, 2.5, 0.1, 5_000.0, 60.0),
    EpochDone(2, 1.0, 0.5, 0.0, 1e-9, 1e6, 0.0),
]


def test_a_history_is_read_as_it_was_written():
    text = json.dumps(history_to_metadata(EPOCHS))
    first, second = history_from_metadata(json.loads(text))
    assert first == replace(EPOCHS[0], train_accuracy=0.912346, seconds_left=0)
    assert second == EPOCHS[1]
    assert history_from_metadata(history_to_metadata([])) == []


@pytest.mark.parametrize(
    "change",
    [
        {"loss": [0.1]},
        {"loss": [0.1, "0.1"]},
        {"loss": [0.1, float("nan")]},
        {"loss": [0.1, True]},
        {"loss": None},
        {"train_accuracy": [0.9, 1.1]},
        {"train_accuracy": [0.9, None]},
        {"validation_accuracy": [-0.1, 0.9]},
        {"learning_rate": 7},
        {"images_per_second": [1, [2]]},
    ],
    ids=repr,
)
def test_malformed_metadata_are_no_history(change):
    assert history_from_metadata(history_to_metadata(EPOCHS) | change) == []


@pytest.mark.parametrize("value", [None, 1, "text", [], {}, [1, 2]], ids=repr)
def test_anything_else_is_no_history(value):
    assert history_from_metadata(value) == []
