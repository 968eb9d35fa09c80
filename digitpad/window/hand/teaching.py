"""Teaches the recognizer what the person says, in a thread, and keeps it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from digitpad.window.widgets.settings import keep_setting, settings

if TYPE_CHECKING:
    from pathlib import Path

    from digitpad.hand.corrections import CorrectionFile, CorrectionRecord
    from digitpad.hand.memory import Correction, Hand, Learner, Lesson, Scored
    from digitpad.ink import Drawing
    from digitpad.recognizer import Recognizer

# What the first paint does not need is imported when it is needed.
# ruff: noqa: PLC0415

_KEY = "hand/learns"
_PREPARE_AFTER = 1500  # milliseconds, in which the window starts and a person looks at it
_RECENT = 4  # corrections of a digit that are counted
_NUMBERS = ("None", "One", "Two", "Three", "Four")


class Teaching(QObject):
    """Learns from corrections, for the recognizer in use. What was learned survives a restart."""

    changed = Signal()
    """Answers may have changed."""

    reported = Signal(str)
    """What a correction did, as text for the person."""

    _done = Signal(object)  # from the thread: what is to be done in the window's

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, "hand")
        self._done.connect(lambda do: do())
        self._recognizer: Recognizer | None = None
        self._weights = ""
        # Only the thread writes these.
        self._learner: Learner | None = None
        self._lessons: list[Lesson] = []
        self._learned: tuple[Recognizer | None, Hand | None] = None, None
        self._file: CorrectionFile | None = None
        self._preparation = QTimer(self, singleShot=True, interval=_PREPARE_AFTER)
        self._preparation.timeout.connect(self._prepare)

    @property
    def learns(self) -> bool:
        """Whether what was learned counts."""
        return settings().value(_KEY, "true") != "false"

    @learns.setter
    def learns(self, value: bool) -> None:
        keep_setting(_KEY, "true" if value else "false")
        self._apply()

    def use(self, recognizer: Recognizer | None, weights: str) -> None:
        """Learn again what is kept, for other weights with this name."""
        self._recognizer, self._weights = recognizer, weights
        if recognizer:
            self._submit(lambda: self._learn_again(recognizer))
            self._preparation.start()

    def _prepare(self) -> None:
        """Compute the anchors' features before the first correction needs them."""
        if recognizer := self._recognizer:
            self._submit(lambda: self._prepare_for(recognizer))

    def refresh(self) -> None:
        """Learn what another process has kept since, if anything."""
        recognizer = self._recognizer

        def refresh() -> None:
            if recognizer and self._corrections().is_changed:
                self._learn_again(recognizer)

        self._submit(refresh)

    def correct(self, drawing: Drawing, label: str, answer: int | None) -> None:
        """Learn that the drawing is `label`, a digit or ? for none; `answer` was given."""
        recognizer = self._recognizer
        if recognizer is None:
            return
        from digitpad.hand import NO_DIGIT_TEXT
        from digitpad.hand.corrections import CorrectionRecord
        from digitpad.hand.memory import Correction

        correction = Correction(drawing, None if label == NO_DIGIT_TEXT else int(label))
        noted = CorrectionRecord(correction, answer, self._weights, datetime.now(UTC))
        self._submit(lambda: self._learn(recognizer, noted))

    def take_back(self, drawing: Drawing) -> None:
        """Forget what was said of a drawing."""
        recognizer = self._recognizer
        if recognizer:
            self._submit(lambda: self._unlearn(recognizer, drawing))

    def score(self, show: Callable[[list[Scored]], None]) -> None:
        """Call `show` with how each corrected drawing is answered now."""
        recognizer = self._recognizer
        if recognizer is None:
            return

        def score() -> Callable[[], None]:
            if not self._lessons:
                return lambda: show([])
            scored = self._learner_for(recognizer).scored(self._lessons, self._learned[1])
            return lambda: show(scored)

        self._submit(score)

    def forget(self, drawings: Sequence[Drawing] | None = None) -> None:
        """Forget the corrections of these drawings, or all. A copy is kept."""

        def forget() -> Callable[[], None]:
            moved = self._corrections().forget(drawings)
            if self._learner is None or drawings is None:
                self._lessons, self._learned = [], (self._learned[0], None)
            else:
                self._drop(self._learner, drawings)
            copy = f" A copy is kept: {moved.name}" if moved else ""
            return lambda: self.reported.emit(f"Forgotten.{copy}")

        self._submit(forget)

    def import_from(self, path: Path) -> None:
        """Learn from the labelled drawings in an ink file as well."""
        recognizer = self._recognizer

        def learn_from_file() -> Callable[[], None]:
            from digitpad.hand.corrections import CorrectionRecord, correction_of
            from digitpad.inkfile import read_ink

            samples = read_ink(path, lambda _line, _reason: None)
            found = [correction for each in samples if (correction := correction_of(each))]
            now = datetime.now(UTC)
            self._corrections().add(*(CorrectionRecord(each, None, "", now) for each in found))
            if recognizer:
                self._learn_again(recognizer)
            drawings = f"{len(found)} labelled drawing{'s' * (len(found) != 1)}"
            return lambda: self.reported.emit(f"{drawings} imported.")

        self._submit(learn_from_file)

    def export_to(self, path: Path) -> None:
        """Write a copy of all corrections."""

        def export() -> Callable[[], None]:
            from digitpad.files import replacing

            content = self._corrections().path.read_bytes()
            with replacing(path) as file:
                file.write(content)
            return lambda: self.reported.emit(f"Your corrections are in {path.name}")

        self._submit(export)

    def close(self) -> None:
        """Wait until everything is written."""
        self._preparation.stop()
        self._thread.shutdown()

    # In the thread

    def _corrections(self) -> CorrectionFile:
        if self._file is None:
            from digitpad.hand.corrections import CorrectionFile, corrections_path

            self._file = CorrectionFile(corrections_path())
        return self._file

    def _learner_for(self, recognizer: Recognizer) -> Learner:
        if self._learner is None or self._learner.recognizer is not recognizer:
            from digitpad.hand.anchors import load_anchors
            from digitpad.hand.memory import Learner

            self._learner = Learner(recognizer, load_anchors())
            self._lessons, self._learned = [], (recognizer, None)
        return self._learner

    def _prepare_for(self, recognizer: Recognizer) -> None:
        self._learner_for(recognizer)

    def _learn_again(self, recognizer: Recognizer) -> None:
        corrections = self._corrections().read()
        if not corrections:
            self._lessons, self._learned = [], (recognizer, None)
            return
        from digitpad.hand.memory import MOST_LESSONS

        learner = self._learner_for(recognizer)
        known = {lesson.correction.drawing: lesson for lesson in self._lessons}
        self._lessons = []
        for each in corrections[-MOST_LESSONS:]:
            lesson = known.get(each.drawing)
            is_known = lesson is not None and lesson.correction == each
            self._lessons.append(lesson if lesson and is_known else learner.lesson(each))
        self._learned = recognizer, learner.learn(self._lessons)

    def _learn(self, recognizer: Recognizer, noted: CorrectionRecord) -> Callable[[], None]:
        correction, problem = noted.correction, ""
        try:
            self._corrections().add(noted)
        except OSError as error:
            problem = f" It cannot be kept for the next start: {error.strerror or error}."
        learner = self._learner_for(recognizer)
        if any(lesson.correction.drawing == correction.drawing for lesson in self._lessons):
            self._drop(learner, [correction.drawing])
        lesson, (_, before) = learner.lesson(correction), self._learned
        self._lessons.append(lesson)
        hand = learner.add(before, lesson)
        self._learned = recognizer, hand
        text = _summary(hand, correction, is_learned=hand is not before) + problem
        return lambda: self.reported.emit(text)

    def _unlearn(self, recognizer: Recognizer, drawing: Drawing) -> None:
        self._corrections().remove(drawing)
        self._drop(self._learner_for(recognizer), [drawing])

    def _drop(self, learner: Learner, drawings: Sequence[Drawing]) -> None:
        rest = [each for each in self._lessons if each.correction.drawing not in drawings]
        self._lessons = rest
        self._learned = learner.recognizer, learner.learn(self._lessons)

    # Between the threads

    def _submit(self, do: Callable[[], Callable[[], None] | None]) -> None:
        """Do something in the thread, and what it returns in the window's."""

        def finish(future: Future[Callable[[], None] | None]) -> None:
            self._done.emit(lambda: self._take(future.exception() or future.result()))

        self._thread.submit(do).add_done_callback(finish)

    def _take(self, result: object) -> None:
        """Use what was learned, and say what it is."""
        self._apply()
        from digitpad.inkfile import InkFileError

        if isinstance(result, OSError | ValueError | InkFileError):
            self.reported.emit(f"That failed: {result}")
        elif isinstance(result, BaseException):
            raise result
        elif callable(result):
            result()

    def _apply(self) -> None:
        recognizer, learned = self._learned
        is_in_use = recognizer is self._recognizer  # the thread may still be with the ones before
        hand = learned if self.learns and is_in_use else None
        if self._recognizer and self._recognizer.hand is not hand:
            self._recognizer.hand = hand
            self.changed.emit()


def _summary(hand: Hand | None, correction: Correction, *, is_learned: bool) -> str:
    label = correction.label
    name = "not a digit" if label is None else str(label)
    noted = f"Noted: {name}."
    if not is_learned or hand is None:
        return f"{noted} It changes no answer: other people's digits would become errors."
    recent = [
        bool(correct)
        for lesson, correct in zip(hand.lessons, hand.is_learned, strict=True)
        if lesson.correction.label == label
    ][-_RECENT:]
    if len(recent) < 2:
        return noted if recent[0] else f"{noted} A few more like it, and it is learned."
    many = "digits" if label is None else f"{name}s"
    what = f"last {_NUMBERS[len(recent)].lower()}"
    if label is None:
        return f"{noted} {_NUMBERS[sum(recent)]} of the {what} are answered as such now."
    return f"{noted} {_NUMBERS[sum(recent)]} of your {what} {many} are now correct."
