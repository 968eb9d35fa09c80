"""Shows a training run in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from tqdm import tqdm

from digitpad.progress import BatchDone, EpochDone, Message, RunEnded, RunStarted


def show_progress(messages: Iterable[Message]) -> RunEnded:
    """Follow the run to its end: a bar with accuracy, loss and time left; a line for each epoch.

    Written to standard error.
    """
    bar = None
    batches = 0
    try:
        for message in messages:
            match message:
                case RunStarted():
                    batches = message.batches_per_epoch
                    bar = tqdm(
                        total=message.epochs * batches,
                        unit="batch",
                        bar_format="{desc}{percentage:3.0f} % |{bar}| {elapsed}, {remaining} left",
                    )
                case BatchDone() if bar is not None:
                    bar.set_description_str(
                        f"epoch {message.epoch}: {message.accuracy:.2%} right, "
                        f"loss {message.loss:.4f} ",
                        refresh=False,
                    )
                    bar.update((message.epoch - 1) * batches + message.batch - bar.n)
                case EpochDone() if bar is not None:
                    bar.update(message.epoch * batches - bar.n)
                    bar.write(_epoch_line(message), file=sys.stderr)
                case RunEnded():
                    return message
    finally:
        if bar is not None:
            bar.close()
    raise AssertionError("a training run ended without its last message")


def _epoch_line(done: EpochDone) -> str:
    held_out = done.validation_accuracy
    return (
        f"epoch {done.epoch:>3}: {done.train_accuracy:.2%} right in training"
        + ("" if held_out is None else f", {held_out:.2%} in validation")
        + f", loss {done.loss:.4f}, learning rate {done.learning_rate:.2g}, "
        f"{done.images_per_second:,.0f} images/s"
    )
