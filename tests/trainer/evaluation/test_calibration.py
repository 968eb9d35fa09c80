import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from digitpad.network import METADATA_KEY, Network, read_weights
from digitpad.recognizer import Recognizer, transform
from trainer.data.digits import Digits
from trainer.evaluation.calibration import fit_temperature
from trainer.evaluation.metrics import measure

OUTPUT = ("fc2.weight", "fc2.bias")
SEED_WEIGHTS = Path(__file__).parents[2] / "data" / "seed.safetensors"


@pytest.fixture
def make(tmp_path):
    """A weights file with the paper's net, as sure of itself as it is, or that times as sure."""

    def make_(sureness=1.0, **metadata):
        seed = read_weights(SEED_WEIGHTS)
        sure = {name: seed.tensors[name] * np.float32(sureness) for name in OUTPUT}
        path = tmp_path / "net.safetensors"
        content = json.dumps(seed.metadata | metadata)
        save_file(seed.tensors | sure, path, {METADATA_KEY: content})
        return path

    return make_


@pytest.fixture
def halves(mnist_test):
    """The test set's first half, to fit to, and its second, to see what came of that."""
    images, labels = mnist_test
    digits = Digits("test", torch.tensor(images), torch.tensor(labels).long())
    return digits.part(slice(5000), "first half"), digits.part(slice(5000, None), "second half")


def fit(path, digits):
    logits = Network(read_weights(path)).logits(transform(digits.images.numpy()))
    return fit_temperature(torch.from_numpy(logits), digits.labels)


@pytest.mark.parametrize("sureness", [3, 1 / 3])
def test_mends_a_net_that_is_too_sure_or_not_sure_enough(make, halves, sureness):
    first, second = halves
    proper = fit(make(), first)
    temperature = fit(make(sureness), first)
    assert temperature == pytest.approx(sureness * proper, rel=1e-4)
    evaluation = measure(Recognizer(make(sureness, temperature=temperature)), second)
    assert evaluation.nll < 0.8 * evaluation.nll_without_temperature
    assert evaluation.calibration_error < evaluation.calibration_error_without_temperature
    untouched = measure(Recognizer(make(sureness)), second)
    np.testing.assert_array_equal(evaluation.confusion, untouched.confusion)
    mended = measure(Recognizer(make(1, temperature=proper)), second)
    assert evaluation.nll == pytest.approx(mended.nll, rel=1e-4)


def test_no_other_temperature_makes_the_labels_likelier():
    generator = torch.manual_seed(0)
    labels = torch.randint(10, (500,), generator=generator)
    logits = 4 * torch.randn(500, 10, generator=generator) + 5 * F.one_hot(labels, 10)
    fitted = fit_temperature(logits, labels)
    nll = [
        F.cross_entropy(logits.double() / (fitted * by), labels).item() for by in (0.99, 1, 1.01)
    ]
    assert nll[1] < min(nll[0], nll[2])


def test_labels_drawn_from_the_probabilities_have_the_temperature_1():
    torch.manual_seed(0)
    logits = 2 * torch.randn(200_000, 10)
    labels = logits.softmax(dim=1).multinomial(1)[:, 0]
    assert fit_temperature(logits, labels) == pytest.approx(1, abs=0.02)
    assert fit_temperature(5 * logits, labels) == pytest.approx(5, rel=0.02)


@pytest.mark.parametrize("wrong_by", [0, 1])
def test_where_all_answers_are_right_or_all_wrong_nothing_is_changed(wrong_by):
    logits = 8 * torch.eye(10) + torch.linspace(0, 1, 10)
    assert fit_temperature(logits, (torch.arange(10) + wrong_by) % 10) == 1


def test_one_wrong_answer_is_enough_to_fit_to():
    logits = 8 * torch.eye(10).repeat(20, 1)
    labels = torch.arange(10).repeat(20)
    labels[0] = 1
    probability = (logits / fit_temperature(logits, labels)).softmax(dim=1).max(dim=1).values
    assert probability.tolist() == pytest.approx([199 / 200] * 200)
