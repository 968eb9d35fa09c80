"""The trainer's command line, mostly as a process of its own."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from unittest.mock import ANY

import pytest

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample, write_ink
from digitpad.network import read_weights
from digitpad.recipe import RECIPES, SEED
from digitpad.training_messages import Compared, Evaluated, RunEnded, RunStarted, from_json
from digitpad.weights_store import bundled_weights
from trainer.__main__ import main
from trainer.cli import train_options
from trainer.data.mnist import MNIST_FILES
from trainer.net import Net
from trainer.options import TrainOptions
from trainer.run.checkpoint import Checkpoint, write_checkpoint
from trainer.run.weights import write_weights

SYNTHETIC = ["--data", "synthetic", "--recipe", "seed", "--epochs", "1"]
UNREACHABLE = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")


def python(*arguments, **environment):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | environment,
        check=False,
    )


def trainer(*arguments, **environment):
    return python("-m", "trainer", *arguments, **environment)


@pytest.fixture(scope="module")
def trained(mnist_dir, tmp_path_factory):
    """The weights of one epoch on MNIST, compared with an untrained Net, and their process."""
    folder = tmp_path_factory.mktemp("trained")
    untrained, out = folder / "untrained.safetensors", folder / "new folder" / "net.safetensors"
    write_weights(untrained, Net(), {"data": [{"sha256": "of other images"}]})
    options = ["--recipe", "seed", "--epochs", "1", "--seed", "3", "--data-dir", mnist_dir]
    return out, trainer("train", *options, "--out", out, "--compare", untrained)


def test_a_training_writes_weights_with_metadata(trained, files):
    out, process = trained
    assert process.returncode == 0, process.stderr
    assert files(out.parent) == [out.name]
    metadata = read_weights(out).metadata
    assert metadata["recipe"]["name"] == "seed"
    assert (metadata["seed"], metadata["epochs_done"]) == (3, 1)
    assert metadata["command"].startswith("python -m trainer train --recipe seed --epochs 1")
    (part,) = metadata["data"]
    assert (part["name"], part["images"]) == ("MNIST train (first 55,000)", 55_000)
    assert 0.5 < metadata["temperature"] < 2
    metrics = {metric["split"]: metric for metric in metadata["metrics"]}
    assert metrics.keys() == {"MNIST validation", "MNIST test"}
    assert all(metric["accuracy"] > 0.95 for metric in metrics.values())
    assert all(len(metric["sha256"]) == 64 for metric in metrics.values())


def test_a_training_says_how_it_goes(trained):
    out, process = trained
    for text in (
        "epoch   1: training accuracy ",
        " left",
        "MNIST test: accuracy 9",
        f"digitpad --weights '{out}'",
        "These weights are better than ",
        " of MNIST's last 5,000 images (p < 0.001)",
    ):
        assert text in process.stderr


def test_weights_are_compared_with_those_in_use(trained, mnist_dir, tmp_path, run_here):
    in_use, _ = trained
    messages = []
    arguments = [*SYNTHETIC, "--data-dir", mnist_dir, "--compare", in_use, "--out", tmp_path / "a"]
    assert run_here(*arguments, images=500, report=messages.append)[0] == 0
    *_, compared, ended = messages
    assert compared == Compared(str(in_use), "worse", ANY)
    accuracy = read_weights(in_use).metadata["metrics"][0]["accuracy"]
    assert f" against {100 * accuracy:.2f} % of MNIST's last 5,000 images" in compared.explanation
    assert ended == RunEnded("finished")


def test_the_accuracies_of_the_baseline_are_reported(tmp_path, run_here):
    """Recorded ones, of images with the same hash."""
    assert run_here(*SYNTHETIC, "--out", tmp_path / "in-use")[0] == 0
    metrics = read_weights(tmp_path / "in-use").metadata["metrics"]
    messages = []
    arguments = [
        "--compare",
        tmp_path / "in-use",
        "--data-dir",
        tmp_path,
        "--out",
        tmp_path / "new",
    ]
    assert run_here(*SYNTHETIC, *arguments, report=messages.append)[0] == 0
    accuracies = [
        each.baseline_accuracy for each in messages if isinstance(each, RunStarted | Evaluated)
    ]
    validation, test = (metric["accuracy"] for metric in metrics)
    assert accuracies == [validation, validation, test]
    missing = f"Cannot compare: MNIST is not in {tmp_path}"
    assert messages[-2] == Compared(str(tmp_path / "in-use"), "unknown", missing)


def test_a_baseline_that_cannot_be_read_does_not_end_the_run(mnist_dir, tmp_path, run_here):
    messages = []
    baseline = tmp_path / "missing"
    arguments = [*SYNTHETIC, "--data-dir", mnist_dir, "--compare", baseline]
    code, _, err = run_here(*arguments, "--out", "net", images=500, report=messages.append)
    assert code == 0
    explanation = f"Cannot compare: {baseline}: there is no such file"
    assert messages[-2:] == [Compared(str(baseline), "unknown", explanation), RunEnded("finished")]
    assert err.endswith(f"{explanation}\n")


def test_ctrl_c_saves_the_weights_so_far(tmp_path):
    out = tmp_path / "net.safetensors"
    arguments = ["--data", "synthetic", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-m", "trainer", *arguments], stderr=subprocess.PIPE
    )
    started = b""
    while b"epoch 1" not in started:
        started += os.read(process.stderr.fileno(), 1000)
    process.send_signal(signal.SIGINT)
    rest = process.communicate()[1].decode()
    assert process.returncode == 130
    assert "Stopped after 0." in rest
    assert "There is no checkpoint to resume from" in rest
    assert "--resume" not in rest
    assert "Traceback" not in rest
    assert 0 < read_weights(out).metadata["epochs_done"] < 1


def test_without_mnist_and_network_it_says_where_to_put_mnist(tmp_path):
    process = trainer("--data-dir", tmp_path / "none", "--out", tmp_path / "net", **UNREACHABLE)
    assert process.returncode == 2
    assert "Traceback" not in process.stderr
    for part in (
        *(str(tmp_path / "none" / "MNIST" / "raw"), *MNIST_FILES),
        *("--data-dir", "DIGITPAD_DATA_DIR", "--data synthetic"),
    ):
        assert part in process.stderr
    process = trainer("evaluate", "--data-dir", tmp_path / "none", **UNREACHABLE)
    assert process.returncode == 2
    assert "--data-dir" in process.stderr
    assert "--data synthetic" not in process.stderr


HOMELESS = """
import os, pwd, runpy

