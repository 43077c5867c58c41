"""A recording that was read: times, and what each process or column had at each of them."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Literal

from trayapp.dataclass import NamedTuple, dataclass

Kind = Literal[
    "resident set", "proportional set", "private memory", "anonymous memory", "heap", "swap",
    "memory", "machine",
]  # fmt: skip
"""Kinds of sizes; "memory" where a file does not say more, "machine" where they
are of all programs together."""


class Decision(NamedTuple):
    """Something of a file, and as what it was taken or why it was left out."""

    name: str
    """As strangers wrote it."""
    reason: str
    """A part of a sentence in the person's language."""


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
    kind: Kind = "memory"


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
    """Notes for a person, a sentence each: that the file's end is missing."""
    taken: tuple[Decision, ...] = ()
    """Parts of the file that were read, and as what, where that had to be decided."""
    left_out: tuple[Decision, ...] = ()
    form: str = ""
    """Which program wrote it: "pidstat"."""


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
