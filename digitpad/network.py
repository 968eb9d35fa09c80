"""The Net's forward pass in NumPy, and reading its weights file.

The Net is so small that NumPy is faster than torch, and a window without torch opens in a fraction
of the time. `trainer.net` defines the layers; a test checks that both compute the same logits.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize

from digitpad.files import open_regular
from digitpad.text import quoted, shortened

Array = NDArray[np.float32]

ARCHITECTURE = "Net-16426"
"""The `architecture` in a weights file's metadata: the Net with its 16,426 parameters."""

METADATA_KEY = "digitpad"
"""The key of digitpad's metadata in a weights file. The value is a JSON object."""

MEAN, STD = 0.1407, 0.4081
"""Constants of the test transform: an ink image's pixels / 255, − MEAN, / STD."""

TRANSFORM = {"scale": 255, "mean": MEAN, "std": STD}
"""The test transform in a weights file's metadata: pixels / scale, − mean, / std."""

FEATURES = (128, 64)
"""Numbers of features of the outputs of `conv5` and of `conv7`."""

MAX_WEIGHTS_BYTES = 1 << 20
"""Maximum size of a weights file. The Net takes 66 kB, and the history of 9,999 epochs 450 kB."""

_LOWEST_TEMPERATURE = 1e-9

_BATCH_NORM_EPSILON = 1e-5

# Images per pass: so few that an unfolded layer fits into the processor's cache.
_CHUNK = 32


def _tensor_shapes() -> dict[str, tuple[int, ...]]:
    """The shapes of a weights file's tensors, by their names in torch's `state_dict`."""
    convolutions = {  # name: (out, in, kernel, followed by batch norm)
        "1": (16, 1, 3, True),
        "2": (16, 16, 3, True),
        "3": (16, 16, 3, True),
        "4": (32, 16, 3, True),
        "5": (8, 32, 1, False),
        "6": (16, 8, 3, True),
        "7": (16, 16, 3, True),
    }
    shapes: dict[str, tuple[int, ...]] = {}
    for number, (out, into, kernel, has_norm) in convolutions.items():
        shapes[f"conv{number}.weight"] = (out, into, kernel, kernel)
        shapes[f"conv{number}.bias"] = (out,)
        if has_norm:
            for part in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"bn{number}.{part}"] = (out,)
    shapes |= {"fc1.weight": (40, 64), "fc1.bias": (40,)}
    shapes |= {"fc2.weight": (10, 40), "fc2.bias": (10,)}
    return shapes


TENSOR_SHAPES = _tensor_shapes()


class WeightsError(Exception):
    """A weights file cannot be used. The message names the file and the problem."""


@dataclass(frozen=True)
class Weights:
    """The validated content of a weights file."""

    tensors: dict[str, Array]
    """The tensors of `TENSOR_SHAPES`, float32 and finite."""
    metadata: dict[str, Any]
    """The JSON object written by `trainer.run.weights`."""


def read_weights(path: Path) -> Weights:
    """Read and validate a weights file. Raises WeightsError if it cannot be used."""
    try:
        with open_regular(path, MAX_WEIGHTS_BYTES) as file:
            content = file.read()
        parts = dict(deserialize(content))  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        raise WeightsError(f"{path}: there is no such file") from None
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from None
    except SafetensorError as error:
        raise WeightsError(f"{path}: not a complete safetensors file ({error})") from None
    metadata = _metadata(path, _header(content).get("__metadata__", {}))
    for name in sorted(TENSOR_SHAPES.keys() - parts.keys()):
        raise WeightsError(f"{path}: the tensor {name} is missing")
    for name in sorted(parts.keys() - TENSOR_SHAPES.keys()):
        raise WeightsError(f"{path}: the tensor {shortened(name)} does not belong to the Net")
    return Weights({name: _tensor(path, name, parts[name]) for name in TENSOR_SHAPES}, metadata)


def _header(content: bytes) -> dict[str, Any]:
    """The header of safetensors: its length in 8 bytes, then JSON. `deserialize` has checked it."""
    end = 8 + int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8:end])
    return header


def _tensor(path: Path, name: str, part: dict[str, Any]) -> Array:
    if part["dtype"] != "F32":
        raise WeightsError(f"{path}: the tensor {name} is {part['dtype']}, not F32")
    shape = tuple(part["shape"])
    if shape != TENSOR_SHAPES[name]:
        raise WeightsError(
            f"{path}: the tensor {name} has the shape {quoted(list(shape))}, "
            f"not {list(TENSOR_SHAPES[name])}"
        )
    tensor: Array = np.frombuffer(part["data"], "<f4").reshape(shape).astype(np.float32)
    if not np.isfinite(tensor).all():
        raise WeightsError(f"{path}: the tensor {name} holds NaN or infinite values")
    if name.endswith("running_var") and tensor.min() < 0:
        raise WeightsError(f"{path}: the tensor {name} holds a negative variance")
    return tensor


