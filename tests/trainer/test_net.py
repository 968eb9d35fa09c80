from copy import deepcopy

import pytest
import torch

from digitpad.network import TENSOR_SHAPES
from trainer.net import Net

# Layer, its output's shape for one image, and its number of parameters: the paper's table.
TABLE = [
    ("conv1", (16, 26, 26), 160),
    ("bn1", (16, 26, 26), 32),
    ("conv2", (16, 24, 24), 2_320),
    ("bn2", (16, 24, 24), 32),
    ("pool1", (16, 12, 12), 0),
    ("conv3", (16, 10, 10), 2_320),
    ("bn3", (16, 10, 10), 32),
    ("conv4", (32, 8, 8), 4_640),
    ("bn4", (32, 8, 8), 64),
    ("pool2", (32, 4, 4), 0),
    ("conv5", (8, 4, 4), 264),
    ("conv6", (16, 4, 4), 1_168),
    ("bn6", (16, 4, 4), 32),
    ("conv7", (16, 2, 2), 2_320),
    ("bn7", (16, 2, 2), 32),
    ("fc1", (40,), 2_600),
    ("drop", (40,), 0),
    ("fc2", (10,), 410),
]


@pytest.fixture
def net():
    return Net().eval()


def test_has_the_layers_of_the_table_in_its_order(net):
    assert [name for name, _ in net.named_children()] == [name for name, _, _ in TABLE]


@pytest.mark.parametrize(("name", "shape", "parameters"), TABLE)
def test_layer_is_as_in_the_table(net, name, shape, parameters):
    layer = getattr(net, name)
    seen = []
    layer.register_forward_hook(lambda _layer, _inputs, output: seen.append(tuple(output.shape)))
    net(torch.zeros(1, 1, 28, 28))
    assert seen == [(1, *shape)]
    assert sum(parameter.numel() for parameter in layer.parameters()) == parameters


def test_has_16426_parameters_all_trainable(net):
    assert sum(p.numel() for p in net.parameters() if p.requires_grad) == 16_426
    assert sum(parameters for _, _, parameters in TABLE) == 16_426


def test_a_relu_follows_each_batch_norm_and_fc1_but_not_the_bottleneck(net):
    inputs = {}
    for name, layer in net.named_children():

        def note(_layer, received, _output, name=name):
            inputs[name] = received[0]

        layer.register_forward_hook(note)
    net(torch.randn(8, 1, 28, 28))
    behind_a_relu = {"conv2", "conv3", "conv4", "conv5", "conv7", "fc1", "drop"}
    for name in behind_a_relu:
        assert inputs[name].min() == 0, name
    assert inputs["conv6"].min() < 0  # straight from conv5


def test_drops_a_tenth_of_fc1_while_training_only(net):
    assert net.drop.p == 0.1
    x = torch.randn(4, 1, 28, 28)
    assert torch.equal(net(x), net(x))


@pytest.mark.parametrize("n", [1, 40])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_in_training_the_first_layer_is_batch_norm_of_the_convolution(n, dtype):
    """The Net goes another way there: the outcome, what evaluation goes by, and the gradients."""
    torch.manual_seed(0)
    net = Net().to(memory_format=torch.channels_last).train()
    with torch.no_grad():
        net.bn1.weight.normal_()
        net.bn1.bias.normal_()
        net.conv1.weight[0] *= 1e-2  # so small a variance that batch norm's epsilon counts
    plain = deepcopy(net)
    images = torch.rand(n, 1, 28, 28).contiguous(memory_format=torch.channels_last)
    expected = plain.bn1(plain.conv1(images))
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        found = net._first_layer(images)
    assert found.dtype == dtype
    near = {"atol": 1e-4, "rtol": 1e-4} if dtype == torch.float32 else {"atol": 0.1, "rtol": 0.02}
    torch.testing.assert_close(found.float(), expected, **near)
    assert found.stride() == expected.stride()
    for name, buffer in plain.bn1.named_buffers():  # in float32, whatever the convolution is in
        torch.testing.assert_close(net.bn1.get_buffer(name), buffer, atol=1e-6, rtol=1e-5)
    towards = torch.randn_like(expected)
    found.backward(towards.to(dtype))
    expected.backward(towards)
    for name in ("conv1.weight", "bn1.weight", "bn1.bias"):
        gradient = plain.get_parameter(name).grad
        off = (net.get_parameter(name).grad - gradient).abs().max()
        assert off < (1e-4 if dtype == torch.float32 else 0.05) * gradient.abs().max(), name


def test_blank_images_leave_the_numbers_finite():
    net = Net().train()
    net(torch.full((128, 1, 28, 28), -0.3448))
    assert all(buffer.isfinite().all() for buffer in net.buffers())
    assert (net.bn1.running_var >= 0).all()


def test_the_pad_knows_the_same_tensors(net):
    tensors = {
        name: tuple(tensor.shape)
        for name, tensor in net.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    assert tensors == TENSOR_SHAPES
