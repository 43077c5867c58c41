"""Ways of going through a file that several forms share: by line, by JSON value, by a program."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from trayapp.language.catalogue import _
from trayapp.recording.gathering import Gathering
from trayapp.recording.json_stream import JsonError, Path
from trayapp.recording.looped import LoopClock
from trayapp.recording.source import Source

_PROGRAM_SECONDS = 120.0


class LineReader(Protocol):
    """The part of a form that keeps what is known between two lines."""

    def add_line(self, number: int, line: str) -> None:
        """Read one line, with its end; `number` counts from 1."""

    def finish(self) -> None:
        """Complete the recording after the last line.

        Raises: RecordingError if there was nothing to read.
        """


class Reading:
    """One file while it is read, whose times stand in its lines or values."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._source, self._found = source, found
        self._clock = source.clock()

    def finish(self) -> None:
        self._found.note_guesses(self._clock)


class LoopReading:
    """One file while it is read, whose times stand between or in front of blocks, if anywhere."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._source, self._found = source, found
        self._clock = LoopClock(source, found)
        self.read_time = self._clock.read_time

    def finish(self) -> None:
        self._clock.finish()


def read_lines(source: Source, reader: LineReader) -> None:
    """Give every line of a file to a reader.

    Raises: RecordingError if there was nothing to read.
    """
    for number, line in enumerate(source.lines(), 1):
        reader.add_line(number, line)
    reader.finish()


def json_values(
    source: Source, found: Gathering, *patterns: str
) -> Iterator[tuple[int, Path, Any]]:
    """Yield what `JsonStream.values` does, counted from 1, up to where it stops being JSON."""
    try:
        for number, (place, value) in enumerate(source.json().values(*patterns), 1):
            yield number, place, value
    except JsonError as error:
        text = _("not valid JSON from {place} on; what comes before is shown")
        found.note(text.format(place=error))


def json_lines(
    source: Source, found: Gathering, read_time: Callable[[str], bool] = lambda _line: False
) -> Iterator[tuple[int, Any]]:
    """Yield the JSON object of each line, whatever stands in front of it, and the line's number.

    `read_time`: takes a line without any, and tells whether that is a time.
    """
    decode = json.JSONDecoder().raw_decode
    for number, line in enumerate(source.lines(), 1):
        start = line.find("{")
        try:
            if start >= 0:
                yield number, decode(line, start)[0]
            elif line.strip() and not read_time(line):
                found.pass_line(number, line, _("not valid JSON"))
        except (ValueError, RecursionError):
            found.pass_line(number, line, _("not valid JSON"))


def lines_printed_by(command: Sequence[str], source: Source, *, missing: str) -> Iterator[str]:
    """Yield what a program prints of a file in its own binary form.

    `missing`: the error where the program is not installed, with "{path}" in it.

    Raises: RecordingError if the program is not there, or cannot read the file.
    """
    program = shutil.which(command[0])
    if program is None:
        raise source.refusal(missing)
    try:
        done = subprocess.run(
            [program, *command[1:]], capture_output=True, timeout=_PROGRAM_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise source.refusal(_("cannot read {path}: {reason}"), reason=error) from error
    if not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().replace("\n", " ")[:200]
        text = _("{program} cannot read {path}: {reason}")
        raise source.refusal(text, program=command[0], reason=said)
    yield from done.stdout.decode("utf-8", "replace").splitlines(keepends=True)
