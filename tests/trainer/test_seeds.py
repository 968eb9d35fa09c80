import math
import re
import signal
import statistics
from dataclasses import replace

import pytest

from digitpad.network import read_weights
from digitpad.recipe import RECIPES, SEED
from digitpad.training_messages import EpochDone, RunEnded, RunStarted
from trainer import train as commands
from trainer.__main__ import main
from trainer.evaluation.summary import summarize, table
from trainer.run.report import REPORTS

ARGUMENTS = [
    *("--data", "synthetic", "--recipe", "seed", "--epochs", "2"),
    *("--seed", "5", "--seeds", "3", "--out", "net.safetensors", "--progress", "none"),
]
FILES = ["net.safetensors", "net-seed6.safetensors", "net-seed7.safetensors"]


@pytest.fixture
def trainer(tmp_path, monkeypatch, capsys):
    """Trains in an empty folder; gives the exit code, what was printed and said, and messages."""
    monkeypatch.setattr(commands, "SYNTHETIC_IMAGES", 500)
    monkeypatch.chdir(tmp_path)

    def trainer(*arguments, happens=lambda _message: None):
        messages = []

        def report(message):
            messages.append(message)
            happens(message)

        monkeypatch.setitem(REPORTS, "none", report)
        return main(list(arguments)), capsys.readouterr(), messages

    return trainer


def seeds(messages):
    return [message.seed for message in messages if isinstance(message, RunStarted)]


def test_trains_with_each_seed_and_prints_a_table(tmp_path, trainer):
    code, said, messages = trainer(*ARGUMENTS)
    assert code == 0
    assert seeds(messages) == [5, 6, 7]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    metadata = [read_weights(tmp_path / name).metadata for name in FILES]
    assert [each["seed"] for each in metadata] == [5, 6, 7]
    heads, validation, test = said.out.splitlines()
    assert re.split(r"  +", heads.strip()) == [
        *("mean", "sd", "min", "max", "seed 5", "seed 6", "seed 7")
    ]
    accuracies = [each["metrics"][0]["accuracy"] for each in metadata]
    mean, sd, *_, last = re.findall(r"([\d.]+)%", validation)
    assert validation.startswith("synthetic validation ")
    assert float(mean) == pytest.approx(100 * statistics.mean(accuracies), abs=0.006)
    assert float(sd) == pytest.approx(100 * statistics.stdev(accuracies), abs=0.006)
    assert float(last) == pytest.approx(100 * accuracies[-1], abs=0.006)
    assert test.startswith("synthetic test ")


def test_an_interrupted_one_goes_on_with_the_seeds_that_are_left(tmp_path, trainer):
    def interrupt(message):
        if isinstance(message, EpochDone) and len(trained) == 2:
            signal.raise_signal(signal.SIGINT)
        if isinstance(message, RunStarted):
            trained.append(message.seed)

    trained = []
    code, said, messages = trainer(*ARGUMENTS, happens=interrupt)
    assert code == 130
    assert trained == [5, 6]
    assert messages[-1] == RunEnded("stopped")
    assert said.out == ""
    checkpoint = tmp_path / "net-seed6.safetensors.checkpoint"
    assert f"--resume {checkpoint}" in said.err
    finished = (tmp_path / FILES[0]).read_bytes()

    code, said, messages = trainer(*ARGUMENTS)
    assert code == 1
    assert f"--resume {checkpoint}" in said.err
    assert seeds(messages) == []

    code, said, messages = trainer("--resume", checkpoint.name, "--seed", "9", "--progress", "none")
    assert code == 2
    assert "is of another run: its seed is 6" in said.err

    code, said, messages = trainer("--resume", checkpoint.name, "--progress", "none")
    assert code == 0
    assert seeds(messages) == [6, 7]
    assert messages[0].epochs_done == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    assert (tmp_path / FILES[0]).read_bytes() == finished
    assert "seed 5   seed 6   seed 7" in said.out

    again = trainer(*ARGUMENTS)
    assert (again[0], seeds(again[2]), again[1].out) == (0, [], said.out)


def test_another_command_or_recipe_trains_all_anew(tmp_path, trainer, monkeypatch):
    one_epoch = [*ARGUMENTS, "--epochs", "1", "--seeds", "2"]
    assert trainer(*one_epoch)[0] == 0
    (tmp_path / FILES[1]).write_bytes(b"no weights")
    assert seeds(trainer(*one_epoch)[2]) == [6]
    assert seeds(trainer(*one_epoch, "--final")[2]) == [5, 6]
    monkeypatch.setitem(RECIPES, "seed", replace(SEED, dropout=0.2))  # in a later version
    assert seeds(trainer(*one_epoch, "--final")[2]) == [5, 6]


def metrics(**accuracies):
    return [{"split": split, "accuracy": accuracy} for split, accuracy in accuracies.items()]


def test_a_summary_has_what_a_table_of_several_seeds_needs():
    summary = summarize([metrics(a=0.5, b=1.0), metrics(a=0.7, b=1.0), metrics(a=0.9, b=1.0)])
    assert list(summary) == ["a", "b"]
    a, b = summary.values()
    assert a.accuracies == (0.5, 0.7, 0.9)
    assert (a.n, a.min, a.max) == (3, 0.5, 0.9)
    assert (a.mean, a.sd) == (pytest.approx(0.7), pytest.approx(0.2))
    assert (b.mean, b.sd) == (1, 0)


def test_one_seed_has_no_standard_deviation():
    assert math.isnan(summarize([metrics(a=0.5)])["a"].sd)


def test_a_table_has_a_line_per_split():
    assert table({0: metrics(a=0.5, long=1.0), 12: metrics(a=0.7, long=1.0)}).splitlines() == [
        "         mean       sd      min      max   seed 0  seed 12",
        "a      60.00%   14.14%   50.00%   70.00%   50.00%   70.00%",
        "long  100.00%    0.00%  100.00%  100.00%  100.00%  100.00%",
    ]
