"""How fast the pad is: `python -m tests.benchmarks`. Each figure is a ratio of one run."""

import digitpad  # noqa: F401  # before NumPy, as in the pad: it keeps BLAS on one thread
