"""The chart of a training run."""

import csv
from collections import Counter
from html import unescape
from math import isfinite
from re import sub

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPointF, QRect
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPalette
from PySide6.QtWidgets import QApplication, QLabel

from digitpad.training.messages import BatchDone, EpochDone
from digitpad.window.training.charts.chart import COLUMNS, TrainingChart
from digitpad.window.training.charts.plot import (
    PERCENT_TICKS,
    accuracy_height,
    fitting_ticks,
    loss_height,
)

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
    """The points of a curve, which has no gaps."""
    x, y = curve(chart, plot_name, name).getData()
    pairs = [] if x is None else list(zip(x.tolist(), y.tolist(), strict=True))
    assert all(isfinite(x) and isfinite(y) for x, y in pairs)
    return pairs


def range_of(chart, plot_name):
    return plot(chart, plot_name).viewRange()[1]


def words(chart):
    return chart.accessibleDescription().replace("\N{NO-BREAK SPACE}", " ")


def shown(chart):
    """The legends as they are shown."""
    texts = [each.text() for each in chart.findChildren(QLabel)]
    return sub("<[^>]*>", "", unescape(" ".join(texts))).replace("\N{NO-BREAK SPACE}", " ")


# Drawing


def test_many_messages_are_drawn_together_and_soon(qtbot, chart):
    for number in range(1, 11):
        chart.add(batch(1, number, 0.9))
    assert points(chart, "Accuracy", "training") == []  # not at once
    # More messages do not put it off, however fast they come.
    qtbot.waitUntil(
        lambda: chart.add(epoch(1, 0.9)) or len(points(chart, "Accuracy", "training")) >= 10
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


def test_the_training_accuracy_is_one_curve_from_the_first_batches_on(chart):
    for message in (batch(1, 1, 0.5), batch(1, 10, 0.9), epoch(1, 0.8), batch(2, 5, 0.99)):
        chart.add(message)
    chart.redraw()
    assert points(chart, "Accuracy", "training") == [
        (0.1, pytest.approx(accuracy_height(0.5))),
        (1, pytest.approx(1)),
        (1.5, pytest.approx(2)),
    ]
    heights = [y for _, y in points(chart, "Loss", "training")]
    assert heights == [pytest.approx(loss_height(0.5))] * 3


def test_an_epoch_before_an_interruption_is_in_the_curve_with_its_mean(chart):
    chart.add(epoch(1, 0.9))
    chart.add(epoch(2, 0.99))
    chart.add(batch(3, 5, 0.999))
    chart.redraw()
    assert points(chart, "Accuracy", "training") == [
        (1, pytest.approx(1)),
        (2, pytest.approx(2)),
        (2.5, pytest.approx(3)),
    ]


def test_a_long_run_has_a_curve_of_few_points(chart):
    chart.start(6_000, 1, baseline_accuracy=None)
    for number in range(1, 6_001):
        chart.add(epoch(number, 0.9))
    chart.redraw()
    assert 1_000 < len(points(chart, "Accuracy", "training")) < 2_500


def test_the_previous_run_is_behind_this_one(chart):
    previous = [epoch(1, 0.8, 0.9), epoch(2, 0.85, 0.99)]
    chart.start(4, 10, baseline_accuracy=None, previous=previous)
    assert points(chart, "Accuracy", "previous") == [(1, pytest.approx(1)), (2, pytest.approx(2))]
    assert "Previous run 99.00 %" in words(chart)
    chart.start(4, 10, baseline_accuracy=None, previous=[epoch(1, 0.9)])  # without validation
    assert points(chart, "Accuracy", "previous") == [(1, pytest.approx(1))]
    chart.start(4, 10, baseline_accuracy=None)
    assert points(chart, "Accuracy", "previous") == []
    assert "Previous" not in words(chart)


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
    assert points(chart, "Loss", "training") == [(n, pytest.approx(-n)) for n in (1, 2, 3)]
    low, high = range_of(chart, "Loss")
    assert low < -3 < -1 < high
    # The rate is drawn as a share of its peak, from the bottom up.
    shares = [(y - low) / (high - low) for _, y in points(chart, "Loss", "learning rate")]
    assert shares == [pytest.approx(0.95 * share) for share in (0.25, 1, 0.5)]
    assert "Loss 0.001, Learning rate 0.002, peak 0.004" in words(chart)
    assert plot(chart, "Loss").viewRange()[0] == plot(chart, "Accuracy").viewRange()[0]


# The pointer


def test_the_values_at_the_pointer_are_in_the_legends(qtbot, chart):
    for number, accuracy in ((1, 0.9), (2, 0.95), (3, 0.96)):
        chart.add(epoch(number, accuracy, accuracy + 0.01, rate=number / 100, loss=1 / number))
    chart.redraw()
    latest = words(chart)
    assert "Training 96.00 %" in latest
    for name in ("Accuracy", "Loss"):
        target = plot(chart, name)
        at = target.getViewBox().mapViewToScene(QPointF(2.1, target.viewRange()[1][0]))
        qtbot.mouseMove(target.parentWidget(), target.mapToParent(target.mapFromScene(at)))
        qtbot.waitUntil(lambda: "Epoch 2.0" in shown(chart))
        assert "Training 95.00 %" in shown(chart)
        assert "Validation 96.00 %" in shown(chart)
        assert "Loss 0.5" in shown(chart)
        assert "Learning rate 0.02" in shown(chart)
        assert curve(chart, name, "pointer").isVisible()
        assert curve(chart, name, "pointer").value() == 2
        QApplication.sendEvent(target.parentWidget(), QEvent(QEvent.Type.Leave))
        assert "Training 96.00 %" in shown(chart)
        assert not curve(chart, name, "pointer").isVisible()


def test_before_the_first_batch_there_is_nothing_to_point_at(qtbot, chart):
    target = plot(chart, "Accuracy")
    qtbot.mouseMove(target.parentWidget(), target.geometry().center())
    assert not curve(chart, "Accuracy", "pointer").isVisible()


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
        image = chart.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
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


def test_its_figure_is_saved_and_copied(chart, person, tmp_path, qapp):
    chart.start(4, 10, None, title="For this pad, seed 7")
    empty = figure(chart)
    chart.add(epoch(1, 0.9))
    dark = QPalette(QColor("black"))
    chart.setPalette(dark)
    chart.resize(300, 400)
    chart.export.copy_picture()
    copied = qapp.clipboard().image()
    assert "Picture copied." in person.text(chart)
    chart.export.save_picture(tmp_path / "chart.png")
    saved = QImage(str(tmp_path / "chart.png"))
    # Whatever the window looks like, the figure is the same.
    assert saved.size() == copied.size() == empty.size()
    assert saved.pixelColor(0, 0) == copied.pixelColor(0, 0) == QColor("white")
    assert saved != empty.convertToFormat(saved.format())
    margin = saved.copy(0, 0, saved.width(), 50)
    assert all(
        margin.pixelColor(x, y) == QColor("white") for x in range(0, 1_800, 9) for y in (0, 49)
    )
    missing = tmp_path / "no such folder" / "chart.png"
    chart.export.save_picture(missing)
    assert f"Cannot write {missing}: No such file or directory." in person.text(chart)


def test_the_title_is_in_the_figure(chart):
    chart.start(4, 10, None, title="For this pad, seed 7")
    one = figure(chart)
    chart.start(4, 10, None, title="For this pad, seed 8")
    other = figure(chart)
    top, rest = QRect(0, 0, one.width(), 180), QRect(0, 180, one.width(), one.height() - 180)
    assert one.copy(top) != other.copy(top)
    assert one.copy(rest) == other.copy(rest)


def figure(chart):
    chart.export.copy_picture()
    return QGuiApplication.clipboard().image()
