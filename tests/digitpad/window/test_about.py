"""The About text copes with any metadata."""

from __future__ import annotations

from pathlib import Path

import pytest

from digitpad import __version__
from digitpad.window.about import about

WEIGHTS = Path("some") / "net.safetensors"


def test_it_tells_what_the_metadata_says():
    text = about(
        WEIGHTS,
        {
            "recipe": {"name": "seed"},
            "created": "2026-01-02T03:04:05+00:00",
            "metrics": [
                {"split": "validation", "accuracy": 0.9934},
                {"split": "MNIST test", "accuracy": 0.9941},
            ],
        },
    )
    for fact in (
        __version__,
        str(WEIGHTS),
        "Recipe: seed",
        "Trained: 2026-01-02",
        "validation: 99.34 % right",
        "MNIST test: 99.41 % right",
    ):
        assert fact in text


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"recipe": "seed", "created": 7, "metrics": {"accuracy": 1}},
        {"recipe": {}, "metrics": [None, 3, {"split": 1, "accuracy": 0.5}, {"accuracy": 0.5}]},
    ],
)
def test_metadata_of_another_kind_is_passed_over(metadata):
    assert about(WEIGHTS, metadata).endswith(str(WEIGHTS))


def test_it_says_that_there_are_no_weights():
    assert about(WEIGHTS, None).endswith("No weights are in use.")
