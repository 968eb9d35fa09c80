"""How fast the pad is: `python -m tests.benchmarks`. Each figure is a ratio of one run."""

# Before NumPy and torch, as in the programs: they set how these use their threads.
import digitpad  # noqa: F401
import trainer  # noqa: F401
