"""The commands `digitpad` and `digitpad recognize`, as real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture
from safetensors.numpy import save_file

from digitpad import __version__
from digitpad.__main__ import main
from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample, read_ink, write_ink
from digitpad.network import ARCHITECTURE, METADATA_KEY, TENSOR_SHAPES, TRANSFORM
from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights

Image = NDArray[np.uint8]

COMMAND = [sys.executable, "-m", "digitpad"]

SEVEN = Drawing((Stroke.from_xy([0, 20, 8], [0, 0, 40]),))
ONE = Drawing((Stroke.from_xy([0, 0], [0, 40]),))
TICK = '{"word":"1","drawing":[[[0,1],[0,-2]]]}\n'


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run digitpad in a process and wait for its end."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, encoding="utf-8", check=False
    )


def start(*arguments: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(bundled_weights())


@pytest.fixture
def ink(tmp_path: Path) -> Path:
    """An ink file with a labelled drawing, an unlabelled one, and a labelled one without ink."""
    path = tmp_path / "mine.ndjson"
    write_ink(path, [Sample(SEVEN, label=7), Sample(ONE), Sample(Drawing(), label=3)])
    return path


@pytest.fixture
def untrained(tmp_path: Path) -> Callable[[float], Path]:
    """Makes a file of untrained weights with a temperature."""

    def untrained_(temperature: float) -> Path:
        rng = np.random.default_rng(0)
        tensors = {
            name: rng.uniform(0.01, 0.02, shape).astype(np.float32)
            for name, shape in TENSOR_SHAPES.items()
        }
        metadata = {"architecture": ARCHITECTURE, "transform": TRANSFORM}
        path = tmp_path / f"{temperature}.safetensors"
        save_file(
            tensors, path, {METADATA_KEY: json.dumps(metadata | {"temperature": temperature})}
        )
        return path

    return untrained_


class TestText:
    def test_each_drawing_has_a_line_and_the_accuracy_comes_last(self, ink: Path):
        done = run("recognize", ink)
        first, second, third, summary = done.stdout.splitlines()
        assert re.fullmatch(rf"7  +\d+\.\d %  {re.escape(str(ink))}  0", first)
        assert re.fullmatch(rf"\d[ ?] +\d+\.\d %  {re.escape(str(ink))}  1", second)
        assert re.fullmatch(rf"no ink +{re.escape(str(ink))}  2", third)
        assert summary == f"{ink}: 1 of 2 correct, accuracy 50.00 %"
        assert (done.returncode, done.stderr) == (0, "")

    def test_unsure_prediction_has_a_question_mark(
        self, ink: Path, untrained: Callable[[float], Path]
    ):
        done = run("recognize", "--weights", untrained(1), ink)
        assert re.match(r"\d\?  +\d+\.\d %", done.stdout)

    def test_probability_of_1_is_not_written_as_100_percent(
        self, ink: Path, untrained: Callable[[float], Path]
    ):
        weights = untrained(1e-9)
        (first, *_) = run("recognize", "--json", "--weights", weights, ink).stdout.splitlines()
        assert max(json.loads(first)["probabilities"]) == 1
        assert re.match(r"\d   99\.9 %  ", run("recognize", "--weights", weights, ink).stdout)

    def test_several_files_have_an_accuracy_each_and_one_together(self, ink: Path, tmp_path: Path):
        more, unlabelled = tmp_path / "more.ndjson", tmp_path / "unlabelled.ndjson"
        write_ink(more, [Sample(SEVEN, label=7)] * 2)
        write_ink(unlabelled, [Sample(ONE)])
        lines = run("recognize", ink, more, unlabelled).stdout.splitlines()
        assert lines[6:] == [
            f"{ink}: 1 of 2 correct, accuracy 50.00 %",
            f"{more}: 2 of 2 correct, accuracy 100.00 %",
            "all files: 3 of 4 correct, accuracy 75.00 %",
        ]

    @pytest.mark.skipif(sys.platform != "linux", reason="names are text on other systems")
    def test_file_name_that_is_not_text_is_escaped(self, ink: Path):
        odd = ink.rename(os.fsdecode(bytes(ink.parent) + b"/\xff.ndjson"))
        done = run("recognize", odd)
        assert "\\udcff.ndjson  0\n" in done.stdout
        assert (done.returncode, done.stderr) == (0, "")


class TestJson:
    def test_each_drawing_has_an_object_with_its_prediction(
        self, ink: Path, recognizer: Recognizer
    ):
        done = run("recognize", "--json", ink)
        seven, one = recognizer.recognize(SEVEN), recognizer.recognize(ONE)
        assert seven
        assert one
        assert [json.loads(line) for line in done.stdout.splitlines()] == [
            {
                "source": str(ink),
                "index": 0,
                "label": 7,
                "digit": seven.digit,
                "probabilities": list(seven.probabilities),
                "sure": seven.sure,
            },
            {
                "source": str(ink),
                "index": 1,
                "digit": one.digit,
                "probabilities": list(one.probabilities),
                "sure": one.sure,
            },
            {
                "source": str(ink),
                "index": 2,
                "label": 3,
                "digit": None,
                "probabilities": None,
                "sure": False,
            },
        ]
        assert done.stderr == f"{ink}: 1 of 2 correct, accuracy 50.00 %\n"
        assert done.returncode == 0

    def test_pen_file_has_the_predictions_of_the_recognizer(
        self, pen_file: Path, recognizer: Recognizer
    ):
        done = run("recognize", "--json", pen_file)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        samples = list(read_ink(pen_file, pytest.fail))
        assert [answer["index"] for answer in answers] == list(range(7494))
        assert [answer["label"] for answer in answers] == [sample.label for sample in samples]
        for answer, sample in list(zip(answers, samples, strict=True))[::100]:
            prediction = recognizer.recognize(sample.drawing)
            assert prediction
            assert answer["digit"] == prediction.digit
            assert answer["probabilities"] == list(prediction.probabilities)
        correct = sum(answer["digit"] == answer["label"] for answer in answers)
        summary = f"{correct} of 7494 correct, accuracy {100 * correct / 7494:.2f} %"
        assert done.stderr == f"{pen_file}: {summary}\n"


class TestPictures:
    def test_picture_has_one_prediction(self, tmp_path: Path, mnist_test: tuple[Image, Image]):
        images, labels = mnist_test
        path = tmp_path / "digit.png"
        Picture.fromarray(255 - images[0]).resize((280, 280)).save(path)
        done = run("recognize", "--json", path)
        answer = json.loads(done.stdout)
        assert answer.keys() == {"source", "index", "digit", "probabilities", "sure"}
        assert (answer["source"], answer["index"]) == (str(path), 0)
        assert answer["digit"] == labels[0]
        assert (done.returncode, done.stderr) == (0, "")

    def test_damaged_picture_is_named(self, ink: Path, tmp_path: Path):
        path = tmp_path / "digit.png"
        path.write_bytes(b"\x89PNG\r\n\x1a\n, then nothing")
        done = run("recognize", path, ink)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith(f"{path}: ")
        assert done.stderr.count(str(path)) == 1
        assert f"  {ink}  2\n" in done.stdout


class TestProblems:
    def test_unreadable_files_are_named_and_the_rest_is_recognized(self, ink: Path, tmp_path: Path):
        missing, folder = tmp_path / "missing.ndjson", tmp_path / "folder"
        folder.mkdir()
        empty = tmp_path / "empty.ndjson"
        empty.touch()
        damaged = tmp_path / "damaged.ndjson"
        damaged.write_text(TICK + '{"drawing"\n' + TICK)
        done = run("recognize", missing, folder, empty, damaged, ink)
        assert done.returncode == 1
        of_missing, of_folder, of_empty, of_damaged = done.stderr.splitlines()
        assert of_missing.startswith(f"{missing}: cannot be read: ")
        assert of_folder == f"{folder}: cannot be read: not a file"
        assert of_empty == f"{empty}: contains no drawings"
        assert of_damaged.startswith(f"{damaged}:2: not JSON")
        assert f"  {damaged}  1\n" in done.stdout
        assert f"  {ink}  2\n" in done.stdout

    @pytest.mark.parametrize("content", [None, b"", b"not weights"])
    def test_unusable_weights_are_named(self, ink: Path, tmp_path: Path, content: bytes | None):
        weights = tmp_path / "odd.safetensors"
        if content is not None:
            weights.write_bytes(content)
        done = run("recognize", "--weights", weights, ink)
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith(f"digitpad: {weights}: ")
        assert "--weights FILE" in done.stderr

    @pytest.mark.parametrize(
        "arguments",
        [["recognize"], ["recognise", "x"], ["--what"], ["recognize", "--weights"], ["9" * 300]],
    )
    def test_wrong_arguments_show_the_usage(self, arguments: list[str]):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("usage: digitpad")

    def test_file_without_a_command_gets_a_hint(self, ink: Path):
        done = run(ink)
        assert (done.returncode, done.stdout) == (2, "")
        assert "digitpad recognize FILE" in done.stderr
        assert "digitpad --weights FILE" in done.stderr

    @pytest.mark.skipif(os.name != "posix", reason="has no broken pipes")
    def test_broken_pipe_is_no_error(self, tmp_path: Path):
        path = tmp_path / "many.ndjson"
        path.write_text(TICK * 5000)  # more than a pipe holds
        process = start("recognize", path)
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait() == 0

    @pytest.mark.skipif(os.name != "posix", reason="Ctrl-C cannot be sent to one process alone")
    def test_ctrl_c_ends_without_a_traceback(self, tmp_path: Path):
        path = tmp_path / "many.ndjson"
        path.write_text(TICK * 200_000)  # a minute's work
        process = start("recognize", path)
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.communicate()[1] == b""
        assert process.returncode == 130

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no disk that is always full")
    def test_full_disk_is_reported(self, ink: Path):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [*COMMAND, "recognize", ink],
                stdout=full,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                check=False,
            )
        assert done.returncode == 1
        assert done.stderr.startswith("digitpad: cannot write the output: ")
        assert len(done.stderr.splitlines()) == 1


class TestArguments:
    def test_weights_may_stand_before_or_after_the_command(
        self, ink: Path, untrained: Callable[[float], Path]
    ):
        weights = untrained(1)
        bundled = run("recognize", ink).stdout
        before = run("--weights", weights, "recognize", ink).stdout
        after = run("recognize", "--weights", weights, ink).stdout
        assert before == after != bundled

    def test_version(self):
        assert run("--version").stdout == f"digitpad {__version__}\n"

    def test_window_opens_without_a_command(self, monkeypatch: pytest.MonkeyPatch):
        opened: list[Path | None] = []

        def run(weights: Path | None) -> int:
            opened.append(weights)
            return 7

        monkeypatch.setattr("digitpad.window.app.run", run)
        assert main([]) == 7
        assert main(["--weights", "mine.safetensors"]) == 7
        assert opened == [None, Path("mine.safetensors")]

    def test_recognizing_ink_imports_neither_qt_nor_torch_nor_pillow(self, ink: Path):
        script = (
            "import sys; from digitpad.__main__ import main; main(sys.argv[1:]);"
            "print({'PySide6', 'torch', 'PIL'} & set(sys.modules))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, "recognize", ink],
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        assert done.stdout.splitlines()[-1] == "set()"
