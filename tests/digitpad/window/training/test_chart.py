"""The chart of a training run."""

import csv
from collections import Counter
from math import isnan

import pyqtgraph as pg
import pytest
from PySide6.QtGui import QColor, QImage, QPalette

from digitpad.training.messages import BatchDone, EpochDone
from digitpad.window.training.chart import COLUMNS, TrainingChart
from digitpad.window.training.plot import PERCENT_TICKS, accuracy_height, fitting_ticks, loss_height

LIGHT, DARK = ("#ffffff", "#000000", "#0060ff"), ("#202020", "#f0f0f0", "#ff9000")


@pytest.fixture
def chart(qtbot):
    """The chart of a run of four epochs with ten batches each."""
    widget = TrainingChart()
    qtbot.addWidget(widget)
    widget.start(4, 10, baseline_accuracy=0.9954)
    widget.resize(400, 500)
    with qtbot.waitExposed(widget):
        widget.show()
    qtbot.waitUntil(lambda: widget.frames_drawn > 0)
    return widget


def batch(epoch, number, accuracy, loss=0.5):
    return BatchDone(epoch, number, accuracy, loss, 8000.0, 60.0)


def epoch(number, accuracy, validation=None, rate=0.005, loss=0.5):
    return EpochDone(number, accuracy, validation, loss, rate, 8000.0, 60.0)


def plot(chart, name):
    (found,) = [p for p in chart.findChildren(pg.PlotWidget) if p.accessibleName() == name]
    return found


def curve(chart, plot_name, name):
    items = plot(chart, plot_name).getPlotItem().items
    (found,) = [item for item in items if item.name() == name]
    return found


def points(chart, plot_name, name):
    """The points of a curve, without its gaps."""
    x, y = curve(chart, plot_name, name).getData()
    pairs = [] if x is None else zip(x.tolist(), y.tolist(), strict=True)
    return [(x, y) for x, y in pairs if not isnan(x)]


def range_of(chart, plot_name):
    return plot(chart, plot_name).viewRange()[1]


def words(chart):
    return chart.accessibleDescription().replace("\N{NO-BREAK SPACE}", " ")


# Drawing


def test_many_messages_are_drawn_together_and_soon(qtbot, chart):
    for number in range(1, 11):
        chart.add(batch(1, number, 0.9))
    assert points(chart, "Accuracy", "batches") == []  # not at once
    # More messages do not put it off, however fast they come.
    qtbot.waitUntil(
        lambda: chart.add(epoch(1, 0.9)) or len(points(chart, "Accuracy", "batches")) >= 10
    )


def test_it_is_not_drawn_while_it_is_hidden_or_waits(qtbot, chart):
    chart.hide()
    chart.add(epoch(1, 0.9))
    assert points(chart, "Accuracy", "training") == []
    chart.show()
    assert len(points(chart, "Accuracy", "training")) == 1
    before = chart.frames_drawn
    qtbot.waitUntil(lambda: chart.frames_drawn > before)
    chart.waits = True
    chart.add(epoch(2, 0.9))
    chart.hide()  # which draws nothing, either
    chart.waits = False
    assert len(points(chart, "Accuracy", "training")) == 1
    qtbot.waitUntil(lambda: len(points(chart, "Accuracy", "training")) == 2)


# Curves


def test_the_running_accuracy_is_a_curve_between_the_epochs(chart):
    chart.add(batch(2, 0, 0.1))  # of a few images: that means nothing yet
    chart.add(batch(2, 5, 0.9))
    chart.add(epoch(2, 0.99))
    chart.add(batch(3, 5, 0.999))
    chart.redraw()
    assert points(chart, "Accuracy", "batches") == [
        (1.5, pytest.approx(1)),
        (2, pytest.approx(2)),
        (2.5, pytest.approx(3)),
    ]
    assert [y for _, y in points(chart, "Loss", "batches")] == [pytest.approx(loss_height(0.5))] * 3


def test_a_long_run_has_a_curve_of_few_points(chart):
    chart.start(6_000, 1, baseline_accuracy=None)
    for number in range(1, 6_001):
        chart.add(epoch(number, 0.9))
    chart.redraw()
    assert 1_000 < len(points(chart, "Accuracy", "batches")) < 2_500


def test_near_100_percent_the_scale_is_stretched(chart):
    for number, accuracy in enumerate((0.9, 0.99, 0.999, 1.0), start=1):
        chart.add(epoch(number, accuracy))
    chart.redraw()
    heights = [y for _, y in points(chart, "Accuracy", "training")]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1])
    low, high = range_of(chart, "Accuracy")
    assert low < heights[0] < heights[-1] < high  # 100 % is finite


