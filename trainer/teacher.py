"""Online distillation: a wider net that is trained along with the Net and teaches it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TEACHER_LR_RATIO = 0.5
"""The teacher's learning rate relative to the Net's."""

_TEMPERATURE = 2.0
_TEACHER_SHARE = 0.9  # of the Net's loss; the labels have the rest


class Teacher(nn.Module):
    """Maps images [n, 1, 28, 28] after the test transform to logits [n, 10]. 119,698 parameters.

    Its first layer has stride 2, so it costs less time than its width suggests. It learns from the
    same augmented batches as the Net, at the same time, and needs no training beforehand.
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
    """The Net's loss: mostly cross entropy with the teacher's answers, a tenth with the labels.

    After G. Hinton et al., “Distilling the Knowledge in a Neural Network”, 2015. No gradient
    reaches the teacher.
    """
    targets = (teacher_logits.detach() / _TEMPERATURE).softmax(dim=1)
    # The gradient shrinks with the square of the temperature; the factor makes up for it.
    from_teacher = _TEMPERATURE**2 * F.cross_entropy(logits / _TEMPERATURE, targets)
    return torch.lerp(F.cross_entropy(logits, labels), from_teacher, _TEACHER_SHARE)
