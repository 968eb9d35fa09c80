"""The Net: 7 convolutions, 16,426 parameters."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Net(nn.Module):
    """Maps images [n, 1, 28, 28] after the test transform to logits [n, 10].

    The layers and their sizes are the paper's. Its table does not show the non-linearities: here a
    ReLU follows every batch norm and the first fully connected layer, but not the 1×1 bottleneck
    `conv5`, which has no batch norm either.
    """

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 16, 3)
        self.bn2 = nn.BatchNorm2d(16)
        self.pool1 = nn.MaxPool2d(2)
        self.conv3 = nn.Conv2d(16, 16, 3)
        self.bn3 = nn.BatchNorm2d(16)
        self.conv4 = nn.Conv2d(16, 32, 3)
        self.bn4 = nn.BatchNorm2d(32)
        self.pool2 = nn.MaxPool2d(2)
        self.conv5 = nn.Conv2d(32, 8, 1)
        self.conv6 = nn.Conv2d(8, 16, 3, padding=1)
        self.bn6 = nn.BatchNorm2d(16)
        self.conv7 = nn.Conv2d(16, 16, 3)
        self.bn7 = nn.BatchNorm2d(16)
        self.fc1 = nn.Linear(16 * 2 * 2, 40)
        self.drop = nn.Dropout(dropout)
        self.fc2 = nn.Linear(40, 10)

    def forward(self, x: Tensor) -> Tensor:
        # ReLU and max pooling commute, and after the pool ReLU has a quarter of the work.
        x = F.relu(self._first_layer(x), inplace=True)
        x = F.relu(self.pool1(self.bn2(self.conv2(x))), inplace=True)
        x = F.relu(self.bn3(self.conv3(x)), inplace=True)
        x = F.relu(self.pool2(self.bn4(self.conv4(x))), inplace=True)
        x = self.conv5(x)
        x = F.relu(self.bn6(self.conv6(x)))
        x = F.relu(self.bn7(self.conv7(x)))
        x = F.relu(self.fc1(x.flatten(1)))
        logits: Tensor = self.fc2(self.drop(x))
        return logits

    def _first_layer(self, images: Tensor) -> Tensor:
        if self.training:
            return batch_norm_of_convolution(self.bn1, self.conv1, images)
        normalized: Tensor = self.bn1(self.conv1(images))
        return normalized


def batch_norm_of_convolution(norm: nn.BatchNorm2d, conv: nn.Conv2d, images: Tensor) -> Tensor:
    """`norm(conv(images))` in training mode, with less work, for images [n, 1, h, w].

    `conv` has 3×3 kernels, stride 1 and no padding; `images` need no gradient.

    Batch norm's own passes over 16 channels of 26×26 would take a tenth of the time of a training
    step on a CPU. But the mean and the variance of a convolution's outputs follow from the mean and
    the covariance of its input patches, which have only 9 pixels. So both are known before the
    convolution, which can then normalize as well.
    """
    with torch.autocast(images.device.type, enabled=False):
        patches = images[:, 0].unfold(1, 3, 1).unfold(2, 3, 1)  # [n, h − 2, w − 2, 3, 3]
        patches = patches.permute(3, 4, 0, 1, 2).reshape(9, -1)
        kernels = conv.weight.flatten(1)  # [channels, 9]
        n = patches.shape[1]
        centre = patches.mean(dim=1)
        mean = kernels @ centre
        # Not `patches.cov()`, which waits for a GPU.
        covariance = torch.addmm(centre.outer(centre), patches, patches.T, beta=-1, alpha=1 / n)
        variance = (kernels @ covariance * kernels).sum(dim=1)
        gain = norm.weight * (variance + norm.eps).rsqrt()
    _update_running_statistics(norm, conv, mean, variance, n)
    weight = gain[:, None, None, None] * conv.weight
    # The convolution's bias shifts the mean as well, and so cancels.
    return F.conv2d(images, weight, norm.bias - gain * mean)


@torch.no_grad()
def _update_running_statistics(
    norm: nn.BatchNorm2d, conv: nn.Conv2d, mean: Tensor, variance: Tensor, n: int
) -> None:
    """As `norm` itself does, from the statistics of `n` outputs of `conv` without its bias."""
    assert conv.bias is not None
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.num_batches_tracked is not None
    assert norm.momentum is not None
    norm.running_mean.lerp_(mean + conv.bias, norm.momentum)
    norm.running_var.lerp_(variance * n / (n - 1), norm.momentum)
    norm.num_batches_tracked += 1
