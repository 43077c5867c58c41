"""Read the store while its writer writes: curves for windows, events, and what there is."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from trayapp.domain.judging.replay import Stretch
from trayapp.domain.records.gaps import Reach, find_gaps
from trayapp.domain.records.series import Event, Point, Series
from trayapp.errors import HistoryError
from trayapp.history import tiers
from trayapp.history.forgetting import FORGOTTEN
from trayapp.history.schema import (
    STEPS,
    decode_text,
    describe,
    encode_text,
    has_writer,
    is_damage,
    read_version,
)
from trayapp.history.sources import CurveSource, SampleSource
from trayapp.history.streaming import Bucket, stream_buckets
from trayapp.history.stretches import read_fine, read_stretches
from trayapp.language.catalogue import _

_LOCK_SECONDS = 2.0
_RAW_SPAN_MS = 9_000_000
"""Raw samples of all series lie together: for more than 2.5 h, minutes are read instead."""
_MINUTE_SPAN_MS = 60 * 86_400_000
_SORTED_FROM = 3
"""For so many curves of raw samples and more, sorting them pays."""

# Each part yields start, finish (ms), step (ms; 0 for a raw sample), count, minimum, mean, maximum.
_RAW = """
    SELECT t_ms AS start, t_ms AS finish, 0 AS step, 1 AS count,
           value AS minimum, value AS mean, value AS maximum
    FROM raw WHERE t_ms >= :since AND t_ms <= :until AND series = :series"""
_MINUTE = """
    SELECT t_s * 1000, t_s * 1000 + 60000, 60000, count, minimum, mean, maximum
    FROM minute AS coarse
    WHERE series = :series AND t_s > :since / 1000 - 60 AND t_s <= :until / 1000"""
_HOUR = """
    SELECT t_s * 1000, t_s * 1000 + 3600000, 3600000, count, minimum, mean, maximum
    FROM hour AS coarse
    WHERE series = :series AND t_s > :since / 1000 - 3600 AND t_s <= :until / 1000"""

# A coarser bucket counts only where nothing finer is left of it.
_WITHOUT_RAW = """
    AND NOT EXISTS (SELECT 1 FROM raw WHERE t_ms >= coarse.t_s * 1000
                    AND t_ms < coarse.t_s * 1000 + 60000 AND series = :series)"""
_WITHOUT_MINUTES = """
    AND NOT EXISTS (SELECT 1 FROM minute WHERE series = :series
                    AND t_s >= coarse.t_s AND t_s < coarse.t_s + 3600)"""

# A bucket that is pending is not up to date: the finer tier knows better.
_SETTLED_MINUTE = """
    AND NOT EXISTS (SELECT 1 FROM pending WHERE seconds = 60 AND t_s = coarse.t_s)"""
_SETTLED_HOUR = """
    AND NOT EXISTS (SELECT 1 FROM pending WHERE seconds = 3600 AND t_s = coarse.t_s)"""
# Driven by what is pending, which is little, not by the minutes of months.
_MINUTE_OF_PENDING_HOUR = """
    SELECT coarse.t_s * 1000, coarse.t_s * 1000 + 60000, 60000, count, minimum, mean, maximum
    FROM pending AS late CROSS JOIN minute AS coarse
    ON series = :series AND coarse.t_s >= late.t_s AND coarse.t_s < late.t_s + 3600
    WHERE late.seconds = 3600 AND +coarse.t_s > :since / 1000 - 60
    AND +coarse.t_s <= :until / 1000"""
_RAW_OF_PENDING_MINUTE = """
    SELECT t_ms AS start, t_ms AS finish, 0 AS step, 1 AS count,
           value AS minimum, value AS mean, value AS maximum
    FROM pending CROSS JOIN raw ON t_ms >= t_s * 1000 AND t_ms < t_s * 1000 + 60000
    WHERE seconds = 60 AND +t_ms >= :since AND +t_ms <= :until AND series = :series"""


def _summary(*parts: str) -> str:
    rows = " UNION ALL ".join(parts)
    # Only the texts above are joined: what comes from outside is bound as parameters.
    return f"""
        SELECT min(start), max(start), max(finish), max(step), count(*), min(minimum),
               sum(mean * count) / sum(count), max(maximum)
        FROM ({rows}) GROUP BY start / :width ORDER BY start / :width"""  # noqa: S608


_BY_RAW = _summary(_RAW, _MINUTE + _WITHOUT_RAW, _HOUR + _WITHOUT_MINUTES)
_BY_MINUTE = _summary(_RAW_OF_PENDING_MINUTE, _MINUTE + _SETTLED_MINUTE, _HOUR + _WITHOUT_MINUTES)
_BY_HOUR = _summary(
    _RAW_OF_PENDING_MINUTE, _MINUTE_OF_PENDING_HOUR + _SETTLED_MINUTE, _HOUR + _SETTLED_HOUR
)


_EVENTS = """
    SELECT t_ms, kind, subject, level, text, data FROM event
    WHERE t_ms >= :since AND t_ms <= :until
    AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
    AND (:subject IS NULL OR subject = :subject)
    ORDER BY t_ms DESC, id DESC LIMIT :limit"""


class _Bucket(NamedTuple):
    """What is drawn as one point, and where its samples or minutes or hours lie."""

    first_ms: int
    last_ms: int
    """Where the last one begins."""
    finish_ms: int
    step_ms: int
    rows: int
    minimum: float
    mean: float
    maximum: float


class HistoryReader(CurveSource, SampleSource):
    """Reads the store at `path`; use it in a `with` statement and in one thread only.

    Raises, also from every method: HistoryError if there is no store, or none this Memtray can
    read.
    """

    def __init__(self, path: Path, *, is_copy: bool = False) -> None:
        """is_copy: it is no running Memtray's; nothing is left beside it."""
        self._path = path
        if not path.exists():
            raise HistoryError(
                _("There is no history at {file} yet; start Memtray to record one.").format(
                    file=path
                )
            )
        # SQLite keeps an index of the log beside the file; where it may not, and there is no log,
        # nobody can be writing either.
        log = path.with_name(path.name + "-wal")
        fixed = not os.access(path.parent, os.W_OK) and not log.exists()
        fixed = fixed or (is_copy and not has_writer(path))
        with self._translated():
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if fixed else ''}",
                uri=True,
                timeout=_LOCK_SECONDS,
                isolation_level=None,
            )
        try:
            with self._translated():
                self._connection.execute("PRAGMA temp_store = MEMORY")
                if read_version(self._connection) < len(STEPS):
                    raise HistoryError(
                        _(
                            "{file} is not a history of this Memtray; "
                            "start Memtray to bring it up to date."
                        ).format(file=path)
                    )
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; more than once does no harm."""
        self._connection.close()

    def series(self) -> list[Series]:
        """Every curve that was ever stored, sorted."""
        with self._translated():
            rows = self._connection.execute(
                "SELECT kind, name, metric FROM series WHERE kind <> ?", (FORGOTTEN,)
            ).fetchall()
        return sorted(Series(*map(decode_text, row)) for row in rows)

    def span(self) -> tuple[float, float] | None:
        """Wall times of the oldest and the newest sample; None while there is none."""
        with self._translated():
            return tiers.span(self._connection)

    def curves(
        self,
        series: Sequence[Series],
        since_wall_seconds: float,
        until_wall_seconds: float,
        max_points: int = 2000,
    ) -> list[list[Point]]:
        """Read curves as of one moment, from the finest tier that the span allows and still exists.

        Returns: of each at most `max_points` points in order of time, with the least, mean and
        greatest value of its stretch; and, on top, one point of None in each gap, which is where
        nothing came for three times the usual spacing and at least 15 s, or in a minute or hour.
        """
        with self._snapshot():
            stored = tiers.span(self._connection)
            if stored is None:
                return [[] for _ in series]
            # A young store is drawn as finely as its few samples allow.
            oldest, newest = stored
            since_ms = int(max(since_wall_seconds, oldest - tiers.HOUR_SECONDS) * 1000)
            until_ms = int(min(until_wall_seconds, newest) * 1000)
            span_ms = until_ms - max(since_ms, int(oldest * 1000))
            # Stretches begin at multiples of their width, so that a live curve does not flicker;
            # that, and what reaches in from before, can make up to three more of them.
            width_ms = max(1, -(-span_ms // max(1, max_points - 3)))
            query = _choose(span_ms, width_ms)
            identities = [self._find(one) for one in series]
            if query is _BY_RAW and len(series) > _SORTED_FROM:
                self._sort_raw(identities, since_ms, until_ms)
            found: list[list[Point]] = []
            for identity in identities:
                rows = self._connection.execute(
                    query,
                    {"series": identity, "since": since_ms, "until": until_ms, "width": width_ms},
                ).fetchall()
                buckets = [_Bucket(*row) for row in rows]
                found.append(list(_points(buckets, since_wall_seconds, until_wall_seconds)))
        return found

    def stream(
        self,
        series: Sequence[Series],
        since_wall_seconds: float,
        until_wall_seconds: float,
        step_seconds: float = 0.0,
    ) -> Iterator[Bucket]:
        """Everything of these curves from the finest tier left, in order of time.

        `Bucket.place` is that in `series`. Memory does not grow with the stretch of time. Quicker
        with the steps in which it will be put together; see `stream_buckets`.
        """
        with self._translated():
            found = [(index, self._find(one)) for index, one in enumerate(series)]
            places = [index for index, identity in found if identity is not None]
            identities = [identity for _, identity in found if identity is not None]
            for bucket in stream_buckets(
                self._connection,
                identities,
                round(since_wall_seconds * 1000),
                round(until_wall_seconds * 1000),
                step_seconds,
            ):
                yield bucket._replace(place=places[bucket.place])

    def latest(self, series: Series) -> float | None:
        """The newest value of a curve; None if there is none."""
        with self._snapshot():
            identity = self._find(series)
            if identity is None:
                return None
            # Raw samples of one series are found only by time: look where there must be some.
            newest = self._connection.execute(
                "SELECT t_s, mean FROM minute WHERE series = ? ORDER BY t_s DESC LIMIT 1",
                (identity,),
            ).fetchone()
            pending = self._connection.execute(
                "SELECT t_s FROM pending WHERE seconds = 60 ORDER BY t_s DESC"
            ).fetchall()
            minutes = [minute for (minute,) in pending if newest is None or minute > newest[0]]
            for minute in [*minutes, *(newest or ())[:1]]:
                row = self._connection.execute(
                    "SELECT value FROM raw WHERE t_ms >= ? AND t_ms < ? AND series = ?"
                    " ORDER BY t_ms DESC LIMIT 1",
                    (minute * 1000, minute * 1000 + 60_000, identity),
                ).fetchone()
                if row:
                    return float(row[0])
            coarse = (
                newest
                or self._connection.execute(
                    "SELECT t_s, mean FROM hour WHERE series = ? ORDER BY t_s DESC LIMIT 1",
                    (identity,),
                ).fetchone()
            )
            return float(coarse[1]) if coarse else None

    def events(
        self,
        since_wall_seconds: float,
        until_wall_seconds: float,
        kinds: Iterable[str] | None = None,
        limit: int = 1000,
        subject: str | None = None,
    ) -> list[Event]:
        """The newest events of a stretch of time, at most `limit`, in order of time.

        kinds, subject: only of these kinds, and only about this.
        """
        asked = {
            "since": int(since_wall_seconds * 1000),
            "until": int(until_wall_seconds * 1000),
            "kinds": None if kinds is None else json.dumps([*kinds]),
            "subject": None if subject is None else encode_text(subject),
            "limit": limit,
        }
        with self._translated():
            rows = self._connection.execute(_EVENTS, asked).fetchall()
        return [_event(*row) for row in reversed(rows)]

    def runs(
        self,
        since_wall_seconds: Mapping[str, float],
        until_wall_seconds: float,
        metrics: Iterable[str],
    ) -> Iterator[tuple[str, list[Stretch]]]:
        """Read what is kept of runs of targets, one after the other, the nearer the finer.

        since_wall_seconds: by target, when its run began. Returns: of each its stretches, oldest
        first, with these metrics.
        """
        wanted = list(metrics)
        numbers = {
            name: {
                metric: number
                for metric in wanted
                if (number := self._find(Series("target", name, metric))) is not None
            }
            for name in since_wall_seconds
        }
        everything = [number for found in numbers.values() for number in found.values()]
        with self._translated():
            fine_since, fine = read_fine(
                self._connection, everything, len(numbers), until_wall_seconds
            )
            for name, since in since_wall_seconds.items():
                stretches = read_stretches(self._connection, numbers[name], since, fine_since, fine)
                yield name, list(stretches)

    def memo(self, key: str) -> str | None:
        """What the writer was given to remember under this key; None: nothing."""
        with self._translated():
            row = self._connection.execute(
                "SELECT value FROM meta WHERE key = ?", (f"memo:{key}",)
            ).fetchone()
        return None if row is None else str(row[0])

    def _sort_raw(self, identities: Sequence[int | None], since_ms: int, until_ms: int) -> None:
        """Let this snapshot's queries read raw samples by series: one pass instead of one each.

        A temporary table goes before the file's of the same name; the end of the snapshot takes
        it away.
        """
        self._connection.execute(
            "CREATE TEMP TABLE raw (t_ms INTEGER NOT NULL, series INTEGER NOT NULL,"
            " value REAL NOT NULL, PRIMARY KEY (series, t_ms)) WITHOUT ROWID"
        )
        # Whole minutes: whether one has raw samples is asked of all of it.
        self._connection.execute(
            "INSERT INTO temp.raw SELECT t_ms, series, value FROM main.raw"
            " WHERE t_ms >= ? AND t_ms <= ? AND series IN (SELECT value FROM json_each(?))",
            (since_ms // 60_000 * 60_000, until_ms + 60_000, json.dumps(identities)),
        )

    def _find(self, series: Series) -> int | None:
        row = self._connection.execute(
            "SELECT id FROM series WHERE kind = ? AND name = ? AND metric = ?",
            tuple(map(encode_text, series)),
        ).fetchone()
        return row[0] if row else None

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Let several questions see the same moment."""
        with self._translated():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        # A message of SQLite's that quotes what is no text raises UnicodeError in its place.
        except (sqlite3.Error, UnicodeError) as error:
            text = _("The history {file} cannot be read: {reason}.")
            if is_damage(error):
                text = _("The history {file} is damaged or not a history: {reason}.")
            raise HistoryError(text.format(file=self._path, reason=describe(error))) from error


