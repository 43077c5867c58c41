"""JSON of `below dump process -O json` and `below dump cgroup -O json`.

Written after its source; not run. Of programs "RSS" is read, of control groups "Mem" ("Mem Total"),
of the machine nothing. Sizes are with units, or plain bytes under `--raw`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from trayapp.language.catalogue import N_, _
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathering
from trayapp.recording.quantities import number_of, size_in
from trayapp.recording.reading import json_values
from trayapp.recording.records import Kind
from trayapp.recording.source import Source, Start

NAME = "below"
EXPECTS = N_("JSON of below dump")
_SIZES = ("RSS", "Mem Total", "Mem", "mem.rss_bytes", "mem.total")


def resembles(start: Start) -> float:
    top = start.text[:20_000]
    return 0.95 if start.is_json and '"Datetime"' in top and '"Timestamp"' in top else 0.0


def read(source: Source, found: Gathering) -> None:
    clock = source.clock()
    has_rows = False
    for number, _place, value in json_values(source, found, "*.*"):
        for row in _rows(value):
            has_rows = _add_row(found, clock, number, row) or has_rows
    if not has_rows:
        raise source.refusal(
            _(
                "{path} is from below, but has no memory of programs in it; create it with "
                "below dump process"
            )
        )


def _rows(value: Any) -> Iterator[Mapping[str, Any]]:
    """Rows come in a list for each moment; control groups hold others."""
    if isinstance(value, list):
        for one in value:
            yield from _rows(one)
    elif isinstance(value, dict):
        yield value
        yield from _rows(value.get("children"))


def _add_row(found: Gathering, clock: Clock, number: int, row: Mapping[str, Any]) -> bool:
    title = next((one for one in _SIZES if one in row), None)
    if title is None or ("Pid" not in row and "Full Path" not in row and "Name" not in row):
        return False
    stamp = number_of(str(row.get("Timestamp")))
    at = found.moment(stamp if stamp > 0 else clock.read(str(row.get("Datetime"))))
    told = str(row[title])
    size = math.nan if told in ("?", "", "None") else size_in(told)
    if at != at:
        found.pass_over(number, str(row)[:80], _("no time"))
        return True
    is_program = title == "RSS"
    meaning = _("resident set") if is_program else _("memory of the control group")
    found.mark_read(title, meaning)
    name = str(row.get("Comm") or row.get("Full Path") or row.get("Name") or "").strip()
    kind: Kind = "resident set" if is_program else "memory"
    found.program(row.get("Pid", ""), name, kind=kind).add(at, size)
    return True
