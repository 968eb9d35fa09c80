"""What is wrong with the options of a run, in a sentence, and what to do; empty if nothing is."""

from __future__ import annotations

from pathlib import Path

from digitpad.inkfile import InkFileError, is_ink_file
from digitpad.training.writers import parse_writers


def mnist_folder(chosen: Path) -> Path:
    """The folder that holds MNIST/raw; the person may have chosen one of those two."""
    if chosen.name == "raw":
        chosen = chosen.parent
    return chosen.parent if chosen.name == "MNIST" else chosen


def folder_problem(folder: Path | None) -> str:
    try:
        if folder is None or folder.is_dir():
            return ""
        if folder.exists():
            return "This is not a folder. Choose the folder that holds MNIST/raw."
    except OSError as error:
        return f"This folder cannot be opened: {error.strerror}. Choose another."
    return "This folder does not exist. Choose another, or leave it empty."


def ink_problem(files: list[Path]) -> str:
    problems = []
    for path in files:
        try:
            if not is_ink_file(path):
                problems.append(f"{path.name} is neither UNIPEN nor Quick, Draw! ndjson.")
        except InkFileError as error:
            problems.append(f"{path.name}{str(error).removeprefix(str(path))}.")
    return "\n".join([*problems, "Remove it, or repair the file."]) if problems else ""


def writers_problem(writers: str) -> str:
    if not writers:
        return ""
    try:
        parse_writers(writers)
    except ValueError as error:
        return f"This {error}. Or leave it empty."
    return ""
