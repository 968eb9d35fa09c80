import json
import math

import numpy as np
import pytest
import torch

from digitpad.network import WeightsError
from digitpad.recognizer import Recognizer
from digitpad.verdict import Thresholds, energy, thresholds_from_metadata

THRESHOLDS = Thresholds(sure=0.8, energy=5.0, scale=2.0)


@pytest.mark.parametrize(
    ("probability", "level", "verdict"),
    [
        (0.99, 4.9, "not a digit"),
        (0.99, 5.0, "sure"),
        (0.8, 9.0, "sure"),
        (0.79, 9.0, "unsure"),
        (0.79, -9.0, "not a digit"),
    ],
)
def test_the_energy_decides_what_is_a_digit_and_the_probability_what_is_sure(
    probability, level, verdict
):
    assert THRESHOLDS.verdict(probability, level) == verdict
    assert (THRESHOLDS.known(level) >= 0.5) == (verdict != "not a digit")


def test_known_is_a_logistic_function_of_the_energy():
    for level in (-1e4, 0.0, 5.0, 7.0, 1e4):
        expected = torch.tensor((level - 5) / 2, dtype=torch.float64).sigmoid().item()
        assert THRESHOLDS.known(level) == pytest.approx(expected)


def test_without_thresholds_everything_is_a_digit_and_sure_from_90_percent():
    thresholds = thresholds_from_metadata({})
    assert thresholds.verdict(0.9, -1e4) == "sure"
    assert thresholds.verdict(0.89, -1e4) == "unsure"
    assert thresholds.known(-1e4) == 1


def test_thresholds_survive_the_metadata():
    metadata = {"verdict": json.loads(json.dumps(THRESHOLDS.to_metadata()))}
    assert thresholds_from_metadata(metadata) == THRESHOLDS


@pytest.mark.parametrize(
    "verdict",
    [
        None,
        {},
        {"sure": 0.9},
        {"sure": 2, "known": {"energy": 1, "scale": 1}},
        {"sure": "0.9", "known": {"energy": 1, "scale": 1}},
        {"sure": 0.9, "known": {"energy": 1, "scale": 0}},
        {"sure": 0.9, "known": {"energy": math.nan, "scale": 1}},
        {"sure": 0.9, "known": {"energy": math.inf, "scale": 1}},
        {"sure": 0.9, "known": {"energy": 1, "scale": math.inf}},
    ],
)
def test_weights_with_impossible_thresholds_are_refused(verdict, keep):
    path = keep("odd.safetensors", verdict=verdict)
    with pytest.raises(WeightsError, match=r"odd\.safetensors: the metadata's verdict must have"):
        Recognizer(path)


@pytest.mark.parametrize("offset", [-1e4, 0, 1e4])
def test_energy_is_torch_logsumexp(offset):
    logits = np.random.default_rng(0).normal(offset, 5, (50, 10))
    np.testing.assert_allclose(energy(logits), torch.from_numpy(logits).logsumexp(dim=1))
