"""The model card and the README's table are what the weights files say."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import save_file

from digitpad.network import METADATA_KEY, read_weights
from digitpad.recipe import PAD
from trainer.evaluation import card

REPOSITORY = Path(__file__).parents[3]
SPLITS = ("MNIST test", "pendigits-orig.tra, writers 26-30")


def check(root):
    for path, text in card.written_from(card.read_runs(root, []), root).items():
        assert (root / path).read_text("utf-8") == text, (
            f"{path} is not what assets/runs.json and trainer/evaluation/model_card.md give: "
            "run python -m trainer card"
        )


@pytest.fixture
def checkout(tmp_path):
    """A copy of what `python -m trainer card` needs; it writes into that."""
    root = tmp_path / "checkout"
    for folder in ("digitpad", "trainer", "assets"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, root)
    return root


def run_card(checkout, *files):
    """In the checkout, as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "trainer", "card", *map(str, files)],
        capture_output=True,
        encoding="utf-8",
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout)},
        check=False,
    )


def rewrite(path, target=None, *, without=(), **metadata):
    weights = read_weights(path)
    content = weights.metadata | metadata
    for key in without:
        del content[key]
    save_file(weights.tensors, target or path, {METADATA_KEY: json.dumps(content)})


def metrics(*accuracies):
    return [
        {"split": split, "images": 10_000, "right": round(10_000 * each), "accuracy": each}
        for split, each in zip(("MNIST validation", *SPLITS), (0.5, *accuracies), strict=False)
    ]


@pytest.fixture
def weights(tmp_path):
    """Makes weights files of a run: the bundled one's, but for what is said."""

    def make(name, **metadata):
        path = tmp_path / f"{name}.safetensors"
        rewrite(REPOSITORY / card.BUNDLED, path, **metadata)
        return path

    return make


