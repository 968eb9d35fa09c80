"""The lines that a trainer prints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitpad.training.lines import LOG_LINE_BYTES, LineReader, log_text

LONGEST = 3


@given(st.lists(st.text("ab\n", max_size=9).map(str.encode)))
def test_lines_do_not_depend_on_where_the_stream_is_cut(chunks):
    reader = LineReader(LONGEST)
    lines = [line for chunk in chunks for line in reader.feed(chunk)]
    *whole, _unfinished = b"".join(chunks).split(b"\n")
    assert lines == [line[:LONGEST] for line in whole]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"plain\r", "plain"),
        (b"  1 %\r 50 %\r100 %", "100 %"),
        (b"\xff\x00", "\N{REPLACEMENT CHARACTER}\x00"),
        (b"x" * LOG_LINE_BYTES, "x" * LOG_LINE_BYTES),
        (b"x" * (LOG_LINE_BYTES + 1), "x" * LOG_LINE_BYTES + "…"),
    ],
)
def test_a_line_in_the_log_is_readable(line, text):
    assert log_text(line) == text
