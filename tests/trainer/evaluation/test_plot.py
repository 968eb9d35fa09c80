"""The picture of `evaluate --plot`."""

import dataclasses
import errno
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from digitpad.recognizer import Recognizer
from digitpad.verdict import NOT_A_DIGIT, Thresholds
from digitpad.weights_store import bundled_weights
from trainer.data.digits import Digits
from trainer.evaluation import plot
from trainer.evaluation.metrics import evaluate_split

# (prediction, its probability) of six images; another digit has the rest
PREDICTIONS = [(3, 0.9), (4, 0.6), (7, 0.99), (7, 0.7), (1, 0.95), (2, 0.8)]
LABELS = np.array([3, 9, 1, 2, 1, 0])
PROBABILITIES = np.zeros((6, 10))
for row, (digit, probability) in zip(PROBABILITIES, PREDICTIONS, strict=True):
    row[digit], row[digit - 1] = probability, 1 - probability


@pytest.fixture
def digits():
    images = torch.arange(6, dtype=torch.uint8)[:, None, None].expand(6, 28, 28)
    return Digits("some", images, torch.from_numpy(LABELS))


def evaluated(digits):
    logits = Recognizer(bundled_weights()).logits(digits.images.numpy())
    return evaluate_split(digits, logits, 1.0, Thresholds()), digits, logits


def outliers(digits):
    """The same images as what is no digit."""
    return dataclasses.replace(digits, labels=torch.full((len(digits),), NOT_A_DIGIT))


def test_the_number_of_worst_errors_can_be_limited():
    assert plot.worst_errors(LABELS, PROBABILITIES, 2).tolist() == [2, 5]


def test_the_contact_sheet_shows_the_worst_errors_with_label_and_prediction(digits):
    axes = Figure().subplots()
    plot.draw_errors(axes, digits, PROBABILITIES)
    captions = [text.get_text() for text in axes.texts]
    assert captions == ["1→7 99 %", "0→2 80 %", "2→7 70 %", "9→4 60 %"]
    assert [image.get_array()[0, 0] for image in axes.images] == [2, 5, 3, 1]


def test_the_gap_is_between_accuracy_and_confidence(digits):
    axes, below = Figure().subplots(2)
    plot.draw_reliability(axes, below, digits, PROBABILITIES)
    accuracy, gap = axes.containers
    # The bins of 0.6, 0.7, 0.8 and 0.9, and one for 0.95 and 0.99.
    middles = [bar.get_x() + bar.get_width() / 2 for bar in accuracy]
    assert [int(middle * 15) for middle in middles] == [9, 10, 12, 13, 14]
    assert [bar.get_height() for bar in accuracy] == [0, 0, 0, 1, 0.5]
    tops = [bar.get_y() + bar.get_height() for bar in gap]
    assert tops == pytest.approx([0.6, 0.7, 0.8, 0.9, 0.97])
    (shares,) = below.containers
    assert [6 * bar.get_height() for bar in shares] == pytest.approx([1, 1, 1, 1, 2])


def test_the_confusion_matrix_has_every_count_and_colours_only_errors():
    confusion = np.diag(np.arange(100, 110))
    confusion[4, 9], confusion[9, 4] = 3, 1
    axes = Figure().subplots()
    plot.draw_confusion(axes, confusion)
    counts = {text.get_position(): text.get_text() for text in axes.texts}
    assert counts == {(i, i): str(100 + i) for i in range(10)} | {(9, 4): "3", (4, 9): "1"}
    (image,) = axes.images
    assert np.argwhere(~np.ma.getmaskarray(image.get_array())).tolist() == [[4, 9], [9, 4]]


def test_the_energies_of_digits_and_outliers_are_drawn_with_the_threshold():
    axes = Figure().subplots()
    plot.draw_energies(axes, np.array([5.0, 6, 7, 8]), np.array([2.0, 2, 3, 7]), 4.5)
    assert [sum(bar.get_height() for bar in bars) for bars in axes.containers] == [1, 1]
    (line,) = axes.lines
    assert line.get_xdata() == [4.5, 4.5]
    axes = Figure().subplots()
    plot.draw_energies(axes, np.empty(0), np.array([2.0, 3]), -np.inf)  # of older weights
    assert not axes.lines


def test_the_contact_sheet_shows_the_outliers_called_sure_the_most_probable_first(digits):
    axes = Figure().subplots()
    is_sure = np.array([True, False, True, False, True, False])
    plot.draw_sure_outliers(axes, outliers(digits), PROBABILITIES, is_sure)
    assert [text.get_text() for text in axes.texts] == ["7 99 %", "1 95 %", "3 90 %"]
    assert [image.get_array()[0, 0] for image in axes.images] == [2, 4, 0]


@pytest.mark.parametrize("n", [1, 640])
def test_any_number_of_images_and_errors_can_be_drawn(blobs, tmp_path, n):
    some = evaluated(blobs.part(slice(n), "some"))
    labels = torch.from_numpy(some[2].argmax(axis=1))
    without_errors = evaluated(dataclasses.replace(some[1], labels=labels))
    no_digits = evaluated(outliers(some[1]))
    splits = [some, without_errors, no_digits]
    plot.write_plot(tmp_path / "plot.png", splits, 1.0, Thresholds())
    with Image.open(tmp_path / "plot.png") as picture:
        assert picture.size == (plot.WIDTH, 3 * plot.HEIGHT)
    assert [path.name for path in tmp_path.iterdir()] == ["plot.png"]


def test_a_full_disk_leaves_the_old_picture(blobs, tmp_path, monkeypatch):
    path = tmp_path / "plot.png"
    path.write_bytes(b"old")
    full = Mock(side_effect=OSError(errno.ENOSPC, "No space left on device"))
    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(plot.OutputError, match=r"No space left on device\. Make room"):
        plot.write_plot(path, [evaluated(blobs)], 1.0, Thresholds())
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("plot.png", b"old")]
