"""Drawings cut from the UNIPEN distribution: from a real sample of it, and from damaged ones."""

import csv
import hashlib
import json
import os
import re
from typing import get_args

import pytest

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import MAX_POINTS, read_ink, write_ink
from digitpad.inkfile.segments import MAX_NAMED
from trainer.data import unipen
from trainer.data.digits import DataError
from trainer.data.unipen import KINDS, LEFT_OUT, cut_drawings
from trainer.data.unipen_file import MAX_DEPTH
from trainer.options import Kind

INK = b""".COORD X Y
.WRITER_ID Ada
.PEN_DOWN
0 0
1 2
1 2
3 4
.PEN_UP
.PEN_DOWN
5 5
.PEN_UP
6 6
7 7
.PEN_DOWN
8 8
9 9
.PEN_UP
"""
"""Components 0 and 1 are pen-downs, 2 is a pen-up with points, and 3 is a pen-down."""

FIRST = Stroke.from_xy([0, 1, 3], [0, -2, -4])
DOT = Stroke.from_xy([5], [-5])
LAST = Stroke.from_xy([8, 9], [-8, -9])

RENAMED = {"apa", "apb", "ced"}
"""Sources whose writers have other names in the sample than in the distribution."""


@pytest.fixture
def distribution(tmp_path):
    """Writes a distribution of files, by their names, and returns its folder."""

    def write(files):
        root = tmp_path / "CDROM" / "train_r01_v07"
        for folder in ("data/1a", "include"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        return root

    return write


@pytest.fixture
def cut(distribution):
    """Cuts digits from a data file; returns their labels and drawings, and the problems."""

    def cut_(segments, ink=INK, **files):
        content = b".INCLUDE abc/ink.dat\n" + segments
        root = distribution({"data/1a/abc/f.dat": content, "include/abc/ink.dat": ink} | files)
        return cut_from(root)

    return cut_


def cut_from(root, kind="digits"):
    """The labels and drawings of a distribution, and the problems, without the folder."""
    lines = []
    samples = cut_drawings(root, KINDS[kind], lines.append)
    assert lines.pop(0).startswith("Reading ")
    problems = [line.removeprefix(f"{root}{os.sep}").replace(os.sep, "/") for line in lines]
    return [(each.text or str(each.label), each.drawing) for each in samples], problems


@pytest.fixture(scope="session")
def sample(unipen_dir):
    """Seven files of the real distribution, with what they include; one included file is missing"""
    return unipen_dir / "sample"


@pytest.mark.parametrize(
    ("kind", "cut", "real"),
    [
        ("digits", 113, 113),
        ("letters", 21, 15),  # the distribution has more than 500 of the others
        ("numbers", 2, 2),
    ],
)
def test_the_sample_gives_the_lines_of_the_real_files(
    kind, cut, real, sample, unipen_dir, tmp_path
):
    """Byte for byte, in the same order."""
    path = tmp_path / f"{kind}.ndjson"
    write_ink(path, cut_drawings(sample, KINDS[kind], lambda _line: None))
    lines = path.read_text().splitlines()
    assert len(lines) == cut
    rest = iter((unipen_dir / path.name).read_text().splitlines())
    present = set(map(without_writer, (unipen_dir / path.name).read_text().splitlines()))
    lines = [line for line in lines if without_writer(line) in present]
    assert len(lines) == real
    for line in lines:
        found = next(other for other in rest if without_writer(other) == without_writer(line))
        writer = json.loads(line)["writer"]
        if writer.split("-")[0] not in RENAMED:
            assert found == line


def without_writer(line):
    """A line of ndjson, but of the writer only the source, and no split."""
    return re.sub(r'("writer":"\w+)-\w+","split":"\w+"', r"\1", line)


def test_the_sample_misses_what_was_left_out_and_names_the_missing_file(sample):
    drawings, problems = cut_from(sample)
    assert problems == ["include/ced/ced3.lex: is included, but missing"]
    with LEFT_OUT.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 100
    left_out = [row for row in rows if (sample / "data" / row["file"]).exists()]
    assert len(left_out) == 3
    segments = sum(
        path.read_bytes().count(b".SEGMENT") for path in (sample / "data" / "1a").rglob("*.dat")
    )
    assert len(drawings) == segments - len(left_out)


def test_splits_and_writers_of_all_real_drawings_follow_the_rule(unipen_dir):
    for kind in KINDS:
        for each in read_ink(unipen_dir / f"{kind}.ndjson", pytest.fail):
            number = int(hashlib.sha256(f"d {each.writer}".encode()).hexdigest(), 16)
            assert each.split == ("train" if number % 5 else "choose")
            assert each.writer.split("-")[0] not in unipen.KEPT_BACK


@pytest.mark.parametrize(
    ("components", "strokes"),
    [
        ("0", [FIRST]),
        ("0-1", [FIRST, DOT]),
        ("1-3", [DOT, LAST]),  # the pen-up is no stroke
        ("3,0", [LAST, FIRST]),
        ("0:1", [Stroke.from_xy([0, 1], [0, -2])]),
        ("0:1-3:0", [Stroke.from_xy([1, 3], [-2, -4]), DOT, Stroke.from_xy([8], [-8])]),
        ("0-1:9", [FIRST, DOT]),
        ("0:9-1", [DOT]),
    ],
)
def test_components_are_pen_downs_and_pen_ups_with_points(cut, components, strokes):
    segment = b'.SEGMENT CHARACTER %s ? "7"' % components.encode()
    assert cut(segment) == ([("7", Drawing(tuple(strokes)))], [])
    assert cut(segment + b"\r\n", INK.replace(b"\n", b"\r\n")) == cut(segment)


@pytest.mark.parametrize(
    ("segment", "problem"),
    [
        (b".SEGMENT", "a .SEGMENT cannot be read"),
        (b'.SEGMENT CHARACTER "7"', "a .SEGMENT cannot be read"),
        (b".SEGMENT CHARACTER 0 ? 7", "a .SEGMENT cannot be read"),
        (b'.SEGMENT CHARACTER 0 ? "7', "a .SEGMENT cannot be read"),
        (b'.SEGMENT CHARACTER x ? "7"', "a .SEGMENT cannot be read"),
        (b'.SEGMENT CHARACTER 0, ? "7"', "a .SEGMENT cannot be read"),
        (b'.SEGMENT CHARACTER 3-0 ? "7"', "a .SEGMENT cannot be read"),
        (b'.SEGMENT CHARACTER \xb2 ? "7"', "a .SEGMENT cannot be read"),
        (b'.SEGMENT CHARACTER %s ? "7"' % (b"9" * 5_000), "a .SEGMENT cannot be read"),
        (b'.SEGMENT CHARACTER 4 ? "7"', "a .SEGMENT names components that are not there"),
        (b'.SEGMENT CHARACTER 0-999999999 ? "7"', "a .SEGMENT names components that are not there"),
        (b'.SEGMENT CHARACTER 2 ? "7"', "a .SEGMENT names no ink"),
        (
            b'.SEGMENT CHARACTER %s0 ? "7"' % (b"0," * MAX_NAMED),
            f"a .SEGMENT names more than {MAX_NAMED:,} components",
        ),
    ],
)
def test_a_broken_segment_is_counted_and_the_others_are_read(cut, segment, problem):
    good = b'\n.SEGMENT CHARACTER 0 ? "7"\n'
    drawings, problems = cut(good + segment + good + segment + good)
    assert drawings == [("7", Drawing((FIRST,)))] * 3
    assert problems == [f"data/1a/abc/f.dat: {problem} (2 times)"]


def test_a_drawing_that_no_line_can_hold_is_left_out(cut):
    ink = INK + b".PEN_DOWN\n" + b"1 1\n2 2\n" * (MAX_POINTS // 2 + 1) + b".PEN_UP\n"
    drawings, problems = cut(b'.SEGMENT CHARACTER 4 ? "7"\n.SEGMENT CHARACTER 3 ? "1"\n', ink)
    assert drawings == [("1", Drawing((LAST,)))]
    assert problems == [f"data/1a/abc/f.dat: a .SEGMENT names more than {MAX_POINTS:,} points"]


def test_bytes_that_are_no_ink_are_named_with_their_file(cut):
    ink = INK.replace(b"5 5", b"5 5\n\xff\xfe\x00\nnan 1\n1e99 0")
    drawings, problems = cut(b'.COMMENT caf\xe9\n.SEGMENT CHARACTER 1 ? "7"\n', ink)
    assert drawings == [("7", Drawing((DOT,)))]
    bad_point = "a point must have two numbers within ±1e+09 (3 times)"
    assert problems == [f"include/abc/ink.dat: {bad_point}"]


def test_an_open_stroke_and_a_long_line_are_problems_and_no_end(cut):
    ink = INK.removesuffix(b".PEN_UP\n") + b"x" * (9 << 20) + b"\n"
    drawings, problems = cut(b'.SEGMENT CHARACTER 3 ? "7"\n', ink)
    assert drawings == [("7", Drawing((LAST,)))]
    assert len(problems) == 2
    assert ".PEN_DOWN without .PEN_UP" in problems[1]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (b"../../secret", "data/1a/abc/f.dat: includes a file outside the folder include"),
        (b"abc/../../data/1a", "data/1a/abc/f.dat: includes a file outside the folder include"),
        (b"/etc/passwd", "data/1a/abc/f.dat: includes a file outside the folder include"),
        (b"a\0b", "data/1a/abc/f.dat: includes a file with an impossible name"),
        (b"x" * 5_000, "data/1a/abc/f.dat: includes a file with an impossible name"),
        (b"abc", "include/abc: cannot be read: it is a folder"),
        (b"abc/\x1b[2J", "include/abc/?[2J: is included, but missing"),
        (b"abc/ink.dat", "include/abc/ink.dat: is included again, and skipped"),
    ],
)
def test_an_include_stays_in_its_folder(cut, tmp_path, name, problem):
    (tmp_path / "secret").write_bytes(INK)
    segment = b'.SEGMENT CHARACTER 3 ? "7"\n'
    drawings, problems = cut(b".INCLUDE " + name + b"\n" + segment)
    assert drawings == [("7", Drawing((LAST,)))]
    assert problems == [problem]


