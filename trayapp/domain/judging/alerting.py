"""What alerts are made of: conditions, incidents, what a person wants to hear, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from trayapp.dataclass import dataclass, field
from trayapp.domain.judging.repeats import Telling
from trayapp.domain.records.identity import family_of, name_in
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import ProcessKey
from trayapp.language.catalogue import _

PRESSURE_KEY = "pressure"
"""The key of the incident about the machine's shortage of memory."""
Phase = Literal["active", "recovering", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is judged about one thing at one tick; `NORMAL` means all is well with it."""

    key: str
    """Stable: "pressure", "limit:NAME", "growth:NAME", "spike:NAME"."""
    subject: str
    """What people call what it is about: a name; "system"; "memtray"."""
    level: Level
    title: str = ""
    body: str = ""
    value: float | None = None
    """How bad it is, in its own unit, more is worse: a share, bytes. None: it has no degrees."""
    is_moment: bool = False
    """Something that has happened rather than lasts: told at once, over by itself."""
    has_lasted: bool = False
    """What judged it has waited long enough already: told at once."""
    is_doubtful: bool = False
    """A leak that is not proven yet: no more news than growth is."""
    is_pressing: bool = False
    """Told even right behind another banner."""
    about: str = ""
    """The key of what it is about, see `identity`; empty: as the subject."""
    processes: tuple[ProcessKey, ...] = ()
    """Whom it is about; with the last of them it ends. Empty: not about processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """How patient the alerts are."""

    sustain_seconds: float = 4.0
    """How long a level must last before it is told; an emergency is told at once."""
    recovery_seconds: float = 30.0
    """How long it must be well again before it counts as resolved."""
    cooldown_seconds: Mapping[Level, float] = field(
        default_factory=lambda: {
            Level.WARNING: 60.0,
            Level.CRITICAL: 30.0,
            Level.EMERGENCY: 10.0,
        }
    )
    """Least time since its own banner before, by the level to be told: it delays, never drops."""
    gap_seconds: float = 60.0
    """Least time since any banner, unless the level is higher than that one's, or much worse."""
    worse_factor: float = 1.25
    """So much more than what was last told is clearly worse, and told again."""
    moment_seconds: float = 60.0
    """How long a moment stays in the menu."""
    exceptions: Mapping[str, Level] = field(default_factory=dict)
    """Up to which level what is silent, by the key that its incidents share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """What the person asked not to hear."""

    off: bool = False
    all_until_wall_seconds: float | None = None
    subject_until_wall_seconds: Mapping[str, float] = field(default_factory=dict)
    """By the key of what an incident is about (see `identity`), or that of one incident."""
    in_quiet_hours: bool = False
    emergency_breaks_through: bool = False

    def reason(
        self, about: str, wall_seconds: float, key: str = "", level: Level = Level.WARNING
    ) -> str | None:
        """Return why alerts about `about` are silent now; None: they are not."""
        if self.off:
            return _("alerts are off")
        if level is Level.EMERGENCY and self.emergency_breaks_through:
            return None
        until = self.all_until_wall_seconds
        if until is not None and wall_seconds < until:
            return _("alerts are snoozed")
        for each in (about, key, family_of(key)):
            until = self.subject_until_wall_seconds.get(each)
            if until is not None and wall_seconds < until:
                return _("alerts about {name} are snoozed").format(name=name_in(each))
        return _("quiet hours are on") if self.in_quiet_hours else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that is wrong now, as menu, `status` and banners show it."""

    key: str
    subject: str
    level: Level
    title: str
    body: str
    since_wall_seconds: float
    reached_level: Level = Level.NORMAL
    """The worst that it ever was: it does not sink while the incident lasts."""
    notified_level: Level = Level.NORMAL
    """The worst that a banner told of it; NORMAL: nothing yet. It does not sink either."""
    sent_level: Level = Level.NORMAL
    """The worst that remote channels were told of it."""
    value: float | None = None
    notified_value: float | None = None
    phase: Phase = "active"
    acknowledged: bool = False
    """The person knows: not told again unless it gets worse than it ever was."""
    is_excepted: bool = False
    """It is silent by an exception in the settings; then it counts as acknowledged."""
    is_doubtful: bool = False
    is_pressing: bool = False
    about: str = ""
    """See `Condition.about`."""
    processes: tuple[ProcessKey, ...] = ()
    """See `Condition.processes`."""

    @property
    def identity(self) -> str:
        """The key of what it is about."""
        return self.about or self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """An incident came to a level at which it never was before: a fact, whoever hears of it."""

    incident: Incident
    levels: tuple[Level, ...]
    """Lowest first; several where some were jumped over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One decision about who hears of an incident, for delivery and for the journal."""

    what: Literal["raised", "escalated", "worsened", "resolved", "held"]
    """"worsened": by figures but no level, or it is back at a level that was told long ago."""
    incident: Incident
    reason: str = ""
    """Why it was held, or how it ended."""
    was_moment: bool = False
    """Resolved, but only as it is no news any more: it had no duration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a banner told of something that is news once a day."""

    about: str
    kind: str
    """"growth", "proof" or "spike"."""
    key: str
    """The incident's."""
    at: float
    """Monotonic; where it is kept, how many seconds ago."""
    level: Level
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What was told, as far as that is to be known after a restart; times are ages in seconds."""

    banners: tuple[Telling, ...] = ()
    sent: tuple[Telling, ...] = ()
    news: tuple[News, ...] = ()
    closed: Mapping[str, Level] = field(default_factory=dict)
    """Incidents that a person has resolved and that are not well yet, with their worst level."""
