"""A measurement as a ratio to another of the same run."""

from dataclasses import dataclass

_PER_UNIT = {"ms": 1e3, "MB": 1e-6, "": 1}


@dataclass(frozen=True)
class Ratio:
    """A measurement in seconds, bytes or counts, its reference, and the largest ratio allowed."""

    what: str
    measured: float
    against: str
    reference: float
    bound: float
    unit: str = "ms"
    """Unit to print the measurements in: ms or MB, or none."""

    @property
    def value(self):
        return self.measured / self.reference

    @property
    def is_within_bound(self):
        return self.value <= self.bound

    def __str__(self):
        verdict = "ok" if self.is_within_bound else "ABOVE"
        measured, reference = (
            f"{value * _PER_UNIT[self.unit]:.2f} {self.unit}"
            for value in (self.measured, self.reference)
        )
        return (
            f"{self.what}: {measured}, against {self.against}: {reference}; "
            f"ratio {self.value:.2f} (≤ {self.bound:g}: {verdict})"
        )
