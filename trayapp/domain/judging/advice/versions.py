"""Whether a version of a program grows where the one before it did not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.advice.case import VersionPast, VersionRuns
from trayapp.domain.judging.chance import BLOCKS, probability
from trayapp.domain.records.run_program import Version, program_of
from trayapp.domain.records.series import Event, Point

WARM_UP_SECONDS = 1800.0
LEAST_SECONDS = 2 * 3600.0
"""For so long each must have been watched after its warm-up."""
_LONGEST_STEP_SECONDS = 2700.0
"""What lies farther apart was not watched in between."""
_SAME_RUN_SECONDS = 60.0


class _Run(NamedTuple):
    start: float
    version: Version | None


class _Change(NamedTuple):
    seconds: float
    bytes: float


def compare_versions(points: Sequence[Point], events: Iterable[Event]) -> VersionPast | None:
    """Return how the version that runs grows, and the one before it; None: that is not known.

    points: its size, in order of time and none without a value; events: of the kind `PROGRAM`.
    What grows is the least size within each point, so that swings do not count.
    """
    runs = _runs(events)
    now = runs[-1].version if runs else None
    earlier = [run.version for run in runs if run.version not in (now, None)]
    if now is None or not earlier:
        return None
    sides = []
    for version in (now, earlier[-1]):
        own = [(run, following) for run, following in _with_ends(runs) if run.version == version]
        changes = [_changes(points, run.start, end) for run, end in own]
        sides.append((version, own, [change for each in changes for change in each]))
    blocks = [_rates(changes) for _version, _own, changes in sides]
    chance = probability(*blocks)
    if chance is None or any(_seconds(side[2]) < LEAST_SECONDS for side in sides):
        return None
    found = [
        VersionRuns(
            file=version.file,
            modified_seconds=version.modified_seconds,
            runs=len(own),
            seconds=_seconds(changes),
            grown_bytes=round(sum(change.bytes for change in changes)),
            since_wall_seconds=own[0][0].start,
        )
        for version, own, changes in sides
    ]
    return VersionPast(found[0], found[1], chance)


def _runs(events: Iterable[Event]) -> list[_Run]:
    """Return each run once, oldest first: it is told again when Memtray starts."""
    runs: list[_Run] = []
    for event in sorted(events, key=lambda each: each.wall_seconds):
        program = program_of(event)
        if program is None:
            continue
        start = program.started_wall_seconds or event.wall_seconds
        if runs and abs(start - runs[-1].start) < _SAME_RUN_SECONDS:
            runs[-1] = _Run(runs[-1].start, program.version or runs[-1].version)
        else:
            runs.append(_Run(start, program.version))
    return sorted(runs)


def _with_ends(runs: Sequence[_Run]) -> Iterable[tuple[_Run, float]]:
    for run, following in pairwise(runs):
        yield run, following.start
    yield runs[-1], float("inf")


def _changes(points: Sequence[Point], start: float, end: float) -> list[_Change]:
    """Return how its least size changed from point to point, after the warm-up."""
    own = [
        (point.wall_seconds, point.minimum)
        for point in points
        if point.minimum is not None and start + WARM_UP_SECONDS <= point.wall_seconds < end
    ]
    # The last point before an end may hold samples of what came after it.
    own = own if end == float("inf") else own[:-1]
    return [
        _Change(later - before, size - earlier)
        for (before, earlier), (later, size) in pairwise(own)
        if later - before <= _LONGEST_STEP_SECONDS
    ]


def _rates(changes: Sequence[_Change]) -> list[float]:
    """Return the growth per second of a dozen stretches, which are as good as independent."""
    count = min(BLOCKS, len(changes))
    edges = [round(at * len(changes) / count) for at in range(count + 1)] if count else [0]
    stretches = [changes[first:last] for first, last in pairwise(edges)]
    return [sum(change.bytes for change in each) / _seconds(each) for each in stretches]


def _seconds(changes: Iterable[_Change]) -> float:
    return sum(change.seconds for change in changes)
