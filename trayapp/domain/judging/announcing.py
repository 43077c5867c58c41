"""Who hears of an incident, and when: the banners' politeness, and messages to channels far away.

Facts are not its business: levels that were reached decide about actions and hooks (`incidents`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Literal

from trayapp.dataclass import dataclass, field, replace
from trayapp.domain.judging.alerting import (
    AlertPolicy,
    Announcement,
    Incident,
    Memory,
    News,
    Quiet,
    Reached,
)
from trayapp.domain.judging.judges import JUDGES
from trayapp.domain.judging.repeats import HOUR_SECONDS, Tellings
from trayapp.domain.records.identity import family_of
from trayapp.domain.records.levels import Level
from trayapp.language.catalogue import _, format_number
from trayapp.language.units import format_duration

_NEWS = {judge.key: judge.news for judge in JUDGES}
NEWS_SECONDS = 86_400.0
"""So long the same about the same subject is no news again..."""
_NEWS_FACTOR = 4.0
"""...unless it is worse by a level, or so many times what was told."""
_INHIBITED = tuple(judge.key for judge in JUDGES if judge.yields_to_shortage)
"""What a shortage of the machine's memory is told in place of."""
_FACTOR = 8.0
"""What ends and comes back is told after its cooldown, then after so many times as long..."""
_PRESSING = 3
"""So many of what is pressing are told at once, before distances begin to grow."""
LONGEST_COOLDOWN_SECONDS = 120.0
"""A longer distance is told in words."""


@dataclass(slots=True, repr=False)
class Entry:
    """One thing that is judged, and what is remembered of it between ticks."""

    incident: Incident | None = None
    candidate: Level = Level.NORMAL
    candidate_since: float = 0.0
    well_since: float | None = None
    """Since when nothing is wrong, while it is not believed yet."""
    patience_seconds: float | None = None
    """How long to wait for a judgement after a gap; None: there was none."""
    has_returned: bool = False
    """It was better, and is back at a level that was told."""
    held: tuple[Level, str] | None = None
    """The worst level of which it was noted that no banner tells it now, and why."""
    unsent: tuple[Level, str] | None = None
    """The same of channels far away."""
    moment_ends: float = 0.0
    last_value: float | None = None
    rises: int = 0
    """So often in a row its value has risen."""


@dataclass(slots=True, kw_only=True, repr=False)
class Closed:
    """An incident that a person has resolved, while it may still be as bad as it was."""

    level: Level
    """The worst that it was."""
    well_since: float | None = None


@dataclass(slots=True, kw_only=True, repr=False)
class Tick:
    """One tick: what it is given, and what comes of it."""

    now: float
    wall_seconds: float
    quiet: Quiet
    ended: Collection[str] | Mapping[str, str]
    shortage: Incident | None = None
    """Of the machine's memory, if it is short."""
    announcements: list[Announcement] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)
    messages: list[Announcement] = field(default_factory=list)

    def quiet_reason(self, incident: Incident, *, is_new: bool) -> str | None:
        """Return why it is silent now; only what is new may break through."""
        level = incident.level if is_new else min(incident.level, Level.CRITICAL)
        return self.quiet.reason(incident.identity, self.wall_seconds, incident.key, level)

    def end_reason(self, incident: Incident) -> str:
        """Return how its subject came to be gone."""
        reason = self.ended[incident.key] if isinstance(self.ended, Mapping) else ""
        return reason or _("{name} is no longer running").format(name=incident.subject)


