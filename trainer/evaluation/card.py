"""Writes the model card and the README's table, from what weights files say of themselves.

`assets/runs.json` keeps what the weights files said that are not committed, so that the prose can
be changed, in `trainer/evaluation/model_card.md`, without them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import fmean
from string import Template
from typing import Any

from digitpad.files import replacing
from digitpad.network import read_weights
from trainer.evaluation.summary import Summary, summarize
from trainer.run.output import OutputError

TEMPLATE = Path(__file__).with_name("model_card.md")
"""The card's prose, with places such as $seed."""

CARD, README = Path("assets/MODEL_CARD.md"), Path("README.md")
RUNS, BUNDLED = Path("assets/runs.json"), Path("assets/net.safetensors")

BEGIN, END = "<!-- written by: python -m trainer card -->", "<!-- so far -->"
"""What is between these two lines of the README is written anew."""

_PAPER = ["the paper's claim", "MNIST", "20", "–", "99.58 %"]

Run = dict[str, Any]
"""The metadata of a weights file, without confusions and recalls."""


class CardError(Exception):
    """The card cannot be written; the message says what to do."""


def write_card(files: Sequence[Path], root: Path | None = None) -> list[Path]:
    """Write the card and the README's table, in the checkout `root`; gives what was written.

    They tell of the bundled weights and of those in `files`, or where there are none, of the same
    runs as last time. Raises CardError, OutputError, and WeightsError for a file that is none.
    """
    root = root or _checkout()
    runs = read_runs(root, files)
    content = {RUNS: json.dumps(runs, indent=1) + "\n"} | written_from(runs, root)
    for path, text in content.items():
        try:
            with replacing(root / path) as file:
                file.write(text.encode())
        except OSError as error:
            raise OutputError(f"cannot write {root / path}: {error.strerror}") from error
    return [root / path for path in content]


def read_runs(root: Path, files: Sequence[Path]) -> list[Run]:
    """The runs of the bundled weights and of `files`, or without these, the ones of last time."""
    bundled = _run(root / BUNDLED)
    if files:
        runs = [bundled]
        for run in map(_run, files):
            if run not in runs:  # the bundled one may be named, too
                runs.append(run)
        return runs
    known: list[Run] = json.loads((root / RUNS).read_text()) if (root / RUNS).exists() else []
    if known[:1] != [bundled]:
        raise CardError(f"{root / RUNS} is not about {BUNDLED}: name the weights files of all runs")
    return known


def written_from(runs: Sequence[Run], root: Path) -> dict[Path, str]:
    """The card, and the README with its table; `runs` begin with that of the bundled weights."""
    return {CARD: _card(runs), README: _readme((root / README).read_text("utf-8"), runs)}


def _checkout() -> Path:
    root = Path(__file__).parents[2]
    if not (root / "pyproject.toml").is_file():
        raise CardError("the model card is written in a checkout of digitpad's repository only")
    return root


def _run(path: Path) -> Run:
    """What a weights file says of its run, which has to be finished."""
    metadata = read_weights(path).metadata
    done, epochs = metadata.get("epochs_done"), metadata.get("recipe", {}).get("epochs")
    if done != epochs:
        raise CardError(f"{path}: its training was stopped after {done} of {epochs} epochs")
    metrics = [
        {key: value for key, value in metric.items() if key not in ("confusion", "recall")}
        for metric in metadata.get("metrics", [])
    ]
    return metadata | {"metrics": metrics}


def _card(runs: Sequence[Run]) -> str:
    bundled = runs[0]
    places = {
        "command": bundled.get("command", "–"),
        "recipe": bundled.get("recipe", {}).get("name", "–"),
        "epochs": bundled.get("recipe", {}).get("epochs", "–"),
        "seed": bundled.get("seed", "–"),
        "temperature": bundled.get("temperature", "–"),
        "minutes": _minutes([bundled]),
        "bundled": _table(_bundled_rows(bundled)),
        "recipes": _table(_recipe_rows(runs)),
        "runs": _table(_run_rows(runs)),
    }
    try:
        return Template(TEMPLATE.read_text("utf-8")).substitute(places)
    except (KeyError, ValueError) as error:
        raise CardError(
            f"{TEMPLATE}: {error} is no place; there are: {', '.join(sorted(places))}"
        ) from error


