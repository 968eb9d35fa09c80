import math

import numpy as np
import pytest
import torch

from digitpad.network import Network, Weights, read_weights
from digitpad.recognizer import transform
from digitpad.weights_store import bundled_weights
from trainer.net import Net


@pytest.fixture(scope="module")
def bundled():
    return read_weights(bundled_weights())


@pytest.fixture(scope="module")
def torch_logits(bundled):
    """Computes logits with torch."""
    net = Net()
    tensors = {name: torch.tensor(tensor) for name, tensor in bundled.tensors.items()}
    missing, unexpected = net.load_state_dict(tensors, strict=False)
    assert all(name.endswith("num_batches_tracked") for name in missing)
    assert not unexpected
    net.eval()

    def logits(images):
        with torch.inference_mode():
            batches = torch.from_numpy(images)[:, None].split(1_000)
            return torch.cat([net(batch) for batch in batches]).numpy()

    return logits


def noise(n):
    images = np.random.default_rng(n).integers(0, 256, (n, 28, 28), dtype=np.uint8)
    return transform(images)


def test_has_the_logits_of_torch_on_mnists_test_set(bundled, torch_logits, mnist_test):
    images = transform(mnist_test[0][::5])
    logits, expected = Network(bundled).logits(images), torch_logits(images)
    assert logits.dtype == np.float32
    assert np.abs(logits - expected).max() <= 1e-4
    assert (logits.argmax(axis=1) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize("n", [0, 1, 31, 33, 200])
def test_has_the_logits_of_torch_on_noise_and_leaves_the_images_alone(bundled, torch_logits, n):
    images = noise(n)
    before = images.copy()
    logits = Network(bundled).logits(images)
    assert (images == before).all()
    assert logits.shape == (n, 10)
    assert n == 0 or np.abs(logits - torch_logits(images)).max() <= 1e-4


def test_other_shapes_are_refused(bundled):
    with pytest.raises(ValueError, match=r"\[n, 28, 28\], not \[28, 28\]"):
        Network(bundled).logits(np.zeros((28, 28), np.float32))


def test_no_logit_exceeds_the_bound(bundled):
    network = Network(bundled)
    images = np.concatenate([noise(200), transform(np.full((1, 28, 28), 255, np.uint8))])
    assert np.abs(network.logits(images)).max() < network.bound() < 1e15


@pytest.mark.parametrize("factor", [1e10, 1e38])
def test_the_bound_is_infinite_if_a_logit_could_overflow(bundled, factor):
    large = {
        name: np.clip(factor * tensor.astype(np.float64), -3e38, 3e38).astype(np.float32)
        for name, tensor in bundled.tensors.items()
    }
    with np.errstate(over="ignore", invalid="ignore"):
        assert Network(Weights(large, {})).bound() == math.inf
