"""Text of the About box."""

from __future__ import annotations

from pathlib import Path

import pytest

from digitpad import __version__
from digitpad.window.about import about

WEIGHTS = Path("some") / "net.safetensors"


def test_text_has_the_facts_of_the_metadata():
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
        "Accuracy on validation: 99.34 %",
        "Accuracy on MNIST test: 99.41 %",
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
def test_malformed_metadata_are_ignored(metadata):
    assert about(WEIGHTS, metadata).endswith(str(WEIGHTS))


def test_text_without_weights():
    assert about(WEIGHTS, None).endswith("No weights are in use.")
