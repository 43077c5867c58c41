"""The source of an export: chosen curves over a time, as rows and events that stream by."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.domain.judging.monitor_values import OUTSIDE_KIND
from trayapp.domain.records.identity import about_of, is_application, target_key, target_of
from trayapp.domain.records.series import APPLICATION, Event, Series
from trayapp.errors import HistoryError, UsageError
from trayapp.export.safe_names import plain_text
from trayapp.export.steps import StepMerger
from trayapp.history.columns import Column, Columns
from trayapp.history.sources import SampleSource
from trayapp.language.catalogue import _
from trayapp.language.moments import Moment

MACHINE_KINDS = ("system", "app", OUTSIDE_KIND)
"""The kinds of the series of the machine, and of Memtray itself."""
DAY_SECONDS = 86_400.0
_MOST_EVENTS_A_DAY = 100_000
_TELL_EVERY_SECONDS = 0.2
_TOLD = ("raised", "escalated", "worsened")
_MACHINE_ORDER = ("used_bytes", "swap_used_bytes", "total_bytes")
_TARGET_ORDER = (
    "rss_bytes", "size_bytes", "anon_bytes", "kept_bytes", "uss_bytes", "pss_bytes", "swap_bytes",
    "virtual_bytes", "committed_bytes", "kernel_peak_bytes", "cpu_percent",
    "heap_live_bytes", "heap_used_bytes", "heap_free_bytes", "arena_free_bytes", "caches_bytes",
    "components_bytes", "fragmentation_percent", "collecting_percent", "running_task_count",
    "process_count",
)  # fmt: skip


@dataclass(slots=True)
class Cell:
    """The values of one series in the stretch of one row."""

    minimum: float
    mean: float
    maximum: float
    count: int

    def merge(self, minimum: float, mean: float, maximum: float, count: int) -> None:
        """Add values of the same stretch."""
        self.minimum = min(self.minimum, minimum)
        self.maximum = max(self.maximum, maximum)
        self.count += count
        self.mean += (mean - self.mean) * count / self.count


class Row(NamedTuple):
    """A moment of the timeline."""

    wall_seconds: float
    """When its stretch begins."""
    stretch_seconds: float
    """How long the longest stretch of a cell is; 0: single samples."""
    cells: dict[int, Cell]
    """By the place of the series in `Source.series`; what is unknown is not there."""


@dataclass(slots=True)
class Summary:
    """A summary of one series over all rows."""

    first_wall_seconds: float | None = None
    last_wall_seconds: float | None = None
    first: float | None = None
    current: float | None = None
    """The latest that was measured."""
    minimum: float | None = None
    peak: float | None = None

    @property
    def growth(self) -> float | None:
        """The change from the first to the latest."""
        if self.current is None or self.first is None:
            return None
        return self.current - self.first

    def add(self, wall_seconds: float, cell: Cell) -> None:
        if self.first is None:
            self.first, self.first_wall_seconds = cell.mean, wall_seconds
        self.current, self.last_wall_seconds = cell.mean, wall_seconds
        self.minimum = cell.minimum if self.minimum is None else min(self.minimum, cell.minimum)
        self.peak = cell.maximum if self.peak is None else max(self.peak, cell.maximum)

    def add_all(
        self, wall_seconds: Sequence[float], minima: Column, means: Column, maxima: Column
    ) -> None:
        """Add many at once, in order of time; what was added before may be in between."""
        first, last = wall_seconds[0], wall_seconds[-1]
        if self.first_wall_seconds is None or first < self.first_wall_seconds:
            self.first, self.first_wall_seconds = means[0], first
        if self.last_wall_seconds is None or last > self.last_wall_seconds:
            self.current, self.last_wall_seconds = means[-1], last
        minimum, peak = min(minima), max(maxima)
        self.minimum = minimum if self.minimum is None else min(self.minimum, minimum)
        self.peak = peak if self.peak is None else max(self.peak, peak)


@dataclass(slots=True)
class Counts:
    """The number of events of one target."""

    restarts: int = 0
    alerts: int = 0
    """Those that were shown; an incident that got worse counts again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A stretch of what was recorded, to be read once, from its beginning to its end."""

    reader: SampleSource
    since_wall_seconds: float
    until_wall_seconds: float
    series: tuple[Series, ...]
    """The machine's, Memtray's own, then each target's, side by side."""
    targets: tuple[str, ...]
    is_everything: bool
    """Nobody asked for some targets only."""
    applications: frozenset[str] = frozenset()
    """Those of the targets that are not tracked: of them there are minutes only."""
    on_progress: Callable[[float], None]
    """Called now and then with the share that is done, 0 to 1."""

    def columns(
        self, step_seconds: float = 0.0, whole: Collection[int] | None = None
    ) -> Iterator[list[Columns]]:
        """Yield everything, put together for every `step_seconds` in which something was measured.

        0: as it was measured. Each list is later than the one before; no moment is in two of its
        columns, which may be in between each other. whole: the places of which more is wanted than
        the greatest value; None: all.
        """
        span = max(self.until_wall_seconds - self.since_wall_seconds, 0.001)
        steps = StepMerger(step_seconds, whole)
        told_at = time.monotonic()
        for together in self.reader.columns(
            self.series, self.since_wall_seconds, self.until_wall_seconds, step_seconds, whole
        ):
            if found := steps.add(together):
                yield found
            if time.monotonic() > told_at + _TELL_EVERY_SECONDS:
                here = together[0].starts_ms[0] / 1000
                self.on_progress((here - self.since_wall_seconds) / span)
                told_at = time.monotonic()
        if found := steps.finish():
            yield found

    def rows(self, step_seconds: float = 0.0) -> Iterator[Row]:
        """Yield the same row by row, which takes longer."""
        for together in self.columns(step_seconds):
            rows = [(start, one, at) for one in together for at, start in enumerate(one.starts_ms)]
            for start, one, at in sorted(rows, key=itemgetter(0)):
                cells = {
                    place: Cell(minima[at], means[at], maxima[at], counts[at])
                    for place, counts, minima, means, maxima in zip(*one[2:], strict=True)
                }
                yield Row(start / 1000, max(one.stretch_seconds, step_seconds), cells)

    def events(self, kinds: Iterable[str]) -> Iterator[Event]:
        """Yield all events, or those of the machine, Memtray and chosen targets; oldest first."""
        abouts = {"", *map(target_key, ("system", "memtray"))}
        kinds = tuple(kinds)
        start = self.since_wall_seconds
        # What happened at the moment of the last sample is written a little later.
        end = self.until_wall_seconds + 60.0
        while start <= end:
            until = min(start + DAY_SECONDS, end)
            events = self.reader.events(start, until - 0.001, kinds, _MOST_EVENTS_A_DAY)
            yield from (
                event
                for event in events
                if self.is_everything or about_of(event) in abouts or self._program_of(event)
            )
            start += DAY_SECONDS

    def counts(self) -> dict[str, Counts]:
        """Count restarts and alerts of each target."""
        found = {name: Counts() for name in self.targets}
        for event in self.events(("alert", "restart")):
            counts = found.get(self._program_of(event) or "")
            if counts is None:
                continue
            counts.restarts += event.kind == "restart"
            counts.alerts += event.kind == "alert" and event.data.get("what") in _TOLD
        return found

    def _program_of(self, event: Event) -> str | None:
        """Return the chosen target or application that an event is about."""
        about = about_of(event)
        if is_application(about):
            return event.subject if event.subject in self.applications else None
        name = target_of(about)
        return name if name in self.targets and name not in self.applications else None


