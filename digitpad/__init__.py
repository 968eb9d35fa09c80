"""digitpad: draw a digit, see the answer."""

import os

# The Net is so small that a second BLAS thread costs more than it brings: with two, one answer in
# twenty takes 4 ms instead of 0.2 ms. OpenBLAS reads this once, when NumPy is first imported, so it
# stands here, before any module of the package can import NumPy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
