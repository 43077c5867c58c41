"""The figures of a report, gathered in one pass over all rows: few points, and verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trayapp.dataclass import replace
from trayapp.domain.judging.leaks import LeakDetector, Load, Signal, Verdict, room_of
from trayapp.domain.records.gaps import Reach, find_gaps
from trayapp.domain.records.identity import OTHERS_LEAK
from trayapp.domain.records.series import PROGRAM_KINDS, Series
from trayapp.export.parts import CellColumns, Part
from trayapp.export.report.facts import ChartPoint
from trayapp.export.report.inside import INSIDE_METRICS, InsideFigures
from trayapp.export.source import Cell, Source, Summary, find_step
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


def add_known(summary: Summary, part: Part, cells: CellColumns) -> None:
    """Add to a summary what is known in a part."""
    rows = [row for row in zip(part.wall_seconds, *cells, strict=True) if row[1] is not None]
    if rows:
        walls, _counts, *columns = zip(*rows, strict=True)
        summary.add_all(walls, *columns)


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
        self.is_resident = "size_bytes" not in places
        """Whether all of its sizes are resident sets."""
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

    def add(self, part: Part, judged_from: float, rooms: Sequence[float | None]) -> None:
        """Take in the next part.

        judged_from: growth is judged from then on. rooms: what was left until a limit, in bytes, at
        each moment.
        """
        self.inside.add(part)
        size = part.first(self._sizes)
        judged = part.first(self._judged)
        is_other = self._judged != self._sizes
        begin = 0
        # The memory of the old process did not become that of the new one.
        for end in (*self._line_ends(part), len(part.wall_seconds)):
            if end > begin or end < len(part.wall_seconds):
                self.curve.add(part, size, begin, end)
                if is_other:
                    self.judged.add(part, judged, begin, end)
            if end < len(part.wall_seconds):
                self.curve.end_line()
                self.judged.end_line()
            begin = end
        if size is not None:
            known = [
                row for row in zip(part.wall_seconds, *size, strict=True) if row[1] is not None
            ]
            if known:
                walls, _counts, *columns = zip(*known, strict=True)
                self.summary.add_all(walls, *columns)
        if judged is not None:
            self._judge(part, judged, judged_from, rooms)

    def _line_ends(self, part: Part) -> Iterator[int]:
        """Yield before which moments the line ends."""
        if not self._ends:
            return
        for at, (start, stretch) in enumerate(zip(part.wall_seconds, part.stretches, strict=True)):
            if self._ends and self._ends[-1] <= start + stretch:
                while self._ends and self._ends[-1] <= start + stretch:
                    self._ends.pop()
                yield at

    def _judge(
        self,
        part: Part,
        judged: CellColumns,
        judged_from: float,
        rooms: Sequence[float | None],
    ) -> None:
        # Its floors are judged, as they are live.
        floors = judged[1]
        swaps, counts, works = (
            None if place is None else part.column(place, "means")
            for place in (self._swap, self._count, self._work)
        )
        for at, (start, floor) in enumerate(zip(part.wall_seconds, floors, strict=True)):
            if floor is None:
                continue
            if swaps is not None and (swap := swaps[at]) is not None:
                self._last_swap = swap
            restarted = False
            while self._restarts and self._restarts[-1] <= start:
                self._restarts.pop()
                restarted = True
            if start < judged_from:
                continue
            self._watch(start, part.stretches[at])
            count = counts[at] if counts is not None else None
            work = works[at] if works is not None else None
            verdict = self._detector.fold(
                start,
                floor + self._last_swap,
                load=Load(children=None if count is None else round(count), work=work),
                restarted=restarted,
                room_bytes=rooms[at],
            )
            if verdict.level == "leaking":
                begun = start if self.leaked is None else self.leaked[0]
                self.leaked = begun, start

    def _watch(self, start: float, stretch_seconds: float) -> None:
        """Count how long it was watched, without the gaps."""
        last, self._last_judged = self._last_judged, start
        step = 0.0 if last is None else start - last
        if step <= max(900.0, 2 * stretch_seconds):
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
        self._first = self._last = 0.0
        """When its rows began."""
        self._rows = 0
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

    def add(self, part: Part, cells: CellColumns | None, begin: int, end: int) -> None:
        """Add some rows of a part; None: nothing is known."""
        if cells is None:
            return
        since, width = self._since, self._width
        rows = slice(begin, end)
        columns = (column[rows] for column in (part.wall_seconds, part.stretches, *cells))
        for start, stretch, count, minimum, mean, maximum in zip(*columns, strict=True):
            if minimum is None or mean is None or maximum is None or count is None:
                continue
            place = int((start - since) / width)
            # One point would hide a gap that is wide enough to be seen.
            if place != self._place or (self._rows and start - self._end > width / 2):
                self.finish()
                self._place = place
            if self._cell is None:
                self._cell = Cell(minimum, mean, maximum, int(count))
                self._first = start
            else:
                self._cell.merge(minimum, mean, maximum, int(count))
            self._last = start
            self._rows += 1
            self._end = start + stretch

    def end_line(self) -> None:
        """End the line: what follows does not continue it."""
        self.finish()
        if self._lines[-1]:
            self._lines.append([])
        self._place = -1

    def finish(self) -> None:
        """Make a point of the rows since the last one."""
        cell = self._cell
        if cell is None:
            return
        moment = self._since + (self._place + 0.5) * self._width
        moment = max(self._first, min(moment, self._last))
        reach = Reach(self._first, self._last, 0.0, self._rows)
        point = ChartPoint(moment, cell.minimum, cell.mean, cell.maximum)
        self._lines[-1].append((reach, point))
        self._cell, self._rows = None, 0


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
        step = min(WIDEST_ROW_SECONDS, find_step(span, MOST_ROWS))
        for together in source.columns(step):
            part = Part(together, source.series, step)
            rooms = self._rooms(part, span)
            for target in self.targets.values():
                target.add(part, judged_from, rooms)
        for curve, _summary in self.system.values():
            curve.finish()
        for target in self.targets.values():
            target.curve.finish()
            target.judged.finish()

    def _rooms(self, part: Part, span: float) -> list[float | None]:
        """Take in what is of the machine; return what was left of its memory at each moment."""
        for series, (curve, summary) in self.system.items():
            cells = self._cells(part, series)
            curve.add(part, cells, 0, len(part.wall_seconds))
            if cells is None:
                continue
            add_known(summary, part, cells)
            for start, maximum in zip(part.wall_seconds, cells[3], strict=True):
                if series is not USED or maximum is None:
                    continue
                if maximum > (self.peak_used or (0.0, -1.0))[1]:
                    self.peak_used = start, maximum
        nothing = [None] * len(part.wall_seconds)
        totals, used = (self._cells(part, one) for one in (_TOTAL, USED))
        rooms = []
        for total, mean in zip(
            nothing if totals is None else totals[3],
            nothing if used is None else used[2],
            strict=True,
        ):
            if total is not None:
                self.total_bytes = total
            rooms.append(room_of(self.total_bytes, mean, span))
        return rooms

    def _cells(self, part: Part, series: Series) -> CellColumns | None:
        place = self._places.get(series)
        return None if place is None else part.first([place])
