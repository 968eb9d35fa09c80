"""Connects what the person says of drawings with the sheet, the answer and the weights in use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStackedWidget

from digitpad.window.hand.row import CorrectionRow
from digitpad.window.widgets.action import action

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog, QWidget

    from digitpad.hand.memory import Scored
    from digitpad.hand.practice import Practised
    from digitpad.ink import Drawing
    from digitpad.recognizer import Recognizer
    from digitpad.window.hand.scorecard import Scorecard
    from digitpad.window.hand.teaching import Teaching
    from digitpad.window.pad.answer import Answer
    from digitpad.window.practising import Practising
    from digitpad.window.sheet.canvas import Canvas

# What the first paint does not need is imported when it is needed.
# ruff: noqa: PLC0415


class YourHand(QObject):
    """The row that corrects the answer, and what is learned from it."""

    changed = Signal()
    """Answers may have changed."""

    def __init__(self, window: QWidget, canvas: Canvas, answer: Answer) -> None:
        super().__init__(window)
        self._window, self._canvas, self._answer = window, canvas, answer
        self.row = CorrectionRow()
        self.part = QStackedWidget()
        """The row below the answer: it corrects, or asks for a digit during a practice."""
        self.part.addWidget(self.row)
        self._practising: Practising | None = None
        self.row.chosen.connect(self._correct)
        canvas.label_changed.connect(self.show)
        answer.choice_changed.connect(self.show)
        self._teaching: Teaching | None = None
        self._learns = action(self, "&Learn from My Corrections", self._toggle)
        self._learns.setCheckable(True)
        self.for_menu = [
            self._learns,
            action(self, "&Practice", self._start_practice),
            action(self, "&Scorecard…", self._ask_for_scores),
            action(self, "&Import…", self._ask_for_import),
            action(self, "&Export…", self._ask_for_export),
            action(self, "&Forget All…", self._ask_to_forget),
        ]
        """The actions of the menu Your Hand."""

    def use(self, recognizer: Recognizer | None, name: str) -> None:
        """Learn for the weights in use, which have this name."""
        if self._teaching is None:
            from digitpad.window.hand.teaching import Teaching

            self._teaching = Teaching(self)
            self._teaching.changed.connect(self.changed)
            self._teaching.reported.connect(self.row.show_message)
            self._canvas.label_changed.connect(self._teach)
            if isinstance(app := QGuiApplication.instance(), QGuiApplication):
                app.applicationStateChanged.connect(self._learn_from_others)
            self._learns.setChecked(self._teaching.learns)
        self._teaching.use(recognizer, name)

    def _learn_from_others(self, state: Qt.ApplicationState) -> None:
        """Learn what was corrected in another window, when the person comes back to this one."""
        if self._teaching and state == Qt.ApplicationState.ApplicationActive:
            self._teaching.refresh()

    def close(self) -> None:
        """Wait until everything is kept."""
        if self._teaching:
            self._teaching.close()
            self._teaching = None

    def _correct(self, label: str) -> None:
        """Note what the person says of the chosen digit; the same again takes it back."""
        drawing = self._drawing
        if drawing is None or not set(drawing.strokes) <= set(self._canvas.drawing.strokes):
            return  # the sheet has changed, and will be answered in a moment
        self._canvas.set_label("" if label == self._canvas.label_of(drawing) else label, drawing)

    @property
    def _drawing(self) -> Drawing | None:
        """The strokes of the chosen digit, in the drawing that was answered."""
        reading, digit = self._answer.reading, self._answer.digit
        if reading is None or digit is None:
            return None
        return reading.drawing if self._answer.is_whole else reading.drawing_of(digit)

    def _teach(self, drawing: Drawing, label: str) -> None:
        if self._teaching is None:
            return
        if label:
            reading = self._answer.reading
            answers = [
                digit.prediction.answer
                for digit in (reading.digits if reading else ())
                if reading and reading.drawing_of(digit) == drawing
            ]
            self._teaching.correct(drawing, label, answers[0] if answers else None)
        else:
            self._teaching.take_back(drawing)

    def show(self) -> None:
        """Show what can be said of the drawing, and what was said, once it is answered."""
        is_drawing = not self._canvas.is_blank and self._canvas.picture is None
        digit = self._answer.digit
        is_possible = is_drawing and digit is not None
        if digit and digit.is_joined and not self._answer.is_whole:
            is_possible = False  # its strokes are not its own
        if self._practising:
            self._practising.show()
            is_possible = False
        drawing = self._drawing
        label = self._canvas.label_of(drawing) if drawing and is_possible else ""
        self.row.show_label(label, self._answer.what_is_chosen, is_possible=is_possible)

    def _toggle(self) -> None:
        if self._teaching:
            self._teaching.learns = self._learns.isChecked()

    # Practice

    @property
    def is_practising(self) -> bool:
        """Whether one digit is asked for."""
        return self._practising is not None

    def _start_practice(self) -> None:
        if self._practising or self._teaching is None:
            return
        from digitpad.window.practising import Practising

        self._teaching.learns = True
        self._learns.setChecked(True)
        self._practising = practising = Practising(self, self._canvas, self._answer)
        practising.ended.connect(self._end_practice)
        self.part.addWidget(practising.row)
        self.part.setCurrentWidget(practising.row)
        self._canvas.addAction(practising.row.next_action)
        self.show()
        self._canvas.setFocus()

    def _end_practice(self, practised: Sequence[Practised]) -> None:
        if practising := self._practising:
            self._practising = None
            self.part.removeWidget(practising.row)
            practising.row.deleteLater()
            practising.deleteLater()
            self.show()
        if self._teaching and practised:
            self._teaching.score(lambda scored: self._show_practised(practised, scored))

    def _show_practised(self, practised: Sequence[Practised], scored: list[Scored]) -> None:
        from digitpad.window.hand.practice import show_summary

        show_summary(practised, scored, self._ask_for_scores, self._window)

    # The menu

    def _ask_for_scores(self) -> None:
        if self._teaching:
            self._teaching.score(self._show_scores)

    def _show_scores(self, scored: list[Scored]) -> None:
        from digitpad.window.hand.scorecard import Scorecard

        card = Scorecard(scored, self._window)
        card.forget_requested.connect(lambda drawings: self._forget_from(card, drawings))
        if self._teaching:
            self._teaching.reported.connect(card.show_message)
        card.open()

    def _forget_from(self, card: Scorecard, drawings: list[Drawing]) -> None:
        from shiboken6 import isValid

        def show(scored: list[Scored]) -> None:
            if isValid(card):  # the person may have closed it meanwhile
                card.show_scores(scored)

        self._forget(drawings)
        if self._teaching:
            self._teaching.score(show)

    def _ask_for_import(self) -> None:
        dialog = self._dialog("Import Corrections")
        dialog.fileSelected.connect(lambda file: self._teach_with(Path(file), writes=False))
        dialog.open()

    def _ask_for_export(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = self._dialog("Export Corrections")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("ndjson")
        dialog.selectFile("corrections")
        dialog.fileSelected.connect(lambda file: self._teach_with(Path(file), writes=True))
        dialog.open()

    def _dialog(self, title: str) -> QFileDialog:
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(self._window, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilters(["Ink files (*.ndjson)", "All files (*)"])
        return dialog

    def _teach_with(self, path: Path, *, writes: bool) -> None:
        if self._teaching:
            (self._teaching.export_to if writes else self._teaching.import_from)(path)

    def _ask_to_forget(self) -> None:
        from PySide6.QtWidgets import QMessageBox

        from digitpad.window.widgets.label import message_box

        details = (
            "The answers are those of the weights again. A copy of the corrections stays in the "
            "notebook's folder, which Help ▸ Privacy names, as corrections-until-DATE.ndjson."
        )
        box = message_box(self._window, "Your Hand", "Forget all corrections?", details)
        forget = box.addButton("&Forget", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        forget.clicked.connect(self._forget_all)
        box.open()

    def _forget_all(self) -> None:
        self._forget(None)

    def _forget(self, drawings: Sequence[Drawing] | None) -> None:
        """Forget what these drawings have taught, or everything."""
        if self._teaching:
            self._teaching.forget(drawings)
            if drawings is None or self._canvas.drawing in drawings:
                self._canvas.set_label("", self._canvas.drawing)
