"""Snapshots: everything that is known at one moment, in a file that is never overwritten."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import chain, count
from pathlib import Path

from trayapp.domain.records.samples import ProcessUse

_one_at_a_time = threading.Lock()


def write_snapshot(
    folder: Path, told: Mapping[str, object], processes: Iterable[ProcessUse]
) -> Path:
    """Write `told` and every process as JSON; return the new file, readable by this user only.

    Any thread. The file appears whole or not at all.

    Raises: OSError if it cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = dict(told) | {"processes": [_process(use) for use in processes]}
    partial = folder / "snapshot.partial"
    with _one_at_a_time:
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            # JSON is written as ASCII: undecodable bytes in names become escapes.
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                json.dump(content, stream, indent=1)
            file = _unused(folder)
            partial.replace(file)
        finally:
            # Without the folder it is not there either, and another error would hide the first.
            with suppress(OSError):
                partial.unlink()
    return file


def _unused(folder: Path) -> Path:
    stamp = time.strftime("%Y-%m-%dT%H-%M-%S")
    numbered = (folder / f"{stamp}_{number}.json" for number in count(2))
    return next(file for file in chain([folder / f"{stamp}.json"], numbered) if not file.exists())


def _process(use: ProcessUse) -> dict[str, object]:
    facts = use.facts
    return {
        "pid": facts.key.pid,
        "parent_pid": facts.parent_pid,
        "name": facts.name,
        "command_line": facts.command_line,
        "started_at": facts.started_wall_seconds,
        "rss_bytes": use.rss_bytes,
    }
