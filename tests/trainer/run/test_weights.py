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


def test_metadata_that_are_not_json_leave_the_old_file(file):
    old = file.read_bytes()
    with pytest.raises(TypeError):
        write_weights(file, Net(), {"seed": object()})
    assert file.read_bytes() == old


def put_a_folder_there(file):
    file.unlink()
    file.mkdir()


def content(change):
    """A damage that changes the bytes of the file."""
    return lambda file: file.write_bytes(change(file.read_bytes()))


def tensor(name, value):
    return lambda file: rewrite(file, tensors={name: value})


def metadata(text):
    return lambda file: rewrite(file, metadata={METADATA_KEY: text})


def temperature(value):
    return lambda file: rewrite(file, temperature=value)


INCOMPLETE = "not a complete safetensors file"
OTHER_TRANSFORM = json.dumps({"architecture": ARCHITECTURE, "transform": {"mean": 0.5}})


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (content(lambda old: old[:-1]), INCOMPLETE),
        (content(lambda old: old[:100]), INCOMPLETE),
        (content(lambda _old: b""), INCOMPLETE),
        (content(lambda _old: pickle.dumps({"conv1.weight": 1})), INCOMPLETE),
        (content(lambda old: struct.pack("<Q", 2**62) + old[8:]), INCOMPLETE),
        (lambda file: file.unlink(), "there is no such file"),
        (put_a_folder_there, "is a folder"),
        (lambda file: rewrite(file, without=["bn4.bias"]), "the tensor bn4.bias is missing"),
        (tensor("bn5.bias", torch.zeros(8)), "the tensor bn5.bias does not belong to the Net"),
        (tensor("fc1.weight", torch.zeros(64, 40)), "has the shape [64, 40], not [40, 64]"),
        (tensor("fc2.bias", torch.full((10,), math.nan)), "fc2.bias holds NaN or infinite values"),
        (tensor("fc2.bias", torch.full((10,), math.inf)), "fc2.bias holds NaN or infinite values"),
        (tensor("bn1.running_var", torch.full((16,), -1.0)), "bn1.running_var holds a negative"),
        (tensor("fc2.bias", torch.zeros(10).double()), "the tensor fc2.bias is F64, not F32"),
        (tensor("fc2.bias", torch.zeros(10).bfloat16()), "the tensor fc2.bias is BF16, not F32"),
        (lambda file: rewrite(file, metadata={"format": "pt"}), "has no key 'digitpad'"),
        (metadata("{"), "the metadata 'digitpad' is not JSON"),
        (metadata("[]"), "the metadata's architecture is None"),
        (metadata('{"architecture": "LeNet"}'), "the metadata's architecture is 'LeNet'"),
        (metadata(OTHER_TRANSFORM), "the metadata's transform is {'mean': 0.5}"),
        *(
            (temperature(value), "not a number from 1e-09 to 1e+09")
            for value in (0, -1.5, 1e-320, math.nan, math.inf, 10**400, True, None, "1", [1])
        ),
    ],
)
def test_a_damaged_file_is_refused_with_the_reason(file, damage, reason):
    damage(file)
    with pytest.raises(WeightsError, match=re.escape(reason)) as refused:
        read_weights(file)
    assert str(refused.value).startswith(str(file))
