"""Snapshots: everything that is known at one moment, in a file that is never overwritten."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from trayapp.domain.samples import ProcessUse


def write_snapshot(
    folder: Path, told: Mapping[str, object], processes: Iterable[ProcessUse]
) -> Path:
    """Write `told` and every process as JSON; return the new file, readable by this user only.

    Raises: OSError if it cannot be written; no half file is left then.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = dict(told) | {"processes": [_process(use) for use in processes]}
    # Undecodable bytes in names become escapes in the JSON text, so it is plain ASCII.
    text = json.dumps(content, indent=1)
    file = folder / f"{time.strftime('%Y-%m-%dT%H-%M-%S')}.json"
    number = 1
    while True:
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            number += 1
            file = file.with_stem(f"{file.stem.rsplit('_', 1)[0]}_{number}")
            continue
        break
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(text + "\n")
    except OSError:
        file.unlink(missing_ok=True)
        raise
    return file


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
