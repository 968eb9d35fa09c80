"""Digits that need no download."""

import math

import pytest
import torch

from trainer.data.digits import Digits

# The batches here are so small that a second thread costs more than it brings.
torch.set_num_threads(1)


@pytest.fixture
def blobs() -> Digits:
    """640 images that any Net learns at once: digit d is a blob at d o'clock of ten."""
    torch.manual_seed(0)
    labels = torch.arange(10).repeat(64)
    images = torch.randint(0, 40, (640, 28, 28), dtype=torch.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        row = round(13.5 - 9 * math.cos(label * math.tau / 10))
        column = round(13.5 + 9 * math.sin(label * math.tau / 10))
        image[row - 2 : row + 3, column - 2 : column + 3] = 255
    return Digits("blobs", images, labels)
