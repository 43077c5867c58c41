"""A long history made at once, for looking at windows and for timing them.

It is written into the tables directly, as the writer and the months would have left them: every
sample of the last hours, the minutes of the last days, the hours of all of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.windows.stores import GIB, MIB
from trayapp.domain.records.series import Event, Series
from trayapp.history.schema import open_store, transaction

Floats = npt.NDArray[np.float64]
Course = Callable[[Floats, float], Floats]
"""Bytes at wall times, NaN while nothing runs, given the end of the history."""

HOUR, DAY = 3600.0, 86_400.0
NAMES = (
    "web", "leak", "builder", "browser", "database", "editor", "queue", "indexer", "mail", "backup",
)  # fmt: skip
"""Ten targets with a life of their own each; more repeat them under numbered names."""
RESTART_HOURS = 41.0
"""How long the leaking target runs before it is started again."""


def courses(count: int) -> dict[str, Course]:
    """So many targets."""
    names = [*NAMES, *(f"{NAMES[at % 10]}-{at:03}" for at in range(10, count))][:count]
    return {name: _course(at) for at, name in enumerate(names)}


def write_past(
    path: Path,
    targets: int,
    days: float,
    *,
    end: float,
    raw_hours: float = 24.0,
    raw_step: float = 10.0,
    minute_days: float = 30.0,
    metrics: Sequence[str] = ("rss_bytes", "anon_bytes", "uss_bytes", "pss_bytes", "swap_bytes"),
) -> Path:
    """Write a history of `targets` targets that ends at the wall time `end`."""
    connection, _ = open_store(path)
    try:
        with transaction(connection):
            for number, (series, course) in enumerate(_all_series(targets, metrics), 1):
                connection.execute(
                    "INSERT INTO series (id, kind, name, metric) VALUES (?, ?, ?, ?)",
                    (number, *series),
                )
                for table, seconds, length in (
                    ("minute", 60, min(minute_days, days) * DAY),
                    ("hour", 3600, days * DAY),
                ):
                    connection.executemany(
                        f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, NULL)",  # noqa: S608
                        _stretches(number, course, end - length, end, seconds),
                    )
                times = np.arange(end - min(raw_hours * HOUR, days * DAY), end + 0.5, raw_step)
                values = course(times, end)
                known = np.isfinite(values)
                connection.executemany(
                    "INSERT INTO raw VALUES (?, ?, ?, NULL)",
                    zip(
                        (times[known] * 1000).astype(int).tolist(),
                        [number] * int(known.sum()),
                        values[known].tolist(),
                        strict=True,
                    ),
                )
            connection.executemany(
                "INSERT INTO event (t_ms, kind, subject, level, text, data)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (
                        int(one.wall_seconds * 1000), one.kind, one.subject, one.level, one.text,
                        json.dumps(dict(one.data)),
                    )
                    for one in _events(days, end)
                ),
            )  # fmt: skip
    finally:
        connection.close()
    return path


def _all_series(targets: int, metrics: Sequence[str]) -> Iterator[tuple[Series, Course]]:
    system = {"total_bytes": _flat(32 * GIB), "used_bytes": _used, "swap_used_bytes": _swap}
    for metric, course in system.items():
        yield Series("system", "", metric), course
    yield Series("app", "", "rss_bytes"), _flat(31 * MIB)
    shares = {"rss_bytes": 1.0, "anon_bytes": 0.8, "uss_bytes": 0.75, "pss_bytes": 0.85}
    for name, course in courses(targets).items():
        for metric in metrics:
            yield Series("target", name, metric), _scaled(course, shares.get(metric, 0.05))


def _stretches(
    number: int, course: Course, since: float, until: float, seconds: int
) -> Iterator[tuple[int, int, int, float, float, float]]:
    starts = np.arange(since // seconds * seconds, until, seconds)
    # Four looks at each stretch tell its least, mean and greatest value well enough.
    looks = np.stack([course(starts + seconds * share, until) for share in (0.1, 0.4, 0.6, 0.9)])
    known = np.isfinite(looks).all(axis=0)
    rows = (starts, looks.min(axis=0), looks.mean(axis=0), looks.max(axis=0))
    for start, low, mean, high in zip(*(row[known].tolist() for row in rows), strict=True):
        yield number, int(start), 30, low, mean, high


def _events(days: float, end: float) -> Iterable[Event]:
    for number in range(int(days * DAY / (RESTART_HOURS * HOUR)) + 1):
        at = end - 5 * HOUR - number * RESTART_HOURS * HOUR
        yield Event(wall_seconds=at, kind="restart", subject="leak", text="leak was started again")
        yield Event(
            wall_seconds=at - 2 * HOUR, kind="alert", subject="leak",
            level=("warning", "critical", "emergency")[number % 3], text="leak keeps growing",
            data={"what": "raised"},
        )  # fmt: skip
        yield Event(
            wall_seconds=at - HOUR, kind="cleanup", subject="leak", text="leak: freed 12.0 MiB"
        )
    yield Event(wall_seconds=end - 1800, kind="snapshot", subject="memtray", text="snapshot-1.json")
    yield Event(
        wall_seconds=end - 1200, kind="task", subject="web", text="nightly report",
        data={"seconds": 300.0, "growth_bytes": 90 * MIB},
    )  # fmt: skip
    yield Event(
        wall_seconds=end - 900, kind="alert", subject="system", level="warning",
        text="Memory is getting low", data={"what": "raised"},
    )  # fmt: skip


def _noise(times: Floats, seed: int) -> Floats:
    """Between -1 and 1, the same at the same moment, without a generator's state."""
    return np.modf(np.sin(times * 12.9898 + seed * 78.233) * 43758.5453)[0]


