import base64

import numpy as np
import torch

from trainer.data.digits import Digits
from trainer.evaluation.examples import examples


def test_the_examples_are_the_first_images_of_each_cell():
    images = torch.arange(40, dtype=torch.uint8)[:, None, None].expand(40, 28, 28)
    labels = torch.tensor([3] * 20 + [8] * 20)
    predicted = np.array([3] * 15 + [8] * 5 + [8] * 20)
    numbers = {}
    for i, j, content in examples(Digits("some", images, labels), predicted):
        image = base64.b64decode(content)
        assert image == image[:1] * 784
        numbers.setdefault((i, j), []).append(image[0])
    assert numbers == {
        (3, 3): list(range(12)),
        (3, 8): list(range(15, 20)),
        (8, 8): list(range(20, 32)),
    }
