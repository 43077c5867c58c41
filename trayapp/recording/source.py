"""A file of a stranger's as a stream: unpacked, decoded, line by line, in bounded memory.

Plain, gzip, bzip2 and xz; UTF-8, UTF-16 by its mark or its zeros, any byte in names. Colours and
other escape sequences of a terminal are taken out of lines. A file that breaks off gives what
comes before, and says so.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from trayapp.dataclass import dataclass
from trayapp.errors import RecordingError
from trayapp.language.catalogue import _
from trayapp.recording.clocks import Clock
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions
from trayapp.recording.json_stream import JsonStream
from trayapp.recording.unpacking import (
    BREAKS,
    NeedsMemoryError,
    find_opener,
    is_beyond_measure,
)

__all__ = ["BREAKS", "Source", "Start"]

START_BYTES = 65_536
"""So much of the beginning is looked at to tell what a file is."""
LONGEST_LINE = 1_000_000
_PIECE_BYTES = 1 << 16
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_()][0-9A-Za-z]?)"
)
_OTHER_CONTROLS = {0: None, 0x1B: None, 0x08: None}


@dataclass(frozen=True, slots=True)
class Start:
    """The beginning of a file, by which its form is told."""

    path: Path
    raw: bytes
    """Unpacked; at most `START_BYTES`."""
    text: str
    """The same as text, without a byte order mark, colours, and blanks at its top."""
    lines: tuple[str, ...]
    """Its whole lines, without their ends; the last, which may be cut, only if it is the only."""

    @property
    def is_json(self) -> bool:
        """Whether it begins as a JSON document, or as lines of JSON, do."""
        return self.text[:1] in ("{", "[")


class Source:
    """One file; may be read several times, from its beginning each."""

    def __init__(self, path: Path, instructions: Instructions = NO_INSTRUCTIONS) -> None:
        """Look at the beginning.

        Raises: OSError; RecordingError if it asks for too much memory.
        """
        self.path = path
        self.instructions = instructions
        self.is_broken_off = False
        """Whether the packed file ended too early; known when it was read."""
        with path.open("rb") as file:
            magic = file.read(8)
        self._opener = find_opener(magic)
        raw = self._read_start()
        self._encoding = _encoding(raw)
        text = raw.decode(self._encoding, "replace").lstrip("\ufeff \t\r\n\0")
        plain = plain_line(text)
        lines = plain.splitlines()
        self.start = Start(path, raw, plain, tuple(lines[:-1] if len(lines) > 1 else lines))

    @property
    def is_packed(self) -> bool:
        """Whether the file has to be unpacked to be read."""
        return self._opener is not None

    def lines(self) -> Iterator[str]:
        """Every line with its end, as far as the file goes.

        Raises: RecordingError at a line longer than `LONGEST_LINE`.
        """
        rest = ""
        for piece in self.pieces():
            text = rest + piece
            end = text.rfind("\n") + 1
            rest = text[end:]
            if len(rest) >= LONGEST_LINE:
                raise self._no_recording(_("a line is too long"))
            if "\x1b" in text:
                yield from map(plain_line, io.StringIO(text[:end]))
            else:
                yield from io.StringIO(plain_line(text[:end]))
        if rest:
            yield plain_line(rest)

    def whole_lines(self) -> Iterator[str]:
        """Every line but a last one that does not end: a figure in it may be cut off."""
        return (line for line in self.lines() if line.endswith("\n"))

    def clock(self) -> Clock:
        """Return a clock for times that stand in this file, which end when it was written."""
        return Clock(zone=self.instructions.timezone, latest_wall_seconds=self.path.stat().st_mtime)

    def refusal(self, text: str, **parts: object) -> RecordingError:
        """Return the error that names this file, of a text with "{path}" in it."""
        return RecordingError(text.format(path=self.path, **parts))

    def json(self) -> JsonStream:
        """The same file as JSON, value by value; several documents may follow each other."""
        return JsonStream(self.pieces())

    def pieces(self) -> Iterator[str]:
        """The whole text in pieces of any length, for what does not come in lines.

        Raises: RecordingError if it unpacks to far more than any recording.
        """
        decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder(self._encoding)("replace"), translate=True
        )
        packed_bytes = self.path.stat().st_size
        with self._unpacked() as file:
            data = b"-"
            count = 0
            while data:
                try:
                    data = file.read1(_PIECE_BYTES)  # type: ignore[attr-defined]
                except BREAKS:
                    self.is_broken_off = True
                    return
                count += len(data)
                if self.is_packed and is_beyond_measure(count, packed_bytes):
                    raise self._no_recording(_("it unpacks to far more than any recording"))
                if piece := decoder.decode(data, final=not data):
                    yield piece

    @contextmanager
    def _unpacked(self) -> Iterator[BinaryIO]:
        with self.path.open("rb") as file:
            if self._opener is None:
                yield file
                return
            try:
                with self._opener(file) as unpacked:
                    yield unpacked
            except NeedsMemoryError as error:
                raise self._no_recording(_("it needs too much memory to be unpacked")) from error

    def _no_recording(self, reason: str) -> RecordingError:
        text = _("{file} is not a recording Memtray can read: {reason}")
        return RecordingError(text.format(file=self.path, reason=reason))

    def _read_start(self) -> bytes:
        """As far as it can be unpacked."""
        start = b""
        with suppress(*BREAKS), self._unpacked() as file:
            while len(start) < START_BYTES and (piece := file.read1(START_BYTES)):  # type: ignore[attr-defined]
                start += piece
        return start[:START_BYTES]


def plain_line(line: str) -> str:
    """A line without what only a terminal understands."""
    if "\x1b" in line:
        line = _ESCAPES.sub("", line)
    if "\0" in line or "\x1b" in line or "\x08" in line:
        line = line.translate(_OTHER_CONTROLS)
    return line


_OLDER = (
    ("gb18030", re.compile(r"年\d+月|[时時]\d+分")),
    ("euc-jp", re.compile(r"年\d+月|時\d+分")),
    ("euc-kr", re.compile(r"년 \d+월|시 \d+분")),
    ("big5", re.compile(r"年\d+月|時\d+分")),
    ("iso8859-6", re.compile(r"\d:\d\d (?:م|ص)\b")),
    ("iso8859-7", re.compile(r"\d:\d\d (?:μμ|πμ)\b")),
)
"""Encodings before UTF-8 whose clocks could not be read otherwise, and what shows each."""


def _encoding(raw: bytes) -> str:
    """By its mark; without one, text of two bytes a letter has a zero in every second place."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = raw[:200]
    if len(start) >= 8 and start[1::2].count(0) > len(start) * 0.4:
        return "utf-16-le"
    if len(start) >= 8 and start[::2].count(0) > len(start) * 0.4:
        return "utf-16-be"
    top = raw[:4000]
    if "\ufffd" in top.decode("utf-8", "replace")[:-4]:
        for name, shows in _OLDER:
            if shows.search(top.decode(name, "replace")):
                return name
    return "utf-8-sig"
