"""Runs all attacks, or those whose names contain one of the arguments."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.hostile import files, ink, outputs, pictures, texts

ATTACKS = {
    name: attack
    for module in (files, ink, pictures, texts, outputs)
    for name, attack in module.attacks()
}


def main() -> int:
    wanted = sys.argv[1:]
    names = [n for n in ATTACKS if not wanted or any(each in n for each in wanted)]
    violated = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            problem = ATTACKS[name](Path(folder))
        if problem:
            violated += 1
            print(f"VIOLATED {name}: {problem}", flush=True)
    print(f"{len(names)} tried, {len(names) - violated} held, {violated} violated")
    return 1 if violated else 0


if __name__ == "__main__":
    sys.exit(main())
