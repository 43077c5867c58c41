"""Opening a recording, whatever it is written in. Standard library only; for child processes."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from trayapp.errors import RecordingError
from trayapp.recording.csv_reading import LONGEST_LINE, read_csv
from trayapp.recording.memrec import MAGIC, read_memrec
from trayapp.recording.profiler_reading import is_profile, read_profile
from trayapp.recording.records import Recording

ENDINGS = (".memrec", ".csv", ".csv.gz")
"""What a recording's name ends in; what it holds is told by its first bytes."""
_GZIP = b"\x1f\x8b"


def is_recording_name(name: str) -> bool:
    """Whether a file of this name can be expected to be a recording."""
    return name.lower().endswith(ENDINGS)


def read_recording(path: Path) -> Recording:
    """Read a whole recording; about a second for ten minutes of ten processes at 1,000 Hz.

    A file that was cut off gives what is there, and a note.

    Raises: RecordingError, with one line, if it cannot be read or is no recording.
    """
    try:
        with path.open("rb") as file:
            return _read(path, file)
    except csv.Error as error:
        raise RecordingError(f"{path} is no recording: {error}") from error
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it ends too early"
        raise RecordingError(f"cannot read {path}: {reason}") from error


def _read(path: Path, file: BinaryIO) -> Recording:
    start = file.read(len(MAGIC))
    if start == MAGIC:
        return read_memrec(path, file)
    if not start:
        raise RecordingError(f"{path} is empty; expected a recording, .memrec or .csv")
    file.seek(0)
    if not start.startswith(_GZIP):
        return _read_text(path, file)
    with gzip.open(file) as unpacked:
        return _read_text(path, cast("BinaryIO", unpacked))


def _read_text(path: Path, file: BinaryIO) -> Recording:
    # Names are written by strangers, and sizes are what counts: any byte will do in a name.
    text = io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="")
    try:
        is_from_profiler = is_profile(next(_lines(text), ""))
        text.seek(0)
        if is_from_profiler:
            return read_profile(path, _lines(text))
        return read_csv(path, text)
    finally:
        text.detach()


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """As many as there are before the file breaks off."""
    try:
        while line := text.readline(LONGEST_LINE):
            yield line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return
