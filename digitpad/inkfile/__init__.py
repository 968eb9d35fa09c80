"""Ink files: drawings in Quick, Draw! ndjson, UNIPEN text or InkML.

Any of them may be compressed by gzip, and be in UTF-8 or UTF-16 with any kind of line end. Files
are read in bounded memory, most of them as a stream, and may contain any bytes. Only ndjson is
written.
"""

from digitpad.inkfile.lines import BadLines, OnBadLine
from digitpad.inkfile.ndjson import from_json, to_record
from digitpad.inkfile.reading import is_ink_file, read_ink, write_ink
from digitpad.inkfile.sample import MAX_POINTS, InkFileError, Sample

__all__ = [
    "MAX_POINTS",
    "BadLines",
    "InkFileError",
    "OnBadLine",
    "Sample",
    "from_json",
    "is_ink_file",
    "read_ink",
    "to_record",
    "write_ink",
]
