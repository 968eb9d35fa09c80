"""The trainer: makes the weights that the pad reads. Run it with `python -m trainer`."""

import os

# Between two of torch's parallel loops its threads wait for each other, and by default they spin.
# Where anything else runs, the pad's window for instance, they then spin in the way of the thread
# they wait for: with one of two cores busy an epoch took minutes instead of seconds. OpenMP reads
# this once, when it is loaded, so it stands here, before any module of the package imports torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# GCC's OpenMP then gives up its core before it has waited at all. To spin for some tens of
# microseconds first doubles the speed on two quiet cores, and costs nothing where one is busy.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
