"""Recordings of `memtray record -o FILE.memrec`; see `recording.memrec`."""

from __future__ import annotations

from trayapp.language.catalogue import N_
from trayapp.recording.gathering import Gathering
from trayapp.recording.memrec import MAGIC, read_memrec
from trayapp.recording.records import Recording
from trayapp.recording.source import Source, Start

NAME = "memtray record"
EXPECTS = N_("a .memrec file")


def resembles(start: Start) -> float:
    return 1.0 if start.raw.startswith(MAGIC) else 0.0


def read(source: Source, found: Gathering) -> Recording:  # noqa: ARG001  (it has all series itself)
    """Read the columns as they are.

    Raises: RecordingError if not even its beginning is there; OSError.
    """
    with source.path.open("rb") as file:
        file.seek(len(MAGIC))
        return read_memrec(source.path, file)
