"""The trainer's command line."""

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from unittest.mock import ANY, Mock

import pytest
from PIL import Image

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample, write_ink
from digitpad.network import read_weights
from digitpad.training.messages import (
    BatchDone,
    Compared,
    DataLoading,
    EpochDone,
    Evaluated,
    RunEnded,
    RunStarted,
    from_json,
)
from digitpad.training.mnist import MNIST_FILES
from digitpad.training.recipe import RECIPES, SEED
from digitpad.training.writers import parse_writers
from digitpad.weights_store import bundled_weights
from trainer import run_data
from trainer.cli import train_options
from trainer.evaluation import plot
from trainer.options import TrainOptions
from trainer.run.checkpoint import Checkpoint, write_checkpoint
from trainer.run.report import ProgressBar

SYNTHETIC = ["--data", "synthetic", "--recipe", "seed", "--epochs", "1"]


def python(*arguments):
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, encoding="utf-8", check=False
    )


def test_a_training_on_mnist_writes_weights_and_compares_them_with_those_in_use(
    keep, mnist_dir, tmp_path, start_trainer, files
):
    in_use = keep("in-use.safetensors", data=[{"sha256": "of other images"}])
    out = tmp_path / "new folder" / "net.safetensors"
    options = ["--recipe", "seed", "--seed", "3", "--data-dir", mnist_dir, "--out", out]
    trainer = start_trainer(tmp_path, "train", *options, "--compare", in_use)
    while trainer.read_until(BatchDone | EpochDone).epoch == 1:
        if trainer.messages[-1].accuracy > 0.5:
            break
    trainer.send(b"stop\n")
    assert trainer.wait() == 0, trainer.errors
    assert files(out.parent) == [out.name]

    metadata = read_weights(out).metadata
    assert (metadata["recipe"]["name"], metadata["seed"]) == ("seed", 3)
    assert metadata["epochs_done"] > 0
    assert metadata["command"].startswith("python -m trainer train --recipe seed --seed 3 ")
    (part,) = metadata["data"]
    assert (part["name"], part["images"]) == ("MNIST train (first 55,000)", 55_000)
    assert metadata["temperature"] != 1
    metrics = {metric["split"]: metric for metric in metadata["metrics"]}
    outliers = ["synthetic pairs", "synthetic scribbles"]
    assert list(metrics) == ["MNIST validation", "MNIST test", *outliers]
    for metric in metrics.values():
        if metric["split"] in outliers:
            assert metric["images"] == metric["sure"] + metric["unsure"] + metric["not_a_digit"]
        else:
            assert metric["accuracy"] > 0.5
            assert metric["not_a_digit"] < 0.02 * metric["images"]

    *_, validation, _test, compared, ended = trainer.messages
    assert validation.sha256 == metrics["MNIST validation"]["sha256"]
    assert (compared.baseline, compared.verdict) == (str(in_use), "worse")
    new, old = (
        f"{100 * each:.2f} %" for each in (validation.accuracy, validation.baseline_accuracy)
    )
    figures = f"{new} against {old} correct on MNIST's last 5,000 training images (p < 0.001)"
    assert compared.explanation == figures
    assert f"These weights are worse than {in_use}: {figures}\n" in trainer.errors
    assert ended == RunEnded("stopped")


def test_the_loading_of_the_data_is_reported(run_here, monkeypatch, data_dir):
    monkeypatch.setattr(run_data, "_SECONDS_BETWEEN_REPORTS", 0.0)
    messages, numbers = [], data_dir / "unipen" / "numbers.ndjson"
    options = [*SYNTHETIC, "--recipe", "pad", "--ink", numbers, "--ink-holdout", "choose"]
    assert run_here(*options, images=500, report=messages.append)[0] == 0
    started = next(n for n, each in enumerate(messages) if isinstance(each, RunStarted))
    loading = messages[:started]
    assert all(isinstance(each, DataLoading) for each in loading)
    shares = [each.share for each in loading]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert not any(isinstance(each, DataLoading) for each in messages[started:])


