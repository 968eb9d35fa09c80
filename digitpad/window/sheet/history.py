"""What is on the sheet, and the steps that can be undone and redone. Without Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from digitpad.ink import Drawing, Stroke
    from digitpad.picture import Picture


class Content(NamedTuple):
    """Strokes, or a picture; nothing on a blank sheet."""

    strokes: tuple[Stroke, ...] = ()
    picture: Picture | None = None
    labels: frozenset[tuple[tuple[Stroke, ...], str]] = frozenset()
    """What the person said that strokes are: a digit, or ? for none."""

    def with_stroke(self, stroke: Stroke) -> Content:
        """The content after a stroke, which takes the place of a picture."""
        return self._replace(strokes=(*self.strokes, stroke), picture=None)

    def keeping(self, strokes: tuple[Stroke, ...]) -> Content:
        """The content after all but these strokes were erased, with the labels of what is left."""
        left = frozenset(strokes if self.labels else ())
        labels = frozenset(each for each in self.labels if left.issuperset(each[0]))
        return Content(strokes, labels=labels)

    def with_label(self, strokes: tuple[Stroke, ...], label: str) -> Content:
        """The content after strokes were called something; an empty label takes that back."""
        others = {each for each in self.labels if each[0] != strokes}
        return self._replace(labels=frozenset(others | ({(strokes, label)} if label else set())))

    @property
    def drawing(self) -> Drawing:
        """The strokes as a Drawing."""
        return drawing_of(self.strokes)

    def label_of(self, strokes: tuple[Stroke, ...]) -> str:
        """What the person said that these strokes are; empty for nothing."""
        return next((label for labelled, label in self.labels if labelled == strokes), "")


BLANK = Content()


def drawing_of(strokes: tuple[Stroke, ...]) -> Drawing:
    """Strokes as a Drawing."""
    from digitpad.ink import Drawing  # noqa: PLC0415  # imports NumPy: the first paint does without

    return Drawing(strokes)


def new_strokes(after: tuple[Stroke, ...], before: tuple[Stroke, ...]) -> tuple[Stroke, ...]:
    """The strokes of `after` from the first that differs from `before`."""
    pairs = enumerate(zip(after, before, strict=False))
    same = next((i for i, (one, other) in pairs if one is not other), len(before))
    return after[same:]


MOST_STEPS = 1_000
"""Number of steps that can be undone. Each costs a reference for every stroke on the sheet."""

MOST_PICTURE_BYTES = 8 << 20
"""Size of the pictures that undo can bring back: ten of the largest."""


class History:
    """The present content of the sheet, and those before and after it."""

    def __init__(self) -> None:
        self.present = BLANK
        self._past: list[Content] = []
        self._future: list[Content] = []

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    def step(self, content: Content) -> None:
        """Take a step to this content. What was undone can no longer be redone."""
        self._past.append(self.present)
        self._future.clear()
        self.present = content
        if len(self._past) > MOST_STEPS or content.picture:
            self._forget_the_oldest()

    def _forget_the_oldest(self) -> None:
        kept = self._past[-MOST_STEPS:]
        sizes, pictures = 0, set[int]()
        for number in range(len(kept) - 1, -1, -1):
            if (picture := kept[number].picture) and id(picture) not in pictures:
                pictures.add(id(picture))
                sizes += picture.grey.nbytes + sum(c.ink.nbytes for c in picture.components)
                if sizes > MOST_PICTURE_BYTES:
                    kept = kept[number + 1 :]
                    break
        self._past = kept

    def undo(self) -> None:
        """Go back one step, if there is one."""
        if self._past:
            self._future.append(self.present)
            self.present = self._past.pop()

    def redo(self) -> None:
        """Take the step again that was undone last, if there is one."""
        if self._future:
            self._past.append(self.present)
            self.present = self._future.pop()
