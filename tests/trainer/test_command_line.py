"""The trainer as a person runs it: its real process."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys

import pytest

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample, write_ink
from digitpad.network import read_weights
from digitpad.training_messages import from_json
from digitpad.weights_store import bundled_weights
from trainer import train as commands
from trainer.__main__ import main

TRAINER = [sys.executable, "-m", "trainer"]


def run(*arguments, **environment):
    return subprocess.run(
        [*TRAINER, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | environment,
        check=False,
    )


@pytest.fixture
def unreachable():
    """No network: whatever is asked of it goes to a port where nobody listens."""
    nobody = "http://127.0.0.1:9"
    return dict.fromkeys(("http_proxy", "https_proxy"), nobody)


@pytest.fixture(scope="module")
def trained(mnist_dir, tmp_path_factory):
    """One epoch of the seed recipe, through to the end."""
    out = tmp_path_factory.mktemp("trained") / "new folder" / "net.safetensors"
    arguments = [
        "--recipe",
        "seed",
        "--epochs",
        1,
        "--seed",
        3,
        "--data-dir",
        mnist_dir,
        "--out",
        out,
    ]
    return out, run(*arguments)


def test_trains_and_writes_weights_that_the_pad_reads(trained):
    out, process = trained
    assert process.returncode == 0, process.stderr
    weights = read_weights(out)
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    metadata = weights.metadata
    assert metadata["recipe"]["name"] == "seed"
    assert (metadata["seed"], metadata["epochs_done"]) == (3, 1)
    assert metadata["command"].startswith("python -m trainer --recipe seed --epochs 1")
    assert metadata["data"][0]["images"] == 55_000
    assert len(metadata["data"][0]["sha256"]) == 64
    assert 0.5 < metadata["temperature"] < 2
    metrics = {metric["split"]: metric["accuracy"] for metric in metadata["metrics"]}
    assert metrics.keys() == {"MNIST validation", "MNIST test"}
    assert min(metrics.values()) > 0.95


def test_says_how_it_goes_and_where_the_weights_are(trained):
    out, process = trained
    assert "epoch   1: " in process.stderr
    assert "right in training" in process.stderr
    assert " left" in process.stderr
    assert "MNIST test: 9" in process.stderr
    assert f"digitpad --weights '{out}'" in process.stderr


def test_ctrl_c_ends_cleanly_and_keeps_what_was_reached(mnist_dir, tmp_path):
    out = tmp_path / "net.safetensors"
    arguments = ["--data-dir", str(mnist_dir), "--out", str(out)]
    process = subprocess.Popen([*TRAINER, *arguments], stderr=subprocess.PIPE)
    started = b""
    while b"epoch 1" not in started:  # once it trains
        started += os.read(process.stderr.fileno(), 1000)
    process.send_signal(signal.SIGINT)
    rest = process.communicate()[1].decode()
    assert process.returncode == 130
    assert "Stopped after 0." in rest
    assert "Traceback" not in rest
    assert 0 < read_weights(out).metadata["epochs_done"] < 1


def test_without_data_and_network_it_says_what_to_put_where(tmp_path, unreachable):
    process = run("--data-dir", tmp_path / "none", **unreachable)
    assert process.returncode == 2
    assert "Traceback" not in process.stderr
    for part in (
        str(tmp_path / "none" / "MNIST" / "raw"),
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
        "--data-dir",
        "DIGITPAD_DATA_DIR",
        "--data synthetic",
    ):
        assert part in process.stderr
    process = run("evaluate", "--data-dir", tmp_path / "none", **unreachable)
    assert process.returncode == 2
    assert "--data-dir" in process.stderr
    assert "--data synthetic" not in process.stderr


def test_a_folder_that_cannot_be_written_is_found_out_before_training(tmp_path):
    (tmp_path / "file").touch()
    process = run("--out", tmp_path / "file" / "net.safetensors")
    assert process.returncode == 1
    assert "cannot write" in process.stderr
    assert "--out" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--recipe none", "invalid choice"),
        ("--epochs 0", "a whole number from 1 on"),
        ("--epochs x", "a whole number from 1 on"),
        ("--seed -1", "a whole number from 0 on"),
        ("--seed 18446744073709551616", "a seed is at most 4,294,967,295"),
        ("--seeds 0", "a whole number from 1 on"),
        ("--seeds 2 --progress json", "not together with --seeds"),
        ("--ink-holdout 1-5", "--ink-holdout is about the writers of --ink"),
        ("--out a --epoch-weights a", "names a file that the run needs"),
        ("--out a --epoch-weights a.checkpoint", "names a file that the run needs"),
        ("evaluate --writers 5-1", "two numbers with the smaller one first"),
        ("evaluate --writers 1-5", "--writers is about the drawings of --ink"),
        ("evaluate --plot plot.jpg", "its name must end in .png, not 'plot.jpg'"),
    ],
)
def test_wrong_usage_exits_with_2(arguments, says, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments.split())
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "usage: python -m trainer" in said
    assert says in said


def test_evaluates_the_bundled_weights(mnist_dir, pen_file):
    process = run("evaluate", "--data-dir", mnist_dir, "--ink", pen_file, "--json")
    assert process.returncode == 0, process.stderr
    content = json.loads(process.stdout)
    assert content["weights"] == str(bundled_weights())
    assert content["temperature"] == read_weights(bundled_weights()).metadata.get("temperature", 1)
    mnist, pen = content["evaluations"]
    assert (mnist["split"], mnist["images"]) == ("MNIST test", 10_000)
    assert mnist["accuracy"] >= 0.9935
    assert (pen["images"], sum(map(sum, pen["confusion"]))) == (7_494, 7_494)
    assert pen["accuracy"] >= 0.955
    assert all(0.9 < recall <= 1 for recall in mnist["recall"])


def test_evaluates_some_writers_as_text(trained, mnist_dir, pen_file):
    out, _ = trained
    process = run(
        *("evaluate", "--weights", out, "--data-dir", mnist_dir),
        *("--ink", pen_file, "--writers", "26-30"),
    )
    assert process.returncode == 0, process.stderr
    assert "MNIST test: 9" in process.stdout
    assert "pendigits-orig.tra, writers 26-30: " in process.stdout
    temperature = read_weights(out).metadata["temperature"]
    assert process.stdout.count(f"  without the temperature {temperature:g}: ") == 2


def test_writers_to_hold_out_that_nobody_has_are_found_out_before_training(tmp_path):
    ink, out = tmp_path / "mine.ndjson", tmp_path / "net.safetensors"
    write_ink(ink, [Sample(Drawing((Stroke.from_xy([0, 5], [0, 9]),)), 7)])
    process = run("--data", "synthetic", "--ink", ink, "--ink-holdout", "26-30", "--out", out)
    assert process.returncode == 2
    assert "no ink file has drawings by the writers held out" in process.stderr
    missing = tmp_path / "missing.ndjson"
    arguments = ["--data", "synthetic", "--recipe", "seed", "--ink", ink, "--ink", missing]
    process = run(*arguments, "--ink-holdout", "26-30", "--out", out)
    assert process.returncode == 2
    assert f"{missing}: cannot be read" in process.stderr
    assert not out.exists()


@pytest.mark.parametrize("json", [["--progress", "json"], ["--progress=json"]])
@pytest.mark.parametrize("module", ["torch", "torchvision", "tqdm"])
def test_installed_without_what_training_needs_it_says_what_to_install(module, json):
    program = f"import sys; sys.modules[{module!r}] = None; import runpy; "
    program += "runpy.run_module('trainer', run_name='__main__')"
    process = subprocess.run(
        [sys.executable, "-c", program, *json],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert process.returncode == 2
    ended = from_json(process.stdout)
    assert ended.error.startswith(f"{module} is not installed")
    assert process.stderr == f"python -m trainer: {ended.error}\n{ended.command}\n"
    program, *words = shlex.split(ended.command)
    assert program == sys.executable
    assert words[:3] == ["-m", "pip", "install"]
    # From anywhere: what is declared, not where this was installed from.
    needed = {re.split("[=<>]", word)[0] for word in words[3:]}
    assert needed == {"torch", "torchvision", "tqdm", "matplotlib"}


def test_a_recipe_without_ink_is_measured_on_the_drawings_held_out(
    pen_file, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(commands, "SYNTHETIC_IMAGES", 500)
    out = tmp_path / "net.safetensors"
    arguments = ["--data", "synthetic", "--recipe", "seed", "--epochs", "1", "--ink", str(pen_file)]
    arguments += ["--out", str(out), "--progress", "none"]
    assert main(arguments) == 2
    assert "the recipe seed does not learn from ink; leave out --ink, or" in capsys.readouterr().err
    assert main([*arguments, "--ink-holdout", "26-30"]) == 0
    metadata = read_weights(out).metadata
    assert [part["name"] for part in metadata["data"]] == ["synthetic training but validation"]
    measured = {metric["split"]: metric["images"] for metric in metadata["metrics"]}
    assert measured[f"{pen_file.name}, writers 26-30"] == 1_248


def test_without_matplotlib_it_says_what_a_plot_needs(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "--plot", "plot.png"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "matplotlib is not installed" in said
    assert f"{sys.executable} -m pip install" in said
    assert "matplotlib>=" in said


def test_ctrl_c_is_quiet_from_the_start():
    program = """
import runpy, signal, sys

class Slip:
    def find_spec(self, name, *_arguments):
        if name == "torch._C":  # as soon as torch is being imported
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Slip())
runpy.run_module("trainer", run_name="__main__")
"""
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (process.returncode, process.stdout, process.stderr) == (130, b"", b"")


def test_broken_weights_are_named(tmp_path):
    (tmp_path / "broken").write_bytes(b"no weights")
    process = run("evaluate", "--weights", tmp_path / "broken")
    assert process.returncode == 2
    assert str(tmp_path / "broken") in process.stderr
    assert "Traceback" not in process.stderr