def _metadata(path: Path, raw: dict[str, str]) -> dict[str, Any]:
    if METADATA_KEY not in raw:
        raise WeightsError(f"{path}: the metadata has no key {METADATA_KEY!r}")
    try:
        metadata = json.loads(raw[METADATA_KEY])
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: the metadata {METADATA_KEY!r} is not JSON: {error}") from None
    expected = {"architecture": ARCHITECTURE, "transform": TRANSFORM}
    for key, value in expected.items():
        found = metadata.get(key) if isinstance(metadata, dict) else None
        if found != value:
            raise WeightsError(f"{path}: the metadata's {key} is {quoted(found)}, not {value!r}")
    temperature = metadata.get("temperature", 1.0)
    is_number = type(temperature) in (int, float)  # not bool
    if not (is_number and _LOWEST_TEMPERATURE <= temperature <= 1 / _LOWEST_TEMPERATURE):
        raise WeightsError(
            f"{path}: the metadata's temperature is {quoted(temperature)}, not a number from "
            f"{_LOWEST_TEMPERATURE:g} to {1 / _LOWEST_TEMPERATURE:g}"
        )
    return dict(metadata)


class Network:
    """The Net's forward pass, with each batch norm folded into the preceding convolution."""

    def __init__(self, weights: Weights) -> None:
        self._convolutions = {n: _folded(weights.tensors, n) for n in range(1, 8)}
        self._fully_connected = [
            (
                np.ascontiguousarray(weights.tensors[f"fc{n}.weight"].T),
                weights.tensors[f"fc{n}.bias"],
            )
            for n in (1, 2)
        ]

    def bound(self) -> float:
        """Upper bound for the absolute logits of any image; infinite if a logit could overflow."""
        largest = max(MEAN, 1 - MEAN) / STD  # absolute input
        layers = [(weight, bias) for weight, bias, _ in self._convolutions.values()]
        for weight, bias in layers + self._fully_connected:
            largest = float(
                (largest * np.abs(weight, dtype=np.float64).sum(0) + np.abs(bias)).max()
            )
            if not largest <= np.finfo(np.float32).max:
                return math.inf
        return largest

    def logits(self, images: Array) -> Array:
        """Compute the logits [n, 10] of test-transformed images, float32 [n, 28, 28].

        Raises ValueError for other shapes.
        """
        return self.outputs(images)[0]

    def outputs(self, images: Array) -> tuple[Array, Array]:
        """The `logits`, and the features [n, 192] that they come from.

        These are the outputs of `conv5`, then those of `conv7`. Raises ValueError for other shapes.
        """
        if images.ndim != 3 or images.shape[1:] != (28, 28):
            raise ValueError(f"the Net takes images [n, 28, 28], not {list(images.shape)}")
        chunks = [self._forward(images[i : i + _CHUNK]) for i in range(0, len(images), _CHUNK)]
        if not chunks:
            return np.empty((0, 10), np.float32), np.empty((0, sum(FEATURES)), np.float32)
        logits, features = zip(*chunks, strict=True)
        return np.concatenate(logits), np.concatenate(features)

    def _forward(self, images: Array) -> tuple[Array, Array]:
        x = np.ascontiguousarray(images[..., None], dtype=np.float32)  # [n, 28, 28, 1]
        x = _relu(self._convolve(1, x))
        x = _pool(_relu(self._convolve(2, x)))  # [n, 12, 12, 16]
        x = _relu(self._convolve(3, x))
        x = _pool(_relu(self._convolve(4, x)))  # [n, 4, 4, 32]
        x = self._convolve(5, x)
        bottleneck = x.reshape(len(x), -1)
        x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        x = _relu(self._convolve(6, x))
        x = _relu(self._convolve(7, x))  # [n, 2, 2, 16]
        x = x.transpose(0, 3, 1, 2).reshape(len(x), 64)  # torch flattens channels first
        (weight1, bias1), (weight2, bias2) = self._fully_connected
        logits = _relu(x @ weight1 + bias1) @ weight2 + bias2
        return logits, np.concatenate([bottleneck, x], axis=1)

    def _convolve(self, number: int, x: Array) -> Array:
        """Apply convolution `number` to [n, h, w, c]: a matrix product over unfolded windows."""
        weight, bias, kernel = self._convolutions[number]
        n, height, width, channels = x.shape
        height, width = height - kernel + 1, width - kernel + 1
        in_n, in_y, in_x, in_c = x.strides
        windows = as_strided(
            x,
            (n, height, width, kernel, kernel, channels),
            (in_n, in_y, in_x, in_y, in_x, in_c),
            writeable=False,
        )
        out = windows.reshape(n * height * width, -1) @ weight
        out += bias
        return out.reshape(n, height, width, -1)


def _folded(tensors: dict[str, Array], number: int) -> tuple[Array, Array, int]:
    """Convolution `number`: a matrix [kernel · kernel · in, out], a bias [out], the kernel size."""
    weight = tensors[f"conv{number}.weight"].astype(np.float64)
    bias = tensors[f"conv{number}.bias"].astype(np.float64)
    if f"bn{number}.weight" in tensors:
        gain, shift, mean, variance = (
            tensors[f"bn{number}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        gain = gain / np.sqrt(variance + _BATCH_NORM_EPSILON)
        weight = weight * gain[:, None, None, None]
        bias = (bias - mean) * gain + shift
    out, _, kernel, _ = weight.shape
    matrix = weight.transpose(2, 3, 1, 0).reshape(-1, out)
    return np.ascontiguousarray(matrix, np.float32), bias.astype(np.float32), kernel


def _relu(x: Array) -> Array:
    return np.maximum(x, 0, out=x)


def _pool(x: Array) -> Array:
    """2×2 max pooling of [n, h, w, c]."""
    rows = np.maximum(x[:, ::2], x[:, 1::2])
    return np.maximum(rows[:, :, ::2], rows[:, :, 1::2])
