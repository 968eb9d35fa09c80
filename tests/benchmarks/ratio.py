"""A time against another of the same run: what a benchmark says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    what: str
    seconds: float
    against: str
    reference: float
    bound: float

    @property
    def value(self):
        return self.seconds / self.reference

    def __str__(self):
        verdict = "ok" if self.value <= self.bound else "ABOVE"
        return (
            f"{self.what}: {self.seconds * 1e3:.2f} ms, against {self.against}: "
            f"{self.reference * 1e3:.2f} ms; ratio {self.value:.2f} (≤ {self.bound:g}: {verdict})"
        )
