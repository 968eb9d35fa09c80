"""Time of one epoch of 60,000 images: the trainer compared with a plain training loop."""

import time
from dataclasses import replace
from itertools import islice

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Subset

from digitpad.training.messages import EpochDone
from digitpad.training.recipe import SEED
from tests.benchmarks.ratio import Ratio
from trainer.data.mnist import default_data_dir, load_mnist
from trainer.data.torchvision_compat import datasets
from trainer.loop import Run
from trainer.net import Net
from trainer.run.report import say
from trainer.transforms import reference_seed_transform

EPOCH = 60_000
IMAGES = 12_800  # that are timed
BOUNDS = {64: 1 / 3, 256: 1 / 4}


def run():
    for batch_size, bound in BOUNDS.items():
        plain = min(_plain_loop(batch_size, workers) for workers in (0, 2))
        ours = _trainer(batch_size)
        what = f"an epoch of the seed recipe with batches of {batch_size}"
        yield Ratio(what, ours, "a plain loop with torchvision and DataLoader", plain, bound)


def _plain_loop(batch_size, workers):
    """Seconds of an epoch with torchvision's dataset and transforms, and a DataLoader."""
    transform = reference_seed_transform()
    mnist = datasets.MNIST(str(default_data_dir()), train=True, transform=transform)
    warm_up = 10 * batch_size
    digits = Subset(mnist, range(IMAGES + warm_up))
    net, batches = Net(), DataLoader(digits, batch_size, shuffle=True, num_workers=workers)
    optimizer = torch.optim.Adam(net.parameters(), lr=SEED.learning_rate)
    remaining = iter(batches)
    for images, labels in islice(remaining, 10):
        _step(net, optimizer, images, labels)
    started = time.perf_counter()
    for images, labels in remaining:
        _step(net, optimizer, images, labels)
    return (time.perf_counter() - started) * EPOCH / IMAGES


def _step(net, optimizer, images, labels):
    optimizer.zero_grad()
    F.cross_entropy(net(images), labels).backward()
    optimizer.step()


def _trainer(batch_size):
    """Seconds of an epoch of the trainer's own loop."""
    digits = load_mnist(default_data_dir(), train=True, report=say).part(slice(IMAGES), "some")
    recipe = replace(SEED, epochs=2, batch_size=batch_size)
    messages = Run(recipe, digits, None, seed=0, device=torch.device("cpu")).train(lambda: False)
    _warm_up, timed = (each for each in messages if isinstance(each, EpochDone))
    return EPOCH / timed.images_per_second
