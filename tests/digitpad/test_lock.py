"""The lock of a training run, between real processes."""

import subprocess
import sys

import pytest

from digitpad.lock import LockedError, is_locked, lock_file, locked

HOLDER = """
import sys
from pathlib import Path
from digitpad.lock import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("end", ["close", "kill"])
def test_lock_is_held_until_its_process_ends(tmp_path, end):
    weights = tmp_path / "net.safetensors"
    assert not is_locked(weights)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, weights], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        try:
            assert holder.stdout.readline() == b"locked\n"
            assert is_locked(weights)
            assert not is_locked(tmp_path / "other.safetensors")
            with pytest.raises(LockedError, match="another training is writing"), locked(weights):
                pytest.fail("two processes hold the lock")
        finally:
            holder.stdin.close() if end == "close" else holder.kill()
    assert not is_locked(weights)
    with locked(weights):
        assert is_locked(weights)
    assert not is_locked(weights)
    assert list(tmp_path.iterdir()) == [lock_file(weights)]


def test_a_link_and_its_target_share_a_lock(tmp_path):
    target, link = tmp_path / "folder" / "net.safetensors", tmp_path / "link.safetensors"
    target.parent.mkdir()
    link.symlink_to(target)
    with locked(link):
        assert is_locked(target)
    with locked(target):
        assert is_locked(link)
    assert list(target.parent.iterdir()) == [lock_file(link)]


def test_asking_for_the_lock_leaves_no_trace(tmp_path):
    assert not is_locked(tmp_path / "net.safetensors")
    assert not is_locked(tmp_path / "missing" / "net.safetensors")
    assert list(tmp_path.iterdir()) == []
