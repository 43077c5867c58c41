"""Stretches of the targets' runs, the nearer the finer, to be judged anew after a restart.

Fine is 15 s, of raw samples; then minutes, then several together. That holds the work to some
milliseconds for each target, however long it has run.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.stretches import Figure, Stretch
from trayapp.history.tiers import HOUR_SECONDS, MINUTE_SECONDS

FINE_SECONDS = 15
_MOST_FINE_SECONDS, _LEAST_FINE_SECONDS = 960, 480
_FINE_OF_ALL_SECONDS = 9600
"""Shared by all targets."""
_COARSE_STEPS = ((HOUR_SECONDS, 60), (4 * HOUR_SECONDS, 240), (12 * HOUR_SECONDS, 960))
"""Up to which age stretches of minutes are how long, in seconds; older ones are half an hour."""
_OLDEST_STEP_SECONDS = 1920
_GAP_SECONDS = 45.0
"""Samples are never farther apart than 30 s: after so long, nobody looked."""

_RAW = """
    SELECT series, (t_ms - :origin) / :width, min(value), avg(value), max(value)
    FROM raw WHERE t_ms >= :since AND t_ms <= :until GROUP BY series, (t_ms - :origin) / :width"""
_MINUTES = """
    SELECT t_s / :step, min(t_s), max(t_s), count(*), min(minimum),
           sum(mean * count) / sum(count), max(maximum)
    FROM minute WHERE series = :series AND t_s >= :since AND t_s < :until GROUP BY t_s / :step"""


class _Part(NamedTuple):
    """One curve in one stretch; times are seconds."""

    start: float
    end: float
    seen_seconds: float
    figure: Figure


Fine = Mapping[int, Mapping[int, _Part]]
"""By series, then by the number of the stretch since the epoch."""


def read_fine(
    connection: sqlite3.Connection,
    identities: Sequence[int],
    target_count: int,
    until_seconds: float,
) -> tuple[float, Fine]:
    """Return the newest minutes of these curves, read in one pass, and where they begin.

    Raises: sqlite3.Error.
    """
    newest = connection.execute(
        "SELECT max(t_ms) FROM raw WHERE t_ms < ?", (int(until_seconds * 1000),)
    ).fetchone()[0]
    if newest is None:
        return until_seconds, {}
    # From a whole minute on, so that what is older can come from whole minutes.
    share = _FINE_OF_ALL_SECONDS // max(1, target_count)
    span = min(_MOST_FINE_SECONDS, max(_LEAST_FINE_SECONDS, share))
    begin = (newest // 1000 - span) // MINUTE_SECONDS * MINUTE_SECONDS
    width = FINE_SECONDS * 1000
    # The newest stretch is to be a whole one: others are told by it what they do now.
    origin = (newest + 1) % width
    rows = connection.execute(
        _RAW, {"width": width, "origin": origin, "since": begin * 1000, "until": newest}
    )
    wanted = set(identities)
    found: dict[int, dict[int, _Part]] = defaultdict(dict)
    for series, slot, *values in rows:
        if series in wanted:
            start = slot * FINE_SECONDS + origin / 1000
            end = start + FINE_SECONDS
            found[series][slot] = _Part(max(start, begin), end, FINE_SECONDS, Figure(*values))
    return begin, found


def read_stretches(
    connection: sqlite3.Connection,
    identities: Mapping[str, int],
    since_seconds: float,
    fine_since_seconds: float,
    fine: Fine,
) -> Iterator[Stretch]:
    """Yield what is kept of one target since a moment, oldest first.

    identities: its series by metric; fine: what `read_fine` gave.
    Raises: sqlite3.Error.
    """
    last_end: float | None = None
    for start, stretch in _parts(connection, identities, since_seconds, fine_since_seconds, fine):
        if stretch.seconds <= 0 or (last_end is not None and stretch.end_wall_seconds <= last_end):
            continue
        away = 0.0 if last_end is None else start - last_end
        last_end = stretch.end_wall_seconds
        yield stretch._replace(unseen=stretch.unseen or away > _GAP_SECONDS)


def _parts(
    connection: sqlite3.Connection,
    identities: Mapping[str, int],
    since: float,
    fine_since: float,
    fine: Fine,
) -> Iterator[tuple[float, Stretch]]:
    for begin, end, step in _spans(since, fine_since):
        found: dict[int, dict[str, _Part]] = defaultdict(dict)
        for metric, series in identities.items():
            rows = connection.execute(
                _MINUTES, {"series": series, "since": begin, "until": end, "step": step}
            )
            for number, first, last, count, *values in rows:
                part = _Part(first, last + MINUTE_SECONDS, count * MINUTE_SECONDS, Figure(*values))
                found[number][metric] = part
        yield from _joined(found)
    found = defaultdict(dict)
    for metric, series in identities.items():
        for number, part in fine.get(series, {}).items():
            if part.start >= since:
                found[number][metric] = part
    yield from _joined(found)


def _spans(since: float, until: float) -> Iterator[tuple[int, int, int]]:
    """Yield from the oldest on: whole minutes from, to, and the step between them."""
    first = -int(-since // MINUTE_SECONDS) * MINUTE_SECONDS
    spans = []
    end = int(until)
    for age, step in (*_COARSE_STEPS, (None, _OLDEST_STEP_SECONDS)):
        begin = first if age is None else max(first, int(until - age) // step * step)
        if begin < end:
            spans.append((begin, end, step))
        end = min(end, begin)
    yield from reversed(spans)


def _joined(found: Mapping[int, Mapping[str, _Part]]) -> Iterator[tuple[float, Stretch]]:
    for number in sorted(found):
        parts = found[number]
        start = min(part.start for part in parts.values())
        end = max(part.end for part in parts.values())
        seen = max(part.seen_seconds for part in parts.values())
        figures = {metric: part.figure for metric, part in parts.items()}
        yield start, Stretch(end, min(seen, end - start), figures, seen < end - start - 1.0)