def test_the_progress_bar_shows_each_epoch(run_here):
    code, _, err = run_here(*SYNTHETIC, "--out", "new weights", images=500, report=ProgressBar())
    assert code == 0
    for part in (" left", "epoch   1: training accuracy ", "--weights '", "test: accuracy "):
        assert part in err


def test_the_accuracies_of_the_baseline_are_reported(tmp_path, run_here):
    """Recorded ones, of images with the same hash."""
    assert run_here(*SYNTHETIC, "--out", "in-use", images=500)[0] == 0
    metrics = read_weights(tmp_path / "in-use").metadata["metrics"]
    messages, options = [], ["--compare", "in-use", "--data-dir", tmp_path, "--out", "new"]
    code, _, err = run_here(*SYNTHETIC, *options, images=500, report=messages.append)
    assert code == 0
    accuracies = [
        each.baseline_accuracy for each in messages if isinstance(each, RunStarted | Evaluated)
    ]
    validation, test = (metric["accuracy"] for metric in metrics if "accuracy" in metric)
    assert accuracies == [validation, validation, test]
    missing = f"MNIST is not in {tmp_path}"
    assert messages[-2] == Compared(str(tmp_path / "in-use"), "unknown", missing)
    assert err.endswith(f"Cannot compare: {missing}\n")


def test_weights_are_compared_on_held_out_drawings_that_neither_has_learned(
    keep, tmp_path, run_here
):
    in_use, mine = keep("in-use", data=[{"name": "other images", "sha256": "0"}]), "mine.ndjson"
    strokes = [Drawing((Stroke.from_xy([n, 40.0], [0, 60 + n]),)) for n in range(12)]
    splits = ["train", "train", "held-out"]
    samples = [Sample(each, 1, split=splits[n % 3]) for n, each in enumerate(strokes)]
    write_ink(tmp_path / mine, samples)
    options = ["--recipe", "pad", "--ink", mine, "--ink-holdout", "held-out", "--compare", in_use]
    messages = []
    assert run_here(*SYNTHETIC, *options, images=500, report=messages.append)[0] == 0
    evaluated = [each for each in messages if isinstance(each, Evaluated)][-1]
    assert (evaluated.split, evaluated.images) == ("mine.ndjson, held-out", 4)
    assert evaluated.baseline_accuracy is not None


def test_without_mnist_and_network_it_says_where_to_put_mnist(tmp_path, run_here):
    code, _, err = run_here("--data-dir", "none", "--out", "net")
    assert code == 2
    for part in (
        *(str(tmp_path / "none" / "MNIST" / "raw"), *MNIST_FILES),
        *("--data-dir", "DIGITPAD_DATA_DIR", "--data synthetic"),
    ):
        assert part in err
    code, _, err = run_here("evaluate", "--data-dir", "none")
    assert code == 2
    assert "--data-dir" in err
    assert "--data synthetic" not in err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ("--help", 0, "usage: python -m trainer [-h] COMMAND"),
        ("train --help", 0, "usage: python -m trainer train [-h]"),
        ("--out net", 2, "there is no home folder to keep MNIST in"),
        ("evaluate", 2, "there is no home folder to keep MNIST in"),
        ("--data-dir .", 1, "there is no folder for the weights"),
        ("--data-dir . --out net", 2, "MNIST is not in {}"),
    ],
)
@pytest.mark.usefixtures("no_home")
def test_a_home_folder_is_needed_only_for_default_folders(
    tmp_path, run_here, arguments, code, says
):
    ended, out, err = run_here(*arguments.split())
    assert ended == code
    assert says.format(tmp_path) in out + err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--recipe none", "invalid choice"),
        ("--epochs 0", "must be an integer ≥ 1, not '0'"),
        ("train --epochs x", "must be an integer ≥ 1, not 'x'"),
        ("--seed -1", "must be an integer from 0 to 4,294,967,295, not '-1'"),
        ("--seed 4294967296", "must be an integer from 0 to 4,294,967,295"),
        ("--seeds 0", "must be an integer ≥ 1, not '0'"),
        ("--seeds 2 --progress json", "it cannot be used with --seeds"),
        ("--seeds 2 --compare a", "it cannot be used with --seeds"),
        ("--ink-holdout 1-5", "--ink-holdout needs --ink"),
        ("--out a --epoch-weights a", "overwrites and deletes its file"),
        ("--out a --epoch-weights a.checkpoint", "overwrites and deletes its file"),
        ("--out a --epoch-weights link-to-a", "overwrites and deletes its file"),
        ("--compare a --epoch-weights a", "overwrites and deletes its file"),
        ("evaluate --writers 5-1", "must have the smaller number first, such as 1-5"),
        ("evaluate --split choose,", "must be writers or splits, such as 26-30"),
        ("evaluate --writers 1-5", "--writers needs --ink"),
        ("evaluate --plot plot.jpg", "must end in .png, not 'plot.jpg'"),
        ("evaluate --epochs 1", "unrecognized arguments: --epochs 1"),
    ],
)
def test_wrong_usage_exits_with_2(tmp_path, run_here, arguments, says):
    (tmp_path / "link-to-a").symlink_to("a")
    code, _, err = run_here(*arguments.split())
    assert code == 2
    assert "usage: python -m trainer" in err
    assert says in err


