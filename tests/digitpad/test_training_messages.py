import json
import math
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitpad.training_messages import (
    BatchDone,
    Evaluated,
    Message,
    RunEnded,
    WeightsWritten,
    from_json,
    to_json,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
OBJECTS = st.dictionaries(st.text(), JSON)
STRATEGIES = {
    float: FINITE,
    float | None: st.none() | FINITE,
    dict[str, Any]: OBJECTS,
    list[list[Any]]: st.lists(st.lists(JSON)),
}


COUNTS = st.integers(0, 10_000)
MEASURED = st.builds(
    lambda counts, **fields: Evaluated(images=max(counts), correct=min(counts), **fields),
    counts=st.lists(st.integers(1, 10_000), min_size=1),
    split=st.text(),
    confusion=st.lists(st.lists(COUNTS, min_size=10, max_size=10), min_size=10, max_size=10),
    examples=st.lists(st.lists(JSON, min_size=3, max_size=3)),
)


def messages(message_class):
    if message_class is Evaluated:
        return MEASURED
    hints = get_type_hints(message_class).items()
    return st.builds(
        message_class, **{name: STRATEGIES.get(h, st.from_type(h)) for name, h in hints}
    )


MESSAGES = st.one_of([messages(each) for each in get_args(Message)])


@given(MESSAGES)
def test_what_is_written_can_be_read(message):
    line = to_json(message)
    assert from_json(line) == message
    assert from_json(line.encode() + b"\r\n") == message
    assert line.isascii()
    assert "\n" not in line


def test_a_path_that_is_not_valid_text_comes_through():
    message = WeightsWritten("/home/\udcff/net.safetensors")
    assert from_json(to_json(message)) == message


@given(MESSAGES, st.data())
def test_a_message_with_other_fields_is_refused(message, data):
    content = json.loads(to_json(message))
    field = data.draw(st.sampled_from(sorted(content)))
    without = {name: value for name, value in content.items() if name != field}
    for other in (without, content | {"another": 1}, content | {field: {"no": "such thing"}}):
        if other.keys() == content.keys() and field == "recipe":
            continue  # that may be any object
        with pytest.raises(ValueError, match=r"message|field|has"):
            from_json(json.dumps(other))


@given(st.text() | st.binary() | JSON.map(json.dumps))
def test_any_other_line_is_refused(line):
    with pytest.raises(ValueError, match="not a"):
        from_json(line)


@pytest.mark.parametrize(
    "line",
    [
        to_json(RunEnded("finished")).replace('"finished"', '"tired"'),
        to_json(RunEnded("finished")).replace('"finished"', "true"),
        to_json(BatchDone(1, 2, 0.5, 0.5, 0.5, 0.5)).replace("1", "true"),
        to_json(BatchDone(1, 2, 0.5, 0.5, 0.5, 0.5)).replace("0.5", "NaN"),
        to_json(BatchDone(1, 2, 0.5, 0.5, 0.5, 0.5)).replace("0.5", "1e999"),
        "[" * 100_000,
        "9" * 10_000,
    ],
)
def test_lines_that_are_nearly_messages_are_refused(line):
    with pytest.raises(ValueError, match=r"not a line of JSON|RunEnded has|BatchDone has"):
        from_json(line)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_number_that_json_does_not_know_is_not_written(loss):
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(BatchDone(1, 1, 0.5, loss, 1.0, 1.0))


def test_why_a_run_failed_comes_with_its_end():
    line = to_json(RunEnded("failed", "the disk is full"))
    assert json.loads(line) == {
        "message": "RunEnded",
        "reason": "failed",
        "error": "the disk is full",
        "command": None,
        "data_missing": False,
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"images": 0, "right": 0},
        {"right": 11},
        {"right": -1},
        {"confusion": []},
        {"confusion": [[0] * 10] * 9 + [[0] * 11]},
        {"confusion": [[0] * 10] * 9 + [[0] * 9 + [-1]]},
        {"examples": [[1, 2]]},
    ],
    ids=str,
)
def test_what_cannot_have_been_measured_is_refused(odd):
    measured = Evaluated("MNIST test", "", 10, 9, None, [[0] * 10] * 10, [[7, 1, ""]])
    assert measured.accuracy == 0.9
    line = json.loads(to_json(measured)) | odd
    with pytest.raises(ValueError, match="Evaluated has"):
        from_json(json.dumps(line))