def no_entry(_user):
    raise KeyError

pwd.getpwuid = no_entry
for name in list(os.environ):
    if name in ("HOME", "DIGITPAD_DATA_DIR") or name.startswith("XDG_"):
        del os.environ[name]
runpy.run_module("trainer", run_name="__main__")
"""


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ("--help", 0, "usage: python -m trainer [-h] COMMAND"),
        ("train --help", 0, "usage: python -m trainer train [-h]"),
        ("--out {}/net", 2, "there is no home folder to keep MNIST in"),
        ("evaluate", 2, "there is no home folder to keep MNIST in"),
        ("--data-dir {}", 1, "there is no folder for the weights"),
        ("--data-dir {} --out {}/net", 2, "MNIST is not in {}"),
    ],
)
def test_a_home_folder_is_needed_only_for_default_folders(tmp_path, arguments, code, says):
    pytest.importorskip("pwd")
    process = python("-c", HOMELESS, *arguments.format(*[tmp_path] * 2).split(), **UNREACHABLE)
    assert process.returncode == code
    assert says.format(tmp_path) in process.stdout + process.stderr
    assert "Traceback" not in process.stderr


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
        ("--out a --epoch-weights a", "must not be the weights file or its checkpoint"),
        ("--out a --epoch-weights a.checkpoint", "must not be the weights file or its checkpoint"),
        ("evaluate --writers 5-1", "must be a range such as 26-30, not '5-1'"),
        ("evaluate --writers 1-5", "--writers needs --ink"),
        ("evaluate --plot plot.jpg", "must end in .png, not 'plot.jpg'"),
        ("evaluate --epochs 1", "unrecognized arguments: --epochs 1"),
    ],
)
def test_wrong_usage_exits_with_2(arguments, says, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments.split())
    err = capsys.readouterr().err
    assert ended.value.code == 2
    assert "usage: python -m trainer" in err
    assert says in err


def test_train_is_the_default_command(tmp_path):
    options = ["--epochs", "3", "--ink", "a", "--ink", "b", "--ink-holdout", "26-30"]
    named = train_options(["train", *options], tmp_path)
    default = train_options(options, tmp_path)
    assert default == TrainOptions(
        epochs=3,
        ink=(tmp_path / "a", tmp_path / "b"),
        ink_holdout=range(26, 31),
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
    assert run_here("--resume", checkpoint.name, images=100)[2].count("a.ndjson") == 1


def test_evaluate_prints_json(mnist_dir, pen_file):
    process = trainer("evaluate", "--data-dir", mnist_dir, "--ink", pen_file, "--json")
    assert process.returncode == 0, process.stderr
    content = json.loads(process.stdout)
    assert content["weights"] == str(bundled_weights())
    assert content["temperature"] == read_weights(bundled_weights()).metadata["temperature"]
    mnist, pen = content["evaluations"]
    assert (mnist["split"], mnist["images"]) == ("MNIST test", 10_000)
    assert mnist["accuracy"] >= 0.9935
    assert (pen["images"], sum(map(sum, pen["confusion"]))) == (7_494, 7_494)
    assert pen["accuracy"] >= 0.955
    assert all(0.9 < recall <= 1 for recall in mnist["recall"])


def test_evaluate_prints_text(trained, mnist_dir, pen_file):
    out, _ = trained
    process = trainer(
        *("evaluate", "--weights", out, "--data-dir", mnist_dir),
        *("--ink", pen_file, "--writers", "26-30"),
    )
    assert process.returncode == 0, process.stderr
    assert "MNIST test: accuracy 9" in process.stdout
    assert "pendigits-orig.tra, writers 26-30: accuracy " in process.stdout
    temperature = read_weights(out).metadata["temperature"]
    assert process.stdout.count(f"  without temperature {temperature:g}: ") == 2


def test_bad_ink_is_found_before_the_training(tmp_path, run_here):
    """And an older weights file stays."""
    out = tmp_path / "net.safetensors"
    out.write_bytes(bundled_weights().read_bytes())
    write_ink(tmp_path / "7.ndjson", [Sample(Drawing((Stroke.from_xy([0, 5], [0, 9]),)), 7)])
    (tmp_path / "word.ndjson").write_text('{"word": "seven", "drawing": [[[1, 2], [3, 4]]]}\n')
    for arguments, says in (
        ("--ink word.ndjson", "word.ndjson: there is no drawing with a digit for its label"),
        ("--ink 7.ndjson --ink-holdout 26-30", "no ink file has drawings by the writers to hold"),
        ("--ink missing.ndjson --ink-holdout 26-30", "missing.ndjson: cannot be read"),
        (
            "--ink 7.ndjson --recipe seed",
            "the recipe seed does not learn from ink",
        ),
    ):
        options = ["--data", "synthetic", *arguments.split(), "--out", out]
        code, _, err = run_here(*options, images=100)
        assert code == 2
        assert says in err
    assert out.read_bytes() == bundled_weights().read_bytes()


def test_a_recipe_without_ink_is_evaluated_on_held_out_drawings(pen_file, tmp_path, run_here):
    out = tmp_path / "net.safetensors"
    ink = ["--ink", pen_file, "--ink-holdout", "26-30"]
    assert run_here(*SYNTHETIC, *ink, "--out", out, images=500)[0] == 0
    metadata = read_weights(out).metadata
    assert [part["name"] for part in metadata["data"]] == ["synthetic train (first 450)"]
    images = {metric["split"]: metric["images"] for metric in metadata["metrics"]}
    assert images[f"{pen_file.name}, writers 26-30"] == 1_248


def test_a_run_without_validation_takes_the_temperature_of_its_recipe(
    tmp_path, run_here, monkeypatch
):
    monkeypatch.setitem(RECIPES, "seed", replace(SEED, temperature=1.75))
    out = tmp_path / "net.safetensors"
    assert run_here(*SYNTHETIC, "--final", "--out", out, images=500)[0] == 0
    metadata = read_weights(out).metadata
    assert metadata["temperature"] == 1.75
    assert [metric["split"] for metric in metadata["metrics"]] == ["synthetic test"]


@pytest.mark.parametrize("json", [["--progress", "json"], ["--progress=json"]])
@pytest.mark.parametrize("module", ["torch", "torchvision", "tqdm"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(module, json):
    program = f"import sys; sys.modules[{module!r}] = None; import runpy; "
    program += "runpy.run_module('trainer', run_name='__main__')"
    process = python("-c", program, *json)
    assert process.returncode == 2
    ended = from_json(process.stdout)
    assert ended.error.startswith(f"{module} is not installed")
    assert process.stderr == f"python -m trainer: {ended.error}\n{ended.command}\n"
    executable, *words = shlex.split(ended.command)
    assert executable == sys.executable
    assert words[:3] == ["-m", "pip", "install"]
    # The declared packages: the command works in any folder.
    packages = {re.split("[=<>]", word)[0] for word in words[3:]}
    assert packages == {"torch", "torchvision", "tqdm", "matplotlib"}


def test_help_needs_no_package():
    program = "import sys; sys.modules.update(dict.fromkeys(['torch', 'numpy', 'safetensors'])); "
    program += "import runpy; runpy.run_module('trainer', run_name='__main__')"
    process = python("-c", program, "train", "--help")
    assert (process.returncode, process.stderr) == (0, "")
    assert "--recipe" in process.stdout


def test_without_matplotlib_a_plot_is_refused(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--plot", "plot.png"])
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert "--plot needs matplotlib. To install it: " in err
    assert "matplotlib>=" in err


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


def test_unreadable_files_are_named_in_text_and_json(tmp_path, capsys):
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"no weights")
    assert main(["evaluate", "--weights", str(damaged)]) == 2
    assert capsys.readouterr().err.startswith(f"python -m trainer: {damaged}: not a complete")
    assert main(["--resume", "nowhere.checkpoint", "--progress", "json"]) == 2
    printed = capsys.readouterr()
    ended = from_json(printed.out)
    assert ended == RunEnded("failed", ANY)
    assert printed.err == f"python -m trainer: {ended.error}\n"
