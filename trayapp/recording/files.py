"""Opening a recording, whatever it is written in. For child processes.

Each form has a module of its own; which one it is, is told by a file's first bytes, not its name.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Sequence
from pathlib import Path

from trayapp.dataclass import replace
from trayapp.domain.records.names import short_name
from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.language.reasons import reason_of
from trayapp.recording import database
from trayapp.recording.formats import (
    FORMATS,
    OWN_FORMATS,
    READABLE,
    Format,
    memtray_history,
    patterned,
)
from trayapp.recording.gathering import Gathering
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions
from trayapp.recording.records import Recording
from trayapp.recording.source import Source
from trayapp.recording.summary import short_path

_NO_RECORDING = N_("{path} is not a recording Memtray can read; {expected}")
ENDINGS = (
    ".memrec", ".csv", ".tsv", ".dat", ".log", ".txt", ".json", ".sqlite", ".sqlite3", ".db",
)  # fmt: skip
"""Endings of a recording's name, also with .gz behind; its form is told by its content."""


def is_recording_name(name: str) -> bool:
    """Whether a file of this name can be expected to be a recording."""
    return name.lower().removesuffix(".gz").endswith(ENDINGS)


def split_files(arguments: Sequence[str]) -> tuple[list[Path], tuple[str, ...]]:
    """Which of `arguments` are recordings, and the rest: names of targets.

    Raises: RecordingError if a name can only be meant as a file, and there is none.
    """
    files = [
        Path(name)
        for name in arguments
        if (is_recording_name(name) or Path(name).name != name) and Path(name).is_file()
    ]
    names = tuple(name for name in arguments if Path(name) not in files)
    for name in names:
        # A target may be called "a/b" or "run.log", but hardly "/home/me/run.log".
        is_path = is_recording_name(name) and Path(name).name != name
        if is_path or name.lower().endswith(".memrec"):
            raise RecordingError(_("file not found: {name}").format(name=short_path(name)))
    return files, names


def is_store(path: Path) -> bool:
    """Whether this is a history of Memtray's; not if it cannot be read."""
    try:
        with path.open("rb") as file:
            if file.read(len(database.MAGIC)) != database.MAGIC:
                return False
        with database.open_database(path) as connection:
            return database.table_names(connection) >= memtray_history.TABLES
    except (OSError, RecordingError):
        return False


def read_recording(path: Path, instructions: Instructions = NO_INSTRUCTIONS) -> Recording:
    """Read a whole recording; about a second for ten minutes of ten processes at 1,000 Hz.

    A file that was cut off gives what is there, and a note.

    Raises: RecordingError, with one line, if it cannot be read or is no recording.
    """
    try:
        return _read(Source(path, instructions))
    except csv.Error as error:
        raise RecordingError(
            _("{file} is not a recording Memtray can read: {reason}").format(
                file=path, reason=error
            )
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        reason = reason or _("it is truncated")
        raise RecordingError(
            _("cannot read {path}: {reason}").format(path=path, reason=reason)
        ) from error


def _read(source: Source) -> Recording:
    start = source.start
    if not start.raw and source.is_packed:
        raise source.refusal(_(_NO_RECORDING), expected=_("it cannot be decompressed"))
    if not start.raw:
        raise source.refusal(_("{path} is empty; {expected}"), expected=what_is_expected())
    form = patterned if source.instructions.pattern is not None else _form_of(source)
    found = Gathering(source.path, form.NAME)
    recording = form.read(source, found)
    if recording is None:
        recording = found.result(is_cut_off=source.is_broken_off)
    return replace(recording, form=form.NAME)


def _form_of(source: Source) -> Format:
    """The form that a file resembles most.

    Raises: RecordingError if it is none of them; what it is nearest to is said.
    """
    start = source.start
    sureness, form = max(
        ((form.resembles(start), form) for form in FORMATS), key=lambda pair: pair[0]
    )
    if sureness >= READABLE:
        return form
    if start.raw.startswith(database.MAGIC):
        raise source.refusal(_("{path} is a database, but not one of Procpath or Memtray"))
    if sureness > 0:
        number, line = next(
            ((at, one) for at, one in enumerate(start.lines, 1) if one.strip()), (1, "")
        )
        text = _("{path} looks most like {form}, but line {number} does not fit: {line}")
        shown = repr(short_name(line.strip(), 60))
        raise source.refusal(text, form=_(form.EXPECTS), number=number, line=shown)
    raise source.refusal(_(_NO_RECORDING), expected=what_is_expected())


def what_is_expected() -> str:
    """All forms, in a part of a sentence."""
    ours = [_(form.EXPECTS) for form in FORMATS[:OWN_FORMATS]]
    others = dict.fromkeys(form.NAME for form in FORMATS[OWN_FORMATS:-1])
    text = _("it reads {own}, the output of {others}, and {last}")
    return text.format(own=", ".join(ours), others=", ".join(others), last=_(FORMATS[-1].EXPECTS))
