"""Transitions that wait on disk for their remote channels: one folder per channel, one file each.

The applet puts them in, the delivery children take them out; so they outlive both.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from trayapp.dataclass import dataclass
from trayapp.delivery.banner import bounded
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.records.levels import Level

MOST_ENTRIES = 500
"""Of one channel."""
LONGEST_WAIT_SECONDS = 86_400.0
"""What was so a day ago helps nobody."""

_LARGEST_FILE_BYTES = 1024**2
_LATEST = 1e11
_PARTIAL = ".new"
_LOCK = ".lock"
_NAME = re.compile(r"(\d{9,12})-([0-3])-(\d{1,12})\.json")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A waiting transition; all that is decided by is in the name of its file."""

    sequence: int
    """Ascending in the order in which they happened, whatever the clock did."""
    level: Level
    wall_seconds: int

    @property
    def name(self) -> str:
        return f"{self.sequence:09d}-{int(self.level)}-{self.wall_seconds}.json"


def entry_of(name: str) -> Entry | None:
    """Return the entry that a file name denotes, if any."""
    match = _NAME.fullmatch(name)
    return Entry(int(match[1]), Level(int(match[2])), int(match[3])) if match else None


def surplus(entries: Sequence[Entry], most: int = MOST_ENTRIES) -> list[Entry]:
    """Return those to drop so that `most` remain: the oldest of the least severe."""
    ranked = sorted(entries, key=lambda entry: (entry.level, entry.sequence))
    return ranked[: max(0, len(entries) - most)]


def outdated(entries: Sequence[Entry], wall_seconds: float) -> list[Entry]:
    """Return those that have waited for longer than a day."""
    return [entry for entry in entries if wall_seconds - entry.wall_seconds > LONGEST_WAIT_SECONDS]


class Spool:
    """The folder of all channels. One thread of the applet; the children only read and remove."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made, for this user only, when there is something to put into it."""
        self._folder = folder

    def channel_folder(self, channel: str) -> Path:
        """Return a channel's folder, whose name is a hash: people choose the channel's name."""
        return self._folder / hashlib.sha256(channel.encode()).hexdigest()[:24]

    def lock_file(self, channel: str) -> Path:
        """Return the file that a child locks, so that two never serve one channel."""
        return self.channel_folder(channel) / _LOCK

    def put(self, channel: str, transition: Transition) -> int:
        """Keep a transition; return how many less important ones were dropped for it.

        Not synchronised with the disk, which can take seconds: a power cut may lose it.
        Raises: OSError if it cannot be kept.
        """
        folder = self.channel_folder(channel)
        for private in (self._folder, folder):
            private.mkdir(mode=0o700, parents=True, exist_ok=True)
            private.chmod(0o700)
        entries = self.entries(channel)
        entry = Entry(
            entries[-1].sequence + 1 if entries else 1,
            transition.level,
            max(0, int(transition.wall_seconds)),
        )
        _write(folder / _PARTIAL, folder / entry.name, transition)
        dropped = surplus([*entries, entry])
        self.remove(channel, dropped)
        return len(dropped)

    def entries(self, channel: str) -> list[Entry]:
        """Return a channel's waiting entries in order; raises nothing."""
        return _entries(self.channel_folder(channel))

    def read(self, channel: str, entry: Entry) -> Transition | None:
        """The transition; None if it is gone or damaged. Raises: OSError if it cannot be read."""
        try:
            with (self.channel_folder(channel) / entry.name).open("rb") as stream:
                return _transition(json.loads(stream.read(_LARGEST_FILE_BYTES)))
        except (FileNotFoundError, ValueError, RecursionError):
            return None

    def remove(self, channel: str, entries: Sequence[Entry]) -> None:
        """Forget these; harmless where they are gone. Raises: OSError if they cannot be removed."""
        for entry in entries:
            (self.channel_folder(channel) / entry.name).unlink(missing_ok=True)

    def drop_outdated(self, wall_seconds: float) -> int:
        """Delete outdated entries, also of channels that are gone; return how many."""
        count = 0
        with contextlib.suppress(OSError):
            for folder in self._folder.iterdir():
                for entry in outdated(_entries(folder), wall_seconds):
                    (folder / entry.name).unlink(missing_ok=True)
                    count += 1
        return count


def _entries(folder: Path) -> list[Entry]:
    try:
        return sorted(filter(None, (entry_of(file.name) for file in folder.iterdir())))
    except OSError:
        return []


def _write(partial: Path, file: Path, transition: Transition) -> None:
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        json.dump(bounded(transition.facts()), stream)
    partial.replace(file)


def _transition(facts: object) -> Transition | None:
    """Restore a transition from its `facts`."""
    if not isinstance(facts, dict):
        return None
    kind, level = facts.get("transition"), facts.get("level")
    texts = [facts.get(key) for key in ("incident", "subject", "title", "body")]
    times = [facts.get(key) for key in ("since_wall_seconds", "wall_seconds")]
    key, subject, title, body = (text if isinstance(text, str) else "" for text in texts)
    since, wall = (
        float(time) if isinstance(time, int | float) and 0 <= time < _LATEST else 0.0
        for time in times
    )
    levels = {level.label: level for level in Level}
    if kind not in ("raised", "escalated", "resolved") or level not in levels:
        return None
    return Transition(
        kind=kind,
        key=key,
        subject=subject,
        level=levels[level],
        title=title,
        body=body,
        since_wall_seconds=since,
        wall_seconds=wall,
    )