def _choose(span_ms: int, width_ms: int) -> str:
    if span_ms <= _RAW_SPAN_MS and width_ms < 60_000:
        return _BY_RAW
    return _BY_MINUTE if span_ms <= _MINUTE_SPAN_MS and width_ms < 3_600_000 else _BY_HOUR


def _points(buckets: list[_Bucket], since: float, until: float) -> Iterator[Point]:
    """Turn buckets into points, with a point of None in each gap."""
    gaps = find_gaps(
        [
            Reach(one.first_ms / 1000, one.last_ms / 1000, one.step_ms / 1000, one.rows)
            for one in buckets
        ]
    )
    for index, bucket in enumerate(buckets):
        middle = (bucket.first_ms + bucket.finish_ms) / 2000
        # A minute or an hour may reach beyond the span that was asked for.
        moment = min(max(middle, since), until)
        yield Point(moment, bucket.minimum, bucket.mean, bucket.maximum)
        if index in gaps:
            yield Point(sum(gaps[index]) / 2, None, None, None)


def _event(
    t_ms: int,
    kind: str | bytes,
    subject: str | bytes,
    level: str | bytes,
    text: str | bytes,
    data: str,
) -> Event:
    return Event(
        wall_seconds=t_ms / 1000,
        kind=decode_text(kind),
        subject=decode_text(subject),
        level=decode_text(level),
        text=decode_text(text),
        data=json.loads(data),
    )
