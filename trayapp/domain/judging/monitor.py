"""One tick of arithmetic: a frame in; a view, values to keep and announcements out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from trayapp.dataclass import dataclass, replace
from trayapp.domain.grouping.target_run import RunMark
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Announcement, Incident, Memory, Quiet, Reached
from trayapp.domain.judging.application_follower import ApplicationFollower
from trayapp.domain.judging.departures import departed
from trayapp.domain.judging.handing_over import hand_over
from trayapp.domain.judging.incidents import IncidentBook
from trayapp.domain.judging.judges import MACHINE_JUDGES
from trayapp.domain.judging.judges.pressure import Shortage, pressure_share, stall_share
from trayapp.domain.judging.judges.protocol import MachineCase
from trayapp.domain.judging.leaks.staleness import StalenessPlan
from trayapp.domain.judging.leaks.suspects import Growing, SuspectFinder
from trayapp.domain.judging.learned import Learned
from trayapp.domain.judging.machine_health import MachineHealthTracker
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.monitor_values import (
    APP_RSS,
    STALL_FULL,
    USED,
    machine_values,
    outside_values,
    slow_machine_values,
)
from trayapp.domain.judging.outside_follower import OutsideFollower
from trayapp.domain.judging.own_budget import BudgetVerdict
from trayapp.domain.judging.recovering import as_of_now
from trayapp.domain.judging.sessions import prior_of
from trayapp.domain.judging.target_follower import TargetFollower
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.bars import BarRing
from trayapp.domain.records.frames import Frame, TargetSample
from trayapp.domain.records.identity import MEMTRAY, SYSTEM, application_key, target_key
from trayapp.domain.records.levels import Level
from trayapp.domain.records.limits import machine_limit
from trayapp.domain.records.referenced import ReferencedRequest
from trayapp.domain.records.samples import ProcessKey
from trayapp.domain.records.series import ApplicationMinute, Event, Inheritance, Series
from trayapp.domain.records.stretches import Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one frame led to."""

    view: View
    values: tuple[tuple[Series, float], ...]
    """For the history."""
    events: tuple[Event, ...]
    """For the history: restarts and every decision about an alert."""
    minutes: tuple[ApplicationMinute, ...] = ()
    """For the history: what applications had in minutes that are over."""
    inherited: tuple[Inheritance, ...] = ()
    """For the history, after the minutes: which applications are targets from now on."""
    announcements: tuple[Announcement, ...]
    """What banners are to tell, or are not and why."""
    reached: tuple[Reached, ...] = ()
    """Levels that incidents came to: what actions, hooks and files go by."""
    messages: tuple[Announcement, ...] = ()
    """What channels far away are to be told."""
    referenced: ReferencedRequest | None = None
    """What to read at the next tick, to be handed in with the next frame."""
    runs_changed: bool = False
    """Whether `run_marks` may say something else than after the frame before."""


