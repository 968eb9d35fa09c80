"""The trainer makes the weights that digitpad uses. Run it with `python -m trainer`."""

import ctypes
import os
import platform

# Between two parallel loops torch's threads wait for each other, and by default they spin. While
# another program runs, they then occupy the core that the slowest thread needs: with one of two
# cores busy an epoch took minutes instead of seconds. OpenMP reads this once, when it is loaded, so
# it stands here, before any module of the package imports torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# With that policy GCC's OpenMP gives up its core at once. Spinning for some tens of microseconds
# first doubles the speed on two idle cores, and costs nothing where one is busy.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

# A batch's activations take some megabytes each. By default glibc returns such blocks to the system
# when they are freed, and every page is cleared and mapped again in the next step. Keeping them
# makes training faster by a fifth. The parameters are M_MMAP_THRESHOLD, at its maximum, and
# M_TRIM_THRESHOLD.
if platform.libc_ver()[0] == "glibc":
    _glibc = ctypes.CDLL(None)
    _glibc.mallopt(-3, 32 * 2**20)
    _glibc.mallopt(-1, 512 * 2**20)
