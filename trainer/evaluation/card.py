"""The model card and the README's table, written from the metadata of weights files.

`assets/runs.json` keeps the metadata of weights files that are not committed. So the prose, in
`trainer/evaluation/model_card.md`, can be changed without them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from string import Template
from typing import Any

from digitpad.files import replacing
from digitpad.network import read_weights
from digitpad.verdict import thresholds_from_metadata
from trainer.evaluation.summary import Summary, summarize
from trainer.run.output import OutputError

TEMPLATE = Path(__file__).with_name("model_card.md")
"""The card's prose, with placeholders such as $seed."""

CARD, README = Path("assets/MODEL_CARD.md"), Path("README.md")
RUNS, BUNDLED = Path("assets/runs.json"), Path("assets/net.safetensors")

BEGIN, END = "<!-- table written by python -m trainer card -->", "<!-- end of table -->"
"""The lines of the README around the table."""

_PAPER = ["the paper's claim", "MNIST", "20", "–", "99.58 %"]

_RENAMED = {"MNIST training": "MNIST train"}
"""Names of data in older weights files, with today's names."""

Metadata = dict[str, Any]
"""The metadata of a weights file, without confusion matrices and recalls."""


class CardError(Exception):
    """The card cannot be written. The message says what to do."""


def write_card(files: Sequence[Path], root: Path | None = None) -> list[Path]:
    """Write the card, the README's table and `assets/runs.json` in the checkout `root`.

    They describe the bundled weights and `files`; without `files`, the same runs as last time.
    Returns the written files. Raises CardError, OutputError and WeightsError.
    """
    root = root or _checkout()
    runs = read_runs(root, files)
    content = {RUNS: json.dumps(runs, indent=1) + "\n"} | render(runs, root)
    for path, text in content.items():
        try:
            with replacing(root / path) as file:
                file.write(text.encode())
        except OSError as error:
            raise OutputError(f"cannot write {root / path}: {error.strerror}") from error
    return [root / path for path in content]


def read_runs(root: Path, files: Sequence[Path]) -> list[Metadata]:
    """Read the bundled weights' metadata and that of `files`, or of `assets/runs.json`."""
    bundled = _read_run(root / BUNDLED)
    if files:
        runs = [bundled]
        for run in map(_read_run, files):
            if run not in runs:  # `files` may include the bundled weights
                runs.append(run)
        return runs
    known: list[Metadata] = json.loads((root / RUNS).read_text()) if (root / RUNS).exists() else []
    if known[:1] != [bundled]:
        raise CardError(
            f"{root / RUNS} does not describe {BUNDLED}: name the weights files of all runs"
        )
    return known


def render(runs: Sequence[Metadata], root: Path) -> dict[Path, str]:
    """The text of the card and of the README. The first of `runs` made the bundled weights."""
    return {CARD: _card(runs), README: _readme((root / README).read_text("utf-8"), runs)}


def _checkout() -> Path:
    root = Path(__file__).parents[2]
    if not (root / "pyproject.toml").is_file():
        raise CardError("the model card can only be written in a checkout of digitpad's repository")
    return root


def _read_run(path: Path) -> Metadata:
    metadata = read_weights(path).metadata
    done, epochs = metadata.get("epochs_done"), metadata.get("recipe", {}).get("epochs")
    if done != epochs:
        raise CardError(f"{path}: its training stopped after {done} of {epochs} epochs")
    metrics = [
        {key: value for key, value in metric.items() if key not in ("confusion", "recall")}
        for metric in metadata.get("metrics", [])
    ]
    return metadata | {"metrics": metrics}


def _card(runs: Sequence[Metadata]) -> str:
    bundled = runs[0]
    values = {
        "command": bundled.get("command", "–"),
        "recipe": bundled.get("recipe", {}).get("name", "–"),
        "epochs": bundled.get("recipe", {}).get("epochs", "–"),
        "seed": bundled.get("seed", "–"),
        "temperature": bundled.get("temperature", "–"),
        "verdict": _verdict(bundled),
        "minutes": _minutes([bundled]),
        "digits": _table(_digit_rows(bundled)),
        "outliers": _outliers(bundled),
        "recipes": _table(_recipe_rows(runs)),
        "runs": _table(_run_rows(runs)),
    }
    try:
        return Template(TEMPLATE.read_text("utf-8")).substitute(values)
    except (KeyError, ValueError) as error:
        raise CardError(
            f"{TEMPLATE}: unknown placeholder ({error}); use {', '.join(sorted(values))}"
        ) from error


def _readme(text: str, runs: Sequence[Metadata]) -> str:
    between = re.compile(f"(?<={BEGIN}\n).*?(?={END}\n)", re.DOTALL)
    table = _table(_recipe_rows(runs))
    if len(between.findall(text)) != 1:
        raise CardError(f"{README} needs the lines '{BEGIN}' and '{END}' around the table")
    return between.sub(lambda _match: f"\n{table}\n\n", text)


def _verdict(run: Metadata) -> str:
    """What decides the verdict, as a sentence."""
    thresholds = thresholds_from_metadata(run)
    sure = f"sure from a probability of {thresholds.sure:g}"
    if math.isfinite(thresholds.energy):
        return f"not a digit below an energy of {thresholds.energy:g}, else {sure}"
    return f"{sure}; everything is a digit"


