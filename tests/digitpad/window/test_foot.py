"""The foot of the window."""

import pytest
from PySide6.QtCore import Qt

from digitpad.weights_store import bundled_weights
from digitpad.window.foot import weights_summary


@pytest.mark.parametrize(
    ("metadata", "summary"),
    [
        ({}, "50% mine"),
        ({"metrics": "none"}, "50% mine"),
        (
            {"metrics": [{"split": "MNIST test", "accuracy": 0.99591}]},
            "50% mine · MNIST test 99.6 %",
        ),
        (
            {
                "metrics": [
                    {"split": "MNIST validation", "accuracy": 0.9},
                    {"split": "a, writers 1-2", "accuracy": 0.99, "writers": {"writers": 2}},
                    {"split": "MNIST test", "accuracy": 0.98},
                    {"split": "b, choose", "accuracy": 0.97, "writers": {"writers": 2}},
                ]
            },
            "50% mine · unseen writers 99.0 % · MNIST test 98.0 %",
        ),
        ({"metrics": [{"split": "MNIST test", "accuracy": "high"}, 7, None]}, "50% mine"),
    ],
)
def test_the_weights_in_words(metadata, summary):
    words = weights_summary("50% mine", metadata)
    assert words.replace("\N{NO-BREAK SPACE}", " ") == summary


def test_the_foot_names_the_weights_in_use_and_opens_their_menu(open_window, weights, qtbot):
    window = open_window(weights)
    qtbot.waitUntil(lambda: window.foot.weights.text() != "")
    assert window.foot.weights.text().startswith("net · MNIST test 10.0")
    window.use_weights(bundled_weights())
    assert window.foot.weights.text().startswith("Bundled weights · MNIST test 99.")
    qtbot.mouseClick(window.foot.weights, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.weights_menu.isVisible)
    window.weights_menu.close()


def test_the_foot_says_so_without_weights(open_window, tmp_path, qtbot):
    window = open_window(tmp_path / "missing.safetensors")
    qtbot.waitUntil(lambda: window.foot.weights.text() == "No weights in use")
    assert not window.foot.training.isVisible()


def test_long_names_do_not_widen_the_window(open_window, write_weights, tmp_path, qtbot):
    window = open_window(write_weights(tmp_path / f"{'n' * 150}.safetensors"))
    qtbot.waitUntil(lambda: "nnn" in window.foot.weights.text())
    window.resize(400, 560)
    qtbot.waitUntil(lambda: window.width() == 400)
    assert window.foot.rect().contains(window.foot.weights.geometry())
