"""What was recorded, column by column: many stretches of many series at once.

A record for each value takes ten times as long as the value: here one of Python's own loops
handles a whole column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

from trayapp.dataclass import NamedTuple

Column = Sequence[float]


class Bucket(NamedTuple):
    """One stretch of one series, from the finest tier that still has it."""

    start_ms: int
    stretch_seconds: int
    """0: a single sample; 60; 3600."""
    place: int
    """The index among the series that were asked for."""
    samples: int
    minimum: float
    mean: float
    maximum: float


class Columns(NamedTuple):
    """Stretches of several series that begin at the same moments; all columns are as long."""

    stretch_seconds: int
    """0: single samples; 60; 3600."""
    starts_ms: Sequence[int]
    """In order of time."""
    places: tuple[int, ...]
    """The indices of the series among those that were asked for; of each, a column below."""
    counts: Sequence[Sequence[int]]
    minima: Sequence[Column]
    means: Sequence[Column]
    maxima: Sequence[Column]


class Piece(NamedTuple):
    """Stretches of one series, in order of time."""

    place: int
    starts: tuple[int, ...]
    """In seconds."""
    counts: Sequence[int]
    minima: Column
    means: Column
    maxima: Column

    def part(self, pick: Callable[[Sequence[float]], tuple[float, ...]]) -> Piece:
        """Return some of its stretches."""
        place, *columns = self
        return Piece(place, *map(pick, columns))  # type: ignore[arg-type]


def columns_of_pieces(
    stretch_seconds: int, pieces: Iterable[Piece], since_ms: int, until_ms: int
) -> list[Columns]:
    """Put pieces together so that no moment occurs twice.

    Of a stretch that began before `since_ms` the rest counts; what begins after `until_ms` is left
    out.
    """
    width_ms = stretch_seconds * 1000
    found = []
    for starts, parts in side_by_side(pieces):
        wanted = [
            at
            for at, start in enumerate(starts)
            if start * 1000 <= until_ms and start * 1000 + width_ms > since_ms
        ]
        if len(wanted) < len(starts):
            if not wanted:
                continue
            parts = [piece.part(picker(wanted)) for piece in parts]
        starts_ms = [max(since_ms, starts[at] * 1000) for at in wanted]
        places, _starts, *columns = zip(*parts, strict=True)
        found.append(Columns(stretch_seconds, starts_ms, places, *columns))
    return found


def side_by_side(
    pieces: Iterable[Piece], kind_of: Callable[[int], object] = lambda _start: None
) -> Iterator[tuple[list[int], list[Piece]]]:
    """Yield moments, and of the pieces that have them what belongs there; no moment twice.

    The pieces stay in their order. Moments of different kinds are not put together.
    """
    by_starts: dict[tuple[int, ...], list[tuple[int, Piece]]] = {}
    for rank, piece in enumerate(pieces):
        by_starts.setdefault(piece.starts, []).append((rank, piece))
    # Of each moment, which pieces have it: mostly all of them.
    owners: dict[int, tuple[int, ...]] = {}
    for number, starts in enumerate(by_starts):
        for start in starts:
            owners[start] = (*owners.get(start, ()), number)
    together: dict[object, tuple[tuple[int, ...], list[int]]] = {}
    for start in sorted(owners):
        key = kind_of(start), owners[start]
        together.setdefault(key, (owners[start], []))[1].append(start)
    groups = list(by_starts.items())
    for numbers, wanted in together.values():
        ranked: list[tuple[int, Piece]] = []
        for number in numbers:
            starts, own = groups[number]
            if len(wanted) < len(starts):
                pick = picker([starts.index(start) for start in wanted])
                own = [(rank, piece.part(pick)) for rank, piece in own]
            ranked += own
        if len(numbers) > 1:
            ranked.sort(key=itemgetter(0))
        yield wanted, [piece for _rank, piece in ranked]


def columns_of_samples(
    rows: Sequence[tuple[int, int, float]], index_of: Mapping[int, int]
) -> list[Columns]:
    """Put samples (moment in ms, series, value), in order of time, together by what they are of."""
    if not rows:
        return []
    moments, series, values = zip(*rows, strict=True)
    by_shape: dict[tuple[int, ...], tuple[list[int], list[tuple[float, ...]]]] = {}
    begin = 0
    for moment, count in Counter(moments).items():
        end = begin + count
        shape = series[begin:end]
        if len(set(shape)) == count:
            starts, found = by_shape.setdefault(shape, ([], []))
            starts.append(moment)
            found.append(values[begin:end])
        else:
            # A damaged file may hold a sample twice.
            for place in range(begin, end):
                starts, found = by_shape.setdefault(series[place : place + 1], ([], []))
                starts.append(moment)
                found.append(values[place : place + 1])
        begin = end
    return [
        columns_of_rows(0, starts, tuple(map(index_of.__getitem__, shape)), found)
        for shape, (starts, found) in by_shape.items()
    ]


def columns_of_rows(
    stretch_seconds: int,
    starts_ms: Sequence[int],
    places: tuple[int, ...],
    rows: Iterable[Sequence[float]],
) -> Columns:
    """Turn rows of single values into columns."""
    columns = list(zip(*rows, strict=True))
    ones = [(1,) * len(starts_ms)] * len(places)
    return Columns(stretch_seconds, starts_ms, places, ones, columns, columns, columns)


def buckets_of(together: Collection[Columns]) -> Iterator[Bucket]:
    """Yield one by one what is in columns, in order of time."""
    rows = [(start, one, at) for one in together for at, start in enumerate(one.starts_ms)]
    if len(together) > 1:
        rows.sort(key=itemgetter(0))
    for start, one, at in rows:
        for place, counts, minima, means, maxima in zip(*one[2:], strict=True):
            yield Bucket(
                start, one.stretch_seconds, place, counts[at], minima[at], means[at], maxima[at]
            )


def picker(indices: Sequence[int]) -> Callable[[Sequence[float]], tuple[float, ...]]:
    """Return what takes the values at these places, as a tuple."""
    if len(indices) == 1:
        only = indices[0]
        return lambda values: (values[only],)
    return itemgetter(*indices)
