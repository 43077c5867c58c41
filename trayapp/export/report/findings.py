"""The conclusions of a report: what a colleague should know, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trayapp.domain.judging.machine_health import MachineHealth
from trayapp.domain.showing.performance_lines import connection_line
from trayapp.export.report.collecting import LONGEST_JUDGED_SECONDS, Collector
from trayapp.export.report.facts import (
    CleanupFacts,
    Finding,
    IncidentFacts,
    TargetFacts,
    TaskFacts,
    minute,
)
from trayapp.language.catalogue import _, listed, ngettext, paragraph
from trayapp.language.units import MIB, format_duration, format_percent, format_size

_NEAR_LIMIT = 0.75
_LEAST_JUDGED_SECONDS = 300.0
_FAR_LARGER_BYTES = 32 * MIB
_FAR_LARGER_SHARE = 0.25
"""So much of its peak a program must have gained to be named though it does not keep growing."""
_MOST_ENDED = 2
"""More ended leaks than these share one finding."""


def findings_of(
    collector: Collector,
    targets: Sequence[TargetFacts],
    incidents: Sequence[IncidentFacts],
    cleanups: Sequence[CleanupFacts],
) -> Iterable[Finding]:
    """Yield all findings, those on growth first."""
    growing = [one for one in targets if one.level != "healthy"]
    growing.sort(key=lambda one: (one.level != "leaking", -(one.growth_bytes or 0.0)))
    yield from map(_growth_finding, growing)
    ended = [one for one in targets if one.leaked is not None and one.level == "healthy"]
    yield from _ended_findings(ended)
    yield from _limit_findings(collector, targets)
    yield from _incident_findings(incidents)
    span = collector.source.until_wall_seconds - collector.source.since_wall_seconds
    judged = min(span, LONGEST_JUDGED_SECONDS)
    if targets and judged < _LEAST_JUDGED_SECONDS:
        yield Finding(
            "note",
            _("Not enough data to judge growth"),
            _("It takes at least {time} to tell growth from a warm-up.").format(
                time=format_duration(_LEAST_JUDGED_SECONDS)
            ),
        )
    elif targets and not growing and not ended:
        yield Finding(
            "good",
            _("No sustained growth"),
            paragraph(
                ngettext(
                    "{count} series was judged over the last {time}.",
                    "{count} series were judged over the last {time}.",
                    len(targets),
                ).format(count=len(targets), time=format_duration(judged)),
                _larger_said(targets),
            ),
        )
    if targets and judged < span:
        yield Finding(
            "note",
            _("Growth was judged only over the last {time}").format(time=format_duration(judged)),
            _("Older data is in the charts and tables, without a verdict."),
        )
    for one in targets:
        if one.inside:
            title = _("{name}, seen from inside").format(name=one.name)
            yield Finding("note", title, one.inside, one.name)
    for one in targets:
        lines = [connection_line(found) for found in one.run.performance if found.is_seen]
        if lines:
            title = _("{name}: memory and performance").format(name=one.name)
            yield Finding("note", title, paragraph(*(f"{line}." for line in lines)), one.name)
    yield from _cleanup_findings(cleanups)


def _larger_said(targets: Sequence[TargetFacts]) -> str:
    """Return who is far larger than at first all the same; empty: nobody is."""
    grown = {one.name: one.summary.growth or 0.0 for one in targets}
    name = max(grown, key=grown.__getitem__)
    peak = next(one.summary.peak for one in targets if one.name == name)
    if grown[name] < max(_FAR_LARGER_BYTES, _FAR_LARGER_SHARE * (peak or 0.0)):
        return ""
    text = _("{name} is {size} larger than at the beginning, but did not grow steadily.")
    return text.format(name=name, size=format_size(grown[name]))


def _task_said(task: TaskFacts) -> str:
    size = format_size(task.growth_bytes)
    if task.peak_bytes is None:
        return f"{task.name} (+{size})"
    text = _("{name} (+{size}, peak +{peak})")
    return text.format(name=task.name, size=size, peak=format_size(task.peak_bytes))


def _growth_finding(one: TargetFacts) -> Finding:
    text = paragraph(one.evidence, one.limit_sentence)
    if one.tasks:
        named = listed(map(_task_said, one.tasks))
        text = paragraph(
            text, _("Most of the growth happened during: {tasks}.").format(tasks=named)
        )
    if one.leaked is not None:
        since, until = map(minute, one.leaked)
        text = paragraph(
            text,
            _("Reported as a leak from {since} to {until}.").format(since=since, until=until),
        )
    if one.level == "leaking":
        return Finding("bad", _("{name} is leaking").format(name=one.name), text, one.name)
    return Finding("warning", _("{name} keeps growing").format(name=one.name), text, one.name)


def _ended_findings(ended: Sequence[TargetFacts]) -> Iterable[Finding]:
    """Yield one finding each, but one for many, as all would read alike."""
    times = {one.name: tuple(map(minute, one.leaked or (0.0, 0.0))) for one in ended}
    if len(ended) <= _MOST_ENDED:
        for one in ended:
            since, until = times[one.name]
            text = _(
                "It grew like a leak from {since} to {until}; then the memory was freed, "
                "or the program exited or was restarted."
            ).format(since=since, until=until)
            title = _("{name} leaked for a while").format(name=one.name)
            yield Finding("warning", title, text, one.name)
        return
    # Translators: when a program seemed to leak, such as "web (2026-03-01 08:30 to 09:10)".
    each = _("{name} ({since} to {until})")
    names = listed(
        each.format(name=name, since=since, until=until) for name, (since, until) in times.items()
    )
    yield Finding(
        "warning",
        ngettext(
            "{count} program leaked for a while", "{count} programs leaked for a while", len(ended)
        ).format(count=len(ended)),
        paragraph(
            _("They grew like leaks; then the memory was freed, or the programs were restarted."),
            _("Details: {names}.").format(names=names),
        ),
    )


def _limit_findings(collector: Collector, targets: Sequence[TargetFacts]) -> Iterable[Finding]:
    for one in targets:
        peak = one.summary.peak
        if one.limit_bytes and peak is not None and peak >= _NEAR_LIMIT * one.limit_bytes:
            title = (
                _("{name} exceeded its limit")
                if peak > one.limit_bytes
                else _("{name} came near its limit")
            )
            yield Finding(
                "warning",
                title.format(name=one.name),
                _("It reached {size}, {share} of its limit of {limit}.").format(
                    size=format_size(peak),
                    share=format_percent(peak / one.limit_bytes),
                    limit=format_size(one.limit_bytes),
                ),
                one.name,
            )
    if collector.peak_used and collector.total_bytes:
        share = collector.peak_used[1] / collector.total_bytes
        is_near = share >= _NEAR_LIMIT
        yield Finding(
            "warning" if is_near else "note",
            _("The machine came near its limit") if is_near else _("The machine had enough memory"),
            _("At most {share} of its memory was in use: {size} of {total}.").format(
                share=format_percent(share),
                size=format_size(collector.peak_used[1]),
                total=format_size(collector.total_bytes),
            ),
            "system",
        )


def health_findings(health: MachineHealth | None) -> Iterable[Finding]:
    """Yield what the machine lost points for at the end, unless it did well."""
    if health is None or health.is_good:
        return
    title = _("Health of the machine: {text}").format(text=health.text_without_reasons)
    reasons = listed(each.text for each in health.deductions)
    yield Finding("warning", title, _("Deducted: {reasons}.").format(reasons=reasons), "system")


def _incident_findings(incidents: Sequence[IncidentFacts]) -> Iterable[Finding]:
    if not incidents:
        return
    still_open = [one for one in incidents if one.ended_wall_seconds is None]
    title = ngettext("{count} incident", "{count} incidents", len(incidents)).format(
        count=len(incidents)
    )
    if still_open:
        names = listed(dict.fromkeys(one.title for one in still_open[:5]))
        text = ngettext(
            "{count} is still open: {names}.", "{count} are still open: {names}.", len(still_open)
        ).format(count=len(still_open), names=names)
        yield Finding("warning", title, text)
    else:
        yield Finding("note", title, _("All are resolved."))


def _cleanup_findings(cleanups: Sequence[CleanupFacts]) -> Iterable[Finding]:
    freed = [one.freed_bytes for one in cleanups if one.freed_bytes is not None]
    if not freed:
        return
    kept = [one.kept_bytes for one in cleanups if one.kept_bytes is not None]
    text = _("They freed {size} immediately.").format(size=format_size(max(0.0, sum(freed))))
    if kept:
        text = paragraph(
            text,
            _("A minute later {size} of it was still free.").format(
                size=format_size(max(0.0, sum(kept)))
            ),
        )
    title = ngettext("{count} cleanup", "{count} cleanups", len(freed)).format(count=len(freed))
    yield Finding("note", title, text)
