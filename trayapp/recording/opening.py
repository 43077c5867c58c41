"""Several files read at once, for whatever shows or writes them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from trayapp.domain.records.names import short_name
from trayapp.errors import RecordingError
from trayapp.language.catalogue import _, listed
from trayapp.recording.files import read_recording
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions
from trayapp.recording.records import Recording
from trayapp.recording.summary import short_path
from trayapp.recording.together import Placed, place_together


class Opened(NamedTuple):
    """What was read."""

    recordings: tuple[Recording, ...]
    placed: tuple[Placed, ...]
    """Every series that has a sample, on one time axis."""
    notes: tuple[str, ...]
    """What a person should know of a file, with its name."""


def open_recordings(paths: Sequence[Path], instructions: Instructions = NO_INSTRUCTIONS) -> Opened:
    """Read the files whole.

    Raises: RecordingError if one cannot be read, or there is no sample in any.
    """
    recordings = tuple(read_recording(path, instructions) for path in paths)
    placed = tuple(place_together(recordings))
    if not placed:
        names = listed(map(_called, paths))
        raise RecordingError(_("there is no sample in {names}").format(names=names))
    notes = tuple(f"{_called(one.path)}: {note}" for one in recordings for note in one.notes)
    return Opened(recordings, placed, notes)


def _called(path: Path) -> str:
    """Its name, which may come from strangers, for a line of text."""
    return short_path(short_name(path.name))
