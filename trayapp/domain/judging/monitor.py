"""One tick of arithmetic: a frame in; a view, values to keep and announcements out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from trayapp.domain.grouping.applications import ApplicationKey, ApplicationUse
from trayapp.domain.grouping.identity import application_key, leak_of_other, target_key
from trayapp.domain.grouping.limits import (
    Headroom,
    Limit,
    headroom_of,
    limits_of,
    tightest,
)
from trayapp.domain.grouping.target_run import TargetRun
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.absolute_levels import (
    NO_AMOUNTS,
    RATE_AMOUNTS,
    Amounts,
    growth_level,
    level_above,
)
from trayapp.domain.judging.alert_texts import (
    forecast_text,
    growth_text,
    leak_text,
    limit_text,
    pressure_text,
    size_text,
    spike_text,
)
from trayapp.domain.judging.application_trends import ApplicationTrends, ApplicationView
from trayapp.domain.judging.budget import BudgetVerdict
from trayapp.domain.judging.departures import departed
from trayapp.domain.judging.growth import GrowthRule, GrowthTracker, Spike, SpikeRule, is_growth_due
from trayapp.domain.judging.incidents import (
    PRESSURE_KEY,
    SYSTEM,
    AlertPolicy,
    Announcement,
    Condition,
    Incident,
    IncidentBook,
    Memory,
    Quiet,
    Reached,
    level_of_share,
)
from trayapp.domain.judging.leaks import (
    MOST_PRIORS,
    NOTHING_TO_JUDGE,
    Finding,
    Impact,
    LeakDetector,
    LeakSettings,
    LeakWatch,
    Load,
    SessionPrior,
    Signal,
    Verdict,
    impact_of,
)
from trayapp.domain.judging.leaks.staleness import (
    ReferencedRequest,
    Staleness,
    StalenessPlan,
    Suspect,
)
from trayapp.domain.judging.leaks.suspects import Growing, SuspectFinder, growing_of_others
from trayapp.domain.judging.limit_suspects import suspects_of, toward_limits
from trayapp.domain.judging.pressure import (
    VERY_SOON_SECONDS,
    Forecast,
    largest_users,
    pressure_level,
    pressure_share,
    stall_share,
)
from trayapp.domain.judging.recovering import as_of_now
from trayapp.domain.judging.replay import (
    RunMark,
    Stretch,
    replay_growth,
    replay_leaks,
    signal_of,
)
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.bars import BarRing
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import (
    UNKNOWN_PARTICULARS,
    Everything,
    Footprint,
    Frame,
    Particulars,
    ProcessKey,
    ProcessUse,
    SystemSample,
    TargetSample,
)
from trayapp.domain.records.series import Event, Series
from trayapp.domain.records.sizes import size_of_sample
from trayapp.language.catalogue import _
from trayapp.language.units import format_size

FORECAST_KEY = "forecast"
SESSION = "session"
"""The kind of the events that keep what a run of a target did."""
PRIORS_SECONDS = 30 * 86_400.0
"""How long that is worth knowing."""
ALMOST_SCORE = 0.015
"""So near to being called leaking is enough for a target."""
SURE_SCORE = 0.9
SURE_SECONDS = 6 * 3600.0
"""Beyond reasonable doubt, a leak that leaves less time is critical as well."""
URGENT_SECONDS = 1800.0
"""A leak that leaves less time is critical."""
SLOW_VALUES_SECONDS = 30.0
"""How often figures are kept that are read, or change, no more often than that."""

_TARGET_METRICS = (
    "rss_bytes",
    "size_bytes",
    "anon_bytes",
    "kept_bytes",
    "process_count",
    "uss_bytes",
    "pss_bytes",
    "swap_bytes",
    *Particulars._fields,
)
_USED = Series(SYSTEM, "", "used_bytes")
_TOTAL = Series(SYSTEM, "", "total_bytes")
_HUGE_PAGES = Series(SYSTEM, "", "hugepages_reserved_bytes")
_SWAP_USED = Series(SYSTEM, "", "swap_used_bytes")
_STALL_SOME = Series(SYSTEM, "", "stall_some_percent")
_STALL_FULL = Series(SYSTEM, "", "stall_full_percent")
_APP_RSS = Series("app", "", "rss_bytes")
_APP_USS = Series("app", "", "uss_bytes")
_APP_CPU = Series("app", "", "cpu_percent")


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
    available: Amounts = NO_AMOUNTS
    """Bytes of the machine's memory that are left, below which there is a level as well."""
    target_sizes: Amounts = NO_AMOUNTS
    """Bytes in use from which a target without amounts of its own has a level."""
    rearm_share: float = 0.05
    stall_percent: float = 10.0
    """Time in which every program waits for memory that is a warning."""
    growth: GrowthRule = field(default_factory=GrowthRule)
    rates: Amounts = RATE_AMOUNTS
    """Bytes per second from which growth is quick, very quick and furious."""
    rates_alone: bool = False
    """Whether these decide however much is left."""
    leak_scores: Amounts = NO_AMOUNTS
    """Scores, 0 to 1, from which a leak has a level; where there are none, urgency decides."""
    tells_growth: bool = True
    """Whether sustained growth raises an alert; it is shown all the same."""
    tells_growth_early: bool = False
    """Whether it does before anything depends on it: a cache that fills grows likewise."""
    spike: SpikeRule = field(default_factory=SpikeRule)
    tells_spikes: bool = True
    leaks: LeakSettings = field(default_factory=LeakSettings)
    checks_staleness: bool = True
    """Whether growing processes are asked if their memory is touched again."""
    judges_others: bool = True
    """Whether what no target holds is judged, too."""
    policy: AlertPolicy = field(default_factory=AlertPolicy)
    bar_span_seconds: float = 300.0
    slow_values_seconds: float = SLOW_VALUES_SECONDS
    """How often private and proportional memory is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one frame led to."""

    view: View
    values: tuple[tuple[Series, float], ...]
    """For the history."""
    events: tuple[Event, ...]
    """For the history: restarts and every decision about an alert."""
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