def _digit_rows(run: Metadata) -> Iterator[list[str]]:
    """Metrics of the bundled weights on digits. Older weights files have no verdicts."""
    yield [
        *("split", "accuracy", "worst writer", "NLL", "calibration error"),
        *("sure", "wrong among sure", "not a digit"),
    ]
    for metric in _digit_metrics(run):
        images, accuracy, sure = metric["images"], metric["accuracy"], metric.get("sure", 0)
        yield [
            metric["split"],
            f"{_percent(accuracy)} ({round(accuracy * images):,} of {images:,})",
            _worst_writer(metric.get("writers")),
            f"{metric['nll']:.4f}" if "nll" in metric else "–",
            _percent(metric["calibration_error"]) if "calibration_error" in metric else "–",
            _share(metric.get("sure"), images),
            _share(sure - metric.get("sure_correct", 0), sure),
            _share(metric.get("not_a_digit"), images),
        ]


def _worst_writer(writers: Mapping[str, Any] | None) -> str:
    if writers is None:
        return "–"
    below, n = writers["below_95"], writers["writers"]
    return f"{_percent(writers['worst_accuracy'])}; {below} of {n} below 95 %"


def _outliers(run: Metadata) -> str:
    """A table of the verdicts of the bundled weights on what is no digit."""
    metrics = [metric for metric in run["metrics"] if "accuracy" not in metric]
    if not metrics:
        return "These weights were not evaluated on it."
    verdicts = ("not_a_digit", "unsure", "sure")
    return _table(
        [
            ["split", "images", "not a digit", "unsure", "sure"],
            *(
                [
                    metric["split"],
                    f"{metric['images']:,}",
                    *(_share(metric[verdict], metric["images"]) for verdict in verdicts),
                ]
                for metric in metrics
            ),
        ]
    )


def _recipe_rows(runs: Sequence[Metadata]) -> Iterator[list[str]]:
    """Each recipe's accuracy over all of its runs, the bundled weights', and the paper's claim."""
    splits = _splits(runs)
    yield ["recipe", "trained on", "epochs", "minutes", *splits]
    groups: dict[tuple[tuple[str, str, str], str], list[Metadata]] = {}
    for run in runs:
        # By all settings: a recipe can change without a change of name.
        settings = json.dumps(run.get("recipe"), sort_keys=True)
        groups.setdefault((_recipe(run), settings), []).append(run)
    for ((name, trained_on, epochs), _), group in groups.items():
        summaries = summarize(map(_digit_metrics, group))
        means = [_mean(summaries[split]) if split in summaries else "–" for split in splits]
        yield [f"`{name}`", trained_on, epochs, _minutes(group), *means]
        if runs[0] in group:
            accuracies = _accuracies(runs[0])
            shares = [
                f"**{accuracies[split]}**" if split in accuracies else "–" for split in splits
            ]
            yield ["bundled weights", "", "", _minutes(runs[:1]), *shares]
    yield [*_PAPER, *("–" for _ in splits[1:])]


def _run_rows(runs: Sequence[Metadata]) -> Iterator[list[str]]:
    splits = _splits(runs)
    yield ["recipe", "seed", "minutes", "temperature", *splits]
    for run in runs:
        accuracies = _accuracies(run)
        yield [
            f"`{_recipe(run)[0]}`",
            str(run.get("seed", "–")),
            _minutes([run]),
            str(run.get("temperature", "–")),
            *(accuracies.get(split, "–") for split in splits),
        ]


def _recipe(run: Metadata) -> tuple[str, str, str]:
    """Name, training data and epochs of the recipe, which are the same for every seed."""
    recipe, seed = run.get("recipe", {}), f", seed {run.get('seed')}"
    parts = [
        # The name of synthetic drawings includes the seed.
        (part["name"].removesuffix(seed), part["images"])
        for part in run.get("data", [])
    ]
    trained_on = ", ".join(f"{_RENAMED.get(name, name)} ({images:,})" for name, images in parts)
    return recipe.get("name", "–"), trained_on or "–", str(recipe.get("epochs", "–"))


def _splits(runs: Iterable[Metadata]) -> list[str]:
    return list(dict.fromkeys(metric["split"] for run in runs for metric in _digit_metrics(run)))


def _digit_metrics(run: Metadata) -> list[dict[str, Any]]:
    """The metrics of splits of digits, without those of MNIST's validation images, which choices
    were based on."""
    return [
        metric
        for metric in run["metrics"]
        if "accuracy" in metric and not metric["split"].endswith("validation")
    ]


def _accuracies(run: Metadata) -> dict[str, str]:
    return {metric["split"]: _percent(metric["accuracy"]) for metric in _digit_metrics(run)}


def _minutes(runs: Iterable[Metadata]) -> str:
    """The mean training time, with the number of threads, or on a GPU."""
    timed = [run for run in runs if "seconds" in run]
    if not timed:
        return "–"
    minutes = f"{fmean(run['seconds'] for run in timed) / 60:.0f}"
    if any(run.get("device") == "cuda" for run in timed):
        return f"{minutes} on a GPU"
    threads = sorted({run["threads"] for run in timed if "threads" in run})
    if not threads:
        return minutes
    return f"{minutes} on {' or '.join(map(str, threads))} thread{'s' * (threads != [1])}"


def _mean(summary: Summary) -> str:
    if summary.n == 1:
        return f"{_percent(summary.mean)} (1)"
    return f"{100 * summary.mean:.2f} ± {_percent(summary.sd)} ({summary.n})"


def _share(n: int | None, of: int) -> str:
    return "–" if n is None or of == 0 else _percent(n / of)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _table(rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table. The first row is the heading."""
    heading, *body = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([heading, re.sub(r"[^|]+", "---", heading), *body])
