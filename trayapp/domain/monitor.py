"""One tick of arithmetic: a frame in; a view, values to keep and announcements out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from trayapp.domain.application_trends import ApplicationTrends, ApplicationView
from trayapp.domain.bars import BarRing
from trayapp.domain.budget import BudgetVerdict
from trayapp.domain.growth import GrowthRule, GrowthTracker, Spike, SpikeRule
from trayapp.domain.incidents import (
    AlertPolicy,
    Announcement,
    Condition,
    IncidentBook,
    Quiet,
    level_of_share,
)
from trayapp.domain.leaks import LeakDetector, Load, Signal, Verdict, impact_of
from trayapp.domain.levels import Level
from trayapp.domain.records import Event, Series
from trayapp.domain.samples import (
    AppSample,
    Footprint,
    Frame,
    ProcessKey,
    ProcessUse,
    SystemSample,
    TargetSample,
)
from trayapp.domain.targets import TargetRule
from trayapp.domain.texts import growth_text, leak_text, limit_text, pressure_text, spike_text
from trayapp.domain.view import TargetView, View

PRESSURE_KEY = "pressure"
SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorRules:
    """Everything settable about the judgement."""

    targets: tuple[TargetRule, ...] = ()
    thresholds: Mapping[Level, float] = field(
        default_factory=lambda: {
            Level.WARNING: 0.75,
            Level.CRITICAL: 0.85,
            Level.EMERGENCY: 0.95,
        }
    )
    """Shares of the machine's memory not available, and of a target's limit in use."""
    rearm_share: float = 0.05
    growth: GrowthRule = field(default_factory=GrowthRule)
    tells_growth: bool = True
    """Whether sustained growth raises an alert; it is shown all the same."""
    spike: SpikeRule = field(default_factory=SpikeRule)
    tells_spikes: bool = True
    policy: AlertPolicy = field(default_factory=AlertPolicy)
    bar_span_seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one frame led to."""

    view: View
    values: tuple[tuple[Series, float], ...]
    """For the history."""
    events: tuple[Event, ...]
    """For the history: restarts and every decision about an alert."""
    announcements: tuple[Announcement, ...]


class _TargetState:
    """What is remembered of one target between frames: O(its processes)."""

    def __init__(self, span_seconds: float) -> None:
        self.growth = GrowthTracker()
        self.bars = BarRing(span_seconds)
        self.peak_bytes: int | None = None
        self.keys: frozenset[ProcessKey] = frozenset()
        self.has_run = False
        self.restart_count = 0
        self.growing_since_wall_seconds: float | None = None
        self.leaks: LeakDetector | None = None
        self.leaks_by_rss = False

    def fold_leak(self, frame: Frame, sample: TargetSample, *, restarted: bool) -> Verdict:
        """Let the leak detector see one look; it judges every 15 s of its own accord."""
        anon_bytes = _anon_bytes(sample)
        if self.leaks is None:
            if sample.rss_bytes is None:
                return Verdict()
            # One signal for good: a change from one to the other would look like growth.
            self.leaks_by_rss = anon_bytes is None
            signal: Signal = "resident set" if self.leaks_by_rss else "anonymous memory"
            self.leaks = LeakDetector(signal=signal)
        return self.leaks.fold(
            frame.monotonic_seconds,
            sample.rss_bytes if self.leaks_by_rss else anon_bytes,
            load=Load(children=len(sample.readings)),
            restarted=restarted,
            room_bytes=_room_bytes(frame.system, sample),
        )

    def fold_processes(self, keys: frozenset[ProcessKey]) -> bool:
        """Take in which processes run; tell whether the target was started again."""
        restarted = self.has_run and bool(keys) and not (keys & self.keys)
        # An empty poll is kept as such: the next start is then a restart, too.
        self.keys = keys
        self.has_run = self.has_run or bool(keys)
        self.restart_count += restarted
        return restarted


