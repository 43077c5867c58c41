"""The sources of charts and exports: the history, or recordings in files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from trayapp.domain.records.series import Event, Point, Series
from trayapp.history.columns import Bucket, Columns, buckets_of


class Source(Protocol):
    """Curves of memory over wall time, and the events beside them."""

    def series(self) -> list[Series]:
        """Return every curve there is, sorted."""

    def span(self) -> tuple[float, float] | None:
        """Return the wall times of the first and the last sample; None while there is none."""

    def events(
        self,
        since_wall_seconds: float,
        until_wall_seconds: float,
        kinds: Iterable[str] | None = None,
        limit: int = 1000,
    ) -> list[Event]:
        """Return the newest events of a stretch of time, at most `limit`, in order of time."""


class CurveSource(Source, Protocol):
    """A source that a chart can be drawn from."""

    def curves(
        self,
        series: Sequence[Series],
        since_wall_seconds: float,
        until_wall_seconds: float,
        max_points: int = 2000,
    ) -> list[list[Point]]:
        """Read curves, each in at most `max_points` stretches and a point of None in each gap."""

    def points(
        self,
        series: Series,
        since_wall_seconds: float,
        until_wall_seconds: float,
        max_points: int = 2000,
    ) -> list[Point]:
        """Read one curve; several are cheaper through `curves`."""
        return self.curves([series], since_wall_seconds, until_wall_seconds, max_points)[0]

    def recent_applications(self) -> Collection[str]:
        """Return the applications that ran in the last hours, of which there is a curve."""
        return ()


class SampleSource(Source, Protocol):
    """A source that can be written out row by row."""

    def columns(
        self,
        series: Sequence[Series],
        since_wall_seconds: float,
        until_wall_seconds: float,
        step_seconds: float = 0.0,
        whole: Collection[int] | None = None,
    ) -> Iterator[list[Columns]]:
        """Yield everything of these curves in order of time, for steps of this width.

        `Columns.places` are those in `series`. whole: the places of which more is wanted than the
        greatest value; None: all.
        """

    def stream(
        self,
        series: Sequence[Series],
        since_wall_seconds: float,
        until_wall_seconds: float,
        step_seconds: float = 0.0,
    ) -> Iterator[Bucket]:
        """Yield the same one by one, which takes longer."""
        span = since_wall_seconds, until_wall_seconds
        for together in self.columns(series, *span, step_seconds):
            yield from buckets_of(together)