def test_links_out_of_the_folder_are_not_followed(distribution, tmp_path):
    (tmp_path / "secret").write_bytes(INK)
    segment = b'.SEGMENT CHARACTER 3 ? "7"\n'
    root = distribution(
        {
            "data/1a/abc/f.dat": b".INCLUDE abc/link.dat\n" + segment,
            "data/1a/abc/g.dat": INK + segment,
        }
    )
    (root / "include" / "abc").mkdir()
    try:
        (root / "include" / "abc" / "link.dat").symlink_to(tmp_path / "secret")
    except OSError:
        pytest.skip("no links here")
    drawings, problems = cut_from(root)
    assert len(drawings) == 1
    assert "data/1a/abc/f.dat: includes a file outside the folder include" in problems


def test_files_that_include_one_another_end(cut):
    loop = b".INCLUDE abc/ink.dat\n"
    drawings, problems = cut(
        b'.SEGMENT CHARACTER 3 ? "7"\n',
        b".INCLUDE abc/other.dat\n" + INK,
        **{"include/abc/other.dat": loop * 3},
    )
    assert drawings == [("7", Drawing((LAST,)))]
    assert problems == ["include/abc/ink.dat: is included again, and skipped (3 times)"]

    chain = {f"include/{n}": b".INCLUDE %d\n" % (n + 1) for n in range(2_000)}
    drawings, problems = cut(b'.INCLUDE 0\n.SEGMENT CHARACTER 3 ? "7"\n', **chain)
    assert len(drawings) == 1
    assert problems == [
        f"include/{MAX_DEPTH}: is included more than {MAX_DEPTH} files deep, and skipped"
    ]


