"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from digitpad.progress import BatchDone, EpochDone, Message, RunEnded, RunStarted
from trainer.data import Digits
from trainer.net import Net
from trainer.recipe import Recipe
from trainer.transforms import augment_seed, normalize, to_unit

_SECONDS_BETWEEN_MESSAGES = 0.1
_VALIDATION_BATCH = 1_000


class TrainingError(Exception):
    """Training cannot go on; the message says why and what to do."""


class Run:
    """One training of a Net from start to finish, or for as long as nobody asks it to stop.

    Everything random follows from `seed`: on the same machine, with the same number of threads,
    the same seed ends with the same weights.
    """

    def __init__(
        self,
        recipe: Recipe,
        training: Digits,
        validation: Digits | None,
        *,
        seed: int,
        device: torch.device,
    ) -> None:
        self.recipe = recipe
        self.seed = seed
        self.epochs_done = 0.0
        """How many epochs of the recipe are done, the fraction of a stopped one included."""
        self._device = device
        self._images = training.images.to(device)
        self._labels = training.labels.to(device)
        self._validation = validation
        torch.manual_seed(seed)  # the initial weights, and dropout
        self._generator = Generator(device).manual_seed(seed)  # the order and the augmentation
        self.net = Net(recipe.dropout).to(device)
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimizer = torch.optim.Adam(
            self.net.parameters(), lr=recipe.learning_rate, fused=True
        )
        self._schedule = torch.optim.lr_scheduler.StepLR(
            self._optimizer, recipe.step_epochs, recipe.step_factor
        )

    def train(self, should_stop: Callable[[], bool]) -> Iterator[Message]:
        """Train, telling what happens; after each batch, end where `should_stop()` is true.

        The net is in evaluation mode when the last message comes. Raises TrainingError if the loss
        is no longer a number.
        """
        batches = -(-len(self._labels) // self.recipe.batch_size)
        yield RunStarted(
            recipe=asdict(self.recipe),
            seed=self.seed,
            device=str(self._device),
            epochs=self.recipe.epochs,
            batches_per_epoch=batches,
            training_images=len(self._labels),
            validation_images=len(self._validation) if self._validation else 0,
        )
        started = time.monotonic()
        for epoch in range(1, self.recipe.epochs + 1):
            yield from self._train_epoch(epoch, batches, started, should_stop)
            if self.epochs_done < epoch:
                break
        self.net.eval()
        yield RunEnded(self.epochs_done, stopped=self.epochs_done < self.recipe.epochs)

    def _train_epoch(
        self, epoch: int, batches: int, started: float, should_stop: Callable[[], bool]
    ) -> Iterator[Message]:
        self.net.train()
        order = torch.randperm(len(self._labels), generator=self._generator, device=self._device)
        right = torch.zeros((), device=self._device)
        loss_sum = torch.zeros((), device=self._device)
        seen = 0
        epoch_started = told = time.monotonic()
        for batch, chosen in enumerate(order.split(self.recipe.batch_size), start=1):
            loss, batch_right = self._step(self._images[chosen], self._labels[chosen])
            loss_sum += loss * len(chosen)
            right += batch_right
            seen += len(chosen)
            self.epochs_done = epoch - 1 + batch / batches
            now = time.monotonic()
            if now - told >= _SECONDS_BETWEEN_MESSAGES:
                told = now
                yield BatchDone(
                    epoch=epoch,
                    batch=batch,
                    accuracy=right.item() / seen,
                    loss=self._checked(loss_sum.item() / seen),
                    images_per_second=seen / (now - epoch_started),
                    seconds_left=self._seconds_left(now - started),
                )
            if batch < batches and should_stop():
                return
        seconds = time.monotonic() - epoch_started
        learning_rate = float(self._schedule.get_last_lr()[0])
        self._schedule.step()
        yield EpochDone(
            epoch=epoch,
            train_accuracy=right.item() / seen,
            validation_accuracy=accuracy(self.net, self._validation) if self._validation else None,
            loss=self._checked(loss_sum.item() / seen),
            learning_rate=learning_rate,
            images_per_second=seen / seconds,
            seconds_left=self._seconds_left(time.monotonic() - started),
        )

    def _step(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Learn from one batch; its mean loss, and how many the Net got right."""
        x = normalize(augment_seed(images, self._generator))
        with _autocast(self._device):
            logits = self.net(x.contiguous(memory_format=torch.channels_last))
        loss = F.cross_entropy(logits.float(), labels)
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        return loss.detach(), (logits.argmax(dim=1) == labels).sum()

    def _seconds_left(self, elapsed: float) -> float:
        return elapsed / self.epochs_done * (self.recipe.epochs - self.epochs_done)

    def _checked(self, loss: float) -> float:
        if not torch.isfinite(torch.tensor(loss)):
            raise TrainingError(
                f"the loss became {loss} in epoch {int(self.epochs_done) + 1}; "
                "try again with another --seed"
            )
        return loss


def accuracy(net: Net, digits: Digits) -> float:
    """The share of `digits` that `net` reads right. Puts the net into evaluation mode."""
    net.eval()
    device = net.fc2.weight.device
    right = 0
    with torch.inference_mode():
        for start in range(0, len(digits), _VALIDATION_BATCH):
            part = slice(start, start + _VALIDATION_BATCH)
            logits = net(normalize(to_unit(digits.images[part].to(device))))
            right += int((logits.argmax(dim=1).cpu() == digits.labels[part]).sum())
    return right / len(digits)


def _autocast(device: torch.device) -> torch.autocast:
    """Mixed precision in bfloat16 where the processor or GPU computes in it."""
    fast = (
        torch.cuda.is_bf16_supported(including_emulation=False)
        if device.type == "cuda"
        else torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001  # no public name for it
    )
    return torch.autocast(device.type, torch.bfloat16, enabled=fast)
