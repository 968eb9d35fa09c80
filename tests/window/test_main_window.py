"""The whole window, used as a person uses it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from digitpad.ink import ink_image
from digitpad.recognizer import Recognizer
from tests.window.conftest import SEVEN
