"""What goes before growth, in sentences and as JSON: for terminals, details, report, dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trayapp.domain.judging.causes import Cause, Causes
from trayapp.domain.records.names import shown_name
from trayapp.domain.records.run_program import Version
from trayapp.language.catalogue import _, ngettext, paragraph
from trayapp.language.dates import date_said, weekday_name
from trayapp.language.units import format_percent, format_size

MOST_SHOWN = 5
_SHORTEST_CHANCE = 0.0001


def causes_lines(causes: Causes) -> Iterator[str]:
    """Yield a sentence or two for each that was found; what was looked at, where none was."""
    for cause in causes.found[:MOST_SHOWN]:
        yield cause_line(cause)
    if not causes.found:
        yield nothing_found(causes)


def nothing_found(causes: Causes) -> str:
    """Return that nothing goes before growth, or that there was too little of it."""
    grown = max(causes.growth_count, causes.grown_run_count)
    if not grown:
        return _("No growth over several minutes was found in its history.")
    if not causes.tried:
        return _("It has grown too seldom to tell what goes before it.")
    text = ngettext(
        "It began to grow {count} time; nothing goes before it more often than chance would have "
        "it ({tried} tried).",
        "It began to grow {count} times; nothing goes before it more often than chance would have "
        "it ({tried} tried).",
        grown,
    )
    return text.format(count=grown, tried=causes.tried)


def cause_line(cause: Cause) -> str:
    """Return one in sentences: what it is, how often, and how likely by chance."""
    counts = cause.counts
    texts = {
        "hour": _("it began to grow on {hits} of {count} days, in other hours {others} times."),
        "weekday": _("it began to grow on {hits} of {count} such days, on others {others} times."),
        "version": _("{hits} of {count} runs grew, of other runs {others}."),
        "arguments": _("{hits} of {count} runs grew, of other runs {others}."),
    }
    after = _("it began to grow {hits} of {count} times, at other times {others} times.")
    said = texts.get(cause.kind, after).format(
        hits=counts.hits, count=counts.exposed, others=_beside(counts.other_hits, counts.others)
    )
    sure = _("Likely {low} to {high} of the time; by chance: {chance}.").format(
        low=format_percent(cause.low), high=format_percent(cause.high), chance=_chance(cause)
    )
    # Translators: what growth follows, then what was counted.
    line = _("{what}: {said}").format(what=what_said(cause), said=said)
    return paragraph(line, sure)


def what_said(cause: Cause) -> str:
    """Return what growth follows, as the beginning of a sentence."""
    name = shown_name(cause.name)
    if cause.kind == "task":
        return _("After the task {name}").format(name=name)
    if cause.kind == "start":
        return _("After {name} started").format(name=name)
    if cause.kind == "load":
        return _("After its processor time rose")
    if cause.kind == "hour":
        first = cause.number or 0
        return _("From {first} to {last}").format(
            first=f"{first:02}:00", last=f"{(first + 1) % 24:02}:00"
        )
    if cause.kind == "weekday":
        # Translators: {day} is the short name of a day of the week.
        return _("Day of the week: {day}").format(day=weekday_name(cause.number or 0))
    if cause.version is not None:
        return _("With the version {version}").format(version=version_said(cause.version))
    return _("With the command line used since {date}").format(date=date_said(cause.since or 0.0))


def version_said(version: Version) -> str:
    """Return which version that is: "app.py of 20 Nov 2026 (12.0 KiB)"."""
    return _("{file} of {date} ({size})").format(
        file=shown_name(version.file),
        date=date_said(version.modified_seconds),
        size=format_size(version.size_bytes),
    )


def causes_json(causes: Causes) -> dict[str, Any]:
    """Return all of it, with units in the keys; `line` is for people."""
    return {
        "found": [_cause_json(cause) for cause in causes.found],
        "tried": causes.tried,
        "growths": causes.growth_count,
        "runs": causes.run_count,
        "runs_grown": causes.grown_run_count,
        "lines": list(causes_lines(causes)),
    }


def _cause_json(cause: Cause) -> Mapping[str, Any]:
    counts, version = cause.counts, cause.version
    return {
        "kind": cause.kind,
        "name": cause.name or None,
        "hour": cause.number if cause.kind == "hour" else None,
        "weekday": cause.number if cause.kind == "weekday" else None,
        "version": None if version is None else version._asdict(),
        "since": cause.since,
        "times": counts.exposed,
        "times_grown": counts.hits,
        "others": counts.others,
        "others_grown": counts.other_hits,
        "support": round(cause.support, 4),
        "confidence": round(cause.confidence, 4),
        "confidence_low": round(cause.low, 4),
        "confidence_high": round(cause.high, 4),
        "chance": cause.probability,
        "line": cause_line(cause),
    }


def _beside(hits: int, count: int) -> str:
    return _("{hits} of {count}").format(hits=hits, count=count)


def _chance(cause: Cause) -> str:
    if cause.probability < _SHORTEST_CHANCE:
        return _("less than {share}").format(share=format_percent(_SHORTEST_CHANCE, 2))
    return format_percent(cause.probability, 2)
