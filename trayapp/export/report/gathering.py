"""Making a report of what was recorded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trayapp.domain.grouping.tasks import kept_of
from trayapp.domain.judging.leaks.evidence import evidence_of
from trayapp.domain.judging.machine_health import MachineHealth
from trayapp.domain.records.levels import Level, as_level
from trayapp.domain.records.limits import LIMIT_SOURCES, Headroom
from trayapp.domain.records.series import TASK, Event
from trayapp.domain.showing.advice_lines import saving_line
from trayapp.export.report.account import AccountRow, account_rows
from trayapp.export.report.causes import cause_findings
from trayapp.export.report.charts import charts_of
from trayapp.export.report.collecting import Collector
from trayapp.export.report.facts import (
    WEIGHTS,
    Background,
    CleanupFacts,
    Finding,
    IncidentFacts,
    LatestRun,
    Report,
    TargetFacts,
    TaskFacts,
    Weight,
)
from trayapp.export.report.findings import findings_of, health_findings
from trayapp.export.report.runs import MOST_SHOWN, latest_run
from trayapp.export.safe_names import plain_text
from trayapp.export.source import Source
from trayapp.history.past_health import read_machine_health
from trayapp.history.reader import HistoryReader
from trayapp.language.catalogue import _, paragraph

MOST_ADVICE = 20
_MOST_TASKS = 3
_LEAST_SHARE = 0.05
"""Of the growth during the worst task; what is less is not named."""


def gather_report(source: Source, background: Background) -> Report:
    """Read all of `source` once and draw the conclusions.

    Raises: HistoryError.
    """
    collector = Collector(source)
    collector.read()

    def clean(text: str) -> str:
        return plain_text(background.hide(text))

    alerts = list(source.events(("alert",)))
    # What programs call their work may be as private as what they work on.
    tasks = [] if background.is_private else list(source.events((TASK,)))
    runs = _latest_runs(collector, background)
    targets = tuple(
        _target(name, collector, background, clean, tasks, runs.get(name, LatestRun()))
        for name in source.targets
    )
    incidents = tuple(_incidents(alerts, clean))
    cleanups = tuple(_cleanups(source.events(("cleanup", "cleanup_follow_up")), clean))
    findings = list(findings_of(collector, targets, incidents, cleanups))
    if not background.is_private:
        findings += cause_findings(collector, clean)
    health = _machine_health(source, incidents)
    findings += health_findings(health)
    findings += (_advised(told, clean) for told in background.advice[:MOST_ADVICE])
    return Report(
        title=clean(background.title),
        made_wall_seconds=background.made_wall_seconds,
        since_wall_seconds=source.since_wall_seconds,
        until_wall_seconds=source.until_wall_seconds,
        facts=(
            *((label, clean(value)) for label, value in background.facts),
            *(((_("Health of the machine"), health.text),) if health else ()),
        ),
        findings=tuple(sorted(findings, key=lambda one: WEIGHTS.index(one.weight))),
        charts=tuple(charts_of(collector, targets, alerts, cleanups, clean)),
        targets=targets,
        incidents=incidents,
        cleanups=cleanups,
        is_private=background.is_private,
        account=_account(background, clean),
        machine_health=health,
    )


def _machine_health(source: Source, incidents: Iterable[IncidentFacts]) -> MachineHealth | None:
    """Return how well the machine did at the end; None: not known, as in a recording."""
    if not isinstance(source.reader, HistoryReader):
        return None
    still_open = (one for one in incidents if one.ended_wall_seconds is None)
    worst = max((as_level(one.level) for one in still_open), default=Level.NORMAL)
    return read_machine_health(source.reader, source.until_wall_seconds, worst)


def _latest_runs(collector: Collector, background: Background) -> dict[str, LatestRun]:
    """Read the latest runs of the targets, the largest first, as far as they are shown."""
    peaks = {name: target.summary.peak or 0.0 for name, target in collector.targets.items()}
    found: dict[str, LatestRun] = {}
    shown = 0
    for name in sorted(peaks, key=lambda one: -peaks[one]):
        if shown == MOST_SHOWN and not background.has_all_runs:
            break
        limit = _size_limit_bytes(background.live.get(name, {}))
        found[name] = latest_run(name, collector, limit)
        shown += bool(found[name].phases)
    return found


def _account(background: Background, clean: Callable[[str], str]) -> tuple[AccountRow, ...]:
    if background.account is None:
        return ()
    return tuple(account_rows(background.account, clean, is_private=background.is_private))


def _advised(told: Mapping[str, Any], clean: Callable[[str], str]) -> Finding:
    """Return a piece of advice as a finding: what to do, why, and what it gives back."""
    weight: Weight = "warning" if told.get("priority") in ("high", "critical") else "note"
    text = paragraph(clean(str(told.get("evidence", ""))), saving_line(told))
    title = _("Advice: {title}").format(title=clean(str(told.get("title", ""))))
    return Finding(weight, title, text, clean(str(told.get("target", ""))))


def _target(
    name: str,
    collector: Collector,
    background: Background,
    clean: Callable[[str], str],
    tasks: Iterable[Event],
    run: LatestRun,
) -> TargetFacts:
    target = collector.targets[name]
    verdict = target.verdict()
    live = background.live.get(name, {})
    limit = _size_limit_bytes(live)
    level, evidence = str(verdict.level), evidence_of(verdict)
    rate, growth = verdict.rate_bytes_per_second, verdict.growth_bytes
    shape, score, since = str(verdict.shape), verdict.score, verdict.onset_monotonic_seconds
    if live.get("verdict") in ("healthy", "growing", "leaking"):
        # Who watched every sample knows best.
        level, evidence = str(live["verdict"]), str(live.get("evidence") or evidence)
        rate = _number(live.get("leak_rate_bytes_per_second"))
        growth = _number(live.get("leak_growth_bytes"))
        shape = str(live.get("shape") or shape)
        score = _number(live.get("leak_score")) or 0.0
        since = _number(live.get("leak_since"))
    leaked = target.leaked
    if collector.told_leaks is not None:
        # Judged anew from few samples, it may look like a leak that nobody ever called one.
        leaked = collector.told_leaks.get(name)
        if level == "leaking" and leaked is None and "verdict" not in live:
            level = "growing"
    headroom = _headroom(live, target.summary.current, rate if level != "healthy" else None)
    return TargetFacts(
        name=clean(name),
        summary=target.summary,
        counts=collector.counts[name],
        level=level,
        shape=shape,
        score=score,
        rate_bytes_per_second=rate,
        growth_bytes=growth,
        since_wall_seconds=since,
        limit_bytes=limit,
        seconds_to_limit=headroom.seconds_to_limit if headroom else None,
        limit_source=headroom.source if headroom else None,
        # The evidence of a live leak names it already.
        limit_sentence=headroom.sentence if headroom and headroom.clause not in evidence else "",
        evidence=clean(evidence),
        inside=target.inside.sentence,
        leaked=leaked if level != "leaking" else None,
        is_enough=bool(live) or target.is_enough(),
        details=clean(background.details.get(name, "")),
        tasks=tuple(_worst_tasks((one for one in tasks if one.subject == name), since, clean)),
        run=run,
    )


def _size_limit_bytes(live: Mapping[str, Any]) -> float | None:
    """Return the program's own limit that a size can be compared with; None: there is none."""
    # An rlimit bounds the address space, of which a program may need far more than it fills; of a
    # program without a limit the applet tells how much memory the machine has.
    is_of_size = live.get("limit_source") not in ("rlimit", "machine")
    return _number(live.get("limit_bytes" if is_of_size else "size_limit_bytes"))