def _course(number: int) -> Course:
    size = (120 + 37 * (number * 7 % 23)) * MIB

    def leak(times: Floats, end: float) -> Floats:
        ran = (times - end + 5 * HOUR) % (RESTART_HOURS * HOUR)
        values = size + ran / HOUR * 42 * MIB + _noise(times, number) * 4 * MIB
        return np.where(ran > (RESTART_HOURS - 0.3) * HOUR, np.nan, values)

    def saw(times: Floats, _: float) -> Floats:
        return size + times % 1700 / 1700 * 180 * MIB + _noise(times, number) * 5 * MIB

    def daily(times: Floats, _: float) -> Floats:
        day = 1 + np.sin(2 * np.pi * (times % DAY) / DAY)
        return size + day * 300 * MIB + _noise(times, number) * 9 * MIB

    def steps(times: Floats, _: float) -> Floats:
        return size + np.floor(times / (7 * HOUR)) % 6 * 64 * MIB + _noise(times, number) * 2 * MIB

    def nightly(times: Floats, _: float) -> Floats:
        hour = times % DAY / HOUR
        return np.where((hour > 2) & (hour < 6), size + hour * 50 * MIB, np.nan)

    def steady(times: Floats, _: float) -> Floats:
        spike = (times % (6 * HOUR) < 30) * 400 * MIB
        return size + spike + _noise(times, number) * 3 * MIB

    kinds: tuple[Course, ...] = (
        daily, leak, saw, daily, steady, steps, steady, saw, steps, nightly,
    )  # fmt: skip
    return kinds[number % 10]


def _flat(size: float) -> Course:
    return lambda times, _: np.full_like(times, size)


def _scaled(course: Course, share: float) -> Course:
    return lambda times, end: course(times, end) * share


def _used(times: Floats, _: float) -> Floats:
    day = 1 + np.sin(2 * np.pi * (times % DAY) / DAY - 1)
    return (9 + 4 * day + 0.3 * _noise(times, 99)) * GIB


def _swap(times: Floats, _: float) -> Floats:
    return (0.4 + 0.2 * np.sin(times / (9 * HOUR))) * GIB