def test_train_is_the_default_command(tmp_path):
    options = ["--epochs", "3", "--ink", "a", "--ink", "b", "--ink-holdout", "26-30"]
    named = train_options(["train", *options], tmp_path)
    default = train_options(options, tmp_path)
    assert default == TrainOptions(
        epochs=3,
        ink=(tmp_path / "a", tmp_path / "b"),
        ink_holdout=parse_writers("26-30"),
        arguments=tuple(options),
        folder=tmp_path,
    )
    assert named == replace(default, arguments=("train", *options))
    assert train_options([], tmp_path) == TrainOptions(arguments=(), folder=tmp_path)


def test_options_given_on_resuming_replace_those_of_the_run(tmp_path, run_here):
    """Also a list: the ink files are not learned from twice."""
    for name in ("a", "b"):
        drawing = Drawing((Stroke.from_xy([0, 5], [0, 9]),))
        write_ink(tmp_path / f"{name}.ndjson", [Sample(drawing, 7)])
    arguments = ["--data", "synthetic", "--ink", "a.ndjson", "--epochs", "1"]
    checkpoint = tmp_path / "net.safetensors.checkpoint"
    write_checkpoint(checkpoint, Checkpoint(arguments, str(tmp_path), {}, {}, "2026-01-01"))
    resume = ["--resume", checkpoint.name, "--ink", "b.ndjson"]
    (tmp_path / "a.ndjson").unlink()
    code, _, err = run_here(*resume, images=100)
    assert code == 2
    assert "these have changed: recipe, seed, data" in err  # loaded without a.ndjson
    assert checkpoint.exists()
    assert run_here("--resume", checkpoint.name, images=100)[2].count("a.ndjson") == 1


def test_evaluate_prints_json_and_draws_every_split(mnist_dir, pen_file, tmp_path, run_here):
    path = tmp_path / "new folder" / "plot.png"
    ink = ["--ink", pen_file, "--writers", "26-30"]
    code, out, err = run_here("evaluate", "--data-dir", mnist_dir, *ink, "--json", "--plot", path)
    assert code == 0, err
    content = json.loads(out)
    assert content["weights"] == str(bundled_weights())
    mnist, pen, *outliers = content["evaluations"]
    assert [each["split"] for each in outliers] == ["synthetic pairs", "synthetic scribbles"]
    assert (mnist["split"], mnist["images"]) == ("MNIST test", 10_000)
    assert mnist["accuracy"] >= 0.9935
    assert all(0.9 < recall <= 1 for recall in mnist["recall"])
    assert (pen["split"], pen["images"]) == ("pendigits-orig.tra, writers 26-30", 1_248)
    assert pen["accuracy"] >= 0.985
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.size == (plot.WIDTH, 4 * plot.HEIGHT)
        for panel in ((60, 80, 560, 580), (640, 80, 1030, 580), (1130, 80, 1780, 500)):
            for top in (0, plot.HEIGHT):
                left, upper, right, lower = panel
                part = picture.convert("RGB").crop((left, top + upper, right, top + lower))
                assert len(part.getcolors(1 << 20)) > 20, "nothing is drawn there"


