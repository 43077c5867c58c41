"""Exceptions: alerts that a person has made silent for good, up to a level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trayapp.domain.records.identity import family_of
from trayapp.domain.records.levels import Level

_LEVELS = {level.label: level for level in Level if level is not Level.NORMAL}


def read_exceptions(entries: Iterable[str]) -> dict[str, Level]:
    """Return up to which level which alert is silent, by the key that its incidents share.

    entries: as the settings have them: "growth:web" is silent as a warning, "critical growth:web"
    as a critical alert, too.
    """
    found: dict[str, Level] = {}
    for entry in entries:
        word, _space, key = entry.partition(" ")
        level = _LEVELS.get(word)
        if level is None:
            key, level = entry, Level.WARNING
        if key.strip():
            found[key.strip()] = max(level, found.get(key.strip(), Level.NORMAL))
    return found


def exception_entry(key: str, level: Level) -> str:
    """Return what the settings say of it."""
    return key if level <= Level.WARNING else f"{level.label} {key}"


def is_excepted(exceptions: Mapping[str, Level], incident_key: str, level: Level) -> bool:
    """Return whether an incident is silent at this level."""
    return level <= exceptions.get(family_of(incident_key), Level.NORMAL)
