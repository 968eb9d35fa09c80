"""Draws how weights read: where they err, how far their probabilities can be believed, and the
images that they are most wrong about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from digitpad.files import replacing
from trainer.data.digits import Digits
from trainer.evaluation.metrics import BINS, Evaluation, calibration_error, reliability
from trainer.run.output import OutputError

WIDTH, HEIGHT = 1800, 640
"""Of the picture, in pixels; the height is that of one split."""

_DPI = 100
_MISTAKES = 40
_CAPTION = 0.25  # its height, of that of an image

Reading = tuple[Evaluation, Digits, NDArray[np.float64]]
"""How a split was read, its images, and the probabilities [n, 10] that they were given."""


def write_plot(path: Path, readings: Sequence[Reading]) -> None:
    """Draw the readings below each other in the PNG `path`, written whole or not at all.

    Raises OutputError if that cannot be written.
    """
    figure = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI * len(readings)), dpi=_DPI)
    FigureCanvasAgg(figure)
    parts = figure.subfigures(len(readings), squeeze=False)[:, 0]
    for part, (evaluation, digits, probabilities) in zip(parts, readings, strict=True):
        part.suptitle(evaluation.headline(digits.name), fontsize=14)
        axes = part.subplot_mosaic(
            [["confusion", "reliability", "mistakes"], ["confusion", "answers", "mistakes"]],
            width_ratios=[1, 0.8, 1.35],
            height_ratios=[3, 1],
            gridspec_kw={
                "left": 0.035,
                "right": 0.99,
                "top": 0.87,
                "bottom": 0.09,
                "wspace": 0.2,
                "hspace": 0.12,
            },
        )
        draw_confusion(axes["confusion"], evaluation.confusion)
        draw_reliability(axes["reliability"], axes["answers"], digits, probabilities)
        draw_mistakes(axes["mistakes"], digits, probabilities)
    try:
        with replacing(path) as file:
            figure.savefig(file, format="png")
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror}. Make room, or name another file with --plot"
        ) from error


def draw_confusion(axes: Axes, confusion: NDArray[np.int64]) -> None:
    """The counts [10, 10]: in red what was read wrong, the darker the more, and what was read right
    without a colour, because it is so much more."""
    wrong = np.where(np.eye(10, dtype=bool), 0, confusion)
    axes.imshow(
        np.ma.masked_equal(wrong, 0), cmap="Reds", norm=LogNorm(0.5, max(2.0, 2 * wrong.max()))
    )
    for (digit, read), count in np.ndenumerate(confusion):
        if count:
            colour = "tab:gray" if digit == read else "black"
            axes.text(read, digit, f"{count}", ha="center", va="center", color=colour, fontsize=9)
    axes.set(xticks=range(10), yticks=range(10), xlabel="read as", ylabel="digit")
    axes.set_xticks(np.arange(9) + 0.5, minor=True)
    axes.set_yticks(np.arange(9) + 0.5, minor=True)
    axes.grid(which="minor", color="0.93")
    axes.tick_params(which="minor", length=0)
    axes.set_title("Confusion")


def draw_reliability(
    axes: Axes, below: Axes, digits: Digits, probabilities: NDArray[np.float64]
) -> None:
    """By the probability of the answers, in bins: how many of them are right and, `below`, how many
    there are."""
    is_right = probabilities.argmax(axis=1) == digits.labels.numpy()
    confidences = probabilities.max(axis=1)
    bins = reliability(confidences, is_right)
    has = bins.predictions > 0
    answers = bins.predictions[has]
    right, confidence = bins.correct[has] / answers, bins.confidence[has] / answers
    middles, width = (np.arange(BINS)[has] + 0.5) / BINS, 1 / BINS
    axes.plot([0, 1], [0, 1], color="tab:gray", linestyle="--", linewidth=1)
    axes.bar(middles, right, width, color="lightsteelblue", edgecolor="white", label="right")
    axes.bar(
        middles,
        confidence - right,
        width,
        bottom=right,
        color="none",
        edgecolor="tab:red",
        hatch="////",
        label="gap",
    )
    axes.set(xlim=(0, 1), ylim=(0, 1.01), ylabel="share that is right")
    axes.tick_params(labelbottom=False)
    axes.legend(loc="upper left")
    error = calibration_error(confidences, is_right)
    axes.set_title(f"Reliability (calibration error {error:.2%})")
    below.bar(middles, answers / answers.sum(), width, color="tab:gray", edgecolor="white")
    below.set(xlim=(0, 1), ylim=(0.5 / answers.sum(), 1), yscale="log")
    below.set(xlabel="probability of the answer", ylabel="share of all")
    below.yaxis.set_major_formatter(lambda share, _position: f"{100 * share:g} %")


def draw_mistakes(axes: Axes, digits: Digits, probabilities: NDArray[np.float64]) -> None:
    """A contact sheet of the worst mistakes, the worst one first, in rows."""
    worst = worst_mistakes(digits.labels.numpy(), probabilities, _MISTAKES)
    labels = digits.labels[worst].tolist()
    images = digits.images[worst].numpy()
    columns = max(5, math.ceil(math.sqrt(1.6 * len(worst))))
    for number, (image, label, each) in enumerate(
        zip(images, labels, probabilities[worst], strict=True)
    ):
        row, x = divmod(number, columns)
        y = row * (1 + _CAPTION)
        axes.imshow(image, cmap="gray_r", extent=(x, x + 1, y + 1, y), vmin=0, vmax=255)
        caption = f"{label}→{each.argmax()} {100 * each.max():.0f} %"
        axes.text(x + 0.5, y, caption, ha="center", va="bottom", fontsize=9)
    rows = max(1, math.ceil(len(worst) / columns))
    axes.set(xlim=(0, columns), ylim=(rows * (1 + _CAPTION) - _CAPTION, -_CAPTION))
    axes.set(aspect="equal", anchor="N")
    axes.set_axis_off()
    axes.set_title("The worst mistakes" if len(worst) else "No mistakes")


def worst_mistakes(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], most: int
) -> NDArray[np.int64]:
    """Which images, at `most` so many, were read wrong with the highest probability; those first.

    `labels` [n] are their digits, `probabilities` [n, 10] what they were given.
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    by_probability = np.argsort(-probabilities[wrong].max(axis=1), kind="stable")
    return wrong[by_probability[:most]]
