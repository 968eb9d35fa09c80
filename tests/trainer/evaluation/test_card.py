"""The model card and the README's table agree with the weights files."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from safetensors.numpy import save_file

from digitpad.network import METADATA_KEY, WeightsError, read_weights
from digitpad.training.recipe import PAD
from digitpad.verdict import Thresholds
from trainer.evaluation import card

SPLITS = ("MNIST test", "pendigits-orig.tra, writers 26-30")


def check(root):
    for path, text in card.render(card.read_runs(root, []), root).items():
        assert (root / path).read_text("utf-8") == text, (
            f"{path} does not agree with assets/runs.json and trainer/evaluation/model_card.md: "
            "run python -m trainer card"
        )


@pytest.fixture
def checkout(tmp_path, repository):
    """A copy of the files that `python -m trainer card` reads and writes."""
    root = tmp_path / "checkout"
    shutil.copytree(repository / "assets", root / "assets")
    shutil.copy(repository / "README.md", root)
    return root


def rewrite(path, target=None, *, without=(), **metadata):
    weights = read_weights(path)
    content = weights.metadata | metadata
    for key in without:
        del content[key]
    save_file(weights.tensors, target or path, {METADATA_KEY: json.dumps(content)})


def metrics(*accuracies):
    """Metrics as today's trainer writes them, a validation split among them."""
    splits = zip(("MNIST validation", *SPLITS), (0.5, *accuracies), strict=False)
    return [{"split": split, "images": 10_000, "accuracy": each} for split, each in splits]


@pytest.fixture
def weights(tmp_path, repository):
    """Makes weights files from the bundled one, with some other metadata."""

    def make(name, **metadata):
        path = tmp_path / f"{name}.safetensors"
        rewrite(repository / card.BUNDLED, path, **metadata)
        return path

    return make


