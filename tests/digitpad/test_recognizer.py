import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from digitpad.ink import Drawing, Stroke, ink_image
from digitpad.network import METADATA_KEY, WeightsError, read_weights
from digitpad.recognizer import Recognizer, softmax
from digitpad.weights_store import bundled_weights

ONE = Drawing((Stroke.from_xy([0, 1], [0, 90]),))
LOGITS = np.random.default_rng(0).normal(0, 5, (50, 10))


def test_a_drawing_is_recognized_by_its_ink_image():
    recognizer = Recognizer(bundled_weights())
    prediction = recognizer.recognize(ONE)
    assert prediction == recognizer.recognize_image(ink_image(ONE))
    assert prediction.digit == 1
    assert prediction.sure
    assert sum(prediction.probabilities) == pytest.approx(1)
    assert recognizer.recognize(Drawing()) is None


def test_the_temperature_divides_the_logits(keep):
    cold, warm = (
        Recognizer(keep(f"{temperature}.safetensors", temperature=temperature))
        for temperature in (1, 4)
    )
    image = ink_image(ONE)
    assert (warm.logits(image[None]) == cold.logits(image[None])).all()
    expected = torch.tensor(cold.logits(image[None])[0] / 4).softmax(dim=0).tolist()
    assert warm.recognize_image(image).probabilities == pytest.approx(expected)
    assert warm.recognize_image(image).probability < cold.recognize_image(image).probability


@pytest.mark.parametrize("temperature", [0.25, 1, 4])
@pytest.mark.parametrize("offset", [0, 1e4])
def test_softmax_is_that_of_torch(temperature, offset):
    expected = (torch.from_numpy(LOGITS) / temperature).softmax(dim=1).numpy()
    np.testing.assert_allclose(softmax(LOGITS + offset, temperature), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("sure", "least_energy", "verdict"),
    [(0.5, -1e3, "sure"), (1.0, -1e3, "unsure"), (0.5, 1e3, "not a digit")],
)
def test_the_weights_bring_the_thresholds_of_the_verdict(keep, sure, least_energy, verdict):
    thresholds = {"sure": sure, "known": {"energy": least_energy, "scale": 1}}
    prediction = Recognizer(keep("mine.safetensors", verdict=thresholds)).recognize(ONE)
    assert (prediction.digit, prediction.verdict) == (1, verdict)
    assert prediction.sure == (verdict == "sure")
    assert prediction.known == (verdict != "not a digit")


def test_weights_whose_logits_could_overflow_are_refused(tmp_path):
    bundled = read_weights(bundled_weights())
    large = {name: np.full_like(tensor, 1e38) for name, tensor in bundled.tensors.items()}
    path = tmp_path / "large.safetensors"
    save_file(large, path, {METADATA_KEY: json.dumps(bundled.metadata)})
    with pytest.raises(WeightsError, match=r"large\.safetensors: the weights are too large"):
        Recognizer(path)
