"""What goes before growth, across the runs of a program: counted, and held against chance.

Two questions, each with half of the error that is allowed. Does one run grow and another not, by
the version of the program or its command line? And does growth begin after a task, the start of
another program or a rise of its own load, at one hour of the day or on one day of the week, more
often than elsewhere? What is found goes before growth; that it is why, nobody has shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.association import Counts, corrected, share_range
from trayapp.domain.judging.growth_onsets import STEP_SECONDS, Course
from trayapp.domain.records.run_program import RunProgram, Version

CauseKind = Literal["task", "start", "load", "hour", "weekday", "version", "arguments"]
ERROR = 0.05
"""So seldom is anything found where there is nothing, all candidates together."""
AFTER_STEPS = 2
"""Growth that begins in the step of a happening or in the next one comes after it."""
LEAST_TIMES = 3
"""What happened less often is no candidate, and what grew less often has no causes."""
MOST_NAMES = 40
"""Of tasks, and of other programs: those that happened most often."""
LEAST_RUN_SECONDS = 300.0
_HOUR_STEPS, _DAY_STEPS = 12, 288
_LEAST_DAY_STEPS = 72
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday."""


class Happening(NamedTuple):
    """One kind of thing that may come before growth."""

    kind: CauseKind
    name: str = ""
    """Of the task or program; a stranger's."""


class RunOutcome(NamedTuple):
    """One run, and whether it grew."""

    start: float
    end: float
    """Wall seconds."""
    grown_bytes: float
    """In phases of growth: 0 if it did not grow."""
    program: RunProgram | None = None


class Cause(NamedTuple):
    """Something that goes before growth more often than chance would have it."""

    kind: CauseKind
    name: str
    """Of a task or program, or the hash of a command line; else empty."""
    number: int | None
    """The hour of the day, or the day of the week from Monday as 0."""
    version: Version | None
    counts: Counts
    """Of times it happened, hours, days or runs."""
    low: float
    high: float
    """Between which shares of such times growth follows, with 95 %."""
    probability: float
    """How often chance alone would find it, corrected for all that were tried."""
    since: float | None = None
    """Of a version or a command line: when its first run began."""

    @property
    def confidence(self) -> float:
        """How often growth followed."""
        return self.counts.hits / self.counts.exposed

    @property
    def support(self) -> float:
        """The share of all growth that came after it."""
        return self.counts.hits / max(1, self.counts.hits + self.counts.other_hits)


class Causes(NamedTuple):
    """What was found, and among how much."""

    found: tuple[Cause, ...] = ()
    """The least likely by chance first."""
    tried: int = 0
    """Candidates."""
    growth_count: int = 0
    """How often it began to grow while it ran."""
    run_count: int = 0
    grown_run_count: int = 0


def find_causes(
    course: Course,
    happenings: Mapping[Happening, Iterable[float]],
    runs: Sequence[RunOutcome],
    utc_offset_seconds: float,
) -> Causes:
    """Return what goes before growth.

    happenings: wall times at which each happened, in any order; runs: any order.
    """
    runs = [run for run in runs if run.end - run.start >= LEAST_RUN_SECONDS]
    by_run = _of_runs(runs)
    by_time = _of_times(course, happenings, utc_offset_seconds)
    found = [*_findings(by_run), *_findings(by_time)]
    return Causes(
        found=tuple(sorted(found, key=lambda cause: (cause.probability, -cause.confidence))),
        tried=len(by_run) + len(by_time),
        growth_count=len(course.onsets),
        run_count=len(runs),
        grown_run_count=sum(run.grown_bytes > 0 for run in runs),
    )


def _findings(candidates: Sequence[Cause]) -> list[Cause]:
    probabilities = corrected([each.counts for each in candidates], ERROR / 2)
    return [
        candidate._replace(probability=probability)
        for candidate, probability in zip(candidates, probabilities, strict=True)
        if probability <= ERROR / 2
    ]


def _candidate(
    kind: CauseKind,
    counts: Counts,
    name: str = "",
    number: int | None = None,
    version: Version | None = None,
    since: float | None = None,
) -> Cause:
    low, high = share_range(counts.hits, counts.exposed)
    return Cause(kind, name, number, version, counts, low, high, 1.0, since)


# -- runs


def _of_runs(runs: Sequence[RunOutcome]) -> list[Cause]:
    known = [(run, run.program) for run in runs if run.program is not None]
    versions: dict[Version, list[RunOutcome]] = {}
    arguments: dict[str, list[RunOutcome]] = {}
    for run, program in known:
        if program.version is not None:
            versions.setdefault(program.version, []).append(run)
        if program.arguments:
            arguments.setdefault(program.arguments, []).append(run)
    of_versions = [run for own in versions.values() for run in own]
    of_arguments = [run for own in arguments.values() for run in own]
    return [
        _candidate("version", _counts(own, of_versions), version=version, since=_first(own))
        for version, own in versions.items()
        if _is_candidate(own, of_versions)
    ] + [
        _candidate("arguments", _counts(own, of_arguments), name=name, since=_first(own))
        for name, own in arguments.items()
        if _is_candidate(own, of_arguments)
    ]