class _TargetState:
    """What is remembered of one target between frames: O(its processes)."""

    def __init__(self, name: str, span_seconds: float) -> None:
        self.series = {metric: Series("target", name, metric) for metric in _TARGET_METRICS}
        self.growth = GrowthTracker()
        self.bars = BarRing(span_seconds)
        self.peak_bytes: int | None = None
        self.run = TargetRun()
        self.growing_since_wall_seconds: float | None = None
        self.leaks: LeakDetector | None = None
        self.signal: Signal | None = None
        """What the leak detector is fed; None: nothing yet."""
        self.met_at: float | None = None
        self.knows_swap = False
        self.room_bytes: float | None = None
        """What was left until the nearest limit, at the last look."""
        self.priors: tuple[SessionPrior, ...] = ()
        """Of runs before Memtray was started."""

    @property
    def rate_bytes_per_second(self) -> float:
        """How fast it grows; 0 while that is not known."""
        return self.growth.rate_bytes_per_second or 0.0

    def fold_leak(
        self,
        frame: Frame,
        sample: TargetSample,
        rss_bytes: int | None,
        anon_bytes: int | None,
        settings: LeakSettings,
        limits: Sequence[Limit],
        *,
        restarted: bool,
        staleness: Staleness | None,
    ) -> Verdict:
        """Let the leak detector see one look; it judges every 15 s of its own accord."""
        headroom = headroom_of(limits, None)
        self.room_bytes = headroom.room_bytes if headroom else None
        if self.run.before is not None:
            # It is to see first what was kept of the run.
            return NOTHING_TO_JUDGE
        if self.leaks is None:
            # One signal for good: a change from one to the other would look like growth.
            signal = self._choose_signal(frame, sample)
            if signal is None:
                return NOTHING_TO_JUDGE
            self.signal = signal
            self.leaks = LeakDetector(signal=signal, settings=settings, priors=self.priors)
        size_bytes = rss_bytes
        # A figure that stands still because it is old would look like the end of the growth.
        footprint = None if sample.uss_reason else sample.footprint
        if anon_bytes is not None and self.signal != "resident set":
            size_bytes = self._with_swap(anon_bytes, sample, frame.system)
        elif self.signal != "resident set":
            size_bytes = footprint.uss_bytes if footprint else None
        verdict = self.leaks.fold(
            frame.monotonic_seconds,
            size_bytes,
            load=Load(children=len(sample.readings), work=sample.particulars.cpu_percent),
            restarted=restarted,
            room_bytes=self.room_bytes,
            staleness=staleness,
        )
        return verdict.toward(limits)

    def _choose_signal(self, frame: Frame, sample: TargetSample) -> Signal | None:
        """The best that is told of it; None: not known yet."""
        if sample.rss_bytes is None:
            return None
        if sample.anon_bytes is not None:
            return "private memory" if frame.anon_is_private else "anonymous memory"
        if self.met_at is None:
            self.met_at = frame.monotonic_seconds
        footprint = sample.footprint
        if footprint is not None and footprint.uss_bytes is not None:
            return "private memory"
        # It is read within half a minute, where it can be read at all.
        waited_seconds = frame.monotonic_seconds - self.met_at
        return "resident set" if waited_seconds >= SLOW_VALUES_SECONDS else None

    def _with_swap(self, anon_bytes: int, sample: TargetSample, system: SystemSample) -> int | None:
        """What is swapped out is not given back. Unknown while a new process was not asked yet."""
        if self.signal == "private memory" or not (self.knows_swap or system.swap_used_bytes):
            return anon_bytes
        swap_bytes = sample.footprint.swap_bytes if sample.footprint else None
        if swap_bytes is None:
            return None if self.knows_swap else anon_bytes
        self.knows_swap = True
        return anon_bytes + swap_bytes

    def end_session(self, name: str, wall_seconds: float) -> Event | None:
        """What later runs of the same target may know of this one; None: too short to tell."""
        prior = self.leaks.prior if self.leaks else None
        if prior is None:
            return None
        return Event(
            wall_seconds=wall_seconds,
            kind=SESSION,
            subject=name,
            text=_("{name} held up to {size}").format(
                name=name, size=format_size(prior.peak_floor_bytes)
            ),
            data={
                "peak_floor_bytes": prior.peak_floor_bytes,
                "warm_up_seconds": prior.warm_up_seconds,
                "leaked": prior.leaked,
            },
        )

    def replay(
        self, stretches: Sequence[Stretch], rules: MonitorRules, offset: float, *, private: bool
    ) -> None:
        """Know what the run was judged by before Memtray was restarted; nothing, without any."""
        signal = signal_of(stretches, anon_is_private=private)
        if signal is None:
            return
        self.signal = signal
        self.leaks = LeakDetector(
            signal=signal,
            settings=rules.leaks,
            priors=self.priors,
            room_bytes=self.room_bytes,
        )
        self.knows_swap = replay_leaks(self.leaks, stretches, signal, offset)
        replay_growth(self.growth, stretches, rules.growth, offset)

    def forget_run(self) -> None:
        """Begin anew, but with what that run leaves to later ones."""
        prior = self.leaks.prior if self.leaks else None
        if prior is not None:
            self.priors = (*self.priors, prior)[-MOST_PRIORS:]
        self.leaks = self.signal = None
        self.growth = GrowthTracker()
        self.knows_swap = False


