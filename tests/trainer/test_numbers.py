"""The command `python -m trainer numbers`, with few drawings."""

import re

import pytest

import trainer.numbers
from digitpad.inkfile import write_ink
from digitpad.training.writers import parse_writers
from trainer.data.digits import DataError
from trainer.numbers import fit
from trainer.options import NumbersOptions


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(trainer.numbers, "COMPOSED", 40)
    monkeypatch.setattr(trainer.numbers, "HELD_OUT", 10)


@pytest.fixture
def ink(tmp_path, pen_samples):
    path = tmp_path / "pen.ndjson"
    of_two = [sample for sample in pen_samples if sample.writer in {"1", "26"}]
    write_ink(path, [s for w in ("1", "26") for s in [t for t in of_two if t.writer == w][:40]])
    return path


def test_it_prints_the_weights_and_what_is_misread(ink):
    options = NumbersOptions(ink=(ink,), ink_holdout=parse_writers("26"))
    fitted, *held_out = fit(options)
    weights = [float(each) for each in re.findall(r"-?\d+\.\d+", fitted)]
    assert len(weights) == 8
    assert any(weights)
    assert [line.partition(" of ")[2] for line in held_out] == ["10 misread", "40 misread"]


def test_without_held_out_drawings_it_prints_the_weights_alone(ink):
    assert len(list(fit(NumbersOptions(ink=(ink,))))) == 1


def test_without_numbers_and_digits_it_says_what_is_missing(tmp_path):
    path = tmp_path / "empty.ndjson"
    path.write_text("")
    with pytest.raises(DataError):
        list(fit(NumbersOptions(ink=(path,))))