class Teller:
    """Decides what is told of incidents, and remembers what was. Times are monotonic.

    A level is told once in the life of an incident; when it comes back to it, again at growing
    distances, also where the incident ended in between.
    """

    def __init__(self, policy: AlertPolicy) -> None:
        self.policy = policy
        self._last_banner: tuple[float, Level] | None = None
        self._banners = Tellings()
        self._sent = Tellings()
        self._news: dict[tuple[str, str], News] = {}
        """What a banner told last, by what it is about and kind of news."""

    def memory(self, now: float) -> Memory:
        """Return what to know after a restart."""
        news = tuple(
            replace(news, at=now - news.at)
            for news in self._news.values()
            if now - news.at < NEWS_SECONDS
        )
        return Memory(banners=self._banners.kept(now), sent=self._sent.kept(now), news=news)

    def remember(self, kept: Memory, now: float) -> None:
        """Continue with what an earlier run kept."""
        self._banners.restore(kept.banners, now)
        self._sent.restore(kept.sent, now)
        self._news = {
            (each.about, each.kind): replace(each, at=now - each.at) for each in kept.news
        }

    def forget_proofs(self, keys: Collection[str]) -> None:
        """Of the next run of what these incidents are about, a leak is news."""
        over = [
            place for place, news in self._news.items() if news.kind == "proof" and news.key in keys
        ]
        for place in over:
            key = self._news.pop(place).key
            self._banners.forget(key)
            self._sent.forget(key)

    def move(self, incident: Incident, new_key: str, about: str) -> None:
        """Know under other keys what was told of an incident."""
        for tellings in (self._banners, self._sent):
            tellings.move(incident.key, new_key)
        for place, news in list(self._news.items()):
            if news.key == incident.key:
                del self._news[place]
                self._news[about, news.kind] = replace(news, about=about, key=new_key)

    def decide(self, entry: Entry, tick: Tick) -> None:
        """Decide about one incident at one tick; what is decided goes into `tick`."""
        self._decide_banner(entry, tick)
        self._decide_message(entry, tick)

    def _decide_banner(self, entry: Entry, tick: Tick) -> None:
        incident, now = entry.incident, tick.now
        if incident is None or incident.phase != "active":
            return
        is_news = incident.level > incident.notified_level
        if not is_news and not entry.has_returned and not self._is_clearly_worse(incident):
            entry.held = None
            return
        reason = tick.quiet_reason(incident, is_new=is_news and self._may_break_in(incident, now))
        if reason is None:
            reason = self._reason_to_wait(incident, tick, is_news=is_news)
        if reason is None:
            what: Literal["raised", "escalated", "worsened"] = "raised"
            if incident.notified_level > Level.NORMAL:
                what = "escalated" if is_news else "worsened"
            entry.incident = incident = replace(
                incident,
                notified_level=max(incident.level, incident.notified_level),
                notified_value=_largest(incident.value, incident.notified_value),
            )
            entry.held, entry.has_returned = None, False
            self._banners.note(family_of(incident.key), incident.level, now)
            self._last_banner = now, incident.level
            for kind in _news_of(incident):
                self._news[incident.identity, kind] = _as_news(incident, kind, now)
            tick.announcements.append(Announcement(what=what, incident=incident))
        elif is_news and _is_to_note(entry.held, incident.level, reason):
            entry.held = incident.level, reason
            held = Announcement(what="held", incident=incident, reason=reason)
            tick.announcements.append(held)

    def _decide_message(self, entry: Entry, tick: Tick) -> None:
        incident, now = entry.incident, tick.now
        if incident is None or incident.phase != "active":
            return
        if incident.level <= incident.sent_level:
            return
        reason = tick.quiet_reason(incident, is_new=self._may_break_in(incident, now))
        reason = _known(incident) or reason
        if reason is None:
            distance = self._least_distance(self._sent, incident, now, is_news=True)
            reason = _too_soon(distance) if distance else None
        if reason is None:
            what: Literal["raised", "escalated"] = "raised"
            if incident.sent_level > Level.NORMAL:
                what = "escalated"
            entry.incident = replace(incident, sent_level=incident.level)
            entry.unsent = None
            self._sent.note(family_of(incident.key), incident.level, now)
            tick.messages.append(Announcement(what=what, incident=entry.incident))
        elif _is_to_note(entry.unsent, incident.level, reason):
            entry.unsent = incident.level, reason
            tick.messages.append(Announcement(what="held", incident=incident, reason=reason))

    def _may_break_in(self, incident: Incident, now: float) -> bool:
        """Return whether it may break quiet hours: at growing distances from an hour on."""
        distance = self._banners.distance(incident.key, incident.level, now, HOUR_SECONDS, 2.0)
        return not distance

    def _is_clearly_worse(self, incident: Incident) -> bool:
        value, told = incident.value, incident.notified_value
        return (
            value is not None
            and told is not None
            and not incident.acknowledged
            and value >= told * self.policy.worse_factor > 0
        )

    def _reason_to_wait(self, incident: Incident, tick: Tick, *, is_news: bool) -> str | None:
        now = tick.now
        if known := _known(incident):
            return known
        if _is_inhibited(incident, tick.shortage):
            return _("the alert about the whole machine covers it")
        if self._is_no_news(incident, now):
            return _("the same alert was shown less than a day ago")
        if self._is_clearly_worse(incident) and not is_news:
            # Never more often than the gap.
            told = self._banners.last(incident.key, Level.WARNING)
            if told and now - told[0] < self.policy.gap_seconds:
                return _too_soon(self.policy.gap_seconds)
        elif distance := self._least_distance(self._banners, incident, now, is_news=is_news):
            return _too_soon(distance)
        if self._last_banner is not None and incident.level is not Level.EMERGENCY:
            at, level = self._last_banner
            is_near = now - at < self.policy.gap_seconds and incident.level <= level
            if is_near and not incident.is_pressing:
                seconds = format_number(self.policy.gap_seconds)
                return _("another notification is less than {seconds} s old").format(
                    seconds=seconds
                )
        return None

    def _least_distance(
        self, tellings: Tellings, incident: Incident, now: float, *, is_news: bool
    ) -> float:
        """Least time since it was last told, if that is less long ago; 0: it may be told."""
        cooldown = self.policy.cooldown_seconds.get(incident.level, 0.0)
        if incident.is_pressing:
            key = family_of(incident.key)
            return tellings.distance(key, incident.level, now, cooldown, _FACTOR, _PRESSING)
        if not is_news:
            return tellings.distance(incident.key, incident.level, now, HOUR_SECONDS, 2.0)
        distance = tellings.distance(incident.key, incident.level, now, cooldown, _FACTOR)
        if not distance and incident.level is not Level.EMERGENCY:
            # No earlier and milder banner may delay an emergency.
            told = tellings.last(incident.key, Level.WARNING)
            distance = cooldown if told and now - told[0] < cooldown else 0.0
        return distance

    def _is_no_news(self, incident: Incident, now: float) -> bool:
        kinds = _news_of(incident)
        told = self._news.get((incident.identity, kinds[0])) if kinds else None
        if told is None or now - told.at >= NEWS_SECONDS or incident.level > told.level:
            return False
        return (incident.value or 0.0) < _NEWS_FACTOR * (told.value or math.inf)