class Monitor:
    """Folds frames. Not thread-safe: one thread, the sampler's, owns it."""

    def __init__(self, rules: MonitorRules) -> None:
        self._rules = rules
        self._book = IncidentBook(rules.policy)
        self._system_bars = BarRing(rules.bar_span_seconds)
        self._pressure_bars = BarRing(rules.bar_span_seconds)
        self._app_bars = BarRing(rules.bar_span_seconds)
        self._states: dict[str, _TargetState] = {}
        self._largest: tuple[ProcessUse, ...] = ()
        self._applications: tuple[ApplicationView, ...] = ()
        self._others = LeakWatch(rules.leaks)
        self._leaks_of_others: tuple[Condition, ...] = ()
        self._suspects: Mapping[ApplicationKey, tuple[ProcessKey, ...]] = {}
        self._staleness = StalenessPlan(enabled=rules.checks_staleness)
        self._findings: Mapping[ApplicationKey, Finding] = {}
        self._finder, self._finder_of_others = SuspectFinder(), SuspectFinder()
        self._other_suspects: list[Suspect] = []
        self._forecast = Forecast()
        self._trends = ApplicationTrends(rules.bar_span_seconds)
        self._slow_values_at = float("-inf")
        self._anon_is_private = False
        self._set_states()

    def set_rules(self, rules: MonitorRules) -> None:
        """Judge by other rules from the next frame on; what is remembered stays."""
        if rules.bar_span_seconds != self._rules.bar_span_seconds:
            self._system_bars = BarRing(rules.bar_span_seconds)
            self._pressure_bars = BarRing(rules.bar_span_seconds)
            self._app_bars = BarRing(rules.bar_span_seconds)
            self._trends = ApplicationTrends(rules.bar_span_seconds)
            for state in self._states.values():
                state.bars = BarRing(rules.bar_span_seconds)
        if rules.leaks != self._rules.leaks:
            self._others.set_settings(rules.leaks)
            for state in self._states.values():
                if state.leaks is not None:
                    state.leaks.set_settings(rules.leaks)
        self._staleness.enabled = rules.checks_staleness
        self._rules = rules
        self._book.policy = rules.policy
        self._set_states()

    def set_targets(self, targets: tuple[TargetRule, ...]) -> None:
        """Judge these targets from the next frame on; what is remembered of others is dropped."""
        if targets is not self._rules.targets:
            self.set_rules(replace(self._rules, targets=targets))

    def preload_bars(self, remembered: Mapping[Series, Sequence[float | None]]) -> None:
        """Fill the bars with what the history remembers, oldest first, up to now."""
        self._system_bars.preload(remembered.get(_USED, ()))
        self._pressure_bars.preload(
            stall if stall is None else stall_share(stall, self._rules.stall_percent)
            for stall in remembered.get(_STALL_FULL, ())
        )
        self._app_bars.preload(remembered.get(_APP_RSS, ()))
        for state in self._states.values():
            sizes = remembered.get(state.series["size_bytes"], ())
            # Of a history from before sizes were kept, the resident sets.
            is_kept = any(size is not None for size in sizes)
            state.bars.preload(sizes if is_kept else remembered.get(state.series["rss_bytes"], ()))

    @property
    def suspects(self) -> Collection[ProcessKey]:
        """Processes of no target that grow: the limits of these are to be read, too."""
        return [key for keys in self._suspects.values() for key in keys]

    @property
    def open_incidents(self) -> tuple[Incident, ...]:
        """What is wrong now, to be given to `restore` after a restart."""
        return self._book.open_incidents()

    @property
    def told(self) -> Memory:
        """What was told, to be given to `restore` as well."""
        return self._book.memory()

    def restore(self, incidents: Iterable[Incident], told: Memory | None = None) -> None:
        """Go on with the incidents of the run before; before the first `fold`."""
        self._book.restore(incidents, told)

    def acknowledge(self, key: str) -> bool:
        """Note that the person knows of an incident; False: it is not open."""
        return self._book.acknowledge(key)

    def resolve(self, key: str) -> bool:
        """End an incident by hand, with the next fold; False: it is not open."""
        return self._book.resolve(key)

    def preload_sessions(self, events: Iterable[Event]) -> None:
        """Remember what earlier runs of the targets did, from events of the kind `SESSION`."""
        for event in events:
            state, prior = self._states.get(event.subject), _prior_of(event)
            if state is not None and prior is not None:
                state.priors = (*state.priors, prior)[-MOST_PRIORS:]

    def resume(self, marks: Mapping[str, RunMark]) -> None:
        """Expect the runs that went on when Memtray ended; before the first `fold`.

        They are judged again when `replay` was called for each of `awaited`.
        """
        for name, mark in marks.items():
            if name in self._states:
                self._states[name].run.resume(mark)

    @property
    def run_marks(self) -> dict[str, RunMark]:
        """By what to know the targets' runs again, to be given to `resume` after a restart."""
        marks = {name: state.run.mark for name, state in self._states.items()}
        return {name: mark for name, mark in marks.items() if mark is not None}

    @property
    def awaited(self) -> dict[str, RunMark]:
        """The runs whose stored past is to be replayed, after the first `fold`."""
        before = {name: state.run.before for name, state in self._states.items()}
        return {name: mark for name, mark in before.items() if mark is not None}

    def replay(
        self, name: str, stretches: Sequence[Stretch], wall_offset_seconds: float
    ) -> tuple[Event, ...]:
        """Judge anew what was kept of an awaited run; return what to keep of one that is over.

        wall_offset_seconds: the monotonic clock less the wall clock.
        """
        state = self._states.get(name)
        if state is None or state.run.before is None:
            return ()
        mark, state.run.before = state.run.before, None
        state.replay(stretches, self._rules, wall_offset_seconds, private=self._anon_is_private)
        if state.run.goes_on(mark):
            return ()
        ended = stretches[-1].end_wall_seconds if stretches else mark.since_wall_seconds
        session = state.end_session(name, ended)
        state.forget_run()
        return (session,) if session is not None else ()

    def fold(self, frame: Frame, quiet: Quiet, budget: BudgetVerdict | None = None) -> Outcome:
        """Take in one frame, and how Memtray stands with its own budget."""
        now, wall = frame.monotonic_seconds, frame.wall_seconds
        self._system_bars.fold(now, frame.system.used_bytes)
        self._pressure_bars.fold(now, pressure_share(frame.system, self._rules.stall_percent))
        self._app_bars.fold(now, frame.app.rss_bytes)
        self._anon_is_private = frame.anon_is_private
        samples = {sample.name: sample for sample in frame.targets}
        if frame.referenced is not None:
            self._staleness.fold(now, frame.referenced)
        if frame.everything is not None:
            self._fold_everything(frame.everything, frame)
        elif budget is not None and budget.drops_groups:
            # Nobody looks at them any more: what was said of them is not known to be true.
            self._leaks_of_others = ()
            self._other_suspects = []
        values = _machine_values(frame)
        is_slow_due = now - self._slow_values_at >= self._rules.slow_values_seconds
        if is_slow_due:
            self._slow_values_at = now
            values += _slow_machine_values(frame)
        conditions: list[Condition | None] = [
            self._judge_pressure(frame.system, frame.targets),
            self._judge_forecast(now, frame.system),
            *self._leaks_of_others,
        ]
        if frame.oom_kill is not None:
            conditions.append(frame.oom_kill.condition())
        if budget is not None and budget.emergency:
            conditions.append(_budget_condition(budget.emergency))
        events: list[Event] = list(frame.oom_kill.events(wall)) if frame.oom_kill else []
        if budget is not None and budget.announcement:
            text = budget.announcement
            events.append(Event(wall_seconds=wall, kind="budget", subject="memtray", text=text))
        views: list[TargetView] = []
        keys_before = [state.run.keys for state in self._states.values()]
        for rule in self._rules.targets:
            sample = samples.get(rule.name, TargetSample(name=rule.name))
            target, judged, happened = self._fold_target(rule, sample, frame, values)
            views.append(target)
            conditions += judged
            events += happened
            if is_slow_due:
                values += self._slow_values(target)
        judged_now = [condition for condition in conditions if condition is not None]
        restarted = {event.subject for event in events if event.kind == "restart"}
        tracked = {view.name: view for view in views}
        ended = departed(
            self._book.open_incidents(), tracked, restarted, frame.everything, self._findings
        )
        announcements = self._book.fold(now, wall, judged_now, quiet, ended)
        events += [_as_event(announcement, wall) for announcement in announcements]
        incidents = as_of_now(
            self._book.open_incidents(),
            tracked,
            lambda level: self._pressure_text(frame.system, level, frame.targets),
        )
        worst: dict[str, Level] = {}
        for incident in incidents:
            about = incident.identity
            worst[about] = max(incident.level, worst.get(about, Level.NORMAL))
        view = View(
            wall_seconds=wall,
            system=frame.system,
            system_bars=self._system_bars.values(),
            system_level=worst.get(SYSTEM, Level.NORMAL),
            app=frame.app,
            pressure_bars=self._pressure_bars.values(),
            app_bars=self._app_bars.values(),
            targets=tuple(
                _with_level(target, worst.get(target_key(target.name))) for target in views
            ),
            incidents=incidents,
            largest=self._largest,
            applications=tuple(
                replace(each, level=worst[about])
                if each.key is not None and (about := application_key(each.key)) in worst
                else each
                for each in self._applications
            ),
            budget=budget or BudgetVerdict(),
            interval_seconds=frame.interval_seconds,
        )
        return Outcome(
            view=view,
            values=tuple((series, value) for series, value in values if value is not None),
            events=tuple(events),
            announcements=announcements,
            reached=self._book.reached,
            messages=self._book.messages,
            referenced=self._staleness.request(now, self._suspected(samples, views)),
            runs_changed=keys_before != [state.run.keys for state in self._states.values()],
        )

    def _suspected(
        self, samples: Mapping[str, TargetSample], views: Iterable[TargetView]
    ) -> list[Suspect]:
        growing = (
            Growing(view.name, samples[view.name].readings, view.leak)
            for view in views
            if view.name in samples
        )
        return [*self._finder.find(growing), *self._other_suspects]

    def _set_states(self) -> None:
        self._states = {
            rule.name: self._states.get(rule.name)
            or _TargetState(rule.name, self._rules.bar_span_seconds)
            for rule in self._rules.targets
        }

    def _fold_everything(self, everything: Everything, frame: Frame) -> None:
        now = frame.monotonic_seconds
        self._largest = everything.largest
        findings: dict[ApplicationKey, Finding] = {}
        if self._rules.judges_others:
            found = self._others.fold(
                now,
                everything.applications,
                everything.readings,
                frame.system.available_bytes,
                "private memory" if frame.anon_is_private else "anonymous memory",
                lambda keys: self._staleness.of(keys, now),
            )
            self._suspects = suspects_of(everything.applications, found)
            findings = toward_limits(found, self._suspects, everything.limits, frame.system)
        self._other_suspects = self._finder_of_others.find(
            growing_of_others(everything.applications, findings, everything.readings)
        )
        self._applications = self._trends.fold(
            now, everything.applications, everything.readings, findings, frame.wall_seconds
        )
        self._findings = findings
        if not self._rules.tells_growth:
            findings = {}
        uses = ((use, findings[use.key]) for use in everything.applications if use.key in findings)
        judged = (self._judge_other(use, finding) for use, finding in uses)
        self._leaks_of_others = tuple(each for each in judged if each is not None)

    def _judge_other(self, use: ApplicationUse, finding: Finding) -> Condition | None:
        """What is to be told of an application, or of one process of it."""
        verdict, pid = finding
        key = leak_of_other(use.key)
        if verdict.level != "leaking":
            return None
        impact = impact_of(verdict)
        if not impact.matters and not self._is_told(key):
            return None
        whom = _Whom(
            subject=use.name,
            about=application_key(use.key),
            processes=tuple(each for each in use.processes if pid in (None, each.pid)),
            pid=pid,
        )
        return _leak_condition(key, whom, verdict, impact, self._rules.leak_scores)

    def _fold_target(
        self,
        rule: TargetRule,
        sample: TargetSample,
        frame: Frame,
        values: list[tuple[Series, float | None]],
    ) -> tuple[TargetView, tuple[Condition | None, ...], list[Event]]:
        now, wall = frame.monotonic_seconds, frame.wall_seconds
        state = self._states[rule.name]
        readings = dict(sample.readings)
        events: list[Event] = []
        restarted, ended = state.run.fold(frozenset(readings), wall)
        if restarted:
            text = _("{name} was started again").format(name=rule.name)
            events.append(Event(wall_seconds=wall, kind="restart", subject=rule.name, text=text))
        session = state.end_session(rule.name, wall) if ended else None
        if session is not None:
            events.append(session)
        is_awaited = state.run.before is not None
        spike = (
            None
            if is_awaited
            else state.growth.fold(
                now,
                frame.interval_seconds,
                readings,
                self._rules.growth,
                self._rules.spike,
            )
        )
        rss_bytes, anon_bytes = sample.rss_bytes, sample.anon_bytes
        kept_bytes, size = sample.kept_bytes, size_of_sample(sample)
        size_bytes = size.size_bytes if size else None
        state.bars.fold(now, size_bytes)
        if size_bytes is not None:
            state.peak_bytes = max(size_bytes, state.peak_bytes or 0)
            values += (
                (state.series["rss_bytes"], rss_bytes),
                (state.series["size_bytes"], None if size_bytes == rss_bytes else size_bytes),
                (state.series["anon_bytes"], anon_bytes),
                (state.series["kept_bytes"], None if kept_bytes == anon_bytes else kept_bytes),
                (state.series["process_count"], len(readings)),
            )
        growth = state.growth.growth
        if growth is not None and growth.sustained:
            if state.growing_since_wall_seconds is None:
                state.growing_since_wall_seconds = wall - (now - growth.onset_monotonic_seconds)
        else:
            state.growing_since_wall_seconds = None
        limits = limits_of(rule, sample, frame.system)
        leak = state.fold_leak(
            frame,
            sample,
            rss_bytes,
            kept_bytes,
            self._rules.leaks,
            limits,
            restarted=restarted,
            staleness=self._staleness.of(readings, now),
        )
        limit = _shown_limit(limits, size_bytes)
        footprint = (sample.footprint if readings else None) or Footprint()
        view = TargetView(
            name=rule.name,
            pids=tuple(key.pid for key in readings),
            keys=tuple(readings),
            rss_bytes=rss_bytes,
            size=size,
            peak_bytes=state.peak_bytes,
            slope_bytes_per_second=state.growth.rate_bytes_per_second,
            rate_level=level_above(state.growth.rate_bytes_per_second, self._rules.rates),
            growing_since_wall_seconds=state.growing_since_wall_seconds,
            uss_bytes=footprint.uss_bytes,
            pss_bytes=footprint.pss_bytes,
            swap_bytes=footprint.swap_bytes,
            uss_reason=sample.uss_reason if readings else "",
            particulars=sample.particulars if readings else UNKNOWN_PARTICULARS,
            limit_bytes=limit.limit_bytes,
            limit_source=limit.source,
            limit_share=limit.share,
            headroom=self._headroom(limits, limit, leak, state.growth),
            unmatched=sample.unmatched,
            restart_count=state.run.restart_count,
            bars=state.bars.values(),
            leak=leak,
            leak_since_wall_seconds=leak.since(now, wall),
        )
        told_leak = self._judge_leak(rule, view)
        judged = (
            self._judge_limit(view),
            self._judge_size(rule, view),
            told_leak
            # A leak that is told says all that growth would, and better.
            or self._judge_growth(rule, view, state, now),
            self._judge_spike(rule, spike, view.keys),
        )
        return view, judged, events

    def _headroom(
        self, limits: Sequence[Limit], shown: Limit, leak: Verdict, growth: GrowthTracker
    ) -> Headroom | None:
        """What it reaches first, at the one rate that is told of everywhere."""
        rate = leak.rate_bytes_per_second
        if rate is None and growth.growth is not None:
            is_near = shown.source != "machine" and (shown.share or 0.0) >= min(
                self._rules.thresholds.values(), default=1.0
            )
            # A rise that may be a tooth of a saw says nothing of what is far away.
            if growth.growth.sustained or is_near:
                rate = growth.rate_bytes_per_second
        return headroom_of(limits, rate)

    def _slow_values(self, view: TargetView) -> Iterable[tuple[Series, float | None]]:
        series = self._states[view.name].series
        return (
            (series["uss_bytes"], view.uss_bytes),
            (series["pss_bytes"], view.pss_bytes),
            (series["swap_bytes"], view.swap_bytes),
            *((series[name], value) for name, value in view.particulars._asdict().items()),
        )

    # What is in order is not judged at all: to the book of incidents that is the same.

    def _judge_pressure(
        self, system: SystemSample, targets: Iterable[TargetSample]
    ) -> Condition | None:
        level = pressure_level(
            system,
            self._rules.thresholds,
            self._rules.rearm_share,
            self._rules.stall_percent,
            self._book.judged_level(PRESSURE_KEY),
            self._rules.available,
        )
        if level is Level.NORMAL:
            return None
        title, body = self._pressure_text(system, level, targets)
        return Condition(key=PRESSURE_KEY, subject=SYSTEM, level=level, title=title, body=body)

    def _pressure_text(
        self, system: SystemSample, level: Level, targets: Iterable[TargetSample]
    ) -> tuple[str, str]:
        largest = largest_users(self._applications, targets, self._largest)
        return pressure_text(system, largest, level, self._rules.available)

    def _judge_forecast(self, now: float, system: SystemSample) -> Condition | None:
        left_seconds = self._forecast.fold(now, system)
        if left_seconds is None:
            return None
        rate = self._forecast.rate_bytes_per_second
        rates = [
            *((each.slope_bytes_per_second or 0.0, each.name) for each in self._applications),
            *((state.rate_bytes_per_second, name) for name, state in self._states.items()),
        ]
        growing = [name for each, name in sorted(rates, reverse=True) if each > 0.1 * rate]
        title, body = forecast_text(system, left_seconds, rate, growing)
        return Condition(
            key=FORECAST_KEY,
            subject=SYSTEM,
            level=Level.CRITICAL if left_seconds < VERY_SOON_SECONDS else Level.WARNING,
            title=title,
            body=body,
            has_lasted=True,
        )

    def _judge_limit(self, view: TargetView) -> Condition | None:
        # Near the machine's own limit, the machine's pressure is told instead.
        if not view.has_own_limit or view.limit_share is None:
            return None
        key = f"limit:{view.name}"
        level = level_of_share(
            view.limit_share,
            self._rules.thresholds,
            self._rules.rearm_share,
            self._book.judged_level(key),
        )
        if level is Level.NORMAL:
            return None
        return _size_condition(key, view, level, limit_text(view), view.limit_share)

    def _judge_size(self, rule: TargetRule, view: TargetView) -> Condition | None:
        sizes = self._rules.target_sizes if rule.sizes is None else rule.sizes
        key = f"size:{view.name}"
        level = level_above(view.size_bytes, sizes, self._book.judged_level(key))
        amount = sizes.begun(level)
        if view.size_bytes is None or amount is None:
            return None
        return _size_condition(key, view, level, size_text(view, amount), view.size_bytes)

    def _is_suspect(self, view: TargetView) -> bool:
        """Whether to tell of a target: who named it wants to hear a little before it is proven.

        Not where it is being told already that it grows, which says as much.
        """
        leak = view.leak
        if leak.level == "growing":
            almost = self._rules.leaks.leaking_score - ALMOST_SCORE
            is_almost = leak.score >= almost and not self._is_told(f"growth:{view.name}")
            return is_almost or self._is_told(f"leak:{view.name}")
        return leak.level == "leaking"

    def _is_told(self, key: str) -> bool:
        """Whether it is open: what mattered once matters until it ends, else it would flicker."""
        return self._book.judged_level(key) > Level.NORMAL

    def _judge_leak(self, rule: TargetRule, view: TargetView) -> Condition | None:
        if not (self._rules.tells_growth and rule.watch_growth):
            return None
        scores = self._rules.leak_scores
        by_score = level_above(view.leak.score, scores) > Level.NORMAL
        if not by_score and not self._is_suspect(view):
            return None
        impact = impact_of(view.leak, is_target=True)
        if not (by_score or impact.matters or self._is_told(f"leak:{view.name}")):
            return None
        return _leak_condition(f"leak:{view.name}", _whom(view), view.leak, impact, scores)

    def _judge_growth(
        self, rule: TargetRule, view: TargetView, state: _TargetState, now: float
    ) -> Condition | None:
        growth = state.growth.growth
        if growth is None or not growth.sustained:
            return None
        if not (self._rules.tells_growth and rule.watch_growth):
            return None
        rate, rules = view.slope_bytes_per_second or 0.0, self._rules
        key, lasted_seconds = f"growth:{view.name}", now - growth.onset_monotonic_seconds
        level = growth_level(rate, view.seconds_to_limit, rules.rates, alone=rules.rates_alone)
        is_due = level > Level.WARNING or is_growth_due(
            lasted_seconds, view.seconds_to_limit, rules.leaks.told_share
        )
        if not (is_due or rules.tells_growth_early or self._is_told(key)):
            return None
        title, body = growth_text(
            view,
            lasted_seconds,
            growth.grown_bytes,
            rules.rates.begun(level_above(rate, rules.rates)),
        )
        return Condition(
            key=key,
            subject=view.name,
            about=target_key(view.name),
            processes=view.keys,
            level=level,
            title=title,
            body=body,
            has_lasted=True,
        )

    def _judge_spike(
        self, rule: TargetRule, spike: Spike | None, processes: tuple[ProcessKey, ...]
    ) -> Condition | None:
        if spike is None or not (self._rules.tells_spikes and rule.watch_spikes):
            return None
        title, body = spike_text(rule.name, spike)
        return Condition(
            key=f"spike:{rule.name}",
            subject=rule.name,
            about=target_key(rule.name),
            processes=processes,
            level=Level.WARNING,
            title=title,
            body=body,
            value=spike.after_bytes,
            is_moment=True,
        )


