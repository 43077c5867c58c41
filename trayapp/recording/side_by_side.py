"""Several recordings side by side: one name for each of their series, and one time axis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.names import short_name
from trayapp.errors import RecordingError
from trayapp.language.catalogue import _, listed
from trayapp.recording.files import read_recording
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions
from trayapp.recording.records import Recording, Track
from trayapp.recording.summary import short_path


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
    """Return the wall seconds at which each recording begins on the common axis."""
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


class Opened(NamedTuple):
    """Several files, read and placed on one time axis."""

    recordings: tuple[Recording, ...]
    placed: tuple[Placed, ...]
    """Every series that has a sample, on one time axis."""
    notes: tuple[str, ...]
    """Notes for a person, each with the name of its file."""


def open_recordings(paths: Sequence[Path], instructions: Instructions = NO_INSTRUCTIONS) -> Opened:
    """Read the files whole.

    Raises: RecordingError if one cannot be read, or there is no sample in any.
    """
    recordings = tuple(read_recording(path, instructions) for path in paths)
    placed = tuple(place_together(recordings))
    if not placed:
        names = listed(map(_called, paths))
        raise RecordingError(_("no samples in {names}").format(names=names))
    notes = tuple(f"{_called(one.path)}: {note}" for one in recordings for note in one.notes)
    return Opened(recordings, placed, notes)


def _called(path: Path) -> str:
    """Its name, which may come from strangers, for a line of text."""
    return short_path(short_name(path.name))
