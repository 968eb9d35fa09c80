import pytest
import torch

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample, write_ink
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
    some = load_ink(pen_file, report=pytest.fail, only=range(1, 3))
    rest = load_ink(pen_file, report=pytest.fail, without=range(3, 31))
    assert some.images.dtype == torch.uint8
    assert some.images.shape == (499, 28, 28)
    assert some.sha256 == rest.sha256
    assert some.name == "pendigits-orig.tra, writers 1-2"
    assert rest.name == "pendigits-orig.tra without writers 3-30"


def test_each_drawing_is_rendered_at_each_pen_width(write):
    path = write(Sample(DRAWING, 7))
    thin, thick = load_ink(path, report=pytest.fail, pen_widths=(2.0, 3.2)).images
    assert thick.sum() / thin.sum() == pytest.approx(1.6, abs=0.2)


def test_drawings_without_label_or_stroke_are_skipped(write):
    path = write(Sample(DRAWING, 7), Sample(DRAWING), Sample(Drawing(), 3))
    digits = load_ink(path, report=pytest.fail)
    assert (digits.name, digits.labels.tolist()) == ("mine.ndjson", [7])


def test_unreadable_lines_are_reported(write):
    path, reported = write(Sample(DRAWING, 7)), []
    with path.open("a") as file:
        file.write("no drawing\n")
    assert len(load_ink(path, report=reported.append)) == 1
    (line,) = reported
    assert line.startswith(f"{path}:2: ")


def test_a_file_without_labelled_drawings_is_refused(write):
    path = write(Sample(DRAWING))
    with pytest.raises(NoDrawingsError, match=r"mine\.ndjson: no drawing is labelled"):
        load_ink(path, report=pytest.fail)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.ndjson"):
        load_ink(tmp_path / "nowhere.ndjson", report=pytest.fail)
