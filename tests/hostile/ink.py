"""Ink that is large, odd, or in a format of its own."""

from __future__ import annotations

import gzip
import json
from functools import partial
from pathlib import Path

from tests.hostile.files import DIGITPAD, problem_of
from tests.hostile.process import run

SEVEN = [[[80, 140, 200, 160, 120], [60, 60, 60, 145, 230]]]
POINTS = [[list(point) for point in zip(*stroke, strict=True)] for stroke in SEVEN]
LINE = json.dumps({"word": "7", "drawing": SEVEN}) + "\n"
STROKE = ".PEN_DOWN\n80 340\n140 340\n200 340\n160 255\n120 170\n.PEN_UP\n"
UNIPEN = f'.SEGMENT DIGIT 0 ? "7"\n{STROKE}'
INKML = """<ink xmlns="http://www.w3.org/2003/InkML">
<traceGroup><annotation type="truth">7</annotation>
<trace>80 60, 140 60, 200 60, 160 145, 120 230</trace></traceGroup></ink>"""


def attacks():
    for name, content in LARGE.items():
        yield f"large ink, {name}", partial(take_little, content)
    for name, content in SEVENS.items():
        yield f"a 7, {name}", partial(answer_seven, content)
    for name, (content, reason) in REFUSED.items():
        yield f"refused, {name}", partial(refuse, content, reason)
    yield "a million bad lines", count_bad_lines
    yield "InkML with entities", refuse_entities


def strokes(n: int) -> str:
    return json.dumps({"drawing": n * [[[1], [2]]]}) + "\n"


def digits(step: int, line: int) -> str:
    """A hundred strokes that may be digits: so far apart, and so far down the next ones begin."""
    drawing = [
        [[x + step * n for x in SEVEN[0][0]], [y + line * n for y in SEVEN[0][1]]]
        for n in range(100)
    ]
    return json.dumps({"drawing": drawing}) + "\n"


SHARED = """<traceGroup><annotation type="truth">1</annotation>
<traceView traceDataRef="a"/></traceGroup>"""

LARGE = {
    "100,000 strokes": lambda: strokes(100_000),
    "800,000 strokes": lambda: strokes(800_000),
    "a number of 100 digits": lambda: digits(150, 0),
    "100 strokes on top of each other": lambda: digits(1, 0),
    "100 lines": lambda: digits(0, 300),
    "a staircase of 100 strokes": lambda: digits(60, 60),
    "a million UNIPEN strokes": lambda: UNIPEN + 1_000_000 * ".PEN_DOWN\n1 1\n.PEN_UP\n",
    "30 MB of blank lines": lambda: "\n" * 30_000_000 + LINE,
    "30 MB of spaces": lambda: " " * 30_000_000 + "\n" + LINE,
    "a drawing of 300,000 points": lambda: json.dumps({"drawing": [2 * [300_000 * [1]]]}) + "\n",
    "an array with an open string": lambda: '["' + 2_000_000 * '\\"',
    "50,000 groups that share a trace": lambda: INKML.replace(
        "</traceGroup>",
        '</traceGroup><trace xml:id="a">' + 90_000 * "1 1," + "2 2</trace>" + 50_000 * SHARED,
    ),
    "packed InkML without end": lambda: gzip.compress(
        b"<ink>" + 4_000_000 * b"<trace>1 1</trace>", 1
    ),
    "spaces in a trace": lambda: INKML.replace("80 60", "!80" + 2_000_000 * " " + "60"),
    "100,000 nested groups": lambda: INKML.replace("<traceGroup>", 100_000 * "<traceGroup>", 1),
}

SEVENS = {
    "as ndjson": LINE,
    "as a number": LINE.replace('"7"', "7"),
    "in an array": f"[{LINE}]",
    "in an indented array": json.dumps([json.loads(LINE)], indent=1),
    "in UTF-16": LINE.encode("utf-16"),
    "with old Mac line ends": UNIPEN.replace("\n", "\r"),
    "in UNIPEN in UTF-16": UNIPEN.encode("utf-16"),
    "with columns in another order": ".COORD T X Y\n"
    + UNIPEN.replace("\n80", "\n0 80")
    .replace("\n140", "\n1 140")
    .replace("\n200", "\n2 200")
    .replace("\n160", "\n3 160")
    .replace("\n120", "\n4 120"),
    "with its label after the ink": f'.HIERARCHY DIGIT\n{STROKE}.SEGMENT DIGIT 0-0 ? "7"\n',
    "with hover points": f"{UNIPEN}300 300\n310 310\n",
    "in gzip": gzip.compress(LINE.encode()),
    "in UNIPEN in gzip": gzip.compress(UNIPEN.encode()),
    "in InkML": INKML,
    "in InkML in UTF-16": ('<?xml version="1.0" encoding="utf-16"?>' + INKML).encode("utf-16"),
    "with a tap beside it": json.dumps({"word": "7", "drawing": [*SEVEN, [[400], [30]]]}) + "\n",
}

REFUSED = {
    "points instead of columns": (
        json.dumps({"word": "7", "drawing": POINTS}) + "\n",
        "ink.ndjson:1:",
    ),
    "a truncated gzip": (gzip.compress(LINE.encode() * 99)[:-12], "gzip"),
    "PDF": (b"%PDF-1.7\n", "PDF"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "comments before nothing": (580 * b"<!---->" + b"x", "not a picture"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
}


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "ink.ndjson"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def take_little(content, folder: Path) -> str:
    written(folder, content())
    done = run(folder, *DIGITPAD, "recognize", "ink.ndjson", seconds=60)
    return problem_of(done, seconds=5)


def answer_seven(content, folder: Path) -> str:
    written(folder, content)
    done = run(folder, *DIGITPAD, "recognize", "ink.ndjson")
    is_read = done.out.startswith("7") and "1 of 1 correct" in done.out
    said = (done.out + done.err).strip()[:150]
    return problem_of(done, may_fail=False) or ("" if is_read else f"not read: {said}")


def refuse(content, reason: str, folder: Path) -> str:
    written(folder, content)
    done = run(folder, *DIGITPAD, "recognize", "ink.ndjson")
    if problem := problem_of(done):
        return problem
    is_refused = done.code == 1 and reason in done.err
    return "" if is_refused else f"not refused: {(done.out + done.err).strip()[:150]}"


def count_bad_lines(folder: Path) -> str:
    written(folder, "{}\n" * 1_000_000)
    done = run(folder, *DIGITPAD, "recognize", "ink.ndjson", seconds=60)
    n = len(done.err.splitlines())
    return problem_of(done, seconds=20) or ("" if n < 30 else f"{n:,} messages")


def refuse_entities(folder: Path) -> str:
    entities = "".join(f'<!ENTITY e{n} "{10 * f"&e{n - 1};"}">' for n in range(1, 12))
    written(folder, f'<!DOCTYPE ink [<!ENTITY e0 "1 2">{entities}]><ink><trace>&e11;</trace></ink>')
    done = run(folder, *DIGITPAD, "recognize", "ink.ndjson")
    return problem_of(done) or ("" if "entities" in done.err else "not said")
