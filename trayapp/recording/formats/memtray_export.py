"""Files of `memtray export -o FILE.json`, read again."""

from __future__ import annotations

import math
from collections.abc import Mapping

from trayapp.language.catalogue import N_
from trayapp.recording.gathering import Gathering
from trayapp.recording.quantities import number_of
from trayapp.recording.reading import json_values
from trayapp.recording.source import Source, Start

NAME = "memtray export"
EXPECTS = N_("an export of Memtray's")
KEY = "memtray_version"


def resembles(start: Start) -> float:
    return 1.0 if start.is_json and f'"{KEY}"' in start.text[:4000] else 0.0


def read(source: Source, found: Gathering) -> None:
    for _number, _place, sample in json_values(source, found, "*.samples.*"):
        targets = sample.get("targets") if isinstance(sample, dict) else None
        if isinstance(targets, dict):
            _add_targets(found, _figure(sample.get("at_unix_s")), targets)


def _add_targets(found: Gathering, seconds: float, targets: Mapping[str, object]) -> None:
    for name, figures in targets.items():
        if isinstance(figures, Mapping):
            found.series(name, str(name), kind="resident set").add(
                seconds,
                _figure(figures.get("rss_bytes")),
                _figure(figures.get("anon_bytes")),
                _figure(figures.get("process_count")),
            )


def _figure(value: object) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number_of(value) if is_number else math.nan