def test_many_files_with_one_problem_are_counted(distribution):
    content = b".INCLUDE abc/%d.dat\n" + INK + b'.SEGMENT CHARACTER 0 ? "7"\n'
    root = distribution({f"data/1a/abc/{n:03}.dat": content % n for n in range(200)})
    drawings, problems = cut_from(root)
    assert len(drawings) == 200
    assert problems == [
        *[f"include/abc/{n}.dat: is included, but missing" for n in range(5)],
        "195 more files: is included, but missing",
    ]


def test_writers_are_known_by_source_and_id_and_kept_back_sources_are_not_read(distribution):
    segment = b'.SEGMENT CHARACTER 0 ? "7"\n'
    root = distribution(
        {
            "data/1a/abc/sub/f.dat": INK + segment,
            "data/1a/abc/anonymous.dat": INK.replace(b".WRITER_ID Ada", b".WRITER_ID") + segment,
            "data/1a/xyz/f.dat": INK + segment,
            "data/1a/README": b"text",
            **{f"data/1a/{source}/f.dat": INK + segment for source in unipen.KEPT_BACK},
        }
    )
    problems = []
    writers = [each.writer for each in cut_drawings(root, KINDS["digits"], problems.append)]
    assert len(problems) == 1
    of_abc, of_ada = (hashlib.sha256(each).hexdigest()[:6] for each in (b"abc", b"Ada"))
    assert writers == [f"abc-{of_abc}", f"abc-{of_ada}", f"xyz-{of_ada}"]