def test_evaluate_prints_text(keep, mnist_dir, run_here):
    weights = keep("net.safetensors", temperature=1.25)
    code, out, err = run_here("evaluate", "--weights", weights, "--data-dir", mnist_dir)
    assert code == 0, err
    assert out.startswith("MNIST test: accuracy 99")
    assert out.count("  without temperature 1.25: ") == 1


def test_evaluate_refuses_an_unwritable_plot_before_it_starts(tmp_path, run_here):
    (tmp_path / "file").touch()
    code, out, err = run_here("evaluate", "--data-dir", "none", "--plot", "file/plot.png")
    assert (code, out) == (1, "")
    assert "cannot write file/plot.png: file is not a folder\n--plot names another file." in err


def test_unipen_makes_a_file_to_evaluate_on(unipen_dir, mnist_dir, tmp_path, run_here):
    path = tmp_path / "new folder" / "digits.ndjson"
    process = python("-m", "trainer", "unipen", unipen_dir / "sample", "-o", path)
    assert process.returncode == 0, process.stderr
    written, *summary = process.stdout.splitlines()
    assert written == f"Written: {path}"
    assert summary == [
        "drawings: 113 (writers: 4)",
        "  train: 74 (writers: 3)",
        "  choose: 39 (writers: 1)",
    ]
    assert re.fullmatch("Reading 4 files of .*\n.*ced3.lex: is included, but .*\n", process.stderr)
    ink = ["--ink", path, "--split", "choose"]
    code, out, err = run_here("evaluate", "--data-dir", mnist_dir, *ink, "--json")
    assert code == 0, err
    _, unipen, *_ = json.loads(out)["evaluations"]
    assert (unipen["split"], unipen["images"]) == ("digits.ndjson, choose", 39)
    assert unipen["accuracy"] > 0.9


def test_what_unipen_wrote_before_stays_unless_it_succeeds(tmp_path, run_here, monkeypatch):
    path = tmp_path / "digits.ndjson"
    path.write_text("as before")
    command = ["unipen", ".", "--out", path.name]
    code, out, err = run_here(*command)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "Download and unpack it" in err
    code, _, err = run_here("unipen", ".", "--out", "digits.ndjson/x")
    assert code == 1
    assert "--out names another file" in err

    for folder in ("data/1a/abc", "include"):
        (tmp_path / folder).mkdir(parents=True)
    ink = '.PEN_DOWN\n1 2\n.PEN_UP\n.SEGMENT CHARACTER 0 ? "7"\n'
    (tmp_path / "data/1a/abc/f.dat").write_text(ink)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", Mock(side_effect=KeyboardInterrupt))
        assert run_here(*command)[0] == 130
    assert path.read_text() == "as before"
    assert len(list(tmp_path.iterdir())) == 3
    assert run_here(*command)[0] == 0
    assert path.read_text().startswith('{"word":"7","writer":"abc-')


def test_bad_ink_is_found_before_the_training(tmp_path, run_here):
    """And an older weights file stays."""
    out = tmp_path / "net.safetensors"
    out.write_bytes(bundled_weights().read_bytes())
    write_ink(tmp_path / "7.ndjson", [Sample(Drawing((Stroke.from_xy([0, 5], [0, 9]),)), 7)])
    (tmp_path / "word.ndjson").write_text('{"word": "seven", "drawing": [[[1, 2], [3, 4]]]}\n')
    for arguments, says in (
        (
            "--ink word.ndjson",
            "word.ndjson: no drawing is labelled with a digit, a letter or a sign",
        ),
        ("--ink 7.ndjson --ink-holdout 26-30", "no ink file has drawings by the writers to hold"),
        ("--ink missing.ndjson --ink-holdout 26-30", "missing.ndjson: cannot be read"),
        ("--ink 7.ndjson --recipe seed", "the recipe seed does not learn from ink; leave the"),
    ):
        options = ["--data", "synthetic", *arguments.split(), "--out", out]
        code, _, err = run_here(*options, images=100)
        assert code == 2
        assert says in err
    assert out.read_bytes() == bundled_weights().read_bytes()


