"""A history of Memtray's as a recording: a copy from another machine, or of another day."""

from __future__ import annotations

import math

from trayapp.domain.records.series import Series
from trayapp.errors import HistoryError, RecordingError
from trayapp.history.reader import HistoryReader
from trayapp.language.catalogue import N_, _
from trayapp.recording.database import tables_of
from trayapp.recording.gathering import Gathering
from trayapp.recording.source import Source, Start

NAME = "memtray"
EXPECTS = N_("a history of Memtray's")
TABLES = {"series", "raw", "minute", "hour", "event"}
_METRICS = ("rss_bytes", "anon_bytes", "process_count")


def resembles(start: Start) -> float:
    return 1.0 if tables_of(start) >= TABLES else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read all targets, at the finest that is kept; of a minute or an hour the mean.

    Raises: RecordingError if it cannot be read or is empty.
    """
    path = source.path
    try:
        with HistoryReader(path, is_copy=True) as reader:
            span = reader.span()
            series = [
                one for one in reader.series() if one.kind == "target" and one.metric in _METRICS
            ]
            if span is None or not series:
                raise source.refusal(
                    _("{path} is a history of Memtray without any tracked program")
                )
            _read_targets(found, reader, series, span)
    except HistoryError as error:
        raise RecordingError(str(error)) from error


def _read_targets(
    found: Gathering, reader: HistoryReader, series: list[Series], span: tuple[float, float]
) -> None:
    for one in series:
        found.series(one.name, one.name, kind="resident set")
    row: dict[str, dict[str, float]] = {}
    moment_ms = 0

    def take_row() -> None:
        for name, figures in row.items():
            rss, anon, count = (figures.get(metric, math.nan) for metric in _METRICS)
            found.everyone[name].add(moment_ms / 1000, rss, anon, count)
        row.clear()

    for bucket in reader.stream(series, *span):
        if bucket.start_ms != moment_ms:
            take_row()
            moment_ms = bucket.start_ms
        one = series[bucket.place]
        row.setdefault(one.name, {})[one.metric] = bucket.mean
    take_row()