def rows(text, first):
    """The cells of the rows of Markdown tables whose first cell is `first`."""
    lines = [line for line in text.splitlines() if line.startswith(f"| {first} |")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def readme_rows(checkout, first):
    return rows((checkout / card.README).read_text("utf-8"), first)


def test_the_committed_files_are_current(repository):
    check(repository)


def test_the_command_restores_numbers_changed_by_hand_in_a_checkout(checkout, repository):
    for folder in ("digitpad", "trainer"):
        shutil.copytree(repository / folder, checkout / folder)
    (checkout / "pyproject.toml").touch()
    command = [sys.executable, "-m", "trainer", "card"]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    for path in (card.CARD, card.README):
        text = (checkout / path).read_text("utf-8")
        assert "99.58 %" in text
        (checkout / path).write_text(text.replace("99.58 %", "99.99 %"), "utf-8")

    printed = subprocess.check_output(command, cwd=checkout, env=environment, text=True)
    paths = (card.RUNS, card.CARD, card.README)
    assert printed.split() == ["Written:", *(str(checkout / path) for path in paths)]
    for path in paths:
        assert (checkout / path).read_bytes() == (repository / path).read_bytes()

    (checkout / "pyproject.toml").unlink()  # as in the site-packages of a wheel
    process = subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert process.stderr.startswith("python -m trainer: the model card can only be written in a")


def test_new_bundled_weights_need_the_files_of_all_runs(checkout, weights):
    bundled = checkout / card.BUNDLED
    recipe, seed = (read_weights(bundled).metadata[key] for key in ("recipe", "seed"))
    rewrite(bundled, metrics=metrics(0.9876, 0.9765), seed=seed + 1)
    with pytest.raises(card.CardError, match="name the weights files of all runs"):
        card.write_card([], checkout)
    card.write_card([weights("other"), bundled], checkout)
    check(checkout)
    text = (checkout / card.CARD).read_text("utf-8")
    assert rows(text, SPLITS[0])[0][1] == "98.76 % (9,876 of 10,000)"
    runs = [row for row in rows(text, f"`{recipe['name']}`") if row[1].isdigit()]
    assert [row[1] for row in runs] == [str(seed + 1), str(seed)]


def test_the_runs_with_the_same_settings_are_one_row(checkout, weights):
    def run(seed, *accuracies):
        return {
            "recipe": PAD.settings(),
            "epochs_done": PAD.epochs,
            "seed": seed,
            "metrics": metrics(*accuracies),
            "seconds": 1740 + 60 * seed,
            "threads": 1,
            "device": "cpu",
            "data": [
                {"name": "MNIST training", "images": 7},
                {"name": f"synthetic, seed {seed}", "images": 9},
            ],
        }

    rewrite(checkout / card.BUNDLED, **run(0, 0.995, 0.9))
    others = [weights(f"seed{seed}", **run(seed, 0.995 + seed / 1000)) for seed in (1, 2)]
    changed = weights(
        "changed",
        without=("seconds", "threads"),
        recipe={"name": "pad", "epochs": 60, "ease": 0.5},  # of an older version
        epochs_done=60,
        metrics=metrics(0.98, 0.96),
    )
    card.write_card([*others, changed], checkout)
    trained_on = "MNIST train (7), synthetic (9)"
    pad, other = readme_rows(checkout, "`pad`")
    assert pad == [
        *(
            "`pad`",
            trained_on,
            str(PAD.epochs),
            "30 on 1 thread",
            "99.60 ± 0.10 % (3)",
            "90.00 % (1)",
        )
    ]
    assert other[3:] == ["–", "98.00 % (1)", "96.00 % (1)"]
    assert readme_rows(checkout, "bundled weights") == [
        ["bundled weights", "", "", "29 on 1 thread", "**99.50 %**", "**90.00 %**"]
    ]
    text = (checkout / card.README).read_text("utf-8")
    assert "validation" not in text.split(card.BEGIN)[1].split(card.END)[0]


def test_the_card_says_what_the_verdict_costs(checkout):
    digits = {
        "split": "a.ndjson, choose",
        "images": 400,
        "accuracy": 0.99,
        "nll": 0.03,
        "calibration_error": 0.004,
        "sure": 390,
        "sure_correct": 387,
        "unsure": 7,
        "not_a_digit": 3,
        "writers": {"writers": 12, "worst": "ann", "worst_accuracy": 0.925, "below_95": 2},
    }
    never_sure = digits | {"split": "b", "sure": 0, "sure_correct": 0, "unsure": 397}
    del never_sure["writers"]
    counts = {"images": 1_000, "sure": 5, "unsure": 10, "not_a_digit": 985}
    letters = {"split": "b.ndjson, choose: outliers", **counts}
    rewrite(
        checkout / card.BUNDLED,
        metrics=[*metrics(0.9962), digits, never_sure, letters],
        verdict=Thresholds(0.85, 3.25, 1.5).to_metadata(),
    )
    card.write_card([checkout / card.BUNDLED], checkout)
    text = (checkout / card.CARD).read_text("utf-8")
    assert "| not a digit below an energy of 3.25, else sure from a probability of 0.85 (" in text
    assert rows(text, digits["split"]) == [
        [
            *(digits["split"], "99.00 % (396 of 400)", "92.50 %; 2 of 12 below 95 %"),
            *("0.0300", "0.40 %", "97.50 %", "0.77 %", "0.75 %"),
        ]
    ]
    assert rows(text, "b")[0][2:] == ["–", "0.0300", "0.40 %", "0.00 %", "–", "0.75 %"]
    assert rows(text, SPLITS[0])[0][2:] == ["–"] * 6  # metrics of an older weights file
    assert rows(text, letters["split"]) == [
        [letters["split"], "1,000", "98.50 %", "1.00 %", "0.50 %"]
    ]
    (bundled,) = readme_rows(checkout, "bundled weights")
    assert bundled[4:] == ["**99.62 %**", "**99.00 %**", "**99.00 %**"]  # not of the letters


def unfinished(_checkout, weights, _monkeypatch):
    return [weights("stopped", recipe=PAD.settings(), epochs_done=3.25)]


def no_markers(checkout, _weights, _monkeypatch):
    readme = checkout / card.README
    readme.write_text(readme.read_text("utf-8").replace(card.END, ""), "utf-8")
    return []


def unknown_placeholder(checkout, _weights, monkeypatch):
    monkeypatch.setattr(card, "TEMPLATE", checkout / "template.md")
    card.TEMPLATE.write_text("$recipe for $2", "utf-8")
    return []


def no_weights(checkout, _weights, _monkeypatch):
    return [checkout / "none.safetensors"]


@pytest.mark.parametrize(
    ("harm", "error", "message"),
    [
        (unfinished, card.CardError, f"stopped after 3.25 of {PAD.epochs} epochs"),
        (no_markers, card.CardError, f"needs the lines '{card.BEGIN}'"),
        (unknown_placeholder, card.CardError, "unknown placeholder"),
        (no_weights, WeightsError, "none.safetensors: there is no such file"),
    ],
)
def test_a_card_that_cannot_be_written_says_why_and_changes_nothing(
    checkout, weights, monkeypatch, harm, error, message
):
    files = harm(checkout, weights, monkeypatch)
    paths = [checkout / path for path in (card.RUNS, card.CARD, card.README)]
    before = [path.read_bytes() for path in paths]
    with pytest.raises(error, match=message):
        card.write_card(files, checkout)
    assert [path.read_bytes() for path in paths] == before