def _shown_limit(limits: Iterable[Limit], size_bytes: int | None) -> Limit:
    """Its own limit of which most is taken; else the machine's, with what the target has of it."""
    *own, machine = limits
    return tightest(own) or replace(machine, used_bytes=size_bytes)


class _Whom(NamedTuple):
    """Who a condition is about."""

    subject: str
    about: str
    processes: tuple[ProcessKey, ...]
    pid: int | None = None
    """The one process that leaks; None: all of it."""


def _whom(view: TargetView) -> _Whom:
    return _Whom(view.name, target_key(view.name), view.keys)


def _size_condition(
    key: str, view: TargetView, level: Level, text: tuple[str, str], value: float | None
) -> Condition:
    """Make what is judged of a target's size, by a limit or by an amount."""
    title, body = text
    return Condition(
        key=key,
        subject=view.name,
        about=target_key(view.name),
        processes=view.keys,
        level=level,
        title=title,
        body=body,
        value=value,
    )


def _leak_condition(
    key: str, whom: _Whom, verdict: Verdict, impact: Impact, scores: Amounts
) -> Condition:
    left = verdict.seconds_to_limit
    is_urgent = verdict.is_runaway or (
        left is not None
        and left < (SURE_SECONDS if verdict.score >= SURE_SCORE else URGENT_SECONDS)
    )
    level = Level.CRITICAL if is_urgent else Level.WARNING
    if scores != NO_AMOUNTS:
        level = max(Level.WARNING, level_above(verdict.score, scores))
    title, body = leak_text(whom.subject, verdict, impact.reason, whom.pid, scores.begun(level))
    return Condition(
        key=key,
        subject=whom.subject,
        about=whom.about,
        processes=whom.processes,
        level=level,
        title=title,
        body=body,
        has_lasted=True,
        is_doubtful=verdict.level != "leaking",
    )


