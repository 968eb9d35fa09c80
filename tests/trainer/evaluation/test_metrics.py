import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from digitpad.recognizer import Recognizer
from digitpad.verdict import NOT_A_DIGIT, Thresholds, energy
from digitpad.weights_store import bundled_weights
from trainer.data.digits import Digits
from trainer.evaluation.metrics import (
    Evaluation,
    OutlierEvaluation,
    WriterAccuracies,
    calibration_error,
    evaluate,
    evaluate_split,
    reliability,
    writer_accuracies,
)


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
        unsure=3,
        unsure_correct=2,
        writers=WriterAccuracies(4, "ann", 0.8, 1),
    )


def test_counts_follow_from_the_confusion(evaluation):
    assert (evaluation.images, evaluation.correct, evaluation.accuracy) == (12, 10, 10 / 12)
    assert evaluation.recall == [None, None, None, 0.75, None, None, None, None, 1, None]


def test_text_and_json(evaluation):
    lines = evaluation.to_text("some").splitlines()
    assert lines[:7] == [
        "some: accuracy 83.33% (10 of 12)",
        "  negative log-likelihood 0.5000, expected calibration error 2.00%",
        "  without temperature 1.25: 0.7500, 4.00%",
        "  sure: 66.67% of predictions, 87.50% of them correct",
        "  unsure: 3 predictions, 2 correct",
        "  not a digit: 1 (8.33%)",
        "  writers: 4 with at least 20 digits, the worst ann at 80.00%, 1 below 95%",
    ]
    assert lines[7].split() == ["digit", "recall", "predicted", "as", *"0123456789"]
    assert lines[11].split() == ["3", "75.00%", *"···6····2·"]
    content = evaluation.to_json()
    assert content["confusion"][3][8] == 2
    assert {
        "images": 12,
        "correct": 10,
        "sure": 8,
        "sure_correct": 7,
        "unsure": 3,
        "not_a_digit": 1,
        "writers": {"writers": 4, "worst": "ann", "worst_accuracy": 0.8, "below_95": 1},
        "nll": 0.5,
        "nll_without_temperature": 0.75,
        "calibration_error": 0.02,
        "calibration_error_without_temperature": 0.04,
    }.items() <= content.items()
    assert "writers" not in replace(evaluation, writers=None).to_json()


@pytest.mark.parametrize(
    ("changes", "absent"),
    [
        ({"temperature": 1.0}, "temperature"),
        ({"sure": 0, "sure_correct": 0}, "  sure:"),
        ({"sure": 12, "sure_correct": 10, "unsure": 0}, "unsure"),
        ({"unsure": 4}, "not a digit"),
        ({"writers": None}, "writers"),
    ],
)
def test_text_omits_what_does_not_apply(evaluation, changes, absent):
    assert absent in evaluation.to_text("some")
    assert absent not in replace(evaluation, **changes).to_text("some")


@pytest.mark.parametrize("temperature", [0.25, 1, 4])
def test_an_evaluation_agrees_with_the_predictions_of_the_pad(keep, blobs, temperature):
    labels = blobs.labels.numpy()
    logits = Recognizer(bundled_weights()).logits(blobs.images.numpy())
    thresholds = Thresholds(sure=0.8, energy=float(np.quantile(energy(logits), 0.2)))
    path = keep("weights.safetensors", temperature=temperature, verdict=thresholds.to_metadata())
    recognizer = Recognizer(path)
    evaluation = evaluate(logits, labels, temperature, recognizer.thresholds)
    predictions = [recognizer.recognize_image(image) for image in blobs.images.numpy()]
    is_correct = [each.digit == label for each, label in zip(predictions, labels, strict=True)]
    is_sure = [each.sure for each in predictions]
    assert evaluation.confusion.sum(axis=1).tolist() == [64] * 10
    assert evaluation.correct == sum(is_correct)
    assert evaluation.sure == sum(is_sure)
    assert evaluation.sure_correct == sum(np.logical_and(is_sure, is_correct))
    verdicts = [each.verdict for each in predictions]
    assert evaluation.unsure == verdicts.count("unsure")
    assert evaluation.not_a_digit == verdicts.count("not a digit") > 0
    is_unsure = [verdict == "unsure" for verdict in verdicts]
    assert evaluation.unsure_correct == sum(np.logical_and(is_unsure, is_correct))
    outliers = Digits("the same", blobs.images, torch.full((640,), NOT_A_DIGIT))
    assert evaluate_split(outliers, logits, temperature, recognizer.thresholds) == (
        OutlierEvaluation(640, sure=evaluation.sure, unsure=evaluation.unsure)
    )
    likelihoods = [each.probabilities[n] for each, n in zip(predictions, labels, strict=True)]
    assert evaluation.nll == pytest.approx(-np.log(likelihoods).mean())


def test_an_evaluation_has_metrics_with_and_without_temperature(blobs):
    logits = Recognizer(bundled_weights()).logits(blobs.images.numpy())
    plain, warm = (
        evaluate(logits, blobs.labels.numpy(), temperature, Thresholds()) for temperature in (1, 4)
    )
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


def test_the_verdicts_on_outliers_as_text_and_json():
    evaluation = OutlierEvaluation(images=2_000, sure=20, unsure=40)
    line = "letters: not a digit 97.00%, unsure 2.00%, sure 1.00% (of 2,000)"
    assert evaluation.headline("letters") == evaluation.to_text("letters") == line
    content = {"images": 2_000, "sure": 20, "unsure": 40, "not_a_digit": 1_940}
    assert json.loads(json.dumps(evaluation.to_json())) == content


def test_writers_with_enough_digits_have_an_accuracy():
    """Ann has 19 of 20 correct, Ben 17 of 20, and Cid all of 40; Dot has written only 19."""
    writers = ["ann", "ben"] * 20 + ["cid"] * 40 + ["dot"] * 19 + [None] * 30
    is_correct = np.ones(len(writers), bool)
    is_correct[[0, 1, 3, 5]] = False  # one of Ann's, three of Ben's
    is_correct[80:] = False
    found = writer_accuracies(writers, is_correct)
    assert found == WriterAccuracies(writers=3, worst="ben", worst_accuracy=0.85, below_95=1)
    assert writer_accuracies(writers[80:], is_correct[80:]) is None


def test_an_evaluation_of_a_split_tells_its_writers_apart(blobs):
    logits = Recognizer(bundled_weights()).logits(blobs.images.numpy())
    predicted = torch.from_numpy(logits.argmax(axis=1))
    right, wrong = predicted[:40], (predicted[40:80] + 1) % 10
    split = Digits("some", blobs.images[:80], torch.cat([right, wrong]), ("a",) * 40 + ("b",) * 40)
    evaluation = evaluate_split(split, logits[:80], 1.0, Thresholds())
    assert evaluation.writers == WriterAccuracies(2, "b", 0.0, 1)