def test_a_run_may_learn_from_all_images_and_be_evaluated_on_held_out_drawings(
    pen_file, tmp_path, run_here, monkeypatch
):
    monkeypatch.setitem(RECIPES, "seed", replace(SEED, temperature=1.75))
    ink = ["--ink", pen_file, "--ink-holdout", "26-30"]
    assert run_here(*SYNTHETIC, "--final", *ink, "--out", "net", images=500)[0] == 0
    metadata = read_weights(tmp_path / "net").metadata
    assert metadata["temperature"] == 1.75  # the recipe's, without validation images
    assert [part["images"] for part in metadata["data"]] == [500]  # the recipe takes no ink
    images = {metric["split"]: metric["images"] for metric in metadata["metrics"]}
    assert images == {
        "synthetic test": 50,
        f"{pen_file.name}, writers 26-30": 1_248,
        "synthetic pairs": 25,
        "synthetic scribbles": 25,
    }


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("torch", ["--progress", "json"]),
        ("torchvision", ["--progress=json"]),
        ("tqdm", ["--progress", "json"]),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    module, arguments, run_here, monkeypatch
):
    monkeypatch.setitem(sys.modules, module, None)
    code, out, err = run_here(*arguments)
    assert code == 2
    ended = from_json(out)
    assert ended.error.startswith(f"{module} is not installed")
    assert err == f"python -m trainer: {ended.error}\n{ended.command}\n"
    executable, *words = shlex.split(ended.command)
    assert executable == sys.executable
    assert words[:3] == ["-m", "pip", "install"]
    # The declared packages: the command works in any folder.
    packages = {re.split("[=<>]", word)[0] for word in words[3:]}
    assert packages == {"torch", "torchvision", "tqdm"}


def test_without_matplotlib_a_plot_is_refused(run_here, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, _, err = run_here("evaluate", "--plot", "plot.png")
    assert code == 2
    assert re.search("--plot needs matplotlib. To install it: .*matplotlib>=", err)


def test_help_needs_no_package():
    program = "import sys; sys.modules.update(dict.fromkeys(['torch', 'numpy', 'safetensors'])); "
    program += "import runpy; runpy.run_module('trainer', run_name='__main__')"
    process = python("-c", program, "train", "--help")
    assert (process.returncode, process.stderr) == (0, "")
    assert "--recipe" in process.stdout


def test_ctrl_c_is_quiet_while_torch_is_imported():
    program = """
import runpy, signal, sys

class Interrupt:
    def find_spec(self, name, *_arguments):
        if name == "torch._C":
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
runpy.run_module("trainer", run_name="__main__")
"""
    process = python("-c", program)
    assert (process.returncode, process.stdout, process.stderr) == (130, "", "")


def test_unreadable_files_are_named_in_text_and_json(tmp_path, run_here):
    (tmp_path / "damaged").write_bytes(b"no weights")
    code, _, err = run_here("evaluate", "--weights", "damaged")
    assert code == 2
    assert err.startswith(f"python -m trainer: {tmp_path / 'damaged'}: not a complete")
    code, out, err = run_here("--resume", "nowhere.checkpoint", "--progress", "json")
    assert code == 2
    ended = from_json(out)
    assert ended == RunEnded("failed", ANY)
    assert err == f"python -m trainer: {ended.error}\n"


@pytest.mark.parametrize("arguments", [["--recipe", "of-old"], ["--seeds", "2"]])
def test_a_checkpoint_with_options_of_another_version_is_refused(tmp_path, run_here, arguments):
    path = tmp_path / "net.checkpoint"
    write_checkpoint(path, Checkpoint(arguments, str(tmp_path), {}, {}, "2026-01-01"))
    code, out, _ = run_here("--resume", path, "--progress", "json")
    assert code == 2
    assert from_json(out).error.startswith(f"cannot resume from {path}")
