"""The sheet: events of real windows become strokes and ink."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget

from digitpad.window.sheet.canvas import Canvas
from digitpad.window.sheet.view import MAX_SHRINKING
from digitpad.window.widgets import theme
from digitpad.window.widgets.brush import MAX_WIDTH, MIN_WIDTH, WIDTH

Button = Qt.MouseButton
LEFT, RIGHT, NONE = Button.LeftButton, Button.RightButton, Button.NoButton


@pytest.fixture
def canvas(qtbot):
    widget = Canvas()
    qtbot.addWidget(widget)
    black = theme.LIGHT._replace(text=QColor("black"))
    widget.setPalette(theme.palette(black))
    widget.resize(280, 280)  # one pixel per canvas unit
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


@pytest.fixture
def mouse(canvas, mouse_on):
    return mouse_on(canvas)


@pytest.fixture
def resize(canvas, qtbot):
    def resize_to(width, height):
        canvas.resize(width, height)
        qtbot.waitUntil(lambda: (canvas.width(), canvas.height()) == (width, height))

    return resize_to


def points(canvas):
    return [stroke.points.tolist() for stroke in canvas.drawing.strokes]


@pytest.fixture
def darkness(canvas, grey_of):
    """Grabs the sheet: the darkness of each pixel, from 0 to 255; 0 where there is no ink."""
    return lambda: 255 - grey_of(canvas)


@pytest.fixture
def ink(darkness):
    """Grabs the sheet: whether there is ink, for each pixel inside the border."""

    def grab():
        dark = darkness() > 128
        dark[[0, -1]] = dark[:, [0, -1]] = False
        return dark

    return grab


# Pens. The mouse of `mouse_on` reaches the sheet by way of its window; these can do more.


def send_mouse(canvas, kind, x, y, device=None):
    at = QPointF(x, y)
    event = QMouseEvent(
        kind,
        at,
        QPointF(canvas.mapToGlobal(at)),
        NONE if kind == QEvent.Type.MouseMove else LEFT,
        NONE if kind == QEvent.Type.MouseButtonRelease else LEFT,
        Qt.KeyboardModifier.NoModifier,
        device or QPointingDevice.primaryPointingDevice(),
    )
    QApplication.sendEvent(canvas, event)


def device(kind, end):
    able = QInputDevice.Capability.Position | QInputDevice.Capability.Pressure
    return QPointingDevice("made up", 1, kind, end, able, 1, 1)


PEN = device(QInputDevice.DeviceType.Stylus, QPointingDevice.PointerType.Pen)
ERASER = device(QInputDevice.DeviceType.Stylus, QPointingDevice.PointerType.Eraser)
SCREEN = device(QInputDevice.DeviceType.TouchScreen, QPointingDevice.PointerType.Finger)


class Stylus:
    """A stylus, in pixels of the sheet."""

    def __init__(self, canvas, end=PEN):
        self._canvas, self._end = canvas, end

    def press(self, x, y, pressure=1.0, button=LEFT, held=LEFT):
        self._send(QEvent.Type.TabletPress, x, y, pressure, button, held)

    def move(self, x, y, pressure=1.0, held=LEFT):
        self._send(QEvent.Type.TabletMove, x, y, pressure, NONE, held)

    def release(self, x, y):
        self._send(QEvent.Type.TabletRelease, x, y, 0.0, LEFT, NONE)

    def stroke(self, *points):
        first, *rest = points
        self.press(*first)
        for point in rest:
            self.move(*point)
        self.release(*points[-1][:2])

    def _send(self, kind, x, y, pressure, button, held):
        event = QTabletEvent(
            kind,
            self._end,
            QPointF(x, y),
            QPointF(self._canvas.mapToGlobal(QPointF(x, y))),
            pressure,
            *(0.0, 0.0, 0.0, 0.0, 0.0),  # tilts, tangential pressure, rotation, z
            Qt.KeyboardModifier.NoModifier,
            button,
            held,
        )
        QApplication.sendEvent(self._canvas, event)
        assert event.isAccepted()  # or Qt makes a mouse event of it, and it draws twice


@pytest.fixture
def stylus(canvas):
    return Stylus(canvas)


@pytest.fixture
def touch(canvas):
    """Starts a touch event; `commit` sends it."""
    screen = QTest.createTouchDevice()
    return lambda: QTest.touchEvent(canvas.window().windowHandle(), screen)


# Strokes


@pytest.mark.parametrize("side", [280, 560])
def test_a_stroke_has_every_point_in_canvas_units_at_full_pressure(mouse, canvas, resize, side):
    resize(side, side)
    mouse.stroke((10, 20), (30, 40), (50, 45))
    assert points(canvas) == [[[10, 20, 1], [30, 40, 1], [50, 45, 1]]]


def test_a_click_is_a_dot(canvas, mouse, ink):
    mouse.stroke((140, 100))
    assert points(canvas) == [[[140, 100, 1]]]
    ys, xs = ink().nonzero()
    assert (np.ptp(xs), np.ptp(ys)) == (13, 13)
    assert (xs.mean(), ys.mean()) == pytest.approx((139.5, 99.5))


def test_points_beyond_the_sheet_are_kept(canvas):
    send_mouse(canvas, QEvent.Type.MouseButtonPress, 270, 50)
    send_mouse(canvas, QEvent.Type.MouseMove, 400, -60)
    send_mouse(canvas, QEvent.Type.MouseButtonRelease, 400, -60)
    assert points(canvas) == [[[270, 50, 1], [400, -60, 1]]]


def test_the_drawing_is_reported_during_a_stroke_and_at_its_end(canvas, mouse, qtbot):
    def reported(do, *args):
        with qtbot.waitSignal(canvas.drawing_changed) as signal:
            do(*args)
        assert signal.args == [canvas.drawing]
        return len(canvas.drawing.strokes[0].points), canvas.is_drawing

    assert reported(mouse.press, 10, 10) == (1, True)
    assert reported(mouse.move, 20, 10) == (2, True)
    assert reported(mouse.release, 20, 10) == (2, False)


def test_a_second_button_does_not_draw_and_finishes_the_stroke(canvas, mouse):
    mouse.press(50, 50)
    mouse.move(90, 90)
    mouse.press(90, 90, RIGHT)
    assert not canvas.is_drawing
    mouse.move(200, 90)
    mouse.release(200, 90, RIGHT)
    mouse.release(200, 90)
    assert points(canvas) == [[[50, 50, 1], [90, 90, 1]]]


def move_focus(canvas):
    other = QLineEdit(canvas)
    other.show()
    other.setFocus()


def open_window(canvas):
    other = QWidget(canvas, Qt.WindowType.Window)
    other.show()
    other.activateWindow()


@pytest.mark.parametrize(
    "interrupt",
    [
        QWidget.hide,
        lambda canvas: canvas.setEnabled(False),
        move_focus,
        open_window,
        lambda canvas: QDialog(canvas).open(),
        lambda canvas: QApplication.sendEvent(canvas, QEvent(QEvent.Type.UngrabMouse)),
    ],
    ids=["hide", "disable", "focus", "window", "dialog", "ungrab"],
)
def test_an_interruption_finishes_the_stroke_and_keeps_it(canvas, mouse, qtbot, interrupt):
    if interrupt is not move_focus:  # a stylus draws without the focus
        canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        canvas.clearFocus()
    mouse.press(50, 50)
    mouse.move(90, 90)
    assert canvas.is_drawing
    assert canvas.hasFocus() == (interrupt is move_focus)
    interrupt(canvas)
    qtbot.waitUntil(lambda: not canvas.is_drawing)
    send_mouse(canvas, QEvent.Type.MouseMove, 200, 200)
    assert points(canvas) == [[[50, 50, 1], [90, 90, 1]]]


@pytest.mark.parametrize("source", [PEN, SCREEN], ids=["stylus", "touch screen"])
def test_a_mouse_event_made_from_another_pen_does_not_draw(canvas, source):
    send_mouse(canvas, QEvent.Type.MouseButtonPress, 50, 50, source)
    send_mouse(canvas, QEvent.Type.MouseMove, 90, 50, source)
    assert canvas.is_blank


# Steps


@pytest.mark.parametrize("step", ["undo", "clear"])
def test_a_step_during_a_stroke_finishes_it_and_loses_nothing(canvas, mouse, step):
    mouse.stroke((10, 10), (20, 20))
    mouse.press(50, 50)
    mouse.move(90, 90)
    getattr(canvas, step)()
    mouse.move(120, 120)
    mouse.release(120, 120)
    first, second = [[10, 10, 1], [20, 20, 1]], [[50, 50, 1], [90, 90, 1]]
    assert points(canvas) == ([first] if step == "undo" else [])
    canvas.redo() if step == "undo" else canvas.undo()
    assert points(canvas) == [first, second]


def test_nothing_can_be_redone_after_a_new_stroke(canvas, mouse):
    mouse.stroke((10, 10))
    canvas.undo()
    assert canvas.can_redo
    mouse.stroke((20, 20))
    assert not canvas.can_redo
    canvas.redo()
    assert points(canvas) == [[[20, 20, 1]]]


def test_every_step_can_be_undone(canvas, mouse):
    for number in range(250):
        mouse.stroke((10 + number, 10))
    undone = 0
    while canvas.can_undo:
        canvas.undo()
        undone += 1
    assert (undone, canvas.is_blank) == (250, True)
    while canvas.can_redo:
        canvas.redo()
    assert [x for [[x, _, _]] in points(canvas)] == list(range(10, 260))


def test_any_step_looks_as_if_all_were_painted_anew(canvas, mouse, darkness):
    rng = np.random.default_rng(0)
    for number in range(60):
        start = rng.integers(20, 260, 2)
        if number % 7 == 6:
            eraser_end(canvas, tuple(start), tuple(start + 40))
        elif number % 19 == 18:
            canvas.clear()
        else:
            mouse.stroke(*(tuple(start + rng.integers(-15, 15, 2)) for _ in range(5)))
    steps = [canvas.undo] * 40 + [canvas.redo] * 20 + [canvas.undo] * 70
    for step in steps:
        step()
        seen = darkness()
        QApplication.sendEvent(canvas, QEvent(QEvent.Type.PaletteChange))  # all is painted again
        np.testing.assert_array_equal(seen, darkness())
    assert canvas.is_blank


# Eraser and width


def right_drag(canvas, *places):
    start, *rest = (QPoint(*place) for place in places)
    QTest.mousePress(canvas, RIGHT, pos=start)
    for place in rest:
        QTest.mouseMove(canvas, place)
    QTest.mouseRelease(canvas, RIGHT, pos=(rest or [start])[-1])


def eraser_end(canvas, *places):
    Stylus(canvas, ERASER).stroke(*places)


def eraser_tool(canvas, *places):
    canvas.erases = True
    Stylus(canvas).stroke(*places)
    canvas.erases = False


@pytest.mark.parametrize("erase", [right_drag, eraser_end, eraser_tool])
def test_the_eraser_takes_whole_strokes_in_one_step(canvas, mouse, ink, erase):
    strokes = [[(40, y), (240, y)] for y in (40, 100, 160, 220)]
    mouse.draw(strokes)
    left_over = [[[40, y, 1], [240, y, 1]] for y in (40, 220)]
    erase(canvas, (100, 70), (120, 130), (140, 170))
    assert points(canvas) == left_over
    assert not ink()[90:170].any()
    canvas.undo()
    assert len(points(canvas)) == 4
    assert ink()[100, 60:220].all()
    canvas.redo()
    assert points(canvas) == left_over


def test_what_is_erased_is_gone_at_once(canvas, mouse, ink, qtbot):
    mouse.draw([[(40, 40), (240, 40)], [(40, 200), (240, 200)]])
    with qtbot.waitSignal(canvas.drawing_changed) as reported:
        mouse.press(100, 40, RIGHT)
    assert [len(drawing.strokes) for drawing in reported.args] == [1]
    assert not ink()[40].any()
    mouse.release(100, 40, RIGHT)
    assert len(points(canvas)) == 1


def test_a_quick_eraser_misses_nothing_on_its_way(canvas, mouse):
    mouse.draw([[(x, 40), (x, 240)] for x in range(30, 260, 20)])
    mouse.stroke((140, 260))
    right_drag(canvas, (10, 100), (270, 180))
    assert points(canvas) == [[[140, 260, 1]]]


@pytest.mark.parametrize("erase", [right_drag, eraser_end])
def test_erasing_nothing_is_no_step(canvas, mouse, erase):
    erase(canvas, (100, 100), (120, 120))
    assert not canvas.can_undo
    mouse.stroke((40, 40), (40, 90))
    erase(canvas, (100, 100), (120, 120))
    canvas.undo()
    assert canvas.is_blank


def test_the_sheet_has_its_size_again_when_the_last_stroke_is_erased(canvas, mouse, resize):
    resize(280, 560)
    mouse.stroke((100, -120), (180, -120))
    resize(380, 380)
    right_drag(canvas, (190, 0), (190, 379))
    assert canvas.is_blank
    QTest.mouseClick(canvas, LEFT, pos=QPoint(0, 190))
    assert points(canvas) == [[[0, 140, 1]]]  # the square fills the sheet


def test_the_menu_opens_whenever_the_right_button_erases_nothing(canvas, mouse, qtbot):
    asked = []
    canvas.menu_requested.connect(asked.append)
    mouse.stroke((140, 140), (150, 150))
    eraser_end(canvas, (140, 140))
    assert canvas.is_blank
    for number in (1, 2):
        mouse.press(140, 140, RIGHT)
        mouse.release(140, 140, RIGHT)
        qtbot.waitUntil(lambda n=number: len(asked) == n)
    mouse.stroke((140, 140), (150, 150))
    mouse.press(140, 140, RIGHT)
    mouse.release(140, 140, RIGHT)
    QApplication.processEvents()
    assert canvas.is_blank
    assert len(asked) == 2


def test_an_interrupted_erasure_is_kept(canvas, mouse):
    mouse.draw([[(40, 40), (240, 40)], [(40, 200), (240, 200)]])
    mouse.press(100, 40, RIGHT)
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.UngrabMouse))
    mouse.move(100, 200)
    mouse.release(100, 200, RIGHT)
    assert len(points(canvas)) == 1
    canvas.undo()
    assert len(points(canvas)) == 2


@pytest.mark.parametrize("width", [MIN_WIDTH, MAX_WIDTH])
def test_the_width_of_the_pen_changes_the_look_and_not_the_drawing(canvas, mouse, darkness, width):
    mouse.stroke((140, 60), (140, 220))
    drawn = points(canvas)
    assert darkness()[140, 100:180].sum() / 255 == pytest.approx(WIDTH, abs=0.1)
    canvas.pen_width = width
    assert darkness()[140, 100:180].sum() / 255 == pytest.approx(width, abs=0.1)
    assert points(canvas) == drawn
    mouse.press(60, 60)
    for y in range(62, 220, 2):
        mouse.move(60, y)
        QApplication.processEvents()
    on_screen = rgb(canvas.screen().grabWindow(canvas.winId()))
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.PaletteChange))
    assert on_screen == rgb(canvas.grab())
    mouse.release(60, 218)
    canvas.pen_width = 1000
    assert canvas.pen_width == MAX_WIDTH


# Stylus and touch


def test_the_stylus_draws_with_its_pressure_within_limits(canvas, stylus):
    stylus.stroke((50, 50, 0.25), (90, 50, 0.5), (91, 50, 1.5), (92, 50, -0.5))
    assert points(canvas) == [[[50, 50, 0.25], [90, 50, 0.5], [91, 50, 1], [92, 50, 0]]]


def test_the_harder_the_stylus_presses_the_wider_the_line(stylus, darkness):
    for x, pressure in [(60, 0.1), (140, 0.5), (220, 1.0)]:
        stylus.stroke((x, 50, pressure), (x, 140, pressure), (x, 230, pressure))
    row = darkness()[140]
    thin, middle, wide = (row[x - 20 : x + 20].sum() / 255 for x in (60, 140, 220))
    assert 3 < thin < middle - 3 < wide - 6
    assert wide == pytest.approx(14, abs=0.1)


@pytest.mark.parametrize("pressure", [float("nan"), float("inf"), -float("inf")])
def test_a_pressure_that_is_no_number_counts_as_full(canvas, stylus, pressure):
    stylus.stroke((50, 50, pressure), (90, 50, 0.5), (120, 50, pressure))
    assert points(canvas) == [[[50, 50, 1], [90, 50, 0.5], [120, 50, 1]]]


def test_only_the_tip_of_the_stylus_draws(canvas, stylus):
    Stylus(canvas, ERASER).stroke((50, 50), (90, 50))
    stylus.move(50, 50, 0.0, held=NONE)
    assert canvas.is_blank
    stylus.press(50, 50)
    stylus.press(50, 50, button=RIGHT, held=LEFT | RIGHT)  # the barrel button ends the stroke
    stylus.move(90, 50, held=LEFT | RIGHT)
    assert points(canvas) == [[[50, 50, 1]]]


def test_a_stylus_gives_the_sheet_the_focus(canvas, stylus, qtbot):
    move_focus(canvas)
    qtbot.waitUntil(lambda: not canvas.hasFocus())
    stylus.stroke((50, 50), (60, 60))
    assert canvas.hasFocus()


def test_the_first_finger_draws_and_further_ones_do_not(canvas, touch):
    touch().press(0, QPoint(50, 50)).commit()
    touch().stationary(0).press(1, QPoint(200, 200)).commit()
    touch().move(0, QPoint(60, 55)).move(1, QPoint(210, 210)).commit()
    touch().release(0, QPoint(70, 60)).move(1, QPoint(220, 220)).commit()
    touch().release(1, QPoint(220, 220)).commit()
    assert points(canvas) == [[[50, 50, 1], [60, 55, 1], [70, 60, 1]]]


@pytest.mark.parametrize("stylus_first", [True, False])
def test_the_palm_of_the_hand_leaves_no_ink(canvas, touch, stylus, stylus_first, ink):
    if stylus_first:
        stylus.move(50, 50, 0.0, held=NONE)
    touch().press(0, QPoint(200, 200)).commit()
    touch().move(0, QPoint(210, 210)).commit()
    assert canvas.is_drawing != stylus_first
    stylus.stroke((50, 50))
    touch().release(0, QPoint(210, 210)).commit()
    assert points(canvas) == [[[50, 50, 1]]]
    assert not ink()[180:230, 180:230].any()


# Shape and look


def test_ink_beside_the_square_stays_in_view(canvas, mouse, resize, ink):
    resize(280, 560)
    mouse.stroke((100, -100), (180, -100))  # a bar above the square
    mouse.stroke((140, 0), (140, 100))
    drawn = points(canvas)
    resize(560, 300)
    assert points(canvas) == drawn
    scale = 150 / (240 + 7)  # half the height shows the bar's centre and half its width
    row = round(150 - 240 * scale)
    bar = ink()[row].nonzero()[0]
    assert (bar.min(), bar.max()) == pytest.approx((280 - 47 * scale, 280 + 47 * scale), abs=2)
    canvas.undo()
    np.testing.assert_array_equal(ink()[row].nonzero()[0], bar)  # it has not moved
    canvas.clear()
    QTest.mouseClick(canvas, LEFT, pos=QPoint(280, 0))  # the square fills the height again
    assert points(canvas) == [[[140, 0, 1]]]


def test_ink_that_returns_to_a_sheet_of_another_shape_is_in_view(canvas, mouse, resize, ink):
    resize(280, 560)
    mouse.stroke((100, -120), (180, -120))  # a bar above the square
    canvas.clear()
    resize(380, 380)
    canvas.undo()
    scale = 190 / (260 + 7)  # half the height shows the bar's centre and half its width
    bar = ink()[round(190 - 260 * scale)].nonzero()[0]
    assert np.ptp(bar) == pytest.approx((80 + 14) * scale, abs=3)


@pytest.mark.qt_log_ignore("occurs outside target window", "This plugin does not support")
def test_a_stroke_far_beyond_the_edge_does_not_move_the_sheet(canvas, mouse, resize, darkness, ink):
    mouse.stroke((140, 60), (140, 220))
    before = darkness()
    mouse.stroke((140, 140), (5_000, 140))
    canvas.undo()
    np.testing.assert_array_equal(darkness(), before)
    canvas.redo()
    resize(290, 290)
    ys, _ = ink()[:, 120:170].nonzero()
    assert np.ptp(ys) > 174 * 290 / 280 / MAX_SHRINKING - 3  # still large enough to see


def test_a_sheet_that_changes_its_shape_does_not_tear_the_stroke(canvas, mouse, resize, ink):
    mouse.press(40, 40)
    resize(560, 400)  # a panel closes beside it
    xs = range(40, 501, 5)  # enough points for ink that is not painted again
    for x in xs:
        QTest.mouseMove(canvas, QPoint(x, 40))  # the corner of the sheet has not moved
    assert ink()[40, 40:500].all()
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(500, 40))
    assert points(canvas) == [[[x, 40, 1] for x in xs]]
    scale = 280 / (500 - 140 + 18)  # half the width shows the stroke's end and half its width
    assert ink()[round(200 - 100 * scale), round(280 - 100 * scale) : 550].all()
    assert not ink()[40].any()
    QTest.mouseClick(canvas, LEFT, pos=QPoint(280, 200))  # the square is in the middle again
    assert points(canvas)[1] == [pytest.approx([140, 140, 1])]


@pytest.mark.parametrize("pen", ["mouse", "stylus"])
def test_ink_looks_the_same_painted_piece_by_piece_and_at_once(canvas, stylus, pen):
    angles = np.linspace(0, 20, 300)
    xs, ys = 140 + 5 * angles * np.cos(angles), 140 + 5 * angles * np.sin(angles)
    spiral = np.stack([xs, ys, 0.5 + 0.5 * np.sin(angles)], axis=1).tolist()
    for number, (x, y, pressure) in enumerate(spiral):
        if pen == "mouse":
            kind = QEvent.Type.MouseMove if number else QEvent.Type.MouseButtonPress
            send_mouse(canvas, kind, x, y)
        else:
            (stylus.move if number else stylus.press)(x, y, pressure)
        QApplication.processEvents()  # paints what the point has changed
    on_screen = rgb(canvas.screen().grabWindow(canvas.winId()))
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.PaletteChange))  # all is painted again
    assert on_screen == rgb(canvas.grab())
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.UngrabMouse))  # finishes the stroke
    assert not canvas.is_drawing
    assert on_screen == rgb(canvas.grab())


def rgb(picture):
    return picture.toImage().convertToFormat(QImage.Format.Format_RGB32)
