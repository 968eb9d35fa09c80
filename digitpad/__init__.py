"""digitpad: draw a digit, see the answer."""

import os

# The Net is too small for a second BLAS thread: with two, one prediction in twenty takes 4 ms, not
# 0.2 ms. OpenBLAS reads the variable when NumPy is first imported, so it is set here, before any
# module of the package can import NumPy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
