"""The past of guarded runs: a file of JSON lines that stays small."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

from trayapp.control.client import call
from trayapp.dataclass import asdict, dataclass
from trayapp.errors import MemtrayError
from trayapp.guard.run_limits import RunPressure

FILE_NAME = "guarded_runs.jsonl"
MOST_BYTES = 256 * 1024
"""Beyond that the older half goes."""
CALL_SECONDS = 2.0
LONGEST_LINE = 4096
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run of a guarded command that has ended."""

    name: str
    """Of the command; a stranger's word."""
    began_wall_seconds: float
    seconds: float
    """How long it lasted."""
    pressure: RunPressure
    """At its end."""
    peak_bytes: int
    """Of all its processes together."""
    growth_bytes_per_second: float
    """The most over six seconds."""
    exit_code: int
    """As a shell has it."""
    restarted: bool
    """Whether another run followed."""
    limits: str = ""
    """Which it had, from the run before: see `RunLimits.text`."""


class RunRecords:
    """Keeps the runs of one guard: in the file, and in the history of a Memtray that runs."""

    def __init__(self, file: Path, runtime: Path) -> None:
        """runtime: the folder in which Memtray listens."""
        self._file, self._runtime = file, runtime

    def keep(self, record: RunRecord, command: Sequence[str]) -> None:
        """Keep a run; never raises, and waits for a Memtray that is stuck two seconds at most."""
        with suppress(OSError):  # a full disk does not hold up a program
            append(self._file, record)
        with suppress(MemtrayError, OSError, ValueError):  # none runs, or an older one
            told = {"run": asdict(record), "command": list(command)}
            call(self._runtime, "guarded_run", told, CALL_SECONDS)


def append(file: Path, record: RunRecord) -> None:
    """Add a run; keeps the file below `MOST_BYTES`. Raises: OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = json.dumps(asdict(record) | {"name": record.name[:LONGEST_NAME]}) + "\n"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(file, flags, 0o600), "a", encoding="utf-8") as out:
        # In one write, so that two guarded runs do not mix their lines.
        out.write(line)
    if file.stat().st_size > MOST_BYTES:
        lines = file.read_bytes().splitlines(keepends=True)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        draft.write_bytes(b"".join(lines[len(lines) // 2 :]))
        draft.replace(file)


def read(file: Path) -> list[RunRecord]:
    """Return the runs that are kept, the oldest first; what is no record is left out.

    Raises: OSError if there is a file that cannot be read.
    """
    try:
        with file.open("rb") as lines:
            return list(_records(lines.read(2 * MOST_BYTES)))
    except FileNotFoundError:
        return []


def _records(text: bytes) -> Iterator[RunRecord]:
    for line in text.splitlines():
        try:
            found = json.loads(line[:LONGEST_LINE])
        except (ValueError, RecursionError):
            continue
        record = record_of(found)
        if record is not None:
            yield record


def record_of(told: object) -> RunRecord | None:
    """Return a run as another process reports it; None: it cannot be so."""
    if not isinstance(told, dict):
        return None
    try:
        record = RunRecord(**told)
    except TypeError:
        return None
    return record if _is_sound(record) else None


def _is_sound(record: RunRecord) -> bool:
    numbers = (
        record.began_wall_seconds,
        record.seconds,
        record.peak_bytes,
        record.growth_bytes_per_second,
        record.exit_code,
    )
    return (
        isinstance(record.name, str)
        and isinstance(record.limits, str)
        and isinstance(record.restarted, bool)
        and record.pressure in get_args(RunPressure)
        and all(type(number) in (int, float) and abs(number) < 1e15 for number in numbers)
    )
