import pytest
import torch
import torch.nn.functional as F

from digitpad.recognizer import Recognizer
from trainer.evaluation.calibration import fit_temperature
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
    evaluation = evaluate(scale * other_logits, other_labels, temperature)
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
