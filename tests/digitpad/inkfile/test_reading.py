"""Ink files: reading UNIPEN and ndjson, writing ndjson, and files with any bytes."""

import gzip
import json
import os
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digitpad.ink import MAX_COORDINATE, Drawing, Stroke, ink_image
from digitpad.inkfile import (
    MAX_POINTS,
    InkFileError,
    Sample,
    is_ink_file,
    lines,
    ndjson,
    read_ink,
    segments,
    unipen,
    write_ink,
)

TICK = Drawing((Stroke.from_xy([0, 1], [0, -2]),))
UNIPEN_TICK = b'.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n 0 0\n 1 2\n.PEN_UP\n'
STROKE = b".PEN_DOWN\n0 0\n1 2\n.PEN_UP\n"
HEADER = b'.INCLUDE x.doc\n.COMMENT free text\n over 2 lines\n.LEXICON "0" "1"\n "2"\n'
NDJSON_TICK = b'{"word":"1","drawing":[[[0,1],[0,-2]]]}\n'
BAD_STROKES = """
7 [] [[1]] [1,2] ["12","34"] [[1,2],[3]] [[],[3]] [["1"],["2"]] [[true],[false]] [[null],[2]]
[[[1]],[[2]]] [[NaN],[2]] [[1],[-Infinity]] [[1e999],[2]] [[2e9],[2]]
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("ink") / "drawings"


@pytest.fixture(scope="module")
def read(path):
    """Reads content as an ink file; returns its samples and the numbers of its bad lines."""

    def read(content):
        path.write_bytes(content)
        bad_lines = []

        def on_bad_line(line, reason):
            assert reason
            bad_lines.append(line)

        return list(read_ink(path, on_bad_line)), bad_lines

    return read


class TestUnipen:
    def test_all_drawings_have_their_labels_and_writers(self, pen_file, pen_samples):
        assert len(pen_samples) == 7494
        segments = re.findall(
            r'\.SEGMENT DIGIT +(\d+)(?:-(\d+))? \? "(\d)"\n\.COMMENT \d+ +(\d+)',
            pen_file.read_text(),
        )
        strokes = [int(last or first) - int(first) + 1 for first, last, _, _ in segments]
        assert [len(sample.drawing.strokes) for sample in pen_samples] == strokes
        assert [str(sample.label) for sample in pen_samples] == [
            label for _, _, label, _ in segments
        ]
        assert [sample.writer for sample in pen_samples] == [writer for *_, writer in segments]
        assert {int(sample.writer) for sample in pen_samples} == set(range(1, 31))
        lengths = [
            len(stroke.points) for sample in pen_samples for stroke in sample.drawing.strokes
        ]
        assert lengths.count(1) == 1  # a dot

    @pytest.mark.parametrize(
        ("content", "samples"),
        [
            (UNIPEN_TICK, [Sample(TICK, label=1)]),  # the y axis is flipped
            (HEADER + UNIPEN_TICK + b".DT 100\n", [Sample(TICK, label=1)]),
            (b".PEN_DOWN\n0 0 17 0.5\n1 2 18 x\n.PEN_UP\n", [Sample(TICK)]),  # more columns
            (STROKE + UNIPEN_TICK, [Sample(TICK), Sample(TICK, label=1)]),  # without .SEGMENT
            (b'.SEGMENT DIGIT 0 ? "4"\n.PEN_DOWN\n.PEN_UP\n', [Sample(Drawing(), label=4)]),
            (UNIPEN_TICK + b".COMMENT 8 12  224\n", [Sample(TICK, label=1, writer="12")]),
            (UNIPEN_TICK + b".COMMENT at 9 o'clock\n", [Sample(TICK, label=1)]),
            *[
                (b".SEGMENT DIGIT 0 ? " + label, [Sample(Drawing())])
                for label in (b'"10"', b'""', b'"seven"', b'"x" 7', b"7", b"", b'"\xb2"')
            ],
        ],
    )
    def test_labels_writers_and_strokes_are_read(self, read, content, samples):
        assert read(content) == (samples, [])

    @pytest.mark.parametrize(
        "odd", [b"7", b"x 7", b"1e99 7", b"nan 7", b"7 -inf", b"\xff\xfe", b"\0", b".5", b".x 1"]
    )
    def test_bad_line_in_a_stroke_is_reported_and_skipped(self, read, odd):
        lines = UNIPEN_TICK.splitlines()
        lines.insert(3, odd)
        assert read(b"\n".join(lines)) == ([Sample(TICK, label=1)], [4])

    def test_pen_down_without_pen_up_is_reported_and_its_ink_is_kept(self, read):
        without_pen_up = UNIPEN_TICK.removesuffix(b".PEN_UP\n")
        samples, bad_lines = read(without_pen_up + b".PEN_DOWN\n 5 5\n" + without_pen_up)
        dot = Stroke.from_xy([5], [-5])
        assert samples == [Sample(TICK.with_stroke(dot), label=1), Sample(TICK, label=1)]
        assert bad_lines == [2, 5, 8]

    def test_pen_up_without_pen_down_is_reported(self, read):
        assert read(UNIPEN_TICK + b".PEN_UP\n\n") == ([Sample(TICK, label=1)], [6])

    def test_lines_outside_a_stroke_are_reported(self, read):
        assert read(UNIPEN_TICK + b"ink\n") == ([Sample(TICK, label=1)], [6])
        lost = UNIPEN_TICK.replace(b".PEN_DOWN\n", b"")
        assert read(lost) == ([Sample(Drawing(), label=1)], [2, 3, 4])

    def test_the_way_of_the_lifted_pen_is_no_stroke(self, read):
        assert read(UNIPEN_TICK + b"3 4\n5 6\n") == ([Sample(TICK, label=1)], [])

    def test_the_text_of_a_comment_is_no_ink(self, read):
        comment = b".COMMENT written on\n 12 24\n on the train\n"
        assert read(STROKE + comment + STROKE) == ([Sample(TICK.with_stroke(TICK.strokes[0]))], [])

    def test_columns_may_come_in_any_order(self, read):
        content = b".COORD T Y P X\n.PEN_DOWN\n9 0 9 0\n9 2 9 1\n.PEN_UP\n.COORD X Z\n"
        assert read(content) == ([Sample(TICK)], [6])

    def test_points_without_end_are_cut_off(self, read, monkeypatch):
        monkeypatch.setattr(unipen, "MAX_FILE_POINTS", 2)
        endless = UNIPEN_TICK.replace(b".PEN_UP", b"3 4\n5 6\n7 8\n.PEN_UP")
        assert read(endless + UNIPEN_TICK) == ([Sample(TICK, label=1)] * 2, [5])

    def test_strokes_without_end_are_cut_off(self, read, monkeypatch):
        monkeypatch.setattr(unipen, "MAX_COMPONENTS", 1)
        assert read(UNIPEN_TICK + 3 * STROKE + UNIPEN_TICK) == ([Sample(TICK, label=1)] * 2, [6])

    def test_a_drawing_with_too_many_points_is_refused(self, read):
        large = UNIPEN_TICK.replace(b".PEN_UP", b"3 4\n" * MAX_POINTS + b".PEN_UP")
        assert read(large + UNIPEN_TICK) == ([Sample(TICK, label=1)], [1])

    @pytest.mark.parametrize(
        ("segments", "found", "bad_lines"),
        [
            ([b'0 ? "7"'], [("7", [0])], []),
            ([b'0-1 ? "7"', b'3 ? "1"'], [("7", [0, 1]), ("1", [3])], []),
            ([b'0,3 ? "7"'], [("7", [0, 3])], []),
            ([b'0:1-1:0 ? "7"'], [("7", [slice(1, None), 1])], []),
            ([b'2-3 ? "1"'], [("1", [3])], []),  # a pen-up with points counts, but is no ink
            ([b'0 ? "7"', b'9 ? "1"'], [("7", [0])], [17]),
        ],
    )
    def test_segments_after_the_ink_name_its_components(self, read, segments, found, bad_lines):
        ink = (
            b".PEN_DOWN\n0 0\n1 1\n2 2\n.PEN_UP\n.PEN_DOWN\n5 5\n.PEN_UP\n6 6\n7 7\n"
            b".PEN_DOWN\n8 8\n9 9\n.PEN_UP\n"
        )
        strokes = {0: [0, 1, 2], 1: [5], 3: [8, 9]}
        samples = []
        for label, names in found:
            xs = [strokes[0][n] if isinstance(n, slice) else strokes[n] for n in names]
            drawing = Drawing(tuple(Stroke.from_xy(x, [-y for y in x]) for x in xs))
            samples.append(Sample(drawing, label=int(label)))
        named = b"".join(b".SEGMENT DIGIT " + each + b"\n" for each in segments)
        assert read(b".VERSION 1.0\n" + ink + named) == (samples, bad_lines)

    def test_ink_that_is_held_is_bounded(self, read, monkeypatch):
        monkeypatch.setattr(segments, "MAX_HELD_BYTES", 1_200)
        content = 4 * STROKE + b'.SEGMENT DIGIT 0 ? "1"\n' + 4 * STROKE
        samples, bad_lines = read(content)
        assert sum(len(sample.drawing.strokes) for sample in samples) < 8
        assert bad_lines == [1]

    def test_segments_that_share_ink_are_bounded(self, read, monkeypatch):
        monkeypatch.setattr(segments, "MAX_HELD_POINTS", 5)
        content = STROKE + 4 * b'.SEGMENT DIGIT 0 ? "1"\n'
        assert read(content) == ([Sample(TICK, label=1)] * 2, [7])

    def test_of_several_levels_the_lowest_is_read(self, read):
        content = b".HIERARCHY WORD DIGIT\n" + 2 * STROKE
        content += b'.SEGMENT WORD 0-1 ? "11"\n.SEGMENT DIGIT 0 ? "1"\n.SEGMENT DIGIT 1 ? "1"\n'
        assert read(content) == ([Sample(TICK, label=1)] * 2, [])


class TestNdjson:
    def test_quick_draw_is_read_without_its_times(self, read):
        line = {
            "word": "7",
            "countrycode": "NL",
            "timestamp": "2017-03-15 10:01:29.61035 UTC",
            "recognized": True,
            "key_id": "5201136883597312",
            "drawing": [[[10.5, 20], [30, 40.25], [0, 133]], [[1], [2], [250]]],
        }
        strokes = (Stroke.from_xy([10.5, 20], [30, 40.25]), Stroke.from_xy([1], [2]))
        assert read(json.dumps(line).encode()) == ([Sample(Drawing(strokes), label=7)], [])

    @pytest.mark.parametrize("word", [7, 7.0])
    def test_a_number_is_a_label_too(self, read, word):
        line = json.dumps({"word": word, "drawing": [[[0, 1], [0, -2]]]})
        assert read(line.encode()) == ([Sample(TICK, label=7)], [])

    @pytest.mark.parametrize("word", ["seven", "10", "-1", "", "٣", "²", " 7", None, ["7"]])
    def test_word_that_is_not_a_digit_is_a_text_and_no_label(self, read, word):
        line = json.dumps({"word": word, "drawing": [[[0, 1], [0, -2]]]}, ensure_ascii=False)
        text = word if isinstance(word, str) else None
        assert read(line.encode()) == ([Sample(TICK, text=text)], [])

    @pytest.mark.parametrize("drawing", [b"[]", b"[[[],[]]]", b"[[[],[],[]],[[],[]]]"])
    def test_drawing_without_points_has_no_strokes(self, read, drawing):
        assert read(b'{"drawing":' + drawing + b"}") == ([Sample(Drawing())], [])

    @pytest.mark.parametrize(
        "bad",
        [
            *b'[] 7 null "drawing" {"word":"1"} {"drawing":null}'.split(),
            b'{"word":"1","drawing":[[[0,1],[0,',
            b"\x89PNG\r",
            b'{"word":"\xff","drawing":[]}',
            b"\0\0\0",
            b'{"drawing":{"0":[[1],[2]]}}',
            b'{"drawing":"[[[1],[2]]]"}',
            b'{"drawing":' + b"[" * 200_000,
            b'{"drawing":[],"x":' + b'{"x":' * 200_000,
        ],
        ids=lambda bad: bad[:30],
    )
    def test_line_that_is_not_a_drawing_is_reported_and_skipped(self, read, bad):
        samples, bad_lines = read(NDJSON_TICK + b"\n" + bad + b"\n" + NDJSON_TICK)
        assert samples == [Sample(TICK, label=1)] * 2
        assert bad_lines == [3]

    @pytest.mark.parametrize(
        "stroke",
        [*BAD_STROKES.split(), "[[1" + "0" * 400 + "],[2]]", "[[1" + "0" * 5_000 + "],[2]]"],
        ids=lambda stroke: stroke[:20],
    )
    def test_bad_stroke_is_reported(self, read, stroke):
        assert read(f'{{"drawing":[{stroke}]}}'.encode()) == ([], [1])

    @pytest.mark.parametrize(
        "pressure", ["[]", "0.5", "[0.5]", "[[]]", "[[0.5,0.5]]", "[[1.5]]", '[["1"]]']
    )
    def test_bad_pressure_is_reported(self, read, pressure):
        assert read(f'{{"drawing":[[[1],[2]]],"pressure":{pressure}}}'.encode()) == ([], [1])

    @pytest.mark.parametrize(
        "drawing",
        [
            [[[80, 60], [140, 60], [200, 60], [160, 145], [120, 230]]],
            [[[80, 60], [140, 60], [200, 60]]],
            [[[80, 60], [140, 60], [200, 70], [210, 80]], [[5, 5], [6, 6]]],
            [[[80, 60, 0], [140, 60, 9], [200, 60, 18], [160, 145, 27]]],
        ],
    )
    def test_lists_of_points_are_refused(self, read, drawing):
        assert read(json.dumps({"word": "7", "drawing": drawing}).encode()) == ([], [1])

    def test_two_points_with_times_are_no_list_of_points(self, read):
        line = {"word": "1", "drawing": [[[0, 1], [0, -2], [0, 30]]]}
        assert read(json.dumps(line).encode()) == ([Sample(TICK, label=1)], [])

    def test_a_drawing_with_too_many_points_is_refused(self, read):
        column = json.dumps(list(range(MAX_POINTS + 1)))
        large = b'{"drawing":[[%s,%s]]}\n' % (2 * (column.encode(),))
        assert read(large + NDJSON_TICK) == ([Sample(TICK, label=1)], [1])

    def test_pressure_and_writer_are_read(self, read):
        line = b'{"writer":"Ada","drawing":[[[0,1],[0,-2]],[[5],[5]]],"pressure":[[0.5,1],null]}'
        strokes = (Stroke(np.array([[0, 0, 0.5], [1, -2, 1]])), Stroke.from_xy([5], [5]))
        assert read(line) == ([Sample(Drawing(strokes), writer="Ada")], [])


class TestFormat:
    @pytest.mark.parametrize("content", [UNIPEN_TICK, NDJSON_TICK])
    @pytest.mark.parametrize(
        "encoded",
        [
            lambda text: text.replace(b"\n", b"\r"),
            lambda text: text.decode().encode("utf-16"),
            lambda text: text.decode().encode("utf-16-le"),
            lambda text: text.decode().encode("utf-16-be"),
            gzip.compress,
            lambda text: gzip.compress(text.decode().encode("utf-16")),
        ],
        ids=["old Mac line ends", "UTF-16", "UTF-16-LE", "UTF-16-BE", "gzip", "gzip of UTF-16"],
    )
    def test_any_encoding_is_read(self, read, path, content, encoded):
        assert read(encoded(3 * content)) == ([Sample(TICK, label=1)] * 3, [])
        assert is_ink_file(path)

    @pytest.mark.parametrize("indent", [None, 2])
    def test_an_array_of_drawings_is_read(self, read, path, indent):
        record = json.loads(NDJSON_TICK) | {"remark": "]}"}
        content = json.dumps([record, {"word": "2"}, record], indent=indent).encode()
        samples, bad_lines = read(content)
        assert samples == [Sample(TICK, label=1)] * 2
        assert len(bad_lines) == 1
        assert is_ink_file(path)
        assert read(content[:-30])[0] == [Sample(TICK, label=1)]  # it is truncated

    @pytest.mark.parametrize("end", [b"", b"\\", b"]"])
    def test_a_string_without_an_end_is_read_once(self, read, end):
        assert read(b"[" + NDJSON_TICK + b',"' + 500_000 * b'\\"' + end)[0] == [
            Sample(TICK, label=1)
        ]

    def test_what_unpacks_without_end_is_refused(self, read, monkeypatch):
        monkeypatch.setattr(lines, "MAX_BYTES", 1_000)
        for content in (1_000 * NDJSON_TICK, b"<ink>" + 1_000 * b"<trace>1 1</trace>"):
            with pytest.raises(InkFileError, match="unpacks to more than"):
                read(gzip.compress(content))

    def test_an_array_that_is_too_large_is_refused(self, read, monkeypatch):
        monkeypatch.setattr(ndjson, "MAX_ARRAY_BYTES", 100)
        with pytest.raises(InkFileError, match="write each drawing into a line of its own"):
            read(b"[" + NDJSON_TICK * 3)

    def test_what_is_read_before_the_damage_of_a_gzip_stays(self, path):
        path.write_bytes(gzip.compress(NDJSON_TICK * 100_000)[:-1000])
        samples = read_ink(path, pytest.fail)
        assert next(samples) == Sample(TICK, label=1)
        with pytest.raises(InkFileError, match="damaged gzip"):
            list(samples)

    @pytest.mark.parametrize("content", [UNIPEN_TICK, NDJSON_TICK])
    @pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\r\n \n\t", b"\n" * 100_000])
    def test_format_is_recognized_by_content_after_any_whitespace(self, read, path, start, content):
        for end in (b"\n", b"\r\n"):
            assert read(start + content.replace(b"\n", end)) == ([Sample(TICK, label=1)], [])
            assert is_ink_file(path)

    @pytest.mark.parametrize(
        "content",
        [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"<svg>", b".", b"./run", b"\0"],
    )
    def test_other_content_is_refused(self, path, content):
        path.write_bytes(content)
        assert not is_ink_file(path)
        with pytest.raises(InkFileError, match=re.escape(f"{path}: not an ink file")):
            next(read_ink(path, pytest.fail))

    @pytest.mark.parametrize("content", [b"", b"\n \n"])
    def test_empty_file_has_no_drawings(self, read, path, content):
        assert read(content) == ([], [])
        assert is_ink_file(path)

    def test_unreadable_file_is_named(self, tmp_path):
        for unreadable in (tmp_path, tmp_path / "missing", tmp_path / "missing" / "file"):
            for call in (is_ink_file, lambda path: next(read_ink(path, pytest.fail))):
                with pytest.raises(InkFileError, match=re.escape(f"{unreadable}: cannot be read")):
                    call(unreadable)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
    def test_pipe_is_refused_without_waiting_for_it(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(InkFileError, match="not a regular file"):
            is_ink_file(tmp_path / "pipe")

    def test_a_file_without_end_is_refused(self, tmp_path):
        with (tmp_path / "endless").open("wb") as file:
            file.truncate(1 << 40)
        with pytest.raises(InkFileError, match="larger than"):
            is_ink_file(tmp_path / "endless")


class TestStream:
    def test_file_is_read_as_a_stream(self, path):
        path.write_bytes(NDJSON_TICK * 100_000)
        samples = read_ink(path, lambda _line, _reason: None)
        next(samples)
        path.write_bytes(b"")
        assert sum(1 for _ in samples) < 90_000

    @pytest.mark.parametrize("tick", [UNIPEN_TICK, NDJSON_TICK])
    def test_line_that_is_too_long_is_reported_and_skipped(self, read, monkeypatch, tick):
        monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1000)
        longest = NDJSON_TICK.rstrip().ljust(999) + b"\n" if tick == NDJSON_TICK else tick
        for block in (1 << 20, 700):
            monkeypatch.setattr(lines, "_BLOCK", block)
            for length in (1001, 2002, 100_000):
                content = longest + b"\1" * length + b"\n" + tick
                assert read(content) == ([Sample(TICK, label=1)] * 2, [tick.count(b"\n") + 1])

    def test_blank_lines_count(self, read, monkeypatch):
        monkeypatch.setattr(lines, "_BLOCK", 5)
        assert read(NDJSON_TICK + b"\n" * 1000 + b" " * 999 + b"\n{}\n")[1] == [1003]


coordinates = st.floats(-MAX_COORDINATE, MAX_COORDINATE)
pressures = st.just(1.0) | st.floats(0, 1)
strokes = st.lists(st.tuples(coordinates, coordinates, pressures), min_size=1, max_size=5).map(
    lambda points: Stroke(np.array(points))
)
samples = st.builds(
    Sample,
    st.lists(strokes, max_size=3).map(lambda strokes: Drawing(tuple(strokes))),
    label=st.none() | st.integers(0, 9),
    writer=st.none() | st.text(),
)


class TestWrite:
    @given(st.lists(samples, max_size=5))
    def test_written_samples_are_read_unchanged(self, path, samples):
        write_ink(path, samples)
        assert list(read_ink(path, pytest.fail)) == samples
        assert is_ink_file(path)

    def test_written_file_is_quick_draw_ndjson(self, path):
        light = Stroke(np.array([[5, 6, 0.25]]))
        write_ink(path, [Sample(TICK, label=1), Sample(TICK.with_stroke(light), writer="Ada")])
        assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [
            {"word": "1", "drawing": [[[0, 1], [0, -2]]]},
            {
                "writer": "Ada",
                "drawing": [[[0, 1], [0, -2]], [[5], [6]]],
                "pressure": [[1, 1], [0.25]],
            },
        ]
        assert path.read_bytes().startswith(NDJSON_TICK)  # whole numbers without a decimal point

    def test_file_can_be_rewritten_from_itself(self, tmp_path):
        path = tmp_path / "mine.ndjson"
        write_ink(path, [Sample(TICK, label=1), Sample(Drawing(), label=2)])
        write_ink(path, (sample for sample in read_ink(path, pytest.fail) if sample.drawing))
        assert list(read_ink(path, pytest.fail)) == [Sample(TICK, label=1)]

    def test_drawing_that_is_too_large_to_read_is_refused(self, tmp_path):
        points = np.random.default_rng(0).random((MAX_POINTS + 1, 3))
        with pytest.raises(InkFileError, match="too many points"):
            write_ink(tmp_path / "mine.ndjson", [Sample(Drawing((Stroke(points),)))])
        assert not list(tmp_path.iterdir())

    def test_unwritable_file_is_named(self, tmp_path):
        (tmp_path / "file").touch()
        for unwritable in (tmp_path / "missing" / "x", tmp_path / "file" / "x", tmp_path):
            with pytest.raises(InkFileError, match=re.escape(f"{unwritable}: cannot be written: ")):
                write_ink(unwritable, [])


@st.composite
def damaged(draw):
    """An ink file with pieces cut out, repeated or overwritten."""
    content = draw(st.sampled_from([UNIPEN_TICK * 3, NDJSON_TICK * 3]))
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        piece = draw(st.binary(max_size=4) | st.sampled_from([content[start:end] * 2, b"\n"]))
        content = content[:start] + piece + content[end:]
    return content


class TestAnyBytes:
    @given(damaged() | st.binary() | st.binary().map(lambda tail: b"{" + tail))
    @example(UNIPEN_TICK.replace(b"1 2", b"-1e9 1e9"))
    def test_any_bytes_are_read_or_refused(self, read, path, content):
        try:
            samples, bad_lines = read(content)
        except InkFileError as error:
            assert re.match(rf"{path}: (not an ink file|.* gzip)", str(error))  # noqa: PT017
            return
        n_lines = content.count(b"\n") + content.count(b"\r") + 1
        assert all(1 <= line <= n_lines for line in bad_lines)
        for sample in samples:
            if sample.drawing:
                assert ink_image(sample.drawing).max() == 255
