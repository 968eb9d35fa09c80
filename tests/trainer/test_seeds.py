import signal
from dataclasses import replace

import pytest

from digitpad.network import read_weights
from digitpad.training.messages import EpochDone, RunEnded, RunStarted
from digitpad.training.recipe import RECIPES, SEED
from trainer.evaluation.summary import table

ARGUMENTS = [
    *("--data", "synthetic", "--recipe", "seed", "--epochs", "2"),
    *("--seed", "5", "--seeds", "3", "--out", "net.safetensors"),
]
FILES = ["net-seed6.safetensors", "net-seed7.safetensors", "net.safetensors"]


@pytest.fixture
def train(run_here):
    """Trains in an empty folder; gives the exit code, what was printed, and the messages."""

    def train_(*arguments, on_message=lambda _message: None):
        messages = []

        def report(message):
            messages.append(message)
            on_message(message)

        return *run_here(*arguments, images=200, report=report), messages

    return train_


def seeds(messages):
    return [message.seed for message in messages if isinstance(message, RunStarted)]


def test_each_seed_is_trained_and_a_table_printed(tmp_path, train, files):
    code, out, _, messages = train(*ARGUMENTS)
    assert code == 0
    assert seeds(messages) == [5, 6, 7]
    assert files(tmp_path) == FILES
    runs = [read_weights(tmp_path / name).metadata for name in (FILES[-1], *FILES[:-1])]
    assert out == table({run["seed"]: run["metrics"] for run in runs}) + "\n"


def test_an_interrupted_command_resumes_with_the_remaining_seeds(tmp_path, train, files):
    def interrupt(message):
        if isinstance(message, EpochDone) and len(trained) == 2:
            signal.raise_signal(signal.SIGINT)
        if isinstance(message, RunStarted):
            trained.append(message.seed)

    trained = []
    code, out, err, messages = train(*ARGUMENTS, on_message=interrupt)
    assert (code, trained, messages[-1], out) == (130, [5, 6], RunEnded("stopped"), "")
    checkpoint = tmp_path / "net-seed6.safetensors.checkpoint"
    assert f"--resume {checkpoint}" in err
    finished = (tmp_path / "net.safetensors").read_bytes()

    code, _, err, messages = train(*ARGUMENTS)
    assert (code, seeds(messages)) == (1, [])
    assert f"--resume {checkpoint}" in err

    code, _, err, _ = train("--resume", checkpoint.name, "--seed", "9")
    assert code == 2
    assert "is of a run with the seed 6" in err

    code, out, _, messages = train("--resume", checkpoint.name)
    assert (code, seeds(messages), messages[0].epochs_done) == (0, [6, 7], 1)
    assert files(tmp_path) == FILES
    assert (tmp_path / "net.safetensors").read_bytes() == finished
    assert "seed 5   seed 6   seed 7" in out

    code, again, _, messages = train(*ARGUMENTS)
    assert (code, seeds(messages), again) == (0, [], out)


def test_another_command_or_recipe_trains_all_seeds_again(tmp_path, train, monkeypatch):
    one_epoch = [*ARGUMENTS, "--epochs", "1", "--seeds", "2"]
    assert train(*one_epoch)[0] == 0
    (tmp_path / "net-seed6.safetensors").write_bytes(b"damaged")
    assert seeds(train(*one_epoch)[-1]) == [6]
    assert seeds(train(*one_epoch, "--final")[-1]) == [5, 6]
    monkeypatch.setitem(RECIPES, "seed", replace(SEED, dropout=0.2))  # in a later version
    assert seeds(train(*one_epoch, "--final")[-1]) == [5, 6]


def metrics(**accuracies):
    return [{"split": split, "accuracy": accuracy} for split, accuracy in accuracies.items()]


def test_a_table_summarizes_the_accuracies_of_each_split():
    several = {seed: metrics(a=a, long=1.0) for seed, a in ((0, 0.5), (4, 0.7), (12, 0.9))}
    assert table(several).splitlines() == [
        "         mean       sd      min      max   seed 0   seed 4  seed 12",
        "a      70.00%   20.00%   50.00%   90.00%   50.00%   70.00%   90.00%",
        "long  100.00%    0.00%  100.00%  100.00%  100.00%  100.00%  100.00%",
    ]
    assert table({3: metrics(a=0.5)}).split()[-5:] == ["50.00%", "nan%", *["50.00%"] * 3]


def test_a_table_summarizes_the_verdicts_of_each_split():
    """Of 200 digits and 100 letters; the second run is sure of no digit."""

    def verdicts(*, correct, sure, wrong, none, letters):
        counts = {"sure": sure, "sure_correct": sure - wrong, "not_a_digit": none}
        return [
            {"split": "a", "images": 200, "accuracy": correct / 200, **counts},
            {"split": "letters", "images": 100, "sure": letters, "unsure": 0, "not_a_digit": 90},
        ]

    several = {
        0: verdicts(correct=190, sure=160, wrong=4, none=4, letters=3),
        1: verdicts(correct=180, sure=0, wrong=0, none=8, letters=5),
    }
    rows = [line.rsplit(maxsplit=6) for line in table(several).splitlines()[1:]]
    assert [[name, mean, *seeds] for name, mean, _sd, _min, _max, *seeds in rows] == [
        ["a", "92.50%", "95.00%", "90.00%"],
        ["a: sure", "40.00%", "80.00%", "0.00%"],
        ["a: wrong among sure", "1.25%", "2.50%", "0.00%"],
        ["a: not a digit", "3.00%", "2.00%", "4.00%"],
        ["letters: sure", "4.00%", "3.00%", "5.00%"],
        ["letters: not a digit", "90.00%", "90.00%", "90.00%"],
    ]
