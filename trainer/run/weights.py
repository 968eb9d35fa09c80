"""Writes weights files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from digitpad.files import replacing
from digitpad.network import ARCHITECTURE, METADATA_KEY, TENSOR_SHAPES, TRANSFORM
from trainer.net import Net


def write_weights(path: Path, net: Net, metadata: dict[str, Any]) -> None:
    """Write `net` and its metadata to `path`, whole or not at all.

    `metadata` is JSON; the architecture and the test transform are added to it. Raises OSError if
    the file cannot be written; an existing file then stays as it was.
    """
    tensors = {
        name: tensor.to("cpu", torch.float32).contiguous()
        for name, tensor in net.state_dict().items()
        if name in TENSOR_SHAPES  # all but batch norm's count of batches
    }
    content = {"architecture": ARCHITECTURE, "transform": TRANSFORM, **metadata}
    with replacing(path) as file:
        file.write(save(tensors, {METADATA_KEY: json.dumps(content)}))
