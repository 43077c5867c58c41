"""The figures of a report, gathered in one pass over all rows: few points, and verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.dataclass import replace
from trayapp.domain.judging.leaks import LeakDetector, Load, Signal, Verdict, room_of
from trayapp.domain.records.gaps import Reach, find_gaps
from trayapp.domain.records.identity import OTHERS_LEAK
from trayapp.domain.records.series import PROGRAM_KINDS, Series
from trayapp.export.report.facts import ChartPoint
from trayapp.export.report.inside import INSIDE_METRICS, InsideFigures
from trayapp.export.source import Cell, Row, Source, Summary, find_step
from trayapp.history.reader import HistoryReader
from trayapp.recording.outcomes import FEWEST_SECONDS

MOST_ROWS = 4000
WIDEST_ROW_SECONDS = 600.0
"""The detector takes no longer intervals."""
LONGEST_JUDGED_SECONDS = 14 * 86_400.0
"""Older growth has been reported already, or has ended."""
CHART_POINTS = 400
_NEEDED = (
    *("used_bytes", "swap_used_bytes", "total_bytes"),
    *("rss_bytes", "size_bytes", "anon_bytes", "kept_bytes", "swap_bytes"),
    *("process_count", "cpu_percent"),
    *INSIDE_METRICS,
)
"""Metrics; the others would only take time."""
USED, SWAP, _TOTAL = (
    Series("system", "", metric) for metric in ("used_bytes", "swap_used_bytes", "total_bytes")
)


def _first_cell(row: Row, places: Sequence[int]) -> Cell | None:
    return next((cell for place in places if (cell := row.cells.get(place)) is not None), None)


class TargetCollector:
    """A target's figures, gathered while the rows pass."""

    def __init__(self, name: str, source: Source, restarts: Sequence[float]) -> None:
        self.summary, self.curve = Summary(), _CurveReducer(source)
        self.judged = _CurveReducer(source)
        """Of what the verdict is about, where that is not the resident set."""
        places = {
            one.metric: place
            for place, one in enumerate(source.series)
            if one.kind in PROGRAM_KINDS and one.name == name
        }
        # The first that is known counts: a size is kept where it differs from the resident set.
        self._sizes = [places[one] for one in ("size_bytes", "rss_bytes") if one in places]
        judged = [places[one] for one in ("kept_bytes", "anon_bytes") if one in places]
        self._judged = judged or self._sizes
        self.inside = InsideFigures(places)
        self._swap = places.get("swap_bytes")
        self._count, self._work = places.get("process_count"), places.get("cpu_percent")
        signal: Signal = "anonymous memory" if "anon_bytes" in places else "resident set"
        self._detector = LeakDetector(signal=signal)
        self._last_swap = 0.0
        self._watched_seconds = 0.0
        self._judged_rows = 0
        self._last_judged: float | None = None
        self.leaked: tuple[float, float] | None = None
        """When it was called leaking for the first time, and the last."""
        self._restarts = list(restarts)[::-1]
        self._ends = [*self._restarts]
        """Where a line ends; that of a stretch which holds a restart, before it."""

    def add(self, row: Row, *, is_judged: bool, room_bytes: float | None) -> None:
        """Take in the next row; `room_bytes`: what was left until a limit."""
        end = row.wall_seconds + row.stretch_seconds
        while self._ends and self._ends[-1] <= end:
            # The memory of the old process did not become that of the new one.
            self._ends.pop()
            self.curve.end_line()
            self.judged.end_line()
        self.inside.add(row)
        size = _first_cell(row, self._sizes)
        self.curve.add(row, size)
        if size is not None:
            self.summary.add(row.wall_seconds, size)
        judged = _first_cell(row, self._judged)
        if judged is None:
            return
        swap = row.cells.get(self._swap) if self._swap is not None else None
        self._last_swap = swap.mean if swap is not None else self._last_swap
        restarted = False
        while self._restarts and self._restarts[-1] <= row.wall_seconds:
            self._restarts.pop()
            restarted = True
        if self._judged != self._sizes:
            self.judged.add(row, judged)
        if not is_judged:
            return
        self._watch(row)
        # Its floors are judged, as they are live.
        size_bytes = judged.minimum + self._last_swap
        count = row.cells.get(self._count) if self._count is not None else None
        work = row.cells.get(self._work) if self._work is not None else None
        verdict = self._detector.fold(
            row.wall_seconds,
            size_bytes,
            load=Load(
                children=None if count is None else round(count.mean),
                work=None if work is None else work.mean,
            ),
            restarted=restarted,
            room_bytes=room_bytes,
        )
        if verdict.level == "leaking":
            begun = row.wall_seconds if self.leaked is None else self.leaked[0]
            self.leaked = begun, row.wall_seconds

    def _watch(self, row: Row) -> None:
        """Count how long it was watched, without the gaps."""
        last, self._last_judged = self._last_judged, row.wall_seconds
        step = 0.0 if last is None else row.wall_seconds - last
        if step <= max(900.0, 2 * row.stretch_seconds):
            self._watched_seconds += step
        self._judged_rows += 1

    def is_enough(self) -> bool:
        """Return whether growth would have been called growth by now."""
        return self._judged_rows >= 12 and self._watched_seconds >= FEWEST_SECONDS

    def verdict(self) -> Verdict:
        return self._detector.refresh()


