"""Files that are written whole or not at all, and names that only one process gets."""

import os
import secrets
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from digitpad.files import remove_leftovers, replacing, reserve

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX only")

LONGEST_NAMES = {
    "ASCII": "n" * 255,
    "non-ASCII": "七" * 85,
    "cut character": "x" * 99 + "é" * 78,  # a cut after 100 bytes falls inside a character
    "not text": os.fsdecode(b"\xff" * 255),
}


def write(path, content=b"new"):
    with replacing(path) as file:
        file.write(content)


@posix
class TestReplacing:
    def test_symbolic_link_stays_and_its_target_is_replaced(self, tmp_path):
        target, link, link_to_link = (tmp_path / name for name in ("target", "a", "b"))
        link.symlink_to("target")
        link_to_link.symlink_to("a")
        write(link, b"created")
        assert target.read_bytes() == b"created"
        write(link_to_link, b"replaced")
        assert link.is_symlink()
        assert link_to_link.is_symlink()
        assert target.read_bytes() == b"replaced"

    def test_permissions_are_kept(self, tmp_path):
        path = tmp_path / "private"
        path.touch(0o600)
        with replacing(path) as file:
            file.write(b"secret")
            modes = {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
        assert modes == {0o600}
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_new_file_has_the_permissions_of_the_umask(self, tmp_path):
        before = os.umask(0o027)
        try:
            write(tmp_path / "new")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640

    def test_temporary_name_cannot_be_guessed(self, tmp_path):
        path, names = tmp_path / "file", set()
        for _ in range(20):
            with replacing(path):
                names |= {each.name for each in tmp_path.iterdir()} - {path.name}
        assert len(names) == 20

    def test_link_under_the_temporary_name_is_not_followed(self, tmp_path, monkeypatch):
        path, victim = tmp_path / "file", tmp_path / "victim"
        victim.write_bytes(b"untouched")
        monkeypatch.setattr(secrets, "token_hex", lambda n: "0" * 2 * n)
        with replacing(path):
            (link,) = set(tmp_path.iterdir()) - {victim}
        link.symlink_to(victim)
        with pytest.raises(FileExistsError):
            write(path)
        assert link.is_symlink()
        assert victim.read_bytes() == b"untouched"

    @pytest.mark.parametrize(
        ("make", "reason"),
        [
            (Path.mkdir, "folder"),
            (os.mkfifo, "not a regular file"),
            (lambda path: path.symlink_to("/dev/null"), "not a regular file"),
            (lambda path: path.symlink_to(path.name), "symbolic links"),
        ],
        ids=["folder", "pipe", "device", "circular link"],
    )
    def test_anything_but_a_regular_file_is_refused(self, tmp_path, make, reason):
        path = tmp_path / "special"
        make(path)
        before = path.lstat()
        with pytest.raises(OSError, match=reason):
            write(path)
        assert path.lstat() == before
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("old", [None, b"old"])
    def test_failed_write_changes_nothing(self, tmp_path, old):
        path = tmp_path / "file"
        if old is not None:
            path.write_bytes(old)

        def interrupted_write():
            with replacing(path) as file:
                file.write(b"half")
                file.flush()
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted_write()
        assert [each.read_bytes() for each in tmp_path.iterdir()] == ([old] if old else [])

    @pytest.mark.skipif(sys.platform == "darwin", reason="a name must be valid text there")
    @pytest.mark.parametrize("name", LONGEST_NAMES.values(), ids=LONGEST_NAMES)
    def test_names_of_any_length_and_encoding(self, tmp_path, name):
        path = tmp_path / name
        write(path, b"1")
        write(path, b"2")
        remove_leftovers(path)
        assert path.read_bytes() == b"2"
        assert list(tmp_path.iterdir()) == [path]


@posix
def test_leftovers_of_killed_processes_are_removed_and_nothing_else(tmp_path):
    path = tmp_path / "net"
    others = [
        tmp_path / name
        for name in ("net.safetensors", "n" * 254, "n" * 255, ".net.tmp", ".net.mine.tmp")
    ]
    script = """
import os, signal, sys
from contextlib import ExitStack
from pathlib import Path
from digitpad.files import replacing
with ExitStack() as stack:
    for name in sys.argv[1:]:
        stack.enter_context(replacing(Path(name))).write(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""

    def write_half(*paths):
        killed = subprocess.run([sys.executable, "-c", script, *paths], check=False)
        assert killed.returncode == -signal.SIGKILL

    write_half(path)
    (leftover,) = tmp_path.iterdir()
    write_half(*others)
    for other in others:
        other.touch()
    kept = set(tmp_path.iterdir()) - {leftover}
    remove_leftovers(path)
    assert set(tmp_path.iterdir()) == kept
    remove_leftovers(others[1])
    assert len(kept) - len(set(tmp_path.iterdir())) == 1


def test_reserved_names_are_free_and_numbered_before_the_suffixes(tmp_path):
    path = tmp_path / "net.safetensors.checkpoint"
    assert reserve(path) == path
    path.write_text("kept")
    (tmp_path / "net-2.safetensors.checkpoint").symlink_to("nowhere")
    names = [reserve(path).name for _ in range(2)]
    assert names == [f"net-{number}.safetensors.checkpoint" for number in (3, 4)]
    assert path.read_text() == "kept"


HOLD = """
import sys
from pathlib import Path
from digitpad.files import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    print("writing", flush=True)
    sys.stdin.read()
"""


@posix
def test_what_a_killed_process_left_is_removed_by_the_next_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    start = [sys.executable, "-c", HOLD, path]
    killed, writing = (
        subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)
    )
    for process in (killed, writing):
        assert process.stdout.readline() == b"writing\n"
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert len(list(tmp_path.iterdir())) == 2
    write(path)
    assert len(list(tmp_path.iterdir())) == 2  # the file, and what the other process is writing
    writing.communicate()
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"half"]


@posix
def test_no_process_takes_a_finished_file_for_a_leftover(tmp_path, monkeypatch):
    path, replace = tmp_path / "file", Path.replace

    def replace_late(temporary, target):
        remove_leftovers(path)  # as another process may at that moment
        return replace(temporary, target)

    monkeypatch.setattr(Path, "replace", replace_late)
    write(path)
    assert path.read_bytes() == b"new"


@posix
def test_a_pipe_with_the_name_of_a_leftover_does_not_block(tmp_path):
    path = tmp_path / "file"
    with replacing(path):
        (temporary,) = tmp_path.iterdir()
    os.mkfifo(temporary)
    write(path)
    assert path.read_bytes() == b"new"
    assert temporary.exists()
