"""What goes before growth of a target, counted over a month of its history.

Takes seconds of processor time: for a child, when somebody asks.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trayapp.domain.judging.causes import Causes, Happening, RunOutcome, find_causes
from trayapp.domain.judging.growth_onsets import STEP_SECONDS, find_course
from trayapp.domain.judging.phases import find_phases
from trayapp.domain.records.run_program import PROGRAM, RunProgram, program_of
from trayapp.domain.records.series import APPLICATION, TASK, TRACKED, Event, Point, Series
from trayapp.history.runs import find_runs, is_begun

if TYPE_CHECKING:
    from trayapp.history.reader import HistoryReader

SECONDS = 30 * 86_400.0
"""So long minutes are kept."""
MOST_RUNS = 60
MOST_TASKS = 20_000
MOST_PROGRAMS = 40
_MOST_EVENTS = 5000
_RUN_POINTS = 210
_SAME_START_SECONDS = 60.0
_AWAY_STEPS, _CALM_STEPS = 2, 3
_BUSY_SHARE, _BUSY_FACTOR, _LEAST_BUSY_PERCENT = 0.9, 2.0, 5.0
"""Load is high in the highest tenth, at twice the usual, and at a twentieth of a core at least."""
_SIZES = ("anon_bytes", "rss_bytes")


Starts = Mapping[Happening, Sequence[float]]
"""When programs that nobody tracks were started."""


def read_causes(
    reader: HistoryReader,
    name: str,
    now: float,
    utc_offset_seconds: float,
    starts_of_others: Starts | None = None,
) -> Causes:
    """Return what goes before growth of a target. Raises: HistoryError.

    starts_of_others: as `read_starts` tells, which takes longest: once for several targets.
    """
    span = reader.span()
    if span is None:
        return Causes()
    since, until = max(span[0], now - SECONDS), min(span[1], now)
    points = _size(reader, name, since, until)
    restarts = reader.events(since, until, ("restart",), _MOST_EVENTS, name)
    programs = reader.events(since, until, (PROGRAM,), _MOST_EVENTS)
    known = [(event, program) for event in programs if (program := program_of(event))]
    own = [each for each in known if each[0].subject == name]
    runs = [run for run in find_runs(reader, name, MOST_RUNS) if run[1] > since]
    starts = [
        *(event.wall_seconds for event in restarts),
        *(program.started_wall_seconds for _, program in own if program.started_wall_seconds),
        *(start for start, _end in runs[:-1]),
    ]
    happenings = {
        **_tasks(reader.events(since, until, (TASK,), MOST_TASKS, name)),
        **_starts_of_targets(known, name),
        **(read_starts(reader, now) if starts_of_others is None else starts_of_others),
        **_load(reader, name, since, until),
    }
    begins = [*restarts, *reader.events(since, until, (TRACKED,), _MOST_EVENTS, name)]
    outcomes = [_outcome(reader, name, run, own, begins) for run in runs]
    return find_causes(find_course(points, starts), happenings, outcomes, utc_offset_seconds)


def _size(reader: HistoryReader, name: str, since: float, until: float) -> list[Point]:
    """Return what growth is judged by, finer than the steps in which it is looked for."""
    curves = _curves(reader, [Series("target", name, metric) for metric in _SIZES], since, until)
    return next((curve for curve in curves if curve), [])


def _curves(
    reader: HistoryReader, series: Sequence[Series], since: float, until: float
) -> list[list[Point]]:
    most = 2 * int((until - since) / STEP_SECONDS) + 8
    return reader.curves(series, since, until, most)


def _tasks(events: Iterable[Event]) -> dict[Happening, list[float]]:
    found: dict[Happening, list[float]] = {}
    for event in events:
        found.setdefault(Happening("task", event.text), []).append(event.wall_seconds)
    return found


def _starts_of_targets(
    known: Iterable[tuple[Event, RunProgram]], name: str
) -> dict[Happening, list[float]]:
    found: dict[Happening, set[float]] = {}
    for event, program in known:
        if event.subject != name and program.started_wall_seconds is not None:
            # It is told again when Memtray starts.
            start = round(program.started_wall_seconds / 10.0) * 10.0
            found.setdefault(Happening("start", event.subject), set()).add(start)
    return {each: sorted(times) for each, times in found.items()}


def read_starts(reader: HistoryReader, now: float) -> Starts:
    """Return when programs that nobody tracks began to be seen, while Memtray looked.

    Raises: HistoryError.
    """
    span = reader.span()
    if span is None:
        return {}
    since, until = max(span[0], now - SECONDS), min(span[1], now)
    recent = reader.recent_applications()
    names = {one.name for one in reader.series() if one.kind == APPLICATION}
    chosen = sorted(names, key=lambda each: (each not in recent, each))[:MOST_PROGRAMS]
    wanted = [Series(APPLICATION, each, "rss_bytes") for each in chosen]
    system, *curves = _curves(reader, [Series("system", "", "used_bytes"), *wanted], since, until)
    watched = _steps(system)
    found = {}
    for each, curve in zip(chosen, curves, strict=True):
        seen = _steps(curve)
        found[Happening("start", each)] = [
            step * STEP_SECONDS
            for step in seen
            if all(
                before in watched and before not in seen
                for before in range(step - _AWAY_STEPS, step)
            )
        ]
    return found


def _load(
    reader: HistoryReader, name: str, since: float, until: float
) -> dict[Happening, list[float]]:
    """Return when the program's own use of the processor rose above what is usual for it."""
    (curve,) = _curves(reader, [Series("target", name, "cpu_percent")], since, until)
    shares: dict[int, float] = {}
    for point in curve:
        if point.mean is not None:
            step = int(point.wall_seconds // STEP_SECONDS)
            shares[step] = max(point.mean, shares.get(step, 0.0))
    if not shares:
        return {}
    ordered = sorted(shares.values())
    usual, high = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, _BUSY_SHARE))
    bound = max(high, _BUSY_FACTOR * usual, _LEAST_BUSY_PERCENT)
    rises = [
        step * STEP_SECONDS
        for step, share in shares.items()
        if share > bound
        and all(shares.get(step - back, bound + 1) <= bound for back in range(1, _CALM_STEPS + 1))
    ]
    return {Happening("load"): rises}


