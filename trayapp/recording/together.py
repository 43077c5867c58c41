"""Several recordings side by side: one name for each of their series, and one time axis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from trayapp.recording.records import Recording, Track


class Placed(NamedTuple):
    """One series of one recording."""

    name: str
    """Unlike all others; with the file's name in front where there are several files."""
    started_wall_seconds: float
    """When the track's times begin, on the common axis."""
    track: Track


def place_together(recordings: Sequence[Recording]) -> Iterator[Placed]:
    """Every series that has a sample.

    Recordings that were not made at the same time are laid over each other from their starts, as
    if all had begun with the first: that is what one compares them for.
    """
    taken: set[str] = set()
    starts = common_starts(recordings)
    for recording, start in zip(recordings, starts, strict=True):
        prefix = f"{recording.path.name}: " if len(recordings) > 1 else ""
        for track in recording.tracks:
            if len(track.times):
                yield Placed(unlike(f"{prefix}{track.name}", taken), start, track)


def common_starts(recordings: Iterable[Recording]) -> list[float]:
    """Where each recording begins on the common axis, in wall seconds."""
    recordings = list(recordings)
    starts = [one.started_wall_seconds for one in recordings]
    ends = [one.started_wall_seconds + one.seconds for one in recordings]
    # They overlap if some moment is in all of them.
    return starts if max(starts) <= min(ends) else [min(starts)] * len(starts)


def unlike(name: str, taken: set[str]) -> str:
    """Number a name that is there already, such as of a pid that was used again, and take it."""
    new, number = name, 1
    while new in taken:
        number += 1
        new = f"{name} ({number})"
    taken.add(new)
    return new
