"""The picture that `evaluate --plot` draws."""

import dataclasses

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights
from trainer.__main__ import main
from trainer.data.digits import Digits
from trainer.evaluation import plot
from trainer.evaluation.metrics import calibration_error, measure, reliability


def answers(*given):
    """Probabilities [n, 10] from (digit, its probability), the rest of which another digit has."""
    probabilities = np.zeros((len(given), 10))
    for row, (digit, probability) in zip(probabilities, given, strict=True):
        row[digit], row[digit - 1] = probability, 1 - probability
    return probabilities


GIVEN = answers((3, 0.9), (4, 0.6), (7, 0.99), (7, 0.7), (1, 0.95), (2, 0.8))
LABELS = np.array([3, 9, 1, 2, 1, 0])


@pytest.fixture
def digits():
    images = torch.arange(6, dtype=torch.uint8)[:, None, None].expand(6, 28, 28)
    return Digits("some", images, torch.from_numpy(LABELS))


def test_the_surest_mistakes_are_the_worst():
    assert plot.worst_mistakes(LABELS, GIVEN, 9).tolist() == [2, 5, 3, 1]
    assert plot.worst_mistakes(LABELS, GIVEN, 2).tolist() == [2, 5]
    assert plot.worst_mistakes(GIVEN.argmax(axis=1), GIVEN, 9).tolist() == []


def test_each_answer_is_in_the_bin_of_its_probability():
    confidence = np.array([0.01, 0.5, 0.52, 0.94, 1.0])
    is_right = np.array([False, True, False, True, True])
    bins = reliability(confidence, is_right)
    assert np.flatnonzero(bins.answers).tolist() == [0, 7, 14]
    assert bins.answers[[0, 7, 14]].tolist() == [1, 2, 2]
    assert bins.right[[0, 7, 14]].tolist() == [0, 1, 2]
    assert bins.confidence[[0, 7, 14]].tolist() == pytest.approx([0.01, 1.02, 1.94])


def test_the_contact_sheet_shows_the_mistakes_in_order_and_what_they_were_taken_for(digits):
    axes = Figure().subplots()
    plot.draw_mistakes(axes, digits, GIVEN)
    captions = [text.get_text() for text in axes.texts]
    assert captions == ["1→7 99 %", "0→2 80 %", "2→7 70 %", "9→4 60 %"]
    assert [image.get_array()[0, 0] for image in axes.images] == [2, 5, 3, 1]


def test_the_gap_reaches_from_what_is_right_to_the_probability(digits):
    axes, below = Figure().subplots(2)
    plot.draw_reliability(axes, below, digits, GIVEN)
    right, gap = axes.containers
    # The bins of 0.6, 0.7, 0.8, 0.9 with 0.95 + 0.99 in the one above
    middles = [bar.get_x() + bar.get_width() / 2 for bar in right]
    assert [int(middle * 15) for middle in middles] == [9, 10, 12, 13, 14]
    assert [bar.get_height() for bar in right] == [0, 0, 0, 1, 0.5]
    tops = [bar.get_y() + bar.get_height() for bar in gap]
    assert tops == pytest.approx([0.6, 0.7, 0.8, 0.9, 0.97])
    (shares,) = below.containers
    assert [bar.get_height() for bar in shares] == pytest.approx(
        [1 / 6, 1 / 6, 1 / 6, 1 / 6, 2 / 6]
    )


def test_the_confusion_has_every_count_and_colours_only_the_mistakes():
    confusion = np.diag(np.arange(100, 110))
    confusion[4, 9], confusion[9, 4] = 3, 1
    axes = Figure().subplots()
    plot.draw_confusion(axes, confusion)
    counts = {text.get_position(): text.get_text() for text in axes.texts}
    assert counts == {(i, i): str(100 + i) for i in range(10)} | {(9, 4): "3", (4, 9): "1"}
    (image,) = axes.images
    assert np.argwhere(~np.ma.getmaskarray(image.get_array())).tolist() == [[4, 9], [9, 4]]


def reading(digits):
    recognizer = Recognizer(bundled_weights())
    probabilities = recognizer.probabilities(digits.images.numpy())
    return measure(recognizer, digits), digits, probabilities


@pytest.mark.parametrize("images", [1, 640])
def test_there_is_a_picture_however_few_images_and_whatever_was_read(blobs, tmp_path, images):
    few = blobs.part(slice(images), "few")
    right = dataclasses.replace(few, labels=torch.from_numpy(reading(few)[2].argmax(axis=1)))
    path = tmp_path / "plot.png"
    plot.write_plot(path, [reading(few), reading(right)])
    with Image.open(path) as picture:
        assert picture.size == (plot.WIDTH, 2 * plot.HEIGHT)
    assert [each.name for each in tmp_path.iterdir()] == ["plot.png"]


def test_draws_what_was_measured(mnist_dir, pen_file, tmp_path, capsys):
    path = tmp_path / "new folder" / "plot.png"
    arguments = ["--data-dir", mnist_dir, "--ink", pen_file, "--writers", "26-30", "--plot", path]
    assert main(["evaluate", *map(str, arguments)]) == 0
    assert "MNIST test: 99" in capsys.readouterr().out
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.size == (plot.WIDTH, 2 * plot.HEIGHT)
        for panel in ((60, 80, 560, 580), (640, 80, 1030, 580), (1130, 80, 1780, 500)):
            colours = picture.convert("RGB").crop(panel).getcolors(1 << 20)
            assert len(colours) > 20  # something is drawn in each of the three


def test_a_place_that_cannot_be_written_is_found_out_before_the_measuring(tmp_path, capsys):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "plot.png"
    assert main(["evaluate", "--data-dir", str(tmp_path), "--plot", str(path)]) == 1
    said = capsys.readouterr()
    assert f"cannot write {path}" in said.err
    assert "--plot names another file" in said.err
    assert said.out == ""


def test_a_disk_that_fills_up_meanwhile_leaves_the_old_picture(blobs, tmp_path, monkeypatch):
    path = tmp_path / "plot.png"
    path.write_bytes(b"old")

    def full(*_arguments, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(plot.OutputError, match=r"No space left on device\. Make room"):
        plot.write_plot(path, [reading(blobs)])
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("plot.png", b"old")]


def test_the_calibration_error_is_that_of_the_bins_drawn():
    rng = np.random.default_rng(0)
    confidence, is_right = rng.uniform(0.1, 1, 500), rng.random(500) < 0.7
    bins = reliability(confidence, is_right)
    has = bins.answers > 0
    gaps = np.abs(bins.right[has] - bins.confidence[has]) / bins.answers[has]
    expected = (gaps * bins.answers[has] / 500).sum()
    assert calibration_error(confidence, is_right) == pytest.approx(expected)
