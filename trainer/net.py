"""The Net: 7 convolutions, 16,426 parameters."""

from __future__ import annotations

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
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.relu(self.pool1(self.bn2(self.conv2(x))), inplace=True)
        x = F.relu(self.bn3(self.conv3(x)), inplace=True)
        x = F.relu(self.pool2(self.bn4(self.conv4(x))), inplace=True)
        x = self.conv5(x)
        x = F.relu(self.bn6(self.conv6(x)))
        x = F.relu(self.bn7(self.conv7(x)))
        x = F.relu(self.fc1(x.flatten(1)))
        logits: Tensor = self.fc2(self.drop(x))
        return logits
