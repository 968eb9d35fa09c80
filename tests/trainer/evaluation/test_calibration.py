import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from digitpad.recognizer import Recognizer
from digitpad.verdict import Thresholds, energy, thresholds_from_metadata
from trainer.evaluation.calibration import fit_temperature, fit_thresholds
from trainer.evaluation.metrics import evaluate


@pytest.fixture(scope="module")
def mnist_logits(mnist_test, seed_weights):
    """Logits and labels of MNIST's test set: one half to fit to, the other to evaluate on."""
    images, labels = mnist_test
    logits = Recognizer(seed_weights).logits(images)
    return (logits[:5000], labels[:5000]), (logits[5000:], labels[5000:])


def fit(logits, labels):
    return fit_temperature(torch.from_numpy(logits), torch.tensor(labels).long())


@pytest.mark.parametrize("scale", [3, 1 / 3])
def test_corrects_overconfidence_and_underconfidence_on_other_images(mnist_logits, scale):
    (logits, labels), (other_logits, other_labels) = mnist_logits
    temperature = fit(scale * logits, labels)
    assert temperature == pytest.approx(scale * fit(logits, labels), rel=1e-4)
    evaluation = evaluate(scale * other_logits, other_labels, temperature, Thresholds())
    assert evaluation.nll < 0.8 * evaluation.nll_without_temperature
    assert evaluation.calibration_error < evaluation.calibration_error_without_temperature


def test_the_fitted_temperature_has_the_lowest_loss():
    generator = torch.manual_seed(0)
    labels = torch.randint(10, (500,), generator=generator)
    logits = 4 * torch.randn(500, 10, generator=generator) + 5 * F.one_hot(labels, 10)
    fitted = fit_temperature(logits, labels)
    lower, best, higher = (
        F.cross_entropy(logits.double() / (fitted * factor), labels).item()
        for factor in (0.99, 1, 1.01)
    )
    assert best < min(lower, higher)


@pytest.mark.parametrize("offset", [0, 1])
def test_the_temperature_is_1_if_all_predictions_are_correct_or_all_incorrect(offset):
    logits = 8 * torch.eye(10) + torch.linspace(0, 1, 10)
    assert fit_temperature(logits, (torch.arange(10) + offset) % 10) == 1


def test_one_error_is_enough_to_fit_to():
    logits = 8 * torch.eye(10).repeat(20, 1)
    labels = torch.arange(10).repeat(20)
    labels[0] = 1
    confidence = (logits / fit_temperature(logits, labels)).softmax(dim=1).max(dim=1).values
    assert confidence.tolist() == pytest.approx([199 / 200] * 200)


NONE = np.empty((0, 10))


def flat(*energies):
    """Logits [n, 10] with these energies and equal probabilities."""
    return np.tile(np.array(energies)[:, None] - math.log(10), 10)


def predicting(digit, *probabilities):
    """Logits [n, 10] with an energy of 5, whose most probable digit has these probabilities."""
    logits = np.array([[(1 - each) / 9] * 10 for each in probabilities])
    logits[:, digit] = probabilities
    return np.log(logits) + 5


def test_an_outlier_of_a_higher_energy_than_most_digits_costs_few_of_them():
    """1,000 digits have the energies 10, 10.01, …, 19.99; their median is 14.995."""
    digits = flat(*(10 + np.arange(1_000) / 100))
    labels = np.zeros(1_000, np.int64)
    # 99 % of the outliers are below 10.05: that costs 5 digits, from 10 to 10.04.
    between = fit_thresholds(digits, labels, flat(*[2.0] * 98, 10.05, 10.05, 30), 1.0)
    assert between.energy == pytest.approx(10.05, abs=2e-4)
    # Far lower outliers: 3 of 1,000 digits, 0.3 %, are below 10.02 (index 2.997 rounded down).
    assert fit_thresholds(digits, labels, flat(2, 3), 1.0).energy == pytest.approx(10.02, abs=2e-4)
    # Outliers like digits, or none: 0.8 % would be 7.992 digits, rounded down.
    for outliers in (flat(*[30] * 50), NONE):
        most = fit_thresholds(digits, labels, outliers, 1.0)
        assert most.energy == pytest.approx(10.07, abs=2e-4)
        assert (energy(digits) < most.energy).sum() == 7
    assert most.known(14.995) == pytest.approx(0.99, abs=1e-5)
    assert most.known(most.energy) == 0.5


def test_as_many_predictions_are_sure_as_few_enough_of_them_are_wrong():
    """400 correct ones of 0.92 may have one error among them."""
    probabilities = [0.92] * 400 + [0.94005, 0.80005] + [0.75] * 9
    logits, labels = predicting(3, *probabilities), np.full(411, 3)

    def sure(logits, temperature=1.0):
        return fit_thresholds(logits, labels, NONE, temperature).sure

    labels[[400, 401]] = 5
    assert sure(logits) == 0.8001  # from 0.8 on, 2 of 402 are wrong; above it, 1 of 401 is
    assert sure(2 * logits, temperature=2) == 0.8001  # the same probabilities
    labels[401] = 3
    assert sure(logits) == 0.7  # the lowest that there is
    labels[:2] = 5
    assert sure(logits) == 0.9401  # 3 of 401 are wrong from 0.92 on, and the only one above it
    labels[402:] = 5
    assert sure(predicting(3, *[0.96] * 411)) == 0.95  # the highest that there is


def test_errors_that_are_not_a_digit_do_not_count():
    far = predicting(3, *[0.94005] * 7) - 20
    logits = np.concatenate([predicting(3, *[0.9] * 993), far])
    labels = np.array([3] * 993 + [5] * 7)
    assert fit_thresholds(logits, labels, flat(-17), 1.0).sure == 0.9401  # the outlier is lower
    assert fit_thresholds(logits, labels, flat(5), 1.0).sure == 0.7


@pytest.mark.parametrize("outliers", [NONE, flat(1), flat(50)])
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("label", [3, 5])
def test_a_few_digits_are_enough_for_thresholds_that_a_weights_file_can_hold(n, outliers, label):
    logits = predicting(3, *[1 - 1e-12] * n)
    thresholds = fit_thresholds(logits, np.full(n, label), outliers, 1.0)
    assert thresholds_from_metadata({"verdict": thresholds.to_metadata()}) == thresholds
    assert all(energy(logits) >= thresholds.energy)


def test_the_thresholds_of_real_digits_and_outliers(mnist_logits):
    """Fitted to half of MNIST's test set, they cost about as much of the other half."""
    (logits, labels), (other_logits, other_labels) = mnist_logits
    thresholds = fit_thresholds(logits, labels, logits[:500] / 4, 1.0)
    evaluation = evaluate(other_logits, other_labels, 1.0, thresholds)
    assert evaluation.not_a_digit / evaluation.images < 0.012
    assert evaluation.sure / evaluation.images > 0.96
    assert evaluation.sure_correct / evaluation.sure > 0.995
