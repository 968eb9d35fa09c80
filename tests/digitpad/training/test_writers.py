import pytest

from digitpad.ink import Drawing
from digitpad.inkfile import Sample
from digitpad.training.writers import parse_writers


def sample(writer=None, split=None):
    return Sample(Drawing(), 7, writer, split)


@pytest.mark.parametrize(
    ("text", "included", "excluded"),
    [
        (
            "26-30",
            [sample("26"), sample("30")],
            [sample("25"), sample("31"), sample(), sample("x")],
        ),
        ("7", [sample("7"), sample("07")], [sample("70"), sample(split="7")]),
        ("choose", [sample("a", "choose"), sample("choose")], [sample("a", "train"), sample()]),
        ("apa-64815d", [sample("apa-64815d", "train")], [sample("apa-64815e"), sample()]),
        ("26-30, Ada ,choose", [sample("28"), sample("Ada"), sample("5", "choose")], [sample("5")]),
    ],
)
def test_writers_are_named_by_number_name_or_split(text, included, excluded):
    writers = parse_writers(text)
    assert all(any(each.include(one) for each in writers) for one in included)
    assert not any(each.include(one) for each in writers for one in excluded)


def test_each_item_has_a_name_for_people():
    assert list(map(str, parse_writers("26-30, 7,choose"))) == [
        "writers 26-30",
        "writers 7",
        "choose",
    ]


@pytest.mark.parametrize("text", ["", ",", "26-30,", "-", "30-26"])
def test_other_lists_are_refused(text):
    with pytest.raises(ValueError, match="must"):
        parse_writers(text)
