"""Optimizer, schedules, EMA of the weights, and precision."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from digitpad.training.recipe import Recipe
from trainer.net import Net
from trainer.teacher import TEACHER_LR_RATIO, Teacher

_WARM_UP = 0.1  # share of a one-cycle run in which the learning rate rises
_STEP_EPOCHS = 15  # epochs between two steps of the schedule "step"
_WEAKENING = 0.2  # last share of a run, in which the augmentation weakens

_Tensors = tuple[Tensor, ...] | list[Tensor]


def make_optimizer(net: Net, teacher: Teacher | None, recipe: Recipe) -> Optimizer:
    """The recipe's optimizer for the Net and its teacher, at their peak learning rates."""
    groups = _parameter_groups(net, recipe.learning_rate, recipe.weight_decay)
    if teacher:
        peak = TEACHER_LR_RATIO * recipe.learning_rate
        groups += _parameter_groups(teacher, peak, recipe.weight_decay)
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, lr=recipe.learning_rate, fused=True)
    return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=0.9, nesterov=True, fused=True)


def _parameter_groups(net: nn.Module, lr: float, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay applies to the weights of layers, not to biases or batch norm."""
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in net.parameters() if parameter.ndim == 1]
    return [
        {"params": weights, "lr": lr, "weight_decay": weight_decay},
        {"params": others, "lr": lr},
    ]


def check_moments(optimizer: Optimizer) -> None:
    """Raise ValueError unless the optimizer's moments have the shapes of their parameters."""
    for parameter, moments in optimizer.state.items():
        for moment in moments.values():
            if isinstance(moment, Tensor) and moment.shape not in (parameter.shape, ()):
                raise ValueError("a moment does not belong to its parameter")


def lr_factor(recipe: Recipe, step: int, batches_per_epoch: int) -> float:
    """The learning rate of a step, counted from 0, relative to the peak learning rate."""
    if recipe.schedule == "step":
        return float(0.1 ** (step // batches_per_epoch // _STEP_EPOCHS))
    # The middle of the step. Its start would give the first step a learning rate of 0, its end the
    # last one.
    progress = (step + 0.5) / (batches_per_epoch * recipe.epochs)
    if progress < _WARM_UP:
        return progress / _WARM_UP
    return 0.5 + 0.5 * math.cos(math.pi * (progress - _WARM_UP) / (1 - _WARM_UP))


def augmentation_strength(recipe: Recipe, epochs_done: float) -> float:
    """The strength (0–1) of the augmentation after that many epochs."""
    remaining = 1 - epochs_done / recipe.epochs
    return 1 - recipe.augmentation_decay * max(0.0, 1 - remaining / _WEAKENING)


def exponential_moving_average(net: nn.Module, decay: float) -> AveragedModel:
    """A copy of `net` for the EMA of its weights and its batch norm statistics.

    The decay rises from 2/11 to `decay`, so that the EMA soon forgets the first weights. Without
    this warm-up a decay of 0.999 spoils short runs. Validation accuracy of the recipe `pad` without
    teacher on 10,000 MNIST images, with and without the warm-up: 97 % and 10 % after 1 epoch (79
    steps), 98.9 % and 9.9 % after 5 epochs.
    """

    def update(averages: _Tensors, values: _Tensors, steps: Tensor | int) -> None:
        if averages[0].is_floating_point():  # unlike batch norm's number of batches
            n = int(steps)
            torch._foreach_lerp_(averages, values, 1 - min(decay, (1 + n) / (10 + n)))

    return AveragedModel(net, multi_avg_fn=update, use_buffers=True)


@cache
def precision(device: torch.device) -> torch.dtype:
    """The dtype of the nets' forward passes.

    Mixed precision with bfloat16 on a CPU with matrix tiles for it (AMX), else float32. With
    AVX-512's bfloat16 alone, float32 is faster, and on a GPU too: the conversions cost more than
    such small nets gain. On an Intel Xeon with AMX, a step takes 0.74 to 0.94 of the time in mixed
    precision with the Net alone, and 0.78 with its teacher; on an H100, 1.2 of the time.
    """
    if device.type != "cpu":
        return torch.float32
    has_tiles = torch.cpu.get_capabilities().get("amx_bf16", False)
    return torch.bfloat16 if has_tiles else torch.float32


def autocast(device: torch.device) -> torch.autocast:
    """A context for forward passes in `precision(device)`."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision(device) == torch.bfloat16)
