"""Files that block, have no end, or are very large."""

from __future__ import annotations

import json
import os
import struct
from functools import partial
from pathlib import Path

from digitpad.weights_store import bundled_weights
from tests.hostile.process import MEGABYTE, Done, run

TICK = '{"word":"1","drawing":[[[0,1],[0,-2]]]}\n'

DIGITPAD, TRAINER = ("-m", "digitpad"), ("-m", "trainer")
SYNTHETIC = ("--data", "synthetic", "--epochs", "1", "--recipe", "pad")


def attacks():
    for kind, make in {"pipe": os.mkfifo, "device": link_to_zero, "endless": sparse}.items():
        for way, words in WAYS.items():
            yield f"{kind} as {way}", partial(give, make, words)
        for place in ("chosen", "kept", "opened"):
            yield f"{kind} in the window, {place}", partial(give_window, make, place)
    yield "weights with 500,000 tensors", partial(refuse_weights, many_tensors)
    yield "weights with a megabyte of metadata", partial(refuse_weights, much_metadata)
    yield "weights with a long architecture", partial(refuse_weights, long_architecture)
    yield "weights with a temperature of 1e-320", partial(refuse_weights, tiny_temperature)


def problem_of(done: Done, *, may_fail: bool = True, seconds: float = 5) -> str:
    """What did not hold for any process; empty if all did."""
    if done.code is None:
        return "it does not end"
    if "Traceback" in done.err + done.out:
        return "a traceback: " + done.err.strip().splitlines()[-1][:200]
    if done.code < 0:
        return f"ended by signal {-done.code}"
    if not may_fail and done.code:
        return f"exit code {done.code}: {done.err[:200]}"
    if done.memory > 500 * MEGABYTE:
        return f"{done.memory / MEGABYTE:.0f} MB of memory"
    return f"{done.seconds:.1f} s of processor time" if done.seconds > seconds else ""


WAYS = {
    "a picture": (*DIGITPAD, "recognize", "X"),
    "weights": (*DIGITPAD, "recognize", "--weights", "X", "tick.ndjson"),
    "a hand": (*DIGITPAD, "recognize", "--hand", "X", "tick.ndjson"),
    "weights of an evaluation": (*TRAINER, "evaluate", "--weights", "X", "--data-dir", "."),
    "a checkpoint": (*TRAINER, "--resume", "X.checkpoint"),
    "ink of a training": (*TRAINER, *SYNTHETIC, "--ink", "X", "--out", "n"),
}


def link_to_zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 41)


def give(make, words, folder: Path) -> str:
    make(folder / "X")
    make(folder / "X.checkpoint")
    (folder / "tick.ndjson").write_text(TICK)
    done = run(folder, *words, seconds=20)
    if not (problem := problem_of(done, seconds=20)) and done.code == 0:
        return "it was accepted"
    return problem


def give_window(make, place: str, folder: Path) -> str:
    home = folder / "home"
    target = {
        "chosen": folder / "X",
        "kept": home / "data" / "digitpad" / "weights" / "2026-01-01-X.safetensors",
        "opened": folder / "X",
    }[place]
    target.parent.mkdir(parents=True, exist_ok=True)
    make(target)
    look = Path(__file__).with_name("look.py")
    words = [target if place == "chosen" else "", *([target] if place == "opened" else [])]
    done = run(folder, look, *words, seconds=30)
    return problem_of(done, may_fail=False, seconds=20) or (
        "" if done.out.startswith("{") else "the window shows nothing"
    )


def with_header(path: Path, header: dict) -> None:
    content = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(content)) + content)


def bundled_with(path: Path, change) -> None:
    """The bundled weights, with changed metadata."""
    content = bundled_weights().read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + size])
    metadata = json.loads(header["__metadata__"]["digitpad"])
    change(metadata)
    header["__metadata__"]["digitpad"] = json.dumps(metadata)
    changed = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(changed)) + changed + content[8 + size :])


def many_tensors(path: Path) -> None:
    with_header(
        path,
        {f"t{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(500_000)},
    )


def much_metadata(path: Path) -> None:
    bundled_with(path, lambda metadata: metadata.update(remark="x" * (MEGABYTE + 1)))


def long_architecture(path: Path) -> None:
    bundled_with(path, lambda metadata: metadata.update(architecture="<b>x</b>\n" * 12_000))


def tiny_temperature(path: Path) -> None:
    bundled_with(path, lambda metadata: metadata.update(temperature=1e-320))


def refuse_weights(make, folder: Path) -> str:
    make(folder / "X")
    (folder / "tick.ndjson").write_text(TICK)
    done = run(folder, *DIGITPAD, "recognize", "--weights", "X", "tick.ndjson")
    if problem := problem_of(done, seconds=1):
        return problem
    if done.code != 2:
        return "it was accepted"
    return "" if len(done.err) < 600 else f"a message of {len(done.err):,} characters"
