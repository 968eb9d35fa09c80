"""Real handwriting on photos that are not perfect; `python -m tests.benchmarks photos` has more."""

import pytest

from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights
from tests.benchmarks.photos import DISTURBANCES, accuracy, drawn_photos


@pytest.mark.parametrize("name", ["grain of 20 levels", "all moderate ones"])
def test_disturbed_photos_cost_at_most_one_point(name, photos, recognizer, clean):
    assert accuracy(recognizer, photos, DISTURBANCES[name]) >= clean - 0.01


@pytest.fixture(scope="module")
def photos(pen_file, unipen_dir):
    return drawn_photos([pen_file, unipen_dir / "digits.ndjson"], 100)


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer(bundled_weights())


@pytest.fixture(scope="module")
def clean(recognizer, photos):
    return accuracy(recognizer, photos)
