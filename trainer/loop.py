"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from digitpad.recipe import Recipe
from digitpad.training_messages import BatchDone, EpochDone, Message, RunStarted
from trainer.data.digits import Digits
from trainer.net import Net
from trainer.teacher import RATE, Teacher, distillation_loss
from trainer.transforms import AUGMENTATIONS, normalize, to_unit

Tensors = tuple[Tensor, ...] | list[Tensor]

# Whoever shows a message takes a core from the batch for a moment, and the other core then waits:
# at ten messages a second, the window costs a training more than a tenth of its speed.
_SECONDS_BETWEEN_MESSAGES = 0.25
_WARM_UP = 0.1  # the share of a one-cycle run in which the learning rate rises
_EASING = 0.2  # the share of a run, its last, in which the augmentation weakens
_VALIDATION_BATCH = 1_000


class TrainingError(Exception):
    """Training cannot go on; the message says why and what to do."""


class DivergedError(TrainingError):
    """Numbers grew beyond all bounds: with the same recipe, data and seed they would again."""


class Run:
    """One training of a Net from start to finish, or for as long as nobody asks it to stop.

    Everything random follows from `seed`: on the same machine, with the same number of threads,
    the same seed ends with the same weights, also where the run went on from a `state()`.
    """

    def __init__(
        self,
        recipe: Recipe,
        training: Digits,
        validation: Digits | None,
        *,
        ink: Digits | None = None,
        seed: int,
        device: torch.device,
    ) -> None:
        self.recipe = recipe
        self.seed = seed
        self.epochs_done = 0.0
        """How many epochs of the recipe are done, the fraction of a stopped one included."""
        self.seconds = 0.0
        """How long they took by the clock, validation included, and also in other processes that
        the run went on from; what an interruption lost is not counted."""
        self._told: list[EpochDone] = []
        self._epochs_before = self._seconds_before = 0.0  # when this process went on with the run
        self._device = device
        self._training = training.to(device)
        self._ink = ink.to(device) if ink and recipe.ink_share else None
        self._ink_per_batch = round(recipe.batch_size * recipe.ink_share) if self._ink else 0
        self.validation = validation
        torch.manual_seed(seed)  # the initial weights, and dropout
        # The order and the augmentation.
        self._generator = Generator(device).manual_seed(seed)
        self._random: dict[str, Any] = {"generator": self._generator, "device": device}
        self._generators = (self._generator, _default_generator(device))
        self._net = Net(recipe.dropout).to(device)
        # After the Net, whose initial weights are then the same without it.
        self._teacher = Teacher().to(device) if recipe.teacher else None
        for net in filter(None, (self._net, self._teacher)):
            net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._average = AveragedModel(
            self._net, multi_avg_fn=_moving_average(recipe.ema_decay), use_buffers=True
        )
        self._optimizer = _optimizer(self._net, self._teacher, recipe)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, self._rate_at)
        self._augment = AUGMENTATIONS[recipe.augmentation]
        self._parts: dict[str, Any] = {
            "net": self._net,
            "average": self._average,
            "optimizer": self._optimizer,
            "schedule": self._schedule,
        }
        if self._teacher:
            self._parts["teacher"] = self._teacher

    @property
    def net(self) -> Net:
        """What the run has come to so far."""
        net = self._average.module if self.recipe.ema_decay else self._net
        assert isinstance(net, Net)
        return net

    def state(self) -> dict[str, Any]:
        """All that decides how the run goes on after this epoch: tensors, numbers, lists, dicts.

        To be taken when an epoch is done, and written before the next one changes the tensors.
        """
        return {
            "epochs_done": self.epochs_done,
            "seconds": self.seconds,
            "told": [asdict(epoch) for epoch in self._told],
            "generators": [generator.get_state() for generator in self._generators],
            **{name: part.state_dict() for name, part in self._parts.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from the `state()` of a run with the same recipe, data, seed and kind of device."""
        self.epochs_done = self._epochs_before = state["epochs_done"]
        self.seconds = self._seconds_before = state["seconds"]
        self._told = [EpochDone(**epoch) for epoch in state["told"]]
        for generator, its_state in zip(self._generators, state["generators"], strict=True):
            generator.set_state(its_state)
        for name, part in self._parts.items():
            part.load_state_dict(state[name])

    def train(self, should_stop: Callable[[], bool]) -> Iterator[Message]:
        """Train, telling what happens; after each batch, end where `should_stop()` is true.

        A run that goes on tells of its earlier epochs again, before it does.

        The net is in evaluation mode at the end. Raises DivergedError if the loss or a weight is
        no longer a number.
        """
        yield RunStarted(
            recipe=self.recipe.settings(),
            seed=self.seed,
            device=str(self._device),
            epochs=self.recipe.epochs,
            epochs_done=int(self.epochs_done),
            batches_per_epoch=self._batches,
            training_images=len(self._training) + len(self._ink or []),
            validation_images=len(self.validation) if self.validation else 0,
            data=self._training.name,
            baseline_accuracy=None,
        )
        yield from self._told
        started = time.monotonic() - self.seconds
        for epoch in range(int(self.epochs_done) + 1, self.recipe.epochs + 1):
            yield from self._train_epoch(epoch, started, should_stop)
            if self.epochs_done < epoch:
                break
        self.net.eval()
        self._check_weights()

    def _train_epoch(
        self, epoch: int, started: float, should_stop: Callable[[], bool]
    ) -> Iterator[Message]:
        self._net.train()
        right = torch.zeros((), device=self._device)
        loss_sum = torch.zeros((), device=self._device)
        seen = 0
        epoch_started = told = time.monotonic()
        for batch, (images, labels) in enumerate(self._epoch(), start=1):
            learning_rate = float(self._schedule.get_last_lr()[0])
            loss, batch_right = self._step(images, labels)
            loss_sum += loss * len(labels)
            right += batch_right
            seen += len(labels)
            self.epochs_done = epoch - 1 + batch / self._batches
            now = time.monotonic()
            self.seconds = now - started
            if now - told >= _SECONDS_BETWEEN_MESSAGES:
                told = now
                yield BatchDone(
                    epoch=epoch,
                    batch=batch,
                    accuracy=right.item() / seen,
                    loss=self._checked(loss_sum.item() / seen),
                    images_per_second=seen / (now - epoch_started),
                    seconds_left=self._seconds_left(),
                )
            if batch < self._batches and should_stop():
                return
        seconds = time.monotonic() - epoch_started
        mean_loss = self._checked(loss_sum.item() / seen)
        self._check_weights()
        validation_accuracy = accuracy(self.net, self.validation) if self.validation else None
        self.seconds = time.monotonic() - started
        done = EpochDone(
            epoch=epoch,
            train_accuracy=right.item() / seen,
            validation_accuracy=validation_accuracy,
            loss=mean_loss,
            learning_rate=learning_rate,
            images_per_second=seen / seconds,
            seconds_left=self._seconds_left(),
        )
        self._told.append(done)
        yield done

    @property
    def _batches(self) -> int:
        """How many batches an epoch has. It is one pass over the images; ink comes on top."""
        return -(-len(self._training) // (self.recipe.batch_size - self._ink_per_batch))

    def _epoch(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of one epoch: the images in a new order, and some of the ink with each."""
        order = torch.randperm(len(self._training), **self._random)
        for chosen in order.split(self.recipe.batch_size - self._ink_per_batch):
            images, labels = self._training.images[chosen], self._training.labels[chosen]
            if self._ink:
                drawn = torch.randint(
                    len(self._ink),
                    (self._ink_per_batch,),
                    generator=self._generator,
                    device=self._device,
                )
                images = torch.cat([images, self._ink.images[drawn]])
                labels = torch.cat([labels, self._ink.labels[drawn]])
            yield images, labels

    def _step(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Learn from one batch; its mean loss, and how many the Net got right."""
        x = normalize(self._augment(images, self._generator, self._strength()))
        x = x.contiguous(memory_format=torch.channels_last)
        with autocast(self._device):
            logits = self._net(x).float()
            teacher_logits = self._teacher(x).float() if self._teacher else None
        loss = objective = F.cross_entropy(logits, labels)
        if teacher_logits is not None:
            objective = distillation_loss(logits, teacher_logits, labels)
            objective = objective + F.cross_entropy(teacher_logits, labels)
        self._optimizer.zero_grad()
        objective.backward()
        self._optimizer.step()
        self._schedule.step()
        if self.recipe.ema_decay:
            self._average.update_parameters(self._net)
        return loss.detach(), (logits.argmax(dim=1) == labels).sum()

    def _strength(self) -> float:
        """How strong the augmentation is at this step."""
        done = self.epochs_done / self.recipe.epochs
        return 1 - self.recipe.augmentation_decay * max(0.0, 1 - (1 - done) / _EASING)

    def _rate_at(self, step: int) -> float:
        """The learning rate of a step, as a share of the highest."""
        if self.recipe.schedule == "step":
            return float(0.1 ** (step // self._batches // 15))
        done = step / (self._batches * self.recipe.epochs)
        if done < _WARM_UP:
            return done / _WARM_UP
        return 0.5 + 0.5 * math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP))

    def _seconds_left(self) -> float:
        """If it goes on as in this process: the ones before may have had another machine."""
        seconds = self.seconds - self._seconds_before
        done = self.epochs_done - self._epochs_before
        return seconds / done * (self.recipe.epochs - self.epochs_done)

    def _checked(self, loss: float) -> float:
        if not math.isfinite(loss):
            raise self._diverged(f"the loss became {loss}")
        return loss

    def _check_weights(self) -> None:
        if not all(tensor.isfinite().all() for tensor in self.net.state_dict().values()):
            raise self._diverged("a weight is no longer a number")

    def _diverged(self, how: str) -> DivergedError:
        epoch = math.ceil(self.epochs_done)
        return DivergedError(f"{how} in epoch {epoch}; try again with another seed")


def _optimizer(net: Net, teacher: Teacher | None, recipe: Recipe) -> Optimizer:
    groups = _groups(net, recipe.learning_rate, recipe.weight_decay)
    if teacher:
        groups += _groups(teacher, RATE * recipe.learning_rate, recipe.weight_decay)
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, lr=recipe.learning_rate, fused=True)
    return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=0.9, nesterov=True, fused=True)


def _groups(net: nn.Module, learning_rate: float, weight_decay: float) -> list[dict[str, Any]]:
    parameters = list(net.parameters())
    weights = [parameter for parameter in parameters if parameter.ndim > 1]
    others = [parameter for parameter in parameters if parameter.ndim == 1]
    return [
        {"params": weights, "lr": learning_rate, "weight_decay": weight_decay},
        {"params": others, "lr": learning_rate},
    ]


def _moving_average(decay: float) -> Callable[[Tensors, Tensors, Tensor | int], None]:
    """For AveragedModel: an exponential moving average that does not dwell on its first steps."""

    def average(averaged: Tensors, current: Tensors, steps: Tensor | int) -> None:
        if averaged[0].is_floating_point():  # not batch norm's count of batches
            now = min(decay, (1 + int(steps)) / (10 + int(steps)))
            torch._foreach_lerp_(averaged, current, 1 - now)

    return average


def _default_generator(device: torch.device) -> Generator:
    """What dropout draws from."""
    if device.type == "cuda":
        return torch.cuda.default_generators[torch.cuda.current_device()]
    return torch.default_generator


def logits(net: Net, digits: Digits) -> Tensor:
    """What `net` makes of `digits`: [n, 10], on the CPU. Puts the net into evaluation mode."""
    net.eval()
    device = net.fc2.weight.device
    with torch.inference_mode():
        parts = digits.images.split(_VALIDATION_BATCH)
        return torch.cat([net(normalize(to_unit(part.to(device)))).cpu() for part in parts])


def accuracy(net: Net, digits: Digits) -> float:
    """The share of `digits` that `net` reads right. Puts the net into evaluation mode."""
    right = logits(net, digits).argmax(dim=1) == digits.labels
    return int(right.sum()) / len(digits)


@cache
def precision(device: torch.device) -> torch.dtype:
    """What the nets compute in: bfloat16, in mixed precision, on a GPU that has it and on a CPU
    with matrix tiles for it (AMX); else float32.

    With AVX-512's bfloat16 alone, float32 is faster. Measured on an Intel Xeon, its step takes 0.74
    to 0.94 of the time with the Net alone, and 0.78 with its teacher.
    """
    has_bfloat16 = (
        torch.cuda.is_bf16_supported(including_emulation=False)
        if device.type == "cuda"
        else torch.cpu.get_capabilities().get("amx_bf16", False)
    )
    return torch.bfloat16 if has_bfloat16 else torch.float32


def autocast(device: torch.device) -> torch.autocast:
    """In this context, forward passes have that precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision(device) == torch.bfloat16)