def _headroom(
    live: Mapping[str, Any], current_bytes: float | None, rate: float | None
) -> Headroom | None:
    """Return the applet's figures for the nearest limit; else those by the size on record."""
    limit, room = _size_limit_bytes(live), None
    source = live.get("limit_source")
    left = _number(live.get("seconds_to_limit"))
    if left is not None:
        limit, room = (_number(live.get(f"nearest_limit_{key}")) for key in ("bytes", "room_bytes"))
        source = live.get("nearest_limit_source")
        rate = room / left if room and left else rate
    elif limit is not None and current_bytes is not None:
        room = max(0.0, limit - current_bytes)
    if limit is None or room is None or source not in LIMIT_SOURCES:
        return None
    return Headroom(
        limit_bytes=round(limit), source=source, room_bytes=round(room), rate_bytes_per_second=rate
    )


def _worst_tasks(
    tasks: Iterable[Event], since: float | None, clean: Callable[[str], str]
) -> Iterable[TaskFacts]:
    """Return the tasks, added up by name, with most of the growth since it began."""
    grown: dict[str, float] = {}
    peaks: dict[str, float] = {}
    for task in tasks:
        if since is None or task.wall_seconds >= since:
            name = clean(str(task.data.get("task") or task.text))
            grown[name] = grown.get(name, 0.0) + (kept_of(task) or 0.0)
            peak = _number(task.data.get("peak_growth_bytes"))
            if peak is not None:
                peaks[name] = max(peak, peaks.get(name, 0.0))
    worst = sorted(grown.items(), key=lambda item: -item[1])[:_MOST_TASKS]
    least = max(1.0, _LEAST_SHARE * worst[0][1]) if worst else 0.0
    return [TaskFacts(name, growth, peaks.get(name)) for name, growth in worst if growth >= least]