class _CurveReducer:
    """Reduces many rows to few points that keep the least and the greatest."""

    def __init__(self, source: Source) -> None:
        self._since = source.since_wall_seconds
        span = source.until_wall_seconds - source.since_wall_seconds
        self._width = max(span / CHART_POINTS, 1e-3)
        self._place = -1
        self._cell: Cell | None = None
        self._reach: Reach | None = None
        self._end = 0.0
        self._lines: list[list[tuple[Reach, ChartPoint]]] = [[]]
        """What belongs together, as far as is known while the rows go by."""

    @property
    def points(self) -> list[ChartPoint | None]:
        """The whole curve, with None in each gap."""
        found: list[ChartPoint | None] = []
        for line in self._lines:
            if found and line:
                found.append(None)
            gaps = find_gaps([reach for reach, _point in line])
            for index, (_reach, point) in enumerate(line):
                found += [point, None] if index in gaps else [point]
        return found

    def add(self, row: Row, cell: Cell | None) -> None:
        """Add one row; None: nothing is known."""
        if cell is None:
            return
        start = row.wall_seconds
        place = int((start - self._since) / self._width)
        if place != self._place or self._is_late(start):
            self.finish()
            self._place = place
        if self._cell is None or self._reach is None:
            self._cell, self._reach = replace(cell), Reach(start, start, 0.0, 1)
        else:
            self._cell.merge(cell.minimum, cell.mean, cell.maximum, cell.count)
            self._reach = Reach(self._reach.first, start, 0.0, self._reach.rows + 1)
        self._end = start + row.stretch_seconds

    def _is_late(self, start: float) -> bool:
        """Return whether one point would hide a gap that is wide enough to be seen."""
        return self._reach is not None and start - self._end > self._width / 2

    def end_line(self) -> None:
        """End the line: what follows does not continue it."""
        self.finish()
        if self._lines[-1]:
            self._lines.append([])
        self._place = -1

    def finish(self) -> None:
        """Make a point of the rows since the last one."""
        if self._cell is not None and self._reach is not None:
            moment = self._since + (self._place + 0.5) * self._width
            moment = max(self._reach.first, min(moment, self._reach.last))
            cell = self._cell
            self._lines[-1].append(
                (self._reach, ChartPoint(moment, cell.minimum, cell.mean, cell.maximum))
            )
            self._cell = self._reach = None


def _told_leaks(source: Source) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    open_ones: set[str] = set()
    for event in source.events(("alert",)):
        name = event.subject
        kind = OTHERS_LEAK if name in source.applications else "leak"
        if not str(event.data.get("incident")).startswith(f"{kind}:"):
            continue
        is_over = event.data.get("what") == "resolved"
        if is_over and name not in open_ones:
            continue
        since = found[name][0] if name in found else event.wall_seconds
        found[name] = since, event.wall_seconds
        (open_ones.discard if is_over else open_ones.add)(name)
    for name in open_ones:
        found[name] = found[name][0], source.until_wall_seconds
    return found


class Collector:
    """One pass over all rows, gathering what a report needs."""

    def __init__(self, source: Source) -> None:
        needed = tuple(one for one in source.series if one.metric in _NEEDED)
        self.source = source = replace(source, series=needed)
        self.counts = source.counts()
        restarts: dict[str, list[float]] = {}
        for event in source.events(("restart",)):
            restarts.setdefault(event.subject, []).append(event.wall_seconds)
        self.restarts = restarts
        self.told_leaks = _told_leaks(source) if isinstance(source.reader, HistoryReader) else None
        """What was called a leak when it happened, and from when to when; None: nobody judged it
        then, as it is no history of Memtray's."""
        self.targets = {
            name: TargetCollector(name, source, restarts.get(name, ())) for name in source.targets
        }
        self.system = {one: (_CurveReducer(source), Summary()) for one in (USED, SWAP)}
        self._places = {one: place for place, one in enumerate(source.series)}
        self.total_bytes: float | None = None
        self.peak_used: tuple[float, float] | None = None
        """Wall seconds and bytes."""

    def read(self) -> None:
        source = self.source
        span = source.until_wall_seconds - source.since_wall_seconds
        judged_from = source.until_wall_seconds - LONGEST_JUDGED_SECONDS
        for row in source.rows(min(WIDEST_ROW_SECONDS, find_step(span, MOST_ROWS))):
            total = self._cell(row, _TOTAL)
            if total is not None:
                self.total_bytes = total.maximum
            for series, (curve, summary) in self.system.items():
                cell = self._cell(row, series)
                curve.add(row, cell)
                if cell is not None:
                    summary.add(row.wall_seconds, cell)
                    if series is USED and cell.maximum > (self.peak_used or (0.0, -1.0))[1]:
                        self.peak_used = row.wall_seconds, cell.maximum
            used = self._cell(row, USED)
            room = room_of(self.total_bytes, used.mean if used else None, span)
            is_judged = row.wall_seconds >= judged_from
            for target in self.targets.values():
                target.add(row, is_judged=is_judged, room_bytes=room)
        for curve, _summary in self.system.values():
            curve.finish()
        for target in self.targets.values():
            target.curve.finish()
            target.judged.finish()

    def _cell(self, row: Row, series: Series) -> Cell | None:
        place = self._places.get(series)
        return None if place is None else row.cells.get(place)
