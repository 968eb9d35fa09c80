"""How fast the pad is, and how well it reads photos: `python -m tests.benchmarks`.

Each figure is compared with another of the same run.
"""

# Before NumPy and torch, as in the programs: they set how these use their threads.
import digitpad  # noqa: F401
import trainer  # noqa: F401
