"""A person who does anything in any order: nothing breaks, and the sheet is what it should be."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from digitpad.weights_store import bundled_weights
from digitpad.window.sheet.eraser import left_by_eraser

PLACES = st.tuples(st.integers(20, 260), st.integers(20, 260))
RIGHT, CTRL = Qt.MouseButton.RightButton, Qt.KeyboardModifier.ControlModifier


# Of three epochs, each with weights of its own.
TRAINER = """
start()
for epoch in range(1, 4):
    tell(BatchDone(epoch, 1, 0.5, 0.5, 1_000.0, 1.0))
    tell(EpochDone(epoch, 0.9, 0.9, 0.3, 0.1, 1_000.0, 1.0))
    time.sleep(0.02)
if wait_for_command() == "stop":
    finish("equal")
else:
    tell(RunEnded("stopped"))
"""


def machine_for(open_window, weights, mouse_on, files, person, qtbot):  # noqa: C901  # many small rules
    """The rules, for windows that `open_window` opens."""

    class AnyUse(RuleBasedStateMachine):
        @initialize()
        def open(self):
            self.window = open_window(bundled_weights())
            self.canvas, self.mouse = self.window.canvas, mouse_on(self.window.canvas)
            QTest.qWait(0)
            self.window.in_and_out.recent.keeps = False  # a strip would move the sheet
            self.canvas.clear()
            # The model: the number of strokes at each step, and whether there is a picture.
            self.past, self.now, self.future = [], self.content(), []

        def content(self):
            return (self.canvas.drawing.strokes, self.canvas.picture)

        def press(self, key, modifiers=Qt.KeyboardModifier.NoModifier):
            self.window.activateWindow()  # as a click does; the floating panel may be active
            qtbot.waitUntil(self.window.isActiveWindow)
            self.canvas.setFocus()
            QTest.keyClick(self.canvas, key, modifiers)

        def close_notice(self):
            if self.window.notice:  # it floats over the sheet
                self.window.notice.close()

        def stepped(self, expected):
            if expected != self.now:
                self.past.append(self.now)
                self.now, self.future = expected, []
            assert self.content() == self.now

        @rule(points=st.lists(PLACES, min_size=1, max_size=5))
        def draw(self, points):
            strokes, _ = self.now
            self.mouse.stroke(*points)
            found = self.canvas.drawing.strokes
            assert len(found) == len(strokes) + 1
            self.stepped(((*strokes, found[-1]), None))

        @rule(start=PLACES, end=PLACES)
        def erase(self, start, end):
            strokes, picture = self.now
            self.mouse.press(*start, RIGHT)
            self.mouse.move(*end)
            self.mouse.release(*end, RIGHT)
            if menu := QApplication.activePopupWidget():  # the button has erased nothing
                menu.close()
            if picture:
                self.stepped(self.now)
            else:
                places = [
                    self.canvas.mapFrom(self.window, self.mouse.at(*at)) for at in (start, end)
                ]
                scale = self.canvas.width() / 280
                way = [(at.x() / scale, at.y() / scale, 1.0) for at in places]
                left = left_by_eraser(left_by_eraser(strokes, way[0], way[0]), *way)
                self.stepped((left, None))

        @rule()
        def undo(self):
            self.press(Qt.Key.Key_Z, CTRL)
            if self.past:
                self.future.append(self.now)
                self.now = self.past.pop()
            assert self.content() == self.now

        @rule()
        def redo(self):
            self.press(Qt.Key.Key_Y, CTRL)
            if self.future:
                self.past.append(self.now)
                self.now = self.future.pop()
            assert self.content() == self.now

        @rule()
        def clear(self):
            self.press(Qt.Key.Key_Escape)
            self.stepped(((), None))

        @rule(file=st.sampled_from(files))
        def open_file(self, file):
            before = self.content()
            opener, read = self.window.in_and_out.opener, []
            for signal in (opener.opened, opener.failed):
                signal.connect(lambda *_: read.append(True))
            self.window.in_and_out.open([file])
            while not read:
                QTest.qWait(1)
            self.close_notice()
            found = self.content()
            if found != before:
                assert found[1] is not None or found[0]
                self.past.append(self.now)
                self.now, self.future = found, []

        @rule(text=st.text(max_size=20))
        def paste_text(self, text):
            data = QMimeData()
            data.setText(text)
            data.setUrls([QUrl(text)])
            QApplication.clipboard().setMimeData(data)
            self.press(Qt.Key.Key_V, CTRL)
            self.close_notice()
            assert self.content() == self.now

        @rule(key=st.sampled_from("PE[]"))
        def press_key(self, key):
            self.press(key)
            self.press("P")
            assert self.content() == self.now

        @rule(width=st.integers(400, 1200), height=st.integers(560, 900))
        def resize(self, width, height):
            self.window.resize(width, height)
            QApplication.processEvents()
            assert self.content() == self.now

        @rule(which=st.sampled_from([weights, bundled_weights()]))
        def use_weights(self, which):
            self.window.use_weights(which)
            assert self.content() == self.now

        @rule()
        def answer(self):
            QTest.qWait(1)
            shown = self.window.answer.prediction
            assert (shown is None) == (self.now == ((), None))

        @rule()
        def start_a_training(self):
            self.window.show_training()
            training = self.window.training
            if not training.is_running:
                training.panel.show_form()
                training.form.data.setCurrentText("Synthetic digits")
                training.form.start_button.click()
            assert self.content() == self.now

        @rule(button=st.sampled_from(["Stop Early", "Cancel…", "Keep Going", "Yes, Cancel"]))
        def press_in_the_training(self, button):
            if self.window.training and button in person.buttons(self.window.training):
                person.click(self.window.training, button)
            assert self.content() == self.now

        @rule(is_floating=st.booleans())
        def move_the_panel(self, is_floating):
            if self.window.training:
                self.window.training.setFloating(is_floating)
                QApplication.processEvents()
            assert self.content() == self.now

        @rule()
        def toggle_the_panel(self):
            self.press(Qt.Key.Key_T, CTRL)
            assert self.content() == self.now

        @rule(milliseconds=st.integers(0, 200))
        def wait(self, milliseconds):
            QTest.qWait(milliseconds)
            assert self.content() == self.now

        def teardown(self):
            if hasattr(self, "window"):
                self.window.quit()

    return AnyUse


@pytest.mark.qt_log_ignore("occurs outside target window", "This plugin does not support")
def test_any_use_leaves_the_sheet_as_it_should_be(
    open_window, weights, mouse_on, tmp_path, repository, person, qtbot
):
    person.use_trainer(TRAINER)
    junk = tmp_path / "junk.png"
    junk.write_bytes(b"\x89PNG no picture")
    files = [
        junk,
        tmp_path / "missing.ndjson",
        repository / "tests" / "digitpad" / "window" / "look" / "photo.jpg",
    ]
    run_state_machine_as_test(
        machine_for(open_window, weights, mouse_on, files, person, qtbot),
        settings=settings(
            max_examples=30,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # examples depend on the window before: none can be shrunk
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
