"""A wider net that learns beside the Net, and that the Net learns from: online distillation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RATE = 0.5
"""The teacher's learning rate, as a share of the Net's."""

_TEMPERATURE = 2.0
_SHARE = 0.9  # of the Net's loss that is about the teacher's answers; the rest is about the labels


class Teacher(nn.Module):
    """Reads images [n, 1, 28, 28] as the Net does; gives logits [n, 10]. 119,698 parameters.

    Its first layer halves the image's sides, so that it is not slower than the Net by as much as it
    is wider. It learns from the same views of the same images at the same time, and so needs no
    training of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_convolution(1, 24, kernel=5, stride=2),
            *_convolution(24, 32),
            *_convolution(32, 32),
            nn.MaxPool2d(2),
            *_convolution(32, 64),
            *_convolution(64, 64),
            nn.MaxPool2d(2, ceil_mode=True),
            *_convolution(64, 64),
        )
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(64 * 4 * 4, 10)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(self.drop(self.body(x).flatten(1)))
        return logits


def _convolution(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def distillation_loss(logits: Tensor, teacher_logits: Tensor, labels: Tensor) -> Tensor:
    """What the Net learns by: to answer like the teacher, and a little by the labels.

    After G. Hinton et al., “Distilling the Knowledge in a Neural Network”, 2015. Nothing of it
    reaches the teacher.
    """
    softened = (teacher_logits.detach() / _TEMPERATURE).softmax(dim=1)
    # The square makes up for the gradients, which are the smaller the higher the temperature.
    like_teacher = _TEMPERATURE**2 * F.cross_entropy(logits / _TEMPERATURE, softened)
    return torch.lerp(F.cross_entropy(logits, labels), like_teacher, _SHARE)
