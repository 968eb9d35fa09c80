"""The commands `digitpad` and `digitpad recognize`, as real processes."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import ANY

import pytest
from PIL import Image, ImageDraw

from digitpad import __version__
from digitpad.__main__ import main
from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample, read_ink, write_ink
from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights

SEVEN = Drawing((Stroke.from_xy([0, 20, 8], [0, 0, 40]),))
ONE = Drawing((Stroke.from_xy([0, 0], [0, 40]),))
TICK = '{"word":"1","drawing":[[[0,1],[0,-2]]]}\n'

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX only")


def run(*arguments, program=("-m", "digitpad"), stdout=subprocess.PIPE, stdin=None):
    """Run digitpad in a process and wait for its end."""
    command = [sys.executable, *program, *arguments]
    return subprocess.run(
        command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, encoding="utf-8", check=False
    )


def start_recognizing(path, ticks):
    """Recognize a file with this many drawings; returns the process after its first line."""
    path.write_text(TICK * ticks)
    command = [sys.executable, "-m", "digitpad", "recognize", path]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline()
    return process


@pytest.fixture
def ink(tmp_path):
    """An ink file with a labelled drawing, an unlabelled one, and a labelled one without ink."""
    path = tmp_path / "mine.ndjson"
    write_ink(path, [Sample(SEVEN, label=7), Sample(ONE), Sample(Drawing(), label=3)])
    return path


@pytest.fixture
def judged(tmp_path, as_drawing, seven, scribble, judging_weights):
    """An ink file for `judging_weights`, and the digit that its second drawing resembles most.

    It has a 7, a scribble labelled as that digit, an unlabelled one, and a drawing without ink.
    """
    digit, outlier = as_drawing(seven), as_drawing(scribble)
    resembled = Recognizer(judging_weights).recognize(outlier).digit
    path = tmp_path / "judged.ndjson"
    labelled = [Sample(digit, label=7), Sample(outlier, label=resembled)]
    write_ink(path, [*labelled, Sample(outlier), Sample(Drawing(), label=3)])
    return path, resembled


@pytest.fixture
def pen_drawings(pen_file, tmp_path):
    """The first 200 drawings of the pen file."""
    path = tmp_path / "pen.tra"
    path.write_text(".SEGMENT".join(pen_file.read_text().split(".SEGMENT")[:201]))
    return path


# Output


def test_each_drawing_has_a_line_and_the_accuracy_comes_last(ink):
    done = run("recognize", ink)
    first, second, third, summary = done.stdout.splitlines()
    assert re.fullmatch(rf"7  +\d+\.\d % +{re.escape(str(ink))}  0", first)
    assert re.fullmatch(rf"\d[ ?] +\d+\.\d % +{re.escape(str(ink))}  1", second)
    assert re.fullmatch(rf"no ink +{re.escape(str(ink))}  2", third)
    assert summary == f"{ink}: 1 of 2 correct, accuracy 50.00 %"
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_not_a_digit_is_called_so(judged, judging_weights):
    path, *_ = judged
    lines = run("recognize", "--weights", judging_weights, path).stdout.splitlines()
    assert re.match(r"7  +\d+\.\d %  ", lines[0])
    assert [line.startswith("not a digit  ") for line in lines[:4]] == [False, True, True, False]
    assert len({line.index(str(path)) for line in lines[:4]}) == 1  # the columns are aligned
    assert lines[4].endswith(" of 3 correct, accuracy 66.67 %, 1 called not a digit")


def test_weights_without_thresholds_call_everything_a_digit(judged, seed_weights):
    path, *_ = judged
    assert "not a digit" not in run("recognize", "--weights", seed_weights, path).stdout


@pytest.mark.parametrize(("temperature", "line"), [(99, r"7\?  1\d\.\d %"), (1e-9, r"7   99\.9 %")])
def test_prediction_is_never_written_as_certain(ink, keep, temperature, line):
    weights = keep("net.safetensors", temperature=temperature)
    assert re.match(line, run("recognize", "--weights", weights, ink).stdout)


def test_several_files_have_an_accuracy_each_and_one_together(ink, tmp_path):
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
def test_file_name_that_is_not_text_is_escaped(ink):
    odd = ink.rename(os.fsdecode(bytes(ink.parent) + b"/\xff.ndjson"))
    done = run("recognize", odd)
    assert "\\udcff.ndjson  0\n" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["ink", "pen_drawings"])
def test_json_has_an_object_with_the_prediction_for_each_drawing(request, name):
    path, recognizer = request.getfixturevalue(name), Recognizer(bundled_weights())
    done = run("recognize", "--json", path)
    lines, samples = done.stdout.splitlines(), list(read_ink(path, pytest.fail))
    n_correct = n_rejected = 0
    n_labelled = sum(sample.label is not None for sample in samples)
    for index, (line, sample) in enumerate(zip(lines, samples, strict=True)):
        prediction = recognizer.recognize(sample.drawing)
        assert json.loads(line) == {
            "source": str(path),
            "index": index,
            **({} if sample.label is None else {"label": sample.label}),
            "digit": prediction and prediction.digit,
            # A batch may give other last bits.
            "probabilities": prediction and pytest.approx(prediction.probabilities, abs=1e-6),
            "sure": bool(prediction and prediction.sure),
            "verdict": prediction and prediction.verdict,
            "known": prediction and pytest.approx(prediction.known, abs=1e-4),
            "number": prediction and str(prediction.digit),
            "digits": ANY,
        }
        if prediction and sample.label is not None:
            n_correct += prediction.digit == sample.label
            n_rejected += prediction.verdict == "not a digit"
    accuracy = 100 * n_correct / n_labelled
    summary = f"{n_correct} of {n_labelled} correct, accuracy {accuracy:.2f} %"
    if n_rejected:
        summary += f", {n_rejected} called not a digit"
    assert (done.returncode, done.stderr) == (0, f"{path}: {summary}\n")


def test_json_has_the_verdict_and_how_much_a_drawing_looks_like_a_digit(judged, judging_weights):
    path, resembled = judged
    done = run("recognize", "--json", "--weights", judging_weights, path)
    digit, outlier, _, empty = map(json.loads, done.stdout.splitlines())
    assert (digit["digit"], digit["verdict"], digit["sure"]) == (7, "sure", True)
    assert (outlier["digit"], outlier["verdict"]) == (resembled, "not a digit")
    assert not outlier["sure"]
    assert 0 <= outlier["known"] < 0.5 <= digit["known"] <= 1
    assert (empty["verdict"], empty["known"], empty["sure"]) == (None, None, False)
    assert done.stderr == f"{path}: 2 of 3 correct, accuracy 66.67 %, 1 called not a digit\n"


def test_picture_has_one_prediction(tmp_path, mnist_test):
    images, labels = mnist_test
    path = tmp_path / "digit.png"
    Image.fromarray(255 - images[0]).resize((280, 280)).save(path)
    done = run("recognize", "--json", path)
    answer = json.loads(done.stdout)
    assert answer.keys() >= {"source", "index", "digit", "probabilities", "verdict"}
    assert "label" not in answer
    assert (answer["source"], answer["index"]) == (str(path), 0)
    assert answer["digit"] == labels[0]
    assert (done.returncode, done.stderr) == (0, "")


# Problems


def test_unreadable_files_are_named_and_the_rest_is_recognized(ink, tmp_path):
    content = {
        "empty.ndjson": "",
        "damaged.ndjson": TICK + '{"drawing"\n' + TICK,
        "damaged.png": "\x89PNG\r\n\x1a\n, then nothing",
    }
    for name, text in content.items():
        (tmp_path / name).write_text(text, encoding="latin-1", newline="")
    reasons = {
        tmp_path / "missing.ndjson": ": cannot be read: ",
        tmp_path: ": cannot be read: it is a folder",
        tmp_path / "empty.ndjson": ": contains no drawings",
        tmp_path / "damaged.ndjson": ":2: not JSON",
        tmp_path / "damaged.png": ": not a picture",
    }
    done = run("recognize", *reasons, ink)
    assert done.returncode == 1
    for line, (path, reason) in zip(done.stderr.splitlines(), reasons.items(), strict=True):
        assert line.startswith(f"{path}{reason}")
        assert line.count(path.name) == 1
    assert f"  {tmp_path / 'damaged.ndjson'}  1\n" in done.stdout
    assert f"  {ink}  2\n" in done.stdout


@pytest.mark.parametrize("content", [None, b"", b"not weights"])
def test_unusable_weights_are_named(ink, tmp_path, content):
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
def test_wrong_arguments_show_the_usage(capsys, arguments):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("usage: digitpad")


ODD = Drawing(
    (
        Stroke.from_xy([60, 60, 140, 140], [20, 120, 120, 200]),
        Stroke.from_xy([40, 180], [100, 105]),
        Stroke.from_xy([70, 75], [20, 180]),
    )
)


def test_corrected_drawings_in_a_file_teach(tmp_path):
    hand, drawn = tmp_path / "hand.ndjson", tmp_path / "drawn.ndjson"
    write_ink(hand, [Sample(ODD, 4), Sample(ONE), Sample(Drawing(), 3)])
    write_ink(drawn, [Sample(ODD), Sample(ONE)])
    digits = [
        [
            json.loads(line)
            for line in run("recognize", "--json", *options, drawn).stdout.splitlines()
        ]
        for options in ([], ["--hand", hand])
    ]
    before, after = ([each["digit"] for each in found] for found in digits)
    assert (before[0] != 4) or digits[0][0]["verdict"] == "not a digit"
    assert after == [4, before[1]]
    assert digits[1][0]["verdict"] == "sure"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no such file|No such file"),
        ("not ink", "not an ink file"),
        ('{"word":"A","drawing":[[[0,1],[0,2]]]}', "no drawing is labelled with a digit"),
    ],
)
def test_a_file_that_teaches_nothing_is_refused(ink, tmp_path, content, reason):
    path = tmp_path / "hand.ndjson"
    if content:
        path.write_text(content)
    done = run("recognize", "--hand", path, ink)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(reason, done.stderr)


def test_standard_input_is_recognized(ink):
    with ink.open("rb") as content:
        direct, piped = run("recognize", ink), run("recognize", "-", stdin=content)
    assert piped.stdout == direct.stdout.replace(str(ink), "-")
    assert piped.returncode == direct.returncode


def test_a_problem_with_standard_input_names_it(tmp_path):
    (tmp_path / "notes").write_text("no drawing")
    with (tmp_path / "notes").open("rb") as content:
        done = run("recognize", "-", stdin=content)
    assert done.stderr.startswith("standard input: not a picture")
    assert done.returncode == 1


def test_a_name_that_is_no_file_and_no_command_is_an_error(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["recognise", "drawing.png"])
    assert "recognise: there is no such file and no such command" in capsys.readouterr().err


@posix
def test_broken_pipe_is_no_error(tmp_path):
    process = start_recognizing(tmp_path / "many.ndjson", 5_000)  # more than a pipe holds
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


@posix
def test_ctrl_c_ends_without_a_traceback(tmp_path):
    process = start_recognizing(tmp_path / "many.ndjson", 200_000)  # a minute's work
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == b""
    assert process.returncode == 130


@posix
def test_a_message_that_nobody_reads_costs_no_answer(ink, tmp_path):
    bad = tmp_path / "bad.ndjson"
    bad.write_text("{}\n" * 3 + TICK)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "digitpad", "recognize", bad, ink],
        stdout=subprocess.PIPE,
        stderr=writer,
        check=False,
    )
    os.close(writer)
    assert done.stdout.count(b"mine.ndjson") == 4  # three drawings and the accuracy
    assert done.returncode == 1  # some lines could not be read


@posix
@pytest.mark.parametrize("closed", ["1", "2", "0", "0 1 2"])
def test_closed_streams_are_no_crash(ink, closed):
    closing = " ".join(f"{number}>&-" for number in closed.split())
    command = f"exec {sys.executable} -m digitpad recognize {ink} {closing}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False, text=True)
    assert "Traceback" not in done.stderr
    if "1" in closed:
        assert done.returncode == 1
        assert closed != "1" or "standard output is closed" in done.stderr
    else:
        assert (done.returncode, done.stdout.count("mine.ndjson")) == (0, 4)


@posix
@pytest.mark.parametrize("module", ["digitpad", "trainer"])
def test_ctrl_c_before_anything_can_answer_it_is_silent(module):
    """A program that interrupts itself at the first import after that of `signal`."""
    code = f"""
