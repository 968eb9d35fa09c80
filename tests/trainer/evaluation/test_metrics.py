from dataclasses import replace

import numpy as np
import pytest

from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights
from trainer.evaluation.metrics import Evaluation, calibration_error, evaluate, reliability


@pytest.fixture
def evaluation():
    confusion = np.zeros((10, 10), np.int64)
    confusion[3, 3], confusion[3, 8], confusion[8, 8] = 6, 2, 4
    return Evaluation(
        confusion,
        nll=0.5,
        calibration_error=0.02,
        temperature=1.25,
        nll_without_temperature=0.75,
        calibration_error_without_temperature=0.04,
        sure=8,
        sure_correct=7,
    )


def test_counts_follow_from_the_confusion(evaluation):
    assert (evaluation.images, evaluation.correct, evaluation.accuracy) == (12, 10, 10 / 12)
    assert evaluation.recall == [None, None, None, 0.75, None, None, None, None, 1, None]


def test_text_and_json(evaluation):
    lines = evaluation.to_text("some").splitlines()
    assert lines[:5] == [
        "some: accuracy 83.33% (10 of 12)",
        "  negative log-likelihood 0.5000, expected calibration error 2.00%",
        "  without temperature 1.25: 0.7500, 4.00%",
        "  sure: 66.67% of predictions, 87.50% of them correct",
        "  unsure: 4 predictions, 3 correct",
    ]
    assert lines[5].split() == ["digit", "recall", "predicted", "as", *"0123456789"]
    assert lines[9].split() == ["3", "75.00%", *"···6····2·"]
    content = evaluation.to_json()
    assert content["confusion"][3][8] == 2
    assert {
        "images": 12,
        "correct": 10,
        "sure": 8,
        "sure_correct": 7,
        "nll": 0.5,
        "nll_without_temperature": 0.75,
        "calibration_error": 0.02,
        "calibration_error_without_temperature": 0.04,
    }.items() <= content.items()


@pytest.mark.parametrize(
    ("changes", "absent"),
    [
        ({"temperature": 1.0}, "temperature"),
        ({"sure": 0, "sure_correct": 0}, "  sure:"),
        ({"sure": 12, "sure_correct": 10}, "unsure"),
    ],
)
def test_text_omits_what_does_not_apply(evaluation, changes, absent):
    assert absent in evaluation.to_text("some")
    assert absent not in replace(evaluation, **changes).to_text("some")


@pytest.mark.parametrize("temperature", [0.25, 1, 4])
def test_an_evaluation_agrees_with_the_predictions_of_the_pad(keep, blobs, temperature):
    labels = blobs.labels.numpy()
    recognizer = Recognizer(keep("weights.safetensors", temperature=temperature))
    evaluation = evaluate(recognizer.logits(blobs.images.numpy()), labels, temperature)
    predictions = [recognizer.recognize_image(image) for image in blobs.images.numpy()]
    is_correct = [each.digit == label for each, label in zip(predictions, labels, strict=True)]
    is_sure = [each.sure for each in predictions]
    assert evaluation.confusion.sum(axis=1).tolist() == [64] * 10
    assert evaluation.correct == sum(is_correct)
    assert evaluation.sure == sum(is_sure)
    assert evaluation.sure_correct == sum(np.logical_and(is_sure, is_correct))
    likelihoods = [each.probabilities[n] for each, n in zip(predictions, labels, strict=True)]
    assert evaluation.nll == pytest.approx(-np.log(likelihoods).mean())


def test_an_evaluation_has_metrics_with_and_without_temperature(blobs):
    logits = Recognizer(bundled_weights()).logits(blobs.images.numpy())
    plain, warm = (evaluate(logits, blobs.labels.numpy(), temperature) for temperature in (1, 4))
    assert plain.nll == plain.nll_without_temperature == warm.nll_without_temperature != warm.nll
    assert (
        plain.calibration_error
        == plain.calibration_error_without_temperature
        == warm.calibration_error_without_temperature
        != warm.calibration_error
    )


@pytest.mark.parametrize(
    ("confidence", "is_correct", "error"),
    [
        ([0.8] * 5 + [0.5] * 2, [1, 1, 1, 1, 0, 1, 0], 0),  # as confident as correct
        ([1.0, 1.0, 0.2, 0.2], [1, 0, 1, 0], (0.5 + 0.3) / 2),  # over- and underconfident
    ],
)
def test_the_calibration_error_is_the_mean_gap_to_the_accuracy(confidence, is_correct, error):
    found = calibration_error(np.array(confidence), np.array(is_correct, bool))
    assert found == pytest.approx(error)


def test_a_bin_includes_its_lower_edge_and_the_last_one_both():
    confidence = np.array([0.01, 0.5, 0.52, 14 / 15, 1.0])
    bins = reliability(confidence, np.array([False, True, False, True, True]))
    used = [0, 7, 14]
    assert np.flatnonzero(bins.predictions).tolist() == used
    assert bins.predictions[used].tolist() == [1, 2, 2]
    assert bins.correct[used].tolist() == [0, 1, 2]
    assert bins.confidence[used] == pytest.approx([0.01, 1.02, 29 / 15])