class Monitor:
    """Folds frames. Not thread-safe: one thread, the sampler's, owns it."""

    def __init__(self, rules: MonitorRules) -> None:
        self._rules = rules
        self._book = IncidentBook(rules.policy)
        self._system_bars = BarRing(rules.bar_span_seconds)
        self._app_bars = BarRing(rules.bar_span_seconds)
        self._states: dict[str, _TargetState] = {}
        self._largest: tuple[ProcessUse, ...] = ()
        self._applications: tuple[ApplicationView, ...] = ()
        self._trends = ApplicationTrends(rules.bar_span_seconds)
        self._set_states()

    def set_rules(self, rules: MonitorRules) -> None:
        """Judge by other rules from the next frame on; what is remembered stays."""
        if rules.bar_span_seconds != self._rules.bar_span_seconds:
            self._system_bars = BarRing(rules.bar_span_seconds)
            self._app_bars = BarRing(rules.bar_span_seconds)
            self._trends = ApplicationTrends(rules.bar_span_seconds)
            for state in self._states.values():
                state.bars = BarRing(rules.bar_span_seconds)
        self._rules = rules
        self._book.policy = rules.policy
        self._set_states()

    def preload_bars(self, remembered: Mapping[Series, Sequence[float | None]]) -> None:
        """Fill the bars with what the history remembers, oldest first, up to now."""
        self._system_bars.preload(remembered.get(Series(SYSTEM, "", "used_bytes"), ()))
        self._app_bars.preload(remembered.get(Series("app", "", "rss_bytes"), ()))
        for name, state in self._states.items():
            state.bars.preload(remembered.get(Series("target", name, "rss_bytes"), ()))

    def fold(self, frame: Frame, quiet: Quiet, budget: BudgetVerdict | None = None) -> Outcome:
        """Take in one frame, and how Memtray stands with its own budget."""
        now, wall = frame.monotonic_seconds, frame.wall_seconds
        if frame.largest is not None:
            self._largest = frame.largest
        self._system_bars.fold(now, frame.system.used_bytes)
        self._app_bars.fold(now, frame.app.rss_bytes)
        samples = {sample.name: sample for sample in frame.targets}
        if frame.applications is not None:
            self._applications = self._trends.fold(now, frame.applications)
        conditions = [self._judge_pressure(frame.system)]
        if frame.oom_kill is not None:
            conditions.append(frame.oom_kill.condition())
        if budget is not None and budget.announcement:
            conditions.append(_budget_condition(budget.announcement))
        events: list[Event] = []
        views: list[TargetView] = []
        for rule in self._rules.targets:
            sample = samples.get(rule.name, TargetSample(name=rule.name))
            target, judged, happened = self._fold_target(rule, sample, frame)
            views.append(target)
            conditions += judged
            events += happened
        announcements = self._book.fold(now, wall, conditions, quiet)
        events += [_as_event(announcement, wall) for announcement in announcements]
        incidents = self._book.open_incidents()
        worst: dict[str, Level] = {}
        for incident in incidents:
            worst[incident.subject] = max(incident.level, worst.get(incident.subject, Level.NORMAL))
        view = View(
            wall_seconds=wall,
            system=frame.system,
            system_bars=self._system_bars.values(),
            system_level=worst.get(SYSTEM, Level.NORMAL),
            app=frame.app,
            app_bars=self._app_bars.values(),
            targets=tuple(_with_level(target, worst.get(target.name)) for target in views),
            incidents=incidents,
            largest=self._largest,
            applications=self._applications,
            budget=budget or BudgetVerdict(),
        )
        return Outcome(
            view=view,
            values=tuple(_values(frame, views)),
            events=tuple(events),
            announcements=announcements,
        )

    def _set_states(self) -> None:
        self._states = {
            rule.name: self._states.get(rule.name) or _TargetState(self._rules.bar_span_seconds)
            for rule in self._rules.targets
        }

    def _fold_target(
        self, rule: TargetRule, sample: TargetSample, frame: Frame
    ) -> tuple[TargetView, list[Condition], list[Event]]:
        now, wall = frame.monotonic_seconds, frame.wall_seconds
        state = self._states[rule.name]
        readings = dict(sample.readings)
        restarted = state.fold_processes(frozenset(readings))
        spike = state.growth.fold(
            now,
            frame.interval_seconds,
            readings,
            self._rules.growth,
            self._rules.spike,
        )
        rss_bytes = sample.rss_bytes
        state.bars.fold(now, rss_bytes)
        if rss_bytes is not None:
            state.peak_bytes = max(rss_bytes, state.peak_bytes or 0)
        growth = state.growth.growth
        if growth is not None and growth.sustained:
            if state.growing_since_wall_seconds is None:
                state.growing_since_wall_seconds = wall - (now - growth.onset_monotonic_seconds)
        else:
            state.growing_since_wall_seconds = None
        leak = state.fold_leak(frame, sample, restarted=restarted)
        limit = _limit_of(rule, sample, frame.system)
        footprint = (sample.footprint if readings else None) or Footprint()
        view = TargetView(
            name=rule.name,
            pids=tuple(key.pid for key in readings),
            rss_bytes=rss_bytes,
            peak_bytes=state.peak_bytes,
            slope_bytes_per_second=state.growth.rate_bytes_per_second,
            growing_since_wall_seconds=state.growing_since_wall_seconds,
            uss_bytes=footprint.uss_bytes,
            pss_bytes=footprint.pss_bytes,
            swap_bytes=footprint.swap_bytes,
            limit_bytes=limit.limit_bytes,
            limit_source=limit.source,
            limit_share=limit.share,
            restart_count=state.restart_count,
            bars=state.bars.values(),
            leak=leak,
        )
        judged = [
            self._judge_limit(view),
            self._judge_leak(rule, view),
            self._judge_growth(rule, view, state, now),
            self._judge_spike(rule, spike),
        ]
        events = []
        if restarted:
            text = f"{rule.name} was started again"
            events.append(Event(wall_seconds=wall, kind="restart", subject=rule.name, text=text))
        return view, judged, events

    def _judge_pressure(self, system: SystemSample) -> Condition:
        level = level_of_share(
            system.used_bytes / system.total_bytes,
            self._rules.thresholds,
            self._rules.rearm_share,
            self._book.judged_level(PRESSURE_KEY),
        )
        title, body = pressure_text(system, self._largest, level)
        return Condition(key=PRESSURE_KEY, subject=SYSTEM, level=level, title=title, body=body)

    def _judge_limit(self, view: TargetView) -> Condition:
        key = f"limit:{view.name}"
        # Near the machine's own limit, the machine's pressure is told instead.
        if not view.has_own_limit or view.limit_share is None:
            return Condition(key=key, subject=view.name, level=Level.NORMAL)
        level = level_of_share(
            view.limit_share,
            self._rules.thresholds,
            self._rules.rearm_share,
            self._book.judged_level(key),
        )
        title, body = limit_text(view)
        return Condition(key=key, subject=view.name, level=level, title=title, body=body)

    def _is_told_leak(self, rule: TargetRule, view: TargetView) -> bool:
        is_wanted = self._rules.tells_growth and rule.watch_growth
        return is_wanted and view.leak.level == "leaking" and impact_of(view.leak).matters

    def _judge_leak(self, rule: TargetRule, view: TargetView) -> Condition:
        key = f"leak:{view.name}"
        if not self._is_told_leak(rule, view):
            return Condition(key=key, subject=view.name, level=Level.NORMAL)
        title, body = leak_text(view)
        return Condition(
            key=key, subject=view.name, level=Level.WARNING, title=title, body=body, has_lasted=True
        )

    def _judge_growth(
        self, rule: TargetRule, view: TargetView, state: _TargetState, now: float
    ) -> Condition:
        key = f"growth:{view.name}"
        growth = state.growth.growth
        # A leak that is told says all that growth would, and better.
        is_leak = self._is_told_leak(rule, view)
        told = self._rules.tells_growth and rule.watch_growth and not is_leak
        if not told or growth is None or not growth.sustained:
            return Condition(key=key, subject=view.name, level=Level.NORMAL)
        title, body = growth_text(view, now - growth.onset_monotonic_seconds, growth.grown_bytes)
        return Condition(
            key=key, subject=view.name, level=Level.WARNING, title=title, body=body, has_lasted=True
        )

    def _judge_spike(self, rule: TargetRule, spike: Spike | None) -> Condition:
        key = f"spike:{rule.name}"
        if spike is None or not (self._rules.tells_spikes and rule.watch_spikes):
            return Condition(key=key, subject=rule.name, level=Level.NORMAL)
        title, body = spike_text(rule.name, spike)
        return Condition(
            key=key,
            subject=rule.name,
            level=Level.WARNING,
            title=title,
            body=body,
            is_moment=True,
        )


