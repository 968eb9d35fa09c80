import pytest
import torch

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample, write_ink
from digitpad.training.writers import parse_writers
from trainer.data.digits import DataError, NoDrawingsError
from trainer.data.ink import load_ink

DRAWING = Drawing((Stroke.from_xy([0, 5, 10], [0, 20, 0]),))


@pytest.fixture
def write(tmp_path):
    """Writes samples to an ink file and returns its path."""

    def write_(*samples):
        path = tmp_path / "mine.ndjson"
        write_ink(path, samples)
        return path

    return write_


def test_writers_can_be_selected_or_left_out(pen_file):
    ink = load_ink(pen_file, report=pytest.fail)
    (few,), rest = parse_writers("1-2"), parse_writers("3-30,Ada")
    some, others = ink.only(few).render_digits(), ink.without(rest).render_digits()
    assert some.images.dtype == torch.uint8
    assert some.images.shape == (499, 28, 28)
    assert set(some.writers) == {"1", "2"}
    assert some.sha256 == others.sha256
    assert some.name == "pendigits-orig.tra, writers 1-2"
    assert others.name == "pendigits-orig.tra without writers 3-30"


def test_each_digit_is_rendered_at_each_pen_width(write):
    ink = load_ink(write(Sample(DRAWING, 7)), report=pytest.fail)
    thin, thick = ink.render_digits(pen_widths=(2.0, 3.2)).images
    assert thick.sum() / thin.sum() == pytest.approx(1.6, abs=0.2)


def test_outliers_are_rendered_at_the_pen_widths_in_turn(write):
    path = write(
        *[Sample(DRAWING, text="V", split=split) for split in ("train", "train", "choose")]
    )
    ink = load_ink(path, report=pytest.fail).without(parse_writers("choose"))
    assert ink.render_digits() is None
    outliers = ink.render_outliers(pen_widths=(2.0, 3.2))
    assert outliers.are_outliers
    assert outliers.name == "mine.ndjson without choose: outliers"
    thin, thick = outliers.images
    assert thick.sum() / thin.sum() == pytest.approx(1.6, abs=0.2)


def test_only_letters_and_signs_that_look_like_no_digit_are_outliers(write):
    texts = ["W", "12", "#", "o", "l", "word", "3."]
    path = write(Sample(DRAWING, 7), *[Sample(DRAWING, text=text) for text in texts])
    ink = load_ink(path, report=pytest.fail)
    assert [each.label for each in ink.digits] == [7]
    assert [each.text for each in ink.outliers] == ["W", "12", "#"]


def test_drawings_without_label_or_stroke_are_skipped(write):
    path = write(Sample(DRAWING, 7), Sample(DRAWING), Sample(Drawing(), 3))
    digits = load_ink(path, report=pytest.fail).render_digits()
    assert (digits.name, digits.labels.tolist()) == ("mine.ndjson", [7])


def test_unreadable_lines_are_reported(write):
    path, reported = write(Sample(DRAWING, 7)), []
    with path.open("a") as file:
        file.write("no drawing\n")
    assert len(load_ink(path, report=reported.append).digits) == 1
    (line,) = reported
    assert line.startswith(f"{path}:2: ")


def test_a_file_without_labelled_drawings_is_refused(write):
    path = write(Sample(DRAWING))
    with pytest.raises(NoDrawingsError, match=r"mine\.ndjson: no drawing is labelled"):
        load_ink(path, report=pytest.fail)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.ndjson"):
        load_ink(tmp_path / "nowhere.ndjson", report=pytest.fail)
