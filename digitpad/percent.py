"""Probabilities in percent."""


def percent(probability: float) -> str:
    """The percentage for a probability from 0 to 1, rounded down to one decimal; at most 99.9.

    "100.0" would claim a certainty that the Net does not have.
    """
    return f"{min(int(probability * 1000), 999) / 10:.1f}"