def _is_candidate(own: Sequence[RunOutcome], all_of_them: Sequence[RunOutcome]) -> bool:
    return LEAST_TIMES <= len(own) < len(all_of_them)


def _counts(own: Sequence[RunOutcome], all_of_them: Sequence[RunOutcome]) -> Counts:
    hits, total = (sum(run.grown_bytes > 0 for run in each) for each in (own, all_of_them))
    return Counts(hits, len(own), total - hits, len(all_of_them) - len(own))


def _first(runs: Sequence[RunOutcome]) -> float:
    return min(run.start for run in runs)


# -- moments


def _of_times(
    course: Course, happenings: Mapping[Happening, Iterable[float]], utc_offset: float
) -> list[Cause]:
    if len(course.onsets) < LEAST_TIMES:
        return []
    begun = frozenset(onset.step for onset in course.onsets)
    steps = sorted(course.watched)
    candidates = []
    for (kind, name), times in _most_frequent(happenings):
        happened = {int(time // STEP_SECONDS) for time in times}
        counts = _after(steps, course.watched, begun, happened)
        if min(counts.exposed, counts.others) >= LEAST_TIMES:
            candidates.append(_candidate(kind, counts, name=name))
    shift = round(utc_offset / STEP_SECONDS)
    hours = _grown_units(steps, begun, shift, _HOUR_STEPS)
    # Growth may go on when an hour begins: then it cannot begin in it.
    hours = {
        unit: grew for unit, grew in hours.items() if unit * _HOUR_STEPS - shift in course.watched
    }
    candidates += _by_number("hour", {unit: unit % 24 for unit in hours}, hours, 24)
    days = _grown_units(steps, begun, shift, _DAY_STEPS, _LEAST_DAY_STEPS)
    weekdays = {unit: (unit + _EPOCH_WEEKDAY) % 7 for unit in days}
    return candidates + _by_number("weekday", weekdays, days, 7)


def _most_frequent(
    happenings: Mapping[Happening, Iterable[float]],
) -> Iterable[tuple[Happening, list[float]]]:
    """Yield of each kind those that are candidates: chosen by how often, not by what followed."""
    listed = {each: list(times) for each, times in happenings.items()}
    by_kind: dict[CauseKind, list[Happening]] = {}
    for each in sorted(listed, key=lambda each: (-len(listed[each]), each.name)):
        by_kind.setdefault(each.kind, []).append(each)
    for kept in by_kind.values():
        for each in kept[:MOST_NAMES]:
            yield each, listed[each]


def _after(
    steps: Sequence[int], watched: frozenset[int], begun: frozenset[int], happened: set[int]
) -> Counts:
    """Count stretches of two steps from each happening on, and as long ones elsewhere.

    A stretch counts if it could have begun to grow in its first step. What happens again within one
    is the same.
    """
    hits = exposed = 0
    after: set[int] = set()
    free_from = 0
    for first in sorted(happened):
        stretch = range(first, first + AFTER_STEPS)
        after.update(stretch)
        if first < free_from or first not in watched:
            continue
        free_from = first + AFTER_STEPS
        exposed += 1
        hits += any(step in begun for step in stretch)
    other_hits = others = 0
    free_from = 0
    for step in steps:
        if step < free_from or step in after:
            continue
        stretch = range(step, step + AFTER_STEPS)
        # One that a happening cuts short would be too short to be like the others.
        if any(each in after for each in stretch):
            continue
        free_from = step + AFTER_STEPS
        others += 1
        other_hits += any(each in begun for each in stretch)
    return Counts(hits, exposed, other_hits, others)


def _grown_units(
    steps: Iterable[int], begun: frozenset[int], shift: int, width: int, least: int = 1
) -> dict[int, bool]:
    """Return for each hour or day that was watched for so many steps if growth began in it."""
    counts: dict[int, int] = {}
    grown: set[int] = set()
    for step in steps:
        unit = (step + shift) // width
        counts[unit] = counts.get(unit, 0) + 1
        if step in begun:
            grown.add(unit)
    return {unit: unit in grown for unit, count in counts.items() if count >= least}


def _by_number(
    kind: CauseKind,
    numbers: Mapping[int, int],
    grown: Mapping[int, bool],
    count: int,
) -> list[Cause]:
    total = sum(grown.values())
    candidates = []
    for number in range(count):
        own = [grown[unit] for unit, each in numbers.items() if each == number]
        hits = sum(own)
        counts = Counts(hits, len(own), total - hits, len(grown) - len(own))
        if min(counts.exposed, counts.others) >= LEAST_TIMES:
            candidates.append(_candidate(kind, counts, number=number))
    return candidates
