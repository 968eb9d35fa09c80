"""Practice: the ten digits are asked for twice in a row, and corrected as they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from digitpad.hand.memory import Scored
    from digitpad.ink import Drawing

_DIGITS = 10
_ROUNDS = ("First round", "Second round")


class Practised(NamedTuple):
    """A digit that was asked for, and what was answered before it was learned."""

    step: int
    drawing: Drawing
    answer: int | None
    """None for not a digit."""

    @property
    def digit(self) -> int:
        """The digit that was asked for."""
        return self.step % _DIGITS


@dataclass(frozen=True, slots=True)
class Practice:
    """How far a practice is."""

    step: int = 0
    """Number of digits that were drawn or skipped."""
    practised: tuple[Practised, ...] = ()

    @property
    def digit(self) -> int:
        """The digit that is asked for next."""
        return self.step % _DIGITS

    @property
    def steps(self) -> int:
        """Number of digits that are asked for."""
        return len(_ROUNDS) * _DIGITS

    @property
    def is_done(self) -> bool:
        return self.step == self.steps

    def skipped(self) -> Practice:
        """The practice after this digit was skipped."""
        return replace(self, step=self.step + 1)

    def drawn(self, drawing: Drawing, answer: int | None) -> Practice:
        """The practice after this digit was drawn, and answered like that."""
        return Practice(self.step + 1, (*self.practised, Practised(self.step, drawing, answer)))


def summary(practised: Sequence[Practised], scored: Sequence[Scored]) -> str:
    """What a practice has taught, in lines for people. `scored` are its drawings, learned."""
    lines = []
    for number, name in enumerate(_ROUNDS):
        if of_round := [each for each in practised if each.step // _DIGITS == number]:
            lines.append(f"{name}: {_accuracy(of_round)}")
    now = sum(each.now == each.correction.label for each in scored)
    before = sum(each.before == each.correction.label for each in scored)
    lines.append(
        f"With what was learned, {now} of {len(scored)} are correct; without it, {before}."
    )
    return "\n".join(lines)


def _accuracy(practised: Sequence[Practised]) -> str:
    errors = [each for each in practised if each.answer != each.digit]
    text = f"{len(practised) - len(errors)} of {len(practised)} correct."
    if errors:
        text += f" {', '.join(f'{each.digit} was {_name(each.answer)}' for each in errors)}."
    return text


def _name(answer: int | None) -> str:
    return "called not a digit" if answer is None else f"read as {answer}"
