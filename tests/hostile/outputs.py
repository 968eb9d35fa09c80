"""Closed and broken streams, files that must not be overwritten, and crafted checkpoints."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from tests.hostile.files import SYNTHETIC, problem_of
from tests.hostile.ink import LINE
from tests.hostile.process import execute, run


def attacks():
    for streams in ("1>&-", "2>&-", "0<&-", "0<&- 1>&- 2>&-"):
        yield f"recognize with {streams}", partial(recognize_with, streams)
    yield "recognize with a broken standard error", broken_error
    yield "recognize with a full standard output", full_output
    yield "a training with a closed standard error", closed_training
    for option in ("--out", "--epoch-weights"):
        for name in ("notes.txt", "report.pdf"):
            yield f"{option} {name}", partial(keep_file, option, name)
    for name, change in CHECKPOINTS.items():
        yield f"a checkpoint, {name}", partial(refuse_checkpoint, change)
    yield "what a killed process left", leftover
    yield "a pipe named like what a killed process left", planted_pipe
    yield "no display", no_display


def shell(folder: Path, line: str, seconds: float = 20):
    return execute(["sh", "-c", line], folder, seconds)


def recognize_with(streams: str, folder: Path) -> str:
    (folder / "x.ndjson").write_text(LINE)
    done = shell(folder, f"{sys.executable} -m digitpad recognize x.ndjson {streams}")
    if problem := problem_of(done):
        return problem
    if "1>" in streams:
        return "" if done.code == 1 else f"exit code {done.code}, and no answer"
    return "" if done.out.startswith("7") else "no answer"


def broken_error(folder: Path) -> str:
    (folder / "x.ndjson").write_text("{}\n" * 3 + LINE)
    done = shell(folder, f"{sys.executable} -m digitpad recognize x.ndjson 2>/dev/full")
    if problem := problem_of(done):
        return problem
    return "" if done.out.startswith("7") and done.code == 1 else f"no answer, code {done.code}"


def full_output(folder: Path) -> str:
    (folder / "x.ndjson").write_text(LINE)
    done = shell(folder, f"{sys.executable} -m digitpad recognize x.ndjson >/dev/full")
    return problem_of(done) or ("" if done.code == 1 else f"exit code {done.code}")


TRAIN_LITTLE = """
import sys
from trainer import __main__, run_data
run_data.SYNTHETIC_IMAGES = 300
sys.exit(__main__.main(sys.argv[1:]))
"""


def train(folder: Path, *words: str, redirect: str = ""):
    (folder / "train.py").write_text(TRAIN_LITTLE)
    line = f"{sys.executable} train.py {' '.join([*SYNTHETIC, *words])} {redirect}"
    return shell(folder, line, seconds=90)


def closed_training(folder: Path) -> str:
    done = train(folder, "--out", "net.safetensors", redirect="2>&-")
    if problem := problem_of(done, seconds=60):
        return problem
    return "" if (folder / "net.safetensors").exists() else f"no weights, exit code {done.code}"


def keep_file(option: str, name: str, folder: Path) -> str:
    (folder / name).write_bytes(b"mine")
    other = [] if option == "--out" else ["--out", "net.safetensors"]
    done = train(folder, option, name, *other)
    if problem := problem_of(done, seconds=60):
        return problem
    path = folder / name
    is_kept = path.exists() and path.read_bytes() == b"mine"
    return "" if is_kept and done.code == 1 else "it was overwritten"


def changed(*keys, to):
    def change(content: dict) -> None:
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = to

    return change


CHECKPOINTS = {
    "arguments of another type": changed("arguments", to=5),
    "a state of another type": changed("state", to=[]),
    "epochs that are text": changed("state", "epochs_done", to="one"),
    "a history of nonsense": changed("state", "history", to=[{"epoch": "x"}]),
    "a net without tensors": changed("state", "net", to={}),
    "an optimizer without groups": changed("state", "optimizer", "param_groups", to=[]),
    "generators of another kind": changed("state", "generators", to=[1, 2]),
    "a schedule of text": changed("state", "schedule", "last_epoch", to="x"),
}

INTERRUPT = """
import os, signal, sys
from trainer import __main__, run_data
from trainer.run import report
run_data.SYNTHETIC_IMAGES = 300
def interrupt(message):
    if type(message).__name__ == "EpochDone":
        os.kill(os.getpid(), signal.SIGINT)
report.REPORTS["bar"] = interrupt
sys.exit(__main__.main(sys.argv[1:]))
"""


def refuse_checkpoint(change, folder: Path) -> str:
    import torch  # noqa: PLC0415  # slow, and only this attack needs it

    (folder / "interrupt.py").write_text(INTERRUPT)
    options = ["2" if each == "1" else each for each in SYNTHETIC]
    run(folder, "interrupt.py", *options, "--out", "net.safetensors", seconds=90)
    path = folder / "net.safetensors.checkpoint"
    content = torch.load(path, weights_only=True)
    change(content)
    torch.save(content, path)
    (folder / "train.py").write_text(TRAIN_LITTLE)
    done = run(folder, "train.py", "--resume", path, seconds=90)
    return problem_of(done, seconds=60) or ("" if done.code == 2 else f"exit code {done.code}")


KILLED = """
import os, signal, sys
from pathlib import Path
from digitpad.files import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
WRITE = KILLED.replace("    os.kill(os.getpid(), signal.SIGKILL)\n", "")


def leftover(folder: Path) -> str:
    (folder / "kill.py").write_text(KILLED)
    (folder / "write.py").write_text(WRITE)
    target = folder / "kept" / "drawing.png"
    target.parent.mkdir()
    run(folder, "kill.py", target)
    run(folder, "write.py", target)
    rest = [path.name for path in target.parent.iterdir() if path != target]
    return f"it is still there: {rest}" if rest else ""


def planted_pipe(folder: Path) -> str:
    (folder / "kill.py").write_text(KILLED)
    (folder / "write.py").write_text(WRITE)
    target = folder / "kept" / "drawing.png"
    target.parent.mkdir()
    run(folder, "kill.py", target)
    for left in target.parent.iterdir():
        left.unlink()
        os.mkfifo(left)
    done = run(folder, "write.py", target)
    return problem_of(done) or ("" if target.exists() else "nothing is written")


def no_display(folder: Path) -> str:
    line = f"env -u DISPLAY -u WAYLAND_DISPLAY QT_QPA_PLATFORM=xcb {sys.executable} -m digitpad"
    done = shell(folder, line)
    if done.code != 1:
        return f"exit code {done.code}"
    return "" if len(done.err.strip().splitlines()) <= 2 else "many lines"