def _prior_of(event: Event) -> SessionPrior | None:
    """None: what was kept is not of this kind."""
    peak, warm_up = event.data.get("peak_floor_bytes"), event.data.get("warm_up_seconds")
    if not isinstance(peak, int | float) or not isinstance(warm_up, int | float):
        return None
    return SessionPrior(
        peak_floor_bytes=peak, warm_up_seconds=warm_up, leaked=bool(event.data.get("leaked"))
    )


def _budget_condition(text: str) -> Condition:
    return Condition(
        key="budget:memtray",
        subject="memtray",
        # Less than that is told by the menu and the statistics alone.
        level=Level.EMERGENCY,
        title=_("Memtray is far over its own budget"),
        body=text,
        has_lasted=True,
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
            "about": incident.identity,
            "what": announcement.what,
            "reason": announcement.reason or None,
            "body": incident.body,
        },
    )


def _machine_values(frame: Frame) -> list[tuple[Series, float | None]]:
    system = frame.system
    return [
        (_USED, system.used_bytes),
        (_SWAP_USED, system.swap_used_bytes),
        (_STALL_SOME, system.stall_some_percent),
        (_STALL_FULL, system.stall_full_percent),
        (_APP_RSS, frame.app.rss_bytes),
        (_APP_CPU, frame.app.cpu_percent),
    ]


def _slow_machine_values(frame: Frame) -> list[tuple[Series, float | None]]:
    return [
        (_TOTAL, frame.system.total_bytes),
        (_HUGE_PAGES, frame.system.hugepages_reserved_bytes),
        (_APP_USS, frame.app.uss_bytes),
    ]