class _TargetLimit(NamedTuple):
    limit_bytes: int
    source: str
    share: float | None


def _limit_of(rule: TargetRule, sample: TargetSample, system: SystemSample) -> _TargetLimit:
    """The settings' limit, else the system's, else all the memory there is."""
    rss_bytes = sample.rss_bytes
    wanted_bytes = rule.limit_of(system.total_bytes)
    found = sample.limit
    if wanted_bytes is None and found is not None and found.source != "machine":
        return _TargetLimit(found.limit_bytes, found.source, found.share)
    limit_bytes = system.total_bytes if wanted_bytes is None else wanted_bytes
    return _TargetLimit(
        limit_bytes,
        "machine" if wanted_bytes is None else "settings",
        None if rss_bytes is None else rss_bytes / limit_bytes,
    )


def _room_bytes(system: SystemSample, sample: TargetSample) -> int:
    """What is left for a target to grow into: of its own limit, or of the machine."""
    limit = sample.limit
    if limit is None or limit.share is None:
        return system.available_bytes
    return min(system.available_bytes, round(limit.limit_bytes * (1 - limit.share)))


def _budget_condition(text: str) -> Condition:
    return Condition(
        key="budget:memtray",
        subject="memtray",
        level=Level.WARNING,
        title="Memtray is over its own budget",
        body=text,
        is_moment=True,
    )