def _incidents(alerts: Iterable[Event], clean: Callable[[str], str]) -> Iterable[IncidentFacts]:
    """Yield an incident for each time that it was raised, the newest last."""
    open_ones: dict[str, list[Event]] = {}
    done: list[list[Event]] = []
    for event in alerts:
        key = str(event.data.get("incident") or f"{event.subject}: {event.text}")
        what = event.data.get("what")
        if key not in open_ones and what == "resolved":
            continue
        open_ones.setdefault(key, []).append(event)
        if what == "resolved":
            done.append(open_ones.pop(key))
    everything = sorted([*done, *open_ones.values()], key=lambda events: events[0].wall_seconds)
    levels = ("", "normal", "warning", "critical", "emergency")
    for events in everything:
        is_over = events[-1].data.get("what") == "resolved"
        worst = max(events, key=lambda e: levels.index(e.level) if e.level in levels else 0)
        told = [e for e in events if e.data.get("what") not in ("held", "acknowledged", "resolved")]
        yield IncidentFacts(
            subject=clean(worst.subject),
            title=clean(worst.text),
            text=clean(str(worst.data.get("body") or "")),
            level=worst.level,
            begun_wall_seconds=events[0].wall_seconds,
            ended_wall_seconds=events[-1].wall_seconds if is_over else None,
            told=len(told),
        )


def _cleanups(events: Iterable[Event], clean: Callable[[str], str]) -> Iterable[CleanupFacts]:
    waiting: dict[str, Event] = {}
    found: list[tuple[Event, Event | None]] = []
    for event in events:
        if event.kind == "cleanup":
            if event.subject in waiting:
                found.append((waiting.pop(event.subject), None))
            waiting[event.subject] = event
        elif event.subject in waiting:
            found.append((waiting.pop(event.subject), event))
    found += [(event, None) for event in waiting.values()]
    for first, later in sorted(found, key=lambda pair: pair[0].wall_seconds):
        yield CleanupFacts(
            wall_seconds=first.wall_seconds,
            subject=clean(first.subject),
            before_bytes=_number(first.data.get("before_bytes")),
            after_bytes=_number(first.data.get("after_bytes")),
            later_bytes=_number(later.data.get("later_bytes")) if later else None,
            text=clean(first.text),
            told_kept_bytes=_number(later.data.get("kept_bytes")) if later else None,
        )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
