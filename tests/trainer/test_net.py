from copy import deepcopy

import pytest
import torch

from trainer.net import Net, batch_norm_of_convolution

# The paper's table: layer, output shape for one image, number of parameters.
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
    torch.manual_seed(0)
    return Net().eval()


def test_has_the_layers_and_parameters_of_the_table(net):
    seen = record(net, torch.zeros(1, 1, 28, 28))
    assert [
        (name, tuple(seen[name][1].shape[1:]), sum(p.numel() for p in layer.parameters()))
        for name, layer in net.named_children()
    ] == TABLE
    assert sum(p.numel() for p in net.parameters() if p.requires_grad) == 16_426


def test_a_relu_follows_each_batch_norm_and_fc1_but_not_the_bottleneck(net):
    inputs = {name: x for name, (x, _) in record(net, torch.randn(8, 1, 28, 28)).items()}
    for name in ("conv2", "conv3", "conv4", "conv5", "conv7", "fc1", "drop"):
        assert inputs[name].min() == 0, name
    assert inputs["conv6"].min() < 0  # straight from conv5


def test_drops_a_tenth_of_fc1_in_training_only(net):
    images = torch.randn(400, 1, 28, 28)
    before, after = record(net, images)["drop"]
    assert torch.equal(before, after)
    before, after = record(net.train(), images)["drop"]
    active = before > 0
    dropped = after[active] == 0
    assert dropped.float().mean() == pytest.approx(0.1, abs=0.02)
    torch.testing.assert_close(after[active][~dropped], before[active][~dropped] / 0.9)


def record(net, images):
    """The input and the output of each layer that is called."""
    seen = {}
    for name, layer in net.named_children():

        def hook(_layer, inputs, output, name=name):
            seen[name] = inputs[0].clone(), output.clone()  # the ReLUs work in place

        layer.register_forward_hook(hook)
    net(images)
    return seen


@pytest.mark.parametrize("n", [1, 40])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_fast_batch_norm_has_the_outputs_statistics_and_gradients_of_the_plain_one(n, dtype):
    torch.manual_seed(0)
    net = Net().to(memory_format=torch.channels_last).train()
    with torch.no_grad():
        net.bn1.weight.normal_()
        net.bn1.bias.normal_()
        net.conv1.weight[0] *= 1e-2  # so small a variance that the epsilon counts
    plain = deepcopy(net)
    images = torch.rand(n, 1, 28, 28).contiguous(memory_format=torch.channels_last)
    expected = plain.bn1(plain.conv1(images))
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        found = batch_norm_of_convolution(net.bn1, net.conv1, images)
    assert found.dtype == dtype
    near = {"atol": 1e-4, "rtol": 1e-4} if dtype == torch.float32 else {"atol": 0.1, "rtol": 0.02}
    torch.testing.assert_close(found.float(), expected, **near)
    assert found.stride() == expected.stride()
    for name, buffer in plain.bn1.named_buffers():  # float32 in either case
        torch.testing.assert_close(net.bn1.get_buffer(name), buffer, atol=1e-6, rtol=1e-5)
    gradient = torch.randn_like(expected)
    found.backward(gradient.to(dtype))
    expected.backward(gradient)
    for name in ("conv1.weight", "bn1.weight", "bn1.bias"):
        reference = plain.get_parameter(name).grad
        error = (net.get_parameter(name).grad - reference).abs().max()
        assert error < (1e-4 if dtype == torch.float32 else 0.05) * reference.abs().max(), name


def test_blank_images_keep_the_statistics_finite():
    net = Net().train()
    net(torch.full((128, 1, 28, 28), -0.3448))
    assert all(buffer.isfinite().all() for buffer in net.buffers())
    assert (net.bn1.running_var >= 0).all()