def open_source(
    reader: SampleSource,
    targets: Sequence[str],
    since: Moment | None,
    until: Moment | None,
    on_progress: Callable[[float], None],
    ahead: tuple[float, float] | None = None,
) -> Source:
    """Choose what is exported; `until` counts back from the newest sample, `since` from `until`.

    ahead: from when to when there are samples of a clock that was far ahead, which are exported
    where `since` is later than all others.

    Raises: HistoryError if nothing was recorded; UsageError if a target is unknown or nothing was
    recorded then.
    """
    series = reader.series()
    span = reader.span()
    if span is None:
        raise HistoryError(_("the history is still empty; start Memtray to record one"))
    known = sorted({one.name for one in series if one.kind == "target"})
    # Of what goes by both names, the target's curve has both pasts.
    applications = {one.name for one in series if one.kind == APPLICATION}.difference(known)
    for name in targets:
        if name not in known and name not in applications:
            raise UsageError(_unknown(name, [*known, *applications]))
    chosen = tuple(name for name in known if not targets or name in targets)
    chosen += tuple(sorted(applications.intersection(targets)))
    oldest, newest = span
    if ahead is not None and since is not None and since.before(newest) > newest:
        oldest, newest = ahead
    end = newest if until is None else min(newest, until.before(newest))
    start = oldest if since is None else max(oldest, since.before(end))
    if start > end:
        raise UsageError(_("nothing was recorded in that range; try another --since or --until"))
    return Source(
        reader=reader,
        since_wall_seconds=start,
        until_wall_seconds=end,
        series=tuple(_in_order(series, chosen, applications)),
        targets=chosen,
        is_everything=not targets,
        applications=frozenset(applications.intersection(targets)),
        on_progress=on_progress,
    )


def summarize(together: Iterable[Columns], summaries: Mapping[int, Summary]) -> None:
    """Add what was measured to the summaries of some series, by their places."""
    for one in together:
        ends = [one.starts_ms[0] / 1000, one.starts_ms[-1] / 1000]
        for place, *columns in zip(one.places, one.minima, one.means, one.maxima, strict=True):
            if place in summaries:
                summaries[place].add_all(ends, *columns)


def find_step(span_seconds: float, most_rows: int) -> float:
    """Return the shortest round step for about so many rows at most; 0: every moment."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400)
    # Five moments a second are as many as Memtray ever records.
    if span_seconds * 5 <= most_rows:
        return 0.0
    return float(next((step for step in steps if span_seconds / step <= most_rows), 604_800))


def _in_order(
    series: Iterable[Series], targets: Sequence[str], applications: Collection[str]
) -> list[Series]:
    kinds = {"system": 0, "app": 1, OUTSIDE_KIND: 2, "target": 3, APPLICATION: 3}
    places = {name: place for place, name in enumerate(targets)}

    def rank(one: Series) -> tuple[int, int, int, str]:
        order = _TARGET_ORDER if one.kind != "system" else _MACHINE_ORDER
        place = order.index(one.metric) if one.metric in order else len(order)
        return kinds[one.kind], places.get(one.name, 0), place, one.metric

    wanted = [
        one
        for one in series
        if one.kind in MACHINE_KINDS
        or (one.name in places and (one.kind == APPLICATION) == (one.name in applications))
    ]
    return sorted((one for one in wanted if one.kind in kinds), key=rank)


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return _("no program is called {name}; did you mean {near}?").format(
            name=repr(plain_text(name)), near=repr(plain_text(near[0]))
        )
    return _("no program in the history is called {name}; `memtray status` shows names").format(
        name=repr(plain_text(name))
    )
