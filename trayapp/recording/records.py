"""A recording that was read: times, and what each process or column had at each of them."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Track:
    """One process, or one column of somebody else's table.

    All values are float64, NaN where nothing is known; the arrays may be given to numpy as they
    are (`numpy.frombuffer`).
    """

    name: str
    """For people, as strangers wrote it: "python3 4711", or the column's name."""
    times: memoryview
    """Seconds since the start of the recording, of shape (n,), format "d", not decreasing."""
    memory: array[float]
    """Bytes, (n,): the resident set, or whatever the column held."""
    anon: array[float] | None = None
    """Bytes of anonymous memory, (n,); None where that was not recorded."""
    runs: array[float] | None = None
    """Number of the run, (n,): another one means that the program was started again."""
    children: array[float] | None = None
    """How many processes it was, (n,)."""
    pid: int | None = None
    command_line: str = ""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Recording:
    """All that a file tells."""

    path: Path
    started_wall_seconds: float
    seconds: float
    """From the start to the last sample."""
    interval_seconds: float | None
    """As it was asked for; None where the file does not tell."""
    tracks: tuple[Track, ...]
    notes: tuple[str, ...] = ()
    """What a person should know about the file, a sentence each: that its end is missing."""


def known_rows(values: array[float]) -> slice:
    """From the first to the last value that is known: a process is no gap before or after."""
    first = next((at for at, value in enumerate(values) if value == value), None)
    if first is None:
        return slice(0, 0)
    last = next(at for at in range(len(values) - 1, -1, -1) if values[at] == values[at])
    return slice(first, last + 1)


def known_or_none(values: array[float]) -> array[float] | None:
    """`values`, or None where not one of them is known."""
    return values if known_rows(values) != slice(0, 0) else None
