"""The Net: 7 convolutions, 16,426 parameters."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Net(nn.Module):
    """Reads images [n, 1, 28, 28] after the test transform; gives logits [n, 10].

    The layers and their sizes are the paper's. Its table does not say where the non-linearities
    are: here a ReLU follows every batch norm and the first fully connected layer, and none follows
    the 1×1 bottleneck `conv5`, which has no batch norm either.
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
        # Behind a pool, a ReLU has a quarter of the work, and the same outcome as before it.
        x = F.relu(_first_layer(self.conv1, self.bn1, x), inplace=True)
        x = F.relu(self.pool1(self.bn2(self.conv2(x))), inplace=True)
        x = F.relu(self.bn3(self.conv3(x)), inplace=True)
        x = F.relu(self.pool2(self.bn4(self.conv4(x))), inplace=True)
        x = self.conv5(x)
        x = F.relu(self.bn6(self.conv6(x)))
        x = F.relu(self.bn7(self.conv7(x)))
        x = F.relu(self.fc1(x.flatten(1)))
        logits: Tensor = self.fc2(self.drop(x))
        return logits


def _first_layer(convolution: nn.Conv2d, norm: nn.BatchNorm2d, images: Tensor) -> Tensor:
    """The same as `norm(convolution(images))`, but in training with less work.

    There, batch norm's passes over 16 channels of so many pixels take a tenth of a whole step's
    time. But the mean and the variance of what a convolution gives follow from the mean and the
    covariance of the patches that it reads, and these are of 9 pixels each, of images, which need
    no gradient. So they are known beforehand, and the convolution can do the rest.
    """
    if not norm.training:
        normalized: Tensor = norm(convolution(images))
        return normalized
    with torch.autocast(images.device.type, enabled=False):
        patches = images[:, 0].unfold(1, 3, 1).unfold(2, 3, 1)  # [n, 26, 26, 3, 3]
        patches = patches.permute(3, 4, 0, 1, 2).reshape(9, -1)
        pixels = patches.shape[1]
        patch_mean = patches.mean(dim=1)
        covariance = patches @ patches.T / pixels - patch_mean.outer(patch_mean)
        kernels = convolution.weight.flatten(1)  # [16, 9]
        mean = kernels @ patch_mean
        variance = (kernels @ covariance * kernels).sum(dim=1)
        gain = norm.weight * (variance + norm.eps).rsqrt()
        bias = torch.zeros_like(mean) if convolution.bias is None else convolution.bias
    _update(norm, mean + bias, variance * pixels / (pixels - 1))
    weight = gain[:, None, None, None] * convolution.weight
    # The convolution's own bias would shift the mean, and so cancels.
    return F.conv2d(images, weight, norm.bias - gain * mean)


@torch.no_grad()
def _update(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    """Of `norm`, what evaluation goes by."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    assert norm.num_batches_tracked is not None
    assert norm.momentum is not None
    norm.running_mean.lerp_(mean, norm.momentum)
    norm.running_var.lerp_(variance, norm.momentum)
    norm.num_batches_tracked += 1
