"""Time of the Net's forward pass: NumPy compared with eager torch, one image on one thread."""

import statistics
import time

import numpy as np
import torch

from digitpad.network import Network, read_weights
from digitpad.weights_store import bundled_weights
from tests.benchmarks.ratio import Ratio
from trainer.net import Net

RUNS = 3_000


def run():
    weights = read_weights(bundled_weights())
    network, net = Network(weights), Net().eval()
    net.load_state_dict({k: torch.tensor(v) for k, v in weights.tensors.items()}, strict=False)
    image = np.random.default_rng(0).standard_normal((1, 28, 28), dtype=np.float32)
    tensor = torch.from_numpy(image[:, None])
    torch.set_num_threads(1)
    seconds = {"numpy": [], "torch": []}
    with torch.inference_mode():
        for _ in range(RUNS):
            seconds["numpy"].append(_timed(network.logits, image))
            seconds["torch"].append(_timed(net, tensor))
    numpy, eager = (statistics.median(seconds[name]) for name in ("numpy", "torch"))
    yield Ratio("the Net's forward pass in NumPy", numpy, "eager torch", eager, 1.0)


def _timed(function, argument):
    started = time.perf_counter()
    function(argument)
    return time.perf_counter() - started
