"""Probabilities as text."""


def percent(probability: float) -> str:
    """A probability in percent, with one decimal: rounded down, and 99.9 at most.

    "100.0" would claim a certainty that the Net does not have.
    """
    return f"{min(int(probability * 1000), 999) / 10:.1f}"
