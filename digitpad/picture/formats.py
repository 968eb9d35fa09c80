"""Names files of known formats that are not read."""

from __future__ import annotations

import re
import zipfile
from contextlib import suppress
from typing import BinaryIO

_HEAD = 4096  # bytes

# What may come before the root of XML. Nothing is tried twice: the repetitions are possessive.
_PROLOG = rb"(?s)(?:\s|<\?(?:(?!\?>).)*+\?>|<!--(?:(?!-->).)*+-->|<![a-z][^>]*+>)*+"

_STARTS: tuple[tuple[bytes, str], ...] = (
    (rb"%PDF-", "a PDF file"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript file"),
    (_PROLOG + rb"<(?:\w+:)?svg[\s>]", "an SVG drawing"),
    (rb"(?s)\s*(?:<!doctype html|<html)", "a web page"),
    (rb"(?s)....ftyp(?:hei|hev|mif1|msf1)", "a HEIC photo"),
    (rb"(?s)....ftypavi[fs]", "an AVIF picture"),
    (rb"(?s)....ftyp", "a video"),
    (rb"\x00\x00\x00\x0cJXL |\xff\x0a", "a JPEG XL picture"),
    (rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (rb"8BPS", "a Photoshop file"),
    (rb"gimp xcf", "a GIMP file"),
    (rb"\xd0\xcf\x11\xe0", "an old Office document"),
    (rb"\{\\rtf", "an RTF document"),
    (rb"\x00\x00[\x01\x02]\x00", "an icon"),
    (rb"BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd", "an archive"),
    (rb"MZ|\x7fELF|#!", "a program"),
)

_IN_ZIP = {
    "word/": "a Word document",
    "xl/": "an Excel sheet",
    "ppt/": "a PowerPoint presentation",
    "content.xml": "an OpenDocument file",
    "META-INF/container.xml": "an EPUB book",
}


def name_of_format(file: BinaryIO) -> str | None:
    """What the file is, with an article, if that is known but cannot be read."""
    head = file.read(_HEAD)
    for pattern, name in _STARTS:
        if re.match(pattern, head, re.IGNORECASE):
            return name
    return _name_of_zip(file) if head.startswith(b"PK\x03\x04") else None


def _name_of_zip(file: BinaryIO) -> str:
    names: list[str] = []
    with suppress(Exception), zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    for start, name in _IN_ZIP.items():
        if any(each.startswith(start) for each in names):
            return name
    return "an archive"