def _is_to_note(noted: tuple[Level, str] | None, level: Level, reason: str) -> bool:
    """Return whether the journal lacks that a level is held for this reason."""
    return noted is None or level > noted[0] or reason != noted[1]


def _known(incident: Incident) -> str:
    """Return why a person need not hear of it; empty: nobody knows of it."""
    if incident.is_excepted:
        return _("an exception in the settings covers it")
    return _("it was acknowledged") if incident.acknowledged else ""


def _is_inhibited(incident: Incident, shortage: Incident | None) -> bool:
    """Return whether the machine's shortage is reported in its place."""
    return (
        shortage is not None
        and incident.key.partition(":")[0] in _INHIBITED
        and shortage.phase == "active"
        and shortage.level >= max(Level.CRITICAL, incident.level)
    )


def _largest(value: float | None, other: float | None) -> float | None:
    return max((each for each in (value, other) if each is not None), default=None)


def _too_soon(seconds: float) -> str:
    """Return the reason to wait after a recent banner."""
    if seconds <= LONGEST_COOLDOWN_SECONDS:
        text = _("the previous notification is less than {seconds} s old")
        return text.format(seconds=format_number(seconds))
    return _("it was shown less than {time} ago").format(time=format_duration(seconds))


def _as_news(incident: Incident, kind: str, now: float) -> News:
    return News(
        about=incident.identity,
        kind=kind,
        key=incident.key,
        at=now,
        level=incident.level,
        value=incident.value,
    )


def _news_of(incident: Incident) -> tuple[str, ...]:
    """Return the kind of news it is, then what else it implies; empty: always new."""
    kind = _NEWS.get(incident.key.partition(":")[0])
    if kind == "proof":
        return ("growth",) if incident.is_doubtful else ("proof", "growth")
    return (kind,) if kind else ()
