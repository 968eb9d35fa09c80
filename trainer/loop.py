"""The training loop."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from digitpad.training.messages import BatchDone, EpochDone, Message, RunStarted
from digitpad.training.recipe import Recipe
from trainer.capture import Captured
from trainer.data.digits import Digits
from trainer.net import Net
from trainer.optim import (
    augmentation_strength,
    autocast,
    check_moments,
    exponential_moving_average,
    lr_factor,
    make_optimizer,
)
from trainer.teacher import Teacher, distillation_loss
from trainer.transforms import AUGMENTATIONS, normalize, to_unit

# Showing a message takes a core from the batch for a moment, and the other core then waits: at ten
# messages a second, the window costs a training more than a tenth of its speed.
_SECONDS_BETWEEN_MESSAGES = 0.25
_RECENT = 0.1  # share of an epoch: the time constant of the averages in BatchDone
_EVALUATION_BATCH = 1_000


class TrainingError(Exception):
    """The training cannot continue; the message says why and what to do."""


class DivergedError(TrainingError):
    """The loss or a weight overflowed. The same recipe, data and seed would diverge again."""


class Run:
    """One training of a Net, from start to finish or until it is asked to stop.

    The same seed repeats the run: on the same machine, with the same number of threads, it ends
    with the same weights, even if it was interrupted and resumed from its `state()`.
    """

    def __init__(
        self,
        recipe: Recipe,
        training: Digits,
        validation: Digits | None,
        *,
        ink: Digits | None = None,
        outliers: Digits | None = None,
        seed: int,
        device: torch.device,
    ) -> None:
        self.recipe = recipe
        self.seed = seed
        self.validation = validation
        self.history: list[EpochDone] = []
        """The epochs done, those before an interruption included."""
        self.epochs_done = 0.0
        """Number of epochs done; fractional if the run stopped within an epoch."""
        self.seconds = 0.0
        """Wall-clock time of these epochs, validation included. Work that an interruption lost does
        not count."""
        self._epochs_before = self._seconds_before = 0.0  # this process resumed the run
        self._epoch_starts = deque[tuple[float, float]](maxlen=2)  # epochs done and seconds
        self._device = device
        self._training = training.to(device)
        self._ink = ink.to(device) if ink and recipe.ink_share else None
        self._ink_per_batch = round(recipe.batch_size * recipe.ink_share) if self._ink else 0
        self._outliers = outliers.to(device) if outliers and recipe.outliers else None
        self._augment = AUGMENTATIONS[recipe.augmentation]
        torch.manual_seed(seed)  # for the initial weights, and dropout
        self._generator = Generator(device).manual_seed(seed)  # for the order and the augmentation
        self._net = Net(recipe.dropout).to(device)
        # After the Net, whose initial weights are then the same with and without a teacher.
        self._teacher = Teacher().to(device) if recipe.teacher else None
        for net in filter(None, (self._net, self._teacher)):
            net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._ema = (
            exponential_moving_average(self._net, recipe.ema_decay) if recipe.ema_decay else None
        )
        self._optimizer = make_optimizer(self._net, self._teacher, recipe)
        self._parameters = [
            each for group in self._optimizer.param_groups for each in group["params"]
        ]
        self._strength = torch.ones((), device=device)  # of the augmentation
        # Losses and correct predictions on recent images, and the number of these images.
        self._recent_sums, self._recent_images = torch.zeros(2, device=device), 0.0
        self._compute: Callable[..., tuple[Tensor | None, ...]] = self._loss_and_gradients
        if device.type == "cuda":
            self._compute = Captured(self._loss_and_gradients, [self._generator])
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: lr_factor(recipe, step, self._batches_per_epoch)
        )

    @property
    def net(self) -> Net:
        """The Net so far: the EMA of the weights if the recipe has one."""
        net = self._ema.module if self._ema else self._net
        assert isinstance(net, Net)
        return net

    @property
    def epochs_here(self) -> float:
        """Number of epochs that this process has done."""
        return self.epochs_done - self._epochs_before

    @property
    def seconds_per_epoch(self) -> float:
        """Of this process only: earlier ones may have run on another machine."""
        return (self.seconds - self._seconds_before) / self.epochs_here

    @property
    def images_per_epoch(self) -> int:
        """Number of labelled images that an epoch learns from, its drawings included."""
        return self._batches_per_epoch * self.recipe.batch_size

    def state(self) -> dict[str, Any]:
        """Everything that a run needs to resume after this epoch: tensors, numbers, lists, dicts.

        Take it when an epoch is done, and write it before the next epoch changes the tensors.
        """
        return {
            "epochs_done": self.epochs_done,
            "seconds": self.seconds,
            "history": [asdict(epoch) for epoch in self.history],
            "generators": [generator.get_state() for generator in self._generators],
            **{name: part.state_dict() for name, part in self._parts.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Resume from the `state()` of a run with the same recipe, data, seed and device type."""
        self.epochs_done = self._epochs_before = state["epochs_done"]
        self.seconds = self._seconds_before = state["seconds"]
        self.history = [EpochDone(**epoch) for epoch in state["history"]]
        for generator, saved in zip(self._generators, state["generators"], strict=True):
            generator.set_state(saved)
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        check_moments(self._optimizer)

    def train(self, should_stop: Callable[[], bool]) -> Iterator[Message]:
        """Train and yield messages; end after the first batch at which `should_stop()` is true.

        A resumed run first reports its earlier epochs again. At the end the Net is in evaluation
        mode. Raises DivergedError if the loss or a weight becomes NaN or infinite.
        """
        yield RunStarted(
            recipe=self.recipe.settings(),
            seed=self.seed,
            device=str(self._device),
            epochs=self.recipe.epochs,
            epochs_done=int(self.epochs_done),
            batches_per_epoch=self._batches_per_epoch,
            training_images=len(self._training) + len(self._ink or []) + len(self._outliers or []),
            validation_images=len(self.validation) if self.validation else 0,
            data=self._training.name,
            baseline_accuracy=None,
        )
        yield from self.history
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
        self._epoch_starts.append((self.epochs_done, self.seconds))
        sums, seen = torch.zeros(2, device=self._device), 0
        decay = math.exp(-1 / (_RECENT * self._batches_per_epoch))
        epoch_started = reported = time.monotonic()
        for batch, (images, labels) in enumerate(self._batches(), start=1):
            learning_rate = float(self._schedule.get_last_lr()[0])
            batch_loss, batch_correct = self._step(images, labels)
            batch_sums = torch.stack([batch_loss * len(labels), batch_correct])
            sums += batch_sums
            seen += len(labels)
            self._recent_sums.mul_(decay).add_(batch_sums)
            self._recent_images = self._recent_images * decay + len(labels)
            self.epochs_done = epoch - 1 + batch / self._batches_per_epoch
            now = time.monotonic()
            self.seconds = now - started
            if now - reported >= _SECONDS_BETWEEN_MESSAGES:
                reported = now
                loss_sum, correct = self._recent_sums.tolist()
                yield BatchDone(
                    epoch=epoch,
                    batch=batch,
                    accuracy=min(correct / self._recent_images, 1.0),  # floats may round up
                    loss=self._checked(loss_sum / self._recent_images),
                    images_per_second=seen / (now - epoch_started),
                    seconds_left=self._seconds_left(),
                )
            if batch < self._batches_per_epoch and should_stop():
                return
        loss_sum, correct = sums.tolist()
        loss = self._checked(loss_sum / seen)
        train_seconds = time.monotonic() - epoch_started
        self._check_weights()
        validation_accuracy = accuracy(self.net, self.validation) if self.validation else None
        self.seconds = time.monotonic() - started
        done = EpochDone(
            epoch=epoch,
            train_accuracy=correct / seen,
            validation_accuracy=validation_accuracy,
            loss=loss,
            learning_rate=learning_rate,
            images_per_second=seen / train_seconds,
            seconds_left=self._seconds_left(),
        )
        self.history.append(done)
        yield done

    @property
    def _batches_per_epoch(self) -> int:
        """An epoch is one pass over the training images; the ink comes on top."""
        return -(-len(self._training) // (self.recipe.batch_size - self._ink_per_batch))

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Images and labels of one epoch in a new order, each batch with some random ink.

        Images without a label, at the end of a batch, are outliers.
        """
        order = torch.randperm(len(self._training), generator=self._generator, device=self._device)
        for chosen in order.split(self.recipe.batch_size - self._ink_per_batch):
            images, labels = self._training.images[chosen], self._training.labels[chosen]
            if self._ink:
                drawn = self._some(len(self._ink), self._ink_per_batch)
                images = torch.cat([images, self._ink.images[drawn]])
                labels = torch.cat([labels, self._ink.labels[drawn]])
            if self._outliers:
                drawn = self._some(len(self._outliers), self.recipe.outliers)
                images = torch.cat([images, self._outliers.images[drawn]])
            yield images, labels

    def _some(self, of: int, n: int) -> Tensor:
        """`n` random indices below `of`."""
        return torch.randint(of, (n,), generator=self._generator, device=self._device)

    def _step(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Learn from one batch; return the mean loss and the number of correct predictions."""
        strength = augmentation_strength(self.recipe, self.epochs_done)
        loss, correct, *gradients = self._compute(images, labels, self._strength.fill_(strength))
        assert loss is not None
        assert correct is not None
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        self._optimizer.step()
        self._schedule.step()
        if self._ema:
            self._ema.update_parameters(self._net)
        return loss, correct

    def _loss_and_gradients(
        self, images: Tensor, labels: Tensor, strength: Tensor
    ) -> tuple[Tensor | None, ...]:
        """The mean loss on a batch, the number of correct predictions, and the gradients.

        A parameter that has no influence on the objective has no gradient.
        """
        x = normalize(self._augment(images, self._generator, strength))
        x = x.contiguous(memory_format=torch.channels_last)
        n = len(labels)
        with autocast(self._device):
            logits, outlier_logits = self._net(x).float().tensor_split((n,))
            teacher_logits = self._teacher(x[:n]).float() if self._teacher else None
        loss = objective = F.cross_entropy(logits, labels)
        if teacher_logits is not None:
            objective = distillation_loss(logits, teacher_logits, labels)
            objective = objective + F.cross_entropy(teacher_logits, labels)
        if self._outliers:
            objective = objective + self.recipe.outlier_weight * flatness_loss(outlier_logits)
        gradients = torch.autograd.grad(objective, self._parameters, allow_unused=True)
        return loss.detach(), (logits.argmax(dim=1) == labels).sum(), *gradients

    @property
    def _parts(self) -> dict[str, Any]:
        """The parts whose state dicts belong to the run's state."""
        parts = {
            "net": self._net,
            "teacher": self._teacher,
            "ema": self._ema,
            "optimizer": self._optimizer,
            "schedule": self._schedule,
        }
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def _generators(self) -> tuple[Generator, Generator]:
        """The run's own generator, and torch's default one, which dropout draws from."""
        if self._device.type == "cuda":
            return self._generator, torch.cuda.default_generators[torch.cuda.current_device()]
        return self._generator, torch.default_generator

    def _seconds_left(self) -> float:
        """By the speed since the previous epoch began, because other programs come and go."""
        epochs, seconds = self._epoch_starts[0]
        pace = (self.seconds - seconds) / (self.epochs_done - epochs)
        return pace * (self.recipe.epochs - self.epochs_done)

    def _checked(self, loss: float) -> float:
        if not math.isfinite(loss):
            raise self._diverged(f"the loss became {loss}")
        return loss

    def _check_weights(self) -> None:
        if not all(tensor.isfinite().all() for tensor in self.net.state_dict().values()):
            raise self._diverged("a weight became NaN or infinite")

    def _diverged(self, reason: str) -> DivergedError:
        epoch = math.ceil(self.epochs_done)
        return DivergedError(f"{reason} in epoch {epoch}; try again with another seed")


def flatness_loss(logits: Tensor) -> Tensor:
    """The cross entropy of logits [n, 10] with equal probabilities of all digits."""
    return -logits.log_softmax(dim=1).mean()


def logits(net: Net, digits: Digits) -> Tensor:
    """Logits [n, 10] of `digits`, on the CPU. Puts the net into evaluation mode."""
    net.eval()
    device = net.fc2.weight.device
    with torch.inference_mode():
        parts = digits.images.split(_EVALUATION_BATCH)
        return torch.cat([net(normalize(to_unit(part.to(device)))).cpu() for part in parts])


def accuracy(net: Net, digits: Digits) -> float:
    """Share of `digits` that `net` predicts correctly. Puts the net into evaluation mode."""
    correct = logits(net, digits).argmax(dim=1) == digits.labels
    return int(correct.sum()) / len(digits)
