"""Learning from corrections, with the bundled weights and anchors."""

import numpy as np
import pytest

from digitpad.hand.anchors import Anchors, load_anchors
from digitpad.hand.memory import MOST_LESSONS, Correction, Learner
from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import read_ink
from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights
from trainer.data.synthetic import draw


@pytest.fixture
def recognizer():
    return Recognizer(bundled_weights())


@pytest.fixture(scope="module")
def learner():
    return Learner(Recognizer(bundled_weights()), load_anchors())


@pytest.fixture(scope="module")
def digits():
    """Synthetic digits, 0 to 9 in turn."""
    generator = np.random.default_rng(0)
    return [(draw(n % 10, generator), n % 10) for n in range(300)]


# A way of writing 4 that the weights take for something else: an open one, lying on its side.
ODD = Drawing(
    (
        Stroke.from_xy([20, 120, 120, 200], [60, 60, 140, 140]),
        Stroke.from_xy([40, 180], [100, 105]),
        Stroke.from_xy([70, 75], [20, 180]),
    )
)


def answers(recognizer, hand, drawings):
    recognizer.hand = hand
    found = [recognizer.recognize(drawing).answer for drawing in drawings]
    recognizer.hand = None
    return found


def moved(drawing, slant=0.05, by=9.0):
    """The drawing as the same person may draw it again."""
    return Drawing(
        tuple(
            Stroke.from_xy(stroke.xy[:, 0] + slant * stroke.xy[:, 1] + by, stroke.xy[:, 1] * 1.03)
            for stroke in drawing.strokes
        )
    )


@pytest.mark.parametrize("label", [4, 8])
def test_a_corrected_drawing_and_others_like_it_are_answered_as_corrected(
    recognizer, learner, label
):
    both = [ODD, moved(ODD)]
    assert label not in answers(recognizer, None, both)
    hand = learner.add(None, learner.lesson(Correction(ODD, label)))
    assert hand.is_learned.all()
    assert answers(recognizer, hand, both) == [label, label]


def test_what_is_said_to_be_no_digit_is_none(recognizer, learner, digits):
    seven = next(drawing for drawing, digit in digits if digit == 7)
    assert answers(recognizer, None, [seven]) == [7]
    hand = learner.add(None, learner.lesson(Correction(seven, None)))
    if hand:  # unless it would harm others' sevens
        assert answers(recognizer, hand, [seven]) == [None]


def test_one_lesson_less_is_as_if_it_had_never_been(recognizer, learner, digits):
    lessons = [learner.lesson(Correction(ODD, 4))]
    lessons += [learner.lesson(Correction(*each)) for each in digits[:20]]
    both = [ODD, moved(ODD)]
    assert answers(recognizer, learner.learn(lessons), both) == [4, 4]
    without = answers(recognizer, learner.learn(lessons[1:]), both)
    assert without == answers(recognizer, None, both)


def test_confirming_what_is_correct_changes_nothing_else(recognizer, learner, digits):
    drawings = [drawing for drawing, _ in digits]
    before = answers(recognizer, None, drawings)
    right = [each for each, answer in zip(digits, before, strict=True) if each[1] == answer]
    hand = learner.learn(learner.lesson(Correction(*each)) for each in right[:60])
    after = answers(recognizer, hand, drawings)
    assert sum(a != b for a, b in zip(after, before, strict=True)) <= 3


def test_wrong_corrections_do_not_spoil_the_answers_to_others(recognizer, learner, digits):
    wrong = [Correction(drawing, (digit + 1) % 10) for drawing, digit in digits[:60]]
    hand = learner.learn(map(learner.lesson, wrong))
    others, labels = zip(*digits[100:], strict=True)
    before, after = (
        np.mean(np.array(answers(recognizer, each, others)) == labels) for each in (None, hand)
    )
    assert after >= before - 0.06  # these are of the same styles as those that were corrected


def test_the_latest_lessons_count(learner, digits, monkeypatch):
    monkeypatch.setattr("digitpad.hand.memory.MOST_LESSONS", 5)
    lessons = [learner.lesson(Correction(*each)) for each in digits[:9]]
    hand = learner.learn(lessons)
    assert len(hand.lessons) <= 5 < MOST_LESSONS
    assert hand.lessons[-1] is lessons[-1]
    assert hand.own.shape == (len(hand.lessons),) * 2


def test_a_drawing_without_strokes_teaches_nothing(learner):
    with pytest.raises(ValueError, match="needs a drawing"):
        learner.lesson(Correction(Drawing(), 3))


def test_anchors_without_outliers_will_do(recognizer, digits):
    anchors = load_anchors()
    only = anchors.labels >= 0
    learner = Learner(recognizer, Anchors(anchors.images[only], anchors.labels[only]))
    hand = learner.add(None, learner.lesson(Correction(ODD, 4)))
    assert answers(recognizer, hand, [ODD]) == [4]
    assert digits


def test_a_person_of_unipen_is_answered_better(data_dir, recognizer, learner):
    """The split choose, which neither weights nor anchors have learned."""
    people = {}
    for sample in read_ink(data_dir / "unipen" / "digits.ndjson", lambda *_: None):
        if sample.split == "choose" and sample.label is not None:
            people.setdefault(sample.writer, []).append(sample)
    before = after = 0
    for drawn in people.values():
        half = len(drawn) // 2
        lessons = [
            learner.lesson(Correction(each.drawing, each.label))
            for each in drawn[:half]
            if recognizer.recognize(each.drawing).digit != each.label
        ]
        rest = [each.drawing for each in drawn[half:]]
        labels = [each.label for each in drawn[half:]]
        hand = learner.learn(lessons)
        before += sum(a != b for a, b in zip(answers(recognizer, None, rest), labels, strict=True))
        after += sum(a != b for a, b in zip(answers(recognizer, hand, rest), labels, strict=True))
    assert after <= before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing"])
def test_damaged_anchors_are_refused(tmp_path, content):
    path = tmp_path / "anchors.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"anchors|data"):
        load_anchors(path)