def _steps(points: Iterable[Point]) -> set[int]:
    return {int(each.wall_seconds // STEP_SECONDS) for each in points if each.mean is not None}


def _outcome(
    reader: HistoryReader,
    name: str,
    run: tuple[float, float],
    programs: Sequence[tuple[Event, RunProgram]],
    begins: Sequence[Event],
) -> RunOutcome:
    start, end = run
    wanted = [Series("target", name, metric) for metric in _SIZES]
    curves = reader.curves(wanted, start, end, _RUN_POINTS)
    points = next((curve for curve in curves if curve), [])
    program = next(
        (
            program
            for event, program in programs
            if start - _SAME_START_SECONDS <= event.wall_seconds <= end
        ),
        None,
    )
    phases = find_phases(points, is_begun=is_begun(reader, start, begins))
    grown_bytes = sum(phase.change_bytes for phase in phases if phase.kind == "growth")
    return RunOutcome(start, end, grown_bytes, program)


def causes_status(history_file: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return as JSON what goes before growth of each of these targets, as of now, by name.

    Raises: HistoryError.
    """
    from trayapp.domain.showing.cause_lines import causes_json
    from trayapp.history.reader import HistoryReader

    now = time.time()
    offset = float(time.localtime(now).tm_gmtoff)
    with HistoryReader(history_file) as reader:
        starts = read_starts(reader, now)
        return {name: causes_json(read_causes(reader, name, now, offset, starts)) for name in names}
