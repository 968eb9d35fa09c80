import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from digitpad.network import METADATA_KEY, Network, WeightsError, read_weights
from digitpad.recognizer import Recognizer, transform
from digitpad.weights_store import bundled_weights
from trainer.net import Net


@pytest.fixture(scope="module")
def bundled():
    return read_weights(bundled_weights())


@pytest.fixture(scope="module")
def net(bundled):
    net = Net()
    tensors = {name: torch.tensor(tensor) for name, tensor in bundled.tensors.items()}
    missing, unexpected = net.load_state_dict(tensors, strict=False)
    assert all(name.endswith("num_batches_tracked") for name in missing)
    assert not unexpected
    return net.eval()


def torch_logits(net, images):
    with torch.inference_mode():
        return np.concatenate(
            [net(torch.from_numpy(part)[:, None]).numpy() for part in np.array_split(images, 10)]
        )


def test_has_the_logits_of_torch_on_the_whole_test_set(bundled, net, mnist_test):
    images = transform(mnist_test[0])
    ours, theirs = Network(bundled).logits(images), torch_logits(net, images)
    assert ours.dtype == np.float32
    assert np.abs(ours - theirs).max() <= 1e-4
    assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).all()


def test_has_the_logits_of_torch_on_noise(bundled, net):
    noise = transform(np.random.default_rng(0).integers(0, 256, (200, 28, 28), dtype=np.uint8))
    assert np.abs(Network(bundled).logits(noise) - torch_logits(net, noise)).max() <= 1e-4


@pytest.mark.parametrize("n", [1, 31, 33, 64])
def test_a_batch_has_the_logits_of_its_images(bundled, n):
    network = Network(bundled)
    images = transform(np.random.default_rng(n).integers(0, 256, (n, 28, 28), dtype=np.uint8))
    one_by_one = np.concatenate([network.logits(image[None]) for image in images])
    np.testing.assert_allclose(network.logits(images), one_by_one, atol=1e-4)


def test_no_images_have_no_logits(bundled):
    assert Network(bundled).logits(np.empty((0, 28, 28), np.float32)).shape == (0, 10)


def test_other_shapes_are_refused(bundled):
    with pytest.raises(ValueError, match=r"\[n, 28, 28\], not \[28, 28\]"):
        Network(bundled).logits(np.zeros((28, 28), np.float32))


def test_does_not_change_the_images(bundled):
    images = np.ones((3, 28, 28), np.float32)
    Network(bundled).logits(images)
    assert (images == 1).all()


@pytest.mark.parametrize("factor", [1e10, 1e38])
def test_weights_whose_answers_would_be_no_numbers_are_refused(bundled, tmp_path, factor):
    largest = Network(bundled).bound()
    assert (
        np.abs(Network(bundled).logits(np.full((1, 28, 28), 2, np.float32))).max() < largest < 1e15
    )
    path = tmp_path / "large.safetensors"
    tensors = {
        name: np.clip(factor * tensor.astype(np.float64), -3e38, 3e38).astype(np.float32)
        for name, tensor in bundled.tensors.items()
    }
    save_file(tensors, path, {METADATA_KEY: json.dumps(bundled.metadata)})
    with pytest.raises(WeightsError, match=r"large\.safetensors: its numbers are too large"):
        Recognizer(path)
