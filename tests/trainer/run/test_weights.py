import json
import math
import pickle
import re
import struct

import pytest
import torch
from safetensors.torch import save_file

from digitpad.network import ARCHITECTURE, METADATA_KEY, TENSOR_SHAPES, WeightsError, read_weights
from digitpad.recognizer import Recognizer
from trainer.net import Net
from trainer.run.weights import write_weights


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "net.safetensors"
    torch.manual_seed(0)
    write_weights(path, Net(), {"seed": 7})
    return path


def rewrite(path, *, tensors=None, without=(), metadata=None, **changes):
    """Change some tensors or metadata of the weights file `path`."""
    content = read_weights(path)
    new = {name: torch.tensor(value) for name, value in content.tensors.items()}
    new |= tensors or {}
    for name in without:
        del new[name]
    if metadata is None:
        metadata = {METADATA_KEY: json.dumps(content.metadata | changes)}
    save_file(new, path, metadata)


def test_weights_read_as_they_were_written(file):
    torch.manual_seed(0)
    expected = Net().state_dict()
    weights = read_weights(file)
    assert weights.metadata["seed"] == 7
    assert weights.metadata["architecture"] == ARCHITECTURE
    assert {name: tensor.shape for name, tensor in weights.tensors.items()} == TENSOR_SHAPES
    for name, tensor in weights.tensors.items():
        assert torch.equal(torch.tensor(tensor), expected[name])
    Recognizer(file)
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("temperature", [1, 0.5, 2.5])
def test_a_positive_temperature_is_accepted(file, temperature):
    rewrite(file, temperature=temperature)
    assert Recognizer(file).temperature == temperature


def test_a_failed_write_leaves_the_old_file(file):
    old = file.read_bytes()
    with pytest.raises(TypeError):  # not JSON
        write_weights(file, Net(), {"seed": object()})
    folder = file.with_name("folder")
    folder.mkdir()
    with pytest.raises(OSError, match="it is a folder"):
        write_weights(folder, Net(), {})
    assert file.read_bytes() == old
    assert sorted(file.parent.iterdir()) == [folder, file]


def put_a_folder_there(file):
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda f: f.write_bytes(f.read_bytes()[:-1]), "not a complete safetensors file"),
        (lambda f: f.write_bytes(f.read_bytes()[:100]), "not a complete safetensors file"),
        (
            lambda f: f.write_bytes(pickle.dumps({"conv1.weight": 1})),
            "not a complete safetensors file",
        ),
        (lambda f: f.write_bytes(b""), "not a complete safetensors file"),
        (
            lambda f: f.write_bytes(struct.pack("<Q", 2**62) + f.read_bytes()[8:]),
            "not a complete safetensors file",
        ),
        (lambda f: f.unlink(), "there is no such file"),
        (put_a_folder_there, "is a folder"),
        (lambda f: rewrite(f, without=["bn4.bias"]), "the tensor bn4.bias is missing"),
        (lambda f: rewrite(f, tensors={"bn5.bias": torch.zeros(8)}), "the tensor bn5.bias does"),
        (
            lambda f: rewrite(f, tensors={"fc1.weight": torch.zeros(64, 40)}),
            r"the tensor fc1.weight has the shape \[64, 40\], not \[40, 64\]",
        ),
        (
            lambda f: rewrite(f, tensors={"fc2.bias": torch.full((10,), float("nan"))}),
            "the tensor fc2.bias holds NaN or infinite values",
        ),
        (
            lambda f: rewrite(f, tensors={"conv7.bias": torch.full((16,), float("inf"))}),
            "the tensor conv7.bias holds NaN or infinite values",
        ),
        (
            lambda f: rewrite(f, tensors={"bn1.running_var": torch.full((16,), -1.0)}),
            "the tensor bn1.running_var holds a negative variance",
        ),
        (
            lambda f: rewrite(f, tensors={"fc2.bias": torch.zeros(10, dtype=torch.float64)}),
            "the tensor fc2.bias is F64, not F32",
        ),
        (
            lambda f: rewrite(f, tensors={"fc2.bias": torch.zeros(10, dtype=torch.bfloat16)}),
            "the tensor fc2.bias is BF16, not F32",
        ),
        (lambda f: rewrite(f, metadata={"format": "pt"}), "the metadata has no key 'digitpad'"),
        (
            lambda f: rewrite(f, metadata={METADATA_KEY: "{"}),
            "the metadata 'digitpad' is not JSON",
        ),
        (
            lambda f: rewrite(f, metadata={METADATA_KEY: "[]"}),
            "the metadata's architecture is None",
        ),
        (
            lambda f: rewrite(f, metadata={METADATA_KEY: '{"architecture": "LeNet"}'}),
            "the metadata's architecture is 'LeNet'",
        ),
        (
            lambda f: rewrite(
                f,
                metadata={
                    METADATA_KEY: json.dumps(
                        {"architecture": ARCHITECTURE, "transform": {"mean": 0.5}}
                    )
                },
            ),
            "the metadata's transform is {'mean': 0.5}",
        ),
        *(
            (
                lambda f, temperature=temperature: rewrite(f, temperature=temperature),
                re.escape(f"temperature is {temperature!r}, not a finite number above 0"),
            )
            for temperature in (0, -1.5, math.nan, math.inf, 10**400, True, None, "1", [1])
        ),
    ],
)
def test_a_damaged_file_is_refused_with_the_reason(file, damage, reason):
    damage(file)
    with pytest.raises(WeightsError, match=reason) as refused:
        read_weights(file)
    assert str(refused.value).startswith(str(file))