def rows(text, first):
    """The cells of the rows of a Markdown table that begin with the cell `first`."""
    lines = [line for line in text.splitlines() if line.startswith(f"| {first} |")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_what_is_committed_is_current():
    check(REPOSITORY)


@pytest.mark.parametrize("path", [card.CARD, card.README])
def test_a_figure_changed_by_hand_is_found_out(checkout, path):
    check(checkout)
    text = (checkout / path).read_text("utf-8")
    (figure, *_) = rows(text, "the paper's claim")
    (checkout / path).write_text(text.replace(figure[4], "99.99 %"), "utf-8")
    with pytest.raises(AssertionError, match=f"{path} .* run python -m trainer card"):
        check(checkout)
    assert run_card(checkout).returncode == 0
    check(checkout)
    assert (checkout / path).read_text("utf-8") == text


def test_new_bundled_weights_need_all_runs_anew(checkout, weights):
    rewrite(checkout / card.BUNDLED, metrics=metrics(0.9876, 0.9765), seed=1)
    with pytest.raises(card.CardError, match="name the weights files of all runs"):
        check(checkout)
    process = run_card(checkout)
    assert process.returncode == 2
    assert "name the weights files of all runs" in process.stderr
    assert "Traceback" not in process.stderr
    process = run_card(checkout, weights("other"))
    assert process.returncode == 0, process.stderr
    assert process.stdout.split() == ["Written:", *map(str, written(checkout))]
    check(checkout)
    text = (checkout / card.CARD).read_text("utf-8")
    assert rows(text, SPLITS[0])[0][1] == "98.76 % (9,876 of 10,000)"
    assert [row[1] for row in rows(text, "`pad`") if len(row) == 6 and row[1].isdigit()] == [
        *("1", "0")
    ]


def written(checkout):
    return [checkout / path for path in (card.RUNS, card.CARD, card.README)]


def test_each_recipe_has_a_row_with_mean_and_standard_deviation(checkout, weights):
    bundled = read_weights(checkout / card.BUNDLED).metadata
    rewrite(
        checkout / card.BUNDLED,
        metrics=metrics(0.995, 0.9),
        seconds=1740,
        threads=1,
        data=[{"name": "MNIST", "images": 7}, {"name": "synthetic, seed 0", "images": 9}],
    )
    others = [
        weights(
            f"seed{seed}",
            seed=seed,
            metrics=metrics(accuracy),
            data=[{"name": "MNIST", "images": 7}, {"name": f"synthetic, seed {seed}", "images": 9}],
            seconds=1740 + 60 * seed,
            threads=1,
        )
        for seed, accuracy in ((1, 0.996), (2, 0.997))
    ]
    old = weights(
        "old",
        without=("seconds", "threads"),
        recipe=bundled["recipe"] | {"name": "old"},
        metrics=metrics(0.98, 0.96),
    )
    named_too = checkout / card.BUNDLED
    card.write_card([*others, old, named_too], checkout)
    text = (checkout / card.README).read_text("utf-8")
    learned_from = "MNIST (7), synthetic (9)"
    means = ["99.60 ± 0.10 % (3)", "90.00 % (1)"]
    assert rows(text, "`pad`") == [
        ["`pad`", learned_from, str(PAD.epochs), "30 on 1 thread", *means]
    ]
    (own,) = rows(text, "the bundled weights of these")
    assert own[3:] == ["29 on 1 thread", "**99.50 %**", "**90.00 %**"]
    ((_, _, _, minutes, *means),) = rows(text, "`old`")
    assert [minutes, *means] == ["–", "98.00 % (1)", "96.00 % (1)"]
    assert len(json.loads((checkout / card.RUNS).read_text())) == 4
    assert "validation" not in text.split(card.BEGIN)[1].split(card.END)[0]


def test_a_recipe_that_changed_without_its_name_has_a_row_of_its_own(checkout, weights):
    recipe = read_weights(checkout / card.BUNDLED).metadata["recipe"]
    changed = weights("changed", recipe=recipe | {"ease": 0.9}, metrics=metrics(0.9, 0.8))
    card.write_card([changed], checkout)
    _bundled, other = rows((checkout / card.README).read_text("utf-8"), f"`{recipe['name']}`")
    assert other[-2:] == ["90.00 % (1)", "80.00 % (1)"]


def test_a_run_that_was_stopped_counts_for_nothing(checkout, weights):
    before = [path.read_bytes() for path in written(checkout)]
    stopped = weights("stopped", epochs_done=3.25)
    with pytest.raises(card.CardError, match=rf"stopped after 3\.25 of {PAD.epochs} epochs"):
        card.write_card([stopped], checkout)
    assert [path.read_bytes() for path in written(checkout)] == before


def test_a_readme_without_the_place_for_the_table_is_not_touched(checkout):
    path = checkout / card.README
    text = path.read_text("utf-8").replace(card.END, "")
    path.write_text(text, "utf-8")
    with pytest.raises(card.CardError, match="needs the lines '<!-- written by"):
        card.write_card([], checkout)
    assert path.read_text("utf-8") == text


def test_a_place_of_the_prose_that_there_is_not_is_named(checkout, tmp_path, monkeypatch):
    template = tmp_path / "model_card.md"
    template.write_text("$recipe for $2", "utf-8")
    monkeypatch.setattr(card, "TEMPLATE", template)
    with pytest.raises(card.CardError, match=r"model_card\.md: .* there are: bundled, command"):
        card.write_card([], checkout)


def test_outside_of_a_checkout_it_says_where_it_works(checkout):
    (checkout / "pyproject.toml").unlink()  # as in the site-packages of a wheel
    process = run_card(checkout)
    assert process.returncode == 2
    assert "in a checkout of digitpad's repository only" in process.stderr
    assert "Traceback" not in process.stderr


def test_what_is_no_weights_file_is_named(checkout, tmp_path):
    process = run_card(checkout, tmp_path / "none.safetensors")
    assert process.returncode == 2
    assert "none.safetensors: there is no such file" in process.stderr
