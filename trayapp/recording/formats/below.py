"""What `below dump process -O json` and `below dump cgroup -O json` write.

Written after its source; not run. Of programs "RSS" is read, of control groups "Mem" ("Mem Total"),
of the machine nothing. Sizes are with units, or plain bytes under `--raw`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.json_stream import JsonError, broken
from trayapp.recording.quantities import size_in
from trayapp.recording.source import Source, Start

NAME = "below"
EXPECTS = N_("JSON of below dump")
_SIZES = ("RSS", "Mem Total", "Mem", "mem.rss_bytes", "mem.total")


def resembles(start: Start) -> float:
    """By the keys that every dump has."""
    top = start.text[:20_000]
    return 0.95 if start.is_json and '"Datetime"' in top and '"Timestamp"' in top else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read all samples.

    Raises: RecordingError if there is no memory in it.
    """
    clock = Clock(
        zone=source.instructions.timezone, latest_wall_seconds=source.path.stat().st_mtime
    )
    has_rows = False
    try:
        for number, (_place, value) in enumerate(source.json().values("*.*"), 1):
            for row in _rows(value):
                has_rows = _take(found, clock, number, row) or has_rows
    except JsonError as error:
        found.note(broken(error))
    if not has_rows:
        raise RecordingError(
            _("{path} is of below, but without memory of programs; make it by below dump process")
            .format(path=source.path)
        )  # fmt: skip


def _rows(value: Any) -> Iterator[Mapping[str, Any]]:
    """Rows come in a list for each moment; control groups hold others."""
    if isinstance(value, list):
        for one in value:
            yield from _rows(one)
    elif isinstance(value, Mapping):
        yield value
        yield from _rows(value.get("children"))


def _take(found: Gathering, clock: Clock, number: int, row: Mapping[str, Any]) -> bool:
    title = next((one for one in _SIZES if one in row), None)
    if title is None or ("Pid" not in row and "Full Path" not in row and "Name" not in row):
        return False
    stamp = number_of(str(row.get("Timestamp")))
    at = found.moment(stamp if stamp > 0 else clock.read(str(row.get("Datetime"))))
    told = str(row[title])
    size = math.nan if told in ("?", "", "None") else size_in(told)
    if at != at:
        found.pass_over(number, str(dict(row))[:80], _("no time"))
        return True
    found.take(title, _("resident set") if title == "RSS" else _("memory of the control group"))
    pid = str(row.get("Pid", ""))
    name = str(row.get("Comm") or row.get("Full Path") or row.get("Name") or "").strip()
    found.series(
        (pid, name), f"{name} {pid}".strip(), pid=int(pid) if pid.isdecimal() else None,
        kind="resident set" if title == "RSS" else "memory",
    ).add(at, size)  # fmt: skip
    return True
