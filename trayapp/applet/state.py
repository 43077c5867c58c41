"""State that outlives a restart and is not a setting: snoozes, alerts on or off, incidents."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trayapp.dataclass import asdict, dataclass, field, replace
from trayapp.domain.judging.alerting import Incident, Memory, News, Quiet
from trayapp.domain.judging.judges import JUDGES
from trayapp.domain.judging.repeats import Telling
from trayapp.domain.records.application_use import ApplicationKey
from trayapp.domain.records.identity import OTHERS_LEAK, application_key, key_of_subject
from trayapp.domain.records.levels import Level
from trayapp.domain.records.oom_kills import OomMark
from trayapp.domain.records.samples import ProcessKey

_WORTH_SECONDS = 86_400.0
_MOST_INCIDENTS = 1000
_MOST_TOLD = 3000
_INCIDENTS = tuple(judge.key for judge in JUDGES)

UNREADABLE = (
    OSError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError,
)  # fmt: skip
"""Whatever reading a file raises that is missing, damaged or somebody else's."""
_MOST_BYTES = 16 << 20
_MOST_VALUE = 1e30
_LAST_MOMENT = 32_000_000_000.0
"""The year 2984: later ones cannot be shown as a date everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """The switches as they are at one moment."""

    off: bool | None = None
    """None: as the settings say."""
    all_until_wall_seconds: float | None = None
    subject_until_wall_seconds: Mapping[str, float] = field(default_factory=dict)
    """By the key of what an incident is about, see `identity`, or of one incident."""

    def quiet(self, enabled_by_settings: bool) -> Quiet:
        """Return what is not to be heard, settings considered."""
        return Quiet(
            off=not enabled_by_settings if self.off is None else self.off,
            all_until_wall_seconds=self.all_until_wall_seconds,
            subject_until_wall_seconds=self.subject_until_wall_seconds,
        )

    def snoozed(self, subject: str | None, until_wall_seconds: float) -> Switches:
        """Return the switches with a snooze of one subject, or of everything for None."""
        if subject is None:
            return replace(self, off=False, all_until_wall_seconds=until_wall_seconds)
        snoozed = {**self.subject_until_wall_seconds, subject: until_wall_seconds}
        return replace(self, subject_until_wall_seconds=snoozed)

    def without_past(self, wall_seconds: float) -> Switches:
        """Return the switches less the snoozes that are over."""
        until = self.all_until_wall_seconds
        return replace(
            self,
            all_until_wall_seconds=until if until is not None and until > wall_seconds else None,
            subject_until_wall_seconds={
                subject: until
                for subject, until in self.subject_until_wall_seconds.items()
                if until > wall_seconds
            },
        )


def load_switches(file: Path) -> Switches:
    """Read the switches; a file that is missing or damaged gives the defaults.

    Losing a snooze is no harm that would justify refusing to start.
    """
    try:
        kept = read_object(file)
    except UNREADABLE:
        return Switches()
    off, until, subjects = kept.get("off"), kept.get("all_until"), kept.get("subject_until")
    has_keys = kept.get("has_keys") is True
    return Switches(
        off=off if isinstance(off, bool) else None,
        all_until_wall_seconds=as_moment(until),
        subject_until_wall_seconds={
            subject if has_keys else _as_about(subject): time
            for subject, value in (subjects if isinstance(subjects, dict) else {}).items()
            if (time := as_moment(value)) is not None
        },
    )


def _as_about(name: str) -> str:
    """Return the key for what an earlier version kept: that of an incident, or a target's name."""
    is_incident = name.partition(":")[0] in _INCIDENTS
    return name if is_incident else key_of_subject(name)


