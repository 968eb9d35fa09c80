"""Digits that need no download, and trainers that train on few of them."""

import math
import os
import subprocess
import sys
import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer
from tempfile import TemporaryFile

import pytest
import torch

from digitpad.training.messages import from_json
from trainer import run_data
from trainer.__main__ import main
from trainer.data.digits import Digits
from trainer.data.torchvision_compat import datasets
from trainer.options import TrainOptions
from trainer.run.report import REPORTS, write_nothing

# The batches here are so small that a second thread costs more than it brings.
torch.set_num_threads(1)

IMAGES = 1_000  # enough to learn something in four epochs

PROGRAM = """
import os, resource, signal, sys
from trainer import __main__, run_data
from trainer.run import report
{before}
run_data.SYNTHETIC_IMAGES = {images}

def write_json(message):
    report.write_json(message)
    if type(message).__name__ == "EpochDone" and message.epoch == 1:
        {after_first_epoch}

report.REPORTS["json"] = write_json
sys.exit(__main__.main())
"""


class TrainerProcess:
    """A process of the trainer in `folder` that reports in JSON.

    `before` and `after_first_epoch` are code that it runs as well.
    """

    def __init__(self, folder, *arguments, images=IMAGES, before="", after_first_epoch="pass"):
        self.messages = []
        self._errors = TemporaryFile()  # noqa: SIM115  # closed at the end of the process
        program = PROGRAM.format(images=images, before=before, after_first_epoch=after_first_epoch)
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments), "--progress", "json"],
            cwd=folder,
            # The batches are too small for two threads. pytest removes what is left in TMPDIR.
            env=os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": str(folder.parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def read_until(self, message_class):
        """Read messages until the next one of a class, and return that."""
        for line in self.process.stdout:
            self.messages.append(from_json(line))
            if isinstance(self.messages[-1], message_class):
                return self.messages[-1]
        self.wait()
        raise AssertionError(self.errors)

    def send(self, line):
        """Write a line to standard input, or close it if there is none."""
        if line is None:
            self.process.stdin.close()
        else:
            self.process.stdin.write(line)
            self.process.stdin.flush()

    def wait(self):
        """Read all messages and wait for the end; the exit code."""
        if not self.process.stdout.closed:
            with self.process.stdout as lines:
                self.messages += map(from_json, lines)
        code = self.process.wait()
        self.process.stdin.close()
        with self._errors:
            self._errors.seek(0)
            self.errors = self._errors.read().decode()
        return code

    def messages_of(self, message_class):
        return [message for message in self.messages if isinstance(message, message_class)]


@pytest.fixture(scope="session")
def start_trainer():
    """Starts a trainer as a process; takes the arguments of `TrainerProcess`."""
    return TrainerProcess


@pytest.fixture
def run_here(tmp_path, monkeypatch, capsys):
    """Runs a command line of the trainer in this process, by default in an empty folder.

    `report` receives its messages. Gives the exit code, standard output and standard error.
    """

    def run(*arguments, folder=tmp_path, images=IMAGES, report=write_nothing):
        monkeypatch.setattr(run_data, "SYNTHETIC_IMAGES", images)
        monkeypatch.setitem(REPORTS, TrainOptions.progress, report)
        monkeypatch.chdir(folder)
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = ended.code
        return code, *capsys.readouterr()

    return run


@pytest.fixture(autouse=True)
def no_mirrors(monkeypatch):
    """No test downloads MNIST from the internet."""
    monkeypatch.setattr(datasets.MNIST, "mirrors", [])


@pytest.fixture
def serve():
    """Starts a mirror that replies to a request for a file by its name, and makes it the next.

    The reply is sent as it is, and the connection closed; without a reply it stays open.
    """
    ended, threads = threading.Event(), []

    def serve_(reply):
        class Handler(StreamRequestHandler):
            def handle(self):
                name = self.rfile.readline().split()[1].rpartition(b"/")[2].decode()
                content = reply(name)
                if content is None:
                    ended.wait()
                else:
                    self.wfile.write(content)

        server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        threads.append((server, threading.Thread(target=server.serve_forever)))
        threads[-1][1].start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        datasets.MNIST.mirrors.append(address)
        return address

    yield serve_
    ended.set()
    for server, thread in threads:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def files():
    """The names of the files in a folder, without locks."""
    return lambda folder: sorted(
        path.name for path in folder.iterdir() if not path.name.endswith(".lock")
    )


@pytest.fixture
def blobs() -> Digits:
    """640 images that any Net learns at once: digit d is a blob at d o'clock of ten."""
    torch.manual_seed(0)
    labels = torch.arange(10).repeat(64)
    images = torch.randint(0, 40, (640, 28, 28), dtype=torch.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        row = round(13.5 - 9 * math.cos(label * math.tau / 10))
        column = round(13.5 + 9 * math.sin(label * math.tau / 10))
        image[row - 2 : row + 3, column - 2 : column + 3] = 255
    return Digits("blobs", images, labels)
