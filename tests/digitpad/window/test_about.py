"""Text of the About box."""

from pathlib import Path

import pytest

from digitpad import __version__
from digitpad.window.about import about

WEIGHTS = Path("some") / "net.safetensors"
IN_USE = f"Weights: {WEIGHTS}"
TRAINED = {
    "recipe": {"name": "seed"},
    "created": "2026-01-02T03:04:05+00:00",
    "metrics": [
        {"split": "validation", "accuracy": 0.9934},
        {"split": "MNIST test", "accuracy": 0.9941},
    ],
}
MALFORMED = [
    {},
    {"recipe": "seed", "created": 7, "metrics": {"accuracy": 1}},
    {"recipe": {}, "metrics": [None, 3, {"split": 1, "accuracy": 0.5}, {"accuracy": 0.5}]},
]
FACTS = [
    "Recipe: seed",
    "Trained: 2026-01-02",
    "Accuracy on validation: 99.34 %",
    "Accuracy on MNIST test: 99.41 %",
]


@pytest.mark.parametrize(
    ("metadata", "lines"),
    [
        (TRAINED, [IN_USE, *FACTS]),
        *[(metadata, [IN_USE]) for metadata in MALFORMED],
        (None, ["No weights are in use."]),
    ],
)
def test_text_has_the_facts_that_are_known(metadata, lines):
    head = [f"digitpad {__version__}", "Draw a digit, see the answer.", ""]
    assert about(WEIGHTS, metadata).splitlines() == [*head, *lines]
