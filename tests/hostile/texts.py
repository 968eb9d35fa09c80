"""Text from files that controls a terminal, is HTML, or is very long."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from tests.hostile.files import DIGITPAD, SYNTHETIC, TRAINER, bundled_with, problem_of
from tests.hostile.ink import LINE
from tests.hostile.process import Done, run

ODD = "a\x1b[2J\x07\nb"
HTML = '<img src="/etc/passwd"><b>x</b>'


def attacks():
    for way, words in WAYS.items():
        yield f"escapes in a name, {way}", partial(escape, words)
    for field, value in METADATA.items():
        yield f"hostile metadata in the window, {field}", partial(show, value)
    yield "HTML in a name in the window", show_name
    yield "a megabyte of a label", long_label


WAYS = {
    "recognized": (*DIGITPAD, "recognize", ODD),
    "missing": (*DIGITPAD, "recognize", ODD + "missing"),
    "opened": (*DIGITPAD, ODD + "missing"),
    "weights": (*DIGITPAD, "recognize", "--weights", ODD, ODD),
    "evaluated": (*TRAINER, "evaluate", "--weights", ODD, "--data-dir", "."),
    "resumed": (*TRAINER, "--resume", ODD),
    "data": (*TRAINER, "evaluate", "--data-dir", ODD + "missing"),
    "ink": (*TRAINER, *SYNTHETIC, "--ink", ODD + "missing", "--out", "n"),
    "an option": (*TRAINER, "--recipe", ODD),
}

METADATA = {
    "HTML": {"name": HTML, "recipe": {"name": HTML, "epochs": 3}},
    "an HTML split": {"metrics": [{"split": HTML, "accuracy": 0.5}]},
    "a long name": {"name": "x" * 300_000},
    "a name of many lines": {"name": "x\n" * 100_000},
    "a long split": {"metrics": [{"split": "x y" * 100_000, "accuracy": 0.5}]},
    "many splits": {"metrics": 5_000 * [{"split": "s", "accuracy": 0.5}]},
}


def printed(done: Done) -> str:
    if problem := problem_of(done, seconds=20):
        return problem
    if any(character in done.out + done.err for character in "\x1b\x07"):
        return "escapes are printed"
    return "a name is broken into lines" if "\x07\nb" in done.out + done.err else ""


def escape(words, folder: Path) -> str:
    (folder / ODD).write_text(LINE)
    return printed(run(folder, *words, seconds=30))


def window(folder: Path, weights: Path | None, *files: Path) -> str:
    look = Path(__file__).with_name("look.py")
    done = run(folder, look, weights or "", *files, seconds=40)
    if problem := problem_of(done, may_fail=False, seconds=20):
        return problem
    shown = json.loads(done.out)
    if shown["html"]:
        return "HTML is shown"
    if shown["height"] > 2_000 or shown["menu"] > 3_000:
        return f"a window of {shown['height']} and a menu of {shown['menu']} pixels"
    return "" if len(shown["notice"]) < 1_000 else "a long notice"


def show(metadata, folder: Path) -> str:
    kept = folder / "home" / "data" / "digitpad" / "weights"
    kept.mkdir(parents=True)
    bundled_with(kept / "2026-01-01-000000-x.safetensors", lambda found: found.update(metadata))
    return window(folder, kept / "2026-01-01-000000-x.safetensors")


def show_name(folder: Path) -> str:
    kept = folder / "home" / "data" / "digitpad" / "weights"
    kept.mkdir(parents=True)
    bundled_with(kept / "<b>x<b>.safetensors", lambda found: found.update(name=HTML))
    (folder / "<i>x<i>.png").write_text("no picture")
    return window(folder, None, folder / "<i>x<i>.png")


def long_label(folder: Path) -> str:
    (folder / "x.ndjson").write_text(LINE.replace('"7"', json.dumps("7\n" * 500_000)))
    done = run(folder, *DIGITPAD, "recognize", "x.ndjson")
    return problem_of(done) or ("" if len(done.out + done.err) < 1_000 else "it is printed")
