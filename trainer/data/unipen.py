"""Cuts drawings of digits, letters and numbers from the UNIPEN distribution.

The distribution is train_r01_v07 of the Unipen consortium, 1999: Zenodo, doi
10.5281/zenodo.1195803, CC BY 4.0. Its folder data/CATEGORY/SOURCE holds files of labels, which
include files of ink.

`unipen-left-out.tsv` lists the halves of digits and the blots among its digits that were seen by
eye when digitpad's training data were made.
"""

from __future__ import annotations

import csv
import hashlib
import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from digitpad.inkfile import Sample
from trainer.data.digits import DataError
from trainer.data.unipen_file import Segment, read_segments

DISTRIBUTION = "UNIPEN's train_r01_v07 (Zenodo, doi 10.5281/zenodo.1195803)"

KEPT_BACK = frozenset(("aga", "art", "gmd", "hpp", "imp", "lex", "lou", "pri", "tos", "uqb"))
"""Sources that are not used: the weights are checked on them from outside."""

LEFT_OUT = Path(__file__).with_name("unipen-left-out.tsv")

_SHOWN = 5  # files with the same problem


@dataclass(frozen=True)
class Kind:
    """What to cut: the categories of the distribution, and the label, with its quotes."""

    categories: tuple[str, ...]
    label: re.Pattern[bytes]
    per_label: int | None = None
    """Maximum number of drawings with the same label; None if all are taken."""


KINDS = {
    "digits": Kind(("1a",), re.compile(rb'"([0-9])"')),
    # A label is taken as it stands. So the escaped quotation mark, "\"", is labelled as a
    # backslash, and the escaped backslash is left out, as in the data of the bundled weights. It
    # does not matter to a training, which uses neither.
    "letters": Kind(("1b", "1c", "1d"), re.compile(rb'"([!#-/:-~])"'), per_label=500),
    "numbers": Kind(("7", "8"), re.compile(rb'"([0-9]{2,10})"')),
}
"""The kinds of drawings, by name."""


def cut_drawings(folder: Path, kind: Kind, report: Callable[[str], None]) -> list[Sample]:
    """Cut all drawings of one kind from the distribution, which is `folder` or in it.

    They come in the order of their files. If there is a limit for each label, those drawings are
    taken whose SHA-256 of "category/file components" comes first, and in that order. What cannot be
    read is skipped, and reported once for each problem and file. Raises DataError if there is no
    distribution, or no drawing of this kind in it.
    """
    root = _find_distribution(folder)
    categories = " ".join(kind.categories)
    files = list(_files(root / "data" / category for category in kind.categories))
    report(
        f"Reading {len(files):,} file{'s' * (len(files) != 1)} of {root}, categories {categories}"
    )
    problems = _Problems()
    drawings = _drawings(root, files, kind, problems)
    if kind.per_label is None:
        samples = [sample for _, sample in drawings]
    else:
        samples = _first_by_hash(drawings, kind.per_label)
    for line in problems.lines():
        report(line)
    if not samples:
        raise DataError(
            f"{root}: there are no such drawings in the categories {categories}. Unpack the whole "
            f"of {DISTRIBUTION}, and name the unpacked folder"
        )
    return samples


def summary(samples: Sequence[Sample]) -> str:
    """How many drawings there are, by how many writers, in all and in each split."""
    groups = {"drawings": samples} | {
        f"  {split}": [each for each in samples if each.split == split]
        for split in ("train", "choose")
    }
    return "\n".join(
        f"{name}: {len(group):,} (writers: {len({each.writer for each in group}):,})"
        for name, group in groups.items()
    )


def _find_distribution(folder: Path) -> Path:
    """The folder that holds data and include: `folder`, or one in it, or one in one of these."""
    for candidate in chain([folder], *(sorted(folder.glob(each)) for each in ("*", "*/*"))):
        try:
            if all((candidate / each).is_dir() for each in ("data", "include")):
                return candidate
        except OSError:  # may not be read
            continue
    raise DataError(
        f"{folder}: neither this folder nor one in it holds the folders data and include of "
        f"{DISTRIBUTION}. Download and unpack it, and name the unpacked folder"
    )


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    """The files of these categories, but not those of the sources that are kept back."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if len(parts) > 1 and parts[0] not in KEPT_BACK and not path.is_dir():
                yield path


def _drawings(
    root: Path, files: Iterable[Path], kind: Kind, problems: _Problems
) -> Iterator[tuple[str, Sample]]:
    """The drawings, with their names: "category/file components"."""
    with LEFT_OUT.open(encoding="utf-8", newline="") as rows:
        left_out = {
            f"{row['file']} {row['components']}" for row in csv.DictReader(rows, delimiter="\t")
        }
    for path in files:
        file = path.relative_to(root / "data")
        for segment in read_segments(path, root / "include", kind.label, problems.add):
            name = f"{file.as_posix()} {segment.components}"
            if name not in left_out:
                yield name, _sample(segment, source=file.parts[1])


def _sample(segment: Segment, source: str) -> Sample:
    # A person has the same name in all kinds, and is in the same split.
    writer = f"{source}-{_sha256(segment.writer_id or source)[:6]}"
    split = "choose" if int(_sha256(f"d {writer}"), 16) % 5 == 0 else "train"
    label = segment.label
    is_digit = label.isdigit() and len(label) == 1
    return Sample(
        segment.drawing,
        int(label) if is_digit else None,
        writer,
        split,
        None if is_digit else label,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _first_by_hash(drawings: Iterable[tuple[str, Sample]], per_label: int) -> list[Sample]:
    """The first drawings of each label, in the order of the SHA-256 of their names."""
    # A heap for each label, with the last of the hashes on top. The number decides between drawings
    # of the same name, since samples have no order.
    heaps = defaultdict[str | None, list[tuple[int, int, Sample]]](list)
    for number, (name, sample) in enumerate(drawings):
        heap = heaps[sample.text]
        heapq.heappush(heap, (-int(_sha256(name), 16), -number, sample))
        if len(heap) > per_label:
            heapq.heappop(heap)
    return [sample for _, _, sample in sorted(chain(*heaps.values()), reverse=True)]


class _Problems:
    """Counts what could not be read, by problem and file."""

    def __init__(self) -> None:
        self._counts = defaultdict[str, Counter[Path]](Counter)

    def add(self, path: Path, problem: str) -> None:
        self._counts[problem][path] += 1

    def lines(self) -> Iterator[str]:
        """A sentence for each problem and file, or for the other files if there are many."""
        for problem, counts in self._counts.items():
            for path, n in list(counts.items())[:_SHOWN]:
                times = f" ({n:,} times)" if n > 1 else ""
                yield f"{_printable(path)}: {problem}{times}"
            if len(counts) > _SHOWN:
                yield f"{len(counts) - _SHOWN:,} more files: {problem}"


def _printable(path: Path) -> str:
    """The path without characters that would change the display of a terminal."""
    return "".join(each if each.isprintable() else "?" for each in str(path))
