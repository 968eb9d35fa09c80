"""Mutation test of `augment_pad`: its tests must fail for each of nine mutations.

Run as `python -m tests.mutants.augment_pad`. Exit code 1 if a mutation survives.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
MODULE = Path("trainer/transforms.py")
TESTS = REPOSITORY / "tests/trainer/test_augment_pad.py"

MUTATIONS = {
    "no centre correction": ("affine @ drift.unsqueeze(2) + ", ""),
    "no jitter": (" + uniform(0.8, 2, 1)", ""),
    "no change of size": ("uniform(0.05).exp() * ", ""),
    "no shear": ("uniform(0.18)", "uniform(0.0)"),
    "no bending": ("(strength * 0.64)", "0.0"),
    "no change of aspect": ("uniform(0.09)", "uniform(0.0)"),
    "no rotation": ("math.radians(12)", "0.0"),
    "rotation doubled": ("math.radians(12)", "math.radians(24)"),
    "no change of stroke width": (
        "return _vary_stroke_width(x, uniform(1.0), generator)",
        "return x",
    ),
}


def main() -> int:
    source = (REPOSITORY / MODULE).read_text(encoding="utf-8")
    for name, (original, _mutation) in MUTATIONS.items():
        if source.count(original) != 1:
            sys.exit(f"{name}: {MODULE} must contain {original!r} exactly once")
    sources = [source, *(source.replace(*mutation) for mutation in MUTATIONS.values())]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        unchanged_passes, *survivals = pool.map(_tests_pass, sources)
    if not unchanged_passes:
        sys.exit("the tests fail without a mutation")
    for name, survives in zip(MUTATIONS, survivals, strict=True):
        print(f"{name}: {'SURVIVED' if survives else 'killed'}")
    return int(any(survivals))


def _tests_pass(source: str) -> bool:
    """Whether the tests of `augment_pad` pass with `source` as the text of its module."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(REPOSITORY / "trainer", Path(folder, "trainer"))
        Path(folder, MODULE).write_text(source, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider"]
        result = subprocess.run(
            [*command, "--rootdir", REPOSITORY, TESTS],
            cwd=folder,  # comes first in the module search path of `python -m`
            env=os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode not in (0, 1):  # not failed tests, but an error of pytest's own
        raise RuntimeError(result.stdout + result.stderr)
    return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
