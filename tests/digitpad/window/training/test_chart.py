"""The chart of a training run, told of it by real messages."""

from __future__ import annotations

import csv
from collections import Counter
from math import isnan

import pytest
from PySide6.QtGui import QColor, QImage, QPalette

from digitpad.training_messages import BatchDone, EpochDone
from digitpad.window.training.chart import COLUMNS, TrainingChart

LIGHT, DARK = ("#ffffff", "#000000", "#0060ff"), ("#202020", "#f0f0f0", "#ff9000")


@pytest.fixture
def chart(qtbot):
    """Of a run of four epochs with ten batches each."""
    widget = TrainingChart()
    qtbot.addWidget(widget)
    widget.start(4, 10, line_to_beat=0.9954)
    widget.resize(400, 500)
    with qtbot.waitExposed(widget):
        widget.show()
    qtbot.waitUntil(lambda: widget.frames_drawn and not widget._redrawing.isActive())
    return widget


def batch(epoch, number, accuracy, loss=0.5):
    return BatchDone(epoch, number, accuracy, loss, 8000.0, 60.0)


def epoch(number, accuracy, validation=None, rate=0.005, loss=0.5):
    return EpochDone(number, accuracy, validation, loss, rate, 8000.0, 60.0)


def points(line):
    """What is drawn of a line."""
    x, y = line.getData()
    return [] if x is None else list(zip(x.tolist(), y.tolist(), strict=True))


def words(chart):
    return chart.accessibleDescription().replace("\N{NO-BREAK SPACE}", " ")


def test_it_is_drawn_anew_when_an_epoch_is_done(qtbot, chart):
    before = chart.frames_drawn
    chart.add(epoch(1, 0.9, 0.9))
    qtbot.waitUntil(lambda: chart.frames_drawn > before)
    assert len(points(chart._training)) == 1


def test_however_many_messages_there_are_it_is_drawn_now_and_then(qtbot, chart):
    before = chart.frames_drawn
    for number in range(1, 11):
        chart.add(batch(1, number, 0.9))
    assert chart._batch_accuracy.getData()[0] is None  # not at once
    with qtbot.waitSignal(chart._redrawing.timeout):
        pass
    assert len(points(chart._batch_accuracy)) == 10
    qtbot.waitUntil(lambda: chart.frames_drawn > before)
    assert chart.frames_drawn == before + 1
    # A message puts off nothing, however fast they come.
    chart.add(epoch(1, 0.9))
    qtbot.waitUntil(lambda: chart.add(batch(2, 5, 0.9)) or len(points(chart._training)) == 1)


def test_while_it_is_hidden_nothing_is_drawn(qtbot, chart):
    chart.hide()
    before = chart.frames_drawn
    chart.add(epoch(1, 0.9))
    assert not chart._redrawing.isActive()
    chart.show()
    qtbot.waitUntil(lambda: chart.frames_drawn > before)
    assert len(points(chart._training)) == 1


def test_the_running_accuracy_is_a_line_between_the_epochs(chart):
    chart.add(batch(2, 0, 0.1))  # of a few images: that means nothing yet
    chart.add(batch(2, 5, 0.9))
    chart.add(epoch(2, 0.99))
    chart.add(batch(3, 5, 0.999))
    chart.redraw()
    drawn = [(x, y) for x, y in points(chart._batch_accuracy) if not isnan(x)]  # without the gap
    assert drawn == [(1.5, pytest.approx(1)), (2, pytest.approx(2)), (2.5, pytest.approx(3))]
    losses = [y for x, y in points(chart._batch_loss) if not isnan(x)]
    assert losses == [pytest.approx(-0.301, abs=0.001)] * 3


def test_near_100_percent_it_is_zoomed(chart):
    for number, accuracy in enumerate((0.9, 0.99, 0.999, 1.0), start=1):
        chart.add(epoch(number, accuracy))
    chart.redraw()
    heights = [y for _, y in points(chart._training)]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1])
    low, high = chart._accuracy.viewRange()[1]
    assert low < heights[0] < heights[-1] < high  # perfect, and yet on the sheet
    (ticks,) = chart._accuracy.getAxis("left")._tickLevels
    assert {"90 %", "99 %", "99.9 %"} <= {label for _, label in ticks}
    assert all(low <= value <= high for value, _ in ticks)


def test_the_best_epoch_is_marked(chart):
    chart.add(epoch(1, 0.9))
    chart.redraw()
    assert points(chart._best) == []  # nothing is held out
    for number, validation in ((2, 0.99), (3, 0.999), (4, 0.999)):
        chart.add(epoch(number, 0.95, validation))
    chart.redraw()
    assert points(chart._best) == [(3, pytest.approx(3))]
    assert "Best 99.90 % in epoch 3" in words(chart)


