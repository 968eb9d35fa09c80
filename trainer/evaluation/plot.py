"""The picture of an evaluation.

Of digits: confusion matrix, reliability diagram, worst errors. Of outliers: their energies, and
those called sure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure, SubFigure
from numpy.typing import NDArray

from digitpad.files import replacing
from digitpad.recognizer import softmax
from digitpad.verdict import Thresholds, energy
from trainer.data.digits import Digits
from trainer.evaluation.metrics import (
    BINS,
    Evaluation,
    OutlierEvaluation,
    calibration_error,
    reliability,
    verdicts,
)
from trainer.run.output import OutputError

WIDTH, HEIGHT = 1800, 640
"""Size of the picture in pixels. The height is per split."""

_DPI = 100
_SHEET = 40  # images at most
_ENERGY_BINS = 50
_CAPTION_HEIGHT = 0.25  # relative to an image

_MARGINS = {"left": 0.035, "right": 0.99, "top": 0.85, "bottom": 0.09, "wspace": 0.2}

EvaluatedSplit = tuple[Evaluation | OutlierEvaluation, Digits, NDArray[np.float64]]
"""An evaluation, the images of the split, and their logits [n, 10]."""


def write_plot(
    path: Path, splits: Sequence[EvaluatedSplit], temperature: float, thresholds: Thresholds
) -> None:
    """Draw the splits below each other in a PNG file, which is written whole or not at all.

    Raises OutputError if it cannot be written.
    """
    of_digits = [energy(logits) for _, digits, logits in splits if not digits.are_outliers]
    figure = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI * len(splits)), dpi=_DPI)
    FigureCanvasAgg(figure)
    rows = figure.subfigures(len(splits), squeeze=False)[:, 0]
    for row, (evaluation, digits, logits) in zip(rows, splits, strict=True):
        row.suptitle(evaluation.headline(digits.name), fontsize=14)
        probabilities = softmax(logits, temperature)
        if isinstance(evaluation, Evaluation):
            _draw_digits(row, evaluation, digits, probabilities)
            continue
        energies, sure = row.subplots(
            1, 2, width_ratios=[1, 1], gridspec_kw=_MARGINS | {"left": 0.06}
        )
        draw_energies(energies, np.concatenate(of_digits), energy(logits), thresholds.energy)
        is_sure = verdicts(logits, temperature, thresholds) == "sure"
        draw_sure_outliers(sure, digits, probabilities, is_sure)
    try:
        with replacing(path) as file:
            figure.savefig(file, format="png")
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror}. Make room, or name another file with --plot"
        ) from error


def _draw_digits(
    row: SubFigure, evaluation: Evaluation, digits: Digits, probabilities: NDArray[np.float64]
) -> None:
    row.text(0.5, 0.915, "; ".join(evaluation.verdicts()), ha="center", va="center", fontsize=10)
    axes = row.subplot_mosaic(
        [["confusion", "reliability", "errors"], ["confusion", "confidence", "errors"]],
        width_ratios=[1, 0.8, 1.35],
        height_ratios=[3, 1],
        gridspec_kw=_MARGINS | {"hspace": 0.12},
    )
    draw_confusion(axes["confusion"], evaluation.confusion)
    draw_reliability(axes["reliability"], axes["confidence"], digits, probabilities)
    draw_errors(axes["errors"], digits, probabilities)


def draw_confusion(axes: Axes, confusion: NDArray[np.int64]) -> None:
    """Draw a confusion matrix [10, 10]: errors in red, darker where there are more.

    The diagonal has no colour, because its counts are so much higher.
    """
    errors = np.where(np.eye(10, dtype=bool), 0, confusion)
    axes.imshow(
        np.ma.masked_equal(errors, 0), cmap="Reds", norm=LogNorm(0.5, max(2.0, 2 * errors.max()))
    )
    for (digit, predicted), count in np.ndenumerate(confusion):
        if count:
            colour = "tab:gray" if digit == predicted else "black"
            axes.text(
                predicted, digit, f"{count}", ha="center", va="center", color=colour, fontsize=9
            )
    axes.set(xticks=range(10), yticks=range(10), xlabel="predicted as", ylabel="digit")
    axes.set_xticks(np.arange(9) + 0.5, minor=True)
    axes.set_yticks(np.arange(9) + 0.5, minor=True)
    axes.grid(which="minor", color="0.93")
    axes.tick_params(which="minor", length=0)
    axes.set_title("Confusion")


def draw_reliability(
    axes: Axes, below: Axes, digits: Digits, probabilities: NDArray[np.float64]
) -> None:
    """Draw accuracy against confidence, in bins, and `below` the distribution of the confidence."""
    is_correct = probabilities.argmax(axis=1) == digits.labels.numpy()
    confidences = probabilities.max(axis=1)
    bins = reliability(confidences, is_correct)
    is_used = bins.predictions > 0
    predictions = bins.predictions[is_used]
    accuracy = bins.correct[is_used] / predictions
    confidence = bins.confidence[is_used] / predictions
    middles, width = (np.arange(BINS)[is_used] + 0.5) / BINS, 1 / BINS
    axes.plot([0, 1], [0, 1], color="tab:gray", linestyle="--", linewidth=1)
    axes.bar(middles, accuracy, width, color="lightsteelblue", edgecolor="white", label="accuracy")
    axes.bar(
        middles,
        confidence - accuracy,
        width,
        bottom=accuracy,
        color="none",
        edgecolor="tab:red",
        hatch="////",
        label="gap",
    )
    axes.set(xlim=(0, 1), ylim=(0, 1.01), ylabel="accuracy")
    axes.tick_params(labelbottom=False)
    axes.legend(loc="upper left")
    error = calibration_error(confidences, is_correct)
    axes.set_title(f"Reliability (calibration error {error:.2%})")
    n = len(digits)
    below.bar(middles, predictions / n, width, color="tab:gray", edgecolor="white")
    below.set(xlim=(0, 1), ylim=(0.5 / n, 1), yscale="log")
    below.set(xlabel="confidence", ylabel="predictions")
    below.yaxis.set_major_formatter(lambda share, _position: f"{100 * share:g} %")


def draw_errors(axes: Axes, digits: Digits, probabilities: NDArray[np.float64]) -> None:
    """Draw the worst errors as a contact sheet, in rows, the worst first."""
    worst = worst_errors(digits.labels.numpy(), probabilities, _SHEET)
    labels = digits.labels[worst].tolist()
    _draw_sheet(
        axes,
        digits.images[worst].numpy(),
        [
            f"{label}→{_answer(each)}"
            for label, each in zip(labels, probabilities[worst], strict=True)
        ],
    )
    axes.set_title("Worst errors" if len(worst) else "No errors")


def draw_energies(
    axes: Axes, digits: NDArray[np.float64], outliers: NDArray[np.float64], threshold: float
) -> None:
    """Draw the distribution of the energies of digits [n] and outliers [m], and the threshold."""
    bins = np.histogram_bin_edges(np.concatenate([digits, outliers]), _ENERGY_BINS)
    for energies, name, colour in (
        (digits, "digits of this evaluation", "lightsteelblue"),
        (outliers, "these outliers", "tab:red"),
    ):
        share = np.full(len(energies), 1 / max(1, len(energies)))
        axes.hist(energies, bins.tolist(), weights=share, color=colour, alpha=0.6, label=name)
    has_threshold = math.isfinite(threshold)  # older weights have none
    if has_threshold:
        axes.axvline(threshold, color="black", linestyle="--", label="below it: not a digit")
    axes.set(yscale="log", xlabel="energy", ylabel="images")
    axes.yaxis.set_major_formatter(lambda share, _position: f"{100 * share:g} %")
    axes.legend(loc="upper right")
    axes.set_title("Energy" if has_threshold else "Energy (these weights have no threshold)")


def draw_sure_outliers(
    axes: Axes,
    outliers: Digits,
    probabilities: NDArray[np.float64],
    is_sure: NDArray[np.bool_],
) -> None:
    """Draw the outliers called sure as a contact sheet, the most probable digit first.

    `probabilities` is [n, 10], `is_sure` [n].
    """
    sure = np.flatnonzero(is_sure)
    by_confidence = np.argsort(-probabilities[sure].max(axis=1), kind="stable")
    first = sure[by_confidence[:_SHEET]]
    captions = [_answer(each) for each in probabilities[first]]
    _draw_sheet(axes, outliers.images[first].numpy(), captions)
    axes.set_title("Called sure" if len(first) else "None is called sure")


def _answer(probabilities: NDArray[np.float64]) -> str:
    return f"{probabilities.argmax()} {100 * probabilities.max():.0f} %"


def _draw_sheet(axes: Axes, images: NDArray[np.uint8], captions: Sequence[str]) -> None:
    """Draw images [n, 28, 28] in rows, each below its caption."""
    columns = max(5, math.ceil(math.sqrt(1.6 * len(images))))
    for n, (image, caption) in enumerate(zip(images, captions, strict=True)):
        row, x = divmod(n, columns)
        y = row * (1 + _CAPTION_HEIGHT)
        axes.imshow(image, cmap="gray_r", extent=(x, x + 1, y + 1, y), vmin=0, vmax=255)
        axes.text(x + 0.5, y, caption, ha="center", va="bottom", fontsize=9)
    rows = max(1, math.ceil(len(images) / columns))
    bottom = rows * (1 + _CAPTION_HEIGHT) - _CAPTION_HEIGHT
    axes.set(xlim=(0, columns), ylim=(bottom, -_CAPTION_HEIGHT))
    axes.set(aspect="equal", anchor="N")
    axes.set_axis_off()


def worst_errors(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], limit: int
) -> NDArray[np.int64]:
    """Indices of the incorrect predictions with the highest confidence, in descending order.

    `labels` is [n], `probabilities` [n, 10]; the result has at most `limit` indices.
    """
    errors = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    by_confidence = np.argsort(-probabilities[errors].max(axis=1), kind="stable")
    return errors[by_confidence[:limit]]