def test_letters_and_numbers_come_from_their_categories(distribution):
    labels = ["A", "7", "12", "é", '\\"', "word", "1234567890", "12345678901", "#"]
    segments = "".join(f'.SEGMENT TEXT {n % 2} OK "{each}"\n' for n, each in enumerate(labels))
    content = INK + segments.encode("latin-1")
    root = distribution({f"data/{each}/abc/f.dat": content for each in ("1a", "1d", "7", "8", "2")})
    assert [label for label, _ in cut_from(root)[0]] == ["7"]
    assert sorted(label for label, _ in cut_from(root, "letters")[0]) == ["#", "A", "\\"]
    assert [label for label, _ in cut_from(root, "numbers")[0]] == ["12", "1234567890"] * 2


def test_of_each_sign_the_first_500_by_hash_are_taken(distribution):
    segments = b"".join(b'.SEGMENT CHARACTER %s ? "A"\n' % (b"0," * n + b"0") for n in range(60))
    files = {f"data/1b/abc/{n}.dat": INK + segments for n in range(10)}
    files["data/1c/abc/f.dat"] = INK + b'.SEGMENT CHARACTER 3 ? "a"\n' * 2
    drawings, problems = cut_from(distribution(files), "letters")
    assert problems == []
    expected = sorted(
        (hashlib.sha256(f"1b/abc/{n}.dat {'0,' * m}0".encode()).hexdigest(), m + 1)
        for n in range(10)
        for m in range(60)
    )[:500]
    assert [len(each.strokes) for label, each in drawings if label == "A"] == [
        strokes for _, strokes in expected
    ]
    assert [label for label, _ in drawings].count("a") == 2


def test_a_folder_above_the_distribution_will_do(distribution, tmp_path):
    distribution({"data/1a/abc/f.dat": INK + b'.SEGMENT CHARACTER 0 ? "7"\n'})
    (sample,) = cut_drawings(tmp_path, KINDS["digits"], lambda _line: None)
    assert sample.label == 7


def test_a_wrong_folder_is_refused_with_what_to_do(distribution, tmp_path):
    what_to_do = r"doi 10\.5281/zenodo\.1195803.*Download and unpack it"
    for wrong in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DataError, match=what_to_do):
            cut_drawings(wrong, KINDS["digits"], pytest.fail)
    root = distribution({"data/1a/abc/f.dat": INK})
    with pytest.raises(DataError, match=what_to_do):
        cut_drawings(root / "data", KINDS["digits"], pytest.fail)
    for kind, categories in (("digits", "1a"), ("letters", "1b 1c 1d")):
        what_to_do = f"no such drawings in the categories {categories}. Unpack the whole"
        with pytest.raises(DataError, match=re.escape(what_to_do)):
            cut_drawings(root, KINDS[kind], lambda _line: None)


def test_the_command_line_knows_all_kinds():
    assert get_args(Kind) == tuple(KINDS)
