"""Opening a recording, whatever it is written in. For child processes.

Each form has a module of its own; which one it is, is told by a file's first bytes, not its name.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from trayapp.domain.language import _
from trayapp.domain.reasons import reason_of
from trayapp.errors import RecordingError
from trayapp.recording import database, exported, procpath, stores
from trayapp.recording.csv_reading import LONGEST_LINE, read_csv
from trayapp.recording.expected import what_is_expected
from trayapp.recording.memrec import MAGIC, read_memrec
from trayapp.recording.mprof import is_mprof, read_mprof
from trayapp.recording.pidstat import is_pidstat, read_pidstat
from trayapp.recording.prometheus import read_json, read_prometheus
from trayapp.recording.psrecord import is_psrecord, read_psrecord
from trayapp.recording.records import Recording
from trayapp.recording.summary import short_path

ENDINGS = (
    ".memrec", ".csv", ".tsv", ".dat", ".log", ".txt", ".json", ".sqlite", ".sqlite3", ".db",
)  # fmt: skip
"""What a recording's name ends in, also with .gz behind; what it holds is told by its content."""
_GZIP = b"\x1f\x8b"
_START_BYTES = 8192


class Form(NamedTuple):
    """A text that others write."""

    is_this: Callable[[str], bool]
    """Tells by its first lines."""
    read: Callable[[Path, Iterator[str]], Recording]


TEXT_FORMS = (
    Form(is_mprof, read_mprof),
    Form(is_psrecord, read_psrecord),
    Form(is_pidstat, read_pidstat),
)
"""Whatever is none of these is taken for a table."""


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
            raise RecordingError(_("there is no file {name}").format(name=short_path(name)))
    return files, names


def is_store(path: Path) -> bool:
    """Whether this is a history of Memtray's; not if it cannot be read."""
    try:
        with path.open("rb") as file:
            if file.read(len(database.MAGIC)) != database.MAGIC:
                return False
        with database.open_database(path) as connection:
            return database.table_names(connection) >= stores.TABLES
    except (OSError, RecordingError):
        return False


def read_recording(path: Path) -> Recording:
    """Read a whole recording; about a second for ten minutes of ten processes at 1,000 Hz.

    A file that was cut off gives what is there, and a note.

    Raises: RecordingError, with one line, if it cannot be read or is no recording.
    """
    try:
        with path.open("rb") as file:
            return _read(path, file)
    except csv.Error as error:
        raise RecordingError(
            _("{file} is no recording: {reason}").format(file=path, reason=error)
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        reason = reason or _("it ends too early")
        raise RecordingError(
            _("cannot read {path}: {reason}").format(path=path, reason=reason)
        ) from error


def _read(path: Path, file: BinaryIO) -> Recording:
    start = file.read(len(database.MAGIC))
    if start.startswith(MAGIC):
        file.seek(len(MAGIC))
        return read_memrec(path, file)
    if start == database.MAGIC:
        return _read_database(path)
    if not start:
        raise RecordingError(
            _("{path} is empty; {expected}").format(path=path, expected=what_is_expected())
        )
    file.seek(0)
    if not start.startswith(_GZIP):
        return _read_text(path, file)
    with gzip.open(file) as unpacked:
        return _read_text(path, cast("BinaryIO", unpacked))


def _read_database(path: Path) -> Recording:
    with database.open_database(path) as connection:
        tables = database.table_names(connection)
    if tables >= procpath.TABLES:
        return procpath.read_procpath(path)
    if tables >= stores.TABLES:
        return stores.read_store(path)
    raise RecordingError(
        _("{path} is a database, but neither of Procpath nor of Memtray").format(path=path)
    )


def _read_text(path: Path, file: BinaryIO) -> Recording:
    start = _read_start(file)
    if start.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return _read_json(path, file)
    # Names are written by strangers, and sizes are what counts: any byte will do in a name.
    text = io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="")
    try:
        form = next((form for form in TEXT_FORMS if form.is_this(start.lstrip("\ufeff"))), None)
        if form is not None:
            return form.read(path, _lines(text))
        return read_csv(path, text)
    finally:
        text.detach()


def _read_start(file: BinaryIO) -> str:
    """The beginning, as far as it can be unpacked; the file is at its beginning again."""
    try:
        start = file.read(_START_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        start = b""
    file.seek(0)
    return start.decode("utf-8", "replace")


def _read_json(path: Path, file: BinaryIO) -> Recording:
    content = read_json(path, file)
    if isinstance(content, dict) and exported.KEY in content:
        return exported.read_exported(path, content)
    is_bare = isinstance(content, list) and all(
        isinstance(one, dict) and "metric" in one for one in content
    )
    if is_bare or (isinstance(content, dict) and "status" in content):
        return read_prometheus(path, content)
    raise RecordingError(
        _("{path} is no recording: {expected}").format(path=path, expected=what_is_expected())
    )


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """As many as there are before the file breaks off."""
    try:
        while line := text.readline(LONGEST_LINE):
            yield line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return
