"""What a person has acknowledged again and again: alerts that seem to be harmless."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.alerting import PRESSURE_KEY, Incident
from trayapp.domain.judging.exceptions import is_excepted
from trayapp.domain.records.identity import OOM, family_of
from trayapp.domain.records.levels import Level

ENOUGH = 3
MOST_KEYS, MOST_EACH = 200, 6


class Acknowledgement(NamedTuple):
    """One incident that a person knew of."""

    wall_seconds: float
    since_wall_seconds: float
    """When the incident began: acknowledging it twice is once."""
    level: Level
    """The worst that it was when it was acknowledged."""


class Acknowledged(NamedTuple):
    """All of one kind about one thing."""

    about: str
    """The key of what they are about, see `identity`."""
    name: str
    title: str
    """Of the latest."""
    times: tuple[Acknowledgement, ...]
    """Oldest first."""


class Harmless(NamedTuple):
    """What is to be an exception."""

    key: str
    """That its incidents share."""
    about: str
    name: str
    title: str
    level: Level
    """Up to which it was acknowledged often enough."""
    times: int
    since_wall_seconds: float
    """When it was acknowledged first."""


def with_acknowledgement(
    known: Mapping[str, Acknowledged], incident: Incident, wall_seconds: float
) -> dict[str, Acknowledged]:
    """Return what is known with one more. Kills and the machine's shortage are never harmless."""
    key = family_of(incident.key)
    if key == PRESSURE_KEY or key.startswith(f"{OOM}:"):
        return dict(known)
    others = {each: found for each, found in known.items() if each != key}
    while len(others) >= MOST_KEYS:
        others.pop(next(iter(others)))
    before = known[key].times if key in known else ()
    since = incident.since_wall_seconds
    times = tuple(each for each in before if each.since_wall_seconds != since)
    times += (Acknowledgement(wall_seconds, since, incident.reached_level),)
    found = Acknowledged(incident.identity, incident.subject, incident.title, times[-MOST_EACH:])
    return {**others, key: found}


def find_harmless(
    known: Mapping[str, Acknowledged],
    exceptions: Mapping[str, Level],
    now: float,
    span_seconds: float,
) -> tuple[Harmless, ...]:
    """Return what was acknowledged three times within the span, and is no exception yet.

    It is harmless up to the level at which it was acknowledged three times: what is worse, such as
    a leak that has become critical, is not.
    """
    found = []
    for key, each in known.items():
        times = [one for one in each.times if 0 <= now - one.wall_seconds <= span_seconds]
        if len(times) < ENOUGH:
            continue
        level = sorted((one.level for one in times), reverse=True)[ENOUGH - 1]
        if level > Level.NORMAL and not is_excepted(exceptions, key, level):
            own = [one for one in times if one.level >= level]
            first = min(one.wall_seconds for one in own)
            found.append(Harmless(key, each.about, each.name, each.title, level, len(own), first))
    return tuple(found)
