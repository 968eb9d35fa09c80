"""Time from the start of the process to the first painted window."""

import os
import statistics
import subprocess
import sys
import time

from tests.benchmarks.ratio import Ratio

RUNS = 9

# Prints the time when the event loop runs again after the first paint, and quits.
_FIRST_PAINT = """
def report_first_paint(window_class):
    import time
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication
    paint = window_class.paintEvent
    def report():
        print(time.monotonic(), flush=True)
        QApplication.quit()
    def painted(self, event):
        QTimer.singleShot(0, report)
        paint(self, event)
    window_class.paintEvent = painted
"""

PAD = """
from digitpad.window.main_window import MainWindow
report_first_paint(MainWindow)
from digitpad.__main__ import main
main([])
"""

BARE = """
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
report_first_paint(Window)
app = QApplication([])
window = Window()
window.show()
app.exec()
"""

WITH_TORCH = "import torch\n" + BARE


def run():
    programs = {"pad": PAD, "bare": BARE, "torch": WITH_TORCH}
    seconds = {name: [] for name in programs}
    for _ in range(RUNS + 1):  # interleaved, so that a disturbance affects all alike
        for name, program in programs.items():
            seconds[name].append(_seconds_to_first_paint(program))
    median = {name: statistics.median(times[1:]) for name, times in seconds.items()}
    what = "process start to first painted window"
    yield Ratio(what, median["pad"], "a bare PySide6 window", median["bare"], 1.5)
    yield Ratio(what, median["pad"], "one that also imports torch", median["torch"], 0.5)


def _seconds_to_first_paint(program):
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has compiled modules
    started = time.monotonic()  # the same clock in all processes
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_PAINT + program],
        env=environment,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    return float(done.stdout) - started
