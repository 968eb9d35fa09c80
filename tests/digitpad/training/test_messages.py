"""Messages of a training run as lines of JSON."""

import json
import math
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitpad.training.messages import (
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
STRATEGIES = {
    float: FINITE,
    float | None: st.none() | FINITE,
    dict[str, Any]: st.dictionaries(st.text(), JSON),
}
COUNTS = st.integers(0, 10_000)
EVALUATED = st.builds(
    lambda counts, **fields: Evaluated(images=max(counts), correct=min(counts), **fields),
    counts=st.lists(st.integers(1, 10_000), min_size=1),
    split=st.text(),
    sha256=st.text(),
    baseline_accuracy=STRATEGIES[float | None],
    confusion=st.lists(st.lists(COUNTS, min_size=10, max_size=10), min_size=10, max_size=10),
    examples=st.lists(st.lists(JSON, min_size=3, max_size=3)),
)


def messages(message_class):
    if message_class is Evaluated:
        return EVALUATED
    hints = get_type_hints(message_class).items()
    return st.builds(
        message_class, **{name: STRATEGIES.get(h, st.from_type(h)) for name, h in hints}
    )


MESSAGES = st.one_of([messages(each) for each in get_args(Message)])
REFUSED = r"not a|unknown fields|cannot|must be"


@given(MESSAGES)
def test_written_message_is_read_unchanged(message):
    line = to_json(message)
    assert from_json(line) == message
    assert from_json(line.encode() + b"\r\n") == message
    assert line.isascii()
    assert "\n" not in line


def test_path_that_is_not_valid_text_is_read_unchanged():
    message = WeightsWritten("/home/\udcff/net.safetensors")
    assert from_json(to_json(message)) == message


@given(MESSAGES, st.data())
def test_message_with_other_fields_is_refused(message, data):
    content = json.loads(to_json(message))
    field = data.draw(st.sampled_from(sorted(content)))
    without = {name: value for name, value in content.items() if name != field}
    for other in (without, content | {"another": 1}, content | {field: {"no": "such thing"}}):
        if other.keys() == content.keys() and field == "recipe":
            continue  # may be any object
        with pytest.raises(ValueError, match=REFUSED):
            from_json(json.dumps(other))


@given(st.text() | st.binary() | JSON.map(json.dumps))
def test_any_other_line_is_refused(line):
    with pytest.raises(ValueError, match="not a"):
        from_json(line)


ENDED = to_json(RunEnded("finished"))
BATCH = to_json(BatchDone(1, 2, 0.5, 0.5, 0.5, 0.5))
EVALUATION = Evaluated("MNIST test", "", 10, 9, None, [[0] * 10] * 10, [[7, 1, ""]])


def evaluation(**fields):
    return json.dumps(json.loads(to_json(EVALUATION)) | fields)


@pytest.mark.parametrize(
    "line",
    [
        ENDED.replace('"finished"', '"tired"'),
        ENDED.replace('"finished"', "true"),
        BATCH.replace("1", "true"),
        BATCH.replace("0.5", "NaN"),
        BATCH.replace("0.5", "1e999"),
        "[" * 100_000,
        "9" * 10_000,
        evaluation(images=0, correct=0),
        evaluation(correct=11),
        evaluation(correct=-1),
        evaluation(confusion=[]),
        evaluation(confusion=[[0] * 10] * 9 + [[0] * 11]),
        evaluation(confusion=[[0] * 10] * 9 + [[0] * 9 + [-1]]),
        evaluation(examples=[[1, 2]]),
    ],
    ids=lambda line: line[-40:],
)
def test_impossible_message_is_refused(line):
    with pytest.raises(ValueError, match=REFUSED):
        from_json(line)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_nan_and_infinity_are_not_written(loss):
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(BatchDone(1, 1, 0.5, loss, 1.0, 1.0))


def test_line_is_an_object_with_the_class_and_its_fields():
    assert json.loads(to_json(RunEnded("failed", "the disk is full"))) == {
        "message": "RunEnded",
        "reason": "failed",
        "error": "the disk is full",
        "command": None,
        "data_missing": False,
    }