def _with_level(view: TargetView, level: Level | None) -> TargetView:
    return view if level is None else replace(view, level=level)


def _as_event(announcement: Announcement, wall_seconds: float) -> Event:
    incident = announcement.incident
    level = Level.NORMAL if announcement.what == "resolved" else incident.level
    return Event(
        wall_seconds=wall_seconds,
        kind="alert",
        subject=incident.subject,
        level=level.label,
        text=incident.title,
        data={
            "incident": incident.key,
            "what": announcement.what,
            "reason": announcement.reason or None,
            "body": incident.body,
        },
    )


def _values(frame: Frame, views: Sequence[TargetView]) -> Iterable[tuple[Series, float]]:
    for series, value in (*_system_values(frame.system), *_app_values(frame.app)):
        if value is not None:
            yield series, value
    anon = {sample.name: _anon_bytes(sample) for sample in frame.targets}
    for view in views:
        if view.rss_bytes is not None:
            yield Series("target", view.name, "rss_bytes"), view.rss_bytes
            yield Series("target", view.name, "process_count"), len(view.pids)
        for metric, value in (
            ("anon_bytes", anon.get(view.name)),
            ("uss_bytes", view.uss_bytes),
            ("pss_bytes", view.pss_bytes),
            ("swap_bytes", view.swap_bytes),
        ):
            if value is not None:
                yield Series("target", view.name, metric), value


def _system_values(system: SystemSample) -> Iterable[tuple[Series, float | None]]:
    for metric, value in (
        ("used_bytes", system.used_bytes),
        ("total_bytes", system.total_bytes),
        ("swap_used_bytes", system.swap_used_bytes),
        ("stall_some_percent", system.stall_some_percent),
        ("stall_full_percent", system.stall_full_percent),
    ):
        yield Series(SYSTEM, "", metric), value


def _app_values(app: AppSample) -> Iterable[tuple[Series, float | None]]:
    for metric, value in (
        ("rss_bytes", app.rss_bytes),
        ("uss_bytes", app.uss_bytes),
        ("cpu_percent", app.cpu_percent),
    ):
        yield Series("app", "", metric), value


def _anon_bytes(sample: TargetSample) -> int | None:
    known = [reading.anon_bytes for _, reading in sample.readings]
    if not known or any(value is None for value in known):
        return None
    return sum(value for value in known if value is not None)