class Monitor:
    """Judges frames. Not thread-safe: one thread, the sampler's, owns it."""

    def __init__(self, rules: MonitorRules) -> None:
        self._rules = rules
        self._book = IncidentBook(rules.policy)
        self._judges = [judge() for judge in MACHINE_JUDGES]
        self._targets: dict[str, TargetFollower] = {}
        self._unmet: set[str] = set()
        """Targets of which no process was seen so far."""
        self._applications = ApplicationFollower(rules)
        self._outside = OutsideFollower(rules.leaks)
        self._health = MachineHealthTracker()
        self._staleness = StalenessPlan(enabled=rules.checks_staleness)
        self._finder = SuspectFinder()
        self._slow_values_at = float("-inf")
        self._anon_is_private = False
        self._reset_bars(rules.bar_span_seconds)
        self._follow_targets()

    def set_rules(self, rules: MonitorRules) -> None:
        """Judge by other rules from the next frame on; what is remembered stays."""
        if rules.bar_span_seconds != self._rules.bar_span_seconds:
            self._reset_bars(rules.bar_span_seconds)
        if rules.leaks != self._rules.leaks:
            self._applications.set_leak_settings(rules.leaks)
            self._outside.set_settings(rules.leaks)
            for target in self._targets.values():
                target.leak.set_settings(rules.leaks)
        self._staleness.enabled = rules.checks_staleness
        self._applications.history.rule = rules.history
        self._rules = replace(
            rules,
            learned=self._rules.learned,
            utc_offset_seconds=self._rules.utc_offset_seconds,
        )
        self._book.policy = rules.policy
        self._follow_targets()

    def set_learned(self, learned: Mapping[str, Learned], utc_offset_seconds: float) -> None:
        """Go by what is usual for targets from the next frame on; empty: by nothing learned."""
        rules = self._rules
        if (rules.learned, rules.utc_offset_seconds) != (learned, utc_offset_seconds):
            self._rules = replace(rules, learned=learned, utc_offset_seconds=utc_offset_seconds)

    def set_targets(self, targets: tuple[TargetRule, ...]) -> None:
        """Judge these targets from the next frame on; what is remembered of others is dropped."""
        if targets is not self._rules.targets:
            self.set_rules(replace(self._rules, targets=targets))

    def _follow_targets(self) -> None:
        before, self._targets = self._targets, {}
        for rule in self._rules.targets:
            follower = before.get(rule.name)
            if follower is None:
                follower = TargetFollower(rule, self._rules.bar_span_seconds)
                self._unmet.add(rule.name)
            follower.rule = rule
            self._targets[rule.name] = follower
        self._unmet &= self._targets.keys()

    def _reset_bars(self, span_seconds: float) -> None:
        self._system_bars = BarRing(span_seconds)
        self._pressure_bars = BarRing(span_seconds)
        self._app_bars = BarRing(span_seconds)
        self._applications.reset_bars(span_seconds)
        for target in self._targets.values():
            target.reset_bars(span_seconds)

    # -- what outlives a restart

    def preload_bars(self, remembered: Mapping[Series, Sequence[float | None]]) -> None:
        """Fill the bars with what the history remembers, oldest first, up to now."""
        self._system_bars.preload(remembered.get(USED, ()))
        self._pressure_bars.preload(
            stall if stall is None else stall_share(stall, self._rules.stall_percent)
            for stall in remembered.get(STALL_FULL, ())
        )
        self._app_bars.preload(remembered.get(APP_RSS, ()))
        for target in self._targets.values():
            target.preload_bars(remembered)

    @property
    def open_incidents(self) -> tuple[Incident, ...]:
        """The open incidents, to be given to `restore` after a restart."""
        return self._book.open_incidents()

    @property
    def told(self) -> Memory:
        """What was announced, to be given to `restore` as well."""
        return self._book.memory()

    def restore(self, incidents: Iterable[Incident], told: Memory | None = None) -> None:
        """Continue with the incidents of the run before; before the first `judge_frame`."""
        self._book.restore(incidents, told)

    def preload_sessions(self, events: Iterable[Event]) -> None:
        """Remember what earlier runs of the targets did, from events of the kind `SESSION`."""
        for event in events:
            target, prior = self._targets.get(event.subject), prior_of(event)
            if target is not None and prior is not None:
                target.leak.add_prior(prior)

    def resume(self, marks: Mapping[str, RunMark]) -> None:
        """Expect the runs that went on when Memtray ended; before the first `judge_frame`.

        They are judged again when `replay` was called for each of `awaited`.
        """
        for name, mark in marks.items():
            if name in self._targets:
                self._targets[name].run.resume(mark)

    @property
    def run_marks(self) -> dict[str, RunMark]:
        """The marks of the targets' runs, to be given to `resume` after a restart."""
        marks = ((name, target.run.mark) for name, target in self._targets.items())
        return {name: mark for name, mark in marks if mark is not None}

    @property
    def awaited(self) -> dict[str, RunMark]:
        """The runs whose stored past is to be replayed, after the first `judge_frame`."""
        before = ((name, target.run.before) for name, target in self._targets.items())
        return {name: mark for name, mark in before if mark is not None}

    def replay(
        self, name: str, stretches: Sequence[Stretch], wall_offset_seconds: float
    ) -> tuple[Event, ...]:
        """Judge anew what was kept of an awaited run; return what to keep of one that is over.

        wall_offset_seconds: the monotonic clock less the wall clock.
        """
        target = self._targets.get(name)
        if target is None or target.run.before is None:
            return ()
        session = target.replay(
            stretches, self._rules, wall_offset_seconds, private=self._anon_is_private
        )
        return () if session is None else (session,)

    # -- what a person and the readers ask

    @property
    def suspects(self) -> Collection[ProcessKey]:
        """Processes of no target that grow: the limits of these are to be read, too."""
        return self._applications.suspects

    @property
    def outside_wanted(self) -> tuple[str, ...]:
        """What grows outside of programs: more is to be read of these, see `OutsideReader`."""
        return self._outside.wanted

    def acknowledge(self, key: str) -> bool:
        """Note that the person knows of an incident; False: it is not open."""
        return self._book.acknowledge(key)

    def resolve(self, key: str) -> bool:
        """End an incident by hand, with the next frame; False: it is not open."""
        return self._book.resolve(key)

    # -- frames

    def judge_frame(
        self, frame: Frame, quiet: Quiet, budget: BudgetVerdict | None = None
    ) -> Outcome:
        """Judge one frame, and how Memtray stands with its own budget."""
        now, wall = frame.monotonic_seconds, frame.wall_seconds
        self._anon_is_private = frame.anon_is_private
        self._system_bars.add(now, frame.system.used_bytes)
        self._pressure_bars.add(now, pressure_share(frame.system, self._rules.stall_percent))
        self._app_bars.add(now, frame.app.rss_bytes)
        if frame.referenced is not None:
            self._staleness.fold(now, frame.referenced)
        # Before the look that does not find them among the applications any more.
        met = self._newly_met(frame.targets)
        inherited, minutes = self._applications.history.inherit(met) if met else ((), ())
        given = hand_over(met, self._applications, self._targets, self._book)
        case = self._machine_case(frame, budget, given)
        conditions = [each for judge in self._judges for each in judge.judge(case)]
        events = _events_of(frame, budget)
        values = machine_values(frame)
        is_slow_due = now - self._slow_values_at >= self._rules.slow_values_seconds
        if is_slow_due:
            self._slow_values_at = now
            values += [*slow_machine_values(frame), *outside_values(self._outside.sizes)]
        samples = {sample.name: sample for sample in frame.targets}
        views: dict[str, TargetView] = {}
        growing: list[Growing] = []
        machine = machine_limit(frame.system)
        keys_before = [target.run.keys for target in self._targets.values()]
        for name, target in self._targets.items():
            sample = samples.get(name) or TargetSample(name=name)
            view, judged = target.add_sample(
                frame, sample, self._rules, self._staleness, self._book.judged_level, machine
            )
            views[name] = view
            conditions += judged
            events += target.events
            values += target.values(sample, view, with_slow=is_slow_due)
            if name in samples:
                growing.append(Growing(name, sample.readings, view.leak))
        restarted = {event.subject for event in events if event.kind == "restart"}
        ended = departed(
            self._book.open_incidents(),
            views,
            restarted,
            frame.everything,
            self._applications.findings,
        )
        announcements = self._book.update(now, wall, conditions, quiet, ended)
        events += [_as_event(announcement, wall) for announcement in announcements]
        incidents = as_of_now(
            self._book.open_incidents(), views, lambda level: Shortage.text(case, level)
        )
        return Outcome(
            view=self._view(frame, views.values(), incidents, budget),
            values=tuple([(series, value) for series, value in values if value is not None]),
            events=tuple(events),
            minutes=(*self._applications.minutes, *minutes),
            inherited=tuple(inherited),
            announcements=announcements,
            reached=self._book.reached,
            messages=self._book.messages,
            referenced=self._staleness.request(
                now, [*self._finder.find(growing), *self._applications.growing]
            ),
            runs_changed=keys_before != [target.run.keys for target in self._targets.values()],
        )

    def _machine_case(
        self, frame: Frame, budget: BudgetVerdict | None, given: Collection[str]
    ) -> MachineCase:
        findings = self._applications.add_frame(frame, self._rules, self._staleness)
        if findings is None and budget is not None and budget.drops_groups:
            # Nobody looks at them any more: what was said of them is not known to be true.
            self._applications.growing, findings = [], ()
        return MachineCase(
            frame=frame,
            rules=self._rules,
            judged_level=self._book.judged_level,
            applications=self._applications.views,
            largest=self._applications.largest,
            target_rates=self._target_rates,
            findings=findings,
            given=given,
            outside=self._outside.add_frame(frame),
        )

    def _newly_met(self, samples: Iterable[TargetSample]) -> dict[str, list[ProcessKey]]:
        """Return the processes of targets that are seen to run for the first time, by name."""
        if not self._unmet:
            return {}
        met = {
            each.name: [key for key, _reading in each.readings]
            for each in samples
            if each.readings and each.name in self._unmet
        }
        self._unmet -= met.keys()
        return met

    def _target_rates(self) -> dict[str, float]:
        targets = self._targets.items()
        return {name: target.growth.rate_bytes_per_second or 0.0 for name, target in targets}

    def _view(
        self,
        frame: Frame,
        targets: Iterable[TargetView],
        incidents: tuple[Incident, ...],
        budget: BudgetVerdict | None,
    ) -> View:
        worst: dict[str, Level] = {}
        for incident in incidents:
            about = incident.identity
            worst[about] = max(incident.level, worst.get(about, Level.NORMAL))
        return View(
            wall_seconds=frame.wall_seconds,
            system=frame.system,
            system_bars=self._system_bars.values(),
            system_level=worst.get(SYSTEM, Level.NORMAL),
            app=frame.app,
            pressure_bars=self._pressure_bars.values(),
            app_bars=self._app_bars.values(),
            targets=tuple(
                [
                    replace(target, level=worst[about])
                    if worst and (about := target_key(target.name)) in worst
                    else target
                    for target in targets
                ]
            ),
            incidents=incidents,
            largest=self._applications.largest,
            applications=tuple(
                [
                    replace(each, level=worst[about])
                    if each.key is not None and (about := application_key(each.key)) in worst
                    else each
                    for each in self._applications.views
                ]
            )
            if worst
            else self._applications.views,
            budget=budget or BudgetVerdict(),
            health=self._health.add_frame(frame, max(worst.values(), default=Level.NORMAL)),
            interval_seconds=frame.interval_seconds,
        )


def _events_of(frame: Frame, budget: BudgetVerdict | None) -> list[Event]:
    """Return what happened to the machine and to Memtray itself, for the history."""
    wall = frame.wall_seconds
    events = list(frame.oom_kill.events(wall)) if frame.oom_kill else []
    if budget is not None and budget.announcement:
        text = budget.announcement
        events.append(Event(wall_seconds=wall, kind="budget", subject=MEMTRAY, text=text))
    return events


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
            "about": incident.identity,
            "what": announcement.what,
            "reason": announcement.reason or None,
            "body": incident.body,
        },
    )
