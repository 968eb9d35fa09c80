"""The sheet: mouse, stylus and touch, one pen at a time, and no stroke lost."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QImage,
    QInputDevice,
    QMouseEvent,
    QPixmap,
    QPointingDevice,
    QTabletEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QVBoxLayout, QWidget

from digitpad.window.pad import canvas as canvas_module
from digitpad.window.pad.canvas import HISTORY, MOST_SHRUNK, Canvas

LEFT, RIGHT, NONE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.NoButton,
)


@pytest.fixture
def canvas(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    layout.setContentsMargins(0, 0, 0, 0)
    widget = Canvas()
    layout.addWidget(widget)
    window.resize(280, 280)  # a pixel is a canvas unit
    with qtbot.waitExposed(window):
        window.show()
    yield widget  # noqa: PT022 (a return would let go of the window)


@pytest.fixture
def mouse(canvas, mouse_on):
    return mouse_on(canvas)


def points(canvas: Canvas) -> list[list[list[float]]]:
    return [stroke.points.tolist() for stroke in canvas.drawing.strokes]


def ink(canvas: Canvas) -> np.ndarray:
    """How dark each pixel of the sheet is, from 0 to 255; white where there is no ink."""
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return 255 - rows[:, : image.width()].astype(int)


# Strokes


def test_a_stroke_has_every_point_in_canvas_units_at_full_pressure(canvas, mouse):
    mouse.stroke((10, 20), (30, 40), (50, 45))
    assert points(canvas) == [[[10, 20, 1], [30, 40, 1], [50, 45, 1]]]


def test_canvas_units_do_not_depend_on_the_size(canvas, mouse, qtbot):
    canvas.window().resize(560, 560)
    qtbot.waitUntil(lambda: canvas.width() == 560)
    mouse.stroke((10, 20), (30, 40))
    assert points(canvas) == [[[10, 20, 1], [30, 40, 1]]]


def test_ink_beside_the_square_stays_in_sight_when_the_sheet_gets_another_shape(
    canvas, mouse, qtbot
):
    canvas.window().resize(280, 560)
    qtbot.waitUntil(lambda: canvas.height() == 560)
    mouse.stroke((100, -100), (180, -100))  # a bar above the square
    mouse.stroke((140, 0), (140, 100))
    drawn = points(canvas)
    canvas.window().resize(560, 300)
    qtbot.waitUntil(lambda: canvas.height() == 300)
    assert points(canvas) == drawn
    scale = 150 / (240 + 7)  # down to the bar, and half its width
    dark = ink(canvas) > 128
    bar = dark[round(150 - 240 * scale), 100:-100].nonzero()[0] + 100
    assert (bar.min(), bar.max()) == pytest.approx((280 - 47 * scale, 280 + 47 * scale), abs=2)
    canvas.undo()
    assert (dark & ~(ink(canvas) > 128))[round(150 - 240 * scale)].sum() == 0  # it has not moved
    canvas.clear()
    QTest.mouseClick(canvas, LEFT, pos=QPoint(280, 0))  # the square is as high as the sheet again
    assert points(canvas) == [[[140, 0, 1]]]


@pytest.mark.parametrize("cleared_first", [False, True])
def test_ink_that_comes_back_to_a_sheet_of_another_shape_is_in_sight(
    canvas, mouse, qtbot, cleared_first
):
    canvas.window().resize(280, 560)
    qtbot.waitUntil(lambda: canvas.height() == 560)
    mouse.stroke((100, -120), (180, -120))  # a bar above the square
    if cleared_first:
        canvas.clear()
    canvas.window().resize(380, 380)
    qtbot.waitUntil(lambda: canvas.width() == 380)
    if not cleared_first:
        canvas.clear()
    canvas.undo()
    scale = 190 / (260 + 7)  # up to the bar, and half its width
    bar = (ink(canvas) > 128)[round(190 - 260 * scale), 20:-20].nonzero()[0]
    assert np.ptp(bar) == pytest.approx((80 + 14) * scale, abs=3)


@pytest.mark.qt_log_ignore("occurs outside target window", "This plugin does not support")
def test_a_stroke_far_beyond_the_edge_does_not_move_the_sheet(canvas, mouse, qtbot):
    mouse.stroke((140, 60), (140, 220))
    before = ink(canvas)
    mouse.stroke((140, 140), (5_000, 140))
    canvas.undo()
    np.testing.assert_array_equal(ink(canvas), before)
    canvas.redo()
    canvas.window().resize(290, 290)
    qtbot.waitUntil(lambda: canvas.height() == 290)
    ys, _ = (ink(canvas)[:, 120:170] > 128)[1:-1].nonzero()
    assert np.ptp(ys) > 174 * 290 / 280 / MOST_SHRUNK - 3  # still large enough to see


def test_a_sheet_that_gets_another_shape_does_not_tear_the_stroke(canvas, mouse, qtbot):
    mouse.press(40, 40)
    canvas.window().resize(560, 400)  # a panel closes beside it
    qtbot.waitUntil(lambda: canvas.width() == 560)
    for x, y in ((40, 60), (40, 80)):
        QTest.mouseMove(canvas, QPoint(x, y))  # the sheet's corner is where it was, and so the pen
    assert canvas._settled_ink().width() == 560 * canvas.devicePixelRatio()
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(40, 80))
    assert points(canvas) == [[[40, 40, 1], [40, 60, 1], [40, 80, 1]]]
    QTest.mouseClick(canvas, LEFT, pos=QPoint(280, 200))  # the square has its place in the middle
    assert points(canvas)[1] == [[140, 140, 1]]
    dark = ink(canvas) > 128
    scale = 400 / 280
    assert dark[round(60 * scale), round(280 - 100 * scale)]
    assert not dark[60, 40]


def test_a_click_is_a_dot(canvas, mouse):
    mouse.stroke((140, 100))
    assert points(canvas) == [[[140, 100, 1]]]
    dark = ink(canvas) > 128
    dark[[0, -1]] = dark[:, [0, -1]] = False  # the sheet's edge
    ys, xs = dark.nonzero()
    assert (np.ptp(xs), np.ptp(ys)) == (13, 13)
    assert (xs.mean(), ys.mean()) == pytest.approx((139.5, 99.5))


def test_points_beyond_the_sheet_are_kept(canvas):
    send_mouse(canvas, QEvent.Type.MouseButtonPress, 270, 50)
    send_mouse(canvas, QEvent.Type.MouseMove, 400, -60)
    send_mouse(canvas, QEvent.Type.MouseButtonRelease, 400, -60)
    assert points(canvas) == [[[270, 50, 1], [400, -60, 1]]]


def send_mouse(canvas, kind, x, y, button=LEFT, device=None) -> QMouseEvent:
    at = QPointF(x, y)
    pressed = NONE if kind == QEvent.Type.MouseButtonRelease else button
    changed = NONE if kind == QEvent.Type.MouseMove else button
    event = QMouseEvent(
        kind,
        at,
        QPointF(canvas.mapToGlobal(at)),
        changed,
        pressed,
        Qt.KeyboardModifier.NoModifier,
        device or QPointingDevice.primaryPointingDevice(),
    )
    QApplication.sendEvent(canvas, event)
    return event


def test_the_change_is_told_while_the_stroke_is_drawn_and_when_it_ends(canvas, mouse, qtbot):
    def told(do, *args) -> tuple[int, bool]:
        with qtbot.waitSignal(canvas.drawing_changed) as signal:
            do(*args)
        (drawing,) = signal.args
        assert drawing == canvas.drawing
        return len(drawing.strokes[0].points), canvas.is_drawing

    assert told(mouse.press, 10, 10) == (1, True)
    assert told(mouse.move, 20, 10) == (2, True)
    assert told(mouse.release, 20, 10) == (2, False)


def test_only_the_left_button_draws(canvas, mouse):
    mouse.press(50, 50, RIGHT)
    mouse.move(90, 90)
    mouse.release(90, 90, RIGHT)
    assert points(canvas) == []


# What comes between


def test_a_second_button_ends_the_stroke_and_keeps_it(canvas, mouse):
    mouse.press(50, 50)
    mouse.move(90, 90)
    mouse.press(90, 90, RIGHT)
    assert not canvas.is_drawing
    mouse.move(200, 90)
    mouse.release(200, 90, RIGHT)
    mouse.release(200, 90)
    assert points(canvas) == [[[50, 50, 1], [90, 90, 1]]]


@pytest.mark.parametrize("what", ["hide", "disable", "focus", "dialog", "window", "ungrab"])
def test_an_interruption_ends_the_stroke_and_keeps_it(canvas, mouse, qtbot, what):
    if what != "focus":  # a stylus draws without
        canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        canvas.clearFocus()
    mouse.press(50, 50)
    mouse.move(90, 90)
    assert canvas.is_drawing
    assert canvas.hasFocus() == (what == "focus")
    match what:
        case "hide":
            canvas.hide()
        case "disable":
            canvas.setEnabled(False)
        case "focus":
            other = QWidget(canvas, focusPolicy=Qt.FocusPolicy.StrongFocus)
            other.show()
            other.setFocus()
        case "dialog":
            dialog = QDialog(canvas)
            qtbot.addWidget(dialog)
            dialog.open()
        case "window":
            window = QWidget()
            qtbot.addWidget(window)
            window.show()
            window.activateWindow()
        case "ungrab":
            QApplication.sendEvent(canvas, QEvent(QEvent.Type.UngrabMouse))
    qtbot.waitUntil(lambda: not canvas.is_drawing)
    send_mouse(canvas, QEvent.Type.MouseMove, 200, 200)
    assert points(canvas) == [[[50, 50, 1], [90, 90, 1]]]


def test_a_release_that_went_elsewhere_does_not_join_two_strokes(canvas):
    for x in (50, 90):
        send_mouse(canvas, QEvent.Type.MouseButtonPress, x, 50)
        send_mouse(canvas, QEvent.Type.MouseMove, x, 90)
    assert points(canvas) == [[[x, 50, 1], [x, 90, 1]] for x in (50, 90)]


def test_undo_in_the_middle_of_a_stroke_takes_it_back_and_redo_brings_it_again(canvas, mouse):
    mouse.stroke((10, 10), (20, 20))
    mouse.press(50, 50)
    mouse.move(90, 90)
    canvas.undo()
    mouse.move(120, 120)
    mouse.release(120, 120)
    assert points(canvas) == [[[10, 10, 1], [20, 20, 1]]]
    canvas.redo()
    assert points(canvas)[1:] == [[[50, 50, 1], [90, 90, 1]]]


def test_clear_in_the_middle_of_a_stroke_can_be_undone(canvas, mouse):
    mouse.press(50, 50)
    mouse.move(90, 90)
    canvas.clear()
    mouse.move(120, 120)
    assert points(canvas) == []
    canvas.undo()
    assert points(canvas) == [[[50, 50, 1], [90, 90, 1]]]


def test_a_new_stroke_ends_what_could_be_redone(canvas, mouse):
    mouse.stroke((10, 10))
    canvas.undo()
    assert canvas.can_redo
    mouse.stroke((20, 20))
    assert not canvas.can_redo
    canvas.redo()
    assert points(canvas) == [[[20, 20, 1]]]


def test_undo_goes_back_no_further_than_its_history(canvas, mouse):
    for _ in range(HISTORY + 1):
        mouse.stroke((10, 10))
    while canvas.can_undo:
        canvas.undo()
    assert len(canvas.drawing.strokes) == 1


# The stylus

STYLUS = QPointingDevice(
    "stylus",
    1,
    QInputDevice.DeviceType.Stylus,
    QPointingDevice.PointerType.Pen,
    QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
    1,
    1,
)
ERASER = QPointingDevice(
    "stylus",
    2,
    QInputDevice.DeviceType.Stylus,
    QPointingDevice.PointerType.Eraser,
    QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
    1,
    1,
)


def send_stylus(canvas, kind, x, y, pressure, *, held=LEFT, device=STYLUS) -> QTabletEvent:
    event = QTabletEvent(
        kind,
        device,
        QPointF(x, y),
        QPointF(canvas.mapToGlobal(QPointF(x, y))),
        pressure,
        *(0.0, 0.0, 0.0, 0.0, 0.0),  # tilts, tangential pressure, rotation, z
        Qt.KeyboardModifier.NoModifier,
        NONE if kind == QEvent.Type.TabletMove else LEFT,
        held,
    )
    QApplication.sendEvent(canvas, event)
    return event


def draw_with_stylus(canvas, *stroke, device=STYLUS) -> list[QTabletEvent]:
    first, *rest = stroke
    return [
        send_stylus(canvas, QEvent.Type.TabletPress, *first, device=device),
        *(send_stylus(canvas, QEvent.Type.TabletMove, *point, device=device) for point in rest),
        send_stylus(
            canvas, QEvent.Type.TabletRelease, *stroke[-1][:2], 0.0, held=NONE, device=device
        ),
    ]


def test_the_stylus_draws_with_its_pressure(canvas):
    draw_with_stylus(canvas, (50, 50, 0.25), (90, 50, 0.5), (91, 50, 1.0))
    assert points(canvas) == [[[50, 50, 0.25], [90, 50, 0.5], [91, 50, 1]]]


def test_the_harder_the_stylus_presses_the_wider_the_line(canvas):
    for x, pressure in [(60, 0.1), (140, 0.5), (220, 1.0)]:
        draw_with_stylus(canvas, (x, 50, pressure), (x, 140, pressure), (x, 230, pressure))
    row = ink(canvas)[140]
    thin, middle, wide = (row[x - 20 : x + 20].sum() / 255 for x in (60, 140, 220))
    assert 3 < thin < middle - 3 < wide - 6
    assert wide == pytest.approx(14, abs=0.1)


def test_a_stylus_event_does_not_come_back_as_a_mouse_event(canvas):
    assert all(event.isAccepted() for event in draw_with_stylus(canvas, (50, 50, 1), (90, 50, 1)))


@pytest.mark.parametrize(
    "kind", [QInputDevice.DeviceType.Stylus, QInputDevice.DeviceType.TouchScreen]
)
def test_a_mouse_event_made_from_another_pen_does_not_draw(canvas, kind):
    device = QPointingDevice(
        "made up",
        3,
        kind,
        QPointingDevice.PointerType.Pen,
        QInputDevice.Capability.Position,
        1,
        1,
    )
    send_mouse(canvas, QEvent.Type.MouseButtonPress, 50, 50, device=device)
    send_mouse(canvas, QEvent.Type.MouseMove, 90, 50, device=device)
    assert not canvas.is_drawing
    assert points(canvas) == []


def test_a_stylus_that_hovers_does_not_draw(canvas):
    send_stylus(canvas, QEvent.Type.TabletMove, 50, 50, 0.0, held=NONE)
    assert points(canvas) == []


def test_a_button_on_the_barrel_ends_the_stroke(canvas):
    send_stylus(canvas, QEvent.Type.TabletPress, 50, 50, 1.0)
    send_stylus(canvas, QEvent.Type.TabletPress, 50, 50, 1.0, held=LEFT | RIGHT)
    assert not canvas.is_drawing
    assert points(canvas) == [[[50, 50, 1]]]


def test_the_eraser_end_leaves_no_ink(canvas):
    draw_with_stylus(canvas, (50, 50, 1), (90, 50, 1), device=ERASER)
    assert points(canvas) == []


def test_a_pressure_beyond_its_range_is_cut(canvas):
    draw_with_stylus(canvas, (50, 50, -0.5), (90, 50, 1.5))
    assert points(canvas) == [[[50, 50, 0], [90, 50, 1]]]


def test_a_stylus_gives_the_sheet_the_focus(canvas, qtbot):
    other = QLineEdit()
    canvas.window().layout().addWidget(other)
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    draw_with_stylus(canvas, (50, 50, 1), (60, 60, 1))
    assert canvas.hasFocus()


# Touch


@pytest.fixture
def touch(canvas):
    device = QTest.createTouchDevice()
    return lambda: QTest.touchEvent(canvas.window().windowHandle(), device)


def at(x, y):
    return QPointF(x, y).toPoint()


def test_a_finger_draws(canvas, touch):
    touch().press(0, at(50, 50)).commit()
    touch().move(0, at(60, 55)).commit()
    touch().release(0, at(70, 60)).commit()
    assert points(canvas) == [[[50, 50, 1], [60, 55, 1], [70, 60, 1]]]


def test_further_fingers_do_not_draw(canvas, touch):
    touch().press(0, at(50, 50)).commit()
    touch().stationary(0).press(1, at(200, 200)).commit()
    touch().move(0, at(60, 55)).move(1, at(210, 210)).commit()
    touch().release(0, at(60, 55)).move(1, at(220, 220)).commit()
    touch().release(1, at(220, 220)).commit()
    assert points(canvas) == [[[50, 50, 1], [60, 55, 1]]]


def test_the_hand_that_holds_the_stylus_does_not_draw(canvas, touch):
    send_stylus(canvas, QEvent.Type.TabletMove, 50, 50, 0.0, held=NONE)
    touch().press(0, at(200, 200)).commit()
    touch().move(0, at(210, 210)).commit()
    touch().release(0, at(210, 210)).commit()
    assert points(canvas) == []


def test_a_hand_that_was_there_before_the_stylus_leaves_no_ink(canvas, touch):
    touch().press(0, at(200, 200)).commit()
    touch().move(0, at(210, 210)).commit()
    draw_with_stylus(canvas, (50, 50, 1.0))
    touch().release(0, at(210, 210)).commit()
    assert points(canvas) == [[[50, 50, 1]]]
    assert not ink(canvas)[180:230, 180:230].any()


def test_fingers_draw_again_when_the_stylus_is_gone(canvas, touch, monkeypatch):
    draw_with_stylus(canvas, (50, 50, 1.0))
    monkeypatch.setattr(canvas_module, "PALM_SECONDS", 0.0)
    touch().press(0, at(200, 200)).commit()
    touch().release(0, at(200, 200)).commit()
    assert len(points(canvas)) == 2


# The look


@pytest.mark.parametrize("pen", ["mouse", "stylus"])
def test_what_is_painted_piece_by_piece_is_what_is_painted_at_once(canvas, pen):
    angles = np.linspace(0, 20, 300)
    xs, ys = 140 + 5 * angles * np.cos(angles), 140 + 5 * angles * np.sin(angles)
    spiral = np.stack([xs, ys, 0.5 + 0.5 * np.sin(angles)], axis=1).tolist()
    for number, (x, y, pressure) in enumerate(spiral):
        if pen == "mouse":
            kind = QEvent.Type.MouseMove if number else QEvent.Type.MouseButtonPress
            send_mouse(canvas, kind, x, y)
        else:
            kind = QEvent.Type.TabletMove if number else QEvent.Type.TabletPress
            send_stylus(canvas, kind, x, y, pressure)
        QApplication.processEvents()  # paints what the point has changed
    window = canvas.window()
    on_screen = rgb(window.screen().grabWindow(window.winId()))
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.PaletteChange))  # paints all anew
    assert on_screen == rgb(window.grab())
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.UngrabMouse))  # ends the stroke
    assert not canvas.is_drawing
    assert on_screen == rgb(window.grab())


def rgb(picture: QPixmap) -> QImage:
    return picture.toImage().convertToFormat(QImage.Format.Format_RGB32)
