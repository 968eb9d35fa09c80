from dataclasses import replace

import numpy as np
import pytest
import torch

from digitpad.recognizer import Recognizer
from trainer.data.digits import Digits
from trainer.evaluation.metrics import Evaluation, calibration_error, measure
from trainer.loop import accuracy
from trainer.net import Net
from trainer.run.weights import write_weights


@pytest.fixture
def evaluation():
    confusion = np.zeros((10, 10), np.int64)
    confusion[3, 3], confusion[3, 8], confusion[8, 8] = 6, 2, 4
    return Evaluation(
        "some",
        confusion,
        nll=0.5,
        calibration_error=0.02,
        temperature=1.25,
        nll_without_temperature=0.75,
        calibration_error_without_temperature=0.04,
        sure=8,
        sure_right=7,
    )


def test_counts(evaluation):
    assert (evaluation.images, evaluation.right) == (12, 10)
    assert evaluation.accuracy == 10 / 12
    assert evaluation.recall[3] == 0.75
    assert evaluation.recall[8] == 1
    assert evaluation.recall[0] is None  # there is none


def test_as_text_and_json(evaluation):
    first, second, third, sure, unsure, *_ = evaluation.to_text().splitlines()
    assert first == "some: 83.33% right (10 of 12)"
    assert second == "  negative log-likelihood 0.5000, expected calibration error 2.00%"
    assert third == "  without the temperature 1.25: 0.7500, 4.00%"
    assert sure == "  sure of 66.67%: 87.50% of these answers right"
    assert unsure == "  not sure of 4: 3 of these right"
    row = next(line for line in evaluation.to_text().splitlines() if line.startswith("      3"))
    assert row.split() == ["3", "75.00%", *"···6····2·"]
    content = evaluation.to_json()
    assert content["split"] == "some"
    assert (content["images"], content["right"]) == (12, 10)
    assert content["confusion"][3][8] == 2
    assert (content["sure"], content["sure_right"]) == (8, 7)
    assert (content["nll"], content["nll_without_temperature"]) == (0.5, 0.75)
    assert content["calibration_error"] == 0.02
    assert content["calibration_error_without_temperature"] == 0.04


def test_a_temperature_that_changes_nothing_is_not_told(evaluation):
    text = replace(evaluation, temperature=1.0).to_text()
    assert "temperature" not in text
    assert len(text.splitlines()) == len(evaluation.to_text().splitlines()) - 1


def test_measures_what_the_trainers_net_reads(blobs, tmp_path):
    torch.manual_seed(5)
    net = Net()
    net(torch.randn(64, 1, 28, 28))  # so that batch norm has seen something
    path = tmp_path / "net.safetensors"
    write_weights(path, net, {})
    evaluation = measure(Recognizer(path), blobs)
    assert evaluation.accuracy == accuracy(net, blobs)
    assert evaluation.confusion.sum(axis=1).tolist() == [64] * 10
    part = measure(Recognizer(path), Digits("one", blobs.images[:1], blobs.labels[:1]))
    assert part.images == 1


def test_counts_as_sure_what_the_pad_gives_as_sure(keep, blobs):
    recognizer = Recognizer(keep("weights.safetensors"))
    answers = [recognizer.recognize_image(image) for image in blobs.images.numpy()]
    is_right = [a.digit == label for a, label in zip(answers, blobs.labels.tolist(), strict=True)]
    evaluation = measure(recognizer, blobs)
    assert 0 < evaluation.sure == sum(answer.sure for answer in answers) < len(blobs)
    assert evaluation.sure_right == sum(
        answer.sure and right for answer, right in zip(answers, is_right, strict=True)
    )


def test_says_nothing_of_answers_that_there_are_none_of(evaluation):
    none = replace(evaluation, sure=0, sure_right=0).to_text()
    assert "not sure of 12: 10 of these right" in none
    assert "answers right" not in none
    assert "not sure" not in replace(evaluation, sure=12, sure_right=10).to_text()


@pytest.mark.parametrize("temperature", [0.25, 1, 4])
def test_measures_with_the_temperature_and_without(keep, blobs, temperature):
    plain = measure(Recognizer(keep("plain.safetensors", temperature=1)), blobs)
    warm = measure(Recognizer(keep("warm.safetensors", temperature=temperature)), blobs)
    assert (plain.temperature, warm.temperature) == (1, temperature)
    assert plain.nll == pytest.approx(plain.nll_without_temperature)
    assert warm.nll_without_temperature == pytest.approx(plain.nll)
    assert warm.calibration_error_without_temperature == pytest.approx(plain.calibration_error)
    assert (warm.nll == pytest.approx(plain.nll)) == (temperature == 1)
    np.testing.assert_array_equal(warm.confusion, plain.confusion)


def test_answers_as_often_right_as_they_say_have_no_calibration_error():
    confidence = np.array([0.8] * 5 + [0.5] * 2)
    is_right = np.array([True] * 4 + [False] + [True, False])
    assert calibration_error(confidence, is_right) == pytest.approx(0)


def test_the_calibration_error_is_the_mean_gap_whatever_its_direction():
    confidence = np.array([1.0, 1.0, 0.2, 0.2])
    is_right = np.array([True, False, True, False])
    assert calibration_error(confidence, is_right) == pytest.approx((0.5 + 0.3) / 2)
