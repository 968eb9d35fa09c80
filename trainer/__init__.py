"""The trainer: makes the weights that the pad reads. Run it with `python -m trainer`."""

import ctypes
import os
import platform

# Between two of torch's parallel loops its threads wait for each other, and by default they spin.
# Where anything else runs, the pad's window for instance, they then spin in the way of the thread
# they wait for: with one of two cores busy an epoch took minutes instead of seconds. OpenMP reads
# this once, when it is loaded, so it stands here, before any module of the package imports torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# GCC's OpenMP then gives up its core before it has waited at all. To spin for some tens of
# microseconds first doubles the speed on two quiet cores, and costs nothing where one is busy.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

# A batch's activations are some megabytes each, and glibc gives such blocks back to the system when
# they are freed: in the next step every page of them is cleared and mapped anew. Kept, they make
# training faster by a fifth. These are M_MMAP_THRESHOLD, at its greatest, and M_TRIM_THRESHOLD.
if platform.libc_ver()[0] == "glibc":
    _glibc = ctypes.CDLL(None)
    _glibc.mallopt(-3, 32 * 2**20)
    _glibc.mallopt(-1, 512 * 2**20)