def test_there_is_a_line_to_beat_unless_nobody_knows_one(chart):
    assert chart._to_beat.isVisible()
    assert chart._to_beat.value() == pytest.approx(2.337, abs=0.001)
    low, high = chart._accuracy.viewRange()[1]
    assert low < chart._to_beat.value() < high
    assert "Bundled 99.54 %" in words(chart)
    chart.start(4, 10, line_to_beat=None)
    assert not chart._to_beat.isVisible()
    assert "Bundled" not in words(chart)


def test_loss_and_learning_rate_have_a_plot_of_their_own(chart):
    for number, rate in ((1, 0.001), (2, 0.004), (3, 0.002)):
        chart.add(epoch(number, 0.9, rate=rate, loss=10.0**-number))
    chart.redraw()
    assert points(chart._epoch_loss) == [(n, pytest.approx(-n)) for n in (1, 2, 3)]
    low, high = chart._loss.viewRange()[1]
    assert low < -3 < -1 < high
    # The rate is drawn as a share of its highest value, from the floor up.
    shares = [(y - low) / (high - low) for _, y in points(chart._rate)]
    assert shares == [pytest.approx(0.95 * share) for share in (0.25, 1, 0.5)]
    assert chart._rate.opts["fillLevel"] == pytest.approx(low)
    assert "Loss 0.001, Learning rate 0.002, highest 0.004" in words(chart)
    assert chart._loss.viewRange()[0] == chart._accuracy.viewRange()[0]


def picture(chart):
    """The colours of the picture, and how many pixels have them."""
    image = chart._picture.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return Counter(memoryview(image.constBits()).cast("I"))


@pytest.mark.parametrize("first", [LIGHT, DARK], ids=["light first", "dark first"])
def test_its_colours_are_the_palettes_also_when_that_changes(chart, first):
    for number in range(1, 5):
        chart.add(epoch(number, 0.98 + number / 1000, 0.98 + number / 500))
    (second,) = {LIGHT, DARK} - {first}
    for (ground, text, accent), other in ((first, second), (second, first)):
        palette = QPalette(QColor(ground))
        palette.setColor(QPalette.ColorRole.Window, QColor(ground))
        palette.setColor(QPalette.ColorRole.WindowText, QColor(text))
        palette.setColor(QPalette.ColorRole.Accent, QColor(accent))
        chart.setPalette(palette)
        colours = picture(chart)
        assert max(colours, key=colours.__getitem__) == QColor(ground).rgb()
        assert colours[QColor(accent).rgb()] > 50  # the line of the validation
        assert colours[QColor(text).rgb()] > 20  # the line to beat
        assert QColor(other[2]).rgb() not in colours


def test_in_a_narrow_panel_no_legend_is_cut_off(chart):
    chart.add(epoch(1, 0.9876, 0.9876, rate=0.00123))
    chart.redraw()
    narrow = 16 * chart.fontMetrics().height()
    for legend in (chart._accuracy_legend, chart._loss_legend):
        assert 0 < legend.minimumSizeHint().width() <= narrow


def test_its_numbers_are_saved_as_csv(chart, tmp_path):
    chart.add(batch(1, 5, 0.8))
    chart.add(epoch(1, 0.9, 0.91, rate=0.001, loss=0.25))
    chart.add(epoch(2, 0.95))
    chart.save_numbers(tmp_path / "numbers.csv")
    with (tmp_path / "numbers.csv").open(newline="") as file:
        names, *rows = csv.reader(file)
    assert tuple(names) == COLUMNS
    first, second = (dict(zip(names, row, strict=True)) for row in rows)
    assert first == {
        "epoch": "1",
        "train_accuracy": "0.9",
        "validation_accuracy": "0.91",
        "loss": "0.25",
        "learning_rate": "0.001",
        "images_per_second": "8000.0",
    }
    assert (second["epoch"], second["validation_accuracy"]) == ("2", "")
    assert chart._said.text() == "Saved as numbers.csv."


def test_it_is_saved_as_a_picture_or_says_why_not(chart, tmp_path):
    chart.save_picture(tmp_path / "chart.png")
    assert QImage(str(tmp_path / "chart.png")).size() == chart._picture.size()
    chart.save_picture(tmp_path / "no such folder" / "chart.png")
    assert "cannot be written: No such file or directory. Save it elsewhere." in chart._said.text()


def test_its_picture_is_copied_with_what_was_added_last(chart, qapp):
    qapp.clipboard().clear()
    empty = chart._picture.grab().toImage()
    chart.add(epoch(1, 0.9))
    chart.copy_picture()
    copied = qapp.clipboard().image()
    assert copied.size() == chart._picture.size()
    assert copied != empty.convertToFormat(copied.format())
    assert chart._said.text() == "The picture is on the clipboard."
