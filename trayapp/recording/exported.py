"""What `memtray export -o FILE.json` wrote, read again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.records import Recording

KEY = "memtray_version"


def read_exported(path: Path, document: Mapping[str, Any]) -> Recording:
    """Read the resident sets of all targets, and what goes with them.

    Raises: RecordingError if there are no samples in it.
    """
    found = Gathering(path)
    for sample in document.get("samples") or ():
        targets = sample.get("targets") if isinstance(sample, Mapping) else None
        if not isinstance(targets, Mapping):
            continue
        seconds = _number(sample.get("at_unix_s"))
        for name, figures in targets.items():
            if isinstance(figures, Mapping):
                found.meet(name, str(name))
                found.add(
                    name,
                    seconds,
                    _number(figures.get("rss_bytes")),
                    anon_bytes=_number(figures.get("anon_bytes")),
                    children=_number(figures.get("process_count")),
                )
    return found.result()


def _number(value: object) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number_of(value) if is_number else math.nan  # type: ignore[arg-type]
