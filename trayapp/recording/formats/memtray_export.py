"""What `memtray export -o FILE.json` wrote, read again."""

from __future__ import annotations

import math
from collections.abc import Mapping

from trayapp.language.catalogue import N_
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.json_stream import JsonError, broken
from trayapp.recording.source import Source, Start

NAME = "memtray export"
EXPECTS = N_("an export of Memtray's")
KEY = "memtray_version"


def resembles(start: Start) -> float:
    """By a key near its top."""
    return 1.0 if start.is_json and f'"{KEY}"' in start.text[:4000] else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read the resident sets of all targets, and what goes with them."""
    stream = source.json()
    try:
        for _place, sample in stream.values("*.samples.*"):
            targets = sample.get("targets") if isinstance(sample, Mapping) else None
            if isinstance(targets, Mapping):
                _take(found, _number(sample.get("at_unix_s")), targets)
    except JsonError as error:
        found.note(broken(error))


def _take(found: Gathering, seconds: float, targets: Mapping[str, object]) -> None:
    for name, figures in targets.items():
        if isinstance(figures, Mapping):
            found.series(name, str(name), kind="resident set").add(
                seconds,
                _number(figures.get("rss_bytes")),
                _number(figures.get("anon_bytes")),
                _number(figures.get("process_count")),
            )


def _number(value: object) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number_of(value) if is_number else math.nan