@pytest.mark.parametrize(
    ("low", "high", "distance", "labels"),
    [
        (0.9, 3.1, 0.1, {"90 %", "99 %", "99.9 %", "95 %", "99.5 %", "98 %", "99.8 %"}),
        (0.9, 3.1, 0.6, {"90 %", "99 %", "99.9 %"}),
        (0.9, 3.1, 9, {"90 %"}),
        (1.1, 1.2, 0.1, set()),
    ],
)
def test_the_most_important_percentages_that_fit_are_labelled(low, high, distance, labels):
    assert {label for _, label in fitting_ticks(PERCENT_TICKS, low, high, distance)} == labels


def test_the_best_epoch_is_marked(chart):
    chart.add(epoch(1, 0.9))
    chart.redraw()
    assert points(chart, "Accuracy", "best") == []  # there is no validation
    for number, validation in ((2, 0.99), (3, 0.999), (4, 0.999)):
        chart.add(epoch(number, 0.95, validation))
    chart.redraw()
    assert points(chart, "Accuracy", "best") == [(3, pytest.approx(3))]
    assert "Validation 99.90 %" in words(chart)
    assert "Best 99.90 % in epoch 3" in words(chart)


def test_the_weights_in_use_are_a_line_if_their_accuracy_is_known(chart):
    line = curve(chart, "Accuracy", "in use")
    low, high = range_of(chart, "Accuracy")
    assert low < line.value() == accuracy_height(0.9954) < high
    assert line.isVisible()
    assert "In use 99.54 %" in words(chart)
    chart.start(4, 10, baseline_accuracy=None)
    assert not line.isVisible()
    assert "In use" not in words(chart)


def test_loss_and_learning_rate_have_a_plot_of_their_own(chart):
    for number, rate in ((1, 0.001), (2, 0.004), (3, 0.002)):
        chart.add(epoch(number, 0.9, rate=rate, loss=10.0**-number))
    chart.redraw()
    assert points(chart, "Loss", "epochs") == [(n, pytest.approx(-n)) for n in (1, 2, 3)]
    low, high = range_of(chart, "Loss")
    assert low < -3 < -1 < high
    # The rate is drawn as a share of its peak, from the bottom up.
    shares = [(y - low) / (high - low) for _, y in points(chart, "Loss", "learning rate")]
    assert shares == [pytest.approx(0.95 * share) for share in (0.25, 1, 0.5)]
    assert "Loss 0.001, Learning rate 0.002, peak 0.004" in words(chart)
    assert plot(chart, "Loss").viewRange()[0] == plot(chart, "Accuracy").viewRange()[0]


# Look


@pytest.mark.parametrize("first", [LIGHT, DARK], ids=["light first", "dark first"])
def test_its_colours_follow_the_palette(chart, first):
    for number in range(1, 5):
        chart.add(epoch(number, 0.98 + number / 1000, 0.98 + number / 500))
    (second,) = {LIGHT, DARK} - {first}
    for (background, text, accent), other in ((first, second), (second, first)):
        palette = QPalette(QColor(background))
        palette.setColor(QPalette.ColorRole.Window, QColor(background))
        palette.setColor(QPalette.ColorRole.WindowText, QColor(text))
        palette.setColor(QPalette.ColorRole.Accent, QColor(accent))
        chart.setPalette(palette)
        image = chart.picture().toImage().convertToFormat(QImage.Format.Format_RGB32)
        colours = Counter(memoryview(image.constBits()).cast("I"))
        assert max(colours, key=colours.__getitem__) == QColor(background).rgb()
        assert colours[QColor(accent).rgb()] > 50  # the validation
        assert colours[QColor(text).rgb()] > 20  # the weights in use
        assert QColor(other[2]).rgb() not in colours


# Export


def test_its_numbers_are_saved_as_csv(chart, person, tmp_path):
    chart.add(batch(1, 5, 0.8))
    chart.add(epoch(1, 0.9, 0.91, rate=0.001, loss=0.25))
    chart.add(epoch(2, 0.95))
    chart.export.save_numbers(tmp_path / "numbers.csv")
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
    assert "Saved as numbers.csv." in person.text(chart)


def test_its_picture_with_the_latest_epoch_is_saved_and_copied(chart, person, tmp_path, qapp):
    empty = chart.picture().toImage()
    chart.add(epoch(1, 0.9))
    chart.export.copy_picture()
    copied = qapp.clipboard().image()
    assert "Picture copied." in person.text(chart)
    chart.export.save_picture(tmp_path / "chart.png")
    saved = QImage(str(tmp_path / "chart.png"))
    for image in (copied, saved):
        assert image.size() == empty.size()
        assert image != empty.convertToFormat(image.format())
    missing = tmp_path / "no such folder" / "chart.png"
    chart.export.save_picture(missing)
    assert f"Cannot write {missing}: No such file or directory." in person.text(chart)