def save_switches(file: Path, switches: Switches) -> None:
    """Write the switches so that a crash leaves the old file or the new one.

    Raises: OSError if they cannot be written.
    """
    text = json.dumps(
        {
            "off": switches.off,
            "all_until": switches.all_until_wall_seconds,
            "subject_until": dict(switches.subject_until_wall_seconds),
            "has_keys": True,
        }
    )
    replace_file(file, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrayMemory:
    """Everything the tray is to know after a restart."""

    shows: str | None = None
    """What was chosen by the wheel for the icon to show; None: as the settings say."""
    instead_of: str | None = None
    """What the settings said then; where they say something else by now, they count."""
    told: frozenset[str] = frozenset()
    """What has been said that is to be said once."""

    def shown(self, by_settings: str) -> str:
        """Return what the icon is to show."""
        return self.shows if self.shows and self.instead_of == by_settings else by_settings


def load_tray_memory(file: Path) -> TrayMemory:
    """Read the memory, or return an empty one, as `load_switches` does."""
    try:
        kept = read_object(file)
        shows, instead_of, told = kept["shows"], kept["instead_of"], kept["told"]
        return TrayMemory(
            shows=shows if isinstance(shows, str) else None,
            instead_of=instead_of if isinstance(instead_of, str) else None,
            told=frozenset(each for each in told if isinstance(each, str)),
        )
    except UNREADABLE:
        return TrayMemory()


def save_tray_memory(file: Path, memory: TrayMemory) -> None:
    """Write the memory as `save_switches` does. Raises: OSError."""
    kept = {"shows": memory.shows, "instead_of": memory.instead_of, "told": sorted(memory.told)}
    replace_file(file, json.dumps(kept))


def load_incidents(file: Path, wall_seconds: float) -> tuple[Incident, ...]:
    """Return the incidents that were open when Memtray ended; none if that is a day ago or more.

    A file that is missing or damaged holds none: at worst an alert is sent twice.
    """
    try:
        kept = read_object(file)
        if not 0 <= wall_seconds - kept["wall_seconds"] < _WORTH_SECONDS:
            return ()
        return tuple(map(_as_incident, kept["incidents"][:_MOST_INCIDENTS]))
    except UNREADABLE:
        return ()


def load_memory(file: Path, wall_seconds: float) -> Memory:
    """Return which alerts had been sent when Memtray ended; none if that is a day ago, as above."""
    try:
        kept = read_object(file)
        passed = wall_seconds - kept["wall_seconds"]
        if not 0 <= passed < _WORTH_SECONDS:
            return Memory()
        told = kept["told"]
        return Memory(
            banners=tuple(_as_telling(each, passed) for each in told["banners"][:_MOST_TOLD]),
            sent=tuple(_as_telling(each, passed) for each in told["sent"][:_MOST_TOLD]),
            news=tuple(_as_news(each, passed) for each in told["news"][:_MOST_TOLD]),
            closed={str(key): Level(level) for key, level in told.get("closed", {}).items()},
        )
    except UNREADABLE:
        return Memory()


def load_oom_mark(file: Path, wall_seconds: float) -> OomMark | None:
    """Return up to which kill people were alerted; None: unknown, or Memtray ended a day ago."""
    try:
        boot, total, at = read_object(file)["oom"]
        mark = OomMark(str(boot), int(total), float(at))
    except UNREADABLE:
        return None
    return mark if 0 <= wall_seconds - mark.wall_seconds < _WORTH_SECONDS else None


def save_incidents(
    file: Path,
    incidents: Iterable[Incident],
    wall_seconds: float,
    memory: Memory | None = None,
    oom_mark: OomMark | None = None,
) -> None:
    """Write what is open and which alerts were sent, as `save_switches` does. Raises: OSError."""
    kept: dict[str, object] = {"wall_seconds": wall_seconds}
    kept["incidents"] = [asdict(incident) for incident in incidents]
    if memory is not None:
        kept["told"] = asdict(memory)
    if oom_mark is not None:
        kept["oom"] = list(oom_mark)
    replace_file(file, json.dumps(kept))


def _as_incident(kept: Mapping[str, Any]) -> Incident:
    texts = {name: kept[name] for name in ("key", "subject", "title", "body")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError(texts)
    since = as_moment(kept["since_wall_seconds"])
    if since is None:
        raise ValueError(kept["since_wall_seconds"])
    level, notified = Level(kept["level"]), Level(kept["notified_level"])
    about = kept.get("about")
    if about is None and texts["key"].startswith(f"{OTHERS_LEAK}:"):
        # Earlier versions went by the name that was shown.
        about = application_key(ApplicationKey("program", texts["subject"]))
    return Incident(
        **texts,
        level=level,
        since_wall_seconds=since,
        # Earlier versions did not keep it: a level that was alerted about was reached.
        reached_level=Level(kept.get("reached_level", max(level, notified))),
        notified_level=notified,
        sent_level=Level(kept.get("sent_level", notified)),
        value=_as_number(kept["value"]),
        notified_value=_as_number(kept["notified_value"]),
        acknowledged=kept["acknowledged"] is True,
        is_doubtful=kept.get("is_doubtful") is True,
        is_pressing=kept.get("is_pressing") is True,
        about=about if isinstance(about, str) else "",
        processes=tuple(
            ProcessKey(int(pid), int(started)) for pid, started in kept.get("processes") or ()
        ),
    )


def _as_telling(kept: Sequence[Any], passed_seconds: float) -> Telling:
    key, level, age, times = kept
    if not isinstance(key, str):
        raise TypeError(key)
    return Telling(key, Level(level), float(age) + passed_seconds, int(times))


def _as_news(kept: Mapping[str, Any], passed_seconds: float) -> News:
    texts = {name: kept[name] for name in ("about", "kind", "key")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError(texts)
    return News(
        **texts,
        at=float(kept["at"]) + passed_seconds,
        level=Level(kept["level"]),
        value=_as_number(kept["value"]),
    )


def read_object(file: Path) -> dict[str, Any]:
    """Return the object in a file of JSON. Raises: one of UNREADABLE."""
    with file.open("rb") as stream:
        kept = json.loads(stream.read(_MOST_BYTES))
    if not isinstance(kept, dict):
        raise TypeError(kept)
    return kept


def replace_file(file: Path, text: str) -> None:
    """Write a file so that a crash leaves the old one or the new one. Raises: OSError."""
    partial = file.with_name(file.name + ".new")
    # Titles and names of programs are in it: for this user only, whatever the folder allows.
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")
    partial.replace(file)


def _as_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if -_MOST_VALUE < value < _MOST_VALUE else None


def as_moment(value: object) -> float | None:
    """Return a time on the wall that can be shown."""
    moment = _as_number(value)
    return moment if moment is not None and 0 <= moment < _LAST_MOMENT else None
