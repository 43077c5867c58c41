"""Read the store while its writer writes: curves for windows, events, and what there is."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from trayapp.domain.records.series import APPLICATION, Event, Point, Series
from trayapp.domain.records.stretches import Stretch
from trayapp.errors import HistoryError
from trayapp.history import tiers
from trayapp.history.application_minutes import recent_names
from trayapp.history.columns import Columns
from trayapp.history.curve_queries import read_curves
from trayapp.history.forgetting import FORGOTTEN
from trayapp.history.marks import (
    MARKED_VERSION,
    NUMBER_TABLES,
    count_damaged,
    mark_of_texts,
    require_sound,
    show_only_sound_rows,
)
from trayapp.history.schema import (
    decode_text,
    describe,
    encode_text,
    has_writer,
    is_damage,
    read_version,
    refuse_special_file,
    replace_bad_bytes,
)
from trayapp.history.sources import CurveSource, SampleSource
from trayapp.history.streaming import stream_columns
from trayapp.history.stretches import read_fine, read_stretches
from trayapp.language.catalogue import _

T = TypeVar("T")
_LOCK_SECONDS = 2.0
_RECENT_SECONDS = 3 * 3600.0
"""What was there within so long is offered to be shown."""
_EVENTS = """
    SELECT t_ms, kind, subject, level, text, data, mark FROM event
    WHERE t_ms >= :since AND t_ms <= :until
    AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
    AND (:subject IS NULL OR subject = :subject)
    ORDER BY t_ms DESC, id DESC LIMIT :limit"""


class HistoryReader(CurveSource, SampleSource):
    """Reads the store at `path`; use it in a `with` statement and in one thread only.

    Raises, also from every method: HistoryError if there is no store, or none this Memtray can
    read.
    """

    def __init__(self, path: Path, *, is_copy: bool = False) -> None:
        """is_copy: it is no running Memtray's; nothing is left beside it."""
        self._path = path
        self._unreadable = set[int]()
        # A folder out of reach is no folder without a history.
        with self._translated():
            is_there = path.exists()
        if not is_there:
            template = _("There is no history at {file} yet; start Memtray to record one.")
            raise HistoryError(template.format(file=path))
        # SQLite keeps an index of the log beside the file; where it may not, and there is no log,
        # nobody can be writing either.
        with self._translated():
            refuse_special_file(path)
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
                replace_bad_bytes(self._connection)
                self._connection.execute("PRAGMA temp_store = MEMORY")
                version = self._version = read_version(self._connection)
                if version < 1:
                    template = _(
                        "{file} was written by another version of Memtray; start Memtray to update "
                        "it."
                    )
                    raise HistoryError(template.format(file=path))
                show_only_sound_rows(self._connection, version)
                self._has_applications = version > 2
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

    @property
    def left_out(self) -> int:
        """How many series, events and notes could not be read so far."""
        return len(self._unreadable)

    def count_damaged(self) -> int:
        """Return how many rows of numbers are not as they were written; looks at each of them."""
        with self._translated():
            if self._version < MARKED_VERSION:
                return 0
            return sum(count_damaged(self._connection, table) for table in NUMBER_TABLES)

    def ahead_span(self) -> tuple[float, float] | None:
        """Return from when to when there are samples of a clock that was far ahead; None: none.

        They are in no answer for which their own dates are not asked for.
        """
        with self._translated():
            return tiers.span_after(self._connection, int(time.time()) + tiers.FAR_AHEAD_SECONDS)

    def series(self) -> list[Series]:
        """Return every curve that was ever stored, sorted."""
        with self._translated():
            rows = self._connection.execute(
                "SELECT id, kind, name, metric, mark FROM series WHERE kind <> ?", (FORGOTTEN,)
            ).fetchall()
        return sorted(self._readable(_series, rows))

    def span(self) -> tuple[float, float] | None:
        soon = int(time.time()) + tiers.DAY_SECONDS
        with self._translated():
            # Samples of a clock that was far ahead would be the newest for ever.
            return tiers.span(self._connection, soon) or tiers.span(self._connection)

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
        with self._translated():
            identities = [self._find(one) for one in series]
            return read_curves(
                self._connection,
                identities,
                since_wall_seconds,
                until_wall_seconds,
                max_points,
                applications=_of_applications(series, identities),
            )

    def columns(
        self,
        series: Sequence[Series],
        since_wall_seconds: float,
        until_wall_seconds: float,
        step_seconds: float = 0.0,
        whole: Collection[int] | None = None,
    ) -> Iterator[list[Columns]]:
        """Yield everything of these curves from the finest tier left, in order of time.

        Memory does not grow with the stretch of time. Quicker with the steps in which it will be
        put together, and with `whole`, the places of those in `series` of which more is wanted
        than the greatest value; see `stream_columns`.
        """
        with self._translated():
            found = [(index, self._find(one)) for index, one in enumerate(series)]
            places = [index for index, identity in found if identity is not None]
            identities = [identity for _, identity in found if identity is not None]
            more = {one for at, one in found if one is not None and (whole is None or at in whole)}
            for together in stream_columns(
                self._connection,
                identities,
                round(since_wall_seconds * 1000),
                round(until_wall_seconds * 1000),
                step_seconds,
                applications=_of_applications(series, [identity for _, identity in found]),
                whole=more,
                is_marked=self._version >= MARKED_VERSION,
            ):
                yield [
                    one._replace(places=tuple(map(places.__getitem__, one.places)))
                    for one in together
                ]

    def events(
        self,
        since_wall_seconds: float,
        until_wall_seconds: float,
        kinds: Iterable[str] | None = None,
        limit: int = 1000,
        subject: str | None = None,
    ) -> list[Event]:
        """Return the newest events of a stretch of time, at most `limit`, in order of time.

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
        return list(self._readable(_event, reversed(rows)))

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
        with self._translated():
            numbers = {
                name: {
                    metric: number
                    for metric in wanted
                    if (number := self._find(Series("target", name, metric))) is not None
                }
                for name in since_wall_seconds
            }
            everything = [number for found in numbers.values() for number in found.values()]
            fine_since, fine = read_fine(
                self._connection, everything, len(numbers), until_wall_seconds
            )
            for name, since in since_wall_seconds.items():
                stretches = read_stretches(self._connection, numbers[name], since, fine_since, fine)
                yield name, list(stretches)

    def recent_applications(self) -> frozenset[str]:
        if not self._has_applications:
            return frozenset()
        with self._translated():
            names = recent_names(self._connection, time.time() - _RECENT_SECONDS)
            return frozenset(self._readable(decode_text, ((name,) for name in names)))

    def memo(self, key: str) -> str | None:
        """Return what the writer was given to remember under this key; None: nothing."""
        with self._translated():
            row = self._connection.execute(
                "SELECT key, value, mark FROM meta WHERE key = ?", (f"memo:{key}",)
            ).fetchone()
        return next(self._readable(_memo, () if row is None else (row,)), None)

    def _find(self, series: Series) -> int | None:
        names = tuple(map(encode_text, series))
        row = self._connection.execute(
            "SELECT id, mark FROM series WHERE kind = ? AND name = ? AND metric = ?", names
        ).fetchone()
        if row is None or row[1] not in (None, mark_of_texts(row[0], *names)):
            return None
        number: int = row[0]
        return number

    def _readable(self, make: Callable[..., T], rows: Iterable[Sequence[Any]]) -> Iterator[T]:
        """Yield what the rows hold, leaving out and counting those that are damaged."""
        for row in rows:
            try:
                yield make(*row)
            except (ValueError, TypeError, OverflowError, RecursionError):
                self._unreadable.add(hash((make.__name__, *row)))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        # A damaged row may hold text where a number belongs, or a number that is far too large.
        except (sqlite3.Error, OSError, ValueError, TypeError, ArithmeticError) as error:
            text = _("The history {file} cannot be read: {reason}.")
            if is_damage(error) or not isinstance(error, (sqlite3.Error, OSError)):
                text = _("The history {file} is damaged, or is not a history: {reason}.")
            raise HistoryError(text.format(file=self._path, reason=describe(error))) from error


def _of_applications(series: Iterable[Series], identities: Iterable[int | None]) -> frozenset[int]:
    """Return the numbers of those that are curves of applications."""
    pairs = zip(series, identities, strict=True)
    return frozenset(
        number for one, number in pairs if one.kind == APPLICATION and number is not None
    )


def _series(number: int, *row: Any) -> Series:
    *texts, mark = row
    require_sound(mark, number, *texts)
    return Series(*map(decode_text, texts))


def _memo(key: str, text: str, mark: int | None) -> str:
    require_sound(mark, key, text)
    return text


def _event(
    t_ms: int,
    kind: str | bytes,
    subject: str | bytes,
    level: str | bytes,
    text: str | bytes,
    data: str,
    mark: int | None,
) -> Event:
    require_sound(mark, t_ms, kind, subject, level, text, data)
    found = json.loads(data)
    if not isinstance(found, dict):
        raise TypeError(type(found).__name__)
    return Event(
        wall_seconds=t_ms / 1000,
        kind=decode_text(kind),
        subject=decode_text(subject),
        level=decode_text(level),
        text=decode_text(text),
        data=found,
    )