import builtins, os, runpy, signal, sys
sys.argv = [{module!r}, "--help"]
original = builtins.__import__
def interrupt(name, globals=None, *rest, **more):
    if (globals or {{}}).get("__spec__") and globals["__name__"] == "__main__" and name == "sys":
        os.kill(os.getpid(), signal.SIGINT)
    return original(name, globals, *rest, **more)
builtins.__import__ = interrupt
runpy.run_module({module!r}, run_name="__main__")
"""
    done = run("-c", code, program=())
    assert done.stderr == ""
    assert done.returncode == -signal.SIGINT


@posix
def test_what_controls_a_terminal_is_escaped(tmp_path):
    odd = tmp_path / "a\x1b[2J\x07\nb.ndjson"
    write_ink(odd, [Sample(SEVEN, label=7)])
    for name in (odd, odd.with_name("missing\x1b[2J\n")):
        done = run("recognize", name)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\\x1b[2J" in done.stdout + done.stderr
        assert len((done.stdout + done.stderr).splitlines()) == (2 if name == odd else 1)
    wrong = run("\x1b[2J")
    assert "\x1b" not in wrong.stderr


def test_after_many_bad_lines_the_rest_is_counted(tmp_path):
    path = tmp_path / "bad.ndjson"
    path.write_text("{}\n" * 1000 + TICK)
    *first, last = run("recognize", path).stderr.splitlines()
    assert len(first) == 20
    assert last == f"{path}: 980 more lines cannot be read"


@posix
def test_what_has_no_end_is_refused_at_once(tmp_path, ink):
    os.mkfifo(pipe := tmp_path / "pipe")
    for path in (pipe, "/dev/zero"):
        for options in ([path], ["--weights", path, ink], ["--hand", path, ink]):
            done = run("recognize", *options)
            assert done.returncode in {1, 2}
            assert "it is not a regular file" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no disk that is always full")
def test_full_disk_is_reported(ink):
    with Path("/dev/full").open("wb") as full:
        done = run("recognize", ink, stdout=full)
    assert done.returncode == 1
    assert done.stderr.startswith("digitpad: cannot write the output: ")
    assert len(done.stderr.splitlines()) == 1


# Arguments


def test_weights_may_stand_before_or_after_the_command(ink, weights):
    bundled = run("recognize", ink).stdout
    before = run("--weights", weights, "recognize", ink).stdout
    after = run("recognize", "--weights", weights, ink).stdout
    assert before == after != bundled


def test_version():
    assert run("--version").stdout == f"digitpad {__version__}\n"


def test_window_opens_without_a_command(monkeypatch, ink):
    opened = []
    monkeypatch.setattr("digitpad.window.app.run", lambda *given: opened.append(given) or 7)
    assert main([]) == 7
    assert main(["--weights", "mine.safetensors"]) == 7
    assert main([str(ink), "--weights=mine.safetensors", str(ink)]) == 7
    mine = Path("mine.safetensors")
    assert opened == [(None, ()), (mine, []), (mine, [ink, ink])]


def test_recognizing_ink_imports_neither_qt_nor_torch_nor_pillow(ink):
    script = (
        "import sys; from digitpad.__main__ import main; main(sys.argv[1:]);"
        "print({'PySide6', 'torch', 'PIL'} & set(sys.modules))"
    )
    done = run("recognize", ink, program=("-c", script))
    assert done.stdout.splitlines()[-1] == "set()"


TWO = Stroke.from_xy([10, 35, 65, 80, 60, 5, 85], [25, 2, 2, 25, 60, 98, 98])
TWELVE = Drawing((Stroke.from_xy([-30, -32], [0, 100]), TWO))


class TestNumbers:
    @pytest.fixture
    def numbers(self, tmp_path):
        path = tmp_path / "numbers.ndjson"
        wrong = Sample(TWELVE, text="13")
        write_ink(path, [Sample(TWELVE, text="12"), wrong, Sample(SEVEN, label=7)])
        return path

    def test_they_are_read_and_counted_as_a_whole(self, numbers):
        done = run("recognize", numbers)
        first, second, third, summary = done.stdout.splitlines()
        assert re.match(r"12   99\.\d %  ", first)
        assert second.startswith("12 ")
        assert third.startswith("7 ")
        assert summary == f"{numbers}: 2 of 3 correct, accuracy 66.67 %"

    def test_json_has_the_number_and_its_digits(self, numbers):
        first = json.loads(run("recognize", "--json", numbers).stdout.splitlines()[0])
        assert first["label"] == first["number"] == "12"
        assert (first["digit"], first["probabilities"], first["known"]) == (None, None, None)
        assert (first["sure"], first["verdict"]) == (True, "sure")
        one, two = first["digits"]
        assert (one["digit"], one["strokes"], one["box"]) == (1, [0], [-32, 0, -30, 100])
        assert (two["digit"], two["strokes"], two["verdict"]) == (2, [1], "sure")
        assert two["probability"] > 0.9

    def test_single_takes_each_drawing_for_one_digit(self, numbers):
        lines = run("recognize", "--single", "--json", numbers).stdout.splitlines()
        prediction = Recognizer(bundled_weights()).recognize(TWELVE)
        record = json.loads(lines[0])
        assert record["digit"] == prediction.digit
        assert record["probabilities"] == list(prediction.probabilities)
        assert "label" not in record
        assert run("recognize", "--single", numbers).stdout.endswith("accuracy 100.00 %\n")

    def test_a_picture_of_a_number(self, tmp_path):
        image = Image.new("L", (300, 200), 240)
        draw = ImageDraw.Draw(image)
        for stroke in TWELVE.strokes:
            draw.line([(x + 120, y + 50) for x, y in stroke.xy.tolist()], 40, 8, joint="curve")
        image.save(path := tmp_path / "twelve.png")
        record = json.loads(run("recognize", "--json", path).stdout)
        assert record["number"] == "12"
        assert [digit["strokes"] for digit in record["digits"]] == [[], []]
        assert run("recognize", "--single", path).stdout.split()[0] != "12"

    def test_lines_are_on_one_line(self, tmp_path):
        below = tuple(Stroke.from_xy(s.xy[:, 0], s.xy[:, 1] + 160) for s in TWELVE.strokes)
        write_ink(tmp_path / "lines.ndjson", [Sample(Drawing(TWELVE.strokes + below))])
        done = run("recognize", tmp_path / "lines.ndjson")
        assert done.stdout.startswith("12 / 12 ")
        assert len(done.stdout.splitlines()) == 1
