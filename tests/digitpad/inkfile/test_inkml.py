"""InkML: traces, channels, groups with a truth, and files that are damaged or hostile."""

import gzip

import pytest

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample, inkml, is_ink_file, read_ink

NS = 'xmlns="http://www.w3.org/2003/InkML"'
TICK = Drawing((Stroke.from_xy([0, 1, 3], [0, 2, -4]),))
CONTINUED = """<trace id="a" continuation="begin">0 0, 1 2</trace>
<trace continuation="end" priorRef="#a">3 -4</trace>"""
OTHER_ORDER = """<traceFormat>
<channel name="T"/><channel name="Y"/><channel name="X"/></traceFormat>
<trace>7 0 0, 8 2 1, 9 -4 3</trace>"""
UPWARDS = """<traceFormat><channel name="X"/><channel name="Y" orientation="-ve"/></traceFormat>
<trace>0 0, 1 -2, 3 4</trace>"""
SEVEN = Stroke.from_xy([5, 9, 6], [1, 1, 8])


@pytest.fixture
def read(tmp_path):
    """Reads the content of an <ink> element; returns its samples and the bad lines."""

    def read_(content, *, whole=False, encoding="utf-8"):
        path = tmp_path / "x.inkml"
        text = content if whole else f"<ink {NS}>{content}</ink>"
        path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
        assert is_ink_file(path)
        bad_lines = []
        return list(
            read_ink(path, lambda line, reason: bad_lines.append((line, reason)))
        ), bad_lines

    return read_


@pytest.mark.parametrize(
    "trace",
    [
        "<trace>0 0, 1 2, 3 -4</trace>",
        "<trace>0 0,1 2,3-4</trace>",
        "<trace> 0 0 , 1 2 ,\n 3 -4 </trace>",
        "<trace>0 0, '1 '2, 2 -6</trace>",  # differences, which stay in force
        "<trace>0 0, '1 '2, \"1 \"-8</trace>",  # differences of differences
        "<trace>0 0, '1 '2, !3 !-4</trace>",
        "<trace>#0 #0, #1 #2, 3 -4</trace>",
        '<trace type="penUp">9 9, 8 8</trace><trace>0 0, 1 2, 3 -4</trace>',
        CONTINUED,
        OTHER_ORDER,
        UPWARDS,
        '<definitions><brush id="b"/></definitions><trace brushRef="#b">0 0, 1 2, 3 -4</trace>',
    ],
)
def test_traces_are_strokes(read, trace):
    assert read(trace) == ([Sample(TICK)], [])


def test_a_file_without_groups_is_one_drawing_with_its_truth_and_writer(read):
    content = '<annotation type="truth">7</annotation><annotation type="writer">Ada</annotation>'
    content += "<trace>0 0, 1 2, 3 -4</trace><trace>5 1, 9 1, 6 8</trace>"
    assert read(content) == ([Sample(TICK.with_stroke(SEVEN), label=7, writer="Ada")], [])


def test_the_innermost_groups_with_a_truth_are_drawings(read):
    content = """
<trace id="t0">0 0, 1 2, 3 -4</trace>
<trace id="t1">5 1, 9 1, 6 8</trace>
<traceGroup xml:id="all"><annotation type="truth">17</annotation>
  <traceGroup><annotation type="truth">1</annotation><traceView traceDataRef="t0"/></traceGroup>
  <traceGroup><annotation type="truth">7</annotation><traceView traceDataRef="#t1"/></traceGroup>
  <traceGroup><annotation type="truth">x</annotation><trace>5 1, 9 1, 6 8</trace></traceGroup>
</traceGroup>"""
    seven = Drawing((SEVEN,))
    assert read(content) == (
        [Sample(TICK, label=1), Sample(seven, label=7), Sample(seven, text="x")],
        [],
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_encoding_declaration_and_prefixes_are_understood(read, encoding):
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<!-- é -->\n'
        '<i:ink xmlns:i="http://www.w3.org/2003/InkML"><i:trace>0 0, 1 2, 3 -4</i:trace></i:ink>'
    )
    assert read(text, whole=True, encoding=encoding) == ([Sample(TICK)], [])


def test_it_may_be_compressed(read):
    text = f"<ink {NS}><trace>0 0, 1 2, 3 -4</trace></ink>".encode()
    assert read(gzip.compress(text), whole=True) == ([Sample(TICK)], [])


@pytest.mark.parametrize(
    ("trace", "reason"),
    [
        ("<trace>0</trace>", "without x and y"),
        ("<trace>0 x, 1 2</trace>", "no list of numbers"),
        ("<trace>1e999 2</trace>", "infinite"),
        ("<trace>1.2.3 2</trace>", "no list of numbers"),
        ('<traceFormat><channel name="X"/></traceFormat><trace>1</trace>', "channels X and Y"),
    ],
)
def test_a_bad_trace_is_reported_and_the_others_are_read(read, trace, reason):
    content = f"\n<trace>0 0, 1 2, 3 -4</trace>\n{trace}"
    samples, [(line, why)] = read(content)
    assert samples == [Sample(TICK)]
    assert line == 3
    assert reason in why


def test_what_is_read_before_the_damage_stays(read):
    samples, [(line, reason)] = read("\n<trace>0 0, 1 2, 3 -4</trace>\n<trace>", whole=False)
    assert samples == [Sample(TICK)]
    assert (line, reason) == (3, "not XML: mismatched tag")


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE ink [<!ENTITY a "0 0"><!ENTITY b "&a;&a;">]><ink><trace>&b;</trace></ink>',
        '<!DOCTYPE ink [<!ENTITY a SYSTEM "file:///etc/passwd">]><ink><trace>&a;</trace></ink>',
    ],
)
def test_entities_are_refused(read, content):
    samples, bad_lines = read(content, whole=True)
    assert not any(sample.drawing for sample in samples)
    assert "entities" in bad_lines[0][1]


def test_groups_that_contain_themselves_and_deep_ones_end(read):
    itself = '<traceGroup xml:id="g"><traceView traceDataRef="g"/><trace>5 1, 9 1, 6 8</trace>'
    assert read(f"{itself}</traceGroup>") == ([Sample(Drawing((SEVEN,)))], [])
    deep = "<traceGroup>" * 50_000 + "<trace>0 0, 1 2, 3 -4</trace>" + "</traceGroup>" * 50_000
    assert read(deep) == ([Sample(TICK)], [])


GROUP = (
    '<traceGroup><annotation type="truth">1</annotation><traceView traceDataRef="a"/></traceGroup>'
)


@pytest.mark.parametrize(
    ("limit", "value"), [("MAX_BYTES", 1_000), ("MAX_ELEMENTS", 20), ("MAX_HELD_POINTS", 9)]
)
def test_what_is_held_is_bounded(read, monkeypatch, limit, value):
    monkeypatch.setattr(inkml, limit, value)
    samples, bad_lines = read('<trace xml:id="a">0 0, 1 2, 3 -4</trace>' + 100 * GROUP)
    assert len(samples) < 20
    assert len(bad_lines) == 1


def test_spaces_between_numbers_are_read_once(read):
    assert read("<trace>0 0, 1 2, !3" + 1_000_000 * " " + "-4</trace>") == ([Sample(TICK)], [])
