"""What a run of a target runs: which version of the program, and with which arguments.

Neither a path nor a command line is kept: of the file its name, time and size, and of the
arguments a keyed hash, by which they can be compared and nothing else.
"""

from __future__ import annotations

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.series import Event

PROGRAM = "program"
"""The kind of the events that keep it, once for each run."""
_LONGEST_NAME = 100
_MOST = 2**53
"""A larger number is no time and no size."""


class Version(NamedTuple):
    """The file of a program, by which one version is told from another."""

    file: str
    """Its name without a path; a stranger chose it."""
    modified_seconds: int
    """When it was written last, by its own account; seconds since the epoch."""
    size_bytes: int


class RunProgram(NamedTuple):
    """What one run runs; None or "" where that is not known."""

    version: Version | None = None
    arguments: str = ""
    """A keyed hash of the command line."""
    started_wall_seconds: float | None = None


def program_event(target: str, program: RunProgram, wall_seconds: float) -> Event:
    """Return what the history keeps of the run of a target that goes on now."""
    file, modified, size = program.version or (None, None, None)
    started = program.started_wall_seconds
    return Event(
        wall_seconds=wall_seconds,
        kind=PROGRAM,
        subject=target,
        text=file or "",
        data={
            "file": file,
            "modified_seconds": modified,
            "size_bytes": size,
            "arguments": program.arguments or None,
            "started_wall_seconds": None if started is None else round(started, 2),
        },
    )


def program_of(event: Event) -> RunProgram | None:
    """Return what such an event tells; None: it is not of this kind, or damaged."""
    if event.kind != PROGRAM:
        return None
    data = event.data
    file, modified, size = data.get("file"), data.get("modified_seconds"), data.get("size_bytes")
    version = None
    if isinstance(file, str) and _is_number(modified) and _is_number(size):
        version = Version(file[:_LONGEST_NAME], int(modified or 0), int(size or 0))
    arguments, started = data.get("arguments"), data.get("started_wall_seconds")
    return RunProgram(
        version,
        arguments if isinstance(arguments, str) else "",
        float(started) if isinstance(started, int | float) and _is_number(started) else None,
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -_MOST < value < _MOST
