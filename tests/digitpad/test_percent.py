import pytest

from digitpad.percent import percent


@pytest.mark.parametrize(
    ("probability", "text"),
    [(0, "0.0"), (0.1239, "12.3"), (0.5, "50.0"), (0.9989, "99.8"), (0.99999, "99.9"), (1, "99.9")],
)
def test_probability_is_rounded_down_and_never_100_percent(probability, text):
    assert percent(probability) == text
