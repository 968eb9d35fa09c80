import base64

import numpy as np
import torch

from digitpad.weights_store import bundled_weights
from trainer.data.digits import Digits
from trainer.evaluation.examples import RememberingRecognizer, examples


def test_each_cell_has_its_first_images():
    images = torch.arange(40, dtype=torch.uint8)[:, None, None].expand(40, 28, 28)
    labels = torch.tensor([3] * 20 + [8] * 20)
    read = np.array([3] * 15 + [8] * 5 + [8] * 20)
    found = examples(Digits("some", images, labels), read)
    numbers = {}
    for i, j, content in found:
        image = base64.b64decode(content)
        assert image == image[:1] * 784
        numbers.setdefault((i, j), []).append(image[0])
    assert numbers == {
        (3, 3): list(range(12)),
        (3, 8): list(range(15, 20)),
        (8, 8): list(range(20, 32)),
    }


def test_what_was_read_is_remembered(blobs):
    recognizer = RememberingRecognizer(bundled_weights())
    probabilities = recognizer.probabilities(blobs.images.numpy())
    assert np.array_equal(recognizer.remembered, probabilities)