def _readme(text: str, runs: Sequence[Run]) -> str:
    between = re.compile(f"(?<={BEGIN}\n).*?(?={END}\n)", re.DOTALL)
    table = _table(_recipe_rows(runs))
    if len(between.findall(text)) != 1:
        raise CardError(f"{README} needs the lines '{BEGIN}' and '{END}' where the table goes")
    return between.sub(lambda _match: f"\n{table}\n\n", text)


def _bundled_rows(run: Run) -> Iterator[list[str]]:
    """How the bundled weights read each split, with the temperature and without."""
    yield [
        *("measured on", "right"),
        *("negative log-likelihood", "without temperature"),
        *("calibration error", "without temperature"),
    ]
    for metric in _tests(run):
        yield [
            metric["split"],
            f"{_percent(metric['accuracy'])} ({round(metric['accuracy'] * metric['images']):,} of {metric['images']:,})",
            *(
                f"{metric[key]:.4f}" if key in metric else "–"
                for key in ("nll", "nll_without_temperature")
            ),
            *(
                _percent(metric[key]) if key in metric else "–"
                for key in ("calibration_error", "calibration_error_without_temperature")
            ),
        ]


def _recipe_rows(runs: Sequence[Run]) -> Iterator[list[str]]:
    """Each recipe with all of its runs, the bundled weights among them, and the paper's claim."""
    splits = _splits(runs)
    yield ["recipe", "learned from", "epochs", "minutes", *splits]
    groups: dict[tuple[tuple[str, str, str], str], list[Run]] = {}
    for run in runs:
        # Also in what has no column: a recipe may have changed without its name.
        whole = json.dumps(run.get("recipe"), sort_keys=True)
        groups.setdefault((_recipe(run), whole), []).append(run)
    for ((name, learned_from, epochs), _), group in groups.items():
        summaries = summarize(map(_tests, group))
        means = [_mean(summaries[split]) if split in summaries else "–" for split in splits]
        yield [f"`{name}`", learned_from, epochs, _minutes(group), *means]
        if runs[0] in group:
            its = _accuracies(runs[0])
            shares = [f"**{its[split]}**" if split in its else "–" for split in splits]
            yield ["the bundled weights of these", "", "", _minutes(runs[:1]), *shares]
    yield [*_PAPER, *("–" for _ in splits[1:])]


def _run_rows(runs: Sequence[Run]) -> Iterator[list[str]]:
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


def _recipe(run: Run) -> tuple[str, str, str]:
    """Its name, what was learned from, and for how many epochs: the same for all seeds."""
    recipe, with_seed = run.get("recipe", {}), f", seed {run.get('seed')}"
    parts = [
        # The synthetic drawings are others with each seed, and named so.
        f"{part['name'].removesuffix(with_seed)} ({part['images']:,})"
        for part in run.get("data", [])
    ]
    return recipe.get("name", "–"), ", ".join(parts) or "–", str(recipe.get("epochs", "–"))


def _splits(runs: Iterable[Run]) -> list[str]:
    return list(dict.fromkeys(metric["split"] for run in runs for metric in _tests(run)))


def _tests(run: Run) -> list[dict[str, Any]]:
    """The metrics, without those of the validation splits, by which something was chosen."""
    return [each for each in run["metrics"] if not each["split"].endswith("validation")]


def _accuracies(run: Run) -> dict[str, str]:
    return {metric["split"]: _percent(metric["accuracy"]) for metric in _tests(run)}


def _minutes(runs: Iterable[Run]) -> str:
    """The mean of the runs, and on how many threads."""
    timed = [run for run in runs if "seconds" in run]
    if not timed:
        return "–"
    threads = sorted({run["threads"] for run in timed if "threads" in run})
    on = f" on {' or '.join(map(str, threads))} thread{'s' * (threads != [1])}" if threads else ""
    return f"{fmean(run['seconds'] for run in timed) / 60:.0f}{on}"


def _mean(summary: Summary) -> str:
    if summary.n == 1:
        return f"{_percent(summary.mean)} (1)"
    return f"{100 * summary.mean:.2f} ± {_percent(summary.sd)} ({summary.n})"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _table(rows: Iterable[Sequence[str]]) -> str:
    """In Markdown; the first row is the head."""
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([head, re.sub(r"[^|]+", "---", head), *body])
